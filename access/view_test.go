package access_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// Can, Who, What and the oracle agree on every person, permission and space.
func TestViewAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := accesstest.Site().Draw(t, "site")
		v := access.NewView(facts)
		for _, space := range accesstest.Spaces() {
			for _, perm := range accesstest.Permissions() {
				who := v.Who(perm, space)
				for _, p := range accesstest.Everybody() {
					want := accesstest.Oracle(facts, p, perm, space)
					if got := v.Can(p, perm, space); got != want {
						t.Fatalf("Can(%s, %s, %s) = %v, the oracle says %v", p, perm, space, got, want)
					}
					if got := v.What(p)[space].Has(perm); got != want {
						t.Fatalf("What(%s)[%s] has %s: %v, the oracle says %v", p, space, perm, got, want)
					}
					if p == access.Anonymous {
						continue // Who gives people
					}
					if got := slices.Contains(who, p); got != want {
						t.Fatalf("Who(%s, %s) has %s: %v, the oracle says %v", perm, space, p, got, want)
					}
				}
			}
		}
		with := 0
		for _, p := range accesstest.Everybody() {
			if p != access.Anonymous && len(v.What(p)) > 0 {
				with++
			}
		}
		if got := v.WithAccess(); got != with {
			t.Fatalf("WithAccess() = %d, want %d", got, with)
		}
	})
}

// Compare tells exactly what differs between two sites.
func TestCompareAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := accesstest.Site().Draw(t, "before"), accesstest.Site().Draw(t, "after")
		got := make(map[[2]access.Ref]access.Effect)
		for _, e := range access.Compare(access.NewView(a), access.NewView(b)) {
			got[[2]access.Ref{e.Person, e.Space}] = e
		}
		for _, p := range accesstest.Everybody() {
			for _, s := range accesstest.Spaces() {
				var gained, lost []string
				for _, perm := range accesstest.Permissions() {
					was, is := accesstest.Oracle(a, p, perm, s), accesstest.Oracle(b, p, perm, s)
					if is && !was {
						gained = append(gained, perm)
					}
					if was && !is {
						lost = append(lost, perm)
					}
				}
				key := [2]access.Ref{p, s}
				e, ok := got[key]
				if ok != (gained != nil || lost != nil) || e.Gained != access.NewPermissions(gained...) || e.Lost != access.NewPermissions(lost...) {
					t.Fatalf("%s in %s: Compare says %+v, the oracle +%v -%v", p, s, e, gained, lost)
				}
				delete(got, key)
			}
		}
		if len(got) > 0 {
			t.Fatalf("Compare tells of more than there is: %v", got)
		}
	})
}

func TestViewLeavesOut(t *testing.T) {
	facts := access.NewSet(
		access.Fact{Kind: access.Exists, Object: "user:weir@acme.example"},
		access.Fact{Kind: access.Exists, Object: "user:ana@acme.example"},
		access.Fact{Kind: access.Grants, Object: "space_role:viewer", Verb: "read/space"},
		access.Fact{Kind: access.Role, Object: "space:ENG", Subject: access.Everyone, Value: "viewer"},
	)
	got := access.NewView(facts, "user:weir@acme.example").Who("read/space", "space:ENG")
	if diff := cmp.Diff([]access.Ref{"user:ana@acme.example"}, got); diff != "" {
		t.Errorf("Who counts weir's own account:\n%s", diff)
	}
}

func TestPermissions(t *testing.T) {
	p := access.NewPermissions("read/space", "create/page", "read/space")
	if p != "create/page read/space" {
		t.Errorf("NewPermissions = %q", p)
	}
	if p.Has("read") || !p.Has("read/space") || access.Permissions("").Has("") {
		t.Errorf("Has takes a part for a whole")
	}
	if got := p.Minus("read/space"); got != "create/page" {
		t.Errorf("Minus = %q", got)
	}
	if !access.Permissions("").Within(p) || p.Within("read/space") {
		t.Errorf("Within is wrong")
	}
	if got := access.Permissions("a").Union("c").Union("b"); got != "a b c" {
		t.Errorf("Union = %q", got)
	}
}
