package cloud

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
)

// maxSpaceRoles is how many custom space roles a site may have. Source:
// Atlassian's help, November 2025.
const maxSpaceRoles = 10

// maxSpaceName is how many characters the name of a space may have. Source: the
// published document of POST /space.
const maxSpaceName = 200

// Canonical keeps what Cloud can hold and weir can bring about, in the words
// that Observe uses. What is true already is always kept as it is.
func (t terms) Canonical(want access.Set, live site.Observation) site.Canonical {
	c := canon{
		free: t.free || live.Traits.Edition == free, restricted: t.restricted, want: want, live: live,
		awaited: driver.Awaited(want, live.Facts, "the identity provider has synced the group"), refused: make(map[access.Ref]bool), told: make(map[access.Ref]bool),
		isGuest: make(map[access.Ref]bool), guestIn: make(map[access.Ref]access.Ref),
	}
	c.countRoles()
	c.findGuests()
	c.findLockouts()
	c.terms = access.NewSet(c.inMode()...)
	for f := range c.terms.All() {
		switch {
		case !c.passGuest(f):
		case live.Facts.Has(f) && !c.lockout[f] && !c.goesAlong(f):
			c.keep(f)
		default:
			c.judge(f)
		}
	}
	c.out.Facts = access.NewSet(append(c.facts, c.left...)...)
	return c.out
}

type canon struct {
	free       bool   // the plan cannot customise permissions
	restricted string // what is done about restricted pages
	want       access.Set
	terms      access.Set // want in the words of the site's mode
	live       site.Observation
	view       *access.View // of live, once asked for

	facts []access.Fact
	left  []access.Fact // live facts that stay because only a person can change them
	out   site.Canonical

	awaited map[access.Ref]string     // objects that somebody else must bring about, and how it is said
	refused map[access.Ref]bool       // space roles that find no room
	told    map[access.Ref]bool       // objects of which the one thing has been said that is said once
	isGuest map[access.Ref]bool       // who is a guest by the description
	guestIn map[access.Ref]access.Ref // the space that each guest is given
	lockout map[access.Fact]bool      // restrictions that would shut weir's own account out
}

// countRoles finds the custom roles beyond what a site may have. Those that
// are there keep their room.
func (c *canon) countRoles() {
	var there, fresh []access.Ref
	for f := range c.want.OfKind(access.Exists) {
		switch {
		case f.Object.Type() != "space_role" || slices.Contains(access.SystemRoles, f.Object.ID()):
		case c.there(f.Object):
			there = append(there, f.Object)
		default:
			fresh = append(fresh, f.Object)
		}
	}
	for i, r := range fresh {
		if len(there)+i >= maxSpaceRoles {
			c.refused[r] = true
		}
	}
}

// there reports whether the object exists on the live site.
func (c *canon) there(r access.Ref) bool {
	return c.live.Facts.Has(access.Fact{Kind: access.Exists, Object: r})
}

// state gives the live state of a person, or nothing.
func (c *canon) state(r access.Ref) string {
	f, _ := c.live.Facts.Get(access.Fact{Kind: access.State, Object: r})
	return f.Value
}

func (c *canon) keep(f access.Fact) { c.facts = append(c.facts, f) }

func (c *canon) refuse(f access.Fact, reason, hint string) {
	c.out.Refused = append(c.out.Refused, site.Refused{Fact: f, Reason: reason, Hint: hint})
}

func (c *canon) manual(f access.Fact, authority, verify string, steps ...string) {
	c.out.Manual = append(c.out.Manual, site.Manual{Fact: f, Steps: steps, Authority: authority, Verify: verify})
}

// leave keeps a person's live standing, which only somebody else can change.
func (c *canon) leave(r access.Ref) {
	for _, k := range []access.Kind{access.Exists, access.State} {
		if f, ok := c.live.Facts.Get(access.Fact{Kind: k, Object: r}); ok {
			c.left = append(c.left, f)
		}
	}
}

// judge decides on a wanted fact that is not true yet.
func (c *canon) judge(f access.Fact) {
	for _, r := range []access.Ref{f.Object, f.Subject} {
		if until, ok := c.awaited[r]; ok && f.Kind != access.Global {
			c.wait(f, r, until)
			return
		}
	}
	if c.free && (grantsInSpace(f) || f.Kind == access.Grants || f.Kind == access.Restrict || f.Object.Type() == "space_role") {
		c.refuse(f, "the Free plan cannot customise permissions", "leave it out, or move the site to a paid plan")
		return
	}
	switch f.Kind {
	case access.Exists:
		c.judgeExists(f)
	case access.State:
		c.judgeState(f)
	case access.Managed:
		c.manual(f, "who administers the identity provider",
			"the next plan reads who manages the group",
			fmt.Sprintf("in the identity provider, sync %s to the organisation under the same name", f.Object),
			"in Atlassian Administration, under Directory and Groups, see that it is shown as synced")
	case access.Product:
		c.judgeProduct(f)
	case access.Name:
		if utf8.RuneCountInString(f.Value) > maxSpaceName {
			c.refuse(f, fmt.Sprintf("a space's name has at most %d characters", maxSpaceName), "shorten it")
			return
		}
		c.keep(f)
	case access.Status:
		if f.Value != "archived" {
			c.refuse(f, fmt.Sprintf("a space cannot be %q", f.Value), "write current or archived")
			return
		}
		c.keep(f)
	case access.Grants:
		c.judgeGrants(f)
	case access.Role:
		c.judgeRole(f)
	case access.Permission:
		c.judgePermission(f)
	case access.Restrict:
		c.judgeRestrict(f)
	case access.Global:
		c.judgeGlobal(f)
	case access.Personal:
		c.refuse(f, "whose personal space it is cannot be changed", "leave it out")
	default:
		c.keep(f)
	}
}

// wait puts off a fact about an object that somebody else must bring about.
func (c *canon) wait(f access.Fact, r access.Ref, until string) {
	m, ok := driver.Await(f, r, until, site.Manual{
		Authority: "who administers the identity provider",
		Steps: []string{
			fmt.Sprintf("in the identity provider, create a group named %s and give it to the Atlassian application", r.ID()),
			"start a sync, or wait for the next",
		},
	}, site.Manual{
		Authority: "an organisation admin",
		Steps:     []string{fmt.Sprintf("in Atlassian Administration, open the group %s and give it Confluence with the role %s", r.ID(), f.Value)},
	})
	if ok {
		c.out.Manual = append(c.out.Manual, m)
	}
}

func (c *canon) judgeExists(f access.Fact) {
	r := f.Object
	_, listed := c.live.IDs[r]
	switch {
	case person(r) && c.live.People[r].Deleting:
		c.leave(r)
		c.manual(f, "an organisation admin",
			"the next plan reads the account's state, and brings it back",
			fmt.Sprintf("in Atlassian Administration, under Directory, find the managed account %s and cancel its deletion: 14 days after that was asked for it is gone for good", r.ID()))
	case person(r) && c.state(r) == deactivated && c.live.Unclaimed[r]:
		c.leave(r)
		c.manual(f, "the person, or the organisation that manages the account",
			"the next plan reads the account's state",
			fmt.Sprintf("ask %s to reactivate their Atlassian account: its domain is not verified here, so this organisation cannot", r.ID()))
	case r.Type() == "account" && !listed:
		c.refuse(f, "an account that is not in the directory can be invited by e-mail only", "describe the person by e-mail")
	case f.Object.IsPage():
		// Whether it is there was read; weir makes no pages.
	case r.Type() == "space_role" && c.refused[r]:
		c.refuse(f, fmt.Sprintf("a site has at most %d custom space roles", maxSpaceRoles), "merge roles that permit nearly the same")
	case r.Type() == "space_role" && slices.ContainsFunc(access.SystemRoles, func(name string) bool { return strings.EqualFold(name, r.ID()) }):
		c.refuse(f, "the site has a fixed role of this name, or lacks one that every site has", "give the role another name")
	case r.Type() == "space_role" && !c.grants(r):
		c.refuse(f, "a space role permits something, at the least to view", "give it the permission "+access.CanView)
	default:
		c.keep(f)
	}
}

func (c *canon) judgeState(f access.Fact) {
	r := f.Object
	_, listed := c.live.IDs[r]
	gone := !listed || c.state(r) == removed
	switch {
	case f.Value == removed && gone:
		// Who is not in the directory has been removed from it, or never was there.
	case f.Value != removed && gone:
		c.refuse(f, "a person who is not in the directory cannot be "+f.Value, "write state: removed, or drop the entry")
	case f.Value == deactivated && c.live.Unclaimed[r]:
		c.leave(r)
		c.manual(f, "the person, or the organisation that manages the account",
			"the next plan reads the account's state",
			fmt.Sprintf("the domain of %s is not verified by this organisation, so it cannot deactivate the account: ask its owner to", r.ID()),
			"or describe the person as suspended or removed, which weir can do")
	case f.Value == deactivated || f.Value == suspended || f.Value == removed:
		c.keep(f)
	default:
		c.refuse(f, fmt.Sprintf("an account cannot be %q", f.Value), "write suspended, deactivated or removed")
	}
}

func (c *canon) judgeGrants(f access.Fact) {
	switch {
	case slices.Contains(access.SystemRoles, f.Object.ID()):
		c.refuse(f, "what a fixed role permits cannot be changed", "describe a space role of your own")
	case c.refused[f.Object]:
		c.refuse(f, fmt.Sprintf("a site has at most %d custom space roles", maxSpaceRoles), "merge roles that permit nearly the same")
	case len(c.live.Permissions) > 0 && !c.known(f.Verb):
		c.refuse(f, fmt.Sprintf("the site has no permission %q", f.Verb), c.meant(f.Verb))
	default:
		c.keep(f)
	}
}

// grants reports whether a wanted role permits anything.
func (c *canon) grants(role access.Ref) bool {
	for range c.want.Of(access.Grants, role) {
		return true
	}
	return false
}

// known reports whether the site has a permission.
func (c *canon) known(id string) bool {
	_, ok := c.live.Permissions[id]
	return ok
}

func (c *canon) judgeRole(f access.Fact) {
	role := access.NewRef("space_role", f.Value)
	wanted := c.want.Has(access.Fact{Kind: access.Exists, Object: role}) && !c.refused[role]
	switch f.Subject.Type() {
	case "team", "app":
		c.refuse(f, "weir sees what Teams and apps hold and does not grant to them", "grant to a group")
		return
	case "class":
		if _, id := c.classes()[f.Subject]; !id {
			c.refuse(f, fmt.Sprintf("Confluence knows no %s", f.Subject), "grant to everyone, authenticated, anonymous, product_admins or jsm_admins")
			return
		}
	}
	if !wanted && !c.there(role) {
		c.refuse(f, fmt.Sprintf("the site has no space role %q", f.Value), "describe the role under space_roles, or use one of "+strings.Join(access.SystemRoles, ", "))
		return
	}
	c.keep(f)
}

// classes are those that can be granted to: the known ones, and whichever
// hold a role on the live site.
func (c *canon) classes() map[access.Ref]bool {
	out := make(map[access.Ref]bool)
	for _, r := range classes {
		out[r] = true
	}
	for f := range c.live.Facts.OfKind(access.Role) {
		if f.Subject.Type() == "class" {
			out[f.Subject] = true
		}
	}
	return out
}
