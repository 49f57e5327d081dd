package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// returning tells of people whose account is let back in: with it comes what it
// kept. A suspended account keeps its groups, and so does a deactivated one, which
// cannot be invited (evidence A3: it has to be reactivated first). Which access that
// opens the plan tells of the people who gain.
func returning(changes []access.Change, target access.Set, desired access.Desired) []access.Finding {
	comes := make(map[access.Ref]bool)
	for _, c := range changes {
		if c.Op == access.Add && c.Fact.Kind == access.Exists {
			comes[c.Fact.Object] = true
		}
	}
	was := make(map[access.Ref]string)
	for _, c := range changes {
		who := c.Fact.Object
		if c.Op != access.Remove || c.Fact.Kind != access.State || !comes[who] {
			continue
		}
		switch c.Fact.Value {
		case "deactivated":
			was[who] = "deactivated and cannot be invited: the account is reactivated"
		case "suspended":
			was[who] = "suspended: the account is restored"
		}
	}
	if len(was) == 0 {
		return nil
	}
	fresh := make(map[access.Fact]bool)
	for _, c := range changes {
		fresh[c.Fact] = c.Op == access.Add
	}
	kept := make(map[access.Ref][]string)
	for f := range target.OfKind(access.Member) {
		if was[f.Subject] != "" && !fresh[f] {
			kept[f.Subject] = append(kept[f.Subject], f.Object.ID())
		}
	}
	var out []access.Finding
	for who, how := range was {
		with := ", and kept no group"
		if groups := kept[who]; len(groups) > 0 {
			const few = 5
			slices.Sort(groups)
			with = ", with the groups that it kept: " + strings.Join(groups[:min(few, len(groups))], ", ")
			if more := len(groups) - few; more > 0 {
				with += fmt.Sprintf(" and %d more", more)
			}
		}
		out = append(out, access.Finding{
			Code: "WR427", Level: access.Warn, Object: who,
			Message: fmt.Sprintf("%s is %s%s", who, how, with),
			Hint:    "see who gains what; take them off the lists of groups that they are not to come back to",
			Origin:  desired.Origins[access.Fact{Kind: access.Exists, Object: who}],
		})
	}
	return out
}
