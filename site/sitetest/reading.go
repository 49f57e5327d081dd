package sitetest

import (
	"fmt"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// reading checks what an observation promises beside its facts.
func reading(t *testing.T, open func(t *testing.T) Subject) {
	t.Run("says who and where it is", func(t *testing.T) {
		tr := start(t, open(t))
		obs := tr.observe()
		if obs.Site == "" {
			t.Error("the observation does not say which site it is of")
		}
		// Weir's own account is on the site like any other; whoever plans
		// leaves it out, and needs to know which it is.
		if !obs.Facts.Has(access.Fact{Kind: access.Exists, Object: obs.Account}) {
			t.Errorf("weir's own account %q does not exist", obs.Account)
		}
		if obs.Requests == 0 {
			t.Error("an observation takes requests")
		}
	})
	t.Run("tells ids and fixed roles", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(group, ana, space, "exists space_role:reviewer", "grants space_role:reviewer read/space"))
		obs := tr.observe()
		for _, r := range []access.Ref{"group:engineering", "user:ana@acme.example", "space:ENG", "space_role:reviewer", "space_role:admin"} {
			if obs.IDs[r] == "" {
				t.Errorf("%s has no id", r)
			}
		}
		// The fixed roles are facts like others: what they permit is read.
		for _, name := range access.SystemRoles {
			r := access.NewRef("space_role", name)
			if !obs.Facts.Has(access.Fact{Kind: access.Grants, Object: r, Verb: access.CanView}) {
				t.Errorf("%s does not permit to view", r)
			}
		}
	})
	t.Run("is the same twice", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(staff, ana, "member group:staff user:ana@acme.example", space, "role space:ENG group:staff = viewer"))
		a, b := tr.observe(), tr.observe()
		if !a.Facts.Equal(b.Facts) || fmt.Sprint(a.IDs) != fmt.Sprint(b.IDs) {
			t.Error("two observations of one site differ")
		}
	})
	t.Run("Present answers without an observation", func(t *testing.T) {
		s := open(t)
		got, err := s.Site.Present(t.Context(), []access.Fact{{Kind: access.Exists, Object: "group:nobody"}})
		if err != nil || len(got) != 1 || got[0] != site.Absent {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("Present tells values apart", func(t *testing.T) {
		tr := start(t, open(t))
		tr.bring(one(staff, ana, space, "role space:ENG group:staff = viewer"))
		for line, want := range map[string]site.Presence{
			"role space:ENG group:staff = viewer":                site.Seen,
			"role space:ENG group:staff = admin":                 site.Absent,
			"role space:NONE group:staff = viewer":               site.Absent,
			"name space:ENG = Engineering":                       site.Seen,
			"name space:ENG = engineering":                       site.Absent,
			"status space:ENG = archived":                        site.Absent,
			"product group:staff = user":                         site.Seen,
			"product group:staff = admin":                        site.Absent,
			"product group:nobody = user":                        site.Absent,
			"managed group:staff = idp":                          site.Absent,
			"member group:staff user:ana@acme.example":           site.Absent,
			"member group:nobody user:ana@acme.example":          site.Absent,
			"member group:staff user:none@acme.example":          site.Absent,
			"exists user:ana@acme.example":                       site.Seen,
			"exists user:none@acme.example":                      site.Absent,
			"state user:ana@acme.example = suspended":            site.Absent,
			"state user:none@acme.example = removed":             site.Seen,
			"exists space_role:viewer":                           site.Seen,
			"exists space_role:none":                             site.Absent,
			"grants space_role:viewer read/space":                site.Seen,
			"grants space_role:viewer administer/space":          site.Absent,
			"exists account:nobody-of-this-id":                   site.Absent,
			"member group:staff account:nobody-of-this-id":       site.Absent,
			"role space:ENG account:nobody-of-this-id = viewer":  site.Absent,
			"role space:ENG class:some-class-unheard-of = admin": site.Absent,
		} {
			f, err := access.ParseFact(line)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tr.site.Present(t.Context(), []access.Fact{f})
			if err != nil || got[0] != want {
				t.Errorf("%s is %v (%v), want %s", line, got, err, presence(want))
			}
		}
	})
}

// longLists needs more of everything than one page of any list holds.
func longLists(t *testing.T, s Subject) {
	tr := start(t, s)
	lines := one(space, "exists group:all")
	for i := range 210 {
		lines = append(lines,
			fmt.Sprintf("exists user:p%03d@acme.example", i),
			fmt.Sprintf("exists group:g%03d", i),
			fmt.Sprintf("member group:all user:p%03d@acme.example", i),
			fmt.Sprintf("role space:ENG user:p%03d@acme.example = viewer", i),
			fmt.Sprintf("role space:ENG group:g%03d = viewer", i),
		)
	}
	for i := range 260 {
		lines = append(lines, fmt.Sprintf("exists space:S%d\nname space:S%d = S", i, i))
	}
	tr.bring(lines)
}

// managed checks that a group which is somebody else's says so, and that weir
// may still grant to it.
func managed(t *testing.T, s Subject) {
	if s.Elsewhere == nil {
		t.Skip("the subject has nobody else")
	}
	tr := start(t, s)
	tr.bring(one("exists group:okta-finance", "exists group:plain", space))
	for _, by := range []string{"team", "builtin", "idp"} {
		f := access.Fact{Kind: access.Managed, Object: "group:okta-finance", Value: by}
		s.Elsewhere(t, f)
		if got, _ := tr.observe().Facts.Get(f); got != f {
			t.Errorf("observed %q, want %q", got, f)
		}
		if got, err := tr.site.Present(t.Context(), []access.Fact{f, {Kind: access.Managed, Object: "group:plain", Value: by}}); err != nil || got[0] != site.Seen || got[1] != site.Absent {
			t.Errorf("present: %v, %v", got, err)
		}
	}
	tr.bring(one("exists group:okta-finance", "managed group:okta-finance = idp", "exists group:plain", space, "role space:ENG group:okta-finance = viewer"))

	// A described group of the provider's that is not there yet is a job for
	// people, with whatever hangs on it; nothing is planned that would fail.
	want := tr.base.Union(facts(t, one("exists group:okta-hr", "managed group:okta-hr = idp", space, "role space:ENG group:okta-hr = viewer")))
	c := tr.site.Canonical(want, tr.observe())
	manual := make(map[access.Fact]bool)
	for _, m := range c.Manual {
		if m.Authority == "" || m.Verify == "" || len(m.Steps) == 0 {
			t.Errorf("the manual step for %s does not say who does what, and how weir sees it", m.Fact)
		}
		manual[m.Fact] = true
	}
	if !manual[access.Fact{Kind: access.Managed, Object: "group:okta-hr", Value: "idp"}] {
		t.Error("nobody is told to create the group")
	}
	for f := range c.Facts.All() {
		if f.About("group:okta-hr") {
			t.Errorf("%s is planned", f)
		}
	}
}

// unknownOutcomes: the answer to a write is lost. Nobody knows then whether it
// had its effect, so Do must say Transient and send nothing again, Present
// must tell what is true, and what comes next must work, ids included.
func unknownOutcomes(t *testing.T, open func(t *testing.T) Subject) {
	next := map[string]string{ // what is done after each, if anything
		"exists group:new":             "member group:new user:ana@acme.example",
		"exists user:new@acme.example": "member group:engineering user:new@acme.example",
		"exists space_role:new":        "role space:ENG group:engineering = new",
		"exists space:NEW":             "role space:NEW user:ana@acme.example = admin",
	}
	from := one(group, "exists group:old", ana, bo, "member group:engineering user:bo@acme.example", space, "role space:ENG user:ana@acme.example = admin")
	for _, lines := range [][2][]string{
		{nil, one("exists group:new")},
		{nil, one("exists user:new@acme.example")},
		{nil, one("exists space_role:new", "grants space_role:new read/space")},
		{nil, one("exists space:NEW", "name space:NEW = New", "role space:NEW group:engineering = viewer")},
		{nil, one("member group:engineering user:ana@acme.example")},
		{nil, one("role space:ENG group:engineering = viewer")},
		{nil, one("product group:engineering = user")},
		{nil, one("status space:ENG = archived")},
		{one("member group:engineering user:bo@acme.example"), nil},
		{one("exists group:old"), nil},
		{one("exists user:bo@acme.example"), nil},
		{one("exists user:bo@acme.example"), one("state user:bo@acme.example = suspended")},
	} {
		var unit []access.Change
		for f := range facts(t, lines[0]).All() {
			unit = append(unit, access.Change{Op: access.Remove, Fact: f})
		}
		for f := range facts(t, lines[1]).All() {
			unit = append(unit, access.Change{Op: access.Add, Fact: f})
		}
		step := site.Step{ID: "test", Changes: unit}
		t.Run(unit[0].String(), func(t *testing.T) {
			s := open(t)
			if s.LoseReply == nil || s.LoseRequest == nil {
				t.Skip("the subject loses nothing")
			}
			tr := start(t, s)
			tr.bring(from)

			s.LoseRequest()
			if err := tr.site.Do(t.Context(), step); !site.Is(err, site.Transient) {
				t.Errorf("a lost request gives %v, want no clear answer", err)
			}
			tr.agree(unit, false)

			s.LoseReply()
			if err := tr.site.Do(t.Context(), step); !site.Is(err, site.Transient) {
				t.Errorf("a lost reply gives %v, want no clear answer", err)
			}
			tr.agree(unit, true)

			if line := next[unit[0].Fact.String()]; line != "" {
				for f := range facts(t, one(line)).All() {
					tr.do([]access.Change{{Op: access.Add, Fact: f}})
				}
			}
		})
	}
}
