package emulator

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
)

// What can be wrong with a store. Test with errors.Is.
var (
	// ErrLocked: another process (or another store of this one) holds the file.
	ErrLocked = errors.New("the site file is in use by another process")
	// ErrCorrupt: the file is not a site file, is damaged, is of an unknown
	// version, or holds records that do not fit together.
	ErrCorrupt = errors.New("the site file cannot be used")
	// ErrReadOnly: the store was opened for reading.
	ErrReadOnly = errors.New("the site file is open for reading only")
)

// Record is one row of a site: what a [Store] keeps.
type Record struct {
	Table string
	Key   string
	Value []byte // JSON; nil means that the record is deleted
}

// Store keeps the records of one site.
type Store interface {
	// Load gives every record, sorted by table and key, and stops at the first
	// error. The record's Value must not be changed or kept.
	Load(func(Record) error) error
	// Commit writes the records in order and all of them or none.
	Commit([]Record) error
	// Close gives the store back. It is not used afterwards.
	Close() error
}

type recordKey struct{ table, key string }

// Memory is a [Store] that forgets everything with the process.
type Memory struct {
	records map[recordKey][]byte
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{records: map[recordKey][]byte{}} }

// Load implements [Store].
func (m *Memory) Load(each func(Record) error) error {
	keys := slices.SortedFunc(maps.Keys(m.records), func(a, b recordKey) int {
		return cmp.Or(strings.Compare(a.table, b.table), strings.Compare(a.key, b.key))
	})
	for _, k := range keys {
		if err := each(Record{Table: k.table, Key: k.key, Value: m.records[k]}); err != nil {
			return err
		}
	}
	return nil
}

// Commit implements [Store].
func (m *Memory) Commit(records []Record) error {
	for _, r := range records {
		k := recordKey{r.Table, r.Key}
		if r.Value == nil {
			delete(m.records, k)
		} else {
			m.records[k] = slices.Clone(r.Value)
		}
	}
	return nil
}

// Close implements [Store]. The records stay, so that a test can open the site
// again.
func (m *Memory) Close() error { return nil }
