package schema

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weirhq/weir/internal/diag"
	"pgregory.net/rapid"
)

// TestSourcePlaces compares places with the obvious way to find them, and
// finds every offset again.
func TestSourcePlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.SampledFrom([]string{"a", "é", "日", "\U0001f600", "\n", "\r\n", strings.Repeat("x", 200), strings.Repeat("ü", 150)})).Draw(t, "pieces")
		text := strings.Join(pieces, "")
		s := newSource("f", []byte(text))
		for offset := range text + " " {
			before := text[:offset]
			line := strings.Count(before, "\n")
			column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
			got := s.pos(offset)
			if want := (diag.Pos{Line: line + 1, Column: column + 1}); got != want {
				t.Fatalf("offset %d of %q is at %v, want %v", offset, text, got, want)
			}
			if back := s.offset(got); back != offset {
				t.Fatalf("%v of %q is offset %d, want %d", got, text, back, offset)
			}
		}
	})
}
