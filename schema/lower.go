package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// collectUsers reads the entries of people.
func (c *compiler) collectUsers() map[access.Ref]User {
	users := make(map[access.Ref]User)
	for _, d := range c.docs {
		for _, u := range d.Users {
			ref, ok := c.person(u.Email)
			if !ok || !c.claim(ref, u.Email.Range) {
				continue
			}
			users[ref] = u
			if u.Left != nil && u.State == nil {
				u.State = &Str{Value: "no_access", Range: u.Left.Range}
				users[ref] = u
			}
			if u.State != nil && u.State.Value != "active" {
				c.shut[ref] = u.State.Value
				if u.Left != nil {
					c.out.left[ref] = leaver{at: u.Left.Range}
				}
			}
		}
	}
	return users
}

// person reads the key of a person's entry: an e-mail address, or account:ID
// for a person whose address cannot be read.
func (c *compiler) person(key Str) (access.Ref, bool) {
	typ, id, ok := strings.Cut(key.Value, ":")
	if !ok || typ != "account" {
		typ, id = "user", key.Value
	}
	return c.named(typ, id, key.Range)
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
	c.lowerLeft(users)
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
		c.guestsOfIDP(ref, g)
		if g.Owner != nil {
			c.owner(ref, *g.Owner)
		}
		c.lowerTerm(ref, g)
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

// groupProduct are the product roles that a group's own entry gives its members.
type groupProduct struct {
	roles []string
	at    diag.Range
}

// lowerProductRole reads one role, several joined by "+", or none.
func (c *compiler) lowerProductRole(ref access.Ref, role Str) {
	c.own(access.Product, ref, c.owned.of("groups", "product_role", ref))
	if role.Value == noProduct {
		c.products[ref] = groupProduct{at: role.Range}
		return
	}
	roles := access.ProductRoles(role.Value)
	c.products[ref] = groupProduct{roles: roles, at: role.Range}
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
func (c *compiler) lowerMembers(group access.Ref, members Grants) []access.Ref {
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
	if g.Until != nil && c.ended(g, f.Subject, f.Object) {
		c.out.scope.Expired[f.Identity()] = true
		return false
	}
	if c.lapse(f.Subject, g.Who) {
		c.out.scope.Expired[f.Identity()] = true
		return false
	}
	c.refer(f.Subject, g.Who.Range)
	if c.hasLeft(f.Subject, g.Who) {
		return false
	}
	if c.shutOut(f.Subject, g.Who) {
		c.keepShut(f, g.Who.Range)
		return true
	}
	c.fact(f, g.Who.Range)
	return true
}

// shutOut reports whether a state shuts a person out, and warns of the entry
// that lists them.
func (c *compiler) shutOut(who access.Ref, written Str) bool {
	state, out := c.shut[who]
	if out {
		c.warn("WR202", written.Range, fmt.Sprintf("%s is listed, and has the state %s", quote(written.Value), state),
			"delete the entry; it gives nothing while the state stands")
	}
	return out
}

// keepShut notes what somebody who is shut out would have: it stays where they
// have it.
func (c *compiler) keepShut(f access.Fact, at diag.Range) {
	c.out.shutOut = append(c.out.shutOut, f)
	c.out.origins[f.Identity()] = at
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
				if r.Permissions != nil {
					c.grantsOf[ref.ID()] = make(map[string]bool)
					for _, id := range r.Permissions.Items {
						c.grantsOf[ref.ID()][id.Value] = true
					}
				}
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
		ids := c.permissionIDs(*r.Permissions)
		for _, id := range ids {
			c.fact(access.Fact{Kind: access.Grants, Object: ref, Verb: id.Value}, id.Range)
		}
		// Confluence drops every permission of who cannot see the space.
		if len(ids) > 0 && !slices.ContainsFunc(ids, func(id Str) bool { return id.Value == access.CanView }) {
			c.add("WR202", r.Permissions.Range, noun(ref)+" grants without "+access.CanView, "add "+access.CanView+": every other permission rests on it")
		}
	}
}
