package schema

import (
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// lowerLimits settles what others may grant in spaces whose lists are bounded.
// What the description itself gives is not measured against the limits: whoever
// describes a space may give more than they let others give. Only what `never`
// rules out and the description gives all the same is warned of.
func (c *compiler) lowerLimits(spaces map[access.Ref]spaceEntry) {
	for _, ref := range sorted(spaces) {
		s := spaces[ref]
		l := oneOf(c, ref, "limits", s.Limits, s.shape.Limits, func(l *GrantLimits) diag.Range { return l.Range })
		bounded := c.boundedLists(ref)
		switch {
		case l == nil && bounded != "":
			c.add("WR202", s.Key.Range, fmt.Sprintf("%s of %s are bounded, and it has no limits", bounded, noun(ref)),
				"write limits, in the space or in its archetype; without them every grant that is not described would be beyond")
		case l == nil:
		case bounded == "":
			c.warn("WR202", l.Range, "the limits of "+noun(ref)+" bound nothing", "own its roles, permissions or guests in the mode bounded, and list them")
			fallthrough
		default:
			if limits, ok := c.readLimits(*l); ok {
				c.out.scope.Limits[ref] = limits
				c.forbidden(ref, limits)
			}
		}
	}
}

// boundedLists names a list of the space that is bounded; empty if there is none.
func (c *compiler) boundedLists(space access.Ref) string {
	switch {
	case c.out.scope.Contents[access.Contents{Kind: access.Role, Object: space}] == access.Bounded:
		return "roles"
	case c.out.scope.Contents[access.Contents{Kind: access.Permission, Object: space}] == access.Bounded:
		return "permissions"
	case c.out.guests.complete[space] == access.Bounded:
		return "guests"
	}
	return ""
}

// readLimits reads limits as they are written.
func (c *compiler) readLimits(l GrantLimits) (access.Limits, bool) {
	out := access.Limits{Anyone: l.To == nil, Origin: l.Range}
	out.To, out.Never = c.limited(l.To, "to"), c.limited(l.Never, "never")
	switch {
	case l.Role != nil && l.Permissions != nil:
		c.both("WR202", l.Role.Range, l.Permissions.Range, "limits have a role and permissions", "keep one of the two: both say how much may be granted", "the other bound")
		return out, false
	case l.Role != nil:
		role, ok := c.named("space_role", l.Role.Value, l.Role.Range)
		if ok {
			c.refer(role, l.Role.Range)
		}
		out.Role = role
		return out, ok
	case l.Permissions != nil:
		var ids []string
		for _, id := range c.permissionIDs(*l.Permissions) {
			ids = append(ids, id.Value)
		}
		out.Permissions = access.NewPermissions(ids...)
		if !out.Permissions.Has(access.CanView) {
			c.add("WR202", l.Permissions.Range, "limits without "+access.CanView+" allow nothing", "add "+access.CanView+": every other permission rests on it; to: [] allows nobody anything")
			return out, false
		}
		return out, true
	}
	c.add("WR112", l.Range, "limits do not say how much may be granted", "write role: or permissions:")
	return out, false
}

// limited reads principals and patterns of them.
func (c *compiler) limited(l *List, key string) []access.Pattern {
	if l == nil {
		return nil
	}
	var out []access.Pattern
	seen := make(map[access.Ref]diag.Range)
	for _, item := range l.Items {
		if strings.Contains(item.Value, "*") {
			p, ok := c.pattern(item, readLimited.types...)
			if ok && !c.repeated(seen, access.Ref(p), item.Range, key) {
				out = append(out, p)
			}
			continue
		}
		ref, ok := c.read(item, readLimited)
		if !ok || c.repeated(seen, ref, item.Range, key) {
			continue
		}
		c.refer(ref, item.Range)
		out = append(out, access.Pattern(ref))
	}
	return out
}

// forbidden warns of what the description gives to whom its own limits rule out.
func (c *compiler) forbidden(space access.Ref, l access.Limits) {
	told := func(who access.Ref, at diag.Range) {
		guest, described := c.guests[who]
		if l.Forbids(who, described && guest.space == space) {
			c.warn("WR202", at, fmt.Sprintf("%s is given something in %s, and its limits never allow it", noun(who), space.ID()),
				"delete one of the two; what is described is given")
		}
	}
	for _, who := range sorted(c.holds[space]) {
		told(who, c.holds[space][who].at)
	}
	for _, e := range c.guestEntries {
		if e.space == space && !c.past(e.grant) {
			told(e.who, e.grant.Who.Range)
		}
	}
}
