package rewrite

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

var now = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

const (
	site   = "weir: v1\nsite: {name: acme}\n"
	people = "users: {ana@a.io: {}, bo@a.io: {}}\ngroups: {eng: {members: [bo@a.io]}} # engineers\n"
)

func opened() *Edit {
	return NewEdit(map[string]string{"site.weir.yaml": site, "people.weir.yaml": people}, nil, now)
}

// TestEdit: what the package's documentation shows.
func TestEdit(t *testing.T) {
	e := opened()
	was, diags := e.Compile()
	if was == nil {
		t.Fatal(diags)
	}
	docs, _ := e.Parse()
	w := New(e.After)
	w.Join(docs[0].Groups[0], []Membership{{Who: "user:ana@a.io"}})
	e.After = w.Done()
	if diff := cmp.Diff([]string{"people.weir.yaml"}, e.Changed()); diff != "" {
		t.Errorf("changed files (-want +got):\n%s", diff)
	}
	want := strings.Replace(people, "[bo@a.io]", "[bo@a.io, ana@a.io]", 1)
	if diff := cmp.Diff(want, e.After["people.weir.yaml"]); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
	if e.Before["people.weir.yaml"] != people {
		t.Error("the text as it was is otherwise, too")
	}
	is, diags := e.Compile()
	if is == nil {
		t.Fatal(diags)
	}
	joined := access.Fact{Kind: access.Member, Object: "group:eng", Subject: "user:ana@a.io"}
	if diff := cmp.Diff([]Difference{{Fact: access.Change{Op: access.Add, Fact: joined}}}, Compare(was, is, access.Known{})); diff != "" {
		t.Errorf("what differs (-want +got):\n%s", diff)
	}
}

// TestTry: the first place that is right is taken; what was tried before it, and all
// where none is right, leaves nothing.
func TestTry(t *testing.T) {
	named := strings.Replace(people, "ana@a.io: {}", "ana@a.io: {name: Ana Lind}", 1)
	places := []Place{
		{"people.weir.yaml", "groups: [\n"},
		{"more.weir.yaml", "users: {cy@a.io: {}}\n"},
		{"people.weir.yaml", named},
		{"people.weir.yaml", strings.Replace(named, "Lind", "Berg", 1)},
	}
	label := func(text string) func(*schema.Description) bool {
		return func(d *schema.Description) bool {
			desired, _ := d.Desired(access.Known{})
			return strings.HasPrefix(desired.Labels["user:ana@a.io"], text)
		}
	}
	e := opened()
	if ok, _ := e.Try(places, label("Ana")); !ok {
		t.Error("no place was right")
	}
	want := maps.Clone(e.Before)
	want["people.weir.yaml"] = named
	if diff := cmp.Diff(want, e.After); diff != "" {
		t.Errorf("the files (-want +got):\n%s", diff)
	}

	e = opened()
	ok, err := e.Try(places, label("Bo"))
	if ok || err == nil {
		t.Errorf("none is right, and the first cannot be read: %v, %v", ok, err)
	}
	if diff := cmp.Diff(e.Before, e.After); diff != "" {
		t.Errorf("the files (-want +got):\n%s", diff)
	}
	if ok, err = e.Try(places[1:], label("Bo")); ok || err != nil {
		t.Errorf("none is right, and all can be read: %v, %v", ok, err)
	}
}

// TestCompare: whatever a description says otherwise is told, each way around; where
// it says it is not.
func TestCompare(t *testing.T) {
	base := "weir: v1\nsite: {name: acme}\nusers: {ana@a.io: {}, bo@a.io: {}}\n"
	for _, c := range []struct {
		name, was, is string
		want          []string
	}{
		{"nothing", "groups: {eng: {members: [ana@a.io]}}\n", "# engineers\ngroups:\n  eng:\n    members:\n      - ana@a.io\n", nil},
		{"a fact", "groups: {eng: {members: [ana@a.io]}}\n", "groups: {eng: {members: [bo@a.io]}}\n", []string{
			"- member group:eng user:ana@a.io", "+ member group:eng user:bo@a.io",
		}},
		{"an entry", "external: [\"user:x@a.io\"]\n", "external: [\"user:x@a.io\"]\ngroups: {eng: {}}\n", []string{"+ exists group:eng", "+ entry of group:eng"}},
		{"an owner", "groups: {eng: {owner: \"user:ana@a.io\"}}\n", "groups: {eng: {owner: \"user:bo@a.io\"}}\n", []string{
			"- owner of group:eng: user:ana@a.io", "+ owner of group:eng: user:bo@a.io",
		}},
		{"a last day", "groups: {eng: {members: [{who: ana@a.io, until: 2026-09-30}]}}\n", "groups: {eng: {members: [{who: ana@a.io, until: 2026-10-31}]}}\n", []string{
			"- last day of user:ana@a.io on group:eng: 2026-09-30", "+ last day of user:ana@a.io on group:eng: 2026-10-31",
		}},
		{"an absence", "external: [\"user:x@a.io\"]\n", "external: [\"user:x@a.io\"]\nabsent: [\"group:old\"]\n", []string{"+ absence of group:old"}},
		{"a name", "users: {cy@a.io: {name: Cy}}\n", "users: {cy@a.io: {name: Cy Dahl}}\n", []string{"- name of user:cy@a.io: Cy", "+ name of user:cy@a.io: Cy Dahl"}},
		{"a guest", "spaces: {OPS: {}}\nguests: {kim@p.io: {space: OPS}}\n", "spaces: {OPS: {}}\nguests: {kim@p.io: {space: OPS, until: 2026-09-30}}\n", []string{
			"- guest of user:kim@p.io on space:OPS: collaborator", "+ guest of user:kim@p.io on space:OPS: collaborator until 2026-09-30", "+ last day of user:kim@p.io on space:OPS: 2026-09-30",
		}},
		{"a departure", "users: {cy@a.io: {state: deactivated, left: {successor: ana@a.io}}}\n", "users: {cy@a.io: {state: deactivated, left: {successor: bo@a.io}}}\n", []string{
			"- departure of user:cy@a.io: user:ana@a.io", "+ departure of user:cy@a.io: user:bo@a.io",
		}},
		{"a request", "groups: {staff: {}, makers: {}}\npersonal_spaces: {create: on_request, by: [group:staff], gate: makers, requests: [{who: ana@a.io, until: 2026-06-18}]}\n", "groups: {staff: {}, makers: {}}\npersonal_spaces: {create: on_request, by: [group:staff], gate: makers, requests: [{who: ana@a.io, until: 2026-06-19}]}\n", []string{
			"- request of user:ana@a.io: 2026-06-18", "+ request of user:ana@a.io: 2026-06-19",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			compile := func(more string) *schema.Description {
				d, diags := NewEdit(map[string]string{"a.weir.yaml": base, "b.weir.yaml": more}, nil, now).Compile()
				if d == nil {
					t.Fatal(diags)
				}
				return d
			}
			was, is := compile(c.was), compile(c.is)
			list := Compare(was, is, access.Known{})
			var got []string
			for _, d := range list {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("what differs (-want +got):\n%s", diff)
			}
			if back := Compare(is, was, access.Known{}); len(back) != len(list) {
				t.Errorf("the other way around %d things differ, not %d: %v", len(back), len(list), back)
			}
			if rest := Compare(was, is, access.Known{}, func(d Difference) bool { return d.Said == (Statement{}) }, func(d Difference) bool { return d.Said != (Statement{}) }); len(rest) > 0 {
				t.Errorf("all was allowed, and it differs: %v", rest)
			}
		})
	}
}
