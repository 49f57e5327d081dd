// Package sitetest is the test that every site driver passes.
//
//	func TestConformance(t *testing.T) {
//		sitetest.Run(t, func(t *testing.T) sitetest.Subject {
//			return sitetest.Subject{Site: openAnEmptySite(t)}
//		})
//	}
//
// You have written a driver for another product: this package tells you what
// weir relies on. Most of it is one table: a site is brought from state A to
// state B, both written as facts, and has then to be exactly B. You write no
// test of your own for that; you hand in a site, and what your product cannot
// do shows as a failing case with a name that says so.
//
// The package does not test how a driver speaks to its product. Paging,
// credentials and error bodies are the driver's own tests.
package sitetest

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Subject is a fresh site under test, with nothing on it but weir's own
// account and what the product itself brings along.
type Subject struct {
	Site site.Site

	// Elsewhere makes a fact true as the identity provider or another product
	// would: a group that is managed. Cases that need it are skipped without.
	Elsewhere func(t *testing.T, f access.Fact)

	// LoseReply makes the next write take effect while its answer is lost, and
	// LoseRequest makes the next write not arrive. Cases that need them are
	// skipped without.
	LoseReply, LoseRequest func()
}

// Run runs the suite. open is called once a case.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	t.Run("transitions", func(t *testing.T) {
		for _, c := range transitions {
			t.Run(c.name, func(t *testing.T) { transition(t, open(t), c) })
		}
	})
	t.Run("reading", func(t *testing.T) { reading(t, open) })
	t.Run("long lists", func(t *testing.T) { longLists(t, open(t)) })
	t.Run("managed groups", func(t *testing.T) { managed(t, open(t)) })
	t.Run("unknown outcomes", func(t *testing.T) { unknownOutcomes(t, open) })
}

// trial drives one subject.
type trial struct {
	t    *testing.T
	site site.Site
	base access.Set // what was there at the start
}

func start(t *testing.T, s Subject) *trial {
	t.Helper()
	tr := &trial{t: t, site: s.Site}
	tr.base = tr.observe().Facts
	return tr
}

// observe reads the site. Every driver must see the whole of a site that hides
// nothing: an unknown here is a bug.
func (tr *trial) observe() site.Observation {
	tr.t.Helper()
	obs, err := tr.site.Observe(tr.t.Context(), access.Extent{})
	if err != nil {
		tr.t.Fatalf("observe: %v", err)
	}
	for _, u := range obs.Unknown {
		tr.t.Errorf("observe: %s %s is unknown: %s", u.Kind, u.Object, u.Reason)
	}
	return obs
}

// bring brings the site to the state and checks that it is there: what was
// there at the start, and these facts.
func (tr *trial) bring(lines []string) {
	tr.t.Helper()
	want := tr.base.Union(facts(tr.t, lines))
	live := tr.observe()
	canon := tr.site.Canonical(want, live)
	// Nothing in the table needs a person's hands, or is beyond the product.
	for _, m := range canon.Manual {
		tr.t.Errorf("canonical: %s is left to %s", m.Fact, m.Authority)
	}
	for _, r := range canon.Refused {
		tr.t.Errorf("canonical: %s is refused: %s", r.Fact, r.Reason)
	}
	for _, unit := range tr.units(access.Changes(live.Facts, canon.Facts), live.Facts) {
		tr.do(unit)
	}
	after := tr.observe()
	canon = tr.site.Canonical(want, after)
	if diff := gocmp.Diff(text(canon.Facts), text(after.Facts)); diff != "" {
		tr.t.Errorf("the site is not as it should be (- wanted, + is):\n%s", diff)
	}
}

// units splits changes and puts them into an order that any site can follow:
// what comes to be before what speaks of it, and what goes after.
func (tr *trial) units(changes []access.Change, live access.Set) [][]access.Change {
	tr.t.Helper()
	units := tr.site.Units(changes, live)
	seen := make(map[access.Change]int)
	for _, u := range units {
		for _, c := range u {
			seen[c]++
		}
	}
	for _, c := range changes {
		if seen[c] != 1 {
			tr.t.Errorf("units: %s is in %d units", c, seen[c])
		}
		delete(seen, c)
	}
	for c := range seen {
		tr.t.Errorf("units: %s comes from nowhere", c)
	}
	slices.SortStableFunc(units, func(a, b []access.Change) int { return cmp.Compare(rank(a), rank(b)) })
	return units
}

// rank follows the rule that every planner keeps: a thing comes to be before
// others speak of it, and goes after they have ceased to.
func rank(unit []access.Change) int {
	out := 3
	for _, c := range unit {
		if c.Fact.Kind != access.Exists {
			continue
		}
		person := c.Fact.Object.Type() == "user"
		switch {
		case c.Op == access.Remove && person:
			return 5
		case c.Op == access.Remove:
			return 4
		case person:
			out = min(out, 1)
		case c.Fact.Object.Type() == "space":
			out = min(out, 2)
		default:
			out = 0
		}
	}
	return out
}

// do performs a unit and reads it back, as an apply does.
func (tr *trial) do(unit []access.Change) {
	tr.t.Helper()
	if err := tr.site.Do(tr.t.Context(), site.Step{ID: "test", Changes: unit}); err != nil {
		tr.t.Fatalf("do %s: %v", unit[0], err)
	}
	tr.agree(unit, true)
}

// agree checks that Present sees the changes done, or not done.
func (tr *trial) agree(unit []access.Change, done bool) {
	tr.t.Helper()
	var ask []access.Fact
	var want []site.Presence
	for _, c := range unit {
		p := site.Seen
		if (c.Op == access.Remove) == done {
			p = site.Absent
		}
		ask, want = append(ask, c.Fact), append(want, p)
		if c.Op == access.Modify {
			was := c.Fact
			was.Value = c.Was
			ask, want = append(ask, was), append(want, site.Absent+site.Seen-p)
		}
	}
	got, err := tr.site.Present(tr.t.Context(), ask)
	if err != nil {
		tr.t.Fatalf("present: %v", err)
	}
	if len(got) != len(ask) {
		tr.t.Fatalf("present: %d answers to %d questions", len(got), len(ask))
	}
	for i := range ask {
		if got[i] != want[i] {
			tr.t.Errorf("present: %s is %s, want %s", ask[i], presence(got[i]), presence(want[i]))
		}
	}
}

func presence(p site.Presence) string { return [...]string{"unseen", "seen", "absent"}[p] }

func facts(t *testing.T, lines []string) access.Set {
	t.Helper()
	var out []access.Fact
	for _, line := range lines {
		for l := range strings.Lines(line) {
			if l = strings.TrimSpace(l); l == "" {
				continue
			}
			f, err := access.ParseFact(l)
			if err != nil {
				t.Fatalf("%s: %v", l, err)
			}
			out = append(out, f)
		}
	}
	return access.NewSet(out...)
}

func text(s access.Set) []string {
	var out []string
	for f := range s.All() {
		out = append(out, f.String())
	}
	return out
}
