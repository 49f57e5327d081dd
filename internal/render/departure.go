package render

import (
	"io"
	"strings"
)

// Departure is what somebody who leaves had, and what becomes of it.
type Departure struct {
	Title string
	Lines [][2]string // what, and what of it
	Notes []string    // sentences without a full stop
	Files []string    // what was edited, or would be
	Diff  string      // of the files, where nothing was written
	Next  []string    // what to run
}

// Departures writes what people who leave had.
func Departures(w io.Writer, list []Departure, o Options) error {
	p := newPrinter(w, o)
	for i, d := range list {
		if i > 0 {
			p.line("")
		}
		if d.Title != "" {
			p.line("%s", p.paint(bold, Safe(d.Title)))
		}
		width := 0
		for _, l := range d.Lines {
			width = max(width, len(l[0]))
		}
		for _, l := range d.Lines {
			p.line("  %s%s  %s", l[0], strings.Repeat(" ", width-len(l[0])), Safe(l[1]))
		}
		for _, n := range d.Notes {
			p.line("  ! %s", Safe(n))
		}
		for _, f := range d.Files {
			p.line("%s", Safe(f))
		}
		if d.Diff != "" {
			for line := range strings.Lines(d.Diff) {
				p.line("%s", Safe(strings.TrimSuffix(line, "\n")))
			}
		}
		for _, n := range d.Next {
			p.line("%s %s", p.paint(dim, "next:"), Safe(n))
		}
	}
	return p.err
}
