package render

import "io"

// RedundancyAnswer says what a site could do without.
type RedundancyAnswer struct {
	Source      Source `json:"source"`
	EveryPage   bool   `json:"every_page"`  // the restrictions of every page were read for it
	Memberships int    `json:"memberships"` // of those that can go together
	Direct      int    `json:"direct_grants"`
	Grants      int    `json:"other_grants"`
	Names       int    `json:"names_in_restrictions"`
	Together    []Said `json:"together"` // all of them can go at once
	Alone       []Said `json:"alone"`    // others, of which each could go instead
}

// Redundancy shows what a site could do without.
func Redundancy(w io.Writer, a *RedundancyAnswer, all bool, o Options) error {
	p := newPrinter(w, o)
	if len(a.Together) == 0 {
		p.line("%s: whatever goes, somebody loses something", p.paint(bold, "nothing is redundant"))
	} else {
		var parts []string
		for _, c := range []struct {
			n         int
			one, many string
		}{
			{a.Memberships, "membership", "memberships"}, {a.Direct, "grant to a person", "grants to people"},
			{a.Grants, "other grant", "other grants"}, {a.Names, "name in a restriction", "names in restrictions"},
		} {
			if c.n > 0 {
				parts = append(parts, Count(c.n, c.one, c.many))
			}
		}
		p.line("%s could go at once, and nobody's access would change (proved)", p.paint(bold, and(parts)))
		lines := min(len(a.Together), most(all, 20))
		p.said("  ", a.Together[:lines])
		if rest := len(a.Together) - lines; rest > 0 {
			p.line("  and %s more (--all shows them)", Number(rest))
		}
	}
	if n := len(a.Alone); n > 0 {
		p.line("")
		p.line("%s could go instead of some of them, not with them", Number(n))
		lines := min(n, most(all, 0))
		p.said("  ", a.Alone[:lines])
	}
	if !a.EveryPage && a.Source.Of != OfSnapshot && len(a.Together) > 0 {
		p.line("restrictions of pages that were not read may still need some (--pages reads them all)")
	}
	p.source(a.Source)
	return p.err
}
