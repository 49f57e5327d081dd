package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// event is a line of the organisation's audit log. What is done in the admin
// pages of the emulator has no author and leaves none.
type event struct {
	ID      string // numbers with leading zeros, so that the order is the one of time
	Time    time.Time
	Action  string
	Actor   string        // account id, or the id of an identity provider's directory
	Product string        `json:",omitempty"` // "confluence" for what came through this site
	About   []eventObject `json:",omitempty"`
}

// eventObject is what something was done to.
type eventObject struct {
	ID   string
	Type string // USER, GROUP or TOKEN
	Name string
}

// Kinds of event. Atlassian publishes an operation that lists them and not the
// list; these are plausible names.
var eventActions = []struct{ id, name, group string }{
	{"account_deletion_canceled", "Canceled deletion of account", "Atlassian accounts"},
	{"account_deletion_scheduled", "Scheduled deletion of account", "Atlassian accounts"},
	{"api_token_revoked", "Revoked API token", "API tokens"},
	{"email_changed", "Changed email address", "Atlassian accounts"},
	{"group_created", "Created group", "Groups"},
	{"group_deleted", "Deleted group", "Groups"},
	{"group_granted_role", "Granted role to group", "Groups"},
	{"group_revoked_role", "Revoked role from group", "Groups"},
	{"profile_changed", "Changed profile", "Atlassian accounts"},
	{"user_activated", "Reactivated account", "Atlassian accounts"},
	{"user_added_to_group", "Added user to group", "Groups"},
	{"user_deactivated", "Deactivated account", "Atlassian accounts"},
	{"user_granted_role", "Granted role to user", "Users"},
	{"user_invited", "Invited user", "Users"},
	{"user_provisioned", "Provisioned user", "User provisioning"},
	{"user_removed", "Removed user", "Users"},
	{"user_removed_from_group", "Removed user from group", "Groups"},
	{"user_restored", "Restored access of user", "Users"},
	{"user_revoked_role", "Revoked role from user", "Users"},
	{"user_suspended", "Suspended access of user", "Users"},
	{"user_unprovisioned", "Unprovisioned user", "User provisioning"},
	{"group_provisioned", "Provisioned group", "User provisioning"},
	{"group_unprovisioned", "Unprovisioned group", "User provisioning"},
}

// concerns notes who or what the call is about.
func (c *call) concerns(kind, id, name string) {
	o := eventObject{ID: id, Type: kind, Name: name}
	if !slices.Contains(c.about, o) {
		c.about = append(c.about, o)
	}
}

func (c *call) concernsPerson(p *person) { c.concerns("USER", p.ID, p.Name) }
func (c *call) concernsGroup(g *group)   { c.concerns("GROUP", g.ID, g.Name) }

// logEvent writes the event of a call that changed something.
func (c *call) logEvent() {
	e := &event{
		ID: fmt.Sprintf("%020d", len(c.events)+1), Time: c.now, Action: c.route.event,
		Actor: c.site.Account, About: c.about,
	}
	switch {
	case c.route.surface == surfaceScim:
		e.Actor = c.site.SyncID
	case c.caller != nil:
		e.Actor, e.Product = c.caller.ID, "confluence"
	}
	c.events = append(c.events, e)
	c.save(tableEvent, e.ID, e)
}

func (c *call) eventRow(e *event) any {
	self := baseURL + "/admin/v1/orgs/" + c.site.OrgID
	actor := object{"id": e.Actor}
	if p := c.people.get(e.Actor); p != nil {
		actor["name"], actor["email"] = p.Name, p.Email
		actor["links"] = object{"self": self + "/users/" + p.ID}
	}
	about := []any{}
	for _, o := range e.About {
		about = append(about, object{"id": o.ID, "type": o.Type, "attributes": object{"name": o.Name}, "links": object{"self": o.ID}})
	}
	return object{
		"id": e.ID, "type": "events", "links": object{"self": self + "/events/" + e.ID},
		"attributes": object{
			"time": e.Time.UTC().Format(time.RFC3339Nano), "action": e.Action, "actor": actor, "context": about,
			"container": []any{object{"id": c.site.OrgID, "type": "orgs", "attributes": object{"name": c.site.Name}, "links": object{"self": self}}},
		},
	}
}

// eventFilter reads which events are asked for.
func (c *call) eventFilter() (func(*event) bool, error) {
	from, err := c.epoch("from")
	if err != nil {
		return nil, err
	}
	to, err := c.epoch("to")
	if err != nil {
		return nil, err
	}
	actions, actors, products := c.list("action"), c.list("actor"), c.list("product")
	q := fold(c.query.Get("q"))
	return func(e *event) bool {
		return !(!from.IsZero() && e.Time.Before(from) || !to.IsZero() && e.Time.After(to) ||
			len(actions) > 0 && !slices.Contains(actions, e.Action) ||
			len(actors) > 0 && !slices.Contains(actors, e.Actor) ||
			len(products) > 0 && !slices.Contains(products, e.Product) ||
			q != "" && !c.mentions(e, q))
	}, nil
}

// epoch reads a time of the query in milliseconds since 1970.
func (c *call) epoch(name string) (time.Time, error) {
	text := c.query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 0 {
		return time.Time{}, refuse(http.StatusBadRequest, "ADMIN-400-5", "%s is a time in milliseconds, not %q", name, text)
	}
	return time.UnixMilli(ms), nil
}

// mentions reports whether the event's words have the folded text in them.
func (c *call) mentions(e *event, q string) bool {
	words := []string{e.Action}
	if p := c.people.get(e.Actor); p != nil {
		words = append(words, p.Name, p.Email)
	}
	for _, o := range e.About {
		words = append(words, o.Name, o.ID)
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(fold(w), q) })
}

// orgEvents lists events, the newest first: 30 a page, at most 500.
func orgEvents(c *call) (answer, error) {
	a, err := listOrgGetOf(c, pageSize{30, 500}, func() (ordered[*event], error) {
		list := ordered[*event]{key: func(e *event) string { return e.ID }, reversed: true}
		keep, err := c.eventFilter()
		if err != nil {
			return list, err
		}
		for _, e := range slices.Backward(c.events) {
			if keep(e) {
				list.items = append(list.items, e)
			}
		}
		return list, nil
	}, c.eventRow)
	if err != nil {
		return answer{}, err
	}
	body := a.body.(object)
	meta := object{"page_size": len(body["data"].([]any))}
	if next, more := body["links"].(object)["next"]; more {
		meta["next"] = next
	}
	body["meta"] = meta
	return a, nil
}

// orgEventStream lists events in the order of time, 200 a page, at most 500. It
// always gives a cursor: at the end, the one to ask with again later
// (evidence A11).
func orgEventStream(c *call) (answer, error) {
	after := ""
	if token := c.query.Get("cursor"); token != "" {
		at, err := c.parseCursor(token)
		if err != nil {
			return answer{}, err
		}
		after = at.After
	}
	limit, err := c.number("limit", 200)
	if err != nil {
		return answer{}, err
	}
	if limit < 1 || limit > 500 {
		return answer{}, refuse(http.StatusBadRequest, "ADMIN-400-4", "limit is between 1 and 500")
	}
	keep, err := c.eventFilter()
	if err != nil {
		return answer{}, err
	}
	rows := []any{}
	for _, e := range c.events {
		if e.ID > after && keep(e) && len(rows) < limit {
			rows = append(rows, c.eventRow(e))
			after = e.ID
		}
	}
	next := cursor{List: c.route.pattern, After: after}.String()
	return ok(object{"data": rows, "meta": object{"next": next, "page_size": len(rows)}, "links": object{"next": next}})
}

func orgEvent(c *call) (answer, error) {
	i, found := slices.BinarySearchFunc(c.events, c.vars["eventId"], func(e *event, id string) int { return strings.Compare(e.ID, id) })
	if !found {
		return answer{}, refuse(http.StatusNotFound, "ADMIN-404-4", "there is no such event")
	}
	return ok(object{"data": c.eventRow(c.events[i])})
}

func orgEventActions(*call) (answer, error) {
	rows := make([]any, len(eventActions))
	for i, a := range eventActions {
		rows[i] = object{"id": a.id, "type": "event-actions", "attributes": object{"displayName": a.name, "groupDisplayName": a.group}}
	}
	return ok(object{"data": rows})
}

func (s *state) restoreEvent(r Record) error {
	return restoreRow(r, func(e *event) string { return e.ID }, func(e *event) { s.events = append(s.events, e) })
}
