package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/docs"
	"github.com/weirhq/weir/internal/diag"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		ValidArgsFunction: words(explained),

		Use:   "explain CODE",
		Short: "Explain a diagnostic code or a rule, offline",
		Long: `Explain a diagnostic code such as WR201, or a rule such as anonymous_access.
Without an argument, list them all.`,
		Example: "  weir explain WR201\n  weir explain two_space_admins",
		Args:    atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listCodes()
			}
			return a.explain(args[0])
		},
	}
}

func (a *app) explain(what string) error {
	page, err := fs.ReadFile(docs.Codes, "codes/"+strings.ToUpper(what)+".md")
	if errors.Is(err, fs.ErrNotExist) {
		page, err = fs.ReadFile(docs.Rules, "rules/"+strings.ToLower(what)+".md")
	}
	if err != nil {
		return fmt.Errorf("no page for %q (weir explain lists all codes and rules)", what)
	}
	_, err = a.Stdout.Write(page)
	return err
}

func (a *app) listCodes() error {
	for _, code := range slices.Sorted(maps.Keys(diag.Codes)) {
		fmt.Fprintf(a.Stdout, "%s  %s\n", code, diag.Codes[code])
	}
	rules, err := fs.Glob(docs.Rules, "rules/*.md")
	if err != nil {
		return err
	}
	for _, r := range rules {
		fmt.Fprintf(a.Stdout, "rule   %s\n", strings.TrimSuffix(strings.TrimPrefix(r, "rules/"), ".md"))
	}
	return nil
}
