package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// v1GroupRow is a group as v1 shows it. The org API and v1 know it by the same id.
func v1GroupRow(g *group) any {
	usage, managed := "USERBASE_GROUP", "ADMINS"
	switch g.Managed {
	case ManagedIDP:
		managed = "EXTERNAL"
	case ManagedTeam:
		usage, managed = "TEAM_COLLABORATION", "TEAM_MEMBERS"
	}
	return object{
		"type": "group", "name": g.Name, "id": g.ID, "usageType": usage, "managedBy": managed,
		"_links": object{"self": baseURL + "/wiki/rest/api/group/by-id?id=" + g.ID},
	}
}

// groupsByName lists the groups that are kept, in the order of their names.
func (s *state) groupsByName(keep func(*group) bool) []*group {
	var out []*group
	for g := range s.groups.all() {
		if keep(g) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *group) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return out
}

func v1Groups(c *call) (answer, error) {
	keep := func(*group) bool { return true }
	switch access := c.query.Get("accessType"); access {
	case "":
	case "user":
		keep = (*group).letsIn
	case "admin":
		keep = func(g *group) bool { return g.Product.has(roleAdmin) }
	case "site-admin":
		keep = func(*group) bool { return false } // platform roles are held by people here
	default:
		return answer{}, refuse(http.StatusBadRequest, "", "accessType is user, admin or site-admin, not %q", access)
	}
	return listV1(c, c.groupsByName(keep), v1GroupRow)
}

func v1PickGroups(c *call) (answer, error) {
	text, err := c.required("query")
	if err != nil {
		return answer{}, err
	}
	return listV1(c, c.groupsByName(func(g *group) bool { return strings.Contains(fold(g.Name), fold(text)) }), v1GroupRow)
}

// groupParam finds the group that a parameter of the query names.
func (c *call) groupParam(name string) (*group, error) {
	id, err := c.required(name)
	if err != nil {
		return nil, err
	}
	if g := c.groups.get(id); g != nil {
		c.concernsGroup(g)
		return g, nil
	}
	return nil, notFound("group")
}

func v1Group(c *call) (answer, error) {
	g, err := c.groupParam("id")
	if err != nil {
		return answer{}, err
	}
	return ok(v1GroupRow(g))
}

// needSiteAdmin: v1's group writes answer 403 to everybody else.
func (c *call) needSiteAdmin() error {
	if !c.siteAdmin(c.caller) {
		return refuse(http.StatusForbidden, "", "only a site admin may do this")
	}
	return nil
}

func v1CreateGroup(c *call) (answer, error) {
	if err := c.needSiteAdmin(); err != nil {
		return answer{}, err
	}
	var in struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if c.byName[fold(in.Name)] != nil {
		// v1 publishes no 409 for this operation.
		return answer{}, refuse(http.StatusBadRequest, "", "a group named %q exists already", in.Name)
	}
	g, err := c.createGroup(in.Name, "")
	if err != nil {
		return answer{}, err
	}
	c.concernsGroup(g)
	return created(v1GroupRow(g))
}

func v1DeleteGroup(c *call) (answer, error) {
	if err := c.needSiteAdmin(); err != nil {
		return answer{}, err
	}
	g, err := c.groupParam("id")
	if err != nil {
		return answer{}, err
	}
	if err := c.deleteGroup(g); err != nil {
		return answer{}, err
	}
	return noContent()
}

func v1Members(c *call) (answer, error) {
	g := c.groups.get(c.vars["groupId"])
	if g == nil {
		return answer{}, notFound("group")
	}
	if limit, err := c.number("limit", v1Max); err != nil {
		return answer{}, err
	} else if limit > v1Max {
		return answer{}, refuse(http.StatusBadRequest, "", "limit is at most %d", v1Max)
	}
	expand, err := c.userExpands()
	if err != nil {
		return answer{}, err
	}
	people := func(yield func(*person) bool) {
		for _, id := range g.members {
			// Suspended people are hidden here (evidence A2, observed).
			if p := c.people.get(id); p.Directory == directoryActive && !yield(p) {
				return
			}
		}
	}
	return listV1Sized(c, people, v1Max, v1Max, func(p *person) any { return c.v1UserRow(p, expand) })
}

// v1MemberOf lists the groups that a person is in.
func v1MemberOf(c *call) (answer, error) {
	id, err := c.required("accountId")
	if err != nil {
		return answer{}, err
	}
	p := c.member(id)
	if p == nil {
		return answer{}, notFound("user")
	}
	return listV1(c, c.groupsByName(func(g *group) bool { return g.members.has(p.ID) }), v1GroupRow)
}

// membership finds the group and the person of a membership write.
func (c *call) membership(accountID string) (*group, *person, error) {
	if err := c.needSiteAdmin(); err != nil {
		return nil, nil, err
	}
	g, err := c.groupParam("groupId")
	if err != nil {
		return nil, nil, err
	}
	if accountID == "" {
		return nil, nil, refuse(http.StatusBadRequest, "", "accountId is missing")
	}
	p := c.member(accountID)
	if p == nil {
		return nil, nil, notFound("user")
	}
	c.concernsPerson(p)
	return g, p, nil
}

func v1AddMember(c *call) (answer, error) {
	var in struct {
		AccountID string `json:"accountId"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	g, p, err := c.membership(in.AccountID)
	if err != nil {
		return answer{}, err
	}
	// v1 publishes no answer for somebody who is a member already; 201 is the
	// one that a client can do least with.
	if _, err := c.join(g, p); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated}, nil
}

// v1RemoveMember answers 204 also for somebody who is no member (published).
func v1RemoveMember(c *call) (answer, error) {
	g, p, err := c.membership(c.query.Get("accountId"))
	if err != nil {
		return answer{}, err
	}
	if _, err := c.leave(g, p); err != nil {
		return answer{}, err
	}
	return noContent()
}
