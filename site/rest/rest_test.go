package rest_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// The surfaces and endpoints of the tests.
var (
	things    = rest.Endpoint{Surface: 0, Method: "GET", Path: "/things", Op: "read the things"}
	lookUp    = rest.Endpoint{Surface: 1, Method: "POST", Path: "/search", Op: "look for things"}
	thing     = rest.Endpoint{Surface: 0, Method: "GET", Path: "/things/{}", Op: "read a thing"}
	makeThing = rest.Endpoint{Surface: 0, Method: "POST", Path: "/things", Op: "make a thing"}
	setThing  = rest.Endpoint{Surface: 0, Method: "PUT", Path: "/things/{}", Op: "change a thing"}
	delThing  = rest.Endpoint{Surface: 1, Method: "DELETE", Path: "/things/{}", Op: "delete a thing"}
)

// roundTripper is a transport of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// reply makes an answer.
func reply(r *http.Request, status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: r,
		Header: http.Header{"Content-Type": {contentType}},
		Body:   io.NopCloser(strings.NewReader(body)),
	}
}

// object is any JSON object.
type object map[string]any

func (o *object) Check() error {
	if *o == nil {
		return errors.New("the answer is no object")
	}
	return nil
}

func parse(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := rest.ParseBase(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func config(t testing.TB, transport rest.Transport) rest.Config {
	return rest.Config{
		Surfaces: []rest.Surface{
			{Name: "Confluence", Base: parse(t, "https://site.example.invalid/wiki"), Auth: rest.Basic("weir@acme.example", rest.NewSecret("token"))},
			{Name: "the organisation", Base: parse(t, "https://org.example.invalid/admin/"), Auth: rest.Bearer(rest.NewSecret("key"))},
		},
		Reads:     []rest.Endpoint{things, lookUp, thing},
		Writes:    []rest.Endpoint{makeThing, setThing, delThing},
		Transport: transport,
		Wait:      func(context.Context, time.Duration) error { return nil },
		Jitter:    func() float64 { return 0 },
	}
}

func newClient(t testing.TB, c rest.Config) *rest.Client {
	t.Helper()
	client, err := rest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestNew(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*rest.Config)
		want   string
	}{
		"as it should be":      {func(*rest.Config) {}, ""},
		"no address":           {func(c *rest.Config) { c.Surfaces[0].Base = nil }, "address of Confluence is missing"},
		"an address made up":   {func(c *rest.Config) { c.Surfaces[0].Base = &url.URL{Scheme: "http", Host: "acme.example"} }, `address of Confluence: "http://acme.example" would send the token in the clear (use https)`},
		"no credential":        {func(c *rest.Config) { c.Surfaces[1].Auth = rest.Authorization{} }, "credential of the organisation: it is missing: weir must not read a site as nobody"},
		"nobody":               {func(c *rest.Config) { c.Surfaces[0].Auth = rest.Basic("", rest.NewSecret("x")) }, "credential of Confluence: it is missing: weir must not read a site as nobody"},
		"no password":          {func(c *rest.Config) { c.Surfaces[0].Auth = rest.Basic("ana", rest.Secret{}) }, "credential of Confluence: it is missing: weir must not read a site as nobody"},
		"a colon":              {func(c *rest.Config) { c.Surfaces[0].Auth = rest.Basic("a:b", rest.NewSecret("x")) }, "credential of Confluence: a user name holds no colon"},
		"a line break":         {func(c *rest.Config) { c.Surfaces[1].Auth = rest.Bearer(rest.NewSecret("x\n")) }, "credential of the organisation: it holds a control character (is a line break left at its end?)"},
		"no such surface":      {func(c *rest.Config) { c.Reads = []rest.Endpoint{{Surface: 2, Method: "GET", Path: "/x"}} }, `endpoint GET "/x" lies on no surface`},
		"a path out of itself": {func(c *rest.Config) { c.Writes = []rest.Endpoint{{Method: "GET", Path: ".evil.example/"}} }, `endpoint GET ".evil.example/" lies on no surface`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, nil)
			c.change(&cfg)
			got := ""
			if _, err := rest.New(cfg); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestRequest pins everything that a request says.
func TestRequest(t *testing.T) {
	type request struct {
		method, url, body string
		header            http.Header
	}
	var got request
	c := newClient(t, config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		got = request{method: r.Method, url: r.URL.String(), header: r.Header}
		if r.Body != nil {
			data, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			got.body = string(data)
		}
		return reply(r, 200, "application/json", "{}"), nil
	})))
	err := c.Write(t.Context(), rest.Call{
		To: setThing, Args: []string{`a/../b?\ü%2f`}, Query: url.Values{"q": {"a&b"}}, Body: map[string]int{"n": 1},
		Header: rest.Header{Name: "atl-confluence-with-admin-key", Value: "true"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := request{
		"PUT", "https://site.example.invalid/wiki/things/a%2F..%2Fb%3F%5C%C3%BC%252f?q=a%26b", `{"n":1}`,
		http.Header{
			"Accept": {"application/json"}, "User-Agent": {"weir"}, "Content-Type": {"application/json"},
			"Authorization":                 {"Basic " + base64.StdEncoding.EncodeToString([]byte("weir@acme.example:token"))},
			"Atl-Confluence-With-Admin-Key": {"true"},
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Error(diff)
	}
	if err := c.Write(t.Context(), rest.Call{To: delThing, Args: []string{"7"}}, nil); err != nil {
		t.Fatal(err)
	}
	want = request{"DELETE", "https://org.example.invalid/admin/things/7", "", http.Header{
		"Accept": {"application/json"}, "User-Agent": {"weir"}, "Authorization": {"Bearer key"},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Error(diff)
	}
}

// TestNothingSent: what must not be sent is refused before it is.
func TestNothingSent(t *testing.T) {
	cfg := config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("%s %s", r.Method, r.URL)
		return nil, errors.New("sent")
	}))
	c := newClient(t, cfg)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	other := things
	other.Path = "/others"
	for name, x := range map[string]struct {
		err  error
		want site.Kind
	}{
		"a write as a read":    {c.Read(t.Context(), rest.Call{To: makeThing}, nil), site.Unsupported},
		"a read as a write":    {c.Write(t.Context(), rest.Call{To: things}, nil), site.Unsupported},
		"no such read":         {c.Read(t.Context(), rest.Call{To: other}, nil), site.Unsupported},
		"a read-only client":   {c.ReadOnly().Write(t.Context(), rest.Call{To: makeThing}, nil), site.Unsupported},
		"no id":                {c.Read(t.Context(), rest.Call{To: thing}, nil), site.Invalid},
		"an empty id":          {c.Read(t.Context(), rest.Call{To: thing, Args: []string{""}}, nil), site.Invalid},
		"an id that leads up":  {c.Write(t.Context(), rest.Call{To: setThing, Args: []string{".."}}, nil), site.Invalid},
		"another's header":     {c.Write(t.Context(), rest.Call{To: makeThing, Header: rest.Header{Name: "idempotency-key", Value: "x"}}, nil), site.Invalid},
		"a credential of ours": {c.Write(t.Context(), rest.Call{To: makeThing, Header: rest.Header{Name: "Authorization", Value: "x"}}, nil), site.Invalid},
		"a body that is none":  {c.Write(t.Context(), rest.Call{To: makeThing, Body: func() {}}, nil), site.Invalid},
		"a read too late":      {c.Read(cancelled, rest.Call{To: things}, nil), site.Transient},
		"a write too late":     {c.Write(cancelled, rest.Call{To: makeThing}, nil), site.Transient},
	} {
		if !site.Is(x.err, x.want) {
			t.Errorf("%s: %v, want %s", name, x.err, x.want)
		}
	}
	if err := c.Read(cancelled, rest.Call{To: things}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if c.Sent() != 0 {
		t.Errorf("%d sent", c.Sent())
	}
}

// TestRedirects: no verb follows one, whatever the status.
func TestRedirects(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		sent := 0
		c := newClient(t, config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			sent++
			if !strings.HasSuffix(r.URL.Host, ".example.invalid") {
				t.Errorf("%d: %s", status, r.URL)
			}
			resp := reply(r, status, "text/html", "")
			resp.Header.Set("Location", "https://elsewhere.example/wiki/")
			return resp, nil
		})))
		for i, err := range []error{
			c.Read(t.Context(), rest.Call{To: things}, &object{}),
			c.Read(t.Context(), rest.Call{To: lookUp, Body: object{}}, &object{}),
			c.Write(t.Context(), rest.Call{To: makeThing}, nil),
			c.Write(t.Context(), rest.Call{To: setThing, Args: []string{"1"}}, nil),
			c.Write(t.Context(), rest.Call{To: delThing, Args: []string{"1"}}, nil),
		} {
			if !site.Is(err, site.Invalid) || !strings.Contains(err.Error(), "redirect") || sent != 5 {
				t.Errorf("%d, %d: %v, %d sent", status, i, err, sent)
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
	const ms = time.Millisecond
	all := []time.Duration{250 * ms, 500 * ms, time.Second, 2 * time.Second}
	lost := errors.New("lost")
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	proxy := &net.OpError{Op: "proxyconnect", Net: "tcp", Err: refused}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	for _, c := range []struct {
		name   string
		write  bool
		status int
		lost   error
		after  string
		times  int // how often the trouble comes
		want   outcome
	}{
		{"a read after 503", false, 503, nil, "", 2, outcome{3, all[:2], ""}},
		{"a read after 408", false, 408, nil, "", 1, outcome{2, all[:1], ""}},
		{"a read after lost connections", false, 0, lost, "", 2, outcome{3, all[:2], ""}},
		{"a read that finds nobody", false, 0, refused, "", 2, outcome{3, all[:2], ""}},
		{"a read that never succeeds", false, 500, nil, "", 99, outcome{5, all, "test: no clear answer: HTTP 500: trouble"}},
		{"a read after 400", false, 400, nil, "", 99, outcome{1, nil, "test: refused: HTTP 400: trouble"}},
		{"a read after 401", false, 401, nil, "", 99, outcome{1, nil, "test: not allowed: HTTP 401: trouble"}},
		{"a read after 403", false, 403, nil, "", 99, outcome{1, nil, "test: not allowed: HTTP 403: trouble"}},
		{"a read after 404", false, 404, nil, "", 99, outcome{1, nil, "test: not found: HTTP 404: trouble"}},
		{"a read after 501", false, 501, nil, "", 99, outcome{1, nil, "test: not supported: HTTP 501: trouble"}},
		{"a read after 429", false, 429, nil, "7", 1, outcome{2, []time.Duration{7 * time.Second}, ""}},
		{"a read after 429 with a date", false, 429, nil, "Sun, 22 Nov 2026 12:00:40 GMT", 1, outcome{2, []time.Duration{40 * time.Second}, ""}},
		{"a read after 429 without a time", false, 429, nil, "", 1, outcome{2, all[:1], ""}},
		{"a read after 429 with a past date", false, 429, nil, "Sun, 22 Nov 2020 12:00:40 GMT", 1, outcome{2, all[:1], ""}},
		{"a read after 429 with nonsense", false, 429, nil, "-3", 1, outcome{2, all[:1], ""}},
		{"a read that must wait too long", false, 429, nil, "99999999999", 1, outcome{1, nil, "test: too many requests: HTTP 429: trouble (it asks to wait 298261h37m4s)"}},
		{"a read after 503 with a time", false, 503, nil, "3", 1, outcome{2, []time.Duration{3 * time.Second}, ""}},
		{"a write after 429", true, 429, nil, "7", 2, outcome{3, []time.Duration{7 * time.Second, 7 * time.Second}, ""}},
		{"a write that must wait too long", true, 429, nil, "121", 1, outcome{1, nil, "test: too many requests: HTTP 429: trouble (it asks to wait 2m1s)"}},
		{"a write after 500", true, 500, nil, "", 99, outcome{1, nil, "test: no clear answer: HTTP 500: trouble"}},
		{"a write after 502", true, 502, nil, "", 99, outcome{1, nil, "test: no clear answer: HTTP 502: trouble"}},
		{"a write after 503 with a time", true, 503, nil, "3", 99, outcome{1, nil, "test: no clear answer: HTTP 503: trouble"}},
		{"a write after 504", true, 504, nil, "", 99, outcome{1, nil, "test: no clear answer: HTTP 504: trouble"}},
		{"a write after a lost connection", true, 0, lost, "", 99, outcome{1, nil, "test: no clear answer: lost"}},
		{"a write after a reset", true, 0, reset, "", 99, outcome{1, nil, "test: no clear answer: read tcp: connection reset by peer"}},
		{"a write that finds nobody for a while", true, 0, refused, "", 2, outcome{3, all[:2], ""}},
		{"a write that finds no proxy", true, 0, proxy, "", 1, outcome{2, all[:1], ""}},
		{"a write that never finds anybody", true, 0, refused, "", 99, outcome{5, all, "test: no clear answer: dial tcp: connection refused"}},
		{"a write after 409", true, 409, nil, "", 99, outcome{1, nil, "test: conflict: HTTP 409: trouble"}},
		{"a write after 402", true, 402, nil, "", 99, outcome{1, nil, "test: not supported: HTTP 402: trouble"}},
		{"a write after 408", true, 408, nil, "", 99, outcome{1, nil, "test: no clear answer: HTTP 408: trouble"}},
		{"a write after 413", true, 413, nil, "", 99, outcome{1, nil, "test: refused: HTTP 413: trouble"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got outcome
			cfg := config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				got.sent++
				switch {
				case got.sent > c.times:
					return reply(r, 200, "application/json", "{}"), nil
				case c.lost != nil:
					return nil, c.lost
				}
				resp := reply(r, c.status, "application/json", `{"message":"trouble"}`)
				if c.after != "" {
					resp.Header.Set("Retry-After", c.after)
				}
				return resp, nil
			}))
			cfg.Clock = func() time.Time { return now }
			cfg.Wait = func(_ context.Context, d time.Duration) error {
				got.waits = append(got.waits, d)
				return nil
			}
			client, err := newClient(t, cfg), error(nil)
			if c.write {
				err = client.Write(t.Context(), rest.Call{To: makeThing, Op: "test"}, &object{})
			} else {
				err = client.Read(t.Context(), rest.Call{To: things, Op: "test"}, &object{})
			}
			if err != nil {
				got.err = err.Error()
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(outcome{})); diff != "" {
				t.Error(diff)
			}
			if client.Sent() != got.sent {
				t.Errorf("it counts %d", client.Sent())
			}
			if c.lost == nil && err != nil && rest.Status(err) != c.status {
				t.Errorf("the status is %d", rest.Status(err))
			}
		})
	}
}

// TestInterrupted: whoever stops a wait hears what it was about.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(t, roundTripper(func(r *http.Request) (*http.Response, error) { return reply(r, 503, "", ""), nil }))
	cfg.Wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	err := newClient(t, cfg).Read(ctx, rest.Call{To: things}, &object{})
	if !errors.Is(err, context.Canceled) || rest.Status(err) != 503 {
		t.Errorf("got %v", err)
	}
}

// TestTrace: a trace tells where and how long, and nothing of what; the means
// are kept.
func TestTrace(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	took := []time.Duration{100 * time.Millisecond, time.Hour, 300 * time.Millisecond}
	var got []rest.Sent
	cfg := config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		n := len(got)
		now = now.Add(took[n])
		if n == 1 {
			return nil, errors.New("lost")
		}
		return reply(r, 200, "application/json", "{}"), nil
	}))
	cfg.Clock = func() time.Time { return now }
	cfg.Trace = func(s rest.Sent) { got = append(got, s) }
	c := newClient(t, cfg)
	if c.Latency() != 0 {
		t.Errorf("latency %s of nothing", c.Latency())
	}
	announce := func() error {
		c.Announce(4)
		c.Announce(5)
		return nil
	}
	for _, err := range []error{
		c.Read(t.Context(), rest.Call{To: thing, Args: []string{"a b"}, Query: url.Values{"email": {"ana@acme.example"}}}, &object{}),
		announce(),
		c.ReadOnly().Read(t.Context(), rest.Call{To: lookUp}, &object{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []rest.Sent{
		{Method: "GET", Surface: "Confluence", Path: "/wiki/things/a%20b", Status: 200, Took: took[0], Number: 1},
		{Method: "POST", Surface: "the organisation", Path: "/admin/search", Status: 0, Took: took[1], Number: 2, Of: 10},
		{Method: "POST", Surface: "the organisation", Path: "/admin/search", Status: 200, Took: took[2], Number: 3, Of: 10},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Sent() != 3 || c.Latency() != 200*time.Millisecond {
		t.Errorf("%d sent, %s", c.Sent(), c.Latency())
	}
}

// TestSecrets looks for the credentials in everything that the client says.
func TestSecrets(t *testing.T) {
	const canary = `s3cr3t/+"<canary>&=`
	spellings := func(text string) []string {
		quoted, _ := json.Marshal(text)
		return []string{
			text, url.QueryEscape(text), url.PathEscape(text), strings.Trim(string(quoted), `"`),
			base64.StdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)),
			hex.EncodeToString([]byte(text)), strings.ToUpper(hex.EncodeToString([]byte(text))),
		}
	}
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"}
	said := func(t *testing.T, text string) {
		t.Helper()
		for _, secret := range []string{canary, "weir@acme.example:" + canary, canary + "-key", "-key"} {
			for _, spelling := range spellings(secret) {
				if strings.Contains(text, spelling) {
					t.Errorf("%q shows in %q", spelling, text)
				}
			}
		}
	}
	shown := func(t *testing.T, v any) {
		t.Helper()
		for _, verb := range verbs {
			said(t, fmt.Sprintf(verb, v))
		}
		if data, err := json.Marshal(map[string]any{"x": v}); err == nil {
			said(t, string(data))
		}
		var b strings.Builder
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
		said(t, b.String())
	}
	cfg := config(t, nil)
	token := rest.NewSecret(canary)
	cfg.Surfaces[0].Auth = rest.Basic("weir@acme.example", token)
	cfg.Surfaces[1].Auth = rest.Bearer(rest.NewSecret(canary + "-key"))
	t.Run("printed", func(t *testing.T) {
		holder := struct{ inner rest.Surface }{cfg.Surfaces[0]}
		c := newClient(t, cfg)
		for _, v := range []any{token, &token, cfg.Surfaces, holder, cfg.Surfaces[1].Auth, c, *c} {
			shown(t, v)
		}
	})
	t.Run("in errors", func(t *testing.T) {
		for _, status := range []int{0, 1, 200, 400, 401, 403, 404, 409, 429, 500} {
			for i := range spellings(canary) {
				cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					echo := strings.Join([]string{
						spellings(canary)[i], spellings("weir@acme.example:" + canary)[i], r.Header.Get("Authorization"), spellings(canary + "-key")[i],
					}, " ")
					switch status {
					case 0:
						return nil, errors.New("cannot connect with " + echo)
					case 1:
						return nil, &net.OpError{Op: "dial", Err: net.UnknownNetworkError(echo)} // its value is its text
					}
					body, err := json.Marshal(map[string]any{"message": echo, "results": echo, "errors": []any{map[string]any{"title": echo, "detail": echo}}})
					if err != nil {
						return nil, err
					}
					return reply(r, status, "application/json", string(body)), nil
				})
				c := newClient(t, cfg)
				_, listErr := rest.ByLink(t.Context(), c, rest.Call{To: things}, 10, func(s string) string { return s })
				for _, err := range []error{listErr, c.Write(t.Context(), rest.Call{To: delThing, Args: []string{"1"}}, nil)} {
					for ; err != nil; err = errors.Unwrap(err) {
						shown(t, err)
					}
				}
			}
		}
	})
	t.Run("a long one is not cut in half", func(t *testing.T) {
		cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			return reply(r, 400, "application/json", `{"message":"`+strings.Repeat("x", 290)+strings.Trim(fmt.Sprintf("%q", canary), `"`)+`"}`), nil
		})
		err := newClient(t, cfg).Write(t.Context(), rest.Call{To: makeThing}, nil)
		if strings.Contains(err.Error(), "s3c") {
			t.Errorf("got %v", err)
		}
	})
}

func TestUnseen(t *testing.T) {
	for kind := site.Transient; kind <= site.Locked; kind++ {
		reason, hidden := rest.Unseen(fmt.Errorf("more: %w", rest.Fail(kind, rest.Call{Op: "x"}, errors.New("because"))))
		if want := kind == site.NotFound || kind == site.Forbidden; hidden != want || hidden && reason != "because" {
			t.Errorf("%s: %q, %v", kind, reason, hidden)
		}
	}
	if _, hidden := rest.Unseen(errors.New("x")); hidden {
		t.Error("trouble of another kind hides nothing")
	}
	if err := rest.Uncertain(rest.Fail(site.Forbidden, rest.Call{}, nil)); !site.Is(err, site.Transient) {
		t.Errorf("got %v", err)
	}
}

// TestEach: the first error stops the rest, and no more run at once than may.
func TestEach(t *testing.T) {
	boom := errors.New("boom")
	sem := make(chan struct{}, 3)
	done := make([]bool, 100)
	items := make([]int, len(done))
	if err := rest.Each(t.Context(), 3, items, func(_ context.Context, i, _ int) error {
		select {
		case sem <- struct{}{}:
		default:
			t.Error("too many at once")
		}
		done[i] = true
		<-sem
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, ok := range done {
		if !ok {
			t.Errorf("%d was left out", i)
		}
	}
	n := 0
	if err := rest.Each(t.Context(), 1, items, func(context.Context, int, int) error { n++; return boom }); err != boom || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
	err := rest.Together(t.Context(),
		func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		func(context.Context) error { return boom },
	)
	if err != boom {
		t.Errorf("got %v", err)
	}
}
