package cli

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
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

// TestOfflineRecords: what a snapshot tells beside facts is what the site tells, of
// whatever is asked of what it was written with; of anything else it tells nothing of
// spaces.
func TestOfflineRecords(t *testing.T) {
	t.Parallel()
	told := 0
	for i := range *offlineSites {
		kind, seed := kindsOfSite[i%len(kindsOfSite)], *offlineSeed+uint64(i)
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			c := newChanceCase(t, kind, seed)
			owner := pick(c.chanceSite, c.people...)
			if err := c.a.CreatePersonalSpace(owner, "~own", "Own"); err != nil {
				t.Logf("%s has no space: %v", owner, err)
			}
			for _, key := range append([]string{"~own"}, c.spaces...) {
				if c.random.IntN(2) == 0 {
					_ = c.a.SetLabels(key, "hold") // whichever of them are there
				}
			}
			whole := c.extent()
			whole.Personal, whole.Labels = true, []string{"hold", "none"}
			offline := c.recorded(c.snapshot(whole))
			for _, asked := range []access.Extent{{}, {Personal: true}, {Labels: []string{"hold"}}, {Personal: true, Labels: []string{"hold", "none"}}} {
				on, err := c.site.Observe(t.Context(), asked)
				if err != nil {
					t.Fatal(err)
				}
				off, err := offline.Observe(t.Context(), asked)
				if err != nil {
					t.Fatal(err)
				}
				told += len(on.Spaces) + len(on.People)
				if diff := cmp.Diff([]any{on.People, on.Spaces}, []any{off.People, off.Spaces}, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%+v (- online, + offline)\n%s", asked, diff)
				}
			}
			if off, err := offline.Observe(t.Context(), access.Extent{Labels: []string{"new"}}); err != nil || len(off.Spaces) > 0 {
				t.Errorf("%v, %v", off.Spaces, err)
			}
		})
	}
	if told == 0 {
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
		case f.Kind == access.Product && strings.Contains(f.Value, access.GuestRole) && obs.Facts.Has(access.Fact{Kind: access.Managed, Object: f.Object, Value: "idp"}):
			return false // no product lets such a group hold guests, and no description says so
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
ownership:
  users: %s
  groups: %s
  spaces: %s
  rules: [{match: "group:r*", groups: additive}, {match: "space:T*", spaces: additive}, {match: "user:*4@acme.example", users: additive}]
  ignore: [{object: "group:b*", reason: on hold, owner: it@acme.example, until: 2026-12-31}]
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
	draft, err := c.app.draftFor(c.t.Context(), c.d, s, nil)
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

// secretsOf gives what only the site knows: every name, address, title and id that
// neither the description nor weir.lock has. They are looked for as words.
func (c *chanceCase) secretsOf(obs site.Observation) siteOnly {
	known := c.d.known()
	public := make(map[string]bool)
	words := func(r access.Ref) []string {
		if r.IsPage() {
			return []string{r.PageTitle(), r.ID()}
		}
		if r.Type() == "user" {
			local, _, _ := strings.Cut(r.ID(), "@")
			return []string{r.ID(), local}
		}
		return []string{r.ID()}
	}
	for r := range known.Refs {
		for _, w := range append(words(r), r.PageSpace().ID()) {
			public[w] = true
		}
	}
	for text := range known.Texts {
		public[text] = true
	}
	for _, id := range known.IDs {
		public[id] = true
	}
	for _, w := range append(slices.Clone(access.SystemRoles), string(access.Site), obs.Traits.Super.ID()) {
		public[w] = true
	}
	public["weir"] = true // a word of its own, and the name of its account there
	secrets := map[string]bool{obs.Site: true}
	for f := range obs.Facts.All() {
		for _, r := range []access.Ref{f.Object, f.Subject} {
			if r.Type() == "class" || r == access.Site {
				continue
			}
			for _, w := range words(r) {
				secrets[w] = true
			}
		}
		if f.Kind == access.Name {
			secrets[f.Value] = true
		}
	}
	for _, id := range obs.IDs {
		secrets[id] = true
	}
	for _, name := range obs.Labels {
		secrets[name] = true
	}
	for _, list := range obs.Elsewhere {
		for _, w := range list {
			secrets[w] = true
		}
	}
	for page, up := range obs.Parents {
		secrets[page.PageTitle()], secrets[up.PageTitle()] = true, true
	}
	var out []string
	for w := range secrets {
		_, digits := strconv.Atoi(w)
		if w != "" && !public[w] && !(digits == nil && len(w) < 6) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	h := siteOnly{secrets: out}
	for w := range public {
		if slices.ContainsFunc(out, func(secret string) bool { return strings.Contains(w, secret) }) {
			h.around = append(h.around, w)
		}
	}
	slices.SortFunc(h.around, func(a, b string) int { return len(b) - len(a) })
	return h
}

// siteOnly is what only the site knows, and what is known and holds some of it: the
// title "Space TWO Home" that is described, and the name "Space TWO" that is not.
type siteOnly struct{ secrets, around []string }

// leaks gives the secrets that stand in a text as words.
func leaks(text string, of siteOnly) []string {
	for _, known := range of.around {
		text = strings.ReplaceAll(text, known, "")
	}
	letter := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' || b == '_'
	}
	var out []string
	for _, s := range of.secrets {
		for at := 0; ; {
			i := strings.Index(text[at:], s)
			if i < 0 {
				break
			}
			i += at
			end := i + len(s)
			if (i == 0 || !letter(text[i-1])) && (end == len(text) || !letter(text[end])) {
				out = append(out, s)
				break
			}
			at = i + 1
		}
	}
	return out
}

// TestOfflinePublic: a plan for the public says of how much what the plan with the
// names says, and holds nothing that only the site knows, in any form.
func TestOfflinePublic(t *testing.T) {
	t.Parallel()
	names, shown := 0, 0
	for i := range *offlineSites {
		kind, seed := kindsOfSite[i%len(kindsOfSite)], *offlineSeed+uint64(i)
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			c := newChanceCase(t, kind, seed)
			obs, err := c.site.Observe(t.Context(), access.Extent{All: true})
			if err != nil {
				t.Fatal(err)
			}
			secrets := c.secretsOf(obs)
			names += len(secrets.secrets)
			full := c.planned(c.site)
			shown += len(leaks(written(t, full), secrets))

			c.app.public = true
			key := "a key of pseudonyms that is long"
			c.app.Getenv = func(name string) string { return map[string]string{varRedactKey: key}[name] }
			stderr := new(bytes.Buffer)
			c.app.Stderr = stderr
			public := c.planned(c.site)
			var text bytes.Buffer
			if err := render.Plan(&text, public, render.Options{}); err != nil {
				t.Fatal(err)
			}
			for form, out := range map[string]string{"json": written(t, public), "text": text.String(), "facts": public.Lines(), "errors": stderr.String()} {
				if found := leaks(out, secrets); len(found) > 0 {
					t.Errorf("%s shows what only the site knows: %q\n%s", form, found, out)
				}
			}
			if public.Digest != full.Digest || public.Stops() != full.Stops() || len(public.Changes) != len(full.Changes) || public.Audience != reconcile.Public {
				t.Errorf("%s %v %d, and with the names %s %v %d", public.Digest, public.Stops(), len(public.Changes), full.Digest, full.Stops(), len(full.Changes))
			}
			if _, err := reconcile.ReadPlan([]byte(written(t, public))); err != nil {
				t.Error(err)
			}
			if public.Applicable() == nil {
				t.Error("it can be applied")
			}
			if again := c.planned(c.site); written(t, again) != written(t, public) {
				t.Error("with the same key it says something else")
			}
			key = "another key of pseudonyms, as long"
			if again := c.planned(c.site); shown > 0 && len(leaks(written(t, full), secrets)) > 0 && written(t, again) == written(t, public) {
				t.Error("the key does not matter")
			}
		})
	}
	t.Logf("%d sites, %d names that only they know, %d of them in plans with the names, 0 in plans for the public", *offlineSites, names, shown)
	if shown == 0 {
		t.Error("nothing was to be hidden")
	}
}

// TestOfflineRedacted: a plan of a redacted snapshot is, of everything that the
// description names, the plan of the site; and the snapshot holds nothing that only
// the site knows.
func TestOfflineRedacted(t *testing.T) {
	t.Parallel()
	same := 0
	for i := range *offlineSites {
		kind, seed := kindsOfSite[i%len(kindsOfSite)], *offlineSeed+uint64(i)
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			c := newChanceCase(t, kind, seed)
			c.app.Getenv = func(name string) string {
				return map[string]string{varRedactKey: "a key of pseudonyms that is long"}[name]
			}
			all := c.extent()
			all.All = true
			obs, err := c.site.Observe(t.Context(), all)
			if err != nil {
				t.Fatal(err)
			}
			full := c.planned(c.site)
			veiled, _, redaction, err := c.app.redact(c.d, obs, access.Memory{})
			if err != nil {
				t.Fatal(err)
			}
			s := snapshotOf(c.d.site(), &openSite{Site: c.site, settings: c.settings}, veiled, reading{offlineNow, offlineNow})
			s.Redaction = redaction
			file := filepath.Join(t.TempDir(), "site.json")
			if err := writeSnapshot(file, s, nil); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if found := leaks(string(text), c.secretsOf(obs)); len(found) > 0 {
				t.Errorf("the snapshot holds what only the site knows: %q\n%s", found, text)
			}
			if len(veiled.Labels) > 0 || veiled.Facts.Len() != obs.Facts.Len() || len(veiled.IDs) != len(obs.IDs) {
				t.Errorf("%d facts of %d, %d ids of %d, %d display names", veiled.Facts.Len(), obs.Facts.Len(), len(veiled.IDs), len(obs.IDs), len(veiled.Labels))
			}
			got := c.planned(c.recorded(file))
			if got.Stops() != full.Stops() || got.People != full.People || fmt.Sprint(got.Summary) != fmt.Sprint(full.Summary) || fmt.Sprint(counted(got)) != fmt.Sprint(counted(full)) {
				t.Errorf("it says %+v %+v %v, and the plan of the site %+v %+v %v", got.Stops(), got.People, counted(got), full.Stops(), full.People, counted(full))
			}
			known := c.d.known()
			said := func(p *reconcile.Plan) []string {
				var out []string
				for _, ch := range p.Changes {
					f, err := access.ParseFact(ch.Fact)
					if err != nil {
						t.Fatal(err)
					}
					if known.Refs[f.Object] && (f.Subject == "" || known.Refs[f.Subject] || f.Subject.Type() == "class") && f.Kind != access.Name && (f.Kind != access.Role || known.Refs[access.NewRef("space_role", f.Value)]) {
						out = append(out, fmt.Sprintf("%s %s %s %v", ch.Op, ch.Fact, ch.Reason, ch.Origin))
					}
				}
				return out
			}
			same += len(said(full))
			if diff := cmp.Diff(said(full), said(got)); diff != "" {
				t.Errorf("(- of the site, + of the redacted snapshot)\n%s", diff)
			}
		})
	}
	t.Logf("%d sites, %d changes to what is described", *offlineSites, same)
	if same == 0 {
		t.Error("nothing was put to the test")
	}
}

// TestOfflineRefreshed: a plan of a snapshot of which what is touched is read again
// does only what the plan of the site does; where nothing has happened since, it is
// that plan.
func TestOfflineRefreshed(t *testing.T) {
	t.Parallel()
	fewer, parts := 0, 0
	for i := range *offlineSites {
		kind, seed := kindsOfSite[i%len(kindsOfSite)], *offlineSeed+uint64(i)
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			c := newChanceCase(t, kind, seed)
			file := c.snapshot(c.extent())
			refresh := func() *reconcile.Plan {
				t.Helper()
				last, _, err := c.app.openSnapshot(c.d, snapshotFlags{file: file})
				if err != nil {
					t.Fatal(err)
				}
				reader := site.ReadOnly(c.open())
				obs, err := c.app.reread(t.Context(), c.d, last, last.Everything(), reader)
				if err != nil {
					t.Fatal(err)
				}
				if obs.Reread == "" {
					parts++
				}
				p := c.planned(refreshed{reader, obs})
				p.Requests, p.Floor, p.Apply = 0, 0, reconcile.Price{}
				return p
			}
			online := func() *reconcile.Plan {
				p := c.planned(c.open())
				p.Requests, p.Floor, p.Apply = 0, 0, reconcile.Price{}
				return p
			}
			if diff := cmp.Diff(written(t, online()), written(t, refresh())); diff != "" {
				t.Fatalf("nothing has happened (- online, + refreshed)\n%s", diff)
			}
			c.grant()
			c.restrict()
			does := make(map[string]bool)
			now := online()
			for _, ch := range now.Changes {
				does[fmt.Sprint(ch.Op, ch.Fact, ch.Was)] = true
			}
			again := refresh()
			for _, ch := range again.Changes {
				if !does[fmt.Sprint(ch.Op, ch.Fact, ch.Was)] {
					t.Errorf("%s %s, which the plan of the site does not do", ch.Op, ch.Fact)
				}
			}
			for name, print := range again.ReliesOn {
				if now.ReliesOn[name] != print {
					t.Errorf("%s is not as it is on the site", name)
				}
			}
			fewer += len(now.Changes) - len(again.Changes)
		})
	}
	t.Logf("%d sites, %d readings in part, %d changes that only the plan of the site makes", *offlineSites, parts, fewer)
	if parts == 0 || fewer == 0 {
		t.Error("nothing was put to the test")
	}
}
