package reconcile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
)

// The heat map and the impacts tell of the same people in the same classes, and
// every cell of the one is an impact of the other.
func TestHeatTellsImpacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var domains []string
		if rapid.Bool().Draw(t, "others' domain") {
			domains = []string{"elsewhere.example"} // everybody is from outside
		}
		p, d := toldPlan(t, domains...)
		h := heat(d, access.Between(d.Before, d.After))
		if h == nil {
			if len(p.Impacts) > 0 {
				t.Fatalf("no heat map, and impacts %v", p.Impacts)
			}
			return
		}
		want, got := make(map[string][]string), make(map[string][]string)
		for _, i := range p.Impacts {
			class := i.Class
			if class == Unlocked {
				class = Gains // a heat map knows no causes
			}
			want[class] = append(want[class], i.People...)
		}
		last := 0
		for _, r := range h.Rows {
			if n := slices.Index(classes, r.Class); n < last {
				t.Fatalf("%s comes after %s", r.Class, classes[last])
			} else {
				last = n
			}
			if len(r.People) != r.Count || len(r.Cells) == 0 {
				t.Fatalf("a row names %d of %d people, and has %d cells", len(r.People), r.Count, len(r.Cells))
			}
			for _, class := range append([]string{r.Class}, r.Also...) {
				got[class] = append(got[class], r.People...)
			}
			for _, c := range r.Cells {
				for _, who := range r.People {
					for _, gains := range []bool{true, false} {
						if (gains && c.Gains || !gains && c.Loses) != slices.ContainsFunc(p.Impacts, func(i Impact) bool {
							return i.Gains == gains && i.Was == c.Was && i.Is == c.Is && slices.Contains(i.People, who) && slices.Contains(i.Objects, h.Objects[c.Object]) && happens(d, who, h.Objects[c.Object], gains)
						}) {
							t.Fatalf("%s on %s (gains %v): %+v, and the impacts are %+v", who, h.Objects[c.Object], gains, c, p.Impacts)
						}
					}
				}
			}
		}
		for _, m := range []map[string][]string{want, got} {
			for class, people := range m {
				slices.Sort(people)
				m[class] = slices.Compact(people)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if h.MoreObjects+h.MoreRows+h.MorePeople > 0 {
			t.Fatalf("something is left out of a small table: %+v", h)
		}
	})
}

// happens reports whether somebody gains, or loses, something on an object.
func happens(d access.Delta, who, object string, gains bool) bool {
	for _, s := range slices.Concat(access.Shifts(d.Before, d.After), access.SiteShifts(d.Before, d.After)) {
		if string(s.Object) != object || (s.Gained == "") == gains && (s.Lost == "") != gains {
			continue
		}
		if access.Ref(who) == access.Anonymous && s.Public() || slices.Contains(slices.Collect(s.People()), access.Ref(who)) {
			return true
		}
	}
	return false
}

// Of more than fits, the largest rows and columns stay, and a row with a loss
// stays before one of gains, however many gain.
func TestHeatIsBounded(t *testing.T) {
	live := access.NewSet(
		access.Fact{Kind: access.Exists, Object: "space:OLD"},
		access.Fact{Kind: access.Exists, Object: "user:loser"},
		access.Fact{Kind: access.Product, Object: "user:loser", Value: "user"},
		access.Fact{Kind: access.Permission, Object: "space:OLD", Verb: "read/space", Subject: "user:loser"},
	)
	target := []access.Fact{
		{Kind: access.Exists, Object: "space:OLD"},
		{Kind: access.Exists, Object: "user:loser"},
		{Kind: access.Product, Object: "user:loser", Value: "user"},
	}
	for n := range 100 { // nobody is like another: the first space has one reader, the last a hundred
		space := access.Ref(fmt.Sprintf("space:S%02d", n))
		target = append(target, access.Fact{Kind: access.Exists, Object: space})
		for p := range n + 1 {
			target = append(target, access.Fact{Kind: access.Permission, Object: space, Verb: "read/space", Subject: reader(p)})
		}
	}
	for p := range 100 {
		target = append(target, access.Fact{Kind: access.Exists, Object: reader(p)}, access.Fact{Kind: access.Product, Object: reader(p), Value: "user"})
	}
	before := access.NewView(live)
	d := access.Delta{Live: live, Target: access.NewSet(target...), Before: before, After: before.With(access.NewSet(target...))}
	h := heat(d, access.Between(d.Before, d.After))
	// The site, the largest spaces, and the smallest of all: somebody loses it.
	want := []string{"site", "space:S99", "space:S98"}
	if got := h.Objects; len(got) != mostHeatObjects || !slices.Equal(got[:3], want) || got[mostHeatObjects-1] != "space:OLD" {
		t.Errorf("the columns are %v", got)
	}
	if h.MoreObjects != 102-mostHeatObjects {
		t.Errorf("%d objects are left out", h.MoreObjects)
	}
	if len(h.Rows) != mostHeatRows || h.MoreRows != 101-mostHeatRows || h.MorePeople != h.MoreRows {
		t.Errorf("%d rows, %d left out with %d people", len(h.Rows), h.MoreRows, h.MorePeople)
	}
	lost := HeatRow{Class: Losses, People: []string{"user:loser"}, Count: 1, Cells: []HeatCell{{Object: mostHeatObjects - 1, Was: "view", Loses: true}}}
	if diff := cmp.Diff(lost, h.Rows[0]); diff != "" {
		t.Error(diff)
	}
	if first := h.Rows[1].People[0]; first != string(reader(0)) {
		t.Errorf("the first who gains is %s, not the one who gains the most", first)
	}
}

func reader(n int) access.Ref { return access.Ref(fmt.Sprintf("user:p%02d", n)) }
