package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/schema"
)

// column is one that a CSV file may have. What its head says is compared without
// regard to case, spaces, hyphens and underscores: "E-mail" is email.
type column struct {
	name     string
	also     []string // other heads that it goes by
	required bool     // the file has to have it, and each row something in it
}

// sheet is a CSV file: rows below a line of heads.
type sheet struct {
	columns map[string]bool // those that the file has, by name
	rows    []sheetRow      // rows with nothing in them are left out
}

// has reports whether the file has a column.
func (s *sheet) has(column string) bool { return s.columns[column] }

// sheetRow is one row of a sheet, by the names of its columns.
type sheetRow struct {
	at    diag.Range // where it begins
	cells map[string]cell
}

// cell is what stands in a row below one head. Text has no spaces around it, and
// is empty where nothing stands there.
type cell struct {
	text string
	at   diag.Range
}

// cell gives a cell; one in a column that the file does not have is empty, and is at
// the beginning of the row.
func (r sheetRow) cell(column string) cell {
	if c, ok := r.cells[column]; ok {
		return c
	}
	return cell{at: r.at}
}

// list gives the parts of a cell that holds several, between semicolons, commas or
// bars: whichever of them do not part the cells of the file. They have one place,
// that of the cell.
func (c cell) list() []cell {
	var out []cell
	for _, part := range strings.FieldsFunc(c.text, func(r rune) bool { return r == ';' || r == ',' || r == '|' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, cell{part, c.at})
		}
	}
	return out
}

// readSheet reads a CSV file from the disk; - is the standard input.
func (a *app) readSheet(path string, columns ...column) (*sheet, diag.List) {
	from := a.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, input("WR110", path, "the file cannot be read: "+reason(err), "name a CSV file")
		}
		defer f.Close()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, schema.MaxTotalSize+1))
	if err != nil {
		return nil, input("WR110", path, "the file cannot be read: "+reason(err), "")
	}
	if a.beside == nil {
		a.beside = make(map[string]string)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	a.beside[path] = string(text)
	return parseSheet(path, text, columns)
}

// parseSheet reads CSV as spreadsheets write it: with or without a byte order mark,
// with a comma, a semicolon or a tab between cells, with lines that end in either
// way. Every trouble is told, with its place. What weir put before a cell that a
// spreadsheet would take for a formula ([render.Cell]) is taken off again.
func parseSheet(file string, text []byte, columns []column) (*sheet, diag.List) {
	p := &sheetParser{file: file, columns: columns}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	switch {
	case len(text) > schema.MaxTotalSize:
		p.add("WR107", diag.Range{File: file}, fmt.Sprintf("the file is over %d MiB", schema.MaxTotalSize>>20), "split it")
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}), !utf8.Valid(text):
		p.add("WR101", p.notText(text), "this is not text in UTF-8", `save it as "CSV UTF-8"`)
	default:
		p.lines = bytes.Split(text, []byte("\n"))
		p.read(text)
	}
	if p.diags.HasErrors() {
		return nil, p.diags.Sort()
	}
	return &p.sheet, p.diags.Sort()
}

type sheetParser struct {
	file    string
	lines   [][]byte
	columns []column
	heads   []string // the name of each column of the file
	sheet   sheet
	diags   diag.List

	line, bytes, letters int // where place has counted to
}

func (p *sheetParser) add(code string, at diag.Range, summary, hint string) {
	p.diags = append(p.diags, diag.Diagnostic{Code: code, Summary: summary, Hint: hint, Range: at})
}

// place turns a position in bytes into one in letters. It goes on from the last
// one, so that a long line is counted once.
func (p *sheetParser) place(line, column int) diag.Range {
	if line < 1 || line > len(p.lines) {
		return diag.At(p.file, line, column)
	}
	text := p.lines[line-1]
	to := max(0, min(column-1, len(text)))
	if line != p.line || to < p.bytes {
		p.line, p.bytes, p.letters = line, 0, 0
	}
	p.letters += utf8.RuneCount(text[p.bytes:to])
	p.bytes = to
	return diag.At(p.file, line, p.letters+1)
}

// notText finds the first byte that is not UTF-8.
func (p *sheetParser) notText(text []byte) diag.Range {
	line, begin := 1, 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n <= 1 {
			return diag.At(p.file, line, utf8.RuneCount(text[begin:i])+1)
		}
		if i += n; r == '\n' {
			line, begin = line+1, i
		}
	}
	return diag.At(p.file, 1, 1)
}

func (p *sheetParser) read(text []byte) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(p.lines), -1
	for {
		record, err := r.Read()
		var bad *csv.ParseError
		switch {
		case err == io.EOF:
			if p.heads == nil {
				p.add("WR110", diag.At(p.file, 1, 1), "there is nothing in the file", "the first line names the columns: "+p.names())
			}
			return
		case errors.As(err, &bad):
			// Behind a quote that is not closed nothing can be told apart.
			p.add("WR101", p.place(bad.Line, bad.Column), csvTrouble(bad.Err), `write quotes around the whole cell, and "" for one within it`)
			return
		}
		cells := make([]cell, len(record))
		blank := true
		for i, s := range record {
			cells[i] = cell{strings.TrimSpace(unguarded(strings.TrimSpace(s))), p.place(r.FieldPos(i))}
			blank = blank && cells[i].text == ""
		}
		switch {
		case blank:
		case p.heads == nil:
			p.head(cells)
			if p.diags.HasErrors() {
				return // which cell is what cannot be said
			}
		default:
			p.row(cells)
		}
	}
}

// separator says what parts the cells: what the first line that is not empty has
// most of.
func separator(lines [][]byte) rune {
	for _, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		best, most := ',', bytes.Count(line, []byte(","))
		for _, c := range ";\t" {
			if n := bytes.Count(line, []byte(string(c))); n > most {
				best, most = c, n
			}
		}
		return best
	}
	return ','
}

func csvTrouble(err error) string {
	if errors.Is(err, csv.ErrBareQuote) {
		return "a quote stands in a cell that does not begin with one"
	}
	return "a cell that begins with a quote does not end with one"
}

// unguarded takes off the apostrophe that makes a formula text.
func unguarded(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && render.Cell(rest) != rest {
		return rest
	}
	return s
}

// head settles which column is which.
func (p *sheetParser) head(cells []cell) {
	seen := make(map[string]diag.Range)
	p.sheet.columns = make(map[string]bool)
	for _, c := range cells {
		name := p.column(c.text)
		first, twice := seen[name]
		switch {
		case name != "" && twice:
			p.diags = append(p.diags, diag.Diagnostic{
				Code: "WR104", Summary: fmt.Sprintf("the column %q stands twice", name), Hint: "delete one", Range: c.at,
				Related: []diag.Related{{Message: "the first one", Range: first}},
			})
		case name == "" && c.text != "":
			p.add("WR102", c.at, fmt.Sprintf("there is no column %q", c.text), nearest.Ask(nearest.To(strings.ToLower(c.text), p.known()), "the columns are "+p.names()+"; delete the others"))
		}
		seen[name] = c.at
		p.heads = append(p.heads, name)
		p.sheet.columns[name] = name != ""
	}
	for _, col := range p.columns {
		if col.required && !p.sheet.columns[col.name] {
			p.add("WR112", cells[0].at, fmt.Sprintf("there is no column %q", col.name), "the first line names the columns: "+p.names())
		}
	}
}

// column finds the column that a head means.
func (p *sheetParser) column(head string) string {
	for _, col := range p.columns {
		for _, name := range append([]string{col.name}, col.also...) {
			if plainHead(head) == plainHead(name) {
				return col.name
			}
		}
	}
	return ""
}

func plainHead(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func (p *sheetParser) known() []string {
	var out []string
	for _, col := range p.columns {
		out = append(out, col.name)
	}
	return out
}

func (p *sheetParser) names() string { return strings.Join(p.known(), ", ") }

// row takes in one row. A row may end early, as one whose last cells are empty
// does in some programs.
func (p *sheetParser) row(cells []cell) {
	row := sheetRow{at: cells[0].at, cells: make(map[string]cell)}
	for i, c := range cells {
		head := ""
		if i < len(p.heads) {
			head = p.heads[i]
		}
		switch {
		case strings.ContainsFunc(c.text, unicode.IsControl):
			p.add("WR113", c.at, "a control character or a line break stands in the cell", "delete it")
		case head != "":
			row.cells[head] = c
		case c.text != "":
			p.add("WR103", c.at, fmt.Sprintf("%q stands under no head", c.text), "name its column in the first line; a cell that holds what parts the cells needs quotes")
		}
	}
	for _, col := range p.columns {
		if c := row.cell(col.name); col.required && c.text == "" {
			p.add("WR112", c.at, "the row has no "+col.name, "fill it in, or delete the row")
		}
	}
	p.sheet.rows = append(p.sheet.rows, row)
}

// tableMark sorts the places of a table behind every file of the description, so
// that of two entries that do not go together the one in the table is told.
const tableMark = "\U0010fffd"

// str makes a value of a cell, with its place in the table; nil of an empty one.
func str(c cell) *schema.Str {
	if c.text == "" {
		return nil
	}
	c.at.File = tableMark + c.at.File
	return &schema.Str{Value: c.text, Range: c.at}
}

// typed gives a diagnostic with the table's places as they were typed.
func typed(d diag.Diagnostic) diag.Diagnostic {
	d.Range.File = strings.TrimPrefix(d.Range.File, tableMark)
	d.Related = slices.Clone(d.Related)
	for i := range d.Related {
		d.Related[i].Range.File = strings.TrimPrefix(d.Related[i].Range.File, tableMark)
	}
	return d
}
