package datacenter

import (
	"context"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/rest"
)

// group creates or deletes a group.
func (w *worker) group(ctx context.Context, c access.Change) error {
	r := c.Fact.Object
	if c.Op == access.Remove {
		return w.deleteGroup(ctx, r)
	}
	var held []access.Change
	err := w.all(func(c access.Change) bool {
		f := c.Fact
		if f.Kind == access.Product && f.Object == r || f.Kind == access.Global && f.Subject == r {
			held = append(held, c)
			return c.Op == access.Add
		}
		return c.Op == access.Add && f.Kind == access.Exists && f.Object == r
	})
	if err != nil {
		return err
	}
	// The body's schema is empty in the document; this is its usual form.
	var made group
	if err := w.inDirectory(ctx, rest.Call{To: createGroup, Body: group{Type: "group", Name: r.ID()}}, &made); err != nil {
		return err
	}
	if len(held) == 0 {
		return nil
	}
	return w.setHeld(ctx, r, nil, held)
}

// deleteGroup deletes a group. Its memberships and all that it holds go with it.
func (w *worker) deleteGroup(ctx context.Context, r access.Ref) error {
	err := w.all(func(c access.Change) bool { return c.Op == access.Remove && c.Fact.About(r) })
	if err != nil {
		return err
	}
	if w.known.opens(r) {
		if err := w.keepEntry(ctx, r, w.known.family(r)); err != nil {
			return err
		}
	}
	if err := w.inDirectory(ctx, rest.Call{To: deleteGroup, Args: []string{r.ID()}}, nil); err != nil {
		return err
	}
	w.known.forget(r)
	return nil
}

// membership adds somebody to a group or takes them out: one request an edge.
func (w *worker) membership(ctx context.Context, c access.Change) error {
	if err := w.all(func(o access.Change) bool { return o == c }); err != nil {
		return err
	}
	if g := c.Fact.Object; c.Op == access.Remove && w.known.opens(g) {
		if err := w.keepEntry(ctx, g, w.known.family(g), c.Fact.Subject); err != nil {
			return err
		}
	}
	return w.edge(ctx, c)
}

func (w *worker) edge(ctx context.Context, c access.Change) error {
	name, err := w.name(c.Fact.Subject)
	if err != nil {
		return err
	}
	to := addMember
	if c.Op == access.Remove {
		to = removeMember
	}
	return w.inDirectory(ctx, rest.Call{To: to, Args: []string{name, c.Fact.Object.ID()}}, nil)
}
