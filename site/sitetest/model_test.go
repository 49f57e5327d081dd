package sitetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// model is the simplest thing that is a site: a set of facts. It tests the suite,
// which must ask for nothing that cannot be, and must see what is wrong.
type model struct {
	mode     string
	poor     bool // has no guests, classes, states and permissions on the site
	facts    access.Set
	pages    map[access.Ref]access.Ref // all there are, with the page above
	extra    map[access.Ref][]string
	hidden   map[access.Ref]bool
	lose     string
	requests int

	// What can be wrong with it.
	drop     access.Kind       // a kind that Canonical forgets
	forget   access.Kind       // a kind that Do accepts and does nothing about
	scatter  bool              // each change is a unit
	lie      bool              // Present sees everything
	gone     bool              // what is hidden counts for gone
	refuse   access.Kind       // a kind that Canonical refuses without need
	keep     bool              // Canonical keeps whatever is asked for
	deaf     bool              // Do is content with a lost reply
	reckless bool              // Do deletes any space
	extraOn  map[string]string // a permission that comes with another
}

const own access.Ref = "user:weir@acme.example"

func newModel(mode string) *model {
	m := &model{mode: mode, pages: map[access.Ref]access.Ref{}, extra: map[access.Ref][]string{}, hidden: map[access.Ref]bool{}}
	facts := []access.Fact{{Kind: access.Exists, Object: own}}
	if mode != site.ByPermissions {
		for i, name := range access.SystemRoles {
			r := access.NewRef("space_role", name)
			facts = append(facts, access.Fact{Kind: access.Exists, Object: r})
			for _, id := range ladder[:i+1] {
				facts = append(facts, access.Fact{Kind: access.Grants, Object: r, Verb: id})
			}
		}
	}
	m.facts = access.NewSet(facts...)
	return m
}

// ladder is what the fixed roles permit, each one more.
var ladder = []string{access.CanView, "create/page", "delete/page", access.CanAdminister}

func (m *model) subject() Subject {
	return Subject{
		Site:         m,
		Elsewhere:    func(_ *testing.T, f access.Fact) { m.facts = m.facts.Union(access.NewSet(f)) },
		OtherProduct: func(_ *testing.T, g access.Ref) { m.extra[g] = []string{"Jira user on acme"} },
		Content:      func(_ *testing.T, page, parent access.Ref) { m.pages[page] = parent },
		Administer: func(_ *testing.T, space access.Ref) {
			m.facts = m.facts.Union(access.NewSet(access.Fact{Kind: access.Permission, Object: space, Verb: access.CanAdminister, Subject: own}))
		},
		PersonalSpace: func(_ *testing.T, owner access.Ref) access.Ref {
			const r = "space:~712020"
			m.facts = m.facts.Union(access.NewSet(access.Fact{Kind: access.Exists, Object: r}, access.Fact{Kind: access.Name, Object: r, Value: "Ana"},
				access.Fact{Kind: access.Personal, Object: r, Subject: owner}))
			return r
		},
		Hide:        func(_ *testing.T, r access.Ref, _ string) { m.hidden[r] = true },
		Omit:        func(_ *testing.T, r access.Ref, _ string) { m.hidden[r] = true },
		LoseReply:   func() { m.lose = "reply" },
		LoseRequest: func() { m.lose = "request" },
	}
}

func (m *model) traits() site.Traits {
	t := site.Traits{Product: "a model", Mode: m.mode}
	if m.mode == site.ByPermissions {
		t.Permissions = []string{access.CanView, access.CanAdminister, "create/page", "delete/page", "create/comment", "create/attachment", "delete/attachment", "delete/comment", "create/blogpost", "export/space"}
	}
	if !m.poor {
		t.States = []string{"suspended", "deactivated", "removed"}
		t.Invites, t.Guests = true, true
		t.Classes = []access.Ref{access.Everyone, access.Authenticated, access.Anonymous, access.ProductAdmins, access.JSMAdmins}
		t.Globals = []string{access.GlobalUse, access.GlobalCreateSpace, access.GlobalPersonalSpace, access.GlobalViewProfiles}
	}
	return t
}

func (m *model) Observe(_ context.Context, e access.Extent) (site.Observation, error) {
	m.requests++
	obs := site.Observation{Site: "model", Account: own, Traits: m.traits(), IDs: map[access.Ref]string{}, Parents: map[access.Ref]access.Ref{}, Elsewhere: m.extra, Requests: 1, Floor: 1, Permissions: map[string]string{}}
	for _, id := range []string{"read/space", "administer/space", "create/page", "update/page", "delete/page", "create/comment", "delete/comment", "create/attachment", "delete/attachment", "create/blogpost", "delete/blogpost", "export/space", "export_content/space", "restrict_content/space"} {
		obs.Permissions[id] = id
	}
	facts := m.facts.Filter(func(f access.Fact) bool { return !f.Object.IsPage() || e.Reads(f.Object) })
	for p, parent := range m.pages {
		if e.Reads(p) && m.facts.Has(access.Fact{Kind: access.Exists, Object: p.PageSpace()}) {
			facts = facts.Union(access.NewSet(access.Fact{Kind: access.Exists, Object: p}))
			obs.Parents[p] = parent
		}
	}
	obs.Facts = facts.Filter(func(f access.Fact) bool { return !m.hidden[f.Object] })
	for f := range obs.Facts.OfKind(access.Exists) {
		obs.IDs[f.Object] = "id of " + string(f.Object)
	}
	for r := range e.Pins {
		if m.hidden[r] && !m.gone {
			obs.Unknown = append(obs.Unknown, access.Unknown{Object: r, Reason: "hidden"})
		}
	}
	return obs, nil
}

func (m *model) Canonical(want access.Set, live site.Observation) site.Canonical {
	c := site.Canonical{From: map[access.Fact]access.Fact{}}
	awaited := map[access.Ref]bool{}
	for f := range want.OfKind(access.Managed) {
		awaited[f.Object] = !live.Facts.Has(access.Fact{Kind: access.Exists, Object: f.Object})
	}
	var facts []access.Fact
	for f := range want.All() {
		switch v, need := judge(f, want, live); {
		case f.Kind == m.drop:
		case f.Kind == m.refuse:
			c.Refused = append(c.Refused, site.Refused{Fact: f, Reason: "of a whim"})
		case m.keep:
			facts = append(facts, f)
		case awaited[f.Object] || awaited[f.Subject]:
			c.Manual = append(c.Manual, site.Manual{Fact: f, Steps: []string{"sync it"}, Authority: "who may", Verify: "by a read"})
		case live.Facts.Has(f), v == can:
			facts = append(facts, f)
		case v != either && f.Kind == access.Role && m.mode == site.ByPermissions && (f.Subject.Type() != "class" || !m.poor):
			n := max(0, slices.Index(access.SystemRoles, f.Value))
			for _, id := range ladder[:n+1] {
				p := access.Fact{Kind: access.Permission, Object: f.Object, Verb: id, Subject: f.Subject}
				facts, c.From[p] = append(facts, p), f
			}
		case v == either && need != "guests" && f.Value != access.GuestRole:
			facts = append(facts, f)
		default:
			c.Refused = append(c.Refused, site.Refused{Fact: f, Reason: "it takes " + need})
		}
	}
	if m.mode == site.ByPermissions {
		c.As = map[access.Kind]access.Kind{access.Role: access.Permission}
	}
	c.Facts = access.NewSet(facts...)
	return c
}

func (m *model) Units(changes []access.Change, live access.Set) [][]access.Change {
	gone := map[access.Ref]bool{}
	for _, c := range changes {
		if c.Op == access.Remove && c.Fact.Kind == access.Exists {
			gone[c.Fact.Object] = true
		}
	}
	index, units := map[string]int{}, [][]access.Change(nil)
	for _, c := range changes {
		key := string(c.Fact.Object)
		if gone[c.Fact.Subject] && !c.Fact.Subject.IsPerson() {
			key = string(c.Fact.Subject)
		}
		if c.Fact.Subject != "" && !gone[c.Fact.Object] && key == string(c.Fact.Object) && !c.Fact.Object.IsPage() {
			key += " " + string(c.Fact.Subject)
		}
		if m.scatter {
			key = c.String()
		}
		i, ok := index[key]
		if !ok {
			i = len(units)
			index[key] = i
			units = append(units, nil)
		}
		units[i] = append(units[i], c)
	}
	return units
}

func (m *model) Requests() int                              { return m.requests }
func (m *model) Cost([]access.Change, site.Observation) int { return 1 }
func (m *model) Latency() time.Duration                     { return 0 }

func (m *model) Present(_ context.Context, facts []access.Fact) ([]site.Presence, error) {
	var out []site.Presence
	for _, f := range facts {
		p := site.Absent
		_, page := m.pages[f.Object]
		_, listed := m.facts.Get(access.Fact{Kind: access.Exists, Object: f.Object})
		switch {
		case m.lie, m.facts.Has(f), page && f.Kind == access.Exists, f.Kind == access.State && f.Value == "removed" && !listed:
			p = site.Seen
		case f.Object.IsPage() && !page:
			p = site.Unseen
		}
		out = append(out, p)
	}
	return out, nil
}

func (m *model) Do(_ context.Context, s site.Step) error {
	lost := m.lose
	m.lose = ""
	if lost == "request" {
		return &site.Error{Kind: site.Transient, Op: "do", Err: errors.New("lost")}
	}
	if err := m.deletes(s.Changes); err != nil && !m.reckless {
		return err
	}
	after := m.facts.Apply(s.Changes)
	for _, c := range s.Changes {
		f := c.Fact
		for _, r := range []access.Ref{f.Object, f.Subject} {
			if t := r.Type(); c.Op != access.Remove && (t == "group" || t == "space") && !after.Has(access.Fact{Kind: access.Exists, Object: r}) {
				return &site.Error{Kind: site.NotFound, Op: "do", Err: fmt.Errorf("there is no %s", r)}
			}
		}
		// A principal has one form or the other.
		if twin := (access.Fact{Kind: access.Role, Object: f.Object, Subject: f.Subject}); f.Kind == access.Permission && c.Op != access.Remove {
			if _, both := after.Get(twin); both {
				return &site.Error{Kind: site.Invalid, Op: "do", Err: errors.New("it holds a role")}
			}
		}
	}
	var kept []access.Change
	for _, c := range s.Changes {
		if c.Fact.Kind != m.forget {
			kept = append(kept, c)
		}
		if more := m.extraOn[c.Fact.Verb]; more != "" && c.Op == access.Add {
			c.Fact.Verb = more
			kept = append(kept, c)
		}
	}
	m.facts = m.facts.Apply(kept)
	if lost == "reply" && !m.deaf {
		return &site.Error{Kind: site.Transient, Op: "do", Err: errors.New("lost")}
	}
	return nil
}

// deletes refuses to delete a space that is not somebody's own and archived, by what
// is asked and by what is.
func (m *model) deletes(changes []access.Change) error {
	i := slices.IndexFunc(changes, func(c access.Change) bool {
		return c.Op == access.Remove && c.Fact.Kind == access.Exists && c.Fact.Object.Type() == "space"
	})
	if i < 0 {
		return nil
	}
	space := changes[i].Fact.Object
	mine := func(facts access.Set) bool {
		personal := false
		for range facts.Of(access.Personal, space) {
			personal = true
		}
		return personal && facts.Has(access.Fact{Kind: access.Status, Object: space, Value: "archived"})
	}
	var said []access.Fact
	for _, c := range changes {
		if c.Op == access.Remove {
			said = append(said, c.Fact)
		}
		if c.Fact.Object.Space() != space || c.Op != access.Remove {
			return &site.Error{Kind: site.Invalid, Op: "do", Err: fmt.Errorf("%s is not about %s", c, space)}
		}
	}
	switch {
	case !mine(access.NewSet(said...)):
		return &site.Error{Kind: site.Unsupported, Op: "do", Err: errors.New("it is not an archived personal space")}
	case !m.facts.Has(changes[i].Fact):
		return &site.Error{Kind: site.NotFound, Op: "do", Err: errors.New("it is not there")}
	case !mine(m.facts):
		return &site.Error{Kind: site.Conflict, Op: "do", Err: errors.New("it is not an archived personal space any more")}
	}
	return nil
}

// TestModel: what is nothing but a set of facts passes, whatever it can hold.
func TestModel(t *testing.T) {
	for _, mode := range []string{site.ByRoles, site.ByPermissions, site.ByEither} {
		for _, poor := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, poor %t", mode, poor), func(t *testing.T) {
				t.Parallel()
				Run(t, func(*testing.T) Subject {
					m := newModel(mode)
					m.poor = poor
					return m.subject()
				})
			})
		}
	}
}

// broken are models with something wrong, by what the suite says of it.
var broken = map[string]func(*model){
	"is dropped, and nobody is told": func(m *model) { m.drop = access.Restrict },
	"is absent, want seen":           func(m *model) { m.forget = access.Permission },
	"it holds a role":                func(m *model) { m.scatter = true },
	"present: exists user:ana@acme.example is seen, want absent": func(m *model) { m.lie = true },
	"does not show and counts for gone":                          func(m *model) { m.gone = true },
	"the site is not as it should be":                            func(m *model) { m.extraOn = map[string]string{"create/page": "update/page"} },
	"although the site can hold it":                              func(m *model) { m.refuse = access.Global },
	"is kept, and needs guests":                                  func(m *model) { m.poor, m.keep = true, true },
	"a lost reply gives <nil>":                                   func(m *model) { m.deaf = true },
	"<nil>, want a refusal":                                      func(m *model) { m.reckless = true },
}

// TestBroken: the suite sees what is wrong with a site. A test that fails on
// purpose has to be a process of its own.
func TestBroken(t *testing.T) {
	if name := os.Getenv("SITETEST_BROKEN"); name != "" {
		Run(t, func(*testing.T) Subject {
			m := newModel(site.ByEither)
			broken[name](m)
			return m.subject()
		})
		return
	}
	for _, want := range slices.Sorted(maps.Keys(broken)) {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$/^[^l]") // all but the long lists
			cmd.Env = append(os.Environ(), "SITETEST_BROKEN="+want)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), want) {
				t.Errorf("the suite ended with %v and did not say so:\n%.2000s", err, out)
			}
		})
	}
}

// TestTable: the table is long enough and speaks of everything that can be said.
func TestTable(t *testing.T) {
	kinds, areas, names := map[access.Kind]int{}, map[string]int{}, map[string]bool{}
	for _, c := range Cases() {
		for k := range c.Kinds() {
			kinds[k]++
		}
		areas[c.Area]++
		if names[c.Name] {
			t.Errorf("two cases are called %q", c.Name)
		}
		names[c.Name] = true
		if len(c.Path) < 2 {
			t.Errorf("%s: a transition goes from somewhere to somewhere", c.Name)
		}
	}
	if len(names) < 80 {
		t.Errorf("%d transitions, want 80 at least", len(names))
	}
	for k := range access.Kinds {
		if kinds[k] == 0 {
			t.Errorf("no transition speaks of %s", k)
		}
	}
	for k := range kinds {
		if _, ok := access.Kinds[k]; !ok {
			t.Errorf("there is no kind %q", k)
		}
	}
	t.Logf("%d transitions", len(names))
	for _, a := range slices.Sorted(maps.Keys(areas)) {
		t.Logf("%4d about %s", areas[a], a)
	}
}
