package schema

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a time zone must not depend on the machine that runs weir

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
)

// Setting is a value that a description may set. The zero Setting is one that
// it does not set.
type Setting[T any] struct {
	Value T
	Set   bool
	Range diag.Range
}

// Or returns the value, or what holds when the description does not set it.
func (s Setting[T]) Or(otherwise T) T {
	if s.Set {
		return s.Value
	}
	return otherwise
}

func setTo[T any](v T, at diag.Range) Setting[T] {
	return Setting[T]{Value: v, Set: true, Range: at}
}

// Settings are what a description says of the run itself, not of the site's
// access. No default is filled in: use [Setting.Or].
type Settings struct {
	Site    SiteSettings
	Budget  BudgetSettings
	Protect ProtectSettings
	Seats   SeatSettings
	// Tokens is how many days before its end an API token is told of.
	Tokens   Setting[int]
	Policies map[string]PolicySettings // by rule
}

// SiteSettings say which site the description is for.
type SiteSettings struct {
	Name     string
	Product  Setting[string]         // cloud | datacenter | embedded
	Plan     Setting[string]         // free | standard | premium | enterprise
	Timezone Setting[*time.Location] // UTC where not set
	Schedule Setting[string]         // hourly | daily | weekly; not set: nothing applies by itself
	Domains  []string                // of the e-mail addresses of the site's own people, in lower case
	Range    diag.Range
}

// BudgetSettings bound how much one plan may take away.
type BudgetSettings struct {
	Removals           LimitSettings
	PeopleLosingAccess LimitSettings
	RemovalsPerDay     Setting[int] // by unattended applies
}

// LimitSettings are one budget.
type LimitSettings struct {
	Ratio Setting[float64] // 0 to 1
	Max   Setting[int]
	Free  Setting[int]
}

// ProtectSettings name what no plan may take away.
type ProtectSettings struct {
	Admins         []access.Ref // people, in order
	MinSpaceAdmins Setting[int]
}

// PolicySettings set one rule. Whether there is such a rule is for those who
// have the rules to say.
type PolicySettings struct {
	Level Setting[access.Level]
	Allow []AllowedPattern
	Range diag.Range // of the rule's name
}

// AllowedPattern covers objects that a rule leaves alone.
type AllowedPattern struct {
	Match access.Pattern
	Range diag.Range
}

// schedules are the words for how often an apply runs by itself.
var schedules = []string{"hourly", "daily", "weekly"}

// once gives the one value that stands in all documents and reports a second.
func once[T any](c *compiler, key string, get func(Document) *T, at func(*T) diag.Range) *T {
	var found *T
	for _, d := range c.docs {
		switch v := get(d); {
		case v == nil:
		case found == nil:
			found = v
		default:
			c.both("WR104", at(found), at(v), key+" stands twice", "keep it in one place", "also here")
		}
	}
	return found
}

// site reads `weir` and `site`, which stand beside each other.
func (c *compiler) site() {
	version := once(c, "weir", func(d Document) *Str { return d.Version }, func(v *Str) diag.Range { return v.Range })
	site := once(c, "site", func(d Document) *Site { return d.Site }, func(v *Site) diag.Range { return v.Range })
	switch {
	case site == nil:
		at := diag.Range{}
		if version != nil {
			at = version.Range
		}
		c.add("WR112", at, "no file says which site this is", "write `weir: v1` and `site: {name: …}` in one file")
		return
	case version == nil:
		c.add("WR112", site.Range, "the version of the language is missing", "write `weir: v1` beside site")
	case version.Range.File != site.Range.File:
		c.add("WR112", version.Range, "weir and site stand in different files", "write them beside each other",
			diag.Related{Message: "site stands here", Range: site.Range})
	case version.Value != "v1":
		c.add("WR103", version.Range, fmt.Sprintf("version %s is not known", quote(version.Value)), "write v1")
	}
	s := &c.out.Settings.Site
	s.Name, s.Range = site.Name.Value, site.Range
	if site.Name.Value == "" {
		c.add("WR112", site.Range, "the site has no name", "write `name: …`, such as the first word of its address")
	}
	s.Product = c.choice(site.Product, "product", "cloud", "datacenter", "embedded")
	s.Plan = c.choice(site.Plan, "plan", "free", "standard", "premium", "enterprise")
	s.Schedule = c.choice(site.Schedule, "schedule", schedules...)
	if site.Domains != nil {
		s.Domains = c.domains(*site.Domains)
	}
	if tz := site.Timezone; tz != nil {
		loc, err := time.LoadLocation(tz.Value)
		// "" and "Local" would be the zone of whatever machine runs weir.
		if err != nil || tz.Value == "" || strings.EqualFold(tz.Value, "local") {
			c.add("WR103", tz.Range, fmt.Sprintf("time zone %s is not known", quote(tz.Value)), "write an IANA name, such as Europe/Berlin")
		} else {
			s.Timezone = setTo(loc, tz.Range)
		}
	}
}

func (c *compiler) budget() {
	b := once(c, "budget", func(d Document) *Budget { return d.Budget }, func(v *Budget) diag.Range { return v.Range })
	if b == nil {
		return
	}
	c.out.Settings.Budget = BudgetSettings{Removals: c.limit(b.Removals), PeopleLosingAccess: c.limit(b.PeopleLosingAccess)}
	if u := b.Unattended; u != nil {
		c.out.Settings.Budget.RemovalsPerDay = c.count(u.RemovalsPerDay, "removals_per_day")
	}
}

func (c *compiler) limit(l *Limit) LimitSettings {
	if l == nil {
		return LimitSettings{}
	}
	s := LimitSettings{Max: c.count(l.Max, "max"), Free: c.count(l.Free, "free")}
	if r := l.Ratio; r != nil {
		if r.Value >= 0 && r.Value <= 1 {
			s.Ratio = setTo(r.Value, r.Range)
		} else {
			c.add("WR103", r.Range, "ratio is not between 0 % and 100 %", "write a share, such as 10% or 0.1")
		}
	}
	return s
}

// maxCount bounds counts, so that every one fits any int.
const maxCount = 1_000_000_000

// count reads a whole number of things.
func (c *compiler) count(n *Num, key string) Setting[int] {
	if n == nil {
		return Setting[int]{}
	}
	if !(n.Value >= 0 && n.Value <= maxCount) || n.Value != float64(int(n.Value)) {
		c.add("WR103", n.Range, key+" is not a count", "write a whole number, 0 or more")
		return Setting[int]{}
	}
	return setTo(int(n.Value), n.Range)
}

// policies reads the settings of rules. Files may each set some, but not the
// same one.
func (c *compiler) policies() {
	set := make(map[string]PolicySettings)
	for _, d := range c.docs {
		for _, p := range d.Policies {
			if first, ok := set[p.Rule.Value]; ok {
				c.both("WR104", first.Range, p.Rule.Range, fmt.Sprintf("policy %s is set twice", quote(p.Rule.Value)), "keep one", "also set here")
				continue
			}
			s := PolicySettings{Range: p.Rule.Range}
			if level := c.choice(p.Level, "level", "deny", "warn", "off"); level.Set {
				s.Level = setTo(access.Level(level.Value), level.Range)
			}
			if p.Allow != nil {
				for _, item := range p.Allow.Items {
					if pattern, ok := c.pattern(item, refTypes...); ok {
						s.Allow = append(s.Allow, AllowedPattern{Match: pattern, Range: item.Range})
					}
				}
			}
			set[p.Rule.Value] = s
		}
	}
	c.out.Settings.Policies = set
}

// choice reads a word of a closed list.
func (c *compiler) choice(s *Str, key string, words ...string) Setting[string] {
	switch {
	case s == nil:
		return Setting[string]{}
	case slices.Contains(words, s.Value):
		return setTo(s.Value, s.Range)
	}
	hint := "write " + either(words)
	if near := nearest.To(s.Value, words); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.add("WR103", s.Range, fmt.Sprintf("%s %s is not known", key, quote(s.Value)), hint)
	return Setting[string]{}
}

// either joins words: "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
