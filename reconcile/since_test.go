package reconcile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
)

// What is folded by standing is told once, and reaches the same people and objects.
func TestByStanding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := toldPlan(t)
		folded := ByStanding(p.Impacts)
		if diff := cmp.Diff(reached(p.Impacts), reached(folded)); diff != "" {
			t.Fatal(diff)
		}
		seen := make(map[string]bool)
		for _, i := range folded {
			key := fmt.Sprint(i.Class, i.Gains, i.Was, "/", i.Is, access.Ref(i.Objects[0]).Type())
			if seen[key] {
				t.Fatalf("%s is told twice", key)
			}
			seen[key] = true
		}
		if !slices.IsSortedFunc(folded, Impact.graver) {
			t.Fatal("they are not gravest first")
		}
	})
}

func TestSince(t *testing.T) {
	site := SiteName{Name: "acme", ID: "1"}
	change := func(op access.Op, fact, was string) Planned { return Planned{Op: op, Fact: fact, Was: was, Step: "s"} }
	lost := func(who ...string) []Reach {
		return []Reach{{Object: "space:S", Permissions: []string{"read/space", "create/page"}, People: who}}
	}
	out := func(who ...string) []Impact {
		return []Impact{{Class: Losses, Was: "view", Objects: []string{"site"}, People: who}}
	}
	was := &Plan{
		Site: site, Lost: lost("user:a", "user:b"), Impacts: out("user:x", "user:y"),
		Changes: []Planned{change("+", "exists group:a", ""), change("~", "role space:S group:g = admin", "viewer"), change("-", "exists group:b", "")},
	}
	now := &Plan{
		Site: site, Lost: append(lost("user:b", "user:c"), Reach{Object: "space:T", Permissions: []string{"read/space"}, People: []string{"user:b"}}), Impacts: out("user:y", "user:z"),
		Changes: []Planned{change("+", "exists group:a", ""), change("~", "role space:S group:g = admin", "manager"), change("-", "exists group:c", "")},
	}
	want := Since{
		New: now.Changes[1:], Gone: was.Changes[1:], Same: 1,
		// b loses the space T besides, c and z are new.
		Losing: []string{"user:b", "user:c", "user:z"}, Spared: []string{"user:a", "user:x"},
	}
	if diff := cmp.Diff(want, now.Since(was)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Since{Same: 3}, now.Since(now)); diff != "" {
		t.Error(diff)
	}
	// What somebody else gains at the door is no loss.
	gain := &Plan{Site: site, Impacts: []Impact{{Class: Gains, Gains: true, Is: "view", Objects: []string{"site"}, People: []string{"user:x"}}}}
	if s := gain.Since(&Plan{Site: site}); len(s.Losing) > 0 {
		t.Errorf("%v lose", s.Losing)
	}
	if s := now.Since(&Plan{Site: SiteName{Name: "acme", ID: "2"}}); !s.OtherSite || s.New != nil {
		t.Errorf("plans for two sites are compared: %+v", s)
	}
}

// Whoever owns a space is named if the plan touches it, also by its pages alone.
func TestTouchedOwners(t *testing.T) {
	owners := map[access.Ref]access.Ref{"space:A": "group:a", "space:B": "group:b", "space:C": "group:c", "space:D": "group:d"}
	p := &Plan{
		Changes: []Planned{{Op: "+", Fact: "role space:A group:g = admin"}, {Op: "-", Fact: "restrict page:B/x view group:g"}, {Op: "+", Fact: "exists group:d"}},
		Impacts: []Impact{{Objects: []string{"site", "space:C", "space:E"}, People: []string{"user:x"}}},
	}
	want := map[string]string{"space:A": "group:a", "space:B": "group:b", "space:C": "group:c"}
	if diff := cmp.Diff(want, p.touched(owners)); diff != "" {
		t.Error(diff)
	}
}
