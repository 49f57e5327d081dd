package render

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/weirhq/weir/internal/diag"
)

// Diagnostics shows messages about the input, each with its place, the line of
// the file, and the remedy. Source gives a file's text, or "" if it is not at
// hand.
func Diagnostics(w io.Writer, list diag.List, source func(file string) string, o Options) error {
	p := newPrinter(w, o)
	for _, d := range list.Sort() {
		colour := red
		if d.Severity == diag.Warning {
			colour = yellow
		}
		said := d
		if len(d.Ways) > 0 {
			said.Hint = "" // each way out has a line below
		}
		p.line("%s %s: %s", p.paint(colour, d.Severity.String()), d.Code, Safe(said.Error()))
		p.excerpt(source(d.Range.File), d.Range, colour)
		if d.Detail != "" {
			p.line("    %s", Safe(d.Detail))
		}
		for _, r := range d.Related {
			p.line("    %s: %s", Safe(r.Range.String()), Safe(r.Message))
		}
		for i, w := range d.Ways {
			lead := "or "
			if i == 0 {
				lead = "   "
			}
			p.line("    %s%s", lead, Safe(w.String()))
		}
	}
	return p.err
}

// excerpt shows the line of a file that a message is about, with the place
// underlined. No line of output begins with what the file says: a build server
// would take some of it for commands.
func (p *printer) excerpt(text string, r diag.Range, colour string) {
	line, ok := lineOf(text, r.Start.Line)
	if !ok || r.Start.Column < 1 {
		return
	}
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	from := min(r.Start.Column-1, len(runes))
	to := min(from+1, len(runes))
	if r.End.Line == r.Start.Line {
		to = min(max(r.End.Column-1, to), len(runes))
	}
	before, marked := Safe(string(runes[:from])), Safe(string(runes[from:to]))
	p.line("  | %s%s%s", before, marked, Safe(string(runes[to:])))
	p.line("  | %s%s", strings.Repeat(" ", utf8.RuneCountInString(before)),
		p.paint(colour, strings.Repeat("^", max(1, utf8.RuneCountInString(marked)))))
}

// lineOf gives one line of a text. Very long lines are not shown: nobody could
// read them.
func lineOf(text string, n int) (string, bool) {
	const longest = 200
	lines := strings.Split(text, "\n")
	if text == "" || n < 1 || n > len(lines) || len(lines[n-1]) > longest {
		return "", false
	}
	return strings.TrimRight(lines[n-1], "\r"), true
}
