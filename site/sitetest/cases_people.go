package sitetest

var peopleCases = area("people", []Case{
	// People. That somebody exists means that they may enter this product: how
	// yours lets people in (a licence, a group, an invitation) is your affair.
	{Name: "a person is let in", Path: path(nil, one(ana))},
	{Name: "a person loses access", Path: path(one(ana, bo), one(bo))},
	{Name: "a person who lost access comes back", Path: path(one(ana), nil, one(ana))},

	// The states shut a person out everywhere. They keep their memberships, and
	// so do people who merely lose access here; only removal takes them.
	{Name: "a person is suspended", Path: path(one(ana), one(state("ana", "suspended")))},
	{Name: "a suspended person is restored", Path: path(one(ana), one(state("ana", "suspended")), one(ana))},
	{Name: "a person is deactivated", Path: path(one(ana), one(state("ana", "deactivated")))},
	{Name: "a person is removed", Path: path(one(ana), one(state("ana", "removed")))},
	{Name: "a deactivated person is reactivated", Path: path(one(ana), one(state("ana", "deactivated")), one(ana))},
	{Name: "a removed person is invited again", Path: path(one(ana), one(state("ana", "removed")), one(ana))},
	{Name: "a suspended person is deactivated", Path: path(one(ana), one(state("ana", "suspended")), one(state("ana", "deactivated")))},
	{Name: "a deactivated person is only suspended", Path: path(one(ana), one(state("ana", "deactivated")), one(state("ana", "suspended")))},
	{Name: "a suspended person is removed", Path: path(one(ana), one(state("ana", "suspended")), one(state("ana", "removed")))},
	{Name: "a suspended person comes back through a group", Path: path(
		one(ana, staff, "member group:staff user:ana@acme.example"),
		one(staff, "member group:staff user:ana@acme.example", state("ana", "suspended")),
		one(ana, staff, "member group:staff user:ana@acme.example"))},
	{Name: "a suspended person keeps memberships", Path: path(one(ana, group, "member group:engineering user:ana@acme.example"),
		one(group, "member group:engineering user:ana@acme.example", state("ana", "suspended")))},
	{Name: "a person without access keeps memberships", Path: path(one(ana, group, "member group:engineering user:ana@acme.example"),
		one(group, "member group:engineering user:ana@acme.example"))},
	{Name: "a removed person loses memberships", Path: path(one(ana, group, "member group:engineering user:ana@acme.example"),
		one(group, state("ana", "removed")))},
	{Name: "a removed person keeps nothing of a group that lets people in", Path: path(one(ana, staff, "member group:staff user:ana@acme.example"),
		one(staff, state("ana", "removed")))},

	// Product roles that a person holds directly. That they may enter is said by
	// `exists`, so only what goes beyond is a fact of its own.
	{Name: "a person becomes an administrator", Path: path(one(ana), one(ana, "product user:ana@acme.example = admin"))},
	{Name: "a person is let in as an administrator", Path: path(nil, one(ana, "product user:ana@acme.example = admin"))},
	{Name: "an administrator becomes an ordinary user", Path: path(one(ana, "product user:ana@acme.example = admin"), one(ana))},
	{Name: "an administrator loses access", Path: path(one(ana, bo, "product user:ana@acme.example = admin"), one(bo))},
	{Name: "an administrator stays one while their groups change", Path: path(
		one(ana, staff, "product user:ana@acme.example = admin"),
		one(ana, staff, "product user:ana@acme.example = admin", "member group:staff user:ana@acme.example"),
		one(ana, staff, "product user:ana@acme.example = admin"))},

	// Guests have one space, by an ordinary grant to themselves. Where your product
	// has no guests, nobody who was described as one may become anything greater.
	{Name: "a guest is invited", Path: path(nil, one(gia))},
	{Name: "a guest is invited with a space", Path: path(one(space), one(space, gia, "role space:ENG user:gia@partner.example = collaborator"))},
	// Somebody with one space cannot have two, not even for a moment: a move is one
	// unit, which takes before it gives. A planner would give first.
	{Name: "a guest moves to another space", Path: path(
		one(space, ops, gia, "role space:OPS user:gia@partner.example = collaborator"),
		one(space, ops, gia, "role space:ENG user:gia@partner.example = collaborator"))},
	{Name: "a guest loses the space", Path: path(
		one(space, gia, "role space:ENG user:gia@partner.example = collaborator"), one(space, gia))},
	{Name: "a guest becomes a licensed person", Path: path(
		one(space, gia, "role space:ENG user:gia@partner.example = viewer"),
		one(space, "exists user:gia@partner.example", "role space:ENG user:gia@partner.example = viewer"))},
	{Name: "a guest loses access", Path: path(one(bo, gia), one(bo))},
	// Most products refuse this. Then say so: what was paid for is not turned back.
	{Name: "a licensed person becomes a guest", Path: path(one(ana), one(ana, "product user:ana@acme.example = guest")),
		Either: one("product user:ana@acme.example = guest")},
})
