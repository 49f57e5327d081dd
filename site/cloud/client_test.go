package cloud_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
)

// config is a configuration for an emulated site.
func config(e *emulator.Emulator, transport http.RoundTripper) cloud.Config {
	creds := e.Credentials()
	return cloud.Config{
		Confluence: "https://site.embedded.invalid/wiki",
		Admin:      "https://site.embedded.invalid/admin",
		Users:      "https://site.embedded.invalid/users",
		Email:      creds.Email,
		Token:      cloud.NewSecret(creds.Token),
		OrgKey:     cloud.NewSecret(creds.OrgKey),
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
		"no token":           {func(c *cloud.Config) { c.Token = cloud.NewSecret("") }, "e-mail and token of the site account are missing: weir must not read a site as nobody"},
		"no key":             {func(c *cloud.Config) { c.OrgKey = cloud.Secret{} }, "organisation API key is missing: without it people and their states cannot be read"},
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
// Deleting spaces, pages and accounts must never come to stand here.
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
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestObserveWritesNothing watches every request of a reading.
func TestObserveWritesNothing(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if isWrite(r) {
				t.Errorf("%s %s", r.Method, r.URL.Path)
			}
			if h := r.Header; h.Get("Idempotency-Key") != "" || h.Get("X-Idempotency-Key") != "" {
				t.Error("net/http would send such a request again by itself")
			}
			return next.RoundTrip(r)
		})
	})
	if _, err := s.Observe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Present(t.Context(), factsOf(add("exists group:a", "exists user:a@acme.example", "role space:A group:a = admin", "managed group:a = idp"))); err != nil {
		t.Fatal(err)
	}
}

// TestRedirects: neither a read nor a write follows one, whatever the status.
func TestRedirects(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for _, write := range []bool{false, true} {
			var away, redirecting atomic.Bool
			_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(r *http.Request) (*http.Response, error) {
					if r.URL.Host != "site.embedded.invalid" {
						away.Store(true)
					}
					if redirecting.Load() && isWrite(r) == write {
						resp := reply(r, status, "text/html", "")
						resp.Header.Set("Location", "https://elsewhere.example/wiki/")
						return resp, nil
					}
					return next.RoundTrip(r)
				})
			})
			if _, err := s.Observe(t.Context()); err != nil {
				t.Fatal(err)
			}
			redirecting.Store(true)
			err := error(nil)
			if write {
				err = s.Do(t.Context(), add("exists group:a"))
			} else {
				_, err = s.Observe(t.Context())
			}
			if !site.Is(err, site.Invalid) || !strings.Contains(err.Error(), "redirect") || away.Load() {
				t.Errorf("%d, write %v: %v, followed %v", status, write, err, away.Load())
			}
		}
	}
}

// TestRetries: reads are sent again while trouble may pass, writes only where
// nothing was done, and never before the time that the product asks for.
func TestRetries(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	type outcome struct {
		sent  int
		waits []time.Duration
		err   string
	}
	ms := time.Millisecond
	for _, c := range []struct {
		name   string
		write  bool
		status int
		header http.Header
		times  int // how often the trouble comes
		want   outcome
	}{
		{"a read after 503", false, 503, nil, 2, outcome{3, []time.Duration{250 * ms, 500 * ms}, ""}},
		{"a read after lost connections", false, 0, nil, 2, outcome{3, []time.Duration{250 * ms, 500 * ms}, ""}},
		{"a read that never succeeds", false, 500, nil, 99, outcome{5, []time.Duration{250 * ms, 500 * ms, time.Second, 2 * time.Second}, "read the role mode: no clear answer: HTTP 500: trouble"}},
		{"a read after 403", false, 403, nil, 99, outcome{1, nil, "read the role mode: not allowed: HTTP 403: trouble"}},
		{"a read after 429", false, 429, http.Header{"Retry-After": {"7"}}, 1, outcome{2, []time.Duration{7 * time.Second}, ""}},
		{"a read after 429 with a date", false, 429, http.Header{"Retry-After": {"Sun, 22 Nov 2026 12:00:40 GMT"}}, 1, outcome{2, []time.Duration{40 * time.Second}, ""}},
		{"a read after 429 without a time", false, 429, nil, 1, outcome{2, []time.Duration{250 * ms}, ""}},
		{"a read after 429 with a past date", false, 429, http.Header{"Retry-After": {"Sun, 22 Nov 2020 12:00:40 GMT"}}, 1, outcome{2, []time.Duration{250 * ms}, ""}},
		{"a read after 429 with nonsense", false, 429, http.Header{"Retry-After": {"-3"}}, 1, outcome{2, []time.Duration{250 * ms}, ""}},
		{"a read that must wait too long", false, 429, http.Header{"Retry-After": {"99999999999"}}, 1, outcome{1, nil, "read the role mode: too many requests: HTTP 429: trouble (it asks to wait 298261h37m4s)"}},
		{"a read after 503 with a time", false, 503, http.Header{"Retry-After": {"3"}}, 1, outcome{2, []time.Duration{3 * time.Second}, ""}},
		{"a write after 429", true, 429, http.Header{"Retry-After": {"7"}}, 2, outcome{3, []time.Duration{7 * time.Second, 7 * time.Second}, ""}},
		{"a write after 500", true, 500, nil, 99, outcome{1, nil, "+ exists group:a: no clear answer: HTTP 500: trouble"}},
		{"a write after 503 with a time", true, 503, http.Header{"Retry-After": {"3"}}, 99, outcome{1, nil, "+ exists group:a: no clear answer: HTTP 503: trouble"}},
		{"a write after a lost connection", true, 0, nil, 99, outcome{1, nil, "+ exists group:a: no clear answer: lost"}},
		{"a write after 409", true, 409, nil, 99, outcome{1, nil, "+ exists group:a: conflict: HTTP 409: trouble"}},
		{"a write after 402", true, 402, nil, 99, outcome{1, nil, "+ exists group:a: not supported: HTTP 402: trouble"}},
		{"a write after 408", true, 408, nil, 99, outcome{1, nil, "+ exists group:a: no clear answer: HTTP 408: trouble"}},
		{"a write after 413", true, 413, nil, 99, outcome{1, nil, "+ exists group:a: refused: HTTP 413: trouble"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := emulator.New(emulator.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got outcome
			troubled := false
			cfg := config(e, roundTripper(func(r *http.Request) (*http.Response, error) {
				hit := troubled && (c.write && isWrite(r) || !c.write && strings.HasSuffix(r.URL.Path, "/space-role-mode"))
				if hit {
					got.sent++
				}
				switch {
				case !hit || got.sent > c.times:
					return e.Transport().RoundTrip(r)
				case c.status == 0:
					return nil, errors.New("lost")
				}
				resp := reply(r, c.status, "application/json", `{"message":"trouble"}`)
				for k, v := range c.header {
					resp.Header[k] = v
				}
				return resp, nil
			}))
			cfg.Clock = func() time.Time { return now }
			cfg.Concurrency = 1
			cfg.Wait = func(_ context.Context, d time.Duration) error {
				got.waits = append(got.waits, d)
				return nil
			}
			s := newSite(t, cfg)
			if _, err := s.Observe(t.Context()); err != nil {
				t.Fatal(err)
			}
			troubled = true
			if c.write {
				err = s.Do(t.Context(), add("exists group:a"))
			} else {
				_, err = s.Observe(t.Context())
			}
			if err != nil {
				got.err = err.Error()
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(outcome{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAcceptedWithoutAnAnswer: a write that was accepted, and whose answer
// makes no sense, has an unknown outcome.
func TestAcceptedWithoutAnAnswer(t *testing.T) {
	for _, body := range []string{"", "<html>", "null", "{}", `{"id":`, `[]`} {
		_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := next.RoundTrip(r)
				if err == nil && isWrite(r) {
					return reply(r, resp.StatusCode, "application/json", body), nil
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

func TestLargeAnswer(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/space-role-mode") {
				return reply(r, 200, "application/json", `{"mode":"ROLES","x":"`+strings.Repeat("x", 33<<20)+`"}`), nil
			}
			return next.RoundTrip(r)
		})
	})
	if _, err := s.Observe(t.Context()); !site.Is(err, site.Invalid) || !strings.Contains(err.Error(), "larger than 32 MiB") {
		t.Errorf("got %v", err)
	}
}

// TestSecrets looks for the token in everything that the driver says.
func TestSecrets(t *testing.T) {
	const canary = `s3cr3t/+"<canary>&=`
	spellings := func(text string) []string {
		quoted, _ := json.Marshal(text)
		return []string{
			text, url.QueryEscape(text), url.PathEscape(text), strings.Trim(string(quoted), `"`),
			base64.StdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)),
			hex.EncodeToString([]byte(text)),
		}
	}
	said := func(t *testing.T, text string) {
		t.Helper()
		for _, secret := range []string{canary, "weir@acme.example:" + canary, canary + "-key"} {
			for _, spelling := range spellings(secret) {
				if strings.Contains(text, spelling) {
					t.Errorf("%q shows in %q", spelling, text)
				}
			}
		}
	}
	token := cloud.NewSecret(canary)
	cfg := cloud.Config{
		Confluence: "https://site.embedded.invalid/wiki", Admin: "https://site.embedded.invalid/admin", Users: "https://site.embedded.invalid/users",
		Email: "weir@acme.example", Token: token, OrgKey: cloud.NewSecret(canary + "-key"),
		Wait: func(context.Context, time.Duration) error { return nil },
	}
	t.Run("printed", func(t *testing.T) {
		holder := struct{ inner cloud.Config }{cfg}
		for _, v := range []any{token, &token, cfg, &cfg, holder} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				said(t, fmt.Sprintf(verb, v))
			}
		}
		data, err := json.Marshal(map[string]any{"token": token})
		if err != nil {
			t.Fatal(err)
		}
		said(t, string(data))
		var b strings.Builder
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "token", token)
		said(t, b.String())
	})
	t.Run("in errors", func(t *testing.T) {
		for _, status := range []int{0, 200, 400, 401, 403, 404, 409, 429, 500} {
			for i := range spellings(canary) {
				cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					user, pass, _ := r.BasicAuth()
					echo := strings.Join([]string{
						spellings(pass)[i], spellings(user + ":" + pass)[i], r.Header.Get("Authorization"), spellings(canary + "-key")[i],
					}, " ")
					if status == 0 {
						return nil, errors.New("cannot connect with " + echo)
					}
					body, err := json.Marshal(map[string]any{"message": echo, "mode": 7, "errors": []any{map[string]any{"title": echo, "detail": echo}}})
					if err != nil {
						return nil, err
					}
					return reply(r, status, "application/json", string(body)), nil
				})
				_, err := newSite(t, cfg).Observe(t.Context())
				if err == nil {
					t.Fatal("no error")
				}
				for ; err != nil; err = errors.Unwrap(err) {
					var trouble *site.Error
					if errors.As(err, &trouble) {
						said(t, trouble.Error())
					}
				}
			}
		}
	})
	t.Run("each door has its own", func(t *testing.T) {
		e, _ := embedded(t, emulator.Options{}, nil)
		creds := e.Credentials()
		s := open(t, e, roundTripper(func(r *http.Request) (*http.Response, error) {
			auth := r.Header.Get("Authorization")
			wiki := strings.HasPrefix(r.URL.Path, "/wiki/")
			if strings.Contains(auth, creds.OrgKey) == wiki || strings.HasPrefix(auth, "Basic ") != wiki {
				t.Errorf("the wrong credential goes to %s", r.URL.Path)
			}
			return e.Transport().RoundTrip(r)
		}))
		if _, err := s.Observe(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestConcurrency: no more requests are in flight than were allowed.
func TestConcurrency(t *testing.T) {
	e := wide(t)
	var mu sync.Mutex
	now, most := 0, 0
	cfg := config(e, roundTripper(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		defer func() { mu.Lock(); now--; mu.Unlock() }()
		return e.Transport().RoundTrip(r)
	}))
	cfg.Concurrency = 3
	s := newSite(t, cfg)
	obs, err := s.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if most > 3 {
		t.Errorf("%d requests at once", most)
	}
	// People, groups through both doors, spaces and archived ones, space roles,
	// the permissions, and one a space, of which one has two pages.
	lists := 3 + 2 + 3 + (2 + 1) + 1 + 1 + 261 + 1
	// Before and after, who weir is; the role mode; and once where the site lies.
	if want := lists + 2 + 1 + 4; obs.Requests != want {
		t.Errorf("%d requests, want %d", obs.Requests, want)
	}
	if obs, err = s.Observe(t.Context()); err != nil || obs.Requests != lists+2+1 {
		t.Errorf("%d requests the second time (%v), want %d", obs.Requests, err, lists+2+1)
	}
}

func TestCancelled(t *testing.T) {
	_, s := embedded(t, emulator.Options{}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Observe(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := s.Do(ctx, add("exists group:a")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
