package site

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/weirhq/weir/access"
)

// SnapshotFormat is the version of a snapshot's serialised form.
// Format 2 says what was asked for, and all that a plan takes beside an
// observation.
const SnapshotFormat = 2

// MaxSnapshot bounds a snapshot that is read: a hundred million bytes are a site
// of a million facts.
const MaxSnapshot = 256 << 20

// Snapshot is an observation that was written down, so that questions can be
// asked of it, and plans made, without credentials and without the site.
type Snapshot struct {
	Format  int       `json:"format"`
	Name    string    `json:"name"`    // of the site, as the description has it
	Product string    `json:"product"` // cloud, datacenter or embedded
	Time    time.Time `json:"time"`    // before the reading began
	// Full is when everything was read last; before Time where a reading was
	// brought up to date.
	Full    time.Time                 `json:"full"`
	Site    string                    `json:"site"`
	Account access.Ref                `json:"account"`
	Traits  Traits                    `json:"traits"`
	Facts   []string                  `json:"facts"` // in order, one a line
	IDs     map[access.Ref]string     `json:"ids"`
	Labels  map[access.Ref]string     `json:"labels,omitempty"`
	Parents map[access.Ref]access.Ref `json:"parents,omitempty"`
	// Tokens are the API tokens that there were, and UnseenTokens says which may be
	// beside them.
	Tokens       []Token `json:"tokens,omitempty"`
	UnseenTokens string  `json:"unseen_tokens,omitempty"`
	// People and Spaces are what the site told beside facts: when things were.
	People    map[access.Ref]access.PersonRecord `json:"people,omitempty"`
	Spaces    map[access.Ref]access.SpaceRecord  `json:"spaces,omitempty"`
	Memory    access.Memory                      `json:"memory,omitzero"` // what weir remembered of the site then
	Elsewhere map[access.Ref][]string            `json:"elsewhere,omitempty"`
	Unknown   []SnapshotUnknown                  `json:"unknown,omitempty"`
	Unclaimed []access.Ref                       `json:"unclaimed,omitempty"` // people whose accounts the organisation does not manage
	// Permissions are the space permissions that the site knows, with their labels.
	Permissions map[string]string `json:"permissions,omitempty"`
	// Extent is what was asked for: of other content the snapshot says nothing.
	Extent SnapshotExtent `json:"extent"`
	// Requests, Floor and Latency are what the reading took, for the price of an
	// apply. Latency is in nanoseconds.
	Requests int           `json:"requests"`
	Floor    int           `json:"floor"`
	Latency  time.Duration `json:"latency"`
	// Settings are what the operator had chosen for the site.
	Settings SnapshotSettings `json:"settings"`
	// Redaction is set where names that nobody described are pseudonyms.
	Redaction *SnapshotRedaction `json:"redaction,omitempty"`
}

// SnapshotRedaction says what a snapshot was redacted for: what the description
// named then. Of other names nobody can tell whether a pseudonym stands for them.
type SnapshotRedaction struct {
	Named    []access.Ref     `json:"named"`
	Patterns []access.Pattern `json:"patterns"`
	Domains  []string         `json:"domains"`
}

// SnapshotExtent is an [access.Extent].
type SnapshotExtent struct {
	Pages    []access.Ref          `json:"pages,omitempty"`
	Watch    []access.Ref          `json:"watch,omitempty"`
	All      bool                  `json:"all,omitempty"`
	Personal bool                  `json:"personal,omitempty"`
	Left     bool                  `json:"left,omitempty"`
	Tokens   bool                  `json:"tokens,omitempty"`
	Labels   []string              `json:"labels,omitempty"`
	Own      []access.Ref          `json:"own,omitempty"`
	Pins     map[access.Ref]string `json:"pins,omitempty"`
}

// SnapshotSettings are the choices of the operator's that decide what a plan
// says: who has no credentials cannot know them otherwise.
type SnapshotSettings struct {
	// Edition is the subscription in the site's own word. That of the traits is the
	// description's, where it says one, and a description may have changed since.
	Edition         string `json:"edition,omitempty"`
	RestrictedPages string `json:"restricted_pages,omitempty"`
	Usernames       string `json:"usernames,omitempty"` // Data Center
}

// SnapshotUnknown is something that could not be seen.
type SnapshotUnknown struct {
	Kind   access.Kind `json:"kind,omitempty"`
	Object access.Ref  `json:"object,omitempty"`
	Reason string      `json:"reason"`
}

// NewSnapshot makes a snapshot of an observation whose reading began at a time.
func NewSnapshot(name, product string, obs Observation, began, full time.Time) Snapshot {
	s := Snapshot{
		Format: SnapshotFormat, Name: name, Product: product, Time: began.UTC(), Full: full.UTC(),
		Site: obs.Site, Account: obs.Account, Traits: obs.Traits, Facts: []string{}, IDs: obs.IDs, Labels: obs.Labels,
		Parents: obs.Parents, People: obs.People, Spaces: obs.Spaces, Tokens: obs.Tokens, UnseenTokens: obs.UnseenTokens, Elsewhere: obs.Elsewhere, Permissions: obs.Permissions,
		Extent: SnapshotExtent(obs.Extent), Requests: obs.Requests, Floor: obs.Floor,
	}
	for f := range obs.Facts.All() {
		s.Facts = append(s.Facts, f.String())
	}
	for _, u := range obs.Unknown {
		s.Unknown = append(s.Unknown, SnapshotUnknown{u.Kind, u.Object, u.Reason})
	}
	s.Unclaimed = slices.Sorted(maps.Keys(obs.Unclaimed))
	return s
}

// Observation gives the observation back, as far as a snapshot holds it.
func (s Snapshot) Observation() (Observation, error) {
	facts := make([]access.Fact, 0, len(s.Facts))
	for i, line := range s.Facts {
		f, err := access.ParseFact(line)
		if err != nil {
			return Observation{}, fmt.Errorf("fact %d of the snapshot: %w", i+1, err)
		}
		facts = append(facts, f)
	}
	obs := Observation{
		Site: s.Site, Account: s.Account, Facts: access.NewSet(facts...), IDs: s.IDs, Labels: s.Labels, Traits: s.Traits,
		Parents: s.Parents, People: s.People, Spaces: s.Spaces, Tokens: s.Tokens, UnseenTokens: s.UnseenTokens, Elsewhere: s.Elsewhere, Permissions: s.Permissions,
		Extent: access.Extent(s.Extent), Requests: s.Requests, Floor: s.Floor,
	}
	if len(s.Unclaimed) > 0 {
		obs.Unclaimed = make(map[access.Ref]bool, len(s.Unclaimed))
	}
	for _, r := range s.Unclaimed {
		obs.Unclaimed[r] = true
	}
	for _, u := range s.Unknown {
		obs.Unknown = append(obs.Unknown, access.Unknown{Kind: u.Kind, Object: u.Object, Reason: u.Reason})
	}
	return obs, nil
}

// Write serialises the snapshot: the same bytes for the same snapshot.
func (s Snapshot) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(s)
}

// ReadSnapshot reads a snapshot, and refuses one of another format or with keys
// that it does not know.
func ReadSnapshot(r io.Reader) (Snapshot, error) {
	limited := &io.LimitedReader{R: r, N: MaxSnapshot + 1}
	dec := json.NewDecoder(limited)
	dec.DisallowUnknownFields()
	var s Snapshot
	err := dec.Decode(&s)
	switch {
	case limited.N == 0:
		return Snapshot{}, fmt.Errorf("the snapshot is larger than %d MiB", MaxSnapshot>>20)
	case s.Format != 0 && s.Format != SnapshotFormat:
		// Said first: another format may well have other keys.
		return Snapshot{}, fmt.Errorf("the snapshot has format %d, and this weir reads format %d (write it again with weir snapshot)", s.Format, SnapshotFormat)
	case err != nil:
		return Snapshot{}, fmt.Errorf("not a snapshot of weir's: %w", err)
	case s.Format == 0:
		return Snapshot{}, fmt.Errorf("not a snapshot of weir's: it has no format")
	}
	if _, err := dec.Token(); err != io.EOF {
		return Snapshot{}, fmt.Errorf("not a snapshot of weir's: something follows it")
	}
	return s, nil
}
