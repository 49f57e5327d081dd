package render

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

func showEdits(t *testing.T, e *reconcile.Edits, o Options) string {
	t.Helper()
	var b strings.Builder
	p := newPrinter(&b, o)
	p.edits(e)
	if p.err != nil {
		t.Fatal(p.err)
	}
	return b.String()
}

func plain(text string) []reconcile.Span { return []reconcile.Span{{Text: text}} }

func TestEdits(t *testing.T) {
	e := &reconcile.Edits{Base: "origin/main", Commit: "0123456789abcdef", Edited: 2, Drift: 1000, Both: 1, Files: []reconcile.EditedFile{
		{Path: "a.weir.yaml", Idle: 3, Hunks: []reconcile.Hunk{{
			Removed:   []reconcile.EditedLine{{Line: 9, Spans: []reconcile.Span{{Text: "  viewer: ["}, {Text: "ana", Changed: true}, {Text: "]"}}}},
			Added:     []reconcile.EditedLine{{Line: 10, Spans: []reconcile.Span{{Text: "  viewer: ["}, {Text: "bo", Changed: true}, {Text: "]"}}}, {Line: 11, Spans: []reconcile.Span{}}, {Line: 12, Spans: plain("\tadmin: [cem]")}},
			Changes:   []string{"+ role space:S user:bo = viewer"},
			Unchanged: []reconcile.Changeless{{Op: access.Remove, Fact: "role space:S user:ana", Reason: "the site is so already"}, {Op: access.Add, Fact: "role space:S user:cem", Reason: "it is done by hand"}, {Op: access.Add, Fact: "role space:S user:dora", Reason: "it is done by hand"}},
		}}},
		{Path: "new.weir.yaml", Was: "old.weir.yaml"},
		{Path: "z.weir.yaml", Idle: 1},
	}, Unplaced: []string{"- exists group:x"}}
	want := `
edits (since 0123456789ab, where HEAD left origin/main)
  a.weir.yaml
      9 -   viewer: [ana]
     10 +   viewer: [bo]
     11 +
     12 +     admin: [cem]
        brings 1 change: + role space:S user:bo = viewer
        without a change: - role space:S user:ana # the site is so already
        without a change: + role space:S user:cem, + role space:S user:dora # it is done by hand
  new.weir.yaml (was old.weir.yaml)
  4 edited lines state no change: a.weir.yaml 3, z.weir.yaml 1
  1 change is stated by no single line, as edits of ownership reach far: - exists group:x
`
	if diff := cmp.Diff(want, showEdits(t, e, Options{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	got := showEdits(t, e, Options{Color: true})
	for _, line := range []string{
		"      9 \x1b[31m-\x1b[0m   viewer: [\x1b[1;31mana\x1b[0m]\n",
		"     10 \x1b[32m+\x1b[0m   viewer: [\x1b[1;32mbo\x1b[0m]\n",
		"     12 \x1b[32m+\x1b[0m \x1b[32m    admin: [cem]\x1b[0m\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("%q is not in %q", line, got)
		}
	}
	for want, e := range map[string]*reconcile.Edits{
		"you changed 2, the site drifted by 1,000, 1 both": e,
		"you changed 0, the site drifted by 0":             {},
		"":                                                 {Trouble: "it is broken", Edited: 1},
	} {
		if got := Sources(e); got != want {
			t.Errorf("Sources: %q, want %q", got, want)
		}
	}
	if Sources(nil) != "" || showEdits(t, nil, Options{}) != "" {
		t.Error("something is told of a plan that was compared with nothing")
	}
}

// many is edits of a number of places, each with as many lines, of which every
// tenth states a change.
func many(places, lines int) *reconcile.Edits {
	f := reconcile.EditedFile{Path: "a.weir.yaml"}
	for range places {
		var h reconcile.Hunk
		for i := range lines {
			l := reconcile.EditedLine{Line: i + 1, Spans: plain(fmt.Sprintf("line %d", i+1))}
			if i%10 == 9 {
				l.States = 1
				h.Changes = append(h.Changes, fmt.Sprintf("+ exists group:g%d", i+1))
			}
			h.Added = append(h.Added, l)
		}
		f.Hunks = append(f.Hunks, h)
	}
	return &reconcile.Edits{Base: "main", Files: []reconcile.EditedFile{f}}
}

// Much is cut: of a run of lines those that state nothing first. With All nothing is.
func TestManyEdits(t *testing.T) {
	want := `
edits (since , where HEAD left main)
  a.weir.yaml
      1 + line 1
      2 + line 2
      3 + line 3
     10 + line 10
     20 + line 20
     30 + line 30
        and 27 lines more
        brings 3 changes: + exists group:g10, + exists group:g20, + exists group:g30
`
	if diff := cmp.Diff(want, showEdits(t, many(1, 33), Options{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	got := showEdits(t, many(1000, 1000), Options{})
	if n := strings.Count(got, "\n"); n > 500 || !strings.Contains(got, "\n  and 960 edits more (--all lists them)\n") {
		t.Errorf("%d lines:\n%.300s", n, got)
	}
	all := showEdits(t, many(50, 100), Options{All: true})
	if n := strings.Count(all, " + line "); n != 5000 || strings.Contains(all, "more") {
		t.Errorf("%d lines of 5000 are told", n)
	}
}

// Whatever the files and revisions are called and hold, a terminal shows it and
// obeys none of it.
func TestHostileEdits(t *testing.T) {
	for _, text := range []string{"\x1b[2J\x1b]0;t\x07", "a\rb\nc", "\u202egnp", "\x00", "\xff\xfe", "\u2028", "\u200b", strings.Repeat("x", 10_000), "\u009b2J"} {
		e := &reconcile.Edits{Base: text, Commit: text, Trouble: text, Unplaced: []string{text}, Files: []reconcile.EditedFile{{
			Path: text, Was: text, Idle: 1, Hunks: []reconcile.Hunk{{
				Removed: []reconcile.EditedLine{{Line: 1, Spans: []reconcile.Span{{Text: text}, {Text: text, Changed: true}}}},
				Changes: []string{text}, Unchanged: []reconcile.Changeless{{Op: access.Op(text), Fact: text, Reason: text}},
			}},
		}}}
		got := showEdits(t, e, Options{})
		if i := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%q: %q", text, got[i:])
		}
		if n := strings.Count(got, "\n"); n != 9 {
			t.Errorf("%q makes %d lines: %q", text, n, got)
		}
	}
}
