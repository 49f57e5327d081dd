package policies

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/docs"
	"github.com/weirhq/weir/internal/diag"
)

// site makes a delta whose target is the facts given. Spaces in described are
// described, and the facts of lines that begin with "*" are desired, with the
// line's number as their place.
func site(t testing.TB, described string, lines ...string) access.Delta {
	t.Helper()
	var all, desired []access.Fact
	d := access.Delta{
		SiteKnown: true,
		Desired: access.Desired{
			Described: make(map[access.Ref]bool),
			Origins:   make(map[access.Fact]diag.Range),
		},
	}
	for i, line := range lines {
		line, stated := strings.CutPrefix(line, "*")
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, f)
		if stated {
			desired = append(desired, f)
			d.Desired.Origins[f.Identity()] = diag.At("acme.weir.hcl", i+1, 1)
		}
	}
	for key := range strings.FieldsSeq(described) {
		d.Desired.Described[access.NewRef("space", key)] = true
	}
	d.Target = access.NewSet(all...)
	d.Desired.Facts = access.NewSet(desired...)
	d.Before, d.After = access.NewView(d.Live), access.NewView(d.Target)
	return d
}

// judge gives the findings as lines: level, code, object, place, message, hint.
func judge(t testing.TB, d access.Delta, settings map[string]Setting) []string {
	t.Helper()
	j, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	found, err := j.Judge(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%s %s %s %s %s: %s", f.Level, f.Code, f.Rule, f.Object, f.Origin, f.Message))
	}
	return out
}

// only switches off every rule but one.
func only(name string, s Setting) map[string]Setting {
	out := make(map[string]Setting)
	for _, r := range Rules() {
		out[r.Name] = Setting{Level: access.Off}
	}
	out[name] = s
	return out
}

// company is a site on which every rule finds something.
func company(t testing.TB) access.Delta {
	return site(t, "ENG DOCS",
		"grants space_role:admin administer/space",
		"grants space_role:admin read/space",
		"grants space_role:viewer read/space",
		"exists user:ana@acme.example",
		"exists user:kim@acme.example",
		"exists group:leads",
		"*member group:leads user:ana@acme.example",
		"member group:leads user:gone@acme.example", // no exists fact: may not enter
		"*exists space:ENG",
		"*role space:ENG group:leads = admin",
		"*role space:ENG user:kim@acme.example = collaborator",
		"role space:ENG class:anonymous = viewer",
		"*exists space:DOCS",
		"*role space:DOCS class:everyone = admin",
		"*role space:DOCS class:anonymous = viewer",
		"exists space:OLD",
		"role space:OLD class:anonymous = viewer",
		"role space:OLD user:kim@acme.example = viewer",
	)
}

func TestJudge(t *testing.T) {
	got := judge(t, company(t), nil)
	want := []string{
		`deny WR301 anonymous_access space:DOCS acme.weir.hcl:15:1: space "DOCS" would be open to the public (role viewer)`,
		`deny WR301 anonymous_access space:ENG acme.weir.hcl:9:1: space "ENG" would be open to the public (role viewer)`,
		`warn WR301 anonymous_access space:OLD ?: space "OLD" would be open to the public (role viewer)`,
		`deny WR302 direct_grants space:ENG acme.weir.hcl:11:1: kim@acme.example would hold the role collaborator in space "ENG" by a grant of their own`,
		`deny WR303 two_space_admins space:ENG acme.weir.hcl:9:1: space "ENG" would have 1 active admin (ana@acme.example)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestSettings(t *testing.T) {
	tests := []struct {
		name     string
		settings map[string]Setting
		want     []string
	}{
		{"off", map[string]Setting{
			"anonymous_access": {Level: access.Off}, "direct_grants": {Level: access.Off}, "two_space_admins": {Level: access.Off},
		}, nil},
		{"warn", only("two_space_admins", Setting{Level: access.Warn}), []string{
			`warn WR303 two_space_admins space:ENG acme.weir.hcl:9:1: space "ENG" would have 1 active admin (ana@acme.example)`,
		}},
		{"allow a space", only("anonymous_access", Setting{Allow: []access.Pattern{"space:D*", "space:OLD"}}), []string{
			`deny WR301 anonymous_access space:ENG acme.weir.hcl:9:1: space "ENG" would be open to the public (role viewer)`,
		}},
		{"allow a person", only("direct_grants", Setting{Allow: []access.Pattern{"user:kim@*"}}), nil},
		{"a pattern for everything does not match absent subjects only", only("two_space_admins", Setting{Allow: []access.Pattern{"user:*"}}), []string{
			`deny WR303 two_space_admins space:ENG acme.weir.hcl:9:1: space "ENG" would have 1 active admin (ana@acme.example)`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, judge(t, company(t), tt.settings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		settings map[string]Setting
		want     string
	}{
		{map[string]Setting{"anonymus_access": {}}, `there is no rule "anonymus_access"`},
		{map[string]Setting{"direct_grants": {Level: "loud"}}, `rule direct_grants: there is no level "loud" (levels are deny, warn, off)`},
	} {
		if _, err := New(tt.settings); err == nil || err.Error() != tt.want {
			t.Errorf("New: %v, want %s", err, tt.want)
		}
	}
}

// TestWithoutSite: rules that ask about live people are silent, the others
// speak.
func TestWithoutSite(t *testing.T) {
	d := company(t)
	d.SiteKnown, d.Before, d.After = false, nil, nil
	for _, line := range judge(t, d, nil) {
		if strings.Contains(line, "WR303") {
			t.Errorf("without a site: %s", line)
		}
	}
	if got := len(judge(t, d, nil)); got != 4 {
		t.Errorf("%d findings without a site, want 4", got)
	}
}

// TestGuests: who is a guest can be granted to in person only, with a site and
// without one.
func TestGuests(t *testing.T) {
	d := site(t, "ENG", "*exists space:ENG", "*exists user:lee@partner.example", "*product user:lee@partner.example = guest",
		"*role space:ENG user:lee@partner.example = viewer")
	for range 2 {
		if got := judge(t, d, only("direct_grants", Setting{})); got != nil {
			t.Errorf("a guest's grant: %q", got)
		}
		d.SiteKnown, d.Before, d.After = false, nil, nil
	}
}

// TestOutOfScope: a grant that weir must not touch is no reason to stop, but
// stating one is.
func TestOutOfScope(t *testing.T) {
	protect := access.Excluded{Match: "user:root@acme.example", Reason: "protected", AsSubject: true}
	live := site(t, "ENG", "*exists space:ENG", "role space:ENG user:root@acme.example = viewer")
	live.Desired.Scope = live.Desired.Scope.Excluding(protect)
	if got := judge(t, live, only("direct_grants", Setting{})); got != nil {
		t.Errorf("a protected account's grant: %q", got)
	}
	stated := site(t, "ENG", "*exists space:ENG", "*role space:ENG user:root@acme.example = viewer")
	stated.Desired.Scope = stated.Desired.Scope.Excluding(protect)
	if got := judge(t, stated, only("direct_grants", Setting{})); len(got) != 1 {
		t.Errorf("a stated grant to a protected account: %q, want one finding", got)
	}
}

// TestAdmins: who counts as an active admin.
func TestAdmins(t *testing.T) {
	const deny = `deny WR303 two_space_admins space:ENG acme.weir.hcl:1:1: space "ENG" would have `
	tests := []struct {
		name  string
		lines []string
		want  []string
	}{
		{"nobody", nil, []string{deny + "no active admin"}},
		{"a group of two", []string{"role space:ENG group:two = admin"}, nil},
		{"a person twice", []string{"role space:ENG group:one = admin", "role space:ENG user:a@x.example = admin"},
			[]string{deny + "1 active admin (a@x.example)"}},
		{"a group and a grant", []string{"role space:ENG group:one = admin", "role space:ENG user:b@x.example = admin"}, nil},
		{"everyone", []string{"role space:ENG class:everyone = admin"}, nil},
		{"product admins", []string{"role space:ENG class:product_admins = admin", "product group:one = user+admin"},
			[]string{deny + "1 active admin (a@x.example)"}},
		{"a custom role that administers", []string{"role space:ENG group:two = steward"}, nil},
		{"a role called admin that does not", []string{"role space:ENG group:two = Administrators"}, []string{deny + "no active admin"}},
		{"somebody who may not enter", []string{"role space:ENG group:one = admin", "role space:ENG user:gone@x.example = admin"},
			[]string{deny + "1 active admin (a@x.example)"}},
		{"an account without an address", []string{"role space:ENG account:5b10 = admin", "exists account:5b10"},
			[]string{deny + "1 active admin (account:5b10)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := append([]string{
				"*exists space:ENG",
				"grants space_role:admin administer/space", "grants space_role:steward administer/space", "grants space_role:Administrators read/space",
				"exists user:a@x.example", "exists user:b@x.example",
				"member group:one user:a@x.example", "member group:two user:a@x.example", "member group:two user:b@x.example",
			}, tt.lines...)
			got := judge(t, site(t, "ENG", lines...), only("two_space_admins", Setting{}))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOddNames: what a site may call things comes through whole.
func TestOddNames(t *testing.T) {
	d := site(t, "", `exists space:ENG`)
	odd := access.Ref("space:a \"%s\" = \n ü")
	d.Target = access.NewSet(access.Fact{Kind: access.Role, Object: odd, Subject: access.Anonymous, Value: "%d {x}"})
	d.Desired.Described[odd] = true
	j, err := New(only("anonymous_access", Setting{}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := j.Judge(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Object != odd || got[0].Message != `space "a \"%s\" = \n ü" would be open to the public (role %d {x})` {
		t.Errorf("findings: %+v", got)
	}
}

// TestBatches: a site of several batches is judged whole and in order, and
// twice alike.
func TestBatches(t *testing.T) {
	const n = 3*batch + 1
	var lines []string
	var keys strings.Builder
	for i := range n {
		lines = append(lines, fmt.Sprintf("exists space:S%04d", i), fmt.Sprintf("role space:S%04d class:anonymous = viewer", i))
		fmt.Fprintf(&keys, "S%04d ", i)
	}
	d := site(t, keys.String(), lines...)
	first := judge(t, d, nil)
	if len(first) != 2*n {
		t.Fatalf("%d findings, want %d", len(first), 2*n)
	}
	for i := range n {
		want := fmt.Sprintf(`deny WR301 anonymous_access space:S%04d ?: space "S%04d" would be open to the public (role viewer)`, i, i)
		if first[i] != want {
			t.Fatalf("finding %d is %s, want %s", i, first[i], want)
		}
	}
	if diff := cmp.Diff(first, judge(t, d, nil)); diff != "" {
		t.Errorf("the second time (-first +second):\n%s", diff)
	}
}

func TestCancelled(t *testing.T) {
	j, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, err := j.Judge(ctx, company(t)); !errors.Is(err, context.Canceled) || found != nil {
		t.Errorf("Judge: %v, %v; want no findings and context.Canceled", found, err)
	}
}

// examples has a delta for each rule that breaks it. Its messages stand in the
// rule's page and in its code's.
var examples = map[string]func(testing.TB) access.Delta{
	"anonymous_access": func(t testing.TB) access.Delta {
		return site(t, "ENG", "*exists space:ENG", "*role space:ENG class:anonymous = viewer")
	},
	"direct_grants": func(t testing.TB) access.Delta {
		return site(t, "ENG", "*exists space:ENG", "*role space:ENG user:kim@acme.example = collaborator")
	},
	"two_space_admins": func(t testing.TB) access.Delta {
		return site(t, "ENG", "*exists space:ENG", "*role space:ENG class:everyone = admin",
			"grants space_role:admin administer/space", "exists user:ana@acme.example")
	},
}

// TestEveryRule holds every rule to its duties: a code and a title that diag
// knows, an example that breaks it, and pages that show what weir then says.
func TestEveryRule(t *testing.T) {
	rules := Rules()
	if len(rules) < 3 {
		t.Fatalf("%d rules", len(rules))
	}
	codes := make(map[string]string)
	for _, r := range rules {
		t.Run(r.Name, func(t *testing.T) {
			if got, want := r.Title, diag.Codes[r.Code]; got != want {
				t.Errorf("the title is %q, diag.Codes says %q", got, want)
			}
			if other := codes[r.Code]; other != "" {
				t.Errorf("%s is also the code of %s", r.Code, other)
			}
			codes[r.Code] = r.Name
			page, err := docs.Rules.ReadFile("rules/" + r.Name + ".md")
			if err != nil {
				t.Fatal(err)
			}
			code, err := docs.Codes.ReadFile("codes/" + r.Code + ".md")
			if err != nil {
				t.Fatal(err)
			}
			last := 0
			for _, heading := range []string{"# " + r.Name + "\n", "\n## Avoid\n", "\n## Prefer\n", "\n## Rationale\n", "\n## Options\n"} {
				at := strings.Index(string(page), heading)
				if at < last {
					t.Errorf("the page lacks %q, or has it out of order", strings.TrimSpace(heading))
				}
				last = at
			}
			if title := "# " + r.Code + ": " + r.Title + "\n"; !strings.HasPrefix(string(code), title) {
				t.Errorf("the page of %s does not begin with %q", r.Code, title)
			}
			example := examples[r.Name]
			if example == nil {
				t.Fatal("there is no example that breaks the rule")
			}
			j, err := New(only(r.Name, Setting{}))
			if err != nil {
				t.Fatal(err)
			}
			found, err := j.Judge(t.Context(), example(t))
			if err != nil || len(found) != 1 || found[0].Code != r.Code || found[0].Level != r.DefaultLevel {
				t.Fatalf("the example gives %+v, %v; want one finding %s", found, err, r.Code)
			}
			for name, text := range map[string]string{r.Name: string(page), r.Code: string(code)} {
				if !strings.Contains(text, found[0].Message+"\n") {
					t.Errorf("the page of %s does not show %q", name, found[0].Message)
				}
			}
		})
	}
}

// BenchmarkJudge judges a site of 300 spaces and 600 role facts, the size of a
// real organisation.
func BenchmarkJudge(b *testing.B) {
	lines := []string{"grants space_role:admin administer/space", "grants space_role:viewer read/space"}
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("exists user:p%d@acme.example", i), fmt.Sprintf("member group:g%d user:p%d@acme.example", i%100, i))
	}
	var keys strings.Builder
	for i := range 300 {
		fmt.Fprintf(&keys, "S%d ", i)
		lines = append(lines, fmt.Sprintf("*exists space:S%d", i),
			fmt.Sprintf("*role space:S%d group:g%d = admin", i, i%100), fmt.Sprintf("*role space:S%d class:everyone = viewer", i))
	}
	d := site(b, keys.String(), lines...)
	j, err := New(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		d.After = access.NewView(d.Target)
		if found, err := j.Judge(b.Context(), d); err != nil || len(found) != 0 {
			b.Fatal(found, err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(nil); err != nil {
			b.Fatal(err)
		}
	}
}
