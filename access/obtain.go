package access

import "slices"

// Way is one thing that somebody could do to get at what they cannot do now.
type Way string

// The ways. None of them is "can": each changes the site, and shows in its audit
// log.
const (
	// GiveThemselves: whoever manages a space's access gives themselves what is
	// missing; a product admin on Cloud any role in any space (evidence A1).
	GiveThemselves Way = "give_themselves"
	// Recover: an administrator of a Data Center site recovers the permissions of
	// a space (evidence, Domain: "recover permissions").
	Recover Way = "recover"
	// LiftRestriction: a space admin lifts a restriction, of pages that they cannot
	// view as well (evidence, Domain).
	LiftRestriction Way = "lift_restriction"
	// AdminKey: a product admin on Cloud opens an admin key, which passes
	// restrictions for a while, on the plans that have one.
	AdminKey Way = "admin_key"
	// JoinSuper: a system administrator joins the super-group.
	JoinSuper Way = "join_super"
	// Unarchive: whoever administers the space, or the product, brings it back.
	Unarchive Way = "unarchive"
)

// canManageUsers is the permission to give roles in a space.
const canManageUsers = "manage_users/space"

// Means is how somebody could obtain an operation: all of the ways, in order.
type Means struct {
	Ways  []Way
	Facts []Fact // what puts them in a position to: the shortest path to it
}

// CouldObtain gives the means by which a person who cannot do an operation now
// could come to, by what they may change themselves; none for somebody who can,
// and for whoever may not enter. Whether a manager may give more than they have
// depends on the site's mode, which is not among the facts: it is taken that
// they may (evidence A1).
func (v *View) CouldObtain(person Ref, op string, object Ref) []Means {
	p, enters := v.prover(person)
	if !enters || person == Anonymous || v.Can(person, op, object) {
		return nil
	}
	if object == Site {
		return p.obtainOnSite(op)
	}
	blocked := p.blocked(op, object)
	stands := func(o Obstacle) bool {
		return slices.ContainsFunc(blocked, func(b Blocker) bool { return b.Obstacle == o })
	}
	if stands(NoObject) || !slices.Contains(v.Operations(object), op) {
		return nil
	}
	lacks, restricted, archived := stands(Lacks) || stands(AsGuest), stands(Restricted), stands(Archived)
	ways := func(give, pass Way) []Way {
		var out []Way
		if lacks {
			out = append(out, give)
		}
		if restricted {
			out = append(out, pass)
		}
		if archived {
			out = append(out, Unarchive)
		}
		return out
	}
	s := v.spaces[object.Space()]
	var out []Means
	add := func(by proofs, ways []Way) {
		if len(by.list) > 0 {
			out = append(out, Means{ways, p.entering().and(by).list[0]})
		}
	}
	add(p.holds(CanAdminister, s), ways(GiveThemselves, LiftRestriction))
	if !restricted && !archived {
		add(p.holds(canManageUsers, s), ways(GiveThemselves, LiftRestriction))
	}
	system := p.granted(GlobalSystemAdminister)
	if v.beside.Super == "" {
		add(p.admin(), ways(GiveThemselves, LiftRestriction))
		if restricted {
			add(p.admin(), ways(GiveThemselves, AdminKey))
		}
		return out
	}
	add(p.admin().or(p.granted(GlobalAdminister)).or(system), ways(Recover, LiftRestriction))
	join := []Way{JoinSuper}
	if archived {
		join = append(join, Unarchive)
	}
	add(system, join)
	return out
}

// obtainOnSite: administrators grant global permissions, but only a system
// administrator makes another (documented: "Global Permissions Overview").
func (p *prover) obtainOnSite(op string) []Means {
	by := p.granted(GlobalSystemAdminister)
	if op != GlobalSystemAdminister {
		by = by.or(p.admin()).or(p.granted(GlobalAdminister))
	}
	if len(by.list) == 0 || !slices.Contains(globals, op) {
		return nil
	}
	return []Means{{[]Way{GiveThemselves}, p.entering().and(by).list[0]}}
}

// CouldWho gives the people who cannot do an operation now and could obtain it,
// in order.
func (v *View) CouldWho(op string, object Ref) []Ref {
	able := v.able(op, object)
	some := make(bitmap, v.words()) // who has any say at all
	some.or(v.admins)
	for _, verb := range []string{GlobalAdminister, GlobalSystemAdminister} {
		v.ableOnSite(verb, some)
	}
	for _, h := range v.holders(object.Space()) {
		if h.permits.Has(CanAdminister) || h.permits.Has(canManageUsers) {
			h.people.into(some)
		}
	}
	var out []Ref
	for i := range some.all() {
		if !able.has(i) && len(v.CouldObtain(v.refs[i], op, object)) > 0 {
			out = append(out, v.refs[i])
		}
	}
	return out
}
