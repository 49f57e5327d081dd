package cli_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weirhq/weir/internal/forge/forgetest"
)

type reviewKey struct{}

// standIn is the host of reviews that a script runs, if it runs one.
type standIn struct{ *forgetest.Server }

// review is the verb for a stand-in of a host of reviews. The first argument says
// what:
//
//	start KIND           run one (github, gitlab, bitbucket) and set the environment of its CI
//	push COMMIT          move the request to a commit, 40 times one digit
//	merge COMMIT         merge the request as a commit, 40 times one digit
//	permit WHO RIGHT     none, read, write or admin
//	say WHO TEXT         write a comment; \n is a line break
//	edit N TEXT          change the Nth comment
//	fail METHOD PATH N   answer requests below a path with the status N
//	revoke               end weir's token
//	show THINGS          print comments, labels, statuses or requests
func review(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 1, "review start|push|merge|permit|say|edit|fail|revoke|show …")
	s := ts.Value(reviewKey{}).(*standIn)
	verb, args := args[0], args[1:]
	text := func(i int) string { return strings.ReplaceAll(args[i], `\n`, "\n") }
	switch verb {
	case "start":
		usage(ts, len(args) == 1, "review start KIND")
		s.Server = forgetest.New(args[0])
		ts.Defer(s.Close)
		// Searched for in what weir prints and writes, like the secrets of a site.
		kept := ts.Value(servedKey{}).(*served)
		kept.secrets = append(kept.secrets, s.Token(forgetest.Weir))
		s.environment(ts)
	case "push":
		usage(ts, len(args) == 1, "review push COMMIT")
		s.Push(strings.Repeat(args[0], 40))
		s.environment(ts)
	case "merge":
		usage(ts, len(args) == 1, "review merge COMMIT")
		s.Merge(strings.Repeat(args[0], 40))
	case "permit":
		usage(ts, len(args) == 2, "review permit WHO RIGHT")
		right, ok := map[string]int{"none": forgetest.None, "read": forgetest.Read, "write": forgetest.Write, "admin": forgetest.Admin}[args[1]]
		usage(ts, ok, "review permit WHO none|read|write|admin")
		s.Permit(args[0], right)
	case "say":
		usage(ts, len(args) == 2, "review say WHO TEXT")
		s.Say(args[0], text(1))
	case "edit":
		usage(ts, len(args) == 2, "review edit N TEXT")
		n, err := strconv.Atoi(args[0])
		ts.Check(err)
		s.Edit(s.Comments()[n-1].ID, text(1))
	case "fail":
		usage(ts, len(args) == 3, "review fail METHOD PATH STATUS")
		status, err := strconv.Atoi(args[2])
		ts.Check(err)
		s.Fail(args[0], args[1], status, -1)
	case "revoke":
		s.Revoke(forgetest.Weir)
	case "show":
		usage(ts, len(args) == 1, "review show comments|labels|statuses|requests")
		s.show(ts, args[0])
	default:
		ts.Fatalf("review: unknown verb %q", verb)
	}
}

// environment is what the CI of the host says in a run for the request's commit.
func (s *standIn) environment(ts *testscript.TestScript) {
	set := func(pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			ts.Setenv(pairs[i], pairs[i+1])
		}
	}
	token := s.Token(forgetest.Weir)
	switch s.Kind {
	case "github":
		event := ts.MkAbs("event.json")
		ts.Check(os.WriteFile(event, []byte(fmt.Sprintf(`{"pull_request": {"number": %d, "head": {"sha": %q}}}`, forgetest.Number, s.Head())), 0o600))
		set("GITHUB_ACTIONS", "true", "GITHUB_REPOSITORY", forgetest.Repo, "GITHUB_API_URL", s.Base(), "GITHUB_EVENT_PATH", event, "GITHUB_TOKEN", token,
			"GITHUB_SERVER_URL", "https://github.example", "GITHUB_RUN_ID", "99", "GITHUB_STEP_SUMMARY", ts.MkAbs("summary.md"))
	case "gitlab":
		set("GITLAB_CI", "true", "CI_API_V4_URL", s.Base(), "CI_PROJECT_ID", "11", "CI_MERGE_REQUEST_IID", fmt.Sprint(forgetest.Number),
			"CI_COMMIT_SHA", s.Head(), "CI_JOB_URL", "https://gitlab.example/acme/access/-/jobs/99", "GITLAB_TOKEN", token)
	case "bitbucket":
		// The stand-in is not where Pipelines says it is.
		set("BITBUCKET_BUILD_NUMBER", "99", "BITBUCKET_REPO_FULL_NAME", forgetest.Repo, "BITBUCKET_PR_ID", fmt.Sprint(forgetest.Number), "BITBUCKET_COMMIT", s.Head(),
			"WEIR_REVIEW_ADDRESS", s.Base(), "WEIR_REVIEW_TOKEN", token)
	default:
		ts.Check(errors.New("unknown kind of host"))
	}
}

func (s *standIn) show(ts *testscript.TestScript, what string) {
	out := ts.Stdout()
	switch what {
	case "comments":
		for _, c := range s.Comments() {
			edited := ""
			if !c.Updated.Equal(c.Created) {
				edited = " (edited)"
			}
			fmt.Fprintf(out, "%s%s:\n", c.Author, edited)
			for line := range strings.Lines(c.Body) {
				fmt.Fprintf(out, "| %s\n", strings.TrimSuffix(line, "\n"))
			}
		}
	case "labels":
		for _, l := range s.Labels() {
			fmt.Fprintln(out, l)
		}
	case "statuses":
		for _, st := range s.Statuses() {
			fmt.Fprintf(out, "%.4s %s %s: %s <%s>\n", st.Commit, st.Context, st.State, st.Description, st.Link)
		}
	case "requests":
		for _, r := range s.Seen() {
			fmt.Fprintln(out, r)
		}
	default:
		ts.Fatalf("review show: unknown %q", what)
	}
}

// keep is the verb that keeps the first line of stdout in a variable.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "keep VARIABLE")
	line, _, _ := strings.Cut(ts.ReadFile("stdout"), "\n")
	if line == "" {
		ts.Fatalf("nothing was printed")
	}
	ts.Setenv(args[0], line)
}
