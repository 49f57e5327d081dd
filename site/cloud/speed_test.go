package cloud_test

import (
	"context"
	"flag"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
)

var large = flag.Bool("large", false, "read a large organisation's site, too")

// latency is how long every request takes in the tests of speed.
const latency = 50 * time.Millisecond

// company is a generated site.
type company struct {
	name                   string
	people, groups, spaces int
}

var companies = []company{
	{"small", 100, 20, 40},
	{"medium", 2_000, 300, 800},
	{"large", 20_000, 3_000, 6_000},
}

// speed is what a reading took.
type speed struct {
	requests, floor int
	beyond          int // requests for what groups hold elsewhere
	wall            time.Duration
}

// bound is how many requests a reading may take.
func (s speed) bound() int { return int(math.Floor(1.05*float64(s.floor))) + 10 + s.beyond }

// longest is how long it may take.
func (s speed) longest() time.Duration {
	return time.Duration(1.15 * float64(s.requests) * float64(latency) / site.InFlight)
}

// slow is a site at which every request takes its latency, of the bubble's
// time. It counts the requests for what a group holds.
type slow struct {
	http.RoundTripper
	mu     sync.Mutex
	groups int
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(latency)
	if strings.Contains(r.URL.Path, "/groups/") && strings.HasSuffix(r.URL.Path, "/role-assignments") {
		s.mu.Lock()
		s.groups++
		s.mu.Unlock()
	}
	return s.RoundTripper.RoundTrip(r)
}

// generated makes a site of a company.
func generated(tb testing.TB, c company, mode string, seed uint64) *emulator.Emulator {
	tb.Helper()
	e, err := emulator.New(emulator.Options{RoleMode: mode})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := e.Admin().Generate(emulator.Generation{People: c.people, Groups: c.groups, Spaces: c.spaces, Seed: seed}); err != nil {
		tb.Fatal(err)
	}
	return e
}

// reading reads a site whole, in a bubble.
func reading(tb testing.TB, e *emulator.Emulator) (out speed, obs site.Observation) {
	tb.Helper()
	through := &slow{RoundTripper: e.Transport()}
	s, err := cloud.New(config(e, through))
	if err != nil {
		tb.Fatal(err)
	}
	began := time.Now()
	if obs, err = s.Observe(context.Background(), access.Extent{}); err != nil {
		tb.Fatal(err)
	}
	return speed{obs.Requests, obs.Floor, through.groups, time.Since(began)}, obs
}

// TestSpeed: a reading takes hardly more requests than there must be, and
// keeps as many of them in flight as it may.
func TestSpeed(t *testing.T) {
	t.Parallel()
	for _, c := range companies {
		for _, mode := range []string{emulator.ModeRoles, emulator.ModeTransition, emulator.ModePreRoles} {
			if c.name == "large" && !*large {
				continue
			}
			seeds := uint64(1)
			if c.name == "small" {
				seeds = 20 // where a single request too many shows
			}
			t.Run(c.name+" "+mode, func(t *testing.T) {
				for seed := range seeds {
					synctest.Test(t, func(t *testing.T) { checkSpeed(t, c, mode, seed) })
				}
			})
		}
	}
}

func checkSpeed(t *testing.T, c company, mode string, seed uint64) {
	e := generated(t, c, mode, seed)
	defer e.Close()
	got, obs := reading(t, e)
	if len(obs.Unknown) > 0 {
		t.Errorf("unknown: %v", obs.Unknown[0])
	}
	t.Logf("%d requests, floor %d, %d for roles elsewhere, %s (no more than %d and %s)", got.requests, got.floor, got.beyond, got.wall, got.bound(), got.longest())
	if got.requests > got.bound() {
		t.Errorf("%d requests, and the floor is %d: more than %d", got.requests, got.floor, got.bound())
	}
	if got.wall > got.longest() {
		t.Errorf("%d requests took %s: longer than %s", got.requests, got.wall, got.longest())
	}
}
