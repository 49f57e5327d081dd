package access_test

import (
	"testing"

	"github.com/weirhq/weir/access"
)

func TestLimitsAllow(t *testing.T) {
	const view, edit = access.Permissions("read/space"), access.Permissions("create/page read/space")
	anyone := access.Limits{Anyone: true}
	named := access.Limits{To: []access.Pattern{"group:eng-*", access.Pattern(access.Everyone), access.Pattern(access.Guests)}, Never: []access.Pattern{"group:eng-temps", "user:*@rival.example"}}
	for _, c := range []struct {
		name           string
		limits         access.Limits
		who            access.Ref
		guest          bool
		permits, bound access.Permissions
		want           bool
	}{
		{"as much as the bound", anyone, "group:x", false, edit, edit, true},
		{"less than the bound", anyone, "user:ana@acme.example", false, view, edit, true},
		{"more than the bound", anyone, "group:x", false, edit, view, false},
		{"a part that is in the bound", anyone, "group:x", false, "create/page", edit, true},
		{"a role that nobody knows", anyone, "group:x", false, "", edit, false},
		{"a bound that nobody knows", anyone, "group:x", false, view, "", false},
		{"a bound that does not let people in", anyone, "group:x", false, "create/page", "create/page", false},
		{"anyone is not the public", anyone, access.Anonymous, false, view, edit, false},
		{"anyone is not who has no licence", anyone, access.Unlicensed, false, view, edit, false},
		{"anyone is every class of people besides", anyone, access.Everyone, false, view, edit, true},
		{"the public where it is named", access.Limits{To: []access.Pattern{access.Pattern(access.Anonymous)}}, access.Anonymous, false, view, edit, true},
		{"by a pattern", named, "group:eng-leads", false, view, edit, true},
		{"not by it", named, "group:ops", false, view, edit, false},
		{"a class by its word", named, access.Everyone, false, view, edit, true},
		{"a class does not stand for its people", named, "user:ana@acme.example", false, view, edit, false},
		{"a guest as a guest", named, "user:lee@partner.example", true, view, edit, true},
		{"never goes before to", named, "group:eng-temps", false, view, edit, false},
		{"never goes before guests", named, "user:eve@rival.example", true, view, edit, false},
		{"nobody", access.Limits{}, "group:x", false, view, edit, false},
	} {
		if got := c.limits.Allow(c.who, c.guest, c.permits, c.bound); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
