package reconcile

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/weirhq/weir/access"
)

// ErrJournalLocked says that another process holds the journal.
var ErrJournalLocked = errors.New("another run holds the journal")

// SQLiteJournal is a journal in a SQLite file: WAL mode with synchronous=FULL,
// so that a synced record survives a loss of power, and an exclusive lock, so
// that two applies cannot share one.
type SQLiteJournal struct {
	db      *sql.DB
	pending []Record
	left    []Left                   // to be kept with the next sync
	seen    map[string]access.Memory // by site: to be remembered with the next sync
}

// OpenJournal opens or creates a journal file, readable by its owner only.
func OpenJournal(path string) (*SQLiteJournal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	// The path is escaped: a "?" in a folder's name must not become an option.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	j := &SQLiteJournal{db: db}
	if err := j.write(func(tx *sql.Tx) error {
		_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
			CREATE TABLE IF NOT EXISTS kept (site TEXT PRIMARY KEY, body BLOB NOT NULL);
			CREATE TABLE IF NOT EXISTS seen (site TEXT PRIMARY KEY, body BLOB NOT NULL)`)
		return err
	}); err != nil {
		_ = db.Close()
		var e *sqlite.Error
		if errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED) {
			return nil, ErrJournalLocked
		}
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return j, nil
}

// Append keeps the record until the next Sync.
func (j *SQLiteJournal) Append(r Record) error {
	j.pending = append(j.pending, r)
	return nil
}

// Sync writes what was appended, in one transaction.
func (j *SQLiteJournal) Sync() error {
	if len(j.pending)+len(j.left)+len(j.seen) == 0 {
		return nil
	}
	err := j.write(func(tx *sql.Tx) error {
		stmt, err := tx.Prepare(`INSERT INTO records (body) VALUES (?)`)
		if err != nil {
			return err
		}
		defer stmt.Close()
		for _, r := range j.pending {
			body, err := json.Marshal(r)
			if err != nil {
				return err
			}
			if _, err := stmt.Exec(string(body)); err != nil {
				return err
			}
		}
		for at, m := range j.seen {
			body, err := pack(m)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT OR REPLACE INTO seen (site, body) VALUES (?, ?)`, at, body); err != nil {
				return err
			}
		}
		for _, l := range j.left {
			body, err := pack(l)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT OR REPLACE INTO kept (site, body) VALUES (?, ?)`, l.Site, body); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	j.pending, j.left, j.seen = nil, nil, nil
	return nil
}

// Keep holds what was left on a site, until the next Sync in memory.
func (j *SQLiteJournal) Keep(l Left) error {
	j.left = append(j.left, l)
	return nil
}

// Kept gives what was left on a site. What cannot be read is an error, as it is
// of a record.
func (j *SQLiteJournal) Kept(site string) (*Left, error) {
	if err := j.Sync(); err != nil {
		return nil, err
	}
	var body []byte
	err := j.db.QueryRow(`SELECT body FROM kept WHERE site = ?`, site).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	l := new(Left)
	if err == nil {
		err = unpack(body, l)
	}
	if err == nil && l.Site != site {
		err = errors.New("it is of another site")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: what the last apply left is damaged: %w", err)
	}
	return l, nil
}

// Remember holds what is remembered of a site, until the next Sync in memory.
func (j *SQLiteJournal) Remember(site string, m access.Memory) error {
	if j.seen == nil {
		j.seen = make(map[string]access.Memory)
	}
	j.seen[site] = m
	return nil
}

// Remembered gives what is remembered of a site. What cannot be read is an error.
func (j *SQLiteJournal) Remembered(site string) (access.Memory, error) {
	var m access.Memory
	if err := j.Sync(); err != nil {
		return m, err
	}
	var body []byte
	err := j.db.QueryRow(`SELECT body FROM seen WHERE site = ?`, site).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return m, nil
	}
	if err == nil {
		err = unpack(body, &m)
	}
	if err != nil {
		return access.Memory{}, fmt.Errorf("reading the journal: what is remembered of the site is damaged: %w", err)
	}
	return m, nil
}

func (j *SQLiteJournal) write(f func(*sql.Tx) error) error {
	tx, err := j.db.Begin()
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Replay gives every record, synced or not, in order. A record that cannot be
// read is an error: a journal that lost something must not be taken for whole.
func (j *SQLiteJournal) Replay(f func(Record) error) error {
	if err := j.Sync(); err != nil {
		return err
	}
	rows, err := j.db.Query(`SELECT seq, body FROM records ORDER BY seq`)
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	defer rows.Close()
	next := 1
	for rows.Next() {
		var seq int
		var body string
		if err := rows.Scan(&seq, &body); err != nil {
			return fmt.Errorf("reading the journal: %w", err)
		}
		var r Record
		if err := json.Unmarshal([]byte(body), &r); err != nil || seq != next {
			return fmt.Errorf("reading the journal: record %d is missing or damaged", next)
		}
		next++
		if err := f(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Copy gives the records and all that is kept, to be read while others write.
func (j *SQLiteJournal) Copy() (*MemoryJournal, error) {
	m := new(MemoryJournal)
	if err := j.Replay(m.Append); err != nil {
		return nil, err
	}
	sites, err := j.sites("kept")
	if err != nil {
		return nil, err
	}
	for _, s := range sites {
		l, err := j.Kept(s)
		if err == nil {
			err = m.Keep(*l)
		}
		if err != nil {
			return nil, err
		}
	}
	if sites, err = j.sites("seen"); err != nil {
		return nil, err
	}
	for _, s := range sites {
		what, err := j.Remembered(s)
		if err == nil {
			err = m.Remember(s, what)
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// sites are those of which something is in a table.
func (j *SQLiteJournal) sites(table string) ([]string, error) {
	rows, err := j.db.Query(`SELECT site FROM ` + table + ` ORDER BY site`)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// Close gives the journal back.
func (j *SQLiteJournal) Close() error {
	return errors.Join(j.Sync(), j.db.Close())
}
