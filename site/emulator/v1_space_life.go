package emulator

import (
	"encoding/json"
	"net/http"
)

// spaceBody is a space as v1 makes it.
type spaceBody struct {
	Name        string `json:"name"`
	Key         string `json:"key"`
	Alias       string `json:"alias"`
	Description *struct {
		Plain struct {
			Value          string `json:"value"`
			Representation string `json:"representation"`
		} `json:"plain"`
	} `json:"description"`
	Permissions []spacePermissionBody `json:"permissions"`
}

// spacePermissionBody is one permission of a new space. Clients send people and
// groups with more than is needed.
type spacePermissionBody struct {
	Subjects *struct {
		User  json.RawMessage `json:"user"`
		Group json.RawMessage `json:"group"`
		More  any             `json:"_expandable"`
	} `json:"subjects"`
	Operation struct {
		Operation  string `json:"operation"`
		TargetType string `json:"targetType"`
	} `json:"operation"`
	Anonymous  bool `json:"anonymousAccess"`
	Unlicensed bool `json:"unlicensedAccess"`
	ID         any  `json:"id"`
}

// v1CreateSpace makes a space on a site of any mode. With permissions it gets
// exactly those, and the creator nothing; without, the defaults of the site's
// mode (evidence A6).
func v1CreateSpace(c *call) (answer, error) {
	var in spaceBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if len(in.Permissions) == 0 {
		return c.v1NewSpace(in, c.defaultAccess)
	}
	wanted, err := c.spacePermissions(in.Permissions)
	if err != nil {
		return answer{}, err
	}
	return c.v1NewSpace(in, func(sp *space) {
		for _, w := range wanted {
			c.putPermission(sp, w.who, w.permission)
		}
	})
}

// v1CreatePrivateSpace makes a space for its creator alone.
func v1CreatePrivateSpace(c *call) (answer, error) {
	var in spaceBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	return c.v1NewSpace(in, c.privateAccess)
}

func (c *call) v1NewSpace(in spaceBody, give func(*space)) (answer, error) {
	if in.Key == "" {
		in.Key = in.Alias
	}
	if !c.createsSpaces(c.caller) {
		return answer{}, refuse(http.StatusForbidden, "", "the caller may not create spaces")
	}
	sp := &space{Key: in.Key, Alias: in.Alias, Name: in.Name, Author: c.caller.ID, Created: c.now}
	if in.Description != nil {
		sp.Description = in.Description.Plain.Value
	}
	if err := c.createSpace(sp, nil); err != nil {
		return answer{}, err
	}
	give(sp)
	return ok(v1SpaceRow(sp))
}

// defaultAccess gives what a new space has when nobody says otherwise.
func (s *state) defaultAccess(sp *space) {
	creator := s.people.get(sp.Author)
	if s.roleMode() == ModePreRoles {
		s.legacyDefaults(sp, creator)
		return
	}
	for _, g := range s.defaultGrants(creator) {
		s.assign(sp, g.who, g.role)
	}
}

// privateAccess gives the creator everything and nobody else anything.
func (s *state) privateAccess(sp *space) {
	creator := s.people.get(sp.Author)
	if s.roleMode() == ModePreRoles {
		s.legacyAdmin(sp, creator)
		return
	}
	for _, g := range s.privateGrants(creator) {
		s.assign(sp, g.who, g.role)
	}
}

// wantedPermission is one permission that a new space shall have.
type wantedPermission struct {
	who        principal
	permission string
}

// spacePermissions checks the permissions of a new space: the rules are those of
// adding them one by one, but for their order.
func (c *call) spacePermissions(in []spacePermissionBody) ([]wantedPermission, error) {
	bad := func(format string, args ...any) ([]wantedPermission, error) {
		return nil, refuse(http.StatusBadRequest, "", format, args...)
	}
	if c.limits.free() {
		return bad("permissions cannot be customised on the Free plan")
	}
	if c.roleMode() == ModeRoles {
		return bad("access to spaces is given by roles on this site")
	}
	var out []wantedPermission
	views := map[principal]bool{}
	for _, p := range in {
		permission := p.Operation.Operation + "/" + p.Operation.TargetType
		if !inCatalogue(permission) || c.roleMode() == ModePreRoles && !documentedPairs.has(permission) {
			return bad("there is no permission %q", permission)
		}
		subjects, err := c.spaceSubjects(p)
		if err != nil {
			return nil, err
		}
		for _, who := range subjects {
			if err := c.fitsGuest(nil, who, set{permission}); err != nil {
				return nil, err
			}
			if who == anonymous && !forAnonymous(permission) {
				return bad("anonymous people cannot have %s", permission)
			}
			views[who] = views[who] || permission == permView
			out = append(out, wantedPermission{who, permission})
			if with := companions[permission]; with != "" {
				out = append(out, wantedPermission{who, with})
			}
		}
	}
	for _, w := range out {
		if !views[w.who] {
			return bad("a principal needs %s as well", permView)
		}
	}
	return out, nil
}

// spaceSubjects returns whom one permission of a new space is for.
func (c *call) spaceSubjects(p spacePermissionBody) ([]principal, error) {
	var out []principal
	if p.Unlicensed {
		return nil, notEmulated("access for people without a licence")
	}
	if p.Anonymous {
		out = append(out, anonymous)
	}
	if p.Subjects == nil {
		return out, nil
	}
	type named struct {
		Results []struct {
			AccountID string `json:"accountId"`
			ID        string `json:"id"`
			Name      string `json:"name"`
		} `json:"results"`
	}
	for kind, part := range map[string]json.RawMessage{"user": p.Subjects.User, "group": p.Subjects.Group} {
		var list named
		if len(part) > 0 {
			if err := json.Unmarshal(part, &list); err != nil {
				return nil, refuse(http.StatusBadRequest, "", "subjects.%s has results", kind)
			}
		}
		for _, n := range list.Results {
			identifier := n.AccountID
			if kind == "group" {
				if identifier = n.ID; identifier == "" {
					identifier = n.Name
				}
			}
			who, err := c.subject(kind, identifier)
			if err != nil {
				return nil, err
			}
			out = append(out, who)
		}
	}
	return out, nil
}

// v1DeleteSpace deletes a space for good, past the trash. The answer points to a
// task by a link that lacks /wiki, as observed (evidence A0, A6).
func v1DeleteSpace(c *call) (answer, error) {
	sp := c.byKey[fold(c.vars["spaceKey"])]
	if sp == nil || !c.administers(c.caller) && !c.holds(c.caller, sp, permAdminister) {
		return answer{}, notFound("space")
	}
	c.deleteSpace(sp)
	t := c.newTask("delete space", c.caller.ID, c.now)
	return accepted(object{
		"id": t.ID, "ari": "ari:cloud:confluence:" + c.site.CloudID + ":long-running-task/" + t.ID,
		"links": object{"status": "/rest/api/longtask/" + t.ID},
	})
}
