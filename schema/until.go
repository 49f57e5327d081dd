package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

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

// ended is expired for an entry that gives a principal something on an object. One
// that has days left is noted, so that whoever it serves can be told in time.
func (c *compiler) ended(g Grant, who, on access.Ref) bool {
	entry := "the entry of " + quote(g.Who.Value)
	if c.expired(*g.Until, entry+" has expired") {
		return true
	}
	c.ends(*g.Until, ending{entry: entry, who: who, on: on})
	return false
}

// ends notes the last day of an entry.
func (c *compiler) ends(until Str, e ending) {
	if isDate(until.Value) {
		e.day, e.at = until.Value, until.Range
		c.out.endings = append(c.out.endings, e)
	}
}

// ending is an entry that has a last day, which has not passed.
type ending struct {
	day   string // YYYY-MM-DD
	entry string // in words: the entry of "kim@partner.example"
	at    diag.Range
	// who loses something when it ends, and on which object; empty for an entry that
	// gives nothing.
	who, on access.Ref
}

// Ending is the last day of what a principal is given on an object, which has not
// passed.
type Ending struct {
	Who, On access.Ref
	Day     string // YYYY-MM-DD
}

// Endings gives what ends on which day, in the order in which it stands.
func (d *Description) Endings() []Ending {
	var out []Ending
	for _, e := range d.endings {
		if e.who != "" {
			out = append(out, Ending{e.who, e.on, e.day})
		}
	}
	return out
}

// noticeDays is how many days before its last one an entry is told of: time to ask
// whoever it serves, and to have the edit reviewed.
const noticeDays = 14

// fewEndings is how many entries are told of each by itself.
const fewEndings = 5

// endingSoon says which entries end soon.
func (d *Description) endingSoon() diag.List {
	last := addDays(d.today.Format(time.DateOnly), noticeDays)
	var soon []ending
	for _, e := range d.endingEntries() {
		if e.day <= last {
			soon = append(soon, e)
		}
	}
	warning := func(e ending, summary, hint string) diag.Diagnostic {
		return diag.Diagnostic{Code: "WR212", Severity: diag.Warning, Summary: summary, Hint: hint, Range: e.at, Due: e.day}
	}
	var out diag.List
	if len(soon) <= fewEndings {
		for _, e := range soon {
			out = append(out, warning(e, e.entry+" ends on "+e.day, "write a later day, or let it end"))
		}
		return out
	}
	slices.SortStableFunc(soon, func(a, b ending) int {
		return cmp.Or(strings.Compare(a.day, b.day), a.at.Compare(b.at))
	})
	var named []string
	for _, e := range soon[:fewEndings-1] {
		named = append(named, e.entry+" on "+e.day)
	}
	return append(out, warning(soon[0], fmt.Sprintf("%d entries end by %s: %s, and %d more", len(soon), soon[len(soon)-1].day, strings.Join(named, ", "), len(soon)-len(named)),
		"write later days, or let them end (weir people lists the days)"))
}

// endingEntries gives what stands in the description: an archetype's entry stands
// once, however many spaces follow it.
func (d *Description) endingEntries() []ending {
	return slices.CompactFunc(slices.Clone(d.endings), func(a, b ending) bool { return a.at == b.at })
}

// unscheduled says that nothing expires by itself, where something is to expire and
// the description does not say that applies run by themselves.
func (d *Description) unscheduled() diag.List {
	n := 0
	for _, e := range d.endingEntries() {
		if e.who != "" {
			n++
		}
	}
	entries := "1 entry has a last day"
	switch {
	case n == 0 || d.Settings.Site.Schedule.Set:
		return nil
	case n > 1:
		entries = fmt.Sprintf("%d entries have a last day", n)
	}
	return diag.List{{
		Code: "WR426", Severity: diag.Warning, Summary: entries + ", and nothing ends by itself: the first apply after it takes what was given",
		Hint: "let an apply run by itself, and say how often under site: schedule", Range: d.Settings.Site.Range,
	}}
}

// lowerTerm reads how long a membership of a group may last, and holds each entry
// of its list against it.
func (c *compiler) lowerTerm(group access.Ref, g Group) {
	term := g.LongestTerm
	if term == nil {
		return
	}
	days := int(term.Value)
	last := addDays(c.today, days)
	refuse := func(what string, at diag.Range) {
		c.add("WR202", term.Range, fmt.Sprintf("%s has a longest term, and %s", noun(group), what), "delete longest_term, or list the people under members, each with a last day",
			diag.Related{Message: "here", Range: at})
	}
	switch {
	case g.ManagedBy != nil:
		refuse("its members are somebody else's to write", g.ManagedBy.Range)
		return
	case g.MembersOf != nil:
		refuse("members who come from other groups have no last day", g.MembersOf.Range)
	}
	if g.Members == nil {
		return
	}
	for _, item := range g.Members.Items {
		switch {
		case item.Until == nil:
			c.add("WR213", item.Who.Range, fmt.Sprintf("the entry of %s has no last day, and %s allows %s", quote(item.Who.Value), noun(group), dayCount(days)),
				fmt.Sprintf("write {who: %s, until: %s}, or an earlier day", item.Who.Value, last))
		case isDate(item.Until.Value) && item.Until.Value > last:
			c.add("WR213", item.Until.Range, fmt.Sprintf("the entry of %s lasts longer than the %s that %s allows", quote(item.Who.Value), dayCount(days), noun(group)),
				"write until: "+last+", or an earlier day")
		}
	}
}

func dayCount(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// addDays gives the day so many days later. The day is one of the calendar.
func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
