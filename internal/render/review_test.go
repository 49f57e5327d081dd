package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

func TestReview(t *testing.T) {
	change := func(op access.Op, fact string) reconcile.Planned { return reconcile.Planned{Op: op, Fact: fact} }
	for _, test := range []struct {
		name  string
		notes ReviewNotes
		want  string
	}{
		{"nothing", ReviewNotes{}, ""},
		{"the same plan", ReviewNotes{Since: &Since{Same: true}}, "\nSince the last push: the same plan.\n"},
		{"too many", ReviewNotes{Since: &Since{Was: 2570}}, "\nSince the last push: another plan, which had 2,570 changes then.\n"},
		{"the same changes", ReviewNotes{Since: &Since{Counted: true}}, "\nSince the last push: the same changes, on a site that moved.\n"},
		{"removals first", ReviewNotes{Since: &Since{Counted: true, Gone: 1, Fresh: []reconcile.Planned{change("+", "a"), change("-", "b")}}},
			"\nSince the last push: 2 changes are new, 1 is gone.\n\n- new: `- b`\n- new: `+ a`\n"},
		{"rulings", ReviewNotes{Rulings: []Ruled{{Text: "r:1@d", Who: "ana"}, {Text: "x", Who: "@all`", Refused: "no"}}},
			"\n- accepted by `ana`: `r:1@d`\n- not accepted: `x` by `@all`&#96;: `no`\n"},
	} {
		var b strings.Builder
		if err := Review(&b, test.notes); err != nil || b.String() != test.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", test.name, err, b.String(), test.want)
		}
	}
}

// Whatever people wrote and however much of it, the notes stay short: a comment has
// to have room for the plan.
func TestReviewIsShort(t *testing.T) {
	var n ReviewNotes
	n.Since = &Since{Counted: true, Gone: 1000}
	for i := range 1000 {
		long := strings.Repeat(fmt.Sprint(i), 10_000)
		n.Since.Fresh = append(n.Since.Fresh, reconcile.Planned{Op: access.Add, Fact: long})
		n.Rulings = append(n.Rulings, Ruled{Text: long, Who: long, Refused: long})
	}
	var b strings.Builder
	if err := Review(&b, n); err != nil || b.Len() > 16_000 || !strings.Contains(b.String(), "- and 990 more") || !strings.Contains(b.String(), "990 others that are not before") {
		t.Errorf("%v: %d characters", err, b.Len())
	}
}

// What is code stays code: every backtick opens or closes it, and nothing ends a line
// or the cell of a table. What stands outside is entities, and the mark of a cut.
func FuzzCode(f *testing.F) {
	for _, s := range []string{"", "a", "`", "``a`", "a\nb", "@all", "\u202e", "\xff`", "a|b", "##[x", " a ", strings.Repeat("`", 90), strings.Repeat("a`", 90)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := codeOf(s, longName)
		pieces := strings.Split(got, "`")
		if len(pieces)%2 == 0 || strings.ContainsAny(got, "\n\r|") || strings.Contains(got, "##[") || len([]rune(got)) > 8*longName {
			t.Fatalf("%q: %q", s, got)
		}
		for i, piece := range pieces {
			outside := strings.NewReplacer("&#96;", "", "&#124;", "", "&#91;", "", "…", "").Replace(piece)
			if i%2 == 0 && outside != "" || i%2 == 1 && piece == "" {
				t.Fatalf("%q: %q", s, got)
			}
		}
	})
}
