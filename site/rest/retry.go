package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/weirhq/weir/site"
)

// How long weir waits for trouble to pass.
const (
	attempts    = 5
	firstPause  = 500 * time.Millisecond
	longestWait = 2 * time.Minute // a site that asks for more is reported instead
)

// retrying sends a call up to the number of attempts while its trouble may be
// tried again. Between two it waits for what the product asks for, or for a
// pause that doubles and is spread by jitter, whichever is longer.
func (c *Client) retrying(ctx context.Context, what Call, out Answer, again func(*site.Error) bool) (http.Header, error) {
	for n := 0; ; n++ {
		header, err := c.once(ctx, what, out)
		if err == nil || ctx.Err() != nil {
			return header, err
		}
		var trouble *site.Error
		if !errors.As(err, &trouble) || !again(trouble) || n+1 == attempts {
			return nil, err
		}
		pause := firstPause << n
		pause = pause/2 + time.Duration(c.jitter()*float64(pause/2))
		var asked answered
		if errors.As(err, &asked) {
			pause = max(pause, asked.after)
		}
		if pause > longestWait {
			trouble.Err = fmt.Errorf("%w (it asks to wait %s)", trouble.Err, pause)
			return nil, err
		}
		if werr := c.Wait(ctx, pause); werr != nil {
			return nil, Fail(trouble.Kind, what, errors.Join(werr, trouble.Err))
		}
	}
}
