package emulator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// personal gives a group the global permission Personal Space.
func personal(f *fixture, group string) {
	f.Helper()
	f.must(f.em.Admin().GrantGlobal(team(group), emulator.GlobalPersonalSpace))
}

// own is the key of somebody's personal space, or empty.
func (f *fixture) own(email string) string {
	f.Helper()
	p := f.person(email)
	for _, s := range f.em.Dump().Spaces {
		if s.Owner == p.ID {
			return s.Key
		}
	}
	return ""
}

func TestPersonalSpaceAppearsAtTheFirstLook(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	personal(f, "staff")
	f.must(a.AddMember("staff", "ana@acme.example"))
	ana, bo := f.as("ana@acme.example"), f.as("bo@acme.example")

	// Lists and other reads are no look, nor is what one may not see.
	ana.want(200, "GET", "/wiki/api/v2/spaces", nil)
	ana.want(200, "GET", "/wiki/rest/api/user/current", nil)
	ana.want(404, "GET", spacePath("OPS", "")(f), nil)
	if key := f.own("ana@acme.example"); key != "" {
		t.Errorf("a personal space %s without a look", key)
	}
	// The look of somebody without the permission makes none.
	bo.want(200, "GET", spacePath("ENG", "")(f), nil)
	if key := f.own("bo@acme.example"); key != "" {
		t.Errorf("a personal space %s without the permission", key)
	}
	ana.want(200, "GET", spacePath("ENG", "")(f), nil)
	key := f.own("ana@acme.example")
	if !strings.HasPrefix(key, "~712020") || f.space(key).Type != "personal" || f.space(key).Name != "Ana Lind" {
		t.Fatalf("the personal space is %s", key)
	}
	// It takes the site's defaults: open to everybody licensed.
	if got := f.roles(key); !slices.Equal(got, []string{"all-licensed-users = Collaborator", "ana@acme.example = Admin"}) {
		t.Errorf("roles %v", got)
	}
	keys(key)(f, f.want(200, "GET", "/wiki/api/v2/spaces?type=personal", nil))
	ana.want(200, "GET", spacePath("ENG", "")(f), nil) // no second one
	id := f.person("ana@acme.example").ID
	v1 := f.want(200, "GET", "/wiki/rest/api/user?expand=personalSpace&accountId="+id, nil)
	v2 := f.want(200, "POST", "/wiki/api/v2/users-bulk", m{"accountIds": []string{id}})["results"].([]any)[0].(m)
	if v1["personalSpace"].(m)["key"] != key || v2["personalSpaceId"] != f.space(key).ID {
		t.Errorf("reads %v, %v", v1, v2)
	}

	// It stays when the permission, the licence or the account goes.
	f.must(a.RevokeGlobal(team("staff"), emulator.GlobalPersonalSpace))
	f.must(a.RemoveAccess("ana@acme.example"))
	f.must(a.SetPersonState("ana@acme.example", "deactivated"))
	if f.own("ana@acme.example") != key {
		t.Error("the personal space went with the permission")
	}
	f.must(a.DeleteSpace(key))
	if f.own("ana@acme.example") != "" {
		t.Error("a deleted personal space is there")
	}
}

func TestWhoNeverGetsAPersonalSpace(t *testing.T) {
	f := guests(t, emulator.Options{})
	a := f.em.Admin()
	personal(f, "staff")
	f.must(a.PlaceGuest("ENG", kim))
	f.must(a.AddPerson("idle@acme.example", "", emulator.PersonOptions{}))
	f.must(a.AddMember("staff", "idle@acme.example"))
	f.must(a.AddMember("staff", emulator.OwnEmail))
	f.must(a.View("ENG", kim))
	f.want(200, "GET", spacePath("ENG", "")(f), nil) // weir itself looks
	f.must(a.SetPersonState("idle@acme.example", "suspended"))
	f.refused(a.View("ENG", "idle@acme.example"), 404)
	f.refused(a.View("ENG", "out@acme.example"), 404)
	f.refused(a.View("NOPE", "ana@acme.example"), 404)
	f.refused(a.OpenPersonalSpace(kim, true), 404)
	f.refused(a.OpenPersonalSpace("idle@acme.example", true), 404)
	f.must(a.SetPersonState("idle@acme.example", "active"))
	f.must(a.SetAutoPersonalSpaces(false))
	f.must(a.View("ENG", "idle@acme.example"))
	if f.em.Dump().AutoPersonalSpaces {
		t.Error("personal spaces are automatic")
	}
	for _, s := range f.em.Dump().Spaces {
		if s.Type == "personal" {
			t.Errorf("personal space %s of %s", s.Key, s.Owner)
		}
	}
	// One that is asked for may be private.
	f.must(a.OpenPersonalSpace("idle@acme.example", true))
	if got := f.roles(f.own("idle@acme.example")); !slices.Equal(got, []string{"idle@acme.example = Admin"}) {
		t.Errorf("roles %v", got)
	}
	f.refused(a.OpenPersonalSpace("idle@acme.example", false), 400)
}

func TestInvitedPeopleAcceptByLooking(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	f.must(f.em.Admin().AddPerson("new@acme.example", "", emulator.PersonOptions{Invited: true}))
	f.as("new@acme.example").want(200, "GET", spacePath("ENG", "")(f), nil)
	if f.person("new@acme.example").Invited {
		t.Error("somebody who looks round is still invited")
	}
}

// TestCreateSpaceIsHeldByGroups once the admin pages say so; no API does.
func TestCreateSpaceIsHeldByGroups(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	ana, bo := f.as("ana@acme.example"), f.as("bo@acme.example")
	ana.want(201, "POST", "/wiki/api/v2/spaces", m{"name": "A", "key": "A"})
	f.must(a.LimitCreateSpace(true))
	f.must(a.AddMember("staff", "bo@acme.example"))
	f.must(a.GrantGlobal(team("staff"), emulator.GlobalCreateSpace))
	ana.want(404, "POST", "/wiki/api/v2/spaces", m{"name": "B", "key": "B"})
	ana.want(403, "POST", "/wiki/rest/api/space", m{"name": "B", "key": "B"})
	f.want(404, "POST", "/wiki/api/v2/spaces", m{"name": "B", "key": "B"}) // an administrator, too
	bo.want(201, "POST", "/wiki/api/v2/spaces", m{"name": "B", "key": "B"})
	for who, may := range map[*fixture]bool{ana: false, bo: true} {
		me := who.want(200, "GET", "/wiki/rest/api/user/current?expand=operations", nil)
		says := slices.ContainsFunc(me["operations"].([]any), func(o any) bool { return o.(m)["operation"] == "create_space" })
		if says != may {
			t.Errorf("%s: operations %v", who.email, me["operations"])
		}
	}
	f.refused(a.GrantGlobal(user("ana@acme.example"), emulator.GlobalCreateSpace), 400)
	f.refused(a.GrantGlobal(team("engineering"), emulator.GlobalCreateSpace), 400) // without product access
	f.must(a.LimitCreateSpace(false))
	ana.want(201, "POST", "/wiki/api/v2/spaces", m{"name": "C", "key": "C"})

	free := open(t, emulator.Options{Plan: "free"})
	free.must(free.em.Admin().CreateGroup("staff", ""))
	free.must(free.em.Admin().SetProductRole("staff", "user"))
	free.refused(free.em.Admin().LimitCreateSpace(true), 400)
	free.refused(free.em.Admin().GrantGlobal(team("staff"), emulator.GlobalPersonalSpace), 400)
}
