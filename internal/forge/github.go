package forge

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// What is sent to GitHub. Sources: docs.github.com/rest, the page and heading
// behind each; the same paths hold below /api/v3 of an Enterprise Server.
var (
	ghUser       = rest.Endpoint{Method: "GET", Path: "/user", Op: "read whose the token is"}                                    // users: get the authenticated user
	ghViewer     = rest.Endpoint{Surface: 1, Method: "POST", Path: "/graphql", Op: "read whose the token is"}                    // docs.github.com/graphql, query viewer
	ghPull       = rest.Endpoint{Method: "GET", Path: "/repos/{}/{}/pulls/{}", Op: "read the pull request"}                      // pulls: get a pull request
	ghComments   = rest.Endpoint{Method: "GET", Path: "/repos/{}/{}/issues/{}/comments", Op: "read the comments"}                // issues/comments: list issue comments
	ghPermission = rest.Endpoint{Method: "GET", Path: "/repos/{}/{}/collaborators/{}/permission", Op: "read who may write"}      // collaborators: get repository permissions for a user
	ghMerged     = rest.Endpoint{Method: "GET", Path: "/repos/{}/{}/commits/{}/pulls", Op: "read what was merged as the commit"} // commits: list pull requests associated with a commit
	ghComment    = rest.Endpoint{Method: "POST", Path: "/repos/{}/{}/issues/{}/comments", Op: "write the comment"}               // issues/comments: create an issue comment
	ghEdit       = rest.Endpoint{Method: "PATCH", Path: "/repos/{}/{}/issues/comments/{}", Op: "edit the comment"}               // issues/comments: update an issue comment
	ghLabel      = rest.Endpoint{Method: "POST", Path: "/repos/{}/{}/issues/{}/labels", Op: "set the label"}                     // issues/labels: add labels to an issue
	ghUnlabel    = rest.Endpoint{Method: "DELETE", Path: "/repos/{}/{}/issues/{}/labels/{}", Op: "take a label of weir's away"}  // issues/labels: remove a label from an issue
	ghStatus     = rest.Endpoint{Method: "POST", Path: "/repos/{}/{}/statuses/{}", Op: "set the status of the commit"}           // commits/statuses: create a commit status
	gitHubReads  = []rest.Endpoint{ghUser, ghViewer, ghPull, ghComments, ghPermission, ghMerged}
	gitHubWrites = []rest.Endpoint{ghComment, ghEdit, ghLabel, ghUnlabel, ghStatus}
)

// gitHubDescription is the most that a status may say: "description is too long
// (maximum is 140 characters)".
const gitHubDescription = 140

// graphQLBase is where GraphQL is: beside the REST interface of an Enterprise
// Server (/api/v3), and below that of github.com.
func graphQLBase(base *url.URL) *url.URL {
	if base == nil {
		return nil
	}
	b := *base
	b.Path = strings.TrimSuffix(b.Path, "/v3")
	return &b
}

// gitHubThrottled recognises GitHub's limits that come as a 403: the secondary
// ones with Retry-After, the primary one with nothing remaining and the second
// at which it is renewed (docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
func gitHubThrottled(status int, header func(string) string, now time.Time) (time.Duration, bool) {
	if status != 403 && status != 429 {
		return 0, false
	}
	if after, err := strconv.Atoi(header("Retry-After")); err == nil {
		return time.Duration(min(max(after, 0), 1<<20)) * time.Second, true
	}
	if header("X-RateLimit-Remaining") != "0" {
		return 0, status == 429
	}
	reset, err := strconv.ParseInt(header("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return 0, true
	}
	return max(0, min(time.Unix(reset, 0).Sub(now), 24*time.Hour)), true
}

type gitHub struct {
	at
	owner, repo string
}

type ghAccount struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"`
}

func (a ghAccount) Check() error {
	if a.ID == 0 || a.Login == "" {
		return errors.New("the answer lacks an account")
	}
	return nil
}

func (a ghAccount) account() Account {
	return Account{ID: strconv.FormatInt(a.ID, 10), Name: a.Login, Bot: a.Type != "" && a.Type != "User"}
}

// ghViewed is the answer to the question who asks.
type ghViewed struct {
	Data struct {
		Viewer struct {
			Login string `json:"login"`
		} `json:"viewer"`
	} `json:"data"`
}

func (v *ghViewed) Check() error {
	if v.Data.Viewer.Login == "" {
		return errors.New("the answer lacks an account")
	}
	return nil
}

// Account asks who the token is of. The token of a workflow, and any of an app,
// may not ask so: GraphQL tells those, by the name that comments show, such as
// github-actions[bot], which nobody can register as it has brackets.
func (h gitHub) Account(ctx context.Context) (Account, error) {
	if a, ok := h.named(); ok {
		return a, nil
	}
	var own ghAccount
	err := h.Read(ctx, rest.Call{To: ghUser}, &own)
	if err == nil {
		return own.account(), nil
	}
	if rest.Status(err) != 403 {
		return Account{}, err
	}
	var v ghViewed
	if err := h.Read(ctx, rest.Call{To: ghViewer, Body: map[string]string{"query": "query { viewer { login } }"}}, &v); err != nil {
		return Account{}, err
	}
	return Account{Name: v.Data.Viewer.Login, ByName: true, Bot: strings.HasSuffix(v.Data.Viewer.Login, "[bot]")}, nil
}

type ghPulled struct {
	Number  int        `json:"number"`
	User    *ghAccount `json:"user"` // null for an account that was deleted
	HTMLURL string     `json:"html_url"`
	Head    struct {
		SHA string `json:"sha"`
	} `json:"head"`
	Base struct {
		Ref string `json:"ref"`
	} `json:"base"`
	Labels []struct {
		Name string `json:"name"`
	} `json:"labels"`
}

func (p *ghPulled) Check() error {
	if p.Number == 0 || p.Head.SHA == "" {
		return errors.New("the answer lacks the pull request")
	}
	return nil
}

func (h gitHub) Request(ctx context.Context) (Request, error) {
	var p ghPulled
	if err := h.Read(ctx, rest.Call{To: ghPull, Args: []string{h.owner, h.repo, h.request}}, &p); err != nil {
		return Request{}, err
	}
	r := Request{Head: p.Head.SHA, Into: p.Base.Ref, Page: p.HTMLURL}
	if p.User != nil {
		r.Author = p.User.account()
	}
	for _, l := range p.Labels {
		r.Labels = append(r.Labels, l.Name)
	}
	return r, nil
}

type ghCommented struct {
	ID        int64      `json:"id"`
	User      *ghAccount `json:"user"`
	Body      string     `json:"body"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
}

func (h gitHub) Comments(ctx context.Context) ([]Comment, error) {
	what := rest.Call{To: ghComments, Args: []string{h.owner, h.repo, h.request}}
	all, err := numbered(ctx, h.at, what, func(c ghCommented) string { return strconv.FormatInt(c.ID, 10) })
	if err != nil {
		return nil, err
	}
	out := make([]Comment, len(all))
	for i, c := range all {
		// Whoever may write to a repository may edit everybody's comments.
		out[i] = Comment{ID: strconv.FormatInt(c.ID, 10), Body: c.Body, Created: c.CreatedAt, Edited: !c.UpdatedAt.Equal(c.CreatedAt)}
		if c.User != nil {
			out[i].Author = c.User.account()
		}
	}
	return out, nil
}

func (h gitHub) CreateComment(ctx context.Context, body string) error {
	return h.Write(ctx, rest.Call{To: ghComment, Args: []string{h.owner, h.repo, h.request}, Body: map[string]string{"body": body}})
}

func (h gitHub) EditComment(ctx context.Context, id, body string) error {
	return h.Write(ctx, rest.Call{To: ghEdit, Args: []string{h.owner, h.repo, id}, Body: map[string]string{"body": body}})
}

func (h gitHub) Label(ctx context.Context, add string, remove []string) error {
	for _, l := range remove {
		err := h.Write(ctx, rest.Call{To: ghUnlabel, Args: []string{h.owner, h.repo, h.request, l}})
		if err != nil && !site.Is(err, site.NotFound) { // somebody was faster
			return err
		}
	}
	if add == "" {
		return nil
	}
	return h.Write(ctx, rest.Call{To: ghLabel, Args: []string{h.owner, h.repo, h.request}, Body: map[string][]string{"labels": {add}}})
}

func (h gitHub) SetStatus(ctx context.Context, s Status) error {
	body := map[string]string{"state": string(s.State), "context": s.Context, "description": cut(s.Description, gitHubDescription)}
	if s.Link != "" {
		body["target_url"] = s.Link
	}
	return h.Write(ctx, rest.Call{To: ghStatus, Args: []string{h.owner, h.repo, s.Commit}, Body: body})
}

type ghPermitted struct {
	Permission string     `json:"permission"` // admin, write, read or none; maintain counts as write, triage as read
	User       *ghAccount `json:"user"`
}

func (p *ghPermitted) Check() error {
	if p.Permission == "" {
		return errors.New("the answer lacks a permission")
	}
	return nil
}

func (h gitHub) MayWrite(ctx context.Context, _ Request, who Account) (bool, string, error) {
	var p ghPermitted
	err := h.Read(ctx, rest.Call{To: ghPermission, Args: []string{h.owner, h.repo, who.Name}}, &p)
	switch {
	case err != nil:
		return untold(err)
	case p.User == nil || !p.User.account().same(who):
		return false, "the name belongs to another account now", nil
	}
	return p.Permission == "write" || p.Permission == "admin", "", nil
}

type ghMergedPull struct {
	Number   int64   `json:"number"`
	MergedAt *string `json:"merged_at"`
	Commit   string  `json:"merge_commit_sha"`
}

// merged asks for the requests that a commit belongs to, which are more than the
// one that it merged.
func (h gitHub) merged(ctx context.Context, commit string) (string, error) {
	pulls, err := numbered(ctx, h.at, rest.Call{To: ghMerged, Args: []string{h.owner, h.repo, commit}}, func(p ghMergedPull) string { return strconv.FormatInt(p.Number, 10) })
	for _, p := range pulls {
		if p.MergedAt != nil && p.Commit == commit {
			return strconv.FormatInt(p.Number, 10), err
		}
	}
	return "", err
}
