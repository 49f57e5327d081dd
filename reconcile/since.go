package reconcile

import (
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
)

// Since is how a plan differs from a former one, such as that of the last push of
// the same request.
type Since struct {
	OtherSite bool // they are for different sites, and nothing else is compared
	// New are changes that the former plan had not, Gone those that only it had.
	New, Gone []Planned
	Same      int // changes that both have
	// Losing are people who lose something that the former plan left them, and
	// Spared those to whom this one leaves something that the former took.
	Losing, Spared []string
}

// Since compares a plan with a former one.
func (p *Plan) Since(was *Plan) Since {
	if p.Site.ID != was.Site.ID || p.Site.Name != was.Site.Name {
		return Since{OtherSite: true}
	}
	type change struct {
		op        access.Op
		fact, was string
	}
	of := func(c Planned) change { return change{c.Op, c.Fact, c.Was} }
	without := func(a, b *Plan) (out []Planned) {
		there := make(map[change]bool, len(b.Changes))
		for _, c := range b.Changes {
			there[of(c)] = true
		}
		for _, c := range a.Changes {
			if !there[of(c)] {
				out = append(out, c)
			}
		}
		return out
	}
	s := Since{New: without(p, was), Gone: without(was, p)}
	s.Same = len(p.Changes) - len(s.New)
	now, then := p.losses(), was.losses()
	s.Losing, s.Spared = more(now, then), more(then, now)
	return s
}

// loss is one thing that somebody loses.
type loss struct{ person, object, permission string }

// losses gives everything that anybody loses: in spaces and on pages, and of the
// site as a whole.
func (p *Plan) losses() map[loss]bool {
	out := make(map[loss]bool)
	put := func(object string, permissions, people []string) {
		for _, who := range people {
			for _, what := range permissions {
				out[loss{who, object, what}] = true
			}
		}
	}
	for _, r := range p.Lost {
		put(r.Object, r.Permissions, r.People)
	}
	for _, i := range p.Impacts {
		if !i.Gains && i.Objects[0] == string(access.Site) {
			put(i.Objects[0], append(slices.Clip(i.Permissions), i.Is), i.People)
		}
	}
	return out
}

// more gives, in order, the people who lose something in one that they do not
// lose in the other.
func more(one, other map[loss]bool) []string {
	people := make(map[string]bool)
	for l := range one {
		if !other[l] {
			people[l.person] = true
		}
	}
	return slices.Sorted(maps.Keys(people))
}
