package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Types of principal in a role assignment (evidence A8).
const (
	typeUser  = "USER"
	typeGroup = "GROUP"
	typeClass = "ACCESS_CLASS"
)

var principalTypes = []string{typeUser, typeGroup, typeClass}

// The access classes: principals that stand for everybody of a kind
// (evidence A8).
const (
	ClassAnonymous     = "anonymous-users"
	ClassAuthenticated = "authenticated-users"
	ClassLicensed      = "all-licensed-users"
	ClassProductAdmins = "all-product-admins"
	ClassJSMAdmins     = "jsm-project-admins"
)

var classes = []string{ClassAnonymous, ClassAuthenticated, ClassJSMAdmins, ClassLicensed, ClassProductAdmins}

// Where a space stands.
const (
	statusCurrent  = "current"
	statusArchived = "archived"
)

// principal is what holds a role in a space.
type principal struct{ Type, ID string }

func (p principal) compare(o principal) int {
	return cmp.Or(strings.Compare(p.Type, o.Type), strings.Compare(p.ID, o.ID))
}

// space is a space.
type space struct {
	ID          string
	Key         string
	Alias       string `json:",omitempty"`
	Name        string
	Description string `json:",omitempty"`
	Type        string
	Status      string
	Author      string
	Created     time.Time
	Homepage    string `json:",omitempty"`
	Labels      set    `json:",omitempty"` // in lower case

	assigned map[principal]string       // role ids: one role a principal and space (A8, observed)
	custom   map[principal]customAccess // permissions of those who hold no role
	contents set                        // orders of its content
}

// principals returns those who hold a role, in order.
func (sp *space) principals() []principal {
	return slices.SortedFunc(maps.Keys(sp.assigned), principal.compare)
}

func (s *state) indexSpace(sp *space) {
	sp.assigned, sp.custom = map[principal]string{}, map[principal]customAccess{}
	s.spaces.put(spaceOrder(sp.ID), sp)
	s.byKey[fold(sp.Key)] = sp
	if sp.Type == spacePersonal {
		s.personal[sp.Author] = sp
	}
}

// spaceOrder makes numeric ids sort as numbers.
func spaceOrder(id string) string { return strings.Repeat("0", max(0, 20-len(id))) + id }

func (s *state) spaceByID(id string) *space { return s.spaces.get(spaceOrder(id)) }

func (s *state) saveSpace(sp *space) { s.save(tableSpace, sp.ID, sp) }

var spaceKey = regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)

// grant is one line of a role write: the role that the principal shall hold,
// nil for none.
type grant struct {
	who  principal
	role *role
}

// createSpace makes a space with exactly the grants.
func (s *state) createSpace(sp *space, grants []grant) error {
	switch {
	case sp.Type != spacePersonal && !spaceKey.MatchString(sp.Key):
		return refuse(http.StatusBadRequest, "", "a space's key has letters and digits only")
	case s.byKey[fold(sp.Key)] != nil:
		return refuse(http.StatusBadRequest, "", "a space with the key %s exists already", sp.Key)
	}
	if err := checkSpaceName(sp.Name); err != nil {
		return err
	}
	if err := s.fitGuests(nil, grants); err != nil {
		return err
	}
	s.addSpace(sp, grants)
	return nil
}

// addSpace adds a space that is in order.
func (s *state) addSpace(sp *space, grants []grant) {
	sp.ID, sp.Type, sp.Status = s.newSpaceID(), cmp.Or(sp.Type, spaceGlobal), statusCurrent
	s.indexSpace(sp)
	s.homepage(sp, sp.Author, sp.Created)
	s.audit("Spaces", "Space created", spaceObject(sp), nil)
	for _, g := range grants {
		s.assign(sp, g.who, g.role)
	}
}

// checkSpaceName: v1 documents at most 200 characters (evidence A6).
func checkSpaceName(name string) error {
	if strings.TrimSpace(name) == "" || len([]rune(name)) > 200 {
		return refuse(http.StatusBadRequest, "", "a space's name has 1 to 200 characters")
	}
	return nil
}

// defaultGrants are what a new space gets when nobody says otherwise. The
// product's defaults are set in its admin pages and have no API; these are a
// plausible pair.
func (s *state) defaultGrants(creator *person) []grant {
	return []grant{
		{principal{typeClass, ClassLicensed}, s.roleNamed("Collaborator")},
		{principal{typeUser, creator.ID}, s.roleNamed("Admin")},
	}
}

// privateGrants: the creator alone, as Admin.
func (s *state) privateGrants(creator *person) []grant {
	return []grant{{principal{typeUser, creator.ID}, s.roleNamed("Admin")}}
}

// copiedGrants are the grants of another space, without its guests: they are
// in one space only.
func (s *state) copiedGrants(from *space) []grant {
	var out []grant
	for _, who := range from.principals() {
		if who.Type == typeUser && s.guest(s.people.get(who.ID)) {
			continue
		}
		out = append(out, grant{who, s.roles.get(from.assigned[who])})
	}
	return out
}

// updateSpace changes name, description or status; nil leaves a part as it is.
func (s *state) updateSpace(sp *space, name, description, status *string) error {
	if name != nil {
		if err := checkSpaceName(*name); err != nil {
			return err
		}
	}
	if status != nil {
		// The case of the value is not documented: either is taken.
		*status = fold(*status)
		if *status != statusCurrent && *status != statusArchived {
			return refuse(http.StatusBadRequest, "", "a space's status is current or archived, not %q", *status)
		}
	}
	before := *sp
	setIf(&sp.Name, name)
	setIf(&sp.Description, description)
	setIf(&sp.Status, status)
	s.saveSpace(sp)
	if changes := differences(
		AuditChange{"Name", before.Name, sp.Name}, AuditChange{"Description", before.Description, sp.Description}, AuditChange{"Status", before.Status, sp.Status},
	); len(changes) > 0 {
		s.audit("Spaces", "Space configuration updated", spaceObject(sp), changes)
	}
	return nil
}

// deleteSpace removes a space, its content, and the access to it.
func (s *state) deleteSpace(sp *space) {
	for _, who := range sp.principals() {
		s.unassign(sp, who)
	}
	for _, who := range sp.grantees() {
		s.dropCustom(sp, who)
	}
	s.deleteContents(sp)
	s.audit("Spaces", "Space deleted", spaceObject(sp), nil)
	s.spaces.remove(spaceOrder(sp.ID))
	delete(s.byKey, fold(sp.Key))
	if sp.Type == spacePersonal {
		delete(s.personal, sp.Author)
	}
	s.save(tableSpace, sp.ID, nil)
}

func setIf(to, from *string) {
	if from != nil {
		*to = *from
	}
}

// known refuses principals that the site does not have. Whoever is in the
// directory may hold a role, licensed or not.
func (s *state) known(who principal) error {
	var ok bool
	switch who.Type {
	case typeUser:
		ok = s.member(who.ID) != nil
	case typeGroup:
		ok = s.groups.get(who.ID) != nil
	case typeClass:
		ok = slices.Contains(classes, who.ID)
	}
	if !ok {
		return refuse(http.StatusBadRequest, "", "there is no %s %q", who.Type, who.ID)
	}
	return nil
}

// setRoles writes roles in a space: every grant, or none if one is refused
// (the published text says that the update "succeeds in its entirety").
// Principals that no grant names keep what they have; of those that one does,
// the permissions beside roles go, since a principal has a role or custom
// access, never both (what happens to them is unknown: docs/evidence.md
// "Unknown" 2). The last admin cannot be removed; a space that has none may stay
// so.
func (s *state) setRoles(sp *space, grants []grant) error {
	if err := s.needRoles(); err != nil {
		return err
	}
	if err := s.fitGuests(sp, grants); err != nil {
		return err
	}
	roles, custom := maps.Clone(sp.assigned), maps.Clone(sp.custom)
	for _, g := range grants {
		delete(custom, g.who)
		if g.role == nil {
			delete(roles, g.who)
		} else {
			roles[g.who] = g.role.ID
		}
	}
	if s.adminsOf(sp.assigned, sp.custom) > 0 && s.adminsOf(roles, custom) == 0 {
		return errLastAdmin(sp)
	}
	for _, g := range grants {
		s.dropCustom(sp, g.who)
		if g.role == nil {
			s.unassign(sp, g.who)
		} else {
			s.assign(sp, g.who, g.role)
		}
	}
	return nil
}

func errLastAdmin(sp *space) error {
	return refuse(http.StatusBadRequest, "", "space %s would have no admin", sp.Key)
}

// adminsOf counts the principals who administer. A group counts even without
// members: the product looks at its table, not at people.
func (s *state) adminsOf(assigned map[principal]string, custom map[principal]customAccess) int {
	n := 0
	for _, id := range assigned {
		if s.roles.get(id).Permissions.has(permAdminister) {
			n++
		}
	}
	for _, access := range custom {
		if access.has(permAdminister) {
			n++
		}
	}
	return n
}

func (s *state) assign(sp *space, who principal, r *role) {
	if sp.assigned[who] == r.ID {
		return
	}
	changed := AuditChange{Name: "Role", New: r.Name}
	if old := s.roles.get(sp.assigned[who]); old != nil {
		changed.Old = old.Name
	}
	s.indexAssignment(sp, who, r)
	s.save(tableAssignment, assignmentKey(sp, who), r.ID)
	s.auditPermission("Space role assigned", sp, who, changed)
}

func (s *state) indexAssignment(sp *space, who principal, r *role) {
	sp.assigned[who] = r.ID
	ids := s.held[who]
	ids.add(spaceOrder(sp.ID))
	s.held[who] = ids
}

func (s *state) unassign(sp *space, who principal) {
	roleID, ok := sp.assigned[who]
	if !ok {
		return
	}
	delete(sp.assigned, who)
	ids := s.held[who]
	ids.remove(spaceOrder(sp.ID))
	if s.held[who] = ids; len(ids) == 0 {
		delete(s.held, who)
	}
	s.save(tableAssignment, assignmentKey(sp, who), nil)
	s.auditPermission("Space role removed", sp, who, AuditChange{Name: "Role", Old: s.roles.get(roleID).Name})
}

func assignmentKey(sp *space, who principal) string { return sp.ID + "/" + who.Type + "/" + who.ID }

func (s *state) restoreAssignment(r Record) error {
	var roleID string
	if err := decodeStrict(r.Value, &roleID); err != nil {
		return err
	}
	parts := strings.SplitN(r.Key, "/", 3)
	if len(parts) != 3 {
		return fmt.Errorf("malformed key")
	}
	sp, ro := s.spaceByID(parts[0]), s.roles.get(roleID)
	if sp == nil || ro == nil {
		return fmt.Errorf("no such space or role")
	}
	who := principal{parts[1], parts[2]}
	// A person may have left the directory since; the account stays.
	if err := s.known(who); err != nil && s.people.get(who.ID) == nil {
		return err
	}
	s.indexAssignment(sp, who, ro)
	return nil
}
