package sitetest

import (
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
)

// extents: how much of a site's content is read, and what becomes of things that
// were there before.
func extents(t *testing.T, open func(t *testing.T) Subject) {
	// with gives a site with two restricted pages, one below the other.
	with := func(t *testing.T) *trial {
		tr := start(t, open(t))
		tr.reads(plan, access.Ref("page:ENG/Pay bands / 2026"))
		tr.bring(one(space, group))
		tr.others(tree)
		tr.bring(one(space, group, restrict(plan, "edit", keepers, toGroup), restrict(below, "view", keepers)))
		return tr
	}
	seen := func(tr *trial, e access.Extent) (pages, restricted string) {
		tr.t.Helper()
		tr.extent = e
		var p, r []string
		for f := range tr.observe().Facts.All() {
			switch {
			case f.Kind == access.Exists && f.Object.IsPage() && e.Reads(f.Object):
				p = append(p, f.Object.PageTitle())
			case f.Kind == access.Restrict && e.Reads(f.Object):
				r = append(r, f.Object.PageTitle()+" "+f.Verb+" "+f.Subject.ID())
			}
		}
		return strings.Join(p, ", "), strings.Join(r, ", ")
	}
	const all = "Pay bands / 2026 view keepers, Plans edit engineering, Plans edit keepers"

	t.Run("nothing that was not asked for", func(t *testing.T) {
		tr := with(t)
		tr.extent = access.Extent{}
		for f := range tr.observe().Facts.All() {
			if f.Object.IsPage() {
				t.Errorf("%s", f)
			}
		}
	})
	t.Run("a described page", func(t *testing.T) {
		tr := with(t)
		pages, restricted := seen(tr, access.Extent{Pages: []access.Ref{plan}})
		if pages != "Plans" || restricted != "Plans edit engineering, Plans edit keepers" {
			t.Errorf("seen: %s; %s", pages, restricted)
		}
		if id := tr.observe().IDs[plan]; id == "" {
			t.Error("the page has no id")
		}
	})
	t.Run("the pages above one", func(t *testing.T) {
		tr := with(t)
		if got := tr.observe().Parents["page:ENG/Pay bands / 2026"]; got != plan {
			t.Errorf("the page is below %q", got)
		}
	})
	// A title that nobody has is not there. It is not unknown either, for then no
	// plan with it could ever be made: the plan says that the page is missing.
	t.Run("a missing page", func(t *testing.T) {
		tr := with(t)
		pages, _ := seen(tr, access.Extent{Pages: []access.Ref{plan, "page:ENG/None", "page:NONE/Plans", "blogpost:ENG/Plans"}})
		if pages != "Plans" {
			t.Errorf("seen: %s", pages)
		}
	})
	t.Run("a watched space", func(t *testing.T) {
		tr := with(t)
		pages, restricted := seen(tr, access.Extent{Watch: []access.Ref{"space:ENG"}})
		if !strings.Contains(pages, "Pay bands / 2026") || !strings.Contains(pages, "Plans") || restricted != all {
			t.Errorf("seen: %s; %s", pages, restricted)
		}
	})
	t.Run("another watched space", func(t *testing.T) {
		tr := with(t)
		tr.bring(one(space, ops, group, restrict(plan, "edit", keepers, toGroup), restrict(below, "view", keepers)))
		if _, restricted := seen(tr, access.Extent{Watch: []access.Ref{"space:OPS"}}); restricted != "" {
			t.Errorf("seen: %s", restricted)
		}
	})
	t.Run("everything", func(t *testing.T) {
		tr := with(t)
		if _, restricted := seen(tr, access.Extent{All: true}); restricted != all {
			t.Errorf("seen: %s", restricted)
		}
	})

	// What has a line in weir.lock was there. When no list shows it any more, it
	// is asked for by its id, and unless that proves it gone it is unknown: a plan
	// must not make another one, nor take what it held for nothing.
	pinned := func(t *testing.T, r access.Ref, lines []string, deeds []Deed, omitted bool) {
		t.Helper()
		s := open(t)
		hide := s.Hide
		if omitted {
			hide = s.Omit
		}
		if hide == nil {
			t.Skip("the subject hides nothing")
		}
		tr := start(t, s)
		if r.IsPage() {
			tr.reads(r)
		}
		tr.bring(lines)
		tr.others(deeds)
		id := tr.observe().IDs[r]
		if id == "" {
			t.Fatalf("%s has no id", r)
		}
		tr.extent.Pins = map[access.Ref]string{r: id}
		tr.observe() // what is there and pinned is not unknown
		hide(t, r, id)
		obs, err := tr.site.Observe(t.Context(), tr.extent)
		if err != nil {
			t.Fatal(err)
		}
		if obs.Facts.Has(access.Fact{Kind: access.Exists, Object: r}) {
			if !omitted {
				t.Errorf("%s is hidden and seen", r)
			}
			return // asked for by its id, it may be read like others
		}
		for _, u := range obs.Unknown {
			if u.Covers(access.Fact{Kind: access.Exists, Object: r}) {
				return
			}
		}
		t.Errorf("%s was there before, does not show and counts for gone", r)
	}
	t.Run("a pinned and hidden space", func(t *testing.T) { pinned(t, "space:ENG", one(space, ops), nil, false) })
	t.Run("a pinned and hidden page", func(t *testing.T) { pinned(t, plan, one(space), plans, false) })
	t.Run("a pinned and omitted space", func(t *testing.T) { pinned(t, "space:ENG", one(space, ops), nil, true) })
	t.Run("a pinned and omitted page", func(t *testing.T) { pinned(t, plan, one(space), plans, true) })
	t.Run("a pinned and omitted group", func(t *testing.T) { pinned(t, "group:engineering", one(group, staff), nil, true) })
	t.Run("a pinned and omitted person", func(t *testing.T) { pinned(t, "user:ana@acme.example", one(ana, bo), nil, true) })
	t.Run("a pinned group that is gone", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(group, "exists group:other"))
		tr.extent.Pins = map[access.Ref]string{"group:engineering": tr.observe().IDs["group:engineering"]}
		tr.bring(one("exists group:other"))
		tr.observe() // it is gone, and that is proven
	})
}
