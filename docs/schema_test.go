package docs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The schemas in this folder are those that weir prints.
func TestSchemasAreCurrent(t *testing.T) {
	for file, name := range map[string]string{
		"weir.schema.json": "description", "settings.schema.json": "settings", "plan.schema.json": "plan", "snapshot.schema.json": "snapshot",
	} {
		got := weir(t, "", "schema", name)
		if *update && name != "plan" && name != "snapshot" { // those are embedded, and made by the tests of what writes them
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("docs/%s is not what weir schema %s prints (go test ./docs -update writes it):\n%s", file, name, diff)
		}
	}
}

// definition is one object of a schema that was made from Go.
type definition struct {
	Description string
	Required    []string
	Properties  map[string]property
	Defs        map[string]definition `json:"$defs"`
}

type property struct {
	Type                 string
	Ref                  string `json:"$ref"`
	Description          string
	Enum                 []string
	Const                any
	Items                *property
	AdditionalProperties *property
}

// kind says in words what a property holds, with a link where that is an object.
func (p property) kind() string {
	switch {
	case p.Ref != "":
		name := p.Ref[strings.LastIndex(p.Ref, "/")+1:]
		return fmt.Sprintf("[%s](#%s)", name, strings.ToLower(name))
	case p.Items != nil:
		return "list of " + p.Items.kind()
	case p.AdditionalProperties != nil:
		return "map to " + p.AdditionalProperties.kind()
	case p.Enum != nil:
		return "`" + strings.Join(p.Enum, "`, `") + "`"
	}
	return p.Type
}

// table has a row for every field. A field that always stands is marked.
func (d definition) table(t *testing.T, name string) string {
	var b strings.Builder
	b.WriteString("| Field | Type | Meaning |\n|---|---|---|\n")
	for _, field := range slices.Sorted(maps.Keys(d.Properties)) {
		p := d.Properties[field]
		meaning := strings.ReplaceAll(p.Description, "\n", " ")
		if meaning == "" {
			t.Errorf("%s: the field %s has no meaning (write a comment at it)", name, field)
		}
		mark := ""
		if !slices.Contains(d.Required, field) {
			mark = " (if any)"
		}
		fmt.Fprintf(&b, "| `%s`%s | %s | %s |\n", field, mark, p.kind(), strings.ReplaceAll(meaning, "|", `\|`))
	}
	return b.String()
}

const (
	beginFields = "<!-- fields: generated from plan.schema.json; go test ./docs -update -->\n"
	endFields   = "<!-- end of fields -->\n"
)

// docs/plan-json.md has every field of a plan, with what it means.
func TestPlanPage(t *testing.T) {
	text, err := os.ReadFile("plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var plan definition
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n## Plan\n\n" + plan.table(t, "Plan"))
	for _, name := range slices.Sorted(maps.Keys(plan.Defs)) {
		d := plan.Defs[name]
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n%s", name, strings.ReplaceAll(d.Description, "\n", " "), d.table(t, name))
	}
	b.WriteString("\n")
	generated(t, "plan-json.md", beginFields, b.String(), endFields)
}

// generated compares what stands between two marks of a page with what belongs there.
func generated(t *testing.T, file, begin, want, end string) {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), begin)
	have, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("docs/%s lacks the marks of what is generated", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("docs/%s is out of date (go test ./docs -update writes it):\n%s", file, diff)
	}
}
