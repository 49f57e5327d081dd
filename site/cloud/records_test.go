package cloud_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// homes makes a site where ana, bo and cy have personal spaces: ana wrote in hers a
// month after it was made, bo's is archived, and weir's account may not view cy's.
// ENG is everybody's, and it is on hold as bo's is.
func homes(t *testing.T) (*emulator.Emulator, *clock) {
	t.Helper()
	e, c := timed(t, emulator.ModeRoles)
	t.Cleanup(func() { e.Close() })
	a := e.Admin()
	all := emulator.Principal{Class: emulator.ClassLicensed}
	must(t, a.CreateSpace("ENG", "Engineering"), a.AssignRole("ENG", all, "Viewer"))
	for _, name := range []string{"ana", "bo", "cy"} {
		email := name + "@acme.example"
		must(t, a.AddPerson(email, "", emulator.PersonOptions{}), a.CreatePersonalSpace(email, "~"+name, name), a.AssignRole("~"+name, emulator.Principal{User: email}, "Admin"))
	}
	must(t, a.AssignRole("~ana", all, "Viewer"), a.AssignRole("~bo", all, "Viewer"))
	must(t, a.SetSpaceStatus("~bo", "archived"), a.SetLabels("~bo", "legal-hold"), a.SetLabels("ENG", "Legal-Hold", "other"))
	c.now = c.now.AddDate(0, 1, 0)
	must(t, a.Write("~ana", "Notes", "ana@acme.example"))
	return e, c
}

var (
	made    = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	written = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	whole   = access.Extent{Personal: true, Labels: []string{"legal-hold", "none"}}
)

func record(change func(*access.SpaceRecord)) access.SpaceRecord {
	r := access.UntoldSpace()
	r.Created = made
	if change != nil {
		change(&r)
	}
	return r
}

// TestRecordsOfSpaces: when personal spaces were made is always told; the rest where
// it is asked for, with a request for each that is not archived. What is hidden is
// not told of.
func TestRecordsOfSpaces(t *testing.T) {
	e, c := homes(t)
	s := refreshing(t, e, c, checked(t, e.Transport()))
	observed(t, s) // what a first reading looks up is kept
	plain, _ := observed(t, s)
	want := map[access.Ref]access.SpaceRecord{"space:~ana": record(nil), "space:~bo": record(nil), "space:~cy": record(nil)}
	if diff := cmp.Diff(want, plain.Spaces); diff != "" {
		t.Errorf("nothing was asked for (- want, + got)\n%s", diff)
	}
	all, _ := observedWith(t, s, whole)
	held := record(nil)
	held.Created, held.Labels = time.Time{}, []string{"legal-hold"}
	want = map[access.Ref]access.SpaceRecord{
		"space:~ana": record(func(r *access.SpaceRecord) { r.Changed, r.Contents = written, 2 }),
		"space:~bo":  record(func(r *access.SpaceRecord) { r.Labels = []string{"legal-hold"} }),
		"space:~cy":  record(func(r *access.SpaceRecord) { r.Contents = 0 }), // none that weir's account sees
		"space:ENG":  held,
	}
	if diff := cmp.Diff(want, all.Spaces); diff != "" {
		t.Errorf("(- want, + got)\n%s", diff)
	}
	// Two for the spaces, and two for each label: archived ones are asked for.
	if got := all.Requests - plain.Requests; got != 2+2*2 {
		t.Errorf("%d more requests", got)
	}
	if got := all.Floor - plain.Floor; got != 2+2 {
		t.Errorf("%d more at least", got)
	}
}

// TestRecordsThatAreNotTold: a space that cannot be searched, or an answer without
// a time, makes no record look old; a list that cannot be filtered is trouble, as
// is one that cannot be read.
func TestRecordsThatAreNotTold(t *testing.T) {
	for name, c := range map[string]struct {
		change func(http.RoundTripper) http.RoundTripper
		want   access.SpaceRecord
		err    string
	}{
		"not allowed": {change: answer("/rest/api/search", 403, `{}`), want: record(nil)},
		"not there":   {change: answer("/rest/api/search", 404, `{}`), want: record(nil)},
		"no time": {change: answer("/rest/api/search", 200, `{"totalSize": 7, "results": [{"lastModified": "lately"}]}`),
			want: record(func(r *access.SpaceRecord) { r.Contents = 7 })},
		"another form of time": {change: answer("/rest/api/search", 200, `{"totalSize": 7, "results": [{"lastModified": "2026-05-20T10:00:00.000+0200"}]}`),
			want: record(func(r *access.SpaceRecord) { r.Changed, r.Contents = made.AddDate(0, 0, 19), 7 })},
		"no number":  {change: answer("/rest/api/search", 200, `{"results": []}`), err: "the answer lacks the number of results"},
		"no results": {change: answer("/rest/api/search", 200, `{"totalSize": 7}`), err: "the answer lacks its results"},
		"broken":     {change: answer("/rest/api/search", 500, `{}`), err: "no clear answer"},
		"no labels": {err: "read the spaces", change: func(next http.RoundTripper) http.RoundTripper {
			return world.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if r.URL.Query().Has("labels") {
					return world.Reply(r, 403, "application/json", `{}`), nil
				}
				return next.RoundTrip(r)
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e, clock := homes(t)
			s := refreshing(t, e, clock, c.change(e.Transport()))
			obs, err := s.Observe(t.Context(), whole)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, obs.Spaces["space:~ana"]); diff != "" {
				t.Errorf("(- want, + got)\n%s", diff)
			}
		})
	}
}

// TestRecordsAreReadAgain: refreshing reads them anew; rereading those of spaces that
// are touched or that were not told, and takes over the others.
func TestRecordsAreReadAgain(t *testing.T) {
	e, c := homes(t)
	must(t, e.Admin().AddPerson("dee@acme.example", "", emulator.PersonOptions{}), e.Admin().CreatePersonalSpace("dee@acme.example", "~dee", "dee"),
		e.Admin().AssignRole("~dee", emulator.Principal{Class: emulator.ClassLicensed}, "Collaborator"))
	s := refreshing(t, e, c, e.Transport())
	last, _ := observedWith(t, s, whole)
	since := c.now
	c.now = c.now.AddDate(0, 1, 0)
	must(t, e.Admin().Write("~ana", "Notes", "ana@acme.example"), e.Admin().Write("~dee", "Notes", "dee@acme.example"), e.Admin().SetLabels("~ana", "legal-hold"))
	want, _ := observedWith(t, refreshing(t, e, c, e.Transport()), whole)
	if got := want.Spaces["space:~ana"]; !got.Changed.Equal(c.now) || len(got.Labels) != 1 {
		t.Fatalf("%+v", got)
	}
	fresh, err := s.Refresh(t.Context(), last, since, whole)
	if err != nil || fresh.Reread != "" {
		t.Fatalf("%v, %s", err, fresh.Reread)
	}
	if diff := cmp.Diff(want.Spaces, fresh.Spaces); diff != "" {
		t.Errorf("(- observed, + refreshed)\n%s", diff)
	}
	part, err := s.Reread(t.Context(), last, []access.Ref{"space:~ana"}, whole)
	if err != nil || part.Reread != "" {
		t.Fatalf("%v, %s", err, part.Reread)
	}
	dee := want.Spaces["space:~dee"]
	dee.Changed, dee.Contents = last.Spaces["space:~dee"].Changed, last.Spaces["space:~dee"].Contents
	want.Spaces["space:~dee"] = dee
	if diff := cmp.Diff(want.Spaces, part.Spaces); diff != "" {
		t.Errorf("(- expected, + reread)\n%s", diff)
	}
	// An earlier observation that was not asked for them says nothing.
	bare := last
	bare.Extent.Personal = false
	part, err = s.Reread(t.Context(), bare, nil, whole)
	if err != nil || !part.Spaces["space:~dee"].Changed.Equal(c.now) {
		t.Errorf("%v, %+v", err, part.Spaces["space:~dee"])
	}
}

// TestRecordsOfPeople: the list of people tells when they came and were last there.
func TestRecordsOfPeople(t *testing.T) {
	e, c := homes(t)
	a := e.Admin()
	came := c.now
	must(t, a.AddPerson("new@acme.example", "", emulator.PersonOptions{Invited: true}), a.ScheduleDeletion("bo@acme.example"))
	c.now = c.now.AddDate(0, 0, 1)
	must(t, a.View("ENG", "cy@acme.example"))
	s := refreshing(t, e, c, checked(t, e.Transport()))
	obs, _ := observed(t, s)
	want := map[access.Ref]access.PersonRecord{
		obs.Account:             {Added: made},
		"user:ana@acme.example": {Added: made, Active: came},
		"user:bo@acme.example":  {Added: made, Deleting: true, Ended: came},
		"user:cy@acme.example":  {Added: made, Active: c.now},
		"user:new@acme.example": {Added: came},
	}
	if diff := cmp.Diff(want, obs.People); diff != "" {
		t.Errorf("(- want, + got)\n%s", diff)
	}
	odd := refreshing(t, e, c, rewriting("/users/search", func(b map[string]any) {
		for _, row := range rows(b) {
			row := row.(map[string]any)
			row["addedToOrg"] = 17
			if seats, ok := row["productAccess"].([]any); ok && len(seats) > 0 {
				seats[0].(map[string]any)["lastActiveTimestamp"] = "lately"
			}
		}
	})(e.Transport()))
	dayless := refreshing(t, e, c, rewriting("/users/"+obs.IDs["user:bo@acme.example"], func(b map[string]any) { b["data"].(map[string]any)["deactivatedOn"] = []any{} })(e.Transport()))
	obs, _ = observed(t, dayless)
	if got := obs.People["user:bo@acme.example"]; !got.Deleting || !got.Ended.IsZero() {
		t.Errorf("of a day that is none: %+v", got)
	}
	obs, _ = observed(t, odd)
	if diff := cmp.Diff(map[access.Ref]access.PersonRecord{"user:bo@acme.example": {Deleting: true, Ended: came}}, obs.People); diff != "" {
		t.Errorf("of times that are none (- want, + got)\n%s", diff)
	}
}

// tokens reads a site for its tokens.
func tokens(t *testing.T, s site.Reader) ([]site.Token, string, error) {
	obs, err := s.Observe(t.Context(), access.Extent{Tokens: true})
	return obs.Tokens, obs.UnseenTokens, err
}

// TestTokens: the organisation lists the tokens of accounts that it manages, ended
// ones among them.
func TestTokens(t *testing.T) {
	e, c := homes(t)
	a := e.Admin()
	must(t, a.AddPerson("pat@partner.example", "", emulator.PersonOptions{Unmanaged: true}))
	issue := func(email, label string, days int) {
		t.Helper()
		_, err := a.IssueTokenFor(email, label, time.Duration(days)*24*time.Hour)
		must(t, err)
	}
	issue("ana@acme.example", "backup", 30)
	issue("bo@acme.example", "sync\u202e", 2)
	issue("pat@partner.example", "hidden", 9)
	c.now = c.now.AddDate(0, 0, 5)
	s := refreshing(t, e, c, e.Transport())
	told := func() (out []string) {
		t.Helper()
		tokens, hidden, err := tokens(t, s)
		if err != nil || hidden != "the organisation lists the tokens of accounts that it manages, and of no others" {
			t.Fatalf("%v, %q", err, hidden)
		}
		for _, k := range tokens {
			if k.ID == "" {
				t.Error("a token has no id")
			}
			out = append(out, strings.Join([]string{string(k.Owner), k.Label, k.Created.Format(time.DateOnly), k.Expires.Format(time.DateOnly)}, " "))
		}
		return out
	}
	want := []string{
		"user:bo@acme.example sync\u202e 2026-06-01 2026-06-03",
		"user:ana@acme.example backup 2026-06-01 2026-07-01",
		"user:weir@embedded.invalid weir 2026-05-01 0001-01-01",
	}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("(- want, + got)\n%s", diff)
	}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Errorf("once the site is known (- want, + got)\n%s", diff)
	}
	all := refreshing(t, e, c, answer("/api-tokens", 403, `{}`)(e.Transport()))
	if tokens, hidden, err := tokens(t, all); err != nil || tokens != nil || !strings.HasPrefix(hidden, "the organisation's key cannot list them: HTTP 403") {
		t.Errorf("%v, %q, %v", tokens, hidden, err)
	}
	all = refreshing(t, e, c, answer("/api-tokens", 500, `{}`)(e.Transport()))
	if _, _, err := tokens(t, all); !site.Is(err, site.Transient) {
		t.Errorf("%v", err)
	}
}
