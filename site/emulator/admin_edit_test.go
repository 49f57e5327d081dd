package emulator_test

import (
	"slices"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// What somebody holds directly is replaced as a whole, and what a group gives is
// the group's.
func TestSetPersonRole(t *testing.T) {
	f := guests(t, emulator.Options{Seats: 6})
	a := f.em.Admin()
	const ana, lee = "ana@acme.example", "lee@partner.example"
	holds := func(email string, want ...string) {
		t.Helper()
		if got := f.person(email).Product; !slices.Equal(got, want) {
			t.Errorf("%s holds %v, want %v", email, got, want)
		}
	}
	f.must(a.SetPersonRole(ana, "admin", "user"))
	holds(ana, "admin", "user")
	f.must(a.SetPersonRole(ana, "atlassian/admin"))
	holds(ana, "admin")
	f.refused(a.SetPersonRole(ana, "boss"), 400)
	f.refused(a.SetPersonRole(ana, "guest"), 400)
	f.refused(a.SetPersonRole("nobody@acme.example", "user"), 404)
	holds(ana, "admin")
	f.must(a.SetPersonRole(ana))
	holds(ana)
	f.refused(a.SetPersonRole(ana, "guest"), 400) // a former user

	// Whoever has never been a user can become a guest, and a user again.
	f.must(a.AddPerson(lee, "", emulator.PersonOptions{NoAccess: true}))
	f.must(a.SetPersonRole(lee, "guest"))
	if !f.person(lee).Guest {
		t.Error("lee is no guest")
	}

	f.must(a.MakePlainUser(lee))
	holds(lee, "user")
	// Without a seat a guest stays one.
	f.must(a.AddPerson("last@acme.example", "", emulator.PersonOptions{}))
	f.refused(a.MakePlainUser(kim), 409)
	holds(kim, "guest")
	// Whom a group lets in needs no role of their own; whom nothing lets in gets none.
	f.must(a.SetPersonRole("cy@acme.example", "admin"))
	f.must(a.AddMember("staff", "cy@acme.example"))
	f.must(a.MakePlainUser("cy@acme.example"))
	holds("cy@acme.example")
	f.must(a.SetPersonRole("out@acme.example", "user-access-admin"))
	f.must(a.MakePlainUser("out@acme.example"))
	holds("out@acme.example")
	f.must(a.SetPersonRole("bo@acme.example", "admin", "user"))
	f.must(a.MakePlainUser("bo@acme.example"))
	holds("bo@acme.example", "user")
}

// Exactly these permissions: neither companions nor what was there before.
func TestSetPermissions(t *testing.T) {
	for _, mode := range []string{emulator.ModePreRoles, emulator.ModeTransition} {
		t.Run(mode, func(t *testing.T) {
			f := open(t, emulator.Options{RoleMode: mode})
			a := f.em.Admin()
			f.must(a.CreateGroup("staff", ""))
			f.must(a.CreateSpace("OLD", "Old"))
			is := func(want ...string) {
				t.Helper()
				if got := f.permissionsOf("OLD", "staff"); !slices.Equal(got, want) {
					t.Errorf("permissions %v, want %v", got, want)
				}
			}
			f.must(a.SetPermissions("OLD", team("staff"), "update/page", "create/page", "read/space"))
			is("staff create/page", "staff read/space", "staff update/page")
			f.must(a.SetPermissions("OLD", team("staff"), "read/space", "create/page", "administer/space"))
			is("staff administer/space", "staff create/page", "staff read/space")
			f.refused(a.SetPermissions("OLD", team("staff"), "read/space"), 400) // the only admin
			f.refused(a.SetPermissions("OLD", team("staff")), 400)
			f.refused(a.SetPermissions("OLD", team("staff"), "create/page"), 400) // not without the view
			f.refused(a.SetPermissions("OLD", team("staff"), "read/space", "fly/page"), 400)
			f.refused(a.SetPermissions("OLD", team("nobody"), "read/space"), 404)
			f.refused(a.SetPermissions("NONE", team("staff"), "read/space"), 404)
			is("staff administer/space", "staff create/page", "staff read/space")
			f.must(a.RecoverSpace("OLD", emulator.OwnEmail))
			f.must(a.SetPermissions("OLD", team("staff")))
			is()
		})
	}
}

// A space may have a page and a blog post under one title.
func TestTitlesOfPagesAndBlogPosts(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	for _, title := range []string{"News", "Other"} {
		f.must(a.CreateBlogPost("ENG", title))
	}
	f.must(a.CreatePage("ENG", "News", ""))
	restricted := func() (types []string) {
		for _, c := range f.space("ENG").Content {
			if len(c.Read) > 0 {
				types = append(types, c.Type+" "+c.Title)
			}
		}
		return types
	}
	f.must(a.BlogPosts().Restrict("ENG", "News", "read", team("staff")))
	if got := restricted(); !slices.Equal(got, []string{"blogpost News"}) {
		t.Errorf("restricted %v", got)
	}
	f.must(a.Pages().Restrict("ENG", "News", "read", team("staff")))
	f.must(a.BlogPosts().Unrestrict("ENG", "News", "read", team("staff")))
	if got := restricted(); !slices.Equal(got, []string{"page News"}) {
		t.Errorf("restricted %v", got)
	}
	f.refused(a.Pages().DeletePage("ENG", "Other"), 404)
	f.must(a.BlogPosts().DeletePage("ENG", "News"))
	f.refused(a.BlogPosts().DeletePage("ENG", "News"), 404)
	f.must(a.Restrict("ENG", "Other", "read", team("staff"))) // either, where nothing is said
	if got := restricted(); !slices.Equal(got, []string{"blogpost Other", "page News"}) {
		t.Errorf("restricted %v", got)
	}
}

func TestOpenPersonalSpaceAt(t *testing.T) {
	f := open(t, emulator.Options{})
	small(f)
	a := f.em.Admin()
	const ana = "ana@acme.example"
	f.refused(a.OpenPersonalSpaceAt(ana, "~ana"), 404) // without the permission
	personal(f, "staff")
	f.must(a.AddMember("staff", ana))
	f.must(a.AddMember("staff", "bo@acme.example"))
	f.refused(a.OpenPersonalSpaceAt(ana, "ANA"), 400)
	f.refused(a.OpenPersonalSpaceAt(ana, "~"), 400)
	f.must(a.OpenPersonalSpaceAt(ana, "~ana"))
	f.refused(a.OpenPersonalSpaceAt(ana, "~ana2"), 400)
	f.refused(a.OpenPersonalSpaceAt("bo@acme.example", "~ANA"), 400)
	f.refused(a.CreatePersonalSpace("bo@acme.example", "~ANA", "Bo"), 400)
	f.refused(a.CreatePersonalSpace(ana, "~other", "Ana"), 409)
	if got := f.own(ana); got != "~ana" {
		t.Errorf("the space is %s", got)
	}
	if got := f.roles("~ana"); !slices.Equal(got, []string{"all-licensed-users = Collaborator", ana + " = Admin"}) {
		t.Errorf("roles %v", got)
	}
}

// Another address is the same account with everything that it holds.
func TestChangeEmail(t *testing.T) {
	f := open(t, emulator.Options{Domains: []string{"acme.example", "acme.test"}})
	small(f)
	a := f.em.Admin()
	was := f.person("ana@acme.example")
	f.must(a.ChangeEmail("ana@acme.example", "ana@acme.test"))
	if now := f.person("ana@acme.test"); now.ID != was.ID || !slices.Contains(f.group("engineering").Members, was.ID) {
		t.Errorf("%+v was %+v", now, was)
	}
	f.refused(a.ChangeEmail("ana@acme.example", "x@acme.example"), 404)
	f.refused(a.ChangeEmail("bo@acme.example", "ana@acme.test"), 400)
	f.refused(a.ChangeEmail("bo@acme.example", "bo@else.example"), 403)
	f.refused(a.ChangeEmail("pat@partner.example", "pat@acme.example"), 403) // nobody's account
	f.must(a.AddPerson("ana@acme.example", "", emulator.PersonOptions{}))    // the old address is free, and another account's
	if f.person("ana@acme.example").ID == was.ID {
		t.Error("two addresses of one account")
	}
}
