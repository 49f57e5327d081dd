package cloud_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// library is a site with restricted pages: a space HR that staff may edit and
// weir's account may too, with two pages and a blog post.
func library(t *testing.T, o emulator.Options, change func(*cloud.Config)) (*emulator.Emulator, *cloud.Site, *recorder) {
	t.Helper()
	e, s, r := recorded(t, o, change)
	a := e.Admin()
	must(t,
		a.CreateSpace("HR", "People"), a.CreateGroup("hr", ""), a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"),
		a.AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}),
		a.AssignRole("HR", emulator.Principal{User: self}, "Admin"),
		a.CreatePage("HR", "Pay", ""), a.CreatePage("HR", "Pay bands", "Pay"), a.CreateBlogPost("HR", "News"),
	)
	return e, s, r
}

var pay = access.NewPage("page", "space:HR", "Pay")

func pages(refs ...access.Ref) access.Extent { return access.Extent{Pages: refs} }

// TestRestrictions: a page's restrictions become what is described, in one write
// of all of them, and a page that is open is never the way from one to another.
func TestRestrictions(t *testing.T) {
	for _, mode := range []string{"skip", "member", "admin_key"} {
		t.Run(mode, func(t *testing.T) {
			e, s, r := library(t, emulator.Options{}, func(c *cloud.Config) { c.RestrictedPages = mode })
			news := access.NewPage("blogpost", "space:HR", "News")
			extent := pages(pay, news)
			own := `restrict page:HR/Pay view user:` + self
			if mode != "skip" {
				own = ""
			}
			wanted := func(lines ...string) []string {
				if own != "" {
					lines = append(lines, own, strings.Replace(own, "view", "edit", 1))
				}
				return lines
			}
			bring(t, s, extent, wanted("restrict page:HR/Pay view group:hr", "restrict page:HR/Pay edit user:ana@acme.example"), nil)
			if got := r.take(); len(got) == 0 || slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, "DELETE /wiki/rest") }) {
				t.Errorf("writes: %v", got)
			}
			if mode == "skip" && !e.Can(accountOf(t, e, self), "update", emulator.Object{Page: pageID(t, s, pay)}) {
				t.Error("weir's account is shut out")
			}
			if mode == "member" && !e.Can(accountOf(t, e, self), "read", emulator.Object{Page: pageID(t, s, pay)}) {
				t.Error("weir's account was not put into the restriction")
			}
			bring(t, s, extent, wanted("restrict page:HR/Pay view group:staff"), []string{"restrict page:HR/Pay view group:hr"})
			bring(t, s, extent, nil, []string{"restrict page:HR/Pay edit user:ana"})
			if mode == "skip" {
				bring(t, s, extent, []string{"restrict blogpost:HR/News edit user:" + self, "restrict blogpost:HR/News edit group:hr"}, nil)
				return
			}
			bring(t, s, extent, nil, []string{"restrict page:HR/Pay"})
		})
	}
}

func accountOf(t *testing.T, e *emulator.Emulator, email string) string {
	t.Helper()
	for _, p := range e.Dump().People {
		if p.Email == email {
			return p.ID
		}
	}
	t.Fatalf("nobody is %s", email)
	return ""
}

func pageID(t *testing.T, s *cloud.Site, page access.Ref) string {
	t.Helper()
	obs, err := s.Observe(t.Context(), pages(page))
	must(t, err)
	return obs.IDs[page]
}

// TestManyRestricted: lists beyond a page of a hundred are read and written to
// their end, whether a page is named or found by searching.
func TestManyRestricted(t *testing.T) {
	e, s, _ := library(t, emulator.Options{}, func(c *cloud.Config) { c.RestrictedPages = "member" })
	a := e.Admin()
	var want []string
	for i := range 230 {
		email := fmt.Sprintf("p%03d@acme.example", i)
		must(t, a.AddPerson(email, "P", emulator.PersonOptions{}))
		want = append(want, "restrict page:HR/Pay view user:"+email)
	}
	bring(t, s, pages(pay), want, nil)
	bring(t, s, access.Extent{Watch: []access.Ref{"space:HR"}}, nil, []string{"restrict page:HR/Pay view user:p1"})
	bring(t, s, pages(pay), nil, []string{"restrict page:HR/Pay view user:p2"})
}

// TestVanished: names of groups that are gone cannot be written back. They are
// left out, and never so that the page opens.
func TestVanished(t *testing.T) {
	e, s, _ := library(t, emulator.Options{}, func(c *cloud.Config) { c.RestrictedPages = "member" })
	a := e.Admin()
	must(t, a.Restrict("HR", "Pay", "read", emulator.Principal{Group: "hr"}), a.Restrict("HR", "Pay", "read", emulator.Principal{Group: "staff"}),
		a.Restrict("HR", "Pay", "read", emulator.Principal{User: self}), a.DeleteGroup("hr"))
	obs, err := s.Observe(t.Context(), pages(pay))
	must(t, err)
	var gone access.Fact
	for f := range obs.Facts.OfKind(access.Restrict) {
		if f.Subject.Type() == "group" && f.Subject != "group:staff" {
			gone = f
		}
	}
	if gone.Subject == "" {
		t.Fatal("the name that is left is not read")
	}
	more := set(t, "restrict page:HR/Pay view user:ana@acme.example")
	canon := s.Canonical(obs.Facts.Union(more), obs)
	if len(canon.Notes) != 1 || canon.Notes[0].Fact != gone {
		t.Errorf("notes: %v", canon.Notes)
	}
	must(t, s.Do(t.Context(), site.Step{Changes: []access.Change{{Op: access.Add, Fact: more.Facts()[0]}}}))
	obs, err = s.Observe(t.Context(), pages(pay))
	must(t, err)
	if !obs.Facts.Has(more.Facts()[0]) || obs.Facts.Has(gone) {
		t.Errorf("after: %v", others(obs.Facts, ""))
	}

	// Nobody else is left: without the name the page would be open.
	must(t, a.CreateGroup("hr", ""), a.Restrict("HR", "News", "read", emulator.Principal{Group: "hr"}), a.DeleteGroup("hr"))
	e2, s2, _ := library(t, emulator.Options{}, nil)
	a = e2.Admin()
	must(t, a.Restrict("HR", "Pay", "update", emulator.Principal{Group: "hr"}), a.Restrict("HR", "Pay", "update", emulator.Principal{User: self}),
		a.AddMember("hr", self), a.Restrict("HR", "News", "update", emulator.Principal{Group: "hr"}))
	obs, err = s2.Observe(t.Context(), pages(pay))
	must(t, err)
	must(t, a.DeleteGroup("hr"), a.CreateGroup("hr", ""))
	fresh, err := s2.Observe(t.Context(), pages(pay))
	must(t, err)
	step := site.Step{}
	for f := range fresh.Facts.OfKind(access.Restrict) {
		if f.Subject.IsPerson() {
			step.Changes = append(step.Changes, access.Change{Op: access.Remove, Fact: f})
		}
	}
	if err := s2.Do(t.Context(), step); !site.Is(err, site.Conflict) || !strings.Contains(err.Error(), "it would be open") {
		t.Errorf("got %v", err)
	}
}

// TestLockout: with restricted_pages: skip, no restriction shuts weir's own
// account out.
func TestLockout(t *testing.T) {
	e, s, _ := library(t, emulator.Options{}, nil)
	a := e.Admin()
	must(t, a.AddMember("hr", self))
	obs, err := s.Observe(t.Context(), pages(pay))
	must(t, err)
	for _, c := range []struct {
		want    string
		live    []string
		refused bool
	}{
		{want: "restrict page:HR/Pay view group:staff", refused: true},
		{want: "restrict page:HR/Pay edit group:staff", refused: true},
		{want: "restrict page:HR/Pay view group:hr"},
		{want: "restrict page:HR/Pay view user:" + self},
		{want: "restrict page:HR/Pay view group:staff", live: []string{"restrict page:HR/Pay view user:" + self}},
		{want: "restrict page:HR/Pay view group:staff", live: []string{"restrict page:HR/Pay view group:staff"}},
		// Only weir's group is to go, and somebody else's to stay.
		{want: "restrict page:HR/Pay view group:staff", live: []string{"restrict page:HR/Pay view group:staff", "restrict page:HR/Pay view group:hr"}, refused: true},
	} {
		live := obs
		live.Facts = obs.Facts.Union(set(t, c.live...))
		canon := s.Canonical(obs.Facts.Union(set(t, c.want)), live)
		if got := len(canon.Refused) > 0; got != c.refused {
			t.Errorf("%s with %v: refused %v", c.want, c.live, canon.Refused)
		}
	}
	cfg := config(e, e.Transport())
	cfg.RestrictedPages = "admin_key"
	keyed := newSite(t, cfg)
	for edition, refused := range map[string]bool{"standard": true, "premium": false} {
		live := obs
		live.Traits.Edition = edition
		if got := len(keyed.Canonical(obs.Facts.Union(set(t, "restrict page:HR/Pay view group:staff")), live).Refused) > 0; got != refused {
			t.Errorf("admin_key on %s: refused %v", edition, got)
		}
	}
}

// TestAdminKey: a key is opened when it is needed and not otherwise, and is
// closed again, whatever becomes of the work.
func TestAdminKey(t *testing.T) {
	var notes []string
	e, s, r := library(t, emulator.Options{}, func(c *cloud.Config) {
		c.RestrictedPages = "admin_key"
		c.Note = func(text string) { notes = append(notes, text) }
	})
	a := e.Admin()
	id := pageID(t, s, pay)
	if got := r.take(); len(got) > 0 || len(notes) > 0 {
		t.Errorf("a key that nobody needs: %v %v", got, notes)
	}
	must(t, a.Restrict("HR", "Pay", "read", emulator.Principal{User: "ana@acme.example"}))
	extent := access.Extent{Pages: []access.Ref{pay}, Pins: map[access.Ref]string{pay: id}}
	key := []string{"POST /wiki/api/v2/admin-key", "DELETE /wiki/api/v2/admin-key"}
	obs, err := s.Observe(t.Context(), extent)
	must(t, err)
	if !obs.Facts.Has(set(t, "restrict page:HR/Pay view user:ana@acme.example").Facts()[0]) || len(obs.Unknown) > 0 {
		t.Errorf("read %v, unknown %v", others(obs.Facts, ""), obs.Unknown)
	}
	if diff := gocmp.Diff(key, r.take()); diff != "" {
		t.Error(diff)
	}
	must(t, s.Do(t.Context(), add("restrict page:HR/Pay view group:hr")))
	if diff := gocmp.Diff([]string{key[0], "PUT /wiki/rest/api/content/" + id + "/restriction", key[1]}, r.take()); diff != "" {
		t.Error(diff)
	}
	if len(notes) != 4 || !strings.HasPrefix(notes[0], "an admin key was opened: ") || notes[1] != "the admin key was closed" {
		t.Errorf("notes: %q", notes)
	}
	// All of a watched space is seen with a key, what a search hides included.
	watched, err := s.Observe(t.Context(), access.Extent{Watch: []access.Ref{"space:HR"}})
	must(t, err)
	if !watched.Facts.Has(set(t, "restrict page:HR/Pay view group:hr").Facts()[0]) || len(watched.Unknown) > 0 {
		t.Errorf("watched: %v, unknown %v", others(watched.Facts, ""), watched.Unknown)
	}
	r.take()

	// Cancelled in the middle: the key is closed all the same.
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(e, world.RoundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := r.RoundTrip(req)
		if strings.HasSuffix(req.URL.Path, "/admin-key") && req.Method == http.MethodPost {
			cancel()
		}
		return resp, err
	}))
	cfg.RestrictedPages = "admin_key"
	if _, err := newSite(t, cfg).Observe(ctx, extent); err == nil {
		t.Error("a cancelled reading succeeds")
	}
	if diff := gocmp.Diff(key, r.take()); diff != "" {
		t.Error(diff)
	}
}

// TestHiddenTree: of pages that no search shows, those of an archived space and
// those that weir's account may not view, it is read what they lie below: what
// restricts a page restricts them.
func TestHiddenTree(t *testing.T) {
	bands := access.NewPage("page", "space:HR", "Pay bands")
	for name, hide := range map[string]func(emulator.Admin) error{
		"restricted": func(a emulator.Admin) error {
			return a.Restrict("HR", "Pay", "read", emulator.Principal{User: "ana@acme.example"})
		},
		"archived": func(a emulator.Admin) error { return a.SetSpaceStatus("HR", "archived") },
	} {
		t.Run(name, func(t *testing.T) {
			e, s, _ := library(t, emulator.Options{}, func(c *cloud.Config) { c.RestrictedPages = "admin_key" })
			must(t, hide(e.Admin()))
			obs, err := s.Observe(t.Context(), access.Extent{Watch: []access.Ref{"space:HR"}})
			must(t, err)
			if home := access.NewPage("page", "space:HR", "People Home"); obs.Parents[bands] != pay || obs.Parents[pay] != home || len(obs.Unknown) > 0 {
				t.Errorf("parents: %v; unknown: %v", obs.Parents, obs.Unknown)
			}
		})
	}
}

// TestContent: what is read of pages, and what is said of those that are not
// what they were.
func TestContent(t *testing.T) {
	e, s, _ := library(t, emulator.Options{}, nil)
	a := e.Admin()
	bands := access.NewPage("page", "space:HR", "Pay bands")
	news := access.NewPage("blogpost", "space:HR", "News")
	none := access.NewPage("page", "space:HR", "None")
	must(t, a.Restrict("HR", "Pay bands", "update", emulator.Principal{Group: "hr"}))
	obs, err := s.Observe(t.Context(), pages(bands, news, none, access.NewPage("page", "space:NONE", "X")))
	must(t, err)
	for _, line := range []string{`exists page:"HR/Pay bands"`, `exists blogpost:HR/News`, `restrict page:"HR/Pay bands" edit group:hr`} {
		if !obs.Facts.Has(set(t, line).Facts()[0]) {
			t.Errorf("%s is not read", line)
		}
	}
	if obs.Facts.Has(access.Fact{Kind: access.Exists, Object: none}) || len(obs.Unknown) > 0 {
		t.Errorf("unknown: %v", obs.Unknown)
	}
	if obs.Parents[bands] != pay || obs.Parents[pay] == "" {
		t.Errorf("parents: %v", obs.Parents)
	}
	// Read again by its id, the page has another name; and one that is hidden is
	// not taken for one that is gone.
	pins := map[access.Ref]string{bands: obs.IDs[bands], news: obs.IDs[news]}
	must(t, a.Restrict("HR", "News", "read", emulator.Principal{User: "ana@acme.example"}))
	moved := access.NewPage("page", "space:HR", "Bands")
	obs, err = s.Observe(t.Context(), access.Extent{Pages: []access.Ref{moved, news}, Pins: map[access.Ref]string{moved: pins[bands], news: pins[news]}})
	must(t, err)
	if obs.IDs[bands] != pins[bands] || obs.IDs[moved] != "" {
		t.Errorf("ids: %v", obs.IDs)
	}
	want := []access.Unknown{
		{Object: news, Reason: "it was there before (weir.lock) and cannot be seen now; if it is gone, delete its line from weir.lock"},
		{Object: moved, Reason: `what weir.lock names is now page:"HR/Pay bands"`},
	}
	if diff := gocmp.Diff(want, obs.Unknown); diff != "" {
		t.Error(diff)
	}
	// A watched space does not claim to be whole, and blocks nothing else.
	obs, err = s.Observe(t.Context(), access.Extent{Watch: []access.Ref{"space:HR"}, Pages: []access.Ref{pay}})
	must(t, err)
	if len(obs.Unknown) != 1 || obs.Unknown[0].Object != "space:HR" || obs.Unknown[0].Kind != access.Restrict ||
		obs.Unknown[0].Covers(set(t, "restrict page:HR/Pay view group:hr").Facts()[0]) {
		t.Errorf("unknown: %v", obs.Unknown)
	}
	if !obs.Facts.Has(set(t, `restrict page:"HR/Pay bands" edit group:hr`).Facts()[0]) || obs.Parents[bands] != pay {
		t.Errorf("watched: %v", others(obs.Facts, ""))
	}
	// Two posts of one title: nobody can tell which is meant.
	double := func(b map[string]any) {
		list := rows(b)
		for _, row := range list {
			if m, ok := row.(map[string]any); ok && m["title"] == "Pay bands" {
				again := maps.Clone(m)
				again["id"] = "999999"
				b["results"] = append(list, again)
			}
		}
	}
	twice := open(t, e, rewriting("/pages", double)(rewriting("/content/search", double)(e.Transport())))
	for _, extent := range []access.Extent{pages(bands), {All: true}} {
		obs, err = twice.Observe(t.Context(), extent)
		must(t, err)
		if !slices.ContainsFunc(obs.Unknown, func(u access.Unknown) bool {
			return u.Object == bands && u.Reason == "2 of this title are in the space"
		}) {
			t.Errorf("unknown: %v", obs.Unknown)
		}
	}
	// What is read back.
	got, err := s.Present(t.Context(), set(t, "restrict blogpost:HR/News view group:hr", `restrict page:"HR/Pay bands" edit group:hr`, `restrict page:"HR/Pay bands" view group:hr`, `exists page:HR/Pay`, `exists page:HR/None`).Facts())
	must(t, err)
	if diff := gocmp.Diff([]site.Presence{site.Unseen, site.Seen, site.Unseen, site.Seen, site.Absent}, got); diff != "" {
		t.Error(diff)
	}
}

// TestNoAdminKey: where there can be no key, what is hidden stays hidden, and it
// is said why; the reading goes on.
func TestNoAdminKey(t *testing.T) {
	e, s, r := library(t, emulator.Options{Plan: "standard"}, func(c *cloud.Config) { c.RestrictedPages = "admin_key" })
	id := pageID(t, s, pay)
	must(t, e.Admin().Restrict("HR", "Pay", "read", emulator.Principal{User: "ana@acme.example"}))
	obs, err := s.Observe(t.Context(), access.Extent{Pages: []access.Ref{pay}, Pins: map[access.Ref]string{pay: id}, Watch: []access.Ref{"space:HR"}})
	must(t, err)
	if len(obs.Unknown) != 2 || obs.Unknown[0].Object != pay {
		t.Errorf("unknown: %v", obs.Unknown)
	}
	if diff := gocmp.Diff([]string{"POST /wiki/api/v2/admin-key"}, r.take()); diff != "" {
		t.Errorf("a key is asked for once:\n%s", diff)
	}
	err = s.Do(t.Context(), add("restrict page:HR/Pay view group:hr"))
	if !site.Is(err, site.NotFound) || !strings.Contains(err.Error(), "or weir's account may not see it") {
		t.Errorf("got %v", err)
	}
}

// TestReadOnlyKey: who only reads may open a key where the operator chose that,
// and writes nothing else.
func TestReadOnlyKey(t *testing.T) {
	e, s, r := library(t, emulator.Options{}, func(c *cloud.Config) { c.RestrictedPages, c.ReadOnly = "admin_key", true })
	must(t, e.Admin().Restrict("HR", "Pay", "read", emulator.Principal{User: "ana@acme.example"}))
	obs, err := s.Observe(t.Context(), pages(pay))
	must(t, err)
	if !obs.Facts.Has(set(t, "restrict page:HR/Pay view user:ana@acme.example").Facts()[0]) {
		t.Errorf("the page stays hidden: %v", obs.Unknown)
	}
	r.take()
	for _, step := range []site.Step{add("restrict page:HR/Pay view group:hr"), add("exists group:g")} {
		if err := s.Do(t.Context(), step); !site.Is(err, site.Unsupported) {
			t.Errorf("%s: %v", step.Changes[0], err)
		}
	}
	for _, w := range r.take() {
		if !strings.HasSuffix(w, "/admin-key") {
			t.Errorf("sent %s", w)
		}
	}
}

// TestMemberAlone: where weir's account is put into every restriction, the last
// other name that goes takes weir's along: nobody asked for a page of weir's own.
func TestMemberAlone(t *testing.T) {
	e, s, _ := library(t, emulator.Options{}, func(c *cloud.Config) { c.RestrictedPages = "member" })
	must(t, e.Admin().CreateGroup("auditors", ""))
	named := func() (n int) {
		for _, sp := range e.Dump().Spaces {
			for _, c := range sp.Content {
				if sp.Key == "HR" && c.Title == "Pay" {
					n = len(c.Update)
				}
			}
		}
		return n
	}
	line := "restrict page:HR/Pay edit group:auditors"
	bring(t, s, pages(pay), []string{line}, nil)
	if n := named(); n != 2 {
		t.Fatalf("%d are named, want the group and weir's account", n)
	}
	bring(t, s, pages(pay), nil, []string{line})
	if n := named(); n != 0 {
		t.Errorf("%d are still named", n)
	}
}
