package access_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// The difference between two sets, applied to the first, gives the second.
func TestChangesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := accesstest.Site().Draw(t, "from"), accesstest.Site().Draw(t, "to")
		changes := access.Changes(a, b)
		if got := a.Apply(changes); !got.Equal(b) {
			t.Fatalf("from.Apply(Changes(from, to)) = %v, want %v", got.Facts(), b.Facts())
		}
		if again := access.Changes(a, a); len(again) > 0 {
			t.Fatalf("Changes(a, a) = %v", again)
		}
		for i := 1; i < len(changes); i++ {
			if changes[i-1].Compare(changes[i]) >= 0 {
				t.Fatalf("%s stands before %s", changes[i-1], changes[i])
			}
		}
	})
}

// A set is the same whatever order its facts came in.
func TestSetOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := accesstest.Site().Draw(t, "site")
		shuffled := rapid.Permutation(s.Facts()).Draw(t, "order")
		if !access.NewSet(shuffled...).Equal(s) {
			t.Fatal("the order of facts matters")
		}
		for f := range s.All() {
			if !s.Has(f) {
				t.Fatalf("%s is in the set and not found", f)
			}
			n := 0
			for range s.Of(f.Kind, f.Object) {
				n++
			}
			if n == 0 {
				t.Fatalf("Of(%s, %s) is empty", f.Kind, f.Object)
			}
		}
	})
}

func TestOneFactOfAnIdentity(t *testing.T) {
	f := access.Fact{Kind: access.Role, Object: "space:ENG", Subject: "group:g", Value: "viewer"}
	g := f
	g.Value = "admin"
	s := access.NewSet(f, g)
	if got, ok := s.Get(f); s.Len() != 1 || !ok || got != g {
		t.Errorf("NewSet(viewer, admin) = %v, want the last", s.Facts())
	}
	if s.Has(f) || !s.Has(g) {
		t.Errorf("Has ignores the value")
	}
}

// Patterns match as the regular expression that they stand for.
func TestPattern(t *testing.T) {
	part := rapid.StringMatching(`[ab:*]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		p, s := part.Draw(t, "pattern"), rapid.StringMatching(`[ab:]{0,8}`).Draw(t, "ref")
		re := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") + "$")
		if got, want := access.Pattern(p).Match(access.Ref(s)), re.MatchString(s); got != want {
			t.Fatalf("Pattern(%q).Match(%q) = %v, want %v", p, s, got, want)
		}
	})
}
