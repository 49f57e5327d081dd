package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

func TestBoundsAndAssertionsDiagnostics(t *testing.T) {
	for _, c := range []struct{ name, archive, want string }{
		{"modes that cannot be", `
ownership:
  users: bounded
  groups: observe
  space_roles: {existence: observe, permissions: bounded}
  global_permissions: bounded
  rules:
    - {match: "group:*", groups: {members: bounded}}
    - {match: "space:*", spaces: bunded}
`, `
WR103 a.weir.yaml:2:10: users cannot be bounded (write exclusive or additive: limits bound what is granted in a space)
WR103 a.weir.yaml:3:11: groups cannot be only observed (write exclusive or additive, and observe what there is in each by its own key)
WR103 a.weir.yaml:4:28: existence of space_roles cannot be only observed (write exclusive or additive, and observe what there is in each by its own key)
WR103 a.weir.yaml:4:50: permissions of space_roles cannot be bounded (write exclusive, additive or observe: limits bound what is granted in a space, and nothing else has permissions to compare)
WR103 a.weir.yaml:5:23: global_permissions cannot be bounded (write exclusive, additive or observe: limits bound what is granted in a space, and nothing else has permissions to compare)
WR103 a.weir.yaml:7:44: members of groups cannot be bounded (write exclusive, additive or observe: limits bound what is granted in a space, and nothing else has permissions to compare)
WR103 a.weir.yaml:8:34: mode "bunded" is not known (did you mean "bounded"?)
`},
		{"bounded without limits, and limits without bounded", `
ownership: {spaces: bounded, rules: [{match: "space:OPS", spaces: exclusive}]}
spaces:
  ENG: {roles: {}}
  HR: {permissions: {}}
  FIN: {guests: {}}
  OPS: {roles: {}, limits: {role: viewer}}
  NONE: {name: Nothing is listed}
`, `
WR202 a.weir.yaml:3:3: roles of space "ENG" are bounded, and it has no limits (write limits, in the space or in its archetype; without them every grant that is not described would be beyond)
WR202 a.weir.yaml:4:3: permissions of space "HR" are bounded, and it has no limits (write limits, in the space or in its archetype; without them every grant that is not described would be beyond)
WR202 a.weir.yaml:5:3: guests of space "FIN" are bounded, and it has no limits (write limits, in the space or in its archetype; without them every grant that is not described would be beyond)
warning WR202 a.weir.yaml:6:28: the limits of space "OPS" bound nothing (own its roles, permissions or guests in the mode bounded, and list them)
`},
		{"limits that cannot be", `
ownership: {spaces: bounded}
groups: {eng: {}}
archetypes:
  team:
    roles: {}
    limits: {role: viewer}
spaces:
  A: {roles: {}, limits: {}}
  B: {roles: {}, limits: {role: viewer, permissions: [read/space]}}
  C: {roles: {}, limits: {role: vewer, to: ["group:egn", "grp:*", guests, eng], never: ["group:eng", "group:eng"]}}
  D: {roles: {}, limits: {permissions: [create/page]}}
  E: {archetype: team, limits: {role: viewer}}
`, `
WR112 a.weir.yaml:8:26: limits do not say how much may be granted (write role: or permissions:)
WR202 a.weir.yaml:9:54: limits have a role and permissions (keep one of the two: both say how much may be granted)
  a.weir.yaml:9:33: the other bound
WR201 a.weir.yaml:10:33: space role "vewer" is not described (did you mean "viewer"?)
WR201 a.weir.yaml:10:45: group "egn" is not described (describe it, or list it under external)
WR113 a.weir.yaml:10:58: "grp:*" is not a pattern that can stand here (begin with user:, account: or group:, and let * stand for any text)
WR113 a.weir.yaml:10:75: "eng" does not say what it is (write "group:eng")
WR104 a.weir.yaml:10:102: group "eng" stands twice in never (keep one of the two)
  a.weir.yaml:10:89: also here
WR202 a.weir.yaml:11:40: limits without read/space allow nothing (add read/space: every other permission rests on it; to: [] allows nobody anything)
WR104 a.weir.yaml:12:32: limits of space "E" is set twice (set it in the space's own entry or in the archetype)
  a.weir.yaml:6:13: also set here
`},
		{"what is described may go beyond the limits, but not to whom they rule out", `
ownership: {spaces: bounded}
external: ["group:*"]
guests: {lee@partner.example: {space: ENG}}
spaces:
  ENG:
    roles: {admin: ["group:leads"], viewer: [anonymous, "group:temps-1"]}
    permissions: {"group:temps-2": [read/space]}
    limits: {role: viewer, to: ["group:eng"], never: [anonymous, "group:temps-*", guests]}
`, `
warning WR202 a.weir.yaml:3:10: user "lee@partner.example" is given something in ENG, and its limits never allow it (delete one of the two; what is described is given)
warning WR202 a.weir.yaml:6:46: class "anonymous" is given something in ENG, and its limits never allow it (delete one of the two; what is described is given)
warning WR202 a.weir.yaml:6:57: group "temps-1" is given something in ENG, and its limits never allow it (delete one of the two; what is described is given)
warning WR202 a.weir.yaml:7:19: group "temps-2" is given something in ENG, and its limits never allow it (delete one of the two; what is described is given)
`},
		{"assertions that cannot be", `
users: {ana@acme.example: {}}
spaces: {ENG: {}}
assert:
  nobody is named: {object: "space:ENG", action: view}
  two lists: {object: "space:ENG", action: view, can: [everyone], cannot: [guests]}
  nothing is said: {object: "space:ENG", action: view, cannot: []}
  elsewhere: {object: "space:EGN", action: view, only: []}
  below elsewhere: {object: "page:EGN/Pay", action: view, only: []}
  no title: {object: "page:ENG", action: view, only: []}
  a group: {object: "group:x", action: view, only: []}
  a bare key: {object: ENG, action: view, only: []}
  no such action: {object: "space:ENG", action: edt, only: []}
  not on a page: {object: "page:ENG/Pay", action: admin, only: []}
  not on a blog post: {object: "blogpost:ENG/Pay", action: create/page, only: []}
  not on the site: {object: site, action: view, only: []}
  not in a space: {object: "space:E*", action: create_space, only: []}
  strangers: {object: "space:ENG", action: view, only: [ana@acme.example, "user:anna@acme.example", jsm_admins, everyone, everyone]}
-- b.weir.yaml --
weir: v1
site: {name: acme}
assert:
  two lists: {object: site, action: use, can: [everyone]}
`, `
WR112 a.weir.yaml:4:3: assertion "nobody is named" does not say who (write can, cannot or only)
WR202 a.weir.yaml:5:75: assertion "two lists" has can and cannot (write two assertions)
  a.weir.yaml:5:55: the other list
WR103 a.weir.yaml:6:64: cannot names nobody, and so says nothing (name somebody; only: [] says that nobody can)
WR201 a.weir.yaml:7:23: space "EGN" is not described (describe it)
WR201 a.weir.yaml:8:29: space "EGN" is not described (describe it)
WR113 a.weir.yaml:9:22: "page:ENG" does not name a page (write the key of its space, a slash and its title, such as page:HR/Pay bands)
WR113 a.weir.yaml:10:21: "group:x" cannot stand here (write site, space:KEY, a pattern such as space:TEAM-*, page:KEY/TITLE or blogpost:KEY/TITLE)
WR113 a.weir.yaml:11:24: "ENG" cannot stand here (write site, space:KEY, a pattern such as space:TEAM-*, page:KEY/TITLE or blogpost:KEY/TITLE)
WR103 a.weir.yaml:12:49: a space has no action "edt" (did you mean "edit"?)
WR103 a.weir.yaml:13:51: a page has no action "admin" (write view or edit)
WR103 a.weir.yaml:14:60: a blog post has no action "create/page" (write view or edit)
WR103 a.weir.yaml:15:43: the site has no action "view" (write administer, create_space, personal_space, system_administer, use or view_profiles)
WR103 a.weir.yaml:16:48: a space has no action "create_space" (write view, edit, admin or the id of a permission, such as create/page)
WR113 a.weir.yaml:17:57: "ana@acme.example" does not say what it is (write "user:ana@acme.example")
WR201 a.weir.yaml:17:75: user "anna@acme.example" is not described (did you mean "ana@acme.example"?)
WR113 a.weir.yaml:17:101: "jsm_admins" cannot stand here (write user:EMAIL, account:ID, group:NAME, everyone, authenticated, product_admins, anonymous or guests)
WR104 a.weir.yaml:17:123: class "everyone" stands twice in only (keep one of the two)
  a.weir.yaml:17:113: also here
WR104 b.weir.yaml:4:3: assertion "two lists" stands twice (give each a name of its own)
  a.weir.yaml:5:3: also here
`},
		{"proofs that cannot be", `
prove: [no_public_acess, no_external_editor, no_new_access]
-- b.weir.yaml --
prove: [no_new_access]
`, `
WR103 a.weir.yaml:1:9: there is no proof "no_public_acess" (did you mean "no_public_access"?)
WR112 a.weir.yaml:1:26: no_external_editor needs the domains of the site's own people (write domains under site, such as [acme.example])
WR104 b.weir.yaml:1:9: "no_new_access" stands twice in prove (keep one of the two)
  a.weir.yaml:1:46: also here
`},
		{"domains that are none", `
weir: v1
site: {name: acme, domains: ["@acme.example"]}
`, `
WR113 a.weir.yaml:2:30: "@acme.example" is not a domain (write what stands behind the @ of an address, such as partner.example)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diags := schema.Compile(parse(t, c.archive), nil, noon)
			got := strings.Join(lines(diags), "\n")
			if diff := cmp.Diff(strings.TrimSpace(c.want), got); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
			for _, d := range diags {
				if _, ok := diag.Codes[d.Code]; !ok {
					t.Errorf("%s is no code", d.Code)
				}
			}
		})
	}
}

func TestBoundedAndObserved(t *testing.T) {
	modes(t, `
external: ["group:*"]
ownership:
  groups: {members: observe}
  global_permissions: observe
  spaces: bounded
  rules:
    - {match: "space:SEEN", spaces: observe}
    - {match: "space:MIXED", spaces: {roles: exclusive, permissions: additive, guests: bounded}}
groups: {staff: {members: []}}
global_permissions: {create_space: []}
spaces:
  ENG: {roles: {}, permissions: {}, limits: {role: viewer}}
  SEEN:
    roles: {viewer: [{who: "group:old", until: 2026-01-01}]}
    guests: {}
  MIXED: {roles: {}, permissions: {}, guests: {}, limits: {role: viewer}}
  BARE: {}
`, `
observe member group:staff user:x@acme.example
observe global site create_space group:x
bounded role space:ENG group:x = viewer
bounded permission space:ENG read/space group:x
observe role space:SEEN group:x = viewer
observe role space:SEEN group:old = viewer
exclusive role space:MIXED group:x = viewer
additive permission space:MIXED read/space group:x
unmanaged role space:BARE group:x = viewer
`)
}

// The guests of a space are owned as its list of guests says, whatever its roles.
func TestGuestsBoundedAndObserved(t *testing.T) {
	const live = `
exists user:jo@partner.example
product user:jo@partner.example = guest
role space:ENG user:jo@partner.example = viewer
role space:SEEN user:jo@partner.example = viewer
role space:OPS user:lee@partner.example = viewer
`
	there := facts(t, live)
	desired, _ := compile(t, `
ownership:
  rules:
    - {match: "space:ENG", spaces: {guests: bounded}}
    - {match: "space:SEEN", spaces: {guests: observe}}
guests: {lee@partner.example: {space: SEEN}}
spaces:
  ENG: {roles: {}, guests: {}, limits: {role: viewer}}
  SEEN: {roles: {}, guests: {}}
  OPS: {}
`).Desired(access.Known{Facts: there})
	for line, want := range map[string]access.Mode{
		"role space:ENG user:jo@partner.example = viewer":        access.Bounded,
		"role space:ENG user:ana@acme.example = viewer":          access.Exclusive,
		"role space:SEEN user:jo@partner.example = viewer":       access.Observe,
		"role space:SEEN user:lee@partner.example = viewer":      access.Observe,
		"exists user:lee@partner.example":                        access.Observe,
		"product user:lee@partner.example = guest":               access.Observe,
		"state user:lee@partner.example = suspended":             access.Unmanaged,
		"role space:OPS user:lee@partner.example = viewer":       access.Unmanaged,
		"role space:SEEN user:ana@acme.example = administrators": access.Exclusive,
	} {
		for f := range facts(t, line).All() {
			if got := desired.Scope.Mode(f); got != want {
				t.Errorf("%s is %s, want %s", f, got, want)
			}
		}
	}
}

// Product roles that global_permissions lists are compared and not written where
// it is only observed, save that a described person ceases to be a guest.
func TestObservedProductRoles(t *testing.T) {
	there := facts(t, `
exists group:staff
exists group:others
exists user:ana@acme.example
exists user:lee@partner.example
product group:others = admin
product user:lee@partner.example = guest
`)
	desired, _ := compile(t, `
external: ["group:*"]
ownership: {global_permissions: observe}
users: {lee@partner.example: {}}
global_permissions: {use: ["group:staff", "user:lee@partner.example"], administer: []}
`).Desired(access.Known{Facts: there})
	for line, want := range map[string]access.Mode{
		"product group:staff = user":               access.Observe,
		"product group:others = admin":             access.Observe,
		"product user:lee@partner.example = guest": access.Exclusive,
	} {
		for f := range facts(t, line).All() {
			if got := desired.Scope.Mode(f); got != want {
				t.Errorf("%s is %s, want %s", f, got, want)
			}
		}
	}
	if f := (access.Fact{Kind: access.Product, Object: "group:staff", Value: "user"}); !desired.Facts.Has(f) {
		t.Errorf("%s is not wanted", f)
	}
	if _, wanted := desired.Facts.Get(access.Fact{Kind: access.Product, Object: "group:others"}); wanted {
		t.Error("the product role of others is wanted")
	}
}

func TestLimitsCompile(t *testing.T) {
	desired, _ := compile(t, `
ownership: {spaces: bounded}
external: ["group:*", "user:kim@acme.example"]
archetypes:
  team:
    parameters: {team: {}}
    roles: {}
    limits: {role: manager, to: ["group:${team}-*", everyone], never: [anonymous, guests]}
spaces:
  ENG: {archetype: team, with: {team: engineering}}
  OPS: {roles: {}, limits: {permissions: [read/space, create/page], to: []}}
  HR: {permissions: {}, limits: {role: viewer, never: ["user:KIM@acme.example"]}}
`).Desired(access.Known{})
	got := desired.Scope.Limits
	for ref, l := range got {
		if !l.Origin.Known() {
			t.Errorf("the limits of %s have no place", ref)
		}
		l.Origin = diag.Range{}
		got[ref] = l
	}
	want := map[access.Ref]access.Limits{
		"space:ENG": {Role: "space_role:manager", To: []access.Pattern{"group:engineering-*", "class:everyone"}, Never: []access.Pattern{"class:anonymous", "class:guests"}},
		"space:OPS": {Permissions: "create/page read/space"},
		"space:HR":  {Role: "space_role:viewer", Anyone: true, Never: []access.Pattern{"user:kim@acme.example"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAssertionsCompile(t *testing.T) {
	desc := compile(t, `
weir: v1
site: {name: acme, domains: [Acme.example, partner.example]}
policies: {anonymous_access: {allow: ["space:DOCS"]}}
prove: [no_public_access, no_external_editor]
external: ["group:*"]
spaces: {EXEC: {}, HR: {pages: {Pay bands: {view: ["group:hr"]}}}}
assert:
  staff can: {object: "space:TEAM-*", action: create/page, can: ["group:staff"]}
  closed: {object: "page:HR/Pay bands", action: view, only: []}
  also closed: {object: "blogpost:HR/We're hiring", action: edit, cannot: [guests, anonymous]}
-- b.weir.hcl --
assert "the site" {
  object = "site"
  action = "create_space"
  only   = ["group:admins", "product_admins"]
}
`)
	got := desc.Assertions()
	var places []string
	for i := range got {
		places = append(places, got[i].Origin.String())
		got[i].Origin = diag.Range{}
	}
	want := []access.Assertion{
		{Name: "staff can", Match: "space:TEAM-*", Action: "create/page", Kind: access.Can, Principals: []access.Ref{"group:staff"}},
		{Name: "closed", Object: "page:HR/Pay bands", Action: "view", Kind: access.Only},
		{Name: "also closed", Object: "blogpost:HR/We're hiring", Action: "edit", Kind: access.Cannot, Principals: []access.Ref{access.Guests, access.Anonymous}},
		{Name: "the site", Object: access.Site, Action: "create_space", Kind: access.Only, Principals: []access.Ref{"group:admins", access.ProductAdmins}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("assertions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a.weir.yaml:8:3", "a.weir.yaml:9:3", "a.weir.yaml:10:3", "b.weir.hcl:1:8"}, places); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	// What is asserted of a page needs its restrictions to be read.
	if diff := cmp.Diff([]access.Ref{"blogpost:HR/We're hiring", "page:HR/Pay bands"}, desc.Extent().Pages); diff != "" {
		t.Errorf("extent (-want +got):\n%s", diff)
	}
	desired, _ := desc.Desired(access.Known{})
	page := access.Ref("blogpost:HR/We're hiring")
	if at := desired.Origins[access.Fact{Kind: access.Exists, Object: page}]; at.String() != "a.weir.yaml:10:25" || desired.Described[page] {
		t.Errorf("%s comes from %s, described: %v", page, at, desired.Described[page])
	}
	proofs := desc.Proofs()
	if len(proofs) != 2 || proofs[0].Name != "no_public_access" || proofs[0].Origin.String() != "a.weir.yaml:4:9" {
		t.Fatalf("proofs: %+v", proofs)
	}
	if diff := cmp.Diff([]access.Pattern{"space:DOCS"}, proofs[0].Public); diff != "" {
		t.Errorf("public (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"acme.example", "partner.example"}, proofs[1].Domains); diff != "" {
		t.Errorf("domains (-want +got):\n%s", diff)
	}
}
