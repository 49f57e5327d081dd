package emulator

import "net/http"

// v2UsersBulk shows the accounts that there are; others are left out.
func v2UsersBulk(c *call) (answer, error) {
	var in struct {
		AccountIDs []string `json:"accountIds"`
	}
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if len(in.AccountIDs) == 0 || len(in.AccountIDs) > 250 {
		return answer{}, refuse(http.StatusBadRequest, "", "between 1 and 250 accountIds are needed")
	}
	rows := []any{}
	for _, id := range in.AccountIDs {
		p := c.member(id)
		if p == nil {
			continue
		}
		row := object{
			"accountId": p.ID, "accountType": "atlassian", "accountStatus": p.Account, "displayName": p.Name + c.suffix(p),
			"publicName": p.nickname(), "isExternalCollaborator": c.guest(p),
			"profilePicture": object{"path": "/wiki/aa-avatar/" + p.ID, "isDefault": true},
		}
		if sp := c.personalSpace(p); sp != nil {
			row["personalSpaceId"] = sp.ID
		}
		if email := c.visibleEmail(p); email != "" {
			row["email"] = email
		}
		rows = append(rows, row)
	}
	return ok(object{"results": rows, "_links": object{"base": baseURL + "/wiki"}})
}
