package schema

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// lowerSpaces states the spaces: their names, status, roles, permissions and
// page restrictions.
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
		if written := cmp.Or(s.Owner, s.shape.Owner); written != nil {
			c.owner(ref, *written)
		}
		c.lowerRoles(ref, s)
		c.lowerPermissions(ref, s)
		c.lowerPages(ref, s)
		if s.Watch != nil && s.Watch.Value {
			c.out.watch = append(c.out.watch, ref)
		}
	}
}

// owner settles who answers for an object, for messages.
func (c *compiler) owner(ref access.Ref, written Str) {
	if owner, ok := c.read(written, readOwner); ok {
		c.refer(owner, written.Range)
		c.out.owners[ref] = owner
	}
}

// holding is what a principal has in a space, by an entry that has not expired.
type holding struct {
	role string // empty: permissions beside roles
	at   diag.Range
}

// hold notes what a principal has in a space.
func (c *compiler) hold(space, who access.Ref, h holding) {
	if c.holds[space] == nil {
		c.holds[space] = make(map[access.Ref]holding)
	}
	c.holds[space][who] = h
}

// lowerRoles states who holds which role in a space: what its entry says and
// what its archetype adds.
func (c *compiler) lowerRoles(space access.Ref, s spaceEntry) {
	var items []RoleGrants
	owned := false
	for _, r := range []*Roles{s.shape.Roles, s.Roles} {
		if r != nil {
			owned = true
			items = append(items, r.Items...)
		}
	}
	if owned {
		c.own(access.Role, space, c.owned.of("spaces", "roles", space))
	}
	seen := make(map[access.Fact]diag.Range) // every entry
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
			if !c.past(g) {
				if c.guestElsewhere(space, who, g.Who.Range, asHolder, role.ID()) {
					continue
				}
				if first, ok := c.holds[space][who]; ok {
					c.twoRoles(space, g.Who, first, f.Value)
					continue
				}
			}
			if c.grant(f, g) {
				c.hold(space, who, holding{f.Value, g.Who.Range})
			}
		}
	}
}

// twoRoles reports a principal that would have two roles in one space.
func (c *compiler) twoRoles(space access.Ref, who Str, first holding, second string) {
	c.both("WR202", first.at, who.Range, fmt.Sprintf("%s has two roles in %s", quote(who.Value), space.ID()),
		fmt.Sprintf("choose %s or %s: a principal has one role in a space", first.role, second), "the other role")
}

// roleAndPermissions reports a principal that would have both in one space.
func (c *compiler) roleAndPermissions(space access.Ref, who Str, first holding) {
	c.both("WR202", first.at, who.Range, fmt.Sprintf("%s has a role and permissions in %s", quote(who.Value), space.ID()),
		"choose one: a principal has a role in a space, or permissions of its own", "the other statement")
}

// lowerPermissions states who has which permissions in a space beside roles:
// what its entry says and what its archetype adds.
func (c *compiler) lowerPermissions(space access.Ref, s spaceEntry) {
	has := make(map[access.Ref]map[string]bool)
	first := make(map[access.Ref]Str)
	var principals []access.Ref // in order of their entries
	for _, list := range []*Permissions{s.shape.Permissions, s.Permissions} {
		if list == nil {
			continue
		}
		c.own(access.Permission, space, c.owned.of("spaces", "permissions", space))
		seen := make(map[access.Ref]diag.Range)
		for _, item := range list.Items {
			who, ok := c.read(item.Who, readHolder)
			if !ok || c.repeated(seen, who, item.Who.Range, "permissions") {
				continue
			}
			c.refer(who, item.Who.Range)
			ids := c.permissionIDs(item.IDs)
			if len(ids) == 0 || c.guestElsewhere(space, who, item.Who.Range, asCustom, "") {
				continue
			}
			if h, ok := c.holds[space][who]; ok && h.role != "" {
				c.roleAndPermissions(space, item.Who, h)
				continue
			}
			if has[who] == nil {
				has[who], first[who] = make(map[string]bool), item.Who
				principals = append(principals, who)
				if !c.hasLeft(who, item.Who) {
					c.shutOut(who, item.Who)
				}
				c.lapse(who, item.Who)
			}
			_, out := c.shut[who]
			_, left := c.out.left[who]
			_, lapsed := c.lapsed[who]
			for _, id := range ids {
				has[who][id.Value] = true
				f := access.Fact{Kind: access.Permission, Object: space, Verb: id.Value, Subject: who}
				switch {
				case left:
				case out:
					c.keepShut(f, id.Range)
				case lapsed:
					c.out.scope.Expired[f] = true
				default:
					c.fact(f, id.Range)
				}
			}
		}
	}
	for _, who := range principals {
		c.hold(space, who, holding{at: first[who].Range})
		// Confluence drops every permission of who cannot see the space.
		if !has[who][access.CanView] {
			c.add("WR202", first[who].Range, fmt.Sprintf("%s has permissions in %s without %s", quote(first[who].Value), space.ID(), access.CanView),
				"add "+access.CanView+": every other permission rests on it")
		}
	}
}

// permissionIDs reads a list of permission ids, each once. Which of them there
// are only the site knows.
func (c *compiler) permissionIDs(l List) []Str {
	var out []Str
	seen := make(map[string]diag.Range)
	for _, p := range l.Items {
		if !isPermission(p.Value) {
			c.add("WR113", p.Range, quote(p.Value)+" is not the id of a permission", "write what it does and to what, such as create/page")
			continue
		}
		if first, ok := seen[p.Value]; ok {
			c.both("WR104", first, p.Range, quote(p.Value)+" stands twice in permissions", "keep one of the two", "also here")
			continue
		}
		seen[p.Value] = p.Range
		out = append(out, p)
	}
	return out
}

// isPermission asks for "operation/target".
func isPermission(s string) bool {
	op, target, ok := strings.Cut(s, "/")
	word := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
		})
	}
	return ok && word(op) && word(target)
}
