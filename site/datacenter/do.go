package datacenter

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	if err := s.ready(ctx); err != nil {
		return err
	}
	c := lead(step.Changes)
	w := worker{Site: s, unit: step.Changes, op: c.String()}
	if err := w.thawed(ctx); err != nil {
		return err
	}
	switch f := c.Fact; {
	case f.Kind == access.Exists && f.Object.Type() == "group":
		return w.group(ctx, c)
	case f.Kind == access.Exists && f.Object.Type() == "space" && c.Op == access.Remove:
		return w.deleteSpace(ctx, c)
	case f.Kind == access.Exists && f.Object.Type() == "space":
		return w.createSpace(ctx, c)
	case f.Kind == access.Exists && f.Object.IsPerson(), f.Kind == access.State:
		return w.person(ctx, f.Object)
	case f.Kind == access.Product:
		return w.globally(ctx, f.Object)
	case f.Kind == access.Global:
		return w.globally(ctx, f.Subject)
	case f.Kind == access.Member:
		return w.membership(ctx, c)
	case f.Kind == access.Name, f.Kind == access.Status:
		return w.updateSpace(ctx, f.Object)
	case f.Kind == access.Permission:
		return w.changePermissions(ctx, f.Object)
	case f.Kind == access.Restrict:
		return w.restrict(ctx, f.Object)
	}
	return w.refuse(c)
}

// worker performs one unit.
type worker struct {
	*Site
	unit []access.Change
	op   string
}

// thawed refuses a step on a site that was in read-only mode when it was read,
// and still is.
func (w *worker) thawed(ctx context.Context) error {
	w.mu.Lock()
	frozen := w.frozen
	w.mu.Unlock()
	if !frozen {
		return nil
	}
	if frozen, err := w.askMode(ctx); err != nil || !frozen {
		return err
	}
	return rest.Fail(site.Unsupported, rest.Call{Op: w.op}, errFrozen)
}

// send writes, with the change in the message of what goes wrong.
func (w *worker) send(ctx context.Context, what rest.Call, out rest.Answer) error {
	what.Op = w.op
	err := w.client.Write(ctx, what, out)
	if code := rest.Status(err); code == 403 || code == 405 {
		// With which status a site in read-only mode refuses is not published.
		if frozen, merr := w.askMode(ctx); merr == nil && frozen {
			return rest.Fail(site.Unsupported, what, errFrozen)
		}
	}
	return err
}

// directory are the writes that a directory may refuse which Confluence only
// reads.
var directory = []rest.Endpoint{createGroup, deleteGroup, addMember, removeMember, createUser, deleteUser, disableUser, enableUser}

// inDirectory is send for the writes to a user directory. No flag tells one that
// is read-only (LDAP, Crowd, an identity provider), and with which status it
// refuses is unknown (evidence B1, "Unknown" 11), so the message says what it may
// be.
func (w *worker) inDirectory(ctx context.Context, what rest.Call, out rest.Answer) error {
	err := w.send(ctx, what, out)
	var trouble *site.Error
	if !errors.As(err, &trouble) || errors.Is(err, errFrozen) || !slices.Contains(directory, what.To) {
		return err
	}
	kind := trouble.Kind
	switch rest.Status(err) {
	case 400, 403:
	case 405, 500, 501:
		kind = site.Unsupported
		if rest.Status(err) == 500 {
			kind = trouble.Kind // whether it had its effect nobody knows
		}
	default:
		return err
	}
	what.Op = w.op
	return rest.Fail(kind, what, fmt.Errorf("%w (the user directory may be one that Confluence only reads, such as LDAP or Crowd: then change it there)", trouble.Err))
}

// refuse answers a change that no write of the list can bring about.
func (w *worker) refuse(c access.Change) error {
	return rest.Fail(site.Unsupported, rest.Call{Op: c.String()}, errors.New("Confluence Data Center has no interface for it that weir may use"))
}

// all reports whether every change of the unit passes, and which one does not.
func (w *worker) all(pass func(access.Change) bool) error {
	return driver.All(w.op, w.unit, pass)
}

// name gives the user name of a person.
func (w *worker) name(r access.Ref) (string, error) {
	if name, ok := w.names.name(r); ok {
		return name, nil
	}
	return "", rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("no user name stands for %s", r))
}

// key gives the user key of a person: as observed or created, or else as looked
// up now, since a creation whose answer was lost left no key behind.
func (w *worker) key(ctx context.Context, r access.Ref) (string, error) {
	if key, ok := w.known.key(r); ok {
		return key, nil
	}
	u, ok, err := w.lookUp(ctx, r)
	if err == nil && !ok {
		err = rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not on the site", r))
	}
	return u.UserKey, err
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
		out := rest.Task{Done: *t.Percentage >= 100, Successful: t.Successful}
		for _, m := range t.Messages {
			out.Messages = append(out.Messages, m.Translation)
		}
		return out, nil
	})
}
