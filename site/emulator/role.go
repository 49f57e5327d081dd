package emulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A space role is fixed by Atlassian or made by the site's admins.
const (
	roleTypeSystem = "SYSTEM"
	roleTypeCustom = "CUSTOM"
)

// maxCustomRoles: Atlassian's help page of November 2025 (evidence A8).
const maxCustomRoles = 10

// Permissions that the rules below speak of.
const (
	permView        = "read/space"
	permAdminister  = "administer/space"
	permManageUsers = "manage_users/space"
	permRestrict    = "restrict_content/space"
	permDeleteOwn   = "delete/space" // what they made themselves
)

// role is a space role: a named set of permissions.
type role struct {
	ID          string
	Type        string
	Name        string
	Description string
	Permissions set
}

// spacePermission is one row of the catalogue of permissions.
type spacePermission struct{ id, name string }

// catalogue is what GET /space-permissions lists. The ids are those measured as
// writable on live sites; Atlassian's full list is unknown (docs/evidence.md
// A7 and "Unknown" 1).
var catalogue = []spacePermission{
	{"administer/space", "Administer space"},
	{"archive/page", "Archive pages"},
	{"archive_space/space", "Archive space"},
	{"create/attachment", "Add attachments"},
	{"create/blogpost", "Add blog posts"},
	{"create/comment", "Add comments"},
	{"create/page", "Add pages"},
	{"delete/attachment", "Delete attachments"},
	{"delete/blogpost", "Delete blog posts"},
	{"delete/comment", "Delete comments"},
	{"delete/page", "Delete pages"},
	{"delete/space", "Delete own content"},
	{"delete_space/space", "Delete space"},
	{"export/space", "Export space"},
	{"export_content/space", "Export content"},
	{"manage_content/space", "Manage content"},
	{"manage_guest_users/space", "Manage guests"},
	{"manage_look_and_feel/space", "Manage look and feel"},
	{"manage_nonlicensed_users/space", "Manage unlicensed people"},
	{"manage_public_links/space", "Manage public links"},
	{"manage_templates/space", "Manage templates"},
	{"manage_users/space", "Manage people"},
	{"read/space", "View space"},
	{"restrict_content/space", "Restrict pages"},
	{"update/blogpost", "Edit blog posts"},
	{"update/page", "Edit pages"},
}

// required returns the permissions without which id cannot be granted. Only
// viewing is required today: the other dependencies were relaxed in 2026
// (evidence A8).
func required(id string) []string {
	if id == permView {
		return []string{}
	}
	return []string{permView}
}

// systemRoles are the four fixed roles, weakest first. Their exact sets are not
// published (docs/evidence.md "Unknown" 1); these are plausible ones, each
// within the next, after the words of A8: Viewer = view and comment,
// Collaborator = add and edit content, Manager = content and people but not
// settings, Admin = all.
func systemRoles() []role {
	var all set
	for _, p := range catalogue {
		all.add(p.id)
	}
	viewer := []string{permView, "create/comment"}
	collaborator := slices.Concat(viewer, []string{
		"create/page", "update/page", "archive/page", "create/blogpost", "update/blogpost",
		"create/attachment", "delete/space", "export_content/space",
	})
	manager := slices.Concat(collaborator, []string{
		"delete/page", "delete/blogpost", "delete/comment", "delete/attachment", "restrict_content/space",
		permManageUsers, "manage_guest_users/space", "manage_content/space", "manage_templates/space", "manage_public_links/space",
	})
	return []role{
		{Type: roleTypeSystem, Name: "Viewer", Description: "Can view and comment", Permissions: newSet(viewer)},
		{Type: roleTypeSystem, Name: "Collaborator", Description: "Can add and edit content", Permissions: newSet(collaborator)},
		{Type: roleTypeSystem, Name: "Manager", Description: "Can manage content and people", Permissions: newSet(manager)},
		{Type: roleTypeSystem, Name: "Admin", Description: "Can do everything in the space", Permissions: all},
	}
}

func (s *state) indexRole(r *role) { s.roles.put(r.ID, r) }

func (s *state) addRole(r *role) {
	s.indexRole(r)
	s.save(tableRole, r.ID, r)
}

// roleNamed finds a role by its name, whatever the case.
func (s *state) roleNamed(name string) *role {
	for r := range s.roles.all() {
		if strings.EqualFold(r.Name, name) {
			return r
		}
	}
	return nil
}

// checkRole refuses names and permissions that no role may have. self is the
// role that is being changed, if any.
func (s *state) checkRole(self *role, name string, permissions set) error {
	if s.limits.free() {
		return refuse(http.StatusBadRequest, "", "permissions cannot be customised on the Free plan")
	}
	if strings.TrimSpace(name) == "" || len(name) > 255 {
		return refuse(http.StatusBadRequest, "", "a role's name has 1 to 255 characters")
	}
	if r := s.roleNamed(name); r != nil && r != self {
		return refuse(http.StatusBadRequest, "", "a role named %q exists already", r.Name)
	}
	if len(permissions) == 0 {
		return refuse(http.StatusBadRequest, "", "a role has at least one permission")
	}
	for _, id := range permissions {
		if !slices.ContainsFunc(catalogue, func(p spacePermission) bool { return p.id == id }) {
			return refuse(http.StatusBadRequest, "", "there is no permission %q", id)
		}
		for _, need := range required(id) {
			if !permissions.has(need) {
				return refuse(http.StatusBadRequest, "", "permission %q needs %q", id, need)
			}
		}
	}
	return nil
}

func (s *state) createRole(name, description string, permissions set) (*role, error) {
	if err := s.checkRole(nil, name, permissions); err != nil {
		return nil, err
	}
	custom := 0
	for r := range s.roles.all() {
		if r.Type == roleTypeCustom {
			custom++
		}
	}
	if custom >= maxCustomRoles {
		return nil, refuse(http.StatusBadRequest, "", "there are %d custom roles, and no more are possible", custom)
	}
	r := &role{ID: s.newUUID(), Type: roleTypeCustom, Name: name, Description: description, Permissions: permissions}
	s.addRole(r)
	s.auditRole("Space role created", r, AuditChange{Name: "Permissions", New: strings.Join(permissions, ", ")})
	return r, nil
}

// editable refuses changes to the four fixed roles (CONFCLOUD-83436, -83437).
func (r *role) editable() error {
	if r.Type == roleTypeSystem {
		return refuse(http.StatusBadRequest, "", "the role %s is fixed", r.Name)
	}
	return nil
}

// updateRole replaces a custom role. It returns a task, or nil when the set of
// permissions stays as it was (evidence A8, observed).
func (s *state) updateRole(r *role, name, description string, permissions set, account string, now time.Time) (*task, error) {
	if err := r.editable(); err != nil {
		return nil, err
	}
	if err := s.checkRole(r, name, permissions); err != nil {
		return nil, err
	}
	if r.Permissions.has(permAdminister) && !permissions.has(permAdminister) {
		if err := s.keepsAdminsWithout(r); err != nil {
			return nil, err
		}
	}
	same, old := slices.Equal(r.Permissions, permissions), strings.Join(r.Permissions, ", ")
	r.Name, r.Description, r.Permissions = name, description, permissions
	s.save(tableRole, r.ID, r)
	if same {
		return nil, nil
	}
	s.auditRole("Space role updated", r, AuditChange{"Permissions", old, strings.Join(permissions, ", ")})
	return s.newTask("update space role", account, now), nil
}

// deleteRole deletes a custom role, and its assignments with it: documents do
// not say what becomes of the holders, and losing the access is the worst case.
func (s *state) deleteRole(r *role, account string, now time.Time) (*task, error) {
	if err := r.editable(); err != nil {
		return nil, err
	}
	if err := s.keepsAdminsWithout(r); err != nil {
		return nil, err
	}
	for sp := range s.spaces.all() {
		for who, id := range sp.assigned {
			if id == r.ID {
				s.unassign(sp, who)
			}
		}
	}
	s.auditRole("Space role deleted", r, AuditChange{Name: "Permissions", Old: strings.Join(r.Permissions, ", ")})
	s.roles.remove(r.ID)
	s.save(tableRole, r.ID, nil)
	return s.newTask("delete space role", account, now), nil
}

// keepsAdminsWithout refuses to take administration from a role that alone
// administers some space.
func (s *state) keepsAdminsWithout(r *role) error {
	if !r.Permissions.has(permAdminister) {
		return nil
	}
	for sp := range s.spaces.all() {
		left := maps.Clone(sp.assigned)
		maps.DeleteFunc(left, func(_ principal, id string) bool { return id == r.ID })
		if s.adminsOf(sp.assigned, sp.custom) > 0 && s.adminsOf(left, sp.custom) == 0 {
			return errLastAdmin(sp)
		}
	}
	return nil
}
