package site_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
	"github.com/weirhq/weir/site"
)

// What is written down comes back: the facts exactly, and what stands beside
// them.
func TestSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := site.Observation{
			Site: "cloud-id", Account: "user:weir@acme.example", Facts: accesstest.Site().Draw(t, "facts"),
			IDs: map[access.Ref]string{"group:g0": "1"}, Labels: map[access.Ref]string{"user:p0@acme.example": "Ana \"A\" <b>"},
			Parents: map[access.Ref]access.Ref{"page:S0/b": "page:S0/a"}, Elsewhere: map[access.Ref][]string{"group:g0": {"Jira user on acme"}},
			Unclaimed: map[access.Ref]bool{"user:p1@partner.example": true},
			Unknown:   []access.Unknown{{Kind: access.Role, Object: "space:S0", Reason: "it could not be read"}},
			Extent:    access.Extent{Pages: []access.Ref{"page:S0/b"}, Watch: []access.Ref{"space:S1"}, Pins: map[access.Ref]string{"group:g0": "1"}},
			Requests:  7, Floor: 5,
			Traits: site.Traits{Mode: site.ByRoles, Product: "Confluence Cloud"}, Permissions: map[string]string{"read/space": "View"},
		}
		at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		var b bytes.Buffer
		if err := site.NewSnapshot("acme", "cloud", obs, at, at.Add(-time.Hour)).Write(&b); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		s, err := site.ReadSnapshot(&b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Observation()
		if err != nil || !got.Facts.Equal(obs.Facts) || !s.Time.Equal(at) || !s.Full.Equal(at.Add(-time.Hour)) || s.Name != "acme" {
			t.Fatalf("%v: %+v", err, s)
		}
		got.Facts, obs.Facts = access.Set{}, access.Set{}
		if diff := cmp.Diff(obs, got, cmp.AllowUnexported(access.Set{})); diff != "" {
			t.Fatalf("(- before, + after)\n%s", diff)
		}
		var again bytes.Buffer
		if err := s.Write(&again); err != nil || again.String() != text {
			t.Fatalf("written again it is another text (%v)", err)
		}
	})
}

func TestSnapshotRefused(t *testing.T) {
	for text, want := range map[string]string{
		``:                               "not a snapshot of weir's",
		`[]`:                             "not a snapshot of weir's",
		`{"format": 2, "secret": 1}`:     `unknown field "secret"`,
		`{"format": 7}`:                  "the snapshot has format 7, and this weir reads format 2 (write it again with weir snapshot)",
		`{"format": 1, "secret": 1}`:     "the snapshot has format 1",
		`{}`:                             "it has no format",
		`{"format": 2} {}`:               "something follows it",
		`{"format": 2, "facts": "none"}`: "not a snapshot of weir's",
	} {
		if _, err := site.ReadSnapshot(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	s, err := site.ReadSnapshot(strings.NewReader(`{"format": 2, "facts": ["exists group:a", "nonsense"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Observation(); err == nil || !strings.Contains(err.Error(), "fact 2 of the snapshot") {
		t.Errorf("a fact that is none: %v", err)
	}
}
