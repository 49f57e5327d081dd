# METADATA
# title: fewer than two active space admins
# description: >-
#   A described space would have no or one active person who administers it.
#   When the only one leaves, nobody can manage the space until an organisation
#   or site admin recovers its permissions by hand. People count through
#   groups, classes and grants of their own, once each, and only if they may
#   enter.
# schemas:
#   - input: schema.spaces
# custom:
#   code: WR303
#   level: deny
#   site: true
package weir.rules.two_space_admins

findings contains finding if {
	some space in input.spaces
	space.owned
	count(space.admins) < 2
	finding := {
		"fact": space.fact,
		"message": sprintf("space %q would have %s", [space.key, admins(space)]),
		"hint": "let a group with two active people administer it, or add people to the group that does",
	}
}

admins(space) := "no active admin" if count(space.admins) == 0

admins(space) := sprintf("1 active admin (%s)", [trim_prefix(space.admins[0], "user:")]) if {
	count(space.admins) == 1
}
