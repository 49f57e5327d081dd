package datacenter_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest"
)

// roundTripper is a transport of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// embedded opens a fresh emulated Data Center below a context path.
func embedded(t testing.TB, o emulator.Options) *emulator.Emulator {
	t.Helper()
	o.Dialect = emulator.DialectDataCenter
	if o.ContextPath == "" {
		o.ContextPath = "/confluence"
	}
	e, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// config is that of weir's own account on an emulated site, with people who have
// their e-mail addresses for user names.
func config(e *emulator.Emulator, transport http.RoundTripper) datacenter.Config {
	cred := e.Credentials()
	return datacenter.Config{
		Base: cred.BaseURL, Auth: "bearer", Token: rest.NewSecret(cred.Token), Usernames: "email",
		Transport: transport, RestrictedPages: "member",
	}
}

func newSite(t testing.TB, c datacenter.Config) *datacenter.Site {
	t.Helper()
	if tt, ok := t.(*testing.T); ok {
		c.Transport = checked(tt, c.Transport)
	}
	s, err := datacenter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, e *emulator.Emulator) *datacenter.Site {
	t.Helper()
	return newSite(t, config(e, e.Transport()))
}

// lossy loses the next write: before it arrives, or the answer to it.
type lossy struct {
	http.RoundTripper
	request, reply atomic.Bool
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	write := r.Method != http.MethodGet
	if write && l.request.Swap(false) {
		return nil, errors.New("connection refused")
	}
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil && write && l.reply.Swap(false) {
		resp.Body.Close()
		return nil, errors.New("connection reset by peer")
	}
	return resp, err
}

// subject is a fresh site for the conformance suite, whose requests pass through
// a transport.
func subject(t *testing.T, through func(http.RoundTripper) http.RoundTripper) sitetest.Subject {
	t.Helper()
	e := embedded(t, emulator.Options{})
	l := &lossy{RoundTripper: through(e.Transport())}
	return sitetest.Subject{
		Site:        newSite(t, config(e, l)),
		LoseReply:   func() { l.reply.Store(true) },
		LoseRequest: func() { l.request.Store(true) },
	}
}

func TestConformance(t *testing.T) {
	sitetest.Run(t, func(t *testing.T) sitetest.Subject {
		return subject(t, func(next http.RoundTripper) http.RoundTripper { return next })
	})
}

// factsOf gives what a step speaks of.
func factsOf(s site.Step) []access.Fact {
	var out []access.Fact
	for _, c := range s.Changes {
		out = append(out, c.Fact)
	}
	return out
}
