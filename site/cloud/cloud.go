// Package cloud is the driver for Confluence Cloud: it reads a site through
// the v1, v2 and organisation interfaces of Atlassian, and writes to it one
// step at a time.
//
//	s, err := cloud.New(cloud.Config{
//		Confluence: "https://acme.atlassian.net/wiki", Admin: "https://api.atlassian.com/admin",
//		Users: "https://api.atlassian.com/users",
//		Email: "weir@acme.example", Token: token, OrgKey: key,
//	})
//	obs, err := s.Observe(ctx)
//
// Its words are those of package site: facts, observations, steps. The wire's
// own words (principals, ARIs, cursors) stay inside.
//
// It does not decide what to change, keeps nothing on disk, follows no
// redirect and no address that a server names, and can send no write that is
// not in [Writes]. Sites whose spaces are not governed by roles, guests,
// restrictions and legacy permissions are not in it yet.
//
// The facts about the product that the code relies on, and how sure they are,
// are told where they are used: "documented" means Atlassian's published
// interface description, "observed" means reported from live sites.
package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Config says which site, as whom, and through what.
type Config struct {
	// Confluence, Admin and Users are the bases of the three surfaces:
	// "https://SITE.atlassian.net/wiki", "https://api.atlassian.com/admin" and
	// "https://api.atlassian.com/users". Only https is accepted, and http to
	// this machine or to a name that resolves nowhere (.invalid).
	Confluence, Admin, Users string

	// Email and Token are the site account's; they go to Confluence only.
	Email string
	Token Secret
	// OrgKey is the organisation's API key; it goes to Admin and Users only.
	OrgKey Secret

	// Account, if given, is the account id that Token must belong to.
	Account string
	// OrgID, DirectoryID and CloudID are discovered where they are not given;
	// more than one candidate is an error. A given CloudID must be the site's.
	OrgID, DirectoryID, CloudID string

	// Plan is the site's subscription, as far as it is known: on "free" no
	// permission can be customised (Atlassian's help on the Free plan).
	Plan string

	Transport   http.RoundTripper                                // http.DefaultTransport without a proxy if nil
	Clock       func() time.Time                                 // time.Now if nil; reads a Retry-After that is a date
	Wait        func(ctx context.Context, d time.Duration) error // a timer if nil
	Jitter      func() float64                                   // 0 to 1, spreads retries; random if nil
	Timeout     time.Duration                                    // of one request; a minute if 0
	Concurrency int                                              // requests in flight; 4 if 0 (observed: more is throttled)
}

// Site is one Confluence Cloud site.
type Site struct {
	client      *client
	concurrency int
	free        bool // the plan cannot customise permissions
	known       catalog

	mu      sync.Mutex // guards the rest
	account string     // the account id, once seen, for good
	place   place      // found on first use
	looked  bool       // whether a whole observation has been made
}

// place is where the site lies in its organisation.
type place struct {
	org, directory, cloud string
}

// Requests counts the requests sent so far, repeats included.
func (s *Site) Requests() int { return int(s.client.sent.Load()) }

// ari is the site's name in the organisation.
func (p place) ari() string { return "ari:cloud:confluence::site/" + p.cloud }

// here reports whether a resource id means this site. Both the full name and
// the bare id are in use (observed).
func (p place) here(resource string) bool {
	return resource == p.ari() || resource == p.cloud
}

// New makes a site of a configuration. It sends nothing.
func New(c Config) (*Site, error) {
	cl := &client{
		email: c.Email, token: c.Token, key: c.OrgKey,
		transport: c.Transport,
		clock:     c.Clock,
		wait:      c.Wait,
		jitter:    c.Jitter,
		timeout:   cmp.Or(c.Timeout, time.Minute),
		slots:     make(chan struct{}, max(1, cmp.Or(c.Concurrency, 4))),
	}
	for _, b := range []struct {
		door door
		text string
	}{{confluence, c.Confluence}, {admin, c.Admin}, {users, c.Users}} {
		base, err := parseBase(b.text)
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", b.door, err)
		}
		cl.bases[b.door] = base
	}
	switch {
	case c.Email == "" || c.Token.Empty():
		return nil, errors.New("e-mail and token of the site account are missing: weir must not read a site as nobody")
	case c.OrgKey.Empty():
		return nil, errors.New("organisation API key is missing: without it people and their states cannot be read")
	}
	if cl.transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.Proxy = nil // the environment of a build must not choose who hears the token
		cl.transport = t
	}
	if cl.clock == nil {
		cl.clock = time.Now
	}
	if cl.wait == nil {
		cl.wait = wait
	}
	if cl.jitter == nil {
		cl.jitter = rand.Float64
	}
	return &Site{
		client:      cl,
		concurrency: cap(cl.slots),
		free:        c.Plan == "free",
		account:     c.Account,
		place:       place{org: c.OrgID, directory: c.DirectoryID, cloud: c.CloudID},
	}, nil
}

// parseBase accepts an address that credentials may be sent to.
func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is not an address (write it as https://host/path)", text)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("an address holds no account, query or fragment")
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback() || strings.HasSuffix(host, ".invalid")
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return nil, fmt.Errorf("%q would send the token in the clear (use https)", text)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Site is what package site asks for.
var _ site.Site = (*Site)(nil)

// catalog remembers which vendor id stands for which reference: from the
// latest observation, and from what was created or looked up since.
type catalog struct {
	mu      sync.Mutex
	ids     map[access.Ref]string
	refs    map[string]access.Ref // by type and id: "group/ID"
	product map[access.Ref]string // what groups hold on this site, as the value of a product fact
}

func (c *catalog) replace(ids map[access.Ref]string, product map[access.Ref]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids, c.product = make(map[access.Ref]string, len(ids)), product
	c.refs = make(map[string]access.Ref, len(ids))
	for r, id := range ids {
		c.put(r, id)
	}
}

// put must be called with the lock held.
func (c *catalog) put(r access.Ref, id string) {
	c.ids[r] = id
	c.refs[kindOf(r)+"/"+id] = r
}

func (c *catalog) learn(r access.Ref, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(r, id)
}

func (c *catalog) forget(r access.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.refs, kindOf(r)+"/"+c.ids[r])
	delete(c.ids, r)
	delete(c.product, r)
}

func (c *catalog) id(r access.Ref) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, ok := c.ids[r]
	return id, ok
}

// ref gives the reference of an id of a kind of thing: "person", "group",
// "space" or "space_role".
func (c *catalog) ref(kind, id string) (access.Ref, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.refs[kind+"/"+id]
	return r, ok
}

func (c *catalog) holds(group access.Ref) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.product[group]
}

func (c *catalog) hold(group access.Ref, product string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.product[group] = product
}

// kindOf is the type of a reference, with people under one name.
func kindOf(r access.Ref) string {
	if person(r) {
		return "person"
	}
	return r.Type()
}

func person(r access.Ref) bool { return r.Type() == "user" || r.Type() == "account" }
