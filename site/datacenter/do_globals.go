package datacenter

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

// globally changes what a group, a person or a class holds on the site as a
// whole. People whom a group lets in come with it by themselves.
func (w *worker) globally(ctx context.Context, subject access.Ref) error {
	var held []access.Change
	err := w.all(func(c access.Change) bool {
		f := c.Fact
		switch {
		case f.Kind == access.Product && f.Object == subject, f.Kind == access.Global && f.Subject == subject:
			held = append(held, c)
			return true
		}
		return c.Op == access.Add && f.Kind == access.Exists && f.Object.IsPerson() && subject.Type() == "group"
	})
	if err != nil {
		return err
	}
	if subject.Type() == "class" {
		return w.classHolds(ctx, subject, held)
	}
	was, err := w.holds(ctx, subject)
	if err != nil {
		return err
	}
	return w.setHeld(ctx, subject, was, held)
}

// holds reads what a group or a person holds directly.
func (w *worker) holds(ctx context.Context, subject access.Ref) ([]operation, error) {
	what := rest.Call{To: groupGlobals, Args: []string{subject.ID()}, Op: w.op}
	if subject.IsPerson() {
		key, err := w.key(ctx, subject)
		if err != nil {
			return nil, err
		}
		what.To, what.Args = userGlobals, []string{key}
	}
	return w.operations(ctx, what)
}

func (w *worker) operations(ctx context.Context, what rest.Call) ([]operation, error) {
	var list rows
	if err := w.client.Read(ctx, what, &list); err != nil {
		return nil, err
	}
	var out []operation
	for _, one := range list {
		out = append(out, one.Operation)
	}
	return out, nil
}

// setHeld brings a group or a person from what it holds to what the changes say,
// in one write that replaces it whole. What is not in the changes stays.
func (w *worker) setHeld(ctx context.Context, subject access.Ref, was []operation, held []access.Change) error {
	will, err := w.changed(subject, was, held)
	if err != nil {
		return err
	}
	if slices.Contains(was, useConfluence) && !slices.Contains(will, useConfluence) && subject.Type() == "group" {
		if err := w.keepEntry(ctx, subject, []access.Ref{subject}); err != nil {
			return err
		}
	}
	if err := w.replaceHeld(ctx, subject, will); err != nil {
		return err
	}
	if subject.Type() == "group" {
		w.known.hold(subject, productValue(will))
	}
	return nil
}

// changed gives the operations after the changes. Nobody holds anything without
// the permission to use Confluence: revoking it takes the rest (published), so
// what the changes do not speak of must not be taken by it.
func (w *worker) changed(subject access.Ref, was []operation, held []access.Change) ([]operation, error) {
	will := slices.Clone(was)
	set := func(o operation, on bool) {
		will = slices.DeleteFunc(will, func(p operation) bool { return p == o })
		if on {
			will = append(will, o)
		}
	}
	for _, c := range held {
		on := c.Op != access.Remove
		switch f := c.Fact; {
		case f.Kind == access.Global:
			for i, o := range operationsOf(subject, f.Verb) {
				set(o, on && i == 0)
			}
		case subject.IsPerson() && !on && slices.Contains(access.ProductRoles(f.Value), userRole):
			return nil, nil // revoking it takes the rest (published), and who left is to hold nothing
		case subject.IsPerson():
			set(administerConfluence, on && slices.Contains(access.ProductRoles(f.Value), access.AdminRole))
		default:
			roles := access.ProductRoles(f.Value)
			set(administerConfluence, on && slices.Contains(roles, access.AdminRole))
			set(useConfluence, on && slices.Contains(roles, userRole))
		}
	}
	if len(will) == 0 || slices.Contains(will, useConfluence) {
		return will, nil
	}
	if subject.IsPerson() {
		return append(will, useConfluence), nil
	}
	var left []string
	for _, o := range will {
		left = append(left, verbOf(subject, o))
	}
	return nil, rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf(
		"%s also holds %s, which goes with the permission to use Confluence: take it away as well, or let the group keep product_role: user", subject, strings.Join(left, ", ")))
}

// replaceHeld writes all that a group or a person holds.
func (w *worker) replaceHeld(ctx context.Context, subject access.Ref, operations []operation) error {
	g := grant{GroupName: subject.ID(), Operations: operations}
	if operations == nil {
		g.Operations = []operation{} // nothing, not no answer
	}
	if subject.IsPerson() {
		key, err := w.key(ctx, subject)
		if err != nil {
			return err
		}
		g.GroupName, g.UserKey = "", key
	}
	return w.sendGlobals(ctx, rest.Call{To: setGlobals, Body: []grant{g}})
}

// errNoGlobals says what a 404 means where it is not about somebody.
var errNoGlobals = errors.New("this version has no interface for global permissions (change them under Administration > Users & security > Global permissions)")

// sendGlobals is send for global permissions: a site without an interface for
// them answers 404.
func (w *worker) sendGlobals(ctx context.Context, what rest.Call) error {
	err := w.send(ctx, what, nil)
	if !site.Is(err, site.NotFound) {
		return err
	}
	if g, gerr := w.globals(ctx); gerr == nil && !g.there {
		return rest.Fail(site.Unsupported, rest.Call{Op: w.op}, errNoGlobals)
	}
	return err
}

// classHolds changes what a class holds. It has an operation of its own for
// giving and for taking; what is given is given first.
func (w *worker) classHolds(ctx context.Context, class access.Ref, held []access.Change) error {
	read, give, take := anonymousGlobals, grantAnonymous, revokeAnonymous
	if class == access.Unlicensed {
		read, give, take = unlicensedGlobals, grantUnlicensed, revokeUnlicensed
	}
	was, err := w.operations(ctx, rest.Call{To: read, Op: w.op})
	if err != nil {
		return err
	}
	verbs := make(map[string]bool)
	for _, o := range was {
		verbs[verbOf(class, o)] = true
	}
	for _, c := range held {
		verbs[c.Fact.Verb] = c.Op != access.Remove
	}
	if !verbs[access.GlobalUse] && verbs[access.GlobalViewProfiles] {
		return rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf("%s also holds %s, which goes with the permission to use Confluence: take it away as well", class, access.GlobalViewProfiles))
	}
	// Use first: nothing is given to whom may not enter.
	slices.SortStableFunc(held, func(a, b access.Change) int {
		rank := func(c access.Change) int {
			switch {
			case c.Op != access.Remove && c.Fact.Verb == access.GlobalUse:
				return 0
			case c.Op != access.Remove:
				return 1
			case c.Fact.Verb != access.GlobalUse:
				return 2
			}
			return 3
		}
		return rank(a) - rank(b)
	})
	for _, c := range held {
		to := give
		if c.Op == access.Remove {
			to = take
		}
		if err := w.spelt(ctx, to, operationsOf(class, c.Fact.Verb)); err != nil {
			return err
		}
	}
	return nil
}

// spelt sends a permission of which the spelling is unknown, the likeliest
// first: 400 says that the site knows no such permission, and that nothing was
// done.
func (w *worker) spelt(ctx context.Context, to rest.Endpoint, spellings []operation) error {
	var err error
	for _, o := range spellings {
		if err = w.sendGlobals(ctx, rest.Call{To: to, Body: []operation{o}}); rest.Status(err) != 400 {
			return err
		}
	}
	return err
}
