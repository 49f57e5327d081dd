package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/internal/render"
)

var testColumns = []column{{name: "email", also: []string{"mail address"}, required: true}, {name: "name"}, {name: "groups"}, {name: "until"}}

func TestParseSheet(t *testing.T) {
	type row struct{ email, name, groups, at string }
	tests := []struct {
		name, text string
		want       []row
		diags      []string
	}{
		{name: "as it is exported", text: "email,name,groups\nana@acme.example,Ana Lind,staff;audit\n", want: []row{{"ana@acme.example", "Ana Lind", "staff;audit", "f.csv:2:1"}}},
		{
			name: "as a spreadsheet of another language writes it", text: "\ufeffE-Mail;Name;GROUPS\r\n ana@acme.example ;\"Lind; Ana\";staff\r\n;;\r\n\r\nbo@acme.example\r\n",
			want: []row{{"ana@acme.example", "Lind; Ana", "staff", "f.csv:2:1"}, {"bo@acme.example", "", "", "f.csv:5:1"}},
		},
		{name: "tabs, no last line break", text: "mail address\tname\nana@acme.example\tAna", want: []row{{"ana@acme.example", "Ana", "", "f.csv:2:1"}}},
		{name: "a column too many, empty", text: "email,name,\nana@acme.example,Ana,\n", want: []row{{"ana@acme.example", "Ana", "", "f.csv:2:1"}}},
		{name: "a formula that was made text", text: "email,name\n'@ana,'=SUM(1)\n'ana,O'Hara\n", want: []row{{"@ana", "=SUM(1)", "", "f.csv:2:1"}, {"'ana", "O'Hara", "", "f.csv:3:1"}}},
		{name: "only heads", text: "email\n"},

		{name: "nothing", text: "", diags: []string{"WR110 f.csv:1:1"}},
		{name: "only blank lines", text: "\n,,\n", diags: []string{"WR110 f.csv:1:1"}},
		{name: "no head", text: "ana@acme.example,Ana\n", diags: []string{"WR102 f.csv:1:1", "WR112 f.csv:1:1", "WR102 f.csv:1:18"}},
		{name: "an unknown head", text: "email,nmae\n", diags: []string{"WR102 f.csv:1:7"}},
		{name: "a head twice", text: "email,Mail-Address\n", diags: []string{"WR104 f.csv:1:7"}},
		{name: "the column that must be is missing", text: "name\nAna\n", diags: []string{"WR112 f.csv:1:1"}},
		{name: "every row is looked at", text: "email,name\n,Ana\nbo@acme.example,Bo\n,Cleo\n", diags: []string{"WR112 f.csv:2:1", "WR112 f.csv:4:1"}},
		{name: "a comma too many", text: "email,name\nana@acme.example,Lind, Ana\n", diags: []string{"WR103 f.csv:2:23"}},
		{name: "columns count letters", text: "email,name\nana@acme.example,Lindström,x\n", diags: []string{"WR103 f.csv:2:28"}},
		{name: "a quote that is not closed", text: "email,name\nana@acme.example,\"Ana\n", diags: []string{"WR101 f.csv:2:22"}},
		{name: "a quote within", text: "email,name\nana@acme.example,An\"a\n", diags: []string{"WR101 f.csv:2:20"}},
		{name: "a line break in a cell", text: "email,name\nana@acme.example,\"Ana\nLind\"\n,Bo\n", diags: []string{"WR113 f.csv:2:18", "WR112 f.csv:4:1"}},
		{name: "an escape", text: "email,name\nana@acme.example,A\x1b[31m\n", diags: []string{"WR113 f.csv:2:18"}},
		{name: "Windows-1252", text: "email,name\nana@acme.example,Lindstr\xf6m\n", diags: []string{"WR101 f.csv:2:25"}},
		{name: "UTF-16", text: "\xff\xfee\x00m\x00", diags: []string{"WR101 f.csv:1:1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, diags := parseSheet("f.csv", []byte(tt.text), testColumns)
			var got []string
			for _, d := range diags {
				got = append(got, d.Code+" "+d.Range.String())
			}
			if d := cmp.Diff(tt.diags, got); d != "" {
				t.Fatalf("diagnostics (-want +got):\n%s", d)
			}
			if s == nil {
				return
			}
			var rows []row
			for _, r := range s.rows {
				rows = append(rows, row{r.cell("email").text, r.cell("name").text, r.cell("groups").text, r.at.String()})
			}
			if d := cmp.Diff(tt.want, rows, cmp.AllowUnexported(row{})); d != "" {
				t.Errorf("rows (-want +got):\n%s", d)
			}
		})
	}
}

func TestCellList(t *testing.T) {
	c := cell{text: " staff; audit|x,,y ;"}
	var got []string
	for _, part := range c.list() {
		got = append(got, part.text)
	}
	if d := cmp.Diff([]string{"staff", "audit", "x", "y"}, got); d != "" {
		t.Error(d)
	}
}

// FuzzSheet holds that every file is either refused with places that are in it, or
// read into rows that are written and read again as the same.
func FuzzSheet(f *testing.F) {
	for _, s := range []string{
		"email,name\nana@acme.example,Ana\n", "\ufeffemail;name\r\na;\"b;\"\"c\"\r\n", "email\tname\n'=a\tb", "email\n\"", "email\n\xff", "email,,name\n,,\n'' ',x,y\n", "email\n'-\ufeff1\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, diags := parseSheet("f.csv", text, testColumns)
		if (s == nil) != diags.HasErrors() {
			t.Fatalf("a sheet: %t, diagnostics: %v", s != nil, diags)
		}
		lines := strings.Split(strings.ToValidUTF8(strings.TrimPrefix(string(text), "\ufeff"), "\ufffd"), "\n")
		for _, d := range diags {
			p := d.Range.Start
			if d.Range.File != "f.csv" || p.Line < 1 || p.Line > len(lines)+1 || p.Column < 1 {
				t.Fatalf("%s is not in the file", d.Range)
			}
			if p.Line <= len(lines) && p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
				t.Fatalf("%s is beyond the line %q", d.Range, lines[p.Line-1])
			}
		}
		if s == nil {
			return
		}
		table := &render.Table{}
		for _, c := range testColumns {
			table.Columns = append(table.Columns, c.name)
		}
		for _, r := range s.rows {
			var row []string
			for _, c := range testColumns {
				text := r.cell(c.name).text
				if strings.ContainsFunc(text, unicode.IsControl) || text != strings.TrimSpace(text) {
					t.Fatalf("a cell holds %q", text)
				}
				row = append(row, text)
			}
			table.Rows = append(table.Rows, row)
		}
		var out bytes.Buffer
		if err := render.TableCSV(&out, table); err != nil {
			t.Fatal(err)
		}
		again, diags := parseSheet("f.csv", out.Bytes(), testColumns)
		if diags != nil {
			t.Fatalf("what was written is refused: %v\n%s", diags, out.Bytes())
		}
		var rows [][]string
		for _, r := range again.rows {
			var row []string
			for _, c := range testColumns {
				row = append(row, r.cell(c.name).text)
			}
			rows = append(rows, row)
		}
		if d := cmp.Diff(table.Rows, rows); d != "" {
			t.Fatal(d)
		}
	})
}
