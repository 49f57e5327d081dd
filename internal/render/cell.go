package render

import (
	"encoding/csv"
	"io"
	"strings"
)

// Cell makes text harmless to a spreadsheet, which takes what begins with one of
// these for a formula (OWASP: "CSV Injection"). An apostrophe before it makes it
// text.
func Cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' ' // a cell is one line: some programs begin anew behind a break
		}
		return r
	}, s)
	switch trimmed := strings.TrimLeft(s, " \u00a0\ufeff"); {
	case trimmed == "":
	case strings.ContainsAny(trimmed[:1], "=+-@|%"), strings.HasPrefix(trimmed, "\uff1d"), strings.HasPrefix(trimmed, "\uff0b"),
		strings.HasPrefix(trimmed, "\uff0d"), strings.HasPrefix(trimmed, "\uff20"):
		return "'" + s
	}
	return s
}

// table writes CSV of which every cell is harmless.
func table(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, s := range row {
			safe[i] = Cell(s)
		}
		if err := c.Write(safe); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
