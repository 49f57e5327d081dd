package cli_test

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/internal/forge/forgetest"
)

// The files of GitLab and Bitbucket, as far as the shipped ones go.
type (
	gitLabJob struct {
		Extends, Stage, Image, Timeout string
		Interruptible                  bool
		Needs                          []string
		Rules                          []struct {
			If, When     string
			AllowFailure bool `yaml:"allow_failure"`
		}
		ResourceGroup string `yaml:"resource_group"`
		Environment   struct{ Name, Action string }
		Variables     map[string]string
		BeforeScript  []string `yaml:"before_script"`
		Script        []string
		Artifacts     struct {
			When, Access string
			ExpireIn     string `yaml:"expire_in"`
			Paths        []string
			Reports      struct{ CodeQuality string }
		}
	}
	bitbucketStep struct {
		Name, Deployment, Trigger string
		Clone                     struct{ Enabled *bool }
		Script                    []string
		Artifacts                 []string
	}
	bitbucketSteps []struct{ Step bitbucketStep }
	pipelines      struct {
		Image       string
		Options     map[string]int
		Clone       map[string]string
		Definitions struct{ Steps bitbucketSteps }
		Pipelines   struct {
			PullRequests map[string]bitbucketSteps `yaml:"pull-requests"`
			Branches     map[string]bitbucketSteps
			Custom       map[string]bitbucketSteps
		}
	}
)

// component reads templates/weir.yml as a project that includes it with inputs.
func component(t testing.TB, inputs map[string]string) map[string]gitLabJob {
	t.Helper()
	b, err := os.ReadFile("../../templates/weir.yml")
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(b), "\n---\n")
	if !ok {
		t.Fatal("the component has no head")
	}
	var spec struct {
		Spec struct {
			Inputs map[string]struct {
				Default     *string
				Description string
			}
		}
	}
	strict(t, []byte(head), &spec)
	body = regexp.MustCompile(`\$\[\[(.*?)\]\]`).ReplaceAllStringFunc(body, func(text string) string {
		name, ok := strings.CutPrefix(strings.Trim(text, "$[] "), "inputs.")
		in, known := spec.Spec.Inputs[name]
		if !ok || !known {
			t.Fatalf("the component uses %s, which is no input", text)
		}
		if value, ok := inputs[name]; ok {
			return value
		}
		if in.Default == nil {
			t.Fatalf("the input %s has no value", name)
		}
		return *in.Default
	})
	jobs := make(map[string]gitLabJob)
	strict(t, []byte(body), &jobs)
	base := jobs[".weir"]
	delete(jobs, ".weir")
	for name, j := range jobs {
		if j.Extends != ".weir" {
			t.Fatalf("the job %s extends %q", name, j.Extends)
		}
		variables := maps.Clone(base.Variables)
		maps.Copy(variables, j.Variables)
		j.Variables, j.BeforeScript, j.Timeout, j.Image = variables, base.BeforeScript, base.Timeout, base.Image
		jobs[name] = j
	}
	return jobs
}

var comparison = regexp.MustCompile(`^\$(\w+) == (?:\$(\w+)|"(.*)")$`)

// matches evaluates a rule. Another form than the shipped ones have ends the test.
func matches(t testing.TB, rule string, env map[string]string) bool {
	t.Helper()
	all := true
	for term := range strings.SplitSeq(rule, " && ") {
		m := comparison.FindStringSubmatch(term)
		if m == nil {
			t.Fatalf("the rule %q is not one that the runner knows", term)
		}
		want := m[3]
		if m[2] != "" {
			want = env[m[2]]
		}
		all = all && env[m[1]] == want
	}
	return all
}

// gitLabPipeline runs the jobs whose rules match, stage by stage; those that wait
// for a person as if somebody had started them. It gives what became of each.
func (r *repository) gitLabPipeline(commit, public string, env map[string]string) map[string]string {
	r.Helper()
	jobs := component(r, map[string]string{"version": "v1.2.3", "trust": public})
	env = with(env, "GITLAB_CI", "true", "CI_API_V4_URL", r.forge.Base(), "CI_SERVER_URL", r.url()+"/..", "CI_PROJECT_PATH", "origin",
		"CI_PROJECT_ID", cmp.Or(env["CI_PROJECT_ID"], "11"), "CI_DEFAULT_BRANCH", "main", "CI_JOB_URL", "https://gitlab.example/acme/access/-/jobs/99", "CI_COMMIT_SHA", commit)
	results, dir := make(map[string]string), r.folder()
	for _, stage := range []string{"test", "deploy"} {
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(jobs)), func(n string) bool { return jobs[n].Stage != stage })
		slices.SortStableFunc(names, func(a, b string) int { return len(jobs[a].Needs) - len(jobs[b].Needs) })
		for _, name := range names {
			j := jobs[name]
			if !slices.ContainsFunc(j.Rules, func(rule struct {
				If, When     string
				AllowFailure bool `yaml:"allow_failure"`
			}) bool {
				return matches(r, rule.If, env)
			}) {
				continue
			}
			if slices.ContainsFunc(j.Needs, func(n string) bool { return results[n] != "success" }) {
				results[name] = "skipped"
				continue
			}
			fmt.Fprintf(&r.log, "\n=== %s\n", name)
			project := filepath.Join(dir, name, "project")
			r.check(os.MkdirAll(project, 0o755))
			if j.Variables["GIT_STRATEGY"] != "none" {
				r.checkout(project, commit, "20")
			}
			for _, need := range j.Needs {
				for _, path := range jobs[need].Artifacts.Paths {
					b, err := os.ReadFile(filepath.Join(dir, need, "project", path))
					r.check(err)
					r.check(os.WriteFile(filepath.Join(project, path), b, 0o644))
				}
			}
			own := maps.Clone(env)
			maps.Copy(own, r.vars)
			maps.Copy(own, r.secrets[""])
			maps.Copy(own, r.secrets[j.Environment.Name])
			maps.Copy(own, j.Variables)
			own["CI_PROJECT_DIR"] = project
			results[name] = map[bool]string{true: "success", false: "failed"}[r.bash(project, strings.Join(append(slices.Clone(j.BeforeScript), j.Script...), "\n"), own)]
		}
	}
	return results
}

// bitbucketPipeline runs steps one after the other, to the first that fails.
func (r *repository) bitbucketPipeline(steps bitbucketSteps, commit, public string, env map[string]string) map[string]string {
	r.Helper()
	env = with(env, "BITBUCKET_BUILD_NUMBER", "99", "BITBUCKET_REPO_FULL_NAME", forgetest.Repo, "BITBUCKET_COMMIT", commit)
	results, dir := make(map[string]string), r.folder()
	kept := make(map[string][]byte)
	for _, s := range steps {
		fmt.Fprintf(&r.log, "\n=== %s\n", s.Step.Name)
		clone := filepath.Join(dir, s.Step.Name, "clone")
		r.check(os.MkdirAll(clone, 0o755))
		if s.Step.Clone.Enabled == nil || *s.Step.Clone.Enabled {
			r.checkout(clone, clonedAt(env, commit), "0")
		}
		for path, b := range kept {
			r.check(os.WriteFile(filepath.Join(clone, path), b, 0o644))
		}
		own := maps.Clone(env)
		maps.Copy(own, r.vars)
		maps.Copy(own, r.secrets[""])
		maps.Copy(own, r.secrets[s.Step.Deployment])
		temp := filepath.Join(dir, s.Step.Name, "temp")
		r.check(os.MkdirAll(temp, 0o755))
		own["TMPDIR"], own["BITBUCKET_CLONE_DIR"] = temp, clone
		script := strings.ReplaceAll(strings.Join(s.Step.Script, "\n"), "ed25519:put-the-public-key-here", public)
		ok := r.bash(clone, script, own)
		results[s.Step.Name] = map[bool]string{true: "success", false: "failed"}[ok]
		for _, path := range s.Step.Artifacts {
			if b, err := os.ReadFile(filepath.Join(clone, path)); err == nil {
				kept[path] = b
			}
		}
		if !ok {
			break
		}
	}
	return results
}

// clonedAt is what a run of Bitbucket has before it: the head of a request merged
// into where it goes.
func clonedAt(env map[string]string, commit string) string {
	if env["BITBUCKET_PR_ID"] != "" {
		return "refs/pull/7/merge"
	}
	return commit
}

// TestGitLabComponent runs the component as TestGitHubWorkflows does GitHub's.
func TestGitLabComponent(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "gitlab", map[string]string{"ci/weir-state": "examples/ci/weir-state"})
	r.credentials(map[string]bool{"weir-plan": true, "weir-scheduled": true, "weir-apply": true, "weir-unattended": true})
	public := r.keys()
	r.secrets["weir-scheduled"]["WEIR_SIGNING_KEY"] = filepath.Join(r.dir, "signing.pem")
	r.secrets["weir-comment"] = make(map[string]string)
	for _, env := range []string{"weir-comment", "weir-apply", "weir-unattended", "weir-scheduled"} {
		r.secrets[env]["GITLAB_TOKEN"] = r.forge.Token(forgetest.Weir)
	}
	onMain := func(source, run string) map[string]string {
		return map[string]string{"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": "main", "WEIR_RUN": run}
	}
	tip := func() string { return r.git(r.work, "rev-parse", "main") }
	asked := func(head, from string) map[string]string {
		return map[string]string{
			"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "11", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": from,
			"CI_MERGE_REQUEST_PROJECT_URL": r.url(), "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head,
		}
	}
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("push", "")), "weir-apply success")
	r.fast("weir-lock")
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("schedule", "snapshot")), "weir-snapshot success")

	head, merge := r.request(func() { r.write("access/site.weir.yaml", staffOf("ana@acme.example")) })
	ends(t, r, r.gitLabPipeline(merge, public, asked(head, "11")), "weir-comment success", "weir-live success", "weir-offline success")
	head, merge = r.request(func() { r.write("access/site.weir.yaml", staffOf("bo@acme.example")) })
	ends(t, r, r.gitLabPipeline(merge, public, asked(head, "11")), "weir-comment success", "weir-live success", "weir-offline success")
	if got, want := r.lastStatus(), head+" weir/acme pending"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	if n := len(r.forge.Comments()); n != 1 {
		t.Errorf("%d comments", n)
	}
	// A stranger's, which a member started here; and in their own project.
	ends(t, r, r.gitLabPipeline(merge, public, asked(head, "12")), "weir-offline success")
	ends(t, r, r.gitLabPipeline(merge, public, with(asked(head, "12"), "CI_PROJECT_ID", "12")), "weir-offline success")

	r.accept()
	ends(t, r, r.gitLabPipeline(merge, public, asked(head, "11")), "weir-comment success", "weir-live success", "weir-offline success")
	if got, want := r.lastStatus(), head+" weir/acme success"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	r.merge(merge)
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("push", "")), "weir-apply success")
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("schedule", "drift")), "weir-drift success")
	r.check(r.site.em.Admin().AddMember("staff", "cy@acme.example"))
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("schedule", "drift")), "weir-drift failed")
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("schedule", "unattended")), "weir-unattended success")
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("schedule", "drift")), "weir-drift success")
	ends(t, r, r.gitLabPipeline(tip(), public, onMain("schedule", "apply")), "weir-apply success")
	r.secrets["weir-scheduled"]["WEIR_SIGNING_KEY"] = "-\n" + r.secretOfKey()
	r.search(nil)
}

// secretOfKey is the body of the key that signs snapshots.
func (r *repository) secretOfKey() string {
	b, err := os.ReadFile(filepath.Join(r.dir, "signing.pem"))
	r.check(err)
	return strings.Split(string(b), "\n")[1]
}

// TestBitbucketPipelines runs the pipelines as TestGitHubWorkflows does GitHub's
// workflows.
func TestBitbucketPipelines(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "bitbucket", map[string]string{"ci/weir-state": "examples/ci/weir-state"})
	r.credentials(map[string]bool{"weir-plan": true, "weir-scheduled": true, "weir-apply": true, "weir-unattended": true})
	public := r.keys()
	pem := r.secrets["weir-scheduled"]["WEIR_SIGNING_KEY"]
	r.secrets["weir-scheduled"]["WEIR_SIGNING_KEY"] = base64.StdEncoding.EncodeToString([]byte(pem))
	r.secrets["weir-comment"] = make(map[string]string)
	for _, env := range []string{"weir-comment", "weir-apply"} {
		// The stand-in is not where Pipelines says that Bitbucket is.
		r.secrets[env]["WEIR_REVIEW_ADDRESS"], r.secrets[env]["WEIR_REVIEW_TOKEN"] = r.forge.Base(), r.forge.Token(forgetest.Weir)
	}
	var p pipelines
	b, err := os.ReadFile("../../examples/ci/bitbucket/bitbucket-pipelines.yml")
	r.check(err)
	strict(t, b, &p)
	tip := func() string { return r.git(r.work, "rev-parse", "main") }
	main, request := p.Pipelines.Branches["main"], p.Pipelines.PullRequests["**"]
	custom := func(name string) map[string]string {
		return r.bitbucketPipeline(p.Pipelines.Custom[name], tip(), public, map[string]string{})
	}
	asked := map[string]string{"BITBUCKET_PR_ID": "7"}
	ends(t, r, r.bitbucketPipeline(main, tip(), public, map[string]string{}), "apply success", "validate success")
	r.fast("weir-lock")
	ends(t, r, custom("snapshot"), "snapshot success")

	head, _ := r.request(func() { r.write("access/site.weir.yaml", staffOf("ana@acme.example")) })
	ends(t, r, r.bitbucketPipeline(request, head, public, asked), "comment success", "live success", "offline success")
	head, merge := r.request(func() { r.write("access/site.weir.yaml", staffOf("bo@acme.example")) })
	ends(t, r, r.bitbucketPipeline(request, head, public, asked), "comment success", "live success", "offline success")
	if got, want := r.lastStatus(), head+" weir/acme INPROGRESS"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	if n := len(r.forge.Comments()); n != 1 {
		t.Errorf("%d comments", n)
	}
	r.accept()
	ends(t, r, r.bitbucketPipeline(request, head, public, asked), "comment success", "live success", "offline success")
	if got, want := r.lastStatus(), head+" weir/acme SUCCESSFUL"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	r.merge(merge)
	ends(t, r, r.bitbucketPipeline(main, tip(), public, map[string]string{}), "apply success", "validate success")
	ends(t, r, custom("drift"), "drift success")
	r.check(r.site.em.Admin().AddMember("staff", "cy@acme.example"))
	ends(t, r, custom("drift"), "drift failed")
	ends(t, r, custom("unattended"), "unattended success")
	ends(t, r, custom("drift"), "drift success")
	ends(t, r, custom("apply"), "apply success")
	r.secrets["weir-scheduled"]["WEIR_SIGNING_KEY"] = pem
	for _, env := range []string{"weir-comment", "weir-apply"} {
		delete(r.secrets[env], "WEIR_REVIEW_ADDRESS")
	}
	r.search(nil)
}
