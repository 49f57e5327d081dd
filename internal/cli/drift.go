package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

func (a *app) driftCommand() *cobra.Command {
	var file, format string
	cmd := &cobra.Command{
		Use:   "drift [DIR]",
		Short: "Show what changed on the site since the last apply",
		Long: `Compare the live site with how the last apply left it, and with the description
in DIR (default: this folder): what somebody changed on the site is told apart
from what the description changed since. Where the site's audit log leaves no
doubt, it says who, and when. It also says what weir apply --unattended would
undo, and what it would hold for a person. Nothing is written to the site.

What the last apply left is in its journal (.weir/journal.db). Without one, or
where it knows of no whole apply, every difference from the description is shown.

Exit codes: 0 no drift · 1 error in the description · 2 drift · 3 a policy denies
what would be undone · 4 a budget or invariant stops it · 7 the site cannot be
read · 8 locked by another run.`,
		Example: "  weir drift\n  weir drift --format short > report.txt || mail -s 'weir' it@acme.example < report.txt",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			write, ok := map[string]func(*reconcile.Drift) error{
				"text":  func(d *reconcile.Drift) error { return render.Drift(a.Stdout, d, a.options()) },
				"json":  func(d *reconcile.Drift) error { return render.DriftJSON(a.Stdout, d) },
				"short": func(d *reconcile.Drift) error { return render.Short(a.Stdout, d, nil, false) },
			}[format]
			if !ok {
				return fmt.Errorf("unknown format %q (text, json or short)", format)
			}
			draft, err := a.drift(cmd.Context(), file)
			if err != nil {
				return err
			}
			if err := write(draft.Drift); err != nil {
				return err
			}
			code := exitFor(draft.Plan)
			if draft.Drift.Counts.Drifted() > 0 {
				code = gravest(code, exitChanges)
			}
			return exit(code)
		},
	}
	cmd.Flags().StringVar(&file, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	cmd.Flags().StringVar(&format, "format", "text", "output `format`: text, json or short")
	complete(cmd, "format", func() []cobra.Completion { return []cobra.Completion{"text", "json", "short"} })
	return cmd
}

// drift compares a site that cannot be written to with how it was left.
func (a *app) drift(ctx context.Context, file string) (*reconcile.Draft, error) {
	d, err := a.load()
	if err != nil {
		return nil, err
	}
	s, err := a.openSite(ctx, d.site(), file, readOnly)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	journal, err := a.pastRuns()
	if err != nil {
		return nil, err
	}
	return a.unattended(ctx, d, site.ReadOnly(s.Site), journal)
}

// pastRuns gives a copy of the journal, so that an apply need not wait for
// whoever reads it; nil where there is none.
func (a *app) pastRuns() (reconcile.Journal, error) {
	if _, err := os.Stat(a.journalPath()); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	j, err := a.openJournal()
	if err != nil {
		return nil, err
	}
	defer j.Close()
	return j.Copy()
}

// unattended makes a plan of what needs nobody to be asked.
func (a *app) unattended(ctx context.Context, d *description, s site.Reader, journal reconcile.Journal) (*reconcile.Draft, error) {
	in := d.input(s)
	in.Unattended = &reconcile.Unattended{Journal: journal, PerDay: in.Guards.RemovalsPerDay, Now: a.Clock()}
	return reconcile.Make(ctx, in)
}
