package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

func (a *app) applyCommand() *cobra.Command {
	var flags planFlags
	var yes, unattended bool
	var report string
	cmd := &cobra.Command{
		Use:   "apply [DIR | PLANFILE]",
		Short: "Plan, ask, and bring the site to the description",
		Long: `Plan the description in DIR (default: this folder), show the plan, ask, and
apply it. With a PLANFILE, written by weir plan --out, apply exactly that plan:
weir reads again what it rests on and refuses if it moved. weir.lock, the
journal and the embedded site are then those of --dir (default: this folder).

Before planning, weir settles what an interrupted apply left open. When an
apply ends in part (exit code 6), run it again.

With --unattended it works against drift alone: what somebody gained on the site
since the last apply is taken back, within a daily allowance
(budget.unattended.removals_per_day). What somebody lost, everything about
administration, conflicts, and everything where no earlier apply is known, is
held for a person. What the description changed waits for a plain apply.

Exit codes: 0 applied, or nothing to do · 1 error in input or use · 2 something
is held (--unattended) · 3 a policy denies it · 4 a budget or invariant stops it
· 5 the plan is stale · 6 applied in part · 7 the site cannot be reached ·
8 locked by another run · 130 interrupted.`,
		Example: "  weir apply\n  weir apply --auto-approve\n  weir apply plan.json\n  weir apply --unattended --report report.txt",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case report != "" && !unattended:
				return errors.New("--report is of an unattended apply (add --unattended)")
			case unattended && len(flags.accept) > 0:
				return errors.New("--accept is for somebody who read the plan (leave it out of an unattended apply)")
			case unattended && len(args) > 0 && isPlanFile(args[0]):
				return errors.New("a plan file says what to do, and an unattended apply finds that out (name the description's folder)")
			case unattended:
				a.folder(args)
				return a.applyUnattended(cmd.Context(), flags, report)
			}
			return a.apply(cmd.Context(), args, flags, yes)
		},
	}
	cmd.ValidArgsFunction = anyFile
	flags.register(cmd)
	cmd.Flags().StringVar(&flags.dir, "dir", ".", "with a PLANFILE: the description's `folder`")
	cmd.Flags().BoolVar(&yes, "auto-approve", false, "do not ask (for automation)")
	cmd.Flags().BoolVar(&unattended, "unattended", false, "take back what somebody gained on the site, hold everything else, and do not ask")
	cmd.Flags().StringVar(&report, "report", "", "with --unattended: also write a short report to a `file`, for chat or mail")
	return cmd
}

// isPlanFile reports whether an argument names a written plan and not a folder.
func isPlanFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() || err != nil && filepath.Ext(path) == ".json"
}

func (a *app) apply(ctx context.Context, args []string, flags planFlags, yes bool) error {
	if len(args) > 0 && isPlanFile(args[0]) {
		return a.applyFile(ctx, args[0], flags, yes)
	}
	a.folder(args)
	accept, err := acceptances(flags.accept)
	if err != nil {
		return err
	}
	d, err := a.load()
	if err != nil {
		return err
	}
	run, err := a.openRun(ctx, d.site(), flags.site, readWrite)
	if err != nil {
		return err
	}
	defer run.close()
	began := a.Clock()
	draft, err := a.draft(ctx, d, run.site, accept, run.used)
	if err != nil {
		return err
	}
	if err := reconcile.Notice(run.journal, draft.Observation, began); err != nil {
		return err
	}
	leaves := draft.Leaves(began)
	done, err := a.carryOut(ctx, run, draft.Plan, yes, &leaves)
	if err != nil {
		return err
	}
	ids := draft.Observation.IDs
	if done != nil {
		ids = done.IDs
	}
	if err := a.pin(d, draft.Desired, ids); err != nil {
		return err
	}
	return ended(ctx, done)
}

// applyUnattended undoes what somebody gained on the site, within the allowance, and
// holds everything else. The report is written whatever comes of it, once the
// site was read; an older one is gone before that, so that nobody sends it again.
func (a *app) applyUnattended(ctx context.Context, flags planFlags, path string) error {
	if path != "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the report cannot be written to %s: %s (name another file with --report)", path, reason(err))
		}
	}
	d, err := a.load()
	if err != nil {
		return err
	}
	run, err := a.openRun(ctx, d.site(), flags.site, readWrite)
	if err != nil {
		return err
	}
	defer run.close()
	draft, err := a.unattended(ctx, d, run.site.Site, run.journal)
	if err != nil {
		return err
	}
	if err := reconcile.Notice(run.journal, draft.Observation, a.Clock()); err != nil {
		return err
	}
	if err := render.Drift(a.Stdout, draft.Drift, a.options()); err != nil {
		return err
	}
	code := exitFor(draft.Plan)
	if draft.Drift.Counts.Held > 0 {
		code = gravest(code, exitChanges)
	}
	var done *reconcile.Report
	if !draft.Drift.Stopped() && len(draft.Plan.Changes) > 0 {
		fmt.Fprintln(a.Stdout)
		done, err = a.do(ctx, run, reconcile.ApplyInput{Plan: draft.Plan, Unattended: true})
	}
	if path != "" {
		err = errors.Join(err, writeReport(path, draft.Drift, done))
	}
	if err == nil {
		err = ended(ctx, done)
	}
	if err != nil {
		return err
	}
	return exit(code)
}

// writeReport writes a short report for its owner only: it holds names.
func writeReport(path string, d *reconcile.Drift, done *reconcile.Report) error {
	var b bytes.Buffer
	if err := render.Short(&b, d, done, true); err != nil {
		return err
	}
	if err := replaceFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("the report cannot be written to %s: %s (name another file with --report)", path, reason(err))
	}
	return nil
}

// applyFile applies a plan that was written to a file, and nothing else: the
// description is not read. What the plan rests on is read again.
func (a *app) applyFile(ctx context.Context, path string, flags planFlags, yes bool) error {
	a.dir = flags.dir
	accept, err := acceptances(flags.accept)
	if err != nil {
		return err
	}
	plan, err := readPlan(path)
	if err != nil {
		return err
	}
	if err := plan.Applicable(); err != nil {
		return input("WR409", path, err.Error(), "")
	}
	run, err := a.openRun(ctx, plan.Site, flags.site, existing)
	if err != nil {
		return err
	}
	defer run.close()
	plan.Accept(accept, run.used)
	done, err := a.carryOut(ctx, run, plan, yes, nil)
	if err != nil {
		return err
	}
	if done != nil {
		if err := a.repin(plan, done.IDs); err != nil {
			return err
		}
	}
	return ended(ctx, done)
}

func readPlan(path string) (*reconcile.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, input("WR409", path, "the plan file cannot be read: "+reason(err), "")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, reconcile.MaxPlanFile+1))
	if err != nil {
		return nil, input("WR409", path, "the plan file cannot be read: "+reason(err), "")
	}
	plan, err := reconcile.ReadPlan(b)
	if err != nil {
		return nil, input("WR409", path, err.Error(), "write it with weir plan --out")
	}
	return plan, nil
}

// run is an open site with its journal.
type run struct {
	site    *openSite
	journal *reconcile.SQLiteJournal
	history reconcile.History
}

func (r *run) used(acceptance string) bool { return r.history.Used[acceptance] }

func (r *run) close() {
	_ = r.journal.Close()
	_ = r.site.Close()
}

// openRun opens the site and the journal, and settles what an interrupted
// apply left open.
func (a *app) openRun(ctx context.Context, name reconcile.SiteName, file string, mode siteMode) (*run, error) {
	s, err := a.openSite(ctx, name, file, mode)
	if err != nil {
		return nil, err
	}
	journal, err := a.openJournal()
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	r := &run{site: s, journal: journal}
	open, err := reconcile.Settle(ctx, s, journal, a.Clock)
	if err == nil {
		r.history, err = reconcile.ReadHistory(journal)
	}
	if err != nil {
		r.close()
		return nil, err
	}
	a.journal, a.noteRun = journal, r.history.LastRun+1
	if open > 0 {
		fmt.Fprintf(a.Stderr, "settled %s that an interrupted apply had left open\n", render.Count(open, "step", "steps"))
	}
	return r, nil
}

// carryOut shows a plan, asks, and applies it. leaves is how that leaves the site,
// if all of it is known. A nil report means that there was nothing to do.
func (a *app) carryOut(ctx context.Context, r *run, plan *reconcile.Plan, yes bool, leaves *reconcile.Left) (*reconcile.Report, error) {
	if err := render.Plan(a.Stdout, plan, a.options()); err != nil {
		return nil, err
	}
	if code := exitFor(plan); code != exitDone {
		return nil, exit(code)
	}
	if len(plan.Changes) == 0 {
		if leaves != nil {
			return nil, reconcile.Unchanged(r.journal, *leaves, a.Clock)
		}
		return nil, nil
	}
	if !yes {
		if err := a.ask(ctx, plan); err != nil {
			return nil, err
		}
	}
	return a.do(ctx, r, reconcile.ApplyInput{Plan: plan, Leaves: leaves})
}

// do applies a plan and shows what came of it.
func (a *app) do(ctx context.Context, r *run, in reconcile.ApplyInput) (*reconcile.Report, error) {
	in.Site, in.Journal, in.Clock, in.Wait, in.Progress = r.site, r.journal, a.Clock, a.Wait, a.progress("applying", "steps")
	report, err := reconcile.Apply(ctx, in)
	if report != nil {
		if err := render.Report(a.Stdout, report, a.options()); err != nil {
			return nil, err
		}
	}
	return report, err
}

// ended gives the exit code of an apply.
func ended(ctx context.Context, r *reconcile.Report) error {
	switch {
	case r == nil:
		return nil
	case r.Interrupted || ctx.Err() != nil:
		return &exitError{exitInterrupted, "interrupted; run weir apply again to finish"}
	case !r.Whole():
		return &exitError{exitPartial, "applied in part; run weir apply again to finish"}
	}
	return nil
}

// ask asks for a word of consent on a terminal. An interrupt at the question
// is an answer too.
func (a *app) ask(ctx context.Context, plan *reconcile.Plan) error {
	if !a.Terminal {
		return errors.New("nobody can be asked here (use --auto-approve, or run it in a terminal)")
	}
	fmt.Fprintf(a.Stdout, "\napply this to %s? only \"yes\" is taken: ", render.Safe(plan.Site.Name))
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := bufio.NewReader(a.Stdin).ReadString('\n')
		answers <- answer{text, err}
	}()
	var said answer
	select {
	case said = <-answers:
	case <-ctx.Done():
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(a.Stdout)
		return &exitError{exitInterrupted, "interrupted; nothing was applied"}
	case said.err != nil && !errors.Is(said.err, io.EOF):
		return said.err
	case strings.TrimSpace(said.text) != "yes":
		return &exitError{exitInput, "not applied"}
	}
	return nil
}
