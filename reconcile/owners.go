package reconcile

import "github.com/weirhq/weir/access"

// touched picks the owners of the spaces in which the plan changes something, or
// somebody gains or loses something.
func (p *Plan) touched(owners map[access.Ref]access.Ref) map[string]string {
	out := make(map[string]string)
	put := func(object access.Ref) {
		if owner := owners[object.Space()]; owner != "" {
			out[string(object.Space())] = string(owner)
		}
	}
	for _, c := range p.Changes {
		if f, err := access.ParseFact(c.Fact); err == nil {
			put(f.Object)
		}
	}
	for _, i := range p.Impacts {
		for _, o := range i.Objects {
			put(access.Ref(o))
		}
	}
	return out
}
