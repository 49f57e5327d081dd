package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/forge"
	"github.com/weirhq/weir/internal/operator"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site/rest"
)

// reviewFlags are what the commands about a review share.
type reviewFlags struct {
	forge.Place
	account   string
	authorMay bool
}

func (f *reviewFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Kind, "host", "", "where the review is: `github`, gitlab or bitbucket (default: the CI that weir runs in)")
	cmd.Flags().StringVar(&f.Repo, "repo", "", "the `repository`, OWNER/NAME; at GitLab a path or number (default: CI's)")
	cmd.Flags().StringVar(&f.Request, "request", "", "the pull or merge request's `number` (default: that of the CI's run)")
	cmd.Flags().StringVar(&f.account, "account", "", "`name` of the account that the token is of, where the host does not tell; at Bitbucket its UUID")
	cmd.Flags().BoolVar(&f.authorMay, "author-may-accept", false, "count what the request's own author accepts (nobody else has looked at it then)")
}

// reviewVariables lists the environment that says where a review is and what opens it.
func reviewVariables() string {
	var b strings.Builder
	for _, v := range operator.ReviewVariables {
		fmt.Fprintf(&b, "  %-22s %s\n", v[0], v[1])
	}
	return b.String()
}

func (a *app) commentCommand() *cobra.Command {
	var c comment
	cmd := &cobra.Command{
		Use:   "comment PLANFILE",
		Short: "Show a plan in the review: comment, commit status, labels, step summary",
		Long: `Show the plan in PLANFILE, written by weir plan --out, where its change is
reviewed: in a pull request of GitHub or Bitbucket Cloud or a merge request of
GitLab. weir keeps one comment a site and edits it with every push; sets the
commit status weir/SITE, which a protected branch can require; labels the
request weir/SITE: safe, review or stopped (not at Bitbucket); and writes the
summary of the run where the CI has one.

A reviewer accepts an exceeded budget with a comment of their own,
"/weir accept RULE:COUNT@DIGEST" as weir's comment prints it. It counts if they
may write to the repository, did not make the request, and left it as it was
written; docs/review.md has the rules. weir accepted prints what counts.

The status is pending while nothing but budgets stops the plan, failure if
anything else does, and success otherwise.

The CI's own environment says where all of this goes. The token comes from the
environment or a file, and goes to one address:

` + reviewVariables() + `
Exit codes: 0 shown · 1 error in input or use · 5 the request has moved on to
another commit · 7 the host cannot be reached, or refuses.`,
		Example: "  weir plan --out plan.json; weir comment plan.json\n  weir comment plan.json --host gitlab --repo ops/access --request 12 --commit \"$(git rev-parse HEAD)\"",
		Args:    exactly("PLANFILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.comment(cmd.Context(), args[0], c)
		},
	}
	c.register(cmd)
	cmd.Flags().StringVar(&c.Commit, "commit", "", "the whole `commit` that was planned (default: CI's)")
	cmd.Flags().StringVar(&c.Run, "run", "", "`address` of the run, which the status links to (default: CI's)")
	cmd.Flags().StringVar(&c.since, "since", "", "tell the plan apart from that in a `planfile`, not from what the comment keeps of the last push")
	cmd.Flags().BoolVar(&c.forget, "forget", false, "keep no hashes of the changes in the comment for the next push")
	cmd.Flags().BoolVar(&c.noLabels, "no-labels", false, "set no labels")
	cmd.Flags().BoolVar(&c.noStatus, "no-status", false, "set no commit status")
	return cmd
}

func (a *app) acceptedCommand() *cobra.Command {
	var f reviewFlags
	cmd := &cobra.Command{
		Use:   "accepted PLANFILE",
		Short: "Print what reviewers accepted of a plan, as arguments of weir apply",
		Long: `Read the comments of the request in which the plan in PLANFILE is reviewed, and
print an argument --accept=RULE:COUNT@DIGEST for each exceeded budget of exactly
that plan that somebody accepted who may: one argument a line, for weir apply.
What does not count is told on stderr, with why.

Where the review is and what opens it is said as for weir comment. After a merge
CI's run is of a branch: --merged finds the request by the commit.

Exit codes: 0 printed, or nothing is accepted · 1 error in input or use · 7 the
host cannot be reached, or refuses.`,
		Example: "  mapfile -t accepted < <(weir accepted plan.json)\n  weir apply plan.json --auto-approve \"${accepted[@]}\"\n  weir accepted plan.json --merged \"$GITHUB_SHA\"",
		Args:    exactly("PLANFILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.accepted(cmd.Context(), args[0], f)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.Merged, "merged", "", "read the request that was merged as this `commit`, as the host tells; nothing is accepted where there is none")
	return cmd
}

// reviewed is a request that was read.
type reviewed struct {
	forge.Host
	place    forge.Place
	own      forge.Account
	request  forge.Request
	comments []forge.Comment
	rulings  []forge.Ruling
	hangUp   func()
}

// errNotMerged says that a commit is of no request that was merged.
var errNotMerged = errors.New("no request was merged as this commit")

// review opens the request that a plan is reviewed in, reads it, and rules on
// what was said in it.
func (a *app) review(ctx context.Context, f reviewFlags, place forge.Place, plan *reconcile.Plan) (*reviewed, error) {
	access, err := operator.Review(forge.Name(place.Kind), place.Address, place.Token, operator.Env{Getenv: a.Getenv})
	if err != nil {
		return nil, err
	}
	token, _, err := access.Credentials(ctx)
	if err != nil {
		return nil, err
	}
	transport, err := access.Transport()
	if err != nil {
		return nil, err
	}
	config := forge.Config{
		Kind: place.Kind, Base: access.Address, Auth: access.Authorization(token),
		Repo: place.Repo, Request: place.Request, Pipeline: place.Pipeline, Account: f.account,
		Transport: transport, Clock: a.Clock, Wait: a.Wait, Trace: a.tracer(),
	}
	r := &reviewed{hangUp: func() { rest.HangUp(transport) }}
	if place.Merged != "" {
		if config.Request, err = forge.Merged(ctx, config, place.Merged); err == nil && config.Request == "" {
			err = errNotMerged
		}
		if err != nil {
			r.hangUp()
			return nil, err
		}
		place.Request = config.Request
	}
	host, err := forge.New(config)
	if err != nil {
		return nil, err
	}
	r.Host, r.place = host, place
	if r.own, err = host.Account(ctx); err == nil {
		r.request, err = host.Request(ctx)
	}
	if err == nil {
		r.comments, err = host.Comments(ctx)
	}
	if err == nil {
		r.rulings, err = forge.Judge(ctx, host, forge.Review{Plan: plan, Request: r.request, Own: r.own, Comments: r.comments, AuthorMay: f.authorMay})
	}
	if err != nil {
		r.hangUp()
		return nil, err
	}
	return r, nil
}

func (a *app) accepted(ctx context.Context, path string, f reviewFlags) error {
	plan, err := readPlan(path)
	if err != nil {
		return err
	}
	place, err := forge.Locate(f.Place, a.Getenv)
	if err != nil {
		return err
	}
	r, err := a.review(ctx, f, place, plan)
	if errors.Is(err, errNotMerged) {
		fmt.Fprintf(a.Stderr, "weir: nothing is accepted: no request of %s was merged as %.12s\n", render.Safe(place.Repo), place.Merged)
		return nil
	}
	if err != nil {
		return err
	}
	defer r.hangUp()
	for _, ruling := range r.rulings {
		if ruling.Refused != "" {
			fmt.Fprintf(a.Stderr, "weir: not accepted: %s by %s: %s\n", render.Safe(ruling.Text), render.Safe(ruling.Who), render.Safe(ruling.Refused))
			continue
		}
		fmt.Fprintf(a.Stderr, "weir: accepted by %s\n", render.Safe(ruling.Who))
	}
	for _, text := range forge.Accepted(r.rulings) {
		fmt.Fprintf(a.Stdout, "--accept=%s\n", text)
	}
	return nil
}

// comment is what weir comment was asked to do.
type comment struct {
	reviewFlags
	since                      string
	forget, noLabels, noStatus bool
}

func (a *app) comment(ctx context.Context, path string, c comment) error {
	plan, err := readPlan(path)
	if err != nil {
		return err
	}
	var since *reconcile.Plan
	if c.since != "" {
		if since, err = readPlan(c.since); err != nil {
			return err
		}
	}
	place, err := forge.Locate(c.Place, a.Getenv)
	if err != nil {
		return err
	}
	if place.Commit == "" {
		return errors.New("commit is unknown: nobody says which one was planned (name it with --commit)")
	}
	// Before anything is asked of the host: the summary of a run needs no rights.
	if err := a.summary(place, plan, since); err != nil {
		return err
	}
	r, err := a.review(ctx, c.reviewFlags, place, plan)
	if err != nil {
		return err
	}
	defer r.hangUp()
	accept(plan, r.rulings)

	// Each is worth having without the others, so all are tried.
	var trouble []error
	if !c.noStatus {
		trouble = append(trouble, r.SetStatus(ctx, commitStatus(plan, r)))
	}
	stale := !strings.HasPrefix(place.Commit, r.request.Head) || r.request.Head == ""
	if !stale {
		trouble = append(trouble, a.keep(ctx, plan, since, r, c.forget))
		if !c.noLabels && forge.HasLabels(place.Kind) {
			add, remove := labels(plan, r.request.Labels)
			trouble = append(trouble, r.Label(ctx, add, remove))
		}
	}
	if err := errors.Join(trouble...); err != nil {
		code := exitDone
		for _, t := range trouble {
			if t != nil {
				code = gravest(a.fail(ctx, t), code)
			}
		}
		return exit(code)
	}
	if stale {
		return &exitError{exitStale, fmt.Sprintf("request %s has moved on to %.12s, and this plan is of %.12s: its comment is left to the newer run", place.Request, r.request.Head, place.Commit)}
	}
	fmt.Fprintf(a.Stdout, "%s request %s: %s\n", forge.Name(place.Kind), place.Request, plan.Grade())
	return nil
}

// accept marks the budgets that reviewers accepted. Whether an acceptance was
// used before is the apply's to say, which has the journal.
func accept(plan *reconcile.Plan, rulings []forge.Ruling) {
	for _, text := range forge.Accepted(rulings) {
		for i, b := range plan.Budgets {
			if b.Exceeded && b.Accept == text {
				plan.Budgets[i].Accepted = true
			}
		}
	}
}

// summary appends the plan to the summary of the run, where the CI has one.
func (a *app) summary(place forge.Place, plan, since *reconcile.Plan) error {
	if place.Summary == "" {
		return nil
	}
	f, err := os.OpenFile(place.Summary, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil {
		err = render.Markdown(f, plan, render.MarkdownOptions{Flavour: place.Kind, Since: since})
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("the summary of the run could not be written: %w", err)
	}
	return nil
}

// commitStatus is what the commit's status says of a plan.
func commitStatus(plan *reconcile.Plan, r *reviewed) forge.Status {
	s := forge.Status{
		Commit: r.place.Commit, Context: "weir/" + forge.Handle(plan.Site.Name), State: forge.Success,
		Description: render.Safe(render.Verdict(plan)), Link: r.place.Run,
	}
	switch {
	case plan.Acceptable():
		s.State = forge.Pending
	case plan.Stops().Any():
		s.State = forge.Failure
	}
	if s.Link == "" {
		s.Link = r.request.Page
	}
	return s
}

// labels gives the label of a plan that is lacking, and weir's others that are there.
func labels(plan *reconcile.Plan, there []string) (add string, remove []string) {
	name := func(g reconcile.Grade) string { return "weir/" + forge.Handle(plan.Site.Name) + ": " + string(g) }
	for _, s := range []reconcile.Grade{reconcile.Safe, reconcile.Review, reconcile.Stopped} {
		is := slices.Contains(there, name(s))
		switch {
		case s == plan.Grade() && !is:
			add = name(s)
		case s != plan.Grade() && is:
			remove = append(remove, name(s))
		}
	}
	return add, remove
}

// keep writes or edits the one comment of the site.
func (a *app) keep(ctx context.Context, plan, since *reconcile.Plan, r *reviewed, forget bool) error {
	kind := r.place.Kind
	ours := forge.Find(r.comments, r.own, kind, plan.Site.Name)
	var kept forge.Kept
	if len(ours) > 0 {
		kept = forge.KeptIn(ours[0].Body)
	}
	kept = kept.Next(forge.NewPush(r.place.Commit, plan))
	notes := render.ReviewNotes{}
	for _, ruling := range r.rulings {
		notes.Rulings = append(notes.Rulings, render.Ruled{Text: ruling.Text, Who: ruling.Who, Refused: ruling.Refused})
	}
	if last := kept.Before; last != nil && since == nil {
		notes.Since = &render.Since{Same: last.Digest == plan.Digest, Was: last.Count}
		notes.Since.Fresh, notes.Since.Gone, notes.Since.Counted = last.New(plan)
	}
	if forget {
		kept = forge.Kept{}
	}
	body, err := commentBody(kind, plan, since, notes, kept.Hidden(kind))
	if err != nil {
		return err
	}
	switch {
	case len(ours) == 0:
		return r.CreateComment(ctx, body)
	case len(ours) > 1: // two runs began at once
		fmt.Fprintf(a.Stderr, "weir: %d comments about %s are weir's; the oldest is kept up (delete the others)\n", len(ours), render.Safe(plan.Site.Name))
	}
	if strings.ReplaceAll(ours[0].Body, "\r\n", "\n") == body {
		return nil
	}
	return r.EditComment(ctx, ours[0].ID, body)
}

// readable is how many characters a comment has at most, whatever the host takes:
// GitLab takes a million.
const readable = 65_536

// commentBody puts a comment together. The plan has what the rest leaves of the
// host's bound; what is too long all the same is refused before it is sent.
func commentBody(kind string, plan, since *reconcile.Plan, notes render.ReviewNotes, hidden string) (string, error) {
	var below, b strings.Builder
	if err := render.Review(&below, notes); err != nil {
		return "", err
	}
	head := forge.Marker(kind, plan.Site.Name) + "\n\n"
	foot := below.String()
	if hidden != "" {
		foot += "\n" + hidden + "\n"
	}
	limit := forge.Limit(kind)
	b.WriteString(head)
	room := min(limit, readable) - utf8.RuneCountInString(head) - utf8.RuneCountInString(foot)
	if err := render.Markdown(&b, plan, render.MarkdownOptions{Flavour: kind, Since: since, Limit: room}); err != nil {
		return "", err
	}
	b.WriteString(foot)
	if n := utf8.RuneCountInString(b.String()); n > limit {
		return "", fmt.Errorf("the comment has %s characters, and %s takes %s (see weir plan for the whole)", render.Number(n), forge.Name(kind), render.Number(limit))
	}
	return b.String(), nil
}
