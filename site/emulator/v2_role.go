package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// v2RoleMode says whether access to spaces is given by permissions, by roles, or
// by either.
func v2RoleMode(c *call) (answer, error) { return ok(object{"mode": c.roleMode()}) }

func v2Permissions(c *call) (answer, error) {
	if err := c.needRoles(); err != nil {
		return answer{}, err
	}
	return listV2(c, ordered[spacePermission]{items: catalogue, key: func(p spacePermission) string { return p.id }}, func(p spacePermission) any {
		return object{"id": p.id, "displayName": p.name, "description": p.name, "requiredPermissionIds": required(p.id)}
	})
}

func v2RoleRow(r *role) object {
	return object{"id": r.ID, "type": r.Type, "name": r.Name, "description": r.Description, "spacePermissions": r.Permissions}
}

// assignmentFilter is what the lists of roles and of assignments can be narrowed
// down by.
type assignmentFilter struct {
	roleType string
	who      principal // parts may be empty
}

func (c *call) assignmentFilter() (assignmentFilter, error) {
	roleType, err := c.choice("role-type", []string{roleTypeSystem, roleTypeCustom})
	if err != nil {
		return assignmentFilter{}, err
	}
	kind, err := c.choice("principal-type", []string{typeUser, typeGroup, typeClass})
	return assignmentFilter{roleType, principal{kind, c.query.Get("principal-id")}}, err
}

func (f assignmentFilter) matches(who principal) bool {
	return (f.who.Type == "" || f.who.Type == who.Type) && (f.who.ID == "" || f.who.ID == who.ID)
}

// v2Roles lists the site's roles; with a space or a principal, those that are
// held there or by them.
func v2Roles(c *call) (answer, error) {
	if err := c.needRoles(); err != nil {
		return answer{}, err
	}
	filter, err := c.assignmentFilter()
	if err != nil {
		return answer{}, err
	}
	var only *space
	if id := c.query.Get("space-id"); id != "" {
		if only = c.spaceByID(id); only == nil || !c.sees(c.caller, only) {
			return answer{}, spaceForbidden()
		}
	}
	list := ordered[*role]{key: func(r *role) string { return r.ID }}
	for r := range c.roles.all() {
		if filter.roleType != "" && r.Type != filter.roleType {
			continue
		}
		// Every role can be given in every space: the space alone is no filter.
		if filter.who != (principal{}) && !c.holdsRole(r, filter, only) {
			continue
		}
		list.items = append(list.items, r)
	}
	return listV2(c, list, func(r *role) any { return v2RoleRow(r) })
}

// holdsRole reports whether a principal of the filter holds the role in the
// space, or in any space that the caller sees.
func (c *call) holdsRole(r *role, filter assignmentFilter, only *space) bool {
	for sp := range c.spaces.all() {
		if only != nil && sp != only || !c.sees(c.caller, sp) {
			continue
		}
		for who, id := range sp.assigned {
			if id == r.ID && filter.matches(who) {
				return true
			}
		}
	}
	return false
}

func (c *call) roleParam() (*role, error) {
	if err := c.needRoles(); err != nil {
		return nil, err
	}
	if r := c.roles.get(c.vars["id"]); r != nil {
		return r, nil
	}
	return nil, notFound("role")
}

func v2Role(c *call) (answer, error) {
	r, err := c.roleParam()
	if err != nil {
		return answer{}, err
	}
	// Published with _links.base, which a client that is checked against live
	// sites every night does not know: nobody can count on it.
	return ok(v2RoleRow(r))
}

// needRoleAdmin: v2 answers 404 to everybody but organisation and site admins.
func (c *call) needRoleAdmin() error {
	if err := c.needRoles(); err != nil {
		return err
	}
	if !c.siteAdmin(c.caller) {
		return refuse(http.StatusNotFound, "", "only an organisation or site admin may change roles")
	}
	return nil
}

// roleBody is a role as it is written: always whole.
type roleBody struct {
	Name        *string   `json:"name"`
	Description *string   `json:"description"`
	Permissions *[]string `json:"spacePermissions"`
	Anonymous   string    `json:"anonymousReassignmentRoleId"`
	Guest       string    `json:"guestReassignmentRoleId"`
}

func (c *call) roleBody() (roleBody, error) {
	var in roleBody
	if err := c.needRoleAdmin(); err != nil {
		return in, err
	}
	if err := c.body(&in); err != nil {
		return in, err
	}
	if in.Name == nil || in.Description == nil || in.Permissions == nil {
		return in, refuse(http.StatusBadRequest, "", "name, description and spacePermissions are all needed")
	}
	if in.Anonymous != "" || in.Guest != "" {
		return in, notEmulated("the reassignment of guests and anonymous access")
	}
	return in, nil
}

func v2CreateRole(c *call) (answer, error) {
	in, err := c.roleBody()
	if err != nil {
		return answer{}, err
	}
	r, err := c.createRole(*in.Name, *in.Description, newSet(*in.Permissions))
	if err != nil {
		return answer{}, err
	}
	return created(v2RoleRow(r))
}

func v2UpdateRole(c *call) (answer, error) {
	in, err := c.roleBody()
	if err != nil {
		return answer{}, err
	}
	r, err := c.roleParam()
	if err != nil {
		return answer{}, err
	}
	t, err := c.updateRole(r, *in.Name, *in.Description, newSet(*in.Permissions), c.caller.ID, c.now)
	if err != nil {
		return answer{}, err
	}
	row := v2RoleRow(r)
	delete(row, "spacePermissions")
	row["taskId"] = taskID(t)
	return accepted(row)
}

// taskID is null when there is no task.
func taskID(t *task) any {
	if t == nil {
		return nil
	}
	return t.ID
}

func v2DeleteRole(c *call) (answer, error) {
	if err := c.needRoleAdmin(); err != nil {
		return answer{}, err
	}
	r, err := c.roleParam()
	if err != nil {
		return answer{}, err
	}
	t, err := c.deleteRole(r, c.caller.ID, c.now)
	if err != nil {
		return answer{}, err
	}
	return accepted(object{"taskId": t.ID})
}

func assignmentRow(who principal, roleID string) any {
	return object{"principal": object{"principalType": who.Type, "principalId": who.ID}, "roleId": roleID}
}

// v2Assignments lists who holds which role in a space.
func v2Assignments(c *call) (answer, error) {
	if err := c.needRoles(); err != nil {
		return answer{}, err
	}
	sp, err := c.visibleSpace()
	if err != nil {
		return answer{}, err
	}
	filter, err := c.assignmentFilter()
	if err != nil {
		return answer{}, err
	}
	roleID := c.query.Get("role-id")
	list := ordered[principal]{key: func(p principal) string { return p.Type + "/" + p.ID }}
	for who, id := range sp.assigned {
		if filter.matches(who) && (roleID == "" || id == roleID) && (filter.roleType == "" || c.roles.get(id).Type == filter.roleType) {
			list.items = append(list.items, who)
		}
	}
	slices.SortFunc(list.items, func(a, b principal) int { return strings.Compare(list.key(a), list.key(b)) })
	return listV2(c, list, func(who principal) any { return assignmentRow(who, sp.assigned[who]) })
}

// v2SetAssignments is an upsert of each entry: an entry without a role removes
// the principal, and principals without an entry stay (evidence A8).
// The answer shows the entries as they are now.
func v2SetAssignments(c *call) (answer, error) {
	sp, err := c.visibleSpace()
	if err != nil {
		return answer{}, err
	}
	if err := c.needRoles(); err != nil {
		return answer{}, err
	}
	if !c.manages(c.caller, sp) {
		return answer{}, spaceForbidden()
	}
	if c.limits.free() {
		return answer{}, refuse(http.StatusBadRequest, "", "permissions cannot be customised on the Free plan")
	}
	var in []assignmentBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	grants, err := c.grants(in, true, func(r *role) bool {
		return c.roleMode() == ModeTransition || c.mayGrant(c.caller, sp, r)
	})
	if err != nil {
		return answer{}, err
	}
	if err := c.setRoles(sp, grants); err != nil {
		return answer{}, err
	}
	rows := []any{}
	for _, g := range grants {
		if g.role != nil {
			rows = append(rows, assignmentRow(g.who, g.role.ID))
		}
	}
	return ok(object{"results": rows, "_links": object{"base": baseURL + "/wiki"}})
}
