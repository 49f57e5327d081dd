package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate [DIR]",
		Short: "Check a description without a site",
		Long: `Read the description in DIR (default: this folder), check it, and run the
policies that need no site. No site is read and nothing is written.

Exit codes: 0 valid · 1 error in the description · 3 a policy denies it.`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			return a.validate(cmd.Context())
		},
	}
}

func (a *app) validate(ctx context.Context) error {
	d, err := a.load()
	if err != nil {
		return err
	}
	desired, diags := d.Desired(access.Set{}, nil)
	if err := diags.Err(); err != nil {
		return err
	}
	view := access.NewView(desired.Facts)
	findings, err := d.judge.Judge(ctx, access.Delta{
		Target: desired.Facts, Desired: desired, Before: access.NewView(access.Set{}), After: view,
	})
	if err != nil {
		return err
	}
	denied := false
	var told diag.List
	for _, f := range findings {
		sev := diag.Warning
		if f.Level == access.Deny {
			sev, denied = diag.Error, true
		}
		told = append(told, diag.Diagnostic{Code: f.Code, Severity: sev, Summary: f.Message, Hint: f.Hint, Range: f.Origin})
	}
	a.tell(append(told, desired.Warnings...))
	if denied {
		return exit(exitPolicy)
	}
	n := map[string]int{}
	for f := range desired.Facts.OfKind(access.Exists) {
		n[f.Object.Type()]++
	}
	_, err = fmt.Fprintf(a.Stdout, "valid: %s, %s, %s, %s (%s)\n",
		render.Count(n["user"], "person", "people"), render.Count(n["group"], "group", "groups"),
		render.Count(n["space"], "space", "spaces"), render.Count(n["space_role"], "custom role", "custom roles"),
		render.Count(desired.Facts.Len(), "fact", "facts"))
	return err
}
