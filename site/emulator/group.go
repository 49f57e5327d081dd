package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Who manages a group, when not the site's admins.
const (
	ManagedIDP     = "idp"           // an identity provider, through SCIM
	ManagedTeam    = "team"          // an Atlassian Team: its own members
	ManagedBuiltIn = "builtin"       // Atlassian: it cannot be deleted
	ManagedOther   = "other_product" // an ordinary group that holds a role of Jira
)

// group is a group of the directory. Groups in groups are Data Center's alone.
type group struct {
	ID          string
	Name        string
	Description string `json:",omitempty"`
	Managed     string `json:",omitempty"`
	ExternalID  string `json:",omitempty"` // an identity provider's id for it
	Product     set    `json:",omitempty"` // roles on this Confluence
	Globals     set    `json:",omitempty"` // global permissions that are no product role

	members  set // account ids
	children set // ids of the groups in this one
	parents  set // ids of the groups that this one is in
}

func (g *group) letsIn() bool { return slices.ContainsFunc(g.Product, letsIn) }

// writable reports whether the site's admins manage the membership.
// Source: evidence A2, "Externally managed groups".
func (g *group) writable() bool { return g.Managed != ManagedIDP && g.Managed != ManagedTeam }

// deletable reports whether the site's admins may delete the group.
func (g *group) deletable() bool { return g.writable() && g.Managed != ManagedBuiltIn }

func (s *state) indexGroup(g *group) {
	s.groups.put(g.ID, g)
	s.byName[fold(g.Name)] = g
}

func (s *state) saveGroup(g *group) { s.save(tableGroup, g.ID, g) }

// createGroup makes a group. Names are unique whatever their case.
func (s *state) createGroup(name, description string) (*group, error) {
	switch {
	case strings.TrimSpace(name) == "" || strings.TrimSpace(name) != name || len(name) > 255:
		return nil, refuse(http.StatusBadRequest, "ADMIN-400-4", "a group's name has 1 to 255 characters and no space at its ends")
	case s.byName[fold(name)] != nil:
		return nil, refuse(http.StatusConflict, "ADMIN-UAM-409-1", "a group named %q exists already", name)
	}
	g := &group{ID: s.newUUID(), Name: name, Description: description}
	s.indexGroup(g)
	s.saveGroup(g)
	s.audit(usersAndGroups, "Group created", AuditObject{g.Name, "Group"}, nil)
	return g, nil
}

// deleteGroup removes a group with its memberships, product roles and space
// roles. It may leave a space without an admin: the rule about the last admin
// binds role writes only (hazard H8: orphaned spaces exist).
func (s *state) deleteGroup(g *group) error {
	if !g.deletable() {
		return refuse(http.StatusForbidden, "ADMIN-UAM-403-1", "group %q is managed elsewhere and cannot be deleted here", g.Name)
	}
	s.dropGroup(g)
	return nil
}

// dropGroup is deleteGroup for whoever manages the group.
func (s *state) dropGroup(g *group) {
	for _, id := range slices.Clone(g.members) {
		s.removeMember(g, s.people.get(id))
	}
	s.unnest(g)
	s.dropGrants(principal{typeGroup, g.ID})
	s.groups.remove(g.ID)
	delete(s.byName, fold(g.Name))
	s.save(tableGroup, g.ID, nil)
	s.audit(usersAndGroups, "Group deleted", AuditObject{g.Name, "Group"}, nil)
}

// join adds a person to a group. Both must be in the directory, which the
// callers' look-ups see to; it reports whether the person was there already.
func (s *state) join(g *group, p *person) (already bool, err error) {
	if err := g.acceptsMembers(); err != nil {
		return false, err
	}
	if g.members.has(p.ID) {
		return true, nil
	}
	switch {
	case p.works() && s.givesSeat(g):
		if err := s.roomFor(p); err != nil {
			return false, err
		}
	case g.Product.has(roleGuest) && !s.paid(p):
		if err := s.mayBecomeGuests(p); err != nil {
			return false, err
		}
	}
	s.addMember(g, p)
	return false, nil
}

// leave takes a person out of a group; it reports whether they were in it.
func (s *state) leave(g *group, p *person) (was bool, err error) {
	if err := g.acceptsMembers(); err != nil {
		return false, err
	}
	if !g.members.has(p.ID) {
		return false, nil
	}
	s.removeMember(g, p)
	return true, nil
}

func (g *group) acceptsMembers() error {
	if g.writable() {
		return nil
	}
	return refuse(http.StatusForbidden, "ADMIN-UAM-403-1", "the members of group %q are managed elsewhere", g.Name)
}

func (s *state) addMember(g *group, p *person) {
	g.members.add(p.ID)
	p.groups.add(g.ID)
	s.save(tableMember, memberKey(g, p), struct{}{})
	if !p.Paid && s.givesSeat(g) {
		s.savePerson(p)
	}
	s.audit(usersAndGroups, "User added to group", AuditObject{g.Name, "Group"}, nil, AuditObject{p.Name, "User"})
}

func (s *state) removeMember(g *group, p *person) {
	g.members.remove(p.ID)
	p.groups.remove(g.ID)
	s.save(tableMember, memberKey(g, p), nil)
	s.audit(usersAndGroups, "User removed from group", AuditObject{g.Name, "Group"}, nil, AuditObject{p.Name, "User"})
}

func memberKey(g *group, p *person) string { return g.ID + "/" + p.ID }

func (s *state) restoreMember(r Record) error {
	groupID, personID, _ := strings.Cut(r.Key, "/")
	g, p := s.groups.get(groupID), s.people.get(personID)
	if g == nil || p == nil {
		return fmt.Errorf("no such group or person")
	}
	g.members.add(p.ID)
	p.groups.add(g.ID)
	return nil
}

// assignGroupProduct gives a group a role on this Confluence.
func (s *state) assignGroupProduct(g *group, r string) error {
	if g.Product.has(r) {
		return nil
	}
	switch {
	case takesSeat(r):
		if err := s.roomForMembers(g); err != nil {
			return err
		}
	case r == roleGuest:
		if err := s.mayHoldGuests(g); err != nil {
			return err
		}
	}
	g.Product.add(r)
	s.saveGroup(g)
	if takesSeat(r) {
		s.payFor(g)
	}
	return nil
}

// roomForMembers refuses a group whose members would take more seats than are
// left.
func (s *state) roomForMembers(g *group) error {
	var working []*person
	for _, id := range s.everyMember(g) {
		if p := s.people.get(id); p.works() {
			working = append(working, p)
		}
	}
	return s.roomFor(working...)
}

// revokeGroupProduct takes a role on this Confluence from a group.
func (s *state) revokeGroupProduct(g *group, r string) {
	if g.Product.has(r) {
		g.Product.remove(r)
		s.saveGroup(g)
	}
}
