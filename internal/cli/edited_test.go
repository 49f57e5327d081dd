package cli

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/rewrite"
)

// filesIn gives what a folder holds, by path.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWriteEdit: all files of an edit are written, as they may be read, or none is,
// and nothing is left beside them.
func TestWriteEdit(t *testing.T) {
	before := map[string]string{"a.weir.yaml": "a\n", "b.weir.yaml": "b\n", "c.weir.yaml": "c\n"}
	open := func(t *testing.T) (*app, *rewrite.Edit) {
		a := &app{dir: t.TempDir()}
		for name, text := range before {
			if err := os.WriteFile(a.file(name), []byte(text), 0o640); err != nil {
				t.Fatal(err)
			}
		}
		e := rewrite.NewEdit(before, nil, time.Time{})
		e.After["a.weir.yaml"], e.After["b.weir.yaml"], e.After["new/d.weir.yaml"] = "A\n", "B\n", "D\n"
		return a, e
	}

	t.Run("all", func(t *testing.T) {
		a, e := open(t)
		if err := a.writeEdit(e); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"a.weir.yaml": "A\n", "b.weir.yaml": "B\n", "c.weir.yaml": "c\n", "new/d.weir.yaml": "D\n"}, filesIn(t, a.dir)); diff != "" {
			t.Errorf("the folder (-want +got):\n%s", diff)
		}
		for name, want := range map[string]fs.FileMode{"a.weir.yaml": 0o640, "new/d.weir.yaml": 0o644} {
			if info, err := os.Stat(a.file(name)); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: %v, %v; want mode %v", name, info, err, want)
			}
		}
	})
	t.Run("none", func(t *testing.T) {
		a, e := open(t)
		if err := os.WriteFile(filepath.Join(a.dir, "new"), []byte("not a folder\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		was := filesIn(t, a.dir)
		err := a.writeEdit(e)
		if err == nil || !strings.HasPrefix(err.Error(), "new/d.weir.yaml could not be written: ") {
			t.Errorf("the error is %v", err)
		}
		if diff := cmp.Diff(was, filesIn(t, a.dir)); diff != "" {
			t.Errorf("the folder (-want +got):\n%s", diff)
		}
	})
	t.Run("changed meanwhile", func(t *testing.T) {
		for name, path := range map[string]string{"an edit": "b.weir.yaml", "a file that was not there": "new/d.weir.yaml"} {
			a, e := open(t)
			if err := os.MkdirAll(filepath.Join(a.dir, "new"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(a.file(path), []byte("somebody else's\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			was := filesIn(t, a.dir)
			if err := a.writeEdit(e); err == nil || err.Error() != path+" could not be written: it was changed meanwhile (try again)" {
				t.Errorf("%s: the error is %v", name, err)
			}
			if diff := cmp.Diff(was, filesIn(t, a.dir)); diff != "" {
				t.Errorf("%s: the folder (-want +got):\n%s", name, diff)
			}
		}
	})
	t.Run("put back", func(t *testing.T) {
		a, e := open(t)
		e.After["new.weir.yaml"] = "N\n"
		var list []*staged
		for _, name := range []string{"a.weir.yaml", "new.weir.yaml", "b.weir.yaml"} {
			f, err := a.stageEdit(e, name)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, f)
		}
		for _, f := range list[:2] {
			if err := f.place(); err != nil {
				t.Fatal(err)
			}
		}
		if err := putBack(list); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(before, filesIn(t, a.dir)); diff != "" {
			t.Errorf("the folder (-want +got):\n%s", diff)
		}
		if info, err := os.Stat(a.file("a.weir.yaml")); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("a.weir.yaml: %v, %v", info, err)
		}
	})
}

// TestShowDiff: what stands in a file reaches the terminal as text.
func TestShowDiff(t *testing.T) {
	var out bytes.Buffer
	a := &app{Env: Env{Stdout: &out}}
	e := rewrite.NewEdit(map[string]string{"a.weir.yaml": "a\nb\x1b[2J\n", "b.weir.yaml": "b\n"}, nil, time.Time{})
	e.After["a.weir.yaml"] = "c\nb\x1b[2J\n"
	a.showDiff(e)
	want := "--- a/a.weir.yaml\n+++ b/a.weir.yaml\n@@ -1,2 +1,2 @@\n-a\n+c\n b\\x1b[2J\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the diff (-want +got):\n%s", diff)
	}
}
