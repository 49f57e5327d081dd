package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// coming is what a unit says of one person.
type coming struct {
	who         access.Ref
	comes, goes bool
	now, was    string // states
	edges       []access.Change
	grants      []access.Change // in spaces; of guests only

	product bool     // whether their own product roles change
	roles   []string // and to which; the plain user is not said
	plain   bool     // but of who left, from whom it is taken
}

// read takes in a change, if it is about the person.
func (p *coming) read(c access.Change) bool {
	switch f := c.Fact; {
	case f.Kind == access.Exists && f.Object == p.who:
		p.comes, p.goes = c.Op == access.Add, c.Op == access.Remove
	case f.Kind == access.State && f.Object == p.who:
		switch c.Op {
		case access.Add:
			p.now = f.Value
		case access.Remove:
			p.was = f.Value
		case access.Modify:
			p.now, p.was = f.Value, c.Was
		}
	case f.Kind == access.Product && f.Object == p.who:
		p.product = true
		if c.Op != access.Remove {
			p.roles = roleList(f.Value)
		} else {
			p.plain = slices.Contains(roleList(f.Value), "user")
		}
	case f.Kind == access.Member && f.Subject == p.who:
		p.edges = append(p.edges, c)
	case grantsInSpace(f) && f.Subject == p.who:
		p.grants = append(p.grants, c)
	default:
		return false
	}
	return true
}

// groups gives the groups that the person joins or leaves, in order.
func (p *coming) groups() []access.Ref {
	var out []access.Ref
	for _, c := range p.edges {
		out = append(out, c.Fact.Object)
	}
	slices.Sort(out)
	return out
}

// person brings a person to where the unit says: in or out of this
// Confluence, or into a state that shuts them out everywhere. A guest's spaces
// belong to it: what is taken is taken first, and what is given is given once
// they are in.
func (w *worker) person(ctx context.Context, r access.Ref) error {
	p := coming{who: r}
	if err := w.all(p.read); err != nil {
		return err
	}
	var taken, given []access.Change
	for _, c := range p.grants {
		if c.Op == access.Remove {
			taken = append(taken, c)
		} else {
			given = append(given, c)
		}
	}
	moves := len(given) > 0 && len(taken) > 0
	if moves || p.now != "" || p.goes {
		if err := w.grants(ctx, taken); err != nil {
			return err
		}
		taken = nil
	}
	if err := w.standing(ctx, &p); err != nil {
		return err
	}
	return w.grants(ctx, append(taken, given...))
}

// standing brings a person to their state, access and product roles.
func (w *worker) standing(ctx context.Context, p *coming) error {
	if p.plain {
		// Before the account is closed: whether roles can be taken from a closed one no
		// document says.
		if err := w.takePlain(ctx, p.who); err != nil {
			return err
		}
		p.product = false
	}
	if p.now != "" {
		// The new state first: between the two the person stays shut out. Who is shut out
		// needs no product role of their own in the place of a group's.
		if err := w.shutOut(ctx, p.who, p.now); err != nil || p.now == removed {
			return err
		}
		if p.goes {
			for _, e := range p.edges {
				if err := w.edge(ctx, e); err != nil {
					return err
				}
			}
		}
	}
	if p.was != "" && p.was != removed {
		if err := w.restore(ctx, p.who, p.was); err != nil {
			return err
		}
	}
	switch {
	case p.comes:
		return w.letIn(ctx, p)
	case p.goes && p.now == "":
		return w.takeAccess(ctx, p.who, p.edges)
	case p.product:
		return w.setOwn(ctx, p)
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
// nothing else does or the unit says so.
func (w *worker) letIn(ctx context.Context, c *coming) error {
	if _, listed := w.known.id(c.who); !listed {
		return w.invite(ctx, c)
	}
	p, listed, err := w.entry(ctx, w.at, c.who)
	switch {
	case err != nil:
		return err
	case !listed || p.state() == removed:
		return w.invite(ctx, c)
	}
	return w.letInListed(ctx, c, p)
}

// letInListed lets in somebody who is in the directory.
func (w *worker) letInListed(ctx context.Context, c *coming, p directoryPerson) error {
	switch p.state() {
	case suspended:
		if err := w.restore(ctx, c.who, suspended); err != nil {
			return err
		}
	case deactivated:
		return rest.Fail(site.Conflict, rest.Call{Op: w.op}, errors.New("the account is deactivated: it must be reactivated first"))
	}
	for _, e := range c.edges {
		if err := w.edge(ctx, e); err != nil {
			return err
		}
	}
	if c.product {
		return w.setOwn(ctx, c)
	}
	if p.enters(w.at) || w.opened(c.edges) || w.letInBy(p, "") {
		return nil
	}
	return w.giveOwn(ctx, p.AccountID)
}

// opened reports whether one of the unit's groups lets people in by now.
func (w *worker) opened(edges []access.Change) bool {
	for _, c := range edges {
		if c.Op == access.Add && access.Opens(w.known.holds(c.Fact.Object)) {
			return true
		}
	}
	return false
}

// invite brings a person into the directory, with the unit's groups and roles.
func (w *worker) invite(ctx context.Context, c *coming) error {
	failed, err := w.inviteAll(ctx, []*coming{c})
	if err == nil && len(failed) > 0 {
		err = rest.Fail(site.Invalid, rest.Call{Op: w.op}, failed[0])
	}
	return err
}

// inviteAll invites people who get the same groups and roles, in one request. It
// tells for whom a part of it failed (206: the others are invited).
func (w *worker) inviteAll(ctx context.Context, people []*coming) (failed []error, err error) {
	first := people[0]
	body := invitation{PermissionRules: []personGrant{}, AdditionalGroups: []string{}}
	for _, p := range people {
		body.Emails = append(body.Emails, p.who.ID())
	}
	for _, c := range first.edges {
		group, err := w.resolve(ctx, c.Fact.Object)
		if err != nil {
			return nil, err
		}
		body.AdditionalGroups = append(body.AdditionalGroups, group)
	}
	roles := first.roles
	if !w.opened(first.edges) && !slices.ContainsFunc(roles, access.LetsIn) {
		roles = append(slices.Clone(roles), "user")
	}
	for _, role := range roles {
		body.PermissionRules = append(body.PermissionRules, personGrant{Resource: w.at.ari(), Role: "atlassian/" + role})
	}
	var got invited
	if err := w.send(ctx, rest.Call{To: invitePeople, Args: []string{w.at.org}, Body: body}, &got); err != nil {
		return nil, err
	}
	for _, d := range *got.Data {
		if d.ID != "" {
			w.known.learn(access.NewRef("user", normalEmail(d.Email)), d.ID)
		}
		var reasons []string
		for _, result := range d.Results {
			for _, part := range slices.Concat(result.Roles, result.Groups) {
				if part.Status == "ERROR" && !slices.Contains(reasons, part.StatusReason) {
					reasons = append(reasons, part.StatusReason)
				}
			}
		}
		if len(reasons) > 0 {
			failed = append(failed, w.client.Redact(fmt.Errorf("the invitation of %s failed: %s", normalEmail(d.Email), strings.Join(reasons, "; "))))
		}
	}
	return failed, nil
}

// invitations counts the people who come in a unit.
func invitations(unit []access.Change) int {
	n := 0
	for _, c := range unit {
		if c.Op == access.Add && c.Fact.Kind == access.Exists && person(c.Fact.Object) {
			n++
		}
	}
	return n
}

// inviteTogether brings in the people of a unit, who all get the same. Who is in
// the directory already is let in by themselves; the others are invited in one
// request. Whatever fails for some does not keep out the rest: who is in is read
// back.
func (w *worker) inviteTogether(ctx context.Context) error {
	var people []*coming
	var emails []string
	byRef := make(map[access.Ref]*coming)
	at := func(r access.Ref) *coming {
		if byRef[r] == nil {
			byRef[r] = &coming{who: r}
			people = append(people, byRef[r])
			emails = append(emails, r.ID())
		}
		return byRef[r]
	}
	err := w.all(func(c access.Change) bool {
		r := c.Fact.Object
		if c.Fact.Kind == access.Member {
			r = c.Fact.Subject
		}
		return c.Op == access.Add && r.Type() == "user" && at(r).read(c)
	})
	if err != nil {
		return err
	}
	for _, c := range people {
		if !c.comes || !slices.Equal(c.roles, people[0].roles) || !slices.Equal(c.groups(), people[0].groups()) {
			return rest.Fail(site.Invalid, rest.Call{Op: w.op}, fmt.Errorf("%s does not come with the same as %s", c.who, people[0].who))
		}
	}
	list, err := w.byEmail(ctx, w.at, emails)
	if err != nil {
		return err
	}
	found := bearers(list)
	var fresh []*coming
	var failed []error
	for _, c := range people {
		switch same := found[c.who]; {
		case len(same) > 1:
			failed = append(failed, fmt.Errorf("%d accounts answer to %s", len(same), c.who))
		case len(same) == 0 || same[0].state() == removed:
			fresh = append(fresh, c)
		default:
			w.known.learn(c.who, same[0].AccountID)
			if err := w.letInListed(ctx, c, same[0]); err != nil {
				failed = append(failed, err)
			}
		}
	}
	if len(fresh) > 0 {
		some, err := w.inviteAll(ctx, fresh)
		if failed = append(failed, some...); err != nil {
			failed = append(failed, err)
		}
	}
	return together(w.op, failed)
}

// together makes one error of several about one step: with an outcome that
// nobody knows among them, nobody knows that of the step.
func together(op string, failed []error) error {
	if len(failed) == 0 {
		return nil
	}
	kind := site.Invalid
	var said []string // on one line, as a report shows it
	for _, err := range failed {
		said = append(said, err.Error())
		if site.Is(err, site.Transient) {
			kind = site.Transient
		}
	}
	return rest.Fail(kind, rest.Call{Op: op}, errors.New(strings.Join(said, "; ")))
}

// setOwn brings the product roles that a person holds themselves to those that
// the unit says. What is new is given before anything is taken, so that nobody
// is shut out between; a guest who becomes a user pays from the first moment on
// (evidence A9: who holds both roles does). The plain role user, which the facts
// do not say, stays where it is, and is given where nothing else would let the
// person in any more.
func (w *worker) setOwn(ctx context.Context, c *coming) error {
	p, listed, err := w.entry(ctx, w.at, c.who)
	if err != nil {
		return err
	}
	if !listed {
		return rest.Fail(site.NotFound, rest.Call{Op: w.op}, fmt.Errorf("%s is not in the directory", c.who))
	}
	own, err := w.own(ctx, p.AccountID)
	if err != nil {
		return err
	}
	will := slices.Clone(c.roles)
	// Whoever goes, or is shut out, is let in by nothing: a guest who is suspended would
	// pay for it, and who comes back is let in then.
	in := c.comes || !c.goes && p.enters(w.at) && p.state() == ""
	if in && !slices.ContainsFunc(will, access.LetsIn) && !w.letInBy(p, "") || slices.Contains(own, "user") && !slices.Contains(will, access.GuestRole) {
		will = append(will, "user")
	}
	for _, role := range will {
		if !slices.Contains(own, role) {
			if err := w.ownRole(ctx, givePersonProduct, p.AccountID, role); err != nil {
				return err
			}
		}
	}
	for _, role := range own {
		if !slices.Contains(will, role) {
			if err := w.ownRole(ctx, takePersonProduct, p.AccountID, role); err != nil {
				return err
			}
		}
	}
	return nil
}

// takePlain takes every product role that somebody who left holds themselves.
func (w *worker) takePlain(ctx context.Context, r access.Ref) error {
	account, err := w.resolve(ctx, r)
	if err != nil {
		return err
	}
	return w.takeOwn(ctx, account)
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
