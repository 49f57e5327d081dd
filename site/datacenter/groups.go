package datacenter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

func byName(g group) string { return g.Name }

// groups reads the groups. They have names and nothing else.
func (s *Site) groups(ctx context.Context) ([]group, error) {
	return rest.ByOffset(ctx, s.client, rest.Call{To: listGroups}, rest.Offset{Limit: groupPage, Overlap: true}, byName)
}

func groupFacts(g group) []access.Fact {
	out := []access.Fact{{Kind: access.Exists, Object: g.ref()}}
	if g.Name == superGroup {
		out = append(out, access.Fact{Kind: access.Managed, Object: g.ref(), Value: builtin})
	}
	return out
}

// belonging is who and what is in a group.
type belonging struct {
	members  []string // user keys; with or without those of the groups in it
	children []access.Ref
	hidden   string // why it cannot be read, if so
}

// belonging reads the members of groups, and the groups in them.
func (s *Site) belonging(ctx context.Context, groups []group) (map[access.Ref]belonging, error) {
	all := make([]belonging, len(groups))
	s.client.Announce(2 * len(groups))
	err := rest.Each(ctx, s.client.InFlight(), groups, func(ctx context.Context, i int, g group) error {
		b := &all[i]
		people, err := s.membersOf(ctx, g.Name)
		for _, u := range people {
			b.members = append(b.members, u.UserKey)
		}
		if err == nil {
			b.children, err = s.childrenOf(ctx, g.Name)
		}
		reason, hidden := rest.Unseen(err)
		if hidden {
			b.hidden = "its members cannot be read: " + reason
			return nil
		}
		return err
	})
	out := make(map[access.Ref]belonging, len(all))
	for i, b := range all {
		out[groups[i].ref()] = b
	}
	return out, err
}

func (s *Site) membersOf(ctx context.Context, name string) ([]user, error) {
	return rest.ByOffset(ctx, s.client, rest.Call{To: listMembers, Args: []string{name}}, rest.Offset{Limit: groupPage, Overlap: true}, byKey)
}

func (s *Site) childrenOf(ctx context.Context, name string) ([]access.Ref, error) {
	list, err := rest.ByOffset(ctx, s.client, rest.Call{To: listChildren, Args: []string{name}}, rest.Offset{Limit: groupPage, Overlap: true}, byName)
	var out []access.Ref
	for _, g := range list {
		out = append(out, s.known.group(g.Name))
	}
	return out, err
}

// below gives a group and all that are in it, all the way down.
func (r *reading) below(g access.Ref) []access.Ref {
	out := []access.Ref{g}
	for i := 0; i < len(out); i++ {
		for _, child := range r.in[out[i]].children {
			if !slices.Contains(out, child) {
				out = append(out, child)
			}
		}
	}
	return out
}

// effective gives the user keys of those who are in a group, directly or
// through the groups in it. Whether the list of members holds the latter is
// unknown (evidence B1), so they are gathered in any case.
func (r *reading) effective(g access.Ref) map[string]bool {
	out := make(map[string]bool)
	for _, one := range r.below(g) {
		for _, key := range r.in[one].members {
			out[key] = true
		}
	}
	return out
}

// above gives the groups that each group is in, all the way up.
func (r *reading) above() map[access.Ref][]access.Ref {
	out := make(map[access.Ref][]access.Ref)
	for g, b := range r.in {
		if len(b.children) == 0 {
			continue
		}
		for _, child := range r.below(g)[1:] {
			out[child] = append(out[child], g)
		}
	}
	return out
}

// members gives the memberships. Of a group with groups in it nobody can tell
// who is in it directly, so that its list is unknown, and all who are in it are
// facts nevertheless: they have what it has.
func (r *reading) members(h held) ([]access.Fact, []access.Unknown, error) {
	var facts []access.Fact
	var unknown []access.Unknown
	for g, b := range r.in {
		switch {
		case b.hidden != "" && h.uses[g]:
			return nil, nil, rest.Fail(site.Forbidden, rest.Call{To: listMembers}, fmt.Errorf("%s lets people in, and %s", g, b.hidden))
		case b.hidden != "":
			unknown = append(unknown, access.Unknown{Kind: access.Member, Object: g, Reason: b.hidden})
		case len(b.children) > 0:
			var names []string
			for _, c := range b.children {
				names = append(names, c.ID())
			}
			unknown = append(unknown, access.Unknown{Kind: access.Member, Object: g,
				Reason: "groups are in it (" + strings.Join(names, ", ") + "), and who is in it directly no interface tells"})
		}
		for key := range r.effective(g) {
			ref, ok := r.refs[key]
			if !ok {
				return nil, nil, rest.Fail(site.Invalid, rest.Call{To: listUsers}, fmt.Errorf("the list of people lacks user key %s, which %s shows", key, g))
			}
			facts = append(facts, access.Fact{Kind: access.Member, Object: g, Subject: ref})
		}
	}
	return facts, unknown, nil
}
