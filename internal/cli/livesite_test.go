package cli_test

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirhq/weir/internal/cli"
	"github.com/weirhq/weir/site/emulator"
)

// liveSite is an emulated site behind a port, with a record of what arrives.
type liveSite struct {
	product string
	em      *emulator.Emulator
	server  *httptest.Server

	mu       sync.Mutex
	requests int
	writes   []string // every request that is no known read
	// meddle answers instead of the site, or not at all and returns false. n
	// counts the requests from 0.
	meddle func(n int, w http.ResponseWriter, r *http.Request) bool
}

func newLiveSite(t *testing.T, product string) *liveSite {
	t.Helper()
	em, err := emulator.New(emulator.Options{Dialect: product, Clock: func() time.Time { return liveNow }})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		em.Admin().AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}),
		em.Admin().CreateGroup("old", ""),
		em.Admin().AddMember("old", "ana@acme.example"),
		em.Admin().CreateSpace("OPS", "Operations"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &liveSite{product: product, em: em}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		s.server.Close()
		if err := em.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *liveSite) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := s.requests
	s.requests++
	if !isRead(r.Method, r.URL.Path) {
		s.writes = append(s.writes, r.Method+" "+r.URL.Path)
	}
	meddle := s.meddle
	s.mu.Unlock()
	if meddle == nil || !meddle(n, w, r) {
		s.em.ServeHTTP(w, r)
	}
}

// count gives what arrived so far, and begins anew.
func (s *liveSite) count() (requests int, writes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests, writes = s.requests, s.writes
	s.requests, s.writes = 0, nil
	return requests, writes
}

// isRead reports whether a request changes nothing. Three of the organisation's
// questions are asked by POST (evidence A5).
func isRead(method, path string) bool {
	switch method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost:
		return strings.HasPrefix(path, "/admin/v2/orgs/") &&
			(strings.HasSuffix(path, "/users/search") || strings.HasSuffix(path, "/groups/search") || strings.HasSuffix(path, "/workspaces"))
	}
	return false
}

// environ is the operator's environment for the site.
func (s *liveSite) environ() map[string]string {
	c := s.em.Credentials()
	if s.product == emulator.DialectDataCenter {
		return map[string]string{
			"WEIR_ADDRESS": s.server.URL, "WEIR_AUTH": "bearer", "WEIR_TOKEN": c.Token, "WEIR_USERNAMES": "email",
		}
	}
	return map[string]string{
		"WEIR_ADDRESS": s.server.URL + "/wiki", "WEIR_USER": c.Email, "WEIR_TOKEN": c.Token, "WEIR_ORG_KEY": c.OrgKey,
	}
}

func (s *liveSite) canaries() canaries {
	c := s.em.Credentials()
	return canaries{secrets: []string{c.Token, c.OrgKey}, users: []string{c.Email, c.Username}}
}

// with is an environment with other values.
func with(env map[string]string, pairs ...string) map[string]string {
	env = maps.Clone(env)
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return env
}

var liveNow = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// liveDescription writes a description of the site that leaves something to do.
func liveDescription(t testing.TB, product string) string {
	t.Helper()
	dir := t.TempDir()
	text := `weir: v1
site: {name: acme, product: ` + product + `}
policies: {two_space_admins: {level: warn}, direct_grants: {level: warn}}
budget: {removals: {free: 50}, people_losing_access: {free: 50}}
absent: ["group:old"]
users: {ana@acme.example: {}, bo@acme.example: {}}
groups: {leads: {product_role: user, members: [ana@acme.example]}, staff: {members: [bo@acme.example]}}
spaces: {ENG: {name: Engineering, roles: {admin: ["group:leads"], viewer: ["group:staff"]}}, OPS: {name: Operating}}
`
	if err := os.WriteFile(filepath.Join(dir, "site.weir.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// invocation is one run of a command.
type invocation struct {
	args  []string
	stdin string
	env   map[string]string
	until string // interrupted when it prints this
}

// weirLive runs a command in process, without waiting for anything.
func weirLive(t testing.TB, in invocation) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs bytes.Buffer
	env := cli.Env{
		Stdin: strings.NewReader(in.stdin), Stdout: &out, Stderr: &errs,
		Getenv: func(name string) string { return in.env[name] },
		Clock:  func() time.Time { return liveNow },
		Wait:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	if in.until != "" {
		env.Stdout = interrupter{&out, in.until, cancel}
	}
	code = cli.Main(ctx, in.args, env)
	return code, out.String(), errs.String()
}
