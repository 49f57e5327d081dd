package emulator_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// The rules of docs/emulator.md that reach over several operations.

// refused checks that the product said no, with this status.
func (f *fixture) refused(err error, status int) {
	f.Helper()
	var r *emulator.Refusal
	if !errors.As(err, &r) {
		f.Fatalf("error %v, want a refusal with status %d", err, status)
	}
	if r.Status != status || r.Error() == "" {
		f.Errorf("refused with %d %q, want %d", r.Status, r.Error(), status)
	}
}

func user(email string) emulator.Principal { return emulator.Principal{User: email} }
func team(name string) emulator.Principal  { return emulator.Principal{Group: name} }

func TestSystemRolesAreNested(t *testing.T) {
	f := open(t, emulator.Options{})
	order := []string{"Viewer", "Collaborator", "Manager", "Admin"}
	for i, name := range order[1:] {
		weaker, stronger := f.role(order[i]), f.role(name)
		if !weaker.System || !stronger.System || len(weaker.Permissions) >= len(stronger.Permissions) {
			t.Errorf("%s and %s: %d and %d permissions", weaker.Name, name, len(weaker.Permissions), len(stronger.Permissions))
		}
		for _, p := range weaker.Permissions {
			if !slices.Contains(stronger.Permissions, p) {
				t.Errorf("%s has %s and %s has not", weaker.Name, p, name)
			}
		}
	}
	if n := len(f.role("Admin").Permissions); n != 26 {
		t.Errorf("Admin has %d permissions", n)
	}
	f.refused(f.em.Admin().GrantPermission("Viewer", "create/page"), 400)
	f.refused(f.em.Admin().DeleteRole("Admin"), 400)
}

func TestTenCustomRoles(t *testing.T) {
	f := open(t, emulator.Options{})
	a := f.em.Admin()
	for i := range 10 {
		f.must(a.CreateRole(fmt.Sprint("r", i), "", "read/space"))
	}
	f.refused(a.CreateRole("r10", "", "read/space"), 400)
	f.must(a.DeleteRole("R3"))
	f.must(a.CreateRole("r10", "", "read/space"))
}

func TestRolePermissions(t *testing.T) {
	f := open(t, emulator.Options{})
	a := f.em.Admin()
	f.must(a.CreateRole("Scribe", "", "read/space"))
	f.must(a.GrantPermission("scribe", "create/page"))
	f.refused(a.GrantPermission("Scribe", "fly/space"), 400)
	f.refused(a.RevokePermission("Scribe", "read/space"), 400) // create/page needs it
	f.refused(a.RevokePermission("Scribe", "export/space"), 404)
	f.must(a.RevokePermission("Scribe", "create/page"))
	f.refused(a.RevokePermission("Scribe", "read/space"), 400) // a role is never empty
	f.refused(a.GrantPermission("nobody", "read/space"), 404)
}

func TestLastSpaceAdmin(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.refused(a.UnassignRole("OPS", user("bo@acme.example")), 400)
	f.refused(a.AssignRole("OPS", user("bo@acme.example"), "Manager"), 400)

	f.must(a.AssignRole("OPS", team("staff"), "Admin")) // without members, and it counts
	f.must(a.UnassignRole("OPS", user("bo@acme.example")))
	f.refused(a.UnassignRole("OPS", team("staff")), 400)
	f.must(a.DeleteGroup("staff"))
	if got := f.roles("OPS"); len(got) != 0 {
		t.Errorf("roles %v after the admin group is gone", got)
	}
	// A space without an admin can be written to.
	f.must(a.AssignRole("OPS", user("cy@acme.example"), "Viewer"))
	f.must(a.UnassignRole("OPS", user("cy@acme.example")))
}

func TestLastAdminThroughCustomRole(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.must(a.CreateRole("Keeper", "", "read/space", "administer/space"))
	f.must(a.CreateSpace("K", "Kept"))
	f.must(a.AssignRole("K", user("ana@acme.example"), "Keeper"))
	f.refused(a.RevokePermission("Keeper", "administer/space"), 400)
	f.refused(a.DeleteRole("Keeper"), 400)
	f.must(a.AssignRole("K", user("bo@acme.example"), "Admin"))
	f.must(a.DeleteRole("Keeper"))
	if got := f.roles("K"); !slices.Equal(got, []string{"bo@acme.example = Admin"}) {
		t.Errorf("roles %v", got)
	}
}

func TestDeletedGroupTakesAllWithIt(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.must(a.SetProductRole("engineering", "user", "admin"))
	f.must(a.DeleteGroup("engineering"))
	if got := f.roles("ENG"); !slices.Equal(got, []string{"all-licensed-users = Viewer"}) {
		t.Errorf("roles %v", got)
	}
	body := f.want(200, "POST", f.dir("/users/search"), m{"emails": []string{"ana@acme.example"}, "expand": []string{"groups"}})
	if n := len(body["data"].([]any)[0].(m)["groups"].([]any)); n != 0 {
		t.Errorf("ana is in %d groups", n)
	}
	f.must(a.CreateGroup("engineering", ""))
	if g := f.group("engineering"); len(g.Members) != 0 || len(g.Product) != 0 {
		t.Errorf("the new group is %+v", g)
	}
}

func TestManagedGroups(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	for _, g := range []string{"okta-finance", "team-blue"} {
		f.refused(a.AddMember(g, "ana@acme.example"), 403)
		f.refused(a.DeleteGroup(g), 403)
	}
	f.must(a.AddMember("site-admins", "ana@acme.example"))
	f.refused(a.DeleteGroup("site-admins"), 403)
	// They may hold roles like any other group.
	f.must(a.SetProductRole("okta-finance", "user"))
	f.must(a.AssignRole("ENG", team("okta-finance"), "Viewer"))
	// What they give, nobody here can take.
	f.refused(a.RemoveAccess("cy@acme.example"), 403)
	f.must(a.SyncMember("okta-finance", "cy@acme.example", false))
	f.must(a.RemoveAccess("cy@acme.example"))
	f.refused(a.SetManaged("okta-finance", "aliens"), 400)
}

func TestGroupsOfAnotherProduct(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	f.must(f.em.Admin().SetManaged("engineering", emulator.ManagedOther))
	jira := "ari:cloud:jira::site/" + f.cred.CloudID
	body := f.want(200, "POST", f.dir("/groups/search"), m{"resourceIds": []string{jira}})
	groups("engineering")(f, body)
	body = f.want(200, "POST", f.dir("/users/search"), m{"resourceIds": []string{jira}})
	if n := len(body["data"].([]any)); n != 2 {
		t.Errorf("%d people use Jira", n)
	}
}

func TestStatesOfPeople(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	const ana = "ana@acme.example"
	in := func() bool { return slices.Contains(f.group("engineering").Members, f.person(ana).ID) }

	f.must(a.SetPersonState(ana, "suspended"))
	if p := f.person(ana); p.Enters || !p.Licensed || !in() {
		t.Errorf("suspended: %+v, member: %v", p, in())
	}
	members := f.want(200, "GET", "/wiki/rest/api/group/"+f.group("engineering").ID+"/membersByGroupId", nil)
	if n := len(members["results"].([]any)); n != 1 {
		t.Errorf("v1 shows %d members; suspended people are hidden", n)
	}
	f.must(a.SetPersonState(ana, "deactivated")) // both at once
	f.must(a.SetPersonState(ana, "active"))
	if p := f.person(ana); !p.Enters || p.State != "active" {
		t.Errorf("active again: %+v", p)
	}

	f.must(a.SetPersonState(ana, "deactivated"))
	if p := f.person(ana); p.Enters || !in() {
		t.Errorf("deactivated: %+v, member: %v", p, in())
	}
	members = f.want(200, "GET", "/wiki/rest/api/group/"+f.group("engineering").ID+"/membersByGroupId", nil)
	if names := texts(members, "results", "displayName"); !slices.Contains(names, "Ana Lind (Deactivated)") {
		t.Errorf("members %v", names)
	}
	f.refused(a.SetPersonState(ana, "deactivated"), 409)
	f.refused(a.AddPerson(ana, "", emulator.PersonOptions{}), 409)
	body := f.want(206, "POST", "/admin/v2/orgs/"+f.cred.OrgID+"/users/invite", m{
		"emails": []string{ana, "new@acme.example"}, "permissionRules": []m{{"resource": f.site(), "role": "atlassian/user"}},
	})
	row := body["data"].([]any)[0].(m)
	result := row["results"].([]any)[0].(m)["roleAssignmentResult"].([]any)[0].(m)
	if result["status"] != "ERROR" || !strings.Contains(result["statusReason"].(string), "deactivated") {
		t.Errorf("invitation of a deactivated account: %v", row)
	}
	if !f.person("new@acme.example").Enters {
		t.Error("the other invitation did not go through")
	}
	f.want(204, "POST", "/users/"+f.person(ana).ID+"/manage/lifecycle/enable", nil)
	if p := f.person(ana); !p.Enters || !in() {
		t.Errorf("enabled: %+v", p)
	}

	id := f.person(ana).ID
	f.must(a.AssignRole("OPS", user(ana), "Viewer"))
	f.must(a.SetPersonState(ana, "removed"))
	if p := f.person(ana); p.State != "removed" || p.Licensed || in() {
		t.Errorf("removed: %+v", p)
	}
	if !slices.Contains(f.roles("OPS"), ana+" = Viewer") {
		t.Errorf("roles %v: Confluence keeps grants of those who left", f.roles("OPS"))
	}
	f.refused(a.SetPersonState(ana, "active"), 404)
	f.refused(a.AddMember("staff", ana), 404)
	f.refused(a.SetPersonState("bo@acme.example", "asleep"), 400)
	f.must(a.AddPerson(ana, "Ana", emulator.PersonOptions{}))
	if p := f.person(ana); p.ID != id || !p.Enters || in() {
		t.Errorf("invited again: %+v", p)
	}
}

func TestRemovedPeopleInSearch(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	for _, p := range []string{"ana@acme.example", "pat@partner.example"} {
		f.must(f.em.Admin().SetPersonState(p, "removed"))
	}
	body := f.want(200, "POST", f.dir("/users/search"), m{"emails": []string{"ana@acme.example", "pat@partner.example"}})
	rows := body["data"].([]any)
	if len(rows) != 1 || rows[0].(m)["status"] != "not_invited" || rows[0].(m)["membershipStatus"] != "no_membership" {
		t.Errorf("rows %v: a managed account stays known, another does not", rows)
	}
	f.want(404, "GET", "/wiki/rest/api/user?accountId="+f.person("ana@acme.example").ID, nil)
}

func TestOnlyManagedAccountsAreDeactivated(t *testing.T) {
	f := open(t, emulator.Options{Domains: []string{"acme.example"}})
	a := f.em.Admin()
	f.must(a.AddPerson("ana@ACME.example", "", emulator.PersonOptions{}))
	f.must(a.AddPerson("pat@partner.example", "", emulator.PersonOptions{}))
	f.must(a.SetPersonState("ana@acme.example", "deactivated"))
	f.refused(a.SetPersonState("pat@partner.example", "deactivated"), 403)
	f.must(a.SetPersonState("pat@partner.example", "suspended"))
}

func TestRemoveAccess(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	const ana = "ana@acme.example"
	f.must(a.AddMember("staff", ana))
	f.must(a.RemoveAccess(ana))
	p := f.person(ana)
	if p.Licensed || p.State != "active" || slices.Contains(f.group("staff").Members, p.ID) {
		t.Errorf("ana is %+v", p)
	}
	if !slices.Contains(f.group("engineering").Members, p.ID) {
		t.Error("a group without the product lost its member")
	}
	f.refused(a.RemoveAccess("nobody@acme.example"), 404)
	f.must(a.AddPerson(ana, "", emulator.PersonOptions{}))
	f.refused(a.AddPerson(ana, "", emulator.PersonOptions{}), 409)
}

func TestSeats(t *testing.T) {
	f := open(t, emulator.Options{Seats: 3}) // weir's own account takes one
	a := f.em.Admin()
	f.must(a.AddPerson("a@acme.example", "", emulator.PersonOptions{Invited: true})) // invited people count
	f.must(a.AddPerson("b@acme.example", "", emulator.PersonOptions{}))
	f.refused(a.AddPerson("c@acme.example", "", emulator.PersonOptions{}), 409)
	f.must(a.AddPerson("c@acme.example", "", emulator.PersonOptions{NoAccess: true}))
	c := f.person("c@acme.example").ID
	f.want(409, "POST", f.orgV1("/users/"+c+"/roles/assign"), m{"role": "atlassian/user", "resource": f.site()})
	f.want(409, "POST", "/admin/v2/orgs/"+f.cred.OrgID+"/users/invite", m{
		"emails": []string{"d@acme.example"}, "permissionRules": []m{{"resource": f.site(), "role": "atlassian/user"}},
	})
	f.must(a.CreateGroup("g", ""))
	f.must(a.AddMember("g", "c@acme.example"))
	f.refused(a.SetProductRole("g", "guest", "user"), 409)
	if p := f.group("g").Product; len(p) != 0 {
		t.Errorf("a refused change left %v", p)
	}
	f.must(a.SetProductRole("g", "user-access-admin")) // takes no seat
	f.must(a.SetPersonState("b@acme.example", "suspended"))
	f.must(a.SetProductRole("g", "user"))
	f.refused(a.SetPersonState("b@acme.example", "active"), 409)
	f.must(a.SetPersonState("c@acme.example", "deactivated")) // frees the seat
	f.must(a.SetPersonState("b@acme.example", "active"))
	f.refused(a.SetPersonState("c@acme.example", "active"), 409)
	f.must(a.AddPerson("e@acme.example", "", emulator.PersonOptions{NoAccess: true}))
	f.want(409, "POST", f.dir("/groups/"+f.group("g").ID+"/memberships"), m{"accountId": f.person("e@acme.example").ID})
	f.want(409, "POST", "/admin/v2/orgs/"+f.cred.OrgID+"/users/invite", m{
		"emails": []string{"h@acme.example"}, "additionalGroups": []string{f.group("g").ID},
	})
}

func TestFreePlan(t *testing.T) {
	f := open(t, emulator.Options{Plan: "free"})
	a := f.em.Admin()
	for i := range 9 {
		f.must(a.AddPerson(fmt.Sprintf("p%d@acme.example", i), "", emulator.PersonOptions{}))
	}
	f.refused(a.AddPerson("p9@acme.example", "", emulator.PersonOptions{}), 409)
	f.refused(a.CreateRole("R", "", "read/space"), 400)
	f.want(201, "POST", "/wiki/api/v2/spaces", m{"name": "S", "key": "S"})
	f.want(400, "POST", "/wiki/api/v2/spaces", m{"name": "T", "key": "T", "roleAssignments": []m{assignment("USER", f.cred.AccountID, f.role("Admin").ID)}})
	f.want(400, "POST", spacePath("S", "/role-assignments")(f), []m{assignment("USER", f.cred.AccountID, "")})
	f.want(402, "POST", "/admin/v2/orgs/"+f.cred.OrgID+"/users/invite", m{"emails": []string{"x@acme.example"}})
}

// TestCallers: what somebody else than weir's own account sees and may do.
func TestCallers(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.must(a.AssignRole("OPS", user("cy@acme.example"), "Manager"))
	ana, cy := f.as("ana@acme.example"), f.as("cy@acme.example")

	keys("ENG")(ana, ana.want(200, "GET", "/wiki/api/v2/spaces", nil))
	keys("ENG", "OPS")(cy, cy.want(200, "GET", "/wiki/api/v2/spaces", nil))
	ana.want(404, "GET", spacePath("OPS", "")(f), nil)
	ana.want(404, "GET", spacePath("OPS", "/role-assignments")(f), nil)
	ana.want(404, "PUT", "/wiki/rest/api/space/OPS", m{"name": "Mine"})
	ana.want(200, "PUT", "/wiki/rest/api/space/ENG", m{"name": "Ours"}) // Admin through engineering
	cy.want(404, "PUT", "/wiki/rest/api/space/OPS", m{"name": "Mine"})

	viewer, admin := f.role("Viewer").ID, f.role("Admin").ID
	bo := f.person("bo@acme.example").ID
	cy.want(404, "POST", spacePath("ENG", "/role-assignments")(f), []m{assignment("USER", bo, viewer)})
	cy.want(200, "POST", spacePath("OPS", "/role-assignments")(f), []m{assignment("GROUP", f.group("staff").ID, viewer)})
	cy.want(404, "POST", spacePath("OPS", "/role-assignments")(f), []m{assignment("GROUP", f.group("staff").ID, admin)}) // has not what it gives

	for _, c := range []struct {
		status       int
		method, path string
		body         any
	}{
		{403, "POST", "/wiki/rest/api/group", m{"name": "mine"}},
		{403, "DELETE", "/wiki/rest/api/group/by-id?id=" + f.group("staff").ID, nil},
		{403, "POST", "/wiki/rest/api/group/userByGroupId?groupId=" + f.group("staff").ID, m{"accountId": bo}},
		{404, "POST", "/wiki/api/v2/space-roles", m{"name": "M", "description": "", "spacePermissions": []string{"read/space"}}},
		{404, "DELETE", rolePath("Reviewer")(f), nil},
		{201, "POST", "/wiki/api/v2/spaces", m{"name": "Mine", "key": "MINE"}},
	} {
		ana.want(c.status, c.method, c.path, c.body)
	}
	if got := f.roles("MINE"); !slices.Contains(got, "ana@acme.example = Admin") {
		t.Errorf("roles %v", got)
	}

	own := ana.want(200, "GET", "/wiki/rest/api/user/current?expand=operations", nil)
	if own["email"] != "ana@acme.example" || strings.Contains(fmt.Sprint(own["operations"]), "administer") {
		t.Errorf("current user %v", own)
	}
	deleted := f.want(202, "DELETE", rolePath("Reviewer")(f), nil)
	ana.want(404, "GET", "/wiki/rest/api/longtask/"+deleted["taskId"].(string), nil)

	// Whoever may not enter is turned away, whatever they hold.
	out := f.as("out@acme.example")
	f.must(a.AssignRole("ENG", user("out@acme.example"), "Admin"))
	out.want(403, "GET", "/wiki/rest/api/user/current", nil)
	out.want(404, "GET", "/wiki/api/v2/spaces", nil)
	// The tokens of people who are suspended, deactivated or gone do not work.
	f.must(a.SetPersonState("ana@acme.example", "suspended"))
	ana.want(401, "GET", "/wiki/rest/api/user/current", nil)
	f.must(a.SetPersonState("cy@acme.example", "deactivated"))
	cy.want(401, "GET", "/wiki/rest/api/user/current", nil)
}

func TestAccessClasses(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.must(a.SetProductRole("engineering", "admin"))
	cy := f.as("cy@acme.example")
	for class, sees := range map[string]bool{
		emulator.ClassAnonymous: true, emulator.ClassAuthenticated: true, emulator.ClassLicensed: true,
		emulator.ClassProductAdmins: false, emulator.ClassJSMAdmins: false,
	} {
		key := strings.ToUpper(strings.ReplaceAll(class, "-", ""))
		f.must(a.CreateSpace(key, class))
		f.must(a.AssignRole(key, emulator.Principal{Class: class}, "Viewer"))
		status, _ := cy.do("GET", spacePath(key, "")(f), nil)
		if (status == 200) != sees {
			t.Errorf("class %s: status %d, want to see: %v", class, status, sees)
		}
	}
	// A Confluence administrator sees every space, through a group too.
	keys("ALLLICENSEDUSERS", "ALLPRODUCTADMINS", "ANONYMOUSUSERS", "AUTHENTICATEDUSERS", "ENG", "JSMPROJECTADMINS", "OPS")(f, f.as("bo@acme.example").want(200, "GET", "/wiki/api/v2/spaces?sort=key", nil))
	f.refused(a.AssignRole("ENG", emulator.Principal{Class: "everybody"}, "Viewer"), 400)
	f.refused(a.AssignRole("ENG", emulator.Principal{}, "Viewer"), 400)
}

// TestWaysToARole: a role may be held directly and through groups, and revoking
// the direct one takes nothing that a group gives.
func TestWaysToARole(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.must(a.AddMember("staff", "ana@acme.example"))
	ways := func() any {
		body := f.want(200, "GET", userPath("ana@acme.example", "/role-assignments")(f), nil)
		return body["data"].([]any)[0].(m)["roleAssignments"].([]any)[0].(m)["roleAssignmentMethods"]
	}
	if got := fmt.Sprint(ways()); got != "[direct group_direct]" {
		t.Errorf("ways %v", got)
	}
	body := m{"role": "atlassian/user", "resource": f.site()}
	for range 2 { // the second time changes nothing
		f.want(204, "POST", f.orgV1("/users/"+f.person("ana@acme.example").ID+"/roles/revoke"), body)
	}
	if got := fmt.Sprint(ways()); got != "[group_direct]" {
		t.Errorf("ways %v", got)
	}
	if !f.person("ana@acme.example").Enters {
		t.Error("ana lost what staff gives")
	}
	for range 2 {
		f.want(200, "POST", groupPath("engineering", "/role-assignments/assign")(f), groupRole("atlassian/admin")(f))
		f.want(204, "POST", f.orgV1("/users/"+f.person("ana@acme.example").ID+"/roles/assign"), body)
	}
	if got := f.group("engineering").Product; !slices.Equal(got, []string{"admin"}) {
		t.Errorf("product %v", got)
	}
}

func TestOrganisationAdmins(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	ana := f.person("ana@acme.example").ID
	role := m{"role": "atlassian/org-admin"}
	f.want(204, "POST", f.orgV1("/users/"+ana+"/role-assignments/assign"), role)
	f.as("ana@acme.example").want(201, "POST", "/wiki/rest/api/group", m{"name": "by-ana"})
	f.want(204, "POST", f.orgV1("/users/"+f.cred.AccountID+"/role-assignments/revoke"), role) // ana is left
	f.refused(a.SetPersonState("ana@acme.example", "deactivated"), 400)
	f.refused(a.SetPersonState("ana@acme.example", "removed"), 400)
}

func TestAdminPages(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	f.must(a.RenameSpace("eng", "Build"))
	f.must(a.SetSpaceStatus("ENG", "archived"))
	if s := f.space("ENG"); s.Name != "Build" || s.Status != "archived" {
		t.Errorf("space %+v", s)
	}
	f.must(a.DeleteSpace("ENG"))
	f.must(a.CreateSpace("ENG", "Anew"))
	if got := f.roles("ENG"); len(got) != 0 {
		t.Errorf("a new space has the roles %v of an old one", got)
	}
	ana := f.person("ana@acme.example").ID
	f.must(a.AssignRole("ENG", emulator.Principal{Account: ana}, "Viewer"))
	f.must(a.UnassignRole("ENG", user("ana@acme.example")))
	f.must(a.RemoveMember("engineering", "ana@acme.example"))

	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"member twice":         {a.AddMember("engineering", "bo@acme.example"), 409},
		"no member":            {a.RemoveMember("engineering", "ana@acme.example"), 404},
		"no group":             {a.AddMember("nope", "bo@acme.example"), 404},
		"nobody":               {a.AddMember("engineering", "no@acme.example"), 404},
		"group twice":          {a.CreateGroup("Engineering", ""), 409},
		"no group to delete":   {a.DeleteGroup("nope"), 404},
		"no group to grant":    {a.SetProductRole("nope", "user"), 404},
		"no product role":      {a.SetProductRole("staff", "king"), 400},
		"no group to manage":   {a.SetManaged("nope", ""), 404},
		"space twice":          {a.CreateSpace("ENG", "x"), 400},
		"no space":             {a.RenameSpace("NOPE", "x"), 404},
		"no status":            {a.SetSpaceStatus("ENG", "trashed"), 400},
		"long name":            {a.RenameSpace("ENG", strings.Repeat("é", 201)), 400},
		"no role":              {a.AssignRole("ENG", team("staff"), "Boss"), 404},
		"no principal's group": {a.AssignRole("ENG", team("nope"), "Viewer"), 404},
		"no principal":         {a.AssignRole("ENG", user("no@acme.example"), "Viewer"), 404},
		"no account":           {a.AssignRole("ENG", emulator.Principal{Account: "x"}, "Viewer"), 404},
		"no assignment":        {a.UnassignRole("ENG", team("staff")), 404},
		"no address":           {a.AddPerson("nobody", "", emulator.PersonOptions{}), 400},
		"no state of nobody":   {a.SetPersonState("no@acme.example", "active"), 404},
		"nobody to sync":       {a.SyncMember("staff", "no@acme.example", true), 404},
		"no role to delete":    {a.DeleteRole("Boss"), 404},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fixture{TB: t}
			f.refused(c.err, c.status)
		})
	}
	if _, err := a.IssueToken("no@acme.example"); err == nil {
		t.Error("a token for nobody")
	}
}
