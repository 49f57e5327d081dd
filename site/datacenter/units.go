package datacenter

import (
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
)

// Units splits changes as Data Center takes them. Each unit is one request, or a
// few that no crash can part with harm:
//
//	a group        its creation with its global permissions; its deletion with all that falls with it
//	the global permissions of a group, a person or a class, with the people whom they let in
//	a membership   one edge; there is no bulk write
//	a person       creation, access and state, with the memberships that give or take access
//	a space        its creation with exactly its permissions; its name and status; its deletion with all that falls with it
//	a space's permissions, of all principals
//	a page's restrictions
//
// The memberships that give access belong to the person who comes or goes for a
// reason: a person described as here, whom a group lets in, needs no permission
// of their own; one who goes must lose both; and one who only changes groups
// must not lose access on the way. So [Site.Do] gives a person the permission to
// use Confluence directly when, at that time, nothing else lets them in, and it
// knows from the unit alone whether they are to go.
func (terms) Units(changes []access.Change, live access.Set) [][]access.Change {
	u := splitter{driver.NewTurnover(changes, live, lets)}
	return driver.Units(changes, u.key)
}

type splitter struct{ driver.Turnover }

func object(r access.Ref) string   { return "object " + string(r) }
func globally(r access.Ref) string { return "globals " + string(r) }

// key names the unit that a change belongs to.
func (u splitter) key(c access.Change) string {
	f := c.Fact
	removes := c.Op == access.Remove
	if space := f.Object.Space(); removes && space.Type() == "space" && u.Gone[space] {
		return object(space) // all that is in it falls with it
	}
	switch f.Kind {
	case access.Exists:
		if g, ok := u.Opened[f.Object]; ok && c.Op == access.Add {
			return globally(g)
		}
		return object(f.Object)
	case access.State, access.Name, access.Status:
		return object(f.Object)
	case access.Product:
		return u.keyOfHeld(f.Object)
	case access.Global:
		return u.keyOfHeld(f.Subject)
	case access.Managed:
		if removes && u.Gone[f.Object] {
			return object(f.Object)
		}
	case access.Member:
		if r, along := u.Along(c); along {
			return object(r)
		}
	case access.Permission:
		switch {
		case !removes && u.Created[f.Object]:
			return object(f.Object)
		case removes && f.Subject.Type() == "group" && u.Gone[f.Subject], removes && u.Expelled[f.Subject]:
			return object(f.Subject)
		}
		return "permissions " + string(f.Object)
	case access.Restrict:
		if removes && f.Subject.Type() == "group" && u.Gone[f.Subject] {
			return object(f.Subject) // the name shows nowhere once the group is gone
		}
		return "restrictions " + string(f.Object)
	}
	return f.String()
}

// keyOfHeld is the unit of what a group, a person or a class holds on the site as
// a whole: with its coming and going, or by itself.
func (u splitter) keyOfHeld(r access.Ref) string {
	if _, opened := u.Opened[r]; u.Gone[r] || u.Expelled[r] || u.Created[r] && !opened {
		return object(r)
	}
	return globally(r)
}

// lead gives the change that a unit is about, by what it changes first.
func lead(unit []access.Change) access.Change {
	weight := func(c access.Change) int {
		switch f := c.Fact; {
		case f.Kind == access.Exists && !f.Object.IsPerson() && !f.Object.IsPage():
			return 0
		case f.Kind == access.Product && f.Object.Type() == "group":
			return 1
		case f.Kind == access.Exists && f.Object.IsPerson(), f.Kind == access.State:
			return 2
		case f.Kind == access.Product, f.Kind == access.Global:
			return 3
		}
		return 4
	}
	return slices.MinFunc(unit, func(a, b access.Change) int { return weight(a) - weight(b) })
}

// subjects counts those whom the changes of a unit are about.
func subjects(unit []access.Change) int {
	seen := make(map[access.Ref]bool)
	for _, c := range unit {
		seen[c.Fact.Subject] = true
	}
	return len(seen)
}

// Cost counts the requests of a unit: what is read before it is written whole,
// and what is written. Where it depends on who else lets a person in, that is
// left out.
func (terms) Cost(unit []access.Change, _ site.Observation) int {
	if len(unit) == 0 {
		return 0
	}
	c := lead(unit)
	adds := c.Op != access.Remove
	held := 0
	for _, o := range unit {
		if o.Fact.Kind == access.Product || o.Fact.Kind == access.Global {
			held = 2 // read, and replaced
		}
	}
	edges := 0
	for _, o := range unit {
		if o.Fact.Kind == access.Member {
			edges++
		}
	}
	batches := (subjects(unit) + maxSubjects - 1) / maxSubjects
	switch f := c.Fact; {
	case f.Kind == access.Exists && f.Object.Type() == "group" && adds:
		return 1 + held
	case f.Kind == access.Exists && f.Object.Type() == "group":
		return 1
	case f.Kind == access.Exists && f.Object.Type() == "space" && !adds:
		return 3 // the space as it is, the deletion, and its task
	case f.Kind == access.Exists && f.Object.Type() == "space":
		return 2 + batches
	case f.Kind == access.Exists && adds:
		return 4 + edges // looked up, created or enabled, let in, and asked for its groups
	case f.Kind == access.Exists:
		return 3 + edges
	case f.Kind == access.State:
		return 1
	case f.Kind == access.Product, f.Kind == access.Global:
		return 2
	case f.Kind == access.Name, f.Kind == access.Status:
		return len(unit) + 1
	case f.Kind == access.Permission:
		return 1 + batches
	case f.Kind == access.Restrict:
		return 3 // found, read, and replaced
	}
	return 1
}
