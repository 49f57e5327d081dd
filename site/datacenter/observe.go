package datacenter

import (
	"cmp"
	"context"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Observe reads everything. Weir's own account is asked for first and last,
// since everything between is what that account could see.
func (s *Site) Observe(ctx context.Context, extent access.Extent) (site.Observation, error) {
	before := s.client.Sent()
	me, err := s.identify(ctx)
	if err != nil {
		return site.Observation{}, err
	}
	r := &reading{own: s.names.ref(me.Username), refs: make(map[string]access.Ref)}
	err = rest.Together(ctx,
		func(ctx context.Context) (err error) { r.people, err = s.people(ctx); return err },
		func(ctx context.Context) (err error) { r.groups, err = s.groups(ctx); return err },
		func(ctx context.Context) (err error) { r.spaces, err = s.spaces(ctx); return err },
		func(ctx context.Context) (err error) { r.globals, err = s.globals(ctx); return err },
		func(ctx context.Context) error { _, err := s.askMode(ctx); return err },
	)
	if err != nil {
		return site.Observation{}, err
	}
	if err := r.name(s.names, me); err != nil {
		return site.Observation{}, err
	}
	s.known.replace(r)
	if r.in, err = s.belonging(ctx, r.groups); err != nil {
		return site.Observation{}, err
	}
	held, err := s.held(ctx, r)
	if err != nil {
		return site.Observation{}, err
	}
	if err := s.everyDoor(ctx, r, &held); err != nil {
		return site.Observation{}, err
	}
	s.known.shape(held.products(), r.above())

	obs := site.Observation{
		Site: s.base, Account: r.own,
		Extent: extent, IDs: make(map[access.Ref]string), Labels: make(map[access.Ref]string), Parents: make(map[access.Ref]access.Ref),
		Permissions: labels(), Traits: s.traits(held.there), Unknown: held.unknown,
	}
	held.tellPlain(extent.Own)
	facts := []access.Fact{{Kind: access.Exists, Object: r.own}}
	facts = append(facts, held.facts...)
	members, unknown, err := r.members(held)
	if err != nil {
		return site.Observation{}, err
	}
	facts, obs.Unknown = append(facts, members...), append(obs.Unknown, unknown...)
	people, unknown := r.peopleFacts(held)
	facts, obs.Unknown = append(facts, people...), append(obs.Unknown, unknown...)
	for _, p := range r.people {
		obs.IDs[r.refs[p.UserKey]] = p.UserKey
		if p.DisplayName != "" {
			obs.Labels[r.refs[p.UserKey]] = p.DisplayName
		}
	}
	obs.IDs[r.own] = me.UserKey
	for _, g := range r.groups {
		facts = append(facts, groupFacts(g)...)
		obs.IDs[g.ref()] = g.Name
	}
	for _, sp := range r.spaces {
		facts = append(facts, s.spaceFacts(sp)...)
		obs.IDs[sp.ref()] = string(sp.ID)
	}
	permissions, unknown, err := s.permissionFacts(ctx, r.spaces)
	if err != nil {
		return site.Observation{}, err
	}
	facts, obs.Unknown = append(facts, permissions...), append(obs.Unknown, unknown...)
	super := access.Fact{Kind: access.Member, Object: access.NewRef("group", superGroup), Subject: r.own}
	seesAll := slices.Contains(members, super)
	if obs.Spaces, err = s.records(ctx, r.spaces, extent); err != nil {
		return site.Observation{}, err
	}
	if extent.Tokens {
		obs.UnseenTokens = "Data Center shows nobody's tokens but one's own"
	}
	pages, err := s.pages(ctx, extent, r.spaces, seesAll)
	if err != nil {
		return site.Observation{}, err
	}
	pages.into(&obs)
	obs.Facts = access.NewSet(append(facts, pages.facts...)...)
	hidden, err := s.missing(ctx, extent, obs)
	if err != nil {
		return site.Observation{}, err
	}
	obs.Unknown = append(obs.Unknown, hidden...)
	if _, err := s.identify(ctx); err != nil {
		return site.Observation{}, err
	}
	s.mu.Lock()
	s.looked, s.seesAll = true, seesAll
	s.mu.Unlock()

	slices.SortFunc(obs.Unknown, func(a, b access.Unknown) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
	obs.Unknown = slices.Compact(obs.Unknown)
	obs.Requests = s.client.Sent() - before
	obs.Floor = r.floor() + pages.floor
	for _, sp := range r.spaces {
		if extent.Personal && sp.personal() && !sp.archived() {
			obs.Floor++
		}
	}
	obs.Floor += len(extent.Labels)
	return obs, nil
}

// ready makes sure that the site is known: by a whole observation if there has
// been none.
func (s *Site) ready(ctx context.Context) error {
	s.mu.Lock()
	looked := s.looked
	s.mu.Unlock()
	if looked {
		return nil
	}
	_, err := s.Observe(ctx, access.Extent{})
	return err
}

// traits are what a site can hold and do; there says whether it has an interface
// of global permissions.
func (s *Site) traits(there bool) site.Traits {
	t := site.Traits{
		Product: "Confluence Data Center",
		Mode:    site.ByPermissions,
		States:  []string{deactivated, removed},
		// An account is made with an address, if one is known, and is there before
		// anybody logs in.
		Invites:     s.names != naming{},
		Classes:     []access.Ref{access.Anonymous},
		Super:       access.NewRef("group", superGroup),
		Permissions: writable(),
	}
	if there {
		t.Globals = []string{
			access.GlobalUse, access.GlobalCreateSpace, access.GlobalPersonalSpace,
			access.GlobalSystemAdminister, access.GlobalViewProfiles,
		}
	}
	return t
}

// reading is what the lists of a site held.
type reading struct {
	own     access.Ref
	people  []user
	refs    map[string]access.Ref // of people, by user key
	groups  []group
	in      map[access.Ref]belonging // by group
	spaces  []space
	globals globals
}

// floor is how few requests would do for a site of this size: the formula of
// evidence C, and one more a group, since nothing else tells whether groups are
// in it.
func (r *reading) floor() int {
	pages := func(n, limit int) int { return max(1, (n+limit-1)/limit) }
	n := 1 + pages(len(r.groups), groupPage) + pages(len(r.people), userPage) + pages(len(r.spaces), spacePage) + len(r.spaces)
	for _, b := range r.in {
		n += pages(len(b.members), groupPage) + 1
	}
	return n
}
