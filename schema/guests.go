package schema

import (
	"fmt"
	"maps"
	"slices"

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
	groups   []guestGroup               // whose members are guests of a space
	rules    map[access.Ref]GuestPolicy // of every described space
	listed   []GuestEntry               // by place
}

// GuestPolicy says of a space whether it may have guests.
type GuestPolicy struct {
	Allow   bool     // true where the description does not say
	Said    bool     // whether it says allow
	Domains []string // of their addresses, in lower case; nil: any
	Max     Setting[int]
	Listed  bool // whether all of its guests are described
}

// GuestEntry is a described guest, or a group whose members are guests of one
// space.
type GuestEntry struct {
	Who, Space access.Ref
	Role       string
	Until      string // the last day, if there is one
	Expired    bool   // whether that has passed
	At         diag.Range
}

// Guests are the described guests, by place.
func (d *Description) Guests() []GuestEntry { return slices.Clone(d.guests.listed) }

// GuestPolicies say of every described space whether it may have guests.
func (d *Description) GuestPolicies() map[access.Ref]GuestPolicy { return maps.Clone(d.guests.rules) }

// guest is a person described as a guest of one space.
type guest struct {
	space access.Ref
	at    diag.Range
}

// guestEntry is one place that makes a person, or the members of a group, guests
// of a space.
type guestEntry struct {
	who, space access.Ref
	spaceAt    diag.Range
	role       Str
	grant      Grant
}

// guestGroup is a group whose members, one by one, are guests of a space: no
// product gives guests anything through a group (evidence A9).
type guestGroup struct {
	group, space access.Ref
	role         string
	observed     bool
	at           diag.Range
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
				who, ok := c.read(g.Who, readGuest)
				switch e := (guestEntry{who, space, s.Key.Range, item.Role, g}); {
				case !ok:
				case who.Type() == "group":
					c.addGuestGroup(e)
				default:
					c.addGuest(users, e)
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

// addGuestGroup notes a group whose members are guests. It stands once: nobody is
// a guest of two spaces, nor twice of one.
func (c *compiler) addGuestGroup(e guestEntry) {
	at := e.grant.Who.Range
	for _, first := range c.guestGroups {
		if first.who == e.who && !c.past(first.grant) && !c.past(e.grant) {
			c.offer(e.who, diag.Diagnostic{
				Code: "WR210", Range: at, Summary: noun(e.who) + " stands twice among guests, and a guest has one space",
				Related: []diag.Related{{Message: "also here", Range: first.grant.Who.Range}},
			}, func() []diag.Way {
				return []diag.Way{
					{Do: "keep " + first.space.ID() + ": delete this entry", Edits: []diag.Edit{diag.EditAt("delete", at)}},
					{Do: "keep " + e.space.ID() + ": delete the other", Edits: []diag.Edit{diag.EditAt("delete", first.grant.Who.Range)}},
				}
			})
			return
		}
	}
	c.guestGroups = append(c.guestGroups, e)
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
		_, out := c.shut[e.who]
		if again && first.space == e.space {
			c.both("WR104", first.at, at, noun(e.who)+" is a guest of "+noun(e.space)+" twice", "keep one of the two", "also here")
			c.place(e.who, guestPlace{space: e.space, at: at, kind: twice})
			return
		}
		c.place(e.who, guestPlace{space: e.space, at: at, kind: asGuest, role: e.role.Value})
		if again {
			return // reported once all of their places are known
		}
		c.guests[e.who] = guest{e.space, at}
		if user && !out {
			c.userAndGuest(e.who, u.Email.Range, at)
			return
		}
	}
	if _, ok := c.described[e.who]; !ok {
		c.described[e.who] = at
	}
	c.guestEntries = append(c.guestEntries, e)
}

// guestElsewhere reports something given in a space to the guest of another.
func (c *compiler) guestElsewhere(space, who access.Ref, at diag.Range, kind placeKind, role string) bool {
	g, ok := c.guests[who]
	if ok = ok && g.space != space; ok {
		c.place(who, guestPlace{space: space, at: at, kind: kind, role: role})
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
	c.lowerGuestGroups()
	for _, ref := range sorted(spaces) {
		c.guestRules(ref, spaces[ref])
	}
	for _, e := range slices.Concat(c.guestEntries, c.guestGroups) {
		g := GuestEntry{Who: e.who, Space: e.space, Role: e.role.Value, Expired: c.past(e.grant), At: e.grant.Who.Range}
		if e.grant.Until != nil {
			g.Until = e.grant.Until.Value
		}
		c.out.guests.listed = append(c.out.guests.listed, g)
	}
	slices.SortFunc(c.out.guests.listed, func(a, b GuestEntry) int { return a.At.Compare(b.At) })
}

// lowerGuestGroups settles which groups' members are guests of which space. Who
// they are only the site knows.
func (c *compiler) lowerGuestGroups() {
	for _, e := range c.guestGroups {
		role, ok := c.named("space_role", e.role.Value, e.role.Range)
		if !ok {
			continue
		}
		at := e.grant.Who.Range
		c.refer(role, e.role.Range)
		c.refer(e.who, at)
		if e.grant.Until != nil && c.ended(e.grant, e.who, e.space) {
			continue // whoever holds the role is no longer listed
		}
		observed := c.owned.of("spaces", "guests", e.space) == access.Observe
		c.out.guests.groups = append(c.out.guests.groups, guestGroup{e.who, e.space, role.ID(), observed, at})
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
	_, listed := c.out.guests.complete[space]
	policy := GuestPolicy{Allow: !forbidden, Said: allow != nil, Max: c.count(most, "max"), Listed: listed}
	if domains != nil {
		policy.Domains = c.domains(*domains)
	}
	c.out.guests.rules[space] = policy
	c.heldAgainst(space, policy, allow, domains)
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
	pays := func(group access.Ref) string {
		for _, role := range c.productRoles(group) {
			if role != access.GuestRole && access.LetsIn(role) {
				return role
			}
		}
		return ""
	}
	for _, f := range c.facts {
		g, ok := c.guests[f.Subject]
		if f.Kind != access.Member || !ok {
			continue
		}
		if role := pays(f.Object); role != "" {
			at := c.out.origins[f.Identity()]
			c.place(f.Subject, guestPlace{at: at, kind: asPaid})
			c.offer(f.Subject, conflict(g.at, at, fmt.Sprintf("guest %s gets the product role %s from %s", quote(f.Subject.ID()), role, noun(f.Object)), "the other statement"), func() []diag.Way {
				return []diag.Way{{Do: "take them out of the group", Edits: []diag.Edit{diag.EditAt("delete", at)}}, c.licensed(f.Subject)}
			})
		}
	}
	for _, g := range c.out.guests.groups {
		if role := pays(g.group); role != "" {
			c.offer(g.group, diag.Diagnostic{
				Code: "WR210", Range: g.at, Summary: fmt.Sprintf("%s gives its members the product role %s, and its members are guests of %s", noun(g.group), role, g.space.ID()),
			}, func() []diag.Way {
				return []diag.Way{{Do: "delete the entry: they have a licence, and a group can hold a role", Edits: []diag.Edit{diag.EditAt("delete", g.at)}}}
			})
		}
	}
}

// guests settles what the live site shows to be more than the description
// gives guests: the rest of who has expired, what a described guest holds
// beside the one space, and the guests of a space that nobody described.
func (r *resolver) guests(scope *access.Scope, wanted access.Set) {
	d := r.Description.guests
	if len(d.expired)+len(d.space)+len(d.complete)+len(r.expanded) == 0 {
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
			if !described {
				space, described = r.expanded[f.Subject]
			}
			mode, complete := d.complete[f.Object]
			switch {
			case described && space != f.Object:
				scope.Single[f.Identity()] = access.Exclusive
			case !described && complete && live.Guest(f.Subject) && !r.unsure[f.Object]:
				scope.Single[f.Identity()] = mode
			}
		}
	}
}
