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
			"\n- accepted by `ana`: `r:1@d`\n- not accepted: `x` by `` @all` ``: `no`\n"},
		{"commands", ReviewNotes{Commands: []string{"deletes/group:``` x:1@d"}},
			"\nSomebody who may write here and did not make this request can accept exactly this, once, with a comment that says:\n\n    /weir accept deletes/group:``` x:1@d\n"},
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
		n.Commands = append(n.Commands, long)
		n.Rulings = append(n.Rulings, Ruled{Text: long, Who: long, Refused: long})
	}
	var b strings.Builder
	if err := Review(&b, n); err != nil || b.Len() > 16_000 || !strings.Contains(b.String(), "more are not shown here") || !strings.Contains(b.String(), "- and 990 more") || !strings.Contains(b.String(), "990 others that are not before") {
		t.Errorf("%v: %d characters", err, b.Len())
	}
}

// A name stays within its span: no line break, no run of backticks that ends it.
func FuzzSpan(f *testing.F) {
	for _, s := range []string{"", "a", "`", "``a`", "a\nb", "@all", "\u202e", "\xff`"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := span(s)
		fence := got[:len(got)-len(strings.TrimLeft(got, "`"))]
		inner := strings.TrimSuffix(strings.TrimPrefix(got, fence), fence)
		if fence == "" || strings.ContainsAny(got, "\n\r") || strings.HasPrefix(inner, "`") || strings.HasSuffix(inner, "`") {
			t.Fatalf("%q: %q", s, got)
		}
		for _, run := range strings.FieldsFunc(inner, func(r rune) bool { return r != '`' }) {
			if len(run) >= len(fence) {
				t.Fatalf("%q: %q is ended by %q", s, got, run)
			}
		}
	})
}
