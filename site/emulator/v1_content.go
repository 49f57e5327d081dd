package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// searchMax is the largest page of a search for content: asking for more is cut
// silently (the true cap is unknown: docs/evidence.md "Unknown" 5).
const searchMax = 100

// embeddedMax is how many people and groups a search shows of one restriction.
// A longer list is cut, and says so by its size and limit: the rest is in the
// content's own list (A10: "embedded lists may page separately").
const embeddedMax = 25

// v1Expandable are the parts of content that v1 shows on demand; those that are
// not emulated are refused.
var (
	v1Expandable = []string{
		"ancestors", "version", "space", "operations", "restrictions", "restrictions.read", "restrictions.update",
		"restrictions.read.restrictions", "restrictions.read.restrictions.user", "restrictions.read.restrictions.group",
		"restrictions.update.restrictions", "restrictions.update.restrictions.user", "restrictions.update.restrictions.group",
	}
	v1NotExpanded = []string{
		"body", "children", "childTypes", "container", "descendants", "extensions", "history", "macroRenderedOutput",
		"metadata", "schedulePublishDate", "schedulePublishInfo",
	}
)

// contentExpands reads which parts are wanted. A part of a part wants both.
func (c *call) contentExpands() (set, error) {
	var out set
	for _, e := range c.list("expand") {
		if root, _, _ := strings.Cut(e, "."); slices.Contains(v1NotExpanded, root) {
			return nil, notEmulated("expand=" + e)
		}
		if !slices.Contains(v1Expandable, e) {
			return nil, refuse(http.StatusBadRequest, "", "expand does not know %q", e)
		}
		for i, r := range e {
			if r == '.' {
				out.add(e[:i])
			}
		}
		out.add(e)
	}
	return out, nil
}

// v1ContentRow is content as v1 shows it.
func (c *call) v1ContentRow(x *content, expand set) object {
	sp := c.spaceOf(x)
	expandable := object{}
	for _, part := range []string{
		"childTypes", "container", "metadata", "operations", "children", "restrictions", "history", "ancestors", "body",
		"version", "descendants", "space", "extensions", "schedulePublishDate", "schedulePublishInfo", "macroRenderedOutput",
	} {
		if !expand.has(part) {
			expandable[part] = ""
		}
	}
	row := object{
		"id": x.ID, "type": x.Type, "status": statusCurrent, "title": x.Title, "_expandable": expandable,
		"_links": object{"self": baseURL + "/wiki/rest/api/content/" + x.ID, "webui": "/spaces/" + sp.Key + "/pages/" + x.ID, "tinyui": "/x/" + x.ID},
	}
	if expand.has("space") {
		row["space"] = v1SpaceRow(sp)
	}
	if expand.has("version") {
		row["version"] = object{"number": x.Version, "minorEdit": false, "when": instant(x.modified())}
	}
	if expand.has("operations") {
		row["operations"] = c.contentOperations(x)
	}
	if expand.has("ancestors") {
		above := []any{}
		if x.Type == typePage {
			for _, up := range slices.Backward(c.ancestry(x)) {
				above = append(above, c.v1ContentRow(up, nil))
			}
		}
		row["ancestors"] = above
	}
	if expand.has("restrictions") {
		row["restrictions"] = c.v1EmbeddedRestrictions(x, expand)
	}
	return row
}

func (c *call) v1EmbeddedRestrictions(x *content, expand set) any {
	expandable, out := object{}, object{"_links": object{"self": restrictionLink(x, "/byOperation")}}
	all := x.restrictions()
	v := restrictionView{lists: map[string][]string{}, limit: embeddedMax}
	for _, operation := range []string{opRead, opUpdate} {
		if !expand.has("restrictions." + operation) {
			expandable[operation] = ""
			continue
		}
		for _, list := range []string{"user", "group"} {
			if expand.has("restrictions." + operation + ".restrictions." + list) {
				v.lists[operation] = append(v.lists[operation], list)
			}
		}
		out[operation] = c.v1RestrictionRow(x, operation, *all.of(operation), v)
	}
	out["_expandable"] = expandable
	return out
}

// v1CheckPermission says whether a person or a group may do something with
// content. About others only Confluence administrators may ask (published), also
// about content that they do not see themselves.
func v1CheckPermission(c *call) (answer, error) {
	var in struct {
		Subject *struct {
			Type       string `json:"type"`
			Identifier string `json:"identifier"`
		} `json:"subject"`
		Operation string `json:"operation"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	may := map[string]func(*person, *content) bool{opRead: c.views, opUpdate: c.edits, opDelete: c.deletes}[in.Operation]
	if in.Subject == nil || may == nil {
		return answer{}, refuse(http.StatusBadRequest, "", "a subject, and the operation read, update or delete, are needed")
	}
	who, err := c.subject(in.Subject.Type, in.Subject.Identifier)
	if err != nil {
		return answer{}, err
	}
	boss := c.administers(c.caller)
	if !boss && who != (principal{typeUser, c.caller.ID}) {
		return answer{}, refuse(http.StatusForbidden, "", "only an administrator may ask about others")
	}
	x := c.contentByID(c.vars["id"])
	if x == nil || !boss && !c.shows(x) {
		return answer{}, contentForbidden()
	}
	return ok(object{"hasPermission": may(c.asPerson(who), x), "errors": []any{}, "_links": object{}})
}

// asPerson returns somebody who stands where the principal stands: the person, a
// member of the group alone, or nobody in particular.
func (s *state) asPerson(who principal) *person {
	switch who.Type {
	case typeUser:
		return s.people.get(who.ID)
	case typeGroup:
		return &person{Account: accountActive, Directory: directoryActive, groups: set{who.ID}}
	}
	return nil
}
