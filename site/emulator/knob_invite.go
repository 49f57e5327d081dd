package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

type uninvited []string

func (uninvited) check() error { return nil }

// act takes the addresses out of an invitation, and puts their failure into the
// answer.
func (u uninvited) act(x *exchange, next step) outcome {
	var body jsonRow
	var emails []string
	if x.req.Method != http.MethodPost || !strings.HasSuffix(x.req.Path, "/users/invite") ||
		json.Unmarshal(x.req.Body, &body) != nil || json.Unmarshal(body["emails"], &emails) != nil {
		return next()
	}
	meets := func(email string) bool {
		return slices.ContainsFunc(u, func(e string) bool { return fold(e) == fold(email) })
	}
	reached := slices.DeleteFunc(slices.Clone(emails), meets)
	if len(reached) == len(emails) {
		return next()
	}
	byEmail := make(map[string]json.RawMessage)
	var out outcome
	if len(reached) > 0 {
		body["emails"] = mustJSON(reached)
		x.req.Body = mustJSON(body)
		out = next()
		var got struct{ Data []json.RawMessage }
		if out.lost || out.Status >= 300 || json.Unmarshal(out.Body, &got) != nil {
			return out
		}
		for i, row := range got.Data {
			byEmail[reached[i]] = row
		}
	} else {
		out = outcome{Response: Response{Header: http.Header{"Content-Type": {"application/json"}}}}
	}
	var rows []any
	for _, email := range emails {
		if row, ok := byEmail[email]; ok {
			rows = append(rows, row)
			continue
		}
		rows = append(rows, failedInvitation(body, email))
	}
	out.Status, out.Body = http.StatusPartialContent, mustJSON(object{"data": rows})
	return out
}

// failedInvitation is the row of an address that the invitation did not reach.
func failedInvitation(body jsonRow, email string) object {
	const reason = "the invitation could not be delivered"
	var rules []struct{ Resource, Role string }
	var groups []string
	_ = json.Unmarshal(body["permissionRules"], &rules) // what is not there was not asked for
	_ = json.Unmarshal(body["additionalGroups"], &groups)
	byRole, byGroup := []any{}, []any{}
	for _, r := range rules {
		byRole = append(byRole, object{"resource": r.Resource, "role": r.Role, "status": "ERROR", "statusReason": reason})
	}
	for _, id := range groups {
		byGroup = append(byGroup, object{"groupId": id, "status": "ERROR", "statusReason": reason})
	}
	return object{"id": nil, "email": email, "results": []any{object{"roleAssignmentResult": byRole, "groupAssignmentResult": byGroup}}}
}
