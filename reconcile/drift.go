package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Drift tells apart what somebody changed on a site since weir last left it from
// what the description changed since then, and says what an unattended apply does
// about each. It is the serialised form: every output is rendered from it.
//
// # Terms
//
//   - last: how weir last left the site ([Last])
//   - live: how the site is
//   - wanted: how a plan would leave it
//
// Where live is wanted there is nothing to tell. Otherwise, fact by fact: where live
// is as last, the description changed; where wanted is as last, the site did;
// where neither is, both did, and only a person can say which was meant. What weir
// does not own is not told: a plan leaves it.
type Drift struct {
	Format int      `json:"format"`
	Site   SiteName `json:"site"`
	// Last is the apply that the site is compared with; nil where none is known, and
	// NoLast says why.
	Last   *LastApply `json:"last,omitempty"`
	NoLast string     `json:"no_last,omitempty"`
	// Items are what differs: the gravest first, what the description changed last.
	Items     []DriftItem `json:"items"`
	Counts    DriftCounts `json:"counts"`
	Allowance Allowance   `json:"allowance"`
	// Plan is the digest of what an unattended apply would do; empty if nothing.
	Plan string `json:"plan,omitempty"`
	// Findings that deny, and budgets exceeded, stop all of an unattended apply.
	Findings []Finding `json:"findings,omitempty"`
	Exceeded []Budget  `json:"exceeded,omitempty"`
	// Unknown is what could not be seen.
	Unknown []Unknown `json:"unknown,omitempty"`
}

// LastApply says which apply a site is compared with.
type LastApply struct {
	Time time.Time `json:"time"` // before its reading of the site began
	Run  int       `json:"run"`
	Plan string    `json:"plan"` // digest
}

// By says who brought a difference about.
type By string

// The causes of a difference between the site and the description.
const (
	BySite        By = "site"        // somebody changed the site: drift
	ByDescription By = "description" // the description changed, or what it rests on
	ByBoth        By = "both"        // both did, and not alike: a conflict
	ByUnknown     By = "unknown"     // it is not known how weir left it
)

// Sense says what a change of the site did to people's access.
type Sense string

// The senses of a change of the site.
const (
	Gained         Sense = "gained"         // somebody was given access beyond the description
	Taken          Sense = "taken"          // somebody lost access that is described
	Administration Sense = "administration" // it is about who administers
	Neither        Sense = "neither"        // a name, the state of a space
)

// Verdict says what an unattended apply does with a difference.
type Verdict string

// The verdicts.
const (
	Undone   Verdict = "undone"   // the site is brought back
	Held     Verdict = "held"     // left for a person
	Waits    Verdict = "waits"    // for an apply of the description
	Observes Verdict = "observes" // it is only observed: no apply changes it
)

// DriftItem is one fact that differs.
type DriftItem struct {
	Cause By `json:"cause"`
	// Op is what happened on the site; where that is not known, or nothing happened
	// there, what a plan would do.
	Op   access.Op `json:"op"`
	Fact string    `json:"fact"`
	// Last, Live and Wanted are the fact as it was left, is, and is described; empty
	// where it is not there, and Last also where that is not known.
	Last    string  `json:"last,omitempty"`
	Live    string  `json:"live,omitempty"`
	Wanted  string  `json:"wanted,omitempty"`
	Sense   Sense   `json:"sense,omitempty"` // of a change of the site
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"` // of the verdict
	// Who changed the site, and When, as its log says beyond doubt; empty where it
	// does not, and then Unnamed says why.
	Who     string     `json:"who,omitempty"`
	When    *time.Time `json:"when,omitempty"`
	Unnamed string     `json:"unnamed,omitempty"`
	Origin  *Origin    `json:"origin,omitempty"`
	// Public is true where the public was let in, or a page was opened to all who
	// can view its space.
	Public bool `json:"public,omitempty"`
}

// Drifted reports whether the item is of the site, as far as can be known, and not
// of the description.
func (i DriftItem) Drifted() bool { return i.Cause != ByDescription }

// Undoing is the change that brings the fact to the description, as plans and
// reports write it.
func (i DriftItem) Undoing() string {
	switch {
	case i.Wanted == "":
		return string(access.Remove) + " " + i.Live
	case i.Live == "":
		return string(access.Add) + " " + i.Wanted
	}
	return string(access.Modify) + " " + i.Wanted
}

// DriftCounts count the items by cause, and what becomes of those that drifted.
type DriftCounts struct {
	Site        int `json:"site"`
	Both        int `json:"both"`
	Unknown     int `json:"unknown"`
	Description int `json:"description"`
	Undone      int `json:"undone"`
	Held        int `json:"held"`
	Observed    int `json:"observed"`
}

// Drifted counts the items that are of the site.
func (c DriftCounts) Drifted() int { return c.Site + c.Both + c.Unknown }

// Allowance is how many changes unattended applies may make within 24 hours.
// Everything they do takes something from somebody.
type Allowance struct {
	PerDay int `json:"per_day"`
	Used   int `json:"used"`
}

// Left is how many may be made now.
func (a Allowance) Left() int { return max(0, a.PerDay-a.Used) }

// Stopped reports whether rules or budgets stop the whole unattended apply.
func (d *Drift) Stopped() bool { return len(d.Findings)+len(d.Exceeded) > 0 }

// DriftFormat is the version of the serialised form.
const DriftFormat = 1

// item is a change of a plan with what is known of it.
type item struct {
	change access.Change // what a plan would do
	cause  By
	sense  Sense
	public bool
	held   string // why it is not undone; empty: it is
	waits  bool   // held for being the description's change
	cannot string // why nothing is known of the last apply
}

// classify says who brought a change of a plan about.
func (s since) classify(c access.Change, live access.Set) *item {
	i := &item{change: c, cause: ByUnknown}
	if s.last == nil {
		i.cannot = s.noLast
		return i
	}
	if i.cannot = s.last.cannotTell(c.Fact); i.cannot != "" {
		return i
	}
	was, had := s.last.Facts.Get(c.Fact)
	is, has := live.Get(c.Fact)
	wants := c.Op != access.Remove
	switch {
	case had == has && was == is:
		i.cause = ByDescription
	case had == wants && (!had || was == c.Fact):
		i.cause = BySite
	default:
		i.cause = ByBoth
	}
	return i
}

// drift tells what was found, in the order in which it is told.
func (s since) drift(items []*item, observed []access.Change, live access.Set, desired access.Desired, account access.Ref) *Drift {
	d := &Drift{Format: DriftFormat, Items: []DriftItem{}, Allowance: s.allowance, NoLast: s.noLast}
	if s.last != nil {
		d.Last = &LastApply{Time: s.last.Time, Run: s.last.Run, Plan: s.last.Plan}
	}
	add := func(i *item, v Verdict, reason string) {
		c := i.change
		t := DriftItem{
			Cause: i.cause, Op: c.Op, Fact: c.Fact.String(), Sense: i.sense, Public: i.public, Verdict: v, Reason: reason,
			Origin: origin(desired.Origins[c.Fact.Identity()]),
		}
		is, has := live.Get(c.Fact)
		if has {
			t.Live = is.String()
		}
		if c.Op != access.Remove {
			t.Wanted = c.Fact.String()
		}
		if s.last != nil && i.cannot == "" {
			was, had := s.last.Facts.Get(c.Fact)
			if had {
				t.Last = was.String()
			}
			if i.cause != ByDescription {
				happened := happening(was, had, is, has)
				t.Op, t.Fact = happened.Op, happened.Fact.String()
			}
		}
		d.Items = append(d.Items, t)
	}
	for _, i := range items {
		switch {
		case i.waits:
			add(i, Waits, i.held)
		case i.held != "":
			add(i, Held, i.held)
		default:
			add(i, Undone, "gained on the site, and not described")
		}
	}
	for _, c := range observed {
		i := s.classify(c, live)
		if c.Fact.About(account) || i.cause == ByDescription || i.cause == ByUnknown {
			continue
		}
		i.sense = Neither
		add(i, Observes, "only observed")
	}
	slices.SortStableFunc(d.Items, func(a, b DriftItem) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Fact, b.Fact), cmp.Compare(a.Op, b.Op))
	})
	d.count()
	return d
}

// happening is what became of a fact on the site.
func happening(was access.Fact, had bool, is access.Fact, has bool) access.Change {
	switch {
	case !had:
		return access.Change{Op: access.Add, Fact: is}
	case !has:
		return access.Change{Op: access.Remove, Fact: was}
	}
	return access.Change{Op: access.Modify, Fact: is, Was: was.Value}
}

// rank says how early an item is told: what is open to all first, then who
// administers, and what the description changed last.
func (i DriftItem) rank() int {
	switch {
	case i.Cause == ByDescription:
		return 7
	case i.Verdict == Observes:
		return 6
	case i.Public && i.Sense != Taken:
		return 0
	case i.Sense == Administration:
		return 1
	case i.Cause == ByBoth:
		return 2
	case i.Sense == Gained:
		return 3
	case i.Sense == Taken:
		return 4
	}
	return 5
}

func (d *Drift) count() {
	d.Counts = DriftCounts{}
	for _, i := range d.Items {
		switch i.Cause {
		case BySite:
			d.Counts.Site++
		case ByBoth:
			d.Counts.Both++
		case ByUnknown:
			d.Counts.Unknown++
		default:
			d.Counts.Description++
		}
		switch i.Verdict {
		case Undone:
			d.Counts.Undone++
		case Held:
			d.Counts.Held++
		case Observes:
			d.Counts.Observed++
		}
	}
}

// name asks the site's log who made the changes of the site.
func (d *Drift) name(ctx context.Context, s site.Reader, last *Last, live site.Observation) error {
	var asked []access.Change
	var at []int
	for n, i := range d.Items {
		if i.Cause != BySite && i.Cause != ByBoth {
			continue
		}
		c, err := parseChange(string(i.Op) + " " + i.Fact)
		if err != nil {
			return fmt.Errorf("a difference of the site: %w", err)
		}
		asked, at = append(asked, c), append(at, n)
	}
	if len(asked) == 0 {
		return nil
	}
	auditor, ok := s.(site.Auditor)
	if !ok {
		for _, n := range at {
			d.Items[n].Unnamed = "weir reads no log of this product that says who changed what"
		}
		return nil
	}
	then := site.Observation{Facts: last.Facts, IDs: last.IDs, Labels: last.Labels}
	authors, err := auditor.Authors(ctx, last.Time, then, live, asked)
	if err != nil {
		return err
	}
	for k, a := range authors {
		i := &d.Items[at[k]]
		if i.Unnamed = a.Unnamed; a.Who != "" {
			when := a.When.UTC()
			i.Who, i.When, i.Unnamed = string(a.Who), &when, ""
		}
	}
	return nil
}
