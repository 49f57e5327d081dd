// Package git reads what a description was in another revision, with the
// user's own git.
//
//	repo, err := git.Open(ctx, dir, os.Getenv)
//	commit, err := repo.Commit(ctx, "origin/main")
//	commit, err = repo.MergeBase(ctx, commit)       // where HEAD left it
//	tree, err := repo.At(ctx, commit, limit)       // an fs.FS of dir as it was then
//	defer tree.Close()
//
// A repository is somebody else's as much as a description is. Git is run without
// a shell, asks nobody, reaches no network, runs no hook, filter or helper, writes
// nothing, and looks at objects alone: never at a file of the working tree.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Repo is a repository, seen from a folder in it.
type Repo struct {
	program string
	dir     string
	env     []string
	prefix  string // the folder's path in the repository, with slashes; empty for its root
}

// inherited are the variables that git is given of the environment: where
// programs and its own settings are. Those that would lead it to another
// repository, or have it run something (GIT_DIR, GIT_EXTERNAL_DIFF, GIT_SSH and
// many more), are not among them.
var inherited = []string{
	"PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR",
	"USERPROFILE", "HOMEDRIVE", "HOMEPATH", "SYSTEMROOT", "PROGRAMDATA", "TEMP", "TMP", // Windows
	"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
	"GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM",
}

// fixed are the variables that every git is given.
var fixed = []string{
	"LC_ALL=C", // its messages are read
	"GIT_TERMINAL_PROMPT=0",
	"GIT_OPTIONAL_LOCKS=0",
	"GIT_ALLOW_PROTOCOL=none", // over every protocol.*.allow of the repository
	"GIT_NO_LAZY_FETCH=1",
	"GIT_NO_REPLACE_OBJECTS=1", // a commit is what its name says
	"GIT_LITERAL_PATHSPECS=1",
}

// before stands before every command: over what the repository's own settings say.
var before = []string{"--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"}

// Open finds the repository of a folder.
func Open(ctx context.Context, dir string, getenv func(string) string) (*Repo, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return nil, errors.New("git was not found, and revisions are read with it (install git, or put it on the PATH)")
	}
	// Git goes to the folder itself, so a path that is relative to here will do no
	// longer.
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	r := &Repo{program: program, dir: dir, env: fixed}
	for _, name := range inherited {
		if value := getenv(name); value != "" {
			r.env = append(r.env[:len(r.env):len(r.env)], name+"="+value)
		}
	}
	out, err := r.run(ctx, "rev-parse", "--show-prefix")
	var failed *failure
	switch {
	case errors.As(err, &failed) && strings.Contains(failed.said, "dubious ownership"):
		return nil, fmt.Errorf("git does not trust the repository of %s, which is somebody else's (git config --global --add safe.directory FOLDER)", dir)
	case errors.As(err, &failed) && strings.Contains(failed.said, "not a git repository"):
		return nil, fmt.Errorf("%s is in no git repository (name a folder in a checkout)", dir)
	case err != nil:
		return nil, fmt.Errorf("the git repository of %s: %w", dir, err)
	}
	r.prefix = strings.TrimSuffix(strings.TrimSuffix(out, "\n"), "/")
	return r, nil
}

// Commit gives the full name of the commit that a revision stands for: a branch,
// a tag, HEAD~2, or anything else that git takes for one.
func (r *Repo) Commit(ctx context.Context, revision string) (string, error) {
	if err := check(revision); err != nil {
		return "", err
	}
	out, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if commit := strings.TrimSpace(out); err == nil && name.MatchString(commit) {
		return commit, nil
	}
	if ctx.Err() != nil {
		return "", err
	}
	if r.shallow(ctx) {
		return "", fmt.Errorf("there is no revision %q in this clone, which is shallow (%s)", revision, deepen)
	}
	return "", fmt.Errorf("there is no revision %q here (git fetch origin brings the branches of origin, such as origin/main)", revision)
}

// deepen is how the history comes into a shallow clone, by hand and on the hosts
// that make such clones.
const deepen = "git fetch --unshallow origin, or fetch-depth: 0 for actions/checkout, GIT_DEPTH: 0 for GitLab, clone: depth: full for Bitbucket"

// name is the full name of a commit.
var name = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// maxRevision bounds a revision in bytes.
const maxRevision = 1000

// check refuses a revision that git would take for an option, or nobody could
// read.
func check(revision string) error {
	bad := func(why string) error {
		return fmt.Errorf("%.100q is no revision: %s (name a branch, a tag or a commit, such as origin/main)", revision, why)
	}
	switch {
	case revision == "":
		return bad("it is empty")
	case len(revision) > maxRevision:
		return bad("it is too long")
	case strings.HasPrefix(revision, "-"):
		return bad("it begins with a dash")
	case !utf8.ValidString(revision), strings.ContainsFunc(revision, func(c rune) bool { return !unicode.IsPrint(c) }):
		return bad("it has characters that do not print")
	}
	return nil
}

// MergeBase gives the commit at which HEAD left the history of another: what was
// edited since is what HEAD and the working tree brought. Of several such commits
// it is the one that git deems best.
func (r *Repo) MergeBase(ctx context.Context, commit string) (string, error) {
	head, err := r.Commit(ctx, "HEAD")
	if err != nil {
		if ctx.Err() != nil {
			return "", err
		}
		return "", errors.New("there is no commit here yet (commit something first)")
	}
	out, err := r.run(ctx, "merge-base", commit, head)
	if base := strings.TrimSpace(out); err == nil && name.MatchString(base) {
		return base, nil
	}
	var failed *failure
	switch {
	case errors.As(err, &failed) && failed.code == 1 && r.shallow(ctx):
		return "", fmt.Errorf("where HEAD left %.12s is not in this clone, which is shallow (%s)", commit, deepen)
	case errors.As(err, &failed) && failed.code == 1:
		return "", fmt.Errorf("HEAD and %.12s have no commit in common", commit)
	case err == nil:
		err = errors.New("git gave no commit")
	}
	return "", fmt.Errorf("where HEAD left %.12s: %w", commit, err)
}

// shallow reports whether the clone lacks a part of the history.
func (r *Repo) shallow(ctx context.Context) bool {
	out, err := r.run(ctx, "rev-parse", "--is-shallow-repository")
	return err == nil && strings.TrimSpace(out) == "true"
}

// command makes a git with arguments.
func (r *Repo) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.program, append(before[:len(before):len(before)], args...)...)
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.WaitDelay = time.Second
	return cmd
}

// failure is a git that ended with a code other than 0.
type failure struct {
	code int
	said string // the first line that matters, on stderr
}

func (f *failure) Error() string {
	if f.said == "" {
		return fmt.Sprintf("git ended with code %d", f.code)
	}
	return "git says: " + f.said
}

// maxAnswer bounds what is kept of what git prints, in bytes. Long answers are
// read as they come.
const maxAnswer = 64 << 10

// run gives what a git prints. The error is a *failure where git itself failed.
func (r *Repo) run(ctx context.Context, args ...string) (string, error) {
	cmd := r.command(ctx, args...)
	var out, said limited
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	return out.kept.String(), told(ctx, err, &said)
}

// errMissing is of a clone that was made without everything that commits hold.
var errMissing = errors.New("the clone lacks its contents (clone without --filter, or git fetch --refetch --no-filter origin)")

// told gives the error of a git that has ended.
func told(ctx context.Context, err error, said *limited) error {
	if ctx.Err() != nil {
		return fmt.Errorf("git gave no answer in time: %w", ctx.Err())
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return err
	}
	// The words of git before and since it can be told to fetch nothing.
	for _, lack := range []string{"promisor remote", "lazy fetching disabled"} {
		if strings.Contains(said.kept.String(), lack) {
			return errMissing
		}
	}
	f := &failure{code: ended.ExitCode()}
	for line := range strings.Lines(said.kept.String()) {
		line = strings.TrimSpace(line)
		if rest, fatal := strings.CutPrefix(line, "fatal: "); fatal || f.said == "" {
			f.said = fmt.Sprintf("%.300s", rest)
			if fatal {
				break
			}
		}
	}
	return f
}

// limited keeps the beginning of what is written to it.
type limited struct {
	kept bytes.Buffer // not embedded: its ReadFrom would go past Write
}

func (l *limited) Write(p []byte) (int, error) {
	l.kept.Write(p[:min(len(p), maxAnswer-l.kept.Len())])
	return len(p), nil
}
