package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

func TestNoDocumentsAreNoDescription(t *testing.T) {
	desc, diags := schema.Compile(nil, nil, noon)
	if got := lines(diags); desc != nil || len(got) != 1 || !strings.HasPrefix(got[0], "WR112 no file says which site this is") {
		t.Errorf("got %v, %q", desc, got)
	}
}

// TestCompileDiagnostics holds what weir says of each mistake, other places
// included. Every case is refused unless all it gets are warnings.
func TestCompileDiagnostics(t *testing.T) {
	for _, c := range []struct{ name, archive, want string }{
		// The site.
		{"no site", `
users: {ana@acme.example: {}}
-- b.weir.yaml --
weir: v1
`, `
WR112 b.weir.yaml:1:7: no file says which site this is (write ` + "`weir: v1` and `site: {name: …}`" + ` in one file)
`},
		{"no version", `
site: {name: acme}
`, `
WR112 a.weir.yaml:1:7: the version of the language is missing (write ` + "`weir: v1`" + ` beside site)
`},
		{"version and site apart, and another version", `
weir: v1
-- b.weir.yaml --
site: {name: acme}
`, `
WR112 a.weir.yaml:1:7: weir and site stand in different files (write them beside each other)
  b.weir.yaml:1:7: site stands here
`},
		{"another version", `
weir: v2
site: {name: acme}
`, `
WR103 a.weir.yaml:1:7: version "v2" is not known (write v1)
`},
		{"two sites", `
weir: v1
site: {name: acme}
-- b.weir.yaml --
weir: v1
site: {name: acme}
`, `
WR104 b.weir.yaml:1:7: weir stands twice (keep it in one place)
  a.weir.yaml:1:7: also here
WR104 b.weir.yaml:2:7: site stands twice (keep it in one place)
  a.weir.yaml:2:7: also here
`},
		{"values of the site", `
weir: v1
site: {name: acme, product: clod, plan: gold, timezone: Europe/Belrin}
`, `
WR103 a.weir.yaml:2:29: product "clod" is not known (did you mean "cloud"?)
WR103 a.weir.yaml:2:41: plan "gold" is not known (write free, standard, premium or enterprise)
WR103 a.weir.yaml:2:57: time zone "Europe/Belrin" is not known (write an IANA name, such as Europe/Berlin)
`},
		{"the time zone of the machine", `
weir: v1
site: {name: acme, timezone: Local}
`, `
WR103 a.weir.yaml:2:30: time zone "Local" is not known (write an IANA name, such as Europe/Berlin)
`},
		{"values of settings", `
budget: {removals: {ratio: 110%, max: 1.5, free: -1}, unattended: {removals_per_day: -1}}
protect: {min_space_admins: 2.5}
policies: {anonymous_access: {level: wran, allow: [DOCS]}}
`, `
WR103 a.weir.yaml:1:28: ratio is not between 0 % and 100 % (write a share, such as 10% or 0.1)
WR103 a.weir.yaml:1:39: max is not a count (write a whole number, 0 or more)
WR103 a.weir.yaml:1:50: free is not a count (write a whole number, 0 or more)
WR103 a.weir.yaml:1:86: removals_per_day is not a count (write a whole number, 0 or more)
WR103 a.weir.yaml:2:29: min_space_admins is not a count (write a whole number, 0 or more)
WR103 a.weir.yaml:3:38: level "wran" is not known (write deny, warn or off)
WR113 a.weir.yaml:3:52: "DOCS" is not a pattern that can stand here (begin with user:, account:, group:, space:, space_role: or class:, and let * stand for any text)
`},
		{"one policy in two files", `
policies: {anonymous_access: {level: warn}}
-- b.weir.yaml --
policies: {anonymous_access: {level: deny}}
`, `
WR104 b.weir.yaml:1:12: policy "anonymous_access" is set twice (keep one)
  a.weir.yaml:1:12: also set here
`},

		// Objects.
		{"one object in two files", `
users: {ana@acme.example: {}}
groups: {eng: {}}
space_roles: {reviewer: {}}
spaces: {ENG: {}}
archetypes: {team: {}}
-- b.weir.yaml --
users: {ANA@acme.example: {}}
groups: {eng: {}}
space_roles: {reviewer: {}}
spaces: {ENG: {}}
archetypes: {team: {}}
`, `
WR104 b.weir.yaml:1:9: user "ana@acme.example" is described twice (keep one entry)
  a.weir.yaml:1:9: also described here
WR104 b.weir.yaml:2:10: group "eng" is described twice (keep one entry)
  a.weir.yaml:2:10: also described here
WR104 b.weir.yaml:3:15: space role "reviewer" is described twice (keep one entry)
  a.weir.yaml:3:15: also described here
WR104 b.weir.yaml:4:10: space "ENG" is described twice (keep one entry)
  a.weir.yaml:4:10: also described here
WR104 b.weir.yaml:5:14: archetype "team" is described twice (keep one entry)
  a.weir.yaml:5:14: also described here
`},
		{"malformed names", `
users: {ana: {}, "user:bo@acme.example": {}, " cy@acme.example": {}}
groups: {"group:eng": {}, "eng ": {}}
spaces: {EN-G: {}, "~712020:f0": {}}
space_roles: {Admin: {}, reviewer: {permissions: [Add pages, read/space]}}
`, `
WR113 a.weir.yaml:1:9: "ana" is not an e-mail address (write NAME@DOMAIN, or account:ID for an address that cannot be read)
WR113 a.weir.yaml:1:18: "user:bo@acme.example" is not an e-mail address (write NAME@DOMAIN, or account:ID for an address that cannot be read)
WR113 a.weir.yaml:1:46: " cy@acme.example" begins or ends with white space (write "cy@acme.example")
WR113 a.weir.yaml:2:10: "group:eng" is written without its type (write "eng")
WR113 a.weir.yaml:2:27: "eng " begins or ends with white space (write "eng")
WR113 a.weir.yaml:3:10: "EN-G" is not the key of a space (write letters and digits, such as ENG; what people read goes under name)
WR202 a.weir.yaml:4:15: space role "Admin" is the product's own (choose another name; the product's own roles need no entry)
WR113 a.weir.yaml:4:51: "Add pages" is not the id of a permission (write what it does and to what, such as create/page)
`},
		{"values of objects", `
users: {ana@acme.example: {state: suspnded}}
groups:
  a: {product_role: usr}
  b: {product_role: user+user}
  c: {product_role: none+user}
  d: {managed_by: okta}
spaces: {ENG: {status: closed}}
`, `
WR103 a.weir.yaml:1:35: state "suspnded" is not known (did you mean "suspended"?)
WR103 a.weir.yaml:3:21: product_role "usr" is not known (did you mean "user"?)
WR104 a.weir.yaml:4:21: product role "user" stands twice (write it once)
WR202 a.weir.yaml:5:21: none stands beside a product role (write none alone, or delete it)
WR103 a.weir.yaml:6:19: managed_by "okta" is not known (write idp)
WR103 a.weir.yaml:7:24: status "closed" is not known (write current or archived)
`},
		{"a role that cannot see what it grants", `
space_roles:
  reviewer: {permissions: [create/comment, create/comment]}
  nothing: {permissions: []}
`, `
WR202 a.weir.yaml:2:27: space role "reviewer" grants without read/space (add read/space: every other permission rests on it)
WR104 a.weir.yaml:2:44: "create/comment" stands twice in permissions (keep one of the two)
  a.weir.yaml:2:28: also here
`},

		// References.
		{"references to what is not described", `
users: {ana@acme.example: {}}
groups:
  engineering: {members: [anna@acme.example, "account:7"]}
  all: {members_of: [enginering, sales]}
spaces:
  ENG:
    owner: group:enginering
    roles: {reviewr: ["group:enginering"], Viewer: [everyone], reader: ["user:zoe@acme.example"]}
space_roles: {reviewer: {}}
protect: {admins: ["user:root@acme.example"]}
`, `
WR201 a.weir.yaml:3:27: user "anna@acme.example" is not described (did you mean "ana@acme.example"?)
WR201 a.weir.yaml:3:46: account "7" is not described (describe it, or list it under external)
WR201 a.weir.yaml:4:22: group "enginering" is not described (did you mean "engineering"?)
WR201 a.weir.yaml:4:34: group "sales" is not described (describe it, or list it under external)
WR201 a.weir.yaml:7:12: group "enginering" is not described (did you mean "engineering"?)
WR201 a.weir.yaml:8:13: space role "reviewr" is not described (did you mean "reviewer"?)
WR201 a.weir.yaml:8:23: group "enginering" is not described (did you mean "engineering"?)
WR201 a.weir.yaml:8:44: space role "Viewer" is not described (did you mean "viewer"?)
WR201 a.weir.yaml:8:64: space role "reader" is not described (describe it, or list it under external)
WR201 a.weir.yaml:8:73: user "zoe@acme.example" is not described (describe it, or list it under external)
WR201 a.weir.yaml:10:20: user "root@acme.example" is not described (describe it, or list it under external)
`},
		{"references of the wrong kind", `
external: ["group:*", "user:*", "space:X", okta]
groups:
  eng: {members: ["group:x", ana], members_of: ["user:ana@acme.example"]}
spaces:
  ENG: {owner: ana@acme.example, roles: {viewer: [eng, ana@acme.example, "class:everyone", guests, "space:X", "group:"]}}
absent: ["space:ENG", eng, "space_role:admin"]
`, `
WR113 a.weir.yaml:1:33: "space:X" is not a pattern that can stand here (begin with user:, account:, group: or space_role:, and let * stand for any text)
WR113 a.weir.yaml:1:44: "okta" is not a pattern that can stand here (begin with user:, account:, group: or space_role:, and let * stand for any text)
WR113 a.weir.yaml:3:19: "group:x" cannot stand here (a member is a person: an e-mail address or account:ID; groups go under members_of)
WR113 a.weir.yaml:3:30: "ana" is not an e-mail address (write NAME@DOMAIN, or account:ID for an address that cannot be read)
WR113 a.weir.yaml:3:49: "user:ana@acme.example" cannot stand here (members_of lists groups; people go under members)
WR113 a.weir.yaml:5:16: "ana@acme.example" does not say what it is (write "user:ana@acme.example")
WR113 a.weir.yaml:5:51: "eng" does not say what it is (write "group:eng")
WR113 a.weir.yaml:5:56: "ana@acme.example" does not say what it is (write "user:ana@acme.example")
WR113 a.weir.yaml:5:74: "class:everyone" is written without its type (write everyone)
WR113 a.weir.yaml:5:92: "guests" cannot stand here (write user:EMAIL, account:ID, group:NAME, everyone, authenticated, product_admins, jsm_admins, anonymous or unlicensed)
WR113 a.weir.yaml:5:100: "space:X" cannot stand here (write user:EMAIL, account:ID, group:NAME, everyone, authenticated, product_admins, jsm_admins, anonymous or unlicensed)
WR113 a.weir.yaml:5:111: group without a name (write its name)
WR113 a.weir.yaml:6:10: "space:ENG" cannot stand here (absent lists user:, group: and space_role:; a space is closed with ` + "`status: archived`" + `)
WR113 a.weir.yaml:6:23: "eng" does not say what it is (write "group:eng")
WR202 a.weir.yaml:6:28: space role "admin" is the product's own (take it from absent: nobody can delete it)
`},

		// Lists.
		{"the same thing twice in a list", `
external: ["user:*", "group:*"]
groups:
  eng: {members: [ana@acme.example, "user:Ana@acme.example"]}
  all: {members_of: [eng, eng]}
spaces:
  ENG: {roles: {viewer: ["group:eng", "group:eng"]}}
absent: ["group:old", "group:old"]
protect: {admins: [ana@acme.example, ana@acme.example]}
`, `
WR104 a.weir.yaml:3:37: user "ana@acme.example" stands twice in members (keep one of the two)
  a.weir.yaml:3:19: also here
WR104 a.weir.yaml:4:27: group "eng" stands twice in one list of groups (keep one of the two)
  a.weir.yaml:4:22: also here
WR104 a.weir.yaml:6:39: "group:eng" is viewer of ENG twice (keep one of the two)
  a.weir.yaml:6:26: also here
WR104 a.weir.yaml:7:23: group "old" stands twice in absent (keep one of the two)
  a.weir.yaml:7:10: also here
WR104 a.weir.yaml:8:38: user "ana@acme.example" stands twice in protect (keep one of the two)
  a.weir.yaml:8:20: also here
`},
		{"two roles in one space, one of them the archetype's", `
groups: {eng: {}, ops: {}}
archetypes: {team: {roles: {viewer: ["group:eng"], admin: ["group:ops"]}}}
spaces:
  ENG:
    archetype: team
    roles: {manager: ["group:eng"], admin: ["group:ops"]}
`, `
WR202 a.weir.yaml:6:23: "group:eng" has two roles in ENG (choose viewer or manager: a principal has one role in a space)
  a.weir.yaml:2:38: the other role
WR104 a.weir.yaml:6:45: "group:ops" is admin of ENG twice (keep one of the two)
  a.weir.yaml:2:60: also here
`},
		{"an expired role beside another is no conflict", `
groups: {eng: {}}
spaces:
  ENG: {roles: {viewer: [{who: "group:eng", until: 2026-06-30}], manager: ["group:eng"]}}
  OPS: {roles: {viewer: ["group:eng"], manager: [{who: "group:eng", until: 2026-06-30}]}}
`, `
warning WR206 a.weir.yaml:3:52: the entry of "group:eng" has expired (delete the entry, or give it a later day)
warning WR206 a.weir.yaml:4:76: the entry of "group:eng" has expired (delete the entry, or give it a later day)
`},
		{"dates", `
external: ["user:*"]
groups:
  eng: {members: [{who: a@acme.example, until: 2026-02-30}, {who: b@acme.example, until: tomorrow}, {who: c@acme.example, until: 2026-06-30}]}
ownership: {ignore: [{object: "group:x", until: 2026-06-30}, {object: "group:y", until: 2026-07-01}]}
`, `
WR113 a.weir.yaml:3:48: "2026-02-30" is not a date (write a day of the calendar as YYYY-MM-DD)
WR113 a.weir.yaml:3:90: "tomorrow" is not a date (write a day of the calendar as YYYY-MM-DD)
warning WR206 a.weir.yaml:3:130: the entry of "c@acme.example" has expired (delete the entry, or give it a later day)
warning WR206 a.weir.yaml:4:49: "group:x" is ignored no longer (delete the entry, or give it a later day)
`},
		{"people who are shut out", `
users: {joe@acme.example: {state: no_access}}
groups: {eng: {members: [joe@acme.example]}}
spaces: {ENG: {roles: {viewer: ["user:joe@acme.example"]}}}
`, `
warning WR202 a.weir.yaml:2:26: "joe@acme.example" is listed, and has the state no_access (delete the entry; it gives nothing while the state stands)
warning WR202 a.weir.yaml:3:33: "user:joe@acme.example" is listed, and has the state no_access (delete the entry; it gives nothing while the state stands)
`},

		// Removal.
		{"described, referred to, protected or ignored, and yet to go", `
users:
  ana@acme.example: {}
  root@acme.example: {state: deactivated}
  bo@acme.example: {state: no_access}
groups: {eng: {}, all: {members_of: [old]}}
absent: ["user:ana@acme.example", "group:eng", "group:old", "group:kept"]
protect: {admins: [root@acme.example]}
ownership: {ignore: [{object: "group:kept", reason: break glass}, {object: "user:bo*"}]}
`, `
WR202 a.weir.yaml:3:3: user "root@acme.example" is to go, and is protected (take back one of the two statements)
WR202 a.weir.yaml:4:3: user "bo@acme.example" is to go, and is ignored (take back one of the two statements)
WR202 a.weir.yaml:6:10: user "ana@acme.example" is both described and absent (delete its entry, or take it from absent)
  a.weir.yaml:2:3: the other statement
WR202 a.weir.yaml:6:35: group "eng" is both described and absent (delete its entry, or take it from absent)
  a.weir.yaml:5:10: the other statement
WR202 a.weir.yaml:6:48: group "old" is to be removed, and is referred to (take it from absent, or delete the reference)
  a.weir.yaml:5:38: the other statement
WR202 a.weir.yaml:6:61: group "kept" is to go, and is ignored (break glass) (take back one of the two statements)
`},

		// Ownership.
		{"ownership in two files", `
ownership: {groups: exclusive}
-- b.weir.yaml --
ownership: {groups: exclusive}
`, `
WR104 b.weir.yaml:1:12: ownership stands twice (keep it in one place)
  a.weir.yaml:1:12: also here
`},
		{"ownership that cannot be", `
ownership:
  users: {members: exclusive}
  groups: exclusve
  spaces: {existence: exclusive, guest: additive}
  rules:
    - {match: "group:*", spaces: exclusive}
    - {match: "everything", groups: exclusive}
`, `
WR102 a.weir.yaml:2:11: unknown key "members" in ownership of users (the keys are existence)
WR103 a.weir.yaml:3:11: mode "exclusve" is not known (did you mean "exclusive"?)
WR102 a.weir.yaml:4:12: spaces have no existence to own (delete it: a space is never removed for being undescribed)
WR102 a.weir.yaml:4:34: unknown key "guest" in ownership of spaces (the keys are roles, permissions, guests)
WR202 a.weir.yaml:6:26: a rule for group: cannot set spaces (match space:…, or set another kind)
WR113 a.weir.yaml:7:15: "everything" is not a pattern that can stand here (begin with user:, account:, group:, space_role: or space:, and let * stand for any text)
`},

		// Archetypes.
		{"archetypes used wrongly", `
groups: {eng: {}}
archetypes:
  team:
    parameters: {team: {}, idle: {default: x}, odd: {default: z}}
    groups: {"${team}": {}, "${odd}${tem}": {}}
spaces:
  A: {archetype: tem}
  B: {archetype: team}
  C: {archetype: team, with: {team: c, tam: d}}
  D: {with: {team: d}}
`, `
warning WR203 a.weir.yaml:4:28: parameter "idle" is never used (delete it, or use it as ${idle})
WR203 a.weir.yaml:5:29: archetype "team" has no parameter "tem" (did you mean "team"?)
WR201 a.weir.yaml:7:18: archetype "tem" is not described (did you mean "team"?)
WR203 a.weir.yaml:8:18: parameter "team" of archetype "team" has no value (give it under with)
  a.weir.yaml:4:18: the parameter
WR203 a.weir.yaml:9:40: archetype "team" has no parameter "tam" (did you mean "team"?)
  a.weir.yaml:3:3: the archetype
WR203 a.weir.yaml:10:14: with stands without an archetype (name the archetype, or delete with)
`},
		{"what an archetype refers to", `
archetypes:
  team:
    parameters: {team: {}}
    roles: {viewer: ["group:${team}"]}
spaces:
  A: {archetype: team, with: {team: a}}
  B: {archetype: team, with: {team: b}}
`, `
WR201 a.weir.yaml:4:22: group "a" is not described (describe it, or list it under external)
WR201 a.weir.yaml:4:22: group "b" is not described (describe it, or list it under external)
`},
		{"one key set by a group's entry and by an archetype", `
groups: {eng: {members: [], product_role: user}}
archetypes:
  team: {groups: {eng: {members: [], product_role: user, description: x}}}
spaces:
  A: {archetype: team}
`, `
WR104 a.weir.yaml:3:34: members of group "eng" is set twice (set it in the group's own entry or in the archetype)
  a.weir.yaml:1:25: also set here
WR104 a.weir.yaml:3:52: product_role of group "eng" is set twice (set it in the group's own entry or in the archetype)
  a.weir.yaml:1:43: also set here
`},
		{"one group from two archetypes, or with two meanings", `
external: ["user:*"]
archetypes:
  team:
    parameters: {who: {}}
    groups: {eng: {members: ["${who}@acme.example"]}}
  other: {groups: {eng: {}}}
spaces:
  A: {archetype: team, with: {who: a}}
  B: {archetype: team, with: {who: b}}
  C: {archetype: other}
`, `
WR104 a.weir.yaml:9:18: group "eng" comes from two archetypes (give them names that differ, or one entry of their own)
  a.weir.yaml:5:14: declared for space A
  a.weir.yaml:5:14: declared for space B
WR104 a.weir.yaml:10:18: group "eng" comes from two archetypes (give them names that differ, or one entry of their own)
  a.weir.yaml:5:14: declared for space A
  a.weir.yaml:6:20: declared for space C
`},

		// Permissions beside roles.
		{"permissions that cannot be", `
groups: {eng: {}, ops: {}}
archetypes: {team: {roles: {viewer: ["group:ops"]}}}
spaces:
  ENG:
    archetype: team
    roles: {viewer: ["group:eng", {who: anonymous, until: 2026-06-30}]}
    permissions:
      group:eng: [read/space]
      group:ops: [read/space]
      everyone: [create/page]
      anonymous: [read/space, Add pages, read/space]
      user:ana@acme.example: [read/space]
      user:Ana@acme.example: [read/space]
      guests: [read/space]
      eng: [read/space]
`, `
warning WR206 a.weir.yaml:6:59: the entry of "anonymous" has expired (delete the entry, or give it a later day)
WR202 a.weir.yaml:8:7: "group:eng" has a role and permissions in ENG (choose one: a principal has a role in a space, or permissions of its own)
  a.weir.yaml:6:22: the other statement
WR202 a.weir.yaml:9:7: "group:ops" has a role and permissions in ENG (choose one: a principal has a role in a space, or permissions of its own)
  a.weir.yaml:2:38: the other statement
WR202 a.weir.yaml:10:7: "everyone" has permissions in ENG without read/space (add read/space: every other permission rests on it)
WR113 a.weir.yaml:11:31: "Add pages" is not the id of a permission (write what it does and to what, such as create/page)
WR104 a.weir.yaml:11:42: "read/space" stands twice in permissions (keep one of the two)
  a.weir.yaml:11:19: also here
WR201 a.weir.yaml:12:7: user "ana@acme.example" is not described (describe it, or list it under external)
WR104 a.weir.yaml:13:7: user "ana@acme.example" stands twice in permissions (keep one of the two)
  a.weir.yaml:12:7: also here
WR113 a.weir.yaml:14:7: "guests" cannot stand here (write user:EMAIL, account:ID, group:NAME, everyone, authenticated, product_admins, jsm_admins, anonymous or unlicensed)
WR113 a.weir.yaml:15:7: "eng" does not say what it is (write "group:eng")
`},

		// Pages.
		{"restrictions that cannot be", `
groups: {hr: {}}
users: {joe@acme.example: {state: suspended}}
archetypes: {team: {pages: {Pay: {view: ["group:hr"]}}}}
spaces:
  HR:
    archetype: team
    pages:
      Pay: {view: [everyone], edit: ["class:x", hr, guests, "group:hr", "group:hr", "group:it"]}
      " Plan": {}
`, `
WR104 a.weir.yaml:8:19: view of page "HR/Pay" is set twice (set it in the page's own entry or in the archetype)
  a.weir.yaml:3:41: also set here
WR113 a.weir.yaml:8:20: "everyone" cannot stand here (restrictions name people and groups only: user:EMAIL, account:ID or group:NAME)
WR113 a.weir.yaml:8:38: "class:x" cannot stand here (restrictions name people and groups only: user:EMAIL, account:ID or group:NAME)
WR113 a.weir.yaml:8:49: "hr" does not say what it is (write "group:hr")
WR113 a.weir.yaml:8:53: "guests" cannot stand here (restrictions name people and groups only: user:EMAIL, account:ID or group:NAME)
WR104 a.weir.yaml:8:73: group "hr" stands twice in edit (keep one of the two)
  a.weir.yaml:8:61: also here
WR201 a.weir.yaml:8:85: group "it" is not described (describe it, or list it under external)
WR113 a.weir.yaml:9:7: " Plan" begins or ends with white space (write "Plan")
`},
		{"a restriction of which nobody is left", `
groups: {hr: {}}
users: {joe@acme.example: {state: suspended}, ana@acme.example: {}}
guests: {lee@partner.example: {space: HR, until: 2026-06-30}}
spaces:
  HR:
    pages:
      Gone: {view: [{who: "group:hr", until: 2026-06-29}, {who: "user:ana@acme.example", until: 2026-06-30}]}
      Out: {view: ["user:joe@acme.example"]}
      Guest: {edit: ["user:lee@partner.example"]}
      Some: {view: [{who: "group:hr", until: 2026-06-29}, "user:joe@acme.example", "user:ana@acme.example"]}
    blog_posts:
      Lifted: {view: []}
      Gone: {edit: [{who: "group:hr", until: 2026-06-29}]}
`, `
warning WR206 a.weir.yaml:3:50: the entry of "lee@partner.example" has expired (delete the entry, or give it a later day)
WR206 a.weir.yaml:7:65: the last name on view of page "HR/Gone" has expired, and the page would open (name somebody else or write [])
WR202 a.weir.yaml:8:20: the last name on view of page "HR/Out" is shut out, and the page would open (name somebody else or write [])
WR206 a.weir.yaml:9:22: the last name on edit of page "HR/Guest" has expired, and the page would open (name somebody else or write [])
warning WR206 a.weir.yaml:10:46: the entry of "group:hr" has expired (delete the entry, or give it a later day)
warning WR202 a.weir.yaml:10:59: "user:joe@acme.example" is listed, and has the state suspended (delete the entry; it gives nothing while the state stands)
WR206 a.weir.yaml:13:27: the last name on edit of blog post "HR/Gone" has expired, and the page would open (name somebody else or write [])
`},

		// Guests.
		{"guests that cannot be", `
users: {ana@acme.example: {}, joe@acme.example: {state: no_access}}
groups: {staff: {product_role: user, members: [lee@partner.example]}, both: {members: [kim@partner.example]}}
global_permissions: {use: ["group:both"], administer: ["user:lee@partner.example"]}
guests:
  lee@partner.example: {space: ENG}
  kim@partner.example: {space: ENG, role: viewr}
  ana@acme.example: {space: ENG}
  joe@acme.example: {space: ENG}
  jo@partner.example: {space: EGN}
  "group:x": {space: ENG}
  max@partner.example: {space: ENG}
  uma@partner.example: {space: "group:x"}
spaces:
  ENG:
    roles: {viewer: ["user:max@partner.example"]}
    guests: {collaborator: [lee@partner.example, "group:x"]}
  OPS:
    roles: {viewer: ["user:lee@partner.example"]}
    permissions: {"user:kim@partner.example": [read/space]}
    guests: {viewer: [jo@partner.example]}
`, `
WR210 a.weir.yaml:5:3: guest "lee@partner.example" gets the product role user from group "staff" (make them a licensed user: an entry under users, and a group that has a role in ENG and OPS [one paid seat more])
  a.weir.yaml:2:48: the other statement
WR210 a.weir.yaml:5:3: guest "lee@partner.example" is under administer of global_permissions (make them a licensed user: an entry under users, and a group that has a role in ENG and OPS [one paid seat more])
  a.weir.yaml:3:56: the other statement
WR210 a.weir.yaml:6:3: guest "kim@partner.example" gets the product role user from group "both" (make them a licensed user: an entry under users, and a group that has a role in ENG and OPS [one paid seat more])
  a.weir.yaml:2:88: the other statement
WR201 a.weir.yaml:6:43: space role "viewr" is not described (did you mean "viewer"?)
WR210 a.weir.yaml:7:3: user "ana@acme.example" is described as a user and as a guest (keep the user: delete the entry as a guest [the seat that they have, or one paid seat more], or keep the guest: delete the entry under users [needs somebody who never was a paid user: those cannot become guests])
  a.weir.yaml:1:9: the other entry
warning WR202 a.weir.yaml:8:3: "joe@acme.example" is listed, and has the state no_access (delete the entry; it gives nothing while the state stands)
WR201 a.weir.yaml:9:31: space "EGN" is not described (describe it)
WR113 a.weir.yaml:10:3: "group:x" is not an e-mail address (write NAME@DOMAIN, or account:ID for an address that cannot be read)
WR113 a.weir.yaml:12:32: "group:x" cannot stand here (name the space by its key)
WR202 a.weir.yaml:15:22: "max@partner.example" has two roles in ENG (choose viewer or collaborator: a principal has one role in a space)
  a.weir.yaml:11:3: the other role
WR104 a.weir.yaml:16:29: user "lee@partner.example" is a guest of space "ENG" twice (keep one of the two)
  a.weir.yaml:5:3: also here
WR201 a.weir.yaml:16:50: group "x" is not described (describe it, or list it under external)
WR210 a.weir.yaml:18:22: guest "lee@partner.example" has two spaces (keep ENG [they lose OPS], or keep OPS [they lose ENG], or make them a licensed user: an entry under users, and a group that has a role in ENG and OPS [one paid seat more])
  a.weir.yaml:5:3: in ENG
WR210 a.weir.yaml:19:19: guest "kim@partner.example" has two spaces (keep ENG [they lose OPS], or keep OPS [they lose ENG], or make them a licensed user: an entry under users, and a group that has a role in ENG and OPS [one paid seat more])
  a.weir.yaml:6:3: in ENG
WR210 a.weir.yaml:20:23: guest "jo@partner.example" has two spaces (keep EGN [they lose OPS], or keep OPS [they lose EGN], or make them a licensed user: an entry under users, and a group that has a role in EGN and OPS [one paid seat more])
  a.weir.yaml:9:3: in EGN
`},
		{"guests against the rules of their space", `
archetypes: {team: {guests: {max: 1, domains: ["@x", partner.example]}}}
guests:
  a@other.example: {space: ENG}
  b@partner.example: {space: NO1}
spaces:
  ENG:
    archetype: team
    guests: {viewer: [c@partner.example, {who: d@partner.example, until: 2026-06-30}]}
  NO1: {guests: {allow: false}}
  OPS: {archetype: team, guests: {max: 1.5}}
`, `
WR113 a.weir.yaml:1:48: "@x" is not a domain (write what stands behind the @ of an address, such as partner.example)
WR210 a.weir.yaml:3:3: guest "a@other.example" comes from outside the domains of ENG (delete the entry [they are no guest of ENG], or add other.example to domains [ENG may then have guests from there, and every space of its archetype if the rule stands there], or make them a licensed user: an entry under users, and a group that has a role in ENG [one paid seat more])
  a.weir.yaml:1:47: the rule
WR210 a.weir.yaml:4:3: guest "b@partner.example" is in NO1, which may have no guests (delete the entry [they are no guest of NO1], or write allow: true [NO1 may then have guests], or make them a licensed user: an entry under users, and a group that has a role in NO1 [one paid seat more])
  a.weir.yaml:9:25: the rule
WR210 a.weir.yaml:8:23: guest "c@partner.example" is too many: ENG may have 1 (delete the entry [they are no guest of ENG], or raise max to 2 [ENG may then have that many, and every space of its archetype if the rule stands there], or make them a licensed user: an entry under users, and a group that has a role in ENG [one paid seat more])
  a.weir.yaml:1:35: the rule
warning WR206 a.weir.yaml:8:74: the entry of "d@partner.example" has expired (delete the entry, or give it a later day)
WR103 a.weir.yaml:10:40: max is not a count (write a whole number, 0 or more)
WR104 a.weir.yaml:10:40: max of space "OPS" is set twice (set it in the space's own entry or in the archetype)
  a.weir.yaml:1:35: also set here
`},

		// Global permissions.
		{"global permissions that cannot be", `
groups: {staff: {product_role: admin}, none: {product_role: none}}
users: {joe@acme.example: {state: suspended}}
global_permissions:
  use: ["group:staff", "group:none", everyone, staff, "user:joe@acme.example", {who: "group:stff", until: 2026-06-30}]
  administer: [anonymous, "group:staff", "group:staff"]
  create_space: ["group:stff", guests]
ownership: {global_permissions: exclusve}
-- b.weir.yaml --
global_permissions: {}
`, `
WR202 a.weir.yaml:4:9: group "staff" is under use, and its product_role lacks user (add user to product_role, or delete one of the two)
  a.weir.yaml:1:32: the other statement
WR202 a.weir.yaml:4:24: group "none" is under use, and its product_role lacks user (add user to product_role, or delete one of the two)
  a.weir.yaml:1:61: the other statement
WR113 a.weir.yaml:4:38: "everyone" cannot stand here (write user:EMAIL, account:ID, group:NAME, anonymous or unlicensed)
WR113 a.weir.yaml:4:48: "staff" does not say what it is (write "group:staff")
warning WR202 a.weir.yaml:4:55: "user:joe@acme.example" is listed, and has the state suspended (delete the entry; it gives nothing while the state stands)
warning WR206 a.weir.yaml:4:107: the entry of "group:stff" has expired (delete the entry, or give it a later day)
WR113 a.weir.yaml:5:16: "anonymous" cannot stand here (people and groups administer: write user:EMAIL, account:ID or group:NAME)
WR104 a.weir.yaml:5:42: group "staff" stands twice in administer (keep one of the two)
  a.weir.yaml:5:27: also here
WR201 a.weir.yaml:6:18: group "stff" is not described (did you mean "staff"?)
WR113 a.weir.yaml:6:32: "guests" cannot stand here (write user:EMAIL, account:ID, group:NAME, anonymous or unlicensed)
WR103 a.weir.yaml:7:33: mode "exclusve" is not known (did you mean "exclusive"?)
WR104 b.weir.yaml:1:21: global_permissions stands twice (keep it in one place)
  a.weir.yaml:4:3: also here
`},

		// Membership.
		{"members of a managed group", `
external: ["user:*", "group:*"]
groups: {okta: {managed_by: idp, members: [], members_of: [x]}}
`, `
WR204 a.weir.yaml:2:43: group "okta" is managed by the identity provider (delete members, or managed_by if weir is to write the members)
  a.weir.yaml:2:29: managed_by stands here
WR204 a.weir.yaml:2:59: group "okta" is managed by the identity provider (delete members_of, or managed_by if weir is to write the members)
  a.weir.yaml:2:29: managed_by stands here
`},
		{"sets that say nothing", `
groups: {b: {members_of: {all: []}}}
`, `
WR103 a.weir.yaml:1:32: all lists no group (name a group, or delete all)
`},
		{"circles", `
groups:
  a: {members_of: [b]}
  b: {members_of: {any: [d], except: [c]}}
  c: {members_of: {all: [a]}}
  d: {members_of: [d]}
  e: {members_of: [a]}
`, `
WR205 a.weir.yaml:2:20: group "a" gets its members from itself (take one of these groups out of members_of)
  a.weir.yaml:3:39: which has the members of "c"
  a.weir.yaml:4:26: which has the members of "a"
WR205 a.weir.yaml:5:20: group "d" gets its members from itself (take one of these groups out of members_of)
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			desc, diags := schema.Compile(parse(t, c.archive), nil, noon)
			got := strings.Join(lines(diags), "\n")
			if diff := cmp.Diff(strings.TrimSpace(c.want), got); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
			if (desc == nil) != diags.HasErrors() {
				t.Errorf("description %v beside\n%v", desc, diags)
			}
			for _, d := range diags {
				if _, ok := diag.Codes[d.Code]; !ok {
					t.Errorf("%s is no code", d.Code)
				}
			}
		})
	}
}
