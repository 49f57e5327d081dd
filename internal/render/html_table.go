package render

import (
	"io"
	"strconv"
)

// tablePage is what a table of answers is made of.
type tablePage struct {
	page
	Lead    string
	Notes   []string
	Columns []string
	Rows    [][]tableCell
}

// tableCell is a cell of a table; a number is set to the right.
type tableCell struct {
	Text   string
	Number bool
}

// TableHTML writes a table as one page that needs no other file and, but for its
// filter and the order of its rows, no script.
func TableHTML(w io.Writer, t *Table) error {
	p := tablePage{page: newPage("table", t.Report+" of "+t.Source.Site, t.Source.Site), Lead: Safe(t.Title), Columns: t.Columns}
	p.Notes = sourceNotes(t.Source)
	for _, n := range t.Notes {
		p.Notes = append(p.Notes, Safe(n))
	}
	for _, row := range t.Rows {
		cells := make([]tableCell, len(row))
		for i, text := range row {
			_, err := strconv.Atoi(text)
			cells[i] = tableCell{display(text), err == nil}
		}
		p.Rows = append(p.Rows, cells)
	}
	return writePage(w, "table", p)
}

// sourceNotes say on a page what it is about, and what could not be seen.
func sourceNotes(s Source) []string {
	var out []string
	switch s.Of {
	case OfSnapshot:
		out = append(out, "As of "+Safe(s.Time)+", from a snapshot.")
	case OfPlan:
		out = append(out, "As it will be when the description has been applied.")
	}
	if n := len(s.Unseen); n > 0 {
		out = append(out, Count(n, "thing", "things")+" could not be seen, so there may be more.")
	}
	return out
}
