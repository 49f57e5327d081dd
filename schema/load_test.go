package schema

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestLoad(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	link := func(to string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(to), Mode: fs.ModeSymlink | 0o777}
	}
	large := strings.Repeat("#", MaxFileSize)
	total := fstest.MapFS{}
	for _, name := range strings.Split("abcdefghijklmnopqrst", "") {
		total[name+".weir.yaml"] = file(large)
	}
	for name, tt := range map[string]struct {
		fsys  fs.FS
		files []string
		diags string
	}{
		"files at any depth, sorted by path": {
			fsys: fstest.MapFS{
				"site.weir.yaml": file("a"), "a/b/c.weir.yml": file("b"), "a-b.weir.hcl": file("c"), "a.weir.yaml/x.weir.hcl": file("d"),
				"README.md": file(""), "values.yaml": file(""), "main.hcl": file(""), "x.weir.json": file(""), "y.weir.yaml.bak": file(""),
				".weir/site.weir.yaml": file(""), "a/.git/x.weir.yaml": file(""), ".#x.weir.yaml": file(""), ".weir.yaml": file(""),
			},
			files: []string{"a-b.weir.hcl", "a.weir.yaml/x.weir.hcl", "a/b/c.weir.yml", "site.weir.yaml"},
		},
		"nothing": {
			fsys:  fstest.MapFS{"README.md": file("")},
			diags: "WR110 no description file here (run `weir init` to write a first one, or name the right folder)\n",
		},
		"no folder": {
			fsys:  os.DirFS(filepath.Join(t.TempDir(), "missing")),
			diags: "WR110 the folder cannot be read: it does not exist (name the folder that holds the description)\n",
		},
		"links": {
			fsys: fstest.MapFS{
				"a.weir.yaml": file("a"), "b.weir.yaml": link("a.weir.yaml"), "c.weir.yaml": link("missing"),
				"d": link("e"), "e/x.weir.hcl": file("x"), "notes": link("README.md"), "README.md": file(""), "gone": link("missing"), ".hidden": link("e"),
			},
			files: []string{"a.weir.yaml", "e/x.weir.hcl"},
			diags: "WR110 b.weir.yaml: a symbolic link is not read (put the file itself here)\n" +
				"WR110 c.weir.yaml: a symbolic link is not read (put the file itself here)\n" +
				"WR110 d: a linked folder is not read (move the folder here)\n",
		},
		"a device": {
			fsys: fstest.MapFS{"a.weir.yaml": file("a"), "b.weir.yaml": {Mode: fs.ModeDevice}},

			files: []string{"a.weir.yaml"},
			diags: "WR110 b.weir.yaml: a special file is not read (put the file itself here)\n",
		},
		"the largest file": {fsys: fstest.MapFS{"a.weir.yaml": file(large)}, files: []string{"a.weir.yaml"}},
		"too large a file": {
			fsys:  fstest.MapFS{"a.weir.yaml": file(large + "#"), "b.weir.yaml": file("b")},
			files: []string{"b.weir.yaml"},
			diags: "WR107 a.weir.yaml: the file is over 1 MiB (split it)\n",
		},
		"too much together": {
			fsys:  total,
			files: strings.Split("a.weir.yaml b.weir.yaml c.weir.yaml d.weir.yaml e.weir.yaml f.weir.yaml g.weir.yaml h.weir.yaml i.weir.yaml j.weir.yaml k.weir.yaml l.weir.yaml m.weir.yaml n.weir.yaml o.weir.yaml p.weir.yaml", " "),
			diags: "WR107 q.weir.yaml: the files together are over 16 MiB (split the description into several folders)\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files, diags := Load(tt.fsys)
			var names []string
			for _, f := range files {
				names = append(names, f.Path)
			}
			if diff := cmp.Diff(tt.files, names); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.diags, describeDiags(diags)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
			if !slices.IsSorted(names) {
				t.Errorf("files are not sorted: %v", names)
			}
		})
	}
}

// TestLoadFromDisk meets what an fs.FS in memory has not: a pipe, which must
// not be opened, a link out of the folder, and a file that may not be read.
func TestLoadFromDisk(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.weir.yaml")
	write := func(name, text string, mode fs.FileMode) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write(outside, "weir: secret\n", 0o600)
	dir := t.TempDir()
	write(filepath.Join(dir, "a.weir.yaml"), "weir: v1\n", 0o600)
	if err := os.Symlink(outside, filepath.Join(dir, "link.weir.yaml")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.weir.yaml"), 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, fsys := range map[string]fs.FS{"os.DirFS": os.DirFS(dir), "os.Root": root.FS()} {
		files, diags := Load(fsys)
		if len(files) != 1 || files[0].Path != "a.weir.yaml" {
			t.Errorf("%s: read %v", name, files)
		}
		want := "WR110 link.weir.yaml: a symbolic link is not read (put the file itself here)\n" +
			"WR110 pipe.weir.yaml: a special file is not read (put the file itself here)\n"
		if diff := cmp.Diff(want, describeDiags(diags)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// unreadable refuses to open one name, with a path in the error that is nobody
// else's business.
type unreadable struct {
	fs.FS
	name string
}

func (u unreadable) Open(name string) (fs.File, error) {
	if name == u.name {
		return nil, &fs.PathError{Op: "open", Path: "/home/somebody/" + name, Err: fs.ErrPermission}
	}
	return u.FS.Open(name)
}

func TestLoadUnreadable(t *testing.T) {
	fsys := fstest.MapFS{"a.weir.yaml": {Data: []byte("a")}, "b/b.weir.yaml": {Data: []byte("b")}}
	for name, want := range map[string]string{
		".":           "WR110 the folder cannot be read: permission denied (name the folder that holds the description)\n",
		"a.weir.yaml": "WR110 a.weir.yaml: the file cannot be read: permission denied (give weir the right to read it)\n",
		"b":           "WR110 b: the folder cannot be read: permission denied (give weir the right to read it)\n",
	} {
		_, diags := Load(unreadable{fsys, name})
		if diff := cmp.Diff(want, describeDiags(diags)); diff != "" {
			t.Errorf("%s cannot be opened (-want +got):\n%s", name, diff)
		}
	}
}
