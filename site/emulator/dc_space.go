package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dcSees reports whether the space is there for the caller. A Confluence
// administrator sees no more than others do (evidence, Domain, "Three levels of
// permission").
func (c *call) dcSees(sp *space) bool { return c.holds(c.caller, sp, permView) }

// dcVisibleSpace finds the space of the path, if it is there for the caller.
func (c *call) dcVisibleSpace() (*space, error) {
	sp := c.byKey[fold(c.vars["spaceKey"])]
	if sp == nil || !c.dcSees(sp) {
		return nil, refuse(http.StatusNotFound, "", "there is no space %q, or the caller may not view it", c.vars["spaceKey"])
	}
	return sp, nil
}

// dcSpaceExpands are parts of a space that are shown on demand. Those that no
// space has here are left out.
var dcSpaceExpands = []string{"creator", "description", "homepage", "icon", "metadata", "permissions", "retentionPolicy"}

func (c *call) dcSpaceRow(sp *space) any {
	row := object{
		"id": spaceNumber(sp), "key": sp.Key, "name": sp.Name, "type": sp.Type, "status": sp.Status,
		"_links": object{"webui": "/display/" + sp.Key, "self": c.base() + "/rest/api/space/" + sp.Key},
	}
	var expanded []string
	for _, e := range c.list("expand") {
		part, _, _ := strings.Cut(e, ".")
		expanded = append(expanded, part)
	}
	expandable := object{}
	for _, part := range dcSpaceExpands {
		if !slices.Contains(expanded, part) {
			expandable[part] = ""
			continue
		}
		switch part {
		case "description":
			row[part] = object{"plain": object{"value": sp.Description, "representation": "plain"}}
		case "creator":
			row[part] = c.dcSubject(principal{typeUser, sp.Author})
			row["creationDate"] = sp.Created.UTC().Format(time.RFC3339)
		case "homepage":
			if sp.Homepage != "" {
				row[part] = object{"id": sp.Homepage, "type": typePage, "status": statusCurrent, "title": c.contentByID(sp.Homepage).Title}
			}
		case "permissions":
			if c.dcAdministers(sp) {
				row[part] = c.dcAllPermissionRows(sp)
			}
		}
	}
	row["_expandable"] = expandable
	return row
}

// dcSpaceMax is the largest page of spaces; the published default is 25, and
// "fixed system limits" are not.
const dcSpaceMax = 100

// dcSpaces lists the spaces that the caller sees, in the order of their keys. No
// space has labelled content, is a favourite or has rules of retention here, so
// those filters leave none.
func dcSpaces(c *call) (answer, error) {
	keys, ids := append(c.list("spaceKey"), c.list("spaceKeys")...), append(c.list("spaceId"), c.list("spaceIds")...)
	if one := c.query.Get("spaceKeySingle"); one != "" {
		keys = append(keys, one)
	}
	if len(keys) > 0 && len(ids) > 0 {
		return answer{}, refuse(http.StatusBadRequest, "", "spaceIds and spaceKeys exclude each other")
	}
	for _, id := range ids {
		if _, err := strconv.ParseUint(id, 10, 63); err != nil {
			return answer{}, refuse(http.StatusBadRequest, "", "spaceIds are numbers, not %q", id)
		}
	}
	kind, err := c.choice("type", []string{spaceGlobal, spacePersonal})
	if err != nil {
		return answer{}, err
	}
	status, err := c.choice("status", []string{statusCurrent, statusArchived})
	if err != nil {
		return answer{}, err
	}
	labels := c.list("label")
	var spaces []*space
	for sp := range c.spaces.all() {
		if len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, sp.Key) }) ||
			len(ids) > 0 && !slices.Contains(ids, sp.ID) ||
			kind != "" && (sp.Type == spacePersonal) != (kind == spacePersonal) || status != "" && sp.Status != status ||
			!sp.labelled(labels) || slices.ContainsFunc([]string{"contentLabel", "favourite", "hasRetentionPolicy"}, func(k string) bool {
			v := c.query.Get(k)
			return v != "" && v != "false"
		}) || !c.dcSees(sp) {
			continue
		}
		spaces = append(spaces, sp)
	}
	slices.SortFunc(spaces, func(a, b *space) int { return strings.Compare(fold(a.Key), fold(b.Key)) })
	return listDC(c, spaces, 25, dcSpaceMax, c.dcSpaceRow)
}

func dcSpace(c *call) (answer, error) {
	sp, err := c.dcVisibleSpace()
	if err != nil {
		return answer{}, err
	}
	return ok(c.dcSpaceRow(sp))
}

// dcDescription is text in the one form that is taken.
type dcDescription struct {
	Plain struct {
		Value          string `json:"value"`
		Representation string `json:"representation"`
	} `json:"plain"`
}

func (d *dcDescription) text() string {
	if d == nil {
		return ""
	}
	return d.Plain.Value
}

// dcSpaceBody is a space as it is written.
type dcSpaceBody struct {
	ID          uint64         `json:"id"`
	Key         string         `json:"key"`
	Name        *string        `json:"name"`
	Type        string         `json:"type"`
	Status      string         `json:"status"`
	Description *dcDescription `json:"description"`
	Homepage    *struct {
		ID string `json:"id"`
	} `json:"homepage"`
	Metadata map[string]any `json:"metadata"`
}

func dcCreateSpace(c *call) (answer, error)        { return c.dcNewSpace(false) }
func dcCreatePrivateSpace(c *call) (answer, error) { return c.dcNewSpace(true) }

// dcNewSpace makes a space for callers with the global permission for it.
func (c *call) dcNewSpace(private bool) (answer, error) {
	if err := c.dcMayCreate(GlobalCreateSpace); err != nil {
		return answer{}, err
	}
	var in dcSpaceBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if in.Name == nil {
		return answer{}, refuse(http.StatusBadRequest, "", "a space needs a name")
	}
	return c.dcFound(&space{Key: in.Key, Name: *in.Name, Description: in.Description.text(), Author: c.caller.ID}, private)
}

func (c *call) dcMayCreate(permission string) error {
	if !c.super(c.caller) && !c.hasGlobal(c.caller, permission) {
		return refuse(http.StatusForbidden, "", "the caller does not have the global permission for this")
	}
	return nil
}

// dcFound makes the space, with everything for its author and, unless it is
// private, the usual things for every group that lets people in. The product's
// defaults are set in its admin pages and have no API; these are plausible.
func (c *call) dcFound(sp *space, private bool) (answer, error) {
	sp.Created = c.now
	if err := c.createSpace(sp, nil); err != nil {
		return answer{}, err
	}
	var all set
	for _, w := range dcPermissionWords {
		all.add(w.id)
	}
	c.setSpaceAccess(sp, principal{typeUser, sp.Author}, all)
	if !private {
		usual := newSet([]string{permView, "create/page", "create/blogpost", "create/comment", "create/attachment"})
		for _, g := range c.groupsByName((*group).letsIn) {
			c.setSpaceAccess(sp, principal{typeGroup, g.ID}, usual)
		}
	}
	return ok(c.dcSpaceRow(sp))
}

// dcCreateOwnSpace makes the caller's personal space.
func dcCreateOwnSpace(c *call) (answer, error) {
	if err := c.dcMayCreate(GlobalPersonalSpace); err != nil {
		return answer{}, err
	}
	return c.dcNewPersonalSpace(c.caller)
}

// dcCreatePersonalSpace makes that of somebody else. Whether they must have the
// permission themselves is not documented; who cannot enter never gets one
// (evidence, Domain, "Personal spaces").
func dcCreatePersonalSpace(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	p, err := c.dcNamedUser()
	if err != nil {
		return answer{}, err
	}
	if !c.enters(p) {
		return answer{}, refuse(http.StatusBadRequest, "", "%s may not use Confluence", p.username())
	}
	return c.dcNewPersonalSpace(p)
}

func (c *call) dcNewPersonalSpace(owner *person) (answer, error) {
	var in struct {
		Description *dcDescription `json:"description"`
		IsPrivate   bool           `json:"isPrivate"`
		Private     bool           `json:"private"` // published beside it
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if c.personalSpace(owner) != nil {
		return answer{}, refuse(http.StatusConflict, "", "%s has a personal space already", owner.username())
	}
	sp := &space{Key: "~" + owner.username(), Name: owner.Name, Description: in.Description.text(), Type: spacePersonal, Author: owner.ID}
	return c.dcFound(sp, in.IsPrivate || in.Private)
}

// dcEdited finds the space of the path for a change; 404 also for those who may
// not make it (published).
func (c *call) dcEdited() (*space, error) {
	sp, err := c.dcAdministered()
	if err != nil {
		return nil, restate(err, http.StatusNotFound)
	}
	return sp, nil
}

// dcUpdateSpace changes name and description. The key never changes, and the
// status has operations of its own.
func dcUpdateSpace(c *call) (answer, error) {
	sp, err := c.dcEdited()
	if err != nil {
		return answer{}, err
	}
	var in dcSpaceBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	switch {
	case in.Key != "" && !strings.EqualFold(in.Key, sp.Key), in.Type != "" && in.Type != sp.Type, in.Status != "" && fold(in.Status) != sp.Status:
		return answer{}, refuse(http.StatusBadRequest, "", "a space's key, type and status are not changed here")
	case in.Homepage != nil && in.Homepage.ID != sp.Homepage:
		return answer{}, notEmulated("another home page for a space")
	}
	var description *string
	if in.Description != nil {
		description = &in.Description.Plain.Value
	}
	if err := c.updateSpace(sp, in.Name, description, nil); err != nil {
		return answer{}, err
	}
	return ok(c.dcSpaceRow(sp))
}

// dcDeleteSpace deletes a space for good. The effect is there when the task is.
func dcDeleteSpace(c *call) (answer, error) {
	sp, err := c.dcEdited()
	if err != nil {
		return answer{}, err
	}
	c.deleteSpace(sp)
	return c.dcSubmitted(c.newTask("delete space", c.caller.ID, c.now))
}

// dcArchiveSpace and dcRestoreSpace do nothing to a space that is so already
// (published).
func dcArchiveSpace(c *call) (answer, error) { return c.dcSetStatus(statusArchived) }
func dcRestoreSpace(c *call) (answer, error) { return c.dcSetStatus(statusCurrent) }

func (c *call) dcSetStatus(status string) (answer, error) {
	sp, err := c.dcAdministered()
	if err != nil {
		return answer{}, err
	}
	if sp.Status != status {
		if err := c.updateSpace(sp, nil, nil, &status); err != nil {
			return answer{}, err
		}
	}
	return noContent()
}
