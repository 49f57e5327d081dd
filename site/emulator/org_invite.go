package emulator

import (
	"net/http"
	"slices"
)

// inviteBody is the body of users/invite (evidence A3).
type inviteBody struct {
	Emails []string `json:"emails"`
	Rules  []struct {
		Resource string `json:"resource"`
		Role     string `json:"role"`
	} `json:"permissionRules"`
	Groups           []string `json:"additionalGroups"`
	SendNotification bool     `json:"sendNotification"`
	NotificationText string   `json:"notificationText"`
}

// orgInvite invites up to 25 addresses: 200, or 206 when something went wrong
// for some of them. An account that is there already is given what the
// invitation gives. Nobody has to accept: invited people may enter at once,
// which is the worst case for whoever counts on the opposite.
func orgInvite(c *call) (answer, error) {
	var in inviteBody
	if err := c.body(&in); err != nil {
		return answer{}, err
	}
	if len(in.Emails) == 0 || len(in.Emails) > 25 {
		return answer{}, refuse(http.StatusBadRequest, "ADMIN-400-4", "between 1 and 25 emails are needed")
	}
	if c.limits.free() {
		return answer{}, refuse(http.StatusPaymentRequired, "ADMIN-402-1", "an invitation needs a paid plan")
	}
	for _, e := range in.Emails {
		if err := validEmail(e); err != nil {
			return answer{}, err
		}
	}
	var roles []string
	for _, rule := range in.Rules {
		if err := c.productRole(rule.Role, rule.Resource); err != nil {
			return answer{}, err
		}
		roles = append(roles, rule.Role)
	}
	if err := c.roomForInvited(&in); err != nil {
		return answer{}, err
	}
	status := http.StatusOK
	rows := make([]any, len(in.Emails))
	for i, email := range in.Emails {
		row, whole := c.inviteOne(&in, email, roles)
		if rows[i] = row; !whole {
			status = http.StatusPartialContent
		}
	}
	return answer{status: status, body: object{"data": rows}}, nil
}

// roomForInvited refuses the whole invitation when the seats do not suffice.
func (c *call) roomForInvited(in *inviteBody) error {
	takes := false
	for _, rule := range in.Rules {
		takes = takes || takesSeat(rule.Role)
	}
	for _, id := range in.Groups {
		g := c.groups.get(id)
		takes = takes || g != nil && g.writable() && slices.ContainsFunc(g.Product, takesSeat)
	}
	if !takes {
		return nil
	}
	var people []*person
	for _, email := range in.Emails {
		p := c.byEmail[fold(email)]
		if p == nil {
			p = &person{Account: accountActive}
		}
		people = append(people, p)
	}
	return c.roomFor(people...)
}

// inviteOne invites one address and reports whether all went well.
func (c *call) inviteOne(in *inviteBody, email string, roles []string) (row any, whole bool) {
	p, err := c.invite(email, "", roles, c.now)
	whole = err == nil
	result := func(err error) (status string, reason any) {
		if err != nil {
			whole = false
			return "ERROR", err.Error()
		}
		return "INVITED", nil
	}
	byRole, byGroup := []any{}, []any{}
	for _, rule := range in.Rules {
		status, reason := result(err)
		byRole = append(byRole, object{"resource": rule.Resource, "role": rule.Role, "status": status, "statusReason": reason})
	}
	for _, id := range in.Groups {
		joined := err
		if joined == nil {
			joined = c.joinInvited(id, p)
		}
		status, reason := result(joined)
		byGroup = append(byGroup, object{"groupId": id, "status": status, "statusReason": reason})
	}
	out := object{"id": nil, "email": email, "results": []any{object{"roleAssignmentResult": byRole, "groupAssignmentResult": byGroup}}}
	if p != nil {
		c.concernsPerson(p)
		out["id"] = p.ID
	}
	return out, whole
}

func (c *call) joinInvited(groupID string, p *person) error {
	g := c.groups.get(groupID)
	if g == nil {
		return notFound("group")
	}
	_, err := c.join(g, p)
	return err
}
