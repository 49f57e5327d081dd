package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
)

// dcContent finds the content of the path, if the caller may view it.
func (c *call) dcContent() (*content, error) {
	found := c.contentByID(c.vars["id"])
	if found == nil || !c.views(c.caller, found) {
		return nil, refuse(http.StatusNotFound, "", "there is no content %q, or the caller may not view it", c.vars["id"])
	}
	return found, nil
}

// dcContentRow is content as a restriction shows it.
func (c *call) dcContentRow(of *content) any {
	return object{
		"id": of.ID, "type": of.Type, "status": statusCurrent, "title": of.Title,
		"_links": object{"self": c.base() + "/rest/api/content/" + of.ID},
	}
}

// dcPrincipals are the people and the groups of a restriction, each a page of
// its own. Groups that are gone do not show: Data Center has no ids to show them
// by.
func (c *call) dcPrincipals(r restriction) object {
	start, _ := c.number("start", 0)
	limit, _ := c.number("limit", dcGroupMax)
	return c.dcPageOfPrincipals(r, start, min(limit, dcGroupMax))
}

func (c *call) dcPageOfPrincipals(r restriction, start, limit int) object {
	page := func(rows []any) any {
		rows = rows[min(start, len(rows)):min(start+limit, len(rows))]
		return object{"results": rows, "start": start, "limit": limit, "size": len(rows)}
	}
	people := make([]any, 0, len(r.Users))
	for _, id := range r.Users {
		people = append(people, c.dcSubject(principal{typeUser, id}))
	}
	groups := make([]any, 0, len(r.Groups))
	for _, id := range r.Groups {
		if g := c.groups.get(id); g != nil {
			groups = append(groups, c.dcGroupRow(g))
		}
	}
	return object{"user": page(people), "group": page(groups)}
}

func (c *call) dcRestrictionRow(of *content, operation string) object {
	r := of.restrictions()
	return object{
		"operation": operation, "restrictions": c.dcPrincipals(*r.of(operation)),
		"_links":      object{"self": c.base() + "/rest/api/content/" + of.ID + "/restriction/byOperation/" + operation},
		"_expandable": object{"content": "/rest/api/content/" + of.ID},
	}
}

// checkPage refuses a start or a limit that is no number.
func (c *call) checkPage() error {
	if _, err := c.number("start", 0); err != nil {
		return err
	}
	_, err := c.number("limit", 0)
	return err
}

// dcRestrictions shows both operations, below the key that the document gives.
func dcRestrictions(c *call) (answer, error) {
	of, err := c.dcContent()
	if err != nil {
		return answer{}, err
	}
	if err := c.checkPage(); err != nil {
		return answer{}, err
	}
	return ok(object{
		"restrictions": object{opRead: c.dcRestrictionRow(of, opRead), opUpdate: c.dcRestrictionRow(of, opUpdate)},
		"_links":       object{"self": baseURL + c.req.Path, "base": c.base(), "context": c.limits.context},
	})
}

func dcRestriction(c *call) (answer, error) {
	of, err := c.dcContent()
	if err != nil {
		return answer{}, err
	}
	if err := c.checkPage(); err != nil {
		return answer{}, err
	}
	operation := c.vars["operationKey"]
	if operation != opRead && operation != opUpdate {
		return answer{}, refuse(http.StatusBadRequest, "", "an operation is read or update, not %q", operation)
	}
	return ok(c.dcRestrictionRow(of, operation))
}

// dcRelevantRestrictions lists the view restrictions that decide about the
// content: its own first, then those of the pages above.
func dcRelevantRestrictions(c *call) (answer, error) {
	of, err := c.dcContent()
	if err != nil {
		return answer{}, err
	}
	start, err := c.number("start", 0)
	if err != nil {
		return answer{}, err
	}
	const most = 50 // evidence B5
	limit, err := c.number("limit", most)
	if err != nil {
		return answer{}, err
	}
	limit = min(limit, most)
	rows := []any{}
	for _, at := range append([]*content{of}, c.ancestry(of)...) {
		if !at.Read.empty() {
			rows = append(rows, object{"content": c.dcContentRow(at), "operation": opRead, "restrictions": c.dcPrincipals(at.Read)})
		}
	}
	rows = rows[min(start, len(rows)):min(start+limit, len(rows))]
	return ok(object{"viewContentRestrictions": object{"results": rows, "start": start, "limit": limit, "size": len(rows)}})
}

// dcRestrictionBody is one operation of a write. What a read answers may be sent
// back (published), so its keys are taken too.
type dcRestrictionBody struct {
	Operation    string `json:"operation"`
	Restrictions struct {
		User  dcPrincipalList `json:"user"`
		Group dcPrincipalList `json:"group"`
	} `json:"restrictions"`
	Content    any `json:"content"`
	Links      any `json:"_links"`
	Expandable any `json:"_expandable"`
	Changed    any `json:"lastModificationDate"`
}

// dcPrincipalList is a list of people or groups, or a page of them.
type dcPrincipalList struct {
	given bool
	items []dcPrincipalBody
}

type dcPrincipalBody struct {
	Username string `json:"username"`
	UserKey  string `json:"userKey"`
	Name     string `json:"name"`
}

// UnmarshalJSON takes both forms, and no null.
func (l *dcPrincipalList) UnmarshalJSON(text []byte) error {
	l.given = true
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, &l.items)
	}
	var page struct {
		Results []dcPrincipalBody `json:"results"`
	}
	err := json.Unmarshal(text, &page)
	l.items = page.Results
	return err
}

// dcSetRestrictions replaces what is given: an operation that is missing keeps
// its restrictions, and so do its people or its groups when they are; an empty
// list lifts them. Callers may not shut themselves out. All published.
func dcSetRestrictions(c *call) (answer, error) {
	of, err := c.dcContent()
	if err != nil {
		return answer{}, err
	}
	if !c.restricts(c.caller, of) {
		return answer{}, refuse(http.StatusForbidden, "", "the caller may not change the restrictions of %q", of.Title)
	}
	if err := c.customizable(of); err != nil {
		return answer{}, err
	}
	if err := c.checkPage(); err != nil {
		return answer{}, err
	}
	var in []dcRestrictionBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	to := of.restrictions()
	var seen []string
	for _, b := range in {
		r := to.of(b.Operation)
		if r == nil || slices.Contains(seen, b.Operation) {
			return answer{}, refuse(http.StatusBadRequest, "", "an operation is read or update, each once, not %q", b.Operation)
		}
		seen = append(seen, b.Operation)
		if b.Restrictions.User.given {
			if r.Users, err = c.dcNamed(b.Restrictions.User.items, c.dcRestrictedUser); err != nil {
				return answer{}, err
			}
		}
		if b.Restrictions.Group.given {
			if r.Groups, err = c.dcNamed(b.Restrictions.Group.items, c.dcRestrictedGroup); err != nil {
				return answer{}, err
			}
		}
	}
	if !c.admits(to.read, c.caller) || !c.admits(to.update, c.caller) {
		return answer{}, refuse(http.StatusBadRequest, "", "the caller would lose access to %q", of.Title)
	}
	c.restrict(of, to)
	return listDC(c, []string{opRead, opUpdate}, dcGroupMax, dcGroupMax, func(operation string) any { return c.dcRestrictionRow(of, operation) })
}

// dcNamed finds everybody who is named.
func (c *call) dcNamed(items []dcPrincipalBody, find func(dcPrincipalBody) (string, bool)) (set, error) {
	out := set{}
	for _, item := range items {
		id, found := find(item)
		if !found {
			return nil, refuse(http.StatusBadRequest, "", "there is no user or group %q", item.Username+item.UserKey+item.Name)
		}
		out.add(id)
	}
	return out, nil
}

func (c *call) dcRestrictedUser(b dcPrincipalBody) (string, bool) {
	p := c.personByUser(b.Username)
	if b.Username == "" {
		p = c.personByKey(b.UserKey)
	}
	if p == nil {
		return "", false
	}
	return p.ID, true
}

func (c *call) dcRestrictedGroup(b dcPrincipalBody) (string, bool) {
	g := c.byName[fold(b.Name)]
	if g == nil {
		return "", false
	}
	return g.ID, true
}
