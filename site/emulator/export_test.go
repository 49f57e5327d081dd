package emulator

// Routes are the operations of both dialects, as "METHOD /path" with variables
// in braces.
func Routes() (cloud, dataCenter []string) {
	list := func(table []*route) (out []string) {
		for _, r := range table {
			out = append(out, r.method+" "+r.surface.prefix+r.pattern)
		}
		return out
	}
	return list(routes), list(dcRoutes)
}
