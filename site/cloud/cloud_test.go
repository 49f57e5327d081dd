package cloud_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// embedded opens a fresh emulated site, with a transport between if given.
func embedded(t *testing.T, o emulator.Options, between func(http.RoundTripper) http.RoundTripper) (*emulator.Emulator, *cloud.Site) {
	t.Helper()
	e, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	transport := e.Transport()
	if between != nil {
		transport = between(transport)
	}
	return e, open(t, e, transport)
}

func open(t *testing.T, e *emulator.Emulator, transport http.RoundTripper) *cloud.Site {
	t.Helper()
	return newSite(t, config(e, transport))
}

// TestConformance runs the suite in each mode that a Cloud site can be in.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{emulator.ModeRoles, emulator.ModeTransition, emulator.ModePreRoles} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			sitetest.Run(t, func(t *testing.T) sitetest.Subject {
				w := world.New(t, emulator.Options{RoleMode: mode})
				return w.Subject(open(t, w.Emulator, w.Transport))
			})
		})
	}
}

// factsOf gives what a step speaks of.
func factsOf(s site.Step) []access.Fact {
	var out []access.Fact
	for _, c := range s.Changes {
		out = append(out, c.Fact)
	}
	return out
}

// TestRestrictedPages runs what the suite has of content for an operator who lets
// weir's own account stay on every page, or look past restrictions.
func TestRestrictedPages(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"member", "admin_key"} {
		t.Run(choice, func(t *testing.T) {
			sitetest.Transitions(t, "content", func(t *testing.T) sitetest.Subject {
				w := world.New(t, emulator.Options{})
				cfg := config(w.Emulator, w.Transport)
				cfg.RestrictedPages = choice
				return w.Subject(newSite(t, cfg))
			})
		})
	}
}

// TestRecorded: what goes over the wire for some transitions is what it was.
func TestRecorded(t *testing.T) {
	for _, mode := range []string{emulator.ModeRoles, emulator.ModePreRoles} {
		t.Run(mode, func(t *testing.T) {
			creds := world.New(t, emulator.Options{}).Emulator.Credentials()
			sitetest.Recorded(t, "testdata/recorded/"+strings.ToLower(mode), []string{creds.Token, creds.OrgKey},
				func(t *testing.T, between func(http.RoundTripper) http.RoundTripper) sitetest.Subject {
					w := world.New(t, emulator.Options{RoleMode: mode})
					return w.Subject(open(t, w.Emulator, between(w.Transport)))
				})
		})
	}
}
