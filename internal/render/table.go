package render

import (
	"encoding/json"
	"io"
	"strings"
)

// Table is the answer to a question about a whole site.
type Table struct {
	Report  string
	Title   string // a sentence without a full stop: counts first
	Columns []string
	Rows    [][]string
	Notes   []string
	Source  Source
}

// MarshalJSON gives each row as an object, by column.
func (t *Table) MarshalJSON() ([]byte, error) {
	rows := make([]map[string]string, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = make(map[string]string, len(row))
		for j, cell := range row {
			rows[i][strings.ReplaceAll(strings.ReplaceAll(t.Columns[j], " ", "_"), "'", "")] = cell
		}
	}
	return json.Marshal(struct {
		Source  Source              `json:"source"`
		Report  string              `json:"report"`
		Summary string              `json:"summary"`
		Rows    []map[string]string `json:"rows"`
		Notes   []string            `json:"notes,omitempty"`
	}{t.Source, t.Report, t.Title, rows, t.Notes})
}

// TableCSV writes the rows below their columns.
func TableCSV(w io.Writer, t *Table) error {
	return table(w, append([][]string{t.Columns}, t.Rows...))
}

// TableText shows the sentence, and a screenful of the rows. Columns in which
// nothing stands are left out.
func TableText(w io.Writer, t *Table, all bool, o Options) error {
	p := newPrinter(w, o)
	p.line("%s", p.paint(bold, Safe(t.Title)))
	lines := min(len(t.Rows), most(all, 20))
	if lines > 0 {
		p.line("")
		p.grid(t.Columns, t.Rows[:lines])
	}
	if rest := len(t.Rows) - lines; rest > 0 {
		p.line("  and %s more (--all shows them)", Number(rest))
	}
	for _, n := range t.Notes {
		p.line("%s", Safe(n))
	}
	p.source(t.Source)
	return p.err
}

// grid shows rows in columns, none wider than it must be or than forty letters,
// but for the last.
func (p *printer) grid(columns []string, rows [][]string) {
	width := make([]int, len(columns))
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" {
				width[i] = max(width[i], min(40, len([]rune(Safe(cell)))), len([]rune(columns[i])))
			}
		}
	}
	show := func(row []string) string {
		var b strings.Builder
		for i, cell := range row {
			if width[i] > 0 {
				text := Safe(cell)
				b.WriteString("  " + text + strings.Repeat(" ", max(0, width[i]-len([]rune(text)))))
			}
		}
		return strings.TrimRight(b.String(), " ")
	}
	p.line("%s", p.paint(dim, show(columns)))
	for _, row := range rows {
		p.line("%s", show(row))
	}
}
