package cloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// Do performs one unit, as [Site.Units] makes them.
func (s *Site) Do(ctx context.Context, step site.Step) error {
	if len(step.Changes) == 0 {
		return nil
	}
	at, err := s.ready(ctx)
	if err != nil {
		return err
	}
	w := worker{Site: s, at: at, unit: step.Changes}
	c := lead(step.Changes)
	w.op = c.String()
	switch f := c.Fact; {
	case f.Kind == access.Exists && f.Object.Type() == "group":
		return w.group(ctx, c)
	case f.Kind == access.Exists && f.Object.Type() == "space" && c.Op == access.Remove:
		return w.deleteSpace(ctx, c)
	case f.Kind == access.Exists && f.Object.Type() == "space":
		return w.createSpace(ctx, c)
	case f.Kind == access.Exists && f.Object.Type() == "space_role",
		f.Kind == access.Grants:
		return w.spaceRole(ctx, c)
	case person(f.Object) && invitations(step.Changes) > 1:
		return w.inviteTogether(ctx)
	case f.Kind == access.Exists, f.Kind == access.State, f.Kind == access.Product && person(f.Object):
		return w.person(ctx, f.Object)
	case f.Kind == access.Product:
		return w.product(ctx, c)
	case f.Kind == access.Member:
		return w.member(ctx, c)
	case f.Kind == access.Name, f.Kind == access.Status:
		return w.updateSpace(ctx, f.Object)
	case grantsInSpace(f):
		if err := w.all(func(c access.Change) bool { return grantsInSpace(c.Fact) }); err != nil {
			return err
		}
		return w.grants(ctx, w.unit)
	case f.Kind == access.Restrict:
		return w.restrict(ctx, f.Object)
	}
	return w.refuse(c)
}

// worker performs one unit.
type worker struct {
	*Site
	at   place
	unit []access.Change
	op   string
}

// send writes, with the change in the message of what goes wrong.
func (w *worker) send(ctx context.Context, what rest.Call, out rest.Answer) error {
	what.Op = w.op
	return w.client.Write(ctx, what, out)
}

// refuse answers a change that no write of the list can bring about.
func (w *worker) refuse(c access.Change) error {
	return rest.Fail(site.Unsupported, rest.Call{Op: c.String()}, errors.New("Confluence Cloud has no public interface for it that weir may use"))
}

// all reports whether every change of the unit passes, and which one does not.
func (w *worker) all(pass func(access.Change) bool) error {
	return driver.All(w.op, w.unit, pass)
}

// resolve gives the id of a reference: as observed or created, or else as
// looked up now, since a creation whose answer was lost left no id behind.
func (w *worker) resolve(ctx context.Context, r access.Ref) (string, error) {
	if id, ok := w.known.id(r); ok {
		return id, nil
	}
	var err error
	switch r.Type() {
	case "user":
		_, _, err = w.entry(ctx, w.at, r)
	case "account":
		return r.ID(), nil
	case "group":
		_, err = w.lookUpGroups(ctx, w.at, []string{r.ID()})
	case "space":
		_, err = w.lookUpSpaces(ctx, []string{r.ID()})
	case "space_role":
		_, err = w.lookUpSpaceRoles(ctx)
	case "page", "blogpost":
		err = w.lookUpContent(ctx, r)
	}
	if err != nil {
		return "", err
	}
	if id, ok := w.known.id(r); ok {
		return id, nil
	}
	if r.IsPage() {
		return "", rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not on the site, or weir's account may not see it", r))
	}
	return "", rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not on the site", r))
}

// lookUpGroups reads the groups with the names.
func (s *Site) lookUpGroups(ctx context.Context, at place, names []string) ([]group, error) {
	list, err := s.orgGroups(ctx, at, search{GroupNames: names})
	if err != nil {
		return nil, err
	}
	out := make([]group, 0, len(list))
	for _, g := range list {
		ref := access.NewRef("group", g.Name)
		s.known.learn(ref, g.ID)
		out = append(out, group{directoryGroup: g, ref: ref})
	}
	return out, nil
}

// lookUpSpaces reads the spaces with the keys.
func (s *Site) lookUpSpaces(ctx context.Context, keys []string) ([]space, error) {
	list, err := s.spaces(ctx, keys)
	for _, sp := range list {
		s.known.learn(sp.ref(), sp.ID)
	}
	return list, err
}

// lookUpSpaceRoles reads the space roles.
func (s *Site) lookUpSpaceRoles(ctx context.Context) ([]spaceRole, error) {
	list, err := s.spaceRoles(ctx)
	for _, r := range list {
		s.known.learn(r.ref(), r.ID)
	}
	return list, err
}

// finish waits for a long task. One that does not end in time has an unknown
// outcome.
func (w *worker) finish(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	what := rest.Call{To: longTask, Args: []string{id}, Op: w.op}
	return w.client.Finish(ctx, what, func(ctx context.Context, what rest.Call) (rest.Task, error) {
		var t taskState
		if err := w.client.Read(ctx, what, &t); err != nil {
			return rest.Task{}, err
		}
		out := rest.Task{Done: *t.Finished, Successful: t.Successful}
		for _, m := range t.Messages {
			out.Messages = append(out.Messages, m.Translation)
		}
		return out, nil
	})
}
