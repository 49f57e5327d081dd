package emulator

import (
	"net/http"
	"slices"
)

// guestsPerSeat: "free up to five per paid user" (evidence, Domain, "Guests").
const guestsPerSeat = 5

// beyondGuests are the permissions that no guest may have (docs/evidence.md
// A9: never space admin, export or restrictions).
var beyondGuests = []string{permAdminister, "export/space", "restrict_content/space"}

// paid reports whether the person has a product role that is billed, whatever
// their state.
func (s *state) paid(p *person) bool {
	return slices.ContainsFunc(p.Product, takesSeat) ||
		slices.ContainsFunc(s.groupsOf(p), func(id string) bool { return slices.ContainsFunc(s.groups.get(id).Product, takesSeat) })
}

// guest reports whether the person is in Confluence as a guest: by the role
// guest alone. Whoever holds a billed role as well is a paid user
// (evidence A9).
func (s *state) guest(p *person) bool { return s.licensed(p) && !s.paid(p) }

// directSpaces returns the spaces in which the person has anything themselves.
func (s *state) directSpaces(p *person) []*space {
	who := principal{typeUser, p.ID}
	orders := slices.Clone(s.held[who])
	for _, order := range s.customized[who] {
		orders.add(order)
	}
	var out []*space
	for _, order := range orders {
		out = append(out, s.spaces.get(order))
	}
	return out
}

// mayEnter reports whether there is anything in Confluence for the person: a
// guest without a space enters nothing but what is open to anybody (evidence, Domain).
func (s *state) mayEnter(p *person) bool {
	return s.enters(p) && (!s.guest(p) || len(s.directSpaces(p)) > 0 || len(s.held[anonymous]) > 0 || len(s.customized[anonymous]) > 0)
}

// loseGuestSpace takes the space of a guest who is suspended or leaves.
func (s *state) loseGuestSpace(p *person) {
	if s.guest(p) {
		s.dropGrants(principal{typeUser, p.ID})
	}
}

// mayBecomeGuests refuses people who cannot be guests, and more guests than the
// site may have. People who are guests already do not count again.
func (s *state) mayBecomeGuests(people ...*person) error {
	if s.limits.free() {
		return refuse(http.StatusPaymentRequired, "ADMIN-402-1", "guests need a paid plan")
	}
	var fresh []*person
	for _, p := range people {
		spaces := s.directSpaces(p)
		switch {
		case s.guest(p):
			continue
		case p.Paid || s.paid(p):
			return refuse(http.StatusBadRequest, "ADMIN-UAM-400-3", "%s is or was a paid user and cannot become a guest", p.Email)
		case len(spaces) > 1:
			return refuse(http.StatusBadRequest, "ADMIN-UAM-400-3", "%s is in %d spaces, and a guest is in one", p.Email, len(spaces))
		case len(spaces) == 1:
			if err := fitForGuests(s.spaceAccess(spaces[0], principal{typeUser, p.ID})); err != nil {
				return err
			}
		}
		fresh = append(fresh, p)
	}
	return s.roomForGuests(len(fresh))
}

// roomForGuests refuses more guests than the site may have.
func (s *state) roomForGuests(more int) error {
	seats, guests := s.count()
	if guests+more > guestsPerSeat*seats {
		return refuse(http.StatusConflict, "ADMIN-UAM-409-3", "no room for a guest: %d paid users allow %d guests", seats, guestsPerSeat*seats)
	}
	if limit := s.limits.people; limit > 0 && seats+guests+more > limit {
		return refuse(http.StatusConflict, "ADMIN-UAM-409-3", "the site has %d people and guests, and may have %d", seats+guests, limit)
	}
	return nil
}

// Seats returns how many people take a paid seat, and how many are guests. Weir's
// own account counts like any other.
func (e *Emulator) Seats() (paid, guests int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.count()
}

// count returns how many people have a seat, and how many are guests.
func (s *state) count() (seats, guests int) {
	for p := range s.people.all() {
		switch {
		case s.seated(p):
			seats++
		case p.works() && s.guest(p):
			guests++
		}
	}
	return seats, guests
}

func fitForGuests(permissions set) error {
	for _, id := range beyondGuests {
		if permissions.has(id) {
			return refuse(http.StatusBadRequest, "", "a guest cannot have the permission %s", id)
		}
	}
	return nil
}

// fitsGuest refuses to give a guest a second space, or what no guest may have.
// Others may be given anything. Atlassian's staff say that a second space is an
// error and not which one (CONFCLOUD-74916): 400 was chosen. sp is nil for a
// space that is being made.
func (s *state) fitsGuest(sp *space, who principal, permissions set) error {
	if who.Type != typeUser {
		return nil
	}
	p := s.people.get(who.ID)
	if p == nil || !s.guest(p) {
		return nil
	}
	if slices.ContainsFunc(s.directSpaces(p), func(other *space) bool { return other != sp }) {
		return refuse(http.StatusBadRequest, "", "the guest has a space already")
	}
	return fitForGuests(permissions)
}

// fitGuests is fitsGuest for every grant of a role write.
func (s *state) fitGuests(sp *space, grants []grant) error {
	for _, g := range grants {
		if g.role == nil {
			continue
		}
		if err := s.fitsGuest(sp, g.who, g.role.Permissions); err != nil {
			return err
		}
	}
	return nil
}

// mayHoldGuests refuses the role guest to a group that an identity provider owns
// (evidence, Domain, "Guests": asked for and unanswered), and to one with a member who
// cannot become a guest. Paid members stay what they are.
func (s *state) mayHoldGuests(g *group) error {
	if g.Managed == ManagedIDP {
		return refuse(http.StatusBadRequest, "ADMIN-UAM-400-3", "group %q is managed by an identity provider and cannot hold guests", g.Name)
	}
	var fresh []*person
	for _, id := range g.members {
		if p := s.people.get(id); p.works() && !s.paid(p) {
			fresh = append(fresh, p)
		}
	}
	return s.mayBecomeGuests(fresh...)
}

// payFor notes that the members of a group have a seat from now on.
func (s *state) payFor(g *group) {
	for _, id := range s.everyMember(g) {
		if p := s.people.get(id); !p.Paid {
			s.savePerson(p)
		}
	}
}

// guestPermissions are what a guest gets who is given a space (docs/evidence.md
// A9).
var guestPermissions = []string{permView, "create/page", "create/comment", "create/attachment"}

// placeGuest gives a guest the space, as its admins do in the admin pages: with
// the usual permissions, or where roles are all there is, with the fixed role
// that comes nearest.
func (s *state) placeGuest(sp *space, p *person) error {
	who := principal{typeUser, p.ID}
	switch {
	case !s.guest(p):
		return refuse(http.StatusBadRequest, "", "%s is no guest", p.Email)
	case s.roleMode() == ModeRoles:
		return s.setRoles(sp, []grant{{who, s.roleNamed("Collaborator")}})
	}
	if err := s.fitsGuest(sp, who, newSet(guestPermissions)); err != nil {
		return err
	}
	for _, permission := range guestPermissions {
		s.putWithCompanion(sp, who, permission)
	}
	return nil
}
