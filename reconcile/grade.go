package reconcile

import (
	"slices"

	"github.com/weirhq/weir/access"
)

// Grade is what a plan asks of a reviewer, in one word.
type Grade string

// The grades.
const (
	Safe    Grade = "safe"    // nobody loses anything, and nothing is opened
	Review  Grade = "review"  // somebody has to look at it
	Stopped Grade = "stopped" // a rule, a budget or an invariant stops it
)

// Grade says in one word what the plan asks of a reviewer.
func (p *Plan) Grade() Grade {
	switch {
	case p.Stops().Any():
		return Stopped
	case len(p.Lost) > 0 || slices.ContainsFunc(p.Impacts, func(i Impact) bool { return !i.Gains || Exposes(i.Class) }),
		slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Code == "WR411" }): // a restriction is lifted, whoever is there to gain by it
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
