package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// orgGroupRow is a group as the organisation shows it. managementAccess is what
// tells a client who may write (evidence A2).
func (c *call) orgGroupRow(g *group, expand []string) any {
	managed := "admins"
	switch g.Managed {
	case ManagedIDP:
		managed = "external"
	case ManagedTeam:
		managed = "team_members"
	}
	row := object{
		"id": g.ID, "name": g.Name, "description": g.Description, "directoryId": c.site.DirectoryID,
		"externalSynced": g.Managed == ManagedIDP, "managedBy": managed,
		"managementAccess": object{"readable": true, "modifiable": g.writable(), "deletable": g.deletable()},
		"links":            object{"self": g.ID},
	}
	counts := object{}
	for _, e := range expand {
		switch e {
		case "counts.users":
			counts["users"] = len(g.members)
		case "counts.resources":
			counts["resources"] = len(c.groupRoleRows(g))
		}
	}
	if len(counts) > 0 {
		row["counts"] = counts
	}
	return row
}

// groupSearch is the body of groups/search (evidence A2).
type groupSearch struct {
	AccountIDs     []string `json:"accountIds"`
	Cursor         string   `json:"cursor"`
	DirectoryIDs   []string `json:"directoryIds"`
	Expand         []string `json:"expand"`
	GroupIDs       []string `json:"groupIds"`
	GroupNames     []string `json:"groupNames"`
	Limit          *int     `json:"limit"`
	ResourceIDs    []string `json:"resourceIds"`
	ResourceOwners []string `json:"resourceOwners"`
	RoleIDs        []string `json:"roleIds"`
	SearchTerm     string   `json:"searchTerm"`
	SortBy         []struct {
		Field     string `json:"field"`
		Direction string `json:"direction"`
	} `json:"sortBy"`
}

func (in *groupSearch) check() error {
	switch {
	case len(in.GroupNames) > 100:
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "at most 100 groupNames are possible")
	case len(in.GroupIDs) > 10 || len(in.AccountIDs) > 10 || len(in.RoleIDs) > 10:
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "at most 10 groupIds, accountIds or roleIds are possible")
	case len(in.ResourceIDs) > 20:
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "at most 20 resourceIds are possible")
	case len(in.SortBy) > 1 || len(in.SortBy) == 1 && (in.SortBy[0].Field != "name" || !slices.Contains([]string{"", "asc", "desc"}, in.SortBy[0].Direction)):
		return refuse(http.StatusBadRequest, "ADMIN-400-4", "sortBy knows the field name, asc or desc")
	}
	for _, e := range in.Expand {
		if e != "counts.users" && e != "counts.resources" {
			return refuse(http.StatusBadRequest, "ADMIN-400-4", "expand does not know %q", e)
		}
	}
	return nil
}

func (c *call) groupMatches(g *group, in *groupSearch) bool {
	any1 := func(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }
	sameName := func(name string) bool { return strings.EqualFold(name, g.Name) }
	switch {
	case !any1(in.DirectoryIDs, c.site.DirectoryID),
		!any1(in.GroupIDs, g.ID),
		len(in.GroupNames) > 0 && !slices.ContainsFunc(in.GroupNames, sameName),
		len(in.AccountIDs) > 0 && !slices.ContainsFunc(in.AccountIDs, g.members.has),
		in.SearchTerm != "" && !strings.Contains(fold(g.Name), fold(in.SearchTerm)):
		return false
	}
	if len(in.ResourceIDs) == 0 && len(in.ResourceOwners) == 0 && len(in.RoleIDs) == 0 {
		return true
	}
	return slices.ContainsFunc(c.groupRoleRows(g), func(r groupRoleRow) bool {
		return any1(in.ResourceIDs, r.resource.id) && any1(in.ResourceOwners, r.resource.owner) &&
			(len(in.RoleIDs) == 0 || slices.ContainsFunc(in.RoleIDs, r.roles.has))
	})
}

func orgSearchGroups(c *call) (answer, error) {
	var in groupSearch
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if err := in.check(); err != nil {
		return answer{}, err
	}
	return listOrg(c, c.foundGroups(&in), in.Limit, in.Cursor, "", orgMax, func(g *group) any { return c.orgGroupRow(g, in.Expand) })
}

func (c *call) foundGroups(in *groupSearch) ordered[*group] {
	list := ordered[*group]{
		items:    c.groupsByName(func(g *group) bool { return c.groupMatches(g, in) }),
		key:      func(g *group) string { return fold(g.Name) },
		reversed: len(in.SortBy) == 1 && in.SortBy[0].Direction == "desc",
	}
	if list.reversed {
		slices.Reverse(list.items)
	}
	return list
}

// orgListGroups is the search as a GET, with the same filters in the query. It is
// deprecated and stops on 30 June 2027 (evidence A2).
func orgListGroups(c *call) (answer, error) {
	var in groupSearch
	return listOrgGet(c, func() (ordered[*group], error) {
		in = groupSearch{
			AccountIDs: c.list("accountIds"), DirectoryIDs: c.list("directoryIds"), Expand: c.list("expand"), GroupIDs: c.list("groupIds"),
			GroupNames: c.query["groupNames"], ResourceIDs: c.list("resourceIds"), ResourceOwners: c.list("resourceOwners"),
			RoleIDs: c.list("roleIds"), SearchTerm: c.query.Get("searchTerm"),
		}
		if err := in.check(); err != nil {
			return ordered[*group]{}, err
		}
		return c.foundGroups(&in), nil
	}, func(g *group) any { return c.orgGroupRow(g, in.Expand) })
}

// groupInPath finds the group of the path.
func (c *call) groupInPath() (*group, error) {
	if g := c.groups.get(c.vars["groupId"]); g != nil {
		c.concernsGroup(g)
		return g, nil
	}
	return nil, refuse(http.StatusNotFound, "ADMIN-UAM-404-2", "there is no such group")
}

func orgGetGroup(c *call) (answer, error) {
	g, err := c.groupInPath()
	if err != nil {
		return answer{}, err
	}
	return ok(object{"data": c.orgGroupRow(g, []string{"counts.users", "counts.resources"})})
}

// orgCreateGroup answers without the new id, as observed on live sites: the
// group must be searched for (evidence A2).
func orgCreateGroup(c *call) (answer, error) {
	var in struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	g, err := c.createGroup(in.Name, in.Description)
	if err != nil {
		return answer{}, err
	}
	c.concernsGroup(g)
	return created(object{})
}

func orgDeleteGroup(c *call) (answer, error) {
	g, err := c.groupInPath()
	if err != nil {
		return answer{}, err
	}
	if err := c.deleteGroup(g); err != nil {
		return answer{}, err
	}
	return noContent()
}

// orgAddMember answers 409 for somebody who is a member already, and also when
// no seat is left: the text tells them apart (evidence A2).
func orgAddMember(c *call) (answer, error) {
	var in struct {
		AccountID string `json:"accountId"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	g, err := c.groupInPath()
	if err != nil {
		return answer{}, err
	}
	p := c.member(in.AccountID)
	if p == nil {
		return answer{}, refuse(http.StatusNotFound, "ADMIN-UAM-404-3", "there is no such user in the directory")
	}
	c.concernsPerson(p)
	already, err := c.join(g, p)
	if err != nil {
		return answer{}, err
	}
	if already {
		return answer{}, refuse(http.StatusConflict, "ADMIN-UAM-409-2", "the user is a member of the group already")
	}
	return noContent()
}

// orgRemoveMember answers 404 for somebody who is gone already.
func orgRemoveMember(c *call) (answer, error) {
	g, err := c.groupInPath()
	if err != nil {
		return answer{}, err
	}
	p, err := c.memberParam()
	if err != nil {
		return answer{}, err
	}
	was, err := c.leave(g, p)
	if err != nil {
		return answer{}, err
	}
	if !was {
		return answer{}, refuse(http.StatusNotFound, "ADMIN-UAM-404-4", "the user is no member of the group")
	}
	return noContent()
}

// groupRoleRow is what a group holds on one resource.
type groupRoleRow struct {
	resource resource
	roles    set
}

func (c *call) groupRoleRows(g *group) []groupRoleRow {
	var out []groupRoleRow
	if len(g.Product) > 0 {
		out = append(out, groupRoleRow{c.confluence(), g.Product})
	}
	if g.Managed == ManagedOther {
		out = append(out, groupRoleRow{c.jira(), set{roleUser}})
	}
	return out
}

func orgGroupRoles(c *call) (answer, error) {
	g, err := c.groupInPath()
	if err != nil {
		return answer{}, err
	}
	return listOrgGet(c, func() (ordered[groupRoleRow], error) {
		return ordered[groupRoleRow]{items: c.groupRoleRows(g), key: func(r groupRoleRow) string { return r.resource.id }}, nil
	}, func(r groupRoleRow) any {
		return object{"resourceId": r.resource.id, "resourceOwner": r.resource.owner, "roles": r.roles, "defaultRole": nil}
	})
}

// groupRole reads the group and the role of a role write about a group.
func (c *call) groupRole() (*group, string, error) {
	var in struct {
		ResourceID string `json:"resourceId"`
		RoleID     string `json:"roleId"`
	}
	if err := c.body(&in); err != nil {
		return nil, "", err
	}
	g, err := c.groupInPath()
	if err != nil {
		return nil, "", err
	}
	return g, in.RoleID, c.productRole(in.RoleID, in.ResourceID)
}

func orgAssignGroupRole(c *call) (answer, error) {
	g, id, err := c.groupRole()
	if err != nil {
		return answer{}, err
	}
	if err := c.assignGroupProduct(g, id); err != nil {
		return answer{}, err
	}
	return ok(object{})
}

func orgRevokeGroupRole(c *call) (answer, error) {
	g, id, err := c.groupRole()
	if err != nil {
		return answer{}, err
	}
	c.revokeGroupProduct(g, id)
	return noContent()
}
