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
	elsewhere          bool     // whether it holds a role on another site or product
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
	case g.elsewhere:
		return "other_product"
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
func (s *Site) siteGroups(ctx context.Context) ([]siteGroup, error) {
	return rest.ByOffset(ctx, s.client, rest.Call{To: listGroups}, rest.Offset{Limit: 200}, func(g siteGroup) string { return g.ID })
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
	}
	return list, nil
}

// holders reads which groups hold a product role on this site, by id: one
// search a role instead of one request a group.
func (s *Site) holders(ctx context.Context, at place, role string) ([]string, error) {
	filter := search{ResourceIDs: []string{at.ari()}, RoleIDs: []string{"atlassian/" + role}}
	what := rest.Call{To: searchGroups, Args: []string{at.org, at.directory}, Body: filter}
	list, err := rest.ByCursor(ctx, s.client, what, orgPage, func(g directoryGroup) string { return g.ID })
	var ids []string
	for _, g := range list {
		ids = append(ids, groupID(g.ID))
	}
	return ids, err
}

// productOf reads what one group holds, here and elsewhere.
func (s *Site) productOf(ctx context.Context, at place, id string) (here []string, elsewhere bool, err error) {
	what := rest.Call{To: listGroupProduct, Args: []string{at.org, at.directory, id}}
	list, err := rest.ByCursor(ctx, s.client, what, orgPage, func(p groupProduct) string { return p.ResourceID })
	for _, p := range list {
		switch {
		case !at.here(p.ResourceID):
			elsewhere = elsewhere || len(p.Roles) > 0
		default:
			for _, r := range p.Roles {
				here = append(here, bareRole(r))
			}
		}
	}
	return here, elsewhere, err
}

// groups reads all groups through both doors. What only one of them shows is
// unknown: a group that is new or going, or a list that lost a page.
func (s *Site) groups(ctx context.Context, at place) ([]group, []access.Unknown, error) {
	var (
		fromSite []siteGroup
		fromOrg  []directoryGroup
	)
	err := rest.Together(ctx,
		func(ctx context.Context) (err error) { fromSite, err = s.siteGroups(ctx); return err },
		func(ctx context.Context) (err error) { fromOrg, err = s.orgGroups(ctx, at, search{}); return err },
	)
	if err != nil {
		return nil, nil, err
	}
	var (
		out     []group
		unknown []access.Unknown
		byID    = make(map[string]int)
	)
	for _, g := range fromOrg {
		byID[g.ID] = len(out)
		out = append(out, group{directoryGroup: g, ref: access.NewRef("group", g.Name)})
	}
	for _, g := range fromSite {
		i, ok := byID[g.ID]
		if !ok {
			ref := access.NewRef("group", g.Name)
			unknown = append(unknown, access.Unknown{Object: ref, Reason: "Confluence lists the group and the organisation does not"})
			i = len(out)
			out = append(out, group{directoryGroup: directoryGroup{ID: g.ID, Name: g.Name}, ref: ref})
		}
		out[i].usage, out[i].siteManager = g.UsageType, g.ManagedBy
		byID[g.ID] = -1
	}
	for _, g := range fromOrg {
		if byID[g.ID] >= 0 {
			unknown = append(unknown, access.Unknown{Object: access.NewRef("group", g.Name), Reason: "the organisation lists the group and Confluence does not"})
		}
	}
	names := make(map[access.Ref]bool)
	for _, g := range out {
		if names[g.ref] {
			return nil, nil, rest.Fail(site.Conflict, rest.Call{To: searchGroups}, fmt.Errorf("two groups are named %q", g.Name))
		}
		names[g.ref] = true
	}
	more, err := s.productsOf(ctx, at, out)
	return out, append(unknown, more...), err
}

// productsOf fills in what groups hold, here and elsewhere. A group of which
// the organisation counts more than was found here is asked by itself.
func (s *Site) productsOf(ctx context.Context, at place, groups []group) ([]access.Unknown, error) {
	resources := func(g group) int {
		if g.Counts.Resources == nil {
			return 0 // the organisation does not list it: it is unknown as a whole
		}
		return *g.Counts.Resources
	}
	if !slices.ContainsFunc(groups, func(g group) bool { return resources(g) > 0 }) {
		return nil, nil
	}
	held := make([][]string, len(productRoles))
	err := rest.Each(ctx, s.client.InFlight(), productRoles, func(ctx context.Context, i int, role string) (err error) {
		held[i], err = s.holders(ctx, at, role)
		return err
	})
	if err != nil {
		return nil, err
	}
	byID := make(map[string][]string)
	for i, ids := range held {
		for _, id := range ids {
			byID[id] = append(byID[id], productRoles[i])
		}
	}
	var ask []int
	for i := range groups {
		g := &groups[i]
		g.product = byID[g.ID]
		if resources(*g) > min(1, len(g.product)) {
			ask = append(ask, i)
		}
	}
	unknown := make([]access.Unknown, len(ask))
	err = rest.Each(ctx, s.client.InFlight(), ask, func(ctx context.Context, n, i int) error {
		g := &groups[i]
		here, elsewhere, err := s.productOf(ctx, at, g.ID)
		if reason, hidden := rest.Unseen(err); hidden {
			unknown[n] = access.Unknown{Object: g.ref, Reason: "its roles on other products cannot be read: " + reason}
			return nil
		}
		g.product, g.elsewhere = here, elsewhere
		return err
	})
	return slices.DeleteFunc(unknown, func(u access.Unknown) bool { return u.Object == "" }), err
}
