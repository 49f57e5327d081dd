package emulator

import (
	"net/http"
	"slices"
)

// dcContentMax is the largest page of content; the published default is 25, and
// "fixed system limits" are not.
const dcContentMax = 100

// dcShownContent is content in a list or by itself, with the parts asked for. Of
// whom a restriction names it shows as many as Cloud's search does: lists inside
// others are cut, and say so by their size and limit (docs/evidence.md "Unknown"
// 5).
func (c *call) dcShownContent(x *content, expand set) any {
	row := c.dcContentRow(x).(object)
	expandable := object{}
	for _, part := range []string{
		"ancestors", "body", "children", "container", "descendants", "extensions", "history", "metadata", "operations",
		"restrictions", "space", "version",
	} {
		if !expand.has(part) {
			expandable[part] = ""
		}
	}
	row["_expandable"] = expandable
	if expand.has("space") {
		row["space"] = c.dcSpaceRow(c.spaceOf(x))
	}
	if expand.has("version") {
		row["version"] = object{"number": x.Version, "minorEdit": false, "when": instant(x.modified())}
	}
	if expand.has("ancestors") {
		above := []any{}
		if x.Type == typePage {
			for _, up := range slices.Backward(c.ancestry(x)) {
				above = append(above, c.dcContentRow(up))
			}
		}
		row["ancestors"] = above
	}
	if expand.has("restrictions") {
		row["restrictions"] = c.dcEmbeddedRestrictions(x, expand)
	}
	return row
}

func (c *call) dcEmbeddedRestrictions(x *content, expand set) any {
	all := x.restrictions()
	out, expandable := object{}, object{}
	for _, operation := range []string{opRead, opUpdate} {
		if !expand.has("restrictions." + operation) {
			expandable[operation] = ""
			continue
		}
		names := c.dcPageOfPrincipals(*all.of(operation), 0, embeddedMax)
		for _, list := range []string{"user", "group"} {
			if !expand.has("restrictions." + operation + ".restrictions." + list) {
				delete(names, list)
			}
		}
		out[operation] = object{
			"operation": operation, "restrictions": names,
			"_expandable": object{"content": "/rest/api/content/" + x.ID},
		}
	}
	out["_expandable"] = expandable
	return out
}

// dcFindContent lists content by space, type and title, or by ids. A page is
// found by its title and a blog post by its day (published); without them
// nothing is listed.
func dcFindContent(c *call) (answer, error) {
	expand, err := c.contentExpands()
	if err != nil {
		return answer{}, err
	}
	kind, err := c.choice("type", []string{typePage, typeBlogPost})
	if err != nil {
		return answer{}, err
	}
	if _, err := c.choice("status", []string{statusCurrent}); err != nil {
		return answer{}, err
	}
	title, day, key, ids := c.query.Get("title"), c.query.Get("postingDay"), c.query.Get("spaceKey"), c.list("ids")
	if kind == "" && len(ids) == 0 {
		kind = typePage
	}
	switch {
	case len(ids) > 0:
	case kind == typePage && title == "":
		return answer{}, refuse(http.StatusBadRequest, "", "title is needed to find a page")
	case kind == typeBlogPost && day == "":
		return answer{}, refuse(http.StatusBadRequest, "", "postingDay is needed to find a blog post")
	}
	if key != "" {
		if sp := c.byKey[fold(key)]; sp == nil || !c.dcSees(sp) {
			return answer{}, refuse(http.StatusNotFound, "", "there is no space %q, or the caller may not view it", key)
		}
	}
	var found []*content
	for x := range c.contents.all() {
		if x.Type != typeAttachment && (kind == "" || x.Type == kind) && (len(ids) == 0 || slices.Contains(ids, x.ID)) &&
			(title == "" || fold(x.Title) == fold(title)) && (key == "" || fold(c.spaceOf(x).Key) == fold(key)) &&
			(day == "" || x.Created.UTC().Format("2006-01-02") == day) && c.views(c.caller, x) {
			found = append(found, x)
		}
	}
	return listDC(c, found, 25, dcContentMax, func(x *content) any { return c.dcShownContent(x, expand) })
}

// dcSpaceContent lists the pages or the blog posts of a space, in the order in
// which they were made: the database's, not the search's, so archived spaces
// have theirs.
func dcSpaceContent(c *call) (answer, error) {
	sp, err := c.dcVisibleSpace()
	if err != nil {
		return answer{}, err
	}
	expand, err := c.contentExpands()
	if err != nil {
		return answer{}, err
	}
	depth, err := c.choice("depth", []string{"all", "root"})
	if err != nil {
		return answer{}, err
	}
	kind := c.vars["type"]
	if kind != typePage && kind != typeBlogPost {
		return answer{}, refuse(http.StatusBadRequest, "", "a space has content of type page and blogpost, not %q", kind)
	}
	var found []*content
	for _, order := range sp.contents {
		if x := c.contents.get(order); x.Type == kind && (depth != "root" || x.Parent == "") && c.views(c.caller, x) {
			found = append(found, x)
		}
	}
	return listDC(c, found, 25, dcContentMax, func(x *content) any { return c.dcShownContent(x, expand) })
}

// dcSearch finds content by a query, as search results. The published page has
// totalCount; live ones are known to have totalSize, which is left out here, so
// that a client that needs it is found out. Content of archived spaces is not
// searched unless it is asked for (published), which is not emulated.
func dcSearch(c *call) (answer, error) {
	text, err := c.required("cql")
	if err != nil {
		return answer{}, err
	}
	if archived, err := c.truth("includeArchivedSpaces"); err != nil {
		return answer{}, err
	} else if archived {
		return answer{}, notEmulated("includeArchivedSpaces")
	}
	q, err := parseQuery(text)
	if err != nil {
		return answer{}, err
	}
	found := c.indexed(q, func(x *content) bool { return c.views(c.caller, x) })
	a, err := listDC(c, found, 25, dcContentMax, func(x *content) any {
		return object{
			"title": x.Title, "excerpt": "", "url": c.webPath(x), "entityType": "content", "iconCssClass": "content-type-" + x.Type,
			"lastModified": instant(x.modified()), "friendlyLastModified": x.modified().UTC().Format("Jan 2, 2006"),
		}
	})
	if page, is := a.body.(object); err == nil && is {
		page["totalCount"] = len(found)
	}
	return a, err
}

// dcOneContent shows content by its id.
func dcOneContent(c *call) (answer, error) {
	x, err := c.dcContent()
	if err != nil {
		return answer{}, err
	}
	expand, err := c.contentExpands()
	if err != nil {
		return answer{}, err
	}
	return ok(c.dcShownContent(x, expand))
}
