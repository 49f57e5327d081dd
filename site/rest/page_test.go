package rest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// item is an item of a list.
type item struct {
	ID string `json:"id"`
}

func (i item) id() string { return i.ID }

func numbered(n int) []item {
	out := make([]item, n)
	for i := range out {
		out[i].ID = fmt.Sprintf("i%d", i)
	}
	return out
}

// offsets serves a list by position, honestly but for what is set.
type offsets struct {
	items  []item
	cap    int  // the most a page holds, without saying so
	total  bool // whether the total is named
	mangle func(n, start int, page map[string]any)
	before func(n int) // changes the list
	n      int         // requests so far
}

func (o *offsets) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.before != nil {
		o.before(o.n)
	}
	q := r.URL.Query()
	start, err := strconv.Atoi(q.Get("start"))
	if err != nil {
		return nil, err
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil {
		return nil, err
	}
	if o.cap > 0 {
		limit = min(limit, o.cap)
	}
	from := min(start, len(o.items))
	to := min(from+limit, len(o.items))
	page := map[string]any{"results": append([]item{}, o.items[from:to]...), "start": start, "size": to - from, "_links": map[string]any{}}
	if to < len(o.items) {
		// As observed of servers that cap: their own link skips what they cut.
		page["_links"] = map[string]any{"next": "/things?start=" + strconv.Itoa(start+100)}
	}
	if o.total {
		page["totalCount"] = len(o.items)
	}
	if o.mangle != nil {
		o.mangle(o.n, start, page)
	}
	o.n++
	return answer(r, page)
}

func answer(r *http.Request, page any) (*http.Response, error) {
	data, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	return reply(r, 200, "application/json", string(data)), nil
}

// misbehaviours of lists by position. Whoever reads one gets all of it, or an
// error.
var misbehaviours = map[string]struct {
	mangle func(n, start int, page map[string]any)
	only   string // "total" or "overlap": what it takes to be seen
	exact  bool   // it must be read in spite of it
}{
	"nothing":                {exact: true},
	"an unknown field":       {mangle: func(_, _ int, p map[string]any) { p["surprise"] = []any{1} }, exact: true},
	"a next on another host": {mangle: func(_, _ int, p map[string]any) { relink(p, "https://elsewhere.example/x?start=9") }, exact: true},
	"a next that is nonsense": {mangle: func(_, _ int, p map[string]any) {
		relink(p, "::")
	}, exact: true},
	"no start named": {mangle: func(_, _ int, p map[string]any) { delete(p, "start") }, exact: true},
	"a dropped next": {mangle: func(n, _ int, p map[string]any) {
		if n == 0 {
			p["_links"] = map[string]any{}
		}
	}},
	"no links ever":            {mangle: func(_, _ int, p map[string]any) { delete(p, "_links") }},
	"an empty page with next":  {mangle: at(1, func(p map[string]any) { p["results"] = []item{}; p["_links"] = map[string]any{"next": "/x"} })},
	"an empty page at the end": {mangle: at(1, func(p map[string]any) { p["results"] = []item{}; p["_links"] = map[string]any{} }), only: "total"},
	"no list":                  {mangle: at(1, func(p map[string]any) { delete(p, "results") })},
	"a null list":              {mangle: at(1, func(p map[string]any) { p["results"] = nil })},
	"a list that is an object": {mangle: at(1, func(p map[string]any) { p["results"] = map[string]any{} })},
	"items without ids":        {mangle: at(1, func(p map[string]any) { p["results"] = []item{{}} })},
	"another start":            {mangle: at(1, func(p map[string]any) { p["start"] = 50 })},
	"a start that jumps unsaid": {mangle: at(1, func(p map[string]any) {
		if list := p["results"].([]item); len(list) > 3 {
			p["results"] = list[3:]
		}
		delete(p, "start")
	}), only: "either"},
	"the first page again": {mangle: func(_, start int, p map[string]any) {
		p["results"] = numbered(10)
		p["_links"] = map[string]any{"next": "/x"}
		p["start"] = start
	}},
	"earlier items at the end": {mangle: at(1, func(p map[string]any) { p["results"] = numbered(5); p["_links"] = map[string]any{} })},
	"pages without end": {mangle: func(_, start int, p map[string]any) {
		p["results"] = []item{{fmt.Sprintf("x%d", start)}}
		p["_links"] = map[string]any{"next": "/x"}
	}},
}

func at(n int, do func(map[string]any)) func(int, int, map[string]any) {
	return func(i, _ int, page map[string]any) {
		if i == n {
			do(page)
		}
	}
}

func relink(page map[string]any, next string) {
	if links := page["_links"].(map[string]any); links["next"] != nil {
		links["next"] = next
	}
}

// TestByOffset puts every misbehaviour before lists of every kind.
func TestByOffset(t *testing.T) {
	for name, m := range misbehaviours {
		for _, total := range []bool{false, true} {
			for _, overlap := range []bool{false, true} {
				for _, c := range []struct{ items, limit, cap int }{{25, 10, 0}, {30, 10, 0}, {25, 100, 10}, {25, 100, 7}, {5, 10, 0}, {10, 10, 0}, {0, 10, 0}} {
					if name == "pages without end" && (c.items != 25 || c.limit != 10) {
						continue // they are the same whatever the list is
					}
					o := &offsets{items: numbered(c.items), cap: c.cap, total: total, mangle: m.mangle}
					pages := c.items > c.limit || c.cap > 0
					client := newClient(t, config(t, o))
					got, err := rest.ByOffset(t.Context(), client, rest.Call{To: things}, rest.Offset{Limit: c.limit, Overlap: overlap}, item.id)
					what := fmt.Sprintf("%s, total %v, overlap %v, %+v", name, total, overlap, c)
					switch {
					case err != nil && (m.exact || !site.Is(err, site.Invalid)):
						t.Errorf("%s: %v", what, err)
					case err == nil && len(got) < c.items && (m.only == "" || m.only != "" && total || m.only == "either" && overlap):
						if name == "a dropped next" && c.cap > 0 || name == "no links ever" && c.cap > 0 {
							continue // a page that seems short and says that it is the last
						}
						t.Errorf("%s: %d of %d, and no error", what, len(got), c.items)
					case err == nil && !pages && len(got) != c.items && name != "pages without end":
						t.Errorf("%s: %d of %d", what, len(got), c.items)
					}
				}
			}
		}
	}
}

// TestByOffsetMoving: while others add and remove, a list with overlap is what
// it was at some time between, or more; nobody who was there all the time is
// missing.
func TestByOffsetMoving(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stay := numbered(rapid.IntRange(0, 30).Draw(t, "items"))
		o := &offsets{items: append([]item{}, stay...), total: rapid.Bool().Draw(t, "total"), cap: rapid.IntRange(2, 9).Draw(t, "cap")}
		guests := 0
		moves := rapid.IntRange(0, 12).Draw(t, "moves")
		o.before = func(int) {
			if moves == 0 {
				return
			}
			moves--
			// Guests come and go, and shift the others.
			if i := rapid.IntRange(0, len(o.items)).Draw(t, "where"); rapid.Bool().Draw(t, "comes") {
				guests++
				o.items = append(o.items[:i:i], append([]item{{fmt.Sprintf("guest%d", guests)}}, o.items[i:]...)...)
			} else if i < len(o.items) && strings.HasPrefix(o.items[i].ID, "guest") {
				o.items = append(o.items[:i:i], o.items[i+1:]...)
			}
		}
		client, err := rest.New(rapidConfig(t, o))
		if err != nil {
			t.Fatal(err)
		}
		got, err := rest.ByOffset(t.Context(), client, rest.Call{To: things}, rest.Offset{Limit: 5, Overlap: true}, item.id)
		if err != nil {
			if !site.Is(err, site.Invalid) {
				t.Fatal(err)
			}
			return
		}
		found := map[string]bool{}
		for _, i := range got {
			if found[i.ID] {
				t.Fatalf("%s twice", i.ID)
			}
			found[i.ID] = true
		}
		for _, i := range stay {
			if !found[i.ID] {
				t.Fatalf("%s is missing of %v", i.ID, got)
			}
		}
	})
}

func rapidConfig(t *rapid.T, transport rest.Transport) rest.Config {
	base, err := rest.ParseBase("https://site.invalid")
	if err != nil {
		t.Fatal(err)
	}
	return rest.Config{
		Surfaces: []rest.Surface{{Name: "site", Base: base, Auth: rest.Bearer(rest.NewSecret("x"))}},
		Reads:    []rest.Endpoint{things}, Transport: transport,
	}
}

// TestByOffsetRestarts pins how a list that moves is read: from its start, five
// times, and then not at all.
func TestByOffsetRestarts(t *testing.T) {
	for moves, want := range map[int]string{0: "", 1: "", 4: "", 5: "read the things: refused: the list moves while it is read: 5 times over"} {
		o := &offsets{items: numbered(15)}
		o.before = func(n int) {
			if n%2 == 1 && n/2 < moves {
				o.items = o.items[1:] // the second page is no more where it was
			}
		}
		got, err := rest.ByOffset(t.Context(), newClient(t, config(t, o)), rest.Call{To: things}, rest.Offset{Limit: 10, Overlap: true}, item.id)
		switch {
		case want == "" && (err != nil || len(got) != len(o.items) || got[0] != o.items[0]):
			t.Errorf("%d moves: %v, %d items of %d", moves, err, len(got), len(o.items))
		case want != "" && (err == nil || err.Error() != want || o.n != 10):
			t.Errorf("%d moves: %v after %d requests", moves, err, o.n)
		}
	}
}

// cursors serves a list by cursor, in one of three ways to name the next page.
type cursors struct {
	items  []item
	style  string // "body", "header" or "bare"
	mangle func(n int, page map[string]any)
	n      int
}

func (c *cursors) RoundTrip(r *http.Request) (*http.Response, error) {
	cursor, limit := r.URL.Query().Get("cursor"), 10
	if l, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil {
		limit = min(limit, l)
	}
	if r.Body != nil {
		var body query
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &body); err != nil {
			return nil, err
		}
		if body.Filter != "all" || body.Limit < 9 || body.Limit > 10 {
			return nil, fmt.Errorf("the search lost its filter or limit: %s", data)
		}
		cursor, limit = body.Cursor, body.Limit
	}
	start := 0
	if cursor != "" {
		var err error
		if start, err = strconv.Atoi(strings.TrimPrefix(cursor, "c&=")); err != nil {
			return nil, err
		}
	}
	to := min(start+limit, len(c.items))
	list, links := "results", map[string]any{}
	if c.style == "bare" {
		list = "data"
	}
	page := map[string]any{list: append([]item{}, c.items[start:to]...)}
	next, header := "c&="+strconv.Itoa(to), ""
	if to < len(c.items) {
		switch address := "/things?x=1&cursor=c%26%3D" + strconv.Itoa(to); c.style {
		case "body":
			links["next"] = address
		case "header":
			header = `<` + address + `>; rel="next"`
		default:
			links["next"] = next
		}
	}
	page["_links"], page["links"] = links, links
	if c.mangle != nil {
		c.mangle(c.n, page)
	}
	c.n++
	resp, err := answer(r, page)
	if err == nil && header != "" {
		resp.Header.Add("Link", `</first>; rel="first"`)
		resp.Header.Add("Link", header)
	}
	return resp, err
}

// query is a search with its filters in the body.
type query struct {
	Filter string `json:"filter"`
	Limit  int    `json:"limit"`
	Cursor string `json:"cursor"`
}

func (q query) Page(limit int, cursor string) any {
	q.Limit, q.Cursor = limit, cursor
	return q
}

func TestByCursor(t *testing.T) {
	ways := map[string]func(*testing.T, *cursors) ([]item, error){
		"a link in the body": func(t *testing.T, c *cursors) ([]item, error) {
			c.style = "body"
			return rest.ByLink(t.Context(), newClient(t, config(t, c)), rest.Call{To: things}, 10, item.id)
		},
		"a link in the header": func(t *testing.T, c *cursors) ([]item, error) {
			c.style = "header"
			return rest.ByLink(t.Context(), newClient(t, config(t, c)), rest.Call{To: things}, 10, item.id)
		},
		"a bare cursor": func(t *testing.T, c *cursors) ([]item, error) {
			c.style = "bare"
			return rest.ByCursor(t.Context(), newClient(t, config(t, c)), rest.Call{To: things}, 10, item.id)
		},
		"a search": func(t *testing.T, c *cursors) ([]item, error) {
			c.style = "bare"
			return rest.ByCursor(t.Context(), newClient(t, config(t, c)), rest.Call{To: lookUp, Body: query{Filter: "all"}}, 10, item.id)
		},
	}
	for way, read := range ways {
		t.Run(way, func(t *testing.T) {
			for _, n := range []int{0, 9, 10, 11, 35} {
				if got, err := read(t, &cursors{items: numbered(n)}); err != nil || len(got) != n {
					t.Errorf("%d of %d: %v", len(got), n, err)
				}
			}
			if way == "a link in the header" {
				return // the body says nothing that could be mangled
			}
			got, err := read(t, &cursors{items: numbered(35), mangle: func(n int, p map[string]any) {
				if n == 1 { // once only: the items come when they are asked for again
					p["results"], p["data"] = []item{}, []item{}
					p["links"], p["_links"] = map[string]any{}, map[string]any{}
				}
			}})
			if err != nil || len(got) != 35 {
				t.Errorf("an empty page in passing: %d items, %v", len(got), err)
			}
			for name, mangle := range map[string]func(n int, page map[string]any){
				"the first cursor for ever": func(_ int, p map[string]any) { p["links"].(map[string]any)["next"] = "?cursor=c%26%3D10" },
				"an empty cursor":           func(_ int, p map[string]any) { p["links"].(map[string]any)["next"] = "/x?cursor=" },
				"the same items for ever": func(n int, p map[string]any) {
					p["results"], p["data"] = numbered(3), numbered(3)
					p["links"].(map[string]any)["next"] = fmt.Sprintf("/x?cursor=c%%26%%3D%d", n)
				},
				"no next page named": func(_ int, p map[string]any) { delete(p["links"].(map[string]any), "next") },
				"no items after the first page": func(n int, p map[string]any) {
					if n == 1 || n == 3 { // and again when the page before it is doubted
						p["results"], p["data"] = []item{}, []item{}
						p["links"], p["_links"] = map[string]any{}, map[string]any{}
					}
				},
				"no list":     func(n int, p map[string]any) { delete(p, "results"); delete(p, "data") },
				"no ids":      func(_ int, p map[string]any) { p["results"], p["data"] = []item{{}}, []item{{}} },
				"a null list": func(_ int, p map[string]any) { p["results"], p["data"] = nil, nil },
			} {
				got, err := read(t, &cursors{items: numbered(35), mangle: mangle})
				if !site.Is(err, site.Invalid) || got != nil {
					t.Errorf("%s: %d items, %v", name, len(got), err)
				}
			}
		})
	}
}
