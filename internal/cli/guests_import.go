package cli

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/schema"
)

// guestColumns are those that `weir guests --format csv` writes: what it tells of
// the site is passed over when it is read again.
var guestColumns = []column{
	{name: "email", also: []string{"e-mail", "address", "guest", "who"}}, {name: "space", also: []string{"space key", "key"}}, {name: "role"}, {name: "until", also: []string{"last day"}},
	{name: "name"}, {name: "reason"},
	{name: "state"}, {name: "last active"}, {name: "open to them"}, {name: "described at"},
}

func (a *app) guestsImportCommand() *cobra.Command {
	var partial, dryRun bool
	cmd := &cobra.Command{
		Use:   "import FILE.csv [DIR]",
		Short: "Add many guests to a description from a table",
		Long: `Add the guests of a CSV file to the description in DIR (default: this folder): one in
each row, with the columns email and space, and if there is more to say role, until,
name and reason. - reads standard input. What weir guests --format csv writes can be
read again.

Every row is checked as if it stood in the description: that the space is described
and may have guests, from that domain and so many, and that nobody has two spaces.
With one row that cannot be, nothing is written, and all of them are told with file
and line; with --partial the others are written. Who is described just so already is
passed over.

The guests are added under guests of the description, in a file that lists some, or
else in guests.weir.yaml. Nothing else of any file is touched, and the site is not:
weir plan shows what the new guests bring.

Exit codes: 0 written, or nothing to write · 1 a row cannot be, or an error in the
description.`,
		Example: "  weir guests import partners.csv\n  weir guests import --dry-run partners.csv access\n  weir guests import --partial partners.csv",
		Args:    oneOrTwo,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args[1:])
			return a.importGuests(args[0], partial, dryRun)
		},
	}
	cmd.Flags().BoolVar(&partial, "partial", false, "write the rows that can be, and leave out the others (exit code 1)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be written, and write nothing")
	return cmd
}

// oneOrTwo takes a file and a folder, which may be left out.
func oneOrTwo(cmd *cobra.Command, args []string) error {
	if len(args) < 1 || len(args) > 2 {
		return fmt.Errorf("%s takes a file, and a folder if it is not this one (%[1]s --help)", cmd.CommandPath())
	}
	return nil
}

// behind sorts after the names of all files, so that of two entries that do not go
// together the one in the table is the later.
const behind = "\U0010fffd"

func (a *app) importGuests(file string, partial, dryRun bool) error {
	d, err := a.load()
	if err != nil {
		return err
	}
	table, diags := a.readSheet(file, guestColumns...)
	if err := diags.Err(); err != nil {
		return err
	}
	for _, name := range []string{"email", "space"} {
		if !table.has(name) {
			return diag.List{{Code: "WR112", Summary: fmt.Sprintf("there is no column %q", name), Hint: "the first line names the columns: email, space, role, until, name, reason", Range: diag.At(file, 1, 1)}}
		}
	}
	in := guestImport{app: a, d: d, file: file}
	in.read(table)
	in.check(partial)
	if len(in.bad) > 0 {
		a.tell(in.bad)
	}
	if len(in.bad) > 0 && !partial || len(in.guests) == 0 {
		what := "nothing is written"
		if len(table.rows) == 0 {
			what += ": the table has no rows"
		} else if len(in.bad) == 0 {
			what += ": " + render.Count(in.known, "guest is", "guests are") + " described already"
		} else if !partial {
			what += " (--partial writes the other rows)"
		}
		fmt.Fprintln(a.Stdout, what)
	} else if err := in.write(dryRun); err != nil {
		return err
	}
	if len(in.bad) > 0 {
		return exit(exitInput)
	}
	return nil
}

// guestImport is a table of guests on its way into a description.
type guestImport struct {
	app    *app
	d      *description
	file   string
	guests []schema.Guest // those that can be, in the order of the rows
	known  int            // how many are described just so
	bad    diag.List
}

// read makes entries of rows. Each keeps its place in the table.
func (in *guestImport) read(t *sheet) {
	str := func(c cell) *schema.Str {
		if c.text == "" {
			return nil
		}
		c.at.File = behind + c.at.File
		return &schema.Str{Value: c.text, Range: c.at}
	}
	for _, row := range t.rows {
		email, space := str(row.cell("email")), str(row.cell("space"))
		if email == nil || space == nil {
			missing := "email"
			if email != nil {
				missing = "space"
			}
			in.bad = append(in.bad, diag.Diagnostic{Code: "WR112", Summary: "the row has no " + missing, Hint: "fill it in, or delete the row", Range: row.at})
			continue
		}
		g := schema.Guest{
			Email: *email, Space: *space, Role: str(row.cell("role")), Until: str(row.cell("until")), Name: str(row.cell("name")), Reason: str(row.cell("reason")),
			Range: email.Range,
		}
		if in.described(g) {
			in.known++
			continue
		}
		in.guests = append(in.guests, g)
	}
}

// described reports whether the description says the same of a guest already.
func (in *guestImport) described(g schema.Guest) bool {
	return slices.ContainsFunc(in.d.Guests(), func(e schema.GuestEntry) bool { return sameGuest(g, e) })
}

func sameGuest(g schema.Guest, e schema.GuestEntry) bool {
	role, until := "collaborator", ""
	if g.Role != nil {
		role = g.Role.Value
	}
	if g.Until != nil {
		until = g.Until.Value
	}
	return strings.EqualFold(g.Email.Value, personKey(e.Who)) && g.Space.Value == e.Space.ID() && role == e.Role && until == e.Until
}

// check compiles the description with the guests, and sets aside those that cannot
// be; if some are left out, the others again, since what one of them took may be
// free by now.
func (in *guestImport) check(partial bool) {
	for len(in.guests) > 0 {
		_, diags := in.compile(in.app.sources, in.guests)
		rows := make(map[int]bool) // lines of the table
		line := func(r diag.Range) {
			if strings.HasPrefix(r.File, behind) {
				rows[r.Start.Line] = true
			}
		}
		var told diag.List
		for _, d := range diags {
			if d.Severity != diag.Error {
				continue
			}
			before := len(rows)
			if line(d.Range); len(rows) == before {
				for _, r := range d.Related {
					line(r.Range)
				}
			}
			told = append(told, in.shown(d))
		}
		in.bad = append(in.bad, told...)
		left := slices.DeleteFunc(slices.Clone(in.guests), func(g schema.Guest) bool { return rows[g.Email.Range.Start.Line] })
		if len(told) == 0 || !partial {
			return
		}
		if len(left) == len(in.guests) {
			left = nil // whose fault it is cannot be told
		}
		in.guests = left
	}
}

// shown gives a diagnostic with the table's places as they were typed. Its ways
// out are words: their edits are of no file.
func (in *guestImport) shown(d diag.Diagnostic) diag.Diagnostic {
	d.Range.File = strings.TrimPrefix(d.Range.File, behind)
	d.Related = slices.Clone(d.Related)
	for i := range d.Related {
		d.Related[i].Range.File = strings.TrimPrefix(d.Related[i].Range.File, behind)
	}
	return d
}

// compile compiles files with more guests beside them.
func (in *guestImport) compile(sources map[string]string, more []schema.Guest) (*schema.Description, diag.List) {
	var files []schema.File
	for _, name := range sortedKeys(sources) {
		if name != lockFile {
			files = append(files, schema.File{Path: name, Bytes: []byte(sources[name])})
		}
	}
	docs, diags := schema.Parse(files)
	if len(more) > 0 {
		docs = append(docs, schema.Document{File: behind + in.file, Guests: more})
	}
	d, list := schema.Compile(docs, in.d.lock, in.app.Clock())
	return d, append(diags, list...)
}

// write adds the guests to a file, and believes the text only if it says what the
// table says and all that the description said before.
func (in *guestImport) write(dryRun bool) error {
	want, diags := in.compile(in.app.sources, in.guests)
	if want == nil {
		return diags.Err()
	}
	for _, place := range in.places() {
		sources := make(map[string]string)
		for name, text := range in.app.sources {
			sources[name] = text
		}
		before := sources[place.file]
		sources[place.file] = place.text
		got, _ := in.compile(sources, nil)
		if got == nil || !sameDescription(want, got) {
			continue
		}
		if dryRun {
			fmt.Fprint(in.app.Stdout, unified(place.file, before, place.text))
			return nil
		}
		if err := replaceFile(in.app.file(filepath.FromSlash(place.file)), []byte(place.text), modeOf(in.app.file(place.file))); err != nil {
			return fmt.Errorf("%s could not be written: %w", place.file, err)
		}
		n := render.Count(len(in.guests), "guest", "guests")
		fmt.Fprintf(in.app.Stdout, "%s added to %s; weir plan shows what they bring\n", n, render.Safe(in.app.file(place.file)))
		if in.known > 0 {
			fmt.Fprintf(in.app.Stdout, "%s described already\n", render.Count(in.known, "guest was", "guests were"))
		}
		return nil
	}
	return fmt.Errorf("no place was found for the guests (begin a file with guests:, one a line, and import again)")
}

func modeOf(path string) os.FileMode {
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}

// sameDescription compares what two descriptions say, wherever they say it.
func sameDescription(a, b *schema.Description) bool {
	was, _ := a.Desired(access.Known{})
	is, _ := b.Desired(access.Known{})
	entries := func(d *schema.Description) []schema.GuestEntry {
		list := d.Guests()
		for i := range list {
			list[i].At = diag.Range{}
		}
		slices.SortFunc(list, func(a, b schema.GuestEntry) int { return strings.Compare(string(a.Who+a.Space), string(b.Who+b.Space)) })
		return list
	}
	return was.Facts.Len() == is.Facts.Len() && keepsAll(was.Facts, is.Facts) && slices.Equal(entries(a), entries(b))
}

// guestFile is a file with the guests in it.
type guestFile struct{ file, text string }

// places gives the likeliest first: a file that lists guests one a line, then one
// of their own.
func (in *guestImport) places() []guestFile {
	var out []guestFile
	hcl := true
	for _, name := range sortedKeys(in.app.sources) {
		syntax, ok := schema.SyntaxOf(name)
		if !ok {
			continue
		}
		hcl = hcl && syntax == schema.HCL
		if text, ok := addGuests(in.app.sources[name], syntax, in.guests); ok {
			out = append(out, guestFile{name, text})
		}
	}
	slices.SortStableFunc(out, func(a, b guestFile) int { return ownFile(a.file) - ownFile(b.file) })
	syntax := schema.YAML
	if hcl {
		syntax = schema.HCL
	}
	own := "guests" + syntax.Ext()
	if _, ok := in.app.sources[own]; !ok {
		out = append(out, guestFile{own, string(schema.Render(schema.Document{Guests: in.guests}, syntax))})
	}
	return out
}

// ownFile puts a file of guests before others.
func ownFile(name string) int {
	if strings.HasPrefix(path.Base(name), "guests.") {
		return 0
	}
	return 1
}

// addGuests adds entries behind those of a file that has some at the top level, one
// a line or a block. Ok is false where it has none so.
func addGuests(text string, syntax schema.Syntax, guests []schema.Guest) (string, bool) {
	rendered := string(schema.Render(schema.Document{Guests: guests}, syntax))
	if syntax == schema.HCL {
		if !strings.HasPrefix(text, "guest ") && !strings.Contains(text, "\nguest ") {
			return "", false
		}
		return strings.TrimRight(text, "\n") + "\n\n" + rendered, true
	}
	lines := strings.SplitAfter(text, "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.TrimRight(strings.SplitN(l, "#", 2)[0], " \r\n") == "guests:" })
	if at < 0 {
		return "", false
	}
	last, indent := at, ""
	for i := at + 1; i < len(lines); i++ {
		body := strings.TrimSpace(lines[i])
		in := indentOf(lines[i])
		if body == "" || strings.HasPrefix(body, "#") && in == "" {
			continue
		}
		if in == "" {
			break
		}
		if last = i; indent == "" && !strings.HasPrefix(body, "#") {
			indent = in
		}
	}
	if indent == "" {
		return "", false
	}
	var add strings.Builder
	for line := range strings.Lines(rendered) {
		if rest, ok := strings.CutPrefix(line, "  "); ok { // all but the head
			add.WriteString(indent + rest)
		}
	}
	head := strings.Join(lines[:last+1], "")
	if !strings.HasSuffix(head, "\n") {
		head += "\n"
	}
	return head + add.String() + strings.Join(lines[last+1:], ""), true
}

func sortedKeys(m map[string]string) []string {
	return slices.Sorted(maps.Keys(m))
}
