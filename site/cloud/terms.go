package cloud

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/weirhq/weir/site"
)

// free is the plan that cannot customise permissions.
const free = "free"

// terms are what Cloud can hold and how it takes changes: all that the driver
// decides without asking anybody.
type terms struct {
	free       bool   // the plan cannot customise permissions
	restricted string // what is done about restricted pages
}

// NewTerms gives Cloud's terms without a site, for an observation that was
// written down. plan and restrictedPages are those of [Config].
func NewTerms(plan, restrictedPages string) (site.Terms, error) {
	return newTerms(plan, restrictedPages)
}

func newTerms(plan, restrictedPages string) (terms, error) {
	t := terms{free: word(plan) == free, restricted: cmp.Or(restrictedPages, skipRestricted)}
	if !slices.Contains([]string{skipRestricted, memberRestricted, keyRestricted}, t.restricted) {
		return terms{}, fmt.Errorf("%q says nothing about restricted pages (write skip, member or admin_key)", t.restricted)
	}
	return t, nil
}
