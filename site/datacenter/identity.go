package datacenter

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// identify asks the site who weir is there. A wrong or expired token may be
// answered as an anonymous caller, with 200 and lists of what the public sees;
// and a list read as somebody else is another list. So the account is asked
// before and after every observation, and once known it stays the same for good.
func (s *Site) identify(ctx context.Context) (user, error) {
	what := rest.Call{To: currentUser}
	var me user
	if err := s.client.Read(ctx, what, &me); err != nil {
		return user{}, err
	}
	if me.UserKey == "" || me.Username == "" || me.Type == "anonymous" || me.Type == "unknown" {
		return user{}, rest.Fail(site.Forbidden, what, errors.New("the site takes weir for nobody: the credentials are wrong, expired or revoked"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.account != "" && s.account != me.UserKey {
		return user{}, rest.Fail(site.Forbidden, what, fmt.Errorf("the credentials belong to user key %s, not to %s", me.UserKey, s.account))
	}
	s.account = me.UserKey
	return me, nil
}

// askMode asks whether the site can be written to, and remembers it. A site that
// does not say so in JSON is taken for one that can: a write that it refuses
// changes nothing.
func (s *Site) askMode(ctx context.Context) (frozen bool, err error) {
	var m mode
	err = s.client.Read(ctx, rest.Call{To: accessMode}, &m)
	if _, hidden := rest.Unseen(err); hidden || site.Is(err, site.Invalid) {
		err = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = err == nil && m == "READ_ONLY"
	return s.frozen, err
}

// errFrozen says that nothing can be written for now.
var errFrozen = errors.New("the site is in read-only mode, so nothing was changed (an administrator ends it under Administration > Maintenance)")
