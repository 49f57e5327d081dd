package cloud

// size is how much of everything a site has, as far as it decides how many
// requests a reading takes.
type size struct {
	mode                   string
	people, groups, spaces int

	members            []int // of each group
	groupsOf, peopleOf []int // groups and people that hold each product role
	assignments, rows  []int // role assignments and rows of permissions of each space
	content            int   // requests for restrictions
}

// floor is how few requests could read such a site whole, by the formula of
// docs/evidence.md, Part C (k runs over the product roles that are told):
//
//	5                                      role mode, permissions, roles, directories, workspaces
//	+ ⌈groups/200⌉ + ⌈spaces/250⌉
//	+ min(⌈people/100⌉, Σ max(1, ⌈members/200⌉))
//	+ Σk max(1, ⌈groups with k/100⌉) + Σk max(1, ⌈people with k/100⌉)
//	+ Σ max(1, ⌈assignments/250⌉)          over the spaces, unless the mode is PRE_ROLES
//	+ Σ max(1, ⌈rows of permissions/250⌉)  over the spaces, unless the mode is ROLES
//	+ restrictions
func floor(n size) int {
	out := 5 + pages(n.groups, 200) + pages(n.spaces, 250) + n.content
	out += min(pages(n.people, 100), each(n.members, 200))
	out += each(n.groupsOf, 100) + each(n.peopleOf, 100)
	if n.mode != preRoles {
		out += each(n.assignments, 250)
	}
	if n.mode != onlyRoles {
		out += each(n.rows, 250)
	}
	return out
}

// pages is how many pages a list takes.
func pages(items, page int) int { return (items + page - 1) / page }

// each is how many pages several lists take, the empty ones one each.
func each(lists []int, page int) int {
	sum := 0
	for _, items := range lists {
		sum += max(1, pages(items, page))
	}
	return sum
}

// size counts what was read.
func (r *reading) size() size {
	n := size{mode: r.mode, people: len(r.people), groups: len(r.groups), spaces: len(r.spaces)}
	held := make(map[string]int)
	for _, g := range r.groups {
		n.members = append(n.members, len(r.members[g.ID]))
		for _, role := range g.product {
			held[role]++
		}
	}
	for _, role := range productRoles {
		n.groupsOf = append(n.groupsOf, held[role])
	}
	for _, role := range ownRoles {
		n.peopleOf = append(n.peopleOf, len(r.holders.of[role]))
	}
	for _, sp := range r.spaces {
		a := r.access[sp.ID]
		if a == nil {
			a = &spaceAccess{} // it was not read anew: at least a request
		}
		n.assignments, n.rows = append(n.assignments, len(a.assignments)), append(n.rows, len(a.rows))
	}
	return n
}
