package reconcile

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
	"github.com/weirhq/weir/site"
)

// simpleUnits groups changes as any product must: what a deleted object takes
// with it belongs to its deletion, a new space comes with its roles, and a
// state with the access it ends.
func simpleUnits(d Difference) [][]access.Change {
	byObject := make(map[access.Ref][]access.Change)
	created := make(map[access.Ref]bool)
	for _, c := range d.Changes {
		if c.Op == access.Add && c.Fact.Kind == access.Exists {
			created[c.Fact.Object] = true
		}
	}
	var units [][]access.Change
	for _, c := range d.Changes {
		cause, falls := d.Cause[c.Fact.Identity()]
		switch {
		case falls && cause.Type() != "user":
			byObject[cause] = append(byObject[cause], c)
		case c.Fact.Kind == access.Exists && c.Op == access.Remove,
			c.Fact.Kind == access.State,
			created[c.Fact.Object] && c.Fact.Kind != access.Member:
			byObject[c.Fact.Object] = append(byObject[c.Fact.Object], c)
		default:
			units = append(units, []access.Change{c})
		}
	}
	for _, r := range sortedRefs(byObject) {
		units = append(units, byObject[r])
	}
	return units
}

func sortedRefs(m map[access.Ref][]access.Change) []access.Ref {
	out := make([]access.Ref, 0, len(m))
	for r := range m {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

// Every prefix of every plan is safe, or its step carries a finding: nobody may
// do what they may do neither before nor after, nobody misses what they keep,
// and no space has fewer admins than the floor. Judged with access.View, which
// shares nothing with the simulation that found the order.
func TestEveryPrefixIsSafe(t *testing.T) {
	const floor = 2
	rapid.Check(t, func(t *rapid.T) {
		world := accesstest.Worlds().Draw(t, "live")
		live := world.Facts
		d := Diff(live, part(t, accesstest.SiteWithContent().Draw(t, "described")), nil)
		before, after := world.View(), world.With(d.Target).View()
		units := simpleUnits(d)
		steps := Order(NewSimulation(live, before, after, floor), units)

		state, done := live, 0
		for _, s := range steps {
			done += len(s.Changes)
			state = state.Apply(s.Changes)
			if s.Finding != "" {
				continue
			}
			now, prev := world.With(state).View(), world.With(undone(state, s)).View()
			for _, object := range slices.Concat(accesstest.Spaces(), restricted(live, d.Target)) {
				for _, p := range accesstest.Everybody() {
					was, is, will := before.Rights(p, object), now.Rights(p, object), after.Rights(p, object)
					// A step that keeps a harm that an earlier one, with its
					// finding, brought about is not to blame for it.
					if prev.Rights(p, object) == is {
						continue
					}
					if !is.Within(was.Union(will)) {
						t.Fatalf("after %v, %s may do %q in %s, before %q, at the end %q", s.Changes, p, is, object, was, will)
					}
					if !was.Minus(was.Minus(will)).Within(is) {
						t.Fatalf("after %v, %s may do only %q in %s, before %q, at the end %q", s.Changes, p, is, object, was, will)
					}
				}
				least := min(floor, len(before.Admins(object)), len(after.Admins(object)))
				if got := len(now.Admins(object)); got < least && len(prev.Admins(object)) > got {
					t.Fatalf("after %v, %s has %d admins, not %d", s.Changes, object, got, least)
				}
			}
		}
		if !state.Equal(d.Target) || done != len(d.Changes) {
			t.Fatalf("the steps lead to %v, not to the target %v", state.Facts(), d.Target.Facts())
		}
		// The order does not depend on how the units came.
		shuffled := rapid.Permutation(units).Draw(t, "units")
		again := Order(NewSimulation(live, before, after, floor), shuffled)
		if diff := cmp.Diff(steps, again); diff != "" {
			t.Fatalf("the order of units matters:\n%s", diff)
		}
	})
}

// restricted gives the pages that any of the facts restrict.
func restricted(sets ...access.Set) []access.Ref {
	var out []access.Ref
	for _, s := range sets {
		for f := range s.OfKind(access.Restrict) {
			out = append(out, f.Object)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func undone(state access.Set, s site.Step) access.Set {
	back := make([]access.Change, len(s.Changes))
	for i, c := range s.Changes {
		switch c.Op {
		case access.Add:
			c.Op = access.Remove
		case access.Remove:
			c.Op = access.Add
		default:
			c.Fact.Value = c.Was
		}
		back[i] = c
	}
	return state.Apply(back)
}

// The simulation knows the same rights as the view, and undo undoes.
func TestSimulationAgreesWithTheView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		world := accesstest.Worlds().Draw(t, "live")
		live := world.Facts
		d := Diff(live, whole(accesstest.SiteWithContent().Draw(t, "described")), nil)
		sim := NewSimulation(live, world.View(), world.With(d.Target).View(), 0)
		same := func(facts access.Set) {
			t.Helper()
			view := world.With(facts).View()
			for _, object := range slices.Concat(accesstest.Spaces(), accesstest.Pages()) {
				for _, p := range accesstest.Everybody() {
					if got, want := sim.Rights(p, object), view.Rights(p, object); got != want {
						t.Fatalf("%s in %s: simulation %q, view %q", p, object, got, want)
					}
				}
			}
			for _, space := range accesstest.Spaces() {
				if got, want := sim.adminCount(space), len(view.Admins(space)); got != want {
					t.Fatalf("admins of %s: simulation %d, view %d", space, got, want)
				}
			}
		}
		same(live)
		state := live
		for _, u := range simpleUnits(d) {
			sim.Try(u)
			sim.Undo(u)
			same(state)
			sim.Try(u)
			state = state.Apply(u)
			same(state)
		}
	})
}

// A leaver never gets a new space on the way out, and a newcomer never gets
// what their group is about to lose.
func TestOrderTakesBeforeItOpens(t *testing.T) {
	common := `
		exists group:g
		exists space:A
		exists space_role:viewer
		exists space_role:admin
		grants space_role:viewer read/space
		grants space_role:admin administer/space
		grants space_role:admin read/space
		exists user:new@acme.example
		exists user:old@acme.example
		exists user:stay@acme.example
		member group:g user:stay@acme.example
	`
	live := facts(t, common+`
		member group:g user:old@acme.example
		role space:A group:g = admin`)
	target := facts(t, common+`
		exists space:B
		member group:g user:new@acme.example
		role space:A group:g = viewer
		role space:B group:g = viewer`)
	d := Diff(live, whole(target), nil)
	steps := Order(NewSimulation(live, access.NewView(live), access.NewView(d.Target), 0), simpleUnits(d))
	var got []string
	for _, s := range steps {
		got = append(got, s.Changes[0].String())
		if s.Finding != "" {
			t.Errorf("%v: %s", s.Changes, s.Finding)
		}
	}
	want := []string{
		"- member group:g user:old@acme.example",
		"~ role space:A group:g = viewer (was admin)",
		"+ exists space:B",                       // the leaver is out of the group
		"+ member group:g user:new@acme.example", // and the group no longer administers A
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	at := func(line string) int {
		return slices.IndexFunc(steps, func(s site.Step) bool { return s.Changes[0].String() == line })
	}
	if at(want[0]) > at(want[2]) && at(want[3]) > at(want[1]) {
		t.Errorf("the order opens before it takes: %v", steps)
	}
	if at("- member group:g user:old@acme.example") > at("+ exists space:B") {
		t.Errorf("the leaver gets the new space")
	}
	if at("~ role space:A group:g = viewer (was admin)") > at("+ member group:g user:new@acme.example") {
		t.Errorf("the newcomer gets administration")
	}
}

// Two groups that swap roles and people at once have no safe order: the step
// says so.
func TestNoSafeOrderIsSaid(t *testing.T) {
	common := `
		exists group:a
		exists group:b
		exists space:S
		exists space:T
		exists space_role:viewer
		grants space_role:viewer read/space
		exists user:u@acme.example
		exists user:v@acme.example
	`
	live := facts(t, common+`
		member group:a user:u@acme.example
		member group:b user:v@acme.example
		role space:S group:a = viewer
		role space:T group:b = viewer`)
	target := facts(t, common+`
		member group:a user:v@acme.example
		member group:b user:u@acme.example
		role space:S group:b = viewer
		role space:T group:a = viewer`)
	d := Diff(live, whole(target), nil)
	steps := Order(NewSimulation(live, access.NewView(live), access.NewView(d.Target), 0), simpleUnits(d))
	var findings []string
	for _, s := range steps {
		if s.Finding != "" {
			findings = append(findings, s.Changes[0].String()+": "+s.Finding)
		}
	}
	if len(findings) == 0 {
		t.Fatal("a plan without a safe order carries no finding")
	}
	for _, f := range findings {
		if !slices.Contains([]byte(f), '-') || f[0] != '-' {
			t.Errorf("%s: something is opened where taking away was possible", f)
		}
	}
}

// TestWhoComesAlong: a group that begins to let people in lets in everybody who is
// in it, which a plan says of them, and nobody who is to leave it.
func TestWhoComesAlong(t *testing.T) {
	groups := "exists group:g\n"
	live := facts(t, groups+`
		member group:g user:along@acme.example
		member group:g user:leaves@acme.example
		member group:g user:shut@acme.example
		member group:g user:unseen@acme.example
		state user:shut@acme.example = suspended`)
	want := facts(t, groups+`
		member group:g user:along@acme.example
		member group:g user:shut@acme.example
		member group:g user:unseen@acme.example
		product group:g = user
		state user:shut@acme.example = suspended`)
	unseen := []access.Unknown{{Kind: access.Exists, Object: "user:unseen@acme.example", Reason: "hidden"}}
	desired := whole(want)
	desired.Scope.Existence = nil // who is not described stays
	d := Diff(live, desired, unseen)
	steps := Order(NewSimulation(live, access.NewView(live), access.NewView(d.Target), 0), simpleUnits(d))
	var got []string
	for _, s := range steps {
		for _, c := range s.Changes {
			got = append(got, c.String())
		}
	}
	if diff := cmp.Diff([]string{
		"+ exists user:along@acme.example",
		"- member group:g user:leaves@acme.example",
		"+ product group:g = user",
	}, got); diff != "" {
		t.Error(diff)
	}
	if group := d.Entered[facts(t, "exists user:along@acme.example").Facts()[0]]; group != "group:g" {
		t.Errorf("the group that lets them in: %q", group)
	}
	if d := Diff(d.Target, desired, unseen); len(d.Changes) > 0 {
		t.Errorf("a second time: %v", d.Changes)
	}
}
