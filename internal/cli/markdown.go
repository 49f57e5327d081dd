package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// markdownFlags are for whom a plan is written as Markdown, and how.
type markdownFlags struct {
	flavour string
	since   string // the file of the last push's plan, if there is one
	last    *reconcile.Plan
}

// registerMarkdown adds the flags of the format markdown to a command. They are looked at
// before the command does anything: a site can take minutes to read.
func (a *app) registerMarkdown(cmd *cobra.Command) {
	f := &a.asMarkdown
	cmd.Flags().StringVar(&f.flavour, "flavour", render.FlavourGitHub, "`host` that markdown is for: "+strings.Join(render.Flavours, ", "))
	cmd.Flags().StringVar(&f.since, "since", "", "`file` with the plan of the request's last push, for markdown to tell what is new")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) (err error) {
		for _, name := range []string{"flavour", "since"} {
			if format := cmd.Flag("format").Value.String(); cmd.Flags().Changed(name) && format != "markdown" {
				return fmt.Errorf("--%s says how markdown is written, and the format is %s (add --format markdown)", name, format)
			}
		}
		if !slices.Contains(render.Flavours, f.flavour) {
			return fmt.Errorf("unknown flavour %q (%s)", f.flavour, strings.Join(render.Flavours, ", "))
		}
		if f.since != "" {
			f.last, err = readPlan(f.since)
		}
		return err
	}
}

// markdown writes a plan as a comment on a request to merge.
func (a *app) markdown(p *reconcile.Plan) error {
	return render.Markdown(a.Stdout, p, render.MarkdownOptions{Flavour: a.asMarkdown.flavour, Since: a.asMarkdown.last})
}
