package emulator_test

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

func sqlite(t testing.TB, path string, mode emulator.Mode) *emulator.SQLite {
	t.Helper()
	s, err := emulator.OpenSQLite(path, mode)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// script does a little of everything, over the API and in the admin pages.
func script(f *fixture) {
	f.Helper()
	small(f)
	a := f.em.Admin()
	f.want(201, "POST", "/wiki/api/v2/spaces", m{"name": "Docs", "key": "DOCS"})
	f.want(202, "DELETE", rolePath("Reviewer")(f), nil)
	f.must(a.SetPersonState("cy@acme.example", "suspended"))
	f.must(a.SetPersonState("bo@acme.example", "deactivated"))
	f.must(a.SetPersonState("out@acme.example", "removed"))
	f.must(a.CreatePage("ENG", "Plans", ""))
	f.must(a.Attach("ENG", "Plans", "budget.pdf"))
	f.must(a.WritePage("ENG", "Plans", "<p>Next year</p>"))
	f.must(a.Restrict("ENG", "Plans", "read", team("engineering")))
	f.must(a.DeleteGroup("engineering"))
	f.must(a.SetSpaceStatus("ENG", "archived"))
	f.must(a.CreateRole("Scribe", "", "read/space", "create/page"))
	f.must(a.AssignRole("OPS", team("staff"), "Scribe"))
	f.must(a.DeleteSpace("DOCS"))
}

// TestStoresAgree: the same script gives the same site over each store, and the
// site is the same when it is opened again.
func TestStoresAgree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site db?#%.db")
	memory := emulator.NewMemory()
	var dumps []emulator.Dump
	for name, stores := range map[string]func() emulator.Store{
		"memory": func() emulator.Store { return memory },
		"sqlite": func() emulator.Store { return sqlite(t, path, emulator.ReadWrite) },
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, emulator.Options{Store: stores()})
			script(f)
			token, err := f.em.Admin().IssueToken("ana@acme.example")
			f.must(err)
			before, cred := f.em.Dump(), f.cred
			f.must(f.em.Close())

			g := open(t, emulator.Options{Store: stores()})
			if diff := cmp.Diff(before, g.em.Dump()); diff != "" {
				t.Errorf("opened again:\n%s", diff)
			}
			if g.cred != cred {
				t.Error("the credentials changed")
			}
			g.email, g.token = "ana@acme.example", token
			g.want(200, "GET", "/wiki/rest/api/user/current", nil)
			// Ids go on where they stopped.
			g.must(g.em.Admin().CreateGroup("later", ""))
			if slices.ContainsFunc(before.Groups, func(old emulator.Group) bool { return old.ID == g.group("later").ID }) {
				t.Error("an id was given twice")
			}
			g.must(g.em.Close())
			dumps = append(dumps, before)
		})
	}
	if diff := cmp.Diff(dumps[0], dumps[1]); diff != "" {
		t.Errorf("the stores differ:\n%s", diff)
	}
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "site.db")
	if _, err := emulator.OpenSQLite(path, emulator.ReadOnly); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	f := open(t, emulator.Options{Store: sqlite(t, path, emulator.ReadWrite)})
	small(f)
	want := f.em.Dump()
	f.must(f.em.Close())
	sum := digest(t, path)

	r := open(t, emulator.Options{Store: sqlite(t, path, emulator.ReadOnly)})
	if diff := cmp.Diff(want, r.em.Dump()); diff != "" {
		t.Error(diff)
	}
	r.want(500, "POST", "/wiki/rest/api/group", m{"name": "new"})
	if err := r.em.Admin().CreateGroup("new", ""); !errors.Is(err, emulator.ErrReadOnly) {
		t.Errorf("a write: %v", err)
	}
	if diff := cmp.Diff(want, r.em.Dump()); diff != "" {
		t.Errorf("a refused write stayed in memory:\n%s", diff)
	}
	// Readers share; a writer has to wait.
	second := sqlite(t, path, emulator.ReadOnly)
	if _, err := emulator.OpenSQLite(path, emulator.ReadWrite); !errors.Is(err, emulator.ErrLocked) {
		t.Errorf("a writer beside readers: %v", err)
	}
	f.must(second.Close())
	f.must(r.em.Close())
	if digest(t, path) != sum {
		t.Error("reading changed the file")
	}
	if names := list(t, dir); !slices.Equal(names, []string{"site.db"}) {
		t.Errorf("files left: %v", names)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	s := sqlite(t, path, emulator.ReadWrite)
	for _, mode := range []emulator.Mode{emulator.ReadWrite, emulator.ReadOnly} {
		if _, err := emulator.OpenSQLite(path, mode); !errors.Is(err, emulator.ErrLocked) {
			t.Errorf("mode %d beside a writer: %v", mode, err)
		}
	}
	if err := s.Commit([]emulator.Record{{Table: "x", Key: "y", Value: []byte("{}")}}); err != nil {
		t.Errorf("the holder lost its lock: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sqlite(t, path, emulator.ReadWrite).Close()
}

// TestUnusableFiles: a file that cannot be a site is refused in either mode, and
// left as it is.
func TestUnusableFiles(t *testing.T) {
	other := func(statements ...string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, s := range statements {
				if _, err := db.Exec(s); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	site := func(statements ...string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			f := open(t, emulator.Options{Store: sqlite(t, path, emulator.ReadWrite)})
			small(f)
			f.must(f.em.Close())
			other(statements...)(t, path)
		}
	}
	for name, make := range map[string]func(t *testing.T, path string){
		"text": func(t *testing.T, path string) {
			write(t, path, []byte(strings.Repeat("this is no database\n", 100)))
		},
		"short": func(t *testing.T, path string) { write(t, path, []byte("x")) },
		"cut off": func(t *testing.T, path string) {
			site()(t, path)
			if err := os.Truncate(path, 5000); err != nil {
				t.Fatal(err)
			}
		},
		"folder":               func(t *testing.T, path string) { os.Mkdir(path, 0o755) },
		"other program":        other("CREATE TABLE things (x)"),
		"other table":          other("PRAGMA application_id = 2003134834", "PRAGMA user_version = 1", "CREATE TABLE things (x)"),
		"other version":        site("PRAGMA user_version = 99"),
		"not JSON":             site("UPDATE records SET value = 'x' WHERE tbl = 'group'"),
		"wrong type":           site("UPDATE records SET value = 'null!' WHERE tbl = 'site'"),
		"unknown field":        site(`UPDATE records SET value = '{"Colour":1}' WHERE tbl = 'space'`),
		"unknown table":        site("INSERT INTO records VALUES ('wish', 'x', '{}')"),
		"wrong key":            site("UPDATE records SET key = 'x' || key WHERE tbl = 'role'"),
		"member of nothing":    site("DELETE FROM records WHERE tbl = 'group'"),
		"assigned to nobody":   site(`INSERT INTO records SELECT tbl, key || 'x', value FROM records WHERE tbl = 'assignment' LIMIT 1`),
		"assignment malformed": site(`INSERT INTO records VALUES ('assignment', 'x', '"y"')`),
		"assignment of role":   site(`UPDATE records SET value = '"x"' WHERE tbl = 'assignment'`),
		"permission malformed": site(`INSERT INTO records VALUES ('permission', 'x', '"1"')`),
		"permission of nobody": site(`INSERT INTO records SELECT 'permission', key || '/USER/x/read/space', '"1"' FROM records WHERE tbl = 'space'`),
		"permission unknown":   site(`INSERT INTO records SELECT 'permission', key || '/ACCESS_CLASS/all-licensed-users/fly/space', '"1"' FROM records WHERE tbl = 'space'`),
		"permission's number":  site(`INSERT INTO records SELECT 'permission', key || '/ACCESS_CLASS/all-licensed-users/read/space', '"x"' FROM records WHERE tbl = 'space'`),
		"permission not text":  site(`INSERT INTO records SELECT 'permission', key || '/ACCESS_CLASS/all-licensed-users/read/space', '1' FROM records WHERE tbl = 'space'`),
		"content above itself": site(`UPDATE records SET value = json_set(CAST(value AS TEXT), '$.Parent', key) WHERE tbl = 'content'`),
		"content of no space":  site(`UPDATE records SET value = json_set(CAST(value AS TEXT), '$.Space', '1') WHERE tbl = 'content'`),
		"content of no type":   site(`UPDATE records SET value = json_set(CAST(value AS TEXT), '$.Type', 'poem') WHERE tbl = 'content'`),
		"content below none":   site(`UPDATE records SET value = json_set(CAST(value AS TEXT), '$.Parent', '1') WHERE tbl = 'content'`),
		"file on nothing":      site(`UPDATE records SET value = json_set(CAST(value AS TEXT), '$.Type', 'attachment') WHERE tbl = 'content'`),
		"content malformed":    site(`UPDATE records SET value = json_set(CAST(value AS TEXT), '$.Body', '<p>') WHERE tbl = 'content'`),
		"audit with a gap":     site(`DELETE FROM records WHERE tbl = 'audit' AND key = (SELECT min(key) FROM records WHERE tbl = 'audit')`),
		"audit not JSON":       site(`UPDATE records SET value = 'x' WHERE tbl = 'audit'`),
		"token of nobody":      site(`UPDATE records SET value = '"x"' WHERE tbl = 'token'`),
		"token not text":       site(`UPDATE records SET value = '7' WHERE tbl = 'token'`),
		"no site":              site("DELETE FROM records WHERE tbl = 'site'"),
	} {
		for _, mode := range []emulator.Mode{emulator.ReadOnly, emulator.ReadWrite} {
			t.Run(name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "site.db")
				make(t, path)
				var sum [32]byte
				if name != "folder" {
					sum = digest(t, path)
				}
				s, err := emulator.OpenSQLite(path, mode)
				if err == nil {
					_, err = emulator.New(emulator.Options{Store: s})
					if cerr := s.Close(); cerr != nil {
						t.Errorf("close: %v", cerr)
					}
				}
				if !errors.Is(err, emulator.ErrCorrupt) {
					t.Errorf("error %v", err)
				}
				if name != "folder" && digest(t, path) != sum {
					t.Error("the file was changed")
				}
				if names := list(t, filepath.Dir(path)); !slices.Equal(names, []string{"site.db"}) {
					t.Errorf("files left: %v", names)
				}
			})
		}
	}
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := emulator.OpenSQLite(filepath.Join(dir, "no", "site.db"), emulator.ReadWrite); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	empty := filepath.Join(dir, "empty.db")
	write(t, empty, nil)
	if _, err := emulator.OpenSQLite(empty, emulator.ReadOnly); !errors.Is(err, emulator.ErrCorrupt) {
		t.Errorf("an empty file to read: %v", err)
	}
	sqlite(t, empty, emulator.ReadWrite).Close() // somebody was interrupted at the very start
	if os.Geteuid() == 0 {
		t.Log("not tested as root, who may read everything: a file without permissions")
		return
	}
	if err := os.Chmod(empty, 0); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []emulator.Mode{emulator.ReadOnly, emulator.ReadWrite} {
		if _, err := emulator.OpenSQLite(empty, mode); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("no permission: %v", err)
		}
	}
}

// TestInterruptedWrite: a process that dies in the middle of a write leaves a
// file that opens, for reading too, as it was before.
func TestInterruptedWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "site.db")
	f := open(t, emulator.Options{Store: sqlite(t, path, emulator.ReadWrite)})
	small(f)
	want := f.em.Dump()
	f.must(f.em.Close())

	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(truncate)&_pragma=cache_size(1)")
	f.must(err)
	db.SetMaxOpenConns(1)
	for _, statement := range []string{"BEGIN", "UPDATE records SET value = zeroblob(9000)"} {
		_, err := db.Exec(statement)
		f.must(err)
	}
	// What is on the disk now is what a killed process leaves.
	crashed := filepath.Join(dir, "crashed.db")
	for _, suffix := range []string{"", "-journal"} {
		b, err := os.ReadFile(path + suffix)
		f.must(err)
		write(t, crashed+suffix, b)
	}
	f.must(db.Close())
	if digest(t, crashed+"-journal") == sha256.Sum256(nil) {
		t.Fatal("there is nothing to recover from")
	}
	r := open(t, emulator.Options{Store: sqlite(t, crashed, emulator.ReadOnly)})
	if diff := cmp.Diff(want, r.em.Dump()); diff != "" {
		t.Error(diff)
	}
}

// TestKilledProcess: a process that dies between writes leaves a file that opens
// with everything that was answered.
func TestKilledProcess(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "site.db")
	f := open(t, emulator.Options{Store: sqlite(t, path, emulator.ReadWrite)})
	small(f)
	killed := filepath.Join(dir, "killed.db")
	for _, suffix := range []string{"", "-journal"} {
		if b, err := os.ReadFile(path + suffix); err == nil {
			write(t, killed+suffix, b)
		}
	}
	r := open(t, emulator.Options{Store: sqlite(t, killed, emulator.ReadOnly)})
	if diff := cmp.Diff(f.em.Dump(), r.em.Dump()); diff != "" {
		t.Error(diff)
	}
}

// failing is a store that refuses to write.
type failing struct {
	*emulator.Memory
	commit, load error
}

func (s *failing) Commit(r []emulator.Record) error {
	if s.commit != nil {
		return s.commit
	}
	return s.Memory.Commit(r)
}

func (s *failing) Load(each func(emulator.Record) error) error {
	if s.load != nil {
		return s.load
	}
	return s.Memory.Load(each)
}

func TestStoreFailure(t *testing.T) {
	s := &failing{Memory: emulator.NewMemory()}
	f := open(t, emulator.Options{Store: s})
	small(f)
	before := f.em.Dump()

	s.commit = errors.New("the disk is full")
	body := f.want(500, "POST", "/wiki/rest/api/group", m{"name": "new"})
	if !strings.Contains(body["message"].(string), "the disk is full") {
		t.Errorf("answer %v", body)
	}
	if diff := cmp.Diff(before, f.em.Dump()); diff != "" {
		t.Errorf("memory ran ahead of the store:\n%s", diff)
	}
	f.want(200, "GET", "/wiki/rest/api/group", nil)

	s.load = errors.New("the disk is gone")
	f.want(500, "POST", "/wiki/rest/api/group", m{"name": "new"})
	f.want(500, "GET", "/wiki/rest/api/group", nil)

	if _, err := emulator.New(emulator.Options{Store: s}); !errors.Is(err, s.load) {
		t.Errorf("a store that cannot be read: %v", err)
	}
	if _, err := emulator.New(emulator.Options{Store: &failing{Memory: emulator.NewMemory(), commit: s.commit}}); !errors.Is(err, s.commit) {
		t.Errorf("a store that cannot be written: %v", err)
	}
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func digest(t testing.TB, path string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func list(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
