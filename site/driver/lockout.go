package driver

import (
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Lockouts finds the wanted restrictions that would shut weir's own account out
// of a page for good: it could not even undo them. An account passes that is
// named, or in a named group. What it is in, nobody changes: its own memberships
// are outside every difference, described or not.
func Lockouts(want access.Set, live site.Observation) map[access.Fact]bool {
	out := make(map[access.Fact]bool)
	own := live.Account
	if own == "" {
		return out
	}
	named := func(f access.Fact) bool { return f.Subject == own }
	passes := func(f access.Fact) bool { return named(f) || In(live, f.Subject) }
	type list struct {
		page access.Ref
		verb string
	}
	wanted := make(map[list][]access.Fact)
	for f := range want.OfKind(access.Restrict) {
		l := list{f.Object, f.Verb}
		wanted[l] = append(wanted[l], f)
	}
	for l, facts := range wanted {
		var there []access.Fact
		for f := range live.Facts.Of(access.Restrict, l.page) {
			if f.Verb == l.verb {
				there = append(there, f)
			}
		}
		if slices.ContainsFunc(facts, passes) || slices.ContainsFunc(there, named) {
			continue
		}
		fresh := slices.DeleteFunc(slices.Clone(facts), live.Facts.Has)
		if len(fresh) == 0 {
			if !slices.ContainsFunc(there, passes) {
				continue // it is shut out already, and nothing is added
			}
			fresh = facts[:1] // who let it pass is not wanted any more
		}
		for _, f := range fresh {
			out[f] = true
		}
	}
	return out
}

// In reports whether weir's own account is in a group.
func In(live site.Observation, group access.Ref) bool {
	return live.Facts.Has(access.Fact{Kind: access.Member, Object: group, Subject: live.Account})
}
