package access

import "time"

// PersonRecord is what a site tells of a person beside facts. A zero time is one
// that nothing told.
type PersonRecord struct {
	Added time.Time `json:"added,omitzero"` // when they came to the organisation, so that of an invitation it is the age
	// Active is when they last looked at this Confluence. It is up to a day late, and
	// absent for who never did (evidence A3).
	Active time.Time `json:"active,omitzero"`
	Ended  time.Time `json:"ended,omitzero"` // when the account was deactivated
	// Deleting is set where the account is on the way to being deleted for good: that
	// can be stopped for 14 days (evidence A3).
	Deleting bool `json:"deleting,omitempty"`
}

// SpaceRecord is what a site tells of a space beside facts. A zero time is one
// that nothing told.
type SpaceRecord struct {
	Created time.Time `json:"created,omitzero"`
	// Changed is when something in it was last made or changed. No public interface
	// tells when a space was last looked at.
	Changed time.Time `json:"changed,omitzero"`
	// Contents is how many pages and blog posts weir's account sees in it; -1 where
	// that was not told. No public interface tells how many bytes they take.
	Contents int      `json:"contents"`
	Labels   []string `json:"labels,omitempty"` // of those that were asked for, in order
}

// UntoldSpace is a record that tells nothing.
func UntoldSpace() SpaceRecord { return SpaceRecord{Contents: -1} }

// Tells reports whether a record tells anything. Records that do not are left out:
// of a space without a record nothing is known, not even that it lacks the labels.
func (r SpaceRecord) Tells() bool {
	return !r.Created.IsZero() || !r.Changed.IsZero() || r.Contents >= 0 || len(r.Labels) > 0
}

// Memory is what weir itself remembers of a site, because no interface tells: the
// moments at which it first saw something. It is beside facts, like records.
type Memory struct {
	// Left is when somebody was first seen to be suspended, deactivated, removed,
	// without access, or not there at all. Who is back is not in it.
	Left map[Ref]time.Time `json:"left,omitempty"`
	// Archived is when a space was first seen to be archived.
	Archived map[Ref]time.Time `json:"archived,omitempty"`
}

// Known is all that is known of a site when a description is brought down to
// facts. The zero Known is of a site of which nothing is known.
type Known struct {
	Facts   Set
	Unknown []Unknown
	IDs     map[Ref]string
	People  map[Ref]PersonRecord
	Spaces  map[Ref]SpaceRecord
	Memory  Memory
}
