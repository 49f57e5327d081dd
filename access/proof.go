package access

import (
	"cmp"
	"slices"
)

// MostPaths is how many paths an explanation holds at most. A person in a hundred
// groups that all lead to one space is explained well enough by these.
const MostPaths = 100

// proof is a set of facts, sorted, that together give something.
type proof []Fact

func newProof(facts ...Fact) proof {
	slices.SortFunc(facts, Fact.Compare)
	return slices.Compact(facts)
}

// within reports whether every fact of p is in o.
func (p proof) within(o proof) bool {
	for _, f := range p {
		if _, ok := slices.BinarySearchFunc(o, f, Fact.Compare); !ok {
			return false
		}
	}
	return true
}

// proofs are alternatives: each gives the same, and none holds another. Shorter
// ones come first.
type proofs struct {
	list []proof
	more bool // there are others that were left out
}

// given needs no fact; nothing has no proof.
var (
	given   = proofs{list: []proof{nil}}
	nothing = proofs{}
)

func by(facts ...Fact) proofs { return proofs{list: []proof{newProof(facts...)}} }

// or gives the alternatives of both.
func (p proofs) or(o proofs) proofs {
	return minimal(slices.Concat(p.list, o.list), p.more || o.more)
}

// and gives what needs one of each.
func (p proofs) and(o proofs) proofs {
	var all []proof
	for _, x := range p.list {
		for _, y := range o.list {
			all = append(all, newProof(slices.Concat(x, y)...))
		}
	}
	return minimal(all, p.more || o.more)
}

// minimal leaves out proofs that hold another, and what is too much.
func minimal(all []proof, more bool) proofs {
	slices.SortFunc(all, func(a, b proof) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.CompareFunc(a, b, Fact.Compare))
	})
	out := proofs{more: more}
	for _, p := range all {
		switch {
		case slices.ContainsFunc(out.list, func(q proof) bool { return q.within(p) }):
		case len(out.list) == MostPaths:
			out.more = true
			return out
		default:
			out.list = append(out.list, p)
		}
	}
	return out
}

// prover finds proofs for one person, or the public.
type prover struct {
	*View
	person Ref
	number int32
	groups []Ref
}

// prover reports false for people who may not enter.
func (v *View) prover(person Ref) (*prover, bool) {
	i, ok := v.person(person)
	if !ok {
		return nil, false
	}
	return &prover{View: v, person: person, number: i, groups: v.groupsOf(i)}, true
}

// can proves that the person can do an operation. No proof means that they
// cannot.
func (p *prover) can(op string, object Ref) proofs {
	switch {
	case object == Site:
		return p.entering().and(p.onSite(op))
	case object.IsPage():
		return p.entering().and(p.onPage(op, p.page(object)))
	}
	return p.entering().and(p.inSpace(op, p.spaces[object]))
}

func (p *prover) entering() proofs {
	if p.person != Anonymous {
		return by(Fact{Kind: Exists, Object: p.person})
	}
	if p.beside.Globals {
		return by(Fact{Kind: Global, Object: Site, Verb: GlobalUse, Subject: Anonymous})
	}
	return given
}

func (p *prover) member(group Ref) Fact { return Fact{Kind: Member, Object: group, Subject: p.person} }

// product proves that the person holds a product role of some kind, themselves
// or through a group.
func (p *prover) product(is func(role string) bool) proofs {
	out := nothing
	for _, holder := range append([]Ref{p.person}, p.groups...) {
		for f := range p.facts.Of(Product, holder) {
			if !slices.ContainsFunc(ProductRoles(f.Value), is) {
				continue
			}
			if holder == p.person {
				out = out.or(by(f))
			} else {
				out = out.or(by(f, p.member(holder)))
			}
		}
	}
	return out
}

// licensed proves that the person is no guest: whoever does not hold the role
// guest needs no proof, others the role that makes them more.
func (p *prover) licensed() proofs {
	if p.person == Anonymous {
		return nothing
	}
	if len(p.product(func(role string) bool { return role == GuestRole }).list) == 0 {
		return given
	}
	return p.product(func(role string) bool { return role != GuestRole && LetsIn(role) })
}

func (p *prover) admin() proofs {
	return p.product(func(role string) bool { return role == AdminRole })
}

// super proves that the person is in the super-group.
func (p *prover) super() proofs {
	if !p.View.super.has(p.number) {
		return nothing
	}
	return by(p.member(p.beside.Super))
}

// reach proves that a grant to a principal reaches the person.
func (p *prover) reach(principal Ref) proofs {
	switch principal {
	case p.person, Anonymous:
		return given
	case Everyone, Authenticated:
		return p.licensed()
	case ProductAdmins:
		return p.admin()
	}
	if !slices.Contains(p.groups, principal) {
		return nothing
	}
	return by(p.member(principal)).and(p.licensed())
}

// holds proves that the person has a permission in a space.
func (p *prover) holds(id string, s *space) proofs {
	out := nothing
	if p.beside.Everything().Has(id) {
		out = p.super()
	}
	for f := range p.facts.Of(Role, s.ref) {
		if role := NewRef("space_role", f.Value); p.grants[role].Has(id) {
			out = out.or(p.reach(f.Subject).and(by(f, Fact{Kind: Grants, Object: role, Verb: id})))
		}
	}
	for f := range p.facts.Of(Permission, s.ref) {
		if f.Verb == id {
			out = out.or(p.reach(f.Subject).and(by(f)))
		}
	}
	return out
}

// any proves that the person has one of several permissions.
func (p *prover) any(ids []string, s *space) proofs {
	out := nothing
	for _, id := range ids {
		out = out.or(p.holds(id, s))
	}
	return out
}

func (p *prover) inSpace(op string, s *space) proofs {
	switch {
	case s == nil:
		return nothing
	case op == ToView:
		return p.holds(CanView, s)
	case op == ToAdminister:
		return p.holds(CanAdminister, s)
	case op != ToEdit:
		return p.holds(op, s)
	case s.archived:
		return nothing
	}
	return p.holds(CanView, s).and(p.any(editsSpace, s))
}

func (p *prover) onPage(op string, pg *page) proofs {
	if pg.space == nil || op != ViewPage && op != EditPage {
		return nothing
	}
	out := p.holds(CanView, pg.space)
	for _, lock := range pg.locks() {
		out = out.and(p.named(lock.ref, ViewPage))
	}
	switch {
	case op == ViewPage:
		return out
	case pg.space.archived:
		return nothing
	}
	out = out.and(p.any(p.beside.Editing(pg.ref.Type()), pg.space))
	if pg.edit != nil {
		out = out.and(p.named(pg.ref, EditPage))
	}
	return out
}

// named proves that the person passes a restriction that there is.
func (p *prover) named(page Ref, verb string) proofs {
	out := p.super()
	for f := range p.facts.Of(Restrict, page) {
		switch {
		case f.Verb != verb:
		case f.Subject == p.person:
			out = out.or(by(f))
		case slices.Contains(p.groups, f.Subject):
			out = out.or(by(f, p.member(f.Subject)))
		}
	}
	return out
}

func (p *prover) onSite(op string) proofs {
	if !slices.Contains(globals, op) {
		return nothing
	}
	if op == GlobalUse {
		return given
	}
	out := p.super().or(p.granted(op))
	if op == GlobalAdminister {
		out = out.or(p.admin()).or(p.granted(GlobalSystemAdminister))
	}
	return out
}

// granted proves that a global permission was granted to the person.
func (p *prover) granted(verb string) proofs {
	out := nothing
	for f := range p.facts.OfKind(Global) {
		if f.Verb == verb {
			out = out.or(p.reach(f.Subject).and(by(f)))
		}
	}
	return out
}
