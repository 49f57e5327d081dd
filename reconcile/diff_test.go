package reconcile

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/access/accesstest"
)

// whole describes everything that the facts say, owning all of it.
func whole(facts access.Set) access.Desired {
	d := access.Desired{
		Facts: facts.Filter(func(f access.Fact) bool {
			return !systemRole(f.Object) && (f.Kind != access.Restrict || f.Subject != accesstest.Gone)
		}),
		Scope: access.Scope{
			Existence: []access.Existence{{Match: "user:*", Mode: access.Exclusive}, {Match: "group:*", Mode: access.Exclusive}, {Match: "space_role:*", Mode: access.Exclusive}},
			Contents:  make(map[access.Contents]access.Mode),
			Absent:    make(map[access.Ref]bool),
		},
		Described: make(map[access.Ref]bool),
	}
	d.Scope = d.Scope.Excluding(systemRoles()...)
	for f := range d.Facts.OfKind(access.Exists) {
		d.Described[f.Object] = true
		for _, k := range map[string][]access.Kind{
			"group":      {access.Member, access.Product},
			"space":      {access.Name, access.Status, access.Role, access.Permission},
			"space_role": {access.Grants},
			"user":       {access.State, access.Product},
		}[f.Object.Type()] {
			d.Scope.Contents[access.Contents{Kind: k, Object: f.Object}] = access.Exclusive
		}
	}
	for f := range d.Facts.OfKind(access.Exists) {
		if f.Object.IsPage() {
			for _, verb := range []string{access.ViewPage, access.EditPage} {
				d.Scope.Contents[access.Contents{Kind: access.Restrict, Object: f.Object, Verb: verb}] = access.Exclusive
			}
		}
	}
	for f := range d.Facts.OfKind(access.Global) {
		d.Scope.Contents[access.ContentsOf(f)] = access.Exclusive
	}
	for f := range d.Facts.OfKind(access.State) {
		d.Described[f.Object] = true
		d.Scope.Absent[f.Object] = true
		d.Scope.Contents[access.Contents{Kind: access.State, Object: f.Object}] = access.Exclusive
	}
	return d
}

func systemRole(r access.Ref) bool { return isSystemRole(r) }

func systemRoles() []access.Excluded {
	var out []access.Excluded
	for _, r := range access.SystemRoles {
		out = append(out, access.Excluded{Match: access.Pattern(access.NewRef("space_role", r)), Reason: "a role of the product's own"})
	}
	return out
}

// part describes only some of the facts and owns some of that additively, so
// that there is an outside.
func part(t *rapid.T, facts access.Set) access.Desired {
	left := make(map[access.Ref]bool)
	for f := range facts.OfKind(access.Exists) {
		if rapid.IntRange(0, 3).Draw(t, "left out") == 0 {
			left[f.Object] = true
		}
	}
	d := whole(facts.Filter(func(f access.Fact) bool {
		return !left[f.Object] && !left[f.Subject] && !(f.Kind == access.Role && left[access.NewRef("space_role", f.Value)])
	}))
	for i := range d.Scope.Existence {
		if rapid.Bool().Draw(t, "additive existence") {
			d.Scope.Existence[i].Mode = access.Additive
		}
	}
	keys := make([]access.Contents, 0, len(d.Scope.Contents))
	for k := range d.Scope.Contents {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b access.Contents) int {
		return strings.Compare(string(a.Kind)+string(a.Object)+a.Verb, string(b.Kind)+string(b.Object)+b.Verb)
	})
	d.Scope.Limits = make(map[access.Ref]access.Limits)
	for _, k := range keys {
		switch rapid.IntRange(0, 6).Draw(t, "mode of contents") {
		case 0:
			d.Scope.Contents[k] = access.Additive
		case 1:
			d.Scope.Contents[k] = access.Observe
		case 2, 3:
			if k.Kind == access.Role || k.Kind == access.Permission {
				d.Scope.Contents[k] = access.Bounded
				d.Scope.Limits[k.Object] = limits(t)
			}
		}
	}
	return d
}

// limits draws limits of every form.
func limits(t *rapid.T) access.Limits {
	var l access.Limits
	if rapid.Bool().Draw(t, "limits by role") {
		l.Role = access.NewRef("space_role", rapid.SampledFrom(append([]string{"nosuch"}, accesstest.Roles...)).Draw(t, "role of the limits"))
	} else {
		l.Permissions = access.NewPermissions(append([]string{"read/space"}, rapid.SliceOfN(rapid.SampledFrom(accesstest.Permissions()), 0, 4).Draw(t, "permissions of the limits")...)...)
	}
	who := rapid.SliceOfN(rapid.SampledFrom([]access.Pattern{"group:*", "user:*", "class:*", access.Pattern(access.Guests), access.Pattern(access.Anonymous), access.Pattern(accesstest.Group(0)), access.Pattern(accesstest.Person(0))}), 0, 3)
	l.Anyone = rapid.Bool().Draw(t, "anyone")
	l.To, l.Never = who.Draw(t, "to"), who.Draw(t, "never")
	return l
}

// exceeds says, in a way of its own, whether a fact goes beyond the limits of its
// space on the site as it will be.
func exceeds(f access.Fact, l access.Limits, target access.Set) bool {
	permits := func(role access.Ref) map[string]bool {
		out := make(map[string]bool)
		for g := range target.All() {
			if g.Kind == access.Grants && g.Object == role {
				out[g.Verb] = true
			}
		}
		return out
	}
	named := func(list []access.Pattern) bool {
		for _, p := range list {
			if p.Match(f.Subject) || p == access.Pattern(access.Guests) && access.NewView(target).Guest(f.Subject) {
				return true
			}
		}
		return false
	}
	bound := permits(l.Role)
	for _, id := range l.Permissions.IDs() {
		bound[id] = true
	}
	given := map[string]bool{f.Verb: true}
	if f.Kind == access.Role {
		given = permits(access.NewRef("space_role", f.Value))
	}
	for id := range given {
		if !bound[id] {
			return true
		}
	}
	may := named(l.To) || l.Anyone && f.Subject != access.Anonymous && f.Subject != access.Unlicensed
	return len(given) == 0 || !bound[access.CanView] || !may || named(l.Never)
}

// A site that is as described needs nothing.
func TestNothingToDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := accesstest.Site().Draw(t, "live")
		for _, desired := range []access.Desired{whole(live), part(t, live)} {
			if desired.Scope.Existence[0].Mode == access.Exclusive && desired.Facts.Len() < live.Len() {
				continue // what is left out is to go
			}
			d := Diff(live, desired, nil)
			if len(d.Changes) > 0 && desired.Facts.Len() == live.Len() {
				t.Fatalf("changes to a site that is as described: %v", d.Changes)
			}
		}
		if d := Diff(live, whole(live), nil); len(d.Changes) > 0 {
			t.Fatalf("changes to a site that is as described: %v", d.Changes)
		}
	})
}

// Applied changes give the target; a second plan is empty; the order of facts
// does not matter; and nothing outside the scope is touched, but for what
// falls with a removed object.
func TestDiffProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := accesstest.Site().Draw(t, "live")
		desired := part(t, accesstest.Site().Draw(t, "described"))
		d := Diff(live, desired, nil)
		if got := live.Apply(d.Changes); !got.Equal(d.Target) {
			t.Fatalf("applying the changes gives\n%v\nnot the target\n%v", got.Facts(), d.Target.Facts())
		}
		if again := Diff(d.Target, desired, nil); len(again.Changes) > 0 {
			t.Fatalf("a second plan is not empty: %v", again.Changes)
		}
		shuffled := desired
		shuffled.Facts = access.NewSet(rapid.Permutation(desired.Facts.Facts()).Draw(t, "order")...)
		if other := Diff(live, shuffled, nil); !slices.Equal(other.Changes, d.Changes) {
			t.Fatalf("the order of facts matters: %v, %v", d.Changes, other.Changes)
		}
		for _, c := range d.Changes {
			if c.Op == access.Add {
				continue
			}
			cause, falls := d.Cause[c.Fact.Identity()]
			gone := falls && !d.Target.Has(access.Fact{Kind: access.Exists, Object: cause}) || d.Replaced[c.Fact.Identity()]
			mode := desired.Scope.Mode(c.Fact)
			if !gone && (mode <= access.Observe || c.Op == access.Remove && mode < access.Bounded) {
				t.Fatalf("%s is outside the scope (%s)", c, mode)
			}
			if !gone && c.Op == access.Remove && mode == access.Bounded && !exceeds(c.Fact, desired.Scope.Limits[c.Fact.Object], d.Target) {
				t.Fatalf("%s is within the limits %+v", c, desired.Scope.Limits[c.Fact.Object])
			}
			if c.Op == access.Remove && mode == access.Bounded && desired.Facts.Has(c.Fact) && !gone {
				t.Fatalf("%s is described", c)
			}
		}
		for _, c := range d.Changes {
			if _, falls := d.Cause[c.Fact.Identity()]; !falls && desired.Scope.Mode(c.Fact) == access.Observe {
				t.Fatalf("%s is only observed", c)
			}
		}
		for _, c := range d.Observed {
			if desired.Scope.Mode(c.Fact) != access.Observe && !twinObserved(live, desired, c.Fact) {
				t.Fatalf("%s is told as observed and is %s", c, desired.Scope.Mode(c.Fact))
			}
			if was, there := live.Get(c.Fact); there != (c.Op != access.Add) || there && c.Op == access.Modify && was.Value != c.Was {
				t.Fatalf("%s is not how the site differs", c)
			}
			if _, falls := d.Cause[c.Fact.Identity()]; !falls && c.Op != access.Add && !d.Target.Has(c.Fact) && c.Op == access.Remove {
				t.Fatalf("%s is only observed, and goes", c)
			}
		}
		// What stays of a bounded list though nobody described it is within the limits.
		for f := range d.Target.All() {
			_, wanted := desired.Facts.Get(f)
			if desired.Scope.Mode(f) == access.Bounded && !wanted && exceeds(f, desired.Scope.Limits[f.Object], d.Target) {
				t.Fatalf("%s stays beyond the limits %+v", f, desired.Scope.Limits[f.Object])
			}
		}
		for f := range live.OfKind(access.Exists) {
			if f.Object.Type() == "space" && !d.Target.Has(f) {
				t.Fatalf("%s is removed, and spaces never are", f)
			}
		}
	})
}

// twinObserved reports whether a fact would take the place of an observed one.
func twinObserved(live access.Set, desired access.Desired, f access.Fact) bool {
	for held := range live.All() {
		if held.Kind != f.Kind && held.Object == f.Object && held.Subject == f.Subject && desired.Scope.Mode(held) == access.Observe {
			return true
		}
	}
	return false
}

// What is unknown is never added, changed or removed.
func TestUnknownIsNeverTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := accesstest.Site().Draw(t, "live")
		desired := part(t, accesstest.Site().Draw(t, "described"))
		objects := []access.Ref{accesstest.Group(0), accesstest.Space(0), accesstest.Person(0)}
		var unknown []access.Unknown
		for _, o := range objects {
			if rapid.Bool().Draw(t, "unknown") {
				kind := rapid.SampledFrom([]access.Kind{"", access.Member, access.Role, access.Exists}).Draw(t, "kind")
				unknown = append(unknown, access.Unknown{Kind: kind, Object: o, Reason: "it could not be read"})
			}
		}
		for _, c := range Diff(live, desired, unknown).Changes {
			for _, u := range unknown {
				if u.Covers(c.Fact) {
					t.Fatalf("%s, though %+v", c, u)
				}
				if c.Op == access.Remove && c.Fact.Kind == access.Exists && c.Fact.Object == u.Object {
					t.Fatalf("%s, though of it is unknown: %+v", c, u)
				}
			}
		}
	})
}

func facts(t *testing.T, text string) access.Set {
	t.Helper()
	var out []access.Fact
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, f)
	}
	return access.NewSet(out...)
}

func changeLines(changes []access.Change) string {
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}

func TestWhatFalls(t *testing.T) {
	live := facts(t, `
		exists group:keep
		exists group:old
		exists space:ENG
		exists space:FREE
		exists user:ana@acme.example
		exists user:joe@acme.example
		member group:keep user:ana@acme.example
		member group:keep user:joe@acme.example
		member group:old user:ana@acme.example
		member group:team user:joe@acme.example
		product group:old = user
		role space:ENG group:keep = admin
		role space:ENG user:joe@acme.example = viewer
		role space:FREE group:old = viewer`)
	desired := whole(facts(t, `
		exists group:keep
		exists space:ENG
		exists user:ana@acme.example
		member group:keep user:ana@acme.example
		member group:keep user:joe@acme.example
		role space:ENG group:keep = admin`))
	desired.Scope.Absent["user:joe@acme.example"] = true
	desired.Scope.Contents[access.Contents{Kind: access.Member, Object: "group:keep"}] = access.Additive
	d := Diff(live, desired, nil)
	want := strings.Join([]string{
		"- exists group:old",
		"- exists user:joe@acme.example",
		"- member group:keep user:joe@acme.example",
		"- member group:old user:ana@acme.example",
		"- product group:old = user",
		"- role space:ENG user:joe@acme.example = viewer",
		"- role space:FREE group:old = viewer", // in a space that nobody described
	}, "\n") + "\n"
	if diff := cmp.Diff(want, changeLines(d.Changes)); diff != "" {
		t.Error(diff)
	}
	for fact, cause := range map[string]access.Ref{
		"member group:old user:ana@acme.example":        "group:old",
		"role space:FREE group:old = viewer":            "group:old",
		"member group:keep user:joe@acme.example":       "user:joe@acme.example",
		"role space:ENG user:joe@acme.example = viewer": "user:joe@acme.example",
	} {
		f, err := access.ParseFact(fact)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Cause[f.Identity()]; got != cause {
			t.Errorf("%s falls with %q, want %q", fact, got, cause)
		}
	}
	// A space that nobody described is told as such and stays; so does the
	// membership of a group that is not weir's and gives no access.
	if !slices.ContainsFunc(d.Kept, func(k Kept) bool { return k.Fact.Object == "space:FREE" && k.Reason == "not described" }) {
		t.Errorf("kept: %v", d.Kept)
	}
	if len(d.Missing) != 1 || d.Missing[0].Level != access.Warn {
		t.Errorf("missing: %v, want a word on the listed member who is described as gone", d.Missing)
	}
}

// Somebody who would be suspended keeps their groups: the door is closed, not
// the rooms emptied.
func TestSuspendedKeepMemberships(t *testing.T) {
	live := facts(t, `
		exists group:g
		exists user:joe@acme.example
		member group:g user:joe@acme.example`)
	desired := whole(facts(t, `
		exists group:g
		member group:g user:joe@acme.example
		state user:joe@acme.example = suspended`))
	want := "- exists user:joe@acme.example\n+ state user:joe@acme.example = suspended\n"
	if diff := cmp.Diff(want, changeLines(Diff(live, desired, nil).Changes)); diff != "" {
		t.Error(diff)
	}
}

func TestSomebodyElsesGroups(t *testing.T) {
	live := facts(t, `
		exists group:okta
		exists space:ENG
		exists space_role:admin
		exists space_role:viewer
		exists user:ana@acme.example
		exists user:joe@acme.example
		managed group:okta = idp
		member group:okta user:joe@acme.example
		product group:okta = user
		role space:ENG group:okta = admin`)
	desired := whole(facts(t, `
		exists group:okta
		exists space:ENG
		exists user:ana@acme.example
		managed group:okta = idp
		member group:okta user:ana@acme.example
		role space:ENG group:okta = viewer`))
	desired.Scope = desired.Scope.Excluding(access.Excluded{Match: "group:okta", Reason: "managed by the identity provider"})
	d := Diff(live, desired, nil)
	// Its grants are weir's, its members are not; and who has access through it
	// keeps it.
	if diff := cmp.Diff("~ role space:ENG group:okta = viewer (was admin)\n", changeLines(d.Changes)); diff != "" {
		t.Error(diff)
	}
	if !slices.ContainsFunc(d.Kept, func(k Kept) bool {
		return k.Fact.Object == "user:joe@acme.example" && strings.Contains(k.Reason, "keeps access through group:okta")
	}) {
		t.Errorf("kept: %v", d.Kept)
	}
}

func TestReferenceToNothing(t *testing.T) {
	live := facts(t, `
		exists space:ENG
		exists space_role:viewer
		exists group:here
		role space:ENG group:here = viewer`)
	desired := whole(facts(t, `
		exists space:ENG
		exists group:here
		role space:ENG group:gone = viewer
		role space:ENG group:here = nosuch`))
	d := Diff(live, desired, nil)
	if len(d.Changes) > 0 {
		t.Errorf("changes: %v", d.Changes)
	}
	if len(d.Missing) != 2 || d.Missing[0].Level != access.Deny || d.Missing[1].Code != "WR502" {
		t.Errorf("missing: %+v", d.Missing)
	}
}

// Somebody who would go for being undescribed, and is listed all the same, is
// a contradiction that stops the plan.
func TestListedAndUndescribed(t *testing.T) {
	live := facts(t, `
		exists group:g
		exists user:joe@acme.example
		member group:g user:joe@acme.example`)
	d := Diff(live, whole(facts(t, `
		exists group:g
		member group:g user:joe@acme.example`)), nil)
	if len(d.Missing) != 1 || d.Missing[0].Code != "WR202" || d.Missing[0].Level != access.Deny {
		t.Errorf("missing: %+v", d.Missing)
	}
}

// A page that nobody is to be named on is open afterwards, and the plan says so,
// although weir's own account is on it.
func TestNobodyMeansWeirAsWell(t *testing.T) {
	const weir = access.Ref("user:weir@acme.example")
	page := access.NewPage("page", "space:HR", "Pay")
	hr := access.Fact{Kind: access.Restrict, Object: page, Verb: access.ViewPage, Subject: "group:hr"}
	it := access.Fact{Kind: access.Restrict, Object: page, Verb: access.ViewPage, Subject: "group:it"}
	own := access.Fact{Kind: access.Restrict, Object: page, Verb: access.ViewPage, Subject: weir}
	live := access.NewSet(access.Fact{Kind: access.Exists, Object: page}, access.Fact{Kind: access.Exists, Object: "group:hr"}, access.Fact{Kind: access.Exists, Object: "group:it"}, hr, own)
	for _, c := range []struct {
		name    string
		desired []access.Fact
		target  []access.Fact
		lifted  int
	}{
		{"nobody", nil, nil, 1},
		{"weir alone, by name", []access.Fact{own}, []access.Fact{own}, 0},
		{"somebody else", []access.Fact{it}, []access.Fact{it, own}, 0},
		{"as it is", []access.Fact{hr}, []access.Fact{hr, own}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := access.Desired{Facts: access.NewSet(c.desired...), Described: map[access.Ref]bool{page: true}}
			d.Scope.Contents = map[access.Contents]access.Mode{access.ContentsOf(hr): access.Exclusive}
			d.Scope = d.Scope.Excluding(access.Excluded{Object: weir, AsSubject: true, Reason: "weir's own account"})
			diff := Diff(live, d, nil).liftOwn(live, d.Facts, weir)
			got := diff.Target.Filter(func(f access.Fact) bool { return f.Kind == access.Restrict })
			if !got.Equal(access.NewSet(c.target...)) {
				t.Errorf("target %v", got.Facts())
			}
			if !live.Apply(diff.Changes).Equal(diff.Target) {
				t.Errorf("the changes do not lead to the target: %v", diff.Changes)
			}
			if n := len(lifted(access.Delta{Live: live, Target: diff.Target, Changes: diff.Changes})); n != c.lifted {
				t.Errorf("%d are told to be lifted, want %d", n, c.lifted)
			}
		})
	}
}
