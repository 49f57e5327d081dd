package sitetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
)

// Case is a path from state to state, mostly from A to B. Each state is a list of
// facts, and all there is beside what a fresh site holds.
type Case struct {
	Area string // what it is about, in a word
	Name string
	Path [][]string
	// Others is what others do once the site is in the first state. It stays true,
	// and the states do not repeat it.
	Others []Deed
	// Either are facts of the last state of which the product may say either that
	// it holds them or why not: no trait tells.
	Either []string
}

// Deed is a fact that others than weir make true.
type Deed struct {
	Fact  string
	Below access.Ref // for a page: the page that it is made below
}

// Cases is the table of all transitions.
func Cases() []Case {
	return slices.Concat(peopleCases, groupCases, spaceCases, roleCases, permissionCases, contentCases, siteCases)
}

// Kinds gives the kinds of fact that the case speaks of.
func (c Case) Kinds() map[access.Kind]bool {
	out := make(map[access.Kind]bool)
	lines := slices.Concat(c.Path...)
	for _, d := range c.Others {
		lines = append(lines, d.Fact)
	}
	for line := range strings.Lines(strings.Join(lines, "\n")) {
		if kind, _, ok := strings.Cut(line, " "); ok {
			out[access.Kind(kind)] = true
		}
	}
	return out
}

// End is where a case has brought a site.
type End struct {
	Want   access.Set // the last state as a whole, in the facts that were asked for
	Extent access.Extent
}

// Walk brings a fresh site along the path, and to its end again, which must be
// nothing to do.
func (c Case) Walk(t *testing.T, s Subject) End {
	t.Helper()
	tr := start(t, s)
	tr.reads(c.pages()...)
	for i, state := range c.Path {
		if i < len(c.Path)-1 {
			tr.bring(state)
		} else {
			tr.bring(state, c.Either...)
		}
		if i == 0 {
			tr.others(c.Others)
		}
	}
	last := c.Path[len(c.Path)-1]
	if !t.Failed() {
		before := tr.observe()
		tr.bring(last, c.Either...)
		if after := tr.observe(); !after.Facts.Equal(before.Facts) {
			t.Error("bringing a site to where it is changed it")
		}
	}
	return End{Want: tr.want(last, tr.observe()), Extent: tr.extent}
}

// pages are the pages that others make.
func (c Case) pages() []access.Ref {
	var out []access.Ref
	for _, d := range c.Others {
		if f, err := access.ParseFact(d.Fact); err == nil && f.Object.IsPage() {
			out = append(out, f.Object)
		}
	}
	return out
}

// others lets others do their deeds, which must be seen, and takes what they made
// for given.
func (tr *trial) others(deeds []Deed) {
	tr.t.Helper()
	if len(deeds) == 0 {
		return
	}
	before := tr.observe().Facts
	for _, d := range deeds {
		tr.other(d)
	}
	after := tr.observe().Facts
	for _, d := range deeds {
		for f := range tr.facts([]string{d.Fact}).All() {
			if !after.Has(f) {
				tr.t.Errorf("%s is true and not observed", f)
			}
		}
	}
	tr.base = tr.base.Union(after.Filter(func(f access.Fact) bool { return !before.Has(f) }))
}

func (tr *trial) other(d Deed) {
	tr.t.Helper()
	f, err := access.ParseFact(d.Fact)
	if err != nil {
		tr.t.Fatal(err)
	}
	s := tr.subject
	switch {
	case f.Kind == access.Exists && f.Object.IsPage() && s.Content != nil:
		s.Content(tr.t, f.Object, d.Below)
	case f.Kind == access.Personal && s.PersonalSpace != nil:
		space := s.PersonalSpace(tr.t, f.Subject)
		tr.alias = strings.NewReplacer(f.Object.String(), space.String())
	case f.Kind == access.Managed && s.Elsewhere != nil:
		s.Elsewhere(tr.t, f)
	default:
		tr.t.Skipf("on this subject nobody else can make it true that %s", f)
	}
}
