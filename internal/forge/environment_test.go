package forge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func env(pairs ...string) func(string) string {
	m := make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func TestLocate(t *testing.T) {
	head, other := strings.Repeat("a", 40), strings.Repeat("b", 40)
	event := func(text string) string {
		path := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pull := event(`{"pull_request": {"number": 7, "head": {"sha": "` + head + `"}}, "other": [1]}`)
	comment := event(`{"issue": {"number": 7, "pull_request": {"url": "x"}}, "comment": {"body": "/weir"}}`)
	issue := event(`{"issue": {"number": 7}}`)
	run := event(`{"workflow_run": {"head_sha": "` + head + `", "pull_requests": [{"number": 7}]}}`)
	fork := event(`{"workflow_run": {"head_sha": "` + head + `", "pull_requests": []}}`)
	gh := func(event string) func(string) string {
		return env("GITHUB_ACTIONS", "true", "GITHUB_REPOSITORY", "acme/access", "GITHUB_API_URL", "https://api.github.com", "GITHUB_SERVER_URL", "https://github.com",
			"GITHUB_RUN_ID", "99", "GITHUB_SHA", other, "GITHUB_STEP_SUMMARY", "/summary", "GITHUB_EVENT_PATH", event)
	}
	hub := Place{Kind: GitHub, Repo: "acme/access", Request: "7", Commit: head, Run: "https://github.com/acme/access/actions/runs/99",
		Address: "https://api.github.com", Token: "GITHUB_TOKEN", Summary: "/summary"}
	with := func(p Place, change func(*Place)) Place { change(&p); return p }
	lab := env("GITLAB_CI", "true", "CI_API_V4_URL", "https://git.acme.example/api/v4", "CI_PROJECT_ID", "11", "CI_MERGE_REQUEST_PROJECT_ID", "10", "CI_MERGE_REQUEST_IID", "7",
		"CI_COMMIT_SHA", other, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head, "CI_JOB_URL", "https://git.acme.example/job", "CI_PIPELINE_ID", "5")
	bucket := env("BITBUCKET_BUILD_NUMBER", "3", "BITBUCKET_REPO_FULL_NAME", "acme/access", "BITBUCKET_PR_ID", "7", "BITBUCKET_COMMIT", head)
	for _, test := range []struct {
		name  string
		given Place
		env   func(string) string
		want  Place
		err   string
	}{
		{"a pull request", Place{}, gh(pull), hub, ""},
		{"a comment says nothing of commits", Place{}, gh(comment), with(hub, func(p *Place) { p.Commit = "" }), ""},
		{"and takes one", Place{Commit: other}, gh(comment), with(hub, func(p *Place) { p.Commit = other }), ""},
		{"a comment on an issue", Place{}, gh(issue), Place{}, "request is unknown"},
		{"a run after another", Place{}, gh(run), hub, ""},
		{"of a fork", Place{}, gh(fork), Place{}, "request is unknown"},
		{"of a fork, named", Place{Request: "7"}, gh(fork), hub, ""},
		{"another request has another commit", Place{Request: "8"}, gh(pull), with(hub, func(p *Place) { p.Request, p.Commit = "8", "" }), ""},
		{"another repository has another request", Place{Repo: "acme/other"}, gh(pull), Place{}, "request is unknown"},
		{"another repository, named", Place{Repo: "acme/other", Request: "9", Commit: other}, gh(pull), with(hub, func(p *Place) { p.Repo, p.Request, p.Commit = "acme/other", "9", other }), ""},
		{"no event", Place{}, gh("/nonexistent"), Place{}, "GITHUB_EVENT_PATH"},
		{"a broken event", Place{}, gh(event(`{"pull_request": 7}`)), Place{}, "GITHUB_EVENT_PATH"},
		{"GitLab", Place{}, lab, Place{Kind: GitLab, Repo: "10", Request: "7", Commit: head, Run: "https://git.acme.example/job", Address: "https://git.acme.example/api/v4", Token: "GITLAB_TOKEN", Pipeline: "5"}, ""},
		{"Bitbucket", Place{}, bucket, Place{Kind: Bitbucket, Repo: "acme/access", Request: "7", Commit: head, Run: "https://bitbucket.org/acme/access/pipelines/results/3", Address: "https://api.bitbucket.org/2.0", Token: "BITBUCKET_TOKEN"}, ""},
		{"another host than CI's", Place{Kind: GitHub, Repo: "acme/access", Request: "7", Commit: head}, lab,
			Place{Kind: GitHub, Repo: "acme/access", Request: "7", Commit: head, Run: "https://git.acme.example/job", Token: "GITHUB_TOKEN"}, ""},
		{"no CI", Place{}, env(), Place{}, "host is unknown"},
		{"no repository", Place{Kind: GitHub}, env(), Place{}, "repository is unknown"},
		{"half a commit", Place{Kind: GitHub, Repo: "a/b", Request: "1", Commit: "abc1234"}, env(), Place{}, "not a whole one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Locate(test.given, test.env)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got %+v: %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
