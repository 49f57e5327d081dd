package cloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// clock is a time that only a test moves.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

// timed opens a site whose clock the test moves.
func timed(t interface{ Fatal(...any) }, mode string) (*emulator.Emulator, *clock) {
	c := &clock{time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)}
	e, err := emulator.New(emulator.Options{RoleMode: mode, Clock: c.time})
	if err != nil {
		t.Fatal(err)
	}
	return e, c
}

// refreshing opens a driver with the clock.
func refreshing(t interface{ Fatal(...any) }, e *emulator.Emulator, c *clock, transport http.RoundTripper) *cloud.Site {
	cfg := config(e, transport)
	cfg.Clock = c.time
	s, err := cloud.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lifeOf does random things to a site, as people in all its admin pages do. What
// the site refuses is not done.
func lifeOf(t *rapid.T, e *emulator.Emulator) {
	a := e.Admin()
	space := rapid.SampledFrom([]string{"S0", "S1", "S2", "S3", "NEW"})
	group := rapid.SampledFrom([]string{"g0", "g1", "g2", "new"})
	email := rapid.SampledFrom([]string{"p0@acme.example", "p1@acme.example", "p2@acme.example", "new@acme.example"})
	role := rapid.SampledFrom([]string{"Viewer", "Collaborator", "Admin", "custom"})
	name := rapid.SampledFrom([]string{"S0", "S1", "Space 0", "Space 1", "Another"})
	permission := rapid.SampledFrom([]string{"read/space", "create/page", "create/comment", "administer/space"})
	draw := func(g *rapid.Generator[string], what string) string { return g.Draw(t, what) }
	who := func() emulator.Principal {
		switch rapid.IntRange(0, 2).Draw(t, "kind of principal") {
		case 0:
			return emulator.Principal{Group: draw(group, "group")}
		case 1:
			return emulator.Principal{User: draw(email, "person")}
		}
		return emulator.Principal{Class: rapid.SampledFrom([]string{emulator.ClassLicensed, "anonymous-users"}).Draw(t, "class")}
	}
	for range rapid.IntRange(0, 4).Draw(t, "edits") {
		var err error
		switch edit := rapid.IntRange(0, 21).Draw(t, "edit"); edit {
		case 0:
			err = a.CreateSpace(draw(space, "space"), draw(name, "name"))
		case 1:
			err = a.DeleteSpace(draw(space, "space"))
		case 2:
			err = a.RenameSpace(draw(space, "space"), draw(name, "name"))
		case 3:
			err = a.SetSpaceStatus(draw(space, "space"), rapid.SampledFrom([]string{"archived", "current"}).Draw(t, "status"))
		case 4, 5, 6:
			err = a.AssignRole(draw(space, "space"), who(), draw(role, "role"))
		case 7:
			err = a.UnassignRole(draw(space, "space"), who())
		case 8, 9:
			err = a.AddPermission(draw(space, "space"), who(), draw(permission, "permission"))
		case 10:
			err = a.RemovePermission(draw(space, "space"), who(), draw(permission, "permission"))
		case 11:
			err = a.AddMember(draw(group, "group"), draw(email, "person"))
		case 12:
			err = a.RemoveMember(draw(group, "group"), draw(email, "person"))
		case 13:
			err = a.CreateGroup(draw(group, "group"), "")
		case 14:
			err = a.DeleteGroup(draw(group, "group"))
		case 15:
			err = a.SetProductRole(draw(group, "group"), rapid.SampledFrom([]string{"user", "admin"}).Draw(t, "product role"))
		case 16:
			err = a.AddPerson(draw(email, "person"), "", emulator.PersonOptions{})
		case 17:
			err = a.SetPersonState(draw(email, "person"), rapid.SampledFrom([]string{"active", "suspended", "deactivated", "removed"}).Draw(t, "state"))
		case 18:
			err = a.AddGuest("guest@acme.example", "")
			if err == nil {
				err = a.PlaceGuest(draw(space, "space"), "guest@acme.example")
			}
		case 19:
			err = a.SetPersonState("guest@acme.example", rapid.SampledFrom([]string{"active", "suspended", "removed"}).Draw(t, "state"))
		case 20:
			err = a.DeleteRole("custom")
		case 21:
			err = a.SetRoleMode(emulator.ModeTransition)
		}
		t.Logf("edit: %v", err)
	}
}

// TestRefresh: whatever happens to a site, refreshing gives what observing
// gives.
func TestRefresh(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{emulator.ModePreRoles, emulator.ModeTransition, emulator.ModeRoles} {
		t.Run(mode, func(t *testing.T) {
			refreshed, reread := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				e, c := timed(t, mode)
				defer e.Close()
				a := e.Admin()
				for i := range 4 {
					for _, err := range []error{
						a.CreateSpace(fmt.Sprintf("S%d", i), fmt.Sprintf("Space %d", i)), a.CreateGroup(fmt.Sprintf("g%d", i), ""),
						a.AddPerson(fmt.Sprintf("p%d@acme.example", i), "", emulator.PersonOptions{}),
						a.AddMember(fmt.Sprintf("g%d", i), fmt.Sprintf("p%d@acme.example", i)),
					} {
						if err != nil {
							t.Fatal(err)
						}
					}
				}
				if mode != emulator.ModePreRoles {
					if err := a.CreateRole("custom", "", "read/space"); err != nil {
						t.Fatal(err)
					}
				}
				c.now = c.now.Add(time.Hour)
				s := refreshing(t, e, c, e.Transport())
				last, err := s.Observe(t.Context(), access.Extent{})
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					since := c.now
					c.now = c.now.Add(time.Hour)
					lifeOf(t, e)
					c.now = c.now.Add(time.Hour)
					want, err := refreshing(t, e, c, e.Transport()).Observe(t.Context(), access.Extent{})
					if err != nil {
						t.Fatal(err)
					}
					got, err := s.Refresh(t.Context(), last, since, access.Extent{})
					if err != nil {
						t.Fatal(err)
					}
					t.Logf("reread: %q, %d requests", got.Reread, got.Requests)
					if got.Reread == "" {
						refreshed++
					} else {
						reread++
					}
					last = got
					if diff := cmp.Diff(lines(want.Facts), lines(got.Facts)); diff != "" {
						t.Fatalf("(- observed, + refreshed)\n%s", diff)
					}
					want.Facts, got.Facts = access.Set{}, access.Set{}
					want.Requests, got.Requests, want.Floor, got.Floor, got.Reread = 0, 0, 0, 0, ""
					if diff := cmp.Diff(want, got, cmp.AllowUnexported(access.Set{})); diff != "" {
						t.Fatalf("(- observed, + refreshed)\n%s", diff)
					}
				}
			})
			t.Logf("%d refreshed, %d read anew", refreshed, reread)
			if refreshed == 0 || reread == 0 && mode != emulator.ModePreRoles {
				t.Errorf("%d refreshed, %d read anew: something was not tried", refreshed, reread)
			}
		})
	}
}

func lines(s access.Set) []string {
	var out []string
	for f := range s.All() {
		out = append(out, f.String())
	}
	return out
}

// TestRefreshIsCheap: where little has changed, little is read.
func TestRefreshIsCheap(t *testing.T) {
	e, c := timed(t, emulator.ModeTransition)
	defer e.Close()
	if _, err := e.Admin().Generate(emulator.Generation{People: 200, Groups: 30, Spaces: 300, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	s := refreshing(t, e, c, e.Transport())
	last, err := s.Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	since := c.now
	refresh := func() site.Observation {
		t.Helper()
		c.now = c.now.Add(time.Hour)
		obs, err := s.Refresh(t.Context(), last, since, access.Extent{})
		if err != nil {
			t.Fatal(err)
		}
		if obs.Reread != "" {
			t.Errorf("read everything: %s", obs.Reread)
		}
		return obs
	}
	nothing := refresh()
	if !nothing.Facts.Equal(last.Facts) {
		t.Error("nothing changed, and the facts did")
	}
	key := ""
	for f := range last.Facts.OfKind(access.Name) {
		key = f.Object.ID()
	}
	if err := e.Admin().AssignRole(key, emulator.Principal{Class: "authenticated-users"}, "Viewer"); err != nil {
		t.Fatal(err)
	}
	one := refresh()
	if one.Requests != nothing.Requests+2 || nothing.Requests*10 > last.Requests {
		t.Errorf("%d requests for all, %d for nothing, %d for one space", last.Requests, nothing.Requests, one.Requests)
	}
	if want := access.Changes(last.Facts, one.Facts); len(want) != 1 {
		t.Errorf("changes: %v", want)
	}
}

// TestRefreshReadsAnew: what the audit log does not tell for certain makes weir
// read everything, and say why.
func TestRefreshReadsAnew(t *testing.T) {
	record := func(category, summary string, objects ...string) func(map[string]any) {
		return func(b map[string]any) {
			var all []any
			for _, o := range objects {
				typ, name, _ := strings.Cut(o, " ")
				all = append(all, map[string]any{"objectType": typ, "name": name})
			}
			if len(all) == 0 {
				all = []any{map[string]any{"objectType": "", "name": ""}}
			}
			b["results"] = []any{map[string]any{"category": category, "summary": summary, "affectedObject": all[0], "associatedObjects": all[1:], "creationDate": 1}}
		}
	}
	const everySpace = "the audit log tells of something that may concern every space: "
	for name, c := range map[string]struct {
		change func(http.RoundTripper) http.RoundTripper
		last   func(*site.Observation)
		want   string
	}{
		"a known space":             {change: rewriting("/audit", record("Permissions", "Changed", "Space Engineering", "Group staff"))},
		"a space by its key":        {change: rewriting("/audit", record("?", "Changed", "Space ENG"))},
		"people and groups":         {change: rewriting("/audit", record("Users and groups", "Added", "Group staff", "User Ana"))},
		"no object":                 {change: rewriting("/audit", record("Permissions", "Changed")), want: everySpace + `"Changed" (Permissions)`},
		"an unknown space":          {change: rewriting("/audit", record("Permissions", "Changed", "Space Nowhere")), want: everySpace + `"Changed" (Permissions)`},
		"one of two is unknown":     {change: rewriting("/audit", record("Permissions", "Changed", "Space ENG", "Space Nowhere")), want: everySpace + `"Changed" (Permissions)`},
		"another kind of object":    {change: rewriting("/audit", record("Permissions", "Changed", "Scheme x")), want: everySpace + `"Changed" (Permissions)`},
		"beside a space":            {change: rewriting("/audit", record("Permissions", "Changed", "Space ENG", "Scheme x")), want: everySpace + `"Changed" (Permissions)`},
		"a group in another matter": {change: rewriting("/audit", record("Permissions", "Changed", "Group staff")), want: everySpace + `"Changed" (Permissions)`},
		"not allowed":               {change: answer("/audit", 403, `{}`), want: "the audit log cannot be read: read the audit log: not allowed: HTTP 403"},
		"no list":                   {change: answer("/audit", 200, `{}`), want: "the audit log cannot be read: read the audit log: refused: the answer lacks its results"},
		"not kept":                  {change: answer("/retention", 200, `{"number":1,"units":"HOURS"}`), want: "the audit log is kept for 1 hours only"},
		"kept for moons":            {change: answer("/retention", 200, `{"number":9,"units":"MOONS"}`), want: "the audit log is kept for 9 moons only"},
		"kept for good":             {change: answer("/retention", 200, `{"number":0,"units":"FOREVER"}`)},
		"no earlier reading":        {last: func(o *site.Observation) { *o = site.Observation{} }, want: "there is no earlier observation"},
		"another site":              {last: func(o *site.Observation) { o.Site = "x" }, want: "the earlier observation is of another site or account"},
		"another mode":              {last: func(o *site.Observation) { o.Traits.Mode = site.ByPermissions }, want: "the site has changed how it gives access to spaces"},
		"nothing was seen":          {last: func(o *site.Observation) { o.Unknown = []access.Unknown{{Reason: "no list"}} }, want: "the earlier observation did not see everything: no list"},
	} {
		t.Run(name, func(t *testing.T) {
			e, clock := timed(t, emulator.ModeRoles)
			defer e.Close()
			a := e.Admin()
			for _, err := range []error{a.CreateSpace("ENG", "Engineering"), a.CreateGroup("staff", ""), a.AssignRole("ENG", emulator.Principal{Group: "staff"}, "Viewer")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			transport := e.Transport()
			if c.change != nil {
				transport = c.change(transport)
			}
			s := refreshing(t, e, clock, checked(t, transport))
			last, _ := observed(t, s)
			truth := last.Facts
			if c.last != nil {
				c.last(&last)
			}
			since := clock.now
			clock.now = clock.now.Add(2 * time.Hour)
			obs, err := s.Refresh(t.Context(), last, since, access.Extent{})
			if err != nil || obs.Reread != c.want {
				t.Errorf("%v, read anew because %q, want %q", err, obs.Reread, c.want)
			}
			if !obs.Facts.Equal(truth) {
				t.Error("the facts differ")
			}
		})
	}
}

// TestRefreshWithoutRecords: what the lists show is seen, also where the log tells
// nothing: the organisation's changes are in another one.
func TestRefreshWithoutRecords(t *testing.T) {
	viewer := func(key string, who emulator.Principal) func(emulator.Admin) error {
		return func(a emulator.Admin) error { return a.AssignRole(key, who, "Viewer") }
	}
	for name, edits := range map[string][]func(emulator.Admin) error{
		"a group goes": {func(a emulator.Admin) error { return a.DeleteGroup("staff") }},
		"a group goes and comes": {
			func(a emulator.Admin) error { return a.DeleteGroup("staff") },
			func(a emulator.Admin) error { return a.CreateGroup("staff", "") },
		},
		"a guest is suspended":  {func(a emulator.Admin) error { return a.SetPersonState("guest@acme.example", "suspended") }},
		"a guest is removed":    {func(a emulator.Admin) error { return a.SetPersonState("guest@acme.example", "removed") }},
		"a space comes":         {func(a emulator.Admin) error { return a.CreateSpace("NEW", "New") }, viewer("NEW", emulator.Principal{Group: "staff"})},
		"a space goes":          {func(a emulator.Admin) error { return a.DeleteSpace("ENG") }},
		"a space is another":    {func(a emulator.Admin) error { return a.DeleteSpace("ENG") }, func(a emulator.Admin) error { return a.CreateSpace("ENG", "Engineering") }},
		"a space looks another": {func(a emulator.Admin) error { return a.SetSpaceStatus("ENG", "archived") }, viewer("ENG", emulator.Principal{User: "ana@acme.example"})},
	} {
		t.Run(name, func(t *testing.T) {
			e, c := timed(t, emulator.ModeRoles)
			defer e.Close()
			a := e.Admin()
			for _, err := range []error{
				a.CreateSpace("ENG", "Engineering"), a.CreateGroup("staff", ""), viewer("ENG", emulator.Principal{Group: "staff"})(a),
				a.AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}), a.AddGuest("guest@acme.example", ""), a.PlaceGuest("ENG", "guest@acme.example"),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			c.now = c.now.Add(time.Hour)
			s := refreshing(t, e, c, e.Transport())
			last, _ := observed(t, s)
			since := c.now
			c.now = c.now.Add(time.Hour)
			for _, edit := range edits {
				if err := edit(e.Admin().Unaudited()); err != nil {
					t.Fatal(err)
				}
			}
			want, _ := observed(t, refreshing(t, e, c, e.Transport()))
			got, err := s.Refresh(t.Context(), last, since, access.Extent{})
			if err != nil || got.Reread != "" {
				t.Fatalf("%v, read anew because %q", err, got.Reread)
			}
			if diff := cmp.Diff(lines(want.Facts), lines(got.Facts)); diff != "" {
				t.Errorf("(- observed, + refreshed)\n%s", diff)
			}
		})
	}
}

// TestRefreshSeesAgain: what could not be seen is looked at again.
func TestRefreshSeesAgain(t *testing.T) {
	e, c := timed(t, emulator.ModeRoles)
	defer e.Close()
	for _, err := range []error{e.Admin().CreateSpace("ENG", "Engineering"), e.Admin().AssignRole("ENG", emulator.Principal{Class: emulator.ClassLicensed}, "Viewer")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	hide := true
	c.now = c.now.Add(time.Hour)
	s := refreshing(t, e, c, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if hide && strings.Contains(r.URL.Path, "/spaces/") {
			return world.Reply(r, 403, "application/json", `{}`), nil
		}
		return e.Transport().RoundTrip(r)
	}))
	last, _ := observed(t, s)
	if len(last.Unknown) != 1 {
		t.Fatal(last.Unknown)
	}
	since := c.now
	c.now = c.now.Add(time.Hour)
	hide = false
	got, err := s.Refresh(t.Context(), last, since, access.Extent{})
	want := access.Fact{Kind: access.Role, Object: "space:ENG", Subject: access.Everyone, Value: "viewer"}
	if err != nil || got.Reread != "" || len(got.Unknown) > 0 || !got.Facts.Has(want) {
		t.Errorf("%v, read anew because %q, unknown %v", err, got.Reread, got.Unknown)
	}
}
