package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/weirhq/weir/site"
)

// The three ways in which Atlassian pages a list, and one rule for all: the
// end is where no next page is named. A short page is not the end, since
// servers cap the limit that was asked for; a chain that breaks, repeats
// itself or does not get on is an error, never a shorter list.

// maxPages bounds a walk: 10,000 pages of 100 people are a million.
const maxPages = 10_000

// Page is one page of a list, and where the next one is.
type Page[T any] struct {
	Items []T
	Next  string // a cursor, or the offset of the next page; empty at the end
	Total int    // how many there are, where the list says so; else 0
}

// Walk follows a chain of pages from the one at "". id tells one item from
// another: an item that two pages show (the list moved while it was read)
// counts once. A chain that does not come to an end of its own is Invalid.
func Walk[T any](ctx context.Context, what Call, id func(T) string, fetch func(ctx context.Context, at string) (Page[T], error)) ([]T, error) {
	var (
		all  []T
		seen = make(map[string]bool)
		been = make(map[string]bool)
		at   string
	)
	for n := range maxPages {
		p, err := fetch(ctx, at)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, item := range p.Items {
			key := id(item)
			if key == "" {
				return nil, broken(what, "page %d holds an item without an id", n+1)
			}
			if !seen[key] {
				seen[key] = true
				all = append(all, item)
			}
		}
		switch {
		case p.Next != "" && (been[p.Next] || p.Next == at):
			return nil, broken(what, "page %d leads back to one already read", n+1)
		case len(p.Items) > 0 && len(all) == before:
			// At the end too: it may stand in the place of the last page.
			return nil, broken(what, "page %d repeats earlier ones", n+1)
		case p.Next == "" && len(all) < p.Total:
			return nil, broken(what, "%d of %d came", len(all), p.Total)
		case p.Next == "":
			return all, nil
		}
		been[p.Next] = true
		at = p.Next
	}
	return nil, broken(what, "it goes on after %d pages", maxPages)
}

func broken(what Call, format string, args ...any) error {
	return Fail(site.Invalid, what, fmt.Errorf("the list cannot be read to its end: "+format, args...))
}

// results is a page of a site. Results is a pointer to tell a missing list from
// an empty one.
type results[T any] struct {
	Results    *[]T `json:"results"`
	Start      *int `json:"start"`
	Limit      int  `json:"limit"`
	TotalSize  int  `json:"totalSize"`  // Cloud
	TotalCount int  `json:"totalCount"` // Data Center
	Links      struct {
		Next string `json:"next"`
	} `json:"_links"`
}

// Check refuses a page without a list.
func (l *results[T]) Check() error {
	if l.Results == nil {
		return errors.New("the answer lacks its results")
	}
	return nil
}

// data is a page of the organisation.
type data[T any] struct {
	Data  *[]T `json:"data"`
	Links struct {
		Next string `json:"next"`
	} `json:"links"`
}

// Check refuses a page without a list.
func (l *data[T]) Check() error {
	if l.Data == nil {
		return errors.New("the answer lacks its data")
	}
	return nil
}

// Offset says how a list is read by the position of its items.
type Offset struct {
	Limit int // items a page
	// Overlap is for a list that a removal may rest on: each page begins with
	// the last item of the one before, and where it does not, the list has moved
	// and is read from its start again.
	Overlap bool
}

// passes is how often a list that moves is read before it is given up.
const passes = 5

var errMoved = errors.New("the list moves while it is read")

// ByOffset reads a list that is paged by position. It steps by the items
// received and not by the limit asked for, which the server may cap without
// saying so. A full page that names neither a next one nor a total is not
// believed to be the last, and the one behind it is asked for.
func ByOffset[T any](ctx context.Context, c *Client, what Call, o Offset, id func(T) string) ([]T, error) {
	for range passes {
		all, err := offsetPass(ctx, c, what, o, id)
		if !errors.Is(err, errMoved) {
			return all, err
		}
	}
	return nil, Fail(site.Invalid, what, fmt.Errorf("%w: %d times over", errMoved, passes))
}

func offsetPass[T any](ctx context.Context, c *Client, what Call, o Offset, id func(T) string) ([]T, error) {
	last := "" // item received, if the next page has to begin with it
	return Walk(ctx, what, id, func(ctx context.Context, at string) (Page[T], error) {
		start := 0
		if at != "" {
			start, _ = strconv.Atoi(at) // it is our own
		}
		if last != "" {
			start--
		}
		what.Query = With(what.Query, "start", strconv.Itoa(start), "limit", strconv.Itoa(o.Limit))
		var l results[T]
		if err := c.Read(ctx, what, &l); err != nil {
			return Page[T]{}, err
		}
		if l.Start != nil && *l.Start != start {
			return Page[T]{}, broken(what, "asked for item %d it begins at %d", start, *l.Start)
		}
		items, total := *l.Results, max(l.TotalSize, l.TotalCount)
		p := Page[T]{Items: items, Total: total}
		full := len(items) >= o.Limit || l.Limit > 0 && len(items) >= l.Limit
		if l.Links.Next != "" || full && total == 0 {
			// Of an empty page this is where it began: Walk sees the circle.
			p.Next = strconv.Itoa(start + len(items))
		}
		if last != "" {
			if len(items) == 0 || id(items[0]) != last {
				return Page[T]{}, errMoved
			}
			p.Items = items[1:]
		}
		last = ""
		if o.Overlap && len(items) > 1 {
			// A server that gives one item at a time leaves nothing to overlap.
			last = id(items[len(items)-1])
		}
		return p, nil
	})
}

// ByLink reads a list of v2, whose cursor is in the relative address of the
// next page, in the body or in the Link header. Only the cursor is taken from
// it: an address that a server names is never followed.
func ByLink[T any](ctx context.Context, c *Client, what Call, limit int, id func(T) string) ([]T, error) {
	return Walk(ctx, what, id, doubting(what, limit, id, func(ctx context.Context, at string, limit int) (Page[T], error) {
		what := what // a page that is read again must not keep the cursor of another
		what.Query = With(what.Query, "limit", strconv.Itoa(limit))
		if at != "" {
			what.Query = With(what.Query, "cursor", at)
		}
		var l results[T]
		header, err := c.read(ctx, what, &l)
		if err != nil {
			return Page[T]{}, err
		}
		next := l.Links.Next
		if next == "" {
			next = linkHeader(header)
		}
		p := Page[T]{Items: *l.Results}
		if next != "" {
			if p.Next, err = cursorOf(next); err != nil {
				return Page[T]{}, Fail(site.Invalid, what, err)
			}
		}
		return p, nil
	}))
}

// doubting does not believe a full page that it is the last: the link to the next
// may have been lost on the way. Asked for one item less, an honest server names
// the page that now follows. One that takes no notice of the limit tells nothing,
// and is believed.
//
// Nor does it believe an empty page at the end of a chain. When the page before it
// is asked for one item less, an honest server gives that item on the page behind.
func doubting[T any](what Call, limit int, id func(T) string, fetch func(ctx context.Context, at string, limit int) (Page[T], error)) func(context.Context, string) (Page[T], error) {
	type read struct {
		at    string
		items []T
	}
	var before read // the latest page with items
	empty := func(ctx context.Context, p Page[T]) (Page[T], error) {
		n := len(before.items)
		if limit < 2 || n < 2 {
			return p, nil
		}
		shorter, err := fetch(ctx, before.at, n-1)
		if err != nil || shorter.Next == "" || len(shorter.Items) != n-1 {
			return p, err
		}
		behind, err := fetch(ctx, shorter.Next, limit)
		switch last := id(before.items[n-1]); {
		case err != nil:
			return Page[T]{}, err
		case id(shorter.Items[n-2]) != id(before.items[n-2]):
			return p, nil // the list has moved meanwhile
		case len(behind.Items) == 0 || id(behind.Items[0]) != last:
			return Page[T]{}, Fail(site.Invalid, what, errors.New("the list cannot be read to its end: a page that cannot be empty is"))
		}
		behind.Items = behind.Items[1:]
		return behind, nil
	}
	return func(ctx context.Context, at string) (Page[T], error) {
		p, err := fetch(ctx, at, limit)
		switch {
		case err != nil || p.Next != "":
		case at != "" && len(p.Items) == 0:
			return empty(ctx, p)
		case limit >= 2 && len(p.Items) == limit:
			shorter, err := fetch(ctx, at, limit-1)
			if err != nil {
				return Page[T]{}, err
			}
			if shorter.Next == "" && len(shorter.Items) == limit-1 {
				return Page[T]{}, Fail(site.Invalid, what, errors.New("the list cannot be read to its end: no page names the next one"))
			}
			p = shorter
		}
		if err == nil && len(p.Items) > 0 {
			before = read{at, p.Items}
		}
		return p, err
	}
}

// Search is the body of a list that is asked for with its filters in a body.
type Search interface {
	// Page is the same search for one page: the one at the cursor, or the first.
	Page(limit int, cursor string) any
}

// ByCursor reads a list of the organisation, whose next is the bare cursor
// (observed), in the query of a GET or in the body of a [Search]. A limit of 0
// is not sent: not every list takes one.
func ByCursor[T any](ctx context.Context, c *Client, what Call, limit int, id func(T) string) ([]T, error) {
	filters, isSearch := what.Body.(Search)
	return Walk(ctx, what, id, doubting(what, limit, id, func(ctx context.Context, at string, limit int) (Page[T], error) {
		what := what
		if isSearch {
			what.Body = filters.Page(limit, at)
		} else {
			if limit > 0 {
				what.Query = With(what.Query, "limit", strconv.Itoa(limit))
			}
			if at != "" {
				what.Query = With(what.Query, "cursor", at)
			}
		}
		var l data[T]
		if err := c.Read(ctx, what, &l); err != nil {
			return Page[T]{}, err
		}
		p := Page[T]{Items: *l.Data, Next: l.Links.Next}
		if strings.Contains(p.Next, "cursor=") {
			var err error
			if p.Next, err = cursorOf(p.Next); err != nil {
				return Page[T]{}, Fail(site.Invalid, what, err)
			}
		}
		return p, nil
	}))
}

// With returns the query with the pairs set.
func With(q url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// cursorOf takes the cursor out of the address of a next page.
func cursorOf(next string) (string, error) {
	u, err := url.Parse(next)
	if err == nil && u.Query().Get("cursor") != "" {
		return u.Query().Get("cursor"), nil
	}
	return "", errors.New("the list cannot be read to its end: the next page has no cursor")
}

var nextLink = regexp.MustCompile(`<([^>]*)>\s*;[^,]*\brel="?next"?`)

// linkHeader gives the target of rel="next", if any.
func linkHeader(h http.Header) string {
	for _, v := range h.Values("Link") {
		if m := nextLink.FindStringSubmatch(v); m != nil {
			return m[1]
		}
	}
	return ""
}
