package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// guestsByGroup makes guests of the members of groups that are listed among the
// guests of a space: each holds the product role guest and the role in the space
// by themselves, since nothing reaches a guest through a group (evidence A9).
//
// Who is in the group is for somebody else to say, so nobody in it makes the
// description unfit: whoever cannot be a guest is left out, with a warning. That
// is who pays or paid, who is described otherwise, who is a guest of another
// space, and who is against the rules of this one. Where the group could not be
// read completely, those who are guests of the space stay.
func (r *resolver) guestsByGroup(scope *access.Scope, origins map[access.Fact]diag.Range) []access.Fact {
	var out []access.Fact
	live := access.NewView(r.live)
	pays := r.payers(live)
	for _, g := range r.Description.guests.groups {
		members := r.group(sourceGroup{g.group, g.at})
		if members.partial {
			r.unsure[g.space] = true
		}
		left := make(map[string][]string) // who is left out, by why
		room := r.Description.guests.room(g.space)
		// Whoever is there goes before whoever would come.
		order := slices.Sorted(maps.Keys(members.certain))
		there := func(who access.Ref) bool {
			_, holds := r.live.Get(access.Fact{Kind: access.Role, Object: g.space, Subject: who})
			return holds
		}
		slices.SortStableFunc(order, func(a, b access.Ref) int {
			switch in := there(a); {
			case in == there(b):
				return 0
			case in:
				return -1
			}
			return 1
		})
		for _, who := range order {
			if why := r.noGuest(who, g, live, pays); why != "" {
				left[why] = append(left[why], who.ID())
				continue
			}
			if room == 0 {
				left["there may be no more"] = append(left["there may be no more"], who.ID())
				continue
			}
			room--
			r.expanded[who] = g.space
			facts := []access.Fact{
				{Kind: access.Exists, Object: who},
				{Kind: access.Product, Object: who, Value: access.GuestRole},
				{Kind: access.Role, Object: g.space, Subject: who, Value: g.role},
			}
			for _, f := range facts {
				origins[f.Identity()] = g.at
				if g.observed {
					scope.Single[f.Identity()] = access.Observe
				}
			}
			out = append(out, facts...)
			scope.Contents[access.Contents{Kind: access.Product, Object: who}] = access.Exclusive
		}
		for _, why := range slices.Sorted(maps.Keys(left)) {
			r.warnings = append(r.warnings, diag.Diagnostic{
				Code: "WR210", Severity: diag.Warning, Range: g.at,
				Summary: fmt.Sprintf("in %s, and no guests of %s by it: %s (%s)", noun(g.group), g.space.ID(), someOf(left[why]), why),
				Hint:    "take them out of the group where it is managed, or describe them otherwise",
			})
		}
	}
	return out
}

// noGuest says why a member of a group cannot be a guest by it; nothing if they
// can.
func (r *resolver) noGuest(who access.Ref, g guestGroup, live *access.View, pays people) string {
	d := r.Description.guests
	_, described := r.described[who]
	state, shut := r.live.Get(access.Fact{Kind: access.State, Object: who})
	policy := d.rules[g.space]
	_, domain, _ := strings.Cut(who.ID(), "@")
	switch other, by := r.expanded[who]; {
	case d.space[who] == g.space:
		return "" // their own entry says the same, or more
	case d.space[who] != "":
		return "described as a guest of " + d.space[who].ID()
	case described && slices.ContainsFunc(d.listed, func(e GuestEntry) bool { return e.Who == who }):
		return "described as a guest, who is only observed"
	case described:
		return "described under users"
	case by && other != g.space:
		return "a guest of " + other.ID() + " by another group"
	case shut:
		return state.Value + ", and given the space when they return"
	case pays[who]:
		return "who is or was a paid user cannot become a guest"
	case policy.Domains != nil && !slices.Contains(policy.Domains, domain):
		return "from outside the domains of " + g.space.ID()
	}
	return ""
}

// room is how many more guests a space may have than are described one by one; -1
// where nothing bounds it.
func (g guests) room(space access.Ref) int {
	most := g.rules[space].Max
	if !most.Set {
		return -1
	}
	n := most.Value
	for _, in := range g.space {
		if in == space {
			n--
		}
	}
	return max(n, 0)
}

// payers are the people who enter otherwise than as guests, or would by a group.
func (r *resolver) payers(live *access.View) people {
	out := make(people)
	if len(r.Description.guests.groups) == 0 {
		return out
	}
	for f := range r.live.OfKind(access.Exists) {
		if f.Object.IsPerson() && live.Person(f.Object) && !live.Guest(f.Object) {
			out[f.Object] = true
		}
	}
	for group := range r.live.OfKind(access.Product) {
		if group.Object.Type() != "group" || !slices.ContainsFunc(access.ProductRoles(group.Value), func(role string) bool { return role != access.GuestRole && access.LetsIn(role) }) {
			continue
		}
		for f := range r.live.Of(access.Member, group.Object) {
			out[f.Subject] = true
		}
	}
	return out
}

// someOf lists some of many names.
func someOf(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
