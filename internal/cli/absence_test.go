package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// kindOfSite is a product, and how it says who may do what.
type kindOfSite struct {
	name string
	mode string // of roles; empty is Data Center
}

var kindsOfSite = []kindOfSite{
	{"cloud with roles", emulator.ModeRoles},
	{"cloud in transition", emulator.ModeTransition},
	{"cloud before roles", emulator.ModePreRoles},
	{"data center", ""},
}

// size is how large a site is made.
type size struct{ people, groups, spaces, wide int }

// sizes of sites of which some lists have several pages: those of people, groups
// and of who holds what in one space, or those of spaces. Either takes about as
// many requests as it must, so that many can be read.
func (k kindOfSite) sizes() []size {
	if k.mode == "" {
		return []size{{people: 112, groups: 210, spaces: 8}, {people: 20, groups: 6, spaces: 160}}
	}
	return []size{{people: 112, groups: 25, spaces: 10, wide: 255}, {people: 20, groups: 6, spaces: 256}}
}

// masked is a large site, and what is true of it, to see whether a driver takes
// what is hidden for absent.
type masked struct {
	kindOfSite
	em      *emulator.Emulator
	as      string                     // e-mail address of weir's account, if not the site's own
	token   string                     // of that
	edit    func(emulator.Admin) error // is done by the knobs
	refused error                      // what came of it
	extent  access.Extent
	clean   site.Observation
	pins    map[access.Ref]string
	want    access.Set          // a description: less than there is, and more
	asked   map[string]int      // by path, how often the clean reading asks for it
	routes  map[string][]string // paths by what they are of, such as /api/v2/spaces/*/role-assignments
	long    map[string]bool     // paths that give more than one page
}

func newMasked(t *testing.T, kind kindOfSite, of size, seed uint64, more ...func(*masked, emulator.Admin) error) *masked {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Unix(1.7e9, 0)
	m := &masked{kindOfSite: kind}
	o := emulator.Options{RoleMode: kind.mode, Clock: func() time.Time { return now }, Wait: noWait, Edit: func(a emulator.Admin, _ []string) {
		m.refused = m.edit(a)
	}}
	if kind.mode == "" {
		o = emulator.Options{Dialect: emulator.DialectDataCenter, ContextPath: "/confluence", Clock: o.Clock, Wait: noWait, Edit: o.Edit}
	}
	em, err := emulator.New(o)
	must(err)
	t.Cleanup(func() { em.Close() })
	a := em.Admin().Unaudited()
	_, err = a.Generate(emulator.Generation{People: of.people, Groups: of.groups, Spaces: of.spaces, Seed: seed})
	must(err)
	m.em = em
	must(a.Together(func(a emulator.Admin) error { return m.widen(a, of.wide) }))
	dump := em.Dump()
	must(a.Together(func(a emulator.Admin) error { return m.restrict(a, dump.Groups) }))
	for _, add := range more {
		must(add(m, em.Admin()))
	}
	m.read(t)
	m.describe(seed)
	return m
}

// widen makes a space in which more hold something than one page shows, and one
// with pages that are restricted.
func (m *masked) widen(a emulator.Admin, wide int) error {
	for _, key := range []string{"WIDE", "PAGES"} {
		if err := a.CreateSpace(key, key); err != nil {
			return err
		}
		if m.mode != "" {
			if err := a.RecoverSpace(key, emulator.OwnEmail); err != nil {
				return err
			}
		}
	}
	for i := range wide {
		name := fmt.Sprintf("wide-%03d", i)
		if err := a.CreateGroup(name, ""); err != nil {
			return err
		}
		var err error
		if m.mode == emulator.ModePreRoles || m.mode == "" {
			err = a.SetPermissions("WIDE", emulator.Principal{Group: name}, access.CanView)
		} else {
			err = a.AssignRole("WIDE", emulator.Principal{Group: name}, "Viewer")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// restrict makes pages that name people and groups, some of them more than come
// with a page.
func (m *masked) restrict(a emulator.Admin, groups []emulator.Group) error {
	for i := range 8 {
		title := fmt.Sprintf("Page %d", i)
		if err := a.CreatePage("PAGES", title, ""); err != nil {
			return err
		}
		m.extent.Pages = append(m.extent.Pages, access.NewPage("page", "space:PAGES", title))
		for _, g := range groups[:min(i*15, len(groups))] {
			if err := a.Restrict("PAGES", title, "update", emulator.Principal{Group: g.Name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// open makes a driver that goes through a transport.
func (m *masked) open(t testing.TB, transport http.RoundTripper) site.Site {
	t.Helper()
	c := m.em.Credentials()
	if m.as != "" {
		c.Email, c.Token = m.as, m.token
	}
	var s site.Site
	var err error
	if m.mode == "" {
		s, err = datacenter.New(datacenter.Config{
			Base: c.BaseURL, Auth: "bearer", Token: rest.NewSecret(c.Token), Usernames: "email", Transport: transport,
			Wait: noWait, Jitter: func() float64 { return 0 },
		})
	} else {
		s, err = cloud.New(cloud.Config{
			Confluence: c.BaseURL + "/wiki", Admin: c.BaseURL + "/admin", Users: c.BaseURL + "/users",
			Email: c.Email, Token: rest.NewSecret(c.Token), OrgKey: rest.NewSecret(c.OrgKey),
			Transport: transport, Wait: noWait, Jitter: func() float64 { return 0 },
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read reads the site as it is: that is the truth. It is checked against what the
// emulator says of itself.
func (m *masked) read(t *testing.T) {
	t.Helper()
	m.asked, m.routes, m.long = make(map[string]int), make(map[string][]string), make(map[string]bool)
	var mu sync.Mutex
	obs, err := m.open(t, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		resp, err := m.em.Transport().RoundTrip(r)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(text))
		mu.Lock()
		m.asked[r.URL.Path]++
		m.long[r.URL.Path] = m.long[r.URL.Path] || bytes.Contains(text, []byte(`"next":`))
		mu.Unlock()
		return resp, err
	})).Observe(t.Context(), m.extent)
	if err != nil {
		t.Fatal(err)
	}
	m.clean, m.pins = obs, obs.IDs
	for _, path := range slices.Sorted(maps.Keys(m.asked)) {
		route := routeOf(path)
		m.routes[route] = append(m.routes[route], path)
	}
}

// routeOf replaces what tells one thing of a kind from another.
func routeOf(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if i > 0 && slices.Contains([]string{"spaces", "groups", "users", "orgs", "directories", "content", "space", "group", "user", "restriction"}, parts[i-1]) &&
			!slices.Contains([]string{"search", "current", "list", "byOperation", "memberof"}, p) {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// describe makes a description of nearly everything: some objects and facts are
// left out, and shall go; some are new.
func (m *masked) describe(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	out := make(map[access.Ref]bool)
	for f := range m.clean.Facts.OfKind(access.Exists) {
		if kind := f.Object.Type(); (kind == "group" || kind == "user" || kind == "space_role") && random.IntN(20) == 0 && f.Object != m.clean.Account {
			out[f.Object] = true
		}
	}
	want := m.clean.Facts.Filter(func(f access.Fact) bool {
		if out[f.Object] || out[f.Subject] || f.Kind == access.Role && out[access.NewRef("space_role", f.Value)] {
			return false
		}
		switch f.Kind {
		case access.Member, access.Role, access.Permission, access.Restrict:
			return random.IntN(20) > 0
		}
		return true
	})
	more := []access.Fact{
		{Kind: access.Exists, Object: "group:brand-new"}, {Kind: access.Exists, Object: "space:BRANDNEW"}, {Kind: access.Name, Object: "space:BRANDNEW", Value: "New"},
		{Kind: access.Exists, Object: "user:brand-new@acme.example"}, {Kind: access.Member, Object: "group:brand-new", Subject: "user:brand-new@acme.example"},
	}
	m.want = want.Union(access.NewSet(more...))
}

// owner is a description that owns everything there is.
type owner struct {
	extent access.Extent
	want   access.Set
}

func (o owner) Extent() access.Extent          { return o.extent }
func (o owner) Assertions() []access.Assertion { return nil }
func (o owner) Proofs() []access.Proof         { return nil }

func (o owner) Desired(known access.Known) (access.Desired, diag.List) {
	d := access.Desired{Facts: o.want, Described: make(map[access.Ref]bool), Scope: access.Scope{
		Existence: []access.Existence{{Match: "user:*", Mode: access.Exclusive}, {Match: "account:*", Mode: access.Exclusive}, {Match: "group:*", Mode: access.Exclusive}, {Match: "space_role:*", Mode: access.Exclusive}},
		Contents:  make(map[access.Contents]access.Mode), Absent: make(map[access.Ref]bool),
	}}
	own := func(r access.Ref) {
		if d.Described[r] {
			return
		}
		d.Described[r] = true
		for kind, spec := range access.Kinds {
			switch {
			case kind == access.Exists:
			case spec.ByVerb:
				for _, verb := range []string{access.ViewPage, access.EditPage, access.GlobalUse, access.GlobalCreateSpace, access.GlobalPersonalSpace, access.GlobalViewProfiles} {
					d.Scope.Contents[access.Contents{Kind: kind, Object: r, Verb: verb}] = access.Exclusive
				}
			default:
				d.Scope.Contents[access.Contents{Kind: kind, Object: r}] = access.Exclusive
			}
		}
	}
	for _, facts := range []access.Set{known.Facts, o.want} {
		for f := range facts.All() {
			own(f.Object)
		}
	}
	for f := range o.want.OfKind(access.State) {
		d.Scope.Absent[f.Object] = true
	}
	return d, nil
}

// watched remembers the latest observation.
type watched struct {
	site.Site
	obs *site.Observation
}

func (w watched) Observe(ctx context.Context, extent access.Extent) (site.Observation, error) {
	obs, err := w.Site.Observe(ctx, extent)
	if err == nil {
		*w.obs = obs
	}
	return obs, err
}

// trial is one reading of a masked site, and the plan that was made of it.
type trialOf struct {
	obs  *site.Observation // nil: the reading failed
	plan *reconcile.Plan   // nil: there was none
	err  error
	sent int // requests
}

func (m *masked) try(t testing.TB, transport http.RoundTripper, pins map[access.Ref]string) trialOf {
	var out trialOf
	var obs site.Observation
	s := m.open(t, transport)
	draft, err := reconcile.Make(t.Context(), reconcile.Input{Site: watched{s, &obs}, Description: owner{m.extent, m.want}, Judge: content{}, Pins: pins})
	if obs.Site != "" {
		out.obs = &obs
	}
	out.sent = s.Requests()
	if out.err = err; err == nil {
		out.plan = draft.Plan
	}
	return out
}

// truth is what holds throughout, and what holds at some time, while a site is
// read.
type truth struct {
	always access.Set
	ever   []access.Set // what is true one after the other
}

// still is the truth of a site that nobody changes.
func (m *masked) still() truth { return truth{m.clean.Facts, []access.Set{m.clean.Facts}} }

func (tr truth) atSomeTime(f access.Fact) bool {
	return slices.ContainsFunc(tr.ever, func(s access.Set) bool { return s.Has(f) })
}

// lies gives what an observation says that is not so, and what it lacks without
// saying that it is unknown.
func (tr truth) lies(obs site.Observation) (untrue, lacking []access.Fact) {
	about := make(map[access.Ref][]access.Unknown)
	for _, u := range obs.Unknown {
		about[u.Object] = append(about[u.Object], u)
	}
	covered := func(f access.Fact) bool {
		for _, r := range []access.Ref{"", f.Object, f.Subject} {
			if slices.ContainsFunc(about[r], func(u access.Unknown) bool { return u.Covers(f) }) {
				return true
			}
		}
		return false
	}
	for f := range obs.Facts.All() {
		if !tr.atSomeTime(f) {
			untrue = append(untrue, f)
		}
	}
	for f := range tr.always.All() {
		if !obs.Facts.Has(f) && !covered(f) {
			lacking = append(lacking, f)
		}
	}
	return untrue, lacking
}

// wrong gives the changes of a plan that make what is there, or remove what is not
// or what is described.
func (tr truth) wrong(p *reconcile.Plan, want access.Set) (out []access.Change) {
	for _, c := range p.Changes {
		f, err := access.ParseFact(c.Fact)
		if err != nil {
			panic(err)
		}
		_, held := tr.always.Get(f)
		was := f
		was.Value = c.Was
		bad := false
		switch c.Op {
		case access.Add:
			bad = held
		case access.Remove:
			bad = !tr.atSomeTime(f) || want.Has(f)
		case access.Modify:
			bad = !tr.atSomeTime(was) || !want.Has(f)
		}
		if bad {
			out = append(out, access.Change{Op: c.Op, Fact: f, Was: c.Was})
		}
	}
	return out
}

var soakAbsence = flag.Bool("soak-absence", false, "hide everything from a reading, at every moment: takes an hour")

// absenceSeeds is how many seeds a case is run with: a few, or all in a soak.
func absenceSeeds(t *testing.T, few, all int) int {
	t.Helper()
	if *soakAbsence {
		return all
	}
	return few
}
