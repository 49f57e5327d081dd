package sitetest

var groupCases = area("groups", []Case{
	// Groups. Nothing is said of a group that must not be: an empty one stays.
	{Name: "a group is created", Path: path(nil, one(group))},
	{Name: "a group is deleted", Path: path(one(group, "exists group:other"), one("exists group:other"))},
	{Name: "a group has a name of any kind", Path: path(nil, one(`exists group:"Ünï & co: 50% / \"a\" + b"`, ana,
		`member group:"Ünï & co: 50% / \"a\" + b" user:ana@acme.example`))},
	{Name: "people join a group", Path: path(one(group, ana, bo),
		one(group, ana, bo, "member group:engineering user:ana@acme.example", "member group:engineering user:bo@acme.example"))},
	{Name: "a person leaves a group", Path: path(one(group, ana, bo, "member group:engineering user:ana@acme.example", "member group:engineering user:bo@acme.example"),
		one(group, ana, bo, "member group:engineering user:bo@acme.example"))},
	{Name: "a new person joins a new group", Path: path(nil, one(group, ana, "member group:engineering user:ana@acme.example"))},

	// What falls with a group is in the same unit: its members, its product
	// role, and every role that it holds. You need not do more than delete it.
	{Name: "a group goes with all that hangs on it", Path: path(one(staff, ana, "member group:staff user:ana@acme.example", space,
		"role space:ENG group:staff = collaborator", "role space:ENG user:ana@acme.example = admin"),
		one(ana, space, "role space:ENG user:ana@acme.example = admin"))},

	// Product roles of groups.
	{Name: "a group gets a product role", Path: path(one(group), one(group, "product group:engineering = user"))},
	{Name: "a group gets two product roles", Path: path(one(group), one(group, "product group:engineering = admin+user"))},
	{Name: "a group's product role changes", Path: path(one(group, "product group:engineering = user"), one(group, "product group:engineering = admin"))},
	{Name: "a group loses one of two product roles", Path: path(one(group, "product group:engineering = admin+user"), one(group, "product group:engineering = user"))},
	{Name: "a group loses its product role", Path: path(one(group, "product group:engineering = user"), one(group))},
	{Name: "a new group lets new people in", Path: path(nil, one(staff, ana, "member group:staff user:ana@acme.example"))},

	// Whoever exists goes on existing until a change says otherwise, whatever
	// lets them in: moving somebody between groups must not shut them out.
	{Name: "a person moves from one group that lets people in to another", Path: path(one(staff, "exists group:team\nproduct group:team = user", ana, "member group:staff user:ana@acme.example"),
		one(staff, "exists group:team\nproduct group:team = user", ana, "member group:team user:ana@acme.example"))},
	{Name: "a person stays when the group that let them in stops to", Path: path(one(staff, ana, "member group:staff user:ana@acme.example"),
		one("exists group:staff", ana, "member group:staff user:ana@acme.example"))},
	{Name: "a person stays when they leave the group that let them in", Path: path(one(staff, ana, "member group:staff user:ana@acme.example"), one(staff, ana))},
	{Name: "a person whom a group let in loses access", Path: path(one(staff, ana, bo, "member group:staff user:ana@acme.example", "member group:staff user:bo@acme.example"),
		one(staff, bo, "member group:staff user:bo@acme.example"))},
	{Name: "a member is let in when the group begins to", Path: path(one(group, ana, "member group:engineering user:ana@acme.example"),
		one(group, ana, "member group:engineering user:ana@acme.example", "product group:engineering = user"))},

	// Groups that are somebody else's are read like others and granted to; their
	// members are not yours to write.
	{Name: "a managed group is granted to", Path: path(
		one("exists group:okta-finance", space),
		one("exists group:okta-finance", space, "role space:ENG group:okta-finance = viewer")),
		Others: []Deed{{Fact: "managed group:okta-finance = idp"}}},
	{Name: "a managed group is let in, and no longer", Path: path(
		one("exists group:okta-finance"),
		one("exists group:okta-finance", "product group:okta-finance = user"),
		one("exists group:okta-finance")),
		Others: []Deed{{Fact: "managed group:okta-finance = idp"}}},
	{Name: "what a Team holds is changed", Path: path(
		one("exists group:rowers", space, "role space:ENG group:rowers = viewer"),
		one("exists group:rowers", space, "role space:ENG group:rowers = collaborator")),
		Others: []Deed{{Fact: "managed group:rowers = team"}}},
	{Name: "people join a group that came with the product", Path: path(
		one("exists group:old-users", ana),
		one("exists group:old-users", ana, "member group:old-users user:ana@acme.example")),
		Others: []Deed{{Fact: "managed group:old-users = builtin"}}},
})
