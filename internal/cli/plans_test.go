package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirhq/weir/internal/cli"
	"github.com/weirhq/weir/site/emulator"
)

// TestPlans makes a plan of every scenario in testdata/plans and compares what it
// says in each format. A scenario is an archive: its comment says what it shows;
// its files are a description, and
//
//	live        lines "op fact" that make the site what it is, as for weir site edit
//	mode        how the site gives access to spaces, as for weir site reset
//	elsewhere   groups that open another product of the organisation, one a line
//	accept      rules whose exceeded budgets are accepted, one a line
//	want/code   the exit code, which is the same in each format
//	want/NAME   what the format of that name says; of html what is between head and script
//
// -update writes what stands in want. A new format is a row of the table of formats.
func TestPlans(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "plans", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 25 {
		t.Errorf("there are only %d scenarios", len(paths))
	}
	plan := compiled(t, filepath.Join("..", "..", "docs", "plan.schema.json"))
	sarif := compiled(t, filepath.Join("..", "render", "testdata", "sarif", "sarif-schema-2.1.0.json"))
	var all []any
	for _, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := told(t, archive)
			all = append(all, valid(t, plan, got["json"]))
			valid(t, sarif, got["sarif"])
			if err := xml.Unmarshal(got["junit"], new(struct {
				XMLName xml.Name `xml:"testsuites"`
			})); err != nil {
				t.Errorf("junit is no report: %v", err)
			}
			compare(t, path, archive, got)
		})
	}
	// Together the scenarios show everything that a plan can say.
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "plan.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	missing := unshown(schema, schema, all)
	for _, field := range missing {
		if never[field] == "" {
			t.Errorf("no scenario shows the field %s of a plan", field)
		}
	}
	for field := range never {
		if !slices.Contains(missing, field) {
			t.Errorf("a scenario shows the field %s, which none can", field)
		}
	}
}

// never are the fields that no scenario can show, and why.
var never = map[string]string{
	"audience":              "it takes --audience: the scripts of snapshots show it",
	"snapshot":              "it takes a snapshot: the scripts of snapshots show it",
	"apply.seconds":         "the embedded site answers at once",
	"changes.source":        "it takes a repository: the scripts plan_base_* show it",
	"heat.more_objects":     "it takes more than forty objects: the tests of reconcile show it",
	"heat.more_people":      "it takes more than sixty rows: the tests of reconcile show it",
	"heat.more_rows":        "it takes more than sixty rows: the tests of reconcile show it",
	"edits":                 "it takes a repository: the scripts plan_base_* show it",
	"seats.licence":         "it takes a Data Center site",
	"seats.after.at_least":  "it takes a site that hides people",
	"seats.after.unsure":    "it takes a site that hides people",
	"seats.before.at_least": "it takes a site that hides people",
	"seats.before.unsure":   "it takes a site that hides people",
	"seats.cost.at_least":   "it takes a site that hides people",
	"proofs.obtainable":     "who could come to something is told of assertions with only",
}

// told plans a scenario and gives what each format says, and the exit code.
func told(t *testing.T, archive *txtar.Archive) map[string][]byte {
	t.Helper()
	t.Chdir(t.TempDir())
	special := make(map[string]string)
	for _, f := range archive.Files {
		switch {
		case strings.HasPrefix(f.Name, "want/"):
		case slices.Contains([]string{"live", "mode", "elsewhere", "accept"}, f.Name):
			special[f.Name] = string(f.Data)
		default:
			name := filepath.Join("access", filepath.FromSlash(f.Name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, f.Data, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if mode := strings.TrimSpace(special["mode"]); mode != "" {
		ran(t, 0, "", "site", "reset", "--role-mode", mode, "access")
	}
	if special["live"] != "" {
		ran(t, 0, special["live"], "site", "edit", "access")
	}
	if groups := strings.Fields(special["elsewhere"]); groups != nil {
		opensMore(t, filepath.Join("access", ".weir", "site.db"), groups)
	}
	got := make(map[string][]byte)
	args := []string{"plan", "--out", "plan.json", "access"}
	code, text := command(t, "", args...)
	if rules := strings.Fields(special["accept"]); rules != nil {
		for _, rule := range rules {
			_, count, ok := strings.Cut(text, "--accept "+rule+":")
			if !ok {
				t.Fatalf("the plan asks for no acceptance of %s:\n%s", rule, text)
			}
			count, _, _ = strings.Cut(count, "\n")
			args = append(args, "--accept", rule+":"+count)
		}
		code, text = command(t, "", args...)
	}
	got["code"] = fmt.Appendln(nil, code)
	for _, f := range cli.Formats() {
		got[f.Name] = []byte(ran(t, 0, "", "render", "--dir", "access", "--format", f.Name, "plan.json"))
	}
	// Style and script are the same on every page.
	_, page, _ := bytes.Cut(got["html"], []byte("</head>\n"))
	got["html"], _, _ = bytes.Cut(page, []byte("<script>"))
	if string(got["text"]) != text {
		t.Errorf("weir render does not say what weir plan said:\n%s", cmp.Diff(text, string(got["text"])))
	}
	return got
}

// ran runs a command that must end so, and gives what it prints.
func ran(t *testing.T, want int, stdin string, args ...string) string {
	t.Helper()
	code, out := command(t, stdin, args...)
	if code != want {
		t.Fatalf("weir %q ended with %d:\n%s", args, code, out)
	}
	return out
}

// command gives the exit code of a command and what it prints.
func command(t *testing.T, stdin string, args ...string) (int, string) {
	t.Helper()
	var out, trouble bytes.Buffer
	env := world(func(name string) string {
		return map[string]string{"WEIR_TEST_NOW": "2026-06-15T12:00:00Z", "NO_COLOR": "1"}[name]
	})
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(stdin), &out, &trouble
	code := cli.Main(context.Background(), args, env)
	if trouble.Len() > 0 {
		t.Logf("weir %q: %s", args, &trouble)
	}
	return code, out.String()
}

// opensMore lets groups open another product.
func opensMore(t *testing.T, file string, groups []string) {
	t.Helper()
	store, err := emulator.OpenSQLite(file, emulator.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	em, err := emulator.New(emulator.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		err = errors.Join(err, em.Admin().SetManaged(group, emulator.ManagedOther))
	}
	if err := errors.Join(err, em.Close()); err != nil {
		t.Fatal(err)
	}
}

// compare holds what was told against the archive, or writes it there.
func compare(t *testing.T, path string, archive *txtar.Archive, got map[string][]byte) {
	t.Helper()
	names := []string{"code"}
	for _, f := range cli.Formats() {
		names = append(names, f.Name)
	}
	want := make(map[string]string)
	files := slices.DeleteFunc(slices.Clone(archive.Files), func(f txtar.File) bool {
		name, ours := strings.CutPrefix(f.Name, "want/")
		if ours {
			want[name] = string(f.Data)
		}
		return ours
	})
	for _, name := range names {
		files = append(files, txtar.File{Name: "want/" + name, Data: got[name]})
		if !*update && want[name] != string(got[name]) {
			t.Errorf("%s says something else (go test ./internal/cli -run TestPlans -update writes it):\n%s", name, cmp.Diff(want[name], string(got[name])))
		}
		delete(want, name)
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: files}), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name := range want {
		t.Errorf("there is no format %s", name)
	}
}

func compiled(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
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
	return s
}

// valid holds JSON against a schema, and gives it.
func valid(t *testing.T, s *jsonschema.Schema, text []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(io.Reader(bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Error(err)
	}
	return doc
}

// unshown gives the fields of a schema's object that have no value in any of the
// values.
func unshown(root, object map[string]any, values []any) []string {
	var out []string
	properties, _ := object["properties"].(map[string]any)
	for name, p := range properties {
		var there []any
		for _, v := range values {
			if v, ok := v.(map[string]any)[name]; ok {
				there = append(there, v)
			}
		}
		if !slices.ContainsFunc(there, said) {
			out = append(out, name)
			continue
		}
		p := p.(map[string]any)
		if items, ok := p["items"].(map[string]any); ok {
			p = items
			there = flat(there)
		} else if each, ok := p["additionalProperties"].(map[string]any); ok {
			p = each
			there = flat(there)
		}
		if ref, ok := p["$ref"].(string); ok {
			def := root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			for _, below := range unshown(root, def, there) {
				out = append(out, name+"."+below)
			}
		}
	}
	slices.Sort(out)
	return out
}

// said reports whether a value says anything.
func said(v any) bool {
	switch v := v.(type) {
	case string:
		return v != ""
	case json.Number:
		return v != "0"
	case bool:
		return v
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return false
}

func flat(values []any) (out []any) {
	for _, v := range values {
		switch v := v.(type) {
		case []any:
			out = append(out, v...)
		case map[string]any:
			for _, each := range v {
				out = append(out, each)
			}
		}
	}
	return out
}
