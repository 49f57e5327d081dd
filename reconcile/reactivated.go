package reconcile

import (
	"fmt"

	"github.com/weirhq/weir/access"
)

// reactivated tells of people who come back from a deactivated account: it cannot be
// invited (evidence A3), so the apply reactivates it first, for every product.
func reactivated(changes []access.Change, desired access.Desired) []access.Finding {
	comes := make(map[access.Ref]bool)
	for _, c := range changes {
		if c.Op == access.Add && c.Fact.Kind == access.Exists {
			comes[c.Fact.Object] = true
		}
	}
	var out []access.Finding
	for _, c := range changes {
		who := c.Fact.Object
		if c.Op != access.Remove || c.Fact.Kind != access.State || c.Fact.Value != "deactivated" || !comes[who] {
			continue
		}
		out = append(out, access.Finding{
			Code: "WR427", Level: access.Warn, Object: who,
			Message: fmt.Sprintf("%s is deactivated and cannot be invited: the account is reactivated first, with all that it kept", who),
			Hint:    "take them off the lists of groups that they are not to come back to",
			Origin:  desired.Origins[access.Fact{Kind: access.Exists, Object: who}],
		})
	}
	return out
}
