package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site"
)

func (a *app) snapshotCommand() *cobra.Command {
	var file, dir string
	var all bool
	cmd := &cobra.Command{
		Use:   "snapshot FILE",
		Short: "Write down everything that is true of the site",
		Long: `Read the site that the description in DIR (--dir, default: this folder) is for,
and write what was read to FILE: facts, ids, names, the tree of the pages that were
read, and what could not be seen. Questions can then be asked of it, and plans made
of it, without credentials and without the site (--snapshot of weir plan, test, who,
what, why, why-not, matrix and report). A plan of another description finds unknown
what that one reads beyond this.

The file holds names and e-mail addresses, no credentials; only its owner may read
it. Nothing is written to the site.

Exit codes: 0 written · 1 error in the description · 7 the site cannot be read.`,
		Example: "  weir snapshot acme.json\n  weir snapshot acme.json --pages",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.dir = dir
			d, err := a.load()
			if err != nil {
				return err
			}
			open, err := a.openSite(cmd.Context(), d.site(), file, readOnly)
			if err != nil {
				return err
			}
			defer open.Close()
			extent := d.Extent()
			extent.All, extent.Pins = all, d.lock
			began := a.Clock()
			obs, err := open.Observe(cmd.Context(), extent)
			if err != nil {
				return err
			}
			if err := writeSnapshot(args[0], snapshotOf(d.site(), open, obs, reading{began, began})); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Stdout, "%s written to %s (%s, %s)\n", render.Count(obs.Facts.Len(), "fact", "facts"), render.Safe(args[0]),
				render.Count(obs.Requests, "request", "requests"), render.Count(len(obs.Unknown), "thing not seen", "things not seen"))
			return err
		},
	}
	cmd.Flags().StringVar(&file, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	cmd.Flags().StringVar(&dir, "dir", ".", "the description's `folder`")
	cmd.Flags().BoolVar(&all, "pages", false, "read the restrictions of every page, too (weir scan says what that takes)")
	return cmd
}

// writeSnapshot writes a snapshot whole or not at all, for its owner only.
func writeSnapshot(path string, s site.Snapshot) error {
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes(), 0o600)
}
