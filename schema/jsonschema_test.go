package schema

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/money"
)

// editor is the schema as an editor holds a file against it.
type editor struct{ schema *jsonschema.Schema }

func newEditor(t testing.TB, text []byte) editor {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return editor{s}
}

// check reads a file as editors read YAML: by the core schema of YAML 1.2, in which a
// date is text.
func (e editor) check(text []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return err
	}
	return e.schema.Validate(asJSON(&doc))
}

var coreNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func asJSON(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return asJSON(n.Content[0])
	case yaml.SequenceNode:
		out := []any{}
		for _, item := range n.Content {
			out = append(out, asJSON(item))
		}
		return out
	case yaml.MappingNode:
		out := make(map[string]any)
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = asJSON(n.Content[i+1])
		}
		return out
	case yaml.AliasNode:
		return asJSON(n.Alias)
	}
	switch plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0; {
	case plain && coreNumber.MatchString(n.Value):
		return json.Number(n.Value)
	case plain && (n.Value == "true" || n.Value == "false"):
		return n.Value == "true"
	case plain && (n.Value == "" || n.Value == "null" || n.Value == "~"):
		return nil
	}
	return n.Value
}

// TestSchemaTakesDescriptions holds the schema against every description of the
// project that weir takes.
func TestSchemaTakesDescriptions(t *testing.T) {
	e := newEditor(t, JSONSchema(nil))
	n := 0
	for _, root := range []string{"../examples", "../testdata/access", "../internal/cli/starter"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, YAML.Ext()) {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			n++
			// The files that weir init writes have a place for the site's name.
			if err := e.check(bytes.ReplaceAll(text, []byte("{{.Name}}"), []byte("acme"))); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(languagePage)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range strings.Split(string(page), "```") {
		if lang, text, _ := strings.Cut(part, "\n"); i%2 == 1 && lang == "yaml" {
			n++
			if err := e.check([]byte(text)); err != nil {
				t.Errorf("%s: %v\n%s", languagePage, err, text)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d files were found", n)
	}
}

// TestSchemaTakesExamples holds it against the example of every key.
func TestSchemaTakesExamples(t *testing.T) {
	e := newEditor(t, JSONSchema(nil))
	for _, s := range sections {
		for _, k := range s.keys {
			text := s.in(YAML, k)
			if s.title == "An assertion" && !strings.Contains(text, "can") && !strings.Contains(text, "only") {
				text = strings.Replace(text, "{object", "{only: [], object", 1)
				text = strings.Replace(text, "{action", "{only: [], action", 1)
			}
			text = strings.Replace(text, "[{to: 100}]", "[{each: 6.05, to: 100}]", 1) // a tier has a price
			if err := e.check([]byte(text)); (err != nil) != k.later {
				t.Errorf("%s, %s: %v\n%s", s.title, k.name, err, text)
			}
		}
	}
}

// TestSchemaOfSettings holds the schema of the operator's file against what weir
// writes, and against what it refuses.
func TestSchemaOfSettings(t *testing.T) {
	e := newEditor(t, SitesJSONSchema())
	good := "sites:\n  acme: {address: \"https://acme.atlassian.net/wiki\", token: {env: WEIR_TOKEN}, in_flight: 4, token_expires: 2027-03-31}\n"
	if err := e.check([]byte(good)); err != nil {
		t.Error(err)
	}
	sites, diags := ParseSites("sites.yaml", []byte(good))
	if diags != nil {
		t.Fatal(diags)
	}
	if err := e.check(RenderSites(sites)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"sites: {acme: {}}", "{}", "sites: {acme: {token: {env: A, file: b}}}", "sites: {acme: {token: {}}}", "sites: {acme: {token: {env: A}, auth: digest}}",
		"sites: {acme: {token: {env: A}, in_flight: \"4\"}}", "sites: {acme: {token: {env: A}, tokens: 1}}", "sites: {acme: {token: secret}}",
	} {
		if e.check([]byte(bad)) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, diags := ParseSites("sites.yaml", []byte(bad)); diags == nil {
			t.Errorf("weir takes %s", bad)
		}
	}
}

// TestSchemaTakesEveryDocument holds that the schema refuses nothing that can be
// written and means something.
func TestSchemaTakesEveryDocument(t *testing.T) {
	e := newEditor(t, JSONSchema(nil))
	rapid.Check(t, func(t *rapid.T) {
		doc := documents.Draw(t, "document")
		mend(&doc)
		text := Render(doc, YAML)
		if err := e.check(text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

// mend gives the words of which the language knows the values one of those: a random
// document has any.
func mend(d *Document) {
	word := func(s *Str, words ...string) {
		if s != nil && !slices.Contains(words, s.Value) {
			*s = Str{Value: words[len(s.Value)%len(words)]}
		}
	}
	natural := func(list ...*Num) {
		for _, n := range list {
			if n != nil {
				n.Value = max(0, n.Value)
			}
		}
	}
	groups := func(list []Group) {
		for _, g := range list {
			word(g.ManagedBy, "idp")
		}
	}
	kinds := func(list []OwnedKind) {
		for i, k := range list {
			word(k.Mode, "exclusive", "additive")
			list[i].Parts = slices.DeleteFunc(k.Parts, func(p OwnedKindPart) bool { return !slices.Contains(ownable[k.Key.Value].parts, p.Key.Value) })
			for j := range list[i].Parts {
				word(&list[i].Parts[j].Mode, "exclusive", "additive")
			}
		}
	}
	word(d.Version, "v1")
	if d.Site != nil {
		word(d.Site.Product, "cloud", "datacenter", "embedded")
		word(d.Site.Plan, "free", "standard", "premium", "enterprise")
	}
	if o := d.Ownership; o != nil {
		kinds(o.Kinds)
		word(o.Globals, "exclusive", "additive", "observe")
		for _, r := range o.Rules {
			kinds(r.Kinds)
		}
	}
	if d.Protect != nil {
		natural(d.Protect.MinSpaceAdmins)
	}
	if d.Budget != nil {
		for _, l := range []*Limit{d.Budget.Removals, d.Budget.PeopleLosingAccess} {
			if l != nil {
				natural(l.Max, l.Free)
			}
		}
	}
	if d.Budget != nil && d.Budget.Unattended != nil {
		natural(d.Budget.Unattended.RemovalsPerDay)
	}
	if s := d.Seats; s != nil {
		word(s.Per, "month", "year")
		natural(s.Limit, s.SiteLimit)
		if s.Tiers != nil && len(s.Tiers.Items) == 0 {
			s.Tiers = nil
		}
		if s.Tiers != nil {
			for i := range s.Tiers.Items {
				tier := &s.Tiers.Items[i]
				natural(tier.To)
				if tier.Each == nil && tier.Total == nil {
					tier.Each = &Str{Value: "6.05"}
				} else if tier.Each != nil {
					tier.Total = nil
				}
				for _, amount := range []*Str{tier.Each, tier.Total} {
					if amount != nil {
						if v, err := strconv.ParseFloat(amount.Value, 64); err != nil || v < 0 || v > money.MaxTotal {
							amount.Value = "6.05"
						}
					}
				}
			}
		}
	}
	if p := d.Personal; p != nil {
		word(p.Create, createWays...)
		natural(p.Batch)
		if p.Limits != nil && p.Limits.Role != nil {
			p.Limits.Permissions = nil
		}
		if p.OwnerLeft != nil && p.OwnerLeft.When != nil {
			for i := range p.OwnerLeft.When.Items {
				word(&p.OwnerLeft.When.Items[i], leftStates...)
			}
		}
	}
	for _, p := range d.Policies {
		word(p.Level, "deny", "warn", "off")
	}
	for _, u := range d.Users {
		word(u.State, "active", "no_access", "suspended", "deactivated", "removed")
	}
	groups(d.Groups)
	for _, a := range d.Archetypes {
		groups(a.Groups)
		if a.Guests != nil {
			natural(a.Guests.Max)
		}
	}
	for _, s := range d.Spaces {
		word(s.Status, "current", "archived")
		if s.Guests != nil {
			natural(s.Guests.Max)
		}
	}
}

// TestSchemaAndScripts holds the schema against every description in the scripts: it
// takes the files of each that weir takes, and refuses one of most that weir refuses
// for what stands in one file.
func TestSchemaAndScripts(t *testing.T) {
	e := newEditor(t, JSONSchema(nil))
	paths, err := filepath.Glob("../testdata/scripts/*.txtar")
	if err != nil || len(paths) < 100 {
		t.Fatalf("%d scripts: %v", len(paths), err)
	}
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	good, refused, missed := 0, 0, []string{}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		folders := make(map[string]fstest.MapFS)
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, YAML.Ext()) || strings.HasSuffix(f.Name, HCL.Ext()) {
				dir := filepath.Dir(f.Name)
				if folders[dir] == nil {
					folders[dir] = make(fstest.MapFS)
				}
				folders[dir][filepath.Base(f.Name)] = &fstest.MapFile{Data: f.Data}
			}
		}
		for dir, folder := range folders {
			files, diags := Load(folder)
			docs, more := Parse(files)
			diags = append(diags, more...)
			if !diags.HasErrors() {
				_, more = Compile(docs, nil, now)
				diags = append(diags, more...)
			}
			taken := true
			for _, f := range files {
				if strings.HasSuffix(f.Path, HCL.Ext()) {
					continue
				}
				err := e.check(f.Bytes)
				taken = taken && err == nil
				if err != nil && !diags.HasErrors() {
					t.Errorf("%s, %s: weir takes it, and the schema does not: %v", path, f.Path, err)
				}
			}
			switch {
			case !diags.HasErrors():
				good++
			// References, circles and syntax are not for a schema.
			case !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool {
				return strings.HasSuffix(d.Range.File, YAML.Ext()) && slices.Contains([]string{"WR102", "WR103", "WR108", "WR109"}, d.Code)
			}):
			case taken:
				missed = append(missed, filepath.Base(path)+" "+dir)
			default:
				refused++
			}
		}
	}
	t.Logf("%d taken, %d refused; weir alone refuses %d: %q", good, refused, len(missed), missed)
	if good < 80 || refused < 3*len(missed) {
		t.Errorf("of the descriptions that weir refuses the schema refuses %d and takes %d", refused, len(missed))
	}
}

// TestSchemaRefuses holds that the schema says no to what an editor should underline.
func TestSchemaRefuses(t *testing.T) {
	e := newEditor(t, JSONSchema(map[string]string{"anonymous_access": "What the public can do."}))
	if err := e.check([]byte("policies: {anonymous_access: {level: warn}}")); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"{}", "[]", "weir: v2", "wier: v1", "site: {}", "site: {name: acme, product: server}", "site: {name: 12}", "site: {name: ''}", "users: [ana@acme.example]",
		"users: {ana@acme.example: }", "users: {ana@acme.example: {state: gone}}", "groups: {g: {members: ana@acme.example}}", "groups: {g: {members: [{until: 2026-12-31}]}}",
		"groups: {g: {members: [{who: a, until: 31.12.2026}]}}", "groups: {g: {members_of: {except: [h]}}}", "groups: {g: {managed_by: okta}}", "spaces: {ENG: {role: {}}}",
		"spaces: {ENG: {roles: [admin]}}", "spaces: {ENG: {watch: 'true'}}", "spaces: {ENG: {limits: {role: viewer, permissions: []}}}", "spaces: {ENG: {guests: {max: -1}}}",
		"spaces: {ENG: {guests: {allow: [ana@acme.example]}}}", "budget: {removals: {ratio: 10}}", "budget: {removals: {ratio: '10 %'}}", "budget: {removals: {max: 1.5}}",
		"policies: {anonymous_acces: {level: warn}}", "policies: {anonymous_access: {level: error}}", "ownership: {users: observe}", "ownership: {groups: {existence: bounded}}",
		"ownership: {spaces: {existence: exclusive}}", "ownership: {rules: [{spaces: additive}]}", "assert: {a: {object: site, action: use}}",
		"assert: {a: {object: site, action: use, can: [everyone], only: []}}", "prove: [no_acces]", "personal_spaces: {create: sometimes}", "personal_spaces: {unused: {after: 365, then: archive}}", "personal_spaces: {owner_left: {after: 30d, then: delete}}", "personal_spaces: {owner_left: {when: [gone], after: 30d, then: archive}}", "seats: {tiers: []}", "seats: {tiers: [{to: 5}]}", "seats: {per: day}", "archetypes: {t: {groups: {g: {managed_by: okta}}}}",
	} {
		if e.check([]byte(bad)) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}
