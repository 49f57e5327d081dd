package access

import (
	"iter"
	"slices"
)

// roster numbers the people of a site, so that sets of them are bitmaps. The
// public has a number as well: what it may do is then worked out like everybody
// else's. Views that are to be compared share one.
type roster struct {
	refs  []Ref // the public, and then people in order
	index map[Ref]int32
}

// public is the number of the public.
const public int32 = 0

func newRoster(people []Ref) *roster {
	slices.Sort(people)
	r := &roster{refs: append([]Ref{Anonymous}, slices.Compact(people)...)}
	r.index = make(map[Ref]int32, len(r.refs))
	for i, p := range r.refs {
		r.index[p] = int32(i)
	}
	return r
}

// words is how long a bitmap of everybody is.
func (r *roster) words() int { return (len(r.refs) + 63) / 64 }

// covers reports whether everybody of the other roster has a number in this one.
func (r *roster) covers(o *roster) bool {
	for _, p := range o.refs {
		if _, ok := r.index[p]; !ok {
			return false
		}
	}
	return true
}

func (r *roster) crowd(list []int32) *crowd { return newCrowd(list, r.words()) }

// crowdOf makes a crowd of a bitmap.
func (r *roster) crowdOf(b bitmap) *crowd { return r.crowd(slices.Collect(b.all())) }

// people gives the people of some numbers in their order, without the public.
func (r *roster) people(numbers iter.Seq[int32]) iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		for i := range numbers {
			if i != public && !yield(r.refs[i]) {
				return
			}
		}
	}
}

// names gives the people of a bitmap in order, without the public.
func (r *roster) names(b bitmap) []Ref {
	out := make([]Ref, 0, b.count())
	for i := range b.all() {
		if i != public {
			out = append(out, r.refs[i])
		}
	}
	return out
}

// society is who the people of a site are: who may enter, who is a guest, and
// who is in which group.
type society struct {
	*roster
	enters  bitmap         // who may enter; the public among them where it is let in
	guests  bitmap         // by their product roles
	pays    bitmap         // by a product role that is told and takes a seat
	admins  bitmap         // of the product
	members map[Ref]*crowd // by group: everybody in it who may enter
	reached map[Ref]*crowd // by principal: whom a grant to it reaches
	super   *crowd         // who can do everything
}

// numbered gives the people that facts speak of as being there.
func numbered(facts Set) *roster {
	var people []Ref
	for f := range facts.OfKind(Exists) {
		if f.Object.IsPerson() {
			people = append(people, f.Object)
		}
	}
	return newRoster(people)
}

func newSociety(facts Set, beside Beside, r *roster) *society {
	s := &society{roster: r, members: make(map[Ref]*crowd), reached: make(map[Ref]*crowd)}
	s.enter(facts, beside)
	s.join(facts)
	s.hold(facts)
	s.reach(facts)
	s.super = s.crowd(nil)
	if c := s.members[beside.Super]; c != nil {
		s.super = c
	}
	return s
}

// enter finds who may enter: whoever exists and is not shut out by a state.
func (s *society) enter(facts Set, beside Beside) {
	s.enters = make(bitmap, s.words())
	for f := range facts.OfKind(Exists) {
		if f.Object.IsPerson() {
			s.enters.set(s.index[f.Object])
		}
	}
	for f := range facts.OfKind(State) {
		s.leave(f.Object)
	}
	for _, p := range beside.Without {
		s.leave(p)
	}
	if !beside.Globals || facts.Has(Fact{Kind: Global, Object: Site, Verb: GlobalUse, Subject: Anonymous}) {
		s.enters.set(public)
	}
}

func (s *society) leave(p Ref) {
	if i, ok := s.index[p]; ok {
		s.enters.clear(i)
	}
}

// person gives the number of a person who may enter, or of the public.
func (s *society) person(p Ref) (int32, bool) {
	i, ok := s.index[p]
	return i, ok && s.enters.has(i)
}

// join finds who is in which group.
func (s *society) join(facts Set) {
	lists := make(map[Ref][]int32)
	for f := range facts.OfKind(Member) {
		if i, ok := s.person(f.Subject); ok {
			lists[f.Object] = append(lists[f.Object], i)
		}
	}
	for g, list := range lists {
		slices.Sort(list) // a set may be on a roster that is not in its order
		s.members[g] = s.crowd(list)
	}
}

// hold finds who is an admin of the product, and who a guest: whoever holds
// the product role guest, themselves or through a group, and no other that lets
// people in (evidence A9).
func (s *society) hold(facts Set) {
	s.guests, s.pays, s.admins = make(bitmap, s.words()), make(bitmap, s.words()), make(bitmap, s.words())
	for f := range facts.OfKind(Product) {
		holders := s.members[f.Object]
		if i, ok := s.person(f.Object); ok {
			holders = s.crowd([]int32{i})
		}
		if holders == nil {
			continue
		}
		for _, role := range ProductRoles(f.Value) {
			switch {
			case role == GuestRole:
				holders.into(s.guests)
			case LetsIn(role):
				holders.into(s.pays)
			}
			if role == AdminRole {
				holders.into(s.admins)
			}
		}
	}
	for i, w := range s.pays {
		s.guests[i] &^= w
	}
}

// reach works out whom grants reach: a guest only what they are given themselves
// and what the public has, nobody through a group that they are not in.
func (s *society) reach(facts Set) {
	for g, members := range s.members {
		s.reached[g] = s.unlessGuest(members)
	}
	everyone := slices.Clone(s.enters)
	s.reached[Anonymous] = s.crowdOf(everyone)
	everyone.clear(public)
	for i, w := range s.guests {
		everyone[i] &^= w
	}
	s.reached[Everyone] = s.crowdOf(everyone)
	s.reached[Authenticated] = s.reached[Everyone]
	s.reached[ProductAdmins] = s.crowdOf(s.admins)
	for _, k := range []Kind{Role, Permission, Global, Restrict} {
		for f := range facts.OfKind(k) {
			if s.reached[f.Subject] != nil {
				continue
			}
			var list []int32 // nobody, for teams, apps and classes that no fact tells of
			if i, ok := s.person(f.Subject); ok {
				list = []int32{i}
			}
			s.reached[f.Subject] = s.crowd(list)
		}
	}
	n := int32(0)
	for _, c := range s.reached {
		n++
		c.number = n
	}
}

func (s *society) unlessGuest(c *crowd) *crowd {
	var list []int32
	guests := false
	for i := range c.all() {
		if s.guests.has(i) {
			guests = true
		} else {
			list = append(list, i)
		}
	}
	if !guests {
		return c
	}
	return s.crowd(list)
}

// passers gives whom a name in a restriction lets through. A restriction is no
// grant: a guest in a group that is named passes, as far as documents say.
func (s *society) passers(name Ref) *crowd {
	if c := s.members[name]; c != nil {
		return c
	}
	if name.Type() == "group" {
		return s.crowd(nil)
	}
	return s.reached[name]
}

// groupsOf gives the groups of a person who may enter, in order.
func (s *society) groupsOf(i int32) []Ref {
	var out []Ref
	for g, c := range s.members {
		if c.has(i) {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return out
}

// Guest reports whether the person enters as a guest: by the product role guest,
// their own or a group's, and no other that lets people in.
func (v *View) Guest(p Ref) bool {
	i, ok := v.person(p)
	return ok && v.guests.has(i)
}

// Person reports whether the person may enter this Confluence.
func (v *View) Person(p Ref) bool {
	_, ok := v.person(p)
	return ok && p != Anonymous
}

// People gives everybody who may enter, in order.
func (v *View) People() []Ref { return v.names(v.enters) }

// ProductAdmin reports whether the person administers the product by a product
// role.
func (v *View) ProductAdmin(p Ref) bool {
	i, ok := v.person(p)
	return ok && v.admins.has(i)
}

// Super reports whether the person can do everything ([Beside].Super).
func (v *View) Super(p Ref) bool {
	i, ok := v.person(p)
	return ok && v.super.has(i)
}

// Members gives the people in a group who may enter, in order.
func (v *View) Members(group Ref) []Ref {
	c := v.members[group]
	if c == nil {
		return nil
	}
	var out []Ref
	for i := range c.all() {
		out = append(out, v.refs[i])
	}
	return out
}

// Groups gives the groups of a person who may enter, in order.
func (v *View) Groups(p Ref) []Ref {
	i, ok := v.person(p)
	if !ok {
		return nil
	}
	return v.groupsOf(i)
}
