package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// dcOperation is a permission in Data Center's words, which are its only name.
type dcOperation struct {
	Target string `json:"targetType"`
	Key    string `json:"operationKey"`
}

// dcWord is an operation and what the site calls it.
type dcWord struct {
	dcOperation
	id string
}

// The global permissions of each kind of subject (evidence B2).
var (
	dcGlobalWords = []dcWord{
		{dcOperation{"application", "use"}, GlobalUse},
		{dcOperation{"application", "administer"}, GlobalAdminister},
		{dcOperation{"system", "administer"}, GlobalSystem},
		{dcOperation{"personal_space", "create"}, GlobalPersonalSpace},
		{dcOperation{"space", "create"}, GlobalCreateSpace},
	}
	// The second one is printed "read user", against the order of all others;
	// which word is the target is unknown, so both are taken ("Unknown" 11).
	dcAnonymousWords = []dcWord{
		{dcOperation{"application", "use"}, GlobalUse},
		{dcOperation{"user", "read"}, GlobalProfiles},
		{dcOperation{"read", "user"}, GlobalProfiles},
	}
	dcUnlicensedWords = []dcWord{
		{dcOperation{"application", "use_unlicensed"}, GlobalUse},
		{dcOperation{"user", "read"}, GlobalProfiles},
		{dcOperation{"read", "user"}, GlobalProfiles},
	}
)

// dcRead turns operations into the site's permissions.
func dcRead(in []dcOperation, words []dcWord) (set, error) {
	out := set{}
	for _, op := range in {
		i := slices.IndexFunc(words, func(w dcWord) bool { return w.dcOperation == op })
		if i < 0 {
			return nil, refuse(http.StatusBadRequest, "", "there is no permission %q %q here", op.Target, op.Key)
		}
		out.add(words[i].id)
	}
	return out, nil
}

// dcSay returns the operations for those of the permissions that there are words
// for, in the order of the words.
func dcSay(permissions set, words []dcWord) []dcOperation {
	var out []dcOperation
	said := set{}
	for _, w := range words {
		if permissions.has(w.id) && !said.has(w.id) {
			said.add(w.id)
			out = append(out, w.dcOperation)
		}
	}
	return out
}

// dcSubject is who has a permission. The document's Subject has a type and a
// name to show; live ones say more, without which nobody could be told apart.
func (c *call) dcSubject(who principal) object {
	switch who.Type {
	case typeGroup:
		name := c.groups.get(who.ID).Name
		return object{"type": "group", "name": name, "displayName": name}
	case typeUser:
		p := c.people.get(who.ID)
		kind := "known"
		if c.member(p.ID) == nil {
			kind = "unknown" // gone, and their grants still there
		}
		return object{"type": kind, "username": p.username(), "userKey": p.userKey(), "displayName": p.Name}
	}
	return c.dcAnonymous()
}

// dcGlobalRows are the rows of one subject.
func dcGlobalRows(subject object, permissions set, words []dcWord) []any {
	rows := []any{}
	for _, op := range dcSay(permissions, words) {
		rows = append(rows, object{"operation": op, "subject": subject})
	}
	return rows
}

// dcGlobals lists what everybody has, to administrators: an array, not a page.
// The unlicensed have a list of their own only.
func dcGlobals(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	rows := []any{}
	for _, g := range c.groupsByName(func(*group) bool { return true }) {
		rows = append(rows, dcGlobalRows(c.dcSubject(principal{typeGroup, g.ID}), c.groupGlobals(g), dcGlobalWords)...)
	}
	people := c.registered(func(p *person) bool { return len(c.personGlobals(p)) > 0 })
	slices.SortFunc(people, byUsername)
	for _, p := range people {
		rows = append(rows, dcGlobalRows(c.dcSubject(principal{typeUser, p.ID}), c.personGlobals(p), dcGlobalWords)...)
	}
	return ok(append(rows, dcGlobalRows(c.dcAnonymous(), c.site.Anonymous, dcAnonymousWords)...))
}

// dcUserOrKey finds somebody by user key or user name.
func (c *call) dcUserOrKey(text string) (*person, error) {
	if p := c.personByKey(text); p != nil {
		return p, nil
	}
	if p := c.personByUser(text); p != nil {
		return p, nil
	}
	return nil, refuse(http.StatusNotFound, "", "there is no user %q", text)
}

// dcGlobalSubject finds the subject that the path names, and its words.
func (c *call) dcGlobalSubject() (w globalsWrite, subject object, words []dcWord, err error) {
	if err := c.needAdmin(); err != nil {
		return w, nil, nil, err
	}
	switch kind := strings.Split(c.route.pattern, "/")[2]; kind {
	case "anonymous":
		return globalsWrite{list: &c.site.Anonymous}, c.dcAnonymous(), dcAnonymousWords, nil
	case "unlicensed":
		return globalsWrite{list: &c.site.Unlicensed}, object{"type": "unlicensed", "displayName": "Unlicensed users"}, dcUnlicensedWords, nil
	case "group":
		g, err := c.dcNamedGroup()
		if err != nil {
			return w, nil, nil, err
		}
		return globalsWrite{group: g}, c.dcSubject(principal{typeGroup, g.ID}), dcGlobalWords, nil
	}
	p, err := c.dcUserOrKey(c.vars["user"])
	if err != nil {
		return w, nil, nil, err
	}
	return globalsWrite{person: p}, c.dcSubject(principal{typeUser, p.ID}), dcGlobalWords, nil
}

func dcSubjectGlobals(c *call) (answer, error) {
	w, subject, words, err := c.dcGlobalSubject()
	if err != nil {
		return answer{}, err
	}
	return ok(dcGlobalRows(subject, c.has(w), words))
}

// dcGrantGlobals adds to what the subject has (published).
func dcGrantGlobals(c *call) (answer, error) {
	return c.dcChangeGlobals(func(has, ops set) set {
		for _, id := range ops {
			has.add(id)
		}
		return has
	})
}

// dcRevokeGlobals takes from what the subject has; without the permission to use
// Confluence nothing is left (published).
func dcRevokeGlobals(c *call) (answer, error) {
	return c.dcChangeGlobals(func(has, ops set) set {
		if ops.has(GlobalUse) {
			return nil
		}
		for _, id := range ops {
			has.remove(id)
		}
		return has
	})
}

func (c *call) dcChangeGlobals(change func(has, ops set) set) (answer, error) {
	w, _, words, err := c.dcGlobalSubject()
	if err != nil {
		return answer{}, err
	}
	var in []dcOperation
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	ops, err := dcRead(in, words)
	if err != nil {
		return answer{}, err
	}
	w.want = change(slices.Clone(c.has(w)), ops)
	return c.dcWriteGlobals([]globalsWrite{w})
}

// dcWriteGlobals writes, if the caller may: what makes or unmakes system
// administrators only those may change.
func (c *call) dcWriteGlobals(writes []globalsWrite) (answer, error) {
	for _, w := range writes {
		if w.want.has(GlobalSystem) != c.has(w).has(GlobalSystem) {
			if err := c.needSystemAdmin(); err != nil {
				return answer{}, err
			}
		}
	}
	if err := c.setGlobals(writes); err != nil {
		return answer{}, dcNoSeat(err, http.StatusBadRequest)
	}
	return noContent()
}

// dcMaxSubjects is the published limit of subjects in one write.
const dcMaxSubjects = 40

// dcSubjectBody is what one subject of a write shall have: a person, a group,
// or, in a space, anonymous people.
type dcSubjectBody struct {
	UserKey    string        `json:"userKey"`
	GroupName  string        `json:"groupName"`
	Operations []dcOperation `json:"operations"`
}

// dcSubjects reads a write of several subjects. Nobody may be there twice.
func (c *call) dcSubjects() ([]dcSubjectBody, []principal, error) {
	var in []dcSubjectBody
	if err := c.body(&in); err != nil {
		return nil, nil, err
	}
	if len(in) > dcMaxSubjects {
		return nil, nil, refuse(http.StatusBadRequest, "", "at most %d subjects are possible in one request", dcMaxSubjects)
	}
	var out []principal
	for _, b := range in {
		who := anonymous
		switch {
		case b.UserKey != "" && b.GroupName != "":
			return nil, nil, refuse(http.StatusBadRequest, "", "a subject is a user or a group")
		case b.UserKey != "":
			p := c.personByKey(b.UserKey)
			if p == nil {
				return nil, nil, refuse(http.StatusNotFound, "", "there is no user with the key %q", b.UserKey)
			}
			who = principal{typeUser, p.ID}
		case b.GroupName != "":
			g := c.byName[fold(b.GroupName)]
			if g == nil {
				return nil, nil, refuse(http.StatusNotFound, "", "there is no group %q", b.GroupName)
			}
			who = principal{typeGroup, g.ID}
		}
		if slices.Contains(out, who) {
			return nil, nil, refuse(http.StatusBadRequest, "", "a subject is there twice")
		}
		out = append(out, who)
	}
	return in, out, nil
}

// dcSetGlobals replaces what each listed subject has; the others keep theirs
// (published).
func dcSetGlobals(c *call) (answer, error) {
	if err := c.needAdmin(); err != nil {
		return answer{}, err
	}
	in, subjects, err := c.dcSubjects()
	if err != nil {
		return answer{}, err
	}
	var writes []globalsWrite
	for i, who := range subjects {
		var w globalsWrite
		switch who.Type {
		case typeUser:
			w.person = c.people.get(who.ID)
		case typeGroup:
			w.group = c.groups.get(who.ID)
		default:
			return answer{}, refuse(http.StatusBadRequest, "", "a subject has a userKey or a groupName")
		}
		if w.want, err = dcRead(in[i].Operations, dcGlobalWords); err != nil {
			return answer{}, err
		}
		writes = append(writes, w)
	}
	return c.dcWriteGlobals(writes)
}
