package sitetest

import (
	"testing"
)

// A case is a path from state to state, mostly from A to B. Each state is a
// list of facts, and all there is beside what a fresh site holds.
type stateCase struct {
	name string
	path [][]string
}

func path(states ...[]string) [][]string { return states }

// Some states that many cases begin with.
const (
	ana   = "exists user:ana@acme.example"
	bo    = "exists user:bo@acme.example"
	group = "exists group:engineering"
	staff = "exists group:staff\nproduct group:staff = user"
	space = "exists space:ENG\nname space:ENG = Engineering"
)

func one(facts ...string) []string { return facts }

func state(person, value string) string {
	return "state user:" + person + "@acme.example = " + value
}

var transitions = []stateCase{
	// People. That somebody exists means that they may enter this product: how
	// yours lets people in (a licence, a group, an invitation) is your affair.
	{"a person is let in", path(nil, one(ana))},
	{"a person loses access", path(one(ana, bo), one(bo))},
	{"a person who lost access comes back", path(one(ana), nil, one(ana))},

	// The states shut a person out everywhere. They keep their memberships, and
	// so do people who merely lose access here; only removal takes them.
	{"a person is suspended", path(one(ana), one(state("ana", "suspended")))},
	{"a suspended person is restored", path(one(ana), one(state("ana", "suspended")), one(ana))},
	{"a person is deactivated", path(one(ana), one(state("ana", "deactivated")))},
	{"a person is removed", path(one(ana), one(state("ana", "removed")))},
	{"a deactivated person is reactivated", path(one(ana), one(state("ana", "deactivated")), one(ana))},
	{"a removed person is invited again", path(one(ana), one(state("ana", "removed")), one(ana))},
	{"a suspended person is deactivated", path(one(ana), one(state("ana", "suspended")), one(state("ana", "deactivated")))},
	{"a deactivated person is only suspended", path(one(ana), one(state("ana", "deactivated")), one(state("ana", "suspended")))},
	{"a suspended person is removed", path(one(ana), one(state("ana", "suspended")), one(state("ana", "removed")))},
	{"a suspended person comes back through a group",
		path(one(ana, staff, "member group:staff user:ana@acme.example"),
			one(staff, "member group:staff user:ana@acme.example", state("ana", "suspended")),
			one(ana, staff, "member group:staff user:ana@acme.example"))},
	{"a suspended person keeps memberships", path(one(ana, group, "member group:engineering user:ana@acme.example"),
		one(group, "member group:engineering user:ana@acme.example", state("ana", "suspended")))},
	{"a person without access keeps memberships", path(one(ana, group, "member group:engineering user:ana@acme.example"),
		one(group, "member group:engineering user:ana@acme.example"))},
	{"a removed person loses memberships", path(one(ana, group, "member group:engineering user:ana@acme.example"),
		one(group, state("ana", "removed")))},
	{"a removed person keeps nothing of a group that lets people in", path(one(ana, staff, "member group:staff user:ana@acme.example"),
		one(staff, state("ana", "removed")))},

	// Groups. Nothing is said of a group that must not be: an empty one stays.
	{"a group is created", path(nil, one(group))},
	{"a group is deleted", path(one(group, "exists group:other"), one("exists group:other"))},
	{"a group has a name of any kind", path(nil, one(`exists group:"Ünï & co: 50% / \"a\" + b"`, ana,
		`member group:"Ünï & co: 50% / \"a\" + b" user:ana@acme.example`))},
	{"people join a group", path(one(group, ana, bo),
		one(group, ana, bo, "member group:engineering user:ana@acme.example", "member group:engineering user:bo@acme.example"))},
	{"a person leaves a group", path(one(group, ana, bo, "member group:engineering user:ana@acme.example", "member group:engineering user:bo@acme.example"),
		one(group, ana, bo, "member group:engineering user:bo@acme.example"))},
	{"a new person joins a new group", path(nil, one(group, ana, "member group:engineering user:ana@acme.example"))},

	// What falls with a group is in the same unit: its members, its product
	// role, and every role that it holds. You need not do more than delete it.
	{"a group goes with all that hangs on it", path(one(staff, ana, "member group:staff user:ana@acme.example", space,
		"role space:ENG group:staff = collaborator", "role space:ENG user:ana@acme.example = admin"),
		one(ana, space, "role space:ENG user:ana@acme.example = admin"))},

	// Product roles of groups.
	{"a group gets a product role", path(one(group), one(group, "product group:engineering = user"))},
	{"a group gets two product roles", path(one(group), one(group, "product group:engineering = admin+user"))},
	{"a group's product role changes", path(one(group, "product group:engineering = user"), one(group, "product group:engineering = admin"))},
	{"a group loses one of two product roles", path(one(group, "product group:engineering = admin+user"), one(group, "product group:engineering = user"))},
	{"a group loses its product role", path(one(group, "product group:engineering = user"), one(group))},
	{"a new group lets new people in", path(nil, one(staff, ana, "member group:staff user:ana@acme.example"))},

	// Whoever exists goes on existing until a change says otherwise, whatever
	// lets them in: moving somebody between groups must not shut them out.
	{"a person moves from one group that lets people in to another", path(one(staff, "exists group:team\nproduct group:team = user", ana, "member group:staff user:ana@acme.example"),
		one(staff, "exists group:team\nproduct group:team = user", ana, "member group:team user:ana@acme.example"))},
	{"a person stays when the group that let them in stops to", path(one(staff, ana, "member group:staff user:ana@acme.example"),
		one("exists group:staff", ana, "member group:staff user:ana@acme.example"))},
	{"a person stays when they leave the group that let them in", path(one(staff, ana, "member group:staff user:ana@acme.example"), one(staff, ana))},
	{"a person whom a group let in loses access", path(one(staff, ana, bo, "member group:staff user:ana@acme.example", "member group:staff user:bo@acme.example"),
		one(staff, bo, "member group:staff user:bo@acme.example"))},
	{"a member is let in when the group begins to", path(one(group, ana, "member group:engineering user:ana@acme.example"),
		one(group, ana, "member group:engineering user:ana@acme.example", "product group:engineering = user"))},

	// Spaces. Creation gives exactly the roles of the same unit: no defaults of
	// the product, and nothing for weir's own account.
	{"a space is created with its roles", path(one(group, ana),
		one(group, ana, space, "role space:ENG group:engineering = collaborator", "role space:ENG user:ana@acme.example = admin"))},
	{"a space is created without an admin", path(one(group),
		one(group, space, "role space:ENG group:engineering = viewer"))},
	{"a space is created without any role", path(nil, one(space))},
	{"a space is created archived", path(one(group),
		one(group, space, "status space:ENG = archived", "role space:ENG group:engineering = viewer"))},
	{"a space is renamed", path(one(space), one("exists space:ENG", `name space:ENG = "Engineering & \"Design\" – Ω"`))},
	{"a space is archived", path(one(space), one(space, "status space:ENG = archived"))},
	{"a space is brought back", path(one(space, "status space:ENG = archived"), one(space))},
	{"a space is renamed and archived at once", path(one(space), one("exists space:ENG", "name space:ENG = Old", "status space:ENG = archived"))},

	// Role assignments: to groups, to people and to classes of them. All changes
	// of one space are one unit, others stay untouched.
	{"roles are given", path(one(space, group, ana),
		one(space, group, ana, "role space:ENG group:engineering = manager", "role space:ENG user:ana@acme.example = admin",
			"role space:ENG class:everyone = viewer"))},
	{"every known class can hold a role", path(one(space),
		one(space, "role space:ENG class:everyone = collaborator", "role space:ENG class:authenticated = viewer",
			"role space:ENG class:product_admins = admin", "role space:ENG class:jsm_admins = viewer", "role space:ENG class:anonymous = viewer"))},
	{"a role is changed", path(one(space, group, "role space:ENG group:engineering = viewer"),
		one(space, group, "role space:ENG group:engineering = collaborator"))},
	{"a role is taken", path(one(space, group, ana, "role space:ENG group:engineering = viewer", "role space:ENG user:ana@acme.example = admin"),
		one(space, group, ana, "role space:ENG user:ana@acme.example = admin"))},
	{"roles are given, changed and taken at once", path(one(space, group, ana, bo, "role space:ENG group:engineering = viewer", "role space:ENG user:ana@acme.example = admin", "role space:ENG class:everyone = viewer"),
		one(space, group, ana, bo, "role space:ENG group:engineering = collaborator", "role space:ENG user:bo@acme.example = admin", "role space:ENG class:everyone = viewer"))},
	{"the last admin gives way to another", path(one(space, ana, bo, "role space:ENG user:ana@acme.example = admin"),
		one(space, ana, bo, "role space:ENG user:bo@acme.example = admin"))},
	{"two spaces do not touch each other", path(one(space, "exists space:OPS\nname space:OPS = Operations", group, "role space:ENG group:engineering = viewer", "role space:OPS group:engineering = viewer"),
		one(space, "exists space:OPS\nname space:OPS = Operations", group, "role space:ENG group:engineering = manager", "role space:OPS group:engineering = viewer"))},

	// Space roles of the site's own.
	{"a space role is created", path(nil, one("exists space_role:reviewer", "grants space_role:reviewer read/space", "grants space_role:reviewer create/comment"))},
	{"a space role permits more and less", path(one("exists space_role:reviewer", "grants space_role:reviewer read/space", "grants space_role:reviewer create/comment"),
		one("exists space_role:reviewer", "grants space_role:reviewer read/space", "grants space_role:reviewer create/page"))},
	{"a space role with a name of any kind is held", path(one(space, group),
		one(space, group, `exists space_role:"Read & comment / v2"`, `grants space_role:"Read & comment / v2" read/space`,
			`role space:ENG group:engineering = "Read & comment / v2"`))},
	{"a space role goes with its grants", path(one("exists space_role:reviewer", "grants space_role:reviewer read/space"), nil)},
	{"a space role goes with its assignments", path(one(space, group, ana, "exists space_role:reviewer", "grants space_role:reviewer read/space",
		"role space:ENG group:engineering = reviewer", "role space:ENG user:ana@acme.example = admin"),
		one(space, group, ana, "role space:ENG user:ana@acme.example = admin"))},
	{"everything at once", path(nil,
		one(staff, group, ana, bo, "member group:staff user:ana@acme.example", "member group:engineering user:ana@acme.example",
			"member group:engineering user:bo@acme.example", space, "exists space_role:reviewer", "grants space_role:reviewer read/space",
			"role space:ENG group:engineering = reviewer", "role space:ENG user:bo@acme.example = admin", "role space:ENG group:staff = viewer"))},
	{"everything at once, and back", path(one(staff, group, ana, bo, "member group:staff user:ana@acme.example", "member group:engineering user:ana@acme.example",
		space, "exists space_role:reviewer", "grants space_role:reviewer read/space",
		"role space:ENG group:engineering = reviewer", "role space:ENG user:bo@acme.example = admin", "role space:ENG group:staff = viewer"),
		one(bo, space, "role space:ENG user:bo@acme.example = admin"))},
}

// transition brings a fresh site along the path, and to its end again, which
// must be nothing to do.
func transition(t *testing.T, s Subject, c stateCase) {
	tr := start(t, s)
	for _, state := range c.path {
		tr.bring(state)
	}
	if t.Failed() {
		return
	}
	before := tr.observe()
	tr.bring(c.path[len(c.path)-1])
	if after := tr.observe(); !after.Facts.Equal(before.Facts) {
		t.Error("bringing a site to where it is changed it")
	}
}
