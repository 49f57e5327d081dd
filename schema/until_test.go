package schema_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

// timed compiles a description at 2026-07-01 and gives what it says of days, for a
// site on which there is something.
func timed(t *testing.T, text string) []string {
	t.Helper()
	docs, diags := schema.Parse([]schema.File{{Path: "a.weir.yaml", Bytes: []byte(text)}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	d, diags := schema.Compile(docs, nil, noon)
	if d == nil {
		return lines(diags)
	}
	desired, _ := d.Desired(access.Known{Facts: access.NewSet(access.Fact{Kind: access.Exists, Object: "group:x"})})
	return lines(desired.Warnings)
}

func TestEndingSoon(t *testing.T) {
	if noon.Format(time.DateOnly) != "2026-07-01" {
		t.Fatal("this test counts from 2026-07-01")
	}
	const head = "weir: v1\nsite: {name: acme, schedule: daily}\nexternal: [\"user:*\"]\n"
	var many strings.Builder
	many.WriteString(head + "groups:\n  eng:\n    members:\n")
	for i := range 7 {
		fmt.Fprintf(&many, "      - {who: p%d@acme.example, until: 2026-07-%02d}\n", i, 14-i)
	}
	const hint = " (write a later day, or let it end)"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"today is the last day, fourteen days ahead, and a day more", head + "groups: {eng: {members: [{who: a@x.y, until: 2026-07-01}, {who: b@x.y, until: 2026-07-15}, {who: c@x.y, until: 2026-07-16}]}}\n", []string{
			`warning WR212 a.weir.yaml:4:46: the entry of "a@x.y" ends on 2026-07-01` + hint,
			`warning WR212 a.weir.yaml:4:79: the entry of "b@x.y" ends on 2026-07-15` + hint,
		}},
		{"roles, pages, global permissions, guests and ignored objects", head + `
spaces: {ENG: {roles: {viewer: [{who: "user:a@x.y", until: 2026-07-02}]}, pages: {P: {view: [{who: "user:b@x.y", until: 2026-07-03}]}}}}
global_permissions: {create_space: [{who: "user:c@x.y", until: 2026-07-04}]}
guests: {g@x.y: {space: ENG, until: 2026-07-05}}
ownership: {ignore: [{object: "group:z", until: 2026-07-06}]}
`, []string{
			`warning WR212 a.weir.yaml:5:60: the entry of "user:a@x.y" ends on 2026-07-02` + hint,
			`warning WR212 a.weir.yaml:5:121: the entry of "user:b@x.y" ends on 2026-07-03` + hint,
			`warning WR212 a.weir.yaml:6:64: the entry of "user:c@x.y" ends on 2026-07-04` + hint,
			`warning WR212 a.weir.yaml:7:37: the entry of "g@x.y" ends on 2026-07-05` + hint,
			`warning WR212 a.weir.yaml:8:49: the ignore of "group:z" ends on 2026-07-06` + hint,
		}},
		{"an archetype's entry stands once, however many spaces follow it", head + `
archetypes: {team: {roles: {viewer: [{who: "user:a@x.y", until: 2026-07-02}]}}}
spaces: {A: {archetype: team}, B: {archetype: team}}
`, []string{`warning WR212 a.weir.yaml:5:65: the entry of "user:a@x.y" ends on 2026-07-02` + hint}},
		{"many are folded, the next first", many.String(), []string{
			`warning WR212 a.weir.yaml:13:39: 7 entries end by 2026-07-14: the entry of "p6@acme.example" on 2026-07-08, the entry of "p5@acme.example" on 2026-07-09, the entry of "p4@acme.example" on 2026-07-10, the entry of "p3@acme.example" on 2026-07-11, and 3 more (write later days, or let them end (weir people lists the days))`,
		}},
		{"the days are those of the site", "weir: v1\nsite: {name: acme, schedule: weekly, timezone: Pacific/Auckland}\nexternal: [\"user:*\"]\ngroups: {eng: {members: [{who: a@x.y, until: 2026-07-16}]}}\n", []string{
			`warning WR212 a.weir.yaml:4:46: the entry of "a@x.y" ends on 2026-07-16` + hint,
		}},
		{"without a schedule nothing ends by itself", "weir: v1\nsite: {name: acme}\nexternal: [\"user:*\"]\ngroups: {eng: {members: [{who: a@x.y, until: 2027-07-16}]}}\n", []string{
			"warning WR426 a.weir.yaml:2:7: 1 entry has a last day, and nothing ends by itself: the first apply after it takes what was given (let an apply run by itself, and say how often under site: schedule)",
		}},
		{"nothing has a last day", "weir: v1\nsite: {name: acme}\n", nil},
		{"what has ended is told when the description is read", "weir: v1\nsite: {name: acme}\nexternal: [\"user:*\"]\ngroups: {eng: {members: [{who: a@x.y, until: 2026-06-30}]}}\n", nil},
		{"another word", "weir: v1\nsite: {name: acme, schedule: dayly}\n", []string{`WR103 a.weir.yaml:2:30: schedule "dayly" is not known (did you mean "daily"?)`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, timed(t, c.text)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestLongestTerm(t *testing.T) {
	const head = "weir: v1\nsite: {name: acme, schedule: daily}\nexternal: [\"user:*\"]\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"within", "groups: {eng: {longest_term: 30d, members: [{who: a@x.y, until: 2026-07-31}, {who: b@x.y, until: 2026-07-20}]}}", nil},
		{"no members, and none listed", "groups: {eng: {longest_term: 30d}, ops: {longest_term: 30d, members: []}}", nil},
		{"no day, and one too late", "groups: {eng: {longest_term: 30d, members: [a@x.y, {who: b@x.y, until: 2026-08-01}, {who: c@x.y, reason: audit}]}}", []string{
			`WR213 a.weir.yaml:4:45: the entry of "a@x.y" has no last day, and group "eng" allows 30 days (write {who: a@x.y, until: 2026-07-31}, or an earlier day)`,
			`WR213 a.weir.yaml:4:72: the entry of "b@x.y" lasts longer than the 30 days that group "eng" allows (write until: 2026-07-31, or an earlier day)`,
			`WR213 a.weir.yaml:4:91: the entry of "c@x.y" has no last day, and group "eng" allows 30 days (write {who: c@x.y, until: 2026-07-31}, or an earlier day)`,
		}},
		{"members that have no day", "groups: {a: {members: []}, eng: {longest_term: 1d, members_of: [a]}, idp: {managed_by: idp, longest_term: 1d}}", []string{
			`WR202 a.weir.yaml:4:48: group "eng" has a longest term, and members who come from other groups have no last day (delete longest_term, or list the people under members, each with a last day)`,
			`  a.weir.yaml:4:64: here`,
			`WR202 a.weir.yaml:4:107: group "idp" has a longest term, and its members are somebody else's to write (delete longest_term, or list the people under members, each with a last day)`,
			`  a.weir.yaml:4:88: here`,
		}},
		{"groups that an archetype brings", "archetypes: {team: {parameters: {t: {}}, groups: {\"${t}-temps\": {longest_term: 30d, members: [a@x.y]}}}}\nspaces: {A: {archetype: team, with: {t: a}}}", []string{
			`WR213 a.weir.yaml:4:95: the entry of "a@x.y" has no last day, and group "a-temps" allows 30 days (write {who: a@x.y, until: 2026-07-31}, or an earlier day)`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, timed(t, head+c.text+"\n")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	// Durations have one spelling.
	for _, term := range []string{"30", "0d", "-1d", "30 d", "1m", "99999d"} {
		if docs, diags := schema.Parse([]schema.File{{Path: "a.weir.yaml", Bytes: []byte(head + "groups: {eng: {longest_term: \"" + term + "\"}}\n")}}); !diags.HasErrors() {
			t.Errorf("longest_term: %s is taken: %v", term, docs)
		}
	}
}

func TestDeleting(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	docs, diags := schema.Parse([]schema.File{{Path: "a.weir.yaml", Bytes: []byte("weir: v1\nsite: {name: acme, timezone: Pacific/Auckland}\nusers:\n  a@x.y: {}\n  b@x.y: {state: deactivated}\n  c@x.y: {}\n  d@x.y: {}\n  e@x.y: {}\n")}})
	if diags != nil {
		t.Fatal(diags)
	}
	d, diags := schema.Compile(docs, nil, noon) // 2 July in Auckland
	if d == nil {
		t.Fatal(diags)
	}
	desired, _ := d.Desired(access.Known{People: map[access.Ref]access.PersonRecord{
		"user:a@x.y": {Deleting: true, Ended: day("2026-06-25T12:00:00Z")}, "user:b@x.y": {Deleting: true}, "user:c@x.y": {Ended: day("2026-06-25T00:00:00Z")},
		"user:d@x.y": {Deleting: true, Ended: day("2026-06-01T00:00:00Z")}, "user:e@x.y": {Deleting: true, Ended: day("2026-06-18T00:00:00Z")},
		"user:stranger@x.y": {Deleting: true},
	}})
	const hint = " (an organisation admin can cancel that until then; weir neither starts nor stops it)"
	want := []string{
		`warning WR428 a.weir.yaml:4:3: the account of "a@x.y" is on its way to deletion: it is gone for good on 2026-07-10 at the earliest (8 days left of 14)` + hint,
		`warning WR428 a.weir.yaml:5:3: the account of "b@x.y" is on its way to deletion: it is gone for good 14 days after that was asked for` + hint,
		`warning WR428 a.weir.yaml:7:3: the account of "d@x.y" is on its way to deletion: it is gone for good 14 days after that was asked for, on a day that cannot be told` + hint,
		`warning WR428 a.weir.yaml:8:3: the account of "e@x.y" is on its way to deletion: it is gone for good on 2026-07-02 at the earliest (0 days left of 14)` + hint,
	}
	if diff := cmp.Diff(want, lines(desired.Warnings)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
