package schema

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/weirhq/weir/internal/diag"
)

// What a folder may hold. A description of 2,000 people, 700 groups and 300
// spaces is about half a mebibyte in one file; the limits leave room and keep
// a stranger's pull request from filling the memory.
const (
	MaxFileSize  = 1 << 20  // bytes in one file
	MaxTotalSize = 16 << 20 // bytes in all files together
)

// Syntax is one of the two spellings of the language.
type Syntax uint8

// The syntaxes.
const (
	YAML Syntax = iota
	HCL
)

// String returns "YAML" or "HCL".
func (s Syntax) String() string {
	if s == HCL {
		return "HCL"
	}
	return "YAML"
}

// Ext returns the ending of a file's name in the syntax: ".weir.yaml" or
// ".weir.hcl".
func (s Syntax) Ext() string {
	if s == HCL {
		return ".weir.hcl"
	}
	return ".weir.yaml"
}

// SyntaxOf tells the syntax of a file by its name, and false for a file that
// is not a description. Names that begin with a dot never are: editors keep
// their locks and backups so.
func SyntaxOf(name string) (Syntax, bool) {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(base, "."):
		return YAML, false
	case strings.HasSuffix(base, ".weir.yaml"), strings.HasSuffix(base, ".weir.yml"):
		return YAML, true
	case strings.HasSuffix(base, ".weir.hcl"):
		return HCL, true
	}
	return YAML, false
}

// File is one file of a description. Path is relative to the folder, with
// slashes; it is what diagnostics show.
type File struct {
	Path  string
	Bytes []byte
}

// Load reads every description file below the root of fsys, sorted by path:
// *.weir.yaml, *.weir.yml and *.weir.hcl at any depth. Other files and folders
// whose name begins with a dot are ignored.
//
// Only regular files are read. A symbolic link, a device or a pipe with the
// name of a description file is an error (WR110) and is never opened, so
// nothing outside the folder can be read or shown. Pass os.DirFS, or an
// os.Root's FS to be safe against folders that change under the reader.
//
// A folder that cannot be read or holds no description file is WR110 as well;
// a file or folder over the limits is WR107. What could be read is returned
// beside the diagnostics.
func Load(fsys fs.FS) ([]File, diag.List) {
	l := loader{fsys: fsys}
	// The walk stops only when visit says so, and visit has then reported why.
	_ = fs.WalkDir(fsys, ".", l.visit)
	if len(l.files) == 0 && !l.diags.HasErrors() {
		l.report("WR110", "", "no description file here", "Description files end in .weir.yaml, .weir.yml or .weir.hcl.", "run `weir init` to write a first one, or name the right folder")
	}
	slices.SortFunc(l.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return l.files, l.diags.Sort()
}

type loader struct {
	fsys  fs.FS
	files []File
	total int
	diags diag.List
}

func (l *loader) report(code, file, summary, detail, hint string) {
	l.diags = append(l.diags, diag.Diagnostic{
		Code: code, Summary: summary, Detail: detail, Hint: hint, Range: diag.Range{File: file},
	})
}

// visit is called by fs.WalkDir for every file and folder.
func (l *loader) visit(name string, entry fs.DirEntry, err error) error {
	isDescription := func() bool { _, ok := SyntaxOf(name); return ok }
	switch {
	case err != nil && name == ".":
		l.report("WR110", "", "the folder cannot be read: "+cause(err), "", "name the folder that holds the description")
		return fs.SkipAll
	case err != nil:
		// Going on without it would take whatever it describes for removed.
		l.report("WR110", name, "the folder cannot be read: "+cause(err), "", "give weir the right to read it")
		return nil
	case entry.IsDir():
		if name != "." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		return nil
	case entry.Type()&fs.ModeSymlink != 0 && !isDescription():
		l.linkedFolder(name)
		return nil
	case !isDescription():
		return nil
	case !entry.Type().IsRegular():
		l.irregular(name, entry.Type())
		return nil
	}
	text, ok := l.read(name)
	if !ok {
		return nil
	}
	if l.total += len(text); l.total > MaxTotalSize {
		l.report("WR107", name, fmt.Sprintf("the files together are over %d MiB", MaxTotalSize>>20), "This is the first file beyond the limit.", "split the description into several folders")
		return fs.SkipAll
	}
	l.files = append(l.files, File{Path: name, Bytes: text})
	return nil
}

// linkedFolder warns of a link to a folder: it may look like part of the
// description, and is not.
func (l *loader) linkedFolder(name string) {
	info, err := fs.Stat(l.fsys, name)
	if err != nil || !info.IsDir() || strings.HasPrefix(path.Base(name), ".") {
		return
	}
	l.report("WR110", name, "a linked folder is not read", "Weir follows no symbolic link, so description files behind this one count for nothing.", "move the folder here")
	l.diags[len(l.diags)-1].Severity = diag.Warning
}

func (l *loader) irregular(name string, mode fs.FileMode) {
	what := "a special file"
	if mode&fs.ModeSymlink != 0 {
		what = "a symbolic link"
	}
	l.report("WR110", name, what+" is not read", "Weir reads regular files only, so that a description cannot show what lies outside its folder.", "put the file itself here")
}

// read returns the bytes of a regular file within the limit.
func (l *loader) read(name string) ([]byte, bool) {
	failed := func(err error) ([]byte, bool) {
		l.report("WR110", name, "the file cannot be read: "+cause(err), "", "give weir the right to read it")
		return nil, false
	}
	f, err := l.fsys.Open(name)
	if err != nil {
		return failed(err)
	}
	defer f.Close()
	// The file may have been exchanged since the folder was listed.
	info, err := f.Stat()
	if err != nil {
		return failed(err)
	}
	if !info.Mode().IsRegular() {
		l.irregular(name, info.Mode())
		return nil, false
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if err != nil {
		return failed(err)
	}
	if len(text) > MaxFileSize {
		l.report("WR107", name, fmt.Sprintf("the file is over %d MiB", MaxFileSize>>20), "", "split it")
		return nil, false
	}
	return text, true
}

// cause says why a file could not be read, without any path: the diagnostic
// has the one that matters.
func cause(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return err.Error()
}
