package emulator

import (
	"iter"
	"slices"
	"strings"
)

// table holds rows by key and keeps the keys in order, so that listings are
// stable and a page can start anywhere.
type table[T any] struct {
	rows map[string]*T
	keys set
}

func newTable[T any]() table[T] { return table[T]{rows: map[string]*T{}} }

func (t *table[T]) get(key string) *T { return t.rows[key] }

func (t *table[T]) put(key string, row *T) {
	t.rows[key] = row
	t.keys.add(key)
}

func (t *table[T]) remove(key string) {
	delete(t.rows, key)
	t.keys.remove(key)
}

// all yields the rows in the order of their keys.
func (t *table[T]) all() iter.Seq[*T] { return t.from("") }

// from yields the rows behind a key, in the order of their keys.
func (t *table[T]) from(after string) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, k := range t.keys.after(after) {
			if !yield(t.rows[k]) {
				return
			}
		}
	}
}

// set is a sorted list of different strings.
type set []string

func (s *set) add(v string) {
	if i, found := slices.BinarySearch(*s, v); !found {
		*s = slices.Insert(*s, i, v)
	}
}

func (s *set) remove(v string) {
	if i, found := slices.BinarySearch(*s, v); found {
		*s = slices.Delete(*s, i, i+1)
	}
}

func (s set) has(v string) bool {
	_, found := slices.BinarySearch(s, v)
	return found
}

// after returns the values behind v; v need not be one of them.
func (s set) after(v string) set {
	i, found := slices.BinarySearch(s, v)
	if found {
		i++
	}
	return s[i:]
}

// newSet returns the values sorted, each once.
func newSet(values []string) set {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}

// fold is how the product compares names, e-mail addresses and keys.
func fold(s string) string { return strings.ToLower(s) }
