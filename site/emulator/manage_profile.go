package emulator

import (
	"net/http"
	"unicode"
)

func profileRow(p *person) any {
	return object{"account": object{
		"account_id": p.ID, "account_type": "atlassian", "account_status": p.Account, "name": p.Name, "nickname": p.nickname(),
		"email": p.Email, "picture": pictureOf(p),
	}}
}

func pictureOf(p *person) string { return baseURL + "/wiki/aa-avatar/" + p.ID }

func manageProfile(c *call) (answer, error) {
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	return ok(profileRow(p))
}

// manageSetProfile changes name and nickname, the two fields that are mutable
// here.
func manageSetProfile(c *call) (answer, error) {
	var in struct {
		Name     *string `json:"name"`
		Nickname *string `json:"nickname"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	if err := c.manageable(p); err != nil {
		return answer{}, err
	}
	for _, field := range []struct {
		value *string
		most  int // published
	}{{in.Name, 100}, {in.Nickname, 30}} {
		if field.value != nil && !plainText(*field.value, field.most) {
			return answer{}, refuse(http.StatusBadRequest, "fieldConstraintsViolated", "a name has 1 to 100 characters, a nickname 1 to 30, and none that controls")
		}
	}
	setIf(&p.Name, in.Name)
	setIf(&p.Nickname, in.Nickname)
	c.savePerson(p)
	return ok(profileRow(p))
}

func plainText(text string, most int) bool {
	n := 0
	for _, r := range text {
		if unicode.IsControl(r) {
			return false
		}
		n++
	}
	return n > 0 && n <= most
}

func manageSetEmail(c *call) (answer, error) {
	var in struct {
		Email string `json:"email"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	if err := c.manageable(p); err != nil {
		return answer{}, err
	}
	if err := c.changeEmail(p, in.Email); err != nil {
		return answer{}, err
	}
	return noContent()
}
