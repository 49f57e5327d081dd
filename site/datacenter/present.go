package datacenter

import (
	"context"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// Present reads back facts, each object by itself; what everybody holds on the
// site comes in one answer.
//
// What cannot be read is Unseen. What was read is Absent only if weir is still
// itself afterwards: a revoked token may be answered with empty lists.
func (s *Site) Present(ctx context.Context, facts []access.Fact) ([]site.Presence, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	q := newQuestions(facts)
	t := newTold()
	for _, tell := range []func(context.Context, questions, *told) error{
		s.tellGlobals, s.tellPeople, s.tellGroups, s.tellSpaces, s.tellPages,
	} {
		if err := tell(ctx, q, t); err != nil {
			return nil, err
		}
	}
	if _, err := s.identify(ctx); err != nil {
		return nil, err
	}
	out := make([]site.Presence, len(facts))
	for i, f := range facts {
		out[i] = t.presence(f)
	}
	return out, nil
}

// told is what was read, and who may enter by it.
type told struct {
	driver.Told
	uses  map[access.Ref]bool // who may use Confluence, themselves
	blind bool                // and somebody whom the site does not name
}

func newTold() *told {
	return &told{Told: driver.NewTold(), uses: make(map[access.Ref]bool)}
}

// presence says what was read of a fact.
func (t *told) presence(f access.Fact) site.Presence {
	p := t.Presence(f)
	if p == site.Unseen && (f.Kind == access.Role || f.Kind == access.Grants || f.Object.Type() == "space_role") {
		return site.Absent // there are no roles
	}
	return p
}

// questions are the facts asked for, by what has to be read for them.
type questions struct {
	people      []access.Ref
	groups      []access.Ref
	held        []access.Ref // groups and people, for their product facts
	globals     bool
	spaces      []access.Ref
	permissions []access.Ref // spaces
	pages       []access.Ref
}

func newQuestions(facts []access.Fact) questions {
	var q questions
	for _, f := range facts {
		switch r := f.Object; {
		case f.Kind == access.Member:
			q.people = append(q.people, f.Subject)
		case f.Kind == access.Global:
			q.globals = true
		case f.Kind == access.Product:
			q.held, q.globals = append(q.held, r), true
		case r.IsPerson():
			q.people = append(q.people, r)
			q.globals = q.globals || f.Kind == access.Exists
		case r.Type() == "group":
			q.groups = append(q.groups, r)
		case r.IsPage():
			q.pages = append(q.pages, r)
		case f.Kind == access.Permission:
			q.permissions = append(q.permissions, r)
		case r.Type() == "space":
			q.spaces = append(q.spaces, r)
		}
	}
	for _, list := range []*[]access.Ref{&q.people, &q.groups, &q.held, &q.spaces, &q.permissions, &q.pages} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return q
}

// tellGlobals tells what everybody holds on the site as a whole. Where there is
// no interface for it, who counts for the licence tells at least who may enter.
func (s *Site) tellGlobals(ctx context.Context, q questions, t *told) error {
	if !q.globals {
		return nil
	}
	g, err := s.globals(ctx)
	if err != nil {
		return err
	}
	r := &reading{globals: g}
	h, err := s.held(ctx, r)
	if err != nil {
		return err
	}
	if !g.there {
		for key := range h.active {
			if ref, ok := s.known.person(key); ok {
				t.uses[ref] = true
			}
		}
		return nil
	}
	t.Say(h.facts...)
	h.tellPlain(q.held) // of whom it was asked (access.Extent.Own); of the others nobody asks for it
	t.Say(h.facts...)
	t.blind = h.blind
	for ref, uses := range h.uses {
		t.uses[ref] = uses
	}
	if len(h.unknown) > 0 {
		return nil
	}
	t.Wholly(access.Site, access.Global)
	for _, r := range q.held {
		t.Wholly(r, access.Product)
	}
	return nil
}

// tellPeople tells existence, state and memberships of people.
func (s *Site) tellPeople(ctx context.Context, q questions, t *told) error {
	kept := make([]site.Presence, len(q.people)) // whether the person may enter
	states := make([]string, len(q.people))
	groups := make([][]access.Ref, len(q.people))
	err := rest.Each(ctx, s.client.InFlight(), q.people, func(ctx context.Context, i int, r access.Ref) error {
		u, there, err := s.lookUp(ctx, r)
		if _, hidden := rest.Unseen(err); hidden {
			return nil
		}
		if err != nil {
			return err
		}
		if !there {
			// Who is not registered has been removed.
			kept[i], states[i] = site.Absent, removed
			return nil
		}
		disabled, known := u.disabled()
		if !known {
			return nil
		}
		if groups[i], err = s.groupsOf(ctx, u.UserKey); err != nil {
			if _, hidden := rest.Unseen(err); hidden {
				return nil
			}
			return err
		}
		switch {
		case disabled:
			kept[i], states[i] = site.Absent, deactivated
		case t.uses[r] || slices.ContainsFunc(groups[i], func(g access.Ref) bool { return t.uses[g] }):
			kept[i] = site.Seen
		case !t.blind:
			kept[i] = site.Absent
		}
		return nil
	})
	for i, r := range q.people {
		if kept[i] == site.Unseen {
			continue
		}
		t.Wholly(r, access.Exists, access.State)
		t.WhollyOf(r, access.Member)
		if kept[i] == site.Seen {
			t.Say(access.Fact{Kind: access.Exists, Object: r})
		}
		if states[i] != "" {
			t.Say(access.Fact{Kind: access.State, Object: r, Value: states[i]})
		}
		for _, g := range groups[i] {
			t.Say(access.Fact{Kind: access.Member, Object: g, Subject: r})
		}
	}
	return err
}

// tellGroups tells whether groups are there, and whose.
func (s *Site) tellGroups(ctx context.Context, q questions, t *told) error {
	there := make([]site.Presence, len(q.groups))
	err := rest.Each(ctx, s.client.InFlight(), q.groups, func(ctx context.Context, i int, r access.Ref) error {
		var g group
		err := s.client.Read(ctx, rest.Call{To: oneGroup, Args: []string{r.ID()}}, &g)
		switch _, hidden := rest.Unseen(err); {
		case err == nil && g.ref() == r:
			there[i] = site.Seen
		case err == nil, site.Is(err, site.NotFound):
			there[i] = site.Absent // names are found whatever their case
		case !hidden:
			return err
		}
		return nil
	})
	for i, r := range q.groups {
		if there[i] == site.Unseen {
			continue
		}
		t.Wholly(r, access.Exists, access.Managed)
		if there[i] == site.Seen {
			t.Say(groupFacts(group{Name: r.ID()})...)
		}
	}
	return err
}

// tellSpaces tells spaces and their permissions. A space that weir's account
// cannot see counts as absent here: nothing but an attempt to create it could
// tell, and the site refuses that for a key in use.
func (s *Site) tellSpaces(ctx context.Context, q questions, t *told) error {
	for _, r := range q.spaces {
		sp, there, err := s.lookUpSpace(ctx, r.ID())
		if _, hidden := rest.Unseen(err); hidden {
			continue
		}
		if err != nil {
			return err
		}
		t.Wholly(r, access.Exists, access.Name, access.Status, access.Personal)
		if there {
			t.Say(s.spaceFacts(sp)...)
			continue
		}
		for _, page := range q.pages {
			if page.PageSpace() == r {
				t.Wholly(page, access.Exists, access.Restrict)
			}
		}
	}
	for _, r := range q.permissions {
		facts, unknown, err := s.permissionFacts(ctx, []space{{Key: r.ID()}})
		if err != nil {
			return err
		}
		if len(unknown) > 0 {
			// Hidden from weir's account as a space, or its permissions only.
			_, there, err := s.lookUpSpace(ctx, r.ID())
			if _, hidden := rest.Unseen(err); hidden || there {
				continue
			}
			if err != nil {
				return err
			}
		}
		t.Wholly(r, access.Permission)
		t.Say(facts...)
	}
	return nil
}

// tellPages tells the restrictions of pages. That a page cannot be seen tells
// nothing of it.
func (s *Site) tellPages(ctx context.Context, q questions, t *told) error {
	for _, r := range q.pages {
		f, err := s.page(ctx, r)
		if _, hidden := rest.Unseen(err); hidden || site.Is(err, site.Conflict) {
			continue
		}
		if err != nil {
			return err
		}
		facts, unknown, err := s.factsOfPage(ctx, f)
		if err != nil {
			return err
		}
		t.Wholly(r, access.Exists)
		if len(unknown) == 0 {
			t.Wholly(r, access.Restrict)
		}
		t.Say(facts...)
	}
	return nil
}
