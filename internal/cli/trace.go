package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site/rest"
)

// tracer prints a line to stderr for each request that is sent to a site, if
// somebody asked for that; otherwise it follows the reading on a terminal, and
// elsewhere it is nil. A line says where and how long, and nothing of
// queries, headers or bodies: it may be shown to anybody who may see the plan.
func (a *app) tracer() func(rest.Sent) {
	switch {
	case a.trace:
	case a.status != nil:
		return a.reading()
	default:
		return nil
	}
	var mu sync.Mutex // drivers ask several things at once
	return func(s rest.Sent) {
		status := "no answer"
		if s.Status != 0 {
			status = fmt.Sprint(s.Status)
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(a.Stderr, "trace: %s %s %s: %s, %s\n", s.Method, s.Surface, render.Safe(s.Path), status, s.Took.Round(time.Millisecond))
	}
}
