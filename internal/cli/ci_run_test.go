package cli_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/weirhq/weir/internal/forge/forgetest"
)

// repository is one at a host, with the site that it describes, and what the
// host's runners have of programs: weir (this test's own binary, under the test's
// clock), git, bash, and stand-ins for go, which builds weir, and gh, which is
// written down.
type repository struct {
	testing.TB
	dir    string // everything is below it
	origin string // the repository at the host, bare
	work   string // where this test commits
	bin    string
	forge  *forgetest.Server
	site   *liveSite
	// secrets are those of an environment, by its name; "" are the repository's own.
	secrets map[string]map[string]string
	vars    map[string]string
	// log is all that jobs printed, and files all that they left in their folders of
	// summaries and reports.
	log  bytes.Buffer
	runs int
}

// staffOf is a description whose group staff has these members.
func staffOf(staff ...string) string {
	return `weir: v1
site: {name: acme, product: cloud}
policies: {two_space_admins: {level: warn}, direct_grants: {level: warn}}
ownership: {groups: exclusive}
users: {ana@acme.example: {}, bo@acme.example: {}, cy@acme.example: {}, dee@acme.example: {}, eve@acme.example: {}, fay@acme.example: {}}
groups: {leads: {product_role: user, members: [ana@acme.example]}, staff: {members: [` + strings.Join(staff, ", ") + `]}}
spaces: {ENG: {name: Engineering, roles: {admin: ["group:leads"], viewer: ["group:staff"]}}}
`
}

var everybody = []string{"ana@acme.example", "bo@acme.example", "cy@acme.example", "dee@acme.example", "eve@acme.example", "fay@acme.example"}

// newRepository makes one whose branch main has the description, and files, which
// are given by their paths with what they are copied from.
func newRepository(t *testing.T, kind string, files map[string]string) *repository {
	t.Helper()
	for _, program := range []string{"bash", "git", "gpg", "tar", "sed"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the workflows were not run: %s is not on the PATH", program)
		}
	}
	r := &repository{TB: t, dir: t.TempDir(), secrets: make(map[string]map[string]string), vars: make(map[string]string)}
	r.origin, r.work, r.bin = filepath.Join(r.dir, "origin.git"), filepath.Join(r.dir, "work"), filepath.Join(r.dir, "bin")
	r.forge, r.site = forgetest.New(kind), newLiveSite(t, "cloud")
	t.Cleanup(r.forge.Close)
	r.forge.Workflow = kind == "github"
	for _, dir := range []string{r.origin, r.work, r.bin, filepath.Join(r.dir, "home")} {
		r.check(os.MkdirAll(dir, 0o755))
	}
	self, err := exec.LookPath("weir")
	r.check(err)
	r.tool("go", fmt.Sprintf(`case "$1 ${*: -1}" in
"build ./cmd/weir") while [ "$1" != -o ]; do shift; done; ln -sf %[1]q "$2" ;;
"install github.com/weirhq/weir/cmd/weir@"*) ln -sf %[1]q "$GOBIN/weir" ;;
*) echo "go $*: not expected here" >&2; exit 1 ;;
esac`, self))
	r.git(r.origin, "init", "--quiet", "--bare", "--initial-branch", "main")
	r.git(r.work, "init", "--quiet", "--initial-branch", "main")
	r.git(r.work, "remote", "add", "origin", r.url())
	for to, from := range files {
		b, err := os.ReadFile(filepath.Join("..", "..", from))
		r.check(err)
		r.write(to, string(b))
	}
	r.write("access/site.weir.yaml", staffOf(everybody...))
	r.commit("the description")
	r.git(r.work, "push", "--quiet", "origin", "main")
	return r
}

func (r *repository) check(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *repository) url() string { return "file://" + r.origin }

// tool puts a program of bash on the runners' PATH.
func (r *repository) tool(name, text string) {
	r.check(os.WriteFile(filepath.Join(r.bin, name), []byte("#!/usr/bin/env bash\nset -euo pipefail\n"+text+"\n"), 0o755))
}

func (r *repository) write(path, text string) {
	path = filepath.Join(r.work, path)
	r.check(os.MkdirAll(filepath.Dir(path), 0o755))
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	r.check(os.WriteFile(path, []byte(text), mode))
}

// git runs the test's own git in a folder and gives what it prints.
func (r *repository) git(dir string, args ...string) string {
	r.Helper()
	cmd := exec.Command("git", append([]string{"-c", "core.hooksPath=/dev/null"}, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(r.dir, "home"), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=otto", "GIT_AUTHOR_EMAIL=otto@acme.example", "GIT_COMMITTER_NAME=otto", "GIT_COMMITTER_EMAIL=otto@acme.example",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit records what is in the working folder.
func (r *repository) commit(message string) string {
	r.git(r.work, "add", "--all")
	r.git(r.work, "commit", "--quiet", "--allow-empty", "-m", message)
	return r.git(r.work, "rev-parse", "HEAD")
}

// request pushes what change makes of main as the head of request 7, and gives
// its commit and what merging it would be.
func (r *repository) request(change func()) (head, merge string) {
	r.Helper()
	r.git(r.work, "checkout", "--quiet", "-B", "change", "main")
	change()
	head = r.commit("a change")
	r.git(r.work, "checkout", "--quiet", "--detach", "main")
	r.git(r.work, "merge", "--quiet", "--no-ff", "-m", "merge of a change", head)
	merge = r.git(r.work, "rev-parse", "HEAD")
	r.git(r.work, "push", "--quiet", "--force", "origin", head+":refs/heads/change", merge+":refs/pull/7/merge", head+":refs/pull/7/head")
	r.git(r.work, "checkout", "--quiet", "main")
	r.forge.Push(head)
	return head, merge
}

// merge merges request 7.
func (r *repository) merge(commit string) {
	r.git(r.work, "checkout", "--quiet", "main")
	r.git(r.work, "reset", "--quiet", "--hard", commit)
	r.git(r.work, "push", "--quiet", "origin", "main")
	r.forge.Merge(commit)
}

// fast brings main to a branch of origin that some job pushed.
func (r *repository) fast(branch string) {
	r.git(r.work, "fetch", "--quiet", "origin", branch)
	r.git(r.work, "merge", "--quiet", "--ff-only", "FETCH_HEAD")
	r.git(r.work, "push", "--quiet", "origin", "main")
}

// folder makes one for a run.
func (r *repository) folder() string {
	r.runs++
	dir := filepath.Join(r.dir, fmt.Sprintf("run%d", r.runs))
	r.check(os.MkdirAll(dir, 0o755))
	return dir
}

// checkout is what hosts do before a job: a clone that may be shallow, without a
// branch.
func (r *repository) checkout(dir, ref string, depth string) {
	r.Helper()
	r.check(os.MkdirAll(dir, 0o755))
	r.git(dir, "init", "--quiet", "--initial-branch", "runner")
	r.git(dir, "remote", "add", "origin", r.url())
	args := []string{"fetch", "--quiet", "--no-tags"}
	if depth != "0" {
		args = append(args, "--depth", depth)
	}
	r.git(dir, append(args, "origin", ref)...)
	r.git(dir, "checkout", "--quiet", "--detach", "FETCH_HEAD")
}

// bash runs a script as hosts do, with this environment and no other, writes down
// what it prints, and says whether it ended well.
func (r *repository) bash(dir, script string, env map[string]string) bool {
	r.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = dir
	path := cmp.Or(env["PATH"], r.bin+string(os.PathListSeparator)+withoutWeir())
	cmd.Env = []string{
		"PATH=" + path, "HOME=" + filepath.Join(r.dir, "home"), "WEIR_TEST_NOW=2026-06-15T12:00:00Z", "GIT_CONFIG_NOSYSTEM=1", "WEIR_JOURNAL_WAIT=0",
	}
	for name, value := range env {
		if name != "PATH" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	fmt.Fprintf(&r.log, "$ %s\n%s\n", strings.TrimSpace(script), &out)
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		r.Fatal(err)
	}
	return err == nil
}

// withoutWeir is the PATH of runners: weir is not on it before somebody installs
// it.
func withoutWeir() string {
	self, _ := exec.LookPath("weir")
	return strings.Join(slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(dir string) bool { return dir == filepath.Dir(self) }), string(os.PathListSeparator))
}

// The files of GitHub, as far as the shipped ones go: what else they say ends the
// test.
type (
	workflow struct {
		Name        string
		On          yaml.Node
		Permissions map[string]string
		Concurrency struct {
			Group            string
			CancelInProgress bool `yaml:"cancel-in-progress"`
		}
		Env      map[string]string
		Defaults struct{ Run struct{ Shell string } }
		Jobs     map[string]workflowJob
	}
	workflowJob struct {
		If          string
		Needs       oneOrMore
		RunsOn      string `yaml:"runs-on"`
		Timeout     int    `yaml:"timeout-minutes"`
		Environment string
		Permissions map[string]string
		Outputs     map[string]string
		Steps       []step
	}
	step struct {
		ID, Name, If, Uses, Run, Shell string
		With                           map[string]string
		Env                            map[string]string
	}
	action struct {
		Name, Description string
		Inputs            map[string]struct{ Description, Default string }
		Runs              struct {
			Using string
			Steps []step
		}
	}
	oneOrMore []string
)

func (o *oneOrMore) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*o = oneOrMore{n.Value}
		return nil
	}
	return n.Decode((*[]string)(o))
}

// strict reads YAML and refuses keys that the type has not.
func strict(t testing.TB, b []byte, out any) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(out); err != nil {
		t.Fatal(err)
	}
}

// event is what started a run at GitHub.
type event struct {
	name     string // of the event
	commit   string // GITHUB_SHA, which is checked out
	ref      string
	payload  string // of GITHUB_EVENT_PATH
	stranger bool   // the request is from a fork
	values   map[string]string
}

// run runs a workflow of the commit and gives what became of each job. The host's
// own rules hold: a fork's request has no secrets and no environment's, and an
// environment's secrets are those of jobs that name it.
func (r *repository) run(file string, e event) map[string]string {
	r.Helper()
	var w workflow
	text := r.git(r.work, "show", e.commit+":.github/workflows/"+file)
	strict(r, []byte(text), &w)
	dir := r.folder()
	eventPath := filepath.Join(dir, "event.json")
	r.check(os.WriteFile(eventPath, []byte(e.payload), 0o600))
	results, outputs := make(map[string]string), make(map[string]string)
	artifacts := filepath.Join(dir, "artifacts")
	pending := slices.Sorted(maps.Keys(w.Jobs))
	for len(pending) > 0 {
		i := slices.IndexFunc(pending, func(name string) bool {
			return !slices.ContainsFunc(w.Jobs[name].Needs, func(n string) bool { return results[n] == "" })
		})
		if i < 0 {
			r.Fatalf("%s: jobs %q wait for each other", file, pending)
		}
		name := pending[i]
		pending = slices.Delete(pending, i, i+1)
		j := &ghJob{repository: r, workflow: &w, job: w.Jobs[name], event: e, dir: filepath.Join(dir, name), artifacts: artifacts, values: maps.Clone(e.values)}
		if j.values == nil {
			j.values = make(map[string]string)
		}
		maps.Copy(j.values, outputs)
		ready := true
		for _, n := range j.job.Needs {
			j.values["needs."+n+".result"] = results[n]
			ready = ready && results[n] == "success"
		}
		maps.Copy(j.values, map[string]string{
			"github.token": r.forge.Token(forgetest.Weir), "github.repository": forgetest.Repo, "github.ref": e.ref, "github.event_name": e.name, "runner.temp": filepath.Join(j.dir, "temp"),
			"github.action_path": filepath.Join(dir, "weir"),
		})
		if e.stranger {
			j.values["github.token"] = r.forge.Token("reader")
		}
		if !ready && !strings.Contains(j.job.If, "always()") || !j.holds(j.job.If) {
			results[name] = "skipped"
			continue
		}
		fmt.Fprintf(&r.log, "\n=== %s: %s\n", file, name)
		results[name] = j.run(eventPath)
		for out, expr := range j.job.Outputs {
			outputs["needs."+name+".outputs."+out] = j.text(expr)
		}
	}
	return results
}

// ghJob is a job that is being run.
type ghJob struct {
	*repository
	workflow  *workflow
	job       workflowJob
	event     event
	dir       string
	artifacts string
	values    map[string]string // of expressions
	inputs    map[string]string // of the action that is being run
	env       map[string]string
	failed    bool
}

var expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// text evaluates the expressions in a value.
func (j *ghJob) text(s string) string {
	return expression.ReplaceAllStringFunc(s, func(e string) string { return j.value(expression.FindStringSubmatch(e)[1]) })
}

// value looks an expression up. What is not in the table is not known, and ends
// the test; a secret that the job may not have is empty, as at GitHub.
func (j *ghJob) value(e string) string {
	j.Helper()
	e = strings.TrimSpace(e)
	if text, ok := strings.CutPrefix(e, "'"); ok {
		return strings.TrimSuffix(text, "'")
	}
	if name, ok := strings.CutPrefix(e, "secrets."); ok {
		if j.event.stranger {
			return ""
		}
		return cmp.Or(j.secrets[j.job.Environment][name], j.secrets[""][name])
	}
	if name, ok := strings.CutPrefix(e, "vars."); ok {
		return j.vars[name]
	}
	if name, ok := strings.CutPrefix(e, "inputs."); ok && j.inputs != nil {
		return j.inputs[name]
	}
	v, ok := j.values[e]
	if !ok {
		j.Fatalf("the expression %q is not in the runner's table", e)
	}
	return v
}

// holds evaluates a condition: terms with && between them, each of which may be
// several in parentheses, with || between them.
func (j *ghJob) holds(cond string) bool {
	cond = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(cond, "${{"), "}}"))
	if cond == "" {
		return true
	}
	for term := range strings.SplitSeq(cond, "&&") {
		term = strings.TrimSpace(term)
		var ok bool
		switch {
		case strings.HasPrefix(term, "("):
			ok = slices.ContainsFunc(strings.Split(strings.Trim(term, "()"), "||"), j.holds)
		case term == "always()":
			ok = true
		case strings.Contains(term, " == "):
			a, b, _ := strings.Cut(term, " == ")
			ok = j.value(a) == j.value(b)
		case strings.Contains(term, " != "):
			a, b, _ := strings.Cut(term, " != ")
			ok = j.value(a) != j.value(b)
		default:
			ok = j.value(term) != ""
		}
		if !ok {
			return false
		}
	}
	return true
}

func (j *ghJob) run(eventPath string) string {
	workspace, temp := filepath.Join(j.dir, "workspace"), filepath.Join(j.dir, "temp")
	for _, dir := range []string{workspace, temp} {
		j.check(os.MkdirAll(dir, 0o755))
	}
	j.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": forgetest.Repo, "GITHUB_API_URL": j.forge.Base(), "GITHUB_SERVER_URL": "https://github.example",
		"GITHUB_RUN_ID": "99", "GITHUB_EVENT_PATH": eventPath, "GITHUB_EVENT_NAME": j.event.name, "GITHUB_SHA": j.event.commit, "GITHUB_REF": j.event.ref,
		"GITHUB_HEAD_REF": j.values["github.head_ref"], "GITHUB_WORKSPACE": workspace, "RUNNER_TEMP": temp,
		"GITHUB_STEP_SUMMARY": filepath.Join(j.dir, "summary.md"), "GITHUB_PATH": filepath.Join(j.dir, "path"),
		"PATH": j.bin + string(os.PathListSeparator) + withoutWeir(),
	}
	for name, value := range j.workflow.Env {
		j.env[name] = j.text(value)
	}
	j.steps(j.job.Steps, workspace)
	if j.failed {
		return "failure"
	}
	return "success"
}

func (j *ghJob) steps(steps []step, workspace string) {
	for i, s := range steps {
		if j.failed && !strings.Contains(s.If, "always()") || !j.holds(s.If) {
			continue
		}
		ok := j.step(i, s, workspace)
		j.failed = j.failed || !ok
		if s.ID != "" {
			j.values["steps."+s.ID+".outcome"] = map[bool]string{true: "success", false: "failure"}[ok]
		}
	}
}

// step runs one, and says whether it ended well.
func (j *ghJob) step(n int, s step, workspace string) bool {
	j.Helper()
	with := func(name string) string { return j.text(s.With[name]) }
	uses, _, _ := strings.Cut(s.Uses, "@")
	switch uses {
	case "":
		output := filepath.Join(j.dir, fmt.Sprintf("output%d", n))
		env := maps.Clone(j.env)
		env["GITHUB_OUTPUT"] = output
		for name, value := range s.Env {
			env[name] = j.text(value)
		}
		ok := j.bash(workspace, j.text(s.Run), env)
		if b, err := os.ReadFile(j.env["GITHUB_PATH"]); err == nil {
			for line := range strings.Lines(string(b)) {
				j.env["PATH"] = strings.TrimSpace(line) + string(os.PathListSeparator) + j.env["PATH"]
			}
			j.check(os.Remove(j.env["GITHUB_PATH"]))
		}
		if b, err := os.ReadFile(output); err == nil {
			for line := range strings.Lines(string(b)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				j.values["steps."+s.ID+".outputs."+name] = value
			}
		}
		return ok
	case "actions/checkout":
		depth := cmp.Or(with("fetch-depth"), "1")
		ref := cmp.Or(with("ref"), j.event.commit)
		if ref == "weir-snapshot" {
			ref = "refs/heads/" + ref
		}
		if with("persist-credentials") != "false" {
			j.Errorf("a checkout leaves the token in the repository")
		}
		dir := filepath.Join(workspace, with("path"))
		j.check(os.RemoveAll(dir)) // as the action does with what is no clone of its own
		j.checkout(dir, ref, depth)
	case "actions/setup-go":
	case "actions/upload-artifact":
		to := filepath.Join(j.artifacts, with("name"))
		j.check(os.MkdirAll(to, 0o755))
		b, err := os.ReadFile(with("path"))
		if err != nil {
			return false
		}
		j.check(os.WriteFile(filepath.Join(to, filepath.Base(with("path"))), b, 0o644))
	case "actions/download-artifact":
		names, err := filepath.Glob(filepath.Join(j.artifacts, cmp.Or(with("name"), with("pattern"))))
		if err != nil || len(names) == 0 {
			return false
		}
		for _, name := range names {
			to := with("path")
			if with("pattern") != "" {
				to = filepath.Join(to, filepath.Base(name))
			}
			j.check(os.MkdirAll(to, 0o755))
			j.check(os.CopyFS(to, os.DirFS(name)))
		}
	case "weirhq/weir":
		b, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
		j.check(err)
		var a action
		strict(j, b, &a)
		inner := *j
		inner.inputs = make(map[string]string)
		for name, in := range a.Inputs {
			inner.inputs[name] = in.Default
		}
		for name, value := range s.With {
			if _, ok := a.Inputs[name]; !ok {
				j.Errorf("the action has no input %q", name)
			}
			inner.inputs[name] = j.text(value)
		}
		j.check(os.MkdirAll(j.values["github.action_path"], 0o755))
		inner.steps(a.Runs.Steps, workspace)
		return !inner.failed
	default:
		j.Fatalf("the runner knows no action %q", s.Uses)
	}
	return true
}

// search looks for every secret that a job was given, in what jobs printed, in
// every file that they left, and in what was sent to the host.
func (r *repository) search(more []string) {
	r.Helper()
	c := r.site.canaries()
	c.secrets = append(append(c.secrets, r.forge.Token(forgetest.Weir)), more...)
	for _, of := range r.secrets {
		for name, value := range of {
			if name == "WEIR_SIGNING_KEY" { // its body: armour is no secret
				value = strings.Split(value, "\n")[1]
			}
			c.secrets = append(c.secrets, value)
		}
	}
	slices.Sort(c.secrets)
	c.secrets = slices.Compact(c.secrets)
	sent := []string{r.log.String()}
	for _, m := range r.forge.Comments() {
		sent = append(sent, m.Body)
	}
	for _, s := range r.forge.Statuses() {
		sent = append(sent, s.Commit, s.Context, s.State, s.Description, s.Link)
	}
	sent = append(append(sent, r.forge.Labels()...), r.forge.Seen()...)
	for _, leak := range c.found([]byte(strings.Join(sent, "\n"))) {
		r.Errorf("what jobs printed or sent holds %s", leak)
	}
	if n := c.folder(r, r.dir, func(path string) bool { return path == filepath.Join(r.dir, "signing.pem") }); n < 10 {
		r.Errorf("%d files were searched", n)
	}
}
