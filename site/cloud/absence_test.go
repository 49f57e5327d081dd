package cloud_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// holding makes a site on which Ana is in a group, and she and the group hold roles
// in a space.
func holding(t *testing.T) *emulator.Emulator {
	t.Helper()
	e, _ := embedded(t, emulator.Options{}, nil)
	a := e.Admin()
	for _, err := range []error{
		a.AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}), a.CreateGroup("staff", ""), a.AddMember("staff", "ana@acme.example"), a.CreateSpace("ENG", "Engineering"),
		a.AssignRole("ENG", emulator.Principal{User: "ana@acme.example"}, "Admin"), a.AssignRole("ENG", emulator.Principal{Group: "staff"}, "Viewer"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// without empties the lists that a request asks for.
func without(e *emulator.Emulator, asked func(*http.Request) bool) http.RoundTripper {
	return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if asked(r) {
			return world.Reply(r, 200, "application/json", `{"results":[],"data":[],"_links":{},"links":{}}`), nil
		}
		return e.Transport().RoundTrip(r)
	})
}

// byRole reports whether a search is for those who hold a role.
func byRole(r *http.Request) bool {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	return bytes.Contains(text, []byte("roleIds"))
}

// TestHiddenHolders: who is missing from the list of people is no stranger where
// they hold a role, and strangers are unknown while people are missing.
func TestHiddenHolders(t *testing.T) {
	e := holding(t)
	clean, _ := observed(t, open(t, e, e.Transport()))
	people := 0
	everybody := func(r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/users/search") {
			return false
		}
		if byRole(r) {
			return false // those work
		}
		people++
		return true
	}
	s := open(t, e, without(e, everybody))
	obs, got := observedWith(t, s, access.Extent{Pins: clean.IDs}, access.Role)
	if !slices.Contains(got, "role space:ENG user:ana@acme.example = admin") {
		t.Errorf("with weir.lock: %v", got)
	}
	sitetest.Honest(t, clean.Facts, obs, nil)

	_, got = observedWith(t, open(t, e, without(e, everybody)), access.Extent{}, access.Role)
	if slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, "account:") }) {
		t.Errorf("without weir.lock: %v", got)
	}
	if people == 0 {
		t.Error("nobody was hidden")
	}
}

// TestEmptySearches: searches that find nobody agree with one another, and not
// with what weir's own account holds.
func TestEmptySearches(t *testing.T) {
	e := holding(t)
	s := open(t, e, without(e, func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/users/search") && byRole(r)
	}))
	if _, err := s.Observe(t.Context(), access.Extent{}); !site.Is(err, site.Invalid) || !strings.Contains(err.Error(), "own account") {
		t.Errorf("%v, want refused", err)
	}
}

// TestNobodyInASpace: an empty list of role assignments is held against the list of
// permissions, which shows what roles give. A site without one is believed.
func TestNobodyInASpace(t *testing.T) {
	e := holding(t)
	clean, _ := observed(t, open(t, e, e.Transport()))
	empty := func(r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/role-assignments") && strings.Contains(r.URL.Path, "/spaces/")
	}
	obs, _ := observed(t, open(t, e, without(e, empty)))
	want := access.Unknown{Kind: access.Role, Object: "space:ENG", Reason: "the list of its role assignments is empty, and that of its permissions is not"}
	if !slices.Equal(obs.Unknown, []access.Unknown{want}) {
		t.Errorf("unknown is %v", obs.Unknown)
	}
	sitetest.Honest(t, clean.Facts, obs, nil)
	for _, status := range []int{400, 404, 501} {
		s := open(t, e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/permissions") {
				return world.Reply(r, status, "application/json", `{}`), nil
			}
			return without(e, empty).RoundTrip(r)
		}))
		obs, err := s.Observe(t.Context(), access.Extent{})
		if err != nil || len(obs.Unknown) > 0 {
			t.Errorf("%d: %v, unknown %v", status, err, obs.Unknown)
		}
	}
}
