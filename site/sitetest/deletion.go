package sitetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Deletions runs what the suite has of deleting spaces: personal ones alone, and
// those only while they are archived. All that is said of one goes in the same unit.
func Deletions(t *testing.T, open func(t *testing.T) Subject) {
	// with gives a site with a space of everybody's and ana's own, where a group holds
	// a role, archived or not.
	with := func(t *testing.T, archived bool) (tr *trial, space access.Ref) {
		t.Helper()
		s := open(t)
		if s.PersonalSpace == nil {
			t.Skip("the subject has no personal spaces")
		}
		tr = start(t, s)
		lines := one(ana, group, "exists space:ENG\nname space:ENG = Engineering")
		tr.bring(lines)
		tr.others(personal)
		lines = append(lines, "role space:~ana user:ana@acme.example = admin", "role space:~ana group:engineering = viewer")
		if archived {
			lines = append(lines, "status space:~ana = archived", "status space:ENG = archived")
		}
		tr.bring(lines)
		return tr, access.Ref(tr.alias.Replace("space:~ana"))
	}
	// gone is everything that falls with an object.
	gone := func(obs site.Observation, object access.Ref) (out []access.Change) {
		for f := range obs.Facts.All() {
			if f.Object.Space() == object {
				out = append(out, access.Change{Op: access.Remove, Fact: f})
			}
		}
		return out
	}
	refused := func(t *testing.T, tr *trial, unit []access.Change, kinds ...site.Kind) {
		t.Helper()
		before := tr.observe()
		err := tr.site.Do(t.Context(), site.Step{ID: "test", Changes: unit})
		if !slices.ContainsFunc(kinds, func(k site.Kind) bool { return site.Is(err, k) }) {
			t.Fatalf("%v, want a refusal", err)
		}
		if after := tr.observe(); !after.Facts.Equal(before.Facts) {
			t.Error("it was refused and had an effect")
		}
		if len(unit) > 0 {
			tr.agree(unit, false)
		}
	}

	t.Run("an archived personal space", func(t *testing.T) {
		tr, space := with(t, true)
		live := tr.observe()
		falls := gone(live, space)
		units := tr.units(append(falls, access.Change{Op: access.Remove, Fact: access.Fact{Kind: access.Status, Object: "space:ENG", Value: "archived"}}), live)
		if len(units) != 2 {
			t.Fatalf("%d units: %v", len(units), units)
		}
		for _, unit := range units {
			tr.do(unit)
		}
		for f := range tr.observe().Facts.All() {
			if f.Object.Space() == space {
				t.Errorf("%s is left", f)
			}
		}
		if !tr.observe().Facts.Has(access.Fact{Kind: access.Exists, Object: "space:ENG"}) {
			t.Error("another space is gone")
		}
	})
	t.Run("one that is not archived", func(t *testing.T) {
		tr, space := with(t, false)
		refused(t, tr, gone(tr.observe(), space), site.Unsupported)
	})
	t.Run("one that has been brought back since", func(t *testing.T) {
		tr, space := with(t, true)
		falls := gone(tr.observe(), space)
		back := access.Fact{Kind: access.Status, Object: space, Value: "archived"}
		tr.do([]access.Change{{Op: access.Remove, Fact: back}})
		before := tr.observe()
		if err := tr.site.Do(t.Context(), site.Step{ID: "test", Changes: falls}); !site.Is(err, site.Conflict) {
			t.Errorf("%v, want a conflict", err)
		}
		if after := tr.observe(); !after.Facts.Equal(before.Facts) {
			t.Error("it was refused and had an effect")
		}
	})
	t.Run("a space that is nobody's own", func(t *testing.T) {
		tr, _ := with(t, true)
		falls := gone(tr.observe(), "space:ENG")
		refused(t, tr, falls, site.Unsupported)
		// Nor where somebody says that it were.
		said := append(slices.Clone(falls), access.Change{Op: access.Remove, Fact: access.Fact{Kind: access.Personal, Object: "space:ENG", Subject: "user:ana@acme.example"}})
		before := tr.observe()
		if err := tr.site.Do(t.Context(), site.Step{ID: "test", Changes: said}); !site.Is(err, site.Conflict) {
			t.Errorf("%v, want a conflict", err)
		}
		if after := tr.observe(); !after.Facts.Equal(before.Facts) {
			t.Error("it was refused and had an effect")
		}
	})
	t.Run("one that is gone already", func(t *testing.T) {
		tr, space := with(t, true)
		falls := gone(tr.observe(), space)
		tr.do(falls)
		if err := tr.site.Do(t.Context(), site.Step{ID: "test", Changes: falls}); !site.Is(err, site.NotFound) {
			t.Errorf("%v, want that it is not found", err)
		}
		tr.agree(falls, true)
	})
	t.Run("together with something else", func(t *testing.T) {
		tr, space := with(t, true)
		falls := append(gone(tr.observe(), space), access.Change{Op: access.Remove, Fact: access.Fact{Kind: access.Exists, Object: "space:ENG"}})
		slices.SortFunc(falls, func(a, b access.Change) int { return -strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		before := tr.observe()
		if err := tr.site.Do(t.Context(), site.Step{ID: "test", Changes: falls}); err == nil {
			t.Error("it was not refused")
		}
		if after := tr.observe(); !after.Facts.Equal(before.Facts) {
			t.Error("it was refused and had an effect")
		}
	})
}
