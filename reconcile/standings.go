package reconcile

import (
	"slices"

	"github.com/weirhq/weir/access"
)

// ByStanding folds impacts further than [Fold]: those of one class that take people
// from one standing to another on objects of one type, whatever does it. It is how
// a few lines tell what a plan does to everybody. What was folded has no cause, and
// not everybody in it is reached on every object.
func ByStanding(list []Impact) []Impact {
	type key struct {
		class   string
		gains   bool
		was, is string
		typ     string
	}
	at := make(map[key]int)
	var out []Impact
	for _, i := range list {
		k := key{i.Class, i.Gains, i.Was, i.Is, access.Ref(i.Objects[0]).Type()}
		n, had := at[k]
		if !had {
			at[k] = len(out)
			out = append(out, i)
			continue
		}
		o := &out[n]
		o.Cause, o.Reason, o.Origin = Cause{}, "", nil
		o.People, o.Objects, o.Permissions = merged(o.People, i.People), merged(o.Objects, i.Objects), merged(o.Permissions, i.Permissions)
	}
	slices.SortStableFunc(out, Impact.graver)
	return out
}
