package access

// Extent says how much of a site is read beside what is always read whole
// (people, groups, spaces and who holds what in them), and what was seen there
// before. The zero Extent reads no content and remembers nothing.
type Extent struct {
	// Pages are pages and blog posts, by name, whose restrictions are read.
	Pages []Ref
	// Watch are spaces of which the restrictions of every page are read.
	Watch []Ref
	// All reads the restrictions of every page of every space. It takes a
	// request for every few dozen pages, so it is only ever asked for.
	All bool
	// Personal reads the records of personal spaces: when something in each was last
	// changed. It takes a request for each, or nearly.
	Personal bool
	// Left reads since when the owners of personal spaces are deactivated: a request for
	// each who is.
	Left bool
	// Tokens reads which API tokens there are.
	Tokens bool
	// Labels are labels of spaces that are looked for.
	Labels []string
	// Own are people of whom it is told whether they hold the plain product role user
	// themselves, which no fact tells of others: that they may enter says it as long
	// as nothing shuts them out, and it would let them in again. It takes a request
	// for each.
	Own []Ref
	// Pins are the ids that names stood for before (weir.lock). What is pinned
	// and not listed is looked for by its id: hidden things must not be taken for
	// removed ones.
	Pins map[Ref]string
}

// Reads reports whether the restrictions of a page are read.
func (e Extent) Reads(page Ref) bool {
	if e.All {
		return true
	}
	for _, r := range e.Watch {
		if r == page.PageSpace() {
			return true
		}
	}
	for _, r := range e.Pages {
		if r == page {
			return true
		}
	}
	return false
}
