package sitetest

var spaceCases = area("spaces", []Case{
	// Spaces. Creation gives exactly the roles of the same unit: no defaults of
	// the product, and nothing for weir's own account.
	{Name: "a space is created with its roles", Path: path(one(group, ana),
		one(group, ana, space, "role space:ENG group:engineering = collaborator", "role space:ENG user:ana@acme.example = admin"))},
	{Name: "a space is created without an admin", Path: path(one(group),
		one(group, space, "role space:ENG group:engineering = viewer"))},
	{Name: "a space is created without any role", Path: path(nil, one(space))},
	{Name: "a space is created archived", Path: path(one(group),
		one(group, space, "status space:ENG = archived", "role space:ENG group:engineering = viewer"))},
	{Name: "a space is renamed", Path: path(one(space), one("exists space:ENG", `name space:ENG = "Engineering & \"Design\" – Ω"`))},
	{Name: "a space is archived", Path: path(one(space), one(space, "status space:ENG = archived"))},
	{Name: "a space is brought back", Path: path(one(space, "status space:ENG = archived"), one(space))},
	{Name: "a space is renamed and archived at once", Path: path(one(space), one("exists space:ENG", "name space:ENG = Old", "status space:ENG = archived"))},

	// Personal spaces are spaces: whose they are is only read, what others may do
	// there is yours to write. Nobody but their owner makes them.
	{Name: "a personal space is opened to others", Path: path(one(ana, group),
		one(ana, group, "role space:~ana user:ana@acme.example = admin", "role space:~ana group:engineering = viewer")),
		Others: personal},
	{Name: "a personal space is restricted to its owner", Path: path(one(ana, group),
		one(ana, group, "role space:~ana user:ana@acme.example = admin", "role space:~ana group:engineering = collaborator", "role space:~ana class:authenticated = viewer"),
		one(ana, group, "role space:~ana user:ana@acme.example = admin")),
		Others: personal},
	{Name: "a personal space is archived", Path: path(one(ana), one(ana, "status space:~ana = archived")), Others: personal},
	{Name: "a personal space is brought back", Path: path(one(ana), one(ana, "status space:~ana = archived"), one(ana)), Others: personal},
	{Name: "a personal space passes to somebody else", Path: path(one(ana, bo),
		one(ana, bo, "role space:~ana user:ana@acme.example = admin"),
		one(bo, "role space:~ana user:bo@acme.example = admin")),
		Others: personal},
})

// personal is what Ana does: her own space is hers whatever becomes of it.
var personal = []Deed{{Fact: "personal space:~ana user:ana@acme.example"}}
