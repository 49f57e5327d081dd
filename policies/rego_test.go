package policies

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/tester"
)

// testModules are all rules with their tests.
func testModules(t *testing.T) map[string]*ast.Module {
	t.Helper()
	names, err := fs.Glob(files, "rules/*/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	modules := make(map[string]*ast.Module)
	for _, name := range names {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		modules[name], err = ast.ParseModuleWithOpts(name, string(src), ast.ParserOptions{
			ProcessAnnotation: true,
			RegoVersion:       ast.RegoV1,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return modules
}

// TestRego runs the _test.rego files, as `opa test` would, and holds that they
// reach every line of the rules.
func TestRego(t *testing.T) {
	modules := testModules(t)
	coverage := cover.New()
	results, err := tester.NewRunner().
		SetDefaultRegoVersion(ast.RegoV1).
		SetModules(modules).
		SetCoverageQueryTracer(coverage).
		SetTimeout(10*time.Second).
		RaiseBuiltinErrors(true).
		RunTests(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(map[string]int)
	for r := range results {
		ran[r.Package]++
		if !r.Pass() {
			t.Errorf("%s: %s.%s fails: %v", r.Location, r.Package, r.Name, r.Error)
		}
	}
	for _, rule := range Rules() {
		if ran["data.weir.rules."+rule.Name+"_test"] == 0 {
			t.Errorf("rule %s has no Rego test", rule.Name)
		}
	}
	report := coverage.Report(modules)
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		file := report.Files[name]
		switch {
		case strings.HasSuffix(name, "_test.rego"):
		case file == nil || len(file.Covered) == 0:
			t.Errorf("%s: no test reaches it", name)
		default:
			for _, r := range file.NotCovered {
				t.Errorf("%s:%d-%d: no test reaches it", name, r.Start.Row, r.End.Row)
			}
		}
	}
}

// TestRegoFormat holds that the files are as `opa fmt` would write them.
func TestRegoFormat(t *testing.T) {
	for name := range testModules(t) {
		src, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := format.SourceWithOpts(name, src, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(src)); diff != "" {
			t.Errorf("%s is not formatted (-formatted +file):\n%s", name, diff)
		}
	}
}

// TestCapabilities holds that the list of allowed built-ins means what it says.
func TestCapabilities(t *testing.T) {
	all := ast.CapabilitiesForThisVersion()
	known := make(map[string]*ast.Builtin)
	for _, b := range all.Builtins {
		known[b.Name] = b
	}
	for _, name := range allowed {
		switch b := known[name]; {
		case b == nil:
			t.Errorf("OPA has no built-in %s any more", name)
		case b.Nondeterministic:
			t.Errorf("%s is not deterministic", name)
		}
	}
	// Read files, or do not heed a deadline, measured with OPA 1.22.
	for _, name := range []string{
		"json.match_schema", "json.verify_schema", "opa.runtime", "http.send",
		"bits.lsh", "format_int", "graph.reachable_paths", "strings.render_template",
	} {
		if known[name] == nil {
			t.Errorf("OPA has no built-in %s: take it off this list", name)
		}
		if capabilities().ContainsBuiltin(name) {
			t.Errorf("rules may call %s", name)
		}
	}
	if got := len(capabilities().Builtins); got != len(allowed) {
		t.Errorf("%d built-ins may be called, %d are allowed", got, len(allowed))
	}
	if capabilities().AllowNet == nil {
		t.Error("a nil AllowNet allows every host")
	}
}
