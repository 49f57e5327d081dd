package emulator

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// scimUserBody is a user as an identity provider writes them.
type scimUserBody struct {
	UserName    string `json:"userName"`
	ExternalID  string `json:"externalId"`
	DisplayName string `json:"displayName"`
	Emails      []struct {
		Value   string `json:"value"`
		Primary bool   `json:"primary"`
	} `json:"emails"`
	Name              map[string]any `json:"name"`
	NickName          string         `json:"nickName"`
	Title             string         `json:"title"`
	PreferredLanguage string         `json:"preferredLanguage"`
	Department        string         `json:"department"`
	Organization      string         `json:"organization"`
	Timezone          string         `json:"timezone"`
	Active            *bool          `json:"active"`
	Enterprise        struct {
		Department   string `json:"department"`
		Organization string `json:"organization"`
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
}

// Attributes that are kept as they come. Parts of the name are name.PART.
var (
	scimTexts     = []string{"nickName", "title", "preferredLanguage", "department", "organization", "timezone"}
	scimNameParts = []string{"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"}
)

// scimDraft is what a write makes of a user.
type scimDraft struct {
	syncedUser
	email string
	name  string // display name; empty: made of the name's parts
}

// draft reads a whole user. What is not there is cleared.
func (in scimUserBody) draft() (scimDraft, error) {
	d := scimDraft{syncedUser: syncedUser{
		UserName: in.UserName, ExternalID: in.ExternalID, Active: in.Active == nil || *in.Active, Attributes: map[string]string{},
	}, name: in.DisplayName}
	for k, v := range map[string]string{
		"nickName": in.NickName, "title": in.Title, "preferredLanguage": in.PreferredLanguage, "timezone": in.Timezone,
		"department": cmp.Or(in.Department, in.Enterprise.Department), "organization": cmp.Or(in.Organization, in.Enterprise.Organization),
	} {
		d.set(k, v)
	}
	for k, v := range in.Name {
		if text, is := v.(string); is && slices.Contains(scimNameParts, k) {
			d.set("name."+k, text)
		}
	}
	for _, e := range in.Emails {
		if e.Primary || len(in.Emails) == 1 {
			d.email = e.Value
		}
	}
	return d, d.check()
}

func (d *scimDraft) check() error {
	switch {
	case strings.TrimSpace(d.UserName) == "":
		return refuse(http.StatusBadRequest, "invalidValue", "userName is missing")
	case d.email == "":
		return refuse(http.StatusBadRequest, "invalidValue", "a primary e-mail address is missing")
	}
	return nil
}

func (d *scimDraft) set(attribute, value string) {
	if value == "" {
		delete(d.Attributes, attribute)
	} else {
		d.Attributes[attribute] = value
	}
}

func (d *scimDraft) displayName() string {
	parts := strings.TrimSpace(d.Attributes["name.givenName"] + " " + d.Attributes["name.familyName"])
	return cmp.Or(d.name, d.Attributes["name.formatted"], parts, d.UserName)
}

// scimEmailValue is how some providers name the one address.
var scimEmailValue = regexp.MustCompile(`^emails\[[^\]]*\]\.value$`)

// patch makes one change of a PATCH.
func (d *scimDraft) patch(op, path string, value json.RawMessage) error {
	path = strings.TrimPrefix(path, scimEnterpriseSchema+":")
	text := func() (v string, err error) {
		if op != "remove" && json.Unmarshal(value, &v) != nil {
			err = refuse(http.StatusBadRequest, "invalidValue", "%s is a text", path)
		}
		return v, err
	}
	known := func(names []string) string {
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, path) })
		if i < 0 {
			return ""
		}
		return names[i]
	}
	var err error
	switch lower := fold(path); {
	case lower == "active":
		return d.patchActive(op, value)
	case lower == "username":
		d.UserName, err = text()
	case lower == "externalid":
		d.ExternalID, err = text()
	case lower == "displayname":
		d.name, err = text()
	case lower == "emails":
		return d.patchEmails(op, value)
	case scimEmailValue.MatchString(lower):
		d.email, err = text()
	case lower == "name":
		var parts map[string]string
		if op != "remove" && json.Unmarshal(value, &parts) != nil {
			return refuse(http.StatusBadRequest, "invalidValue", "name is an object of texts")
		}
		for _, part := range scimNameParts {
			if v, given := parts[part]; given || op == "remove" {
				d.set("name."+part, v)
			}
		}
	case strings.HasPrefix(lower, "name."):
		path = path[len("name."):]
		part := known(scimNameParts)
		if part == "" {
			return refuse(http.StatusBadRequest, "invalidPath", "there is no attribute name.%s", path)
		}
		var v string
		v, err = text()
		d.set("name."+part, v)
	default:
		attribute := known(scimTexts)
		if attribute == "" {
			return refuse(http.StatusBadRequest, "invalidPath", "there is no attribute %q that can be changed", path)
		}
		var v string
		v, err = text()
		d.set(attribute, v)
	}
	return err
}

// patchActive takes true and false also as texts, as some providers send them.
func (d *scimDraft) patchActive(op string, value json.RawMessage) error {
	switch v := fold(strings.Trim(string(value), `"`)); {
	case op != "remove" && v == "true":
		d.Active = true
	case op != "remove" && v == "false":
		d.Active = false
	default:
		return refuse(http.StatusBadRequest, "invalidValue", "active is true or false")
	}
	return nil
}

func (d *scimDraft) patchEmails(op string, value json.RawMessage) error {
	var in scimUserBody
	if op == "remove" || json.Unmarshal(value, &in.Emails) != nil {
		return refuse(http.StatusBadRequest, "invalidValue", "emails is a list of addresses, and there is always one")
	}
	d.email = ""
	for _, e := range in.Emails {
		if e.Primary || len(in.Emails) == 1 {
			d.email = e.Value
		}
	}
	return nil
}

// scimUserParam finds the user of the path. Whoever was deleted is out of sight
// until they are provisioned again (published).
func (c *call) scimUserParam() (*syncedUser, error) {
	u := c.syncs.get(c.vars["userId"])
	if u == nil || u.Deleted {
		return nil, notFound("user")
	}
	c.concernsPerson(c.people.get(u.Account))
	return u, nil
}

// scimUserRow shows a user with the attributes that are asked for. The id and
// the schemas are always there.
func (c *call) scimUserRow(u *syncedUser) (object, error) {
	p := c.people.get(u.Account)
	row := object{
		"schemas": []string{scimUserSchema, scimEnterpriseSchema, scimAtlassianSchema},
		"id":      u.ID, "userName": u.UserName, "displayName": p.Name, "active": u.Active,
		"emails":            []any{object{"value": p.Email, "type": "work", "primary": true}},
		scimAtlassianSchema: object{"atlassianAccountId": p.ID},
		"meta": object{
			"resourceType": "USER", "location": c.scimLocation("Users", u.ID), "created": u.Created.UTC(), "lastModified": u.Modified.UTC(),
		},
	}
	if u.ExternalID != "" {
		row["externalId"] = u.ExternalID
	}
	name, enterprise := object{}, object{}
	for k, v := range u.Attributes {
		part, isName := strings.CutPrefix(k, "name.")
		switch {
		case isName:
			name[part] = v
		case k == "department" || k == "organization":
			enterprise[k], row[k] = v, v
		default:
			row[k] = v
		}
	}
	if len(name) > 0 {
		row["name"] = name
	}
	if len(enterprise) > 0 {
		row[scimEnterpriseSchema] = enterprise
	}
	groups := []any{}
	for _, id := range p.groups {
		if g := c.groups.get(id); g.Managed == ManagedIDP {
			groups = append(groups, object{"type": "Group", "value": g.ID, "display": g.Name, "$ref": c.scimLocation("Groups", g.ID)})
		}
	}
	row["groups"] = groups
	return row, c.scimAttributes(row)
}

// scimAttributes leaves only the attributes that are asked for, as a whole each.
func (c *call) scimAttributes(row object) error {
	only, without := c.list("attributes"), c.list("excludedAttributes")
	if len(only) > 0 && len(without) > 0 {
		return refuse(http.StatusBadRequest, "invalidValue", "attributes and excludedAttributes exclude each other")
	}
	names := func(list []string, key string) bool {
		return slices.ContainsFunc(list, func(a string) bool {
			top, _, _ := strings.Cut(a, ".")
			return strings.EqualFold(a, key) || strings.EqualFold(top, key)
		})
	}
	maps.DeleteFunc(row, func(key string, _ any) bool {
		return key != "id" && key != "schemas" && (len(only) > 0 && !names(only, key) || names(without, key))
	})
	return nil
}

func scimUsers(c *call) (answer, error) {
	attribute, value, err := c.scimFilter("userName", "externalId")
	if err != nil {
		return answer{}, err
	}
	if err := c.scimAttributes(object{}); err != nil {
		return answer{}, err
	}
	var users []*syncedUser
	for u := range c.syncs.all() {
		if u.Deleted || attribute == "userName" && !strings.EqualFold(u.UserName, value) || attribute == "externalId" && u.ExternalID != value {
			continue
		}
		users = append(users, u)
	}
	return listScim(c, users, func(u *syncedUser) any {
		row, _ := c.scimUserRow(u) // the attributes were checked above
		return row
	})
}

func (c *call) scimUserAnswer(status int, u *syncedUser) (answer, error) {
	row, err := c.scimUserRow(u)
	return answer{status: status, body: row}, err
}

func scimUser(c *call) (answer, error) {
	u, err := c.scimUserParam()
	if err != nil {
		return answer{}, err
	}
	return c.scimUserAnswer(http.StatusOK, u)
}

func scimCreateUser(c *call) (answer, error) {
	if err := c.scimAttributes(object{}); err != nil {
		return answer{}, err
	}
	var in scimUserBody
	if err := c.scimBody(&in); err != nil {
		return answer{}, err
	}
	d, err := in.draft()
	if err != nil {
		return answer{}, err
	}
	u, err := c.provision(&d.syncedUser, d.email, d.displayName(), c.now)
	if err != nil {
		return answer{}, err
	}
	c.concernsPerson(c.people.get(u.Account))
	return c.scimUserAnswer(http.StatusCreated, u)
}

// scimAmend makes a draft true of the user and shows the result.
func (c *call) scimAmend(u *syncedUser, d scimDraft) (answer, error) {
	if err := d.check(); err != nil {
		return answer{}, err
	}
	if err := c.scimAttributes(object{}); err != nil {
		return answer{}, err
	}
	d.ID, d.Account, d.Created = u.ID, u.Account, u.Created
	if err := c.amend(u, d.syncedUser, d.email, d.displayName(), c.now); err != nil {
		return answer{}, err
	}
	return c.scimUserAnswer(http.StatusOK, u)
}

func scimReplaceUser(c *call) (answer, error) {
	u, err := c.scimUserParam()
	if err != nil {
		return answer{}, err
	}
	var in scimUserBody
	if err := c.scimBody(&in); err != nil {
		return answer{}, err
	}
	d, err := in.draft()
	if err != nil {
		return answer{}, err
	}
	return c.scimAmend(u, d)
}

func scimPatchUser(c *call) (answer, error) {
	u, err := c.scimUserParam()
	if err != nil {
		return answer{}, err
	}
	var in scimPatch
	if err := c.scimBody(&in); err != nil {
		return answer{}, err
	}
	p := c.people.get(u.Account)
	d := scimDraft{syncedUser: *u, email: p.Email, name: p.Name}
	d.Attributes = maps.Clone(u.Attributes)
	if d.Attributes == nil {
		d.Attributes = map[string]string{}
	}
	if err := in.each(d.patch); err != nil {
		return answer{}, err
	}
	return c.scimAmend(u, d)
}

// scimDeleteUser deactivates: the account is suspended and stays.
func scimDeleteUser(c *call) (answer, error) {
	u, err := c.scimUserParam()
	if err != nil {
		return answer{}, err
	}
	p, to := c.people.get(u.Account), *u
	to.Deleted, to.Active = true, false
	if err := c.amend(u, to, p.Email, p.Name, c.now); err != nil {
		return answer{}, err
	}
	return noContent()
}
