package access

import (
	"fmt"
	"slices"
	"strings"
)

// Explanation says why a person can do an operation, or why not.
type Explanation struct {
	Can bool
	// Paths are the ways by which they can, shortest first. Each suffices by
	// itself, no fact of it can be left out, and there is no other unless More.
	// What only stands in the way of others, such as the names of a restriction
	// that they do not need, is in none.
	Paths []Path
	More  bool // there are further paths: see [MostPaths]
	// Blocked is everything that stands in the way of somebody who cannot.
	Blocked []Blocker
}

// Path is the facts that together give an operation.
type Path struct {
	Facts []Fact // in order
}

// Obstacle says in what way something stands in the way.
type Obstacle string

// The obstacles.
const (
	NoObject   Obstacle = "no_object"  // the facts do not speak of the space
	NoEntry    Obstacle = "no_entry"   // the person may not enter, or the public is not let in
	Lacks      Obstacle = "lacks"      // nothing that reaches them permits it
	AsGuest    Obstacle = "guest"      // it would reach them if they were no guest
	Restricted Obstacle = "restricted" // a restriction does not name them
	Archived   Obstacle = "archived"   // nobody edits in the space
)

// Blocker is one thing that stands in the way.
type Blocker struct {
	Obstacle Obstacle
	Object   Ref      // where it stands: the site, a space, or the page that is restricted
	Needs    []string // for Lacks and AsGuest: permissions of which any would do
	// Facts are what stands in the way: a state, the names of a restriction, the
	// product role of a guest and what would reach them otherwise. Where something
	// is only missing there are none.
	Facts []Fact
}

// String says it in a sentence without a full stop.
func (b Blocker) String() string {
	switch b.Obstacle {
	case NoObject:
		return fmt.Sprintf("%s is not there", b.Object)
	case NoEntry:
		return "may not enter this Confluence"
	case Lacks:
		return fmt.Sprintf("nothing gives %s in %s", strings.Join(b.Needs, " or "), b.Object)
	case AsGuest:
		return fmt.Sprintf("is a guest: what groups and classes have in %s does not reach guests", b.Object)
	case Restricted:
		return fmt.Sprintf("the restriction of %s does not name them", b.Object)
	case Archived:
		return fmt.Sprintf("%s is archived", b.Object)
	}
	return string(b.Obstacle)
}

// Why explains whether a person, or the public ([Anonymous]), can do an operation
// to an object.
func (v *View) Why(person Ref, op string, object Ref) Explanation {
	p, enters := v.prover(person)
	if !enters {
		return Explanation{Blocked: v.shutOut(person, object)}
	}
	found := p.can(op, object)
	e := Explanation{Can: len(found.list) > 0, More: found.more}
	for _, facts := range found.list {
		e.Paths = append(e.Paths, Path{facts})
	}
	if !e.Can {
		e.Blocked = p.blocked(op, object)
	}
	return e
}

// shutOut says why somebody may not enter, and whether the object is there at
// all.
func (v *View) shutOut(person, object Ref) []Blocker {
	entry := Blocker{Obstacle: NoEntry, Object: Site}
	for f := range v.facts.Of(State, person) {
		entry.Facts = append(entry.Facts, f)
	}
	out := []Blocker{entry}
	if object != Site && v.spaces[object.Space()] == nil {
		out = append(out, Blocker{Obstacle: NoObject, Object: object.Space()})
	}
	return out
}

// needs gives the permissions that an operation rests on in the space of the
// object: any of each list.
func (v *View) needs(op string, object Ref) [][]string {
	switch {
	case object.IsPage() && op == ViewPage, op == ToView:
		return [][]string{{CanView}}
	case object.IsPage() && op == EditPage:
		return [][]string{{CanView}, v.beside.Editing(object.Type())}
	case op == ToEdit:
		return [][]string{{CanView}, editsSpace}
	case op == ToAdminister:
		return [][]string{{CanAdminister}}
	}
	return [][]string{{op}}
}

// edits reports whether an operation is held up by an archived space.
func edits(op string, object Ref) bool {
	return object != Site && op == ToEdit // EditPage is the same word
}

func (p *prover) blocked(op string, object Ref) []Blocker {
	if object == Site {
		return p.lacking(Site, []string{op}, func(id string) []Fact {
			var out []Fact
			for f := range p.facts.OfKind(Global) {
				if f.Verb == id {
					out = append(out, f)
				}
			}
			return out
		})
	}
	s := p.spaces[object.Space()]
	if s == nil {
		return []Blocker{{Obstacle: NoObject, Object: object.Space()}}
	}
	var out []Blocker
	held := p.held(p.number, s.holders)
	for _, ids := range p.needs(op, object) {
		if !slices.ContainsFunc(ids, held.Has) {
			out = append(out, p.lacking(s.ref, ids, func(id string) []Fact { return p.grantsOf(id, s.ref) })...)
		}
	}
	if s.archived && edits(op, object) {
		out = append(out, Blocker{Obstacle: Archived, Object: s.ref, Facts: []Fact{{Kind: Status, Object: s.ref, Value: "archived"}}})
	}
	if !object.IsPage() {
		return out
	}
	pg := p.page(object)
	for _, lock := range pg.locks() {
		if !lock.view.has(p.number) {
			out = append(out, p.restricted(lock.ref, ViewPage))
		}
	}
	if op == EditPage && pg.edit != nil && !pg.edit.has(p.number) {
		out = append(out, p.restricted(object, EditPage))
	}
	return out
}

// lacking says that none of the permissions reaches the person: because they are
// a guest, if otherwise a group or a class would give it.
func (p *prover) lacking(where Ref, ids []string, grants func(id string) []Fact) []Blocker {
	if !p.guests.has(p.number) {
		return []Blocker{{Obstacle: Lacks, Object: where, Needs: ids}}
	}
	var through []Fact
	for _, id := range ids {
		for _, f := range grants(id) {
			switch {
			case f.Subject == Everyone || f.Subject == Authenticated:
				through = append(through, f)
			case slices.Contains(p.groups, f.Subject):
				through = append(through, f, p.member(f.Subject))
			}
		}
	}
	if len(through) == 0 {
		return []Blocker{{Obstacle: Lacks, Object: where, Needs: ids}}
	}
	for _, guest := range p.product(func(role string) bool { return role == GuestRole }).list {
		through = append(through, guest...)
	}
	return []Blocker{{Obstacle: AsGuest, Object: where, Needs: ids, Facts: newProof(through...)}}
}

// grantsOf gives the facts by which principals have a permission in a space.
func (v *View) grantsOf(id string, space Ref) []Fact {
	var out []Fact
	for f := range v.facts.Of(Role, space) {
		if v.grants[NewRef("space_role", f.Value)].Has(id) {
			out = append(out, f)
		}
	}
	for f := range v.facts.Of(Permission, space) {
		if f.Verb == id {
			out = append(out, f)
		}
	}
	return out
}

// restricted says that a restriction does not name the person.
func (v *View) restricted(page Ref, verb string) Blocker {
	return Blocker{Obstacle: Restricted, Object: page, Facts: v.restriction(page, verb)}
}

// restriction gives the facts of one restriction.
func (v *View) restriction(page Ref, verb string) []Fact {
	var out []Fact
	for f := range v.facts.Of(Restrict, page) {
		if f.Verb == verb {
			out = append(out, f)
		}
	}
	return out
}
