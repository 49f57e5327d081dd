package schema

import "time"

// past reports whether the last day of an entry has passed at the site. The
// day itself still counts: until is inclusive. Days are compared as the
// calendar of the site's time zone shows them, so that no change of its clocks
// can move the moment.
func (c *compiler) past(g Grant) bool {
	return g.Until != nil && isDate(g.Until.Value) && g.Until.Value < c.today
}

// expired is past, and says so in a diagnostic.
func (c *compiler) expired(until Str, summary string) bool {
	if !isDate(until.Value) {
		c.add("WR113", until.Range, quote(until.Value)+" is not a date", "write a day of the calendar as YYYY-MM-DD")
		return false
	}
	if until.Value >= c.today {
		return false
	}
	c.warn("WR206", until.Range, summary, "delete the entry, or give it a later day")
	return true
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
