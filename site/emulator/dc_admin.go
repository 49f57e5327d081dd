package emulator

import (
	"net/http"
	"slices"
	"time"
)

// The admin pages of Data Center, and what its directory does.

// SetReadOnly sets the access mode: the site refuses every write while it is on.
func (a Admin) SetReadOnly(on bool) error {
	return a.do(func(s *state, _ time.Time) error {
		s.site.ReadOnly = on
		s.save(tableSite, "", s.site)
		return nil
	})
}

// Nest puts a group into another, or takes it out, as the directory does.
func (a Admin) Nest(parent, child string, in bool) error {
	return a.do(func(s *state, _ time.Time) error {
		outer, err := s.groupNamed(parent)
		if err != nil {
			return err
		}
		inner, err := s.groupNamed(child)
		switch {
		case err != nil:
			return err
		case in:
			return s.nest(outer, inner)
		}
		s.removeNesting(outer, inner)
		return nil
	})
}

// SetUsername gives somebody a user name in place of the one that is made from
// their e-mail address.
func (a Admin) SetUsername(email, name string) error {
	return a.do(func(s *state, _ time.Time) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		if err := checkUserName(name); err != nil {
			return err
		}
		if other := s.byUser[name]; other != nil && other != p {
			return refuse(http.StatusConflict, "", "there is a user %q already", name)
		}
		delete(s.byUser, p.username())
		p.Username = name
		s.addPerson(p)
		return nil
	})
}

// GrantGlobal gives somebody a global permission, such as [GlobalCreateSpace].
// The classes are ClassAnonymous, and ClassUnlicensed for accounts without a
// licence.
func (a Admin) GrantGlobal(who Principal, permission string) error {
	return a.changeGlobals(who, permission, func(has *set) {
		has.add(permission)
	})
}

// RevokeGlobal takes a global permission; [GlobalUse] takes all of them.
func (a Admin) RevokeGlobal(who Principal, permission string) error {
	return a.changeGlobals(who, permission, func(has *set) {
		has.remove(permission)
		if permission == GlobalUse {
			*has = nil
		}
	})
}

// ClassUnlicensed are the accounts without a licence, who hold global
// permissions only.
const ClassUnlicensed = "unlicensed-users"

var (
	everyGlobal = []string{GlobalUse, GlobalAdminister, GlobalSystem, GlobalCreateSpace, GlobalPersonalSpace}
	classGlobal = []string{GlobalUse, GlobalProfiles}
)

func (a Admin) changeGlobals(who Principal, permission string, change func(*set)) error {
	return a.do(func(s *state, _ time.Time) error {
		w, possible, err := s.globalsOfPrincipal(who)
		if err != nil {
			return err
		}
		if !slices.Contains(possible, permission) {
			return refuse(http.StatusBadRequest, "", "there is no global permission %q for this principal", permission)
		}
		if !s.limits.dataCenter() && (permission == GlobalCreateSpace || permission == GlobalPersonalSpace) {
			// evidence A5: per group, and not editable on Free.
			switch {
			case s.limits.free():
				return refuse(http.StatusBadRequest, "", "permissions cannot be customised on the Free plan")
			case w.group == nil:
				return refuse(http.StatusBadRequest, "", "groups hold the global permission %s, nobody else", permission)
			}
		}
		w.want = slices.Clone(s.has(w))
		change(&w.want)
		return s.setGlobals([]globalsWrite{w})
	})
}

// globalsOfPrincipal finds the subject of global permissions, and those that it
// can have.
func (s *state) globalsOfPrincipal(who Principal) (globalsWrite, []string, error) {
	switch who.Class {
	case ClassAnonymous:
		return globalsWrite{list: &s.site.Anonymous}, classGlobal, nil
	case ClassUnlicensed:
		return globalsWrite{list: &s.site.Unlicensed}, classGlobal, nil
	}
	p, err := s.resolve(who)
	switch {
	case err != nil:
		return globalsWrite{}, nil, err
	case p.Type == typeUser:
		return globalsWrite{person: s.people.get(p.ID)}, everyGlobal, nil
	case p.Type == typeGroup:
		return globalsWrite{group: s.groups.get(p.ID)}, everyGlobal, nil
	}
	return globalsWrite{}, nil, refuse(http.StatusBadRequest, "", "an access class has no global permissions")
}
