// Package forge speaks to the hosts where changes are reviewed: GitHub (also
// Enterprise Server), GitLab and Bitbucket Cloud.
//
//	host, err := forge.New(forge.Config{Kind: "github", Repo: "acme/access", Request: "7", Base: base, Auth: rest.Bearer(token)})
//	own, err := host.Account(ctx)
//	comments, err := host.Comments(ctx)
//	rulings, err := forge.Judge(ctx, host, forge.Review{Plan: plan, Request: request, Own: own, Comments: comments})
//
// Its words: a request is a pull or merge request, a comment what somebody wrote
// in its conversation, an account whoever wrote it, a word a command in a comment
// ("/weir accept …"), and a ruling what became of a word.
//
// It decides who may accept what, and nothing about a plan. It knows the closed
// list of endpoints below and sends its token to one base address, through
// [rest.Client]: no redirect is followed, a write is not repeated blindly.
// Bitbucket Data Center is not among the hosts.
package forge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// The kinds of host.
const (
	GitHub    = "github"
	GitLab    = "gitlab"
	Bitbucket = "bitbucket"
)

// Kinds lists them.
var Kinds = []string{GitHub, GitLab, Bitbucket}

// Name gives a kind's name for people.
func Name(kind string) string {
	return map[string]string{GitHub: "GitHub", GitLab: "GitLab", Bitbucket: "Bitbucket"}[kind]
}

// Account is somebody of a host. ID does not change and is nobody else's; Name
// is what people see, and on Bitbucket no more than that.
type Account struct {
	ID, Name string
	ByName   bool // the name is all that is known, at a host where it is nobody else's
	Bot      bool // where the host tells
}

// Request is what is reviewed.
type Request struct {
	Author Account
	Head   string // the commit that it would merge; Bitbucket gives its first 12 digits
	Into   string // the branch that it would be merged into
	Labels []string
	Page   string // its address for people
}

// Comment is one of a request's conversation.
type Comment struct {
	ID      string
	Author  Account
	Body    string
	Created time.Time
	Edited  bool // it is not as it was first written
}

// State is what a status says.
type State string

// What a status can say.
const (
	Success State = "success"
	Failure State = "failure"
	Pending State = "pending"
)

// Status is what a commit's check says. A protected branch can require it by
// its context.
type Status struct {
	Commit      string
	Context     string
	State       State
	Description string // cut to what the host takes
	Link        string // to the run; Bitbucket insists on one
}

// Host is one request at a host. Errors are [*site.Error].
type Host interface {
	// Account says whose the token is.
	Account(context.Context) (Account, error)
	Request(context.Context) (Request, error)
	// Comments reads the whole conversation, oldest first.
	Comments(context.Context) ([]Comment, error)
	CreateComment(ctx context.Context, body string) error
	EditComment(ctx context.Context, id, body string) error
	// Label adds a label and takes others away. [HasLabels] says where it does.
	Label(ctx context.Context, add string, remove []string) error
	SetStatus(context.Context, Status) error
	// MayWrite reports whether somebody may write to the repository, and so merge
	// the request. where it cannot be told, why says so, and may is false.
	MayWrite(ctx context.Context, r Request, who Account) (may bool, why string, err error)
}

// host also knows which request was merged as a commit.
type host interface {
	Host
	merged(ctx context.Context, commit string) (request string, err error)
}

// limits of a comment in characters. GitHub: "Body is too long (maximum is 65536
// characters)", its own refusal. GitLab: "Limited to 1,000,000 characters"
// (docs.gitlab.com/api/notes). Bitbucket Cloud writes none down; 32,768 is what
// its Data Center refuses to exceed and what other clients keep to.
var limits = map[string]int{GitHub: 65_536, GitLab: 1_000_000, Bitbucket: 32_768}

// Limit is how many characters a comment may have.
func Limit(kind string) int { return limits[kind] }

// HasLabels reports whether requests have labels: not on Bitbucket.
func HasLabels(kind string) bool { return kind != Bitbucket }

// Config says which request at which host, and through what.
type Config struct {
	Kind     string
	Base     *url.URL // of the host's interface; the token goes nowhere else
	Auth     rest.Authorization
	Repo     string // OWNER/NAME, WORKSPACE/SLUG; at GitLab a path or a number
	Request  string // its number
	Pipeline string // GitLab: the pipeline that a status belongs to, if known
	Account  string // whose the token is, where the host does not tell; may be empty

	Transport rest.Transport
	Clock     func() time.Time
	Wait      func(context.Context, time.Duration) error
	Trace     func(rest.Sent)
}

var (
	isNumber = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)
	isPath   = regexp.MustCompile(`^[A-Za-z0-9_.{}-]+(/[A-Za-z0-9_.{}-]+)+$`)
	isCommit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
)

// New opens a request at a host. It sends nothing.
func New(c Config) (Host, error) {
	if !isNumber.MatchString(c.Request) {
		return nil, fmt.Errorf("request %q is not a number", c.Request)
	}
	return dial(c)
}

// Merged gives the number of the request that was merged as a commit, whatever
// c.Request says, and "" if the host knows of none. What a commit's message says
// is anybody's word: the host is asked.
func Merged(ctx context.Context, c Config, commit string) (string, error) {
	if !isCommit.MatchString(commit) {
		return "", fmt.Errorf("commit %q is not a whole one (40 or 64 digits)", commit)
	}
	h, err := dial(c)
	if err != nil {
		return "", err
	}
	return h.merged(ctx, commit)
}

func dial(c Config) (host, error) {
	parts := strings.Split(c.Repo, "/")
	switch {
	case !slices.Contains(Kinds, c.Kind):
		return nil, fmt.Errorf("host %q is not known (%s)", c.Kind, strings.Join(Kinds, ", "))
	case c.Kind == GitLab && isNumber.MatchString(c.Repo):
	case !isPath.MatchString(c.Repo), c.Kind != GitLab && len(parts) != 2, slices.Contains(parts, "."), slices.Contains(parts, ".."):
		return nil, fmt.Errorf("repository %q of %s is not one (write OWNER/NAME; at GitLab its whole path, or its number)", c.Repo, Name(c.Kind))
	}
	of := map[string]struct {
		reads, writes []rest.Endpoint
		open          func(at) host
	}{
		GitHub:    {gitHubReads, gitHubWrites, func(a at) host { return gitHub{a, parts[0], parts[1]} }},
		GitLab:    {gitLabReads, gitLabWrites, func(a at) host { return gitLab{a, c.Repo, c.Pipeline} }},
		Bitbucket: {bitbucketReads, bitbucketWrites, func(a at) host { return newBitbucket(a, parts[0], parts[1]) }},
	}[c.Kind]
	surfaces := []rest.Surface{{Name: Name(c.Kind), Base: c.Base, Auth: c.Auth}}
	if c.Kind == GitHub {
		surfaces = append(surfaces, rest.Surface{Name: "GitHub's GraphQL", Base: graphQLBase(c.Base), Auth: c.Auth})
	}
	config := rest.Config{
		Surfaces: surfaces, Reads: of.reads, Writes: of.writes,
		Transport: c.Transport, Clock: c.Clock, Wait: c.Wait, Trace: c.Trace, InFlight: 1,
	}
	if c.Kind == GitHub {
		config.Throttled = gitHubThrottled
	}
	client, err := rest.New(config)
	if err != nil {
		return nil, err
	}
	return of.open(at{client, c.Kind, c.Request, c.Account}), nil
}

// at is what the hosts share: a client, and which request.
type at struct {
	*rest.Client
	kind    string
	request string
	account string
}

// Read is [rest.Client.Read], and says what a refusal may mean.
func (a at) Read(ctx context.Context, what rest.Call, out rest.Answer) error {
	return a.explain(a.Client.Read(ctx, what, out))
}

// Write is [rest.Client.Write], and says what a refusal may mean.
func (a at) Write(ctx context.Context, what rest.Call) error {
	return a.explain(a.Client.Write(ctx, what, nil))
}

// explain adds to a refusal what is to be done about it.
func (a at) explain(err error) error {
	var remedy string
	switch status := rest.Status(err); {
	case status == 401:
		remedy = "the token was revoked, has expired, or is not this host's"
	case status == 403:
		remedy = "docs/review.md says which rights the token needs"
	case status == 404:
		remedy = "it is not there, or the token may not see it"
	case status/100 == 3:
		remedy = "has the repository moved? give its new name with --repo"
	default:
		return err
	}
	return fmt.Errorf("%w (%s)", err, remedy)
}

// named is the account that the operator says the token is of.
func (a at) named() (Account, bool) {
	if a.kind == Bitbucket {
		return Account{ID: a.account}, a.account != ""
	}
	return Account{Name: a.account, ByName: true}, a.account != ""
}

// same reports whether two accounts are one.
func (a Account) same(b Account) bool {
	if a.ByName || b.ByName {
		return a.Name != "" && strings.EqualFold(a.Name, b.Name)
	}
	return a.ID != "" && a.ID == b.ID
}

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}

// untold is what MayWrite says where the host does not tell it: why, or a failure.
func untold(err error) (may bool, why string, _ error) {
	if why, open := unseen(err); open {
		return false, why, nil
	}
	return false, "", err
}

// unseen gives the reason of a refusal that leaves a question open.
func unseen(err error) (string, bool) {
	var trouble *site.Error
	if errors.As(err, &trouble) && (trouble.Kind == site.Forbidden && rest.Status(err) != 401 || trouble.Kind == site.NotFound) {
		return fmt.Sprint(trouble.Err), true
	}
	return "", false
}
