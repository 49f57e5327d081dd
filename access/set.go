package access

import (
	"iter"
	"slices"
)

// Set is a sorted set of facts with at most one fact of an identity. The zero
// Set is empty; a Set never changes once made.
type Set struct {
	facts []Fact
}

// NewSet sorts the facts into a set. Of several facts with one identity the
// last one given stays.
func NewSet(facts ...Fact) Set {
	s := slices.Clone(facts)
	slices.SortStableFunc(s, func(a, b Fact) int { return a.Identity().Compare(b.Identity()) })
	out := s[:0]
	for _, f := range s {
		if n := len(out); n > 0 && out[n-1].Identity() == f.Identity() {
			out[n-1] = f
			continue
		}
		out = append(out, f)
	}
	return Set{facts: out}
}

// Len returns the number of facts.
func (s Set) Len() int { return len(s.facts) }

// All gives the facts in order.
func (s Set) All() iter.Seq[Fact] { return slices.Values(s.facts) }

// Facts returns the facts in order, as a slice of the caller's own.
func (s Set) Facts() []Fact { return slices.Clone(s.facts) }

// Get returns the fact that has f's identity.
func (s Set) Get(f Fact) (Fact, bool) {
	i, ok := slices.BinarySearchFunc(s.facts, f.Identity(), func(a, b Fact) int { return a.Identity().Compare(b) })
	if !ok {
		return Fact{}, false
	}
	return s.facts[i], true
}

// Has reports whether exactly this fact, value included, is in the set.
func (s Set) Has(f Fact) bool {
	got, ok := s.Get(f)
	return ok && got == f
}

// Of gives the facts of one kind about one object, in order.
func (s Set) Of(k Kind, object Ref) iter.Seq[Fact] {
	return s.run(Fact{Kind: k, Object: object}, func(f Fact) bool { return f.Kind == k && f.Object == object })
}

// OfKind gives the facts of one kind, in order.
func (s Set) OfKind(k Kind) iter.Seq[Fact] {
	return s.run(Fact{Kind: k}, func(f Fact) bool { return f.Kind == k })
}

func (s Set) run(from Fact, in func(Fact) bool) iter.Seq[Fact] {
	i, _ := slices.BinarySearchFunc(s.facts, from, Fact.Compare)
	return func(yield func(Fact) bool) {
		for _, f := range s.facts[i:] {
			if !in(f) || !yield(f) {
				return
			}
		}
	}
}

// Filter returns the facts for which keep is true.
func (s Set) Filter(keep func(Fact) bool) Set {
	var out []Fact
	for _, f := range s.facts {
		if keep(f) {
			out = append(out, f)
		}
	}
	return Set{facts: out}
}

// Union returns the facts of both sets; where both have an identity, o's fact
// stays.
func (s Set) Union(o Set) Set {
	return NewSet(append(s.Facts(), o.facts...)...)
}

// Equal reports whether both sets hold the same facts.
func (s Set) Equal(o Set) bool { return slices.Equal(s.facts, o.facts) }
