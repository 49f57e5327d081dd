package cloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// sitePage is the largest page of v2.
const sitePage = 250

// classes are the access classes of Confluence (documented), in weir's words.
// Any other keeps the id that the site gives it.
var classes = map[string]access.Ref{
	"anonymous-users":     access.Anonymous,
	"authenticated-users": access.Authenticated,
	"all-licensed-users":  access.Everyone,
	"all-product-admins":  access.ProductAdmins,
	"jsm-project-admins":  access.JSMAdmins,
}

func classRef(id string) access.Ref {
	if r, ok := classes[id]; ok {
		return r
	}
	return access.NewRef("class", id)
}

// classID is the inverse of classRef.
func classID(r access.Ref) string {
	for id, known := range classes {
		if known == r {
			return id
		}
	}
	return r.ID()
}

// spaces reads the spaces that weir's account can see: all, or those with the
// keys. Whether the list shows archived ones without being asked is not
// documented, so they are asked for as well.
func (s *Site) spaces(ctx context.Context, keys []string) ([]space, error) {
	var found []space
	seen := make(map[string]bool)
	read := func(query url.Values) error {
		list, err := rest.ByLink(ctx, s.client, rest.Call{To: listSpaces, Query: query}, sitePage, func(sp space) string { return sp.ID })
		for _, sp := range list {
			if !seen[sp.ID] && sp.state() != "trashed" {
				seen[sp.ID] = true
				found = append(found, sp)
			}
		}
		return err
	}
	batches := [][]string{nil}
	if keys != nil {
		batches = slices.Collect(slices.Chunk(keys, sitePage))
	}
	for _, batch := range batches {
		query := url.Values{}
		if batch != nil {
			query.Set("keys", strings.Join(batch, ","))
		}
		for _, q := range []url.Values{query, rest.With(query, "status", "archived")} {
			if err := read(q); err != nil {
				return nil, err
			}
		}
	}
	for _, sp := range found {
		if sp.Key == "" || sp.Name == "" {
			return nil, rest.Fail(site.Invalid, rest.Call{To: listSpaces}, fmt.Errorf("space %s has no key or no name", sp.ID))
		}
	}
	return found, nil
}

func (sp space) state() string   { return strings.ToLower(sp.Status) }
func (sp space) ref() access.Ref { return access.NewRef("space", sp.Key) }

func (sp space) facts() []access.Fact {
	out := []access.Fact{
		{Kind: access.Exists, Object: sp.ref()},
		{Kind: access.Name, Object: sp.ref(), Value: sp.Name},
	}
	if sp.state() == "archived" {
		out = append(out, access.Fact{Kind: access.Status, Object: sp.ref(), Value: "archived"})
	}
	return out
}

// spaceRoles reads the roles with what they grant.
func (s *Site) spaceRoles(ctx context.Context) ([]spaceRole, error) {
	what := rest.Call{To: listSpaceRoles}
	roles, err := rest.ByLink(ctx, s.client, what, sitePage, func(r spaceRole) string { return r.ID })
	if err != nil {
		return nil, err
	}
	names := make(map[access.Ref]bool)
	for _, r := range roles {
		if r.Permissions == nil || r.Name == "" {
			return nil, rest.Fail(site.Invalid, what, errors.New("a role lacks its name or its permissions"))
		}
		if names[r.ref()] {
			return nil, rest.Fail(site.Conflict, what, fmt.Errorf("two space roles are named %q", r.Name))
		}
		names[r.ref()] = true
	}
	return roles, nil
}

// spacePermissions reads the catalogue of permissions, with their labels.
func (s *Site) spacePermissions(ctx context.Context) (map[string]string, error) {
	list, err := rest.ByLink(ctx, s.client, rest.Call{To: listPermissions}, sitePage, func(p spacePermission) string { return p.ID })
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(list))
	for _, p := range list {
		out[p.ID] = p.Label
	}
	return out, nil
}

// ref names a role. Its id differs from site to site; a fixed role is known
// by its name in lower case, a custom one by its name.
func (r spaceRole) ref() access.Ref {
	if r.Type == "SYSTEM" {
		return access.NewRef("space_role", strings.ToLower(r.Name))
	}
	return access.NewRef("space_role", r.Name)
}

func (r spaceRole) facts() []access.Fact {
	out := []access.Fact{{Kind: access.Exists, Object: r.ref()}}
	for _, p := range *r.Permissions {
		out = append(out, access.Fact{Kind: access.Grants, Object: r.ref(), Verb: p})
	}
	return out
}

// assignments reads who holds which role in a space.
func (s *Site) assignments(ctx context.Context, id string) ([]assignment, error) {
	what := rest.Call{To: listAssignments, Args: []string{id}}
	return rest.ByLink(ctx, s.client, what, sitePage, func(a assignment) string {
		if a.Principal.ID == "" || a.RoleID == "" {
			return ""
		}
		return a.Principal.Type + "/" + a.Principal.ID
	})
}

// roleFact says an assignment as a fact. It is false where the principal or
// the role cannot be named.
func (s *Site) roleFact(object access.Ref, a assignment) (access.Fact, bool) {
	role, ok := s.known.ref("space_role", a.RoleID)
	if !ok {
		return access.Fact{}, false
	}
	f := access.Fact{Kind: access.Role, Object: object, Value: role.ID()}
	switch a.Principal.Type {
	case "USER":
		if f.Subject, ok = s.known.ref("person", a.Principal.ID); !ok {
			f.Subject = access.NewRef("account", a.Principal.ID)
		}
	case "GROUP":
		// What no list of groups shows is a Team of its own, or left over from a
		// deleted group.
		if f.Subject, ok = s.known.ref("group", groupID(a.Principal.ID)); !ok {
			f.Subject = access.NewRef("team", groupID(a.Principal.ID))
		}
	case "ACCESS_CLASS":
		f.Subject = classRef(a.Principal.ID)
	case "APP":
		f.Subject = access.NewRef("app", a.Principal.ID)
	default:
		return access.Fact{}, false
	}
	return f, true
}

// roleFacts reads the assignments of the spaces. Those of a space that hides
// them, or that shows what cannot be named, are unknown.
func (s *Site) roleFacts(ctx context.Context, spaces map[access.Ref]string) ([]access.Fact, []access.Unknown, error) {
	refs := slices.Sorted(maps.Keys(spaces))
	facts := make([][]access.Fact, len(refs))
	unknown := make([]access.Unknown, len(refs))
	err := rest.Each(ctx, s.client.InFlight(), refs, func(ctx context.Context, i int, r access.Ref) error {
		list, err := s.assignments(ctx, spaces[r])
		if reason, hidden := rest.Unseen(err); hidden {
			unknown[i] = access.Unknown{Kind: access.Role, Object: r, Reason: "its role assignments cannot be read: " + reason}
			return nil
		}
		for _, a := range list {
			f, ok := s.roleFact(r, a)
			if !ok {
				unknown[i] = access.Unknown{Kind: access.Role, Object: r, Reason: fmt.Sprintf("it has an assignment of a kind that weir does not know (%s %s)", a.Principal.Type, a.Principal.ID)}
				continue
			}
			facts[i] = append(facts[i], f)
		}
		return err
	})
	return slices.Concat(facts...), slices.DeleteFunc(unknown, func(u access.Unknown) bool { return u.Object == "" }), err
}
