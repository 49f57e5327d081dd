package access

import (
	"cmp"
	"slices"
)

// Redundancy is what a site could do without: memberships, roles, permissions and
// names in restrictions whose removal changes what nobody can do, on the site, in
// any space and on any page, nor which product roles anybody holds. What people
// hold who may not enter is not among them: they need it when they come back.
type Redundancy struct {
	// Alone are the facts of which each can go by itself.
	Alone []Fact
	// Together is a set of them that can all go at once, and to which no other can
	// be added. Of two grants that cover each other, a grant to a person goes before
	// one to a group, and a grant before a membership.
	Together []Fact
}

// Redundant finds what a site could do without. Together is proved: the view is
// computed again without it, and compared.
func (v *View) Redundant() Redundancy {
	var out Redundancy
	t := newTrial(v)
	for _, f := range t.candidates() {
		if t.removable(f) {
			out.Alone = append(out.Alone, f)
		}
	}
	// Where the last name of a restriction goes, the restriction goes: what could
	// not be removed before can be after. So it is tried until nothing more goes.
	for left := slices.Clone(out.Alone); ; {
		n := len(left)
		left = slices.DeleteFunc(left, func(f Fact) bool {
			if !t.removable(f) {
				return false
			}
			t.remove(f)
			out.Together = append(out.Together, f)
			return true
		})
		if len(left) == n {
			break
		}
	}
	slices.SortFunc(out.Alone, Fact.Compare)
	slices.SortFunc(out.Together, Fact.Compare)
	if !v.sameWithout(out.Together) {
		out.Together = nil // never told without proof
	}
	return out
}

// sameWithout proves that nobody's access changes when the facts go.
func (v *View) sameWithout(gone []Fact) bool {
	without := newView(v.facts.Filter(func(f Fact) bool {
		_, in := slices.BinarySearchFunc(gone, f, Fact.Compare)
		return !in
	}), v.beside, v.roster)
	return len(Shifts(v, without)) == 0 && len(SiteShifts(v, without)) == 0
}

// trial is a view from which facts are taken one after another, and that can say
// whether taking one more would change anything. It looks only at the people and
// objects that the fact is about.
type trial struct {
	*View
	gone    map[Fact]bool
	held    map[Ref][]Ref  // by principal: spaces where it holds something
	named   map[Ref][]Fact // by principal: restrictions that name it
	globals map[Ref]bool   // principals with a global permission
}

func newTrial(v *View) *trial {
	t := &trial{
		View: v, gone: make(map[Fact]bool), held: make(map[Ref][]Ref), named: make(map[Ref][]Fact),
		globals: make(map[Ref]bool),
	}
	for ref, s := range v.spaces {
		for _, h := range s.holders {
			if !slices.Contains(t.held[h.principal], ref) {
				t.held[h.principal] = append(t.held[h.principal], ref)
			}
		}
	}
	for f := range v.facts.OfKind(Restrict) {
		t.named[f.Subject] = append(t.named[f.Subject], f)
	}
	for f := range v.facts.OfKind(Global) {
		t.globals[f.Subject] = true
	}
	return t
}

// candidates gives what may be redundant, in the order in which it is to go.
func (t *trial) candidates() []Fact {
	rank := func(f Fact) int {
		switch {
		case f.Kind == Member:
			return 2
		case f.Subject.IsPerson():
			return 0
		}
		return 1
	}
	var out []Fact
	for _, k := range []Kind{Member, Permission, Restrict, Role} {
		for f := range t.facts.OfKind(k) {
			if t.told(f.Subject) {
				out = append(out, f)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Fact) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

// told reports whether it can be told whom a grant to a principal reaches. People
// who may not enter need what they hold when they come back, and teams, apps and
// the classes of other products are not among the facts.
func (t *trial) told(principal Ref) bool {
	switch principal {
	case Everyone, Authenticated, ProductAdmins, Anonymous:
		return true
	}
	_, enters := t.person(principal)
	return enters || principal.Type() == "group"
}

func (t *trial) remove(f Fact) { t.gone[f] = true }

// removable reports whether one more fact can go. It is put back before the
// answer.
func (t *trial) removable(f Fact) bool {
	switch f.Kind {
	case Member:
		return t.memberRemovable(f)
	case Restrict:
		return t.nameRemovable(f)
	}
	for i := range t.reached[f.Subject].all() {
		if t.reaches(f.Subject, i) && t.changesSpace(i, f.Object, f) {
			return false
		}
	}
	return true
}

// same asks a question with and without a fact, and reports whether the answers
// are equal.
func (t *trial) same(f Fact, ask func() Permissions) bool {
	with := ask()
	t.gone[f] = true
	without := ask()
	delete(t.gone, f)
	return with == without
}

func (t *trial) changesSpace(i int32, space Ref, f Fact) bool {
	return !t.same(f, func() Permissions { return t.rights(i, space) })
}

// in reports whether a person is still in a group.
func (t *trial) in(group Ref, i int32) bool {
	c := t.members[group]
	return c != nil && c.has(i) && !t.gone[Fact{Kind: Member, Object: group, Subject: t.refs[i]}]
}

// reaches reports whether a grant to a principal still reaches a person. Who is a
// guest, and who an admin, never changes: memberships by which somebody holds a
// product role stay.
func (t *trial) reaches(principal Ref, i int32) bool {
	c := t.reached[principal]
	return c != nil && c.has(i) && (principal.Type() != "group" || t.in(principal, i))
}

// rights gives what a person may do in a space with what is left.
func (t *trial) rights(i int32, ref Ref) Permissions {
	if t.all(i) {
		return t.unions.of(t.beside.Everything(), t.own(i, ref))
	}
	return t.own(i, ref)
}

func (t *trial) own(i int32, ref Ref) Permissions {
	var out Permissions
	for _, h := range t.holders(ref) {
		if h.permits == "" || !h.people.has(i) || !t.reaches(h.principal, i) {
			continue
		}
		left := t.left(h, ref)
		out = t.unions.of(out, left)
	}
	return out
}

// left gives what is left of what a principal holds in a space.
func (t *trial) left(h holder, ref Ref) Permissions {
	if h.role != "" {
		if t.gone[Fact{Kind: Role, Object: ref, Subject: h.principal, Value: h.role}] {
			return ""
		}
		return h.permits
	}
	if h.super {
		return ""
	}
	var ids []string
	whole := true
	for _, id := range h.permits.IDs() {
		if t.gone[Fact{Kind: Permission, Object: ref, Verb: id, Subject: h.principal}] {
			whole = false
		} else {
			ids = append(ids, id)
		}
	}
	if whole {
		return h.permits
	}
	return NewPermissions(ids...)
}

// memberRemovable reports whether a membership can go: it gives no product role
// that the person does not hold otherwise, no right in a space, no global
// permission, and no way past a restriction.
func (t *trial) memberRemovable(f Fact) bool {
	i, ok := t.person(f.Subject)
	if !ok {
		return false
	}
	if !t.same(f, func() Permissions { return t.products(i) }) ||
		(t.globals[f.Object] || f.Object == t.beside.Super) && !t.same(f, func() Permissions { return t.globalRights(i) }) {
		return false
	}
	for _, space := range t.held[f.Object] {
		if t.changesSpace(i, space, f) {
			return false
		}
	}
	names := t.named[f.Object]
	if f.Object == t.beside.Super {
		names = slices.Collect(t.facts.OfKind(Restrict))
	}
	for _, name := range names {
		if !t.gone[name] && t.stops(i, name, f) {
			return false
		}
	}
	return true
}

// products gives the product roles that a person holds with what is left.
func (t *trial) products(i int32) Permissions {
	var ids []string
	hold := func(holder Ref) {
		for p := range t.facts.Of(Product, holder) {
			ids = append(ids, ProductRoles(p.Value)...)
		}
	}
	hold(t.refs[i])
	for _, g := range t.groupsOf(i) {
		if t.in(g, i) {
			hold(g)
		}
	}
	return NewPermissions(ids...)
}

// globalRights gives the global permissions that reach a person with what is
// left.
func (t *trial) globalRights(i int32) Permissions {
	if t.all(i) {
		return NewPermissions(globals...)
	}
	ids := []string{GlobalUse} // nobody else is asked about
	if t.admins.has(i) {       // by a product role, which nobody loses
		ids = append(ids, GlobalAdminister)
	}
	for g := range t.facts.OfKind(Global) {
		if !t.reaches(g.Subject, i) {
			continue
		}
		if ids = append(ids, g.Verb); g.Verb == GlobalSystemAdminister {
			ids = append(ids, GlobalAdminister)
		}
	}
	return NewPermissions(ids...)
}

// stops reports whether a person who gets as far as the restriction that a name
// is in, and passes it, no longer would if the fact went.
func (t *trial) stops(i int32, name, f Fact) bool {
	passes := func() Permissions {
		if t.passesAt(i, name.Object, name.Verb) {
			return "passes"
		}
		return ""
	}
	return !t.same(f, passes) && t.arrives(i, t.page(name.Object), name.Verb)
}

// passesAt reports whether a person is named in a restriction.
func (t *trial) passesAt(i int32, page Ref, verb string) bool {
	for f := range t.facts.Of(Restrict, page) {
		if f.Verb == verb && !t.gone[f] && (f.Subject == t.refs[i] || t.in(f.Subject, i)) {
			return true
		}
	}
	return t.all(i)
}

// all reports whether a person is still in the super-group.
func (t *trial) all(i int32) bool { return t.super.has(i) && t.in(t.beside.Super, i) }

// nameRemovable reports whether a name can be taken out of a restriction. The
// last one lifts the restriction, which changes nothing if everybody else was
// kept out anyway.
func (t *trial) nameRemovable(f Fact) bool {
	last := true
	for o := range t.facts.Of(Restrict, f.Object) {
		if o != f && o.Verb == f.Verb && !t.gone[o] {
			last = false
		}
	}
	if last {
		return t.liftable(f)
	}
	for i := range t.passers(f.Subject).all() {
		if t.stops(i, f, f) {
			return false
		}
	}
	return true
}

// liftable reports whether everybody who gets as far as a restriction passes it.
func (t *trial) liftable(f Fact) bool {
	pg := t.page(f.Object)
	for i := range t.enters.all() {
		if i != public && t.passesAt(i, f.Object, f.Verb) {
			continue
		}
		if t.arrives(i, pg, f.Verb) {
			return false
		}
	}
	return true
}

// arrives reports whether a person gets as far as a restriction of a page: the
// space lets them, and so does every restriction above, and for editing that of
// viewing the page.
func (t *trial) arrives(i int32, pg *page, verb string) bool {
	if pg.space == nil {
		return false
	}
	held := t.rights(i, pg.space.ref)
	if !held.Has(CanView) || verb == EditPage && (pg.space.archived || !slices.ContainsFunc(t.beside.Editing(pg.ref.Type()), held.Has)) {
		return false
	}
	for _, lock := range pg.locks() {
		if lock == pg && verb == ViewPage {
			continue
		}
		if t.isRestricted(lock.ref) && (i == public || !t.passesAt(i, lock.ref, ViewPage)) {
			return false
		}
	}
	return true
}

// isRestricted reports whether anything is left of a page's view restriction.
func (t *trial) isRestricted(page Ref) bool {
	for f := range t.facts.Of(Restrict, page) {
		if f.Verb == ViewPage && !t.gone[f] {
			return true
		}
	}
	return false
}
