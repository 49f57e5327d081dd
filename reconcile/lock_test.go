package reconcile

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
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
	for _, f := range mistaken(pins, live, spoken(desired)) {
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
