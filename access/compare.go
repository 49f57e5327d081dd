package access

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// Shift is what people gain and lose on one object: one for everybody who gains
// and loses the same.
type Shift struct {
	Object       Ref
	Gained, Lost Permissions
	who          bitmap
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
func (s Shift) People() iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		for i := range s.who.all() {
			if i != public && !yield(s.roster.refs[i]) {
				return
			}
		}
	}
}

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
func Compare(before, after *View) []Effect {
	var out []Effect
	for _, s := range Shifts(before, after) {
		for i := range s.who.all() {
			out = append(out, Effect{s.roster.refs[i], s.Object, s.Gained, s.Lost})
		}
	}
	slices.SortFunc(out, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Person, b.Person))
	})
	return out
}

// Shifts gives what people gain and lose from one view to another on spaces,
// pages and blog posts, by object: the rights that [View.Rights] gives. Where a
// space is archived or brought back, rights stay, and whoever keeps those to edit
// loses or gains [ToEdit].
//
// Only what a change touches is looked at: where the holders of a space are the
// same, and nobody came to be or ceased to be behind them, nothing is computed.
func Shifts(before, after *View) []Shift {
	c := newComparison(before, after)
	var out []Shift
	for _, ref := range both(c.before.spaces, c.after.spaces) {
		out = append(out, c.space(ref)...)
	}
	for _, ref := range both(c.before.pages, c.after.pages) {
		out = append(out, c.page(ref)...)
	}
	return out
}

// SiteShifts gives what people gain and lose on the site as a whole.
func SiteShifts(before, after *View) []Shift {
	c := newComparison(before, after)
	return c.split(Site, c.before.siteHolders(), c.after.siteHolders())
}

// siteHolders says site rights as holders.
func (v *View) siteHolders() []holder {
	out := make([]holder, 0, len(globals))
	for _, op := range globals {
		able := make(bitmap, v.words())
		v.ableOnSite(op, able)
		out = append(out, holder{principal: Ref(op), people: v.crowdOf(able), permits: Permissions(op)})
	}
	return out
}

func both[V any](a, b map[Ref]V) []Ref {
	refs := append(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b))...)
	slices.Sort(refs)
	return slices.Compact(refs)
}

// comparison compares two views that number people alike.
type comparison struct {
	before, after *View
	moved         map[[2]*crowd]bitmap // who is in one of two crowds only; nil: nobody
	reached       map[Ref]bitmap       // by space: whom a change may touch
	pages         map[pagePair][]Shift // what was found for pages that are bound alike
	unions        *unions
}

func newComparison(before, after *View) *comparison {
	switch {
	case before.roster == after.roster:
	case before.roster.covers(after.roster):
		after = newView(after.facts, after.beside, before.roster)
	case after.roster.covers(before.roster):
		before = newView(before.facts, before.beside, after.roster)
	default:
		r := newRoster(append(slices.Clone(before.refs[1:]), after.refs[1:]...))
		before, after = newView(before.facts, before.beside, r), newView(after.facts, after.beside, r)
	}
	return &comparison{
		before: before, after: after,
		moved:   make(map[[2]*crowd]bitmap),
		reached: make(map[Ref]bitmap),
		pages:   make(map[pagePair][]Shift),
		unions:  &unions{known: make(map[[2]Permissions]Permissions)},
	}
}

// between gives who is in one of two crowds only, nil where nobody is.
func (c *comparison) between(x, y *crowd) bitmap {
	if x == y {
		return nil
	}
	key := [2]*crowd{x, y}
	b, ok := c.moved[key]
	if !ok {
		b = make(bitmap, c.before.words())
		if differ(x, y, b); b.empty() {
			b = nil
		}
		c.moved[key] = b
	}
	return b
}

func (h holder) compare(o holder) int {
	return cmp.Or(cmp.Compare(h.principal, o.principal), cmp.Compare(h.permits, o.permits), cmp.Compare(h.role, o.role))
}

// touched gives whom the difference between two lists of holders, sorted by
// principal, may reach; nil where that is nobody.
func (c *comparison) touched(was, is []holder) bitmap {
	var out bitmap
	reach := func(b bitmap) {
		if out == nil {
			out = make(bitmap, c.before.words())
		}
		out.or(b)
	}
	whole := func(h holder) {
		b := make(bitmap, c.before.words())
		h.people.into(b)
		reach(b)
	}
	for len(was) > 0 || len(is) > 0 {
		n := 0
		switch {
		case len(was) == 0:
			n = 1
		case len(is) == 0:
			n = -1
		default:
			n = cmp.Or(cmp.Compare(was[0].principal, is[0].principal), cmp.Compare(was[0].permits, is[0].permits))
		}
		switch {
		case n < 0:
			whole(was[0])
			was = was[1:]
		case n > 0:
			whole(is[0])
			is = is[1:]
		default:
			if b := c.between(was[0].people, is[0].people); b != nil {
				reach(b)
			}
			was, is = was[1:], is[1:]
		}
	}
	return out
}

// space compares one space.
func (c *comparison) space(ref Ref) []Shift {
	a, b := c.before.spaces[ref], c.after.spaces[ref]
	was, is := c.before.holders(ref), c.after.holders(ref)
	reached := c.touched(was, is)
	archived := a != nil && b != nil && a.archived != b.archived
	if archived {
		reached = c.touched(was, nil)
		if more := c.touched(nil, is); reached == nil {
			reached = more
		} else {
			reached.or(more)
		}
	}
	if reached == nil {
		return nil
	}
	c.reached[ref] = reached
	if !archived {
		return c.splitAmong(ref, was, is, reached, nil)
	}
	return c.splitAmong(ref, was, is, reached, func(p part) part {
		switch keeps := reads | writes; {
		case summarise(p.was)&summarise(p.is)&keeps != keeps:
		case b.archived:
			p.was = c.unions.of(p.was, ToEdit)
		default:
			p.is = c.unions.of(p.is, ToEdit)
		}
		return p
	})
}

// part is people who may do the same before, and the same after.
type part struct{ was, is Permissions }

// split compares two lists of holders on one object.
func (c *comparison) split(object Ref, was, is []holder) []Shift {
	reached := c.touched(was, is)
	if reached == nil {
		return nil
	}
	return c.splitAmong(object, was, is, reached, nil)
}

// splitAmong divides the people reached by what they may do before and after:
// all at once, then by each holder into those it reaches and the rest. Only
// words with somebody in them are looked at. finish may alter a part at the end.
func (c *comparison) splitAmong(object Ref, was, is []holder, reached bitmap, finish func(part) part) []Shift {
	var at []int32 // the words
	all := make(bitmap, 0, 8)
	for i, w := range reached {
		if w != 0 {
			at = append(at, int32(i))
			all = append(all, w)
		}
	}
	parts := map[part]bitmap{{}: all}
	in := make(bitmap, len(at))
	divide := func(h holder, with func(part) part) {
		h.people.onto(at, in)
		next := make(map[part]bitmap, 2*len(parts))
		for p, who := range parts {
			inside := make(bitmap, len(at))
			some, rest := false, false
			for k, w := range who {
				inside[k] = w & in[k]
				some = some || inside[k] != 0
				rest = rest || w&^in[k] != 0
			}
			if some {
				gather(next, with(p), inside)
			}
			if rest {
				outside := make(bitmap, len(at))
				for k, w := range who {
					outside[k] = w &^ in[k]
				}
				gather(next, p, outside)
			}
		}
		parts = next
	}
	for _, h := range was {
		divide(h, func(p part) part { p.was = c.unions.of(p.was, h.permits); return p })
	}
	for _, h := range is {
		divide(h, func(p part) part { p.is = c.unions.of(p.is, h.permits); return p })
	}
	shifts := make(map[part]Shift)
	for p, who := range parts {
		if finish != nil {
			p = finish(p)
		}
		d := part{p.was.Minus(p.is), p.is.Minus(p.was)}
		if d == (part{}) {
			continue
		}
		s, ok := shifts[d]
		if !ok {
			s = Shift{Object: object, Lost: d.was, Gained: d.is, who: make(bitmap, c.before.words()), roster: c.before.roster}
			shifts[d] = s
		}
		for k, w := range who {
			s.who[at[k]] |= w
		}
	}
	return slices.SortedFunc(maps.Values(shifts), func(a, b Shift) int {
		return cmp.Or(cmp.Compare(a.Gained, b.Gained), cmp.Compare(a.Lost, b.Lost))
	})
}

func gather(parts map[part]bitmap, p part, who bitmap) {
	if there, ok := parts[p]; ok {
		there.or(who)
		return
	}
	parts[p] = who
}

// onto gives the words of the crowd that stand at the places given.
func (c *crowd) onto(at []int32, out bitmap) {
	if c.dense != nil {
		for k, i := range at {
			out[k] = c.dense[i]
		}
		return
	}
	clear(out)
	k := 0
	for _, i := range c.list {
		for k < len(at) && at[k] < i>>6 {
			k++
		}
		if k == len(at) {
			return
		}
		if at[k] == i>>6 {
			out[k] |= 1 << (i & 63)
		}
	}
}

// pagePair is what two pages are bound by before and after: pages that are
// bound alike shift alike.
type pagePair struct {
	a, b       *space
	aLock      *page
	bLock      *page
	aEdit      *crowd
	bEdit      *crowd
	typ        string
	here, then bool
}

// page compares one page.
func (c *comparison) page(ref Ref) []Shift {
	a, b := c.before.pages[ref], c.after.pages[ref]
	key := pagePair{typ: ref.Type(), here: a != nil, then: b != nil}
	if a == nil {
		a = c.before.page(ref)
	}
	if b == nil {
		b = c.after.page(ref)
	}
	key.a, key.b, key.aLock, key.bLock, key.aEdit, key.bEdit = a.space, b.space, a.lock, b.lock, a.edit, b.edit
	known, ok := c.pages[key]
	if !ok {
		if c.pageTouched(a, b) {
			known = c.split(ref, c.before.pageHolders(a), c.after.pageHolders(b))
		}
		c.pages[key] = known
	}
	out := slices.Clone(known)
	for i := range out {
		out[i].Object = ref
	}
	return out
}

// pageTouched reports whether a page may be open to others than before.
func (c *comparison) pageTouched(a, b *page) bool {
	if a.space == nil || b.space == nil {
		return a.space != b.space
	}
	if c.reached[a.space.ref] != nil || a.space.archived != b.space.archived || c.gateMoved(a.edit, b.edit) ||
		!slices.Equal(c.before.beside.editing(a.ref.Type()), c.after.beside.editing(b.ref.Type())) {
		return true
	}
	x, y := a.locks(), b.locks()
	if len(x) != len(y) {
		return true
	}
	for i := range x {
		if c.gateMoved(x[i].view, y[i].view) {
			return true
		}
	}
	return false
}

func (c *comparison) gateMoved(x, y *crowd) bool {
	if x == nil || y == nil {
		return x != y
	}
	return c.between(x, y) != nil
}

// pageHolders says the rights on a page as holders.
func (v *View) pageHolders(p *page) []holder {
	out := make([]holder, 0, 2)
	for _, op := range []string{EditPage, ViewPage} {
		able := make(bitmap, v.words())
		v.ableOnPage(op, p, able)
		out = append(out, holder{principal: Ref(op), people: v.crowdOf(able), permits: Permissions(op)})
	}
	return out
}
