package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/lifecycle"
)

var today = time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)

// ago is a moment in the middle of a day so many days before today.
func ago(days int) time.Time { return today.AddDate(0, 0, -days).Add(13 * time.Hour) }

func facts(t testing.TB, lines ...string) access.Set {
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

// known is a site with one personal space, ~ana, of Ana.
func known(t testing.TB, lines ...string) access.Known {
	return access.Known{
		Facts: facts(t, append([]string{
			"exists space:~ana", "name space:~ana = Ana", "personal space:~ana user:ana@acme.example",
			"role space:~ana user:ana@acme.example = admin",
			"exists space_role:admin", "grants space_role:admin read/space", "grants space_role:admin administer/space",
			"exists space_role:viewer", "grants space_role:viewer read/space",
		}, lines...)...),
		Spaces: map[access.Ref]access.SpaceRecord{"space:~ana": {Created: ago(900), Changed: ago(400), Contents: 3}},
	}
}

const ana, space = access.Ref("user:ana@acme.example"), access.Ref("space:~ana")

// one gives what becomes of the one space.
func one(t *testing.T, k access.Known, p lifecycle.Policy) lifecycle.Space {
	t.Helper()
	p.Today = today
	all := lifecycle.Spaces(k, access.NewView(k.Facts), p)
	if len(all) != 1 {
		t.Fatalf("%d personal spaces", len(all))
	}
	return all[0]
}

func TestOwnerStates(t *testing.T) {
	recorded := map[access.Ref]access.PersonRecord{ana: {}}
	for _, test := range []struct {
		name    string
		lines   []string
		people  map[access.Ref]access.PersonRecord
		unknown []access.Unknown
		want    lifecycle.State
	}{
		{name: "enters", lines: []string{"exists user:ana@acme.example"}, want: lifecycle.Active},
		{name: "suspended", lines: []string{"state user:ana@acme.example = suspended"}, want: lifecycle.Suspended},
		{name: "deactivated", lines: []string{"state user:ana@acme.example = deactivated"}, want: lifecycle.Deactivated},
		{name: "removed", lines: []string{"state user:ana@acme.example = removed"}, want: lifecycle.Removed},
		{name: "a state of another day", lines: []string{"state user:ana@acme.example = frozen"}, want: lifecycle.Unknown},
		{name: "in the organisation only", people: recorded, want: lifecycle.Unlicensed},
		{name: "nowhere", want: lifecycle.Vanished},
		{name: "not seen", unknown: []access.Unknown{{Kind: access.Exists, Object: ana, Reason: "hidden"}}, want: lifecycle.Unknown},
		{name: "no list of people", unknown: []access.Unknown{{Kind: access.Exists, Reason: "forbidden"}}, want: lifecycle.Unknown},
		{name: "the state is not seen", lines: []string{"exists user:ana@acme.example"}, unknown: []access.Unknown{{Kind: access.State, Object: ana, Reason: "hidden"}}, want: lifecycle.Unknown},
		{name: "shut out, whatever else is hidden", lines: []string{"state user:ana@acme.example = removed"}, unknown: []access.Unknown{{Object: ana, Reason: "hidden"}}, want: lifecycle.Removed},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := known(t, test.lines...)
			k.People, k.Unknown = test.people, test.unknown
			if got := one(t, k, lifecycle.Policy{}).State; got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if got := lifecycle.OwnerState(k, ana); got != test.want {
				t.Errorf("asked alone: %s, want %s", got, test.want)
			}
		})
	}
}

// policy archives after 30 days and deletes a year later, and archives what nobody
// changed for 500 days.
func policy() lifecycle.Policy {
	return lifecycle.Policy{
		Left:   &lifecycle.Left{When: []lifecycle.State{lifecycle.Deactivated, lifecycle.Removed, lifecycle.Unlicensed}, After: 30, Delete: 365},
		Unused: 500, Hold: []string{"legal-hold"}, Batch: 50,
	}
}

func TestStages(t *testing.T) {
	const gone, archived = "state user:ana@acme.example = deactivated", "status space:~ana = archived"
	left := func(days int) func(*access.Known) {
		return func(k *access.Known) { k.Memory.Left = map[access.Ref]time.Time{ana: ago(days)} }
	}
	for _, test := range []struct {
		name   string
		lines  []string
		change func(*access.Known)
		policy func(*lifecycle.Policy)
		stage  lifecycle.Stage
		on     string
		reason string
	}{
		{name: "somebody who is there", lines: []string{"exists user:ana@acme.example"}, stage: lifecycle.Announced, on: "2026-09-23", reason: "nothing in it was changed since 2025-05-11"},
		{name: "just seen to be gone", lines: []string{gone}, stage: lifecycle.Announced, on: "2026-07-15", reason: "its owner is deactivated, as weir sees for the first time today"},
		{name: "gone for 29 days", lines: []string{gone}, change: left(29), stage: lifecycle.Announced, on: "2026-06-16", reason: "its owner is deactivated, as weir first saw on 2026-05-17"},
		{name: "gone for 30 days", lines: []string{gone}, change: left(30), stage: lifecycle.Archive, on: "2026-06-15", reason: "its owner is deactivated, as weir first saw on 2026-05-16"},
		{name: "the site tells since when", lines: []string{gone}, change: func(k *access.Known) {
			left(1)(k)
			k.People = map[access.Ref]access.PersonRecord{ana: {Ended: ago(90)}}
		}, stage: lifecycle.Archive, on: "2026-04-16", reason: "its owner is deactivated since 2026-03-17"},
		{name: "on leave", lines: []string{"state user:ana@acme.example = suspended"}, change: left(300), policy: func(p *lifecycle.Policy) { p.Unused = 0 }, stage: lifecycle.Kept, reason: "its owner is suspended, which is not to have left"},
		{name: "on leave, and that is to have left", lines: []string{"state user:ana@acme.example = suspended"}, change: left(300),
			policy: func(p *lifecycle.Policy) { p.Left.When = append(p.Left.When, lifecycle.Suspended) }, stage: lifecycle.Archive, on: "2025-09-18", reason: "its owner is suspended, as weir first saw on 2025-08-19"},
		{name: "vanished is removed", change: left(300), stage: lifecycle.Archive, on: "2025-09-18", reason: "its owner is vanished, as weir first saw on 2025-08-19"},
		{name: "not known to be gone", change: func(k *access.Known) {
			left(300)(k)
			k.Unknown = []access.Unknown{{Kind: access.Exists, Object: ana, Reason: "hidden"}}
			k.Spaces = map[access.Ref]access.SpaceRecord{space: {}}
		}, stage: lifecycle.Kept, reason: "whose it is, or whether they left, cannot be told"},
		{name: "unused", lines: []string{"exists user:ana@acme.example"}, policy: func(p *lifecycle.Policy) { p.Unused = 365 }, stage: lifecycle.Archive, on: "2026-05-11", reason: "nothing in it was changed since 2025-05-11"},
		{name: "not known to be unused", lines: []string{"exists user:ana@acme.example"}, change: func(k *access.Known) { k.Spaces = map[access.Ref]access.SpaceRecord{space: {Created: ago(900)}} },
			stage: lifecycle.Kept, reason: "when it was last changed is not told"},
		{name: "on hold", lines: []string{gone}, change: func(k *access.Known) {
			left(300)(k)
			k.Spaces = map[access.Ref]access.SpaceRecord{space: {Labels: []string{"legal-hold"}}}
		}, stage: lifecycle.Kept, reason: "held by its label legal-hold"},
		{name: "labels not read", lines: []string{gone}, change: func(k *access.Known) { left(300)(k); k.Spaces = nil }, stage: lifecycle.Kept, reason: "its labels could not be read"},
		{name: "described by itself", lines: []string{gone}, change: left(300), policy: func(p *lifecycle.Policy) {
			p.Exempt = func(access.Ref) string { return "described by an entry of its own" }
		}, stage: lifecycle.Kept, reason: "described by an entry of its own"},
		{name: "whether it is archived is not seen", lines: []string{gone}, change: func(k *access.Known) {
			left(300)(k)
			k.Unknown = []access.Unknown{{Kind: access.Status, Object: space, Reason: "hidden"}}
		}, stage: lifecycle.Kept, reason: "whether it is archived cannot be seen: hidden"},
		{name: "archived, as is seen for the first time", lines: []string{gone, archived}, change: left(800), stage: lifecycle.Doomed, on: "2027-06-15", reason: "its owner is deactivated, as weir first saw on 2024-04-06, and it is archived since 2026-06-15"},
		{name: "archived for a year", lines: []string{gone, archived}, change: func(k *access.Known) {
			left(400)(k)
			k.Memory.Archived = map[access.Ref]time.Time{space: ago(365)}
		}, stage: lifecycle.Delete, on: "2026-06-15", reason: "its owner is deactivated, as weir first saw on 2025-05-11, and it is archived since 2025-06-15"},
		{name: "archived for years before they left", lines: []string{gone, archived}, change: func(k *access.Known) {
			left(2)(k)
			k.Memory.Archived = map[access.Ref]time.Time{space: ago(900)}
		}, stage: lifecycle.Doomed, on: "2026-07-13", reason: "its owner is deactivated, as weir first saw on 2026-06-13, and it is archived since 2023-12-28"},
		{name: "archived, and nothing is to be deleted", lines: []string{gone, archived}, change: left(800), policy: func(p *lifecycle.Policy) { p.Left.Delete = 0 }, stage: lifecycle.Archived},
		{name: "archived, of somebody who is there", lines: []string{"exists user:ana@acme.example", archived}, stage: lifecycle.Archived},
		{name: "archived and on hold", lines: []string{gone, archived}, change: func(k *access.Known) {
			left(800)(k)
			k.Memory.Archived = map[access.Ref]time.Time{space: ago(700)}
			k.Spaces = map[access.Ref]access.SpaceRecord{space: {Labels: []string{"legal-hold"}}}
		}, stage: lifecycle.Archived, reason: "held by its label legal-hold"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, p := known(t, test.lines...), policy()
			if test.change != nil {
				test.change(&k)
			}
			if test.policy != nil {
				test.policy(&p)
			}
			s := one(t, k, p)
			on := ""
			if !s.On.IsZero() {
				on = s.On.Format(time.DateOnly)
			}
			if got, want := []string{string(s.Stage), on, s.Reason}, []string{string(test.stage), test.on, test.reason}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestExposure(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  string
	}{
		{nil, "nobody else"},
		{[]string{"role space:~ana class:everyone = viewer"}, "everyone"},
		{[]string{"role space:~ana class:anonymous = viewer", "global site use class:anonymous"}, "anonymous"},
		{[]string{"permission space:~ana read/space group:a", "role space:~ana group:b = viewer", "role space:~ana user:bo@acme.example = viewer"}, "2 groups, 1 person"},
		{[]string{"permission space:~ana create/comment group:a"}, "nobody else"},
		{[]string{"role space:~ana class:authenticated = viewer", "role space:~ana group:a = viewer"}, "everyone, 1 group"},
	} {
		if got := one(t, known(t, test.lines...), lifecycle.Policy{}).Exposure; got.String() != test.want || got.Alone() != (test.want == "nobody else") {
			t.Errorf("%v: %s, want %s", test.lines, got, test.want)
		}
	}
}

// A day begins at midnight at the site.
func TestDaysAreTheSites(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	k := known(t, "state user:ana@acme.example = deactivated")
	k.Memory.Left = map[access.Ref]time.Time{ana: time.Date(2026, 5, 15, 22, 30, 0, 0, time.UTC)} // half past midnight in Berlin
	p := policy()
	p.Today = time.Date(2026, 6, 15, 0, 0, 0, 0, berlin)
	s := lifecycle.Spaces(k, access.NewView(k.Facts), p)[0]
	if s.Stage != lifecycle.Archive || s.On.Format(time.DateOnly) != "2026-06-15" || !strings.HasSuffix(s.Reason, "2026-05-16") {
		t.Errorf("%s on %s: %s", s.Stage, s.On, s.Reason)
	}
}

// TestBatches: whatever is due is archived, oldest first, a batch at a time; nothing
// else ever is; and nothing is twice.
func TestBatches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := access.Known{Memory: access.Memory{Left: make(map[access.Ref]time.Time)}, Spaces: make(map[access.Ref]access.SpaceRecord)}
		var lines []string
		due := make(map[access.Ref]int)
		for i := range rapid.IntRange(0, 30).Draw(rt, "spaces") {
			space, owner := fmt.Sprintf("space:~p%d", i), access.Ref(fmt.Sprintf("user:p%d@acme.example", i))
			days, held := rapid.IntRange(0, 60).Draw(rt, "days"), rapid.IntRange(0, 4).Draw(rt, "held") == 0
			lines = append(lines, "exists "+space, "personal "+space+" "+string(owner))
			record := access.SpaceRecord{}
			if held {
				record.Labels = []string{"legal-hold"}
			}
			k.Spaces[access.Ref(space)] = record
			if rapid.Bool().Draw(rt, "left") {
				lines, k.Memory.Left[owner] = append(lines, "state "+string(owner)+" = deactivated"), ago(days)
				if days >= 30 && !held {
					due[access.Ref(space)] = days
				}
			} else {
				lines = append(lines, "exists "+string(owner))
			}
		}
		k.Facts = facts(t, lines...)
		p := policy()
		p.Today, p.Batch, p.Unused = today, rapid.IntRange(1, 7).Draw(rt, "batch"), 0
		left := len(due)
		for runs := 0; ; runs++ {
			var now []access.Ref
			waits, oldest := 0, 1000
			for _, s := range lifecycle.Spaces(k, access.NewView(k.Facts), p) {
				switch s.Stage {
				case lifecycle.Archive:
					now, oldest = append(now, s.Space), min(oldest, due[s.Space])
				case lifecycle.Waits:
					waits++
				}
			}
			if len(now) != min(left, p.Batch) || waits != left-len(now) {
				rt.Fatalf("%d now and %d later, of %d due in batches of %d", len(now), waits, left, p.Batch)
			}
			if left == 0 {
				break
			}
			more := []access.Fact{}
			for _, space := range now {
				if due[space] == 0 {
					rt.Fatalf("%s is not due", space)
				}
				delete(due, space)
				more = append(more, access.Fact{Kind: access.Status, Object: space, Value: "archived"})
			}
			for space, days := range due {
				if days > oldest {
					rt.Fatalf("%s is left for %d days, and others go that are for %d", space, days, oldest)
				}
			}
			k.Facts = k.Facts.Union(access.NewSet(more...))
			left = len(due)
		}
	})
}

func TestOrderOfTheList(t *testing.T) {
	at := func(stage lifecycle.Stage, day int, space access.Ref) lifecycle.Space {
		return lifecycle.Space{Space: space, Stage: stage, On: today.AddDate(0, 0, day)}
	}
	list := []lifecycle.Space{
		at(lifecycle.Kept, 0, "space:~a"), at(lifecycle.Announced, 9, "space:~b"), at(lifecycle.Archive, -1, "space:~c"), at(lifecycle.Announced, 3, "space:~d"),
		at(lifecycle.Delete, 0, "space:~e"), at(lifecycle.Waits, 0, "space:~f"), at(lifecycle.Archive, -4, "space:~g"), at(lifecycle.Archived, 0, "space:~h"),
	}
	slices.SortFunc(list, lifecycle.Compare)
	var got []string
	for _, s := range list {
		got = append(got, s.Space.ID())
	}
	if diff := cmp.Diff([]string{"~e", "~g", "~c", "~f", "~d", "~b", "~h", "~a"}, got); diff != "" {
		t.Error(diff)
	}
}
