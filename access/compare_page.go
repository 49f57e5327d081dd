package access

import "slices"

// pagePair is what a page is bound by before and after: pages that are bound
// alike shift alike.
type pagePair struct {
	space        Ref
	typ          string
	aLock, bLock *page
	aEdit, bEdit *crowd
}

// page compares one page.
func (c *comparison) page(ref Ref) {
	a, b := c.before.page(ref), c.after.page(ref)
	key := pagePair{ref.PageSpace(), ref.Type(), a.lock, b.lock, a.edit, b.edit}
	if known, ok := c.pages[key]; ok {
		for _, s := range known {
			s.Object = ref
			c.out = append(c.out, s)
		}
		return
	}
	first := len(c.out)
	if at := c.reachPage(a, b); len(at) > 0 {
		c.number(at)
		sets := []int32{c.sets.of(ViewPage), c.sets.of(EditPage)}
		was, is := c.before.onPage(a, at, c.index), c.after.onPage(b, at, c.index)
		c.forget(at)
		d := c.division(sets, at)
		for k := range at {
			row := d.rows[4*k : 4*k+4]
			row[0], row[1], row[2], row[3] = was.view[k], was.edit[k], is.view[k], is.edit[k]
		}
		c.divide(ref, d, unchanged)
	}
	c.pages[key] = slices.Clone(c.out[first:])
}

// reachPage gives the places of everybody for whom a page may have changed.
func (c *comparison) reachPage(a, b *page) []int32 {
	if a.space == nil && b.space == nil {
		return nil
	}
	if a.space == nil || b.space == nil || a.space.archived != b.space.archived || (a.edit == nil) != (b.edit == nil) ||
		!slices.Equal(c.before.beside.Editing(a.ref.Type()), c.after.beside.Editing(b.ref.Type())) {
		return c.everywhere()
	}
	x, y := a.locks(), b.locks()
	if len(x) != len(y) {
		return c.everywhere()
	}
	touched := c.touched[a.space.ref]
	only := true // the space's are all
	gate := func(x, y *crowd) {
		if s := c.between(x, y); s != nil {
			only = false
			s.into(c.scratch)
		}
	}
	for i := range x {
		gate(x[i].view, y[i].view)
	}
	if a.edit != nil {
		gate(a.edit, b.edit)
	}
	if only {
		return touched
	}
	for _, at := range touched {
		c.scratch[at] = ^uint64(0)
	}
	return c.places()
}

// opened is who views and edits a page, a word for each place.
type opened struct{ view, edit []uint64 }

func (v *View) onPage(p *page, at, index []int32) opened {
	words := make([]uint64, 3*len(at))
	out := opened{words[:len(at)], words[len(at) : 2*len(at)]}
	if p.space == nil {
		return out
	}
	ids := v.beside.Editing(p.ref.Type())
	for _, h := range p.space.holders {
		if h.parts&reads != 0 {
			h.people.onto(at, index, out.view, 1)
		}
		if !p.space.archived && slices.ContainsFunc(ids, h.permits.Has) {
			h.people.onto(at, index, out.edit, 1)
		}
	}
	keep := func(c *crowd, in []uint64) {
		gate := words[2*len(at):]
		clear(gate)
		c.onto(at, index, gate, 1)
		bitmap(in).and(gate)
	}
	for _, lock := range p.locks() {
		keep(lock.view, out.view)
	}
	bitmap(out.edit).and(out.view)
	if p.edit != nil {
		keep(p.edit, out.edit)
	}
	return out
}
