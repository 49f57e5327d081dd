package docs_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/internal/cli"
)

// Every command of docs/offline.md does what it is shown for, one after the other,
// on the example.
func TestOfflineCommands(t *testing.T) {
	page, err := os.ReadFile("offline.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "acme"), os.DirFS(filepath.Join("..", "examples", "acme"))); err != nil {
		t.Fatal(err)
	}
	facts, err := os.ReadFile(filepath.Join("..", "examples", "acme", "site.facts"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	vars := make(map[string]string)
	run := func(stdin string, args ...string) (string, int) {
		var out, errs bytes.Buffer
		env := cli.System()
		env.Stdin, env.Stdout, env.Stderr, env.Terminal, env.Random = strings.NewReader(stdin), &out, &errs, false, rand.Reader
		env.Getenv = func(name string) string { return vars[name] }
		env.Clock = func() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) }
		code := cli.Main(t.Context(), args, env)
		return out.String() + errs.String(), code
	}
	if out, code := run(string(facts), "site", "edit", "acme"); code != 0 {
		t.Fatal(out)
	}
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		for line := range strings.Lines(block[1]) {
			words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "$ "))
			switch {
			case len(words) > 1 && words[0] == "export":
				name, value, _ := strings.Cut(words[1], "=")
				vars[name] = value
				continue
			case words[0] != "weir":
				t.Fatalf("%q is no command of weir's", line)
			}
			commands++
			if out, code := run("", words[1:]...); code != 0 {
				t.Errorf("%s: exit code %d\n%s", strings.TrimSpace(line), code, out)
			}
		}
	}
	if commands < 8 {
		t.Errorf("%d commands were found", commands)
	}
}
