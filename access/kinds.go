package access

import (
	"maps"
	"slices"
	"strings"
)

// The kinds of fact.
const (
	Exists  Kind = "exists"
	State   Kind = "state"
	Product Kind = "product"
	Member  Kind = "member"
	Managed Kind = "managed"
	Name    Kind = "name"
	Status  Kind = "status"
	Grants  Kind = "grants"
	Role    Kind = "role"

	Permission Kind = "permission"
	Restrict   Kind = "restrict"
	Global     Kind = "global"
	Personal   Kind = "personal"
)

// Spec says which parts a kind of fact has.
type Spec struct {
	Objects  []string // types that the object may have
	Verb     bool     // whether a verb stands between object and subject
	Subjects []string // types that the subject may have; none: no subject
	Value    bool     // whether "= value" follows
	ByVerb   bool     // whether a description lists the facts of each verb by themselves
	Meaning  string   // one sentence, with the line form
}

// Kinds is the table of all kinds of fact: a new kind is one row here, one
// lowering in schema and one endpoint in each driver.
var Kinds = map[Kind]Spec{
	Exists: {
		Objects: []string{"user", "account", "group", "space", "space_role", "page", "blogpost"},
		Meaning: "exists OBJECT: the group, space, role, page or blog post is there; the person may enter this Confluence (invited or active)",
	},
	State: {
		Objects: []string{"user", "account"}, Value: true,
		Meaning: "state USER = suspended | deactivated | removed: the person cannot enter, in any product of the organisation",
	},
	Product: {
		Objects: []string{"group", "user", "account"}, Value: true,
		Meaning: "product GROUP|USER = ROLE: members hold this product role, or the person holds it directly; several roles are joined by +. That a person may enter is `exists`, so of their own roles the plain `user` is not said but of those who left",
	},
	Member: {
		Objects: []string{"group"}, Subjects: []string{"user", "account"},
		Meaning: "member GROUP USER: the person belongs to the group",
	},
	Managed: {
		Objects: []string{"group"}, Value: true,
		Meaning: "managed GROUP = idp | team | builtin: somebody else's group, which weir only reads",
	},
	Name: {
		Objects: []string{"space"}, Value: true,
		Meaning: "name SPACE = TEXT: the space's name",
	},
	Status: {
		Objects: []string{"space"}, Value: true,
		Meaning: "status SPACE = archived: absent for a current space",
	},
	Grants: {
		Objects: []string{"space_role"}, Verb: true,
		Meaning: "grants SPACE_ROLE PERMISSION: holders of the role have the permission",
	},
	Role: {
		Objects: []string{"space"}, Subjects: []string{"group", "user", "account", "class", "team", "app"}, Value: true,
		Meaning: "role SPACE PRINCIPAL = SPACE_ROLE: the principal holds the role in the space",
	},
	Permission: {
		Objects: []string{"space"}, Verb: true, Subjects: []string{"group", "user", "account", "class", "team", "app"},
		Meaning: "permission SPACE PERMISSION PRINCIPAL: the principal has the permission in the space itself, beside roles",
	},
	Restrict: {
		Objects: []string{"page", "blogpost"}, Verb: true, Subjects: []string{"group", "user", "account", "team"}, ByVerb: true,
		Meaning: "restrict PAGE view | edit PRINCIPAL: only those named may view the page and what is below it, or edit it",
	},
	Global: {
		Objects: []string{"site"}, Verb: true, Subjects: []string{"group", "user", "account", "class"}, ByVerb: true,
		Meaning: "global site PERMISSION PRINCIPAL: the principal has the permission on the whole site; using and administering Confluence are product roles, except those of classes",
	},
	Personal: {
		Objects: []string{"space"}, Subjects: []string{"user", "account"},
		Meaning: "personal SPACE USER: the space is this person's personal space; only read",
	},
}

var kindNames = strings.Join(kindList(), ", ")

func kindList() []string {
	var names []string
	for _, k := range slices.Sorted(maps.Keys(Kinds)) {
		names = append(names, string(k))
	}
	return names
}

// SystemRoles are the space roles that every Cloud site has and nobody can
// edit, weakest first. Their permissions are read from the site.
// Source: Atlassian's help on space roles (CONFCLOUD-83436, CONFCLOUD-83437).
var SystemRoles = []string{"viewer", "collaborator", "manager", "admin"}

// CanAdminister is the permission that makes somebody a space's administrator,
// and CanView the one that every other permission of a space rests on.
const (
	CanAdminister = "administer/space"
	CanView       = "read/space"
)

// ViewPage and EditPage are the verbs of a restriction.
const (
	ViewPage = "view"
	EditPage = "edit"
)

// Verbs of global permissions. Data Center has them all; of Cloud's, none has a
// public interface, and those of using and administering Confluence are product
// roles (docs/evidence.md A5, B2).
const (
	GlobalUse              = "use"
	GlobalAdminister       = "administer"
	GlobalCreateSpace      = "create_space"
	GlobalPersonalSpace    = "personal_space"
	GlobalSystemAdminister = "system_administer"
	GlobalViewProfiles     = "view_profiles"
)

// Product roles that weir itself has to tell apart; a site may have others.
const (
	AdminRole = "admin"
	GuestRole = "guest"
)

// LetsIn reports whether holders of a product role may enter. Managing other
// people's access is no reason to (observed, evidence A4).
func LetsIn(role string) bool { return role != "user-access-admin" }

// Opens reports whether holders of what a product fact's value says may enter; of no
// value they may not.
func Opens(value string) bool { return value != "" && slices.ContainsFunc(ProductRoles(value), LetsIn) }

// ProductRoles splits the value of a product fact into the roles it holds.
func ProductRoles(value string) []string { return strings.Split(value, "+") }
