package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) renderCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "render PLANFILE",
		Short: "Show a written plan again, in any format, without a site",
		Long: `Show the plan in PLANFILE, written by weir plan --out, in any format that weir plan
has. No site and no description is read, and nothing is written: one plan can be made
once and shown to people, to a test report and to code scanning.

Paths in sarif, junit, github and gitlab are those of the files below --dir, as seen
from here: run it where the tool that takes them looks for files.

Exit codes: 0 shown, whatever the plan says · 1 there is no such plan.`,
		Example: "  weir plan --out plan.json access; weir render plan.json --dir access --format sarif > weir.sarif\n  weir render plan.json --format facts | grep '^-'",
		Args:    exactly("PLANFILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			show, err := formatNamed(format, ofPlan)
			if err != nil {
				return err
			}
			plan, err := readPlan(args[0])
			if err != nil {
				return err
			}
			return show(a, plan)
		},
	}
	formatFlag(cmd, &format, ofPlan)
	a.registerAll(cmd)
	a.registerMarkdown(cmd)
	cmd.Flags().StringVar(&a.dir, "dir", ".", "the description's `folder`, below which its files are")
	completeFolder(cmd, "dir")
	cmd.ValidArgsFunction = files("json")
	return cmd
}
