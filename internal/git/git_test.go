package git

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// checkout is a repository that a test made.
type checkout struct {
	t   *testing.T
	dir string
	env map[string]string // what Open is told of the environment
}

// newCheckout makes an empty repository, apart from whatever settings the
// machine has.
func newCheckout(t *testing.T) *checkout {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git was not found")
	}
	home := t.TempDir()
	c := &checkout{t: t, dir: t.TempDir(), env: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "SYSTEMROOT": os.Getenv("SYSTEMROOT"),
	}}
	c.git("init", "--quiet", "--initial-branch", "main")
	return c
}

func (c *checkout) git(args ...string) string {
	c.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = c.dir
	for name, value := range c.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		cmd.Env = append(cmd.Env, "GIT_"+who+"_NAME=Ana", "GIT_"+who+"_EMAIL=ana@acme.example", "GIT_"+who+"_DATE=2026-06-15T12:00:00Z")
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// write writes files, given as paths and texts by turns.
func (c *checkout) write(files ...string) {
	c.t.Helper()
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(c.dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
}

// commit writes files and commits everything.
func (c *checkout) commit(files ...string) string {
	c.t.Helper()
	c.write(files...)
	c.git("add", "--all")
	c.git("commit", "--quiet", "--allow-empty", "--message", "a change")
	return c.git("rev-parse", "HEAD")
}

func (c *checkout) open(dir ...string) *Repo {
	c.t.Helper()
	repo, err := c.tryOpen(dir...)
	if err != nil {
		c.t.Fatal(err)
	}
	return repo
}

func (c *checkout) tryOpen(dir ...string) (*Repo, error) {
	return Open(c.t.Context(), filepath.Join(append([]string{c.dir}, dir...)...), func(name string) string { return c.env[name] })
}

func upTo(limit int) func(string) int { return func(string) int { return limit } }

// contents gives the files of a tree with what is in them.
func contents(t *testing.T, tree *Tree) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			out[path] = d.Type().String()
			return nil
		}
		text, err := fs.ReadFile(tree, path)
		out[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func at(t *testing.T, repo *Repo, commit string, limit int) *Tree {
	t.Helper()
	tree, err := repo.At(t.Context(), commit, upTo(limit))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tree.Close)
	return tree
}

// A revision is read as it was committed, whatever the working tree holds.
func TestAt(t *testing.T) {
	c := newCheckout(t)
	first := c.commit("a.weir.yaml", "one\n", "spaces/b c.weir.hcl", "two", "spaces/deep/ü\n.txt", "three", "empty", "")
	second := c.commit("a.weir.yaml", "uno\n")
	c.write("a.weir.yaml", "edited since")
	repo := c.open()

	commit, err := repo.Commit(t.Context(), "HEAD~1")
	if err != nil || commit != first {
		t.Fatalf("HEAD~1 is %s, want %s: %v", commit, first, err)
	}
	tree := at(t, repo, first, 1000)
	same(t, contents(t, tree), map[string]string{"a.weir.yaml": "one\n", "spaces/b c.weir.hcl": "two", "spaces/deep/ü\n.txt": "three", "empty": ""})
	if err := fstest.TestFS(at(t, repo, first, 1000), "a.weir.yaml", "spaces/b c.weir.hcl", "empty"); err != nil {
		t.Error(err)
	}
	same(t, contents(t, at(t, c.open("spaces"), second, 2)), map[string]string{"b c.weir.hcl": "tw", "deep/ü\n.txt": "th"})
	kept, err := repo.At(t.Context(), second, func(path string) int { return strings.Count(path, "a.weir.yaml") * 1000 })
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	same(t, contents(t, kept), map[string]string{"a.weir.yaml": "uno\n"})
}

// A folder that the revision does not have is empty, and so is one that was
// something else then.
func TestFolderIsNew(t *testing.T) {
	c := newCheckout(t)
	commit := c.commit("elsewhere", "x", "was a file", "y")
	if err := os.Remove(filepath.Join(c.dir, "was a file")); err != nil {
		t.Fatal(err)
	}
	c.write("was a file/now.weir.yaml", "z", "new/*/a.weir.yaml", "z")
	for _, dir := range []string{"was a file", "new", "new/*"} {
		same(t, contents(t, at(t, c.open(dir), commit, 1000)), nil)
	}
}

// What is no regular file is shown as what it is, and never followed: not a link
// out of the folder, not another repository.
func TestNothingIsFollowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links are not to be had everywhere")
	}
	inner := newCheckout(t)
	tip := inner.commit("secret.weir.yaml", "secret")
	c := newCheckout(t)
	c.write("d/kept.weir.yaml", "kept")
	for link, to := range map[string]string{"d/out.weir.yaml": "../secret", "d/linked": "../other", "d/abs.weir.yaml": "/etc/passwd"} {
		if err := os.Symlink(to, filepath.Join(c.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	c.write("secret", "secret", "other/a.weir.yaml", "secret")
	c.git("add", "--all")
	c.git("update-index", "--add", "--cacheinfo", "160000,"+tip+",d/module")
	c.git("commit", "--quiet", "--message", "links")
	commit := c.git("rev-parse", "HEAD")
	tree := at(t, c.open("d"), commit, 1000)
	link := fs.ModeSymlink.String()
	same(t, contents(t, tree), map[string]string{"kept.weir.yaml": "kept", "out.weir.yaml": link, "linked": link, "abs.weir.yaml": link})
	if !slices.Equal(tree.Submodules, []string{"module"}) {
		t.Errorf("submodules %q", tree.Submodules)
	}
	for _, name := range []string{"out.weir.yaml", "linked", "linked/a.weir.yaml", "module", "module/secret.weir.yaml", "../secret", "/etc/passwd"} {
		if text, err := fs.ReadFile(tree, name); err == nil {
			t.Errorf("%s was read: %q", name, text)
		}
	}
}

// A revision is an argument that git takes for a revision, and nothing else.
func TestHostileRevisions(t *testing.T) {
	c := newCheckout(t)
	c.commit("a", "x")
	canary := filepath.Join(c.dir, "canary")
	repo := c.open()
	for _, revision := range []string{
		"", "-", "--all", "--output=" + canary, "-chook=touch", "--exec=touch canary", "--upload-pack=touch", "--git-dir=/", "--help", "--", "--end-of-options",
		"a\x00b", "HEAD\n", "HEAD\x1b[2J", "\u202eDAEH", "\xff", "HEAD\t", strings.Repeat("a", maxRevision+1),
		"HEAD..HEAD", "HEAD...HEAD", "^HEAD", "HEAD^@", "HEAD^!", "HEAD HEAD", "HEAD:a", ":/nothing like it", ":a", "$(touch canary)", "`touch canary`", ";touch canary", "|touch canary", "HEAD;touch canary",
		"ext::sh -c touch% canary", "https://evil.example/x", "../../etc/passwd", "@{u}", "HEAD@{999}", "refs/heads/none", "0000000000000000000000000000000000000000", "*", "main*",
	} {
		commit, err := repo.Commit(t.Context(), revision)
		if err == nil {
			t.Errorf("%q is taken for %s", revision, commit)
			continue
		}
		if text := err.Error(); strings.ContainsAny(text, "\x00\x1b\n") || len(text) > 1000 || !strings.Contains(text, "(") {
			t.Errorf("%q: %q", revision, text)
		}
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("something was run")
	}
	for _, revision := range []string{"HEAD", "main", "@", "HEAD^0", "HEAD^{/a change}", "main@{0}"} {
		if _, err := repo.Commit(t.Context(), revision); err != nil {
			t.Errorf("%q: %v", revision, err)
		}
	}
}

// What a repository's own settings would have git run is not run, and where the
// environment would lead git it does not go.
func TestNothingIsRun(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the canary is a shell's")
	}
	c := newCheckout(t)
	canary := filepath.Join(c.dir, "canary")
	touch := filepath.Join(c.dir, "touch.sh")
	c.write("touch.sh", "#!/bin/sh\necho \"$0 $*\" >> '"+canary+"'\n", ".gitattributes", "* diff=x filter=x\n")
	if err := os.Chmod(touch, 0o755); err != nil {
		t.Fatal(err)
	}
	base := c.commit("a.weir.yaml", "one\n")
	c.git("checkout", "--quiet", "-b", "topic")
	c.commit("a.weir.yaml", "two\n")
	for _, key := range []string{"core.fsmonitor", "core.pager", "core.sshCommand", "core.askPass", "core.editor", "diff.external", "diff.x.textconv", "diff.x.command",
		"filter.x.smudge", "filter.x.clean", "filter.x.process", "credential.helper", "gpg.program", "uploadpack.packObjectsHook", "pager.rev-parse", "pager.ls-tree", "pager.cat-file", "core.alternateRefsCommand"} {
		c.git("config", key, touch)
	}
	for _, alias := range []string{"rev-parse", "ls-tree", "cat-file", "merge-base"} {
		c.git("config", "alias."+alias, "!"+touch)
	}
	c.git("config", "protocol.allow", "always")
	if err := os.RemoveAll(filepath.Join(c.dir, ".git", "hooks")); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman", "pre-auto-gc"} {
		c.write(".git/hooks/"+hook, "#!/bin/sh\necho hook >> '"+canary+"'\n")
		if err := os.Chmod(filepath.Join(c.dir, ".git", "hooks", hook), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_SSH", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_PAGER", "PAGER", "EDITOR", "GIT_EDITOR"} {
		c.env[name] = touch
	}
	c.env["GIT_DIR"], c.env["GIT_WORK_TREE"], c.env["GIT_OBJECT_DIRECTORY"], c.env["GIT_INDEX_FILE"] = "/nowhere", "/nowhere", "/nowhere", "/nowhere"
	c.env["GIT_CONFIG_COUNT"], c.env["GIT_CONFIG_KEY_0"], c.env["GIT_CONFIG_VALUE_0"] = "1", "alias.ls-tree", "!"+touch
	c.env["GIT_TRACE"] = canary

	repo := c.open()
	commit, err := repo.Commit(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if commit, err = repo.MergeBase(t.Context(), commit); err != nil || commit != base {
		t.Errorf("merge base %s, want %s: %v", commit, base, err)
	}
	if got := contents(t, at(t, repo, commit, 1000))["a.weir.yaml"]; got != "one\n" {
		t.Errorf("read %q", got)
	}
	if ran, err := os.ReadFile(canary); err == nil {
		t.Errorf("something was run: %s", ran)
	}
}

// What HEAD brought is told from where it left the other history, and a replaced
// object fools nobody.
func TestMergeBase(t *testing.T) {
	c := newCheckout(t)
	fork := c.commit("a", "1")
	c.git("checkout", "--quiet", "-b", "topic")
	tip := c.commit("b", "1")
	c.git("checkout", "--quiet", "main")
	ahead := c.commit("c", "1")
	c.git("checkout", "--quiet", "topic")
	repo := c.open()
	if base, err := repo.MergeBase(t.Context(), ahead); err != nil || base != fork {
		t.Errorf("merge base %s, want %s: %v", base, fork, err)
	}
	c.git("replace", fork, tip)
	if got := contents(t, at(t, repo, fork, 10)); len(got) != 1 {
		t.Errorf("a replaced commit has %q", got)
	}
	c.git("checkout", "--quiet", "--orphan", "other")
	c.commit("d", "1")
	if base, err := repo.MergeBase(t.Context(), ahead); err == nil || !strings.Contains(err.Error(), "no commit in common") {
		t.Errorf("merge base %s: %v", base, err)
	}
}

func TestNoRepository(t *testing.T) {
	c := newCheckout(t)
	if _, err := c.open().MergeBase(t.Context(), strings.Repeat("0", 40)); err == nil || !strings.Contains(err.Error(), "no commit here yet") {
		t.Errorf("without a commit: %v", err)
	}
	c.dir = t.TempDir()
	c.env["GIT_CEILING_DIRECTORIES"] = filepath.Dir(c.dir)
	if _, err := c.tryOpen(); err == nil || !strings.Contains(err.Error(), "is in no git repository (") {
		t.Errorf("without a repository: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := c.tryOpen(); err == nil || !strings.Contains(err.Error(), "git was not found") {
		t.Errorf("without git: %v", err)
	}
}

// A clone without history says how to get it.
func TestShallowClone(t *testing.T) {
	origin := newCheckout(t)
	origin.commit("a", "1")
	origin.commit("a", "2")
	origin.git("checkout", "--quiet", "-b", "topic")
	origin.commit("a", "3")
	c := newCheckout(t)
	c.git("fetch", "--quiet", "--depth", "1", "file://"+origin.dir, "topic")
	c.git("checkout", "--quiet", "FETCH_HEAD")
	repo := c.open()
	for _, revision := range []string{"origin/main", "HEAD~1"} {
		if _, err := repo.Commit(t.Context(), revision); err == nil || !strings.Contains(err.Error(), "shallow") || !strings.Contains(err.Error(), "fetch-depth: 0") {
			t.Errorf("%s: %v", revision, err)
		}
	}
	c.git("fetch", "--quiet", "--depth", "1", "file://"+origin.dir, "main:main")
	main, err := repo.Commit(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.MergeBase(t.Context(), main); err == nil || !strings.Contains(err.Error(), "fetch-depth: 0") {
		t.Errorf("merge base: %v", err)
	}
	if got := contents(t, at(t, repo, main, 10)); got["a"] != "2" {
		t.Errorf("the exact revision has %q", got)
	}
}

// A clone without contents says so, and fetches nothing by itself.
func TestPartialClone(t *testing.T) {
	for _, filter := range []string{"blob:none", "tree:0"} {
		t.Run(filter, func(t *testing.T) {
			origin := newCheckout(t)
			origin.git("config", "uploadpack.allowFilter", "true")
			origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
			origin.commit("d/a", "1")
			origin.commit("d/a", "2")
			c := newCheckout(t)
			dir := filepath.Join(c.dir, "clone")
			c.git("clone", "--quiet", "--filter", filter, "file://"+origin.dir, dir)
			c.dir = dir
			repo := c.open("d")
			base, err := repo.Commit(t.Context(), "HEAD~1")
			if err != nil {
				t.Fatal(err)
			}
			tree, err := repo.At(t.Context(), base, upTo(10))
			if err == nil {
				defer tree.Close()
				var text []byte
				if text, err = fs.ReadFile(tree, "a"); err == nil {
					t.Fatalf("there is %q", text)
				}
			}
			if !strings.Contains(err.Error(), "clone without --filter") {
				t.Errorf("%v", err)
			}
		})
	}
}

// Whoever waits no longer gets an error, and no git goes on.
func TestTimeout(t *testing.T) {
	c := newCheckout(t)
	commit := c.commit("a", "1", "b", "2")
	repo := c.open()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	tree, err := repo.At(ctx, commit, upTo(10))
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if _, err := fs.ReadFile(tree, "a"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if text, err := fs.ReadFile(tree, "b"); err == nil {
		t.Errorf("read %q", text)
	}
	for name, call := range map[string]func() error{
		"commit": func() error { _, err := repo.Commit(ctx, "HEAD"); return err },
		"base":   func() error { _, err := repo.MergeBase(ctx, commit); return err },
		"at":     func() error { _, err := repo.At(ctx, commit, upTo(10)); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "canceled") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Contents are bounded as they are read, and what follows them is read right.
func TestLimit(t *testing.T) {
	c := newCheckout(t)
	commit := c.commit("a", strings.Repeat("x", 3<<20), "b", "two\n", "c", "\n\n")
	tree := at(t, c.open(), commit, 100)
	got := contents(t, tree)
	if len(got["a"]) != 100 || got["b"] != "two\n" || got["c"] != "\n\n" {
		t.Errorf("a has %d bytes, b is %q, c is %q", len(got["a"]), got["b"], got["c"])
	}
	if info, err := fs.Stat(tree, "a"); err != nil || info.Size() != 3<<20 {
		t.Errorf("size %v: %v", info.Size(), err)
	}
}
