package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/policies"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
)

const crashBefore = `
weir: v1
site: {name: crash}
ownership: {users: exclusive, groups: exclusive, space_roles: exclusive}
policies:
  two_space_admins: {level: warn}
users:
  ana@acme.example: {}
  bo@acme.example: {}
  cem@acme.example: {}
  dora@acme.example: {}
  eli@acme.example: {}
groups:
  leads: {members: [ana@acme.example, bo@acme.example]}
  staff: {members: [ana@acme.example, bo@acme.example, cem@acme.example, dora@acme.example], product_role: user}
  old: {members: [dora@acme.example, eli@acme.example]}
space_roles:
  reviewer: {permissions: [read/space, create/comment]}
  gone: {permissions: [read/space]}
spaces:
  ENG:
    name: Engineering
    roles: {admin: ["group:leads"], collaborator: ["group:staff"], reviewer: ["group:old"]}
  OPS:
    name: Operations
    roles: {admin: ["group:leads", "group:old"], gone: ["group:staff"]}
`

// crashAfter changes every kind of fact in every way.
const crashAfter = `
weir: v1
site: {name: crash}
ownership: {users: exclusive, groups: exclusive, space_roles: exclusive}
policies:
  two_space_admins: {level: warn}
users:
  ana@acme.example: {}
  bo@acme.example: {}
  cem@acme.example: {state: suspended}
  dora@acme.example: {}
  fay@acme.example: {}
groups:
  leads: {members: [ana@acme.example, dora@acme.example, bo@acme.example]}
  staff: {members: [ana@acme.example, dora@acme.example, fay@acme.example]}
  new: {members: [fay@acme.example], product_role: user}
space_roles:
  reviewer: {permissions: [read/space, export/space]}
  writer: {permissions: [read/space, create/page]}
spaces:
  ENG:
    name: Engineering and more
    roles: {admin: ["group:leads"], viewer: ["group:staff"], writer: ["group:new"]}
  OPS:
    name: Operations
    status: archived
    roles: {admin: ["group:leads"], reviewer: ["group:staff"]}
  NEW:
    name: New
    roles: {admin: ["group:leads"], writer: ["group:new"]}
`

// line is a network that goes down for good at one request, before or after
// the request took effect.
type line struct {
	to    http.RoundTripper
	left  int // requests until it goes down
	after bool
	dead  bool
}

var errDown = errors.New("the process is gone")

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.dead {
		return nil, errDown
	}
	l.left--
	if l.left > 0 {
		return l.to.RoundTrip(r)
	}
	l.dead = true
	if l.after {
		if resp, err := l.to.RoundTrip(r); err == nil {
			_ = resp.Body.Close()
		}
	}
	return nil, errDown
}

// crashJournal keeps only what was synced while the process lived.
type crashJournal struct {
	durable, pending []reconcile.Record
	line             *line
}

func (j *crashJournal) Append(r reconcile.Record) error {
	j.pending = append(j.pending, r)
	return nil
}

func (j *crashJournal) Sync() error {
	if j.line != nil && j.line.dead {
		return errDown
	}
	j.durable, j.pending = append(j.durable, j.pending...), nil
	return nil
}

func (j *crashJournal) Keep(reconcile.Left) error { return nil }

func (j *crashJournal) Kept(string) (*reconcile.Left, error) { return nil, nil }

func (j *crashJournal) Remember(string, access.Memory) error { return nil }

func (j *crashJournal) Remembered(string) (access.Memory, error) { return access.Memory{}, nil }

func (j *crashJournal) Replay(f func(reconcile.Record) error) error {
	for _, r := range j.durable {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// rig is an emulated site with everything an apply needs.
type rig struct {
	em    *emulator.Emulator
	judge *policies.Judge
	now   func() time.Time
}

// newRig opens a site that is kept in a store.
func newRig(t *testing.T, store emulator.Store) *rig {
	t.Helper()
	now := func() time.Time { return time.Unix(1e9, 0) }
	em, err := emulator.New(emulator.Options{Store: store, Clock: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = em.Close() })
	return &rig{em: em, judge: crashJudge(t), now: now}
}

// crashJudge compiles the rules once: it takes longer than an apply.
func crashJudge(t *testing.T) *policies.Judge {
	t.Helper()
	j, err := judgeOnce()
	if err != nil {
		t.Fatal(err)
	}
	return j
}

var judgeOnce = sync.OnceValues(func() (*policies.Judge, error) {
	return policies.New(map[string]policies.Setting{"two_space_admins": {Level: access.Warn}})
})

// copied gives a store of its own with the same records.
func copied(t *testing.T, from emulator.Store) emulator.Store {
	t.Helper()
	to := emulator.NewMemory()
	err := from.Load(func(r emulator.Record) error {
		r.Value = slices.Clone(r.Value)
		return to.Commit([]emulator.Record{r})
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func (r *rig) site(t *testing.T, transport http.RoundTripper) *cloud.Site {
	t.Helper()
	c := r.em.Credentials()
	s, err := cloud.New(cloud.Config{
		Confluence: c.BaseURL + "/wiki", Admin: c.BaseURL + "/admin", Users: c.BaseURL + "/users",
		Email: c.Email, Token: rest.NewSecret(c.Token), OrgKey: rest.NewSecret(c.OrgKey),
		Account: c.AccountID, OrgID: c.OrgID, CloudID: c.CloudID,
		Transport: transport, Clock: r.now, Jitter: func() float64 { return 0 }, Wait: noWait,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func compiled(t *testing.T, text string) *schema.Description {
	t.Helper()
	docs, diags := schema.Parse([]schema.File{{Path: "crash.weir.yaml", Bytes: []byte(text)}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	d, diags := schema.Compile(docs, nil, time.Unix(1e9, 0))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *rig) make(ctx context.Context, s site.Reader, d *schema.Description) (*reconcile.Draft, error) {
	g := reconcile.DefaultGuards()
	loose := reconcile.Limit{Ratio: 1, Max: 1000, Free: 1000}
	g.Removals, g.PeopleLosingAccess = loose, loose
	return reconcile.Make(ctx, reconcile.Input{Site: s, Name: reconcile.SiteName{Name: "crash", Product: embedded}, Description: d, Judge: r.judge, Guards: g})
}

// applyAll settles, plans and applies, and wants all of it to succeed.
func (r *rig) applyAll(t *testing.T, s site.Site, d *schema.Description, j reconcile.Journal) error {
	t.Helper()
	ctx := t.Context()
	if _, err := reconcile.Settle(ctx, s, j, r.now); err != nil {
		return err
	}
	draft, err := r.make(ctx, s, d)
	if err != nil {
		return err
	}
	if len(draft.Plan.Changes) == 0 {
		return nil
	}
	report, err := reconcile.Apply(ctx, reconcile.ApplyInput{Site: s, Plan: draft.Plan, Journal: j, Clock: r.now, Wait: noWait})
	if err != nil {
		return err
	}
	if !report.Whole() {
		return fmt.Errorf("applied in part: %+v", report)
	}
	return nil
}

// A crash at any request of an apply, before or after the request took effect,
// then another apply: the site is as described, no journal entry stays open,
// and at no moment could anybody do what they could do neither before nor
// after.
func TestCrashAtAnyRequest(t *testing.T) {
	t.Parallel()
	after := compiled(t, crashAfter)
	base := emulator.NewMemory()
	first := newRig(t, base)
	if err := first.applyAll(t, first.site(t, first.em.Transport()), compiled(t, crashBefore), &reconcile.MemoryJournal{}); err != nil {
		t.Fatal(err)
	}
	whole := newRig(t, copied(t, base))
	start := factsOf(whole.em.Dump())
	count := &line{to: whole.em.Transport(), left: 1 << 30}
	if err := whole.applyAll(t, whole.site(t, count), after, &reconcile.MemoryJournal{}); err != nil {
		t.Fatal(err)
	}
	want := factsOf(whole.em.Dump())
	requests := 1<<30 - count.left
	before, end := access.NewView(start), access.NewView(want)
	for n := 1; n <= requests; n++ {
		for _, effect := range []bool{false, true} {
			t.Run(fmt.Sprintf("request %d of %d, effect %v", n, requests, effect), func(t *testing.T) {
				r := newRig(t, copied(t, base))
				l := &line{to: r.em.Transport(), left: n, after: effect}
				j := &crashJournal{line: l}
				watched := &watcher{to: l, t: t, em: r.em, before: before, after: end}
				_ = r.applyAll(t, r.site(t, watched), after, j) // it dies on the way

				j.line, j.pending = nil, nil
				watched.to = r.em.Transport()
				if err := r.applyAll(t, r.site(t, watched), after, j); err != nil {
					t.Fatal(err)
				}
				if got := factsOf(r.em.Dump()); !got.Equal(want) {
					t.Errorf("the site ends differently: %v", access.Changes(want, got))
				}
				h, err := reconcile.ReadHistory(j)
				if err != nil || len(h.Open) > 0 || !h.Ended && len(j.durable) > 0 {
					t.Errorf("the journal is not settled: %+v, %v", h, err)
				}
			})
		}
	}
	t.Logf("%d crash points", 2*requests)
}

// watcher looks at the site itself after every request.
type watcher struct {
	to            http.RoundTripper
	t             *testing.T
	em            *emulator.Emulator
	before, after *access.View
}

func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.to.RoundTrip(r)
	if r.Method == http.MethodGet {
		return resp, err
	}
	now := access.NewView(factsOf(w.em.Dump()))
	for _, s := range []access.Ref{"space:ENG", "space:OPS", "space:NEW"} {
		for _, p := range []access.Ref{"user:ana@acme.example", "user:bo@acme.example", "user:cem@acme.example", "user:dora@acme.example", "user:eli@acme.example", "user:fay@acme.example"} {
			was, is, will := w.before.Rights(p, s), now.Rights(p, s), w.after.Rights(p, s)
			if !is.Within(was.Union(will)) {
				w.t.Errorf("after %s %s, %s may do %q in %s, before %q, at the end %q", r.Method, r.URL.Path, p, is, s, was, will)
			}
			if !was.Minus(was.Minus(will)).Within(is) {
				w.t.Errorf("after %s %s, %s may do only %q in %s, before %q, at the end %q", r.Method, r.URL.Path, p, is, s, was, will)
			}
		}
		if n, least := len(now.Admins(s)), min(2, len(w.before.Admins(s)), len(w.after.Admins(s))); n < least {
			w.t.Errorf("after %s %s, %s has %d admins", r.Method, r.URL.Path, s, n)
		}
	}
	return resp, err
}

// An acceptance that an earlier run used is known after a crash.
func TestHistorySurvives(t *testing.T) {
	path := t.TempDir() + "/journal.db"
	j, err := reconcile.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	records := []reconcile.Record{
		{Run: 1, Kind: reconcile.Began, Plan: "d"},
		{Run: 1, Kind: reconcile.Accepted, Acceptance: "removals.user:7@d"},
		{Run: 1, Kind: reconcile.Intent, Step: "a", Changes: []string{"+ exists group:g"}},
		{Run: 1, Kind: reconcile.Intent, Step: "b", Changes: []string{"+ exists group:h"}},
		{Run: 1, Kind: reconcile.Outcome, Step: "a", Status: reconcile.Applied},
	}
	for _, r := range records {
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Sync(); err != nil {
		t.Fatal(err)
	}
	if _, err := reconcile.OpenJournal(path); !errors.Is(err, reconcile.ErrJournalLocked) {
		t.Errorf("a second opener gets %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err = reconcile.OpenJournal(path); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	h, err := reconcile.ReadHistory(j)
	if err != nil {
		t.Fatal(err)
	}
	if h.Ended || h.LastRun != 1 || !h.Used["removals.user:7@d"] || len(h.Open) != 1 || h.Open[0].Step != "b" {
		t.Errorf("history: %+v", h)
	}
	if !slices.Equal(h.Open[0].Changes, []string{"+ exists group:h"}) {
		t.Errorf("the open intent lost its changes: %+v", h.Open[0])
	}
}

// What the driver reads over the protocol is what the emulator itself holds to
// be true, fact by fact: two readings, no shared code.
func TestObserveAgreesWithTheDump(t *testing.T) {
	store := emulator.NewMemory()
	r := newRig(t, store)
	for _, text := range []string{crashBefore, crashAfter} {
		if err := r.applyAll(t, r.site(t, r.em.Transport()), compiled(t, text), &reconcile.MemoryJournal{}); err != nil {
			t.Fatal(err)
		}
		obs, err := r.site(t, r.em.Transport()).Observe(t.Context(), access.Extent{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := access.Changes(factsOf(r.em.Dump()), obs.Facts); len(diff) > 0 || len(obs.Unknown) > 0 {
			t.Errorf("the driver sees it otherwise: %v, unknown %v", diff, obs.Unknown)
		}
		for f := range obs.Facts.OfKind(access.Exists) {
			if obs.IDs[f.Object] == "" {
				t.Errorf("%s has no id", f.Object)
			}
		}
	}
}
