package render

import (
	"fmt"
	"time"

	"github.com/weirhq/weir/reconcile"
)

// provenance says that a plan is of a snapshot, how old that is, and who vouches for
// it; and that names are pseudonyms.
func (p *printer) provenance(plan *reconcile.Plan) {
	if plan.Snapshot != nil {
		p.line("%s", p.paint(yellow, SnapshotLine(plan.Snapshot)))
	}
	if plan.Audience == reconcile.Public {
		p.line("%s", p.paint(dim, forThePublic))
	}
}

const forThePublic = "for the public: who and what the description does not name has a pseudonym"

// SnapshotLine says in one line which snapshot a plan is of.
func SnapshotLine(s *reconcile.Snapshot) string { return voice(Safe).snapshot(s) }

func (v voice) snapshot(s *reconcile.Snapshot) string {
	what := "snapshot"
	if s.Redacted {
		what = "redacted snapshot"
	}
	line := fmt.Sprintf("of a %s from %s, %s", what, s.Time.UTC().Format(time.RFC3339), Age(s.Age))
	switch s.Reread {
	case reconcile.RereadTouched:
		line += "; what the changes rest on was read again just now"
	case reconcile.RereadAll:
		line += "; everything was read again just now"
	}
	return line + v.vouched(s.Key)
}

// vouched says who vouches for a snapshot.
func (v voice) vouched(key string) string {
	if key == "" {
		return "; nothing vouches for it"
	}
	return "; signed by " + v(key)
}

// Age says how old something is, never less than it is.
func Age(seconds int) string {
	const day = 24 * 3600
	switch {
	case seconds < 0:
		return "from the future"
	case seconds == 0:
		return "not a second old"
	case seconds < 2*day:
		return Duration(seconds) + " old"
	}
	return Count((seconds+day-1)/day, "day", "days") + " old"
}
