package recorded_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/recorded"
)

const (
	open  = access.Ref("page:HR/Open")
	pay   = access.Ref("page:HR/Pay")
	below = access.Ref("page:HR/Below")
	hr    = access.Ref("space:HR")
)

// written is a reader of a snapshot of a small site, which was written with an
// extent.
func written(t *testing.T, extent access.Extent, change func(*site.Observation)) *recorded.Site {
	t.Helper()
	obs := site.Observation{
		Site: "cloud-id", Account: "user:weir@acme.example", Extent: extent, Requests: 7, Floor: 5,
		Facts: set(t, "exists group:hr", "exists space:HR", "exists space:ENG", "exists user:ana@acme.example", "member group:hr user:ana@acme.example",
			"role space:HR account:77 = viewer", "exists page:HR/Open", "restrict page:HR/Open view group:hr", "exists page:HR/Below"),
		IDs:     map[access.Ref]string{"group:hr": "1", hr: "2", "space:ENG": "3", "user:ana@acme.example": "4", open: "5", below: "6"},
		Parents: map[access.Ref]access.Ref{below: open, open: "page:HR/Home"},
		Unknown: []access.Unknown{{Kind: access.Role, Object: "space:ENG", Reason: "it cannot be read"}},
		Traits:  site.Traits{Mode: site.ByRoles, Edition: "premium"},
	}
	if change != nil {
		change(&obs)
	}
	terms, err := cloud.NewTerms("", "")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	snapshot := site.NewSnapshot("acme", "cloud", obs, now, now)
	snapshot.Latency, snapshot.Settings.Edition = time.Second, "standard"
	s, err := recorded.New(recorded.Config{Snapshot: snapshot, Terms: terms})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func set(t *testing.T, lines ...string) access.Set {
	t.Helper()
	var out []access.Fact
	for _, line := range lines {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return access.NewSet(out...)
}

func observe(t *testing.T, s *recorded.Site, extent access.Extent) site.Observation {
	t.Helper()
	obs, err := s.Observe(t.Context(), extent)
	if err != nil {
		t.Fatal(err)
	}
	return obs
}

// unknown says what is unknown beyond what the snapshot itself could not see.
func unknown(obs site.Observation) []string {
	var out []string
	for _, u := range obs.Unknown {
		if u.Object != "space:ENG" || u.Kind != access.Role {
			reason, _, _ := strings.Cut(u.Reason, " (")
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s: %s", u.Kind, u.Object, reason)))
		}
	}
	return out
}

// TestExtent: what is asked for is given as far as the snapshot was written with
// it; the rest is unknown, and never absent.
func TestExtent(t *testing.T) {
	const hidden = "pages that it may not view show in no list"
	hides := func(o *site.Observation) {
		o.Unknown = append(o.Unknown, access.Unknown{Kind: access.Restrict, Object: hr, Reason: hidden})
	}
	for _, c := range []struct {
		name         string
		wrote, asked access.Extent
		change       func(*site.Observation)
		pages        []access.Ref // whose facts are given
		unknown      []string
	}{
		{"nothing asked, nothing told", access.Extent{Pages: []access.Ref{open}}, access.Extent{}, nil, nil, nil},
		{"what was written is told", access.Extent{Pages: []access.Ref{open, pay}}, access.Extent{Pages: []access.Ref{open, pay}}, nil, []access.Ref{open}, nil},
		{"what was not is unknown", access.Extent{Pages: []access.Ref{open}}, access.Extent{Pages: []access.Ref{open, pay}}, nil, []access.Ref{open},
			[]string{"page:HR/Pay: the snapshot was not written with this page"}},
		{"nor is a page of a space that is not there", access.Extent{}, access.Extent{Pages: []access.Ref{"page:NEW/Page"}}, nil, nil, nil},
		{"a watched space holds its pages", access.Extent{Watch: []access.Ref{hr}}, access.Extent{Pages: []access.Ref{open, pay}}, nil, []access.Ref{open}, nil},
		{"unless some of them are hidden", access.Extent{Watch: []access.Ref{hr}}, access.Extent{Pages: []access.Ref{open, pay}}, hides, []access.Ref{open},
			[]string{"page:HR/Pay: the snapshot does not show it among the pages of its space, of which it does not hold all"}},
		{"which a watched space says itself", access.Extent{All: true}, access.Extent{Watch: []access.Ref{hr}}, hides, []access.Ref{below, open},
			[]string{"restrict space:HR: " + hidden}},
		{"a space that was not watched is unknown", access.Extent{Pages: []access.Ref{open}}, access.Extent{Watch: []access.Ref{hr, "space:NEW"}}, nil, []access.Ref{below, open},
			[]string{"restrict space:HR: the snapshot was not written with its pages"}},
		{"and so is every space", access.Extent{Watch: []access.Ref{hr}}, access.Extent{All: true}, nil, []access.Ref{below, open},
			[]string{"restrict space:ENG: the snapshot was not written with its pages"}},
		{"what is pinned since then is unknown", access.Extent{}, access.Extent{Pins: map[access.Ref]string{"group:new": "9", "group:hr": "1", "user:hid@acme.example": "77"}}, nil, nil, []string{
			"account:77: weir.lock names user:hid@acme.example, and the snapshot was written without that", "group:new: weir.lock names group:new, and the snapshot was written without that",
			"team:9: weir.lock names group:new, and the snapshot was written without that", "user:hid@acme.example: weir.lock names user:hid@acme.example, and the snapshot was written without that",
		}},
		{"what was looked for is not", access.Extent{Pins: map[access.Ref]string{"group:new": "9"}}, access.Extent{Pins: map[access.Ref]string{"group:new": "9"}}, nil, nil, nil},
		{"nor what has another name now", access.Extent{}, access.Extent{Pins: map[access.Ref]string{"group:was": "1", "user:old@acme.example": "4"}}, nil, nil, nil},
		{"nor another under the name", access.Extent{}, access.Extent{Pins: map[access.Ref]string{"group:hr": "9"}}, nil, nil, nil},
		{"a page that is pinned since then is unknown", access.Extent{Pages: []access.Ref{pay}}, access.Extent{Pages: []access.Ref{pay}, Pins: map[access.Ref]string{pay: "9"}}, nil, nil,
			[]string{"page:HR/Pay: weir.lock names it, and the snapshot was written without that"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			obs := observe(t, written(t, c.wrote, c.change), c.asked)
			var pages []access.Ref
			for f := range obs.Facts.OfKind(access.Exists) {
				if f.Object.IsPage() {
					pages = append(pages, f.Object)
				}
			}
			if diff := cmp.Diff(c.pages, pages); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.unknown, unknown(obs)); diff != "" {
				t.Error(diff)
			}
			if !slices.ContainsFunc(obs.Unknown, func(u access.Unknown) bool { return u.Object == "space:ENG" && u.Kind == access.Role }) {
				t.Error("what the snapshot could not see was forgotten")
			}
		})
	}
}

// TestBeside: what stands beside the facts is what the extent asks for, and of the
// subscription the description's word goes before the site's own.
func TestBeside(t *testing.T) {
	s := written(t, access.Extent{All: true}, nil)
	obs := observe(t, s, access.Extent{Pages: []access.Ref{below}, Pins: map[access.Ref]string{"page:HR/Before": "5"}})
	if diff := cmp.Diff(map[access.Ref]access.Ref{below: open, open: "page:HR/Home"}, obs.Parents); diff != "" {
		t.Error(diff)
	}
	if obs.IDs[open] != "5" || obs.IDs[below] != "6" {
		t.Errorf("what a pin means and what is asked for have ids: %v", obs.IDs)
	}
	if ids := observe(t, s, access.Extent{}).IDs; ids[open] != "" || ids["group:hr"] != "1" {
		t.Errorf("ids of what nobody asked for: %v", ids)
	}
	if obs.Traits.Edition != "standard" || obs.Requests != 7 || obs.Floor != 5 || s.Latency() != time.Second || s.Requests() != 0 {
		t.Errorf("%+v, %v, %d", obs.Traits, s.Latency(), s.Requests())
	}
	said, err := recorded.New(recorded.Config{Snapshot: site.Snapshot{Settings: site.SnapshotSettings{Edition: "standard"}}, Plan: "Free"})
	if err != nil {
		t.Fatal(err)
	}
	if e := observe(t, said, access.Extent{}).Traits.Edition; e != "free" {
		t.Errorf("the description says Free: %q", e)
	}
}

// TestPresent: it answers from the facts, and what the snapshot could not see it
// cannot tell.
func TestPresent(t *testing.T) {
	s := written(t, access.Extent{Pages: []access.Ref{open}}, func(o *site.Observation) {
		o.Unknown = append(o.Unknown, access.Unknown{Object: "user:dup@acme.example", Reason: "two accounts answer to it"})
	})
	for line, want := range map[string]site.Presence{
		"exists group:hr": site.Seen, "exists group:new": site.Absent, "exists user:dup@acme.example": site.Unseen,
		"role space:ENG group:hr = viewer": site.Unseen, "role space:HR group:hr = viewer": site.Absent, "role space:HR account:77 = admin": site.Absent,
		"restrict page:HR/Open view group:hr": site.Seen, "restrict page:HR/Open edit group:hr": site.Absent, "exists page:HR/Pay": site.Unseen,
	} {
		got, err := s.Present(t.Context(), set(t, line).Facts())
		if err != nil || got[0] != want {
			t.Errorf("%s: %v, %v, want %v", line, got, err, want)
		}
	}
}

// TestDamaged: a fact that is none is told with its place.
func TestDamaged(t *testing.T) {
	if _, err := recorded.New(recorded.Config{Snapshot: site.Snapshot{Facts: []string{"exists group:a", "nonsense"}}}); err == nil || !strings.Contains(err.Error(), "fact 2 of the snapshot") {
		t.Errorf("%v", err)
	}
}

// TestRecords: of the records what is asked for, and none where the snapshot was not
// written with all that is asked: none must read as of a space that lacks a label, or
// in which nothing was changed.
func TestRecords(t *testing.T) {
	made, changed := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	both := access.Extent{Personal: true, Labels: []string{"hold", "other"}}
	s := written(t, both, func(o *site.Observation) {
		o.People = map[access.Ref]access.PersonRecord{"user:ana@acme.example": {Added: made, Deleting: true}}
		o.Spaces = map[access.Ref]access.SpaceRecord{
			"space:~ana": {Created: made, Changed: changed, Contents: 0, Labels: []string{"hold", "other"}},
			"space:ENG":  {Contents: -1, Labels: []string{"other"}},
		}
	})
	bare := access.SpaceRecord{Created: made, Contents: -1}
	for name, c := range map[string]struct {
		asked access.Extent
		want  map[access.Ref]access.SpaceRecord
	}{
		"nothing": {access.Extent{}, map[access.Ref]access.SpaceRecord{"space:~ana": bare}},
		"all": {both, map[access.Ref]access.SpaceRecord{
			"space:~ana": {Created: made, Changed: changed, Labels: []string{"hold", "other"}}, "space:ENG": {Contents: -1, Labels: []string{"other"}},
		}},
		"one label":     {access.Extent{Labels: []string{"hold"}}, map[access.Ref]access.SpaceRecord{"space:~ana": {Created: made, Contents: -1, Labels: []string{"hold"}}}},
		"another label": {access.Extent{Personal: true, Labels: []string{"hold", "new"}}, nil},
	} {
		obs := observe(t, s, c.asked)
		if diff := cmp.Diff(c.want, obs.Spaces); diff != "" {
			t.Errorf("%s (- want, + got)\n%s", name, diff)
		}
		if diff := cmp.Diff(map[access.Ref]access.PersonRecord{"user:ana@acme.example": {Added: made, Deleting: true}}, obs.People); diff != "" {
			t.Errorf("%s (- want, + got)\n%s", name, diff)
		}
	}
	old := written(t, access.Extent{}, func(o *site.Observation) {
		o.Spaces = map[access.Ref]access.SpaceRecord{"space:~ana": bare}
	})
	if got := observe(t, old, access.Extent{Personal: true}).Spaces; got != nil {
		t.Errorf("a snapshot without them tells %v", got)
	}
	if got := observe(t, old, access.Extent{}).Spaces; len(got) != 1 {
		t.Errorf("%v", got)
	}
}
