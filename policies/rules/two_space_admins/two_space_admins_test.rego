package weir.rules.two_space_admins_test

import data.weir.rules.two_space_admins

space(key, admins, owned) := {
	"fact": concat(":", ["exists space", key]),
	"key": key,
	"ref": concat(":", ["space", key]),
	"owned": owned,
	"admins": admins,
}

test_denies_one_admin if {
	findings := two_space_admins.findings with input.spaces as [space("ENG", ["user:ana@acme.example"], true)]
	findings == {{
		"fact": "exists space:ENG",
		"message": "space \"ENG\" would have 1 active admin (ana@acme.example)",
		"hint": "let a group with two active people administer it, or add people to the group that does",
	}}
}

test_denies_no_admin if {
	findings := two_space_admins.findings with input.spaces as [space("ENG", [], true)]
	{finding.message | some finding in findings} == {"space \"ENG\" would have no active admin"}
}

test_names_an_account_in_full if {
	findings := two_space_admins.findings with input.spaces as [space("ENG", ["account:5b10"], true)]
	{finding.message | some finding in findings} == {"space \"ENG\" would have 1 active admin (account:5b10)"}
}

test_passes_two_admins if {
	findings := two_space_admins.findings with input.spaces as [space("ENG", ["user:ana@acme.example", "user:bo@acme.example"], true)]
	findings == set()
}

test_passes_what_nothing_owns if {
	findings := two_space_admins.findings with input.spaces as [space("OLD", [], false)]
	findings == set()
}
