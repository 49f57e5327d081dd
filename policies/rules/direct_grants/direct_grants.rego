# METADATA
# title: grant to a single person
# description: >-
#   A described space gives a role to one person rather than to a group. Such a
#   grant outlives the reason it was made for and shows in no group's members.
#   Personal spaces and guests, who can only be granted to in person, are left
#   alone, and so is what weir does not own.
# schemas:
#   - input: schema.grants
# custom:
#   code: WR302
#   level: deny
#   site: false
package weir.rules.direct_grants

findings contains finding if {
	some grant in input.grants
	grant.principal.type in {"user", "account"}
	grant.owned
	not grant.principal.guest
	not startswith(grant.space.key, "~")
	finding := {
		"fact": grant.fact,
		"message": sprintf(
			"%s would hold the role %s in space %q by a grant of their own",
			[grant.principal.id, grant.role, grant.space.key],
		),
		"hint": sprintf("%s, or allow %q in the policy direct_grants", [remedy(grant), grant.principal.ref]),
	}
}

remedy(grant) := "grant the role to a group they belong to" if grant.stated

remedy(grant) := "list the space's roles, with a group in place of the person" if not grant.stated
