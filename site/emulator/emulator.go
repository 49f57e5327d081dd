package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
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
	// RoleMode says how a fresh site gives access to spaces: ModePreRoles,
	// ModeTransition or ModeRoles. Empty is ModeRoles. A site that is there
	// moves on by [Admin.SetRoleMode] only.
	RoleMode string
	// Seats limits how many people may have a paid product role; 0 is no limit.
	Seats int
	// People limits how many people and guests there may be; 0 is no limit.
	People int
	// Domains are the e-mail domains that the organisation has claimed: their
	// accounts are managed. nil claims every domain; an empty list none.
	Domains []string
	// Dialect is what the site speaks: [DialectCloud], or [DialectDataCenter].
	// Empty is Cloud. A stored site may be opened in either.
	Dialect string
	// ContextPath is what stands before Data Center's paths, such as
	// "/confluence"; empty for none.
	ContextPath string
	// OnRequest is told of every request when it was answered, one at a time
	// and in order. It must not call the emulator. A status of 0 means that the
	// client gets no answer.
	OnRequest func(method, path string, status int)
	// Knobs make the site misbehave. The zero value changes nothing.
	Knobs Knobs
	// Wait lets time pass before a delayed answer, until the context ends; nil
	// really waits. A test gives one that does not.
	Wait func(context.Context, time.Duration) error
	// Edit does the lines of a [KnobEdit]; the emulator itself does not know
	// what they say. It must use the Admin that it is given and nothing else of
	// the emulator; what becomes of a refused edit is its own matter.
	Edit func(a Admin, lines []string)
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
	knobs     *machine // nil: nothing misbehaves
	wait      func(context.Context, time.Duration) error
	edit      func(Admin, []string)
}

// New opens the site in the store, or makes a fresh one. An error wraps
// [ErrCorrupt] when the records make no sense; otherwise it is the store's.
func New(o Options) (*Emulator, error) {
	e := &Emulator{store: o.Store, clock: o.Clock, onRequest: o.OnRequest, wait: o.Wait, edit: o.Edit, limits: limits{
		plan: o.Plan, seats: o.Seats, people: o.People, domains: o.Domains, dialect: o.Dialect, context: strings.TrimSuffix(o.ContextPath, "/"),
	}}
	if e.store == nil {
		e.store = NewMemory()
	}
	if e.clock == nil {
		e.clock = time.Now
	}
	if e.wait == nil {
		e.wait = pause
	}
	if err := e.limits.check(); err != nil {
		return nil, err
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
	if err := e.SetKnobs(o.Knobs); err != nil {
		return nil, err
	}
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
	if o.RoleMode != "" {
		if !slices.Contains(modes, o.RoleMode) {
			return fmt.Errorf("make a fresh site: there is no role mode %q", o.RoleMode)
		}
		e.state.site.RoleMode = o.RoleMode
		e.state.save(tableSite, "", e.state.site)
	}
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
	BaseURL   string // where the site says that it is, context path included; it resolves nowhere
	AccountID string
	Email     string
	Username  string // on Data Center
	UserKey   string // likewise
	Token     string // for Basic authentication on /wiki; on Data Center a personal access token, for Bearer
	OrgKey    string // for Bearer authentication on /admin and /users
	OrgID     string
	CloudID   string
}

// Credentials returns weir's own account, made with the site and kept in it.
func (e *Emulator) Credentials() Credentials {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.state.site
	own := e.state.people.get(s.Account)
	return Credentials{
		BaseURL: baseURL + e.limits.context, AccountID: s.Account, Email: OwnEmail, Token: s.Token,
		Username: own.username(), UserKey: own.userKey(),
		OrgKey: s.OrgKey, OrgID: s.OrgID, CloudID: s.CloudID,
	}
}

// ServeHTTP answers one request.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	out := outcome{Response: write(answer{}, refuse(http.StatusBadRequest, "", "the body cannot be read"), shapePlain)}
	if err == nil {
		out = e.serve(r, body)
	}
	e.deliver(w, r, out)
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
	return t.e.hand(r, t.e.serve(r, body))
}

// serve passes one request through the knobs, if there are any, and the core.
func (e *Emulator) serve(r *http.Request, body []byte) outcome {
	req := Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header, Body: body}
	if len(body) > maxBody {
		req.Body, req.TooLarge = nil, true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var out outcome
	if e.knobs == nil {
		out.Response = e.answer(req)
	} else {
		out = e.knobs.serve(e, req)
	}
	if e.onRequest != nil {
		e.onRequest(req.Method, req.Path, out.seen())
	}
	return out
}

// answer passes one request through the core and stores what changed. The lock
// is held.
func (e *Emulator) answer(req Request) (res Response) {
	err := e.transact(func(s *state, now time.Time) (records []Record) {
		res, records = s.apply(req, now)
		return records
	})
	if err != nil {
		res = write(answer{}, err, shapePlain)
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
	now := e.clock()
	if err := e.elapse(now); err != nil {
		return errors.Join(err, e.reload())
	}
	records := act(e.state, now)
	if len(records) == 0 {
		return nil
	}
	err := e.store.Commit(records)
	if err == nil {
		e.knobs.wrote(e, records)
		return nil
	}
	return errors.Join(fmt.Errorf("store the change: %w", err), e.reload())
}

// reload reads the state back from the store and forgets what is not there. The
// lock is held.
func (e *Emulator) reload() error {
	s, err := loadState(e.store, e.limits)
	if err == nil && s == nil {
		err = ErrCorrupt
	}
	if err != nil {
		e.broken = fmt.Errorf("read the site again: %w", err)
		return e.broken
	}
	e.state = s
	return nil
}

// elapse does and stores what the time itself does. A site that is open for
// reading does it in memory only: it follows from the records and the clock.
// The lock is held.
func (e *Emulator) elapse(now time.Time) error {
	e.state.elapse(now)
	records := e.state.drain()
	if len(records) == 0 {
		return nil
	}
	if err := e.store.Commit(records); err != nil && !errors.Is(err, ErrReadOnly) {
		return fmt.Errorf("store what the time did: %w", err)
	}
	e.knobs.wrote(e, records)
	return nil
}
