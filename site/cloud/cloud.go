// Package cloud is the driver for Confluence Cloud: it reads a site through
// the v1, v2 and organisation interfaces of Atlassian, and writes to it one
// step at a time.
//
//	s, err := cloud.New(cloud.Config{
//		Confluence: "https://acme.atlassian.net/wiki", Admin: "https://api.atlassian.com/admin",
//		Users: "https://api.atlassian.com/users",
//		Email: "weir@acme.example", Token: rest.NewSecret(token), OrgKey: rest.NewSecret(key),
//	})
//	obs, err := s.Observe(ctx, access.Extent{})
//
// Its words are those of package site: facts, observations, steps. The wire's
// own words (principals, ARIs, cursors) stay inside.
//
// It does not decide what to change, keeps nothing on disk, and can send no
// write that is not in [Writes]; how requests are sent is package rest's. It
// reads and writes sites in every role mode.
//
// The facts about the product that the code relies on, and how sure they are,
// are told where they are used: "documented" means Atlassian's published
// interface description, "observed" means reported from live sites.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Config says which site, as whom, and through what.
type Config struct {
	// Confluence, Admin and Users are the bases of the three surfaces:
	// "https://SITE.atlassian.net/wiki", "https://api.atlassian.com/admin" and
	// "https://api.atlassian.com/users". Only https is accepted, and http to
	// this machine or to a name that resolves nowhere (.invalid).
	Confluence, Admin, Users string

	// Auth says how the site account shows itself to Confluence: "basic", with
	// Email and Token, or "bearer", with Token alone (a scoped or OAuth token,
	// which Confluence takes at https://api.atlassian.com/ex/confluence/CLOUDID/wiki
	// only). Basic if empty.
	Auth string
	// Email and Token are the site account's; they go to Confluence only.
	Email string
	Token rest.Secret
	// OrgKey is the organisation's API key; it goes to Admin and Users only.
	OrgKey rest.Secret

	// Account, if given, is the account id that Token must belong to.
	Account string
	// OrgID, DirectoryID and CloudID are discovered where they are not given;
	// more than one candidate is an error. A given CloudID must be the site's.
	OrgID, DirectoryID, CloudID string

	// Plan is the site's subscription, if the operator says it; otherwise it is
	// as the site tells. On "free" no permission can be customised (Atlassian's
	// help on the Free plan).
	Plan string

	// ReadOnly makes a site of which every write is refused, but for the admin
	// key that RestrictedPages may ask for: reading takes it.
	ReadOnly bool

	// RestrictedPages says what is done about restricted pages that the site
	// account may not see, and about restrictions that would shut it out: "skip",
	// "member" (it is put into every restriction that weir writes) or "admin_key"
	// (an admin key is opened for what needs one, and closed again). Skip if empty.
	RestrictedPages string
	// Note is told of what weir does at the site beyond its steps: that an admin
	// key was opened, and closed. It may be nil.
	Note func(text string)

	Transport   rest.Transport                                   // that of [rest.NewTransport] if nil
	Clock       func() time.Time                                 // time.Now if nil; reads a Retry-After that is a date
	Wait        func(ctx context.Context, d time.Duration) error // a timer if nil
	Jitter      func() float64                                   // 0 to 1, spreads retries; random if nil
	Timeout     time.Duration                                    // of one request; a minute if 0
	Concurrency int                                              // most requests in flight; 4 if 0
	Trace       func(rest.Sent)                                  // is told of every request; may be nil
}

// Site is one Confluence Cloud site.
type Site struct {
	terms
	client *rest.Client
	clock  func() time.Time
	plan   string // what the operator says of the subscription
	note   func(text string)
	known  catalog

	mu      sync.Mutex // guards the rest
	account string     // the account id, once seen, for good
	place   place      // found on first use
	looked  bool       // whether a whole observation has been made
	mode    string     // of roles, as the latest observation saw it
	me      self       // as the latest observation saw the account
}

// place is where the site lies in its organisation.
type place struct {
	org, directory, cloud string

	edition string      // as the site tells it
	sites   []workspace // every site and product of the organisation
}

// Requests counts the requests sent so far, repeats included.
func (s *Site) Requests() int { return s.client.Sent() }

// Latency is how long the site took to answer so far, on average.
func (s *Site) Latency() time.Duration { return s.client.Latency() }

// ari is the site's name in the organisation.
func (p place) ari() string { return "ari:cloud:confluence::site/" + p.cloud }

// here reports whether a resource id means this site. Both the full name and
// the bare id are in use (observed).
func (p place) here(resource string) bool {
	return resource == p.ari() || resource == p.cloud
}

// New makes a site of a configuration. It sends nothing.
func New(c Config) (*Site, error) {
	surfaces := []rest.Surface{
		confluence: {Name: doors[confluence]},
		admin:      {Name: doors[admin], Auth: rest.Bearer(c.OrgKey)},
		users:      {Name: doors[users], Auth: rest.Bearer(c.OrgKey)},
	}
	for d, text := range []string{confluence: c.Confluence, admin: c.Admin, users: c.Users} {
		var err error
		if surfaces[d].Base, err = rest.ParseBase(text); err != nil {
			return nil, fmt.Errorf("address of %s: %w", doors[d], err)
		}
	}
	switch c.Auth {
	case "", "basic":
		if c.Email == "" || c.Token.Empty() {
			return nil, errors.New("e-mail and token of the site account are missing: weir must not read a site as nobody")
		}
		surfaces[confluence].Auth = rest.Basic(c.Email, c.Token)
	case "bearer":
		if c.Token.Empty() {
			return nil, errors.New("token of the site account is missing: weir must not read a site as nobody")
		}
		surfaces[confluence].Auth = rest.Bearer(c.Token)
	default:
		return nil, fmt.Errorf("%q is no way to show who asks (write basic or bearer)", c.Auth)
	}
	if c.OrgKey.Empty() {
		return nil, errors.New("organisation API key is missing: without it people and their states cannot be read")
	}
	client, err := rest.New(rest.Config{
		Surfaces: surfaces, Reads: reads, Writes: writes,
		Transport: c.Transport, Clock: c.Clock, Wait: c.Wait, Jitter: c.Jitter,
		Timeout: c.Timeout, InFlight: c.Concurrency, Trace: c.Trace,
	})
	if err != nil {
		return nil, err
	}
	clock := c.Clock
	if clock == nil {
		clock = time.Now
	}
	switch {
	case c.ReadOnly && c.RestrictedPages == keyRestricted:
		client = client.ReadOnly(openAdminKey, closeAdminKey)
	case c.ReadOnly:
		client = client.ReadOnly()
	}
	terms, err := newTerms(c.Plan, c.RestrictedPages)
	if err != nil {
		return nil, err
	}
	s := &Site{
		terms:   terms,
		client:  client,
		clock:   clock,
		plan:    word(c.Plan),
		note:    c.Note,
		account: c.Account,
		place:   place{org: c.OrgID, directory: c.DirectoryID, cloud: c.CloudID},
	}
	if s.note == nil {
		s.note = func(string) {}
	}
	return s, nil
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
