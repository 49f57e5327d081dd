package schema

import "github.com/weirhq/weir/internal/diag"

// Document is one file as its author wrote it: the same structs from YAML and
// from HCL, every value with its range. Nothing is resolved, expanded or
// checked across files yet; [Compile] does that.
//
// A nil pointer is a key that is not there; an empty list is one that says
// "nothing". The two never mean the same.
type Document struct {
	File       string
	Version    *Str // `weir: v1`
	Site       *Site
	Ownership  *Ownership
	External   *List // patterns: "group:okta-*"
	Protect    *Protect
	Budget     *Budget
	Seats      *Seats
	Tokens     *TokenWatch
	Policies   []Policy
	Absent     *List // references: "group:old"
	Users      []User
	Groups     []Group
	Guests     []Guest
	SpaceRoles []SpaceRole
	Archetypes []Archetype
	Spaces     []Space
	Globals    *Globals
	Personal   *PersonalSpaces
	Assertions []Assertion
	Prove      *List // names of built-in proofs
}

// Str is a string value with its place. Inside an archetype it may be a
// template: Parts is then not nil and Value is the text as written.
type Str struct {
	Value string
	Parts []Part
	Range diag.Range
}

// Part is a stretch of a template: literal text, or the name of a parameter.
type Part struct {
	Literal   string
	Parameter string // if not empty, the parameter whose value stands here
}

// List is a list of strings, with the place of the whole.
type List struct {
	Items []Str
	Range diag.Range
}

// Num is a number with its place.
type Num struct {
	Value float64
	Range diag.Range
}

// Bool is true or false with its place.
type Bool struct {
	Value bool
	Range diag.Range
}

// Site says which site the description is for. It stands once.
type Site struct {
	Name     Str
	Product  *Str  // cloud | datacenter | embedded (the default)
	Plan     *Str  // free | standard | premium | enterprise
	Timezone *Str  // an IANA name; UTC where absent
	Schedule *Str  // hourly | daily | weekly: how often an apply runs by itself
	Domains  *List // of the e-mail addresses of the site's own people
	Range    diag.Range
}

// Ownership says how much of the site the description owns.
type Ownership struct {
	Kinds   []OwnedKind // users, groups, space_roles, spaces
	Globals *Str        // the mode of global_permissions
	Rules   []OwnershipRule
	Ignore  []Ignore
	Range   diag.Range
}

// OwnedKind is one of users, groups, space_roles or spaces with its mode. The
// short form sets Mode only, the long form any of Parts.
type OwnedKind struct {
	Key   Str             // "groups"
	Mode  *Str            // "exclusive": the short form
	Parts []OwnedKindPart // existence: …, members: …, roles: …
}

// OwnedKindPart is one entry of the long form.
type OwnedKindPart struct {
	Key  Str // existence | members | roles | permissions (of space roles) | product_role …
	Mode Str
}

// OwnershipRule is ownership for the objects that a pattern matches; the last
// match wins.
type OwnershipRule struct {
	Match Str // "space:TEAM-*"
	Kinds []OwnedKind
	Range diag.Range
}

// Ignore leaves the objects that a pattern matches alone, until a day.
type Ignore struct {
	Object Str
	Reason *Str
	Owner  *Str
	Until  *Str // YYYY-MM-DD
	Range  diag.Range
}

// Protect names what no plan may take away.
type Protect struct {
	Admins         *List // references to people
	MinSpaceAdmins *Num
	Range          diag.Range
}

// Budget bounds how much one plan may take away.
type Budget struct {
	Removals           *Limit
	PeopleLosingAccess *Limit
	Unattended         *Unattended
	Range              diag.Range
}

// Unattended bounds what applies may take away without anybody there.
type Unattended struct {
	RemovalsPerDay *Num
	Range          diag.Range
}

// Limit is one budget. Ratio is written 10% or 0.1, and held as 0.1.
type Limit struct {
	Ratio *Num
	Max   *Num
	Free  *Num
	Range diag.Range
}

// Seats say what paid seats cost and how many there may be.
type Seats struct {
	Currency  *Str // ISO 4217: "USD"
	Per       *Str // month | year
	Tiers     *SeatTiers
	Limit     *Num // paid seats
	SiteLimit *Num // paid seats and guests together
	Renews    *Str // a day on which a period that is paid for begins
	Range     diag.Range
}

// TokenWatch says how long before their ends API tokens are told of.
type TokenWatch struct {
	Warn  *Days
	Range diag.Range
}

// SeatTiers are the steps of the price, with the place of the whole.
type SeatTiers struct {
	Items []SeatTier
	Range diag.Range
}

// SeatTier is one step. Amounts are text, as they were written: 6.05.
type SeatTier struct {
	To    *Num // the last seat in it; absent: there is no last
	Each  *Str // the price of each seat in it
	Total *Str // the price of everything up to it
	Range diag.Range
}

// Policy sets one rule: a level, and the objects that it leaves alone.
type Policy struct {
	Rule  Str // "anonymous_access"
	Level *Str
	Allow *List // patterns of objects
	Range diag.Range
}

// User is a person's entry.
type User struct {
	Email Str
	Name  *Str
	State *Str // active | no_access | suspended | deactivated | removed
	Left  *Left
	Range diag.Range
}

// Left says that a person has left: they hold nothing any more.
type Left struct {
	Successor *Str // who takes over what nobody else has; a reference to a person
	Range     diag.Range
}

// Group is a group's entry, in a document or in an archetype.
type Group struct {
	Name        Str
	Members     *Grants
	MembersOf   *SetExpr
	LongestTerm *Days // of each entry of Members
	ProductRole *Str  // user | admin | … | none
	ManagedBy   *Str  // idp
	Owner       *Str  // a reference: who answers for the group, and for the seats that it gives
	Description *Str  // for readers of the file; weir does not write it
	Range       diag.Range
}

// Grants is a list of principals, such as the members of a group.
type Grants struct {
	Items []Grant
	Range diag.Range
}

// Grant names a principal, or {who, until, reason}.
type Grant struct {
	Who    Str
	Until  *Str // YYYY-MM-DD, inclusive, in the site's time zone
	Reason *Str
	Range  diag.Range
}

// SetExpr is set algebra over groups: those in any of Any and all of All, less
// those in Except. A plain list means any.
type SetExpr struct {
	Any    *List
	All    *List
	Except *List
	Range  diag.Range
}

// Guest is the entry of an external collaborator, who has one space.
type Guest struct {
	Email  Str
	Name   *Str
	Space  Str
	Role   *Str // collaborator where absent
	Until  *Str // YYYY-MM-DD, inclusive, in the site's time zone
	Reason *Str
	Range  diag.Range
}

// SpaceRole is a custom space role's entry.
type SpaceRole struct {
	Name        Str
	Description *Str
	Permissions *List // permission ids
	Range       diag.Range
}

// Archetype is a shape that spaces share, with parameters.
type Archetype struct {
	Name        Str
	Parameters  []Parameter
	Owner       *Str // who answers for spaces that name nobody themselves
	Groups      []Group
	Roles       *Roles
	Permissions *Permissions
	Guests      *GuestRules
	Limits      *GrantLimits
	Pages       []Page
	BlogPosts   []Page
	Range       diag.Range
}

// Parameter is one parameter of an archetype. Without a default it must be
// given.
type Parameter struct {
	Name    Str
	Default *Str
	Range   diag.Range
}

// Roles are the role assignments of a space: role name to principals.
type Roles struct {
	Items []RoleGrants
	Range diag.Range
}

// RoleGrants are the principals that hold one role.
type RoleGrants struct {
	Role   Str
	Grants []Grant
	Range  diag.Range
}

// Permissions are what principals may do in a space beside roles.
type Permissions struct {
	Items []PermissionGrants
	Range diag.Range
}

// PermissionGrants are the permissions of one principal, by id.
type PermissionGrants struct {
	Who   Str
	IDs   List
	Range diag.Range
}

// GuestRules say whether a space may have guests, how many, and from where.
type GuestRules struct {
	Allow   *Bool
	Domains *List // of e-mail addresses
	Max     *Num
	Range   diag.Range
}

// SpaceGuests are the rules for the guests of a space, and its guests by role.
type SpaceGuests struct {
	GuestRules
	Roles []RoleGrants
}

// GrantLimits bound what others may grant in a space. Role or Permissions says
// how much.
type GrantLimits struct {
	Role        *Str
	Permissions *List // permission ids
	To          *List // principals and patterns
	Never       *List // principals and patterns
	Range       diag.Range
}

// Assertion is what must hold of people's access to an object. One of Can,
// Cannot and Only stands.
type Assertion struct {
	Name   Str
	Object Str // a reference, or a pattern of spaces
	Action Str
	Can    *List // principals
	Cannot *List
	Only   *List
	Range  diag.Range
}

// Page are the restrictions of a page or blog post.
type Page struct {
	Title Str
	View  *Grants
	Edit  *Grants
	Range diag.Range
}

// Globals say who may do what on the whole site.
type Globals struct {
	Use              *Grants
	Administer       *Grants
	CreateSpace      *Grants
	PersonalSpace    *Grants
	SystemAdminister *Grants
	ViewProfiles     *Grants
	Range            diag.Range
}

// PersonalSpaces say who may have a space of their own, and what becomes of it.
type PersonalSpaces struct {
	Create    *Str    // automatic | on_request | nobody
	By        *List   // groups
	Gate      *Str    // a group's name; Cloud only
	Requests  *Grants // people, each with a last day
	Roles     *Roles  // in every personal space, beside its owner
	Limits    *GrantLimits
	OwnerLeft *OwnerLeft
	Unused    *UnusedSpace
	Hold      *List // labels
	Batch     *Num
	Range     diag.Range
}

// OwnerLeft is what becomes of the personal space of somebody who left.
type OwnerLeft struct {
	When        *List // states; see leftStates
	After       *Days
	Then        *Str // archive
	DeleteAfter *Days
	Range       diag.Range
}

// UnusedSpace is what becomes of a personal space in which nothing is changed.
type UnusedSpace struct {
	After *Days
	Then  *Str // archive
	Range diag.Range
}

// Space is a space's entry.
type Space struct {
	Key            Str
	Name           *Str
	Status         *Str // current | archived
	Owner          *Str // a reference; a label for messages and rules
	Classification *Str // a label for rules
	Archetype      *Str
	With           []Argument
	Roles          *Roles
	Permissions    *Permissions
	Guests         *SpaceGuests
	Limits         *GrantLimits
	Pages          []Page
	BlogPosts      []Page
	Watch          *Bool // whether the restrictions of every page are read
	Range          diag.Range
}

// Argument is a value for an archetype's parameter.
type Argument struct {
	Name  Str
	Value Str
}
