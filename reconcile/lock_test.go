package reconcile

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/site"
)

// A name is never taken for another object than the one it was pinned to,
// whether it is described or only referred to.
func TestMistaken(t *testing.T) {
	live := site.Observation{IDs: map[access.Ref]string{
		"group:same": "1", "group:remade": "22", "group:renamed-to": "3", "group:external": "55", "group:elsewhere": "66", "space:1": "1",
	}}
	pins := map[access.Ref]string{
		"group:same": "1", "group:remade": "2", "group:renamed": "3", "group:gone": "4", "group:external": "5", "group:elsewhere": "6",
	}
	desired := access.Desired{
		Described: map[access.Ref]bool{"group:same": true, "group:remade": true, "group:renamed": true, "group:gone": true},
		Facts:     access.NewSet(access.Fact{Kind: access.Role, Object: "space:S", Subject: "group:external", Value: "viewer"}),
	}
	var got []string
	found, _ := mistaken(pins, live, desired)
	for _, f := range found {
		got = append(got, f.Message)
		if f.Level != access.Deny || f.Code != "WR404" {
			t.Errorf("%+v does not stop the plan", f)
		}
	}
	want := []string{
		"group:external is not the one that weir.lock names: another was made under the same name",
		"group:remade is not the one that weir.lock names: another was made under the same name",
		"group:renamed is now called group:renamed-to",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Somebody with another address is the same person: nothing is planned of them under
// either name, and the edit is told. That stops a plan only where it was to shut them
// out.
func TestReaddressed(t *testing.T) {
	live := site.Observation{IDs: map[access.Ref]string{
		"user:new@x.y": "1", "user:out.now@x.y": "2", "account:3": "3", "user:both.now@x.y": "4", "user:taken@x.y": "55", "user:former@x.y": "5", "user:same@x.y": "6", "group:1": "1",
	}}
	pins := map[access.Ref]string{
		"user:old@x.y": "1", "user:out@x.y": "2", "user:hidden@x.y": "3", "user:both@x.y": "4", "user:taken@x.y": "5", "user:same@x.y": "6", "user:gone@x.y": "7",
	}
	desired := access.Desired{
		Described: make(map[access.Ref]bool), Origins: make(map[access.Fact]diag.Range),
		Scope: access.Scope{Absent: map[access.Ref]bool{"user:out@x.y": true}},
	}
	for ref := range pins {
		desired.Described[ref] = true
		desired.Origins[access.Fact{Kind: access.Exists, Object: ref}] = diag.At("p.weir.yaml", 2, 3)
	}
	desired.Described["user:both.now@x.y"] = true
	for i := range 6 {
		desired.Origins[access.Fact{Kind: access.Member, Object: access.NewRef("group", string(rune('a'+i))), Subject: "user:old@x.y"}] = diag.At("p.weir.yaml", 9-i, 5)
	}
	found, held := mistaken(pins, live, desired)
	var got []string
	for _, f := range found {
		got = append(got, string(f.Level)+" "+f.Message+" ("+f.Hint+")")
	}
	want := []string{
		"deny user:both@x.y and user:both.now@x.y are one account (delete what is said of both@x.y, which is the former address)",
		"warn user:hidden@x.y is now called account:3: the same account, which keeps its seat and all that it holds (write account:3 in place of hidden@x.y at p.weir.yaml:2:3; nothing about them is planned until then)",
		"warn user:old@x.y is now called user:new@x.y: the same account, which keeps its seat and all that it holds (write new@x.y in place of old@x.y at p.weir.yaml:2:3, p.weir.yaml:4:5, p.weir.yaml:5:5, p.weir.yaml:6:5, p.weir.yaml:7:5, 2 more; nothing about them is planned until then)",
		"deny user:out@x.y is now called user:out.now@x.y: the same account, which keeps its seat and all that it holds (write out.now@x.y in place of out@x.y at p.weir.yaml:2:3; nothing about them is planned until then)",
		"deny user:taken@x.y is not the one that weir.lock names, who is now called user:former@x.y: another has the name (if this is right, delete its line from weir.lock; nothing about it is planned until then)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, u := range held {
		names = append(names, string(u.Object))
	}
	if diff := cmp.Diff([]string{"user:both@x.y", "user:hidden@x.y", "account:3", "user:old@x.y", "user:new@x.y", "user:out@x.y", "user:out.now@x.y", "user:taken@x.y", "user:former@x.y"}, names); diff != "" {
		t.Error(diff)
	}
}
