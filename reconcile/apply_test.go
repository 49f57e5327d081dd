package reconcile_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

// halting is a site that takes all new people in one write, which fails for one
// of them, and everything else one by one.
type halting struct {
	facts access.Set
	fails access.Fact
	kind  site.Kind                   // how it fails
	along map[access.Fact]access.Fact // what goes with what is taken
}

func (h *halting) Observe(context.Context, access.Extent) (site.Observation, error) {
	return site.Observation{Site: "s", Account: "user:weir@x", Facts: h.facts}, nil
}

func (h *halting) Canonical(want access.Set, _ site.Observation) site.Canonical {
	return site.Canonical{Facts: want}
}

func (h *halting) Units(changes []access.Change, _ access.Set) [][]access.Change {
	var people []access.Change
	var out [][]access.Change
	for _, c := range changes {
		if c.Fact.Kind == access.Exists {
			people = append(people, c)
		} else {
			out = append(out, []access.Change{c})
		}
	}
	if len(people) == 0 {
		return out
	}
	return append(out, people)
}

func (h *halting) Requests() int                              { return 0 }
func (h *halting) Cost([]access.Change, site.Observation) int { return 1 }
func (h *halting) Latency() time.Duration                     { return 0 }

func (h *halting) Present(_ context.Context, facts []access.Fact) ([]site.Presence, error) {
	out := make([]site.Presence, len(facts))
	for i, f := range facts {
		out[i] = site.Absent
		if h.facts.Has(f) {
			out[i] = site.Seen
		}
	}
	return out, nil
}

func (h *halting) Do(_ context.Context, s site.Step) error {
	var err error
	for _, c := range s.Changes {
		if c.Fact == h.fails {
			err = &site.Error{Kind: h.kind, Op: c.String()}
			continue
		}
		h.facts = h.facts.Apply([]access.Change{c})
		if f, ok := h.along[c.Fact]; ok && c.Op == access.Remove {
			h.facts = h.facts.Apply([]access.Change{{Op: access.Remove, Fact: f}})
		}
	}
	return err
}

// wishes is a description that is only facts.
type wishes struct{ facts access.Set }

func (w wishes) Extent() access.Extent          { return access.Extent{} }
func (w wishes) Assertions() []access.Assertion { return nil }
func (w wishes) Proofs() []access.Proof         { return nil }

func (w wishes) Desired(access.Known) (access.Desired, diag.List) {
	return access.Desired{Facts: w.facts}, nil
}

type lenient struct{}

func (lenient) Judge(context.Context, access.Delta) ([]access.Finding, error) { return nil, nil }

// forgetful is a journal that remembers nothing.
type forgetful struct{}

func (forgetful) Append(reconcile.Record) error             { return nil }
func (forgetful) Sync() error                               { return nil }
func (forgetful) Replay(func(reconcile.Record) error) error { return nil }
func (forgetful) Keep(reconcile.Left) error                 { return nil }
func (forgetful) Kept(string) (*reconcile.Left, error)      { return nil, nil }
func (forgetful) Remember(string, access.Memory) error      { return nil }
func (forgetful) Remembered(string) (access.Memory, error)  { return access.Memory{}, nil }

// TestPartialStep: a step of which a part took effect failed, and what rests on
// the part that did is done.
func TestPartialStep(t *testing.T) {
	for kind, status := range map[site.Kind]reconcile.Status{site.Invalid: reconcile.Failed, site.Transient: reconcile.Uncertain} {
		fact := func(line string) access.Fact {
			f, err := access.ParseFact(line)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		h := &halting{
			facts: access.NewSet(fact("exists group:g")),
			fails: fact("exists user:b@x"), kind: kind,
		}
		want := access.NewSet(fact("exists user:a@x"), fact("exists user:b@x"), fact("member group:g user:a@x"), fact("member group:g user:b@x"))
		draft, err := reconcile.Make(t.Context(), reconcile.Input{Site: h, Description: wishes{want}, Judge: lenient{}})
		if err != nil {
			t.Fatal(err)
		}
		report, err := reconcile.Apply(t.Context(), reconcile.ApplyInput{
			Site: h, Plan: draft.Plan, Journal: forgetful{}, Clock: time.Now,
			Wait: func(context.Context, time.Duration) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]reconcile.StepReport)
		for _, s := range report.Steps {
			got[strings.Join(s.Changes, "; ")] = s
		}
		both := got["+ exists user:a@x; + exists user:b@x"]
		if both.Status != status || !strings.HasSuffix(both.Reason, "(1 of 2 changes took effect)") || !slices.Equal(both.Took, []string{"+ exists user:a@x"}) {
			t.Errorf("both: %+v", both)
		}
		if !report.Did("+ exists user:a@x") || report.Did("+ exists user:b@x") || report.Count().Applied != 2 {
			t.Errorf("the one who is in counts as applied: %+v", report.Count())
		}
		if s := got["+ member group:g user:a@x"]; s.Status != reconcile.Applied {
			t.Errorf("the one who is there: %+v", s)
		}
		if s := got["+ member group:g user:b@x"]; s.Status != reconcile.Skipped {
			t.Errorf("the one who is not: %+v", s)
		}
	}
}

// TestBesides: what a product takes along with what a step takes is told, as long
// as it is about what a step changed.
func TestBesides(t *testing.T) {
	facts := func(lines ...string) access.Set {
		var out []access.Fact
		for _, line := range lines {
			f, err := access.ParseFact(line)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, f)
		}
		return access.NewSet(out...)
	}
	create := facts("permission space:ENG create/page group:g").Facts()[0]
	for name, along := range map[string]string{
		"- permission space:ENG update/page group:g": "permission space:ENG update/page group:g",
		"": "permission space:OPS update/page group:g", // nothing there was changed
	} {
		stays := facts("exists group:g", "exists space:ENG", "exists space:OPS", "permission space:ENG update/page group:g", "permission space:OPS update/page group:g")
		h := &halting{facts: stays.Union(access.NewSet(create)), along: map[access.Fact]access.Fact{create: facts(along).Facts()[0]}}
		draft, err := reconcile.Make(t.Context(), reconcile.Input{Site: h, Description: owning{wishes{stays}, "space:ENG"}, Judge: lenient{}, Guards: reconcile.DefaultGuards()})
		if err != nil {
			t.Fatal(err)
		}
		report, err := reconcile.Apply(t.Context(), reconcile.ApplyInput{Site: h, Plan: draft.Plan, Journal: forgetful{}, Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(report.Besides, "; "); got != name || report.Count().Applied != 1 {
			t.Errorf("besides %q, want %q: %+v", got, name, report.Steps)
		}
	}
}

// owning is wishes of which the permissions of one space are complete.
type owning struct {
	wishes
	space access.Ref
}

func (o owning) Desired(known access.Known) (access.Desired, diag.List) {
	d, diags := o.wishes.Desired(known)
	d.Scope.Contents = map[access.Contents]access.Mode{{Kind: access.Permission, Object: o.space}: access.Exclusive}
	d.Described = map[access.Ref]bool{o.space: true}
	return d, diags
}
