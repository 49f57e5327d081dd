package access

import "slices"

// page is a page or a blog post with what binds it.
type page struct {
	ref   Ref
	space *space // nil where there is none
	up    *page
	view  *crowd // who passes its own view restriction; nil where it has none
	edit  *crowd // likewise
	lock  *page  // the nearest page, itself or above, with a view restriction
}

func (v *View) readPages() {
	for f := range v.facts.OfKind(Exists) {
		if f.Object.IsPage() {
			v.meet(f.Object)
		}
	}
	for ref, up := range v.beside.Parents {
		v.meet(ref).up = v.meet(up)
	}
	named := make(map[Contents]bitmap)
	for f := range v.facts.OfKind(Restrict) {
		list := ContentsOf(f)
		if named[list] == nil {
			named[list] = make(bitmap, v.words())
		}
		v.passers(f.Subject).into(named[list])
	}
	for list, names := range named {
		v.super.into(names)
		names.clear(public)
		switch p := v.meet(list.Object); list.Verb {
		case ViewPage:
			p.view = v.crowdOf(names)
		case EditPage:
			p.edit = v.crowdOf(names)
		}
	}
	for _, p := range v.pages {
		p.findLock()
	}
}

// meet gives the page of a name, and makes it known.
func (v *View) meet(ref Ref) *page {
	p := v.pages[ref]
	if p == nil {
		p = &page{ref: ref, space: v.spaces[ref.PageSpace()]}
		v.pages[ref] = p
	}
	return p
}

// page gives the page of a name. One that the facts do not speak of has nothing
// above it and no restriction.
func (v *View) page(ref Ref) *page {
	if p := v.pages[ref]; p != nil {
		return p
	}
	return &page{ref: ref, space: v.spaces[ref.PageSpace()]}
}

// findLock goes up to the nearest page with a view restriction. Pages that move
// while they are read can seem to stand above themselves.
func (p *page) findLock() {
	seen := make(map[*page]bool)
	for up := p; up != nil && !seen[up]; up = up.up {
		if up.view != nil {
			p.lock = up
			return
		}
		seen[up] = true
	}
}

// locks gives the pages with view restrictions that bind a page: its own and
// those above.
func (p *page) locks() []*page {
	var out []*page
	seen := make(map[*page]bool)
	for at := p.lock; at != nil && !seen[at]; {
		seen[at] = true
		out = append(out, at)
		if at.up == nil {
			break
		}
		at = at.up.lock
	}
	return out
}

// chain gives a page and those above it.
func (v *View) chain(page Ref) []Ref {
	var out []Ref
	for p := v.page(page); p != nil && !slices.Contains(out, p.ref); p = p.up {
		out = append(out, p.ref)
	}
	return out
}

// Restricted reports whether viewing or editing a page or a blog post is
// restricted, by itself or by a page above.
func (v *View) Restricted(page Ref) bool {
	p := v.page(page)
	return p.lock != nil || p.edit != nil
}

// passes reports whether the person passes every view restriction.
func (p *page) passes(i int32) bool {
	for _, lock := range p.locks() {
		if !lock.view.has(i) {
			return false
		}
	}
	return true
}

// edits reports whether a person who holds this in the space, and views the
// page, edits it.
func (v *View) edits(i int32, p *page, held Permissions) bool {
	if p.space.archived || p.edit != nil && !p.edit.has(i) {
		return false
	}
	for _, id := range v.beside.Editing(p.ref.Type()) {
		if held.Has(id) {
			return true
		}
	}
	return false
}

func (v *View) pageRights(i int32, p *page) Permissions {
	if p.space == nil {
		return ""
	}
	held := v.held(i, p.space.holders)
	switch {
	case !held.Has(CanView) || !p.passes(i):
		return ""
	case v.edits(i, p, held):
		return EditPage + " " + ViewPage
	}
	return ViewPage
}

func (v *View) ableOnPage(op string, p *page, out bitmap) {
	if p.space == nil || op != ViewPage && op != EditPage {
		return
	}
	p.space.into(out, reads)
	for _, lock := range p.locks() {
		lock.view.keep(out)
	}
	if op == ViewPage {
		return
	}
	if p.space.archived {
		clear(out)
		return
	}
	may := make(bitmap, len(out))
	for _, id := range v.beside.Editing(p.ref.Type()) {
		for _, h := range p.space.holders {
			if h.permits.Has(id) {
				h.people.into(may)
			}
		}
	}
	out.and(may)
	if p.edit != nil {
		p.edit.keep(out)
	}
}
