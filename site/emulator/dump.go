package emulator

import (
	"slices"
	"strings"
)

// Dump is everything that is true of a site, in sorted lists.
type Dump struct {
	Account string // weir's own account id
	CloudID string
	OrgID   string
	People  []Person
	Groups  []Group
	Spaces  []Space
	Roles   []Role
}

// The states of a person.
const (
	StateActive      = "active"
	StateSuspended   = "suspended"
	StateDeactivated = "deactivated"
	StateRemoved     = "removed" // from the directory; the account still exists
)

// Person is an account that is, or was, in the directory.
type Person struct {
	ID       string
	Email    string
	Name     string
	State    string // StateActive, StateSuspended, StateDeactivated or StateRemoved
	Invited  bool   // and has not accepted yet
	Managed  bool   // the organisation may deactivate the account
	Product  []string
	Platform []string
	// Licensed: some product role, their own or a group's, lets them in.
	Licensed bool
	// Enters: licensed and active.
	Enters bool
}

// Group is a group of the directory.
type Group struct {
	ID          string
	Name        string
	Description string
	Managed     string   // ManagedIDP and its like, or empty
	Product     []string // role ids without "atlassian/"
	Members     []string // account ids
}

// Space is a space with who holds which role in it.
type Space struct {
	ID          string
	Key         string
	Name        string
	Type        string
	Status      string
	Assignments []Assignment
}

// Assignment is one principal's role in a space.
type Assignment struct {
	Type   string // USER, GROUP or ACCESS_CLASS
	ID     string // account id, group id or class id
	Name   string // e-mail address, group name or class id
	RoleID string
	Role   string // its name
}

// Role is a space role.
type Role struct {
	ID          string
	Name        string
	System      bool
	Description string
	Permissions []string
}

// Dump returns what is true now. People are sorted by address, groups and roles
// by name, spaces by key.
func (e *Emulator) Dump() Dump {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state.dump()
}

func (s *state) dump() Dump {
	d := Dump{Account: s.site.Account, CloudID: s.site.CloudID, OrgID: s.site.OrgID}
	for p := range s.people.all() {
		d.People = append(d.People, Person{
			ID: p.ID, Email: p.Email, Name: p.Name, State: p.state(), Invited: p.Invited, Managed: !p.Unmanaged,
			Product: short(p.Product), Platform: short(p.Platform), Licensed: s.licensed(p), Enters: s.enters(p),
		})
	}
	slices.SortFunc(d.People, func(a, b Person) int { return strings.Compare(fold(a.Email), fold(b.Email)) })
	for _, g := range s.groupsByName(func(*group) bool { return true }) {
		d.Groups = append(d.Groups, Group{
			ID: g.ID, Name: g.Name, Description: g.Description, Managed: g.Managed,
			Product: short(g.Product), Members: slices.Clone(g.members),
		})
	}
	for sp := range s.spaces.all() {
		row := Space{ID: sp.ID, Key: sp.Key, Name: sp.Name, Type: sp.Type, Status: sp.Status}
		for _, who := range sp.principals() {
			id := sp.assigned[who]
			row.Assignments = append(row.Assignments, Assignment{
				Type: who.Type, ID: who.ID, Name: s.principalName(who), RoleID: id, Role: s.roles.get(id).Name,
			})
		}
		d.Spaces = append(d.Spaces, row)
	}
	slices.SortFunc(d.Spaces, func(a, b Space) int { return strings.Compare(fold(a.Key), fold(b.Key)) })
	for r := range s.roles.all() {
		d.Roles = append(d.Roles, Role{
			ID: r.ID, Name: r.Name, System: r.Type == roleTypeSystem, Description: r.Description, Permissions: slices.Clone(r.Permissions),
		})
	}
	slices.SortFunc(d.Roles, func(a, b Role) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return d
}

// state is the person's state in one word: where several hold, the one that
// reaches furthest.
func (p *person) state() string {
	switch p.status() {
	case statusDeactivated:
		return StateDeactivated
	case statusNotInvited:
		return StateRemoved
	case statusSuspended:
		return StateSuspended
	}
	return StateActive
}

func (s *state) principalName(who principal) string {
	switch who.Type {
	case typeUser:
		return s.people.get(who.ID).Email
	case typeGroup:
		return s.groups.get(who.ID).Name
	}
	return who.ID
}

// short drops the prefix that all role ids share.
func short(roles set) []string {
	var out []string
	for _, r := range roles {
		out = append(out, strings.TrimPrefix(r, "atlassian/"))
	}
	return out
}
