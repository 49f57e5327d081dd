package emulator

import (
	"net/http"
	"time"
)

// adminKeyHeader makes a request use the caller's admin key.
const adminKeyHeader = "Atl-Confluence-With-Admin-Key"

// How long an admin key lasts, unless the request says otherwise (published),
// and at most (chosen).
const (
	adminKeyDefault = 10 * time.Minute
	adminKeyMax     = 60 * time.Minute
)

// keyed reports whether the caller looks past restrictions now: an organisation
// or site admin whose admin key has not run out, and who asks for it. A key that
// has run out is as good as none, and nobody says so.
func (c *call) keyed() bool {
	return c.req.Header.Get(adminKeyHeader) == "true" && c.needAdminKeys() == nil && c.caller.AdminKey.After(c.now)
}

// needAdminKeys: only for organisation and site admins, and only on Premium and
// Enterprise (published).
func (c *call) needAdminKeys() error {
	if !c.siteAdmin(c.caller) || c.limits.free() || c.limits.plan == "standard" {
		return refuse(http.StatusNotFound, "", "the caller may not use admin keys, or the site has none")
	}
	return nil
}

func v2AdminKey(c *call) (answer, error) {
	if err := c.needAdminKeys(); err != nil {
		return answer{}, err
	}
	if !c.caller.AdminKey.After(c.now) {
		return answer{}, notFound("admin key")
	}
	return c.adminKey()
}

func (c *call) adminKey() (answer, error) {
	return ok(object{"accountId": c.caller.ID, "expirationTime": c.caller.AdminKey.UTC().Format(time.RFC3339)})
}

// v2SetAdminKey gives the caller a key, in place of the one that there was. The
// body may be left out.
func v2SetAdminKey(c *call) (answer, error) {
	if err := c.needAdminKeys(); err != nil {
		return answer{}, err
	}
	var in struct {
		Minutes int `json:"durationInMinutes"`
	}
	if len(c.req.Body) > 0 {
		if err := c.body(&in); err != nil {
			return answer{}, err
		}
	}
	d := time.Duration(in.Minutes) * time.Minute
	switch {
	case in.Minutes == 0:
		d = adminKeyDefault
	case in.Minutes < 0 || in.Minutes > int(adminKeyMax/time.Minute):
		return answer{}, refuse(http.StatusBadRequest, "", "an admin key lasts between 1 and %d minutes", adminKeyMax/time.Minute)
	}
	c.caller.AdminKey = c.now.Add(d)
	c.savePerson(c.caller)
	c.audit("Global administration", "Admin key enabled", AuditObject{c.caller.Name, "User"}, nil)
	return c.adminKey()
}

func v2DropAdminKey(c *call) (answer, error) {
	if err := c.needAdminKeys(); err != nil {
		return answer{}, err
	}
	if !c.caller.AdminKey.IsZero() {
		c.caller.AdminKey = time.Time{}
		c.savePerson(c.caller)
		c.audit("Global administration", "Admin key disabled", AuditObject{c.caller.Name, "User"}, nil)
	}
	return noContent()
}
