package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/docs"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/policies"
)

// Every code has a page, headed by its title, and every page is of a code.
func TestCodePages(t *testing.T) {
	for code, title := range diag.Codes {
		page, err := fs.ReadFile(docs.Codes, "codes/"+code+".md")
		if err != nil {
			t.Errorf("%s (%s) has no page in docs/codes", code, title)
			continue
		}
		head, text, _ := strings.Cut(string(page), "\n")
		if want := "# " + code + ": " + title; head != want {
			t.Errorf("docs/codes/%s.md begins %q, and the code's title makes it %q", code, head, want)
		}
		if !strings.Contains(text, "**Remedy.**") {
			t.Errorf("docs/codes/%s.md has no paragraph that begins **Remedy.**", code)
		}
	}
	for _, code := range pages(t, docs.Codes, "codes") {
		if _, ok := diag.Codes[code]; !ok {
			t.Errorf("docs/codes/%s.md is about no code of diag.Codes", code)
		}
	}
}

// Every rule has a page that names its code and its level, and every page is of
// a rule.
func TestRulePages(t *testing.T) {
	known := make(map[string]bool)
	for _, r := range policies.Rules() {
		known[r.Name] = true
		page, err := fs.ReadFile(docs.Rules, "rules/"+r.Name+".md")
		if err != nil {
			t.Errorf("the rule %s has no page in docs/rules", r.Name)
			continue
		}
		if head, _, _ := strings.Cut(string(page), "\n"); head != "# "+r.Name {
			t.Errorf("docs/rules/%s.md begins %q", r.Name, head)
		}
		if want := "Code " + r.Code + ", level " + string(r.DefaultLevel) + "."; !strings.Contains(string(page), want) {
			t.Errorf("docs/rules/%s.md does not say %q", r.Name, want)
		}
	}
	for _, name := range pages(t, docs.Rules, "rules") {
		if !known[name] {
			t.Errorf("docs/rules/%s.md is about no rule", name)
		}
	}
}

// pages gives the names of the pages in a folder.
func pages(t *testing.T, fsys fs.FS, dir string) []string {
	t.Helper()
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".md"))
	}
	return out
}

// docs/facts.md has a row for every kind of fact, with a line of that kind.
func TestKindsOfFact(t *testing.T) {
	page, err := os.ReadFile("facts.md")
	if err != nil {
		t.Fatal(err)
	}
	told := make(map[access.Kind]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| `([^`]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		f, err := access.ParseFact(m[2])
		if err != nil || string(f.Kind) != m[1] {
			t.Errorf("the row of %s has the line %q: %v", m[1], m[2], err)
		}
		told[f.Kind] = true
	}
	for k := range access.Kinds {
		if !told[k] {
			t.Errorf("docs/facts.md has no row for the kind %s", k)
		}
	}
}

var (
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fence = regexp.MustCompile("(?ms)^ *```.*?^ *```")
)

// Every link of a page to a file of the repository leads somewhere.
func TestLinks(t *testing.T) {
	n := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != ".." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllSubmatch(fence.ReplaceAll(text, nil), -1) {
			target, _, _ := strings.Cut(string(m[1]), "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			n++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), filepath.FromSlash(target))); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", path, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Error("no page has a link: the pattern is wrong")
	}
}
