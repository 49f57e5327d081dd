package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Admin does what people do in the product's admin pages, and, where only it
// can, what an identity provider does. It goes through the same rules as the
// API: an error is what the product would say (a *[Refusal]), or the store's.
//
// People are named by e-mail address, groups and roles by name, spaces by key,
// whatever the case.
type Admin struct {
	e      *Emulator
	locked bool // the caller holds the site's lock
	joined bool // and stores what is changed

	unaudited bool   // edits leave no audit records
	by        string // account id of who edits, for the audit log; empty: nobody that it names
	only      string // the type of content that a title means; empty: a page, or else a blog post
}

// Admin returns the admin pages.
func (e *Emulator) Admin() Admin { return Admin{e: e} }

// Principal is who may hold a space role. Exactly one field is set.
type Principal struct {
	User    string // e-mail address
	Account string // account id
	Group   string // name
	Class   string // ClassLicensed and its like
}

// PersonOptions say how somebody is added.
type PersonOptions struct {
	NoAccess  bool // to the directory only, without a product role
	Invited   bool // has not accepted yet
	Unmanaged bool // the account belongs to nobody's claimed domain
}

// AddPerson invites somebody, with the product role user unless told
// otherwise. An empty name is taken from the address.
func (a Admin) AddPerson(email, name string, o PersonOptions) error {
	return a.do(func(s *state, now time.Time) error {
		if p := s.byEmail[fold(email)]; p != nil && p.Directory != directoryNone && (o.NoAccess || s.licensed(p)) {
			return refuse(http.StatusConflict, "", "%s is here already", email)
		}
		roles := []string{roleUser}
		if o.NoAccess {
			roles = nil
		}
		p, err := s.invite(email, name, roles, now)
		if err != nil {
			return err
		}
		p.Invited, p.Unmanaged = o.Invited, p.Unmanaged || o.Unmanaged
		if name != "" {
			p.Name = name
		}
		s.savePerson(p)
		return nil
	})
}

// RemoveAccess takes this Confluence from somebody and nothing else: the direct
// product roles, and the memberships of groups that let people in.
func (a Admin) RemoveAccess(email string) error {
	return a.do(func(s *state, _ time.Time) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		var granting []*group
		for _, id := range p.groups {
			if g := s.groups.get(id); g.letsIn() {
				if err := g.acceptsMembers(); err != nil {
					return err
				}
				granting = append(granting, g)
			}
		}
		for _, g := range granting {
			s.removeMember(g, p)
		}
		for _, r := range slices.Clone(p.Product) {
			s.revokeProduct(p, r)
		}
		return nil
	})
}

// SetPersonState brings a person into one of StateActive, StateSuspended,
// StateDeactivated and StateRemoved. Whoever was removed must be added again.
func (a Admin) SetPersonState(email, to string) error {
	return a.do(func(s *state, now time.Time) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		switch to {
		case StateActive:
			if !p.works() {
				if err := s.roomToReturn(p); err != nil {
					return err
				}
			}
			if err := s.unsuspend(p); err != nil || p.Account == accountActive {
				return err
			}
			return s.enable(p)
		case StateSuspended:
			return s.suspend(p)
		case StateDeactivated:
			return s.disable(p, now)
		case StateRemoved:
			return s.expel(p)
		}
		return refuse(http.StatusBadRequest, "", "a person is active, suspended, deactivated or removed, not %q", to)
	})
}

// CreateGroup makes an empty group.
func (a Admin) CreateGroup(name, description string) error {
	return a.do(func(s *state, _ time.Time) error {
		_, err := s.createGroup(name, description)
		return err
	})
}

// DeleteGroup deletes a group with everything that it held.
func (a Admin) DeleteGroup(name string) error {
	return a.do(func(s *state, _ time.Time) error {
		g, err := s.groupNamed(name)
		if err != nil {
			return err
		}
		return s.deleteGroup(g)
	})
}

// AddMember adds a person to a group.
func (a Admin) AddMember(group, email string) error {
	return a.do(func(s *state, _ time.Time) error {
		g, p, err := s.edge(group, email)
		if err != nil {
			return err
		}
		if already, err := s.join(g, p); err != nil || !already {
			return err
		}
		return refuse(http.StatusConflict, "", "%s is a member of %s already", email, group)
	})
}

// RemoveMember takes a person out of a group.
func (a Admin) RemoveMember(group, email string) error {
	return a.do(func(s *state, _ time.Time) error {
		g, p, err := s.edge(group, email)
		if err != nil {
			return err
		}
		if was, err := s.leave(g, p); err != nil || was {
			return err
		}
		return refuse(http.StatusNotFound, "", "%s is no member of %s", email, group)
	})
}

// SetProductRole makes these the roles that the group holds on this Confluence
// ("user", "admin", …), in place of what it held.
func (a Admin) SetProductRole(group string, roles ...string) error {
	return a.do(func(s *state, _ time.Time) error {
		g, err := s.groupNamed(group)
		if err != nil {
			return err
		}
		want, err := productRolesNamed(roles)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(want, takesSeat) {
			if err := s.roomForMembers(g); err != nil {
				return err
			}
		}
		for _, r := range want {
			if err := s.assignGroupProduct(g, r); err != nil {
				return err
			}
		}
		for _, r := range slices.Clone(g.Product) {
			if !want.has(r) {
				s.revokeGroupProduct(g, r)
			}
		}
		return nil
	})
}

// productRolesNamed gives the ids of product roles.
func productRolesNamed(roles []string) (set, error) {
	var out set
	for _, r := range roles {
		id := "atlassian/" + strings.TrimPrefix(r, "atlassian/")
		if !productRoleIDs.has(id) {
			return nil, refuse(http.StatusBadRequest, "", "there is no product role %q", r)
		}
		out.add(id)
	}
	return out, nil
}

// SetManaged says who manages a group: ManagedIDP, ManagedTeam, ManagedBuiltIn,
// ManagedOther, or "" for the site's admins. No page of the product does this;
// it stands for the sync of an identity provider, and the like.
func (a Admin) SetManaged(group, kind string) error {
	return a.do(func(s *state, _ time.Time) error {
		g, err := s.groupNamed(group)
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"", ManagedIDP, ManagedTeam, ManagedBuiltIn, ManagedOther}, kind) {
			return refuse(http.StatusBadRequest, "", "nobody called %q manages groups", kind)
		}
		g.Managed = kind
		s.saveGroup(g)
		return nil
	})
}

// SyncMember adds a person to a group, or takes them out, as the identity
// provider or the Team itself does: also where the site's admins may not.
func (a Admin) SyncMember(group, email string, in bool) error {
	return a.do(func(s *state, _ time.Time) error {
		g, p, err := s.edge(group, email)
		switch {
		case err != nil:
			return err
		case in && !g.members.has(p.ID):
			s.addMember(g, p)
		case !in && g.members.has(p.ID):
			s.removeMember(g, p)
		}
		return nil
	})
}

// CreateSpace makes a space in which nobody holds a role yet: an edit has no
// author who could become its admin.
func (a Admin) CreateSpace(key, name string) error {
	return a.do(func(s *state, now time.Time) error {
		return s.createSpace(&space{Key: key, Name: name, Author: s.site.Account, Created: now}, nil)
	})
}

// DeleteSpace deletes a space for good.
func (a Admin) DeleteSpace(key string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		s.deleteSpace(sp)
		return nil
	})
}

// RenameSpace gives a space another name.
func (a Admin) RenameSpace(key, name string) error {
	return a.onSpace(key, func(s *state, sp *space) error { return s.updateSpace(sp, &name, nil, nil) })
}

// SetSpaceStatus makes a space current or archived.
func (a Admin) SetSpaceStatus(key, status string) error {
	return a.onSpace(key, func(s *state, sp *space) error { return s.updateSpace(sp, nil, nil, &status) })
}

// CreateRole makes a custom space role.
func (a Admin) CreateRole(name, description string, permissions ...string) error {
	return a.do(func(s *state, _ time.Time) error {
		_, err := s.createRole(name, description, newSet(permissions))
		return err
	})
}

// DeleteRole deletes a custom space role, and its assignments with it.
func (a Admin) DeleteRole(name string) error {
	return a.onRole(name, func(s *state, r *role, now time.Time) error {
		_, err := s.deleteRole(r, s.site.Account, now)
		return err
	})
}

// GrantPermission adds a permission to a custom space role.
func (a Admin) GrantPermission(name, permission string) error {
	return a.onRole(name, func(s *state, r *role, now time.Time) error {
		return s.setPermissions(r, newSet(append(slices.Clone(r.Permissions), permission)), now)
	})
}

// RevokePermission takes a permission from a custom space role.
func (a Admin) RevokePermission(name, permission string) error {
	return a.onRole(name, func(s *state, r *role, now time.Time) error {
		if !r.Permissions.has(permission) {
			return refuse(http.StatusNotFound, "", "the role %s does not have %s", r.Name, permission)
		}
		left := slices.Clone(r.Permissions)
		left.remove(permission)
		return s.setPermissions(r, left, now)
	})
}

// AssignRole gives a principal a role in a space, in place of the one it held.
func (a Admin) AssignRole(key string, who Principal, roleName string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		r := s.roleNamed(roleName)
		if r == nil {
			return notFound("role")
		}
		p, err := s.resolve(who)
		if err != nil {
			return err
		}
		return s.setRoles(sp, []grant{{p, r}})
	})
}

// UnassignRole takes the principal's role in a space.
func (a Admin) UnassignRole(key string, who Principal) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.resolve(who)
		if err != nil {
			return err
		}
		if _, holds := sp.assigned[p]; !holds {
			return refuse(http.StatusNotFound, "", "the principal holds no role in %s", sp.Key)
		}
		return s.setRoles(sp, []grant{{p, nil}})
	})
}

// do lets act change the site, and stores what it changed.
func (a Admin) do(act func(*state, time.Time) error) error {
	if a.joined {
		return act(a.e.state, a.e.clock())
	}
	if !a.locked {
		a.e.mu.Lock()
		defer a.e.mu.Unlock()
	}
	return a.commit(act)
}

func (a Admin) onSpace(key string, act func(*state, *space) error) error {
	return a.do(func(s *state, _ time.Time) error {
		sp := s.byKey[fold(key)]
		if sp == nil {
			return notFound("space")
		}
		return act(s, sp)
	})
}

func (a Admin) onRole(name string, act func(*state, *role, time.Time) error) error {
	return a.do(func(s *state, now time.Time) error {
		r := s.roleNamed(name)
		if r == nil {
			return notFound("role")
		}
		return act(s, r, now)
	})
}

// setPermissions replaces the permissions of a custom role.
func (s *state) setPermissions(r *role, permissions set, now time.Time) error {
	_, err := s.updateRole(r, r.Name, r.Description, permissions, s.site.Account, now)
	return err
}

// personNamed finds somebody in the directory.
func (s *state) personNamed(email string) (*person, error) {
	if p := s.byEmail[fold(email)]; p != nil && p.Directory != directoryNone {
		return p, nil
	}
	return nil, refuse(http.StatusNotFound, "", "nobody here has the address %q", email)
}

func (s *state) groupNamed(name string) (*group, error) {
	if g := s.byName[fold(name)]; g != nil {
		return g, nil
	}
	return nil, refuse(http.StatusNotFound, "", "there is no group %q", name)
}

func (s *state) edge(groupName, email string) (*group, *person, error) {
	g, err := s.groupNamed(groupName)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.personNamed(email)
	return g, p, err
}

// resolve finds the principal that is meant.
func (s *state) resolve(who Principal) (principal, error) {
	switch {
	case who.User != "":
		// Whoever was removed from the directory keeps what they hold.
		if p := s.byEmail[fold(who.User)]; p != nil {
			return principal{typeUser, p.ID}, nil
		}
		return principal{}, refuse(http.StatusNotFound, "", "nobody here has the address %q", who.User)
	case who.Group != "":
		g, err := s.groupNamed(who.Group)
		if err != nil {
			return principal{}, err
		}
		return principal{typeGroup, g.ID}, nil
	case who.Account != "":
		if s.people.get(who.Account) == nil {
			return principal{}, notFound("user")
		}
		return principal{typeUser, who.Account}, nil
	}
	p := principal{typeClass, who.Class}
	return p, s.known(p)
}
