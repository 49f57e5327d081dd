// Package reconcile is the engine: it compares a description with a live site,
// plans the changes in a safe order, applies them, and keeps a journal.
//
// In its words, a plan brings live facts to the target; a change is one fact;
// a step is what the site takes in one write; a guard is a budget or an
// invariant that stops a plan.
//
//	plan, err := reconcile.Make(ctx, reconcile.Input{Site: s, Description: d, Judge: j, Guards: g})
//	report, err := reconcile.Apply(ctx, reconcile.ApplyInput{Site: s, Plan: plan, Journal: log})
//
// It reads no files of the user's, knows no language and no policy engine (it
// is given both as one-method interfaces), and prints nothing.
package reconcile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/site"
)

// Format is the version of the plan's serialised form.
const Format = 1

// Plan is what would be done to a site, and all that a reviewer needs to judge
// it. It is the serialised form: every output is rendered from it, and
// [Apply] does what it says and nothing else.
type Plan struct {
	Format int      `json:"format"` // the version of this form
	Site   SiteName `json:"site"`   // the site it is for
	// Home is where the description says which site it is for: the place of
	// whatever has none of its own.
	Home    *Origin `json:"home,omitempty"`
	Account string  `json:"account"` // weir's own
	// Digest covers the changes and the live facts they rest on, and no times:
	// the same changes to the same site always have the same digest.
	Digest   string `json:"digest"`
	Compared int    `json:"compared"` // facts compared
	Requests int    `json:"requests"` // requests that reading the site took
	// Floor is how few requests would do to read a site of this size.
	Floor int `json:"floor"`
	// Apply says what an apply of this plan takes, its own readings of the site
	// included. It is an estimate: of a site that answers as it did just now.
	Apply Price `json:"apply"`
	// MinSpaceAdmins is the floor that holds at every step of the apply.
	MinSpaceAdmins int `json:"min_space_admins"`
	// Summary counts the changes by kind: user, group, space and space_role for
	// objects, otherwise the kind of fact. What comes with a new object (the
	// name of a space, the grants of a role) counts with the object.
	Summary map[string]Count `json:"summary"`
	People  People           `json:"people"`          // how many it reaches
	Seats   *Seats           `json:"seats,omitempty"` // who takes a seat, and about what it costs
	Changes []Planned        `json:"changes"`         // sorted by fact
	Steps   []Step           `json:"steps"`           // in the order of the apply
	Manual  []Manual         `json:"manual"`          // what nothing but a person can do
	Unknown []Unknown        `json:"unknown"`         // what could not be seen: none of it is changed
	Kept    []KeptFact       `json:"kept"`            // what is there, not described, and stays
	// Observed is what differs where the description only observes. None of it is
	// done.
	Observed []Observed `json:"observed,omitempty"`
	// Findings are what rules and invariants say, gravest first.
	Findings []Finding `json:"findings"`
	Budgets  []Budget  `json:"budgets"` // how much of each the plan uses
	// Assertions and Proofs are what was checked of the site as it will be, in the
	// order in which they stand. What does not hold is a finding as well.
	Assertions []Claim `json:"assertions,omitempty"`
	Proofs     []Claim `json:"proofs,omitempty"` // likewise
	// Impacts say what happens to people, folded and gravest first; Gained and Lost
	// say exactly who gains and loses what where.
	Impacts []Impact `json:"impacts"`
	Gained  []Reach  `json:"gained"` // what people gain
	Lost    []Reach  `json:"lost"`   // what people lose
	// Heat is how those who gain or lose something stand before and after.
	Heat *Heat `json:"heat,omitempty"`
	// Edits are what was edited in the description since another revision, where
	// one was asked for. The digest does not cover them.
	Edits *Edits `json:"edits,omitempty"`
	// ReliesOn are the fingerprints of the objects that the changes touch. An
	// apply of this plan is refused when one of them has moved.
	ReliesOn map[string]string `json:"relies_on"`
	// Names are the display names that the description gives to people in
	// Gained and Lost. The site's own are not used: people choose those
	// themselves, and could call themselves anything.
	Names map[string]string `json:"names,omitempty"`
	// Owners are those of the spaces where something changes, as described: whom to
	// ask.
	Owners map[string]string `json:"owners,omitempty"`
	// Audience is "public" where every name that the description does not have is a
	// pseudonym. The digest is that of the plan with the names.
	Audience string `json:"audience,omitempty"`
	// Snapshot is set where the plan is of one.
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	// Checksum covers everything else in a written plan, so that one that was
	// damaged or edited is refused. It is not a signature.
	Checksum string `json:"checksum,omitempty"`
}

// SiteName says which site a plan is for.
type SiteName struct {
	Name    string `json:"name"`           // as the description has it
	Product string `json:"product"`        // cloud, datacenter or embedded
	Plan    string `json:"plan,omitempty"` // the subscription, where the description says it
	ID      string `json:"id"`             // the cloud id
}

// Price is what an apply takes.
type Price struct {
	Requests int `json:"requests"` // how many are sent
	Seconds  int `json:"seconds"`  // how long they take, one write after the other
}

// Count counts changes.
type Count struct {
	Add    int `json:"add"`    // facts that become true
	Remove int `json:"remove"` // facts that cease to be
	Modify int `json:"modify"` // facts that get another value
}

// People counts those whom a plan reaches.
type People struct {
	WithAccess int `json:"with_access"`      // people who may do something in some space now
	Gaining    int `json:"gaining"`          // people who gain something
	Losing     int `json:"losing"`           // people who lose something
	LosingHere int `json:"losing_described"` // of those, in a described space: what the budget counts
}

// Planned is one change.
type Planned struct {
	Op     access.Op `json:"op"`               // + becomes true, - ceases to be, ~ gets another value
	Fact   string    `json:"fact"`             // as docs/facts.md has them
	Was    string    `json:"was,omitempty"`    // the former value of a modification
	Origin *Origin   `json:"origin,omitempty"` // where it is described
	Reason string    `json:"reason"`           // why it is made
	// ConsequenceOf is the removed object with which this fact falls.
	ConsequenceOf string `json:"consequence_of,omitempty"`
	Step          string `json:"step"` // the id of the step that makes it
	// Source says whether the description was edited or the site drifted. It is
	// empty unless the plan has Edits that tell the two apart.
	Source Source `json:"source,omitempty"`
}

// Described is the reason of a change that brings about what is described.
const Described = "described"

// StateEnds is the reason for which somebody ceases to be on the site whom a
// described state shuts out everywhere.
const StateEnds = "the described state ends access"

// HasLeft is the reason for which everything is taken from somebody who left.
const HasLeft = "described as having left"

// TakesOver begins the reason for which somebody is given what only a leaver had.
const TakesOver = "takes over from "

// Origin is a place in the description.
type Origin struct {
	File   string `json:"file"`   // a path from the description's folder, with slashes
	Line   int    `json:"line"`   // counts from 1
	Column int    `json:"column"` // counts from 1, in Unicode code points
}

// Step is one write. Its changes are those that name it.
type Step struct {
	ID      string `json:"id"`                // the same for the same changes
	Finding string `json:"finding,omitempty"` // why it is not safe on its own, if so
}

// Manual is what a person has to do by hand.
type Manual struct {
	Fact      string   `json:"fact"`             // what is true afterwards
	Gone      bool     `json:"gone,omitempty"`   // or rather, is not
	Origin    *Origin  `json:"origin,omitempty"` // where it is described
	Steps     []string `json:"steps"`            // the clicks
	Authority string   `json:"authority"`        // who can do it
	Verify    string   `json:"verify"`           // how weir will see that it is done, or why it cannot
}

// Text says in words what the step is to lead to.
func (m Manual) Text() string {
	if m.Gone {
		return "no more: " + m.Fact
	}
	return m.Fact
}

// Unknown is what could not be seen.
type Unknown struct {
	Kind   string `json:"kind,omitempty"`   // of fact; all kinds where absent
	Object string `json:"object,omitempty"` // the whole site where absent
	Reason string `json:"reason"`           // why
}

// KeptFact is a live fact that stays though nobody described it.
type KeptFact struct {
	Fact   string `json:"fact"`   // as docs/facts.md has them
	Reason string `json:"reason"` // why it stays
}

// Observed is what weir would change if it owned a list that it only observes.
type Observed struct {
	Op     access.Op `json:"op"`               // + is described and not there, - is there and not described, ~ is there otherwise
	Fact   string    `json:"fact"`             // as docs/facts.md has them
	Was    string    `json:"was,omitempty"`    // what is there instead
	Origin *Origin   `json:"origin,omitempty"` // where it is described
}

// Finding is what a rule or an invariant has to say.
type Finding struct {
	Code    string       `json:"code"`             // weir explain CODE tells its story
	Rule    string       `json:"rule,omitempty"`   // the policy; assert and prove for assertions and proofs; absent for invariants
	Level   access.Level `json:"level"`            // deny stops the plan, warn does not
	Object  string       `json:"object,omitempty"` // what it is about
	Owner   string       `json:"owner,omitempty"`  // of the space, as described: whom to ask
	Message string       `json:"message"`          // a sentence without a full stop
	Hint    string       `json:"hint,omitempty"`   // the remedy
	// Ways are the ways out that the hint tells, where a program can take them.
	Ways   []Way   `json:"ways,omitempty"`
	Origin *Origin `json:"origin,omitempty"` // where it is described
	// Due is the day on which it happens by itself, YYYY-MM-DD, so that it is told even
	// where there is nothing to do.
	Due string `json:"due,omitempty"`
}

// Way is one way out of what a finding tells: what to change in the description.
type Way struct {
	Do    string `json:"do"`              // in the imperative
	Price string `json:"price,omitempty"` // what it costs, opens or loses
	// Alter are the edits of the description that together do it; none where a
	// person has to say more.
	Alter []Alteration `json:"edits,omitempty"`
}

// Alteration is one edit of the description.
type Alteration struct {
	// Op is delete, role or user: the entry at the place goes, the guest whose entry
	// is there gets the role, or somebody is added to users.
	Op     string `json:"op"`
	File   string `json:"file,omitempty"`   // where, for delete and role
	Line   int    `json:"line,omitempty"`   // likewise
	Column int    `json:"column,omitempty"` // likewise
	Who    string `json:"who,omitempty"`    // of user
	Role   string `json:"role,omitempty"`   // of role
}

// Reach is one thing that people gain or lose in one space, or on one page or
// blog post.
type Reach struct {
	Object      string   `json:"object"`      // a space, a page or a blog post
	Permissions []string `json:"permissions"` // by id
	People      []string `json:"people"`      // as references; class:anonymous is the public
}

// Description is what somebody wants of a site.
type Description interface {
	// Desired completes what depends on the live site. A diagnostic of severity
	// error means that the description cannot be planned.
	Desired(known access.Known) (access.Desired, diag.List)
	// Extent says which content has to be read for it.
	Extent() access.Extent
	// Assertions and Proofs are what must hold of the target.
	Assertions() []access.Assertion
	Proofs() []access.Proof
}

// Judge applies rules to what would change.
type Judge interface {
	Judge(ctx context.Context, d access.Delta) ([]access.Finding, error)
}

// addSteps fills in the changes and the steps.
func (p *Plan) addSteps(steps []site.Step, diff Difference, desired access.Desired, heirs map[access.Fact]access.Ref) {
	stepOf := make(map[access.Fact]string)
	p.Steps = []Step{}
	for _, s := range steps {
		p.Steps = append(p.Steps, Step{ID: s.ID, Finding: s.Finding})
		for _, c := range s.Changes {
			stepOf[c.Fact.Identity()] = s.ID
		}
	}
	p.Changes = []Planned{}
	for _, c := range diff.Changes {
		id := c.Fact.Identity()
		planned := Planned{Op: c.Op, Fact: c.Fact.String(), Was: c.Was, Origin: origin(desired.Origins[id]), Step: stepOf[id]}
		switch cause, falls := diff.Cause[id]; {
		case falls && cause == c.Fact.Object && c.Fact.Kind == access.Exists:
			planned.Reason = StateEnds
		case falls && c.Op == access.Remove:
			planned.ConsequenceOf = cause.String()
			planned.Reason = "falls with " + cause.String()
		case c.Op == access.Remove && desired.Scope.Absent[c.Fact.Object] && c.Fact.Object.IsPerson():
			planned.Reason = "described with state no_access"
		case c.Op == access.Remove && desired.Scope.Absent[c.Fact.Object]:
			planned.Reason = "described as absent"
		case c.Op == access.Remove && diff.Replaced[id]:
			planned.Reason = "replaced: a principal has a role in a space, or permissions beside roles"
		case c.Op == access.Remove && desired.Scope.Expired[id]:
			planned.Reason = "expired"
		case c.Op == access.Remove && leaves(desired, c.Fact):
			planned.Reason = HasLeft
		case heirs[id] != "" && c.Op != access.Remove:
			planned.Reason = TakesOver + heirs[id].String()
		case c.Op == access.Remove && diff.Beyond[id]:
			planned.Reason = "beyond the limits of " + c.Fact.Object.String()
		case c.Op == access.Remove:
			planned.Reason = "not described"
		case diff.Entered[id] != "":
			planned.Reason = diff.Entered[id].String() + " begins to let people in"
		default:
			planned.Reason = Described
		}
		if why := desired.Reasons[id]; why != "" && planned.ConsequenceOf == "" {
			planned.Reason = why
		}
		p.Changes = append(p.Changes, planned)
	}
}

// addOutside fills in what is not changed: manual steps, unknowns, kept facts.
func (p *Plan) addOutside(canon site.Canonical, unknown []access.Unknown, diff Difference, desired access.Desired, account access.Ref) {
	p.Manual, p.Unknown, p.Kept = []Manual{}, []Unknown{}, []KeptFact{}
	for _, m := range canon.Manual {
		p.Manual = append(p.Manual, Manual{Fact: m.Fact.String(), Origin: origin(desired.Origins[m.Fact.Identity()]), Steps: m.Steps, Authority: m.Authority, Verify: m.Verify})
	}
	for _, u := range unknown {
		p.Unknown = append(p.Unknown, Unknown{Kind: string(u.Kind), Object: string(u.Object), Reason: u.Reason})
	}
	for _, k := range diff.Kept {
		if k.Fact.Object != account {
			p.Kept = append(p.Kept, KeptFact{Fact: k.Fact.String(), Reason: k.Reason})
		}
	}
}

// addObserved fills in what differs and is left so because it is only observed.
func (p *Plan) addObserved(changes []access.Change, desired access.Desired) {
	for _, c := range changes {
		if c.Fact.About(access.Ref(p.Account)) {
			continue
		}
		p.Observed = append(p.Observed, Observed{Op: c.Op, Fact: c.Fact.String(), Was: c.Was, Origin: origin(desired.Origins[c.Fact.Identity()])})
	}
}

func origin(r diag.Range) *Origin {
	if !r.Known() {
		return nil
	}
	return &Origin{File: r.File, Line: r.Start.Line, Column: r.Start.Column}
}

// Counted names the row of a summary or a budget that a fact counts in: the
// type of object for `exists`, otherwise the kind.
func Counted(f access.Fact) string {
	if f.Kind != access.Exists {
		return string(f.Kind)
	}
	if t := f.Object.Type(); t != "account" {
		return t
	}
	return "user"
}

func summary(changes []access.Change) map[string]Count {
	created := make(map[access.Ref]bool)
	for _, c := range changes {
		if c.Op == access.Add && c.Fact.Kind == access.Exists {
			created[c.Fact.Object] = true
		}
	}
	out := make(map[string]Count)
	for _, c := range changes {
		switch c.Fact.Kind {
		case access.Name, access.Status, access.Grants:
			if c.Op == access.Add && created[c.Fact.Object] {
				continue
			}
		}
		n := out[Counted(c.Fact)]
		switch c.Op {
		case access.Add:
			n.Add++
		case access.Remove:
			n.Remove++
		default:
			n.Modify++
		}
		out[Counted(c.Fact)] = n
	}
	return out
}

func people(d access.Delta) People {
	gaining, losing, here := make(map[access.Ref]bool), make(map[access.Ref]bool), make(map[access.Ref]bool)
	for _, e := range d.Effects {
		if e.Person == access.Anonymous {
			continue
		}
		if e.Gained != "" {
			gaining[e.Person] = true
		}
		if e.Lost != "" {
			losing[e.Person] = true
			if d.Desired.Described[e.Object.Space()] {
				here[e.Person] = true
			}
		}
	}
	return People{WithAccess: d.Before.WithAccess(), Gaining: len(gaining), Losing: len(losing), LosingHere: len(here)}
}

// reach folds effects: one row for everybody who gains, or loses, the same in
// the same space or on the same page. Where a page only follows its space, it is
// not told again: where nothing restricts it, and whoever loses the space loses
// its pages.
func reach(d access.Delta) (gained, lost []Reach) {
	type place struct{ person, object access.Ref }
	out := make(map[place]bool) // who loses the view of a space
	for _, e := range d.Effects {
		if e.Lost.Has(access.CanView) {
			out[place{e.Person, e.Object}] = true
		}
	}
	follows := func(e access.Effect) bool {
		return e.Object.IsPage() && (out[place{e.Person, e.Object.Space()}] || !d.Before.Restricted(e.Object) && !d.After.Restricted(e.Object))
	}
	effects := slices.DeleteFunc(slices.Clone(d.Effects), follows)
	type row struct {
		object access.Ref
		what   access.Permissions
	}
	fold := func(what func(access.Effect) access.Permissions) []Reach {
		rows := make(map[row][]string)
		for _, e := range effects {
			if p := what(e); p != "" {
				k := row{e.Object, p}
				rows[k] = append(rows[k], string(e.Person))
			}
		}
		keys := slices.SortedFunc(maps.Keys(rows), func(a, b row) int {
			return cmp.Or(cmp.Compare(a.object, b.object), cmp.Compare(a.what, b.what))
		})
		out := make([]Reach, 0, len(keys))
		for _, k := range keys {
			out = append(out, Reach{Object: string(k.object), Permissions: k.what.IDs(), People: rows[k]})
		}
		return out
	}
	return fold(func(e access.Effect) access.Permissions { return e.Gained }),
		fold(func(e access.Effect) access.Permissions { return e.Lost })
}

// told gives the people whom a plan tells of, in lists.
func (p *Plan) told() [][]string {
	var out [][]string
	for _, i := range p.Impacts {
		out = append(out, i.People)
	}
	for _, r := range slices.Concat(p.Gained, p.Lost) {
		out = append(out, r.People)
	}
	if p.Heat != nil {
		for _, r := range p.Heat.Rows {
			out = append(out, r.People)
		}
	}
	return out
}

// named picks the names of the people who are told of. A name that two of them
// share tells nobody apart and is left out.
func named(labels map[access.Ref]string, people ...[]string) map[string]string {
	out, bearers := make(map[string]string), make(map[string]int)
	for _, list := range people {
		for _, p := range list {
			if name := labels[access.Ref(p)]; name != "" && out[p] == "" {
				out[p] = name
				bearers[name]++
			}
		}
	}
	maps.DeleteFunc(out, func(_, name string) bool { return bearers[name] > 1 })
	return out
}

// reliesOn gives the fingerprints of the objects that the changes touch: of the
// facts about each, and for an object that is removed also of the facts in
// which it is the subject or the role, for those fall with it.
func reliesOn(changes []access.Change, live access.Set) map[string]string {
	hashes := make(map[access.Ref]hash.Hash)
	removed := make(map[access.Ref]bool)
	for _, c := range changes {
		for r := range spokenOf([]access.Change{c}) {
			if r.Type() != "class" && hashes[r] == nil {
				hashes[r] = sha256.New()
			}
		}
		if c.Op == access.Remove && c.Fact.Kind == access.Exists {
			removed[c.Fact.Object] = true
		}
	}
	for f := range live.All() {
		if f.Kind == access.Restrict && hashes[f.Object] == nil {
			continue // an apply does not read this page
		}
		rests := []access.Ref{f.Object}
		if removed[f.Subject] {
			rests = append(rests, f.Subject)
		}
		if role := access.NewRef("space_role", f.Value); f.Kind == access.Role && removed[role] {
			rests = append(rests, role)
		}
		for _, r := range rests {
			if h := hashes[r]; h != nil {
				fmt.Fprintln(h, f)
			}
		}
	}
	out := make(map[string]string, len(hashes))
	for r, h := range hashes {
		out[string(r)] = hex.EncodeToString(h.Sum(nil))[:16]
	}
	return out
}

// digest covers the site, the account, the changes and what they rest on.
func (p *Plan) digest() string {
	h := sha256.New()
	fmt.Fprintln(h, "weir plan", p.Format, p.Site.ID, p.Account)
	for _, c := range p.Changes {
		fmt.Fprintf(h, "%s %s was %q step %s\n", c.Op, c.Fact, c.Was, c.Step)
	}
	for _, s := range p.Steps {
		fmt.Fprintln(h, "step", s.ID)
	}
	for _, r := range slices.Sorted(maps.Keys(p.ReliesOn)) {
		fmt.Fprintf(h, "relies on %q %s\n", r, p.ReliesOn[r])
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}
