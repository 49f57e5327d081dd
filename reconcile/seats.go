package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/money"
	"github.com/weirhq/weir/site"
)

// SeatTerms are what a description says of seats. The zero SeatTerms say nothing.
type SeatTerms struct {
	Tariff *money.Tariff // nil: what seats cost is not known
	Seats  SeatBound     // paid seats
	People SeatBound     // paid seats and guests together
	Renews string        // the next day on which a period that is paid for begins, YYYY-MM-DD; empty: not known
}

// Saving is about what fewer seats save, in a period: decimal text, exact.
type Saving struct {
	Currency, Amount, Per string
	From                  string // the first day on which it shows, YYYY-MM-DD; empty: not known
}

// Saving prices so many seats fewer than are paid for; ok is false where there are
// no prices, or none for so many seats.
func (t SeatTerms) Saving(paid, fewer int) (s Saving, ok bool) {
	if t.Tariff == nil || fewer == 0 {
		return Saving{}, false
	}
	now, known := t.Tariff.Cost(paid)
	then, within := t.Tariff.Cost(paid - fewer)
	if !known || !within {
		return Saving{}, false
	}
	c := t.Tariff.Currency
	return Saving{Currency: string(c), Amount: c.Format(now - then), Per: t.Tariff.Per, From: t.Renews}, true
}

// SeatBound is how many there may be, and where that is written.
type SeatBound struct {
	Most int // 0: no bound is known
	At   diag.Range
}

// GuestsPerSeat is how many guests there may be for each paid user (evidence A9).
// It is the product's rule, and no description can change it.
const GuestsPerSeat = 5

// FreePeople is how many people the Free plan holds (evidence, Three levels of
// permission).
const FreePeople = 10

// The subscriptions that make a difference to seats, as the site tells them.
const (
	freePlan       = "free"
	enterprisePlan = "enterprise"
)

// Seats are who takes a seat before and after a plan, and about what that costs:
// an estimate, never an invoice. Who takes one is said by [access.Seats].
type Seats struct {
	Before SeatCount `json:"before"` // as the site is
	After  SeatCount `json:"after"`  // once the plan is applied
	// Gaining and Losing are the people who come to take a paid seat, or cease to.
	Gaining []string `json:"gaining,omitempty"`
	Losing  []string `json:"losing,omitempty"` // see gaining
	// GuestsGaining and GuestsLosing are likewise those who come to be guests, or
	// cease to; a guest who comes to pay is among the latter.
	GuestsGaining []string `json:"guests_gaining,omitempty"`
	GuestsLosing  []string `json:"guests_losing,omitempty"` // see guests_gaining
	// Invited counts the people who are new to the site by the plan. They take their
	// seat when they are invited, before they accept. Who was invited earlier and
	// has not accepted no interface tells.
	Invited int `json:"invited,omitempty"`
	// Licence: people count for a licence, and there are no guests (Data Center).
	Licence bool `json:"licence,omitempty"`
	// Own: weir's own account takes one of the paid seats, though it is left out of
	// everything else in a plan.
	Own    bool        `json:"own,omitempty"`
	Limits []SeatLimit `json:"limits,omitempty"` // how many there may be
	// Cost is about what the paid seats cost, where the description says it.
	Cost *SeatCost `json:"cost,omitempty"`
}

// SeatCount counts people.
type SeatCount struct {
	Paid   int `json:"paid"`   // people who take a paid seat, or count for the licence
	Guests int `json:"guests"` // people who enter as guests
	// ManagedGuests counts the guests whose accounts the organisation manages:
	// Atlassian Guard may bill those, if the organisation has it. People who are new
	// by the plan are not among them: nothing tells yet.
	ManagedGuests int `json:"managed_guests"`
	// Unsure counts people of whom it could not be seen whether they take a seat.
	Unsure int `json:"unsure,omitempty"`
	// AtLeast: there may be more people, whom nothing shows.
	AtLeast bool `json:"at_least,omitempty"`
}

// sure reports whether the count is all there is.
func (c SeatCount) sure() bool { return c.Unsure == 0 && !c.AtLeast }

// SeatLimit is how many there may be of something.
type SeatLimit struct {
	Of     string `json:"of"`     // paid, guests, or people: both together
	Before int    `json:"before"` // how many there are
	After  int    `json:"after"`  // how many there will be
	Most   int    `json:"most"`   // after the plan: that of guests moves with the paid seats
	Reason string `json:"reason"` // whose limit it is
	// Exceeded: there are more after the plan.
	Exceeded bool `json:"exceeded,omitempty"`
}

// SeatCost is about what seats cost. Amounts are decimal text, exact to the
// smallest unit of the currency.
type SeatCost struct {
	Currency string `json:"currency"` // three capital letters
	Per      string `json:"per"`      // month or year
	// Before and After are empty where the tiers do not go as far.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"` // see before
	// Difference is After less Before; empty where one of them is.
	Difference string `json:"difference,omitempty"`
	// Tier is that in which the last seat stands after the plan, and Next what one
	// seat more would cost; both are left out where the tiers do not go as far.
	Tier *SeatTier `json:"tier,omitempty"`
	Next string    `json:"next,omitempty"` // see tier
	// From is the day from which a seat that is given up costs nothing any more: that
	// on which the next period begins. Empty: not known. Who comes is paid for at once.
	From string `json:"from,omitempty"`
	// AtLeast: there may be more seats than were counted.
	AtLeast bool `json:"at_least,omitempty"`
}

// SeatTier is one step of the price.
type SeatTier struct {
	From  int    `json:"from"`            // the first seat
	To    int    `json:"to,omitempty"`    // 0: no last
	Each  string `json:"each,omitempty"`  // what each of its seats costs
	Total string `json:"total,omitempty"` // in place of Each: of everything up to To
}

// CountSeats says who takes a seat of a site that was read, now and by the target
// facts.
func CountSeats(live site.Observation, unknown []access.Unknown, target access.Set, terms SeatTerms) *Seats {
	return countSeats(live, unknown, target, terms).Seats
}

// seating is what is known of seats, with what only findings need.
type seating struct {
	*Seats
	at       []diag.Range // of each limit
	arriving int          // people who come to be there at all
	// How many paid seats, and how many people, there may be at most in the middle
	// of an apply.
	peak, crowd int
}

func countSeats(live site.Observation, unknown []access.Unknown, target access.Set, terms SeatTerms) seating {
	before, after := access.CountSeats(live.Facts, unknown), access.CountSeats(target, unknown)
	edition := strings.ToLower(live.Traits.Edition)
	managed := func(s access.Seats) (n int) {
		for _, p := range s.Guests {
			// Enterprise has Guard within it: nobody is billed twice.
			if live.IDs[p] != "" && !live.Unclaimed[p] && edition != enterprisePlan {
				n++
			}
		}
		return n
	}
	count := func(s access.Seats) SeatCount {
		return SeatCount{Paid: len(s.Paid), Guests: len(s.Guests), ManagedGuests: managed(s), Unsure: len(s.Unsure), AtLeast: s.Unseen}
	}
	out := seating{Seats: &Seats{
		Before: count(before), After: count(after), Licence: !live.Traits.Guests,
		Gaining: lacks(after.Paid, before.Paid, before.Unsure), Losing: lacks(before.Paid, after.Paid, after.Unsure),
		GuestsGaining: lacks(after.Guests, before.Guests, before.Unsure), GuestsLosing: lacks(before.Guests, after.Guests, after.Unsure),
		Own: slices.Contains(after.Paid, live.Account),
	}}
	arriving := lacks(slices.Concat(after.Paid, after.Guests), before.Paid, before.Guests, before.Unsure)
	out.arriving = len(arriving)
	if terms.Seats.Most > 0 || terms.People.Most > 0 || edition == freePlan {
		middle := access.CountSeats(midway(live.Facts, target), unknown)
		out.peak = distinct(before.Paid, after.Paid, middle.Paid)
		out.crowd = distinct(before.Paid, before.Guests, after.Paid, after.Guests, middle.Paid, middle.Guests)
	}
	for _, p := range arriving {
		if live.IDs[access.Ref(p)] == "" {
			out.Invited++
		}
	}
	out.limit(terms, edition)
	if terms.Tariff != nil {
		out.price(*terms.Tariff, terms.Renews)
	}
	return out
}

// midway are the facts that decide about seats, of a site on which everything that
// comes is there and nothing that goes has gone: no moment of an apply has more
// people in more groups that give more.
func midway(live, target access.Set) access.Set {
	var out []access.Fact
	for _, k := range []access.Kind{access.Exists, access.State, access.Product, access.Member} {
		for f := range target.OfKind(k) {
			was, ok := live.Get(f)
			switch {
			case k == access.State && !ok:
				continue
			case k == access.Product && ok && was != f:
				f.Value += "+" + was.Value
			}
			out = append(out, f)
		}
		for f := range live.OfKind(k) {
			if _, ok := target.Get(f); !ok && k != access.State {
				out = append(out, f)
			}
		}
	}
	return access.NewSet(out...)
}

// distinct counts the people of all lists, each once.
func distinct(lists ...[]access.Ref) int {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return len(slices.Compact(all))
}

// lacks gives those of a list who are in none of the others.
func lacks(list []access.Ref, others ...[]access.Ref) []string {
	there := make(map[access.Ref]bool)
	for _, other := range others {
		for _, r := range other {
			there[r] = true
		}
	}
	var out []string
	for _, r := range list {
		if !there[r] {
			out = append(out, string(r))
		}
	}
	return out
}

// limit fills in how many there may be.
func (s *seating) limit(terms SeatTerms, edition string) {
	add := func(l SeatLimit, at diag.Range) {
		l.Exceeded = l.After > l.Most
		s.Limits, s.at = append(s.Limits, l), append(s.at, at)
	}
	b, a := s.Before, s.After
	if most := terms.Seats.Most; most > 0 {
		add(SeatLimit{Of: "paid", Before: b.Paid, After: a.Paid, Most: most, Reason: "the limit in the description"}, terms.Seats.At)
	}
	if edition == freePlan {
		add(SeatLimit{Of: "paid", Before: b.Paid, After: a.Paid, Most: FreePeople, Reason: "the Free plan"}, diag.Range{})
	}
	if most := terms.People.Most; most > 0 {
		add(SeatLimit{Of: "people", Before: b.Paid + b.Guests, After: a.Paid + a.Guests, Most: most, Reason: "the site_limit in the description"}, terms.People.At)
	}
	if b.Guests > 0 || a.Guests > 0 {
		add(SeatLimit{Of: "guests", Before: b.Guests, After: a.Guests, Most: GuestsPerSeat * a.Paid, Reason: "five for each paid seat"}, diag.Range{})
	}
}

// price fills in about what the seats cost.
func (s *Seats) price(t money.Tariff, renews string) {
	c := &SeatCost{Currency: string(t.Currency), Per: t.Per, From: renews, AtLeast: !s.Before.sure() || !s.After.sure()}
	before, known := t.Cost(s.Before.Paid)
	if known {
		c.Before = t.Currency.Format(before)
	}
	after, within := t.Cost(s.After.Paid)
	if within {
		c.After = t.Currency.Format(after)
	}
	if known && within {
		c.Difference = t.Currency.Format(after - before)
	}
	if tier, first, ok := t.At(s.After.Paid); ok {
		c.Tier = &SeatTier{From: first, To: tier.To}
		if price := t.Currency.Format(tier.Price); t.Whole {
			c.Tier.Total = price
		} else {
			c.Tier.Each = price
		}
	}
	if next, ok := t.Cost(s.After.Paid + 1); ok && within {
		c.Next = t.Currency.Format(next - after)
	}
	s.Cost = c
}

// findings tells of limits that are exceeded. The product refuses whoever would
// come beyond one (evidence A3, A4, Seats and bills), whatever goes before, and in
// the middle of an apply: so a plan that brings somebody is denied. Where it brings
// nobody nothing is refused, and to stop the plan would only keep people in their
// seats.
func (s seating) findings(desired access.Desired) []access.Finding {
	var out []access.Finding
	for i, l := range s.Limits {
		things := map[string]string{"paid": "paid seats", "guests": "guests", "people": "people and guests"}[l.Of]
		if s.Licence && l.Of == "paid" {
			things = "people who count for the licence"
		}
		f := access.Finding{Code: "WR412", Level: access.Warn, Origin: s.at[i]}
		// There may be more paid seats than were seen, and room for more guests.
		sure := l.Of != "guests" || s.After.sure()
		switch coming := s.coming(l.Of); {
		case l.Exceeded && coming > 0 && sure:
			f.Level = access.Deny
			f.Message = fmt.Sprintf("%s: %d after the plan instead of %d, and there may be %d (%s)", things, l.After, l.Before, l.Most, l.Reason)
			f.Hint = "let fewer in, let others go in the same change, or raise the limit where it is bought"
			if f.Ways = s.fewer(l, desired); len(f.Ways) > 0 {
				f.Hint = diag.WaysHint(f.Ways) + ", or let others go in the same change"
			}
		case l.Exceeded:
			f.Message = fmt.Sprintf("%s: %d after the plan, and there may be %d (%s)", things, l.After, l.Most, l.Reason)
			f.Hint = "let some go before anybody is added"
		case s.most(l.Of) > l.Most:
			f.Message = fmt.Sprintf("%s: up to %d until somebody goes, and there may be %d (%s)", things, s.most(l.Of), l.Most, l.Reason)
			f.Hint = "let people go first, in a plan of its own"
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// Telling reports whether there is something to tell a reviewer: somebody comes,
// goes or changes, or a limit is exceeded.
func (s *Seats) Telling() bool {
	return len(s.Gaining)+len(s.Losing)+len(s.GuestsGaining)+len(s.GuestsLosing) > 0 ||
		slices.ContainsFunc(s.Limits, func(l SeatLimit) bool { return l.Exceeded })
}

// Limit gives the narrowest limit of something; ok is false where there is none.
func (s *Seats) Limit(of string) (limit SeatLimit, ok bool) {
	for _, l := range s.Limits {
		if l.Of == of && (!ok || l.Most < limit.Most) {
			limit, ok = l, true
		}
	}
	return limit, ok
}

// coming counts those whom the plan brings.
func (s seating) coming(of string) int {
	switch of {
	case "paid":
		return len(s.Gaining)
	case "guests":
		return len(s.GuestsGaining)
	}
	return s.arriving
}

// most is how many there may be in the middle of an apply.
func (s seating) most(of string) int {
	switch of {
	case "paid":
		return s.peak
	case "people":
		return s.crowd
	}
	return 0 // the limit of guests moves with the seats, at no known moment
}
