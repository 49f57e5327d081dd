// Package recorded is a site that was written down: it reads a [site.Snapshot]
// where a driver reads a site, so that plans can be made without credentials and
// without a network.
//
//	terms, err := cloud.NewTerms(plan, snapshot.Settings.RestrictedPages)
//	s, err := recorded.New(recorded.Config{Snapshot: snapshot, Terms: terms, Plan: plan})
//	obs, err := s.Observe(ctx, extent)
//
// What the product can hold is told by the terms of its own driver. What the
// snapshot was not written with is unknown, and never taken for absent.
//
// It holds nothing that could send anything, and decides nothing about a plan.
package recorded

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Config says which snapshot, in which product's terms.
type Config struct {
	Snapshot site.Snapshot
	site.Terms
	// Plan is the subscription, if the description says it; otherwise it is as the
	// site told.
	Plan string
	// Named are what the description names. Only a redacted snapshot asks for it.
	Named map[access.Ref]bool
}

// Site is what a snapshot holds.
type Site struct {
	site.Terms
	obs     site.Observation
	latency time.Duration
	known   map[string]access.Ref // of what the snapshot holds, by kind and id
	wrote   content               // what the snapshot was written with
	veiled  bool                  // names are pseudonyms
}

// Site is a reader, and nothing more.
var _ site.Reader = (*Site)(nil)

// New makes a reader of a snapshot.
func New(c Config) (*Site, error) {
	obs, err := c.Snapshot.Observation()
	if err != nil {
		return nil, err
	}
	obs.Traits.Edition = cmp.Or(strings.ToLower(strings.TrimSpace(c.Plan)), c.Snapshot.Settings.Edition)
	s := &Site{Terms: c.Terms, obs: obs, latency: c.Snapshot.Latency, known: make(map[string]access.Ref), wrote: newContent(obs.Extent), veiled: c.Snapshot.Redaction != nil}
	for r, id := range obs.IDs {
		s.known[key(r, id)] = r
	}
	if c.Snapshot.Redaction != nil {
		s.obs.Unknown = append(s.obs.Unknown, unnamed(c)...)
	}
	return s, nil
}

// unnamed gives what the description names now and did not when the snapshot was
// redacted: it may be there under a pseudonym.
func unnamed(c Config) []access.Unknown {
	was := make(map[access.Ref]bool)
	for _, r := range c.Snapshot.Redaction.Named {
		was[r] = true
	}
	var out []access.Unknown
	for r := range c.Named {
		fixed := r == access.Site || r.Type() == "class" || r == c.Snapshot.Traits.Super || r.Type() == "space_role" && slices.Contains(access.SystemRoles, r.ID())
		if !was[r] && !fixed {
			out = append(out, access.Unknown{Object: r, Reason: "the snapshot is redacted, and was written before the description named it (weir snapshot writes a new one)"})
		}
	}
	return out
}

// key is an id with the kind of thing that it stands for. People go by two types
// of reference.
func key(r access.Ref, id string) string {
	if r.IsPerson() {
		return "person " + id
	}
	return r.Type() + " " + id
}

// Requests is none: nothing is asked.
func (s *Site) Requests() int { return 0 }

// Latency is how long the site took to answer when the snapshot was written.
func (s *Site) Latency() time.Duration { return s.latency }

// Redacted reports whether names that nobody described are pseudonyms.
func (s *Site) Redacted() bool { return s.veiled }

// content is the content that an extent asks for, to be asked of many pages.
type content struct {
	all          bool
	pages, watch map[access.Ref]bool
}

func newContent(e access.Extent) content {
	c := content{all: e.All, pages: make(map[access.Ref]bool), watch: make(map[access.Ref]bool)}
	for _, r := range e.Pages {
		c.pages[r] = true
	}
	for _, r := range e.Watch {
		c.watch[r] = true
	}
	return c
}

// whole reports whether every page of a space is asked for.
func (c content) whole(space access.Ref) bool { return c.all || c.watch[space] }

// has reports whether a page is asked for.
func (c content) has(page access.Ref) bool { return c.pages[page] || c.whole(page.PageSpace()) }

// Everything gives all that the snapshot holds.
func (s *Site) Everything() site.Observation { return s.obs }

// Observe gives what the snapshot holds of what the extent asks for, as the site
// would have told it then. What the snapshot was not written with is unknown.
func (s *Site) Observe(_ context.Context, extent access.Extent) (site.Observation, error) {
	asked := newContent(extent)
	obs := s.obs
	obs.Extent = extent
	obs.Facts = s.obs.Facts.Filter(func(f access.Fact) bool { return !f.Object.IsPage() || asked.has(f.Object) })
	obs.IDs = s.ids(asked, extent.Pins)
	obs.Parents = s.parents(asked)
	obs.Labels, obs.Elsewhere = maps.Clone(s.obs.Labels), maps.Clone(s.obs.Elsewhere)
	obs.People, obs.Spaces = maps.Clone(s.obs.People), s.records(extent)
	obs.Tokens, obs.UnseenTokens = slices.Clone(s.obs.Tokens), s.obs.UnseenTokens
	switch {
	case !extent.Tokens:
		obs.Tokens, obs.UnseenTokens = nil, ""
	case !s.obs.Extent.Tokens:
		obs.UnseenTokens = "the snapshot was written without them"
	}
	obs.Unknown = slices.DeleteFunc(slices.Clone(s.obs.Unknown), func(u access.Unknown) bool {
		switch {
		case u.Object.IsPage():
			return !asked.has(u.Object)
		case u.Object.Type() == "space" && u.Kind == access.Restrict:
			return !asked.whole(u.Object)
		}
		return false
	})
	obs.Unknown = append(obs.Unknown, s.unwritten(extent, asked)...)
	obs.Unknown = append(obs.Unknown, s.unpinned(extent.Pins)...)
	slices.SortFunc(obs.Unknown, func(a, b access.Unknown) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
	return obs, nil
}

// records gives the records of spaces, as far as they are asked for. There are none
// where the snapshot was not written with all that is asked: what it says would read
// as if no space had been changed, or had the labels.
func (s *Site) records(asked access.Extent) map[access.Ref]access.SpaceRecord {
	wrote := s.obs.Extent
	if asked.Personal && !wrote.Personal || slices.ContainsFunc(asked.Labels, func(l string) bool { return !slices.Contains(wrote.Labels, l) }) {
		return nil
	}
	out := make(map[access.Ref]access.SpaceRecord)
	for ref, r := range s.obs.Spaces {
		if !asked.Personal {
			r.Changed, r.Contents = time.Time{}, -1
		}
		r.Labels = slices.DeleteFunc(slices.Clone(r.Labels), func(l string) bool { return !slices.Contains(asked.Labels, l) })
		if len(r.Labels) == 0 {
			r.Labels = nil
		}
		if r.Tells() {
			out[ref] = r
		}
	}
	return out
}

// ids leaves out the pages that are not asked for, but for those that a pin
// means: they have another title now.
func (s *Site) ids(asked content, pins map[access.Ref]string) map[access.Ref]string {
	pinned := make(map[string]bool)
	for r, id := range pins {
		pinned[key(r, id)] = true
	}
	out := make(map[access.Ref]string, len(s.obs.IDs))
	for r, id := range s.obs.IDs {
		if !r.IsPage() || asked.has(r) || pinned[key(r, id)] {
			out[r] = id
		}
	}
	return out
}

// parents gives what is above the pages that are asked for, all the way up.
func (s *Site) parents(asked content) map[access.Ref]access.Ref {
	out := make(map[access.Ref]access.Ref)
	for page := range s.obs.Parents {
		if !asked.has(page) {
			continue
		}
		for {
			up, ok := s.obs.Parents[page]
			if _, done := out[page]; !ok || done {
				break
			}
			out[page] = up
			page = up
		}
	}
	return out
}

// unwritten gives the content that is asked for and that the snapshot was not
// written with.
func (s *Site) unwritten(extent access.Extent, asked content) []access.Unknown {
	const remedy = " (weir snapshot writes a new one)"
	var out []access.Unknown
	doubt := func(kind access.Kind, object access.Ref, reason string) {
		out = append(out, access.Unknown{Kind: kind, Object: object, Reason: reason + remedy})
	}
	for page := range asked.pages {
		_, there := s.obs.IDs[page]
		_, space := s.obs.IDs[page.PageSpace()]
		switch {
		case !space: // without its space it is not there either
		case !s.wrote.has(page):
			doubt("", page, "the snapshot was not written with this page")
		case !s.wrote.pages[page] && !there && s.doubted(page):
			doubt("", page, "the snapshot does not show it among the pages of its space, of which it does not hold all")
		case extent.Pins[page] != "" && !there && s.obs.Extent.Pins[page] != extent.Pins[page] && s.known[key(page, extent.Pins[page])] == "" && !s.covered(page):
			doubt("", page, "weir.lock names it, and the snapshot was written without that")
		}
	}
	for space := range s.obs.IDs {
		if space.Type() == "space" && asked.whole(space) && !s.wrote.whole(space) {
			doubt(access.Restrict, space, "the snapshot was not written with its pages")
		}
	}
	return out
}

// doubted reports whether the pages of a space are not all there, so that one
// that does not show may be there.
func (s *Site) doubted(page access.Ref) bool {
	return slices.ContainsFunc(s.obs.Unknown, func(u access.Unknown) bool {
		return u.Covers(access.Fact{Kind: access.Restrict, Object: page}) || u.Covers(access.Fact{Kind: access.Restrict, Object: page.PageSpace()})
	})
}

// covered reports whether the snapshot says of an object that nobody knows
// whether it is there.
func (s *Site) covered(r access.Ref) bool {
	return slices.ContainsFunc(s.obs.Unknown, func(u access.Unknown) bool {
		return u.Covers(access.Fact{Kind: access.Exists, Object: r})
	})
}

// unpinned gives what weir.lock names now and did not when the snapshot was
// written, and which the snapshot does not hold: nobody looked for it. It may
// stand there under its account id.
func (s *Site) unpinned(pins map[access.Ref]string) []access.Unknown {
	var out []access.Unknown
	for r, id := range pins {
		if r.IsPage() || s.obs.Extent.Pins[r] == id || s.known[key(r, id)] != "" || s.covered(r) {
			continue
		}
		if _, listed := s.obs.IDs[r]; listed {
			continue // another is under its name, which the plan says
		}
		reason := fmt.Sprintf("weir.lock names %s, and the snapshot was written without that (weir snapshot writes a new one)", r)
		out = append(out, access.Unknown{Object: r, Reason: reason})
		switch {
		case r.IsPerson():
			out = append(out, access.Unknown{Object: access.NewRef("account", id), Reason: reason})
		case r.Type() == "group":
			out = append(out, access.Unknown{Object: access.NewRef("team", id), Reason: reason})
		}
	}
	return out
}

// Present answers from what the snapshot holds. It tells nothing of what it did
// not see, nor of pages that it was not written with.
func (s *Site) Present(_ context.Context, facts []access.Fact) ([]site.Presence, error) {
	out := make([]site.Presence, len(facts))
	for i, f := range facts {
		switch {
		case s.obs.Facts.Has(f):
			out[i] = site.Seen
		case f.Object.IsPage() && (!s.wrote.has(f.Object) || s.doubted(f.Object)), s.hidden(f):
			out[i] = site.Unseen
		default:
			out[i] = site.Absent
		}
	}
	return out, nil
}

// hidden reports whether the snapshot could not see whether a fact is true.
func (s *Site) hidden(f access.Fact) bool {
	return slices.ContainsFunc(s.obs.Unknown, func(u access.Unknown) bool { return u.Covers(f) })
}
