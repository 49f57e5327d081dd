package emulator

import (
	"net/http"
	"strings"
	"time"
)

// Types of space.
const (
	spaceGlobal   = "global"
	spacePersonal = "personal"
)

// personalSpace returns the personal space that somebody owns, nil if none. Its
// owner is its author, whoever made it.
func (s *state) personalSpace(owner *person) *space { return s.personal[owner.ID] }

// personalKey: personal spaces have keys that begin with ~ and go back to the
// account (evidence A6).
func personalKey(p *person) string {
	return "~" + strings.NewReplacer(":", "", "-", "").Replace(p.ID)
}

// checkPersonalKey refuses keys that no personal space has, and those in use.
func (s *state) checkPersonalKey(key string) error {
	switch {
	case !strings.HasPrefix(key, "~") || len(key) < 2:
		return refuse(http.StatusBadRequest, "", "the key of a personal space begins with ~")
	case s.byKey[fold(key)] != nil:
		return refuse(http.StatusBadRequest, "", "a space with the key %s exists already", key)
	}
	return nil
}

// mayHavePersonalSpace refuses whoever may not have a space of their own, or has
// one: it takes the permission Personal Space and a seat, and so is never for a
// guest or somebody inactive (evidence, Domain, "Personal spaces").
func (s *state) mayHavePersonalSpace(p *person) error {
	switch {
	case !s.seated(p) || !s.hasGlobal(p, GlobalPersonalSpace):
		return refuse(http.StatusNotFound, "", "%s may not have a personal space", p.Email)
	case s.personalSpace(p) != nil:
		return refuse(http.StatusBadRequest, "", "%s has a personal space already", p.Email)
	}
	return nil
}

// makePersonalSpace makes the person's own space: private, or with what every
// new space gets, as the automatic ones are. The permission may go later; the
// space stays.
func (s *state) makePersonalSpace(p *person, key string, private bool, now time.Time) *space {
	sp := &space{Key: key, Name: p.Name, Type: spacePersonal, Author: p.ID, Created: now}
	s.addSpace(sp, nil)
	if private {
		s.privateAccess(sp)
	} else {
		s.defaultAccess(sp)
	}
	return sp
}

// viewed notes that somebody looked at a page or a space. It makes their
// personal space, if they are to have one and have none: "Cloud creates one
// automatically when a permitted, licensed, active person first views a page"
// (evidence, Domain). Whoever was invited has accepted. Weir's own account is a
// program and views nothing.
func (s *state) viewed(p *person, now time.Time) {
	if p.ID == s.site.Account {
		return
	}
	if p.Invited || !sameDay(p.Viewed, now) {
		p.Invited, p.Viewed = false, now
		s.savePerson(p)
	}
	if !s.site.ManualSpaces && s.mayHavePersonalSpace(p) == nil {
		s.makePersonalSpace(p, personalKey(p), false, now)
	}
}
