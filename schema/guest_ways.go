package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/money"
)

// placeKind is what one place of a description gives to a guest.
type placeKind uint8

const (
	asGuest  placeKind = iota // an entry as a guest of a space
	asHolder                  // a role of a space
	asCustom                  // permissions in a space beside roles
	onPage                    // a name on a page's restriction
	asPaid                    // a membership or list that gives a licence
	twice                     // an entry that stands again
)

// guestPlace is one place of a description that gives a guest something.
type guestPlace struct {
	space access.Ref
	at    diag.Range
	kind  placeKind
	role  string     // of asGuest and asHolder
	page  access.Ref // of onPage
}

// holds reports whether the place gives the guest something in its space.
func (p guestPlace) holds() bool {
	return p.kind == asGuest || p.kind == asHolder || p.kind == asCustom
}

// place notes what a place gives to a guest.
func (c *compiler) place(who access.Ref, p guestPlace) {
	c.guestPlaces[who] = append(c.guestPlaces[who], p)
}

// offer is a diagnostic about a guest with its ways out, which are made when
// everything has been read.
type offer struct {
	diag int // in the compiler's list
	who  access.Ref
	ways func() []diag.Way
}

// offer reports what makes a guest's description infeasible.
func (c *compiler) offer(who access.Ref, d diag.Diagnostic, ways func() []diag.Way) {
	c.about[troubleOf(d)] = who
	c.offers = append(c.offers, offer{len(c.diags), who, ways})
	c.diags = append(c.diags, d)
}

// conflict is a diagnostic of two places: at the later one, with the first beside
// it.
func conflict(a, b diag.Range, summary, first string) diag.Diagnostic {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return diag.Diagnostic{Code: "WR210", Range: b, Summary: summary, Related: []diag.Related{{Message: first, Range: a}}}
}

// trouble identifies a diagnostic in two readings of nearly the same documents.
type trouble struct {
	code, summary, file string
	start               diag.Pos
}

func troubleOf(d diag.Diagnostic) trouble {
	return trouble{d.Code, d.Summary, d.Range.File, d.Range.Start}
}

// maxOffers bounds how many diagnostics have their ways out tried: each way takes
// a reading of the whole description. Behind them the ways stand untried.
const maxOffers = 25

// settleWays keeps the ways out that are feasible: those after which nothing is
// wrong any more with whom they are about, and nothing is that was not before.
// Where none is, leaving them out altogether is.
func (c *compiler) settleWays() {
	if c.probing {
		return
	}
	for n, o := range c.offers {
		d := &c.diags[o.diag]
		out := c.leaveOut(o.who, *d)
		d.Ways = slices.DeleteFunc(o.ways(), func(w diag.Way) bool {
			return w.Do == "" || n < maxOffers && !c.feasible(o.who, w)
		})
		if len(d.Ways) == 0 {
			d.Ways = []diag.Way{out}
		}
		d.Hint = diag.WaysHint(d.Ways)
	}
}

// leaveOut deletes every entry of somebody as a guest, and what they have in other
// spaces.
func (c *compiler) leaveOut(who access.Ref, d diag.Diagnostic) diag.Way {
	w := diag.Way{Do: "delete the entry", Price: "they are no guest"}
	for _, p := range c.guestPlaces[who] {
		w.Edits = append(w.Edits, diag.EditAt("delete", p.at))
	}
	if len(w.Edits) > 1 {
		w.Do = fmt.Sprintf("delete all %d entries", len(w.Edits))
	}
	if len(w.Edits) == 0 {
		w.Edits = []diag.Edit{diag.EditAt("delete", d.Range)}
	}
	return w
}

func (c *compiler) feasible(who access.Ref, w diag.Way) bool {
	docs, ok := Revise(c.docs, w.Edits)
	if !ok {
		return false
	}
	had := make(map[trouble]bool)
	for _, d := range c.diags {
		had[troubleOf(d)] = true
	}
	probe := newCompiler(docs, c.lock, c.now)
	probe.probing = true
	probe.run()
	for _, d := range probe.diags {
		t := troubleOf(d)
		if other, guest := probe.about[t]; d.Severity == diag.Error && (!had[t] || guest && other == who) {
			return false
		}
	}
	return true
}

// guestsInPlace reports guests who are given something in more than one space.
func (c *compiler) guestsInPlace() {
	for _, who := range sorted(c.guestPlaces) {
		places := slices.Clone(c.guestPlaces[who])
		slices.SortFunc(places, func(a, b guestPlace) int { return a.at.Compare(b.at) })
		var spaces []access.Ref // that they have something in
		var named []guestPlace  // pages of other spaces
		for _, p := range places {
			if p.holds() && !slices.Contains(spaces, p.space) {
				spaces = append(spaces, p.space)
			}
		}
		for _, p := range places {
			if p.kind == onPage && !slices.Contains(spaces, p.space) {
				named = append(named, p)
			}
		}
		switch {
		case len(spaces) > 1:
			c.twoSpaces(who, spaces, places)
		case len(named) > 0:
			c.pageElsewhere(who, spaces, places, named)
		}
	}
}

// twoSpaces reports a guest with more than one space, and the three ways out:
// keep one, pay, or let the public read what they would lose.
func (c *compiler) twoSpaces(who access.Ref, spaces []access.Ref, places []guestPlace) {
	how := fmt.Sprintf("%d spaces", len(spaces))
	if len(spaces) == 2 {
		how = "two spaces"
	}
	d := diag.Diagnostic{Code: "WR210", Summary: "guest " + quote(who.ID()) + " has " + how}
	seen := 0
	for _, p := range places {
		if !p.holds() {
			continue
		}
		if seen++; seen == 2 {
			d.Range = p.at
			continue
		}
		d.Related = append(d.Related, diag.Related{Message: "in " + p.space.ID(), Range: p.at})
	}
	var open []diag.Way
	for _, s := range spaces {
		if w := c.public(who, s, spaces, places); w.Do != "" {
			open = append(open, w)
		}
	}
	if len(open) == 0 {
		d.Detail = "Reading by the public is no way out here: a rule, an assertion, a limit or a list of this description forbids it, or a space does not list its roles."
	}
	c.offer(who, d, func() []diag.Way {
		var ways []diag.Way
		for _, s := range spaces {
			ways = append(ways, c.keep(who, s, spaces, places))
		}
		return append(append(ways, c.licensed(who)), open...)
	})
}

// keep leaves a guest one of their spaces.
func (c *compiler) keep(who, space access.Ref, spaces []access.Ref, places []guestPlace) diag.Way {
	w := diag.Way{Do: "keep " + space.ID()}
	var lost []string
	for _, s := range spaces {
		if s != space {
			lost = append(lost, s.ID())
		}
	}
	w.Price = "they lose " + andList(lost)
	entry, role := false, guestRole
	for _, p := range places {
		switch {
		case p.space != space || p.kind == twice:
			w.Edits = append(w.Edits, diag.EditAt("delete", p.at))
		case p.kind == asGuest:
			entry = true
		case p.kind == asHolder:
			role = p.role
		}
	}
	if !entry { // it was a role or permissions beside: it becomes the entry of a guest
		for _, p := range places {
			if p.space == space && p.holds() {
				w.Edits = append(w.Edits, diag.EditAt("delete", p.at))
			}
		}
		w.Edits = append(w.Edits, diag.Edit{Op: "guest", Who: person(who), Space: space.ID(), Role: role})
	}
	return w
}

// person writes a person where only a person can stand.
func person(who access.Ref) string { return strings.TrimPrefix(string(who), "user:") }

// andList joins names with "and".
func andList(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// licensed makes a guest a licensed user. What they hold by themselves goes with
// the guest: permissions beside roles, which not every site can hold, and roles
// where the rule about grants to single people would deny them.
func (c *compiler) licensed(who access.Ref) diag.Way {
	price, needs, ok := c.seat()
	// Nobody is invited to a site of the Free plan by an interface (evidence A4).
	if !ok || !who.IsPerson() || c.out.Settings.Site.Plan.Value == "free" {
		return diag.Way{}
	}
	w := diag.Way{Price: price, Needs: needs}
	direct := c.out.Settings.Policies[directRule].Level.Value
	loose := direct == access.Warn || direct == access.Off
	var spaces []string
	for _, p := range c.guestPlaces[who] {
		if !slices.Contains(spaces, p.space.ID()) && p.holds() {
			spaces = append(spaces, p.space.ID())
		}
		if p.kind == asGuest || p.kind == twice || p.kind == asCustom || !loose && p.kind == asHolder {
			w.Edits = append(w.Edits, diag.EditAt("delete", p.at))
		}
	}
	if _, user := c.users[who]; !user {
		w.Edits = append(w.Edits, diag.Edit{Op: "user", Who: person(who)})
	}
	w.Do = "make them a licensed user: an entry under users"
	if len(spaces) > 0 {
		w.Do += ", and a group that has a role in " + andList(spaces)
	}
	return w
}

// directRule is the rule about grants to single people.
const directRule = "direct_grants"

// freePeople is how many people a site of the Free plan may have (evidence, Seats
// and bills).
const freePeople = 10

// seat says what one more paid seat costs, what it needs, and whether there can be
// room for it. How many seats are taken only the site knows; the description knows
// the least.
func (c *compiler) seat() (price, needs string, ok bool) {
	s := c.out.Settings
	least := 0
	for who := range c.users {
		if _, out := c.shut[who]; !out {
			least++
		}
	}
	most := 0
	if s.Site.Plan.Value == "free" {
		most = freePeople
	}
	if n := s.Seats.Limit.Value; n > 0 && (most == 0 || n < most) {
		most = n
	}
	if most > 0 && least >= most {
		return "", "", false
	}
	if most > 0 {
		needs = fmt.Sprintf("room for it: there may be %d", most)
	}
	t := s.Seats.Tariff
	if t == nil {
		return "one paid seat more", needs, true
	}
	low, high, known := nextSeat(*t, least, most)
	switch {
	case !known:
		return "one paid seat more, which the tiers give no price", needs, true
	case low == high:
		price = t.Currency.Format(low)
	default:
		price = t.Currency.Format(low) + " to " + t.Currency.Format(high)
	}
	return fmt.Sprintf("one paid seat more, about %s %s a %s", t.Currency, price, t.Per), needs, true
}

// nextSeat gives the least and the most that one more seat can cost where least
// seats are taken at the least, and most at the most (0: no limit).
func nextSeat(t money.Tariff, least, most int) (low, high money.Amount, ok bool) {
	// A price changes at the first seat of a tier alone.
	seats := []int{least + 1, least + 2}
	for _, tier := range t.Tiers {
		seats = append(seats, tier.To, tier.To+1, tier.To+2)
	}
	for _, seat := range seats {
		if seat <= least || most > 0 && seat > most {
			continue
		}
		before, within := t.Cost(seat - 1)
		after, further := t.Cost(seat)
		if !within || !further {
			continue
		}
		price := after - before
		if !ok {
			low, high, ok = price, price, true
		}
		low, high = min(low, price), max(high, price)
	}
	return low, high, ok
}

// public lets anybody read a space, in place of the guest's access to it. It is
// no way out where the description itself says that the public stays out, nor
// where a list of roles would have to be begun: it would be the whole list.
func (c *compiler) public(who, space access.Ref, spaces []access.Ref, places []guestPlace) diag.Way {
	s := c.spaces[space]
	rule := c.out.Settings.Policies[publicRule]
	allowed := rule.Level.Value == access.Warn || rule.Level.Value == access.Off ||
		slices.ContainsFunc(rule.Allow, func(a AllowedPattern) bool { return a.Match.Match(space) })
	if len(spaces) != 2 || !allowed || s.Roles == nil || s.Status != nil && s.Status.Value == "archived" || c.closed(space) {
		return diag.Way{}
	}
	if _, holds := c.holds[space][access.Anonymous]; holds {
		return diag.Way{}
	}
	writes := false
	w := diag.Way{}
	for _, p := range places {
		if p.space == space {
			w.Edits = append(w.Edits, diag.EditAt("delete", p.at))
			writes = writes || p.kind == asCustom || p.kind == asGuest && p.role != "viewer" || p.kind == asHolder && p.role != "viewer"
		}
	}
	w.Do = "let anonymous read " + space.ID()
	w.Edits = append(w.Edits, diag.Edit{Op: "grant", Who: "anonymous", Space: space.ID(), Role: "viewer"})
	closed := 0
	for _, list := range [][]Page{s.Pages, s.BlogPosts, s.shape.Pages, s.shape.BlogPosts} {
		for _, page := range list {
			if page.View != nil && len(page.View.Items) > 0 {
				closed++
			}
		}
	}
	w.Price = "everybody, without logging in, reads every page of it that is not restricted"
	if closed > 0 {
		w.Price += fmt.Sprintf(", and %d described here are", closed)
	}
	if writes {
		w.Price += "; the guest reads, and writes no longer"
	}
	return w
}

// closed reports whether the description says elsewhere that the public stays out
// of a space.
func (c *compiler) closed(space access.Ref) bool {
	if l, ok := c.out.scope.Limits[space]; ok && l.Forbids(access.Anonymous, false) {
		return true
	}
	for _, d := range c.docs {
		if g := d.Globals; g != nil && g.Use != nil && !slices.ContainsFunc(g.Use.Items, func(g Grant) bool { return g.Who.Value == "anonymous" }) {
			return true // the site lets nobody in without a login
		}
	}
	for _, a := range c.out.assertions {
		about := a.Object.Space() == space || a.Match != "" && a.Match.Match(space)
		names := slices.Contains(a.Principals, access.Anonymous)
		if about && (a.Kind == access.Cannot && names || a.Kind == access.Only && !names) {
			return true
		}
	}
	return slices.ContainsFunc(c.out.proofs, func(p access.Proof) bool {
		return p.Name == "no_public_access" && !slices.ContainsFunc(p.Public, func(m access.Pattern) bool { return m.Match(space) })
	})
}

// pageElsewhere reports a guest who is named on a page of a space that they do
// not have: the name lets nobody in, and guests get no second space.
func (c *compiler) pageElsewhere(who access.Ref, spaces []access.Ref, places, named []guestPlace) {
	space := "no space"
	if len(spaces) > 0 {
		space = spaces[0].ID() + " alone"
	}
	d := diag.Diagnostic{
		Code: "WR210", Range: named[0].at, Summary: fmt.Sprintf("guest %s is named on %s, and has %s", quote(who.ID()), noun(named[0].page), space),
		Related: []diag.Related{{Message: "the guest", Range: c.guests[who].at}},
	}
	off := diag.Way{Do: "take them off the page"}
	for _, p := range named {
		off.Edits = append(off.Edits, diag.EditAt("delete", p.at))
	}
	c.offer(who, d, func() []diag.Way {
		ways := []diag.Way{off}
		for _, p := range named {
			w := diag.Way{Do: "make them a guest of " + p.space.ID() + " instead", Price: "they lose " + c.guests[who].space.ID()}
			role := guestRole
			for _, other := range places {
				if other.kind == asGuest {
					role = other.role
				}
				if other.holds() || other.kind == onPage && other.space != p.space {
					w.Edits = append(w.Edits, diag.EditAt("delete", other.at))
				}
			}
			w.Edits = append(w.Edits, diag.Edit{Op: "guest", Who: person(who), Space: p.space.ID(), Role: role})
			if !slices.ContainsFunc(ways, func(o diag.Way) bool { return o.Do == w.Do }) {
				ways = append(ways, w)
			}
		}
		return append(ways, c.licensed(who))
	})
}

// userAndGuest reports somebody with an entry under users and one as a guest.
func (c *compiler) userAndGuest(who access.Ref, user, at diag.Range) {
	c.offer(who, conflict(user, at, noun(who)+" is described as a user and as a guest", "the other entry"), func() []diag.Way {
		price, needs, _ := c.seat()
		stay := diag.Way{Do: "keep the user: delete the entry as a guest", Price: "the seat that they have, or " + price, Needs: needs}
		if price == "" {
			stay.Price, stay.Needs = "the seat that they have", "somebody who has one: there is no room for more"
		}
		for _, p := range c.guestPlaces[who] {
			if p.kind == asGuest || p.kind == twice {
				stay.Edits = append(stay.Edits, diag.EditAt("delete", p.at))
			}
		}
		return []diag.Way{stay, {
			Do: "keep the guest: delete the entry under users", Needs: "somebody who never was a paid user: those cannot become guests",
			Edits: []diag.Edit{diag.EditAt("delete", user)},
		}}
	})
}

// heldAgainst holds the guests of a space against its rules.
func (c *compiler) heldAgainst(space access.Ref, policy GuestPolicy, allow *Bool, domains *List) {
	var there []guestEntry
	for _, e := range slices.Concat(c.guestEntries, c.guestGroups) {
		if e.space == space && !c.past(e.grant) {
			there = append(there, e)
		}
	}
	slices.SortFunc(there, func(a, b guestEntry) int { return a.grant.Who.Range.Compare(b.grant.Who.Range) })
	of := ""
	if c.spaces[space].Archetype != nil {
		of = ", and every space of its archetype if the rule stands there"
	}
	refuse := func(e guestEntry, summary string, rule diag.Range, loosen diag.Way) {
		out := diag.Way{Do: "delete the entry", Price: "they are no guest of " + space.ID(), Edits: []diag.Edit{diag.EditAt("delete", e.grant.Who.Range)}}
		name := "guest " + quote(e.grant.Who.Value)
		if !e.who.IsPerson() {
			name = noun(e.who) + " among guests"
		}
		c.offer(e.who, diag.Diagnostic{
			Code: "WR210", Range: e.grant.Who.Range, Summary: name + " " + summary,
			Related: []diag.Related{{Message: "the rule", Range: rule}},
		}, func() []diag.Way { return []diag.Way{out, loosen, c.licensed(e.who)} })
	}
	if !policy.Allow {
		set := diag.EditAt("set", allow.Range)
		set.Value = "true"
		for _, e := range there {
			refuse(e, "is in "+space.ID()+", which may have no guests", allow.Range,
				diag.Way{Do: "write allow: true", Price: space.ID() + " may then have guests" + of, Edits: []diag.Edit{set}})
		}
		return
	}
	people := slices.DeleteFunc(slices.Clone(there), func(e guestEntry) bool { return !e.who.IsPerson() })
	if policy.Domains != nil {
		for _, e := range people {
			_, domain, _ := strings.Cut(foldEmail(e.grant.Who.Value), "@")
			if slices.Contains(policy.Domains, domain) {
				continue
			}
			loosen := diag.Way{}
			if domain != "" {
				add := diag.EditAt("append", domains.Range)
				add.Value = domain
				loosen = diag.Way{Do: "add " + domain + " to domains", Price: space.ID() + " may then have guests from there" + of, Edits: []diag.Edit{add}}
			}
			refuse(e, "comes from outside the domains of "+space.ID(), domains.Range, loosen)
		}
	}
	if n := policy.Max; n.Set && len(people) > n.Value {
		set := diag.EditAt("set", n.Range)
		set.Value = fmt.Sprint(len(people))
		for _, e := range people[n.Value:] {
			refuse(e, fmt.Sprintf("is too many: %s may have %d", space.ID(), n.Value), n.Range,
				diag.Way{Do: fmt.Sprintf("raise max to %d", len(people)), Price: space.ID() + " may then have that many" + of, Edits: []diag.Edit{set}})
		}
	}
	for _, e := range there {
		c.beyondGuests(e)
	}
}

// noGuests are the permissions that no guest may have: they never administer or
// export a space, nor restrict pages (evidence A9).
var noGuests = []string{access.CanAdminister, "export/space", "restrict_content/space"}

// beyondGuests reports a role that no guest may have, as far as the description
// tells: the product's own role admin, and described roles.
func (c *compiler) beyondGuests(e guestEntry) {
	lacks := "it administers the space"
	if e.role.Value != "admin" {
		lacks = ""
		for _, id := range noGuests {
			if c.grantsOf[e.role.Value][id] {
				lacks = "it grants " + id
				break
			}
		}
	}
	if lacks == "" {
		return
	}
	at := e.grant.Who.Range
	lesser := diag.EditAt("role", at)
	lesser.Role = guestRole
	name := "guest " + quote(e.grant.Who.Value)
	if !e.who.IsPerson() {
		name = noun(e.who) + " among guests"
	}
	d := diag.Diagnostic{Code: "WR210", Range: at, Summary: fmt.Sprintf("%s has the role %s of %s, and no guest may: %s", name, e.role.Value, e.space.ID(), lacks)}
	c.offer(e.who, d, func() []diag.Way {
		return []diag.Way{
			{Do: "give the role " + guestRole, Price: "they read, write and comment", Edits: []diag.Edit{lesser}},
			{Do: "delete the entry", Price: "they are no guest of " + e.space.ID(), Edits: []diag.Edit{diag.EditAt("delete", at)}},
			c.licensed(e.who),
		}
	})
}

// guestless reports guests on a site that can have none, as far as the
// description tells which site it is for.
func (c *compiler) guestless() {
	why := ""
	switch site := c.out.Settings.Site; {
	case site.Product.Value == "datacenter":
		why = "Data Center has no guests"
	case site.Plan.Value == "free":
		why = "the Free plan has no guests"
	default:
		return
	}
	for _, e := range slices.Concat(c.guestEntries, c.guestGroups) {
		if c.past(e.grant) {
			continue
		}
		at := e.grant.Who.Range
		d := diag.Diagnostic{Code: "WR210", Range: at, Summary: "guest " + quote(e.grant.Who.Value) + " cannot be: " + why}
		c.offer(e.who, d, func() []diag.Way {
			return []diag.Way{{Do: "delete the entry", Price: "they have no access", Edits: []diag.Edit{diag.EditAt("delete", at)}}, c.licensed(e.who)}
		})
	}
}

// guestsOfIDP reports groups of an identity provider that are to hold the product
// role guest: no product lets them. Their members can be guests one by one.
func (c *compiler) guestsOfIDP(ref access.Ref, g Group) {
	if g.ManagedBy == nil || g.ProductRole == nil || !slices.Contains(access.ProductRoles(g.ProductRole.Value), access.GuestRole) {
		return
	}
	c.offer(ref, diag.Diagnostic{
		Code: "WR210", Range: g.ProductRole.Range, Summary: noun(ref) + " of the identity provider cannot hold guests",
		Related: []diag.Related{{Message: "managed_by stands here", Range: g.ManagedBy.Range}},
	}, func() []diag.Way {
		return []diag.Way{{
			Do:    "delete product_role, and list " + string(ref) + " among the guests of one space: its members are then guests of it, one by one",
			Edits: []diag.Edit{diag.EditAt("delete", g.ProductRole.Range)},
		}}
	})
}
