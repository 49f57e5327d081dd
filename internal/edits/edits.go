// Package edits says how a description's files were edited between two
// revisions: runs of lines that were removed and added, with the words that
// changed inside them.
//
//	files := edits.Compare(base, head)
//	files[0].Path                       // "people.weir.yaml"
//	files[0].Hunks[0].Added[0].Spans    // {"    - ", false}, {"bo@acme.example", true}
//
// [Unified] gives the edits of one file as a patch.
//
// It compares text and knows nothing of the language: what an edit means is for
// those who ask. The same texts always give the same edits; no clock decides how
// carefully they are compared.
package edits

import (
	"cmp"
	"slices"
	"strings"
)

// Text is a file as it stands in one revision. Its path is relative to the
// description's folder, with slashes.
type Text struct {
	Path, Text string
}

// File is a file that was edited. One that is new or gone has all its lines in
// one hunk.
type File struct {
	Path string // in the later revision, or where it was if it is gone
	Was  string // its former path, if it was renamed
	// Hunks stand in the order of the file. A file that was only renamed has none.
	Hunks []Hunk
}

// Hunk is a run of lines that were removed and of those that stand there
// instead. Either may be empty, not both. The hunks of a file stand apart: a line
// that stays is between any two.
type Hunk struct {
	Removed []Line // numbered as in the earlier revision
	Added   []Line // numbered as in the later one
}

// Line is one line, without its end.
type Line struct {
	// Number counts from 1, as editors and diagnostics do.
	Number int
	// Spans are the line's text, in order; an empty line has none.
	Spans []Span
}

// Span is a stretch of a line. A line of which nothing is left in the other
// revision is one span that is not marked: the whole of it changed.
type Span struct {
	Text    string
	Changed bool // not in the line's other form
}

// Text gives the line as it stands in the file.
func (l Line) Text() string {
	var b strings.Builder
	for _, s := range l.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Compare gives the edited files of two revisions, sorted by path. How lines end
// (as on Windows, or not at all at the end of a file) is no edit, nor is a byte
// order mark.
//
// A file that is gone and a new one that has most of its lines are one that was
// renamed.
func Compare(before, after []Text) []File {
	c := comparer{work: maxWork}
	was, is := byPath(before), byPath(after)
	renamed := renames(was, is)
	var out []File
	for path, text := range is {
		f := File{Path: path, Was: renamed[path]}
		from := path
		if f.Was != "" {
			from = f.Was
		}
		if was[from] != text || f.Was != "" {
			out = append(out, f)
		}
	}
	for path := range was {
		_, stays := is[path]
		if !stays && !slices.ContainsFunc(out, func(f File) bool { return f.Was == path }) {
			out = append(out, File{Path: path})
		}
	}
	slices.SortFunc(out, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	// In this order, so that the work that is allowed is spent alike every time.
	for i, f := range out {
		out[i].Hunks = c.hunks(was[cmp.Or(f.Was, f.Path)], is[f.Path])
	}
	return out
}

func byPath(texts []Text) map[string]string {
	out := make(map[string]string, len(texts))
	for _, t := range texts {
		out[t.Path] = normal(t.Text)
	}
	return out
}

// normal is a text in which every line ends in a newline and nothing else. Line
// numbers stay as they are.
func normal(s string) string {
	s = strings.ReplaceAll(strings.TrimPrefix(s, "\ufeff"), "\r\n", "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return s
}
