package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// permDeleteMail is a permission that Cloud has no word for: to delete mail from
// a space's archive.
const permDeleteMail = "delete_mail/space"

// dcPermissionWords are the fourteen permissions of a space in Data Center's
// words and in the site's, which are Cloud's (evidence B3).
var dcPermissionWords = []dcWord{
	{dcOperation{"space", "read"}, permView},
	{dcOperation{"space", "administer"}, permAdminister},
	{dcOperation{"space", "export"}, "export/space"},
	{dcOperation{"space", "restrict"}, permRestrict},
	{dcOperation{"space", "delete_own"}, permDeleteOwn},
	{dcOperation{"space", "delete_mail"}, permDeleteMail},
	{dcOperation{"page", "create"}, "create/page"},
	{dcOperation{"page", "delete"}, "delete/page"},
	{dcOperation{"blogpost", "create"}, "create/blogpost"},
	{dcOperation{"blogpost", "delete"}, "delete/blogpost"},
	{dcOperation{"comment", "create"}, "create/comment"},
	{dcOperation{"comment", "delete"}, "delete/comment"},
	{dcOperation{"attachment", "create"}, "create/attachment"},
	{dcOperation{"attachment", "delete"}, "delete/attachment"},
}

// dcWithin are permissions of Cloud that Data Center's word covers: adding pages
// is editing them too, administering is managing people. They come and go with
// it, and do not show.
var dcWithin = map[string]string{
	permView:          "export_content/space",
	permAdminister:    permManageUsers,
	"create/page":     "update/page",
	"create/blogpost": "update/blogpost",
}

// spaceAccess returns the permissions that a principal has in a space itself, by
// custom access or by a role.
func (s *state) spaceAccess(sp *space, who principal) set {
	if r := s.roles.get(sp.assigned[who]); r != nil {
		return r.Permissions
	}
	return sp.custom[who].permissions()
}

// setSpaceAccess replaces the permissions of a principal that Data Center has a
// word for. What it has no word for stays as it is, and whoever has a role
// changes to custom access, since Data Center knows no roles.
func (s *state) setSpaceAccess(sp *space, who principal, want set) {
	after := slices.Clone(s.spaceAccess(sp, who))
	changed := false
	for _, w := range dcPermissionWords {
		if after.has(w.id) == want.has(w.id) {
			continue
		}
		changed = true
		change := (*set).remove
		if want.has(w.id) {
			change = (*set).add
		}
		change(&after, w.id)
		if with := dcWithin[w.id]; with != "" {
			change(&after, with)
		}
	}
	if !changed {
		return
	}
	s.unassign(sp, who)
	for _, id := range sp.custom[who].permissions() {
		if !after.has(id) {
			s.dropPermission(sp, who, id)
		}
	}
	for _, id := range after {
		s.putPermission(sp, who, id)
	}
}

// spaceHolders returns who has permissions in a space: groups, then people, by
// name, then anonymous people. The other access classes are Cloud's and do not
// show.
func (s *state) spaceHolders(sp *space) []principal {
	all := slices.DeleteFunc(slices.Concat(sp.principals(), sp.grantees()), func(who principal) bool {
		return who.Type == typeClass && who != anonymous
	})
	rank := map[string]string{typeGroup: "1", typeUser: "2", typeClass: "3"}
	key := func(who principal) string {
		switch who.Type {
		case typeGroup:
			return rank[who.Type] + fold(s.groups.get(who.ID).Name)
		case typeUser:
			return rank[who.Type] + s.people.get(who.ID).username()
		}
		return rank[who.Type]
	}
	slices.SortFunc(all, func(a, b principal) int { return strings.Compare(key(a), key(b)) })
	return all
}

// dcAdministers reports whether the caller administers the space.
func (c *call) dcAdministers(sp *space) bool {
	return c.holds(c.caller, sp, permAdminister)
}

// dcAdministered finds the space of the path for its administrators: 404 for
// those who may not see it, 403 for those who may not administer it.
func (c *call) dcAdministered() (*space, error) {
	sp, err := c.dcVisibleSpace()
	if err != nil {
		return nil, err
	}
	if !c.dcAdministers(sp) {
		return nil, refuse(http.StatusForbidden, "", "only an administrator of space %s may do this", sp.Key)
	}
	return sp, nil
}

func (c *call) dcPermissionRows(sp *space, who principal) []any {
	rows := []any{}
	for _, op := range dcSay(c.spaceAccess(sp, who), dcPermissionWords) {
		rows = append(rows, object{"operation": op, "subject": c.dcSubject(who), "spaceKey": sp.Key, "spaceId": spaceNumber(sp)})
	}
	return rows
}

// dcPermissions lists what everybody has in a space: an array, not a page.
func dcPermissions(c *call) (answer, error) {
	sp, err := c.dcAdministered()
	if err != nil {
		return answer{}, err
	}
	return ok(c.dcAllPermissionRows(sp))
}

func (c *call) dcAllPermissionRows(sp *space) []any {
	rows := []any{}
	for _, who := range c.spaceHolders(sp) {
		rows = append(rows, c.dcPermissionRows(sp, who)...)
	}
	return rows
}

// dcPermissionSubject finds the space and the subject that the path names: people
// by their key only (B3).
func (c *call) dcPermissionSubject() (*space, principal, error) {
	sp, err := c.dcAdministered()
	if err != nil {
		return nil, principal{}, err
	}
	switch kind := strings.Split(c.route.pattern, "/")[4]; kind {
	case "anonymous":
		return sp, anonymous, nil
	case "group":
		g, err := c.dcNamedGroup()
		if err != nil {
			return nil, principal{}, err
		}
		return sp, principal{typeGroup, g.ID}, nil
	}
	if p := c.personByKey(c.vars["userKey"]); p != nil {
		return sp, principal{typeUser, p.ID}, nil
	}
	return nil, principal{}, refuse(http.StatusNotFound, "", "there is no user with the key %q", c.vars["userKey"])
}

func dcSubjectPermissions(c *call) (answer, error) {
	sp, who, err := c.dcPermissionSubject()
	if err != nil {
		return answer{}, err
	}
	return ok(c.dcPermissionRows(sp, who))
}

// accessWrite says what one principal shall have in a space.
type accessWrite struct {
	who  principal
	want set
}

// setSpaceAccesses writes all of it, or nothing if a space would be left without
// an administrator: documents are silent, and Cloud's rule is the safer one to
// be held to.
func (s *state) setSpaceAccesses(sp *space, writes []accessWrite) error {
	if s.limits.free() {
		return refuse(http.StatusBadRequest, "", "permissions cannot be customised on the Free plan")
	}
	had, left := false, false
	for _, who := range slices.Concat(sp.principals(), sp.grantees()) {
		has := s.spaceAccess(sp, who).has(permAdminister)
		had = had || has
		left = left || has && !slices.ContainsFunc(writes, func(w accessWrite) bool { return w.who == who })
	}
	left = left || slices.ContainsFunc(writes, func(w accessWrite) bool { return w.want.has(permAdminister) })
	if had && !left {
		return errLastAdmin(sp)
	}
	for _, w := range writes {
		s.setSpaceAccess(sp, w.who, w.want)
	}
	return nil
}

func dcGrantPermissions(c *call) (answer, error) {
	return c.dcChangePermissions((*set).add)
}

// dcRevokePermissions skips what is not there (published). Each permission is a
// row of its own: taking the view takes nothing else, as far as documents say.
func dcRevokePermissions(c *call) (answer, error) {
	return c.dcChangePermissions((*set).remove)
}

func (c *call) dcChangePermissions(change func(*set, string)) (answer, error) {
	sp, who, err := c.dcPermissionSubject()
	if err != nil {
		return answer{}, err
	}
	var in []dcOperation
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	ops, err := dcRead(in, dcPermissionWords)
	if err != nil {
		return answer{}, err
	}
	want := slices.Clone(c.spaceAccess(sp, who))
	for _, id := range ops {
		change(&want, id)
	}
	if err := c.setSpaceAccesses(sp, []accessWrite{{who, want}}); err != nil {
		return answer{}, err
	}
	return noContent()
}

// dcSetPermissions replaces what each listed subject has; the others keep theirs
// (published).
func dcSetPermissions(c *call) (answer, error) {
	sp, err := c.dcAdministered()
	if err != nil {
		return answer{}, err
	}
	in, subjects, err := c.dcSubjects()
	if err != nil {
		return answer{}, err
	}
	var writes []accessWrite
	for i, who := range subjects {
		want, err := dcRead(in[i].Operations, dcPermissionWords)
		if err != nil {
			return answer{}, err
		}
		writes = append(writes, accessWrite{who, want})
	}
	if err := c.setSpaceAccesses(sp, writes); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK}, nil
}
