package weir.rules.anonymous_access_test

import data.weir.rules.anonymous_access

grant(space, principal, more) := object.union(
	{
		"fact": sprintf("role space:%s %s = viewer", [space, principal]),
		"space": {"key": space, "ref": concat(":", ["space", space])},
		"principal": {"guest": false, "id": "", "ref": principal, "type": split(principal, ":")[0]},
		"role": "viewer",
		"owned": true,
		"stated": true,
	},
	more,
)

test_denies_a_described_grant if {
	findings := anonymous_access.findings with input.grants as [grant("ENG", "class:anonymous", {})]
	findings == {{
		"fact": "role space:ENG class:anonymous = viewer",
		"message": "space \"ENG\" would be open to the public (role viewer)",
		"hint": "take anonymous out of the space's roles, or allow \"space:ENG\" in the policy anonymous_access",
	}}
}

test_denies_a_live_grant_in_an_owned_space if {
	findings := anonymous_access.findings with input.grants as [grant("ENG", "class:anonymous", {"stated": false})]
	{finding.hint | some finding in findings} == {"list the space's roles without anonymous, or allow \"space:ENG\" in the policy anonymous_access"}
}

test_warns_at_most_where_nothing_owns_the_space if {
	grants := [grant("OLD", "class:anonymous", {"owned": false, "stated": false})]
	findings := anonymous_access.findings with input.grants as grants
	{finding.at_most | some finding in findings} == {"warn"}
	count(findings) == 1
}

test_passes_everybody_else if {
	grants := [
		grant("ENG", "class:everyone", {}),
		grant("ENG", "class:authenticated", {}),
		grant("ENG", "group:anonymous", {}),
		grant("ENG", "user:anonymous", {}),
	]
	findings := anonymous_access.findings with input.grants as grants
	findings == set()
}

test_passes_nothing if {
	findings := anonymous_access.findings with input.grants as []
	findings == set()
}
