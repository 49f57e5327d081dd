package emulator

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The modes of a site: whether access to spaces is said in permissions, in
// roles, or in either (evidence A1).
const (
	ModePreRoles   = "PRE_ROLES"
	ModeTransition = "ROLES_TRANSITION"
	ModeRoles      = "ROLES"
)

// modes in the order in which a site goes through them.
var modes = []string{ModePreRoles, ModeTransition, ModeRoles}

func (s *state) roleMode() string { return cmp.Or(s.site.RoleMode, ModeRoles) }

// setRoleMode moves the site on. Opting in to roles cannot be undone (A1); what
// principals have stays as it is, so that everything shows as custom access
// after the first step: documents conflict on whether exact matches become
// roles, and this is the choice that leaves the client the more to do.
func (s *state) setRoleMode(mode string) error {
	i := slices.Index(modes, mode)
	switch {
	case i < 0:
		return refuse(http.StatusBadRequest, "", "a site's role mode is %s, not %q", strings.Join(modes, ", "), mode)
	case i < slices.Index(modes, s.roleMode()):
		return refuse(http.StatusBadRequest, "", "a site in mode %s cannot go back to %s", s.roleMode(), mode)
	}
	if mode != s.roleMode() {
		s.audit("Global administration", "Space role mode changed", AuditObject{s.site.Name, "Site"}, []AuditChange{{"Mode", s.roleMode(), mode}})
	}
	s.site.RoleMode = mode
	s.save(tableSite, "", s.site)
	return nil
}

// needRoles: roles, role assignments and the catalogue are there only where
// roles are (A1: "available only on RBAC tenants").
func (s *state) needRoles() error {
	if s.roleMode() == ModePreRoles {
		return refuse(http.StatusNotFound, "", "this site has no space roles")
	}
	return nil
}

// customAccess is what a principal has in a space beside roles: permissions,
// and the id of each one's row.
type customAccess map[string]string

// permissions returns the permissions in order.
func (a customAccess) permissions() []string { return slices.Sorted(maps.Keys(a)) }

func (a customAccess) has(permission string) bool { _, there := a[permission]; return there }

// grantees returns those who have custom access, in order.
func (sp *space) grantees() []principal {
	return slices.SortedFunc(maps.Keys(sp.custom), principal.compare)
}

// documentedPairs are the permissions that v1 publishes as writable; the others
// of the catalogue were measured as writable on sites with roles (A7).
var documentedPairs = newSet([]string{
	"create/page", "create/blogpost", "create/comment", "create/attachment", permView,
	"delete/page", "delete/blogpost", "delete/comment", "delete/attachment", "delete/space",
	"export/space", permAdminister, "archive/page", permRestrict,
})

// companions are permissions that come with another when it is added, and go
// with it when it is removed. Measured: create/page brings and takes
// update/page; administer/space takes manage_users/space; read/space brings
// export_content/space, and takes everything. That create/comment,
// update/blogpost and administer/space bring something was seen, but not what:
// the companions of the first two are chosen (A7).
var companions = map[string]string{
	permView:          "export_content/space",
	"create/page":     "update/page",
	permAdminister:    permManageUsers,
	"create/comment":  permDeleteOwn,
	"update/blogpost": "create/blogpost",
}

// forAnonymous reports whether people who are not logged in may have the
// permission: administration and restrictions are for known people (documented
// for the space permissions of both products).
func forAnonymous(permission string) bool {
	switch permission {
	case permAdminister, permRestrict, "archive_space/space", "delete_space/space":
		return false
	}
	return !strings.HasPrefix(permission, "manage_")
}

func inCatalogue(permission string) bool {
	return slices.ContainsFunc(catalogue, func(p spacePermission) bool { return p.id == permission })
}

// addPermission gives a principal a permission in a space, and its companion.
// Nothing of A7's list of refusals is left out.
func (s *state) addPermission(sp *space, who principal, permission string) (rowID string, err error) {
	bad := func(format string, args ...any) (string, error) {
		return "", refuse(http.StatusBadRequest, "", format, args...)
	}
	mode := s.roleMode()
	switch {
	case s.limits.free():
		return bad("permissions cannot be customised on the Free plan")
	case mode == ModeRoles:
		return bad("access to spaces is given by roles on this site")
	case !inCatalogue(permission), mode == ModePreRoles && !documentedPairs.has(permission):
		return bad("there is no permission %q", permission)
	}
	if err := s.known(who); err != nil {
		return "", err
	}
	has := sp.custom[who]
	switch {
	case who == anonymous && !forAnonymous(permission):
		return bad("anonymous people cannot have %s", permission)
	case sp.assigned[who] != "":
		// A principal has one role or custom access, never both; what a write on
		// the other side does is unknown. Refusing makes the client take the role
		// first, and so mind the gap.
		return bad("the principal holds a role in space %s", sp.Key)
	case has.has(permission):
		return bad("the principal has %s already", permission)
	case permission != permView && !has.has(permView):
		return bad("the principal needs %s first", permView)
	}
	if err := s.fitsGuest(sp, who, set{permission}); err != nil {
		return "", err
	}
	s.putWithCompanion(sp, who, permission)
	return sp.custom[who][permission], nil
}

// removePermission takes a permission and what goes with it.
func (s *state) removePermission(sp *space, who principal, permission string) error {
	gone := []string{permission, companions[permission]}
	if permission == permView {
		gone = sp.custom[who].permissions()
	}
	if slices.Contains(gone, permAdminister) {
		left := maps.Clone(sp.custom)
		delete(left, who)
		if s.adminsOf(sp.assigned, left) == 0 {
			return errLastAdmin(sp)
		}
	}
	for _, id := range gone {
		s.dropPermission(sp, who, id)
	}
	return nil
}

// dropCustom takes everything that a principal has in a space beside a role.
func (s *state) dropCustom(sp *space, who principal) {
	for _, id := range sp.custom[who].permissions() {
		s.dropPermission(sp, who, id)
	}
}

// dropGrants takes everything that a principal has in spaces.
func (s *state) dropGrants(who principal) {
	for _, order := range slices.Clone(s.held[who]) {
		s.unassign(s.spaces.get(order), who)
	}
	for _, order := range slices.Clone(s.customized[who]) {
		s.dropCustom(s.spaces.get(order), who)
	}
}

// putPermission adds a row, whatever the rules say. It does nothing when the
// row is there.
func (s *state) putPermission(sp *space, who principal, permission string) {
	if sp.custom[who].has(permission) {
		return
	}
	id := s.newNumber()
	s.indexPermission(sp, who, permission, id)
	s.save(tablePermission, permissionKey(sp, who, permission), id)
	s.auditPermission("Space permission added", sp, who, AuditChange{Name: "Type", New: permission})
}

// dropPermission removes a row if it is there.
func (s *state) dropPermission(sp *space, who principal, permission string) {
	if !sp.custom[who].has(permission) {
		return
	}
	delete(sp.custom[who], permission)
	if len(sp.custom[who]) == 0 {
		delete(sp.custom, who)
		ids := s.customized[who]
		ids.remove(spaceOrder(sp.ID))
		if s.customized[who] = ids; len(ids) == 0 {
			delete(s.customized, who)
		}
	}
	s.save(tablePermission, permissionKey(sp, who, permission), nil)
	s.auditPermission("Space permission removed", sp, who, AuditChange{Name: "Type", Old: permission})
}

func (s *state) indexPermission(sp *space, who principal, permission, id string) {
	if sp.custom[who] == nil {
		sp.custom[who] = customAccess{}
		ids := s.customized[who]
		ids.add(spaceOrder(sp.ID))
		s.customized[who] = ids
	}
	sp.custom[who][permission] = id
}

func permissionKey(sp *space, who principal, permission string) string {
	return sp.ID + "/" + who.Type + "/" + who.ID + "/" + permission
}

func (s *state) restorePermission(r Record) error {
	var id string
	if err := decodeStrict(r.Value, &id); err != nil {
		return err
	}
	parts := strings.SplitN(r.Key, "/", 4)
	if len(parts) != 4 {
		return fmt.Errorf("malformed key")
	}
	sp, who := s.spaceByID(parts[0]), principal{parts[1], parts[2]}
	if sp == nil || !inCatalogue(parts[3]) && parts[3] != permDeleteMail {
		return fmt.Errorf("no such space or permission")
	}
	if _, err := strconv.ParseUint(id, 10, 63); err != nil {
		return fmt.Errorf("the row's id %q is no number", id)
	}
	// A person may have left the directory since; the account stays.
	if err := s.known(who); err != nil && s.people.get(who.ID) == nil {
		return err
	}
	s.indexPermission(sp, who, parts[3], id)
	return nil
}

// permissionRow is one line of a space's list of permissions.
type permissionRow struct {
	id         string
	who        principal
	permission string
	role       bool // it shows what a role gives
}

// permissionRows lists what everybody has in a space: custom access, and what
// the roles give, row by row: lists on live sites hold both (A7, observed).
func (s *state) permissionRows(sp *space) []permissionRow {
	var out []permissionRow
	for who, access := range sp.custom {
		for permission, id := range access {
			if permission == permDeleteMail {
				continue // Cloud has no word for it
			}
			out = append(out, permissionRow{id, who, permission, false})
		}
	}
	for who, roleID := range sp.assigned {
		for _, permission := range s.roles.get(roleID).Permissions {
			out = append(out, permissionRow{expandedID(sp, who, permission), who, permission, true})
		}
	}
	slices.SortFunc(out, permissionRow.compare)
	return out
}

// key orders rows by number; two rows of roles could share one.
func (r permissionRow) key() string {
	return spaceOrder(r.id) + "/" + r.who.Type + "/" + r.who.ID + "/" + r.permission
}

// compare gives the order of the keys, which it makes only where numbers are the
// same: long lists are sorted for every page of them.
func (r permissionRow) compare(o permissionRow) int {
	if order := cmp.Or(len(r.id)-len(o.id), strings.Compare(r.id, o.id)); order != 0 {
		return order
	}
	return strings.Compare(r.key(), o.key())
}

// expandedID is the id of a row that shows what a role gives: a number like any
// other, the same as long as the row is there, above those of stored rows.
func expandedID(sp *space, who principal, permission string) string {
	h := fnv.New64a()
	h.Write([]byte(permissionKey(sp, who, permission)))
	return strconv.FormatUint(1<<52|h.Sum64()>>12, 10)
}

// legacyDefaults are the permissions of a new space on a site without roles:
// everything for its creator, and the usual ones for every group that lets
// people in. The product's defaults are set in its admin pages and have no API;
// these are plausible.
func (s *state) legacyDefaults(sp *space, creator *person) {
	s.legacyAdmin(sp, creator)
	for g := range s.groups.all() {
		if !g.letsIn() {
			continue
		}
		for _, permission := range []string{permView, "create/page", "create/blogpost", "create/comment", "create/attachment"} {
			s.putWithCompanion(sp, principal{typeGroup, g.ID}, permission)
		}
	}
}

// legacyAdmin gives somebody every permission in a space on a site without
// roles.
func (s *state) legacyAdmin(sp *space, p *person) {
	for _, permission := range documentedPairs {
		s.putWithCompanion(sp, principal{typeUser, p.ID}, permission)
	}
}

func (s *state) putWithCompanion(sp *space, who principal, permission string) {
	s.putPermission(sp, who, permission)
	if with := companions[permission]; with != "" {
		s.putPermission(sp, who, with)
	}
}
