package datacenter

import (
	"bytes"
	"errors"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/driver"
)

// The shapes of the wire, as far as weir reads or writes them. The published
// schemas are thinner than live answers: a Person there has no name and no key,
// a Subject a type and a display name (evidence B0).

// opaque is an id: a number in places, a string in others.
type opaque string

// UnmarshalJSON takes both forms.
func (o *opaque) UnmarshalJSON(text []byte) error {
	*o = opaque(bytes.Trim(text, `"`))
	if *o == "null" {
		*o = ""
	}
	return nil
}

type user struct {
	Type        string `json:"type"` // known | anonymous | unknown
	Username    string `json:"username"`
	UserKey     string `json:"userKey"`
	DisplayName string `json:"displayName"`
	Status      string `json:"status"` // only if expanded
}

func (u *user) Check() error {
	if u.Type == "" && u.UserKey == "" {
		return errors.New("the answer names nobody")
	}
	return nil
}

// disabled reports whether the account is. The values of status are not
// published, so ok is false for any that is not known.
func (u user) disabled() (disabled, ok bool) {
	switch strings.ToLower(u.Status) {
	case "active", "current", "enabled":
		return false, true
	case "deactivated", "disabled", "inactive":
		return true, true
	}
	return false, false
}

// newUser is a person to be told by e-mail.
type newUser struct {
	UserName string `json:"userName"`
	FullName string `json:"fullName"`
	Email    string `json:"email"`
	Notify   bool   `json:"notifyViaEmail"`
}

type madeUser struct {
	UserKey string `json:"userKey"`
}

func (m *madeUser) Check() error {
	if m.UserKey == "" {
		return errors.New("the answer lacks the user key")
	}
	return nil
}

type group struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

func (g *group) Check() error {
	if g.Name == "" {
		return errors.New("the answer lacks the group's name")
	}
	return nil
}

func (g group) ref() access.Ref { return access.NewRef("group", g.Name) }

// mode is the access mode: a JSON string (observed in the document's example,
// which is the bare word).
type mode string

func (m *mode) Check() error {
	if *m == "" {
		return errors.New("the answer lacks the mode")
	}
	return nil
}

// subject is who has a permission, or is named by a restriction. Of a person
// the key or the user name is there, of a group the name, which the published
// schema calls its display name.
type subject struct {
	Type        string `json:"type"` // known | unknown | user | group | anonymous | unlicensed
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Username    string `json:"username"`
	UserKey     string `json:"userKey"`
}

// row is one permission of somebody, global or in a space.
type row struct {
	Operation operation `json:"operation"`
	Subject   subject   `json:"subject"`
}

// rows is a list that does not come in pages.
type rows []row

func (r *rows) Check() error {
	if *r == nil {
		return errors.New("the answer lacks its list")
	}
	for _, one := range *r {
		if one.Operation.Key == "" || one.Operation.Target == "" {
			return errors.New("the answer has a permission without a name")
		}
	}
	return nil
}

// grant is all that one subject shall have: a person, a group, or, in a space
// and with neither, the public.
type grant struct {
	UserKey    string      `json:"userKey,omitempty"`
	GroupName  string      `json:"groupName,omitempty"`
	Operations []operation `json:"operations"`
}

type space struct {
	ID          opaque       `json:"id"`
	Key         string       `json:"key"`
	Name        string       `json:"name"`
	Type        string       `json:"type"`   // global | personal
	Status      string       `json:"status"` // current | archived
	Description *description `json:"description"`

	CreatedAt driver.Moment `json:"creationDate"`
}

func (sp *space) Check() error {
	if sp.ID == "" || sp.Key == "" || sp.Name == "" {
		return errors.New("the answer lacks a space's id, key or name")
	}
	return nil
}

type description struct {
	Plain plain `json:"plain"`
}

type plain struct {
	Value          string `json:"value"`
	Representation string `json:"representation"`
}

// spaceBody is a space as it is written. A key and a name must be there, and a
// description should (published).
type spaceBody struct {
	Key         string       `json:"key"`
	Name        string       `json:"name"`
	Description *description `json:"description,omitempty"`
}

type content struct {
	ID           opaque       `json:"id"`
	Type         string       `json:"type"` // page | blogpost
	Title        string       `json:"title"`
	Ancestors    *[]content   `json:"ancestors"`    // highest first; only if expanded
	Restrictions *restriction `json:"restrictions"` // only if expanded
}

func (c *content) Check() error {
	if c.ID == "" || c.Title == "" {
		return errors.New("the answer lacks the id or the title")
	}
	return nil
}

// restriction is what limits viewing and editing.
type restriction struct {
	Read   *limited `json:"read"`
	Update *limited `json:"update"`
}

// byOperation is how the restrictions of one page are answered.
type byOperation struct {
	Restrictions *restriction `json:"restrictions"`
}

func (b *byOperation) Check() error {
	if b.Restrictions == nil {
		return errors.New("the answer lacks the restrictions")
	}
	return nil
}

// limited is an operation with those whom it is limited to.
type limited struct {
	Operation    string `json:"operation"`
	Restrictions struct {
		User  *named `json:"user"`
		Group *named `json:"group"`
	} `json:"restrictions"`
}

func (l *limited) Check() error {
	if l.Restrictions.User == nil || l.Restrictions.Group == nil {
		return errors.New("the answer lacks the people or the groups of a restriction")
	}
	return nil
}

// whole reports whether both lists are there to their end: one that is as long
// as its limit may be cut.
func (l *limited) whole() bool {
	if l == nil || l.Check() != nil {
		return false
	}
	short := func(n *named) bool { return len(n.Results) < n.Limit }
	return short(l.Restrictions.User) && short(l.Restrictions.Group)
}

// named is a list of those whom a restriction names, a page of its own.
type named struct {
	Results []subject `json:"results"`
	Limit   int       `json:"limit"`
}

// limitBody is one operation of a write: the lists that are given replace what
// was there, empty ones too (published).
type limitBody struct {
	Operation    string `json:"operation"`
	Restrictions struct {
		User  []limitedUser  `json:"user"`
		Group []limitedGroup `json:"group"`
	} `json:"restrictions"`
}

type limitedUser struct {
	Type     string `json:"type"`
	Username string `json:"username"`
}

type limitedGroup struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

// started is the answer of an operation that goes on as a long task.
type started struct {
	ID string `json:"id"`
}

func (*started) Check() error { return nil }

// submitted is likewise, of a deletion that nobody could follow without the id. Its
// links are never followed.
type submitted struct {
	ID string `json:"id"`
}

// Check asks for the id.
func (s *submitted) Check() error {
	if s.ID == "" {
		return errors.New("the answer lacks the task")
	}
	return nil
}

// taskState is a long task. Whether it is finished is told by its percentage
// alone (published).
type taskState struct {
	Percentage *int `json:"percentageComplete"`
	Successful bool `json:"successful"`
	Messages   []struct {
		Translation string `json:"translation"`
	} `json:"messages"`
}

func (t *taskState) Check() error {
	if t.Percentage == nil {
		return errors.New("the answer does not say how far the task is")
	}
	return nil
}
