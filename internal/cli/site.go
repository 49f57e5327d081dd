package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/site/emulator"
)

func (a *app) siteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "site",
		Short: "Fill, look at, edit and serve the embedded site",
		Long: `The embedded site is a small Confluence in a file (.weir/site.db in DIR): it
speaks Atlassian's protocol and keeps the product's rules, and needs no account.`,
		SuggestionsMinimumDistance: 2,
		Args:                       command,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var file string
	cmd.PersistentFlags().StringVar(&file, "site", "", "the site's `file` (default .weir/site.db in DIR)")
	cmd.AddCommand(a.siteServe(&file), a.siteFacts(&file), a.siteEdit(&file), a.siteSeed(&file), a.siteGenerate(&file), a.siteLog(&file), a.siteReset(&file))
	return cmd
}

func (a *app) siteFacts(file *string) *cobra.Command {
	return &cobra.Command{
		Use:   "facts [DIR]",
		Short: "Print everything that is true of the site, one fact a line",
		Args:  atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args)
			em, err := a.openEmulator(*file, readOnly, "")
			if err != nil {
				return err
			}
			defer em.Close()
			w := bufio.NewWriter(a.Stdout)
			for f := range factsOf(em.Dump()).All() {
				fmt.Fprintln(w, f)
			}
			return w.Flush()
		},
	}
}

func (a *app) siteReset(file *string) *cobra.Command {
	var mode string
	cmd := &cobra.Command{
		Use:   "reset [DIR]",
		Short: "Begin with an empty site; the old file is kept beside it",
		Long: `Begin with an empty site; the old file is kept beside it. A new site gives access
to spaces by roles. With --role-mode it is one from before roles, or on its way
to them, as the product's own mode says.`,
		Example: "  weir site reset\n  weir site reset --role-mode PRE_ROLES",
		Args:    atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args)
			if mode != "" && !slices.Contains(roleModes, mode) {
				return fmt.Errorf("--role-mode is %s, not %q", strings.Join(roleModes, ", "), mode)
			}
			if err := a.moveSite(a.siteFile(*file)); err != nil || mode == "" {
				return err
			}
			em, err := a.openEmulator(*file, readWrite, "", func(o *emulator.Options) { o.RoleMode = mode })
			if err != nil {
				return err
			}
			fmt.Fprintf(a.Stdout, "made a site in mode %s\n", mode)
			return em.Close()
		},
	}
	cmd.Flags().StringVar(&mode, "role-mode", "", "make a site in this `mode`: "+strings.Join(roleModes, ", "))
	return cmd
}

// roleModes are how a site gives access to spaces, in the product's words.
var roleModes = []string{emulator.ModePreRoles, emulator.ModeTransition, emulator.ModeRoles}

// moveSite puts the site's file aside, if there is one.
func (a *app) moveSite(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		_, err := fmt.Fprintf(a.Stdout, "the site is empty already: there is no %s\n", path)
		return err
	}
	// Whoever holds the file must not lose it under their feet.
	store, err := emulator.OpenSQLite(path, emulator.ReadWrite)
	if errors.Is(err, emulator.ErrLocked) {
		return siteFileTrouble(path, err)
	}
	if err == nil {
		if err := store.Close(); err != nil {
			return err
		}
	}
	old := path + ".old"
	if err := os.Rename(path, old); err != nil {
		return siteFileTrouble(path, err)
	}
	fmt.Fprintf(a.Stdout, "the site is empty; the old one is %s\n", old)
	if _, err := os.Stat(a.file(lockFile)); err == nil {
		fmt.Fprintf(a.Stdout, "%s names the ids of the old site: delete it if this description is for the new one\n", a.file(lockFile))
	}
	return nil
}
