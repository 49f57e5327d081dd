package access

import (
	"slices"
	"strings"
)

// Permissions is a set of permission ids ("read/space"), sorted and joined by
// a space, so that equal sets are ==. The empty string is the empty set.
// Permission ids never hold spaces.
type Permissions string

// NewPermissions makes a set of the ids.
func NewPermissions(ids ...string) Permissions {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return Permissions(strings.Join(slices.Compact(ids), " "))
}

// IDs returns the ids in order.
func (p Permissions) IDs() []string { return strings.Fields(string(p)) }

// Has reports whether the id is in the set.
func (p Permissions) Has(id string) bool {
	for rest, word := string(p), ""; rest != ""; {
		word, rest, _ = strings.Cut(rest, " ")
		if word == id {
			return true
		}
	}
	return false
}

// Union returns what is in either set.
func (p Permissions) Union(o Permissions) Permissions {
	switch {
	case p == o || o == "":
		return p
	case p == "":
		return o
	}
	return NewPermissions(append(p.IDs(), o.IDs()...)...)
}

// Minus returns what is in p and not in o.
func (p Permissions) Minus(o Permissions) Permissions {
	if p == o || p == "" {
		return ""
	}
	return NewPermissions(slices.DeleteFunc(p.IDs(), o.Has)...)
}

// Within reports whether every id of p is in o.
func (p Permissions) Within(o Permissions) bool { return p.Minus(o) == "" }
