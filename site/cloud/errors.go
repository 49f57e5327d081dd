package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weirhq/weir/site"
)

func fail(kind site.Kind, what call, err error) *site.Error {
	return &site.Error{Kind: kind, Op: what.String(), Err: err}
}

// unreadable marks an accepted request whose answer makes no sense.
type unreadable struct{ error }

func (u unreadable) Unwrap() error { return u.error }

func isUnreadable(err error) bool {
	var u unreadable
	return errors.As(err, &u)
}

// uncertain says that a write was accepted and that what came of it has to be
// read back.
func uncertain(err error) error {
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

// status gives the HTTP status of the answer behind an error, or 0.
func status(err error) int {
	var a answered
	errors.As(err, &a)
	return a.status
}

// refusal makes an error of an answer that is not a success.
func (c *client) refusal(what call, resp *http.Response, body []byte) *site.Error {
	a := answered{status: resp.StatusCode, after: c.retryAfter(resp.Header)}
	a.text = fmt.Sprintf("HTTP %d", a.status)
	if said := c.reason(resp, body); said != "" {
		a.text += ": " + said
	}
	if a.status < 400 {
		a.text += ": the site answers with a redirect, which weir does not follow (check the address)"
	}
	return fail(kindOfStatus(a.status), what, a)
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

// retryAfter reads the header: seconds, or a date.
func (c *client) retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil {
		// Years do not fit a Duration; anything beyond our patience is the same.
		return time.Duration(min(max(n, 0), 1<<30)) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil {
		return max(0, t.Sub(c.clock()))
	}
	return 0
}

// reason finds what the product says in an error body. The shapes: v1
// {message}, v2 and organisation {errors:[{title,detail}]}, user management
// {key, context}, gateways {message}. A body that is not JSON says nothing worth
// showing.
func (c *client) reason(resp *http.Response, body []byte) string {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if !strings.Contains(media, "json") || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return ""
	}
	var said struct {
		Message string
		Key     string
		Context struct{ Message string }
		Errors  []struct{ Title, Detail string }
	}
	// A body of another shape leaves fields empty, and that is all.
	_ = json.Unmarshal(body, &said)
	var parts []string
	for _, e := range said.Errors {
		parts = append(parts, e.Title, e.Detail)
	}
	parts = append(parts, said.Message, said.Key, said.Context.Message)
	var out []string
	for _, p := range parts {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			out = append(out, p)
		}
	}
	// Redacted before it is cut: half a secret would not be recognised.
	text := c.redactor().Replace(strings.Join(out, ": "))
	if r := []rune(text); len(r) > 300 {
		text = string(r[:300]) + "…"
	}
	return strings.ToValidUTF8(text, "�")
}

// redacted is an error whose text has lost its secrets.
type redacted struct {
	text string
	err  error
}

func (r redacted) Error() string { return r.text }
func (r redacted) Unwrap() error { return r.err }

func (c *client) redact(err error) error {
	return redacted{c.redactor().Replace(err.Error()), err}
}

func (c *client) redactor() *strings.Replacer { return redactor(c.email, c.token, c.key) }
