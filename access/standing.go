package access

// Standing is how much somebody may do to an object, in one word: the strongest
// of what they may do. The order is that in which people rank them; the product
// knows none.
type Standing uint8

// The standings, weakest first. On the site as a whole to view is to enter.
const (
	Nothing     Standing = iota
	Part                 // something, and not to view
	Views                // read/space; of a page, to view it
	Comments             // to view, and to comment
	Edits                // to view, and to add or change pages or blog posts ([ToEdit])
	Administers          // administer/space; of the site, to administer it or its system
)

// String gives the standing in a word; none for nothing.
func (s Standing) String() string {
	return [...]string{"", "part", "view", "comment", "edit", "administration"}[s]
}

// commentsOnSpace is the permission that sets commenting apart from viewing.
const commentsOnSpace = "create/comment"

// standings is how people at some places stand to an object: a word a place for
// each standing but Nothing. A person has the strongest whose bit is set.
type standings [Administers + 1][]uint64

// at gives which of the people in a word stand so, and no stronger.
func (s *standings) at(k int, word uint64, what Standing) uint64 {
	if what > Nothing {
		word &= s[what][k]
	}
	for up := what + 1; up <= Administers; up++ {
		word &^= s[up][k]
	}
	return word
}

// standing works out how people at some places, which are numbered in index,
// stand to an object.
func (v *View) standing(object Ref, at, index []int32) *standings {
	var out standings
	words := make([]uint64, len(out)*len(at))
	for i := range out {
		out[i] = words[i*len(at) : (i+1)*len(at)]
	}
	switch {
	case object == Site:
		for op, to := range map[string]Standing{GlobalUse: Views, GlobalAdminister: Administers, GlobalSystemAdminister: Administers} {
			if c := v.site[op]; c != nil {
				c.onto(at, index, out[to], 1)
			}
		}
		v.super.onto(at, index, out[Administers], 1)
	case object.IsPage():
		p := v.onPage(v.page(object), at, index)
		copy(out[Views], p.view)
		copy(out[Edits], p.edit)
	default:
		v.spaces[object].standing(&out, at, index)
	}
	return &out
}

func (s *space) standing(out *standings, at, index []int32) {
	if s == nil {
		return
	}
	writers, commenters := make([]uint64, len(at)), make([]uint64, len(at))
	for i := range s.holders {
		h := &s.holders[i]
		if h.permits == "" {
			continue
		}
		h.people.onto(at, index, out[Part], 1)
		for part, to := range map[summary][]uint64{reads: out[Views], writes: writers, administers: out[Administers]} {
			if h.parts&part != 0 {
				h.people.onto(at, index, to, 1)
			}
		}
		if h.permits.Has(commentsOnSpace) {
			h.people.onto(at, index, commenters, 1)
		}
	}
	for k, view := range out[Views] {
		out[Comments][k] = view & commenters[k]
		if !s.archived {
			out[Edits][k] = view & writers[k]
		}
	}
}
