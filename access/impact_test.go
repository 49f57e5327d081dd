package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// Whatever anybody gains or loses is told by an impact with the right standings,
// and no impact tells of an object or a person to whom nothing happens.
func TestImpactsTellEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		to := accesstest.SiteWithContent().Draw(t, "to")
		before := w.View()
		after := before.With(to)
		was, is := accesstest.Oracle{World: w}, accesstest.Oracle{World: w.With(to)}
		impacts := access.Between(before, after).Impacts()

		type pair struct{ person, object access.Ref }
		happens := make(map[pair]access.Effect)
		for _, s := range slices.Concat(access.Shifts(before, after), access.SiteShifts(before, after)) {
			who := slices.Collect(s.People())
			if s.Public() {
				who = append(who, access.Anonymous)
			}
			for _, p := range who {
				happens[pair{p, s.Object}] = access.Effect{Person: p, Object: s.Object, Gained: s.Gained, Lost: s.Lost}
			}
		}
		for at, e := range happens {
			if at.object.IsPage() && (!before.Restricted(at.object) && !after.Restricted(at.object) || happens[pair{at.person, at.object.PageSpace()}].Lost.Has(access.CanView)) {
				continue // it follows the space
			}
			for _, half := range []struct {
				gains bool
				what  access.Permissions
			}{{true, e.Gained}, {false, e.Lost}} {
				if half.what != "" && !slices.ContainsFunc(impacts, func(i access.Impact) bool {
					return i.Gains == half.gains && slices.Contains(i.Objects, at.object) && reaches(i, at.person) && half.what.Within(i.Permissions) &&
						i.Was == stands(was, at.person, at.object) && i.Is == stands(is, at.person, at.object)
				}) {
					t.Fatalf("%v (gains %v: %s) is in no impact:\n%s", at, half.gains, half.what, told(impacts))
				}
			}
		}
		for _, i := range impacts {
			people := slices.Collect(i.People())
			if i.Public() {
				people = append(people, access.Anonymous)
			}
			some := func(p, o access.Ref) bool {
				e := happens[pair{p, o}]
				return i.Gains && e.Gained != "" || !i.Gains && e.Lost != ""
			}
			for _, o := range i.Objects {
				if !slices.ContainsFunc(people, func(p access.Ref) bool { return some(p, o) }) {
					t.Fatalf("nobody of %s has it on %s", told([]access.Impact{i}), o)
				}
			}
			for _, p := range people {
				if !slices.ContainsFunc(i.Objects, func(o access.Ref) bool { return some(p, o) }) {
					t.Fatalf("%s is nowhere in %s", p, told([]access.Impact{i}))
				}
				if i.Cause.Kind == access.Exists && i.Cause.Subject == "" && before.Person(p) == after.Person(p) && p != access.Anonymous {
					t.Fatalf("%s neither enters nor leaves: %s", p, told([]access.Impact{i}))
				}
			}
		}
	})
}

func reaches(i access.Impact, p access.Ref) bool {
	if p == access.Anonymous {
		return i.Public()
	}
	return slices.Contains(slices.Collect(i.People()), p)
}

// stands works a standing out by asking the oracle for each operation.
func stands(o accesstest.Oracle, p, object access.Ref) access.Standing {
	can := func(ops ...string) bool {
		return slices.ContainsFunc(ops, func(op string) bool { return o.Can(p, op, object) })
	}
	switch {
	case object == access.Site && can("administer", "system_administer"), object.Type() == "space" && can("admin"):
		return access.Administers
	case object == access.Site && can("use"):
		return access.Views
	case object == access.Site:
		return access.Nothing
	case can("edit"):
		return access.Edits
	case object.Type() == "space" && can("view") && can("create/comment"):
		return access.Comments
	case can("view"):
		return access.Views
	case object.Type() == "space" && can(accesstest.Permissions()...):
		return access.Part
	}
	return access.Nothing
}

// told writes impacts one a line.
func told(list []access.Impact) string {
	var b strings.Builder
	for _, i := range list {
		people := slices.Collect(i.People())
		if i.Public() {
			people = append(people, access.Anonymous)
		}
		sign := map[bool]string{true: "gain", false: "lose"}[i.Gains]
		c := i.Cause
		fmt.Fprintf(&b, "%v %s %q->%q on %v: %s %s %q->%q\n", people, sign, i.Was, i.Is, i.Objects, c.Kind, string(c.Subject), c.Was, c.Is)
	}
	return b.String()
}

// TestCauses: what does it is named, and folded over spaces and people.
func TestCauses(t *testing.T) {
	const site = `exists user:ana
exists user:bo
exists user:cy
exists group:staff
member group:staff user:ana
member group:staff user:bo
exists space:A
exists space:B
grants space_role:viewer read/space
grants space_role:collaborator read/space
grants space_role:collaborator create/page
grants space_role:admin read/space
grants space_role:admin administer/space
role space:A group:staff = viewer
role space:B group:staff = viewer
role space:B user:cy = admin
restrict page:B/Pay view group:staff
exists page:B/Pay
`
	for _, c := range []struct{ name, edit, want string }{
		{"a role on two spaces", "~ role space:A group:staff = collaborator\n~ role space:B group:staff = collaborator",
			`[user:ana user:bo] gain "view"->"edit" on [page:B/Pay]: role group:staff "viewer"->"collaborator"
[user:ana user:bo] gain "view"->"edit" on [space:A space:B]: role group:staff "viewer"->"collaborator"
`},
		{"somebody leaves a group", "- member group:staff user:bo",
			`[user:bo] lose "view"->"" on [space:A space:B]: member group:staff ""->""
`},
		{"somebody is suspended", "+ state user:bo = suspended",
			`[user:bo] lose "view"->"" on [site]: exists  ""->"suspended"
[user:bo] lose "view"->"" on [space:A space:B]: exists  ""->"suspended"
`},
		{"somebody comes", "+ exists user:di\n+ member group:staff user:di",
			`[user:di] gain ""->"view" on [page:B/Pay]: exists  ""->""
[user:di] gain ""->"view" on [site]: exists  ""->""
[user:di] gain ""->"view" on [space:A space:B]: exists  ""->""
`},
		{"a group is removed", "- exists group:staff\n- member group:staff user:ana\n- member group:staff user:bo\n- role space:A group:staff = viewer\n- role space:B group:staff = viewer",
			`[user:ana user:bo] lose "view"->"" on [space:A space:B]: exists group:staff ""->""
`},
		{"a role is redefined", "+ grants space_role:viewer create/page",
			`[user:ana user:bo] gain "view"->"edit" on [page:B/Pay]: grants space_role:viewer ""->""
[user:ana user:bo] gain "view"->"edit" on [space:A space:B]: grants space_role:viewer ""->""
`},
		{"permissions beside roles", "- role space:A group:staff = viewer\n+ permission space:A read/space group:staff\n+ permission space:A create/page group:staff",
			`[user:ana user:bo] gain "view"->"edit" on [space:A]: role group:staff "viewer"->"edit"
`},
		{"an archived space", "+ status space:B = archived\n~ role space:B user:cy = collaborator",
			`[user:cy] lose "administration"->"view" on [space:B]: role user:cy "admin"->"collaborator"
[user:cy] gain "administration"->"view" on [space:B]: role user:cy "admin"->"collaborator"
`},
		{"the public", "+ role space:A class:anonymous = viewer",
			`[user:cy class:anonymous] gain ""->"view" on [space:A]: role class:anonymous ""->"viewer"
`},
		{"a restriction is lifted", "- restrict page:B/Pay view group:staff",
			`[user:cy] gain ""->"view" on [page:B/Pay]: restrict  "restricted"->"open"
`},
		{"somebody joins a group that a page names", "+ member group:staff user:cy",
			`[user:cy] gain ""->"view" on [page:B/Pay]: member group:staff ""->""
[user:cy] gain ""->"view" on [space:A]: member group:staff ""->""
`},
		{"a product admin", "+ product user:cy = admin",
			`[user:cy] gain "view"->"administration" on [site]: product  ""->"admin"
`},
		{"somebody becomes a guest", "+ product user:bo = guest",
			`[user:bo] lose "view"->"" on [space:A space:B]: product  ""->"guest"
`},
		{"a permission of the site", "+ global site create_space group:staff",
			`[user:ana user:bo] gain "view"->"view" on [site]: global group:staff ""->"part"
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var facts []access.Fact
			for line := range strings.Lines(site) {
				facts = append(facts, parse(t, strings.TrimSpace(line)))
			}
			before := access.NewView(access.NewSet(facts...))
			after := before.With(before.Facts().Apply(edits(t, c.edit)))
			if diff := cmp.Diff(c.want, told(access.Between(before, after).Impacts())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func parse(t *testing.T, line string) access.Fact {
	t.Helper()
	f, err := access.ParseFact(line)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// edits reads changes, one a line.
func edits(t *testing.T, text string) []access.Change {
	t.Helper()
	var out []access.Change
	for line := range strings.Lines(text) {
		op, fact, _ := strings.Cut(strings.TrimSpace(line), " ")
		out = append(out, access.Change{Op: access.Op(op), Fact: parse(t, fact)})
	}
	return out
}
