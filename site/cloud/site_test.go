package cloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// rewriting gives the JSON of the answers under a path to a function.
func rewriting(path string, change func(map[string]any)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &world.Mangled{RoundTripper: next, Path: path, Answer: inPlace(func(_ int, b map[string]any) { change(b) })}
	}
}

func rows(b map[string]any) []any {
	name, _ := listOf(b)
	list, _ := b[name].([]any)
	return list
}

// TestPlace: the site, its organisation and its directory must be one each,
// and belong together.
func TestPlace(t *testing.T) {
	doubled := func(b map[string]any) {
		name, _ := listOf(b)
		first := rows(b)[0].(map[string]any)
		second := map[string]any{}
		for k, v := range first {
			second[k] = v
		}
		for _, id := range []string{"id", "directoryId"} {
			if text, ok := second[id].(string); ok {
				second[id] = "other-" + text
			}
		}
		b[name] = []any{first, second}
	}
	without := func(list, field string) func(map[string]any) {
		return func(b map[string]any) {
			rows, ok := b[list].([]any)
			if !ok {
				return
			}
			for _, row := range rows {
				if fields, ok := row.(map[string]any); ok {
					delete(fields, field)
				}
			}
		}
	}
	for _, c := range []struct {
		name, path string
		change     func(map[string]any)
		want       string
	}{
		{"groups without names in the organisation", "/groups/search", without("data", "name"), "refused: a group has no id or no name"},
		{"groups without names in Confluence", "/rest/api/group", without("results", "name"), "refused: a group has no id or no name"},
		{"two organisations", "/v1/orgs", doubled, "read the organisations: conflict: the key sees 2 organisations: say which one is meant"},
		{"two directories", "/directories", doubled, "read the directories: conflict: the organisation has 2 directories: say which one is meant"},
		{"another organisation's site", "/workspaces", func(b map[string]any) { b["data"] = []any{} }, "has 0 Confluence sites with the cloud id"},
		{"no cloud id", "/systemInfo", func(b map[string]any) { delete(b, "cloudId") }, "read the site's id: refused: the answer lacks the cloud id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, s := embedded(t, emulator.Options{}, rewriting(c.path, c.change))
			if err := e.Admin().CreateGroup("staff", ""); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Observe(t.Context(), access.Extent{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	t.Run("another cloud id than the operator said", func(t *testing.T) {
		e, _ := embedded(t, emulator.Options{}, nil)
		cfg := config(e, e.Transport())
		cfg.CloudID = "another"
		if _, err := newSite(t, cfg).Observe(t.Context(), access.Extent{}); !site.Is(err, site.Conflict) {
			t.Errorf("got %v", err)
		}
	})
}

// TestUnseen: one thing that is hidden makes its facts unknown, and the rest
// is read.
func TestUnseen(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := e.Admin()
	for _, err := range []error{
		a.CreateSpace("ENG", "Engineering"), a.CreateSpace("OPS", "Operations"), a.CreateGroup("staff", ""),
		a.AddPerson("ana@acme.example", "Ana Lind", emulator.PersonOptions{}), a.AddMember("staff", "ana@acme.example"), a.SetProductRole("staff", "user"),
		a.AssignRole("ENG", emulator.Principal{Group: "staff"}, "Viewer"), a.AssignRole("OPS", emulator.Principal{Group: "staff"}, "Viewer"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	clean, err := open(t, e, e.Transport()).Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		hide   func(*http.Request) *http.Response
		change func(http.RoundTripper) http.RoundTripper
		want   []access.Unknown
	}{
		{name: "role assignments of a space", hide: func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, clean.IDs["space:ENG"]+"/role-assignments") {
				return world.Reply(r, 404, "application/json", `{"errors":[{"title":"Not Found"}]}`)
			}
			return nil
		}, want: []access.Unknown{{Kind: access.Role, Object: "space:ENG", Reason: "its role assignments cannot be read: HTTP 404: Not Found"}}},
		{name: "an assignment of a new kind", change: rewriting(clean.IDs["space:ENG"]+"/role-assignments", func(b map[string]any) {
			rows(b)[0].(map[string]any)["principal"] = map[string]any{"principalType": "ROBOT", "principalId": "r2"}
		}), want: []access.Unknown{{Kind: access.Role, Object: "space:ENG", Reason: "it has an assignment of a kind that weir does not know (ROBOT r2)"}}},
		{name: "a group that only Confluence lists", change: rewriting("/groups/search", func(b map[string]any) { b["data"] = []any{} }),
			want: []access.Unknown{{Object: "group:staff", Reason: "Confluence lists the group and the organisation does not"}}},
		{name: "a group that only the organisation lists", change: rewriting("/rest/api/group", func(b map[string]any) { b["results"] = []any{} }),
			want: []access.Unknown{{Object: "group:staff", Reason: "the organisation lists the group and Confluence does not"}}},
		{name: "members that do not add up", change: rewriting("/groups/search", func(b map[string]any) {
			for _, row := range rows(b) {
				if counts, ok := row.(map[string]any)["counts"].(map[string]any); ok {
					counts["users"] = 3
				}
			}
		}), want: []access.Unknown{{Kind: access.Member, Object: "group:staff", Reason: "the organisation counts 3 members and shows 1"}}},
		{name: "members that were cut off and are found", change: func(next http.RoundTripper) http.RoundTripper {
			return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "/users/search") {
					return next.RoundTrip(r)
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return nil, err
				}
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				if strings.Contains(string(body), "groupIds") {
					return next.RoundTrip(r)
				}
				return rewriting("/users/search", func(b map[string]any) {
					for _, row := range rows(b) {
						row.(map[string]any)["groups"] = []any{}
					}
				})(next).RoundTrip(r)
			})
		}},
		{name: "roles on other products", hide: func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/groups/"+clean.IDs["group:staff"]+"/role-assignments") {
				return world.Reply(r, 403, "application/json", `{}`)
			}
			return nil
		}, change: rewriting("/groups/search", func(b map[string]any) {
			for _, row := range rows(b) {
				if counts, ok := row.(map[string]any)["counts"].(map[string]any); ok {
					counts["resources"] = 2
				}
			}
		}), want: []access.Unknown{{Object: "group:staff", Reason: "its roles on other products cannot be read: HTTP 403"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			transport := e.Transport()
			if c.change != nil {
				transport = c.change(transport)
			}
			s := open(t, e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if c.hide != nil {
					if resp := c.hide(r); resp != nil {
						return resp, nil
					}
				}
				return transport.RoundTrip(r)
			}))
			obs, err := s.Observe(t.Context(), access.Extent{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, obs.Unknown); diff != "" {
				t.Error(diff)
			}
			sitetest.Honest(t, clean.Facts, obs, nil)
		})
	}
}

// TestNames: what has no name that weir can use is named by its id, and
// nothing live is left out.
func TestNames(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := e.Admin()
	for _, err := range []error{
		a.CreateSpace("ENG", "Engineering"), a.CreateGroup("staff", ""),
		a.AddPerson("Ana@Acme.example", "Ana Lind", emulator.PersonOptions{}), a.AddPerson("bo@acme.example", "Bo", emulator.PersonOptions{}),
		a.AssignRole("ENG", emulator.Principal{User: "bo@acme.example"}, "Viewer"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	roleFacts := func(obs site.Observation) []string {
		var out []string
		for f := range obs.Facts.Of(access.Role, "space:ENG") {
			out = append(out, f.String())
		}
		return out
	}
	t.Run("e-mail in lower case, with the label", func(t *testing.T) {
		obs, err := open(t, e, e.Transport()).Observe(t.Context(), access.Extent{})
		if err != nil {
			t.Fatal(err)
		}
		if r := access.Ref("user:ana@acme.example"); obs.Labels[r] != "Ana Lind" || obs.IDs[r] == "" {
			t.Errorf("labels %v", obs.Labels)
		}
	})
	for name, change := range map[string]func(row map[string]any){
		"an e-mail that is hidden": func(row map[string]any) { row["email"] = "" },
		"an e-mail that two have":  func(row map[string]any) { row["email"] = "same@acme.example" },
	} {
		t.Run(name, func(t *testing.T) {
			bo := ""
			s := open(t, e, rewriting("/users/search", func(b map[string]any) {
				for _, row := range rows(b) {
					row := row.(map[string]any)
					if row["name"] == "Bo" {
						bo = row["accountId"].(string)
					}
					if row["name"] != "weir" {
						change(row)
					}
				}
			})(e.Transport()))
			obs, err := s.Observe(t.Context(), access.Extent{})
			if err != nil {
				t.Fatal(err)
			}
			r := access.NewRef("account", bo)
			if !obs.Facts.Has(access.Fact{Kind: access.Exists, Object: r}) || !slices.Contains(roleFacts(obs), "role space:ENG "+r.String()+" = viewer") {
				t.Errorf("%s is missing in %v", r, obs.Facts.Facts())
			}
			// Such a person can be written to as well.
			if err := s.Do(t.Context(), add("member group:staff "+r.String())); err != nil {
				t.Error(err)
			}
			if got, err := s.Present(t.Context(), factsOf(add("member group:staff "+r.String()))); err != nil || got[0] != site.Seen {
				t.Errorf("%v, %v", got, err)
			}
			if err := s.Do(t.Context(), step(access.Remove, "member group:staff "+r.String())); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("principals", func(t *testing.T) {
		s := open(t, e, rewriting("/role-assignments", func(b map[string]any) {
			role := ""
			for _, row := range rows(b) {
				role, _ = row.(map[string]any)["roleId"].(string)
			}
			if role == "" {
				return // the product roles of a person
			}
			var list []any
			for _, p := range [][2]string{{"GROUP", "g-unheard-of"}, {"USER", "u-unheard-of"}, {"ACCESS_CLASS", "c-unheard-of"}, {"APP", "a1"}, {"ACCESS_CLASS", "jsm-project-admins"}} {
				list = append(list, map[string]any{"roleId": role, "principal": map[string]any{"principalType": p[0], "principalId": p[1]}})
			}
			b["results"] = list
		})(e.Transport()))
		obs, err := s.Observe(t.Context(), access.Extent{})
		if err != nil {
			t.Fatal(err)
		}
		var subjects []string
		for f := range obs.Facts.Of(access.Role, "space:ENG") {
			subjects = append(subjects, f.Subject.String())
		}
		want := []string{"account:u-unheard-of", "app:a1", "class:c-unheard-of", "class:jsm_admins", "team:g-unheard-of"}
		if diff := cmp.Diff(want, subjects); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("two groups of one name", func(t *testing.T) {
		s := open(t, e, rewriting("/groups/search", func(b map[string]any) {
			if len(rows(b)) == 0 {
				return
			}
			row := rows(b)[0].(map[string]any)
			twin := map[string]any{}
			for k, v := range row {
				twin[k] = v
			}
			twin["id"] = "twin"
			b["data"] = []any{row, twin}
		})(e.Transport()))
		if _, err := s.Observe(t.Context(), access.Extent{}); !site.Is(err, site.Conflict) {
			t.Errorf("got %v", err)
		}
	})
}

// TestLongTask: a task that fails is a refusal, one that does not end has an
// unknown outcome, and asking goes on no longer than a minute.
func TestLongTask(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer string
		want   site.Kind
		text   string
	}{
		{"fails", `{"finished":true,"successful":false,"messages":[{"translation":"in use"}]}`, site.Invalid, "the task failed: in use"},
		{"never ends", `{"finished":false}`, site.Transient, "not done yet"},
		{"makes no sense", `{}`, site.Transient, "does not say"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := emulator.New(emulator.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Admin().CreateRole("reader", "Reads", "read/space"); err != nil {
				t.Fatal(err)
			}
			var waited time.Duration
			cfg := config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/longtask/") {
					return world.Reply(r, 200, "application/json", c.answer), nil
				}
				return e.Transport().RoundTrip(r)
			}))
			cfg.Wait = func(_ context.Context, d time.Duration) error { waited += d; return nil }
			s := newSite(t, cfg)
			err = s.Do(t.Context(), add("grants space_role:reader create/comment"))
			if !site.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v", err)
			}
			if waited > 2*time.Minute {
				t.Errorf("waited %s", waited)
			}
		})
	}
}

// TestRequests pins what units cost, and what is sent, where it matters: who
// is let in by what, and what an update keeps.
func TestRequests(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := e.Admin()
	for _, err := range []error{
		a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"), a.CreateGroup("plain", ""), a.CreateSpace("ENG", "Engineering"),
		a.CreateRole("reader", "Reads what others write", "read/space"), a.AddPerson("ana@acme.example", "", emulator.PersonOptions{}),
		a.AddPerson("dan@acme.example", "", emulator.PersonOptions{NoAccess: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var sent []string
	ids := map[string]string{}
	s := open(t, e, &world.Serial{RoundTripper: world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if world.IsWrite(r) {
			line := r.Method + " " + r.URL.Path
			if r.Body != nil {
				data, err := io.ReadAll(r.Body)
				if err != nil {
					return nil, err
				}
				r.Body = io.NopCloser(strings.NewReader(string(data)))
				if !json.Valid(data) {
					t.Errorf("%s: %s", line, data)
				}
				line += " " + string(data)
			}
			for id, name := range ids {
				line = strings.ReplaceAll(line, id, name)
			}
			sent = append(sent, line)
		}
		return e.Transport().RoundTrip(r)
	})})
	obs, err := s.Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	for r, id := range obs.IDs {
		ids[id] = fmt.Sprintf("{%s}", r)
	}
	ids[obs.Site], ids[e.Credentials().OrgID] = "{cloud}", "{org}"
	const invite = "POST /admin/v2/orgs/{org}/users/invite "
	for _, c := range []struct {
		step site.Step
		want []string
	}{
		{add("exists user:one@acme.example"), []string{
			invite + `{"emails":["one@acme.example"],"permissionRules":[{"resource":"ari:cloud:confluence::site/{cloud}","role":"atlassian/user"}],"additionalGroups":[],"sendNotification":false}`,
		}},
		{add("exists user:two@acme.example", "member group:staff user:two@acme.example"), []string{
			invite + `{"emails":["two@acme.example"],"permissionRules":[],"additionalGroups":["{group:staff}"],"sendNotification":false}`,
		}},
		{add("exists user:three@acme.example", "member group:plain user:three@acme.example"), []string{
			invite + `{"emails":["three@acme.example"],"permissionRules":[{"resource":"ari:cloud:confluence::site/{cloud}","role":"atlassian/user"}],"additionalGroups":["{group:plain}"],"sendNotification":false}`,
		}},
		{add("exists user:ana@acme.example"), nil}, // she is there already
		{add("exists user:dan@acme.example"), []string{ // he is in the directory
			`POST /admin/v1/orgs/{org}/users/{user:dan@acme.example}/roles/assign {"resource":"ari:cloud:confluence::site/{cloud}","role":"atlassian/user"}`,
		}},
		{add("grants space_role:reader create/comment"), []string{
			`PUT /wiki/api/v2/space-roles/{space_role:reader} {"name":"reader","description":"Reads what others write","spacePermissions":["create/comment","read/space"]}`,
		}},
		{add("role space:ENG group:staff = viewer", "role space:ENG class:anonymous = viewer"), []string{
			`POST /wiki/api/v2/spaces/{space:ENG}/role-assignments [{"principal":{"principalType":"GROUP","principalId":"{group:staff}"},"roleId":"{space_role:viewer}"},{"principal":{"principalType":"ACCESS_CLASS","principalId":"anonymous-users"},"roleId":"{space_role:viewer}"}]`,
		}},
		{step(access.Remove, "role space:ENG group:staff = viewer"), []string{
			`POST /wiki/api/v2/spaces/{space:ENG}/role-assignments [{"principal":{"principalType":"GROUP","principalId":"{group:staff}"}}]`,
		}},
		{step(access.Remove, "status space:ENG = archived"), []string{`PUT /wiki/rest/api/space/ENG {"status":"current"}`}},
		{add("exists space:NEW", "name space:NEW = New", "role space:NEW group:staff = viewer"), []string{
			`POST /wiki/api/v2/spaces {"name":"New","key":"NEW","roleAssignments":[{"principal":{"principalType":"GROUP","principalId":"{group:staff}"},"roleId":"{space_role:viewer}"}]}`,
		}},
		// Two is let in by staff alone, and stays: they get a role of their own first.
		{step(access.Remove, "member group:staff user:two@acme.example"), []string{
			`POST /admin/v1/orgs/{org}/users/{two}/roles/assign {"resource":"ari:cloud:confluence::site/{cloud}","role":"atlassian/user"}`,
			`DELETE /wiki/rest/api/group/userByGroupId`,
		}},
		{step(access.Remove, "exists user:two@acme.example"), []string{
			`POST /admin/v1/orgs/{org}/users/{two}/roles/revoke {"resource":"ari:cloud:confluence::site/{cloud}","role":"atlassian/user"}`,
		}},
	} {
		for _, p := range e.Dump().People {
			if p.Email == "two@acme.example" {
				ids[p.ID] = "{two}"
			}
		}
		sent = nil
		if err := s.Do(t.Context(), c.step); err != nil {
			t.Errorf("%s: %v", c.step.Changes[0], err)
			continue
		}
		if diff := cmp.Diff(c.want, sent); diff != "" {
			t.Errorf("%s:\n%s", c.step.Changes[0], diff)
		}
	}
}

// TestImpossible: what no write can bring about, and units that no splitting
// makes, are refused before anything is sent.
func TestImpossible(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
		return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
			if world.IsWrite(r) {
				t.Errorf("%s %s", r.Method, r.URL.Path)
			}
			return next.RoundTrip(r)
		})
	})
	for _, c := range []struct {
		step site.Step
		want site.Kind
	}{
		{step(access.Remove, "exists space:ENG"), site.Unsupported},
		{add("managed group:a = idp"), site.Unsupported},
		{add("role space:ENG group:a = viewer"), site.NotFound},
		{add("member group:a user:b@acme.example"), site.NotFound},
		{add("grants space_role:none read/space"), site.NotFound},
		{step(access.Remove, "exists group:a"), site.NotFound},
		{add("exists group:a", "exists group:b"), site.Invalid},
		{add("exists space:A", "name space:B = B"), site.Invalid},
		{add("exists user:a@acme.example", "exists user:b@acme.example", "product user:b@acme.example = guest"), site.Invalid},
		{add("exists user:a@acme.example", "exists user:b@acme.example", "member group:a user:b@acme.example"), site.Invalid},
		{add("product group:a = user", "product group:b = user"), site.Invalid},
		{add("role space:A group:a = viewer", "role space:B group:a = viewer"), site.Invalid},
		{add("exists space_role:a", "grants space_role:b read/space"), site.Invalid},
		{add("member group:a user:a@acme.example", "member group:a user:b@acme.example"), site.Invalid},
	} {
		if err := s.Do(t.Context(), c.step); !site.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", c.step.Changes[0], err, c.want)
		}
	}
	if err := s.Do(t.Context(), site.Step{}); err != nil {
		t.Errorf("an empty step: %v", err)
	}
}
