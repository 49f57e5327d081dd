package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// The global permissions: what somebody may do on the whole site. Using and
// administering Confluence are the product roles user and admin
// (evidence A5); the others are kept by these names with the person,
// the group, or the site for people without credentials or a licence. Cloud has
// no API for them, Data Center has one for all (B2).
const (
	GlobalUse           = "use"
	GlobalAdminister    = "administer"
	GlobalSystem        = "system_administer"
	GlobalCreateSpace   = "create_space"
	GlobalPersonalSpace = "personal_space"
	GlobalProfiles      = "view_profiles"
)

// personGlobals returns the global permissions that the person has directly. A
// site's or organisation's admin counts as a system administrator.
func (s *state) personGlobals(p *person) set {
	out := globalsOf(p.Product, p.Globals)
	if s.siteAdmin(p) {
		out.add(GlobalSystem)
	}
	return out
}

// groupGlobals returns the global permissions that the group has itself.
func (s *state) groupGlobals(g *group) set { return globalsOf(g.Product, g.Globals) }

func globalsOf(product, others set) set {
	out := slices.Clone(others)
	if slices.ContainsFunc(product, letsIn) {
		out.add(GlobalUse)
	}
	if product.has(roleAdmin) {
		out.add(GlobalAdminister)
	}
	return out
}

// hasGlobal reports whether the person has a global permission, themselves or
// through a group.
func (s *state) hasGlobal(p *person, permission string) bool {
	return s.personGlobals(p).has(permission) || slices.ContainsFunc(s.groupsOf(p), func(id string) bool {
		return s.groupGlobals(s.groups.get(id)).has(permission)
	})
}

// globalsWrite says which global permissions one subject shall have: a person,
// a group, or the list of those without credentials or a licence.
type globalsWrite struct {
	person *person
	group  *group
	list   *set
	want   set
}

// has returns what the subject has now.
func (s *state) has(w globalsWrite) set {
	switch {
	case w.person != nil:
		return s.personGlobals(w.person)
	case w.group != nil:
		return s.groupGlobals(w.group)
	}
	return *w.list
}

// setGlobals writes what the subjects shall have: all of it, or nothing if
// something is refused. Nobody has anything without GlobalUse: revoking it takes
// the rest (B2), and documents do not say what granting the rest alone does, so
// that is refused.
func (s *state) setGlobals(writes []globalsWrite) error {
	var seats []*person
	for _, w := range writes {
		if len(w.want) > 0 && !w.want.has(GlobalUse) {
			return refuse(http.StatusBadRequest, "", "a global permission needs the permission to use Confluence")
		}
		if w.person != nil && s.siteAdmin(w.person) && !w.want.has(GlobalSystem) {
			if err := s.keepsOrgAdmin(w.person); err != nil {
				return err
			}
		}
		if !w.want.has(GlobalUse) || s.has(w).has(GlobalUse) {
			continue
		}
		if w.person != nil {
			seats = append(seats, w.person)
		}
		if w.group != nil {
			for _, id := range s.everyMember(w.group) {
				seats = append(seats, s.people.get(id))
			}
		}
	}
	slices.SortFunc(seats, func(a, b *person) int { return strings.Compare(a.ID, b.ID) })
	seats = slices.DeleteFunc(slices.Compact(seats), func(p *person) bool { return !p.works() })
	if err := s.roomFor(seats...); err != nil {
		return err
	}
	for _, w := range writes {
		s.putGlobals(w)
	}
	return nil
}

// putGlobals writes what one subject shall have, whatever the rules say.
func (s *state) putGlobals(w globalsWrite) {
	before := slices.Clone(s.has(w))
	if slices.Equal(before, w.want) {
		return
	}
	s.auditGlobals(w, before)
	others := slices.Clone(w.want)
	switch {
	case w.person != nil:
		if s.siteAdmin(w.person) {
			if w.want.has(GlobalSystem) {
				others.remove(GlobalSystem) // they have it by their role
			} else {
				w.person.Platform.remove(roleOrgAdmin)
				w.person.Platform.remove(roleSiteAdmin)
			}
		}
		w.person.Product, w.person.Globals = productOf(w.person.Product, w.want), withoutRoles(others)
		s.savePerson(w.person)
	case w.group != nil:
		w.group.Product, w.group.Globals = productOf(w.group.Product, w.want), withoutRoles(others)
		s.saveGroup(w.group)
	default:
		*w.list = others
		s.save(tableSite, "", s.site)
	}
}

// auditGlobals says who has what from now on. The words are chosen
// (docs/evidence.md "Unknown" 12).
func (s *state) auditGlobals(w globalsWrite, before set) {
	with := AuditObject{"people without credentials or a licence", "Access class"}
	switch {
	case w.person != nil:
		with = AuditObject{w.person.Name, "User"}
	case w.group != nil:
		with = AuditObject{w.group.Name, "Group"}
	}
	site := AuditObject{s.site.Name, "Site"}
	for _, id := range before {
		if !w.want.has(id) {
			s.audit("Permissions", "Global permission removed", site, []AuditChange{{Name: "Type", Old: id}}, with)
		}
	}
	for _, id := range w.want {
		if !before.has(id) {
			s.audit("Permissions", "Global permission added", site, []AuditChange{{Name: "Type", New: id}}, with)
		}
	}
}

// productOf changes product roles so that they say what is wanted of using and
// administering, and nothing else.
func productOf(roles, want set) set {
	out := slices.Clone(roles)
	if want.has(GlobalAdminister) {
		out.add(roleAdmin)
	} else {
		out.remove(roleAdmin)
	}
	switch {
	case !want.has(GlobalUse):
		out = slices.DeleteFunc(out, letsIn)
	case !slices.ContainsFunc(out, letsIn):
		out.add(roleUser)
	}
	return out
}

func withoutRoles(globals set) set {
	globals.remove(GlobalUse)
	globals.remove(GlobalAdminister)
	return globals
}

// createsSpaces reports whether the person may create spaces. Until somebody
// limits it in the admin pages, everybody licensed may, as the product starts on
// Cloud; a guest never. Being an administrator does not imply it.
func (s *state) createsSpaces(p *person) bool {
	return s.seated(p) && (!s.site.CreateLimited || s.hasGlobal(p, GlobalCreateSpace))
}
