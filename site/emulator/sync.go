package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// syncedUser is a person as an identity provider knows them: the record of the
// user provisioning API (SCIM), beside the account.
type syncedUser struct {
	ID         string
	Account    string
	UserName   string
	ExternalID string            `json:",omitempty"`
	Attributes map[string]string `json:",omitempty"` // title, department and the like
	Active     bool
	Deleted    bool `json:",omitempty"` // out of sight until it is provisioned again
	Created    time.Time
	Modified   time.Time
}

func (s *state) indexSync(u *syncedUser) {
	s.syncs.put(u.ID, u)
	s.bySync[u.Account] = u
}

func (s *state) saveSync(u *syncedUser) { s.save(tableSync, u.ID, u) }

func (s *state) restoreSync(r Record) error {
	if err := restoreRow(r, func(u *syncedUser) string { return u.ID }, s.indexSync); err != nil {
		return err
	}
	if u := s.syncs.get(r.Key); s.people.get(u.Account) == nil {
		return fmt.Errorf("no person %q", u.Account)
	}
	return nil
}

// synced reports whether an identity provider manages the account.
func (s *state) synced(p *person) bool {
	u := s.bySync[p.ID]
	return u != nil && !u.Deleted
}

// unsync forgets what an identity provider knew of an account.
func (s *state) unsync(p *person) {
	if u := s.bySync[p.ID]; u != nil {
		s.syncs.remove(u.ID)
		delete(s.bySync, p.ID)
		s.save(tableSync, u.ID, nil)
	}
}

// connectSync gives an identity provider a directory of its own and a key to it.
// It is an add-on that is paid for (evidence, Domain): a fresh site has none, and the
// surface refuses everybody. A second time makes a new key.
func (s *state) connectSync() (directory, key string) {
	if s.site.SyncID == "" {
		s.site.SyncID = s.newUUID()
	}
	s.site.SyncKey = s.newSecret()
	s.save(tableSite, "", s.site)
	return s.site.SyncID, s.site.SyncKey
}

// provision makes the record of an identity provider's user, and the account if
// there is none with the address; one that is there is linked (published). The
// address must be of a domain that the organisation has claimed. No product
// role comes with it. A record that was deleted comes back.
func (s *state) provision(u *syncedUser, email, name string, now time.Time) (*syncedUser, error) {
	if err := validEmail(email); err != nil {
		return nil, err
	}
	if !s.limits.claims(email) {
		return nil, refuse(http.StatusBadRequest, "invalidValue", "%s is not on a verified domain", email)
	}
	p := s.byEmail[fold(email)]
	if p != nil {
		switch old := s.bySync[p.ID]; {
		case p.Unmanaged:
			return nil, refuse(http.StatusBadRequest, "invalidValue", "%s is not a managed account", email)
		case old != nil && !old.Deleted:
			return nil, refuse(http.StatusConflict, "uniqueness", "%s is provisioned already", email)
		case old != nil:
			u.ID, u.Created = old.ID, old.Created
		}
	}
	if s.userNameTaken(u) {
		return nil, refuse(http.StatusConflict, "uniqueness", "a user named %q exists already", u.UserName)
	}
	if p == nil {
		p = &person{ID: s.newAccountID(), Email: email, Account: accountActive, Directory: directoryNone, Added: now}
	} else if err := s.mayFollow(p, u.Active); err != nil {
		return nil, err
	}
	if u.ID == "" {
		u.ID, u.Created = s.newUUID(), now
	}
	if p.Directory == directoryNone {
		p.Directory, p.Added = directoryActive, now
	}
	u.Account, u.Modified, p.Name = p.ID, now, name
	s.addPerson(p)
	s.indexSync(u)
	s.saveSync(u)
	s.follow(u)
	return u, nil
}

// userNameTaken reports whether another user of the identity provider has the
// user name, whatever its case.
func (s *state) userNameTaken(u *syncedUser) bool {
	for other := range s.syncs.all() {
		if !other.Deleted && other.ID != u.ID && fold(other.UserName) == fold(u.UserName) {
			return true
		}
	}
	return false
}

// mayFollow refuses what would leave the organisation without an admin, and to
// bring somebody back for whom no seat is left: with 400, the only code that is
// published.
func (s *state) mayFollow(p *person, active bool) error {
	switch {
	case !active:
		return s.keepsOrgAdmin(p)
	case p.Directory == directorySuspended && s.paid(p):
		if err := s.roomFor(p); err != nil {
			return refuse(http.StatusBadRequest, "", "%v", err)
		}
	}
	return nil
}

// follow brings the account where the identity provider wants it. Deactivation
// there suspends here, and never deletes (evidence, Domain).
func (s *state) follow(u *syncedUser) {
	p := s.people.get(u.Account)
	switch active := u.Active && !u.Deleted; {
	case !active && p.Directory == directoryActive:
		s.halt(p)
	case active && p.Directory == directorySuspended:
		p.Directory = directoryActive
		s.savePerson(p)
	}
}

// amend replaces what an identity provider says of a user, or changes nothing.
func (s *state) amend(u *syncedUser, to syncedUser, email, name string, now time.Time) error {
	p := s.people.get(u.Account)
	moved := fold(email) != fold(p.Email)
	switch {
	case s.userNameTaken(&to):
		return refuse(http.StatusBadRequest, "uniqueness", "a user named %q exists already", to.UserName)
	case moved && !s.limits.claims(email):
		return refuse(http.StatusBadRequest, "invalidValue", "%s is not on a verified domain", email)
	case moved && s.byEmail[fold(email)] != nil:
		return refuse(http.StatusBadRequest, "uniqueness", "the address %s is taken", email)
	}
	if err := s.mayFollow(p, to.Active && !to.Deleted); err != nil {
		return err
	}
	if err := s.changeEmail(p, email); err != nil {
		return err
	}
	p.Name = name
	s.savePerson(p)
	*u = to
	u.Modified = now
	s.saveSync(u)
	s.follow(u)
	return nil
}

// syncMembers makes these the members of a group that the identity provider
// owns, whatever seats are left: it does not ask.
func (s *state) syncMembers(g *group, want set) {
	for _, id := range slices.Clone(g.members) {
		if !want.has(id) {
			s.removeMember(g, s.people.get(id))
		}
	}
	for _, id := range want {
		if !g.members.has(id) {
			s.addMember(g, s.people.get(id))
		}
	}
}
