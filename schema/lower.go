package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// collectUsers reads the entries of people. A key is an e-mail address, or
// account:ID for a person whose address cannot be read.
func (c *compiler) collectUsers() map[access.Ref]User {
	users := make(map[access.Ref]User)
	for _, d := range c.docs {
		for _, u := range d.Users {
			typ, id, ok := strings.Cut(u.Email.Value, ":")
			if !ok || typ != "account" {
				typ, id = "user", u.Email.Value
			}
			ref, ok := c.named(typ, id, u.Email.Range)
			if !ok || !c.claim(ref, u.Email.Range) {
				continue
			}
			users[ref] = u
			if u.State != nil && u.State.Value != "active" {
				c.shut[ref] = u.State.Value
			}
		}
	}
	return users
}

// lowerUsers states who may enter. A described person is satisfied by an
// invited or active account; a state that shuts a person out is their removal.
func (c *compiler) lowerUsers(users map[access.Ref]User) {
	for _, ref := range sorted(users) {
		u := users[ref]
		at := u.Email.Range
		if u.Name != nil {
			c.out.labels[ref] = u.Name.Value
		}
		state := c.choice(u.State, "state", "active", "no_access", "suspended", "deactivated", "removed")
		switch state.Or("active") {
		case "active":
			c.fact(access.Fact{Kind: access.Exists, Object: ref}, at)
			c.own(access.State, ref, access.Exclusive)
		case "no_access":
			c.gone(ref, at)
		default:
			c.fact(access.Fact{Kind: access.State, Object: ref, Value: state.Value}, at)
			c.own(access.State, ref, access.Exclusive)
			c.gone(ref, at)
		}
	}
}

// productRoles are the words for what a group may give its members of the
// product, as Atlassian's role ids have them. Those of a whole organisation,
// and those that can only be read, are not among them.
var productRoles = []string{
	"user", "admin", noProduct, "guest", "customer", "contributor", "basic", "stakeholder", "viewer", "user-access-admin", "site-admin",
}

// noProduct says that a group gives its members no role of the product.
const noProduct = "none"

// lowerGroups states the groups, their product roles and their named members.
func (c *compiler) lowerGroups(groups map[access.Ref]Group) {
	for _, ref := range sorted(groups) {
		g := groups[ref]
		c.fact(access.Fact{Kind: access.Exists, Object: ref}, g.Name.Range)
		if g.ProductRole != nil {
			c.lowerProductRole(ref, *g.ProductRole)
		}
		m := membership{managed: g.ManagedBy != nil}
		if m.managed {
			c.lowerManaged(ref, g)
		} else if g.Members != nil || g.MembersOf != nil {
			m.mode = c.owned.of("groups", "members", ref)
			c.own(access.Member, ref, m.mode)
			if g.Members != nil {
				m.listed = c.lowerMembers(ref, *g.Members)
			}
			if g.MembersOf != nil {
				m.sets = c.lowerSets(*g.MembersOf)
			}
		}
		c.out.groups[ref] = m
	}
}

// lowerProductRole reads one role, several joined by "+", or none.
func (c *compiler) lowerProductRole(ref access.Ref, role Str) {
	c.own(access.Product, ref, c.owned.of("groups", "product_role", ref))
	if role.Value == noProduct {
		return
	}
	roles := access.ProductRoles(role.Value)
	slices.Sort(roles)
	for i, r := range roles {
		if i > 0 && r == roles[i-1] {
			c.add("WR104", role.Range, "product role "+quote(r)+" stands twice", "write it once")
			return
		}
		if r == noProduct {
			c.add("WR202", role.Range, "none stands beside a product role", "write none alone, or delete it")
			return
		}
		if !c.choice(&Str{Value: r, Range: role.Range}, "product_role", productRoles...).Set {
			return
		}
	}
	c.fact(access.Fact{Kind: access.Product, Object: ref, Value: strings.Join(roles, "+")}, role.Range)
}

// lowerManaged states a group whose membership somebody else writes.
func (c *compiler) lowerManaged(ref access.Ref, g Group) {
	by := c.choice(g.ManagedBy, "managed_by", "idp")
	if by.Set {
		c.fact(access.Fact{Kind: access.Managed, Object: ref, Value: by.Value}, by.Range)
	}
	refuse := func(key string, at diag.Range) {
		c.add("WR204", at, fmt.Sprintf("%s is managed by the identity provider", noun(ref)), "delete "+key+", or managed_by if weir is to write the members",
			diag.Related{Message: "managed_by stands here", Range: g.ManagedBy.Range})
	}
	if g.Members != nil {
		refuse("members", g.Members.Range)
	}
	if g.MembersOf != nil {
		refuse("members_of", g.MembersOf.Range)
	}
}

// lowerMembers states the named members, and returns those whose entry has not
// expired.
func (c *compiler) lowerMembers(group access.Ref, members Members) []access.Ref {
	var listed []access.Ref
	seen := make(map[access.Ref]diag.Range)
	for _, g := range members.Items {
		who, ok := c.read(g.Who, readMember)
		if !ok || c.repeated(seen, who, g.Who.Range, "members") {
			continue
		}
		if c.grant(access.Fact{Kind: access.Member, Object: group, Subject: who}, g) {
			listed = append(listed, who)
		}
	}
	return listed
}

// grant states one entry of a list, and reports whether it has not expired.
// An entry for a person who is shut out is kept aside: it gives nothing to
// them and takes nothing from them, so that a suspended person who comes back
// finds what they had.
func (c *compiler) grant(f access.Fact, g Grant) bool {
	if g.Until != nil && c.expired(*g.Until, "the entry of "+quote(g.Who.Value)+" has expired") {
		c.out.scope.Expired[f.Identity()] = true
		return false
	}
	c.refer(f.Subject, g.Who.Range)
	if state, out := c.shut[f.Subject]; out {
		c.warn("WR202", g.Who.Range, fmt.Sprintf("%s is listed, and has the state %s", quote(g.Who.Value), state),
			"delete the entry; it gives nothing while the state stands")
		c.out.shutOut = append(c.out.shutOut, f)
		c.out.origins[f.Identity()] = g.Who.Range
		return true
	}
	c.fact(f, g.Who.Range)
	return true
}

// collectSpaceRoles reads the entries of custom space roles.
func (c *compiler) collectSpaceRoles() map[access.Ref]SpaceRole {
	roles := make(map[access.Ref]SpaceRole)
	for _, d := range c.docs {
		for _, r := range d.SpaceRoles {
			ref, ok := c.named("space_role", r.Name.Value, r.Name.Range)
			if !ok {
				continue
			}
			if slices.ContainsFunc(access.SystemRoles, func(s string) bool { return strings.EqualFold(s, r.Name.Value) }) {
				c.add("WR202", r.Name.Range, noun(ref)+" is the product's own", "choose another name; the product's own roles need no entry")
				continue
			}
			if c.claim(ref, r.Name.Range) {
				roles[ref] = r
			}
		}
	}
	return roles
}

// lowerSpaceRoles states what custom roles grant.
func (c *compiler) lowerSpaceRoles(roles map[access.Ref]SpaceRole) {
	for _, ref := range sorted(roles) {
		r := roles[ref]
		c.fact(access.Fact{Kind: access.Exists, Object: ref}, r.Name.Range)
		if r.Permissions == nil {
			continue
		}
		c.own(access.Grants, ref, c.owned.of("space_roles", "permissions", ref))
		seen := make(map[string]diag.Range)
		for _, p := range r.Permissions.Items {
			if !isPermission(p.Value) {
				c.add("WR113", p.Range, quote(p.Value)+" is not the id of a permission", "write what it does and to what, such as create/page")
				continue
			}
			if first, ok := seen[p.Value]; ok {
				c.both("WR104", first, p.Range, quote(p.Value)+" stands twice in permissions", "keep one of the two", "also here")
				continue
			}
			seen[p.Value] = p.Range
			c.fact(access.Fact{Kind: access.Grants, Object: ref, Verb: p.Value}, p.Range)
		}
		// Confluence drops every permission of who cannot see the space.
		if _, ok := seen[access.CanView]; !ok && len(seen) > 0 {
			c.add("WR202", r.Permissions.Range, noun(ref)+" grants without "+access.CanView, "add "+access.CanView+": every other permission rests on it")
		}
	}
}

// isPermission asks for "operation/target"; which of them there are only the
// site knows.
func isPermission(s string) bool {
	op, target, ok := strings.Cut(s, "/")
	word := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
		})
	}
	return ok && word(op) && word(target)
}

// lowerSpaces states the spaces, their names, status and roles.
func (c *compiler) lowerSpaces(spaces map[access.Ref]spaceEntry) {
	for _, ref := range sorted(spaces) {
		s := spaces[ref]
		c.fact(access.Fact{Kind: access.Exists, Object: ref}, s.Key.Range)
		if s.Name != nil {
			c.own(access.Name, ref, access.Exclusive)
			if s.Name.Value == "" {
				c.add("WR108", s.Name.Range, "the name of "+noun(ref)+" is empty", "write a name or delete the key")
			} else {
				c.fact(access.Fact{Kind: access.Name, Object: ref, Value: s.Name.Value}, s.Name.Range)
			}
		}
		if status := c.choice(s.Status, "status", "current", "archived"); status.Set {
			c.own(access.Status, ref, access.Exclusive)
			if status.Value != "current" {
				c.fact(access.Fact{Kind: access.Status, Object: ref, Value: status.Value}, status.Range)
			}
		}
		if s.Owner != nil {
			if owner, ok := c.read(*s.Owner, readOwner); ok {
				c.refer(owner, s.Owner.Range)
				c.out.owners[ref] = owner
			}
		}
		c.lowerRoles(ref, s)
	}
}

// lowerRoles states who holds which role in a space: what its entry says and
// what its archetype adds.
func (c *compiler) lowerRoles(space access.Ref, s spaceEntry) {
	var items []RoleGrants
	owned := false
	for _, r := range []*Roles{s.shape, s.Roles} {
		if r != nil {
			owned = true
			items = append(items, r.Items...)
		}
	}
	if owned {
		c.own(access.Role, space, c.owned.of("spaces", "roles", space))
	}
	type holding struct {
		role string
		at   diag.Range
	}
	seen := make(map[access.Fact]diag.Range) // every entry
	holds := make(map[access.Ref]holding)    // entries that have not expired
	for _, item := range items {
		role, ok := c.named("space_role", item.Role.Value, item.Role.Range)
		if !ok {
			continue
		}
		c.refer(role, item.Role.Range)
		for _, g := range item.Grants {
			who, ok := c.read(g.Who, readHolder)
			if !ok {
				continue
			}
			f := access.Fact{Kind: access.Role, Object: space, Subject: who, Value: role.ID()}
			if first, ok := seen[f]; ok {
				c.both("WR104", first, g.Who.Range, fmt.Sprintf("%s is %s of %s twice", quote(g.Who.Value), f.Value, space.ID()), "keep one of the two", "also here")
				continue
			}
			seen[f] = g.Who.Range
			if first, ok := holds[who]; ok && !c.past(g) {
				c.both("WR202", first.at, g.Who.Range, fmt.Sprintf("%s has two roles in %s", quote(g.Who.Value), space.ID()),
					fmt.Sprintf("choose %s or %s: a principal has one role in a space", first.role, f.Value), "the other role")
				continue
			}
			if c.grant(f, g) {
				holds[who] = holding{f.Value, g.Who.Range}
			}
		}
	}
}
