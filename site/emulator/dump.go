package emulator

import (
	"slices"
	"strings"
	"time"
)

// Dump is everything that is true of a site, in sorted lists.
type Dump struct {
	Account string // weir's own account id
	CloudID string
	OrgID   string
	// RoleMode is ModePreRoles, ModeTransition or ModeRoles.
	RoleMode string
	// ReadOnly: Data Center's access mode.
	ReadOnly bool
	// Anonymous and Unlicensed are the global permissions of people without
	// credentials, and of accounts without a licence: GlobalUse and its like.
	Anonymous  []string
	Unlicensed []string
	People     []Person
	Groups     []Group
	Spaces     []Space
	Roles      []Role
	Tokens     []Token
	// CreateLimited: only those with the global permission create_space may
	// create spaces, and not everybody licensed.
	CreateLimited bool
	// AutoPersonalSpaces: personal spaces are made when their owners first look
	// at anything.
	AutoPersonalSpaces bool
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
	// Globals are global permissions, those excepted that are product roles.
	Globals  []string
	Username string // on Data Center
	UserKey  string // likewise
	// Guest: in Confluence as a guest.
	Guest bool
	// Synced: an identity provider manages the account.
	Synced bool
	// Deleting is when the deletion of the account was asked for.
	Deleting time.Time
	// Viewed is when they last looked at Confluence, to the day.
	Viewed time.Time
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
	Globals     []string // global permissions, those excepted that are product roles
	Groups      []string // ids of the groups in it, on Data Center
}

// Space is a space with who holds which role in it.
type Space struct {
	ID          string
	Key         string
	Name        string
	Type        string
	Status      string
	Owner       string // account id, of a personal space
	Assignments []Assignment
	Permissions []Permission // of those who hold no role
	Homepage    string       // id of a page; empty for none
	Content     []Content
}

// Permission is one permission of a principal in a space, beside roles.
type Permission struct {
	RowID      string
	Type       string // USER, GROUP or ACCESS_CLASS
	ID         string // account id, group id or class id
	Name       string // e-mail address, group name or class id
	Permission string // "read/space" and its like
}

// Content is a page, a blog post or an attachment.
type Content struct {
	ID     string
	Type   string // "page", "blogpost" or "attachment"
	Title  string
	Parent string // id of what it is below or attached to
	Author string // account id
	Body   string // in storage format, as written
	Read   []Restricted
	Update []Restricted
}

// Restricted is somebody whom a restriction names.
type Restricted struct {
	Type string // USER or GROUP
	ID   string // account id or group id
	Name string // e-mail address or group name; the id of a group that is gone
}

// Assignment is one principal's role in a space.
type Assignment struct {
	Type   string // USER, GROUP or ACCESS_CLASS
	ID     string // account id, group id or class id
	Name   string // e-mail address, group name or class id
	RoleID string
	Role   string // its name
}

// Token is an API token, without its secret.
type Token struct {
	ID      string
	Account string
	Label   string
	Created time.Time
	Expires time.Time // zero: never
	Used    time.Time // zero: never; to the day
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
	_ = e.elapse(e.clock()) // what cannot be stored shows at the next request
	return e.state.dump()
}

func (s *state) dump() Dump {
	d := Dump{
		Account: s.site.Account, CloudID: s.site.CloudID, OrgID: s.site.OrgID, RoleMode: s.roleMode(), ReadOnly: s.site.ReadOnly,
		Anonymous: slices.Clone(s.site.Anonymous), Unlicensed: slices.Clone(s.site.Unlicensed),
	}
	for p := range s.people.all() {
		if p.Erased {
			continue
		}
		row := Person{
			ID: p.ID, Email: p.Email, Name: p.Name, State: p.state(), Invited: p.Invited, Managed: !p.Unmanaged,
			Product: short(p.Product), Platform: short(p.Platform), Licensed: s.licensed(p), Enters: s.enters(p),
			Globals: slices.Clone(p.Globals), Guest: s.guest(p), Synced: s.synced(p), Deleting: p.Deleting, Viewed: p.Viewed,
		}
		if s.limits.dataCenter() {
			row.Username, row.UserKey = p.username(), p.userKey()
		}
		d.People = append(d.People, row)
	}
	slices.SortFunc(d.People, func(a, b Person) int { return strings.Compare(fold(a.Email), fold(b.Email)) })
	for _, g := range s.groupsByName(func(*group) bool { return true }) {
		d.Groups = append(d.Groups, Group{
			ID: g.ID, Name: g.Name, Description: g.Description, Managed: g.Managed,
			Product: short(g.Product), Members: slices.Clone(g.members),
			Globals: slices.Clone(g.Globals), Groups: slices.Clone(g.children),
		})
	}
	for sp := range s.spaces.all() {
		row := Space{ID: sp.ID, Key: sp.Key, Name: sp.Name, Type: sp.Type, Status: sp.Status}
		if sp.Type == spacePersonal {
			row.Owner = sp.Author
		}
		for _, who := range sp.principals() {
			id := sp.assigned[who]
			row.Assignments = append(row.Assignments, Assignment{
				Type: who.Type, ID: who.ID, Name: s.principalName(who), RoleID: id, Role: s.roles.get(id).Name,
			})
		}
		row.Homepage, row.Permissions, row.Content = sp.Homepage, s.dumpPermissions(sp), s.dumpContent(sp)
		d.Spaces = append(d.Spaces, row)
	}
	slices.SortFunc(d.Spaces, func(a, b Space) int { return strings.Compare(fold(a.Key), fold(b.Key)) })
	d.CreateLimited, d.AutoPersonalSpaces = s.site.CreateLimited, !s.site.ManualSpaces
	for _, t := range s.tokensOf("") {
		d.Tokens = append(d.Tokens, Token{t.ID, t.Account, t.Label, t.Created, t.Expires, t.Used})
	}
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
	if p.Directory == directoryNone {
		return StateRemoved
	}
	switch p.status() {
	case statusDeactivated, statusForDeletion:
		return StateDeactivated
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

func (s *state) dumpPermissions(sp *space) []Permission {
	var out []Permission
	for _, who := range sp.grantees() {
		for _, permission := range sp.custom[who].permissions() {
			out = append(out, Permission{
				RowID: sp.custom[who][permission], Type: who.Type, ID: who.ID, Name: s.principalName(who), Permission: permission,
			})
		}
	}
	return out
}

func (s *state) dumpContent(sp *space) []Content {
	var out []Content
	for _, order := range sp.contents {
		c := s.contents.get(order)
		out = append(out, Content{
			ID: c.ID, Type: c.Type, Title: c.Title, Parent: c.Parent, Author: c.Author, Body: c.Body,
			Read: s.dumpRestriction(c.Read), Update: s.dumpRestriction(c.Update),
		})
	}
	return out
}

func (s *state) dumpRestriction(r restriction) []Restricted {
	var out []Restricted
	for _, kind := range []string{typeUser, typeGroup} {
		for _, id := range *r.of(kind) {
			out = append(out, Restricted{kind, id, s.nameOf(principal{kind, id})})
		}
	}
	return out
}

// nameOf is principalName for those who may be gone: the id, then.
func (s *state) nameOf(who principal) string {
	if who.Type == typeUser && s.people.get(who.ID) == nil || who.Type == typeGroup && s.groups.get(who.ID) == nil {
		return who.ID
	}
	return s.principalName(who)
}

// short drops the prefix that all role ids share.
func short(roles set) []string {
	var out []string
	for _, r := range roles {
		out = append(out, strings.TrimPrefix(r, "atlassian/"))
	}
	return out
}
