package weir.rules.direct_grants_test

import data.weir.rules.direct_grants

grant(space, type, id, more) := object.union(
	{
		"fact": sprintf("role space:%s %s:%s = viewer", [space, type, id]),
		"space": {"key": space, "ref": concat(":", ["space", space])},
		"principal": {"guest": false, "id": id, "ref": concat(":", [type, id]), "type": type},
		"role": "viewer",
		"owned": true,
		"stated": true,
	},
	more,
)

test_denies_a_person if {
	findings := direct_grants.findings with input.grants as [grant("ENG", "user", "ana@acme.example", {})]
	findings == {{
		"fact": "role space:ENG user:ana@acme.example = viewer",
		"message": "ana@acme.example would hold the role viewer in space \"ENG\" by a grant of their own",
		"hint": "grant the role to a group they belong to, or allow \"user:ana@acme.example\" in the policy direct_grants",
	}}
}

test_denies_a_person_whose_address_cannot_be_read if {
	findings := direct_grants.findings with input.grants as [grant("ENG", "account", "5b10", {})]
	count(findings) == 1
}

test_denies_a_live_grant_in_an_owned_space if {
	findings := direct_grants.findings with input.grants as [grant("ENG", "user", "ana@acme.example", {"stated": false})]
	every finding in findings {
		startswith(finding.hint, "list the space's roles, with a group in place of the person, or allow")
	}
	count(findings) == 1
}

test_passes_groups_and_classes if {
	grants := [
		grant("ENG", "group", "engineering", {}),
		grant("ENG", "class", "everyone", {}),
		grant("ENG", "team", "7", {}),
		grant("ENG", "app", "drawio", {}),
	]
	findings := direct_grants.findings with input.grants as grants
	findings == set()
}

test_passes_personal_spaces if {
	findings := direct_grants.findings with input.grants as [grant("~ana", "user", "ana@acme.example", {})]
	findings == set()
}

test_passes_guests if {
	guest := {"principal": {"guest": true}}
	findings := direct_grants.findings with input.grants as [grant("ENG", "user", "lee@partner.example", guest)]
	findings == set()
}

test_passes_what_nothing_owns if {
	findings := direct_grants.findings with input.grants as [grant("OLD", "user", "ana@acme.example", {"owned": false})]
	findings == set()
}
