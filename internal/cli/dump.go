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
}

// factsOf says in facts what the emulator itself holds to be true. It does not
// ask the driver: the two readings check each other.
func factsOf(d emulator.Dump) access.Set {
	var out []access.Fact
	add := func(f access.Fact) { out = append(out, f) }
	byID := make(map[string]access.Ref)
	for _, p := range d.People {
		who := access.NewRef("user", strings.ToLower(p.Email))
		byID[p.ID] = who
		if p.Enters {
			add(access.Fact{Kind: access.Exists, Object: who})
		}
		if p.State != emulator.StateActive {
			add(access.Fact{Kind: access.State, Object: who, Value: p.State})
		}
	}
	for _, g := range d.Groups {
		group := access.NewRef("group", g.Name)
		byID[g.ID] = group
		add(access.Fact{Kind: access.Exists, Object: group})
		if len(g.Product) > 0 {
			add(access.Fact{Kind: access.Product, Object: group, Value: strings.Join(slices.Sorted(slices.Values(g.Product)), "+")})
		}
		if g.Managed != "" {
			add(access.Fact{Kind: access.Managed, Object: group, Value: g.Managed})
		}
		for _, m := range g.Members {
			add(access.Fact{Kind: access.Member, Object: group, Subject: byID[m]})
		}
	}
	for _, r := range d.Roles {
		role := roleRef(r)
		byID[r.ID] = role
		add(access.Fact{Kind: access.Exists, Object: role})
		for _, p := range r.Permissions {
			add(access.Fact{Kind: access.Grants, Object: role, Verb: p})
		}
	}
	for _, s := range d.Spaces {
		space := access.NewRef("space", s.Key)
		add(access.Fact{Kind: access.Exists, Object: space})
		add(access.Fact{Kind: access.Name, Object: space, Value: s.Name})
		if s.Status != "current" {
			add(access.Fact{Kind: access.Status, Object: space, Value: s.Status})
		}
		for _, a := range s.Assignments {
			subject, ok := byID[a.ID]
			if a.Type == "ACCESS_CLASS" {
				if subject, ok = classes[a.ID]; !ok {
					subject, ok = access.NewRef("class", a.ID), true
				}
			}
			if ok {
				add(access.Fact{Kind: access.Role, Object: space, Subject: subject, Value: byID[a.RoleID].ID()})
			}
		}
	}
	return access.NewSet(out...)
}

// roleRef names a role: system roles in lower case, as the language has them.
func roleRef(r emulator.Role) access.Ref {
	if r.System {
		return access.NewRef("space_role", strings.ToLower(r.Name))
	}
	return access.NewRef("space_role", r.Name)
}
