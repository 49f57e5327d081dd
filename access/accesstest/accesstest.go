// Package accesstest generates small sites for property tests: a handful of
// people, groups, spaces and roles, with every construct that facts can say.
//
//	rapid.Check(t, func(t *rapid.T) {
//		live := accesstest.Site().Draw(t, "live")
//		...
//	})
//
// The sites hang together: a fact speaks only of objects that exist.
package accesstest

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
)

// How much of everything a generated site can have. Small numbers find the
// same bugs as large ones, and show them better.
const (
	people = 5
	groups = 4
	spaces = 3
)

// Person names a person of generated sites, from 0.
func Person(i int) access.Ref { return access.NewRef("user", fmt.Sprintf("p%d@acme.example", i)) }

// Group names a group of generated sites, from 0.
func Group(i int) access.Ref { return access.NewRef("group", fmt.Sprintf("g%d", i)) }

// Space names a space of generated sites, from 0.
func Space(i int) access.Ref { return access.NewRef("space", fmt.Sprintf("S%d", i)) }

// rolePermissions are plausible roles, each stronger than the one before, and
// a custom one that is neither stronger nor weaker than the others.
var rolePermissions = map[string][]string{
	"viewer":       {"read/space", "create/comment"},
	"collaborator": {"read/space", "create/comment", "create/page", "update/page"},
	"manager":      {"read/space", "create/comment", "create/page", "update/page", "manage_users/space"},
	"admin":        {"read/space", "create/comment", "create/page", "update/page", "manage_users/space", "administer/space"},
	"exporter":     {"read/space", "export/space"},
}

// Roles names the space roles of generated sites.
var Roles = []string{"admin", "collaborator", "exporter", "manager", "viewer"}

// Fact generates single facts of every kind, with any text where the kind
// allows it. They do not hang together.
func Fact() *rapid.Generator[access.Fact] {
	text := rapid.OneOf(rapid.StringMatching(`[a-zA-Z0-9@._~:/-]{1,8}`), rapid.StringN(1, 6, -1))
	return rapid.Custom(func(t *rapid.T) access.Fact {
		k := rapid.SampledFrom(slices.Sorted(maps.Keys(access.Kinds))).Draw(t, "kind")
		spec := access.Kinds[k]
		f := access.Fact{Kind: k, Object: access.Site}
		if typ := rapid.SampledFrom(spec.Objects).Draw(t, "type"); typ != string(access.Site) {
			f.Object = access.NewRef(typ, text.Draw(t, "id"))
		}
		if spec.Verb {
			f.Verb = text.Draw(t, "verb")
		}
		if len(spec.Subjects) > 0 {
			f.Subject = access.NewRef(rapid.SampledFrom(spec.Subjects).Draw(t, "subject type"), text.Draw(t, "subject id"))
		}
		if spec.Value {
			f.Value = text.Draw(t, "value")
		}
		return f
	})
}

// Site generates sites.
func Site() *rapid.Generator[access.Set] {
	return rapid.Custom(func(t *rapid.T) access.Set {
		coin := rapid.Bool()
		rarely := rarely()
		var facts []access.Fact
		add := func(f access.Fact) { facts = append(facts, f) }
		for role, perms := range rolePermissions {
			r := access.NewRef("space_role", role)
			add(access.Fact{Kind: access.Exists, Object: r})
			for _, p := range perms {
				add(access.Fact{Kind: access.Grants, Object: r, Verb: p})
			}
		}
		var there []access.Ref
		for i := range people {
			p := Person(i)
			switch {
			case rarely.Draw(t, "suspended"):
				add(access.Fact{Kind: access.State, Object: p, Value: "suspended"})
				there = append(there, p)
			case !rarely.Draw(t, "gone"):
				add(access.Fact{Kind: access.Exists, Object: p})
				there = append(there, p)
				switch rapid.IntRange(0, 9).Draw(t, "own product role") {
				case 0:
					add(access.Fact{Kind: access.Product, Object: p, Value: "guest"})
				case 1:
					add(access.Fact{Kind: access.Product, Object: p, Value: "admin"})
				}
			}
		}
		var principals []access.Ref
		for i := range groups {
			if rarely.Draw(t, "no group") {
				continue
			}
			g := Group(i)
			principals = append(principals, g)
			add(access.Fact{Kind: access.Exists, Object: g})
			if rarely.Draw(t, "product") {
				add(access.Fact{Kind: access.Product, Object: g, Value: rapid.SampledFrom([]string{"user", "admin", "admin+user", "guest", "user-access-admin"}).Draw(t, "product role")})
			}
			for _, p := range there {
				if coin.Draw(t, "member") {
					add(access.Fact{Kind: access.Member, Object: g, Subject: p})
				}
			}
		}
		principals = append(principals, there...)
		principals = append(principals, access.Everyone, access.ProductAdmins, access.Anonymous)
		for i := range spaces {
			if rarely.Draw(t, "no space") {
				continue
			}
			s := Space(i)
			add(access.Fact{Kind: access.Exists, Object: s})
			add(access.Fact{Kind: access.Name, Object: s, Value: rapid.SampledFrom([]string{"Engineering", "HR/Pay bands", "Docs"}).Draw(t, "name")})
			if rarely.Draw(t, "archived") {
				add(access.Fact{Kind: access.Status, Object: s, Value: "archived"})
			}
			holds := make(map[access.Ref]bool)
			for range rapid.IntRange(0, 4).Draw(t, "assignments") {
				p := rapid.SampledFrom(principals).Draw(t, "principal")
				holds[p] = true
				add(access.Fact{Kind: access.Role, Object: s, Subject: p, Value: rapid.SampledFrom(Roles).Draw(t, "role")})
			}
			// A principal has a role or permissions of its own, never both.
			for range rapid.IntRange(0, 2).Draw(t, "custom") {
				p := rapid.SampledFrom(principals).Draw(t, "principal")
				if holds[p] {
					continue
				}
				for _, id := range append(rapid.SliceOfN(rapid.SampledFrom(Permissions()), 0, 2).Draw(t, "permissions"), access.CanView) {
					add(access.Fact{Kind: access.Permission, Object: s, Verb: id, Subject: p})
				}
			}
		}
		return access.NewSet(facts...)
	})
}

// Everybody lists the people of generated sites and the public, whether or not
// a site has them.
func Everybody() []access.Ref {
	out := []access.Ref{access.Anonymous}
	for i := range people {
		out = append(out, Person(i))
	}
	return out
}

// Spaces lists the spaces of generated sites.
func Spaces() []access.Ref {
	var out []access.Ref
	for i := range spaces {
		out = append(out, Space(i))
	}
	return out
}

// Permissions lists the permission ids of generated sites.
func Permissions() []string {
	return []string{"administer/space", "create/blogpost", "create/comment", "create/page", "export/space", "manage_users/space", "read/space", "update/blogpost", "update/page"}
}
