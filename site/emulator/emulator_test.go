package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// fixture is a site and somebody who calls it: weir's own account, unless as
// says otherwise.
type fixture struct {
	testing.TB
	em        *emulator.Emulator
	cred      emulator.Credentials
	email     string
	token     string
	orgGroups string // where groups are searched, found before the knobs are turned
	sync      string // the identity provider's directory, where one is connected
	syncKey   string
}

// open opens a site whose clock stands still.
func open(t testing.TB, o emulator.Options) *fixture {
	t.Helper()
	if o.Clock == nil {
		o.Clock = func() time.Time { return start }
	}
	em, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { em.Close() })
	c := em.Credentials()
	return &fixture{TB: t, em: em, cred: c, email: c.Email, token: c.Token}
}

// as returns a fixture that calls as somebody else.
func (f *fixture) as(email string) *fixture {
	f.Helper()
	token, err := f.em.Admin().IssueToken(email)
	f.must(err)
	return &fixture{TB: f.TB, em: f.em, cred: f.cred, email: email, token: token}
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// request builds a request with the credentials of its surface. A body that is
// a string is sent as it is.
func (f *fixture) request(method, path string, body any) *http.Request {
	f.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		f.must(err)
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, "http://any.invalid"+path, content)
	f.must(err)
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case strings.HasPrefix(path, "/wiki"):
		r.SetBasicAuth(f.email, f.token)
	case strings.HasPrefix(path, "/scim"):
		r.Header.Set("Authorization", "Bearer "+f.syncKey)
	default:
		r.Header.Set("Authorization", "Bearer "+f.cred.OrgKey)
	}
	return r
}

// send sends one request and returns the status and the decoded body.
func (f *fixture) send(r *http.Request) (int, map[string]any) {
	f.Helper()
	res, err := f.em.Transport().RoundTrip(r)
	f.must(err)
	text, err := io.ReadAll(res.Body)
	f.must(err)
	var body map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &body); err != nil {
			f.Fatalf("%s %s: %v in %s", r.Method, r.URL.Path, err, text)
		}
	}
	return res.StatusCode, body
}

func (f *fixture) do(method, path string, body any) (int, map[string]any) {
	f.Helper()
	return f.send(f.request(method, path, body))
}

// want sends a request that must have this status, and returns the body.
func (f *fixture) want(status int, method, path string, body any) map[string]any {
	f.Helper()
	got, out := f.do(method, path, body)
	if got != status {
		f.Fatalf("%s %s: status %d, want %d: %v", method, path, got, status, out)
	}
	return out
}

// dir is the path of the directory's operations.
func (f *fixture) dir(rest string) string {
	f.Helper()
	d := f.want(200, "GET", "/admin/v2/orgs/"+f.cred.OrgID+"/directories", nil)
	id := d["data"].([]any)[0].(map[string]any)["directoryId"].(string)
	return "/admin/v2/orgs/" + f.cred.OrgID + "/directories/" + id + rest
}

func (f *fixture) orgV1(rest string) string { return "/admin/v1/orgs/" + f.cred.OrgID + rest }

// site is this Confluence as the organisation names it.
func (f *fixture) site() string { return "ari:cloud:confluence::site/" + f.cred.CloudID }

// person, group, space and role find ids in the dump.
func (f *fixture) person(email string) emulator.Person {
	f.Helper()
	for _, p := range f.em.Dump().People {
		if strings.EqualFold(p.Email, email) {
			return p
		}
	}
	f.Fatalf("nobody has the address %s", email)
	return emulator.Person{}
}

func (f *fixture) group(name string) emulator.Group {
	f.Helper()
	for _, g := range f.em.Dump().Groups {
		if g.Name == name {
			return g
		}
	}
	f.Fatalf("no group %s", name)
	return emulator.Group{}
}

func (f *fixture) space(key string) emulator.Space {
	f.Helper()
	for _, s := range f.em.Dump().Spaces {
		if s.Key == key {
			return s
		}
	}
	f.Fatalf("no space %s", key)
	return emulator.Space{}
}

func (f *fixture) role(name string) emulator.Role {
	f.Helper()
	for _, r := range f.em.Dump().Roles {
		if r.Name == name {
			return r
		}
	}
	f.Fatalf("no role %s", name)
	return emulator.Role{}
}

// roles are the assignments of a space as "name = role".
func (f *fixture) roles(key string) []string {
	f.Helper()
	var out []string
	for _, a := range f.space(key).Assignments {
		out = append(out, a.Name+" = "+a.Role)
	}
	return out
}

// small fills a site with a few people, groups and spaces.
func small(f *fixture) {
	f.Helper()
	a := f.em.Admin()
	f.must(a.AddPerson("ana@acme.example", "Ana Lind", emulator.PersonOptions{}))
	f.must(a.AddPerson("bo@acme.example", "Bo Ek", emulator.PersonOptions{}))
	f.must(a.AddPerson("cy@acme.example", "Cy Dahl", emulator.PersonOptions{}))
	f.must(a.AddPerson("out@acme.example", "Out Side", emulator.PersonOptions{NoAccess: true}))
	f.must(a.AddPerson("pat@partner.example", "Pat Ner", emulator.PersonOptions{Unmanaged: true}))
	for _, g := range []string{"staff", "engineering", "okta-finance", "team-blue", "site-admins"} {
		f.must(a.CreateGroup(g, "the group "+g))
	}
	f.must(a.SetManaged("okta-finance", emulator.ManagedIDP))
	f.must(a.SetManaged("team-blue", emulator.ManagedTeam))
	f.must(a.SetManaged("site-admins", emulator.ManagedBuiltIn))
	f.must(a.SetProductRole("staff", "user"))
	f.must(a.AddMember("engineering", "ana@acme.example"))
	f.must(a.AddMember("engineering", "bo@acme.example"))
	f.must(a.SyncMember("okta-finance", "cy@acme.example", true))
	f.must(a.CreateRole("Reviewer", "Reads and comments", "read/space", "create/comment"))
	f.must(a.CreateSpace("ENG", "Engineering"))
	f.must(a.CreateSpace("OPS", "Operations"))
	f.must(a.AssignRole("ENG", emulator.Principal{Group: "engineering"}, "Admin"))
	f.must(a.AssignRole("ENG", emulator.Principal{Class: emulator.ClassLicensed}, "Viewer"))
	f.must(a.AssignRole("OPS", emulator.Principal{User: "bo@acme.example"}, "Admin"))
}

func TestZeroOptions(t *testing.T) {
	em, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := em.Credentials()
	if c.Email != "weir@embedded.invalid" || c.Token == "" || c.OrgKey == "" || c.OrgID == "" || c.CloudID == "" {
		t.Errorf("credentials are incomplete: %+v", c)
	}
	d := em.Dump()
	if len(d.People) != 1 || len(d.Groups) != 0 || len(d.Spaces) != 0 || len(d.Roles) != 4 {
		t.Fatalf("a fresh site has %d people, %d groups, %d spaces, %d roles", len(d.People), len(d.Groups), len(d.Spaces), len(d.Roles))
	}
	own := d.People[0]
	want := emulator.Person{
		ID: c.AccountID, Email: c.Email, Name: "weir", State: "active", Managed: true,
		Product: []string{"admin"}, Platform: []string{"org-admin", "site-admin"}, Licensed: true, Enters: true,
	}
	if diff := cmp.Diff(want, own); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(own.ID, "712020:") {
		t.Errorf("the account id is %s", own.ID)
	}
}

func TestRandomDecidesSecrets(t *testing.T) {
	same := func(a, b emulator.Options) bool {
		return open(t, a).cred == open(t, b).cred
	}
	seed := func(b byte) emulator.Options {
		return emulator.Options{Random: bytes.NewReader(bytes.Repeat([]byte{b}, 32))}
	}
	if !same(emulator.Options{}, emulator.Options{}) {
		t.Error("two sites without randomness differ")
	}
	if !same(seed(1), seed(1)) || same(seed(1), seed(2)) {
		t.Error("the seed does not decide the credentials")
	}
	if _, err := emulator.New(emulator.Options{Random: strings.NewReader("short")}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("too little randomness: %v", err)
	}
}

func TestTransportHonoursContext(t *testing.T) {
	f := open(t, emulator.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := f.request("POST", "/wiki/rest/api/group", map[string]any{"name": "late"}).WithContext(ctx)
	if _, err := f.em.Transport().RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
	if n := len(f.em.Dump().Groups); n != 0 {
		t.Errorf("a cancelled request made %d groups", n)
	}
}

func TestServeHTTP(t *testing.T) {
	f := open(t, emulator.Options{})
	srv := httptest.NewServer(f.em)
	defer srv.Close()
	r := f.request("GET", "/wiki/rest/api/user/current", nil)
	r.URL.Host = strings.TrimPrefix(srv.URL, "http://")
	res, err := srv.Client().Do(r)
	f.must(err)
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Server") != "weir-emulator" {
		t.Errorf("status %d from %q", res.StatusCode, res.Header.Get("Server"))
	}
}

func TestBrokenBody(t *testing.T) {
	f := open(t, emulator.Options{})
	broken := errors.New("the client went away")
	r := f.request("POST", "/wiki/rest/api/group", m{"name": "half"})
	r.Body = io.NopCloser(iotest.ErrReader(broken))
	w := httptest.NewRecorder()
	f.em.ServeHTTP(w, r)
	if w.Code != 400 {
		t.Errorf("status %d", w.Code)
	}
	if _, err := f.em.Transport().RoundTrip(r); !errors.Is(err, broken) {
		t.Errorf("in process: %v", err)
	}
	if n := len(f.em.Dump().Groups); n != 0 {
		t.Errorf("half a request made %d groups", n)
	}
}

func TestServeStopsWhenTold(t *testing.T) {
	f := open(t, emulator.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	f.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.em.Serve(ctx, l) }()
	r := f.request("GET", "/wiki/api/v2/space-role-mode", nil)
	r.URL.Host = l.Addr().String()
	res, err := http.DefaultClient.Do(r)
	f.must(err)
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if err := f.em.Serve(context.Background(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener: %v", err)
	}
}

func TestOnRequestSeesAll(t *testing.T) {
	type seen struct {
		Method, Path string
		Status       int
	}
	var got []seen
	f := open(t, emulator.Options{OnRequest: func(method, path string, status int) {
		got = append(got, seen{method, path, status})
	}})
	f.do("GET", "/wiki/api/v2/space-role-mode", nil)
	f.do("GET", "/nowhere", nil)
	want := []seen{{"GET", "/wiki/api/v2/space-role-mode", 200}, {"GET", "/nowhere", 404}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConcurrentUse(t *testing.T) {
	f := open(t, emulator.Options{})
	f.must(f.em.Admin().CreateGroup("g", ""))
	var wg sync.WaitGroup
	for i := range 8 {
		r := f.request("POST", "/wiki/rest/api/group", map[string]any{"name": string(rune('a' + i))})
		wg.Go(func() {
			if res, err := f.em.Transport().RoundTrip(r); err == nil {
				res.Body.Close()
			}
			f.em.Dump()
		})
	}
	wg.Wait()
	if n := len(f.em.Dump().Groups); n != 8 { // "g" was there already
		t.Errorf("%d groups, want 8", n)
	}
}
