package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/schema"
)

// starter is the description that weir init writes.
//
//go:embed starter
var starter embed.FS

func (a *app) initCommand() *cobra.Command {
	var syntax string
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first description",
		Long: `Write a small description to DIR (default: this folder): a site, a few people,
a group and a space, on an embedded site that needs no account. Nothing that is
there is written over.`,
		Example: "  weir init confluence\n  weir init --syntax hcl",
		Args:    atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args)
			return a.init(syntax)
		},
	}
	cmd.Flags().StringVar(&syntax, "syntax", "yaml", "`syntax` of the files: yaml or hcl")
	return cmd
}

func (a *app) init(syntax string) error {
	files, err := fs.Sub(starter, "starter/"+syntax)
	if _, statErr := fs.Stat(starter, "starter/"+syntax); err != nil || statErr != nil {
		return fmt.Errorf("unknown syntax %q (yaml or hcl)", syntax)
	}
	if err := a.mustBeNew(); err != nil {
		return err
	}
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		// The file is called dot.gitignore here, or git would heed it.
		path := a.file(filepath.FromSlash(strings.Replace(name, "dot.gitignore", ".gitignore", 1)))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			fmt.Fprintf(a.Stdout, "kept %s\n", path)
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := f.Write(text); err != nil {
			return errors.Join(err, f.Close())
		}
		fmt.Fprintf(a.Stdout, "wrote %s\n", path)
		return f.Close()
	})
}

// mustBeNew refuses a folder that holds a description already.
func (a *app) mustBeNew() error {
	switch info, err := os.Stat(a.dir); {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(a.dir, 0o755)
	case err == nil && !info.IsDir():
		return input("WR110", a.dir, "this is not a folder", "choose another folder")
	}
	return filepath.WalkDir(a.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return input("WR110", path, "the folder cannot be read: "+reason(err), "")
		}
		if entry.IsDir() && path != a.dir && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir // never read as a description
		}
		if _, ok := schema.SyntaxOf(entry.Name()); ok && !entry.IsDir() {
			return input("WR104", path, "there is a description here already", "choose another folder")
		}
		return nil
	})
}
