package schema

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"

	"github.com/weirhq/weir/internal/diag"
)

// source is the text of one file, and translates between byte offsets and the
// places that people see: lines, and columns counted in code points.
type source struct {
	file  string
	text  []byte
	lines []int // offset of the start of each line
	marks []int // code points before offsets 0, stride, 2*stride, …
}

// stride bounds the work of one translation even when a file is one long line.
const stride = 256

func newSource(file string, text []byte) *source {
	s := &source{file: file, text: text, lines: []int{0}}
	runes := 0
	for i, c := range text {
		if i%stride == 0 {
			s.marks = append(s.marks, runes)
		}
		if utf8.RuneStart(c) {
			runes++
		}
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// runes returns how many code points start before an offset.
func (s *source) runes(offset int) int {
	if len(s.marks) == 0 {
		return 0
	}
	mark := min(offset/stride, len(s.marks)-1)
	return s.marks[mark] + countRunes(s.text[mark*stride:offset])
}

func countRunes(b []byte) (n int) {
	for _, c := range b {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

// pos returns the place of an offset.
func (s *source) pos(offset int) diag.Pos {
	offset = min(max(offset, 0), len(s.text))
	line, found := slices.BinarySearch(s.lines, offset)
	if !found {
		line--
	}
	return diag.Pos{Line: line + 1, Column: s.runes(offset) - s.runes(s.lines[line]) + 1}
}

// span returns the range between two offsets.
func (s *source) span(start, end int) diag.Range {
	return diag.Range{File: s.file, Start: s.pos(start), End: s.pos(end)}
}

// offset is the inverse of [source.pos]. A place outside the text gives the
// nearest offset inside.
func (s *source) offset(p diag.Pos) int {
	if p.Line < 1 || p.Line > len(s.lines) {
		return len(s.text)
	}
	want := s.runes(s.lines[p.Line-1]) + p.Column - 1
	mark := sort.Search(len(s.marks), func(i int) bool { return s.marks[i] > want }) - 1
	if mark < 0 {
		return 0
	}
	seen := s.marks[mark]
	for i := mark * stride; i < len(s.text); i++ {
		if utf8.RuneStart(s.text[i]) {
			if seen == want {
				return i
			}
			seen++
		}
	}
	return len(s.text)
}

// line returns the text of a line, counted from 1.
func (s *source) line(n int) []byte {
	if n < 1 || n > len(s.lines) {
		return nil
	}
	end := len(s.text)
	if n < len(s.lines) {
		end = s.lines[n] - 1
	}
	return s.text[s.lines[n-1]:end]
}

// readable checks that the text is what both parsers agree on: UTF-8 without
// control characters, and without the separators that YAML takes for the end
// of a line and editors do not.
func (s *source) readable() diag.List {
	bad := func(offset, length int, summary, detail, hint string) diag.List {
		return diag.List{{
			Code: "WR101", Summary: summary, Detail: detail, Hint: hint,
			Range: s.span(offset, offset+length),
		}}
	}
	if bytes.HasPrefix(s.text, []byte{0xff, 0xfe}) || bytes.HasPrefix(s.text, []byte{0xfe, 0xff}) {
		return bad(0, 0, "the file is not UTF-8", "It begins like a file in UTF-16.", "save it as UTF-8")
	}
	for i := 0; i < len(s.text); {
		c := s.text[i]
		if c >= ' ' && c < utf8.RuneSelf && c != 0x7f || c == '\n' || c == '\t' {
			i++
			continue
		}
		r, n := utf8.DecodeRune(s.text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return bad(i, 1, "the file is not UTF-8", fmt.Sprintf("The byte %#02x is not part of any character.", s.text[i]), "save it as UTF-8")
		case r == '\r' && i+1 < len(s.text) && s.text[i+1] == '\n':
			// A line that ends as Windows ends it.
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff', r >= 0xfffe && r&0xfffe == 0xfffe:
			return bad(i, n, fmt.Sprintf("invisible character %U", r), "Such a character cannot be reviewed, and readers disagree about it.", "delete it, or write it as an escape in quotes")
		}
		i += n
	}
	return nil
}
