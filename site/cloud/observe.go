package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Observe reads everything. Weir's own account is asked for first and last,
// since everything between is what that account could see. What lies between
// goes on at the same time as far as one thing does not need another: the spaces
// do not wait for the organisation, nor the people for the spaces. Names are
// given at the end, when every list is there.
func (s *Site) Observe(ctx context.Context, extent access.Extent) (site.Observation, error) {
	before := s.client.Sent()
	r, err := s.begin(ctx)
	if err != nil {
		return site.Observation{}, err
	}
	if err := s.lists(ctx, r, func(ctx context.Context) error { return s.readAccess(ctx, r, r.spaces) }); err != nil {
		return site.Observation{}, err
	}
	obs, err := s.name(r)
	if err != nil {
		return site.Observation{}, err
	}
	if err := s.conclude(ctx, r, extent, &obs, before); err != nil {
		return site.Observation{}, err
	}
	return obs, nil
}

// begin asks who weir is, before anything else is read.
func (s *Site) begin(ctx context.Context) (*reading, error) {
	me, err := s.identify(ctx)
	return &reading{me: me, access: make(map[string]*spaceAccess)}, err
}

// lists reads the lists of the site and of the organisation at the same time.
// listed is called once the spaces and the role mode are known, while the rest
// is still being read.
func (s *Site) lists(ctx context.Context, r *reading, listed func(context.Context) error) error {
	moded := make(chan struct{})
	return rest.Together(ctx,
		func(ctx context.Context) (err error) {
			if r.at, err = s.locate(ctx); err != nil {
				return err
			}
			return s.organisation(ctx, r)
		},
		func(ctx context.Context) (err error) {
			if r.mode, err = s.roleMode(ctx); err != nil {
				return err
			}
			close(moded)
			return s.catalogue(ctx, r)
		},
		func(ctx context.Context) (err error) {
			if r.spaces, err = s.spaces(ctx, nil); err != nil {
				return err
			}
			select {
			case <-moded:
				each := 1
				if r.mode != preRoles && r.mode != onlyRoles {
					each = 2 // who has a role in a space, and who a permission beside
				}
				s.client.Announce(each * len(r.spaces))
				return listed(ctx)
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		},
	)
}

// organisation reads the people, and the groups with what they hold. The site's
// own list of groups is read here as well, so that it takes no place from what
// others wait for.
func (s *Site) organisation(ctx context.Context, r *reading) error {
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) { r.people, err = s.people(ctx, r.at, search{}); return err },
		func(ctx context.Context) error { return s.orgSide(ctx, r) },
		func(ctx context.Context) error { return s.findHolders(ctx, r) },
		func(ctx context.Context) (err error) { r.fromSite, err = s.siteGroups(ctx); return err },
	)
	if err != nil {
		return err
	}
	if r.holders.found[r.me.AccountID] && !slices.ContainsFunc(r.people, func(p directoryPerson) bool { return p.AccountID == r.me.AccountID }) {
		return rest.Fail(site.Invalid, rest.Call{To: searchPeople}, errors.New("the list of people lacks weir's own account, which holds a product role"))
	}
	if err := s.countMembers(ctx, r); err != nil {
		return err
	}
	return s.settleHolders(ctx, r)
}

// name says what the lists tell, and remembers which id stands for what.
func (s *Site) name(r *reading) (site.Observation, error) {
	if err := r.join(); err != nil {
		return site.Observation{}, err
	}
	obs := s.observation(r)
	s.known.replace(obs.IDs, r.product())
	obs.Facts = obs.Facts.Union(access.NewSet(s.memberFacts(r)...))
	return obs, nil
}

// conclude adds who holds what in the spaces whose access was read, and what was
// there before and no list shows; last of all it makes sure who weir is.
func (s *Site) conclude(ctx context.Context, r *reading, extent access.Extent, obs *site.Observation, before int) error {
	unknown, err := s.verify(ctx, r, extent.Pins, obs.IDs)
	if err != nil {
		return err
	}
	// What is hidden keeps its name where it holds something: under another it
	// would be somebody whom nobody described.
	for _, u := range unknown {
		if k := kindOf(u.Object); k == "person" || k == "group" {
			s.known.learn(u.Object, extent.Pins[u.Object])
		}
	}
	facts := s.owners(r, obs)
	for _, sp := range r.spaces {
		if a := r.access[sp.ID]; a != nil {
			told, unknown := s.accessFacts(sp.ref(), a, r.mode)
			if r.short {
				told, unknown = s.withoutStrangers(told, unknown)
			}
			facts, r.unknown = append(facts, told...), append(r.unknown, unknown...)
		}
	}
	pages, err := s.content(ctx, extent, obs.IDs)
	if err != nil {
		return err
	}
	plain, err := s.plainUser(ctx, r.at, extent.Own, obs)
	if err != nil {
		return err
	}
	unknown = append(unknown, plain...)
	records, err := s.records(ctx, r, extent)
	if err != nil {
		return err
	}
	var tokens []site.Token
	hidden, least := "", 0
	if extent.Tokens {
		if tokens, hidden, err = s.tokens(ctx); err != nil {
			return err
		}
		least = max(1, (len(tokens)+orgPage-1)/orgPage)
	}
	ended, err := s.endings(ctx, r, extent, facts, obs)
	if err != nil {
		return err
	}
	if err := s.stillItself(ctx, r.me); err != nil {
		return err
	}
	s.mu.Lock()
	s.looked, s.mode, s.me = true, r.mode, r.me
	s.mu.Unlock()

	obs.Facts = obs.Facts.Union(access.NewSet(append(facts, pages.facts...)...))
	maps.Copy(obs.IDs, pages.ids)
	obs.Parents, obs.Spaces = pages.parents, records.of
	obs.Tokens, obs.UnseenTokens = tokens, hidden
	obs.Extent = extent
	obs.Unknown = slices.Concat(r.unknown, unknown, pages.unknown)
	slices.SortFunc(obs.Unknown, byObject)
	obs.Requests, obs.Floor = s.client.Sent()-before, floor(r.size())+pages.floor+records.floor+least+ended
	return nil
}

// byObject is the order of what is unknown.
func byObject(a, b access.Unknown) int {
	return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
}

// owners takes the facts about personal spaces out of an observation and gives
// them with the names of those whom no list of people shows.
func (s *Site) owners(r *reading, obs *site.Observation) []access.Fact {
	var facts []access.Fact
	for f := range obs.Facts.OfKind(access.Personal) {
		if owner, ok := s.known.ref("person", f.Subject.ID()); ok && f.Subject.Type() == "account" {
			f.Subject = owner
		}
		facts = append(facts, f)
	}
	obs.Facts = obs.Facts.Filter(func(f access.Fact) bool { return f.Kind != access.Personal })
	if r.short {
		facts, r.unknown = s.withoutStrangers(facts, r.unknown)
	}
	return facts
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
	me   self
	at   place
	mode string

	people  []directoryPerson
	holders holders             // people with product roles
	members map[string]accounts // by group id

	fromSite []siteGroup
	fromOrg  []directoryGroup
	products map[string]*groupRoles // by group id
	groups   []group                // both lists joined

	spaces      []space
	roles       []spaceRole
	permissions map[string]string       // labels by id
	access      map[string]*spaceAccess // by the id of the space, where it was read

	kept map[access.Ref]access.SpaceRecord // of earlier, for those that are not read anew

	unknown []access.Unknown
	short   bool // people are missing: groups count more than they show
}

// accounts are account ids.
type accounts map[string]bool

// observation says everything but memberships and access to spaces.
func (s *Site) observation(r *reading) site.Observation {
	obs := site.Observation{
		Site:        r.at.cloud,
		IDs:         make(map[access.Ref]string),
		Labels:      make(map[access.Ref]string),
		People:      make(map[access.Ref]access.PersonRecord),
		Unclaimed:   make(map[access.Ref]bool),
		Elsewhere:   make(map[access.Ref][]string),
		Permissions: r.permissions,
		Traits:      s.traits(r),
	}
	var facts []access.Fact
	refs := refPeople(r.people)
	own, ok := refs[r.me.AccountID]
	if !ok {
		own = access.NewRef("account", r.me.AccountID)
		if e := normalEmail(r.me.Email); e != "" {
			own = access.NewRef("user", e)
		}
		obs.IDs[own], refs[r.me.AccountID] = r.me.AccountID, own
	}
	for _, p := range r.people {
		ref := refs[p.AccountID]
		facts = append(facts, p.facts(ref, r.at)...)
		obs.IDs[ref] = p.AccountID
		if p.Name != "" {
			obs.Labels[ref] = p.Name
		}
		if record, ok := p.record(r.at); ok {
			obs.People[ref] = record
		}
		if p.ClaimStatus != "managed" {
			obs.Unclaimed[ref] = true
		}
	}
	direct, unknown := r.ownFacts(refs)
	facts, r.unknown = append(facts, direct...), slices.Concat(r.unknown, shared(r.people), unknown)
	for _, g := range r.groups {
		facts = append(facts, g.facts()...)
		obs.IDs[g.ref] = g.ID
		if len(g.elsewhere) > 0 {
			obs.Elsewhere[g.ref] = g.elsewhere
		}
	}
	for _, sp := range r.spaces {
		told, unknown := sp.facts(refs)
		facts, r.unknown = append(facts, told...), append(r.unknown, unknown...)
		obs.IDs[sp.ref()] = sp.ID
	}
	for _, role := range r.roles {
		facts = append(facts, role.facts()...)
		obs.IDs[role.ref()] = role.ID
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

// countMembers takes the memberships from the people's entries. The organisation
// also counts each group's members: where it counts more than came, the group
// is asked for by itself, and what still does not add up is unknown.
func (s *Site) countMembers(ctx context.Context, r *reading) error {
	r.members = make(map[string]accounts, len(r.fromOrg))
	put := func(group, account string) {
		if r.members[group] == nil {
			r.members[group] = make(accounts)
		}
		r.members[group][account] = true
	}
	listed := make(accounts, len(r.people))
	for _, p := range r.people {
		listed[p.AccountID] = true
		for _, g := range *p.Groups {
			put(groupID(g.ID), p.AccountID)
		}
	}
	var short []directoryGroup
	for _, g := range r.fromOrg {
		if *g.Counts.Users > len(r.members[g.ID]) {
			short = append(short, g)
		}
	}
	again := make([][]directoryPerson, len(short))
	hidden := make([]string, len(short))
	err := rest.Each(ctx, s.client.InFlight(), short, func(ctx context.Context, i int, g directoryGroup) (err error) {
		again[i], err = s.people(ctx, r.at, search{GroupIDs: []string{g.ID}})
		if reason, unseen := rest.Unseen(err); unseen {
			hidden[i] = reason
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, g := range short {
		for _, p := range again[i] {
			if !listed[p.AccountID] {
				return rest.Fail(site.Invalid, rest.Call{To: searchPeople}, fmt.Errorf("the list of people lacks account %s, which group %q shows", p.AccountID, g.Name))
			}
			put(g.ID, p.AccountID)
		}
		reason := "its members cannot be read: " + hidden[i]
		if n := len(r.members[g.ID]); hidden[i] == "" {
			if n >= *g.Counts.Users {
				continue
			}
			reason = fmt.Sprintf("the organisation counts %d members and shows %d", *g.Counts.Users, n)
		}
		r.short = true
		r.unknown = append(r.unknown, access.Unknown{Kind: access.Member, Object: access.NewRef("group", g.Name), Reason: reason})
	}
	return nil
}

// memberFacts says who belongs to which group. A group that has members and that
// no list shows is unknown.
func (s *Site) memberFacts(r *reading) []access.Fact {
	names := make(map[string]string)
	for _, p := range r.people {
		for _, g := range *p.Groups {
			names[groupID(g.ID)] = g.Name
		}
	}
	var facts []access.Fact
	for _, g := range r.groups {
		delete(names, g.ID)
		for account := range r.members[g.ID] {
			subject, _ := s.known.ref("person", account)
			facts = append(facts, access.Fact{Kind: access.Member, Object: g.ref, Subject: subject})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(names)) {
		r.unknown = append(r.unknown, access.Unknown{Object: access.NewRef("group", names[id]), Reason: "it has members and no list of groups shows it"})
	}
	return facts
}
