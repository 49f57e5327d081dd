package cloud

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Observe reads everything. Its order matters little, but for its two ends:
// weir's own account is asked for first and last, since everything between is
// what that account could see.
func (s *Site) Observe(ctx context.Context, _ access.Extent) (site.Observation, error) {
	before := s.client.Sent()
	me, err := s.identify(ctx)
	if err != nil {
		return site.Observation{}, err
	}
	if err := s.hasRoles(ctx); err != nil {
		return site.Observation{}, err
	}
	at, err := s.locate(ctx)
	if err != nil {
		return site.Observation{}, err
	}
	var r reading
	err = rest.Together(ctx,
		func(ctx context.Context) (err error) { r.people, err = s.people(ctx, at, search{}); return err },
		func(ctx context.Context) (err error) { r.groups, r.unknown, err = s.groups(ctx, at); return err },
		func(ctx context.Context) (err error) { r.spaces, err = s.spaces(ctx, nil); return err },
		func(ctx context.Context) (err error) { r.roles, err = s.spaceRoles(ctx); return err },
		func(ctx context.Context) (err error) { r.permissions, err = s.spacePermissions(ctx); return err },
	)
	if err != nil {
		return site.Observation{}, err
	}
	obs := r.observation(at, me)
	s.known.replace(obs.IDs, r.product())

	members, unknown, err := s.members(ctx, at, &r)
	if err != nil {
		return site.Observation{}, err
	}
	spaces := make(map[access.Ref]string, len(r.spaces))
	for _, sp := range r.spaces {
		spaces[sp.ref()] = sp.ID
	}
	roles, more, err := s.roleFacts(ctx, spaces)
	if err != nil {
		return site.Observation{}, err
	}
	if _, err := s.identify(ctx); err != nil {
		return site.Observation{}, err
	}
	s.mu.Lock()
	s.looked = true
	s.mu.Unlock()

	obs.Facts = obs.Facts.Union(access.NewSet(append(members, roles...)...))
	obs.Unknown = slices.Concat(r.unknown, unknown, more)
	slices.SortFunc(obs.Unknown, func(a, b access.Unknown) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
	obs.Requests = s.client.Sent() - before
	return obs, nil
}

// hasRoles refuses a site whose spaces are not governed by roles alone: this
// driver would read half of its access for the whole.
func (s *Site) hasRoles(ctx context.Context) error {
	what := rest.Call{To: roleMode}
	var m mode
	if err := s.client.Read(ctx, what, &m); err != nil {
		return err
	}
	if m.Mode != "ROLES" {
		return rest.Fail(site.Unsupported, what, fmt.Errorf("the site is in mode %s, and weir serves only sites in mode ROLES so far", m.Mode))
	}
	return nil
}

// ready makes sure that the ids of the site are known: by a whole observation
// if there has been none.
func (s *Site) ready(ctx context.Context) (place, error) {
	s.mu.Lock()
	at, looked := s.place, s.looked
	s.mu.Unlock()
	if looked {
		return at, nil
	}
	if _, err := s.Observe(ctx, access.Extent{}); err != nil {
		return place{}, err
	}
	return s.locate(ctx)
}

// reading is what the lists of a site held.
type reading struct {
	people  []directoryPerson
	groups  []group
	spaces  []space
	roles   []spaceRole
	unknown []access.Unknown

	permissions map[string]string // labels by id
}

// observation says everything but memberships and role assignments.
func (r *reading) observation(at place, me self) site.Observation {
	obs := site.Observation{
		Site:      at.cloud,
		IDs:       make(map[access.Ref]string),
		Labels:    make(map[access.Ref]string),
		Unclaimed: make(map[access.Ref]bool),

		Permissions: r.permissions,
	}
	var facts []access.Fact
	refs := refPeople(r.people)
	for _, p := range r.people {
		ref := refs[p.AccountID]
		facts = append(facts, p.facts(ref, at)...)
		obs.IDs[ref] = p.AccountID
		if p.Name != "" {
			obs.Labels[ref] = p.Name
		}
		if p.ClaimStatus != "managed" {
			obs.Unclaimed[ref] = true
		}
	}
	for _, g := range r.groups {
		facts = append(facts, g.facts()...)
		obs.IDs[g.ref] = g.ID
	}
	for _, sp := range r.spaces {
		facts = append(facts, sp.facts()...)
		obs.IDs[sp.ref()] = sp.ID
	}
	for _, role := range r.roles {
		facts = append(facts, role.facts()...)
		obs.IDs[role.ref()] = role.ID
	}
	own, ok := refs[me.AccountID]
	if !ok {
		own = access.NewRef("account", me.AccountID)
		if e := normalEmail(me.Email); e != "" {
			own = access.NewRef("user", e)
		}
		obs.IDs[own] = me.AccountID
	}
	obs.Account = own
	obs.Facts = access.NewSet(append(facts, access.Fact{Kind: access.Exists, Object: own})...)
	return obs
}

// product is what each group holds on this site.
func (r *reading) product() map[access.Ref]string {
	out := make(map[access.Ref]string)
	for _, g := range r.groups {
		if len(g.product) > 0 {
			out[g.ref] = productValue(g.product)
		}
	}
	return out
}

// members gives the memberships, which the people's entries tell. The
// organisation also counts each group's members: where it counts more than
// came, the group is asked for by itself, and what still does not add up is
// unknown.
func (s *Site) members(ctx context.Context, at place, r *reading) ([]access.Fact, []access.Unknown, error) {
	listed := make(map[string]bool, len(r.people))
	in := make(map[string]map[string]bool, len(r.groups)) // by group: account ids
	names := make(map[string]string)
	for _, p := range r.people {
		listed[p.AccountID] = true
		for _, g := range *p.Groups {
			id := groupID(g.ID)
			if in[id] == nil {
				in[id] = make(map[string]bool)
			}
			in[id][p.AccountID] = true
			names[id] = g.Name
		}
	}
	var short []group
	for _, g := range r.groups {
		if g.Counts.Users != nil && *g.Counts.Users > len(in[g.ID]) {
			short = append(short, g)
		}
		delete(names, g.ID)
	}
	again := make([][]directoryPerson, len(short))
	unknown := make([]access.Unknown, len(short))
	err := rest.Each(ctx, s.client.InFlight(), short, func(ctx context.Context, i int, g group) (err error) {
		again[i], err = s.people(ctx, at, search{GroupIDs: []string{g.ID}})
		if reason, hidden := rest.Unseen(err); hidden {
			unknown[i] = access.Unknown{Kind: access.Member, Object: g.ref, Reason: "its members cannot be read: " + reason}
			return nil
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for i, g := range short {
		if in[g.ID] == nil {
			in[g.ID] = make(map[string]bool)
		}
		for _, p := range again[i] {
			if !listed[p.AccountID] {
				return nil, nil, rest.Fail(site.Invalid, rest.Call{To: searchPeople}, fmt.Errorf("the list of people lacks account %s, which group %q shows", p.AccountID, g.Name))
			}
			in[g.ID][p.AccountID] = true
		}
		if n := len(in[g.ID]); unknown[i].Object == "" && n < *g.Counts.Users {
			unknown[i] = access.Unknown{Kind: access.Member, Object: g.ref, Reason: fmt.Sprintf("the organisation counts %d members and shows %d", *g.Counts.Users, n)}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(names)) {
		unknown = append(unknown, access.Unknown{Object: access.NewRef("group", names[id]), Reason: "it has members and no list of groups shows it"})
	}
	var facts []access.Fact
	for _, g := range r.groups {
		for account := range in[g.ID] {
			subject, _ := s.known.ref("person", account)
			facts = append(facts, access.Fact{Kind: access.Member, Object: g.ref, Subject: subject})
		}
	}
	return facts, slices.DeleteFunc(unknown, func(u access.Unknown) bool { return u.Object == "" }), nil
}
