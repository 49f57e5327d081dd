package cloud

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/driver"
)

// Units splits changes as Cloud takes them. Each unit is one request, or a few
// that no crash can part with harm:
//
//	a group        its creation with its product role; its deletion with all that falls with it
//	a product role of a group, with the people whom it lets in
//	a membership   one edge; there is no bulk write
//	a person       invitation, access and state, with the memberships that give or take access
//	a space        its creation with exactly its access; its name and status; its deletion with all that falls with it
//	a space's role assignments, with the permissions that a role takes the place of
//	the permissions of one principal in one space, with the role that they take the place of
//	a guest        who comes, goes or changes space, with what they have in spaces
//	a page         its restrictions, for viewing and for editing
//	a space role   its creation or deletion; all that it grants
//	up to 25 people who are invited with the same product roles and groups
//
// The memberships that give the product belong to the person who comes or
// goes for a reason: a person described as here, whom a group lets in, needs
// no product role of their own; one who goes must lose both; and one who only
// changes groups must not lose access on the way. So [Site.Do] gives a person
// their own product role when, at that time, nothing else lets them in, and it
// knows from the unit alone whether they are to go.
func (terms) Units(changes []access.Change, live access.Set) [][]access.Change {
	u := newSplitter(changes, live)
	return u.invitedTogether(driver.Units(changes, u.key))
}

// maxInvited is how many people one invitation can name (published).
const maxInvited = 25

// invitedTogether joins the units of people who only come, each with the same
// product roles and groups as the others.
func (u *splitter) invitedTogether(units [][]access.Change) [][]access.Change {
	var out [][]access.Change
	room := make(map[string]int) // index of a unit that has room, by what its people get
	count := make(map[int]int)
	for _, unit := range units {
		as, ok := u.invitedAs(unit)
		if i, there := room[as]; ok && there && count[i] < maxInvited {
			out[i] = append(out[i], unit...)
			count[i]++
			continue
		}
		if ok {
			room[as], count[len(out)] = len(out), 1
		}
		out = append(out, unit)
	}
	return out
}

// invitedAs says what the person of a unit gets who only comes, as a key.
func (u *splitter) invitedAs(unit []access.Change) (key string, ok bool) {
	var who access.Ref
	var gets []string
	for _, c := range unit {
		switch f := c.Fact; {
		case c.Op != access.Add:
			return "", false
		case f.Kind == access.Exists && f.Object.Type() == "user" && !u.WithState[f.Object]:
			who = f.Object
		case f.Kind == access.Product && person(f.Object):
			gets = append(gets, "product "+f.Value)
		case f.Kind == access.Member:
			gets = append(gets, string(f.Object))
		default:
			return "", false
		}
	}
	slices.Sort(gets)
	return strings.Join(gets, "\n"), who != ""
}

type splitter struct {
	driver.Turnover
	given  map[hold]bool       // what comes to hold a role in a space
	custom map[hold]bool       // and permissions of its own
	guests map[access.Ref]bool // guests of whom everything is one unit
}

// hold is a principal in a space.
type hold struct{ space, principal access.Ref }

func newSplitter(changes []access.Change, live access.Set) *splitter {
	u := &splitter{
		Turnover: driver.NewTurnover(changes, live, access.Opens),
		given:    make(map[hold]bool), custom: make(map[hold]bool), guests: make(map[access.Ref]bool),
	}
	for _, c := range changes {
		switch r := c.Fact.Object; c.Fact.Kind {
		case access.Role:
			if c.Op != access.Remove {
				u.given[hold{r, c.Fact.Subject}] = true
			}
		case access.Permission:
			if c.Op == access.Add {
				u.custom[hold{r, c.Fact.Subject}] = true
			}
		}
	}
	u.findGuests(changes, live)
	return u
}

// findGuests finds the guests who come, go or change space. A guest has one
// space (evidence A9), so one must be taken before another is given; and what
// they had is gone when they return.
func (u *splitter) findGuests(changes []access.Change, live access.Set) {
	before, after := standings(live), standings(live.Apply(changes))
	guest := func(r access.Ref) bool {
		return person(r) && (before[r].guest && !before[r].pays || after[r].guest && !after[r].pays)
	}
	in := make(map[access.Ref]access.Ref)
	for _, c := range changes {
		switch f := c.Fact; {
		case grantsInSpace(f) && guest(f.Subject):
			if was, ok := in[f.Subject]; ok && was != f.Object {
				u.guests[f.Subject] = true
			}
			in[f.Subject] = f.Object
		case (f.Kind == access.Exists || f.Kind == access.State || f.Kind == access.Product) && guest(f.Object):
			u.guests[f.Object] = true
		}
	}
}

// key names the unit that a change belongs to.
func (u *splitter) key(c access.Change) string {
	f := c.Fact
	removes := c.Op == access.Remove
	own := "object " + string(f.Object)
	at := hold{f.Object, f.Subject}
	if space := f.Object.Space(); removes && space.Type() == "space" && u.Gone[space] && !u.guests[f.Subject] {
		return "object " + string(space) // all that is in it falls with it
	}
	if grantsInSpace(f) && u.guests[f.Subject] {
		return "object " + string(f.Subject)
	}
	switch f.Kind {
	case access.Exists:
		if g, ok := u.Opened[f.Object]; ok && c.Op == access.Add {
			return "product " + string(g)
		}
		return own
	case access.State, access.Name, access.Status, access.Grants:
		return own
	case access.Managed, access.Product:
		if person(f.Object) || u.Gone[f.Object] || u.Created[f.Object] {
			return own
		}
		return string(f.Kind) + " " + string(f.Object)
	case access.Member:
		if r, along := u.Along(c); along {
			return "object " + string(r)
		}
	case access.Role:
		role := access.NewRef("space_role", f.Value)
		switch {
		case removes && u.Gone[f.Object], !removes && u.Created[f.Object]:
			return own
		case removes && f.Subject.Type() == "group" && u.Gone[f.Subject]:
			return "object " + string(f.Subject)
		case removes && u.Gone[role]:
			return "object " + string(role)
		case removes && u.custom[at]:
			return "permissions " + string(f.Object) + " " + string(f.Subject)
		}
		return "roles " + string(f.Object)
	case access.Permission:
		switch {
		case removes && u.Gone[f.Object], !removes && u.Created[f.Object]:
			return own
		case removes && f.Subject.Type() == "group" && u.Gone[f.Subject]:
			return "object " + string(f.Subject)
		case removes && u.given[at]:
			return "roles " + string(f.Object)
		}
		return "permissions " + string(f.Object) + " " + string(f.Subject)
	case access.Restrict:
		return "restrictions " + string(f.Object)
	}
	return f.String()
}

// lead gives the change that a unit is about, by what it changes first.
func lead(unit []access.Change) access.Change {
	weight := func(c access.Change) int {
		switch f := c.Fact; {
		case f.Kind == access.Exists && !person(f.Object) && !f.Object.IsPage():
			return 0
		case f.Kind == access.Product:
			return 1
		case f.Kind == access.Exists && person(f.Object), f.Kind == access.State:
			return 2
		}
		return 3
	}
	return slices.MinFunc(unit, func(a, b access.Change) int { return weight(a) - weight(b) })
}
