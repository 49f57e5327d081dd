package sitetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// reading checks what an observation promises beside its facts.
func reading(t *testing.T, open func(t *testing.T) Subject) {
	t.Run("says who and where it is", func(t *testing.T) {
		tr := start(t, open(t))
		obs := tr.observe()
		if obs.Site == "" {
			t.Error("the observation does not say which site it is of")
		}
		// Weir's own account is on the site like any other; whoever plans
		// leaves it out, and needs to know which it is.
		if !obs.Facts.Has(access.Fact{Kind: access.Exists, Object: obs.Account}) {
			t.Errorf("weir's own account %q does not exist", obs.Account)
		}
		if obs.Requests < 1 || obs.Floor < 1 {
			t.Errorf("the observation took %d requests, where %d would do", obs.Requests, obs.Floor)
		}
		if before := tr.site.Requests(); before < obs.Requests || tr.observe().Requests != tr.site.Requests()-before {
			t.Errorf("an observation of %d requests makes %d after %d", obs.Requests, tr.site.Requests(), before)
		}
	})
	t.Run("says what it can hold", func(t *testing.T) {
		tr := start(t, open(t))
		traits := tr.observe().Traits
		if traits.Product == "" {
			t.Error("the site does not say which product it is")
		}
		if !slices.Contains([]string{site.ByRoles, site.ByPermissions, site.ByEither}, traits.Mode) {
			t.Errorf("there is no mode %q", traits.Mode)
		}
		for _, s := range traits.States {
			if !slices.Contains([]string{"suspended", "deactivated", "removed"}, s) {
				t.Errorf("there is no state %q", s)
			}
		}
		for _, r := range traits.Classes {
			if r.Type() != "class" {
				t.Errorf("%s is no class", r)
			}
		}
		for _, v := range traits.Globals {
			if !slices.Contains([]string{access.GlobalUse, access.GlobalAdminister, access.GlobalCreateSpace, access.GlobalPersonalSpace, access.GlobalSystemAdminister, access.GlobalViewProfiles}, v) {
				t.Errorf("there is no global permission %q", v)
			}
		}
	})
	t.Run("tells ids and fixed roles", func(t *testing.T) {
		tr := start(t, open(t))
		refs := []access.Ref{"group:engineering", "user:ana@acme.example", "space:ENG"}
		lines := one(group, ana, space)
		if roles(tr) {
			refs = append(refs, "space_role:reviewer", "space_role:admin")
			lines = append(lines, "exists space_role:reviewer", "grants space_role:reviewer read/space")
		}
		tr.bring(lines)
		obs := tr.observe()
		for _, r := range refs {
			if obs.IDs[r] == "" {
				t.Errorf("%s has no id", r)
			}
		}
		// The fixed roles are facts like others: what they permit is read.
		for _, name := range access.SystemRoles {
			r := access.NewRef("space_role", name)
			if roles(tr) && !obs.Facts.Has(access.Fact{Kind: access.Grants, Object: r, Verb: access.CanView}) {
				t.Errorf("%s does not permit to view", r)
			}
		}
	})
	t.Run("is the same twice", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(staff, ana, "member group:staff user:ana@acme.example", space, "role space:ENG group:staff = viewer"))
		a, b := tr.observe(), tr.observe()
		if !a.Facts.Equal(b.Facts) || fmt.Sprint(a.IDs) != fmt.Sprint(b.IDs) {
			t.Error("two observations of one site differ")
		}
	})
	t.Run("a new space holds nothing for weir where roles are all there is", func(t *testing.T) {
		tr := start(t, open(t))
		if tr.observe().Traits.Mode != site.ByRoles {
			t.Skip("who may not administer a space could not go on to write to it")
		}
		tr.bring(one(group, space, "role space:ENG group:engineering = viewer"))
		for f := range tr.observe().Facts.OfKind(access.Role) {
			if f.Subject == tr.own {
				t.Errorf("%s", f)
			}
		}
	})
	t.Run("a personal space says whose it is", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(ana, space))
		tr.others(personal)
		for f := range tr.observe().Facts.OfKind(access.Personal) {
			if f != tr.facts(one(personal[0].Fact)).Facts()[0] {
				t.Errorf("%s", f)
			}
		}
	})
}

// roles reports whether the site has space roles.
func roles(tr *trial) bool {
	tr.t.Helper()
	return tr.observe().Traits.Mode != site.ByPermissions
}

// managed checks that a group which is somebody else's says so, and that weir
// may still grant to it.
func managed(t *testing.T, s Subject) {
	if s.Elsewhere == nil {
		t.Skip("the subject has nobody else")
	}
	tr := start(t, s)
	tr.bring(one("exists group:okta-finance", "exists group:plain", space))
	for _, by := range []string{"team", "builtin", "idp"} {
		f := access.Fact{Kind: access.Managed, Object: "group:okta-finance", Value: by}
		s.Elsewhere(t, f)
		if got, _ := tr.observe().Facts.Get(f); got != f {
			t.Errorf("observed %q, want %q", got, f)
		}
		if got, err := tr.site.Present(t.Context(), []access.Fact{f, {Kind: access.Managed, Object: "group:plain", Value: by}}); err != nil || got[0] != site.Seen || got[1] != site.Absent {
			t.Errorf("present: %v, %v", got, err)
		}
	}
	tr.bring(one("exists group:okta-finance", "managed group:okta-finance = idp", "exists group:plain", space, "role space:ENG group:okta-finance = viewer"))

	// A described group of the provider's that is not there yet is a job for
	// people, with whatever hangs on it; nothing is planned that would fail.
	want := tr.base.Union(tr.facts(one("exists group:okta-hr", "managed group:okta-hr = idp", space, "role space:ENG group:okta-hr = viewer")))
	c := tr.site.Canonical(want, tr.observe())
	manual := make(map[access.Fact]bool)
	for _, m := range c.Manual {
		if m.Authority == "" || m.Verify == "" || len(m.Steps) == 0 {
			t.Errorf("the manual step for %s does not say who does what, and how weir sees it", m.Fact)
		}
		manual[m.Fact] = true
	}
	if !manual[access.Fact{Kind: access.Managed, Object: "group:okta-hr", Value: "idp"}] {
		t.Error("nobody is told to create the group")
	}
	for f := range c.Facts.All() {
		if f.About("group:okta-hr") {
			t.Errorf("%s is planned", f)
		}
	}
}

// elsewhere checks that a group which also opens another product says so, and
// stays weir's to change: whoever reads the plan is told what else it does.
func elsewhere(t *testing.T, s Subject) {
	if s.OtherProduct == nil {
		t.Skip("the subject has no other product")
	}
	tr := start(t, s)
	tr.bring(one("exists group:agents", "exists group:plain", ana, bo, space))
	s.OtherProduct(t, "group:agents")
	obs := tr.observe()
	if len(obs.Elsewhere["group:agents"]) == 0 {
		t.Error("nobody is told that the group opens another product")
	}
	if said := obs.Elsewhere["group:plain"]; len(said) > 0 {
		t.Errorf("a group that opens nothing else is said to: %v", said)
	}
	for f := range obs.Facts.OfKind(access.Managed) {
		t.Errorf("%s, which is no reason to leave it alone", f)
	}
	members := one("exists group:agents", "exists group:plain", ana, bo, space, "member group:agents user:ana@acme.example")
	tr.bring(append(members, "role space:ENG group:agents = viewer"))
	tr.bring(one("exists group:agents", "exists group:plain", ana, bo, space, "member group:agents user:bo@acme.example"))
	if len(tr.observe().Elsewhere["group:agents"]) == 0 {
		t.Error("the role on the other product is gone")
	}
}

// longLists needs more of everything than one page of any list holds.
func longLists(t *testing.T, open func(t *testing.T) Subject) {
	t.Run("people, groups and spaces", func(t *testing.T) {
		tr := start(t, open(t))
		lines := one(space, "exists group:all")
		for i := range 210 {
			lines = append(lines,
				fmt.Sprintf("exists user:p%03d@acme.example", i),
				fmt.Sprintf("exists group:g%03d", i),
				fmt.Sprintf("member group:all user:p%03d@acme.example", i),
				fmt.Sprintf("role space:ENG user:p%03d@acme.example = viewer", i),
				fmt.Sprintf("role space:ENG group:g%03d = viewer", i),
			)
		}
		for i := range 260 {
			lines = append(lines, fmt.Sprintf("exists space:S%d\nname space:S%d = S", i, i))
		}
		tr.bring(lines)
	})
	t.Run("permissions", func(t *testing.T) {
		tr := start(t, open(t))
		lines := one(space)
		for i := range 130 {
			lines = append(lines,
				fmt.Sprintf("exists user:p%03d@acme.example\nexists group:g%03d", i, i),
				perm(fmt.Sprintf("user:p%03d@acme.example", i), access.CanView, "create/attachment"),
				perm(fmt.Sprintf("group:g%03d", i), access.CanView, "delete/attachment"),
			)
		}
		tr.bring(lines)
	})
	t.Run("restrictions", func(t *testing.T) {
		tr := start(t, open(t))
		tr.reads(plan)
		tr.bring(one(space))
		tr.others(plans)
		tr.bring(one(space, restrict(plan, access.ViewPage, keepers), restrict(plan, access.EditPage, keepers), many(210, plan, access.ViewPage), many(210, plan, access.EditPage)))
	})
	t.Run("pages", func(t *testing.T) {
		s := open(t)
		if s.Content == nil {
			t.Skip("the subject has no authors")
		}
		tr := start(t, s)
		tr.reads("page:ENG/P7", "page:ENG/P299")
		tr.bring(one(space, group))
		for i := range 300 {
			s.Content(t, access.NewPage("page", "space:ENG", fmt.Sprintf("P%d", i)), "")
		}
		tr.base = tr.base.Union(tr.facts(one("exists page:ENG/P7", "exists page:ENG/P299")))
		tr.bring(one(space, group, restrict("page:ENG/P7", "view", keepers), restrict("page:ENG/P299", "view", keepers, toGroup)))
		tr.extent = access.Extent{Watch: []access.Ref{"space:ENG"}}
		obs := tr.observe()
		for i := range 300 {
			if f := (access.Fact{Kind: access.Exists, Object: access.NewPage("page", "space:ENG", fmt.Sprintf("P%d", i))}); !obs.Facts.Has(f) {
				t.Errorf("%s is not seen in a watched space", f.Object)
			}
		}
		var named []string
		for f := range obs.Facts.OfKind(access.Restrict) {
			named = append(named, f.String())
		}
		if want := "restrict page:ENG/P299 view group:engineering, restrict page:ENG/P299 view group:keepers, restrict page:ENG/P7 view group:keepers"; strings.Join(named, ", ") != want {
			t.Errorf("of the watched space's restrictions these are seen:\n%s", strings.Join(named, "\n"))
		}
	})
}
