package access_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// Moves tell exactly the shifts, with the standings that the oracle gives, each
// once, and nobody is apart from those to whom the same happens.
func TestMovesTellEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := accesstest.Worlds().Draw(t, "world")
		to := accesstest.SiteWithContent().Draw(t, "to")
		before := w.View()
		after := before.With(to)
		was, is := accesstest.Oracle{World: w}, accesstest.Oracle{World: w.With(to)}

		type pair struct{ person, object access.Ref }
		want := make(map[pair]access.Move)
		lost := make(map[pair]bool)
		shifts := slices.Concat(access.Shifts(before, after), access.SiteShifts(before, after))
		each := func(do func(who access.Ref, s access.Shift)) {
			for _, s := range shifts {
				who := slices.Collect(s.People())
				if s.Public() {
					who = append(who, access.Anonymous)
				}
				for _, p := range who {
					do(p, s)
				}
			}
		}
		each(func(who access.Ref, s access.Shift) {
			lost[pair{who, s.Object}] = s.Lost.Has(access.CanView)
		})
		each(func(who access.Ref, s access.Shift) {
			if s.Object.IsPage() && (!before.Restricted(s.Object) && !after.Restricted(s.Object) || lost[pair{who, s.Object.PageSpace()}]) {
				return // it follows the space
			}
			want[pair{who, s.Object}] = access.Move{
				Object: s.Object, Was: stands(was, who, s.Object), Is: stands(is, who, s.Object),
				Gains: s.Gained != "", Loses: s.Lost != "",
			}
		})
		got := make(map[pair]access.Move)
		patterns := make(map[string]bool)
		for n, a := range access.Between(before, after).Moves() {
			people := slices.Collect(a.People())
			if len(people) != a.Count() {
				t.Fatalf("%d people, and %d are counted", len(people), a.Count())
			}
			if a.Public() {
				if n != 0 || len(people) > 0 {
					t.Fatalf("the public is in row %d, with %v", n, people)
				}
				people = append(people, access.Anonymous)
			} else {
				pattern := fmt.Sprint(a.Moves)
				if patterns[pattern] {
					t.Fatalf("two crowds make the moves %s", pattern)
				}
				patterns[pattern] = true
			}
			for _, p := range people {
				for _, m := range a.Moves {
					if _, had := got[pair{p, m.Object}]; had {
						t.Fatalf("%s moves twice on %s", p, m.Object)
					}
					got[pair{p, m.Object}] = m
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
