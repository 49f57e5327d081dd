package datacenter_test

import (
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// small makes a site with a little of everything: ana and bo, who may enter
// through staff, joe, who is deactivated; two
// spaces, pages that are restricted, and a blog post.
func small(t *testing.T) *emulator.Emulator {
	t.Helper()
	e := embedded(t)
	a := e.Admin()
	group := func(name string) emulator.Principal { return emulator.Principal{Group: name} }
	for _, err := range []error{
		a.CreateGroup("staff", ""), a.CreateGroup("engineering", ""), a.CreateGroup("confluence-administrators", ""),
		a.AddPerson("ana@acme.example", "Ana Lind", emulator.PersonOptions{NoAccess: true}),
		a.AddPerson("bo@acme.example", "Bo Ek", emulator.PersonOptions{NoAccess: true}),
		a.AddPerson("joe@acme.example", "Joe Ray", emulator.PersonOptions{}),
		a.SetPersonState("joe@acme.example", "deactivated"),
		a.AddMember("confluence-administrators", emulator.OwnEmail),
		a.AddMember("staff", "ana@acme.example"), a.AddMember("staff", "bo@acme.example"), a.AddMember("engineering", "ana@acme.example"),
		a.GrantGlobal(group("staff"), emulator.GlobalUse), a.GrantGlobal(group("staff"), emulator.GlobalCreateSpace),
		a.GrantGlobal(emulator.Principal{Class: emulator.ClassAnonymous}, emulator.GlobalUse),
		a.CreateSpace("ENG", "Engineering"), a.CreateSpace("OPS", "Operations"),
		a.AddPermission("ENG", group("engineering"), "read/space"), a.AddPermission("ENG", group("engineering"), "create/page"),
		a.AddPermission("OPS", group("staff"), "read/space"),
		a.CreatePage("ENG", "Plans", ""), a.CreatePage("ENG", "Pay bands", "Plans"), a.CreateBlogPost("ENG", "News"),
		a.Restrict("ENG", "Pay bands", "read", group("engineering")),
	} {
		must(t, err)
	}
	return e
}
