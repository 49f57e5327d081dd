package access

import "strings"

// Op is what a change does to a fact.
type Op string

// The three operations, written as plans show them.
const (
	Add    Op = "+"
	Remove Op = "-"
	Modify Op = "~" // the value of a fact changes
)

// Change is one fact that becomes true, ceases to be true, or gets another
// value.
type Change struct {
	Op   Op
	Fact Fact   // for Remove the live fact, else the wanted one
	Was  string // for Modify: the value before
}

// String gives "op fact", with the former value of a modification behind it.
func (c Change) String() string {
	s := string(c.Op) + " " + c.Fact.String()
	if c.Op == Modify {
		s += " (was " + word(c.Was) + ")"
	}
	return s
}

// Compare orders changes by fact; a removal stands before an addition of the
// same identity.
func (c Change) Compare(o Change) int {
	if n := c.Fact.Identity().Compare(o.Fact.Identity()); n != 0 {
		return n
	}
	return -strings.Compare(string(c.Op), string(o.Op))
}

// Apply gives the set after the changes. A change that does not fit (removing
// what is not there) has no effect.
func (s Set) Apply(changes []Change) Set {
	gone := make(map[Fact]bool)
	var added []Fact
	for _, c := range changes {
		if c.Op == Remove {
			gone[c.Fact.Identity()] = true
		} else {
			added = append(added, c.Fact)
		}
	}
	return s.Filter(func(f Fact) bool { return !gone[f.Identity()] }).Union(NewSet(added...))
}

// Changes gives the sorted difference from one set to another, so that
// from.Apply(Changes(from, to)) equals to.
func Changes(from, to Set) []Change {
	var out []Change
	a, b := from.facts, to.facts
	for len(a) > 0 || len(b) > 0 {
		var n int
		switch {
		case len(a) == 0:
			n = 1
		case len(b) == 0:
			n = -1
		default:
			n = a[0].Identity().Compare(b[0].Identity())
		}
		switch {
		case n < 0:
			out = append(out, Change{Op: Remove, Fact: a[0]})
			a = a[1:]
		case n > 0:
			out = append(out, Change{Op: Add, Fact: b[0]})
			b = b[1:]
		default:
			if a[0] != b[0] {
				out = append(out, Change{Op: Modify, Fact: b[0], Was: a[0].Value})
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}
