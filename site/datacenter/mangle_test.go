package datacenter_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wide makes a site of which every list has several pages.
func wide(t *testing.T) *emulator.Emulator {
	t.Helper()
	e := embedded(t)
	must(t, e.Admin().Together(func(a emulator.Admin) error {
		must(t, a.CreateSpace("WIDE", "Wide"))
		for i := range 210 {
			name, email := fmt.Sprintf("g%03d", i), fmt.Sprintf("p%03d@acme.example", i)
			must(t, a.CreateGroup(name, ""))
			must(t, a.AddPerson(email, "", emulator.PersonOptions{}))
			must(t, a.AddMember(name, email))
			if i > 0 {
				must(t, a.AddMember("g000", email))
			}
			must(t, a.AddPermission("WIDE", emulator.Principal{Group: name}, "read/space"))
			if i < 110 {
				must(t, a.CreateSpace(fmt.Sprintf("S%d", i), "S"))
				must(t, a.CreatePage("WIDE", fmt.Sprintf("P%d", i), ""))
			}
			must(t, a.Restrict("WIDE", "P0", "read", emulator.Principal{Group: name}))
		}
		return nil
	}))
	return e
}

// everything reads all there is.
var everything = access.Extent{All: true}

// lists are the paths of everything that comes in pages and is long on a wide
// site.
var lists = []string{"/rest/api/group", "/rest/api/user/list", "/group/g000/member", "/rest/api/space", "/space/WIDE/content/page"}

// page gives the list of a page, and its links.
func page(body any) (m map[string]any, list []any, links map[string]any) {
	m, _ = body.(map[string]any)
	list, _ = m["results"].([]any)
	links, _ = m["_links"].(map[string]any)
	return m, list, links
}

// TestPaging: whatever a list of pages does, an observation is the truth, or
// says what it lacks, or is none.
func TestPaging(t *testing.T) {
	t.Parallel()
	e := wide(t)
	obs, err := open(t, e).Observe(t.Context(), everything)
	must(t, err)
	truth := obs.Facts
	query := func(r *http.Request, name, value string) {
		q := r.URL.Query()
		q.Set(name, value)
		r.URL.RawQuery = q.Encode()
	}
	for _, c := range []struct {
		name    string
		request func(n int, r *http.Request)
		answer  func(n int, body any) any
		whole   bool // the truth comes of it, in spite of all
	}{
		{name: "a silent cap", whole: true, request: func(_ int, r *http.Request) { query(r, "limit", "90") }},
		{name: "a cap of one", request: func(_ int, r *http.Request) { query(r, "limit", "1") }},
		{name: "a lost next link", answer: func(n int, b any) any {
			_, _, links := page(b)
			delete(links, "next")
			return b
		}},
		{name: "an empty page with a next link", answer: func(n int, b any) any {
			m, _, links := page(b)
			if links["next"] = "/more"; n == 1 {
				m["results"] = []any{}
			}
			return b
		}},
		{name: "the first page over and over", request: func(_ int, r *http.Request) { query(r, "start", "0") }},
		{name: "no list", answer: func(_ int, b any) any {
			m, _, _ := page(b)
			delete(m, "results")
			return m
		}},
		{name: "no such list", answer: func(int, any) any { return map[string]any{} }},
		{name: "an array", answer: func(_ int, b any) any { _, list, _ := page(b); return list }},
		{name: "the second page begins later", request: func(n int, r *http.Request) {
			if n > 0 {
				query(r, "start", r.URL.Query().Get("start")+"0")
			}
		}},
		{name: "a row of nothing", answer: func(_ int, b any) any {
			m, list, _ := page(b)
			m["results"] = append(list, map[string]any{})
			return m
		}},
		{name: "a row of null", answer: func(_ int, b any) any {
			m, list, _ := page(b)
			m["results"] = append(list, nil)
			return m
		}},
		{name: "each row twice", whole: true, answer: func(_ int, b any) any {
			m, list, _ := page(b)
			m["results"] = append(append([]any{}, list...), list...)
			delete(m, "limit")
			return m
		}},
		{name: "next links to another host", whole: true, answer: func(_ int, b any) any {
			if _, _, links := page(b); links["next"] != nil {
				links["next"] = "https://evil.example/rest/api/group?start=200"
			}
			return b
		}},
	} {
		for _, path := range lists {
			t.Run(c.name+path, func(t *testing.T) {
				s := newSite(t, config(e, &world.Mangled{RoundTripper: e.Transport(), Path: path, Request: c.request, Answer: c.answer}))
				got, err := s.Observe(t.Context(), everything)
				sitetest.Honest(t, truth, got, err)
				if c.whole && c.name != "each row twice" && err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestHidden: each object that hides makes nothing absent that was there.
func TestHidden(t *testing.T) {
	e := small(t)
	obs, err := open(t, e).Observe(t.Context(), everything)
	must(t, err)
	truth := obs.Facts
	// What a space hides is hidden with it: nothing of it shows, and what is pinned
	// is unknown.
	for _, path := range []string{
		"/group/staff/member", "/group/staff/groupmember", "/group/engineering/member", "/space/ENG/permissions", "/space/OPS/permissions",
		"/permissions", "/permissions/unlicensed", "/user/list", "/rest/api/group", "/rest/api/space", "/space/ENG/content/page",
	} {
		for _, status := range []int{403, 404} {
			t.Run(fmt.Sprint(path, " ", status), func(t *testing.T) {
				s := newSite(t, config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, path) {
						return world.Reply(r, status, "application/json", `{"statusCode":0,"message":"hidden"}`), nil
					}
					return e.Transport().RoundTrip(r)
				})))
				got, err := s.Observe(t.Context(), everything)
				sitetest.Honest(t, truth, got, err)
			})
		}
	}
}

// TestEmptied: a list that says that there is nothing, with 200, of things that
// were there before.
func TestEmptied(t *testing.T) {
	e := small(t)
	first, err := open(t, e).Observe(t.Context(), everything)
	must(t, err)
	for _, path := range []string{"/rest/api/group", "/rest/api/space", "/rest/api/user/list", "/space/ENG/content/page"} {
		t.Run(path, func(t *testing.T) {
			s := newSite(t, config(e, &world.Mangled{RoundTripper: e.Transport(), Path: path, Answer: func(_ int, b any) any {
				m, _, links := page(b)
				m["results"] = []any{}
				delete(links, "next")
				return m
			}}))
			got, err := s.Observe(t.Context(), access.Extent{All: true, Pins: first.IDs})
			if err != nil {
				return
			}
			for r := range first.IDs {
				f := access.Fact{Kind: access.Exists, Object: r}
				if !first.Facts.Has(f) || got.Facts.Has(f) {
					continue
				}
				if !sitetest.Unseen(got, f) {
					t.Errorf("%s is taken for gone", r)
				}
			}
		})
	}
}
