package access

// lexicon numbers sets of permissions and remembers their unions: a site has
// thousands of people and few different sets. The empty set is number 0.
type lexicon struct {
	all    []Permissions
	index  map[Permissions]int32
	unions map[[2]int32]int32
}

func newLexicon() *lexicon {
	return &lexicon{
		all:    []Permissions{""},
		index:  map[Permissions]int32{"": 0},
		unions: make(map[[2]int32]int32),
	}
}

// of gives the number of a set.
func (l *lexicon) of(p Permissions) int32 {
	n, ok := l.index[p]
	if !ok {
		n = int32(len(l.all))
		l.all = append(l.all, p)
		l.index[p] = n
	}
	return n
}

// union gives the number of the union of two sets.
func (l *lexicon) union(a, b int32) int32 {
	switch {
	case a == b || b == 0:
		return a
	case a == 0:
		return b
	}
	key := [2]int32{a, b}
	n, ok := l.unions[key]
	if !ok {
		n = l.of(l.all[a].Union(l.all[b]))
		l.unions[key] = n
	}
	return n
}
