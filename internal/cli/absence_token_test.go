package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
)

// long takes about 500 requests to read.
func (k kindOfSite) long() size {
	switch k.mode {
	case emulator.ModeTransition:
		return size{people: 60, groups: 20, spaces: 225}
	case "":
		return size{people: 60, groups: 242, spaces: 150}
	}
	return size{people: 60, groups: 20, spaces: 450}
}

// loss is how weir's account comes to see less, from some request on.
type loss struct {
	name  string
	rules func(from int) []emulator.Rule
	// downgraded: the account loses its right to administer instead.
	downgraded bool
}

var losses = []loss{
	{name: "revoked", rules: func(from int) []emulator.Rule {
		return []emulator.Rule{{From: from, Caller: emulator.CallerExpired}}
	}},
	{name: "taken for anybody", rules: func(from int) []emulator.Rule {
		return []emulator.Rule{{From: from, Caller: emulator.CallerAnonymous}}
	}},
	{name: "downgraded", downgraded: true},
}

// every is the distance of the boundaries that are tried.
func every(t *testing.T) int {
	t.Helper()
	if *soakAbsence {
		return 1
	}
	return 25
}

// steward is an administrator of Confluence who can lose that right: the site's
// own account cannot.
const steward = "steward@acme.example"

func asSteward(m *masked, a emulator.Admin) error {
	if err := a.AddPerson(steward, "", emulator.PersonOptions{}); err != nil {
		return err
	}
	token, err := a.IssueToken(steward)
	m.as, m.token = steward, token
	return cmp.Or(err, m.regain(a))
}

// downgrade takes the right to administer from weir's account, and regain gives it.
func (m *masked) downgrade(a emulator.Admin) error {
	if m.mode != "" {
		return a.SetPersonRole(steward, "user")
	}
	return cmp.Or(a.RevokeGlobal(emulator.Principal{User: steward}, emulator.GlobalSystem), a.RevokeGlobal(emulator.Principal{User: steward}, emulator.GlobalAdminister))
}

func (m *masked) regain(a emulator.Admin) error {
	if m.mode != "" {
		return a.SetPersonRole(steward, "admin", "user")
	}
	return cmp.Or(a.GrantGlobal(emulator.Principal{User: steward}, emulator.GlobalAdminister), a.GrantGlobal(emulator.Principal{User: steward}, emulator.GlobalSystem))
}

func TestLosingTheTokenIsNeverAbsence(t *testing.T) {
	for _, kind := range kindsOfSite {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			m := newMasked(t, kind, kind.long(), 1, asSteward)
			calm := m.try(t, m.em.Transport(), m.pins)
			if calm.plan == nil {
				t.Fatal(calm.err)
			}
			about := func(f access.Fact) bool { return f.About(m.clean.Account) }
			// What it holds itself is another thing before and after.
			tr := truth{m.clean.Facts.Filter(func(f access.Fact) bool { return !about(f) }), []access.Set{m.clean.Facts, access.NewSet(access.Fact{Kind: access.Product, Object: m.clean.Account, Value: "user"})}}
			for _, l := range losses {
				var all outcomes
				observed := 0
				for from := 1; from <= calm.sent; from += every(t) {
					knobs := emulator.Knobs{}
					if l.downgraded {
						m.edit = m.downgrade
						knobs.Edits = []emulator.KnobEdit{{Before: from, Lines: []string{"downgrade"}}}
					} else {
						knobs.Rules = l.rules(from)
					}
					if err := m.em.SetKnobs(knobs); err != nil {
						t.Fatal(err)
					}
					got := m.try(t, m.em.Transport(), m.pins)
					where := fmt.Sprintf("from request %d of %d, %d of them to observe", from, calm.sent, calm.obs.Requests)
					all.take(m.name+": "+l.name, tr, m.want, got, where, func(f access.Fact) string { return "" })
					if got.obs != nil {
						observed++
					}
					if !l.downgraded && (got.plan != nil || got.obs != nil && from <= calm.obs.Requests) {
						t.Errorf("%s %s: something came of it", l.name, where)
					}
					if err := m.em.SetKnobs(emulator.Knobs{}); err != nil {
						t.Fatal(err)
					}
					if l.downgraded {
						if m.refused != nil {
							t.Fatal(m.refused)
						}
						if err := m.regain(m.em.Admin()); err != nil {
							t.Fatal(err)
						}
					}
				}
				t.Logf("%s, %d requests, %d of them to observe: %d observations", l.name, calm.sent, calm.obs.Requests, observed)
				all.report(t)
			}
		})
	}
}

// TestLosingTheTokenEndsThePlan: the same for the command, through a port.
func TestLosingTheTokenEndsThePlan(t *testing.T) {
	for _, kind := range []kindOfSite{kindsOfSite[0], kindsOfSite[3]} {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			m := newMasked(t, kind, kind.long(), 1)
			var asked atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				m.em.ServeHTTP(w, r)
			}))
			defer server.Close()
			c := m.em.Credentials()
			env := map[string]string{"WEIR_ADDRESS": server.URL + "/wiki", "WEIR_ORG_ADDRESS": server.URL, "WEIR_USER": c.Email, "WEIR_TOKEN": c.Token, "WEIR_ORG_KEY": c.OrgKey}
			product := productCloud
			if kind.mode == "" {
				product = productDataCenter
				env = map[string]string{"WEIR_ADDRESS": server.URL + "/confluence", "WEIR_AUTH": "bearer", "WEIR_TOKEN": c.Token, "WEIR_USERNAMES": "email"}
			}
			dir := t.TempDir()
			text := "weir: v1\nsite: {name: acme, product: " + product + "}\n"
			if err := os.WriteFile(filepath.Join(dir, "site.weir.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			plan := func(k emulator.Knobs) (code int, out, errs string) {
				t.Helper()
				if err := m.em.SetKnobs(k); err != nil {
					t.Fatal(err)
				}
				var stdout, stderr bytes.Buffer
				code = Main(t.Context(), []string{"plan", dir}, Env{
					Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Getenv: func(name string) string { return env[name] },
					Clock: func() time.Time { return time.Unix(1.7e9, 0) }, Wait: func(context.Context, time.Duration) error { return nil },
				})
				return code, stdout.String(), stderr.String()
			}
			if code, _, errs := plan(emulator.Knobs{}); code != exitDone {
				t.Fatalf("a plan ends with %d\n%s", code, errs)
			}
			cases, all := 0, int(asked.Load())
			for _, l := range losses {
				if l.downgraded {
					continue
				}
				for from := 1; from <= all; from += every(t) {
					cases++
					code, out, errs := plan(emulator.Knobs{Rules: l.rules(from)})
					if code != exitSite || out != "" || errs == "" {
						t.Errorf("%s from request %d: exit code %d, %q, %q", l.name, from, code, out, errs)
					}
				}
			}
			t.Logf("%d plans of %d requests that ended with exit code %d", cases, all, exitSite)
		})
	}
}
