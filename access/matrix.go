package access

import (
	"iter"
	"slices"
)

// Matrix is who can view, edit and administer every space: people × spaces ×
// [Summaries]. It is a picture of one moment, a few bits for each person and
// space.
type Matrix struct {
	Spaces []Ref // in order
	roster *roster
	cells  []bitmap // three for each space
}

// Matrix computes the whole matrix.
func (v *View) Matrix() *Matrix {
	m := &Matrix{Spaces: v.spaceOrder, roster: v.roster}
	words := v.words()
	m.cells = make([]bitmap, 0, 3*len(m.Spaces))
	store := make(bitmap, 3*len(m.Spaces)*words)
	for _, ref := range m.Spaces {
		s := v.spaces[ref]
		view, edit, admin := store[:words:words], store[words:2*words:2*words], store[2*words:3*words:3*words]
		store = store[3*words:]
		for _, h := range s.holders {
			if h.parts&reads != 0 {
				h.people.into(view)
			}
			if h.parts&writes != 0 && !s.archived {
				h.people.into(edit)
			}
			if h.parts&administers != 0 {
				h.people.into(admin)
			}
		}
		edit.and(view)
		m.cells = append(m.cells, view, edit, admin)
	}
	return m
}

// cell gives who can do an operation, one of [Summaries], in a space.
func (m *Matrix) cell(op string, space Ref) bitmap {
	i, ok := slices.BinarySearch(m.Spaces, space)
	k := slices.Index(Summaries, op)
	if !ok || k < 0 {
		return nil
	}
	return m.cells[3*i+k]
}

// Count is how many people can do an operation, one of [Summaries], in a space.
func (m *Matrix) Count(op string, space Ref) int {
	b := m.cell(op, space)
	if b == nil {
		return 0
	}
	n := b.count()
	if b.has(public) {
		n--
	}
	return n
}

// Public reports whether the public can.
func (m *Matrix) Public(op string, space Ref) bool { return m.Can(Anonymous, op, space) }

// Can reports whether a person can.
func (m *Matrix) Can(person Ref, op string, space Ref) bool {
	b := m.cell(op, space)
	i, ok := m.roster.index[person]
	return b != nil && ok && b.has(i)
}

// People gives those who can, in order.
func (m *Matrix) People(op string, space Ref) iter.Seq[Ref] {
	return slices.Values(m.roster.names(m.cell(op, space)))
}

// Everybody gives the people of the matrix in order: its columns, with or
// without access.
func (m *Matrix) Everybody() []Ref { return slices.Clone(m.roster.refs[1:]) }
