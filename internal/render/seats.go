package render

import (
	"fmt"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// SeatLines says in a few lines what a plan does to seats and about what that
// costs; nothing where nobody comes, goes or changes and no limit is exceeded. A
// plan may come from a file that somebody wrote, and so may what is in the lines:
// each sink makes them harmless in its own way.
func SeatLines(s *reconcile.Seats) []string {
	if s == nil || !s.Telling() {
		return nil
	}
	what := "paid"
	if s.Licence {
		what = "licensed"
	}
	line := fmt.Sprintf("%s %s", what, shift(s.Before.Paid, s.After.Paid, s.Before.AtLeast || s.After.AtLeast))
	if l, ok := s.Limit("paid"); ok {
		line += fmt.Sprintf(" of %s", Number(l.Most))
	}
	if l, ok := s.Limit("guests"); ok {
		line += fmt.Sprintf(", guests %s of %s possible", shift(l.Before, l.After, s.Before.AtLeast || s.After.AtLeast), Number(l.Most))
	}
	if l, ok := s.Limit("people"); ok {
		line += fmt.Sprintf(", together %s of %s", Number(l.After), Number(l.Most))
	}
	out := []string{line}
	if s.Invited > 0 && !s.Licence {
		out = append(out, Count(s.Invited, "person is invited, and takes a seat at once", "people are invited, and take their seats at once"))
	}
	if n := max(s.Before.Unsure, s.After.Unsure); n > 0 {
		out = append(out, fmt.Sprintf("of %s it could not be seen whether they take a seat", Count(n, "person", "people")))
	}
	if n := s.After.ManagedGuests; n > 0 {
		out = append(out, ManagedGuests(n))
	}
	if s.Cost != nil {
		out = append(out, cost(s.Cost))
	}
	return out
}

// ManagedGuests says what is possible of guests whose accounts are managed.
func ManagedGuests(n int) string {
	return Count(n, "guest has a managed account, which Atlassian Guard may bill", "guests have managed accounts, which Atlassian Guard may bill")
}

// shift writes a count before and after: "212 → 198 (-14)", or the one number.
func shift(before, after int, atLeast bool) string {
	s := Number(before)
	if after != before {
		s = fmt.Sprintf("%s → %s (%s)", Number(before), Number(after), signed(Number(after-before)))
	}
	if atLeast {
		s = "at least " + s
	}
	return s
}

// signed puts a plus before what has no minus.
func signed(number string) string {
	if strings.HasPrefix(number, "-") {
		return number
	}
	return "+" + number
}

// Money writes an amount of decimal text with thousands separated.
func Money(amount string) string {
	whole, fraction, has := strings.Cut(amount, ".")
	if !has {
		return thousands(whole)
	}
	return thousands(whole) + "." + fraction
}

// Estimate says of what kind every price is.
const Estimate = "an estimate from the description's tiers, never an invoice"

func cost(c *reconcile.SeatCost) string {
	about := "about "
	if c.AtLeast {
		about = "at least about "
	}
	currency := c.Currency + " "
	switch {
	case c.Before == "" && c.After == "":
		return "the tiers in the description do not go as far as these seats"
	case c.Difference == "":
		known, seats := c.Before+" before", "those after"
		if c.Before == "" {
			known, seats = c.After+" after", "those before"
		}
		return about + currency + Money(known) + ", and the tiers in the description do not go as far as " + seats
	case c.Before == c.After:
		about += currency + Money(c.After) + " a " + c.Per + ", as before"
	default:
		about += fmt.Sprintf("%s%s → %s a %s (%s)", currency, Money(c.Before), Money(c.After), c.Per, signed(Money(c.Difference)))
		if c.From != "" && strings.HasPrefix(c.Difference, "-") {
			about += " from " + c.From + " on"
		}
	}
	if strings.Trim(c.Next, "0.") != "" {
		about += "; the next seat " + Money(c.Next)
	}
	return about + ": " + Estimate
}

func (p *printer) seats(s *reconcile.Seats) {
	lines := SeatLines(s)
	if lines == nil {
		return
	}
	p.line("")
	p.line("%s", p.paint(bold, "seats"))
	for _, line := range lines {
		p.line("  %s", Safe(line))
	}
}
