package cloud

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// noGuestHas reports whether a permission is beyond guests: they never
// administer or export a space, nor restrict pages (evidence A9).
func noGuestHas(id string) bool {
	return id == access.CanAdminister || id == exportSpace || id == restrictContent
}

// standing is what people hold of the product, through themselves and groups.
type standing struct{ guest, pays bool }

// standings reads product roles off facts. That somebody holds the role user
// themselves is not said.
func standings(facts access.Set) map[access.Ref]standing {
	out := make(map[access.Ref]standing)
	hold := func(r access.Ref, value string) {
		s := out[r]
		for _, role := range access.ProductRoles(value) {
			s.guest = s.guest || role == access.GuestRole
			s.pays = s.pays || role != access.GuestRole && access.LetsIn(role)
		}
		out[r] = s
	}
	groups := make(map[access.Ref]string)
	for f := range facts.OfKind(access.Product) {
		if f.Object.Type() == "group" {
			groups[f.Object] = f.Value
		} else {
			hold(f.Object, f.Value)
		}
	}
	for f := range facts.OfKind(access.Member) {
		if value, ok := groups[f.Object]; ok {
			hold(f.Subject, value)
		}
	}
	return out
}

// findGuests finds who is a guest by the description, and the one space that
// each is given: of several the one where they are now, or else the first.
func (c *canon) findGuests() {
	for r, s := range standings(c.want) {
		if s.guest && !s.pays {
			c.isGuest[r] = true
		}
	}
	for f := range c.want.All() {
		if !c.isGuest[f.Subject] || !grantsInSpace(f) {
			continue
		}
		if was, ok := c.guestIn[f.Subject]; !ok || !c.isIn(f.Subject, was) && c.isIn(f.Subject, f.Object) {
			c.guestIn[f.Subject] = f.Object
		}
	}
}

func grantsInSpace(f access.Fact) bool { return f.Kind == access.Role || f.Kind == access.Permission }

// isIn reports whether a person holds anything themselves in a space now.
func (c *canon) isIn(r, space access.Ref) bool {
	for _, k := range []access.Kind{access.Role, access.Permission} {
		for f := range c.live.Facts.Of(k, space) {
			if f.Subject == r {
				return true
			}
		}
	}
	return false
}

// passGuest says of a fact about a guest whether it is to be judged further.
func (c *canon) passGuest(f access.Fact) bool {
	switch r := f.Subject; {
	case f.Kind == access.Member && c.isGuest[r]:
		if c.opensSpaces(f.Object) {
			c.note(f, "a guest gets nothing in spaces through a group", "give them a role in one space themselves")
		}
	case !grantsInSpace(f) || !c.isGuest[r]:
	case c.wantedState(r):
		// Who is suspended or removed loses the space, and gets it again with
		// the plan that restores them (documented).
		c.note(f, "a guest who cannot enter has no space; it is given back when they return", "")
		return false
	case c.guestIn[r] != f.Object:
		c.refuse(f, fmt.Sprintf("a guest has one space, and %s has %s", r, c.guestIn[r]), "give one of the two only, or make the person a licensed user")
		return false
	case f.Kind == access.Role && slices.ContainsFunc(c.permits(f.Value).IDs(), noGuestHas):
		c.refuse(f, fmt.Sprintf("no guest may have the role %s: it administers or exports the space, or restricts pages", f.Value), "give a lesser role")
		return false
	}
	return true
}

// opensSpaces reports whether a group holds anything in a space.
func (c *canon) opensSpaces(group access.Ref) bool {
	for _, k := range []access.Kind{access.Role, access.Permission} {
		for f := range c.want.OfKind(k) {
			if f.Subject == group {
				return true
			}
		}
	}
	return false
}

// wantedState reports whether the description shuts somebody out.
func (c *canon) wantedState(r access.Ref) bool {
	_, ok := c.want.Get(access.Fact{Kind: access.State, Object: r})
	return ok
}

// permits gives what a role permits, as described or as it is.
func (c *canon) permits(name string) access.Permissions {
	role := access.NewRef("space_role", name)
	if p := c.granted(role); p != "" {
		return p
	}
	var ids []string
	for f := range c.live.Facts.Of(access.Grants, role) {
		ids = append(ids, f.Verb)
	}
	if len(ids) == 0 {
		return fixedRoles[name]
	}
	return access.NewPermissions(ids...)
}

// personRoles are the product roles that a person can hold directly. A viewer
// becomes one through a group or an invitation only (evidence A4).
var personRoles = slices.DeleteFunc(slices.Clone(productRoles), func(r string) bool { return r == "viewer" })

func (c *canon) judgeProduct(f access.Fact) {
	known := productRoles
	if person(f.Object) {
		known = personRoles
	}
	roles := access.ProductRoles(f.Value)
	for _, r := range roles {
		if !slices.Contains(known, r) {
			c.refuse(f, fmt.Sprintf("Confluence has no product role %q", r), "use one of "+strings.Join(known, ", "))
			return
		}
	}
	if !slices.Contains(roles, access.GuestRole) {
		c.keep(f)
		return
	}
	managed, _ := c.live.Facts.Get(access.Fact{Kind: access.Managed, Object: f.Object})
	live := standings(c.live.Facts)[f.Object]
	switch {
	case c.free:
		c.refuse(f, "guests need a paid plan", "invite the person as a user")
	case managed.Value == "idp":
		c.refuse(f, "a group of an identity provider cannot hold guests", "make people guests one by one, or by a group of your own")
	case c.isGuest[f.Object] && c.there(f.Object) && (live.pays || !live.guest):
		c.refuse(f, "who is or was a paid user cannot become a guest", "leave the person a user, or invite them by another address")
	default:
		c.keep(f)
	}
}
