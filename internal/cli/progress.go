package cli

import (
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site/rest"
)

// status is one line on a terminal that is written over: what weir is doing, how
// fast, and how long it will take.
type status struct {
	w     io.Writer
	clock func() time.Time

	mu    sync.Mutex
	shown bool
	last  time.Time
}

// pause is how long the line stands at least; what is done sooner needs none.
const pause = 200 * time.Millisecond

func newStatus(w io.Writer, clock func() time.Time) *status {
	return &status{w: w, clock: clock, last: clock()}
}

// show puts a text in place of what the line says, unless that was written only
// just. With now it is written in any case.
func (s *status) show(text string, now bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.clock()
	if !now && at.Sub(s.last) < pause {
		return
	}
	s.shown, s.last = true, at
	fmt.Fprintf(s.w, "\r%s\x1b[K", text)
}

// clear takes the line away, if it is there.
func (s *status) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown {
		s.shown = false
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}

// over is a stream on a terminal that takes the status line away before it writes.
type over struct {
	io.Writer
	status *status
}

// Write writes where the status line was.
func (o over) Write(b []byte) (int, error) {
	o.status.clear()
	return o.Writer.Write(b)
}

// pace says how fast something goes, and how long what is left takes at that pace;
// nothing in the first second, of which nobody could tell.
func pace(done, left int, took time.Duration) string {
	if took < time.Second || done == 0 {
		return ""
	}
	rate := float64(done) / took.Seconds()
	text := fmt.Sprintf(", %.0f a second", rate)
	if rate < 1 {
		text = fmt.Sprintf(", %.0f a minute", rate*60)
	}
	if left > 0 {
		text += ", " + render.Duration(int(math.Ceil(float64(left)/rate))) + " left"
	}
	return text
}

// reading follows the requests of a reading on a terminal.
func (a *app) reading() func(rest.Sent) {
	start := a.Clock()
	return func(s rest.Sent) {
		of := ""
		if s.Of > s.Number {
			of = " of about " + render.Number(s.Of)
		}
		a.status.show(fmt.Sprintf("reading: %s%s requests%s", render.Number(s.Number), of, pace(s.Number, s.Of-s.Number, a.Clock().Sub(start))), false)
	}
}

// progress follows an apply: in a line that is written over on a terminal, and in
// a line now and then elsewhere, so that a log shows life without drowning.
func (a *app) progress(doing, things string) func(done, total int) {
	start := a.Clock()
	const parts = 10
	shown := 0
	return func(done, total int) {
		if a.status != nil {
			a.status.show(fmt.Sprintf("%s: %s of %s %s%s", doing, render.Number(done), render.Number(total), things, pace(done, total-done, a.Clock().Sub(start))), done == total)
			return
		}
		if part := done * parts / total; part > shown || done == total {
			shown = part
			fmt.Fprintf(a.Stderr, "%s: %s of %s %s\n", doing, render.Number(done), render.Number(total), things)
		}
	}
}
