package schema_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

// noon is when the tests compile, unless they say otherwise.
var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

const siteFile = "-- site.weir.yaml --\nweir: v1\nsite: {name: acme}\n"

// parse reads a description from a txtar archive. Text before the first file
// is a.weir.yaml, and where no file names the site one is added.
func parse(t *testing.T, archive string) []schema.Document {
	t.Helper()
	a := txtar.Parse([]byte(archive))
	if text := strings.TrimSpace(string(a.Comment)); text != "" {
		a.Files = append(a.Files, txtar.File{Name: "a.weir.yaml", Data: []byte(text + "\n")})
	}
	if !strings.Contains(archive, "weir:") && !strings.Contains(archive, "site:") {
		a.Files = append(a.Files, txtar.Parse([]byte(siteFile)).Files...)
	}
	var files []schema.File
	for _, f := range a.Files {
		files = append(files, schema.File{Path: f.Name, Bytes: f.Data})
	}
	docs, diags := schema.Parse(files)
	if len(diags) > 0 {
		t.Fatalf("parsing:\n%v", diags)
	}
	return docs
}

func compile(t *testing.T, archive string) *schema.Description {
	t.Helper()
	desc, diags := schema.Compile(parse(t, archive), nil, noon)
	if diags.HasErrors() {
		t.Fatalf("compiling:\n%v", diags)
	}
	return desc
}

// lines gives one diagnostic a line, each followed by its other places.
func lines(diags diag.List) []string {
	var out []string
	for _, d := range diags {
		line := d.Code + " " + d.Error()
		if d.Severity == diag.Warning {
			line = "warning " + line
		}
		out = append(out, line)
		for _, r := range d.Related {
			out = append(out, "  "+r.Range.String()+": "+r.Message)
		}
	}
	return out
}

func facts(t *testing.T, text string) access.Set {
	t.Helper()
	var out []access.Fact
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return access.NewSet(out...)
}

func factLines(s access.Set) []string {
	var out []string
	for f := range s.All() {
		out = append(out, f.String())
	}
	return out
}

func TestCompileGivesFacts(t *testing.T) {
	for _, c := range []struct{ name, archive, want string }{
		{"people", `
users:
  Ana@Acme.example: {name: Ana Lind}
  bo@acme.example: {state: active}
  joe@acme.example: {state: no_access}
  kim@acme.example: {state: suspended}
  account:712020:f0: {}
`, `
exists account:712020:f0
exists user:ana@acme.example
exists user:bo@acme.example
state user:kim@acme.example = suspended
`},
		{"groups", `
users: {ana@acme.example: {}}
external: ["account:712020:*"]
groups:
  none: {product_role: none, members: []}
  staff: {product_role: user+admin, members: [ANA@acme.example, "account:712020:f0"]}
  okta-finance: {managed_by: idp, product_role: user}
`, `
exists group:none
exists group:okta-finance
exists group:staff
exists user:ana@acme.example
managed group:okta-finance = idp
member group:staff account:712020:f0
member group:staff user:ana@acme.example
product group:okta-finance = user
product group:staff = admin+user
`},
		{"spaces and roles", `
external: ["user:*@acme.example"]
groups: {eng: {}}
space_roles:
  reviewer: {permissions: [read/space, create/comment]}
spaces:
  ENG:
    name: Engineering
    status: archived
    owner: group:eng
    classification: internal
    roles:
      admin: ["group:eng"]
      reviewer: ["user:kim@acme.example", everyone]
      viewer: [anonymous, authenticated, product_admins, jsm_admins, "class:licensed"]
  ~kim: {status: current}
`, `
exists group:eng
exists space:ENG
exists space:~kim
exists space_role:reviewer
grants space_role:reviewer create/comment
grants space_role:reviewer read/space
name space:ENG = Engineering
role space:ENG class:anonymous = viewer
role space:ENG class:authenticated = viewer
role space:ENG class:everyone = reviewer
role space:ENG class:jsm_admins = viewer
role space:ENG class:licensed = viewer
role space:ENG class:product_admins = viewer
role space:ENG group:eng = admin
role space:ENG user:kim@acme.example = reviewer
status space:ENG = archived
`},
		{"an archetype, its parameters and a group's own entry", `
external: ["user:*@acme.example", "group:auditors"]
groups:
  engineering: {members: [ana@acme.example]}
spaces:
  ENG:
    archetype: team
    with: {team: engineering}
    roles: {viewer: ["group:auditors"]}
  DOCS:
    archetype: team
    with: {team: engineering, suffix: bosses}
-- b.weir.hcl --
archetype "team" {
  parameter "team" {}
  parameter "suffix" { default = "leads" }
  groups = {
    "${team}" = { product_role = "user" }
    "${team}-${suffix}" = { members = ["${team}.lead@acme.example"] }
  }
  roles = {
    admin        = ["group:${team}-${suffix}"]
    collaborator = ["group:${team}"]
  }
}
`, `
exists group:engineering
exists group:engineering-bosses
exists group:engineering-leads
exists space:DOCS
exists space:ENG
member group:engineering user:ana@acme.example
member group:engineering-bosses user:engineering.lead@acme.example
member group:engineering-leads user:engineering.lead@acme.example
product group:engineering = user
role space:DOCS group:engineering = collaborator
role space:DOCS group:engineering-bosses = admin
role space:ENG group:auditors = viewer
role space:ENG group:engineering = collaborator
role space:ENG group:engineering-leads = admin
`},
		{"permissions beside roles", `
groups: {eng: {}, staff: {}}
users: {ana@acme.example: {}}
archetypes:
  team:
    parameters: {team: {}}
    permissions: {"group:${team}": [read/space, create/page]}
spaces:
  ENG:
    archetype: team
    with: {team: eng}
    permissions:
      group:eng: [read/space, export/space]
      group:staff: []
      user:ana@acme.example: [read/space]
      anonymous: [read/space]
  OPEN: {permissions: {}}
`, `
exists group:eng
exists group:staff
exists space:ENG
exists space:OPEN
exists user:ana@acme.example
permission space:ENG create/page group:eng
permission space:ENG export/space group:eng
permission space:ENG read/space class:anonymous
permission space:ENG read/space group:eng
permission space:ENG read/space user:ana@acme.example
`},
		{"page restrictions", `
groups: {hr: {}, leads: {}}
external: ["user:*", "account:*"]
-- b.weir.hcl --
archetype "team" {
  parameter "team" {}
  page "Pay bands" { view = ["group:${team}"] }
}
space "HR" {
  archetype = "team"
  with      = { team = "hr" }
  page "Pay bands" {
    edit = ["group:leads", { who = "user:kim@acme.example", until = "2026-12-31" }]
  }
  page "Open / again" {
    view = []
    edit = ["account:7"]
  }
  page "Not decided" {}
  blog_post "Pay bands" { edit = ["user:Ana@acme.example"] }
}
`, `
exists group:hr
exists group:leads
exists space:HR
restrict blogpost:"HR/Pay bands" edit user:ana@acme.example
restrict page:"HR/Open / again" edit account:7
restrict page:"HR/Pay bands" edit group:leads
restrict page:"HR/Pay bands" edit user:kim@acme.example
restrict page:"HR/Pay bands" view group:hr
`},
		{"guests", `
guests:
  Lee@partner.example: {space: ENG, name: Lee Oh, until: 2026-12-31}
  account:7: {space: OPS, role: viewer, reason: audit}
archetypes: {team: {guests: {domains: [Partner.example], max: 3}}}
spaces:
  ENG:
    archetype: team
    guests:
      allow: true
      collaborator: [kim@partner.example, {who: jo@partner.example, until: 2026-07-01}]
  OPS: {}
`, `
exists account:7
exists space:ENG
exists space:OPS
exists user:jo@partner.example
exists user:kim@partner.example
exists user:lee@partner.example
product account:7 = guest
product user:jo@partner.example = guest
product user:kim@partner.example = guest
product user:lee@partner.example = guest
role space:ENG user:jo@partner.example = collaborator
role space:ENG user:kim@partner.example = collaborator
role space:ENG user:lee@partner.example = collaborator
role space:OPS account:7 = viewer
`},
		{"global permissions", `
users: {ana@acme.example: {}}
groups: {staff: {}, admins: {product_role: user+admin}, both: {}}
external: ["user:*@partner.example"]
global_permissions:
  use: ["group:staff", "group:admins", "group:both", "user:ana@acme.example", "user:ext@partner.example", anonymous, unlicensed]
  administer: ["group:admins", "group:both", "user:ana@acme.example"]
  create_space: ["group:staff", "user:ana@acme.example"]
  personal_space: []
  system_administer: ["user:ana@acme.example"]
  view_profiles: [anonymous]
`, `
exists group:admins
exists group:both
exists group:staff
exists user:ana@acme.example
exists user:ext@partner.example
global site create_space group:staff
global site create_space user:ana@acme.example
global site system_administer user:ana@acme.example
global site use class:anonymous
global site use class:unlicensed
global site view_profiles class:anonymous
product group:admins = admin+user
product group:both = admin+user
product group:staff = user
product user:ana@acme.example = admin
`},
		{"sets of described groups", `
external: ["user:*@acme.example"]
groups:
  eng: {members: [ana@acme.example, bo@acme.example]}
  fin: {members: [cy@acme.example, bo@acme.example]}
  out: {members: [cy@acme.example]}
  any: {members_of: [eng, fin], members: [di@acme.example]}
  both: {members_of: {all: [eng, fin]}}
  some: {members_of: {any: [any], all: [fin], except: [out]}}
  nobody: {members_of: []}
`, `
exists group:any
exists group:both
exists group:eng
exists group:fin
exists group:nobody
exists group:out
exists group:some
member group:any user:di@acme.example
member group:eng user:ana@acme.example
member group:eng user:bo@acme.example
member group:fin user:bo@acme.example
member group:fin user:cy@acme.example
member group:out user:cy@acme.example
`}, // external people who are not on the site are not given anything by algebra
	} {
		t.Run(c.name, func(t *testing.T) {
			want, _ := compile(t, c.archive).Desired(access.Known{})
			if diff := cmp.Diff(factLines(facts(t, c.want)), factLines(want.Facts)); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDesiredBesideTheFacts(t *testing.T) {
	desc := compile(t, `
users:
  Ana@acme.example: {name: Ana Lind}
  joe@acme.example: {state: no_access}
absent: ["group:old"]
external: ["group:eng-leads"]
groups: {eng: {members: [ana@acme.example]}}
spaces:
  ENG:
    owner: group:eng-leads
    archetype: team
archetypes:
  team: {roles: {viewer: ["group:eng"]}}
`)
	want, _ := desc.Desired(access.Known{})
	origins := make(map[string]string)
	for f, at := range want.Origins {
		origins[f.String()] = at.String()
	}
	if diff := cmp.Diff(map[string]string{
		"exists user:ana@acme.example":           "a.weir.yaml:2:3",
		"exists user:joe@acme.example":           "a.weir.yaml:3:3",
		"exists group:old":                       "a.weir.yaml:4:10",
		"exists group:eng":                       "a.weir.yaml:6:10",
		"member group:eng user:ana@acme.example": "a.weir.yaml:6:26",
		"exists space:ENG":                       "a.weir.yaml:8:3",
		"role space:ENG group:eng":               "a.weir.yaml:12:27",
	}, origins); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[access.Ref]access.Ref{"space:ENG": "group:eng-leads"}, want.Owners); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[access.Ref]string{"user:ana@acme.example": "Ana Lind"}, want.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[access.Ref]bool{
		"user:ana@acme.example": true, "user:joe@acme.example": true, "group:eng": true, "space:ENG": true,
	}, want.Described); diff != "" {
		t.Errorf("described (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[access.Ref]bool{"user:joe@acme.example": true, "group:old": true}, want.Scope.Absent); diff != "" {
		t.Errorf("absent (-want +got):\n%s", diff)
	}
}

// modes checks how a scope owns live facts, each written as "mode fact".
func modes(t *testing.T, archive, want string) {
	t.Helper()
	desired, _ := compile(t, archive).Desired(access.Known{})
	for line := range strings.Lines(want) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		mode, text, _ := strings.Cut(line, " ")
		for f := range facts(t, text).All() {
			if got := desired.Scope.Mode(f).String(); got != mode {
				t.Errorf("%s is %s, want %s", f, got, mode)
			}
		}
	}
}

func TestOwnership(t *testing.T) {
	const objects = `
users: {ana@acme.example: {}, gone@acme.example: {state: no_access}, kim@acme.example: {state: suspended}}
external: ["user:*@external.example", "user:root@acme.example"]
groups:
  staff: {product_role: user, members: []}
  bare: {}
  team-a: {members: []}
  okta: {managed_by: idp}
space_roles: {reviewer: {permissions: [read/space]}, bare: {}}
spaces:
  ENG: {name: Engineering, status: current, roles: {}}
  TEAM: {roles: {viewer: []}}
  BARE: {}
`
	for _, c := range []struct{ name, archive, want string }{
		{"by default contents are owned and existence is not", objects, `
additive exists user:undescribed@acme.example
additive exists user:x@external.example
additive exists account:712020:f0
exclusive exists user:gone@acme.example
exclusive exists user:kim@acme.example
exclusive state user:ana@acme.example = suspended
exclusive state user:kim@acme.example = deactivated
unmanaged state user:gone@acme.example = suspended
additive exists group:undescribed
additive exists space_role:undescribed
additive exists space:UNDESCRIBED
exclusive member group:staff user:x@acme.example
exclusive product group:staff = admin
unmanaged member group:bare user:x@acme.example
unmanaged product group:bare = user
unmanaged member group:okta user:x@acme.example
unmanaged member group:undescribed user:x@acme.example
exclusive grants space_role:reviewer create/page
unmanaged grants space_role:bare create/page
exclusive name space:ENG = x
exclusive status space:ENG = archived
exclusive role space:ENG class:everyone = viewer
unmanaged role space:ENG team:t1 = viewer
unmanaged role space:ENG app:a1 = viewer
exclusive role space:TEAM class:everyone = viewer
unmanaged role space:BARE class:everyone = viewer
unmanaged name space:BARE = x
unmanaged status space:BARE = archived
unmanaged role space:UNDESCRIBED class:everyone = viewer
`},
		{"the short form sets existence and contents, and for spaces contents alone", objects + `
ownership: {users: exclusive, groups: additive, space_roles: exclusive, spaces: additive}
`, `
exclusive exists user:undescribed@acme.example
additive exists user:x@external.example
exclusive exists account:712020:f0
additive exists group:undescribed
additive member group:staff user:x@acme.example
additive product group:staff = admin
exclusive exists space_role:undescribed
exclusive grants space_role:reviewer create/page
additive exists space:UNDESCRIBED
additive role space:ENG class:everyone = viewer
exclusive name space:ENG = x
exclusive status space:ENG = archived
`},
		{"the long form sets part by part", objects + `
ownership:
  groups: {existence: exclusive, members: additive}
  space_roles: {permissions: additive}
`, `
exclusive exists group:undescribed
additive member group:staff user:x@acme.example
exclusive product group:staff = admin
additive exists space_role:undescribed
additive grants space_role:reviewer create/page
`},
		{"of the rules the last match wins", objects + `
ownership:
  groups: exclusive
  rules:
    - {match: "group:team-*", groups: additive}
    - {match: "group:team-a", groups: {members: exclusive}}
    - {match: "group:team-z", groups: {existence: exclusive}}
    - {match: "user:*@partner.example", users: exclusive}
    - {match: "space:TEAM*", spaces: additive}
`, `
exclusive exists group:undescribed
additive exists group:team-b
exclusive exists group:team-z
exclusive member group:team-a user:x@acme.example
exclusive member group:staff user:x@acme.example
exclusive exists user:x@partner.example
additive exists user:x@acme.example
additive role space:TEAM class:everyone = viewer
exclusive role space:ENG class:everyone = viewer
`},
		{"ignored and protected objects are left alone", objects + `
ownership:
  users: exclusive
  groups: exclusive
  ignore:
    - {object: "group:confluence-*", until: 2026-07-01}
    - {object: "group:former", until: 2026-06-30}
    - {object: "user:*@Break.glass", reason: break glass}
protect: {admins: [root@acme.example]}
`, `
unmanaged exists group:confluence-administrators
unmanaged member group:confluence-administrators user:x@acme.example
exclusive exists group:former
unmanaged exists user:a@break.glass
unmanaged member group:staff user:a@break.glass
unmanaged exists user:root@acme.example
unmanaged role space:ENG user:root@acme.example = admin
exclusive role space:ENG user:x@acme.example = admin
`},
		{"permissions, restrictions and global permissions", `
users: {lee@acme.example: {}}
groups: {g: {}}
spaces:
  ENG:
    permissions: {}
    pages: {Pay: {view: []}, Plan: {}}
    blog_posts: {Pay: {edit: ["group:g"]}}
  OPS: {permissions: {}, roles: {}}
  HR: {roles: {}}
ownership:
  rules: [{match: "space:OPS", spaces: {permissions: additive}}]
global_permissions: {create_space: [], use: []}
`, `
exclusive permission space:ENG read/space group:x
additive permission space:OPS read/space group:x
exclusive role space:OPS group:x = viewer
unmanaged permission space:HR read/space group:x
exclusive restrict page:ENG/Pay view group:x
unmanaged restrict page:ENG/Pay edit group:x
unmanaged restrict page:ENG/Plan view group:x
unmanaged restrict page:ENG/Other view group:x
unmanaged restrict blogpost:ENG/Pay view group:x
exclusive restrict blogpost:ENG/Pay edit group:x
unmanaged restrict page:ENG/Pay view team:x
additive exists page:ENG/Pay
exclusive global site create_space group:x
unmanaged global site personal_space group:x
exclusive global site use class:anonymous
`},
		{"global permissions that others may add to", `
ownership: {global_permissions: additive}
global_permissions: {create_space: []}
`, `
additive global site create_space group:x
`},
		{"absent and expired entries go in any mode", `
ownership: {groups: additive, spaces: additive}
absent: ["group:old", "user:old@acme.example", "space_role:old"]
external: ["user:*"]
groups:
  audit: {members: [{who: bo@acme.example, until: 2026-06-30}, {who: cy@acme.example, until: 2026-07-01}]}
spaces:
  ENG:
    roles:
      viewer: [{who: "user:bo@acme.example", until: 2026-06-30}]
      admin: [{who: "user:cy@acme.example", until: 2026-06-30}]
      manager: ["user:cy@acme.example"]
`, `
exclusive exists group:old
exclusive exists user:old@acme.example
exclusive exists space_role:old
additive exists group:other
exclusive member group:audit user:bo@acme.example
additive member group:audit user:cy@acme.example
exclusive role space:ENG user:bo@acme.example = viewer
additive role space:ENG user:cy@acme.example = admin
`},
	} {
		t.Run(c.name, func(t *testing.T) { modes(t, c.archive, c.want) })
	}
}

func TestUntilIsInclusiveInTheTimeZoneOfTheSite(t *testing.T) {
	for _, c := range []struct {
		zone, now string
		stands    bool
	}{
		{"Europe/Berlin", "2026-12-31T22:59:59Z", true}, // 23:59:59 there
		{"Europe/Berlin", "2026-12-31T23:00:00Z", false},
		{"America/Los_Angeles", "2027-01-01T07:59:59Z", true},
		{"America/Los_Angeles", "2027-01-01T08:00:00Z", false},
		{"Pacific/Kiritimati", "2026-12-31T09:59:59Z", true}, // 14 hours ahead
		{"Pacific/Kiritimati", "2026-12-31T10:00:00Z", false},
		{"UTC", "2026-12-31T23:59:59Z", true},
		{"UTC", "2027-01-01T00:00:00Z", false},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		docs := parse(t, `
weir: v1
site: {name: acme, timezone: `+c.zone+`}
users: {bo@acme.example: {}}
groups: {audit: {members: [{who: bo@acme.example, until: 2026-12-31}]}}
`)
		desc, diags := schema.Compile(docs, nil, now)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		f := access.Fact{Kind: access.Member, Object: "group:audit", Subject: "user:bo@acme.example"}
		want, _ := desc.Desired(access.Known{})
		if want.Facts.Has(f) != c.stands || want.Scope.Expired[f] == c.stands || (len(diags) == 0) != c.stands {
			t.Errorf("%s at %s: fact %v, expired %v, %v", c.zone, c.now, want.Facts.Has(f), want.Scope.Expired[f], diags)
		}
	}
}

func TestPeopleWhoAreShutOutNeitherGainNorLose(t *testing.T) {
	desc := compile(t, `
users:
  in@acme.example: {state: suspended}
  new@acme.example: {state: suspended}
groups: {eng: {members: [in@acme.example, new@acme.example]}}
spaces: {ENG: {roles: {viewer: ["user:in@acme.example", "user:new@acme.example"]}}}
`)
	live := facts(t, `
member group:eng user:in@acme.example
role space:ENG user:in@acme.example = viewer
`)
	want, _ := desc.Desired(access.Known{Facts: live})
	for f := range facts(t, `
member group:eng user:in@acme.example
member group:eng user:new@acme.example
role space:ENG user:in@acme.example = viewer
role space:ENG user:new@acme.example = viewer
`).All() {
		if want.Facts.Has(f) != live.Has(f) {
			t.Errorf("%s: desired %v, live %v", f, want.Facts.Has(f), live.Has(f))
		}
	}
}

func TestSettings(t *testing.T) {
	desc := compile(t, `
weir: v1
site: {name: acme, product: embedded, plan: premium, timezone: Europe/Berlin}
external: ["user:root@acme.example"]
protect: {admins: ["user:Root@acme.example"], min_space_admins: 0}
budget: {removals: {ratio: 10%, free: 0}, people_losing_access: {max: 7}, unattended: {removals_per_day: 4}}
policies:
  anonymous_access: {level: warn, allow: ["space:DOCS", "space:PUB-*"]}
  two_space_admins: {level: "off"}
`)
	s := desc.Settings
	if s.Site.Name != "acme" || s.Site.Product.Value != "embedded" || s.Site.Plan.Value != "premium" || s.Site.Timezone.Value.String() != "Europe/Berlin" {
		t.Errorf("site: %+v", s.Site)
	}
	if !slices.Equal(s.Protect.Admins, []access.Ref{"user:root@acme.example"}) || !s.Protect.MinSpaceAdmins.Set || s.Protect.MinSpaceAdmins.Or(2) != 0 {
		t.Errorf("protect: %+v", s.Protect)
	}
	b := s.Budget
	if b.Removals.Ratio.Or(0.5) != 0.1 || b.Removals.Free.Or(3) != 0 || b.Removals.Max.Set || b.PeopleLosingAccess.Max.Or(50) != 7 || b.PeopleLosingAccess.Ratio.Or(0.05) != 0.05 || b.RemovalsPerDay.Or(10) != 4 {
		t.Errorf("budget: %+v", b)
	}
	p := s.Policies["anonymous_access"]
	if p.Level.Or(access.Deny) != access.Warn || len(p.Allow) != 2 || p.Allow[1].Match != "space:PUB-*" || p.Allow[1].Range.String() != "a.weir.yaml:7:57" {
		t.Errorf("anonymous_access: %+v", p)
	}
	if s.Policies["two_space_admins"].Level.Value != access.Off || len(s.Policies) != 2 {
		t.Errorf("policies: %+v", s.Policies)
	}
}

func TestTheLockLetsNamesBeReferredTo(t *testing.T) {
	docs := parse(t, `
groups: {eng: {members: [bo@acme.example]}}
spaces: {ENG: {roles: {reviewer: ["group:auditors"]}}}
`)
	lock := schema.Lock{"user:bo@acme.example": "1", "group:auditors": "2", "space_role:reviewer": "3"}
	if _, diags := schema.Compile(docs, lock, noon); len(diags) > 0 {
		t.Errorf("pinned names are refused:\n%v", diags)
	}
	if _, diags := schema.Compile(docs, nil, noon); len(diags) != 3 {
		t.Errorf("three names are neither described nor pinned, got:\n%v", diags)
	}
}
