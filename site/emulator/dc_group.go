package emulator

import (
	"net/http"
	"slices"
)

// dcGroupRow is a group as Data Center shows it: by its name, without an id.
func (c *call) dcGroupRow(g *group) any {
	return object{
		"type": "group", "name": g.Name,
		"_links": object{"self": c.base() + "/rest/api/group/" + g.Name},
	}
}

// dcGroupMax is the largest page of groups and of their members, as published
// for the default.
const dcGroupMax = 200

func (c *call) listGroupsDC(ids set) (answer, error) {
	return listDC(c, c.groupsByName(func(g *group) bool { return ids.has(g.ID) }), dcGroupMax, dcGroupMax, c.dcGroupRow)
}

func dcGroups(c *call) (answer, error) {
	return listDC(c, c.groupsByName(func(*group) bool { return true }), dcGroupMax, dcGroupMax, c.dcGroupRow)
}

// dcNamedGroup finds the group of the path. The document has no 404 for reads of
// groups; nothing else can be the answer.
func (c *call) dcNamedGroup() (*group, error) {
	if g := c.byName[fold(c.vars["groupName"])]; g != nil {
		return g, nil
	}
	return nil, refuse(http.StatusNotFound, "", "there is no group %q", c.vars["groupName"])
}

func dcGroup(c *call) (answer, error) {
	g, err := c.dcNamedGroup()
	if err != nil {
		return answer{}, err
	}
	return ok(c.dcGroupRow(g))
}

// dcMembers lists, to administrators (published), the people in the group and in
// the groups in it: whether it does is unknown, and a member whom removing does
// not remove is the worst case.
func dcMembers(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	g, err := c.dcNamedGroup()
	if err != nil {
		return answer{}, err
	}
	var people []*person
	for _, id := range c.everyMember(g) {
		people = append(people, c.people.get(id)) // whoever leaves the directory leaves its groups
	}
	slices.SortFunc(people, byUsername)
	return listDC(c, people, dcGroupMax, dcGroupMax, c.dcUserRow)
}

func dcChildren(c *call) (answer, error) {
	g, err := c.dcNamedGroup()
	if err != nil {
		return answer{}, err
	}
	return c.listGroupsDC(g.children)
}

func dcParents(c *call) (answer, error) {
	g, err := c.dcNamedGroup()
	if err != nil {
		return answer{}, err
	}
	return c.listGroupsDC(g.parents)
}

func dcAncestors(c *call) (answer, error) {
	g, err := c.dcNamedGroup()
	if err != nil {
		return answer{}, err
	}
	return c.listGroupsDC(c.ancestors(g))
}

// dcCreateGroup makes a group. The body's schema is empty in the document; type
// and name are the usual form (evidence B1).
func dcCreateGroup(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	var in struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	g, err := c.createGroup(in.Name, "")
	if err != nil {
		return answer{}, err
	}
	return ok(c.dcGroupRow(g))
}

// dcDeleteGroup refuses the last group that makes administrators (published).
func dcDeleteGroup(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	g, err := c.dcNamedGroup()
	if err != nil {
		return answer{}, err
	}
	if err := c.mayTouchGroup(g); err != nil {
		return answer{}, err
	}
	if c.makesAdmins(g) {
		others := c.groupsByName(func(o *group) bool { return o != g && c.makesAdmins(o) })
		if len(others) == 0 {
			return answer{}, refuse(http.StatusBadRequest, "", "group %q is the last one of administrators", g.Name)
		}
	}
	if err := c.deleteGroup(g); err != nil {
		return answer{}, err
	}
	return noContent()
}

func (s *state) makesAdmins(g *group) bool {
	return g.Name == superGroup || g.Product.has(roleAdmin) || g.Globals.has(GlobalSystem)
}

// mayTouchGroup refuses to change a group of system administrators unless the
// caller is one.
func (c *call) mayTouchGroup(g *group) error {
	family := append(c.ancestors(g), g.ID)
	if slices.ContainsFunc(family, func(id string) bool {
		g := c.groups.get(id)
		return g.Name == superGroup || g.Globals.has(GlobalSystem)
	}) {
		return c.needSystemAdmin()
	}
	return nil
}

// dcMembership finds the person and the group of a membership write.
func (c *call) dcMembership() (*group, *person, error) {
	if err := c.needAdmin(); err != nil {
		return nil, nil, err
	}
	p, err := c.dcNamedUser()
	if err != nil {
		return nil, nil, err
	}
	g, err := c.dcNamedGroup()
	if err != nil {
		return nil, nil, err
	}
	return g, p, c.mayTouchGroup(g)
}

// dcAddMember and dcRemoveMember do nothing to what is so already (published).
func dcAddMember(c *call) (answer, error) {
	g, p, err := c.dcMembership()
	if err != nil {
		return answer{}, err
	}
	if _, err := c.join(g, p); err != nil {
		return answer{}, dcNoSeat(err, http.StatusBadRequest)
	}
	return noContent()
}

func dcRemoveMember(c *call) (answer, error) {
	g, p, err := c.dcMembership()
	if err != nil {
		return answer{}, err
	}
	if _, err := c.leave(g, p); err != nil {
		return answer{}, err
	}
	return noContent()
}
