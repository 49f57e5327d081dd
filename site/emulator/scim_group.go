package emulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// Groups of the identity provider are the groups that it manages; everybody
// else can only read them.

type scimMember struct {
	Value string `json:"value"`
}

type scimGroupBody struct {
	DisplayName string       `json:"displayName"`
	ExternalID  string       `json:"externalId"`
	Members     []scimMember `json:"members"`
}

func (c *call) scimGroupParam() (*group, error) {
	if g := c.groups.get(c.vars["groupId"]); g != nil && g.Managed == ManagedIDP {
		c.concernsGroup(g)
		return g, nil
	}
	return nil, notFound("group")
}

// scimGroupRow shows a group with those of its members that the identity
// provider knows.
func (c *call) scimGroupRow(g *group) any {
	members := []any{}
	for _, id := range g.members {
		if u := c.bySync[id]; u != nil && !u.Deleted {
			members = append(members, object{"type": "User", "value": u.ID, "display": c.people.get(id).Name, "$ref": c.scimLocation("Users", u.ID)})
		}
	}
	row := object{
		"schemas": []string{scimGroupSchema}, "id": g.ID, "displayName": g.Name, "members": members,
		"meta": object{"resourceType": "GROUP", "location": c.scimLocation("Groups", g.ID)},
	}
	if g.ExternalID != "" {
		row["externalId"] = g.ExternalID
	}
	return row
}

// scimAccounts finds the accounts of members; status is the answer for one that
// is not there.
func (c *call) scimAccounts(members []scimMember, status int) (set, error) {
	accounts := set{}
	for _, m := range members {
		u := c.syncs.get(m.Value)
		if u == nil || u.Deleted {
			return nil, refuse(status, "invalidValue", "there is no user %q", m.Value)
		}
		accounts.add(u.Account)
	}
	return accounts, nil
}

func scimGroups(c *call) (answer, error) {
	attribute, value, err := c.scimFilter("displayName")
	if err != nil {
		return answer{}, err
	}
	groups := c.groupsByName(func(g *group) bool {
		return g.Managed == ManagedIDP && (attribute == "" || strings.EqualFold(g.Name, value))
	})
	return listScim(c, groups, c.scimGroupRow)
}

func scimGroup(c *call) (answer, error) {
	g, err := c.scimGroupParam()
	if err != nil {
		return answer{}, err
	}
	return ok(c.scimGroupRow(g))
}

// scimCreateGroup makes a group. A name that any group of the site has is taken:
// linking to one that is there is a choice of the admin pages.
func scimCreateGroup(c *call) (answer, error) {
	var in scimGroupBody
	if err := c.scimBody(&in); err != nil {
		return answer{}, err
	}
	members, err := c.scimAccounts(in.Members, http.StatusBadRequest)
	if err != nil {
		return answer{}, err
	}
	if c.byName[fold(in.DisplayName)] != nil {
		return answer{}, refuse(http.StatusConflict, "uniqueness", "a group named %q exists already", in.DisplayName)
	}
	g, err := c.createGroup(in.DisplayName, "")
	if err != nil {
		return answer{}, refuse(http.StatusBadRequest, "invalidValue", "%v", err)
	}
	g.Managed, g.ExternalID = ManagedIDP, in.ExternalID
	c.saveGroup(g)
	c.syncMembers(g, members)
	c.concernsGroup(g)
	return created(c.scimGroupRow(g))
}

// sameName refuses to rename: the name is immutable (published).
func sameName(g *group, name string) error {
	if name != "" && name != g.Name {
		return refuse(http.StatusBadRequest, "mutability", "a group cannot be renamed")
	}
	return nil
}

func scimReplaceGroup(c *call) (answer, error) {
	g, err := c.scimGroupParam()
	if err != nil {
		return answer{}, err
	}
	var in scimGroupBody
	if err := c.scimBody(&in); err != nil {
		return answer{}, err
	}
	if err := sameName(g, in.DisplayName); err != nil {
		return answer{}, err
	}
	members, err := c.scimAccounts(in.Members, http.StatusBadRequest)
	if err != nil {
		return answer{}, err
	}
	g.ExternalID = in.ExternalID
	c.saveGroup(g)
	c.syncMembers(g, members)
	return ok(c.scimGroupRow(g))
}

// scimOneMember names one member of a group in a path.
var scimOneMember = regexp.MustCompile(`^(?i:members)\[\s*(?i:value)\s+(?i:eq)\s+"([^"\\]*)"\s*\]$`)

func scimPatchGroup(c *call) (answer, error) {
	g, err := c.scimGroupParam()
	if err != nil {
		return answer{}, err
	}
	var in scimPatch
	if err := c.scimBody(&in); err != nil {
		return answer{}, err
	}
	members, external := newSet(g.members), g.ExternalID
	err = in.each(func(op, path string, value json.RawMessage) error {
		if m := scimOneMember.FindStringSubmatch(path); m != nil && op == "remove" {
			value, path = json.RawMessage(`[{"value":"`+m[1]+`"}]`), "members"
		}
		switch fold(path) {
		case "displayname":
			var name string
			if op == "remove" || json.Unmarshal(value, &name) != nil {
				return refuse(http.StatusBadRequest, "mutability", "a group cannot be renamed")
			}
			return sameName(g, name)
		case "externalid":
			external = ""
			if op != "remove" && json.Unmarshal(value, &external) != nil {
				return refuse(http.StatusBadRequest, "invalidValue", "externalId is a text")
			}
			return nil
		case "members":
			return c.patchMembers(&members, op, value)
		}
		return refuse(http.StatusBadRequest, "invalidPath", "there is no attribute %q that can be changed", path)
	})
	if err != nil {
		return answer{}, err
	}
	if external != g.ExternalID {
		g.ExternalID = external
		c.saveGroup(g)
	}
	c.syncMembers(g, members)
	return ok(c.scimGroupRow(g))
}

// patchMembers changes a list of members. Removing without saying whom removes
// all; users that are not there are 404 (published).
func (c *call) patchMembers(members *set, op string, value json.RawMessage) error {
	if op == "remove" && len(value) == 0 {
		*members = nil
		return nil
	}
	var many []scimMember
	if json.Unmarshal(value, &many) != nil {
		var one scimMember
		if json.Unmarshal(value, &one) != nil {
			return refuse(http.StatusBadRequest, "invalidValue", "members is a list of users")
		}
		many = []scimMember{one}
	}
	accounts, err := c.scimAccounts(many, http.StatusNotFound)
	if err != nil {
		return err
	}
	if op == "replace" {
		*members = nil
	}
	for _, id := range accounts {
		if op == "remove" {
			members.remove(id)
		} else {
			members.add(id)
		}
	}
	return nil
}

// scimDeleteGroup un-syncs a group. That destroys all that it was given
// (evidence, Domain, "People, seats, authority").
func scimDeleteGroup(c *call) (answer, error) {
	g, err := c.scimGroupParam()
	if err != nil {
		return answer{}, err
	}
	c.dropGroup(g)
	return noContent()
}
