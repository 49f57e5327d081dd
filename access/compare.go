package access

import (
	"cmp"
	"slices"
)

// Comparison is what people gain and lose from one view to another, found once and
// told in several ways. It is not for several goroutines at once.
type Comparison struct {
	*comparison
	site int // shifts from here on are of the site as a whole
}

// Between compares two views.
func Between(before, after *View) *Comparison {
	c := newComparison(before, after)
	c.objects()
	site := len(c.out)
	c.onSite()
	return &Comparison{c, site}
}

// Effects gives what [Compare] gives.
func (c *Comparison) Effects() []Effect { return effects(c.out[:c.site]) }

// Shifts gives what people gain and lose from one view to another on spaces,
// pages and blog posts, by object: the rights that [View.Rights] gives. Where a
// space is archived or brought back, rights stay, and whoever keeps those to edit
// loses or gains [ToEdit].
//
// Only what a change touches is looked at: where the holders of a space are the
// same, and nobody came to be or ceased to be behind them, nothing is computed,
// and otherwise only for the people, sixty-four at a time, among whom there is
// one for whom something may be different.
func Shifts(before, after *View) []Shift {
	c := newComparison(before, after)
	c.objects()
	return c.out
}

// objects compares spaces, pages and blog posts.
func (c *comparison) objects() {
	for _, ref := range merged(c.before.spaceOrder, c.after.spaceOrder) {
		c.space(ref)
	}
	for _, ref := range merged(c.before.pageOrder, c.after.pageOrder) {
		c.page(ref)
	}
}

// SiteShifts gives what people gain and lose on the site as a whole.
func SiteShifts(before, after *View) []Shift {
	c := newComparison(before, after)
	c.onSite()
	return c.out
}

// onSite compares what is held on the site as a whole.
func (c *comparison) onSite() {
	at := c.everywhere()
	var sets []int32
	for _, op := range globals {
		sets = append(sets, c.sets.of(Permissions(op)))
	}
	d := c.division(sets, at)
	c.number(at)
	for k, op := range globals {
		c.before.crowdOf(c.before.able(op, Site)).onto(at, c.index, d.rows[k:], 2*len(sets))
		c.after.crowdOf(c.after.able(op, Site)).onto(at, c.index, d.rows[len(sets)+k:], 2*len(sets))
	}
	c.forget(at)
	c.divide(Site, d, unchanged)
}

// merged gives what is in either of two sorted lists.
func merged(a, b []Ref) []Ref {
	if slices.Equal(a, b) {
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// comparison compares two views that number people alike.
type comparison struct {
	before, after *View
	sets          *lexicon
	wasSet, isSet []int32               // sets of the views, by their numbers there
	moved         []moved               // by the number of the crowd before, if it has one
	others        map[[2]*crowd]*sparse // of other crowds
	steps         map[[2]int32]step     // from one set to another
	touched       map[Ref][]int32       // by space: the places at which somebody may be touched
	pages         map[pagePair][]Shift  // what was found for pages that are bound alike
	out           []Shift

	// Room that is used again and again.
	scratch bitmap // empty between uses
	index   []int32
	found   []int32
	seen    []seenKey
	store   []uint64
	numbers []int32
	room    meeting
}

func newComparison(before, after *View) *comparison {
	switch {
	case before.roster == after.roster || slices.Equal(before.refs, after.refs):
	case before.roster.covers(after.roster):
		after = newView(after.facts, after.beside, before.roster)
	case after.roster.covers(before.roster):
		before = newView(before.facts, before.beside, after.roster)
	default:
		r := newRoster(append(slices.Clone(before.refs[1:]), after.refs[1:]...))
		before, after = newView(before.facts, before.beside, r), newView(after.facts, after.beside, r)
	}
	c := &comparison{
		before: before, after: after,
		sets:    newLexicon(),
		moved:   make([]moved, len(before.reached)+1),
		others:  make(map[[2]*crowd]*sparse),
		touched: make(map[Ref][]int32),
		pages:   make(map[pagePair][]Shift),
		steps:   make(map[[2]int32]step),
		scratch: make(bitmap, before.words()),
		index:   make([]int32, before.words()),
	}
	for _, p := range before.sets.all {
		c.wasSet = append(c.wasSet, c.sets.of(p))
	}
	for _, p := range after.sets.all {
		c.isSet = append(c.isSet, c.sets.of(p))
	}
	return c
}

// between gives who is in one of two crowds only, nil where nobody is.
func (c *comparison) between(x, y *crowd) *sparse {
	if x == y {
		return nil
	}
	if m := &c.moved[x.number]; m.from == x && m.to == y {
		return m.who
	}
	key := [2]*crowd{x, y}
	who, ok := c.others[key]
	if ok {
		return who
	}
	if who = differ(x, y, len(c.scratch)); len(who.at) == 0 {
		who = nil
	}
	if m := &c.moved[x.number]; m.from == nil && x.number > 0 {
		*m = moved{x, y, who}
	} else {
		c.others[key] = who
	}
	return who
}

// moved is who is in one of two crowds only; nil: nobody.
type moved struct {
	from, to *crowd
	who      *sparse
}

// places empties the scratch and gives which of its words had somebody in them.
func (c *comparison) places() []int32 {
	first := len(c.found)
	for i, w := range c.scratch {
		if w != 0 {
			c.found = append(c.found, int32(i))
			c.scratch[i] = 0
		}
	}
	return c.found[first:len(c.found):len(c.found)]
}

// everywhere gives all places.
func (c *comparison) everywhere() []int32 {
	at := make([]int32, len(c.scratch))
	for i := range at {
		at[i] = int32(i)
	}
	return at
}

// meeting is how the holders of a space before and after go together.
type meeting struct {
	stay    []*holder // the same, with the same people behind them
	was, is []*holder // the others
}

// meet sorts out the holders of a space, and gives the places of everybody whom
// those that do not stay may touch.
func (c *comparison) meet(was, is []holder) (meeting, []int32) {
	m := meeting{c.room.stay[:0], c.room.was[:0], c.room.is[:0]}
	for len(was) > 0 || len(is) > 0 {
		n := 0
		switch {
		case len(was) == 0:
			n = 1
		case len(is) == 0:
			n = -1
		default:
			n = was[0].compare(&is[0])
		}
		switch {
		case n < 0:
			was[0].people.into(c.scratch)
			m.was, was = append(m.was, &was[0]), was[1:]
		case n > 0:
			is[0].people.into(c.scratch)
			m.is, is = append(m.is, &is[0]), is[1:]
		default:
			if s := c.between(was[0].people, is[0].people); s != nil {
				s.into(c.scratch)
				m.was, m.is = append(m.was, &was[0]), append(m.is, &is[0])
			} else {
				m.stay = append(m.stay, &was[0])
			}
			was, is = was[1:], is[1:]
		}
	}
	c.room = m
	if len(m.was)+len(m.is) == 0 {
		return m, nil
	}
	return m, c.places()
}

// space compares one space.
func (c *comparison) space(ref Ref) {
	a, b := c.before.spaces[ref], c.after.spaces[ref]
	was, is := c.before.holders(ref), c.after.holders(ref)
	m, at := c.meet(was, is)
	life := lifeOf(a, b)
	if life != unchanged {
		at = c.everywhere()
	}
	if len(at) == 0 {
		return
	}
	c.touched[ref] = at
	c.divide(ref, c.holding(at, m), life)
}

// division is people at some places, by the sets of permissions that reach them:
// for each place a row of words, one for each set before, and then one for each
// set after.
type division struct {
	at   []int32
	sets []int32
	rows []uint64
}

// division makes an empty one. It is good until the next is made.
func (c *comparison) division(sets []int32, at []int32) division {
	n := 2 * len(sets) * len(at)
	if cap(c.store) < n {
		c.store = make([]uint64, n)
	}
	clear(c.store[:n])
	return division{at, sets, c.store[:n]}
}

// holding divides people by what holders have in a space.
func (c *comparison) holding(at []int32, m meeting) division {
	sets := c.numbers[:0]
	put := func(d division, holders []*holder, numbers []int32, half int) {
		for _, h := range holders {
			k := slices.Index(d.sets, numbers[h.set])
			h.people.onto(at, c.index, d.rows[half*len(d.sets)+k:], 2*len(d.sets))
		}
	}
	add := func(holders []*holder, numbers []int32) {
		for _, h := range holders {
			if !slices.Contains(sets, numbers[h.set]) {
				sets = append(sets, numbers[h.set])
			}
		}
	}
	add(m.stay, c.wasSet)
	add(m.was, c.wasSet)
	add(m.is, c.isSet)
	c.numbers = sets
	d := c.division(sets, at)
	c.number(at)
	put(d, m.stay, c.wasSet, 0)
	n := len(sets)
	for k := range at {
		row := d.rows[2*n*k : 2*n*(k+1)]
		copy(row[n:], row[:n])
	}
	put(d, m.was, c.wasSet, 0)
	put(d, m.is, c.isSet, 1)
	c.forget(at)
	return d
}

// number numbers the places from 1 in the index, and forget takes that back.
func (c *comparison) number(at []int32) {
	for k, i := range at {
		c.index[i] = int32(k) + 1
	}
}

func (c *comparison) forget(at []int32) {
	for _, i := range at {
		c.index[i] = 0
	}
}

// divide finds who is reached by other sets than before, and what that gives or
// takes: at once for everybody at one place who is reached by the same sets.
func (c *comparison) divide(object Ref, d division, life life) {
	n := len(d.sets)
	first := len(c.out)
	seen := c.seen[:0]
	defer func() { c.seen = seen }()
	for k, at := range d.at {
		row := d.rows[2*n*k : 2*n*(k+1)]
		left := uint64(0)
		for s := range n {
			left |= row[s] ^ row[n+s]
		}
		if life != unchanged {
			left = ^uint64(0) // whoever keeps what they hold may lose or gain all the same
		}
		for left != 0 {
			bit := left & -left
			same := left
			key := uint64(0) // of the sets that reach them; two may share one if there are many
			for i, w := range row {
				if w&bit != 0 {
					same &= w
					key |= 1 << (i & 63)
				} else {
					same &^= w
				}
			}
			left &^= same
			if who := c.shift(&seen, key, first, object, d.sets, row, bit, life); who != nil {
				who.add(at, same)
			}
		}
	}
	slices.SortFunc(c.out[first:], func(a, b Shift) int {
		return cmp.Or(cmp.Compare(a.Gained, b.Gained), cmp.Compare(a.Lost, b.Lost))
	})
}

// seenKey is what the sets that reach people came to.
type seenKey struct {
	key uint64
	who *sparse // nil: nothing changes
}

// shift gives the people of the shift that those at one bit of a row are in.
func (c *comparison) shift(seen *[]seenKey, key uint64, first int, object Ref, sets []int32, row []uint64, bit uint64, life life) *sparse {
	if len(row) <= 64 {
		for _, s := range *seen {
			if s.key == key {
				return s.who
			}
		}
	}
	was, is := int32(0), int32(0)
	for s, set := range sets {
		if row[s]&bit != 0 {
			was = c.sets.union(was, set)
		}
		if row[len(sets)+s]&bit != 0 {
			is = c.sets.union(is, set)
		}
	}
	who := c.shifted(first, object, c.step(was, is, life))
	*seen = append(*seen, seenKey{key, who})
	return who
}

// step is what is gained and lost from one set to another.
type step struct{ gained, lost Permissions }

func (c *comparison) step(was, is int32, life life) step {
	if life != unchanged {
		before, after := life.apply(c.sets.all[was], c.sets.all[is])
		return step{after.Minus(before), before.Minus(after)}
	}
	key := [2]int32{was, is}
	s, ok := c.steps[key]
	if !ok {
		s = step{c.sets.all[is].Minus(c.sets.all[was]), c.sets.all[was].Minus(c.sets.all[is])}
		c.steps[key] = s
	}
	return s
}

// shifted finds the shift of a step among those of the object, or begins it; nil
// for no gain and no loss.
func (c *comparison) shifted(first int, object Ref, s step) *sparse {
	if s == (step{}) {
		return nil
	}
	for _, o := range c.out[first:] {
		if o.Gained == s.gained && o.Lost == s.lost {
			return o.who
		}
	}
	who := &sparse{at: make([]int32, 0, 16), words: make([]uint64, 0, 16)}
	c.out = append(c.out, Shift{object, s.gained, s.lost, who, c.before.roster})
	return who
}

// life is what becomes of a space.
type life uint8

const (
	unchanged life = iota
	archiving
	returning // from the archive
)

func lifeOf(a, b *space) life {
	switch {
	case a == nil || b == nil || a.archived == b.archived:
		return unchanged
	case b.archived:
		return archiving
	}
	return returning
}

// apply adds ToEdit to what whoever keeps the rights to edit had before, or has
// after.
func (l life) apply(was, is Permissions) (before, after Permissions) {
	switch keeps := reads | writes; {
	case l == unchanged || summarise(was)&summarise(is)&keeps != keeps:
		return was, is
	case l == archiving:
		return was.Union(ToEdit), is
	}
	return was, is.Union(ToEdit)
}
