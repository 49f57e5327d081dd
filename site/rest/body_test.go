package rest_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

func nested(n int) string {
	return strings.Repeat(`{"a":[`, n/2) + "1" + strings.Repeat("]}", n/2)
}

// TestAnswers: what is no answer is never taken for one; after a write it leaves
// the outcome unknown.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, media, body string
		want              string // of a read; empty if it is read
		kind              site.Kind
		unread            bool // also where nothing is to be read
	}{
		{"an object", "application/json", `{"results":[]}`, "", 0, false},
		{"an object in UTF-8", "application/json; charset=utf-8", `{"results":[]}`, "", 0, false},
		{"another JSON", "application/problem+json", `{"results":[]}`, "", 0, false},
		{"as deep as may be", "application/json", nested(64), "", 0, false},
		{"brackets in a text", "application/json", `{"a":"` + strings.Repeat("[", 99) + `\"` + strings.Repeat("{", 99) + `"}`, "", 0, false},
		{"too deep", "application/json", nested(66), "the answer is nested more than 64 deep", site.Invalid, false},
		{"a bomb of depth", "application/json", strings.Repeat("[", 8<<20), "the answer is nested more than 64 deep", site.Invalid, false},
		{"too large", "application/json", `{"x":"` + strings.Repeat("x", 33<<20) + `"}`, "the answer is larger than 32 MiB", site.Invalid, true},
		{"a log-in page", "text/html; charset=utf-8", "<html>log in</html>", `the answer is not JSON but "text/html; charset=utf-8"`, site.Invalid, true},
		{"another page", "application/xhtml+xml", "<html/>", "the answer is not JSON", site.Invalid, true},
		{"text", "text/plain", `{"results":[]}`, `the answer is not JSON but "text/plain"`, site.Invalid, false},
		{"nothing known", "", `{"results":[]}`, `the answer is not JSON but ""`, site.Invalid, false},
		{"HTML called JSON", "application/json", "<html>", "invalid character", site.Invalid, false},
		{"nothing", "application/json", "", "the answer is empty", site.Invalid, false},
		{"no page", "text/html", "", "the answer is not JSON", site.Invalid, false},
		{"null", "application/json", "null", "the answer is no object", site.Invalid, false},
		{"a list", "application/json", "[]", "cannot unmarshal array", site.Invalid, false},
		{"half of it", "application/json", `{"results":[`, "the answer breaks off", site.Transient, false},
		{"more than it", "application/json", `{} {}`, "invalid character", site.Invalid, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := newClient(t, config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
				return reply(r, 200, c.media, c.body), nil
			})))
			err := client.Read(t.Context(), rest.Call{To: things}, &object{})
			if c.want == "" && err != nil || c.want != "" && (!site.Is(err, c.kind) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("read: %v, want %q", err, c.want)
			}
			err = client.Write(t.Context(), rest.Call{To: makeThing}, &object{})
			if c.want == "" && err != nil || c.want != "" && !site.Is(err, site.Transient) {
				t.Errorf("write: %v, want no clear answer", err)
			}
			err = client.Write(t.Context(), rest.Call{To: makeThing}, nil)
			if !c.unread && err != nil || c.unread && !site.Is(err, site.Transient) {
				t.Errorf("write without a result: %v", err)
			}
		})
	}
}

// TestGzipBomb: the bound is on what comes out, and nothing more is unpacked.
func TestGzipBomb(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		for range 1 << 14 { // 16 GiB, were it taken
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	cfg := config(t, nil)
	cfg.Surfaces[0].Base = parse(t, server.URL)
	err := newClient(t, cfg).Read(t.Context(), rest.Call{To: things}, &object{})
	if !site.Is(err, site.Invalid) || !strings.Contains(err.Error(), "larger than 32 MiB") {
		t.Errorf("got %v", err)
	}
}

// TestRefusals: of a refusal the sentence is kept, however it is wrapped, and
// nothing hostile.
func TestRefusals(t *testing.T) {
	for body, want := range map[string]string{
		`{"message":"no  such\n thing"}`:                                     "no such thing",
		`{"errors":[{"title":"Bad","detail":"worse"},{"title":"x"}]}`:        "Bad: worse: x",
		`{"key":"forbidden","context":{"message":"not yours"}}`:              "forbidden: not yours",
		`{"message":{"key":"x"}}`:                                            "",
		`[1]`:                                                                "",
		`<html>`:                                                             "",
		`{"message":"` + strings.Repeat("x", 400) + `"}`:                     strings.Repeat("x", 300) + "…",
		`{"message":` + strings.Repeat("[", 1<<20):                           "",
		`{"message":"` + strings.Repeat("x", 2<<20) + `"}`:                   "", // cut off
		`{"message":"a","x":` + nested(66) + `}`:                             "",
		`{"statusCode":403,"data":{"authorized":false},"message":"Denied."}`: "Denied.",
	} {
		client := newClient(t, config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			return reply(r, 400, "application/json", body), nil
		})))
		if want != "" {
			want = ": " + want
		}
		err := client.Write(t.Context(), rest.Call{To: makeThing}, nil)
		if want = "make a thing: refused: HTTP 400" + want; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// endless is a body that gives a byte an hour.
type endless struct{ r *http.Request }

func (e endless) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Hour):
		p[0] = ' '
		return 1, nil
	case <-e.r.Context().Done():
		return 0, e.r.Context().Err()
	}
}

func (endless) Close() error { return nil }

// TestSlow: a request with its answer takes a minute at most, whichever part of
// it is slow.
func TestSlow(t *testing.T) {
	for name, slow := range map[string]roundTripper{
		"no header": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"no body": func(r *http.Request) (*http.Response, error) {
			resp := reply(r, 200, "application/json", "")
			resp.Body = endless{r}
			return resp, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config(t, slow)
				began := time.Now()
				err := newClient(t, cfg).Write(t.Context(), rest.Call{To: makeThing}, nil)
				if took := time.Since(began); !site.Is(err, site.Transient) || took != time.Minute {
					t.Errorf("%v after %s", err, took)
				}
			})
		})
	}
	t.Run("a body that breaks off", func(t *testing.T) {
		lost := errors.New("lost")
		client := newClient(t, config(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := reply(r, 200, "application/json", "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{}`), failing{lost}))
			return resp, nil
		})))
		if err := client.Write(t.Context(), rest.Call{To: makeThing}, nil); !site.Is(err, site.Transient) || !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
