package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) validateCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "validate [DIR]",
		Short: "Check a description without a site",
		Long: `Read the description in DIR (default: this folder), check it, and run the
policies that need no site. No site is read and nothing is written. With another
format than text the report goes to standard output, with paths from here.

Exit codes: 0 valid · 1 error in the description · 3 a policy denies it.`,
		Example: "  weir validate\n  weir validate --format sarif access > weir.sarif",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			show, err := formatNamed(format, ofCheck)
			if err != nil {
				return err
			}
			check, err := a.validate(cmd.Context())
			var diags diag.List
			if err != nil && !errors.As(err, &diags) {
				return err
			}
			check.Diagnostics = a.relative(append(check.Diagnostics, diags...))
			if failed := show(a, check); failed != nil {
				return failed
			}
			if err == nil && !check.Valid {
				return exit(exitPolicy)
			}
			return err
		},
	}
	formatFlag(cmd, &format, ofCheck)
	return cmd
}

// validate checks the description. What could be read and is told of it is printed.
func (a *app) validate(ctx context.Context) (render.Check, error) {
	d, err := a.load()
	if err != nil {
		return render.Check{}, err
	}
	desired, diags := d.Desired(access.Known{})
	if err := diags.Err(); err != nil {
		return render.Check{Diagnostics: d.warnings}, err
	}
	view := access.NewView(desired.Facts)
	findings, err := d.judge.Judge(ctx, access.Delta{
		Target: desired.Facts, Desired: desired, Before: access.NewView(access.Set{}), After: view,
	})
	if err != nil {
		return render.Check{}, err
	}
	c := render.Check{Valid: true, Facts: desired.Facts.Len()}
	var told diag.List
	for _, f := range findings {
		sev := diag.Warning
		if f.Level == access.Deny {
			sev, c.Valid = diag.Error, false
		}
		told = append(told, diag.Diagnostic{Code: f.Code, Severity: sev, Summary: f.Message, Hint: f.Hint, Range: f.Origin})
	}
	told = append(told, desired.Warnings...)
	a.tell(told)
	c.Diagnostics = append(told, d.warnings...)
	for f := range desired.Facts.OfKind(access.Exists) {
		switch f.Object.Type() {
		case "user":
			c.People++
		case "group":
			c.Groups++
		case "space":
			c.Spaces++
		case "space_role":
			c.Roles++
		}
	}
	return c, nil
}
