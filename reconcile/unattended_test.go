package reconcile

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
	"github.com/weirhq/weir/site"
)

// heldSite is a site in memory that writes what it is told, in units as simpleUnits
// makes them. It is looked at after each write.
type heldSite struct {
	free
	facts access.Set
	after func() // of each write; may be nil
}

func (h *heldSite) Observe(context.Context, access.Extent) (site.Observation, error) {
	return site.Observation{Site: "s", Account: "user:weir@x", Facts: h.facts}, nil
}

func (h *heldSite) Canonical(want access.Set, _ site.Observation) site.Canonical {
	return site.Canonical{Facts: want}
}

func (h *heldSite) Units(changes []access.Change, live access.Set) [][]access.Change {
	removed := make(map[access.Ref]bool)
	for _, c := range changes {
		if c.Op == access.Remove && c.Fact.Kind == access.Exists {
			removed[c.Fact.Object] = true
		}
	}
	cause := make(map[access.Fact]access.Ref)
	for _, c := range changes {
		role := access.NewRef("space_role", c.Fact.Value)
		switch f := c.Fact; {
		case c.Op != access.Remove || f.Kind == access.Exists || f.Kind == access.State:
		case removed[f.Object]:
			cause[f.Identity()] = f.Object
		case f.Kind == access.Role && removed[role]:
			cause[f.Identity()] = role
		case removed[f.Subject]:
			cause[f.Identity()] = f.Subject
		}
	}
	return simpleUnits(Difference{Changes: changes, Cause: cause})
}

func (h *heldSite) Present(_ context.Context, facts []access.Fact) ([]site.Presence, error) {
	out := make([]site.Presence, len(facts))
	for i, f := range facts {
		out[i] = site.Absent
		if h.facts.Has(f) {
			out[i] = site.Seen
		}
	}
	return out, nil
}

func (h *heldSite) Do(_ context.Context, s site.Step) error {
	h.facts = h.facts.Apply(s.Changes)
	if h.after != nil {
		h.after()
	}
	return nil
}

// Whatever an unattended apply finds: nobody may do more than before, not for the
// length of one write, nobody's administration changes, no more is taken than the
// allowance, and nothing is touched but what the site alone changed. A plain apply
// afterwards leads to the description.
func TestUnattended(t *testing.T) {
	undone, stopped, held, runs := 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1e9, 0)
		clock := func() time.Time { return now }
		wait := func(context.Context, time.Duration) error { return nil }
		guards := Guards{Removals: Limit{Ratio: 1, Max: 1000, Free: 1000}, PeopleLosingAccess: Limit{Ratio: 1, Max: 1000, Free: 1000}}
		input := func(s site.Reader, d access.Desired) Input {
			return Input{Site: s, Description: wish{want: d}, Judge: silent{}, Guards: guards}
		}
		journal := new(MemoryJournal)

		// An apply, which left a site behind.
		wanted := part(t, accesstest.SiteWithContent().Draw(t, "described"))
		first, err := Make(t.Context(), input(&heldSite{facts: accesstest.SiteWithContent().Draw(t, "at first")}, wanted))
		if err != nil {
			t.Fatal(err)
		}
		if err := Unchanged(journal, first.Leaves(now), clock); err != nil {
			t.Fatal(err)
		}
		last := first.Target

		// Then somebody did a part of what leads to quite another site, and some people
		// and grants went; and the description may have changed.
		s := &heldSite{facts: drifted(t, last)}
		if rapid.IntRange(0, 2).Draw(t, "the description changed") == 0 {
			wanted = part(t, accesstest.SiteWithContent().Draw(t, "described now"))
		}
		now = now.Add(48 * time.Hour)
		for range 2 {
			live := s.facts
			allowance := rapid.IntRange(0, 12).Draw(t, "allowance")
			in := input(s, wanted)
			whole, err := Make(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			history, err := ReadHistory(journal)
			if err != nil {
				t.Fatal(err)
			}
			used := history.Taken("s", now.Add(-24*time.Hour))
			in.Unattended = &Unattended{Journal: journal, PerDay: allowance, Now: now}
			draft, err := Make(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			runs++
			if d := draft.Drift.Counts; d.Undone+d.Held+d.Description+d.Observed < len(whole.Plan.Changes) || d.Undone != len(draft.Plan.Changes) {
				t.Fatalf("%+v tell of %d changes, of which %d are to be made", d, len(whole.Plan.Changes), len(draft.Plan.Changes))
			}
			held += draft.Drift.Counts.Held
			if draft.Plan.Stops().Any() {
				stopped++
				break
			}
			before := access.NewView(live)
			check := func() {
				after := before.With(s.facts)
				for _, e := range access.Compare(before, after) {
					if e.Gained != "" || e.Lost.Has(access.CanAdminister) {
						t.Fatalf("after %v, %s gains %q and loses %q on %s", access.Changes(live, s.facts), e.Person, e.Gained, e.Lost, e.Object)
					}
				}
				for _, p := range accesstest.Everybody() {
					if before.ProductAdmin(p) != after.ProductAdmin(p) {
						t.Fatalf("after %v, %s administers the product: %t", access.Changes(live, s.facts), p, after.ProductAdmin(p))
					}
				}
				for _, object := range accesstest.Spaces() {
					if !slices.Equal(before.Admins(object), after.Admins(object)) {
						t.Fatalf("after %v, the admins of %s are %v, not %v", access.Changes(live, s.facts), object, after.Admins(object), before.Admins(object))
					}
				}
			}
			s.after = check
			report, err := Apply(t.Context(), ApplyInput{Site: s, Plan: draft.Plan, Journal: journal, Clock: clock, Wait: wait, Unattended: true})
			s.after = nil
			if err != nil || !report.Whole() {
				t.Fatalf("%v, %+v", err, report)
			}
			made := access.Changes(live, s.facts)
			if used+len(made) > max(used, allowance) {
				t.Fatalf("%d changes made after %d, and %d allowed", len(made), used, allowance)
			}
			for _, c := range made {
				was, had := last.Get(c.Fact)
				is, has := s.facts.Get(c.Fact)
				if had != has || was != is {
					t.Fatalf("%s leads to what the last apply did not leave: %v", c, was)
				}
			}
			undone += len(made)
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "hours")) * time.Hour)
		}

		// A person applies the rest.
		plain, err := Make(t.Context(), input(s, wanted))
		if err != nil {
			t.Fatal(err)
		}
		if plain.Plan.Stops().Any() {
			return
		}
		if _, err := Apply(t.Context(), ApplyInput{Site: s, Plan: plain.Plan, Journal: journal, Clock: clock, Wait: wait}); err != nil {
			t.Fatal(err)
		}
		if !s.facts.Equal(plain.Target) {
			t.Fatalf("it leads to %v", access.Changes(plain.Target, s.facts))
		}
	})
	t.Logf("%d runs undid %d changes and held %d; %d were stopped", runs, undone, held, stopped)
	if undone == 0 || held == 0 || stopped*2 > runs {
		t.Error("something was not tried")
	}
}

// drifted gives a site after somebody's doings.
func drifted(t *rapid.T, last access.Set) access.Set {
	d := Diff(last, whole(accesstest.SiteWithContent().Draw(t, "another")), nil)
	before := access.NewView(last)
	steps := Order(NewSimulation(last, before, before.With(d.Target), 0), simpleUnits(d))
	out := last
	for _, s := range steps[:rapid.IntRange(0, len(steps)).Draw(t, "steps")] {
		out = out.Apply(s.Changes)
	}
	return out.Filter(func(f access.Fact) bool {
		switch f.Kind {
		case access.Member, access.Role, access.Permission, access.Restrict:
			return rapid.IntRange(0, 9).Draw(t, "goes") > 0
		}
		return true
	})
}

// An apply leaves what is known of a site in the journal; what later runs did is on
// top of it, and what they may have done is not known.
func TestLast(t *testing.T) {
	fact := func(line string) access.Fact {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	path := t.TempDir() + "/journal.db"
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return at }
	left := Left{
		Site: "s", Plan: "p", Time: at, Mode: site.ByRoles, IDs: map[access.Ref]string{"group:g": "1"},
		Facts: []string{"exists group:g", "member group:g user:a@x", "role space:S group:g = viewer"}, Unknown: []Unknown{{Object: "space:T", Reason: "hidden"}},
	}
	if err := Unchanged(j, left, clock); err != nil {
		t.Fatal(err)
	}
	step := func(run int, id string, status Status, took []string, changes ...string) {
		for _, r := range []Record{
			{Run: run, Kind: Began, Site: "s", Time: at, Unattended: run == 3}, {Run: run, Kind: Intent, Step: id, Changes: changes, Time: at},
			{Run: run, Kind: Outcome, Step: id, Status: status, Changes: took, Time: at},
		} {
			if status == "" && r.Kind == Outcome {
				continue
			}
			if err := j.Append(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	step(2, "a", Applied, nil, "- member group:g user:a@x", "~ role space:S group:g = manager", "+ exists group:h")
	step(2, "b", Failed, []string{"+ member group:h user:b@x"}, "+ member group:h user:a@x", "+ member group:h user:b@x")
	step(3, "c", Uncertain, nil, "+ member group:g user:c@x")
	step(3, "d", Skipped, nil, "+ member group:g user:d@x", "+ member group:g user:f@x")
	step(3, "e", "", nil, "- exists group:h")
	if err := j.Append(Record{Run: 4, Kind: Began, Site: "other"}); err != nil {
		t.Fatal(err)
	}
	step2 := Record{Run: 4, Kind: Intent, Step: "x", Changes: []string{"- exists group:g"}}
	for _, r := range []Record{step2, {Run: 4, Kind: Outcome, Step: "x", Status: Applied}} {
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil { // what is kept survives
		t.Fatal(err)
	}
	if j, err = OpenJournal(path); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	copied, err := j.Copy()
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range []Journal{j, copied} {
		last, err := ReadLast(j, "s")
		if err != nil {
			t.Fatal(err)
		}
		want := access.NewSet(fact("exists group:g"), fact("exists group:h"), fact("member group:h user:b@x"), fact("role space:S group:g = manager"))
		if !last.Facts.Equal(want) || last.IDs["group:g"] != "1" || !last.Time.Equal(at) || last.Run != 1 {
			t.Errorf("%+v", last)
		}
		for line, known := range map[string]bool{
			"member group:g user:c@x": false, "member group:g user:d@x": true, "exists group:h": false, "role space:S group:g = admin": true,
			"role space:T group:g = viewer": false, "restrict page:S/P view group:g": false,
		} {
			if why := last.cannotTell(fact(line)); (why == "") != known {
				t.Errorf("%s: %q", line, why)
			}
		}
		if none, err := ReadLast(j, "other"); none != nil || err != nil {
			t.Errorf("of another site: %v, %v", none, err)
		}
		h, err := ReadHistory(j)
		if err != nil {
			t.Fatal(err)
		}
		if n := h.Taken("s", at.Add(-time.Second)); n != 2 { // c and e; what was skipped took nothing
			t.Errorf("unattended runs took %d", n)
		}
		if n := h.Taken("s", at) + h.Taken("other", at.Add(-time.Hour)); n != 0 {
			t.Errorf("later, or elsewhere, they took %d", n)
		}
	}
	if _, err := j.db.Exec(`UPDATE kept SET body = x'00'`); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLast(j, "s"); err == nil {
		t.Error("a damaged record of what was left is taken for whole")
	}
}
