package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/edits"
	"github.com/weirhq/weir/site"
)

// free is of a site that answers at once, and with which nothing is counted.
type free struct{}

func (free) Requests() int                              { return 0 }
func (free) Cost([]access.Change, site.Observation) int { return 1 }
func (free) Latency() time.Duration                     { return 0 }

// still is a site that only is.
type still struct {
	free
	facts   access.Set
	byHand  access.Fact // what it can only be told of
	refused access.Fact // what it cannot hold
}

func (s still) Observe(context.Context, access.Extent) (site.Observation, error) {
	return site.Observation{Site: "s", Account: "user:weir@x", Facts: s.facts}, nil
}
func (s still) Canonical(want access.Set, _ site.Observation) site.Canonical {
	out := site.Canonical{Facts: want.Filter(func(f access.Fact) bool { return f != s.byHand && f != s.refused })}
	if want.Has(s.byHand) {
		out.Manual = []site.Manual{{Fact: s.byHand}}
	}
	if want.Has(s.refused) {
		out.Refused = []site.Refused{{Fact: s.refused, Reason: "no"}}
	}
	return out
}
func (still) Units(changes []access.Change, _ access.Set) [][]access.Change {
	out := make([][]access.Change, len(changes))
	for i, c := range changes {
		out[i] = []access.Change{c}
	}
	return out
}
func (still) Present(_ context.Context, facts []access.Fact) ([]site.Presence, error) {
	out := make([]site.Presence, len(facts))
	for i := range out {
		out[i] = site.Absent
	}
	return out, nil
}

// wish is a description that is already in facts.
type wish struct {
	want  access.Desired
	diags diag.List
}

func (wish) Extent() access.Extent          { return access.Extent{} }
func (wish) Assertions() []access.Assertion { return nil }
func (wish) Proofs() []access.Proof         { return nil }
func (w wish) Desired(access.Known) (access.Desired, diag.List) {
	return w.want, w.diags
}

type silent struct{}

func (silent) Judge(context.Context, access.Delta) ([]access.Finding, error) { return nil, nil }

// written writes what is desired as a file with a fact a line, and gives each fact
// its place there.
func written(d access.Desired) (access.Desired, edits.Text) {
	d.Origins = make(map[access.Fact]diag.Range)
	var b strings.Builder
	for i, f := range d.Facts.Facts() {
		fmt.Fprintln(&b, f)
		d.Origins[f.Identity()] = diag.At("facts", i+1, 1)
	}
	return d, edits.Text{Path: "facts", Text: b.String()}
}

// against plans a description on a site, compared with an earlier one.
func against(t interface{ Fatal(...any) }, live access.Set, base, head access.Desired) *Plan {
	base, before := written(base)
	head, after := written(head)
	in := Input{Site: still{facts: live}, Name: SiteName{Name: "s"}, Description: wish{want: head}, Judge: silent{}, Guards: DefaultGuards(),
		Base: &Base{Revision: "main", Commit: "c0ffee", Description: wish{want: base}, Before: []edits.Text{before}, After: []edits.Text{after}}}
	draft, err := Make(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Base = nil
	plain, err := Make(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Plan.Digest != draft.Plan.Digest {
		t.Fatal("the digest depends on what the description was compared with")
	}
	return draft.Plan
}

// brought gives how often each change is told among the edits.
func brought(p *Plan) map[string]int {
	out := make(map[string]int)
	for _, c := range p.Edits.Unplaced {
		out[c]++
	}
	for _, f := range p.Edits.Files {
		for _, h := range f.Hunks {
			for _, c := range h.Changes {
				out[c]++
			}
		}
	}
	return out
}

// Every change has a source that its facts bear out, and each that comes from an
// edit is told with exactly one run of lines, or as one that has none.
func TestSources(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := accesstest.Site().Draw(t, "live")
		base := part(t, accesstest.Site().Draw(t, "base"))
		head := part(t, accesstest.Site().Draw(t, "head"))
		p := against(t, live, base, head)
		atBase, atHead := Diff(live, base, nil).Target, Diff(live, head, nil).Target
		told := brought(p)
		counts := make(map[Source]int)
		for _, c := range p.Changes {
			f, err := access.ParseFact(c.Fact)
			if err != nil {
				t.Fatal(err)
			}
			counts[c.Source]++
			// Of what the base leaves as it is, an edit is the cause; what the base makes
			// as the description does, the site lacks.
			id := func(changes []access.Change) bool {
				return slices.ContainsFunc(changes, func(o access.Change) bool { return o.Fact.Identity() == f.Identity() })
			}
			want := Both
			if !id(access.Changes(atBase, atHead)) {
				want = Drifted
			} else if !id(access.Changes(live, atBase)) {
				want = Edited
			}
			if c.Source != want {
				t.Fatalf("%s %s is %s, want %s", c.Op, c.Fact, c.Source, want)
			}
			times := 1
			if want == Drifted {
				times = 0
			}
			if got := told[string(c.Op)+" "+c.Fact]; got != times {
				t.Fatalf("%s %s (%s) is told %d times", c.Op, c.Fact, c.Source, got)
			}
			delete(told, string(c.Op)+" "+c.Fact)
		}
		if len(told) > 0 {
			t.Fatalf("these are no changes: %v", told)
		}
		if e := p.Edits; e.Edited != counts[Edited] || e.Drift != counts[Drifted] || e.Both != counts[Both] {
			t.Fatalf("%+v, want %v", e, counts)
		}
	})
}

// What a line states is told with the run that has the line, and every edited line
// is kept, cut or idle.
func TestEditedLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := accesstest.Site().Draw(t, "live")
		base := part(t, accesstest.Site().Draw(t, "base"))
		head := part(t, accesstest.Site().Draw(t, "head"))
		p := against(t, live, base, head)
		_, before := written(base)
		_, after := written(head)
		all := 0
		for _, f := range edits.Compare([]edits.Text{before}, []edits.Text{after}) {
			for _, h := range f.Hunks {
				all += len(h.Removed) + len(h.Added)
			}
		}
		for _, f := range p.Edits.Files {
			all -= f.Idle
			for _, h := range f.Hunks {
				all -= len(h.Removed) + len(h.Added) + h.Cut
				states := make(map[string]int) // by the fact that stands in the line
				for _, l := range slices.Concat(h.Removed, h.Added) {
					text := ""
					for _, s := range l.Spans {
						text += s.Text
					}
					states[text] += l.States
				}
				for _, c := range h.Changes {
					_, fact, _ := strings.Cut(c, " ")
					if n, stands := states[fact]; stands && n == 0 {
						t.Fatalf("%s is told with its line, which states nothing", c)
					}
				}
			}
		}
		if all != 0 {
			t.Fatalf("%d lines are lost", all)
		}
	})
}

// Without an edit all is drift, and in step with the base nothing is.
func TestSourcesAtTheEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := accesstest.Site().Draw(t, "live")
		base := part(t, accesstest.Site().Draw(t, "base"))
		if p := against(t, live, base, base); p.Edits.Drift != len(p.Changes) || len(p.Edits.Files) > 0 {
			t.Fatalf("nothing was edited: %+v", p.Edits)
		}
		head := part(t, accesstest.Site().Draw(t, "head"))
		if p := against(t, Diff(live, base, nil).Target, base, head); p.Edits.Edited != len(p.Changes) {
			t.Fatalf("nothing drifted: %+v", p.Edits)
		}
	})
}

// A base that cannot be planned stops nothing: what the lines state now is told,
// and no source is claimed.
func TestTroubleAtTheBase(t *testing.T) {
	live := facts(t, "exists user:ana@a.io")
	_, before := written(whole(live))
	head, after := written(whole(facts(t, "exists user:ana@a.io\nexists user:bo@a.io")))
	diags := diag.List{{Summary: "it is\nwrong"}, {Summary: "more"}}
	for name, b := range map[string]Base{
		"it does not compile":     {Trouble: diags},
		"it cannot be resolved":   {Description: wish{diags: diags}},
		"it is of another folder": {Trouble: errors.New("it is\nwrong (and 1 more)")},
	} {
		b.Before, b.After = []edits.Text{before}, []edits.Text{after}
		draft, err := Make(t.Context(), Input{Site: still{facts: live}, Description: wish{want: head}, Judge: silent{}, Guards: DefaultGuards(), Base: &b})
		if err != nil {
			t.Fatal(err)
		}
		want := &Edits{Trouble: "it is\nwrong (and 1 more)", Files: []EditedFile{{Path: "facts", Hunks: []Hunk{{
			Added:   []EditedLine{{Line: 2, Spans: []Span{{Text: "exists user:bo@a.io"}}, States: 1}},
			Changes: []string{"+ exists user:bo@a.io"},
		}}}}}
		if diff := cmp.Diff(want, draft.Plan.Edits); diff != "" || draft.Plan.Changes[0].Source != "" {
			t.Errorf("%s: source %q, edits (-want +got)\n%s", name, draft.Plan.Changes[0].Source, diff)
		}
	}
}

// What the description says otherwise and what brings no change is told with its
// line and the reason.
func TestUnchanged(t *testing.T) {
	people := "exists group:g\nexists group:h\nexists user:ana@a.io\nexists user:bo@a.io\nexists user:cem@a.io\nexists user:dora@a.io\n"
	live := facts(t, people+"member group:g user:ana@a.io\nmember group:h user:ana@a.io\nmember group:h user:bo@a.io")
	base := whole(facts(t, people+"member group:g user:dora@a.io\nmember group:h user:ana@a.io"))
	head := whole(facts(t, people+"member group:g user:ana@a.io\nmember group:g user:bo@a.io\nmember group:g user:cem@a.io\nmember group:h user:cem@a.io"))
	head.Scope.Contents[access.Contents{Kind: access.Member, Object: "group:h"}] = access.Additive
	head.Scope = head.Scope.Excluding(access.Excluded{Object: "user:cem@a.io", Reason: "protected"})
	base, before := written(base)
	head, after := written(head)
	fact := func(line string) access.Fact {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	s := still{facts: live, byHand: fact("member group:g user:bo@a.io"), refused: fact("member group:g user:cem@a.io")}
	draft, err := Make(t.Context(), Input{Site: s, Description: wish{want: head}, Judge: silent{}, Guards: DefaultGuards(),
		Base: &Base{Description: wish{want: base}, Before: []edits.Text{before}, After: []edits.Text{after}}})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, f := range draft.Plan.Edits.Files {
		for _, h := range f.Hunks {
			for _, u := range h.Unchanged {
				got[string(u.Op)+" "+u.Fact] = u.Reason
			}
		}
	}
	want := map[string]string{
		"+ member group:g user:ana@a.io":  "the site is so already",
		"+ member group:g user:bo@a.io":   "it is done by hand",
		"+ member group:g user:cem@a.io":  "the site cannot hold it: no",
		"- member group:g user:dora@a.io": "the site is so already",
		"- member group:h user:ana@a.io":  "it stays: not described",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s\nchanges %v", diff, draft.Plan.Changes)
	}
}

// Long runs are cut around the lines that state changes, and a plan does not grow
// without bound.
func TestEditsAreBounded(t *testing.T) {
	list := make([]EditedLine, 1000)
	for i := range list {
		list[i] = EditedLine{Line: i + 1, Spans: []Span{{Text: "x"}}}
	}
	if got := near(list); len(got) != around {
		t.Errorf("%d lines of which none states anything", len(got))
	}
	for _, i := range []int{0, 500, 502, 999} {
		list[i].States = 1
	}
	var kept []int
	for _, l := range near(list) {
		kept = append(kept, l.Line)
	}
	if want := []int{1, 2, 3, 4, 498, 499, 500, 501, 502, 503, 504, 505, 506, 997, 998, 999, 1000}; !slices.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
	lines, text := 3, 100
	if got := room(list, &lines, &text); len(got) != 3 {
		t.Errorf("%d lines for which there is room for 3", len(got))
	}
	lines, text = 100, 5
	if got := room(list, &lines, &text); len(got) != 5 {
		t.Errorf("%d lines for which there is room for 5", len(got))
	}
	if got := room(list, &lines, &text); len(got) != 0 {
		t.Errorf("%d lines where there is no room", len(got))
	}
}

// A description of a large organisation is compared in no time to speak of.
func TestManyEdits(t *testing.T) {
	const n = 20_000
	text := func(from int) access.Set {
		all := []access.Fact{{Kind: access.Exists, Object: "group:g"}}
		for i := from; i < from+n; i++ {
			who := access.Ref(fmt.Sprintf("user:u%06d@a.io", i))
			all = append(all, access.Fact{Kind: access.Exists, Object: who}, access.Fact{Kind: access.Member, Object: "group:g", Subject: who})
		}
		return access.NewSet(all...)
	}
	base := text(0)
	start := time.Now()
	p := against(t, base, whole(base), whole(text(n/2)))
	t.Logf("%d changes in %v", len(p.Changes), time.Since(start).Round(time.Millisecond))
	if p.Edits.Edited != 2*n || len(p.Edits.Unplaced) > 0 {
		t.Errorf("%d edited of %d, %d unplaced", p.Edits.Edited, len(p.Changes), len(p.Edits.Unplaced))
	}
	kept := 0
	for _, f := range p.Edits.Files {
		for _, h := range f.Hunks {
			kept += len(h.Removed) + len(h.Added)
		}
	}
	if kept > maxEdited {
		t.Errorf("%d lines are kept", kept)
	}
}
