package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

// dcFixture is a site that speaks Data Center's dialect, and who calls it by
// personal access token: weir's own account, unless as says otherwise.
type dcFixture struct {
	*fixture
	bearer string
}

func openDC(t testing.TB, o emulator.Options) *dcFixture {
	t.Helper()
	o.Dialect = emulator.DialectDataCenter
	f := open(t, o)
	return &dcFixture{f, f.cred.Token}
}

// as returns a fixture that calls as the person with this user name.
func (d *dcFixture) as(name string) *dcFixture {
	d.Helper()
	token, err := d.em.Admin().IssueToken(name + "@acme.example")
	d.must(err)
	return &dcFixture{d.fixture, token}
}

// request builds a request below the base of the API. A body that is a string
// is sent as it is.
func (d *dcFixture) request(method, path string, body any) *http.Request {
	d.Helper()
	r := d.fixture.request(method, "/rest/api"+path, body)
	r.Header.Del("Authorization")
	if d.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+d.bearer)
	}
	return r
}

// answer sends one request and returns the status and the decoded body.
func (d *dcFixture) answer(r *http.Request) (int, any) {
	d.Helper()
	res, err := d.em.Transport().RoundTrip(r)
	d.must(err)
	text, err := io.ReadAll(res.Body)
	d.must(err)
	var body any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &body); err != nil {
			d.Fatalf("%s %s: %v in %s", r.Method, r.URL.Path, err, text)
		}
	}
	return res.StatusCode, body
}

// call sends a request that must have this status, and returns the body.
func (d *dcFixture) call(status int, method, path string, body any) any {
	d.Helper()
	got, out := d.answer(d.request(method, path, body))
	if got != status {
		d.Fatalf("%s %s: status %d, want %d: %v", method, path, got, status, out)
	}
	return out
}

// key is the user key of somebody.
func (d *dcFixture) key(name string) string {
	d.Helper()
	return d.call(200, "GET", "/user?username="+name, nil).(m)["userKey"].(string)
}

// op is an operation in a request.
func op(words string) m {
	target, key, _ := strings.Cut(words, " ")
	return m{"targetType": target, "operationKey": key}
}

func ops(words ...string) []m {
	out := []m{}
	for _, w := range words {
		out = append(out, op(w))
	}
	return out
}

// lines says rows of permissions in short: subject: target key, …
func lines(rows any) []string {
	var out []string
	for _, row := range rows.([]any) {
		r := row.(m)
		who, o := r["subject"].(m), r["operation"].(m)
		name := who["type"].(string)
		for _, k := range []string{"username", "name"} {
			if v, there := who[k]; there {
				name = v.(string)
			}
		}
		out = append(out, fmt.Sprintf("%s: %s %s", name, o["targetType"], o["operationKey"]))
	}
	return out
}

// namesOf are the names of groups or people, or the keys of spaces, on a page.
func namesOf(page any) []string {
	out := []string{}
	for _, row := range page.(m)["results"].([]any) {
		for _, k := range []string{"key", "name", "username"} {
			if v, there := row.(m)[k]; there {
				out = append(out, v.(string))
				break
			}
		}
	}
	return out
}

func (d *dcFixture) same(what string, got, want any) {
	d.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		d.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// dcSmall fills a site: ana, bo and cy may use Confluence through a group, adm
// administers it, sys is a system administrator, root is in the super-group, out
// may not use it, ldap is held by another directory.
func dcSmall(d *dcFixture) {
	d.Helper()
	a := d.em.Admin()
	for _, g := range []string{"confluence-users", "confluence-administrators", "admins", "systems", "engineering", "all-engineering", "ldap-finance"} {
		d.must(a.CreateGroup(g, ""))
	}
	d.must(a.SetManaged("ldap-finance", emulator.ManagedIDP))
	for _, name := range []string{"ana", "bo", "cy", "adm", "sys", "root", "out", "ldap"} {
		d.must(a.AddPerson(name+"@acme.example", strings.ToUpper(name), emulator.PersonOptions{NoAccess: true, Unmanaged: name == "ldap"}))
		d.must(a.SetUsername(name+"@acme.example", name))
		if name != "out" {
			d.must(a.AddMember("confluence-users", name+"@acme.example"))
		}
	}
	d.must(a.GrantGlobal(team("confluence-users"), emulator.GlobalUse))
	for group, permission := range map[string]string{"admins": emulator.GlobalAdminister, "systems": emulator.GlobalSystem, "confluence-administrators": emulator.GlobalAdminister} {
		d.must(a.GrantGlobal(team(group), emulator.GlobalUse))
		d.must(a.GrantGlobal(team(group), permission))
	}
	d.must(a.AddMember("admins", "adm@acme.example"))
	d.must(a.AddMember("systems", "sys@acme.example"))
	d.must(a.AddMember("confluence-administrators", "root@acme.example"))
	d.must(a.AddMember("engineering", "ana@acme.example"))
	d.must(a.AddMember("all-engineering", "bo@acme.example"))
	d.must(a.Nest("all-engineering", "engineering", true))
	d.must(a.CreateSpace("ENG", "Engineering"))
	d.must(a.CreateSpace("OPS", "Operations"))
	d.call(200, "POST", "/space/ENG/permissions", []m{
		{"userKey": d.key("ana"), "operations": ops("space read", "space administer", "space restrict", "page create")},
		{"groupName": "all-engineering", "operations": ops("space read", "page create", "comment create")},
		{"operations": ops("space read")},
	})
	d.call(200, "POST", "/space/OPS/permissions", []m{{"groupName": "engineering", "operations": ops("space read", "space administer")}})
	d.must(a.CreatePage("ENG", "HR", ""))
	d.must(a.CreatePage("ENG", "Pay bands", "HR"))
	d.must(a.SetLabels("OPS", "legal"))
}

// dcPage is the id of a page of ENG.
func (d *dcFixture) dcPage(title string) string {
	d.Helper()
	for _, p := range d.space("ENG").Content {
		if p.Title == title {
			return p.ID
		}
	}
	d.Fatalf("no page %q", title)
	return ""
}

// dcStep is one request of somebody on the small site, and what comes of it.
// {ana} in a path or a body stands for a user key, {HR} for a page's id,
// {task} for the task that deletes OPS.
type dcStep struct {
	name, as     string
	method, path string
	body         any
	status       int
	check        func(*dcFixture, any)
}

func (d *dcFixture) fill(text string) string {
	for _, name := range []string{"ana", "bo", "out"} {
		if strings.Contains(text, "{"+name+"}") {
			text = strings.ReplaceAll(text, "{"+name+"}", d.key(name))
		}
	}
	if strings.Contains(text, "{task}") {
		t := d.call(202, "DELETE", "/space/OPS", nil).(m)
		text = strings.ReplaceAll(text, "{task}", t["id"].(string))
	}
	for _, title := range []string{"HR", "Pay bands"} {
		if strings.Contains(text, "{"+title+"}") {
			text = strings.ReplaceAll(text, "{"+title+"}", d.dcPage(title))
		}
	}
	return text
}

func (s dcStep) request(d *dcFixture) *http.Request {
	d.Helper()
	if s.as != "" {
		d = d.as(s.as)
	}
	body := s.body
	if body != nil {
		text, is := body.(string)
		if !is {
			b, err := json.Marshal(body)
			d.must(err)
			text = string(b)
		}
		root := &dcFixture{d.fixture, d.cred.Token}
		body = root.fill(text)
	}
	root := &dcFixture{d.fixture, d.cred.Token}
	return d.request(s.method, strings.ReplaceAll(root.fill(s.path), " ", "%20"), body)
}

func hasNames(want ...string) func(*dcFixture, any) {
	return func(d *dcFixture, body any) { d.Helper(); d.same("names", namesOf(body), append([]string{}, want...)) }
}

// hasInAnyOrder takes sorted names.
func hasInAnyOrder(want ...string) func(*dcFixture, any) {
	return func(d *dcFixture, body any) {
		d.Helper()
		d.same("names", slices.Sorted(slices.Values(namesOf(body))), want)
	}
}

func hasLines(want ...string) func(*dcFixture, any) {
	return func(d *dcFixture, body any) { d.Helper(); d.same("rows", lines(body), want) }
}

// gives checks what another read answers afterwards.
func gives(path string, want ...string) func(*dcFixture, any) {
	return func(d *dcFixture, _ any) {
		d.Helper()
		got := lines(d.call(200, "GET", d.fill(path), nil))
		if len(got)+len(want) > 0 {
			d.same(path, got, want)
		}
	}
}

func listsAfter(path string, want ...string) func(*dcFixture, any) {
	return func(d *dcFixture, _ any) {
		d.Helper()
		d.same(path, namesOf(d.call(200, "GET", path, nil)), append([]string{}, want...))
	}
}

func finishes(d *dcFixture, body any) {
	d.Helper()
	t := d.call(200, "GET", "/longtask/"+body.(m)["id"].(string), nil).(m)
	if t["successful"] != true || t["percentageComplete"] != 100.0 {
		d.Errorf("the task is %v", t)
	}
}

func field(name string, want any) func(*dcFixture, any) {
	return func(d *dcFixture, body any) { d.Helper(); d.same(name, body.(m)[name], want) }
}

// dcSteps are the successes and failures of every operation.
func dcSteps() []dcStep {
	everyGroup := []string{"admins", "all-engineering", "confluence-administrators", "confluence-users", "engineering", "ldap-finance", "systems"}
	everybody := []string{"adm", "ana", "bo", "cy", "ldap", "out", "root", "sys", emulator.OwnEmail}
	many := func(n int) (out []m) {
		for range n {
			out = append(out, m{"groupName": "engineering", "operations": ops()})
		}
		return out
	}
	newUser := func(change m) m {
		u := m{"userName": "dee", "fullName": "Dee Roy", "email": "dee@acme.example", "password": "s3cret"}
		for k, v := range change {
			u[k] = v
		}
		return u
	}
	restrict := func(operation string, lists m) []m { return []m{{"operation": operation, "restrictions": lists}} }
	return append(dcContentSteps(), []dcStep{
		{"access mode", "ana", "GET", "/accessmode", nil, 200, func(d *dcFixture, b any) { d.same("mode", b, "READ_WRITE") }},
		{"server information", "ana", "GET", "/server-information", nil, 200, field("version", "10.0.3")},
		{"unknown path", "ana", "GET", "/nothing", nil, 404, nil},
		{"another verb", "ana", "DELETE", "/accessmode", nil, 405, nil},
		{"unlicensed caller", "out", "GET", "/group", nil, 403, nil},
		{"tasks", "", "GET", "/longtask", nil, 200, hasNames()},
		{"task", "adm", "GET", "/longtask/{task}", nil, 200, field("successful", true)},
		{"task: somebody else's", "bo", "GET", "/longtask/{task}", nil, 404, nil},
		{"task: none", "", "GET", "/longtask/nope", nil, 404, nil},

		{"groups", "ana", "GET", "/group", nil, 200, hasNames(everyGroup...)},
		{"groups: a page", "ana", "GET", "/group?start=1&limit=2", nil, 200, func(d *dcFixture, b any) {
			d.same("names", namesOf(b), everyGroup[1:3])
			d.same("next", b.(m)["_links"].(m)["next"], "/rest/api/group?limit=2&start=3")
		}},
		{"groups: bad start", "ana", "GET", "/group?start=-1", nil, 400, nil},
		{"group", "ana", "GET", "/group/engineering", nil, 200, field("name", "engineering")},
		{"group: none", "ana", "GET", "/group/nope", nil, 404, nil},
		{"create group", "adm", "POST", "/admin/group", m{"type": "group", "name": "new"}, 200, field("name", "new")},
		{"create group: no name", "adm", "POST", "/admin/group", m{"type": "group"}, 400, nil},
		{"create group: exists", "adm", "POST", "/admin/group", m{"name": "Engineering"}, 409, nil},
		{"create group: not allowed", "ana", "POST", "/admin/group", m{"name": "new"}, 403, nil},
		{"delete group", "adm", "DELETE", "/admin/group/engineering", nil, 204, listsAfter("/group/all-engineering/groupmember")},
		{"delete group: none", "adm", "DELETE", "/admin/group/nope", nil, 404, nil},
		{"delete group: not allowed", "ana", "DELETE", "/admin/group/engineering", nil, 403, nil},
		{"delete group: another directory's", "adm", "DELETE", "/admin/group/ldap-finance", nil, 403, nil},
		{"delete group: of system administrators", "adm", "DELETE", "/admin/group/systems", nil, 403, nil},
		{"members", "adm", "GET", "/group/engineering/member", nil, 200, hasNames("ana")},
		{"members: with those of groups in it", "adm", "GET", "/group/all-engineering/member", nil, 200, hasNames("ana", "bo")},
		{"members: not allowed", "ana", "GET", "/group/engineering/member", nil, 403, nil},
		{"members: none", "adm", "GET", "/group/nope/member", nil, 404, nil},
		{"groups in a group", "ana", "GET", "/group/all-engineering/groupmember", nil, 200, hasNames("engineering")},
		{"parents", "ana", "GET", "/group/engineering/groupparent", nil, 200, hasNames("all-engineering")},
		{"ancestors", "ana", "GET", "/group/engineering/groupancestor", nil, 200, hasNames("all-engineering")},
		{"add member", "adm", "PUT", "/user/cy/group/engineering", nil, 204, listsAfter("/group/engineering/member", "ana", "cy")},
		{"add member: is one", "adm", "PUT", "/user/ana/group/engineering", nil, 204, listsAfter("/group/engineering/member", "ana")},
		{"add member: no user", "adm", "PUT", "/user/nope/group/engineering", nil, 404, nil},
		{"add member: no group", "adm", "PUT", "/user/ana/group/nope", nil, 404, nil},
		{"add member: not allowed", "ana", "PUT", "/user/cy/group/engineering", nil, 403, nil},
		{"add member: another directory's", "adm", "PUT", "/user/cy/group/ldap-finance", nil, 403, nil},
		{"add member: to system administrators", "adm", "PUT", "/user/adm/group/confluence-administrators", nil, 403, nil},
		{"remove member", "adm", "DELETE", "/user/ana/group/engineering", nil, 204, listsAfter("/group/engineering/member")},
		{"remove member: is none", "adm", "DELETE", "/user/bo/group/engineering", nil, 204, listsAfter("/group/engineering/member", "ana")},
		{"remove member: of a group in it", "adm", "DELETE", "/user/ana/group/all-engineering", nil, 204, listsAfter("/group/all-engineering/member", "ana", "bo")},

		{"user by name", "ana", "GET", "/user?username=bo", nil, 200, field("displayName", "BO")},
		{"user by key", "ana", "GET", "/user?key={bo}&expand=status", nil, 200, field("status", "active")},
		{"user: none", "ana", "GET", "/user?username=nope", nil, 404, nil},
		{"user: nobody named", "ana", "GET", "/user", nil, 400, nil},
		{"users", "ana", "GET", "/user/list", nil, 200, hasInAnyOrder(everybody...)},
		{"active users", "adm", "GET", "/admin/users/list/active", nil, 200, hasInAnyOrder("adm", "ana", "bo", "cy", "ldap", "root", "sys", emulator.OwnEmail)},
		{"active users: not allowed", "ana", "GET", "/admin/users/list/active", nil, 403, nil},
		{"current user", "ana", "GET", "/user/current", nil, 200, field("username", "ana")},
		{"anonymous user", "ana", "GET", "/user/anonymous", nil, 200, field("type", "anonymous")},
		{"groups of a user", "ana", "GET", "/user/memberof?username=ana", nil, 200, hasNames("all-engineering", "confluence-users", "engineering")},
		{"groups of a user: nobody named", "ana", "GET", "/user/memberof", nil, 400, nil},
		{"create user", "adm", "POST", "/admin/user", newUser(nil), 201, func(d *dcFixture, b any) {
			d.same("key", d.key("dee"), b.(m)["userKey"])
			d.same("groups", namesOf(d.call(200, "GET", "/user/memberof?username=dee", nil)), []string{"confluence-users"})
		}},
		{"create user: told by e-mail", "adm", "POST", "/admin/user", newUser(m{"password": "", "notifyViaEmail": true}), 201, nil},
		{"create user: no password", "adm", "POST", "/admin/user", newUser(m{"password": ""}), 400, nil},
		{"create user: both", "adm", "POST", "/admin/user", newUser(m{"notifyViaEmail": true}), 400, nil},
		{"create user: capitals", "adm", "POST", "/admin/user", newUser(m{"userName": "Dee"}), 400, nil},
		{"create user: a space", "adm", "POST", "/admin/user", newUser(m{"userName": "d ee"}), 400, nil},
		{"create user: anonymous", "adm", "POST", "/admin/user", newUser(m{"userName": "anonymous"}), 400, nil},
		{"create user: full name", "adm", "POST", "/admin/user", newUser(m{"fullName": "<b>"}), 400, nil},
		{"create user: address", "adm", "POST", "/admin/user", newUser(m{"email": "dee"}), 400, nil},
		{"create user: address in use", "adm", "POST", "/admin/user", newUser(m{"email": "Ana@acme.example"}), 400, nil},
		{"create user: exists", "adm", "POST", "/admin/user", newUser(m{"userName": "ana"}), 409, nil},
		{"create user: not allowed", "ana", "POST", "/admin/user", newUser(nil), 403, nil},
		{"update user", "adm", "PUT", "/admin/user/bo", m{"fullName": "Bo Ek", "email": "bo.ek@acme.example"}, 204, func(d *dcFixture, _ any) {
			if p := d.person("bo.ek@acme.example"); p.Name != "Bo Ek" || p.Username != "bo" {
				d.Errorf("bo is %+v", p)
			}
		}},
		{"update user: none", "adm", "PUT", "/admin/user/nope", m{"fullName": "No"}, 404, nil},
		{"update user: bad name", "adm", "PUT", "/admin/user/bo", m{"fullName": " "}, 400, nil},
		{"update user: another directory's", "adm", "PUT", "/admin/user/ldap", m{"fullName": "L"}, 403, nil},
		{"set password", "sys", "POST", "/admin/user/bo/password", m{"password": "new"}, 204, nil},
		{"set password: blank", "sys", "POST", "/admin/user/bo/password", m{"password": " "}, 400, nil},
		{"set password: not allowed", "adm", "POST", "/admin/user/bo/password", m{"password": "new"}, 403, nil},
		{"disable user", "adm", "PUT", "/admin/user/bo/disable", nil, 204, func(d *dcFixture, _ any) {
			d.same("status", d.call(200, "GET", "/user?username=bo&expand=status", nil).(m)["status"], "deactivated")
			d.same("groups", namesOf(d.call(200, "GET", "/user/memberof?username=bo", nil)), []string{"all-engineering", "confluence-users"})
		}},
		{"disable user: none", "adm", "PUT", "/admin/user/nope/disable", nil, 404, nil},
		{"disable user: a system administrator", "adm", "PUT", "/admin/user/sys/disable", nil, 403, nil},
		{"enable user: is so", "adm", "PUT", "/admin/user/bo/enable", nil, 204, nil},
		{"delete user", "adm", "DELETE", "/admin/user/ana", nil, 202, func(d *dcFixture, b any) {
			finishes(d, b)
			d.call(404, "GET", "/user?username=ana", nil)
			d.same("members", namesOf(d.call(200, "GET", "/group/engineering/member", nil)), []string{})
		}},
		{"delete user: none", "adm", "DELETE", "/admin/user/nope", nil, 404, nil},
		{"delete user: not allowed", "ana", "DELETE", "/admin/user/bo", nil, 403, nil},

		{"global permissions", "adm", "GET", "/permissions", nil, 200, hasLines(
			"admins: application use", "admins: application administer",
			"confluence-administrators: application use", "confluence-administrators: application administer",
			"confluence-users: application use", "systems: application use", "systems: system administer",
			emulator.OwnEmail+": application use", emulator.OwnEmail+": application administer", emulator.OwnEmail+": system administer",
		)},
		{"global permissions: not allowed", "ana", "GET", "/permissions", nil, 403, nil},
		{"of a group", "adm", "GET", "/permissions/group/systems", nil, 200, hasLines("systems: application use", "systems: system administer")},
		{"of a group: none", "adm", "GET", "/permissions/group/nope", nil, 404, nil},
		{"of a user", "adm", "GET", "/permissions/user/ana", nil, 200, func(d *dcFixture, b any) { d.same("rows", b, []any{}) }},
		{"of a user by key", "adm", "GET", "/permissions/user/{ana}", nil, 200, nil},
		{"of a user: none", "adm", "GET", "/permissions/user/nope", nil, 404, nil},
		{"of anonymous people", "adm", "GET", "/permissions/anonymous", nil, 200, nil},
		{"of the unlicensed", "adm", "GET", "/permissions/unlicensed", nil, 200, nil},
		{"grant to a group", "adm", "PUT", "/permissions/group/confluence-users/grant", ops("space create", "personal_space create"), 204,
			gives("/permissions/group/confluence-users", "confluence-users: application use", "confluence-users: personal_space create", "confluence-users: space create")},
		{"grant to a user", "adm", "PUT", "/permissions/user/bo/grant", ops("application use", "application administer"), 204,
			gives("/permissions/user/bo", "bo: application use", "bo: application administer")},
		{"grant to a user by key", "adm", "PUT", "/permissions/user/{bo}/grant", ops("application use"), 204, gives("/permissions/user/bo", "bo: application use")},
		{"grant without use", "adm", "PUT", "/permissions/group/engineering/grant", ops("space create"), 400, gives("/permissions/group/engineering")},
		{"grant: unknown pair", "adm", "PUT", "/permissions/group/engineering/grant", ops("application use", "space read"), 400, gives("/permissions/group/engineering")},
		{"grant: no group", "adm", "PUT", "/permissions/group/nope/grant", ops("application use"), 404, nil},
		{"grant: not allowed", "ana", "PUT", "/permissions/group/engineering/grant", ops("application use"), 403, nil},
		{"grant system administration: not allowed", "adm", "PUT", "/permissions/user/bo/grant", ops("application use", "system administer"), 403, nil},
		{"grant system administration", "sys", "PUT", "/permissions/group/engineering/grant", ops("application use", "system administer"), 204, nil},
		{"grant to anonymous people", "adm", "PUT", "/permissions/anonymous/grant", ops("application use", "user read"), 204,
			gives("/permissions/anonymous", "anonymous: application use", "anonymous: user read")},
		{"grant to anonymous people, as printed", "adm", "PUT", "/permissions/anonymous/grant", ops("application use", "read user"), 204,
			gives("/permissions/anonymous", "anonymous: application use", "anonymous: user read")},
		{"grant to anonymous people: too much", "adm", "PUT", "/permissions/anonymous/grant", ops("space create"), 400, nil},
		{"grant to the unlicensed", "adm", "PUT", "/permissions/unlicensed/grant", ops("application use_unlicensed"), 204,
			gives("/permissions/unlicensed", "unlicensed: application use_unlicensed")},
		{"grant to the unlicensed: the licensed one", "adm", "PUT", "/permissions/unlicensed/grant", ops("application use"), 400, nil},
		{"revoke from a group", "adm", "PUT", "/permissions/group/admins/revoke", ops("application administer"), 204, gives("/permissions/group/admins", "admins: application use")},
		{"revoke use from a group", "sys", "PUT", "/permissions/group/systems/revoke", ops("application use"), 204, gives("/permissions/group/systems")},
		{"revoke from a user: has none", "adm", "PUT", "/permissions/user/ana/revoke", ops("space create"), 204, gives("/permissions/user/ana")},
		{"revoke from anonymous people: have none", "adm", "PUT", "/permissions/anonymous/revoke", ops("application use"), 204, gives("/permissions/anonymous")},
		{"revoke from the unlicensed: have none", "adm", "PUT", "/permissions/unlicensed/revoke", ops("application use_unlicensed"), 204, gives("/permissions/unlicensed")},
		{"set several", "adm", "PUT", "/permissions", []m{
			{"groupName": "admins", "operations": ops()}, {"userKey": "{bo}", "operations": ops("application use", "space create")},
		}, 204, gives("/permissions",
			"confluence-administrators: application use", "confluence-administrators: application administer",
			"confluence-users: application use", "systems: application use", "systems: system administer",
			"bo: application use", "bo: space create",
			emulator.OwnEmail+": application use", emulator.OwnEmail+": application administer", emulator.OwnEmail+": system administer",
		)},
		{"set: all or nothing", "adm", "PUT", "/permissions", []m{
			{"groupName": "admins", "operations": ops()}, {"groupName": "engineering", "operations": ops("space create")},
		}, 400, gives("/permissions/group/admins", "admins: application use", "admins: application administer")},
		{"set: unknown user", "adm", "PUT", "/permissions", []m{{"userKey": "nope", "operations": ops()}}, 404, nil},
		{"set: unknown group", "adm", "PUT", "/permissions", []m{{"groupName": "nope", "operations": ops()}}, 404, nil},
		{"set: nobody", "adm", "PUT", "/permissions", []m{{"operations": ops("application use")}}, 400, nil},
		{"set: both", "adm", "PUT", "/permissions", []m{{"groupName": "admins", "userKey": "{bo}", "operations": ops()}}, 400, nil},
		{"set: twice", "adm", "PUT", "/permissions", many(2), 400, nil},
		{"set: over forty", "adm", "PUT", "/permissions", many(41), 400, nil},
		{"set: not allowed", "ana", "PUT", "/permissions", []m{{"groupName": "admins", "operations": ops()}}, 403, nil},
		{"set: the only system administrator by role", "sys", "PUT", "/permissions/user/" + emulator.OwnEmail + "/revoke", ops("application use"), 400, nil},

		{"spaces", "bo", "GET", "/space", nil, 200, hasNames("ENG")},
		{"spaces: of the super-group", "root", "GET", "/space", nil, 200, hasNames("ENG", "OPS")},
		{"spaces: not of a Confluence administrator", "adm", "GET", "/space?spaceKey=OPS", nil, 200, hasNames()},
		{"spaces: by keys", "root", "GET", "/space?spaceKey=ops&spaceKey=nope", nil, 200, hasNames("OPS")},
		{"spaces: by status", "root", "GET", "/space?status=archived", nil, 200, hasNames()},
		{"spaces: by type", "root", "GET", "/space?type=personal", nil, 200, hasNames()},
		{"spaces: bad type", "root", "GET", "/space?type=odd", nil, 400, nil},
		{"spaces: bad id", "root", "GET", "/space?spaceIds=odd", nil, 400, nil},
		{"spaces: labelled", "root", "GET", "/space?label=a", nil, 200, hasNames()},
		{"spaces: with a label", "root", "GET", "/space?label=LEGAL", nil, 200, hasNames("OPS")},
		{"spaces: with labelled content", "root", "GET", "/space?contentLabel=legal", nil, 200, hasNames()},
		{"spaces: a page", "root", "GET", "/space?limit=1", nil, 200, func(d *dcFixture, b any) {
			d.same("next", b.(m)["_links"].(m)["next"], "/rest/api/space?limit=1&start=1")
		}},
		{"space", "bo", "GET", "/space/eng?expand=description.plain,permissions,homepage,creator", nil, 200, field("key", "ENG")},
		{"space: not there for the caller", "cy", "GET", "/space/OPS", nil, 404, nil},
		{"create space", "root", "POST", "/space", m{"key": "NEW", "name": "New", "description": m{"plain": m{"value": "words", "representation": "plain"}}}, 200, func(d *dcFixture, _ any) {
			got := lines(d.call(200, "GET", "/space/NEW/permissions/group/confluence-users", nil))
			d.same("the defaults", got, []string{
				"confluence-users: space read", "confluence-users: page create", "confluence-users: blogpost create",
				"confluence-users: comment create", "confluence-users: attachment create",
			})
		}},
		{"create space: not allowed", "ana", "POST", "/space", m{"key": "NEW", "name": "New"}, 403, nil},
		{"create space: exists", "root", "POST", "/space", m{"key": "eng", "name": "New"}, 400, nil},
		{"create space: no name", "root", "POST", "/space", m{"key": "NEW"}, 400, nil},
		{"create space: a personal key", "root", "POST", "/space", m{"key": "~new", "name": "New"}, 400, nil},
		{"create private space", "root", "POST", "/space/_private", m{"key": "NEW", "name": "New"}, 200, func(d *dcFixture, _ any) {
			got := lines(d.call(200, "GET", "/space/NEW/permissions", nil))
			if len(got) != 14 || got[0] != "root: space read" || got[13] != "root: attachment delete" {
				d.Errorf("a private space has %v", got)
			}
		}},
		{"create own space", "root", "POST", "/space/personal", m{"isPrivate": true}, 200, field("key", "~root")},
		{"create own space: not allowed", "ana", "POST", "/space/personal", m{"isPrivate": true}, 403, nil},
		{"create personal space", "adm", "POST", "/admin/space/personal/ana", m{"isPrivate": false}, 200, func(d *dcFixture, b any) {
			d.same("type", b.(m)["type"], "personal")
			d.call(409, "POST", "/admin/space/personal/ana", m{})
			d.same("personal spaces", namesOf(d.call(200, "GET", "/space?type=personal", nil)), []string{"~ana"})
		}},
		{"create personal space: nobody", "adm", "POST", "/admin/space/personal/nope", m{}, 404, nil},
		{"create personal space: may not enter", "adm", "POST", "/admin/space/personal/out", m{}, 400, nil},
		{"create personal space: not allowed", "ana", "POST", "/admin/space/personal/bo", m{}, 403, nil},
		{"update space", "ana", "PUT", "/space/ENG", m{"key": "ENG", "name": "Engines"}, 200, field("name", "Engines")},
		{"update space: another key", "ana", "PUT", "/space/ENG", m{"key": "E", "name": "Engines"}, 400, nil},
		{"update space: not allowed", "bo", "PUT", "/space/ENG", m{"name": "Engines"}, 404, nil},
		{"archive space", "ana", "PUT", "/space/ENG/archive", nil, 204, listsAfter("/space?status=archived", "ENG")},
		{"archive space: not allowed", "bo", "PUT", "/space/ENG/archive", nil, 403, nil},
		{"archive space: none", "ana", "PUT", "/space/NOPE/archive", nil, 404, nil},
		{"restore space: is so", "ana", "PUT", "/space/ENG/restore", nil, 204, listsAfter("/space?status=current", "ENG", "OPS")},
		{"delete space", "ana", "DELETE", "/space/ENG", nil, 202, func(d *dcFixture, b any) {
			finishes(d, b)
			d.call(404, "GET", "/space/ENG", nil)
		}},
		{"delete space: not allowed", "bo", "DELETE", "/space/ENG", nil, 404, nil},

		{"permissions", "ana", "GET", "/space/ENG/permissions", nil, 200, hasLines(
			"all-engineering: space read", "all-engineering: page create", "all-engineering: comment create",
			"ana: space read", "ana: space administer", "ana: space restrict", "ana: page create", "anonymous: space read",
		)},
		{"permissions: not allowed", "bo", "GET", "/space/ENG/permissions", nil, 403, nil},
		{"permissions: not there", "cy", "GET", "/space/OPS/permissions", nil, 404, nil},
		{"permissions of anonymous people", "ana", "GET", "/space/ENG/permissions/anonymous", nil, 200, hasLines("anonymous: space read")},
		{"permissions of a group", "ana", "GET", "/space/ENG/permissions/group/all-engineering", nil, 200, nil},
		{"permissions of a group: none", "ana", "GET", "/space/ENG/permissions/group/nope", nil, 404, nil},
		{"permissions of a user", "ana", "GET", "/space/ENG/permissions/user/{ana}", nil, 200, nil},
		{"permissions of a user: by name", "ana", "GET", "/space/ENG/permissions/user/ana", nil, 404, nil},
		{"grant a group permissions", "ana", "PUT", "/space/ENG/permissions/group/engineering/grant", ops("space export", "space delete_mail"), 204,
			gives("/space/ENG/permissions/group/engineering", "engineering: space export", "engineering: space delete_mail")},
		{"grant a user permissions", "ana", "PUT", "/space/ENG/permissions/user/{bo}/grant", ops("space read", "attachment create"), 204,
			gives("/space/ENG/permissions/user/{bo}", "bo: space read", "bo: attachment create")},
		{"grant anonymous people permissions", "ana", "PUT", "/space/ENG/permissions/anonymous/grant", ops("comment create"), 204,
			gives("/space/ENG/permissions/anonymous", "anonymous: space read", "anonymous: comment create")},
		{"grant permissions: unknown pair", "ana", "PUT", "/space/ENG/permissions/group/engineering/grant", ops("space read", "page archive"), 400, gives("/space/ENG/permissions/group/engineering")},
		{"grant permissions: not allowed", "bo", "PUT", "/space/ENG/permissions/anonymous/grant", ops("page create"), 403, nil},
		{"revoke a group's permissions", "ana", "PUT", "/space/ENG/permissions/group/all-engineering/revoke", ops("page create", "page delete"), 204,
			gives("/space/ENG/permissions/group/all-engineering", "all-engineering: space read", "all-engineering: comment create")},
		{"revoke a user's permissions", "ana", "PUT", "/space/ENG/permissions/user/{ana}/revoke", ops("page create"), 204,
			gives("/space/ENG/permissions/user/{ana}", "ana: space read", "ana: space administer", "ana: space restrict")},
		{"revoke anonymous people's permissions", "ana", "PUT", "/space/ENG/permissions/anonymous/revoke", ops("space read"), 204, gives("/space/ENG/permissions/anonymous")},
		{"revoke permissions: view alone", "ana", "PUT", "/space/ENG/permissions/group/all-engineering/revoke", ops("space read"), 204,
			gives("/space/ENG/permissions/group/all-engineering", "all-engineering: page create", "all-engineering: comment create")},
		{"revoke permissions: the last administrator", "ana", "PUT", "/space/ENG/permissions/user/{ana}/revoke", ops("space administer"), 400, nil},
		{"set permissions", "ana", "POST", "/space/ENG/permissions", []m{
			{"groupName": "engineering", "operations": ops("space read", "space administer")}, {"userKey": "{ana}", "operations": ops()}, {"operations": ops()},
		}, 200, gives("/space/ENG/permissions",
			"all-engineering: space read", "all-engineering: page create", "all-engineering: comment create",
			"engineering: space read", "engineering: space administer",
		)},
		{"set permissions: the last administrator", "ana", "POST", "/space/ENG/permissions", []m{{"userKey": "{ana}", "operations": ops("space read")}}, 400, nil},
		{"set permissions: unknown user", "ana", "POST", "/space/ENG/permissions", []m{{"userKey": "nope", "operations": ops()}}, 404, nil},
		{"set permissions: over forty", "ana", "POST", "/space/ENG/permissions", many(41), 400, nil},
		{"set permissions: wrong type", "ana", "POST", "/space/ENG/permissions", m{}, 400, nil},

		{"search", "bo", "GET", "/search?limit=1&cql=" + url.QueryEscape(`space = "ENG" and type in (page, blogpost) order by lastmodified desc`), nil, 200, func(d *dcFixture, b any) {
			rows := b.(m)["results"].([]any)
			if len(rows) != 1 || b.(m)["totalCount"] != float64(3) || rows[0].(m)["lastModified"] != "2026-03-01T09:00:00Z" {
				d.Errorf("%v", b)
			}
		}},
		{"search: not there for the caller", "cy", "GET", "/search?cql=space=OPS", nil, 200, hasNames()},
		{"search: no query", "cy", "GET", "/search", nil, 400, nil},
		{"search: bad query", "cy", "GET", "/search?cql=space", nil, 400, nil},
		{"search: bad limit", "cy", "GET", "/search?cql=type=page&limit=x", nil, 400, nil},
		{"search: archived spaces", "cy", "GET", "/search?cql=type=page&includeArchivedSpaces=true", nil, 501, nil},
		{"search: bad choice", "cy", "GET", "/search?cql=type=page&includeArchivedSpaces=x", nil, 400, nil},

		{"restrictions", "ana", "GET", "/content/{HR}/restriction/byOperation", nil, 200, nil},
		{"restriction", "ana", "GET", "/content/{HR}/restriction/byOperation/read", nil, 200, field("operation", "read")},
		{"restriction: unknown operation", "ana", "GET", "/content/{HR}/restriction/byOperation/fly", nil, 400, nil},
		{"restriction: no content", "ana", "GET", "/content/1/restriction/byOperation", nil, 404, nil},
		{"restriction: bad page", "ana", "GET", "/content/{HR}/restriction/byOperation/read?limit=x", nil, 400, nil},
		{"relevant restrictions", "ana", "GET", "/content/{Pay bands}/restriction/relevantViewRestrictions", nil, 200, nil},
		{"restrict", "ana", "PUT", "/content/{HR}/restriction", restrict("read", m{"user": []m{{"type": "known", "username": "ana"}}, "group": []m{{"type": "group", "name": "admins"}}}), 200, nil},
		{"restrict: unknown user", "ana", "PUT", "/content/{HR}/restriction", restrict("read", m{"user": []m{{"type": "known", "username": "nope"}}}), 400, nil},
		{"restrict: unknown group", "ana", "PUT", "/content/{HR}/restriction", restrict("read", m{"group": []m{{"type": "group", "name": "nope"}}}), 400, nil},
		{"restrict: unknown operation", "ana", "PUT", "/content/{HR}/restriction", restrict("fly", m{}), 400, nil},
		{"restrict: oneself out", "ana", "PUT", "/content/{HR}/restriction", restrict("update", m{"user": []m{{"type": "known", "username": "bo"}}}), 400, nil},
		{"restrict: not allowed", "bo", "PUT", "/content/{HR}/restriction", restrict("read", m{}), 403, nil},
		{"restrict: not there", "cy", "PUT", "/content/1/restriction", restrict("read", m{}), 404, nil},
	}...)
}

func TestDataCenterOperations(t *testing.T) {
	for _, s := range dcSteps() {
		t.Run(strings.ReplaceAll(s.name, " ", "_"), func(t *testing.T) {
			d := openDC(t, emulator.Options{})
			dcSmall(d)
			status, body := d.answer(s.request(d))
			if status != s.status {
				t.Fatalf("%s %s: status %d, want %d: %v", s.method, s.path, status, s.status, body)
			}
			if status >= 400 {
				isRestError(d, body, status)
			}
			if s.check != nil {
				s.check(d, body)
			}
		})
	}
}

// isRestError checks the product's one shape of errors.
func isRestError(d *dcFixture, body any, status int) {
	d.Helper()
	e, is := body.(m)
	if !is {
		d.Fatalf("the error is %v", body)
	}
	if e["statusCode"] != float64(status) || e["message"] == "" || e["reason"] != http.StatusText(status) || e["data"].(m)["successful"] != false {
		d.Errorf("the error is %v", e)
	}
}
