package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// guestRole is what a guest is in their space unless an entry says otherwise.
// What Atlassian gives a new guest is what this role gives (docs/evidence.md A9).
const guestRole = "collaborator"

// guests is what a description says of guests, for [Description.Desired].
type guests struct {
	space    map[access.Ref]access.Ref  // of each described guest, unless only observed
	complete map[access.Ref]access.Mode // spaces of which all guests are described, unless additive
	expired  []access.Ref               // people whose entries as guests have expired
}

// guest is a person described as a guest of one space.
type guest struct {
	space access.Ref
	at    diag.Range
}

// guestEntry is one place that makes a person the guest of a space.
type guestEntry struct {
	who, space access.Ref
	spaceAt    diag.Range
	role       Str
	grant      Grant
}

// collectGuests reads the guests' own entries and those in spaces.
func (c *compiler) collectGuests(users map[access.Ref]User, spaces map[access.Ref]spaceEntry) {
	for _, d := range c.docs {
		for _, g := range d.Guests {
			who, ok := c.person(g.Email)
			space, known := c.read(g.Space, readGuestSpace)
			if !ok || !known {
				continue
			}
			if g.Name != nil {
				c.out.labels[who] = g.Name.Value
			}
			role := Str{Value: guestRole, Range: g.Email.Range}
			if g.Role != nil {
				role = *g.Role
			}
			c.addGuest(users, guestEntry{who, space, g.Space.Range, role, Grant{Who: g.Email, Until: g.Until, Reason: g.Reason, Range: g.Range}})
		}
	}
	for _, space := range sorted(spaces) {
		s := spaces[space]
		if s.Guests == nil {
			continue
		}
		for _, item := range s.Guests.Roles {
			for _, g := range item.Grants {
				if who, ok := c.read(g.Who, readGuest); ok {
					c.addGuest(users, guestEntry{who, space, s.Key.Range, item.Role, g})
				}
			}
		}
	}
	for _, e := range c.guestEntries {
		_, again := c.guests[e.who]
		if _, user := users[e.who]; !again && !user {
			c.lapsed[e.who] = e.grant.Until.Value
		}
	}
}

// lapse reports whether an entry is of somebody who was a guest until a day
// that has passed, and says so.
func (c *compiler) lapse(who access.Ref, written Str) bool {
	until, lapsed := c.lapsed[who]
	if lapsed {
		c.warn("WR206", written.Range, fmt.Sprintf("%s is listed, and was a guest until %s", quote(written.Value), until),
			"delete the entry, or give the guest a later day")
	}
	return lapsed
}

// addGuest notes one entry. A person has one that has not expired.
func (c *compiler) addGuest(users map[access.Ref]User, e guestEntry) {
	at := e.grant.Who.Range
	if !c.past(e.grant) {
		first, again := c.guests[e.who]
		u, user := users[e.who]
		switch _, out := c.shut[e.who]; {
		case again && first.space == e.space:
			c.both("WR104", first.at, at, noun(e.who)+" is a guest of "+noun(e.space)+" twice", "keep one of the two", "also here")
			return
		case again:
			c.twoSpaces(e.who, first.at, at)
			return
		case user && !out:
			c.both("WR202", u.Email.Range, at, noun(e.who)+" is described as a user and as a guest",
				"keep one of the two: a user has a licence, a guest has one space", "the other entry")
			return
		}
		c.guests[e.who] = guest{e.space, at}
	}
	if _, ok := c.described[e.who]; !ok {
		c.described[e.who] = at
	}
	c.guestEntries = append(c.guestEntries, e)
}

func (c *compiler) twoSpaces(who access.Ref, first, second diag.Range) {
	c.both("WR202", first, second, "guest "+quote(who.ID())+" has two spaces",
		"keep one, make them a licensed user under users, or let anonymous read the second space", "the other space")
}

// guestElsewhere reports something given in a space to the guest of another.
func (c *compiler) guestElsewhere(space, who access.Ref, at diag.Range) bool {
	g, ok := c.guests[who]
	if ok = ok && g.space != space; ok {
		c.twoSpaces(who, g.at, at)
	}
	return ok
}

// lowerGuests states the guests: that they may enter, as guests, and their role
// in their one space.
func (c *compiler) lowerGuests(spaces map[access.Ref]spaceEntry) {
	for _, e := range c.guestEntries {
		role, ok := c.named("space_role", e.role.Value, e.role.Range)
		if !ok {
			continue
		}
		c.refer(e.space, e.spaceAt)
		c.refer(role, e.role.Range)
		f := access.Fact{Kind: access.Role, Object: e.space, Subject: e.who, Value: role.ID()}
		at := e.grant.Who.Range
		enters, product := access.Fact{Kind: access.Exists, Object: e.who}, access.Fact{Kind: access.Product, Object: e.who, Value: access.GuestRole}
		observed := c.owned.of("spaces", "guests", e.space) == access.Observe
		if observed {
			for _, f := range []access.Fact{f, enters, product} {
				c.out.scope.Single[f.Identity()] = access.Observe
			}
		}
		if c.past(e.grant) {
			c.grant(f, e.grant)
			if _, lapsed := c.lapsed[e.who]; lapsed && !observed {
				c.out.guests.expired = append(c.out.guests.expired, e.who)
			}
			continue
		}
		if h, held := c.holds[e.space][e.who]; held {
			switch h.role {
			case "":
				c.roleAndPermissions(e.space, e.grant.Who, h)
			case f.Value:
				c.both("WR104", h.at, at, fmt.Sprintf("%s is %s of %s twice", quote(e.grant.Who.Value), f.Value, e.space.ID()), "keep one of the two", "also here")
			default:
				c.twoRoles(e.space, e.grant.Who, h, f.Value)
			}
			continue
		}
		c.grant(f, e.grant)
		if _, out := c.shut[e.who]; out {
			continue
		}
		c.fact(enters, at)
		c.fact(product, at)
		c.own(access.Product, e.who, access.Exclusive)
		if !observed {
			c.out.guests.space[e.who] = e.space
			c.own(access.State, e.who, access.Exclusive)
		}
	}
	for _, ref := range sorted(spaces) {
		c.guestRules(ref, spaces[ref])
	}
}

// guestRules holds the guests of a space against its rules, and settles
// whether they are all described.
func (c *compiler) guestRules(space access.Ref, s spaceEntry) {
	var own, shape GuestRules
	nobody := false // {} alone says that there are no guests
	if g := s.Guests; g != nil {
		own = g.GuestRules
		nobody = own.Allow == nil && own.Domains == nil && own.Max == nil
	}
	if s.shape.Guests != nil {
		shape = *s.shape.Guests
	}
	allow := oneOf(c, space, "allow", own.Allow, shape.Allow, func(b *Bool) diag.Range { return b.Range })
	domains := oneOf(c, space, "domains", own.Domains, shape.Domains, func(l *List) diag.Range { return l.Range })
	most := oneOf(c, space, "max", own.Max, shape.Max, func(n *Num) diag.Range { return n.Range })

	forbidden := allow != nil && !allow.Value
	if nobody || forbidden || s.Guests != nil && len(s.Guests.Roles) > 0 {
		if mode := c.owned.of("spaces", "guests", space); mode != access.Additive {
			c.out.guests.complete[space] = mode
		}
	}
	var there []Str
	for _, e := range c.guestEntries {
		if e.space == space && !c.past(e.grant) {
			there = append(there, e.grant.Who)
		}
	}
	slices.SortFunc(there, func(a, b Str) int { return a.Range.Compare(b.Range) })
	refuse := func(who Str, summary, hint string, rule diag.Range) {
		c.add("WR202", who.Range, "guest "+quote(who.Value)+" "+summary, hint, diag.Related{Message: "the rule", Range: rule})
	}
	if forbidden {
		for _, who := range there {
			refuse(who, "is in "+space.ID()+", which may have no guests", "delete the entry, or write allow: true", allow.Range)
		}
		return
	}
	if domains != nil {
		allowed := c.domains(*domains)
		for _, who := range there {
			if _, domain, _ := strings.Cut(foldEmail(who.Value), "@"); !slices.Contains(allowed, domain) {
				refuse(who, "comes from outside the domains of "+space.ID(), "add the domain, or delete the entry", domains.Range)
			}
		}
	}
	if n := c.count(most, "max"); n.Set && len(there) > n.Value {
		for _, who := range there[n.Value:] {
			refuse(who, fmt.Sprintf("is too many: %s may have %d", space.ID(), n.Value), "delete an entry, or raise max", n.Range)
		}
	}
}

// domains reads the domains of e-mail addresses.
func (c *compiler) domains(l List) []string {
	var out []string
	for _, s := range l.Items {
		domain := foldEmail(s.Value)
		if !isEmail("x@" + domain) {
			c.add("WR113", s.Range, quote(s.Value)+" is not a domain", "write what stands behind the @ of an address, such as partner.example")
		}
		out = append(out, domain)
	}
	c.out.names.Domains = append(c.out.names.Domains, out...)
	return out
}

// paidGuests reports guests whom a group would make licensed people.
func (c *compiler) paidGuests() {
	for _, f := range c.facts {
		g, ok := c.guests[f.Subject]
		if f.Kind != access.Member || !ok {
			continue
		}
		for _, role := range c.productRoles(f.Object) {
			if role == access.GuestRole || !access.LetsIn(role) {
				continue
			}
			c.both("WR202", g.at, c.out.origins[f.Identity()], fmt.Sprintf("guest %s gets the product role %s from %s", quote(f.Subject.ID()), role, noun(f.Object)),
				"take them out of the group, or make them a licensed user under users", "the other statement")
			break
		}
	}
}

// guests settles what the live site shows to be more than the description
// gives guests: the rest of who has expired, what a described guest holds
// beside the one space, and the guests of a space that nobody described.
func (r *resolver) guests(scope *access.Scope, wanted access.Set) {
	d := r.Description.guests
	if len(d.expired)+len(d.space)+len(d.complete) == 0 {
		return
	}
	live := access.NewView(r.live)
	for _, who := range d.expired {
		f := access.Fact{Kind: access.Exists, Object: who}
		if _, again := wanted.Get(f); live.Guest(who) && !again {
			scope.Expired[f] = true
		}
	}
	for _, kind := range []access.Kind{access.Role, access.Permission} {
		for f := range r.live.OfKind(kind) {
			if _, listed := wanted.Get(f); listed {
				continue
			}
			space, described := d.space[f.Subject]
			mode, complete := d.complete[f.Object]
			switch {
			case described && space != f.Object:
				scope.Single[f.Identity()] = access.Exclusive
			case !described && complete && live.Guest(f.Subject):
				scope.Single[f.Identity()] = mode
			}
		}
	}
}
