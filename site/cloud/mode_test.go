package cloud_test

import (
	"net/http"
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

// observed reads the site and gives the facts of the kinds, as lines.
func observed(t *testing.T, s site.Reader, kinds ...access.Kind) (site.Observation, []string) {
	t.Helper()
	return observedWith(t, s, access.Extent{}, kinds...)
}

func observedWith(t *testing.T, s site.Reader, extent access.Extent, kinds ...access.Kind) (site.Observation, []string) {
	t.Helper()
	obs, err := s.Observe(t.Context(), extent)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for f := range obs.Facts.All() {
		if slices.Contains(kinds, f.Kind) {
			out = append(out, f.String())
		}
	}
	return obs, out
}

// build makes what all modes are tested on: a space with a group and a person
// who may look, and one who may write.
func build(t *testing.T, e *emulator.Emulator, custom bool) {
	t.Helper()
	a := e.Admin()
	errs := []error{
		a.CreateSpace("ENG", "Engineering"), a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"),
		a.AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}), a.AddPerson("bo@acme.example", "Bo", emulator.PersonOptions{}),
	}
	if custom {
		errs = append(errs,
			a.AddPermission("ENG", emulator.Principal{Group: "staff"}, "read/space"),
			a.AddPermission("ENG", emulator.Principal{User: "bo@acme.example"}, "read/space"),
			a.AddPermission("ENG", emulator.Principal{User: "bo@acme.example"}, "create/comment"),
		)
	}
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestModes: access to spaces is read in the way in which the site says it, and
// roles are not asked for where there are none.
func TestModes(t *testing.T) {
	custom := []string{
		"permission space:ENG create/comment user:bo@acme.example",
		"permission space:ENG delete/space user:bo@acme.example",
		"permission space:ENG export_content/space group:staff",
		"permission space:ENG export_content/space user:bo@acme.example",
		"permission space:ENG read/space group:staff",
		"permission space:ENG read/space user:bo@acme.example",
	}
	t.Run("PRE_ROLES", func(t *testing.T) {
		e, s := embedded(t, emulator.Options{RoleMode: emulator.ModePreRoles}, func(next http.RoundTripper) http.RoundTripper {
			return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/space-roles") || strings.Contains(r.URL.Path, "/space-permissions") ||
					strings.HasPrefix(r.URL.Path, "/wiki/") && strings.HasSuffix(r.URL.Path, "/role-assignments") {
					t.Errorf("asked %s", r.URL.Path)
				}
				return next.RoundTrip(r)
			})
		})
		build(t, e, true)
		obs, got := observed(t, s, access.Role, access.Permission, access.Grants)
		if diff := cmp.Diff(custom, got); diff != "" {
			t.Error(diff)
		}
		if obs.Traits.Mode != site.ByPermissions || len(obs.Traits.Permissions) != 14 || !slices.Equal(obs.Traits.Classes, []access.Ref{access.Anonymous}) {
			t.Errorf("traits are %+v", obs.Traits)
		}
		presence, err := s.Present(t.Context(), factsOf(add("permission space:ENG read/space group:staff", "permission space:ENG create/page group:staff", "role space:ENG group:staff = viewer", "exists space_role:viewer")))
		if want := []site.Presence{site.Seen, site.Absent, site.Absent, site.Absent}; err != nil || !slices.Equal(presence, want) {
			t.Errorf("present: %v, %v", presence, err)
		}
	})
	t.Run("ROLES_TRANSITION", func(t *testing.T) {
		e, s := embedded(t, emulator.Options{RoleMode: emulator.ModeTransition}, nil)
		build(t, e, true)
		if err := e.Admin().AssignRole("ENG", emulator.Principal{User: "ana@acme.example"}, "Viewer"); err != nil {
			t.Fatal(err)
		}
		obs, got := observed(t, s, access.Role, access.Permission)
		// What Ana's role gives is in the list of permissions, and is not hers beside it.
		if diff := cmp.Diff(append(custom, "role space:ENG user:ana@acme.example = viewer"), got); diff != "" {
			t.Error(diff)
		}
		if obs.Traits.Mode != site.ByEither || obs.Traits.Permissions != nil || obs.Permissions["read/space"] == "" {
			t.Errorf("traits are %+v", obs.Traits)
		}
		presence, err := s.Present(t.Context(), factsOf(add("permission space:ENG read/space user:ana@acme.example", "permission space:ENG read/space group:staff", "role space:ENG user:ana@acme.example = viewer")))
		if want := []site.Presence{site.Absent, site.Seen, site.Seen}; err != nil || !slices.Equal(presence, want) {
			t.Errorf("present: %v, %v", presence, err)
		}
	})
	t.Run("ROLES", func(t *testing.T) {
		e, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
			return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/permissions") {
					t.Errorf("asked %s", r.URL.Path)
				}
				return next.RoundTrip(r)
			})
		})
		build(t, e, false)
		// Of a space in which nobody holds a role, the other list is asked as well.
		if err := e.Admin().AssignRole("ENG", emulator.Principal{User: "ana@acme.example"}, "Viewer"); err != nil {
			t.Fatal(err)
		}
		if obs, got := observed(t, s, access.Permission); len(got) > 0 || obs.Traits.Mode != site.ByRoles {
			t.Errorf("%v, traits %+v", got, obs.Traits)
		}
	})
	t.Run("another", func(t *testing.T) {
		_, s := embedded(t, emulator.Options{}, rewriting("/space-role-mode", func(b map[string]any) { b["mode"] = "SOMETHING_NEW" }))
		_, err := s.Observe(t.Context(), access.Extent{})
		if !site.Is(err, site.Unsupported) || !strings.Contains(err.Error(), "SOMETHING_NEW") {
			t.Errorf("%v", err)
		}
	})
}

// TestUnseenPermissions: permissions that are hidden, or cannot be told from
// what roles give, are unknown for that space, and only there.
func TestUnseenPermissions(t *testing.T) {
	e, s := embedded(t, emulator.Options{RoleMode: emulator.ModeTransition}, nil)
	build(t, e, true)
	a := e.Admin()
	for _, err := range []error{
		a.CreateSpace("OPS", "Operations"), a.AddPermission("OPS", emulator.Principal{Group: "staff"}, "read/space"),
		a.AssignRole("ENG", emulator.Principal{User: "ana@acme.example"}, "Viewer"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	clean, _ := observed(t, s)
	space := clean.IDs["space:ENG"]
	hide := func(path string, status int) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/spaces/"+space+path) {
					return world.Reply(r, status, "application/json", `{}`), nil
				}
				return next.RoundTrip(r)
			})
		}
	}
	for name, c := range map[string]struct {
		change func(http.RoundTripper) http.RoundTripper
		want   []access.Unknown
	}{
		"permissions, 403": {hide("/permissions", 403), []access.Unknown{{Kind: access.Permission, Object: "space:ENG", Reason: "its permissions cannot be read: HTTP 403"}}},
		"permissions, 404": {hide("/permissions", 404), []access.Unknown{{Kind: access.Permission, Object: "space:ENG", Reason: "its permissions cannot be read: HTTP 404"}}},
		"roles, 403": {hide("/role-assignments", 403), []access.Unknown{
			{Kind: access.Permission, Object: "space:ENG", Reason: "its role assignments are not all known, and so neither is what stands beside them"},
			{Kind: access.Role, Object: "space:ENG", Reason: "its role assignments cannot be read: HTTP 403"},
		}},
		"a principal of a new kind": {rewriting("/spaces/"+space+"/permissions", func(b map[string]any) {
			for _, row := range rows(b) {
				if p := row.(map[string]any)["principal"].(map[string]any); p["type"] == "group" {
					p["type"], p["id"] = "role", "r2"
				}
			}
		}), []access.Unknown{{Kind: access.Permission, Object: "space:ENG", Reason: "it has a permission of a kind of principal that weir does not know (role r2)"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, e, c.change(e.Transport()))
			obs, err := s.Observe(t.Context(), access.Extent{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, obs.Unknown); diff != "" {
				t.Error(diff)
			}
			sitetest.Honest(t, clean.Facts, obs, nil)
			ask := access.Fact{Kind: access.Permission, Object: "space:ENG", Verb: "create/blogpost", Subject: "group:staff"}
			if got, err := s.Present(t.Context(), []access.Fact{ask}); err != nil || got[0] != site.Unseen {
				t.Errorf("present: %v, %v", got, err)
			}
		})
	}
}

// TestEdition: the operator's word goes before the site's.
func TestEdition(t *testing.T) {
	for _, c := range []struct{ site, said, want string }{
		{"free", "", "free"}, {"standard", "", "standard"}, {"free", "Premium", "premium"}, {"", "", "premium"},
	} {
		e, _ := embedded(t, emulator.Options{Plan: c.site}, nil)
		cfg := config(e, e.Transport())
		cfg.Plan = c.said
		s := newSite(t, cfg)
		obs, _ := observed(t, s)
		if obs.Traits.Edition != c.want {
			t.Errorf("site %q, operator %q: %q", c.site, c.said, obs.Traits.Edition)
		}
		if own := s.Edition(); own != "premium" && own != c.site {
			t.Errorf("the site %q says %q", c.site, own)
		}
		want := facts(t, "exists space_role:x", "grants space_role:x read/space")
		if refused := len(s.Canonical(obs.Facts.Union(want), obs).Refused); (refused > 0) != (c.want == "free") {
			t.Errorf("site %q, operator %q: %d refused", c.site, c.said, refused)
		}
	}
}

func facts(t *testing.T, lines ...string) access.Set {
	t.Helper()
	return access.NewSet(factsOf(add(lines...))...)
}
