package reconcile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
)

// The default limits fire exactly at the documented number, at every size.
func TestLimitBoundaries(t *testing.T) {
	l := DefaultGuards().Removals
	for _, test := range []struct{ live, allowed, admin int }{
		{0, 3, 0}, {1, 3, 0}, {9, 3, 0}, {10, 3, 1}, {29, 3, 2}, {30, 3, 3}, {39, 3, 3}, {40, 4, 4},
		{691, 69, 69}, {1999, 199, 199}, {2000, 200, 200}, {2011, 200, 200}, {100000, 200, 200},
	} {
		if got := l.allows(test.live); got != test.allowed {
			t.Errorf("of %d live, %d may go, want %d", test.live, got, test.allowed)
		}
		if got := l.withoutFree(test.live); got != test.admin {
			t.Errorf("of %d live, %d may go with administration, want %d", test.live, got, test.admin)
		}
		for count, exceeded := range map[int]bool{test.allowed: false, test.allowed + 1: true} {
			if b := l.use("removals.member", count, 0, test.live); b.Exceeded != exceeded {
				t.Errorf("%d of %d: exceeded is %v", count, test.live, b.Exceeded)
			}
		}
	}
	// 0.07 × 100 is 7.000000000000001 in binary, 0.29 × 100 is 28.999999999999996.
	for ratio, want := range map[float64]int{0.07: 7, 0.29: 29, 0.1: 10, 1: 100, 0: 0} {
		if got := (Limit{Ratio: ratio, Max: 1000}).allows(100); got != want {
			t.Errorf("%v of 100 is %d, want %d", ratio, got, want)
		}
	}
}

// crowd is a site of n people in one group that holds a role in one space.
func crowd(t *testing.T, n int, role string) access.Set {
	t.Helper()
	var b strings.Builder
	b.WriteString(`
		exists group:g
		exists space:S
		exists space_role:viewer
		exists space_role:admin
		grants space_role:viewer read/space
		grants space_role:admin read/space
		grants space_role:admin administer/space
	`)
	fmt.Fprintf(&b, "role space:S group:g = %s\n", role)
	for i := range n {
		fmt.Fprintf(&b, "exists user:u%03d@acme.example\nmember group:g user:u%03d@acme.example\n", i, i)
	}
	return facts(t, b.String())
}

func delta(live access.Set, desired access.Desired) access.Delta {
	d := Diff(live, desired, nil)
	before, after := access.NewView(live), access.NewView(d.Target)
	return access.Delta{
		Live: live, Target: d.Target, Desired: desired, Changes: d.Changes,
		Before: before, After: after, Effects: access.Compare(before, after), SiteKnown: true,
	}
}

func rows(budgets []Budget) []string {
	var out []string
	for _, b := range budgets {
		out = append(out, fmt.Sprintf("%s %d/%d of %d allowed %d/%d %v", b.Rule, b.Count, b.Admin, b.Live, b.Allowed, b.AllowedAdmin, b.Exceeded))
	}
	return out
}

func TestBudgets(t *testing.T) {
	g := DefaultGuards()
	for _, test := range []struct {
		name string
		live access.Set
		keep func(access.Fact) bool
		want []string
	}{
		{
			"three ordinary members are free", crowd(t, 10, "viewer"),
			func(f access.Fact) bool { return f.Kind != access.Member || f.Subject >= "user:u003" },
			[]string{"removals.member 3/0 of 10 allowed 3/1 false", "people_losing_access 3/0 of 10 allowed 3/0 false"},
		},
		{
			"the fourth is not", crowd(t, 10, "viewer"),
			func(f access.Fact) bool { return f.Kind != access.Member || f.Subject >= "user:u004" },
			[]string{"removals.member 4/0 of 10 allowed 3/1 true", "people_losing_access 4/0 of 10 allowed 3/0 true"},
		},
		{
			"administration is never free", crowd(t, 10, "admin"),
			func(f access.Fact) bool { return f.Kind != access.Member || f.Subject >= "user:u001" },
			[]string{"removals.member 1/1 of 10 allowed 3/1 false", "people_losing_access 1/1 of 10 allowed 3/0 true"},
		},
		{
			"a role that takes administration from a group", crowd(t, 40, "admin"),
			func(f access.Fact) bool { return f.Kind != access.Role },
			[]string{"removals.role 1/1 of 1 allowed 3/0 true", "people_losing_access 40/40 of 40 allowed 3/2 true"},
		},
		{
			"consequences of a deleted group count", crowd(t, 40, "viewer"),
			func(f access.Fact) bool { return !f.About("group:g") },
			[]string{
				"removals.group 1/0 of 1 allowed 3/0 false", "removals.member 40/0 of 40 allowed 4/4 true",
				"removals.role 1/0 of 1 allowed 3/0 false", "people_losing_access 40/0 of 40 allowed 3/2 true",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := rows(g.budgets(delta(test.live, whole(test.live.Filter(test.keep)))))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Somebody who loses one role and keeps a stronger one loses nothing; what is
// lost on a space that nobody described does not count.
func TestWhoCountsAsLosing(t *testing.T) {
	live := crowd(t, 40, "admin").Union(facts(t, `
		exists group:h
		exists space:FREE
		member group:h user:u000@acme.example
		member group:h user:u001@acme.example
		role space:FREE group:h = viewer
		role space:S group:h = viewer`))
	keep := live.Filter(func(f access.Fact) bool { return f.Kind != access.Member || f.Object != "group:h" })
	desired := whole(keep)
	delete(desired.Described, "space:FREE")
	d := delta(live, desired)
	if got := rows(DefaultGuards().budgets(d)); len(got) != 1 || !strings.HasPrefix(got[0], "removals.member 2/0") {
		t.Errorf("budgets: %v", got)
	}
	if p := people(d); p.Losing != 2 || p.LosingHere != 0 {
		t.Errorf("people: %+v", p)
	}
}

// The number of space admins is a ratchet.
func TestAdminsRatchet(t *testing.T) {
	for _, test := range []struct {
		before, after, floor int
		want                 access.Level
	}{
		{3, 2, 2, ""}, {3, 1, 2, access.Deny}, {2, 1, 2, access.Deny}, {1, 1, 2, access.Warn}, {1, 0, 2, access.Deny},
		{0, 0, 2, access.Warn}, {0, 1, 2, access.Warn}, {5, 0, 0, ""}, {1, 2, 2, ""},
	} {
		live := crowd(t, 5, "admin").Filter(func(f access.Fact) bool {
			return f.Kind != access.Member || f.Subject < access.Ref(fmt.Sprintf("user:u%03d", test.before))
		})
		want := crowd(t, 5, "admin").Filter(func(f access.Fact) bool {
			return f.Kind != access.Member || f.Subject < access.Ref(fmt.Sprintf("user:u%03d", test.after))
		})
		var got access.Level
		for _, f := range (Guards{MinSpaceAdmins: test.floor}).admins(delta(live, whole(want)), nil) {
			got = f.Level
		}
		if got != test.want {
			t.Errorf("from %d admins to %d with floor %d: %q, want %q", test.before, test.after, test.floor, got, test.want)
		}
	}
}

func TestAcceptances(t *testing.T) {
	plan := func() *Plan {
		return &Plan{Digest: "d1", Budgets: []Budget{
			{Rule: "removals.user", Count: 739, Exceeded: true},
			{Rule: "removals.role", Count: 1},
		}}
	}
	used := func(a string) bool { return a == "removals.user:739@d1" }
	for _, test := range []struct {
		text   string
		used   func(string) bool
		refuse string
	}{
		{"removals.user:739@d1", nil, ""},
		{"removals.user:739@d1", used, "it was used before"},
		{"removals.user:739@d1.2", used, ""}, // the same plan came up again
		{"removals.user:739@d1.2", nil, "this plan needs removals.user:739@d1"},
		{"removals.user:738@d1", nil, "this plan needs removals.user:739@d1"},
		{"removals.user:739@d2", nil, "it is for another plan"},
		{"removals.role:1@d1", nil, "that budget is not exceeded"},
		{"removals.nosuch:1@d1", nil, "that budget is not exceeded"},
	} {
		a, err := ParseAcceptance(test.text)
		if err != nil {
			t.Fatal(err)
		}
		p := plan()
		p.Accept([]Acceptance{a}, test.used)
		switch {
		case test.refuse == "" && (p.Stops().Any() || len(p.Acceptances()) > 0):
			t.Errorf("%s: still stopped: %+v", test.text, p)
		case test.refuse != "" && (len(p.Findings) != 1 || !strings.Contains(p.Findings[0].Message, test.refuse) || !p.Stops().Guard):
			t.Errorf("%s: %+v, want it refused: %s", test.text, p.Findings, test.refuse)
		}
	}
	for _, text := range []string{"", "x", "removals.user", "removals.user:739", "removals.user:x@d", ":1@d", "a:1@", "a:-1@d", "a:01@d", "a:+1@d"} {
		if a, err := ParseAcceptance(text); err == nil {
			t.Errorf("%q is taken for %+v", text, a)
		}
	}
}

// The site refuses to take the last assignment that administers a space, even
// of a group without people: the plan says so beforehand.
func TestLastAdminAssignment(t *testing.T) {
	common := `
		exists group:g
		exists group:h
		exists space:S
		exists space_role:viewer
		exists space_role:admin
		grants space_role:viewer read/space
		grants space_role:admin read/space
		grants space_role:admin administer/space
	`
	live := facts(t, common+"role space:S group:g = admin\n")
	for target, want := range map[string]bool{
		common:                                           true,
		common + "role space:S group:g = viewer":         true,
		common + "role space:S group:h = admin":          false,
		strings.Replace(common, "exists group:g", "", 1): false,
	} {
		got := Guards{}.admins(delta(live, whole(facts(t, target))), nil)
		if (len(got) > 0) != want {
			t.Errorf("to %s: %v", target, got)
		}
	}
}

// A description without any group is more likely a missing file than a wish.
func TestEmptied(t *testing.T) {
	live := crowd(t, 2, "viewer")
	for name, test := range map[string]struct {
		keep   func(access.Fact) bool
		absent access.Ref
		want   int
	}{
		"all there":      {func(access.Fact) bool { return true }, "", 0},
		"no group":       {func(f access.Fact) bool { return !f.About("group:g") }, "", 1},
		"said by name":   {func(f access.Fact) bool { return !f.About("group:g") }, "group:g", 0},
		"nothing at all": {func(f access.Fact) bool { return f.Object.Type() == "space_role" }, "", 2},
	} {
		desired := whole(live.Filter(test.keep))
		desired.Scope.Absent[test.absent] = true
		if got := emptied(delta(live, desired)); len(got) != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Weir's own account stays an administrator of the product: it could not put
// that back.
func TestOwnAccountStaysAdministrator(t *testing.T) {
	const weir = access.Ref("user:weir@acme.example")
	set := func(lines ...string) access.Set {
		var out []access.Fact
		for _, l := range lines {
			f, err := access.ParseFact(l)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, f)
		}
		return access.NewSet(out...)
	}
	live := set("member group:admins user:weir@acme.example", "product group:admins = admin+user")
	for _, c := range []struct {
		target access.Set
		denied bool
	}{
		{live, false},
		{set("member group:admins user:weir@acme.example", "product group:admins = user"), true},
		{set("product group:admins = admin+user"), true},
		{set("product group:admins = user", "product user:weir@acme.example = admin"), false},
	} {
		if got := len(own(live, c.target, weir)) > 0; got != c.denied {
			t.Errorf("%v: denied %v", c.target.Facts(), got)
		}
	}
	if own(set(), set(), weir) != nil {
		t.Error("an account that never was an administrator is no matter")
	}
}
