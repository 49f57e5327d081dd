package site

// ReadOnly gives the reading half of a site. What it returns has no method to
// write with, however it is looked at. It is a [Refresher] if the site is one.
func ReadOnly(s Site) Reader {
	if r, ok := s.(Refresher); ok {
		return refresher{reader{s}, r}
	}
	return reader{s}
}

// reader holds a Reader and nothing else, so that no type assertion brings the
// writing half back.
type reader struct{ Reader }

type refresher struct {
	reader
	Refresher
}
