package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// batch is how many intents are synced at once. A crash leaves at most so many
// steps whose outcome has to be read back.
const batch = 64

// readBacks is how often an unknown outcome is read back before it is reported
// as unknown, and readBackPause how long to wait before each further look: a
// product may show a write late (evidence A13: up to a few seconds).
const (
	readBacks     = 3
	readBackPause = 2 * time.Second
)

// StaleError says that the site moved since a plan was made.
type StaleError struct {
	Objects []string // what moved
}

// Error names what moved.
func (e *StaleError) Error() string {
	shown := e.Objects[:min(3, len(e.Objects))]
	more := ""
	if n := len(e.Objects) - len(shown); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("the site moved since the plan was made: %s%s changed (plan again)", strings.Join(shown, ", "), more)
}

// ApplyInput is all that an apply needs.
type ApplyInput struct {
	Site    site.Site
	Plan    *Plan
	Journal Journal
	Clock   func() time.Time
	Wait    func(context.Context, time.Duration) error
	// Leaves is what a whole apply leaves on the site, to be kept in the journal; nil
	// where only a part of the site is known, or a part of the changes is wanted.
	Leaves *Left
	// Unattended says that nobody was asked: what is taken counts in the journal.
	Unattended bool
	// Progress, if not nil, is told after each step. It must not block.
	Progress func(done, total int)
}

// Apply does what a plan says.
//
// It first reads the site anew and refuses with a *StaleError when anything
// that the plan rests on has moved. Intents are synced to the journal before
// their steps are sent. Right before each step a [Simulation] of what really
// happened so far is asked whether the step is still safe: when a grant failed,
// the removals that counted on it are skipped, not done. A step whose outcome
// is unknown is read back. At the end the whole site is read back.
//
// The plan must not be stopped ([Plan.Stops]), and be of the site itself
// ([Plan.Applicable]). A nil error means that the
// report tells everything, failures included.
func Apply(ctx context.Context, in ApplyInput) (*Report, error) {
	if in.Plan.Stops().Any() {
		return nil, errors.New("the plan is stopped by a rule or a budget")
	}
	if err := in.Plan.Applicable(); err != nil {
		return nil, err
	}
	sent := in.Site.Requests()
	steps, changes, err := in.Plan.decode()
	if err != nil {
		return nil, err
	}
	extent := touched(changes)
	live, err := in.Site.Observe(ctx, extent)
	if err != nil {
		return nil, err
	}
	if live.Site != in.Plan.Site.ID || string(live.Account) != in.Plan.Account {
		return nil, &StaleError{Objects: []string{"the site or the account"}}
	}
	if moved := in.Plan.moved(changes, live.Facts); len(moved) > 0 {
		return nil, &StaleError{Objects: moved}
	}
	history, err := ReadHistory(in.Journal)
	if err != nil {
		return nil, err
	}
	if err := Notice(in.Journal, live, in.Clock()); err != nil {
		return nil, err
	}
	target, before := live.Facts.Apply(changes), live.Beside().View(live.Facts)
	a := &applier{
		ApplyInput: in,
		sim:        NewSimulation(live.Facts, before, before.With(target), in.Plan.MinSpaceAdmins),
		report:     &Report{Plan: in.Plan.Digest, Site: in.Plan.Site, Steps: []StepReport{}},
		run:        history.LastRun + 1,
		extent:     extent,
		live:       live,
	}
	if err := a.begin(history); err != nil {
		return nil, err
	}
	if err := a.all(ctx, steps); err != nil {
		return a.report, err
	}
	a.readBack(ctx)
	a.report.Requests = in.Site.Requests() - sent
	return a.report, a.end()
}

// touched is what has to be asked for that changes are about.
func touched(changes []access.Change) access.Extent {
	pages, own := make(map[access.Ref]bool), make(map[access.Ref]bool)
	for _, c := range changes {
		switch f := c.Fact; {
		case f.Object.IsPage():
			pages[f.Object] = true
		case f.Kind == access.Product && f.Object.IsPerson():
			own[f.Object] = own[f.Object] || c.Op == access.Remove && slices.Contains(access.ProductRoles(f.Value), "user")
		}
	}
	maps.DeleteFunc(own, func(_ access.Ref, asked bool) bool { return !asked })
	return access.Extent{Pages: slices.Sorted(maps.Keys(pages)), Own: slices.Sorted(maps.Keys(own))}
}

type applier struct {
	ApplyInput
	sim      *Simulation
	report   *Report
	run      int
	extent   access.Extent
	live     site.Observation      // before the first step
	troubled bool                  // some step was not applied
	labels   map[access.Ref]string // people's display names at the end
	after    *site.Observation     // the site at the end; nil where it was not read
}

func (a *applier) record(r Record) error {
	r.Run, r.Time = a.run, a.Clock()
	return a.Journal.Append(r)
}

// begin writes down that the apply starts, and with which acceptances.
func (a *applier) begin(h History) error {
	if err := a.record(Record{Kind: Began, Site: a.Plan.Site.ID, Plan: a.Plan.Digest, Unattended: a.Unattended}); err != nil {
		return err
	}
	for _, b := range a.Plan.Budgets {
		if !b.Accepted {
			continue
		}
		if h.Used[b.Accept] {
			return fmt.Errorf("acceptance %s was used before", b.Accept)
		}
		if err := a.record(Record{Kind: Accepted, Acceptance: b.Accept}); err != nil {
			return err
		}
	}
	return a.Journal.Sync()
}

func (a *applier) end() error {
	if err := a.record(Record{Kind: Ended, Plan: a.Plan.Digest}); err != nil {
		return err
	}
	if a.Leaves != nil && a.report.Whole() {
		left := *a.Leaves
		left.Run, left.IDs, left.Labels = a.run, a.report.IDs, a.labels // what was made has its id by now
		if err := a.Journal.Keep(left); err != nil {
			return err
		}
	}
	if a.after != nil {
		if err := Notice(a.Journal, *a.after, a.Clock()); err != nil {
			return err
		}
	}
	return a.Journal.Sync()
}

// Unchanged notes an apply that found nothing to do: it too knows how it left the
// site.
func Unchanged(j Journal, left Left, now func() time.Time) error {
	h, err := ReadHistory(j)
	if err != nil {
		return err
	}
	left.Run = h.LastRun + 1
	for _, kind := range []RecordKind{Began, Ended} {
		if err := j.Append(Record{Run: left.Run, Kind: kind, Time: now(), Site: left.Site, Plan: left.Plan}); err != nil {
			return err
		}
	}
	if err := j.Keep(left); err != nil {
		return err
	}
	return j.Sync()
}

// all does the steps in order. The error is of the journal: what cannot be
// written down is not done.
func (a *applier) all(ctx context.Context, steps []site.Step) error {
	total := len(steps)
	for len(steps) > 0 {
		now := steps[:min(batch, len(steps))]
		steps = steps[len(now):]
		for _, s := range now {
			if err := a.record(Record{Kind: Intent, Step: s.ID, Changes: lines(s.Changes)}); err != nil {
				return err
			}
		}
		if err := a.Journal.Sync(); err != nil {
			return err
		}
		for _, s := range now {
			r := a.one(ctx, s)
			a.troubled = a.troubled || r.Status != Applied
			a.report.Steps = append(a.report.Steps, r)
			if err := a.record(Record{Kind: Outcome, Step: s.ID, Status: r.Status, Reason: r.Reason, Changes: r.Took}); err != nil {
				return err
			}
			if a.Progress != nil {
				a.Progress(len(a.report.Steps), total)
			}
		}
	}
	return a.Journal.Sync()
}

// one does one step, if it is still safe.
func (a *applier) one(ctx context.Context, s site.Step) StepReport {
	r := StepReport{ID: s.ID, Changes: lines(s.Changes)}
	if ctx.Err() != nil {
		a.report.Interrupted = true
		return r.is(Skipped, "interrupted before it was sent")
	}
	if missing, ready := a.sim.Ready(s.Changes); !ready {
		return r.is(Skipped, missing.String()+" is not there, because an earlier step did not succeed")
	}
	harm := a.sim.Try(s.Changes)
	// A step whose harm the plan tells of was judged with all before it done.
	if !harm.None() && (s.Finding == "" || a.troubled) {
		a.sim.Undo(s.Changes)
		return r.is(Skipped, "no longer safe, because an earlier step did not succeed: "+harm.String())
	}
	// An interrupt lets the step under way finish: it is told from its answer
	// what came of it, not from its absence.
	err := a.Site.Do(context.WithoutCancel(ctx), s)
	if err == nil {
		return r.is(Applied, "")
	}
	// A product that refused may have done a part first: a step may be several
	// requests, and an invitation of 25 people may fail for one. What had effect
	// is for the site to say, at once or a little later.
	status, tries := Failed, 1
	if site.Is(err, site.Transient) {
		status, tries = Uncertain, readBacks
	}
	var done []access.Change
	for try := range tries {
		if try > 0 && a.Wait(ctx, readBackPause) != nil {
			break
		}
		if done, _ = effective(context.WithoutCancel(ctx), a.Site, s.Changes); len(done) == len(s.Changes) {
			return r.is(Applied, "")
		}
	}
	a.sim.Undo(s.Changes)
	a.sim.Try(done)
	reason := err.Error()
	if len(done) > 0 {
		r.Took = lines(done)
		reason += fmt.Sprintf(" (%d of %d changes took effect)", len(done), len(s.Changes))
	}
	return r.is(status, reason)
}

// holds reads back whether changes took effect: Seen when all of them did.
func holds(ctx context.Context, s site.Reader, changes []access.Change) site.Presence {
	done, err := effective(ctx, s, changes)
	switch {
	case err != nil:
		return site.Unseen
	case len(done) < len(changes):
		return site.Absent
	}
	return site.Seen
}

// effective reads back which changes took effect.
func effective(ctx context.Context, s site.Reader, changes []access.Change) ([]access.Change, error) {
	facts := make([]access.Fact, len(changes))
	for i, c := range changes {
		facts[i] = c.Fact
	}
	presence, err := s.Present(ctx, facts)
	if err != nil {
		return nil, err
	}
	var done []access.Change
	for i, c := range changes {
		want := site.Seen
		if c.Op == access.Remove {
			want = site.Absent
		}
		if presence[i] == want {
			done = append(done, c)
		}
	}
	return done, nil
}

// readBack reads the site once more and looks for everything that was applied.
// What is not there (yet) is uncertain: accepted by the product, not visible.
func (a *applier) readBack(ctx context.Context) {
	if a.report.Count().Applied == 0 || a.report.Interrupted {
		return
	}
	after, err := a.Site.Observe(ctx, a.extent)
	for i, r := range a.report.Steps {
		if r.Status != Applied {
			continue
		}
		if err != nil {
			a.report.ReadBack = err.Error()
			return
		}
		for _, line := range r.Changes {
			c, perr := parseChange(line)
			if perr != nil || c.Op != access.Remove && !shows(after.Facts, c.Fact) || c.Op == access.Remove && hasIdentity(after.Facts, c.Fact) {
				a.report.Steps[i] = r.is(Uncertain, "accepted by the site, but not visible afterwards: "+line)
				break
			}
		}
	}
	a.report.IDs, a.labels, a.after = after.IDs, after.Labels, &after
	a.report.Besides = a.besides(after)
}

// shows reports whether a site shows a fact. Of somebody who was removed a site may
// show nothing: accounts that an organisation does not manage leave its lists.
func shows(facts access.Set, f access.Fact) bool {
	gone := f.Kind == access.State && f.Value == "removed" &&
		!hasIdentity(facts, f) && !hasIdentity(facts, access.Fact{Kind: access.Exists, Object: f.Object})
	return gone || facts.Has(f)
}

// besides gives what became otherwise than the steps say, of the objects that
// they changed. What was not seen before or after tells nothing.
func (a *applier) besides(after site.Observation) []string {
	var done []access.Change
	mine, touched := make(map[access.Fact]bool), make(map[access.Ref]bool)
	for _, r := range a.report.Steps {
		for _, line := range r.Changes {
			c, err := parseChange(line)
			if err != nil {
				continue
			}
			mine[c.Fact.Identity()] = true
			if r.Status == Applied {
				done = append(done, c)
				touched[c.Fact.Object] = true
			}
		}
	}
	unseen := []unknowns{indexUnknown(a.live.Unknown), indexUnknown(after.Unknown)}
	var out []access.Change
	for _, c := range access.Changes(a.live.Facts.Apply(done), after.Facts) {
		hidden := slices.ContainsFunc(unseen, func(u unknowns) bool { _, ok := u.covers(c.Fact); return ok })
		// A space that is made has a name, whether or not one is described.
		named := c.Fact.Kind == access.Name && mine[access.Fact{Kind: access.Exists, Object: c.Fact.Object}]
		if touched[c.Fact.Object] && !mine[c.Fact.Identity()] && !hidden && !named {
			out = append(out, c)
		}
	}
	return lines(out)
}

func hasIdentity(s access.Set, f access.Fact) bool {
	_, ok := s.Get(f)
	return ok
}

// Settle reads back what an earlier apply left open, and closes it in the
// journal. It gives how many steps had been open.
func Settle(ctx context.Context, s site.Reader, j Journal, now func() time.Time) (int, error) {
	h, err := ReadHistory(j)
	if err != nil || h.Ended && len(h.Open) == 0 {
		return 0, err
	}
	// Present speaks of objects by id, which only a reading of the site tells.
	live, err := s.Observe(ctx, access.Extent{})
	if err != nil {
		return 0, err
	}
	settled := 0
	for _, open := range h.Open {
		if h.Sites[open.Run] != live.Site {
			continue // of another site; an apply there settles it
		}
		settled++
		r := Record{Run: open.Run, Kind: Outcome, Time: now(), Step: open.Step, Status: Skipped, Reason: "found not done after an interrupted apply"}
		var changes []access.Change
		for _, line := range open.Changes {
			c, err := parseChange(line)
			if err != nil {
				return 0, fmt.Errorf("reading the journal: step %s: %w", open.Step, err)
			}
			changes = append(changes, c)
		}
		switch holds(ctx, s, changes) {
		case site.Seen:
			r.Status, r.Reason = Applied, "found done after an interrupted apply"
		case site.Unseen:
			r.Status, r.Reason = Uncertain, "could not be read back after an interrupted apply"
		}
		if err := j.Append(r); err != nil {
			return 0, err
		}
	}
	if h.Sites[h.LastRun] == live.Site && !h.Ended {
		if err := j.Append(Record{Run: h.LastRun, Kind: Ended, Time: now()}); err != nil {
			return 0, err
		}
	}
	return settled, j.Sync()
}

// moved gives the objects that a plan rests on and that are not as they were.
func (p *Plan) moved(changes []access.Change, live access.Set) []string {
	now := reliesOn(changes, live)
	var out []string
	for r, print := range p.ReliesOn {
		if now[r] != print {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

// lines writes changes for a journal and a report.
func lines(changes []access.Change) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		out[i] = string(c.Op) + " " + c.Fact.String()
	}
	return out
}

// parseChange reads "op fact"; the former value of a modification is not in it.
func parseChange(line string) (access.Change, error) {
	op, rest, ok := strings.Cut(line, " ")
	if !ok || op != string(access.Add) && op != string(access.Remove) && op != string(access.Modify) {
		return access.Change{}, fmt.Errorf("a change begins with +, - or ~: %q", line)
	}
	f, err := access.ParseFact(rest)
	return access.Change{Op: access.Op(op), Fact: f}, err
}
