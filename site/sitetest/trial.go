package sitetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// trial drives one subject.
type trial struct {
	t       *testing.T
	subject Subject
	site    site.Site
	own     access.Ref // weir's own account
	base    access.Set // what is there beside the states of the case: at the start, and by others since
	extent  access.Extent
	attends map[access.Ref]bool
	alias   *strings.Replacer // what the case calls something, and what the product does
}

func start(t *testing.T, s Subject) *trial {
	t.Helper()
	tr := &trial{t: t, subject: s, site: s.Site, attends: make(map[access.Ref]bool), alias: strings.NewReplacer()}
	obs := tr.observe()
	tr.own, tr.base = obs.Account, obs.Facts
	return tr
}

// keepers is the group in which weir's own account is wherever a case restricts
// pages: a restriction that names it does not lock weir out.
const keepers = "group:keepers"

// reads widens what is observed to pages, and lets weir stay in when they are
// restricted.
func (tr *trial) reads(pages ...access.Ref) {
	tr.t.Helper()
	tr.extent.Pages = append(tr.extent.Pages, pages...)
	group := access.Fact{Kind: access.Exists, Object: keepers}
	if len(pages) == 0 || tr.base.Has(group) {
		return
	}
	tr.do([]access.Change{{Op: access.Add, Fact: group}})
	tr.do([]access.Change{{Op: access.Add, Fact: access.Fact{Kind: access.Member, Object: keepers, Subject: tr.own}}})
	tr.base = tr.observe().Facts
}

// observe reads the site. Every driver must see the whole of a site that hides
// nothing: an unknown here is a bug.
func (tr *trial) observe() site.Observation {
	tr.t.Helper()
	obs, err := tr.site.Observe(tr.t.Context(), tr.extent)
	if err != nil {
		tr.t.Fatalf("observe: %v", err)
	}
	for _, u := range obs.Unknown {
		if u.Kind == access.Restrict && u.Object.Type() == "space" && (tr.extent.All || slices.Contains(tr.extent.Watch, u.Object)) {
			continue // a product may have no list of which it is sure that it holds every page
		}
		tr.t.Errorf("observe: %s %s is unknown: %s", u.Kind, u.Object, u.Reason)
	}
	return obs
}

// ours is what a plan compares: nothing of weir's own account, which a driver may
// give what it needs to do its work, and of content only what the extent reads
// (a driver may report the restrictions of pages above, since they decide too).
func (tr *trial) ours(s access.Set) access.Set {
	return s.Filter(func(f access.Fact) bool {
		return !f.About(tr.own) && (!f.Object.IsPage() || tr.extent.Reads(f.Object))
	})
}

// want is a state as a whole: what it says, what is there beside it, and what is
// true of weir's own account.
func (tr *trial) want(lines []string, live site.Observation) access.Set {
	tr.t.Helper()
	return tr.base.Union(live.Facts.Filter(func(f access.Fact) bool { return f.About(tr.own) })).Union(tr.facts(lines))
}

// bring brings the site to the state and checks that it is there: what was
// there at the start, and these facts, as far as the product can hold them.
// Those that Either names are the product's affair.
func (tr *trial) bring(lines []string, either ...string) {
	tr.t.Helper()
	live := tr.observe()
	want := tr.want(lines, live)
	canon := tr.site.Canonical(want, live)
	tr.account(want, canon, live, tr.facts(either))
	for _, unit := range tr.units(access.Changes(tr.ours(live.Facts), tr.ours(canon.Facts)), live) {
		tr.do(unit)
	}
	tr.administer()
	tr.arrived(lines)
}

// administer lets weir's own account administer the spaces that are there, where
// that is somebody's to do.
func (tr *trial) administer() {
	tr.t.Helper()
	live := tr.observe()
	if live.Traits.Mode != site.ByEither || tr.subject.Administer == nil {
		return
	}
	for f := range live.Facts.OfKind(access.Exists) {
		if f.Object.Type() == "space" && !tr.attends[f.Object] && !tr.base.Has(f) {
			tr.attends[f.Object] = true
			tr.subject.Administer(tr.t, f.Object)
		}
	}
}

// arrived checks that there is nothing left to do.
func (tr *trial) arrived(lines []string) {
	tr.t.Helper()
	after := tr.observe()
	canon := tr.site.Canonical(tr.want(lines, after), after)
	if diff := gocmp.Diff(text(tr.ours(canon.Facts)), text(tr.ours(after.Facts))); diff != "" {
		tr.t.Errorf("the site is not as it should be (- wanted, + is):\n%s", diff)
	}
}

// units splits changes and puts them into an order that any site can follow:
// what comes to be before what speaks of it, grants before removals, so that
// nobody misses anything in between, and what goes after.
func (tr *trial) units(changes []access.Change, live site.Observation) [][]access.Change {
	tr.t.Helper()
	units := tr.site.Units(changes, live.Facts)
	seen := make(map[access.Change]int)
	for _, u := range units {
		for _, c := range u {
			seen[c]++
		}
		if cost := tr.site.Cost(u, live); cost < 1 {
			tr.t.Errorf("cost: %s takes %d requests", u[0], cost)
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
	return inOrder(units, live.Facts)
}

// inOrder lets a unit wait until what it speaks of is there.
func inOrder(units [][]access.Change, live access.Set) [][]access.Change {
	there := make(map[access.Ref]bool)
	come := func(f access.Fact, op access.Op) {
		if f.Kind == access.Exists || f.Kind == access.State {
			there[f.Object] = op != access.Remove || f.Kind == access.Exists && f.Object.IsPerson()
		}
	}
	for f := range live.All() {
		come(f, access.Add)
	}
	ready := func(unit []access.Change) bool {
		for _, c := range unit {
			come(c.Fact, c.Op)
		}
		for _, c := range unit {
			for _, r := range []access.Ref{c.Fact.Object, c.Fact.Subject} {
				if t := r.Type(); c.Op != access.Remove && !there[r] && (t == "group" || t == "space" || t == "user") {
					return false
				}
			}
		}
		return true
	}
	var out [][]access.Change
	for len(units) > 0 {
		next := 0
		for i, u := range units {
			was := maps.Clone(there)
			if ready(u) {
				next = i
				break
			}
			there = was
		}
		out = append(out, units[next])
		units = slices.Delete(units, next, next+1)
	}
	return out
}

// rank follows the rules that every planner keeps: a thing comes to be before
// others speak of it, and goes after they have ceased to.
func rank(unit []access.Change) int {
	out := 4
	for _, c := range unit {
		if c.Op != access.Remove {
			out = min(out, 3)
		}
		if c.Fact.Kind != access.Exists {
			continue
		}
		switch {
		case c.Op == access.Remove && c.Fact.Object.IsPerson():
			return 6
		case c.Op == access.Remove:
			return 5
		case c.Fact.Object.IsPerson():
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
		tr.t.Fatalf("do %s: %v", strings.Join(changes(unit), "; "), err)
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
	tr.present(ask, want)
}

// honest checks that Present says of the changes what an observation says.
func (tr *trial) honest(unit []access.Change) {
	tr.t.Helper()
	obs := tr.observe()
	var ask []access.Fact
	var want []site.Presence
	for _, c := range unit {
		p := site.Absent
		if obs.Facts.Has(c.Fact) {
			p = site.Seen
		}
		ask, want = append(ask, c.Fact), append(want, p)
	}
	tr.present(ask, want)
}

func (tr *trial) present(ask []access.Fact, want []site.Presence) {
	tr.t.Helper()
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

// facts reads lines, in the product's names for what others made.
func (tr *trial) facts(lines []string) access.Set {
	tr.t.Helper()
	var out []access.Fact
	for _, block := range lines {
		for line := range strings.Lines(block) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			f, err := access.ParseFact(tr.alias.Replace(line))
			if err != nil {
				tr.t.Fatalf("%s: %v", line, err)
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

func changes(unit []access.Change) []string {
	var out []string
	for _, c := range unit {
		out = append(out, c.String())
	}
	return out
}
