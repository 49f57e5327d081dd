package datacenter_test

import (
	"net/http"
	"testing"

	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// options are those of an emulated Data Center below a context path.
func options() emulator.Options {
	return emulator.Options{Dialect: emulator.DialectDataCenter, ContextPath: "/confluence"}
}

// embedded opens a fresh one.
func embedded(t testing.TB) *emulator.Emulator {
	t.Helper()
	e, err := emulator.New(options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// config is that of weir's own account on an emulated site, where people have
// their e-mail addresses for user names.
func config(e *emulator.Emulator, transport http.RoundTripper) datacenter.Config {
	cred := e.Credentials()
	return datacenter.Config{
		Base: cred.BaseURL, Auth: "bearer", Token: rest.NewSecret(cred.Token), Usernames: "email",
		Transport: transport,
	}
}

// newSite opens a driver of which every request is held against the published
// document.
func newSite(t *testing.T, c datacenter.Config) *datacenter.Site {
	t.Helper()
	c.Transport = checked(t, c.Transport)
	s, err := datacenter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t *testing.T, e *emulator.Emulator) *datacenter.Site {
	t.Helper()
	return newSite(t, config(e, e.Transport()))
}

// subject is a fresh site for the conformance suite, behind a transport.
func subject(t *testing.T, between func(http.RoundTripper) http.RoundTripper) sitetest.Subject {
	t.Helper()
	w := world.New(t, options())
	return w.Subject(newSite(t, config(w.Emulator, between(w.Transport))))
}

func straight(next http.RoundTripper) http.RoundTripper { return next }

func TestConformance(t *testing.T) {
	t.Parallel()
	sitetest.Run(t, func(t *testing.T) sitetest.Subject { return subject(t, straight) })
}

// TestRestrictedPages runs what the suite has of content for an operator who lets
// weir's own account stay on every page.
func TestRestrictedPages(t *testing.T) {
	sitetest.Transitions(t, "content", func(t *testing.T) sitetest.Subject {
		w := world.New(t, options())
		cfg := config(w.Emulator, w.Transport)
		cfg.RestrictedPages = "member"
		return w.Subject(newSite(t, cfg))
	})
}

// TestRecorded: what goes over the wire for some transitions is what it was.
func TestRecorded(t *testing.T) {
	creds := world.New(t, options()).Emulator.Credentials()
	sitetest.Recorded(t, "testdata/recorded", []string{creds.Token}, func(t *testing.T, between func(http.RoundTripper) http.RoundTripper) sitetest.Subject {
		return subject(t, between)
	})
}
