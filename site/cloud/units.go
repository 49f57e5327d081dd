package cloud

import (
	"slices"

	"github.com/weirhq/weir/access"
)

// Units splits changes as Cloud takes them. Each unit is one request, or a few
// that no crash can part with harm:
//
//	a group        its creation with its product role; its deletion with all that falls with it
//	a product role of a group, with the people whom it lets in
//	a membership   one edge; there is no bulk write
//	a person       invitation, access and state, with the memberships that give or take access
//	a space        its creation with exactly its roles; its name and status
//	a space's role assignments
//	a space role   its creation or deletion; all that it grants
//
// The memberships that give the product belong to the person who comes or
// goes for a reason: a person described as here, whom a group lets in, needs
// no product role of their own; one who goes must lose both; and one who only
// changes groups must not lose access on the way. So [Site.Do] gives a person
// their own product role when, at that time, nothing else lets them in, and it
// knows from the unit alone whether they are to go.
func (s *Site) Units(changes []access.Change, live access.Set) [][]access.Change {
	u := newSplitter(changes, live)
	index := make(map[string]int)
	var units [][]access.Change
	for _, c := range changes {
		key := u.key(c)
		i, ok := index[key]
		if !ok {
			i = len(units)
			index[key] = i
			units = append(units, nil)
		}
		units[i] = append(units[i], c)
	}
	return units
}

type splitter struct {
	created   map[access.Ref]bool       // objects that come to be, people included
	gone      map[access.Ref]bool       // objects that go, people without a state included
	expelled  map[access.Ref]bool       // people who are removed from the directory
	openWas   map[access.Ref]bool       // groups that let people in, before
	openWill  map[access.Ref]bool       // and after
	opened    map[access.Ref]access.Ref // people who come, by the group that begins to let people in
	withState map[access.Ref]bool
}

func newSplitter(changes []access.Change, live access.Set) *splitter {
	u := &splitter{
		created: make(map[access.Ref]bool), gone: make(map[access.Ref]bool), expelled: make(map[access.Ref]bool),
		openWas: make(map[access.Ref]bool), openWill: make(map[access.Ref]bool),
		opened: make(map[access.Ref]access.Ref), withState: make(map[access.Ref]bool),
	}
	for f := range live.OfKind(access.Product) {
		u.openWas[f.Object] = opens(f.Value)
		u.openWill[f.Object] = u.openWas[f.Object]
	}
	for _, c := range changes {
		switch r := c.Fact.Object; c.Fact.Kind {
		case access.Exists:
			u.created[r] = u.created[r] || c.Op == access.Add
			u.gone[r] = u.gone[r] || c.Op == access.Remove
		case access.State:
			u.withState[r] = true
			u.expelled[r] = u.expelled[r] || c.Op != access.Remove && c.Fact.Value == removed
		case access.Product:
			u.openWill[r] = c.Op != access.Remove && opens(c.Fact.Value)
		}
	}
	// Who comes because a group of theirs begins to let people in.
	for f := range live.OfKind(access.Member) {
		g, p := f.Object, f.Subject
		if u.created[p] && !u.withState[p] && u.openWill[g] && !u.openWas[g] && !u.gone[g] {
			if first, ok := u.opened[p]; !ok || g < first {
				u.opened[p] = g
			}
		}
	}
	return u
}

// key names the unit that a change belongs to.
func (u *splitter) key(c access.Change) string {
	f := c.Fact
	removes := c.Op == access.Remove
	own := "object " + string(f.Object)
	switch f.Kind {
	case access.Exists:
		if g, ok := u.opened[f.Object]; ok && c.Op == access.Add {
			return "product " + string(g)
		}
		return own
	case access.State, access.Name, access.Status, access.Grants:
		return own
	case access.Managed, access.Product:
		if u.gone[f.Object] || u.created[f.Object] {
			return own
		}
		return string(f.Kind) + " " + string(f.Object)
	case access.Member:
		switch {
		case removes && u.gone[f.Object]:
			return own
		case removes && u.expelled[f.Subject],
			removes && u.gone[f.Subject] && !u.withState[f.Subject] && u.openWas[f.Object],
			!removes && u.created[f.Subject] && u.openWill[f.Object] && u.opened[f.Subject] == "":
			return "object " + string(f.Subject)
		}
	case access.Role:
		role := access.NewRef("space_role", f.Value)
		switch {
		case removes && u.gone[f.Object], !removes && u.created[f.Object]:
			return own
		case removes && f.Subject.Type() == "group" && u.gone[f.Subject]:
			return "object " + string(f.Subject)
		case removes && u.gone[role]:
			return "object " + string(role)
		}
		return "roles " + string(f.Object)
	}
	return f.String()
}

// lead gives the change that a unit is about, by what it changes first.
func lead(unit []access.Change) access.Change {
	weight := func(c access.Change) int {
		switch f := c.Fact; {
		case f.Kind == access.Exists && !person(f.Object):
			return 0
		case f.Kind == access.Product:
			return 1
		case f.Kind == access.Exists, f.Kind == access.State:
			return 2
		}
		return 3
	}
	return slices.MinFunc(unit, func(a, b access.Change) int { return weight(a) - weight(b) })
}
