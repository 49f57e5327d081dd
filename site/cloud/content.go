package cloud

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// searchPage is how many rows a search for content is asked for. What it gives
// at most is not known (evidence, "Unknown" 5); it says itself when more follows.
const searchPage = 100

// contentRow is a page or a blog post, as v2 lists it.
type contentRow struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	SpaceID    string `json:"spaceId"`
	ParentID   string `json:"parentId"`
	ParentType string `json:"parentType"` // page | folder | …; of what is no page nothing is said
}

// foundContent is a page or a blog post as v1's search shows it, with whom it
// names, as far as the lists go, and the pages above it, highest first.
type foundContent struct {
	ID           string `json:"id"`
	Type         string `json:"type"`
	Title        string `json:"title"`
	Restrictions struct {
		Read   *restrictionRow `json:"read"`
		Update *restrictionRow `json:"update"`
	} `json:"restrictions"`
	Ancestors []struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	} `json:"ancestors"`
}

// contents is what was read of pages and blog posts.
type contents struct {
	facts   []access.Fact
	ids     map[access.Ref]string
	parents map[access.Ref]access.Ref
	unknown []access.Unknown
	// floor is how few requests would do: for named pages each its restrictions,
	// and one for every 250 of them; for watched spaces those of the search
	// (evidence, Part C).
	floor int
}

// content reads the pages that the extent asks for. Those that are named are
// read one by one, exactly. Those of watched spaces are found by searching, which
// is behind for a while after a change and leaves out what weir's account may not
// view: it says what is there, and never that something is not.
//
// ids are what the spaces go by.
func (s *Site) content(ctx context.Context, extent access.Extent, ids map[access.Ref]string) (*contents, error) {
	r := &contentReader{
		Site: s, extent: extent, spaces: make(map[access.Ref]string), names: make(map[string]access.Ref),
		key: s.key("read the restrictions of pages"), named: make(map[access.Ref]bool), found: make(map[access.Ref]contentRow),
		out: &contents{ids: make(map[access.Ref]string), parents: make(map[access.Ref]access.Ref)},
	}
	for ref, id := range ids {
		if ref.Type() == "space" {
			r.spaces[ref], r.names[id] = id, ref
		}
	}
	// That the key could not be closed is told by its note, and ends by itself.
	defer func() { _ = r.key.close(ctx) }()
	if err := r.described(ctx); err != nil {
		return nil, err
	}
	if err := r.restrictions(ctx, slices.Sorted(maps.Keys(r.found))); err != nil {
		return nil, err
	}
	r.out.floor = len(r.found) + pages(len(r.found), sitePage)
	if err := r.above(ctx); err != nil {
		return nil, err
	}
	err := rest.Each(ctx, s.client.InFlight(), r.watched(), func(ctx context.Context, _ int, space access.Ref) error {
		return r.watch(ctx, space)
	})
	if err != nil {
		return nil, err
	}
	for ref, id := range r.out.ids {
		s.known.learn(ref, id)
	}
	return r.out, nil
}

type contentReader struct {
	*Site
	extent access.Extent
	spaces map[access.Ref]string // ids of spaces
	names  map[string]access.Ref // and back
	key    *adminKey

	named map[access.Ref]bool       // what the extent names
	found map[access.Ref]contentRow // of it, what is there

	mu  sync.Mutex // guards out
	out *contents
}

func (r *contentReader) doubt(kind access.Kind, object access.Ref, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.unknown = append(r.out.unknown, access.Unknown{Kind: kind, Object: object, Reason: reason})
}

func (r *contentReader) say(ref access.Ref, id string, facts ...access.Fact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.ids[ref] = id
	r.out.facts = append(r.out.facts, access.Fact{Kind: access.Exists, Object: ref})
	r.out.facts = append(r.out.facts, facts...)
}

// contentLists are the lists of v2, by type of content.
var contentLists = map[string]rest.Endpoint{"page": listPages, "blogpost": listBlogPosts}

// list reads a list of pages or blog posts.
func (r *contentReader) list(ctx context.Context, what rest.Call, keyed bool) ([]contentRow, error) {
	if keyed {
		what = withKey(what)
	}
	return rest.ByLink(ctx, r.client, what, sitePage, func(c contentRow) string {
		if c.Title == "" || c.SpaceID == "" {
			return ""
		}
		return c.ID
	})
}

// orWithKey reads without a key, and where that leaves something out with one.
func (r *contentReader) orWithKey(ctx context.Context, read func(keyed bool) (whole bool, err error)) error {
	whole, err := read(false)
	if whole || err != nil {
		return err
	}
	opened, err := r.key.open(ctx)
	if !opened || err != nil {
		return err
	}
	_, err = read(true)
	return err
}

// described finds the pages that the extent names: by the ids that they had
// before, or by their titles.
func (r *contentReader) described(ctx context.Context) error {
	pinned := make(map[string][]string) // ids by type
	var byTitle []access.Ref
	for _, page := range r.extent.Pages {
		if r.named[page] {
			continue
		}
		r.named[page] = true
		if id := r.extent.Pins[page]; id != "" {
			pinned[page.Type()] = append(pinned[page.Type()], id)
		} else if r.spaces[page.PageSpace()] != "" {
			byTitle = append(byTitle, page)
		}
	}
	rows := make(map[string]contentRow) // by type and id
	for _, kind := range slices.Sorted(maps.Keys(pinned)) {
		err := r.orWithKey(ctx, func(keyed bool) (bool, error) {
			missing := slices.DeleteFunc(slices.Clone(pinned[kind]), func(id string) bool { _, ok := rows[kind+id]; return ok })
			found, err := r.byID(ctx, kind, missing, keyed)
			for _, row := range found {
				rows[kind+row.ID] = row
			}
			return len(found) == len(missing), err
		})
		if err != nil {
			return err
		}
	}
	for _, page := range slices.Sorted(maps.Keys(r.named)) {
		if id := r.extent.Pins[page]; id != "" {
			row, ok := rows[page.Type()+id]
			r.recognise(page, row, ok)
		}
	}
	return rest.Each(ctx, r.client.InFlight(), byTitle, func(ctx context.Context, _ int, page access.Ref) error {
		return r.orWithKey(ctx, func(keyed bool) (bool, error) { return r.titled(ctx, page, keyed) })
	})
}

// byID reads pages or blog posts by their ids.
func (r *contentReader) byID(ctx context.Context, kind string, ids []string, keyed bool) ([]contentRow, error) {
	var out []contentRow
	for batch := range slices.Chunk(ids, sitePage) {
		what := rest.Call{To: contentLists[kind], Query: url.Values{"id": batch}}
		rows, err := r.list(ctx, what, keyed)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// recognise takes in what stands behind the id that a page had before. It may
// have another title by now, or be in another space: then it is not what the
// description means, and its ids tell so.
func (r *contentReader) recognise(page access.Ref, row contentRow, there bool) {
	if !there {
		r.doubt("", page, "it was there before (weir.lock) and cannot be seen now; if it is gone, delete its line from weir.lock")
		return
	}
	space, ok := r.names[row.SpaceID]
	if !ok {
		r.doubt("", page, "it is in a space that weir's account cannot see")
		return
	}
	if is := access.NewPage(page.Type(), space, row.Title); is != page {
		r.doubt("", page, fmt.Sprintf("what weir.lock names is now %s", is))
		r.mu.Lock()
		r.out.ids[is] = row.ID
		r.mu.Unlock()
		return
	}
	r.found[page] = row
}

// titled finds a page by its title. There may be several blog posts of one
// title; which is meant, nobody can tell.
func (r *contentReader) titled(ctx context.Context, page access.Ref, keyed bool) (found bool, err error) {
	what := rest.Call{To: contentLists[page.Type()], Query: rest.With(nil, "space-id", r.spaces[page.PageSpace()], "title", page.PageTitle())}
	rows, err := r.list(ctx, what, keyed)
	rows = slices.DeleteFunc(rows, func(row contentRow) bool { return row.Title != page.PageTitle() })
	switch {
	case err != nil || len(rows) == 0:
		return false, err
	case len(rows) > 1:
		r.doubt("", page, fmt.Sprintf("%d of this title are in the space", len(rows)))
		return true, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[page] = rows[0]
	return true, nil
}

// restrictions reads whom the found pages name, one request each.
func (r *contentReader) restrictions(ctx context.Context, pages []access.Ref) error {
	return rest.Each(ctx, r.client.InFlight(), pages, func(ctx context.Context, _ int, page access.Ref) error {
		return r.exactly(ctx, page, r.found[page].ID)
	})
}

// exactly reads whom one page names.
func (r *contentReader) exactly(ctx context.Context, page access.Ref, id string) error {
	got, _, err := r.restrictionsWith(ctx, id, r.key)
	if reason, hidden := rest.Unseen(err); hidden {
		r.say(page, id)
		r.doubt(access.Restrict, page, "its restrictions cannot be read: "+reason)
		return nil
	}
	if err != nil {
		return err
	}
	r.say(page, id, r.restrictFacts(page, got)...)
	return nil
}

// mostAbove bounds how far up the tree of pages is read.
const mostAbove = 100

// above reads which pages lie above the found ones, a level of all of them at a
// time.
func (r *contentReader) above(ctx context.Context) error {
	rows := make(map[string]contentRow) // pages by id
	refs := make(map[string]access.Ref)
	next := make(map[string]bool)
	take := func(row contentRow) {
		space, ok := r.names[row.SpaceID]
		if !ok {
			return
		}
		rows[row.ID], refs[row.ID] = row, access.NewPage("page", space, row.Title)
		if row.ParentID != "" && (row.ParentType == "" || row.ParentType == "page") {
			next[row.ParentID] = true
		}
	}
	for page, row := range r.found {
		if page.Type() == "page" {
			take(row)
		}
	}
	for range mostAbove {
		ids := slices.Sorted(maps.Keys(next))
		ids = slices.DeleteFunc(ids, func(id string) bool { _, ok := rows[id]; return ok })
		clear(next)
		if len(ids) == 0 {
			break
		}
		found, err := r.byID(ctx, "page", ids, false)
		if err != nil {
			return err
		}
		for _, row := range found {
			take(row)
		}
	}
	for id, row := range rows {
		if up, ok := refs[row.ParentID]; ok {
			r.out.parents[refs[id]] = up
		}
	}
	return nil
}

// watched gives the spaces of which every page is read.
func (r *contentReader) watched() []access.Ref {
	if r.extent.All {
		return slices.Sorted(maps.Keys(r.spaces))
	}
	var out []access.Ref
	for _, space := range r.extent.Watch {
		if r.spaces[space] != "" {
			out = append(out, space)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// embedded are the parts that a search shows with content (published).
const embedded = "restrictions.read.restrictions.user,restrictions.read.restrictions.group," +
	"restrictions.update.restrictions.user,restrictions.update.restrictions.group,ancestors"

// watch reads the pages and blog posts of a space with whom they name. A list
// that is cut is read by itself.
func (r *contentReader) watch(ctx context.Context, space access.Ref) error {
	what := rest.Call{To: searchContent, Query: rest.With(nil,
		"cql", fmt.Sprintf(`space = %s and type in (page, blogpost)`, quoted(space.ID())), "expand", embedded)}
	list, err := rest.ByLink(ctx, r.client, what, searchPage, func(c foundContent) string {
		if c.Title == "" || contentLists[c.Type] == (rest.Endpoint{}) {
			return ""
		}
		return c.ID
	})
	if reason, hidden := rest.Unseen(err); hidden {
		r.doubt(access.Restrict, space, "its pages cannot be searched: "+reason)
		return nil
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.out.floor += max(1, pages(len(list), searchPage))
	r.mu.Unlock()
	shown := make(map[string]bool)
	byRef := make(map[access.Ref][]string) // ids
	var cut []access.Ref
	facts := make(map[access.Ref][]access.Fact)
	for _, c := range list {
		ref := access.NewPage(c.Type, space, c.Title)
		shown[c.ID] = true
		byRef[ref] = append(byRef[ref], c.ID)
		up := ref
		for _, a := range slices.Backward(c.Ancestors) {
			if a.Title == "" {
				break
			}
			above := access.NewPage("page", space, a.Title)
			r.mu.Lock()
			r.out.parents[up] = above
			r.mu.Unlock()
			up = above
		}
		got, whole, err := c.named()
		if err != nil {
			return rest.Fail(site.Invalid, what, err)
		}
		if !whole {
			cut = append(cut, ref)
		}
		facts[ref] = r.restrictFacts(ref, got)
	}
	hidden, complete, err := r.unindexed(ctx, space, shown)
	if err != nil {
		return err
	}
	for ref, ids := range hidden {
		byRef[ref] = append(byRef[ref], ids...)
		cut = append(cut, ref)
	}
	if !complete {
		r.doubt(access.Restrict, space, "a search shows its pages: none that weir's account may not view, and none of an archived space")
	}
	for ref, ids := range byRef {
		switch {
		case r.named[ref]:
			delete(byRef, ref) // it has been read
		case len(ids) > 1:
			r.doubt("", ref, fmt.Sprintf("%d of this title are in the space", len(ids)))
			delete(byRef, ref)
		case !slices.Contains(cut, ref):
			r.say(ref, ids[0], facts[ref]...)
		}
	}
	cut = slices.DeleteFunc(cut, func(ref access.Ref) bool { return len(byRef[ref]) != 1 })
	return rest.Each(ctx, r.client.InFlight(), cut, func(ctx context.Context, _ int, ref access.Ref) error {
		return r.exactly(ctx, ref, byRef[ref][0])
	})
}

// named gives whom content names, and whether the lists are whole.
func (c foundContent) named() (out restrictions, whole bool, err error) {
	out, whole = make(restrictions), true
	for _, row := range []*restrictionRow{c.Restrictions.Read, c.Restrictions.Update} {
		names, err := row.names()
		if err != nil {
			return nil, false, err
		}
		whole = whole && row.Restrictions.User.whole() && row.Restrictions.Group.whole()
		out[verbs[row.Operation]] = names
	}
	return out, whole, nil
}

// unindexed finds what a search left out, and what is above that: with an admin
// key, the lists of a space show all of it. complete reports that nothing is left out. A search does not
// know of keys, and leaves out archived spaces whole (supposed: evidence,
// "Unknown" 5).
func (r *contentReader) unindexed(ctx context.Context, space access.Ref, shown map[string]bool) (out map[access.Ref][]string, complete bool, err error) {
	opened, err := r.key.open(ctx)
	if !opened || err != nil {
		return nil, false, err
	}
	out = make(map[access.Ref][]string)
	for kind, to := range map[string]rest.Endpoint{"page": listSpacePages, "blogpost": listSpaceBlogPosts} {
		rows, err := r.list(ctx, rest.Call{To: to, Args: []string{r.spaces[space]}}, true)
		if err != nil {
			return nil, false, err
		}
		refs := make(map[string]access.Ref)
		for _, row := range rows {
			refs[row.ID] = access.NewPage(kind, space, row.Title)
		}
		for _, row := range rows {
			if shown[row.ID] {
				continue
			}
			ref := refs[row.ID]
			out[ref] = append(out[ref], row.ID)
			if up, ok := refs[row.ParentID]; ok { // of what is no page nothing is said
				r.mu.Lock()
				r.out.parents[ref] = up
				r.mu.Unlock()
			}
		}
	}
	return out, true, nil
}

// tellContent tells whether pages are there, and whom they name. A page that is
// not seen is no proof that it is gone.
func (s *Site) tellContent(ctx context.Context, pages []access.Ref) (driver.Told, error) {
	t := driver.NewTold()
	if len(pages) == 0 {
		return t, nil
	}
	extent := access.Extent{Pages: pages, Pins: make(map[access.Ref]string)}
	ids := make(map[access.Ref]string)
	for _, page := range pages {
		if id, ok := s.known.id(page); ok {
			extent.Pins[page] = id
		}
		if id, ok := s.known.id(page.PageSpace()); ok {
			ids[page.PageSpace()] = id
		}
	}
	got, err := s.content(ctx, extent, ids)
	if err != nil {
		return t, err
	}
	t.Say(got.facts...)
	for _, page := range pages {
		doubtful := slices.ContainsFunc(got.unknown, func(u access.Unknown) bool { return u.Object == page })
		if got.ids[page] != "" && !doubtful {
			t.Wholly(page, access.Restrict)
		}
	}
	return t, nil
}

// lookUpContent finds a page by its name, for a write whose page no observation
// named.
func (s *Site) lookUpContent(ctx context.Context, page access.Ref) error {
	list, err := s.lookUpSpaces(ctx, []string{page.PageSpace().ID()})
	if err != nil {
		return err
	}
	ids := make(map[access.Ref]string)
	for _, sp := range list {
		ids[sp.ref()] = sp.ID
	}
	_, err = s.content(ctx, access.Extent{Pages: []access.Ref{page}}, ids)
	return err
}
