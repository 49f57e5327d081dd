package datacenter

import (
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// operation is a permission in Data Center's words, which are its only name.
type operation struct {
	Target string `json:"targetType"`
	Key    string `json:"operationKey"`
}

// id is the operation as weir says it where it has no word of its own for it.
func (o operation) id() string { return o.Key + "/" + o.Target }

// operationOf is the inverse of id.
func operationOf(id string) operation {
	key, target, _ := strings.Cut(id, "/")
	return operation{target, key}
}

// deleteMail is the one permission of a space that Cloud has no word for
// (evidence B3).
const deleteMail = "delete_mail/space"

// The permissions of a space that weir itself has to tell apart.
const (
	restrictContent = "restrict_content/space"
	createPage      = "create/page"
	createBlogPost  = "create/blogpost"
)

// spaceWord is one of the fourteen permissions of a space: Cloud's id for it,
// and what the product's own table calls it.
type spaceWord struct {
	operation
	id, label string
}

// spaceWords are all of them (evidence B3).
var spaceWords = []spaceWord{
	{operation{"space", "read"}, access.CanView, "View"},
	{operation{"space", "delete_own"}, "delete/space", "Delete own"},
	{operation{"page", "create"}, createPage, "Add pages"},
	{operation{"page", "delete"}, "delete/page", "Delete pages"},
	{operation{"blogpost", "create"}, createBlogPost, "Add blog posts"},
	{operation{"blogpost", "delete"}, "delete/blogpost", "Delete blog posts"},
	{operation{"attachment", "create"}, "create/attachment", "Add attachments"},
	{operation{"attachment", "delete"}, "delete/attachment", "Delete attachments"},
	{operation{"comment", "create"}, "create/comment", "Add comments"},
	{operation{"comment", "delete"}, "delete/comment", "Delete comments"},
	{operation{"space", "restrict"}, restrictContent, "Add and delete restrictions"},
	{operation{"space", "delete_mail"}, deleteMail, "Delete mail"},
	{operation{"space", "export"}, "export/space", "Export space"},
	{operation{"space", "administer"}, access.CanAdminister, "Administer space"},
}

// labels is the catalogue of a site.
func labels() map[string]string {
	out := make(map[string]string, len(spaceWords))
	for _, w := range spaceWords {
		out[w.id] = w.label
	}
	return out
}

// writable are the ids that can be written in a space.
func writable() []string {
	var out []string
	for _, w := range spaceWords {
		out = append(out, w.id)
	}
	slices.Sort(out)
	return out
}

// spaceID gives weir's id of an operation on a space. One that the table does
// not hold is newer than it, and is said in its own words.
func spaceID(o operation) string {
	for _, w := range spaceWords {
		if w.operation == o {
			return w.id
		}
	}
	return o.id()
}

// spaceOperation is the inverse of spaceID.
func spaceOperation(id string) operation {
	for _, w := range spaceWords {
		if w.id == id {
			return w.operation
		}
	}
	return operationOf(id)
}

// within are the permissions of Cloud that one of Data Center's covers: whoever
// adds pages edits them, whoever views exports single pages, whoever administers
// a space manages all of it (evidence B3; the cover itself is inferred).
var within = map[string]string{
	"update/page": createPage, "update/blogpost": createBlogPost, "export_content/space": access.CanView,
	"manage_users/space": access.CanAdminister, "manage_content/space": access.CanAdminister,
	"manage_templates/space": access.CanAdminister, "manage_look_and_feel/space": access.CanAdminister,
	"manage_guest_users/space": access.CanAdminister, "manage_nonlicensed_users/space": access.CanAdminister,
	"manage_public_links/space": access.CanAdminister, "archive_space/space": access.CanAdminister,
	"delete_space/space": access.CanAdminister, "archive/page": "",
}

// fixedRoles say what the four fixed roles of Cloud permit, as far as that is
// known: view and comment, add and edit, manage content and people, everything
// (evidence A8). Their exact sets are unpublished, so these are plausible ones
// ("Unknown" 1).
var fixedRoles = func() map[string]access.Permissions {
	viewer := access.NewPermissions(access.CanView, "create/comment")
	collaborator := viewer.Union(access.NewPermissions(createPage, "update/page", "archive/page", createBlogPost, "update/blogpost",
		"create/attachment", "delete/space", "export_content/space"))
	manager := collaborator.Union(access.NewPermissions("delete/page", "delete/blogpost", "delete/comment", "delete/attachment",
		restrictContent, "manage_users/space", "manage_content/space", "manage_templates/space", "manage_public_links/space"))
	admin := manager.Union(access.NewPermissions(access.CanAdminister, "export/space", "manage_look_and_feel/space",
		"manage_guest_users/space", "manage_nonlicensed_users/space", "archive_space/space", "delete_space/space"))
	return map[string]access.Permissions{"viewer": viewer, "collaborator": collaborator, "manager": manager, "admin": admin}
}()

// closest gives the permissions of Data Center that come nearest to a set
// without going beyond it, and what is lost: what has no word here, and what
// only something wider would cover.
func closest(wanted access.Permissions) (held access.Permissions, lost []string) {
	for _, id := range wanted.IDs() {
		switch cover, covered := within[id]; {
		case !covered && slices.ContainsFunc(spaceWords, func(w spaceWord) bool { return w.id == id }):
			held = held.Union(access.NewPermissions(id))
		case !covered || cover == "" || !wanted.Has(cover):
			lost = append(lost, id)
		}
	}
	return held, lost
}

// The global permissions that are product roles.
var (
	useConfluence        = operation{"application", "use"}
	administerConfluence = operation{"application", "administer"}
	useUnlicensed        = operation{"application", "use_unlicensed"}
)

// globalWord is a global permission and its verb.
type globalWord struct {
	operation
	verb string
}

// The global permissions of each kind of subject (evidence B2). That of viewing
// profiles is printed "read user", against the order of all others; which word
// is the target is unknown ("Unknown" 11), so both orders are read, and written
// one after the other.
var (
	globalWords = []globalWord{
		{useConfluence, access.GlobalUse},
		{administerConfluence, access.GlobalAdminister},
		{operation{"system", "administer"}, access.GlobalSystemAdminister},
		{operation{"personal_space", "create"}, access.GlobalPersonalSpace},
		{operation{"space", "create"}, access.GlobalCreateSpace},
	}
	anonymousWords = []globalWord{
		{useConfluence, access.GlobalUse},
		{operation{"user", "read"}, access.GlobalViewProfiles},
		{operation{"read", "user"}, access.GlobalViewProfiles},
	}
	unlicensedWords = []globalWord{
		{useUnlicensed, access.GlobalUse},
		{operation{"user", "read"}, access.GlobalViewProfiles},
		{operation{"read", "user"}, access.GlobalViewProfiles},
	}
)

// wordsOf are the global permissions that a subject can have.
func wordsOf(subject access.Ref) []globalWord {
	switch subject {
	case access.Anonymous:
		return anonymousWords
	case access.Unlicensed:
		return unlicensedWords
	}
	return globalWords
}

// verbOf says an operation of a subject as the verb of a global permission.
func verbOf(subject access.Ref, o operation) string {
	for _, w := range wordsOf(subject) {
		if w.operation == o {
			return w.verb
		}
	}
	return o.id()
}

// operationsOf are the spellings of a verb, the likeliest first.
func operationsOf(subject access.Ref, verb string) []operation {
	var out []operation
	for _, w := range wordsOf(subject) {
		if w.verb == verb {
			out = append(out, w.operation)
		}
	}
	if len(out) == 0 {
		out = append(out, operationOf(verb))
	}
	return out
}

// Product roles on Data Center.
const userRole = "user"

// productValue is the value of a product fact about a group: user, admin or
// admin+user; empty for neither. Nobody administers without using (evidence B2:
// revoking use takes everything else).
func productValue(operations []operation) string {
	use, admin := slices.Contains(operations, useConfluence), slices.Contains(operations, administerConfluence)
	switch {
	case use && admin:
		return access.AdminRole + "+" + userRole
	case admin:
		return access.AdminRole
	case use:
		return userRole
	}
	return ""
}

// lets reports whether a product fact's value lets members of a group enter.
func lets(product string) bool {
	return product != "" && slices.Contains(access.ProductRoles(product), userRole)
}

// superGroup is the group whose members see every space and page (documented:
// evidence, "Three levels of permission"), and builtin that the product refuses
// to lose the last group of administrators (evidence B1). Nothing else is known
// to be the product's own: confluence-users is the group that new people are
// put into, and a group like any other.
const (
	superGroup = "confluence-administrators"
	builtin    = "builtin"
)
