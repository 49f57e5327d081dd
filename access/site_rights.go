package access

import "slices"

// What people can do on the site as a whole:
//   - whoever may enter uses it, and the public where it is let in.
//   - to administer is the product role admin, their own or a group's. A system
//     administrator administers as well, and a member of the super-group does
//     everything (evidence B2: "each is the next one's superior").
//   - the other global permissions are their `global` facts. They reach people as
//     grants in spaces do, so none reaches a guest through a group; documents do
//     not say whether one would.

func (v *View) readSite() {
	lists := make(map[string]bitmap)
	grant := func(verb string, c *crowd) {
		if lists[verb] == nil {
			lists[verb] = make(bitmap, v.words())
		}
		c.into(lists[verb])
	}
	for f := range v.facts.OfKind(Global) {
		grant(f.Verb, v.reached[f.Subject])
	}
	grant(GlobalAdminister, v.crowdOf(v.admins))
	if list := lists[GlobalSystemAdminister]; list != nil {
		grant(GlobalAdminister, v.crowdOf(list))
	}
	v.site = make(map[string]*crowd)
	for verb, list := range lists {
		v.site[verb] = v.crowdOf(list)
	}
	v.site[GlobalUse] = v.crowdOf(v.enters)
}

func (v *View) siteRights(i int32) Permissions {
	var out []string
	for _, verb := range globals {
		if c := v.site[verb]; c != nil && c.has(i) || v.super.has(i) {
			out = append(out, verb)
		}
	}
	return NewPermissions(out...)
}

func (v *View) ableOnSite(op string, out bitmap) {
	if !slices.Contains(globals, op) {
		return
	}
	if c := v.site[op]; c != nil {
		c.into(out)
	}
	v.super.into(out)
}
