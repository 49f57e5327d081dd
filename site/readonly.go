package site

// ReadOnly gives the reading half of a site. What it returns has no method to
// write with, however it is looked at. It is a [Refresher], and an [Auditor], if
// the site is one.
func ReadOnly(s Site) Reader {
	r, refreshes := s.(Refresher)
	a, audits := s.(Auditor)
	switch {
	case refreshes && audits:
		return struct {
			reader
			Refresher
			Auditor
		}{reader{s}, r, a}
	case refreshes:
		return struct {
			reader
			Refresher
		}{reader{s}, r}
	case audits:
		return struct {
			reader
			Auditor
		}{reader{s}, a}
	}
	return reader{s}
}

// reader holds a Reader and nothing else, so that no type assertion brings the
// writing half back.
type reader struct{ Reader }
