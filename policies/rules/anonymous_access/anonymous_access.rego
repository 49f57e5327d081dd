# METADATA
# title: anonymous access
# description: >-
#   A space gives the public a role: whoever has its address can use it without
#   logging in. Spaces that no description owns are only warned about.
# schemas:
#   - input: schema.grants
# custom:
#   code: WR301
#   level: deny
#   site: false
package weir.rules.anonymous_access

findings contains finding if {
	some grant in input.grants
	is_public(grant)
	grant.owned
	finding := {
		"fact": grant.fact,
		"message": message(grant),
		"hint": sprintf("%s, or allow %q in the policy anonymous_access", [remedy(grant), grant.space.ref]),
	}
}

findings contains finding if {
	some grant in input.grants
	is_public(grant)
	not grant.owned
	finding := {
		"fact": grant.fact,
		"message": message(grant),
		"hint": "describe the space, or take the role from anonymous in the space's settings",
		"at_most": "warn",
	}
}

is_public(grant) if grant.principal.ref == "class:anonymous"

message(grant) := sprintf("space %q would be open to the public (role %s)", [grant.space.key, grant.role])

remedy(grant) := "take anonymous out of the space's roles" if grant.stated

remedy(grant) := "list the space's roles without anonymous" if not grant.stated
