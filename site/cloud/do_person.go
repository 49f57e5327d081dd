package cloud

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// person brings a person to where the unit says: in or out of this
// Confluence, or into a state that shuts them out everywhere.
func (w *worker) person(ctx context.Context, r access.Ref) error {
	var comes, goes bool
	var now, was string
	var edges []access.Change
	err := w.all(func(c access.Change) bool {
		f := c.Fact
		switch {
		case f.Kind == access.Exists && f.Object == r:
			comes, goes = c.Op == access.Add, c.Op == access.Remove
		case f.Kind == access.State && f.Object == r:
			switch c.Op {
			case access.Add:
				now = f.Value
			case access.Remove:
				was = f.Value
			case access.Modify:
				now, was = f.Value, c.Was
			}
		case f.Kind == access.Member && f.Subject == r:
			edges = append(edges, c)
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	if now != "" {
		// The new state first: between the two the person stays shut out.
		if err := w.shutOut(ctx, r, now); err != nil || now == removed {
			return err
		}
	}
	if was != "" && was != removed {
		if err := w.restore(ctx, r, was); err != nil {
			return err
		}
	}
	switch {
	case comes:
		return w.letIn(ctx, r, edges)
	case goes && now == "":
		return w.takeAccess(ctx, r, edges)
	}
	return nil
}

// inDirectory is the call of an endpoint about one person of the directory.
func (w *worker) inDirectory(to rest.Endpoint, account string) rest.Call {
	return rest.Call{To: to, Args: []string{w.at.org, w.at.directory, account}}
}

func (w *worker) shutOut(ctx context.Context, r access.Ref, state string) error {
	account, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	switch state {
	case suspended:
		return w.send(ctx, w.inDirectory(suspendPerson, account), nil)
	case deactivated:
		// The body is obligatory, its message is not (documented).
		return w.send(ctx, rest.Call{To: disableAccount, Args: []string{account}, Body: struct{}{}}, nil)
	case removed:
		// Product roles and memberships go with it; the unit holds the latter.
		return w.send(ctx, w.inDirectory(removePerson, account), nil)
	}
	return w.refuse(lead(w.unit))
}

// restore lifts a state. A deactivated account may be suspended as well: what
// shows then is lifted too, if the unit lets the person in.
func (w *worker) restore(ctx context.Context, r access.Ref, state string) error {
	account, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	if state == suspended {
		return w.send(ctx, w.inDirectory(restorePerson, account), nil)
	}
	return w.send(ctx, rest.Call{To: enableAccount, Args: []string{account}}, nil)
}

// letIn makes a person able to enter: through the groups of the unit where
// one of them lets people in by now, and by a product role of their own where
// nothing else does.
func (w *worker) letIn(ctx context.Context, r access.Ref, edges []access.Change) error {
	if _, listed := w.known.id(r); !listed {
		return w.invite(ctx, r, edges)
	}
	p, listed, err := w.entry(ctx, w.at, r)
	switch {
	case err != nil:
		return err
	case !listed || p.state() == removed:
		return w.invite(ctx, r, edges)
	case p.state() == suspended:
		if err := w.restore(ctx, r, suspended); err != nil {
			return err
		}
	case p.state() == deactivated:
		return rest.Fail(site.Conflict, rest.Call{Op: w.op}, errors.New("the account is deactivated: it must be reactivated first"))
	}
	for _, c := range edges {
		if err := w.edge(ctx, c); err != nil {
			return err
		}
	}
	if p.enters(w.at) || w.opened(edges) || w.letInBy(p, "") {
		return nil
	}
	return w.giveOwn(ctx, p.AccountID)
}

// opened reports whether one of the unit's groups lets people in by now.
func (w *worker) opened(edges []access.Change) bool {
	for _, c := range edges {
		if c.Op == access.Add && opens(w.known.holds(c.Fact.Object)) {
			return true
		}
	}
	return false
}

// invite brings a person into the directory, with the unit's groups.
func (w *worker) invite(ctx context.Context, r access.Ref, edges []access.Change) error {
	body := invitation{
		Emails:           []string{r.ID()},
		PermissionRules:  []personGrant{},
		AdditionalGroups: []string{},
	}
	for _, c := range edges {
		group, err := w.resolve(ctx, c.Fact.Object)
		if err != nil {
			return err
		}
		body.AdditionalGroups = append(body.AdditionalGroups, group)
	}
	if !w.opened(edges) {
		body.PermissionRules = append(body.PermissionRules, personGrant{Resource: w.at.ari(), Role: "atlassian/user"})
	}
	what := rest.Call{To: invitePeople, Args: []string{w.at.org}, Body: body}
	var got invited
	if err := w.send(ctx, what, &got); err != nil {
		return err
	}
	var account string
	for _, d := range *got.Data {
		if normalEmail(d.Email) == r.ID() {
			account = d.ID
		}
		for _, result := range d.Results {
			for _, part := range append(result.Roles, result.Groups...) {
				if part.Status == "ERROR" {
					return rest.Fail(site.Invalid, rest.Call{Op: w.op}, w.client.Redact(fmt.Errorf("a part of the invitation failed: %s", part.StatusReason)))
				}
			}
		}
	}
	if account != "" {
		w.known.learn(r, account)
	}
	return nil
}

// takeAccess takes the person's own product roles, and the memberships that
// give one. Everything else of theirs stays, on other products too.
func (w *worker) takeAccess(ctx context.Context, r access.Ref, edges []access.Change) error {
	account, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	if err := w.takeOwn(ctx, account); err != nil {
		return err
	}
	for _, c := range edges {
		if err := w.edge(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
