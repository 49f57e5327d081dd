package emulator

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Mode says what a site file is opened for.
type Mode uint8

// A file is opened for reading, or for reading and writing.
const (
	// ReadOnly takes a shared lock, never creates the file, and leaves nothing
	// beside it. It is the zero value.
	ReadOnly Mode = iota
	// ReadWrite takes an exclusive lock and creates the file when it is not there.
	ReadWrite
)

const (
	applicationID = 0x77656972 // "weir" in ASCII: marks the file as a site's
	fileVersion   = 1          // of the tables and the records in them
	smallestFile  = 512        // SQLite's smallest page
)

// SQLite is a [Store] in one file.
type SQLite struct {
	db     *sql.DB
	conn   *sql.Conn // the one connection; it holds the lock
	upsert *sql.Stmt
	remove *sql.Stmt
	mode   Mode
}

// OpenSQLite opens the site file at path. The errors: [ErrLocked] when somebody
// else holds it, [ErrCorrupt] when it is no site file of this version, or the
// error of the operating system. A file that cannot be used is left as it is.
func OpenSQLite(path string, mode Mode) (*SQLite, error) {
	s, err := openSQLite(path, mode)
	if mode == ReadOnly && needsRecovery(err) {
		// A process died in the middle of a write. Only a writer may roll that
		// back, so be one for a moment.
		w, werr := openSQLite(path, ReadWrite)
		if werr != nil {
			return nil, fmt.Errorf("open %s: %w", path, werr)
		}
		w.Close()
		s, err = openSQLite(path, mode)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

func openSQLite(path string, mode Mode) (*SQLite, error) {
	// The operating system says more precisely than SQLite what is wrong. The
	// file is not opened here: closing it would drop POSIX locks that this
	// process holds on it through another store.
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: it is not a regular file", ErrCorrupt)
	case err == nil && info.Size() > 0 && info.Size() < smallestFile:
		return nil, fmt.Errorf("%w: it is no database", ErrCorrupt) // SQLite would take it for an empty one
	case errors.Is(err, fs.ErrNotExist) && mode == ReadWrite:
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{
		"mode": {"ro"},
		"_pragma": {
			"busy_timeout(0)",
			// The emulator is not weir's journal: it need not survive a loss of power.
			"synchronous(off)",
			"journal_mode(delete)",
		},
	}
	if mode == ReadWrite {
		query.Set("mode", "rwc")
		query.Add("_pragma", "locking_mode(exclusive)")
	} else {
		query.Set("_pragma", "busy_timeout(0)")
	}
	dsn := (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: query.Encode()}).String()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	s := &SQLite{db: db, mode: mode}
	if err := s.begin(context.Background()); err != nil {
		s.Close()
		return nil, classify(err, path)
	}
	return s, nil
}

// begin takes the lock and checks, or makes, the table.
func (s *SQLite) begin(ctx context.Context) (err error) {
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	lock := "BEGIN EXCLUSIVE"
	if s.mode == ReadOnly {
		lock = "BEGIN"
	}
	if _, err := s.conn.ExecContext(ctx, lock); err != nil {
		return err
	}
	var app, version, tables int
	for query, into := range map[string]*int{
		"PRAGMA application_id":              &app,
		"PRAGMA user_version":                &version,
		"SELECT count(*) FROM sqlite_master": &tables,
	} {
		if err := s.conn.QueryRowContext(ctx, query).Scan(into); err != nil {
			return err
		}
	}
	switch fresh := app == 0 && version == 0 && tables == 0; {
	case fresh && s.mode == ReadOnly:
		return fmt.Errorf("%w: it is empty", ErrCorrupt)
	case fresh:
		for _, statement := range []string{
			"CREATE TABLE records (tbl TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID",
			fmt.Sprintf("PRAGMA application_id = %d", applicationID),
			fmt.Sprintf("PRAGMA user_version = %d", fileVersion),
		} {
			if _, err := s.conn.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
	case app != applicationID:
		return fmt.Errorf("%w: it is a database of some other program", ErrCorrupt)
	case version != fileVersion:
		return fmt.Errorf("%w: it has version %d and this program knows version %d", ErrCorrupt, version, fileVersion)
	}
	if s.mode == ReadOnly {
		return nil // the open transaction holds the shared lock
	}
	if _, err := s.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	if s.upsert, err = s.conn.PrepareContext(ctx, "INSERT INTO records VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"); err != nil {
		return err
	}
	s.remove, err = s.conn.PrepareContext(ctx, "DELETE FROM records WHERE tbl = ? AND key = ?")
	return err
}

// Load implements [Store].
func (s *SQLite) Load(each func(Record) error) error {
	rows, err := s.conn.QueryContext(context.Background(), "SELECT tbl, key, value FROM records ORDER BY tbl, key")
	if err != nil {
		return classify(err, "")
	}
	defer rows.Close()
	for rows.Next() {
		var r Record
		if err := rows.Scan(&r.Table, &r.Key, &r.Value); err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return classify(rows.Err(), "")
}

// Commit implements [Store]: one transaction, without waiting for the disk.
func (s *SQLite) Commit(records []Record) error {
	if s.mode == ReadOnly {
		return ErrReadOnly
	}
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return classify(err, "")
	}
	for _, r := range records {
		var err error
		if r.Value == nil {
			_, err = s.remove.ExecContext(ctx, r.Table, r.Key)
		} else {
			_, err = s.upsert.ExecContext(ctx, r.Table, r.Key, r.Value)
		}
		if err != nil {
			_, rollback := s.conn.ExecContext(ctx, "ROLLBACK")
			return errors.Join(classify(err, ""), rollback)
		}
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	return classify(err, "")
}

// Close implements [Store] and gives the lock back.
func (s *SQLite) Close() error {
	var errs []error
	if s.upsert != nil {
		errs = append(errs, s.upsert.Close())
	}
	if s.remove != nil {
		errs = append(errs, s.remove.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

// code returns SQLite's extended result code, or 0.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// classify gives an error of SQLite the meaning that callers ask for. With a
// path it asks the operating system why the file cannot be opened.
func classify(err error, path string) error {
	if err == nil {
		return nil
	}
	switch code(err) & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrLocked
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		if path == "" {
			break
		}
		f, oserr := os.OpenFile(path, os.O_RDWR, 0)
		if oserr != nil {
			return oserr
		}
		f.Close()
	}
	return err
}

// needsRecovery reports whether a reader found a write that was never finished.
func needsRecovery(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_READONLY_ROLLBACK || c == sqlite3.SQLITE_READONLY_RECOVERY || c&0xff == sqlite3.SQLITE_CANTOPEN
}
