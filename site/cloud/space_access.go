package cloud

import (
	"context"
	"fmt"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// spaceAccess is who holds what in one space, as the wire says it.
type spaceAccess struct {
	assignments []assignment
	rows        []permissionRow

	// Why the roles or the permissions cannot be read; empty if they were.
	noRoles, noPermissions string
}

// readAccess reads who holds what in the spaces. Each space is asked by itself:
// no interface reads several (evidence, Part C).
func (s *Site) readAccess(ctx context.Context, r *reading, spaces []space) error {
	for _, sp := range spaces {
		r.access[sp.ID] = &spaceAccess{}
	}
	// Roles and permissions are one list of questions, so that a site in
	// transition keeps all requests in flight busy up to its last space.
	type question struct {
		id    string
		roles bool
	}
	var ask []question
	for _, sp := range spaces {
		if r.mode != preRoles {
			ask = append(ask, question{sp.ID, true})
		}
		if r.mode != onlyRoles {
			ask = append(ask, question{sp.ID, false})
		}
	}
	return rest.Each(ctx, s.client.InFlight(), ask, func(ctx context.Context, _ int, q question) (err error) {
		a := r.access[q.id]
		if q.roles {
			a.assignments, err = s.assignments(ctx, q.id)
			if err == nil && len(a.assignments) == 0 && r.mode == onlyRoles {
				return s.reallyNobody(ctx, q.id, a)
			}
		} else {
			a.rows, err = s.permissionRows(ctx, q.id)
		}
		reason, hidden := rest.Unseen(err)
		switch {
		case !hidden:
			return err
		case q.roles:
			a.noRoles = "its role assignments cannot be read: " + reason
		default:
			a.noPermissions = "its permissions cannot be read: " + reason
		}
		return nil
	})
}

// reallyNobody asks another list about a space in which nobody is said to hold a
// role: what roles give shows there row by row (observed, evidence A7). A site
// that does not answer there tells nothing, and is believed.
func (s *Site) reallyNobody(ctx context.Context, id string, a *spaceAccess) error {
	rows, err := s.permissionRows(ctx, id)
	switch {
	case site.Is(err, site.Transient), site.Is(err, site.RateLimited):
		return err
	case len(rows) > 0:
		a.noRoles = "the list of its role assignments is empty, and that of its permissions is not"
	}
	return nil
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

// permissionRows reads the permissions of a space: a row a principal and
// operation. Rows that only show what a role gives are among them (observed,
// evidence A7).
func (s *Site) permissionRows(ctx context.Context, id string) ([]permissionRow, error) {
	what := rest.Call{To: listSpaceRows, Args: []string{id}}
	return rest.ByLink(ctx, s.client, what, sitePage, func(p permissionRow) string {
		if p.ID == "" || p.Principal.ID == "" || p.Operation.Key == "" || p.Operation.Target == "" {
			return ""
		}
		return p.ID + " " + p.Principal.Type + "/" + p.Principal.ID + " " + p.permission()
	})
}

// accessFacts says who holds what in a space. What cannot be named, or was
// hidden, makes its kind unknown for the space.
func (s *Site) accessFacts(object access.Ref, a *spaceAccess, mode string) (facts []access.Fact, unknown []access.Unknown) {
	doubt := func(kind access.Kind, reason string) {
		if reason != "" {
			unknown = append(unknown, access.Unknown{Kind: kind, Object: object, Reason: reason})
		}
	}
	noRoles, noPermissions := a.noRoles, a.noPermissions
	hold := make(map[access.Ref]bool) // principals that hold a role
	for _, as := range a.assignments {
		subject, ok := s.subject(as.Principal.Type, as.Principal.ID)
		role, known := s.known.ref("space_role", as.RoleID)
		if !ok || !known {
			noRoles = fmt.Sprintf("it has an assignment of a kind that weir does not know (%s %s)", as.Principal.Type, as.Principal.ID)
			continue
		}
		hold[subject] = true
		facts = append(facts, access.Fact{Kind: access.Role, Object: object, Subject: subject, Value: role.ID()})
	}
	doubt(access.Role, noRoles)
	if mode == onlyRoles {
		return facts, unknown
	}
	if noRoles != "" && noPermissions == "" {
		// Without the roles nobody knows which rows are only their expansions.
		noPermissions = "its role assignments are not all known, and so neither is what stands beside them"
	}
	if len(a.rows) == 0 && len(a.assignments) > 0 && noPermissions == "" {
		// What roles give shows there as well (observed, evidence A7).
		noPermissions = "the list of its permissions is empty, and that of its role assignments is not"
	}
	for _, p := range a.rows {
		subject, ok := s.subject(principalTypes[p.Principal.Type], p.Principal.ID)
		switch {
		case !ok && noPermissions == "":
			noPermissions = fmt.Sprintf("it has a permission of a kind of principal that weir does not know (%s %s)", p.Principal.Type, p.Principal.ID)
		case ok && !hold[subject] && noRoles == "":
			facts = append(facts, access.Fact{Kind: access.Permission, Object: object, Verb: p.permission(), Subject: subject})
		}
	}
	doubt(access.Permission, noPermissions)
	return facts, unknown
}

// withoutStrangers takes what accounts hold that no list of people shows, where
// people are known to be missing from it: who they are is unknown, and so what
// they hold is.
func (s *Site) withoutStrangers(facts []access.Fact, unknown []access.Unknown) ([]access.Fact, []access.Unknown) {
	var kept []access.Fact
	for _, f := range facts {
		if f.Subject.Type() == "account" {
			if _, listed := s.known.ref("person", f.Subject.ID()); !listed {
				unknown = append(unknown, access.Unknown{Kind: f.Kind, Object: f.Object, Reason: f.Subject.String() + " holds something there, and people are missing from the list of people"})
				continue
			}
		}
		kept = append(kept, f)
	}
	return kept, unknown
}

// principalTypes are the types of principals in lists of permissions, by those
// in lists of roles. user and group are published, access-class is observed
// (evidence A7).
var principalTypes = map[string]string{"user": "USER", "group": "GROUP", "access-class": "ACCESS_CLASS"}

// subject names a principal. It is false for a type that weir does not know.
func (s *Site) subject(typ, id string) (access.Ref, bool) {
	switch typ {
	case "USER":
		if r, ok := s.known.ref("person", id); ok {
			return r, true
		}
		return access.NewRef("account", id), true
	case "GROUP":
		// What no list of groups shows is a Team of its own, or left over from a
		// deleted group.
		if r, ok := s.known.ref("group", groupID(id)); ok {
			return r, true
		}
		return access.NewRef("team", groupID(id)), true
	case "ACCESS_CLASS":
		return classRef(id), true
	case "APP":
		return access.NewRef("app", id), true
	}
	return "", false
}
