package sitetest

import (
	"fmt"
	"strings"
)

// The pages of these cases, as others make them.
var (
	plans = []Deed{{Fact: `exists page:ENG/Plans`}}
	tree  = []Deed{{Fact: `exists page:ENG/Plans`}, {Fact: `exists page:"ENG/Pay bands / 2026"`, Below: "page:ENG/Plans"}}
	news  = []Deed{{Fact: `exists blogpost:ENG/News`}, {Fact: `exists page:ENG/News`}}
)

// restrict gives the facts of whom a page is restricted to.
func restrict(page, verb string, principals ...string) string {
	out := ""
	for _, p := range principals {
		out += "restrict " + page + " " + verb + " " + p + "\n"
	}
	return out
}

// many are n people, and restricting a page to them.
func many(n int, page, verb string) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "exists user:p%03d@acme.example\n", i)
		out.WriteString(restrict(page, verb, fmt.Sprintf("user:p%03d@acme.example", i)))
	}
	return out.String()
}

const (
	plan  = "page:ENG/Plans"
	below = `page:"ENG/Pay bands / 2026"`
)

// Restrictions. All changes of one page are one unit, which replaces the whole
// restriction in one write: never cleared and set again, for in between anybody
// could look. What another verb of the page has stays as it is. The group of
// keepers has weir's own account in it, so that you are not locked out.
var contentCases = area("content", []Case{
	{Name: "who may view a page is restricted", Path: path(one(space, group),
		one(space, group, restrict(plan, "view", keepers, toGroup))), Others: plans},
	{Name: "who may edit a page is restricted", Path: path(one(space, group),
		one(space, group, restrict(plan, "edit", keepers, toGroup))), Others: plans},
	{Name: "both are restricted at once", Path: path(one(space, group, ana),
		one(space, group, ana, restrict(plan, "view", keepers, toGroup), restrict(plan, "edit", keepers, toAna))), Others: plans},
	{Name: "a page is restricted to people and groups", Path: path(one(space, group, ana, bo),
		one(space, group, ana, bo, restrict(plan, "view", keepers, toGroup, toAna, toBo))), Others: plans},
	{Name: "a restriction names others", Path: path(one(space, group, ana, bo),
		one(space, group, ana, bo, restrict(plan, "view", keepers, toGroup, toAna)),
		one(space, group, ana, bo, restrict(plan, "view", keepers, toGroup, toBo))), Others: plans},
	{Name: "a restriction names one more", Path: path(one(space, group, ana),
		one(space, group, ana, restrict(plan, "edit", keepers)),
		one(space, group, ana, restrict(plan, "edit", keepers, toAna))), Others: plans},
	{Name: "a restriction names one less", Path: path(one(space, group, ana),
		one(space, group, ana, restrict(plan, "view", keepers, toGroup, toAna)),
		one(space, group, ana, restrict(plan, "view", keepers, toAna))), Others: plans},
	{Name: "viewing is opened and editing stays restricted", Path: path(one(space, group),
		one(space, group, restrict(plan, "view", keepers, toGroup), restrict(plan, "edit", keepers)),
		one(space, group, restrict(plan, "edit", keepers))), Others: plans},
	{Name: "editing is opened and viewing stays restricted", Path: path(one(space, group),
		one(space, group, restrict(plan, "view", keepers, toGroup), restrict(plan, "edit", keepers)),
		one(space, group, restrict(plan, "view", keepers, toGroup))), Others: plans},
	{Name: "one verb changes and the other stays", Path: path(one(space, group, ana),
		one(space, group, ana, restrict(plan, "view", keepers, toGroup), restrict(plan, "edit", keepers, toAna)),
		one(space, group, ana, restrict(plan, "view", keepers, toAna), restrict(plan, "edit", keepers, toAna))), Others: plans},
	{Name: "all restrictions are lifted", Path: path(one(space, group),
		one(space, group, restrict(plan, "view", keepers, toGroup), restrict(plan, "edit", keepers)),
		one(space, group)), Others: plans},
	{Name: "two pages are restricted independently", Path: path(one(space, group, ana),
		one(space, group, ana, restrict(plan, "edit", keepers, toGroup), restrict(below, "edit", keepers, toAna)),
		one(space, group, ana, restrict(below, "edit", keepers, toAna), restrict(below, "view", keepers))), Others: tree},

	// A page below a restricted one shows its own names only: what is inherited is
	// told by the pages above, and is not written into it.
	{Name: "a page below a restricted one has restrictions of its own", Path: path(one(space, group, ana),
		one(space, group, ana, restrict(plan, "view", keepers, toGroup)),
		one(space, group, ana, restrict(plan, "view", keepers, toGroup), restrict(below, "view", keepers, toAna))), Others: tree},
	{Name: "a restriction above is lifted and the one below stays", Path: path(one(space, group, ana),
		one(space, group, ana, restrict(plan, "view", keepers, toGroup), restrict(below, "view", keepers, toAna)),
		one(space, group, ana, restrict(below, "view", keepers, toAna))), Others: tree},

	// A blog post and a page may have one title: they are two things.
	{Name: "a blog post is restricted and the page of its title is not", Path: path(one(space, group),
		one(space, group, restrict("blogpost:ENG/News", "view", keepers, toGroup))), Others: news},
	{Name: "a page is restricted to 120 people", Path: path(one(space),
		one(space, restrict(plan, "view", keepers), many(120, plan, "view"))), Others: plans},
	{Name: "one of 120 names goes", Path: path(one(space, many(0, plan, "view")),
		one(space, restrict(plan, "view", keepers), many(120, plan, "view")),
		one(space, restrict(plan, "view", keepers), many(119, plan, "view"), "exists user:p119@acme.example")), Others: plans},

	// Whoever loses access is still named, unless a description says otherwise.
	{Name: "a person who loses access goes from a restriction as well", Path: path(one(space, ana, bo),
		one(space, ana, bo, restrict(plan, "view", keepers, toAna, toBo)),
		one(space, bo, restrict(plan, "view", keepers, toBo))), Others: plans},
	{Name: "a group goes and so does its name in a restriction", Path: path(one(space, group),
		one(space, group, restrict(plan, "view", keepers, toGroup)),
		one(space, restrict(plan, "view", keepers))), Others: plans},
	// You may hold this or say why not; what you must not do is to lock weir's
	// own account out and learn of it afterwards.
	{Name: "a restriction that does not name weir", Path: path(one(space, group),
		one(space, group, restrict(plan, "view", toGroup))), Others: plans,
		Either: one(restrict(plan, "view", toGroup))},
	{Name: "access to a space changes and its pages stay as they are", Path: path(one(space, group),
		one(space, group, restrict(plan, "view", keepers), "role space:ENG group:engineering = viewer"),
		one(space, group, restrict(plan, "view", keepers))), Others: plans},
})
