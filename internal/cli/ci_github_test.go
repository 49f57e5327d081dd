package cli_test

import (
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

// gitHub is a repository at GitHub that was set up as docs/ci.md says.
func gitHub(t *testing.T) *repository {
	t.Helper()
	files := map[string]string{"ci/weir-state": "examples/ci/weir-state"}
	shipped, err := filepath.Glob("../../examples/ci/github/*.yml")
	if err != nil || len(shipped) < 5 {
		t.Fatalf("%q, %v", shipped, err)
	}
	for _, path := range shipped {
		files[".github/workflows/"+filepath.Base(path)] = strings.TrimPrefix(path, "../../")
	}
	r := newRepository(t, "github", files)
	r.tool("gh", `log=`+filepath.Join(r.dir, "gh.log")+`
printf '%s\n' "gh $*" >>"$log"
while [ $# -gt 0 ]; do [ "$1" != --body-file ] || cat "$2" >>"$log"; shift; done
case "$(tail -n 1 "$log")" in *"pr view 7 "*) cat `+filepath.Join(r.dir, "head")+` ;; *"run list "*) echo 4711 ;; esac`)
	r.credentials(map[string]bool{"weir-plan": true, "weir-scheduled": true, "weir-apply": true, "weir-unattended": true})
	key := r.keys()
	path := ".github/workflows/weir-pr.yml"
	b, err := os.ReadFile(filepath.Join(r.work, path))
	r.check(err)
	r.write(path, strings.Replace(string(b), "ed25519:put-the-public-key-here", key, 1))
	r.commit("the key")
	r.git(r.work, "push", "--quiet", "origin", "main")
	return r
}

// credentials gives environments the site's, and the keys of the journal and of
// pseudonyms to those that need them.
func (r *repository) credentials(environments map[string]bool) {
	env := r.site.environ()
	r.vars["WEIR_ADDRESS"], r.vars["WEIR_USER"] = env["WEIR_ADDRESS"], env["WEIR_USER"]
	for name := range environments {
		r.secrets[name] = map[string]string{"WEIR_TOKEN": env["WEIR_TOKEN"], "WEIR_ORG_KEY": env["WEIR_ORG_KEY"]}
		if name != "weir-plan" {
			r.secrets[name]["WEIR_JOURNAL_KEY"] = "cn4ry-of-the-journal-8d1f"
		}
		if name == "weir-scheduled" {
			r.secrets[name]["WEIR_REDACT_KEY"] = "cn4ry-of-pseudonyms-77aa"
		}
	}
}

// keys makes the key that signs snapshots, and gives its public half.
func (r *repository) keys() string {
	path := filepath.Join(r.dir, "signing.pem")
	out := filepath.Join(r.dir, "public")
	if !r.bash(r.dir, "PATH=$OLD_PATH weir snapshot key signing.pem >public", map[string]string{"OLD_PATH": os.Getenv("PATH")}) {
		r.Fatal(r.log.String())
	}
	b, err := os.ReadFile(path)
	r.check(err)
	r.secrets["weir-scheduled"]["WEIR_SIGNING_KEY"] = string(b)
	b, err = os.ReadFile(out)
	r.check(err)
	return strings.TrimSpace(string(b))
}

func onMain(r *repository) event {
	return event{name: "push", commit: r.git(r.work, "rev-parse", "main"), ref: "refs/heads/main", payload: "{}"}
}

func onRequest(r *repository, head, merge, from string) event {
	r.check(os.WriteFile(filepath.Join(r.dir, "head"), []byte(head+"\n"), 0o600))
	return event{
		name: "pull_request", commit: merge, ref: "refs/pull/7/merge", stranger: from != forgetest.Repo,
		payload: fmt.Sprintf(`{"pull_request": {"number": 7, "head": {"sha": %q}}}`, head),
		values: map[string]string{
			"github.event.pull_request.number": "7", "github.event.pull_request.head.repo.full_name": from, "github.head_ref": "change",
		},
	}
}

func ends(t testing.TB, r *repository, got map[string]string, want ...string) {
	t.Helper()
	var have []string
	for _, job := range slices.Sorted(maps.Keys(got)) {
		have = append(have, job+" "+got[job])
	}
	if !slices.Equal(have, want) {
		t.Fatalf("jobs ended %q, want %q\n%s", have, want, r.log.String())
	}
}

// lastStatus is the state of the newest status, and what it is of.
func (r *repository) lastStatus() string {
	all := r.forge.Statuses()
	if len(all) == 0 {
		return ""
	}
	s := all[len(all)-1]
	return s.Commit + " " + s.Context + " " + s.State
}

// The shipped workflows of GitHub, one after the other: what is on the site is
// applied, a request is planned, commented, accepted, merged and applied, and what
// somebody clicks is found and taken back.
func TestGitHubWorkflows(t *testing.T) {
	t.Parallel()
	r := gitHub(t)
	ends(t, r, r.run("weir-apply.yml", onMain(r)), "apply success")
	r.fast("weir-lock")
	ends(t, r, r.run("weir-snapshot.yml", onMain(r)), "snapshot success")

	// A request that takes more than a budget allows.
	head, merge := r.request(func() { r.write("access/site.weir.yaml", staffOf("ana@acme.example")) })
	e := onRequest(r, head, merge, forgetest.Repo)
	ends(t, r, r.run("weir-pr.yml", e), "comment success", "live success", "offline success")
	if got, want := r.lastStatus(), head+" weir/acme pending"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}
	comments := r.forge.Comments()
	if len(comments) != 1 || !strings.Contains(comments[0].Body, "`/weir accept removals.member:5@") {
		t.Fatalf("comments: %+v\n%s", comments, r.log.String())
	}

	// The second push edits the comment.
	head, merge = r.request(func() { r.write("access/site.weir.yaml", staffOf("bo@acme.example")) })
	e = onRequest(r, head, merge, forgetest.Repo)
	ends(t, r, r.run("weir-pr.yml", e), "comment success", "live success", "offline success")
	comments = r.forge.Comments()
	if len(comments) != 1 || comments[0].Updated == comments[0].Created || !strings.Contains(comments[0].Body, "Since the last push") {
		t.Errorf("comments: %+v", comments)
	}

	// A reviewer accepts it: the plan runs again, and the status becomes a success.
	r.accept()
	said := event{name: "issue_comment", commit: r.git(r.work, "rev-parse", "main"), ref: "refs/heads/main", payload: "{}", values: map[string]string{
		"github.event.issue.number": "7", "github.event.issue.pull_request": "there", "contains(github.event.comment.body, '/weir accept')": "true",
		`contains(fromJSON('["OWNER", "MEMBER", "COLLABORATOR"]'), github.event.comment.author_association)`: "true",
	}}
	ends(t, r, r.run("weir-accept.yml", said), "again success")
	if log := r.gh(); !strings.Contains(log, "gh run rerun 4711\n") {
		t.Errorf("the run was not started again:\n%s", log)
	}
	ends(t, r, r.run("weir-pr.yml", e), "comment success", "live success", "offline success")
	if got, want := r.lastStatus(), head+" weir/acme success"; got != want {
		t.Errorf("status %q, want %q", got, want)
	}

	// Merged, it is applied, with what was accepted.
	r.site.count()
	r.merge(merge)
	ends(t, r, r.run("weir-apply.yml", onMain(r)), "apply success")
	if _, writes := r.site.count(); len(writes) < 5 {
		t.Errorf("the apply wrote %q\n%s", writes, r.log.String())
	}
	ends(t, r, r.run("weir-drift.yml", onMain(r)), "drift success", "report skipped", "undo skipped")

	// Somebody lets Cy in. It is reported, and taken back where that is wanted.
	r.check(r.site.em.Admin().AddMember("staff", "cy@acme.example"))
	ends(t, r, r.run("weir-drift.yml", onMain(r)), "drift success", "report success", "undo skipped")
	if log := r.gh(); !strings.Contains(log, "gh issue create --title weir: the site drifted") || !strings.Contains(log, "unattended apply: skipped") {
		t.Errorf("the report:\n%s", log)
	}
	r.vars["WEIR_UNATTENDED"] = "yes"
	ends(t, r, r.run("weir-drift.yml", onMain(r)), "drift success", "report success", "undo success")
	if log := r.gh(); !strings.Contains(log, "unattended apply: success") {
		t.Errorf("the report:\n%s", log)
	}
	ends(t, r, r.run("weir-drift.yml", onMain(r)), "drift success", "report skipped", "undo skipped")

	// Every day what has its day is done, where that is wanted.
	daily := onMain(r)
	daily.name = "schedule"
	ends(t, r, r.run("weir-apply.yml", daily), "apply skipped")
	r.vars["WEIR_DAILY"] = "yes"
	ends(t, r, r.run("weir-apply.yml", daily), "apply success")
	r.search(nil)
}

// gh gives what gh was asked for.
func (r *repository) gh() string {
	b, err := os.ReadFile(filepath.Join(r.dir, "gh.log"))
	r.check(err)
	return string(b)
}

// accept lets a reviewer accept everything that weir's comment says can be.
func (r *repository) accept() {
	r.Helper()
	var words []string
	for _, m := range regexp.MustCompile("`(/weir accept [^`]+@[0-9a-f]{32})`").FindAllStringSubmatch(r.forge.Comments()[0].Body, -1) {
		words = append(words, m[1])
	}
	if len(words) == 0 {
		r.Fatalf("nothing can be accepted:\n%s", r.forge.Comments()[0].Body)
	}
	r.forge.Permit("ana", forgetest.Admin)
	r.forge.Say("ana", strings.Join(words, "\n"))
}
