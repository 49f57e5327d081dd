package cloud_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// TestPins: what was there before and no list shows is gone only if asking for
// its id says so as well; a space never is.
func TestPins(t *testing.T) {
	e, s := embedded(t, emulator.Options{}, nil)
	a := e.Admin()
	for _, err := range []error{
		a.CreateSpace("ENG", "Engineering"), a.CreateGroup("staff", ""), a.CreateRole("custom", "", "read/space"),
		a.AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	before, _ := observed(t, s)
	pins := map[access.Ref]string{
		"page:ENG/Home": "4711", "group:old-name": before.IDs["group:staff"], // the group goes by another name now
	}
	for _, r := range []access.Ref{"space:ENG", "group:staff", "space_role:custom", "user:ana@acme.example"} {
		pins[r] = before.IDs[r]
	}
	observe := func(t *testing.T, s site.Reader) []string {
		t.Helper()
		obs, err := s.Observe(t.Context(), access.Extent{Pins: pins})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, u := range obs.Unknown {
			if u.Kind != "" {
				t.Errorf("only %s of %s is unknown", u.Kind, u.Object)
			}
			out = append(out, u.Object.String()+": "+u.Reason)
		}
		return out
	}
	const (
		hidden  = ": it was there before (weir.lock) and cannot be seen now; if it is gone, delete its line from weir.lock"
		omitted = ": it was there before (weir.lock), no list shows it now, and it is there when asked for by its id"
	)
	if got := observe(t, s); got != nil {
		t.Errorf("everything is there, and unknown is %v", got)
	}
	t.Run("left out of every list", func(t *testing.T) {
		// Lists hold only what the caller may see.
		omit := func(next http.RoundTripper) http.RoundTripper {
			for _, path := range []string{"/groups/search", "/rest/api/group", "/users/search", "/api/v2/spaces", "/api/v2/space-roles"} {
				next = &world.Mangled{RoundTripper: next, Path: path, Answer: inPlace(func(_ int, b map[string]any) {
					name, _ := listOf(b)
					var kept = []any{}
					for _, row := range rows(b) {
						row := row.(map[string]any)
						if row["name"] != "staff" && row["name"] != "custom" && row["name"] != "Ana" && row["name"] != "Engineering" {
							kept = append(kept, row)
						}
					}
					b[name] = kept
				})}
			}
			return next
		}
		want := []string{"group:staff" + omitted, "space:ENG" + hidden, "space_role:custom" + omitted, "user:ana@acme.example" + omitted}
		// The group goes by its old name as well, and is as much there.
		want = append([]string{"group:old-name" + omitted}, want...)
		if diff := cmp.Diff(want, observe(t, open(t, e, omit(e.Transport())))); diff != "" {
			t.Error(diff)
		}
		for status, reason := range map[int]string{403: hidden, 404: ""} {
			s := open(t, e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				for ref, id := range pins {
					if ref != "space:ENG" && strings.HasSuffix(r.URL.Path, "/"+id) {
						return world.Reply(r, status, "application/json", `{}`), nil
					}
				}
				return omit(e.Transport()).RoundTrip(r)
			}))
			want := []string{"space:ENG" + hidden}
			if reason != "" {
				want = []string{"group:old-name" + hidden, "group:staff" + hidden, "space:ENG" + hidden, "space_role:custom" + hidden, "user:ana@acme.example" + hidden}
			}
			if diff := cmp.Diff(want, observe(t, s)); diff != "" {
				t.Errorf("%d:\n%s", status, diff)
			}
		}
		s := open(t, e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/"+pins["group:staff"]) {
				return world.Reply(r, 500, "application/json", `{}`), nil
			}
			return omit(e.Transport()).RoundTrip(r)
		}))
		if _, err := s.Observe(t.Context(), access.Extent{Pins: pins}); !site.Is(err, site.Transient) {
			t.Errorf("an answer that may come later: %v", err)
		}
	})
	t.Run("gone", func(t *testing.T) {
		for _, err := range []error{a.DeleteGroup("staff"), a.DeleteRole("custom"), a.DeleteSpace("ENG")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		pins["user:nobody@acme.example"] = "no-such-account"
		if diff := cmp.Diff([]string{"space:ENG" + hidden}, observe(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestManyPins: when so much is missing, asking would prove nothing.
func TestManyPins(t *testing.T) {
	for n, asked := range map[int]int{50: 50, 51: 0} {
		requests := 0
		_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
			return &world.Serial{RoundTripper: world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/groups/g-") {
					requests++
				}
				return next.RoundTrip(r)
			})}
		})
		pins := make(map[access.Ref]string)
		for i := range n {
			pins[access.NewRef("group", fmt.Sprint(i))] = fmt.Sprintf("g-%d", i)
		}
		obs, err := s.Observe(t.Context(), access.Extent{Pins: pins})
		if err != nil {
			t.Fatal(err)
		}
		if want := n - asked; requests != asked || len(obs.Unknown) != want {
			t.Errorf("%d missing: %d asked for, %d unknown, want %d and %d", n, requests, len(obs.Unknown), asked, want)
		}
		if len(obs.Unknown) > 0 && !strings.Contains(obs.Unknown[0].Reason, "50 other things") {
			t.Error(obs.Unknown[0].Reason)
		}
	}
}
