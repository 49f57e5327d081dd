// Package datacenter is the driver for Confluence Data Center: it reads a site
// through its REST API, and writes to it one step at a time.
//
//	s, err := datacenter.New(datacenter.Config{
//		Base: "https://wiki.acme.example/confluence", Usernames: "acme.example",
//		Auth: "bearer", Token: rest.NewSecret(token),
//	})
//	obs, err := s.Observe(ctx, access.Extent{})
//
// Its words are those of package site: facts, observations, steps. The wire's
// own words (user keys, operations, subjects) stay inside. The permissions of a
// space are said by Cloud's ids, of which each of Data Center's fourteen has
// one: "restrict" is restrict_content/space, "page create" is create/page and
// covers editing.
//
// Data Center knows no roles: a described role is written out as the nearest
// permissions. It tells user names and no e-mail addresses: [Config].Usernames
// says how one becomes the other. A group is known by its name alone, so a
// renamed group is a group that went and another that came.
//
// Who may use and administer Confluence are product facts, as on Cloud, and
// need the interface of global permissions. Whether a site has one is asked
// and not told by its version; without it those facts are unknown, and what is
// wanted of them is a step by hand.
//
// Groups may be in groups, and no interface tells a direct member of such a
// group from an inherited one. Its members are facts all the same; nobody is
// added or removed there.
//
// Members of the group confluence-administrators see every space and page,
// restricted or not, whatever the facts say of them.
//
// It does not decide what to change, keeps nothing on disk, and can send no
// write that is not in [Writes]; how requests are sent is package rest's. It
// makes no personal spaces, nests no groups, and deletes no page, and no space but
// an archived personal one.
//
// The facts about the product that the code relies on, and how sure they are,
// are told where they are used: "evidence B3" and the like are sections of
// docs/evidence.md.
package datacenter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// Config says which site, as whom, and through what.
type Config struct {
	// Base is the site's address with its context path, if it has one:
	// "https://wiki.acme.example/confluence". Only https is accepted, and http to
	// this machine or to a name that resolves nowhere (.invalid).
	Base string

	// Auth says how the account shows itself: "basic", with Username and Password,
	// or "bearer", with Token, a personal access token. Basic if empty.
	Auth            string
	Username        string
	Password, Token rest.Secret
	// Account, if given, is the user key that the account must have.
	Account string

	// Usernames says how user names become references, since the interface tells
	// no e-mail address. With "email" user names are e-mail addresses: a name with
	// an @ is user:NAME. With a domain such as "acme.example" a name without an @
	// is user:NAME@acme.example. Every other name is account:NAME, and so are all
	// if it is empty. References are in lower case; user names are found whatever
	// their case.
	Usernames string

	// RestrictedPages says what becomes of weir's own account where pages are
	// restricted: "skip" (if empty) refuses a restriction that would lock it out,
	// and "member" adds it to every restriction that is written. There is no admin
	// key on Data Center: members of confluence-administrators see every page.
	RestrictedPages string

	// ReadOnly makes a site of which every write is refused.
	ReadOnly bool

	Transport   rest.Transport                                   // that of [rest.NewTransport] if nil
	Clock       func() time.Time                                 // time.Now if nil; reads a Retry-After that is a date
	Wait        func(ctx context.Context, d time.Duration) error // a timer if nil
	Jitter      func() float64                                   // 0 to 1, spreads retries; random if nil
	Timeout     time.Duration                                    // of one request; a minute if 0
	Concurrency int                                              // most requests in flight; 4 if 0
	Trace       func(rest.Sent)                                  // is told of every request; may be nil
}

// Site is one Confluence Data Center.
type Site struct {
	terms
	client *rest.Client
	base   string
	known  catalog

	mu      sync.Mutex // guards the rest
	account string     // the user key, once seen, for good
	looked  bool       // whether a whole observation has been made
	seesAll bool       // whether weir's account sees every page, as the latest observation saw it
	frozen  bool       // whether the site was in read-only mode when it was asked last
}

// Site is what package site asks for.
var _ site.Site = (*Site)(nil)

// New makes a site of a configuration. It sends nothing.
func New(c Config) (*Site, error) {
	base, err := rest.ParseBase(c.Base)
	if err != nil {
		return nil, fmt.Errorf("address of Confluence: %w", err)
	}
	surface := rest.Surface{Name: surfaceName, Base: base}
	switch c.Auth {
	case "", "basic":
		if c.Username == "" || c.Password.Empty() {
			return nil, errors.New("user name and password of weir's account are missing: weir must not read a site as nobody")
		}
		surface.Auth = rest.Basic(c.Username, c.Password)
	case "bearer":
		if c.Token.Empty() {
			return nil, errors.New("token of weir's account is missing: weir must not read a site as nobody")
		}
		surface.Auth = rest.Bearer(c.Token)
	default:
		return nil, fmt.Errorf("%q is no way to show who asks (write basic or bearer)", c.Auth)
	}
	terms, err := newTerms(c.Usernames, c.RestrictedPages)
	if err != nil {
		return nil, err
	}
	client, err := rest.New(rest.Config{
		Surfaces: []rest.Surface{surface}, Reads: reads, Writes: writes,
		Transport: c.Transport, Clock: c.Clock, Wait: c.Wait, Jitter: c.Jitter,
		Timeout: c.Timeout, InFlight: c.Concurrency, Trace: c.Trace,
	})
	if err != nil {
		return nil, err
	}
	if c.ReadOnly {
		client = client.ReadOnly()
	}
	return &Site{client: client, base: base.String(), terms: terms, account: c.Account}, nil
}

// Requests counts the requests sent so far, repeats included.
func (s *Site) Requests() int { return s.client.Sent() }

// Latency is how long the site took to answer so far, on average.
func (s *Site) Latency() time.Duration { return s.client.Latency() }

// catalog remembers what the latest observation told, and what was created,
// changed or looked up since.
type catalog struct {
	mu      sync.Mutex
	own     access.Ref
	keys    map[access.Ref]string       // of people
	people  map[string]access.Ref       // by user key
	groups  map[string]access.Ref       // by name in lower case, in which nobody relies on the case
	product map[access.Ref]string       // what groups hold, as the value of a product fact
	above   map[access.Ref][]access.Ref // the groups that a group is in, all the way up
}

// replace takes in whom and what the lists of a reading named. What groups hold
// and are in stays as it was known, until shape takes in that too.
func (c *catalog) replace(r *reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.own = r.own
	c.keys, c.people, c.groups = make(map[access.Ref]string), make(map[string]access.Ref), make(map[string]access.Ref)
	for _, p := range r.people {
		c.keys[r.refs[p.UserKey]], c.people[p.UserKey] = p.UserKey, r.refs[p.UserKey]
	}
	for _, g := range r.groups {
		c.groups[strings.ToLower(g.Name)] = g.ref()
	}
}

// shape notes what groups hold and what they are in.
func (c *catalog) shape(product map[access.Ref]string, above map[access.Ref][]access.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.product, c.above = product, above
}

func (c *catalog) learn(r access.Ref, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[r], c.people[key] = key, r
}

func (c *catalog) forget(r access.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.people, c.keys[r])
	delete(c.keys, r)
	delete(c.product, r)
	delete(c.above, r)
	if r.Type() == "group" {
		delete(c.groups, strings.ToLower(r.ID()))
	}
}

func (c *catalog) key(r access.Ref) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, ok := c.keys[r]
	return key, ok
}

func (c *catalog) person(key string) (access.Ref, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.people[key]
	return r, ok
}

// group gives the reference of a group's name, in the case in which the list of
// groups has it.
func (c *catalog) group(name string) access.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.groups[strings.ToLower(name)]; ok {
		return r
	}
	return access.NewRef("group", name)
}

func (c *catalog) hold(group access.Ref, product string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.product[group] = product
}

// family is a group and all that it is in.
func (c *catalog) family(group access.Ref) []access.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]access.Ref{group}, c.above[group]...)
}

// under is a group and all that are in it.
func (c *catalog) under(group access.Ref) []access.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []access.Ref{group}
	for g, above := range c.above {
		if slices.Contains(above, group) {
			out = append(out, g)
		}
	}
	return out
}

// opens reports whether members of the group may enter, through it or a group
// that it is in.
func (c *catalog) opens(group access.Ref) bool {
	for _, g := range c.family(group) {
		if c.letsIn(g) {
			return true
		}
	}
	return false
}

// letsIn reports whether the group itself holds the permission to use
// Confluence.
func (c *catalog) letsIn(group access.Ref) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return lets(c.product[group])
}

// self is weir's own account.
func (c *catalog) self() access.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.own
}
