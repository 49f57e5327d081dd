package emulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// crowd fills a site with enough of everything to page through.
func crowd(f *fixture, n int) {
	f.Helper()
	a := f.em.Admin()
	f.must(a.CreateGroup("all", ""))
	f.must(a.CreateSpace("BIG", "Big"))
	for i := range n {
		email := fmt.Sprintf("p%03d@acme.example", i)
		f.must(a.AddPerson(email, "", emulator.PersonOptions{}))
		f.must(a.AddMember("all", email))
		f.must(a.AssignRole("BIG", user(email), "Viewer"))
		f.must(a.CreateGroup(fmt.Sprintf("g%03d", i), ""))
		f.must(a.CreateSpace(fmt.Sprintf("S%03d", i), fmt.Sprintf("Space %d", n-i)))
	}
}

// TestPagesMakeTheWhole: pages of any size, put together, are the whole list,
// each item once; and no page but the last lacks a next link.
func TestPagesMakeTheWhole(t *testing.T) {
	f := open(t, emulator.Options{})
	const n = 23
	crowd(f, n)
	for name, walk := range map[string]struct {
		fetch func(f *fixture, limit int) []string
		want  int
	}{
		"v1 groups":        {v1Walk("/wiki/rest/api/group", "id"), n + 1},
		"v1 members":       {v1Walk("/wiki/rest/api/group/"+f.group("all").ID+"/membersByGroupId", "accountId"), n},
		"v2 spaces":        {v2Walk("/wiki/api/v2/spaces?", "id"), n + 1},
		"v2 spaces, names": {v2Walk("/wiki/api/v2/spaces?sort=-name&", "id"), n + 1},
		"v2 permissions":   {v2Walk("/wiki/api/v2/space-permissions?", "id"), 26},
		"v2 roles":         {v2Walk("/wiki/api/v2/space-roles?", "id"), 4},
		"v2 assignments":   {v2Walk("/wiki/api/v2/spaces/"+f.space("BIG").ID+"/role-assignments?role-type=SYSTEM&", "principal"), n},
		"people":           {orgWalk(f.dir("/users/search"), "accountId", m{"expand": []string{"groups"}}), n + 1},
		"people of groups": {orgWalk(f.dir("/users/search"), "accountId", m{"groupIds": []string{f.group("all").ID}}), n},
		"org groups":       {orgWalk(f.dir("/groups/search"), "id", m{}), n + 1},
		"groups backwards": {orgWalk(f.dir("/groups/search"), "id", m{"sortBy": []m{{"field": "name", "direction": "desc"}}}), n + 1},
		"workspaces":       {orgWalk("/admin/v2/orgs/"+f.cred.OrgID+"/workspaces", "id", m{}), 2},
		"roles of a user":  {orgGetWalk(f.dir("/users/"+f.cred.AccountID+"/role-assignments?resourceIds=") + url.QueryEscape(f.site())), 1},
		"all roles":        {orgGetWalk(f.dir("/users/" + f.cred.AccountID + "/role-assignments?")), 2},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fixture{TB: t, em: f.em, cred: f.cred, email: f.email, token: f.token}
			whole := walk.fetch(f, 100)
			if len(whole) != walk.want {
				t.Fatalf("%d items, want %d", len(whole), walk.want)
			}
			once := slices.Clone(whole)
			slices.Sort(once)
			if len(slices.Compact(once)) != len(whole) {
				t.Error("an item is there twice")
			}
			for _, limit := range []int{1, 2, 7, n, n + 1} {
				if got := walk.fetch(f, limit); !slices.Equal(got, whole) {
					t.Errorf("limit %d gives %d items, want %d in the same order", limit, len(got), len(whole))
				}
			}
		})
	}
}

func (f *fixture) rows(body m, list, key string) []string {
	var out []string
	for _, row := range body[list].([]any) {
		out = append(out, fmt.Sprint(row.(m)[key]))
	}
	return out
}

func v1Walk(path, key string) func(*fixture, int) []string {
	return func(f *fixture, limit int) (out []string) {
		for start := 0; ; start += limit {
			body := f.want(200, "GET", fmt.Sprintf("%s?start=%d&limit=%d", path, start, limit), nil)
			page := f.rows(body, "results", key)
			out = append(out, page...)
			_, more := body["_links"].(m)["next"]
			if !more {
				return out
			}
			if len(page) != limit || body["size"] != float64(limit) {
				f.Fatalf("a page of %d with more behind it", len(page))
			}
		}
	}
}

func v2Walk(path, key string) func(*fixture, int) []string {
	return func(f *fixture, limit int) (out []string) {
		next := fmt.Sprintf("%slimit=%d", path, limit)
		for {
			r := f.request("GET", next, nil)
			res, err := f.em.Transport().RoundTrip(r)
			f.must(err)
			link := res.Header.Get("Link")
			_, body := f.send(r)
			out = append(out, f.rows(body, "results", key)...)
			more, there := body["_links"].(m)["next"].(string)
			if there != (link != "") || there && link != "<"+more+`>; rel="next"` {
				f.Fatalf("next is %q and the Link header %q", more, link)
			}
			if !there {
				return out
			}
			if !strings.HasPrefix(more, "/wiki/api/v2/") {
				f.Fatalf("next is %q, want a relative address", more)
			}
			next = more
		}
	}
}

func orgWalk(path, key string, filter m) func(*fixture, int) []string {
	return func(f *fixture, limit int) (out []string) {
		body := m{"limit": limit}
		for k, v := range filter {
			body[k] = v
		}
		for {
			page := f.want(200, "POST", path, body)
			out = append(out, f.rows(page, "data", key)...)
			next, more := page["links"].(m)["next"].(string)
			if !more {
				return out
			}
			body["cursor"] = next
		}
	}
}

// orgGetWalk sends the cursor alone: it carries the parameters.
func orgGetWalk(path string) func(*fixture, int) []string {
	return func(f *fixture, limit int) (out []string) {
		next := fmt.Sprintf("%s&limit=%d", path, limit)
		bare, _, _ := strings.Cut(path, "?")
		for {
			page := f.want(200, "GET", next, nil)
			out = append(out, f.rows(page, "data", "resourceId")...)
			token, more := page["links"].(m)["next"].(string)
			if !more {
				return out
			}
			next = bare + "?cursor=" + token
		}
	}
}

// TestCursorsBelongToTheirList: a cursor of another list is refused, and the
// item behind a cursor may go without harm.
func TestCursorsBelongToTheirList(t *testing.T) {
	f := open(t, emulator.Options{})
	crowd(f, 5)
	body := f.want(200, "GET", "/wiki/api/v2/spaces?limit=2", nil)
	next := body["_links"].(m)["next"].(string)
	u, err := url.Parse(next)
	f.must(err)
	f.want(http.StatusBadRequest, "GET", "/wiki/api/v2/space-roles?cursor="+u.Query().Get("cursor"), nil)

	last := body["results"].([]any)[1].(m)["key"].(string)
	f.must(f.em.Admin().DeleteSpace(last))
	keys("S001", "S002")(f, f.want(200, "GET", next, nil))
}
