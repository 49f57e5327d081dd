package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

// What no site of the scripts has: blog posts that share a title, whose facts
// nobody could tell apart; classes that weir does not know; accounts that are
// gone.
func TestFactsOfOddities(t *testing.T) {
	staff := []emulator.Restricted{{Type: "GROUP", ID: "g1", Name: "staff"}}
	d := emulator.Dump{
		RoleMode: emulator.ModePreRoles,
		People:   []emulator.Person{{ID: "a1", Email: "Ana@A.io", State: emulator.StateActive, Product: []string{"user", "guest"}, Globals: []string{"create_space"}}},
		Groups:   []emulator.Group{{ID: "g1", Name: "staff", Managed: emulator.ManagedOther}},
		Roles:    []emulator.Role{{ID: "r1", Name: "Viewer", System: true, Permissions: []string{"read/space"}}},
		Spaces: []emulator.Space{{
			Key: "~x", Name: "X", Status: "current", Owner: "gone",
			Permissions: []emulator.Permission{
				{Type: "ACCESS_CLASS", ID: "all-martians", Permission: "read/space"},
				{Type: "USER", ID: "gone", Permission: "read/space"},
			},
			Content: []emulator.Content{
				{Type: "blogpost", Title: "News", Read: staff},
				{Type: "blogpost", Title: "News", Read: staff},
				{Type: "page", Title: "News", Update: append(staff, emulator.Restricted{Type: "GROUP", ID: "g2", Name: "g2"}, emulator.Restricted{Type: "USER", ID: "gone"})},
				{Type: "page", Title: "Open"},
			},
		}},
	}
	want := `exists group:staff
exists page:~x/News
exists space:~x
global site create_space user:ana@a.io
name space:~x = X
permission space:~x read/space class:all-martians
product user:ana@a.io = guest+user
restrict page:~x/News edit group:g2
restrict page:~x/News edit group:staff
`
	var got strings.Builder
	for f := range factsOf(d).All() {
		got.WriteString(f.String() + "\n")
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}
