package datacenter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// maxSubjects is how many principals one write of permissions takes (published).
const maxSubjects = 40

// createSpace creates a space with exactly the unit's permissions, and those of
// weir's own account: without them it could never write there again. It is made
// private, so that nobody of the site's defaults sees it before the permissions
// are there.
func (w *worker) createSpace(ctx context.Context, c access.Change) error {
	r := c.Fact.Object
	if c.Op != access.Add {
		return w.refuse(c)
	}
	body := spaceBody{Key: r.ID(), Name: r.ID()}
	var given []access.Change
	archive := false
	err := w.all(func(c access.Change) bool {
		if c.Op != access.Add || c.Fact.Object != r {
			return false
		}
		switch c.Fact.Kind {
		case access.Exists:
		case access.Name:
			body.Name = c.Fact.Value
		case access.Status:
			archive = true
		case access.Permission:
			given = append(given, c)
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	if err := w.send(ctx, rest.Call{To: createSpace, Body: body}, new(space)); err != nil {
		return err
	}
	if err := w.setPermissions(ctx, r, given, true); err != nil {
		return err
	}
	if archive {
		return w.send(ctx, rest.Call{To: archiveSpace, Args: []string{r.ID()}}, nil)
	}
	return nil
}

// deleteSpace deletes a personal space that is archived, with all that is in it,
// for good. It is the one deletion of content that weir can send, so that it rests
// on a reading of its own, and a space that was brought back since the plan, or is
// another by now, stays.
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
	sp, ok, err := w.lookUpSpace(ctx, r.ID())
	switch {
	case err != nil:
		return err
	case !ok || sp.ref() != r:
		return rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not on the site, or weir's account may not see it", r))
	case !sp.personal() || !sp.archived():
		return rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf("%s is %s and %s: only an archived personal space is deleted", r, strings.ToLower(sp.Type), strings.ToLower(sp.Status)))
	}
	var task submitted
	if err := w.send(ctx, rest.Call{To: deleteSpace, Args: []string{r.ID()}}, &task); err != nil {
		return err
	}
	return w.finish(ctx, task.ID)
}

// updateSpace changes name and status. The update takes key and name, and
// "should include" the description (published), so that is read and sent along.
func (w *worker) updateSpace(ctx context.Context, r access.Ref) error {
	name, status := "", ""
	err := w.all(func(c access.Change) bool {
		switch f := c.Fact; {
		case f.Object != r:
			return false
		case f.Kind == access.Name && c.Op != access.Remove:
			name = f.Value
		case f.Kind == access.Status && c.Op == access.Remove:
			status = "current"
		case f.Kind == access.Status:
			status = f.Value
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	if status == "current" {
		if err := w.send(ctx, rest.Call{To: restoreSpace, Args: []string{r.ID()}}, nil); err != nil {
			return err
		}
	}
	if name != "" {
		sp, ok, err := w.lookUpSpace(ctx, r.ID())
		if err != nil {
			return err
		}
		if !ok {
			return rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not on the site, or weir's account may not see it", r))
		}
		body := spaceBody{Key: sp.Key, Name: name, Description: sp.Description}
		if err := w.send(ctx, rest.Call{To: updateSpace, Args: []string{r.ID()}, Body: body}, nil); err != nil {
			return err
		}
	}
	if status == "archived" {
		return w.send(ctx, rest.Call{To: archiveSpace, Args: []string{r.ID()}}, nil)
	}
	return nil
}

// changePermissions changes the permissions of a space.
func (w *worker) changePermissions(ctx context.Context, r access.Ref) error {
	err := w.all(func(c access.Change) bool { return c.Fact.Kind == access.Permission && c.Fact.Object == r })
	if err != nil {
		return err
	}
	return w.setPermissions(ctx, r, w.unit, false)
}

// given is what one principal has in a space and shall have.
type given struct {
	grant
	was int
}

// setPermissions brings the permissions of a space to what the changes say. A
// write replaces all that each listed principal has and leaves the others alone,
// so it rests on a fresh reading, and lists those whom the changes speak of. With
// exactly, everybody else but weir's own account loses what they have.
func (w *worker) setPermissions(ctx context.Context, r access.Ref, changes []access.Change, exactly bool) error {
	list, err := w.permissions(ctx, r.ID())
	if err != nil {
		if exactly {
			return rest.Uncertain(err) // the space is there
		}
		return err
	}
	var order []access.Ref
	now := make(map[access.Ref]*given)
	at := func(who access.Ref) *given {
		if now[who] == nil {
			now[who] = &given{grant: grant{Operations: []operation{}}}
			order = append(order, who)
		}
		return now[who]
	}
	for _, one := range list {
		who, ok := w.subjectRef(one.Subject)
		if !ok {
			return rest.Fail(site.Invalid, rest.Call{Op: w.op}, fmt.Errorf("somebody has a permission in %s whom the site does not name", r))
		}
		g := at(who)
		g.UserKey = one.Subject.UserKey
		g.Operations = append(g.Operations, one.Operation)
		g.was = len(g.Operations)
	}
	touched := make(map[access.Ref]bool)
	if exactly {
		for _, who := range order {
			if who != w.known.self() {
				touched[who] = true
				now[who].Operations = []operation{}
			}
		}
	}
	for _, c := range changes {
		who, o := c.Fact.Subject, spaceOperation(c.Fact.Verb)
		g := at(who)
		touched[who] = true
		g.Operations = slices.DeleteFunc(g.Operations, func(p operation) bool { return p == o })
		if c.Op != access.Remove {
			g.Operations = append(g.Operations, o)
		}
	}
	var send []*given
	for _, who := range order {
		if !touched[who] {
			continue
		}
		g := now[who]
		switch {
		case who.Type() == "group":
			g.GroupName, g.UserKey = who.ID(), ""
		case who == access.Anonymous:
			g.UserKey = ""
		case who.IsPerson():
			if g.UserKey == "" {
				if g.UserKey, err = w.key(ctx, who); err != nil {
					return err
				}
			}
		default:
			return w.refuse(changes[0])
		}
		send = append(send, g)
	}
	// Where one request does not hold all: administrators first, since the last
	// one cannot be taken, and those who lose something last.
	rank := func(g *given) int {
		switch {
		case slices.Contains(g.Operations, spaceOperation(access.CanAdminister)):
			return 0
		case len(g.Operations) >= g.was:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(send, func(a, b *given) int { return rank(a) - rank(b) })
	for batch := range slices.Chunk(send, maxSubjects) {
		body := make([]grant, len(batch))
		for i, g := range batch {
			body[i] = g.grant
		}
		if err := w.send(ctx, rest.Call{To: setPermissions, Args: []string{r.ID()}, Body: body}, nil); err != nil {
			return err
		}
	}
	return nil
}
