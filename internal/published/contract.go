package published

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Known is what the test of a driver knows beside the documents.
type Known struct {
	// Base is the path of the site, before those of the documents.
	Base string

	// Described are operations that Atlassian publishes, but in no document at hand,
	// as method and path (a variable is {}), with the evidence that describes each.
	Described map[string]string

	// Deviations are the places where a document is wrong or older than the
	// interface, with the evidence. The key is the operation and the trouble as
	// [Contract.Troubles] words them.
	Deviations map[string]string
}

// Contract holds requests against documents on their way.
type Contract struct {
	docs  *Documents
	known Known

	mu        sync.Mutex
	requests  int
	sent      map[line]bool
	published map[string]bool          // operations that a document has
	described map[string]bool          // those that only the evidence describes
	troubles  map[string]*http.Request // the first request with each trouble
}

// line is what a request begins with.
type line struct{ method, path string }

// Hold makes a contract with the documents.
func Hold(docs *Documents, known Known) *Contract {
	return &Contract{
		docs: docs, known: known, sent: make(map[line]bool), published: make(map[string]bool),
		described: make(map[string]bool), troubles: make(map[string]*http.Request),
	}
}

// Checked holds every request of a test against documents where they are at hand,
// whatever the test itself is about, and reports at its end. That they are not at
// hand is for another test to say.
func Checked(t testing.TB, docs func() (*Documents, error), known Known, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	found, err := docs()
	if err != nil {
		return next
	}
	c := Hold(found, known)
	t.Cleanup(func() { c.Report(t) })
	return c.Transport(next)
}

type transport func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Transport checks each request and hands it on.
func (c *Contract) Transport(next http.RoundTripper) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
			r.Body.Close()
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		c.check(r, body)
		return next.RoundTrip(r)
	})
}

func (c *Contract) check(r *http.Request, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	path := strings.TrimPrefix(r.URL.EscapedPath(), c.known.Base)
	c.sent[line{r.Method, path}] = true
	op, variables, ok := c.docs.Operation(r.Method, path)
	if !ok {
		if name, ok := c.describes(r.Method, path); ok {
			c.described[name] = true
		} else {
			c.trouble(r, r.Method+" "+path+": is in no published document")
		}
		return
	}
	c.published[op.Name] = true
	for _, trouble := range op.request(variables, r, body) {
		c.trouble(r, op.Name+": "+trouble)
	}
}

// describes gives the name of an operation that only the evidence describes.
func (c *Contract) describes(method, path string) (name string, ok bool) {
	for name := range c.known.Described {
		verb, template, _ := strings.Cut(name, " ")
		if verb == method && Fits(template, path) {
			return name, true
		}
	}
	return "", false
}

func (c *Contract) trouble(r *http.Request, key string) {
	if c.troubles[key] == nil {
		c.troubles[key] = r
	}
}

// Troubles are those of all requests, known or not, as the operation, the place in
// the request, and what is wrong there.
func (c *Contract) Troubles() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.troubles))
}

// Sent reports whether a request to a path of the template was checked.
func (c *Contract) Sent(method, template string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.sent {
		if l.method == method && Fits(template, l.path) {
			return true
		}
	}
	return false
}

// Report fails the test for each trouble that is not known.
func (c *Contract) Report(t testing.TB) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, r := range c.troubles {
		if _, known := c.known.Deviations[key]; !known {
			t.Errorf("%s (first of %s %s)", key, r.Method, r.URL)
		}
	}
}

// Complete reports, and fails the test as well for what is known and was not met:
// nobody needs to know it any more.
func (c *Contract) Complete(t testing.TB) {
	t.Helper()
	c.Report(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.known.Deviations {
		if c.troubles[key] == nil {
			t.Errorf("the deviation %q is not there any more", key)
		}
	}
	for name := range c.known.Described {
		if !c.described[name] {
			t.Errorf("the described operation %q is not asked any more, or is published now", name)
		}
	}
	said := fmt.Sprintf("%d requests to %d published operations, with %d known deviations", c.requests, len(c.published), len(c.known.Deviations))
	if len(c.known.Described) > 0 {
		said += fmt.Sprintf(", and to %d that are only described", len(c.described))
	}
	t.Log(said)
}
