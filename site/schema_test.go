package site

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validate "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirhq/weir/access"
)

var update = flag.Bool("update", false, "write the golden files anew")

const schemaFile = "docs/snapshot.schema.json"

// The JSON Schema of a snapshot is made from the snapshot itself, comments
// included, so that it cannot drift.
func TestSnapshotSchema(t *testing.T) {
	t.Chdir("..")
	r := &jsonschema.Reflector{Anonymous: true, ExpandedStruct: true}
	if err := r.AddGoComments("github.com/weirhq/weir", "./site", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(&Snapshot{})
	s.Title = "A snapshot of a site"
	s.ID = "https://github.com/weirhq/weir/docs/snapshot.schema.json"
	s.Description = "What weir snapshot writes: everything that one reading of a site told. The number in format is the version of this form."
	s.Properties.Value("format").Const = SnapshotFormat
	got, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the schema is not that of a snapshot (go test ./site -update writes it):\n%s", diff)
	}
}

// A snapshot that weir writes is valid by the schema, and what is not one is not.
func TestSnapshotsFitTheSchema(t *testing.T) {
	text, err := os.ReadFile("../" + schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validate.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := validate.NewCompiler()
	if err := c.AddResource("snapshot.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	err = NewSnapshot("acme", "cloud", Observation{
		Site: "c", Account: "user:weir@acme.example", Facts: access.NewSet(access.Fact{Kind: access.Exists, Object: "group:g"}),
		IDs: map[access.Ref]string{"group:g": "1"}, Labels: map[access.Ref]string{"user:a@b.c": "A"}, Parents: map[access.Ref]access.Ref{"page:S/a": "page:S/b"},
		Elsewhere: map[access.Ref][]string{"group:g": {"Jira"}}, Unknown: []access.Unknown{{Object: "space:S", Reason: "hidden"}},
		Unclaimed: map[access.Ref]bool{"user:a@b.c": true}, Permissions: map[string]string{"read/space": "View"},
		Traits: Traits{Product: "Confluence Cloud", Mode: ByRoles, Classes: []access.Ref{access.Everyone}},
	}, at, at).Write(&b)
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) error {
		doc, err := validate.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(doc)
	}
	if err := check(b.String()); err != nil {
		t.Errorf("a snapshot does not fit its schema: %v", err)
	}
	for _, bad := range [][2]string{{`"format": 2`, `"format": 1`}, {`"facts"`, `"fact"`}, {`"reason": "hidden"`, `"why": "hidden"`}} {
		text := strings.Replace(b.String(), bad[0], bad[1], 1)
		if text == b.String() {
			t.Fatalf("%s is not in the snapshot", bad[0])
		}
		if check(text) == nil {
			t.Errorf("the schema takes %s", bad[1])
		}
	}
}
