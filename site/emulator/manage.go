package emulator

import (
	"net/http"
	"slices"
)

// managedPerson finds the account of the path among those that the organisation
// manages. Others are known to it and refused (evidence A3).
func (c *call) managedPerson() (*person, error) {
	p := c.people.get(c.vars["accountId"])
	switch {
	case p == nil, p.Erased:
		return nil, refuse(http.StatusNotFound, "accountNotFound", "there is no such account")
	case p.Unmanaged:
		return nil, refuse(http.StatusForbidden, "forbidden", "%s is not a managed account", p.Email)
	}
	c.concernsPerson(p)
	return p, nil
}

// privileges are what an organisation may be allowed to do to an account. The
// two for the profile speak of its fields one by one.
var privileges = []string{"profile", "profile.write", "profile.read", "email.set", "lifecycle.enablement", "apiToken.read", "apiToken.delete"}

func manageAccount(c *call) (answer, error) {
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	asked := c.list("privileges")
	if len(asked) == 0 {
		asked = privileges
	}
	always := object{"allowed": true}
	changes := always
	if c.synced(p) {
		changes = notAllowed(reasonScim)
	}
	out := object{}
	for _, id := range asked {
		switch {
		case !slices.Contains(privileges, id):
			return answer{}, refuse(http.StatusBadRequest, "", "there is no privilege %q", id)
		case id == "profile" || id == "profile.write":
			out[id] = object{"name": changes, "nickname": changes}
		case id == "email.set" || id == "lifecycle.enablement":
			out[id] = changes
		default:
			out[id] = always
		}
	}
	return ok(out)
}

func manageDisable(c *call) (answer, error) {
	var in struct {
		Message string `json:"message"` // optional; the body is not
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	if err := c.disable(p, c.now); err != nil {
		return answer{}, err
	}
	return noContent()
}

func manageEnable(c *call) (answer, error) {
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	if err := c.enable(p); err != nil {
		return answer{}, err
	}
	return noContent()
}
