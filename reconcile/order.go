package reconcile

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Order puts the units of a plan into an order in which every prefix is safe,
// as [Simulation] defines it, and gives each its stable id. It is pure: the
// same units in any order give the same steps.
//
// The units are tried by rank, and a unit that would do harm now waits until
// others have made it harmless:
//
//	0 people, groups and roles come to be  (nobody can do anything more yet)
//	1 administration is granted
//	2 what is open to the public is closed, and pages are restricted
//	3 other grants, new spaces with their roles
//	4 other removals
//	5 administration is taken
//	6 people go
//	7 groups and roles go, and groups cease to let people in: whoever goes by
//	  the same plan is gone by then, and is not kept in by a role of their own
//
// Where no unit is harmless (two groups that swap roles and members at once),
// the one that takes something away for a while is chosen before one that
// opens something for a while, and its step carries a Finding that says so.
func Order(sim *Simulation, units [][]access.Change) []site.Step {
	pending := make([]ranked, len(units))
	mentions := make(map[access.Ref]int) // how many pending units speak of an object
	for i, u := range units {
		u = slices.SortedFunc(slices.Values(u), access.Change.Compare)
		pending[i] = ranked{unit: u, rank: sim.rank(u)}
		for r := range spokenOf(u) {
			mentions[r]++
		}
	}
	slices.SortFunc(pending, func(a, b ranked) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return slices.CompareFunc(a.unit, b.unit, access.Change.Compare)
	})

	var steps []site.Step
	emit := func(u []access.Change, finding string) {
		for r := range spokenOf(u) {
			mentions[r]--
		}
		steps = append(steps, site.Step{ID: stepID(u), Changes: u, Finding: finding})
	}
	for len(pending) > 0 {
		waiting := pending[:0:0]
		for _, p := range pending {
			if !sim.movable(p.unit, mentions) {
				waiting = append(waiting, p)
				continue
			}
			if harm := sim.Try(p.unit); !harm.None() {
				sim.Undo(p.unit)
				waiting = append(waiting, p)
				continue
			}
			emit(p.unit, "")
		}
		if len(waiting) == len(pending) {
			i := sim.leastHarmful(waiting, mentions)
			harm := sim.Try(waiting[i].unit)
			emit(waiting[i].unit, harm.String())
			waiting = slices.Delete(waiting, i, i+1)
		}
		pending = waiting
	}
	return steps
}

type ranked struct {
	unit []access.Change
	rank int
}

// movable reports whether a unit can be done now: what it needs is there, and
// nobody still speaks of what it removes. A group lets nobody in as long as
// somebody is in it who is to leave it: they would be let in for a moment, and the
// product could not tell that from access that they had.
func (s *Simulation) movable(unit []access.Change, mentions map[access.Ref]int) bool {
	if _, ready := s.Ready(unit); !ready {
		return false
	}
	for _, c := range unit {
		if c.Op == access.Remove && c.Fact.Kind == access.Exists && mentions[c.Fact.Object] > 1 {
			return false
		}
		if c.Op != access.Remove && c.Fact.Kind == access.Product && s.awaited(unit, c.Fact, mentions) {
			return false
		}
	}
	return true
}

// awaited reports whether a product fact would let somebody in whom the unit does
// not bring, and of whom other units still speak.
func (s *Simulation) awaited(unit []access.Change, product access.Fact, mentions map[access.Ref]int) bool {
	if !access.Opens(product.Value) {
		return false
	}
	brings := spokenOf(unit)
	for p := range s.members[product.Object] {
		if !s.exists[p] && !s.states[p] && !brings[p] && mentions[p] > 0 {
			return true
		}
	}
	return false
}

// leastHarmful picks the unit that opens nothing if there is one.
func (s *Simulation) leastHarmful(waiting []ranked, mentions map[access.Ref]int) int {
	best, bestScore := 0, -1
	for i, p := range waiting {
		score := 0
		if s.movable(p.unit, mentions) {
			harm := s.Try(p.unit)
			s.Undo(p.unit)
			score = 1
			if len(harm.Exposed) == 0 {
				score = 2
				if len(harm.Unattended) == 0 {
					score = 3
				}
			}
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	return best
}

// rank says how early a unit may go.
func (s *Simulation) rank(unit []access.Change) int {
	rank := 0
	for _, c := range unit {
		f, gives, takes := c.Fact, c.Op != access.Remove, c.Op != access.Add
		switch {
		case f.Kind == access.Exists && takes && f.Object.IsPerson():
			return 6
		case f.Kind == access.Exists && takes, f.Kind == access.Product && c.Op == access.Remove && f.Object.Type() == "group":
			return 7
		case f.Kind == access.Exists && f.Object.Type() != "space":
			continue
		case takes && f.Subject == access.Anonymous, gives && f.Kind == access.Restrict:
			return 2
		case gives && s.administers(f):
			return 1
		case takes && s.administers(f):
			rank = max(rank, 5)
		case gives:
			rank = max(rank, 3)
		default:
			rank = max(rank, 4)
		}
	}
	return rank
}

// administers reports whether a fact makes somebody the administrator of a
// space.
func (s *Simulation) administers(f access.Fact) bool {
	holds := func(role string) bool {
		return s.after.Grants(access.NewRef("space_role", role)).Has(access.CanAdminister) ||
			s.before.Grants(access.NewRef("space_role", role)).Has(access.CanAdminister)
	}
	switch f.Kind {
	case access.Role:
		return holds(f.Value)
	case access.Grants, access.Permission:
		return f.Verb == access.CanAdminister
	case access.Member:
		for space := range s.held[f.Object] {
			if holds(s.roles[space][f.Object]) || s.custom[space][f.Object].Has(access.CanAdminister) {
				return true
			}
		}
	}
	return false
}

// spokenOf gives the objects that a unit speaks of.
func spokenOf(unit []access.Change) map[access.Ref]bool {
	out := make(map[access.Ref]bool)
	for _, c := range unit {
		out[c.Fact.Object] = true
		if c.Fact.Subject != "" {
			out[c.Fact.Subject] = true
		}
		if c.Fact.Kind == access.Role {
			out[access.NewRef("space_role", c.Fact.Value)] = true
			if c.Was != "" {
				out[access.NewRef("space_role", c.Was)] = true
			}
		}
	}
	return out
}

// stepID is stable: it depends on what the step does and on nothing else.
func stepID(unit []access.Change) string {
	h := sha256.New()
	for _, c := range unit {
		fmt.Fprintln(h, c)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// String says the harm in words, or nothing.
func (h Harm) String() string {
	var parts []string
	say := func(refs []access.Ref, what string) {
		if len(refs) == 0 {
			return
		}
		who := refs[0].String()
		if n := len(refs) - 1; n > 0 {
			who += fmt.Sprintf(" and %d more", n)
		}
		parts = append(parts, who+" "+what)
	}
	say(h.Exposed, "can do more than before or after until the apply ends")
	say(h.Interrupted, "cannot do something they keep until the apply ends")
	say(h.Unattended, "has too few admins until the apply ends")
	return strings.Join(parts, "; ")
}
