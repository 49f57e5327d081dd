package sitetest

// The principals of these cases.
const (
	toGroup = "group:engineering"
	toAna   = "user:ana@acme.example"
	toBo    = "user:bo@acme.example"
)

// Permissions beside roles. All changes of one principal in one space are one
// unit, and so is the role that takes their place or makes room for them: a
// principal has one form or the other, and must not be left with neither. The ids
// are weir's own words; what your product calls them is your affair.
var permissionCases = area("permissions", []Case{
	{Name: "a permission is given", Path: path(one(space, group), one(space, group, perm(toGroup, "read/space")))},
	{Name: "several permissions are given at once", Path: path(one(space, group),
		one(space, group, perm(toGroup, "read/space", "create/comment", "create/attachment", "delete/page")))},
	{Name: "a permission is added to others", Path: path(
		one(space, group, perm(toGroup, "read/space")),
		one(space, group, perm(toGroup, "read/space", "create/attachment")))},
	{Name: "a permission is taken from others", Path: path(
		one(space, group, perm(toGroup, "read/space", "create/attachment", "delete/attachment")),
		one(space, group, perm(toGroup, "read/space", "delete/attachment")))},
	{Name: "one permission is taken and another given", Path: path(
		one(space, group, perm(toGroup, "read/space", "create/attachment")),
		one(space, group, perm(toGroup, "read/space", "delete/comment")))},

	// To view comes first and goes last, since the others rest on it. Whether it
	// goes by itself or takes the others along, nothing may be left.
	{Name: "all permissions are taken", Path: path(
		one(space, group, perm(toGroup, "read/space", "create/comment", "delete/comment")),
		one(space, group))},
	{Name: "all permissions are taken and given again", Path: path(
		one(space, group, perm(toGroup, "read/space", "create/attachment")),
		one(space, group),
		one(space, group, perm(toGroup, "read/space", "create/attachment")))},

	// A product that gives more than was asked for (adding pages brings editing
	// them, viewing brings exporting) is not done until what came along is taken
	// again, and one that takes more has to be given it again.
	{Name: "what comes along with adding pages is trimmed", Path: path(one(space, group),
		one(space, group, perm(toGroup, "read/space", "create/page")))},
	{Name: "what comes along with administering is trimmed", Path: path(one(space, ana, bo, perm(toBo, "read/space", "administer/space")),
		one(space, ana, bo, perm(toBo, "read/space", "administer/space"), perm(toAna, "read/space", "administer/space")))},
	{Name: "what comes along is kept where it is asked for", Path: path(one(space, group),
		one(space, group, perm(toGroup, "read/space", "export_content/space", "create/page", "update/page")))},
	{Name: "adding pages is taken and editing them stays", Path: path(
		one(space, group, perm(toGroup, "read/space", "create/page", "update/page")),
		one(space, group, perm(toGroup, "read/space", "update/page")))},
	{Name: "what came along before is taken alone", Path: path(
		one(space, group, perm(toGroup, "read/space", "create/page", "update/page")),
		one(space, group, perm(toGroup, "read/space", "create/page")))},

	{Name: "groups and people have permissions of their own", Path: path(one(space, group, ana, bo),
		one(space, group, ana, bo, perm(toGroup, "read/space", "create/comment"), perm(toAna, "read/space", "create/page", "delete/page"), perm(toBo, "read/space")))},
	{Name: "permissions of several principals change at once", Path: path(
		one(space, group, ana, bo, perm(toGroup, "read/space", "create/comment"), perm(toAna, "read/space", "administer/space")),
		one(space, group, ana, bo, perm(toGroup, "read/space"), perm(toAna, "read/space", "administer/space", "export/space"), perm(toBo, "read/space", "create/blogpost")))},
	{Name: "permissions in two spaces do not touch each other", Path: path(
		one(space, ops, group, perm(toGroup, "read/space", "create/comment"), "permission space:OPS read/space group:engineering"),
		one(space, ops, group, perm(toGroup, "read/space"), "permission space:OPS read/space group:engineering", "permission space:OPS create/comment group:engineering"))},
	{Name: "everything that a space knows is given to a group", Path: path(one(space, group),
		one(space, group, perm(toGroup, "read/space", "administer/space", "create/page", "create/blogpost", "create/comment", "create/attachment",
			"delete/page", "delete/blogpost", "delete/comment", "delete/attachment", "export/space", "restrict_content/space")))},

	// The public can view and add, and never administer.
	{Name: "a space is opened to the public", Path: path(one(space), one(space, perm("class:anonymous", "read/space")))},
	{Name: "the public may comment", Path: path(one(space, perm("class:anonymous", "read/space")),
		one(space, perm("class:anonymous", "read/space", "create/comment")))},
	{Name: "a space is closed to the public", Path: path(
		one(space, group, perm("class:anonymous", "read/space", "create/comment"), perm(toGroup, "read/space")),
		one(space, group, perm(toGroup, "read/space")))},

	{Name: "the last administrator by permissions gives way to another", Path: path(
		one(space, ana, bo, perm(toAna, "read/space", "administer/space")),
		one(space, ana, bo, perm(toBo, "read/space", "administer/space")))},
	{Name: "an administrator by permissions becomes a reader", Path: path(
		one(space, ana, bo, perm(toAna, "read/space", "administer/space"), perm(toBo, "read/space", "administer/space")),
		one(space, ana, bo, perm(toAna, "read/space"), perm(toBo, "read/space", "administer/space")))},

	// From one form to the other, and both beside each other for two principals.
	{Name: "a role takes the place of permissions", Path: path(
		one(space, group, perm(toGroup, "read/space", "create/comment", "delete/comment")),
		one(space, group, "role space:ENG group:engineering = viewer"))},
	{Name: "permissions take the place of a role", Path: path(
		one(space, group, "role space:ENG group:engineering = collaborator"),
		one(space, group, perm(toGroup, "read/space", "create/comment")))},
	{Name: "the only administrator changes from a role to permissions, and another comes", Path: path(
		one(space, ana, bo, "role space:ENG user:ana@acme.example = admin"),
		one(space, ana, bo, perm(toAna, "read/space", "administer/space"), "role space:ENG user:bo@acme.example = admin"))},
	{Name: "two principals swap their forms", Path: path(
		one(space, group, ana, "role space:ENG group:engineering = viewer", perm(toAna, "read/space", "administer/space")),
		one(space, group, ana, perm(toGroup, "read/space", "create/comment"), "role space:ENG user:ana@acme.example = admin"))},
	{Name: "a role and permissions stand beside each other", Path: path(one(space, group, ana),
		one(space, group, ana, "role space:ENG user:ana@acme.example = admin", perm(toGroup, "read/space", "create/comment")))},

	{Name: "a group goes with its permissions", Path: path(
		one(space, group, ana, perm(toGroup, "read/space", "create/comment"), perm(toAna, "read/space", "administer/space")),
		one(space, ana, perm(toAna, "read/space", "administer/space")))},
	{Name: "a space is created with permissions", Path: path(one(group),
		one(space, group, perm(toGroup, "read/space", "create/page", "delete/page")))},
	{Name: "permissions change in an archived space", Path: path(
		one(space, group, "status space:ENG = archived", perm(toGroup, "read/space", "create/comment")),
		one(space, group, "status space:ENG = archived", perm(toGroup, "read/space")))},
})
