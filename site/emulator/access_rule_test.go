package emulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/site/emulator"
)

// The rules of docs/emulator.md about permissions, content and restrictions.

// legacy is a site of a mode with roles only where the mode has them; bo
// administers OLD by custom access.
func legacy(t *testing.T, mode string) (*fixture, emulator.Admin) {
	f := open(t, emulator.Options{RoleMode: mode})
	a := f.em.Admin()
	for _, p := range []string{"ana", "bo", "cy"} {
		f.must(a.AddPerson(p+"@acme.example", "", emulator.PersonOptions{}))
	}
	f.must(a.CreateGroup("staff", ""))
	f.must(a.CreateSpace("OLD", "Old"))
	f.must(a.AddPermission("OLD", user("bo@acme.example"), "read/space"))
	f.must(a.AddPermission("OLD", user("bo@acme.example"), "administer/space"))
	return f, a
}

func TestRoleModes(t *testing.T) {
	f, a := legacy(t, emulator.ModePreRoles)
	mode := func(want string) {
		t.Helper()
		if b := f.want(200, "GET", "/wiki/api/v2/space-role-mode", nil); b["mode"] != want || f.em.Dump().RoleMode != want {
			t.Errorf("mode %v, want %s", b["mode"], want)
		}
	}
	mode(emulator.ModePreRoles)
	// There are no roles yet, and no space can be made that has some.
	assignments := spacePath("OLD", "/role-assignments")(f)
	f.want(404, "GET", "/wiki/api/v2/space-roles", nil)
	f.want(404, "GET", "/wiki/api/v2/space-permissions", nil)
	f.want(404, "GET", assignments, nil)
	f.want(404, "POST", assignments, []m{assignment("USER", f.cred.AccountID, "x")})
	f.want(404, "POST", "/wiki/api/v2/spaces", m{"name": "N", "key": "N"})
	f.refused(a.AssignRole("OLD", team("staff"), "Viewer"), 404)
	// Only the published pairs can be written.
	f.refused(a.AddPermission("OLD", user("bo@acme.example"), "manage_templates/space"), 400)
	before := f.permissions("OLD")

	f.must(a.SetRoleMode(emulator.ModeTransition))
	mode(emulator.ModeTransition)
	if got := f.permissions("OLD"); !slices.Equal(got, before) {
		t.Errorf("permissions %v, were %v: everything stays custom access", got, before)
	}
	f.must(a.AddPermission("OLD", user("bo@acme.example"), "manage_templates/space"))
	f.must(a.AssignRole("OLD", team("staff"), "Viewer"))

	f.must(a.SetRoleMode(emulator.ModeRoles))
	mode(emulator.ModeRoles)
	f.refused(a.AddPermission("OLD", user("cy@acme.example"), "read/space"), 400)
	f.must(a.RemovePermission("OLD", user("bo@acme.example"), "manage_templates/space")) // what is left can go
	f.refused(a.SetRoleMode(emulator.ModeTransition), 400)
	f.refused(a.SetRoleMode("NONE"), 400)
	if _, err := emulator.New(emulator.Options{RoleMode: "NONE"}); err == nil {
		t.Error("a site of no mode")
	}
}

// TestPermissionSideEffects: what comes and goes with a permission.
func TestPermissionSideEffects(t *testing.T) {
	const bo, ana = "bo@acme.example", "ana@acme.example"
	for _, c := range []struct {
		add, remove string // after read/space
		want        []string
	}{
		{"", "", []string{"export_content/space", "read/space"}},
		{"create/page", "", []string{"create/page", "export_content/space", "read/space", "update/page"}},
		{"create/page", "create/page", []string{"export_content/space", "read/space"}},
		{"create/page", "update/page", []string{"create/page", "export_content/space", "read/space"}},
		{"create/comment", "", []string{"create/comment", "delete/space", "export_content/space", "read/space"}},
		{"update/blogpost", "", []string{"create/blogpost", "export_content/space", "read/space", "update/blogpost"}},
		{"administer/space", "", []string{"administer/space", "export_content/space", "manage_users/space", "read/space"}},
		{"administer/space", "administer/space", []string{"export_content/space", "read/space"}},
		{"create/page", "export_content/space", []string{"create/page", "read/space", "update/page"}},
		{"create/page", "read/space", nil},
	} {
		t.Run(c.add+" "+c.remove, func(t *testing.T) {
			f, a := legacy(t, emulator.ModeTransition)
			who := user(ana)
			f.must(a.AddPermission("OLD", who, "read/space"))
			if c.add != "" {
				f.must(a.AddPermission("OLD", who, c.add))
			}
			if c.remove != "" {
				f.must(a.RemovePermission("OLD", who, c.remove))
			}
			var got []string
			for _, p := range f.space("OLD").Permissions {
				if p.Name == ana {
					got = append(got, p.Permission)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("ana has %v, want %v", got, c.want)
			}
		})
	}
	f, a := legacy(t, emulator.ModeTransition)
	f.refused(a.AddPermission("OLD", user(bo), "manage_users/space"), 400) // it came with administer/space
}

func TestPermissionRefusals(t *testing.T) {
	f, a := legacy(t, emulator.ModeTransition)
	bo, cy, anonymous := user("bo@acme.example"), user("cy@acme.example"), emulator.Principal{Class: emulator.ClassAnonymous}
	f.refused(a.AddPermission("OLD", cy, "create/page"), 400)             // without read/space
	f.refused(a.AddPermission("OLD", bo, "read/space"), 400)              // twice
	f.refused(a.AddPermission("OLD", bo, "fly/space"), 400)               // unknown
	f.refused(a.RemovePermission("OLD", cy, "read/space"), 404)           // not there
	f.refused(a.RemovePermission("OLD", bo, "administer/space"), 400)     // the last admin
	f.refused(a.RemovePermission("OLD", bo, "read/space"), 400)           // and all with it
	f.must(a.AddPermission("OLD", anonymous, "read/space"))               // anonymous people may view,
	f.must(a.AddPermission("OLD", anonymous, "create/comment"))           // and more,
	f.refused(a.AddPermission("OLD", anonymous, "administer/space"), 400) // but neither administer
	f.refused(a.AddPermission("OLD", anonymous, "restrict_content/space"), 400)
	f.refused(a.AddPermission("OLD", anonymous, "manage_users/space"), 400)
	f.must(a.AddPermission("OLD", team("staff"), "read/space"))
	f.must(a.AddPermission("OLD", team("staff"), "administer/space")) // a group without members counts
	f.must(a.RemovePermission("OLD", bo, "read/space"))
	f.refused(a.RemovePermission("OLD", team("staff"), "administer/space"), 400)
	f.must(a.DeleteGroup("staff")) // no permission write: the space may be left without an admin
	if got := f.permissions("OLD"); len(got) != 4 || !strings.HasPrefix(got[0], emulator.ClassAnonymous) {
		t.Errorf("permissions %v", got)
	}
	// An administrator of Confluence recovers it; nobody else can.
	f.refused(a.RecoverSpace("OLD", "bo@acme.example"), 403)
	f.must(a.RecoverSpace("OLD", emulator.OwnEmail))
	if got := f.roles("OLD"); !slices.Equal(got, []string{"weir@embedded.invalid = Admin"}) {
		t.Errorf("roles %v", got)
	}
	free := open(t, emulator.Options{Plan: "free", RoleMode: emulator.ModePreRoles})
	free.must(free.em.Admin().CreateSpace("S", "S"))
	free.refused(free.em.Admin().AddPermission("S", user(emulator.OwnEmail), "read/space"), 400)
}

// TestRoleOrCustomAccess: never both for one principal.
func TestRoleOrCustomAccess(t *testing.T) {
	f, a := legacy(t, emulator.ModeTransition)
	ana := user("ana@acme.example")
	f.must(a.AssignRole("OLD", ana, "Collaborator"))
	f.refused(a.AddPermission("OLD", ana, "read/space"), 400)
	f.must(a.UnassignRole("OLD", ana))
	f.must(a.AddPermission("OLD", ana, "read/space"))
	f.must(a.AddPermission("OLD", ana, "create/page"))
	// A role takes the place of the permissions.
	f.must(a.AssignRole("OLD", ana, "Viewer"))
	if got := f.permissions("OLD"); slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, "ana@") }) {
		t.Errorf("permissions %v", got)
	}
	// So it may take the last admin's: the write is refused.
	f.refused(a.AssignRole("OLD", user("bo@acme.example"), "Manager"), 400)
	f.must(a.AssignRole("OLD", user("bo@acme.example"), "Admin"))
	// An entry without a role removes the principal, custom access and all.
	f.must(a.AddPermission("OLD", team("staff"), "read/space"))
	f.want(200, "POST", spacePath("OLD", "/role-assignments")(f), []m{assignment("GROUP", f.group("staff").ID, "")})
	if got := f.permissions("OLD"); len(got) != 0 {
		t.Errorf("permissions %v", got)
	}
}

// TestPermissionRows: v2 lists custom access and what roles give; ids are those
// that v1 deletes by.
func TestPermissionRows(t *testing.T) {
	f, a := legacy(t, emulator.ModeTransition)
	f.must(a.AssignRole("OLD", team("staff"), "Viewer"))
	f.must(a.AddPermission("OLD", emulator.Principal{Class: emulator.ClassAnonymous}, "read/space"))
	bo := f.as("bo@acme.example")
	rows := func() map[string]string { // "type operation" -> id
		out := map[string]string{}
		for _, row := range bo.want(200, "GET", spacePath("OLD", "/permissions?limit=250")(f), nil)["results"].([]any) {
			r := row.(m)
			who, op := r["principal"].(m), r["operation"].(m)
			out[fmt.Sprint(who["type"], " ", op["key"], "/", op["targetType"])] = r["id"].(string)
		}
		return out
	}
	got := rows()
	for _, want := range []string{
		"user read/space", "user export_content/space", "user administer/space", "user manage_users/space",
		"group read/space", "group create/comment", "access-class read/space", "access-class export_content/space",
	} {
		if got[want] == "" {
			t.Errorf("no row %q in %v", want, got)
		}
	}
	if len(got) != 8 {
		t.Errorf("rows %v", got)
	}
	bo.want(204, "DELETE", "/wiki/rest/api/space/OLD/permission/"+got["access-class read/space"], nil)
	bo.want(404, "DELETE", "/wiki/rest/api/space/OLD/permission/"+got["access-class read/space"], nil)
	bo.want(400, "DELETE", "/wiki/rest/api/space/OLD/permission/"+got["group read/space"], nil)
	bo.want(400, "DELETE", "/wiki/rest/api/space/OLD/permission/"+got["user administer/space"], nil)
	if n := len(rows()); n != 6 {
		t.Errorf("%d rows", n)
	}
}

func TestNewSpacesBeforeRoles(t *testing.T) {
	f, a := legacy(t, emulator.ModePreRoles)
	f.must(a.SetProductRole("staff", "user"))
	ana := f.as("ana@acme.example")
	ana.want(200, "POST", "/wiki/rest/api/space", m{"name": "Team", "key": "TEAM"})
	var staff, own []string
	for _, p := range f.space("TEAM").Permissions {
		if p.Name == "staff" {
			staff = append(staff, p.Permission)
		} else {
			own = append(own, p.Permission)
		}
	}
	if !slices.Contains(staff, "create/page") || slices.Contains(staff, "administer/space") || !slices.Contains(own, "administer/space") {
		t.Errorf("staff %v, creator %v", staff, own)
	}
	ana.want(200, "POST", "/wiki/rest/api/space/_private", m{"name": "Mine", "key": "MINE"})
	for _, p := range f.space("MINE").Permissions {
		if p.Name != "ana@acme.example" {
			t.Errorf("%s has %s in a private space", p.Name, p.Permission)
		}
	}
	f.must(a.CreateSpace("LOST", "Lost"))
	f.must(a.RecoverSpace("LOST", emulator.OwnEmail))
	f.want(200, "POST", "/wiki/rest/api/space/LOST/permission", permission("group", "staff", "read", "space"))
}

// TestWhoWritesPermissions: an admin of the space, and nobody else.
func TestWhoWritesPermissions(t *testing.T) {
	f, a := legacy(t, emulator.ModeTransition)
	body := permission("group", "staff", "read", "space")
	const path = "/wiki/rest/api/space/OLD/permission"
	f.want(403, "POST", path, body) // weir administers Confluence, and not the space
	f.as("cy@acme.example").want(404, "POST", path, body)
	f.must(a.AssignRole("OLD", user("cy@acme.example"), "Manager"))
	f.as("cy@acme.example").want(403, "POST", path, body)
	f.as("bo@acme.example").want(200, "POST", path, body)
	// In transition whoever manages access may give any role; later only what
	// they have.
	role := []m{assignment("USER", f.person("ana@acme.example").ID, f.role("Admin").ID)}
	cy, roles := f.as("cy@acme.example"), spacePath("OLD", "/role-assignments")(f)
	cy.want(200, "POST", roles, role)
	f.must(a.UnassignRole("OLD", user("ana@acme.example")))
	f.must(a.SetRoleMode(emulator.ModeRoles))
	cy.want(404, "POST", roles, role)
}

// library is a site with a tree of pages in LIB: Home > Shelf > Book > Leaf.
// ana administers the space, bo collaborates, everybody licensed views.
func library(t *testing.T) (*fixture, emulator.Admin) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.must(a.CreateSpace("LIB", "Library"))
	f.must(a.AssignRole("LIB", user("ana@acme.example"), "Admin"))
	f.must(a.AssignRole("LIB", user("bo@acme.example"), "Manager"))
	f.must(a.AssignRole("LIB", emulator.Principal{Class: emulator.ClassLicensed}, "Viewer"))
	f.must(a.CreatePage("LIB", "Shelf", ""))
	f.must(a.CreatePage("LIB", "Book", "Shelf"))
	f.must(a.CreatePage("LIB", "Leaf", "Book"))
	f.must(a.Attach("LIB", "Book", "cover.png"))
	f.must(a.CreateBlogPost("LIB", "News"))
	return f, a
}

// id finds the id of content of LIB by its title.
func (f *fixture) id(title string) string {
	f.Helper()
	for _, c := range f.space("LIB").Content {
		if c.Title == title {
			return c.ID
		}
	}
	f.Fatalf("nothing is titled %s", title)
	return ""
}

// sees checks, in every way that content is listed or read, that exactly these
// pages of LIB are there for the caller.
func (f *fixture) sees(want ...string) {
	f.Helper()
	body := f.want(200, "GET", spacePath("LIB", "/pages?sort=title")(f), nil)
	if got := texts(body, "results", "title"); !slices.Equal(got, want) {
		f.Errorf("%s sees the pages %v, want %v", f.email, got, want)
	}
	body = f.want(200, "GET", "/wiki/rest/api/content/search?cql=space%3DLIB+and+type%3Dpage+order+by+title", nil)
	if got := texts(body, "results", "title"); !slices.Equal(got, want) {
		f.Errorf("%s finds the pages %v, want %v", f.email, got, want)
	}
	for _, c := range f.space("LIB").Content {
		if c.Type != "page" {
			continue
		}
		status := 404
		if slices.Contains(want, c.Title) {
			status = 200
		}
		for _, path := range []string{"/wiki/api/v2/pages/%s", "/wiki/api/v2/pages/%s/ancestors", "/wiki/api/v2/pages/%s/children", "/wiki/api/v2/pages/%s/attachments"} {
			f.want(status, "GET", fmt.Sprintf(path, c.ID), nil)
		}
		if f.token != "" {
			f.want(status, "GET", "/wiki/rest/api/content/"+c.ID+"/restriction", nil)
		}
	}
}

// TestViewRestrictions are inherited, those of editing are not.
func TestViewRestrictions(t *testing.T) {
	f, a := library(t)
	ana, bo, cy := f.as("ana@acme.example"), f.as("bo@acme.example"), f.as("cy@acme.example")
	cy.sees("Book", "Leaf", "Library Home", "Shelf")

	f.must(a.Restrict("LIB", "Book", "read", user("bo@acme.example")))
	bo.sees("Book", "Leaf", "Library Home", "Shelf")
	cy.sees("Library Home", "Shelf")
	ana.sees("Library Home", "Shelf") // the space's admin too
	ana.want(404, "GET", "/wiki/api/v2/attachments/"+f.id("cover.png"), nil)
	if got := texts(ana.want(200, "GET", "/wiki/api/v2/attachments", nil), "results", "title"); len(got) != 0 {
		t.Errorf("ana sees the files %v of a page that she does not", got)
	}
	// Passing one restriction is not enough.
	f.must(a.Restrict("LIB", "Leaf", "read", user("cy@acme.example")))
	cy.sees("Library Home", "Shelf")
	bo.sees("Book", "Library Home", "Shelf")
	// Groups count, and adding up is all there is.
	f.must(a.AddMember("staff", "cy@acme.example"))
	f.must(a.Restrict("LIB", "Book", "read", team("staff")))
	cy.sees("Book", "Leaf", "Library Home", "Shelf")

	may := func(who *fixture, operation, title string) bool {
		return f.em.Can(f.person(who.email).ID, operation, emulator.Object{Page: f.id(title)})
	}
	f.must(a.Unrestrict("LIB", "Leaf", "read", user("cy@acme.example")))
	f.must(a.Restrict("LIB", "Book", "update", user("cy@acme.example")))
	if may(bo, "update", "Book") || !may(bo, "update", "Leaf") {
		t.Error("an edit restriction reaches its page and no other")
	}
	if may(cy, "update", "Book") {
		t.Error("being named in a restriction gives a viewer of the space nothing more")
	}
	f.must(a.MovePage("LIB", "Leaf", "Shelf"))
	ana.sees("Leaf", "Library Home", "Shelf") // out of the restricted branch
	f.refused(a.MovePage("LIB", "Shelf", "Leaf"), 400)
	f.must(a.DeletePage("LIB", "Shelf"))
	ana.sees("Leaf", "Library Home")
}

// TestRestrictedHomePage: everything below it is hidden, and the space is not.
func TestRestrictedHomePage(t *testing.T) {
	f, a := library(t)
	f.must(a.Restrict("LIB", "Library Home", "read", user("bo@acme.example")))
	cy := f.as("cy@acme.example")
	cy.sees()
	cy.want(200, "GET", spacePath("LIB", "")(f), nil)
	if got := texts(cy.want(200, "GET", "/wiki/api/v2/blogposts", nil), "results", "title"); !slices.Equal(got, []string{"News"}) {
		t.Errorf("blog posts %v", got)
	}
}

// TestWhoRestricts: whoever edits the page and has the space's permission to
// restrict; a lock-out is nobody's business.
func TestWhoRestricts(t *testing.T) {
	f, a := library(t)
	ana, bo, cy := f.as("ana@acme.example"), f.as("bo@acme.example"), f.as("cy@acme.example")
	book := "/wiki/rest/api/content/" + f.id("Book") + "/restriction"
	forBo := []m{restricted("read", known(f, "bo@acme.example"))}
	group := book + "/byOperation/read/byGroupId/" + f.group("staff").ID

	cy.want(404, "PUT", book, forBo) // cy views
	cy.want(404, "POST", book, forBo)
	cy.want(403, "DELETE", book, nil)
	cy.want(403, "PUT", group, nil)
	f.must(a.AssignRole("LIB", user("cy@acme.example"), "Collaborator"))
	cy.want(404, "PUT", book, forBo) // cy edits, and may not restrict

	ana.want(200, "PUT", book, forBo) // and ana is out
	ana.want(404, "GET", book, nil)
	ana.want(404, "DELETE", book, nil)
	ana.want(404, "DELETE", group, nil)
	// In the space's settings she sees what is restricted and can lift it.
	list, err := a.RestrictedPages("LIB", "ana@acme.example")
	f.must(err)
	if want := []emulator.RestrictedPage{{ID: f.id("Book"), Title: "Book", Read: true}}; !slices.Equal(list, want) {
		t.Errorf("restricted pages %+v", list)
	}
	if _, err := a.RestrictedPages("LIB", "bo@acme.example"); err == nil {
		t.Error("bo is no admin of the space and sees the list")
	}
	f.refused(a.LiftRestrictions("LIB", "Book", "bo@acme.example"), 403)
	f.must(a.LiftRestrictions("LIB", "Book", "ana@acme.example"))
	ana.want(200, "GET", book, nil)

	// An edit restriction binds those who restrict too.
	bo.want(200, "PUT", book, []m{restricted("update", known(f, "bo@acme.example"))})
	ana.want(404, "PUT", book, forBo)
	bo.want(200, "DELETE", book, nil)
	// Nobody edits in an archived space, and everybody views.
	f.must(a.SetSpaceStatus("LIB", "archived"))
	bo.want(403, "DELETE", book, nil)
	bo.want(200, "GET", "/wiki/api/v2/pages/"+f.id("Book"), nil)
	f.refused(a.CreatePage("LIB", "Late", ""), 400)
	// The index has left it out.
	if got := bo.want(200, "GET", "/wiki/rest/api/content/search?cql=space%3DLIB", nil)["results"].([]any); len(got) != 0 {
		t.Errorf("found %v in an archived space", got)
	}
}

func TestAdminKey(t *testing.T) {
	now := start
	f := open(t, emulator.Options{Clock: func() time.Time { return now }})
	a := f.em.Admin()
	f.must(a.AddPerson("ana@acme.example", "", emulator.PersonOptions{}))
	f.must(a.CreateSpace("LIB", "Library"))
	f.must(a.AssignRole("LIB", user("ana@acme.example"), "Admin"))
	f.must(a.CreatePage("LIB", "Diary", ""))
	f.must(a.Restrict("LIB", "Diary", "read", user("ana@acme.example")))
	path := "/wiki/rest/api/content/" + f.id("Diary") + "/restriction"
	with := func(status int, method, path string) m {
		t.Helper()
		r := f.request(method, path, nil)
		r.Header.Set("Atl-Confluence-With-Admin-Key", "true")
		got, body := f.send(r)
		if got != status {
			t.Fatalf("%s %s with the key: status %d, want %d: %v", method, path, got, status, body)
		}
		return body
	}
	with(404, "GET", path) // the header alone is nothing
	f.want(200, "POST", "/wiki/api/v2/admin-key", nil)
	f.want(404, "GET", path, nil) // nor is the key alone
	with(200, "GET", path)
	with(200, "GET", spacePath("LIB", "/pages")(f))
	if found := with(200, "GET", "/wiki/rest/api/content/search?cql=type%3Dpage")["results"].([]any); len(found) != 0 {
		t.Errorf("the index knows of the key: %v", found)
	}
	with(200, "DELETE", path)
	f.must(a.Restrict("LIB", "Diary", "read", user("ana@acme.example")))
	now = now.Add(10 * time.Minute)
	with(404, "GET", path) // it has run out, and nobody says so
	f.want(404, "GET", "/wiki/api/v2/admin-key", nil)
	f.want(200, "POST", "/wiki/api/v2/admin-key", m{"durationInMinutes": 0})
	f.want(204, "DELETE", "/wiki/api/v2/admin-key", nil)
	with(404, "GET", path)
	// Only for organisation and site admins, and from Premium on.
	f.as("ana@acme.example").want(404, "POST", "/wiki/api/v2/admin-key", nil)
	standard := open(t, emulator.Options{Plan: "standard"})
	standard.want(404, "POST", "/wiki/api/v2/admin-key", nil)
	standard.want(404, "DELETE", "/wiki/api/v2/admin-key", nil)
}

func TestDanglingRestrictions(t *testing.T) {
	f, a := library(t)
	f.must(a.Restrict("LIB", "Book", "read", team("engineering")))
	f.must(a.Restrict("LIB", "Book", "update", user("bo@acme.example")))
	id := f.group("engineering").ID
	bo := f.as("bo@acme.example") // in engineering
	path := "/wiki/rest/api/content/" + f.id("Book") + "/restriction"
	bo.want(200, "GET", path, nil)
	f.must(a.DeleteGroup("engineering"))
	bo.want(404, "GET", path, nil) // nobody passes the entry that is left
	f.must(a.CreateGroup("engineering", ""))
	f.must(a.AddMember("engineering", "bo@acme.example"))
	bo.want(404, "GET", path, nil) // a group of the same name is another group

	f.must(a.Restrict("LIB", "Book", "read", user("bo@acme.example")))
	body := bo.want(200, "GET", path, nil)
	group := body["results"].([]any)[0].(m)["restrictions"].(m)["group"].(m)
	if got := texts(group, "results", "id"); !slices.Equal(got, []string{id}) {
		t.Errorf("groups %v", got)
	}
	// It can be taken out, and not be written again.
	entry := restricted("read", m{"group": []m{{"type": "group", "id": id}}})
	bo.want(400, "PUT", path, []m{entry})
	bo.want(200, "DELETE", path+"/byOperation/read/byGroupId/"+id, nil)
	f.refused(a.Unrestrict("LIB", "Book", "read", emulator.Principal{Group: id}), 404)

	// People who are gone stay named too.
	f.must(a.SetPersonState("cy@acme.example", "suspended"))
	f.must(a.Restrict("LIB", "Book", "read", user("cy@acme.example")))
	f.must(a.SetPersonState("cy@acme.example", "removed"))
	if got := bo.want(200, "GET", path, nil); !strings.Contains(fmt.Sprint(got), f.person("cy@acme.example").ID) {
		t.Errorf("restrictions %v", got)
	}
}

func TestAnonymousAccess(t *testing.T) {
	f, a := library(t)
	nobody := &fixture{TB: t, em: f.em, cred: f.cred}
	call := func(status int, method, path string) m {
		t.Helper()
		r, err := http.NewRequest(method, "http://any.invalid"+path, nil)
		f.must(err)
		got, body := nobody.send(r)
		if got != status {
			t.Fatalf("%s %s without credentials: status %d, want %d: %v", method, path, got, status, body)
		}
		return body
	}
	anonymous := emulator.Principal{Class: emulator.ClassAnonymous}
	f.must(a.AssignRole("LIB", anonymous, "Viewer"))
	call(401, "GET", "/wiki/api/v2/spaces") // the site is closed
	f.must(a.GrantGlobal(anonymous, emulator.GlobalUse))

	keys("LIB")(f, call(200, "GET", "/wiki/api/v2/spaces"))
	call(404, "GET", spacePath("ENG", "")(f))
	call(404, "GET", spacePath("ENG", "/pages")(f))
	if b := call(200, "GET", "/wiki/rest/api/user/current"); b["type"] != "anonymous" {
		t.Errorf("current user %v", b)
	}
	f.must(a.Restrict("LIB", "Book", "read", user("ana@acme.example")))
	for _, path := range []string{spacePath("LIB", "/pages?sort=title")(f), "/wiki/rest/api/content/search?cql=type%3Dpage+order+by+title"} {
		results("title", "Library Home", "Shelf")(f, call(200, "GET", path))
	}
	call(404, "GET", "/wiki/api/v2/pages/"+f.id("Leaf"))
	call(401, "POST", "/wiki/api/v2/spaces") // what is not public needs credentials
	call(401, "GET", "/wiki/rest/api/group")
	call(401, "GET", "/admin/v1/orgs")
	f.as("ana@acme.example").want(200, "GET", "/wiki/api/v2/pages/"+f.id("Book"), nil)
	// Wrong credentials are not taken for none.
	wrong := *f
	wrong.token = "wrong"
	wrong.want(401, "GET", "/wiki/api/v2/spaces", nil)
}

func TestWhoChecksPermissions(t *testing.T) {
	f, a := library(t)
	f.must(a.Restrict("LIB", "Book", "read", user("bo@acme.example")))
	ana, cy := f.as("ana@acme.example"), f.as("cy@acme.example")
	check := func(who *fixture, status int, title, kind, identifier, operation string, want bool) {
		t.Helper()
		b := who.want(status, "POST", "/wiki/rest/api/content/"+f.id(title)+"/permission/check", m{
			"subject": m{"type": kind, "identifier": identifier}, "operation": operation,
		})
		if status == 200 && b["hasPermission"] != want {
			t.Errorf("%s may %s %s: %v", identifier, operation, title, b["hasPermission"])
		}
	}
	own := f.person("cy@acme.example").ID
	check(cy, 200, "Shelf", "user", own, "read", true)
	check(cy, 200, "Shelf", "user", own, "update", false)
	check(cy, 404, "Book", "user", own, "read", false)                            // what is hidden does not exist
	check(ana, 403, "Shelf", "user", own, "read", false)                          // about others: administrators
	check(f, 200, "Book", "user", own, "read", false)                             // who need not see it
	check(f, 200, "Book", "user", f.person("bo@acme.example").ID, "delete", true) // a Manager
	check(f, 200, "Shelf", "group", f.group("engineering").ID, "read", false)     // lets nobody in
	check(f, 200, "Shelf", "group", f.group("staff").ID, "read", true)            // licensed, so a viewer
	check(f, 200, "Shelf", "user", "anonymous", "read", false)
	check(f, 400, "Shelf", "group", "nope", "read", false)
}

func TestCan(t *testing.T) {
	f, _ := library(t)
	cy := f.person("cy@acme.example").ID
	for _, c := range []struct {
		account, operation string
		on                 emulator.Object
		want               bool
	}{
		{cy, "read/space", emulator.Object{Space: "lib"}, true},
		{cy, "create/page", emulator.Object{Space: "LIB"}, false},
		{cy, "read/space", emulator.Object{Space: "NOPE"}, false},
		{cy, "read", emulator.Object{Page: f.id("Book")}, true},
		{cy, "delete", emulator.Object{Page: f.id("Book")}, false},
		{cy, "restrict", emulator.Object{Page: f.id("Book")}, false},
		{cy, "fly", emulator.Object{Page: f.id("Book")}, false},
		{cy, "read", emulator.Object{Page: "1"}, false},
		{"", "read", emulator.Object{Page: f.id("Book")}, false},
		{"nobody", "read", emulator.Object{Page: f.id("Book")}, false},
		{f.person("ana@acme.example").ID, "restrict", emulator.Object{Page: f.id("cover.png")}, true},
		{f.person("ana@acme.example").ID, "delete", emulator.Object{Page: f.id("News")}, true},
	} {
		if got := f.em.Can(c.account, c.operation, c.on); got != c.want {
			t.Errorf("%q may %s %+v: %v", c.account, c.operation, c.on, got)
		}
	}
}

// TestAuditLog: who changed what, for permissions, roles, members, restrictions
// and spaces; latest first, for administrators only.
func TestAuditLog(t *testing.T) {
	now := start
	f := open(t, emulator.Options{RoleMode: emulator.ModeTransition, Clock: func() time.Time { return now }})
	small(f)
	a := f.em.Admin()
	bo := f.as("bo@acme.example")
	now = now.Add(time.Hour)
	bo.want(200, "POST", "/wiki/rest/api/space/OPS/permission", permission("group", "staff", "read", "space"))
	now = now.Add(time.Hour)
	f.want(201, "POST", "/wiki/rest/api/group/userByGroupId?groupId="+f.group("staff").ID, m{"accountId": f.person("cy@acme.example").ID})
	f.must(a.Unaudited().CreateGroup("quiet", ""))
	f.must(a.Restrict("ENG", "Engineering Home", "read", team("staff")))

	path := fmt.Sprintf("/wiki/rest/api/audit?startDate=%d&limit=3", start.Add(time.Minute).UnixMilli())
	first := f.want(200, "GET", path, nil)
	results("summary", "Content restriction added", "User added to group", "Space permission added")(f, first)
	next := first["_links"].(m)["next"].(string)
	results("summary", "Space permission added")(f, f.want(200, "GET", "/wiki"+next, nil))
	for i, author := range []any{nil, f.cred.AccountID, f.person("bo@acme.example").ID} {
		if got := first["results"].([]any)[i].(m)["author"].(m)["accountId"]; got != author {
			t.Errorf("author %v, want %v", got, author)
		}
	}
	one := f.want(200, "GET", "/wiki/rest/api/audit/since?number=90&units=MINUTES&searchString=export_content", nil)
	row := one["results"].([]any)[0].(m)
	if len(one["results"].([]any)) != 1 || row["creationDate"] != float64(start.Add(time.Hour).UnixMilli()) || row["affectedObject"].(m)["name"] != "Operations" {
		t.Errorf("audit %v", one)
	}
	bo.want(403, "GET", "/wiki/rest/api/audit", nil)
	if got := f.em.Audit(); len(got) == 0 || slices.ContainsFunc(got, func(r emulator.AuditRecord) bool { return r.Object.Name == "quiet" }) {
		t.Errorf("%d records", len(got))
	}
}

// TestEmbeddedLists: a search cuts long lists of whom a restriction names, and
// says so by their size; the content's own list has pages.
func TestEmbeddedLists(t *testing.T) {
	f, a := library(t)
	f.must(a.Restrict("LIB", "Book", "read", user("bo@acme.example")))
	f.must(a.Together(func(a emulator.Admin) error {
		for i := range 120 {
			name := fmt.Sprintf("g%03d", i)
			if err := a.CreateGroup(name, ""); err != nil {
				return err
			}
			if err := a.Restrict("LIB", "Book", "read", team(name)); err != nil {
				return err
			}
		}
		return nil
	}))
	bo := f.as("bo@acme.example")
	found := bo.want(200, "GET", "/wiki/rest/api/content/search?cql=title%3DBook&expand=restrictions.read.restrictions.group", nil)
	embedded := found["results"].([]any)[0].(m)["restrictions"].(m)["read"].(m)["restrictions"].(m)["group"].(m)
	if embedded["size"] != 25.0 || embedded["limit"] != 25.0 {
		t.Errorf("embedded list %v of %v", embedded["size"], embedded["limit"])
	}
	for _, path := range []string{"/restriction?limit=500", "/restriction/byOperation/read"} {
		seen := map[string]bool{}
		next := "/rest/api/content/" + f.id("Book") + path
		for next != "" {
			b := bo.want(200, "GET", "/wiki"+next, nil)
			row := b
			if list, many := b["results"]; many {
				row = list.([]any)[0].(m)
			}
			for _, id := range texts(row["restrictions"].(m)["group"].(m), "results", "id") {
				seen[id] = true
			}
			next, _ = b["_links"].(m)["next"].(string)
		}
		if len(seen) != 120 {
			t.Errorf("%s: %d groups of 120", path, len(seen))
		}
	}
}

// TestQueries is the part of the query language that there is.
func TestQueries(t *testing.T) {
	f, _ := library(t)
	bo := f.as("bo@acme.example")
	path := func(cql string) string {
		return search(strings.NewReplacer("$HOME", f.id("Library Home"), "$BOOK", f.id("Book"), "$LIB", f.space("LIB").ID).Replace(cql), "")(&fixture{TB: t, em: f.em})
	}
	for cql, want := range map[string]string{
		`space=LIB and type = page order by title`:                       "Book Leaf Library Home Shelf",
		`space.key in ("lib","NOPE") and type in (blogpost, attachment)`: "cover.png News",
		`id in ($BOOK, 1)`: "Book",
		`space = LIB AND (title = "Book" OR title = 'leaf') order by title`:  "Book Leaf",
		`type=page and space=LIB and not title ~ "*o*" order by id`:          "Shelf Leaf",
		`type=page and space=LIB and title != Book and parent = $BOOK`:       "Leaf",
		`space.id=$LIB and type=page and ancestor=$HOME order by title desc`: "Shelf Leaf Book",
		`content=$BOOK`: "Book",
		`space = NOPE or space = lib and type = blogpost`:                          "News",
		`space = "NOPE" and type = page`:                                           "",
		`space = lib and title = "or" order by title`:                              "",
		`type=page and space=LIB and id not in ($BOOK,$HOME) order by created asc`: "Shelf Leaf",
		`title = "a \"quoted\" one"`:                                               "",
		`space=LIB and type=page and creator=nobody`:                               "",
	} {
		b := bo.want(200, "GET", path(cql), nil)
		if got := strings.Join(texts(b, "results", "title"), " "); got != want {
			t.Errorf("%s: found %q, want %q", cql, got, want)
		}
	}
	for _, cql := range []string{
		"space", "space =", "space = (", "flavour = x", `title = "`, "space ~ LIB", "space in ()", "space in (a b)", "space in (a",
		"space=LIB order title", "space=LIB order by flavour", "space=LIB order by", "space=LIB type=page", "(space=LIB", "space=LIB and", ") = x",
		"space > LIB", strings.Repeat("(", 60) + "type=page" + strings.Repeat(")", 60), strings.Repeat("not ", 60) + "type=page",
	} {
		bo.want(400, "GET", path(cql), nil)
	}
}

// TestSearchPages: a search is cut at a hundred, whatever is asked for, and its
// pages are cut after what the caller may not see was left out.
func TestSearchPages(t *testing.T) {
	f, a := library(t)
	f.must(a.Together(func(a emulator.Admin) error {
		for i := range 150 {
			title := fmt.Sprintf("p%03d", i)
			if err := a.CreatePage("LIB", title, ""); err != nil {
				return err
			}
			if i%3 == 0 {
				if err := a.Restrict("LIB", title, "read", user("ana@acme.example")); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	bo := f.as("bo@acme.example")
	var sizes []int
	for next := "/rest/api/content/search?cql=space%3DLIB+and+type%3Dpage&limit=1000"; next != ""; {
		b := bo.want(200, "GET", "/wiki"+next, nil)
		sizes = append(sizes, len(b["results"].([]any)))
		next, _ = b["_links"].(m)["next"].(string)
	}
	if !slices.Equal(sizes, []int{100, 4}) {
		t.Errorf("pages of %v, want 100 and 4", sizes)
	}
}

func TestContentPages(t *testing.T) {
	f, a := library(t)
	for name, err := range map[string]error{
		"title twice":       a.CreatePage("LIB", "BOOK", ""),
		"no title":          a.CreatePage("LIB", " ", ""),
		"file twice":        a.Attach("LIB", "Book", "cover.png"),
		"classes":           a.Restrict("LIB", "Book", "read", emulator.Principal{Class: emulator.ClassLicensed}),
		"no such operation": a.Restrict("LIB", "Book", "delete", team("staff")),
	} {
		t.Run(name, func(t *testing.T) { (&fixture{TB: t}).refused(err, 400) })
	}
	for name, err := range map[string]error{
		"no parent":     a.CreatePage("LIB", "New", "Nowhere"),
		"no page":       a.MovePage("LIB", "Nowhere", ""),
		"no new parent": a.MovePage("LIB", "Leaf", "Nowhere"),
		"nothing":       a.DeletePage("LIB", "Nowhere"),
		"no group":      a.Restrict("LIB", "Book", "read", team("nowhere")),
		"not there":     a.Unrestrict("LIB", "Book", "read", team("staff")),
		"no space":      a.CreateBlogPost("NOPE", "x"),
	} {
		t.Run(name, func(t *testing.T) { (&fixture{TB: t}).refused(err, 404) })
	}
	f.must(a.Attach("LIB", "News", "cover.png")) // another page's file may have the name
	f.must(a.DeletePage("LIB", "Book"))          // its file goes with it
	bo := f.as("bo@acme.example")
	if got := texts(bo.want(200, "GET", "/wiki/api/v2/attachments", nil), "results", "blogPostId"); !slices.Equal(got, []string{f.id("News")}) {
		t.Errorf("attachments of %v", got)
	}
	f.must(a.DeletePage("LIB", "Library Home"))
	if sp := bo.want(200, "GET", spacePath("LIB", "")(f), nil); sp["homepageId"] != nil {
		t.Errorf("home page %v", sp["homepageId"])
	}
	bo.want(200, "GET", "/wiki/api/v2/attachments/"+strings.TrimPrefix(f.id("cover.png"), "att"), nil)
	free := open(t, emulator.Options{Plan: "free"})
	free.must(free.em.Admin().CreateSpace("S", "S"))
	free.refused(free.em.Admin().Restrict("S", "S Home", "read", user(emulator.OwnEmail)), 400)
}
