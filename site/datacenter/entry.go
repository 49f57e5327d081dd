package datacenter

import (
	"context"
	"slices"

	"github.com/weirhq/weir/access"
)

// A person may enter a site because of the permission to use Confluence: one of
// their own, or one of a group that they are in, directly or through another.

// keepEntry gives the permission to use Confluence to the members of a group
// whom nothing else lets in, before the group, or their membership in it, stops
// doing so: what a step does not say must not happen, and a person who goes is
// in a step that says so. lost are the groups that will not let them in any
// more. Of a group that is in others nobody can tell who is in those directly as
// well; then the person is given a permission that may not be needed.
func (w *worker) keepEntry(ctx context.Context, group access.Ref, lost []access.Ref, only ...access.Ref) error {
	people := only
	if len(people) == 0 {
		for _, g := range w.known.under(group) {
			members, err := w.membersOf(ctx, g.ID())
			if err != nil {
				return err
			}
			for _, u := range members {
				r := w.names.ref(u.Username)
				w.known.learn(r, u.UserKey)
				people = append(people, r)
			}
		}
		slices.Sort(people)
		people = slices.Compact(people)
	}
	for _, r := range people {
		if err := w.keepIn(ctx, r, lost); err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) keepIn(ctx context.Context, r access.Ref, lost []access.Ref) error {
	key, err := w.key(ctx, r)
	if err != nil {
		return err
	}
	groups, err := w.groupsOf(ctx, key)
	if err != nil {
		return err
	}
	if w.letInBy(groups, lost) {
		return nil
	}
	u, ok, err := w.lookUp(ctx, r)
	if err != nil || !ok {
		return err
	}
	if disabled, known := u.disabled(); disabled || !known {
		return nil
	}
	return w.giveOwn(ctx, r)
}

// letInBy reports whether one of the groups, other than those that are lost,
// lets its members in.
func (w *worker) letInBy(groups, lost []access.Ref) bool {
	return slices.ContainsFunc(groups, func(g access.Ref) bool {
		return !slices.Contains(lost, g) && w.known.letsIn(g)
	})
}

// giveOwn gives a person the permission to use Confluence directly, if they do
// not have it.
func (w *worker) giveOwn(ctx context.Context, r access.Ref) error {
	was, err := w.holds(ctx, r)
	if err != nil || slices.Contains(was, useConfluence) {
		return err
	}
	return w.replaceHeld(ctx, r, append(was, useConfluence))
}
