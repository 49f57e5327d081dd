package emulator_test

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/site/emulator"
)

// scim is the path below the directory of the identity provider, which is
// connected on first use.
func (f *fixture) scim(rest string) string {
	f.Helper()
	if f.syncKey == "" {
		var err error
		f.sync, f.syncKey, err = f.em.Admin().ConnectIdentityProvider()
		f.must(err)
	}
	return "/scim/directory/" + f.sync + rest
}

func synced(rest string) func(*fixture) string {
	return func(f *fixture) string { return f.scim(rest) }
}

// provisioned is the path of a user who was just provisioned.
func provisioned(rest string) func(*fixture) string {
	return func(f *fixture) string { return f.scim("/Users/" + f.provision("ivy@acme.example") + rest) }
}

// provision makes a user as the identity provider and returns their id there.
func (f *fixture) provision(email string) string {
	f.Helper()
	return f.want(201, "POST", f.scim("/Users"), scimUser(email))["id"].(string)
}

func scimUser(email string) m {
	return m{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": email, "externalId": "ext-" + email,
		"displayName": "Ivy Lund", "name": m{"givenName": "Ivy", "familyName": "Lund"}, "title": "Clerk", "department": "Sales", "active": true,
		"emails":       []m{{"value": email, "type": "work", "primary": true}, {"value": "home@private.example", "type": "home"}},
		"phoneNumbers": []m{{"value": "1"}}, "unheardOf": true,
	}
}

// syncedGroup makes a group as the identity provider, with one member.
func (f *fixture) syncedGroup(name string) (id, member string) {
	f.Helper()
	member = f.provision("ivy@acme.example")
	return f.want(201, "POST", f.scim("/Groups"), m{"displayName": name, "members": []m{{"value": member}}})["id"].(string), member
}

func syncedGroupPath(rest string) func(*fixture) string {
	return func(f *fixture) string {
		id, _ := f.syncedGroup("okta-new")
		return f.scim("/Groups/" + id + rest)
	}
}

func patch(operations ...m) func(*fixture) any { return sent(m{"Operations": operations}) }

// lifecycleOperations are the successes and failures of the operations on
// accounts, tokens, events, and of an identity provider.
func lifecycleOperations() []step {
	const v1 = "/wiki/rest/api"
	org := func(path string) func(*fixture) string {
		return func(f *fixture) string { return f.orgV1(path) }
	}
	tokens := func(f *fixture) string {
		return "/admin/api-access/v1/orgs/" + f.cred.OrgID + "/api-tokens"
	}
	// something happened that the log tells of
	logged := func(path string) func(*fixture) string {
		return func(f *fixture) string {
			for _, name := range []string{"one", "two", "three"} {
				f.want(201, "POST", f.dir("/groups"), m{"name": name})
			}
			return f.orgV1(path)
		}
	}
	count := func(key string, n int) func(*fixture, m) {
		return func(f *fixture, b m) {
			f.Helper()
			if rows, _ := b[key].([]any); len(rows) != n {
				f.Errorf("%d rows of %s, want %d", len(rows), key, n)
			}
		}
	}
	deleting := func(path string) func(*fixture) string {
		return func(f *fixture) string {
			f.must(f.em.Admin().ScheduleDeletion("ana@acme.example"))
			return managed("ana@acme.example", path)(f)
		}
	}
	return []step{
		// people found by v1
		{"search people", "GET", at(v1 + "/search/user?cql=type=user&limit=2"), nil, 200, func(f *fixture, b m) {
			if b["totalSize"] != 5.0 || b["size"] != 2.0 || b["_links"].(m)["next"] == nil || b["cqlQuery"] != "type=user" {
				f.Errorf("page %v", b)
			}
		}},
		{"search people: by name", "GET", at(v1 + "/search/user?cql=user.fullname~%22LIN*%22&expand=operations,personalSpace"), nil, 200, listed("results", "title", []string{"Ana Lind"})},
		{"search people: by account", "GET", func(f *fixture) string {
			return v1 + "/search/user?cql=user%20in%20(%22" + f.person("ana@acme.example").ID + "%22,%20%22x%22)%20and%20(type=user%20or%20type=page)"
		}, nil, 200, listed("results", "title", []string{"Ana Lind"})},
		{"search people: but one", "GET", func(f *fixture) string {
			return v1 + "/search/user?limit=200&cql=type=user%20and%20user.accountid!=%22" + f.person("ana@acme.example").ID + "%22%20and%20user%20not%20in%20(x)"
		}, nil, 200, count("results", 4)},
		{"search people: all", "GET", at(v1 + "/search/user?cql=type=user&sitePermissionTypeFilter=all"), nil, 200, count("results", 6)},
		{"search people: guests", "GET", func(f *fixture) string {
			f.must(f.em.Admin().AddGuest("kim@partner.example", "Kim Oh"))
			return v1 + "/search/user?cql=type=user&sitePermissionTypeFilter=externalCollaborator"
		}, nil, 200, func(f *fixture, b m) {
			row := b["results"].([]any)[0].(m)
			if row["title"] != "Kim Oh" || row["user"].(m)["isGuest"] != true || b["totalSize"] != 1.0 {
				f.Errorf("page %v", b)
			}
		}},
		{"search people: bad filter", "GET", at(v1 + "/search/user?cql=type=user&sitePermissionTypeFilter=x"), nil, 400, nil},
		{"search people: no query", "GET", at(v1 + "/search/user"), nil, 400, nil},
		{"search people: bad field", "GET", at(v1 + "/search/user?cql=title=x"), nil, 400, nil},
		{"search people: no end", "GET", at(v1 + "/search/user?cql=(type=user"), nil, 400, nil},
		{"search people: two queries", "GET", at(v1 + "/search/user?cql=type=user%20type=user"), nil, 400, nil},
		{"search people: deep", "GET", at(v1 + "/search/user?cql=" + strings.Repeat("(", 200)), nil, 400, nil},
		{"search people: no value", "GET", at(v1 + "/search/user?cql=user="), nil, 400, nil},
		{"search people: no operator", "GET", at(v1 + "/search/user?cql=user"), nil, 400, nil},
		{"search people: list without end", "GET", at(v1 + "/search/user?cql=user%20in%20(a"), nil, 400, nil},

		// the organisation's old lists
		{"managed accounts", "GET", org("/users"), nil, 200, func(f *fixture, b m) {
			if rows := b["data"].([]any); len(rows) != 5 || b["meta"].(m)["total"] != 5.0 || slices.Contains(texts(b, "data", "email"), "pat@partner.example") {
				f.Errorf("accounts %v", b)
			}
		}},
		{"managed accounts: bad cursor", "GET", org("/users?cursor=x"), nil, 400, nil},
		{"domains", "GET", org("/domains"), nil, 200, listed("data", "id", []string{"acme.example", "embedded.invalid"})},
		{"domain", "GET", org("/domains/acme.example"), nil, 200, nil},
		{"domain: none", "GET", org("/domains/x.example"), nil, 404, nil},
		{"list people", "GET", in("/users?emailDomains=acme.example&status=active&limit=2&expand=groups"), nil, 200, count("data", 2)},
		{"list people: bad status", "GET", in("/users?status=asleep"), nil, 400, nil},
		{"list people: bad truth", "GET", in("/users?mfaEnabled=x"), nil, 400, nil},
		{"list groups of the directory", "GET", in("/groups?groupNames=Staff"), nil, 200, groups("staff")},
		{"list groups of the directory: bad expand", "GET", in("/groups?expand=x"), nil, 400, nil},
		{"last active", "GET", func(f *fixture) string {
			f.must(f.em.Admin().View("ENG", "ana@acme.example"))
			return f.orgV1("/directory/users/" + f.person("ana@acme.example").ID + "/last-active-dates")
		}, nil, 200, func(f *fixture, b m) {
			rows := b["data"].(m)["product_access"].([]any)
			if len(rows) != 1 || rows[0].(m)["id"] != f.site() || rows[0].(m)["last_active"] != "2026-03-01" {
				f.Errorf("last active %v", b)
			}
		}},
		{"last active: never", "GET", v1LastActive("bo@acme.example"), nil, 200, func(f *fixture, b m) {
			if rows := b["data"].(m)["product_access"].([]any); len(rows) != 0 {
				f.Errorf("last active %v", rows)
			}
		}},
		{"last active: nobody", "GET", org("/directory/users/nope/last-active-dates"), nil, 404, nil},
		{"workspaces: turned round", "POST", orgV2("/workspaces"), sent(m{"sort": []m{{"field": "attributes.typeKey.raw", "order": "desc"}}}), 200, workspaces("jira-software", "confluence")},
		{"workspaces: none of these", "POST", orgV2("/workspaces"), sent(m{"query": m{"nor": []m{{"field": m{"name": "attributes.type", "values": []string{"Jira"}}}}, "searchWorkspaces": "conf"}}), 200, workspaces("confluence")},
		{"workspaces: both of these", "POST", orgV2("/workspaces"), sent(m{"query": m{"and": []m{{"searchWorkspaces": "weir"}, {"searchWorkspaces": "jira"}}}}), 200, workspaces("jira-software")},
		{"workspaces: bad field", "POST", orgV2("/workspaces"), sent(m{"query": m{"field": m{"name": "x"}}}), 400, nil},
		{"workspaces: bad order", "POST", orgV2("/workspaces"), sent(m{"sort": []m{{"field": "id", "order": "up"}}}), 400, nil},
		{"workspaces: features", "POST", orgV2("/workspaces"), sent(m{"query": m{"features": []string{"x"}}}), 501, nil},

		// events
		{"events", "GET", logged("/events?limit=2&action=group_created"), nil, 200, func(f *fixture, b m) {
			rows := b["data"].([]any)
			first := rows[0].(m)["attributes"].(m)
			if len(rows) != 2 || first["context"].([]any)[0].(m)["attributes"].(m)["name"] != "three" || b["meta"].(m)["next"] == nil {
				f.Errorf("events %v", b)
			}
		}},
		{"events: searched", "GET", logged("/events?q=TWO"), nil, 200, count("data", 1)},
		{"events: of somebody", "GET", func(f *fixture) string { return logged("/events?actor=" + f.cred.AccountID)(f) }, nil, 200, count("data", 3)},
		{"events: of the product", "GET", func(f *fixture) string {
			f.want(201, "POST", v1+"/group", m{"name": "four"})
			return logged("/events?product=confluence")(f)
		}, nil, 200, count("data", 1)},
		{"events: later", "GET", logged("/events?from=1900000000000"), nil, 200, count("data", 0)},
		{"events: earlier", "GET", logged("/events?to=1"), nil, 200, count("data", 0)},
		{"events: bad time", "GET", logged("/events?from=yesterday"), nil, 400, nil},
		{"events: too many", "GET", logged("/events?limit=501"), nil, 400, nil},
		{"events: bad cursor", "GET", logged("/events?cursor=x"), nil, 400, nil},
		{"event", "GET", logged("/events/00000000000000000001"), nil, 200, nil},
		{"event: none", "GET", org("/events/00000000000000000001"), nil, 404, nil},
		{"event actions", "GET", org("/event-actions"), nil, 200, nil},
		{"event stream", "GET", logged("/events-stream?limit=2"), nil, 200, func(f *fixture, b m) {
			if got := b["data"].([]any)[0].(m)["attributes"].(m)["context"].([]any)[0].(m)["attributes"].(m)["name"]; got != "one" {
				f.Errorf("the first event is about %v", got)
			}
		}},
		{"event stream: too many", "GET", org("/events-stream?limit=501"), nil, 400, nil},
		{"event stream: bad cursor", "GET", org("/events-stream?cursor=x"), nil, 400, nil},
		{"event stream: bad limit", "GET", org("/events-stream?limit=x"), nil, 400, nil},
		{"event stream: bad time", "GET", org("/events-stream?to=x"), nil, 400, nil},

		// tokens
		{"tokens of the organisation", "GET", tokens, nil, 200, func(f *fixture, b m) {
			row := b["data"].([]any)[0].(m)
			if row["status"] != "ALLOWED" || row["user"].(m)["id"] != f.cred.AccountID || row["expiresAt"] != nil {
				f.Errorf("token %v", row)
			}
		}},
		{"tokens: nobody's", "GET", at("/users/nope/manage/api-tokens"), nil, 404, nil},
		{"tokens: unmanaged", "GET", managed("pat@partner.example", "/api-tokens"), nil, 403, nil},
		{"revoke a token: none", "DELETE", managed("ana@acme.example", "/api-tokens/x"), nil, 404, nil},
		{"revoke a token: the site's own", "DELETE", func(f *fixture) string {
			return managed(emulator.OwnEmail, "/api-tokens/"+f.em.Dump().Tokens[0].ID)(f)
		}, nil, 403, nil},

		// accounts
		{"profile", "GET", managed("ana@acme.example", "/profile"), nil, 200, func(f *fixture, b m) {
			if a := b["account"].(m); a["email"] != "ana@acme.example" || a["nickname"] != "Ana Lind" {
				f.Errorf("account %v", a)
			}
		}},
		{"set profile", "PATCH", managed("ana@acme.example", "/profile"), sent(m{"name": "Ana Berg", "nickname": "an"}), 200, func(f *fixture, b m) {
			if f.person("ana@acme.example").Name != "Ana Berg" || b["account"].(m)["nickname"] != "an" {
				f.Errorf("account %v", b)
			}
		}},
		{"set profile: long", "PATCH", managed("ana@acme.example", "/profile"), sent(m{"nickname": strings.Repeat("x", 31)}), 400, nil},
		{"set profile: control", "PATCH", managed("ana@acme.example", "/profile"), sent(m{"name": "a\tb"}), 400, nil},
		{"set profile: other field", "PATCH", managed("ana@acme.example", "/profile"), sent(m{"locale": "en"}), 400, nil},
		{"set profile: unmanaged", "PATCH", managed("pat@partner.example", "/profile"), sent(m{"name": "x"}), 403, nil},
		{"set email", "PUT", managed("ana@acme.example", "/email"), sent(m{"email": "ana.lind@acme.example"}), 204, state("ana.lind@acme.example", "active")},
		{"set email: taken", "PUT", managed("ana@acme.example", "/email"), sent(m{"email": "BO@acme.example"}), 400, nil},
		{"set email: none", "PUT", managed("ana@acme.example", "/email"), sent(m{"email": "ana"}), 400, nil},
		{"set email: unmanaged", "PUT", managed("pat@partner.example", "/email"), sent(m{"email": "p@acme.example"}), 403, nil},
		{"delete account", "POST", managed("ana@acme.example", "/lifecycle/delete"), nil, 200, state("ana@acme.example", "deactivated")},
		{"delete account: twice", "POST", deleting("/lifecycle/delete"), nil, 409, nil},
		{"delete account: unmanaged", "POST", managed("pat@partner.example", "/lifecycle/delete"), nil, 403, nil},
		{"delete account: last org admin", "POST", managed(emulator.OwnEmail, "/lifecycle/delete"), nil, 400, nil},
		{"cancel the deletion", "POST", deleting("/lifecycle/cancel-delete"), nil, 200, state("ana@acme.example", "deactivated")},
		{"cancel the deletion: none", "POST", managed("ana@acme.example", "/lifecycle/cancel-delete"), nil, 409, nil},
		{"cancel the deletion: unmanaged", "POST", managed("pat@partner.example", "/lifecycle/cancel-delete"), nil, 403, nil},
		{"enable what is to be deleted", "POST", deleting("/lifecycle/enable"), nil, 409, nil},

		// the identity provider: users
		{"provision", "POST", synced("/Users"), sent(scimUser("ivy@acme.example")), 201, func(f *fixture, b m) {
			p := f.person("ivy@acme.example")
			if !p.Synced || p.Enters || p.State != "active" || p.Name != "Ivy Lund" || b["title"] != "Clerk" {
				f.Errorf("person %+v, answer %v", p, b)
			}
		}},
		{"provision: an account that is there", "POST", synced("/Users"), sent(scimUser("ANA@acme.example")), 201, func(f *fixture, b m) {
			p := f.person("ana@acme.example")
			if !p.Synced || !p.Enters || b["urn:scim:schemas:extension:atlassian-external:1.0"].(m)["atlassianAccountId"] != p.ID {
				f.Errorf("person %+v, answer %v", p, b)
			}
		}},
		{"provision: twice", "POST", func(f *fixture) string { f.provision("ivy@acme.example"); return f.scim("/Users") }, sent(scimUser("ivy@acme.example")), 409, nil},
		{"provision: user name taken", "POST", func(f *fixture) string { f.provision("ivy@acme.example"); return f.scim("/Users") }, sent(m{"userName": "IVY@acme.example", "emails": []m{{"value": "ivo@acme.example"}}}), 409, nil},
		{"provision: unmanaged", "POST", synced("/Users"), sent(scimUser("pat@partner.example")), 400, nil},
		{"provision: no user name", "POST", synced("/Users"), sent(m{"emails": []m{{"value": "i@acme.example"}}}), 400, nil},
		{"provision: no address", "POST", synced("/Users"), sent(m{"userName": "i"}), 400, nil},
		{"provision: bad address", "POST", synced("/Users"), sent(m{"userName": "i", "emails": []m{{"value": "i"}}}), 400, nil},
		{"provision: not JSON", "POST", synced("/Users"), sent("{"), 400, nil},
		{"provision: both kinds of attributes", "POST", synced("/Users?attributes=userName&excludedAttributes=title"), sent(scimUser("ivy@acme.example")), 400, nil},
		{"provisioned user", "GET", provisioned("?attributes=userName,name.givenName"), nil, 200, func(f *fixture, b m) {
			if len(b) != 4 || b["userName"] != "ivy@acme.example" || b["name"].(m)["familyName"] != "Lund" {
				f.Errorf("user %v", b)
			}
		}},
		{"provisioned user: without", "GET", provisioned("?excludedAttributes=groups,title"), nil, 200, func(f *fixture, b m) {
			if b["groups"] != nil || b["title"] != nil || b["department"] != "Sales" {
				f.Errorf("user %v", b)
			}
		}},
		{"provisioned user: none", "GET", synced("/Users/nope"), nil, 404, nil},
		{"provisioned user: other directory", "GET", func(f *fixture) string {
			f.scim("")
			return "/scim/directory/nope/Users"
		}, nil, 404, nil},
		{"provisioned users", "GET", func(f *fixture) string {
			f.provision("ivy@acme.example")
			f.provision("ida@acme.example")
			return f.scim("/Users?startIndex=2&count=1")
		}, nil, 200, func(f *fixture, b m) {
			if b["totalResults"] != 2.0 || b["startIndex"] != 2.0 || b["itemsPerPage"] != 1.0 || len(b["Resources"].([]any)) != 1 {
				f.Errorf("list %v", b)
			}
		}},
		{"provisioned users: by name", "GET", func(f *fixture) string {
			f.provision("ivy@acme.example")
			return f.scim("/Users?filter=username+EQ+%22Ivy@acme.example%22")
		}, nil, 200, count("Resources", 1)},
		{"provisioned users: by external id", "GET", func(f *fixture) string {
			f.provision("ivy@acme.example")
			return f.scim("/Users?startIndex=0&filter=externalId+eq+%22nope%22")
		}, nil, 200, count("Resources", 0)},
		{"provisioned users: bad filter", "GET", synced("/Users?filter=title+eq+%22x%22"), nil, 400, nil},
		{"provisioned users: bad start", "GET", synced("/Users?startIndex=x"), nil, 400, nil},
		{"provisioned users: both kinds of attributes", "GET", synced("/Users?attributes=a&excludedAttributes=b"), nil, 400, nil},
		{"replace a user", "PUT", provisioned(""), sent(m{"userName": "ivy@acme.example", "displayName": "Ivy L", "emails": []m{{"value": "ivy.lund@acme.example", "primary": true}}}), 200, func(f *fixture, b m) {
			if p := f.person("ivy.lund@acme.example"); p.Name != "Ivy L" || b["title"] != nil {
				f.Errorf("person %+v, answer %v", p, b)
			}
		}},
		{"replace a user: address taken", "PUT", provisioned(""), sent(scimUser("bo@acme.example")), 400, nil},
		{"replace a user: user name taken", "PUT", func(f *fixture) string {
			f.provision("ida@acme.example")
			return provisioned("")(f)
		}, sent(m{"userName": "IDA@acme.example", "emails": []m{{"value": "ivy@acme.example"}}}), 400, nil},
		{"replace a user: nothing", "PUT", provisioned(""), sent(m{}), 400, nil},
		{"replace a user: none", "PUT", synced("/Users/nope"), sent(m{}), 404, nil},
		{"patch a user", "PATCH", provisioned(""), patch(
			m{"op": "Replace", "path": "active", "value": "False"},
			m{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Law"},
			m{"op": "replace", "value": m{"displayName": "Ivy!", "nickName": "iv", "favouriteColour": "red"}},
			m{"op": "remove", "path": "title"},
			m{"op": "replace", "path": "name.givenName", "value": "Iv"},
			m{"op": "replace", "path": "name", "value": m{"familyName": "Lu"}},
			m{"op": "replace", "path": `emails[type eq "work"].value`, "value": "iv@acme.example"},
			m{"op": "replace", "path": "externalId", "value": "7"},
			m{"op": "replace", "path": "userName", "value": "iv"},
		), 200, func(f *fixture, b m) {
			p := f.person("iv@acme.example")
			if p.State != "suspended" || p.Name != "Ivy!" || b["department"] != "Law" || b["title"] != nil || b["nickName"] != "iv" ||
				b["name"].(m)["givenName"] != "Iv" || b["name"].(m)["familyName"] != "Lu" || b["externalId"] != "7" || b["userName"] != "iv" || b["active"] != false {
				f.Errorf("person %+v, answer %v", p, b)
			}
		}},
		{"patch a user: emails", "PATCH", provisioned(""), patch(m{"op": "replace", "path": "emails", "value": []m{{"value": "iv@acme.example"}}}), 200, state("iv@acme.example", "active")},
		{"patch a user: no emails", "PATCH", provisioned(""), patch(m{"op": "remove", "path": "emails"}), 400, nil},
		{"patch a user: no user name", "PATCH", provisioned(""), patch(m{"op": "remove", "path": "userName"}), 400, nil},
		{"patch a user: bad path", "PATCH", provisioned(""), patch(m{"op": "replace", "path": "favouriteColour", "value": "red"}), 400, nil},
		{"patch a user: bad part", "PATCH", provisioned(""), patch(m{"op": "replace", "path": "name.pet", "value": "x"}), 400, nil},
		{"patch a user: bad value", "PATCH", provisioned(""), patch(m{"op": "replace", "path": "active", "value": 7}), 400, nil},
		{"patch a user: bad text", "PATCH", provisioned(""), patch(m{"op": "replace", "path": "title", "value": 7}), 400, nil},
		{"patch a user: bad name", "PATCH", provisioned(""), patch(m{"op": "replace", "path": "name", "value": 7}), 400, nil},
		{"patch a user: bad operation", "PATCH", provisioned(""), patch(m{"op": "swap", "path": "active", "value": true}), 400, nil},
		{"patch a user: no target", "PATCH", provisioned(""), patch(m{"op": "remove"}), 400, nil},
		{"patch a user: nothing", "PATCH", provisioned(""), patch(), 400, nil},
		{"patch a user: none", "PATCH", synced("/Users/nope"), patch(), 404, nil},
		{"unprovision", "DELETE", provisioned(""), nil, 204, state("ivy@acme.example", "suspended")},
		{"unprovision: none", "DELETE", synced("/Users/nope"), nil, 404, nil},

		// the identity provider: groups
		{"synced groups", "GET", func(f *fixture) string {
			f.syncedGroup("okta-new")
			return f.scim("/Groups")
		}, nil, 200, listed("Resources", "displayName", []string{"okta-finance", "okta-new"})},
		{"synced groups: by name", "GET", func(f *fixture) string {
			f.syncedGroup("okta-new")
			return f.scim("/Groups?filter=displayName%20eq%20%22OKTA-new%22")
		}, nil, 200, count("Resources", 1)},
		{"synced groups: bad filter", "GET", synced("/Groups?filter=x"), nil, 400, nil},
		{"synced group", "GET", syncedGroupPath(""), nil, 200, func(f *fixture, b m) {
			if rows := b["members"].([]any); len(rows) != 1 || rows[0].(m)["display"] != "Ivy Lund" {
				f.Errorf("group %v", b)
			}
		}},
		{"synced group: another kind", "GET", func(f *fixture) string { return f.scim("/Groups/" + f.group("staff").ID) }, nil, 404, nil},
		{"sync a group", "POST", synced("/Groups"), sent(m{"displayName": "okta-new", "externalId": "9"}), 201, func(f *fixture, _ m) {
			if g := f.group("okta-new"); g.Managed != emulator.ManagedIDP {
				f.Errorf("group %+v", g)
			}
		}},
		{"sync a group: exists", "POST", synced("/Groups"), sent(m{"displayName": "STAFF"}), 409, nil},
		{"sync a group: no name", "POST", synced("/Groups"), sent(m{}), 400, nil},
		{"sync a group: nobody", "POST", synced("/Groups"), sent(m{"displayName": "okta-new", "members": []m{{"value": "nope"}}}), 400, nil},
		{"sync a group: not JSON", "POST", synced("/Groups"), sent("["), 400, nil},
		{"replace a group", "PUT", syncedGroupPath(""), sent(m{"displayName": "okta-new", "members": []m{}}), 200, count("members", 0)},
		{"replace a group: renamed", "PUT", syncedGroupPath(""), sent(m{"displayName": "okta-other"}), 400, nil},
		{"replace a group: nobody", "PUT", syncedGroupPath(""), sent(m{"members": []m{{"value": "nope"}}}), 400, nil},
		{"replace a group: none", "PUT", synced("/Groups/nope"), sent(m{}), 404, nil},
		{"patch a group: add", "PATCH", syncedGroupPath(""), func(f *fixture) any {
			return m{"Operations": []m{{"op": "add", "path": "members", "value": []m{{"value": f.provision("ida@acme.example")}}}}}
		}, 200, count("members", 2)},
		{"patch a group: remove all", "PATCH", syncedGroupPath(""), patch(m{"op": "remove", "path": "members"}), 200, count("members", 0)},
		{"patch a group: replace", "PATCH", syncedGroupPath(""), patch(m{"op": "replace", "value": m{"displayName": "okta-new", "id": "x", "externalId": "5", "members": []m{}}}), 200, count("members", 0)},
		{"patch a group: external id", "PATCH", syncedGroupPath(""), patch(m{"op": "remove", "path": "externalId"}), 200, count("members", 1)},
		{"patch a group: renamed", "PATCH", syncedGroupPath(""), patch(m{"op": "replace", "path": "displayName", "value": "x"}), 400, nil},
		{"patch a group: no name", "PATCH", syncedGroupPath(""), patch(m{"op": "remove", "path": "displayName"}), 400, nil},
		{"patch a group: bad id", "PATCH", syncedGroupPath(""), patch(m{"op": "replace", "path": "externalId", "value": 7}), 400, nil},
		{"patch a group: bad members", "PATCH", syncedGroupPath(""), patch(m{"op": "add", "path": "members", "value": 7}), 400, nil},
		{"patch a group: nobody", "PATCH", syncedGroupPath(""), patch(m{"op": "add", "path": "members", "value": m{"value": "nope"}}), 404, nil},
		{"patch a group: bad path", "PATCH", syncedGroupPath(""), patch(m{"op": "add", "path": "owner", "value": "x"}), 400, nil},
		{"patch a group: nothing", "PATCH", syncedGroupPath(""), sent(m{}), 400, nil},
		{"patch a group: none", "PATCH", synced("/Groups/nope"), sent(m{}), 404, nil},
		{"un-sync a group", "DELETE", syncedGroupPath(""), nil, 204, nil},
		{"un-sync a group: none", "DELETE", synced("/Groups/nope"), nil, 404, nil},
	}
}

func v1LastActive(email string) func(*fixture) string {
	return func(f *fixture) string {
		return f.orgV1("/directory/users/" + f.person(email).ID + "/last-active-dates")
	}
}
