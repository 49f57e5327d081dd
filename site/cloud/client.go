package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/weirhq/weir/site"
)

// maxBody bounds one answer: the largest honest one (250 spaces, or the 80 KB
// that an updated space answers with) is far below.
const maxBody = 32 << 20

// client sends requests. It goes to the transport directly and not through
// http.Client, which would follow redirects: a redirected DELETE becomes a
// GET that answers 200. It never sets Idempotency-Key, since net/http would
// then send a POST again by itself.
type client struct {
	bases      [3]*url.URL // by door
	email      string
	token, key Secret
	transport  http.RoundTripper
	clock      func() time.Time
	wait       func(context.Context, time.Duration) error
	jitter     func() float64
	timeout    time.Duration
	slots      chan struct{} // one for each request that may be in flight
	sent       atomic.Int64
}

// call is one request to an endpoint.
type call struct {
	to    endpoint
	args  []string // for the {} of its path
	query url.Values
	body  any
	op    string // what is being done, for messages; the endpoint's own if empty
}

func (c call) String() string {
	if c.op != "" {
		return c.op
	}
	return c.to.op
}

// answer is what an endpoint answers with. check refuses an answer that lacks
// what must be there, so that garbage is never taken for emptiness.
type answer interface{ check() error }

// read sends a call that changes nothing, again and again within reason while
// the trouble may pass.
func (c *client) read(ctx context.Context, what call, out answer) (http.Header, error) {
	if !slices.Contains(reads, what.to) {
		return nil, fail(site.Unsupported, what, errors.New("not a read"))
	}
	return c.retrying(ctx, what, out, site.Transient, site.RateLimited)
}

// write sends a call that changes something, at most once: only a 429 is sent
// again, since it says that nothing was done. A Transient error means that
// nobody knows whether it had its effect. out is nil where the answer says
// nothing of use.
func (c *client) write(ctx context.Context, what call, out answer) error {
	if !slices.Contains(writes, what.to) {
		return fail(site.Unsupported, what, errors.New("not in the list of writes"))
	}
	_, err := c.retrying(ctx, what, out, site.RateLimited)
	if isUnreadable(err) {
		return uncertain(err) // it was accepted
	}
	return err
}

// once sends a call, without any retry.
func (c *client) once(ctx context.Context, what call, out answer) (http.Header, error) {
	req, err := c.request(ctx, what)
	if err != nil {
		return nil, fail(site.Invalid, what, err)
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, fail(site.Transient, what, ctx.Err())
	}
	if err := ctx.Err(); err != nil {
		return nil, fail(site.Transient, what, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	c.sent.Add(1)
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, fail(site.Transient, what, c.redact(err))
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if resp.StatusCode/100 != 2 {
		return resp.Header, c.refusal(what, resp, data)
	}
	switch {
	case err != nil:
		return nil, fail(site.Transient, what, c.redact(err))
	case len(data) > maxBody:
		return nil, fail(site.Invalid, what, unreadable{fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)})
	case out == nil:
		return resp.Header, nil
	}
	if err := decode(resp, data, out); err != nil {
		if errors.Is(err, errTruncated) {
			return nil, fail(site.Transient, what, err)
		}
		return nil, fail(site.Invalid, what, unreadable{c.redact(err)})
	}
	return resp.Header, nil
}

// request builds a call's request: the base of its door, the endpoint's path
// with its arguments, the door's credential and nothing else.
func (c *client) request(ctx context.Context, what call) (*http.Request, error) {
	path := what.to.path
	for _, arg := range what.args {
		// An id comes from a server: it must stay one segment.
		if arg == "" || arg == "." || arg == ".." {
			return nil, fmt.Errorf("%q is no id", arg)
		}
		path = strings.Replace(path, "{}", url.PathEscape(arg), 1)
	}
	if strings.Contains(path, "{}") {
		return nil, errors.New("an id is missing")
	}
	address := c.bases[what.to.door].String() + path
	if len(what.query) > 0 {
		address += "?" + what.query.Encode()
	}
	var body io.Reader
	if what.body != nil {
		data, err := json.Marshal(what.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, what.to.method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "weir")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if what.to.door == confluence {
		req.SetBasicAuth(c.email, c.token.text())
	} else {
		req.Header.Set("Authorization", "Bearer "+c.key.text())
	}
	return req, nil
}

var errTruncated = errors.New("the answer breaks off")

// decode reads a JSON answer, and nothing else that a proxy or a log-in page
// may have sent in its place.
func decode(resp *http.Response, data []byte, out answer) error {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
		return fmt.Errorf("the answer is not JSON but %q", resp.Header.Get("Content-Type"))
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(data, out); {
	case len(data) == 0:
		return errors.New("the answer is empty")
	case errors.As(err, &syntax) && int(syntax.Offset) >= len(data):
		return errTruncated
	case err != nil:
		return err
	}
	return out.check()
}
