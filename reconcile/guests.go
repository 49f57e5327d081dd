package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/site"
)

// guestbook is what a plan does to guests.
type guestbook struct {
	access.Delta
	live   site.Observation
	seats  seating
	terms  SeatTerms
	steps  []site.Step
	had    map[access.Ref]map[access.Ref]bool // the spaces in which people hold something themselves
	has    map[access.Ref]map[access.Ref]bool // likewise after the plan
	public []string                           // spaces that the public sees after the plan
}

// guestFindings tell of guests without a space, for a moment or for good, of what
// they come to see or lose beside it, and of those who come to pay.
func guestFindings(d access.Delta, live site.Observation, seats seating, terms SeatTerms, steps []site.Step) []access.Finding {
	if !live.Traits.Guests {
		return nil
	}
	b := &guestbook{Delta: d, live: live, seats: seats, terms: terms, steps: steps, had: holdings(d.Live), has: holdings(d.Target)}
	for _, r := range d.After.Objects() {
		if r.Type() == "space" && d.After.Rights(access.Anonymous, r).Has(access.CanView) {
			b.public = append(b.public, r.ID())
		}
	}
	return slices.Concat(b.placeless(), b.moving(), b.seeing(), b.losing(), b.paying())
}

// holdings gives the spaces in which people hold something themselves.
func holdings(facts access.Set) map[access.Ref]map[access.Ref]bool {
	out := make(map[access.Ref]map[access.Ref]bool)
	for _, k := range []access.Kind{access.Role, access.Permission} {
		for f := range facts.OfKind(k) {
			if f.Subject.IsPerson() {
				put(out, f.Subject, f.Object, true)
			}
		}
	}
	return out
}

// few names some of many people or spaces.
func few(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return listed(names)
}

// placeless tells of the guests who have no space: they can enter nothing but what
// is open to anybody (evidence A9).
func (b *guestbook) placeless() []access.Finding {
	var who []string
	var first access.Ref
	for _, p := range b.After.People() {
		if b.After.Guest(p) && len(b.has[p]) == 0 && p != b.live.Account {
			if who = append(who, p.ID()); first == "" {
				first = p
			}
		}
	}
	if len(who) == 0 {
		return nil
	}
	subject, can := fmt.Sprintf("%d guests have no space", len(who)), "they can enter nothing"
	if len(who) == 1 {
		subject = "1 guest has no space"
	}
	if len(b.public) > 0 {
		can = "they see only what is open to anybody: " + few(b.public)
	}
	f := access.Finding{
		Code: "WR418", Level: access.Warn, Message: fmt.Sprintf("%s after the plan, and so %s (%s)", subject, can, few(who)),
		Hint:   "describe each as the guest of a space, or under users with state: no_access",
		Origin: b.Desired.Origins[access.Fact{Kind: access.Product, Object: first}],
	}
	if len(who) == 1 {
		f.Object = first
	}
	return []access.Finding{f}
}

// moving tells of the moment in which a guest who changes space has none: the old
// one is taken before the new one is given, since no guest has two.
func (b *guestbook) moving() []access.Finding {
	taken, given := make(map[access.Ref]int), make(map[access.Ref]int) // the last, and the first, step
	for i, step := range b.steps {
		for _, c := range step.Changes {
			f := c.Fact
			if f.Kind != access.Role && f.Kind != access.Permission || !b.had[f.Subject][f.Object] && !b.has[f.Subject][f.Object] {
				continue
			}
			switch _, begun := given[f.Subject]; {
			case c.Op == access.Remove && !b.has[f.Subject][f.Object]:
				taken[f.Subject] = i + 1
			case c.Op != access.Remove && !b.had[f.Subject][f.Object] && !begun:
				given[f.Subject] = i + 1
			}
		}
	}
	var out []access.Finding
	for _, p := range slices.Sorted(maps.Keys(taken)) {
		to, moves := given[p]
		if !moves || !b.Before.Guest(p) || !b.After.Guest(p) {
			continue
		}
		when := fmt.Sprintf("within step %d of %d", to, len(b.steps))
		if taken[p] != to {
			when = fmt.Sprintf("between step %d and step %d of %d", taken[p], to, len(b.steps))
		}
		f := access.Finding{
			Code: "WR418", Level: access.Warn, Object: p,
			Message: fmt.Sprintf("%s moves from %s to %s and has no space %s: a guest has one, so the old one is taken first", p.ID(), spacesOf(b.had[p]), spacesOf(b.has[p]), when),
			Hint:    "tell them, or apply when they are not at work",
		}
		for space := range b.has[p] {
			f.Origin = b.Desired.Origins[access.Fact{Kind: access.Role, Object: space, Subject: p}]
		}
		out = append(out, f)
	}
	return out
}

func spacesOf(set map[access.Ref]bool) string {
	var out []string
	for _, r := range slices.Sorted(maps.Keys(set)) {
		out = append(out, r.ID())
	}
	return listed(out)
}

// seeing tells what people who become guests see beside their space, and which
// knowledge bases they do not see: what a service desk opens to customers without a
// licence, no guest sees (evidence, Domain, "Guests").
func (b *guestbook) seeing() []access.Finding {
	who := namesOf(b.seats.GuestsGaining)
	if len(who) == 0 {
		return nil
	}
	var out []access.Finding
	verb := "become guests and see"
	if len(who) == 1 {
		verb = "becomes a guest and sees"
	}
	if len(b.public) > 0 {
		out = append(out, access.Finding{
			Code: "WR419", Level: access.Warn,
			Message: fmt.Sprintf("%s %s, beside their space, what is open to anybody: %s", few(who), verb, few(b.public)),
			Hint:    "see that nothing there is meant for the site's own people alone",
		})
	}
	var closed []string
	for _, s := range b.desks(b.Target) {
		if !b.After.Rights(access.Anonymous, s).Has(access.CanView) {
			closed = append(closed, s.ID())
		}
	}
	if len(closed) > 0 {
		verb := "become guests"
		if len(who) == 1 {
			verb = "becomes a guest"
		}
		out = append(out, access.Finding{
			Code: "WR419", Level: access.Warn,
			Message: fmt.Sprintf("%s %s, and guests do not see the knowledge bases that a service desk opens to its customers: %s", few(who), verb, few(closed)),
			Hint:    "leave who only needs those a customer of the service desk, or let anonymous read them",
		})
	}
	return out
}

// desks gives the spaces that a service desk has something in: its admins, or its
// customers without a licence.
func (b *guestbook) desks(facts access.Set) []access.Ref {
	out := make(map[access.Ref]bool)
	for _, k := range []access.Kind{access.Role, access.Permission} {
		for f := range facts.OfKind(k) {
			if f.Subject == access.JSMAdmins || f.Subject == access.Unlicensed {
				out[f.Object] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(out))
}

// losing tells of spaces that guests saw only because they were open to anybody.
func (b *guestbook) losing() []access.Finding {
	lose := make(map[access.Ref][]string)
	for _, e := range b.Effects {
		if e.Object.Type() == "space" && e.Lost.Has(access.CanView) && b.Before.Guest(e.Person) && b.After.Guest(e.Person) && !b.had[e.Person][e.Object] {
			lose[e.Object] = append(lose[e.Object], e.Person.ID())
		}
	}
	desks := b.desks(b.Live)
	var out []access.Finding
	for _, space := range slices.Sorted(maps.Keys(lose)) {
		what := space.ID()
		if slices.Contains(desks, space) {
			what += ", a service desk's knowledge base"
		}
		verb := "guests no longer see"
		if len(lose[space]) == 1 {
			verb = "guest no longer sees"
		}
		out = append(out, access.Finding{
			Code: "WR419", Level: access.Warn, Object: space,
			Message: fmt.Sprintf("%d %s %s, which is no longer open to anybody (%s)", len(lose[space]), verb, what, few(lose[space])),
			Hint:    "a guest has one space: nothing but reading by the public gives them a second",
			Origin:  b.Desired.Origins[access.Fact{Kind: access.Exists, Object: space}],
		})
	}
	return out
}

// namesOf gives the names of people written as references.
func namesOf(refs []string) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = access.Ref(r).ID()
	}
	return out
}

// paying tells of guests who become licensed users. There is no way back.
func (b *guestbook) paying() []access.Finding {
	var out []access.Finding
	for _, text := range b.seats.Gaining {
		p := access.Ref(text)
		if !b.Before.Guest(p) {
			continue
		}
		gains := 0
		for _, e := range b.Effects {
			if e.Person == p && e.Object.Type() == "space" && e.Gained.Has(access.CanView) {
				gains++
			}
		}
		keeps := "keeps nothing of their own"
		if len(b.has[p]) > 0 {
			keeps = "keeps what they have in " + spacesOf(b.has[p])
		}
		sees := ""
		if gains > 0 {
			sees = fmt.Sprintf(", and comes to see %d more", gains)
			if gains == 1 {
				sees += " space"
			} else {
				sees += " spaces"
			}
		}
		out = append(out, access.Finding{
			Code: "WR420", Level: access.Warn, Object: p,
			Message: fmt.Sprintf("guest %s becomes a licensed user: %s; %s%s", p.ID(), b.seats.onePrice(b.terms), keeps, sees),
			Hint:    "there is no way back: who is or was a paid user cannot become a guest",
			Origin:  b.Desired.Origins[access.Fact{Kind: access.Exists, Object: p}],
		})
	}
	return out
}

// onePrice says what the last paid seat of the plan costs.
func (s seating) onePrice(terms SeatTerms) string {
	t := terms.Tariff
	if t == nil || s.After.Paid == 0 {
		return "a paid seat"
	}
	all, within := t.Cost(s.After.Paid)
	rest, known := t.Cost(s.After.Paid - 1)
	if !within || !known {
		return "a paid seat"
	}
	return fmt.Sprintf("a paid seat, about %s %s a %s", t.Currency, t.Currency.Format(all-rest), t.Per)
}

// waysOut gives the ways out for a fact about a guest that the site refuses.
func (s seating) waysOut(f access.Fact, desired access.Desired, terms SeatTerms) []diag.Way {
	at := desired.Origins[f.Identity()]
	who := f.Object
	if f.Subject != "" {
		who = f.Subject
	}
	wanted, _ := desired.Facts.Get(access.Fact{Kind: access.Product, Object: who})
	guest := who.IsPerson() && (slices.Contains(access.ProductRoles(wanted.Value), access.GuestRole) || f.Kind == access.Product && slices.Contains(access.ProductRoles(f.Value), access.GuestRole))
	if !guest || !at.Known() {
		return nil
	}
	out := diag.Way{Do: "delete the entry", Price: "they are no guest", Edits: []diag.Edit{diag.EditAt("delete", at)}}
	if f.Kind == access.Role {
		lesser := diag.EditAt("role", at)
		lesser.Role = "collaborator"
		return []diag.Way{{Do: "give the role collaborator", Price: "they read, write and comment", Edits: []diag.Edit{lesser}}, out}
	}
	if f.Kind != access.Product {
		return nil
	}
	ways := []diag.Way{}
	// Who is refused as a guest, and wanted there, was counted as somebody who pays.
	full := slices.ContainsFunc(s.Limits, func(l SeatLimit) bool { return l.Of == "paid" && l.Exceeded })
	price := s.onePrice(terms)
	if !slices.Contains(s.Gaining, string(who)) {
		price = "the seat that they have"
	}
	if !full {
		ways = append(ways, diag.Way{
			Do: "describe them under users", Price: price,
			Edits: []diag.Edit{diag.EditAt("delete", at), {Op: "user", Who: personText(who)}},
		})
	}
	return append(ways, out, diag.Way{Do: "invite them as a guest by another address"})
}

// personText writes a person as a key under users does.
func personText(who access.Ref) string {
	if who.Type() == "user" {
		return who.ID()
	}
	return string(who)
}

// fewer gives the way out of having too many guests: as many of those who would
// come are left out as are too many.
func (s seating) fewer(l SeatLimit, desired access.Desired) []diag.Way {
	over := l.After - l.Most
	var out []string
	w := diag.Way{Price: "they are no guests"}
	for _, p := range slices.Backward(s.GuestsGaining) {
		at := desired.Origins[access.Fact{Kind: access.Product, Object: access.Ref(p)}]
		if len(out) == over {
			break
		}
		if at.Known() && !slices.Contains(w.Edits, diag.EditAt("delete", at)) {
			out, w.Edits = append(out, access.Ref(p).ID()), append(w.Edits, diag.EditAt("delete", at))
		}
	}
	if len(out) < over || l.Of == "paid" {
		return nil
	}
	w.Do = "delete the entries of " + few(out)
	if len(out) == 1 {
		w.Do = "delete the entry of " + out[0]
	}
	ways := []diag.Way{w}
	if l.Of == "guests" {
		n := (over + GuestsPerSeat - 1) / GuestsPerSeat
		ways = append(ways, diag.Way{Do: fmt.Sprintf("let %s more in as users", persons(n)), Price: "each takes a paid seat, and makes room for five guests"})
	}
	return ways
}
