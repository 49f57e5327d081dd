package cli

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site/emulator"
)

const unattendedDescription = `
weir: v1
site: {name: crash}
ownership: {groups: exclusive, spaces: exclusive}
protect: {min_space_admins: 0}
users: {p0@acme.example: {}, p1@acme.example: {}, p2@acme.example: {}, p3@acme.example: {}}
groups:
  leads: {members: [p0@acme.example]}
  staff: {members: [p1@acme.example, p2@acme.example]}
  readers: {members: [p3@acme.example]}
spaces:
  S0: {name: Zero, roles: {admin: ["group:leads"], collaborator: ["group:staff"], viewer: ["group:readers"]}}
  S1: {name: One, roles: {admin: ["group:leads"], viewer: ["group:staff"]}}
`

// TestUnattendedOnSites: the site's own rules (companions of permissions, what falls
// with what) lead an unattended apply nowhere else than planned: nobody comes to do
// more, nobody's administration changes, the allowance holds, and what can be undone
// is undone at once. A plain apply then brings the site to the description.
func TestUnattendedOnSites(t *testing.T) {
	t.Parallel()
	description := compiled(t, unattendedDescription)
	judge := crashJudge(t)
	undone, held := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		mode := rapid.SampledFrom([]string{emulator.ModePreRoles, emulator.ModeTransition, emulator.ModeRoles}).Draw(rt, "mode")
		now := time.Unix(1e9, 0)
		em, err := emulator.New(emulator.Options{RoleMode: mode, Clock: func() time.Time { return now }})
		if err != nil {
			rt.Fatal(err)
		}
		defer em.Close()
		r := &rig{em: em, judge: judge, now: func() time.Time { return now }}
		s := r.site(t, em.Transport())
		journal := new(reconcile.MemoryJournal)
		for _, p := range []string{"p0", "p1", "p2", "p3"} {
			if err := em.Admin().AddPerson(p+"@acme.example", p, emulator.PersonOptions{}); err != nil {
				rt.Fatal(err)
			}
		}
		draft, err := r.make(t.Context(), s, description)
		if err != nil {
			rt.Fatal(err)
		}
		leaves := draft.Leaves(now)
		report, err := reconcile.Apply(t.Context(), reconcile.ApplyInput{Site: s, Plan: draft.Plan, Journal: journal, Clock: r.now, Wait: noWait, Leaves: &leaves})
		if err != nil || !report.Whole() {
			rt.Fatalf("%v, %+v", err, report)
		}

		now = now.Add(48 * time.Hour)
		meddle(rt, em.Admin(), mode)
		live, err := r.site(t, em.Transport()).Observe(t.Context(), access.Extent{})
		if err != nil {
			rt.Fatal(err)
		}
		allowance := rapid.SampledFrom([]int{1, 3, 100}).Draw(rt, "allowance")
		unattended := func() *reconcile.Draft {
			guards := reconcile.DefaultGuards()
			guards.Removals, guards.PeopleLosingAccess, guards.MinSpaceAdmins = reconcile.Limit{Ratio: 1, Max: 1000, Free: 1000}, reconcile.Limit{Ratio: 1, Max: 1000, Free: 1000}, 0
			d, err := reconcile.Make(t.Context(), reconcile.Input{
				Site: s, Name: reconcile.SiteName{Name: "crash", Product: embedded}, Description: description, Judge: judge, Guards: guards,
				Unattended: &reconcile.Unattended{Journal: journal, PerDay: allowance, Now: now},
			})
			if err != nil {
				rt.Fatal(err)
			}
			return d
		}
		first := unattended()
		if first.Plan.Stops().Any() {
			rt.Fatalf("stopped: %+v", first.Plan.Findings)
		}
		undone, held = undone+first.Drift.Counts.Undone, held+first.Drift.Counts.Held
		report, err = reconcile.Apply(t.Context(), reconcile.ApplyInput{Site: s, Plan: first.Plan, Journal: journal, Clock: r.now, Wait: noWait, Unattended: true})
		if err != nil || !report.Whole() {
			rt.Fatalf("%v, %+v", err, report)
		}
		after, err := r.site(t, em.Transport()).Observe(t.Context(), access.Extent{})
		if err != nil {
			rt.Fatal(err)
		}
		made := access.Changes(live.Facts, after.Facts)
		if len(made) > allowance || len(made) != len(first.Plan.Changes) {
			rt.Fatalf("planned was\n%sof which %d were allowed, and made were %v", first.Plan.Lines(), allowance, made)
		}
		before := live.Beside().View(live.Facts)
		for _, e := range access.Compare(before, before.With(after.Facts)) {
			if e.Gained != "" || e.Lost.Has(access.CanAdminister) {
				rt.Fatalf("after %v, %s gains %q and loses %q on %s", made, e.Person, e.Gained, e.Lost, e.Object)
			}
		}
		if again := unattended(); len(again.Plan.Changes) > 0 && allowance == 100 {
			rt.Fatalf("a second one finds more: %s", again.Plan.Lines())
		}
		if plain, err := r.make(t.Context(), s, description); err != nil {
			rt.Fatal(err)
		} else if plain.Plan.Stops().Any() {
			return // a space would lose its admins: a person's affair
		}
		if err := r.applyAll(t, s, description, journal); err != nil {
			rt.Fatal(err)
		}
		if end, err := r.make(t.Context(), s, description); err != nil || len(end.Plan.Changes) > 0 {
			rt.Fatalf("%v: left to do: %s", err, end.Plan.Lines())
		}
	})
	t.Logf("undone %d, held %d", undone, held)
	if undone == 0 || held == 0 {
		t.Error("something was not tried")
	}
}

// meddle does random things to the site of the description. What the site refuses is
// not done.
func meddle(t *rapid.T, a emulator.Admin, mode string) {
	draw := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
	space := func() string { return draw("space", "S0", "S1") }
	group := func() string { return draw("group", "leads", "staff", "readers", "rogue") }
	person := func() string { return draw("person", "p0", "p1", "p2", "p3") + "@acme.example" }
	who := func() emulator.Principal {
		switch rapid.IntRange(0, 3).Draw(t, "kind of principal") {
		case 0:
			return emulator.Principal{User: person()}
		case 1:
			if mode == emulator.ModePreRoles {
				break // nobody can take a class's permissions by an interface there
			}
			return emulator.Principal{Class: emulator.ClassLicensed}
		}
		return emulator.Principal{Group: group()}
	}
	permission := func() string {
		return draw("permission", "read/space", "create/page", "create/comment", "export/space", "administer/space")
	}
	for range rapid.IntRange(1, 8).Draw(t, "edits") {
		var err error
		switch rapid.IntRange(0, 9).Draw(t, "edit") {
		case 0, 1:
			err = a.AddMember(group(), person())
		case 2:
			err = a.RemoveMember(group(), person())
		case 3:
			err = a.CreateGroup("rogue", "")
		case 4:
			err = a.DeleteGroup(group())
		case 5, 6:
			if mode == emulator.ModePreRoles {
				p, where := who(), space()
				err = errors.Join(a.AddPermission(where, p, access.CanView), a.AddPermission(where, p, permission()))
			} else {
				err = a.AssignRole(space(), who(), draw("role", "Viewer", "Collaborator", "Manager", "Admin"))
			}
		case 7:
			if mode == emulator.ModePreRoles {
				err = a.RemovePermission(space(), who(), permission())
			} else {
				err = a.UnassignRole(space(), who())
			}
		case 8:
			err = a.AddPermission(space(), who(), permission())
		case 9:
			err = a.SetProductRole(group(), draw("product role", "user", "admin"))
		}
		t.Logf("edit: %v", err)
	}
}
