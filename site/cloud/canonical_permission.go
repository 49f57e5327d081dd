package cloud

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/site"
)

// documentedPairs are the permissions that v1 publishes as writable: all that a
// site without roles has (evidence A7).
var documentedPairs = access.NewPermissions(documentedPermissions...)

// Permissions that rules here speak of.
const (
	createPage      = "create/page"
	updatePage      = "update/page" // comes and goes with create/page (evidence A7)
	exportSpace     = "export/space"
	restrictContent = "restrict_content/space"
)

// fixedRoles say what the four fixed roles come to on a site that has no roles
// and so does not tell. The product describes them in words only: view and
// comment; add and edit content; content and people, but not settings; all
// (evidence A8). What people with the role delete of others', and whether they
// restrict pages, is taken from "content and people".
var fixedRoles = func() map[string]access.Permissions {
	viewer := access.NewPermissions(access.CanView, "create/comment")
	collaborator := viewer.Union(access.NewPermissions(createPage, updatePage, "create/blogpost", "create/attachment", "archive/page", "delete/space"))
	manager := collaborator.Union(access.NewPermissions("delete/page", "delete/blogpost", "delete/comment", "delete/attachment", restrictContent, "manage_users/space"))
	return map[string]access.Permissions{
		"viewer": viewer, "collaborator": collaborator, "manager": manager,
		"admin": documentedPairs.Union(access.NewPermissions(updatePage)),
	}
}()

// inMode puts what is wanted in spaces into the words of the site's mode. Where
// there are no roles they are written out as permissions; where there is either,
// both pass; where roles are all there is, permissions are left for judge to
// refuse.
func (c *canon) inMode() []access.Fact {
	var out []access.Fact
	for f := range c.want.All() {
		switch {
		case c.live.Traits.Mode != site.ByPermissions:
			out = append(out, f)
		case f.Object.Type() == "space_role":
			// What a role permits is said where it is given.
		case f.Kind == access.Role:
			out = append(out, c.writtenOut(f)...)
		default:
			out = append(out, f)
		}
	}
	if c.live.Traits.Mode == site.ByPermissions {
		c.out.As = map[access.Kind]access.Kind{access.Role: access.Permission}
	}
	if c.live.Traits.Mode != site.ByPermissions && c.live.Traits.Mode != site.ByEither {
		return out
	}
	return c.withImplied(out)
}

// writtenOut gives the permissions that a role comes to. What a site without
// roles cannot hold is lost, and said once a role; what somebody has of it
// already, stays.
func (c *canon) writtenOut(f access.Fact) []access.Fact {
	role := access.NewRef("space_role", f.Value)
	permits, ok := fixedRoles[f.Value]
	if custom := c.granted(role); custom != "" {
		permits, ok = custom, true
	}
	if !ok {
		c.refuse(f, fmt.Sprintf("nothing says what the role %q permits", f.Value), "describe it under space_roles, or use one of "+strings.Join(access.SystemRoles, ", "))
		return nil
	}
	if reason, hint := c.noPermissions(f); reason != "" {
		c.refuse(f, reason, hint)
		return nil
	}
	var out []access.Fact
	var lost []string
	for _, id := range permits.IDs() {
		p := access.Fact{Kind: access.Permission, Object: f.Object, Verb: id, Subject: f.Subject}
		writable := documentedPairs.Has(id) || id == updatePage && permits.Has(createPage)
		switch {
		case f.Subject == access.Anonymous && !forAnonymous(id), !writable && !c.live.Facts.Has(p):
			lost = append(lost, id)
			continue
		case c.want.Has(p):
			continue
		}
		out = append(out, p)
		c.from(p, f)
	}
	if len(lost) > 0 && !c.told[role] {
		c.told[role] = true
		c.note(f, fmt.Sprintf("on this site %s is written out as permissions, which cannot say %s", role, strings.Join(lost, ", ")), "")
	}
	return out
}

// granted gives what the description says that a role permits.
func (c *canon) granted(role access.Ref) access.Permissions {
	var ids []string
	for f := range c.want.Of(access.Grants, role) {
		ids = append(ids, f.Verb)
	}
	return access.NewPermissions(ids...)
}

// withImplied adds what comes with a wanted permission, whoever asks for it:
// nothing can be given before viewing (published), and on a site without roles
// editing pages comes with adding them and cannot be written by itself.
func (c *canon) withImplied(facts []access.Fact) []access.Fact {
	wanted := make(map[access.Fact]bool, len(facts))
	for _, f := range facts {
		wanted[f] = true
	}
	imply := func(cause access.Fact, id, why string) {
		p := cause
		p.Verb = id
		if wanted[p] {
			return
		}
		wanted[p] = true
		facts = append(facts, p)
		c.from(p, cause)
		if !c.live.Facts.Has(p) {
			c.note(cause, why, "")
		}
	}
	for _, f := range slices.Clone(facts) {
		if f.Kind != access.Permission || f.Verb == access.CanView {
			continue
		}
		imply(f, access.CanView, "viewing the space comes with it")
		if f.Verb == createPage && c.live.Traits.Mode == site.ByPermissions {
			imply(f, updatePage, "editing pages comes with it")
		}
	}
	return facts
}

func (c *canon) from(f, wanted access.Fact) {
	if c.out.From == nil {
		c.out.From = make(map[access.Fact]access.Fact)
	}
	c.out.From[f.Identity()] = wanted
}

func (c *canon) note(f access.Fact, text, hint string) {
	c.out.Notes = append(c.out.Notes, site.Note{Fact: f, Text: text, Hint: hint})
}

// noPermissions says why a principal cannot have permissions of its own in a
// space: v1 writes them for people, groups and the public only (published).
func (c *canon) noPermissions(f access.Fact) (reason, hint string) {
	switch f.Subject.Type() {
	case "team", "app":
		return "weir sees what Teams and apps hold and does not grant to them", "grant to a group"
	case "class":
		if f.Subject != access.Anonymous {
			return fmt.Sprintf("%s cannot be given permissions of its own", f.Subject), "grant to a group that holds the same people"
		}
	}
	return "", ""
}

// forAnonymous reports whether people who are not logged in may have a
// permission: administration and restrictions are for known people (documented).
func forAnonymous(id string) bool {
	switch id {
	case access.CanAdminister, restrictContent, "archive_space/space", "delete_space/space":
		return false
	}
	return !strings.HasPrefix(id, "manage_")
}

func (c *canon) judgePermission(f access.Fact) {
	if c.live.Traits.Mode != site.ByPermissions && c.live.Traits.Mode != site.ByEither {
		c.refuse(f, "access to spaces is given by roles alone on this site", "give a role, or describe a space role that permits it")
		return
	}
	if reason, hint := c.noPermissions(f); reason != "" {
		c.refuse(f, reason, hint)
		return
	}
	_, role := c.want.Get(access.Fact{Kind: access.Role, Object: f.Object, Subject: f.Subject})
	switch {
	case role && c.live.Traits.Mode == site.ByEither:
		c.refuse(f, "a principal has one role in a space, or permissions of its own", "take one of the two away")
	case f.Subject == access.Anonymous && !forAnonymous(f.Verb):
		c.refuse(f, "people who are not logged in cannot have it", "grant it to a group")
	case !c.hasPermission(f):
		c.refuse(f, fmt.Sprintf("the site has no permission %q", f.Verb), c.meant(f.Verb))
	case c.isGuest[f.Subject] && noGuestHas(f.Verb):
		c.refuse(f, "no guest may have it", "make the person a licensed user, or leave it out")
	case !c.administers(f.Object):
		c.recover(f)
	default:
		c.keep(f)
		held, role := c.live.Facts.Get(access.Fact{Kind: access.Role, Object: f.Object, Subject: f.Subject})
		if role && f.Verb == access.CanView {
			c.note(f, fmt.Sprintf("the role %s is taken first, and for a moment %s holds nothing in %s", held.Value, f.Subject, f.Object), "")
		}
	}
}

// hasPermission reports whether the site can hold the permission: the published
// pairs on a site without roles, elsewhere its catalogue.
func (c *canon) hasPermission(f access.Fact) bool {
	if c.live.Traits.Mode != site.ByPermissions {
		return len(c.live.Permissions) == 0 || c.known(f.Verb)
	}
	if f.Verb == updatePage {
		// Wanted or implied, create/page stands beside it or was refused itself.
		return c.terms.Has(access.Fact{Kind: access.Permission, Object: f.Object, Verb: createPage, Subject: f.Subject})
	}
	return documentedPairs.Has(f.Verb)
}

// goesAlong reports whether a permission that is there goes with another one that
// is to be taken, and cannot be given back by itself: on a site without roles,
// editing pages goes with adding them.
func (c *canon) goesAlong(f access.Fact) bool {
	adds := access.Fact{Kind: access.Permission, Object: f.Object, Verb: createPage, Subject: f.Subject}
	return c.live.Traits.Mode == site.ByPermissions && f.Kind == access.Permission && f.Verb == updatePage &&
		c.live.Facts.Has(adds) && !c.terms.Has(adds)
}

// permissionIDs are the permissions that can be written here, with their labels
// where the site tells them.
func (c *canon) permissionIDs() map[string]string {
	if c.live.Traits.Mode != site.ByPermissions {
		return c.live.Permissions
	}
	out := make(map[string]string)
	for _, id := range documentedPairs.IDs() {
		out[id] = c.live.Permissions[id]
	}
	return out
}

// meant guesses which permission was meant: by its label, or by how it is
// written.
func (c *canon) meant(given string) string {
	ids := c.permissionIDs()
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if label := ids[id]; label != "" && strings.EqualFold(label, given) {
			return nearest.Ask(id, "")
		}
	}
	return nearest.Ask(nearest.To(strings.ToLower(given), slices.Collect(maps.Keys(ids))), "write the id of one that it has, such as create/page")
}

// administers reports whether weir's account administers a space: only a space's
// own admins write permissions there (evidence A7). A space that weir makes, it
// administers.
func (c *canon) administers(space access.Ref) bool {
	if c.live.Account == "" || !c.there(space) {
		return true
	}
	if c.view == nil {
		c.view = access.NewView(c.live.Facts)
	}
	return c.view.Can(c.live.Account, access.CanAdminister, space)
}

// recover puts off a permission in a space that weir's account does not
// administer. What anybody has there beside roles stays for now, so that nothing
// is done by half.
func (c *canon) recover(f access.Fact) {
	verify := fmt.Sprintf("the next plan reads whether weir's account may administer %s", f.Object)
	if c.told[f.Object] {
		c.manual(f, "weir", verify, fmt.Sprintf("nothing by hand: weir does it once its account administers %s", f.Object))
		return
	}
	c.told[f.Object] = true
	account := cmp.Or(c.live.Labels[c.live.Account], c.live.Account.ID())
	c.manual(f, "a Confluence administrator, or an admin of the space", verify,
		fmt.Sprintf("make weir's account (%s) an admin of %s: as an admin of the space in Space settings, under Space permissions", account, f.Object),
		"where the space has no admin that can be asked: as a Confluence administrator, recover the space's permissions in Confluence administration, under Space permissions")
	asks := func(k access.Kind, who access.Ref) bool {
		for w := range c.terms.Of(k, f.Object) {
			if w.Subject == who {
				return true
			}
		}
		return false
	}
	for p := range c.live.Facts.Of(access.Permission, f.Object) {
		if !asks(access.Role, p.Subject) {
			c.left = append(c.left, p)
		}
	}
	for p := range c.live.Facts.Of(access.Role, f.Object) {
		if asks(access.Permission, p.Subject) && !asks(access.Role, p.Subject) {
			c.left = append(c.left, p) // until the permissions can take its place
		}
	}
}
