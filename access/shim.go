package access

import "slices"

const (
	ToView       = "view"
	ToEdit       = "edit"
	ToAdminister = "admin"
)

func (v *View) People() []Ref {
	var out []Ref
	for p := range v.people {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

func (v *View) ProductAdmin(p Ref) bool { return v.admins[p] }
