package reconcile

import (
	"errors"
	"time"
)

// Snapshot says that a plan is of a snapshot, and not of the site as it was when
// the plan was made.
type Snapshot struct {
	Time time.Time `json:"time"` // when the reading of the site began
	// Age is how old the snapshot was when the plan was made, in seconds.
	Age int `json:"age"`
	// Key is the public key, of those that the operator trusts, whose owner
	// vouches for the snapshot. It is empty where nobody does.
	Key string `json:"key,omitempty"`
	// Redacted means that names nobody described are pseudonyms.
	Redacted bool `json:"redacted,omitempty"`
	// Reread says what was read from the site itself all the same: "touched", all
	// that the changes rest on; "all"; or nothing.
	Reread string `json:"reread,omitempty"`
}

// What was read from the site itself for a plan of a snapshot.
const (
	RereadTouched = "touched"
	RereadAll     = "all"
)

// Public is the audience that may read the description, and nothing that only the
// site knows.
const Public = "public"

// Applicable says why the plan can never be applied, whatever rules and budgets
// say of it; nil where it can. What a plan of a snapshot says of people, budgets
// and assertions was true of a site that nobody asked again.
func (p *Plan) Applicable() error {
	s := p.Snapshot
	switch {
	case p.Audience != "":
		return errors.New("the plan is for the public: names in it are not the site's (plan again without --audience)")
	case s == nil || s.Reread != "":
		return nil
	case s.Redacted:
		return errors.New("the plan is of a redacted snapshot, whose names are not the site's (plan the site itself)")
	}
	return errors.New("the plan is of a snapshot: nobody has asked the site whether it is still so (plan the site itself, or add --refresh touched)")
}
