package cloud_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
)

// TestReread: whatever happens to a site, of everything but who holds what in spaces
// and on pages rereading gives what observing gives, and so it does of what is
// touched. Of the rest it gives what there is or what there was.
func TestReread(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{emulator.ModePreRoles, emulator.ModeTransition, emulator.ModeRoles} {
		t.Run(mode, func(t *testing.T) {
			parts, all, old := 0, 0, 0
			rapid.Check(t, func(t *rapid.T) {
				e, c := timed(t, mode)
				defer e.Close()
				a := e.Admin()
				for i := range 4 {
					space := fmt.Sprintf("S%d", i)
					for _, err := range []error{
						a.CreateSpace(space, fmt.Sprintf("Space %d", i)), a.CreateGroup(fmt.Sprintf("g%d", i), ""), a.RecoverSpace(space, self),
						a.AddPerson(fmt.Sprintf("p%d@acme.example", i), "", emulator.PersonOptions{}),
						a.AddMember(fmt.Sprintf("g%d", i), fmt.Sprintf("p%d@acme.example", i)),
						a.CreatePage(space, "Page", ""), a.CreatePage(space, "Below", "Page"), a.Restrict(space, "Page", "update", emulator.Principal{Group: fmt.Sprintf("g%d", i)}),
					} {
						if err != nil {
							t.Fatal(err)
						}
					}
				}
				if mode != emulator.ModePreRoles {
					if err := a.CreateRole("custom", "", "read/space"); err != nil {
						t.Fatal(err)
					}
				}
				extent := access.Extent{Pages: []access.Ref{"page:S0/Page", "page:S1/Below"}, Watch: []access.Ref{"space:S2"}}
				last, err := refreshing(t, e, c, e.Transport()).Observe(t.Context(), extent)
				if err != nil {
					t.Fatal(err)
				}
				c.now = c.now.Add(time.Hour)
				lifeOf(t, e)
				for range rapid.IntRange(0, 3).Draw(t, "restrictions") {
					space, group := rapid.SampledFrom([]string{"S0", "S1", "S2", "S3"}).Draw(t, "space"), rapid.SampledFrom([]string{"g0", "g1", "new"}).Draw(t, "group")
					err := a.Restrict(space, rapid.SampledFrom([]string{"Page", "Below"}).Draw(t, "page"), "update", emulator.Principal{Group: group})
					t.Logf("restrict: %v", err)
				}
				want, err := refreshing(t, e, c, e.Transport()).Observe(t.Context(), extent)
				if err != nil {
					t.Fatal(err)
				}
				touched := rapid.SliceOfDistinct(rapid.SampledFrom([]access.Ref{"space:S0", "space:S1", "space:S2", "space:S3", "space:NEW", "page:S0/Page", "page:S1/Below"}), func(r access.Ref) access.Ref { return r }).Draw(t, "touched")
				got, err := refreshing(t, e, c, e.Transport()).Reread(t.Context(), last, touched, extent)
				if err != nil {
					t.Fatal(err)
				}
				if got.Reread != "" {
					all++
					if diff := cmp.Diff(lines(want.Facts), lines(got.Facts)); diff != "" {
						t.Fatalf("%s (- observed, + reread)\n%s", got.Reread, diff)
					}
					return
				}
				parts++
				must := func(f access.Fact) bool {
					return f.Kind != access.Role && f.Kind != access.Permission && f.Kind != access.Restrict && !f.Object.IsPage() || slices.Contains(touched, f.Object)
				}
				if diff := cmp.Diff(lines(want.Facts.Filter(must)), lines(got.Facts.Filter(must))); diff != "" {
					t.Fatalf("touched %v (- observed, + reread)\n%s", touched, diff)
				}
				for f := range got.Facts.All() {
					if !want.Facts.Has(f) {
						old++
						if !last.Facts.Has(f) {
							t.Fatalf("%s neither is nor was", f)
						}
					}
				}
				for f := range want.Facts.OfKind(access.Exists) {
					if _, named := got.IDs[f.Object]; !named {
						t.Fatalf("%s has no id", f.Object)
					}
				}
				if got.Account != want.Account || got.Site != want.Site || got.Traits.Mode != want.Traits.Mode {
					t.Fatalf("%+v, want %+v", got, want)
				}
			})
			t.Logf("%d in part, %d wholly, %d facts as they were", parts, all, old)
			if parts == 0 {
				t.Error("nothing was put to the test")
			}
		})
	}
}

// TestRereadIsCheap: of a large site little is read, and what the earlier
// observation was not asked for is read as well.
func TestRereadIsCheap(t *testing.T) {
	e, c := timed(t, emulator.ModeTransition)
	defer e.Close()
	if _, err := e.Admin().Generate(emulator.Generation{People: 200, Groups: 30, Spaces: 300, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	must(t, e.Admin().CreateSpace("ZHR", "People"), e.Admin().CreatePage("ZHR", "Pay", ""), e.Admin().RecoverSpace("ZHR", self))
	s := refreshing(t, e, c, e.Transport())
	last, err := s.Observe(t.Context(), access.Extent{})
	must(t, err)
	reread := func(extent access.Extent, touched ...access.Ref) site.Observation {
		t.Helper()
		obs, err := s.Reread(t.Context(), last, touched, extent)
		must(t, err)
		if obs.Reread != "" {
			t.Fatalf("everything was read: %s", obs.Reread)
		}
		return obs
	}
	nothing, one := reread(access.Extent{}), reread(access.Extent{}, "space:ZHR")
	if one.Requests != nothing.Requests+2 || nothing.Requests*10 > last.Requests || !one.Facts.Equal(last.Facts) {
		t.Errorf("%d requests for all, %d for nothing, %d for one space", last.Requests, nothing.Requests, one.Requests)
	}
	page := access.Ref("page:ZHR/Pay")
	if got := reread(access.Extent{Pages: []access.Ref{page}}); !got.Facts.Has(access.Fact{Kind: access.Exists, Object: page}) {
		t.Error("a page that the earlier observation was not asked for was not read")
	}
	if got := reread(access.Extent{Watch: []access.Ref{"space:ZHR"}}); !got.Facts.Has(access.Fact{Kind: access.Exists, Object: page}) {
		t.Error("a space that the earlier observation did not watch was not read")
	}

	// What is not touched is as it was.
	must(t, e.Admin().AssignRole("ZHR", emulator.Principal{Class: "authenticated-users"}, "Viewer"))
	fact := set(t, "role space:ZHR class:authenticated = viewer").Facts()[0]
	if reread(access.Extent{}).Facts.Has(fact) || !reread(access.Extent{}, "space:ZHR").Facts.Has(fact) {
		t.Error("what is touched is read, and nothing else")
	}

	// Of a watched space a page that is touched is read, by itself and exactly.
	watch := access.Extent{Watch: []access.Ref{"space:ZHR"}}
	last, err = s.Observe(t.Context(), watch)
	must(t, err, e.Admin().Restrict("ZHR", "Pay", "update", emulator.Principal{User: self}))
	fact = set(t, "restrict page:ZHR/Pay edit user:"+self).Facts()[0]
	if reread(watch).Facts.Has(fact) || !reread(watch, page).Facts.Has(fact) {
		t.Error("of pages what is touched is read, and nothing else")
	}

	// What is of another site is not kept.
	last.Site = "another"
	obs, err := s.Reread(t.Context(), last, nil, access.Extent{})
	if err != nil || obs.Reread != "the earlier observation is of another site or account" {
		t.Errorf("%q, %v", obs.Reread, err)
	}
}
