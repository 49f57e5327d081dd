package cloud

import (
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Cost counts the requests of a unit as [Site.Do] sends them, when the site is
// as it was read and nothing has to be looked up: the reads that a write rests on
// among them. What a site does unasked (a permission that brings another) and
// whether a person is in the directory already cannot be known beforehand.
func (t terms) Cost(unit []access.Change, live site.Observation) int {
	if len(unit) == 0 {
		return 0
	}
	c := lead(unit)
	switch f := c.Fact; {
	case f.Kind == access.Exists && f.Object.Type() == "group" && c.Op == access.Remove,
		f.Kind == access.Member && c.Op == access.Remove:
		return 1 + costOfKeeping(f.Object, live)
	case f.Kind == access.Exists && f.Object.Type() == "group":
		n := 1
		for _, c := range unit {
			if c.Fact.Kind == access.Product {
				n += len(roleList(c.Fact.Value))
			}
		}
		return n
	case f.Kind == access.Exists && f.Object.Type() == "space" && c.Op == access.Remove:
		return 4 // the space as it is, current and archived; the deletion, and its task
	case f.Kind == access.Exists && f.Object.Type() == "space":
		return costOfSpace(unit, live)
	case f.Kind == access.Exists && f.Object.Type() == "space_role" && c.Op == access.Add:
		return 1
	case f.Kind == access.Exists && f.Object.Type() == "space_role":
		return 2 // and its task
	case f.Kind == access.Grants:
		return 3 // the roles as they are, the write, its task
	case person(f.Object) && invitations(unit) > 1:
		return 2 // who is in the directory already, and the invitation
	case f.Kind == access.Exists, f.Kind == access.State, f.Kind == access.Product && person(f.Object):
		return costOfPerson(unit)
	case f.Kind == access.Product:
		was, will := roleList(c.Was), roleList(f.Value)
		if c.Op == access.Remove {
			was, will = will, nil
		}
		n := differing(was, will)
		if !slices.ContainsFunc(will, access.LetsIn) {
			n += costOfKeeping(f.Object, live)
		}
		return n
	case grantsInSpace(f):
		return costOfGrants(unit)
	case f.Kind == access.Restrict && t.restricted == keyRestricted:
		return 4 // a key, and its end
	case f.Kind == access.Restrict:
		return 2 // the page as it is, the write
	}
	return 1
}

// costOfKeeping counts asking whom a group lets in that is about to cease to:
// nobody else must lose access with it.
func costOfKeeping(group access.Ref, live site.Observation) int {
	held, _ := live.Facts.Get(access.Fact{Kind: access.Product, Object: group})
	if access.Opens(held.Value) {
		return 1
	}
	return 0
}

func differing(was, will []string) int {
	n := 0
	for _, r := range will {
		if !slices.Contains(was, r) {
			n++
		}
	}
	for _, r := range was {
		if !slices.Contains(will, r) {
			n++
		}
	}
	return n
}

// costOfSpace counts the creation of a space.
func costOfSpace(unit []access.Change, live site.Observation) int {
	n := 2 // the role mode, and the creation
	var grants []access.Change
	custom := live.Traits.Mode == site.ByPermissions
	for _, c := range unit {
		switch {
		case c.Fact.Kind == access.Status:
			n++
		case grantsInSpace(c.Fact):
			grants = append(grants, c)
			custom = custom || c.Fact.Kind == access.Permission
		}
	}
	switch {
	case custom && len(grants) > 0:
		n += costOfGrants(grants) - 1 // the role mode has been asked for
	case !custom && len(grants) == 0:
		n++ // what stands for no roles is taken away
	}
	return n
}

// costOfGrants counts the changes in spaces: the role mode once; for each space
// one request for roles, and for permissions one each and as many readings as
// there are phases, with one before and one after.
func costOfGrants(unit []access.Change) int {
	type space struct {
		roles  int
		given  map[access.Ref]bool
		custom []access.Change
	}
	spaces := make(map[access.Ref]*space)
	for _, c := range unit {
		sp := spaces[c.Fact.Object]
		if sp == nil {
			sp = &space{given: make(map[access.Ref]bool)}
			spaces[c.Fact.Object] = sp
		}
		if c.Fact.Kind == access.Role {
			sp.roles = 1
			sp.given[c.Fact.Subject] = sp.given[c.Fact.Subject] || c.Op != access.Remove
		} else {
			sp.custom = append(sp.custom, c)
		}
	}
	n := 0
	for _, sp := range spaces {
		n += sp.roles
		phases := make(map[int]bool)
		holders := make(map[access.Ref]bool)
		emptied := make(map[access.Ref]bool) // of whom the view goes, and all with it
		for _, c := range sp.custom {
			if c.Op == access.Remove && c.Fact.Verb == access.CanView {
				emptied[c.Fact.Subject] = true
			}
		}
		for _, c := range sp.custom {
			if c.Op == access.Remove && (sp.given[c.Fact.Subject] || emptied[c.Fact.Subject] && c.Fact.Verb != access.CanView) {
				continue
			}
			holders[c.Fact.Subject] = true
			phases[phaseOf(c)] = true
			n++
		}
		if len(phases) > 0 {
			n += len(holders) + len(phases) + 1
		}
	}
	if n > 0 {
		n++
	}
	return n
}

// phaseOf numbers the phase in which a permission is written.
func phaseOf(c access.Change) int {
	producer := slices.Contains(producers, c.Fact.Verb)
	switch {
	case c.Op == access.Remove && producer:
		return 0
	case c.Op == access.Remove:
		return 1
	case c.Fact.Verb == access.CanView:
		return 2
	case producer:
		return 3
	}
	return 4
}

// costOfPerson counts what is done to one person: each state, edge and product
// role is a request; of who comes it is supposed that they are invited.
func costOfPerson(unit []access.Change) int {
	n := 0
	var grants []access.Change
	comes, goes, edges, own := false, false, 0, 0
	for _, c := range unit {
		switch c.Fact.Kind {
		case access.Exists:
			comes, goes = c.Op == access.Add, c.Op == access.Remove
		case access.State:
			n++
			if c.Op == access.Modify {
				n++
			}
		case access.Member:
			edges++
		case access.Product:
			own = max(1, differing(roleList(c.Was), roleList(c.Fact.Value)))
		default:
			grants = append(grants, c)
		}
	}
	switch {
	case n > 0 && !comes && !goes:
	case comes && n > 0:
		n += 1 + edges // the directory's entry
		if own > 0 {
			n += 2 + own
		}
	case comes:
		n++ // the invitation has all of it
	case goes && n == 0:
		n += 2 + edges // the person's own roles, of which one is usual
	case own > 0:
		n += 2 + own
	}
	return n + costOfGrants(grants)
}
