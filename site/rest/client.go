package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/site"
)

// Read sends a call that changes nothing, again and again within reason while
// the trouble may pass. A call that is not in the list of reads is Unsupported.
func (c *Client) Read(ctx context.Context, what Call, out Answer) error {
	_, err := c.read(ctx, what, out)
	return err
}

func (c *Client) read(ctx context.Context, what Call, out Answer) (http.Header, error) {
	if !slices.Contains(c.reads, what.To) {
		return nil, Fail(site.Unsupported, what, errors.New("not a read"))
	}
	return c.retrying(ctx, what, out, func(trouble *site.Error) bool {
		return trouble.Kind == site.Transient || trouble.Kind == site.RateLimited
	})
}

// Write sends a call that changes something, at most once: it is repeated only
// after a 429, which says that nothing was done, and where no connection was
// made to send it on. A Transient error means that nobody knows whether it had
// its effect. A call that is not in the list of writes is Unsupported. out is
// nil where the answer says nothing of use.
func (c *Client) Write(ctx context.Context, what Call, out Answer) error {
	switch {
	case c.readOnly && !slices.Contains(c.but, what.To):
		return Fail(site.Unsupported, what, errors.New("the site is opened for reading only"))
	case !slices.Contains(c.writes, what.To):
		return Fail(site.Unsupported, what, errors.New("not in the list of writes"))
	}
	_, err := c.retrying(ctx, what, out, func(trouble *site.Error) bool {
		var never unsent
		return trouble.Kind == site.RateLimited || errors.As(trouble.Err, &never)
	})
	if isUnreadable(err) {
		return Uncertain(err) // it was accepted
	}
	return err
}

// once sends a call, without any retry.
func (c *Client) once(ctx context.Context, what Call, out Answer) (http.Header, error) {
	req, err := c.request(ctx, what)
	if err != nil {
		return nil, Fail(site.Invalid, what, err)
	}
	if err := c.limiter.enter(ctx); err != nil {
		var paused answered
		if errors.As(err, &paused) {
			return nil, Fail(site.RateLimited, what, err)
		}
		return nil, Fail(site.Transient, what, err)
	}
	defer c.limiter.leave()
	resp, data, err := c.exchange(req, c.surfaces[what.To.Surface].Name) //nolint:bodyclose // exchange has read it to its end and closed it
	switch {
	case resp == nil:
		return nil, Fail(site.Transient, what, err)
	case resp.StatusCode/100 != 2:
		return resp.Header, c.refusal(what, resp, data)
	case err != nil:
		return nil, Fail(site.Transient, what, err)
	}
	if c.echoes(data) {
		// Read, it would carry the credential into plans, locks and journals.
		return nil, Fail(site.Invalid, what, unreadable{errors.New("the answer repeats the credential, as no site does (check the address)")})
	}
	if err := decode(resp, data, out); err != nil {
		if errors.Is(err, errTruncated) {
			return nil, Fail(site.Transient, what, err)
		}
		return nil, Fail(site.Invalid, what, unreadable{c.Redact(err)})
	}
	return resp.Header, nil
}

// exchange sends a request and reads its answer, within the bounds of time and
// size. Without an answer it returns no response; with an error and a response
// the answer broke off.
func (c *Client) exchange(req *http.Request, surface string) (resp *http.Response, data []byte, err error) {
	ctx, cancel := context.WithTimeout(req.Context(), c.timeout)
	defer cancel()
	began, status, number := c.clock(), 0, c.tally.sent.Add(1)
	defer func() {
		took := c.clock().Sub(began)
		if status != 0 {
			c.tally.answered.Add(1)
			c.tally.took.Add(int64(took))
		}
		if c.trace != nil {
			c.trace(Sent{req.Method, surface, req.URL.EscapedPath(), status, took, int(number), int(c.tally.announced.Load())})
		}
	}()
	resp, err = c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		// Nothing of a request is sent before there is a connection, and of a
		// write over one that broke net/http dials anew only what it had not
		// begun to send.
		var op *net.OpError
		if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") {
			return nil, nil, unsent{c.Redact(err)}
		}
		return nil, nil, c.Redact(err)
	}
	defer resp.Body.Close()
	status = resp.StatusCode
	if c.throttled != nil {
		if after, limited := c.throttled(status, resp.Header.Get, c.clock()); limited {
			resp.StatusCode = http.StatusTooManyRequests
			resp.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
		}
	}
	c.limiter.heed(resp.StatusCode, resp.Header)
	limit := int64(maxBody + 1)
	if resp.StatusCode/100 != 2 {
		limit = maxRefusal
	}
	if data, err = io.ReadAll(io.LimitReader(resp.Body, limit)); err != nil {
		err = c.Redact(err)
	}
	return resp, data, err
}

// request builds a call's request: the base of its surface, the endpoint's path
// with its arguments, the surface's credential and nothing else.
func (c *Client) request(ctx context.Context, what Call) (*http.Request, error) {
	surface := c.surfaces[what.To.Surface]
	path := what.To.Path
	for _, arg := range what.Args {
		// An id comes from a server: it must stay one segment.
		if arg == "" || arg == "." || arg == ".." {
			return nil, fmt.Errorf("%q is no id", arg)
		}
		path = strings.Replace(path, "{}", url.PathEscape(arg), 1)
	}
	if strings.Contains(path, "{}") {
		return nil, errors.New("an id is missing")
	}
	address := surface.Base.String() + path
	if len(what.Query) > 0 {
		address += "?" + what.Query.Encode()
	}
	var body io.Reader
	if what.Body != nil {
		data, err := json.Marshal(what.Body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, what.To.Method, address, body)
	if err != nil {
		return nil, err
	}
	if h := what.Header; h != (Header{}) {
		name := http.CanonicalHeaderKey(h.Name)
		if !strings.HasPrefix(name, "Atl-") && !strings.HasPrefix(name, "X-Atlassian-") {
			return nil, fmt.Errorf("header %q is none of Atlassian's own", h.Name)
		}
		req.Header.Set(name, h.Value)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "weir")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", surface.Auth.header())
	return req, nil
}
