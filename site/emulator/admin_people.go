package emulator

import (
	"net/http"
	"slices"
	"time"
)

// IssueToken gives somebody an API token of their own, for a year, so that a
// test can call as them.
func (a Admin) IssueToken(email string) (token string, err error) {
	return a.IssueTokenFor(email, "weir", maxTokenLife)
}

// IssueTokenFor is IssueToken with a label and a life of up to a year.
func (a Admin) IssueTokenFor(email, label string, life time.Duration) (token string, err error) {
	err = a.do(func(s *state, now time.Time) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		token, err = s.issueToken(p, label, life, now)
		return err
	})
	return token, err
}

// ScheduleDeletion begins the deletion of a managed account. After 14 days it is
// gone for good.
func (a Admin) ScheduleDeletion(email string) error {
	return a.onPerson(email, func(s *state, p *person, now time.Time) error { return s.scheduleDeletion(p, now) })
}

// CancelDeletion stops it; the account stays deactivated.
func (a Admin) CancelDeletion(email string) error {
	return a.onPerson(email, func(s *state, p *person, _ time.Time) error { return s.cancelDeletion(p) })
}

// ChangeEmail gives a managed account another address: of a domain that the
// organisation has claimed, and nobody's yet.
func (a Admin) ChangeEmail(email, to string) error {
	return a.onPerson(email, func(s *state, p *person, _ time.Time) error {
		if err := s.manageable(p); err != nil {
			return err
		}
		return s.changeEmail(p, to)
	})
}

// AddGuest invites somebody as a guest. They can enter nothing until they are
// given a space.
func (a Admin) AddGuest(email, name string) error {
	return a.do(func(s *state, now time.Time) error {
		_, err := s.invite(email, name, []string{roleGuest}, now)
		return err
	})
}

// SetPersonRole makes these the roles that the person holds directly on this
// Confluence ("user", "admin", …), in place of what they held: what a group gives
// stays (evidence A4). Who is or was a paid user cannot become a guest (A9).
func (a Admin) SetPersonRole(email string, roles ...string) error {
	return a.onPerson(email, func(s *state, p *person, _ time.Time) error {
		want, err := productRolesNamed(roles)
		if err != nil {
			return err
		}
		return s.setProduct(p, want)
	})
}

// MakePlainUser takes the roles that the person holds directly on this
// Confluence, all but the role user. Whoever entered by them alone has the role
// user afterwards, and so takes a seat if they were a guest.
func (a Admin) MakePlainUser(email string) error {
	return a.onPerson(email, func(s *state, p *person, _ time.Time) error {
		var want set
		byGroup := slices.ContainsFunc(s.groupsOf(p), func(id string) bool { return s.groups.get(id).letsIn() })
		if p.Product.has(roleUser) || !byGroup && slices.ContainsFunc(p.Product, letsIn) {
			want.add(roleUser)
		}
		return s.setProduct(p, want)
	})
}

// setProduct replaces the roles that a person holds directly: the new ones first,
// so that nothing is taken when one of them is refused.
func (s *state) setProduct(p *person, want set) error {
	for _, r := range want {
		if err := s.assignProduct(p, r); err != nil {
			return err
		}
	}
	for _, r := range slices.Clone(p.Product) {
		if !want.has(r) {
			s.revokeProduct(p, r)
		}
	}
	return nil
}

// PlaceGuest gives a guest their one space, with what guests usually get there.
func (a Admin) PlaceGuest(key, email string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		return s.placeGuest(sp, p)
	})
}

// View lets somebody look at a space, in a browser.
func (a Admin) View(key, email string) error {
	return a.do(func(s *state, now time.Time) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		sp := s.byKey[fold(key)]
		if sp == nil || !s.mayEnter(p) || !s.holds(p, sp, permView) {
			return notFound("space")
		}
		s.viewed(p, now)
		return nil
	})
}

// OpenPersonalSpace lets somebody make their own space, private or with the
// usual roles.
func (a Admin) OpenPersonalSpace(email string, private bool) error {
	return a.onPerson(email, func(s *state, p *person, now time.Time) error {
		if err := s.mayHavePersonalSpace(p); err != nil {
			return err
		}
		s.makePersonalSpace(p, personalKey(p), private, now)
		return nil
	})
}

// OpenPersonalSpaceAt is OpenPersonalSpace with the usual roles and a key of the
// caller's choice. The product makes it from the account (evidence A6), in a way
// that nobody can know beforehand.
func (a Admin) OpenPersonalSpaceAt(email, key string) error {
	return a.onPerson(email, func(s *state, p *person, now time.Time) error {
		if err := s.checkPersonalKey(key); err != nil {
			return err
		}
		if err := s.mayHavePersonalSpace(p); err != nil {
			return err
		}
		s.makePersonalSpace(p, key, false, now)
		return nil
	})
}

// SetAutoPersonalSpaces decides whether personal spaces are made when their
// owners first look at anything. No API of the product does this.
func (a Admin) SetAutoPersonalSpaces(on bool) error {
	return a.do(func(s *state, _ time.Time) error {
		s.site.ManualSpaces = !on
		s.save(tableSite, "", s.site)
		return nil
	})
}

// LimitCreateSpace decides whether only holders of the global permission
// create_space may create spaces, or everybody licensed, as a site starts. No
// API of the product does this, and on the Free plan nobody can (docs/evidence.md
// A5).
func (a Admin) LimitCreateSpace(on bool) error {
	return a.do(func(s *state, _ time.Time) error {
		if s.limits.free() {
			return refuse(http.StatusBadRequest, "", "permissions cannot be customised on the Free plan")
		}
		s.site.CreateLimited = on
		s.save(tableSite, "", s.site)
		return nil
	})
}

// ConnectIdentityProvider buys and sets up user provisioning. It returns the id
// of the directory below /scim and the key to it; a second time makes a new key.
func (a Admin) ConnectIdentityProvider() (directory, key string, err error) {
	err = a.do(func(s *state, _ time.Time) error {
		directory, key = s.connectSync()
		return nil
	})
	return directory, key, err
}

func (a Admin) onPerson(email string, act func(*state, *person, time.Time) error) error {
	return a.do(func(s *state, now time.Time) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		return act(s, p, now)
	})
}
