package forge

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Place is where a review goes on and what it is about, as flags and the CI's
// own environment say it.
type Place struct {
	Kind    string // github, gitlab or bitbucket
	Repo    string
	Request string
	Merged  string // a commit, in place of the request that was merged as it
	Commit  string // that was planned; empty if nobody says
	Run     string // address of the run, for people
	// Address is that of the host's interface, if the CI's environment gives it,
	// and Token the variable that holds CI's token for it.
	Address, Token string
	Pipeline       string // GitLab's number of it
	Summary        string // a file that takes the summary of the run; empty if the CI has none
}

// maxEvent bounds the file in which GitHub says what happened: a webhook has at
// most 25 MB (docs.github.com/webhooks).
const maxEvent = 25 << 20

// Locate completes what flags give with what CI says of itself. What CI says is
// left out where the flags speak of another host, repository or request.
func Locate(given Place, getenv func(string) string) (Place, error) {
	ci := Place{}
	var err error
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		ci, err = inGitHub(getenv)
	case getenv("GITLAB_CI") == "true":
		ci = inGitLab(getenv)
	case getenv("BITBUCKET_BUILD_NUMBER") != "":
		ci = inBitbucket(getenv)
	}
	if err != nil {
		return Place{}, err
	}
	p := given
	p.Kind = cmp.Or(given.Kind, ci.Kind)
	if p.Kind == ci.Kind {
		p.Address, p.Summary = ci.Address, ci.Summary
		p.Repo = cmp.Or(given.Repo, ci.Repo)
		if strings.EqualFold(p.Repo, ci.Repo) {
			p.Request = cmp.Or(given.Request, ci.Request)
			if p.Request == ci.Request || ci.Request == "" {
				p.Commit = cmp.Or(given.Commit, ci.Commit)
			}
			p.Pipeline = ci.Pipeline
		}
	}
	if p.Merged != "" {
		// A run for a branch is of no request; one that is of another is not asked.
		p.Request = given.Request
	}
	p.Run = cmp.Or(given.Run, ci.Run)
	p.Token = map[string]string{GitHub: "GITHUB_TOKEN", GitLab: "GITLAB_TOKEN", Bitbucket: "BITBUCKET_TOKEN"}[p.Kind]
	for _, need := range []struct{ value, text string }{
		{p.Kind, "host is unknown: this is no CI that weir knows (name it with --host: " + strings.Join(Kinds, ", ") + ")"},
		{p.Repo, "repository is unknown (name it with --repo)"},
		{cmp.Or(p.Request, p.Merged), "request is unknown: this run is of none (name it with --request)"},
	} {
		if need.value == "" {
			return Place{}, errors.New(need.text)
		}
	}
	if p.Request != "" && p.Merged != "" {
		return Place{}, errors.New("request is named twice: by its number and by what it was merged as (leave one out)")
	}
	if p.Commit != "" && !isCommit.MatchString(p.Commit) {
		return Place{}, fmt.Errorf("commit %q is not a whole one (40 or 64 digits)", p.Commit)
	}
	return p, nil
}

// event is what GitHub says in the file at GITHUB_EVENT_PATH.
type event struct {
	PullRequest struct {
		Number int64 `json:"number"`
		Head   struct {
			SHA string `json:"sha"`
		} `json:"head"`
	} `json:"pull_request"`
	Issue struct {
		Number      int64           `json:"number"`
		PullRequest json.RawMessage `json:"pull_request"` // there for comments on a pull request
	} `json:"issue"`
	WorkflowRun struct {
		HeadSHA      string `json:"head_sha"`
		PullRequests []struct {
			Number int64 `json:"number"`
		} `json:"pull_requests"`
	} `json:"workflow_run"`
}

// inGitHub reads the environment of a workflow
// (docs.github.com/actions/reference/variables-reference, default variables).
// GITHUB_SHA is not used: of a pull request it is a merge that nobody reviews.
func inGitHub(getenv func(string) string) (Place, error) {
	p := Place{Kind: GitHub, Repo: getenv("GITHUB_REPOSITORY"), Address: getenv("GITHUB_API_URL"), Summary: getenv("GITHUB_STEP_SUMMARY")}
	if server, id := getenv("GITHUB_SERVER_URL"), getenv("GITHUB_RUN_ID"); server != "" && id != "" {
		p.Run = server + "/" + p.Repo + "/actions/runs/" + id
	}
	path := getenv("GITHUB_EVENT_PATH")
	if path == "" {
		return p, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return p, fmt.Errorf("what GitHub says of this run cannot be read (GITHUB_EVENT_PATH): %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxEvent+1))
	var e event
	if err == nil && len(b) > maxEvent {
		err = errors.New("it is too large")
	}
	if err == nil {
		err = json.Unmarshal(b, &e)
	}
	if err != nil {
		return p, fmt.Errorf("what GitHub says of this run cannot be read (GITHUB_EVENT_PATH): %w", err)
	}
	number := int64(0)
	switch runs := e.WorkflowRun; {
	case e.PullRequest.Number != 0:
		number, p.Commit = e.PullRequest.Number, e.PullRequest.Head.SHA
	case len(e.Issue.PullRequest) > 0 && string(e.Issue.PullRequest) != "null":
		number = e.Issue.Number // a comment says nothing of commits
	case runs.HeadSHA != "":
		p.Commit = runs.HeadSHA
		if len(runs.PullRequests) == 1 { // none for those of forks
			number = runs.PullRequests[0].Number
		}
	}
	if number != 0 {
		p.Request = strconv.FormatInt(number, 10)
	}
	return p, nil
}

// inGitLab reads the environment of a job (docs.gitlab.com/ci/variables/predefined_variables).
// The merge request is of the project that it goes to, which is another than the
// job's in a fork. In a pipeline for merged results CI_COMMIT_SHA is a merge.
func inGitLab(getenv func(string) string) Place {
	return Place{
		Kind: GitLab, Address: getenv("CI_API_V4_URL"),
		Repo:     cmp.Or(getenv("CI_MERGE_REQUEST_PROJECT_ID"), getenv("CI_PROJECT_ID")),
		Request:  getenv("CI_MERGE_REQUEST_IID"),
		Commit:   cmp.Or(getenv("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"), getenv("CI_COMMIT_SHA")),
		Run:      cmp.Or(getenv("CI_JOB_URL"), getenv("CI_PIPELINE_URL")),
		Pipeline: getenv("CI_PIPELINE_ID"),
	}
}

// inBitbucket reads the environment of a pipeline
// (support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets). Pipelines
// run at Bitbucket Cloud alone, which has one address.
func inBitbucket(getenv func(string) string) Place {
	repo := getenv("BITBUCKET_REPO_FULL_NAME")
	if repo == "" && getenv("BITBUCKET_WORKSPACE") != "" {
		repo = getenv("BITBUCKET_WORKSPACE") + "/" + getenv("BITBUCKET_REPO_SLUG")
	}
	return Place{
		Kind: Bitbucket, Address: "https://api.bitbucket.org/2.0", Repo: repo,
		Request: getenv("BITBUCKET_PR_ID"), Commit: getenv("BITBUCKET_COMMIT"),
		Run: "https://bitbucket.org/" + repo + "/pipelines/results/" + getenv("BITBUCKET_BUILD_NUMBER"),
	}
}
