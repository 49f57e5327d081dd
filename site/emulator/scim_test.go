package emulator_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weirhq/weir/site/emulator"
)

func TestIdentityProviderHasItsOwnKey(t *testing.T) {
	f := open(t, emulator.Options{})
	// Nothing is connected: no key fits, not even an empty one.
	for _, key := range []string{"", f.cred.OrgKey} {
		f.syncKey = key
		f.want(401, "GET", "/scim/directory//Users", nil)
		f.want(401, "GET", "/scim/directory/x/Users", nil)
	}
	f.syncKey = ""
	path := f.scim("/Users")
	first := f.syncKey
	f.want(200, "GET", path, nil)
	if _, _, err := f.em.Admin().ConnectIdentityProvider(); err != nil {
		t.Fatal(err)
	}
	body := f.want(401, "GET", path, nil) // the old key ended
	if body["error"] == nil {
		t.Errorf("body %v", body)
	}
	r := f.request("GET", "/admin/v1/orgs", nil)
	r.Header.Set("Authorization", "Bearer "+first)
	if status, _ := f.send(r); status != 401 {
		t.Errorf("the provider's key opens the organisation: %d", status)
	}
}

func TestErrorsOfProvisioning(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	body := f.want(409, "POST", f.scim("/Groups"), m{"displayName": "staff"})
	want := m{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": "409", "scimType": "uniqueness", "detail": `a group named "staff" exists already`}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
}

func TestProvisioningTakesItsOwnMediaType(t *testing.T) {
	f := open(t, emulator.Options{})
	r := f.request("POST", f.scim("/Groups"), m{"displayName": "g"})
	r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	r.Header.Set("Authorization", "Bearer "+f.syncKey)
	if status, body := f.send(r); status != 201 {
		t.Errorf("status %d: %v", status, body)
	}
	r = f.request("POST", "/wiki/rest/api/group", m{"name": "x"})
	r.Header.Set("Content-Type", "application/scim+json")
	if status, _ := f.send(r); status != 415 {
		t.Errorf("status %d elsewhere", status)
	}
}

// TestDeactivationSuspends: an identity provider never deletes, and the account
// that it manages is nobody else's to change.
func TestDeactivationSuspends(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	const ana = "ana@acme.example"
	id := f.provision(ana)
	path := f.scim("/Users/" + id)
	f.want(200, "PATCH", path, patch(m{"op": "replace", "value": m{"active": false}})(f))
	if p := f.person(ana); p.State != "suspended" || !p.Synced || !slices.Contains(f.group("engineering").Members, p.ID) {
		t.Errorf("deactivated: %+v", p)
	}
	f.want(200, "PATCH", path, patch(m{"op": "replace", "value": m{"active": true}})(f))
	if p := f.person(ana); !p.Enters {
		t.Errorf("active again: %+v", p)
	}
	rows := f.want(200, "POST", f.dir("/users/search"), m{"emails": []string{ana}})["data"].([]any)
	if rows[0].(m)["managementSource"] != "synced" {
		t.Errorf("row %v", rows[0])
	}
	for _, privilege := range []string{"lifecycle.enablement", "email.set"} {
		b := f.want(200, "GET", managed(ana, "?privileges="+privilege)(f), nil)
		if p := b[privilege].(m); p["allowed"] != false || p["reason"].(m)["key"] != "externalDirectory.scim" {
			t.Errorf("%s: %v", privilege, b)
		}
	}
	body := f.want(403, "POST", managed(ana, "/lifecycle/disable")(f), m{})
	want := m{"key": "forbidden.action", "context": m{"allowed": false, "reason": m{"key": "externalDirectory.scim"}}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	f.want(403, "POST", managed(ana, "/lifecycle/delete")(f), nil)
	f.want(403, "PUT", managed(ana, "/email")(f), m{"email": "x@acme.example"})
	f.want(403, "PATCH", managed(ana, "/profile")(f), m{"name": "x"})

	// A deleted user is out of sight, suspended, and comes back with its id.
	f.want(204, "DELETE", path, nil)
	f.want(404, "GET", path, nil)
	if p := f.person(ana); p.State != "suspended" || p.Synced {
		t.Errorf("unprovisioned: %+v", p)
	}
	if again := f.provision(ana); again != id || !f.person(ana).Enters {
		t.Errorf("provisioned again: id %s, %+v", again, f.person(ana))
	}
	f.refused(a.SetPersonState(ana, "deactivated"), 403)
	// The last organisation admin is not suspended, wherever it comes from.
	own := f.provision(emulator.OwnEmail)
	f.want(400, "PATCH", f.scim("/Users/"+own), patch(m{"op": "replace", "path": "active", "value": false})(f))
	f.want(400, "DELETE", f.scim("/Users/"+own), nil)
}

// TestReturnNeedsASeat: an identity provider cannot bring back more people than
// there are seats.
func TestReturnNeedsASeat(t *testing.T) {
	f := open(t, emulator.Options{Seats: 2})
	a := f.em.Admin()
	f.must(a.AddPerson("a@acme.example", "", emulator.PersonOptions{}))
	path := f.scim("/Users/" + f.provision("a@acme.example"))
	f.want(200, "PATCH", path, patch(m{"op": "replace", "path": "active", "value": false})(f))
	f.must(a.AddPerson("b@acme.example", "", emulator.PersonOptions{}))
	before := f.em.Dump()
	f.want(400, "PATCH", path, patch(m{"op": "replace", "path": "active", "value": true})(f))
	if diff := cmp.Diff(before, f.em.Dump()); diff != "" {
		t.Error(diff)
	}
}

// TestSyncedGroups are read-only for others, and un-syncing one destroys what it
// was given.
func TestSyncedGroups(t *testing.T) {
	store := emulator.NewMemory()
	f := open(t, emulator.Options{Store: store})
	small(f)
	a := f.em.Admin()
	id, _ := f.syncedGroup("okta-new")
	f.must(a.SetProductRole("okta-new", "user"))
	f.must(a.AssignRole("OPS", team("okta-new"), "Viewer"))
	if !f.person("ivy@acme.example").Enters {
		t.Error("ivy has not what the group gives")
	}
	f.want(403, "DELETE", groupPath("okta-new", "")(f), nil)
	f.want(403, "POST", groupPath("okta-new", "/memberships")(f), member("ana@acme.example")(f))
	f.want(403, "POST", v1GroupQuery("okta-new", "/wiki/rest/api/group/userByGroupId?groupId=%s")(f), member("ana@acme.example")(f))
	row := f.want(200, "GET", v1GroupQuery("okta-new", "/wiki/rest/api/group/by-id?id=%s")(f), nil)
	if row["managedBy"] != "EXTERNAL" {
		t.Errorf("group %v", row)
	}
	f.want(200, "PATCH", f.scim("/Groups/"+id), patch(m{"op": "remove", "path": `members[value eq "` + f.memberOf(id) + `"]`})(f))
	if f.person("ivy@acme.example").Enters {
		t.Error("ivy has what the group gave")
	}
	again := open(t, emulator.Options{Store: store})
	if diff := cmp.Diff(f.em.Dump(), again.em.Dump(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read back:\n%s", diff)
	}
	f.want(204, "DELETE", f.scim("/Groups/"+id), nil)
	if got := f.roles("OPS"); slices.Contains(got, "okta-new = Viewer") {
		t.Errorf("roles %v", got)
	}
	if slices.ContainsFunc(f.em.Dump().Groups, func(g emulator.Group) bool { return g.Name == "okta-new" }) {
		t.Error("the group is there")
	}
}

// memberOf is the first member of a synced group.
func (f *fixture) memberOf(group string) string {
	f.Helper()
	rows := f.want(200, "GET", f.scim("/Groups/"+group), nil)["members"].([]any)
	return rows[0].(m)["value"].(string)
}

// TestProvisionedAccountIsDeleted: deletion by an organisation needs the
// provider to let go first.
func TestProvisionedAccountIsDeleted(t *testing.T) {
	f, move, store := ticking(t)
	const ivy = "ivy@acme.example"
	path := f.scim("/Users/" + f.provision(ivy))
	f.refused(f.em.Admin().ScheduleDeletion(ivy), 403)
	f.want(204, "DELETE", path, nil)
	f.must(f.em.Admin().ScheduleDeletion(ivy))
	move(14 * day)
	f.want(404, "GET", path, nil)
	if again := f.scim("/Users/" + f.provision(ivy)); again == path {
		t.Error("a deleted account came back")
	}
	if got := open(t, emulator.Options{Store: store}).em.Dump(); len(got.People) != 2 {
		t.Errorf("%d people are read back", len(got.People))
	}
}

// TestProvisioningNeedsAVerifiedDomain, also to move somebody there.
func TestProvisioningNeedsAVerifiedDomain(t *testing.T) {
	f := open(t, emulator.Options{Domains: []string{"acme.example"}})
	f.want(400, "POST", f.scim("/Users"), scimUser("ivy@elsewhere.example"))
	path := f.scim("/Users/" + f.provision("ivy@acme.example"))
	f.want(400, "PUT", path, scimUser("ivy@elsewhere.example"))
	f.must(f.em.Admin().AddPerson("bo@acme.example", "", emulator.PersonOptions{}))
	f.want(403, "PUT", managed("bo@acme.example", "/email")(f), m{"email": "bo@elsewhere.example"})
	listed("data", "id", []string{"acme.example"})(f, f.want(200, "GET", f.orgV1("/domains"), nil))
}
