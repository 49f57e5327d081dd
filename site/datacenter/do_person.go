package datacenter

import (
	"context"
	"errors"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// comer is what a unit says of a person.
type comer struct {
	comes, goes bool
	now, was    string          // states
	edges       []access.Change // memberships that give or take access
	held        []access.Change // what they hold on the site themselves
}

// person brings a person to where the unit says: in or out of this Confluence,
// or into a state that shuts them out.
func (w *worker) person(ctx context.Context, r access.Ref) error {
	var p comer
	err := w.all(func(c access.Change) bool {
		f := c.Fact
		switch {
		case f.Kind == access.Exists && f.Object == r:
			p.comes, p.goes = c.Op == access.Add, c.Op == access.Remove
		case f.Kind == access.State && f.Object == r:
			switch c.Op {
			case access.Add:
				p.now = f.Value
			case access.Remove:
				p.was = f.Value
			case access.Modify:
				p.now, p.was = f.Value, c.Was
			}
		case f.Kind == access.Member && f.Subject == r:
			p.edges = append(p.edges, c)
		case f.Kind == access.Product && f.Object == r, f.Kind == access.Global && f.Subject == r:
			p.held = append(p.held, c)
		case f.Kind == access.Permission && f.Subject == r:
			return c.Op == access.Remove // it goes with the account
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	name, err := w.name(r)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(p.held, takesUse) {
		// Before the account is closed: whether anything can be taken from a closed one no
		// document says.
		if err := w.replaceHeld(ctx, r, nil); err != nil {
			return err
		}
		p.held = nil
	}
	switch p.now {
	case "":
	case removed:
		return w.expel(ctx, r, name)
	case deactivated:
		if err := w.inDirectory(ctx, rest.Call{To: disableUser, Args: []string{name}}, nil); err != nil {
			return err
		}
		for _, c := range p.edges {
			if p.goes {
				if err := w.edge(ctx, c); err != nil {
					return err
				}
			}
		}
	default:
		return w.refuse(lead(w.unit))
	}
	if p.was == deactivated && p.now == "" {
		if err := w.inDirectory(ctx, rest.Call{To: enableUser, Args: []string{name}}, nil); err != nil {
			return err
		}
	}
	switch {
	case p.comes:
		return w.letIn(ctx, r, name, p)
	case p.goes && p.now == "":
		return w.takeAccess(ctx, r, p)
	case len(p.held) > 0:
		was, err := w.holds(ctx, r)
		if err != nil {
			return err
		}
		return w.setHeld(ctx, r, was, p.held)
	}
	return nil
}

// takesUse reports whether a change takes the permission to use Confluence that
// somebody who left holds themselves. Of others no fact tells it.
func takesUse(c access.Change) bool {
	return c.Op == access.Remove && c.Fact.Kind == access.Product && slices.Contains(access.ProductRoles(c.Fact.Value), userRole)
}

// expel deletes the account, for good: memberships and permissions go with it,
// and who is made under the same name later is somebody else.
func (w *worker) expel(ctx context.Context, r access.Ref, name string) error {
	var task started
	if err := w.inDirectory(ctx, rest.Call{To: deleteUser, Args: []string{name}}, &task); err != nil {
		return err
	}
	w.known.forget(r)
	return w.finish(ctx, task.ID)
}

// letIn makes a person able to enter: through the groups of the unit where one
// of them lets people in by now, and by a permission of their own where nothing
// else does.
func (w *worker) letIn(ctx context.Context, r access.Ref, name string, p comer) error {
	u, there, err := w.lookUp(ctx, r)
	if err != nil {
		return err
	}
	if disabled, known := u.disabled(); there && (disabled || !known) {
		return rest.Fail(site.Conflict, rest.Call{Op: w.op}, errors.New("the account is deactivated: it must be reactivated first"))
	}
	if !there {
		if err := w.create(ctx, r, name); err != nil {
			return err
		}
	}
	opened := false
	for _, c := range p.edges {
		if err := w.edge(ctx, c); err != nil {
			return err
		}
		opened = opened || c.Op == access.Add && w.known.opens(c.Fact.Object)
	}
	key, err := w.key(ctx, r)
	if err != nil {
		return err
	}
	if there && !opened {
		groups, err := w.groupsOf(ctx, key)
		if err != nil {
			return err
		}
		opened = w.letInBy(groups, nil)
	}
	switch {
	case len(p.held) > 0:
		was, err := w.holds(ctx, r)
		if err != nil {
			return err
		}
		// Whoever holds something holds the permission to use Confluence beside it.
		if !opened && !slices.Contains(was, useConfluence) {
			was = append(was, useConfluence)
		}
		err = w.setHeld(ctx, r, was, p.held)
		if err != nil {
			return err
		}
	case !opened:
		if err := w.giveOwn(ctx, r); err != nil {
			return err
		}
	}
	if !there {
		return w.dropUnasked(ctx, key, name, p.edges)
	}
	return nil
}

// create makes an account for an address. Its name to show is its user name: no
// other is known here, and its owner can change it.
func (w *worker) create(ctx context.Context, r access.Ref, name string) error {
	if r.Type() != "user" {
		return rest.Fail(site.NotFound, rest.Call{Op: w.op}, errors.New("nobody has this user name, and an account can be made for an e-mail address only"))
	}
	var made madeUser
	body := newUser{UserName: name, FullName: name, Email: r.ID(), Notify: true}
	if err := w.inDirectory(ctx, rest.Call{To: createUser, Body: body}, &made); err != nil {
		return err
	}
	w.known.learn(r, made.UserKey)
	return nil
}

// dropUnasked takes a new person out of the groups that the product puts every
// new person into (usually confluence-users), unless the unit wants it so: a
// membership that nobody asked for would be a right that nobody asked for.
func (w *worker) dropUnasked(ctx context.Context, key, name string, edges []access.Change) error {
	groups, err := w.groupsOf(ctx, key)
	if err != nil {
		return rest.Uncertain(err) // the account is there
	}
	for _, g := range groups {
		if slices.ContainsFunc(edges, func(c access.Change) bool { return slices.Contains(w.known.family(c.Fact.Object), g) }) {
			continue
		}
		if err := w.inDirectory(ctx, rest.Call{To: removeMember, Args: []string{name, g.ID()}}, nil); err != nil {
			return err
		}
	}
	return nil
}

// takeAccess takes what the person holds themselves, and the memberships that
// let them in. Everything else of theirs stays.
func (w *worker) takeAccess(ctx context.Context, r access.Ref, p comer) error {
	was, err := w.holds(ctx, r)
	if site.Is(err, site.NotFound) {
		return rest.Fail(site.Unsupported, rest.Call{Op: w.op}, errNoGlobals)
	}
	if err != nil {
		return err
	}
	if len(was) > 0 {
		if err := w.replaceHeld(ctx, r, nil); err != nil {
			return err
		}
	}
	for _, c := range p.edges {
		if err := w.edge(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
