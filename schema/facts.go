package schema

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// FromFacts writes facts as a document, such that compiling it beside one that
// names the site gives the facts back. What a description cannot say is left
// out: members of groups that somebody else manages, teams and apps, groups
// managed by other than an identity provider, and the product's own roles.
// What is referred to and does not exist stands under external.
func FromFacts(facts access.Set) Document {
	w := factWriter{facts: facts, external: make(map[access.Ref]bool)}
	var doc Document
	for f := range facts.OfKind(access.State) {
		doc.Users = append(doc.Users, User{Email: w.person(f.Object), State: &Str{Value: f.Value}})
	}
	for f := range facts.OfKind(access.Exists) {
		switch f.Object.Type() {
		case "user", "account":
			if !w.has(access.State, f.Object) {
				doc.Users = append(doc.Users, User{Email: w.person(f.Object)})
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
	slices.SortStableFunc(doc.Users, func(a, b User) int { return strings.Compare(a.Email.Value, b.Email.Value) })
	if len(w.external) > 0 {
		doc.External = &List{}
		for _, ref := range sorted(w.external) {
			doc.External.Items = append(doc.External.Items, Str{Value: string(ref)})
		}
	}
	return doc
}

type factWriter struct {
	facts    access.Set
	external map[access.Ref]bool
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
	g.Members = &Members{}
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
		if t := f.Subject.Type(); t == "team" || t == "app" {
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
	return s
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
