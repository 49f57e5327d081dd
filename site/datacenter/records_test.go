package datacenter_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// homes makes a site where ana, bo and cy have personal spaces: ana wrote in hers a
// month after it was made, bo's is archived and on hold, and cy's has been forgotten
// by its search.
func homes(t *testing.T) *emulator.Emulator {
	t.Helper()
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	o := options()
	o.Clock = func() time.Time { return now }
	e, err := emulator.New(o)
	must(t, err)
	t.Cleanup(func() { e.Close() })
	a := e.Admin()
	must(t, a.CreateGroup("staff", ""))
	must(t, a.CreateGroup("confluence-administrators", ""))
	must(t, a.AddMember("confluence-administrators", emulator.OwnEmail))
	must(t, a.GrantGlobal(emulator.Principal{Group: "staff"}, emulator.GlobalUse))
	for _, name := range []string{"ana", "bo", "cy"} {
		email := name + "@acme.example"
		must(t, a.AddPerson(email, "", emulator.PersonOptions{NoAccess: true}))
		must(t, a.AddMember("staff", email))
		must(t, a.CreatePersonalSpace(email, "~"+email, name))
		for _, permission := range []string{"read/space", "create/page"} {
			must(t, a.AddPermission("~"+email, emulator.Principal{User: email}, permission))
		}
	}
	must(t, a.SetSpaceStatus("~bo@acme.example", "archived"))
	must(t, a.SetLabels("~bo@acme.example", "legal-hold"))
	now = now.AddDate(0, 1, 0)
	must(t, a.Write("~ana@acme.example", "Notes", "ana@acme.example"))
	return e
}

// TestRecords: when personal spaces were made is always told, the rest where it is
// asked for. Of people the product tells nothing.
func TestRecords(t *testing.T) {
	made := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	record := func(change func(*access.SpaceRecord)) access.SpaceRecord {
		r := access.UntoldSpace()
		r.Created = made
		if change != nil {
			change(&r)
		}
		return r
	}
	const ana, bo, cy = access.Ref("space:~ana@acme.example"), access.Ref("space:~bo@acme.example"), access.Ref("space:~cy@acme.example")
	for name, c := range map[string]struct {
		extent access.Extent
		search string // what the search answers, in place of the site
		status int
		want   map[access.Ref]access.SpaceRecord
		err    string
	}{
		"nothing asked": {want: map[access.Ref]access.SpaceRecord{ana: record(nil), bo: record(nil), cy: record(nil)}},
		"all asked": {extent: access.Extent{Personal: true, Labels: []string{"legal-hold", "none"}}, want: map[access.Ref]access.SpaceRecord{
			ana: record(func(r *access.SpaceRecord) { r.Changed, r.Contents = made.AddDate(0, 1, 0), 2 }),
			bo:  record(func(r *access.SpaceRecord) { r.Labels = []string{"legal-hold"} }),
			cy:  record(func(r *access.SpaceRecord) { r.Changed, r.Contents = made, 1 }),
		}},
		"the number under its other name": {extent: access.Extent{Personal: true}, search: `{"totalSize": 7, "results": [{"lastModified": "2026-05-20T10:00:00.000+02:00"}]}`,
			want: map[access.Ref]access.SpaceRecord{ana: record(func(r *access.SpaceRecord) { r.Changed, r.Contents = made.AddDate(0, 0, 19), 7 }), bo: record(nil),
				cy: record(func(r *access.SpaceRecord) { r.Changed, r.Contents = made.AddDate(0, 0, 19), 7 })}},
		"neither number nor time": {extent: access.Extent{Personal: true}, search: `{"results": [{}]}`,
			want: map[access.Ref]access.SpaceRecord{ana: record(nil), bo: record(nil), cy: record(nil)}},
		"hidden": {extent: access.Extent{Personal: true}, search: `{}`, status: 403,
			want: map[access.Ref]access.SpaceRecord{ana: record(nil), bo: record(nil), cy: record(nil)}},
		"no results": {extent: access.Extent{Personal: true}, search: `{}`, err: "the answer lacks its results"},
		"broken":     {extent: access.Extent{Personal: true}, search: `{}`, status: 500, err: "no clear answer"},
	} {
		t.Run(name, func(t *testing.T) {
			e := homes(t)
			next := e.Transport()
			if c.search != "" {
				next = world.RoundTripper(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/rest/api/search") {
						return world.Reply(r, max(c.status, 200), "application/json", c.search), nil
					}
					return e.Transport().RoundTrip(r)
				})
			}
			obs, err := newSite(t, config(e, checked(t, next))).Observe(t.Context(), c.extent)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%v, want %s", err, c.err)
				}
				return
			}
			must(t, err)
			if diff := cmp.Diff(c.want, obs.Spaces); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
			if len(obs.People) > 0 {
				t.Errorf("people: %v", obs.People)
			}
		})
	}
}
