package sitetest

// Where there are no roles, each is written out as the permissions of the nearest
// thing that the product has (Canonical.From says of each which role it stands
// for), and these cases run on what is left: giving a role is giving permissions.
var roleCases = area("roles", []Case{
	// Role assignments: to groups, to people and to classes of them. All changes
	// of one space are one unit, others stay untouched.
	{Name: "roles are given", Path: path(one(space, group, ana),
		one(space, group, ana, "role space:ENG group:engineering = manager", "role space:ENG user:ana@acme.example = admin",
			"role space:ENG class:everyone = viewer"))},
	{Name: "every known class can hold a role", Path: path(one(space),
		one(space, "role space:ENG class:everyone = collaborator", "role space:ENG class:authenticated = viewer",
			"role space:ENG class:product_admins = admin", "role space:ENG class:jsm_admins = viewer", "role space:ENG class:anonymous = viewer"))},
	{Name: "a role is changed", Path: path(one(space, group, "role space:ENG group:engineering = viewer"),
		one(space, group, "role space:ENG group:engineering = collaborator"))},
	{Name: "a role is taken", Path: path(one(space, group, ana, "role space:ENG group:engineering = viewer", "role space:ENG user:ana@acme.example = admin"),
		one(space, group, ana, "role space:ENG user:ana@acme.example = admin"))},
	{Name: "roles are given, changed and taken at once", Path: path(one(space, group, ana, bo, "role space:ENG group:engineering = viewer", "role space:ENG user:ana@acme.example = admin", "role space:ENG class:everyone = viewer"),
		one(space, group, ana, bo, "role space:ENG group:engineering = collaborator", "role space:ENG user:bo@acme.example = admin", "role space:ENG class:everyone = viewer"))},
	{Name: "the last admin gives way to another", Path: path(one(space, ana, bo, "role space:ENG user:ana@acme.example = admin"),
		one(space, ana, bo, "role space:ENG user:bo@acme.example = admin"))},
	{Name: "two spaces do not touch each other", Path: path(one(space, "exists space:OPS\nname space:OPS = Operations", group, "role space:ENG group:engineering = viewer", "role space:OPS group:engineering = viewer"),
		one(space, "exists space:OPS\nname space:OPS = Operations", group, "role space:ENG group:engineering = manager", "role space:OPS group:engineering = viewer"))},

	// Space roles of the site's own.
	{Name: "a space role is created", Path: path(nil, one("exists space_role:reviewer", "grants space_role:reviewer read/space", "grants space_role:reviewer create/comment"))},
	{Name: "a space role permits more and less", Path: path(one("exists space_role:reviewer", "grants space_role:reviewer read/space", "grants space_role:reviewer create/comment"),
		one("exists space_role:reviewer", "grants space_role:reviewer read/space", "grants space_role:reviewer create/page"))},
	{Name: "a space role with a name of any kind is held", Path: path(one(space, group),
		one(space, group, `exists space_role:"Read & comment / v2"`, `grants space_role:"Read & comment / v2" read/space`,
			`role space:ENG group:engineering = "Read & comment / v2"`))},
	{Name: "a space role goes with its grants", Path: path(one("exists space_role:reviewer", "grants space_role:reviewer read/space"), nil)},
	{Name: "a space role goes with its assignments", Path: path(one(space, group, ana, "exists space_role:reviewer", "grants space_role:reviewer read/space",
		"role space:ENG group:engineering = reviewer", "role space:ENG user:ana@acme.example = admin"),
		one(space, group, ana, "role space:ENG user:ana@acme.example = admin"))},
	{Name: "everything at once", Path: path(nil,
		one(staff, group, ana, bo, "member group:staff user:ana@acme.example", "member group:engineering user:ana@acme.example",
			"member group:engineering user:bo@acme.example", space, "exists space_role:reviewer", "grants space_role:reviewer read/space",
			"role space:ENG group:engineering = reviewer", "role space:ENG user:bo@acme.example = admin", "role space:ENG group:staff = viewer"))},
	{Name: "everything at once, and back", Path: path(one(staff, group, ana, bo, "member group:staff user:ana@acme.example", "member group:engineering user:ana@acme.example",
		space, "exists space_role:reviewer", "grants space_role:reviewer read/space",
		"role space:ENG group:engineering = reviewer", "role space:ENG user:bo@acme.example = admin", "role space:ENG group:staff = viewer"),
		one(bo, space, "role space:ENG user:bo@acme.example = admin"))},
})
