package cloud_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
)

// said puts what a description comes to into lines: "+ FACT" for what passes,
// "refused FACT: reason", "manual FACT: authority" and "note FACT: text".
func said(c site.Canonical) []string {
	var out []string
	for f := range c.Facts.All() {
		out = append(out, "+ "+f.String())
	}
	for _, r := range c.Refused {
		out = append(out, fmt.Sprintf("refused %s: %s", r.Fact, r.Reason))
	}
	for _, m := range c.Manual {
		out = append(out, fmt.Sprintf("manual %s: %s", m.Fact, m.Authority))
	}
	for _, n := range c.Notes {
		out = append(out, fmt.Sprintf("note %s: %s", n.Fact, n.Text))
	}
	slices.Sort(out)
	return out
}

// TestCanonicalModes: what is described in roles and permissions, in the words of
// each mode.
func TestCanonicalModes(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	live := set(t,
		"exists group:staff", "product group:staff = user", "exists group:hr", "exists space:ENG", "exists space:OLD", "exists user:ana@acme.example", "exists user:weir@acme.example",
		"permission space:ENG read/space user:weir@acme.example", "permission space:ENG administer/space user:weir@acme.example",
		"permission space:ENG read/space group:hr", "permission space:ENG export_content/space group:hr",
		"permission space:OLD read/space group:hr",
		"exists space:ROLED", "role space:ROLED user:weir@acme.example = admin", "grants space_role:admin administer/space", "exists space_role:admin", "exists space_role:viewer", "grants space_role:viewer read/space",
	)
	catalogue := map[string]string{"read/space": "View", "create/page": "Add pages", "update/page": "Edit pages", "export_content/space": "Export content", "administer/space": "Administer", "manage_users/space": "Manage people"}
	for _, c := range []struct {
		name string
		mode string
		want []string
		said []string
	}{
		{
			name: "a role becomes permissions", mode: site.ByPermissions,
			want: []string{"role space:ENG group:staff = viewer"},
			said: []string{"+ permission space:ENG create/comment group:staff", "+ permission space:ENG read/space group:staff"},
		},
		{
			name: "a custom role becomes what it can", mode: site.ByPermissions,
			want: []string{
				"exists space_role:writer", "grants space_role:writer read/space", "grants space_role:writer create/page", "grants space_role:writer update/page",
				"grants space_role:writer export_content/space", "grants space_role:writer manage_templates/space",
				"role space:ENG group:staff = writer", "role space:ENG group:hr = writer",
			},
			said: []string{
				"+ permission space:ENG create/page group:hr", "+ permission space:ENG create/page group:staff",
				"+ permission space:ENG export_content/space group:hr", // it is there
				"+ permission space:ENG read/space group:hr", "+ permission space:ENG read/space group:staff",
				"+ permission space:ENG update/page group:hr", "+ permission space:ENG update/page group:staff",
				"note role space:ENG group:hr = writer: on this site space_role:writer is written out as permissions, which cannot say manage_templates/space",
			},
		},
		{
			name: "editing comes with adding, and not by itself", mode: site.ByPermissions,
			want: []string{"permission space:ENG create/page group:staff", "permission space:ENG update/page group:hr", "permission space:ENG manage_users/space group:hr"},
			said: []string{
				"+ permission space:ENG create/page group:staff", "+ permission space:ENG read/space group:hr", "+ permission space:ENG read/space group:staff",
				"+ permission space:ENG update/page group:staff",
				"note permission space:ENG create/page group:staff: editing pages comes with it", "note permission space:ENG create/page group:staff: viewing the space comes with it",
				`refused permission space:ENG manage_users/space group:hr: the site has no permission "manage_users/space"`,
				`refused permission space:ENG update/page group:hr: the site has no permission "update/page"`,
			},
		},
		{
			name: "classes have no permissions, but for the public", mode: site.ByPermissions,
			want: []string{"role space:ENG class:everyone = viewer", "role space:ENG class:anonymous = viewer", "permission space:ENG administer/space class:anonymous", "role space:ENG group:staff = owner"},
			said: []string{
				"+ permission space:ENG create/comment class:anonymous", "+ permission space:ENG read/space class:anonymous",
				"refused permission space:ENG administer/space class:anonymous: people who are not logged in cannot have it",
				"refused role space:ENG class:everyone = viewer: class:everyone cannot be given permissions of its own",
				`refused role space:ENG group:staff = owner: nothing says what the role "owner" permits`,
			},
		},
		{
			name: "a role and permissions for one principal", mode: site.ByEither,
			want: []string{"permission space:OLD read/space group:staff", "permission space:OLD create/page group:staff", "permission space:ROLED read/space group:staff", "role space:OLD group:staff = viewer"},
			said: []string{
				"+ permission space:ROLED read/space group:staff",
				"+ role space:OLD group:staff = viewer",
				"refused permission space:OLD create/page group:staff: a principal has one role in a space, or permissions of its own",
				"refused permission space:OLD read/space group:staff: a principal has one role in a space, or permissions of its own",
			},
		},
		{
			name: "a space that weir does not administer, by hand", mode: site.ByEither,
			want: []string{"permission space:OLD read/space group:staff", "permission space:OLD create/page group:staff"},
			said: []string{
				"+ permission space:OLD read/space group:hr", // stays for now
				"manual permission space:OLD create/page group:staff: a Confluence administrator, or an admin of the space",
				"manual permission space:OLD read/space group:staff: weir",
			},
		},
		{
			name: "permissions by the catalogue", mode: site.ByEither,
			want: []string{"permission space:ENG read/space group:staff", "permission space:ENG export_content/space group:staff", "permission space:ENG edit pages group:staff"},
			said: []string{
				"+ permission space:ENG export_content/space group:staff", "+ permission space:ENG read/space group:staff",
				`refused permission space:ENG "edit pages" group:staff: the site has no permission "edit pages"`,
			},
		},
		{
			name: "roles alone", mode: site.ByRoles,
			want: []string{"permission space:ENG read/space group:staff", "permission space:ENG read/space group:hr"},
			said: []string{
				"+ permission space:ENG read/space group:hr", // left over, and there
				"refused permission space:ENG read/space group:staff: access to spaces is given by roles alone on this site",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			obs := site.Observation{Facts: live, Account: "user:weir@acme.example", Permissions: catalogue, Traits: site.Traits{Mode: c.mode}}
			if c.mode == site.ByPermissions {
				obs.Permissions = nil
			}
			for i, line := range c.want {
				c.want[i] = strings.Replace(line, "edit pages", `"edit pages"`, 1)
			}
			got := s.Canonical(set(t, c.want...), obs)
			if diff := cmp.Diff(c.said, said(got)); diff != "" {
				t.Error(diff)
			}
			if by := got.As[access.Role]; (by == access.Permission) != (c.mode == site.ByPermissions) {
				t.Errorf("roles are as %q", by)
			}
			for f, from := range got.From {
				if f.Kind != access.Permission || !got.Facts.Has(f) && len(got.Refused) == 0 && len(got.Manual) == 0 {
					t.Errorf("%s comes from %s", f, from)
				}
			}
			for _, m := range got.Manual {
				if m.Verify == "" || len(m.Steps) == 0 {
					t.Errorf("%s: %+v", m.Fact, m)
				}
			}
			for _, r := range got.Refused {
				if r.Hint == "" || strings.Contains(r.Fact.Verb, " ") && r.Hint != `did you mean "update/page"?` {
					t.Errorf("%s: hint %q", r.Fact, r.Hint)
				}
			}
		})
	}
}

// TestCanonicalGuests: what no guest can have is refused or said.
func TestCanonicalGuests(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	live := set(t, "exists space:A", "exists space:B", "exists group:partners", "exists group:idp", "managed group:idp = idp", "exists group:staff", "product group:staff = user",
		"exists user:ana@p.example", "exists user:lee@p.example", "product user:lee@p.example = guest", "role space:B user:lee@p.example = viewer",
		"exists space_role:viewer", "grants space_role:viewer read/space", "exists space_role:admin", "grants space_role:admin administer/space", "role space:A group:partners = viewer")
	lee := []string{"exists user:lee@p.example", "product user:lee@p.example = guest"}
	for _, c := range []struct {
		name string
		want []string
		said []string // without what passes
	}{
		{name: "one space", want: append(lee, "role space:B user:lee@p.example = viewer")},
		{
			name: "two spaces", want: append(lee, "role space:A user:lee@p.example = viewer", "role space:B user:lee@p.example = viewer"),
			said: []string{"refused role space:A user:lee@p.example = viewer: a guest has one space, and user:lee@p.example has space:B"},
		},
		{
			name: "a move", want: append(lee, "role space:A user:lee@p.example = viewer"), // the plan tells the moment without a space
		},
		{
			name: "a role beyond guests", want: append(lee, "role space:B user:lee@p.example = admin"),
			said: []string{"refused role space:B user:lee@p.example = admin: no guest may have the role admin: it administers or exports the space, or restricts pages"},
		},
		{
			name: "through a group", want: append(lee, "member group:partners user:lee@p.example", "role space:A group:partners = viewer"),
			said: []string{"note member group:partners user:lee@p.example: a guest gets nothing in spaces through a group"},
		},
		{
			name: "a paying guest is none", want: append(lee, "product group:staff = user", "member group:staff user:lee@p.example", "role space:A user:lee@p.example = admin", "role space:B user:lee@p.example = admin"),
		},
		{
			name: "a user becomes a guest", want: []string{"exists user:ana@p.example", "product user:ana@p.example = guest"},
			said: []string{"refused product user:ana@p.example = guest: who is or was a paid user cannot become a guest"},
		},
		{
			name: "an identity provider's guests", want: []string{"product group:idp = guest"},
			said: []string{"refused product group:idp = guest: a group of an identity provider cannot hold guests"},
		},
		{
			name: "a suspended guest", want: []string{"state user:lee@p.example = suspended", "product user:lee@p.example = guest", "role space:B user:lee@p.example = viewer"},
			said: []string{"note role space:B user:lee@p.example = viewer: a guest who cannot enter has no space; it is given back when they return"},
		},
		{
			name: "a viewer by themselves", want: []string{"product user:ana@p.example = viewer"},
			said: []string{`refused product user:ana@p.example = viewer: Confluence has no product role "viewer"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			obs := site.Observation{Facts: live, IDs: map[access.Ref]string{"user:lee@p.example": "1", "user:ana@p.example": "2"}, Traits: site.Traits{Mode: site.ByRoles}}
			var got []string
			for _, line := range said(s.Canonical(set(t, c.want...), obs)) {
				if !strings.HasPrefix(line, "+ ") {
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(c.said, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCanonicalGlobals: what no interface can do is left to people, with the way
// to do it once, or refused.
func TestCanonicalGlobals(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	obs := site.Observation{Facts: set(t, "exists group:staff"), Traits: site.Traits{Mode: site.ByRoles}}
	got := s.Canonical(set(t,
		"exists group:space-creators", "product group:space-creators = user", "member group:space-creators user:ana@acme.example",
		"global site create_space group:space-creators", "global site personal_space group:staff", "global site use class:anonymous", "global site use class:everyone",
		"global site use group:staff", "global site administer group:staff", "global site system_administer group:staff", "global site create_space user:ana@acme.example", "global site view_profiles class:anonymous",
	), obs)
	want := []string{
		"+ exists group:space-creators", "+ member group:space-creators user:ana@acme.example", "+ product group:space-creators = user",
		"manual global site create_space group:space-creators: a Confluence administrator",
		"manual global site personal_space group:staff: a Confluence administrator",
		"manual global site use class:anonymous: a Confluence administrator",
		"refused global site administer group:staff: who administers Confluence is said by product roles",
		"refused global site create_space user:ana@acme.example: Create Space is given to groups",
		`refused global site system_administer group:staff: Confluence Cloud has no global permission "system_administer" that anybody but Atlassian gives`,
		"refused global site use class:everyone: Confluence cannot be opened to class:everyone",
		"refused global site use group:staff: who may use Confluence is said by product roles",
		`refused global site view_profiles class:anonymous: Confluence Cloud has no global permission "view_profiles" that anybody but Atlassian gives`,
	}
	if diff := cmp.Diff(want, said(got)); diff != "" {
		t.Error(diff)
	}
	for i, has := range map[int]string{0: "the members of group:space-creators, which weir keeps", 1: "to do this only once"} {
		if !strings.Contains(strings.Join(got.Manual[i].Steps, "\n"), has) {
			t.Errorf("%s: %q", got.Manual[i].Fact, got.Manual[i].Steps)
		}
		if !strings.HasPrefix(got.Manual[i].Verify, "weir cannot see whether it is done") {
			t.Errorf("%s: %q", got.Manual[i].Fact, got.Manual[i].Verify)
		}
	}
	obs.Traits.Edition = "free"
	if got := said(s.Canonical(set(t, "global site create_space group:staff", "product group:staff = guest", "permission space:X read/space group:staff", "restrict page:X/Y view group:staff"), obs)); len(got) != 4 || strings.HasPrefix(got[0], "+") {
		t.Errorf("free: %v", got)
	}
}
