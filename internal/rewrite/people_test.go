package rewrite

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

// TestPeople: people are written into a description in either syntax, and however
// the entries around them are written; comments stay.
func TestPeople(t *testing.T) {
	join := func(list ...Membership) func(*Rewriter, []schema.Document) {
		return func(w *Rewriter, docs []schema.Document) { w.Join(docs[0].Groups[0], list) }
	}
	until := func(day string) func(*Rewriter, []schema.Document) {
		return func(w *Rewriter, docs []schema.Document) { w.Until(docs[0].Groups[0].Members.Items[0], day) }
	}
	describe := func(to Entry) func(*Rewriter, []schema.Document) {
		return func(w *Rewriter, docs []schema.Document) { w.Describe(docs[0].Users[0], to) }
	}
	enter := func(list ...Entry) func(*Rewriter, []schema.Document) {
		return func(w *Rewriter, docs []schema.Document) { w.Enter(docs, docs[0].File, list) }
	}
	ana, bo := Membership{Who: "user:ana@a.io"}, Membership{Who: "user:bo@a.io", Until: "2026-09-30"}
	for _, c := range []struct {
		name, file, before, after string
		edit                      func(*Rewriter, []schema.Document)
	}{
		{
			"join nobody", "a.weir.yaml", "groups: {a: {}}\n", "groups: {a: {members: [ana@a.io, {who: bo@a.io, until: 2026-09-30}]}}\n", join(ana, bo),
		},
		{
			"join in brackets", "a.weir.yaml", "groups: {a: {members: [cy@a.io]}} # all\n", "groups: {a: {members: [cy@a.io, ana@a.io]}} # all\n", join(ana),
		},
		{
			"join a line each", "a.weir.yaml", "groups:\n  a:\n    members:\n      - cy@a.io # first\n\n  # later\n  b: {}\n",
			"groups:\n  a:\n    members:\n      - cy@a.io # first\n      - ana@a.io\n      - {who: bo@a.io, until: 2026-09-30}\n\n  # later\n  b: {}\n", join(ana, bo),
		},
		{
			"join brackets on several lines", "a.weir.hcl", "group \"a\" {\n  members = [\n    \"cy@a.io\" # first\n  ]\n}\n",
			"group \"a\" {\n  members = [\n    \"cy@a.io\", # first\n    \"ana@a.io\",\n  ]\n}\n", join(ana),
		},
		{
			"a last day", "a.weir.yaml", "groups: {a: {members: [ana@a.io]}}\n", "groups: {a: {members: [{who: ana@a.io, until: 2026-09-30}]}}\n", until("2026-09-30"),
		},
		{
			"another last day", "a.weir.hcl", "group \"a\" { members = [{ who = \"ana@a.io\", until = \"2026-07-31\" }] }\n",
			"group \"a\" { members = [{ who = \"ana@a.io\", until = \"2026-09-30\" }] }\n", until("2026-09-30"),
		},
		{
			"a last day beside a reason", "a.weir.yaml", "groups:\n  a:\n    members:\n      - who: ana@a.io # the founder\n        reason: a visit\n",
			"groups:\n  a:\n    members:\n      - who: ana@a.io # the founder\n        until: 2026-09-30\n        reason: a visit\n", until("2026-09-30"),
		},
		{
			"a name", "a.weir.yaml", "users: {ana@a.io: {name: Ana}} # all\n", "users: {ana@a.io: {name: Ana Lind, state: suspended}} # all\n", describe(Entry{Name: "Ana Lind", State: "suspended"}),
		},
		{
			"what is said already", "a.weir.yaml", "users: {ana@a.io: {name: Ana}}\n", "users: {ana@a.io: {name: Ana}}\n", describe(Entry{Name: "Ana", State: "active"}),
		},
		{
			"a name that looks like a parameter", "a.weir.hcl", "user \"ana@a.io\" {}\n", "user \"ana@a.io\" {\n  name = \"$${x} %%{y}\"\n}\n", describe(Entry{Name: "${x} %{y}"}),
		},
		{
			"an entry behind others", "a.weir.yaml", "users:\n  ana@a.io: {} # first\ngroups: {a: {}}\n", "users:\n  ana@a.io: {} # first\n  bo@a.io: {name: Bo Dahl}\ngroups: {a: {}}\n",
			enter(Entry{Who: "user:bo@a.io", Name: "Bo Dahl", State: "active"}),
		},
		{
			"the first entry", "a.weir.hcl", "group \"a\" {}", "group \"a\" {}\n\nuser \"bo@a.io\" {\n  state = \"suspended\"\n}\n",
			enter(Entry{Who: "user:bo@a.io", State: "suspended"}),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			docs, diags := schema.Parse([]schema.File{{Path: c.file, Bytes: []byte(c.before)}})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			w := New(map[string]string{c.file: c.before})
			c.edit(w, docs)
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

// TestRequests: a request is written in each place where it may stand, the likeliest
// first; one that is there gets the new day.
func TestRequests(t *testing.T) {
	m := Membership{Who: "user:ana@a.io", Until: "2026-06-20"}
	for _, c := range []struct{ file, before, after string }{
		{"a.weir.yaml", "personal_spaces: {create: on_request}\n", "personal_spaces: {requests: [{who: ana@a.io, until: 2026-06-20}], create: on_request}\n"},
		{"a.weir.yaml", "personal_spaces:\n  requests:\n    - bo@a.io # first\n  batch: 5\n", "personal_spaces:\n  requests:\n    - bo@a.io # first\n    - {who: ana@a.io, until: 2026-06-20}\n  batch: 5\n"},
		{"a.weir.yaml", "personal_spaces:\n  requests: [{who: ana@a.io, until: 2026-06-18}] # hers\n", "personal_spaces:\n  requests: [{who: ana@a.io, until: 2026-06-20}] # hers\n"},
		{"a.weir.hcl", "personal_spaces {\n  batch = 5\n}\n", "personal_spaces {\n  requests = [{ who = \"ana@a.io\", until = \"2026-06-20\" }]\n  batch = 5\n}\n"},
	} {
		b, ok := BlockAt(diag.At(c.file, 1, 1), c.before)
		if !ok {
			t.Fatalf("%s: no entry", c.before)
		}
		places := b.Requests(m)
		if len(places) == 0 {
			t.Errorf("%s: no place", c.before)
			continue
		}
		if diff := cmp.Diff(Place{c.file, c.after}, places[0]); diff != "" {
			t.Errorf("%s(-want +got):\n%s", c.before, diff)
		}
	}
	if _, ok := BlockAt(diag.At("a.weir.yaml", 3, 1), "users: {}\n"); ok {
		t.Error("an entry stands behind the end of the file")
	}
}
