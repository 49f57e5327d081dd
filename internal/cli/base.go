package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/edits"
	"github.com/weirhq/weir/internal/git"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
)

// baseFlags say what the description is compared with.
type baseFlags struct {
	revision string
	exact    bool
}

func (f *baseFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.revision, "base", "", "show what was edited since HEAD left the `revision` (such as origin/main), and what it brings")
	cmd.Flags().BoolVar(&f.exact, "base-exact", false, "compare with the --base revision itself")
}

// baseTime bounds what git may take, in all.
const baseTime = time.Minute

// loadSince reads the description, and as it was in another revision where that is
// asked for.
func (a *app) loadSince(ctx context.Context, asked baseFlags) (*description, error) {
	d, err := a.load()
	if err != nil {
		return nil, err
	}
	d.base, err = a.base(ctx, asked)
	return d, err
}

// base reads the description as it was in another revision; nil where none was
// asked for. A description that cannot be compared with is no error: the plan
// says so. It comes after load.
func (a *app) base(ctx context.Context, asked baseFlags) (*reconcile.Base, error) {
	if asked.revision == "" {
		if asked.exact {
			return nil, errors.New("--base-exact says how to compare, and not with what (add --base)")
		}
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, baseTime)
	defer cancel()
	repo, err := git.Open(ctx, a.dir, a.Getenv)
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	itself, err := repo.Commit(ctx, asked.revision)
	commit := itself
	if err == nil && !asked.exact {
		if commit, err = repo.MergeBase(ctx, itself); err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w; --base-exact compares with the revision itself", err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	described := false // there is a file of a description
	tree, err := repo.At(ctx, commit, func(path string) int {
		switch _, ok := schema.SyntaxOf(path); {
		case ok:
			described = true
			return schema.MaxFileSize + 1 // so that Load sees that it is too long
		case path == lockFile:
			return schema.MaxTotalSize
		}
		return 0
	})
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	defer tree.Close()

	base := &reconcile.Base{Revision: asked.revision, Commit: commit, Exact: commit == itself}
	for path, text := range a.sources {
		if _, ok := schema.SyntaxOf(path); ok {
			base.After = append(base.After, edits.Text{Path: path, Text: text})
		}
	}
	if described {
		base.Trouble = a.readBase(tree, base)
	}
	for _, module := range tree.Submodules {
		for _, now := range base.After {
			if strings.HasPrefix(now.Path, module+"/") && base.Trouble == nil {
				base.Trouble = fmt.Errorf("%s is in a submodule, and what it was then is not read", now.Path)
			}
		}
	}
	if base.Trouble != nil {
		base.Description = nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("--base: %w", ctx.Err())
	}
	return base, nil
}

// readBase loads and compiles a description of another revision. The error says
// why it cannot be compared with.
func (a *app) readBase(tree fs.FS, base *reconcile.Base) error {
	files, diags := schema.Load(tree)
	for _, f := range files {
		base.Before = append(base.Before, edits.Text{Path: f.Path, Text: string(f.Bytes)})
	}
	docs, more := schema.Parse(files)
	diags = append(diags, more...)
	lock, more := readLock(tree)
	diags = append(diags, more...)
	if err := diags.Err(); err != nil {
		return err
	}
	d, diags := schema.Compile(docs, lock, a.Clock())
	if err := diags.Err(); err != nil {
		return err
	}
	base.Description, base.Pins = d, lock
	return nil
}

func readLock(fsys fs.FS) (schema.Lock, diag.List) {
	text, err := fs.ReadFile(fsys, lockFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, input("WR110", lockFile, "the file cannot be read: "+reason(err), "")
	}
	return schema.ParseLock(lockFile, text)
}
