package docs_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/internal/cli"
)

// Every guide can be followed from its first line to its last, on a site of its own
// in an empty folder: each command ends as it is shown, and prints what is shown
// below it.
//
// A guide is Markdown. What the test does with its fenced blocks, in order:
//
//   - with a file's name after the language (```yaml people.weir.yaml): the file is
//     written, in place of what it held
//   - console: each line that begins with "$ " is a command, of weir's or `export
//     NAME=VALUE`, which may take a file (`< site.facts`); a comment that ends it,
//     `# exit code 4`, says how it ends. The lines up to the next command stand in
//     what it prints, in that order; a line of three dots stands for any others
//   - any other: nothing
//
// It is 2026-06-15 until a comment of the page's own line, <!-- on 2026-07-20 -->,
// says otherwise. In a command, RULE:N@DIGEST is the acceptance that the last plan
// asked for.
func TestGuides(t *testing.T) {
	guides, err := filepath.Glob(filepath.Join("guides", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	if len(guides) == 0 {
		t.Fatal("there are no guides")
	}
	for _, path := range guides {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(t *testing.T) {
			g := reader{t: t, now: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC), vars: make(map[string]string)}
			t.Chdir(t.TempDir())
			g.follow(string(page))
			if g.commands == 0 {
				t.Error("the guide has no command")
			}
		})
	}
}

// reader follows a guide.
type reader struct {
	t        *testing.T
	now      time.Time
	vars     map[string]string
	printed  string // by the last command
	commands int
}

var (
	guideDate  = regexp.MustCompile(`^<!-- on (\d{4}-\d\d-\d\d) -->$`)
	exitCode   = regexp.MustCompile(`\s+# exit code (\d+)$`)
	acceptance = regexp.MustCompile(`^([^:@]+:\d+@)DIGEST$`)
)

func (g *reader) follow(page string) {
	g.t.Helper()
	lines := strings.Split(page, "\n")
	for i := 0; i < len(lines); i++ {
		if m := guideDate.FindStringSubmatch(lines[i]); m != nil {
			day, err := time.Parse(time.DateOnly, m[1])
			if err != nil {
				g.t.Fatalf("line %d: %v", i+1, err)
			}
			g.now = day.Add(12 * time.Hour)
			continue
		}
		info, opens := strings.CutPrefix(lines[i], "```")
		if !opens {
			continue
		}
		start := i + 1
		for i++; i < len(lines) && lines[i] != "```"; i++ {
		}
		if i == len(lines) {
			g.t.Fatalf("line %d: the block has no end", start)
		}
		block := lines[start:i]
		switch language, file, named := strings.Cut(info, " "); {
		case language == "console":
			g.console(block, start+1)
		case named:
			g.write(file, block)
		}
	}
}

func (g *reader) write(file string, block []string) {
	g.t.Helper()
	if !filepath.IsLocal(file) {
		g.t.Fatalf("%s is not a file of the guide's folder", file)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Join(block, "\n")+"\n"), 0o644); err != nil {
		g.t.Fatal(err)
	}
}

// console runs the commands of a block whose first line has a number.
func (g *reader) console(block []string, at int) {
	g.t.Helper()
	for i := 0; i < len(block); {
		command, ok := strings.CutPrefix(block[i], "$ ")
		if !ok {
			g.t.Fatalf("line %d: %q is below no command", at+i, block[i])
		}
		line, end := at+i, i+1
		for end < len(block) && !strings.HasPrefix(block[end], "$ ") {
			end++
		}
		g.run(command, line)
		shown := block[i+1 : end]
		rest := strings.Split(g.printed, "\n")
		for _, want := range shown {
			if trimmed := strings.TrimSpace(want); trimmed == "" || trimmed == "..." {
				continue
			}
			k := slices.Index(rest, want)
			if k < 0 {
				g.t.Fatalf("line %d: %s does not print, or not there:\n%s\nit prints:\n%s", line, command, want, g.printed)
			}
			rest = rest[k+1:]
		}
		i = end
	}
}

// run runs one command, which must end as its comment says.
func (g *reader) run(command string, line int) {
	g.t.Helper()
	want := 0
	if m := exitCode.FindStringSubmatch(command); m != nil {
		want, _ = strconv.Atoi(m[1])
		command = strings.TrimSuffix(command, m[0])
	}
	command, file, reads := strings.Cut(command, " < ")
	words, err := shellWords(command)
	if err != nil {
		g.t.Fatalf("line %d: %v", line, err)
	}
	var stdin io.Reader = strings.NewReader("")
	if reads {
		text, err := os.ReadFile(file)
		if err != nil {
			g.t.Fatalf("line %d: %v", line, err)
		}
		stdin = bytes.NewReader(text)
	}
	switch {
	case len(words) == 2 && words[0] == "export":
		name, value, _ := strings.Cut(words[1], "=")
		g.vars[name], g.printed = value, ""
		return
	case len(words) < 2 || words[0] != "weir":
		g.t.Fatalf("line %d: %q is no command of weir's", line, command)
	}
	for i, word := range words {
		if m := acceptance.FindStringSubmatch(word); m != nil {
			words[i] = regexp.MustCompile(regexp.QuoteMeta(m[1]) + `\S+`).FindString(g.printed)
			if words[i] == "" {
				g.t.Fatalf("line %d: nothing before it asks to accept %s", line, m[1])
			}
		}
	}
	g.commands++
	var out bytes.Buffer
	seed := sha256.Sum256(fmt.Append(nil, g.t.Name(), g.commands))
	env := cli.System()
	env.Stdin, env.Stdout, env.Stderr, env.Terminal, env.Progress = stdin, &out, &out, false, false
	env.Random = bytes.NewReader(bytes.Repeat(seed[:], 64))
	env.Getenv = func(name string) string { return g.vars[name] }
	env.Clock = func() time.Time { return g.now }
	code := cli.Main(g.t.Context(), words[1:], env)
	g.printed = out.String()
	if code != want {
		g.t.Fatalf("line %d: %s: exit code %d, not %d\n%s", line, command, code, want, g.printed)
	}
}

// shellWords splits a command as a shell does, as far as guides go: words, and
// single or double quotes without anything to replace within.
func shellWords(command string) ([]string, error) {
	var out []string
	var word strings.Builder
	var quote rune
	in := false
	for _, r := range command {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, in = r, true
		case r == ' ':
			if in {
				out = append(out, word.String())
			}
			word.Reset()
			in = false
		case strings.ContainsRune("|&;$`\\>", r):
			return nil, fmt.Errorf("%q is more than a command with its arguments", command)
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("%q has a quote without an end", command)
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}
