package schema

import (
	"slices"
	"strconv"

	"github.com/weirhq/weir/internal/diag"
)

// Revise gives documents in which edits have been made, and the others as they
// are. Ok is false if there is nothing where an edit is to be made, or if the page
// would open that the last name is taken off. What an archetype grants is never
// edited: it stands for other spaces as well.
func Revise(docs []Document, edits []diag.Edit) (out []Document, ok bool) {
	out = slices.Clone(docs)
	for _, e := range edits {
		if !revise(out, e) {
			return docs, false
		}
	}
	return out, true
}

// revise makes one edit. Nothing that a document points to is written to: it may
// belong to another reading as well.
func revise(docs []Document, e diag.Edit) bool {
	switch e.Op {
	case "user":
		if len(docs) == 0 {
			return false
		}
		docs[0].Users = append(slices.Clone(docs[0].Users), User{Email: Str{Value: e.Who}})
		return true
	case "guest":
		if len(docs) == 0 {
			return false
		}
		docs[0].Guests = append(slices.Clone(docs[0].Guests), Guest{Email: Str{Value: e.Who}, Space: Str{Value: e.Space}, Role: &Str{Value: e.Role}})
		return true
	}
	for i := range docs {
		d := &docs[i]
		if e.Op == "grant" {
			if at, ok := one(d.Spaces, func(s Space) bool { return s.Key.Value == e.Space }); ok {
				grantIn(at, &d.Spaces, e)
				return true
			}
			continue
		}
		if d.File != e.File {
			continue
		}
		r := reviser{e: e}
		if r.document(d); r.done {
			return !r.opens
		}
	}
	return false
}

// one finds an element.
func one[T any](list []T, is func(T) bool) (int, bool) {
	i := slices.IndexFunc(list, is)
	return i, i >= 0
}

// grantIn adds a holder to a role of a space's own.
func grantIn(i int, spaces *[]Space, e diag.Edit) {
	*spaces = slices.Clone(*spaces)
	s := &(*spaces)[i]
	roles := Roles{}
	if s.Roles != nil {
		roles = Roles{Items: slices.Clone(s.Roles.Items), Range: s.Roles.Range}
	}
	roles.Items = give(roles.Items, e.Role, Grant{Who: Str{Value: e.Who}})
	s.Roles = &roles
}

// give adds a grant to a role's list.
func give(items []RoleGrants, role string, g Grant) []RoleGrants {
	if i, ok := one(items, func(r RoleGrants) bool { return r.Role.Value == role }); ok {
		items[i].Grants = append(slices.Clone(items[i].Grants), g)
		return items
	}
	return append(items, RoleGrants{Role: Str{Value: role}, Grants: []Grant{g}})
}

// reviser looks for the one place of an edit.
type reviser struct {
	e     diag.Edit
	done  bool
	opens bool // the last name on a page would go: an empty list opens the page
}

// here reports whether this is the place, and then that it was found.
func (r *reviser) here(at diag.Range) bool {
	if !r.done && r.e.Begins(at) {
		r.done = true
		return true
	}
	return false
}

func (r *reviser) document(d *Document) {
	switch r.e.Op {
	case "delete":
		d.Users = without(d.Users, func(u User) bool { return r.here(u.Email.Range) })
		d.Guests = without(d.Guests, func(g Guest) bool { return r.here(g.Email.Range) })
	case "role":
		if i, ok := one(d.Guests, func(g Guest) bool { return r.here(g.Email.Range) }); ok {
			d.Guests = slices.Clone(d.Guests)
			d.Guests[i].Role = &Str{Value: r.e.Role}
		}
	}
	d.Groups = slices.Clone(d.Groups)
	for i := range d.Groups {
		g := &d.Groups[i]
		r.grants(&g.Members)
		if r.e.Op == "delete" && g.ProductRole != nil && r.here(g.ProductRole.Range) {
			g.ProductRole = nil
		}
	}
	if g := d.Globals; g != nil {
		globals := *g
		for _, list := range []**Grants{&globals.Use, &globals.Administer, &globals.CreateSpace, &globals.PersonalSpace, &globals.SystemAdminister, &globals.ViewProfiles} {
			r.grants(list)
		}
		d.Globals = &globals
	}
	if s := d.Seats; s != nil {
		seats := *s
		r.number(&seats.Limit)
		r.number(&seats.SiteLimit)
		d.Seats = &seats
	}
	d.Archetypes = slices.Clone(d.Archetypes)
	for i := range d.Archetypes {
		if g := d.Archetypes[i].Guests; g != nil {
			rules := *g
			r.rules(&rules)
			d.Archetypes[i].Guests = &rules
		}
	}
	d.Spaces = slices.Clone(d.Spaces)
	for i := range d.Spaces {
		r.space(&d.Spaces[i])
	}
}

func (r *reviser) space(s *Space) {
	if s.Roles != nil {
		s.Roles = &Roles{Items: r.roles(s.Roles.Items), Range: s.Roles.Range}
	}
	if p := s.Permissions; p != nil && r.e.Op == "delete" {
		s.Permissions = &Permissions{Items: without(p.Items, func(g PermissionGrants) bool { return r.here(g.Who.Range) }), Range: p.Range}
	}
	if s.Guests != nil {
		g := *s.Guests
		r.rules(&g.GuestRules)
		g.Roles = r.roles(g.Roles)
		s.Guests = &g
	}
	for _, pages := range []*[]Page{&s.Pages, &s.BlogPosts} {
		*pages = slices.Clone(*pages)
		for i := range *pages {
			for _, list := range []**Grants{&(*pages)[i].View, &(*pages)[i].Edit} {
				before := r.done
				r.grants(list)
				r.opens = r.opens || r.done && !before && len((*list).Items) == 0
			}
		}
	}
}

// roles edits the lists of who holds which role.
func (r *reviser) roles(items []RoleGrants) []RoleGrants {
	out := slices.Clone(items)
	for i := range out {
		for j, g := range out[i].Grants {
			if !r.here(g.Who.Range) {
				continue
			}
			out[i].Grants = slices.Delete(slices.Clone(out[i].Grants), j, j+1)
			if r.e.Op == "role" {
				out = give(out, r.e.Role, g)
			}
			return out
		}
	}
	return out
}

func (r *reviser) grants(list **Grants) {
	if *list != nil && r.e.Op == "delete" {
		*list = &Grants{Items: without((*list).Items, func(g Grant) bool { return r.here(g.Who.Range) }), Range: (*list).Range}
	}
}

func (r *reviser) rules(g *GuestRules) {
	switch {
	case r.e.Op == "set" && g.Allow != nil && r.here(g.Allow.Range):
		g.Allow = &Bool{Value: r.e.Value == "true", Range: g.Allow.Range}
	case r.e.Op == "append" && g.Domains != nil && r.here(g.Domains.Range):
		g.Domains = &List{Items: append(slices.Clone(g.Domains.Items), Str{Value: r.e.Value}), Range: g.Domains.Range}
	}
	r.number(&g.Max)
}

func (r *reviser) number(n **Num) {
	if r.e.Op != "set" || *n == nil || !r.here((*n).Range) {
		return
	}
	if v, err := strconv.ParseFloat(r.e.Value, 64); err == nil {
		*n = &Num{Value: v, Range: (*n).Range}
	}
}

// without gives a list without the elements that go.
func without[T any](list []T, goes func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), goes)
}
