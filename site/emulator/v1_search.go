package emulator

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// contentFound is one page of what a query finds.
type contentFound struct {
	rows  []*content
	query string
	limit int
	total int    // of what is there for the caller, on all pages
	next  string // link to the next page; empty at the end
}

// searchContent finds content that is there for the caller. An admin key does
// not reach the index, and content of archived spaces is not in it (chosen:
// docs/evidence.md "Unknown" 5).
func (c *call) searchContent() (contentFound, error) {
	var out contentFound
	var err error
	if out.query, err = c.required("cql"); err != nil {
		return out, err
	}
	q, err := parseQuery(out.query)
	if err != nil {
		return out, err
	}
	if out.limit, err = c.number("limit", 25); err != nil {
		return out, err
	}
	out.limit = min(out.limit, searchMax)
	var from cursor
	if token := c.query.Get("cursor"); token != "" {
		if from, err = c.parseCursor(token); err != nil {
			return out, err
		}
	}
	list := ordered[*content]{key: q.key, reversed: q.reversed}
	list.items = c.indexed(q, func(x *content) bool {
		if c.views(c.caller, x) {
			out.total++
		}
		return true
	})
	var more bool
	out.rows, more = list.pageWhere(from.After, out.limit, func(x *content) bool { return c.views(c.caller, x) })
	if more && out.limit > 0 {
		next := cloneQuery(c.query)
		next.Set("cursor", cursor{List: c.route.pattern, After: q.key(out.rows[len(out.rows)-1])}.String())
		out.next = strings.TrimPrefix(c.req.Path, "/wiki") + "?" + next.Encode()
	}
	return out, nil
}

// indexed is what is in the index for a query, in its order, of what is kept.
func (s *state) indexed(q query, keep func(*content) bool) []*content {
	all := s.contents.all()
	if q.within != "" {
		all = s.contentsOf(s.byKey[fold(q.within)])
	}
	var out []*content
	for x := range all {
		if q.matches(s, x) && s.spaceOf(x).Status == statusCurrent && keep(x) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b *content) int {
		if q.reversed {
			a, b = b, a
		}
		return strings.Compare(q.key(a), q.key(b))
	})
	return out
}

// contentsOf yields what is in a space; nothing for none.
func (s *state) contentsOf(sp *space) iter.Seq[*content] {
	return func(yield func(*content) bool) {
		if sp == nil {
			return
		}
		for _, order := range sp.contents {
			if !yield(s.contents.get(order)) {
				return
			}
		}
	}
}

func (f contentFound) page(c *call, rows []any) object {
	links := object{"base": baseURL + "/wiki", "context": "/wiki", "self": baseURL + c.req.Path}
	if f.next != "" {
		links["next"] = f.next
	}
	return object{"results": rows, "start": 0, "limit": f.limit, "size": len(rows), "_links": links}
}

// v1SearchContent finds content, as content.
func v1SearchContent(c *call) (answer, error) {
	expand, err := c.contentExpands()
	if err != nil {
		return answer{}, err
	}
	found, err := c.searchContent()
	if err != nil {
		return answer{}, err
	}
	rows := make([]any, len(found.rows))
	for i, x := range found.rows {
		rows[i] = c.v1ContentRow(x, expand)
	}
	return ok(found.page(c, rows))
}

// v1Search finds content, as search results: with how many there are in all.
// Spaces and people are found by other searches here.
func v1Search(c *call) (answer, error) {
	found, err := c.searchContent()
	if err != nil {
		return answer{}, err
	}
	rows := make([]any, len(found.rows))
	for i, x := range found.rows {
		changed := x.modified().UTC()
		rows[i] = object{
			"content": c.v1ContentRow(x, nil), "title": x.Title, "excerpt": "", "url": "/spaces/" + c.spaceOf(x).Key + "/pages/" + x.ID, "breadcrumbs": []any{},
			"entityType": "content", "iconCssClass": "aui-icon content-type-" + x.Type, "lastModified": changed.Format(time.RFC3339Nano),
			"friendlyLastModified": changed.Format("Jan 2, 2006"), "score": 0.0,
		}
	}
	page := found.page(c, rows)
	page["cqlQuery"], page["totalSize"], page["searchDuration"] = found.query, found.total, 1
	return ok(page)
}
