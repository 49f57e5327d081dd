package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/emulator"
)

var (
	personalPart = flag.Int("personal-part", 50, "which part of 6,000 licences, 4,000 personal spaces and 554 orphans TestOrphans takes: 1 for all")
	personalSeed = flag.Uint64("personal-seed", 1, "the seed of its site")
)

// TestOrphans: of a site with 6,000 licences and 4,000 personal spaces the 554 whose
// owners left are found and archived, in batches over runs on different days, and
// nothing else becomes otherwise.
func TestOrphans(t *testing.T) {
	t.Parallel()
	licences, personal, orphaned := 6000 / *personalPart, 4000 / *personalPart, 554 / *personalPart
	batch := max(3, 50 / *personalPart)
	s := &personalSite{t: t, dir: t.TempDir(), now: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)}
	s.write("site.weir.yaml", "weir: v1\nsite: {name: acme}\n")
	s.run("site", "generate", s.dir, "--people", fmt.Sprint(licences+orphaned), "--groups", fmt.Sprint(300 / *personalPart + 4), "--spaces", fmt.Sprint(400 / *personalPart),
		"--personal", fmt.Sprint(personal), "--orphaned", fmt.Sprint(orphaned), "--seed", fmt.Sprint(*personalSeed))
	s.licences(licences)

	before := s.facts()
	owners, gone := make(map[access.Ref]access.Ref), make(map[access.Ref]bool)
	for f := range before.OfKind(access.Personal) {
		owners[f.Object] = f.Subject
		state, _ := before.Get(access.Fact{Kind: access.State, Object: f.Subject})
		if !before.Has(access.Fact{Kind: access.Exists, Object: f.Subject}) && state.Value != "suspended" {
			gone[f.Object] = true
		}
	}
	if len(owners) != personal || len(gone) != orphaned {
		t.Fatalf("%d personal spaces, %d of people who left, and not %d and %d", len(owners), len(gone), personal, orphaned)
	}

	// They left up to two years ago, some of them less than 30 days: as long as nobody
	// is gone for long enough nothing is done.
	policy := "personal_spaces:\n  owner_left: {after: %dd, then: archive}\n  hold: [legal-hold]\n  batch: %d\n"
	s.write("personal.weir.yaml", fmt.Sprintf(policy, 800, batch))
	if out := s.run("apply", "--auto-approve", s.dir); !strings.HasPrefix(out, "no changes: ") {
		t.Fatalf("on the first day:\n%s", out)
	}
	s.write("personal.weir.yaml", fmt.Sprintf(policy, 30, batch))
	if out, want := s.run("personal-spaces", s.dir), fmt.Sprintf(": %d of people who left", orphaned); !strings.Contains(out, want) {
		t.Errorf("the list does not begin with%s:\n%s", want, strings.SplitN(out, "\n", 2)[0])
	}

	runs, longest := 0, time.Duration(0)
	rest := regexp.MustCompile(`(\d+) more are to be archived`)
	for left, most := orphaned, orphaned/batch+40; left > 0; runs++ {
		if runs > most {
			t.Fatalf("%d spaces are left after %d days", left, runs)
		}
		s.now = s.now.AddDate(0, 0, 1)
		took := time.Now()
		out := s.run("apply", "--auto-approve", s.dir)
		longest = max(longest, time.Since(took))
		if strings.HasPrefix(out, "no changes: ") {
			continue // nobody's days were over
		}
		got := archivedIn(out)
		if got < 1 || got > batch {
			t.Fatalf("run %d archives %d spaces:\n%s", runs+1, got, out)
		}
		left -= got
		if m := rest.FindStringSubmatch(out); m != nil {
			if more, _ := strconv.Atoi(m[1]); got != batch || more > left {
				t.Fatalf("run %d archives %d spaces, and says that %d more are to be, of %d:\n%s", runs+1, got, more, left, out)
			}
		}
	}
	s.now = s.now.AddDate(0, 0, 1)
	if out := s.run("apply", "--auto-approve", s.dir); !strings.HasPrefix(out, "no changes: ") {
		t.Errorf("once none is left:\n%s", out)
	}
	after := s.facts()
	var more []access.Fact
	for space := range gone {
		more = append(more, access.Fact{Kind: access.Status, Object: space, Value: "archived"})
	}
	if wanted := before.Union(access.NewSet(more...)); !wanted.Equal(after) {
		for i, c := range access.Changes(wanted, after) {
			if i < 10 {
				t.Errorf("otherwise than it should be: %s", c)
			}
		}
	}
	t.Logf("%d facts: %d licences, %d personal spaces, %d of people who left; archived in %d runs of %d; the longest took %s; nothing else changed",
		before.Len(), licences, personal, orphaned, runs, batch, longest.Round(time.Millisecond))
}

// archivedIn counts the spaces that an apply archived: its plan changes nothing else.
func archivedIn(out string) int {
	m := regexp.MustCompile(`(?m)^plan: space states \+(\d+)$`).FindStringSubmatch(out)
	if m == nil {
		return -1
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// personalSite is a folder with an embedded site, and a clock.
type personalSite struct {
	t   *testing.T
	dir string
	now time.Time
}

func (s *personalSite) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// run runs a command, which must end well, and gives what it prints.
func (s *personalSite) run(args ...string) string {
	s.t.Helper()
	var out, errs bytes.Buffer
	seed := sha256.Sum256([]byte(strings.Join(args, " ") + s.now.String()))
	env := Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" }, Clock: func() time.Time { return s.now },
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Random: bytes.NewReader(bytes.Repeat(seed[:], 1<<14)),
	}
	if code := Main(s.t.Context(), args, env); code != exitDone {
		s.t.Fatalf("weir %s: exit code %d\n%s%s", strings.Join(args, " "), code, &out, &errs)
	}
	return out.String()
}

func (s *personalSite) facts() access.Set {
	s.t.Helper()
	var all []access.Fact
	for line := range strings.Lines(s.run("site", "facts", s.dir)) {
		f, err := access.ParseFact(strings.TrimSuffix(line, "\n"))
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, f)
	}
	return access.NewSet(all...)
}

// licences brings the site to exactly so many: people join who do nothing else.
func (s *personalSite) licences(want int) {
	s.t.Helper()
	paid := func() int {
		m := regexp.MustCompile(`^([\d,]+) paid seats?`).FindStringSubmatch(s.run("seats", s.dir))
		if m == nil {
			s.t.Fatal("the seats cannot be counted")
		}
		n, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
		if err != nil {
			s.t.Fatal(err)
		}
		return n
	}
	n := paid()
	if n > want {
		s.t.Fatalf("%d licences already, and %d are wanted", n, want)
	}
	store, err := emulator.OpenSQLite(filepath.Join(s.dir, ".weir", "site.db"), emulator.ReadWrite)
	if err != nil {
		s.t.Fatal(err)
	}
	em, err := emulator.New(emulator.Options{Store: store, Clock: func() time.Time { return s.now }})
	if err != nil {
		s.t.Fatal(err)
	}
	err = em.Admin().Together(func(a emulator.Admin) error {
		for i := range want - n {
			email := fmt.Sprintf("joiner%d@acme.example", i)
			if err := a.AddPerson(email, "", emulator.PersonOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = em.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if n = paid(); n != want {
		s.t.Fatalf("%d licences, and %d are wanted", n, want)
	}
}
