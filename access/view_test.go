package access_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// Can, Who, What, the matrix and the oracle agree on every person, operation and
// object.
func TestViewAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		if told := disagreement(w, accesstest.Oracle{World: w}); told != "" {
			t.Fatal(told)
		}
	})
}

// disagreement compares every answer of the view with the oracle's.
func disagreement(w accesstest.World, o accesstest.Oracle) string {
	v := w.View()
	m := v.Matrix()
	what := make(map[access.Ref]map[access.Ref]access.Permissions)
	for _, p := range accesstest.Everybody() {
		what[p] = v.What(p)
	}
	with := make(map[access.Ref]bool)
	for _, object := range accesstest.Objects() {
		for _, op := range accesstest.Operations(object) {
			who := v.Who(op, object)
			for _, p := range accesstest.Everybody() {
				want := o.Can(p, op, object)
				say := func(what string, got bool) string {
					if got == want {
						return ""
					}
					return cmp.Diff(map[string]any{"oracle": want}, map[string]any{what: got}) + string(p) + " " + op + " " + string(object)
				}
				if told := say("Can", v.Can(p, op, object)); told != "" {
					return told
				}
				if v.Known(object) {
					if told := say("What", what[p][object].Has(op)); told != "" {
						return told
					}
				}
				if object.Type() == "space" && slices.Contains(access.Summaries, op) {
					if told := say("Matrix", m.Can(p, op, object)); told != "" {
						return told
					}
				}
				if p == access.Anonymous {
					continue // Who gives people
				}
				if told := say("Who", slices.Contains(who, p)); told != "" {
					return told
				}
				if object.Type() == "space" && want {
					with[p] = true
				}
			}
		}
	}
	if got := v.WithAccess(); got != len(with) {
		return "WithAccess counts others"
	}
	return ""
}

// A wrong reading of any rule is noticed.
func TestPlantedBugsAreCaught(t *testing.T) {
	const most = 3000 // sites; a test that needs more does not notice
	for _, bug := range accesstest.Bugs {
		seed := 0
		for ; seed < most; seed++ {
			w := accesstest.Worlds().Example(seed)
			if disagreement(w, accesstest.Oracle{World: w, Bug: bug}) != "" {
				break
			}
		}
		if seed == most {
			t.Errorf("%s: not caught on %d sites", bug, most)
			continue
		}
		t.Logf("%s: caught after %d sites", bug, seed+1)
	}
}

// Compare tells exactly what differs between two sites, on spaces and pages.
func TestCompareAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := accesstest.Worlds().Draw(t, "before")
		b := accesstest.World{Facts: a.Facts, Beside: a.Beside}
		if rapid.Bool().Draw(t, "whole") {
			b = accesstest.Worlds().Draw(t, "after")
		} else {
			b.Facts = edited(t, a.Facts)
		}
		was, is := accesstest.Oracle{World: a}, accesstest.Oracle{World: b}
		got := make(map[[2]access.Ref]access.Effect)
		before, after := a.View(), b.View()
		for _, e := range access.Compare(before, after) {
			got[[2]access.Ref{e.Person, e.Object}] = e
		}
		known := func(o access.Ref) bool { return before.Known(o) || after.Known(o) }
		for _, object := range accesstest.Objects() {
			if object == access.Site || !known(object) {
				continue
			}
			for _, p := range accesstest.Everybody() {
				gained, lost := differs(was, is, p, object)
				key := [2]access.Ref{p, object}
				e, ok := got[key]
				if ok != (gained != "" || lost != "") || e.Gained != gained || e.Lost != lost {
					t.Fatalf("%s on %s: Compare says %+v, the oracle +%v -%v", p, object, e, gained, lost)
				}
				delete(got, key)
			}
		}
		if len(got) > 0 {
			t.Fatalf("Compare tells of more than there is: %v", got)
		}
		site := make(map[access.Ref][2]access.Permissions)
		for _, s := range access.SiteShifts(before, after) {
			if s.Public() {
				site[access.Anonymous] = [2]access.Permissions{s.Gained, s.Lost}
			}
			n := 0
			for p := range s.People() {
				site[p] = [2]access.Permissions{s.Gained, s.Lost}
				n++
			}
			if n != s.Count() {
				t.Fatalf("Count() = %d of %d", s.Count(), n)
			}
		}
		for _, p := range accesstest.Everybody() {
			gained, lost := differs(was, is, p, access.Site)
			if got := site[p]; got[0] != gained || got[1] != lost {
				t.Fatalf("%s on the site: SiteShifts says %v, the oracle +%v -%v", p, got, gained, lost)
			}
		}
	})
}

// differs gives what a person gains and loses on an object, by the oracle. Of the
// summaries of a space only edit counts, and only where archiving alone takes or
// gives it.
func differs(was, is accesstest.Oracle, p, object access.Ref) (gained, lost access.Permissions) {
	var plus, minus []string
	for _, op := range accesstest.Operations(object) {
		if object.Type() == "space" && slices.Contains(access.Summaries, op) {
			if op != access.ToEdit || !editsIfCurrent(was, p, object) || !editsIfCurrent(is, p, object) {
				continue
			}
		}
		before, after := was.Can(p, op, object), is.Can(p, op, object)
		if after && !before {
			plus = append(plus, op)
		}
		if before && !after {
			minus = append(minus, op)
		}
	}
	if object.Type() == "space" { // what the super-group has besides
		for id := range strangers {
			if before, after := was.Can(p, id, object), is.Can(p, id, object); after && !before {
				plus = append(plus, id)
			} else if before && !after {
				minus = append(minus, id)
			}
		}
	}
	return access.NewPermissions(plus...), access.NewPermissions(minus...)
}

// strangers are permissions that only a super-group has on generated sites.
var strangers = map[string]bool{
	"restrict_content/space": true, "delete/space": true, "delete_mail/space": true, "delete/page": true, "delete/blogpost": true,
	"delete/comment": true, "create/attachment": true, "delete/attachment": true,
}

func editsIfCurrent(o accesstest.Oracle, p, space access.Ref) bool {
	o.Facts = o.Facts.Filter(func(f access.Fact) bool { return f.Kind != access.Status })
	return o.Can(p, access.ToEdit, space)
}

// edited takes some facts away and gives others another value.
func edited(t *rapid.T, facts access.Set) access.Set {
	all := facts.Facts()
	for range rapid.IntRange(0, 3).Draw(t, "removals") {
		i := rapid.IntRange(0, len(all)-1).Draw(t, "removed")
		if all[i].Kind != access.Exists || all[i].Object.IsPerson() { // facts hang together
			all = slices.Delete(all, i, i+1)
		}
	}
	return access.NewSet(all...)
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
