package datacenter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/nearest"
)

// permissionsOf writes out a role: the permissions that come nearest, and what
// is lost. known is false for a role that nobody describes.
func (c *canon) permissionsOf(f access.Fact) (held access.Permissions, lost []string, known bool) {
	set, known := fixedRoles[f.Value]
	if !known {
		for g := range c.want.Of(access.Grants, access.NewRef("space_role", f.Value)) {
			set, known = set.Union(access.NewPermissions(g.Verb)), true
		}
	}
	held, lost = closest(set)
	if f.Subject == access.Anonymous {
		for _, id := range notForThePublic {
			if held.Has(id) {
				held, lost = held.Minus(access.NewPermissions(id)), append(lost, id)
			}
		}
	}
	return held, lost, known
}

// notForThePublic are the permissions that anonymous people cannot have
// (documented for the product's own table).
var notForThePublic = []string{access.CanAdminister, restrictContent}

// judgeRole writes a role out, with one note of all that is lost.
func (c *canon) judgeRole(f access.Fact) {
	if c.nobody(f) {
		return
	}
	held, lost, known := c.permissionsOf(f)
	switch {
	case !known:
		c.refuse(f, fmt.Sprintf("no space role %q is described", f.Value), "describe the role under space_roles, or use one of "+strings.Join(access.SystemRoles, ", "))
		return
	case !held.Has(access.CanView):
		c.refuse(f, "without the permission to view a space nobody can use any other", "let the role permit "+access.CanView)
		return
	}
	for _, id := range held.IDs() {
		p := access.Fact{Kind: access.Permission, Object: f.Object, Verb: id, Subject: f.Subject}
		c.out.From[p] = f
		c.keep(p)
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		c.note(f, "Data Center has no permission for "+strings.Join(lost, ", "), "")
	}
}

// nobody refuses principals that Data Center does not have.
func (c *canon) nobody(f access.Fact) bool {
	switch who := f.Subject; {
	case who.Type() == "team" || who.Type() == "app":
		c.refuse(f, fmt.Sprintf("Data Center has no %s", who), "grant to a group")
	case who.Type() == "class" && who != access.Anonymous:
		c.refuse(f, fmt.Sprintf("Data Center has no %s", who), "grant to confluence-users, or to another group of those who are meant")
	default:
		return false
	}
	return true
}

// judgePermission decides on a permission by its id.
func (c *canon) judgePermission(f access.Fact) {
	if c.nobody(f) {
		return
	}
	given := c.given[holder{f.Object, f.Subject}]
	cover, covered := within[f.Verb]
	switch {
	case covered && cover != "" && given.Has(cover):
		c.note(f, fmt.Sprintf("Data Center has no such permission: %s covers it", cover), "")
	case covered && cover != "":
		c.refuse(f, fmt.Sprintf("Data Center has no permission %q", f.Verb), fmt.Sprintf("write %s, which covers it", cover))
	case covered:
		c.refuse(f, fmt.Sprintf("Data Center has no permission %q", f.Verb), "leave it out")
	case !slices.Contains(writable(), f.Verb):
		c.refuse(f, fmt.Sprintf("the site has no permission %q", f.Verb), c.meant(f.Verb))
	case f.Subject == access.Anonymous && slices.Contains(notForThePublic, f.Verb):
		c.refuse(f, fmt.Sprintf("anonymous people cannot have %s", f.Verb), "leave it out")
	case !given.Has(access.CanView):
		c.refuse(f, "without the permission to view a space nobody can use any other", fmt.Sprintf("give %s the permission %s as well", f.Subject, access.CanView))
	default:
		c.keep(f)
	}
}

// meant guesses which permission somebody meant: by its label, and then by what
// is nearest to it.
func (c *canon) meant(text string) string {
	for _, w := range spaceWords {
		if strings.EqualFold(w.label, text) || w.operation.id() == text {
			return nearest.Ask(w.id, "")
		}
	}
	guess := nearest.To(text, writable())
	if guess == "" {
		var names []string
		for _, w := range spaceWords {
			names = append(names, w.label)
		}
		if label := nearest.To(text, names); label != "" {
			return c.meant(label)
		}
	}
	return nearest.Ask(guess, "write the id of one that it has, such as "+createPage)
}
