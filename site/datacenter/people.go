package datacenter

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// The largest pages of people, of groups and of members are those published as
// the default; larger ones "may be restricted by fixed system limits".
const (
	userPage  = 100
	groupPage = 200
)

// The states that shut a person out, as values of a state fact. Data Center
// knows no suspension: an account is enabled, disabled or not there.
const (
	suspended   = "suspended"
	deactivated = "deactivated"
	removed     = driver.Removed
)

func byKey(u user) string { return u.UserKey }

// withStatus asks for whether an account is enabled.
var withStatus = url.Values{"expand": {"status"}}

// people reads everybody who is registered, enabled or not (published).
func (s *Site) people(ctx context.Context) ([]user, error) {
	what := rest.Call{To: listUsers, Query: withStatus}
	list, err := rest.ByOffset(ctx, s.client, what, rest.Offset{Limit: userPage, Overlap: true}, byKey)
	if err != nil {
		return nil, err
	}
	for _, u := range list {
		if u.Username == "" || u.Status == "" {
			return nil, rest.Fail(site.Invalid, what, errors.New("the answer lacks a user name, or the status that was asked for"))
		}
	}
	return list, nil
}

// name gives everybody a reference.
func (r *reading) name(names naming, me user) error {
	taken := make(map[access.Ref]bool)
	for _, p := range r.people {
		ref := names.ref(p.Username)
		if taken[ref] {
			return rest.Fail(site.Conflict, rest.Call{To: listUsers}, fmt.Errorf("two accounts have the user name %q", p.Username))
		}
		taken[ref] = true
		r.refs[p.UserKey] = ref
	}
	if ref, ok := r.refs[me.UserKey]; ok && ref != r.own {
		return rest.Fail(site.Conflict, rest.Call{To: listUsers}, fmt.Errorf("the list of people calls weir's own account %s, and the site calls it %s", ref, r.own))
	}
	return nil
}

// peopleFacts say who may enter, and who is shut out. A person may enter who is
// enabled and has the permission to use Confluence, directly or through a group
// or the groups that it is in.
func (r *reading) peopleFacts(h held) ([]access.Fact, []access.Unknown) {
	var facts []access.Fact
	var unknown []access.Unknown
	let := r.letIn(h)
	for _, p := range r.people {
		ref := r.refs[p.UserKey]
		switch disabled, ok := p.disabled(); {
		case !ok:
			reason := fmt.Sprintf("the site says that the account is %q, which weir does not know", p.Status)
			unknown = append(unknown, access.Unknown{Kind: access.Exists, Object: ref, Reason: reason}, access.Unknown{Kind: access.State, Object: ref, Reason: reason})
		case disabled:
			facts = append(facts, access.Fact{Kind: access.State, Object: ref, Value: deactivated})
		case let[p.UserKey]:
			facts = append(facts, access.Fact{Kind: access.Exists, Object: ref})
		case h.active[p.UserKey]:
			unknown = append(unknown, access.Unknown{Kind: access.Exists, Object: ref, Reason: "the person counts for the licence, and no group that lets people in shows them"})
		case h.blind:
			unknown = append(unknown, access.Unknown{Kind: access.Exists, Object: ref, Reason: "somebody whom the site does not name may use Confluence"})
		}
	}
	return facts, unknown
}

// letIn gives the user keys of those whom something lets in.
func (r *reading) letIn(h held) map[string]bool {
	if !h.there {
		return h.active
	}
	out := make(map[string]bool)
	for key, ref := range r.refs {
		out[key] = h.uses[ref]
	}
	for g := range r.in {
		if h.uses[g] {
			for key := range r.effective(g) {
				out[key] = true
			}
		}
	}
	return out
}

// everyDoor makes sure that the groups which let people in are listed: whoever is
// in one that is not would be taken for shut out. A permission may be left over
// from a group that is gone, so each is asked for. Where one is listed and empty,
// those who count for the licence are read, too: some may be in it.
func (s *Site) everyDoor(ctx context.Context, r *reading, h *held) error {
	for g := range h.uses {
		if g.Type() != "group" || !h.uses[g] {
			continue
		}
		if in, listed := r.in[g]; listed {
			if len(in.members)+len(in.children) == 0 && h.active == nil {
				var err error
				if h.active, err = s.licensed(ctx); err != nil {
					return err
				}
			}
			continue
		}
		what := rest.Call{To: oneGroup, Args: []string{g.ID()}}
		err := s.client.Read(ctx, what, new(group))
		if err == nil {
			err = rest.Fail(site.Invalid, rest.Call{To: listGroups}, fmt.Errorf("the list of groups lacks %s, which lets people in", g))
		}
		if !site.Is(err, site.NotFound) {
			return err
		}
	}
	return nil
}

// lookUp finds one person; ok is false where nobody has the user name.
func (s *Site) lookUp(ctx context.Context, r access.Ref) (u user, ok bool, err error) {
	name, named := s.names.name(r)
	if !named {
		return user{}, false, nil
	}
	what := rest.Call{To: oneUser, Query: rest.With(withStatus, "username", name)}
	if err = s.client.Read(ctx, what, &u); site.Is(err, site.NotFound) {
		return user{}, false, nil
	}
	if err == nil && (u.UserKey == "" || u.Username == "" || u.Status == "") {
		err = rest.Fail(site.Invalid, what, errors.New("the answer lacks the user name, the key or the status that was asked for"))
	}
	if err == nil && s.names.ref(u.Username) != r {
		err = rest.Fail(site.Invalid, what, fmt.Errorf("asked for %s it answers with %s", r, s.names.ref(u.Username)))
	}
	if err != nil {
		return user{}, false, err
	}
	s.known.learn(r, u.UserKey)
	return u, true, nil
}

// groupsOf reads the groups that a person is in, those included that they are
// in through another.
func (s *Site) groupsOf(ctx context.Context, key string) ([]access.Ref, error) {
	what := rest.Call{To: memberOf, Query: url.Values{"key": {key}}}
	list, err := rest.ByOffset(ctx, s.client, what, rest.Offset{Limit: groupPage, Overlap: true}, func(g group) string { return g.Name })
	if err != nil {
		return nil, err
	}
	var out []access.Ref
	seen := make(map[access.Ref]bool)
	for _, g := range list {
		for _, r := range s.known.family(s.known.group(g.Name)) {
			if !seen[r] {
				seen[r] = true
				out = append(out, r)
			}
		}
	}
	return out, nil
}
