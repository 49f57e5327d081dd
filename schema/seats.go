package schema

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/money"
)

// SeatSettings say what paid seats cost and how many there may be. A description
// that has no prices has a nil Tariff.
type SeatSettings struct {
	Tariff    *money.Tariff
	Limit     Setting[int] // paid seats, from 1
	SiteLimit Setting[int] // paid seats and guests together, from 1
	Renews    string       // the next day on which a period begins, YYYY-MM-DD; empty: not known
}

// seats reads the prices and limits of seats. Currency, period and tiers stand
// together: one without the others would be no price.
func (c *compiler) seats() {
	s := once(c, "seats", func(d Document) *Seats { return d.Seats }, func(v *Seats) diag.Range { return v.Range })
	if s == nil {
		return
	}
	out := &c.out.Settings.Seats
	out.Limit, out.SiteLimit = c.some(s.Limit, "limit"), c.some(s.SiteLimit, "site_limit")
	if out.Limit.Set && out.SiteLimit.Set && out.SiteLimit.Value < out.Limit.Value {
		c.both("WR202", out.Limit.Range, out.SiteLimit.Range, fmt.Sprintf("site_limit is %d, and limit alone is %d", out.SiteLimit.Value, out.Limit.Value),
			"site_limit counts guests beside paid seats: raise it, or lower limit", "the other limit")
	}
	per := c.choice(s.Per, "per", "month", "year")
	c.renewal(s.Renews, per)
	var missing []string
	for _, part := range []struct {
		key   string
		there bool
	}{{"currency", s.Currency != nil}, {"per", s.Per != nil}, {"tiers", s.Tiers != nil}} {
		if !part.there {
			missing = append(missing, part.key)
		}
	}
	if len(missing) > 0 {
		if len(missing) < 3 {
			c.add("WR112", s.Range, "the price of a seat has no "+strings.Join(missing, " and no "),
				"write currency, per and tiers, or none of the three")
		}
		return
	}
	currency := money.Currency(s.Currency.Value)
	if !currency.Valid() {
		c.add("WR103", s.Currency.Range, fmt.Sprintf("currency %s is not known", quote(s.Currency.Value)), "write its three capital letters (ISO 4217), such as USD")
		return
	}
	out.Tariff = &money.Tariff{Currency: currency, Per: per.Value}
	c.tiers(*s.Tiers, out.Tariff)
}

// renewal finds the next day on which a period begins.
func (c *compiler) renewal(day *Str, per Setting[string]) {
	switch {
	case day == nil:
	case !isDate(day.Value):
		c.add("WR113", day.Range, quote(day.Value)+" is not a date", "write a day of the calendar as YYYY-MM-DD")
	case !per.Set:
		c.add("WR112", day.Range, "renews says when a period begins, and nothing says how long it is", "write per: month or per: year beside it")
	default:
		c.out.Settings.Seats.Renews = nextPeriod(day.Value, c.today, map[string]int{"month": 1, "year": 12}[per.Value])
	}
}

// nextPeriod gives the first day after today on which a period of so many months
// begins, if one begins on the given day. In a month that is too short a period
// begins on its last day.
func nextPeriod(begins, today string, months int) string {
	first, err := time.Parse(time.DateOnly, begins)
	now, err2 := time.Parse(time.DateOnly, today)
	if err != nil || err2 != nil {
		return ""
	}
	at := func(n int) time.Time {
		month := time.Date(first.Year(), first.Month()+time.Month(n*months), 1, 0, 0, 0, 0, time.UTC)
		last := month.AddDate(0, 1, -1).Day()
		return month.AddDate(0, 0, min(first.Day(), last)-1)
	}
	// Begin a period before the day that whole months lead to.
	n := ((now.Year()-first.Year())*12+int(now.Month())-int(first.Month()))/months - 1
	for !at(n).After(now) {
		n++
	}
	return at(n).Format(time.DateOnly)
}

// tokens reads how long before their ends tokens are told of.
func (c *compiler) tokens() {
	s := once(c, "tokens", func(d Document) *TokenWatch { return d.Tokens }, func(v *TokenWatch) diag.Range { return v.Range })
	if s == nil || s.Warn == nil {
		return
	}
	c.out.Settings.Tokens = Setting[int]{Value: int(s.Warn.Value), Set: true, Range: s.Warn.Range}
}

// some reads a whole number of things that is not none.
func (c *compiler) some(n *Num, key string) Setting[int] {
	s := c.count(n, key)
	if s.Set && s.Value == 0 {
		c.add("WR103", s.Range, key+" is 0", "write a whole number, 1 or more, or delete the key")
		return Setting[int]{}
	}
	return s
}

// tiers reads the steps of a price.
func (c *compiler) tiers(list SeatTiers, t *money.Tariff) {
	if len(list.Items) == 0 {
		c.add("WR108", list.Range, "tiers is empty", "write a tier, such as {each: 6.05}, or delete currency, per and tiers")
		return
	}
	t.Whole = list.Items[0].Total != nil
	last := 0 // the last seat so far
	var above diag.Range
	for i, tier := range list.Items {
		final := i == len(list.Items)-1
		step := money.Tier{Price: c.price(tier, list.Items[0], t)}
		to := c.some(tier.To, "to")
		switch {
		case to.Set && to.Value <= last:
			c.add("WR103", to.Range, fmt.Sprintf("the tier ends at seat %d, and the one before it at %d", to.Value, last), "put the tiers in order, each further than the one before",
				diag.Related{Message: "the tier before it", Range: above})
		case to.Set:
			step.To, last, above = to.Value, to.Value, to.Range
		case tier.To == nil && !final:
			c.add("WR103", tier.Range, "a tier without an end is not the last", "give it an end (`to`), or put it last")
		}
		if tier.To != nil && final && !t.Whole {
			c.add("WR112", tier.Range, "the last tier has an end, and a further seat would have no price", "add a tier without `to`, such as {each: …}")
		}
		t.Tiers = append(t.Tiers, step)
	}
}

// price reads what a tier costs; first says in which of the two ways all of them
// do.
func (c *compiler) price(tier, first SeatTier, t *money.Tariff) money.Amount {
	key, text, most := "each", tier.Each, int64(money.MaxEach)
	if t.Whole {
		key, text, most = "total", tier.Total, money.MaxTotal
	}
	switch {
	case tier.Each != nil && tier.Total != nil:
		c.both("WR202", tier.Each.Range, tier.Total.Range, "a tier has a price for each seat and one for all", "keep one of the two", "the other price")
		return 0
	case tier.Each == nil && tier.Total == nil:
		c.add("WR112", tier.Range, "a tier has no price", fmt.Sprintf("write %s, such as %s: 6.05", key, key))
		return 0
	case text == nil:
		c.add("WR202", tier.Range, "some tiers have a price for each seat and others one for all", "write each in all of them, or total",
			diag.Related{Message: "the first tier", Range: first.Range})
		return 0
	}
	a, err := t.Currency.Parse(text.Value, most)
	if err != nil {
		c.add("WR103", text.Range, fmt.Sprintf("%s %s", clip(text.Value), err), "write an amount in "+string(t.Currency)+", such as "+t.Currency.Format(605))
	}
	return a
}
