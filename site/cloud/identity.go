package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// identify asks the site who weir is there. A wrong or expired token may be
// answered as an anonymous caller, with 200 and empty lists; and a list read
// as somebody else is another list. So the account is asked before and after
// every observation, and once known it stays the same for good. So are its rights
// on the site: who loses them in the middle is shown less from then on, and
// nothing else says so (evidence A5: inferred, that operations show them).
func (s *Site) identify(ctx context.Context) (self, error) {
	what := rest.Call{To: currentUser, Query: url.Values{"expand": {"operations"}}}
	var me self
	if err := s.client.Read(ctx, what, &me); err != nil {
		return self{}, err
	}
	if me.AccountID == "" || me.Type == "anonymous" || me.Type == "unknown" {
		return self{}, rest.Fail(site.Forbidden, what, errors.New("the site takes weir for nobody: the token is wrong, expired or revoked"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.account != "" && s.account != me.AccountID {
		return self{}, rest.Fail(site.Forbidden, what, fmt.Errorf("the token belongs to account %s, not to %s", me.AccountID, s.account))
	}
	s.account = me.AccountID
	return me, nil
}

// stillItself asks again who weir is, and whether it may still do what it might
// when it read the site.
func (s *Site) stillItself(ctx context.Context, before self) error {
	now, err := s.identify(ctx)
	if err != nil {
		return err
	}
	may := now.may()
	for _, right := range before.may() {
		if !slices.Contains(may, right) {
			return rest.Fail(site.Forbidden, rest.Call{To: currentUser}, fmt.Errorf("the account has lost a right since the reading began: %s", right))
		}
	}
	return nil
}

// locate finds the site's place in the organisation. What the configuration
// gives is taken, but the cloud id is always checked against the site.
func (s *Site) locate(ctx context.Context) (place, error) {
	s.mu.Lock()
	at, looked := s.place, s.looked
	s.mu.Unlock()
	if looked {
		return at, nil
	}
	var facts systemFacts
	err := rest.Together(ctx,
		func(ctx context.Context) error { return s.client.Read(ctx, rest.Call{To: systemInfo}, &facts) },
		func(ctx context.Context) (err error) { at.org, err = s.findOrg(ctx, at); return err },
	)
	if err != nil {
		return place{}, err
	}
	if at.cloud != "" && at.cloud != facts.CloudID {
		return place{}, rest.Fail(site.Conflict, rest.Call{To: systemInfo}, fmt.Errorf("the site is %s, not %s", facts.CloudID, at.cloud))
	}
	at.cloud, at.edition = facts.CloudID, word(facts.Edition)
	dir, sites := at.directory, []workspace(nil)
	err = rest.Together(ctx,
		func(ctx context.Context) (err error) { dir, err = s.findDirectory(ctx, at); return err },
		func(ctx context.Context) (err error) { sites, err = s.belongs(ctx, at); return err },
	)
	if err != nil {
		return place{}, err
	}
	at.directory, at.sites = dir, sites
	s.mu.Lock()
	defer s.mu.Unlock()
	s.place = at
	return at, nil
}

// findOrg gives the organisation: the given one, or the only one there is.
func (s *Site) findOrg(ctx context.Context, at place) (string, error) {
	if at.org != "" {
		return at.org, nil
	}
	what := rest.Call{To: listOrgs}
	orgs, err := rest.ByCursor(ctx, s.client, what, 0, func(o org) string { return o.ID })
	if err != nil {
		return "", err
	}
	if len(orgs) != 1 {
		return "", rest.Fail(site.Conflict, what, fmt.Errorf("the key sees %d organisations: say which one is meant", len(orgs)))
	}
	return orgs[0].ID, nil
}

// findDirectory gives the directory: the given one, or the only one there is.
func (s *Site) findDirectory(ctx context.Context, at place) (string, error) {
	if at.directory != "" {
		return at.directory, nil
	}
	what := rest.Call{To: listDirectories, Args: []string{at.org}}
	dirs, err := rest.ByCursor(ctx, s.client, what, 100, func(d directory) string { return d.ID })
	if err != nil {
		return "", err
	}
	if len(dirs) != 1 {
		return "", rest.Fail(site.Conflict, what, fmt.Errorf("the organisation has %d directories: say which one is meant", len(dirs)))
	}
	return dirs[0].ID, nil
}

// belongs makes sure that the site is one of the organisation's, of which it
// gives all: people of one organisation and spaces of another make no sense
// together.
func (s *Site) belongs(ctx context.Context, at place) ([]workspace, error) {
	what := rest.Call{To: searchWorkspaces, Args: []string{at.org}, Body: search{}}
	sites, err := rest.ByCursor(ctx, s.client, what, 100, func(w workspace) string { return w.ID })
	if err != nil {
		return nil, err
	}
	found := 0
	for _, w := range sites {
		kind := strings.ToLower(w.Attributes.TypeKey + " " + w.Attributes.Type + " " + w.ID)
		if strings.Contains(kind, "confluence") && (at.here(w.ID) || strings.HasSuffix(w.ID, "/"+at.cloud)) {
			found++
		}
	}
	if found != 1 {
		return nil, rest.Fail(site.Conflict, what, fmt.Errorf("the organisation has %d Confluence sites with the cloud id %s", found, at.cloud))
	}
	return sites, nil
}
