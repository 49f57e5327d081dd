package datacenter

import (
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

// spacePage is how many spaces are asked for at once: what the site makes of it
// is its own "fixed system limit" (published).
const spacePage = 100

// spaces reads the spaces that weir's account can see. What the list shows
// without being asked is not documented, so each type and status is asked for.
func (s *Site) spaces(ctx context.Context) ([]space, error) { return s.spacesWhere(ctx, nil) }

// spacesWhere reads the spaces that weir's account can see and that a filter lets
// through. When a personal space was made stands beside who made it (published:
// creationDate; that it comes with the creator is supposed).
func (s *Site) spacesWhere(ctx context.Context, filter url.Values) ([]space, error) {
	var found []space
	seen := make(map[opaque]bool)
	for _, kind := range []string{"global", "personal"} {
		for _, status := range []string{"current", "archived"} {
			what := rest.Call{To: listSpaces, Query: rest.With(filter, "type", kind, "status", status)}
			if kind == "personal" {
				what.Query = rest.With(what.Query, "expand", "creator")
			}
			list, err := rest.ByOffset(ctx, s.client, what, rest.Offset{Limit: spacePage, Overlap: true}, func(sp space) string { return string(sp.ID) })
			if err != nil {
				return nil, err
			}
			for _, sp := range list {
				err := sp.Check()
				if err == nil && (sp.Type == "" || sp.Status == "") {
					err = errors.New("the answer lacks a space's type or status")
				}
				if err != nil {
					return nil, rest.Fail(site.Invalid, what, err)
				}
				// A filter that is not heeded shows a space more than once.
				if !seen[sp.ID] {
					seen[sp.ID] = true
					found = append(found, sp)
				}
			}
		}
	}
	return found, nil
}

func (sp space) ref() access.Ref { return access.NewRef("space", sp.Key) }

func (sp space) personal() bool { return strings.EqualFold(sp.Type, "personal") }

func (sp space) archived() bool { return strings.EqualFold(sp.Status, "archived") }

// spaceFacts say what a space's entry tells. The owner of a personal space is in
// its key: ~ and the user name (published for its creation), or ~ and the user
// key, as spaces of people who were renamed have it (inferred).
func (s *Site) spaceFacts(sp space) []access.Fact {
	out := []access.Fact{
		{Kind: access.Exists, Object: sp.ref()},
		{Kind: access.Name, Object: sp.ref(), Value: sp.Name},
	}
	if sp.archived() {
		out = append(out, access.Fact{Kind: access.Status, Object: sp.ref(), Value: "archived"})
	}
	name, tilde := strings.CutPrefix(sp.Key, "~")
	if tilde && name != "" && sp.personal() {
		owner, ok := s.known.person(name)
		if !ok {
			owner = s.names.ref(name)
		}
		out = append(out, access.Fact{Kind: access.Personal, Object: sp.ref(), Subject: owner})
	}
	return out
}

// lookUpSpace finds one space; ok is false where it is not there or hidden,
// which nobody can tell apart.
func (s *Site) lookUpSpace(ctx context.Context, key string) (sp space, ok bool, err error) {
	what := rest.Call{To: oneSpace, Args: []string{key}, Query: url.Values{"expand": {"description.plain"}}}
	err = s.client.Read(ctx, what, &sp)
	if site.Is(err, site.NotFound) {
		return space{}, false, nil
	}
	return sp, err == nil, err
}

func (s *Site) permissions(ctx context.Context, key string) (rows, error) {
	var list rows
	err := s.client.Read(ctx, rest.Call{To: listPermissions, Args: []string{key}}, &list)
	return list, err
}

// permissionFacts reads the permissions of spaces. Those of a space that hides
// them, or that shows whom weir cannot name, are unknown.
func (s *Site) permissionFacts(ctx context.Context, spaces []space) ([]access.Fact, []access.Unknown, error) {
	s.client.Announce(len(spaces))
	facts := make([][]access.Fact, len(spaces))
	unknown := make([]access.Unknown, len(spaces))
	err := rest.Each(ctx, s.client.InFlight(), spaces, func(ctx context.Context, i int, sp space) error {
		list, err := s.permissions(ctx, sp.Key)
		if reason, hidden := rest.Unseen(err); hidden {
			unknown[i] = access.Unknown{Kind: access.Permission, Object: sp.ref(), Reason: "its permissions cannot be read: " + reason}
			return nil
		}
		for _, one := range list {
			who, ok := s.subjectRef(one.Subject)
			if !ok {
				unknown[i] = access.Unknown{Kind: access.Permission, Object: sp.ref(),
					Reason: fmt.Sprintf("somebody has a permission there whom the site does not name (%s)", one.Subject.DisplayName)}
				continue
			}
			facts[i] = append(facts[i], access.Fact{Kind: access.Permission, Object: sp.ref(), Verb: spaceID(one.Operation), Subject: who})
		}
		return err
	})
	return slices.Concat(facts...), slices.DeleteFunc(unknown, func(u access.Unknown) bool { return u.Object == "" }), err
}
