package schema

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/diag"
)

// languagePage is the reference whose tables come from the table of keys.
const languagePage = "../docs/language.md"

// section is one object of the language in the reference: its keys, and what
// they stand in. The %s of a wrapping takes a key with its value.
type section struct {
	title string
	yaml  string
	hcl   string
	keys  []spec
}

func specs[T any](keys []key[T]) []spec {
	var out []spec
	for _, k := range keys {
		out = append(out, k.spec)
	}
	return out
}

// policySpecs are the two kinds of key under policies, which have no table
// because one of them is any name.
func policySpecs() []spec {
	rule := attr("anonymous_access", "The settings of one rule, under its name.", `{level: deny}`, `{ level = "deny" }`)
	rule.expect = "a map"
	w := attr(waivers, "Findings that somebody accepted, until a day.",
		`[{rule: two_space_admins, object: "space:OLD"}]`, `[{ rule = "two_space_admins", object = "space:OLD" }]`)
	w.later = true
	return []spec{rule, w}
}

// spaceGuestSpecs are the keys of a space's guests; every other key is the name
// of a role.
func spaceGuestSpecs() []spec {
	role := attr("collaborator", "The guests who hold a role in the space, under the role's name.",
		`[lee@partner.example]`, `["lee@partner.example"]`)
	role.expect = "a list of principals"
	return append(specs(guestRuleKeys), role)
}

var sections = []section{
	{"A file", "%s", "%s", specs(documentKeys)},
	{"`site`", "site: {%s}", "site {\n%s\n}", specs(siteKeys)},
	{"`ownership`", "ownership: {%s}", "ownership {\n%s\n}", specs(ownershipKeys)},
	{"A rule of `ownership`", "ownership: {rules: [{%s}]}", "ownership {\nrules = [{\n%s\n}]\n}", specs(ownershipRuleKeys)},
	{"An entry of `ignore`", "ownership: {ignore: [{%s}]}", "ownership {\nignore = [{\n%s\n}]\n}", specs(ignoreKeys)},
	{"`protect`", "protect: {%s}", "protect {\n%s\n}", specs(protectKeys)},
	{"`budget`", "budget: {%s}", "budget {\n%s\n}", specs(budgetKeys)},
	{"`unattended` of a budget", "budget: {unattended: {%s}}", "budget {\nunattended = {\n%s\n}\n}", specs(unattendedKeys)},
	{"One budget", "budget: {removals: {%s}}", "budget {\nremovals = {\n%s\n}\n}", specs(limitKeys)},
	{"`seats`", "seats: {%s}", "seats {\n%s\n}", specs(seatsKeys)},
	{"A tier of `seats`", "seats: {tiers: [{%s}]}", "seats {\ntiers = [{\n%s\n}]\n}", specs(seatTierKeys)},
	{"`policies`", "policies: {%s}", "policies {\n%s\n}", policySpecs()},
	{"One policy", "policies: {anonymous_access: {%s}}", "policies {\nanonymous_access = {\n%s\n}\n}", specs(policyKeys)},
	{"A user", "users: {ana@acme.example: {%s}}", "user \"ana@acme.example\" {\n%s\n}", specs(userKeys)},
	{"`left` of a user", "users: {ana@acme.example: {left: {%s}}}", "user \"ana@acme.example\" {\nleft = {\n%s\n}\n}", specs(leftKeys)},
	{"A group", "groups: {engineering: {%s}}", "group \"engineering\" {\n%s\n}", specs(groupKeys)},
	{"A guest", "guests: {lee@partner.example: {%s}}", "guest \"lee@partner.example\" {\n%s\n}", specs(guestKeys)},
	{"A grant: an item of a list of principals", "groups: {engineering: {members: [{%s}]}}", "group \"engineering\" {\nmembers = [{\n%s\n}]\n}", specs(grantKeys)},
	{"A set of groups: `members_of`", "groups: {engineering: {members_of: {%s}}}", "group \"engineering\" {\nmembers_of = {\n%s\n}\n}", specs(setKeys)},
	{"A space role", "space_roles: {reviewer: {%s}}", "space_role \"reviewer\" {\n%s\n}", specs(spaceRoleKeys)},
	{"An archetype", "archetypes: {team: {%s}}", "archetype \"team\" {\n%s\n}", specs(archetypeKeys)},
	{"A parameter", "archetypes: {team: {parameters: {team: {%s}}}}", "archetype \"team\" {\nparameter \"team\" {\n%s\n}\n}", specs(parameterKeys)},
	{"A space", "spaces: {ENG: {%s}}", "space \"ENG\" {\n%s\n}", specs(spaceKeys)},
	{"`guests` of a space", "spaces: {ENG: {guests: {%s}}}", "space \"ENG\" {\nguests = {\n%s\n}\n}", spaceGuestSpecs()},
	{"`limits` of a space or an archetype", "spaces: {ENG: {limits: {%s}}}", "space \"ENG\" {\nlimits = {\n%s\n}\n}", specs(grantLimitKeys)},
	{"An assertion", "assert: {the board is closed: {%s}}", "assert \"the board is closed\" {\n%s\n}", specs(assertKeys)},
	{"A page or blog post", "spaces: {ENG: {pages: {Pay bands: {%s}}}}", "space \"ENG\" {\npage \"Pay bands\" {\n%s\n}\n}", specs(pageKeys)},
	{"`global_permissions`", "global_permissions: {%s}", "global_permissions {\n%s\n}", specs(globalKeys)},
	{"`personal_spaces`", "personal_spaces: {%s}", "personal_spaces {\n%s\n}", specs(personalKeys)},
	{"`owner_left` of personal spaces", "personal_spaces: {owner_left: {%s}}", "personal_spaces {\nowner_left = {\n%s\n}\n}", specs(ownerLeftKeys)},
	{"`unused` of personal spaces", "personal_spaces: {unused: {%s}}", "personal_spaces {\nunused = {\n%s\n}\n}", specs(unusedKeys)},
}

// in wraps a key's example as it stands in a file, with the required keys
// beside it.
func (s section) in(syntax Syntax, k spec) string {
	lines := []string{k.example(syntax)}
	for _, other := range s.keys {
		// Without any or all, except has nothing to take away from.
		if other.name != k.name && (other.required || k.name == "except" && other.name == "any") {
			lines = append(lines, other.example(syntax))
		}
	}
	wrap, separator := s.yaml, ", "
	if syntax == HCL {
		wrap, separator = s.hcl, "\n"
	}
	return fmt.Sprintf(wrap, strings.Join(lines, separator)) + "\n"
}

// TestLanguageExamples parses the example of every key in both syntaxes: they
// say the same, or that the key is not available yet.
func TestLanguageExamples(t *testing.T) {
	for _, s := range sections {
		for _, k := range s.keys {
			t.Run(s.title+"/"+k.name, func(t *testing.T) {
				docs := make(map[Syntax]Document)
				for _, syntax := range []Syntax{YAML, HCL} {
					text := s.in(syntax, k)
					doc, diags := parseFile(File{Path: "example" + syntax.Ext(), Bytes: []byte(text)})
					if k.later {
						if len(diags) != 1 || diags[0].Code != "WR109" {
							t.Errorf("want one WR109, got %v\n%s", diags, text)
						}
						continue
					}
					if diags != nil {
						t.Fatalf("%v\n%s", diags, text)
					}
					docs[syntax] = doc
				}
				if k.later {
					return
				}
				if diff := cmp.Diff(docs[YAML], docs[HCL], samePlaces); diff != "" {
					t.Errorf("the syntaxes differ (-yaml +hcl):\n%s", diff)
				}
				if k.name != "groups" && cmp.Equal(docs[YAML], Document{}, samePlaces) {
					t.Error("the example says nothing")
				}
				sameWhenRendered(t, docs[YAML])
			})
		}
	}
}

// TestLanguageTable holds that every row of the table of keys tells its story.
func TestLanguageTable(t *testing.T) {
	for _, s := range sections {
		seen := make(map[string]bool)
		for _, k := range s.keys {
			if seen[k.name] {
				t.Errorf("%s: %s stands twice", s.title, k.name)
			}
			seen[k.name] = true
			if !strings.HasSuffix(k.doc, ".") || k.yaml == "" || k.hcl == "" || k.expect == "" && !k.later {
				t.Errorf("%s: %s lacks a sentence, an example or what it expects: %+v", s.title, k.name, k)
			}
			if (k.style == labelled) != (k.block != "") {
				t.Errorf("%s: %s has a style and a block that do not go together", s.title, k.name)
			}
		}
	}
}

// The marks between which the page holds what is generated.
const (
	beginKeys = "<!-- keys: generated from the table of keys; go test ./schema -update -->\n"
	endKeys   = "<!-- end of keys -->\n"
)

// TestLanguagePage compares the tables of the page with the table of keys.
func TestLanguagePage(t *testing.T) {
	page, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), beginKeys)
	have, tail, ok2 := strings.Cut(rest, endKeys)
	if !ok || !ok2 {
		t.Fatalf("%s lacks the marks of the tables", languagePage)
	}
	want := referenceTables()
	if *update {
		if err := os.WriteFile(languagePage, []byte(head+beginKeys+want+endKeys+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%s is behind the table of keys (-want +got), run with -update:\n%s", languagePage, diff)
	}
}

func referenceTables() string {
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "\n### %s\n\n", s.title)
		b.WriteString("| YAML | HCL | Value | Meaning |\n|---|---|---|---|\n")
		for _, k := range s.keys {
			value, meaning := k.expect, k.doc
			switch {
			case k.later:
				value, meaning = "*not available yet*", k.doc
			case k.required:
				value += " (required)"
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", cell(k.example(YAML)), cell(k.example(HCL)), cell(value), cell(meaning))
		}
	}
	b.WriteString("\n")
	return b.String()
}

// cell keeps a bar or the end of a line from ending a cell of a table. Code of
// several lines is one piece of code a line.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", "`<br>`").Replace(s) }

// TestLanguagePageExamples parses every fenced example of the page.
func TestLanguagePageExamples(t *testing.T) {
	page, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, part := range strings.Split(string(page), "```") {
		lang, text, _ := strings.Cut(part, "\n")
		syntax := map[string]Syntax{"yaml": YAML, "hcl": HCL}
		if _, ok := syntax[lang]; i%2 == 0 || !ok {
			continue
		}
		n++
		if _, diags := parseFile(File{Path: "page" + syntax[lang].Ext(), Bytes: []byte(text)}); diags != nil {
			t.Errorf("%v\n%s", diags, text)
		}
	}
	if n < 6 {
		t.Errorf("only %d examples found", n)
	}
}

// TestCodePages holds that each code of the reader has a page, whose example
// causes the diagnostic it shows.
func TestCodePages(t *testing.T) {
	folders := map[string]fstest.MapFS{
		"WR107": {"a.weir.yaml": {Data: make([]byte, MaxFileSize+1)}},
		"WR110": {"README.md": {}},
	}
	codes := slices.Sorted(func(yield func(string) bool) {
		for code := range diag.Codes {
			if strings.HasPrefix(code, "WR1") && !yield(code) {
				return
			}
		}
	})
	for _, code := range codes {
		t.Run(code, func(t *testing.T) {
			data, err := os.ReadFile("../docs/codes/" + code + ".md")
			if err != nil {
				t.Fatal(err)
			}
			page := string(data)
			if want := "# " + code + ": " + diag.Codes[code] + "\n"; !strings.HasPrefix(page, want) {
				t.Errorf("the page does not begin with %q", want)
			}
			blocks := strings.Split(page, "```")
			if len(blocks) < 5 {
				t.Fatal("the page needs an example and its message")
			}
			lang, text, _ := strings.Cut(blocks[1], "\n")
			_, message, _ := strings.Cut(blocks[3], "\n")
			var diags diag.List
			switch lang {
			case "yaml", "hcl":
				_, diags = parseFile(File{Path: "a.weir." + lang, Bytes: []byte(text)})
			default: // a command, run on a folder
				_, diags = Load(folders[code])
			}
			if len(diags) != 1 || diags[0].Code != code || diags[0].Error() != strings.TrimSpace(message) {
				t.Errorf("the example gives\n%s\nthe page says\n%s", describeDiags(diags), message)
			}
		})
	}
}
