// Package diag holds messages about the user's input: what is wrong, where,
// and what to do about it.
//
// A [Diagnostic] always means that the input is at fault. When the world is at
// fault (a site that does not answer, a refused write) the error is a
// *site.Error instead; the two are never mixed.
//
//	var ds diag.List
//	ds = append(ds, diag.Diagnostic{
//		Code:    "WR201",
//		Summary: `group "enginering" is not described`,
//		Hint:    `did you mean "engineering"?`,
//		Range:   diag.At("eng.weir.yaml", 14, 9),
//	})
//	fmt.Println(ds.Err()) // eng.weir.yaml:14:9: group "enginering" is not described (did you mean "engineering"?)
//
// The package decides nothing and prints nothing.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a diagnostic stops the command.
type Severity uint8

const (
	// Error stops the command with exit code 1. It is the zero value, so that a
	// forgotten severity fails closed.
	Error Severity = iota
	// Warning is shown and does not stop anything.
	Warning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Pos is a place in a file. Line and Column count from 1; Column counts
// Unicode code points, as editors do. The zero Pos is an unknown place.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Range is a stretch of a file. The zero Range is an unknown place and prints
// as "?". End is exclusive and may be the zero Pos when only the start is known.
type Range struct {
	File  string
	Start Pos
	End   Pos
}

// At returns the Range that starts at one place and whose end is not known.
func At(file string, line, column int) Range {
	return Range{File: file, Start: Pos{Line: line, Column: column}}
}

// Known reports whether the range names a file.
func (r Range) Known() bool { return r.File != "" }

// String returns "file:line:col", "file" when only the file is known, or "?".
func (r Range) String() string {
	switch {
	case r.File == "":
		return "?"
	case r.Start.Line == 0:
		return r.File
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
}

// Compare orders ranges by file, line and column.
func (r Range) Compare(o Range) int {
	return cmp.Or(
		strings.Compare(r.File, o.File),
		cmp.Compare(r.Start.Line, o.Start.Line),
		cmp.Compare(r.Start.Column, o.Start.Column),
	)
}

// Related is another place that takes part in the trouble, such as the first
// of two entries for one object.
type Related struct {
	Message string
	Range   Range
}

// Diagnostic is one message about the input.
type Diagnostic struct {
	// Code is one of [Codes], such as "WR201"; `weir explain` tells its story.
	Code     string
	Severity Severity
	// Summary is a noun phrase or a short statement, lower case, without a full
	// stop, of about 60 characters. It never contains the position.
	Summary string
	// Detail, if any, says in whole sentences what was found and why it matters.
	Detail string
	// Hint, if any, is the remedy, in the imperative or as a question.
	Hint string
	// Range is what would be underlined.
	Range Range
	// Related are the other places involved, in source order.
	Related []Related
	// Ways, if any, are the ways out that Hint tells, for programs.
	Ways []Way
	// Due, if any, is the day on which what it is about happens by itself, YYYY-MM-DD.
	Due string
}

// Error gives the one-line form: place, summary and hint.
func (d Diagnostic) Error() string {
	var b strings.Builder
	if d.Range.Known() {
		b.WriteString(d.Range.String())
		b.WriteString(": ")
	}
	b.WriteString(d.Summary)
	if d.Hint != "" {
		b.WriteString(" (")
		b.WriteString(d.Hint)
		b.WriteString(")")
	}
	return b.String()
}

// List is a set of diagnostics. The nil List has no trouble to tell.
type List []Diagnostic

// HasErrors reports whether any diagnostic stops the command.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Sort orders the list by place, then code, then summary, and drops exact
// repeats, so that the same input always gives the same output.
func (l List) Sort() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(a.Range.Compare(b.Range), strings.Compare(a.Code, b.Code), strings.Compare(a.Summary, b.Summary))
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.Code == b.Code && a.Summary == b.Summary && a.Range == b.Range
	})
}

// Error joins the one-line forms, one a line.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the list as an error if it has errors, and nil otherwise. The
// whole list travels, warnings included: use errors.As to get it back.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return l.Sort()
}
