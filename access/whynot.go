package access

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
)

// Remedy is an edit to a site that would let a person do what they cannot do
// now.
type Remedy struct {
	Changes []Change // in order
}

// mostRemedies is how many remedies are given.
const mostRemedies = 8

// WhyNot gives the smallest edits that would let a person, or the public
// ([Anonymous]), do an operation to an object: first the smallest, then others of
// which no change can be left out. There are none for somebody who can, and where
// no edit of facts helps (an object that is not there, people who are left out).
//
// An edit adds facts about the person, and removes what stands in their way:
// they come to be let in, join groups, are given a role or permissions in the
// space, are named in a restriction or have it lifted; a space is brought back
// from the archive. What is given to others cannot make it smaller, since what a
// group or a role would be given, the person can be given in as many changes.
//
// Of edits equally small, that comes first which joins a group, and of groups the
// one that holds least; then what is given to the person alone; then what opens
// something to others; and last what makes them an administrator of everything.
func (v *View) WhyNot(person Ref, op string, object Ref) []Remedy {
	if v.Can(person, op, object) || !slices.Contains(v.Operations(object), op) || object != Site && v.spaces[object.Space()] == nil ||
		slices.Contains(v.beside.Without, person) || person != Anonymous && !person.IsPerson() {
		return nil
	}
	s := newSearch(v, person, op, object)
	found := s.run()
	var out []Remedy
	for _, moves := range found {
		var changes []Change
		for _, m := range moves {
			changes = append(changes, m.changes...)
		}
		slices.SortFunc(changes, Change.Compare)
		r := Remedy{Changes: changes}
		if len(out) < mostRemedies && v.helps(r, person, op, object) && !slices.ContainsFunc(out, func(o Remedy) bool { return o.within(r) }) {
			out = append(out, r)
		}
	}
	return out
}

// helps proves a remedy: it is applied, and the question is asked again.
func (v *View) helps(r Remedy, person Ref, op string, object Ref) bool {
	return v.beside.View(v.aroundOf(person, object).Apply(r.Changes)).Can(person, op, object)
}

// within reports whether every change of r is in o.
func (r Remedy) within(o Remedy) bool {
	return !slices.ContainsFunc(r.Changes, func(c Change) bool { return !slices.Contains(o.Changes, c) })
}

// aroundOf gives the facts that decide what one person can do to one object: who
// they are, their groups, their space, and the pages on the way up.
func (v *View) aroundOf(person, object Ref) Set {
	on := map[Ref]bool{Site: true, object: true, object.Space(): true}
	for up, ok := v.beside.Parents[object]; ok && !on[up]; up, ok = v.beside.Parents[up] {
		on[up] = true
	}
	return v.facts.Filter(func(f Fact) bool {
		switch f.Kind {
		case Member:
			return f.Subject == person
		case Product:
			return f.Object == person || f.Object.Type() == "group"
		case Exists, State:
			return f.Object == person || on[f.Object]
		case Grants:
			return true
		}
		return on[f.Object]
	})
}

// A search divides the question into needs: one bit each, of which an edit has to
// meet all. Every need is met by moves, each a few changes that belong together,
// and what a set of moves meets is the union of what each does. Two things are
// no union, and are tried each way: the role that the person has in the space
// themselves, which a new one replaces, and whether they are a guest, whom
// groups and classes give nothing.
type search struct {
	*View
	person Ref
	op     string
	object Ref
	needs  []need
}

// need is one condition: any of its permissions, a restriction that is passed,
// an archive that is left, a site that is entered.
type need struct {
	enter    bool
	archived bool
	ids      []string // any of these in the space, or on the site
	page     Ref      // named by, or free of, the restriction of this page
	verb     string
}

// mask is a set of needs.
type mask uint32

// move is some changes that belong together.
type move struct {
	changes []Change
	meets   mask
	rank    int // lower is preferred
	extra   int // how much else it gives
}

// The ranks.
const (
	joins = iota
	gives
	opens
	crowns // makes an administrator of everything
)

func newSearch(v *View, person Ref, op string, object Ref) *search {
	s := &search{View: v, person: person, op: op, object: object}
	s.needs = []need{{enter: true}}
	if object == Site {
		if op != GlobalUse {
			s.needs = append(s.needs, need{ids: []string{op}})
		}
		return s
	}
	for _, ids := range v.needs(op, object) {
		s.needs = append(s.needs, need{ids: ids})
	}
	if v.spaces[object.Space()].archived && edits(op, object) {
		s.needs = append(s.needs, need{archived: true})
	}
	if object.IsPage() {
		pg := v.page(object)
		for _, lock := range pg.locks() {
			s.needs = append(s.needs, need{page: lock.ref, verb: ViewPage})
		}
		if op == EditPage && pg.edit != nil {
			s.needs = append(s.needs, need{page: object, verb: EditPage})
		}
	}
	return s
}

func (s *search) all() mask { return 1<<len(s.needs) - 1 }

// standing is how a person stands before any move: their groups, product roles
// and own grants, read from the facts, since a person who may not enter has none
// in the view.
type standing struct {
	groups []Ref
	guest  bool
	own    map[Ref]string // product roles: the values of facts, by holder
}

func (s *search) standing() standing {
	st := standing{own: make(map[Ref]string)}
	for f := range s.facts.OfKind(Member) {
		if f.Subject == s.person {
			st.groups = append(st.groups, f.Object)
		}
	}
	guest, licensed := false, false
	for _, holder := range append([]Ref{s.person}, st.groups...) {
		for f := range s.facts.Of(Product, holder) {
			st.own[holder] = f.Value
			for _, role := range ProductRoles(f.Value) {
				guest = guest || role == GuestRole
				licensed = licensed || role != GuestRole && LetsIn(role)
			}
		}
	}
	st.guest = guest && !licensed
	return st
}

// run finds the edits, best first.
func (s *search) run() [][]move {
	if len(s.needs) > 20 {
		return nil // nobody nests so many restrictions
	}
	st := s.standing()
	var found [][]move
	if st.guest {
		found = append(found, s.cover(st, s.moves(st, true), nil)...)
		for _, first := range s.licences(st) {
			found = append(found, s.cover(st.with(first), s.moves(st.with(first), false), []move{first})...)
		}
	} else {
		found = s.cover(st, s.moves(st, false), nil)
	}
	slices.SortStableFunc(found, func(a, b []move) int { return slices.Compare(weigh(a), weigh(b)) })
	return found
}

// weigh gives what edits are ordered by.
func weigh(moves []move) []int {
	out := make([]int, 3)
	for _, m := range moves {
		out[0] += len(m.changes)
		out[1] += 1 << (4 * m.rank)
		out[2] += m.extra
	}
	return out
}

// with gives the standing after a move that ends being a guest.
func (st standing) with(m move) standing {
	st.guest = false
	st.groups = slices.Clone(st.groups)
	for _, c := range m.changes {
		switch {
		case c.Fact.Kind == Member && c.Op == Add:
			st.groups = append(st.groups, c.Fact.Object)
		case c.Fact.Kind == Member:
			st.groups = slices.DeleteFunc(st.groups, func(g Ref) bool { return g == c.Fact.Object })
		}
	}
	return st
}

// licences are the moves that end being a guest.
func (s *search) licences(st standing) []move {
	var out []move
	for f := range s.facts.OfKind(Product) {
		if f.Object.Type() != "group" || slices.Contains(st.groups, f.Object) || !slices.ContainsFunc(ProductRoles(f.Value), func(role string) bool { return role != GuestRole && LetsIn(role) }) {
			continue
		}
		m := move{changes: []Change{{Op: Add, Fact: Fact{Kind: Member, Object: f.Object, Subject: s.person}}}, rank: joins, extra: s.weight(f.Object)}
		if slices.Contains(ProductRoles(f.Value), AdminRole) {
			m.rank = crowns
		}
		out = append(out, m)
	}
	user := Change{Op: Add, Fact: Fact{Kind: Product, Object: s.person, Value: "user"}}
	if was := st.own[s.person]; was != "" {
		user.Op, user.Was = Modify, was
	}
	out = append(out, move{changes: []Change{user}, rank: gives})
	return out
}

// weight is how much a group holds, in permissions: of two that help alike, who
// joins the one with less gets less beside. The readers of a space are so joined
// before its admins.
func (s *search) weight(group Ref) int {
	n := 0
	for _, sp := range s.spaces {
		for _, h := range sp.holders {
			if h.principal == group {
				n += len(h.permits.IDs())
			}
		}
	}
	for f := range s.facts.OfKind(Restrict) {
		if f.Subject == group {
			n++
		}
	}
	return n
}

// moves gives what may be done, and what each does by itself. A guest is not
// helped by groups but in restrictions.
func (s *search) moves(st standing, guest bool) []move {
	var out []move
	add := func(m move) {
		if m.meets != 0 {
			out = append(out, m)
		}
	}
	for i, n := range s.needs {
		bit := mask(1) << i
		switch {
		case n.enter && s.person == Anonymous:
			add(move{changes: []Change{{Op: Add, Fact: Fact{Kind: Global, Object: Site, Verb: GlobalUse, Subject: Anonymous}}}, meets: bit, rank: opens})
		case n.enter:
			add(move{changes: s.entry(), meets: bit, rank: gives})
		case n.archived:
			add(move{changes: []Change{{Op: Remove, Fact: Fact{Kind: Status, Object: s.object.Space(), Value: "archived"}}}, meets: bit, rank: opens})
		case n.page != "":
			if s.person != Anonymous {
				add(move{changes: []Change{{Op: Add, Fact: Fact{Kind: Restrict, Object: n.page, Verb: n.verb, Subject: s.person}}}, meets: bit, rank: gives})
			}
			lift := move{meets: bit, rank: opens}
			for _, f := range s.restriction(n.page, n.verb) {
				lift.changes = append(lift.changes, Change{Op: Remove, Fact: f})
			}
			add(lift)
		}
	}
	if s.person != Anonymous {
		for _, g := range s.groupsThatHelp() {
			if !slices.Contains(st.groups, g) {
				add(s.join(g, guest))
			}
		}
	}
	if s.object == Site {
		s.ownGlobals(st, add)
	} else {
		s.ownPermissions(add)
	}
	return cheapest(out)
}

// entry lets a person in: they come to exist, and what shuts them out ends.
func (s *search) entry() []Change {
	var out []Change
	for f := range s.facts.Of(State, s.person) {
		out = append(out, Change{Op: Remove, Fact: f})
	}
	if exists := (Fact{Kind: Exists, Object: s.person}); !s.facts.Has(exists) {
		out = append(out, Change{Op: Add, Fact: exists})
	}
	return out
}

// groupsThatHelp gives the groups that hold or are named in anything that matters
// here.
func (s *search) groupsThatHelp() []Ref {
	seen := make(map[Ref]bool)
	if s.beside.Super != "" {
		seen[s.beside.Super] = true
	}
	for _, h := range s.holders(s.object.Space()) {
		seen[h.principal] = true
	}
	for _, n := range s.needs {
		for _, f := range s.restriction(n.page, n.verb) {
			seen[f.Subject] = true
		}
	}
	for _, k := range []Kind{Product, Global} {
		for f := range s.facts.OfKind(k) {
			seen[f.Object], seen[f.Subject] = true, true
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(seen)), func(r Ref) bool { return r.Type() != "group" })
}

// join is to become a member of a group. One that would make a guest of the
// person helps nobody but guests.
func (s *search) join(g Ref, guest bool) move {
	m := move{changes: []Change{{Op: Add, Fact: Fact{Kind: Member, Object: g, Subject: s.person}}}, rank: joins}
	m.extra = s.weight(g)
	reached := map[Ref]bool{g: !guest}
	for f := range s.facts.Of(Product, g) {
		if slices.Contains(ProductRoles(f.Value), AdminRole) {
			m.rank = crowns
			reached[ProductAdmins] = true
		}
	}
	super := g == s.beside.Super
	if super {
		m.rank = crowns
	}
	for i, n := range s.needs {
		met := false
		switch {
		case n.page != "":
			met = super || slices.Contains(s.restriction(n.page, n.verb), Fact{Kind: Restrict, Object: n.page, Verb: n.verb, Subject: g})
		case n.ids != nil && s.object == Site:
			met = super || s.grantsOnSite(n.ids[0], reached)
		case n.ids != nil:
			met = super && slices.ContainsFunc(n.ids, s.beside.Everything().Has) || s.grantsInSpace(n.ids, reached)
		}
		if met {
			m.meets |= 1 << i
		}
	}
	return m
}

func (s *search) grantsInSpace(ids []string, principals map[Ref]bool) bool {
	return slices.ContainsFunc(s.holders(s.object.Space()), func(h holder) bool {
		return principals[h.principal] && slices.ContainsFunc(ids, h.permits.Has)
	})
}

func (s *search) grantsOnSite(op string, principals map[Ref]bool) bool {
	if op == GlobalAdminister && principals[ProductAdmins] {
		return true
	}
	for f := range s.facts.OfKind(Global) {
		if principals[f.Subject] && (f.Verb == op || op == GlobalAdminister && f.Verb == GlobalSystemAdminister) {
			return true
		}
	}
	return false
}

// ownGlobals are global permissions of the person's own.
func (s *search) ownGlobals(st standing, add func(move)) {
	for i, n := range s.needs {
		if n.ids == nil {
			continue
		}
		if s.op != GlobalAdminister {
			add(move{changes: []Change{{Op: Add, Fact: Fact{Kind: Global, Object: Site, Verb: s.op, Subject: s.person}}}, meets: 1 << i, rank: gives})
			continue
		}
		admin := Change{Op: Add, Fact: Fact{Kind: Product, Object: s.person, Value: AdminRole}}
		if was := st.own[s.person]; was != "" {
			admin.Op, admin.Was = Modify, was
		}
		if s.person != Anonymous {
			add(move{changes: []Change{admin}, meets: 1 << i, rank: crowns})
		}
	}
}

// ownPermissions are permissions of the person's own in the space, beside roles.
func (s *search) ownPermissions(add func(move)) {
	for i, n := range s.needs {
		for _, id := range n.ids {
			f := Fact{Kind: Permission, Object: s.object.Space(), Verb: id, Subject: s.person}
			add(move{changes: []Change{{Op: Add, Fact: f}}, meets: 1 << i, rank: gives, extra: 1})
		}
	}
}

// ownRoles are the roles that the person could have in the space. Each replaces
// the one they have.
func (s *search) ownRoles() []move {
	if s.object == Site {
		return nil
	}
	was, has := s.facts.Get(Fact{Kind: Role, Object: s.object.Space(), Subject: s.person})
	var out []move
	for role, permits := range s.grants {
		if has && role.ID() == was.Value {
			continue
		}
		c := Change{Op: Add, Fact: Fact{Kind: Role, Object: s.object.Space(), Subject: s.person, Value: role.ID()}}
		if has {
			c.Op, c.Was = Modify, was.Value
		}
		m := move{changes: []Change{c}, rank: gives, extra: len(permits.IDs())}
		for i, n := range s.needs {
			if slices.ContainsFunc(n.ids, permits.Has) {
				m.meets |= 1 << i
			}
		}
		out = append(out, m)
	}
	return cheapest(out)
}

// cheapest leaves, of moves that meet the same needs, the best of each rank:
// there are thousands of groups, and few ways to help.
func cheapest(moves []move) []move {
	type kind struct {
		meets mask
		rank  int
	}
	slices.SortFunc(moves, func(a, b move) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.changes), len(b.changes)), cmp.Compare(a.extra, b.extra),
			slices.CompareFunc(a.changes, b.changes, Change.Compare))
	})
	seen := make(map[kind]int)
	return slices.DeleteFunc(moves, func(m move) bool {
		k := kind{m.meets, m.rank}
		seen[k]++
		return seen[k] > 1 // the rest meet no more, and cost as much
	})
}

// met gives the needs that are met before any move; ownRole says whether the role
// that the person has in the space still counts.
func (s *search) met(st standing, ownRole bool) mask {
	reached := map[Ref]bool{s.person: true, Anonymous: true}
	if s.person != Anonymous && !st.guest {
		reached[Everyone], reached[Authenticated] = true, true
		for _, g := range st.groups {
			reached[g] = true
		}
	}
	super := slices.Contains(st.groups, s.beside.Super) && s.beside.Super != ""
	for _, holder := range append([]Ref{s.person}, st.groups...) {
		for f := range s.facts.Of(Product, holder) {
			if slices.Contains(ProductRoles(f.Value), AdminRole) {
				reached[ProductAdmins] = true
			}
		}
	}
	var out mask
	for i, n := range s.needs {
		met := false
		switch {
		case n.enter:
			_, met = s.View.person(s.person)
		case n.page != "":
			met = super || slices.ContainsFunc(s.restriction(n.page, n.verb), func(f Fact) bool {
				return f.Subject == s.person || slices.Contains(st.groups, f.Subject)
			})
		case n.ids != nil && s.object == Site:
			met = super || s.grantsOnSite(n.ids[0], reached)
		case n.ids != nil:
			met = super && slices.ContainsFunc(n.ids, s.beside.Everything().Has) ||
				slices.ContainsFunc(s.holders(s.object.Space()), func(h holder) bool {
					return reached[h.principal] && (ownRole || h.principal != s.person || h.role == "") && slices.ContainsFunc(n.ids, h.permits.Has)
				})
		}
		if met {
			out |= 1 << i
		}
	}
	return out
}

// cover gives the best sets of moves that meet every need: those with the role
// that the person has, and those with each other.
func (s *search) cover(st standing, moves []move, first []move) [][]move {
	var out [][]move
	out = append(out, s.coverFrom(s.met(st, true), moves, first)...)
	for _, role := range s.ownRoles() {
		start := s.met(st, false) | role.meets
		out = append(out, s.coverFrom(start, moves, append(slices.Clone(first), role))...)
	}
	return out
}

// coverFrom adds moves to those made until every need is met. It goes through the
// sets of needs from smaller to larger, and keeps the best few ways to each.
func (s *search) coverFrom(start mask, moves []move, made []move) [][]move {
	best := map[mask][][]move{start: {made}}
	for m := start; m <= s.all(); m++ {
		for _, way := range best[m] {
			next := s.firstUnmet(m)
			for _, mv := range moves {
				if mv.meets&next == 0 {
					continue
				}
				to := m | mv.meets
				best[to] = keepBest(append(best[to], append(slices.Clone(way), mv)))
			}
		}
	}
	return best[s.all()]
}

// firstUnmet gives the lowest need that is not met: some move has to meet it, so
// the others need not be tried for it.
func (s *search) firstUnmet(m mask) mask {
	return 1 << bits.TrailingZeros32(uint32(^m))
}

func keepBest(ways [][]move) [][]move {
	slices.SortStableFunc(ways, func(a, b []move) int { return slices.Compare(weigh(a), weigh(b)) })
	return ways[:min(len(ways), mostRemedies)]
}
