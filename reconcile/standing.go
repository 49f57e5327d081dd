package reconcile

import (
	"slices"

	"github.com/weirhq/weir/access"
)

// Standing is what a plan asks of a reviewer, in one word.
type Standing string

// The standings.
const (
	Safe    Standing = "safe"    // nobody loses anything, and the public gains nothing
	Review  Standing = "review"  // somebody has to look at it
	Stopped Standing = "stopped" // a rule, a budget or an invariant stops it
)

// Standing says in one word what the plan asks of a reviewer.
func (p *Plan) Standing() Standing {
	public := slices.ContainsFunc(p.Gained, func(r Reach) bool { return slices.Contains(r.People, string(access.Anonymous)) })
	switch {
	case p.Stops().Any():
		return Stopped
	case len(p.Lost) > 0 || public:
		return Review
	}
	return Safe
}

// Acceptable reports whether what stops the plan are budgets alone, which
// somebody can accept.
func (p *Plan) Acceptable() bool {
	denied := slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Level == access.Deny })
	return !denied && len(p.Acceptances()) > 0
}
