package cloud_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// inPlace changes an answer that is an object.
func inPlace(change func(n int, body map[string]any)) func(int, any) any {
	if change == nil {
		return nil
	}
	return func(n int, body any) any {
		change(n, body.(map[string]any))
		return body
	}
}

// listOf gives the name of an answer's list, and the object that holds its next
// link.
func listOf(body map[string]any) (name string, links map[string]any) {
	if _, ok := body["data"]; ok {
		links, _ = body["links"].(map[string]any)
		return "data", links
	}
	links, _ = body["_links"].(map[string]any)
	return "results", links
}

// wide makes a site of which every list has several pages.
func wide(t *testing.T) *emulator.Emulator {
	t.Helper()
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	a := e.Admin()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.CreateSpace("WIDE", "Wide"))
	for i := range 260 {
		name, email := fmt.Sprintf("g%03d", i), fmt.Sprintf("p%03d@acme.example", i)
		must(a.CreateGroup(name, ""))
		must(a.AddPerson(email, "", emulator.PersonOptions{}))
		must(a.AddMember(name, email))
		if i > 0 {
			must(a.AddMember("g000", email))
		}
		must(a.AssignRole("WIDE", emulator.Principal{Group: name}, "Viewer"))
		must(a.CreateSpace(fmt.Sprintf("S%d", i), "S"))
	}
	return e
}

// lists are the paths of everything that comes in pages.
var lists = []string{"/rest/api/group", "/groups/search", "/users/search", "/api/v2/spaces", "/role-assignments"}

func TestPaging(t *testing.T) {
	t.Parallel()
	e := wide(t)
	clean, err := open(t, e, e.Transport()).Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	if len(clean.Unknown) > 0 {
		t.Fatalf("unknown: %v", clean.Unknown)
	}
	lower := func(n int) func(int, *http.Request) {
		return func(_ int, r *http.Request) {
			if r.Method == http.MethodGet {
				q := r.URL.Query()
				q.Set("limit", fmt.Sprint(n))
				r.URL.RawQuery = q.Encode()
				return
			}
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			body["limit"] = n
			data, err := json.Marshal(body)
			if err != nil {
				t.Error(err)
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
		}
	}
	misbehaviours := map[string]struct {
		request func(int, *http.Request)
		answer  func(int, map[string]any)
		exact   bool // nothing may be lost
	}{
		"a limit capped at 1":  {request: lower(1), exact: true},
		"a limit capped at 7":  {request: lower(7), exact: true},
		"a limit capped at 99": {request: lower(99), exact: true},
		"an unknown field":     {answer: func(_ int, b map[string]any) { b["surprise"] = []any{1} }, exact: true},
		"a next on another host": {answer: func(_ int, b map[string]any) {
			_, links := listOf(b)
			if next, ok := links["next"].(string); ok && strings.HasPrefix(next, "/") {
				links["next"] = "https://elsewhere.example" + next
			}
		}, exact: true},
		"an empty second page": {answer: func(n int, b map[string]any) {
			if name, _ := listOf(b); n == 1 {
				b[name] = []any{}
			}
		}},
		"no list": {answer: func(n int, b map[string]any) {
			if name, _ := listOf(b); n == 1 {
				delete(b, name)
			}
		}},
		"a null list": {answer: func(n int, b map[string]any) {
			if name, _ := listOf(b); n == 1 {
				b[name] = nil
			}
		}},
		"a list that is an object": {answer: func(n int, b map[string]any) {
			if name, _ := listOf(b); n == 1 {
				b[name] = map[string]any{}
			}
		}},
		"items without ids": {answer: func(n int, b map[string]any) {
			if name, _ := listOf(b); n == 1 {
				b[name] = []any{map[string]any{}}
			}
		}},
		"a next without a cursor": {answer: func(n int, b map[string]any) {
			if _, links := listOf(b); links["next"] != nil {
				links["next"] = "/somewhere?cursor="
			}
		}},
		"a start that jumps": {answer: func(n int, b map[string]any) {
			if start, ok := b["start"].(float64); ok && n == 1 {
				b["start"] = start + 50
			}
		}, exact: true},
		"a dropped next": {answer: func(n int, b map[string]any) {
			if _, links := listOf(b); n == 0 {
				delete(links, "next")
			}
		}},
	}
	for name, m := range misbehaviours {
		for _, path := range lists {
			t.Run(name+" "+path, func(t *testing.T) {
				s := open(t, e, &world.Mangled{RoundTripper: e.Transport(), Path: path, Request: m.request, Answer: inPlace(m.answer)})
				obs, err := s.Observe(t.Context(), access.Extent{})
				if m.exact && (err != nil || len(obs.Unknown) > 0) && !(strings.Contains(name, "start") && err != nil) {
					t.Fatalf("%v, unknown %v", err, obs.Unknown)
				}
				sitetest.Honest(t, clean.Facts, obs, err)
			})
		}
	}
	t.Run("a next in the Link header alone", func(t *testing.T) {
		s := open(t, e, &world.Mangled{RoundTripper: e.Transport(), Path: "/api/v2/spaces", KeepLink: true, Answer: inPlace(func(_ int, b map[string]any) {
			_, links := listOf(b)
			delete(links, "next")
		})})
		obs, err := s.Observe(t.Context(), access.Extent{})
		if err != nil || !obs.Facts.Equal(clean.Facts) {
			t.Errorf("%v, %d facts, want %d", err, obs.Facts.Len(), clean.Facts.Len())
		}
	})
	t.Run("chains that lead back", func(t *testing.T) {
		for _, path := range lists {
			if path == "/role-assignments" {
				path = "/spaces/" + clean.IDs["space:WIDE"] + path // the one with two pages
			}
			var first map[string]any
			again := func(n int, b map[string]any) {
				// Every page is the first one, and says that more follows.
				name, links := listOf(b)
				if first == nil && links["next"] == nil {
					return // a list of one page
				}
				if first == nil {
					first = map[string]any{name: b[name], "next": links["next"]}
				}
				b[name], links["next"] = first[name], first["next"]
				delete(b, "start")
			}
			s := open(t, e, &world.Serial{RoundTripper: &world.Mangled{RoundTripper: e.Transport(), Path: path, Answer: inPlace(again)}})
			if _, err := s.Observe(t.Context(), access.Extent{}); !site.Is(err, site.Invalid) {
				t.Errorf("%s: %v, want refused", path, err)
			}
		}
	})
}

// TestHidden puts answers that are no answers in the place of every read.
func TestHidden(t *testing.T) {
	t.Parallel()
	e := wide(t)
	clean, err := open(t, e, e.Transport()).Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	watch := &world.Serial{RoundTripper: world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/role-assignments"):
			paths["/role-assignments"] = true
		case strings.HasSuffix(r.URL.Path, "/permissions"):
			paths["/permissions"] = true // of spaces in which nobody holds a role
		default:
			paths[r.URL.Path] = true
		}
		return e.Transport().RoundTrip(r)
	})}
	if _, err := open(t, e, watch).Observe(t.Context(), access.Extent{}); err != nil {
		t.Fatal(err)
	}
	answers := map[string]func(*http.Request) *http.Response{
		"401": func(r *http.Request) *http.Response {
			return world.Reply(r, 401, "application/json", `{"message":"no"}`)
		},
		"403": func(r *http.Request) *http.Response {
			return world.Reply(r, 403, "application/json", `{"message":"no"}`)
		},
		"404": func(r *http.Request) *http.Response { return world.Reply(r, 404, "application/json", `{}`) },
		"500": func(r *http.Request) *http.Response { return world.Reply(r, 500, "text/html", `<h1>oops`) },
		"a log-in page": func(r *http.Request) *http.Response {
			return world.Reply(r, 200, "text/html; charset=utf-8", "<html>log in</html>")
		},
		"HTML called JSON": func(r *http.Request) *http.Response { return world.Reply(r, 200, "application/json", "<html>") },
		"nothing":          func(r *http.Request) *http.Response { return world.Reply(r, 200, "application/json", "") },
		"null":             func(r *http.Request) *http.Response { return world.Reply(r, 200, "application/json", "null") },
		"{}":               func(r *http.Request) *http.Response { return world.Reply(r, 200, "application/json", "{}") },
		"[]":               func(r *http.Request) *http.Response { return world.Reply(r, 200, "application/json", "[]") },
		"half of it":       func(r *http.Request) *http.Response { return world.Reply(r, 200, "application/json", `{"results":[`) },
		"more than it": func(r *http.Request) *http.Response {
			return world.Reply(r, 200, "application/json", `{"results":[],"data":[]} {}`)
		},
		"no content": func(r *http.Request) *http.Response { return world.Reply(r, 204, "", "") },
		"a redirect": func(r *http.Request) *http.Response {
			resp := world.Reply(r, 302, "text/html", "")
			resp.Header.Set("Location", "https://elsewhere.example/")
			return resp
		},
	}
	for path := range paths {
		for name, answer := range answers {
			s := open(t, e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, path) {
					return answer(r), nil
				}
				return e.Transport().RoundTrip(r)
			}))
			obs, err := s.Observe(t.Context(), access.Extent{})
			if path != "/role-assignments" && path != "/permissions" && err == nil {
				t.Errorf("%s in the place of %s: no error", name, path)
			}
			t.Run(name+" "+path, func(t *testing.T) { sitetest.Honest(t, clean.Facts, obs, err) })
		}
	}
}

// TestIdentity takes weir's account away at every request of an observation:
// no observation may come of it.
func TestIdentity(t *testing.T) {
	e, s := embedded(t, emulator.Options{}, nil)
	if err := e.Admin().CreateSpace("ENG", "Engineering"); err != nil {
		t.Fatal(err)
	}
	obs, err := s.Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	own := fmt.Sprintf(`{"type":"known","accountId":%q}`, obs.IDs[obs.Account])
	losses := map[string]func(*http.Request) *http.Response{
		"revoked": func(r *http.Request) *http.Response { return world.Reply(r, 401, "application/json", "{}") },
		"anonymous": func(r *http.Request) *http.Response {
			switch {
			case strings.HasSuffix(r.URL.Path, "/user/current"):
				return world.Reply(r, 200, "application/json", `{"type":"anonymous"}`)
			case strings.HasSuffix(r.URL.Path, "/space-role-mode"):
				return world.Reply(r, 200, "application/json", `{"mode":"ROLES"}`)
			case strings.HasSuffix(r.URL.Path, "/systemInfo"):
				return world.Reply(r, 200, "application/json", fmt.Sprintf(`{"cloudId":%q}`, obs.Site))
			}
			return world.Reply(r, 200, "application/json", `{"results":[],"_links":{}}`)
		},
		"somebody else": func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/user/current") {
				return world.Reply(r, 200, "application/json", strings.Replace(own, `"accountId":"`, `"accountId":"x`, 1))
			}
			return nil
		},
	}
	for name, loss := range losses {
		for after := range obs.Requests {
			n := 0
			s := open(t, e, &world.Serial{RoundTripper: world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				n++
				if n > after && strings.HasPrefix(r.URL.Path, "/wiki/") {
					if resp := loss(r); resp != nil {
						return resp, nil
					}
				}
				return e.Transport().RoundTrip(r)
			})})
			_, err := s.Observe(t.Context(), access.Extent{})
			if name == "somebody else" && after == 0 {
				continue // from the start, that is who weir is
			}
			if !site.Is(err, site.Forbidden) {
				t.Errorf("%s after %d of %d requests: %v, want not allowed", name, after, obs.Requests, err)
			}
		}
	}
	t.Run("a pinned account", func(t *testing.T) {
		cfg := config(e, e.Transport())
		cfg.Account = "somebody-else"
		s := newSite(t, cfg)
		if _, err := s.Observe(t.Context(), access.Extent{}); !site.Is(err, site.Forbidden) {
			t.Errorf("%v, want not allowed", err)
		}
	})
	t.Run("Present of an anonymous caller", func(t *testing.T) {
		revoked := false
		s := open(t, e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
			if revoked && strings.HasPrefix(r.URL.Path, "/wiki/") {
				return losses["anonymous"](r), nil
			}
			return e.Transport().RoundTrip(r)
		}))
		if _, err := s.Observe(t.Context(), access.Extent{}); err != nil {
			t.Fatal(err)
		}
		revoked = true
		got, err := s.Present(t.Context(), []access.Fact{{Kind: access.Exists, Object: "space:ENG"}})
		if !site.Is(err, site.Forbidden) {
			t.Errorf("%v, %v, want not allowed", got, err)
		}
	})
}
