package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// userRole is the product role of whoever may use Confluence.
const userRole = "user"

// productList is who holds one product role, as global_permissions lists them.
// Which other product roles they hold only the site knows, and the value of a
// product fact has them all: [Description.Desired] puts the two together.
type productList struct {
	mode    access.Mode
	holders map[access.Ref]diag.Range
	expired map[access.Ref]bool
}

// lowerGlobals states who may do what on the whole site. Using and
// administering Confluence are product roles of groups and people; the rest are
// global permissions, and so is the use by classes.
func (c *compiler) lowerGlobals() {
	g := once(c, "global_permissions", func(d Document) *Globals { return d.Globals }, func(v *Globals) diag.Range { return v.Range })
	if g == nil {
		return
	}
	for _, l := range []struct {
		verb  string
		names *Grants
		who   reading
		role  string // the product role that the permission is
	}{
		{access.GlobalUse, g.Use, readGlobal, userRole},
		{access.GlobalAdminister, g.Administer, readAdministrator, access.AdminRole},
		{access.GlobalCreateSpace, g.CreateSpace, readGlobal, ""},
		{access.GlobalPersonalSpace, g.PersonalSpace, readGlobal, ""},
		{access.GlobalSystemAdminister, g.SystemAdminister, readAdministrator, ""},
		{access.GlobalViewProfiles, g.ViewProfiles, readGlobal, ""},
	} {
		if l.names == nil {
			continue
		}
		c.out.scope.Contents[access.Contents{Kind: access.Global, Object: access.Site, Verb: l.verb}] = c.owned.globals
		list := productList{mode: c.owned.globals, holders: make(map[access.Ref]diag.Range), expired: make(map[access.Ref]bool)}
		if l.role != "" {
			c.out.products[l.role] = list
		}
		seen := make(map[access.Ref]diag.Range)
		for _, item := range l.names.Items {
			who, ok := c.read(item.Who, l.who)
			switch {
			case !ok || c.repeated(seen, who, item.Who.Range, l.verb):
			case l.role == "" || who.Type() == "class":
				c.grant(access.Fact{Kind: access.Global, Object: access.Site, Verb: l.verb, Subject: who}, item)
			default:
				c.lowerHolder(list, l.verb, l.role, who, item)
			}
		}
	}
}

// lowerHolder notes a group or person that holds a product role. That a person
// may use Confluence is that they may enter, a fact by itself.
func (c *compiler) lowerHolder(list productList, verb, role string, who access.Ref, g Grant) {
	enters := access.Fact{Kind: access.Exists, Object: who}
	uses := role == userRole && who.IsPerson()
	if uses && list.mode == access.Observe {
		if _, described := c.described[who]; !described {
			c.out.scope.Single[enters] = access.Observe
		}
	}
	if g.Until != nil && c.ended(g, who, access.Site) {
		list.expired[who] = true
		if uses {
			c.out.scope.Expired[enters] = true
		}
		return
	}
	c.refer(who, g.Who.Range)
	if c.hasLeft(who, g.Who) || c.shutOut(who, g.Who) || c.lapse(who, g.Who) {
		return
	}
	if guest, ok := c.guests[who]; ok {
		at := g.Who.Range
		c.place(who, guestPlace{at: at, kind: asPaid})
		c.offer(who, conflict(guest.at, at, fmt.Sprintf("guest %s is under %s of global_permissions", quote(who.ID()), verb), "the other statement"), func() []diag.Way {
			return []diag.Way{{Do: "take them from " + verb + ": whoever holds a product role has a licence", Edits: []diag.Edit{diag.EditAt("delete", at)}}, c.licensed(who)}
		})
		return
	}
	if own, ok := c.products[who]; ok && !slices.Contains(own.roles, role) {
		c.both("WR202", own.at, g.Who.Range, fmt.Sprintf("%s is under %s, and its product_role lacks %s", noun(who), verb, role),
			"add "+role+" to product_role, or delete one of the two", "the other statement")
		return
	}
	list.holders[who] = g.Who.Range
	if _, described := c.described[who]; uses && !described {
		c.fact(enters, g.Who.Range)
	}
}

// productRoles gives the product roles that the description gives a group.
func (c *compiler) productRoles(group access.Ref) []string {
	roles := slices.Clone(c.products[group].roles)
	for _, role := range slices.Sorted(maps.Keys(c.out.products)) {
		if _, ok := c.out.products[role].holders[group]; ok && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// products gives the product roles of groups and people who have no entry that
// says them all: those they hold, with the roles that global_permissions gives
// them, without those that it gives to others alone, and, of who is described
// as a licensed person, without that of a guest. Only what comes out otherwise
// than it is, and what is listed, becomes a fact and is owned.
func (r *resolver) products(scope *access.Scope, origins map[access.Fact]diag.Range) []access.Fact {
	objects := make(map[access.Ref]bool)
	for f := range r.live.OfKind(access.Product) {
		objects[f.Object] = true
	}
	for _, list := range r.Description.products {
		for who := range list.holders {
			objects[who] = true
		}
	}
	var out []access.Fact
	for _, object := range sorted(objects) {
		f := access.Fact{Kind: access.Product, Object: object}
		contents := access.ContentsOf(f)
		if _, said := scope.Contents[contents]; said || r.scope.Absent[object] {
			continue
		}
		live, _ := r.live.Get(f)
		roles := make(map[string]bool)
		if live.Value != "" {
			for _, role := range access.ProductRoles(live.Value) {
				roles[role] = true
			}
		}
		// What makes a guest a licensed person is done, and leaves no second value to
		// compare.
		licensed := roles[access.GuestRole] && object.IsPerson() && r.facts.Has(access.Fact{Kind: access.Exists, Object: object})
		if licensed {
			delete(roles, access.GuestRole)
		}
		mode := access.Exclusive
		at, listed := diag.Range{}, false
		for role, list := range r.Description.products {
			if list.mode == access.Observe {
				if licensed {
					continue
				}
				mode = access.Observe
			}
			if place, ok := list.holders[object]; ok {
				if role == userRole && object.IsPerson() {
					continue // they enter: a fact by itself
				}
				roles[role] = true
				if !listed || place.Compare(at) < 0 {
					at, listed = place, true
				}
			} else if list.mode != access.Additive || list.expired[object] {
				delete(roles, role)
			}
		}
		f.Value = strings.Join(slices.Sorted(maps.Keys(roles)), "+")
		if !listed && (f.Value == live.Value || r.others(f)) {
			continue
		}
		scope.Contents[contents] = mode
		if f.Value != "" {
			out = append(out, f)
		}
		if listed {
			origins[f.Identity()] = at
		}
	}
	return out
}

// others reports whether the fact is about somebody else's object, which weir
// leaves as it is.
func (r *resolver) others(f access.Fact) bool {
	_, managed := r.live.Get(access.Fact{Kind: access.Managed, Object: f.Object})
	_, excluded := r.scope.Excludes(f)
	return managed || excluded
}
