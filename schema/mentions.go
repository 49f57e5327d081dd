package schema

import (
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// Place is where in a description somebody can be named.
type Place string

// The places at which a person can be named. Whoever edits a description has to
// know each.
const (
	InEntry       Place = "entry"       // their own entry under users
	InGuests      Place = "guests"      // their entry as a guest, or in a space's list of guests
	InMembers     Place = "members"     // of a group
	InRoles       Place = "roles"       // of a space or an archetype
	InPermissions Place = "permissions" // likewise
	InView        Place = "view"        // of a page
	InEdit        Place = "edit"        // likewise
	InGlobals     Place = "global"      // a list of global_permissions
	InOwner       Place = "owner"       // of a space, an archetype or an ignored object
	InSuccessor   Place = "successor"   // of somebody else who left
	InAssertion   Place = "assert"      // can, cannot or only
	InProtected   Place = "protect"     // the admins whom no plan touches
	InAbsent      Place = "absent"
	InLimits      Place = "limits"   // to or never
	InRequests    Place = "requests" // for personal spaces
)

// Mention is a place in a description at which a person is named.
type Mention struct {
	Who   access.Ref
	Place Place
	// Object is the group, space or page whose entry it is in; empty in an archetype
	// and in what is of the whole site.
	Object access.Ref
	Word   string     // the role, the list of an assertion, or the global permission
	Name   diag.Range // the name alone
	Item   diag.Range // all that is said of them there
	// Items are what Item is one of, in order, and Others whom the others name; none
	// where it stands alone.
	Items  []diag.Range
	Others []access.Ref
}

// Mentions gives every place at which one of some people is named, file by file
// and in order. What an archetype makes of its parameters is not looked into.
func Mentions(docs []Document, who func(access.Ref) bool) []Mention {
	m := mentions{who: who}
	for _, d := range docs {
		m.document(d)
	}
	return m.out
}

type mentions struct {
	who func(access.Ref) bool
	out []Mention
}

func (m *mentions) document(d Document) {
	if d.Ownership != nil {
		for _, i := range d.Ownership.Ignore {
			m.text(i.Owner, Mention{Place: InOwner})
		}
	}
	if d.Protect != nil {
		m.list(d.Protect.Admins, Mention{Place: InProtected})
	}
	m.list(d.Absent, Mention{Place: InAbsent})
	for _, u := range d.Users {
		m.add(u.Email, Mention{Place: InEntry, Item: u.Range, Items: ranges(d.Users, func(u User) diag.Range { return u.Range })})
		if u.Left != nil {
			m.text(u.Left.Successor, Mention{Place: InSuccessor})
		}
	}
	for _, g := range d.Groups {
		m.text(g.Owner, Mention{Place: InOwner, Object: access.NewRef("group", g.Name.Value)})
		m.grants(g.Members, Mention{Place: InMembers, Object: access.NewRef("group", g.Name.Value)})
	}
	for _, g := range d.Guests {
		m.add(g.Email, Mention{Place: InGuests, Item: g.Range, Items: ranges(d.Guests, func(g Guest) diag.Range { return g.Range })})
	}
	for _, a := range d.Archetypes {
		m.text(a.Owner, Mention{Place: InOwner})
		for _, g := range a.Groups {
			m.text(g.Owner, Mention{Place: InOwner})
			m.grants(g.Members, Mention{Place: InMembers})
		}
		m.roles(a.Roles, "")
		m.permissions(a.Permissions, "")
		m.limits(a.Limits, "")
		m.pages("page", a.Pages, "")
		m.pages("blogpost", a.BlogPosts, "")
	}
	for _, s := range d.Spaces {
		space := access.NewRef("space", s.Key.Value)
		m.text(s.Owner, Mention{Place: InOwner, Object: space})
		m.roles(s.Roles, space)
		m.permissions(s.Permissions, space)
		m.limits(s.Limits, space)
		if s.Guests != nil {
			for _, r := range s.Guests.Roles {
				m.items(r.Grants, Mention{Place: InGuests, Object: space, Word: r.Role.Value})
			}
		}
		m.pages("page", s.Pages, space)
		m.pages("blogpost", s.BlogPosts, space)
	}
	if p := d.Personal; p != nil {
		m.grants(p.Requests, Mention{Place: InRequests})
		m.roles(p.Roles, "")
		m.limits(p.Limits, "")
	}
	if g := d.Globals; g != nil {
		for word, list := range map[string]*Grants{
			"use": g.Use, "administer": g.Administer, "create_space": g.CreateSpace, "personal_space": g.PersonalSpace,
			"system_administer": g.SystemAdminister, "view_profiles": g.ViewProfiles,
		} {
			m.grants(list, Mention{Place: InGlobals, Word: word})
		}
	}
	for _, a := range d.Assertions {
		m.list(a.Can, Mention{Place: InAssertion, Word: "can"})
		m.list(a.Cannot, Mention{Place: InAssertion, Word: "cannot"})
		m.list(a.Only, Mention{Place: InAssertion, Word: "only"})
	}
}

// ref reads whom a text names: a bare name is an e-mail address where a person
// stands.
func ref(s Str) access.Ref {
	if s.Parts != nil {
		return ""
	}
	typ, id, typed := strings.Cut(s.Value, ":")
	if !typed {
		typ, id = "user", s.Value
	}
	if typ == "user" {
		id = foldEmail(id)
	}
	return access.NewRef(typ, id)
}

func (m *mentions) add(s Str, at Mention) {
	if at.Who = ref(s); at.Who.IsPerson() && m.who(at.Who) {
		at.Name = s.Range
		m.out = append(m.out, at)
	}
}

func (m *mentions) text(s *Str, at Mention) {
	if s != nil {
		at.Item = s.Range
		m.add(*s, at)
	}
}

func (m *mentions) list(l *List, at Mention) {
	if l == nil {
		return
	}
	at.Items = ranges(l.Items, func(s Str) diag.Range { return s.Range })
	for _, s := range l.Items {
		at.Item = s.Range
		m.add(s, at)
	}
}

func (m *mentions) grants(g *Grants, at Mention) {
	if g != nil {
		m.items(g.Items, at)
	}
}

func (m *mentions) items(list []Grant, at Mention) {
	at.Items = ranges(list, func(g Grant) diag.Range { return g.Range })
	for _, g := range list {
		at.Item, at.Others = g.Range, nil
		for _, other := range list {
			if other.Range != g.Range {
				at.Others = append(at.Others, ref(other.Who))
			}
		}
		m.add(g.Who, at)
	}
}

func (m *mentions) roles(r *Roles, space access.Ref) {
	if r == nil {
		return
	}
	for _, list := range r.Items {
		m.items(list.Grants, Mention{Place: InRoles, Object: space, Word: list.Role.Value})
	}
}

func (m *mentions) permissions(p *Permissions, space access.Ref) {
	if p == nil {
		return
	}
	at := Mention{Place: InPermissions, Object: space, Items: ranges(p.Items, func(g PermissionGrants) diag.Range { return g.Range })}
	for _, g := range p.Items {
		at.Item = g.Range
		m.add(g.Who, at)
	}
}

func (m *mentions) limits(l *GrantLimits, space access.Ref) {
	if l != nil {
		m.list(l.To, Mention{Place: InLimits, Object: space, Word: "to"})
		m.list(l.Never, Mention{Place: InLimits, Object: space, Word: "never"})
	}
}

func (m *mentions) pages(typ string, pages []Page, space access.Ref) {
	for _, p := range pages {
		var page access.Ref
		if space != "" {
			page = access.NewPage(typ, space, p.Title.Value)
		}
		m.grants(p.View, Mention{Place: InView, Object: page})
		m.grants(p.Edit, Mention{Place: InEdit, Object: page})
	}
}

func ranges[T any](list []T, of func(T) diag.Range) []diag.Range {
	out := make([]diag.Range, len(list))
	for i, v := range list {
		out[i] = of(v)
	}
	return out
}
