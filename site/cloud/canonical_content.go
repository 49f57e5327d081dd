package cloud

import (
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/driver"
)

// What is done about restricted pages that weir's account may not see, and
// about restrictions that would shut it out: the operator chooses.
const (
	skipRestricted   = "skip"      // what cannot be seen stays so, and weir shuts itself out of nothing
	memberRestricted = "member"    // weir's account is put into every restriction that weir writes
	keyRestricted    = "admin_key" // an admin key is opened for the reads and writes that need one
)

// findLockouts finds the restrictions that would shut weir's own account out of
// a page, unless the operator has seen to it that none does.
func (c *canon) findLockouts() {
	if c.restricted != memberRestricted && (c.restricted != keyRestricted || !c.hasAdminKeys()) {
		c.lockout = driver.Lockouts(c.want, c.live)
	}
}

// hasAdminKeys reports whether the subscription has admin keys: Premium and
// Enterprise only (published). Of one that is not known it is supposed.
func (c *canon) hasAdminKeys() bool {
	return !c.free && !strings.EqualFold(c.live.Traits.Edition, "standard")
}

func (c *canon) judgeRestrict(f access.Fact) {
	switch {
	case f.Subject.Type() == "team":
		c.refuse(f, "weir does not restrict pages to Teams", "name a group")
	case c.lockout[f]:
		hint := "name weir's account or a group that it is in, or let the operator set restricted_pages to member or admin_key"
		if c.restricted == keyRestricted {
			hint = "admin keys take a Premium or Enterprise subscription: name weir's account or a group that it is in, or let the operator set restricted_pages to member"
		}
		c.refuse(f, fmt.Sprintf("it would shut weir's own account out of %s, which could then not be changed any more", f.Object), hint)
	default:
		c.keep(f)
		c.noteVanished(f.Object)
	}
}

// noteVanished tells of names on a page that is written whose bearers are gone:
// they cannot be written back. They let nobody pass, so dropping them changes
// nothing.
func (c *canon) noteVanished(page access.Ref) {
	if c.told[page] {
		return
	}
	c.told[page] = true
	for f := range c.live.Facts.Of(access.Restrict, page) {
		if gone := f.Subject; gone.Type() == "group" && !c.there(gone) {
			c.note(f, "the group is gone, and its name is dropped when the page's restrictions are written, which changes nothing for anybody", "")
		}
	}
}
