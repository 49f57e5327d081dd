// Package forgetest is a stand-in for the hosts where changes are reviewed: one
// repository with one request, in the dialect of GitHub, GitLab or Bitbucket
// Cloud.
//
//	s := forgetest.New("github")
//	defer s.Close()
//	s.Permit("ana", forgetest.Write)
//	s.Say("ana", "looks good")
//	... weir against s.Base(), with s.Token(forgetest.Weir) ...
//	s.Comments()
//
// It shares no reading of the hosts' documents with the clients that it tests,
// and knows of the hosts only what those clients need: who may do what, pages,
// and the ways in which a host refuses. Time is a count of seconds that moves on
// with everything that is written.
package forgetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// Weir is the account that weir's token is of. Opener is who opened the request.
const (
	Weir   = "weir-bot"
	Opener = "otto"
)

// What an account may do.
const (
	None  = 0
	Read  = 1
	Write = 2
	Admin = 3
)

// Repo and Number name the one request of the stand-in.
const (
	Repo   = "acme/access"
	Number = 7
	branch = "main"
)

// Comment is one as the stand-in keeps it.
type Comment struct {
	ID               int
	Author, Body     string
	Created, Updated time.Time
}

// Status is a commit's.
type Status struct{ Commit, Context, State, Description, Link string }

// Server is a stand-in. Its fields may be set before it is used.
type Server struct {
	Kind string
	// Workflow makes weir's token that of a GitHub workflow, which may not ask who
	// it is.
	Workflow bool
	// PageCap bounds pages below what is asked for, as servers do. 0: no bound.
	PageCap int
	// DevelopersMerge lets GitLab's developers merge into the protected branch.
	DevelopersMerge bool

	mu       sync.Mutex
	http     *httptest.Server
	head     string
	rights   map[string]int
	revoked  map[string]bool
	comments []Comment
	labels   []string
	merged   string // the commit, once the request is merged
	statuses []Status
	fails    []failure
	elapsed  int
	seen     []string // every request: method and path
}

type failure struct {
	method, path string // a prefix of the path below the base
	status       int
	header       map[string]string
	times        int // how often; below 0 always
}

// New starts a stand-in. The request is open at commit 1111….
func New(kind string) *Server {
	s := &Server{
		Kind: kind, head: strings.Repeat("1", 40), revoked: make(map[string]bool),
		rights: map[string]int{Weir: Admin, Opener: Write},
	}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// Close stops it.
func (s *Server) Close() { s.http.Close() }

// Base is the address of the interface, as the host's CI says it.
func (s *Server) Base() string {
	return s.http.URL + map[string]string{"github": "/api/v3", "gitlab": "/api/v4", "bitbucket": "/2.0"}[s.Kind]
}

// Token gives an account's token.
func (s *Server) Token(account string) string { return "tok-0123456789abcdef-" + account }

// Revoke ends an account's token.
func (s *Server) Revoke(account string) { s.locked(func() { s.revoked[account] = true }) }

// Permit says what an account may do.
func (s *Server) Permit(account string, right int) { s.locked(func() { s.rights[account] = right }) }

// Say writes a comment and gives its id.
func (s *Server) Say(author, body string) (id int) {
	s.locked(func() { id = s.say(author, body).ID })
	return id
}

// Edit changes a comment.
func (s *Server) Edit(id int, body string) {
	s.locked(func() {
		for i := range s.comments {
			if s.comments[i].ID == id {
				s.comments[i].Body, s.comments[i].Updated = body, s.now()
			}
		}
	})
}

// Push moves the request to another commit.
func (s *Server) Push(commit string) { s.locked(func() { s.head = commit }) }

// Merge merges the request as a commit.
func (s *Server) Merge(commit string) { s.locked(func() { s.merged = commit }) }

// Label puts labels on the request.
func (s *Server) Label(labels ...string) { s.locked(func() { s.labels = append(s.labels, labels...) }) }

// Fail answers requests of a method whose path begins so with a status: times
// times, or always if it is below 0. Pairs are headers of the answer.
func (s *Server) Fail(method, path string, status, times int, pairs ...string) {
	h := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		h[pairs[i]] = pairs[i+1]
	}
	s.locked(func() { s.fails = append(s.fails, failure{method, path, status, h, times}) })
}

// Head is the commit that the request would merge.
func (s *Server) Head() (out string) { s.locked(func() { out = s.head }); return out }

// Comments are all comments, oldest first.
func (s *Server) Comments() (out []Comment) {
	s.locked(func() { out = slices.Clone(s.comments) })
	return out
}

// Labels are those of the request.
func (s *Server) Labels() (out []string) {
	s.locked(func() { out = slices.Clone(s.labels) })
	return out
}

// Statuses are all that were set, in their order.
func (s *Server) Statuses() (out []Status) {
	s.locked(func() { out = slices.Clone(s.statuses) })
	return out
}

// Seen lists every request: its method and path.
func (s *Server) Seen() (out []string) { s.locked(func() { out = slices.Clone(s.seen) }); return out }

func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Server) now() time.Time {
	s.elapsed++
	return time.Date(2026, 6, 15, 9, 0, s.elapsed, 0, time.UTC)
}

func (s *Server) say(author, body string) Comment {
	at := s.now()
	c := Comment{ID: 1000 + s.elapsed, Author: author, Body: body, Created: at, Updated: at}
	s.comments = append(s.comments, c)
	return c
}

// id is an account's number: the same for the same name.
func id(account string) int {
	n := 17
	for _, c := range []byte(account) {
		n = (n*31 + int(c)) % 1_000_003
	}
	return n + 1
}

func uuid(account string) string {
	return fmt.Sprintf("{%08d-0000-4000-8000-000000000000}", id(account))
}

// call is one request that was let in.
type call struct {
	s      *Server
	w      http.ResponseWriter
	r      *http.Request
	who    string
	path   string // below the base, as it was sent
	body   map[string]any
	params []string
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	base := strings.TrimPrefix(s.Base(), s.http.URL)
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), base)
	if s.Kind == "github" && r.URL.Path == "/api/graphql" {
		path, ok = "/graphql", true
	}
	s.seen = append(s.seen, r.Method+" "+path)
	c := &call{s: s, w: w, r: r, path: path}
	for i, f := range s.fails {
		if f.method == r.Method && strings.HasPrefix(path, f.path) && f.times != 0 {
			s.fails[i].times--
			for name, value := range f.header {
				w.Header().Set(name, value)
			}
			c.refuse(f.status, "refused")
			return
		}
	}
	if !ok {
		c.refuse(404, "Not Found")
		return
	}
	if c.who = s.account(r); c.who == "" {
		c.refuse(401, "Bad credentials")
		return
	}
	if r.Body != nil {
		_ = json.NewDecoder(r.Body).Decode(&c.body)
	}
	for _, route := range map[string][]route{"github": gitHub, "gitlab": gitLab, "bitbucket": bitbucket}[s.Kind] {
		if route.method != r.Method || !c.matches(route.path) {
			continue
		}
		if s.rights[c.who] < route.needs {
			c.refuse(403, "Resource not accessible")
			return
		}
		route.serve(c)
		return
	}
	c.refuse(404, "Not Found")
}

// account says whose the credential is.
func (s *Server) account(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		_, token, _ = r.BasicAuth()
	}
	account, ok := strings.CutPrefix(token, s.Token(""))
	if !ok || s.revoked[account] {
		return ""
	}
	return account
}

type route struct {
	method, path string // {} is one segment
	needs        int
	serve        func(*call)
}

// matches compares segments as they were sent, so that an escaped slash does not
// divide one.
func (c *call) matches(pattern string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(c.path, "/")
	if len(want) != len(got) {
		return false
	}
	c.params = nil
	for i := range want {
		if want[i] == "{}" {
			c.params = append(c.params, unescape(got[i]))
		} else if want[i] != got[i] {
			return false
		}
	}
	return true
}

func (c *call) answer(status int, body any) {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_ = json.NewEncoder(c.w).Encode(body)
}

func (c *call) refuse(status int, text string) {
	if status/100 == 3 {
		c.w.Header().Set("Location", "http://elsewhere.invalid"+c.path)
	}
	body := any(map[string]string{"message": text})
	if c.s.Kind == "bitbucket" {
		body = map[string]any{"type": "error", "error": map[string]string{"message": text}}
	}
	c.answer(status, body)
}

func (c *call) text(key string) string { text, _ := c.body[key].(string); return text }
