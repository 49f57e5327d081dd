package access

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// View answers who can do what on a site, and why. It is computed from the facts
// and what stands beside them, and never changes: it may be asked from several
// goroutines at once.
//
// "Can" is what holds now. What somebody could get by a right to change access
// is told apart from it, by [View.CouldObtain].
//
// The rules, for spaces:
//   - a person has the union of what their groups, their own grants and the
//     classes they belong to hold; there is no deny (evidence, Domain: "Additive").
//   - a person who may not enter (no `exists` fact, or a `state`) can do nothing,
//     whatever groups they are in: "Adding someone to the site gives access to no
//     space by itself", and a deactivated account keeps its groups.
//   - a role is what its `grants` facts say, never its name or rank; what a
//     principal has beside roles is its `permission` facts.
//   - everyone and authenticated are all people who may enter, guests excepted;
//     product_admins are those who hold the product role admin, themselves or
//     through a group.
//   - a guest, who has no other product role that lets people in, has what they
//     are given themselves and what is public: nothing reaches them through a
//     group or a class (evidence A9).
//   - anonymous is the public: whoever it grants something to, it grants to
//     every person as well. Where the site does not let the public in, only the
//     people have it.
//   - a member of the super-group ([Beside].Super) has everything.
//   - nobody edits in an archived space.
//
// For pages and blog posts, after the space lets somebody view it:
//   - a page restricted to some is viewed by those who are named, themselves or
//     through a group, and so is everything below it: every restriction on the
//     way up must be passed. The public passes none (evidence A10).
//   - whoever views a page edits it where the space lets them edit its type
//     ([Beside].Permissions), the space is not archived, and the page's own edit
//     restriction, if it has one, names them. Those of pages above do not count.
//   - a member of the super-group passes every restriction.
type View struct {
	*society
	facts  Set
	beside Beside
	spaces map[Ref]*space
	pages  map[Ref]*page
	grants map[Ref]Permissions // by space role
	site   map[string]*crowd   // by global permission: who was granted it
	sets   *lexicon            // what holders are permitted
	unions *unions

	spaceOrder, pageOrder []Ref
}

// space is one space and who holds what in it.
type space struct {
	ref      Ref
	archived bool
	holders  []holder
}

// holder is one principal with what it is permitted in a space, by a role or
// beside.
type holder struct {
	principal Ref
	role      string // empty for what it has beside roles
	people    *crowd // whom it reaches
	permits   Permissions
	set       int32 // the number of what it is permitted, in the view's lexicon
	parts     summary
	super     bool // it is the super-group, by what it is
}

// With computes a view of other facts of the same site, such as those that a plan
// leads to. It numbers people alike as far as that is possible, so that comparing
// the two is fast.
func (v *View) With(facts Set) *View {
	r := numbered(facts)
	if v.roster.covers(r) {
		r = v.roster
	}
	return newView(facts, v.beside, r)
}

// NewView computes a view of facts beside which nothing is known but people to
// leave out.
func NewView(facts Set, without ...Ref) *View {
	return Beside{Without: without}.View(facts)
}

// View computes a view of the facts. It takes time in proportion to the facts.
func (b Beside) View(facts Set) *View { return newView(facts, b, numbered(facts)) }

// newView computes a view with the numbers of a roster that covers the facts.
func newView(facts Set, beside Beside, r *roster) *View {
	v := &View{
		society: newSociety(facts, beside, r),
		facts:   facts,
		beside:  beside,
		spaces:  make(map[Ref]*space),
		pages:   make(map[Ref]*page),
		grants:  make(map[Ref]Permissions),
		sets:    newLexicon(),
		unions:  &unions{known: make(map[[2]Permissions]Permissions)},
	}
	v.readGrants()
	v.readSpaces()
	v.readSite()
	v.readPages()
	v.spaceOrder = slices.Sorted(maps.Keys(v.spaces))
	v.pageOrder = slices.Sorted(maps.Keys(v.pages))
	return v
}

// Beside gives what the view was computed with beside the facts.
func (v *View) Beside() Beside { return v.beside }

// Facts gives the facts that the view was computed from.
func (v *View) Facts() Set { return v.facts }

func (v *View) readGrants() {
	ids := make(map[Ref][]string)
	for f := range v.facts.OfKind(Grants) {
		ids[f.Object] = append(ids[f.Object], f.Verb)
	}
	for role, list := range ids {
		v.grants[role] = NewPermissions(list...)
	}
}

func (v *View) readSpaces() {
	for f := range v.facts.OfKind(Exists) {
		if f.Object.Type() == "space" {
			v.space(f.Object)
		}
	}
	for f := range v.facts.OfKind(Role) {
		v.space(f.Object).hold(v, f.Subject, f.Value, v.Grants(NewRef("space_role", f.Value)))
	}
	custom := make(map[[2]Ref][]string)
	for f := range v.facts.OfKind(Permission) {
		k := [2]Ref{f.Object, f.Subject}
		custom[k] = append(custom[k], f.Verb)
	}
	for k, ids := range custom {
		v.space(k[0]).hold(v, k[1], "", NewPermissions(ids...))
	}
	for f := range v.facts.OfKind(Status) {
		if s := v.spaces[f.Object]; s != nil && f.Value == "archived" {
			s.archived = true
		}
	}
	everything := v.beside.Everything()
	for _, s := range v.spaces {
		if !v.super.empty() {
			s.holders = append(s.holders, holder{v.beside.Super, "", v.super, everything, v.sets.of(everything), summarise(everything), true})
		}
		slices.SortFunc(s.holders, func(a, b holder) int { return a.compare(&b) })
	}
}

// space gives the space of a name, and makes it known.
func (v *View) space(ref Ref) *space {
	s := v.spaces[ref]
	if s == nil {
		s = &space{ref: ref}
		v.spaces[ref] = s
	}
	return s
}

func (s *space) hold(v *View, principal Ref, role string, permits Permissions) {
	s.holders = append(s.holders, holder{principal, role, v.reached[principal], permits, v.sets.of(permits), summarise(permits), false})
}

// compare orders holders by principal, and what one has by a role and beside it.
func (h *holder) compare(o *holder) int {
	if n := strings.Compare(string(h.principal), string(o.principal)); n != 0 {
		return n
	}
	return strings.Compare(string(h.permits), string(o.permits))
}

// Grants gives what a space role permits.
func (v *View) Grants(role Ref) Permissions { return v.grants[role] }

// Known reports whether the facts speak of an object that something can be done
// to. A page that they do not speak of is answered for as if nothing restricted
// it, which is right where restrictions of the whole space were read.
func (v *View) Known(object Ref) bool {
	return object == Site || v.spaces[object] != nil || v.pages[object] != nil
}

// Objects gives every known object: the site, and spaces, pages and blog posts in
// order.
func (v *View) Objects() []Ref {
	out := slices.Concat(v.spaceOrder, v.pageOrder)
	slices.Sort(out)
	return append([]Ref{Site}, out...)
}

// Operations gives what can be asked of an object, in order: see [ToView].
func (v *View) Operations(object Ref) []string {
	switch {
	case object == Site:
		return globals
	case object.IsPage():
		return []string{EditPage, ViewPage}
	}
	ids := slices.Clone(Summaries)
	for _, p := range v.grants {
		ids = append(ids, p.IDs()...)
	}
	for _, h := range v.holders(object) {
		ids = append(ids, h.permits.IDs()...)
	}
	for id := range v.beside.Permissions {
		ids = append(ids, id)
	}
	return NewPermissions(ids...).IDs()
}

func (v *View) holders(object Ref) []holder {
	if s := v.spaces[object]; s != nil {
		return s.holders
	}
	return nil
}

// Rights gives everything that a person, or the public ([Anonymous]), may do to
// an object, in the product's own words: the summaries of a space are not in it.
func (v *View) Rights(person, object Ref) Permissions {
	i, ok := v.person(person)
	if !ok {
		return ""
	}
	switch {
	case object == Site:
		return v.siteRights(i)
	case object.IsPage():
		return v.pageRights(i, v.page(object))
	}
	return v.held(i, v.holders(object))
}

// held gives what reaches a person of what principals hold.
func (v *View) held(i int32, holders []holder) Permissions {
	var out Permissions
	for _, h := range holders {
		if h.people.has(i) {
			out = v.unions.of(out, h.permits)
		}
	}
	return out
}

// parts gives what reaches a person in a space, summed up.
func (s *space) parts(i int32) summary {
	var out summary
	for _, h := range s.holders {
		if out|h.parts != out && h.people.has(i) {
			out |= h.parts
		}
	}
	return out
}

// Can reports whether a person, or the public ([Anonymous]), can do an operation
// to an object.
func (v *View) Can(person Ref, op string, object Ref) bool {
	if s := v.spaces[object]; s != nil && slices.Contains(Summaries, op) {
		i, ok := v.person(person)
		return ok && s.parts(i).ids(s.archived).Has(op)
	}
	return v.Rights(person, object).Has(op)
}

// Who gives the people who can do an operation to an object, in order. Whether
// the public can is for [View.Can] to say: it is no person.
func (v *View) Who(op string, object Ref) []Ref { return v.names(v.able(op, object)) }

// Admins gives the people who administer a space by what is held in it, in order.
// The members of the super-group, who administer every space, are not among them
// for that: a space that has nobody else has no admin of its own.
func (v *View) Admins(space Ref) []Ref {
	out := make(bitmap, v.words())
	for _, h := range v.holders(space) {
		if h.parts&administers != 0 && !h.super {
			h.people.into(out)
		}
	}
	return v.names(out)
}

// able gives everybody who can do an operation, the public among them.
func (v *View) able(op string, object Ref) bitmap {
	out := make(bitmap, v.words())
	switch {
	case object == Site:
		v.ableOnSite(op, out)
		return out
	case object.IsPage():
		v.ableOnPage(op, v.page(object), out)
		return out
	}
	s := v.spaces[object]
	switch {
	case s == nil:
	case op == ToView:
		s.into(out, reads)
	case op == ToAdminister:
		s.into(out, administers)
	case op == ToEdit:
		s.editors(out, make(bitmap, v.words()))
	default:
		for _, h := range s.holders {
			if h.permits.Has(op) {
				h.people.into(out)
			}
		}
	}
	return out
}

// into adds everybody who has a part of the summaries.
func (s *space) into(out bitmap, part summary) {
	for _, h := range s.holders {
		if h.parts&part != 0 {
			h.people.into(out)
		}
	}
}

// editors adds everybody who edits in the space; readers, empty, is for those who
// view it.
func (s *space) editors(out, readers bitmap) {
	if s.archived {
		return
	}
	s.into(out, writes)
	s.into(readers, reads)
	out.and(readers)
}

// What gives every known object to which a person, or the public, can do
// something, with all that they can do to it, summaries included.
func (v *View) What(person Ref) map[Ref]Permissions {
	out := make(map[Ref]Permissions)
	i, ok := v.person(person)
	if !ok {
		return out
	}
	add := func(object Ref, p Permissions) {
		if p != "" {
			out[object] = p
		}
	}
	add(Site, v.siteRights(i))
	for ref, s := range v.spaces {
		p := v.held(i, s.holders)
		add(ref, v.unions.of(p, summarise(p).ids(s.archived)))
	}
	for ref, p := range v.pages {
		add(ref, v.pageRights(i, p))
	}
	return out
}

// WithAccess counts the people who may do something in some space.
func (v *View) WithAccess() int {
	seen := make(bitmap, v.words())
	for _, s := range v.spaces {
		for _, h := range s.holders {
			if h.permits != "" {
				h.people.into(seen)
			}
		}
	}
	seen.clear(public)
	return seen.count()
}

// unions remembers unions of sets: a site has thousands of people but few
// different sets of permissions.
type unions struct {
	mu    sync.RWMutex
	known map[[2]Permissions]Permissions
}

func (u *unions) of(a, b Permissions) Permissions {
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	}
	key := [2]Permissions{a, b}
	u.mu.RLock()
	out, ok := u.known[key]
	u.mu.RUnlock()
	if !ok {
		out = a.Union(b)
		u.mu.Lock()
		u.known[key] = out
		u.mu.Unlock()
	}
	return out
}
