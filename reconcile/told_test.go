package reconcile

import (
	stdcmp "cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// toldPlan is a plan from one generated site to another, as far as it tells.
func toldPlan(t *rapid.T, domains ...string) (*Plan, access.Delta) {
	world := accesstest.Worlds().Draw(t, "live")
	d := Diff(world.Facts, part(t, accesstest.SiteWithContent().Draw(t, "described")), nil)
	desired := access.Desired{Domains: domains}
	p := &Plan{}
	p.addSteps(nil, d, desired, nil)
	before := world.View()
	delta := access.Delta{Live: world.Facts, Target: d.Target, Desired: desired, Changes: d.Changes, Before: before, After: before.With(d.Target)}
	p.Impacts = impacts(delta, access.Between(delta.Before, delta.After), p.Changes)
	return p, delta
}

// Every change is told once, in a group of its object's type, and like changes
// together.
func TestGroupsTellEveryChangeOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := toldPlan(t)
		var told []Planned
		for _, g := range p.Groups() {
			for _, l := range g.Lines {
				if len(l.Objects) > 1 && len(l.Subjects) > 1 {
					t.Fatalf("a line of several objects and several subjects: %v", l)
				}
				for _, c := range l.Changes {
					f, err := access.ParseFact(c.Fact)
					if err != nil {
						t.Fatal(err)
					}
					if f.Kind != l.Kind || c.Op != l.Op || f.Value != l.Value || c.Was != l.Was || !slices.Contains(l.Objects, f.Object) {
						t.Fatalf("%v is in the line %v", c, l)
					}
				}
				told = append(told, l.Changes...)
			}
		}
		byFact := func(a, b Planned) int {
			return stdcmp.Or(strings.Compare(a.Fact, b.Fact), strings.Compare(string(a.Op), string(b.Op)))
		}
		want := slices.Clone(p.Changes)
		slices.SortFunc(told, byFact)
		slices.SortFunc(want, byFact)
		if diff := cmp.Diff(want, told); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What is done alike to many spaces is one line, and what is done to a few is
// told of each.
func TestGroupsFold(t *testing.T) {
	p := &Plan{}
	add := func(op access.Op, fact string) {
		p.Changes = append(p.Changes, Planned{Op: op, Fact: fact, Was: map[access.Op]string{access.Modify: "viewer"}[op], Reason: Described})
	}
	for i := range 5 {
		add(access.Modify, fmt.Sprintf("role space:S%d group:staff = collaborator", i))
	}
	for i := range 3 {
		add(access.Add, fmt.Sprintf("role space:S%d group:few = viewer", i))
	}
	for i := range 3 {
		add(access.Remove, fmt.Sprintf("member group:g user:p%d", i))
	}
	add(access.Remove, "exists user:a")
	add(access.Remove, "exists user:b")
	var got []string
	for _, g := range p.Groups() {
		for _, l := range g.Lines {
			got = append(got, fmt.Sprintf("%s %q: %s %s objects %v subjects %v", g.Type, g.Object, l.Op, l.Kind, l.Objects, l.Subjects))
		}
	}
	want := []string{
		`user "": - exists objects [user:a user:b] subjects []`,
		`group "group:g": - member objects [group:g] subjects [user:p0 user:p1 user:p2]`,
		`space "": ~ role objects [space:S0 space:S1 space:S2 space:S3 space:S4] subjects [group:staff]`,
		`space "space:S0": + role objects [space:S0] subjects [group:few]`,
		`space "space:S1": + role objects [space:S1] subjects [group:few]`,
		`space "space:S2": + role objects [space:S2] subjects [group:few]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Impacts come in the order of their classes, nobody is in a class that is not
// theirs, and folding loses neither people nor objects.
func TestImpactsAreClassed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var domains []string
		if rapid.Bool().Draw(t, "others' domain") {
			domains = []string{"elsewhere.example"} // everybody is from outside
		}
		p, d := toldPlan(t, domains...)
		last := 0
		for _, i := range p.Impacts {
			n := slices.Index(classes, i.Class)
			if n < last {
				t.Fatalf("%s after %s", i.Class, classes[last])
			}
			last = n
			for _, who := range i.People {
				r := access.Ref(who)
				want := Gains
				switch {
				case !i.Gains:
					want = Losses
				case r == access.Anonymous:
					want = ToPublic
				case d.After.Guest(r):
					want = ToGuests
				case len(domains) > 0:
					want = ToExternal
				case i.Is == "administration" && i.Was != i.Is:
					want = ToAdmins
				case i.Cause.Kind == "restrict" && i.Cause.Is == "open":
					want = Unlocked
				}
				if i.Class != want {
					t.Fatalf("%s is in %s, not %s", who, i.Class, want)
				}
			}
		}
		lines := rapid.IntRange(0, 6).Draw(t, "lines")
		folded := Fold(p.Impacts, lines)
		if diff := cmp.Diff(reached(p.Impacts), reached(folded)); diff != "" {
			t.Fatal(diff)
		}
		if len(p.Impacts) > 0 && lines == 0 {
			seen := make(map[string]bool)
			for _, i := range folded {
				key := fmt.Sprint(i.Class, i.Was, i.Is, i.Cause.Kind, i.Cause.Was, i.Cause.Is, access.Ref(i.Objects[0]).Type(), i.Cause.Subject == "")
				if i.Cause.Subject != "" && seen[key] {
					t.Fatalf("%s is told twice", key)
				}
				seen[key] = true
			}
		}
	})
}

// reached gives what is told of whom, by class.
func reached(list []Impact) map[string][]string {
	out := make(map[string][]string)
	for _, i := range list {
		out[i.Class] = append(out[i.Class], slices.Concat(i.People, i.Objects)...)
	}
	for class, all := range out {
		slices.Sort(all)
		out[class] = slices.Compact(all)
	}
	return out
}
