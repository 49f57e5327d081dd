package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// createSpace creates a space with exactly the unit's access.
//
// A space of which the unit gives nobody a role gets none, too. But an empty
// list is no list to Confluence (documented: "If none are provided, the
// Default Space Roles are applied"): everybody could enter, and weir's own
// account would stay its admin. So the list names those who see every space
// anyway, the product's admins as viewers, and that entry is taken away.
//
// Where anybody is to have permissions of their own, and on a site without
// roles, the space is made for weir's own account alone, which then gives them:
// only a space's own admins can. It stays an admin, as it has to be to change
// them later.
func (w *worker) createSpace(ctx context.Context, c access.Change) error {
	r := c.Fact.Object
	if c.Op != access.Add {
		return w.refuse(c)
	}
	name := r.ID()
	var grants []access.Change
	archive, custom := false, w.modeSeen() == preRoles
	err := w.all(func(c access.Change) bool {
		if c.Op != access.Add || c.Fact.Object != r {
			return false
		}
		switch c.Fact.Kind {
		case access.Name:
			name = c.Fact.Value
		case access.Status:
			archive = true
		case access.Permission:
			custom = true
			grants = append(grants, c)
		case access.Role:
			grants = append(grants, c)
		}
		return true
	})
	if err != nil {
		return err
	}
	if err := w.sameMode(ctx); err != nil {
		return err
	}
	if custom {
		err = w.createPrivately(ctx, r, name, grants)
	} else {
		err = w.createWithRoles(ctx, r, name, grants)
	}
	if err != nil || !archive {
		return err
	}
	return w.send(ctx, rest.Call{To: updateSpace, Args: []string{r.ID()}, Body: spaceUpdate{Status: "archived"}}, nil)
}

func (w *worker) createWithRoles(ctx context.Context, r access.Ref, name string, roles []access.Change) (err error) {
	body := newSpace{Key: r.ID(), Name: name}
	closing := access.Change{Op: access.Remove, Fact: access.Fact{Kind: access.Role, Object: r, Subject: access.ProductAdmins, Value: "viewer"}}
	closed := len(roles) == 0
	if closed {
		roles = []access.Change{{Op: access.Add, Fact: closing.Fact}}
	}
	if body.RoleAssignments, err = w.assignmentsOf(ctx, roles); err != nil {
		return err
	}
	var made space
	if err := w.send(ctx, rest.Call{To: createSpace, Body: body}, &made); err != nil {
		return err
	}
	w.known.learn(r, made.ID)
	if closed {
		return w.assign(ctx, made.ID, closing)
	}
	return nil
}

func (w *worker) createPrivately(ctx context.Context, r access.Ref, name string, grants []access.Change) error {
	var made privateSpace
	if err := w.send(ctx, rest.Call{To: createPrivateSpace, Body: map[string]string{"key": r.ID(), "name": name}}, &made); err != nil {
		return err
	}
	w.known.learn(r, made.ID.String())
	if len(grants) == 0 {
		return nil
	}
	return w.grantsIn(ctx, r, made.ID.String(), grants)
}

// privateSpace is the answer of v1 to a space's creation: its id is a number,
// and the same text in v2 (observed).
type privateSpace struct {
	ID json.Number `json:"id"`
}

// Check refuses an answer without the id.
func (p *privateSpace) Check() error {
	if p.ID == "" {
		return errors.New("the answer lacks the id")
	}
	return nil
}

// deleteSpace deletes a personal space that is archived, with all that is in it,
// for good: past the trash (published). It is the one deletion of content that weir
// can send, so that it rests on a reading of its own, and a space that was brought
// back since the plan, or is another by now, stays.
func (w *worker) deleteSpace(ctx context.Context, c access.Change) error {
	r := c.Fact.Object
	if !driver.DeletesPersonal(r, w.unit) {
		return rest.Fail(site.Unsupported, rest.Call{Op: w.op}, errors.New("weir deletes no space but a personal one that is archived"))
	}
	err := w.all(func(c access.Change) bool {
		return c.Op == access.Remove && (c.Fact.Object == r || c.Fact.Object.IsPage() && c.Fact.Object.PageSpace() == r)
	})
	if err != nil {
		return err
	}
	was, known := w.known.id(r)
	list, err := w.lookUpSpaces(ctx, []string{r.ID()})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(sp space) bool { return sp.ref() == r })
	switch {
	case i < 0:
		return rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not on the site, or weir's account may not see it", r))
	case known && list[i].ID != was:
		return rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf("%s is another space than it was", r))
	case !list[i].personal() || list[i].state() != "archived":
		return rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf("%s is %s and %s: only an archived personal space is deleted", r, word(list[i].Type), list[i].state()))
	}
	var task submitted
	if err := w.send(ctx, rest.Call{To: deleteSpace, Args: []string{r.ID()}}, &task); err != nil {
		return err
	}
	w.known.forget(r)
	return w.finish(ctx, task.ID)
}

// updateSpace changes name and status in one partial update.
func (w *worker) updateSpace(ctx context.Context, r access.Ref) error {
	var body spaceUpdate
	err := w.all(func(c access.Change) bool {
		switch {
		case c.Fact.Object != r:
			return false
		case c.Fact.Kind == access.Name && c.Op != access.Remove:
			body.Name = c.Fact.Value
		case c.Fact.Kind == access.Status && c.Op != access.Remove:
			body.Status = c.Fact.Value
		case c.Fact.Kind == access.Status:
			body.Status = "current"
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	return w.send(ctx, rest.Call{To: updateSpace, Args: []string{r.ID()}, Body: body}, nil)
}

// assign changes role assignments of a space: all of them in one request, of
// which each entry stands for one principal and others stay untouched.
func (w *worker) assign(ctx context.Context, id string, changes ...access.Change) error {
	body, err := w.assignmentsOf(ctx, changes)
	if err != nil {
		return err
	}
	return w.send(ctx, rest.Call{To: setAssignments, Args: []string{id}, Body: body}, nil)
}

// assignmentsOf says role changes on the wire, in their order.
func (w *worker) assignmentsOf(ctx context.Context, changes []access.Change) ([]assignment, error) {
	out := make([]assignment, 0, len(changes))
	for _, c := range changes {
		var a assignment
		switch c.Fact.Subject.Type() {
		case "user", "account":
			a.Principal.Type = "USER"
		case "group":
			a.Principal.Type = "GROUP"
		case "team":
			a.Principal = principal{"GROUP", c.Fact.Subject.ID()}
		case "class":
			a.Principal = principal{"ACCESS_CLASS", classID(c.Fact.Subject)}
		default:
			return nil, w.refuse(c)
		}
		var err error
		if a.Principal.ID == "" {
			if a.Principal.ID, err = w.resolve(ctx, c.Fact.Subject); err != nil {
				return nil, err
			}
		}
		if c.Op != access.Remove {
			if a.RoleID, err = w.resolve(ctx, access.NewRef("space_role", c.Fact.Value)); err != nil {
				return nil, err
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// spaceRole creates, changes or deletes a custom role. An update replaces the
// role whole, so it rests on a fresh reading and keeps the description.
func (w *worker) spaceRole(ctx context.Context, c access.Change) error {
	r := c.Fact.Object
	deletes := c.Fact.Kind == access.Exists && c.Op == access.Remove
	var gives, takes []string
	err := w.all(func(c access.Change) bool {
		switch f := c.Fact; {
		case f.Kind == access.Exists && f.Object == r:
		case f.Kind == access.Grants && f.Object == r && c.Op == access.Add:
			gives = append(gives, f.Verb)
		case f.Kind == access.Grants && f.Object == r:
			takes = append(takes, f.Verb)
		default:
			return deletes && f.Kind == access.Role && f.Value == r.ID()
		}
		return true
	})
	if err != nil {
		return err
	}
	var task started
	switch {
	case c.Fact.Kind == access.Exists && c.Op == access.Add:
		var made spaceRole
		// A description is obligatory (documented), and the name says the most.
		body := spaceRoleBody{Name: r.ID(), Description: r.ID(), Permissions: gives}
		if err := w.send(ctx, rest.Call{To: createSpaceRole, Body: body}, &made); err != nil {
			return err
		}
		w.known.learn(r, made.ID)
		return nil
	case deletes:
		id, err := w.resolve(ctx, r)
		if err != nil {
			return err
		}
		if err := w.send(ctx, rest.Call{To: deleteSpaceRole, Args: []string{id}}, &task); err != nil {
			return err
		}
		w.known.forget(r)
		return w.finish(ctx, task.TaskID)
	}
	list, err := w.lookUpSpaceRoles(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(role spaceRole) bool { return role.ref() == r })
	if i < 0 {
		return rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not on the site", r))
	}
	body := spaceRoleBody{Name: list[i].Name, Description: list[i].Description}
	body.Permissions = slices.DeleteFunc(append(*list[i].Permissions, gives...), func(p string) bool { return slices.Contains(takes, p) })
	slices.Sort(body.Permissions)
	body.Permissions = slices.Compact(body.Permissions)
	if err := w.send(ctx, rest.Call{To: updateSpaceRole, Args: []string{list[i].ID}, Body: body}, &task); err != nil {
		return err
	}
	return w.finish(ctx, task.TaskID)
}
