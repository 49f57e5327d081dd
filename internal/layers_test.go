// Package internal holds what is not for other programs to import. Its own test
// holds the house together.
package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/weirhq/weir"

// layers says which of weir's own packages each package may import, and why.
// It is a statement of policy: data flows one way, and each part can be read,
// tested and replaced without those above it. Do not change it to fix a build;
// change it when the design changes, with a decision in docs/decisions.
var layers = []struct {
	pkg    string
	may    []string
	reason string
}{
	{"internal/diag", nil, "a message about the input knows nothing of what the input is about"},
	{"internal/nearest", nil, "what was probably meant is a matter of letters"},
	{"internal/edits", nil, "how texts differ is a matter of lines and words"},
	{"internal/git", nil, "what a revision holds is bytes, whatever they say"},
	{"internal/money", nil, "what seats cost is arithmetic, whoever has them"},
	{"docs", nil, "pages are text"},
	{"access", []string{"internal/diag"}, "facts and who can do what are pure; a fact's origin is a place in a file"},
	{"access/accesstest", []string{"access"}, "generates facts for tests"},
	{"internal/lifecycle", []string{"access"}, "what becomes of personal spaces follows from facts, records and a day, whoever wrote the policy"},
	{"schema", []string{"access", "internal/diag", "internal/lifecycle", "internal/money", "internal/nearest"}, "the language ends in facts, and knows no site and no plan; a price is read once, exactly"},
	{"internal/rewrite", []string{"access", "internal/diag", "schema"}, "text is edited at the places that the language tells, and believed when the language reads it; whose text, and why, is for those who ask"},
	{"site", []string{"access"}, "what a site is, in facts"},
	{"site/rest", []string{"site"}, "how requests are sent is the same for every driver, and knows neither facts nor products"},
	{"site/driver", []string{"site", "access"}, "what every driver for Confluence decides alike is decided in facts, and knows no request"},
	{"site/cloud", []string{"site", "site/driver", "site/rest", "access", "internal/nearest"}, "a driver turns facts into requests and back"},
	{"site/datacenter", []string{"site", "site/driver", "site/rest", "access", "internal/nearest"}, "a driver turns facts into requests and back, and shares nothing with the other but what is decided in facts and how requests are sent"},
	{"site/recorded", []string{"site", "access"}, "a snapshot is read as a site is, and holds nothing that could send anything: the product's terms are given to it"},
	{"site/redacted", []string{"site", "access"}, "what nobody described is taken out of an observation before anything is made of it"},
	{"site/emulator", nil, "the emulator is a product of its own: it shares no reading of Atlassian's documents with the driver that it tests"},
	{"site/sitetest", []string{"site", "access"}, "the conformance suite speaks only of facts, so that it fits every driver"},
	{"site/sitetest/world", []string{"site", "access", "site/sitetest", "site/emulator"}, "what others do on an emulated site is the same for each driver's test"},
	{"policies", []string{"access", "internal/diag"}, "rules see facts and nothing else"},
	{"reconcile", []string{"access", "site", "internal/diag", "internal/edits", "internal/money", "internal/nearest"}, "the engine is given the language and the rules as interfaces"},
	{"internal/render", []string{"reconcile", "access", "internal/diag", "docs"}, "renders what the engine serialises, and decides nothing; SARIF carries the pages of codes"},
	{"internal/hostile", []string{"reconcile", "access"}, "names that mean something to somebody are the same for the test of every sink"},
	{"internal/forge", []string{"site", "site/rest", "reconcile"}, "where changes are reviewed; it knows of a plan what it asks to accept, and sends through rest like every driver"},
	{"internal/forge/forgetest", nil, "a stand-in shares no reading of the hosts' documents with the clients that it tests"},
	{"internal/cli", []string{"access", "docs", "internal/diag", "internal/edits", "internal/forge", "internal/git", "internal/lifecycle", "internal/nearest", "internal/operator", "internal/render", "internal/rewrite", "policies", "reconcile", "schema", "site", "site/cloud", "site/datacenter", "site/emulator", "site/recorded", "site/redacted", "site/rest"}, "joins all"},
	{"internal/operator", []string{"schema", "site/rest"}, "where a site is and what opens it is the operator's word; the file is read as descriptions are"},
	{"internal/schematest", nil, "for tests: a schema is made from a Go type, whichever it is"},
	{"internal/published", nil, "what Atlassian publishes is read once, for tests alone, and without a shape that a driver and the emulator could be wrong about together"},
	{"internal/bench", []string{"reconcile"}, "measures the built program from outside, and reads its plans"},
	{"cmd/weir", []string{"internal/cli"}, "signals and an exit code"},
	{"cmd/weir-dataset", []string{"access", "schema"}, "writes descriptions"},
}

// only says which packages alone may import something from outside, and why.
var only = []struct {
	imports string // a path, or a prefix that ends in /...
	by      []string
	reason  string
}{
	{"github.com/open-policy-agent/opa/...", []string{"policies"}, "one place to bound what a rule can do"},
	{"go.yaml.in/yaml/v3", []string{"schema"}, "one reading of YAML"},
	{"sigs.k8s.io/yaml/...", []string{"schema"}, "one reading of YAML"},
	{"github.com/hashicorp/hcl/v2/...", []string{"schema"}, "one reading of HCL, behind the scan that keeps it from overflowing the stack"},
	{"github.com/spf13/cobra", []string{"internal/cli"}, "one command line"},
	{"os/exec", []string{"internal/bench", "internal/git", "internal/operator"}, "weir runs no other program than the one that prints a credential, where the operator says so, and git, where --base asks for a revision; measuring weir does"},
	{"github.com/sergi/go-diff/...", []string{"internal/edits"}, "one comparison of texts"},
	{"net/http/...", []string{"site/rest", "site/emulator", "site/sitetest", "site/sitetest/world", "internal/bench", "internal/forge/forgetest", "internal/published"}, "what can reach a network is easy to find, and no driver does past rest; measuring a served site has to"},
	{"github.com/getkin/kin-openapi/...", []string{"internal/published"}, "one reading of OpenAPI"},
	{"github.com/zalando/go-keyring", []string{"internal/operator"}, "one place that reads credentials"},
	{"modernc.org/sqlite/...", []string{"reconcile", "site/emulator"}, "the journal and the embedded site are files"},
	{"unsafe", nil, "never"},
}

func TestLayers(t *testing.T) {
	allowed := make(map[string]map[string]bool)
	for _, l := range layers {
		allowed[l.pkg] = make(map[string]bool)
		for _, m := range l.may {
			allowed[l.pkg][m] = true
		}
		if l.reason == "" {
			t.Errorf("%s has no reason", l.pkg)
		}
	}
	seen := make(map[string]bool)
	each(t, func(file, pkg, imported string) {
		seen[pkg] = true
		if allowed[pkg] == nil {
			t.Errorf("%s: package %s has no row in the table of layers", file, pkg)
			allowed[pkg] = make(map[string]bool)
		}
		if own, ok := strings.CutPrefix(imported, module+"/"); ok {
			if !allowed[pkg][own] {
				t.Errorf("%s: %s may not import %s", file, pkg, own)
			}
			return
		}
		for _, o := range only {
			if !covers(o.imports, imported) {
				continue
			}
			ok := false
			for _, by := range o.by {
				ok = ok || by == pkg
			}
			if !ok {
				t.Errorf("%s: %s may not import %s (%s)", file, pkg, imported, o.reason)
			}
		}
	})
	for _, l := range layers {
		if !seen[l.pkg] {
			t.Errorf("%s has a row in the table of layers and imports nothing, or is not there", l.pkg)
		}
	}
}

func covers(pattern, imported string) bool {
	prefix, deep := strings.CutSuffix(pattern, "/...")
	return imported == prefix || deep && strings.HasPrefix(imported, prefix+"/")
}

// each calls f with every import of every Go file of the module that is not a
// test.
func each(t *testing.T, f func(file, pkg, imported string)) {
	t.Helper()
	root := ".."
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		for _, imp := range file.Imports {
			imported, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			f(rel, path.Dir(rel), imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
