package cli_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var pinned = regexp.MustCompile(`^(\s*(?:- )?uses: )([\w-]+/[\w/-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+|pin: .+)$`)

const sameRepository = "github.event.pull_request.head.repo.full_name == github.repository"

// shippedWorkflows are GitHub's, by the names of their files.
func shippedWorkflows(t testing.TB) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../examples/ci/github/*.yml")
	if err != nil || len(paths) != 5 {
		t.Fatalf("%q, %v", paths, err)
	}
	out := make(map[string]string)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(path)] = string(b)
	}
	return out
}

// TestWorkflowsAreHardened: what a person in a hurry would take out again.
func TestWorkflowsAreHardened(t *testing.T) {
	for name, text := range shippedWorkflows(t) {
		if found := faults(t, text); len(found) > 0 {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// faults gives what is wrong with a workflow.
func faults(t testing.TB, text string) (out []string) {
	t.Helper()
	var w workflow
	strict(t, []byte(text), &w)
	var on map[string]any
	if err := w.On.Decode(&on); err != nil {
		t.Fatal(err)
	}
	fault := func(bad bool, what string) {
		if bad {
			out = append(out, what)
		}
	}
	for _, trigger := range slices.Sorted(maps.Keys(on)) {
		fault(!slices.Contains([]string{"pull_request", "push", "schedule", "workflow_dispatch", "issue_comment"}, trigger), "trigger "+trigger)
	}
	fault(w.Permissions == nil || len(w.Permissions) != 0, "rights for all jobs")
	fault(w.Concurrency.Group == "", "no concurrency group")
	_, asked := on["pull_request"]
	_, said := on["issue_comment"]
	fault(!asked && w.Concurrency.CancelInProgress, "a run is cancelled")
	fault(w.Defaults.Run.Shell != "bash", "another shell")
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); strings.Contains(line, " uses:") {
			fault(!pinned.MatchString(line), "not pinned: "+line)
		}
	}
	// guarded: a job that strangers' requests do not reach.
	var guarded func(name string) bool
	guarded = func(name string) bool {
		j := w.Jobs[name]
		return strings.Contains(j.If, sameRepository) && !strings.Contains(j.If, "||") ||
			!strings.Contains(j.If, "always()") && slices.ContainsFunc(j.Needs, guarded)
	}
	for name, j := range w.Jobs {
		fault(j.Timeout == 0 || j.Timeout > 60, name+": no timeout within an hour")
		fault(j.Permissions == nil, name+": no rights of its own")
		body := jobText(t, text, name)
		trusted := strings.Contains(body, "secrets.") || j.Environment != ""
		for right, level := range j.Permissions {
			trusted = trusted || level != "read"
			fault(!slices.Contains([]string{"contents", "pull-requests", "statuses", "issues", "actions"}, right), name+": right "+right)
		}
		fault(asked && trusted && !guarded(name), name+": strangers reach what they must not have")
		fault(strings.Contains(body, "secrets.") && j.Environment == "", name+": secrets without an environment")
		fault(!asked && !said && j.Environment != "" && !strings.Contains(j.If, "refs/heads/main") && !slices.ContainsFunc(j.Needs, func(n string) bool { return strings.Contains(w.Jobs[n].If, "refs/heads/main") }), name+": an environment for other branches")
		for _, s := range j.Steps {
			fault(strings.Contains(s.Run, "${{"), name+": an expression in a script")
			checkout := strings.HasPrefix(s.Uses, "actions/checkout@")
			fault(checkout && s.With["persist-credentials"] != "false", name+": a checkout that leaves the token")
			fault(checkout && said, name+": a checkout in a run that a comment starts")
			fault(strings.HasPrefix(s.Uses, "actions/setup-go@") && s.With["cache"] != "false", name+": a cache")
			fault(strings.HasPrefix(s.Uses, "actions/cache"), name+": a cache")
			fault(asked && trusted && strings.Contains(s.Run, "ci/"), name+": a program of the request's, with credentials")
		}
	}
	slices.Sort(out)
	return out
}

// jobText gives the lines of a job.
func jobText(t testing.TB, text, name string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, "\n  "+name+":\n")
	if !ok {
		t.Fatalf("there is no job %s", name)
	}
	if loc := regexp.MustCompile(`(?m)^ {0,2}\S`).FindStringIndex(after); loc != nil {
		after = after[:loc[0]]
	}
	return after
}

// The check finds what it is there to find.
func TestFaultsAreFound(t *testing.T) {
	all := shippedWorkflows(t)
	for _, c := range []struct{ file, old, text, want string }{
		{"weir-pr.yml", "  pull_request:\n", "  pull_request_target:\n", "trigger pull_request_target"},
		{"weir-pr.yml", "permissions: {}\n", "permissions:\n  contents: write\n", "rights for all jobs"},
		{"weir-pr.yml", "permissions: {}\n", "", "rights for all jobs"},
		{"weir-pr.yml", "    if: " + sameRepository + "\n", "", "live: strangers reach"},
		{"weir-pr.yml", "    if: " + sameRepository + "\n", "", "comment: strangers reach"},
		{"weir-pr.yml", "    if: " + sameRepository + "\n", "    if: always() || " + sameRepository + "\n", "live: strangers reach"},
		{"weir-pr.yml", "    needs: live\n", "", "comment: strangers reach"},
		{"weir-pr.yml", "          persist-credentials: false\n", "          persist-credentials: true\n", "offline: a checkout that leaves the token"},
		{"weir-pr.yml", "    timeout-minutes: 15\n", "", "offline: no timeout"},
		{"weir-pr.yml", "run: weir validate", "run: echo ${{ github.event.pull_request.title }}; weir validate", "offline: an expression in a script"},
		{"weir-pr.yml", "run: weir comment", "run: ci/x; weir comment", "comment: a program of the request's"},
		{"weir-pr.yml", "@9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0 # v7.0.0", "@v7", "not pinned"},
		{"weir-pr.yml", "          cache: false\n", "          cache: true\n", "offline: a cache"},
		{"weir-pr.yml", "    environment: weir-plan # credentials that only read the site\n", "", "live: secrets without an environment"},
		{"weir-apply.yml", "cancel-in-progress: false", "cancel-in-progress: true", "a run is cancelled"},
		{"weir-apply.yml", "concurrency:\n  group: weir-apply\n  cancel-in-progress: false\n", "", "no concurrency group"},
		{"weir-apply.yml", "    if: github.ref == 'refs/heads/main' && (github.event_name != 'schedule' || vars.WEIR_DAILY == 'yes')\n", "", "apply: an environment for other branches"},
		{"weir-apply.yml", "      contents: write", "      id-token: write", "apply: right id-token"},
		{"weir-accept.yml", "      - name: Run the plan again\n", "      - uses: actions/checkout@9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0 # v7.0.0\n      - name: Run the plan again\n", "again: a checkout in a run"},
	} {
		text := all[c.file]
		if !strings.Contains(text, c.old) {
			t.Errorf("%s has no %q", c.file, c.old)
			continue
		}
		found := faults(t, strings.Replace(text, c.old, c.text, 1))
		if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s with %q: found %q", c.file, c.text, found)
		}
	}
}

// fromPeople are variables of GitLab and Bitbucket that hold what anybody chooses.
var fromPeople = regexp.MustCompile(`CI_COMMIT_(MESSAGE|TITLE|DESCRIPTION|AUTHOR|REF|BRANCH|TAG)|CI_MERGE_REQUEST_(TITLE|DESCRIPTION|LABELS|SOURCE_BRANCH_NAME|MILESTONE)|CI_EXTERNAL|GITLAB_USER|BITBUCKET_(BRANCH|TAG|PR_DESTINATION_BRANCH)|\beval\b|\bcurl\b|\bwget\b`)

// The same of GitLab's component and Bitbucket's pipelines, as far as those hosts
// have it.
func TestOtherHostsAreHardened(t *testing.T) {
	serial := map[string]string{"weir-apply": "weir", "weir-unattended": "weir", "weir-snapshot": "weir-snapshot"}
	for name, j := range component(t, map[string]string{"version": "v1", "trust": "ed25519:x"}) {
		script := strings.Join(append(slices.Clone(j.BeforeScript), j.Script...), "\n")
		if fromPeople.MatchString(script) || strings.Contains(script, "$[[") {
			t.Errorf("%s: its script takes what people choose", name)
		}
		if j.Timeout != "1 hour" || len(j.Rules) == 0 || j.ResourceGroup != serial[name] || j.Interruptible != (name == "weir-offline") {
			t.Errorf("%s: %+v", name, j)
		}
		if name == "weir-offline" {
			if j.Environment.Name != "" {
				t.Errorf("%s has an environment", name)
			}
			continue
		}
		merge := strings.Contains(j.Rules[0].If, `"merge_request_event"`)
		for _, r := range j.Rules {
			rule := r.If
			if strings.Contains(rule, `"merge_request_event"`) != merge {
				t.Errorf("%s runs for requests and for others", name)
			}
			switch {
			case merge && !strings.Contains(rule, "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID && $CI_MERGE_REQUEST_PROJECT_ID == $CI_PROJECT_ID"):
				t.Errorf("%s runs for strangers", name)
			case !merge && !strings.Contains(rule, "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"):
				t.Errorf("%s runs for other branches", name)
			}
		}
		if j.Environment.Name == "" || merge && strings.Contains(script, "ci/") {
			t.Errorf("%s: environment %q, script %s", name, j.Environment.Name, script)
		}
	}
	var p pipelines
	b, err := os.ReadFile("../../examples/ci/bitbucket/bitbucket-pipelines.yml")
	if err != nil {
		t.Fatal(err)
	}
	strict(t, b, &p)
	if p.Options["max-time"] != 60 {
		t.Errorf("options %v", p.Options)
	}
	for _, s := range p.Definitions.Steps {
		if script := strings.Join(s.Step.Script, "\n"); fromPeople.MatchString(script) {
			t.Errorf("%s: its script takes what people choose", s.Step.Name)
		}
		if (s.Step.Deployment == "") != (s.Step.Name == "offline") {
			t.Errorf("%s has deployment %q", s.Step.Name, s.Step.Deployment)
		}
	}
	for _, s := range p.Pipelines.PullRequests["**"] {
		if strings.Contains(strings.Join(s.Step.Script, "\n"), "ci/") {
			t.Errorf("%s runs a program of the request's", s.Step.Name)
		}
	}
}

// The action gives its inputs to scripts as environment alone.
func TestActionIsHardened(t *testing.T) {
	b, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	strict(t, b, &a)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) != 2 {
		t.Errorf("%+v", a.Runs)
	}
	for _, s := range a.Runs.Steps {
		if s.Uses != "" || s.Shell != "bash" || strings.Contains(s.Run, "${{") {
			t.Errorf("%+v", s)
		}
	}
	r := gitHub(t)
	j := &ghJob{repository: r, event: event{}, dir: r.folder(), values: map[string]string{"github.action_path": r.dir, "runner.temp": r.dir}}
	j.env = map[string]string{"GITHUB_PATH": filepath.Join(j.dir, "path"), "PATH": r.bin + string(os.PathListSeparator) + withoutWeir()}
	s := step{Uses: "weirhq/weir@x", With: map[string]string{"args": "explain\nWR203 $(touch " + r.dir + "/pwned)"}}
	if j.step(0, s, r.work) {
		t.Error("an argument with a blank was taken for two")
	}
	s.With["args"] = "explain\nWR203"
	if !j.step(0, s, r.work) || !strings.Contains(r.log.String(), "WR203") {
		t.Errorf("the command did not run:\n%s", r.log.String())
	}
	if _, err := os.Lstat(filepath.Join(r.dir, "pwned")); err == nil {
		t.Error("an argument was run")
	}
}

// The pipe does the same.
func TestPipe(t *testing.T) {
	r := newRepository(t, "bitbucket", nil)
	script, err := filepath.Abs("../../examples/ci/bitbucket/pipe/pipe.sh")
	r.check(err)
	self, err := exec.LookPath("weir")
	r.check(err)
	env := map[string]string{"BITBUCKET_CLONE_DIR": r.work, "ARGS": "validate\naccess", "PATH": filepath.Dir(self) + string(os.PathListSeparator) + os.Getenv("PATH"), "SCRIPT": script}
	if !r.bash(r.dir, `"$SCRIPT"`, env) {
		t.Error(r.log.String())
	}
	env["ARGS"] = "validate\n$(touch " + r.dir + "/pwned)"
	if r.bash(r.dir, `"$SCRIPT"`, env) {
		t.Error("a folder that is not there was taken")
	}
	if _, err := os.Lstat(filepath.Join(r.dir, "pwned")); err == nil {
		t.Error("an argument was run")
	}
}

// The hook checks each description of which a commit changes a file, once.
func TestPreCommit(t *testing.T) {
	b, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID, Name, Description, Language, Files, Entry string
		RequireSerial                                 bool `yaml:"require_serial"`
	}
	strict(t, b, &hooks)
	r := newRepository(t, "github", nil)
	self, err := exec.LookPath("weir")
	r.check(err)
	env := map[string]string{"PATH": filepath.Dir(self) + string(os.PathListSeparator) + os.Getenv("PATH")}
	r.write("access/spaces/more.weir.hcl", "group \"more\" {\n  members = [\"bo@acme.example\"]\n}\n")
	r.write("other/o n e/site.weir.yaml", "weir: v1\nsite: {name: one}\n")
	if files := regexp.MustCompile(hooks[0].Files); !files.MatchString("access/spaces/more.weir.hcl") || !files.MatchString("a.weir.yml") || files.MatchString("weir.lock") {
		t.Errorf("files: %s", hooks[0].Files)
	}
	run := func(files string) (bool, string) {
		r.log.Reset()
		ok := r.bash(r.work, hooks[0].Entry+" "+files, env)
		_, out, _ := strings.Cut(r.log.String(), files+"\n")
		return ok, out
	}
	ok, out := run(`access/site.weir.yaml access/spaces/more.weir.hcl "other/o n e/site.weir.yaml"`)
	if !ok || strings.Count(out, "valid") != 2 {
		t.Errorf("%t\n%s", ok, out)
	}
	r.write("access/spaces/more.weir.hcl", "group \"more\" {\n  members = [\"nobody@acme.example\"]\n}\n")
	if ok, out = run(`access/spaces/more.weir.hcl "other/o n e/site.weir.yaml"`); ok || !strings.Contains(out, "spaces/more.weir.hcl:2") || strings.Count(out, "valid") != 1 {
		t.Errorf("%t\n%s", ok, out)
	}
}

// The commands of docs/ci.md set a repository up: nothing is left to be put in, and
// what hardens the files is still there.
func TestSetUp(t *testing.T) {
	page, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	self, err := exec.LookPath("weir")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)### (\\w+)\n\n```console\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 3 {
		t.Fatalf("%d hosts are set up", len(blocks))
	}
	for _, b := range blocks {
		r := newRepository(t, strings.ToLower(b[1]), nil)
		weir := filepath.Join(r.work, "weir")
		r.check(os.CopyFS(filepath.Join(weir, "examples"), os.DirFS("../../examples")))
		r.check(os.CopyFS(filepath.Join(weir, "templates"), os.DirFS("../../templates")))
		r.git(weir, "init", "--quiet")
		r.git(weir, "commit", "--quiet", "--allow-empty", "-m", "weir")
		script := regexp.MustCompile(`(?m)^\$ `).ReplaceAllString(b[2], "")
		if !r.bash(r.work, script, map[string]string{"PATH": filepath.Dir(self) + string(os.PathListSeparator) + os.Getenv("PATH")}) {
			t.Fatalf("%s: %s", b[1], r.log.String())
		}
		files, err := filepath.Glob(filepath.Join(r.work, ".github/workflows/*.yml"))
		r.check(err)
		want := 5
		if b[1] != "GitHub" {
			want = 1
			files = append(files, filepath.Join(r.work, map[string]string{"GitLab": ".gitlab-ci.yml", "Bitbucket": "bitbucket-pipelines.yml"}[b[1]]))
		}
		if len(files) != want {
			t.Errorf("%s: %q", b[1], files)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			r.check(err)
			if strings.Contains(string(text), strings.Repeat("0", 40)) || strings.Contains(string(text), "put-the-public-key-here") {
				t.Errorf("%s: something is left to be put into\n%s", b[1], text)
			}
			if b[1] == "GitHub" {
				if found := faults(t, string(text)); len(found) > 0 {
					t.Errorf("%s: %q", path, found)
				}
			}
		}
	}
}
