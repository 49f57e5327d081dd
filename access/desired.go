package access

import "github.com/weirhq/weir/internal/diag"

// Desired is a description brought down to facts: what shall be true, where
// each statement stands, and how much of the site the description owns.
type Desired struct {
	Facts Set
	Scope Scope
	// Origins gives the place of each desired fact, by identity, and of each
	// described removal (an `absent` entry, a no_access state) by its
	// `exists` fact.
	Origins map[Fact]diag.Range
	// Reasons say why a fact is wanted, or is not to be any more, by identity, where
	// the place does not say it by itself. They are words without a full stop.
	Reasons map[Fact]string
	// Owners gives the owner that the entry of a space or a group names, for messages.
	Owners map[Ref]Ref
	// Domains are those of the e-mail addresses of the site's own people, in lower
	// case; none where the description does not say.
	Domains []string
	// Labels gives display names of people, for messages.
	Labels map[Ref]string
	// Described are the objects that have an entry or come from an archetype.
	Described map[Ref]bool
	// Left are the people who have left, with whoever is named to succeed them. What
	// they hold is in Scope.Single, as far as weir may take it.
	Left map[Ref]Leaver
	// Warnings are about what the live site made of the description, such as a
	// group that could not be read.
	Warnings diag.List
}

// Leaver is somebody who has left and holds nothing any more.
type Leaver struct {
	// Successor is the person who takes over what nobody else has; empty: the owner
	// of each space does.
	Successor Ref
	Origin    diag.Range // where the description says that they left
}

// Delta is what would change, and for whom: all that a rule or a budget may
// ask.
type Delta struct {
	Live    Set
	Target  Set
	Desired Desired
	Changes []Change
	Before  *View // of Live
	After   *View // of Target
	Effects []Effect
	// SiteKnown is false when only the description is judged and there is no
	// site: rules that need one stay silent.
	SiteKnown bool
}

// Level says what a finding does to a run.
type Level string

// The levels of a rule. A finding is never Off: an off rule has none.
const (
	Deny Level = "deny" // stops the run
	Warn Level = "warn" // is shown
	Off  Level = "off"
)

// Finding is what a rule or an invariant has to say of a plan.
type Finding struct {
	Code    string // one of diag.Codes
	Rule    string // "anonymous_access"; empty for built-in invariants
	Level   Level
	Object  Ref
	Message string     // a sentence without a full stop
	Hint    string     // the remedy, in the imperative
	Ways    []diag.Way // the ways out that Hint tells, where programs can take them
	Origin  diag.Range
	Due     string // the day on which it happens by itself, YYYY-MM-DD; empty: on none
}

// Same reports whether two findings say the same of the same object.
func (f Finding) Same(o Finding) bool {
	return f.Code == o.Code && f.Rule == o.Rule && f.Level == o.Level && f.Object == o.Object && f.Message == o.Message && f.Hint == o.Hint && f.Origin == o.Origin
}
