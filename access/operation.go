package access

import "slices"

// Operations are what people can do to an object: on a space the product's own
// permission ids ("create/page") and the three summaries; on a page or a blog
// post [ViewPage] and [EditPage]; on the [Site] its global permissions.
//
// The summaries of a space say what people ask for: to view is read/space; to
// edit is to add or change pages or blog posts, and to view, in a space that is
// not archived; to administer is administer/space. Atlassian's own tables name
// the permissions and not these sums.
const (
	ToView       = "view"
	ToEdit       = "edit"
	ToAdminister = "admin"
)

// Summaries are the summaries of a space, weakest first.
var Summaries = []string{ToView, ToEdit, ToAdminister}

// editsSpace are the permissions of which any, with CanView, is to edit in a
// space.
var editsSpace = []string{"create/blogpost", "create/page", "update/blogpost", "update/page"}

// globals are the operations on a site.
var globals = []string{GlobalAdminister, GlobalCreateSpace, GlobalPersonalSpace, GlobalSystemAdminister, GlobalUse, GlobalViewProfiles}

// summary is a set of the parts that the summaries of a space are made of.
type summary uint8

const (
	reads summary = 1 << iota
	writes
	administers
)

func summarise(p Permissions) summary {
	var s summary
	if p.Has(CanView) {
		s |= reads
	}
	if slices.ContainsFunc(editsSpace, p.Has) {
		s |= writes
	}
	if p.Has(CanAdminister) {
		s |= administers
	}
	return s
}

// ids gives the summaries that somebody with these parts has.
func (s summary) ids(archived bool) Permissions {
	var out []string
	if s&reads != 0 {
		out = append(out, ToView)
	}
	if s&reads != 0 && s&writes != 0 && !archived {
		out = append(out, ToEdit)
	}
	if s&administers != 0 {
		out = append(out, ToAdminister)
	}
	return NewPermissions(out...)
}
