package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// group is a group as both doors tell it.
type group struct {
	directoryGroup
	usage, siteManager string
	ref                access.Ref
	product            []string // roles held on this site
	elsewhere          []string // roles on other sites and products, in words
}

// manager is somebody else whose group this is, as the value of a managed
// fact, or nothing.
func (g group) manager() string {
	no := func(may *bool) bool { return may != nil && !*may }
	fixed := no(g.ManagementAccess.Modifiable) || no(g.ManagementAccess.Deletable)
	switch {
	case g.usage == "TEAM_COLLABORATION" || strings.EqualFold(g.siteManager, "TEAM_MEMBERS"):
		return "team"
	case g.ExternalSynced || strings.EqualFold(g.ManagedBy, "external") || strings.EqualFold(g.siteManager, "EXTERNAL"):
		return "idp"
	case fixed:
		return "builtin"
	}
	return ""
}

func (g group) facts() []access.Fact {
	out := []access.Fact{{Kind: access.Exists, Object: g.ref}}
	if m := g.manager(); m != "" {
		out = append(out, access.Fact{Kind: access.Managed, Object: g.ref, Value: m})
	}
	if len(g.product) > 0 {
		out = append(out, access.Fact{Kind: access.Product, Object: g.ref, Value: productValue(g.product)})
	}
	return out
}

// siteGroups reads the groups through v1, which alone tells Teams from groups.
// The list is paged by position, and much may be removed for not being in it.
func (s *Site) siteGroups(ctx context.Context) ([]siteGroup, error) {
	what := rest.Call{To: listGroups}
	list, err := rest.ByOffset(ctx, s.client, what, rest.Offset{Limit: 200, Overlap: true}, func(g siteGroup) string { return g.ID })
	if err == nil && slices.ContainsFunc(list, func(g siteGroup) bool { return g.ID == "" || g.Name == "" }) {
		err = rest.Fail(site.Invalid, what, errors.New("a group has no id or no name"))
	}
	return list, err
}

// orgGroups reads groups through the organisation, which alone tells what may
// be changed and how many members there should be.
func (s *Site) orgGroups(ctx context.Context, at place, filter search) ([]directoryGroup, error) {
	filter.Expand = []string{"counts.users", "counts.resources"}
	what := rest.Call{To: searchGroups, Args: []string{at.org, at.directory}, Body: filter}
	list, err := rest.ByCursor(ctx, s.client, what, orgPage, func(g directoryGroup) string { return g.ID })
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].ID = groupID(list[i].ID)
		if list[i].Counts.Users == nil || list[i].Counts.Resources == nil {
			return nil, rest.Fail(site.Invalid, what, errors.New("the answer lacks the counts that were asked for"))
		}
		if list[i].ID == "" || list[i].Name == "" {
			return nil, rest.Fail(site.Invalid, what, errors.New("a group has no id or no name"))
		}
	}
	return list, nil
}

// groupHolders reads which product roles groups hold on this site, by group id:
// one search a role instead of one request a group.
func (s *Site) groupHolders(ctx context.Context, at place) (map[string][]string, error) {
	found := make([][]directoryGroup, len(productRoles))
	// All at once: spaces are many and keep the places full to the end, so that
	// what others wait for had better come first.
	err := rest.Each(ctx, len(productRoles), productRoles, func(ctx context.Context, i int, role string) (err error) {
		filter := search{ResourceIDs: []string{at.ari()}, RoleIDs: []string{"atlassian/" + role}}
		what := rest.Call{To: searchGroups, Args: []string{at.org, at.directory}, Body: filter}
		found[i], err = rest.ByCursor(ctx, s.client, what, orgPage, func(g directoryGroup) string { return g.ID })
		return err
	})
	out := make(map[string][]string)
	for i, list := range found {
		for _, g := range list {
			out[groupID(g.ID)] = append(out[groupID(g.ID)], productRoles[i])
		}
	}
	return out, err
}

// productOf reads what one group holds, here and elsewhere.
func (s *Site) productOf(ctx context.Context, at place, id string) (here, elsewhere []string, err error) {
	what := rest.Call{To: listGroupProduct, Args: []string{at.org, at.directory, id}}
	list, err := rest.ByCursor(ctx, s.client, what, orgPage, groupProduct.whole)
	for _, p := range list {
		if !at.here(p.ResourceID) || p.ResourceID == at.cloud && p.ResourceOwner != "" && !strings.Contains(p.ResourceOwner, "confluence") {
			elsewhere = append(elsewhere, at.elsewhere(p)...)
			continue
		}
		if p.Roles == nil {
			return nil, nil, rest.Fail(site.Invalid, what, errors.New("the answer lacks the roles on this site"))
		}
		for _, r := range p.Roles {
			here = append(here, bareRole(r))
		}
	}
	slices.Sort(elsewhere)
	return here, slices.Compact(elsewhere), err
}

// groupRoles is what a group holds.
type groupRoles struct {
	here, elsewhere []string
	hidden          string // why the roles elsewhere cannot be read
}

// orgSide reads the groups of the organisation with what they hold. A group of
// which the organisation counts more than was found here is asked by itself.
func (s *Site) orgSide(ctx context.Context, r *reading) error {
	var held map[string][]string
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) { r.fromOrg, err = s.orgGroups(ctx, r.at, search{}); return err },
		func(ctx context.Context) (err error) { held, err = s.groupHolders(ctx, r.at); return err },
	)
	if err != nil {
		return err
	}
	r.products = make(map[string]*groupRoles, len(held))
	for id, roles := range held {
		r.products[id] = &groupRoles{here: roles}
	}
	var ask []string
	for _, g := range r.fromOrg {
		if *g.Counts.Resources > min(1, len(held[g.ID])) {
			ask = append(ask, g.ID)
			if r.products[g.ID] == nil {
				r.products[g.ID] = &groupRoles{}
			}
		}
	}
	return rest.Each(ctx, s.client.InFlight(), ask, func(ctx context.Context, _ int, id string) error {
		here, elsewhere, err := s.productOf(ctx, r.at, id)
		if reason, hidden := rest.Unseen(err); hidden {
			r.products[id].hidden = reason
			return nil
		}
		r.products[id].here, r.products[id].elsewhere = here, elsewhere
		return err
	})
}

// join makes one list of the groups of both doors. What only one of them shows is
// unknown: a group that is new or going, or a list that lost a page.
func (r *reading) join() error {
	byID := make(map[string]int)
	for _, g := range r.fromOrg {
		byID[g.ID] = len(r.groups)
		r.groups = append(r.groups, group{directoryGroup: g, ref: access.NewRef("group", g.Name)})
	}
	doubt := func(g access.Ref, reason string) {
		r.unknown = append(r.unknown, access.Unknown{Object: g, Reason: reason})
	}
	for _, g := range r.fromSite {
		i, ok := byID[g.ID]
		if !ok {
			ref := access.NewRef("group", g.Name)
			doubt(ref, "Confluence lists the group and the organisation does not")
			i = len(r.groups)
			r.groups = append(r.groups, group{directoryGroup: directoryGroup{ID: g.ID, Name: g.Name}, ref: ref})
		}
		r.groups[i].usage, r.groups[i].siteManager = g.UsageType, g.ManagedBy
		byID[g.ID] = -1
	}
	names := make(map[access.Ref]bool)
	for i := range r.groups {
		g := &r.groups[i]
		if byID[g.ID] >= 0 {
			doubt(g.ref, "the organisation lists the group and Confluence does not")
		}
		if p := r.products[g.ID]; p != nil {
			g.product, g.elsewhere = p.here, p.elsewhere
			if p.hidden != "" {
				doubt(g.ref, "its roles on other products cannot be read: "+p.hidden)
			}
		}
		if names[g.ref] {
			return rest.Fail(site.Conflict, rest.Call{To: searchGroups}, fmt.Errorf("two groups are named %q", g.Name))
		}
		names[g.ref] = true
	}
	return nil
}
