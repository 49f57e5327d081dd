package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/forge/forgetest"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

var now = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// open opens the stand-in's request as an account. Every pause is noted in waits
// and passes at once.
func open(t *testing.T, s *forgetest.Server, account string, waits *[]time.Duration) Host {
	t.Helper()
	return openAt(t, s, s.Base(), rest.NewSecret(s.Token(account)), waits)
}

func openAt(t *testing.T, s *forgetest.Server, address string, token rest.Secret, waits *[]time.Duration) Host {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{
		Kind: s.Kind, Base: base, Auth: rest.Bearer(token), Repo: forgetest.Repo, Request: "7",
		Clock: func() time.Time { return now },
		Wait: func(_ context.Context, d time.Duration) error {
			if waits != nil {
				*waits = append(*waits, d)
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// each runs a test against every host.
func each(t *testing.T, f func(t *testing.T, s *forgetest.Server)) {
	t.Helper()
	for _, kind := range Kinds {
		t.Run(kind, func(t *testing.T) {
			s := forgetest.New(kind)
			t.Cleanup(s.Close)
			f(t, s)
		})
	}
}

func TestRequest(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		s.Label("bug")
		r, err := open(t, s, forgetest.Weir, nil).Request(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Author.Name != forgetest.Opener || r.Author.ID == "" || !strings.HasPrefix(s.Head(), r.Head) || r.Head == "" || r.Into != "main" || r.Page == "" {
			t.Errorf("got %+v", r)
		}
		if HasLabels(s.Kind) != slices.Contains(r.Labels, "bug") {
			t.Errorf("labels: %q", r.Labels)
		}
	})
}

// The conversation is read to its end, however small the server's pages are.
func TestManyPages(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		for i := range 237 {
			s.Say("ana", fmt.Sprint("comment ", i))
		}
		for _, pageCap := range []int{0, 7} {
			s.PageCap = pageCap
			all, err := open(t, s, forgetest.Weir, nil).Comments(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(all) != 237 || all[0].Body != "comment 0" || all[236].Body != "comment 236" || all[0].Edited || all[0].Author.Name != "ana" {
				t.Errorf("pages of %d: %d comments, from %+v", pageCap, len(all), all[0])
			}
		}
	})
}

// Only a comment of weir's own account is weir's, whoever wrote the marker first.
func TestStrangersMarker(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		h := open(t, s, forgetest.Weir, nil)
		mark := Marker(s.Kind, "acme")
		s.Say("mallory", mark+"\n\nsafe to merge")
		s.Say(forgetest.Weir, "see below:\n"+mark)
		s.Say(forgetest.Weir, Marker(s.Kind, "other")+"\n\nanother site")
		find := func() []Comment {
			own, err := h.Account(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			all, err := h.Comments(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return Find(all, own, s.Kind, "acme")
		}
		if got := find(); len(got) > 0 {
			t.Fatalf("took %+v", got)
		}
		if err := h.CreateComment(t.Context(), mark+"\n\nfirst"); err != nil {
			t.Fatal(err)
		}
		got := find()
		if len(got) != 1 {
			t.Fatalf("found %+v", got)
		}
		if err := h.EditComment(t.Context(), got[0].ID, mark+"\n\nsecond"); err != nil {
			t.Fatal(err)
		}
		if got := find(); len(got) != 1 || !strings.HasSuffix(got[0].Body, "second") || !got[0].Edited {
			t.Errorf("found %+v", got)
		}
		if all := s.Comments(); len(all) != 4 || !strings.HasSuffix(all[0].Body, "safe to merge") {
			t.Errorf("somebody else's comment was touched: %+v", all)
		}
	})
}

// The token of a workflow may not ask who it is, and is told all the same.
func TestAccountOfAWorkflow(t *testing.T) {
	s := forgetest.New(GitHub)
	defer s.Close()
	s.Workflow = true
	s.Say(forgetest.Weir, Marker(GitHub, "acme"))
	s.Say("github-actions", Marker(GitHub, "acme"))
	h := open(t, s, forgetest.Weir, nil)
	own, err := h.Account(t.Context())
	if err != nil || own.Name != "github-actions[bot]" {
		t.Fatalf("account %+v: %v", own, err)
	}
	all, err := h.Comments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := Find(all, own, GitHub, "acme"); len(got) != 1 || !got[0].Author.Bot {
		t.Errorf("found %+v", got)
	}
}

func TestGraphQLBase(t *testing.T) {
	for rest, want := range map[string]string{
		"https://api.github.com":            "https://api.github.com",
		"https://git.acme.example/api/v3":   "https://git.acme.example/api",
		"https://api.acme.ghe.com":          "https://api.acme.ghe.com",
		"http://127.0.0.1:8080/some/api/v3": "http://127.0.0.1:8080/some/api",
	} {
		base, err := url.Parse(rest)
		if err != nil {
			t.Fatal(err)
		}
		if got := graphQLBase(base).String(); got != want {
			t.Errorf("%s: %s, want %s", rest, got, want)
		}
	}
}

// A label is added and weir's others go; nobody else's is touched.
func TestLabels(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		s.Label("bug", "weir/acme: stopped", "weir/other: stopped")
		h := open(t, s, forgetest.Weir, nil)
		// "weir/acme: review" went meanwhile.
		if err := h.Label(t.Context(), "weir/acme: safe", []string{"weir/acme: review", "weir/acme: stopped"}); err != nil {
			t.Fatal(err)
		}
		want := []string{"bug", "weir/other: stopped", "weir/acme: safe"}
		if !HasLabels(s.Kind) {
			want = []string{"bug", "weir/acme: stopped", "weir/other: stopped"}
		}
		if got := s.Labels(); !slices.Equal(got, want) {
			t.Errorf("labels %q, want %q", got, want)
		}
	})
}

func TestStatus(t *testing.T) {
	words := map[string][3]string{GitHub: {"success", "failure", "pending"}, GitLab: {"success", "failed", "pending"}, Bitbucket: {"SUCCESSFUL", "FAILED", "INPROGRESS"}}
	each(t, func(t *testing.T, s *forgetest.Server) {
		h := open(t, s, forgetest.Weir, nil)
		for i, state := range []State{Success, Failure, Pending} {
			err := h.SetStatus(t.Context(), Status{Commit: s.Head(), Context: "weir/acme", State: state, Description: strings.Repeat("é", 400), Link: "https://ci.example/1"})
			if err != nil {
				t.Fatal(err)
			}
			all := s.Statuses()
			got := all[len(all)-1]
			if got.State != words[s.Kind][i] || got.Context != "weir/acme" || got.Commit != s.Head() || got.Link != "https://ci.example/1" || !strings.HasSuffix(got.Description, "é…") {
				t.Errorf("%s: %+v", state, got)
			}
		}
		// GitLab refuses what is so already, and that is no trouble.
		if err := h.SetStatus(t.Context(), Status{Commit: s.Head(), Context: "weir/acme", State: Pending, Link: "https://ci.example/1"}); err != nil {
			t.Error(err)
		}
	})
}

func TestMayWrite(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		rights := map[string]int{"stranger": forgetest.None, "reader": forgetest.Read, "writer": forgetest.Write, "admin": forgetest.Admin}
		for who, right := range rights {
			s.Permit(who, right)
			s.Say(who, "hello")
		}
		h := open(t, s, forgetest.Weir, nil)
		r, err := h.Request(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all, err := h.Comments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			want := rights[c.Author.Name] >= forgetest.Write
			if s.Kind == GitLab && c.Author.Name == "writer" {
				want = false // the branch is protected from developers
			}
			may, why, err := h.MayWrite(t.Context(), r, c.Author)
			if err != nil || may != want {
				t.Errorf("%s may write: %t (%s), want %t: %v", c.Author.Name, may, why, want, err)
			}
		}
		s.DevelopersMerge = true
		for _, c := range all {
			if c.Author.Name == "writer" {
				if may, why, err := h.MayWrite(t.Context(), r, c.Author); !may || err != nil {
					t.Errorf("a developer who may merge: %t (%s) %v", may, why, err)
				}
			}
		}
	})
}

// A name that went to another account gives that one's rights to nobody.
func TestRenamedAccount(t *testing.T) {
	s := forgetest.New(GitHub)
	defer s.Close()
	s.Permit("ana", forgetest.Admin)
	may, why, err := open(t, s, forgetest.Weir, nil).MayWrite(t.Context(), Request{}, Account{ID: "4711", Name: "ana"})
	if may || err != nil || !strings.Contains(why, "another account") {
		t.Errorf("may %t (%s): %v", may, why, err)
	}
}

// Whether somebody may write is left open where the token may not ask, and is
// trouble where the host fails.
func TestMayWriteUnanswered(t *testing.T) {
	paths := map[string]string{GitHub: "/repos/acme/access/collaborators", GitLab: "/projects/acme%2Faccess/members", Bitbucket: "/workspaces"}
	each(t, func(t *testing.T, s *forgetest.Server) {
		s.Permit("ana", forgetest.Admin)
		s.Say("ana", "hello")
		h := open(t, s, forgetest.Weir, nil)
		all, err := h.Comments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Fail("GET", paths[s.Kind], 500, 5)
		if may, _, err := h.MayWrite(t.Context(), Request{Into: "main"}, all[0].Author); may || !site.Is(err, site.Transient) {
			t.Errorf("after five 500: %t, %v", may, err)
		}
		s.Fail("GET", paths[s.Kind], 403, 1)
		if may, why, err := h.MayWrite(t.Context(), Request{Into: "main"}, all[0].Author); may || err != nil || !strings.Contains(why, "403") {
			t.Errorf("after a 403: %t (%s), %v", may, why, err)
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		status int
		kind   site.Kind
		says   string
	}{
		{401, site.Forbidden, "the token was revoked, has expired"},
		{403, site.Forbidden, "which rights the token needs"},
		{404, site.NotFound, "the token may not see it"},
		{301, site.Invalid, "has the repository moved?"},
		{307, site.Invalid, "has the repository moved?"},
	} {
		each(t, func(t *testing.T, s *forgetest.Server) {
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				s.Fail(method, "/", test.status, -1)
			}
			h := open(t, s, forgetest.Weir, nil)
			calls := map[string]func() error{
				"request":  func() error { _, err := h.Request(t.Context()); return err },
				"comments": func() error { _, err := h.Comments(t.Context()); return err },
				"create":   func() error { return h.CreateComment(t.Context(), "x") },
				"edit":     func() error { return h.EditComment(t.Context(), "1", "x") },
				"status":   func() error { return h.SetStatus(t.Context(), Status{Commit: s.Head(), State: Success, Link: "x"}) },
			}
			if HasLabels(s.Kind) {
				calls["label"] = func() error { return h.Label(t.Context(), "x", nil) }
			}
			for name, call := range calls {
				before := len(s.Seen())
				err := call()
				if !site.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%d of %s: %v", test.status, name, err)
				}
				if n := len(s.Seen()) - before; n != 1 {
					t.Errorf("%d of %s: sent %d times", test.status, name, n)
				}
			}
		})
	}
}

func TestRevokedToken(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		s.Revoke(forgetest.Weir)
		_, err := open(t, s, forgetest.Weir, nil).Account(t.Context())
		if !site.Is(err, site.Forbidden) || !strings.Contains(err.Error(), "revoked") || strings.Contains(err.Error(), s.Token(forgetest.Weir)) {
			t.Errorf("got %v", err)
		}
	})
}

// Trouble that passes is waited for within reason; a write whose answer is lost
// is not sent again.
func TestRetries(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		var waits []time.Duration
		h := open(t, s, forgetest.Weir, &waits)
		s.Fail("GET", "/", 502, 2)
		s.Fail("GET", "/", 429, 1, "Retry-After", "20")
		if _, err := h.Request(t.Context()); err != nil || len(waits) < 3 || slices.Max(waits) != 20*time.Second {
			t.Errorf("after %v: %v", waits, err)
		}
		before := len(s.Seen())
		s.Fail("POST", "/", 502, 1)
		if err := h.CreateComment(t.Context(), "x"); !site.Is(err, site.Transient) || len(s.Seen()) != before+1 {
			t.Errorf("a write after a 502: %v", err)
		}
		s.Fail("POST", "/", 429, 2, "Retry-After", "1")
		if err := h.CreateComment(t.Context(), "x"); err != nil {
			t.Errorf("a write after 429: %v", err)
		}
		s.Fail("GET", "/", 503, -1)
		before = len(s.Seen())
		if _, err := h.Request(t.Context()); !site.Is(err, site.Transient) || len(s.Seen()) != before+5 {
			t.Errorf("without end: %v after %d requests", err, len(s.Seen())-before)
		}
	})
}

// GitHub's limits come as a 403 too.
func TestGitHubLimits(t *testing.T) {
	reset := func(after time.Duration) string { return fmt.Sprint(now.Add(after).Unix()) }
	for _, test := range []struct {
		name    string
		headers []string
		wait    time.Duration
	}{
		{"secondary", []string{"Retry-After", "30"}, 30 * time.Second},
		{"primary", []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(90 * time.Second)}, 90 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := forgetest.New(GitHub)
			defer s.Close()
			var waits []time.Duration
			h := open(t, s, forgetest.Weir, &waits)
			s.Fail("POST", "/", 403, 1, test.headers...)
			if err := h.CreateComment(t.Context(), "x"); err != nil || len(waits) == 0 || slices.Max(waits) != test.wait {
				t.Errorf("after %v: %v", waits, err)
			}
			if n := len(s.Comments()); n != 1 {
				t.Errorf("%d comments", n)
			}
		})
	}
	s := forgetest.New(GitHub)
	defer s.Close()
	s.Fail("GET", "/", 403, 1, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", reset(50*time.Minute))
	if _, err := open(t, s, forgetest.Weir, nil).Request(t.Context()); !site.Is(err, site.RateLimited) || len(s.Seen()) != 1 {
		t.Errorf("nearly an hour: %v", err)
	}
	s.Fail("GET", "/", 403, 1, "X-RateLimit-Remaining", "4000")
	if _, err := open(t, s, forgetest.Weir, nil).Request(t.Context()); !site.Is(err, site.Forbidden) {
		t.Errorf("a plain 403: %v", err)
	}
}

// The token goes to the base address alone: not where a redirect, a next page or
// an environment's proxy leads.
func TestTokenStaysAtHome(t *testing.T) {
	strays := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { strays++; w.WriteHeader(200) }))
	defer elsewhere.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"} {
		t.Setenv(name, elsewhere.URL)
	}
	each(t, func(t *testing.T, s *forgetest.Server) {
		for range 120 {
			s.Say("ana", "hello") // Bitbucket's next page claims to be elsewhere
		}
		if _, err := open(t, s, forgetest.Weir, nil).Comments(t.Context()); err != nil {
			t.Error(err)
		}
		away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
		}))
		defer away.Close()
		h := openAt(t, s, away.URL, rest.NewSecret("tok-canary-0123456789"), nil)
		_, asked := h.Request(t.Context())
		for _, err := range []error{asked, h.CreateComment(t.Context(), "x"), h.SetStatus(t.Context(), Status{Commit: s.Head(), Link: "x"})} {
			if err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("a redirect: %v", err)
			}
		}
	})
	if strays > 0 {
		t.Errorf("%d requests went elsewhere", strays)
	}
}

// An answer that is none is trouble, never an empty conversation.
func TestGarbage(t *testing.T) {
	for _, body := range []string{`{}`, `null`, `"x"`, `[{}]`, `{"values":null}`, `<html>`, ``} {
		for _, kind := range Kinds {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(body))
			}))
			h := openAt(t, &forgetest.Server{Kind: kind}, srv.URL, rest.NewSecret("tok-0123456789"), nil)
			if c, err := h.Comments(t.Context()); err == nil {
				t.Errorf("%s, %q: comments %+v", kind, body, c)
			}
			if r, err := h.Request(t.Context()); err == nil {
				t.Errorf("%s, %q: request %+v", kind, body, r)
			}
			if a, err := h.Account(t.Context()); err == nil {
				t.Errorf("%s, %q: account %+v", kind, body, a)
			}
			srv.Close()
		}
	}
}

func TestNewRefuses(t *testing.T) {
	base, err := url.Parse("https://api.github.com")
	if err != nil {
		t.Fatal(err)
	}
	good := Config{Kind: GitHub, Base: base, Auth: rest.Bearer(rest.NewSecret("t")), Repo: "acme/access", Request: "7"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"no host":        func(c *Config) { c.Kind = "gitea" },
		"no owner":       func(c *Config) { c.Repo = "access" },
		"a path":         func(c *Config) { c.Repo = "acme/group/access" },
		"a blank":        func(c *Config) { c.Repo = "acme/acc ess" },
		"a climb":        func(c *Config) { c.Repo = "acme/.." },
		"a number":       func(c *Config) { c.Repo = "12" },
		"no request":     func(c *Config) { c.Request = "" },
		"request 0":      func(c *Config) { c.Request = "0" },
		"request 7/../8": func(c *Config) { c.Request = "7/../8" },
		"no token":       func(c *Config) { c.Auth = rest.Authorization{} },
		"no address":     func(c *Config) { c.Base = nil },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	lab := good
	lab.Kind, lab.Repo = GitLab, "acme/group/access"
	if _, err := New(lab); err != nil {
		t.Error(err)
	}
	lab.Repo = "4711"
	if _, err := New(lab); err != nil {
		t.Error(err)
	}
}

// The request that was merged as a commit is told from those that only hold it.
func TestMerged(t *testing.T) {
	each(t, func(t *testing.T, s *forgetest.Server) {
		base, err := url.Parse(s.Base())
		if err != nil {
			t.Fatal(err)
		}
		c := Config{Kind: s.Kind, Base: base, Auth: rest.Bearer(rest.NewSecret(s.Token(forgetest.Weir))), Repo: forgetest.Repo, Clock: func() time.Time { return now }}
		commit := strings.Repeat("ab", 20)
		if got, err := Merged(t.Context(), c, commit); got != "" || err != nil {
			t.Errorf("before the merge: %q, %v", got, err)
		}
		s.Merge(commit)
		if got, err := Merged(t.Context(), c, commit); got != "7" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if got, err := Merged(t.Context(), c, strings.Repeat("c", 40)); got != "" || err != nil {
			t.Errorf("another commit: %q, %v", got, err)
		}
		if _, err := Merged(t.Context(), c, "main"); err == nil {
			t.Error("a branch was taken for a commit")
		}
	})
}

// The writes are listed once more: a new one is a decision.
func TestWrites(t *testing.T) {
	var got []string
	for _, list := range [][]rest.Endpoint{gitHubWrites, gitLabWrites, bitbucketWrites} {
		for _, e := range list {
			got = append(got, e.Method+" "+e.Path)
		}
	}
	want := []string{
		"POST /repos/{}/{}/issues/{}/comments", "PATCH /repos/{}/{}/issues/comments/{}", "POST /repos/{}/{}/issues/{}/labels",
		"DELETE /repos/{}/{}/issues/{}/labels/{}", "POST /repos/{}/{}/statuses/{}",
		"POST /projects/{}/merge_requests/{}/notes", "PUT /projects/{}/merge_requests/{}/notes/{}", "PUT /projects/{}/merge_requests/{}", "POST /projects/{}/statuses/{}",
		"POST /repositories/{}/{}/pullrequests/{}/comments", "PUT /repositories/{}/{}/pullrequests/{}/comments/{}", "POST /repositories/{}/{}/commit/{}/statuses/build",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
