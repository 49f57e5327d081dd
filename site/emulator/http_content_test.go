package emulator_test

import (
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

// pages fills the space ENG: Home > Plans > Secrets, the last for engineering
// alone, a blog post News, and a file on Plans. weir's own account is an admin
// of the space and in engineering. A second call does nothing.
func pages(f *fixture) {
	f.Helper()
	if len(f.space("ENG").Content) > 1 {
		return
	}
	a := f.em.Admin()
	f.must(a.AssignRole("ENG", user(emulator.OwnEmail), "Admin"))
	f.must(a.AddMember("engineering", emulator.OwnEmail))
	f.must(a.CreatePage("ENG", "Plans", ""))
	f.must(a.CreatePage("ENG", "Secrets", "Plans"))
	f.must(a.CreateBlogPost("ENG", "News"))
	f.must(a.Attach("ENG", "Plans", "budget.pdf"))
	f.must(a.Restrict("ENG", "Secrets", "read", team("engineering")))
}

// content finds a page, a blog post or an attachment of ENG by its title.
func (f *fixture) content(title string) emulator.Content {
	f.Helper()
	for _, c := range f.space("ENG").Content {
		if c.Title == title {
			return c
		}
	}
	f.Fatalf("nothing is titled %s", title)
	return emulator.Content{}
}

// names are those whom a restriction names.
func names(who []emulator.Restricted) []string {
	var out []string
	for _, r := range who {
		out = append(out, r.Name)
	}
	return out
}

// permissions are the custom access of a space as "name permission".
func (f *fixture) permissions(key string) []string {
	f.Helper()
	var out []string
	for _, p := range f.space(key).Permissions {
		out = append(out, p.Name+" "+p.Permission)
	}
	return out
}

// page is a path to content of ENG; %s stands for the id.
func page(title, path string) func(*fixture) string {
	return func(f *fixture) string {
		pages(f)
		return fmt.Sprintf(path, f.content(title).ID)
	}
}

// search is a path to a search for content.
func search(cql, rest string) func(*fixture) string {
	return func(f *fixture) string {
		pages(f)
		return "/wiki/rest/api/content/search?cql=" + url.QueryEscape(cql) + rest
	}
}

// administered is a path on a site where weir's own account is an admin of ENG.
func administered(path string) func(*fixture) string {
	return func(f *fixture) string {
		pages(f)
		return path
	}
}

// permission is the body of a write of permissions.
func permission(kind, identifier, key, target string) m {
	return m{"subject": m{"type": kind, "identifier": identifier}, "operation": m{"key": key, "target": target}}
}

func staffReads(f *fixture) any { return permission("group", f.group("staff").ID, "read", "space") }

// restricts is the body of a write of restrictions: one operation, for ana.
func restricts(operation string) func(*fixture) any {
	return func(f *fixture) any { return []m{restricted(operation, known(f, "ana@acme.example"))} }
}

func restricted(operation string, who m) m { return m{"operation": operation, "restrictions": who} }

func known(f *fixture, email string) m {
	return m{"user": []m{{"type": "known", "accountId": f.person(email).ID}}}
}

func results(key string, want ...string) func(*fixture, m) { return listed("results", key, want) }

// contentOperations are the successes and failures of the operations on content,
// restrictions and permissions.
func contentOperations() []step {
	const v1, v2 = "/wiki/rest/api", "/wiki/api/v2"
	restriction := v1 + "/content/%s/restriction"
	return []step{
		// v2: content
		{"pages", "GET", page("Plans", v2+"/pages?sort=title&limit=250&body-format=storage#%s"), nil, 200, results("title", "Engineering Home", "Plans", "Secrets")},
		{"pages: by id", "GET", page("Plans", v2+"/pages?id=%s&id=1"), nil, 200, results("title", "Plans")},
		{"pages: by title", "GET", page("Plans", v2+"/pages?title=Secrets#%s"), nil, 200, results("title", "Secrets")},
		{"pages: trashed", "GET", page("Plans", v2+"/pages?status=trashed#%s"), nil, 200, results("title")},
		{"pages: live", "GET", page("Plans", v2+"/pages?subtype=live#%s"), nil, 200, results("title")},
		{"pages: bad id", "GET", at(v2 + "/pages?id=x"), nil, 400, nil},
		{"pages: bad space", "GET", at(v2 + "/pages?space-id=x"), nil, 400, nil},
		{"pages: bad status", "GET", at(v2 + "/pages?status=x"), nil, 400, nil},
		{"pages: bad sort", "GET", at(v2 + "/pages?sort=-"), nil, 400, nil},
		{"pages: bad body", "GET", at(v2 + "/pages?body-format=wiki"), nil, 400, nil},
		{"pages: bad subtype", "GET", at(v2 + "/pages?subtype=x"), nil, 400, nil},
		{"page", "GET", page("Secrets", v2+"/pages/%s?include-operations=true&body-format=view"), nil, 200, func(f *fixture, b m) {
			if b["parentId"] != f.content("Plans").ID || b["title"] != "Secrets" || b["spaceId"] != f.space("ENG").ID {
				f.Errorf("page %v", b)
			}
			if got := texts(b["operations"].(m), "results", "operation"); !slices.Equal(got, []string{"read", "update", "delete", "restrict_content"}) {
				f.Errorf("operations %v", got)
			}
		}},
		{"page: a body as written", "GET", func(f *fixture) string {
			at := page("Plans", v2+"/pages/%s?body-format=storage")(f)
			f.must(f.em.Admin().WritePage("ENG", "Plans", "<p>a &lt; b</p>"))
			return at
		}, nil, 200, func(f *fixture, b m) {
			want := m{"storage": m{"representation": "storage", "value": "<p>a &lt; b</p>"}}
			if diff := cmp.Diff(want, b["body"]); diff != "" {
				f.Error(diff)
			}
		}},
		{"page: another format", "GET", page("Plans", v2+"/pages/%s?body-format=atlas_doc_format"), nil, 501, nil},
		{"pages: another format", "GET", at(v2 + "/pages?body-format=atlas_doc_format"), nil, 501, nil},
		{"pages: as seen", "GET", at(v2 + "/pages?body-format=view"), nil, 400, nil},
		{"page: none", "GET", at(v2 + "/pages/1"), nil, 404, nil},
		{"page: a blog post", "GET", page("News", v2+"/pages/%s"), nil, 404, nil},
		{"page: labels", "GET", page("Plans", v2+"/pages/%s?include-labels=true"), nil, 501, nil},
		{"page: version", "GET", page("Plans", v2+"/pages/%s?version=1"), nil, 501, nil},
		{"ancestors", "GET", page("Secrets", v2+"/pages/%s/ancestors"), nil, 200, func(f *fixture, b m) {
			results("id", f.content("Engineering Home").ID, f.content("Plans").ID)(f, b)
		}},
		{"ancestors: the nearest", "GET", page("Secrets", v2+"/pages/%s/ancestors?limit=1"), nil, 200, func(f *fixture, b m) {
			results("id", f.content("Plans").ID)(f, b)
		}},
		{"ancestors: no limit", "GET", page("Secrets", v2+"/pages/%s/ancestors?limit=0"), nil, 400, nil},
		{"children", "GET", page("Engineering Home", v2+"/pages/%s/children"), nil, 200, results("title", "Plans")},
		{"page operations", "GET", page("Plans", v2+"/pages/%s/operations"), nil, 200, nil},
		{"pages of a space", "GET", func(f *fixture) string { pages(f); return spacePath("ENG", "/pages?depth=root")(f) }, nil, 200, results("title", "Engineering Home")},
		{"pages of a space: bad depth", "GET", spacePath("ENG", "/pages?depth=x"), nil, 400, nil},
		{"pages of a space: not viewed", "GET", spacePath("OPS", "/pages"), nil, 404, nil},
		{"blog posts", "GET", page("News", v2+"/blogposts?sort=-created-date#%s"), nil, 200, results("title", "News")},
		{"blog post", "GET", page("News", v2+"/blogposts/%s"), nil, 200, nil},
		{"blog post operations", "GET", page("News", v2+"/blogposts/%s/operations"), nil, 200, nil},
		{"blog posts of a space", "GET", func(f *fixture) string { pages(f); return spacePath("ENG", "/blogposts")(f) }, nil, 200, results("title", "News")},
		{"attachments", "GET", page("Plans", v2+"/attachments?filename=budget.pdf#%s"), nil, 200, results("title", "budget.pdf")},
		{"attachments: by media", "GET", page("Plans", v2+"/attachments?mediaType=image/png#%s"), nil, 200, results("title")},
		{"attachment", "GET", page("budget.pdf", v2+"/attachments/%s"), nil, 200, func(f *fixture, b m) {
			if b["pageId"] != f.content("Plans").ID || !strings.HasPrefix(b["id"].(string), "att") {
				f.Errorf("attachment %v", b)
			}
		}},
		{"attachments of a page", "GET", page("Plans", v2+"/pages/%s/attachments?sort=-modified-date"), nil, 200, results("title", "budget.pdf")},
		{"attachments of a blog post", "GET", page("News", v2+"/blogposts/%s/attachments"), nil, 200, results("title")},

		// v1: search
		{"search", "GET", search("space = ENG and type=page order by title desc", "&limit=2"), nil, 200, func(f *fixture, b m) {
			results("title", "Secrets", "Plans")(f, b)
			if next, _ := b["_links"].(m)["next"].(string); !strings.HasPrefix(next, "/rest/api/content/search?") || !strings.Contains(next, "cursor=") {
				f.Errorf("next %v", next)
			}
		}},
		{"search: expanded", "GET", search("title=Secrets", "&expand=space,version,operations,ancestors,restrictions.read.restrictions.group,restrictions.update.restrictions.user"), nil, 200, func(f *fixture, b m) {
			row := b["results"].([]any)[0].(m)
			if got := texts(row, "ancestors", "title"); !slices.Equal(got, []string{"Engineering Home", "Plans"}) {
				f.Errorf("ancestors %v", got)
			}
			read := row["restrictions"].(m)["read"].(m)["restrictions"].(m)
			if got := texts(read["group"].(m), "results", "name"); !slices.Equal(got, []string{"engineering"}) || read["user"] != nil {
				f.Errorf("restrictions %v", read)
			}
		}},
		{"search: results with their number", "GET", func(f *fixture) string {
			return strings.Replace(search("space=ENG and type=page", "&limit=2")(f), "/content/search", "/search", 1)
		}, nil, 200, func(f *fixture, b m) {
			if got := texts(b, "results", "title"); len(got) != 2 || b["totalSize"] != float64(3) || b["cqlQuery"] != "space=ENG and type=page" {
				f.Errorf("%v of %v", got, b["totalSize"])
			}
			if next, _ := b["_links"].(m)["next"].(string); !strings.HasPrefix(next, "/rest/api/search?") {
				f.Errorf("next %v", next)
			}
		}},
		{"search: the latest change first", "GET", func(f *fixture) string {
			pages(f)
			return v1 + "/search?limit=1&cql=" + url.QueryEscape(`space = "ENG" and type in (page, blogpost) order by lastmodified desc`)
		}, nil, 200, func(f *fixture, b m) {
			row := b["results"].([]any)[0].(m)
			if n := len(b["results"].([]any)); n != 1 || b["totalSize"] != float64(4) || row["lastModified"] != "2026-03-01T09:00:00Z" {
				f.Errorf("%d of %v, the first %v", n, b["totalSize"], row)
			}
		}},
		{"search: no query", "GET", at(v1 + "/content/search"), nil, 400, nil},
		{"search: bad query", "GET", search("space ENG", ""), nil, 400, nil},
		{"search: bad expand", "GET", search("type=page", "&expand=secrets"), nil, 400, nil},
		{"search: bodies", "GET", search("type=page", "&expand=body.storage"), nil, 501, nil},
		{"search: bad cursor", "GET", search("type=page", "&cursor=x"), nil, 400, nil},
		{"search: bad limit", "GET", search("type=page", "&limit=x"), nil, 400, nil},

		// v1: restrictions
		{"restrictions", "GET", page("Secrets", restriction+"?limit=100"), nil, 200, func(f *fixture, b m) {
			row := b["results"].([]any)[0].(m)
			group := row["restrictions"].(m)["group"].(m)
			if got := texts(group, "results", "name"); row["operation"] != "read" || !slices.Equal(got, []string{"engineering"}) || b["restrictionsHash"] == "" {
				f.Errorf("restrictions %v", b)
			}
		}},
		{"restrictions: some", "GET", page("Secrets", restriction+"?expand=read.restrictions.user"), nil, 200, func(f *fixture, b m) {
			if row := b["results"].([]any)[0].(m); row["restrictions"].(m)["group"] != nil {
				f.Errorf("restrictions %v", row)
			}
		}},
		{"restrictions: none such", "GET", at(v1 + "/content/1/restriction"), nil, 404, nil},
		{"restrictions: bad expand", "GET", page("Secrets", restriction+"?expand=children"), nil, 400, nil},
		{"restrictions: content", "GET", page("Secrets", restriction+"?expand=content"), nil, 501, nil},
		{"restrictions by operation", "GET", page("Secrets", restriction+"/byOperation"), nil, 200, func(f *fixture, b m) {
			if b["read"] == nil || b["update"] == nil {
				f.Errorf("restrictions %v", b)
			}
		}},
		{"restrictions by operation: expand", "GET", page("Secrets", restriction+"/byOperation?expand=read.restrictions.user"), nil, 400, nil},
		{"restriction", "GET", page("Secrets", restriction+"/byOperation/read?expand=restrictions.group"), nil, 200, nil},
		{"restriction: bad operation", "GET", page("Secrets", restriction+"/byOperation/delete"), nil, 404, nil},
		{"set restrictions", "PUT", page("Secrets", restriction), restricts("update"), 200, func(f *fixture, _ m) {
			c := f.content("Secrets")
			if len(c.Read) != 0 || !slices.Equal(names(c.Update), []string{"ana@acme.example"}) {
				f.Errorf("content %+v: what the body does not name is gone", c)
			}
		}},
		{"set restrictions: as results", "PUT", page("Plans", restriction), func(f *fixture) any {
			return m{"results": []m{restricted("read", m{"user": m{"results": []m{{"type": "known", "accountId": f.cred.AccountID, "displayName": "w"}}}})}, "start": 0}
		}, 200, nil},
		{"set restrictions: nobody", "PUT", page("Plans", restriction), sent([]m{restricted("read", m{})}), 400, nil},
		{"set restrictions: no groups", "PUT", page("Plans", restriction), func(f *fixture) any {
			who := known(f, "ana@acme.example")
			who["group"] = []m{}
			return []m{restricted("read", who)}
		}, 400, nil},
		{"set restrictions: a stranger", "PUT", page("Plans", restriction), sent([]m{restricted("read", m{"group": []m{{"type": "group", "id": "nope"}}})}), 400, nil},
		{"set restrictions: bad type", "PUT", page("Plans", restriction), sent([]m{restricted("read", m{"user": []m{{"type": "unknown"}}})}), 400, nil},
		{"set restrictions: bad list", "PUT", page("Plans", restriction), sent([]m{restricted("read", m{"group": m{"results": []m{}}})}), 400, nil},
		{"set restrictions: bad operation", "PUT", page("Plans", restriction), restricts("delete"), 400, nil},
		{"set restrictions: bad page", "PUT", page("Plans", restriction+"?limit=x"), restricts("read"), 400, nil},
		{"set restrictions: bad expand", "PUT", page("Plans", restriction+"?expand=x"), restricts("read"), 400, nil},
		{"clear restrictions: bad page", "DELETE", page("Secrets", restriction+"?start=-1"), nil, 400, nil},
		{"set restrictions: empty", "PUT", page("Plans", restriction), sent([]m{}), 400, nil},
		{"set restrictions: no restrictions", "PUT", page("Plans", restriction), sent([]m{{"operation": "read"}}), 400, nil},
		{"set restrictions: an attachment", "PUT", page("budget.pdf", restriction), restricts("read"), 400, nil},
		{"add restrictions", "POST", page("Secrets", restriction), restricts("read"), 200, func(f *fixture, _ m) {
			if got := names(f.content("Secrets").Read); !slices.Equal(got, []string{"ana@acme.example", "engineering"}) {
				f.Errorf("read %v", got)
			}
		}},
		{"clear restrictions", "DELETE", page("Secrets", restriction), nil, 200, func(f *fixture, _ m) {
			if c := f.content("Secrets"); len(c.Read)+len(c.Update) != 0 {
				f.Errorf("content %+v", c)
			}
		}},
		{"restricted to a group", "GET", func(f *fixture) string {
			return page("Secrets", restriction+"/byOperation/read/byGroupId/")(f) + f.group("engineering").ID
		}, nil, 200, nil},
		{"restricted to a group: not", "GET", func(f *fixture) string {
			return page("Secrets", restriction+"/byOperation/update/byGroupId/")(f) + f.group("engineering").ID
		}, nil, 404, nil},
		{"restrict to a group", "PUT", func(f *fixture) string {
			return page("Plans", restriction+"/byOperation/update/byGroupId/")(f) + f.group("staff").ID
		}, nil, 200, func(f *fixture, _ m) {
			if got := names(f.content("Plans").Update); !slices.Equal(got, []string{"staff"}) {
				f.Errorf("update %v", got)
			}
		}},
		{"restrict to a group: none", "PUT", page("Plans", restriction+"/byOperation/update/byGroupId/nope"), nil, 404, nil},
		{"unrestrict a group", "DELETE", func(f *fixture) string {
			return page("Secrets", restriction+"/byOperation/read/byGroupId/")(f) + f.group("engineering").ID
		}, nil, 200, func(f *fixture, _ m) {
			if got := names(f.content("Secrets").Read); len(got) != 0 {
				f.Errorf("read %v", got)
			}
		}},
		{"unrestrict a group: not there", "DELETE", func(f *fixture) string {
			return page("Plans", restriction+"/byOperation/read/byGroupId/")(f) + f.group("engineering").ID
		}, nil, 404, nil},
		{"restricted to a person: not", "GET", page("Secrets", restriction+"/byOperation/read/user?accountId=nope"), nil, 404, nil},
		{"restrict to a person", "PUT", func(f *fixture) string {
			return page("Plans", restriction+"/byOperation/read/user?accountId=")(f) + f.person("ana@acme.example").ID
		}, nil, 200, func(f *fixture, _ m) {
			path := "/wiki/rest/api/content/" + f.content("Plans").ID + "/restriction/byOperation/read/user?accountId=" + f.person("ana@acme.example").ID
			// Nothing stopped weir's account from locking itself out.
			f.want(404, "GET", path, nil)
			f.as("ana@acme.example").want(200, "GET", path, nil)
			f.as("ana@acme.example").want(200, "DELETE", path, nil)
			f.want(404, "GET", path, nil)
			if got := names(f.content("Plans").Read); len(got) != 0 {
				f.Errorf("read %v", got)
			}
		}},
		{"restrict to a person: by name", "PUT", page("Plans", restriction+"/byOperation/read/user?username=ana"), nil, 400, nil},
		{"restrict to a person: nobody", "PUT", page("Plans", restriction+"/byOperation/read/user?accountId=nope"), nil, 404, nil},
		{"restrict to a person: no id", "PUT", page("Plans", restriction+"/byOperation/read/user"), nil, 400, nil},

		// v1: what somebody may do with content
		{"check", "POST", page("Secrets", v1+"/content/%s/permission/check"), func(f *fixture) any {
			return m{"subject": m{"type": "user", "identifier": f.person("cy@acme.example").ID}, "operation": "read"}
		}, 200, func(f *fixture, b m) {
			if b["hasPermission"] != false {
				f.Errorf("answer %v", b)
			}
		}},
		{"check: a group", "POST", page("Secrets", v1+"/content/%s/permission/check"), func(f *fixture) any {
			f.must(f.em.Admin().SetProductRole("engineering", "user"))
			return m{"subject": m{"type": "group", "identifier": f.group("engineering").ID}, "operation": "update"}
		}, 200, func(f *fixture, b m) {
			if b["hasPermission"] != true {
				f.Errorf("answer %v", b)
			}
		}},
		{"check: bad operation", "POST", page("Secrets", v1+"/content/%s/permission/check"), func(f *fixture) any {
			return m{"subject": m{"type": "user", "identifier": "anonymous"}, "operation": "fly"}
		}, 400, nil},
		{"check: no subject", "POST", page("Secrets", v1+"/content/%s/permission/check"), sent(m{"operation": "read"}), 400, nil},
		{"check: no content", "POST", at(v1 + "/content/1/permission/check"), sent(m{"subject": m{"type": "user", "identifier": "anonymous"}, "operation": "read"}), 404, nil},

		// permissions
		{"add permission: roles only", "POST", page("Plans", v1+"/space/ENG/permission#%s"), staffReads, 400, nil},
		{"remove permission: of a role", "DELETE", func(f *fixture) string {
			pages(f)
			rows := f.want(200, "GET", spacePath("ENG", "/permissions")(f), nil)
			return v1 + "/space/ENG/permission/" + texts(rows, "results", "id")[0]
		}, nil, 400, nil},
		{"space permissions", "GET", spacePath("ENG", "/permissions?limit=250"), nil, 200, func(f *fixture, b m) {
			if n := len(b["results"].([]any)); n != 26+2 {
				f.Errorf("%d rows of roles, want 28", n)
			}
		}},
		{"space permissions: none", "GET", at(v2 + "/spaces/1/permissions"), nil, 404, nil},
		{"space: with permissions", "GET", spacePath("ENG", "?include-permissions=true"), nil, 200, func(f *fixture, b m) {
			if n := len(b["permissions"].(m)["results"].([]any)); n != 28 {
				f.Errorf("%d permissions", n)
			}
		}},
		{"space: with operations", "GET", func(f *fixture) string {
			pages(f)
			return spacePath("ENG", "?include-operations=true")(f)
		}, nil, 200, func(f *fixture, b m) {
			if n := len(b["operations"].(m)["results"].([]any)); n != 26 {
				f.Errorf("%d operations", n)
			}
		}},
		{"space: labels", "GET", func(f *fixture) string {
			f.must(f.em.Admin().SetLabels("ENG", "b", "A"))
			return spacePath("ENG", "?include-labels=true")(f)
		}, nil, 200, func(f *fixture, b m) {
			if got := texts(b["labels"].(m), "results", "name"); !slices.Equal(got, []string{"a", "b"}) {
				f.Errorf("labels %v", got)
			}
		}},
		{"space: bad labels", "GET", spacePath("ENG", "?include-labels=x"), nil, 400, nil},
		{"space: properties", "GET", spacePath("ENG", "?include-properties=true"), nil, 501, nil},
		{"space operations", "GET", spacePath("ENG", "/operations"), nil, 200, func(f *fixture, b m) {
			// An administrator of Confluence is no admin of the space for that.
			if got := texts(b, "operations", "operation"); !slices.Equal(got, []string{"create", "read"}) {
				f.Errorf("operations %v", got)
			}
		}},

		// v1: spaces
		{"v1 create space", "POST", at(v1 + "/space"), sent(m{"name": "Docs", "key": "DOCS", "description": m{"plain": m{"value": "d", "representation": "plain"}}}), 200, func(f *fixture, _ m) {
			if got := f.roles("DOCS"); !slices.Equal(got, []string{"all-licensed-users = Collaborator", "weir@embedded.invalid = Admin"}) {
				f.Errorf("roles %v", got)
			}
			if s := f.space("DOCS"); len(s.Content) != 1 || s.Content[0].ID != s.Homepage {
				f.Errorf("space %+v", s)
			}
		}},
		{"v1 create space: key taken", "POST", at(v1 + "/space"), sent(m{"name": "X", "key": "ENG"}), 400, nil},
		{"v1 create space: permissions on a site of roles", "POST", at(v1 + "/space"), sent(m{"name": "X", "key": "X", "permissions": []m{
			{"operation": m{"operation": "read", "targetType": "space"}, "anonymousAccess": true, "unlicensedAccess": false},
		}}), 400, nil},
		{"v1 create private space", "POST", at(v1 + "/space/_private"), sent(m{"name": "P", "key": "P"}), 200, func(f *fixture, _ m) {
			if got := f.roles("P"); !slices.Equal(got, []string{"weir@embedded.invalid = Admin"}) {
				f.Errorf("roles %v", got)
			}
		}},
		{"v1 delete space", "DELETE", page("Plans", v1+"/space/ENG#%s"), nil, 202, func(f *fixture, b m) {
			f.want(200, "GET", v1+"/longtask/"+b["id"].(string), nil)
			if strings.Contains(b["links"].(m)["status"].(string), "/wiki") {
				f.Errorf("links %v", b["links"])
			}
			if n := len(f.em.Dump().Spaces); n != 1 {
				f.Errorf("%d spaces", n)
			}
		}},
		{"v1 delete space: none", "DELETE", at(v1 + "/space/NOPE"), nil, 404, nil},
		{"home page", "PUT", page("Plans", v1+"/space/ENG#%s"), func(f *fixture) any {
			pages(f)
			return m{"homepage": m{"id": f.content("Plans").ID}}
		}, 200, func(f *fixture, _ m) {
			if s := f.space("ENG"); s.Homepage != f.content("Plans").ID {
				f.Errorf("home page %s", s.Homepage)
			}
		}},

		// the admin key, the audit log, nobody
		{"admin key", "POST", at(v2 + "/admin-key"), sent(m{"durationInMinutes": 30}), 200, func(f *fixture, b m) {
			if b["accountId"] != f.cred.AccountID || b["expirationTime"] != "2026-03-01T09:30:00Z" {
				f.Errorf("key %v", b)
			}
			f.want(200, "GET", v2+"/admin-key", nil)
		}},
		{"admin key: without a body", "POST", at(v2 + "/admin-key"), nil, 200, func(f *fixture, b m) {
			if b["expirationTime"] != "2026-03-01T09:10:00Z" {
				f.Errorf("key %v", b)
			}
		}},
		{"admin key: too long", "POST", at(v2 + "/admin-key"), sent(m{"durationInMinutes": 61}), 400, nil},
		{"admin key: negative", "POST", at(v2 + "/admin-key"), sent(m{"durationInMinutes": -1}), 400, nil},
		{"admin key: none", "GET", at(v2 + "/admin-key"), nil, 404, nil},
		{"drop admin key", "DELETE", at(v2 + "/admin-key"), nil, 204, nil},
		{"audit", "GET", at(v1 + "/audit?limit=2&searchString=GROUP"), nil, 200, func(f *fixture, b m) {
			row := b["results"].([]any)[0].(m)
			if row["creationDate"] != float64(start.UnixMilli()) || b["_links"].(m)["next"] == nil {
				f.Errorf("audit %v", b)
			}
		}},
		{"audit: a period", "GET", at(v1 + "/audit?startDate=0&endDate=1"), nil, 200, results("summary")},
		{"audit: bad date", "GET", at(v1 + "/audit?startDate=yesterday"), nil, 400, nil},
		{"audit since", "GET", at(v1 + "/audit/since?number=1&units=DAYS&limit=1"), nil, 200, nil},
		{"audit since: months", "GET", at(v1 + "/audit/since?limit=1"), nil, 200, nil},
		{"audit retention", "GET", at(v1 + "/audit/retention"), nil, 200, nil},
		{"audit since: bad unit", "GET", at(v1 + "/audit/since?units=MOONS"), nil, 400, nil},
		{"anonymous", "GET", at(v1 + "/user/anonymous?expand=operations"), nil, 200, nil},
	}
}

// transitionOperations are the same for what is possible only on a site in
// transition: permissions beside roles.
func transitionOperations() []step {
	const v1 = "/wiki/rest/api"
	return []step{
		{"add permission", "POST", administered(v1 + "/space/ENG/permission"), staffReads, 200, func(f *fixture, b m) {
			if got := f.permissions("ENG"); !slices.Equal(got, []string{"staff export_content/space", "staff read/space"}) {
				f.Errorf("permissions %v", got)
			}
			row := f.space("ENG").Permissions[1]
			if fmt.Sprint(uint64(b["id"].(float64))) != row.RowID {
				f.Errorf("id %v, want %v", b["id"], row.RowID)
			}
		}},
		{"add permission: no space", "POST", administered(v1 + "/space/NOPE/permission"), staffReads, 404, nil},
		{"add permission: not its admin", "POST", administered(v1 + "/space/OPS/permission"), staffReads, 403, nil},
		{"add permission: view first", "POST", administered(v1 + "/space/ENG/permission"), func(f *fixture) any {
			return permission("group", "staff", "create", "page")
		}, 400, nil},
		{"add permission: unknown", "POST", administered(v1 + "/space/ENG/permission"), sent(permission("group", "staff", "fly", "space")), 400, nil},
		{"add permission: no group", "POST", administered(v1 + "/space/ENG/permission"), sent(permission("group", "nope", "read", "space")), 400, nil},
		{"add permission: nobody", "POST", administered(v1 + "/space/ENG/permission"), sent(permission("user", "nope", "read", "space")), 400, nil},
		{"add permission: bad type", "POST", administered(v1 + "/space/ENG/permission"), sent(permission("role", "staff", "read", "space")), 400, nil},
		{"add permission: holds a role", "POST", administered(v1 + "/space/ENG/permission"), sent(permission("group", "engineering", "read", "space")), 400, nil},
		{"add permission: no subject", "POST", administered(v1 + "/space/ENG/permission"), sent(m{"operation": m{"key": "read", "target": "space"}}), 400, nil},
		{"remove permission", "DELETE", func(f *fixture) string {
			id := f.want(200, "POST", administered(v1+"/space/ENG/permission")(f), staffReads(f))["id"]
			return fmt.Sprintf("%s/space/eng/permission/%d", v1, uint64(id.(float64)))
		}, nil, 204, func(f *fixture, _ m) {
			if got := f.permissions("ENG"); len(got) != 0 {
				f.Errorf("permissions %v", got)
			}
		}},
		{"remove permission: none", "DELETE", administered(v1 + "/space/ENG/permission/1"), nil, 404, nil},
		{"remove permission: no number", "DELETE", administered(v1 + "/space/ENG/permission/x"), nil, 400, nil},
		{"v1 create space: with permissions", "POST", administered(v1 + "/space"), func(f *fixture) any {
			subjects := m{"group": m{"results": []m{{"type": "group", "name": "staff", "id": f.group("staff").ID}}, "size": 1}}
			return m{"name": "X", "alias": "X", "permissions": []m{
				{"subjects": subjects, "operation": m{"operation": "create", "targetType": "page"}, "anonymousAccess": false, "unlicensedAccess": false},
				{"subjects": subjects, "operation": m{"operation": "read", "targetType": "space"}, "anonymousAccess": true, "unlicensedAccess": false},
			}}
		}, 200, func(f *fixture, _ m) {
			want := []string{
				"anonymous-users export_content/space", "anonymous-users read/space",
				"staff create/page", "staff export_content/space", "staff read/space", "staff update/page",
			}
			if got := f.permissions("X"); !slices.Equal(got, want) || len(f.roles("X")) != 0 {
				f.Errorf("permissions %v, roles %v", got, f.roles("X"))
			}
		}},
		{"v1 create space: without view", "POST", administered(v1 + "/space"), sent(m{"name": "X", "key": "X", "permissions": []m{
			{"subjects": m{"group": m{"results": []m{{"name": "staff"}}, "size": 1}}, "operation": m{"operation": "create", "targetType": "page"}, "anonymousAccess": false, "unlicensedAccess": false},
		}}), 400, nil},
		{"v1 create space: unlicensed", "POST", administered(v1 + "/space"), sent(m{"name": "X", "key": "X", "permissions": []m{
			{"operation": m{"operation": "read", "targetType": "space"}, "anonymousAccess": false, "unlicensedAccess": true},
		}}), 501, nil},
		{"v1 create space: unknown permission", "POST", administered(v1 + "/space"), sent(m{"name": "X", "key": "X", "permissions": []m{
			{"operation": m{"operation": "fly", "targetType": "space"}, "anonymousAccess": true, "unlicensedAccess": false},
		}}), 400, nil},
		{"v1 create space: anonymous admin", "POST", administered(v1 + "/space"), sent(m{"name": "X", "key": "X", "permissions": []m{
			{"operation": m{"operation": "administer", "targetType": "space"}, "anonymousAccess": true, "unlicensedAccess": false},
		}}), 400, nil},
	}
}

// everyOperation yields all steps and the site that each is taken on.
func everyOperation() iter.Seq2[emulator.Options, step] {
	return func(yield func(emulator.Options, step) bool) {
		for _, s := range slices.Concat(operations(), contentOperations(), lifecycleOperations()) {
			if !yield(emulator.Options{}, s) {
				return
			}
		}
		for _, s := range transitionOperations() {
			if !yield(emulator.Options{RoleMode: emulator.ModeTransition}, s) {
				return
			}
		}
	}
}
