package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirhq/weir/site/rest"
)

// origin is a server that remembers whatever credential reached it.
type origin struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string // Authorization headers, and requests that carry the token elsewhere
}

func newOrigin(t *testing.T, token string, serve http.HandlerFunc) *origin {
	o := &origin{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		dump := fmt.Sprint(r.Header, r.URL, string(body))
		o.mu.Lock()
		if r.Header.Get("Authorization") != "" || strings.Contains(dump, token) {
			o.seen = append(o.seen, r.Method+" "+r.URL.String())
		}
		o.mu.Unlock()
		serve(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *origin) credentials() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.seen)
}

// hostile makes addresses that a person, a proxy and a URL library could read as
// different hosts: the good one in front, the evil one where it counts.
func hostile(good, evil string) []string {
	host := func(u string) string { return strings.TrimPrefix(u, "http://") }
	g, e := host(good), host(evil)
	gname, gport, _ := strings.Cut(g, ":")
	_, eport, _ := strings.Cut(e, ":")
	var out []string
	schemes := []string{"http://", "HTTP://", "https://", "//", "http:/", "http:", "http:\\\\", "ftp://", "file://", "javascript:", "data:text/plain,", "\thttp://", " http://", "http://\t", "http:///", "h\u0074tp://", "gopher://"}
	authorities := []string{
		e, g + "@" + e, gname + ":" + gport + "@" + e, "weir:token@" + e, g + "%40" + e, g + "\\@" + e, e + "#@" + g, e + "?@" + g, e + "/@" + g, g + "." + e, g + "." + "evil.example",
		gname + "." + ":" + eport, "[::1]:" + eport, "[::ffff:127.0.0.1]:" + eport, "[fe80::1%25lo]:" + eport, "0:" + eport, "0.0.0.0:" + eport, "127.1:" + eport, "127.0.1:" + eport,
		"2130706433:" + eport, "0x7f000001:" + eport, "0177.0.0.1:" + eport, "localhost:" + eport, "LOCALHOST:" + eport, "localhost.:" + eport, "loc\u0430lhost:" + eport, "\uff4c\uff4f\uff43alhost:" + eport,
		"127\u30020\u30020\u30021:" + eport, "127.0.0.1%00:" + eport, "127.0.0.1%0a:" + eport, "127.0.0.1%2f@" + e, "xn--lclhost-9za:" + eport, gname + ":" + gport + ":" + eport, gname + ":0" + eport, gname + ":" + eport + "0", gname + ": " + eport,
		e + "%", e + "\u200b", e + "\u202e", "@" + e, ":" + eport, "", g + "%2f.." + "@" + e, g + "&@" + e, g + ";@" + e, g + "\u2044@" + e, g + "\uff20" + e, g + "\u3002evil.example", strings.ToUpper(e),
	}
	paths := []string{"", "/", "/wiki", "//" + e, "/wiki/../..", "/%2e%2e/", "/wiki?x=http://" + e, "/wiki#" + e, "/\\" + e, "/wiki%00", "/;" + e, "/wiki\r\nX-Evil: 1", "/@" + e}
	for _, s := range schemes {
		for i, a := range authorities {
			// All pairs of scheme and authority, with the paths taken in turn, and all
			// paths for the forms that parse.
			if s == "http://" {
				for _, p := range paths {
					out = append(out, s+a+p)
				}
				continue
			}
			for j := range 2 {
				out = append(out, s+a+paths[(i+j)%len(paths)])
			}
		}
	}
	return out
}

// TestHostileAddresses: two thousand addresses, as what the operator wrote, as
// the next page that a server names, and as where a redirect leads. No credential
// reaches an origin other than the one that was written down in plain.
func TestHostileAddresses(t *testing.T) {
	const token = "canary-7f3a9c"
	evil := newOrigin(t, token, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"results":[],"_links":{}}`)
	})
	var next string
	good := newOrigin(t, token, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("cursor") != "" {
			_, _ = io.WriteString(w, `{"results":[{"id":"2"}],"_links":{}}`)
			return
		}
		b, _ := json.Marshal(map[string]any{"results": []any{map[string]string{"id": "1"}}, "_links": map[string]string{"next": next}})
		_, _ = w.Write(b)
	})
	list := hostile(good.URL, evil.URL)
	if len(list) < 2000 {
		t.Fatalf("only %d addresses", len(list))
	}
	page := rest.Endpoint{Method: "GET", Path: "/api/v2/spaces", Op: "read the spaces"}
	client := func(address string) (*rest.Client, error) {
		base, err := rest.ParseBase(address)
		if err != nil {
			return nil, err
		}
		return rest.New(rest.Config{
			Surfaces: []rest.Surface{{Name: "Confluence", Base: base, Auth: rest.Basic("weir@acme.example", rest.NewSecret(token))}},
			Reads:    []rest.Endpoint{page}, Timeout: 5 * time.Second,
			Wait: func(context.Context, time.Duration) error { return nil },
		})
	}
	accepted := 0
	for _, address := range list {
		base, err := rest.ParseBase(address)
		if err != nil {
			continue
		}
		accepted++
		// What is accepted names its host in plain: reading it with the eye, with a
		// URL library and with the dialer gives the same one.
		plain := base.Scheme + "://" + base.Host
		if !strings.HasPrefix(strings.ToLower(address), plain) || strings.ContainsAny(address, "@\\%?# \t\r\n") {
			t.Errorf("%q is accepted as %s", address, base)
		}
	}
	c, err := client(good.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range list {
		next = address + "&cursor=abc"
		// Whether the cursor can be taken out of it or not, it is not followed.
		_, _ = rest.ByLink(t.Context(), c, rest.Call{To: page}, 250, func(r row) string { return r.ID })
		next = "/wiki?cursor=" + url.QueryEscape(address)
		if _, err := rest.ByLink(t.Context(), c, rest.Call{To: page}, 250, func(r row) string { return r.ID }); err != nil {
			t.Fatalf("a cursor of any text: %v", err)
		}
	}
	if n := evil.credentials(); n > 0 {
		t.Errorf("%d requests with the token to another origin: %v", n, evil.seen)
	}
	if good.credentials() == 0 {
		t.Error("the good origin saw no credential: this test looks at nothing")
	}
	t.Logf("%d addresses, %d of them plain", len(list), accepted)
}

type row struct {
	ID string `json:"id"`
}

// TestRedirectsLeadNowhere: every 3xx on every verb, to every kind of place.
func TestRedirectsLeadNowhere(t *testing.T) {
	const token = "canary-51b0de"
	evil := newOrigin(t, token, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"results":[],"_links":{}}`)
	})
	var code int
	var where string
	good := newOrigin(t, token, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", where)
		w.WriteHeader(code)
	})
	base, err := rest.ParseBase(good.URL)
	if err != nil {
		t.Fatal(err)
	}
	var reads, writes []rest.Endpoint
	for _, verb := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
		e := rest.Endpoint{Method: verb, Path: "/thing", Op: verb}
		if verb == "GET" || verb == "POST" {
			reads = append(reads, e)
		}
		writes = append(writes, e)
	}
	c, err := rest.New(rest.Config{
		Surfaces: []rest.Surface{{Name: "Confluence", Base: base, Auth: rest.Bearer(rest.NewSecret(token))}},
		Reads:    reads, Writes: writes, Timeout: 5 * time.Second,
		Wait: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, code = range []int{300, 301, 302, 303, 304, 305, 307, 308, 399} {
		for _, where = range []string{evil.URL, evil.URL + "/thing", strings.Replace(evil.URL, "http://", "//", 1), "/elsewhere", good.URL + "/elsewhere", ""} {
			for _, e := range writes {
				tried++
				if err := c.Write(t.Context(), rest.Call{To: e}, nil); err == nil {
					t.Errorf("%s answered %d to %q counts as done", e.Method, code, where)
				}
			}
			for _, e := range reads {
				tried++
				var l answerOf
				if err := c.Read(t.Context(), rest.Call{To: e}, &l); err == nil {
					t.Errorf("%s answered %d to %q counts as read", e.Method, code, where)
				}
			}
		}
	}
	if n := evil.credentials(); n > 0 {
		t.Errorf("%d requests with the token to another origin: %v", n, evil.seen)
	}
	for _, seen := range good.seen {
		if !strings.HasSuffix(seen, " /thing") {
			t.Errorf("a redirect was followed to %s", seen)
		}
	}
	t.Logf("%d redirected requests", tried)
}

type answerOf struct{}

func (*answerOf) Check() error { return nil }
