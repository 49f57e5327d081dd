package emulator

import (
	"net/http"
	"time"
)

// API tokens as the organisation sees them: never a secret, and nothing that
// says that one is about to end (evidence A11).

// timestamp is a time as the organisation writes it; nil for none.
func timestamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// manageTokens lists the tokens of one person. The site's own never ends and
// says so by having no expiry.
func manageTokens(c *call) (answer, error) {
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	rows := []any{}
	for _, t := range c.tokensOf(p.ID) {
		row := object{"id": t.ID, "label": t.Label, "createdAt": timestamp(t.Created)}
		if !t.Used.IsZero() {
			row["lastAccess"] = timestamp(t.Used)
		}
		if !t.Expires.IsZero() {
			row["expiry"] = timestamp(t.Expires)
		}
		rows = append(rows, row)
	}
	return ok(rows)
}

func manageDeleteToken(c *call) (answer, error) {
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	for _, t := range c.tokensOf(p.ID) {
		if t.ID != c.vars["tokenId"] {
			continue
		}
		if t.secret == c.site.Token {
			return answer{}, restricted("administrative", "the token of the embedded site itself stays")
		}
		c.concerns("TOKEN", t.ID, t.Label)
		c.revokeToken(t)
		return noContent()
	}
	return answer{}, notFound("API token")
}

// orgTokens lists the tokens of the accounts that the organisation manages.
// ALLOWED speaks of what the organisation allows: an expired token has it too,
// and only its date tells.
func orgTokens(c *call) (answer, error) {
	return listOrgGet(c, func() (ordered[*apiToken], error) {
		list := ordered[*apiToken]{key: func(t *apiToken) string { return timeKey(t.Created) + t.ID }}
		for _, t := range c.tokensOf("") {
			if !c.people.get(t.Account).Unmanaged {
				list.items = append(list.items, t)
			}
		}
		return list, nil
	}, func(t *apiToken) any {
		p := c.people.get(t.Account)
		return object{
			"id": t.ID, "label": t.Label, "status": "ALLOWED", "createdAt": timestamp(t.Created),
			"expiresAt": timestamp(t.Expires), "lastActiveAt": timestamp(t.Used),
			"user": object{"id": p.ID, "name": p.Name, "email": p.Email},
		}
	})
}

// timeKey sorts like the times do.
func timeKey(t time.Time) string { return t.UTC().Format("20060102150405.000000000") }

// manageDelete begins the deletion of an account; 14 days are left to cancel it.
func manageDelete(c *call) (answer, error) {
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	if err := c.scheduleDeletion(p, c.now); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK}, nil
}

func manageCancelDelete(c *call) (answer, error) {
	p, err := c.managedPerson()
	if err != nil {
		return answer{}, err
	}
	if err := c.cancelDeletion(p); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK}, nil
}
