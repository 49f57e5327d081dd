package sitetest

// Permissions on the site as a whole. Who may use and administer it is a product
// role, except for classes of people. What no interface can write, Canonical
// leaves to people (site.Manual), with the clicks.
var siteCases = area("site", []Case{
	{Name: "a group may create spaces", Path: path(one(staff), one(staff, "global site create_space group:staff"))},
	{Name: "a person may create spaces", Path: path(one(ana), one(ana, "global site create_space user:ana@acme.example"))},
	{Name: "a group may create spaces no longer", Path: path(one(staff, "global site create_space group:staff"), one(staff))},
	{Name: "a group and a person may have personal spaces", Path: path(one(staff, ana),
		one(staff, ana, "global site personal_space group:staff", "global site personal_space user:ana@acme.example"))},
	{Name: "a person may have a personal space no longer", Path: path(one(ana, "global site personal_space user:ana@acme.example"), one(ana))},
	{Name: "creating spaces passes from one group to another", Path: path(
		one(staff, "exists group:makers\nproduct group:makers = user", "global site create_space group:staff", "global site personal_space group:staff"),
		one(staff, "exists group:makers\nproduct group:makers = user", "global site create_space group:makers", "global site personal_space group:staff"))},
	{Name: "a group goes with its permissions on the site", Path: path(
		one(staff, "exists group:makers\nproduct group:makers = user", "global site create_space group:makers"), one(staff))},
	{Name: "a group stops letting people in and may do nothing more", Path: path(
		one(staff, "global site create_space group:staff"), one("exists group:staff"))},
	{Name: "the public may use the site", Path: path(nil, one("global site use class:anonymous"))},
	{Name: "the public may use the site no longer", Path: path(one("global site use class:anonymous"), nil)},
	{Name: "the public may see profiles", Path: path(one("global site use class:anonymous"),
		one("global site use class:anonymous", "global site view_profiles class:anonymous"))},
	{Name: "people without a licence may use the site", Path: path(nil, one("global site use class:unlicensed"))},
	{Name: "product roles and permissions on the site change at once", Path: path(one(group, staff, ana),
		one("exists group:engineering\nproduct group:engineering = user", staff, ana,
			"global site create_space group:engineering", "member group:engineering user:ana@acme.example"))},
})
