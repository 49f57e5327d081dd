package rest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// longestPause bounds what one answer can stop a client for: quotas are
// refilled at every full hour (documented), so nobody honest asks for more.
const longestPause = time.Hour

// limiter lets as many requests through as the product takes. It begins with
// the most that are allowed; a 429 halves the number, a warning takes one away,
// and as many successes in a row as are allowed at once bring one back. While
// the product has asked for a pause, nobody gets through.
type limiter struct {
	most  int
	clock func() time.Time
	wait  func(context.Context, time.Duration) error

	mu      sync.Mutex // guards the rest
	allowed int        // from 1 to most
	flying  int
	run     int             // successes in a row
	until   time.Time       // nothing is sent before
	queue   []chan struct{} // those who wait for a place, in their order; a closed one has it
}

func newLimiter(most int, clock func() time.Time, wait func(context.Context, time.Duration) error) *limiter {
	return &limiter{most: most, clock: clock, wait: wait, allowed: most}
}

// enter waits for a place, which leave gives back. It fails if the context
// ends, or with an answered error if a pause is longer than anybody's patience.
func (l *limiter) enter(ctx context.Context) error {
	for {
		if err := l.take(ctx); err != nil {
			return err
		}
		pause := l.pause()
		if pause <= 0 {
			return nil
		}
		// Without the place: there may be fewer of them after the pause.
		l.leave()
		if pause > longestWait {
			return answered{after: pause, text: "an earlier answer asked for a pause"}
		}
		if err := l.sleep(ctx, pause); err != nil {
			return err
		}
	}
}

func (l *limiter) take(ctx context.Context) error {
	turn := make(chan struct{})
	l.mu.Lock()
	l.queue = append(l.queue, turn)
	l.hand()
	l.mu.Unlock()
	select {
	case <-turn:
	case <-ctx.Done():
	}
	err := ctx.Err()
	if err == nil {
		return nil
	}
	l.mu.Lock()
	i := slices.Index(l.queue, turn)
	if i >= 0 {
		l.queue = slices.Delete(l.queue, i, i+1)
	}
	l.mu.Unlock()
	if i < 0 {
		l.leave() // it had come to its place
	}
	return err
}

// hand gives free places to those who wait. It must be called with the lock
// held.
func (l *limiter) hand() {
	for len(l.queue) > 0 && l.flying < l.allowed {
		l.flying++
		close(l.queue[0])
		l.queue = l.queue[1:]
	}
}

func (l *limiter) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flying--
	l.hand()
}

// pause is how long nothing may be sent from now.
func (l *limiter) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until.IsZero() {
		return 0
	}
	return l.until.Sub(l.clock())
}

// sleep waits. What was to be waited for has then passed, whatever the clock
// says: a clock that stands still, as in tests, must not hold anybody forever.
func (l *limiter) sleep(ctx context.Context, d time.Duration) error {
	end := l.clock().Add(d)
	if err := l.wait(ctx, d); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.until.After(end) {
		l.until = time.Time{}
	}
	return nil
}

// heed learns from an answer, before its body is read. Any 429 pauses
// everything, whichever limit it names: quotas are the whole client's, and a
// burst is over in seconds.
func (l *limiter) heed(status int, h http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	limited := status == http.StatusTooManyRequests
	if limited || status == http.StatusServiceUnavailable {
		if until := now.Add(min(retryAfter(h, now), longestPause)); until.After(now) && until.After(l.until) {
			l.until = until
		}
	}
	switch {
	case limited:
		l.allowed, l.run = max(1, l.allowed/2), 0
	case h.Get("X-RateLimit-NearLimit") == "true":
		l.allowed, l.run = max(1, l.allowed-1), 0
	case status >= 500:
		l.run = 0
	case l.allowed < l.most:
		if l.run++; l.run >= l.allowed {
			l.allowed, l.run = l.allowed+1, 0
			l.hand()
		}
	}
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil {
		// Years do not fit a Duration; anything beyond our patience is the same.
		return time.Duration(min(max(n, 0), 1<<30)) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(now))
	}
	return 0
}
