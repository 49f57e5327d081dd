package emulator

// The emulator's own permission engine: what a caller may do. It reads roles
// and groups the direct way and shares nothing with weir's.

// holds yields the permissions that the person has in the space: the union over
// themselves, their groups and the access classes they are in. There is no deny
// (DOMAIN.md, "Three levels of permission").
func (s *state) holds(p *person, sp *space, permission string) bool {
	if !s.enters(p) {
		return false
	}
	for who, id := range sp.assigned {
		if s.roles.get(id).Permissions.has(permission) && s.stands(p, who) {
			return true
		}
	}
	return false
}

// stands reports whether a grant to the principal is a grant to the person.
func (s *state) stands(p *person, who principal) bool {
	switch who.Type {
	case typeUser:
		return who.ID == p.ID
	case typeGroup:
		return p.groups.has(who.ID)
	}
	switch who.ID {
	case ClassAnonymous, ClassAuthenticated:
		return true
	case ClassLicensed:
		return s.seated(p)
	case ClassProductAdmins:
		return s.administers(p)
	}
	return false // jsm-project-admins: there is no Jira Service Management here
}

// sees reports whether the space exists for the person. A Confluence
// administrator sees every space and its access, as in the product's admin
// pages, which is not the same as seeing its pages (DOMAIN.md; "in ROLES mode a
// non-product-admin can only grant what they have": A1).
func (s *state) sees(p *person, sp *space) bool {
	return s.administers(p) || s.holds(p, sp, permView)
}

// manages reports whether the person may change roles in the space at all.
func (s *state) manages(p *person, sp *space) bool {
	return s.administers(p) || s.holds(p, sp, permManageUsers)
}

// mayGrant reports whether the person may give the role: product admins any,
// others only one whose every permission they have themselves (A1).
func (s *state) mayGrant(p *person, sp *space, r *role) bool {
	if s.administers(p) {
		return true
	}
	for _, id := range r.Permissions {
		if !s.holds(p, sp, id) {
			return false
		}
	}
	return true
}
