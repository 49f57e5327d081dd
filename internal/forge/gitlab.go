package forge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// What is sent to GitLab. Sources: docs.gitlab.com/api (doc/api of its
// repository), the page behind each.
var (
	glUser       = rest.Endpoint{Method: "GET", Path: "/user", Op: "read whose the token is"}                                                        // users
	glRequest    = rest.Endpoint{Method: "GET", Path: "/projects/{}/merge_requests/{}", Op: "read the merge request"}                                // merge_requests
	glNotes      = rest.Endpoint{Method: "GET", Path: "/projects/{}/merge_requests/{}/notes", Op: "read the comments"}                               // notes
	glMember     = rest.Endpoint{Method: "GET", Path: "/projects/{}/members/all/{}", Op: "read who may write"}                                       // members (project_members), inherited and invited ones included
	glBranch     = rest.Endpoint{Method: "GET", Path: "/projects/{}/repository/branches/{}", Op: "read who may merge"}                               // branches
	glStatuses   = rest.Endpoint{Method: "GET", Path: "/projects/{}/repository/commits/{}/statuses", Op: "read the status of the commit"}            // commits
	glMerged     = rest.Endpoint{Method: "GET", Path: "/projects/{}/repository/commits/{}/merge_requests", Op: "read what was merged as the commit"} // commits: list merge requests associated with a commit
	glNote       = rest.Endpoint{Method: "POST", Path: "/projects/{}/merge_requests/{}/notes", Op: "write the comment"}                              // notes
	glEdit       = rest.Endpoint{Method: "PUT", Path: "/projects/{}/merge_requests/{}/notes/{}", Op: "edit the comment"}                             // notes
	glUpdate     = rest.Endpoint{Method: "PUT", Path: "/projects/{}/merge_requests/{}", Op: "set the label"}                                         // merge_requests: add_labels, remove_labels
	glStatus     = rest.Endpoint{Method: "POST", Path: "/projects/{}/statuses/{}", Op: "set the status of the commit"}                               // commits
	gitLabReads  = []rest.Endpoint{glUser, glRequest, glNotes, glMember, glBranch, glStatuses, glMerged}
	gitLabWrites = []rest.Endpoint{glNote, glEdit, glUpdate, glStatus}
)

// gitLabDescription is the most that a status may say: the length of GitLab's column.
const gitLabDescription = 255

// The access levels of GitLab (docs.gitlab.com/api/access_requests).
const (
	developer  = 30
	maintainer = 40
)

type gitLab struct {
	at
	project, pipeline string
}

type glAccount struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Bot      bool   `json:"bot"` // of the token's own account alone
}

func (a *glAccount) Check() error {
	if a.ID == 0 {
		return errors.New("the answer lacks an account")
	}
	return nil
}

func (a glAccount) account() Account {
	return Account{ID: strconv.FormatInt(a.ID, 10), Name: a.Username, Bot: a.Bot}
}

func (h gitLab) Account(ctx context.Context) (Account, error) {
	if a, ok := h.named(); ok {
		return a, nil
	}
	var own glAccount
	err := h.Read(ctx, rest.Call{To: glUser}, &own)
	return own.account(), err
}

type glRequested struct {
	IID          int64     `json:"iid"`
	Author       glAccount `json:"author"`
	SHA          string    `json:"sha"`
	TargetBranch string    `json:"target_branch"`
	Labels       []string  `json:"labels"`
	WebURL       string    `json:"web_url"`
}

func (r *glRequested) Check() error {
	if r.IID == 0 || r.Author.ID == 0 {
		return errors.New("the answer lacks the merge request")
	}
	return nil
}

func (h gitLab) Request(ctx context.Context) (Request, error) {
	var r glRequested
	if err := h.Read(ctx, rest.Call{To: glRequest, Args: []string{h.project, h.request}}, &r); err != nil {
		return Request{}, err
	}
	return Request{Author: r.Author.account(), Head: r.SHA, Into: r.TargetBranch, Labels: r.Labels, Page: r.WebURL}, nil
}

type glNoted struct {
	ID        int64     `json:"id"`
	Author    glAccount `json:"author"`
	Body      string    `json:"body"`
	System    bool      `json:"system"` // GitLab wrote it, in somebody's name
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func (h gitLab) Comments(ctx context.Context) ([]Comment, error) {
	what := rest.Call{To: glNotes, Args: []string{h.project, h.request}, Query: url.Values{"sort": {"asc"}, "order_by": {"created_at"}}}
	all, err := numbered(ctx, h.at, what, func(n glNoted) string { return strconv.FormatInt(n.ID, 10) })
	if err != nil {
		return nil, err
	}
	var out []Comment
	for _, n := range all {
		if !n.System {
			out = append(out, Comment{
				ID: strconv.FormatInt(n.ID, 10), Author: n.Author.account(), Body: n.Body,
				Created: n.CreatedAt, Edited: !n.UpdatedAt.Equal(n.CreatedAt),
			})
		}
	}
	return out, nil
}

func (h gitLab) CreateComment(ctx context.Context, body string) error {
	return h.Write(ctx, rest.Call{To: glNote, Args: []string{h.project, h.request}, Body: map[string]string{"body": body}})
}

func (h gitLab) EditComment(ctx context.Context, id, body string) error {
	return h.Write(ctx, rest.Call{To: glEdit, Args: []string{h.project, h.request, id}, Body: map[string]string{"body": body}})
}

func (h gitLab) Label(ctx context.Context, add string, remove []string) error {
	body := make(map[string]string)
	if add != "" {
		body["add_labels"] = add
	}
	if len(remove) > 0 {
		body["remove_labels"] = strings.Join(remove, ",")
	}
	if len(body) == 0 {
		return nil
	}
	return h.Write(ctx, rest.Call{To: glUpdate, Args: []string{h.project, h.request}, Body: body})
}

type glStatused struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

// SetStatus sets the status. GitLab takes it for a job of a pipeline, and
// refuses one that changes into the state that it is in already ("Cannot
// transition status"); whether that is so is read then.
func (h gitLab) SetStatus(ctx context.Context, s Status) error {
	state := map[State]string{Success: "success", Failure: "failed", Pending: "pending"}[s.State]
	body := map[string]any{"state": state, "name": s.Context, "description": cut(s.Description, gitLabDescription)}
	if s.Link != "" {
		body["target_url"] = s.Link
	}
	if n, err := strconv.ParseInt(h.pipeline, 10, 64); err == nil {
		body["pipeline_id"] = n
	}
	refused := h.Write(ctx, rest.Call{To: glStatus, Args: []string{h.project, s.Commit}, Body: body})
	if rest.Status(refused) != 400 {
		return refused
	}
	what := rest.Call{To: glStatuses, Args: []string{h.project, s.Commit}, Query: url.Values{"name": {s.Context}}}
	all, err := numbered(ctx, h.at, what, func(s glStatused) string { return strconv.FormatInt(s.ID, 10) })
	if err != nil {
		return errors.Join(refused, err)
	}
	var latest glStatused
	for _, is := range all {
		if is.Name == s.Context && is.ID > latest.ID {
			latest = is
		}
	}
	if latest.Status == state {
		return nil
	}
	return refused
}

type glMembership struct {
	ID          int64  `json:"id"`
	State       string `json:"state"`
	AccessLevel int    `json:"access_level"`
}

func (m *glMembership) Check() error {
	if m.ID == 0 {
		return errors.New("the answer lacks a member")
	}
	return nil
}

type glBranched struct {
	Name               string `json:"name"`
	Protected          bool   `json:"protected"`
	DevelopersCanMerge bool   `json:"developers_can_merge"`
}

func (b *glBranched) Check() error {
	if b.Name == "" {
		return errors.New("the answer lacks a branch")
	}
	return nil
}

// MayWrite asks for the level, and of a developer also whether developers may
// merge into the branch that the request goes to.
func (h gitLab) MayWrite(ctx context.Context, r Request, who Account) (bool, string, error) {
	var m glMembership
	err := h.Read(ctx, rest.Call{To: glMember, Args: []string{h.project, who.ID}}, &m)
	switch {
	case site.Is(err, site.NotFound):
		return false, "", nil // no member
	case err != nil:
		return untold(err)
	case strconv.FormatInt(m.ID, 10) != who.ID || m.State != "active" || m.AccessLevel < developer:
		return false, "", nil
	case m.AccessLevel >= maintainer:
		return true, "", nil
	}
	var b glBranched
	if err := h.Read(ctx, rest.Call{To: glBranch, Args: []string{h.project, r.Into}}, &b); err != nil {
		return untold(err)
	}
	if b.Protected && !b.DevelopersCanMerge {
		return false, fmt.Sprintf("developers may not merge into %s", r.Into), nil
	}
	return true, "", nil
}

type glMergedRequest struct {
	IID    int64  `json:"iid"`
	State  string `json:"state"`
	SHA    string `json:"sha"`
	Merge  string `json:"merge_commit_sha"`
	Squash string `json:"squash_commit_sha"`
}

// merged asks for the requests that a commit belongs to. One that was merged by
// moving the branch forward has no commit of its own but its last one.
func (h gitLab) merged(ctx context.Context, commit string) (string, error) {
	requests, err := numbered(ctx, h.at, rest.Call{To: glMerged, Args: []string{h.project, commit}}, func(r glMergedRequest) string { return strconv.FormatInt(r.IID, 10) })
	for _, r := range requests {
		if r.State != "merged" {
			continue
		}
		if r.Merge == commit || r.Merge == "" && (r.Squash == commit || r.Squash == "" && r.SHA == commit) {
			return strconv.FormatInt(r.IID, 10), err
		}
	}
	return "", err
}
