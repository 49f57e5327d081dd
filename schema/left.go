package schema

import (
	"fmt"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// leaver is what a description says of somebody who has left.
type leaver struct {
	successor access.Ref // empty: nobody is named
	named     diag.Range // where
	at        diag.Range
	account   access.Ref // the same person by the id that weir.lock has; empty: it has none
}

// lowerLeft reads who has left, and who succeeds them. That a person has left
// goes beyond a state: the product gives back what somebody held who comes back,
// and of a leaver nothing is to come back.
func (c *compiler) lowerLeft(users map[access.Ref]User) {
	for _, ref := range sorted(users) {
		u := users[ref]
		if u.Left == nil {
			continue
		}
		if u.State.Value == "active" {
			c.both("WR211", u.State.Range, u.Left.Range, noun(ref)+" is described as active and as having left",
				"write state: deactivated, or delete left", "the other statement")
			continue
		}
		l := c.out.left[ref]
		if id, pinned := c.lock.ID(ref); pinned {
			l.account = access.NewRef("account", id)
		}
		if u.Left.Successor != nil {
			who, ok := c.read(*u.Left.Successor, readMember)
			if !ok {
				continue
			}
			l.successor, l.named = who, u.Left.Successor.Range
			c.refer(who, l.named)
			c.successor(ref, who, l.named)
		}
		c.out.left[ref] = l
	}
}

// successor refuses whoever cannot take anything over, as far as the description
// says so; of the rest [Description.Desired] asks the site.
func (c *compiler) successor(left, who access.Ref, at diag.Range) {
	refuse := func(why, hint string) {
		c.add("WR211", at, fmt.Sprintf("%s cannot succeed %s: %s", noun(who), noun(left), why), hint)
	}
	const another = "name an active person with a licence"
	if _, gone := c.out.left[who]; gone {
		refuse("they have left themselves", another)
		return
	}
	if state, out := c.shut[who]; out {
		refuse("their state is "+state, another)
		return
	}
	if _, guest := c.guests[who]; guest {
		refuse("they are a guest", "name a person with a licence: a guest has one space, and cannot administer it")
		return
	}
	if _, gone := c.absent[who]; gone {
		refuse("they are described as absent", another)
	}
}

// hasLeft reports whether a listed person has left, and warns of the entry.
func (c *compiler) hasLeft(who access.Ref, written Str) bool {
	_, left := c.out.left[who]
	if left {
		c.warn("WR202", written.Range, quote(written.Value)+" is listed, and has left", "delete the entry; weir takes what it says from them")
	}
	return left
}

// asked are the people of whom it has to be known whether they hold the product
// role user themselves: those who keep their account when they leave.
func (d *Description) asked() []access.Ref {
	var out []access.Ref
	for _, ref := range sorted(d.left) {
		if f, ok := d.facts.Get(access.Fact{Kind: access.State, Object: ref}); ok && f.Value != "removed" {
			out = append(out, ref)
		}
	}
	return out
}

// withoutLeavers leaves out what is wanted for somebody who left: an owner
// administers their personal space as long as they are there.
func withoutLeavers(facts access.Set, left map[access.Ref]access.Leaver) access.Set {
	if len(left) == 0 {
		return facts
	}
	return facts.Filter(func(f access.Fact) bool {
		_, gone := left[f.Subject]
		return !gone || f.Kind == access.Personal
	})
}

// takeFromLeavers takes from those who left what the live site shows them to
// hold: memberships, what they have in spaces, their names on restricted pages,
// global permissions and product roles, whoever owns the list. What is only
// observed stays, and so does what is excluded: [access.Scope.Mode] knows.
func (r *resolver) takeFromLeavers(scope *access.Scope) map[access.Ref]access.Leaver {
	if len(r.left) == 0 {
		return nil
	}
	left := make(map[access.Ref]access.Leaver, len(r.left))
	also := make(map[access.Ref]bool) // by the id of the account, where no list shows it
	view := access.NewView(r.live)
	for _, ref := range slices.Sorted(maps.Keys(r.left)) {
		l := r.left[ref]
		left[ref] = access.Leaver{Successor: l.successor, Origin: l.at}
		if l.account != "" {
			also[l.account] = true
			left[l.account] = access.Leaver{Successor: l.successor, Origin: l.at}
		}
		r.fit(view, ref, l)
	}
	for f := range r.live.All() {
		holder, holds := f.Holder()
		if !holds {
			continue
		}
		if f.Kind == access.Restrict && r.live.Has(access.Fact{Kind: access.Status, Object: f.Object.PageSpace(), Value: "archived"}) {
			continue // nobody changes a page there
		}
		if _, gone := r.left[holder]; (gone || also[holder]) && !scope.Observes(f) {
			scope.Single[f.Identity()] = access.Exclusive
		}
	}
	// An account whose name nothing tells is the leaver's only as long as it holds something.
	for account := range also {
		if !speaks(r.live, account) {
			delete(left, account)
		}
	}
	return left
}

func speaks(facts access.Set, who access.Ref) bool {
	for f := range facts.All() {
		if f.About(who) {
			return true
		}
	}
	return false
}

// fit refuses a successor who cannot take over on this site.
func (r *resolver) fit(view *access.View, ref access.Ref, l leaver) {
	if l.successor == "" || r.live.Len() == 0 {
		return
	}
	why := ""
	described := r.facts.Has(access.Fact{Kind: access.Exists, Object: l.successor})
	state, out := r.live.Get(access.Fact{Kind: access.State, Object: l.successor})
	switch {
	case out && !described:
		why = "their account is " + state.Value
	case !described && !view.Person(l.successor):
		why = "they are not on the site"
	case view.Guest(l.successor) && !described:
		why = "they are a guest"
	default:
		return
	}
	r.errors = append(r.errors, diag.Diagnostic{
		Code: "WR211", Range: l.named,
		Summary: fmt.Sprintf("%s cannot succeed %s: %s", noun(l.successor), noun(ref), why),
		Hint:    "name an active person with a licence",
	})
}
