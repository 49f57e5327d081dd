package cloud

import (
	"context"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Reread reads the lists of people, groups, spaces and roles, and of who holds what
// only the touched spaces, those that are new or look different, that were unknown,
// or where somebody stands who came, went or changed.
func (s *Site) Reread(ctx context.Context, last site.Observation, touched []access.Ref, extent access.Extent) (site.Observation, error) {
	before := s.client.Sent()
	r, err := s.begin(ctx)
	if err != nil {
		return site.Observation{}, err
	}
	if err := s.lists(ctx, r, func(context.Context) error { return nil }); err != nil {
		return site.Observation{}, err
	}
	p, reason, err := s.catchUp(ctx, r, last, nil, touched, "")
	if err != nil {
		return site.Observation{}, err
	}
	content := extent
	if reason == "" {
		content = p.content(extent, touched)
		r.kept = p.keptRecords(r, touched)
	}
	if err := s.conclude(ctx, r, content, p.now, before); err != nil {
		return site.Observation{}, err
	}
	if reason == "" {
		p.keepContent(extent, content)
	}
	p.now.Extent, p.now.Reread = extent, reason
	return *p.now, nil
}

// content is what has to be read of the content that an extent asks for: pages that
// are touched, that the earlier observation was not asked for or did not see, and
// those that name somebody who came, went or changed.
func (p past) content(extent access.Extent, touched []access.Ref) access.Extent {
	out := extent // of all but content everything is read
	out.Pages, out.Watch, out.All = nil, nil, false
	had := p.last.Extent
	anew := make(map[access.Ref]bool)
	for _, ref := range touched {
		anew[ref] = true
	}
	for _, u := range p.last.Unknown {
		anew[u.Object] = anew[u.Object] || u.Object.IsPage()
	}
	for f := range p.last.Facts.OfKind(access.Restrict) {
		if p.differs(f.Subject) {
			anew[f.Object] = true
		}
	}
	for _, page := range extent.Pages {
		if _, there := p.last.IDs[page]; anew[page] || !there || !had.Reads(page) {
			out.Pages = append(out.Pages, page)
		}
	}
	for page := range anew {
		if page.IsPage() && extent.Reads(page) && !slices.Contains(out.Pages, page) {
			out.Pages = append(out.Pages, page)
		}
	}
	slices.Sort(out.Pages)
	whole := func(e access.Extent, space access.Ref) bool { return e.All || slices.Contains(e.Watch, space) }
	for space := range p.now.IDs {
		moved := p.last.IDs[space] != p.now.IDs[space]
		if space.Type() == "space" && whole(extent, space) && (moved || !whole(had, space)) {
			out.Watch = append(out.Watch, space)
		}
	}
	slices.Sort(out.Watch)
	return out
}

// keptRecords gives the records of personal spaces that are not read anew: of those
// that are not touched and are the same as they were.
func (p past) keptRecords(r *reading, touched []access.Ref) map[access.Ref]access.SpaceRecord {
	out := make(map[access.Ref]access.SpaceRecord)
	if !p.last.Extent.Personal {
		return out
	}
	for _, sp := range r.spaces {
		ref := sp.ref()
		was, told := p.last.Spaces[ref]
		if told && !was.Changed.IsZero() && p.last.IDs[ref] == sp.ID && !slices.Contains(touched, ref) {
			out[ref] = was
		}
	}
	return out
}

// keepContent adds what the earlier observation says of content that was not read,
// as far as the extent asks for it and its space is still there.
func (p past) keepContent(extent, read access.Extent) {
	kept := func(page access.Ref) bool {
		space := page.PageSpace()
		return page.IsPage() && extent.Reads(page) && !read.Reads(page) && p.now.IDs[space] != "" && p.now.IDs[space] == p.last.IDs[space]
	}
	var facts []access.Fact
	for _, kind := range []access.Kind{access.Exists, access.Restrict} {
		for f := range p.last.Facts.OfKind(kind) {
			if !kept(f.Object) {
				continue
			}
			// Whom no list named then, none names now, or the page was read anew. A group
			// that is gone keeps the name that its page gives it.
			if _, listed := p.last.IDs[f.Subject]; listed {
				f, _ = p.rename(f)
			}
			facts = append(facts, f)
		}
	}
	p.now.Facts = p.now.Facts.Union(access.NewSet(facts...))
	parents := maps.Clone(p.now.Parents)
	if parents == nil {
		parents = make(map[access.Ref]access.Ref)
	}
	for ref, id := range p.last.IDs {
		if kept(ref) {
			p.now.IDs[ref] = id
		}
	}
	for page, up := range p.last.Parents {
		if _, read := parents[page]; !read {
			parents[page] = up
		}
	}
	p.now.Parents = parents
	for _, u := range p.last.Unknown {
		space := u.Object.Type() == "space" && u.Kind == access.Restrict && !slices.Contains(read.Watch, u.Object) && (extent.All || slices.Contains(extent.Watch, u.Object))
		if space || kept(u.Object) {
			p.now.Unknown = append(p.now.Unknown, u)
		}
	}
	slices.SortFunc(p.now.Unknown, byObject)
}
