package render

import (
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
)

// Words says a fact in a sentence without a full stop. names are display names,
// which are not needed for it to be clear.
func Words(f access.Fact, names map[access.Ref]string) string {
	on, who := Thing(f.Object), Principal(f.Subject)
	switch f.Kind {
	case access.Exists:
		if f.Object.IsPerson() {
			if name := names[f.Object]; name != "" && name != f.Object.ID() {
				return fmt.Sprintf("%s (%s) may enter", f.Object.ID(), name)
			}
			return f.Object.ID() + " may enter"
		}
		return on + " is there"
	case access.State:
		return f.Object.ID() + " is " + f.Value
	case access.Product:
		roles := strings.Join(access.ProductRoles(f.Value), " and ")
		if f.Object.IsPerson() {
			return fmt.Sprintf("%s holds the product role %s", f.Object.ID(), roles)
		}
		return fmt.Sprintf("%s gives the product role %s", on, roles)
	case access.Member:
		return fmt.Sprintf("%s is in %s", f.Subject.ID(), on)
	case access.Managed:
		return fmt.Sprintf("%s is kept by others (%s)", on, f.Value)
	case access.Status:
		return fmt.Sprintf("%s is %s", on, f.Value)
	case access.Grants:
		return fmt.Sprintf("the role %s permits %s", f.Object.ID(), f.Verb)
	case access.Role:
		return fmt.Sprintf("%s %s the role %s in %s", who, has(f.Subject), f.Value, on)
	case access.Permission:
		return fmt.Sprintf("%s %s %s in %s", who, has(f.Subject), f.Verb, on)
	case access.Restrict:
		return fmt.Sprintf("%s may %s %s, which is restricted", who, f.Verb, on)
	case access.Global:
		return fmt.Sprintf("%s %s %s on the site", who, has(f.Subject), f.Verb)
	}
	return f.String()
}

// Thing names an object: "ENG", "page \"Pay bands\" in HR", "group staff".
func Thing(r access.Ref) string {
	switch r.Type() {
	case "space":
		return r.ID()
	case "page":
		return fmt.Sprintf("page %q in %s", r.PageTitle(), r.PageSpace().ID())
	case "blogpost":
		return fmt.Sprintf("blog post %q in %s", r.PageTitle(), r.PageSpace().ID())
	case "group":
		return "group " + r.ID()
	case "site":
		return "the site"
	}
	return r.String()
}

// Principal names whoever is granted something.
func Principal(r access.Ref) string {
	switch r {
	case "":
		return ""
	case access.Everyone:
		return "everyone with a licence"
	case access.Authenticated:
		return "everyone who is logged in"
	case access.Anonymous:
		return "the public"
	case access.ProductAdmins:
		return "product admins"
	}
	switch r.Type() {
	case "user", "account":
		return r.ID()
	case "class":
		return "the class " + r.ID()
	}
	return Thing(r)
}

func has(r access.Ref) string {
	if r == access.ProductAdmins {
		return "have"
	}
	return "has"
}
