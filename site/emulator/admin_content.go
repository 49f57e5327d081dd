package emulator

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// Unaudited returns an Admin whose edits leave no audit records, as if the site
// had always been so: for sites that are made up in bulk.
func (a Admin) Unaudited() Admin {
	a.unaudited = true
	return a
}

// By returns an Admin whose edits the audit log tells as somebody's. What they may do
// is not asked: whoever edits in the admin pages may.
func (a Admin) By(email string) (Admin, error) {
	err := a.do(func(s *state, _ time.Time) error {
		p, err := s.personNamed(email)
		if err == nil {
			a.by = p.ID
		}
		return err
	})
	return a, err
}

// SetRoleMode moves the site on to ModeTransition or ModeRoles. There is no way
// back.
func (a Admin) SetRoleMode(mode string) error {
	return a.do(func(s *state, _ time.Time) error { return s.setRoleMode(mode) })
}

// AddPermission gives a principal a permission in a space, with what comes with
// it: "read/space" first.
func (a Admin) AddPermission(key string, who Principal, permission string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.resolve(who)
		if err != nil {
			return err
		}
		_, err = s.addPermission(sp, p, permission)
		return err
	})
}

// RemovePermission takes a permission in a space, with what goes with it:
// everything, for "read/space".
func (a Admin) RemovePermission(key string, who Principal, permission string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.resolve(who)
		if err != nil {
			return err
		}
		if !sp.custom[p].has(permission) {
			return refuse(http.StatusNotFound, "", "the principal does not have %s in %s", permission, sp.Key)
		}
		return s.removePermission(sp, p, permission)
	})
}

// SetPermissions makes these the permissions that a principal has in a space, in
// place of what it had beside a role: exactly these, without the companions of
// [Admin.AddPermission] that are not among them.
func (a Admin) SetPermissions(key string, who Principal, permissions ...string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.resolve(who)
		if err != nil {
			return err
		}
		want := newSet(permissions)
		if len(want) > 0 && !want.has(permView) {
			return refuse(http.StatusBadRequest, "", "every permission needs %s", permView)
		}
		// What others rest on comes first, and what brings others before those: a
		// site without roles takes some of them in no other way.
		order := slices.Clone(want)
		rank := func(id string) int {
			switch {
			case id == permView:
				return 0
			case companions[id] != "":
				return 1
			}
			return 2
		}
		slices.SortStableFunc(order, func(a, b string) int { return rank(a) - rank(b) })
		for _, id := range order {
			if sp.custom[p].has(id) {
				continue
			}
			if _, err := s.addPermission(sp, p, id); err != nil {
				return err
			}
		}
		if sp.custom[p].has(permAdminister) && !want.has(permAdminister) {
			left := maps.Clone(sp.custom)
			delete(left, p)
			if s.adminsOf(sp.assigned, left) == 0 {
				return errLastAdmin(sp)
			}
		}
		for _, id := range sp.custom[p].permissions() {
			if !want.has(id) {
				s.dropPermission(sp, p, id)
			}
		}
		return nil
	})
}

// RecoverSpace makes a Confluence administrator admin of a space, as the page
// for recovering permissions does: it is how a space without an admin gets one.
func (a Admin) RecoverSpace(key, email string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		if !s.administers(p) {
			return refuse(http.StatusForbidden, "", "%s is no Confluence administrator", email)
		}
		who := principal{typeUser, p.ID}
		if s.roleMode() != ModePreRoles {
			return s.setRoles(sp, []grant{{who, s.roleNamed("Admin")}})
		}
		s.putWithCompanion(sp, who, permView)
		s.putWithCompanion(sp, who, permAdminister)
		return nil
	})
}

// CreatePage makes a page below another of its space; below the home page, if
// no title is given.
func (a Admin) CreatePage(key, title, parent string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		above, err := s.pageNamed(sp, parent)
		if err != nil {
			return err
		}
		_, err = s.createContent(sp, typePage, title, above, s.site.Account, s.at)
		return err
	})
}

// CreateBlogPost makes a blog post.
func (a Admin) CreateBlogPost(key, title string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		_, err := s.createContent(sp, typeBlogPost, title, nil, s.site.Account, s.at)
		return err
	})
}

// Attach attaches a file to a page or a blog post.
func (a Admin) Attach(key, title, file string) error {
	return a.onContent(key, title, func(s *state, c *content) error {
		_, err := s.createContent(s.spaceOf(c), typeAttachment, file, c, s.site.Account, s.at)
		return err
	})
}

// WritePage gives a page or a blog post a body in storage format, in place of
// what it had: XHTML without attributes, <ac:link> to pages, and <ac:image> of
// attached files. Anything else, and what is malformed, is refused.
func (a Admin) WritePage(key, title, storage string) error {
	return a.onContent(key, title, func(s *state, c *content) error { return s.writeContent(c, storage, s.at) })
}

// Write lets somebody make a page below the home page, or change the one of this
// title, at the time of the clock: with the right to, and having looked at it.
func (a Admin) Write(key, title, email string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.personNamed(email)
		if err != nil {
			return err
		}
		c := s.contentTitled(sp, typePage, title)
		switch {
		case !s.mayEnter(p):
			return notFound("space")
		case sp.Status == statusArchived:
			return refuse(http.StatusBadRequest, "", "space %s is archived", sp.Key)
		case c == nil && !s.holds(p, sp, "create/page"), c != nil && !s.edits(p, c):
			return refuse(http.StatusForbidden, "", "%s may not write %q in %s", email, title, sp.Key)
		case c == nil:
			_, err = s.createContent(sp, typePage, title, s.contentByID(sp.Homepage), p.ID, s.at)
		default:
			s.touch(c, s.at)
		}
		if err == nil {
			s.viewed(p, s.at)
		}
		return err
	})
}

// MovePage puts a page below another of its space, the home page if no title is
// given. The view restrictions above it are others then.
func (a Admin) MovePage(key, title, parent string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		c := s.contentTitled(sp, typePage, title)
		if c == nil {
			return refuse(http.StatusNotFound, "", "%s has no page titled %q", sp.Key, title)
		}
		above, err := s.pageNamed(sp, parent)
		if err != nil {
			return err
		}
		return s.movePage(c, above, s.at)
	})
}

// DeletePage deletes a page or a blog post for good. The pages below it move up.
func (a Admin) DeletePage(key, title string) error {
	return a.onContent(key, title, func(s *state, c *content) error {
		s.deleteContent(c)
		return nil
	})
}

// Restrict adds a principal to the restriction of a page or blog post for an
// operation: "read" or "update".
func (a Admin) Restrict(key, title, operation string, who Principal) error {
	return a.restriction(key, title, operation, who, func(names *set, id string) error {
		names.add(id)
		return nil
	})
}

// Unrestrict takes a principal out of the restriction of a page or blog post. A
// group that is gone is named by its id.
func (a Admin) Unrestrict(key, title, operation string, who Principal) error {
	return a.restriction(key, title, operation, who, func(names *set, id string) error {
		if !names.has(id) {
			return notFound("restriction")
		}
		names.remove(id)
		return nil
	})
}

func (a Admin) restriction(key, title, operation string, who Principal, change func(*set, string) error) error {
	return a.onContent(key, title, func(s *state, c *content) error {
		if err := s.customizable(c); err != nil {
			return err
		}
		all := c.restrictions()
		one := all.of(operation)
		if one == nil {
			return refuse(http.StatusBadRequest, "", "content is restricted for read and update, not for %q", operation)
		}
		p, err := s.resolve(who)
		if err != nil {
			// Groups that are gone are still named, by their ids.
			if who.Group == "" || !slices.Contains(one.Groups, who.Group) {
				return err
			}
			p = principal{typeGroup, who.Group}
		}
		if p.Type == typeClass {
			return s.restrictable(p)
		}
		if err := change(one.of(p.Type), p.ID); err != nil {
			return err
		}
		s.restrict(c, all)
		return nil
	})
}

// RestrictedPage is one line of a space's list of restricted pages.
type RestrictedPage struct {
	ID      string
	Title   string
	Read    bool // there is a view restriction of its own
	Update  bool // there is an edit restriction of its own
	Visible bool // to the one who looks at the list
}

// RestrictedPages is the list of restricted pages among a space's settings, as
// one of its admins sees it: also with the pages that they cannot view. No API
// has this list.
func (a Admin) RestrictedPages(key, email string) (out []RestrictedPage, err error) {
	err = a.onSpace(key, func(s *state, sp *space) error {
		p, err := s.spaceAdmin(sp, email)
		if err != nil {
			return err
		}
		for _, order := range sp.contents {
			if c := s.contents.get(order); !c.Read.empty() || !c.Update.empty() {
				out = append(out, RestrictedPage{c.ID, c.Title, !c.Read.empty(), !c.Update.empty(), s.views(p, c)})
			}
		}
		return nil
	})
	return out, err
}

// LiftRestrictions removes the restrictions of a page from that list, as one of
// the space's admins: also of one that they cannot view, in which case no API
// helps them.
func (a Admin) LiftRestrictions(key, title, email string) error {
	return a.onContent(key, title, func(s *state, c *content) error {
		p, err := s.spaceAdmin(s.spaceOf(c), email)
		if err != nil {
			return err
		}
		if err := s.customizable(c); err != nil {
			return err
		}
		s.by = p.ID
		s.restrict(c, restrictions{})
		return nil
	})
}

func (s *state) spaceAdmin(sp *space, email string) (*person, error) {
	p, err := s.personNamed(email)
	if err != nil {
		return nil, err
	}
	if !s.holds(p, sp, permAdminister) {
		return nil, refuse(http.StatusForbidden, "", "%s is no admin of space %s", email, sp.Key)
	}
	return p, nil
}

// pageNamed finds a page by its title, the home page for none; a space may have
// lost that.
func (s *state) pageNamed(sp *space, title string) (*content, error) {
	if title == "" {
		return s.contentByID(sp.Homepage), nil
	}
	if c := s.contentTitled(sp, typePage, title); c != nil {
		return c, nil
	}
	return nil, refuse(http.StatusNotFound, "", "%s has no page titled %q", sp.Key, title)
}

// Pages returns an Admin to whom a title means a page, and BlogPosts one to whom
// it means a blog post: a space may have both under one title.
func (a Admin) Pages() Admin {
	a.only = typePage
	return a
}

// BlogPosts is the counterpart of Pages.
func (a Admin) BlogPosts() Admin {
	a.only = typeBlogPost
	return a
}

// onContent finds content by its title: of the type that is meant, or else a page
// before a blog post.
func (a Admin) onContent(key, title string, act func(*state, *content) error) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		for _, kind := range []string{typePage, typeBlogPost} {
			if a.only != "" && a.only != kind {
				continue
			}
			if c := s.contentTitled(sp, kind, title); c != nil {
				return act(s, c)
			}
		}
		return refuse(http.StatusNotFound, "", "%s has nothing titled %q", sp.Key, title)
	})
}

// Object is what [Emulator.Can] asks about. Exactly one field is set.
type Object struct {
	Space string // its key
	Page  string // the id of a page, a blog post or an attachment
}

// Can reports whether somebody may do something, by the emulator's own reckoning.
// The account is an id, or empty for people without credentials. On a space the
// operation is a permission ("read/space"); on content it is read, update,
// delete or restrict. Admin keys do not count.
func (e *Emulator) Can(account, operation string, on Object) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.state
	p := s.people.get(account)
	if account != "" && p == nil {
		return false
	}
	if sp := s.byKey[fold(on.Space)]; on.Space != "" {
		return sp != nil && s.holds(p, sp, operation)
	}
	c := s.contentByID(on.Page)
	if c == nil {
		return false
	}
	switch operation {
	case opRead:
		return s.views(p, c)
	case opUpdate:
		return s.edits(p, c)
	case opDelete:
		return s.deletes(p, c)
	case "restrict":
		return s.restricts(p, c)
	}
	return false
}
