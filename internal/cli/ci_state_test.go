package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The journal goes from run to run, is seen by nobody without its key, and is
// never an old copy.
func TestJournalBetweenRuns(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "github", map[string]string{"ci/weir-state": "examples/ci/weir-state"})
	env := map[string]string{"WEIR_JOURNAL_KEY": "cn4ry-of-the-journal-8d1f"}
	clones := 0
	clone := func() string {
		clones++
		dir := filepath.Join(r.dir, fmt.Sprintf("clone%d", clones))
		r.checkout(dir, "refs/heads/main", "1")
		return dir
	}
	state := func(dir, args string, want bool) string {
		t.Helper()
		r.log.Reset()
		if got := r.bash(dir, "ci/weir-state "+args, env); got != want {
			t.Fatalf("weir-state %s: %t\n%s", args, got, r.log.String())
		}
		return r.log.String()
	}
	journal := func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, "access/.weir/journal.db"))
		if err != nil {
			return ""
		}
		return string(b)
	}
	keep := func(dir, text string) {
		r.check(os.WriteFile(filepath.Join(dir, "access/.weir/journal.db"), []byte(text), 0o600))
	}

	// The first run begins one, and gives it; the next has it.
	a := clone()
	if out := state(a, "take access", true); !strings.Contains(out, "no journal is kept yet") {
		t.Error(out)
	}
	keep(a, "what only the site knows: Zoe")
	state(a, "give access", true)
	state(a, "give access", false)
	b := clone()
	state(b, "take access", true)
	if got := journal(b); got != "what only the site knows: Zoe" {
		t.Errorf("the journal is %q", got)
	}

	// While it has it, another is refused, whether it would write or look.
	c := clone()
	keepOut := state(c, "take access", false)
	if !strings.Contains(keepOut, "another run has the journal") || journal(c) != "" {
		t.Error(keepOut)
	}
	state(c, "look access", false)
	keep(b, "two")
	state(b, "give access", true)
	state(c, "look access", true)
	if got := journal(c); got != "two" {
		t.Errorf("the journal is %q", got)
	}
	state(c, "give access", false) // it only looked

	// One that had it as the log of a program that was ended is there whole.
	d := clone()
	state(d, "take access", true)
	r.check(os.WriteFile(filepath.Join(d, "access/.weir/journal.db-wal"), []byte("log"), 0o600))
	state(d, "give access", true)
	e := clone()
	state(e, "take access", true)
	if wal, err := os.ReadFile(filepath.Join(e, "access/.weir/journal.db-wal")); err != nil || string(wal) != "log" {
		t.Errorf("%q, %v", wal, err)
	}

	// That run dies: after two hours the next one begins, and knows nothing.
	mark := func(age time.Duration) {
		stamp := filepath.Join(r.dir, "stamp")
		r.check(os.WriteFile(stamp, []byte(fmt.Sprintln(time.Now().Add(-age).Unix())), 0o600))
		blob := r.git(r.work, "hash-object", "-w", stamp)
		r.check(os.WriteFile(filepath.Join(r.dir, "tree"), []byte("100644 blob "+blob+"\ttaken\n"), 0o600))
		if !r.bash(r.work, "git push -q -f origin $(git -c user.name=x -c user.email=x@y commit-tree -m x $(git mktree <../tree)):refs/heads/weir-journal", nil) {
			t.Fatal(r.log.String())
		}
	}
	mark(90 * time.Minute)
	state(clone(), "take access", false)
	mark(3 * time.Hour)
	f := clone()
	if out := state(f, "take access", true); !strings.Contains(out, "did not give it back") || journal(f) != "" {
		t.Error(out)
	}
	// The dead one comes back: it does not get its old copy in.
	keep(e, "old")
	state(e, "give access", false)
	keep(f, "new")
	state(f, "give access", true)

	// What is kept is sealed, and opens with its key alone.
	sealed := r.git(r.origin, "show", "weir-journal:journal.gpg")
	if strings.Contains(sealed, "new") || strings.Contains(r.git(r.origin, "ls-tree", "--name-only", "weir-journal"), "taken") {
		t.Error("the journal is not sealed")
	}
	env["WEIR_JOURNAL_KEY"] = "another"
	g := clone()
	if out := state(g, "look access", false); !strings.Contains(out, "does not open") || journal(g) != "" {
		t.Error(out)
	}
	env["WEIR_JOURNAL_KEY"] = ""
	if out := state(g, "look access", false); !strings.Contains(out, "WEIR_JOURNAL_KEY is not set") {
		t.Error(out)
	}
	// A link in the checkout leads nowhere.
	env["WEIR_JOURNAL_KEY"] = "cn4ry-of-the-journal-8d1f"
	h := clone()
	r.check(os.Symlink(r.dir, filepath.Join(h, "access/.weir")))
	state(h, "look access", false)
	// A repository that does not answer is no repository without a journal.
	r.git(h, "remote", "set-url", "origin", "file:///nowhere")
	r.check(os.Remove(filepath.Join(h, "access/.weir")))
	if out := state(h, "take access", false); !strings.Contains(out, "does not answer") {
		t.Error(out)
	}
}

// weir.lock is offered only where it changed.
func TestLockIsOffered(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "github", map[string]string{"ci/weir-state": "examples/ci/weir-state"})
	dir := filepath.Join(r.dir, "clone")
	r.checkout(dir, "refs/heads/main", "1")
	offer := func() string {
		r.log.Reset()
		if !r.bash(dir, "ci/weir-state lock access", nil) {
			t.Fatal(r.log.String())
		}
		return r.log.String()
	}
	if out := offer(); strings.Contains(out, "changed") {
		t.Error(out)
	}
	r.check(os.WriteFile(filepath.Join(dir, "access/weir.lock"), []byte("group:leads 1\n"), 0o600))
	if out := offer(); !strings.Contains(out, "merge the branch weir-lock") {
		t.Error(out)
	}
	if got := r.git(r.origin, "show", "--name-only", "--format=", "weir-lock"); got != "access/weir.lock" {
		t.Errorf("the branch has %q", got)
	}
	if out := offer(); strings.Contains(out, "changed") {
		t.Error(out)
	}
}
