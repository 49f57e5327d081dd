package forge

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

func TestMarker(t *testing.T) {
	for _, test := range []struct{ kind, site, want string }{
		{GitHub, "acme", "<!-- weir-comment site=acme -->"},
		{GitLab, "ac-me -->", "<!-- weir-comment site=ac%2Dme%20%2D%2D%3E -->"},
		{Bitbucket, "acme (1)", "[weir-comment]: # (site=acme%20%281%29)"},
	} {
		if got := Marker(test.kind, test.site); got != test.want {
			t.Errorf("%s: %s, want %s", test.site, got, test.want)
		}
	}
}

func TestHandle(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)
	seen := make(map[string]string)
	for _, site := range []string{"acme", "a-b", "a b", "a\tb", "a,b", "", strings.Repeat("x", 32), strings.Repeat("x", 33), strings.Repeat("x", 34), "café", "weir: safe", "\u202e"} {
		got := Handle(site)
		if !plain.MatchString(got) || seen[got] != "" {
			t.Errorf("%q: %q (also of %q)", site, got, seen[got])
		}
		seen[got] = site + "."
	}
	if Handle("acme-prod.eu_1") != "acme-prod.eu_1" {
		t.Error("a plain name was changed")
	}
}

// changes makes a plan of n changes, from the given one on.
func changes(from, n int) *reconcile.Plan {
	p := &reconcile.Plan{Digest: fmt.Sprintf("%032x", from*10_000+n)}
	for i := range n {
		p.Changes = append(p.Changes, reconcile.Planned{Op: access.Remove, Fact: fmt.Sprintf("member group:staff user:p%d@acme.example", from+i)})
	}
	return p
}

// What a comment keeps comes back from it, in every spelling and in the company
// of any text.
func TestKept(t *testing.T) {
	commit := func(c string) string { return strings.Repeat(c, 40) }
	for _, kind := range Kinds {
		for _, n := range []int{0, 1, keptLines, keptLines + 1} {
			first, second := NewPush(commit("a"), changes(0, n)), NewPush(commit("b"), changes(1, n))
			body := Marker(kind, "acme") + "\r\n\r\n**text** <!-- weir-now commit=x -->\r\n" + strings.ReplaceAll(Kept{&second, &first}.Hidden(kind), "\n", "\r\n")
			got := KeptIn(body)
			if diff := cmp.Diff(Kept{&second, &first}, got); diff != "" {
				t.Errorf("%s, %d changes: %s", kind, n, diff)
			}
			if size := len(Kept{&second, &first}.Hidden(kind)); size > 7000 {
				t.Errorf("%d changes take %d characters", n, size)
			}
		}
	}
	for _, body := range []string{"", "<!-- weir-now -->", "<!-- weir-now commit=" + commit("a") + " digest=" + strings.Repeat("0", 32) + " count=2 lines=abcde -->",
		"<!-- weir-now commit=" + commit("a") + " digest=" + strings.Repeat("0", 32) + " count=999999999 lines=abcde -->"} {
		if k := KeptIn(body); k.Now != nil || k.Before != nil {
			t.Errorf("%q was taken for %+v", body, k)
		}
	}
}

// A second run on a commit is told apart from the same push as the first.
func TestNext(t *testing.T) {
	push := func(c string) Push { return Push{Commit: c} }
	var k Kept
	for _, test := range []struct{ commit, before string }{{"a", ""}, {"a", ""}, {"b", "a"}, {"b", "a"}, {"c", "b"}} {
		k = k.Next(push(test.commit))
		before := ""
		if k.Before != nil {
			before = k.Before.Commit
		}
		if k.Now.Commit != test.commit || before != test.before {
			t.Errorf("after %s: %+v", test.commit, k)
		}
	}
}

func TestNew(t *testing.T) {
	last := NewPush("a", changes(0, 10))
	fresh, gone, ok := last.New(changes(4, 10))
	if !ok || gone != 4 || len(fresh) != 4 || !slices.ContainsFunc(fresh, func(c reconcile.Planned) bool { return strings.Contains(c.Fact, "p13@") }) {
		t.Errorf("%d new, %d gone, %t: %+v", len(fresh), gone, ok, fresh)
	}
	large := NewPush("a", changes(0, keptLines+1))
	if _, _, ok := large.New(changes(0, 1)); ok {
		t.Error("a plan of which nothing was kept was compared")
	}
	if fresh, gone, ok := NewPush("a", changes(0, 0)).New(changes(0, 2)); !ok || gone != 0 || len(fresh) != 2 {
		t.Errorf("after nothing: %d new, %d gone, %t", len(fresh), gone, ok)
	}
}
