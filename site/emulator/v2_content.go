package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// viewsSpace reports whether the caller may view what is in the space, as far as
// restrictions let them.
func (c *call) viewsSpace(sp *space) bool { return c.keyed() || c.holds(c.caller, sp, permView) }

// shows reports whether the content exists for the caller.
func (c *call) shows(x *content) bool { return c.keyed() || c.views(c.caller, x) }

// contentForbidden is the answer for content that is not there for the caller.
func contentForbidden() error {
	return refuse(http.StatusNotFound, "", "there is no such content, or the caller may not see it")
}

// shownContent finds content of a type by the id of the path, if it is there
// for the caller.
func (c *call) shownContent(kind string) (*content, error) {
	id := c.vars["id"]
	if kind == typeAttachment && !strings.HasPrefix(id, attachmentPrefix) {
		id = attachmentPrefix + id // either form is published
	}
	x := c.contentByID(id)
	if x == nil || x.Type != kind || !c.shows(x) {
		return nil, contentForbidden()
	}
	return x, nil
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// webPath is where people look at content, below the site's address.
func (s *state) webPath(x *content) string {
	switch x.Type {
	case typeAttachment:
		return "/pages/viewpageattachments.action?pageId=" + x.Parent
	case typeBlogPost:
		return "/spaces/" + s.spaceOf(x).Key + "/blog/" + x.ID
	}
	return "/spaces/" + s.spaceOf(x).Key + "/pages/" + x.ID
}

func (s *state) downloadPath(x *content) string {
	return "/download/attachments/" + x.Parent + "/" + x.ID
}

// v2ContentRow is a page, a blog post or an attachment as v2 lists it, without
// its body.
func (c *call) v2ContentRow(x *content) object {
	row := object{
		"id": x.ID, "status": statusCurrent, "title": x.Title, "createdAt": instant(x.Created),
		"version": object{"createdAt": instant(x.modified()), "message": "", "number": x.Version, "minorEdit": false, "authorId": x.Author},
	}
	webui := c.webPath(x)
	switch up := c.parent(x); x.Type {
	case typeAttachment:
		row["mediaType"], row["fileSize"], row["comment"] = "application/octet-stream", 0, ""
		row["mediaTypeDescription"], row["fileId"] = "Binary File", x.ID
		row["webuiLink"], row["downloadLink"] = webui, c.downloadPath(x)
		row[map[string]string{typePage: "pageId", typeBlogPost: "blogPostId"}[up.Type]] = up.ID
		row["_links"] = object{"webui": webui, "download": row["downloadLink"]}
		return row
	case typePage:
		row["ownerId"], row["lastOwnerId"], row["position"] = x.Author, nil, nil
		if up != nil {
			row["parentId"], row["parentType"] = up.ID, typePage
		}
	}
	row["spaceId"], row["authorId"] = x.Space, x.Author
	row["_links"] = object{"webui": webui, "editui": webui + "/edit", "tinyui": "/x/" + x.ID}
	return row
}

// contentFilter narrows a listing of content down.
type contentFilter struct {
	kind   string
	ids    []string // of content; none: any
	spaces []string // ids; none: any
	below  *content // directly below or attached to it
	root   bool     // at the top of its space
	title  string
}

// contentWhere returns the content that the filter lets through, seen or not, by
// id.
func (c *call) contentWhere(f contentFilter) []*content {
	var out []*content
	consider := func(x *content) {
		if x != nil && x.Type == f.kind && (f.title == "" || x.Title == f.title) && (!f.root || x.Parent == "") &&
			(len(f.spaces) == 0 || slices.Contains(f.spaces, x.Space)) && (f.below == nil || x.Parent == f.below.ID) {
			out = append(out, x)
		}
	}
	switch {
	case f.below != nil:
		for _, order := range f.below.below {
			consider(c.contents.get(order))
		}
	case len(f.ids) > 0:
		for _, id := range newSet(f.ids) {
			consider(c.contentByID(id))
		}
	case len(f.spaces) > 0:
		for _, id := range newSet(f.spaces) {
			if sp := c.spaceByID(id); sp != nil {
				for _, order := range sp.contents {
					consider(c.contents.get(order))
				}
			}
		}
	default:
		for x := range c.contents.all() {
			consider(x)
		}
	}
	return out
}

// numbers reads a list of ids of spaces or content.
func (c *call) numbers(name string, most int) ([]string, error) {
	ids := c.list(name)
	for _, id := range ids {
		if _, err := strconv.ParseUint(id, 10, 63); err != nil {
			return nil, refuse(http.StatusBadRequest, "", "%s are numbers, not %q", name, id)
		}
	}
	if len(ids) > most {
		return nil, refuse(http.StatusBadRequest, "", "at most %d values of %s are possible", most, name)
	}
	return ids, nil
}

// contentSorts are the orders of v2's lists of content, and their keys.
var contentSorts = map[string]func(*content) string{
	"":              func(x *content) string { return contentOrder(x.ID) },
	"id":            func(x *content) string { return contentOrder(x.ID) },
	"title":         func(x *content) string { return fold(x.Title) + "\x00" + contentOrder(x.ID) },
	"created-date":  func(x *content) string { return sortable(x.Created) + contentOrder(x.ID) },
	"modified-date": func(x *content) string { return sortable(x.modified()) + contentOrder(x.ID) },
}

func sortable(t time.Time) string { return t.UTC().Format("20060102150405.000000000 ") }

// listContent answers with the content that the filter lets through and that is
// there for the caller, a page of it. status, sort and body-format are the
// caller's.
func (c *call) listContent(f contentFilter) (answer, error) {
	current := len(c.query["status"]) == 0
	for _, status := range c.list("status") {
		if !slices.Contains([]string{statusCurrent, statusArchived, "deleted", "trashed"}, status) {
			return answer{}, refuse(http.StatusBadRequest, "", "there is no status %q", status)
		}
		current = current || status == statusCurrent
	}
	if !current {
		f.ids, f.kind = nil, "none" // all content is current here
	}
	sorting := c.query.Get("sort")
	key, known := contentSorts[strings.TrimPrefix(sorting, "-")]
	if !known || sorting == "-" {
		return answer{}, refuse(http.StatusBadRequest, "", "content cannot be sorted by %q", sorting)
	}
	format, err := c.bodyFormat(formatStorage, "atlas_doc_format")
	if err != nil {
		return answer{}, err
	}
	if media, name := c.query.Get("mediaType"), c.query.Get("filename"); f.kind == typeAttachment && (media != "" || name != "") {
		f.title = name
		if media != "" && media != "application/octet-stream" {
			f.kind = "none"
		}
	}
	list := ordered[*content]{items: c.contentWhere(f), key: key, reversed: strings.HasPrefix(sorting, "-")}
	slices.SortFunc(list.items, func(a, b *content) int {
		if list.reversed {
			a, b = b, a
		}
		return strings.Compare(key(a), key(b))
	})
	limit := 25
	if f.kind == typeAttachment {
		limit = 50
	}
	return listV2Where(c, list, limit, c.shows, func(x *content) any {
		row := c.v2ContentRow(x)
		c.addBody(row, x, format)
		return row
	})
}

// Formats of bodies that are emulated.
const (
	formatStorage = "storage" // as written, whatever it names
	formatView    = "view"    // HTML, as the caller sees it
)

// bodyFormat reads the format in which bodies are wanted, empty for none. What
// is published and not emulated is 501.
func (c *call) bodyFormat(published ...string) (string, error) {
	format, err := c.choice("body-format", published)
	if err == nil && format != "" && format != formatStorage && format != formatView {
		err = notEmulated("the body format " + format)
	}
	return format, err
}

// addBody adds the body of a page or a blog post to its row, in a format; none
// without one.
func (c *call) addBody(row object, x *content, format string) {
	if format == "" || x.Type == typeAttachment {
		return
	}
	value := x.Body
	if format == formatView {
		value = c.rendered(x)
	}
	row["body"] = object{format: object{"representation": format, "value": value}}
}

// siteContent lists content of a type wherever it is.
func (c *call) siteContent(kind string) (answer, error) {
	ids, err := c.numbers("id", 250)
	if err != nil {
		return answer{}, err
	}
	spaces, err := c.numbers("space-id", 100)
	if err != nil {
		return answer{}, err
	}
	if kind == typePage {
		if _, err := c.choice("subtype", []string{"live", "page"}); err != nil {
			return answer{}, err
		}
		if c.query.Get("subtype") == "live" {
			kind = "live" // nothing is
		}
	}
	return c.listContent(contentFilter{kind: kind, ids: ids, spaces: spaces, title: c.query.Get("title")})
}

func v2Pages(c *call) (answer, error)     { return c.siteContent(typePage) }
func v2BlogPosts(c *call) (answer, error) { return c.siteContent(typeBlogPost) }
func v2Attachments(c *call) (answer, error) {
	return c.listContent(contentFilter{kind: typeAttachment})
}

// spaceContent lists content of a type in one space. A space whose access the
// caller may administer, but which they may not view, has none for them.
func (c *call) spaceContent(kind string, root bool) (answer, error) {
	sp := c.spaceByID(c.vars["id"])
	if sp == nil || !c.viewsSpace(sp) {
		return answer{}, spaceForbidden()
	}
	return c.listContent(contentFilter{kind: kind, spaces: []string{sp.ID}, title: c.query.Get("title"), root: root})
}

func v2SpacePages(c *call) (answer, error) {
	depth, err := c.choice("depth", []string{"all", "root"})
	if err != nil {
		return answer{}, err
	}
	return c.spaceContent(typePage, depth == "root")
}

func v2SpaceBlogPosts(c *call) (answer, error) { return c.spaceContent(typeBlogPost, false) }

// oneContent answers with one page, blog post or attachment.
func (c *call) oneContent(kind string) (answer, error) {
	x, err := c.shownContent(kind)
	if err != nil {
		return answer{}, err
	}
	if err := c.withoutParts(
		"get-draft", "include-labels", "include-properties", "include-likes", "include-versions",
		"include-favorited-by-current-user-status", "include-webresources", "include-collaborators", "include-direct-children",
	); err != nil {
		return answer{}, err
	}
	if c.query.Get("version") != "" {
		return answer{}, notEmulated("an earlier version")
	}
	format, err := c.bodyFormat(formatStorage, formatView, "atlas_doc_format", "export_view", "anonymous_export_view", "styled_view", "editor")
	if err != nil {
		return answer{}, err
	}
	row := c.v2ContentRow(x)
	c.addBody(row, x, format)
	row["_links"].(object)["base"] = baseURL + "/wiki"
	with, err := c.truth("include-operations")
	if err != nil {
		return answer{}, err
	}
	if with {
		row["operations"] = included(c, "operations", c.contentOperations(x), func(row any) any { return row })
	}
	return ok(row)
}

func v2Page(c *call) (answer, error)       { return c.oneContent(typePage) }
func v2BlogPost(c *call) (answer, error)   { return c.oneContent(typeBlogPost) }
func v2Attachment(c *call) (answer, error) { return c.oneContent(typeAttachment) }

// contentOperations are what the caller may do with content that they see.
func (c *call) contentOperations(x *content) []any {
	out := []any{}
	add := func(may bool, operation string) {
		if may || c.keyed() {
			out = append(out, object{"operation": operation, "targetType": x.Type})
		}
	}
	add(true, opRead)
	add(c.edits(c.caller, x), opUpdate)
	add(c.deletes(c.caller, x), opDelete)
	add(c.restricts(c.caller, x), "restrict_content")
	return out
}

func (c *call) operationsOf(kind string) (answer, error) {
	x, err := c.shownContent(kind)
	if err != nil {
		return answer{}, err
	}
	return ok(object{"operations": c.contentOperations(x)})
}

func v2PageOperations(c *call) (answer, error)     { return c.operationsOf(typePage) }
func v2BlogPostOperations(c *call) (answer, error) { return c.operationsOf(typeBlogPost) }

func (c *call) attachmentsOf(kind string) (answer, error) {
	x, err := c.shownContent(kind)
	if err != nil {
		return answer{}, err
	}
	return c.listContent(contentFilter{kind: typeAttachment, below: x})
}

func v2PageAttachments(c *call) (answer, error)     { return c.attachmentsOf(typePage) }
func v2BlogPostAttachments(c *call) (answer, error) { return c.attachmentsOf(typeBlogPost) }

// v2Ancestors lists the pages above one, the highest first. When there are more
// than the limit, the nearest are given: the rest follow by asking for the
// ancestors of the first (published). Whoever sees a page sees those above it.
func v2Ancestors(c *call) (answer, error) {
	x, err := c.shownContent(typePage)
	if err != nil {
		return answer{}, err
	}
	limit, err := c.number("limit", 25)
	if err != nil {
		return answer{}, err
	}
	if limit < 1 || limit > 250 {
		return answer{}, refuse(http.StatusBadRequest, "", "limit is between 1 and 250")
	}
	above := c.ancestry(x)
	rows := []any{}
	for _, up := range slices.Backward(above[:min(limit, len(above))]) {
		rows = append(rows, object{"id": up.ID, "type": up.Type})
	}
	return ok(object{"results": rows, "_links": object{"base": baseURL + "/wiki"}})
}

// v2Children lists the pages below one that are there for the caller.
func v2Children(c *call) (answer, error) {
	x, err := c.shownContent(typePage)
	if err != nil {
		return answer{}, err
	}
	list := ordered[*content]{items: c.contentWhere(contentFilter{kind: typePage, below: x}), key: contentSorts["id"]}
	return listV2Where(c, list, 25, c.shows, func(x *content) any {
		return object{"id": x.ID, "status": statusCurrent, "title": x.Title, "spaceId": x.Space, "childPosition": nil}
	})
}
