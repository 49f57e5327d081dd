package schema

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// FromFacts writes facts as a document, such that compiling it beside one that
// names the site gives the facts back. What a description cannot say is left
// out:
//
//   - members of groups that somebody else manages, teams and apps, groups
//     managed by other than an identity provider, and the product's own roles
//   - guests who have not exactly one role in exactly one space, or one that no
//     guest may have, or are named on a page of another, or whom a group makes
//     licensed people; and product roles of people other than guest and admin
//   - permissions of a space in which a principal has a role besides, or cannot
//     see the space: the space then says nothing of permissions
//   - a restriction that names only people who are shut out; that a page is
//     there, and whose a personal space is
//
// What is referred to and has no entry stands under external.
func FromFacts(facts access.Set) Document {
	w := factWriter{facts: facts, guests: guestsOf(facts), restrictions: make(map[access.Ref][]access.Fact), external: make(map[access.Ref]bool)}
	for f := range facts.OfKind(access.Restrict) {
		space := f.Object.PageSpace()
		w.restrictions[space] = append(w.restrictions[space], f)
	}
	var doc Document
	for f := range facts.OfKind(access.State) {
		doc.Users = append(doc.Users, User{Email: w.person(f.Object), State: &Str{Value: f.Value}})
	}
	for f := range facts.OfKind(access.Exists) {
		switch f.Object.Type() {
		case "user", "account":
			g, guest := w.guests[f.Object]
			switch {
			case w.has(access.State, f.Object):
			case !guest:
				doc.Users = append(doc.Users, User{Email: w.person(f.Object)})
			case g.Object != "":
				w.refer(access.NewRef("space_role", g.Value))
				entry := Guest{Email: w.person(f.Object), Space: Str{Value: g.Object.ID()}}
				if g.Value != guestRole {
					entry.Role = &Str{Value: g.Value}
				}
				doc.Guests = append(doc.Guests, entry)
			}
		case "group":
			if !w.foreign(f.Object) {
				doc.Groups = append(doc.Groups, w.group(f.Object))
			}
		case "space_role":
			if !isSystemRole(f.Object) {
				doc.SpaceRoles = append(doc.SpaceRoles, w.spaceRole(f.Object))
			}
		case "space":
			doc.Spaces = append(doc.Spaces, w.space(f.Object))
		}
	}
	doc.Globals = w.globals()
	slices.SortStableFunc(doc.Users, func(a, b User) int { return strings.Compare(a.Email.Value, b.Email.Value) })
	if len(w.external) > 0 {
		doc.External = &List{}
		for _, ref := range sorted(w.external) {
			doc.External.Items = append(doc.External.Items, Str{Value: string(ref)})
		}
	}
	return doc
}

// guestsOf gives the people who are guests, each with the one role that a
// description can say; the zero Fact for who has none, or more.
func guestsOf(facts access.Set) map[access.Ref]access.Fact {
	out := make(map[access.Ref]access.Fact)
	for f := range facts.OfKind(access.Product) {
		if f.Object.IsPerson() && slices.Contains(access.ProductRoles(f.Value), access.GuestRole) {
			out[f.Object] = access.Fact{}
		}
	}
	if len(out) == 0 {
		return out
	}
	view := access.NewView(facts)
	held := make(map[access.Ref]int)
	roles := make(map[access.Ref]access.Fact)
	for _, kind := range []access.Kind{access.Role, access.Permission} {
		for f := range facts.OfKind(kind) {
			held[f.Subject]++
			if _, there := facts.Get(access.Fact{Kind: access.Exists, Object: f.Object}); there {
				roles[f.Subject] = f
			}
		}
	}
	for who := range out {
		direct := facts.Has(access.Fact{Kind: access.Product, Object: who, Value: access.GuestRole})
		if f := roles[who]; direct && view.Guest(who) && held[who] == 1 && f.Kind == access.Role && !beyondIn(facts, f.Value) {
			out[who] = f
		}
	}
	for f := range facts.OfKind(access.Restrict) {
		if g, guest := out[f.Subject]; guest && g.Object != f.Object.PageSpace() {
			out[f.Subject] = access.Fact{}
		}
	}
	return out
}

// beyondIn reports whether no guest may have a role, by what facts say of it.
func beyondIn(facts access.Set, role string) bool {
	return role == "admin" || slices.ContainsFunc(noGuests, func(id string) bool {
		return facts.Has(access.Fact{Kind: access.Grants, Object: access.NewRef("space_role", role), Verb: id})
	})
}

type factWriter struct {
	facts        access.Set
	guests       map[access.Ref]access.Fact   // see guestsOf
	restrictions map[access.Ref][]access.Fact // by space
	external     map[access.Ref]bool
}

// has reports whether there is a fact of one kind about an object.
func (w *factWriter) has(k access.Kind, object access.Ref) bool {
	return w.value(k, object) != nil
}

// value gives the value of a kind that an object has once.
func (w *factWriter) value(k access.Kind, object access.Ref) *Str {
	if f, ok := w.facts.Get(access.Fact{Kind: k, Object: object}); ok {
		return &Str{Value: f.Value}
	}
	return nil
}

// foreign reports whether a group is one that no description can hold.
func (w *factWriter) foreign(group access.Ref) bool {
	by := w.value(access.Managed, group)
	return by != nil && by.Value != "idp"
}

// refer notes a reference to what has no entry.
func (w *factWriter) refer(ref access.Ref) {
	described := w.has(access.Exists, ref) || w.has(access.State, ref)
	if g, guest := w.guests[ref]; guest && g.Object == "" && !w.has(access.State, ref) {
		described = false
	}
	if ref.Type() != "class" && !isSystemRole(ref) && (!described || w.foreign(ref)) {
		w.external[ref] = true
	}
}

// person writes a person where only a person can stand.
func (w *factWriter) person(ref access.Ref) Str {
	return Str{Value: strings.TrimPrefix(string(ref), "user:")}
}

func (w *factWriter) group(ref access.Ref) Group {
	g := Group{Name: Str{Value: ref.ID()}, ProductRole: w.value(access.Product, ref), ManagedBy: w.value(access.Managed, ref)}
	if g.ManagedBy != nil {
		return g
	}
	g.Members = &Grants{}
	for f := range w.facts.Of(access.Member, ref) {
		w.refer(f.Subject)
		g.Members.Items = append(g.Members.Items, Grant{Who: w.person(f.Subject)})
	}
	return g
}

func (w *factWriter) spaceRole(ref access.Ref) SpaceRole {
	r := SpaceRole{Name: Str{Value: ref.ID()}, Permissions: &List{}}
	for f := range w.facts.Of(access.Grants, ref) {
		r.Permissions.Items = append(r.Permissions.Items, Str{Value: f.Verb})
	}
	return r
}

func (w *factWriter) space(ref access.Ref) Space {
	s := Space{Key: Str{Value: ref.ID()}, Name: w.value(access.Name, ref), Status: w.value(access.Status, ref), Roles: &Roles{}}
	holders := make(map[string][]Grant) // by role
	var roles []string
	for f := range w.facts.Of(access.Role, ref) {
		if onlySeen(f.Subject) || w.guests[f.Subject] == f {
			continue
		}
		w.refer(f.Subject)
		if holders[f.Value] == nil {
			roles = append(roles, f.Value)
			w.refer(access.NewRef("space_role", f.Value))
		}
		holders[f.Value] = append(holders[f.Value], Grant{Who: holder(f.Subject)})
	}
	slices.Sort(roles)
	for _, role := range roles {
		s.Roles.Items = append(s.Roles.Items, RoleGrants{Role: Str{Value: role}, Grants: holders[role]})
	}
	s.Permissions = w.permissions(ref)
	s.Pages, s.BlogPosts = w.pages("page", ref), w.pages("blogpost", ref)
	return s
}

// onlySeen reports whether a principal is one that no description can name.
func onlySeen(ref access.Ref) bool { return ref.Type() == "team" || ref.Type() == "app" }

// permissions writes what principals have in a space beside roles; nil where
// nobody has anything, or not all of it can be said.
func (w *factWriter) permissions(space access.Ref) *Permissions {
	held := make(map[access.Ref]*PermissionGrants)
	for f := range w.facts.Of(access.Permission, space) {
		if onlySeen(f.Subject) {
			continue
		}
		_, both := w.facts.Get(access.Fact{Kind: access.Role, Object: space, Subject: f.Subject})
		if both || !isPermission(f.Verb) || !w.facts.Has(access.Fact{Kind: access.Permission, Object: space, Verb: access.CanView, Subject: f.Subject}) {
			return nil
		}
		if held[f.Subject] == nil {
			held[f.Subject] = &PermissionGrants{Who: holder(f.Subject)}
		}
		held[f.Subject].IDs.Items = append(held[f.Subject].IDs.Items, Str{Value: f.Verb})
	}
	if len(held) == 0 {
		return nil
	}
	p := &Permissions{}
	for _, who := range sorted(held) {
		w.refer(who)
		p.Items = append(p.Items, *held[who])
	}
	return p
}

// pages writes the restrictions of the pages or blog posts of a space.
func (w *factWriter) pages(typ string, space access.Ref) []Page {
	var out []Page
	lists := w.restrictions[space]
	for len(lists) > 0 {
		n := 1
		for n < len(lists) && access.ContentsOf(lists[n]) == access.ContentsOf(lists[0]) {
			n++
		}
		names, page, verb := w.names(lists[:n]), lists[0].Object, lists[0].Verb
		lists = lists[n:]
		if page.Type() != typ || names == nil {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Title.Value != page.PageTitle() {
			out = append(out, Page{Title: Str{Value: page.PageTitle()}})
		}
		if verb == access.EditPage {
			out[len(out)-1].Edit = names
		} else {
			out[len(out)-1].View = names
		}
	}
	return out
}

// names writes who stands on one restriction; nil where that cannot be said.
func (w *factWriter) names(list []access.Fact) *Grants {
	names, passes := &Grants{}, false
	for _, f := range list {
		if onlySeen(f.Subject) {
			continue
		}
		passes = passes || !w.has(access.State, f.Subject)
		names.Items = append(names.Items, Grant{Who: holder(f.Subject)})
	}
	if !passes {
		return nil
	}
	for _, f := range list {
		if !onlySeen(f.Subject) {
			w.refer(f.Subject)
		}
	}
	return names
}

// globals writes who may do what on the whole site; nil where nothing has to
// be said. The product roles of groups stand in their own entries.
func (w *factWriter) globals() *Globals {
	g := Globals{}
	found := false
	add := func(list **Grants, who access.Ref) {
		if *list == nil {
			*list = &Grants{}
		}
		w.refer(who)
		(*list).Items, found = append((*list).Items, Grant{Who: holder(who)}), true
	}
	for f := range w.facts.OfKind(access.Product) {
		if f.Object.IsPerson() && slices.Contains(access.ProductRoles(f.Value), access.AdminRole) && !w.has(access.State, f.Object) {
			add(&g.Administer, f.Object)
		}
	}
	lists := map[string]**Grants{
		access.GlobalUse: &g.Use, access.GlobalCreateSpace: &g.CreateSpace, access.GlobalPersonalSpace: &g.PersonalSpace,
		access.GlobalSystemAdminister: &g.SystemAdminister, access.GlobalViewProfiles: &g.ViewProfiles,
	}
	for f := range w.facts.OfKind(access.Global) {
		list, known := lists[f.Verb]
		class := f.Subject.Type() == "class"
		public := f.Subject == access.Anonymous || f.Subject == access.Unlicensed
		switch {
		case !known, class && !public, class && f.Verb == access.GlobalSystemAdminister, !class && f.Verb == access.GlobalUse:
		default:
			add(list, f.Subject)
		}
	}
	if !found {
		return nil
	}
	return &g
}

// holder writes a principal: a class by its word, everything else with its
// type.
func holder(ref access.Ref) Str {
	for word, class := range classes {
		if class == ref {
			return Str{Value: word}
		}
	}
	return Str{Value: string(ref)}
}
