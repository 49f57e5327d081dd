package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/cli"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
)

// weirRun runs one command in process.
func weirRun(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return weirReads(t, "", args...)
}

// weirReads runs one command with a standard input.
func weirReads(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	code = cli.Main(t.Context(), args, cli.Env{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" },
		Clock:  func() time.Time { return now },
		Wait:   func(context.Context, time.Duration) error { return nil },
	})
	return code, out.String(), errs.String()
}

// must runs a command that has to end with a code.
func must(t *testing.T, want int, args ...string) string {
	t.Helper()
	code, out, errs := weirRun(t, args...)
	if code != want {
		t.Fatalf("weir %s: exit code %d, want %d\n%s", strings.Join(args, " "), code, want, errs)
	}
	return out
}

func planJSON(t *testing.T, want int, args ...string) *reconcile.Plan {
	t.Helper()
	p, err := reconcile.ReadPlan([]byte(must(t, want, append(args, "--format", "json")...)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// description copies one of the real descriptions, so that weir.lock and .weir
// do not land in testdata. With a syntax other than its own it is translated.
func description(t *testing.T, month string, syntax schema.Syntax) string {
	t.Helper()
	return translate(t, filepath.Join("..", "..", "testdata", "access", month), syntax)
}

// translate writes a description anew in one syntax.
func translate(t *testing.T, from string, syntax schema.Syntax) string {
	t.Helper()
	files, diags := schema.Load(os.DirFS(from))
	docs, more := schema.Parse(files)
	if err := append(diags, more...).Err(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i, doc := range docs {
		name := filepath.Join(dir, fmt.Sprintf("%02d%s", i, syntax.Ext()))
		if err := os.WriteFile(name, schema.Render(doc, syntax), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// withoutOrigins serialises a plan without the places in the description.
func withoutOrigins(t *testing.T, p *reconcile.Plan) string {
	t.Helper()
	for i := range p.Changes {
		p.Changes[i].Origin = nil
	}
	for i := range p.Findings {
		p.Findings[i].Origin = nil
	}
	for i := range p.Impacts {
		p.Impacts[i].Origin = nil
	}
	for i := range p.Manual {
		p.Manual[i].Origin = nil
	}
	p.Home = nil
	p.Checksum = "" // covers the origins
	b, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Three states of a real organisation's access, one after the other. The
// counts were taken from the dataset by other means (set differences of its
// people, groups, members, spaces and roles).
func TestRealAccess(t *testing.T) {
	t.Parallel()
	site := filepath.Join(t.TempDir(), "site.db")
	step := func(month string) (yaml, hcl string) {
		return description(t, month, schema.YAML), description(t, month, schema.HCL)
	}
	count := func(add, remove, modify int) reconcile.Count {
		return reconcile.Count{Add: add, Remove: remove, Modify: modify}
	}
	settled := func(dir string) {
		t.Helper()
		out := must(t, 0, "plan", dir, "--site", site, "--detailed-exitcode")
		if !strings.HasPrefix(out, "no changes: reviewed-access is as described (") || strings.Count(out, "\n") != 1 {
			t.Errorf("a plan after the apply says\n%s", out)
		}
	}

	jan, _ := step("2024-01")
	must(t, 0, "apply", jan, "--site", site, "--auto-approve")
	settled(jan)

	mar, marHCL := step("2024-03")
	p := planJSON(t, 4, "plan", mar, "--site", site)
	want := map[string]reconcile.Count{
		"group": count(26, 15, 0), "member": count(287, 1387, 0), "space": count(18, 0, 0),
		"role": count(38, 1, 0), "user": count(63, 739, 0),
	}
	if diff := cmp.Diff(want, p.Summary); diff != "" {
		t.Errorf("2024-01 to 2024-03:\n%s", diff)
	}
	if p.People.WithAccess != 523 || p.People.LosingHere != 97 {
		t.Errorf("people: %+v, want 97 of 523", p.People)
	}
	var rules []string
	var accept []string
	for _, a := range p.Acceptances() {
		rules = append(rules, strings.TrimSuffix(a, "@"+p.Digest))
		accept = append(accept, "--accept", a)
	}
	if diff := cmp.Diff([]string{"removals.member:1387", "removals.user:739", "people_losing_access:97"}, rules); diff != "" {
		t.Errorf("acceptances:\n%s", diff)
	}
	kept := false
	for _, k := range p.Kept {
		kept = kept || k.Fact == "exists space:KUBERNETESFUNDING" && k.Reason == "not described"
	}
	if !kept {
		t.Errorf("the space that is no longer described is not shown as kept")
	}
	if a, b := must(t, 4, "plan", mar, "--site", site, "--format", "json"), must(t, 4, "plan", mar, "--site", site, "--format", "json"); a != b {
		t.Errorf("two plans of the same are not the same bytes:\n%s", cmp.Diff(a, b))
	}
	oneComment(t, p)
	same := planJSON(t, 4, "plan", marHCL, "--site", site)
	if diff := cmp.Diff(withoutOrigins(t, p), withoutOrigins(t, same)); diff != "" {
		t.Errorf("the same description in HCL gives another plan:\n%s", diff)
	}
	// One acceptance short is not enough, and all of them are, once.
	must(t, 4, append([]string{"apply", mar, "--site", site, "--auto-approve"}, accept[2:]...)...)
	must(t, 0, append([]string{"apply", mar, "--site", site, "--auto-approve"}, accept...)...)
	settled(mar)

	jun, junHCL := step("2024-06")
	p = planJSON(t, 4, "plan", jun, "--site", site)
	want = map[string]reconcile.Count{
		"group": count(13, 5, 0), "member": count(278, 133, 0), "space": count(6, 0, 0),
		"role": count(11, 5, 1), "user": count(61, 1, 0),
	}
	if diff := cmp.Diff(want, p.Summary); diff != "" {
		t.Errorf("2024-03 to 2024-06:\n%s", diff)
	}
	for _, c := range p.Changes {
		if c.Op == "-" && strings.HasPrefix(c.Fact, "role ") && !strings.HasPrefix(c.ConsequenceOf, "group:") {
			t.Errorf("%s is not shown as the consequence of its group's removal", c.Fact)
		}
	}
	if got := p.Acceptances(); len(got) != 1 || got[0] != "people_losing_access:26@"+p.Digest || p.People.WithAccess != 478 || p.Budgets[len(p.Budgets)-1].Allowed != 23 {
		t.Errorf("acceptances: %v of %+v, want people_losing_access:26 of 478, 23 allowed", got, p.People)
	}
	same = planJSON(t, 4, "plan", junHCL, "--site", site)
	if diff := cmp.Diff(withoutOrigins(t, p), withoutOrigins(t, same)); diff != "" {
		t.Errorf("the same description in HCL gives another plan:\n%s", diff)
	}
	must(t, 0, "apply", jun, "--site", site, "--auto-approve", "--accept", p.Acceptances()[0])
	settled(jun)
	settled(junHCL)
}

// Every example is valid, and applied twice it has nothing left to do. Written
// in one syntax it gives the same plan as in the other.
func TestExamples(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "site.weir.*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range dirs {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			yaml, hcl := translate(t, filepath.Dir(file), schema.YAML), translate(t, filepath.Dir(file), schema.HCL)
			site := filepath.Join(t.TempDir(), "site.db")
			must(t, 0, "validate", filepath.Dir(file))
			if mode, err := os.ReadFile(filepath.Join(filepath.Dir(file), "site.mode")); err == nil {
				must(t, 0, "site", "reset", "--site", site, "--role-mode", strings.TrimSpace(string(mode)))
			}
			if facts, err := os.ReadFile(filepath.Join(filepath.Dir(file), "site.facts")); err == nil {
				if code, _, errs := weirReads(t, string(facts), "site", "edit", "--site", site); code != 0 {
					t.Fatal(errs)
				}
			}
			a, b := planJSON(t, 0, "plan", yaml, "--site", site), planJSON(t, 0, "plan", hcl, "--site", site)
			if diff := cmp.Diff(withoutOrigins(t, a), withoutOrigins(t, b)); diff != "" {
				t.Errorf("YAML and HCL give different plans:\n%s", diff)
			}
			must(t, 0, "apply", yaml, "--site", site, "--auto-approve")
			for range 2 {
				if out := must(t, 0, "plan", hcl, "--site", site, "--detailed-exitcode"); !strings.HasPrefix(out, "no changes") {
					t.Errorf("a second plan says\n%s", out)
				}
			}
		})
	}
}
