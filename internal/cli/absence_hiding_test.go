package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/sitetest/world"
)

// hiding is how an object that was seen before is kept from weir's account.
type hiding struct {
	name string
	// status and text are the answer to every request about the object by itself;
	// 0 gives the true one.
	status int
	text   string
	// listed: lists show the object all the same, and only what is asked about it
	// is hidden.
	listed bool
}

var hidings = []hiding{
	{name: "403", status: http.StatusForbidden, text: `{"message":"no"}`},
	{name: "404", status: http.StatusNotFound, text: `{"message":"not found"}`},
	{name: "403, and listed", status: http.StatusForbidden, text: `{"message":"no"}`, listed: true},
	{name: "404, and listed", status: http.StatusNotFound, text: `{"message":"not found"}`, listed: true},
	{name: "empty", status: http.StatusOK, text: `{}`},
	{name: "an empty list", status: http.StatusOK, text: `{"results":[],"data":[],"start":0,"limit":200,"size":0,"_links":{},"links":{}}`},
	{name: "omitted"},
}

// hidden is a way to the site that hides one object.
type hidden struct {
	next http.RoundTripper
	ids  []string // the id, and the key or name by which the object is asked for
	how  hiding
}

// RoundTrip implements [http.RoundTripper].
func (h hidden) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.how.status != 0 && h.about(r.URL) {
		return world.Reply(r, h.how.status, "application/json", h.how.text), nil
	}
	resp, err := h.next.RoundTrip(r)
	if err != nil || h.how.listed {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	var body map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&body) == nil {
		for _, key := range []string{"results", "data"} {
			if rows, ok := body[key].([]any); ok {
				body[key] = slices.DeleteFunc(rows, h.is)
			}
		}
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, nil
}

// about reports whether a request is for the object by itself.
func (h hidden) about(u *url.URL) bool {
	if slices.ContainsFunc(strings.Split(u.Path, "/"), func(part string) bool { return slices.Contains(h.ids, part) }) {
		return true
	}
	q := u.Query()
	return slices.ContainsFunc([]string{"key", "username", "accountId"}, func(name string) bool { return q.Get(name) != "" && slices.Contains(h.ids, q.Get(name)) })
}

// is reports whether a row of a list is the object.
func (h hidden) is(row any) bool {
	fields, ok := row.(map[string]any)
	return ok && slices.ContainsFunc([]string{"id", "accountId", "userKey", "key", "name"}, func(key string) bool {
		return fields[key] != nil && slices.Contains(h.ids, fmt.Sprint(fields[key]))
	})
}

// proven reports whether what is hidden is gone as far as anybody can tell: no
// list shows it, and its id is answered with 404. That is what a deleted group,
// person or role looks like.
func (h hiding) proven(r access.Ref) bool {
	return h.status == http.StatusNotFound && !h.listed && (r.IsPerson() || r.Type() == "group" || r.Type() == "space_role")
}

func TestHidingIsNeverAbsence(t *testing.T) {
	objects := absenceSeeds(t, 20, 1000)
	per := objects / len(kindsOfSite)
	for _, kind := range kindsOfSite {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			m := newMasked(t, kind, kind.hideable(), 1)
			var refs []access.Ref
			for _, ref := range slices.Sorted(maps.Keys(m.pins)) {
				if ref != m.clean.Account {
					refs = append(refs, ref)
				}
			}
			if len(refs) < per {
				t.Fatalf("the site has %d objects only", len(refs))
			}
			refs = mixed(refs)
			var all outcomes
			gone, invisible := 0, 0
			for _, ref := range refs[:per] {
				for _, how := range hidings {
					if how.proven(ref) {
						gone++
						continue
					}
					invisible += m.hide(t, ref, how, &all)
				}
			}
			t.Logf("%d objects; in %d cases the object was reported as one that cannot be seen; %d cases of a 404 that proves are left out", per, invisible, gone)
			all.report(t)
		})
	}
}

// hideable has some hundred objects of few requests.
func (k kindOfSite) hideable() size { return size{people: 110, groups: 70, spaces: 90} }

// mixed orders objects so that the first ones are of every type.
func mixed(refs []access.Ref) (out []access.Ref) {
	random := rand.New(rand.NewPCG(1, 1))
	random.Shuffle(len(refs), func(i, j int) { refs[i], refs[j] = refs[j], refs[i] })
	rank := make(map[access.Ref]int)
	of := make(map[string]int)
	for _, r := range refs {
		rank[r] = of[r.Type()]
		of[r.Type()]++
	}
	return slices.SortedStableFunc(slices.Values(refs), func(a, b access.Ref) int { return rank[a] - rank[b] })
}

// hide runs one case. It counts 1 if the object was reported as invisible.
func (m *masked) hide(t *testing.T, ref access.Ref, how hiding, all *outcomes) int {
	t.Helper()
	ids := []string{m.pins[ref]}
	switch {
	case ref.Type() == "space":
		ids = append(ids, ref.ID())
	case ref.IsPerson() && m.mode == "":
		ids = append(ids, ref.ID()) // the user name
	}
	got := m.try(t, hidden{m.em.Transport(), ids, how}, m.pins)
	what, where := m.name+": "+ref.Type()+" "+how.name, ref.String()
	all.take(what, m.still(), m.want, got, where, func(access.Fact) string { return "" })
	if how.listed {
		return 0
	}
	if got.plan != nil {
		for _, c := range got.plan.Changes {
			f, err := access.ParseFact(c.Fact)
			if err != nil {
				t.Fatal(err)
			}
			if f.About(ref) || f.Kind == access.Role && access.NewRef("space_role", f.Value) == ref {
				t.Errorf("%s %s: planned %s %s", what, where, c.Op, c.Fact)
			}
		}
	}
	if got.obs == nil {
		return 0
	}
	if !slices.ContainsFunc(got.obs.Unknown, func(u access.Unknown) bool { return u.Object == ref && u.Kind == "" }) {
		t.Errorf("%s %s: nobody is told that it cannot be seen", what, where)
		return 0
	}
	return 1
}
