package cli

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
)

var (
	leaversCount = flag.Int("leavers", 40, "how many leavers TestLeaversLeaveNothing takes leave of, at least")
	leaversSeed  = flag.Uint64("leavers-seed", 1, "the seed of the first of their sites")
)

// TestLeaversLeaveNothing: on sites that came about by chance people leave, a few at
// once and in every state, as weir offboard writes them down or as somebody does it by
// hand. Once the plan is applied no space is without an active admin that had one, or
// that only they administered; no restricted page is without somebody who views it; and
// whoever is reactivated holds nothing but the memberships that an identity provider or
// a team gives.
func TestLeaversLeaveNothing(t *testing.T) {
	t.Parallel()
	var all leaversTally
	for seed := *leaversSeed; all.leavers < *leaversCount; seed++ {
		kind := kindsOfSite[seed%uint64(len(kindsOfSite))]
		t.Run(fmt.Sprintf("%s %d", kind.name, seed), func(t *testing.T) {
			newLeaving(t, kind, seed).leave(&all)
		})
		if t.Failed() {
			break
		}
	}
	t.Logf("%d leavers of %d sites, %d written down by weir offboard; %d plans were stopped before; %d sites do not tell all members, %d have something that only what is gone holds, and that cannot be written to, %d had trouble with something else, %d left a step to the next apply", all.leavers, all.sites, all.edited, all.stopped, all.hidden, all.dangling, all.others, all.skipped)
	t.Logf("they were alone in %d spaces and on %d restrictions; others took over %d times", all.spaces, all.pages, all.heirs)
	t.Logf("%d grants and memberships were theirs, %d stay with others' groups, each told; %d steps had a finding", all.held, all.staying, all.findings)
	t.Logf("afterwards: %d spaces without an active admin, %d restricted pages without a viewer, %d grants of leavers", all.unattended, all.unseen, all.kept)
	if all.spaces == 0 || all.pages == 0 || all.heirs == 0 || all.edited == 0 || all.staying == 0 {
		t.Error("something never happened")
	}
}

type leaversTally struct {
	sites, leavers, edited, stopped int
	hidden, dangling, others        int
	skipped                         int
	spaces, pages, heirs            int
	held, staying, findings         int
	unattended, unseen, kept        int
}

// leaving is a site of which some people leave.
type leaving struct {
	*chanceSite
	chance  *rand.Rand
	app     *app
	site    site.Site
	leavers []rewrite.Departure
	changes string // of the plan
}

const heirEmail = "heir@acme.example"

func newLeaving(t *testing.T, kind kindOfSite, seed uint64) *leaving {
	t.Helper()
	l := &leaving{chanceSite: newChanceSite(t, kind, seed), chance: rand.New(rand.NewPCG(seed, 700))}
	l.do(l.a.AddPerson(heirEmail, "", emulator.PersonOptions{}))
	// Only a space's own admins write permissions there (evidence A7, B3).
	own := emulator.Principal{User: emulator.OwnEmail}
	for _, key := range l.spaces {
		if l.roles != nil {
			l.do(l.a.AssignRole(key, own, "Admin"))
		} else {
			l.do(l.a.AddPermission(key, own, "read/space"))
			l.do(l.a.AddPermission(key, own, "administer/space"))
		}
	}
	// Nothing tells on Data Center that a directory is only read (evidence B1): the
	// write fails, and the report says so.
	for _, g := range l.groups {
		if l.mode == "" {
			l.do(l.a.SetManaged(g, ""))
		}
	}
	l.site = l.driver(l.em)
	l.app = &app{Env: Env{
		Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer),
		Getenv: func(string) string { return "" }, Clock: time.Now, Wait: noWait,
	}, dir: t.TempDir()}
	return l
}

func (l *leaving) in(n int) bool { return l.chance.IntN(n) == 0 }

// choose draws who leaves, and how.
func (l *leaving) choose(obs site.Observation) {
	var people []access.Ref
	for r := range obs.IDs {
		if r.Type() == "user" && r != obs.Account && r.ID() != heirEmail {
			people = append(people, r)
		}
	}
	slices.Sort(people)
	unmanaged := make(map[string]bool)
	for _, p := range l.em.Dump().People {
		unmanaged[p.Email] = !p.Managed
	}
	l.chance.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	for _, who := range people[:min(len(people), 1+l.chance.IntN(3))] {
		states := []string{"deactivated", "removed", "no_access"}
		if l.mode != "" {
			states = append(states, "suspended", "deactivated")
		}
		d := rewrite.Departure{Who: who, Successor: access.NewRef("user", heirEmail), State: states[l.chance.IntN(len(states))]}
		if l.mode == "" && unmanaged[who.ID()] {
			d.State = "no_access" // of a directory that Confluence only reads
		}
		if obs.Unclaimed[who] && d.State == "deactivated" {
			d.State = "removed" // as weir offboard has it
		}
		if f, out := obs.Facts.Get(access.Fact{Kind: access.State, Object: who}); out && (d.State == "no_access" || f.Value == "removed") {
			d.State = f.Value
		}
		l.leavers = append(l.leavers, d)
	}
}

func (l *leaving) left(who access.Ref) bool {
	return slices.ContainsFunc(l.leavers, func(d rewrite.Departure) bool { return d.Who == who })
}

func (l *leaving) who() []access.Ref {
	var out []access.Ref
	for _, d := range l.leavers {
		out = append(out, d.Who)
	}
	return out
}

// describe writes a description of a part of what is there. Those who leave are in
// it as they are, or as somebody wrote it by hand.
func (l *leaving) describe(obs site.Observation, byHand bool) {
	skip := make(map[access.Ref]bool)
	named := make(map[access.Ref]bool) // pages on which a leaver is named
	for f := range obs.Facts.All() {
		if f.Kind == access.Exists && (f.Object == obs.Account || f.Object.ID() != heirEmail && l.in(4)) && !l.left(f.Object) {
			skip[f.Object] = true
		}
		if f.Kind == access.Restrict && l.left(f.Subject) {
			named[f.Object] = true
		}
	}
	facts := obs.Facts.Filter(func(f access.Fact) bool {
		switch {
		case f.Kind == access.Product && obs.Facts.Has(access.Fact{Kind: access.Managed, Object: f.Object, Value: "idp"}):
			return false // such a group cannot hold guests
		case f.Kind == access.Managed && f.Value != "idp", f.Kind == access.Personal, f.Subject == obs.Account:
			return false
		case skip[f.Object], skip[f.Subject], f.Object.IsPage() && skip[f.Object.PageSpace()], f.Kind == access.Role && skip[access.NewRef("space_role", f.Value)]:
			return false
		case f.Kind == access.Restrict && byHand && named[f.Object]:
			return false // to name a leaver alone is an error
		case f.Kind == access.Restrict && obs.Facts.Has(access.Fact{Kind: access.Status, Object: f.Object.PageSpace(), Value: "archived"}):
			return false // nothing can be changed there
		case f.Kind == access.Restrict && f.Subject.Type() == "group" && !obs.Facts.Has(access.Fact{Kind: access.Exists, Object: f.Subject}):
			return false // what a deleted group left behind
		}
		return true
	})
	modes := []string{"exclusive", "additive"}
	product := productCloud
	if l.mode == "" {
		product = productDataCenter
	}
	head := fmt.Sprintf(`weir: v1
site: {name: chance, product: %s}
ownership: {users: additive, groups: {existence: additive, members: %s}, spaces: %s}
policies: {two_space_admins: {level: "off"}, direct_grants: {level: "off"}, anonymous_access: {level: "off"}}
external: ["user:*", "account:*", "group:*", "space_role:*"]
protect: {min_space_admins: 1}
budget: {removals: {max: 1000, ratio: 100%%}, people_losing_access: {max: 1000, ratio: 100%%}}
`, product, modes[l.chance.IntN(2)], modes[l.chance.IntN(2)])
	doc := schema.FromFacts(facts)
	doc.External = nil
	for i := range doc.Spaces {
		if l.in(3) {
			doc.Spaces[i].Roles, doc.Spaces[i].Permissions = nil, nil
		}
		doc.Spaces[i].Watch = &schema.Bool{Value: true}
	}
	doc.Guests = slices.DeleteFunc(doc.Guests, func(g schema.Guest) bool { return l.left(access.NewRef("user", g.Email.Value)) && byHand })
	if byHand {
		doc.Users = slices.DeleteFunc(doc.Users, func(u schema.User) bool { return l.left(access.NewRef("user", u.Email.Value)) })
		for _, d := range l.leavers {
			doc.Users = append(doc.Users, schema.User{
				Email: schema.Str{Value: d.Who.ID()}, State: &schema.Str{Value: d.State}, Left: &schema.Left{Successor: &schema.Str{Value: d.Successor.ID()}},
			})
		}
	}
	syntax, name := schema.YAML, "facts.weir.yaml"
	if l.in(2) {
		syntax, name = schema.HCL, "facts.weir.hcl"
	}
	lock := make(schema.Lock)
	for r, id := range obs.IDs {
		if r.IsPerson() {
			lock[r] = id
		}
	}
	for name, text := range map[string][]byte{"site.weir.yaml": []byte(head), name: schema.Render(doc, syntax), lockFile: []byte(lock.Format())} {
		if err := os.WriteFile(filepath.Join(l.app.dir, name), text, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *leaving) fatal(err error, what string) {
	l.t.Helper()
	if err == nil {
		return
	}
	l.app.fail(l.t.Context(), err)
	var texts []string
	files, _ := filepath.Glob(filepath.Join(l.app.dir, "*.weir.*"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		texts = append(texts, string(b))
	}
	l.t.Fatalf("%s: %s\n%v\n%s", what, l.app.Stderr, l.leavers, strings.Join(texts, "\n"))
}

func (l *leaving) leave(all *leaversTally) {
	t := l.t
	ctx := t.Context()
	obs, err := l.site.Observe(ctx, access.Extent{All: true})
	l.fatal(err, "reading")
	if l.nested && slices.ContainsFunc(obs.Unknown, func(u access.Unknown) bool { return u.Kind == access.Member }) {
		all.hidden++ // who is in a group by another one is not all told
		return
	}
	l.choose(obs)
	byHand := l.in(2)
	l.describe(obs, byHand)
	d, err := l.app.load()
	l.fatal(err, "loading")
	if !byHand {
		w := &departures{app: l.app, d: d, reader: l.site, obs: obs, files: l.app.openEdit(d), list: l.leavers}
		l.fatal(w.parse(), "parsing")
		l.fatal(w.look(ctx, true), "looking")
		l.fatal(w.edit(ctx), "editing")
		l.fatal(w.app.writeEdit(w.files), "writing")
		d, err = l.app.load()
		l.fatal(err, "loading what was edited")
	}
	spaces, pages := reconcile.Alone(obs, l.who()...)
	all.spaces, all.pages = all.spaces+len(spaces), all.pages+len(pages)

	// By hand nobody looked for pages: those of described spaces are watched.
	draft, err := reconcile.Make(ctx, everywhere{d}.input(l.site))
	l.fatal(err, "planning")
	plan := draft.Plan
	for _, c := range plan.Changes {
		l.changes += fmt.Sprintf("%s %s (%s)\n", c.Op, c.Fact, c.Reason)
	}
	if plan.Stops().Any() {
		for _, f := range plan.Findings {
			// What the description could not say of this site is not about leaving.
			admins := obs.Beside().View(access.Readmitted(obs.Facts, l.who()...)).Admins(access.Ref(f.Object))
			if f.Level == access.Deny && (f.Code == "WR401" && slices.ContainsFunc(admins, l.left) || f.Code == "WR422") {
				t.Errorf("stopped: %s %s (%v)\n%v\n%s", f.Code, f.Message, admins, l.leavers, l.changes)
			}
		}
		all.stopped++
		return
	}
	for _, s := range plan.Steps {
		if s.Finding != "" {
			all.findings++
		}
	}
	for _, c := range plan.Changes {
		if strings.HasPrefix(c.Reason, reconcile.TakesOver) {
			all.heirs++
		}
	}
	for f := range obs.Facts.All() {
		if l.left(f.Subject) && f.Kind != access.Personal {
			all.held++
		}
	}
	before := factsOf(l.em.Dump())
	for line := range strings.Lines(l.apply(l.site, plan)) {
		if strings.Contains(line, "without their names it would be open") || strings.Contains(line, "only an account that is gone would be left") || strings.Contains(line, "there is no user with the key") {
			// Only names of what is gone close a page, and they cannot be written back; or a
			// row of an account that was deleted cannot be written to.
			all.dangling++
			return
		}
		if !slices.ContainsFunc(append(l.who(), access.NewRef("user", heirEmail)), func(r access.Ref) bool { return strings.Contains(line, r.ID()) }) {
			all.others++ // a step that is about nobody who leaves or takes over
			return
		}
		if strings.HasPrefix(line, "skipped") {
			all.skipped++ // an apply reads the pages that change, not those above them, and rather leaves a step out
			return
		}
		// On Data Center who is removed is in no list, and so not seen to be.
		if !strings.HasPrefix(line, "unknown") || !strings.Contains(line, "= removed") {
			l.fatal(errors.New(line), "applying")
		}
	}
	again, err := reconcile.Make(ctx, everywhere{d}.input(l.site))
	l.fatal(err, "planning again")
	for _, c := range again.Plan.Changes {
		if again.Plan.Stops().Any() {
			break // by somebody who is described and is not there
		}
		t.Errorf("applied, the plan would go on: %s %s (%s)\n%v\n%s", c.Op, c.Fact, c.Reason, l.leavers, l.changes)
	}
	after := factsOf(l.em.Dump())
	l.attended(obs, before, after, spaces, all)
	l.viewed(obs, before, after, all)

	// Whoever is active again holds nothing.
	for _, d := range l.leavers {
		switch d.State {
		case "suspended", "deactivated":
			l.do(l.a.SetPersonState(d.Who.ID(), emulator.StateActive))
		case "removed":
			l.do(l.a.AddPerson(d.Who.ID(), "", emulator.PersonOptions{NoAccess: true}))
		}
	}
	l.empty(draft, factsOf(l.em.Dump()), all)
	all.sites++
	all.leavers += len(l.leavers)
	if !byHand {
		all.edited += len(l.leavers)
	}
}

// everywhere is a description of which every page is read.
type everywhere struct{ *description }

func (e everywhere) Extent() access.Extent {
	x := e.description.Extent()
	x.All = true
	return x
}

func (e everywhere) input(s site.Reader) reconcile.Input {
	in := e.description.input(s)
	in.Description = e
	return in
}

// attended: a space that had an active admin, or that only leavers administered, has
// one.
func (l *leaving) attended(obs site.Observation, before, after access.Set, alone []access.Ref, all *leaversTally) {
	was, is := obs.Beside().View(before), obs.Beside().View(after)
	for f := range after.OfKind(access.Exists) {
		space := f.Object
		if space.Type() != "space" || len(was.Admins(space)) == 0 && !slices.Contains(alone, space) {
			continue
		}
		if len(is.Admins(space)) == 0 {
			all.unattended++
			l.t.Errorf("%s has no active admin any more", space)
		}
	}
}

// viewed: a restricted page that somebody who leaves could view, or could once they
// are active again, somebody else views then, other than as a member of the
// super-group; and no page is open that was not.
func (l *leaving) viewed(obs site.Observation, before, after access.Set, all *leaversTally) {
	was, is := obs.Beside().View(before), obs.Beside().View(after)
	reached := func(v *access.View, page access.Ref) bool {
		return slices.ContainsFunc(v.Who(access.ToView, page), func(p access.Ref) bool { return !v.Super(p) })
	}
	// A description that takes from others what they viewed a page by is not about
	// leaving.
	theirs := obs.Beside().View(access.Readmitted(before, l.who()...))
	seen := make(map[access.Contents]bool)
	for f := range before.OfKind(access.Restrict) {
		list := access.ContentsOf(f)
		if after.Has(access.Fact{Kind: access.Status, Object: f.Object.PageSpace(), Value: "archived"}) {
			continue // nothing can be changed there, which the plan says
		}
		if seen[list] || !obs.Facts.Has(access.Fact{Kind: access.Exists, Object: f.Object}) {
			continue
		}
		seen[list] = true
		viewed := slices.ContainsFunc(theirs.Who(access.ToView, f.Object), func(p access.Ref) bool { return l.left(p) && !theirs.Super(p) })
		if f.Verb == access.ViewPage && viewed && !reached(is, f.Object) {
			all.unseen++
			l.t.Errorf("nobody views %s any more: %v did, %v leave\n%s", f.Object, was.Who(access.ToView, f.Object), l.leavers, l.changes)
		}
		left := false
		for g := range after.Of(access.Restrict, f.Object) {
			left = left || g.Verb == f.Verb
		}
		// Data Center does not tell of a page that only the name of a deleted group
		// closes (see TestEmulatorAgrees).
		named := false
		for g := range before.Of(access.Restrict, f.Object) {
			named = named || g.Verb == f.Verb && (g.Subject.IsPerson() || before.Has(access.Fact{Kind: access.Exists, Object: g.Subject}))
		}
		if !left && named {
			l.t.Errorf("%s is open to %s, and was restricted: %v leave\n%s", f.Object, f.Verb, l.leavers, l.changes)
		}
	}
}

// empty: a leaver holds nothing but memberships of groups that somebody else
// manages, of which the plan tells.
func (l *leaving) empty(draft *reconcile.Draft, facts access.Set, all *leaversTally) {
	managed := make(map[access.Ref]bool)
	for f := range draft.Observation.Facts.OfKind(access.Managed) {
		managed[f.Object] = true
	}
	lets := make(map[access.Ref]bool)
	for f := range facts.OfKind(access.Product) {
		lets[f.Object] = slices.ContainsFunc(access.ProductRoles(f.Value), access.LetsIn)
	}
	enters := make(map[access.Ref]bool)
	for f := range facts.All() {
		switch {
		case f.Kind == access.Member && managed[f.Object] && l.left(f.Subject):
			enters[f.Subject] = enters[f.Subject] || lets[f.Object]
			all.staying++
			if !slices.ContainsFunc(draft.Plan.Findings, func(x reconcile.Finding) bool { return x.Code == "WR421" && strings.Contains(x.Message, f.String()) }) {
				l.t.Errorf("the plan does not say that this stays: %s", f)
			}
		case f.Kind == access.Personal:
		case f.Kind == access.Product && l.mode == "" && f.Value != "user" && !slices.Contains(access.ProductRoles(f.Value), access.AdminRole):
			enters[f.Object] = true // by a role that Data Center does not have
		case f.Kind == access.Restrict && facts.Has(access.Fact{Kind: access.Status, Object: f.Object.PageSpace(), Value: "archived"}):
		case l.left(f.Subject), f.Kind == access.Product && l.left(f.Object):
			all.kept++
			l.t.Errorf("a leaver still holds this: %s\n%v\n%s", f, l.leavers, l.changes)
		}
	}
	for f := range facts.OfKind(access.Exists) {
		if l.left(f.Object) && !enters[f.Object] {
			all.kept++
			l.t.Errorf("a leaver may enter, and nothing of others lets them: %s\n%v\n%s\n%v\n%v", f.Object, l.leavers, l.changes, draft.Plan.Findings,
				facts.Filter(func(g access.Fact) bool { return g.About(f.Object) || g.Kind == access.Product }).Facts())
		}
	}
}
