package cloud_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// TestOwnRoles: people who hold a product role by themselves, few or many,
// and only those.
func TestOwnRoles(t *testing.T) {
	for _, guests := range []int{1, 30} {
		t.Run(fmt.Sprintf("%d guests", guests), func(t *testing.T) {
			e, s := embedded(t, emulator.Options{}, nil)
			a := e.Admin()
			errs := []error{a.CreateGroup("admins", ""), a.SetProductRole("admins", "admin"), a.AddPerson("root@acme.example", "", emulator.PersonOptions{}), a.AddMember("admins", "root@acme.example")}
			want := []string{"product group:admins = admin"}
			for i := range 20 {
				errs = append(errs, a.AddPerson(fmt.Sprintf("p%02d@acme.example", i), "", emulator.PersonOptions{}))
			}
			for i := range guests {
				errs = append(errs, a.AddGuest(fmt.Sprintf("g%02d@acme.example", i), ""))
				want = append(want, fmt.Sprintf("product user:g%02d@acme.example = guest", i))
			}
			want = append(want, "product user:weir@embedded.invalid = admin")
			for _, err := range errs {
				if err != nil {
					t.Fatal(err)
				}
			}
			obs, got := observed(t, s, access.Product)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if len(obs.Unknown) > 0 {
				t.Error(obs.Unknown)
			}
			presence, err := s.Present(t.Context(), factsOf(add("product user:g00@acme.example = guest", "product user:root@acme.example = admin", "product user:nobody@acme.example = guest", "product user:p00@acme.example = guest")))
			if want := []site.Presence{site.Seen, site.Absent, site.Absent, site.Absent}; err != nil || !slices.Equal(presence, want) {
				t.Errorf("present: %v, %v", presence, err)
			}
		})
	}
}

// TestOwnRolesDisagree: a search that lost somebody makes their roles unknown,
// whichever search it is.
func TestOwnRolesDisagree(t *testing.T) {
	e, s := embedded(t, emulator.Options{}, nil)
	for i := range 15 {
		email := fmt.Sprintf("p%02d@acme.example", i)
		if err := e.Admin().AddPerson(email, "", emulator.PersonOptions{}); err != nil {
			t.Fatal(err)
		}
		if i < 3 {
			if err := e.Admin().AddGuest("g"+email, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	clean, _ := observed(t, s)
	for n := range 3 {
		asked := 0
		s := open(t, e, &world.Serial{RoundTripper: &world.Mangled{RoundTripper: e.Transport(), Path: "/users/search", Answer: inPlace(func(_ int, b map[string]any) {
			list := rows(b)
			if len(list) == 0 || len(list) > 5 {
				return // the people, or a role that nobody holds
			}
			if asked++; asked == n+1 {
				b["data"] = []any{}
			}
		})}})
		obs, err := s.Observe(t.Context(), access.Extent{})
		sitetest.Honest(t, clean.Facts, obs, err)
		if err == nil && !slices.ContainsFunc(obs.Unknown, func(u access.Unknown) bool {
			return u.Kind == access.Product && strings.Contains(u.Reason, "disagree")
		}) {
			t.Errorf("search %d: unknown is %v", n, obs.Unknown)
		}
	}
}
