package render

import (
	"io"
	"strings"

	"github.com/weirhq/weir/internal/diag"
)

// Diagnostics shows messages about the input, each with its place, the line of
// the file, and the remedy. Source gives a file's text, or "" if it is not at
// hand.
func Diagnostics(w io.Writer, list diag.List, source func(file string) string, o Options) error {
	p := &printer{w: w, color: o.Color}
	for _, d := range list.Sort() {
		colour := red
		if d.Severity == diag.Warning {
			colour = yellow
		}
		p.line("%s %s: %s", p.paint(colour, d.Severity.String()), d.Code, Safe(d.Error()))
		if line, ok := lineOf(source(d.Range.File), d.Range.Start.Line); ok && d.Range.Start.Column > 0 {
			p.line("    %s", Safe(strings.ReplaceAll(line, "\t", " ")))
			p.line("    %s%s", strings.Repeat(" ", d.Range.Start.Column-1), p.paint(colour, strings.Repeat("^", width(d.Range))))
		}
		if d.Detail != "" {
			p.line("    %s", Safe(d.Detail))
		}
		for _, r := range d.Related {
			p.line("    %s: %s", r.Range, Safe(r.Message))
		}
	}
	return p.err
}

// lineOf gives one line of a text. Very long lines are not shown: nobody could
// read them.
func lineOf(text string, n int) (string, bool) {
	const longest = 200
	lines := strings.Split(text, "\n")
	if n < 1 || n > len(lines) || len(lines[n-1]) > longest {
		return "", false
	}
	return strings.TrimRight(lines[n-1], "\r"), text != ""
}

// width is how many columns to underline.
func width(r diag.Range) int {
	if r.End.Line != r.Start.Line {
		return 1
	}
	return max(1, r.End.Column-r.Start.Column)
}
