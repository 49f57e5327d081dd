// Package site is what weir needs of a Confluence: to be read completely, to
// be written to one step at a time, and to say honestly what it cannot see or
// do. The drivers live below: cloud, and the emulator that stands in for
// Confluence.
//
//	obs, err := s.Observe(ctx, extent)  // everything that is true of the site
//	canon := s.Canonical(want, obs)     // what of a description it can hold
//	outcome, err := s.Do(ctx, step)     // one write
//
// A command that does not write is given a [Reader], which cannot.
package site

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weirhq/weir/access"
)

// Reader is a site that can only be read.
type Reader interface {
	// Observe reads the live facts: all of people, groups, spaces and who holds
	// what, and of content what the extent asks for. It never reads silence as
	// absence: what it could not see completely is in Unknown, and any failure
	// that leaves a list half read is an error. What the extent pins and no list
	// shows is looked for by its id, and is Unknown unless that proves it gone.
	// It writes nothing, except that it opens and closes an admin key where the
	// operator chose that.
	Observe(ctx context.Context, extent access.Extent) (Observation, error)

	Terms

	// Requests counts what was sent to the site so far, for reports.
	Requests() int

	// Latency is how long the site took to answer so far, on average; 0 before
	// the first answer.
	Latency() time.Duration

	// Present reads back whether facts hold, one answer a fact: with its value
	// where the kind has one. It asks the site anew, for these facts only.
	Present(ctx context.Context, facts []access.Fact) ([]Presence, error)
}

// Terms put a description and its changes into the words of a product. They are
// pure: everything that they need of a site is in the observation, so that they
// are the same for a site that is there and for one that was written down.
type Terms interface {
	// Canonical says what of the wanted facts this product can hold, in its
	// own terms.
	Canonical(want access.Set, live Observation) Canonical

	// Units splits changes into the product's units of write: all changes of a
	// unit travel in one request (or in requests that no crash can part with
	// harm), in the order given. Consequences that the product brings about by
	// itself belong to the unit of their cause. Every change is in exactly one
	// unit.
	Units(changes []access.Change, live access.Set) [][]access.Change

	// Cost gives how many requests a unit takes on the site that was observed, as
	// far as that can be known beforehand.
	Cost(unit []access.Change, live Observation) int
}

// Refresher is a reader that can bring an observation up to date without reading
// everything anew, by what the site says has changed.
type Refresher interface {
	// Refresh gives what Observe would give. last is the latest observation, and
	// since when its reading began. People, groups, memberships, product roles and
	// the lists of spaces and roles are read; of who holds what in spaces only
	// what may have changed. Where that cannot be told, everything is read, and
	// Reread says why. No log is known to be complete, so whoever refreshes reads
	// everything from time to time.
	Refresh(ctx context.Context, last Observation, since time.Time, extent access.Extent) (Observation, error)

	// Reread reads what Refresh reads, and of who holds what in spaces, and of
	// content, what is touched: it is for somebody who is about to change that. Of
	// the rest it gives what an earlier observation, of whatever age, says, unless
	// the lists show that it cannot be so any more. Content that the extent asks for
	// and the earlier observation was not asked for is read. Where everything is
	// read, Reread of the observation says why.
	Reread(ctx context.Context, last Observation, touched []access.Ref, extent access.Extent) (Observation, error)
}

// InFlight is how many requests a driver has under way at once unless the
// operator says otherwise (evidence A12: Atlassian advises five to ten; clients
// that used ten were throttled).
const InFlight = 4

// Site is a site that can also be written to.
type Site interface {
	Reader

	// Do performs one step: it sends what the step's changes need, at most
	// once, and never retries a write whose outcome it does not know.
	//
	// A nil error means that the product accepted the whole step. A *Error of
	// kind [Transient] after a request was sent means that the outcome is
	// unknown: the caller reads back with Present and decides. Every other
	// *Error means that the step had no effect, or that what it had is read
	// back in the same way.
	Do(ctx context.Context, step Step) error
}

// Step is one unit of write.
type Step struct {
	// ID is stable: the same changes in the same plan have the same id, so that
	// a journal, a report and a plan speak of the same step.
	ID      string
	Changes []access.Change
	// Finding, if not empty, says why this step is not safe on its own: what is
	// open or missing between it and the end of the plan.
	Finding string
}

// Presence is what a read says of a fact.
type Presence uint8

// A fact is seen, proven absent, or cannot be told. Unseen is the zero value.
const (
	Unseen Presence = iota
	Seen
	Absent
)

// Observation is everything that one reading of a site told.
type Observation struct {
	// Site identifies the site beyond its name: the cloud id.
	Site string
	// Account is weir's own account there, outside every scope and count.
	Account access.Ref
	Facts   access.Set
	// IDs are the vendor's opaque ids of users, groups, spaces and roles.
	IDs map[access.Ref]string
	// Labels are display names of people.
	Labels map[access.Ref]string
	// People and Spaces are what the site tells beside facts: when things were. Of
	// spaces only what the extent asked for.
	People map[access.Ref]access.PersonRecord
	Spaces map[access.Ref]access.SpaceRecord
	// Tokens are the API tokens that the site's organisation shows, those that have
	// ended among them, in the order of their ends. They are read where the extent asks
	// for them; UnseenTokens then says which there may be beside them, and why.
	Tokens       []Token
	UnseenTokens string
	// Unclaimed are the people whose accounts the organisation does not manage,
	// because it has not verified their domain: it can neither deactivate nor
	// reactivate them.
	Unclaimed map[access.Ref]bool
	// Permissions are the space permissions that the site knows, with their
	// labels: its catalogue, which grows from year to year.
	Permissions map[string]string
	// Unknown is what could not be seen. Nothing in it may be removed or taken
	// for absent.
	Unknown []access.Unknown
	// Extent is what was asked for: of content outside it nothing is said.
	Extent access.Extent
	// Traits are what this site can hold and do.
	Traits Traits
	// Parents are the pages right above pages, as far as pages were read.
	Parents map[access.Ref]access.Ref
	// Elsewhere are the roles that a group holds on other sites and products of
	// the organisation, as people read them: "Jira user on acme-eu". What products
	// grant to groups inside themselves no interface tells.
	Elsewhere map[access.Ref][]string
	// Requests is how many requests the reading took, and Floor how few would do
	// for a site of this size (docs/evidence.md, Part C).
	Requests, Floor int
	// Reread is why a refresh read everything after all; empty otherwise.
	Reread string
}

// Known gives what a description has to know of the site, with what weir itself
// remembers of it.
func (o Observation) Known(m access.Memory) access.Known {
	return access.Known{Facts: o.Facts, Unknown: o.Unknown, IDs: o.IDs, People: o.People, Spaces: o.Spaces, Memory: m}
}

// Traits say as data what a site can hold and do, so that nobody has to ask
// which product it is.
type Traits struct {
	Product string `json:"product"`           // for people: "Confluence Cloud", "Confluence Data Center"
	Edition string `json:"edition,omitempty"` // the subscription as the site tells it: free, standard, premium; or empty
	Mode    string `json:"mode"`              // how access to spaces is said: see the Mode constants
	// States are the values of a state fact that can be brought about.
	States []string `json:"states,omitempty"`
	// Invites reports whether people are invited by e-mail, and so are there
	// before they have ever logged in.
	Invites bool `json:"invites,omitempty"`
	// Guests reports whether the product knows guests.
	Guests bool `json:"guests,omitempty"`
	// Classes are those that can be granted something in a space.
	Classes []access.Ref `json:"classes,omitempty"`
	// Globals are the verbs of global permissions that can be written.
	Globals []string `json:"globals,omitempty"`
	// Super is the group whose members can do everything; empty where there is none.
	Super access.Ref
	// Permissions are the ids that can be written in a space beside roles; nil
	// means that the site's catalogue says so.
	Permissions []string `json:"permissions,omitempty"`
}

// How a site says who may do what in a space.
const (
	ByRoles       = "roles"       // each principal has one role
	ByPermissions = "permissions" // each principal has permissions of its own; there are no roles
	ByEither      = "either"      // each principal has one role, or permissions of its own
)

// Canonical is a description in the product's own terms.
type Canonical struct {
	Facts access.Set
	// Manual are changes that the product has no public API for.
	Manual []Manual
	// Refused are facts that the product cannot hold at all, with the reason.
	// They are not in Facts.
	Refused []Refused
	// From gives, by identity, the wanted fact that a fact of another kind stands
	// for, such as the role whose permissions were written out.
	From map[access.Fact]access.Fact
	// As says which kind stands for another on this site: permissions for roles
	// where there are none. Who owns the one owns the other.
	As map[access.Kind]access.Kind
	// Notes say what a fact loses in the product's terms.
	Notes []Note
}

// Note is a wanted fact that the product can hold only in part, or that has an
// effect beyond what it says.
type Note struct {
	Fact access.Fact
	Text string // a sentence without a full stop
	Hint string // in the imperative, if something can be done
}

// Manual is a step that a person has to do by hand.
type Manual struct {
	Fact      access.Fact // what will be true afterwards
	Steps     []string    // the clicks
	Authority string      // who can do it
	Verify    string      // how weir will see that it is done, or why it cannot
}

// Refused is a wanted fact that the product cannot hold.
type Refused struct {
	Fact   access.Fact
	Reason string
	Hint   string
}

// Kind is a kind of trouble with the world. The list is closed.
type Kind uint8

// The kinds of trouble.
const (
	// Transient is a failure that may pass: a lost connection, a 5xx. After a
	// write its outcome is unknown. It is the zero value: trouble of no known
	// kind is never taken for a refusal.
	Transient   Kind = iota
	NotFound         // the product says that it is not there, or not for us
	Forbidden        // the account lacks the right
	Conflict         // the site is not as the request supposes
	RateLimited      // too many requests; nothing was done
	Unsupported      // this product or plan cannot do it
	Invalid          // the product refused the request, or gave an answer that makes no sense
	Locked           // another run holds the site
)

// String returns the kind in words.
func (k Kind) String() string {
	return [...]string{"no clear answer", "not found", "not allowed", "conflict", "too many requests", "not supported", "refused", "locked"}[k]
}

// Error is trouble with the world, never with the user's input.
type Error struct {
	Kind Kind
	Op   string // what was tried, such as "add ana@acme.example to group staff"
	Err  error  // what the product or the network said
}

// Error says what was tried and what came of it.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Op, e.Kind)
	}
	return fmt.Sprintf("%s: %s: %v", e.Op, e.Kind, e.Err)
}

// Unwrap returns what the product or the network said.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether err is site trouble of the kind.
func Is(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}

// Token is an API token, without its secret.
type Token struct {
	ID      string     `json:"id"`
	Label   string     `json:"label"` // as its owner called it
	Owner   access.Ref `json:"owner"`
	Created time.Time  `json:"created,omitzero"`
	Expires time.Time  `json:"expires,omitzero"` // zero: it does not say
	Used    time.Time  `json:"used,omitzero"`    // zero: never, or not known
}

// Scanner is a reader that can read the restrictions of every page, a space at a
// time, so that a long reading can be priced, shown and taken up again.
type Scanner interface {
	// ScanPrice says what scanning the spaces takes. It reads little.
	ScanPrice(ctx context.Context, spaces []access.Ref) (ScanPrice, error)
	// Scan reads every page and blog post of one space that the account may view.
	Scan(ctx context.Context, space access.Ref) (Scanned, error)
}

// ScanPrice is what a scan takes.
type ScanPrice struct {
	// Pages is how many pages and blog posts there are for the account; -1 where
	// the product cannot say beforehand.
	Pages int
	// Requests is how many requests the scan takes at least.
	Requests int
}

// Scanned is what the scan of one space told.
type Scanned struct {
	Facts   access.Set // exists and restrict facts of pages and blog posts
	Unknown []access.Unknown
}
