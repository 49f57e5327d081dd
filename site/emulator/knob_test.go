package emulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

// clock is a clock that tests set, and that waiting moves on.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Wait(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// turned opens the small site and turns the knobs, as they are in a file.
func turned(t testing.TB, knobs string) (*fixture, *clock) {
	t.Helper()
	c := &clock{now: start}
	f := open(t, emulator.Options{Clock: c.Now, Wait: c.Wait, Edit: func(a emulator.Admin, lines []string) {
		for _, line := range lines {
			who, group, _ := strings.Cut(line, " leaves ")
			if err := a.RemoveMember(group, who); err != nil {
				t.Error(err)
			}
		}
	}})
	small(f)
	k, err := emulator.ParseKnobs([]byte(knobs))
	f.must(err)
	f.must(f.em.SetKnobs(k))
	return f, c
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the connection
}

func (f *fixture) reply(method, path string, body any) reply {
	f.Helper()
	res, err := f.em.Transport().RoundTrip(f.request(method, path, body))
	if err != nil {
		return reply{err: err}
	}
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(text), err}
}

// reply takes the step.
func (s step) reply(f *fixture) reply {
	f.Helper()
	var body any
	if s.body != nil {
		body = s.body(f)
	}
	return f.reply(s.method, s.path(f), body)
}

// json decodes the body, which must be JSON.
func (r reply) json(f *fixture) m {
	f.Helper()
	var out m
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		f.Fatalf("%v in %.200s", err, r.body)
	}
	return out
}

// statuses sends a request so many times.
func (f *fixture) statuses(n int, method, path string, body any) []int {
	f.Helper()
	var out []int
	for range n {
		out = append(out, f.reply(method, path, body).status)
	}
	return out
}

const (
	groupsPath = "/wiki/rest/api/group"
	spacesPath = "/wiki/api/v2/spaces"
	modePath   = "/wiki/api/v2/space-role-mode"
)

func (f *fixture) groupNames() []string {
	var out []string
	for _, g := range f.em.Dump().Groups {
		out = append(out, g.Name)
	}
	return out
}

func TestZeroKnobsChangeNothing(t *testing.T) {
	for name, knobs := range map[string]string{
		"none":      `{}`,
		"elsewhere": `{"seed":3,"rules":[{"path":"/nowhere/**","fail":{"status":500}}]}`,
		"not yet":   `{"rules":[{"from":1000000,"refuse":403}]}`,
		"never":     `{"rules":[{"chance":1e-300,"timeout":{}}]}`,
		"no effect": `{"rules":[{"latency":{}},{"omit":["nobody"]},{"uninvited":["nobody@x.y"]},{"page_cap":200},{"next":"jumped","path":"/x"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range operations() {
				plain, _ := turned(t, `{}`)
				f, _ := turned(t, knobs)
				got, want := s.reply(f), s.reply(plain)
				if got.status != want.status || got.body != want.body {
					t.Errorf("%s: %d %s, want %d %s", s.name, got.status, got.body, want.status, want.body)
				}
			}
		})
	}
}

func TestKnobSelection(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		want       []int // of six requests
	}{
		{"all", ``, []int{403, 403, 403, 403, 403, 403}},
		{"from", `"from":3,`, []int{200, 200, 403, 403, 403, 403}},
		{"count", `"count":2,`, []int{403, 403, 200, 200, 200, 200}},
		{"from and count", `"from":2,"count":3,`, []int{200, 403, 403, 403, 200, 200}},
		{"every", `"every":3,`, []int{200, 200, 403, 200, 200, 403}},
		{"from, count and every", `"from":2,"count":4,"every":2,`, []int{200, 200, 403, 200, 403, 200}},
		{"method", `"methods":["POST"],`, []int{200, 200, 200, 200, 200, 200}},
		{"path", `"path":"/wiki/api/v2/space-role-mode",`, []int{403, 403, 403, 403, 403, 403}},
		{"segment", `"path":"/wiki/*/v2/*",`, []int{403, 403, 403, 403, 403, 403}},
		{"segments are whole", `"path":"/wiki/*/space-role-mode",`, []int{200, 200, 200, 200, 200, 200}},
		{"rest", `"path":"/wiki/api/**",`, []int{403, 403, 403, 403, 403, 403}},
		{"another rest", `"path":"/wiki/rest/**",`, []int{200, 200, 200, 200, 200, 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := turned(t, `{"rules":[{`+c.rule+`"refuse":403}]}`)
			if got := f.statuses(6, "GET", modePath, nil); !slices.Equal(got, c.want) {
				t.Errorf("statuses %v, want %v", got, c.want)
			}
		})
	}
}

func TestKnobPathsAreNotDodged(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"path":"/wiki/api/v2/space-role-mode","refuse":403}]}`)
	if got := f.reply("GET", "/wiki/api/v2/space-role%2Dmode", nil).status; got != 403 {
		t.Errorf("an escaped path: status %d", got)
	}
}

func TestKnobChanceFollowsTheSeed(t *testing.T) {
	run := func(seed int) []int {
		f, _ := turned(t, fmt.Sprintf(`{"seed":%d,"rules":[{"chance":0.5,"refuse":404}]}`, seed))
		return f.statuses(200, "GET", modePath, nil)
	}
	first := run(1)
	if !slices.Equal(first, run(1)) {
		t.Error("the same seed gives other faults")
	}
	if slices.Equal(first, run(2)) {
		t.Error("another seed gives the same faults")
	}
	failed := 0
	for _, s := range first {
		if s == 404 {
			failed++
		}
	}
	if failed < 60 || failed > 140 {
		t.Errorf("%d of 200 failed, with a chance of one half", failed)
	}
}

func TestParseKnobsRefuses(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{"rulez":[]}`, `{} {}`, `{"rules":[{}]}`, `{"rules":[{"refuse":403,"twice":true}]}`,
		`{"rules":[{"refuse":200}]}`, `{"rules":[{"fail":{}}]}`, `{"rules":[{"fail":{"status":404}}]}`,
		`{"rules":[{"fail":{"status":500,"effect":"maybe"}}]}`, `{"rules":[{"fail":{"status":500,"late":"1s"}}]}`,
		`{"rules":[{"fail":{"status":500,"effect":"late"}}]}`, `{"rules":[{"timeout":{"after":-1}}]}`,
		`{"rules":[{"latency":{"time":"-1s"}}]}`, `{"rules":[{"latency":{"time":"soon"}}]}`,
		`{"rules":[{"rate_limit":{"limit":5}}]}`, `{"rules":[{"rate_limit":{"per":"1s"}}]}`, `{"rules":[{"rate_limit":{"retry_after":"date"}}]}`,
		`{"rules":[{"body":"odd"}]}`, `{"rules":[{"caller":"me"}]}`, `{"rules":[{"next":"lost"}]}`, `{"rules":[{"rows":"mixed"}]}`,
		`{"rules":[{"task":"slow"}]}`, `{"rules":[{"stale":{}}]}`, `{"rules":[{"stale":{"requests":1,"for":"1s"}}]}`, `{"rules":[{"page_cap":-1}]}`,
		`{"rules":[{"chance":2,"refuse":403}]}`, `{"rules":[{"every":-1,"refuse":403}]}`, `{"rules":[{"path":"wiki","refuse":403}]}`,
		`{"rules":[{"path":"/**/x","refuse":403}]}`, `{"rules":[{"reset":{"bytes":-1}}]}`, `{"rules":[{"redirect":":"}]}`,
		`{"edits":[{"before":0,"lines":["x"]}]}`, `{"edits":[{"before":1}]}`, `{"seed":-1}`, `{"seed":"one"}`,
	} {
		if k, err := emulator.ParseKnobs([]byte(text)); err == nil {
			t.Errorf("%s is read as %+v", text, k)
		}
	}
	k, err := emulator.ParseKnobs([]byte(`{"edits":[{"before":1,"lines":["x"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := emulator.New(emulator.Options{Knobs: k}); err == nil {
		t.Error("edits that nobody can do are accepted")
	}
}

func TestKnobsAreWrittenAsTheyAreRead(t *testing.T) {
	text := `{"seed":7,"rules":[{"path":"/wiki/**","chance":0.5,"latency":{"time":"1.5s","spread":"250ms"}},{"stale":{"for":"2m0s","index":true}}],"edits":[{"before":3,"lines":["- x"]}]}`
	k, err := emulator.ParseKnobs([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := json.Marshal(k); err != nil || string(out) != text {
		t.Errorf("%s, %v", out, err)
	}
}

func TestKnobLatency(t *testing.T) {
	f, c := turned(t, `{"rules":[{"latency":{"time":"2s"}},{"latency":{"spread":"1s"}}]}`)
	if got := f.reply("GET", modePath, nil).status; got != 200 {
		t.Errorf("status %d", got)
	}
	if took := c.now.Sub(start); took < 2*time.Second || took >= 3*time.Second {
		t.Errorf("it took %s", took)
	}
	// A client that gives up does not undo what was done.
	ctx, cancel := context.WithCancel(context.Background())
	f2 := open(t, emulator.Options{Wait: func(context.Context, time.Duration) error { cancel(); return context.Canceled }})
	f2.must(f2.em.SetKnobs(emulator.Knobs{Rules: []emulator.Rule{{Latency: &emulator.Latency{Time: 1}}}}))
	r := f2.request("POST", groupsPath, m{"name": "late"}).WithContext(ctx)
	if _, err := f2.em.Transport().RoundTrip(r); !errors.Is(err, context.Canceled) || !slices.Equal(f2.groupNames(), []string{"late"}) {
		t.Errorf("error %v, groups %v", err, f2.groupNames())
	}
}

func TestKnobRateLimit(t *testing.T) {
	for _, c := range []struct {
		name, limit string
		header      map[string]string // "" must be missing
	}{
		{"bare", `{}`, map[string]string{"Retry-After": "", "RateLimit-Reason": "", "X-RateLimit-Limit": ""}},
		{"seconds", `{"retry_after":"7","reason":"confluence-quota-tenant-based"}`, map[string]string{"Retry-After": "7", "RateLimit-Reason": "confluence-quota-tenant-based"}},
		{"the past", `{"retry_after":"-5"}`, map[string]string{"Retry-After": "-5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _ := turned(t, `{"rules":[{"rate_limit":`+c.limit+`}]}`)
			got := f.reply("POST", groupsPath, m{"name": "new"})
			if got.status != 429 || slices.Contains(f.groupNames(), "new") {
				t.Errorf("status %d, groups %v", got.status, f.groupNames())
			}
			for k, want := range c.header {
				if got.header.Get(k) != want {
					t.Errorf("%s is %q, want %q", k, got.header.Get(k), want)
				}
			}
		})
	}
	t.Run("organisation", func(t *testing.T) {
		f, _ := turned(t, `{"rules":[{"path":"/admin/**","rate_limit":{}}]}`)
		e := f.reply("GET", "/admin/v1/orgs", nil).json(f)["errors"].([]any)[0].(m)
		if e["code"] != "ADMIN-429-1" || e["status"] != "429" {
			t.Errorf("the error is %v", e)
		}
	})
	t.Run("bucket", func(t *testing.T) {
		f, c := turned(t, `{"rules":[{"rate_limit":{"limit":10,"per":"1m"}}]}`)
		for i := range 10 {
			got := f.reply("GET", modePath, nil)
			near := map[bool]string{true: "true"}[i == 8 || i == 9]
			if got.status != 200 || got.header.Get("X-RateLimit-Remaining") != fmt.Sprint(9-i) || got.header.Get("X-RateLimit-NearLimit") != near {
				t.Fatalf("request %d: status %d, headers %v", i+1, got.status, got.header)
			}
		}
		c.now = c.now.Add(20500 * time.Millisecond)
		got := f.reply("GET", modePath, nil)
		if got.status != 429 || got.header.Get("Retry-After") != "40" || got.header.Get("X-RateLimit-Reset") != "2026-03-01T09:01:00Z" {
			t.Errorf("status %d, headers %v", got.status, got.header)
		}
		c.now = c.now.Add(40 * time.Second)
		if got := f.reply("GET", modePath, nil).status; got != 200 {
			t.Errorf("in the next window: status %d", got)
		}
	})
	t.Run("date", func(t *testing.T) {
		f, _ := turned(t, `{"rules":[{"rate_limit":{"limit":1,"per":"1h","retry_after":"date"}}]}`)
		f.want(200, "GET", modePath, nil)
		if got := f.reply("GET", modePath, nil).header.Get("Retry-After"); got != "Sun, 01 Mar 2026 10:00:00 GMT" {
			t.Errorf("Retry-After is %q", got)
		}
	})
}

// TestKnobEffects: a failure may come before the effect, after it, or be
// followed by it.
func TestKnobEffects(t *testing.T) {
	for _, knob := range []string{`"fail":{"status":503%s}`, `"timeout":{"after":"30s"%s}`} {
		for effect, want := range map[string]bool{``: false, `,"effect":"none"`: false, `,"effect":"done"`: true} {
			f, c := turned(t, fmt.Sprintf(`{"rules":[{"count":1,`+knob+`}]}`, effect))
			got := f.reply("POST", groupsPath, m{"name": "new"})
			if timeout := (net.Error)(nil); got.err != nil && (!errors.As(got.err, &timeout) || !timeout.Timeout() || c.now.Sub(start) != 30*time.Second) ||
				got.err == nil && got.status != 503 {
				t.Errorf(knob+": %+v after %s", effect, got, c.now.Sub(start))
			}
			if slices.Contains(f.groupNames(), "new") != want {
				t.Errorf(knob+": groups %v", effect, f.groupNames())
			}
		}
		f, c := turned(t, fmt.Sprintf(`{"rules":[{"count":1,`+knob+`}]}`, `,"effect":"late","late":"2m"`))
		f.reply("POST", groupsPath, m{"name": "new"})
		f.want(200, "GET", modePath, nil)
		if slices.Contains(f.groupNames(), "new") {
			t.Errorf("%s: the effect was not late", knob)
		}
		c.now = start.Add(3 * time.Minute)
		f.want(200, "GET", modePath, nil)
		if !slices.Contains(f.groupNames(), "new") {
			t.Errorf("%s: the effect never came", knob)
		}
	}
}

func TestKnobFailShapes(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"count":1,"fail":{"status":500}},{"fail":{"status":504,"retry_after":"3"}}]}`)
	if e := f.reply("GET", "/admin/v1/orgs", nil).json(f)["errors"].([]any)[0].(m); e["code"] != "ADMIN-500-1" {
		t.Errorf("500 of the organisation is %v", e)
	}
	got := f.reply("GET", modePath, nil)
	if got.status != 504 || got.header.Get("Retry-After") != "3" || got.json(f)["code"] != 504.0 {
		t.Errorf("504 of the proxy is %+v", got)
	}
}

func TestKnobReset(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"methods":["GET"],"reset":{"bytes":10}},{"methods":["POST"],"reset":{}}]}`)
	if got := f.reply("GET", groupsPath, nil); len(got.body) != 10 || !errors.Is(got.err, syscall.ECONNRESET) {
		t.Errorf("%+v", got)
	}
	if got := f.reply("POST", groupsPath, m{"name": "new"}); got.err == nil || !slices.Contains(f.groupNames(), "new") {
		t.Errorf("%+v, groups %v", got, f.groupNames())
	}
	// Over a real connection too.
	srv := httptest.NewServer(f.em)
	defer srv.Close()
	r := f.request("GET", groupsPath, nil)
	r.URL.Host = strings.TrimPrefix(srv.URL, "http://")
	res, err := srv.Client().Do(r)
	f.must(err)
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); len(text) != 10 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	f.must(f.em.SetKnobs(emulator.Knobs{Rules: []emulator.Rule{{Timeout: &emulator.Timeout{After: 1}}}}))
	if res, err := srv.Client().Do(r); err == nil {
		res.Body.Close()
		t.Errorf("a lost request is answered with %d", res.StatusCode)
	}
}

func TestKnobTwice(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"methods":["POST"],"twice":true}]}`)
	if got := f.reply("POST", groupsPath, m{"name": "new"}); got.status != 400 || !slices.Contains(f.groupNames(), "new") {
		t.Errorf("%+v, groups %v", got, f.groupNames())
	}
}

func TestKnobUninvited(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"uninvited":["Gil@acme.example","di@acme.example"]}]}`)
	invite := func(emails ...any) reply {
		return f.reply("POST", orgV2("/users/invite")(f), m{
			"emails": emails, "permissionRules": []any{m{"resource": f.site(), "role": "atlassian/user"}}, "additionalGroups": []any{},
		})
	}
	var there []string
	listed := func() []string {
		there = nil
		for _, p := range f.em.Dump().People {
			there = append(there, p.Email)
		}
		return there
	}
	got := invite("new1@acme.example", "gil@acme.example", "new2@acme.example")
	if got.status != 206 || strings.Count(got.body, `"INVITED"`) != 2 || strings.Count(got.body, `"ERROR"`) != 1 || !slices.Contains(listed(), "new2@acme.example") || slices.Contains(there, "gil@acme.example") {
		t.Errorf("%d %s; there are %v", got.status, got.body, there)
	}
	if got := invite("di@acme.example"); got.status != 206 || strings.Contains(got.body, "INVITED") || slices.Contains(listed(), "di@acme.example") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := invite("new3@acme.example"); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestKnobBody(t *testing.T) {
	plain, _ := turned(t, `{}`)
	whole := plain.reply("GET", groupsPath+"?limit=2", nil)
	for body, check := range map[string]func(*testing.T, *fixture, reply){
		"html": func(t *testing.T, _ *fixture, got reply) {
			if !strings.Contains(got.body, "<html>") || got.header.Get("Content-Type") != "text/html;charset=UTF-8" {
				t.Errorf("%+v", got)
			}
		},
		"truncated": func(t *testing.T, _ *fixture, got reply) {
			if got.err != nil || got.body != whole.body[:len(whole.body)/2] {
				t.Errorf("%+v", got)
			}
		},
		"invalid": func(t *testing.T, _ *fixture, got reply) {
			if json.Valid([]byte(got.body)) || !strings.HasPrefix(got.body, whole.body) {
				t.Errorf("%+v", got)
			}
		},
		"deep": func(t *testing.T, _ *fixture, got reply) {
			if !strings.HasPrefix(got.body, strings.Repeat("[", 100_000)) || strings.Count(got.body, "]") != 100_000 {
				t.Errorf("%d bytes", len(got.body))
			}
		},
		"huge": func(t *testing.T, _ *fixture, got reply) {
			if len(got.body) != 32<<20 || strings.TrimSpace(got.body) != whole.body {
				t.Errorf("%d bytes", len(got.body))
			}
		},
		"empty": func(t *testing.T, _ *fixture, got reply) {
			if got.body != "" {
				t.Errorf("%+v", got)
			}
		},
		"no_rows": func(t *testing.T, f *fixture, got reply) {
			if b := got.json(f); len(b["results"].([]any)) != 0 || b["size"] != 0.0 || b["_links"].(m)["next"] != nil {
				t.Errorf("%+v", got)
			}
		},
		"unknown_fields": func(t *testing.T, f *fixture, got reply) {
			if row := got.json(f)["results"].([]any)[0].(m); row["name"] != "engineering" || row["somethingNew"] == nil {
				t.Errorf("%+v", row)
			}
		},
		"missing_fields": func(t *testing.T, f *fixture, got reply) {
			want := whole.json(f)["results"].([]any)[0].(m)
			if row := got.json(f)["results"].([]any)[0].(m); len(row) != len(want)-1 {
				t.Errorf("%+v", row)
			}
		},
	} {
		t.Run(body, func(t *testing.T) {
			f, _ := turned(t, `{"rules":[{"body":"`+body+`"}]}`)
			got := f.reply("GET", groupsPath+"?limit=2", nil)
			if got.status != 200 {
				t.Errorf("status %d", got.status)
			}
			check(t, f, got)
			// The effect is there all the same.
			f.reply("POST", groupsPath, m{"name": "new"})
			if !slices.Contains(f.groupNames(), "new") {
				t.Error("the request had no effect")
			}
		})
	}
}

func TestKnobRedirectAndRefuse(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"path":"/wiki/rest/**","redirect":"https://id.invalid/login"},{"refuse":404}]}`)
	if got := f.reply("POST", groupsPath, m{"name": "new"}); got.status != 302 || got.header.Get("Location") != "https://id.invalid/login" {
		t.Errorf("%+v", got)
	}
	if slices.Contains(f.groupNames(), "new") {
		t.Error("a redirected request had an effect")
	}
	if e := f.reply("GET", spacesPath, nil).json(f)["errors"].([]any)[0].(m); e["status"] != 404.0 || e["code"] != "NOT_FOUND" {
		t.Errorf("the error is %v", e)
	}
}

func TestKnobCaller(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"from":2,"caller":"expired"}]}`)
	if got := f.statuses(3, "GET", groupsPath, nil); !slices.Equal(got, []int{200, 401, 401}) {
		t.Errorf("statuses %v", got)
	}
	if got := f.statuses(1, "GET", "/admin/v1/orgs", nil); !slices.Equal(got, []int{401}) {
		t.Errorf("the organisation's key: statuses %v", got)
	}
}

// TestKnobAnonymous: the credentials are taken, and what comes back is what the
// public sees, which may be nothing at all.
func TestKnobAnonymous(t *testing.T) {
	const knob = `{"rules":[{"from":2,"caller":"anonymous"}]}`
	f, _ := turned(t, knob)
	if got := len(f.want(200, "GET", spacesPath, nil)["results"].([]any)); got != 2 {
		t.Errorf("%d spaces at first", got)
	}
	if got := len(f.want(200, "GET", spacesPath, nil)["results"].([]any)); got != 0 {
		t.Errorf("%d spaces without anonymous access", got)
	}
	if got := f.reply("POST", groupsPath, m{"name": "new"}).status; got != 401 {
		t.Errorf("a write: status %d", got)
	}
	if got := f.reply("GET", "/admin/v1/orgs", nil).status; got != 200 {
		t.Errorf("a key is not a person: status %d", got)
	}
	f, _ = turned(t, knob)
	f.must(f.em.Admin().GrantGlobal(emulator.Principal{Class: emulator.ClassAnonymous}, emulator.GlobalUse))
	f.must(f.em.Admin().AssignRole("OPS", emulator.Principal{Class: emulator.ClassAnonymous}, "Viewer"))
	f.want(200, "GET", spacesPath, nil)
	if got := texts(f.want(200, "GET", spacesPath, nil), "results", "key"); !slices.Equal(got, []string{"OPS"}) {
		t.Errorf("the public sees %v", got)
	}
}

// walks read all pages of lists in the product's three styles.
var walks = map[string]struct {
	path string
	all  int
	read func(*fixture, string) ([]string, error)
}{
	"v1": {groupsPath, 5, func(f *fixture, path string) ([]string, error) {
		return f.walk("GET", path+"?limit=2", "results", func(b m) string {
			next, _ := b["_links"].(m)["next"].(string)
			if strings.HasPrefix(next, "http") {
				return next
			}
			if next != "" {
				next = "/wiki" + next
			}
			return next
		})
	}},
	"v2": {"/wiki/api/v2/space-roles", 5, func(f *fixture, path string) ([]string, error) {
		return f.walk("GET", path+"?limit=2", "results", func(b m) string {
			next, _ := b["_links"].(m)["next"].(string)
			return next
		})
	}},
	"organisation": {"", 5, func(f *fixture, _ string) ([]string, error) {
		var out []string
		body := m{"limit": 2}
		for range 50 {
			got := f.reply("POST", f.orgGroups, body)
			if got.status != 200 {
				return out, fmt.Errorf("status %d", got.status)
			}
			b := got.json(f)
			out = append(out, texts(b, "data", "name")...)
			next, more := b["links"].(m)["next"]
			if !more {
				return out, nil
			}
			body["cursor"] = next
		}
		return out, errEndless
	}},
}

var errEndless = errors.New("the list has no end")

func (f *fixture) walk(method, path, rows string, next func(m) string) ([]string, error) {
	var out []string
	for range 50 {
		if strings.HasPrefix(path, "http") {
			return out, fmt.Errorf("the next page is at %s", path)
		}
		got := f.reply(method, path, nil)
		if got.status != 200 {
			return out, fmt.Errorf("status %d", got.status)
		}
		b := got.json(f)
		out = append(out, texts(b, rows, "name")...)
		if path = next(b); path == "" {
			return out, nil
		}
	}
	return out, errEndless
}

func TestKnobLists(t *testing.T) {
	for style, w := range walks {
		plain, _ := turned(t, `{}`)
		plain.orgGroups = plain.dir("/groups/search")
		all, err := w.read(plain, w.path)
		if err != nil || len(all) != w.all {
			t.Fatalf("%s: %v, %v", style, all, err)
		}
		for _, c := range []struct {
			name, rule string
			want       []string // of the rows
			err        string   // a part of it
		}{
			{"cap", `"page_cap":1`, all, ""},
			{"large cap", `"page_cap":100`, all, ""},
			{"dropped", `"next":"dropped"`, all[:2], ""},
			{"jumped", `"next":"jumped"`, slices.Concat(all[:2], all[4:]), ""},
			{"looped", `"next":"looped"`, nil, "no end"},
			{"elsewhere", `"next":"elsewhere"`, all[:2], map[string]string{"organisation": "status 400"}[style]},
			{"skipped", `"rows":"skipped"`, slices.Concat(all[:2], all[3:4]), ""},
			{"repeated", `"rows":"repeated"`, slices.Concat(all[:2], all[1:4], all[3:]), ""},
			{"no rows", `"count":1,"rows":"none"`, all, ""},
			{"never rows", `"rows":"none"`, nil, "no end"},
			{"omit", `"omit":["` + all[3] + `","nobody"]`, slices.Concat(all[:3], all[4:]), ""},
			{"v2 next", `"path":"/nowhere","next":"dropped"`, all, ""},
		} {
			t.Run(style+" "+c.name, func(t *testing.T) {
				f, _ := turned(t, `{}`)
				f.orgGroups = f.dir("/groups/search")
				k, err := emulator.ParseKnobs([]byte(`{"rules":[{` + c.rule + `}]}`))
				f.must(err)
				f.must(f.em.SetKnobs(k))
				got, err := w.read(f, w.path)
				if c.err == "" && c.name == "elsewhere" {
					c.err = "elsewhere.invalid"
				}
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v", err)
				}
				if diff := cmp.Diff(c.want, got); c.want != nil && diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestKnobPageCapIsTold(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"page_cap":3}]}`)
	if b := f.want(200, "GET", groupsPath+"?limit=200", nil); len(b["results"].([]any)) != 3 || b["limit"] != 3.0 {
		t.Errorf("%v", b)
	}
	if b := f.want(200, "POST", f.dir("/groups/search"), m{"limit": 100}); len(b["data"].([]any)) != 3 {
		t.Errorf("%v", b)
	}
}

func TestKnobStale(t *testing.T) {
	sees := func(f *fixture, path string) bool {
		return strings.Contains(f.reply("GET", path, nil).body, `"new"`)
	}
	t.Run("requests", func(t *testing.T) {
		f, _ := turned(t, `{"rules":[{"stale":{"requests":2}}]}`)
		f.want(201, "POST", groupsPath, m{"name": "new"})
		for i, want := range []bool{false, false, true} {
			if sees(f, groupsPath) != want {
				t.Errorf("read %d after the write: %t", i+1, !want)
			}
		}
		// Nothing that is written is lost, and writes see the present.
		f.want(400, "POST", groupsPath, m{"name": "new"})
	})
	t.Run("time", func(t *testing.T) {
		f, c := turned(t, `{"rules":[{"stale":{"for":"30s"}}]}`)
		f.want(201, "POST", groupsPath, m{"name": "new"})
		c.now = c.now.Add(29 * time.Second)
		if sees(f, groupsPath) {
			t.Error("it is seen too early")
		}
		c.now = c.now.Add(time.Second)
		if !sees(f, groupsPath) {
			t.Error("it is never seen")
		}
	})
	t.Run("not monotonic", func(t *testing.T) {
		f, _ := turned(t, `{"rules":[{"methods":["GET"],"every":2,"stale":{"requests":100}}]}`)
		f.want(201, "POST", groupsPath, m{"name": "new"})
		for i, want := range []bool{true, false, true, false} {
			if sees(f, groupsPath) != want {
				t.Errorf("read %d: %t", i+1, !want)
			}
		}
	})
	t.Run("index", func(t *testing.T) {
		f, _ := turned(t, `{"rules":[{"stale":{"requests":100,"index":true}}]}`)
		f.want(201, "POST", groupsPath, m{"name": "new"})
		if sees(f, groupsPath) || sees(f, groupsPath+"/picker?query=new") {
			t.Error("the index knows it")
		}
		if !sees(f, groupsPath+"/by-id?id="+f.group("new").ID) {
			t.Error("it is not there for those who ask by id")
		}
	})
	t.Run("edits and other people's tokens", func(t *testing.T) {
		f, _ := turned(t, `{"rules":[{"stale":{"requests":100}}]}`)
		f.must(f.em.Admin().CreateGroup("new", ""))
		ana := f.as("ana@acme.example")
		if sees(ana, groupsPath) {
			t.Error("an edit is seen at once")
		}
		if got := ana.reply("GET", modePath, nil).status; got != 200 {
			t.Errorf("a new token: status %d", got)
		}
	})
}

func TestKnobTask(t *testing.T) {
	for knob, want := range map[string]m{
		"stuck":  {"finished": false, "successful": false, "percentageComplete": 50.0},
		"failed": {"finished": true, "successful": false},
	} {
		f, _ := turned(t, `{"rules":[{"task":"`+knob+`"}]}`)
		id := f.want(202, "DELETE", "/wiki/api/v2/space-roles/"+f.role("Reviewer").ID, nil)["taskId"].(string)
		got := f.want(200, "GET", "/wiki/rest/api/longtask/"+id, nil)
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s is %v", knob, k, got[k])
			}
		}
		if got["id"] != id {
			t.Errorf("%s: %v", knob, got)
		}
	}
}

func TestKnobEdits(t *testing.T) {
	f, _ := turned(t, `{"edits":[{"before":3,"lines":["ana@acme.example leaves engineering","bo@acme.example leaves engineering"]}],"rules":[{"refuse":403}]}`)
	for i, want := range []int{2, 2, 0, 0} {
		f.reply("GET", modePath, nil)
		if got := len(f.group("engineering").Members); got != want {
			t.Errorf("after request %d: %d members, want %d", i+1, got, want)
		}
	}
}

// TestKnobsCombine: the first rule is the outermost.
func TestKnobsCombine(t *testing.T) {
	f, _ := turned(t, `{"rules":[{"body":"truncated"},{"latency":{"time":"1s"}},{"rate_limit":{"limit":100,"per":"1m"}},{"reset":{}},{"timeout":{}}]}`)
	if got := f.reply("GET", groupsPath, nil); got.err == nil {
		t.Errorf("%+v", got)
	}
	f, _ = turned(t, `{"rules":[{"rows":"skipped"},{"page_cap":1},{"omit":["engineering"]},{"next":"jumped"}]}`)
	if got := f.reply("GET", groupsPath, nil); got.status != 200 {
		t.Errorf("%+v", got)
	}
}

func TestOnRequestSeesWhatTheClientSees(t *testing.T) {
	var seen []int
	f := open(t, emulator.Options{
		Wait:      func(context.Context, time.Duration) error { return nil },
		OnRequest: func(_, _ string, status int) { seen = append(seen, status) },
		Knobs: emulator.Knobs{Rules: []emulator.Rule{
			{Count: 1, Refuse: 403}, {Count: 2, Timeout: &emulator.Timeout{}},
		}},
	})
	f.statuses(3, "GET", modePath, nil)
	if !slices.Equal(seen, []int{403, 0, 200}) {
		t.Errorf("statuses %v", seen)
	}
}

// TestServeDoesNotWaitForDelayedAnswers: a server that is told to stop stops,
// whatever the knobs say.
func TestServeDoesNotWaitForDelayedAnswers(t *testing.T) {
	asked := make(chan struct{})
	f := open(t, emulator.Options{
		Knobs:     emulator.Knobs{Rules: []emulator.Rule{{Latency: &emulator.Latency{Time: emulator.Duration(time.Hour)}}}},
		OnRequest: func(string, string, int) { close(asked) },
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	f.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended, failed := make(chan error, 1), make(chan error, 1)
	go func() { ended <- f.em.Serve(ctx, l) }()
	r := f.request("GET", modePath, nil)
	r.URL.Host = l.Addr().String()
	go func() {
		_, err := http.DefaultTransport.RoundTrip(r)
		failed <- err
	}()
	<-asked
	cancel()
	if err := <-failed; err == nil {
		t.Error("the delayed request was answered")
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}
