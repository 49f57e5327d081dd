package emulator

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// dcUserRow is a person as Data Center shows them. The document's Person has
// neither user name nor key; live ones do (evidence B0).
func (c *call) dcUserRow(p *person) any {
	row := object{
		"type": "known", "username": p.username(), "userKey": p.userKey(), "displayName": p.Name,
		"profilePicture": object{"path": "/images/icons/profilepics/default.svg", "width": 48, "height": 48, "isDefault": true},
		"_links":         object{"self": c.base() + "/rest/api/user?key=" + p.userKey()},
		"_expandable":    object{"status": ""},
	}
	if slices.Contains(c.list("expand"), "status") {
		row["status"] = "active"
		if !p.works() {
			row["status"] = "deactivated"
		}
		row["_expandable"] = object{}
	}
	return row
}

func dcAnonymousUser(c *call) (answer, error) { return ok(c.dcAnonymous()) }

func (c *call) dcAnonymous() object {
	return object{
		"type": "anonymous", "displayName": "Anonymous",
		"profilePicture": object{"path": "/images/icons/profilepics/anonymous.svg", "width": 48, "height": 48, "isDefault": true},
	}
}

// registered lists the people in the directory that are kept, in the order of
// their keys.
func (s *state) registered(keep func(*person) bool) []*person {
	var out []*person
	for p := range s.people.all() {
		if s.member(p.ID) != nil && keep(p) {
			out = append(out, p)
		}
	}
	return out
}

func byUsername(a, b *person) int { return strings.Compare(a.username(), b.username()) }

// dcQueriedUser finds the person whom key or username names.
func (c *call) dcQueriedUser() (*person, error) {
	key, name := c.query.Get("key"), c.query.Get("username")
	if key == "" && name == "" {
		return nil, refuse(http.StatusBadRequest, "", "either key or username is needed")
	}
	var p *person
	if key != "" {
		p = c.personByKey(key)
	} else {
		p = c.personByUser(name)
	}
	if p == nil {
		return nil, refuse(http.StatusNotFound, "", "there is no user %q", cmp.Or(key, name))
	}
	return p, nil
}

// dcNamedUser finds the person whom the path names.
func (c *call) dcNamedUser() (*person, error) {
	if p := c.personByUser(c.vars["username"]); p != nil {
		return p, nil
	}
	return nil, refuse(http.StatusNotFound, "", "there is no user %q", c.vars["username"])
}

func dcUser(c *call) (answer, error) {
	p, err := c.dcQueriedUser()
	if err != nil {
		return answer{}, err
	}
	return ok(c.dcUserRow(p))
}

func dcCurrentUser(c *call) (answer, error) { return ok(c.dcUserRow(c.caller)) }

// dcUserMax is the largest page of people, as published for the default.
const dcUserMax = 100

// dcUsers lists everybody, whether or not they are enabled or may use Confluence
// (published).
func dcUsers(c *call) (answer, error) {
	return listDC(c, c.registered(func(*person) bool { return true }), dcUserMax, dcUserMax, c.dcUserRow)
}

// dcActiveUsers lists those who count for the licence (published).
func dcActiveUsers(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	return listDC(c, c.registered(c.seated), dcUserMax, dcUserMax, c.dcUserRow)
}

// dcMemberOf lists the groups that a person is in, the parents of their groups
// included, like dcMembers.
func dcMemberOf(c *call) (answer, error) {
	p, err := c.dcQueriedUser()
	if err != nil {
		return answer{}, err
	}
	return c.listGroupsDC(c.groupsOf(p))
}

// checkUserName and checkFullName are the published rules of names.
func checkUserName(name string) error {
	if strings.TrimSpace(name) == "" || name != strings.ToLower(name) || strings.ContainsAny(name, "\\,+<>'\"") ||
		strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '\u00a0' }) || name == "anonymous" {
		return refuse(http.StatusBadRequest, "", "%q is no user name: no capitals, spaces or \\ , + < > ' \"", name)
	}
	return nil
}

func checkFullName(name string) error {
	if strings.TrimSpace(name) == "" || strings.ContainsAny(name, "<>") || strings.EqualFold(name, "anonymous") {
		return refuse(http.StatusBadRequest, "", "%q is no full name: it is empty, has < or >, or is reserved", name)
	}
	return nil
}

// defaultGroup is where new people are put, if it is there: the document speaks
// of licences (402) and not of groups, and a membership that nobody asked for is
// the worst case.
const defaultGroup = "confluence-users"

// dcCreateUser makes a person with a password, or one who is told by e-mail
// (published). Accounts here have one address each; a second one with it is 400,
// where the product takes it.
func dcCreateUser(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	var in struct {
		UserName string `json:"userName"`
		FullName string `json:"fullName"`
		Email    string `json:"email"`
		Password string `json:"password"`
		Notify   bool   `json:"notifyViaEmail"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if err := cmp.Or(checkUserName(in.UserName), checkFullName(in.FullName), validEmail(in.Email)); err != nil {
		return answer{}, err
	}
	switch {
	case in.Notify == (in.Password != ""):
		return answer{}, refuse(http.StatusBadRequest, "", "either password or notifyViaEmail is needed")
	case c.byUser[in.UserName] != nil:
		return answer{}, refuse(http.StatusConflict, "", "there is a user %q already", in.UserName)
	case c.byEmail[fold(in.Email)] != nil:
		return answer{}, refuse(http.StatusBadRequest, "", "somebody has the address %s already", in.Email)
	}
	p := &person{
		ID: c.newAccountID(), Email: in.Email, Name: in.FullName, Username: in.UserName,
		Account: accountActive, Directory: directoryActive, Added: c.now,
	}
	g := c.byName[defaultGroup]
	if g != nil && c.givesSeat(g) {
		if err := c.roomFor(p); err != nil {
			return answer{}, dcNoSeat(err, http.StatusPaymentRequired)
		}
	}
	if in.Password != "" {
		p.Password = c.digest(p, in.Password)
	}
	c.addPerson(p)
	if g != nil && g.writable() {
		c.addMember(g, p)
	}
	return created(object{"userKey": p.userKey()})
}

// dcNoSeat gives the refusal for too few seats a status that the document has.
func dcNoSeat(err error, status int) error {
	var r *Refusal
	if errors.As(err, &r) && r.Status == http.StatusConflict {
		return restate(err, status)
	}
	return err
}

// restate gives a refusal of the core another status.
func restate(err error, status int) error {
	var r *Refusal
	if errors.As(err, &r) {
		return &Refusal{Status: status, Detail: r.Detail}
	}
	return err
}

// dcTouchedUser finds the person of the path for a write: only system
// administrators change one, and nobody an account that another directory holds
// (evidence B1: "writes fail"; the status is chosen).
func (c *call) dcTouchedUser() (*person, error) {
	if err := c.needAdmin(); err != nil {
		return nil, err
	}
	p, err := c.dcNamedUser()
	switch {
	case err != nil:
		return nil, err
	case c.systemAdmin(p) && !c.systemAdmin(c.caller):
		return nil, c.needSystemAdmin()
	case p.Unmanaged:
		return nil, refuse(http.StatusForbidden, "", "the directory of %s is read-only", p.username())
	}
	return p, nil
}

// dcUpdateUser changes what is given: address and full name (published).
func dcUpdateUser(c *call) (answer, error) {
	p, err := c.dcTouchedUser()
	if err != nil {
		return answer{}, err
	}
	var in struct {
		FullName *string `json:"fullName"`
		Email    *string `json:"email"`
		Password *string `json:"currentPassword"` // for one's own account
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if in.FullName != nil {
		if err := checkFullName(*in.FullName); err != nil {
			return answer{}, err
		}
	}
	if in.Email != nil {
		if err := validEmail(*in.Email); err != nil {
			return answer{}, err
		}
		if other := c.byEmail[fold(*in.Email)]; other != nil && other != p {
			return answer{}, refuse(http.StatusBadRequest, "", "somebody has the address %s already", *in.Email)
		}
		p.Username = p.username() // it does not change with the address
		delete(c.byEmail, fold(p.Email))
		p.Email = *in.Email
	}
	setIf(&p.Name, in.FullName)
	c.addPerson(p)
	return noContent()
}

// dcSetPassword is for system administrators (published).
func dcSetPassword(c *call) (answer, error) {
	if err := c.needSystemAdmin(); err != nil {
		return answer{}, err
	}
	p, err := c.dcTouchedUser()
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Password string `json:"password"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if strings.TrimSpace(in.Password) == "" {
		return answer{}, refuse(http.StatusBadRequest, "", "a password is not blank")
	}
	p.Password = c.digest(p, in.Password)
	c.savePerson(p)
	return noContent()
}

// dcDisableUser keeps memberships and permissions. A second time does nothing
// (published).
func dcDisableUser(c *call) (answer, error) {
	p, err := c.dcTouchedUser()
	if err != nil {
		return answer{}, err
	}
	if p.Account == accountActive {
		if err := c.disable(p, c.now); err != nil {
			return answer{}, restate(err, http.StatusForbidden)
		}
	}
	return noContent()
}

// dcEnableUser undoes disabling, and Cloud's suspension, which shows as the same.
func dcEnableUser(c *call) (answer, error) {
	p, err := c.dcTouchedUser()
	if err != nil {
		return answer{}, err
	}
	if p.works() {
		return noContent()
	}
	back := *p
	back.Account, back.Directory, back.Ended = accountActive, directoryActive, time.Time{}
	if c.seated(&back) {
		if err := c.roomFor(p); err != nil {
			return answer{}, restate(err, http.StatusForbidden)
		}
	}
	p.Account, p.Directory, p.Ended = back.Account, back.Directory, back.Ended
	c.savePerson(p)
	return noContent()
}

// dcDeleteUser removes the account for good: memberships and grants go, the
// spaces stay. Somebody with the same name is somebody else then.
func dcDeleteUser(c *call) (answer, error) {
	p, err := c.dcTouchedUser()
	if err != nil {
		return answer{}, err
	}
	if err := c.erase(p); err != nil {
		return answer{}, restate(err, http.StatusForbidden)
	}
	return c.dcSubmitted(c.newTask("delete user", c.caller.ID, c.now))
}

// erase removes an account for good. Its record stays: spaces and tasks name
// their author.
func (s *state) erase(p *person) error {
	if err := s.keepsOrgAdmin(p); err != nil {
		return err
	}
	s.closeAccount(p)
	return nil
}
