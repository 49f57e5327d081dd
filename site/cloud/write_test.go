package cloud_test

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest/world"
)

// must fails the test on the first error.
func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// others writes facts, those of weir's own account left out.
func others(s access.Set, own access.Ref) []string {
	var out []string
	for f := range s.All() {
		if !f.About(own) {
			out = append(out, f.String())
		}
	}
	return out
}

// bring edits what is true of a site: without takes every fact that begins with
// one of the texts, and with adds. It plans, does every unit, and checks that the
// site is as it should be.
func bring(t *testing.T, s *cloud.Site, extent access.Extent, with, without []string) site.Canonical {
	t.Helper()
	live, err := s.Observe(t.Context(), extent)
	if err != nil {
		t.Fatal(err)
	}
	want := live.Facts.Filter(func(f access.Fact) bool {
		return f.About(live.Account) || !slices.ContainsFunc(without, func(p string) bool { return strings.HasPrefix(f.String(), p) })
	}).Union(set(t, with...))
	canon := s.Canonical(want, live)
	for _, r := range canon.Refused {
		t.Errorf("%s is refused: %s", r.Fact, r.Reason)
	}
	for _, unit := range inOrder(s.Units(access.Changes(live.Facts, canon.Facts), live.Facts)) {
		if err := s.Do(t.Context(), site.Step{Changes: unit}); err != nil {
			t.Fatalf("%v: %v", unit, err)
		}
	}
	after, err := s.Observe(t.Context(), extent)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(others(s.Canonical(want, after).Facts, live.Account), others(after.Facts, live.Account)); diff != "" {
		t.Errorf("the site is not as it should be (- wanted, + is):\n%s", diff)
	}
	return canon
}

// inOrder puts units into an order that any site can follow.
func inOrder(units [][]access.Change) [][]access.Change {
	rank := func(unit []access.Change) int {
		out := 3
		for _, c := range unit {
			switch {
			case c.Fact.Kind == access.Exists && c.Op == access.Remove:
				return 9
			case c.Fact.Kind == access.Exists && c.Fact.Object.Type() == "space":
				out = min(out, 2)
			case c.Fact.Kind == access.Exists && c.Fact.Object.Type() == "group":
				out = min(out, 0)
			case c.Fact.Kind == access.Exists:
				out = min(out, 1)
			case c.Fact.Kind == access.Member && c.Op == access.Add:
				out = min(out, 2)
			}
		}
		return out
	}
	slices.SortStableFunc(units, func(a, b []access.Change) int { return cmp.Compare(rank(a), rank(b)) })
	return units
}

// recorder notes the writes that pass, as "METHOD path".
type recorder struct {
	http.RoundTripper
	mu     sync.Mutex
	writes []string
	all    int
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	r.all++
	if world.IsWrite(req) {
		r.writes = append(r.writes, req.Method+" "+req.URL.Path)
	}
	r.mu.Unlock()
	return r.RoundTripper.RoundTrip(req)
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.writes
	r.writes = nil
	return out
}

// recorded opens an emulated site of which every write is noted.
func recorded(t *testing.T, o emulator.Options, change func(*cloud.Config)) (*emulator.Emulator, *cloud.Site, *recorder) {
	t.Helper()
	e, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	r := &recorder{RoundTripper: e.Transport()}
	cfg := config(e, r)
	if change != nil {
		change(&cfg)
	}
	return e, newSite(t, cfg), r
}

// own makes weir's account an admin of a space, as somebody does by hand.
const self = "weir@embedded.invalid"

// TestPermissions: what principals have beside roles becomes what is described,
// companions that come and go unasked included, in both modes that know it.
func TestPermissions(t *testing.T) {
	for _, mode := range []string{emulator.ModePreRoles, emulator.ModeTransition} {
		t.Run(mode, func(t *testing.T) {
			e, s, _ := recorded(t, emulator.Options{RoleMode: mode}, nil)
			a := e.Admin()
			must(t, a.CreateSpace("ENG", "Engineering"), a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"), a.RecoverSpace("ENG", self),
				a.AddPerson("ana@acme.example", "Ana", emulator.PersonOptions{}))
			view := "permission space:ENG read/space group:staff"
			bring(t, s, access.Extent{}, []string{view, "permission space:ENG create/comment group:staff"}, nil)
			bring(t, s, access.Extent{}, []string{
				view, "permission space:ENG create/page group:staff", "permission space:ENG update/page group:staff",
				"permission space:ENG read/space user:ana@acme.example", "permission space:ENG administer/space user:ana@acme.example",
				"permission space:ENG read/space class:anonymous",
			}, nil)
			bring(t, s, access.Extent{}, nil, []string{"permission space:ENG create/page group:staff", "permission space:ENG update/page group:staff", "permission space:ENG create/comment"})
			bring(t, s, access.Extent{}, nil, []string{"permission space:ENG"})
			if mode == emulator.ModePreRoles {
				return
			}
			// From permissions to a role, and back.
			bring(t, s, access.Extent{}, []string{view, "permission space:ENG update/page group:staff"}, nil)
			bring(t, s, access.Extent{}, []string{"role space:ENG group:staff = manager"}, []string{"permission space:ENG"})
			bring(t, s, access.Extent{}, []string{view, "permission space:ENG delete/page group:staff"}, []string{"role space:ENG group:staff"})
		})
	}
}

// TestPermissionOrder: viewing comes first and goes last, and nothing is written
// that the product does by itself.
func TestPermissionOrder(t *testing.T) {
	e, s, r := recorded(t, emulator.Options{RoleMode: emulator.ModePreRoles}, nil)
	a := e.Admin()
	must(t, a.CreateSpace("ENG", "Engineering"), a.CreateGroup("staff", ""), a.RecoverSpace("ENG", self))
	live, err := s.Observe(t.Context(), access.Extent{})
	must(t, err)
	give := add("permission space:ENG read/space group:staff", "permission space:ENG create/page group:staff", "permission space:ENG update/page group:staff")
	r.all = 0
	must(t, s.Do(t.Context(), give))
	add, remove := "POST /wiki/rest/api/space/ENG/permission", "DELETE /wiki/rest/api/space/ENG/permission/"
	got := r.take()
	for i, w := range got {
		if strings.HasPrefix(w, remove) {
			got[i] = remove
		}
	}
	// View brings exporting, which is taken; adding pages brings editing them.
	if diff := gocmp.Diff([]string{add, remove, add}, got); diff != "" {
		t.Error(diff)
	}
	// Removing the view takes everything: one write.
	live, err = s.Observe(t.Context(), access.Extent{})
	must(t, err)
	var take site.Step
	for f := range live.Facts.OfKind(access.Permission) {
		if f.Subject == "group:staff" {
			take.Changes = append(take.Changes, access.Change{Op: access.Remove, Fact: f})
		}
	}
	must(t, s.Do(t.Context(), take))
	if got := r.take(); len(got) != 1 {
		t.Errorf("%d writes: %v", len(got), got)
	}
}
