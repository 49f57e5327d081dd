package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/weirhq/weir/reconcile"
)

// How much of others' text is shown, in characters of Markdown: of a name, and of a
// sentence or a fact.
const (
	longName = 100
	longText = 400
)

// code writes a name as code within a line of Markdown. Every host leaves code
// alone: nothing in it is a mention, a reference, a link, an emoji, markup or a quick
// action.
func code(name string) string { return codeOf(name, longName) }

// said writes a sentence or a fact as code.
func said(text string) string { return codeOf(text, longText) }

// codeOf writes a text as code, but for what has to stand outside, as entities: they
// are text there, and mean nothing by themselves. A backtick ends code, and fences that
// are longer than what they hold do not help: the parser of GitHub and GitLab knows no
// more than 80 in a row (cmark-gfm, MAXBACKTICKS). A bar ends the cell of a table, in
// code as well. What is longer is cut and marked.
func codeOf(text string, most int) string {
	text = Safe(text)
	if text == "" {
		return "`\"\"`"
	}
	var b strings.Builder
	for text != "" && most > 0 {
		n := strings.IndexAny(text, "`|")
		if n == 0 {
			entity := fmt.Sprintf("&#%d;", text[0])
			b.WriteString(entity)
			text = text[1:]
			most -= len(entity)
			continue
		}
		if n < 0 {
			n = len(text)
		}
		code := cut(text[:n], most)
		b.WriteString("`" + padded(code) + "`")
		if code != text[:n] {
			return b.String()
		}
		text = text[n:]
		most -= utf8.RuneCountInString(code)
	}
	if text != "" {
		b.WriteString("…")
	}
	return b.String()
}

// padded keeps the blanks at both ends of code, of which Markdown takes one each.
func padded(s string) string {
	if s[0] == ' ' && s[len(s)-1] == ' ' && strings.Trim(s, " ") != "" {
		return " " + s + " "
	}
	return s
}

// fenced writes a line of a block of code. It begins with a sign of weir's own, so
// that the line can neither end the block nor be a command to whatever prints it.
func fenced(sign, text string) string {
	return sign + " " + cut(Safe(text), longText) + "\n"
}

// where says where something is written.
func where(at *reconcile.Origin) string {
	if at == nil {
		return ""
	}
	return said(place(at))
}

// ours are reasons in which there is no word of others.
var ours = map[string]bool{
	reconcile.Described: true, "not described": true, "expired": true, "described as absent": true,
	"described with state no_access": true, "the described state ends access": true,
}

// because says why something is so, and where that is written.
func because(reason string, at *reconcile.Origin) string {
	var out []string
	switch {
	case reason == "", reason == reconcile.Described && at != nil:
	case ours[reason]:
		out = append(out, reason)
	default:
		out = append(out, said(reason))
	}
	if at != nil {
		out = append(out, where(at))
	}
	return strings.Join(out, ", ")
}

// headed titles a section, with a count.
func headed(title string, n int) string { return fmt.Sprintf("%s (%s)", title, Number(n)) }
