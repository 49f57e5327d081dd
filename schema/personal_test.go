package schema_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

// personalSite is what the tests below know of a site: Ana and Bo have spaces, Joe has
// left his, and Cy has none.
const personalSite = `
exists group:staff
exists group:makers
exists space:~ana
exists space:~bo
exists space:~joe
exists space_role:admin
exists space_role:viewer
exists user:ana@acme.example
exists user:bo@acme.example
exists user:cy@acme.example
grants space_role:admin administer/space
grants space_role:admin read/space
grants space_role:viewer read/space
member group:makers user:ana@acme.example
member group:staff user:ana@acme.example
member group:staff user:bo@acme.example
member group:staff user:cy@acme.example
personal space:~ana user:ana@acme.example
personal space:~bo user:bo@acme.example
personal space:~joe user:joe@acme.example
product group:staff = user
role space:~ana class:anonymous = viewer
role space:~ana user:ana@acme.example = admin
role space:~bo group:staff = viewer
role space:~joe user:cy@acme.example = admin
role space:~joe user:joe@acme.example = admin
state user:joe@acme.example = deactivated
`

// personalDesired compiles a description and gives what it wants of that site.
func personalDesired(t *testing.T, text string, change func(*access.Known)) access.Desired {
	t.Helper()
	d, diags := schema.Compile(parse(t, "weir: v1\nsite: {name: acme, product: cloud}\nexternal: [\"group:*\", \"user:*\"]\n"+text), nil, noon)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var all []access.Fact
	for line := range strings.Lines(strings.TrimSpace(personalSite)) {
		f, err := access.ParseFact(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	known := access.Known{
		Facts:  access.NewSet(all...),
		Memory: access.Memory{Left: map[access.Ref]time.Time{"user:joe@acme.example": noon.AddDate(0, 0, -40)}},
		Spaces: map[access.Ref]access.SpaceRecord{"space:~ana": {}, "space:~bo": {}, "space:~joe": {}},
	}
	if change != nil {
		change(&known)
	}
	out, more := d.Desired(known)
	if more.HasErrors() {
		t.Fatal(more)
	}
	return out
}

// about gives the lines of facts that a test is about.
func about(d access.Desired, kinds ...access.Kind) []string {
	out := []string{}
	for f := range d.Facts.All() {
		if slices.Contains(kinds, f.Kind) {
			out = append(out, f.String())
		}
	}
	return out
}

func TestWhoMayHaveAPersonalSpace(t *testing.T) {
	const gate = "global site personal_space group:makers"
	asked := func(day string) string {
		return "personal_spaces: {create: on_request, by: [staff], gate: makers, requests: [{who: cy@acme.example, until: " + day + "}, {who: ana@acme.example, until: " + day + "}]}"
	}
	for _, test := range []struct {
		name, text string
		change     func(*access.Known)
		want       []string
	}{
		{"left alone", "personal_spaces: {owner_left: {after: 30d, then: archive}}", nil, []string{}},
		{"automatic for everybody", "personal_spaces: {create: automatic}", nil, []string{}},
		{"automatic for some", "personal_spaces: {create: automatic, by: [staff], gate: makers}", nil, []string{gate,
			"member group:makers user:ana@acme.example", "member group:makers user:bo@acme.example", "member group:makers user:cy@acme.example"}},
		{"nobody", "personal_spaces: {create: nobody, gate: makers}", nil, []string{gate}},
		{"who asked and has none", asked("2026-07-03"), nil, []string{gate, "member group:makers user:cy@acme.example"}},
		{"the day has passed", asked("2026-06-30"), nil, []string{gate}},
		{"who is in by is not seen", asked("2026-07-03"), func(k *access.Known) {
			k.Facts = k.Facts.Filter(func(f access.Fact) bool { return f.Object != "group:staff" || f.Kind != access.Member })
			k.Unknown = []access.Unknown{{Kind: access.Member, Object: "group:staff", Reason: "hidden"}}
		}, []string{gate}},
		{"a reading that misses some takes nobody out", "personal_spaces: {create: automatic, by: [staff], gate: makers}", func(k *access.Known) {
			k.Facts = k.Facts.Filter(func(f access.Fact) bool { return f.Object != "group:staff" || f.Kind != access.Member })
			k.Unknown = []access.Unknown{{Kind: access.Member, Object: "group:staff", Reason: "hidden"}}
		}, []string{gate, "member group:makers user:ana@acme.example"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := personalDesired(t, test.text, test.change)
			if diff := cmp.Diff(test.want, about(d, access.Global, access.Member)); diff != "" {
				t.Error(diff)
			}
			makers := access.Contents{Kind: access.Member, Object: "group:makers"}
			if owned := d.Scope.Contents[makers] == access.Exclusive; owned != (len(test.want) > 0) {
				t.Errorf("the gate's members are owned: %t", owned)
			}
		})
	}
}

// On Data Center there is no gate: the permission itself is written.
func TestPersonalSpaceOfDataCenter(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"create: automatic, by: [staff]", []string{"global site personal_space group:staff"}},
		{"create: on_request, requests: [{who: cy@acme.example, until: 2026-07-03}, {who: ana@acme.example, until: 2026-07-03}]", []string{"global site personal_space user:cy@acme.example"}},
		{"create: nobody", []string{}},
	} {
		d, diags := schema.Compile(parse(t, "weir: v1\nsite: {name: acme, product: datacenter}\nexternal: [\"group:*\", \"user:*\"]\npersonal_spaces: {"+test.text+"}\n"), nil, noon)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		var facts []access.Fact
		for _, line := range strings.Split(strings.TrimSpace(personalSite), "\n") {
			f, err := access.ParseFact(line)
			if err != nil {
				t.Fatal(err)
			}
			facts = append(facts, f)
		}
		desired, _ := d.Desired(access.Known{Facts: access.NewSet(facts...)})
		if diff := cmp.Diff(test.want, about(desired, access.Global, access.Member)); diff != "" {
			t.Errorf("%s:\n%s", test.text, diff)
		}
		list := access.Contents{Kind: access.Global, Object: access.Site, Verb: access.GlobalPersonalSpace}
		if desired.Scope.Contents[list] != access.Exclusive {
			t.Errorf("%s: the list is not complete", test.text)
		}
	}
}

func TestLimitsOfPersonalSpaces(t *testing.T) {
	d := personalDesired(t, "personal_spaces: {limits: {role: viewer, to: [\"group:staff\"]}}", nil)
	// Bo gets his space back; Ana's is as it is; where Joe cannot, Cy goes on.
	want := []string{"role space:~ana user:ana@acme.example = admin", "role space:~bo user:bo@acme.example = admin",
		"role space:~joe user:cy@acme.example = admin", "role space:~joe user:joe@acme.example = admin"}
	if diff := cmp.Diff(want, about(d, access.Role)); diff != "" {
		t.Error(diff)
	}
	for _, space := range []access.Ref{"space:~ana", "space:~bo", "space:~joe"} {
		for _, kind := range []access.Kind{access.Role, access.Permission} {
			if mode := d.Scope.Contents[access.Contents{Kind: kind, Object: space}]; mode != access.Bounded {
				t.Errorf("%s of %s is %s", kind, space, mode)
			}
		}
		if !d.Scope.Limits[space].Forbids(access.Anonymous, false) {
			t.Errorf("the public may be let into %s", space)
		}
	}
	own := personalDesired(t, "personal_spaces: {limits: {role: viewer}}\nspaces: {\"~bo\": {roles: {viewer: [everyone]}}}\nownership: {ignore: [{object: \"space:~ana\", reason: x, owner: y@acme.example, until: 2027-01-01}]}", nil)
	for _, space := range []access.Ref{"space:~ana", "space:~bo"} {
		if _, bounded := own.Scope.Limits[space]; bounded {
			t.Errorf("%s is bounded, and is none of the policy's", space)
		}
	}
}

func TestFatesOfPersonalSpaces(t *testing.T) {
	const policy = "personal_spaces: {owner_left: {after: 30d, then: archive, delete_after: 10d}}"
	d := personalDesired(t, policy, nil)
	if diff := cmp.Diff([]string{"status space:~joe = archived"}, about(d, access.Status)); diff != "" {
		t.Error(diff)
	}
	if why := d.Reasons[access.Fact{Kind: access.Status, Object: "space:~joe"}]; why != "its owner is deactivated, as weir first saw on 2026-05-22" {
		t.Errorf("reason %q", why)
	}
	archived := func(days int) func(*access.Known) {
		return func(k *access.Known) {
			k.Facts = k.Facts.Union(access.NewSet(access.Fact{Kind: access.Status, Object: "space:~joe", Value: "archived"}))
			k.Memory.Archived = map[access.Ref]time.Time{"space:~joe": noon.AddDate(0, 0, -days)}
		}
	}
	for days, goes := range map[int]bool{9: false, 10: true} {
		d := personalDesired(t, policy, archived(days))
		if d.Scope.Absent["space:~joe"] != goes || d.Scope.Absent["space:~ana"] {
			t.Errorf("%d days after it was archived: %v", days, d.Scope.Absent)
		}
		if len(about(d, access.Status)) > 0 {
			t.Error("what is archived is archived again")
		}
	}
	// Without the word nothing is ever deleted.
	if d := personalDesired(t, "personal_spaces: {owner_left: {after: 30d, then: archive}}", archived(4000)); len(d.Scope.Absent) > 0 {
		t.Errorf("%v", d.Scope.Absent)
	}
}

func TestPersonalDiagnostics(t *testing.T) {
	const head = "weir: v1\nsite: {name: acme, product: cloud}\nexternal: [\"group:*\", \"user:*\"]\n"
	for _, test := range []struct{ text, want string }{
		{"personal_spaces: {create: sometimes}", `WR103 a.weir.yaml:4:27: create "sometimes" is not known`},
		{"personal_spaces: {create: on_request}", "WR208 a.weir.yaml:4:27: create: on_request needs a gate"},
		{"personal_spaces: {create: automatic, by: [staff]}", "WR208 a.weir.yaml:4:27: create: automatic needs a gate"},
		{"personal_spaces: {create: automatic, gate: makers}", "WR208 a.weir.yaml:4:44: the gate would keep nobody out"},
		{"personal_spaces: {create: nobody, gate: makers, by: [makers]}", `WR208 a.weir.yaml:4:54: group "makers" is the gate, and under by`},
		{"personal_spaces: {create: nobody, gate: makers}\ngroups: {makers: {members: []}}", `WR208 a.weir.yaml:5:28: group "makers" is the gate, and has members`},
		{"personal_spaces: {create: nobody, gate: makers, requests: [{who: ana@acme.example, until: 2026-07-03}]}", "WR208 a.weir.yaml:4:59: there are requests, and personal spaces are not made on request"},
		{"personal_spaces: {create: on_request, gate: makers, requests: [ana@acme.example]}", `WR209 a.weir.yaml:4:64: the request of "ana@acme.example" has no last day`},
		{"personal_spaces: {create: on_request, gate: makers, requests: [{who: ana@acme.example, until: 2026-07-09}]}", `WR209 a.weir.yaml:4:95: the request of "ana@acme.example" lasts longer than 7 days`},
		{"personal_spaces: {create: on_request, gate: makers, requests: [{who: ana@acme.example, until: 2026-02-30}]}", `WR113 a.weir.yaml:4:95: "2026-02-30" is not a date`},
		{"personal_spaces: {create: on_request, gate: makers, requests: [{who: ana@acme.example, until: 2026-07-03}, {who: Ana@acme.example, until: 2026-07-03}]}", `WR104 a.weir.yaml:4:114: user "ana@acme.example" stands twice in requests`},
		{"personal_spaces: {owner_left: {when: [], after: 30d, then: archive}}", "WR103 a.weir.yaml:4:38: when lists no state"},
		{"personal_spaces: {owner_left: {when: [gone], after: 30d, then: archive}}", `WR103 a.weir.yaml:4:39: the state "gone" is not known`},
		{"personal_spaces: {owner_left: {after: 30d, then: delete}}", `WR103 a.weir.yaml:4:50: then "delete" is not known`},
		{"personal_spaces: {batch: 0}", "WR103 a.weir.yaml:4:26: batch is 0"},
		{"personal_spaces: {hold: [Legal Hold]}", `WR113 a.weir.yaml:4:26: "Legal Hold" is not a label`},
		{"personal_spaces: {hold: [a, a]}", `WR104 a.weir.yaml:4:29: label "a" stands twice in hold`},
		{"personal_spaces: {limits: {role: viewer, to: [anonymous]}}", "WR202 a.weir.yaml:4:46: personal spaces are never opened to the public"},
		{"personal_spaces: {limits: {to: [everyone]}}", "WR112 a.weir.yaml:4:27: limits do not say how much may be granted"},
		{"personal_spaces: {create: nobody, gate: makers}\nglobal_permissions: {personal_space: [\"group:staff\"]}", "WR202 a.weir.yaml:5:38: who may have a personal space is said twice"},
	} {
		d, diags := schema.Compile(parse(t, head+test.text+"\n"), nil, noon)
		errors := slices.DeleteFunc(diags, func(x diag.Diagnostic) bool { return x.Severity == diag.Warning })
		if d != nil || len(errors) != 1 || !strings.HasPrefix(errors[0].Code+" "+errors[0].Error(), test.want) {
			t.Errorf("%s:\n%v", test.text, lines(diags))
		}
	}
	const center = "weir: v1\nsite: {name: acme, product: datacenter}\npersonal_spaces: {create: nobody, gate: makers}\n"
	if _, diags := schema.Compile(parse(t, center), nil, noon); len(diags) != 1 || diags[0].Summary != "Data Center needs no gate" {
		t.Errorf("%v", diags)
	}
}

// TestPersonalFindings: the trick is found, and a full space that is one person's.
func TestPersonalFindings(t *testing.T) {
	warned := func(d access.Desired) []string {
		var out []string
		for _, w := range d.Warnings {
			out = append(out, w.Code+" "+w.Summary)
		}
		return out
	}
	full := func(k *access.Known) {
		for _, line := range []string{"exists space:MINE", "role space:MINE user:cy@acme.example = admin", "exists space:OURS", "role space:OURS user:cy@acme.example = admin", "role space:OURS group:staff = viewer",
			"exists space:SEEN", "role space:SEEN user:cy@acme.example = viewer", "exists space:GONE", "role space:GONE user:cy@acme.example = admin", "status space:GONE = archived"} {
			f, err := access.ParseFact(line)
			if err != nil {
				t.Fatal(err)
			}
			k.Facts = k.Facts.Union(access.NewSet(f))
		}
	}
	trick := personalDesired(t, "personal_spaces: {create: nobody, gate: makers}\nglobal_permissions: {create_space: [\"group:staff\"]}", full)
	want := []string{
		"WR416 full space MINE is one person's own: nobody but cy@acme.example holds anything there",
		"WR415 3 of 3 people may create full spaces (through group:staff), and will where they may not have a personal one",
	}
	if diff := cmp.Diff(want, warned(trick)); diff != "" {
		t.Error(diff)
	}
	few := personalDesired(t, "personal_spaces: {create: nobody, gate: makers}\nglobal_permissions: {create_space: [\"user:cy@acme.example\"]}\nspaces: {MINE: {}}", full)
	if got := warned(few); len(got) > 0 {
		t.Errorf("%q", got)
	}
	coming := personalDesired(t, "personal_spaces: {owner_left: {after: 60d, then: archive}}", nil)
	if diff := cmp.Diff([]string{"WR413 1 personal space will be archived: ~joe on 2026-07-21 (its owner is deactivated, as weir first saw on 2026-05-22)"}, warned(coming)); diff != "" {
		t.Error(diff)
	}
}
