package rewrite

import (
	"maps"
	"slices"
	"time"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

// Edit is a description whose files are being edited, by name: what they said, and
// what they are to say.
type Edit struct {
	Before, After map[string]string

	lock schema.Lock
	now  time.Time
}

// NewEdit begins an edit of files, which are without the lock. They are compiled with
// it, as of now.
func NewEdit(files map[string]string, lock schema.Lock, now time.Time) *Edit {
	return &Edit{Before: maps.Clone(files), After: maps.Clone(files), lock: lock, now: now}
}

// Changed gives the names of the files that are otherwise than before, sorted. One
// that is new is among them.
func (e *Edit) Changed() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(e.After)) {
		if e.After[name] != e.Before[name] {
			out = append(out, name)
		}
	}
	return out
}

// Parse reads the files as they are to be.
func (e *Edit) Parse() ([]schema.Document, diag.List) {
	var files []schema.File
	for _, name := range slices.Sorted(maps.Keys(e.After)) {
		files = append(files, schema.File{Path: name, Bytes: []byte(e.After[name])})
	}
	return schema.Parse(files)
}

// Compile compiles the files as they are to be, with more documents beside them. The
// description is nil where anything in it is an error.
func (e *Edit) Compile(more ...schema.Document) (*schema.Description, diag.List) {
	docs, diags := e.Parse()
	d, list := e.CompileDocs(slices.Concat(docs, more))
	if diags.HasErrors() {
		d = nil
	}
	return d, append(diags, list...)
}

// CompileDocs compiles documents in place of the files. The description is nil where
// anything in it is an error.
func (e *Edit) CompileDocs(docs []schema.Document) (*schema.Description, diag.List) {
	d, diags := schema.Compile(docs, e.lock, e.now)
	if diags.HasErrors() {
		d = nil
	}
	return d, diags
}

// Place is a file with something written at one of the places where it may belong.
type Place struct{ File, Text string }

// Try takes the first of some places, the likeliest first, with which the description
// is right. If none is, the files are as they were, ok is false, and the error is what
// was wrong with the first that could not be compiled.
func (e *Edit) Try(places []Place, right func(*schema.Description) bool) (ok bool, err error) {
	for _, p := range places {
		old, there := e.After[p.File]
		e.After[p.File] = p.Text
		d, diags := e.Compile()
		if d != nil && right(d) {
			return true, nil
		}
		if d == nil && err == nil {
			err = diags.Err()
		}
		if e.After[p.File] = old; !there {
			delete(e.After, p.File)
		}
	}
	return false, err
}
