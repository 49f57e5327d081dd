package reconcile

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/schematest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func planForm() schematest.Form {
	return schematest.Form{File: "docs/plan.schema.json", Package: "./reconcile", Update: *update}
}

// The JSON Schema of a plan is made from the plan itself.
func TestPlanSchema(t *testing.T) {
	planForm().Current(t, &Plan{}, func(s *jsonschema.Schema) {
		s.Title = "A plan of weir's"
		s.Description = "What weir plan --format json and --out write. The number in format is the version of this form: it grows when a field changes its meaning or goes; new fields may come without that."
		s.Properties.Value("format").Const = Format
		s.Properties.Value("format").Description = "the version of this form"
		planned := s.Definitions["Planned"].Properties
		planned.Value("op").Enum = []any{access.Add, access.Remove, access.Modify}
		s.Definitions["Observed"].Properties.Value("op").Enum = []any{access.Add, access.Remove, access.Modify}
		planned.Value("source").Enum = []any{Edited, Drifted, Both}
		s.Definitions["Changeless"].Properties.Value("op").Enum = []any{access.Add, access.Remove, access.Modify}
		s.Definitions["Finding"].Properties.Value("level").Enum = []any{access.Deny, access.Warn}
	})
}

// samplePlan is a plan with something in every field.
func samplePlan() *Plan {
	p := &Plan{
		Format: Format, Site: SiteName{Name: "acme", Product: "embedded", ID: "c"}, Home: &Origin{"a.weir.yaml", 2, 1}, Account: "user:weir@acme.example",
		Compared: 4, Requests: 3, MinSpaceAdmins: 2,
		Summary: map[string]Count{"member": {Add: 1}},
		People:  People{WithAccess: 1, Gaining: 1},
		Seats: &Seats{
			Before: SeatCount{Paid: 3, Guests: 1, ManagedGuests: 1, Unsure: 1, AtLeast: true}, After: SeatCount{Paid: 4},
			Gaining: []string{"user:ana@acme.example"}, Losing: []string{"user:bo@acme.example"}, GuestsGaining: []string{"user:cy@acme.example"}, GuestsLosing: []string{"user:dee@acme.example"},
			Invited: 1, Licence: true, Own: true,
			Limits: []SeatLimit{{Of: "paid", Before: 3, After: 4, Most: 3, Reason: "r", Exceeded: true}},
			Cost:   &SeatCost{Currency: "USD", Per: "month", Before: "18.00", After: "24.00", Difference: "6.00", Tier: &SeatTier{From: 1, To: 100, Each: "6.00", Total: "9"}, Next: "6.00", AtLeast: true},
		},
		Changes: []Planned{
			{Op: access.Add, Fact: "member group:g user:ana@acme.example", Origin: &Origin{"a.weir.yaml", 1, 2}, Reason: "described", Step: "s1", Source: Edited},
			{Op: access.Modify, Fact: "role space:S group:g = admin", Was: "viewer", Reason: "described", Step: "s2"},
			{Op: access.Remove, Fact: "member group:h user:ana@acme.example", Reason: "falls with group:h", ConsequenceOf: "group:h", Step: "s2"},
		},
		Steps:    []Step{{ID: "s1"}, {ID: "s2", Finding: "nobody can"}},
		Manual:   []Manual{{Fact: "managed group:g = idp", Origin: &Origin{"a.weir.yaml", 9, 1}, Steps: []string{"sync"}, Authority: "somebody", Verify: "reading"}},
		Unknown:  []Unknown{{Kind: "member", Object: "group:g", Reason: "hidden"}},
		Kept:     []KeptFact{{Fact: "exists group:x", Reason: "not described"}},
		Observed: []Observed{{Op: access.Modify, Fact: "role space:S group:g = admin", Was: "viewer", Origin: &Origin{"a.weir.yaml", 5, 6}}},
		Assertions: []Claim{{Name: "closed", Holds: true, Objects: 1, Origin: &Origin{"a.weir.yaml", 7, 8},
			Obtainable: []Obtainable{{Person: "user:ana@acme.example", Object: "space:S", Objects: 1, How: "h"}}}},
		Proofs:   []Claim{{Name: "no_new_access", Objects: 1, Failed: 1}},
		Findings: []Finding{{Code: "WR301", Rule: "anonymous_access", Level: access.Warn, Object: "space:S", Owner: "group:o", Message: "m", Hint: "h", Origin: &Origin{"a.weir.yaml", 3, 4}}},
		Budgets:  []Budget{{Rule: "removals.member", Count: 1, Live: 9, Allowed: 3}},
		Impacts: []Impact{{Class: ToAdmins, Gains: true, Is: "administration", Cause: Cause{Kind: "role", Subject: "group:g", Was: "viewer", Is: "admin"},
			Reason: Described, Origin: &Origin{"a.weir.yaml", 1, 2}, Objects: []string{"space:S"}, Permissions: []string{"read/space"}, People: []string{"user:ana@acme.example"}}},
		Gained: []Reach{{Object: "space:S", Permissions: []string{"read/space"}, People: []string{"user:ana@acme.example"}}},
		Lost:   []Reach{},
		Heat: &Heat{Objects: []string{"site", "space:S"}, MoreObjects: 1, MoreRows: 1, MorePeople: 2, Rows: []HeatRow{{Class: ToAdmins, Also: []string{Losses},
			People: []string{"user:ana@acme.example"}, Count: 1, Cells: []HeatCell{{Object: 1, Was: "view", Is: "administration", Gains: true, Loses: true}}}}},
		Edits: &Edits{Base: "origin/main", Commit: "c0ffee", Exact: true, Trouble: "t", Edited: 1, Drift: 2, Both: 3, Unplaced: []string{"- exists group:x"},
			Files: []EditedFile{{Path: "a.weir.yaml", Was: "b.weir.yaml", Idle: 4, Hunks: []Hunk{{
				Removed: []EditedLine{{Line: 1, Spans: []Span{}}}, Added: []EditedLine{{Line: 1, Spans: []Span{{Text: "m: "}, {Text: "[ana]", Changed: true}}, States: 1}}, Cut: 2,
				Changes: []string{"+ member group:g user:ana@acme.example"}, Unchanged: []Changeless{{Op: access.Remove, Fact: "exists group:y", Reason: "r"}}}}}}},
		ReliesOn: map[string]string{"group:g": "0123"},
		Names:    map[string]string{"user:ana@acme.example": "Ana Lind"},
		Owners:   map[string]string{"space:S": "group:o"},
	}
	p.Digest = p.digest()
	return p
}

// A plan that weir writes is valid by the schema, and what is not a plan is not.
func TestPlansFitTheSchema(t *testing.T) {
	var b bytes.Buffer
	if err := samplePlan().Write(&b); err != nil {
		t.Fatal(err)
	}
	planForm().Fits(t, b.String(), [][2]string{
		{`"op": "+"`, `"op": "*"`}, {`"format": 1`, `"format": 2`}, {`"digest"`, `"digits"`}, {`"level": "warn"`, `"level": "off"`}, {`"compared": 4`, `"compared": "4"`},
	}...)
}

// A plan file says what it said, and one that was changed is refused.
func TestReadPlan(t *testing.T) {
	p := samplePlan()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPlan(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got.Checksum = ""
	if diff := cmp.Diff(p, got); diff != "" {
		t.Errorf("a plan changes on its way through a file:\n%s", diff)
	}
	for _, test := range []struct{ old, new, want string }{
		{`"op": "+"`, `"op": "-"`, "the plan was altered"},
		{`user:ana@acme.example",`, `user:bo@acme.example",`, "the plan was altered"},
		{`"was": "viewer"`, `"was": "manager"`, "the plan was altered"},
		{`"0123"`, `"0124"`, "the plan was altered"},
		{`"id": "c"`, `"id": "d"`, "the plan was altered"},
		{`"exceeded": false`, `"exceeded": true`, "its checksum does not fit"},
		{`"level": "warn"`, `"level": "deny"`, "its checksum does not fit"},
		{`"min_space_admins": 2`, `"min_space_admins": 0`, "its checksum does not fit"},
		{`"format": 1`, `"format": 2`, "this weir reads format 1"},
		{`"format": 1`, `"format": 1, "more": 1`, "unknown field"},
		{"}\n", "}\n{}", "something follows it"},
		{`"step": "s1"`, `"step": "s9"`, "the plan was altered"},
	} {
		text := b.String()
		i := strings.Index(text, test.old)
		if test.old == "}\n" {
			i = len(text) - len(test.old)
		}
		text = text[:i] + test.new + text[i+len(test.old):]
		if _, err := ReadPlan([]byte(text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s for %s: %v, want %q", test.new, test.old, err, test.want)
		}
	}
	nobody := samplePlan()
	nobody.Impacts[0].People = nil
	var w bytes.Buffer
	if err := nobody.Write(&w); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPlan(w.Bytes()); err == nil || !strings.Contains(err.Error(), "on nobody") {
		t.Errorf("an impact on nobody: %v", err)
	}
	for cut := range b.Len() - 1 {
		if _, err := ReadPlan(b.Bytes()[:cut]); err == nil {
			t.Fatalf("the first %d bytes are taken for a plan", cut)
		}
	}
}

func FuzzReadPlan(f *testing.F) {
	var b bytes.Buffer
	if err := samplePlan().Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ReadPlan(text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadPlan(b.Bytes())
		if err != nil || again.Digest != p.Digest {
			t.Fatalf("a plan that was read cannot be read again: %v", err)
		}
	})
}
