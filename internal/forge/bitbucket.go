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

// What is sent to Bitbucket Cloud. Sources: developer.atlassian.com/cloud/bitbucket/rest,
// the group behind each.
var (
	bbUser          = rest.Endpoint{Method: "GET", Path: "/user", Op: "read whose the token is"}                                              // api-group-users
	bbRequest       = rest.Endpoint{Method: "GET", Path: "/repositories/{}/{}/pullrequests/{}", Op: "read the pull request"}                  // api-group-pullrequests
	bbComments      = rest.Endpoint{Method: "GET", Path: "/repositories/{}/{}/pullrequests/{}/comments", Op: "read the comments"}             // api-group-pullrequests
	bbPermissions   = rest.Endpoint{Method: "GET", Path: "/workspaces/{}/permissions/repositories/{}", Op: "read who may write"}              // api-group-workspaces: effective permissions, of groups too
	bbMerged        = rest.Endpoint{Method: "GET", Path: "/repositories/{}/{}/pullrequests", Op: "read what was merged as the commit"}        // api-group-pullrequests: list pull requests
	bbComment       = rest.Endpoint{Method: "POST", Path: "/repositories/{}/{}/pullrequests/{}/comments", Op: "write the comment"}            // api-group-pullrequests
	bbEdit          = rest.Endpoint{Method: "PUT", Path: "/repositories/{}/{}/pullrequests/{}/comments/{}", Op: "edit the comment"}           // api-group-pullrequests
	bbStatus        = rest.Endpoint{Method: "POST", Path: "/repositories/{}/{}/commit/{}/statuses/build", Op: "set the status of the commit"} // api-group-commit-statuses: one with the key is overwritten
	bitbucketReads  = []rest.Endpoint{bbUser, bbRequest, bbComments, bbPermissions, bbMerged}
	bitbucketWrites = []rest.Endpoint{bbComment, bbEdit, bbStatus}
)

const (
	bitbucketPage        = 50
	bitbucketDescription = 255 // no bound is documented
	// bitbucketEdit is how much later than its creation a comment may be dated
	// that nobody edited: the two are stamped one after the other. Only its author
	// can edit a comment.
	bitbucketEdit = time.Second
)

type bitbucket struct {
	at
	workspace, repo string
	writers         *writers
}

// writers are the accounts that may write, once they were read.
type writers struct {
	read bool
	ids  map[string]bool
	why  string // they cannot be read
}

func newBitbucket(a at, workspace, repo string) host {
	return bitbucket{a, workspace, repo, &writers{}}
}

type bbAccount struct {
	UUID        string `json:"uuid"`
	DisplayName string `json:"display_name"`
	Type        string `json:"type"`
}

func (a *bbAccount) Check() error {
	if a.UUID == "" {
		return errors.New("the answer lacks an account")
	}
	return nil
}

func (a bbAccount) account() Account {
	return Account{ID: a.UUID, Name: a.DisplayName, Bot: a.Type != "" && a.Type != "user"}
}

func (h bitbucket) Account(ctx context.Context) (Account, error) {
	if a, ok := h.named(); ok {
		return a, nil
	}
	var own bbAccount
	err := h.Read(ctx, rest.Call{To: bbUser}, &own)
	return own.account(), err
}

type bbRequested struct {
	ID     int64     `json:"id"`
	Author bbAccount `json:"author"`
	Source struct {
		Commit struct {
			Hash string `json:"hash"`
		} `json:"commit"`
	} `json:"source"`
	Destination struct {
		Branch struct {
			Name string `json:"name"`
		} `json:"branch"`
	} `json:"destination"`
	Links struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"links"`
}

func (r *bbRequested) Check() error {
	if r.ID == 0 {
		return errors.New("the answer lacks the pull request")
	}
	return nil
}

func (h bitbucket) Request(ctx context.Context) (Request, error) {
	var r bbRequested
	if err := h.Read(ctx, rest.Call{To: bbRequest, Args: []string{h.workspace, h.repo, h.request}}, &r); err != nil {
		return Request{}, err
	}
	return Request{Author: r.Author.account(), Head: r.Source.Commit.Hash, Into: r.Destination.Branch.Name, Page: r.Links.HTML.Href}, nil
}

// bbPage is a page of a list. Its next is an address, of which only the page is
// used: weir follows no address that a server names.
type bbPage[T any] struct {
	Values *[]T   `json:"values"`
	Next   string `json:"next"`
}

func (p *bbPage[T]) Check() error {
	if p.Values == nil {
		return errors.New("the answer lacks its values")
	}
	return nil
}

func bitbucketList[T any](ctx context.Context, h bitbucket, what rest.Call, id func(T) string) ([]T, error) {
	return rest.Walk(ctx, what, id, func(ctx context.Context, from string) (rest.Page[T], error) {
		what.Query = rest.With(what.Query, "pagelen", strconv.Itoa(bitbucketPage))
		if from != "" {
			what.Query.Set("page", from)
		}
		var p bbPage[T]
		if err := h.Read(ctx, what, &p); err != nil {
			return rest.Page[T]{}, err
		}
		out := rest.Page[T]{Items: *p.Values}
		if p.Next != "" {
			u, err := url.Parse(p.Next)
			if err != nil || u.Query().Get("page") == "" {
				return rest.Page[T]{}, rest.Fail(site.Invalid, what, errors.New("the list cannot be read to its end: the next page has no number"))
			}
			out.Next = u.Query().Get("page")
		}
		return out, nil
	})
}

type bbCommented struct {
	ID      int64     `json:"id"`
	User    bbAccount `json:"user"`
	Content struct {
		Raw string `json:"raw"`
	} `json:"content"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"`
	Deleted   bool      `json:"deleted"`
}

func (h bitbucket) Comments(ctx context.Context) ([]Comment, error) {
	what := rest.Call{To: bbComments, Args: []string{h.workspace, h.repo, h.request}}
	all, err := bitbucketList(ctx, h, what, func(c bbCommented) string { return strconv.FormatInt(c.ID, 10) })
	if err != nil {
		return nil, err
	}
	var out []Comment
	for _, c := range all {
		if !c.Deleted {
			out = append(out, Comment{
				ID: strconv.FormatInt(c.ID, 10), Author: c.User.account(), Body: c.Content.Raw,
				Created: c.CreatedOn, Edited: c.UpdatedOn.Sub(c.CreatedOn) > bitbucketEdit,
			})
		}
	}
	return out, nil
}

func raw(body string) any { return map[string]any{"content": map[string]string{"raw": body}} }

func (h bitbucket) CreateComment(ctx context.Context, body string) error {
	return h.Write(ctx, rest.Call{To: bbComment, Args: []string{h.workspace, h.repo, h.request}, Body: raw(body)})
}

func (h bitbucket) EditComment(ctx context.Context, id, body string) error {
	return h.Write(ctx, rest.Call{To: bbEdit, Args: []string{h.workspace, h.repo, h.request, id}, Body: raw(body)})
}

// Label does nothing: pull requests have no labels.
func (h bitbucket) Label(context.Context, string, []string) error { return nil }

func (h bitbucket) SetStatus(ctx context.Context, s Status) error {
	state := map[State]string{Success: "SUCCESSFUL", Failure: "FAILED", Pending: "INPROGRESS"}[s.State]
	return h.Write(ctx, rest.Call{To: bbStatus, Args: []string{h.workspace, h.repo, s.Commit}, Body: map[string]string{
		"key": s.Context, "name": s.Context, "state": state,
		"description": cut(s.Description, bitbucketDescription), "url": s.Link,
	}})
}

type bbPermitted struct {
	Permission string    `json:"permission"`
	User       bbAccount `json:"user"`
}

// MayWrite reads once who may write. Only an administrator of the repository may
// read that.
func (h bitbucket) MayWrite(ctx context.Context, _ Request, who Account) (bool, string, error) {
	if !h.writers.read {
		what := rest.Call{To: bbPermissions, Args: []string{h.workspace, h.repo}, Query: url.Values{"q": {`permission>"read"`}}}
		all, err := bitbucketList(ctx, h, what, func(p bbPermitted) string { return p.User.UUID })
		why, open := unseen(err)
		if err != nil && !open {
			return false, "", err
		}
		*h.writers = writers{read: true, ids: make(map[string]bool), why: why}
		for _, p := range all {
			h.writers.ids[p.User.UUID] = p.Permission == "write" || p.Permission == "admin"
		}
	}
	return h.writers.ids[who.ID], h.writers.why, nil
}

type bbMergedRequest struct {
	ID     int64  `json:"id"`
	State  string `json:"state"`
	Commit struct {
		Hash string `json:"hash"`
	} `json:"merge_commit"`
}

// merged looks among the requests that were merged last, one page of them: the
// list of a commit's own takes an app that somebody has to install. Bitbucket
// gives the first 12 digits of a commit.
func (h bitbucket) merged(ctx context.Context, commit string) (string, error) {
	what := rest.Call{To: bbMerged, Args: []string{h.workspace, h.repo}, Query: url.Values{
		"state": {"MERGED"}, "sort": {"-updated_on"}, "pagelen": {strconv.Itoa(bitbucketPage)},
	}}
	var p bbPage[bbMergedRequest]
	if err := h.Read(ctx, what, &p); err != nil {
		return "", err
	}
	for _, r := range *p.Values {
		if r.State == "MERGED" && len(r.Commit.Hash) >= 12 && strings.HasPrefix(commit, r.Commit.Hash) {
			return strconv.FormatInt(r.ID, 10), nil
		}
	}
	return "", nil
}
