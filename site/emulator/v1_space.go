package emulator

import "net/http"

// v1UpdateSpace is a true partial update and cannot change access; archiving is
// its status (evidence A6).
func v1UpdateSpace(c *call) (answer, error) {
	var in struct {
		Name        *string `json:"name"`
		Description *struct {
			Plain struct {
				Value          string `json:"value"`
				Representation string `json:"representation"`
			} `json:"plain"`
		} `json:"description"`
		Homepage *struct {
			ID string `json:"id"`
		} `json:"homepage"`
		Type   *string `json:"type"`
		Status *string `json:"status"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	sp := c.byKey[fold(c.vars["spaceKey"])]
	if sp == nil || !c.administers(c.caller) && !c.holds(c.caller, sp, permAdminister) {
		return answer{}, notFound("space")
	}
	if in.Homepage != nil {
		if x := c.contentByID(in.Homepage.ID); x == nil || x.Type != typePage || x.Space != sp.ID || !c.shows(x) {
			return answer{}, refuse(http.StatusBadRequest, "", "space %s has no page %q", sp.Key, in.Homepage.ID)
		}
	}
	if in.Type != nil && *in.Type != sp.Type {
		return answer{}, notEmulated("a change of a space's type")
	}
	var description *string
	if in.Description != nil {
		description = &in.Description.Plain.Value
	}
	if err := c.updateSpace(sp, in.Name, description, in.Status); err != nil {
		return answer{}, err
	}
	if in.Homepage != nil {
		sp.Homepage = in.Homepage.ID
		c.saveSpace(sp)
	}
	return ok(v1SpaceRow(sp))
}

func v1SpaceRow(sp *space) any {
	expandable := object{}
	for _, k := range []string{
		"settings", "metadata", "operations", "lookAndFeel", "permissions", "icon",
		"description", "theme", "history", "homepage", "identifiers",
	} {
		expandable[k] = ""
	}
	return object{
		"id": spaceNumber(sp), "key": sp.Key, "alias": spaceAlias(sp), "name": sp.Name, "type": sp.Type, "status": sp.Status,
		"_expandable": expandable,
		"_links":      object{"webui": "/spaces/" + sp.Key, "self": baseURL + "/wiki/rest/api/space/" + sp.Key, "base": baseURL + "/wiki", "context": "/wiki"},
	}
}

func spaceAlias(sp *space) string {
	if sp.Alias != "" {
		return sp.Alias
	}
	return sp.Key
}

// spaceNumber is a space's id in v1: a number, where v2 has a string.
func spaceNumber(sp *space) uint64 { return number(sp.ID) }
