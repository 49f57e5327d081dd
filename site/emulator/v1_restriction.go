package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

func restrictionLink(x *content, rest string) string {
	return baseURL + "/wiki/rest/api/content/" + x.ID + "/restriction" + rest
}

// v1RestrictionRow is the restriction of one operation, as much of it as is
// wanted.
func (c *call) v1RestrictionRow(x *content, operation string, r restriction, v restrictionView) object {
	shown, hidden := object{}, object{}
	for list, ids := range map[string]set{"user": r.Users, "group": r.Groups} {
		if !slices.Contains(v.lists[operation], list) {
			hidden[list] = ""
			continue
		}
		rows := []any{}
		for _, id := range ids[min(v.start, len(ids)):min(v.start+v.limit, len(ids))] {
			rows = append(rows, c.v1Restricted(list, id))
		}
		shown[list] = object{"results": rows, "start": v.start, "limit": v.limit, "size": len(rows)}
	}
	expandable := object{"content": "/rest/api/content/" + x.ID}
	row := object{
		"operation": operation, "_expandable": expandable,
		"_links": object{"self": restrictionLink(x, "/byOperation/"+operation)},
	}
	if len(shown) == 0 {
		expandable["restrictions"] = ""
	} else {
		shown["_expandable"] = hidden
		row["restrictions"] = shown
	}
	return row
}

// v1Restricted is a person or group that a restriction names. Of those that are
// gone, the id is left.
func (c *call) v1Restricted(list, id string) any {
	if list == "group" {
		if g := c.groups.get(id); g != nil {
			return v1GroupRow(g)
		}
		return v1GroupRow(&group{ID: id, Name: id})
	}
	if p := c.people.get(id); p != nil {
		return c.v1UserRow(p, nil)
	}
	return object{"type": "unknown", "accountId": id}
}

// restrictionView is how much of a restriction the caller wants to see: of which
// operation the lists "user" and "group", from where, and how many names.
type restrictionView struct {
	lists        map[string][]string
	start, limit int
}

// v1Most is how many people and groups of a restriction one page shows
// (evidence A0, "Paging").
const v1Most = 100

// restrictionView reads expand, start and limit. Both lists of both operations
// are wanted unless expand says otherwise; perOperation says that it may name
// operations, which the list of all restrictions publishes and the others do not
// (evidence D).
func (c *call) restrictionView(perOperation bool) (restrictionView, error) {
	both := []string{"user", "group"}
	v := restrictionView{lists: map[string][]string{}}
	expand := c.list("expand")
	if len(expand) == 0 {
		v.lists[opRead], v.lists[opUpdate] = both, both
	}
	for _, e := range expand {
		operations, parts := []string{opRead, opUpdate}, strings.Split(e, ".")
		if perOperation && len(parts) == 3 && slices.Contains(operations, parts[0]) {
			operations, parts = parts[:1], parts[1:]
		}
		switch {
		case e == "content":
			return v, notEmulated("expand=content")
		case len(parts) != 2 || parts[0] != "restrictions" || !slices.Contains(both, parts[1]):
			return v, refuse(http.StatusBadRequest, "", "expand does not know %q", e)
		}
		for _, operation := range operations {
			v.lists[operation] = append(v.lists[operation], parts[1])
		}
	}
	var err error
	if v.start, err = c.number("start", 0); err != nil {
		return v, err
	}
	v.limit, err = c.number("limit", v1Most)
	v.limit = min(v.limit, v1Most)
	return v, err
}

// more reports whether the view ends before the restriction does.
func (v restrictionView) more(r *restriction) bool {
	return v.limit > 0 && v.start+v.limit < max(len(r.Users), len(r.Groups))
}

// restrictedContent finds the content of the path, if it is there for the
// caller. Attachments have no restrictions of their own.
func (c *call) restrictedContent() (*content, error) {
	x := c.contentByID(c.vars["id"])
	if x == nil || !c.shows(x) {
		return nil, contentForbidden()
	}
	return x, nil
}

// v1RestrictionArray answers with both operations, restricted or not.
func (c *call) v1RestrictionArray(x *content, v restrictionView) (answer, error) {
	all := x.restrictions()
	rows := []any{
		c.v1RestrictionRow(x, opRead, all.read, v),
		c.v1RestrictionRow(x, opUpdate, all.update, v),
	}
	links := object{"self": restrictionLink(x, ""), "base": baseURL + "/wiki", "context": "/wiki"}
	if v.more(&all.read) || v.more(&all.update) {
		links["next"] = c.nextStart(v.start+v.limit, v.limit)
	}
	return ok(object{
		"results": rows, "start": v.start, "limit": v.limit, "size": len(rows), "restrictionsHash": all.hash(), "_links": links,
	})
}

func v1Restrictions(c *call) (answer, error) {
	x, err := c.restrictedContent()
	if err != nil {
		return answer{}, err
	}
	v, err := c.restrictionView(true)
	if err != nil {
		return answer{}, err
	}
	return c.v1RestrictionArray(x, v)
}

// v1RestrictionsByOperation has the operations as keys, and links beside them
// (observed by the authors of confluence.js, 3.1.0).
func v1RestrictionsByOperation(c *call) (answer, error) {
	x, err := c.restrictedContent()
	if err != nil {
		return answer{}, err
	}
	v, err := c.restrictionView(false)
	if err != nil {
		return answer{}, err
	}
	all := x.restrictions()
	return ok(object{
		opRead:   c.v1RestrictionRow(x, opRead, all.read, v),
		opUpdate: c.v1RestrictionRow(x, opUpdate, all.update, v),
		"_links": object{"self": restrictionLink(x, "/byOperation"), "base": baseURL + "/wiki", "context": "/wiki"},
	})
}

// restrictionOf finds the restriction of the path's operation: a copy, and the
// copy of both that it is in.
func (c *call) restrictionOf() (x *content, all *restrictions, one *restriction, err error) {
	if x, err = c.restrictedContent(); err != nil {
		return nil, nil, nil, err
	}
	both := x.restrictions()
	if one = both.of(c.vars["operationKey"]); one == nil {
		return nil, nil, nil, notFound("operation")
	}
	return x, &both, one, nil
}

func v1Restriction(c *call) (answer, error) {
	x, _, one, err := c.restrictionOf()
	if err != nil {
		return answer{}, err
	}
	v, err := c.restrictionView(false)
	if err != nil {
		return answer{}, err
	}
	row := c.v1RestrictionRow(x, c.vars["operationKey"], *one, v)
	if v.more(one) {
		row["_links"].(object)["next"] = c.nextStart(v.start+v.limit, v.limit)
	}
	return ok(row)
}

// writableRestrictions finds the content of the path for a change of its
// restrictions. It takes the right to edit the content, and the space's
// permission to restrict; who has not gets the status that the operation
// publishes for it.
func (c *call) writableRestrictions(forbidden int) (*content, error) {
	x, err := c.restrictedContent()
	if err != nil {
		return nil, err
	}
	if !c.keyed() && !c.restricts(c.caller, x) {
		return nil, refuse(forbidden, "", "the caller may not change the restrictions of this content")
	}
	return x, c.customizable(x)
}

// restrictionBody is one entry of a write of restrictions. Clients send people
// and groups as they were read, with all that is known of them; other keys are
// refused.
type restrictionBody struct {
	Operation    string `json:"operation"`
	Restrictions *struct {
		User  json.RawMessage `json:"user"`
		Group json.RawMessage `json:"group"`
	} `json:"restrictions"`
	Content any `json:"content"`
	More    any `json:"_expandable"`
	Links   any `json:"_links"`
}

// restrictionBodies reads a list of entries, bare or as results.
func (c *call) restrictionBodies() ([]restrictionBody, error) {
	var in struct {
		Results []restrictionBody `json:"results"`
		Start   any               `json:"start"`
		Limit   any               `json:"limit"`
		Size    any               `json:"size"`
		Hash    any               `json:"restrictionsHash"`
		Links   any               `json:"_links"`
	}
	if err := c.body(&in.Results); err != nil {
		if err := c.body(&in); err != nil {
			return nil, err
		}
	}
	if len(in.Results) == 0 {
		return nil, refuse(http.StatusBadRequest, "", "the body has no restrictions")
	}
	return in.Results, nil
}

// restriction reads whom the entry names: people and groups who are here, at
// least one of them, and no empty list of groups (evidence A10).
func (c *call) restriction(in restrictionBody) (restriction, error) {
	var out restriction
	if in.Restrictions == nil {
		return out, refuse(http.StatusBadRequest, "", "an entry has no restrictions")
	}
	for kind, part := range map[string]json.RawMessage{typeUser: in.Restrictions.User, typeGroup: in.Restrictions.Group} {
		if len(part) == 0 {
			continue
		}
		named, err := restrictionNames(kind, part)
		if err != nil {
			return out, err
		}
		if kind == typeGroup && len(named) == 0 {
			return out, refuse(http.StatusBadRequest, "", "group is empty: leave it out")
		}
		for _, id := range named {
			if err := c.restrictable(principal{kind, id}); err != nil {
				return out, err
			}
			out.of(kind).add(id)
		}
	}
	if out.empty() {
		return out, refuse(http.StatusBadRequest, "", "a restriction names nobody")
	}
	return out, nil
}

// restrictionNames reads ids from a list of people or groups, bare or as results.
func restrictionNames(kind string, part json.RawMessage) ([]string, error) {
	type named struct {
		Type      string `json:"type"`
		ID        string `json:"id"`
		AccountID string `json:"accountId"`
	}
	var list []named
	if err := json.Unmarshal(part, &list); err != nil {
		var results struct {
			Results []named `json:"results"`
		}
		if err := json.Unmarshal(part, &results); err != nil || kind == typeGroup {
			return nil, refuse(http.StatusBadRequest, "", "user and group are lists")
		}
		list = results.Results
	}
	var out []string
	for _, n := range list {
		switch {
		case kind == typeUser && n.Type == "known":
			out = append(out, n.AccountID)
		case kind == typeGroup && n.Type == "group":
			out = append(out, n.ID)
		default:
			return nil, refuse(http.StatusBadRequest, "", "there is no type %q of those whom a restriction names", n.Type)
		}
	}
	return out, nil
}

// writeRestrictions adds the body's entries to what is there before.
func (c *call) writeRestrictions(before func(*content) restrictions) (answer, error) {
	x, err := c.writableRestrictions(http.StatusNotFound)
	if err != nil {
		return answer{}, err
	}
	entries, err := c.restrictionBodies()
	if err != nil {
		return answer{}, err
	}
	v, err := c.restrictionView(true)
	if err != nil {
		return answer{}, err
	}
	to := before(x)
	for _, entry := range entries {
		one := to.of(entry.Operation)
		if one == nil {
			return answer{}, refuse(http.StatusBadRequest, "", "content is restricted for read and update, not for %q", entry.Operation)
		}
		more, err := c.restriction(entry)
		if err != nil {
			return answer{}, err
		}
		one.Users, one.Groups = newSet(slices.Concat(one.Users, more.Users)), newSet(slices.Concat(one.Groups, more.Groups))
	}
	c.restrict(x, to)
	return c.v1RestrictionArray(x, v)
}

// v1SetRestrictions replaces all restrictions: an operation that the body does
// not name has none afterwards (published; the interplay of both is unknown).
func v1SetRestrictions(c *call) (answer, error) {
	return c.writeRestrictions(func(*content) restrictions { return restrictions{} })
}

// v1AddRestrictions adds to the restrictions and takes nothing away.
func v1AddRestrictions(c *call) (answer, error) { return c.writeRestrictions((*content).restrictions) }

func v1ClearRestrictions(c *call) (answer, error) {
	x, err := c.writableRestrictions(http.StatusForbidden)
	if err != nil {
		return answer{}, err
	}
	v, err := c.restrictionView(true)
	if err != nil {
		return answer{}, err
	}
	c.restrict(x, restrictions{})
	return c.v1RestrictionArray(x, v)
}

// restrictedSubject is the person or group of a path about one of them.
func (c *call) restrictedSubject() (principal, error) {
	if id, group := c.vars["groupId"]; group {
		return principal{typeGroup, id}, nil
	}
	for _, old := range []string{"key", "username"} {
		if c.query.Has(old) {
			return principal{}, refuse(http.StatusBadRequest, "", "people are named by accountId, not by %s", old)
		}
	}
	id, err := c.required("accountId")
	return principal{typeUser, id}, err
}

// oneRestricted says whether the restriction names somebody: 200 without a body,
// or 404.
func oneRestricted(c *call) (answer, error) {
	_, _, one, err := c.restrictionOf()
	if err != nil {
		return answer{}, err
	}
	who, err := c.restrictedSubject()
	if err != nil {
		return answer{}, err
	}
	if !one.of(who.Type).has(who.ID) {
		return answer{}, notFound("restriction")
	}
	return answer{status: http.StatusOK}, nil
}

// changeRestricted adds somebody to the restriction of the path, or takes them
// out. Taking out whom it does not name is 404. What is left of a restriction
// whose last name was taken is none: the content is open.
func changeRestricted(c *call, add bool) (answer, error) {
	forbidden := http.StatusNotFound
	if _, group := c.vars["groupId"]; group {
		forbidden = http.StatusForbidden
	}
	x, err := c.writableRestrictions(forbidden)
	if err != nil {
		return answer{}, err
	}
	_, all, one, err := c.restrictionOf()
	if err != nil {
		return answer{}, err
	}
	who, err := c.restrictedSubject()
	if err != nil {
		return answer{}, err
	}
	names := one.of(who.Type)
	switch {
	case add:
		if c.restrictable(who) != nil {
			return answer{}, notFound("user or group")
		}
		names.add(who.ID)
	case !names.has(who.ID):
		return answer{}, notFound("restriction")
	default:
		names.remove(who.ID)
	}
	c.restrict(x, *all)
	return answer{status: http.StatusOK}, nil
}

func v1GroupRestricted(c *call) (answer, error) { return oneRestricted(c) }
func v1UserRestricted(c *call) (answer, error)  { return oneRestricted(c) }
func v1RestrictGroup(c *call) (answer, error)   { return changeRestricted(c, true) }
func v1RestrictUser(c *call) (answer, error)    { return changeRestricted(c, true) }
func v1UnrestrictGroup(c *call) (answer, error) { return changeRestricted(c, false) }
func v1UnrestrictUser(c *call) (answer, error)  { return changeRestricted(c, false) }
