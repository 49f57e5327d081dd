package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

// planFlags are what plan and apply share.
type planFlags struct {
	site   string
	dir    string // apply only
	accept []string
}

func (f *planFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.site, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	cmd.Flags().StringArrayVar(&f.accept, "accept", nil, "accept one exceeded budget of exactly this plan, once: `RULE:COUNT@DIGEST` as the plan prints it")
}

func (a *app) planCommand() *cobra.Command {
	var flags planFlags
	var snapshot snapshotFlags
	var format, out, audience, refresh string
	var detailed, incremental bool
	var base baseFlags
	cmd := &cobra.Command{
		Use:   "plan [DIR]",
		Short: "Show what would change on the site",
		Long: `Compare the description in DIR (default: this folder) with the live site and
show what an apply would change, whom it reaches, and what rules and budgets
say. Nothing is written to the site. html is one page for people who review in a
browser. sarif, junit, github and gitlab report for tools what rules, budgets and
assertions say, with paths from here; weir render shows a plan that was written with
--out in another format.

With --audience public whatever the description does not name has a pseudonym: the
plan can be shown to whoever may read the description, and cannot be applied. The
key of the pseudonyms is WEIR_REDACT_KEY; without one they are of this run alone.

With --snapshot the plan is of what weir snapshot wrote, made without credentials and
without a network; it says so, and cannot be applied. With --refresh touched as well
the lists are read from the site, and of spaces and pages those that the changes rest
on: for the rest of a large site the snapshot does.

With --base REV the plan also shows which edited lines bring what, and tells
what you changed from what drifted on the site. The description is compared
with the commit at which HEAD left the history of REV (what a pull request
brings); with --base-exact, with REV itself.

With --format markdown it is a comment for those who review the change, which
fits the host of --flavour; --since tells what is new since the last push.

Exit codes: 0 planned · 1 error in the description, or no such revision · 2 changes
(with --detailed-exitcode) · 3 a policy denies it · 4 a budget or invariant stops it
· 7 the site cannot be read · 8 locked by another run.`,
		Example: "  weir plan\n  weir plan --format facts | grep '^-'\n  weir plan --format markdown --flavour gitlab > comment.md\n  weir plan --out plan.json && weir apply plan.json\n  weir plan --base origin/main\n  weir plan --snapshot acme.json\n  weir plan --format html > plan.html",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			show, err := formatNamed(format, ofPlan)
			if err != nil {
				return err
			}
			accept, err := acceptances(flags.accept)
			if err != nil {
				return err
			}
			if err := a.addressed(audience); err != nil {
				return err
			}
			var plan *reconcile.Plan
			switch {
			case refresh != "" && (refresh != reconcile.RereadTouched || !snapshot.exists || incremental):
				err = errors.New("--refresh touched goes with --snapshot, and not with --incremental")
			case refresh != "":
				plan, err = a.planRefreshed(cmd.Context(), snapshot, flags.site, accept, base)
			case !snapshot.exists:
				plan, err = a.plan(cmd.Context(), flags.site, accept, incremental, base)
			case flags.site != "" || incremental:
				err = errors.New("--snapshot reads a file, and --site and --incremental the site (leave out the one or the other)")
			default:
				plan, err = a.planSnapshot(cmd.Context(), snapshot, accept, base)
			}
			if err != nil {
				return a.troubles(format, err)
			}
			if err := show(a, plan); err != nil {
				return err
			}
			if out != "" {
				if err := writePlan(out, plan); err != nil {
					return err
				}
			}
			code := exitFor(plan)
			if detailed && len(plan.Changes) > 0 {
				code = gravest(code, exitChanges)
			}
			return exit(code)
		},
	}
	flags.register(cmd)
	snapshot.register(cmd, "plan what is in this `file` of weir snapshot instead of the site")
	base.register(cmd)
	formatFlag(cmd, &format, ofPlan)
	a.registerMarkdown(cmd)
	cmd.Flags().StringVar(&out, "out", "", "also write the plan to a `file`, for weir apply")
	cmd.Flags().StringVar(&refresh, "refresh", "", "with --snapshot: read `what` the changes rest on from the site: touched")
	cmd.Flags().StringVar(&audience, "audience", "", "`who` may see all of what is written: public, with pseudonyms for what the description does not name")
	cmd.Flags().BoolVar(&incremental, "incremental", false, "read anew only what the site's audit log says has changed since the last such plan; everything from time to time (full_read_every)")
	a.registerAll(cmd)
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 when there are changes")
	return cmd
}

// plan makes a plan with a site that cannot be written to.
func (a *app) plan(ctx context.Context, file string, accept []reconcile.Acceptance, refresh bool, base baseFlags) (*reconcile.Plan, error) {
	d, err := a.loadSince(ctx, base)
	if err != nil {
		return nil, err
	}
	s, err := a.openSite(ctx, d.site(), file, readOnly)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	reader := site.ReadOnly(s.Site)
	latest := &incremental{Reader: reader, app: a, every: s.fullReadEvery}
	if refresh {
		reader = latest
	}
	draft, err := a.draftFor(ctx, d, reader, accept)
	if err != nil {
		return nil, err
	}
	if refresh {
		if err := a.keepReading(d.site(), s, latest); err != nil {
			return nil, fmt.Errorf("the reading could not be kept for the next plan: %w", err)
		}
	}
	return draft.Plan, nil
}

// planSnapshot makes a plan of a snapshot.
func (a *app) planSnapshot(ctx context.Context, f snapshotFlags, accept []reconcile.Acceptance, base baseFlags) (*reconcile.Plan, error) {
	d, err := a.loadSince(ctx, base)
	if err != nil {
		return nil, err
	}
	s, of, err := a.openSnapshot(d, f)
	if err != nil {
		return nil, err
	}
	draft, err := a.draftFor(ctx, d, s, accept)
	if err != nil {
		return nil, err
	}
	draft.Plan.Snapshot = of
	return draft.Plan, nil
}

// draftOnly makes a plan that is not to be applied at once. The journal is opened
// only when there is something to accept: it may be held by an apply, and a plan
// has no need to wait for that.
func (a *app) draftOnly(ctx context.Context, d *description, s site.Reader, accept []reconcile.Acceptance) (*reconcile.Draft, error) {
	var trouble error
	draft, err := a.draft(ctx, d, s, accept, a.usedBefore(&trouble))
	if err == nil {
		err = trouble
	}
	return draft, err
}

// usedBefore reports what was accepted before. The journal is read when the first
// is asked for; trouble is what came of that.
func (a *app) usedBefore(trouble *error) func(acceptance string) bool {
	var history *reconcile.History
	return func(acceptance string) bool {
		if history == nil {
			var h reconcile.History
			h, *trouble = a.history()
			history = &h
		}
		return history.Used[acceptance]
	}
}

// draft makes a plan for a description and a site.
func (a *app) draft(ctx context.Context, d *description, s site.Reader, accept []reconcile.Acceptance, used func(string) bool) (*reconcile.Draft, error) {
	in := d.input(s)
	in.Guards.Acceptances, in.Guards.Used = accept, used
	return reconcile.Make(ctx, in)
}

func acceptances(texts []string) ([]reconcile.Acceptance, error) {
	var out []reconcile.Acceptance
	for _, text := range texts {
		acc, err := reconcile.ParseAcceptance(text)
		if err != nil {
			return nil, err
		}
		out = append(out, acc)
	}
	return out, nil
}

// history reads the journal, if there is one.
func (a *app) history() (reconcile.History, error) {
	if _, err := os.Stat(a.journalPath()); errors.Is(err, fs.ErrNotExist) {
		return reconcile.History{}, nil
	}
	j, err := a.openJournal()
	if err != nil {
		return reconcile.History{}, err
	}
	defer j.Close()
	return reconcile.ReadHistory(j)
}

// remembered tells what the journal remembers of a site, if there is one: that of the
// run under way, or else a copy.
func (a *app) remembered(site string) (access.Memory, error) {
	if a.journal != nil {
		return a.journal.Remembered(site)
	}
	j, err := a.pastRuns()
	if err != nil || j == nil {
		return access.Memory{}, err
	}
	return j.Remembered(site)
}

func (a *app) journalPath() string { return a.file(".weir", "journal.db") }

func (a *app) openJournal() (*reconcile.SQLiteJournal, error) {
	j, err := reconcile.OpenJournal(a.journalPath())
	if err != nil && !errors.Is(err, reconcile.ErrJournalLocked) {
		return nil, fmt.Errorf("%w (put a good copy in its place; without one, move it away: what was accepted before could then be accepted again)", err)
	}
	return j, err
}

// exitFor gives the code of a plan by itself.
func exitFor(p *reconcile.Plan) int {
	codes := []int{exitDone}
	if s := p.Stops(); s.Any() {
		if s.Policy {
			codes = append(codes, exitPolicy)
		}
		if s.Guard {
			codes = append(codes, exitGuard)
		}
	}
	return gravest(codes...)
}

// writePlan writes a plan file for its owner only: it holds names.
func writePlan(path string, p *reconcile.Plan) error {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("the plan could not be written to %s: %s (name another file with --out)", path, reason(err))
	}
	return nil
}

// input makes a diagnostic about a whole file.
func input(code, file, summary, hint string) diag.List {
	return diag.List{{Code: code, Summary: summary, Hint: hint, Range: diag.Range{File: file}}}
}
