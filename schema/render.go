package schema

import (
	"strings"
	"unicode"

	"github.com/weirhq/weir/access"
)

// Comments are remarks for readers of a rendered file: the one of an object
// stands above its entry, and the one of "" at the head of the file.
type Comments map[access.Ref]string

// Render writes a document as a file, as somebody would by hand: keys in the
// order of the reference, names in the order of the document, quotes only
// where they are needed. Parsing the result gives the same document, places
// apart.
//
// Names must be as [Parse] takes them: valid UTF-8 in normal form C, not empty,
// without control characters. A document that says nothing gives an empty
// file, which Parse refuses.
func Render(doc Document, syntax Syntax) []byte { return RenderCommented(doc, syntax, nil) }

// RenderCommented is Render with remarks. A remark may have several lines.
func RenderCommented(doc Document, syntax Syntax, comments Comments) []byte {
	root := encodeKeys(documentKeys, &doc)
	if syntax == HCL {
		return renderHCL(root, comments)
	}
	return renderYAML(root, comments)
}

// width is the column up to which a list or map stands on one line.
const width = 80

// writer is what both syntaxes write with.
type writer struct {
	strings.Builder
	comments Comments
}

func (w *writer) indent(depth int) {
	for range depth {
		w.WriteString("  ")
	}
}

// comment writes the remark about an object, if there is one.
func (w *writer) comment(depth int, ref access.Ref) {
	text := strings.TrimSpace(w.comments[ref])
	if text == "" {
		return
	}
	for line := range strings.Lines(text) {
		w.indent(depth)
		w.WriteString(strings.TrimRight("# "+printable(line), " ") + "\n")
	}
}

// printable replaces what no file of ours may hold, even in a comment.
func printable(line string) string {
	line = strings.TrimRight(line, "\r\n")
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, line)
}

// joinLines puts the parts of a flow list or map on one line, and reports
// whether the line stays within the width.
func joinLines(start int, open string, parts []string, end string) (string, bool) {
	line := open + strings.Join(parts, ", ") + end
	return line, start+len(line) <= width && !strings.Contains(line, "\n")
}
