package datacenter

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// contentPage is how much content is asked for at once: what the site makes of
// it is its own "fixed system limit" (published).
const contentPage = 100

// The parts of content that are read: what is above it, and whom its
// restrictions name.
var withRestrictions = url.Values{"expand": {"ancestors," +
	"restrictions.read.restrictions.user,restrictions.read.restrictions.group," +
	"restrictions.update.restrictions.user,restrictions.update.restrictions.group"}}

// The restrictions of one page come with the names by default; it is asked for
// in so many words.
var withNames = url.Values{"expand": {"read.restrictions.user,read.restrictions.group,update.restrictions.user,update.restrictions.group"}}

func byContent(c content) string { return string(c.ID) }

// types of content that have restrictions (published).
var contentTypes = []string{"page", "blogpost"}

// pages is what a reading of content told.
type pages struct {
	facts   []access.Fact
	ids     map[access.Ref]string
	parents map[access.Ref]access.Ref
	unknown []access.Unknown
	floor   int // how few requests would have done
}

func (p pages) into(obs *site.Observation) {
	for r, id := range p.ids {
		obs.IDs[r] = id
	}
	for r, up := range p.parents {
		obs.Parents[r] = up
	}
	obs.Unknown = append(obs.Unknown, p.unknown...)
}

// found is content, with the space it is in.
type found struct {
	space access.Ref
	content
}

func (f found) ref() access.Ref { return access.NewPage(f.Type, f.space, f.Title) }

// reader tells which pages an extent reads, as [access.Extent.Reads] does, at
// once for many.
func reader(extent access.Extent) func(page access.Ref) bool {
	described := make(map[access.Ref]bool, len(extent.Pages))
	for _, r := range extent.Pages {
		described[r] = true
	}
	extent.Pages = nil
	return func(page access.Ref) bool { return described[page] || extent.Reads(page) }
}

// pages reads the content that the extent asks for: each described page by its
// title; of watched spaces, everything. A blog post cannot be found by its title
// (its day is needed: published), so those of its space are read.
//
// What is restricted away from weir's account shows in no list, so a space whose
// pages are all read is in doubt, unless weir's account sees every page.
func (s *Site) pages(ctx context.Context, extent access.Extent, spaces []space, seesAll bool) (pages, error) {
	out := pages{ids: make(map[access.Ref]string), parents: make(map[access.Ref]access.Ref)}
	whole := make(map[[2]string]bool) // space and type: everything is read
	there := make(map[access.Ref]bool)
	for _, sp := range spaces {
		there[sp.ref()] = true
		if extent.All || slices.Contains(extent.Watch, sp.ref()) {
			for _, kind := range contentTypes {
				whole[[2]string{sp.Key, kind}] = true
			}
			if !seesAll {
				out.unknown = append(out.unknown, access.Unknown{Kind: access.Restrict, Object: sp.ref(),
					Reason: "pages that weir's account may not view show in no list (members of " + superGroup + " view all)"})
			}
		}
	}
	var single []access.Ref
	for _, r := range extent.Pages {
		key := r.PageSpace().ID()
		switch {
		case !there[r.PageSpace()], whole[[2]string{key, r.Type()}]:
		case r.Type() == "blogpost":
			whole[[2]string{key, r.Type()}] = true
		default:
			single = append(single, r)
		}
	}
	lists := make([][2]string, 0, len(whole))
	for l := range whole {
		lists = append(lists, l)
	}
	slices.SortFunc(lists, func(a, b [2]string) int { return strings.Compare(a[0]+"/"+a[1], b[0]+"/"+b[1]) })
	rows := make([][]found, len(lists)+len(single))
	refused := make([]bool, len(single))
	err := rest.Each(ctx, s.client.InFlight(), lists, func(ctx context.Context, i int, l [2]string) (err error) {
		rows[i], err = s.contentOf(ctx, l[0], l[1])
		return err
	})
	if err != nil {
		return out, err
	}
	err = rest.Each(ctx, s.client.InFlight(), single, func(ctx context.Context, i int, r access.Ref) (err error) {
		rows[len(lists)+i], err = s.findPage(ctx, r)
		if _, refused[i] = rest.Unseen(err); refused[i] {
			return nil
		}
		return err
	})
	if err != nil {
		return out, err
	}
	for i, r := range single {
		if refused[i] {
			out.unknown = append(out.unknown, access.Unknown{Object: r, Reason: "the site refuses to look for it"})
		}
	}
	for _, list := range rows[:len(lists)] {
		out.floor += max(1, (len(list)+contentPage-1)/contentPage)
	}
	out.floor += len(single)
	return out, s.restrictionFacts(ctx, extent, slices.Concat(rows...), &out)
}

// contentOf reads the pages or the blog posts of a space.
func (s *Site) contentOf(ctx context.Context, key, kind string) ([]found, error) {
	what := rest.Call{To: listContent, Args: []string{key, kind}, Query: withRestrictions}
	list, err := rest.ByOffset(ctx, s.client, what, rest.Offset{Limit: contentPage, Overlap: true}, byContent)
	return inSpace(access.NewRef("space", key), kind, list), err
}

// findPage reads the page with a title; nothing where there is none, or it is
// hidden. A search that is refused tells neither, and is an error. Titles are found whatever their case, and are the same only in the
// same case.
func (s *Site) findPage(ctx context.Context, r access.Ref) ([]found, error) {
	query := rest.With(withRestrictions, "spaceKey", r.PageSpace().ID(), "type", "page", "title", r.PageTitle())
	list, err := rest.ByOffset(ctx, s.client, rest.Call{To: findContent, Query: query}, rest.Offset{Limit: contentPage}, byContent)
	if err == nil && slices.ContainsFunc(list, func(c content) bool { return c.Title == "" }) {
		err = rest.Fail(site.Invalid, rest.Call{To: findContent}, errors.New("the answer lacks a title"))
	}
	list = slices.DeleteFunc(list, func(c content) bool { return c.Title != r.PageTitle() })
	return inSpace(r.PageSpace(), "page", list), err
}

// inSpace notes where content is. The type is the one that was asked for: an
// entry need not repeat it.
func inSpace(space access.Ref, kind string, list []content) []found {
	out := make([]found, 0, len(list))
	for _, c := range list {
		c.Type = kind
		out = append(out, found{space, c})
	}
	return out
}

// restrictionFacts says content in facts. Of several blog posts with one title
// nobody knows which is meant.
func (s *Site) restrictionFacts(ctx context.Context, extent access.Extent, list []found, out *pages) error {
	byRef := make(map[access.Ref][]found)
	reads := reader(extent)
	for _, f := range list {
		if f.Title == "" {
			return rest.Fail(site.Invalid, rest.Call{To: listContent}, errors.New("the answer lacks a title"))
		}
		if !slices.ContainsFunc(byRef[f.ref()], func(o found) bool { return o.ID == f.ID }) {
			byRef[f.ref()] = append(byRef[f.ref()], f)
		}
	}
	var one []found
	for r, all := range byRef {
		switch {
		case !reads(r): // another blog post of a space of which one is described
		case len(all) > 1:
			out.unknown = append(out.unknown, access.Unknown{Object: r, Reason: fmt.Sprintf("%d have this title, and nobody can tell which is meant", len(all))})
		default:
			one = append(one, all[0])
		}
	}
	slices.SortFunc(one, func(a, b found) int { return strings.Compare(string(a.ref()), string(b.ref())) })
	facts := make([][]access.Fact, len(one))
	unknown := make([][]access.Unknown, len(one))
	err := rest.Each(ctx, s.client.InFlight(), one, func(ctx context.Context, i int, f found) (err error) {
		facts[i], unknown[i], err = s.factsOfPage(ctx, f)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range one {
		out.ids[f.ref()] = string(f.ID)
		if f.Ancestors == nil {
			return rest.Fail(site.Invalid, rest.Call{To: listContent}, errors.New("the answer lacks the pages above that were asked for"))
		}
		child := f.ref()
		for _, up := range slices.Backward(*f.Ancestors) {
			parent := access.NewPage("page", f.space, up.Title)
			out.parents[child] = parent
			child = parent
		}
	}
	out.facts, out.unknown = slices.Concat(facts...), append(out.unknown, slices.Concat(unknown...)...)
	return nil
}

// factsOfPage says one page. A list of names inside a list of pages may be cut:
// then the page is asked for itself.
func (s *Site) factsOfPage(ctx context.Context, f found) ([]access.Fact, []access.Unknown, error) {
	facts := []access.Fact{{Kind: access.Exists, Object: f.ref()}}
	r := f.Restrictions
	if r == nil || !r.Read.whole() || !r.Update.whole() {
		all, err := s.restrictions(ctx, string(f.ID))
		if reason, hidden := rest.Unseen(err); hidden {
			return facts, []access.Unknown{{Kind: access.Restrict, Object: f.ref(), Reason: "its restrictions cannot be read: " + reason}}, nil
		}
		if err != nil {
			return nil, nil, err
		}
		r = &all
	}
	var unknown []access.Unknown
	for verb, l := range map[string]*limited{access.ViewPage: r.Read, access.EditPage: r.Update} {
		for _, who := range l.names() {
			ref, ok := s.subjectRef(who)
			if !ok {
				unknown = []access.Unknown{{Kind: access.Restrict, Object: f.ref(), Reason: "its restrictions name somebody whom the site does not (" + who.DisplayName + ")"}}
				continue
			}
			facts = append(facts, access.Fact{Kind: access.Restrict, Object: f.ref(), Verb: verb, Subject: ref})
		}
	}
	return facts, unknown, nil
}

// names are those whom a restriction names. An entry of a list of groups need
// not say that it is one.
func (l *limited) names() []subject {
	out := slices.Clone(l.Restrictions.User.Results)
	for _, g := range l.Restrictions.Group.Results {
		g.Type = "group"
		out = append(out, g)
	}
	return out
}

// restrictions reads both restrictions of a page to the end of their lists.
func (s *Site) restrictions(ctx context.Context, id string) (restriction, error) {
	what := rest.Call{To: bothRestrictions, Args: []string{id}, Query: withNames}
	var both byOperation
	if err := s.client.Read(ctx, what, &both); err != nil {
		return restriction{}, err
	}
	r := *both.Restrictions
	for _, part := range []struct {
		operation string
		at        **limited
	}{{"read", &r.Read}, {"update", &r.Update}} {
		if (*part.at).whole() {
			continue
		}
		l, err := s.longRestriction(ctx, id, part.operation)
		if err != nil {
			return restriction{}, err
		}
		*part.at = l
	}
	return r, nil
}

// restrictionPage and restrictionPages bound the reading of one long
// restriction: 20,000 names.
const (
	restrictionPage  = 100
	restrictionPages = 200
)

// longRestriction reads one restriction page by page. Its two lists share the
// start and the limit; it ends where both are empty.
func (s *Site) longRestriction(ctx context.Context, id, operation string) (*limited, error) {
	what := rest.Call{To: oneRestriction, Args: []string{id, operation}}
	all := &limited{Operation: operation}
	all.Restrictions.User, all.Restrictions.Group = &named{}, &named{}
	start := 0
	for range restrictionPages {
		what.Query = url.Values{"expand": {"restrictions.user,restrictions.group"}, "start": {strconv.Itoa(start)}, "limit": {strconv.Itoa(restrictionPage)}}
		var l limited
		if err := s.client.Read(ctx, what, &l); err != nil {
			return nil, err
		}
		people, groups := l.Restrictions.User.Results, l.Restrictions.Group.Results
		if len(people)+len(groups) == 0 {
			return all, nil
		}
		all.Restrictions.User.Results = append(all.Restrictions.User.Results, people...)
		all.Restrictions.Group.Results = append(all.Restrictions.Group.Results, groups...)
		start += max(len(people), len(groups))
	}
	return nil, rest.Fail(site.Invalid, what, fmt.Errorf("the list cannot be read to its end: it goes on after %d pages", restrictionPages))
}
