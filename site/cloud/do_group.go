package cloud

import (
	"context"
	"net/url"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/rest"
)

// group creates or deletes a group. Creation goes through v1, which answers
// with the id; the organisation's does not (observed).
func (w *worker) group(ctx context.Context, c access.Change) error {
	r := c.Fact.Object
	if c.Op == access.Remove {
		return w.deleteGroup(ctx, r)
	}
	err := w.all(func(c access.Change) bool {
		return c.Op == access.Add && c.Fact.Object == r && (c.Fact.Kind == access.Exists || c.Fact.Kind == access.Product)
	})
	if err != nil {
		return err
	}
	var made siteGroup
	if err := w.send(ctx, rest.Call{To: createGroup, Body: map[string]string{"name": r.ID()}}, &made); err != nil {
		return err
	}
	w.known.learn(r, made.ID)
	for _, c := range w.unit {
		if c.Fact.Kind == access.Product {
			if err := w.setProduct(ctx, r, c.Fact.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteGroup deletes a group. Its memberships, its product role and the
// roles it holds in spaces go with it.
func (w *worker) deleteGroup(ctx context.Context, r access.Ref) error {
	err := w.all(func(c access.Change) bool { return c.Op == access.Remove && c.Fact.About(r) })
	if err != nil {
		return err
	}
	id, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	if err := w.keepEntry(ctx, r); err != nil {
		return err
	}
	if err := w.send(ctx, rest.Call{To: deleteGroup, Query: url.Values{"id": {id}}}, nil); err != nil {
		return err
	}
	w.known.forget(r)
	return nil
}

// product changes the product roles of a group. People whom it lets in come
// with it by themselves.
func (w *worker) product(ctx context.Context, c access.Change) error {
	r := c.Fact.Object
	err := w.all(func(o access.Change) bool {
		return o == c || o.Op == access.Add && o.Fact.Kind == access.Exists && person(o.Fact.Object)
	})
	if err != nil {
		return err
	}
	value := c.Fact.Value
	if c.Op == access.Remove {
		value = ""
	}
	if !access.Opens(value) {
		if err := w.keepEntry(ctx, r); err != nil {
			return err
		}
	}
	return w.setProduct(ctx, r, value)
}

// setProduct brings a group from the roles it holds to those of the value. It
// gives before it takes, so that nobody is shut out between.
func (w *worker) setProduct(ctx context.Context, r access.Ref, value string) error {
	id, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	was, will := roleList(w.known.holds(r)), roleList(value)
	for _, role := range will {
		if !slices.Contains(was, role) {
			if err := w.groupProduct(ctx, giveGroupProduct, id, role); err != nil {
				return err
			}
		}
	}
	for _, role := range was {
		if !slices.Contains(will, role) {
			if err := w.groupProduct(ctx, takeGroupProduct, id, role); err != nil {
				return err
			}
		}
	}
	w.known.hold(r, value)
	return nil
}

// groupProduct gives or takes one role. Whether the site is named by its full
// name or by its bare id is not documented: both are accepted in places, and a
// 400 or 404 says that nothing was done (observed).
func (w *worker) groupProduct(ctx context.Context, to rest.Endpoint, id, role string) error {
	var err error
	for _, resource := range []string{w.at.ari(), w.at.cloud} {
		err = w.send(ctx, rest.Call{
			To: to, Args: []string{w.at.org, w.at.directory, id},
			Body: productGrant{ResourceID: resource, RoleID: "atlassian/" + role},
		}, nil)
		if code := rest.Status(err); code != 400 && code != 404 {
			return err
		}
	}
	return err
}

// member adds somebody to a group or takes them out: one request an edge.
func (w *worker) member(ctx context.Context, c access.Change) error {
	if err := w.all(func(o access.Change) bool { return o == c }); err != nil {
		return err
	}
	if c.Op == access.Remove {
		if err := w.keepEntry(ctx, c.Fact.Object, c.Fact.Subject); err != nil {
			return err
		}
	}
	return w.edge(ctx, c)
}

func (w *worker) edge(ctx context.Context, c access.Change) error {
	group, err := w.resolve(ctx, c.Fact.Object)
	if err != nil {
		return err
	}
	account, err := w.resolve(ctx, c.Fact.Subject)
	if err != nil {
		return err
	}
	if c.Op == access.Remove {
		return w.send(ctx, rest.Call{To: removeMember, Query: url.Values{"groupId": {group}, "accountId": {account}}}, nil)
	}
	return w.send(ctx, rest.Call{
		To: addMember, Query: url.Values{"groupId": {group}}, Body: map[string]string{"accountId": account},
	}, nil)
}
