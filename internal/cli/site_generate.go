package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site/emulator"
)

func (a *app) siteGenerate(file *string) *cobra.Command {
	var g emulator.Generation
	cmd := &cobra.Command{
		Use:   "generate [DIR]",
		Short: "Fill an empty site with a made-up company",
		Long: `Fill an empty site with a made-up company, skewed as real ones are: large and
small groups, most of an identity provider; people who left and are still in
groups and the only admins of spaces; contractors; direct grants; personal,
archived and a few public spaces; a few restricted pages. The same numbers and
the same seed make the same company.

With --personal there are exactly so many personal spaces beside the other ones, and
with --orphaned exactly so many of those are of people who left.`,
		Example: "  weir site generate --people 2000 --groups 300 --spaces 800 --seed 7\n  weir site generate --people 6600 --personal 4000 --orphaned 554",
		Args:    atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args)
			return a.generate(*file, g)
		},
	}
	f := cmd.Flags()
	f.IntVar(&g.People, "people", 500, "how many people")
	f.IntVar(&g.Groups, "groups", 60, "how many groups")
	f.IntVar(&g.Spaces, "spaces", 120, "how many spaces")
	f.IntVar(&g.Personal, "personal", 0, "how many personal spaces, exactly (default: some of --spaces are)")
	f.IntVar(&g.Orphaned, "orphaned", 0, "how many of the personal spaces are of people who left")
	f.Uint64Var(&g.Seed, "seed", 1, "where chance comes from")
	return cmd
}

func (a *app) generate(file string, g emulator.Generation) error {
	em, err := a.openEmulator(file, readWrite, "")
	if err != nil {
		return err
	}
	defer em.Close()
	made, err := em.Admin().Generate(g)
	if err != nil {
		return fmt.Errorf("generate a site in %s: %w (weir site reset begins with an empty one)", a.siteFile(file), err)
	}
	personal := ""
	if g.Personal > 0 {
		personal = fmt.Sprintf(" and %s, %s orphaned", render.Count(made.Personal, "personal space", "personal spaces"), render.Number(g.Orphaned))
	}
	_, err = fmt.Fprintf(a.Stdout, "generated %s, %s with %s, %s with %s and %s, %d of them restricted%s\n",
		render.Count(made.People, "person", "people"), render.Count(made.Groups, "group", "groups"),
		render.Count(made.Memberships, "membership", "memberships"), render.Count(made.Spaces, "space", "spaces"),
		render.Count(made.Assignments, "role", "roles"), render.Count(made.Pages, "page", "pages"), made.Restricted, personal)
	return err
}
