package cloud

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

// page is one page of a list, and where the next one is.
type page[T any] struct {
	items []T
	next  string // a cursor, or the offset of the next page; empty at the end
	total int    // how many there are, where the list says so; else 0
}

// walk follows a chain of pages. id tells one item from another: an item that
// two pages show (the list moved while it was read) counts once.
func walk[T any](ctx context.Context, what call, id func(T) string, fetch func(ctx context.Context, at string) (page[T], error)) ([]T, error) {
	var (
		all  []T
		seen = make(map[string]bool)
		been = make(map[string]bool)
		at   string
	)
	broken := func(format string, args ...any) ([]T, error) {
		return nil, fail(site.Invalid, what, fmt.Errorf("the list cannot be read to its end: "+format, args...))
	}
	for n := range maxPages {
		p, err := fetch(ctx, at)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, item := range p.items {
			key := id(item)
			if key == "" {
				return broken("page %d holds an item without an id", n+1)
			}
			if !seen[key] {
				seen[key] = true
				all = append(all, item)
			}
		}
		switch {
		case p.next == "" && len(all) < p.total:
			return broken("%d of %d came", len(all), p.total)
		case p.next == "":
			return all, nil
		case been[p.next] || p.next == at:
			return broken("page %d leads back to one already read", n+1)
		case len(p.items) > 0 && len(all) == before:
			return broken("page %d repeats earlier ones", n+1)
		}
		been[p.next] = true
		at = p.next
	}
	return broken("it goes on after %d pages", maxPages)
}

// siteList is a page of v1 or v2. Results is a pointer to tell a missing list
// from an empty one.
type siteList[T any] struct {
	Results   *[]T `json:"results"`
	Start     *int `json:"start"`
	TotalSize int  `json:"totalSize"`
	Links     struct {
		Next string `json:"next"`
	} `json:"_links"`
}

func (l *siteList[T]) check() error {
	if l.Results == nil {
		return errors.New("the answer lacks its results")
	}
	return nil
}

// orgList is a page of the organisation.
type orgList[T any] struct {
	Data  *[]T `json:"data"`
	Links struct {
		Next string `json:"next"`
	} `json:"links"`
}

func (l *orgList[T]) check() error {
	if l.Data == nil {
		return errors.New("the answer lacks its data")
	}
	return nil
}

// byOffset reads a list of v1. It steps by the items received and not by the
// limit asked for, which the server may cap without saying so.
func byOffset[T any](ctx context.Context, c *client, what call, limit int, id func(T) string) ([]T, error) {
	return walk(ctx, what, id, func(ctx context.Context, at string) (page[T], error) {
		start := 0
		if at != "" {
			start, _ = strconv.Atoi(at) // it is our own
		}
		what.query = with(what.query, "start", strconv.Itoa(start), "limit", strconv.Itoa(limit))
		var l siteList[T]
		if _, err := c.read(ctx, what, &l); err != nil {
			return page[T]{}, err
		}
		if l.Start != nil && *l.Start != start {
			return page[T]{}, fail(site.Invalid, what, fmt.Errorf("the list cannot be read to its end: asked for item %d it begins at %d", start, *l.Start))
		}
		p := page[T]{items: *l.Results, total: l.TotalSize}
		if l.Links.Next != "" {
			// Of an empty page this is where it began: walk sees the circle.
			p.next = strconv.Itoa(start + len(p.items))
		}
		return p, nil
	})
}

// byLink reads a list of v2, whose cursor is in the relative address of the
// next page, in the body or in the Link header. Only the cursor is taken from
// it: an address that a server names is never followed.
func byLink[T any](ctx context.Context, c *client, what call, limit int, id func(T) string) ([]T, error) {
	return walk(ctx, what, id, func(ctx context.Context, at string) (page[T], error) {
		what.query = with(what.query, "limit", strconv.Itoa(limit))
		if at != "" {
			what.query = with(what.query, "cursor", at)
		}
		var l siteList[T]
		header, err := c.read(ctx, what, &l)
		if err != nil {
			return page[T]{}, err
		}
		next := l.Links.Next
		if next == "" {
			next = linkHeader(header)
		}
		p := page[T]{items: *l.Results}
		if next != "" {
			if p.next, err = cursorOf(next); err != nil {
				return page[T]{}, fail(site.Invalid, what, err)
			}
		}
		return p, nil
	})
}

// byCursor reads a list of the organisation, whose next is the bare cursor
// (observed), in the query of a GET or in the body of a search. A limit of 0
// is not sent: not every list takes one.
func byCursor[T any](ctx context.Context, c *client, what call, limit int, id func(T) string) ([]T, error) {
	filters, isSearch := what.body.(search)
	return walk(ctx, what, id, func(ctx context.Context, at string) (page[T], error) {
		if isSearch {
			filters.Limit, filters.Cursor = limit, at
			what.body = filters
		} else {
			if limit > 0 {
				what.query = with(what.query, "limit", strconv.Itoa(limit))
			}
			if at != "" {
				what.query = with(what.query, "cursor", at)
			}
		}
		var l orgList[T]
		if _, err := c.read(ctx, what, &l); err != nil {
			return page[T]{}, err
		}
		p := page[T]{items: *l.Data, next: l.Links.Next}
		if strings.Contains(p.next, "cursor=") {
			var err error
			if p.next, err = cursorOf(p.next); err != nil {
				return page[T]{}, fail(site.Invalid, what, err)
			}
		}
		return p, nil
	})
}

// with returns the query with the pairs set.
func with(q url.Values, pairs ...string) url.Values {
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
