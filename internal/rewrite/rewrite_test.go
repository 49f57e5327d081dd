package rewrite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

// TestRewriterDrops: whoever is taken out of a list leaves everything else as it was
// written, however that is.
func TestRewriterDrops(t *testing.T) {
	for _, c := range []struct{ name, file, before, after string }{
		{
			"in brackets", "a.weir.yaml",
			"groups: {a: {members: [ana@a.io, bo@a.io, cy@a.io]}, b: {members: [bo@a.io, ana@a.io]}, c: {members: [ana@a.io]}} # all\n",
			"groups: {a: {members: [bo@a.io, cy@a.io]}, b: {members: [bo@a.io]}, c: {members: []}} # all\n",
		},
		{
			"maps in brackets", "a.weir.yaml",
			"groups: {a: {members: [{who: ana@a.io, until: 2027-01-31}, bo@a.io]}}\n",
			"groups: {a: {members: [bo@a.io]}}\n",
		},
		{
			"a line each", "a.weir.yaml",
			"groups:\n  a:\n    members:\n      # who came first\n      - ana@a.io # the founder\n\n      - bo@a.io\n  b:\n    members: # nobody soon\n      - ana@a.io\n",
			"groups:\n  a:\n    members:\n      # who came first\n\n      - bo@a.io\n  b:\n    members: [] # nobody soon\n",
		},
		{
			"a map on several lines", "a.weir.yaml",
			"groups:\n  a:\n    members:\n      - who: ana@a.io\n        until: 2027-01-31\n      - bo@a.io\n",
			"groups:\n  a:\n    members:\n      - bo@a.io\n",
		},
		{
			"brackets on several lines", "a.weir.yaml",
			"groups:\n  a:\n    members: [\n      ana@a.io, # the founder\n      bo@a.io,\n    ]\n  b: {members: [\n    ana@a.io,\n  ]}\n",
			"groups:\n  a:\n    members: [\n      bo@a.io,\n    ]\n  b: {members: [\n  ]}\n",
		},
		{
			"the last with what is before it", "a.weir.yaml",
			"groups: {a: {members: [bo@a.io, ana@a.io, ANA2@a.io]}}\n",
			"groups: {a: {members: [bo@a.io]}}\n",
		},
		{
			"letters of several bytes", "a.weir.yaml",
			"groups: {\"Ärzte ☤\": {members: [ana@a.io, bo@a.io]}}\n",
			"groups: {\"Ärzte ☤\": {members: [bo@a.io]}}\n",
		},
		{
			"no line break at the end", "a.weir.yaml",
			"groups:\n  a:\n    members:\n    - bo@a.io\n    - ana@a.io",
			"groups:\n  a:\n    members:\n    - bo@a.io\n",
		},
		{
			"hcl", "a.weir.hcl",
			"group \"a\" {\n  members = [\n    \"ana@a.io\", # the founder\n    \"bo@a.io\",\n  ]\n}\ngroup \"b\" { members = [\"bo@a.io\", { who = \"ana@a.io\" }] }\ngroup \"c\" { members = [\"ana@a.io\"] }\n",
			"group \"a\" {\n  members = [\n    \"bo@a.io\",\n  ]\n}\ngroup \"b\" { members = [\"bo@a.io\"] }\ngroup \"c\" { members = [] }\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, diags := schema.Parse([]schema.File{{Path: c.file, Bytes: []byte(c.before)}})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			w := New(map[string]string{c.file: c.before})
			leaves := func(r access.Ref) bool { return r == "user:ana@a.io" || r == "user:ana2@a.io" }
			lists := make(map[diag.Range]map[diag.Range]bool)
			items := make(map[diag.Range][]diag.Range)
			for _, m := range schema.Mentions(docs, leaves) {
				first := m.Items[0]
				if lists[first] == nil {
					lists[first] = make(map[diag.Range]bool)
				}
				lists[first][m.Item], items[first] = true, m.Items
			}
			for first, gone := range lists {
				w.Drop(items[first], func(r diag.Range) bool { return gone[r] }, "[]")
			}
			got := w.Done()[c.file]
			if diff := cmp.Diff(c.after, got); diff != "" {
				t.Errorf("the file (-want +got):\n%s", diff)
			}
			if _, diags := schema.Parse([]schema.File{{Path: c.file, Bytes: []byte(got)}}); diags.HasErrors() {
				t.Errorf("it cannot be read any more: %v", diags)
			}
		})
	}
}

// TestRewriterDeparts: an entry says that somebody left, in either syntax and however
// it was written.
func TestRewriterDeparts(t *testing.T) {
	d := Departure{Who: "user:ana@a.io", Successor: "user:bo@a.io", State: "deactivated"}
	for _, c := range []struct{ file, before, after string }{
		{"a.weir.yaml", "users: {ana@a.io: {}}\n", "users: {ana@a.io: {state: deactivated, left: {successor: bo@a.io}}}\n"},
		{"a.weir.yaml", "users: {ana@a.io: {state: active, name: Ana}, bo@a.io: {}}\n", "users: {ana@a.io: {state: deactivated, name: Ana, left: {successor: bo@a.io}}, bo@a.io: {}}\n"},
		{"a.weir.yaml", "users:\n  ana@a.io: # founder\n    name: Ana\n  bo@a.io: {}\n", "users:\n  ana@a.io: # founder\n    state: deactivated\n    left: {successor: bo@a.io}\n    name: Ana\n  bo@a.io: {}\n"},
		{"a.weir.hcl", "user \"ana@a.io\" {}\n", "user \"ana@a.io\" {\n  state = \"deactivated\"\n  left = { successor = \"bo@a.io\" }\n}\n"},
		{"a.weir.hcl", "user \"ana@a.io\" { state = \"suspended\" }\n", "user \"ana@a.io\" {\n  state = \"deactivated\"\n  left = { successor = \"bo@a.io\" }\n}\n"},
		{"a.weir.hcl", "user \"ana@a.io\" {\n  name  = \"Ana\"\n  state = \"active\" # for now\n}\n", "user \"ana@a.io\" {\n  name  = \"Ana\"\n  state = \"deactivated\" # for now\n  left = { successor = \"bo@a.io\" }\n}\n"},
	} {
		docs, diags := schema.Parse([]schema.File{{Path: c.file, Bytes: []byte(c.before)}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		w := New(map[string]string{c.file: c.before})
		w.Depart(docs[0].Users[0], d)
		if diff := cmp.Diff(c.after, w.Done()[c.file]); diff != "" {
			t.Errorf("%s(-want +got):\n%s", c.before, diff)
		}
	}
}
