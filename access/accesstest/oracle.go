package accesstest

import (
	"strings"

	"github.com/weirhq/weir/access"
)

// Oracle says what a person may do to an object, slowly and obviously: it reads
// the facts again for every question and shares nothing with access.View. The
// rules are those of docs/evidence.md: Domain, "Three levels of permission" and
// "Guests"; A9 (guests), A10 (restrictions), B2 and B3 (Data Center).
//
// Bug, if not empty, is one of [Bugs]: the rule that the oracle then gets wrong,
// so that a test can show that it would notice.
type Oracle struct {
	World
	Bug string
}

// Bugs are wrong readings of the rules, each in a few words.
var Bugs = []string{
	"somebody who does not exist can do something",
	"somebody suspended can do something",
	"people left out are counted",
	"a guest gets what groups have",
	"a guest gets what everyone has",
	"guest beside another product role is still a guest",
	"managing access is a product role that ends being a guest",
	"product admins are only those with a role of their own",
	"product admins have everything",
	"what is public is not everybody's",
	"the public is let in though the site keeps it out",
	"permissions beside roles do not count",
	"a stronger role hides a weaker one",
	"the role itself is taken for its permissions",
	"an archived space can be edited",
	"to edit does not ask for the view",
	"view restrictions are not inherited",
	"only the nearest view restriction counts",
	"edit restrictions are inherited",
	"an edit restriction keeps people from viewing",
	"a restriction that names people only ignores groups",
	"a guest does not pass by a group",
	"an admin of the space passes restrictions",
	"the super-group does not pass restrictions",
	"the super-group is only a group",
	"there is a super-group everywhere",
	"editing needs the permission to edit though the product has none",
	"adding pages is editing them though the product has both",
	"a name that no longer exists lifts a restriction",
	"the public passes restrictions",
	"a system administrator does not administer",
	"blog posts are edited as pages are",
}

func (o Oracle) bug(name string) bool { return o.Bug == name }

func (o Oracle) has(f access.Fact) bool { return o.Facts.Has(f) }

// Can answers one question.
func (o Oracle) Can(person access.Ref, op string, object access.Ref) bool {
	if !o.enters(person) {
		return false
	}
	switch object.Type() {
	case "site":
		return o.onSite(person, op)
	case "page", "blogpost":
		return op == "view" && o.views(person, object) || op == "edit" && o.edits(person, object)
	}
	switch op {
	case "view":
		return o.holds(person, "read/space", object)
	case "admin":
		return o.holds(person, "administer/space", object)
	case "edit":
		if o.has(access.Fact{Kind: access.Status, Object: object, Value: "archived"}) && !o.bug("an archived space can be edited") {
			return false
		}
		if !o.holds(person, "read/space", object) && !o.bug("to edit does not ask for the view") {
			return false
		}
		return o.holds(person, "create/page", object) || o.holds(person, "update/page", object) ||
			o.holds(person, "create/blogpost", object) || o.holds(person, "update/blogpost", object)
	}
	return o.holds(person, op, object)
}

// enters: "Adding someone to the site gives access to no space by itself", and
// without being added, or while suspended, nobody enters at all. The public
// enters where the site lets it.
func (o Oracle) enters(person access.Ref) bool {
	if person == access.Anonymous {
		return !o.Beside.Globals || o.bug("the public is let in though the site keeps it out") ||
			o.has(access.Fact{Kind: access.Global, Object: access.Site, Verb: "use", Subject: access.Anonymous})
	}
	for _, left := range o.Beside.Without {
		if left == person && !o.bug("people left out are counted") {
			return false
		}
	}
	for f := range o.Facts.All() {
		if f.Kind == access.State && f.Object == person && !o.bug("somebody suspended can do something") {
			return false
		}
	}
	if o.bug("somebody suspended can do something") {
		for f := range o.Facts.All() {
			if f.Kind == access.State && f.Object == person {
				return true
			}
		}
	}
	return o.has(access.Fact{Kind: access.Exists, Object: person}) || o.bug("somebody who does not exist can do something")
}

func (o Oracle) inGroup(person, group access.Ref) bool {
	return o.has(access.Fact{Kind: access.Member, Object: group, Subject: person})
}

// productRole reports whether a person holds a product role, themselves or by a
// group.
func (o Oracle) productRole(person access.Ref, role string) bool {
	for f := range o.Facts.All() {
		if f.Kind != access.Product || f.Object != person && !o.inGroup(person, f.Object) {
			continue
		}
		if f.Object != person && role == "admin" && o.bug("product admins are only those with a role of their own") {
			continue
		}
		for _, r := range strings.Split(f.Value, "+") {
			if r == role {
				return true
			}
		}
	}
	return false
}

func (o Oracle) guest(person access.Ref) bool {
	if !o.productRole(person, "guest") {
		return false
	}
	if o.bug("guest beside another product role is still a guest") {
		return true
	}
	if o.bug("managing access is a product role that ends being a guest") && o.productRole(person, "user-access-admin") {
		return false
	}
	return !o.productRole(person, "user") && !o.productRole(person, "admin")
}

// super: "the confluence-administrators super-group (Data Center) sees all
// content, restricted pages included".
func (o Oracle) super(person access.Ref) bool {
	if o.bug("the super-group is only a group") {
		return false
	}
	group := o.Beside.Super
	if group == "" && o.bug("there is a super-group everywhere") {
		group = Group(0)
	}
	return group != "" && o.inGroup(person, group)
}

// everything is what a super-admin has in every space.
func (o Oracle) everything(permission string) bool {
	if o.Beside.Permissions != nil {
		_, ok := o.Beside.Permissions[permission]
		return ok
	}
	switch permission {
	case "read/space", "administer/space", "export/space", "restrict_content/space", "delete/space", "delete_mail/space",
		"create/page", "delete/page", "create/blogpost", "delete/blogpost",
		"create/comment", "delete/comment", "create/attachment", "delete/attachment":
		return true
	}
	return false
}

// holds: the union of everything that reaches the person.
func (o Oracle) holds(person access.Ref, permission string, space access.Ref) bool {
	if !o.has(access.Fact{Kind: access.Exists, Object: space}) {
		return false
	}
	if o.super(person) && o.everything(permission) {
		return true
	}
	if o.bug("product admins have everything") && o.productRole(person, "admin") {
		return true
	}
	for f := range o.Facts.All() {
		if f.Object != space || !o.reaches(f.Subject, person) {
			continue
		}
		switch f.Kind {
		case access.Permission:
			if f.Verb == permission && !o.bug("permissions beside roles do not count") {
				return true
			}
		case access.Role:
			if o.bug("a stronger role hides a weaker one") && o.hidden(f, person) {
				continue
			}
			if o.bug("the role itself is taken for its permissions") && f.Value == "admin" && permission == "export/space" {
				return true
			}
			if o.has(access.Fact{Kind: access.Grants, Object: access.NewRef("space_role", f.Value), Verb: permission}) {
				return true
			}
		}
	}
	return false
}

// hidden is for a bug: another role with more permissions reaches the person.
func (o Oracle) hidden(f access.Fact, person access.Ref) bool {
	size := func(role string) (n int) {
		for g := range o.Facts.All() {
			if g.Kind == access.Grants && g.Object == access.NewRef("space_role", role) {
				n++
			}
		}
		return n
	}
	for g := range o.Facts.All() {
		if g.Kind == access.Role && g.Object == f.Object && o.reaches(g.Subject, person) && size(g.Value) > size(f.Value) {
			return true
		}
	}
	return false
}

func (o Oracle) reaches(principal, person access.Ref) bool {
	if principal == access.Anonymous {
		return person == access.Anonymous || !o.bug("what is public is not everybody's")
	}
	if person == access.Anonymous {
		return false
	}
	if principal == person {
		return true
	}
	switch principal {
	case access.Everyone, access.Authenticated:
		return !o.guest(person) || o.bug("a guest gets what everyone has")
	case access.ProductAdmins:
		return o.productRole(person, "admin")
	}
	return o.inGroup(person, principal) && (!o.guest(person) || o.bug("a guest gets what groups have"))
}

// passes reports whether a person passes the restriction of one page alone.
func (o Oracle) passes(person, page access.Ref, verb string) bool {
	names := 0
	for f := range o.Facts.All() {
		if f.Kind != access.Restrict || f.Object != page || f.Verb != verb {
			continue
		}
		if f.Subject == Gone && o.bug("a name that no longer exists lifts a restriction") {
			continue
		}
		names++
		if f.Subject == person {
			return true
		}
		if o.inGroup(person, f.Subject) && !o.bug("a restriction that names people only ignores groups") &&
			(!o.guest(person) || !o.bug("a guest does not pass by a group")) {
			return true
		}
	}
	if names == 0 || o.super(person) && !o.bug("the super-group does not pass restrictions") {
		return true
	}
	if o.bug("the public passes restrictions") && person == access.Anonymous {
		return true
	}
	return o.bug("an admin of the space passes restrictions") && o.holds(person, "administer/space", page.PageSpace())
}

// chain gives a page and everything above it, once each.
func (o Oracle) chain(page access.Ref) []access.Ref {
	var out []access.Ref
	seen := make(map[access.Ref]bool)
	for page != "" && !seen[page] {
		seen[page] = true
		out = append(out, page)
		page = o.Beside.Parents[page]
	}
	return out
}

// views: "view restrictions are inherited by child pages", after space view.
func (o Oracle) views(person, page access.Ref) bool {
	if !o.holds(person, "read/space", page.PageSpace()) {
		return false
	}
	for i, p := range o.chain(page) {
		if i > 0 && o.bug("view restrictions are not inherited") {
			break
		}
		if !o.passes(person, p, "view") {
			return false
		}
		if o.bug("only the nearest view restriction counts") && o.restricted(p, "view") {
			break
		}
	}
	return !o.bug("an edit restriction keeps people from viewing") || o.passes(person, page, "edit")
}

func (o Oracle) restricted(page access.Ref, verb string) bool {
	for f := range o.Facts.All() {
		if f.Kind == access.Restrict && f.Object == page && f.Verb == verb {
			return true
		}
	}
	return false
}

func (o Oracle) edits(person, page access.Ref) bool {
	space := page.PageSpace()
	if !o.views(person, page) {
		return false
	}
	if o.has(access.Fact{Kind: access.Status, Object: space, Value: "archived"}) && !o.bug("an archived space can be edited") {
		return false
	}
	typ := page.Type()
	if o.bug("blog posts are edited as pages are") {
		typ = "page"
	}
	_, knows := o.Beside.Permissions["update/"+typ]
	may := o.holds(person, "update/"+typ, space)
	if !knows && !o.bug("editing needs the permission to edit though the product has none") || o.bug("adding pages is editing them though the product has both") {
		may = may || o.holds(person, "create/"+typ, space)
	}
	if !may {
		return false
	}
	if o.bug("edit restrictions are inherited") {
		for _, p := range o.chain(page) {
			if !o.passes(person, p, "edit") {
				return false
			}
		}
	}
	return o.passes(person, page, "edit")
}

func (o Oracle) onSite(person access.Ref, op string) bool {
	if op == "use" {
		return true
	}
	if o.super(person) || op == "administer" && o.productRole(person, "admin") {
		return true
	}
	for f := range o.Facts.All() {
		if f.Kind != access.Global || !o.reaches(f.Subject, person) {
			continue
		}
		if f.Verb == op || op == "administer" && f.Verb == "system_administer" && !o.bug("a system administrator does not administer") {
			return true
		}
	}
	return false
}
