package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Role ids of the organisation API (evidence A4).
const (
	roleUser      = "atlassian/user"
	roleAdmin     = "atlassian/admin"
	roleGuest     = "atlassian/guest"
	roleUserAdmin = "atlassian/user-access-admin"
	roleOrgAdmin  = "atlassian/org-admin"
	roleSiteAdmin = "atlassian/site-admin"
)

// productRoleIDs are the roles that can be held on a product.
var productRoleIDs = set{
	"atlassian/admin", "atlassian/basic", "atlassian/contributor", "atlassian/customer", "atlassian/guest",
	"atlassian/stakeholder", "atlassian/user", "atlassian/user-access-admin", "atlassian/viewer",
}

// letsIn reports whether a product role lets its holder into Confluence.
// Managing other people's access does not.
func letsIn(r string) bool { return r != roleUserAdmin }

// takesSeat reports whether a product role is billed: any but guest and
// user-access-admin (evidence A4).
func takesSeat(r string) bool { return r != roleUserAdmin && r != roleGuest }

// limits are what the subscription allows. They belong to the run, not to the
// stored site.
type limits struct {
	plan    string
	seats   int      // 0: no limit
	people  int      // with a seat or as a guest; 0: no limit
	domains []string // claimed by the organisation; nil: all
	dialect string   // empty: DialectCloud
	context string   // the path below which Data Center answers
}

// dataCenter reports whether the site speaks Data Center's dialect.
func (l limits) dataCenter() bool { return l.dialect == DialectDataCenter }

// check refuses a dialect that nobody speaks and a context path that is none.
func (l limits) check() error {
	switch {
	case !slices.Contains([]string{"", DialectCloud, DialectDataCenter}, l.dialect):
		return fmt.Errorf("the dialect is %s or %s, not %q", DialectCloud, DialectDataCenter, l.dialect)
	case l.context != "" && (!l.dataCenter() || !strings.HasPrefix(l.context, "/")):
		return fmt.Errorf("%q is no context path: Data Center alone has one, and it begins with a slash", l.context)
	}
	return nil
}

// free reports whether permissions cannot be customised (evidence, Domain, "Three
// levels of permission").
func (l limits) free() bool { return l.plan == "free" }

// capacity returns how many people may have a seat, or 0 for any number.
func (l limits) capacity() int {
	if l.free() && (l.seats == 0 || l.seats > freeSeats) {
		return freeSeats
	}
	return l.seats
}

// freeSeats: "there are at most ten people" (evidence, Domain).
const freeSeats = 10

// claims reports whether accounts with this address are managed.
func (l limits) claims(email string) bool {
	if l.domains == nil {
		return true
	}
	_, domain, _ := strings.Cut(email, "@")
	return slices.ContainsFunc(l.domains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// seated reports whether the person takes a seat. Invited people count
// (evidence, Domain: "invited but not accepted may take a seat").
func (s *state) seated(p *person) bool {
	return p.works() && s.paid(p)
}

// roomFor refuses people who would take a seat when none is left.
func (s *state) roomFor(people ...*person) error {
	limit := s.limits.capacity()
	if limit == 0 && s.limits.people == 0 {
		return nil
	}
	wanted, fresh := 0, 0 // seats, and people who are not on the site as guests already
	for _, p := range people {
		if s.seated(p) {
			continue
		}
		if wanted++; !p.works() || !s.guest(p) {
			fresh++
		}
	}
	if wanted == 0 {
		return nil
	}
	taken, guests := s.count()
	if limit > 0 && taken+wanted > limit {
		return refuse(http.StatusConflict, "ADMIN-UAM-409-3", "no seat is left: %d of %d are taken", taken, limit)
	}
	if most := s.limits.people; most > 0 && taken+guests+fresh > most {
		return refuse(http.StatusConflict, "ADMIN-UAM-409-3", "the site has %d people and guests, and may have %d", taken+guests, most)
	}
	return nil
}

// roomToReturn refuses somebody who would come back with what they have when there
// is no room: no seat for who pays, no place for a guest.
func (s *state) roomToReturn(p *person) error {
	switch {
	case s.paid(p):
		return s.roomFor(p)
	case s.guest(p):
		return s.roomForGuests(1)
	}
	return nil
}
