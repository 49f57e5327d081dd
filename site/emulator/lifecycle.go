package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// deletionGrace: "Deletion is final after 14 days' grace" (evidence, Domain; the grace
// is shown as deactivated, for_deletion: evidence A3).
const deletionGrace = 14 * 24 * time.Hour

// disable deactivates the account in every product; memberships and roles stay,
// so that enabling restores access, and API tokens go. Only managed accounts
// can be disabled, and only with the organisation's key (evidence A3;
// evidence, Domain).
func (s *state) disable(p *person, now time.Time) error {
	if err := s.manageable(p); err != nil {
		return err
	}
	if p.Account != accountActive {
		return refuse(http.StatusConflict, "conflict.lifecycleErrors", "%s is deactivated already", p.Email)
	}
	if err := s.keepsOrgAdmin(p); err != nil {
		return err
	}
	s.deactivate(p, now)
	return nil
}

func (s *state) deactivate(p *person, now time.Time) {
	p.Account, p.Ended = accountInactive, now
	s.revokeTokens(p)
	s.savePerson(p)
}

// enable reactivates an account.
func (s *state) enable(p *person) error {
	if err := s.manageable(p); err != nil {
		return err
	}
	switch {
	case p.Account == accountActive:
		return refuse(http.StatusConflict, "conflict.lifecycleErrors", "%s is active already", p.Email)
	case !p.Deleting.IsZero():
		return refuse(http.StatusConflict, "conflict.lifecycleErrors", "%s is to be deleted: cancel that first", p.Email)
	}
	if p.Directory == directoryActive {
		if err := s.roomToReturn(p); err != nil {
			return err
		}
	}
	p.Account, p.Ended = accountActive, time.Time{}
	s.savePerson(p)
	return nil
}

// scheduleDeletion deactivates the account and begins the grace.
func (s *state) scheduleDeletion(p *person, now time.Time) error {
	if err := s.manageable(p); err != nil {
		return err
	}
	if !p.Deleting.IsZero() {
		return refuse(http.StatusConflict, "conflict.lifecycleErrors", "%s is to be deleted already", p.Email)
	}
	if err := s.keepsOrgAdmin(p); err != nil {
		return err
	}
	p.Deleting = now
	s.closing.add(p.ID)
	if p.Account == accountActive {
		s.deactivate(p, now)
		return nil
	}
	s.savePerson(p)
	return nil
}

// cancelDeletion ends the grace. The account stays deactivated: documents do
// not say, and whoever takes it for active again must find out.
func (s *state) cancelDeletion(p *person) error {
	if err := s.manageable(p); err != nil {
		return err
	}
	if p.Deleting.IsZero() {
		return refuse(http.StatusConflict, "conflict.lifecycleErrors", "%s is not to be deleted", p.Email)
	}
	p.Deleting = time.Time{}
	s.closing.remove(p.ID)
	s.savePerson(p)
	return nil
}

// reasonScim is the published key for what an identity provider decides.
const reasonScim = "externalDirectory.scim"

// manageable refuses accounts that the organisation does not manage, and those
// whose identity provider decides (published).
func (s *state) manageable(p *person) error {
	switch {
	case p.Unmanaged:
		return refuse(http.StatusForbidden, "forbidden", "%s is not a managed account", p.Email)
	case s.synced(p):
		return restricted(reasonScim, "%s is managed by an identity provider", p.Email)
	}
	return nil
}

// elapse does what becomes due by itself: accounts whose grace has ended are
// closed. It must be told the time before anything is asked of the site.
func (s *state) elapse(now time.Time) {
	for _, id := range slices.Clone(s.closing) {
		if p := s.people.get(id); now.Sub(p.Deleting) >= deletionGrace {
			s.at, s.by = now, ""
			s.closeAccount(p)
		}
	}
}

// closeAccount ends an account for good. Its content stays, under the name of a
// former user; its memberships and roles go, and its address is free for
// another account, with another id.
func (s *state) closeAccount(p *person) {
	s.leaveDirectory(p)
	s.dropGrants(principal{typeUser, p.ID})
	s.revokeTokens(p)
	s.unsync(p)
	s.closing.remove(p.ID)
	delete(s.byEmail, fold(p.Email))
	delete(s.byUser, p.username())
	p.Erased, p.Deleting, p.Name, p.Globals, p.Password = true, time.Time{}, "Former user", nil, ""
	s.savePerson(p)
}

// leaveDirectory takes all that the directory gives: memberships, product and
// platform roles, the place itself.
func (s *state) leaveDirectory(p *person) {
	for _, id := range slices.Clone(p.groups) {
		s.removeMember(s.groups.get(id), p)
	}
	p.Product, p.Platform, p.Directory, p.Invited = nil, nil, directoryNone, false
}

// changeEmail gives an account another address: of a domain that the
// organisation has claimed, and nobody's yet.
func (s *state) changeEmail(p *person, email string) error {
	if fold(p.Email) == fold(email) {
		return nil
	}
	if err := validEmail(email); err != nil {
		return err
	}
	switch {
	case !s.limits.claims(email):
		return refuse(http.StatusForbidden, "forbidden.unclaimedDomain", "the domain of %s is not claimed", email)
	case s.byEmail[fold(email)] != nil:
		return refuse(http.StatusBadRequest, "fieldConstraintsViolated", "the address %s is taken", email)
	}
	delete(s.byEmail, fold(p.Email))
	delete(s.byUser, p.username())
	p.Email = email
	s.addPerson(p)
	return nil
}

// nickname is what others may call the person.
func (p *person) nickname() string { return cmp.Or(p.Nickname, p.Name) }
