package datacenter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// do does the changes as one step.
func do(t *testing.T, s site.Site, lines string) error {
	t.Helper()
	return s.Do(t.Context(), site.Step{ID: "test", Changes: changes(t, lines)})
}

// facts gives the lines of an observation that hold a word.
func facts(t *testing.T, s site.Reader, e access.Extent, word string) []string {
	t.Helper()
	obs, err := s.Observe(t.Context(), e)
	must(t, err)
	out := []string{}
	for f := range obs.Facts.All() {
		if line := f.String(); strings.Contains(line, word) {
			out = append(out, line)
		}
	}
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// sent is what went over the wire to change something.
type sent struct {
	http.RoundTripper
	mu     sync.Mutex
	writes []string // method, path, body
}

func (s *sent) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(strings.NewReader(string(body)))
		}
		s.mu.Lock()
		s.writes = append(s.writes, strings.TrimSpace(r.Method+" "+strings.TrimPrefix(r.URL.Path, "/confluence/rest/api")+" "+string(body)))
		s.mu.Unlock()
	}
	return s.RoundTripper.RoundTrip(r)
}

// spied opens a driver whose writes are kept.
func spied(t *testing.T, e *emulator.Emulator, change func(*datacenter.Config)) (*datacenter.Site, *sent) {
	t.Helper()
	w := &sent{RoundTripper: e.Transport()}
	c := config(e, w)
	if change != nil {
		change(&c)
	}
	return newSite(t, c), w
}

// TestNestedGroups: who is in a group through another is in it, for all that it
// gives; nobody can tell who is in it directly, so that is unknown.
func TestNestedGroups(t *testing.T) {
	e := small(t)
	must(t, e.Admin().CreateGroup("everybody", ""))
	must(t, e.Admin().Nest("everybody", "engineering", true))
	must(t, e.Admin().AddPerson("cy@acme.example", "", emulator.PersonOptions{NoAccess: true}))
	must(t, e.Admin().AddMember("engineering", "cy@acme.example"))
	must(t, e.Admin().GrantGlobal(emulator.Principal{Group: "everybody"}, emulator.GlobalUse))
	for name, transport := range map[string]http.RoundTripper{
		"the list of members holds them": e.Transport(),
		"the list of members holds none of them": &world.Mangled{RoundTripper: e.Transport(), Path: "/group/everybody/member", Answer: func(_ int, b any) any {
			m, _, _ := page(b)
			m["results"] = []any{}
			return m
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, config(e, transport))
			obs, err := s.Observe(t.Context(), access.Extent{})
			must(t, err)
			for _, line := range []string{"member group:everybody user:ana@acme.example", "member group:everybody user:cy@acme.example", "exists user:cy@acme.example"} {
				for f := range set(t, line).All() {
					if !obs.Facts.Has(f) {
						t.Errorf("%s is not observed", f)
					}
					if got, err := s.Present(t.Context(), []access.Fact{f}); err != nil || got[0] != site.Seen {
						t.Errorf("%s: %v, %v", f, got, err)
					}
				}
			}
			same(t, "unknown", obs.Unknown, []access.Unknown{{Kind: access.Member, Object: "group:everybody",
				Reason: "groups are in it (engineering), and who is in it directly no interface tells"}})
		})
	}
	// Whoever leaves the group inside would lose the outer one as well, and is kept.
	s := open(t, e)
	must(t, do(t, s, "- member group:engineering user:cy@acme.example"))
	same(t, "cy", facts(t, s, access.Extent{}, "user:cy@"), []string{"exists user:cy@acme.example"})
	must(t, do(t, s, "- product group:everybody = user"))
	same(t, "cy", facts(t, s, access.Extent{}, "user:cy@"), []string{"exists user:cy@acme.example"})
}

// TestNewPerson: a person gets what the step says, and nothing of what the
// product gives to every new person.
func TestNewPerson(t *testing.T) {
	e := small(t)
	must(t, e.Admin().CreateGroup("confluence-users", ""))
	must(t, e.Admin().GrantGlobal(emulator.Principal{Group: "confluence-users"}, emulator.GlobalUse))
	for lines, want := range map[string][]string{
		"+ exists user:dee@acme.example":                                                                                      {"exists user:dee@acme.example"},
		"+ exists user:eli@acme.example\n+ member group:staff user:eli@acme.example":                                          {"exists user:eli@acme.example", "member group:staff user:eli@acme.example"},
		"+ exists user:fay@acme.example\n+ member group:confluence-users user:fay@acme.example":                               {"exists user:fay@acme.example", "member group:confluence-users user:fay@acme.example"},
		"+ exists user:guy@acme.example\n+ global site create_space user:guy@acme.example":                                    {"exists user:guy@acme.example", "global site create_space user:guy@acme.example"},
		"+ exists user:hal@acme.example\n+ product user:hal@acme.example = admin\n+ member group:staff user:hal@acme.example": {"exists user:hal@acme.example", "member group:staff user:hal@acme.example", "product user:hal@acme.example = admin"},
	} {
		s := open(t, e)
		must(t, do(t, s, lines))
		_, who, _ := strings.Cut(want[0], " ")
		same(t, who, facts(t, s, access.Extent{}, who), want)
	}
}

// TestDomain: user names without an address are those of a domain.
func TestDomain(t *testing.T) {
	e := small(t)
	must(t, e.Admin().SetUsername("ana@acme.example", "ana"))
	s := newSite(t, func() datacenter.Config { c := config(e, e.Transport()); c.Usernames = "acme.example"; return c }())
	same(t, "ana", facts(t, s, access.Extent{}, "user:ana"), []string{
		"exists user:ana@acme.example", "member group:engineering user:ana@acme.example", "member group:staff user:ana@acme.example",
	})
	must(t, do(t, s, "+ exists user:dee@acme.example"))
	for _, p := range e.Dump().People {
		if p.Email == "dee@acme.example" && p.Username != "dee" {
			t.Errorf("dee has the user name %q", p.Username)
		}
	}
	same(t, "dee", facts(t, s, access.Extent{}, "dee"), []string{"exists user:dee@acme.example"})
	obs, err := s.Observe(t.Context(), access.Extent{})
	must(t, err)
	same(t, "bo, whose name is an address", obs.Facts.Has(access.Fact{Kind: access.Exists, Object: "account:bo@acme.example"}), true)
}

// TestSpaceIsPrivateBefore: a new space is never seen by those of the site's
// defaults, and weir's account stays in it.
func TestSpaceIsPrivateBefore(t *testing.T) {
	e := small(t)
	s, w := spied(t, e, nil)
	must(t, do(t, s, "+ exists space:NEW\n+ name space:NEW = New\n+ permission space:NEW read/space group:engineering"))
	same(t, "writes", w.writes, []string{
		`POST /space/_private {"key":"NEW","name":"New"}`,
		`POST /space/NEW/permissions [{"groupName":"engineering","operations":[{"targetType":"space","operationKey":"read"}]}]`,
	})
	same(t, "permissions", facts(t, s, access.Extent{}, "permission space:NEW read/space"), []string{
		"permission space:NEW read/space group:engineering", "permission space:NEW read/space user:" + emulator.OwnEmail,
	})
}

// TestManyPrincipals: more than one request holds go in an order that leaves a
// space with an administrator throughout.
func TestManyPrincipals(t *testing.T) {
	e := small(t)
	must(t, e.Admin().AddPermission("ENG", emulator.Principal{User: "ana@acme.example"}, "read/space"))
	must(t, e.Admin().AddPermission("ENG", emulator.Principal{User: "ana@acme.example"}, "administer/space"))
	lines := []string{"- permission space:ENG administer/space user:ana@acme.example", "+ permission space:ENG administer/space user:bo@acme.example", "+ permission space:ENG read/space user:bo@acme.example"}
	must(t, e.Admin().Together(func(a emulator.Admin) error {
		for i := range 60 {
			must(t, a.CreateGroup(fmt.Sprintf("g%02d", i), ""))
			lines = append(lines, fmt.Sprintf("+ permission space:ENG read/space group:g%02d", i))
		}
		return nil
	}))
	s, w := spied(t, e, nil)
	must(t, do(t, s, strings.Join(lines, "\n")))
	if len(w.writes) != 2 {
		t.Fatalf("%d writes", len(w.writes))
	}
	var first []map[string]any
	must(t, json.Unmarshal([]byte(strings.SplitN(w.writes[0], " ", 3)[2]), &first))
	if len(first) != 40 || len(first[0]["operations"].([]any)) != 2 {
		t.Errorf("the first write has %d, and %v first", len(first), first[0])
	}
	same(t, "administrators", facts(t, s, access.Extent{}, "administer/space"), []string{"permission space:ENG administer/space user:bo@acme.example"})
}

// TestUnknownPermissionStays: a permission that is newer than weir is kept when
// the others of a principal are written.
func TestUnknownPermissionStays(t *testing.T) {
	e := small(t)
	w := &sent{RoundTripper: &world.Mangled{RoundTripper: e.Transport(), Path: "/space/ENG/permissions", Answer: func(_ int, b any) any {
		list, _ := b.([]any)
		return append(list, map[string]any{"operation": map[string]any{"targetType": "whiteboard", "operationKey": "create"}, "subject": map[string]any{"type": "group", "displayName": "engineering"}})
	}}}
	c := config(e, w)
	s, err := datacenter.New(c)
	must(t, err)
	same(t, "observed", facts(t, s, access.Extent{}, "whiteboard"), []string{"permission space:ENG create/whiteboard group:engineering"})
	_ = do(t, s, "+ permission space:ENG create/comment group:engineering") // the emulator knows no such permission, and refuses
	if len(w.writes) != 1 || !strings.Contains(w.writes[0], `{"targetType":"whiteboard","operationKey":"create"}`) {
		t.Errorf("writes %v", w.writes)
	}
}

// TestMember: with "member", weir's own account is put into each restriction that
// it writes, and a restriction that would be left to it alone is lifted.
func TestMember(t *testing.T) {
	const own = "user:" + emulator.OwnEmail
	page := access.Extent{Pages: []access.Ref{"page:ENG/Plans", "blogpost:ENG/News"}}
	for _, mode := range []string{"skip", "member"} {
		e := small(t)
		s, w := spied(t, e, func(c *datacenter.Config) { c.RestrictedPages = mode })
		must(t, do(t, s, "+ restrict page:ENG/Plans view group:staff"))
		must(t, do(t, s, "+ restrict blogpost:ENG/News edit user:ana@acme.example"))
		want := []string{"restrict blogpost:ENG/News edit user:ana@acme.example", "restrict page:ENG/Plans view group:staff"}
		if mode == "member" {
			want = append(want, "restrict blogpost:ENG/News edit "+own, "restrict page:ENG/Plans view "+own)
			slices.Sort(want)
		}
		same(t, mode, facts(t, s, page, "restrict"), want)
		if len(w.writes) != 2 || !strings.Contains(w.writes[0], `"operation":"update","restrictions":{"user":[],"group":[]}`) {
			t.Errorf("%s: writes %v", mode, w.writes)
		}
		must(t, do(t, s, "- restrict page:ENG/Plans view group:staff\n+ restrict page:ENG/Plans edit group:staff"))
		must(t, do(t, s, "- restrict page:ENG/Plans edit group:staff"))
		must(t, do(t, s, "- restrict blogpost:ENG/News edit user:ana@acme.example"))
		same(t, mode, facts(t, s, page, "restrict"), []string{})
	}
}

// TestOwnName: where somebody put weir's own account on a page, it stays when the
// others go: lifting the restriction would open the page.
func TestOwnName(t *testing.T) {
	const own = "restrict page:ENG/Plans view user:" + emulator.OwnEmail
	page := access.Extent{Pages: []access.Ref{"page:ENG/Plans"}}
	for mode, want := range map[string][]string{"skip": {own}, "member": {}} {
		e := small(t)
		for _, who := range []string{emulator.OwnEmail, "ana@acme.example"} {
			must(t, e.Admin().Restrict("ENG", "Plans", "read", emulator.Principal{User: who}))
		}
		s, _ := spied(t, e, func(c *datacenter.Config) { c.RestrictedPages = mode })
		must(t, do(t, s, "- restrict page:ENG/Plans view user:ana@acme.example"))
		same(t, mode, facts(t, s, page, "restrict page:ENG/Plans"), want)
		must(t, do(t, s, "+ "+own))
		same(t, mode, facts(t, s, page, "restrict page:ENG/Plans"), []string{own})
	}
}

// TestGoneName: an account that is gone may still be named, and cannot be written
// back. It is left out, unless that would open the page.
func TestGoneName(t *testing.T) {
	e := small(t)
	a := e.Admin()
	must(t, a.Restrict("ENG", "Plans", "read", emulator.Principal{User: "bo@acme.example"}))
	s := open(t, e)
	extent := access.Extent{Pages: []access.Ref{"page:ENG/Plans"}}
	must(t, do(t, s, "- exists user:bo@acme.example\n- member group:staff user:bo@acme.example\n+ state user:bo@acme.example = removed"))
	same(t, "after the account", len(facts(t, s, extent, "restrict")), 1)
	err := do(t, s, "+ restrict page:ENG/Plans edit group:staff")
	if !site.Is(err, site.Conflict) || !strings.Contains(err.Error(), "only an account that is gone would be left in its view restriction") {
		t.Errorf("got %v", err)
	}
	must(t, do(t, s, "+ restrict page:ENG/Plans view group:staff"))
	same(t, "with somebody else", facts(t, s, extent, "restrict"), []string{"restrict page:ENG/Plans view group:staff"})
}

// TestRestrictedAway: what shows in no list of a watched space is in doubt, unless
// weir's account sees every page.
func TestRestrictedAway(t *testing.T) {
	e := small(t)
	s := open(t, e)
	watch := access.Extent{Watch: []access.Ref{"space:ENG"}}
	obs, err := s.Observe(t.Context(), watch)
	must(t, err)
	same(t, "doubts of a member of the super-group", len(obs.Unknown), 0)
	must(t, e.Admin().RemoveMember("confluence-administrators", emulator.OwnEmail))
	obs, err = s.Observe(t.Context(), watch)
	must(t, err)
	same(t, "doubts of another", obs.Unknown, []access.Unknown{{Kind: access.Restrict, Object: "space:ENG",
		Reason: "pages that weir's account may not view show in no list (members of confluence-administrators view all)"}})
}

// TestTwoOfOneTitle: of two blog posts with one title nobody knows which is meant.
func TestTwoOfOneTitle(t *testing.T) {
	e := small(t)
	s := newSite(t, config(e, &world.Mangled{RoundTripper: e.Transport(), Path: "/content/blogpost", Answer: func(_ int, b any) any {
		m, list, _ := page(b)
		other := map[string]any{}
		for k, v := range list[0].(map[string]any) {
			other[k] = v
		}
		other["id"] = "999"
		m["results"] = append(list, other)
		return m
	}}))
	obs, err := s.Observe(t.Context(), access.Extent{Pages: []access.Ref{"blogpost:ENG/News"}})
	must(t, err)
	same(t, "unknown", obs.Unknown, []access.Unknown{{Object: "blogpost:ENG/News", Reason: "2 have this title, and nobody can tell which is meant"}})
	err = do(t, s, "+ restrict blogpost:ENG/News view group:staff")
	if !site.Is(err, site.Conflict) {
		t.Errorf("got %v", err)
	}
}

// TestReadOnlyMode: reads go on, and a step says why it cannot be done, whether
// the site was so before or became so since.
func TestReadOnlyMode(t *testing.T) {
	e := small(t)
	s, w := spied(t, e, nil)
	_, err := s.Observe(t.Context(), access.Extent{})
	must(t, err)
	refused := func() {
		t.Helper()
		err := do(t, s, "+ member group:engineering user:bo@acme.example")
		if !site.Is(err, site.Unsupported) || !strings.Contains(err.Error(), "the site is in read-only mode, so nothing was changed") {
			t.Errorf("got %v", err)
		}
	}
	must(t, e.Admin().SetReadOnly(true))
	refused()
	_, err = s.Observe(t.Context(), access.Extent{})
	must(t, err)
	refused()
	if len(w.writes) != 1 {
		t.Errorf("%d writes, and the second was known to be refused", len(w.writes))
	}
	must(t, e.Admin().SetReadOnly(false))
	must(t, do(t, s, "+ member group:engineering user:bo@acme.example"))
}

// TestDirectoryIsReadOnly: what a directory refuses is refused with a word about
// what it may be.
func TestDirectoryIsReadOnly(t *testing.T) {
	e := small(t)
	must(t, e.Admin().SetManaged("engineering", emulator.ManagedIDP))
	s := open(t, e)
	err := do(t, s, "+ member group:engineering user:bo@acme.example")
	if !site.Is(err, site.Forbidden) || !strings.Contains(err.Error(), "the user directory may be one that Confluence only reads") {
		t.Errorf("got %v", err)
	}
}

// without is a site whose version has no interface for global permissions.
func without(next http.RoundTripper) http.RoundTripper {
	return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/rest/api/permissions") {
			return world.Reply(r, 404, "application/json", `{"statusCode":404,"message":"null for uri"}`), nil
		}
		return next.RoundTrip(r)
	})
}

// TestWithoutGlobals: a site without the interface is read as far as it goes, and
// what it does not tell is unknown.
func TestWithoutGlobals(t *testing.T) {
	e := small(t)
	s := newSite(t, config(e, without(e.Transport())))
	obs, err := s.Observe(t.Context(), access.Extent{})
	must(t, err)
	const reason = "this version has no interface for global permissions"
	same(t, "unknown", obs.Unknown, []access.Unknown{{Kind: access.Product, Reason: reason}, {Kind: access.Global, Object: access.Site, Reason: reason}})
	same(t, "globals", obs.Traits.Globals, []string(nil))
	for _, line := range []string{"exists user:ana@acme.example", "state user:joe@acme.example = deactivated", "permission space:OPS read/space group:staff"} {
		for f := range set(t, line).All() {
			if !obs.Facts.Has(f) {
				t.Errorf("%s is not observed", f)
			}
		}
	}
	got, err := s.Present(t.Context(), set(t, "exists user:ana@acme.example\nproduct group:staff = user\nglobal site create_space group:staff").Facts())
	if err != nil || !slices.Equal(got, []site.Presence{site.Seen, site.Unseen, site.Unseen}) {
		t.Errorf("present: %v, %v", got, err)
	}
	for _, lines := range []string{"- exists user:ana@acme.example", "+ product group:engineering = user", "+ global site use class:unlicensed"} {
		if err := do(t, s, lines); err == nil || site.Is(err, site.Transient) {
			t.Errorf("%s: %v", lines, err)
		}
	}
}

// TestReadUser: the permission to see profiles is written in the spelling that
// the site knows.
func TestReadUser(t *testing.T) {
	e := small(t)
	w := &sent{RoundTripper: world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(body), `"targetType":"user"`) {
			return world.Reply(r, 400, "application/json", `{"statusCode":400,"message":"no such permission"}`), nil
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		return e.Transport().RoundTrip(r)
	})}
	s := newSite(t, config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return e.Transport().RoundTrip(r)
		}
		return w.RoundTrip(r)
	})))
	must(t, do(t, s, "+ global site view_profiles class:anonymous"))
	same(t, "writes", len(w.writes), 2)
	same(t, "held", facts(t, s, access.Extent{}, "view_profiles"), []string{"global site view_profiles class:anonymous"})
}

// TestUseTakesTheRest: what goes with the permission to use Confluence must be in
// the step that takes it.
func TestUseTakesTheRest(t *testing.T) {
	e := small(t)
	s := open(t, e)
	err := do(t, s, "- product group:staff = user")
	if !site.Is(err, site.Conflict) || !strings.Contains(err.Error(), "group:staff also holds create_space") {
		t.Errorf("got %v", err)
	}
	must(t, do(t, s, "- product group:staff = user\n- global site create_space group:staff"))
	same(t, "who stays", facts(t, s, access.Extent{}, "exists user:"), []string{"exists user:ana@acme.example", "exists user:bo@acme.example", "exists user:" + emulator.OwnEmail})
	must(t, do(t, s, "+ global site view_profiles class:anonymous"))
	if err := do(t, s, "- global site use class:anonymous"); !site.Is(err, site.Conflict) {
		t.Errorf("got %v", err)
	}
	must(t, do(t, s, "- global site use class:anonymous\n- global site view_profiles class:anonymous"))
}

// TestLongTask: deleting an account goes on as a task, whose end is waited for.
func TestLongTask(t *testing.T) {
	for _, c := range []struct {
		name, state string
		status      int
		want        site.Kind
		ok          bool
	}{
		{name: "done", state: `{"percentageComplete":100,"successful":true}`, status: 200, ok: true},
		{name: "failed", state: `{"percentageComplete":100,"successful":false,"messages":[{"translation":"no"}]}`, status: 200, want: site.Invalid},
		{name: "never done", state: `{"percentageComplete":50,"successful":true}`, status: 200, want: site.Transient},
		{name: "without a state", state: `{}`, status: 200, want: site.Transient},
		{name: "hidden", state: `{"statusCode":404,"message":"none"}`, status: 404, want: site.Transient},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := small(t)
			cfg := config(e, world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/longtask/") {
					return world.Reply(r, c.status, "application/json", c.state), nil
				}
				return e.Transport().RoundTrip(r)
			}))
			cfg.Wait = noWait
			err := do(t, newSite(t, cfg), "- exists user:ana@acme.example\n- member group:staff user:ana@acme.example\n- member group:engineering user:ana@acme.example\n+ state user:ana@acme.example = removed")
			if c.ok != (err == nil) || err != nil && !site.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestImpossible: a step that no write brings about is refused, and nothing is
// sent.
func TestImpossible(t *testing.T) {
	e := small(t)
	s, w := spied(t, e, nil)
	for _, lines := range []string{
		"- exists space:ENG", "+ role space:ENG group:staff = viewer", "+ exists page:ENG/New", "+ managed group:staff = idp",
		"+ state user:ana@acme.example = suspended", "+ permission space:ENG read/space class:everyone", "+ personal space:ENG user:ana@acme.example",
		"+ exists space_role:x", "+ exists account:someone",
	} {
		err := do(t, s, lines)
		var trouble *site.Error
		if !errors.As(err, &trouble) || trouble.Kind == site.Transient {
			t.Errorf("%s: %v", lines, err)
		}
	}
	same(t, "writes", w.writes, []string(nil))
}
