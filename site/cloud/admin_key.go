package cloud

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// adminKey is a key with which weir's account looks past the restrictions of
// pages for a while (published; Premium and Enterprise). It is opened when it is
// first needed, and whoever opened it closes it. Reads go on at the same time, so
// it has a lock.
type adminKey struct {
	site *Site
	op   string

	mu     sync.Mutex
	opened bool
	err    error // of the attempt to open it, which is made once
}

// why adds to an error about something hidden why no key helped.
func (k *adminKey) why(err error) error {
	if k == nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var trouble *site.Error
	if k.err != nil && errors.As(err, &trouble) {
		return &site.Error{Kind: trouble.Kind, Op: trouble.Op, Err: fmt.Errorf("%w (and no admin key: %w)", trouble.Err, k.err)}
	}
	return err
}

// keyMinutes is how long a key lasts in case that it cannot be closed: long
// enough for one reading of restrictions, and what a key lasts unless somebody
// says otherwise (published).
const keyMinutes = 10

// closing bounds how long the end of a key may take when the work around it has
// been cancelled.
const closing = 30 * time.Second

// key gives a key that is not opened yet; nil unless the operator chose keys.
func (s *Site) key(op string) *adminKey {
	if s.restricted != keyRestricted {
		return nil
	}
	return &adminKey{site: s, op: op}
}

// open opens the key if it is not, and says whether there is one. That there can
// be none (the subscription has no keys, the account may have none, the site is
// only read) is no error: what is hidden stays hidden then.
func (k *adminKey) open(ctx context.Context) (bool, error) {
	if k == nil {
		return false, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.opened && k.err == nil {
		body := struct {
			Minutes int `json:"durationInMinutes"`
		}{keyMinutes}
		k.err = k.site.client.Write(ctx, rest.Call{To: openAdminKey, Op: k.op, Body: body}, nil)
		// Nobody knows what became of a lost request: it is closed all the same.
		k.opened = k.err == nil || site.Is(k.err, site.Transient)
		if k.opened {
			k.site.note("an admin key was opened: " + k.op)
		}
	}
	if site.Is(k.err, site.Transient) || site.Is(k.err, site.RateLimited) {
		return false, k.err
	}
	return k.err == nil, nil
}

// close closes the key if it was opened, also after the work was cancelled.
func (k *adminKey) close(ctx context.Context) error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.opened {
		return nil
	}
	k.opened = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	err := k.site.client.Write(ctx, rest.Call{To: closeAdminKey, Op: "close the admin key"}, nil)
	if err != nil {
		k.site.note("the admin key could not be closed and ends by itself: " + err.Error())
		return err
	}
	k.site.note("the admin key was closed")
	return nil
}

// withKey makes a call use the key.
func withKey(what rest.Call) rest.Call {
	what.Header = rest.Header{Name: "Atl-Confluence-With-Admin-Key", Value: "true"}
	return what
}
