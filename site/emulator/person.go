package emulator

import (
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// OwnEmail is the address of weir's own account on an embedded site.
const OwnEmail = "weir@embedded.invalid"

// Where an Atlassian account stands.
const (
	accountActive   = "active"
	accountInactive = "inactive" // deactivated by the organisation
)

// Where a person stands in the site's directory.
const (
	directoryActive    = "active"
	directorySuspended = "suspended"
	directoryNone      = "no_membership"
)

// person is an Atlassian account. The account outlives its place in the
// directory: whoever is removed and invited again has the same account id.
type person struct {
	ID        string
	Email     string
	Name      string
	Unmanaged bool      `json:",omitempty"` // the organisation has not claimed the address's domain
	Invited   bool      `json:",omitempty"` // invited and not yet accepted
	Account   string    // accountActive or accountInactive
	Directory string    // directoryActive, directorySuspended or directoryNone
	Product   set       `json:",omitempty"` // roles held directly on this Confluence
	Platform  set       `json:",omitempty"` // org-admin, site-admin
	Globals   set       `json:",omitempty"` // global permissions that are no product role
	Username  string    `json:",omitempty"` // of Data Center; empty: made from the address
	Password  string    `json:",omitempty"` // its digest, on Data Center
	Erased    bool      `json:",omitempty"` // the account is gone for good; only its record is left
	AdminKey  time.Time `json:",omitzero"`  // until when they may look past restrictions
	Added     time.Time
	Ended     time.Time `json:",omitzero"`  // when the account was deactivated
	Deleting  time.Time `json:",omitzero"`  // when its deletion was asked for
	Nickname  string    `json:",omitempty"` // empty: the name
	Paid      bool      `json:",omitempty"` // has or had a product role that is billed
	Viewed    time.Time `json:",omitzero"`  // their first look at Confluence on the last day of any

	groups set // ids
}

func (s *state) indexPerson(p *person) {
	s.people.put(p.ID, p)
	if !p.Erased {
		s.byEmail[fold(p.Email)] = p
		s.byUser[p.username()] = p
		if !p.Deleting.IsZero() {
			s.closing.add(p.ID)
		}
	}
}

func (s *state) addPerson(p *person) {
	s.indexPerson(p)
	s.savePerson(p)
}

func (s *state) savePerson(p *person) {
	p.Paid = p.Paid || s.paid(p)
	s.save(tablePerson, p.ID, p)
}

// member returns the person if the directory has them. Suspended and
// deactivated people are still there.
func (s *state) member(id string) *person {
	if p := s.people.get(id); p != nil && p.Directory != directoryNone {
		return p
	}
	return nil
}

// works reports whether the account is neither deactivated, suspended nor gone.
func (p *person) works() bool {
	return p.Account == accountActive && p.Directory == directoryActive
}

// productRoles returns the roles on this Confluence that the person has, with
// the ways in which they have them: direct, group_direct.
// Source: role-assignments of the organisation API (evidence A4).
func (s *state) productRoles(p *person) map[string]set {
	out := map[string]set{}
	for _, r := range p.Product {
		out[r] = set{"direct"}
	}
	for _, id := range p.groups {
		for _, r := range s.groups.get(id).Product {
			ways := out[r]
			ways.add("group_direct")
			out[r] = ways
		}
	}
	return out
}

// licensed reports whether some product role of the person lets people in.
func (s *state) licensed(p *person) bool {
	return slices.ContainsFunc(p.Product, letsIn) ||
		slices.ContainsFunc(s.groupsOf(p), func(id string) bool { return s.groups.get(id).letsIn() })
}

// enters reports whether the person may enter this Confluence now.
func (s *state) enters(p *person) bool {
	if p == nil {
		return s.site.Anonymous.has(GlobalUse)
	}
	return p.works() && s.licensed(p)
}

// administers reports whether the person is an administrator of this
// Confluence: a site or organisation admin, or holder of the role admin.
func (s *state) administers(p *person) bool {
	if p == nil {
		return false
	}
	if s.siteAdmin(p) || slices.Contains(p.Product, roleAdmin) {
		return true
	}
	return slices.ContainsFunc(s.groupsOf(p), func(id string) bool { return s.groups.get(id).Product.has(roleAdmin) })
}

// siteAdmin reports whether the person may manage groups and space roles.
func (s *state) siteAdmin(p *person) bool {
	return p != nil && (p.Platform.has(roleOrgAdmin) || p.Platform.has(roleSiteAdmin))
}

// invite brings somebody into the directory, or gives the account there the
// roles. It refuses a deactivated account, which must be reactivated first
// (evidence, Domain, "People, seats, authority"), and a suspended one.
func (s *state) invite(email, name string, roles []string, now time.Time) (*person, error) {
	if err := validEmail(email); err != nil {
		return nil, err
	}
	p := s.byEmail[fold(email)]
	switch {
	case p == nil:
		p = &person{Email: email, Name: name, Account: accountActive, Unmanaged: !s.limits.claims(email), Invited: true, Added: now}
		if p.Name == "" {
			p.Name, _, _ = strings.Cut(email, "@")
		}
	case p.Account == accountInactive:
		return nil, refuse(http.StatusBadRequest, "ADMIN-UAM-400-3", "the account %s is deactivated: reactivate it first", email)
	case p.Directory == directorySuspended:
		return nil, refuse(http.StatusBadRequest, "ADMIN-UAM-400-3", "%s is suspended: restore their access first", email)
	}
	if slices.ContainsFunc(roles, takesSeat) {
		if err := s.roomFor(p); err != nil {
			return nil, err
		}
	} else if slices.Contains(roles, roleGuest) {
		if err := s.mayBecomeGuests(p); err != nil {
			return nil, err
		}
	}
	if p.ID == "" {
		p.ID = s.newAccountID()
	}
	if p.Directory != directoryActive {
		p.Directory, p.Added = directoryActive, now
	}
	for _, r := range roles {
		p.Product.add(r)
	}
	s.addPerson(p)
	return p, nil
}

func validEmail(email string) error {
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email {
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "%q is not an e-mail address", email)
	}
	return nil
}

// assignProduct gives the person a role on this Confluence.
func (s *state) assignProduct(p *person, r string) error {
	if p.Product.has(r) {
		return nil
	}
	if r == roleGuest {
		if err := s.mayBecomeGuests(p); err != nil {
			return err
		}
	}
	if takesSeat(r) && p.works() {
		if err := s.roomFor(p); err != nil {
			return err
		}
	}
	p.Product.add(r)
	s.savePerson(p)
	return nil
}

// revokeProduct takes a direct role. What a group gives stays: only direct
// roles are revocable on the person (evidence A4).
func (s *state) revokeProduct(p *person, r string) {
	if p.Product.has(r) {
		p.Product.remove(r)
		s.savePerson(p)
	}
}

// assignPlatform gives an organisation-level role.
func (s *state) assignPlatform(p *person, r string) {
	if !p.Platform.has(r) {
		p.Platform.add(r)
		s.savePerson(p)
	}
}

// revokePlatform takes an organisation-level role, but never the last
// organisation admin's.
func (s *state) revokePlatform(p *person, r string) error {
	if !p.Platform.has(r) {
		return nil
	}
	if r == roleOrgAdmin {
		if err := s.keepsOrgAdmin(p); err != nil {
			return err
		}
	}
	p.Platform.remove(r)
	s.savePerson(p)
	return nil
}

// keepsOrgAdmin refuses what would leave the organisation without a working
// admin. Documents are silent; this is the choice that cannot lock anybody out.
func (s *state) keepsOrgAdmin(p *person) error {
	if !p.Platform.has(roleOrgAdmin) {
		return nil
	}
	for other := range s.people.all() {
		if other != p && other.works() && other.Platform.has(roleOrgAdmin) {
			return nil
		}
	}
	return refuse(http.StatusBadRequest, "ADMIN-UAM-400-3", "%s is the last organisation admin", p.Email)
}

// suspend stops a person everywhere in the directory and keeps what they have;
// only a guest loses the space, and must be given one again on return (evidence, Domain,
// "Guests").
func (s *state) suspend(p *person) error {
	if err := s.keepsOrgAdmin(p); err != nil {
		return err
	}
	if p.Directory == directoryActive {
		s.halt(p)
	}
	return nil
}

// halt is suspend without the question.
func (s *state) halt(p *person) {
	s.loseGuestSpace(p)
	p.Directory = directorySuspended
	s.savePerson(p)
}

// unsuspend gives a suspended person everything back.
func (s *state) unsuspend(p *person) error {
	if p.Directory != directorySuspended {
		return nil
	}
	if err := s.roomToReturn(p); err != nil {
		return err
	}
	p.Directory = directoryActive
	s.savePerson(p)
	return nil
}

// expel removes a person from the directory: product roles and memberships go,
// and they must be invited again (evidence A3, lifecycle). Space roles
// stay: Confluence keeps the grants of people who cannot enter. A guest's go.
func (s *state) expel(p *person) error {
	if err := s.keepsOrgAdmin(p); err != nil {
		return err
	}
	s.loseGuestSpace(p)
	s.leaveDirectory(p)
	s.savePerson(p)
	return nil
}
