package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/site"
)

// Input is all that a plan is made of.
type Input struct {
	Site        site.Reader
	Name        SiteName   // as described; the id is filled in from the site
	Home        diag.Range // where the description says so
	Description Description
	Judge       Judge
	Guards      Guards
	Seats       SeatTerms
	Tokens      TokenTerms
	// Memory is what weir remembers of the site; where Recall is not nil, that tells it
	// once the site is known.
	Memory access.Memory
	Recall func(site string) (access.Memory, error)
	// Pins are the ids that weir.lock holds for the names of the description.
	Pins map[access.Ref]string
	// Base, if any, is the earlier revision that the description is compared with.
	Base *Base
	// Unattended, if not nil, holds all changes but those that need nobody to be
	// asked.
	Unattended *Unattended
}

// Draft is a plan with the facts it was made from, for those who go on to
// apply it or to show it.
type Draft struct {
	Plan        *Plan
	Observation site.Observation
	Desired     access.Desired
	Target      access.Set
	Drift       *Drift // of an unattended plan
}

// Make plans. The error is a diag.List when the description is at fault and a
// *site.Error when the site is. A plan that a rule or a guard stops is made
// all the same: see [Plan.Stops].
func Make(ctx context.Context, in Input) (*Draft, error) {
	m := &planning{Input: in, sent: in.Site.Requests()}
	for _, step := range []func(context.Context) error{m.observe, m.compare, m.hold, m.judge} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	m.steps = m.order(m.diff, m.after)
	p := m.plan()
	return &Draft{Plan: p, Observation: m.live, Desired: m.Desired, Target: m.diff.Target, Drift: m.drift}, nil
}

// planning is how one plan is made. Each step of it fills in what the next ones rest
// on.
type planning struct {
	Input
	sent   int // requests before the first of ours
	extent access.Extent
	live   site.Observation

	wanted                       // of the description, in the terms of the site
	diff        Difference       // what lies between the two
	unconfirmed []access.Unknown // what would be made, and may be there already
	unseen      []access.Unknown // all that cannot be told

	before, after *access.View // of the live site, and of the target
	drift         *Drift       // of an unattended plan: what of the difference is held

	between *access.Comparison // of the views before and after
	delta   access.Delta
	judged  []access.Finding // by rules, assertions and proofs
	held    []access.Verdict // of assertions
	proved  []access.Verdict

	steps []site.Step
}

// observe reads the site, and what weir remembers of it.
func (m *planning) observe(ctx context.Context) (err error) {
	m.extent = m.Description.Extent()
	m.extent.Pins = m.Pins
	if m.live, err = m.Site.Observe(ctx, m.extent); err != nil || m.Recall == nil {
		return err
	}
	m.Memory, err = m.Recall(m.live.Site)
	return err
}

// compare works out what is wanted and what lies between that and the site. What
// would be made is looked for once more, by name: what may be there is not made.
func (m *planning) compare(ctx context.Context) error {
	first, err := want(m.Site, m.Description, m.Pins, m.live, m.Memory)
	if err != nil {
		return err
	}
	m.unseen = first.unknown
	m.wanted, m.diff = first.compare(m.Site, m.live, m.unseen)
	if m.unconfirmed, err = confirm(ctx, m.Site, m.diff.Changes); err != nil {
		return err
	}
	if len(m.unconfirmed) > 0 {
		m.unseen = slices.Concat(m.unseen, m.unconfirmed)
		m.wanted, m.diff = first.compare(m.Site, m.live, m.unseen)
	}
	m.before = m.live.Beside().View(m.live.Facts)
	m.after = m.before.With(m.diff.Target)
	return nil
}

// hold leaves of an unattended plan what needs nobody to be asked.
func (m *planning) hold(ctx context.Context) error {
	if m.Unattended == nil {
		return nil
	}
	last, err := m.Unattended.recall(m.live)
	if err != nil {
		return err
	}
	judge := last.sift(m.diff, m.live, m.before, m.after)
	observed := m.diff.Observed
	m.diff = judge.safely(func(d Difference) []site.Step { return m.order(d, m.before.With(d.Target)) })
	m.after = m.before.With(m.diff.Target)
	m.drift = last.drift(judge.items, observed, m.live.Facts, m.Desired, m.live.Account)
	return m.drift.name(ctx, m.Site, last.last, m.live)
}

// order puts the changes of a difference into steps, every prefix of which is safe;
// after is the view of its target.
func (m *planning) order(d Difference, after *access.View) []site.Step {
	sim := NewSimulation(m.live.Facts, m.before, after, m.Guards.MinSpaceAdmins)
	return Order(sim, m.Site.Units(d.Changes, m.live.Facts))
}

// judge compares people before and after, and asks the rules, the assertions and
// the proofs.
func (m *planning) judge(ctx context.Context) (err error) {
	m.between = access.Between(m.before, m.after)
	m.delta = access.Delta{
		Live: m.live.Facts, Target: m.diff.Target, Desired: m.Desired, Changes: m.diff.Changes,
		Before: m.before, After: m.after, Effects: m.between.Effects(), SiteKnown: true,
	}
	if m.judged, err = m.Judge.Judge(ctx, m.delta); err != nil {
		return fmt.Errorf("judging the plan: %w", err)
	}
	m.held = access.Check(m.unseen, m.after, m.Description.Assertions())
	for _, proof := range m.Description.Proofs() {
		m.proved = append(m.proved, proof.Check(m.delta))
	}
	m.judged = slices.Concat(m.judged, verdicts("WR304", assertRule, m.held), verdicts("WR305", proveRule, m.proved))
	if m.Unattended != nil {
		m.judged, err = m.standing(ctx, m.delta, m.unseen, m.judged)
	}
	return err
}

// plan tells all of it.
func (m *planning) plan() *Plan {
	live, diff := m.live, m.diff
	p := &Plan{
		Format:         Format,
		Site:           m.Name,
		Home:           origin(m.Home),
		Account:        string(live.Account),
		Compared:       live.Facts.Union(m.Desired.Facts).Len(),
		Requests:       m.Site.Requests() - m.sent,
		Floor:          live.Floor,
		Apply:          price(m.Site, live, m.steps),
		MinSpaceAdmins: m.Guards.MinSpaceAdmins,
		Summary:        summary(diff.Changes),
		People:         people(m.delta),
		ReliesOn:       reliesOn(diff.Changes, live.Facts),
	}
	p.Site.ID = live.Site
	p.addSteps(m.steps, diff, m.Desired, m.heirs)
	p.addOutside(m.canon, m.unseen, diff, m.Desired, live.Account)
	p.addObserved(diff.Observed, m.Desired)
	p.Digest = p.digest()

	p.Impacts = impacts(m.delta, m.between, p.Changes)
	p.Gained, p.Lost = reach(m.delta)
	p.Heat = heat(m.delta, m.between)
	p.Assertions, p.Proofs = claims(m.held), claims(m.proved)

	seats, beyond := countSeats(live, m.unseen, diff.Target, m.Seats), reachBeyond(diff.Changes, live)
	p.Seats = seats.Seats
	p.Budgets = append(m.Guards.budgets(m.delta), beyond.budgets()...)
	staying := p.addLeavers(m.Desired, live.Facts, diff.Target, m.unseen)
	p.Findings = findings(slices.Concat(
		m.judged, m.moved, diff.findings(m.Desired, m.canon.Manual, live.Facts),
		refused(m.canon, m.Desired, seats, m.Seats), noted(m.canon, m.Desired), stepFindings(m.steps), beyond.findings(m.Desired),
		reactivated(m.delta), m.unsettled, staying, returning(m.delta), orphans(m.delta),
		pages(m.extent, live, m.Desired), lifted(m.delta), beside(m.delta),
		m.Guards.admins(m.delta, objects(m.unsettled)), own(live.Facts, diff.Target, live.Account), emptied(m.delta),
		seats.findings(m.Desired), guestFindings(m.delta, live, seats, m.Seats, m.steps), m.Tokens.findings(live),
		warnings(m.Desired.Warnings),
	), m.Desired.Owners)

	p.Names = named(m.Desired.Labels, p.told()...)
	p.Owners = p.touched(m.Desired.Owners)
	p.Accept(m.Guards.Acceptances, m.Guards.Used)
	if m.Base != nil {
		p.addEdits(m.Input, live, compared{m.wanted, diff}, m.unconfirmed)
	}
	if m.drift != nil {
		m.drift.stops(p)
	}
	return p
}

// wanted is what a description wants of a site, in the site's terms.
type wanted struct {
	access.Desired
	plain   access.Desired // in the description's own terms
	canon   site.Canonical
	moved   []access.Finding // about what is not what weir.lock names
	unknown []access.Unknown // what of the site cannot be told, for this description
	// heirs are the people who left for whom somebody takes over, by the identity of
	// each fact that is wanted for it, and unsettled is what nobody takes over.
	heirs     map[access.Fact]access.Ref
	unsettled []access.Finding
}

// want works out what a description wants of a site. The error is a diag.List.
func want(s site.Reader, d Description, pins map[access.Ref]string, live site.Observation, memory access.Memory) (wanted, error) {
	desired, diags := d.Desired(live.Known(memory))
	if err := diags.Err(); err != nil {
		return wanted{}, err
	}
	desired.Warnings = append(desired.Warnings, diags...)
	moved, held := mistaken(pins, live, desired)
	w := wanted{moved: moved, unknown: slices.Concat(live.Unknown, held)}
	w.canon = s.Canonical(desired.Facts, live)
	if w.canon.As[access.Role] == access.Permission {
		desired.Scope.Limits = limitsWritten(s, desired, live)
	}
	w.plain = desired
	w.Desired = inTerms(desired, w.canon, live)
	return w, nil
}

// inTerms puts a description into the terms of the site: its facts, where each
// comes from, who owns them, and what is not weir's to change at all.
func inTerms(d access.Desired, canon site.Canonical, live site.Observation) access.Desired {
	// A set read from the site may hold weir's own account: it is nobody's
	// business to put it anywhere. Where a page is restricted it is another matter:
	// whoever names it there knows that it would else be locked out.
	d.Facts = canon.Facts.Filter(func(f access.Fact) bool { return f.Kind == access.Restrict || !f.About(live.Account) })
	d.Origins = maps.Clone(d.Origins)
	for f, from := range canon.From {
		if at, ok := d.Origins[from.Identity()]; ok {
			d.Origins[f] = at
		}
	}
	d.Scope.Contents = maps.Clone(d.Scope.Contents)
	for list, mode := range d.Scope.Contents {
		as, ok := canon.As[list.Kind]
		if !ok {
			continue
		}
		list.Kind = as
		// Where both are listed, the one that takes less decides.
		if other, both := d.Scope.Contents[list]; !both || mode < other {
			d.Scope.Contents[list] = mode
		}
	}
	d.Scope.Expired, d.Scope.Single = maps.Clone(d.Scope.Expired), maps.Clone(d.Scope.Single)
	for f, from := range canon.From {
		if d.Scope.Expired[from.Identity()] {
			d.Scope.Expired[f] = true
		}
		if mode, single := d.Scope.Single[from.Identity()]; single {
			d.Scope.Single[f] = mode
		}
	}
	d.Scope = d.Scope.Excluding(notOurs(live, d)...)
	return d
}

// limitsWritten gives the limits of a site that has no roles: the permissions that
// the site would hold in place of a role are found by asking it to write out that
// role for a group that nobody has.
func limitsWritten(s site.Reader, d access.Desired, live site.Observation) map[access.Ref]access.Limits {
	const nobody = "group:\x00 limits"
	probes := d.Facts.Filter(func(f access.Fact) bool { return f.Kind == access.Grants || f.Kind == access.Exists })
	var asked []access.Fact
	for space, l := range d.Scope.Limits {
		if l.Role != "" {
			asked = append(asked, access.Fact{Kind: access.Role, Object: space, Subject: nobody, Value: l.Role.ID()})
		}
	}
	written := make(map[access.Ref][]string)
	for f := range s.Canonical(probes.Union(access.NewSet(asked...)), live).Facts.OfKind(access.Permission) {
		if f.Subject == nobody {
			written[f.Object] = append(written[f.Object], f.Verb)
		}
	}
	out := maps.Clone(d.Scope.Limits)
	for space, l := range out {
		if l.Role != "" {
			l.Role, l.Permissions = "", access.NewPermissions(written[space]...)
			out[space] = l
		}
	}
	return out
}

// price says what an apply of the steps takes: a reading before and one after,
// the steps, one at a time.
func price(s site.Reader, live site.Observation, steps []site.Step) Price {
	if len(steps) == 0 {
		return Price{}
	}
	writes := 0
	for _, step := range steps {
		writes += s.Cost(step.Changes, live)
	}
	reading := 2 * float64(live.Requests) / site.InFlight
	return Price{
		Requests: 2*live.Requests + writes,
		Seconds:  int(math.Ceil((reading + float64(writes)) * s.Latency().Seconds())),
	}
}

// notOurs gives what the site says is never weir's to change. A group that also
// opens another product is changed only where it is described, or its removal is
// described by name.
func notOurs(live site.Observation, d access.Desired) []access.Excluded {
	out := []access.Excluded{{Object: live.Account, Reason: "weir's own account", AsSubject: true}}
	why := map[string]string{
		"idp":     "managed by the identity provider",
		"team":    "an Atlassian team",
		"builtin": "built into the product",
	}
	for _, g := range slices.Sorted(maps.Keys(live.Elsewhere)) {
		if !d.Described[g] && !d.Scope.Absent[g] {
			out = append(out, access.Excluded{Object: g, Reason: "also grants " + listed(live.Elsewhere[g])})
		}
	}
	for f := range live.Facts.OfKind(access.Managed) {
		out = append(out, access.Excluded{Object: f.Object, Reason: cmp.Or(why[f.Value], "managed by "+f.Value)})
	}
	for _, r := range access.SystemRoles {
		out = append(out, access.Excluded{Object: access.NewRef("space_role", r), Reason: "a role of the product's own"})
	}
	return out
}

// spoken gives every object that a description speaks of: what it describes,
// and what it only refers to.
func spoken(d access.Desired) map[access.Ref]bool {
	out := make(map[access.Ref]bool)
	maps.Copy(out, d.Described)
	for f := range d.Facts.All() {
		out[f.Object], out[f.Subject] = true, true
		if f.Kind == access.Role {
			out[access.NewRef("space_role", f.Value)] = true
		}
	}
	return out
}
