package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// config is a configuration for an emulated site.
func config(e *emulator.Emulator, transport http.RoundTripper) cloud.Config {
	creds := e.Credentials()
	return cloud.Config{
		Confluence: "https://site.embedded.invalid/wiki",
		Admin:      "https://site.embedded.invalid/admin",
		Users:      "https://site.embedded.invalid/users",
		Email:      creds.Email,
		Token:      rest.NewSecret(creds.Token),
		OrgKey:     rest.NewSecret(creds.OrgKey),
		Transport:  transport,
		Wait:       func(context.Context, time.Duration) error { return nil },
		Jitter:     func() float64 { return 0 },
	}
}

func newSite(t *testing.T, c cloud.Config) *cloud.Site {
	t.Helper()
	if c.Transport != nil {
		c.Transport = checked(t, c.Transport)
	}
	s, err := cloud.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func add(lines ...string) site.Step { return step(access.Add, lines...) }

func step(op access.Op, lines ...string) site.Step {
	s := site.Step{ID: "test"}
	for _, line := range lines {
		f, err := access.ParseFact(line)
		if err != nil {
			panic(err)
		}
		s.Changes = append(s.Changes, access.Change{Op: op, Fact: f})
	}
	return s
}

func TestNew(t *testing.T) {
	e, _ := embedded(t, emulator.Options{}, nil)
	for name, c := range map[string]struct {
		change func(*cloud.Config)
		want   string
	}{
		"no address":         {func(c *cloud.Config) { c.Confluence = "" }, `address of Confluence: "" is not an address (write it as https://host/path)`},
		"no scheme":          {func(c *cloud.Config) { c.Admin = "api.atlassian.com" }, `address of the organisation: "api.atlassian.com" is not an address (write it as https://host/path)`},
		"plain http":         {func(c *cloud.Config) { c.Users = "http://api.atlassian.com/users" }, `address of user management: "http://api.atlassian.com/users" would send the token in the clear (use https)`},
		"an account in it":   {func(c *cloud.Config) { c.Users = "https://a:b@api.atlassian.com/users" }, "address of user management: an address holds no account, query or fragment"},
		"a query in it":      {func(c *cloud.Config) { c.Users = "https://api.atlassian.com/users?x" }, "address of user management: an address holds no account, query or fragment"},
		"no token":           {func(c *cloud.Config) { c.Token = rest.NewSecret("") }, "e-mail and token of the site account are missing: weir must not read a site as nobody"},
		"no bearer token":    {func(c *cloud.Config) { c.Auth, c.Token = "bearer", rest.Secret{} }, "token of the site account is missing: weir must not read a site as nobody"},
		"bearer":             {func(c *cloud.Config) { c.Auth, c.Email = "bearer", "" }, ""},
		"another way":        {func(c *cloud.Config) { c.Auth = "digest" }, `"digest" is no way to show who asks (write basic or bearer)`},
		"no key":             {func(c *cloud.Config) { c.OrgKey = rest.Secret{} }, "organisation API key is missing: without it people and their states cannot be read"},
		"http to nowhere":    {func(c *cloud.Config) { c.Users = "http://site.embedded.invalid/users" }, ""},
		"nearly nowhere":     {func(c *cloud.Config) { c.Users = "http://invalid.example/users" }, `address of user management: "http://invalid.example/users" would send the token in the clear (use https)`},
		"http to this place": {func(c *cloud.Config) { c.Users = "http://127.0.0.1:8080/users"; c.Admin = "http://localhost/admin/" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(e, e.Transport())
			c.change(&cfg)
			got := ""
			if _, err := cloud.New(cfg); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestWrites repeats the closed list: what is not here, the driver cannot do.
// Deleting pages and accounts must never come to stand here; the deletion of a space
// is of archived personal ones alone (decision 0027).
func TestWrites(t *testing.T) {
	var got []string
	for _, w := range cloud.Writes() {
		got = append(got, w.Surface+" "+w.Method+" "+w.Path)
	}
	want := []string{
		"Confluence POST /rest/api/group",
		"Confluence DELETE /rest/api/group/by-id",
		"Confluence POST /rest/api/group/userByGroupId",
		"Confluence DELETE /rest/api/group/userByGroupId",
		"Confluence PUT /rest/api/space/{}",
		"Confluence DELETE /rest/api/space/{}",
		"Confluence POST /api/v2/spaces",
		"Confluence POST /api/v2/spaces/{}/role-assignments",
		"Confluence POST /api/v2/space-roles",
		"Confluence PUT /api/v2/space-roles/{}",
		"Confluence DELETE /api/v2/space-roles/{}",
		"the organisation POST /v2/orgs/{}/users/invite",
		"the organisation POST /v2/orgs/{}/directories/{}/users/{}/suspend",
		"the organisation POST /v2/orgs/{}/directories/{}/users/{}/restore",
		"the organisation DELETE /v2/orgs/{}/directories/{}/users/{}",
		"the organisation POST /v2/orgs/{}/directories/{}/groups/{}/role-assignments/assign",
		"the organisation POST /v2/orgs/{}/directories/{}/groups/{}/role-assignments/revoke",
		"the organisation POST /v1/orgs/{}/users/{}/roles/assign",
		"the organisation POST /v1/orgs/{}/users/{}/roles/revoke",
		"user management POST /{}/manage/lifecycle/disable",
		"user management POST /{}/manage/lifecycle/enable",
		"Confluence POST /rest/api/space/_private",
		"Confluence POST /rest/api/space/{}/permission",
		"Confluence DELETE /rest/api/space/{}/permission/{}",
		"Confluence PUT /rest/api/content/{}/restriction",
		"Confluence DELETE /rest/api/content/{}/restriction",
		"Confluence POST /api/v2/admin-key",
		"Confluence DELETE /api/v2/admin-key",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestObserveWritesNothing watches every request of a reading.
func TestObserveWritesNothing(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
		return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
			if world.IsWrite(r) {
				t.Errorf("%s %s", r.Method, r.URL.Path)
			}
			if h := r.Header; h.Get("Idempotency-Key") != "" || h.Get("X-Idempotency-Key") != "" {
				t.Error("net/http would send such a request again by itself")
			}
			return next.RoundTrip(r)
		})
	})
	if _, err := s.Observe(t.Context(), access.Extent{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Present(t.Context(), factsOf(add("exists group:a", "exists user:a@acme.example", "role space:A group:a = admin", "managed group:a = idp"))); err != nil {
		t.Fatal(err)
	}
}

// TestAcceptedWithoutAnAnswer: a write that was accepted, and whose answer
// makes no sense, has an unknown outcome.
func TestAcceptedWithoutAnAnswer(t *testing.T) {
	for _, body := range []string{"", "<html>", "null", "{}", `{"id":`, `[]`} {
		_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
			return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(r)
				if err == nil && world.IsWrite(r) {
					return world.Reply(r, resp.StatusCode, "application/json", body), nil
				}
				return resp, err
			})
		})
		made := add("exists group:a")
		if err := s.Do(t.Context(), made); !site.Is(err, site.Transient) {
			t.Errorf("%q: %v, want no clear answer", body, err)
		}
		if got, err := s.Present(t.Context(), factsOf(made)); err != nil || got[0] != site.Seen {
			t.Errorf("%q: %v, %v", body, got, err)
		}
	}
}

// TestCredentials: each door is shown its own, however the site account shows
// itself, and no other.
func TestCredentials(t *testing.T) {
	e, _ := embedded(t, emulator.Options{}, nil)
	creds := e.Credentials()
	for _, auth := range []string{"", "basic", "bearer"} {
		cfg := config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
			user, pass, basic := r.BasicAuth()
			want := "Bearer " + creds.OrgKey
			if strings.HasPrefix(r.URL.Path, "/wiki/") {
				want = "Bearer " + creds.Token
				if auth != "bearer" {
					want = "Basic"
				}
			}
			got := r.Header.Get("Authorization")
			if basic && user == creds.Email && pass == creds.Token {
				got = "Basic"
			}
			if got != want {
				t.Errorf("%s: the wrong credential goes to %s", auth, r.URL.Path)
			}
			if got == "Bearer "+creds.Token {
				r = r.Clone(r.Context())
				r.SetBasicAuth(creds.Email, creds.Token) // so that the reading goes on
			}
			return e.Transport().RoundTrip(r)
		}))
		cfg.Auth = auth
		if auth == "bearer" {
			cfg.Email = ""
		}
		if _, err := newSite(t, cfg).Observe(t.Context(), access.Extent{}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadOnly: such a site reads as any other and refuses to write.
func TestReadOnly(t *testing.T) {
	e, _ := embedded(t, emulator.Options{}, nil)
	cfg := config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if world.IsWrite(r) {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
		return e.Transport().RoundTrip(r)
	}))
	cfg.ReadOnly = true
	s := newSite(t, cfg)
	if _, err := s.Observe(t.Context(), access.Extent{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Do(t.Context(), add("exists group:a")); !site.Is(err, site.Unsupported) {
		t.Errorf("got %v", err)
	}
}

// TestConcurrency: no more requests are in flight than were allowed.
func TestConcurrency(t *testing.T) {
	e := wide(t)
	var mu sync.Mutex
	now, most := 0, 0
	cfg := config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		return e.Transport().RoundTrip(r)
	}))
	cfg.Concurrency = 3
	s := newSite(t, cfg)
	obs, err := s.Observe(t.Context(), access.Extent{})
	if err != nil {
		t.Fatal(err)
	}
	if most > 3 {
		t.Errorf("%d requests at once", most)
	}
	// People, groups through both doors, spaces and archived ones, space roles,
	// the permissions, and one a space, of which one has two pages and in all others
	// nobody holds a role, which the list of permissions has to confirm.
	lists := 3 + 2 + 3 + (2 + 1) + 1 + 1 + 261 + 1 + 260
	// Groups by each product role, people by them in three ways, and the one who
	// is found by itself.
	lists += 9 + 3 + 1
	// Before and after, who weir is; the role mode; and once where the site lies.
	if want := lists + 2 + 1 + 4; obs.Requests != want {
		t.Errorf("%d requests, want %d", obs.Requests, want)
	}
	if obs, err = s.Observe(t.Context(), access.Extent{}); err != nil || obs.Requests != lists+2+1 {
		t.Errorf("%d requests the second time (%v), want %d", obs.Requests, err, lists+2+1)
	}
}

func TestCancelled(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Observe(ctx, access.Extent{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := s.Do(ctx, add("exists group:a")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
