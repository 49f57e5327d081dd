package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

const kim = "kim@partner.example"

// guests is a small site with the guest Kim, who has no space yet.
func guests(t *testing.T, o emulator.Options) *fixture {
	t.Helper()
	f := open(t, o)
	small(f)
	f.must(f.em.Admin().AddGuest(kim, "Kim Oh"))
	return f
}

// permissionsOf are somebody's own permissions in a space.
func (f *fixture) permissionsOf(key, email string) []string {
	f.Helper()
	return slices.DeleteFunc(f.permissions(key), func(line string) bool { return !strings.HasPrefix(line, email+" ") })
}

func (f *fixture) grant(key, email, role string) int {
	f.Helper()
	status, _ := f.do("POST", spacePath(key, "/role-assignments")(f), []m{assignment("USER", f.person(email).ID, f.role(role).ID)})
	return status
}

func TestGuestHasOneSpace(t *testing.T) {
	f := guests(t, emulator.Options{})
	a := f.em.Admin()
	as := f.as(kim)
	if p := f.person(kim); !p.Guest || p.State != "active" {
		t.Errorf("kim is %+v", p)
	}
	// Without a space nothing can be entered.
	as.want(403, "GET", "/wiki/rest/api/user/current", nil)
	as.want(404, "GET", "/wiki/api/v2/spaces", nil)

	f.must(a.PlaceGuest("OPS", kim))
	keys("OPS")(f, as.want(200, "GET", "/wiki/api/v2/spaces", nil)) // not ENG, which everybody licensed may view
	if got := f.roles("OPS"); !slices.Contains(got, kim+" = Collaborator") {
		t.Errorf("roles %v", got)
	}
	if status := f.grant("ENG", kim, "Viewer"); status != 400 {
		t.Errorf("a second space: %d", status)
	}
	f.refused(a.PlaceGuest("ENG", kim), 400)
	f.want(400, "POST", "/wiki/api/v2/spaces", m{"name": "N", "key": "N", "roleAssignments": []m{assignment("USER", f.person(kim).ID, f.role("Viewer").ID)}})
	// A copied space leaves its guests behind.
	f.want(201, "POST", "/wiki/api/v2/spaces", fmt.Sprintf(`{"name":"C","key":"C","copySpaceAccessConfiguration":%s}`, f.space("OPS").ID))
	if got := f.roles("C"); slices.Contains(got, kim+" = Collaborator") {
		t.Errorf("roles %v", got)
	}
	// To move, the old space goes first.
	f.must(a.UnassignRole("OPS", user(kim)))
	f.must(a.AssignRole("ENG", user(kim), "Viewer"))
	f.must(a.AssignRole("ENG", user(kim), "Collaborator")) // the same space

	// No guest comes in through a group or a class.
	f.must(a.AddMember("engineering", kim))
	f.must(a.AssignRole("OPS", team("engineering"), "Viewer"))
	f.must(a.AssignRole("OPS", emulator.Principal{Class: emulator.ClassAuthenticated}, "Viewer"))
	keys("ENG")(f, as.want(200, "GET", "/wiki/api/v2/spaces", nil))
	f.must(a.AssignRole("OPS", emulator.Principal{Class: emulator.ClassAnonymous}, "Viewer"))
	keys("ENG", "OPS")(f, as.want(200, "GET", "/wiki/api/v2/spaces", nil))
	f.must(a.UnassignRole("ENG", user(kim)))
	keys("OPS")(f, as.want(200, "GET", "/wiki/api/v2/spaces", nil)) // open to anybody
	as.want(404, "POST", "/wiki/api/v2/spaces", m{"name": "Mine", "key": "MINE"})
	as.want(403, "POST", "/wiki/rest/api/space", m{"name": "Mine", "key": "MINE"})
}

func TestGuestIsNeverAdmin(t *testing.T) {
	f := guests(t, emulator.Options{})
	f.must(f.em.Admin().CreateRole("Exporter", "", "read/space", "export/space"))
	for role, want := range map[string]int{"Admin": 400, "Manager": 400, "Exporter": 400, "Viewer": 200, "Collaborator": 200, "Reviewer": 200} {
		if status := f.grant("OPS", kim, role); status != want {
			t.Errorf("%s: status %d, want %d", role, status, want)
		}
	}
}

func TestGuestPermissions(t *testing.T) {
	for _, mode := range []string{emulator.ModePreRoles, emulator.ModeTransition} {
		t.Run(mode, func(t *testing.T) {
			f := open(t, emulator.Options{RoleMode: mode})
			a := f.em.Admin()
			f.must(a.AddGuest(kim, ""))
			f.must(a.CreateSpace("ENG", "Engineering"))
			f.must(a.CreateSpace("OPS", "Operations"))
			for _, key := range []string{"ENG", "OPS"} {
				f.must(a.RecoverSpace(key, emulator.OwnEmail))
			}
			f.must(a.PlaceGuest("ENG", kim))
			want := []string{
				kim + " create/attachment", kim + " create/comment", kim + " create/page", kim + " delete/space",
				kim + " export_content/space", kim + " read/space", kim + " update/page",
			}
			if got := f.permissionsOf("ENG", kim); !slices.Equal(got, want) {
				t.Errorf("permissions %v, want %v", got, want)
			}
			f.refused(a.PlaceGuest("OPS", kim), 400)
			add := func(operation, target string) m {
				return m{"subject": m{"type": "user", "identifier": f.person(kim).ID}, "operation": m{"key": operation, "target": target}}
			}
			f.want(400, "POST", "/wiki/rest/api/space/OPS/permission", add("read", "space"))
			for _, operation := range []string{"administer", "export", "restrict_content"} {
				f.want(400, "POST", "/wiki/rest/api/space/ENG/permission", add(operation, "space"))
			}
			f.want(200, "POST", "/wiki/rest/api/space/ENG/permission", add("create", "blogpost"))
			f.want(400, "POST", "/wiki/rest/api/space", m{"name": "N", "key": "N", "permissions": []m{{
				"subjects":  m{"user": m{"results": []m{{"accountId": f.person(kim).ID}}, "size": 1}},
				"operation": m{"operation": "read", "targetType": "space"}, "anonymousAccess": false, "unlicensedAccess": false,
			}}})
			f.must(a.SetPersonState(kim, "suspended"))
			if got := f.permissionsOf("ENG", kim); len(got) != 0 {
				t.Errorf("a suspended guest has %v", got)
			}
		})
	}
}

func TestSuspendedGuestLosesTheSpace(t *testing.T) {
	for _, how := range []string{"suspended", "removed"} {
		f := guests(t, emulator.Options{})
		a := f.em.Admin()
		f.must(a.PlaceGuest("OPS", kim))
		f.must(a.SetPersonState(kim, how))
		if how == "suspended" {
			f.must(a.SetPersonState(kim, "active"))
		} else {
			f.must(a.AddGuest(kim, ""))
		}
		if got := f.roles("OPS"); !f.person(kim).Guest || slices.Contains(got, kim+" = Collaborator") {
			t.Errorf("%s and back: roles %v", how, got)
		}
		f.as(kim).want(404, "GET", "/wiki/api/v2/spaces", nil)
		f.must(a.PlaceGuest("OPS", kim))
	}
	// Deactivation keeps what people have, a guest's space as well.
	f := guests(t, emulator.Options{Domains: nil})
	f.must(f.em.Admin().PlaceGuest("OPS", kim))
	f.must(f.em.Admin().SetPersonState(kim, "deactivated"))
	if got := f.roles("OPS"); !slices.Contains(got, kim+" = Collaborator") {
		t.Errorf("roles %v of a deactivated guest", got)
	}
}

func TestWhoCanBeAGuest(t *testing.T) {
	f := guests(t, emulator.Options{})
	a := f.em.Admin()
	roles := func(email, verb string, want int) {
		t.Helper()
		f.want(want, "POST", f.orgV1("/users/"+f.person(email).ID+"/roles/"+verb), roleBody("atlassian/guest")(f))
	}
	// Neither a paid user nor a former one, through a group or not.
	roles("ana@acme.example", "assign", 400)
	f.must(a.RemoveAccess("ana@acme.example"))
	roles("ana@acme.example", "assign", 400)
	f.must(a.AddMember("staff", "out@acme.example"))
	f.must(a.RemoveMember("staff", "out@acme.example"))
	roles("out@acme.example", "assign", 400)
	b := f.want(206, "POST", orgV2("/users/invite")(f), m{
		"emails": []string{"ana@acme.example", "new@partner.example"}, "permissionRules": []m{{"resource": f.site(), "role": "atlassian/guest"}},
	})
	if !f.person("new@partner.example").Guest {
		t.Errorf("invitation %v", b)
	}
	// A guest may become a paid user, and then stays one.
	f.want(204, "POST", f.orgV1("/users/"+f.person(kim).ID+"/roles/assign"), roleBody("atlassian/user")(f))
	if f.person(kim).Guest {
		t.Error("a paid user is a guest")
	}
	f.want(204, "POST", f.orgV1("/users/"+f.person(kim).ID+"/roles/revoke"), roleBody("atlassian/guest")(f))
	roles(kim, "assign", 400)
	// Groups may hold guests, but not an identity provider's.
	f.must(a.AddPerson("lee@partner.example", "", emulator.PersonOptions{NoAccess: true}))
	f.must(a.CreateGroup("visitors", ""))
	f.must(a.AddMember("visitors", "lee@partner.example"))
	f.refused(a.SetProductRole("okta-finance", "guest"), 400)
	f.refused(a.SetProductRole("engineering", "guest", "user", "guest", "x"), 400)
	f.must(a.SetProductRole("visitors", "guest"))
	if !f.person("lee@partner.example").Guest {
		t.Error("a member of a group of guests is none")
	}
	f.refused(a.AddMember("visitors", "out@acme.example"), 400)
	// Whoever is in two spaces, or administers one, is no guest.
	f.must(a.AddPerson("two@partner.example", "", emulator.PersonOptions{NoAccess: true}))
	f.must(a.AssignRole("OPS", user("two@partner.example"), "Manager"))
	roles("two@partner.example", "assign", 400)
	f.must(a.AssignRole("OPS", user("two@partner.example"), "Viewer"))
	f.must(a.AssignRole("ENG", user("two@partner.example"), "Viewer"))
	roles("two@partner.example", "assign", 400)
	f.must(a.UnassignRole("ENG", user("two@partner.example")))
	roles("two@partner.example", "assign", 204)
	f.refused(a.PlaceGuest("ENG", "bo@acme.example"), 400)
}

func TestFiveGuestsAPaidUser(t *testing.T) {
	f := open(t, emulator.Options{}) // weir's own account is paid
	a := f.em.Admin()
	for i := range 5 {
		f.must(a.AddGuest(fmt.Sprintf("g%d@partner.example", i), ""))
	}
	f.refused(a.AddGuest("g5@partner.example", ""), 409)
	f.must(a.AddGuest("g4@partner.example", "")) // is one already
	f.must(a.AddPerson("paid@acme.example", "", emulator.PersonOptions{}))
	f.must(a.AddGuest("g5@partner.example", ""))

	free := open(t, emulator.Options{Plan: "free"})
	free.refused(free.em.Admin().AddGuest("g@partner.example", ""), 402)
}

// TestGuestsTakeNoSeat, and reads tell them apart.
func TestGuestsTakeNoSeat(t *testing.T) {
	f := open(t, emulator.Options{Seats: 1})
	f.must(f.em.Admin().AddGuest(kim, "Kim Oh"))
	f.refused(f.em.Admin().AddPerson("a@acme.example", "", emulator.PersonOptions{}), 409)
	id := f.person(kim).ID
	v1 := f.want(200, "GET", "/wiki/rest/api/user?accountId="+id+"&expand=operations", nil)
	v2 := f.want(200, "POST", "/wiki/api/v2/users-bulk", m{"accountIds": []string{id, f.cred.AccountID}})["results"].([]any)
	if v1["isGuest"] != true || v1["isExternalCollaborator"] != true || v2[0].(m)["isExternalCollaborator"] != true || v2[1].(m)["isExternalCollaborator"] != false {
		t.Errorf("reads %v, %v", v1, v2)
	}
	if got := fmt.Sprint(v1["operations"]); got != "[map[operation:use targetType:application]]" {
		t.Errorf("operations %v", got)
	}
}

// Seats and places are counted by the person: a guest who comes to pay was there
// before, and one who returns takes no seat.
func TestSeatsOfGuests(t *testing.T) {
	f := open(t, emulator.Options{Seats: 2, People: 3}) // weir's own account takes a seat
	a := f.em.Admin()
	counts := func(paid, guests int) {
		t.Helper()
		if p, g := f.em.Seats(); p != paid || g != guests {
			t.Errorf("%d paid and %d guests, want %d and %d", p, g, paid, guests)
		}
	}
	f.must(a.AddGuest(kim, ""))
	f.must(a.AddPerson("ana@acme.example", "", emulator.PersonOptions{}))
	counts(2, 1)

	// No seat is left, and a place for a guest is.
	f.must(a.SetPersonState(kim, emulator.StateSuspended))
	counts(2, 0)
	f.must(a.SetPersonState(kim, emulator.StateActive))
	counts(2, 1)
	f.must(a.SetPersonState(kim, emulator.StateDeactivated))
	f.must(a.SetPersonState(kim, emulator.StateActive))
	f.must(a.SetPersonState(kim, emulator.StateSuspended))
	f.must(a.AddGuest("lee@partner.example", ""))
	f.refused(a.SetPersonState(kim, emulator.StateActive), 409) // three people are there
	f.must(a.SetPersonState("lee@partner.example", emulator.StateRemoved))
	f.must(a.SetPersonState(kim, emulator.StateActive))

	// The site is full, and a seat is free: whoever takes it is there already.
	f.must(a.SetPersonState("ana@acme.example", emulator.StateRemoved))
	f.must(a.AddGuest("lee@partner.example", ""))
	counts(1, 2)
	f.must(a.CreateGroup("staff", ""))
	f.must(a.SetProductRole("staff", "user"))
	f.must(a.AddMember("staff", kim))
	counts(2, 1)
	f.refused(a.AddMember("staff", "lee@partner.example"), 409)

	// An invitation into a group of guests needs no seat.
	f.must(a.SetPersonState("lee@partner.example", emulator.StateRemoved))
	f.must(a.CreateGroup("partners", ""))
	f.must(a.SetProductRole("partners", "guest"))
	f.want(200, "POST", "/admin/v2/orgs/"+f.cred.OrgID+"/users/invite", m{
		"emails": []string{"new@partner.example"}, "permissionRules": []m{}, "additionalGroups": []string{f.group("partners").ID},
	})
	counts(2, 1)
}
