package access_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
)

// company makes the facts of a company: people in departments and project groups,
// spaces that a few groups and some people hold, roles as Cloud has them, and a
// tenth of the spaces open to everyone.
type company struct {
	people, spaces int
	pages          int // restricted pages in each space
}

var benchRoles = map[string][]string{
	"viewer":       {"read/space", "create/comment"},
	"collaborator": {"read/space", "create/comment", "create/page", "update/page", "create/blogpost", "update/blogpost", "create/attachment", "delete/page"},
	"manager":      {"read/space", "create/comment", "create/page", "update/page", "create/blogpost", "update/blogpost", "create/attachment", "delete/page", "manage_users/space"},
	"admin":        {"read/space", "create/comment", "create/page", "update/page", "create/blogpost", "update/blogpost", "create/attachment", "delete/page", "manage_users/space", "administer/space", "export/space"},
}

func (c company) group(i int) access.Ref {
	return access.NewRef("group", fmt.Sprintf("g%05d", i))
}

func (c company) person(i int) access.Ref {
	return access.NewRef("user", fmt.Sprintf("p%06d@acme.example", i))
}

func (c company) space(i int) access.Ref {
	return access.NewRef("space", fmt.Sprintf("S%05d", i))
}

// groups is how many groups there are: one for every twenty people.
func (c company) groups() int { return c.people / 20 }

// facts gives the facts and the page tree.
func (c company) facts() (access.Set, access.Beside) {
	r := rand.New(rand.NewPCG(1, uint64(c.people)))
	var facts []access.Fact
	add := func(f access.Fact) { facts = append(facts, f) }
	for role, ids := range benchRoles {
		for _, id := range ids {
			add(access.Fact{Kind: access.Grants, Object: access.NewRef("space_role", role), Verb: id})
		}
	}
	for i := range c.people {
		add(access.Fact{Kind: access.Exists, Object: c.person(i)})
		add(access.Fact{Kind: access.Member, Object: c.group(i % 20), Subject: c.person(i)}) // a department: a twentieth of all
		for range 4 {
			add(access.Fact{Kind: access.Member, Object: c.group(20 + r.IntN(c.groups()-20)), Subject: c.person(i)})
		}
	}
	beside := access.Beside{Parents: make(map[access.Ref]access.Ref)}
	for i := range c.spaces {
		s := c.space(i)
		add(access.Fact{Kind: access.Exists, Object: s})
		hold := func(p access.Ref, role string) {
			add(access.Fact{Kind: access.Role, Object: s, Subject: p, Value: role})
		}
		hold(c.group(r.IntN(20)), "viewer")
		hold(c.group(r.IntN(20)), "collaborator")
		hold(c.group(20+r.IntN(c.groups()-20)), "admin")
		for range 3 {
			hold(c.group(20+r.IntN(c.groups()-20)), "collaborator")
			hold(c.person(r.IntN(c.people)), "manager")
		}
		if i%10 == 0 {
			hold(access.Everyone, "viewer")
		}
		for j := range c.pages {
			p := access.NewPage("page", s, fmt.Sprintf("P%d", j))
			if j > 0 {
				beside.Parents[p] = access.NewPage("page", s, fmt.Sprintf("P%d", j/2))
			}
			add(access.Fact{Kind: access.Restrict, Object: p, Verb: access.ViewPage, Subject: c.group(r.IntN(c.groups()))})
			add(access.Fact{Kind: access.Restrict, Object: p, Verb: access.EditPage, Subject: c.person(r.IntN(c.people))})
		}
	}
	return access.NewSet(facts...), beside
}

// changed gives the facts with a hundredth of the memberships and roles changed.
func (c company) changed(facts access.Set) access.Set {
	r := rand.New(rand.NewPCG(2, uint64(c.people)))
	var out []access.Fact
	for f := range facts.All() {
		switch {
		case (f.Kind == access.Member || f.Kind == access.Role) && r.IntN(100) == 0:
			if f.Kind == access.Role && f.Value != "viewer" {
				f.Value = "viewer"
				out = append(out, f)
			}
		default:
			out = append(out, f)
		}
	}
	return access.NewSet(out...)
}

// bare is the least that any matrix takes: for each space three bitmaps, and each
// holder's bitmap added to those that its role fills.
type bare struct {
	words   int
	crowds  [][]uint64
	holders [][]bareHolder
}

type bareHolder struct {
	crowd int
	fills int // how many of view, edit, admin
}

func newBare(c company, facts access.Set, v *access.View) bare {
	b := bare{words: (c.people + 63) / 64}
	index := make(map[access.Ref]int)
	for i := range c.people {
		index[c.person(i)] = i
	}
	crowds := make(map[access.Ref]int)
	crowd := func(p access.Ref) int {
		n, ok := crowds[p]
		if ok {
			return n
		}
		bits := make([]uint64, b.words)
		members := v.Members(p)
		switch {
		case p == access.Everyone:
			members = v.People()
		case p.IsPerson():
			members = []access.Ref{p}
		}
		for _, m := range members {
			bits[index[m]/64] |= 1 << (index[m] % 64)
		}
		crowds[p] = len(b.crowds)
		b.crowds = append(b.crowds, bits)
		return crowds[p]
	}
	fills := map[string]int{"viewer": 1, "collaborator": 2, "manager": 2, "admin": 3}
	for i := range c.spaces {
		var list []bareHolder
		for f := range facts.Of(access.Role, c.space(i)) {
			list = append(list, bareHolder{crowd(f.Subject), fills[f.Value]})
		}
		b.holders = append(b.holders, list)
	}
	return b
}

func (b bare) matrix() [][]uint64 {
	store := make([]uint64, 3*len(b.holders)*b.words)
	out := make([][]uint64, 0, 3*len(b.holders))
	for _, list := range b.holders {
		for k := range 3 {
			cell := store[k*b.words : (k+1)*b.words]
			for _, h := range list {
				if h.fills > k {
					for i, w := range b.crowds[h.crowd] {
						cell[i] |= w
					}
				}
			}
			out = append(out, cell)
		}
		store = store[3*b.words:]
	}
	return out
}

// fastest gives the shortest of a few runs.
func fastest(runs int, do func()) time.Duration {
	best := time.Duration(1 << 62)
	for range runs {
		runtime.GC()
		at := time.Now()
		do()
		best = min(best, time.Since(at))
	}
	return best
}

// The whole matrix of a large company, beside the bare loop; building the view,
// and comparing before and after of a change to a hundredth of it.
func BenchmarkMatrix(b *testing.B) {
	for _, c := range []company{{people: 12500, spaces: 500}, {people: 25000, spaces: 1000}, {people: 50000, spaces: 2000}} {
		b.Run(fmt.Sprintf("people=%d/spaces=%d", c.people, c.spaces), func(b *testing.B) {
			facts, beside := c.facts()
			changed := c.changed(facts)
			for b.Loop() {
				var v, after *access.View
				build := fastest(3, func() { v = beside.View(facts) })
				after = v.With(changed)
				loop := newBare(c, facts, v)
				least := fastest(9, func() { loop.matrix() })
				var shifts []access.Shift
				whole, compare := time.Duration(1<<62), time.Duration(1<<62)
				for range 9 { // by turns, so that both have the same machine
					whole = min(whole, fastest(3, func() { v.Matrix() }))
					compare = min(compare, fastest(3, func() { shifts = access.Shifts(v, after) }))
				}
				people := 0
				for _, s := range shifts {
					people += s.Count()
				}
				b.ReportMetric(float64(build.Microseconds())/1000, "ms-build")
				b.ReportMetric(float64(build.Nanoseconds())/float64(facts.Len()), "ns-build/fact")
				b.ReportMetric(float64(least.Microseconds())/1000, "ms-bare")
				b.ReportMetric(float64(whole.Microseconds())/1000, "ms-matrix")
				b.ReportMetric(float64(whole)/float64(least), "matrix/bare")
				b.ReportMetric(float64(compare.Microseconds())/1000, "ms-compare")
				b.ReportMetric(float64(compare)/float64(whole), "compare/matrix")
				b.ReportMetric(float64(people), "effects")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// How much memory a view of many restricted pages takes, asked everything: the
// facts, the view, the matrix and who can view and edit every page.
func BenchmarkMemory(b *testing.B) {
	for _, c := range []company{{people: 2500, spaces: 1250, pages: 20}, {people: 5000, spaces: 2500, pages: 20}, {people: 10000, spaces: 5000, pages: 20}} {
		b.Run(fmt.Sprintf("people=%d/spaces=%d/pages=%d", c.people, c.spaces, c.spaces*c.pages), func(b *testing.B) {
			for b.Loop() {
				peak := uint64(0)
				watch := func() {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapAlloc)
				}
				facts, beside := c.facts()
				watch()
				at := time.Now()
				v := beside.View(facts)
				build := time.Since(at)
				watch()
				m := v.Matrix()
				watch()
				at, able := time.Now(), 0
				for _, object := range v.Objects() {
					if object.IsPage() {
						able += len(v.Who(access.ViewPage, object)) + len(v.Who(access.EditPage, object))
					}
				}
				pages := time.Since(at)
				watch()
				after := v.With(c.changed(facts))
				at = time.Now()
				shifts := access.Shifts(v, after)
				compare := time.Since(at)
				watch()
				b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
				b.ReportMetric(float64(build.Milliseconds()), "ms-build")
				b.ReportMetric(float64(pages.Milliseconds()), "ms-pages")
				b.ReportMetric(float64(compare.Milliseconds()), "ms-compare")
				b.ReportMetric(0, "ns/op")
				runtime.KeepAlive(m)
				runtime.KeepAlive(shifts)
				_ = able
			}
		})
	}
}
