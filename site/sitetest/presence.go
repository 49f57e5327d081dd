package sitetest

import (
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// presences: Present answers for facts of every kind, one by one, with their
// values, and anew: a driver that has not yet observed anything can, too.
func presences(t *testing.T, open func(t *testing.T) Subject) {
	t.Run("without an observation", func(t *testing.T) {
		s := open(t)
		got, err := s.Site.Present(t.Context(), []access.Fact{{Kind: access.Exists, Object: "group:nobody"}})
		if err != nil || len(got) != 1 || got[0] != site.Absent {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("of nothing", func(t *testing.T) {
		s := open(t)
		if got, err := s.Site.Present(t.Context(), nil); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("of people, groups and spaces", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(staff, ana, space))
		tr.says(map[string]site.Presence{
			"name space:ENG = Engineering":                 site.Seen,
			"name space:ENG = engineering":                 site.Absent,
			"name space:NONE = Engineering":                site.Absent,
			"status space:ENG = archived":                  site.Absent,
			"exists space:ENG":                             site.Seen,
			"exists space:NONE":                            site.Absent,
			"exists group:staff":                           site.Seen,
			"product group:staff = user":                   site.Seen,
			"product group:staff = admin":                  site.Absent,
			"product group:nobody = user":                  site.Absent,
			"managed group:staff = idp":                    site.Absent,
			"member group:staff user:ana@acme.example":     site.Absent,
			"member group:nobody user:ana@acme.example":    site.Absent,
			"member group:staff user:none@acme.example":    site.Absent,
			"exists user:ana@acme.example":                 site.Seen,
			"exists user:none@acme.example":                site.Absent,
			"state user:ana@acme.example = suspended":      site.Absent,
			"product user:ana@acme.example = admin":        site.Absent,
			"product user:none@acme.example = admin":       site.Absent,
			"exists account:nobody-of-this-id":             site.Absent,
			"member group:staff account:nobody-of-this-id": site.Absent,
		})
		for _, s := range tr.observe().Traits.States {
			if s == "removed" {
				tr.says(map[string]site.Presence{"state user:none@acme.example = removed": site.Seen})
			}
		}
	})
	t.Run("of roles", func(t *testing.T) {
		tr := start(t, open(t))
		if !roles(tr) {
			t.Skip("there are no roles; what stands for them is asked for among permissions")
		}
		tr.bring(one(staff, space, "role space:ENG group:staff = viewer"))
		tr.says(map[string]site.Presence{
			"role space:ENG group:staff = viewer":                site.Seen,
			"role space:ENG group:staff = admin":                 site.Absent,
			"role space:NONE group:staff = viewer":               site.Absent,
			"role space:ENG group:nobody = viewer":               site.Absent,
			"exists space_role:viewer":                           site.Seen,
			"exists space_role:none":                             site.Absent,
			"grants space_role:viewer read/space":                site.Seen,
			"grants space_role:viewer administer/space":          site.Absent,
			"role space:ENG account:nobody-of-this-id = viewer":  site.Absent,
			"role space:ENG class:some-class-unheard-of = admin": site.Absent,
			// Permissions that a role gives are the role's and nothing beside it.
			"permission space:ENG read/space group:staff": site.Absent,
		})
	})
	t.Run("of permissions", func(t *testing.T) {
		tr := start(t, open(t))
		if tr.observe().Traits.Mode == site.ByRoles {
			t.Skip("there are no permissions beside roles")
		}
		tr.bring(one(staff, ana, space, perm("group:staff", "read/space", "create/attachment")))
		tr.says(map[string]site.Presence{
			"permission space:ENG read/space group:staff":               site.Seen,
			"permission space:ENG create/attachment group:staff":        site.Seen,
			"permission space:ENG administer/space group:staff":         site.Absent,
			"permission space:ENG read/space user:ana@acme.example":     site.Absent,
			"permission space:ENG read/space user:none@acme.example":    site.Absent,
			"permission space:NONE read/space group:staff":              site.Absent,
			"permission space:ENG read/space group:nobody":              site.Absent,
			"permission space:ENG read/space class:anonymous":           site.Absent,
			"permission space:ENG read/space account:nobody-of-this-id": site.Absent,
		})
	})
	t.Run("of restrictions", func(t *testing.T) {
		tr := start(t, open(t))
		tr.reads(plan)
		tr.bring(one(space, group, ana))
		tr.others(plans)
		tr.bring(one(space, group, ana, restrict(plan, "view", keepers, toGroup), restrict(plan, "edit", keepers)))
		tr.says(map[string]site.Presence{
			"exists page:ENG/Plans":                               site.Seen,
			"restrict page:ENG/Plans view group:engineering":      site.Seen,
			"restrict page:ENG/Plans view group:keepers":          site.Seen,
			"restrict page:ENG/Plans edit group:engineering":      site.Absent,
			"restrict page:ENG/Plans view user:ana@acme.example":  site.Absent,
			"restrict page:ENG/Plans view user:none@acme.example": site.Absent,
			"restrict page:ENG/Plans view group:nobody":           site.Absent,
		})
		// That a page does not show proves nothing: weir's account may only not be
		// allowed to see it. So it is not absent, whatever else you say.
		for _, line := range []string{"exists page:ENG/None", "exists blogpost:ENG/Plans", "restrict page:ENG/None view group:engineering"} {
			f := tr.facts(one(line)).Facts()[0]
			if got, err := tr.site.Present(t.Context(), []access.Fact{f}); err != nil || got[0] == site.Seen {
				t.Errorf("%s is seen (%v)", line, err)
			}
		}
	})
	t.Run("of the site's permissions", func(t *testing.T) {
		tr := start(t, open(t))
		if len(tr.observe().Traits.Globals) == 0 {
			t.Skip("no interface tells them")
		}
		tr.bring(one(staff, ana, "global site create_space group:staff", "global site use class:anonymous"))
		tr.says(map[string]site.Presence{
			"global site create_space group:staff":               site.Seen,
			"global site create_space user:ana@acme.example":     site.Absent,
			"global site personal_space group:staff":             site.Absent,
			"global site create_space group:nobody":              site.Absent,
			"global site use class:anonymous":                    site.Seen,
			"global site view_profiles class:anonymous":          site.Absent,
			"global site create_space account:nobody-of-this-id": site.Absent,
		})
	})
	t.Run("of personal spaces", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(ana, bo, space))
		tr.others(personal)
		tr.says(map[string]site.Presence{
			"personal space:~ana user:ana@acme.example":  site.Seen,
			"personal space:~ana user:bo@acme.example":   site.Absent,
			"personal space:ENG user:ana@acme.example":   site.Absent,
			"personal space:~none user:ana@acme.example": site.Absent,
		})
	})
	t.Run("of guests and administrators", func(t *testing.T) {
		tr := start(t, open(t))
		if !tr.observe().Traits.Guests {
			t.Skip("there are no guests")
		}
		tr.bring(one(ana, "product user:ana@acme.example = admin", gia))
		tr.says(map[string]site.Presence{
			"product user:ana@acme.example = admin":    site.Seen,
			"product user:ana@acme.example = guest":    site.Absent,
			"product user:gia@partner.example = guest": site.Seen,
			"exists user:gia@partner.example":          site.Seen,
		})
	})
}

// says checks what Present says of facts, one at a time and all at once.
func (tr *trial) says(lines map[string]site.Presence) {
	tr.t.Helper()
	var all []access.Fact
	var want []site.Presence
	for line, p := range lines {
		f := tr.facts(one(line)).Facts()[0]
		all, want = append(all, f), append(want, p)
		tr.present([]access.Fact{f}, []site.Presence{p})
	}
	tr.present(all, want)
}
