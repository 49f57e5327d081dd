package cli

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/rest"
)

var (
	offlineSites = flag.Int("offline-sites", 20, "how many sites the tests of snapshots make")
	offlineSeed  = flag.Uint64("offline-seed", 1, "the seed of the first of them")
)

// TestOfflineAgrees: of a site that came about by chance, and a description of most
// of it and of other things, the plan of a snapshot is that of the site: every
// byte, but for the number of requests.
func TestOfflineAgrees(t *testing.T) {
	t.Parallel()
	changes, findings, stopped := 0, 0, 0
	for i := range *offlineSites {
		kind, seed := kindsOfSite[i%len(kindsOfSite)], *offlineSeed+uint64(i)
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			c := newChanceCase(t, kind, seed)
			online := c.planned(c.site)
			offline := c.planned(c.recorded(c.snapshot(c.extent())))
			changes, findings = changes+len(online.Changes), findings+len(online.Findings)
			if online.Stops().Any() {
				stopped++
			}
			online.Requests = 0
			if diff := cmp.Diff(written(t, online), written(t, offline)); diff != "" {
				t.Errorf("(- online, + offline)\n%s", diff)
			}
		})
	}
	t.Logf("%d sites, %d changes, %d findings, %d plans stopped", *offlineSites, changes, findings, stopped)
	if changes == 0 || findings == 0 || stopped == 0 {
		t.Error("nothing was put to the test")
	}
}

// TestOfflineUnknown: what a snapshot was not written with is unknown. A plan of it
// does nothing that the plan of the site does not do, and nothing at all to content
// that it was not written with.
func TestOfflineUnknown(t *testing.T) {
	t.Parallel()
	less := 0
	for i := range *offlineSites {
		kind, seed := kindsOfSite[i%len(kindsOfSite)], *offlineSeed+uint64(i)
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			c := newChanceCase(t, kind, seed)
			online := c.planned(c.site)
			does := make(map[string]bool)
			for _, ch := range online.Changes {
				does[string(ch.Op)+" "+ch.Fact] = true
			}
			for name, extent := range map[string]access.Extent{"no content": {Pins: c.d.lock}, "half of it": {Pages: c.d.Extent().Pages[:len(c.d.Extent().Pages)/2], Pins: c.d.lock}} {
				offline := c.planned(c.recorded(c.snapshot(extent)))
				for _, ch := range offline.Changes {
					f, err := access.ParseFact(ch.Fact)
					if err != nil {
						t.Fatal(err)
					}
					if !does[string(ch.Op)+" "+ch.Fact] {
						t.Errorf("%s: %s %s, which the plan of the site does not do", name, ch.Op, ch.Fact)
					}
					if f.Object.IsPage() && !slices.Contains(extent.Pages, f.Object) {
						t.Errorf("%s: %s %s, of which the snapshot holds nothing", name, ch.Op, ch.Fact)
					}
				}
				less += len(online.Changes) - len(offline.Changes)
			}
		})
	}
	if less == 0 {
		t.Error("nothing was left out")
	}
}

// chanceCase is a site that came about by chance, with a description of most of it
// and of other things.
type chanceCase struct {
	*chanceSite
	site     site.Site
	settings site.SnapshotSettings
	app      *app
	d        *description
	dir      string
}

var offlineNow = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

func newChanceCase(t *testing.T, kind kindOfSite, seed uint64) *chanceCase {
	t.Helper()
	c := &chanceCase{chanceSite: newChanceSite(t, kind, seed), dir: t.TempDir()}
	c.settings.RestrictedPages = pick(c.chanceSite, "skip", "member")
	if kind.mode == "" {
		c.settings.Usernames = "email"
	}
	c.site = c.open()
	obs, err := c.site.Observe(t.Context(), access.Extent{All: true})
	if err != nil {
		t.Fatal(err)
	}
	c.describe(obs)
	c.app = &app{Env: Env{
		Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer),
		Getenv: func(string) string { return "" }, Clock: func() time.Time { return offlineNow }, Wait: noWait,
	}, dir: c.dir}
	if c.d, err = c.app.load(); err != nil {
		c.app.fail(t.Context(), err)
		text, _ := os.ReadFile(filepath.Join(c.dir, "facts.weir.yaml"))
		t.Fatalf("%s\n%s", c.app.Stderr, text)
	}
	return c
}

// open makes a driver for the site.
func (c *chanceCase) open() site.Site {
	c.t.Helper()
	to := c.em.Credentials()
	var s site.Site
	var err error
	if c.mode == "" {
		s, err = datacenter.New(datacenter.Config{
			Base: to.BaseURL, Auth: "bearer", Token: rest.NewSecret(to.Token), Usernames: c.settings.Usernames, RestrictedPages: c.settings.RestrictedPages,
			Transport: c.em.Transport(), Wait: noWait, Jitter: func() float64 { return 0 }, Clock: func() time.Time { return offlineNow },
		})
	} else {
		s, err = cloud.New(cloud.Config{
			Confluence: to.BaseURL + "/wiki", Admin: to.BaseURL + "/admin", Users: to.BaseURL + "/users",
			Email: to.Email, Token: rest.NewSecret(to.Token), OrgKey: rest.NewSecret(to.OrgKey), RestrictedPages: c.settings.RestrictedPages,
			Transport: c.em.Transport(), Wait: noWait, Jitter: func() float64 { return 0 }, Clock: func() time.Time { return offlineNow },
		})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// describe writes a description of most of what is there, and of other things.
func (c *chanceCase) describe(obs site.Observation) {
	out := make(map[access.Ref]bool)
	for f := range obs.Facts.OfKind(access.Exists) {
		if kind := f.Object.Type(); kind != "page" && kind != "blogpost" && (f.Object == obs.Account || c.oneIn(4)) {
			out[f.Object] = true
		}
	}
	facts := obs.Facts.Filter(func(f access.Fact) bool {
		switch {
		case f.Kind == access.Managed && f.Value != "idp", f.Kind == access.Personal, strings.HasPrefix(string(f.Object), "space:~"):
			return false
		case out[f.Object], out[f.Subject], f.Object.IsPage() && out[f.Object.PageSpace()], f.Kind == access.Role && out[access.NewRef("space_role", f.Value)]:
			return false
		case f.Kind == access.Member, f.Kind == access.Role, f.Kind == access.Permission, f.Kind == access.Restrict:
			return !c.oneIn(5)
		}
		return true
	})
	facts = facts.Union(access.NewSet(
		access.Fact{Kind: access.Exists, Object: "group:brand-new"}, access.Fact{Kind: access.Exists, Object: "space:NEW"},
		access.Fact{Kind: access.Name, Object: "space:NEW", Value: "Brand new"},
		access.Fact{Kind: access.Exists, Object: "user:brand-new@acme.example"}, access.Fact{Kind: access.Member, Object: "group:brand-new", Subject: "user:brand-new@acme.example"},
		access.Fact{Kind: access.Role, Object: "space:NEW", Subject: "group:brand-new", Value: "admin"},
	))
	modes := []string{"observe", "exclusive", "additive"}
	product := productCloud
	if c.mode == "" {
		product = productDataCenter
	}
	head := fmt.Sprintf(`weir: v1
site: {name: chance, product: %s, domains: [acme.example]}
ownership: {users: %s, groups: %s, spaces: %s}
policies: {two_space_admins: {level: %q}, direct_grants: {level: warn}, anonymous_access: {level: %q}}
external: ["user:*", "account:*", "group:*", "space_role:*"]
budget: {removals: {free: %d}, people_losing_access: {free: %d}}
prove: [no_public_access]
assert:
  somebody writes: {object: "space:NEW", action: edit, only: ["group:brand-new"]}
`, product, pick(c.chanceSite, modes[1:]...), pick(c.chanceSite, modes[1:]...), pick(c.chanceSite, modes...), pick(c.chanceSite, "off", "warn", "deny"), pick(c.chanceSite, "off", "deny"), c.random.IntN(20), c.random.IntN(5))
	doc := schema.FromFacts(facts)
	doc.External = nil
	for i := range doc.Spaces {
		doc.Spaces[i].Watch = &schema.Bool{Value: c.oneIn(3)}
	}
	lock := make(schema.Lock)
	for _, r := range slices.Sorted(maps.Keys(obs.IDs)) {
		switch c.random.IntN(12) {
		case 0, 1, 2:
			lock[r] = obs.IDs[r]
		case 3: // it was another, or has another name now
			others := slices.DeleteFunc(slices.Sorted(maps.Keys(obs.IDs)), func(o access.Ref) bool { return o.Type() != r.Type() })
			lock[r] = obs.IDs[pick(c.chanceSite, others...)]
		}
	}
	for name, text := range map[string][]byte{"site.weir.yaml": []byte(head), "facts.weir.yaml": schema.Render(doc, schema.YAML), lockFile: []byte(lock.Format())} {
		if err := os.WriteFile(filepath.Join(c.dir, name), text, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// extent is what a plan reads.
func (c *chanceCase) extent() access.Extent {
	e := c.d.Extent()
	e.Pins = c.d.lock
	return e
}

// planned makes the plan of the description.
func (c *chanceCase) planned(s site.Reader) *reconcile.Plan {
	c.t.Helper()
	draft, err := c.app.draftOnly(c.t.Context(), c.d, s, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return draft.Plan
}

// snapshot writes the site down.
func (c *chanceCase) snapshot(extent access.Extent) string {
	c.t.Helper()
	obs, err := c.site.Observe(c.t.Context(), extent)
	if err != nil {
		c.t.Fatal(err)
	}
	file := filepath.Join(c.t.TempDir(), "site.json")
	s := snapshotOf(c.d.site(), &openSite{Site: c.site, settings: c.settings}, obs, reading{offlineNow, offlineNow})
	if err := writeSnapshot(file, s, nil); err != nil {
		c.t.Fatal(err)
	}
	return file
}

// recorded reads a snapshot as a plan does.
func (c *chanceCase) recorded(file string) site.Reader {
	c.t.Helper()
	s, _, err := c.app.openSnapshot(c.d, snapshotFlags{file: file})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// written is a plan as JSON.
func written(t testing.TB, p *reconcile.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
