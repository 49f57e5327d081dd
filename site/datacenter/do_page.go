package datacenter

import (
	"context"
	"fmt"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// restrict changes the restrictions of a page in one write that holds the whole
// final lists, from a fresh reading: they are never cleared and set again.
func (w *worker) restrict(ctx context.Context, r access.Ref) error {
	err := w.all(func(c access.Change) bool { return c.Fact.Kind == access.Restrict && c.Fact.Object == r })
	if err != nil {
		return err
	}
	page, err := w.page(ctx, r)
	if err != nil {
		return err
	}
	now, err := w.restrictions(ctx, string(page.ID))
	if err != nil {
		return err
	}
	var body []limitBody
	for _, part := range []struct {
		verb, operation string
		l               *limited
	}{{access.ViewPage, "read", now.Read}, {access.EditPage, "update", now.Update}} {
		b, err := w.limitTo(part.verb, part.operation, part.l)
		if err != nil {
			return err
		}
		body = append(body, b)
	}
	return w.send(ctx, rest.Call{To: setRestrictions, Args: []string{string(page.ID)}, Body: body}, nil)
}

// page finds the one page or blog post that is meant.
func (s *Site) page(ctx context.Context, r access.Ref) (found, error) {
	var list []found
	var err error
	if r.Type() == "page" {
		list, err = s.findPage(ctx, r)
	} else {
		list, err = s.contentOf(ctx, r.PageSpace().ID(), r.Type())
		list = slices.DeleteFunc(list, func(f found) bool { return f.ref() != r })
	}
	switch {
	case err != nil:
		return found{}, err
	case len(list) == 0:
		return found{}, rest.Fail(site.NotFound, rest.Call{To: findContent}, fmt.Errorf("%s is not there, or weir's account may not see it", r))
	case len(list) > 1:
		return found{}, rest.Fail(site.Conflict, rest.Call{To: findContent}, fmt.Errorf("%d have the title of %s", len(list), r))
	}
	return list[0], nil
}

// limitTo gives one restriction after the unit's changes. An account that is gone
// may still be named; it cannot be written back, and nobody passes by it, so it is
// left out, unless that would open the page. Where weir's own account is put into
// each restriction and nobody else is left, the restriction is lifted: nobody asked
// for a page of weir's own, unless the unit speaks of weir.
func (w *worker) limitTo(verb, operation string, now *limited) (limitBody, error) {
	b := limitBody{Operation: operation}
	b.Restrictions.User, b.Restrictions.Group = []limitedUser{}, []limitedGroup{}
	own := w.known.self()
	var names, dangling []access.Ref
	for _, who := range now.names() {
		ref, ok := w.subjectRef(who)
		switch {
		case ok && who.Type == "unknown":
			dangling = append(dangling, ref)
		case !ok:
			return b, rest.Fail(site.Invalid, rest.Call{Op: w.op}, fmt.Errorf("the restriction names somebody whom the site does not (%s)", who.DisplayName))
		default:
			names = append(names, ref)
		}
	}
	changes, spoken := false, false
	for _, c := range w.unit {
		if c.Fact.Verb != verb {
			continue
		}
		changes, spoken = true, spoken || c.Fact.Subject == own
		is := func(r access.Ref) bool { return r == c.Fact.Subject }
		names, dangling = slices.DeleteFunc(names, is), slices.DeleteFunc(dangling, is)
		if c.Op != access.Remove {
			names = append(names, c.Fact.Subject)
		}
	}
	others := slices.DeleteFunc(slices.Clone(names), func(r access.Ref) bool { return r == own })
	switch {
	case len(dangling) > 0 && len(others) == 0:
		return b, rest.Fail(site.Conflict, rest.Call{Op: w.op}, fmt.Errorf("only an account that is gone would be left in its %s restriction (%s), which cannot be written: take it away as well", verb, dangling[0]))
	case changes && w.member && !spoken && len(others) == 0:
		names = nil
	case changes && w.member && len(others) > 0 && !slices.Contains(names, own):
		names = append(names, own)
	}
	for _, r := range names {
		if r.Type() == "group" {
			b.Restrictions.Group = append(b.Restrictions.Group, limitedGroup{"group", r.ID()})
			continue
		}
		name, err := w.name(r)
		if err != nil {
			return b, err
		}
		b.Restrictions.User = append(b.Restrictions.User, limitedUser{"known", name})
	}
	return b, nil
}
