package emulator

// The emulator's own permission engine: what a caller may do. It reads roles,
// permissions, groups and restrictions the direct way and shares nothing with
// weir's. A nil person is anybody without credentials.

// anonymous is the principal that stands for everybody, logged in or not.
var anonymous = principal{typeClass, ClassAnonymous}

// holds reports whether the person has the permission in the space: the union
// over themselves, their groups and the access classes they are in, through
// roles and custom access. There is no deny (evidence, Domain, "Three levels of
// permission").
func (s *state) holds(p *person, sp *space, permission string) bool {
	if !s.enters(p) {
		return false
	}
	if s.super(p) {
		return true
	}
	for who, id := range sp.assigned {
		if s.roles.get(id).Permissions.has(permission) && s.stands(p, who) {
			return true
		}
	}
	for who, access := range sp.custom {
		if access.has(permission) && s.stands(p, who) {
			return true
		}
	}
	return false
}

// stands reports whether a grant to the principal is a grant to the person.
func (s *state) stands(p *person, who principal) bool {
	if p == nil {
		return who == anonymous
	}
	switch who.Type {
	case typeUser:
		return who.ID == p.ID
	case typeGroup:
		// "No group-based guest space access" (evidence A9).
		return s.groupsOf(p).has(who.ID) && !s.guest(p)
	}
	switch who.ID {
	case ClassAnonymous:
		return true
	case ClassAuthenticated:
		return !s.guest(p)
	case ClassLicensed:
		return s.seated(p)
	case ClassProductAdmins:
		return s.administers(p)
	}
	return false // jsm-project-admins: there is no Jira Service Management here
}

// views reports whether the person may view the content: the space, and every
// view restriction on the way down to it.
func (s *state) views(p *person, c *content) bool {
	return s.holds(p, s.spaceOf(c), permView) && s.passes(p, c)
}

// edits reports whether the person may edit the content: they view it, the
// space lets them edit its type and is not archived, and the content's own edit
// restriction names them. Those of the pages above do not count.
func (s *state) edits(p *person, c *content) bool {
	need := map[string]string{typePage: "update/page", typeBlogPost: "update/blogpost", typeAttachment: "create/attachment"}[c.Type]
	if adds := map[string]string{typePage: "create/page", typeBlogPost: "create/blogpost"}[c.Type]; adds != "" && s.roleMode() == ModePreRoles && s.does(p, c, adds) {
		// Before roles no permission to edit pages or blog posts can be given, so
		// whoever adds them must be one who edits them (evidence A7).
		return true
	}
	return s.does(p, c, need)
}

// deletes reports whether the person may delete the content: with the space's
// permission for its type, or for their own content.
func (s *state) deletes(p *person, c *content) bool {
	return s.does(p, c, "delete/"+c.Type) || p != nil && c.Author == p.ID && s.does(p, c, permDeleteOwn)
}

// restricts reports whether the person may change the restrictions of the
// content: they edit it, and the space lets them restrict (evidence, Domain).
func (s *state) restricts(p *person, c *content) bool {
	return s.edits(p, c) && s.holds(p, s.spaceOf(c), permRestrict)
}

func (s *state) does(p *person, c *content, permission string) bool {
	sp := s.spaceOf(c)
	return s.views(p, c) && sp.Status == statusCurrent && s.holds(p, sp, permission) && s.admits(c.Update, p)
}

// sees reports whether the space exists for the person. A Confluence
// administrator sees every space and its access, as in the product's admin
// pages, which is not the same as seeing its pages (evidence, Domain; "in ROLES mode a
// non-product-admin can only grant what they have": A1).
func (s *state) sees(p *person, sp *space) bool {
	return s.administers(p) || s.holds(p, sp, permView)
}

// manages reports whether the person may change roles in the space at all. In
// transition that is enough to give any; later it takes mayGrant as well (A1).
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
