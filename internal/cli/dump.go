package cli

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
)

// classes are the names of access classes that facts use, by Atlassian's ids.
var classes = map[string]access.Ref{
	"all-licensed-users":  access.Everyone,
	"authenticated-users": access.Authenticated,
	"anonymous-users":     access.Anonymous,
	"all-product-admins":  access.ProductAdmins,
	"jsm-project-admins":  access.JSMAdmins,

	emulator.ClassUnlicensed: access.Unlicensed, // of global permissions only
}

// factsOf says in facts what the emulator itself holds to be true. It does not
// ask the driver: the two readings check each other.
func factsOf(d emulator.Dump) access.Set {
	t := teller{byID: make(map[string]access.Ref)}
	for _, p := range d.People {
		t.person(p)
	}
	for _, g := range d.Groups {
		t.group(g)
	}
	t.globals(access.Anonymous, d.Anonymous)
	t.globals(access.Unlicensed, d.Unlicensed)
	if d.RoleMode != emulator.ModePreRoles { // where there are roles at all
		for _, r := range d.Roles {
			t.role(r)
		}
	}
	for _, s := range d.Spaces {
		t.space(s)
	}
	return access.NewSet(t.out...)
}

// teller gathers facts. People, groups and roles come before what refers to them
// by id.
type teller struct {
	out  []access.Fact
	byID map[string]access.Ref
}

func (t *teller) add(f access.Fact) { t.out = append(t.out, f) }

func (t *teller) person(p emulator.Person) {
	who := access.NewRef("user", strings.ToLower(p.Email))
	t.byID[p.ID] = who
	if p.Enters {
		t.add(access.Fact{Kind: access.Exists, Object: who})
	}
	if p.State != emulator.StateActive {
		t.add(access.Fact{Kind: access.State, Object: who, Value: p.State})
	}
	if value := roles(p.Product); value != "" && value != plainUser {
		t.add(access.Fact{Kind: access.Product, Object: who, Value: value})
	}
	t.globals(who, p.Globals)
}

// plainUser is the product role that is not said of people: that is `exists`.
const plainUser = "user"

func roles(ids []string) string { return strings.Join(slices.Sorted(slices.Values(ids)), "+") }

func (t *teller) group(g emulator.Group) {
	group := access.NewRef("group", g.Name)
	t.byID[g.ID] = group
	t.add(access.Fact{Kind: access.Exists, Object: group})
	if len(g.Product) > 0 {
		t.add(access.Fact{Kind: access.Product, Object: group, Value: roles(g.Product)})
	}
	if g.Managed != "" && g.Managed != emulator.ManagedOther {
		t.add(access.Fact{Kind: access.Managed, Object: group, Value: g.Managed})
	}
	for _, m := range g.Members {
		t.add(access.Fact{Kind: access.Member, Object: group, Subject: t.byID[m]})
	}
	t.globals(group, g.Globals)
}

// globals tells global permissions, without those that are product roles.
func (t *teller) globals(who access.Ref, permissions []string) {
	for _, p := range permissions {
		t.add(access.Fact{Kind: access.Global, Object: access.Site, Verb: p, Subject: who})
	}
}

func (t *teller) role(r emulator.Role) {
	role := roleRef(r)
	t.byID[r.ID] = role
	t.add(access.Fact{Kind: access.Exists, Object: role})
	for _, p := range r.Permissions {
		t.add(access.Fact{Kind: access.Grants, Object: role, Verb: p})
	}
}

func (t *teller) space(s emulator.Space) {
	space := access.NewRef("space", s.Key)
	t.add(access.Fact{Kind: access.Exists, Object: space})
	t.add(access.Fact{Kind: access.Name, Object: space, Value: s.Name})
	if s.Status != "current" {
		t.add(access.Fact{Kind: access.Status, Object: space, Value: s.Status})
	}
	if owner, ok := t.byID[s.Owner]; ok {
		t.add(access.Fact{Kind: access.Personal, Object: space, Subject: owner})
	}
	for _, a := range s.Assignments {
		if who, ok := t.subject(a.Type, a.ID); ok {
			t.add(access.Fact{Kind: access.Role, Object: space, Subject: who, Value: t.byID[a.RoleID].ID()})
		}
	}
	for _, p := range s.Permissions {
		if who, ok := t.subject(p.Type, p.ID); ok {
			t.add(access.Fact{Kind: access.Permission, Object: space, Verb: p.Permission, Subject: who})
		}
	}
	t.content(space, s.Content)
}

// content tells of the restricted pages and blog posts of a space. A title that
// two of a kind share names neither.
func (t *teller) content(space access.Ref, all []emulator.Content) {
	bearers := make(map[access.Ref]int)
	for _, c := range all {
		bearers[access.NewPage(c.Type, space, c.Title)]++
	}
	for _, c := range all {
		page := access.NewPage(c.Type, space, c.Title)
		if bearers[page] > 1 || len(c.Read)+len(c.Update) == 0 {
			continue
		}
		t.add(access.Fact{Kind: access.Exists, Object: page})
		t.restriction(page, access.ViewPage, c.Read)
		t.restriction(page, access.EditPage, c.Update)
	}
}

// restriction tells whom a restriction names. A group that is gone stays in it,
// and lets nobody through: it is told by its id.
func (t *teller) restriction(page access.Ref, verb string, names []emulator.Restricted) {
	for _, n := range names {
		who, ok := t.subject(n.Type, n.ID)
		if !ok && n.Type == "GROUP" {
			who, ok = access.NewRef("group", n.ID), true
		}
		if ok {
			t.add(access.Fact{Kind: access.Restrict, Object: page, Verb: verb, Subject: who})
		}
	}
}

// subject names a principal of the emulator's.
func (t *teller) subject(kind, id string) (access.Ref, bool) {
	if kind != "ACCESS_CLASS" {
		who, ok := t.byID[id]
		return who, ok
	}
	if class, ok := classes[id]; ok {
		return class, true
	}
	return access.NewRef("class", id), true
}

// roleRef names a role: system roles in lower case, as the language has them.
func roleRef(r emulator.Role) access.Ref {
	if r.System {
		return access.NewRef("space_role", strings.ToLower(r.Name))
	}
	return access.NewRef("space_role", r.Name)
}
