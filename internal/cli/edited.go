package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/weirhq/weir/internal/edits"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
)

// openEdit begins an edit of the description that was loaded.
func (a *app) openEdit(d *description) *rewrite.Edit {
	files := maps.Clone(a.sources)
	delete(files, lockFile)
	return rewrite.NewEdit(files, d.lock, a.Clock())
}

// editedFiles gives where the files are that are otherwise than before, to be shown.
func (a *app) editedFiles(e *rewrite.Edit) []string {
	var out []string
	for _, name := range e.Changed() {
		out = append(out, render.Safe(a.file(filepath.FromSlash(name))))
	}
	return out
}

// diffOf gives an edit as a patch, with paths in the description's folder.
func diffOf(e *rewrite.Edit) string {
	var b strings.Builder
	for _, name := range e.Changed() {
		b.WriteString(edits.Unified(name, e.Before[name], e.After[name]))
	}
	return b.String()
}

// showDiff prints an edit as a patch.
func (a *app) showDiff(e *rewrite.Edit) {
	for line := range strings.Lines(diffOf(e)) {
		fmt.Fprintln(a.Stdout, render.Safe(strings.TrimSuffix(line, "\n")))
	}
}

// writeEdit writes the files of an edit that are otherwise than before: all of them,
// or none. Every text is on the disk before the first takes its place, and those that
// have are put back where another cannot.
func (a *app) writeEdit(e *rewrite.Edit) error {
	var list []*staged
	for _, name := range e.Changed() {
		f, err := a.stageEdit(e, name)
		if err != nil {
			return errors.Join(fmt.Errorf("%s could not be written: %s", render.Safe(name), reason(err)), putBack(list))
		}
		list = append(list, f)
	}
	for _, f := range list {
		if err := f.place(); err != nil {
			return errors.Join(fmt.Errorf("%s could not be written: %s", render.Safe(f.name), reason(err)), putBack(list))
		}
	}
	return nil
}

// staged is a text that is on the disk, and about to take the place of a file.
type staged struct {
	name, path string
	temp       string // where the text is; empty once it has taken its place
	mode       fs.FileMode
	was        []byte // what the file held
	fresh      bool   // there was none
}

// errChanged is of a file that is not what was read when the edit began: reading a
// site can take minutes, and somebody may have written to it meanwhile.
var errChanged = errors.New("it was changed meanwhile (try again)")

// stageEdit writes the text of a file beside it, whose place it is to take. The file
// keeps its mode; folders that are not there are made. A file that is otherwise than
// the edit began with is refused.
func (a *app) stageEdit(e *rewrite.Edit, name string) (*staged, error) {
	f := &staged{name: name, path: a.file(filepath.FromSlash(name)), mode: 0o644}
	was, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.fresh = true
		if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		info, err := os.Stat(f.path)
		if err != nil {
			return nil, err
		}
		f.was, f.mode = was, info.Mode().Perm()
	}
	if before, read := e.Before[name]; f.fresh == read || before != string(was) {
		return nil, errChanged
	}
	f.temp, err = stage(f.path, []byte(e.After[name]), f.mode)
	return f, err
}

// place puts the text in the place of the file.
func (f *staged) place() error {
	if err := os.Rename(f.temp, f.path); err != nil {
		return err
	}
	f.temp = ""
	return nil
}

// putBack makes files what they were, and leaves nothing beside them. Folders that
// were made stay.
func putBack(list []*staged) error {
	var trouble error
	for _, f := range list {
		var err error
		switch {
		case f.temp != "":
			_ = os.Remove(f.temp)
		case f.fresh:
			err = os.Remove(f.path)
		default:
			err = replaceFile(f.path, f.was, f.mode)
		}
		if err != nil {
			trouble = errors.Join(trouble, fmt.Errorf("%s was written, and could not be put back: %s", render.Safe(f.name), reason(err)))
		}
	}
	return trouble
}
