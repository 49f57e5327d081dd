package sitetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// unknownOutcomes: the answer to a write is lost. Nobody knows then whether it
// had its effect, so Do must say Transient and send nothing again, Present
// must tell what is true, and what comes next must work, ids included.
func unknownOutcomes(t *testing.T, open func(t *testing.T) Subject) {
	from := one(group, "exists group:old", staff, ana, bo, "member group:engineering user:bo@acme.example", space)
	type trouble struct {
		name string
		from []string // beside the above
		gone string   // of the above
		to   []string // beside the above
		then string   // what is done after it
		page bool
	}
	for _, c := range []trouble{
		{name: "a group comes", to: one("exists group:new"), then: "member group:new user:ana@acme.example"},
		{name: "a group goes", gone: "exists group:old"},
		{name: "a person comes", to: one("exists user:new@acme.example"), then: "member group:engineering user:new@acme.example"},
		{name: "a person goes", gone: bo},
		{name: "a person is suspended", gone: bo, to: one("state user:bo@acme.example = suspended")},
		{name: "a person is deactivated", gone: bo, to: one("state user:bo@acme.example = deactivated")},
		{name: "a person becomes an administrator", to: one("product user:bo@acme.example = admin")},
		{name: "a guest comes", to: one(gia), then: "role space:ENG user:gia@partner.example = viewer"},
		{name: "a person joins", to: one("member group:engineering user:ana@acme.example")},
		{name: "a person leaves", gone: "member group:engineering user:bo@acme.example"},
		{name: "a group lets people in", to: one("product group:engineering = user")},
		{name: "a group lets people in no longer", gone: "product group:staff = user"},
		{name: "a space role comes", to: one("exists space_role:new", "grants space_role:new read/space"), then: "role space:ENG group:engineering = new"},
		{name: "a space role goes", from: one("exists space_role:new", "grants space_role:new read/space")},
		{name: "a space comes", to: one("exists space:NEW", "name space:NEW = New", "role space:NEW group:engineering = viewer"), then: "role space:NEW user:ana@acme.example = admin"},
		{name: "a space is renamed", gone: "name space:ENG = Engineering", to: one("name space:ENG = Other")},
		{name: "a space is archived", to: one("status space:ENG = archived")},
		{name: "a role is given", to: one("role space:ENG group:engineering = viewer")},
		{name: "a role is taken", from: one("role space:ENG user:ana@acme.example = admin", "role space:ENG group:engineering = viewer"), to: one("role space:ENG user:ana@acme.example = admin")},
		{name: "a permission is given", from: one(perm(toGroup, "read/space", "delete/page")), to: one(perm(toGroup, "read/space", "delete/page", "delete/comment"))},
		{name: "a permission is taken", from: one(perm(toGroup, "read/space", "delete/page", "delete/comment")), to: one(perm(toGroup, "read/space", "delete/page"))},
		{name: "a role gives way to permissions", from: one("role space:ENG group:engineering = viewer"), to: one(perm(toGroup, "read/space", "delete/page"))},
		{name: "permissions give way to a role", from: one(perm(toGroup, "read/space", "delete/page")), to: one("role space:ENG group:engineering = viewer")},
		{name: "a page is restricted", to: one(restrict(plan, "view", keepers, toGroup)), page: true},
		{name: "a restriction names others", from: one(restrict(plan, "view", keepers, toGroup)), to: one(restrict(plan, "view", keepers, toAna), restrict(plan, "edit", keepers)), page: true},
		{name: "a restriction is lifted", from: one(restrict(plan, "view", keepers, toGroup)), page: true},
		{name: "a group may create spaces", to: one("global site create_space group:staff")},
		{name: "a group may create spaces no longer", from: one("global site create_space group:staff")},
		{name: "the public may use the site", to: one("global site use class:anonymous")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			if s.LoseReply == nil || s.LoseRequest == nil {
				t.Skip("the subject loses nothing")
			}
			tr := start(t, s)
			if c.page {
				tr.reads(plan)
				tr.bring(from)
				tr.others(plans)
			}
			tr.bring(slices.Concat(from, c.from))
			to := slices.Concat(without(from, c.gone), c.to)

			live := tr.observe()
			canon := tr.site.Canonical(tr.want(to, live), live)
			units := tr.units(access.Changes(tr.ours(live.Facts), tr.ours(canon.Facts)), live)
			if len(units) == 0 {
				t.Skip("this product cannot hold it, which the table of transitions looks after")
			}
			step := site.Step{ID: "test", Changes: units[0]}

			s.LoseRequest()
			if err := tr.site.Do(t.Context(), step); !site.Is(err, site.Transient) {
				t.Errorf("a lost request gives %v, want no clear answer", err)
			}
			tr.agree(units[0], false)

			s.LoseReply()
			if err := tr.site.Do(t.Context(), step); !site.Is(err, site.Transient) {
				t.Errorf("a lost reply gives %v, want no clear answer", err)
			}
			// What takes one request is done whole; what takes several may be done
			// in part, and Present says which.
			if tr.site.Cost(units[0], live) == 1 {
				tr.agree(units[0], true)
			} else {
				tr.honest(units[0])
			}
			tr.bring(to)
			if c.then != "" {
				tr.bring(append(to, c.then))
			}
		})
	}
}

// without gives the lines without one of them.
func without(lines []string, gone string) []string {
	all := strings.Split(strings.Join(lines, "\n"), "\n")
	return slices.DeleteFunc(all, func(line string) bool { return line == gone })
}
