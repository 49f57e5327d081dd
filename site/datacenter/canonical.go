package datacenter

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
)

// Canonical keeps what Data Center can hold and weir can bring about, in the
// words that Observe uses. What is true already is always kept as it is. Roles
// are written out as the nearest permissions, and what defines roles falls away.
func (t terms) Canonical(want access.Set, live site.Observation) site.Canonical {
	c := canon{
		names: t.names, member: t.member, want: want, live: live,
		writable: len(live.Traits.Globals) > 0,
		awaited:  driver.Awaited(want, live.Facts, "the user directory has the group"),
		given:    make(map[holder]access.Permissions),
	}
	c.out.From, c.out.As = make(map[access.Fact]access.Fact), map[access.Kind]access.Kind{access.Role: access.Permission}
	c.gather()
	c.findLockouts()
	for f := range want.All() {
		if live.Facts.Has(f) && !c.lockout[f] {
			c.keep(f)
		} else {
			c.judge(f)
		}
	}
	c.out.Facts = access.NewSet(append(c.facts, c.left...)...)
	return c.out
}

type canon struct {
	names    naming
	member   bool // weir's account is added to restrictions
	writable bool // there is an interface for global permissions
	want     access.Set
	live     site.Observation
	facts    []access.Fact
	left     []access.Fact // live facts that stay because what is wanted in their place is refused
	out      site.Canonical

	awaited map[access.Ref]string         // objects that somebody else must bring about, and how it is said
	given   map[holder]access.Permissions // what each principal shall have in a space, roles written out
	lockout map[access.Fact]bool          // restrictions that would lock weir's own account out
}

// holder is somebody in a space.
type holder struct{ space, principal access.Ref }

// gather adds up what each principal shall have in each space.
func (c *canon) gather() {
	for f := range c.want.OfKind(access.Permission) {
		h := holder{f.Object, f.Subject}
		c.given[h] = c.given[h].Union(access.NewPermissions(f.Verb))
	}
	for f := range c.want.OfKind(access.Role) {
		held, _, _ := c.permissionsOf(f)
		h := holder{f.Object, f.Subject}
		c.given[h] = c.given[h].Union(held)
	}
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

func (c *canon) note(f access.Fact, text, hint string) {
	c.out.Notes = append(c.out.Notes, site.Note{Fact: f, Text: text, Hint: hint})
}

// leave keeps a person's live standing where what is wanted of it is refused: who
// cannot be suspended must not be let in for it, nor put out.
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
		if r.IsPerson() && c.want.Has(access.Fact{Kind: access.Product, Object: r, Value: access.GuestRole}) {
			// Nor does a guest become anything greater.
			c.leave(r)
			c.refuse(f, "Data Center has no guests", "leave the person out, or let them in as everybody else by dropping product_role: guest")
			return
		}
		if until, ok := c.awaited[r]; ok {
			c.wait(f, r, until)
			return
		}
	}
	switch f.Kind {
	case access.Exists:
		c.judgeExists(f)
	case access.State:
		c.judgeState(f)
	case access.Managed:
		// No interface tells whose directory a group is of: the description is
		// believed, which says that weir only reads it.
		if f.Value == "team" {
			c.refuse(f, "Data Center has no teams", "drop managed_by")
		}
	case access.Product:
		c.judgeProduct(f)
	case access.Global:
		c.judgeGlobal(f)
	case access.Status:
		if f.Value != "archived" {
			c.refuse(f, fmt.Sprintf("a space cannot be %q", f.Value), "write current or archived")
			return
		}
		c.keep(f)
	case access.Grants:
		// It says what a role is, and roles are written out.
	case access.Role:
		c.judgeRole(f)
	case access.Permission:
		c.judgePermission(f)
	case access.Restrict:
		c.judgeRestrict(f)
	case access.Personal:
		c.refuse(f, "whose personal space a space is cannot be changed", "leave it as it is")
	default:
		c.keep(f)
	}
}

// wait puts off a fact about an object that somebody else must bring about.
func (c *canon) wait(f access.Fact, r access.Ref, until string) {
	m, ok := driver.Await(f, r, until, site.Manual{
		Authority: "who administers the user directory",
		Steps: []string{
			fmt.Sprintf("in the user directory (LDAP, Crowd or an identity provider), create a group named %s", r.ID()),
			"in Confluence, under Administration > User directories, synchronise it",
		},
	}, site.Manual{
		Authority: "a Confluence administrator",
		Steps:     []string{fmt.Sprintf("in Confluence, under Administration > Global permissions, let the group %s use Confluence", r.ID())},
	})
	if ok {
		c.out.Manual = append(c.out.Manual, m)
	}
}

// byAdmin are the clicks for what needs the interface of global permissions
// where there is none.
func (c *canon) byAdmin(f access.Fact, what string) {
	c.manual(f, "a Confluence administrator",
		"weir cannot see it: this version has no interface for global permissions",
		"open Administration > Users & security > Global permissions", "choose Edit permissions", what)
}

func (c *canon) judgeExists(f access.Fact) {
	r := f.Object
	_, listed := c.live.IDs[r]
	name, named := c.names.name(r)
	switch {
	case r.Type() == "space_role", r.IsPage():
		// Roles are written out. A page that is not there cannot be made; the plan
		// says so by itself.
	case !r.IsPerson():
		c.keep(f)
	case !listed && r.Type() == "account":
		c.refuse(f, "no account has this user name, and one can be made for an e-mail address only",
			nearest.Ask(c.nearest(r), "describe the person by e-mail"))
	case !listed && !named:
		c.refuse(f, "no user name stands for this address", nearest.Ask(c.nearest(r), c.names.remedy()))
	case !listed && strings.ContainsAny(name, "\\,+<>'\" \t"):
		c.refuse(f, fmt.Sprintf("%q can be no user name", name), `leave out \ , + < > ' " and spaces`)
	case !named:
		c.refuse(f, "no user name stands for this address", c.names.remedy())
	case !c.writable && !listed:
		c.manual(f, "a Confluence administrator", "the next plan reads who counts for the licence",
			fmt.Sprintf("under Administration > Users & security > User management, add the user %s", name),
			"put them into a group with the global permission to use Confluence")
	case !c.writable && c.state(r) != deactivated:
		c.byAdmin(f, fmt.Sprintf("give the user %s the permission Can Use, or put them into a group that has it", name))
	default:
		c.keep(f)
	}
}

// remedy says how an address gets a user name.
func (n naming) remedy() string {
	switch {
	case n.email:
		return "write the person as user: and an e-mail address"
	case n.domain != "":
		return fmt.Sprintf("write the user name before @%s, or the person as account: and their user name", n.domain)
	}
	return "say in the site's settings how user names become addresses (usernames: email, or a domain)"
}

// nearest gives the live object of the same type whose name is most like that
// of a reference.
func (c *canon) nearest(r access.Ref) string {
	return nearest.To(string(r), slices.Collect(c.like(r)))
}

func (c *canon) like(r access.Ref) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, o := range slices.Sorted(maps.Keys(c.live.IDs)) {
			if (o.Type() == r.Type() || o.IsPerson() && r.IsPerson()) && o != r && !yield(string(o)) {
				return
			}
		}
	}
}

func (c *canon) judgeState(f access.Fact) {
	r := f.Object
	_, listed := c.live.IDs[r]
	switch {
	case f.Value == suspended:
		c.leave(r)
		c.refuse(f, "Data Center does not know suspended people", "write deactivated")
	case f.Value == removed && !listed:
		// Who is not registered has been removed, or never was there.
	case !listed:
		c.refuse(f, "a person who is not registered cannot be "+f.Value, nearest.Ask(c.nearest(r), "write state: removed, or drop the entry"))
	case f.Value == deactivated || f.Value == removed:
		c.keep(f)
	default:
		c.leave(r)
		c.refuse(f, fmt.Sprintf("an account cannot be %q", f.Value), "write deactivated or removed")
	}
}

// judgeProduct: admin on Data Center is admin and user, since nobody
// administers who may not use (evidence B2).
func (c *canon) judgeProduct(f access.Fact) {
	roles := access.ProductRoles(f.Value)
	for _, r := range roles {
		if r != access.AdminRole && r != userRole {
			c.refuse(f, fmt.Sprintf("Confluence Data Center has no product role %q", r), "use one of admin, user")
			return
		}
	}
	if !c.writable {
		c.byAdmin(f, fmt.Sprintf("give %s the permissions for %s", f.Object, f.Value))
		return
	}
	asked := f
	admin := slices.Contains(roles, access.AdminRole)
	switch {
	case f.Object.IsPerson() && !admin:
		c.note(f, "that a person may enter is said by itself", "")
		return
	case f.Object.IsPerson():
		f.Value = access.AdminRole
	case admin:
		f.Value = access.AdminRole + "+" + userRole
	}
	if f != asked {
		c.out.From[f.Identity()] = asked
	}
	if !f.Object.IsPerson() && len(roles) == 1 && admin {
		c.note(asked, "whoever administers Confluence Data Center uses it as well", "write product_role: admin+user")
	}
	c.keep(f)
}

func (c *canon) judgeGlobal(f access.Fact) {
	class := f.Subject.Type() == "class"
	verbs := []string{access.GlobalCreateSpace, access.GlobalPersonalSpace, access.GlobalSystemAdminister}
	if class {
		verbs = []string{access.GlobalUse, access.GlobalViewProfiles}
	}
	use := access.Fact{Kind: access.Global, Object: access.Site, Verb: access.GlobalUse, Subject: f.Subject}
	product := access.Fact{Kind: access.Product, Object: f.Subject}
	_, opens := c.want.Get(product)
	if !opens {
		_, opens = c.live.Facts.Get(product)
	}
	switch {
	case class && f.Subject != access.Anonymous && f.Subject != access.Unlicensed:
		c.refuse(f, fmt.Sprintf("Data Center has no %s", f.Subject), "grant to anonymous, to people without a licence, or to a group such as confluence-users")
	case !class && (f.Verb == access.GlobalUse || f.Verb == access.GlobalAdminister):
		c.refuse(f, "using and administering Confluence are product roles", "write product_role: user or admin")
	case !slices.Contains(verbs, f.Verb):
		c.refuse(f, fmt.Sprintf("%s cannot have the global permission %q", f.Subject, f.Verb), nearest.Ask(nearest.To(f.Verb, verbs), "use one of "+strings.Join(verbs, ", ")))
	case !c.writable:
		c.byAdmin(f, fmt.Sprintf("give %s the permission %s", f.Subject, f.Verb))
	case class && f.Verb != access.GlobalUse && !c.want.Has(use) && !c.live.Facts.Has(use):
		c.refuse(f, "who may not use Confluence has no other global permission", fmt.Sprintf("give %s the permission use as well", f.Subject))
	case f.Subject.Type() == "group" && !opens:
		c.refuse(f, "a group that may not use Confluence has no other global permission", "give the group product_role: user")
	default:
		c.keep(f)
	}
}

func (c *canon) judgeRestrict(f access.Fact) {
	switch {
	case f.Verb != access.ViewPage && f.Verb != access.EditPage:
		c.refuse(f, fmt.Sprintf("a page is restricted for view or edit, not for %q", f.Verb), "write view or edit")
	case f.Subject.Type() == "team":
		c.refuse(f, "Data Center has no teams", "restrict to a group or a person")
	case c.lockout[f]:
		c.refuse(f, "it would lock weir's own account out of the page", "name a group that weir's account is in, put the account into "+superGroup+", or set restricted_pages: member")
	default:
		c.keep(f)
	}
}

// findLockouts finds the restrictions that would close a page to weir's own
// account: the product refuses them (published), and so does a plan. An account
// passes as well that is among those who see every page.
func (c *canon) findLockouts() {
	if !c.member && !driver.In(c.live, access.NewRef("group", superGroup)) {
		c.lockout = driver.Lockouts(c.want, c.live)
	}
}
