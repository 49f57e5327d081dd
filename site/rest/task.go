package rest

import (
	"context"
	"errors"
	"time"

	"github.com/weirhq/weir/site"
)

// Task is how far a long task of the site is.
type Task struct {
	Done, Successful bool
	Messages         []string // what the site says about it
}

// How long a long task may take: a minute, asked for at longer and longer
// pauses (observed on Cloud: seconds).
const (
	firstPoll = 250 * time.Millisecond
	longPoll  = 5 * time.Second
	polls     = 20
)

// Finish waits for a long task that the site has accepted, and that ask reads with
// the call what. One that does not end in time has an unknown outcome.
func (c *Client) Finish(ctx context.Context, what Call, ask func(context.Context, Call) (Task, error)) error {
	pause := firstPoll
	for range polls {
		t, err := ask(ctx, what)
		if err != nil {
			return Uncertain(err) // it was accepted
		}
		if t.Done {
			if t.Successful {
				return nil
			}
			said := "the task failed"
			for _, m := range t.Messages {
				said += ": " + m
			}
			return Fail(site.Invalid, what, c.Redact(errors.New(said)))
		}
		if err := c.Wait(ctx, pause); err != nil {
			return Fail(site.Transient, what, err)
		}
		pause = min(2*pause, longPoll)
	}
	return Fail(site.Transient, what, errors.New("the site has accepted it and is not done yet"))
}
