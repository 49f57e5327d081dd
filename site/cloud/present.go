package cloud

import (
	"context"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// Present reads back facts, with one request where one can answer for many:
// an e-mail search tells everything about a hundred people, groups included.
//
// What cannot be read is Unseen. What was read is Absent only if weir is
// still itself afterwards: a revoked token may be answered with empty lists.
func (s *Site) Present(ctx context.Context, facts []access.Fact) ([]site.Presence, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	at, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	q := newQuestions(facts)
	tell := []func(context.Context) (driver.Told, error){
		func(ctx context.Context) (driver.Told, error) { return s.tellPeople(ctx, at, q) },
		func(ctx context.Context) (driver.Told, error) { return s.tellGroups(ctx, at, q) },
		func(ctx context.Context) (driver.Told, error) { return s.tellSpaces(ctx, q) },
		func(ctx context.Context) (driver.Told, error) { return s.tellCatalog(ctx, q) },
		// Last, since it needs the ids that others learn.
		func(ctx context.Context) (driver.Told, error) { return s.tellAccess(ctx, q) },
		func(ctx context.Context) (driver.Told, error) { return s.tellContent(ctx, q.pages) },
	}
	var answers []driver.Told
	for _, t := range tell {
		answer, err := t(ctx)
		if _, hidden := rest.Unseen(err); err != nil && !hidden {
			return nil, err
		}
		answers = append(answers, answer)
	}
	if q.throughSite() {
		s.mu.Lock()
		me := s.me
		s.mu.Unlock()
		if err := s.stillItself(ctx, me); err != nil {
			return nil, err
		}
	}
	out := make([]site.Presence, len(facts))
	for i, f := range facts {
		for _, a := range answers {
			if out[i] = a.Presence(f); out[i] != site.Unseen {
				break
			}
		}
	}
	return out, nil
}

// questions are the facts asked for, by what has to be read for them.
type questions struct {
	people   []access.Ref
	own      []access.Ref // people, for the product roles of their own
	groups   []access.Ref
	products []access.Ref // groups
	managed  bool
	spaces   []access.Ref
	access   []access.Ref // spaces, for who holds what there
	catalog  []access.Ref // space roles
	pages    []access.Ref // and blog posts
}

func newQuestions(facts []access.Fact) questions {
	var q questions
	for _, f := range facts {
		switch r := f.Object; {
		case f.Kind == access.Member:
			q.people = append(q.people, f.Subject)
		case person(r):
			q.people = append(q.people, r)
			if f.Kind == access.Product {
				q.own = append(q.own, r)
			}
		case r.Type() == "group":
			q.groups = append(q.groups, r)
			q.managed = q.managed || f.Kind == access.Managed
			if f.Kind == access.Product {
				q.products = append(q.products, r)
			}
		case r.Type() == "space":
			q.spaces = append(q.spaces, r)
			if f.Kind == access.Role || f.Kind == access.Permission {
				q.access = append(q.access, r)
			}
		case r.Type() == "space_role":
			q.catalog = append(q.catalog, r)
		case r.IsPage():
			q.pages = append(q.pages, r)
		}
	}
	for _, list := range []*[]access.Ref{&q.people, &q.own, &q.groups, &q.products, &q.spaces, &q.access, &q.catalog, &q.pages} {
		*list = unique(*list)
	}
	return q
}

func unique(refs []access.Ref) []access.Ref {
	slices.Sort(refs)
	return slices.Compact(refs)
}

// throughSite reports whether something was asked through the site's door.
func (q questions) throughSite() bool {
	return q.managed || len(q.spaces) > 0 || len(q.catalog) > 0 || len(q.pages) > 0
}

func ids(refs []access.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.ID()
	}
	return out
}

// tellPeople tells existence, state, memberships and product roles of people.
func (s *Site) tellPeople(ctx context.Context, at place, q questions) (driver.Told, error) {
	t := driver.NewTold()
	var emails []string
	all := false
	for _, r := range q.people {
		if r.Type() == "user" {
			emails = append(emails, r.ID())
		} else {
			all = true
		}
	}
	read := func() ([]directoryPerson, error) {
		if all {
			return s.people(ctx, at, search{})
		}
		return s.byEmail(ctx, at, emails)
	}
	people, err := read()
	if err != nil {
		return t, err
	}
	bearers := bearers(people)
	for _, r := range q.people {
		found := bearers[r]
		if len(found) > 1 {
			continue
		}
		t.Wholly(r, access.Exists, access.State)
		t.WhollyOf(r, access.Member)
		if len(found) == 0 {
			// Who is not in the directory has been removed from it, with all
			// product roles.
			t.Say(access.Fact{Kind: access.State, Object: r, Value: removed})
			t.Wholly(r, access.Product)
			continue
		}
		p := found[0]
		s.known.learn(r, p.AccountID)
		if slices.Contains(q.own, r) {
			_, direct, err := s.productOfPerson(ctx, at, p.AccountID)
			if _, hidden := rest.Unseen(err); err != nil && !hidden {
				return t, err
			}
			if err == nil {
				t.Wholly(r, access.Product)
			}
			if value := ownValue(direct); value != "" {
				t.Say(access.Fact{Kind: access.Product, Object: r, Value: value})
			}
			if slices.Contains(direct, "user") { // told of those of whom it was asked (access.Extent.Own)
				t.Say(access.Fact{Kind: access.Product, Object: r, Value: productValue(direct)})
			}
		}
		t.Say(p.facts(r, at)...)
		for _, g := range *p.Groups {
			t.Say(access.Fact{Kind: access.Member, Object: access.NewRef("group", g.Name), Subject: r})
		}
	}
	return t, nil
}

// tellGroups tells existence and product roles of groups, and who manages
// them: for that all are read, since only two doors together tell it.
func (s *Site) tellGroups(ctx context.Context, at place, q questions) (driver.Told, error) {
	t := driver.NewTold()
	if len(q.groups) == 0 {
		return t, nil
	}
	if q.managed {
		read := reading{at: at}
		err := rest.Together(ctx,
			func(ctx context.Context) (err error) { read.fromSite, err = s.siteGroups(ctx); return err },
			func(ctx context.Context) error { return s.orgSide(ctx, &read) },
		)
		if err != nil {
			return t, err
		}
		if err := read.join(); err != nil {
			return t, err
		}
		for _, g := range read.groups {
			t.Say(g.facts()...)
		}
		for _, r := range q.groups {
			if !slices.ContainsFunc(read.unknown, func(u access.Unknown) bool { return u.Object == r }) {
				t.Wholly(r, access.Exists, access.Product, access.Managed)
			}
		}
		return t, nil
	}
	for batch := range slices.Chunk(q.groups, orgPage) {
		found, err := s.lookUpGroups(ctx, at, ids(batch))
		if err != nil {
			return t, err
		}
		for _, r := range batch {
			t.Wholly(r, access.Exists)
			if !slices.ContainsFunc(found, func(g group) bool { return g.ref == r }) {
				t.Wholly(r, access.Product)
			}
		}
		for _, g := range found {
			t.Say(access.Fact{Kind: access.Exists, Object: g.ref})
		}
	}
	for _, r := range q.products {
		id, ok := s.known.id(r)
		if !ok {
			continue
		}
		here, _, err := s.productOf(ctx, at, id)
		if err != nil {
			return t, err
		}
		t.Wholly(r, access.Product)
		value := productValue(here)
		s.known.hold(r, value)
		if value != "" {
			t.Say(access.Fact{Kind: access.Product, Object: r, Value: value})
		}
	}
	return t, nil
}

// tellSpaces tells existence, name, status and owner of spaces. A space that weir's
// account cannot see counts as absent here: nothing but an attempt to create
// it could tell, and the site refuses that for a key in use.
func (s *Site) tellSpaces(ctx context.Context, q questions) (driver.Told, error) {
	t := driver.NewTold()
	if len(q.spaces) == 0 {
		return t, nil
	}
	list, err := s.lookUpSpaces(ctx, ids(q.spaces))
	if err != nil {
		return t, err
	}
	for _, r := range q.spaces {
		t.Wholly(r, access.Exists, access.Name, access.Status)
		if !slices.ContainsFunc(list, func(sp space) bool { return sp.ref() == r }) {
			t.Wholly(r, access.Role, access.Permission, access.Personal)
			for _, page := range q.pages {
				if page.PageSpace() == r {
					t.Wholly(page, access.Exists, access.Restrict)
				}
			}
		}
	}
	for _, sp := range list {
		people := make(map[string]access.Ref)
		for _, id := range []string{sp.OwnerID, sp.AuthorID} {
			if r, ok := s.known.ref("person", id); ok {
				people[id] = r
			}
		}
		facts, unknown := sp.facts(people)
		t.Say(facts...)
		if len(unknown) == 0 {
			t.Wholly(sp.ref(), access.Personal)
		}
	}
	return t, nil
}

// tellCatalog tells which space roles there are and what each grants.
func (s *Site) tellCatalog(ctx context.Context, q questions) (driver.Told, error) {
	t := driver.NewTold()
	if len(q.catalog) == 0 {
		return t, nil
	}
	for _, r := range q.catalog {
		t.Wholly(r, access.Exists, access.Grants)
	}
	if s.latestMode() == preRoles {
		return t, nil // there are no roles, and no interface to them
	}
	list, err := s.lookUpSpaceRoles(ctx)
	if err != nil {
		return driver.NewTold(), err
	}
	for _, r := range list {
		t.Say(r.facts()...)
	}
	return t, nil
}

// tellAccess tells the role assignments and permissions of spaces whose ids are
// known. What the site's mode has no place for is not there.
func (s *Site) tellAccess(ctx context.Context, q questions) (driver.Told, error) {
	t := driver.NewTold()
	if len(q.access) == 0 {
		return t, nil
	}
	r := reading{mode: s.latestMode(), access: make(map[string]*spaceAccess)}
	for _, ref := range q.access {
		if id, ok := s.known.id(ref); ok {
			r.spaces = append(r.spaces, space{ID: id, Key: ref.ID()})
		}
	}
	if err := s.readAccess(ctx, &r, r.spaces); err != nil {
		return t, err
	}
	for _, sp := range r.spaces {
		facts, unknown := s.accessFacts(sp.ref(), r.access[sp.ID], r.mode)
		t.Say(facts...)
		for _, kind := range []access.Kind{access.Role, access.Permission} {
			if !slices.ContainsFunc(unknown, func(u access.Unknown) bool { return u.Kind == kind }) {
				t.Wholly(sp.ref(), kind)
			}
		}
	}
	return t, nil
}
