package site

import (
	"slices"

	"github.com/weirhq/weir/access"
)

// Beside gives what decides beside facts what people can do on the site that was
// observed: on it as it is, and as it will be, for a plan moves no page.
//
//	live := o.Beside().View(o.Facts)
func (o Observation) Beside() access.Beside {
	b := access.Beside{
		Parents:     o.Parents,
		Super:       o.Traits.Super,
		Permissions: o.Permissions,
		Globals:     slices.Contains(o.Traits.Globals, access.GlobalUse) && !o.unread(access.Global),
	}
	if o.Account != "" {
		b.Without = []access.Ref{o.Account}
	}
	return b
}

// unread reports whether facts of a kind about the site as a whole may be
// missing.
func (o Observation) unread(kind access.Kind) bool {
	return slices.ContainsFunc(o.Unknown, func(u access.Unknown) bool {
		return u.Covers(access.Fact{Kind: kind, Object: access.Site})
	})
}
