package datacenter_test

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
	"github.com/weirhq/weir/site/sitetest/world"
)

// replaced answers requests for one path with a text.
func replaced(next http.RoundTripper, path, text string) http.RoundTripper {
	return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err != nil || !strings.HasSuffix(r.URL.Path, path) {
			return resp, err
		}
		resp.Body.Close()
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader([]byte(text))), int64(len(text))
		return resp, nil
	})
}

const emptyList = `{"results":[],"start":0,"limit":200,"size":0,"_links":{}}`

// TestUnlistedHolders: a group that no list shows and that holds something is asked
// for: if it lets people in nothing can be read without it, and otherwise it is
// unknown.
func TestUnlistedHolders(t *testing.T) {
	e := embedded(t)
	a := e.Admin()
	for _, err := range []error{
		a.AddPerson("ana@acme.example", "", emulator.PersonOptions{}), a.CreateGroup("staff", ""), a.AddMember("staff", "ana@acme.example"),
		a.CreateSpace("ENG", "Engineering"), a.SetPermissions("ENG", emulator.Principal{Group: "staff"}, access.CanView),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	hiding := func() site.Site { return newSite(t, config(e, replaced(e.Transport(), "/rest/api/group", emptyList))) }
	obs, err := hiding().Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(obs.Unknown, func(u access.Unknown) bool { return u.Object == "group:staff" && u.Kind == "" }) {
		t.Errorf("unknown is %v", obs.Unknown)
	}
	if err := a.SetProductRole("staff", "user"); err != nil {
		t.Fatal(err)
	}
	if _, err := hiding().Observe(t.Context(), access.Extent{}); !site.Is(err, site.Invalid) || !strings.Contains(err.Error(), "group:staff") {
		t.Errorf("%v, want refused", err)
	}
}

// TestEmptyDoor: where a group that lets people in comes empty, those who count for
// the licence are not taken for shut out.
func TestEmptyDoor(t *testing.T) {
	e := embedded(t)
	a := e.Admin()
	for _, err := range []error{
		a.AddPerson("ana@acme.example", "", emulator.PersonOptions{}), a.RevokeGlobal(emulator.Principal{User: "ana@acme.example"}, emulator.GlobalUse),
		a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"), a.AddMember("staff", "ana@acme.example"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, config(e, replaced(e.Transport(), "/rest/api/group/staff/member", emptyList)))
	obs, err := s.Observe(t.Context(), access.Extent{})
	if err != nil || !slices.ContainsFunc(obs.Unknown, func(u access.Unknown) bool { return u.Object == "user:ana@acme.example" && u.Kind == access.Exists }) {
		t.Errorf("%v, unknown %v", err, obs.Unknown)
	}
}

// TestLeftOver: a permission whose group is gone is no reason to doubt the list of
// groups.
func TestLeftOver(t *testing.T) {
	e := embedded(t)
	rows := `[{"subject":{"displayName":"gone","name":"gone","type":"group"},"operation":{"operationKey":"use","targetType":"application"}}]`
	obs, err := newSite(t, config(e, replaced(e.Transport(), "/rest/api/permissions", rows))).Observe(t.Context(), access.Extent{})
	if err != nil || len(obs.Unknown) > 0 {
		t.Errorf("%v, unknown %v", err, obs.Unknown)
	}
}
