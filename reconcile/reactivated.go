package reconcile

import (
	"fmt"

	"github.com/weirhq/weir/access"
)

// reactivated tells of people who come back from a deactivated account: it cannot be
// invited (evidence A3), so the apply reactivates it first, for every product.
func reactivated(d access.Delta) []access.Finding {
	found := kept(d)
	comes := make(map[access.Ref]bool)
	for _, c := range d.Changes {
		if c.Op == access.Add && c.Fact.Kind == access.Exists {
			comes[c.Fact.Object] = true
		}
	}
	var out []access.Finding
	for _, c := range d.Changes {
		who := c.Fact.Object
		if c.Op != access.Remove || c.Fact.Kind != access.State || c.Fact.Value != "deactivated" || !comes[who] {
			continue
		}
		all := "with all that it kept"
		if list := found[who]; len(list) > 0 {
			all += ": " + firstOf(list, 12)
		}
		out = append(out, access.Finding{
			Code: "WR427", Level: access.Warn, Object: who,
			Message: fmt.Sprintf("%s is deactivated and cannot be invited: the account is reactivated first, %s", who, all),
			Hint:    "take them off the lists of groups that they are not to come back to",
			Origin:  d.Desired.Origins[access.Fact{Kind: access.Exists, Object: who}],
		})
	}
	return out
}
