package emulator_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/weirhq/weir/site/emulator"
)

func TestLabelsOfSpaces(t *testing.T) {
	store := emulator.NewMemory()
	f := open(t, emulator.Options{Store: store})
	small(f)
	a := f.em.Admin()
	labels := func(f *fixture, key string) []string {
		t.Helper()
		return texts(f.want(200, "GET", spacePath(key, "?include-labels=true")(f), nil)["labels"].(m), "results", "name")
	}
	f.must(a.SetLabels("ENG", "Legal-Hold", "team-x", "legal-hold"))
	if got := labels(f, "ENG"); !slices.Equal(got, []string{"legal-hold", "team-x"}) {
		t.Errorf("labels %v", got)
	}
	for _, bad := range []string{"", "two words", "a,b", "line\nbreak"} {
		f.refused(a.SetLabels("ENG", "good", bad), 400)
	}
	f.refused(a.SetLabels("NOPE", "good"), 404)

	// They are stored, and go when they are replaced.
	em, err := emulator.New(emulator.Options{Store: store, Clock: func() time.Time { return start }})
	f.must(err)
	again := &fixture{TB: t, em: em, cred: f.cred, email: f.email, token: f.token}
	if got := labels(again, "ENG"); !slices.Equal(got, []string{"legal-hold", "team-x"}) {
		t.Errorf("labels %v", got)
	}
	keys("ENG")(again, again.want(200, "GET", "/wiki/api/v2/spaces?labels=LEGAL-HOLD&status=current", nil))
	f.must(em.Admin().SetLabels("ENG"))
	keys()(again, again.want(200, "GET", "/wiki/api/v2/spaces?labels=legal-hold", nil))
}

// TestTheLatestChangeOfASpace is what a search for its content begins with.
func TestTheLatestChangeOfASpace(t *testing.T) {
	now := start
	f := open(t, emulator.Options{Clock: func() time.Time { return now }})
	small(f)
	a := f.em.Admin()
	const ana, cy = "ana@acme.example", "cy@acme.example"
	f.must(a.AssignRole("ENG", user(emulator.OwnEmail), "Viewer"))
	f.must(a.AssignRole("ENG", user(ana), "Collaborator"))
	latest := func(key string) (when string, total any) {
		t.Helper()
		b := f.want(200, "GET", "/wiki/rest/api/search?limit=1&cql="+url.QueryEscape(`space = "`+key+`" and type in (page, blogpost) order by lastmodified desc`), nil)
		rows := b["results"].([]any)
		if len(rows) == 0 {
			return "", b["totalSize"]
		}
		return rows[0].(m)["lastModified"].(string), b["totalSize"]
	}
	is := func(when string, total float64) {
		t.Helper()
		if got, n := latest("ENG"); got != when || n != total {
			t.Errorf("changed %s, %v in all; want %s, %v", got, n, when, total)
		}
	}
	is("2026-03-01T09:00:00Z", 1) // the home page
	now = start.AddDate(0, 1, 0)
	f.must(a.Write("ENG", "Notes", ana))
	is("2026-04-01T09:00:00Z", 2)
	now = start.AddDate(0, 2, 0)
	f.must(a.CreatePage("ENG", "Plans", ""))
	now = start.AddDate(0, 3, 0)
	f.must(a.Write("ENG", "Notes", ana))
	is("2026-06-01T09:00:00Z", 3)
	if got := f.content("Notes"); got.Author != f.person(ana).ID {
		t.Errorf("%+v", got)
	}
	if got := f.person(ana).Viewed; !got.Equal(now) {
		t.Errorf("whoever writes has looked: %s", got)
	}
	f.refused(a.Write("ENG", "Notes", cy), 403)  // who may view only
	f.refused(a.Write("ENG", "Others", cy), 403) // likewise
	f.refused(a.Write("ENG", "Notes", "nobody@acme.example"), 404)
	f.refused(a.Write("NOPE", "Notes", ana), 404)
	f.must(a.SetSpaceStatus("ENG", "archived"))
	f.refused(a.Write("ENG", "Notes", ana), 400)
	is2, total := latest("ENG")
	if is2 != "" || total != float64(0) {
		t.Errorf("what is archived is in the index: %s, %v", is2, total)
	}
}
