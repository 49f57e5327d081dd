package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// The rules of Data Center that reach over several operations.

func TestDataCenterCredentials(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	d.call(204, "POST", "/admin/user/ana/password", m{"password": "s3cret"})
	token, err := d.em.Admin().IssueToken("bo@acme.example")
	d.must(err)
	for _, c := range []struct {
		name, scheme, user, secret string
		status                     int
	}{
		{"password", "Basic", "ana", "s3cret", 200},
		{"whatever the case of the name", "Basic", "Ana", "s3cret", 200},
		{"wrong password", "Basic", "ana", "S3cret", 401},
		{"no password", "Basic", "bo", "", 401},
		{"not the e-mail address", "Basic", "ana@acme.example", "s3cret", 401},
		{"token for a password", "Basic", "bo", token, 200},
		{"token of somebody else", "Basic", "ana", token, 401},
		{"token", "Bearer", "", token, 200},
		{"wrong token", "Bearer", "", "nope", 401},
		{"the organisation's key", "Bearer", "", d.cred.OrgKey, 401},
		{"none", "", "", "", 401},
		{"another scheme", "Digest", "", token, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := d.request("GET", "/user/current", nil)
			switch c.scheme {
			case "":
				r.Header.Del("Authorization")
			case "Basic":
				r.SetBasicAuth(c.user, c.secret)
			default:
				r.Header.Set("Authorization", c.scheme+" "+c.secret)
			}
			status, body := d.answer(r)
			if status != c.status {
				t.Errorf("status %d, want %d: %v", status, c.status, body)
			}
			if status == 401 {
				isRestError(d, body, 401)
			}
		})
	}
	ana := d.as("ana")
	d.call(204, "PUT", "/admin/user/ana/disable", nil)
	d.call(204, "PUT", "/admin/user/ana/disable", nil)
	ana.call(401, "GET", "/user/current", nil)
	d.call(204, "PUT", "/admin/user/ana/enable", nil)
	ana.as("ana").call(200, "GET", "/user/current", nil)
}

func TestDialects(t *testing.T) {
	cloud := open(t, emulator.Options{})
	if status, _ := cloud.do("GET", "/rest/api/group", nil); status != 404 {
		t.Errorf("a Cloud site answers Data Center's paths with %d", status)
	}
	d := openDC(t, emulator.Options{})
	for _, path := range []string{"/wiki/rest/api/group", "/wiki/api/v2/spaces", "/admin/v1/orgs"} {
		if status, _ := d.do("GET", path, nil); status != 404 {
			t.Errorf("a Data Center answers %s with %d", path, status)
		}
	}
	for _, o := range []emulator.Options{
		{Dialect: "server"}, {ContextPath: "/confluence"}, {Dialect: emulator.DialectDataCenter, ContextPath: "confluence"},
	} {
		if em, err := emulator.New(o); err == nil {
			em.Close()
			t.Errorf("%+v was opened", o)
		}
	}
}

func TestContextPath(t *testing.T) {
	d := openDC(t, emulator.Options{ContextPath: "/confluence/"})
	if !strings.HasSuffix(d.cred.BaseURL, ".invalid/confluence") || d.cred.Username != emulator.OwnEmail {
		t.Errorf("credentials %+v", d.cred)
	}
	for i := range 3 {
		d.must(d.em.Admin().CreateGroup(fmt.Sprint("g", i), ""))
	}
	r := d.request("GET", "/group?limit=2", nil)
	if status, _ := d.answer(r); status != 404 {
		t.Errorf("status %d outside the context path", status)
	}
	r.URL.Path = "/confluence" + r.URL.Path
	status, body := d.answer(r)
	if status != 200 {
		t.Fatalf("status %d: %v", status, body)
	}
	d.same("links", body.(m)["_links"], m{
		"base": d.cred.BaseURL, "context": "/confluence", "self": d.cred.BaseURL + "/rest/api/group",
		"next": "/rest/api/group?limit=2&start=2", // clients put base before it
	})
}

func TestReadOnlyMode(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	d.must(d.em.Admin().SetReadOnly(true))
	d.same("mode", d.call(200, "GET", "/accessmode", nil), "READ_ONLY")
	d.call(200, "GET", "/space/ENG/permissions", nil)
	for _, s := range dcSteps() {
		if s.method == "GET" || s.status >= 400 {
			continue
		}
		status, body := d.answer(s.request(d))
		if status != 405 {
			t.Errorf("%s: status %d", s.name, status)
			continue
		}
		isRestError(d, body, 405)
		d.same(s.name, body.(m)["data"].(m)["allowedInReadOnlyMode"], false)
	}
	d.must(d.em.Admin().SetReadOnly(false))
	d.call(204, "PUT", "/user/cy/group/engineering", nil)
}

func TestLastAdminGroup(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	d.call(204, "DELETE", "/admin/group/admins", nil)
	d.call(204, "DELETE", "/admin/group/confluence-administrators", nil)
	d.call(400, "DELETE", "/admin/group/systems", nil)
	d.call(204, "PUT", "/permissions/group/engineering/grant", ops("application use", "application administer"))
	d.call(204, "DELETE", "/admin/group/systems", nil)
}

func TestRevokingUseTakesAll(t *testing.T) {
	for _, path := range []string{"/permissions/group/engineering", "/permissions/user/bo"} {
		t.Run(path[len("/permissions/"):], func(t *testing.T) {
			d := openDC(t, emulator.Options{})
			dcSmall(d)
			all := ops("application use", "application administer", "system administer", "personal_space create", "space create")
			d.call(204, "PUT", path+"/grant", all)
			if got := len(d.call(200, "GET", path, nil).([]any)); got != 5 {
				t.Fatalf("%d permissions", got)
			}
			d.call(204, "PUT", path+"/revoke", ops("application use"))
			d.same("what is left", d.call(200, "GET", path, nil), []any{})
		})
	}
}

func TestGlobalsAreProductRoles(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	d.call(204, "PUT", "/permissions/group/engineering/grant", ops("application use", "application administer", "space create"))
	if g := d.group("engineering"); !slices.Equal(g.Product, []string{"admin"}) || !slices.Equal(g.Globals, []string{emulator.GlobalCreateSpace}) {
		t.Errorf("engineering has %v and %v", g.Product, g.Globals)
	}
	gives("/permissions/group/engineering", "engineering: application use", "engineering: application administer", "engineering: space create")(d, nil)
	d.call(204, "PUT", "/permissions/group/engineering/revoke", ops("application administer"))
	if g := d.group("engineering"); !slices.Equal(g.Product, []string{"user"}) {
		t.Errorf("engineering has %v: who administered still uses", g.Product)
	}
	// A group in it gives its members nothing; a group around it does.
	d.call(204, "PUT", "/permissions/group/all-engineering/grant", ops("application use", "space create"))
	d.call(204, "PUT", "/permissions/group/engineering/revoke", ops("application use"))
	d.as("ana").call(200, "POST", "/space/_private", m{"key": "A", "name": "A"})
	d.as("bo").call(200, "POST", "/space/_private", m{"key": "B", "name": "B"})
	d.call(204, "PUT", "/permissions/group/all-engineering/revoke", ops("space create"))
	d.as("ana").call(403, "POST", "/space/_private", m{"key": "C", "name": "C"})
}

func TestGlobalPermissionEdits(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	a := d.em.Admin()
	d.refused(a.GrantGlobal(team("engineering"), emulator.GlobalCreateSpace), 400) // nobody without use
	d.refused(a.GrantGlobal(team("engineering"), "fly"), 400)
	d.refused(a.GrantGlobal(team("nope"), emulator.GlobalUse), 404)
	d.refused(a.GrantGlobal(emulator.Principal{Class: emulator.ClassLicensed}, emulator.GlobalUse), 400)
	d.refused(a.GrantGlobal(emulator.Principal{Class: emulator.ClassAnonymous}, emulator.GlobalAdminister), 400)
	d.must(a.GrantGlobal(emulator.Principal{Class: emulator.ClassUnlicensed}, emulator.GlobalUse))
	d.must(a.GrantGlobal(emulator.Principal{Class: emulator.ClassAnonymous}, emulator.GlobalUse))
	d.must(a.GrantGlobal(user("bo@acme.example"), emulator.GlobalUse))
	d.must(a.GrantGlobal(user("bo@acme.example"), emulator.GlobalPersonalSpace))
	dump := d.em.Dump()
	d.same("anonymous", dump.Anonymous, []string{emulator.GlobalUse})
	d.same("unlicensed", dump.Unlicensed, []string{emulator.GlobalUse})
	d.same("bo", d.person("bo@acme.example").Globals, []string{emulator.GlobalPersonalSpace})
	d.as("bo").call(200, "POST", "/space/personal", m{"isPrivate": true})
	d.must(a.RevokeGlobal(user("bo@acme.example"), emulator.GlobalPersonalSpace))
	d.call(200, "GET", "/space/~bo", nil) // it stays when the permission goes
	d.must(a.RevokeGlobal(emulator.Principal{Class: emulator.ClassUnlicensed}, emulator.GlobalUse))
	d.must(a.RevokeGlobal(user(emulator.OwnEmail), emulator.GlobalAdminister))
	d.refused(a.RevokeGlobal(user(emulator.OwnEmail), emulator.GlobalUse), 400) // the last organisation admin
}

func TestNestedGroups(t *testing.T) {
	store := emulator.NewMemory()
	d := openDC(t, emulator.Options{Store: store})
	dcSmall(d)
	a := d.em.Admin()
	d.refused(a.Nest("engineering", "all-engineering", true), 400) // in itself
	d.refused(a.Nest("engineering", "engineering", true), 400)
	d.refused(a.Nest("engineering", "nope", true), 404)
	d.must(a.Nest("systems", "all-engineering", true))
	d.must(a.Nest("systems", "all-engineering", true))
	d = openDC(t, emulator.Options{Store: store}) // read back
	listsAfter("/group/engineering/groupparent", "all-engineering")(d, nil)
	listsAfter("/group/engineering/groupancestor", "all-engineering", "systems")(d, nil)
	listsAfter("/group/systems/member", "ana", "bo", "sys")(d, nil)
	d.as("ana").call(204, "POST", "/admin/user/bo/password", m{"password": "x"}) // a system administrator by two steps
	d.must(d.em.Admin().Nest("systems", "all-engineering", false))
	d.must(d.em.Admin().Nest("systems", "all-engineering", false))
	d.as("ana").call(403, "POST", "/admin/user/bo/password", m{"password": "x"})
	// Whoever is in a group has what the groups around it have, and not the other
	// way round.
	d.call(200, "POST", "/space/ENG/permissions", []m{{"operations": ops()}, {"userKey": d.key("ana"), "operations": ops()}, {"userKey": d.key("cy"), "operations": ops("space administer")}})
	d.as("ana").call(200, "GET", "/space/ENG", nil)
	d.as("bo").call(404, "GET", "/space/OPS", nil)
}

func TestErasedUserIsSomebodyElse(t *testing.T) {
	store := emulator.NewMemory()
	d := openDC(t, emulator.Options{Store: store})
	dcSmall(d)
	d.call(204, "PUT", "/permissions/user/ana/grant", ops("application use"))
	before := d.key("ana")
	d.call(202, "DELETE", "/admin/user/ana", nil)
	gives("/space/ENG/permissions/anonymous", "anonymous: space read")(d, nil)
	for _, line := range lines(d.call(200, "GET", "/space/ENG/permissions", nil)) {
		if strings.HasPrefix(line, "ana:") {
			t.Errorf("still there: %s", line)
		}
	}
	d.call(404, "GET", "/user?key="+before, nil)
	d.call(201, "POST", "/admin/user", m{"userName": "ana", "fullName": "Ana II", "email": "ana@acme.example", "password": "x"})
	d = openDC(t, emulator.Options{Store: store}) // read back
	if after := d.key("ana"); after == before {
		t.Errorf("the key is %s again", after)
	}
	found := 0
	for _, p := range d.em.Dump().People {
		if p.Email == "ana@acme.example" {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d people have the address", found)
	}
}

func TestOneSiteTwoDialects(t *testing.T) {
	store := emulator.NewMemory()
	f := open(t, emulator.Options{Store: store})
	small(f)
	f.must(f.em.Admin().AssignRole("ENG", user("cy@acme.example"), "Viewer"))

	d := openDC(t, emulator.Options{Store: store})
	// A role shows as what Data Center has words for; access classes do not show.
	got := lines(d.call(200, "GET", "/space/ENG/permissions", nil))
	if len(got) != 13+2 || got[0] != "engineering: space read" || got[14] != "cy@acme.example: comment create" {
		t.Errorf("ENG has %q", got)
	}
	// A write makes custom access of a role, and loses nothing on the way.
	d.call(204, "PUT", "/space/ENG/permissions/user/"+d.key("cy@acme.example")+"/grant", ops("page create", "space delete_mail"))
	d.call(204, "PUT", "/space/ENG/permissions/user/"+d.key("cy@acme.example")+"/revoke", ops("page delete")) // has none
	d.call(204, "PUT", "/space/ENG/permissions/group/engineering/revoke", ops("page delete"))

	f = open(t, emulator.Options{Store: store})
	permissions := map[string][]string{}
	for _, p := range f.space("ENG").Permissions {
		permissions[p.Name] = append(permissions[p.Name], p.Permission)
	}
	d.same("cy", permissions["cy@acme.example"], []string{
		"create/comment", "create/page", "delete_mail/space", "read/space", "update/page",
	})
	if got := permissions["engineering"]; len(got) != 25 || slices.Contains(got, "delete/page") || !slices.Contains(got, "manage_users/space") {
		t.Errorf("engineering has %v", got)
	}
	if got := f.roles("ENG"); !slices.Equal(got, []string{"all-licensed-users = Viewer"}) {
		t.Errorf("roles %v", got)
	}
	// Cloud has no word for deleting mail.
	rows := f.want(200, "GET", "/wiki/api/v2/spaces/"+f.space("ENG").ID+"/permissions?limit=250", nil)["results"].([]any)
	for _, row := range rows {
		if row.(m)["operation"].(m)["key"] == "delete_mail" {
			t.Errorf("Cloud shows %v", row)
		}
	}
}

func TestEveryPermissionPair(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	pairs := []string{
		"space read", "space administer", "space export", "space restrict", "space delete_own", "space delete_mail",
		"page create", "page delete", "blogpost create", "blogpost delete",
		"comment create", "comment delete", "attachment create", "attachment delete",
	}
	const path = "/space/ENG/permissions/group/engineering"
	for _, p := range pairs {
		d.call(204, "PUT", path+"/grant", ops(p))
		gives(path, "engineering: "+p)(d, nil) // and nothing else that shows
		d.call(204, "PUT", path+"/grant", ops(p))
		d.call(204, "PUT", path+"/revoke", ops(p))
		gives(path)(d, nil)
		for _, row := range d.space("ENG").Permissions {
			if row.Name == "engineering" {
				t.Errorf("%s leaves %s behind", p, row.Permission)
			}
		}
	}
	d.call(204, "PUT", path+"/grant", ops(pairs...))
	var all []string
	for _, p := range pairs {
		all = append(all, "engineering: "+p)
	}
	gives(path, all...)(d, nil)
}

func TestDataCenterSeats(t *testing.T) {
	d := openDC(t, emulator.Options{Seats: 8})
	dcSmall(d) // seven people and weir
	dee := m{"userName": "dee", "fullName": "Dee", "email": "dee@acme.example", "password": "x"}
	d.call(402, "POST", "/admin/user", dee)
	d.call(400, "PUT", "/permissions/user/out/grant", ops("application use"))
	d.call(400, "PUT", "/user/out/group/confluence-users", nil)
	d.call(204, "PUT", "/admin/user/ana/disable", nil)
	d.call(201, "POST", "/admin/user", dee)
	d.call(403, "PUT", "/admin/user/ana/enable", nil)
	d.call(204, "PUT", "/user/dee/group/admins", nil) // has a seat
	d.call(202, "DELETE", "/admin/user/dee", nil)
	d.call(204, "PUT", "/admin/user/ana/enable", nil)
	d.call(204, "PUT", "/admin/user/bo/disable", nil)
	d.must(d.em.Admin().Nest("confluence-users", "engineering", true))
	d.call(204, "PUT", "/user/out/group/engineering", nil) // takes bo's seat through the parent
	d.call(403, "PUT", "/admin/user/bo/enable", nil)
}

func TestDataCenterPages(t *testing.T) {
	d := openDC(t, emulator.Options{})
	d.must(d.em.Admin().Together(func(a emulator.Admin) error {
		for i := range 205 {
			d.must(a.CreateGroup(fmt.Sprintf("g%03d", i), ""))
			d.must(a.AddPerson(fmt.Sprintf("p%03d@acme.example", i), "", emulator.PersonOptions{}))
			d.must(a.AddMember("g000", fmt.Sprintf("p%03d@acme.example", i)))
		}
		return nil
	}))
	for _, c := range []struct {
		path        string
		first, most int
		all         int
	}{
		{"/group", 200, 200, 205},
		{"/group/g000/member", 200, 200, 205},
		{"/user/list", 100, 100, 206},
		{"/admin/users/list/active", 100, 100, 206},
	} {
		if got := len(namesOf(d.call(200, "GET", c.path, nil))); got != c.first {
			t.Errorf("%s: %d rows by default", c.path, got)
		}
		seen, path := map[string]bool{}, c.path+"?limit=1000"
		for pages := 0; path != "" && pages < 10; pages++ {
			page := d.call(200, "GET", path, nil).(m)
			if page["limit"] != float64(c.most) {
				t.Errorf("%s: the limit is %v", c.path, page["limit"])
			}
			for _, n := range namesOf(page) {
				seen[n] = true
			}
			path, _ = page["_links"].(m)["next"].(string)
			path = strings.TrimPrefix(path, "/rest/api")
		}
		if len(seen) != c.all {
			t.Errorf("%s: %d rows in all, want %d", c.path, len(seen), c.all)
		}
	}
}

func TestDataCenterAnonymous(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	nobody := &dcFixture{d.fixture, ""}
	nobody.call(401, "GET", "/space", nil)
	d.call(204, "PUT", "/permissions/anonymous/grant", ops("application use"))
	nobody.call(200, "GET", "/user/anonymous", nil)
	d.same("spaces", namesOf(nobody.call(200, "GET", "/space", nil)), []string{"ENG"})
	nobody.call(404, "GET", "/space/OPS", nil)
	for _, path := range []string{"/user/current", "/group", "/permissions", "/space/ENG/permissions", "/longtask"} {
		isRestError(d, nobody.call(401, "GET", path, nil), 401)
	}
	(&dcFixture{d.fixture, "wrong"}).call(401, "GET", "/space", nil)
	d.call(204, "PUT", "/permissions/anonymous/revoke", ops("application use"))
	nobody.call(401, "GET", "/space", nil)
}

func TestDataCenterRestrictions(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	ana, bo := d.as("ana"), d.as("bo")
	hr, pay := "/content/"+d.dcPage("HR")+"/restriction", "/content/"+d.dcPage("Pay bands")+"/restriction"
	named := func(operation string) (users, groups []string) {
		r := d.call(200, "GET", hr+"/byOperation/"+operation, nil).(m)["restrictions"].(m)
		return namesOf(r["user"]), namesOf(r["group"])
	}
	put := func(body any) { ana.call(200, "PUT", hr, body) }
	put([]m{
		{"operation": "read", "restrictions": m{"user": []m{{"type": "known", "username": "ana"}}, "group": []m{{"type": "group", "name": "admins"}}}},
		{"operation": "update", "restrictions": m{"user": []m{{"type": "known", "userKey": d.key("ana")}}}},
	})
	// An operation that is missing keeps what it has, and so do people or groups.
	put([]m{{"operation": "read", "restrictions": m{"group": []m{}}}})
	users, groups := named("read")
	d.same("users", users, []string{"ana"})
	d.same("groups", groups, []string{})
	users, _ = named("update")
	d.same("users of update", users, []string{"ana"})

	// Inherited: who may not view a page does not get to the pages below.
	bo.call(404, "GET", hr+"/byOperation", nil)
	bo.call(404, "GET", pay+"/byOperation", nil)
	d.as("adm").call(404, "GET", pay+"/byOperation", nil)
	d.as("root").call(200, "GET", pay+"/byOperation", nil) // the super-group
	ana.call(200, "PUT", pay, []m{{"operation": "read", "restrictions": m{"user": []m{{"username": "ana"}, {"username": "cy"}}}}})
	d.as("cy").call(404, "GET", pay+"/byOperation", nil) // passes the page, not the one above
	rows := ana.call(200, "GET", pay+"/relevantViewRestrictions", nil).(m)["viewContentRestrictions"].(m)["results"].([]any)
	var titles []string
	for _, row := range rows {
		titles = append(titles, row.(m)["content"].(m)["title"].(string))
	}
	d.same("relevant", titles, []string{"Pay bands", "HR"})

	// What a read answers may be written back.
	before := d.call(200, "GET", hr+"/byOperation", nil).(m)["restrictions"].(m)
	put([]any{before["read"], before["update"]})
	d.same("the same", d.call(200, "GET", hr+"/byOperation", nil).(m)["restrictions"], any(before))

	put([]m{{"operation": "read", "restrictions": m{"user": []m{}}}, {"operation": "update", "restrictions": m{"user": []m{}}}})
	bo.call(200, "GET", hr+"/byOperation", nil)
}

func TestDataCenterSpaceIsMadeByItsAuthor(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	d.call(204, "PUT", "/permissions/group/confluence-users/grant", ops("space create"))
	ana := d.as("ana")
	ana.call(200, "POST", "/space", m{"key": "NEW", "name": "New"})
	if got := len(ana.call(200, "GET", "/space/NEW/permissions/user/"+d.key("ana"), nil).([]any)); got != 14 {
		t.Errorf("the author has %d permissions", got)
	}
	d.as("cy").call(200, "GET", "/space/NEW", nil)
	ana.call(204, "PUT", "/space/NEW/archive", nil)
	ana.call(204, "PUT", "/space/NEW/archive", nil)
	d.same("archived", namesOf(ana.call(200, "GET", "/space?status=archived", nil)), []string{"NEW"})
	ana.call(204, "PUT", "/space/NEW/restore", nil)
	ana.call(202, "DELETE", "/space/NEW", nil)
	ana.call(404, "DELETE", "/space/NEW", nil)
	// A task is there for who started it and for administrators.
	if n := len(ana.call(200, "GET", "/longtask", nil).(m)["results"].([]any)); n != 1 {
		t.Errorf("%d tasks", n)
	}
	if n := len(d.as("bo").call(200, "GET", "/longtask", nil).(m)["results"].([]any)); n != 0 {
		t.Errorf("bo sees %d tasks", n)
	}
}

func TestDataCenterMalformed(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	deep := strings.Repeat("[", 100_000)
	for _, s := range []dcStep{
		{method: "GET", path: "/group//member", status: 404},
		{method: "GET", path: "/group/..%2f..%2fadmin", status: 404},
		{method: "PUT", path: "/permissions", body: deep, status: 400},
		{method: "PUT", path: "/permissions", body: `{"a":1}`, status: 400},
		{method: "PUT", path: "/permissions", body: `[null]`, status: 400},
		{method: "PUT", path: "/permissions", body: `[] []`, status: 400},
		{method: "PUT", path: "/permissions", status: 400},
		{method: "PUT", path: "/permissions/anonymous/grant", body: `[{"targetType":1}]`, status: 400},
		{method: "POST", path: "/space", body: `{"key":"A","name":7}`, status: 400},
		{method: "POST", path: "/space", body: `{"key":"A","name":"A","colour":"red"}`, status: 400},
		{method: "POST", path: "/admin/user", body: `[]`, status: 400},
		{method: "POST", path: "/admin/user", body: strings.Repeat(" ", 6<<20), status: 413},
		{method: "PUT", path: "/content/{HR}/restriction", body: `[{"operation":"read","restrictions":{"user":"ana"}}]`, status: 400},
		{method: "PUT", path: "/content/{HR}/restriction", body: `[{"operation":"read"},{"operation":"read"}]`, status: 400},
		{method: "PUT", path: "/content/{HR}/restriction", body: `[null]`, status: 400},
	} {
		status, body := d.answer(d.request(s.method, d.fill(s.path), s.body))
		if status != s.status {
			t.Errorf("%s %s: status %d, want %d: %v", s.method, s.path, status, s.status, body)
			continue
		}
		isRestError(d, body, status)
	}
}
