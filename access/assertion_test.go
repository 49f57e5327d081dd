package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

func factSet(t *testing.T, text string) access.Set {
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

const assertedSite = `
	exists group:admins
	exists group:execs
	exists group:staff
	exists page:EXEC/Board
	exists space:DOCS
	exists space:EXEC
	exists space:TEAM-A
	exists space:TEAM-B
	exists user:ana@acme.example
	exists user:bo@acme.example
	exists user:lee@partner.example
	exists user:root@acme.example
	exists account:5b10
	member group:admins user:root@acme.example
	member group:execs user:ana@acme.example
	member group:execs user:gone@acme.example
	member group:staff user:ana@acme.example
	member group:staff user:bo@acme.example
	product group:admins = admin
	product group:staff = user
	product user:lee@partner.example = guest
	grants space_role:admin administer/space
	grants space_role:admin create/page
	grants space_role:admin read/space
	grants space_role:editor create/page
	grants space_role:editor read/space
	grants space_role:viewer read/space
	restrict page:EXEC/Board view user:bo@acme.example
	role space:DOCS class:anonymous = viewer
	role space:DOCS account:5b10 = editor
	role space:EXEC group:execs = editor
	role space:TEAM-A class:everyone = viewer
	role space:TEAM-A user:lee@partner.example = editor
	role space:TEAM-B group:staff = editor
`

// An assertion, as it may be written, with what comes of it.
func TestCheck(t *testing.T) {
	facts := factSet(t, assertedSite)
	v := access.Beside{Permissions: map[string]string{"read/space": "", "create/page": "", "administer/space": ""}}.View(facts)
	for _, c := range []struct {
		object, action string
		kind           access.Claim
		who            string
		want           string // failures, one a line; then "undecided: …"
	}{
		{"space:EXEC", "view", access.Only, "group:execs", ""},
		{"space:EXEC", "view", access.Can, "group:execs", ""}, // a member who may not enter is none
		{"space:EXEC", "view", access.Only, "", `
user:ana@acme.example can view space:EXEC (member group:execs user:ana@acme.example; role space:EXEC group:execs = editor)`},
		{"space:EXEC", "edit", access.Can, "user:bo@acme.example user:gone@acme.example", `
user:bo@acme.example cannot edit space:EXEC (nothing gives read/space in space:EXEC; nothing gives create/blogpost or create/page or update/blogpost or update/page in space:EXEC)
user:gone@acme.example cannot edit space:EXEC (may not enter this Confluence)`},
		{"space:EXEC", "admin", access.Only, "", ""},
		{"space:EXEC", "create/page", access.Cannot, "class:everyone", `
user:ana@acme.example has create/page in space:EXEC (member group:execs user:ana@acme.example; role space:EXEC group:execs = editor)`},
		{"space:EXEC", "creat/page", access.Only, "", `
undecided: the site has no permission "creat/page"`},
		{"space:DOCS", "view", access.Only, "class:anonymous", ""},
		{"space:DOCS", "view", access.Cannot, "class:anonymous", `
the public can view space:DOCS (role space:DOCS class:anonymous = viewer)`},
		{"space:DOCS", "view", access.Only, "class:everyone", `
the public can view space:DOCS (role space:DOCS class:anonymous = viewer)
user:lee@partner.example can view space:DOCS (role space:DOCS class:anonymous = viewer)`},
		{"space:DOCS", "view", access.Can, "class:guests", ""},
		{"space:TEAM-A", "view", access.Only, "class:authenticated", `
user:lee@partner.example can view space:TEAM-A (role space:TEAM-A user:lee@partner.example = editor)`},
		{"space:TEAM-A", "view", access.Only, "class:authenticated class:guests", ""},
		{"space:TEAM-*", "edit", access.Cannot, "class:guests", `
user:lee@partner.example can edit space:TEAM-A (role space:TEAM-A user:lee@partner.example = editor)`},
		{"space:TEAM-*", "edit", access.Only, "group:staff class:guests", ""},
		{"space:TEAM-*", "view", access.Can, "class:product_admins", `
user:root@acme.example cannot view space:TEAM-B (nothing gives read/space in space:TEAM-B)`},
		{"space:NONE-*", "view", access.Can, "class:everyone", ""},
		{"space:NONE", "view", access.Only, "", `
undecided: space:NONE is not there, or was not read`},
		{"page:EXEC/Board", "view", access.Only, "", ""}, // whom the page names may not enter the space
		{"page:EXEC/Board", "view", access.Can, "group:execs", `
user:ana@acme.example cannot view page:EXEC/Board (the restriction of page:EXEC/Board does not name them)`},
		{"site", "administer", access.Only, "class:product_admins", ""},
		{"site", "administer", access.Can, "group:staff", `
user:ana@acme.example lacks administer on the site (nothing gives administer in site)
user:bo@acme.example lacks administer on the site (nothing gives administer in site)`},
		{"site", "create_space", access.Only, "", `
undecided: the site's global permissions cannot be read`},
	} {
		a := access.Assertion{Name: "a", Object: access.Ref(c.object), Action: c.action, Kind: c.kind}
		if strings.Contains(c.object, "*") {
			a.Object, a.Match = "", access.Pattern(c.object)
		}
		for _, p := range strings.Fields(c.who) {
			a.Principals = append(a.Principals, access.Ref(p))
		}
		verdict := access.Check(nil, v, []access.Assertion{a})[0]
		var got []string
		for _, f := range verdict.Failures {
			got = append(got, f.Text)
		}
		if verdict.Undecided != "" {
			got = append(got, "undecided: "+verdict.Undecided)
		}
		name := fmt.Sprintf("%s of %s %s [%s]", c.action, c.object, c.kind, c.who)
		if diff := cmp.Diff(strings.TrimSpace(c.want), strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if verdict.Holds() != (c.want == "") || verdict.Failed != len(verdict.Failures) {
			t.Errorf("%s: holds %v, %d failures", name, verdict.Holds(), verdict.Failed)
		}
		if strings.HasPrefix(c.object, "space:NONE-") != (verdict.Objects == 0) {
			t.Errorf("%s is about %d objects", name, verdict.Objects)
		}
	}
}

// Who could come to do what an assertion denies them is told, and is no failure.
func TestCheckTellsWhoCouldObtain(t *testing.T) {
	v := access.NewView(factSet(t, assertedSite))
	only := access.Assertion{Match: "space:TEAM-*", Action: "view", Kind: access.Only, Principals: []access.Ref{access.Guests, "group:staff"}}
	got := access.Check(nil, v, []access.Assertion{only})[0]
	want := []access.Obtainable{{
		Person: "user:root@acme.example", How: "give themselves what is missing (member group:admins user:root@acme.example; product group:admins = admin)",
		Object: "space:TEAM-B", Objects: 1,
	}}
	if diff := cmp.Diff(want, got.Obtain); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	only.Principals = append(only.Principals, "group:admins")
	if got := access.Check(nil, v, []access.Assertion{only})[0]; len(got.Obtain) > 0 {
		t.Errorf("those who are meant to could obtain it: %v", got.Obtain)
	}
}

// What cannot be seen is never taken for what is not there.
func TestCheckKnowsWhatItCannotSee(t *testing.T) {
	facts := factSet(t, assertedSite)
	v := access.Beside{Parents: map[access.Ref]access.Ref{"page:EXEC/Board": "page:EXEC/Top"}, Globals: true}.View(facts)
	assert := func(object access.Ref, action string, kind access.Claim, who ...access.Ref) access.Assertion {
		return access.Assertion{Object: object, Action: action, Kind: kind, Principals: who}
	}
	closed := assert("space:EXEC", "view", access.Only, "group:execs")
	for _, c := range []struct {
		assertion access.Assertion
		unknown   access.Unknown
		want      bool // whether it is decided
	}{
		{closed, access.Unknown{Kind: access.Role, Object: "space:EXEC"}, false},
		{closed, access.Unknown{Kind: access.Permission, Object: "space:EXEC"}, false},
		{closed, access.Unknown{Kind: access.Member, Object: "group:execs"}, false},
		{closed, access.Unknown{Kind: access.Grants, Object: "space_role:editor"}, false},
		{closed, access.Unknown{Kind: access.Member}, false},
		{closed, access.Unknown{Kind: access.Member, Object: "group:staff"}, true}, // it has nothing there
		{closed, access.Unknown{Kind: access.Restrict, Object: "page:EXEC/Board"}, true},
		{assert("page:EXEC/Board", "view", access.Cannot, access.Everyone), access.Unknown{Kind: access.Restrict, Object: "page:EXEC/Board"}, true},
		{assert("page:EXEC/Board", "view", access.Can, "user:bo@acme.example"), access.Unknown{Kind: access.Restrict, Object: "page:EXEC/Board"}, false},
		{assert("page:EXEC/Board", "edit", access.Can, "user:bo@acme.example"), access.Unknown{Kind: access.Restrict, Object: "page:EXEC/Top"}, false},
		{assert("space:TEAM-B", "view", access.Can, "group:staff"), access.Unknown{Kind: access.Member, Object: "group:staff"}, false},
		{assert("space:TEAM-B", "view", access.Can, "group:staff"), access.Unknown{Kind: access.Role, Object: "space:TEAM-B"}, true},
		{assert(access.Site, "create_space", access.Only), access.Unknown{Kind: access.Global, Object: access.Site}, false},
	} {
		c.unknown.Reason = "hidden"
		got := access.Check([]access.Unknown{c.unknown}, v, []access.Assertion{c.assertion})[0]
		if (got.Undecided == "") != c.want || got.Holds() && !c.want {
			t.Errorf("%+v, of which %+v is unknown: undecided %q", c.assertion, c.unknown, got.Undecided)
		}
	}
}

// A wrong grant to thousands is told of some, and counted for all.
func TestCheckIsBounded(t *testing.T) {
	facts := []access.Fact{{Kind: access.Exists, Object: "space:S"}, {Kind: access.Permission, Object: "space:S", Verb: access.CanView, Subject: access.Everyone}}
	for i := range 200 {
		facts = append(facts, access.Fact{Kind: access.Exists, Object: access.NewRef("user", fmt.Sprintf("p%d@acme.example", i))})
	}
	got := access.Check(nil, access.NewView(access.NewSet(facts...)), []access.Assertion{{Object: "space:S", Action: "view", Kind: access.Only}})[0]
	if got.Failed != 200 || len(got.Failures) != access.MaxFailures {
		t.Errorf("%d failures, %d shown", got.Failed, len(got.Failures))
	}
}

// On any site an assertion fails for exactly those for whom the oracle of the view
// says that it does.
func TestCheckAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		world := accesstest.Worlds().Draw(t, "site")
		v := world.View()
		oracle := accesstest.Oracle{World: world}
		object := rapid.SampledFrom(accesstest.Objects()).Draw(t, "object")
		action := rapid.SampledFrom(accesstest.Operations(object)).Draw(t, "action")
		kind := rapid.SampledFrom([]access.Claim{access.Can, access.Cannot, access.Only}).Draw(t, "kind")
		group := accesstest.Group(rapid.IntRange(0, 3).Draw(t, "group"))
		person := accesstest.Person(rapid.IntRange(0, 4).Draw(t, "person"))
		a := access.Assertion{Object: object, Action: action, Kind: kind, Principals: []access.Ref{group, person}}
		got := access.Check(nil, v, []access.Assertion{a})[0]
		if !v.Known(object) && got.Undecided == "" {
			t.Fatalf("something is said of what is not there: %+v", got)
		}
		if got.Undecided != "" {
			return
		}
		want := 0
		for _, p := range accesstest.Everybody() {
			can := oracle.Can(p, action, object)
			member := slices.Contains(v.Members(group), p)
			named := p == person || member
			if kind == access.Can && named && !can || kind == access.Cannot && named && can || kind == access.Only && !named && can {
				want++
			}
		}
		if got.Failed != want {
			t.Fatalf("%+v fails %d times, want %d: %+v", a, got.Failed, want, got.Failures)
		}
	})
}

func TestProofs(t *testing.T) {
	const quiet = `
	exists space:DOCS
	exists space:ENG
	exists space:OPS
	exists user:ana@acme.example
	exists user:lee@partner.example
	product user:lee@partner.example = guest
	permission space:DOCS read/space class:anonymous
	permission space:ENG create/page user:ana@acme.example
	permission space:ENG read/space class:everyone
	permission space:ENG read/space user:ana@acme.example
	permission space:OPS read/space user:lee@partner.example
	`
	for _, c := range []struct{ proof, more, want string }{
		{"no_new_access", "", ""},
		{"no_new_access", "permission space:OPS read/space group:nobody", ""},
		{"no_new_access", "permission space:OPS read/space class:everyone", "user:ana@acme.example gains read/space on space:OPS"},
		{"no_new_access", "global site create_space user:ana@acme.example", "user:ana@acme.example gains create_space on the site"},
		{"no_public_access", "", ""}, // DOCS may be public
		{"no_public_access", "global site use class:anonymous", ""},
		{"no_public_access", "permission space:ENG read/space class:anonymous", "the public has read/space on space:ENG"},
		{"no_public_access", "global site view_profiles class:anonymous", "the public has view_profiles on the site"},
		{"no_guest_beyond_one_space", "", ""},
		{"no_guest_beyond_one_space", "permission space:ENG read/space user:lee@partner.example", "guest user:lee@partner.example has space:ENG and space:OPS"},
		{"no_external_editor", "", ""},
		{"no_external_editor", "permission space:OPS create/page user:lee@partner.example",
			"user:lee@partner.example can edit space:OPS (permission space:OPS create/page user:lee@partner.example; permission space:OPS read/space user:lee@partner.example)"},
		{"no_external_editor", "exists account:5b10\npermission space:OPS create/page account:5b10\npermission space:OPS read/space account:5b10",
			"account:5b10 can edit space:OPS (permission space:OPS create/page account:5b10; permission space:OPS read/space account:5b10), and their address cannot be read"},
		{"no_external_editor", "permission space:DOCS create/page class:anonymous",
			"the public can edit space:DOCS (permission space:DOCS create/page class:anonymous; permission space:DOCS read/space class:anonymous)"},
	} {
		proof, ok := access.ProofNamed(c.proof)
		if !ok || !strings.HasSuffix(proof.Meaning, ".") {
			t.Fatalf("%s: %+v", c.proof, proof)
		}
		proof.Domains, proof.Public = []string{"acme.example"}, []access.Pattern{"space:DOCS"}
		live, target := factSet(t, quiet), factSet(t, quiet+c.more)
		d := access.Delta{Live: live, Target: target, Before: access.NewView(live), After: access.NewView(target)}
		got := proof.Check(d)
		first := ""
		if len(got.Failures) > 0 {
			first = got.Failures[0].Text
		}
		if first != c.want || got.Holds() != (c.want == "") || got.Objects == 0 {
			t.Errorf("%s with %q: %+v", c.proof, c.more, got)
		}
	}
	if _, ok := access.ProofNamed("no_such"); ok || len(access.ProofNames()) != 4 {
		t.Errorf("proofs: %v", access.ProofNames())
	}
}
