package cli_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/cli"
)

// The marks between which docs/formats.md holds what is generated.
const (
	beginFormats = "<!-- formats: generated from the table of formats; go test ./internal/cli -update -->\n"
	endFormats   = "<!-- end of formats -->\n"
)

// docs/formats.md lists the formats and which command has which.
func TestFormatsPage(t *testing.T) {
	const file = "../../docs/formats.md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), beginFormats)
	have, tail, ok2 := strings.Cut(rest, endFormats)
	if !ok || !ok2 {
		t.Fatal("docs/formats.md lacks the marks of the table")
	}
	var b strings.Builder
	b.WriteString("\n| Format | | `plan`, `render` | `test` | `validate` |\n|---|---|---|---|---|\n")
	for _, f := range cli.Formats() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.Name, f.About, mark(f.Plan), mark(f.Claims), mark(f.Check))
	}
	b.WriteString("\n")
	if *update {
		if err := os.WriteFile(file, []byte(head+beginFormats+b.String()+endFormats+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(b.String(), have); diff != "" {
		t.Errorf("docs/formats.md is out of date (go test ./internal/cli -update writes it):\n%s", diff)
	}
}

func mark(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// A format has a name of its own and something to say, and every one shows a plan.
func TestFormats(t *testing.T) {
	var names []string
	for _, f := range cli.Formats() {
		if f.About == "" || !f.Plan || slices.Contains(names, f.Name) || f.Reports && !f.Check {
			t.Errorf("the row of %q is not whole", f.Name)
		}
		names = append(names, f.Name)
	}
}
