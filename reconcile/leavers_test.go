package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

const leaversSite = `
	exists group:leads
	exists group:staff
	exists space:ENG
	exists space_role:admin
	exists space_role:viewer
	exists user:ana
	exists user:bo
	exists user:cy
	grants space_role:admin administer/space
	grants space_role:admin read/space
	grants space_role:viewer read/space
	member group:staff user:cy
	`

// TestHeirs: who takes over what nobody else has, from somebody who left.
func TestHeirs(t *testing.T) {
	for _, c := range []struct {
		name, live, target string
		successor          access.Ref
		owner              access.Ref
		parents            map[access.Ref]access.Ref
		want               string
		findings           []string
	}{
		{
			name: "the only admin", live: "role space:ENG user:ana = admin", successor: "user:bo",
			want: "+ role space:ENG user:bo = admin\n",
		},
		{
			name: "the last of a group", live: "role space:ENG group:leads = admin\nmember group:leads user:ana", target: "role space:ENG group:leads = admin", successor: "user:bo",
			want: "+ role space:ENG user:bo = admin\n",
		},
		{
			name: "somebody else administers", live: "role space:ENG user:ana = admin\nrole space:ENG user:cy = admin", target: "role space:ENG user:cy = admin", successor: "user:bo",
		},
		{
			name: "the owner, a group", live: "role space:ENG user:ana = admin", owner: "group:staff",
			want: "+ role space:ENG group:staff = admin\n",
		},
		{
			name: "a group that nobody is in", live: "role space:ENG user:ana = admin", owner: "group:leads",
			findings: []string{"WR422 space:ENG"},
		},
		{
			name: "nobody", live: "role space:ENG user:ana = admin",
			findings: []string{"WR422 space:ENG"},
		},
		{
			name: "the leaver owns it", live: "role space:ENG user:ana = admin", owner: "user:ana",
			findings: []string{"WR422 space:ENG"},
		},
		{
			name: "the heir has it by now, and no list says so", live: "role space:ENG user:bo = admin", successor: "user:bo",
			want: "+ role space:ENG user:bo = admin\n",
		},
		{
			name: "an admin who has nothing to do with it", live: "role space:ENG user:cy = admin", successor: "user:bo",
		},
		{
			name:      "a page that opens",
			live:      "exists page:ENG/Plan\nrestrict page:ENG/Plan view user:ana\nrole space:ENG class:everyone = viewer\nrole space:ENG user:cy = admin",
			target:    "exists page:ENG/Plan\nrole space:ENG class:everyone = viewer\nrole space:ENG user:cy = admin",
			successor: "user:bo", want: "+ restrict page:ENG/Plan view user:bo\n",
		},
		{
			name:      "a page below one that nobody passes, and the space",
			live:      "exists page:ENG/Up\nexists page:ENG/Plan\nrestrict page:ENG/Up view user:ana\nrestrict page:ENG/Plan view group:staff\nrestrict page:ENG/Plan view user:ana\nrole space:ENG user:ana = viewer\nrole space:ENG user:cy = admin",
			target:    "exists page:ENG/Up\nexists page:ENG/Plan\nrestrict page:ENG/Up view user:gone\nrestrict page:ENG/Plan view group:staff\nrole space:ENG user:cy = admin",
			parents:   map[access.Ref]access.Ref{"page:ENG/Plan": "page:ENG/Up"},
			successor: "user:bo",
			want:      "+ restrict page:ENG/Plan view user:bo\n+ restrict page:ENG/Up view user:bo\n+ role space:ENG user:bo = viewer\n",
		},
		{
			name:      "an archived space",
			live:      "status space:ENG = archived\nexists page:ENG/Plan\nrestrict page:ENG/Plan view user:ana\nrole space:ENG user:ana = viewer\nrole space:ENG user:cy = admin",
			target:    "status space:ENG = archived\nexists page:ENG/Plan\nrestrict page:ENG/Plan view user:ana\nrole space:ENG user:cy = admin",
			successor: "user:bo", findings: []string{"WR422 page:ENG/Plan"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := site.Observation{Facts: facts(t, leaversSite+c.live), Parents: c.parents}
			target := facts(t, leaversSite+c.target).Filter(func(f access.Fact) bool { return f.Object != "user:ana" })
			desired := access.Desired{Left: map[access.Ref]access.Leaver{"user:ana": {Successor: c.successor}}, Owners: map[access.Ref]access.Ref{"space:ENG": c.owner}}
			h := newHeirs(desired, live, target)
			h.spaces()
			h.pages()
			var wanted []access.Fact
			for f, leaver := range h.wanted {
				if wanted = append(wanted, f); leaver != "user:ana" {
					t.Errorf("%s takes over from %q", f, leaver)
				}
			}
			if diff := cmp.Diff(c.want, changeLines(access.Changes(access.NewSet(), access.NewSet(wanted...)))); diff != "" {
				t.Errorf("taken over (-want +got):\n%s", diff)
			}
			var found []string
			for _, f := range h.findings {
				found = append(found, f.Code+" "+string(f.Object))
			}
			if diff := cmp.Diff(c.findings, found); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAlone: what only some people have, though a state shuts one of them out.
func TestAlone(t *testing.T) {
	live := site.Observation{Facts: facts(t, leaversSite+`
		exists space:OPS
		exists page:ENG/Plan
		role space:ENG user:ana = admin
		role space:OPS user:ana = admin
		role space:OPS user:cy = admin
		restrict page:ENG/Plan edit user:ana
		state user:ana = deactivated
	`)}
	spaces, pages := Alone(live, "user:ana")
	if diff := cmp.Diff([]access.Ref{"space:ENG"}, spaces); diff != "" {
		t.Errorf("spaces (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]access.Contents{{Kind: access.Restrict, Object: "page:ENG/Plan", Verb: access.EditPage}}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if spaces, _ = Alone(live, "user:ana", "user:cy"); len(spaces) != 2 {
		t.Errorf("both are alone in %v", spaces)
	}
}
