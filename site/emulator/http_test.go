package emulator_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

// m is a JSON object.
type m = map[string]any

// step is one request and the status that it must have. The paths and bodies
// are made when the site is there: they need its ids.
type step struct {
	name   string
	method string
	path   func(*fixture) string
	body   func(*fixture) any
	status int
	check  func(*fixture, m) // of the answer or the site afterwards
}

func at(path string) func(*fixture) string { return func(*fixture) string { return path } }

func sent(body any) func(*fixture) any { return func(*fixture) any { return body } }

// in is a path below the directory.
func in(path string) func(*fixture) string { return func(f *fixture) string { return f.dir(path) } }

func groupPath(name, rest string) func(*fixture) string {
	return func(f *fixture) string { return f.dir("/groups/" + f.group(name).ID + rest) }
}

func userPath(email, rest string) func(*fixture) string {
	return func(f *fixture) string { return f.dir("/users/" + f.person(email).ID + rest) }
}

func v1GroupQuery(name, path string) func(*fixture) string {
	return func(f *fixture) string { return fmt.Sprintf(path, f.group(name).ID) }
}

func spacePath(key, rest string) func(*fixture) string {
	return func(f *fixture) string { return "/wiki/api/v2/spaces/" + f.space(key).ID + rest }
}

func rolePath(name string) func(*fixture) string {
	return func(f *fixture) string { return "/wiki/api/v2/space-roles/" + f.role(name).ID }
}

// operations are the successes and failures of every operation.
func operations() []step {
	const v1, v2 = "/wiki/rest/api", "/wiki/api/v2"
	return []step{
		// v1: groups
		{"list groups", "GET", at(v1 + "/group?start=&limit=2"), nil, 200, func(f *fixture, b m) {
			if names := texts(b, "results", "name"); !slices.Equal(names, []string{"engineering", "okta-finance"}) {
				f.Errorf("groups %v", names)
			}
			if next := b["_links"].(m)["next"]; next != "/rest/api/group?limit=2&start=2" {
				f.Errorf("next is %v", next)
			}
		}},
		{"list groups with access", "GET", at(v1 + "/group?accessType=user"), nil, 200, func(f *fixture, b m) {
			if names := texts(b, "results", "name"); !slices.Equal(names, []string{"staff"}) {
				f.Errorf("groups %v", names)
			}
		}},
		{"list admin groups", "GET", at(v1 + "/group?accessType=site-admin"), nil, 200, nil},
		{"list groups: bad access", "GET", at(v1 + "/group?accessType=boss"), nil, 400, nil},
		{"list groups: bad start", "GET", at(v1 + "/group?start=x"), nil, 400, nil},
		{"list groups: negative", "GET", at(v1 + "/group?start=-1"), nil, 400, nil},
		{"list groups: bad query", "GET", at(v1 + "/group?start=%zz"), nil, 400, nil},
		{"group kinds", "GET", at(v1 + "/group"), nil, 200, func(f *fixture, b m) {
			want := []string{"ADMINS", "EXTERNAL", "ADMINS", "ADMINS", "TEAM_MEMBERS"}
			if got := texts(b, "results", "managedBy"); !slices.Equal(got, want) {
				f.Errorf("managedBy %v, want %v", got, want)
			}
		}},
		{"group by id", "GET", v1GroupQuery("staff", v1+"/group/by-id?id=%s"), nil, 200, nil},
		{"group by id: none", "GET", at(v1 + "/group/by-id?id=nope"), nil, 404, nil},
		{"group by id: no id", "GET", at(v1 + "/group/by-id"), nil, 400, nil},
		{"pick groups", "GET", at(v1 + "/group/picker?query=FIN&shouldReturnTotalSize=true"), nil, 200, func(f *fixture, b m) {
			if b["totalSize"] != 1.0 {
				f.Errorf("totalSize %v", b["totalSize"])
			}
		}},
		{"pick groups: no query", "GET", at(v1 + "/group/picker"), nil, 400, nil},
		{"pick groups: bad truth", "GET", at(v1 + "/group/picker?query=a&shouldReturnTotalSize=maybe"), nil, 400, nil},
		{"create group", "POST", at(v1 + "/group"), sent(m{"name": "new", "type": "group"}), 201, func(f *fixture, b m) {
			if b["id"] != f.group("new").ID {
				f.Errorf("id %v", b["id"])
			}
		}},
		{"create group: exists", "POST", at(v1 + "/group"), sent(m{"name": "STAFF"}), 400, nil},
		{"create group: no name", "POST", at(v1 + "/group"), sent(m{"name": " "}), 400, nil},
		{"create group: unknown key", "POST", at(v1 + "/group"), sent(m{"nmae": "x"}), 400, nil},
		{"create group: not JSON", "POST", at(v1 + "/group"), sent("{"), 400, nil},
		{"create group: two values", "POST", at(v1 + "/group"), sent(`{"name":"x"} {}`), 400, nil},
		{"create group: wrong type", "POST", at(v1 + "/group"), sent(`{"name":7}`), 400, nil},
		{"create group: no body", "POST", at(v1 + "/group"), nil, 400, nil},
		{"delete group", "DELETE", v1GroupQuery("engineering", v1+"/group/by-id?id=%s"), nil, 204, nil},
		{"delete group: none", "DELETE", at(v1 + "/group/by-id?id=nope"), nil, 404, nil},
		{"delete group: idp", "DELETE", v1GroupQuery("okta-finance", v1+"/group/by-id?id=%s"), nil, 403, nil},
		{"delete group: built in", "DELETE", v1GroupQuery("site-admins", v1+"/group/by-id?id=%s"), nil, 403, nil},
		{"members", "GET", v1GroupQuery("engineering", v1+"/group/%s/membersByGroupId?limit=200&expand=operations,personalSpace"), nil, 200, func(f *fixture, b m) {
			row := b["results"].([]any)[0].(m)
			if row["accountType"] != "atlassian" || row["email"] != "" || len(row["operations"].([]any)) == 0 {
				f.Errorf("member %v", row)
			}
		}},
		{"members: too many", "GET", v1GroupQuery("engineering", v1+"/group/%s/membersByGroupId?limit=201"), nil, 400, nil},
		{"members: bad expand", "GET", v1GroupQuery("engineering", v1+"/group/%s/membersByGroupId?expand=secrets"), nil, 400, nil},
		{"members: no group", "GET", at(v1 + "/group/nope/membersByGroupId"), nil, 404, nil},
		{"add member", "POST", v1GroupQuery("staff", v1+"/group/userByGroupId?groupId=%s"), member("cy@acme.example"), 201, func(f *fixture, _ m) {
			if !slices.Contains(f.group("staff").Members, f.person("cy@acme.example").ID) {
				f.Error("cy is no member")
			}
		}},
		{"add member: is one", "POST", v1GroupQuery("engineering", v1+"/group/userByGroupId?groupId=%s"), member("ana@acme.example"), 201, nil},
		{"add member: nobody", "POST", v1GroupQuery("staff", v1+"/group/userByGroupId?groupId=%s"), sent(m{"accountId": "712020:nope"}), 404, nil},
		{"add member: no account", "POST", v1GroupQuery("staff", v1+"/group/userByGroupId?groupId=%s"), sent(m{}), 400, nil},
		{"add member: no group", "POST", at(v1 + "/group/userByGroupId?groupId=nope"), member("cy@acme.example"), 404, nil},
		{"add member: idp", "POST", v1GroupQuery("okta-finance", v1+"/group/userByGroupId?groupId=%s"), member("ana@acme.example"), 403, nil},
		{"add member: team", "POST", v1GroupQuery("team-blue", v1+"/group/userByGroupId?groupId=%s"), member("ana@acme.example"), 403, nil},
		{"add member: built in", "POST", v1GroupQuery("site-admins", v1+"/group/userByGroupId?groupId=%s"), member("ana@acme.example"), 201, nil},
		{"remove member", "DELETE", func(f *fixture) string {
			return v1 + "/group/userByGroupId?groupId=" + f.group("engineering").ID + "&accountId=" + f.person("bo@acme.example").ID
		}, nil, 204, func(f *fixture, _ m) {
			if len(f.group("engineering").Members) != 1 {
				f.Error("bo is still a member")
			}
		}},
		{"remove member: is none", "DELETE", func(f *fixture) string {
			return v1 + "/group/userByGroupId?groupId=" + f.group("engineering").ID + "&accountId=" + f.person("cy@acme.example").ID
		}, nil, 204, nil},
		{"remove member: nobody", "DELETE", v1GroupQuery("engineering", v1+"/group/userByGroupId?groupId=%s&accountId=nope"), nil, 404, nil},

		// v1: people, spaces, the site
		{"current user", "GET", at(v1 + "/user/current?expand=operations"), nil, 200, func(f *fixture, b m) {
			if b["accountId"] != f.cred.AccountID || b["email"] != f.cred.Email {
				f.Errorf("current user %v", b)
			}
		}},
		{"user", "GET", func(f *fixture) string { return v1 + "/user?accountId=" + f.person("out@acme.example").ID }, nil, 200, func(f *fixture, b m) {
			if b["displayName"] != "Out Side (Unlicensed)" {
				f.Errorf("displayName %v", b["displayName"])
			}
		}},
		{"user: nobody", "GET", at(v1 + "/user?accountId=nope"), nil, 404, nil},
		{"user: no id", "GET", at(v1 + "/user"), nil, 400, nil},
		{"users", "GET", func(f *fixture) string {
			return v1 + "/user/bulk?accountId=nope&accountId=" + f.person("ana@acme.example").ID
		}, nil, 200, func(f *fixture, b m) {
			if n := len(b["results"].([]any)); n != 1 {
				f.Errorf("%d results", n)
			}
		}},
		{"users: no id", "GET", at(v1 + "/user/bulk"), nil, 400, nil},
		{"groups of a user", "GET", func(f *fixture) string {
			return v1 + "/user/memberof?accountId=" + f.person("ana@acme.example").ID
		}, nil, 200, func(f *fixture, b m) {
			if names := texts(b, "results", "name"); !slices.Equal(names, []string{"engineering"}) {
				f.Errorf("groups %v", names)
			}
		}},
		{"groups of a user: nobody", "GET", at(v1 + "/user/memberof?accountId=nope"), nil, 404, nil},
		{"groups of a user: no id", "GET", at(v1 + "/user/memberof"), nil, 400, nil},
		{"rename space", "PUT", at(v1 + "/space/ENG"), sent(m{"name": "Build"}), 200, func(f *fixture, _ m) {
			if s := f.space("ENG"); s.Name != "Build" || s.Status != "current" {
				f.Errorf("space %+v", s)
			}
		}},
		{"archive space", "PUT", at(v1 + "/space/eng"), sent(m{"status": "ARCHIVED", "description": m{"plain": m{"value": "d", "representation": "plain"}}}), 200, func(f *fixture, _ m) {
			if s := f.space("ENG"); s.Status != "archived" || s.Name != "Engineering" {
				f.Errorf("space %+v", s)
			}
		}},
		{"update space: bad status", "PUT", at(v1 + "/space/ENG"), sent(m{"name": "Z", "status": "gone"}), 400, nil},
		{"update space: no name", "PUT", at(v1 + "/space/ENG"), sent(m{"name": ""}), 400, nil},
		{"update space: no such home page", "PUT", at(v1 + "/space/ENG"), sent(m{"homepage": m{"id": "1"}}), 400, nil},
		{"update space: type", "PUT", at(v1 + "/space/ENG"), sent(m{"type": "personal"}), 501, nil},
		{"update space: none", "PUT", at(v1 + "/space/NOPE"), sent(m{"name": "x"}), 404, nil},
		{"system info", "GET", at(v1 + "/settings/systemInfo"), nil, 200, func(f *fixture, b m) {
			if b["cloudId"] != f.cred.CloudID || !strings.Contains(b["baseUrl"].(string), ".invalid") {
				f.Errorf("system info %v", b)
			}
		}},
		{"task", "GET", func(f *fixture) string {
			return v1 + "/longtask/" + f.want(202, "DELETE", rolePath("Reviewer")(f), nil)["taskId"].(string)
		}, nil, 200, func(f *fixture, b m) {
			if b["finished"] != true || b["percentageComplete"] != 100.0 || b["_links"].(m)["status"] != nil {
				f.Errorf("task %v", b)
			}
		}},
		{"task: none", "GET", at(v1 + "/longtask/nope"), nil, 404, nil},

		// v2: spaces
		{"list spaces", "GET", at(v2 + "/spaces"), nil, 200, keys("ENG", "OPS")},
		{"list spaces: no alias", "GET", at(v2 + "/spaces?keys=ENG"), nil, 200, func(f *fixture, b m) {
			if alias, there := b["results"].([]any)[0].(m)["currentActiveAlias"]; !there || alias != nil {
				f.Errorf("currentActiveAlias %v", alias)
			}
		}},
		{"list spaces: bad format", "GET", at(v2 + "/spaces?description-format=x"), nil, 400, nil},
		{"list spaces: by key", "GET", at(v2 + "/spaces?keys=ops,none&status=current&type=global"), nil, 200, keys("OPS")},
		{"list spaces: by id", "GET", func(f *fixture) string { return v2 + "/spaces?ids=" + f.space("ENG").ID + "&ids=1" }, nil, 200, keys("ENG")},
		{"list spaces: archived", "GET", at(v2 + "/spaces?status=archived"), nil, 200, keys()},
		{"list spaces: labels", "GET", at(v2 + "/spaces?labels=x"), nil, 200, keys()},
		{"list spaces: a label", "GET", func(f *fixture) string {
			f.must(f.em.Admin().SetLabels("OPS", "Legal-Hold", "team-x"))
			return v2 + "/spaces?labels=none,legal-hold"
		}, nil, 200, keys("OPS")},
		{"list spaces: backwards", "GET", at(v2 + "/spaces?sort=-name"), nil, 200, keys("OPS", "ENG")},
		{"list spaces: bad id", "GET", at(v2 + "/spaces?ids=x"), nil, 400, nil},
		{"list spaces: bad type", "GET", at(v2 + "/spaces?type=x"), nil, 400, nil},
		{"list spaces: bad status", "GET", at(v2 + "/spaces?status=x"), nil, 400, nil},
		{"list spaces: bad sort", "GET", at(v2 + "/spaces?sort=x"), nil, 400, nil},
		{"list spaces: bad cursor", "GET", at(v2 + "/spaces?cursor=x"), nil, 400, nil},
		{"list spaces: too many", "GET", at(v2 + "/spaces?limit=251"), nil, 400, nil},
		{"list spaces: none a page", "GET", at(v2 + "/spaces?limit=0"), nil, 400, nil},
		{"space", "GET", spacePath("ENG", "?include-role-assignments=true"), nil, 200, func(f *fixture, b m) {
			if n := len(b["roleAssignments"].(m)["results"].([]any)); n != 2 {
				f.Errorf("%d assignments", n)
			}
		}},
		{"space: none", "GET", at(v2 + "/spaces/1"), nil, 404, nil},
		{"create space", "POST", at(v2 + "/spaces"), sent(m{"name": "Docs", "key": "DOCS", "description": m{"value": "d", "representation": "plain"}}), 201, func(f *fixture, b m) {
			want := []string{"all-licensed-users = Collaborator", "weir@embedded.invalid = Admin"}
			if got := f.roles("DOCS"); !slices.Equal(got, want) {
				f.Errorf("roles %v, want %v", got, want)
			}
			if _, owner := b["spaceOwnerId"]; owner || b["id"] != f.space("DOCS").ID {
				f.Errorf("answer %v", b)
			}
		}},
		{"create space: by alias", "POST", at(v2 + "/spaces"), sent(m{"name": "Docs", "alias": "DOCS"}), 201, nil},
		{"create space: private", "POST", at(v2 + "/spaces"), sent(m{"name": "P", "key": "P", "createPrivateSpace": true}), 201, func(f *fixture, _ m) {
			if got := f.roles("P"); !slices.Equal(got, []string{"weir@embedded.invalid = Admin"}) {
				f.Errorf("roles %v", got)
			}
		}},
		{"create space: copied", "POST", at(v2 + "/spaces"), func(f *fixture) any {
			return fmt.Sprintf(`{"name":"C","key":"C","copySpaceAccessConfiguration":%s}`, f.space("ENG").ID)
		}, 201, func(f *fixture, _ m) {
			if diff := cmp.Diff(f.roles("ENG"), f.roles("C")); diff != "" {
				f.Error(diff)
			}
		}},
		{"create space: exactly these", "POST", at(v2 + "/spaces"), func(f *fixture) any {
			return m{"name": "X", "key": "X", "roleAssignments": []m{assignment("GROUP", f.group("staff").ID, f.role("Viewer").ID)}}
		}, 201, func(f *fixture, _ m) {
			if got := f.roles("X"); !slices.Equal(got, []string{"staff = Viewer"}) {
				f.Errorf("roles %v", got)
			}
		}},
		{"create space: empty list", "POST", at(v2 + "/spaces"), sent(m{"name": "X", "key": "X", "roleAssignments": []m{}}), 201, func(f *fixture, _ m) {
			if got := f.roles("X"); len(got) != 2 {
				f.Errorf("roles %v, want the defaults", got)
			}
		}},
		{"create space: key taken", "POST", at(v2 + "/spaces"), sent(m{"name": "X", "key": "eng"}), 400, nil},
		{"create space: bad key", "POST", at(v2 + "/spaces"), sent(m{"name": "X", "key": "~ana"}), 400, nil},
		{"create space: no name", "POST", at(v2 + "/spaces"), sent(m{"key": "X"}), 400, nil},
		{"create space: template", "POST", at(v2 + "/spaces"), sent(m{"name": "X", "key": "X", "templateKey": "t"}), 501, nil},
		{"create space: two ways", "POST", at(v2 + "/spaces"), sent(m{"name": "X", "key": "X", "createPrivateSpace": true, "copySpaceAccessConfiguration": 1}), 400, nil},
		{"create space: nothing to copy", "POST", at(v2 + "/spaces"), sent(m{"name": "X", "key": "X", "copySpaceAccessConfiguration": 1}), 400, nil},
		{"create space: unknown role", "POST", at(v2 + "/spaces"), func(f *fixture) any {
			return m{"name": "X", "key": "X", "roleAssignments": []m{assignment("GROUP", f.group("staff").ID, "nope")}}
		}, 400, nil},
		{"create space: no role", "POST", at(v2 + "/spaces"), func(f *fixture) any {
			return m{"name": "X", "key": "X", "roleAssignments": []m{assignment("GROUP", f.group("staff").ID, "")}}
		}, 400, nil},

		// v2: roles and assignments
		{"mode", "GET", at(v2 + "/space-role-mode"), nil, 200, func(f *fixture, b m) {
			if b["mode"] != "ROLES" {
				f.Errorf("mode %v", b["mode"])
			}
		}},
		{"permissions", "GET", at(v2 + "/space-permissions?limit=250"), nil, 200, func(f *fixture, b m) {
			if n := len(b["results"].([]any)); n != 26 {
				f.Errorf("%d permissions", n)
			}
		}},
		{"roles", "GET", at(v2 + "/space-roles?role-type=CUSTOM"), nil, 200, func(f *fixture, b m) {
			if got := texts(b, "results", "name"); !slices.Equal(got, []string{"Reviewer"}) {
				f.Errorf("roles %v", got)
			}
		}},
		{"roles: of a principal", "GET", func(f *fixture) string {
			return v2 + "/space-roles?principal-type=GROUP&principal-id=" + f.group("engineering").ID + "&space-id=" + f.space("ENG").ID
		}, nil, 200, func(f *fixture, b m) {
			if got := texts(b, "results", "name"); !slices.Equal(got, []string{"Admin"}) {
				f.Errorf("roles %v", got)
			}
		}},
		{"roles: bad type", "GET", at(v2 + "/space-roles?role-type=x"), nil, 400, nil},
		{"roles: bad principal", "GET", at(v2 + "/space-roles?principal-type=x"), nil, 400, nil},
		{"roles: no space", "GET", at(v2 + "/space-roles?space-id=1"), nil, 404, nil},
		{"role", "GET", rolePath("Viewer"), nil, 200, func(f *fixture, b m) {
			if b["type"] != "SYSTEM" || b["_links"] != nil {
				f.Errorf("role %v", b)
			}
		}},
		{"role: none", "GET", at(v2 + "/space-roles/nope"), nil, 404, nil},
		{"create role", "POST", at(v2 + "/space-roles"), sent(m{"name": "Scribe", "description": "", "spacePermissions": []string{"create/page", "read/space"}}), 201, func(f *fixture, b m) {
			if b["id"] != f.role("Scribe").ID || b["type"] != "CUSTOM" {
				f.Errorf("answer %v", b)
			}
		}},
		{"create role: name taken", "POST", at(v2 + "/space-roles"), sent(m{"name": "ADMIN", "description": "", "spacePermissions": []string{"read/space"}}), 400, nil},
		{"create role: unknown permission", "POST", at(v2 + "/space-roles"), sent(m{"name": "S", "description": "", "spacePermissions": []string{"read/space", "fly/space"}}), 400, nil},
		{"create role: without view", "POST", at(v2 + "/space-roles"), sent(m{"name": "S", "description": "", "spacePermissions": []string{"create/page"}}), 400, nil},
		{"create role: empty", "POST", at(v2 + "/space-roles"), sent(m{"name": "S", "description": "", "spacePermissions": []string{}}), 400, nil},
		{"create role: no description", "POST", at(v2 + "/space-roles"), sent(m{"name": "S", "spacePermissions": []string{"read/space"}}), 400, nil},
		{"create role: no name", "POST", at(v2 + "/space-roles"), sent(m{"name": "", "description": "", "spacePermissions": []string{"read/space"}}), 400, nil},
		{"update role", "PUT", rolePath("Reviewer"), sent(m{"name": "Reviewer", "description": "d", "spacePermissions": []string{"read/space"}}), 202, func(f *fixture, b m) {
			task := f.want(200, "GET", v1+"/longtask/"+b["taskId"].(string), nil)
			if task["finished"] != true || task["successful"] != true {
				f.Errorf("task %v", task)
			}
			if got := f.role("Reviewer"); !slices.Equal(got.Permissions, []string{"read/space"}) {
				f.Errorf("role %+v", got)
			}
		}},
		{"update role: same permissions", "PUT", rolePath("Reviewer"), sent(m{"name": "Critic", "description": "d", "spacePermissions": []string{"read/space", "create/comment"}}), 202, func(f *fixture, b m) {
			if id, there := b["taskId"]; !there || id != nil {
				f.Errorf("taskId %v", id)
			}
		}},
		{"update role: fixed", "PUT", rolePath("Viewer"), sent(m{"name": "Viewer", "description": "d", "spacePermissions": []string{"read/space"}}), 400, nil},
		{"update role: none", "PUT", at(v2 + "/space-roles/nope"), sent(m{"name": "N", "description": "d", "spacePermissions": []string{"read/space"}}), 404, nil},
		{"update role: reassignment", "PUT", rolePath("Reviewer"), sent(m{"name": "N", "description": "d", "spacePermissions": []string{"read/space"}, "guestReassignmentRoleId": "x"}), 501, nil},
		{"delete role", "DELETE", rolePath("Reviewer"), nil, 202, func(f *fixture, b m) {
			f.want(200, "GET", v1+"/longtask/"+b["taskId"].(string), nil)
			if n := len(f.em.Dump().Roles); n != 4 {
				f.Errorf("%d roles", n)
			}
		}},
		{"delete role: fixed", "DELETE", rolePath("Admin"), nil, 400, nil},
		{"delete role: none", "DELETE", at(v2 + "/space-roles/nope"), nil, 404, nil},
		{"assignments", "GET", spacePath("ENG", "/role-assignments"), nil, 200, assignments("ACCESS_CLASS", "GROUP")},
		{"assignments: by type", "GET", spacePath("ENG", "/role-assignments?principal-type=GROUP&role-type=SYSTEM"), nil, 200, assignments("GROUP")},
		{"assignments: by role", "GET", func(f *fixture) string {
			return spacePath("ENG", "/role-assignments?role-id="+f.role("Viewer").ID)(f)
		}, nil, 200, assignments("ACCESS_CLASS")},
		{"assignments: by principal", "GET", spacePath("ENG", "/role-assignments?principal-id=all-licensed-users"), nil, 200, assignments("ACCESS_CLASS")},
		{"assignments: custom only", "GET", spacePath("ENG", "/role-assignments?role-type=CUSTOM"), nil, 200, assignments()},
		{"assignments: no space", "GET", at(v2 + "/spaces/1/role-assignments"), nil, 404, nil},
		{"assign", "POST", spacePath("ENG", "/role-assignments"), func(f *fixture) any {
			return []m{
				assignment("USER", f.person("cy@acme.example").ID, f.role("Reviewer").ID),
				assignment("ACCESS_CLASS", "all-licensed-users", ""),
			}
		}, 200, func(f *fixture, b m) {
			if got := f.roles("ENG"); !slices.Equal(got, []string{"engineering = Admin", "cy@acme.example = Reviewer"}) {
				f.Errorf("roles %v", got)
			}
			assignments("USER")(f, b)
		}},
		{"assign: nobody's role removed", "POST", spacePath("ENG", "/role-assignments"), sent([]m{assignment("USER", "nope", "")}), 200, nil},
		{"assign: all or nothing", "POST", spacePath("ENG", "/role-assignments"), func(f *fixture) any {
			return []m{
				assignment("USER", f.person("cy@acme.example").ID, f.role("Viewer").ID),
				assignment("USER", "nope", f.role("Viewer").ID),
			}
		}, 400, nil},
		{"assign: no such group", "POST", spacePath("ENG", "/role-assignments"), func(f *fixture) any { return []m{assignment("GROUP", "nope", f.role("Viewer").ID)} }, 400, nil},
		{"assign: no such class", "POST", spacePath("ENG", "/role-assignments"), func(f *fixture) any { return []m{assignment("ACCESS_CLASS", "nope", f.role("Viewer").ID)} }, 400, nil},
		{"assign: no such type", "POST", spacePath("ENG", "/role-assignments"), sent([]m{assignment("APP", "x", "")}), 400, nil},
		{"assign: no principal", "POST", spacePath("ENG", "/role-assignments"), sent([]m{{"roleId": "x"}}), 400, nil},
		{"assign: twice", "POST", spacePath("ENG", "/role-assignments"), sent([]m{assignment("USER", "x", ""), assignment("USER", "x", "")}), 400, nil},
		{"assign: last admin", "POST", spacePath("OPS", "/role-assignments"), func(f *fixture) any {
			return []m{assignment("USER", f.person("bo@acme.example").ID, "")}
		}, 400, nil},
		{"assign: not a list", "POST", spacePath("ENG", "/role-assignments"), sent(m{}), 400, nil},
		{"assign: no space", "POST", at(v2 + "/spaces/1/role-assignments"), sent([]m{}), 404, nil},
		{"bulk users", "POST", at(v2 + "/users-bulk"), func(f *fixture) any {
			return m{"accountIds": []string{f.person("ana@acme.example").ID, "nope"}}
		}, 200, func(f *fixture, b m) {
			if n := len(b["results"].([]any)); n != 1 {
				f.Errorf("%d results", n)
			}
		}},
		{"bulk users: none asked", "POST", at(v2 + "/users-bulk"), sent(m{"accountIds": []string{}}), 400, nil},

		// the organisation: the site
		{"orgs", "GET", at("/admin/v1/orgs"), nil, 200, func(f *fixture, b m) {
			if got := texts(b, "data", "id"); !slices.Equal(got, []string{f.cred.OrgID}) {
				f.Errorf("orgs %v", got)
			}
		}},
		{"org", "GET", func(f *fixture) string { return f.orgV1("") }, nil, 200, nil},
		{"org: none", "GET", at("/admin/v1/orgs/nope"), nil, 404, nil},
		{"workspaces", "POST", orgV2("/workspaces"), sent(m{}), 200, func(f *fixture, b m) {
			if got := texts(b, "data", "id"); !slices.Contains(got, f.site()) {
				f.Errorf("workspaces %v", got)
			}
		}},
		{"workspaces: query", "POST", orgV2("/workspaces"), sent(m{"query": m{"field": m{"name": "attributes.typeKey", "values": []string{"confluence"}}}}), 200, workspaces("confluence")},
		{"workspaces: bad limit", "POST", orgV2("/workspaces"), sent(m{"limit": 1001}), 400, nil},
		{"directory: none", "POST", orgV2("/directories/nope/users/search"), sent(m{}), 404, nil},
		{"directory: all, in a write", "POST", orgV2("/directories/-/groups"), sent(m{"name": "x"}), 404, nil},

		// the organisation: people
		{"search by email", "POST", orgV2("/directories/-/users/search"), sent(m{"emails": []string{"ANA@acme.example", "ana"}}), 200, emails("ana@acme.example")},
		{"search by group", "POST", in("/users/search"), func(f *fixture) any { return m{"groupIds": []string{f.group("okta-finance").ID, "nope"}} }, 200, emails("cy@acme.example")},
		{"search by account", "POST", in("/users/search"), func(f *fixture) any {
			return m{"accountIds": []string{f.person("bo@acme.example").ID}, "groupIds": []string{f.group("okta-finance").ID}}
		}, 200, emails()},
		{"search by domain", "POST", in("/users/search"), sent(m{"emailDomains": []string{"partner.example"}, "claimStatus": "unmanaged"}), 200, emails("pat@partner.example")},
		{"search by term", "POST", in("/users/search"), sent(m{"searchTerm": "lind"}), 200, emails("ana@acme.example")},
		{"search by role", "POST", in("/users/search"), func(f *fixture) any {
			return m{"resourceIds": []string{f.site()}, "roleIds": []string{"atlassian/admin"}}
		}, 200, emails("weir@embedded.invalid")},
		{"search by platform role", "POST", in("/users/search"), sent(m{"roleIds": []string{"atlassian/org-admin"}}), 200, emails("weir@embedded.invalid")},
		{"search by status", "POST", in("/users/search"), sent(m{"status": []string{"suspended"}, "accountStatus": []string{"active"}, "membershipStatus": []string{"suspended"}, "mfaEnabled": false}), 200, emails()},
		{"search with everything", "POST", in("/users/search"), sent(m{"emails": []string{"cy@acme.example"}, "expand": []string{"groups", "productAccess", "platformRoles", "counts.resources"}}), 200, func(f *fixture, b m) {
			row := b["data"].([]any)[0].(m)
			group := row["groups"].([]any)[0].(m)
			access := row["productAccess"].([]any)[0].(m)
			if group["id"] != "ari:cloud:identity::group/"+f.group("okta-finance").ID || access["id"] != f.site() || row["counts"].(m)["resources"] != 1.0 || len(row["platformRoles"].([]any)) != 0 {
				f.Errorf("row %v", row)
			}
		}},
		{"search: emails and term", "POST", in("/users/search"), sent(m{"emails": []string{"a@b.example"}, "searchTerm": "a"}), 400, nil},
		{"search: misspelt filter", "POST", in("/users/search"), sent(m{"email": []string{"a@b.example"}}), 400, nil},
		{"search: too many", "POST", in("/users/search"), sent(m{"limit": 101}), 400, nil},
		{"search: bad status", "POST", in("/users/search"), sent(m{"status": []string{"gone"}}), 400, nil},
		{"search: bad expand", "POST", in("/users/search"), sent(m{"expand": []string{"all"}}), 400, nil},
		{"search: bad claim", "POST", in("/users/search"), sent(m{"claimStatus": "x"}), 400, nil},
		{"search: many emails", "POST", in("/users/search"), sent(m{"emails": make([]string, 101)}), 400, nil},
		{"search: many groups", "POST", in("/users/search"), sent(m{"groupIds": make([]string, 11)}), 400, nil},
		{"search: many resources", "POST", in("/users/search"), sent(m{"resourceIds": make([]string, 21)}), 400, nil},
		{"search: bad cursor", "POST", in("/users/search"), sent(m{"cursor": "bad"}), 400, nil},
		{"user details", "GET", userPath("ana@acme.example", ""), nil, 200, nil},
		{"user details: nobody", "GET", in("/users/nope"), nil, 404, nil},
		{"suspend", "POST", userPath("ana@acme.example", "/suspend"), nil, 204, state("ana@acme.example", "suspended")},
		{"suspend: nobody", "POST", in("/users/nope/suspend"), nil, 404, nil},
		{"suspend: last org admin", "POST", userPath("weir@embedded.invalid", "/suspend"), nil, 400, nil},
		{"restore", "POST", userPath("ana@acme.example", "/restore"), nil, 204, state("ana@acme.example", "active")},
		{"remove", "DELETE", userPath("ana@acme.example", ""), nil, 204, state("ana@acme.example", "removed")},
		{"remove: last org admin", "DELETE", userPath("weir@embedded.invalid", ""), nil, 400, nil},
		{"roles of a user", "GET", userPath("weir@embedded.invalid", "/role-assignments"), nil, 200, func(f *fixture, b m) {
			if n := len(b["data"].([]any)); n != 2 {
				f.Errorf("%d resources", n)
			}
		}},
		{"roles of a user: one resource", "GET", func(f *fixture) string {
			return userPath("weir@embedded.invalid", "/role-assignments?resourceIds="+f.site()+"&roleIds=atlassian/admin")(f)
		}, nil, 200, func(f *fixture, b m) {
			row := b["data"].([]any)[0].(m)
			way := row["roleAssignments"].([]any)[0].(m)["roleAssignmentMethods"].([]any)
			if len(b["data"].([]any)) != 1 || way[0] != "direct" {
				f.Errorf("roles %v", b)
			}
		}},
		{"roles of a user: bad cursor", "GET", userPath("ana@acme.example", "/role-assignments?cursor=bad"), nil, 400, nil},
		{"assign product", "POST", v1User("out@acme.example", "/roles/assign"), roleBody("atlassian/user"), 204, enters("out@acme.example", true)},
		{"assign product: bad role", "POST", v1User("out@acme.example", "/roles/assign"), roleBody("atlassian/king"), 400, nil},
		{"assign product: bad resource", "POST", v1User("out@acme.example", "/roles/assign"), sent(m{"role": "atlassian/user", "resource": "x"}), 404, nil},
		{"assign product: nobody", "POST", func(f *fixture) string { return f.orgV1("/users/nope/roles/assign") }, roleBody("atlassian/user"), 404, nil},
		{"assign site admin", "POST", v1User("ana@acme.example", "/roles/assign"), sent(m{"role": "atlassian/site-admin"}), 204, nil},
		{"revoke product", "POST", v1User("ana@acme.example", "/roles/revoke"), roleBody("atlassian/user"), 204, enters("ana@acme.example", false)},
		{"revoke product: bad role", "POST", v1User("ana@acme.example", "/roles/revoke"), roleBody(""), 400, nil},
		{"assign org admin", "POST", v1User("ana@acme.example", "/role-assignments/assign"), sent(m{"role": "atlassian/org-admin"}), 204, nil},
		{"assign org admin: other role", "POST", v1User("ana@acme.example", "/role-assignments/assign"), sent(m{"role": "atlassian/user"}), 400, nil},
		{"revoke org admin: the last", "POST", v1User("weir@embedded.invalid", "/role-assignments/revoke"), sent(m{"role": "atlassian/org-admin"}), 400, nil},
		{"revoke org admin: is none", "POST", v1User("ana@acme.example", "/role-assignments/revoke"), sent(m{"role": "atlassian/org-admin"}), 204, nil},
		{"invite", "POST", orgV2("/users/invite"), func(f *fixture) any {
			return m{"emails": []string{"new@acme.example"}, "permissionRules": []m{{"resource": f.site(), "role": "atlassian/user"}}, "additionalGroups": []string{f.group("engineering").ID}}
		}, 200, func(f *fixture, b m) {
			row := b["data"].([]any)[0].(m)
			p := f.person("new@acme.example")
			if row["id"] != p.ID || !p.Enters || !p.Invited || p.Name != "new" || len(f.group("engineering").Members) != 3 {
				f.Errorf("row %v, person %+v", row, p)
			}
		}},
		{"invite: to nothing", "POST", orgV2("/users/invite"), sent(m{"emails": []string{"new@acme.example"}}), 200, enters("new@acme.example", false)},
		{"invite: idp group", "POST", orgV2("/users/invite"), func(f *fixture) any {
			return m{"emails": []string{"new@acme.example"}, "additionalGroups": []string{f.group("okta-finance").ID, "nope"}}
		}, 206, func(f *fixture, b m) {
			result := b["data"].([]any)[0].(m)["results"].([]any)[0].(m)["groupAssignmentResult"].([]any)
			if len(result) != 2 || result[0].(m)["status"] != "ERROR" || result[0].(m)["statusReason"] == nil {
				f.Errorf("result %v", result)
			}
		}},
		{"invite: 26", "POST", orgV2("/users/invite"), sent(m{"emails": make([]string, 26)}), 400, nil},
		{"invite: nobody", "POST", orgV2("/users/invite"), sent(m{"emails": []string{}}), 400, nil},
		{"invite: no address", "POST", orgV2("/users/invite"), sent(m{"emails": []string{"Ana <ana@acme.example>"}}), 400, nil},
		{"invite: bad role", "POST", orgV2("/users/invite"), func(f *fixture) any {
			return m{"emails": []string{"n@acme.example"}, "permissionRules": []m{{"resource": f.site(), "role": "king"}}}
		}, 400, nil},

		// the organisation: groups
		{"search groups", "POST", in("/groups/search"), sent(m{"groupNames": []string{"STAFF", "okta-finance"}, "expand": []string{"counts.users", "counts.resources"}}), 200, func(f *fixture, b m) {
			rows := b["data"].([]any)
			idp := rows[0].(m)
			if len(rows) != 2 || idp["managedBy"] != "external" || idp["externalSynced"] != true || idp["managementAccess"].(m)["modifiable"] != false || idp["counts"].(m)["users"] != 1.0 {
				f.Errorf("rows %v", rows)
			}
		}},
		{"search groups by role", "POST", in("/groups/search"), func(f *fixture) any {
			return m{"resourceIds": []string{f.site()}, "roleIds": []string{"atlassian/user"}, "resourceOwners": []string{"confluence"}}
		}, 200, groups("staff")},
		{"search groups by member", "POST", in("/groups/search"), func(f *fixture) any { return m{"accountIds": []string{f.person("ana@acme.example").ID}} }, 200, groups("engineering")},
		{"search groups by id", "POST", in("/groups/search"), func(f *fixture) any { return m{"groupIds": []string{f.group("staff").ID}} }, 200, groups("staff")},
		{"search groups by term, backwards", "POST", in("/groups/search"), sent(m{"searchTerm": "f", "sortBy": []m{{"field": "name", "direction": "desc"}}}), 200, groups("staff", "okta-finance")},
		{"search groups: bad sort", "POST", in("/groups/search"), sent(m{"sortBy": []m{{"field": "id"}}}), 400, nil},
		{"search groups: bad expand", "POST", in("/groups/search"), sent(m{"expand": []string{"x"}}), 400, nil},
		{"search groups: many names", "POST", in("/groups/search"), sent(m{"groupNames": make([]string, 101)}), 400, nil},
		{"search groups: many ids", "POST", in("/groups/search"), sent(m{"groupIds": make([]string, 11)}), 400, nil},
		{"search groups: many resources", "POST", in("/groups/search"), sent(m{"resourceIds": make([]string, 21)}), 400, nil},
		{"group", "GET", groupPath("site-admins", ""), nil, 200, func(f *fixture, b m) {
			access := b["data"].(m)["managementAccess"].(m)
			if access["deletable"] != false || access["modifiable"] != true {
				f.Errorf("access %v", access)
			}
		}},
		{"group: none", "GET", in("/groups/nope"), nil, 404, nil},
		{"org create group", "POST", in("/groups"), sent(m{"name": "new", "description": "d"}), 201, func(f *fixture, b m) {
			if _, there := b["id"]; there || f.group("new").Description != "d" {
				f.Errorf("answer %v", b)
			}
		}},
		{"org create group: exists", "POST", in("/groups"), sent(m{"name": "Staff"}), 409, nil},
		{"org delete group", "DELETE", groupPath("staff", ""), nil, 204, nil},
		{"org delete group: team", "DELETE", groupPath("team-blue", ""), nil, 403, nil},
		{"org add member", "POST", groupPath("staff", "/memberships"), member("ana@acme.example"), 204, nil},
		{"org add member: is one", "POST", groupPath("engineering", "/memberships"), member("ana@acme.example"), 409, nil},
		{"org add member: nobody", "POST", groupPath("staff", "/memberships"), sent(m{"accountId": "nope"}), 404, nil},
		{"org add member: idp", "POST", groupPath("okta-finance", "/memberships"), member("ana@acme.example"), 403, nil},
		{"org remove member", "DELETE", func(f *fixture) string {
			return groupPath("engineering", "/memberships/"+f.person("ana@acme.example").ID)(f)
		}, nil, 204, nil},
		{"org remove member: is none", "DELETE", func(f *fixture) string {
			return groupPath("staff", "/memberships/"+f.person("ana@acme.example").ID)(f)
		}, nil, 404, nil},
		{"org remove member: idp", "DELETE", func(f *fixture) string {
			return groupPath("okta-finance", "/memberships/"+f.person("cy@acme.example").ID)(f)
		}, nil, 403, nil},
		{"roles of a group", "GET", groupPath("staff", "/role-assignments"), nil, 200, func(f *fixture, b m) {
			row := b["data"].([]any)[0].(m)
			if row["resourceId"] != f.site() || row["resourceOwner"] != "confluence" || row["roles"].([]any)[0] != "atlassian/user" {
				f.Errorf("row %v", row)
			}
		}},
		{"assign to group", "POST", groupPath("engineering", "/role-assignments/assign"), groupRole("atlassian/user"), 200, nil},
		{"assign to group: bad role", "POST", groupPath("engineering", "/role-assignments/assign"), groupRole("x"), 400, nil},
		{"assign to group: bare id", "POST", groupPath("engineering", "/role-assignments/assign"), func(f *fixture) any {
			return m{"resourceId": f.cred.CloudID, "roleId": "atlassian/user"}
		}, 404, nil},
		{"assign to group: Jira", "POST", groupPath("engineering", "/role-assignments/assign"), func(f *fixture) any {
			return m{"resourceId": "ari:cloud:jira::site/" + f.cred.CloudID, "roleId": "atlassian/user"}
		}, 501, nil},
		{"assign to group: none", "POST", in("/groups/nope/role-assignments/assign"), groupRole("atlassian/user"), 404, nil},
		{"revoke from group", "POST", groupPath("staff", "/role-assignments/revoke"), groupRole("atlassian/user"), 204, func(f *fixture, _ m) {
			if p := f.group("staff").Product; len(p) != 0 {
				f.Errorf("product %v", p)
			}
		}},

		// user management
		{"manage", "GET", managed("ana@acme.example", "?privileges=lifecycle.enablement"), nil, 200, func(f *fixture, b m) {
			if b["lifecycle.enablement"].(m)["allowed"] != true || len(b) != 1 {
				f.Errorf("privileges %v", b)
			}
		}},
		{"manage: all", "GET", managed("ana@acme.example", ""), nil, 200, func(f *fixture, b m) {
			if len(b) != 7 {
				f.Errorf("privileges %v", b)
			}
		}},
		{"manage: bad privilege", "GET", managed("ana@acme.example", "?privileges=x"), nil, 400, nil},
		{"manage: unmanaged", "GET", managed("pat@partner.example", ""), nil, 403, nil},
		{"manage: nobody", "GET", at("/users/nope/manage"), nil, 404, nil},
		{"disable", "POST", managed("ana@acme.example", "/lifecycle/disable"), sent(m{"message": "bye"}), 204, state("ana@acme.example", "deactivated")},
		{"disable: unmanaged", "POST", managed("pat@partner.example", "/lifecycle/disable"), sent(m{}), 403, nil},
		{"disable: nobody", "POST", at("/users/nope/manage/lifecycle/disable"), sent(m{}), 404, nil},
		{"disable: last org admin", "POST", managed("weir@embedded.invalid", "/lifecycle/disable"), sent(m{}), 400, nil},
		{"disable: no body", "POST", managed("ana@acme.example", "/lifecycle/disable"), nil, 400, nil},
		{"disable: bad body", "POST", managed("ana@acme.example", "/lifecycle/disable"), sent("x"), 400, nil},
		{"enable", "POST", func(f *fixture) string {
			f.must(f.em.Admin().SetPersonState("ana@acme.example", "deactivated"))
			return managed("ana@acme.example", "/lifecycle/enable")(f)
		}, nil, 204, enters("ana@acme.example", true)},
		{"enable: is active", "POST", managed("ana@acme.example", "/lifecycle/enable"), nil, 409, nil},

		// paths and verbs
		{"unknown path", "GET", at(v1 + "/nothing"), nil, 404, nil},
		{"unknown path of v2", "GET", at(v2 + "/nothing"), nil, 404, nil},
		{"unknown path of the organisation", "GET", at("/admin/v3/orgs"), nil, 404, nil},
		{"no surface", "GET", at("/"), nil, 404, nil},
		{"empty segment", "GET", at(v1 + "/group//membersByGroupId"), nil, 404, nil},
		{"bad escape", "GET", at(v1 + "/longtask/%2e%2e%2fx"), nil, 404, nil},
		{"other verb", "PATCH", at(v1 + "/group"), nil, 405, nil},
		{"other verb of v2", "DELETE", at(v2 + "/spaces"), nil, 405, nil},
		{"slash at the end", "GET", in("/users/search/"), nil, 404, nil},
		{"invite with another verb", "GET", orgV2("/users/invite"), nil, 405, nil},
	}
}

// TestOperations walks every operation through its successes and failures. Each
// step has a site of its own; a refused request must leave it as it was.
func TestOperations(t *testing.T) {
	for options, s := range everyOperation() {
		t.Run(s.name, func(t *testing.T) {
			f := open(t, options)
			small(f)
			var body any
			if s.body != nil {
				body = s.body(f)
			}
			path := s.path(f)
			before := f.em.Dump()
			out := f.want(s.status, s.method, path, body)
			if s.status >= 400 {
				if len(out) == 0 {
					t.Error("a refusal without a body")
				}
				if diff := cmp.Diff(before, f.em.Dump()); diff != "" {
					t.Errorf("a refused request changed the site:\n%s", diff)
				}
			}
			if s.check != nil {
				s.check(f, out)
			}
		})
	}
}

// texts are the values of one key in a list of rows.
func texts(body m, list, key string) []string {
	var out []string
	for _, row := range body[list].([]any) {
		text, _ := row.(m)[key].(string)
		out = append(out, text)
	}
	return out
}

func listed(list, key string, want []string) func(*fixture, m) {
	return func(f *fixture, b m) {
		f.Helper()
		if got := texts(b, list, key); !slices.Equal(got, want) {
			f.Errorf("%s %v, want %v", key, got, want)
		}
	}
}

func keys(want ...string) func(*fixture, m)   { return listed("results", "key", want) }
func emails(want ...string) func(*fixture, m) { return listed("data", "email", want) }
func groups(want ...string) func(*fixture, m) { return listed("data", "name", want) }

// assignments checks the types of the principals of a list.
func assignments(want ...string) func(*fixture, m) {
	return func(f *fixture, b m) {
		f.Helper()
		var got []string
		for _, row := range b["results"].([]any) {
			got = append(got, row.(m)["principal"].(m)["principalType"].(string))
		}
		if !slices.Equal(got, want) {
			f.Errorf("principals %v, want %v", got, want)
		}
	}
}

func state(email, want string) func(*fixture, m) {
	return func(f *fixture, _ m) {
		f.Helper()
		if got := f.person(email).State; got != want {
			f.Errorf("%s is %s, want %s", email, got, want)
		}
	}
}

func enters(email string, want bool) func(*fixture, m) {
	return func(f *fixture, _ m) {
		f.Helper()
		if got := f.person(email).Enters; got != want {
			f.Errorf("%s enters: %v, want %v", email, got, want)
		}
	}
}

func assignment(kind, id, role string) m {
	a := m{"principal": m{"principalType": kind, "principalId": id}}
	if role != "" {
		a["roleId"] = role
	}
	return a
}

func member(email string) func(*fixture) any {
	return func(f *fixture) any { return m{"accountId": f.person(email).ID} }
}

func roleBody(id string) func(*fixture) any {
	return func(f *fixture) any { return m{"role": id, "resource": f.site()} }
}

func groupRole(id string) func(*fixture) any {
	return func(f *fixture) any { return m{"roleId": id, "resourceId": f.site()} }
}

func orgV2(path string) func(*fixture) string {
	return func(f *fixture) string { return "/admin/v2/orgs/" + f.cred.OrgID + path }
}

func v1User(email, path string) func(*fixture) string {
	return func(f *fixture) string { return f.orgV1("/users/" + f.person(email).ID + path) }
}

func managed(email, path string) func(*fixture) string {
	return func(f *fixture) string { return "/users/" + f.person(email).ID + "/manage" + path }
}

// TestCredentials: missing or wrong ones are 401 in the shape of the surface.
func TestCredentials(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, c := range []struct{ name, path, header string }{
		{"v1, none", "/wiki/rest/api/group", ""},
		{"v1, wrong token", "/wiki/rest/api/group", basic(f.cred.Email + ":wrong")},
		{"v1, token of somebody else", "/wiki/rest/api/group", basic("ana@acme.example:" + f.cred.Token)},
		{"v1, not base64", "/wiki/rest/api/group", "Basic !"},
		{"v1, no colon", "/wiki/rest/api/group", basic("x")},
		{"v1, org key", "/wiki/rest/api/group", "Bearer " + f.cred.OrgKey},
		{"v2, none", "/wiki/api/v2/spaces", ""},
		{"v2, unknown path", "/wiki/api/v2/nothing", ""},
		{"org, none", "/admin/v1/orgs", ""},
		{"org, wrong", "/admin/v1/orgs", "Bearer wrong"},
		{"org, basic", "/admin/v1/orgs", basic(f.cred.Email + ":" + f.cred.Token)},
		{"users, wrong", "/users/x/manage", "Bearer wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := f.request("GET", c.path, nil)
			r.Header.Set("Authorization", c.header)
			status, body := f.send(r)
			if status != http.StatusUnauthorized {
				t.Errorf("status %d", status)
			}
			if strings.Contains(fmt.Sprint(body), f.cred.Token) {
				t.Error("the answer shows the token")
			}
		})
	}
}

// TestErrorShapes: each surface has its own (evidence A0).
func TestErrorShapes(t *testing.T) {
	f := open(t, emulator.Options{})
	for path, want := range map[string][]string{
		"/wiki/rest/api/user?accountId=x": {"data", "message", "statusCode"},
		"/wiki/api/v2/spaces/1":           {"errors"},
		"/admin/v1/orgs/x":                {"errors"},
		"/users/x/manage":                 {"context", "key"},
		"/elsewhere":                      {"code", "message"},
	} {
		_, body := f.do("GET", path, nil)
		var got []string
		for k := range body {
			got = append(got, k)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: keys %v, want %v", path, got, want)
		}
	}
	_, body := f.do("GET", "/wiki/api/v2/spaces/1", nil)
	e := body["errors"].([]any)[0].(m)
	if e["status"] != 404.0 || e["code"] != "NOT_FOUND" || e["title"] == "" {
		t.Errorf("v2 error %v", e)
	}
}

func TestBodies(t *testing.T) {
	f := open(t, emulator.Options{})
	const path = "/wiki/rest/api/group"
	t.Run("too large", func(t *testing.T) {
		f.want(413, "POST", path, `{"name":"`+strings.Repeat("x", 5<<20)+`"}`)
	})
	t.Run("deep", func(t *testing.T) {
		f.want(400, "POST", path, strings.Repeat(`{"name":`, 100_000))
	})
	t.Run("not declared JSON", func(t *testing.T) {
		r := f.request("POST", path, m{"name": "x"})
		r.Header.Set("Content-Type", "text/plain")
		if status, _ := f.send(r); status != 415 {
			t.Errorf("status %d", status)
		}
	})
}
