package cloud

import (
	"slices"
	"testing"
)

// TestFloor repeats the worked table of docs/evidence.md, Part C, which leaves
// product roles out and takes a search for restrictions to give 100 pages.
func TestFloor(t *testing.T) {
	for _, c := range []struct {
		name                                                        string
		people, groups, members, spaces, roles, rows, restricted    int
		rolesBulk, rolesExact, transitionBulk, transitionExact, pre int
	}{
		{"small", 100, 20, 15, 40, 8, 50, 50, 49, 98, 89, 138, 49},
		{"medium", 2_000, 300, 40, 800, 12, 130, 2_000, 851, 2_831, 1_651, 3_631, 851},
		{"large", 20_000, 3_000, 60, 6_000, 20, 220, 20_000, 6_444, 26_244, 12_444, 32_244, 6_444},
	} {
		n := size{
			people: c.people, groups: c.groups, spaces: c.spaces,
			members:     slices.Repeat([]int{c.members}, c.groups),
			assignments: slices.Repeat([]int{c.roles}, c.spaces), rows: slices.Repeat([]int{c.rows}, c.spaces),
		}
		for _, v := range []struct {
			mode          string
			content, want int
		}{
			{onlyRoles, pages(c.restricted, 100), c.rolesBulk},
			{onlyRoles, c.restricted, c.rolesExact},
			{transition, pages(c.restricted, 100), c.transitionBulk},
			{transition, c.restricted, c.transitionExact},
			{preRoles, pages(c.restricted, 100), c.pre},
		} {
			n.mode, n.content = v.mode, v.content
			if got := floor(n); got != v.want {
				t.Errorf("%s, %s: %d, want %d", c.name, v.mode, got, v.want)
			}
		}
	}
}

// TestFloorPages: long lists within a site take more than a request each, and
// product roles at least one.
func TestFloorPages(t *testing.T) {
	n := size{
		mode: transition, people: 1000, groups: 2, spaces: 2,
		members: []int{401, 0}, groupsOf: []int{0, 101}, peopleOf: []int{250},
		assignments: []int{251, 0}, rows: []int{0, 1000},
	}
	if got, want := floor(n), 5+1+1+(3+1)+(1+2)+3+(2+1)+(1+4); got != want {
		t.Errorf("%d, want %d", got, want)
	}
}
