package emulator

import (
	"net/http"
	"strconv"
	"strings"
)

// administeredSpace finds the space of the path for a write of permissions. It
// takes the space's own permission to administer; being an administrator of
// Confluence is not enough (published: "'Admin' permission for the space").
func (c *call) administeredSpace() (*space, error) {
	sp := c.byKey[fold(c.vars["spaceKey"])]
	switch {
	case sp == nil || !c.sees(c.caller, sp):
		return nil, notFound("space")
	case !c.holds(c.caller, sp, permAdminister):
		return nil, refuse(http.StatusForbidden, "", "only an admin of space %s may do this", sp.Key)
	}
	return sp, nil
}

// permissionBody is one permission as v1 writes it. The list of v2 shows target
// as targetType (evidence A7).
type permissionBody struct {
	Subject *struct {
		Type       string `json:"type"`
		Identifier string `json:"identifier"`
	} `json:"subject"`
	Operation *struct {
		Key    string `json:"key"`
		Target string `json:"target"`
	} `json:"operation"`
	Links any `json:"_links"`
}

// subject finds whom a body means: a user by account id, or "anonymous"; a group
// by id or by name.
func (c *call) subject(kind, identifier string) (principal, error) {
	switch {
	case kind == "user" && identifier == "anonymous":
		return anonymous, nil
	case kind == "user":
		who := principal{typeUser, identifier}
		return who, c.known(who)
	case kind == "group" && c.groups.get(identifier) != nil:
		return principal{typeGroup, identifier}, nil
	case kind == "group" && c.byName[fold(identifier)] != nil:
		return principal{typeGroup, c.byName[fold(identifier)].ID}, nil
	case kind == "group":
		return principal{}, refuse(http.StatusBadRequest, "", "there is no group %q", identifier)
	}
	return principal{}, refuse(http.StatusBadRequest, "", "a subject's type is user or group, not %q", kind)
}

func v1AddPermission(c *call) (answer, error) {
	sp, err := c.administeredSpace()
	if err != nil {
		return answer{}, err
	}
	var in permissionBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if in.Subject == nil || in.Operation == nil {
		return answer{}, refuse(http.StatusBadRequest, "", "subject and operation are both needed")
	}
	who, err := c.subject(in.Subject.Type, in.Subject.Identifier)
	if err != nil {
		return answer{}, err
	}
	id, err := c.addPermission(sp, who, in.Operation.Key+"/"+in.Operation.Target)
	if err != nil {
		return answer{}, err
	}
	return ok(object{
		"id": number(id), "subject": object{"type": in.Subject.Type, "identifier": in.Subject.Identifier},
		"operation": object{"key": in.Operation.Key, "target": in.Operation.Target},
		"_links":    object{"base": baseURL + "/wiki", "context": "/wiki"},
	})
}

// v1RemovePermission takes a row by its id, which is that of v2's list. A row
// that only shows what a role gives cannot be taken.
func v1RemovePermission(c *call) (answer, error) {
	sp, err := c.administeredSpace()
	if err != nil {
		return answer{}, err
	}
	if _, err := strconv.ParseUint(c.vars["id"], 10, 63); err != nil {
		return answer{}, refuse(http.StatusBadRequest, "", "a permission's id is a number, not %q", c.vars["id"])
	}
	for _, row := range c.permissionRows(sp) {
		switch {
		case row.id != c.vars["id"]:
			continue
		case row.role:
			return answer{}, refuse(http.StatusBadRequest, "", "this permission comes from a role")
		case c.limits.free():
			return answer{}, refuse(http.StatusBadRequest, "", "permissions cannot be customised on the Free plan")
		}
		if err := c.removePermission(sp, row.who, row.permission); err != nil {
			return answer{}, err
		}
		return noContent()
	}
	return answer{}, notFound("permission")
}

// number is an id as v1 shows it: a number, where v2 has a string.
func number(id string) uint64 {
	n, _ := strconv.ParseUint(id, 10, 64) // newNumber wrote it
	return n
}

// v2SpacePermissions lists a space's permissions: rows of custom access, and
// rows that show what roles give. Principals are users and groups as published,
// and access classes as observed.
func v2SpacePermissions(c *call) (answer, error) {
	sp, err := c.visibleSpace()
	if err != nil {
		return answer{}, err
	}
	list := ordered[permissionRow]{items: c.permissionRows(sp), key: permissionRow.key}
	return listV2(c, list, func(r permissionRow) any { return v2PermissionRow(r) })
}

func v2PermissionRow(r permissionRow) object {
	kind := map[string]string{typeUser: "user", typeGroup: "group", typeClass: "access-class"}[r.who.Type]
	key, target, _ := strings.Cut(r.permission, "/")
	return object{
		"id": r.id, "principal": object{"type": kind, "id": r.who.ID},
		"operation": object{"key": key, "targetType": target},
	}
}

// spaceOperations are what the caller may do in the space.
func (c *call) spaceOperations(sp *space) []any {
	rows := []any{}
	for _, p := range catalogue {
		if c.keyed() || c.holds(c.caller, sp, p.id) {
			key, target, _ := strings.Cut(p.id, "/")
			rows = append(rows, object{"operation": key, "targetType": target})
		}
	}
	return rows
}

func v2SpaceOperations(c *call) (answer, error) {
	sp, err := c.visibleSpace()
	if err != nil {
		return answer{}, err
	}
	return ok(object{"operations": c.spaceOperations(sp)})
}
