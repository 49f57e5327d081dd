package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// beyond is what a plan changes on other sites and products of the organisation:
// groups and people belong to the organisation, and a group may open more than
// the site that is planned for.
type beyond struct {
	elsewhere map[access.Ref][]string
	in, out   map[access.Ref]int // by group: people who join and who leave
	deleted   []access.Ref       // groups that are deleted
}

// reachBeyond finds the changes that reach beyond the site.
func reachBeyond(changes []access.Change, live site.Observation) beyond {
	b := beyond{elsewhere: live.Elsewhere, in: make(map[access.Ref]int), out: make(map[access.Ref]int)}
	for _, c := range changes {
		g := c.Fact.Object
		switch {
		case len(b.elsewhere[g]) == 0:
		case c.Fact.Kind == access.Exists && c.Op == access.Remove:
			b.deleted = append(b.deleted, g)
		case c.Fact.Kind == access.Member && c.Op == access.Remove:
			b.out[g]++
		case c.Fact.Kind == access.Member:
			b.in[g]++
		}
	}
	return b
}

// findings says of each group what else it opens, and for how many people that
// changes.
func (b beyond) findings(desired access.Desired) []access.Finding {
	var out []access.Finding
	groups := maps.Clone(b.in)
	for g, n := range b.out {
		groups[g] += n
	}
	for _, g := range b.deleted {
		delete(groups, g)
		out = append(out, access.Finding{
			Code: "WR410", Level: access.Warn, Object: g,
			Message: fmt.Sprintf("deleting %s also takes %s; what products grant to groups inside themselves cannot be seen", g, listed(b.elsewhere[g])),
			Hint:    "ask who runs those products before accepting it",
			Origin:  desired.Origins[access.Fact{Kind: access.Exists, Object: g}],
		})
	}
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		var parts []string
		if n := b.in[g]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s more there", persons(n)))
		}
		if n := b.out[g]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d fewer", n))
		}
		out = append(out, access.Finding{
			Code: "WR410", Level: access.Warn, Object: g,
			Message: fmt.Sprintf("%s also grants %s: %s; what products grant to groups inside themselves cannot be seen", g, listed(b.elsewhere[g]), strings.Join(parts, ", ")),
			Hint:    "use a group of its own for Confluence if that is not meant",
			Origin:  desired.Origins[access.Fact{Kind: access.Exists, Object: g}],
		})
	}
	return out
}

// budgets holds back the deletion of every group that opens something else: each
// is accepted by its name, or not at all.
func (b beyond) budgets() []Budget {
	var out []Budget
	for _, g := range b.deleted {
		out = append(out, Budget{Rule: "deletes/" + string(g), Count: 1, Live: 1, Exceeded: true})
	}
	return out
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// listed joins words as people do.
func listed(words []string) string {
	switch n := len(words); n {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
