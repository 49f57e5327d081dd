package cloud

import (
	"fmt"

	"github.com/weirhq/weir/access"
)

// judgeGlobal leaves a global permission to somebody's hands: no public
// interface reads or writes one (evidence A5). Where there is a way to do
// without from then on, the steps say it.
func (c *canon) judgeGlobal(f access.Fact) {
	switch f.Verb {
	case access.GlobalCreateSpace, access.GlobalPersonalSpace:
		c.globalOfGroup(f)
	case access.GlobalUse:
		if f.Subject.Type() != "class" {
			c.refuse(f, "who may use Confluence is said by product roles", "write a product role of the person or the group")
			return
		}
		what := map[access.Ref]string{access.Anonymous: "Anonymous access", access.Unlicensed: "Access for customers of Jira Service Management"}[f.Subject]
		if what == "" {
			c.refuse(f, fmt.Sprintf("Confluence cannot be opened to %s", f.Subject), "open it to anonymous people, or give a group a product role")
			return
		}
		c.manualGlobal(f, "in Confluence administration, under Global permissions, allow "+what)
	case access.GlobalAdminister:
		c.refuse(f, "who administers Confluence is said by product roles", "give the person or the group the product role admin")
	default:
		c.refuse(f, fmt.Sprintf("Confluence Cloud has no global permission %q that anybody but Atlassian gives", f.Verb), "leave it out")
	}
}

var globalNames = map[string]string{access.GlobalCreateSpace: "Create Space", access.GlobalPersonalSpace: "Personal Space"}

// globalOfGroup leaves Create Space and Personal Space to a Confluence
// administrator, once: given to a group of their own, they follow its members
// from then on, and those are weir's.
func (c *canon) globalOfGroup(f access.Fact) {
	name := globalNames[f.Verb]
	switch {
	case c.free:
		c.refuse(f, "global permissions cannot be changed on the Free plan", "leave it out, or move the site to a paid plan")
		return
	case f.Subject.Type() != "group":
		c.refuse(f, name+" is given to groups", "describe a group for it, with the person as a member, and give it to the group")
		return
	}
	steps := []string{fmt.Sprintf("in Confluence administration, under Global permissions, give %s to %s", name, f.Subject)}
	if _, ok := c.want.Get(access.Fact{Kind: access.Product, Object: f.Subject}); !ok {
		steps = append(steps, fmt.Sprintf("if %s is not in that table: only groups with a product role are, so give it one", f.Subject))
	}
	if f.Verb == access.GlobalPersonalSpace {
		// Whoever holds it gets a space at the next look at a page (evidence, Domain).
		steps = append(steps, "take Personal Space from every group that is not described to have it: its people get a space each without being asked")
	}
	_, described := c.want.Get(access.Fact{Kind: access.Exists, Object: f.Subject})
	if c.hasMembers(f.Subject) {
		steps = append(steps, fmt.Sprintf("nothing more after that: who has it are the members of %s, which weir keeps", f.Subject))
	} else if f.Verb != access.GlobalPersonalSpace || !described {
		steps = append(steps, fmt.Sprintf("to do this only once, describe a group for it with its members (such as space-creators) in place of %s: weir keeps who is in it", f.Subject))
	}
	c.manualGlobal(f, steps...)
}

func (c *canon) manualGlobal(f access.Fact, steps ...string) {
	c.manual(f, "a Confluence administrator",
		"weir cannot see whether it is done, since no public interface of Confluence Cloud tells global permissions: this step is told with every plan as long as it is described",
		steps...)
}

// hasMembers reports whether a group's members are described.
func (c *canon) hasMembers(group access.Ref) bool {
	for range c.want.Of(access.Member, group) {
		return true
	}
	return false
}
