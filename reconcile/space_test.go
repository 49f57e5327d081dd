package reconcile

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
)

const homeOfJoe = `
	exists group:staff
	exists page:~joe/Home
	exists space:ENG
	exists space:~joe
	exists space_role:admin
	exists user:ana@acme.example
	exists user:joe@acme.example
	grants space_role:admin administer/space
	grants space_role:admin read/space
	member group:staff user:ana@acme.example
	personal space:~joe user:joe@acme.example
	restrict page:~joe/Home view user:joe@acme.example
	role space:ENG user:ana@acme.example = admin
	role space:~joe group:staff = admin
	role space:~joe user:joe@acme.example = admin
	status space:~joe = archived`

// joesGone is what is wanted of that site, where nobody described the personal space
// and its removal is.
func joesGone(t *testing.T) (live access.Set, desired access.Desired) {
	t.Helper()
	live = facts(t, homeOfJoe)
	desired = whole(live.Filter(func(f access.Fact) bool { return f.Object.Space() != "space:~joe" }))
	desired.Scope.Absent["space:~joe"] = true
	return live, desired
}

// TestARemovedSpace: all that is said of a removed space, and of what is in it, falls
// with it, described or not; nothing else does, and without the word nothing at all.
func TestARemovedSpace(t *testing.T) {
	live, desired := joesGone(t)
	d := Diff(live, desired, nil)
	want := strings.Join([]string{
		"- exists page:~joe/Home",
		"- exists space:~joe",
		"- personal space:~joe user:joe@acme.example",
		"- restrict page:~joe/Home view user:joe@acme.example",
		"- role space:~joe group:staff = admin",
		"- role space:~joe user:joe@acme.example = admin",
		"- status space:~joe = archived",
	}, "\n") + "\n"
	if diff := cmp.Diff(want, changeLines(d.Changes)); diff != "" {
		t.Error(diff)
	}
	for _, c := range d.Changes {
		cause := d.Cause[c.Fact.Identity()]
		if c.Fact == (access.Fact{Kind: access.Exists, Object: "space:~joe"}) {
			if cause != "" {
				t.Errorf("%s is a consequence of %s", c, cause)
			}
		} else if cause != "space:~joe" {
			t.Errorf("%s falls with %q", c, cause)
		}
	}

	delete(desired.Scope.Absent, "space:~joe")
	if d := Diff(live, desired, nil); len(d.Changes) > 0 {
		t.Errorf("nobody asked for it:\n%s", changeLines(d.Changes))
	}
	desired.Scope.Absent["space:~joe"] = true
	for _, u := range []access.Unknown{{Kind: access.Role, Object: "space:~joe"}, {Object: "page:~joe/Home"}, {Kind: access.Restrict, Object: "space:~joe"}} {
		kept := Diff(live, desired, []access.Unknown{u})
		if slices.ContainsFunc(kept.Changes, func(c access.Change) bool { return c.Fact.Object == "space:~joe" && c.Fact.Kind == access.Exists }) {
			t.Errorf("%+v, and the space goes:\n%s", u, changeLines(kept.Changes))
		}
	}
}

// TestARemovedSpaceIsAccepted: it needs no admin any more, and none goes for free;
// it goes in one step, last, that does nobody harm.
func TestARemovedSpaceIsAccepted(t *testing.T) {
	live, desired := joesGone(t)
	// Beside it the role of staff in ENG is new.
	desired.Facts = desired.Facts.Union(facts(t, "role space:ENG group:staff = admin"))
	d := delta(live, desired)
	if got := (Guards{MinSpaceAdmins: 2}).admins(d, nil); slices.ContainsFunc(got, func(f access.Finding) bool { return f.Object == "space:~joe" }) {
		t.Errorf("%v", got)
	}
	var space []Budget
	for _, b := range DefaultGuards().budgets(d) {
		if b.Rule == deletions || strings.HasPrefix(b.Rule, "removals.") {
			space = append(space, b)
		}
	}
	// What goes with it is not counted a second time.
	if diff := cmp.Diff([]string{"deletions 1/0 of 2 allowed 0/0 true"}, rows(space)); diff != "" {
		t.Error(diff)
	}
	diff := Diff(live, desired, nil)
	var falls []access.Change
	var units [][]access.Change
	for _, c := range diff.Changes {
		if c.Fact.Object.Space() == "space:~joe" {
			falls = append(falls, c)
		} else {
			units = append(units, []access.Change{c})
		}
	}
	steps := Order(NewSimulation(live, access.NewView(live), access.NewView(diff.Target), 2), append([][]access.Change{falls}, units...))
	if last := steps[len(steps)-1]; len(steps) != 2 || !slices.Equal(last.Changes, falls) {
		t.Errorf("%d steps, the last %s", len(steps), changeLines(last.Changes))
	}
	for _, s := range steps {
		if s.Finding != "" {
			t.Errorf("%s: %s", changeLines(s.Changes), s.Finding)
		}
	}
}
