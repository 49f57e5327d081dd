package cloud

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// The modes of a site (evidence A1): access to spaces is said in permissions
// alone, by a role or permissions for each principal, or in roles alone.
const (
	preRoles   = "PRE_ROLES"
	transition = "ROLES_TRANSITION"
	onlyRoles  = "ROLES"
)

// sayings are the modes in the words of package site.
var sayings = map[string]string{preRoles: site.ByPermissions, transition: site.ByEither, onlyRoles: site.ByRoles}

// roleMode reads the site's mode. A site in a mode that weir does not know is
// refused: half of its access would be taken for the whole.
func (s *Site) roleMode(ctx context.Context) (string, error) {
	what := rest.Call{To: roleMode}
	var m mode
	if err := s.client.Read(ctx, what, &m); err != nil {
		return "", err
	}
	if sayings[m.Mode] == "" {
		return "", rest.Fail(site.Unsupported, what, fmt.Errorf("the site is in mode %s, and weir knows %s, %s and %s only", m.Mode, preRoles, transition, onlyRoles))
	}
	return m.Mode, nil
}

// latestMode is the mode that the latest observation saw.
func (s *Site) latestMode() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mode
}

// catalogue reads the space roles and the permissions that there are. Where
// there are no roles, neither has an interface (evidence A1).
func (s *Site) catalogue(ctx context.Context, r *reading) error {
	if r.mode == preRoles {
		return nil
	}
	return rest.Together(ctx,
		func(ctx context.Context) (err error) { r.roles, err = s.spaceRoles(ctx); return err },
		func(ctx context.Context) (err error) { r.permissions, err = s.spacePermissions(ctx); return err },
	)
}

// documentedPermissions are those that can be written on a site without roles,
// which has no catalogue (evidence A7, "Documented pairs").
var documentedPermissions = []string{
	"administer/space", "archive/page", "create/attachment", "create/blogpost", "create/comment", "create/page",
	"delete/attachment", "delete/blogpost", "delete/comment", "delete/page", "delete/space",
	"export/space", "read/space", "restrict_content/space",
}

// traits are what the site can hold and do. Its edition is what the operator
// says it is, or else what the site says (evidence A1).
func (s *Site) traits(r *reading) site.Traits {
	t := site.Traits{
		Product: "Confluence Cloud",
		Edition: cmp.Or(s.plan, r.at.edition),
		Mode:    sayings[r.mode],
		States:  []string{suspended, deactivated, removed},
		Invites: true,
		Guests:  true,
		Classes: []access.Ref{access.Everyone, access.Authenticated, access.Anonymous, access.ProductAdmins, access.JSMAdmins},
	}
	if r.mode == preRoles {
		// Legacy permissions are given to users, groups and anonymous people only
		// (evidence A7).
		t.Classes, t.Permissions = []access.Ref{access.Anonymous}, documentedPermissions
	}
	return t
}

// Edition is the site's subscription in its own word, such as "free"; empty
// before the site was located, or where it does not say. The operator's word
// ([Config.Plan]) goes before it in an observation.
func (s *Site) Edition() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.place.edition
}

// word is a word of the wire in weir's spelling.
func word(text string) string { return strings.ToLower(strings.TrimSpace(text)) }
