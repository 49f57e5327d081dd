package schema

import "github.com/weirhq/weir/internal/diag"

// The tables of all keys of the language, object by object. Both syntaxes, the
// messages about keys, [Render] and the tables of docs/language.md come from
// here: a new key is a new row.

var documentKeys = []key[Document]{
	field(attr("weir", "The version of the language. It stands once, beside `site`.",
		`v1`, `"v1"`),
		shaped(text, versionShape), func(d *Document) **Str { return &d.Version }),
	field(single("site", "The site that the description is for. It stands once.",
		`{name: acme}`, `{ name = "acme" }`),
		object("site", siteKeys, func(s *Site) *diag.Range { return &s.Range }),
		func(d *Document) **Site { return &d.Site }),
	field(single("ownership", "How much of the site the description owns.",
		`{groups: exclusive}`, `{ groups = "exclusive" }`),
		object("ownership", ownershipKeys, func(o *Ownership) *diag.Range { return &o.Range }),
		func(d *Document) **Ownership { return &d.Ownership }),
	field(same("external", "What may be referred to without being described.",
		`["group:okta-*", "user:*@partner.example"]`),
		listOf("patterns of references"), func(d *Document) **List { return &d.External }),
	field(single("protect", "What no plan may take away.",
		`{min_space_admins: 2}`, `{ min_space_admins = 2 }`),
		object("protect", protectKeys, func(p *Protect) *diag.Range { return &p.Range }),
		func(d *Document) **Protect { return &d.Protect }),
	field(single("budget", "How much one plan may take away before somebody must accept it by name.",
		`{removals: {max: 50}}`, `{ removals = { max = 50 } }`),
		object("budget", budgetKeys, func(b *Budget) *diag.Range { return &b.Range }),
		func(d *Document) **Budget { return &d.Budget }),
	field(single("seats", "What paid seats cost and how many there may be, for the estimate in a plan.",
		`{limit: 250}`, `{ limit = 250 }`),
		object("seats", seatsKeys, func(s *Seats) *diag.Range { return &s.Range }),
		func(d *Document) **Seats { return &d.Seats }),
	field(single("tokens", "How long before their ends API tokens are told of: a plan then reads all that the organisation shows.",
		`{warn: 30d}`, `{ warn = "30d" }`),
		object("tokens", tokenKeys, func(t *TokenWatch) *diag.Range { return &t.Range }),
		func(d *Document) **TokenWatch { return &d.Tokens }),
	field(single("policies", "The rules that judge every plan, by name.",
		`{anonymous_access: {level: deny}}`, `{ anonymous_access = { level = "deny" } }`),
		policies, func(d *Document) *[]Policy { return &d.Policies }),
	field(same("absent", "Groups, people and space roles that must not be there, in any mode.",
		`["group:old"]`),
		listOf("references"), func(d *Document) **List { return &d.Absent }),
	field(plural("users", "user", "People, by e-mail.",
		`{ana@acme.example: {name: Ana Lind}}`, `"ana@acme.example" { name = "Ana Lind" }`),
		collection("a user", userKeys, func(u *User) *Str { return &u.Email }, func(u *User) *diag.Range { return &u.Range }),
		func(d *Document) *[]User { return &d.Users }),
	field(plural("groups", "group", "Groups, by name.",
		`{engineering: {members: [ana@acme.example]}}`, `"engineering" { members = ["ana@acme.example"] }`),
		groups, func(d *Document) *[]Group { return &d.Groups }),
	field(plural("guests", "guest", "External collaborators, by e-mail, each with one space.",
		`{lee@partner.example: {space: ENG}}`, `"lee@partner.example" { space = "ENG" }`),
		collection("a guest", guestKeys, func(g *Guest) *Str { return &g.Email }, func(g *Guest) *diag.Range { return &g.Range }),
		func(d *Document) *[]Guest { return &d.Guests }),
	field(plural("space_roles", "space_role", "Custom space roles, by name.",
		`{reviewer: {permissions: [read/space]}}`, `"reviewer" { permissions = ["read/space"] }`),
		collection("a space role", spaceRoleKeys, func(r *SpaceRole) *Str { return &r.Name }, func(r *SpaceRole) *diag.Range { return &r.Range }),
		func(d *Document) *[]SpaceRole { return &d.SpaceRoles }),
	field(plural("archetypes", "archetype", "Shapes that spaces share, by name.",
		`{team: {roles: {viewer: [everyone]}}}`, `"team" { roles = { viewer = ["everyone"] } }`),
		collection("an archetype", archetypeKeys, func(a *Archetype) *Str { return &a.Name }, func(a *Archetype) *diag.Range { return &a.Range }),
		func(d *Document) *[]Archetype { return &d.Archetypes }),
	field(plural("spaces", "space", "Spaces, by key.",
		`{ENG: {name: Engineering}}`, `"ENG" { name = "Engineering" }`),
		collection("a space", spaceKeys, func(s *Space) *Str { return &s.Key }, func(s *Space) *diag.Range { return &s.Range }),
		func(d *Document) *[]Space { return &d.Spaces }),
	field(single("global_permissions", "Who may do what on the whole site.",
		`{use: ["group:staff"]}`, `{ use = ["group:staff"] }`),
		object("global_permissions", globalKeys, func(g *Globals) *diag.Range { return &g.Range }),
		func(d *Document) **Globals { return &d.Globals }),
	field(single("personal_spaces", "Who may have a space of their own, what it may let others do, and what becomes of it.",
		`{create: on_request, by: ["group:staff"], gate: personal-space-makers}`,
		"{\n  create = \"on_request\"\n  by     = [\"group:staff\"]\n  gate   = \"personal-space-makers\"\n}"),
		object("personal_spaces", personalKeys, func(p *PersonalSpaces) *diag.Range { return &p.Range }),
		func(d *Document) **PersonalSpaces { return &d.Personal }),
	field(plural("assert", "assert", "What must hold of people's access, whatever else changes.",
		`{the board is closed: {object: "space:EXEC", action: view, only: ["group:execs"]}}`,
		"\"the board is closed\" {\n  object = \"space:EXEC\"\n  action = \"view\"\n  only   = [\"group:execs\"]\n}"),
		collection("an assertion", assertKeys, func(a *Assertion) *Str { return &a.Name }, func(a *Assertion) *diag.Range { return &a.Range }),
		func(d *Document) *[]Assertion { return &d.Assertions }),
	field(attr("prove", "Built-in proofs that every plan has to pass, by name.",
		`[no_public_access]`, `["no_public_access"]`),
		shaped(listOf("proofs"), proofsShape), func(d *Document) **List { return &d.Prove }),
}

var siteKeys = []key[Site]{
	field(required(attr("name", "The site's name, for people.",
		`acme`, `"acme"`)),
		must(text), func(s *Site) *Str { return &s.Name }),
	field(attr("product", "The product; `embedded`, the default, needs no account.",
		`embedded`, `"embedded"`),
		choice("cloud", "datacenter", "embedded"), func(s *Site) **Str { return &s.Product }),
	field(attr("plan", "The plan that is paid for.",
		`premium`, `"premium"`),
		choice("free", "standard", "premium", "enterprise"), func(s *Site) **Str { return &s.Plan }),
	field(attr("timezone", "The time zone in which days begin and end, by its IANA name; UTC where absent.",
		`Europe/Berlin`, `"Europe/Berlin"`),
		text, func(s *Site) **Str { return &s.Timezone }),
	field(attr("schedule", "How often an apply runs by itself, in CI or by a timer: what has passed its last day is taken by the first one after it.",
		`daily`, `"daily"`),
		choice(schedules...), func(s *Site) **Str { return &s.Schedule }),
	field(attr("domains", "The domains of the site's own people; whoever has an address elsewhere is external.",
		`[acme.example]`, `["acme.example"]`),
		listOf("domains"), func(s *Site) **List { return &s.Domains }),
}

// ownedKeys are the four kinds of object of which a description can own a
// part; ownership and each of its rules have them alike.
func ownedKeys[T any](kinds func(*T) *[]OwnedKind) []key[T] {
	return []key[T]{
		owned(attr("users", "Which people are removed for being undescribed, and how their entries count.",
			`additive`, `"additive"`), kinds),
		owned(attr("groups", "Which groups are removed for being undescribed, and whether members lists are complete.",
			`{existence: additive, members: exclusive}`, `{ existence = "additive", members = "exclusive" }`), kinds),
		owned(attr("space_roles", "Which custom space roles are removed for being undescribed, and whether their permissions are complete.",
			`exclusive`, `"exclusive"`), kinds),
		owned(attr("spaces", "Whether the roles, permissions and guests of a space are complete. Spaces are never removed.",
			`{roles: additive}`, `{ roles = "additive" }`), kinds),
	}
}

var ownershipKeys = append(ownedKeys(func(o *Ownership) *[]OwnedKind { return &o.Kinds }),
	field(attr("global_permissions", "Whether the lists of global permissions are complete.", `additive`, `"additive"`),
		mode, func(o *Ownership) **Str { return &o.Globals }),
	field(attr("rules", "Modes for the objects that a pattern matches; the last match wins.",
		`[{match: "space:TEAM-*", spaces: additive}]`, `[{ match = "space:TEAM-*", spaces = "additive" }]`),
		objects("a rule", ownershipRuleKeys, func(r *OwnershipRule) *diag.Range { return &r.Range }),
		func(o *Ownership) *[]OwnershipRule { return &o.Rules }),
	field(attr("ignore", "Objects to leave alone, each with a reason, an owner and a last day.",
		`[{object: "group:old-admins", reason: break glass, owner: it@acme.example, until: 2026-12-31}]`,
		`[{ object = "group:old-admins", reason = "break glass", owner = "it@acme.example", until = "2026-12-31" }]`),
		objects("an ignored object", ignoreKeys, func(i *Ignore) *diag.Range { return &i.Range }),
		func(o *Ownership) *[]Ignore { return &o.Ignore }),
)

var ownershipRuleKeys = append([]key[OwnershipRule]{
	field(required(same("match", "The objects that the rule is for.", `"space:TEAM-*"`)),
		must(pattern), func(r *OwnershipRule) *Str { return &r.Match }),
}, ownedKeys(func(r *OwnershipRule) *[]OwnedKind { return &r.Kinds })...)

var ignoreKeys = []key[Ignore]{
	field(required(same("object", "The objects to leave alone.", `"group:confluence-administrators"`)),
		must(pattern), func(i *Ignore) *Str { return &i.Object }),
	field(attr("reason", "Why.", `break glass`, `"break glass"`),
		prose, func(i *Ignore) **Str { return &i.Reason }),
	field(attr("owner", "Who answers for it.", `it@acme.example`, `"it@acme.example"`),
		text, func(i *Ignore) **Str { return &i.Owner }),
	field(attr("until", "The last day.", `2026-12-31`, `"2026-12-31"`),
		day, func(i *Ignore) **Str { return &i.Until }),
}

var protectKeys = []key[Protect]{
	field(same("admins", "People whose access no plan touches.", `["user:root@acme.example"]`),
		listOf("references to people"), func(p *Protect) **List { return &p.Admins }),
	field(same("min_space_admins", "How many active people must administer each space, counted through groups.", `2`),
		count, func(p *Protect) **Num { return &p.MinSpaceAdmins }),
}

var budgetKeys = []key[Budget]{
	field(attr("removals", "Removals of one kind in one plan.",
		`{ratio: 10%, max: 200, free: 3}`, `{ ratio = "10%", max = 200, free = 3 }`),
		object("a budget", limitKeys, func(l *Limit) *diag.Range { return &l.Range }),
		func(b *Budget) **Limit { return &b.Removals }),
	field(attr("people_losing_access", "People who lose a right on a described space.",
		`{ratio: 5%, max: 50, free: 3}`, `{ ratio = "5%", max = 50, free = 3 }`),
		object("a budget", limitKeys, func(l *Limit) *diag.Range { return &l.Range }),
		func(b *Budget) **Limit { return &b.PeopleLosingAccess }),
	field(attr("unattended", "What `weir apply --unattended` may take away without anybody there.",
		`{removals_per_day: 10}`, `{ removals_per_day = 10 }`),
		object("an unattended budget", unattendedKeys, func(u *Unattended) *diag.Range { return &u.Range }),
		func(b *Budget) **Unattended { return &b.Unattended }),
}

var unattendedKeys = []key[Unattended]{
	field(same("removals_per_day", "How many removals unattended applies may make within 24 hours, all together.", `10`),
		count, func(u *Unattended) **Num { return &u.RemovalsPerDay }),
}

var limitKeys = []key[Limit]{
	field(attr("ratio", "The part of those there are that may go.", `10%`, `"10%"`),
		share, func(l *Limit) **Num { return &l.Ratio }),
	field(same("max", "The most that may go, whatever the ratio allows.", `200`),
		count, func(l *Limit) **Num { return &l.Max }),
	field(same("free", "How many may always go.", `3`),
		count, func(l *Limit) **Num { return &l.Free }),
}

var seatsKeys = []key[Seats]{
	field(attr("currency", "The currency of the prices: its three capital letters.", `USD`, `"USD"`),
		text, func(s *Seats) **Str { return &s.Currency }),
	field(attr("per", "What the prices are for.", `month`, `"month"`),
		choice("month", "year"), func(s *Seats) **Str { return &s.Per }),
	field(attr("tiers", "The prices, from the first seat on.",
		`[{to: 100, each: 6.05}, {each: 5.16}]`, `[{ to = 100, each = 6.05 }, { each = 5.16 }]`),
		seatTiers, func(s *Seats) **SeatTiers { return &s.Tiers }),
	field(same("limit", "The most paid seats there may be: what was bought, or is licensed.", `250`),
		count, func(s *Seats) **Num { return &s.Limit }),
	field(same("site_limit", "The most people there may be on the site, guests included.", `50000`),
		count, func(s *Seats) **Num { return &s.SiteLimit }),
	field(attr("renews", "A day on which a period that is paid for begins, by the billing pages: seats that are given up cost until the next such day.",
		`2026-01-15`, `"2026-01-15"`),
		day, func(s *Seats) **Str { return &s.Renews }),
}

var tokenKeys = []key[TokenWatch]{
	field(required(attr("warn", "How long before its end a token is told of.", `30d`, `"30d"`)),
		duration, func(t *TokenWatch) **Days { return &t.Warn }),
}

var seatTierKeys = []key[SeatTier]{
	field(same("to", "The last seat of the tier; without it there is no last.", `100`),
		count, func(t *SeatTier) **Num { return &t.To }),
	field(same("each", "What each seat of the tier costs; those of lower tiers keep their own price.", `6.05`),
		amount, func(t *SeatTier) **Str { return &t.Each }),
	field(same("total", "In place of `each`: what everything costs, as long as all seats are within the tier.", `18000`),
		amount, func(t *SeatTier) **Str { return &t.Total }),
}

var policyKeys = []key[Policy]{
	field(attr("level", "What a finding of the rule does.", `warn`, `"warn"`),
		choice("deny", "warn", "off"), func(p *Policy) **Str { return &p.Level }),
	field(same("allow", "The objects that the rule leaves alone.", `["space:DOCS"]`),
		listOf("patterns of references"), func(p *Policy) **List { return &p.Allow }),
}

var userKeys = []key[User]{
	field(attr("name", "The person's name, for readers.", `Ana Lind`, `"Ana Lind"`),
		text, func(u *User) **Str { return &u.Name }),
	field(attr("state", "What becomes of the person; the last three reach every product of the organisation.",
		`no_access`, `"no_access"`),
		choice("active", "no_access", "suspended", "deactivated", "removed"), func(u *User) **Str { return &u.State }),
	field(attr("left", "The person has left: whatever they hold is taken, and stays taken. Without a state: `no_access`.",
		`{successor: bo@acme.example}`, `{ successor = "bo@acme.example" }`),
		object("left", leftKeys, func(l *Left) *diag.Range { return &l.Range }), func(u *User) **Left { return &u.Left }),
}

var leftKeys = []key[Left]{
	field(attr("successor", "Who becomes admin of the spaces, and is let see the pages, that nobody else has; where absent, the owner of each space.",
		`bo@acme.example`, `"bo@acme.example"`),
		text, func(l *Left) **Str { return &l.Successor }),
}

var groups = collection("a group", groupKeys, func(g *Group) *Str { return &g.Name }, func(g *Group) *diag.Range { return &g.Range })

var groupKeys = []key[Group]{
	field(attr("description", "What the group is for, for readers of the file.", `Builds the product`, `"Builds the product"`),
		prose, func(g *Group) **Str { return &g.Description }),
	field(attr("managed_by", "Who else owns the group: it is read and granted to, never written.", `idp`, `"idp"`),
		choice("idp"), func(g *Group) **Str { return &g.ManagedBy }),
	field(attr("owner", "Who answers for the group and for the seats that it gives: shown in messages and in `weir seats --by owner`.",
		`group:it-leads`, `"group:it-leads"`),
		reference, func(g *Group) **Str { return &g.Owner }),
	field(attr("product_role", "The product role that members hold.", `user`, `"user"`),
		text, func(g *Group) **Str { return &g.ProductRole }),
	field(attr("members_of", "Groups whose people belong to this one: in any of `any` and in all of `all`, less those in `except`.",
		`{any: [engineering, finance], except: [contractors]}`, `{ any = ["engineering", "finance"], except = ["contractors"] }`),
		set, func(g *Group) **SetExpr { return &g.MembersOf }),
	field(attr("members", "The people in the group.",
		`[ana@acme.example, {who: bo@acme.example, until: 2026-12-31}]`,
		`["ana@acme.example", { who = "bo@acme.example", until = "2026-12-31" }]`),
		members, func(g *Group) **Grants { return &g.Members }),
	field(attr("longest_term", "The longest that an entry under members may last: each needs an `until` no later than so many days from today.",
		`180d`, `"180d"`),
		duration, func(g *Group) **Days { return &g.LongestTerm }),
}

var guestKeys = []key[Guest]{
	field(attr("name", "The guest's name, for readers.", `Lee Oh`, `"Lee Oh"`),
		text, func(g *Guest) **Str { return &g.Name }),
	field(required(attr("space", "The one space that the guest has.", `ENG`, `"ENG"`)),
		must(text), func(g *Guest) *Str { return &g.Space }),
	field(attr("role", "The guest's role there; collaborator where absent.", `viewer`, `"viewer"`),
		text, func(g *Guest) **Str { return &g.Role }),
	field(attr("until", "The last day, in the site's time zone.", `2026-12-31`, `"2026-12-31"`),
		day, func(g *Guest) **Str { return &g.Until }),
	field(attr("reason", "Why.", `Q4 audit`, `"Q4 audit"`),
		prose, func(g *Guest) **Str { return &g.Reason }),
}

var grantKeys = []key[Grant]{
	field(required(attr("who", "The principal.", `bo@acme.example`, `"bo@acme.example"`)),
		must(principal), func(g *Grant) *Str { return &g.Who }),
	field(attr("until", "The last day, in the site's time zone.", `2026-12-31`, `"2026-12-31"`),
		day, func(g *Grant) **Str { return &g.Until }),
	field(attr("reason", "Why.", `Q4 audit`, `"Q4 audit"`),
		prose, func(g *Grant) **Str { return &g.Reason }),
}

var setKeys = []key[SetExpr]{
	field(attr("any", "People in at least one of these groups.", `[engineering, finance]`, `["engineering", "finance"]`),
		groupNames, func(s *SetExpr) **List { return &s.Any }),
	field(attr("all", "People in every one of these groups.", `[engineering, leads]`, `["engineering", "leads"]`),
		groupNames, func(s *SetExpr) **List { return &s.All }),
	field(attr("except", "Less the people in these groups.", `[contractors]`, `["contractors"]`),
		groupNames, func(s *SetExpr) **List { return &s.Except }),
}

var spaceRoleKeys = []key[SpaceRole]{
	field(attr("description", "What the role is for, for readers of the file.", `Reads and comments`, `"Reads and comments"`),
		prose, func(r *SpaceRole) **Str { return &r.Description }),
	field(attr("permissions", "The permissions of whoever holds the role, by id.",
		`[read/space, create/comment]`, `["read/space", "create/comment"]`),
		listOf("permission ids"), func(r *SpaceRole) **List { return &r.Permissions }),
}

var archetypeKeys = []key[Archetype]{
	field(plural("parameters", "parameter", "What each space says of its own, by name.",
		`{team: {}}`, `"team" {}`),
		collection("a parameter", parameterKeys, func(p *Parameter) *Str { return &p.Name }, func(p *Parameter) *diag.Range { return &p.Range }),
		func(a *Archetype) *[]Parameter { return &a.Parameters }),
	field(attr("owner", "Who answers for each space that names no owner itself.",
		`"group:${team}-leads"`, `"group:${team}-leads"`),
		templated(reference), func(a *Archetype) **Str { return &a.Owner }),
	field(attr("groups", "Groups that each space brings with it, by name.",
		`{"${team}-leads": {}}`, `{ "${team}-leads" = {} }`),
		templated(groups), func(a *Archetype) *[]Group { return &a.Groups }),
	field(attr("roles", "Who holds which role in each space.",
		`{collaborator: ["group:${team}"]}`, `{ collaborator = ["group:${team}"] }`),
		templated(roles), func(a *Archetype) **Roles { return &a.Roles }),
	field(attr("permissions", "What principals may do in each space where no role fits.",
		`{"group:${team}": [read/space]}`, `{ "group:${team}" = ["read/space"] }`),
		templated(permissions), func(a *Archetype) **Permissions { return &a.Permissions }),
	field(attr("guests", "Whether the spaces may have guests, how many, and from where.",
		`{allow: false}`, `{ allow = false }`),
		templated(object("guests", guestRuleKeys, func(g *GuestRules) *diag.Range { return &g.Range })),
		func(a *Archetype) **GuestRules { return &a.Guests }),
	field(attr("limits", "What others may grant in each space, where its lists are bounded.",
		`{role: manager, to: ["group:${team}-*"]}`, `{ role = "manager", to = ["group:${team}-*"] }`),
		templated(limits), func(a *Archetype) **GrantLimits { return &a.Limits }),
	field(plural("pages", "page", "Restrictions of a page in each space, by title.",
		`{Pay bands: {view: ["group:${team}"]}}`, `"Pay bands" { view = ["group:${team}"] }`),
		shapedPages, func(a *Archetype) *[]Page { return &a.Pages }),
	field(plural("blog_posts", "blog_post", "Restrictions of a blog post in each space, by title.",
		`{Welcome: {edit: ["group:${team}"]}}`, `"Welcome" { edit = ["group:${team}"] }`),
		shapedPages, func(a *Archetype) *[]Page { return &a.BlogPosts }),
}

var parameterKeys = []key[Parameter]{
	field(attr("default", "The value where a space gives none; without a default a space must give one.",
		`engineering`, `"engineering"`),
		text, func(p *Parameter) **Str { return &p.Default }),
}

var spaceKeys = []key[Space]{
	field(attr("name", "The space's name.", `Engineering`, `"Engineering"`),
		text, func(s *Space) **Str { return &s.Name }),
	field(attr("status", "Whether the space is archived.", `archived`, `"archived"`),
		choice("current", "archived"), func(s *Space) **Str { return &s.Status }),
	field(attr("owner", "Who answers for the space, for messages and rules.", `group:engineering-leads`, `"group:engineering-leads"`),
		reference, func(s *Space) **Str { return &s.Owner }),
	field(attr("classification", "How sensitive the space is, for rules.", `internal`, `"internal"`),
		text, func(s *Space) **Str { return &s.Classification }),
	field(attr("archetype", "The archetype that the space follows.", `team`, `"team"`),
		text, func(s *Space) **Str { return &s.Archetype }),
	field(attr("with", "Values for the archetype's parameters.", `{team: engineering}`, `{ team = "engineering" }`),
		arguments, func(s *Space) *[]Argument { return &s.With }),
	field(attr("roles", "Who holds which role in the space.",
		`{reviewer: ["group:auditors", {who: "user:kim@partner.example", until: 2027-06-30}]}`,
		`{ reviewer = ["group:auditors", { who = "user:kim@partner.example", until = "2027-06-30" }] }`),
		roles, func(s *Space) **Roles { return &s.Roles }),
	field(attr("permissions", "What principals may do in the space where no role fits, by id.",
		`{"group:staff": [read/space, create/page]}`, `{ "group:staff" = ["read/space", "create/page"] }`),
		permissions, func(s *Space) **Permissions { return &s.Permissions }),
	field(attr("guests", "Whether the space may have guests, how many, from where, and who they are, by role; a group stands for its members.",
		`{allow: true, domains: [partner.example], collaborator: [lee@partner.example]}`,
		`{ allow = true, domains = ["partner.example"], collaborator = ["lee@partner.example"] }`),
		spaceGuests, func(s *Space) **SpaceGuests { return &s.Guests }),
	field(attr("limits", "What others may grant in the space, where its lists are bounded.",
		`{role: viewer}`, `{ role = "viewer" }`),
		limits, func(s *Space) **GrantLimits { return &s.Limits }),
	field(plural("pages", "page", "Restrictions of pages, by title.",
		`{Pay bands: {view: ["group:hr"]}}`, `"Pay bands" { view = ["group:hr"] }`),
		pages, func(s *Space) *[]Page { return &s.Pages }),
	field(plural("blog_posts", "blog_post", "Restrictions of blog posts, by title.",
		`{Welcome: {edit: ["group:hr"]}}`, `"Welcome" { edit = ["group:hr"] }`),
		pages, func(s *Space) *[]Page { return &s.BlogPosts }),
	field(same("watch", "Whether the restrictions of every page of the space are read and shown.", `true`),
		truth, func(s *Space) **Bool { return &s.Watch }),
}

var guestRuleKeys = []key[GuestRules]{
	field(same("allow", "Whether there may be guests; true where absent.", `false`),
		truth, func(g *GuestRules) **Bool { return &g.Allow }),
	field(attr("domains", "The domains that guests' e-mail addresses may have.", `[partner.example]`, `["partner.example"]`),
		listOf("domains"), func(g *GuestRules) **List { return &g.Domains }),
	field(same("max", "The most guests there may be.", `5`),
		count, func(g *GuestRules) **Num { return &g.Max }),
}

var limits = object("limits", grantLimitKeys, func(l *GrantLimits) *diag.Range { return &l.Range })

var grantLimitKeys = []key[GrantLimits]{
	field(attr("role", "A grant is within the limits if it permits no more than this role.", `manager`, `"manager"`),
		text, func(l *GrantLimits) **Str { return &l.Role }),
	field(attr("permissions", "In place of a role: the permissions that a grant may have, by id.",
		`[read/space, create/page]`, `["read/space", "create/page"]`),
		permissionIDs, func(l *GrantLimits) **List { return &l.Permissions }),
	field(attr("to", "Who may be granted something, patterns among them; everybody but the public where absent.",
		`["group:*", everyone]`, `["group:*", "everyone"]`),
		listOf("principals and patterns"), func(l *GrantLimits) **List { return &l.To }),
	field(attr("never", "Who may not, whatever `to` says.", `[anonymous, guests]`, `["anonymous", "guests"]`),
		listOf("principals and patterns"), func(l *GrantLimits) **List { return &l.Never }),
}

var assertKeys = []key[Assertion]{
	field(required(same("object", "The site, a space, a page (`page:HR/Pay bands`) or a blog post; or every space that a pattern covers.", `"space:TEAM-*"`)),
		must(stringCodec("a reference or a pattern of spaces", oneLine)), func(a *Assertion) *Str { return &a.Object }),
	field(required(attr("action", "What is done: view, edit or, in spaces, admin; the id of a space's permission; a global permission of the site.",
		`view`, `"view"`)),
		must(text), func(a *Assertion) *Str { return &a.Action }),
	field(attr("can", "All of these people can do it.", `["group:staff"]`, `["group:staff"]`),
		asserted, func(a *Assertion) **List { return &a.Can }),
	field(attr("cannot", "None of these people can do it.", `[guests, anonymous]`, `["guests", "anonymous"]`),
		asserted, func(a *Assertion) **List { return &a.Cannot }),
	field(attr("only", "Nobody but these people can do it; [] for nobody at all.", `["group:execs"]`, `["group:execs"]`),
		asserted, func(a *Assertion) **List { return &a.Only }),
}

var asserted = listOf("principals")

var pageKeys = []key[Page]{
	field(attr("view", "Who alone may view the page and what is below it; [] lifts the restriction.",
		`["group:hr", {who: "user:kim@acme.example", until: 2026-12-31}]`,
		`["group:hr", { who = "user:kim@acme.example", until = "2026-12-31" }]`),
		grants("people and groups"), func(p *Page) **Grants { return &p.View }),
	field(attr("edit", "Who alone may edit the page; [] lifts the restriction.",
		`["group:hr-leads"]`, `["group:hr-leads"]`),
		grants("people and groups"), func(p *Page) **Grants { return &p.Edit }),
}

var globalKeys = []key[Globals]{
	field(attr("use", "Who may use Confluence.", `["group:staff", anonymous]`, `["group:staff", "anonymous"]`),
		grants("principals"), func(g *Globals) **Grants { return &g.Use }),
	field(attr("administer", "Who administers Confluence.", `["group:admins"]`, `["group:admins"]`),
		grants("principals"), func(g *Globals) **Grants { return &g.Administer }),
	field(attr("create_space", "Who may create spaces.", `["group:space-creators"]`, `["group:space-creators"]`),
		grants("principals"), func(g *Globals) **Grants { return &g.CreateSpace }),
	field(attr("personal_space", "Who may have a personal space.", `["group:staff"]`, `["group:staff"]`),
		grants("principals"), func(g *Globals) **Grants { return &g.PersonalSpace }),
	field(attr("system_administer", "Who administers the system (Data Center).", `["user:root@acme.example"]`, `["user:root@acme.example"]`),
		grants("principals"), func(g *Globals) **Grants { return &g.SystemAdminister }),
	field(attr("view_profiles", "Who may see people's profiles (Data Center).", `["group:staff"]`, `["group:staff"]`),
		grants("principals"), func(g *Globals) **Grants { return &g.ViewProfiles }),
}

var personalKeys = []key[PersonalSpaces]{
	field(attr("create", "How a personal space comes to be: made for everybody in `by`, for who asked, or for nobody new. Without it weir leaves that as it is.",
		`on_request`, `"on_request"`),
		choice(createWays...), func(p *PersonalSpaces) **Str { return &p.Create }),
	field(same("by", "The groups whose people may have one; everybody with a licence where absent.", `["group:staff"]`),
		listOf("groups"), func(p *PersonalSpaces) **List { return &p.By }),
	field(attr("gate", "The group that alone holds Personal Space, given to it once by hand (Cloud): weir keeps who is in it.",
		`personal-space-makers`, `"personal-space-makers"`),
		text, func(p *PersonalSpaces) **Str { return &p.Gate }),
	field(attr("requests", "Who asked for one, each with a last day at most a week ahead.",
		`[{who: ana@acme.example, until: 2026-06-22}]`, `[{ who = "ana@acme.example", until = "2026-06-22" }]`),
		grants("people"), func(p *PersonalSpaces) **Grants { return &p.Requests }),
	field(attr("roles", "Who holds which role in every personal space beside its owner, at least: who holds more within the limits keeps it.",
		`{viewer: ["group:staff"]}`, `{ viewer = ["group:staff"] }`),
		roles, func(p *PersonalSpaces) **Roles { return &p.Roles }),
	field(attr("limits", "What personal spaces may let others do; what goes beyond is taken. The public is never let in.",
		`{role: viewer, to: ["group:staff"]}`, `{ role = "viewer", to = ["group:staff"] }`),
		limits, func(p *PersonalSpaces) **GrantLimits { return &p.Limits }),
	field(attr("owner_left", "What becomes of the space of somebody who left.",
		`{after: 30d, then: archive}`, `{ after = "30d", then = "archive" }`),
		object("owner_left", ownerLeftKeys, func(o *OwnerLeft) *diag.Range { return &o.Range }),
		func(p *PersonalSpaces) **OwnerLeft { return &p.OwnerLeft }),
	field(attr("unused", "What becomes of a space in which nothing is changed any more.",
		`{after: 365d, then: archive}`, `{ after = "365d", then = "archive" }`),
		object("unused", unusedKeys, func(u *UnusedSpace) *diag.Range { return &u.Range }),
		func(p *PersonalSpaces) **UnusedSpace { return &p.Unused }),
	field(attr("hold", "Labels of spaces that are kept as they are, whatever else is said.", `[legal-hold]`, `["legal-hold"]`),
		listOf("labels"), func(p *PersonalSpaces) **List { return &p.Hold }),
	field(same("batch", "The most spaces that one apply archives, and the most that it deletes; 50 where absent.", `50`),
		count, func(p *PersonalSpaces) **Num { return &p.Batch }),
}

var ownerLeftKeys = []key[OwnerLeft]{
	field(attr("when", "In which states somebody has left; deactivated, removed and unlicensed where absent. Suspended is among them only where it is written.",
		`[deactivated, removed, unlicensed]`, `["deactivated", "removed", "unlicensed"]`),
		shaped(listOf("states"), arrayShape(wordsShape(leftStates...))), func(o *OwnerLeft) **List { return &o.When }),
	field(required(attr("after", "How long after that.", `30d`, `"30d"`)),
		duration, func(o *OwnerLeft) **Days { return &o.After }),
	field(required(attr("then", "What is done.", `archive`, `"archive"`)),
		choice("archive"), func(o *OwnerLeft) **Str { return &o.Then }),
	field(attr("delete_after", "How long after it was archived the space is deleted, each time only with `--accept`; never where absent.",
		`365d`, `"365d"`),
		duration, func(o *OwnerLeft) **Days { return &o.DeleteAfter }),
}

var unusedKeys = []key[UnusedSpace]{
	field(required(attr("after", "How long nothing in it was changed. When somebody last looked at it no interface tells.", `365d`, `"365d"`)),
		duration, func(u *UnusedSpace) **Days { return &u.After }),
	field(required(attr("then", "What is done.", `archive`, `"archive"`)),
		choice("archive"), func(u *UnusedSpace) **Str { return &u.Then }),
}
