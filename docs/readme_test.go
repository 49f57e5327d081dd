package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/internal/cli"
)

// The pictures of a plan in README.md and plan.md are what weir prints: each of
// their lines but the dots stands in the plan of examples/acme after the drift, in
// that order.
func TestPicturesOfAPlan(t *testing.T) {
	printed := driftedPlan(t)
	for _, page := range []string{filepath.Join("..", "README.md"), "plan.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "```text\n")
		picture, _, ok := strings.Cut(rest, "```")
		if !ok {
			t.Fatalf("%s has no picture of a plan", page)
		}
		checkPicture(t, page, picture, printed)
	}
}

// driftedPlan gives the lines of the plan of examples/acme after the drift.
func driftedPlan(t *testing.T) []string {
	t.Helper()
	example := filepath.Join("..", "examples", "acme")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	// Whoever tried the example has a site there already.
	for _, name := range []string{".weir", "weir.lock"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	edits := func(name string) string {
		text, err := os.ReadFile(filepath.Join(example, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	weir(t, edits("site.facts"), "site", "edit", dir)
	weir(t, "", "apply", "--auto-approve", dir)
	weir(t, edits("drift.facts"), "site", "edit", dir)
	return strings.Split(weir(t, "", "plan", dir), "\n")
}

func checkPicture(t *testing.T, page, picture string, printed []string) {
	t.Helper()
	shown := 0
	for line := range strings.Lines(picture) {
		line = strings.TrimSuffix(line, "\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed == "..." {
			continue
		}
		for len(printed) > 0 && printed[0] != line {
			printed = printed[1:]
		}
		if len(printed) == 0 {
			t.Fatalf("%s shows a line that the plan has not, or not there:\n%s", page, line)
		}
		shown++
	}
	if shown == 0 {
		t.Errorf("%s shows a plan without lines", page)
	}
}

// weir runs one command and gives what it prints.
func weir(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var out, trouble bytes.Buffer
	env := cli.System()
	env.Stdin, env.Stdout, env.Stderr, env.Terminal = strings.NewReader(stdin), &out, &trouble, false
	env.Clock = func() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) } // before any `until`
	if code := cli.Main(t.Context(), args, env); code != 0 {
		t.Fatalf("weir %s ended with exit code %d\n%s%s", args, code, &out, &trouble)
	}
	return out.String()
}
