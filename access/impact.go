package access

import (
	"cmp"
	"iter"
	"slices"
)

// Impact is what one kind of change does to people, told once for all the objects
// and people that it does the same to: "group staff becomes collaborator instead
// of viewer on 212 spaces, and 3,104 people who viewed them edit there".
type Impact struct {
	Gains   bool     // they gain; otherwise they lose
	Was, Is Standing // how they stand to each object before and after
	Cause   Cause
	Objects []Ref // in order
	// Permissions are all that any of them gains, or loses, on any of the objects.
	// Who gains what exactly where is for [Shifts] to say.
	Permissions Permissions
	who         bitmap
	roster      *roster
}

// Public reports whether it is also done to the public.
func (i Impact) Public() bool { return i.who.has(public) }

// People gives the people in order, the public not among them.
func (i Impact) People() iter.Seq[Ref] { return i.roster.people(i.who.all()) }

// Cause is the kind of change that does something to people. Where several
// changes together do it, it is the first of these that does it by itself, or else
// the first that does some of it:
//
//   - Exists of nobody: the people enter, or may no longer enter; Is is the state
//     that shuts them out, if one does.
//   - Product of nobody: the people become guests or cease to be; or become, or
//     cease to be, admins of the product (Is or Was says what).
//   - Status: the space is archived or brought back.
//   - Restrict: restrictions of pages. Was and Is say whether there are any.
//   - Member of a group: the people join or leave it.
//   - Role, Permission or Global of a principal: what it holds in the space, or on
//     the site. Was and Is are the roles, or the standings of what it holds.
//   - Exists of a group: it is removed.
//   - Grants of a space role: what the role permits.
//
// What none of these does is the zero Cause.
type Cause struct {
	Kind    Kind
	Subject Ref
	Was, Is string
}

// Impacts tells what people gain and lose on spaces, pages, blog posts and the
// site, folded by what does it. A page that nothing restricts follows its space and
// is not told of; nor is a loss there to whoever loses the space. The order is by
// cause and says nothing of gravity.
func (c *Comparison) Impacts() []Impact {
	a := &attribution{comparison: c.comparison, told: make(map[impactKey]*Impact), restricts: [2]map[Ref][]Ref{restricts(c.before), restricts(c.after)}}
	a.people = a.entering()
	for s := range c.telling() {
		a.shift(s)
	}
	list := make([]Impact, 0, len(a.told))
	for _, i := range a.told {
		list = append(list, *i)
	}
	slices.SortFunc(list, Impact.compare)
	return list
}

// telling gives the shifts that are told of. A page that nothing restricts follows
// its space, and so does a loss there for whoever loses the space.
func (c *comparison) telling() iter.Seq[Shift] {
	out := make(map[Ref]*sparse) // who loses the view of a space
	for _, s := range c.out {
		if s.Lost.Has(CanView) {
			if out[s.Object] == nil {
				out[s.Object] = s.who
			} else {
				out[s.Object] = join(out[s.Object], s.who)
			}
		}
	}
	return func(yield func(Shift) bool) {
		for _, s := range c.out {
			if s.Object.IsPage() {
				if !c.before.Restricted(s.Object) && !c.after.Restricted(s.Object) {
					continue
				}
				s.who = without(s.who, out[s.Object.PageSpace()])
			}
			if len(s.who.at) > 0 && !yield(s) {
				return
			}
		}
	}
}

func (i Impact) compare(o Impact) int {
	return cmp.Or(
		cmp.Compare(i.Cause.Kind, o.Cause.Kind), cmp.Compare(i.Cause.Subject, o.Cause.Subject),
		cmp.Compare(i.Cause.Was, o.Cause.Was), cmp.Compare(i.Cause.Is, o.Cause.Is),
		cmp.Compare(o.Was, i.Was), cmp.Compare(o.Is, i.Is), cmp.Compare(i.Objects[0], o.Objects[0]),
		cmp.Compare(i.Permissions, o.Permissions), order(i.Gains, o.Gains),
	)
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// impactKey is what impacts are folded by.
type impactKey struct {
	gains   bool
	was, is Standing
	cause   Cause
	typ     string // of the objects
	// same are the permissions where the standing stays as it is: nothing else
	// would say what is gained.
	same Permissions
}

// attribution finds what does to people what shifts say.
type attribution struct {
	*comparison
	told      map[impactKey]*Impact
	people    []candidate      // that concern every object
	restricts [2]map[Ref][]Ref // who is named in restrictions of each page, before and after
}

// candidate is something that may be what does it: to whomever is in the crowds,
// as far as what it adds or takes is what they gain or lose.
type candidate struct {
	cause       Cause
	adds, takes Permissions
	anything    bool   // it may add or take anything
	was, is     *crowd // whom it reaches before and after
	joined      bool   // it does it to those who come to it or leave it, not to who stays
}

// word gives the people at one place to whom the candidate may do it.
func (d *candidate) word(gains bool, was, is uint64) uint64 {
	switch {
	case d.joined && gains:
		return is &^ was
	case d.joined:
		return was &^ is
	case gains:
		return is
	}
	return was
}

// doesSome reports whether the candidate adds or takes some of what people gain or
// lose, and doesAll whether it does it all by itself.
func (d *candidate) doesSome(gains bool, what Permissions) bool {
	return d.anything || what.Minus(d.mine(gains)) != what
}

func (d *candidate) doesAll(gains bool, what Permissions) bool {
	return d.anything || what.Within(d.mine(gains))
}

func (d *candidate) mine(gains bool) Permissions {
	if gains {
		return d.adds
	}
	return d.takes
}

// shift attributes a shift to causes.
func (a *attribution) shift(s Shift) {
	at := s.who.at
	a.number(at)
	was, is := a.before.standing(s.Object, at, a.index), a.after.standing(s.Object, at, a.index)
	candidates := a.candidates(s.Object)
	reach := make([][2][]uint64, len(candidates))
	for i, d := range candidates {
		reach[i] = [2][]uint64{make([]uint64, len(at)), make([]uint64, len(at))}
		d.was.onto(at, a.index, reach[i][0], 1)
		d.is.onto(at, a.index, reach[i][1], 1)
	}
	a.forget(at)
	for _, half := range []struct {
		gains bool
		what  Permissions
	}{{true, s.Gained}, {false, s.Lost}} {
		if half.what == "" {
			continue
		}
		for k, word := range s.who.words {
			for _, does := range []func(*candidate, bool, Permissions) bool{(*candidate).doesAll, (*candidate).doesSome} {
				for i := range candidates {
					d := &candidates[i]
					if word == 0 {
						break
					}
					if hit := word & d.word(half.gains, reach[i][0][k], reach[i][1][k]); hit != 0 && does(d, half.gains, half.what) {
						a.tell(s.Object, half.gains, half.what, d.cause, was, is, k, at[k], hit)
						word &^= hit
					}
				}
			}
			if word != 0 {
				a.tell(s.Object, half.gains, half.what, Cause{}, was, is, k, at[k], word)
			}
		}
	}
}

// tell adds people at one place to the impacts that they belong to.
func (a *attribution) tell(object Ref, gains bool, what Permissions, cause Cause, was, is *standings, k int, at int32, word uint64) {
	for from := Nothing; from <= Administers; from++ {
		some := was.at(k, word, from)
		for to := Nothing; some != 0 && to <= Administers; to++ {
			who := is.at(k, some, to)
			if who == 0 {
				continue
			}
			key := impactKey{gains, from, to, cause, object.Type(), ""}
			if from == to {
				key.same = what
			}
			i := a.told[key]
			if i == nil {
				i = &Impact{Gains: gains, Was: from, Is: to, Cause: cause, who: make(bitmap, a.before.words()), roster: a.before.roster}
				a.told[key] = i
			}
			i.who[at] |= who
			if n := len(i.Objects); n == 0 || i.Objects[n-1] != object {
				i.Objects = append(i.Objects, object)
			}
			i.Permissions = a.sets.all[a.sets.union(a.sets.of(i.Permissions), a.sets.of(what))]
		}
	}
}

// candidates gives what may do something to people on an object, first what is
// the likelier to be it.
func (a *attribution) candidates(object Ref) []candidate {
	out := slices.Clone(a.people)
	space := object
	switch {
	case object == Site:
		return append(out, a.holdings(a.before.onSite(), a.after.onSite(), Global)...)
	case object.IsPage():
		out = append(out, a.restricting(object)...)
		space = object.PageSpace()
	}
	x, y := a.before.spaces[space], a.after.spaces[space]
	if life := lifeOf(x, y); life != unchanged {
		everybody := a.everybody()
		cause := Cause{Kind: Status, Is: "archived"}
		if life == returning {
			cause = Cause{Kind: Status, Was: "archived"}
		}
		out = append(out, candidate{cause: cause, adds: ToEdit, takes: ToEdit, anything: object.IsPage(), was: everybody, is: everybody})
	}
	list := a.holdings(a.before.holders(space), a.after.holders(space), Role)
	for i := range list {
		list[i].anything = object.IsPage() // whose words are not those of a space
	}
	return append(out, list...)
}

func (a *attribution) everybody() *crowd {
	all := make(bitmap, a.before.words())
	for i := range all {
		all[i] = ^uint64(0)
	}
	return &crowd{dense: all}
}

// entering are those candidates that concern every object: people come to be
// able to enter, or cease to be; become guests, or cease to be.
func (a *attribution) entering() []candidate {
	nobody := a.before.crowd(nil)
	states := make(map[string]bitmap) // who is shut out, by state
	for i := range a.before.enters.all() {
		if !a.after.enters.has(i) {
			f, _ := a.after.facts.Get(Fact{Kind: State, Object: a.before.refs[i]})
			if states[f.Value] == nil {
				states[f.Value] = make(bitmap, a.before.words())
			}
			states[f.Value].set(i)
		}
	}
	var out []candidate
	for state, who := range states {
		out = append(out, candidate{cause: Cause{Kind: Exists, Is: state}, anything: true, was: &crowd{dense: who}, is: nobody})
	}
	come, guests, licensed := make(bitmap, a.before.words()), make(bitmap, a.before.words()), make(bitmap, a.before.words())
	for i := range come {
		come[i] = a.after.enters[i] &^ a.before.enters[i]
		stay := a.after.enters[i] & a.before.enters[i]
		guests[i] = stay & a.after.guests[i] &^ a.before.guests[i]
		licensed[i] = stay & a.before.guests[i] &^ a.after.guests[i]
	}
	for _, c := range []struct {
		cause Cause
		who   bitmap
	}{
		{Cause{Kind: Exists}, come},
		{Cause{Kind: Product, Is: GuestRole}, guests},
		{Cause{Kind: Product, Was: GuestRole}, licensed},
	} {
		if c.who.count() > 0 {
			out = append(out, candidate{cause: c.cause, anything: true, was: &crowd{dense: c.who}, is: &crowd{dense: c.who}})
		}
	}
	return out
}

// onSite gives who holds what on the site as a whole, in order.
func (v *View) onSite() []holder {
	verbs := make(map[Ref][]string)
	for f := range v.facts.OfKind(Global) {
		verbs[f.Subject] = append(verbs[f.Subject], f.Verb)
	}
	out := []holder{{principal: ProductAdmins, people: v.crowdOf(v.admins), permits: GlobalAdminister}}
	if !v.super.empty() {
		out = append(out, holder{principal: v.beside.Super, people: v.super, permits: NewPermissions(globals...), super: true})
	}
	for who, ids := range verbs {
		out = append(out, holder{principal: who, people: v.reached[who], permits: NewPermissions(ids...)})
	}
	slices.SortFunc(out, func(a, b holder) int { return a.compare(&b) })
	return out
}

// holdings compares what principals hold in one place before and after: a change
// of what one holds, and of who is behind it.
func (a *attribution) holdings(was, is []holder, kind Kind) []candidate {
	var grants, members []candidate
	for len(was) > 0 || len(is) > 0 {
		var x, y held
		switch {
		case len(is) == 0 || len(was) > 0 && was[0].principal <= is[0].principal:
			x.who = was[0].principal
		default:
			x.who = is[0].principal
		}
		y.who = x.who
		x.of, was = take(was, x.who)
		y.of, is = take(is, x.who)
		before, after := x.permits(), y.permits()
		who := [2]*crowd{a.before.behind(x), a.after.behind(y)}
		if before != after {
			grants = append(grants, candidate{cause: a.cause(kind, x, y), adds: after.Minus(before), takes: before.Minus(after), was: who[0], is: who[1]})
		}
		if before == "" || after == "" || a.between(who[0], who[1]) == nil {
			continue
		}
		d := candidate{adds: after, takes: before, was: who[0], is: who[1], joined: true}
		switch {
		case x.who.Type() == "group":
			d.cause = Cause{Kind: Member, Subject: x.who}
		case x.who == ProductAdmins && kind == Global:
			d.cause = Cause{Kind: Product, Is: AdminRole}
		default:
			continue // people and classes change by what entering tells
		}
		members = append(members, d)
	}
	return append(members, grants...) // whoever left a group lost all that it holds, whatever became of that
}

// held is what one principal holds in one place: by a role, and beside it.
type held struct {
	who Ref
	of  []holder
}

func take(list []holder, who Ref) (of, rest []holder) {
	n := 0
	for n < len(list) && list[n].principal == who {
		n++
	}
	return list[:n], list[n:]
}

func (h held) permits() Permissions {
	var p Permissions
	for _, o := range h.of {
		p = p.Union(o.permits)
	}
	return p
}

func (h held) role() string {
	for _, o := range h.of {
		if o.role != "" {
			return o.role
		}
	}
	return ""
}

// behind gives whom a principal stands for in a view.
func (v *View) behind(h held) *crowd {
	for _, o := range h.of {
		return o.people
	}
	if c := v.reached[h.who]; c != nil {
		return c
	}
	if i, ok := v.person(h.who); ok {
		return v.crowd([]int32{i})
	}
	return v.crowd(nil)
}

// cause says what makes a principal hold something else.
func (a *attribution) cause(kind Kind, x, y held) Cause {
	exists := Fact{Kind: Exists, Object: x.who}
	was, is := x.role(), y.role()
	switch {
	case x.who.Type() == "group" && a.before.facts.Has(exists) && !a.after.facts.Has(exists):
		return Cause{Kind: Exists, Subject: x.who}
	case was != "" && was == is:
		return Cause{Kind: Grants, Subject: NewRef("space_role", was)}
	case kind == Role && was == "" && is == "":
		kind = Permission
		fallthrough
	case kind == Global:
		return Cause{kind, x.who, standingOf(x.permits()).String(), standingOf(y.permits()).String()}
	}
	// Permissions beside roles that a role replaces, or the other way round, are
	// told by their standing.
	for role, h := range map[*string]held{&was: x, &is: y} {
		if *role == "" {
			*role = standingOf(h.permits()).String()
		}
	}
	return Cause{kind, x.who, was, is}
}

// standingOf says how a holder of permissions in a space, or on the site, stands.
func standingOf(p Permissions) Standing {
	switch s := summarise(p); {
	case p == "":
		return Nothing
	case s&administers != 0 || p.Has(GlobalAdminister) || p.Has(GlobalSystemAdminister):
		return Administers
	case s&reads == 0:
		return Part
	case s&writes != 0:
		return Edits
	case p.Has(commentsOnSpace):
		return Comments
	}
	return Views
}

// restricting gives what restrictions may do to people on a page: people join or
// leave a group that is named, or restrictions change, on the page or above it.
func (a *attribution) restricting(page Ref) []candidate {
	var out []candidate
	var had, has, changed bool
	was, is := a.before.chain(page), a.after.chain(page)
	changed = !slices.Equal(was, is)
	seen := make(map[Ref]bool)
	for _, p := range append(was, is...) {
		x, y := a.restricts[0][p], a.restricts[1][p]
		had, has, changed = had || len(x) > 0, has || len(y) > 0, changed || !slices.Equal(x, y)
		for _, who := range slices.Concat(x, y) {
			group := Ref(who.ID())
			if group.Type() != "group" || seen[group] {
				continue
			}
			seen[group] = true
			out = append(out, candidate{
				cause: Cause{Kind: Member, Subject: group}, anything: true, joined: true,
				was: a.before.passers(group), is: a.after.passers(group),
			})
		}
	}
	if changed {
		said := map[bool]string{true: "restricted", false: "open"}
		everybody := a.everybody()
		out = append(out, candidate{cause: Cause{Kind: Restrict, Was: said[had], Is: said[has]}, anything: true, was: everybody, is: everybody})
	}
	return out
}

// restricts gives who is named in the restrictions of each page: a reference is
// below the verb.
func restricts(v *View) map[Ref][]Ref {
	out := make(map[Ref][]Ref)
	for f := range v.facts.OfKind(Restrict) {
		out[f.Object] = append(out[f.Object], NewRef(f.Verb, string(f.Subject)))
	}
	return out
}
