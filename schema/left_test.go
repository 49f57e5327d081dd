package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

const leftLive = `
exists user:ana@acme.example
exists user:bo@acme.example
exists group:staff
exists group:okta
managed group:okta = idp
product user:ana@acme.example = admin+user
member group:staff user:ana@acme.example
member group:okta user:ana@acme.example
member group:staff user:bo@acme.example
exists space:ENG
exists space:OLD
exists space:ARC
status space:ARC = archived
role space:ENG user:ana@acme.example = admin
role space:ENG user:bo@acme.example = viewer
permission space:OLD read/space user:ana@acme.example
global site create_space user:ana@acme.example
exists page:ENG/Plan
exists page:ARC/Plan
restrict page:ENG/Plan view user:ana@acme.example
restrict page:ARC/Plan view user:ana@acme.example
personal space:~ana user:ana@acme.example
`

// TestWhoLeft: whoever left holds nothing, whoever owns the list; what is only
// observed, ignored or archived stays, and so does what others hold.
func TestWhoLeft(t *testing.T) {
	all := []string{
		"global site create_space user:ana@acme.example",
		"member group:okta user:ana@acme.example", // what the site says of the group is for the engine to heed
		"member group:staff user:ana@acme.example",
		"permission space:OLD read/space user:ana@acme.example",
		"product user:ana@acme.example = admin+user",
		"restrict page:ENG/Plan view user:ana@acme.example",
		"role space:ENG user:ana@acme.example = admin",
	}
	without := func(drop string) []string {
		var out []string
		for _, f := range all {
			if f != drop {
				out = append(out, f)
			}
		}
		return out
	}
	for _, c := range []struct {
		name, archive string
		want          []string
	}{
		{"nothing is owned", "users: {ana@acme.example: {state: suspended, left: {}}}\n", all},
		{"listed", `
users: {ana@acme.example: {state: suspended, left: {successor: bo@acme.example}}, bo@acme.example: {}}
ownership: {groups: additive, spaces: additive}
groups: {staff: {members: [ana@acme.example, bo@acme.example]}}
spaces: {ENG: {roles: {admin: ["user:ana@acme.example"]}}}
`, all},
		{"observed", `
users: {ana@acme.example: {state: suspended, left: {}}}
ownership: {spaces: observe}
spaces: {ENG: {roles: {}}}
`, without("role space:ENG user:ana@acme.example = admin")},
		{"ignored", `
users: {ana@acme.example: {state: suspended, left: {}}}
ownership: {ignore: [{object: "group:staff", reason: break glass, owner: it@acme.example, until: 2027-01-31}]}
`, without("member group:staff user:ana@acme.example")},
		{"not a leaver", "users: {ana@acme.example: {state: suspended}}\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := removed(t, c.archive, leftLive)
			// That the person cannot enter is the state's own doing.
			var rest []string
			for _, f := range got {
				if f != "exists user:ana@acme.example" {
					rest = append(rest, f)
				}
			}
			if diff := cmp.Diff(c.want, rest); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhoSucceeds: nobody succeeds who is not there, and nothing is asked of a site
// that is not known.
func TestWhoSucceeds(t *testing.T) {
	description := compile(t, "users: {ana@acme.example: {state: deactivated, left: {successor: bo@acme.example}}}\nexternal: [\"user:*\"]\n")
	for _, c := range []struct{ name, live, want string }{
		{"not known", "", ""},
		{"there", "exists user:bo@acme.example", ""},
		{"shut out", "state user:bo@acme.example = suspended", "their account is suspended"},
		{"nobody", "exists user:cy@acme.example", "they are not on the site"},
		{"a guest", "exists user:bo@acme.example\nproduct user:bo@acme.example = guest", "they are a guest"},
	} {
		_, diags := description.Desired(access.Known{Facts: facts(t, c.live)})
		want := ""
		if c.want != "" {
			want = `user "bo@acme.example" cannot succeed user "ana@acme.example": ` + c.want
		}
		got := ""
		if len(diags) > 0 && diags[0].Code == "WR211" && diags.HasErrors() {
			got = diags[0].Summary
		}
		if got != want {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

// TestMentions: wherever somebody can be named, they are found.
func TestMentions(t *testing.T) {
	docs := parse(t, `
weir: v1
site: {name: acme}
ownership: {ignore: [{object: "group:x", reason: r, owner: ana@acme.example, until: 2027-01-31}]}
protect: {admins: ["user:ana@acme.example"]}
users:
  Ana@ACME.example: {}
  bo@acme.example: {left: {successor: ana@acme.example}}
groups:
  staff: {owner: "user:ana@acme.example", members: [bo@acme.example, {who: ana@acme.example, until: 2027-01-31}]}
guests: {ana@acme.example: {space: ENG}}
archetypes:
  team: {owner: "user:ana@acme.example", roles: {admin: ["user:ana@acme.example"]}}
spaces:
  ENG:
    owner: user:ana@acme.example
    roles: {viewer: ["user:ana@acme.example"]}
    permissions: {"user:ana@acme.example": [read/space]}
    guests: {viewer: [ana@acme.example]}
    limits: {role: viewer, never: ["user:ana@acme.example"]}
    pages: {Plan: {view: ["user:ana@acme.example"], edit: ["user:ana@acme.example", "group:staff"]}}
global_permissions: {create_space: ["user:ana@acme.example"]}
personal_spaces: {requests: [{who: ana@acme.example, until: 2026-07-05}]}
absent: ["user:ana@acme.example"]
assert: {x: {object: "space:ENG", action: view, can: ["user:ana@acme.example"]}}
`)
	found := make(map[schema.Place]int)
	for _, m := range schema.Mentions(docs, func(r access.Ref) bool { return r == "user:ana@acme.example" }) {
		found[m.Place]++
		if m.Name == (diag.Range{}) || m.Item == (diag.Range{}) {
			t.Errorf("%s has no place", m.Place)
		}
	}
	want := map[schema.Place]int{
		schema.InEntry: 1, schema.InGuests: 2, schema.InMembers: 1, schema.InRoles: 2, schema.InPermissions: 1, schema.InView: 1, schema.InEdit: 1,
		schema.InGlobals: 1, schema.InOwner: 4, schema.InSuccessor: 1, schema.InAssertion: 1, schema.InProtected: 1, schema.InAbsent: 1,
		schema.InLimits: 1, schema.InRequests: 1,
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
}
