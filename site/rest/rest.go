// Package rest is the HTTP half that the drivers share: it sends requests to a
// closed list of endpoints and reads lists to their end.
//
//	base, err := rest.ParseBase("https://acme.atlassian.net/wiki")
//	c, err := rest.New(rest.Config{
//		Surfaces: []rest.Surface{{Name: "Confluence", Base: base, Auth: rest.Basic(email, token)}},
//		Reads:    []rest.Endpoint{listSpaces}, Writes: []rest.Endpoint{createSpace},
//	})
//	spaces, err := rest.ByLink(ctx, c, rest.Call{To: listSpaces}, 250, space.id)
//
// Its words: a surface is a base address with its credential, an endpoint one
// operation of a surface, a call one request to an endpoint. An answer is JSON
// that says of itself whether it is whole. Trouble is a [*site.Error].
//
// It follows no redirect and no address that a server names, sends a credential
// to its own surface only, and sends a write at most once unless it is certain
// that nothing was done. It knows no product: paths, shapes and what they mean
// are the drivers'.
package rest

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/weirhq/weir/site"
)

// Surface is a part of a product with a base address and a credential of its
// own. The credential goes nowhere else.
type Surface struct {
	Name string // for messages
	Base *url.URL
	Auth Authorization
}

// Authorization is what a surface is told about who asks: [Basic] or [Bearer].
// The zero Authorization is none, and [New] refuses it.
type Authorization struct {
	basic  bool
	user   string
	secret Secret
}

// Basic is a user, or an e-mail, with a password or token.
func Basic(user string, s Secret) Authorization {
	return Authorization{basic: true, user: user, secret: s}
}

// Bearer is a token that says by itself whose it is.
func Bearer(s Secret) Authorization { return Authorization{secret: s} }

// header is the value of the Authorization header.
func (a Authorization) header() string {
	if a.basic {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.user+":"+a.secret.text()))
	}
	return "Bearer " + a.secret.text()
}

func (a Authorization) check() error {
	switch {
	case a.secret.Empty() || a.basic && a.user == "":
		return errors.New("it is missing: weir must not read a site as nobody")
	case a.basic && strings.Contains(a.user, ":"):
		return errors.New("a user name holds no colon")
	case strings.ContainsFunc(a.user+a.secret.text(), unicode.IsControl):
		return errors.New("it holds a control character (is a line break left at its end?)")
	}
	return nil
}

// Endpoint is one operation of a product.
type Endpoint struct {
	Surface int // index in [Config.Surfaces]
	Method  string
	Path    string // below the surface's base; each {} is one segment
	Op      string // what it does, for messages
}

// Write is one kind of write that a driver can send.
type Write struct {
	Surface string // whose address it goes to
	Method  string
	Path    string // below the surface's base; each {} is one segment
	Effect  string
}

// Describe says the endpoints in words, given the names of the surfaces.
func Describe(endpoints []Endpoint, surfaces []string) []Write {
	out := make([]Write, len(endpoints))
	for i, e := range endpoints {
		out[i] = Write{surfaces[e.Surface], e.Method, e.Path, e.Op}
	}
	return out
}

// Call is one request to an endpoint.
type Call struct {
	To     Endpoint
	Args   []string // for the {} of its path
	Query  url.Values
	Header Header
	Body   any    // sent as JSON
	Op     string // what is being done, for messages; the endpoint's own if empty
}

// Header is one header of Atlassian's own, such as the one that makes use of an
// admin key: its name begins with Atl- or X-Atlassian-. Everything else that a
// request says of itself is the client's.
type Header struct{ Name, Value string }

// String says what the call does.
func (c Call) String() string { return cmp.Or(c.Op, c.To.Op) }

// Answer is what an endpoint answers with. Check refuses an answer that lacks
// what must be there, so that garbage is never taken for emptiness.
type Answer interface{ Check() error }

// Transport carries requests. It must not follow redirects; [NewTransport]
// makes one that does not.
type Transport = http.RoundTripper

// Sent is what a trace tells of a request: never its query, headers or body.
type Sent struct {
	Method, Surface, Path string
	Status                int // 0 if no answer came
	Took                  time.Duration
	// Number counts the requests of the client, and Of is how many there will be at
	// least, as far as that was announced; 0 if not.
	Number, Of int
}

// Config says which surfaces and endpoints there are, and through what.
type Config struct {
	Surfaces []Surface
	Reads    []Endpoint // what [Client.Read] may send
	Writes   []Endpoint // what [Client.Write] may send

	Transport Transport                                        // that of [NewTransport] if nil
	Clock     func() time.Time                                 // time.Now if nil
	Wait      func(ctx context.Context, d time.Duration) error // a timer if nil; when it returns nil, the time has passed
	Jitter    func() float64                                   // 0 to 1, spreads retries; random if nil
	Timeout   time.Duration                                    // of one request with its answer; a minute if 0
	InFlight  int                                              // most requests in flight; 4 if 0 (observed: more is throttled)
	Trace     func(Sent)                                       // is told of every request, by several goroutines at once; may be nil
	// Throttled recognises an answer that is no 429 and yet says only that too
	// much was asked for, and how long to wait (0: it does not say). It is taken
	// for a 429 then. May be nil.
	Throttled func(status int, header func(name string) string, now time.Time) (after time.Duration, limited bool)
}

// Client sends requests. It goes to the transport directly and not through
// http.Client, which would follow redirects: a redirected DELETE becomes a
// GET that answers 200. It never sets Idempotency-Key, since net/http would
// then send a POST again by itself.
type Client struct {
	surfaces      []Surface
	reads, writes []Endpoint
	readOnly      bool
	but           []Endpoint // what a read-only client may write all the same
	transport     Transport
	clock         func() time.Time
	jitter        func() float64
	timeout       time.Duration
	trace         func(Sent)
	throttled     func(int, func(string) string, time.Time) (time.Duration, bool)
	hide          func(string) string // takes the secrets out of a text
	echoes        func([]byte) bool   // whether an answer repeats a secret
	limiter       *limiter
	tally         *tally
}

// tally counts what was sent, for the client and its read-only views.
type tally struct {
	sent, answered, took, announced atomic.Int64
}

// New makes a client. It sends nothing. An error says which surface or endpoint
// cannot be used.
func New(c Config) (*Client, error) {
	cl := &Client{
		reads: c.Reads, writes: c.Writes,
		transport: c.Transport, clock: c.Clock, jitter: c.Jitter, trace: c.Trace, throttled: c.Throttled,
		timeout: cmp.Or(c.Timeout, time.Minute),
		tally:   &tally{},
	}
	for _, s := range c.Surfaces {
		if s.Base == nil {
			return nil, fmt.Errorf("address of %s is missing", s.Name)
		}
		base, err := ParseBase(s.Base.String())
		if err != nil {
			return nil, fmt.Errorf("address of %s: %w", s.Name, err)
		}
		if err := s.Auth.check(); err != nil {
			return nil, fmt.Errorf("credential of %s: %w", s.Name, err)
		}
		cl.surfaces = append(cl.surfaces, Surface{s.Name, base, s.Auth})
	}
	for _, list := range [][]Endpoint{c.Reads, c.Writes} {
		for _, e := range list {
			if e.Surface < 0 || e.Surface >= len(cl.surfaces) || !strings.HasPrefix(e.Path, "/") || e.Method == "" {
				return nil, fmt.Errorf("endpoint %s %q lies on no surface", e.Method, e.Path)
			}
		}
	}
	if cl.transport == nil {
		var err error
		if cl.transport, err = NewTransport(nil, nil); err != nil {
			return nil, err
		}
	}
	if cl.clock == nil {
		cl.clock = time.Now
	}
	if cl.jitter == nil {
		cl.jitter = rand.Float64
	}
	sleep := c.Wait
	if sleep == nil {
		sleep = wait
	}
	cl.hide = redactor(cl.surfaces)
	cl.echoes = echo(cl.surfaces)
	cl.limiter = newLimiter(max(1, cmp.Or(c.InFlight, 4)), cl.clock, sleep)
	return cl, nil
}

// ReadOnly gives a client of which Write always refuses, but for the endpoints
// that reading itself needs. Limits and counts are shared with the one that it is
// made of.
func (c *Client) ReadOnly(but ...Endpoint) *Client {
	out := *c
	out.readOnly, out.but = true, but
	return &out
}

// Endpoints lists everything that the client can send: reads, then writes. A
// read-only client lists the writes as well, which whoever examines a site with
// it wants to know of.
func (c *Client) Endpoints() []site.Endpoint {
	var out []site.Endpoint
	for _, of := range []struct {
		list   []Endpoint
		writes bool
	}{{c.reads, false}, {c.writes, true}} {
		for _, e := range of.list {
			out = append(out, site.Endpoint{
				Address: c.surfaces[e.Surface].Base.String(), Method: e.Method, Path: e.Path, Purpose: e.Op, Writes: of.writes,
			})
		}
	}
	return out
}

// InFlight is the largest number of requests that may be in flight.
func (c *Client) InFlight() int { return c.limiter.most }

// Sent counts the requests sent so far, repeats included.
func (c *Client) Sent() int { return int(c.tally.sent.Load()) }

// Announce says that so many more requests are known to come, for whoever follows
// the trace.
func (c *Client) Announce(more int) {
	c.tally.announced.CompareAndSwap(0, c.tally.sent.Load()) // those before the first that were announced
	c.tally.announced.Add(int64(more))
}

// Latency is how long an answered request took on average; 0 if none was.
func (c *Client) Latency() time.Duration {
	return time.Duration(c.tally.took.Load() / max(1, c.tally.answered.Load()))
}

// Wait lets time pass. It fails only if the context ends.
func (c *Client) Wait(ctx context.Context, d time.Duration) error { return c.limiter.sleep(ctx, d) }

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
