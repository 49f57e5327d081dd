package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
)

// personRole edits what somebody holds directly in the product. A guest whom
// nobody knows is invited.
func (e editor) personRole(f access.Fact, gone bool) error {
	id := f.Object.ID()
	if gone {
		return e.admin.MakePlainUser(id)
	}
	want := access.ProductRoles(f.Value)
	if slices.Equal(want, []string{plainUser}) {
		return fmt.Errorf("the role user alone is exists %s", f.Object)
	}
	err := e.admin.SetPersonRole(id, want...)
	var refused *emulator.Refusal
	const notFound = 404
	if slices.Equal(want, []string{access.GuestRole}) && errors.As(err, &refused) && refused.Status == notFound {
		return e.admin.AddGuest(id, "")
	}
	return err
}

// permission edits what somebody may do in a space beside roles.
func (e editor) permission(f access.Fact, gone bool) error {
	who, err := principal(f.Subject)
	switch {
	case err != nil:
		return err
	case gone:
		return e.admin.RemovePermission(f.Object.ID(), who, f.Verb)
	}
	return e.admin.AddPermission(f.Object.ID(), who, f.Verb)
}

// operations are what the product calls the verbs of a restriction.
var operations = map[string]string{access.ViewPage: "read", access.EditPage: "update"}

// restrict edits whom the restriction of a page or blog post names.
func (e editor) restrict(f access.Fact, gone bool) error {
	operation, ok := operations[f.Verb]
	if !ok {
		return fmt.Errorf("a page is restricted for %s or %s, not %q", access.ViewPage, access.EditPage, f.Verb)
	}
	who, err := principal(f.Subject)
	key, title := f.Object.PageSpace().ID(), f.Object.PageTitle()
	switch {
	case err != nil:
		return err
	case gone:
		return e.content(f.Object).Unrestrict(key, title, operation, who)
	}
	return e.content(f.Object).Restrict(key, title, operation, who)
}

// content is the admin to whom a title means what the reference means.
func (e editor) content(r access.Ref) emulator.Admin {
	if r.Type() == "blogpost" {
		return e.admin.BlogPosts()
	}
	return e.admin.Pages()
}

// global edits a global permission. Those that are product roles are facts of
// another kind, except of people who can hold no role.
func (e editor) global(f access.Fact, gone bool) error {
	if f.Subject.Type() != "class" && (f.Verb == access.GlobalUse || f.Verb == access.GlobalAdminister) {
		return fmt.Errorf("using and administering Confluence are product roles (product %s = …)", f.Subject)
	}
	who, err := principal(f.Subject)
	switch {
	case err != nil:
		return err
	case gone:
		return e.admin.RevokeGlobal(who, f.Verb)
	}
	return e.admin.GrantGlobal(who, f.Verb)
}

func isPersonal(space access.Ref) bool { return strings.HasPrefix(space.ID(), "~") }

// openPersonal lets the person make their space whom the same edit says to be its
// owner.
func (e editor) openPersonal(space access.Ref) error {
	for _, ed := range e.edits {
		if f := ed.change.Fact; ed.change.Op == access.Add && f.Kind == access.Personal && f.Object == space {
			return e.admin.OpenPersonalSpaceAt(f.Subject.ID(), space.ID())
		}
	}
	return errNoOwner(space)
}

func errNoOwner(space access.Ref) error {
	return fmt.Errorf("nobody is its owner (personal %s user:…)", space)
}
