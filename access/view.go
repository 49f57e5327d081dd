package access

import (
	"maps"
	"slices"
)

// View answers who can do what on a site, and is computed from its facts.
//
// The rules, for spaces:
//   - a person has the union of what their groups, their own grants and the
//     classes they belong to hold; there is no deny (evidence, Domain: "Additive").
//   - a person who may not enter (no `exists` fact) can do nothing, whatever
//     groups they are in: "Adding someone to the site gives access to no space
//     by itself", and a deactivated account keeps its groups.
//   - a role is what its `grants` facts say, never its name or rank; what a
//     principal has beside roles is its `permission` facts.
//   - everyone and authenticated are all people who may enter, guests excepted;
//     product_admins are those who hold the product role admin, themselves or
//     through a group.
//   - a guest, who has no other product role that lets people in, has what they
//     are given themselves and what is public: nothing reaches them through a
//     group or a class (evidence A9).
//   - anonymous is the public: whoever it grants something to, it grants to
//     every person as well.
//
// Page restrictions are not in it yet.
type View struct {
	facts   Set
	people  map[Ref]bool
	guests  map[Ref]bool
	members map[Ref][]Ref       // by group, people who may enter only
	groups  map[Ref][]Ref       // by person
	held    map[Ref][]holding   // by space
	grants  map[Ref]Permissions // by space role
	admins  map[Ref]bool        // product admins
	rights  map[Ref]rights      // by space, computed when first asked
	unions  map[[2]Permissions]Permissions
}

// holding says what a principal is permitted in a space, by a role or beside.
type holding struct {
	principal Ref
	permits   Permissions
}

// rights are what people may do in one space.
type rights struct {
	public   Permissions         // the public
	everyone Permissions         // every person who may enter, guests excepted; includes public
	people   map[Ref]Permissions // those who may do something else; includes what reaches everybody
}

// NewView computes a view of the facts. People in without are left out, as if
// they could not enter: weir's own account is outside every count.
func NewView(facts Set, without ...Ref) *View {
	v := &View{
		facts:   facts,
		people:  make(map[Ref]bool),
		members: make(map[Ref][]Ref),
		groups:  make(map[Ref][]Ref),
		held:    make(map[Ref][]holding),
		guests:  make(map[Ref]bool),
		grants:  make(map[Ref]Permissions),
		admins:  make(map[Ref]bool),
		rights:  make(map[Ref]rights),
		unions:  make(map[[2]Permissions]Permissions),
	}
	for f := range facts.OfKind(Exists) {
		if t := f.Object.Type(); (t == "user" || t == "account") && !slices.Contains(without, f.Object) {
			v.people[f.Object] = true
		}
	}
	for f := range facts.OfKind(Member) {
		if v.people[f.Subject] {
			v.members[f.Object] = append(v.members[f.Object], f.Subject)
			v.groups[f.Subject] = append(v.groups[f.Subject], f.Object)
		}
	}
	v.products(facts)
	perms := make(map[Ref][]string)
	for f := range facts.OfKind(Grants) {
		perms[f.Object] = append(perms[f.Object], f.Verb)
	}
	for role, ids := range perms {
		v.grants[role] = NewPermissions(ids...)
	}
	for f := range facts.OfKind(Role) {
		v.held[f.Object] = append(v.held[f.Object], holding{f.Subject, v.grants[NewRef("space_role", f.Value)]})
	}
	custom := make(map[[2]Ref][]string)
	for f := range facts.OfKind(Permission) {
		k := [2]Ref{f.Object, f.Subject}
		custom[k] = append(custom[k], f.Verb)
	}
	for k, ids := range custom {
		v.held[k[0]] = append(v.held[k[0]], holding{k[1], NewPermissions(ids...)})
	}
	return v
}

// products finds who is an admin of the product, and who a guest.
func (v *View) products(facts Set) {
	pays := make(map[Ref]bool)
	hold := func(p Ref, value string) {
		for _, role := range ProductRoles(value) {
			switch {
			case role == GuestRole:
				v.guests[p] = true
			case LetsIn(role):
				pays[p] = true
				if role == AdminRole {
					v.admins[p] = true
				}
			}
		}
	}
	for f := range facts.OfKind(Product) {
		if f.Object.Type() != "group" {
			if v.people[f.Object] {
				hold(f.Object, f.Value)
			}
			continue
		}
		for _, p := range v.members[f.Object] {
			hold(p, f.Value)
		}
	}
	for p := range pays {
		delete(v.guests, p)
	}
}

// Guest reports whether the person enters as a guest: by the product role guest,
// their own or a group's, and no other that lets people in.
func (v *View) Guest(p Ref) bool { return v.guests[p] }

// Person reports whether the person may enter this Confluence.
func (v *View) Person(p Ref) bool { return v.people[p] }

// Members gives the people in a group who may enter, in order.
func (v *View) Members(group Ref) []Ref { return slices.Clone(v.members[group]) }

// Grants gives what a space role permits.
func (v *View) Grants(role Ref) Permissions { return v.grants[role] }

// Rights gives everything that a person may do in a space.
func (v *View) Rights(person, space Ref) Permissions {
	r := v.in(space)
	switch p, ok := r.people[person]; {
	case person == Anonymous:
		return r.public
	case !v.people[person]:
		return ""
	case ok:
		return p
	case v.guests[person]:
		return r.public
	}
	return r.everyone
}

// Can reports whether a person may do something in a space.
func (v *View) Can(person Ref, permission string, space Ref) bool {
	return v.Rights(person, space).Has(permission)
}

// Who gives the people who may do something in a space, in order.
func (v *View) Who(permission string, space Ref) []Ref {
	r := v.in(space)
	var out []Ref
	if r.everyone.Has(permission) {
		for p := range v.people {
			if !v.guests[p] || v.Rights(p, space).Has(permission) {
				out = append(out, p)
			}
		}
	} else {
		for p, rights := range r.people {
			if rights.Has(permission) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// What gives the spaces in which a person may do anything, and what.
func (v *View) What(person Ref) map[Ref]Permissions {
	out := make(map[Ref]Permissions)
	for space := range v.held {
		if r := v.Rights(person, space); r != "" {
			out[space] = r
		}
	}
	return out
}

// Admins gives the people who administer a space, in order.
func (v *View) Admins(space Ref) []Ref { return v.Who(CanAdminister, space) }

// WithAccess counts the people who may do something in some space.
func (v *View) WithAccess() int {
	seen := make(map[Ref]bool)
	for space := range v.held {
		r := v.in(space)
		if r.public != "" {
			return len(v.people)
		}
		if r.everyone != "" {
			for p := range v.people {
				seen[p] = seen[p] || !v.guests[p]
			}
		}
		for p, rights := range r.people {
			if rights != "" {
				seen[p] = true
			}
		}
	}
	n := 0
	for _, has := range seen {
		if has {
			n++
		}
	}
	return n
}

// in computes the rights in one space.
func (v *View) in(space Ref) rights {
	if r, ok := v.rights[space]; ok {
		return r
	}
	var r rights
	for _, h := range v.held[space] {
		switch h.principal {
		case Anonymous:
			r.public = v.union(r.public, h.permits)
			r.everyone = v.union(r.everyone, h.permits)
		case Everyone, Authenticated:
			r.everyone = v.union(r.everyone, h.permits)
		}
	}
	r.people = make(map[Ref]Permissions)
	give := func(person Ref, p Permissions) {
		was, ok := r.people[person]
		switch {
		case ok:
		case v.guests[person]:
			was = r.public
		default:
			was = r.everyone
		}
		r.people[person] = v.union(was, p)
	}
	for _, h := range v.held[space] {
		switch {
		case h.principal == ProductAdmins:
			for person := range v.admins {
				give(person, h.permits)
			}
		case h.principal.Type() == "group":
			for _, person := range v.members[h.principal] {
				if !v.guests[person] {
					give(person, h.permits)
				}
			}
		case v.people[h.principal]:
			give(h.principal, h.permits)
		}
	}
	v.rights[space] = r
	return r
}

// union remembers its answers: a site has thousands of people but few
// different sets of permissions.
func (v *View) union(a, b Permissions) Permissions {
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	}
	key := [2]Permissions{a, b}
	u, ok := v.unions[key]
	if !ok {
		u = a.Union(b)
		v.unions[key] = u
	}
	return u
}

// Effect is what a person gains and loses in one space. For the public the
// person is [Anonymous].
type Effect struct {
	Person Ref
	Space  Ref
	Gained Permissions
	Lost   Permissions
}

// Compare gives what people gain and lose from one view to another, by space
// and person.
func Compare(before, after *View) []Effect {
	var out []Effect
	type pair struct{ was, is Permissions }
	diffs := make(map[pair]Effect) // few pairs, many people
	spaces := slices.Collect(maps.Keys(before.held))
	spaces = append(spaces, slices.Collect(maps.Keys(after.held))...)
	slices.Sort(spaces)
	for _, space := range slices.Compact(spaces) {
		a, b := before.in(space), after.in(space)
		touched := make(map[Ref]bool)
		for p := range a.people {
			touched[p] = true
		}
		for p := range b.people {
			touched[p] = true
		}
		// Those who hold only what everyone holds change when that changes, or
		// when they come or go, or become guests or cease to be.
		if a.everyone != b.everyone || a.public != b.public {
			for p := range before.people {
				touched[p] = true
			}
		}
		if a.everyone != "" || b.everyone != "" {
			for p := range before.people {
				if !after.people[p] {
					touched[p] = true
				}
			}
			for p := range after.people {
				if !before.people[p] || before.guests[p] != after.guests[p] {
					touched[p] = true
				}
			}
		}
		if a.public != b.public {
			touched[Anonymous] = true
		}
		for _, p := range slices.Sorted(maps.Keys(touched)) {
			k := pair{before.Rights(p, space), after.Rights(p, space)}
			if k.was == k.is {
				continue
			}
			e, ok := diffs[k]
			if !ok {
				e = Effect{Gained: k.is.Minus(k.was), Lost: k.was.Minus(k.is)}
				diffs[k] = e
			}
			e.Person, e.Space = p, space
			out = append(out, e)
		}
	}
	return out
}
