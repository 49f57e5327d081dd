package emulator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Options say how a site is opened. The zero value is a fresh site in memory.
type Options struct {
	// Store keeps the site; nil is a new [Memory]. An empty store becomes a
	// fresh site. [Emulator.Close] closes it; when New fails, the caller does.
	Store Store
	// Clock tells the time; nil is [time.Now].
	Clock func() time.Time
	// Random seeds the ids and secrets of a fresh site; 32 bytes are read from
	// it once. nil makes every fresh site the same, tokens included, which is
	// right for tests and demonstrations and wrong for a site with a port.
	Random io.Reader
	// SiteName is the title of a fresh site; empty is "weir".
	SiteName string
	// Plan is the subscription: free limits people to ten and forbids to
	// customise permissions. Empty is premium.
	Plan string
	// Seats limits how many people may have a paid product role; 0 is no limit.
	Seats int
	// Domains are the e-mail domains that the organisation has claimed: their
	// accounts are managed. nil claims every domain; an empty list none.
	Domains []string
	// OnRequest is told of every request when it was answered, one at a time
	// and in order. It must not call the emulator.
	OnRequest func(method, path string, status int)
}

// Emulator is one Confluence site. It is safe for concurrent use: requests are
// served one after the other.
type Emulator struct {
	mu        sync.Mutex
	state     *state
	broken    error // the store failed and could not be read again
	store     Store
	limits    limits
	clock     func() time.Time
	onRequest func(method, path string, status int)
	account   string
}

// New opens the site in the store, or makes a fresh one. An error wraps
// [ErrCorrupt] when the records make no sense; otherwise it is the store's.
func New(o Options) (*Emulator, error) {
	e := &Emulator{store: o.Store, clock: o.Clock, onRequest: o.OnRequest, limits: limits{plan: o.Plan, seats: o.Seats, domains: o.Domains}}
	if e.store == nil {
		e.store = NewMemory()
	}
	if e.clock == nil {
		e.clock = time.Now
	}
	var err error
	if e.state, err = loadState(e.store, e.limits); err != nil {
		return nil, err
	}
	if e.state == nil {
		if err := e.found(o); err != nil {
			return nil, err
		}
	}
	e.account = e.state.site.Account
	return e, nil
}

// found makes a fresh site and stores it.
func (e *Emulator) found(o Options) error {
	seed := make([]byte, 32)
	if o.Random != nil {
		if _, err := io.ReadFull(o.Random, seed); err != nil {
			return fmt.Errorf("make a fresh site: %w", err)
		}
	}
	e.state = freshState(cmp.Or(o.SiteName, "weir"), seed, e.limits, e.clock())
	return e.store.Commit(e.state.drain())
}

// Close closes the store.
func (e *Emulator) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken = errors.New("the site is closed")
	return e.store.Close()
}

// Credentials are weir's own account on an embedded site: organisation and site
// admin, with the product role admin directly, and in no group.
type Credentials struct {
	BaseURL   string // where the site says that it is; it resolves nowhere
	AccountID string
	Email     string
	Token     string // for Basic authentication on /wiki
	OrgKey    string // for Bearer authentication on /admin and /users
	OrgID     string
	CloudID   string
}

// Credentials returns weir's own account, made with the site and kept in it.
func (e *Emulator) Credentials() Credentials {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.state.site
	return Credentials{
		BaseURL: baseURL, AccountID: s.Account, Email: OwnEmail, Token: s.Token,
		OrgKey: s.OrgKey, OrgID: s.OrgID, CloudID: s.CloudID,
	}
}

// ServeHTTP answers one request.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	var res Response
	if err != nil {
		res = write(answer{}, refuse(http.StatusBadRequest, "", "the body cannot be read"), shapePlain)
	} else {
		res = e.serve(r, body)
	}
	for k, vs := range res.Header {
		w.Header()[k] = vs
	}
	w.WriteHeader(res.Status)
	w.Write(res.Body)
}

// Transport returns a way to the site without a port: every request that it is
// given, whatever its host, is answered in process. A request whose context has
// ended has no effect.
func (e *Emulator) Transport() http.RoundTripper { return transport{e} }

type transport struct{ e *Emulator }

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	res := t.e.serve(r, body)
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", res.Status, http.StatusText(res.Status)),
		StatusCode: res.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: res.Header, Body: io.NopCloser(bytes.NewReader(res.Body)), ContentLength: int64(len(res.Body)), Request: r,
	}, nil
}

// serve passes one request through the core and stores what changed.
func (e *Emulator) serve(r *http.Request, body []byte) Response {
	req := Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header, Body: body}
	if len(body) > maxBody {
		req.Body, req.TooLarge = nil, true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var res Response
	err := e.transact(func(s *state, now time.Time) (records []Record) {
		res, records = s.apply(req, now)
		return records
	})
	if err != nil {
		res = write(answer{}, err, shapePlain)
	}
	if e.onRequest != nil {
		e.onRequest(req.Method, req.Path, res.Status)
	}
	return res
}

// transact lets the core act and commits what changed. When the store refuses,
// the state is read back from it, so that memory never runs ahead of the disk.
// The lock is held.
func (e *Emulator) transact(act func(*state, time.Time) []Record) error {
	if e.broken != nil {
		return e.broken
	}
	records := act(e.state, e.clock())
	if len(records) == 0 {
		return nil
	}
	err := e.store.Commit(records)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("store the change: %w", err)
	s, lerr := loadState(e.store, e.limits)
	if lerr != nil || s == nil {
		e.broken = errors.Join(err, lerr)
		return e.broken
	}
	e.state = s
	return err
}
