package schema_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
)

// removed gives the live facts that a description would remove.
func removed(t *testing.T, archive, live string) []string {
	t.Helper()
	there := facts(t, live)
	desired, _ := compile(t, archive).Desired(access.Known{Facts: there})
	var out []string
	for f := range there.All() {
		if _, wanted := desired.Facts.Get(f); !wanted && desired.Scope.Mode(f) == access.Exclusive {
			out = append(out, f.String())
		}
	}
	return out
}

func TestGuestsAndTheLiveSite(t *testing.T) {
	const live = `
exists group:guests
exists group:paid
product group:guests = guest
product group:paid = user
exists user:lee@partner.example
exists user:kim@partner.example
exists user:jo@partner.example
exists user:max@partner.example
exists user:ana@acme.example
product user:lee@partner.example = guest
product user:kim@partner.example = guest
product user:max@partner.example = guest
member group:guests user:jo@partner.example
member group:paid user:max@partner.example
role space:ENG user:lee@partner.example = collaborator
role space:ENG user:kim@partner.example = collaborator
permission space:ENG read/space user:jo@partner.example
role space:ENG user:max@partner.example = collaborator
role space:ENG user:ana@acme.example = viewer
role space:OPS user:lee@partner.example = viewer
`
	for _, c := range []struct {
		name, archive string
		want          []string
	}{
		{"a described guest has one space", `
guests: {lee@partner.example: {space: ENG}}
spaces: {ENG: {}}
`, []string{"role space:OPS user:lee@partner.example = viewer"}},
		{"a list of guests is complete: of guests alone, and not of whom a group makes more", `
spaces: {ENG: {guests: {collaborator: [lee@partner.example]}}}
`, []string{
			"permission space:ENG read/space user:jo@partner.example",
			"role space:ENG user:kim@partner.example = collaborator",
			"role space:OPS user:lee@partner.example = viewer",
		}},
		{"no guests at all", `
spaces: {ENG: {guests: {allow: false}}}
`, []string{
			"permission space:ENG read/space user:jo@partner.example",
			"role space:ENG user:kim@partner.example = collaborator",
			"role space:ENG user:lee@partner.example = collaborator",
		}},
		{"an empty map says the same", `
spaces: {ENG: {guests: {}}}
`, []string{
			"permission space:ENG read/space user:jo@partner.example",
			"role space:ENG user:kim@partner.example = collaborator",
			"role space:ENG user:lee@partner.example = collaborator",
		}},
		{"rules alone list nobody", `
spaces: {ENG: {guests: {allow: true, domains: [partner.example], max: 1}}}
`, nil},
		{"additive", `
ownership: {spaces: {guests: additive}}
spaces: {ENG: {guests: {}}}
`, nil},
		{"a guest who was, has neither the role nor an entrance", `
guests: {lee@partner.example: {space: ENG, until: 2026-06-30}}
spaces: {ENG: {}}
`, []string{
			"exists user:lee@partner.example",
			"role space:ENG user:lee@partner.example = collaborator",
		}},
		{"who was a guest and is licensed now keeps the licence", `
guests: {max@partner.example: {space: ENG, until: 2026-06-30}}
spaces: {ENG: {}}
`, []string{"role space:ENG user:max@partner.example = collaborator"}},
		{"a guest who becomes a user", `
users: {lee@partner.example: {}}
guests: {lee@partner.example: {space: ENG, until: 2026-06-30}}
spaces: {ENG: {}}
`, []string{
			"product user:lee@partner.example = guest",
			"role space:ENG user:lee@partner.example = collaborator",
		}},
		{"a guest who is shut out keeps what they have", `
users: {lee@partner.example: {state: suspended}}
guests: {lee@partner.example: {space: ENG}}
spaces: {ENG: {guests: {}}}
`, []string{
			"exists user:lee@partner.example", // the state ends it
			"permission space:ENG read/space user:jo@partner.example",
			"role space:ENG user:kim@partner.example = collaborator",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, removed(t, c.archive, live)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestExtent(t *testing.T) {
	desc := compile(t, `
groups: {hr: {}}
spaces:
  OPS: {watch: true}
  HR:
    watch: true
    pages: {Pay bands: {view: ["group:hr"]}, Later: {}}
    blog_posts: {Welcome: {edit: []}}
  ENG: {watch: false}
`)
	want := access.Extent{
		Pages: []access.Ref{"blogpost:HR/Welcome", "page:HR/Later", "page:HR/Pay bands"},
		Watch: []access.Ref{"space:HR", "space:OPS"},
	}
	got := desc.Extent()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("extent (-want +got):\n%s", diff)
	}
	slices.Reverse(got.Pages)
	slices.Reverse(got.Watch)
	if diff := cmp.Diff(want, desc.Extent()); diff != "" {
		t.Errorf("what one caller does to it, another sees (-want +got):\n%s", diff)
	}
	desired, _ := desc.Desired(access.Known{})
	for _, page := range want.Pages {
		if !desired.Described[page] {
			t.Errorf("%s is not described", page)
		}
		f := access.Fact{Kind: access.Exists, Object: page}
		if desired.Facts.Has(f) || !desired.Origins[f].Known() {
			t.Errorf("%s: wanted %v, from %v", f, desired.Facts.Has(f), desired.Origins[f])
		}
	}
}

// The members of a group that stands among the guests of a space are guests of it,
// and whoever cannot be one is left out. A group that could not be read takes
// nobody's space.
func TestGuestsByGroup(t *testing.T) {
	const archive = `
external: ["group:okta"]
users: {ana@acme.example: {}, joe@acme.example: {state: suspended}}
guests: {kim@partner.example: {space: OPS}}
spaces: {ENG: {guests: {domains: [partner.example, acme.example], max: 2, viewer: ["group:okta"]}}, OPS: {}}
`
	const live = `
exists group:okta
exists group:paid
product group:paid = user
exists user:pays@partner.example
exists user:seat@partner.example
exists user:old@partner.example
product user:old@partner.example = guest
role space:ENG user:old@partner.example = viewer
exists user:zoe@partner.example
product user:zoe@partner.example = guest
role space:ENG user:zoe@partner.example = viewer
member group:okta user:ana@acme.example
member group:okta user:joe@acme.example
member group:okta user:kim@partner.example
member group:okta user:new@partner.example
member group:okta user:next@partner.example
member group:okta user:out@other.example
member group:okta user:pays@partner.example
member group:okta user:seat@partner.example
member group:okta user:zoe@partner.example
member group:paid user:pays@partner.example
state user:joe@acme.example = suspended
`
	there := facts(t, live)
	desired, _ := compile(t, archive).Desired(access.Known{Facts: there})
	var guests []string
	for f := range desired.Facts.OfKind(access.Role) {
		guests = append(guests, f.String())
	}
	if diff := cmp.Diff([]string{
		"role space:ENG user:new@partner.example = viewer",
		"role space:ENG user:zoe@partner.example = viewer",
		"role space:OPS user:kim@partner.example = collaborator",
	}, guests); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var told []string
	for _, w := range desired.Warnings {
		told = append(told, w.Summary)
	}
	in := `in group "okta", and no guests of ENG by it: `
	if diff := cmp.Diff([]string{
		in + "ana@acme.example, joe@acme.example (described under users)",
		in + "kim@partner.example (described as a guest of OPS)",
		in + "next@partner.example (there may be no more)",
		in + "out@other.example (from outside the domains of ENG)",
		in + "pays@partner.example, seat@partner.example (who is or was a paid user cannot become a guest)",
	}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Whoever is there by nothing that is described loses the space: old.
	if diff := cmp.Diff([]string{"role space:ENG user:old@partner.example = viewer"}, removed(t, archive, live)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	partly, _ := compile(t, archive).Desired(access.Known{Facts: there, Unknown: []access.Unknown{{Kind: access.Member, Object: "group:okta", Reason: "403"}}})
	old := access.Fact{Kind: access.Role, Object: "space:ENG", Subject: "user:old@partner.example", Value: "viewer"}
	if mode := partly.Scope.Mode(old); mode == access.Exclusive {
		t.Error("a group that was not read completely takes the space of a guest")
	}
}
