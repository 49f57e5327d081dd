package emulator

import (
	"net/http"
	"time"
)

// CreatePersonalSpace makes somebody's personal space, in which nobody holds a
// role yet. In the product only they themselves could have made it; this stands
// for their having done so.
func (a Admin) CreatePersonalSpace(email, key, name string) error {
	return a.do(func(s *state, now time.Time) error {
		owner, err := s.personNamed(email)
		if err == nil {
			err = s.checkPersonalKey(key)
		}
		switch {
		case err != nil:
			return err
		case s.personalSpace(owner) != nil:
			return refuse(http.StatusConflict, "", "%s has a personal space already", email)
		}
		return s.createSpace(&space{Type: spacePersonal, Key: key, Name: name, Author: owner.ID, Created: now}, nil)
	})
}
