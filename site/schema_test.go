package site

import (
	"bytes"
	"flag"
	"testing"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/schematest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func snapshotForm() schematest.Form {
	return schematest.Form{File: "docs/snapshot.schema.json", Package: "./site", Update: *update}
}

// The JSON Schema of a snapshot is made from the snapshot itself.
func TestSnapshotSchema(t *testing.T) {
	snapshotForm().Current(t, &Snapshot{}, func(s *jsonschema.Schema) {
		s.Title = "A snapshot of a site"
		s.Description = "What weir snapshot writes: everything that one reading of a site told. The number in format is the version of this form."
		s.Properties.Value("format").Const = SnapshotFormat
	})
}

// A snapshot that weir writes is valid by the schema, and what is not one is not.
func TestSnapshotsFitTheSchema(t *testing.T) {
	at := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	err := NewSnapshot("acme", "cloud", Observation{
		Site: "c", Account: "user:weir@acme.example", Facts: access.NewSet(access.Fact{Kind: access.Exists, Object: "group:g"}),
		IDs: map[access.Ref]string{"group:g": "1"}, Labels: map[access.Ref]string{"user:a@b.c": "A"}, Parents: map[access.Ref]access.Ref{"page:S/a": "page:S/b"},
		Elsewhere: map[access.Ref][]string{"group:g": {"Jira"}}, Unknown: []access.Unknown{{Object: "space:S", Reason: "hidden"}},
		Unclaimed: map[access.Ref]bool{"user:a@b.c": true}, Permissions: map[string]string{"read/space": "View"},
		Traits: Traits{Product: "Confluence Cloud", Mode: ByRoles, Classes: []access.Ref{access.Everyone}},
	}, at, at).Write(&b)
	if err != nil {
		t.Fatal(err)
	}
	snapshotForm().Fits(t, b.String(), [][2]string{{`"format": 2`, `"format": 1`}, {`"facts"`, `"fact"`}, {`"reason": "hidden"`, `"why": "hidden"`}}...)
}
