package emulator

import (
	"net/http"
	"slices"
)

// userExpands are the parts of a person that v1 shows on demand.
func (c *call) userExpands() ([]string, error) {
	expand := c.list("expand")
	for _, e := range expand {
		if e != "operations" && e != "personalSpace" && e != "isExternalCollaborator" {
			return nil, refuse(http.StatusBadRequest, "", "expand does not know %q", e)
		}
	}
	return expand, nil
}

// v1UserRow is a person as v1 shows them to the caller. An e-mail address is
// blank unless it is visible, which here means one's own (evidence A3).
func (c *call) v1UserRow(p *person, expand []string) any {
	row := object{
		"type": "known", "accountId": p.ID, "accountType": "atlassian", "email": c.visibleEmail(p),
		"publicName": p.nickname(), "displayName": p.Name + c.suffix(p),
		"profilePicture":         object{"path": "/wiki/aa-avatar/" + p.ID, "width": 48, "height": 48, "isDefault": true},
		"isExternalCollaborator": c.guest(p), "isGuest": c.guest(p),
		"_links": object{"self": baseURL + "/wiki/rest/api/user?accountId=" + p.ID},
	}
	expandable := object{"operations": "", "personalSpace": ""}
	if slices.Contains(expand, "operations") {
		row["operations"] = c.siteOperations(p)
		delete(expandable, "operations")
	}
	if slices.Contains(expand, "personalSpace") {
		// The part is there when the space is, whoever may see it.
		if sp := c.personalSpace(p); sp != nil {
			row["personalSpace"] = v1SpaceRow(sp)
		}
		delete(expandable, "personalSpace")
	}
	row["_expandable"] = expandable
	return row
}

func (c *call) visibleEmail(p *person) string {
	if p == c.caller {
		return p.Email
	}
	return ""
}

// suffix: people who cannot enter are marked in their names (CONFCLOUD-69909).
func (s *state) suffix(p *person) string {
	switch {
	case p.Account == accountInactive:
		return " (Deactivated)"
	case !s.licensed(p):
		return " (Unlicensed)"
	}
	return ""
}

// siteOperations are the global permissions that a person has.
func (s *state) siteOperations(p *person) []any {
	out := []any{}
	add := func(operation, target string) {
		out = append(out, object{"operation": operation, "targetType": target})
	}
	if s.enters(p) {
		add("use", "application")
		if p != nil && s.createsSpaces(p) {
			add("create_space", "application")
		}
		if s.administers(p) {
			add("administer", "application")
		}
	}
	return out
}

func (c *call) v1UserAnswer(p *person) (answer, error) {
	expand, err := c.userExpands()
	if err != nil {
		return answer{}, err
	}
	return ok(c.v1UserRow(p, expand))
}

func v1CurrentUser(c *call) (answer, error) {
	if c.caller == nil {
		return v1AnonymousUser(c)
	}
	return c.v1UserAnswer(c.caller)
}

// v1AnonymousUser is how people without credentials are shown.
func v1AnonymousUser(c *call) (answer, error) {
	expand, err := c.userExpands()
	if err != nil {
		return answer{}, err
	}
	row := object{
		"type": "anonymous", "displayName": "Anonymous", "_expandable": object{"operations": ""},
		"profilePicture": object{"path": "/wiki/aa-avatar/anonymous", "width": 48, "height": 48, "isDefault": true},
		"_links":         object{"self": baseURL + "/wiki/rest/api/user/anonymous"},
	}
	if slices.Contains(expand, "operations") {
		row["operations"], row["_expandable"] = c.siteOperations(nil), object{}
	}
	return ok(row)
}

func v1User(c *call) (answer, error) {
	id, err := c.required("accountId")
	if err != nil {
		return answer{}, err
	}
	p := c.member(id)
	if p == nil {
		return answer{}, notFound("user")
	}
	return c.v1UserAnswer(p)
}

// v1Users leaves out accounts that are not there.
func v1Users(c *call) (answer, error) {
	ids := c.list("accountId")
	if len(ids) == 0 || len(ids) > 100 {
		return answer{}, refuse(http.StatusBadRequest, "", "between 1 and 100 values of accountId are needed")
	}
	expand, err := c.userExpands()
	if err != nil {
		return answer{}, err
	}
	var people []*person
	for _, id := range ids {
		if p := c.member(id); p != nil {
			people = append(people, p)
		}
	}
	return listV1(c, people, func(p *person) any { return c.v1UserRow(p, expand) })
}
