package site

// ReadOnly gives the reading half of a site. What it returns has no method to
// write with, however it is looked at.
func ReadOnly(s Site) Reader { return reader{s} }

// reader holds a Reader and nothing else, so that no type assertion brings the
// writing half back.
type reader struct{ Reader }
