package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weirhq/weir/site"
)

// told is an answer's status and headers.
type told struct {
	status int
	header http.Header
}

var (
	fine = told{200, nil}
	slow = told{429, nil}
	near = told{200, http.Header{"X-Ratelimit-Nearlimit": {"true"}}}
	down = told{500, nil}
)

func wants(after string) told { return told{429, http.Header{"Retry-After": {after}}} }

// TestAllowed: halving, taking away, and coming back.
func TestAllowed(t *testing.T) {
	times := func(n int, a told) []told {
		var out []told
		for range n {
			out = append(out, a)
		}
		return out
	}
	for _, c := range []struct {
		name string
		most int
		heed [][]told
		want int
	}{
		{"at first", 4, nil, 4},
		{"never above", 4, [][]told{times(99, fine)}, 4},
		{"halved", 4, [][]told{{slow}}, 2},
		{"halved twice", 8, [][]told{{slow, slow}}, 2},
		{"halved of three", 3, [][]told{{slow}}, 1},
		{"not below one", 4, [][]told{times(9, slow)}, 1},
		{"one taken", 4, [][]told{{near}}, 3},
		{"not taken below one", 4, [][]told{times(9, near)}, 1},
		{"not yet back", 8, [][]told{{slow}, times(3, fine)}, 4},
		{"one back", 8, [][]told{{slow}, times(4, fine)}, 5},
		{"two back", 8, [][]told{{slow}, times(4+5, fine)}, 6},
		{"all back", 8, [][]told{{slow}, times(4+5+6+7, fine)}, 8},
		{"a run broken by trouble", 8, [][]told{{slow}, times(3, fine), {down}, times(3, fine)}, 4},
		{"a run broken by a warning", 8, [][]told{{slow}, times(3, fine), {near}, times(2, fine)}, 3},
		{"a refusal is an answer", 8, [][]told{{slow}, times(4, told{404, nil})}, 5},
	} {
		l := newLimiter(c.most, time.Now, nil)
		for _, list := range c.heed {
			for _, a := range list {
				l.heed(a.status, a.header)
			}
		}
		if l.allowed != c.want {
			t.Errorf("%s: %d, want %d", c.name, l.allowed, c.want)
		}
	}
}

// client makes a client of one endpoint to read and one to write.
func client(t testing.TB, inFlight int, transport func(*http.Request) (*http.Response, error)) (c *Client, read, write Call) {
	t.Helper()
	get, post := Endpoint{Method: "GET", Path: "/x", Op: "read"}, Endpoint{Method: "POST", Path: "/x", Op: "write"}
	c, err := New(Config{
		Surfaces:  []Surface{{Name: "site", Base: &url.URL{Scheme: "https", Host: "site.invalid"}, Auth: Bearer(NewSecret("x"))}},
		Reads:     []Endpoint{get},
		Writes:    []Endpoint{post},
		Transport: transportFunc(transport),
		InFlight:  inFlight,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, Call{To: get}, Call{To: post}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (a told) response() *http.Response {
	h := a.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(strings.NewReader("{}"))}
}

// TestLimiter lets many callers at a product that answers as it likes: no more
// are in flight than may be, and nothing is sent before the time that any
// answer asked for. Time is the bubble's, so that years take no time.
func TestLimiter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		most := rapid.IntRange(1, 6).Draw(rt, "most")
		callers := rapid.IntRange(1, 12).Draw(rt, "callers")
		answer := rapid.Custom(func(t *rapid.T) told {
			a := told{rapid.SampledFrom([]int{200, 200, 200, 200, 404, 429, 503, 500}).Draw(t, "status"), http.Header{}}
			if rapid.Bool().Draw(t, "says when") {
				a.header.Set("Retry-After", fmt.Sprint(rapid.IntRange(0, 100).Draw(t, "seconds")))
			}
			if rapid.IntRange(0, 4).Draw(t, "near") == 0 {
				a.header.Set("X-RateLimit-NearLimit", "true")
			}
			return a
		})
		answers := rapid.SliceOfN(answer, 1, 40).Draw(rt, "answers")
		delays := rapid.SliceOfN(rapid.IntRange(0, 3000), 1, 7).Draw(rt, "delays")

		var trouble string
		synctest.Test(t, func(t *testing.T) {
			var (
				mu      sync.Mutex
				n, fly  int
				until   time.Time
				changed time.Time // when an answer last changed what is allowed
				c       *Client
			)
			c, read, write := client(t, most, func(*http.Request) (*http.Response, error) {
				mu.Lock()
				now := time.Now()
				fly++
				a, delay := fine, time.Duration(delays[n%len(delays)])*time.Millisecond
				if n < len(answers) {
					a = answers[n]
				}
				n++
				c.limiter.mu.Lock()
				allowed := c.limiter.allowed
				c.limiter.mu.Unlock()
				// Who was let through in the very instant of an answer did not
				// come after it.
				if now.After(changed) && (now.Before(until) || fly > allowed) || fly > most {
					trouble = fmt.Sprintf("request %d at %s: %d in flight of %d, nothing may be sent before %s", n, now, fly, allowed, until)
				}
				mu.Unlock()
				time.Sleep(delay)
				mu.Lock()
				defer mu.Unlock()
				fly--
				changed = time.Now()
				if a.status == 429 || a.status == 503 {
					if u := changed.Add(retryAfter(a.header, changed)); u.After(until) {
						until = u
					}
				}
				return a.response(), nil
			})
			var group sync.WaitGroup
			for i := range callers {
				group.Go(func() {
					for j := range 5 {
						if (i+j)%3 == 0 {
							_ = c.Write(t.Context(), write, nil) // whatever comes of it
						} else {
							_ = c.Read(t.Context(), read, nil)
						}
					}
				})
			}
			group.Wait()
			if l := c.limiter; l.flying != 0 || len(l.queue) != 0 || l.allowed < 1 || l.allowed > most {
				trouble = fmt.Sprintf("at the end %d are in flight, %d wait, %d are allowed", l.flying, len(l.queue), l.allowed)
			}
		})
		if trouble != "" {
			rt.Fatal(trouble)
		}
	})
}

// TestPause: one 429 stops everybody for as long as it says, and no longer.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var sent []time.Duration
		c, read, write := client(t, 4, func(*http.Request) (*http.Response, error) {
			sent = append(sent, time.Since(began))
			if len(sent) == 1 {
				return wants("60").response(), nil
			}
			return fine.response(), nil
		})
		var group sync.WaitGroup
		group.Go(func() {
			if err := c.Write(t.Context(), write, nil); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		time.Sleep(10 * time.Second)
		for range 5 {
			group.Go(func() {
				if err := c.Read(t.Context(), read, nil); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if len(sent) != 7 || sent[0] != 0 {
			t.Fatalf("sent at %v", sent)
		}
		for _, at := range sent[1:] {
			if at != time.Minute {
				t.Errorf("sent at %v", sent)
			}
		}
	})
}

// TestLongPause: a pause beyond anybody's patience is told at once, to those
// who come later as well, and is over after an hour, whatever was asked for.
func TestLongPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c, read, write := client(t, 4, func(*http.Request) (*http.Response, error) {
			if n++; n == 1 {
				return wants("99999999999").response(), nil
			}
			return fine.response(), nil
		})
		began := time.Now()
		if err := c.Read(t.Context(), read, nil); !site.Is(err, site.RateLimited) {
			t.Errorf("got %v", err)
		}
		err := c.Write(t.Context(), write, nil)
		want := "write: too many requests: an earlier answer asked for a pause (it asks to wait 1h0m0s)"
		if !site.Is(err, site.RateLimited) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if took := time.Since(began); took != 0 || n != 1 {
			t.Errorf("%d sent, took %s", n, took)
		}
		time.Sleep(time.Hour)
		if err := c.Write(t.Context(), write, nil); err != nil || n != 2 {
			t.Errorf("%v, %d sent", err, n)
		}
	})
}

// TestCancelledWaiting: who gives up leaves no place taken and sends nothing.
func TestCancelledWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c, read, _ := client(t, 1, func(*http.Request) (*http.Response, error) {
			n++
			time.Sleep(10 * time.Second)
			return fine.response(), nil
		})
		var group sync.WaitGroup
		for i := range 5 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if i == 0 {
					ctx = t.Context()
				}
				if err := c.Read(ctx, read, nil); (err != nil) != (i > 0) || err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%d: %v", i, err)
				}
			})
			synctest.Wait() // the first one is the first
		}
		group.Wait()
		if err := c.Read(t.Context(), read, nil); err != nil || n != 2 || c.limiter.flying != 0 {
			t.Errorf("%v, %d sent, %d in flight", err, n, c.limiter.flying)
		}
	})
}

// TestClockThatStands: tests, and whoever replays, may stop the clock; a wait
// that is over is over all the same.
func TestClockThatStands(t *testing.T) {
	var waited time.Duration
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	l := newLimiter(2, func() time.Time { return now }, func(_ context.Context, d time.Duration) error { waited += d; return nil })
	l.heed(429, wants("60").header)
	for range 3 {
		if err := l.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.leave()
	}
	if waited != time.Minute {
		t.Errorf("waited %s", waited)
	}
}
