package git

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tree is a folder as it was in a commit: an [fs.FS] of its regular files and of
// the folders that they are in. A symbolic link and a submodule are listed as
// what they are, and can be neither followed nor read.
//
// Files are read as they are opened, so a Tree must be closed. It is not for
// several readers at once.
type Tree struct {
	nodes map[string]*node
	ctx   context.Context // the time that all reading may take
	blobs *batch          // nil until a file is read
	repo  *Repo
	// Submodules are the paths at which another repository begins.
	Submodules []string
}

// node is a file or a folder of a tree, and what is told of it.
type node struct {
	tree    *Tree
	path    string
	mode    fs.FileMode
	blob    string // the name of the object
	limit   int    // how many bytes of it are wanted
	entries []fs.DirEntry
	size    int64 // once it was read
}

// maxFiles bounds how many files of a tree are listed.
const maxFiles = 100_000

// At reads which files the folder had in a commit. limit says how many bytes of a
// file are wanted; one of which there are none is left out. A folder that the
// commit does not have is an empty tree.
func (r *Repo) At(ctx context.Context, commit string, limit func(path string) int) (*Tree, error) {
	t := &Tree{nodes: make(map[string]*node), ctx: ctx, repo: r}
	t.folder(".")
	object, err := r.folderAt(ctx, commit)
	if err != nil || object == "" {
		return t, err
	}
	files := 0
	err = r.list(ctx, []string{"ls-tree", "-r", "-z", "--full-tree", object}, func(e entry) error {
		switch {
		// Git itself refuses to check such a name out, so no folder ever had it.
		case !fs.ValidPath(e.path):
			return nil
		case e.mode == "160000":
			t.Submodules = append(t.Submodules, e.path)
			return nil
		}
		bytes := limit(e.path)
		if bytes <= 0 {
			return nil
		}
		if files++; files > maxFiles {
			return fmt.Errorf("%.12s has more than %d such files", commit, maxFiles)
		}
		mode := fs.FileMode(0o444)
		if e.mode == "120000" {
			mode |= fs.ModeSymlink
		}
		t.add(&node{tree: t, path: e.path, mode: mode, blob: e.object, limit: bytes})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading which files %.12s has: %w", commit, err)
	}
	for _, n := range t.nodes {
		slices.SortFunc(n.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return t, nil
}

// folderAt gives the name of the object that the folder was in a commit; empty
// where there was none.
func (r *Repo) folderAt(ctx context.Context, commit string) (string, error) {
	if r.prefix == "" {
		return commit, nil
	}
	object := ""
	err := r.list(ctx, []string{"ls-tree", "-z", "--full-tree", commit, "--", r.prefix}, func(e entry) error {
		if e.mode == "040000" && e.path == r.prefix {
			object = e.object
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("the folder %s in %.12s: %w", r.prefix, commit, err)
	}
	return object, nil
}

// entry is a line of ls-tree.
type entry struct{ mode, object, path string }

// list calls a function for each line of an ls-tree, until it fails.
func (r *Repo) list(outer context.Context, args []string, each func(entry) error) error {
	ctx, cancel := context.WithCancel(outer)
	defer cancel()
	cmd := r.command(ctx, args...)
	var said limited
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	stopped := func() error {
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadString(0)
			if errors.Is(err, io.EOF) && line == "" {
				return nil
			}
			if err != nil {
				return err
			}
			// "100644 blob NAME\tPATH\x00"
			head, path, ok := strings.Cut(strings.TrimSuffix(line, "\x00"), "\t")
			words := strings.Fields(head)
			if !ok || len(words) != 3 {
				return fmt.Errorf("git printed %.100q", line)
			}
			if err := each(entry{words[0], words[2], path}); err != nil {
				return err
			}
		}
	}()
	if stopped != nil {
		err := outer.Err()
		cancel() // nobody reads on
		_ = cmd.Wait()
		return cmp.Or(err, stopped)
	}
	return told(outer, cmd.Wait(), &said)
}

// add puts a file into the tree, with the folders above it.
func (t *Tree) add(n *node) {
	t.nodes[n.path] = n
	above := t.folder(path.Dir(n.path))
	above.entries = append(above.entries, n)
}

func (t *Tree) folder(name string) *node {
	if n := t.nodes[name]; n != nil {
		return n
	}
	n := &node{tree: t, path: name, mode: fs.ModeDir | 0o555}
	if name == "." {
		t.nodes[name] = n
	} else {
		t.add(n)
	}
	return n
}

// Close ends the git that reads files, if there is one.
func (t *Tree) Close() {
	if t.blobs != nil {
		t.blobs.close()
	}
}

// Open opens a file or a folder.
func (t *Tree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	n := t.nodes[name]
	if n == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	text, err := n.load()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{node: n, Reader: bytes.NewReader(text)}, nil
}

// load reads a regular file. Nothing is kept of it but its size: a tree may have
// more files than there is room for.
func (n *node) load() (text []byte, err error) {
	switch {
	case n.mode&fs.ModeSymlink != 0:
		return nil, errors.New("a symbolic link is not followed")
	case n.mode.IsDir():
		return nil, nil
	}
	t := n.tree
	if t.blobs == nil {
		if t.blobs, err = t.repo.batch(t.ctx); err != nil {
			return nil, err
		}
	}
	text, n.size, err = t.blobs.read(n.blob, n.limit)
	return text, err
}

// What fs.DirEntry and fs.FileInfo ask.

func (n *node) Name() string       { return path.Base(n.path) }
func (n *node) IsDir() bool        { return n.mode.IsDir() }
func (n *node) Type() fs.FileMode  { return n.mode.Type() }
func (n *node) Mode() fs.FileMode  { return n.mode }
func (n *node) Size() int64        { return n.size }
func (n *node) ModTime() time.Time { return time.Time{} }
func (n *node) Sys() any           { return nil }

// Info reads a file to learn its size.
func (n *node) Info() (fs.FileInfo, error) {
	if n.mode.IsRegular() {
		if _, err := n.load(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// file is a file or a folder that was opened.
type file struct {
	*node
	*bytes.Reader
	listed int
}

func (f *file) Size() int64                { return f.node.size }
func (f *file) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *file) Close() error               { return nil }

func (f *file) Read(p []byte) (int, error) {
	if f.IsDir() {
		return 0, &fs.PathError{Op: "read", Path: f.path, Err: errors.New("it is a folder")}
	}
	return f.Reader.Read(p)
}

// ReadDir gives the entries of a folder, as fs.ReadDirFile asks.
func (f *file) ReadDir(n int) ([]fs.DirEntry, error) {
	if !f.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: f.path, Err: errors.New("it is no folder")}
	}
	left := f.entries[f.listed:]
	if n > 0 {
		if len(left) == 0 {
			return nil, io.EOF
		}
		left = left[:min(n, len(left))]
	}
	f.listed += len(left)
	return slices.Clone(left), nil
}

// batch is a git that prints objects as it is asked for them.
type batch struct {
	in     io.WriteCloser
	out    *bufio.Reader
	cancel context.CancelFunc
	wait   func() error
	broken error // after which it is of no use
}

func (r *Repo) batch(ctx context.Context) (*batch, error) {
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	cmd := r.command(ctx, "cat-file", "--batch")
	said := new(limited)
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err == nil {
		var out io.ReadCloser
		if out, err = cmd.StdoutPipe(); err == nil {
			if err = cmd.Start(); err == nil {
				b := &batch{in: in, out: bufio.NewReader(out), cancel: cancel}
				b.wait = func() error { return told(outer, cmd.Wait(), said) }
				return b, nil
			}
		}
	}
	cancel()
	return nil, err
}

// read gives at most limit bytes of a blob, and its size.
func (b *batch) read(blob string, limit int) ([]byte, int64, error) {
	if b.broken != nil {
		return nil, 0, b.broken
	}
	text, size, err := b.ask(blob, limit)
	if err == nil || errors.Is(err, errMissing) {
		return text, size, err
	}
	// It has ended, or it says what nobody expected and is not listened to.
	b.broken = err
	if errors.Is(err, io.EOF) {
		b.broken = nil // nobody has to end it
		b.broken = cmp.Or(b.close(), io.ErrUnexpectedEOF)
	}
	return nil, 0, b.broken
}

func (b *batch) ask(blob string, limit int) ([]byte, int64, error) {
	if _, err := io.WriteString(b.in, blob+"\n"); err != nil {
		return nil, 0, err
	}
	line, err := b.out.ReadString('\n')
	if err != nil {
		return nil, 0, err
	}
	// "NAME blob SIZE", or "NAME missing".
	words := strings.Fields(line)
	if len(words) == 2 && words[1] == "missing" {
		return nil, 0, errMissing
	}
	if len(words) != 3 || words[0] != blob || words[1] != "blob" {
		return nil, 0, fmt.Errorf("git printed %.100q for a file", line)
	}
	size, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil || size < 0 {
		return nil, 0, fmt.Errorf("git printed %.100q for a file", line)
	}
	text := make([]byte, min(size, int64(limit)))
	if _, err := io.ReadFull(b.out, text); err != nil {
		return nil, 0, err
	}
	// The rest of it, and a newline.
	if _, err := io.CopyN(io.Discard, b.out, size-int64(len(text))+1); err != nil {
		return nil, 0, err
	}
	return text, size, nil
}

// close ends the program. The error is what it said, if it failed by itself.
func (b *batch) close() error {
	if b.broken != nil {
		b.cancel() // it may wait for somebody to read on
	}
	_ = b.in.Close()
	defer b.cancel()
	return b.wait()
}
