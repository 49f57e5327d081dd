package site

import (
	"context"
	"time"

	"github.com/weirhq/weir/access"
)

// Auditor is a reader that can say who changed the site, from the site's own log.
type Auditor interface {
	// Authors says who made changes of the site since a moment, one answer a change.
	// then is the site as it was at that moment, as far as its facts, ids and labels
	// are known; now is the latest observation; each change is what became of a fact
	// between the two.
	//
	// Somebody is named only where the log leaves no doubt: it names the object, the
	// principal and what was done, nobody else can have done it, and the names mean
	// now what they meant then. No log is known to be complete, so what it does not
	// tell is never held against anybody.
	//
	// A log that cannot be read is a reason and no error: the error is of the
	// context alone.
	Authors(ctx context.Context, since time.Time, then, now Observation, changes []access.Change) ([]Author, error)
}

// Author is who made a change, and when.
type Author struct {
	Who  access.Ref // empty: not known
	When time.Time
	// Unnamed says why it is not known.
	Unnamed string
}
