package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site/emulator"
)

func (a *app) siteEdit(file *string) *cobra.Command {
	var who string
	var unlogged bool
	cmd := &cobra.Command{
		Use:   "edit [DIR]",
		Short: "Change the site as a person in its admin pages would",
		Long: `Read lines of the form "op fact" from standard input and apply them from top to
bottom, as people in the site's admin pages would: + makes a fact true, - makes
it false, ~ gives it another value. A page or blog post is made below the home
page and deleted for good; a person makes their personal space themselves, with
the roles that every new space has, and so needs the right to. Blank lines and lines that begin with # are
passed over. Every line is checked before the first one is applied. The audit log
tells of the edits, by nobody unless --as names somebody.`,
		Example: "  echo '+ member group:staff user:ana@acme.example' | weir site edit\n  weir site edit examples/acme < examples/acme/drift.facts",
		Args:    atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args)
			return a.edit(*file, func(admin emulator.Admin) (emulator.Admin, error) {
				if unlogged {
					admin = admin.Unaudited()
				}
				if who == "" {
					return admin, nil
				}
				return admin.By(who)
			})
		},
	}
	cmd.Flags().StringVar(&who, "as", "", "who edits, by e-mail `address`, for the audit log")
	cmd.Flags().BoolVar(&unlogged, "unlogged", false, "leave no audit records, as changes do of which no log tells")
	return cmd
}

func (a *app) edit(file string, as func(emulator.Admin) (emulator.Admin, error)) error {
	edits, err := readEdits(a.Stdin)
	if err != nil {
		return err
	}
	em, err := a.openEmulator(file, readWrite, "")
	if err != nil {
		return err
	}
	defer em.Close()
	admin, err := as(em.Admin())
	if err != nil {
		return fmt.Errorf("whoever --as names: %w", err)
	}
	e := editor{admin: admin, edits: edits}
	for i, edit := range edits {
		if err := e.apply(edit); err != nil {
			return fmt.Errorf("line %d: %s %s: %w (%s applied before it)", edit.line, edit.change.Op, edit.change.Fact, err, render.Count(i, "edit was", "edits were"))
		}
	}
	_, err = fmt.Fprintf(a.Stdout, "applied %s\n", render.Count(len(edits), "edit", "edits"))
	return err
}

// edit is one line of an edit.
type edit struct {
	line   int
	change access.Change
}

func readEdits(r io.Reader) ([]edit, error) {
	var out []edit
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		op, rest, _ := strings.Cut(text, " ")
		c := access.Change{Op: access.Op(op)}
		if c.Op != access.Add && c.Op != access.Remove && c.Op != access.Modify {
			return nil, fmt.Errorf("line %d: an edit begins with +, - or ~, not %q", n, op)
		}
		var err error
		if c.Fact, err = access.ParseFact(strings.TrimSpace(rest)); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if c.Op == access.Modify && !access.Kinds[c.Fact.Kind].Value {
			return nil, fmt.Errorf("line %d: ~ gives a fact another value, and %s has none", n, c.Fact.Kind)
		}
		out = append(out, edit{n, c})
	}
	return out, lines.Err()
}

// editor does edits in the emulator's admin pages.
type editor struct {
	admin emulator.Admin
	edits []edit
}

func (e editor) apply(ed edit) error {
	f, gone := ed.change.Fact, ed.change.Op == access.Remove
	id := f.Object.ID()
	switch f.Kind {
	case access.Exists:
		return e.exists(f.Object, gone)
	case access.State:
		if gone {
			return e.admin.SetPersonState(id, emulator.StateActive)
		}
		return e.admin.SetPersonState(id, f.Value)
	case access.Product:
		switch {
		case f.Object.IsPerson():
			return e.personRole(f, gone)
		case gone:
			return e.admin.SetProductRole(id)
		}
		return e.admin.SetProductRole(id, access.ProductRoles(f.Value)...)
	case access.Member:
		// An edit stands for whoever could: an identity provider too.
		return e.admin.SyncMember(id, f.Subject.ID(), !gone)
	case access.Managed:
		switch {
		case gone:
			return e.admin.SetManaged(id, "")
		case f.Value == emulator.ManagedOther:
			return errors.New("what a group opens elsewhere is no fact of this site")
		}
		return e.admin.SetManaged(id, f.Value)
	case access.Name:
		if gone {
			return errors.New("a space always has a name")
		}
		return e.admin.RenameSpace(id, f.Value)
	case access.Status:
		if gone {
			return e.admin.SetSpaceStatus(id, "current")
		}
		return e.admin.SetSpaceStatus(id, f.Value)
	case access.Grants:
		switch {
		case gone:
			return e.admin.RevokePermission(id, f.Verb)
		case e.grantedAtBirth(f.Object):
			return nil
		}
		return e.admin.GrantPermission(id, f.Verb)
	case access.Role:
		who, err := principal(f.Subject)
		if err != nil {
			return err
		}
		if gone {
			return e.admin.UnassignRole(id, who)
		}
		return e.admin.AssignRole(id, who, f.Value)
	case access.Permission:
		return e.permission(f, gone)
	case access.Restrict:
		return e.restrict(f, gone)
	case access.Global:
		return e.global(f, gone)
	case access.Personal:
		switch {
		case gone:
			return errors.New("a personal space stays its owner's until it is deleted")
		case e.adds(access.Fact{Kind: access.Exists, Object: f.Object}):
			return nil // that line makes it
		}
		return e.admin.OpenPersonalSpaceAt(f.Subject.ID(), id)
	}
	return fmt.Errorf("the admin pages cannot change %s", f.Kind)
}

func (e editor) exists(r access.Ref, gone bool) error {
	id := r.ID()
	switch r.Type() + either(gone, "-", "+") {
	case "user+":
		if e.adds(access.Fact{Kind: access.Product, Object: r, Value: access.GuestRole}) {
			return e.admin.AddGuest(id, "") // who was a user first could not become a guest
		}
		return e.admin.AddPerson(id, "", emulator.PersonOptions{})
	case "user-":
		return e.admin.RemoveAccess(id)
	case "group+":
		return e.admin.CreateGroup(id, "")
	case "group-":
		return e.admin.DeleteGroup(id)
	case "space+":
		if isPersonal(r) {
			return e.openPersonal(r)
		}
		return e.admin.CreateSpace(id, id)
	case "space-":
		return e.admin.DeleteSpace(id)
	case "space_role+":
		return e.admin.CreateRole(id, "", e.grants(r)...)
	case "space_role-":
		return e.admin.DeleteRole(id)
	case "page+":
		return e.admin.CreatePage(r.PageSpace().ID(), r.PageTitle(), "")
	case "blogpost+":
		return e.admin.CreateBlogPost(r.PageSpace().ID(), r.PageTitle())
	case "page-", "blogpost-":
		return e.content(r).DeletePage(r.PageSpace().ID(), r.PageTitle())
	}
	return fmt.Errorf("the admin pages cannot add or remove %s", r)
}

// grants are the permissions that the same edit gives a new role: the product
// makes a role with its permissions at once.
func (e editor) grants(role access.Ref) []string {
	var out []string
	for _, ed := range e.edits {
		if ed.change.Op == access.Add && ed.change.Fact.Kind == access.Grants && ed.change.Fact.Object == role {
			out = append(out, ed.change.Fact.Verb)
		}
	}
	return out
}

func (e editor) grantedAtBirth(role access.Ref) bool {
	return e.adds(access.Fact{Kind: access.Exists, Object: role})
}

// adds reports whether a line of the edit makes the fact true.
func (e editor) adds(f access.Fact) bool {
	return slices.ContainsFunc(e.edits, func(ed edit) bool { return ed.change.Op == access.Add && ed.change.Fact == f })
}

func principal(r access.Ref) (emulator.Principal, error) {
	switch r.Type() {
	case "user":
		return emulator.Principal{User: r.ID()}, nil
	case "account":
		return emulator.Principal{Account: r.ID()}, nil
	case "group":
		return emulator.Principal{Group: r.ID()}, nil
	case "class":
		for id, class := range classes {
			if class == r {
				return emulator.Principal{Class: id}, nil
			}
		}
		return emulator.Principal{Class: r.ID()}, nil
	}
	return emulator.Principal{}, fmt.Errorf("%s cannot be given anything here", r)
}

func either(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}
