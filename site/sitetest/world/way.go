package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// RoundTripper is a transport of one function.
type RoundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Reply makes an answer.
func Reply(r *http.Request, status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: r,
		Header: http.Header{"Content-Type": {contentType}},
		Body:   io.NopCloser(strings.NewReader(body)),
	}
}

// Mangled changes the requests whose path ends in Path, and the JSON of the
// answers to them. Both are told the number of the request, from 0, among those
// for one list. It panics at a request that leaves the embedded site.
type Mangled struct {
	http.RoundTripper
	Path     string
	Request  func(n int, r *http.Request) // nil for as it is
	Answer   func(n int, body any) any    // nil for as it is
	KeepLink bool                         // the Link header, which else would contradict the body

	mu sync.Mutex
	n  map[string]int // by list
}

// RoundTrip implements [http.RoundTripper].
func (m *Mangled) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "site.embedded.invalid" {
		panic("a request to " + r.URL.Host)
	}
	if !strings.HasSuffix(r.URL.Path, m.Path) {
		return m.RoundTripper.RoundTrip(r)
	}
	list := listOf(r)
	m.mu.Lock()
	if m.n == nil {
		m.n = make(map[string]int)
	}
	n := m.n[list]
	m.n[list]++
	m.mu.Unlock()
	if m.Request != nil {
		m.Request(n, r)
	}
	resp, err := m.RoundTripper.RoundTrip(r)
	if err != nil || m.Answer == nil {
		return resp, err
	}
	defer resp.Body.Close()
	var body any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return nil, err
	}
	data, err := json.Marshal(m.Answer(n, body))
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	if !m.KeepLink {
		resp.Header.Del("Link")
	}
	return resp, nil
}

// listOf tells one list from another: its path and its filters.
func listOf(r *http.Request) string {
	query := r.URL.Query()
	for _, place := range []string{"cursor", "start", "limit"} {
		query.Del(place)
	}
	key := r.URL.Path + "?" + query.Encode()
	if r.Body == nil {
		return key
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	var body map[string]any
	if json.Unmarshal(data, &body) != nil {
		return key + string(data)
	}
	delete(body, "cursor")
	return key + fmt.Sprint(body)
}

// Serial lets one request through at a time.
type Serial struct {
	http.RoundTripper
	mu sync.Mutex
}

// RoundTrip implements [http.RoundTripper].
func (s *Serial) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.RoundTripper.RoundTrip(r)
}
