package access_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

func TestFactLines(t *testing.T) {
	for _, test := range []struct {
		line string
		want access.Fact
	}{
		{"exists group:engineering", access.Fact{Kind: "exists", Object: "group:engineering"}},
		{"member group:engineering user:ana@acme.example", access.Fact{Kind: "member", Object: "group:engineering", Subject: "user:ana@acme.example"}},
		{"state user:joe@acme.example = suspended", access.Fact{Kind: "state", Object: "user:joe@acme.example", Value: "suspended"}},
		{"product group:staff = admin+user", access.Fact{Kind: "product", Object: "group:staff", Value: "admin+user"}},
		{"role space:ENG group:engineering = collaborator", access.Fact{Kind: "role", Object: "space:ENG", Subject: "group:engineering", Value: "collaborator"}},
		{"role space:~712020 class:everyone = viewer", access.Fact{Kind: "role", Object: "space:~712020", Subject: "class:everyone", Value: "viewer"}},
		{"grants space_role:reviewer read/space", access.Fact{Kind: "grants", Object: "space_role:reviewer", Verb: "read/space"}},
		{"name space:ENG = Engineering", access.Fact{Kind: "name", Object: "space:ENG", Value: "Engineering"}},
		{`name space:HR = "Pay bands = secret"`, access.Fact{Kind: "name", Object: "space:HR", Value: "Pay bands = secret"}},
		{`exists group:"two words"`, access.Fact{Kind: "exists", Object: "group:two words"}},
		{"exists account:712020:1234", access.Fact{Kind: "exists", Object: "account:712020:1234"}},
		{"name space:T = 12:30", access.Fact{Kind: "name", Object: "space:T", Value: "12:30"}},
	} {
		got, err := access.ParseFact(test.line)
		if err != nil || got != test.want {
			t.Errorf("ParseFact(%s) = %#v, %v; want %#v", test.line, got, err, test.want)
		}
		if s := test.want.String(); s != test.line {
			t.Errorf("String() = %s, want %s", s, test.line)
		}
	}
}

func TestParseFactRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"":                                  "ends too early",
		"exist group:x":                     `unknown kind "exist"`,
		"exists":                            "ends too early",
		"exists group":                      "a reference (type:id) must stand",
		"exists team:x":                     "exists is about user, account, group, space, space_role, page, blogpost",
		"exists group:x extra":              `unexpected "extra"`,
		"member group:x":                    "ends too early",
		"member group:x group:y":            "the subject of member is user, account",
		"role space:X group:y":              `"= value" must stand`,
		"role space:X group:y =viewer":      `"= value" must stand`,
		"role space:X group:y = viewer now": `unexpected "now"`,
		"exists  group:x":                   "must stand",
		`exists group:"x"`:                  "write it as exists group:x",
		`exists group:"x`:                   "unfinished quote",
		"exists group:":                     "ends too early",
		`exists group:a"b`:                  "write it as",
		"exists group:x ":                   "unexpected",
	} {
		f, err := access.ParseFact(line)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseFact(%q) = %v, %v; want an error with %q", line, f, err, want)
		}
	}
}

// ParseFact and String are exact inverses, whatever text an id or a value holds.
func TestFactInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := accesstest.Fact().Draw(t, "fact")
		got, err := access.ParseFact(f.String())
		if err != nil || got != f {
			t.Fatalf("ParseFact(%s) = %#v, %v; want %#v", f, got, err, f)
		}
		if strings.ContainsAny(f.String(), "\n\r") {
			t.Fatalf("%q is more than one line", f.String())
		}
	})
}

func FuzzParseFact(f *testing.F) {
	f.Add("role space:ENG group:engineering = collaborator")
	f.Add(`name space:"A B" = "x\ty"`)
	f.Add("exists account:712020:1")
	f.Fuzz(func(t *testing.T, line string) {
		fact, err := access.ParseFact(line)
		if err == nil && fact.String() != line {
			t.Fatalf("accepted %q, which is written %q", line, fact)
		}
	})
}
