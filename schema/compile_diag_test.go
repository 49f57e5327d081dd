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
budget: {removals: {ratio: 110%, max: 1.5, free: -1}}
protect: {min_space_admins: 2.5}
policies: {anonymous_access: {level: wran, allow: [DOCS]}}
`, `
WR103 a.weir.yaml:1:28: ratio is not between 0 % and 100 % (write a share, such as 10% or 0.1)
WR103 a.weir.yaml:1:39: max is not a count (write a whole number, 0 or more)
WR103 a.weir.yaml:1:50: free is not a count (write a whole number, 0 or more)
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
WR109 a.weir.yaml:5:92: guests is not available yet (delete it)
WR113 a.weir.yaml:5:100: "space:X" cannot stand here (write user:EMAIL, account:ID, group:NAME, everyone, authenticated, product_admins, jsm_admins or anonymous)
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
  spaces: {existence: exclusive, guests: additive}
  rules:
    - {match: "group:*", spaces: exclusive}
    - {match: "everything", groups: exclusive}
`, `
WR102 a.weir.yaml:2:11: unknown key "members" in ownership of users (the keys are existence)
WR103 a.weir.yaml:3:11: mode "exclusve" is not known (did you mean "exclusive"?)
WR102 a.weir.yaml:4:12: spaces have no existence to own (delete it: a space is never removed for being undescribed)
WR109 a.weir.yaml:4:34: ownership of guests is not available yet (delete it)
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
