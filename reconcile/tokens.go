package reconcile

import (
	"fmt"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/site"
)

// TokenTerms say when API tokens are told of. The zero TokenTerms: never.
type TokenTerms struct {
	Now  time.Time
	Warn time.Duration // how long before their ends
	At   diag.Range    // where that is written
}

// Ending gives the tokens that end within a time from now, those that end first
// before the others. One that has ended stops nothing any more, and one that does
// not say when it ends is not among them.
func Ending(tokens []site.Token, now time.Time, within time.Duration) []site.Token {
	var out []site.Token
	for _, t := range tokens {
		if !t.Expires.IsZero() && t.Expires.After(now) && t.Expires.Sub(now) <= within {
			out = append(out, t)
		}
	}
	return out
}

// InDays says how long it is until a moment: "in 3 days", "tomorrow", "today".
func InDays(now, then time.Time) string {
	day := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	switch n := int(day(then).Sub(day(now)) / (24 * time.Hour)); n {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	default:
		return fmt.Sprintf("in %d days", n)
	}
}

// findings tells of tokens that end soon: nothing else does, and whatever runs by
// them stops (evidence A11).
func (t TokenTerms) findings(live site.Observation) []access.Finding {
	if t.Warn == 0 {
		return nil
	}
	var out []access.Finding
	for _, token := range Ending(live.Tokens, t.Now, t.Warn) {
		used := "was never used"
		if !token.Used.IsZero() {
			used = "was last used on " + token.Used.UTC().Format(time.DateOnly)
		}
		out = append(out, access.Finding{
			Code: "WR429", Level: access.Warn, Object: token.Owner, Origin: t.At, Due: token.Expires.UTC().Format(time.DateOnly),
			Message: fmt.Sprintf("API token %q of %s ends on %s, %s, and %s", token.Label, token.Owner.ID(), token.Expires.UTC().Format(time.DateOnly), InDays(t.Now, token.Expires), used),
			Hint:    "have its owner make a new one and put it where this one is used",
		})
	}
	if len(live.Tokens) == 0 && live.UnseenTokens != "" {
		out = append(out, access.Finding{
			Code: "WR429", Level: access.Warn, Origin: t.At,
			Message: "no API token can be seen: " + live.UnseenTokens,
			Hint:    "give weir an organisation key that may list them, or take out `tokens`",
		})
	}
	return out
}
