package cloud

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Product roles that people hold by themselves. A search by role finds people who
// hold it directly and people who have it from a group, and does not say which
// (evidence A4: inferred, not verified); asking one person says it, and costs a
// request. So few people are asked one by one, and of many only those whose
// groups hold the role as well.

// ownRoles are the product roles that a person's product fact tells: all but
// user, which `exists` tells.
var ownRoles = slices.DeleteFunc(slices.Clone(productRoles), func(r string) bool { return r == "user" })

// ownValue is the value of a person's product fact, or nothing.
func ownValue(roles []string) string {
	return productValue(slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return !slices.Contains(ownRoles, r) }))
}

// fewHolders is how many people are asked one by one rather than searched by
// each role: about as many requests.
const fewHolders = 12

// holders are the people who hold product roles on this site.
type holders struct {
	of     map[string]accounts // by role, however they came by it
	direct map[string][]string // by account: the roles held directly, of those who were asked
	doubt  map[string]string   // accounts of which nobody knows, and why
	found  accounts            // by the search for all roles
}

// add notes that an account holds a role.
func (h *holders) add(role, account string) {
	if h.of[role] == nil {
		h.of[role] = make(accounts)
	}
	h.of[role][account] = true
}

// disagree is why two lists that should show the same people cast doubt on who
// is in one only.
const disagree = "the organisation's lists disagree about the product roles that the person holds"

// findHolders finds the people who hold product roles. A search names no total, so
// one that lost a page, or all, shows only where it disagrees with another: all
// roles together must find whom the roles by themselves find.
func (s *Site) findHolders(ctx context.Context, r *reading) error {
	h := &r.holders
	*h = holders{of: make(map[string]accounts), direct: make(map[string][]string), doubt: make(map[string]string)}
	others := slices.DeleteFunc(slices.Clone(ownRoles), func(r string) bool { return r == access.GuestRole })
	var all, guests, remaining accounts
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) { all, err = s.withRoles(ctx, r.at, ownRoles); return err },
		func(ctx context.Context) (err error) {
			guests, err = s.withRoles(ctx, r.at, []string{access.GuestRole})
			return err
		},
		func(ctx context.Context) (err error) { remaining, err = s.withRoles(ctx, r.at, others); return err },
	)
	if err != nil {
		return err
	}
	if err := s.canary(ctx, r, all); err != nil {
		return err
	}
	h.found = all
	h.compare(all, guests, remaining)
	if len(all) <= fewHolders {
		return s.askHolders(ctx, r, all)
	}
	for account := range guests {
		h.add(access.GuestRole, account)
	}
	found := make([]accounts, len(others))
	err = rest.Each(ctx, len(others), others, func(ctx context.Context, i int, role string) (err error) {
		found[i], err = s.withRoles(ctx, r.at, []string{role})
		return err
	})
	for i, list := range found {
		for account := range list {
			h.add(others[i], account)
		}
	}
	h.compare(remaining, found...)
	return err
}

// canary makes sure that the searches by role work at all: weir's own account
// holds a role as a rule, and a search that lacks it although it does is broken,
// whatever the other searches say.
func (s *Site) canary(ctx context.Context, r *reading, found accounts) error {
	if found[r.me.AccountID] {
		return nil
	}
	_, direct, err := s.productOfPerson(ctx, r.at, r.me.AccountID)
	if _, hidden := rest.Unseen(err); hidden {
		return nil // it is not of this organisation
	}
	if err == nil && ownValue(direct) != "" {
		err = rest.Fail(site.Invalid, rest.Call{To: searchPeople}, errors.New("the people who hold a product role lack weir's own account, which does"))
	}
	return err
}

// compare casts doubt on the accounts that only one side of a comparison shows.
func (h *holders) compare(whole accounts, parts ...accounts) {
	seen := make(accounts, len(whole))
	for _, part := range parts {
		for account := range part {
			seen[account] = true
			if !whole[account] {
				h.doubt[account] = disagree
			}
		}
	}
	for account := range whole {
		if !seen[account] {
			h.doubt[account] = disagree
		}
	}
}

// withRoles searches the people who hold one of the roles on this site.
func (s *Site) withRoles(ctx context.Context, at place, roles []string) (accounts, error) {
	filter := search{ResourceIDs: []string{at.ari()}}
	for _, r := range roles {
		filter.RoleIDs = append(filter.RoleIDs, "atlassian/"+r)
	}
	what := rest.Call{To: searchPeople, Args: []string{at.org, at.directory}, Body: filter}
	list, err := rest.ByCursor(ctx, s.client, what, orgPage, func(h holder) string { return h.AccountID })
	out := make(accounts, len(list))
	for _, h := range list {
		out[h.AccountID] = true
	}
	return out, err
}

// askHolders asks of each account which roles are its own.
func (s *Site) askHolders(ctx context.Context, r *reading, ask accounts) error {
	h := &r.holders
	ids := slices.Sorted(maps.Keys(ask))
	all, direct := make([][]string, len(ids)), make([][]string, len(ids))
	hidden := make([]string, len(ids))
	err := rest.Each(ctx, len(ids), ids, func(ctx context.Context, i int, account string) (err error) {
		all[i], direct[i], err = s.productOfPerson(ctx, r.at, account)
		if reason, unseen := rest.Unseen(err); unseen {
			hidden[i] = "the person's product roles cannot be read: " + reason
			return nil
		}
		return err
	})
	for i, account := range ids {
		h.direct[account] = direct[i]
		if hidden[i] != "" {
			h.doubt[account] = hidden[i]
		}
		// By which they were found is among what they have, directly or not: a list
		// without it is not whole.
		if h.found[account] && ownValue(all[i]) == "" {
			h.doubt[account] = cmp.Or(h.doubt[account], disagree)
		}
		for role, list := range h.of {
			if list[account] && !slices.Contains(all[i], role) {
				h.doubt[account] = cmp.Or(h.doubt[account], disagree)
			}
		}
		for _, role := range all[i] {
			h.add(role, account)
		}
	}
	return err
}

// productOfPerson reads the product roles of one person on this site: all, and
// those that are held directly.
func (s *Site) productOfPerson(ctx context.Context, at place, account string) (all, direct []string, err error) {
	what := rest.Call{To: listPersonProduct, Args: []string{at.org, at.directory, account}}
	list, err := rest.ByCursor(ctx, s.client, what, orgPage, personProduct.whole)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range list {
		if !at.here(p.ResourceID) {
			continue
		}
		if p.RoleAssignments == nil {
			return nil, nil, rest.Fail(site.Invalid, what, errors.New("the answer lacks the roles on this site"))
		}
		for _, a := range p.RoleAssignments {
			if a.Methods == nil {
				return nil, nil, rest.Fail(site.Invalid, what, errors.New("the answer does not say how the person came by a role"))
			}
			all = append(all, bareRole(a.Role))
			if slices.Contains(a.Methods, "direct") {
				direct = append(direct, bareRole(a.Role))
			}
		}
	}
	return all, direct, nil
}

// plainUser says of people whether they hold the plain product role user
// themselves, beside what their product facts tell of everybody.
func (s *Site) plainUser(ctx context.Context, at place, own []access.Ref, obs *site.Observation) ([]access.Unknown, error) {
	var people []access.Ref
	for _, r := range own {
		if obs.IDs[r] != "" {
			people = append(people, r)
		}
	}
	direct, hidden := make([][]string, len(people)), make([]string, len(people))
	err := rest.Each(ctx, s.client.InFlight(), people, func(ctx context.Context, i int, r access.Ref) (err error) {
		_, direct[i], err = s.productOfPerson(ctx, at, obs.IDs[r])
		if reason, unseen := rest.Unseen(err); unseen {
			hidden[i] = "the person's product roles cannot be read: " + reason
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var unknown []access.Unknown
	var facts []access.Fact
	plain := make(map[access.Ref]bool)
	for i, r := range people {
		switch {
		case hidden[i] != "":
			unknown = append(unknown, access.Unknown{Kind: access.Product, Object: r, Reason: hidden[i]})
		case slices.Contains(direct[i], "user"):
			plain[r] = true
			facts = append(facts, access.Fact{Kind: access.Product, Object: r, Value: productValue(direct[i])})
		}
	}
	if len(facts) > 0 {
		obs.Facts = obs.Facts.Filter(func(f access.Fact) bool { return f.Kind != access.Product || !plain[f.Object] }).Union(access.NewSet(facts...))
	}
	return unknown, nil
}

// settleHolders asks those who were found by a role that they may have from a
// group. It needs the groups and their members.
func (s *Site) settleHolders(ctx context.Context, r *reading) error {
	h := &r.holders
	from := make(map[string]accounts) // by role: members of groups that hold it
	blurred := make(map[string]bool)  // roles of groups whose members are not all known
	known := make(map[string]bool)    // groups
	for _, g := range r.fromOrg {
		known[g.ID] = true
		p := r.products[g.ID]
		if p == nil {
			continue
		}
		for _, role := range p.here {
			if from[role] == nil {
				from[role] = make(accounts)
			}
			for account := range r.members[g.ID] {
				from[role][account] = true
			}
			blurred[role] = blurred[role] || len(r.members[g.ID]) < *g.Counts.Users
		}
	}
	stray := make(accounts) // members of groups that the organisation does not list
	for id, members := range r.members {
		for account := range members {
			if !known[id] {
				stray[account] = true
			}
		}
	}
	ask := make(accounts)
	for role, list := range h.of {
		for account := range list {
			if _, asked := h.direct[account]; !asked && (from[role][account] || blurred[role] || stray[account]) {
				ask[account] = true
			}
		}
	}
	if len(ask) <= mostAsked {
		return s.askHolders(ctx, r, ask)
	}
	for account := range ask {
		h.doubt[account] = "the person has a product role from a group, and too many have to ask each whether it is held directly as well"
	}
	return nil
}

// ownFacts says which product roles people hold by themselves. refs names
// account ids.
func (r *reading) ownFacts(refs map[string]access.Ref) (facts []access.Fact, unknown []access.Unknown) {
	h := &r.holders
	held := make(map[string][]string)
	for role, list := range h.of {
		for account := range list {
			if refs[account] == "" {
				h.doubt[account] = cmp.Or(h.doubt[account], disagree)
			}
			held[account] = append(held[account], role)
		}
	}
	for account, reason := range h.doubt {
		who := cmp.Or(refs[account], access.NewRef("account", account))
		unknown = append(unknown, access.Unknown{Kind: access.Product, Object: who, Reason: reason})
	}
	for account, roles := range held {
		if own, asked := h.direct[account]; asked {
			roles = own
		}
		if value := ownValue(roles); value != "" && h.doubt[account] == "" {
			facts = append(facts, access.Fact{Kind: access.Product, Object: refs[account], Value: value})
		}
	}
	return facts, unknown
}
