package access

import (
	"cmp"
	"iter"
	"math/bits"
	"slices"
)

// Shift is what people gain and lose on one object: one for everybody who gains
// and loses the same.
type Shift struct {
	Object       Ref
	Gained, Lost Permissions
	who          *sparse
	roster       *roster
}

// Count is how many people there are; the public is not one.
func (s Shift) Count() int {
	n := s.who.count()
	if s.Public() {
		n--
	}
	return n
}

// Public reports whether the shift is also the public's.
func (s Shift) Public() bool { return s.who.has(public) }

// People gives the people in order, the public not among them.
func (s Shift) People() iter.Seq[Ref] { return s.roster.people(s.who.all()) }

// Effect is what a person gains and loses on one space, page or blog post. For
// the public the person is [Anonymous].
type Effect struct {
	Person Ref
	Object Ref
	Gained Permissions
	Lost   Permissions
}

// Compare gives what people gain and lose from one view to another, by object
// and person: the expanded form of [Shifts].
func Compare(before, after *View) []Effect { return effects(Shifts(before, after)) }

// effects expands shifts, in order.
func effects(shifts []Shift) []Effect {
	var out []Effect
	for _, s := range shifts {
		for i := range s.who.all() {
			out = append(out, Effect{s.roster.refs[i], s.Object, s.Gained, s.Lost})
		}
	}
	slices.SortFunc(out, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Person, b.Person))
	})
	return out
}

// sparse is a set of numbers: the words of a bitmap that are not empty, with
// where each stands, in order.
type sparse struct {
	at    []int32
	words []uint64
}

// add adds numbers of one word, which is the last one there is or comes after it.
func (s *sparse) add(at int32, w uint64) {
	if n := len(s.at); n > 0 && s.at[n-1] == at {
		s.words[n-1] |= w
		return
	}
	s.at, s.words = append(s.at, at), append(s.words, w)
}

// join gives what is in either of two sets.
func join(a, b *sparse) *sparse {
	out := &sparse{}
	for i, j := 0, 0; i < len(a.at) || j < len(b.at); {
		switch {
		case j == len(b.at) || i < len(a.at) && a.at[i] < b.at[j]:
			out.add(a.at[i], a.words[i])
			i++
		default:
			if i < len(a.at) && a.at[i] == b.at[j] {
				out.add(a.at[i], a.words[i])
				i++
			}
			out.add(b.at[j], b.words[j])
			j++
		}
	}
	return out
}

// without gives what is in the first of two sets only; the second may be nil.
func without(a, b *sparse) *sparse {
	if b == nil {
		return a
	}
	out := &sparse{}
	j := 0
	for i, at := range a.at {
		for j < len(b.at) && b.at[j] < at {
			j++
		}
		word := a.words[i]
		if j < len(b.at) && b.at[j] == at {
			word &^= b.words[j]
		}
		if word != 0 {
			out.add(at, word)
		}
	}
	return out
}

func (s *sparse) into(b bitmap) {
	for k, at := range s.at {
		b[at] |= s.words[k]
	}
}

func (s *sparse) has(i int32) bool {
	k, ok := slices.BinarySearch(s.at, i>>6)
	return ok && s.words[k]&(1<<(i&63)) != 0
}

func (s *sparse) count() int { return bitmap(s.words).count() }

// all gives the numbers in order.
func (s *sparse) all() iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for k, w := range s.words {
			for ; w != 0; w &= w - 1 {
				if !yield(s.at[k]<<6 + int32(bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}
