package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (l Latency) check() error { return nil }

func (l Latency) act(x *exchange, next step) outcome {
	out := next()
	out.delay += time.Duration(l.Time) + time.Duration(x.rule.random.Float64()*float64(l.Spread))
	return out
}

// window is the stretch of time in which a rate limit counts.
type window struct {
	start time.Time
	used  int
}

func (l RateLimit) check() error {
	if l.Limit < 0 || (l.Limit > 0) != (l.Per > 0) {
		return fmt.Errorf("rate_limit has limit and per, or none of them")
	}
	if l.RetryAfter == "date" && l.Limit == 0 {
		return fmt.Errorf("rate_limit has no window for retry_after %q", l.RetryAfter)
	}
	return nil
}

func (l RateLimit) act(x *exchange, next step) outcome {
	if l.Limit == 0 {
		out := x.refuse(http.StatusTooManyRequests, "ADMIN-429-1", "the rate limit is exceeded")
		l.headers(out.Header, time.Time{}, x.now)
		return out
	}
	w := &x.rule.window
	end := w.start.Add(time.Duration(l.Per))
	if !x.now.Before(end) {
		w.start, w.used = x.now, 0
		end = w.start.Add(time.Duration(l.Per))
	}
	var out outcome
	if w.used < l.Limit {
		w.used++
		out = next()
	} else {
		out = x.refuse(http.StatusTooManyRequests, "ADMIN-429-1", "the rate limit is exceeded")
		l.headers(out.Header, end, x.now)
	}
	left := l.Limit - w.used
	out.Header.Set("X-RateLimit-Limit", strconv.Itoa(l.Limit))
	out.Header.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	out.Header.Set("X-RateLimit-Reset", end.UTC().Format(time.RFC3339))
	if left*5 < l.Limit {
		out.Header.Set("X-RateLimit-NearLimit", "true")
	}
	return out
}

// headers are what a refusal says of when to come again; end is zero without a
// window.
func (l RateLimit) headers(h http.Header, end, now time.Time) {
	switch l.RetryAfter {
	case "none":
	case "":
		if !end.IsZero() {
			seconds := (end.Sub(now) + time.Second - 1) / time.Second
			h.Set("Retry-After", strconv.Itoa(int(seconds)))
		}
	case "date":
		h.Set("Retry-After", end.UTC().Format(http.TimeFormat))
	default:
		h.Set("Retry-After", l.RetryAfter)
	}
	if l.Reason != "" {
		h.Set("RateLimit-Reason", l.Reason)
	}
}

func checkEffect(effect string, late Duration) error {
	if (effect == EffectLate) != (late > 0) {
		return fmt.Errorf("effect %s and the time late belong together", EffectLate)
	}
	if effect == "" {
		return nil
	}
	return oneOf(effect, EffectNone, EffectDone, EffectLate)
}

// take lets the request have its effect, if it shall have one.
func (x *exchange) take(effect string, late Duration, next step) {
	switch effect {
	case EffectDone:
		next()
	case EffectLate:
		x.m.late = append(x.m.late, lateRequest{x.req, x.now.Add(time.Duration(late))})
	}
}

func (f Fail) check() error {
	if f.Status < 500 || f.Status > 599 {
		return fmt.Errorf("fail has a status between 500 and 599, not %d", f.Status)
	}
	return checkEffect(f.Effect, f.Late)
}

func (f Fail) act(x *exchange, next step) outcome {
	x.take(f.Effect, f.Late, next)
	var out outcome
	if f.Status == http.StatusInternalServerError {
		out = x.refuse(f.Status, "ADMIN-500-1", "something went wrong")
	} else { // the proxy's
		out = outcome{Response: write(answer{}, refuse(f.Status, "", "%s", http.StatusText(f.Status)), shapePlain)}
	}
	if f.RetryAfter != "" {
		out.Header.Set("Retry-After", f.RetryAfter)
	}
	return out
}

func (t Timeout) check() error { return checkEffect(t.Effect, t.Late) }

func (t Timeout) act(x *exchange, next step) outcome {
	x.take(t.Effect, t.Late, next)
	after := time.Duration(t.After)
	if after == 0 {
		after = time.Minute
	}
	return outcome{Response: Response{Header: http.Header{}}, delay: after, lost: true}
}

func (r Reset) check() error {
	if r.Bytes < 0 {
		return fmt.Errorf("reset comes after a number of bytes, not %d", r.Bytes)
	}
	return nil
}

func (r Reset) act(_ *exchange, next step) outcome {
	out := next()
	if out.lost || out.broken {
		return out
	}
	out.broken, out.cut = true, r.Bytes
	if r.Bytes == 0 || r.Bytes > len(out.Body) {
		out.cut = len(out.Body) / 2
	}
	return out
}

type twice struct{}

func (twice) check() error { return nil }

func (twice) act(_ *exchange, next step) outcome {
	next()
	return next()
}

type redirect string

func (r redirect) check() error {
	_, err := url.Parse(string(r))
	return err
}

func (r redirect) act(*exchange, step) outcome {
	return outcome{Response: Response{Status: http.StatusFound, Header: http.Header{
		"Server": {serverName}, "Location": {string(r)},
	}}}
}

type refusal int

var refusals = []int{401, 403, 404, 405, 409, 413, 423}

func (r refusal) check() error {
	if !slices.Contains(refusals, int(r)) {
		return fmt.Errorf("refuse is one of %v, not %d", refusals, r)
	}
	return nil
}

func (r refusal) act(x *exchange, _ step) outcome {
	return x.refuse(int(r), "", "%s", http.StatusText(int(r)))
}

// refuse answers in the words of the surface that was asked.
func (x *exchange) refuse(status int, code, format string, args ...any) outcome {
	shape := shapePlain
	surf, _ := surfaceOf(strings.TrimPrefix(x.req.Path, x.e.limits.context))
	if surf != nil {
		shape = surf.shape
	}
	if surf != surfaceOrg {
		code = "" // only the organisation's are published
	}
	return outcome{Response: write(answer{}, refuse(status, code, format, args...), shape)}
}

type caller string

func (c caller) check() error { return oneOf(string(c), CallerExpired, CallerAnonymous) }

func (c caller) act(x *exchange, next step) outcome {
	if c == CallerAnonymous {
		x.req.Anonymous = true
	} else {
		x.req.Header = x.req.Header.Clone()
		x.req.Header.Set("Authorization", "expired")
	}
	return next()
}

type taskAnswer string

func (t taskAnswer) check() error { return oneOf(string(t), TaskStuck, TaskFailed) }
