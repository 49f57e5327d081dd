package cloud

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
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
	if err := w.send(ctx, call{to: createGroup, body: map[string]string{"name": r.ID()}}, &made); err != nil {
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
	if err := w.send(ctx, call{to: deleteGroup, query: url.Values{"id": {id}}}, nil); err != nil {
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
	if !opens(value) {
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

func roleList(value string) []string {
	if value == "" {
		return nil
	}
	return access.ProductRoles(value)
}

// groupProduct gives or takes one role. Whether the site is named by its full
// name or by its bare id is not documented: both are accepted in places, and a
// 400 or 404 says that nothing was done (observed).
func (w *worker) groupProduct(ctx context.Context, to endpoint, id, role string) error {
	var err error
	for _, resource := range []string{w.at.ari(), w.at.cloud} {
		err = w.send(ctx, call{
			to: to, args: []string{w.at.org, w.at.directory, id},
			body: productGrant{ResourceID: resource, RoleID: "atlassian/" + role},
		}, nil)
		if code := status(err); code != http.StatusBadRequest && code != http.StatusNotFound {
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
		return w.send(ctx, call{to: removeMember, query: url.Values{"groupId": {group}, "accountId": {account}}}, nil)
	}
	return w.send(ctx, call{
		to: addMember, query: url.Values{"groupId": {group}}, body: map[string]string{"accountId": account},
	}, nil)
}

// keepEntry gives the product role user to the members of a group whom
// nothing else lets in, before the group stops doing so: what a step does not
// say must not happen, and a person who goes is in a step that says so. Of a
// group that lets nobody in, nothing is asked.
func (w *worker) keepEntry(ctx context.Context, r access.Ref, only ...access.Ref) error {
	if !opens(w.known.holds(r)) {
		return nil
	}
	id, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	var people []directoryPerson
	if len(only) > 0 {
		p, ok, err := w.entry(ctx, w.at, only[0])
		if err != nil {
			return err
		}
		if ok {
			people = append(people, p)
		}
	} else if people, err = w.people(ctx, w.at, search{GroupIDs: []string{id}}); err != nil {
		return err
	}
	for _, p := range people {
		if p.state() != "" || !p.enters(w.at) || w.letInBy(p, id) {
			continue
		}
		if err := w.giveOwn(ctx, p.AccountID); err != nil {
			return err
		}
	}
	return nil
}

// letInBy reports whether a group other than the one with the id lets the
// person in.
func (w *worker) letInBy(p directoryPerson, except string) bool {
	return slices.ContainsFunc(*p.Groups, func(g named) bool {
		r, ok := w.known.ref("group", groupID(g.ID))
		return ok && groupID(g.ID) != except && opens(w.known.holds(r))
	})
}

// giveOwn gives a person the product role user directly, if they have none.
func (w *worker) giveOwn(ctx context.Context, account string) error {
	own, err := w.own(ctx, account)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(own, entry) {
		return nil
	}
	return w.send(ctx, call{
		to: givePersonProduct, args: []string{w.at.org, account},
		body: personGrant{Resource: w.at.ari(), Role: "atlassian/user"},
	}, nil)
}

// takeOwn takes the person's direct product roles on this site.
func (w *worker) takeOwn(ctx context.Context, account string) error {
	own, err := w.own(ctx, account)
	if err != nil {
		return err
	}
	for _, role := range own {
		err := w.send(ctx, call{
			to: takePersonProduct, args: []string{w.at.org, account},
			body: personGrant{Resource: w.at.ari(), Role: "atlassian/" + role},
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// own reads the product roles that a person holds directly on this site. Only
// those can be taken on the person.
func (w *worker) own(ctx context.Context, account string) ([]string, error) {
	what := call{to: listPersonProduct, args: []string{w.at.org, w.at.directory, account}, op: w.op}
	list, err := byCursor(ctx, w.client, what, orgPage, func(p personProduct) string { return p.ResourceID })
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range list {
		if !w.at.here(p.ResourceID) {
			continue
		}
		for _, a := range p.RoleAssignments {
			if a.Methods == nil {
				return nil, fail(site.Invalid, what, errors.New("the answer does not say how the person came by a role"))
			}
			if slices.Contains(a.Methods, "direct") {
				out = append(out, bareRole(a.Role))
			}
		}
	}
	return out, nil
}
