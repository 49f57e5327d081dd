package access

import (
	"cmp"
	"iter"
	"slices"
)

// Move is how somebody comes to stand otherwise to one object, or to be able to do
// something else there though the standing is what it was.
type Move struct {
	Object       Ref
	Was, Is      Standing
	Gains, Loses bool // something: with both, one permission came for another
}

// Alike are people to whom the same happens everywhere.
type Alike struct {
	Moves  []Move // in the order of the objects
	who    []int32
	roster *roster
}

// Count is how many they are. The public is not one.
func (a Alike) Count() int {
	if a.Public() {
		return 0
	}
	return len(a.who)
}

// Public reports whether it is the public, which is alike to nobody.
func (a Alike) Public() bool { return a.who[0] == public }

// People gives the people in order, the public not among them.
func (a Alike) People() iter.Seq[Ref] { return a.roster.people(slices.Values(a.who)) }

// Moves tells how people come to stand to spaces, pages, blog posts and the site,
// folded by whom the same happens to: the impacts turned from causes to people. The
// public comes first, and otherwise the order is that of the people.
func (c *Comparison) Moves() []Alike {
	told := make(map[Move]*sparse)
	for s := range c.telling() {
		at := s.who.at
		c.number(at)
		was, is := c.before.standing(s.Object, at, c.index), c.after.standing(s.Object, at, c.index)
		c.forget(at)
		for from := Nothing; from <= Administers; from++ {
			for to := Nothing; to <= Administers; to++ {
				m := Move{s.Object, from, to, s.Gained != "", s.Lost != ""}
				some := &sparse{}
				for k, word := range s.who.words {
					if word = is.at(k, was.at(k, word, from), to); word != 0 {
						some.add(at[k], word)
					}
				}
				if len(some.at) == 0 {
					continue
				}
				if told[m] != nil {
					some = join(told[m], some)
				}
				told[m] = some
			}
		}
	}
	moves := make([]Move, 0, len(told))
	for m := range told {
		moves = append(moves, m)
	}
	slices.SortFunc(moves, Move.compare)

	// People are parted move by move: whoever is still in one part at the end has
	// made the same ones. A part knows the move that made it and what it was before.
	type part struct {
		parent int32
		move   int
	}
	const everybody, thePublic = 0, 1
	parts := []part{{}, {}}
	in := make([]int32, len(c.before.refs))
	in[public] = thePublic
	for n, m := range moves {
		split := make(map[int32]int32)
		for i := range told[m].all() {
			to, ok := split[in[i]]
			if !ok {
				to = int32(len(parts))
				parts = append(parts, part{in[i], n})
				split[in[i]] = to
			}
			in[i] = to
		}
	}
	var out []Alike
	where := make(map[int32]int)
	for i, at := range in {
		if at == everybody || at == thePublic {
			continue
		}
		n, ok := where[at]
		if !ok {
			n = len(out)
			where[at] = n
			a := Alike{roster: c.before.roster}
			for up := at; up > thePublic; up = parts[up].parent {
				a.Moves = append(a.Moves, moves[parts[up].move])
			}
			slices.Reverse(a.Moves)
			out = append(out, a)
		}
		out[n].who = append(out[n].who, int32(i))
	}
	return out
}

func (m Move) compare(o Move) int {
	return cmp.Or(
		cmp.Compare(m.Object, o.Object), cmp.Compare(m.Was, o.Was), cmp.Compare(m.Is, o.Is),
		order(m.Gains, o.Gains), order(m.Loses, o.Loses),
	)
}
