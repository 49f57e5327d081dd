package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	batches := [][]string{nil}
	if keys != nil {
		batches = slices.Collect(slices.Chunk(keys, sitePage))
	}
	var filters []url.Values
	for _, batch := range batches {
		query := url.Values{}
		if batch != nil {
			query.Set("keys", strings.Join(batch, ","))
		}
		filters = append(filters, query)
	}
	return s.spacesWhere(ctx, filters)
}

// spacesWhere reads the spaces that weir's account can see and that a filter lets
// through, the archived ones too.
func (s *Site) spacesWhere(ctx context.Context, filters []url.Values) ([]space, error) {
	var queries []url.Values
	for _, query := range filters {
		queries = append(queries, query, rest.With(query, "status", "archived"))
	}
	lists := make([][]space, len(queries))
	err := rest.Each(ctx, s.client.InFlight(), queries, func(ctx context.Context, i int, query url.Values) (err error) {
		lists[i], err = rest.ByLink(ctx, s.client, rest.Call{To: listSpaces, Query: query}, sitePage, func(sp space) string { return sp.ID })
		return err
	})
	if err != nil {
		return nil, err
	}
	var found []space
	seen := make(map[string]bool)
	for _, sp := range slices.Concat(lists...) {
		if !seen[sp.ID] && sp.state() != "trashed" {
			seen[sp.ID] = true
			found = append(found, sp)
		}
	}
	for _, sp := range found {
		if sp.Key == "" || sp.Name == "" || sp.Status == "" || sp.Type == "" {
			return nil, rest.Fail(site.Invalid, rest.Call{To: listSpaces}, fmt.Errorf("space %s has no key, name, status or type", sp.ID))
		}
	}
	return found, nil
}

func (sp space) state() string   { return strings.ToLower(sp.Status) }
func (sp space) ref() access.Ref { return access.NewRef("space", sp.Key) }
func (sp space) personal() bool  { return word(sp.Type) == "personal" }

// facts are what a space's entry tells. people names account ids.
func (sp space) facts(people map[string]access.Ref) (out []access.Fact, unknown []access.Unknown) {
	out = []access.Fact{
		{Kind: access.Exists, Object: sp.ref()},
		{Kind: access.Name, Object: sp.ref(), Value: sp.Name},
	}
	if sp.state() == "archived" {
		out = append(out, access.Fact{Kind: access.Status, Object: sp.ref(), Value: "archived"})
	}
	if sp.personal() {
		// The owner is published since August 2026; before, the author of a
		// personal space was the one to go by (evidence A6).
		owner := cmp.Or(sp.OwnerID, sp.AuthorID)
		if owner == "" {
			unknown = append(unknown, access.Unknown{Kind: access.Personal, Object: sp.ref(), Reason: "the site does not say whose personal space it is"})
			return out, unknown
		}
		person := cmp.Or(people[owner], access.NewRef("account", owner))
		out = append(out, access.Fact{Kind: access.Personal, Object: sp.ref(), Subject: person})
	}
	return out, unknown
}

// spaceRoles reads the roles with what they grant. The built-in ones cannot be
// taken away (evidence A8): whoever is shown none may not see them.
func (s *Site) spaceRoles(ctx context.Context) ([]spaceRole, error) {
	what := rest.Call{To: listSpaceRoles}
	roles, err := rest.ByLink(ctx, s.client, what, sitePage, func(r spaceRole) string { return r.ID })
	if err != nil {
		return nil, err
	}
	if len(roles) == 0 {
		return nil, rest.Fail(site.Forbidden, what, errors.New("the list is empty, and the built-in roles are always there"))
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
