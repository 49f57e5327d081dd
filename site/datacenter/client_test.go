package datacenter_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// noWait lets time pass at once.
func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func TestNew(t *testing.T) {
	good := datacenter.Config{Base: "https://wiki.acme.example/confluence", Username: "weir", Password: rest.NewSecret("s3cret")}
	for _, c := range []struct {
		name   string
		change func(*datacenter.Config)
		want   string
	}{
		{"a password", func(*datacenter.Config) {}, ""},
		{"a token", func(c *datacenter.Config) {
			c.Auth, c.Username, c.Password, c.Token = "bearer", "", rest.Secret{}, rest.NewSecret("t")
		}, ""},
		{"no address", func(c *datacenter.Config) { c.Base = "" }, "address of Confluence"},
		{"in the clear", func(c *datacenter.Config) { c.Base = "http://wiki.acme.example" }, "in the clear"},
		{"nobody", func(c *datacenter.Config) { c.Password = rest.Secret{} }, "weir must not read a site as nobody"},
		{"no token", func(c *datacenter.Config) { c.Auth = "bearer" }, "weir must not read a site as nobody"},
		{"another way", func(c *datacenter.Config) { c.Auth = "digest" }, "write basic or bearer"},
		{"user names", func(c *datacenter.Config) { c.Usernames = "@acme.example" }, "neither email nor a domain"},
		{"user names of one word", func(c *datacenter.Config) { c.Usernames = "mail" }, "neither email nor a domain"},
		{"an admin key", func(c *datacenter.Config) { c.RestrictedPages = "admin_key" }, "Data Center has no admin key"},
		{"another choice", func(c *datacenter.Config) { c.RestrictedPages = "all" }, "write skip or member"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := good
			c.change(&config)
			_, err := datacenter.New(config)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestWrites: the list of what can ever be sent to change a site is closed.
// No page can be deleted, and of spaces archived personal ones alone (decision 0027).
func TestWrites(t *testing.T) {
	want := []string{
		"POST /rest/api/admin/group", "DELETE /rest/api/admin/group/{}",
		"PUT /rest/api/user/{}/group/{}", "DELETE /rest/api/user/{}/group/{}",
		"POST /rest/api/admin/user", "DELETE /rest/api/admin/user/{}", "PUT /rest/api/admin/user/{}/disable", "PUT /rest/api/admin/user/{}/enable",
		"PUT /rest/api/permissions", "PUT /rest/api/permissions/anonymous/grant", "PUT /rest/api/permissions/anonymous/revoke",
		"PUT /rest/api/permissions/unlicensed/grant", "PUT /rest/api/permissions/unlicensed/revoke",
		"POST /rest/api/space/_private", "PUT /rest/api/space/{}", "PUT /rest/api/space/{}/archive", "PUT /rest/api/space/{}/restore", "DELETE /rest/api/space/{}",
		"POST /rest/api/space/{}/permissions", "PUT /rest/api/content/{}/restriction",
	}
	var got []string
	for _, w := range datacenter.Writes() {
		got = append(got, w.Method+" "+w.Path)
		if w.Effect == "" || w.Surface != "Confluence" {
			t.Errorf("%v says nothing", w)
		}
	}
	same(t, "writes", got, want)
	for _, w := range got {
		if strings.HasPrefix(w, "DELETE") && strings.Contains(w, "/content/") {
			t.Errorf("%s", w)
		}
	}
}

// TestObserveWritesNothing: a reading of everything, and looking back, change
// nothing; and a site for reading refuses every step.
func TestObserveWritesNothing(t *testing.T) {
	e := small(t)
	s, w := spied(t, e, func(c *datacenter.Config) { c.ReadOnly = true })
	obs, err := s.Observe(t.Context(), everything)
	must(t, err)
	_, err = s.Present(t.Context(), obs.Facts.Facts())
	must(t, err)
	for _, lines := range []string{"+ exists group:new", "+ exists user:new@acme.example", "+ exists space:NEW", "+ permission space:ENG read/space group:staff"} {
		if err := do(t, s, lines); !site.Is(err, site.Unsupported) {
			t.Errorf("%s: %v", lines, err)
		}
	}
	same(t, "writes", w.writes, []string(nil))
}

// TestPresentAgrees: of everything that is observed, Present says that it is so.
func TestPresentAgrees(t *testing.T) {
	s := open(t, small(t))
	obs, err := s.Observe(t.Context(), everything)
	must(t, err)
	facts := obs.Facts.Facts()
	got, err := s.Present(t.Context(), facts)
	must(t, err)
	for i, p := range got {
		if p != site.Seen {
			t.Errorf("%s is %d", facts[i], p)
		}
	}
}

// TestIdentity: a token that is somebody else's or nobody's, at whichever request
// of a reading, gives no observation; and no fact counts for absent.
func TestIdentity(t *testing.T) {
	e := small(t)
	other, err := e.Admin().IssueToken("ana@acme.example")
	must(t, err)
	must(t, e.Admin().GrantGlobal(emulator.Principal{User: "ana@acme.example"}, emulator.GlobalUse))
	counting := open(t, e)
	_, err = counting.Observe(t.Context(), everything)
	must(t, err)
	total := counting.Requests()
	for name, spoil := range map[string]func(*http.Request) *http.Request{
		"revoked":      func(r *http.Request) *http.Request { r.Header.Set("Authorization", "Bearer nobody"); return r },
		"somebody":     func(r *http.Request) *http.Request { r.Header.Set("Authorization", "Bearer "+other); return r },
		"the public's": func(r *http.Request) *http.Request { r.Header.Del("Authorization"); return r },
	} {
		for n := range total {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				sent := 0
				cfg := config(e, nil)
				cfg.Concurrency = 1
				cfg.Transport = world.RoundTripper(func(r *http.Request) (*http.Response, error) {
					if sent++; sent > n {
						r = spoil(r.Clone(r.Context()))
						if r.Header.Get("Authorization") == "" && strings.HasSuffix(r.URL.Path, "/user/current") {
							return world.Reply(r, 200, "application/json", `{"type":"anonymous","displayName":"Anonymous"}`), nil
						}
					}
					return e.Transport().RoundTrip(r)
				})
				s, err := datacenter.New(cfg)
				must(t, err)
				if obs, err := s.Observe(t.Context(), everything); err == nil {
					t.Errorf("observed %d facts", obs.Facts.Len())
				}
			})
		}
	}
	cfg := config(e, e.Transport())
	cfg.Account = "another"
	if _, err := newSite(t, cfg).Observe(t.Context(), access.Extent{}); !site.Is(err, site.Forbidden) {
		t.Errorf("got %v", err)
	}
}

// TestPresentOfNobody: after a token has become the public's, nothing is absent.
func TestPresentOfNobody(t *testing.T) {
	e := small(t)
	spoilt := false
	s := newSite(t, config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if spoilt {
			if strings.HasSuffix(r.URL.Path, "/user/current") {
				return world.Reply(r, 200, "application/json", `{"type":"anonymous"}`), nil
			}
			return world.Reply(r, 404, "application/json", `{"statusCode":404,"message":"no"}`), nil
		}
		return e.Transport().RoundTrip(r)
	})))
	obs, err := s.Observe(t.Context(), access.Extent{})
	must(t, err)
	spoilt = true
	for f := range obs.Facts.All() {
		if got, err := s.Present(t.Context(), []access.Fact{f}); err == nil {
			t.Errorf("%s: %v", f, got)
		}
	}
}

// TestPins: what was there and no list shows is looked for; what is too much to
// look for is not believed to be gone.
func TestPins(t *testing.T) {
	e := small(t)
	first, err := open(t, e).Observe(t.Context(), everything)
	must(t, err)
	a := e.Admin()
	must(t, a.DeleteGroup("engineering"))
	must(t, a.DeleteSpace("OPS"))
	must(t, a.DeletePage("ENG", "Pay bands"))
	must(t, do(t, open(t, e), "- exists user:bo@acme.example\n- member group:staff user:bo@acme.example\n+ state user:bo@acme.example = removed"))
	s := open(t, e)
	obs, err := s.Observe(t.Context(), access.Extent{All: true, Pins: first.IDs})
	must(t, err)
	var unknown []string
	for _, u := range obs.Unknown {
		unknown = append(unknown, string(u.Object))
		if !strings.Contains(u.Reason, "weir.lock") {
			t.Errorf("%s: %s", u.Object, u.Reason)
		}
	}
	same(t, "unknown", unknown, []string{"page:ENG/Pay bands", "page:OPS/Operations Home", "space:OPS"})

	pins := map[access.Ref]string{}
	for i := range 51 {
		pins[access.NewRef("group", fmt.Sprint("g", i))] = fmt.Sprint("g", i)
	}
	before := s.Requests()
	obs, err = s.Observe(t.Context(), access.Extent{Pins: pins})
	must(t, err)
	if len(obs.Unknown) != 51 {
		t.Errorf("%d of 51 are unknown", len(obs.Unknown))
	}
	if n := s.Requests() - before; n > obs.Floor+10 {
		t.Errorf("%d requests, with a floor of %d", n, obs.Floor)
	}
}

// TestFloor: a reading takes little more than it must.
func TestFloor(t *testing.T) {
	s := open(t, wide(t))
	for name, extent := range map[string]access.Extent{
		"nothing of the content": {}, "a page": {Pages: []access.Ref{"page:WIDE/P7"}}, "a space": {Watch: []access.Ref{"space:WIDE"}}, "all": everything,
	} {
		obs, err := s.Observe(t.Context(), extent)
		must(t, err)
		if most := obs.Floor + obs.Floor/20 + 10; obs.Requests > most || obs.Requests < obs.Floor {
			t.Errorf("%s: %d requests, with a floor of %d", name, obs.Requests, obs.Floor)
		}
	}
}

// TestUnreadable: answers that make no sense give no observation, or say what they
// hide.
func TestUnreadable(t *testing.T) {
	e := small(t)
	truth, err := open(t, e).Observe(t.Context(), everything)
	must(t, err)
	drop := func(key string) func(any) {
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				delete(v, key)
				for _, x := range v {
					walk(x)
				}
			case []any:
				for _, x := range v {
					walk(x)
				}
			}
		}
		return walk
	}
	for _, c := range []struct{ path, key string }{
		{"/user/list", "username"}, {"/user/list", "userKey"}, {"/user/list", "status"}, {"/user/current", "userKey"}, {"/user/current", "username"},
		{"/rest/api/group", "name"}, {"/group/staff/member", "userKey"}, {"/rest/api/permissions", "operation"}, {"/rest/api/permissions", "subject"},
		{"/rest/api/space", "key"}, {"/rest/api/space", "name"}, {"/rest/api/space", "id"}, {"/space/ENG/permissions", "subject"}, {"/space/ENG/permissions", "operationKey"},
		{"/space/ENG/content/page", "ancestors"}, {"/space/ENG/content/page", "title"}, {"/space/ENG/content/page", "id"},
		{"/space/ENG/content/page", "restrictions"}, {"/space/ENG/content/page", "user"}, {"/space/ENG/content/page", "limit"},
		{"/accessmode", ""},
	} {
		t.Run(c.path+" "+c.key, func(t *testing.T) {
			s := newSite(t, config(e, &world.Mangled{RoundTripper: e.Transport(), Path: c.path, Answer: func(_ int, b any) any {
				drop(c.key)(b)
				return b
			}}))
			got, err := s.Observe(t.Context(), everything)
			sitetest.Honest(t, truth.Facts, got, err)
		})
	}
	// What says the opposite of what weir knows is unknown, not nothing.
	s := newSite(t, config(e, &world.Mangled{RoundTripper: e.Transport(), Path: "/user/list", Answer: func(_ int, b any) any {
		_, list, _ := page(b)
		for _, row := range list {
			row.(map[string]any)["status"] = "asleep"
		}
		return b
	}}))
	got, err := s.Observe(t.Context(), everything)
	sitetest.Honest(t, truth.Facts, got, err)
	if err != nil {
		t.Error(err)
	}
}

// TestTokenShowsNowhere: no error of a site that echoes the token holds it.
func TestTokenShowsNowhere(t *testing.T) {
	e := small(t)
	c := config(e, nil)
	token := e.Credentials().Token
	c.Transport = world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		return world.Reply(r, 403, "application/json", `{"statusCode":403,"message":"not you, `+token+`"}`), nil
	})
	s, err := datacenter.New(c)
	must(t, err)
	_, err = s.Observe(t.Context(), access.Extent{})
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, c.Token), token) {
		t.Errorf("got %v", err)
	}
}
