package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/weirhq/weir/site"
)

// Fail is trouble of a kind with a call.
func Fail(kind site.Kind, what Call, err error) *site.Error {
	return &site.Error{Kind: kind, Op: what.String(), Err: err}
}

// unreadable marks an accepted request whose answer makes no sense.
type unreadable struct{ error }

func (u unreadable) Unwrap() error { return u.error }

func isUnreadable(err error) bool {
	var u unreadable
	return errors.As(err, &u)
}

// unsent marks a request for which no connection was made: nothing of it has
// left.
type unsent struct{ error }

func (u unsent) Unwrap() error { return u.error }

// Uncertain says that a write was accepted and that what came of it has to be
// read back.
func Uncertain(err error) error {
	var trouble *site.Error
	if errors.As(err, &trouble) {
		trouble.Kind = site.Transient
	}
	return err
}

// answered is an answer that is not a success.
type answered struct {
	status int
	after  time.Duration // how long the product asks to wait, if it does
	text   string
}

func (a answered) Error() string { return a.text }

// Status gives the HTTP status of the answer behind an error, or 0.
func Status(err error) int {
	var a answered
	errors.As(err, &a)
	return a.status
}

// Unseen reports whether an error means that one thing is hidden from weir or
// gone, which nobody can tell apart, rather than that the reading failed.
func Unseen(err error) (reason string, hidden bool) {
	var trouble *site.Error
	if errors.As(err, &trouble) && (trouble.Kind == site.Forbidden || trouble.Kind == site.NotFound) {
		return fmt.Sprint(trouble.Err), true
	}
	return "", false
}

// refusal makes an error of an answer that is not a success.
func (c *Client) refusal(what Call, resp *http.Response, body []byte) *site.Error {
	a := answered{status: resp.StatusCode, after: retryAfter(resp.Header, c.clock())}
	a.text = fmt.Sprintf("HTTP %d", a.status)
	if said := c.reason(resp, body); said != "" {
		a.text += ": " + said
	}
	if a.status < 400 {
		a.text += ": the site answers with a redirect, which weir does not follow (check the address)"
	}
	return Fail(kindOfStatus(a.status), what, a)
}

func kindOfStatus(status int) site.Kind {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return site.Forbidden
	case status == http.StatusPaymentRequired, status == http.StatusNotImplemented:
		return site.Unsupported
	case status == http.StatusNotFound:
		return site.NotFound
	case status == http.StatusConflict:
		return site.Conflict
	case status == http.StatusTooManyRequests:
		return site.RateLimited
	case status == http.StatusRequestTimeout, status >= 500:
		return site.Transient
	}
	return site.Invalid
}

// reason finds what the product says in an error body. The shapes: v1
// {message}, v2 and organisation {errors:[{title,detail}]}, user management
// {key, context}, gateways {message}; hosts of reviews {error:{message}} and
// {error}. A body that is not JSON says nothing worth
// showing.
func (c *Client) reason(resp *http.Response, body []byte) string {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if !isJSON(media) || tooDeep(body) || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return ""
	}
	var said struct {
		Message string
		Key     string
		Context struct{ Message string }
		Errors  []struct{ Title, Detail string }
		Error   json.RawMessage
	}
	// A body of another shape leaves fields empty, and that is all.
	_ = json.Unmarshal(body, &said)
	var parts []string
	for _, e := range said.Errors {
		parts = append(parts, e.Title, e.Detail)
	}
	var inner struct{ Message string }
	var word string
	if json.Unmarshal(said.Error, &inner) != nil {
		_ = json.Unmarshal(said.Error, &word)
	}
	parts = append(parts, said.Message, said.Key, said.Context.Message, inner.Message, word)
	var out []string
	for _, p := range parts {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	// Redacted before it is cut: half a secret would not be recognised.
	text := c.hide(strings.Join(out, ": "))
	if r := []rune(text); len(r) > 300 {
		text = string(r[:300]) + "…"
	}
	return strings.ToValidUTF8(text, "�")
}

// redacted is an error whose text has lost its secrets. What it was made of can
// be recognised and is not unwrapped: whoever walks down a chain and prints what
// is there must not find the text as it was. It lies behind a function because
// fmt prints the fields of what it meets.
type redacted struct {
	text  string
	cause func() error
}

func (r redacted) Error() string        { return r.text }
func (r redacted) Is(target error) bool { return errors.Is(r.cause(), target) }
func (r redacted) As(target any) bool   { return errors.As(r.cause(), target) }

// Redact takes the client's secrets out of the text of an error.
func (c *Client) Redact(err error) error {
	return redacted{c.hide(err.Error()), func() error { return err }}
}
