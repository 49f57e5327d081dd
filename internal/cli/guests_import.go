package cli

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
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
	in := guestImport{app: a, d: d, file: file, edit: a.openEdit(d)}
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
	edit   *rewrite.Edit
	guests []schema.Guest // those that can be, in the order of the rows
	known  int            // how many are described just so
	bad    diag.List
}

// read makes entries of rows. Each keeps its place in the table.
func (in *guestImport) read(t *sheet) {
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
	return strings.EqualFold(g.Email.Value, rewrite.Person(e.Who)) && g.Space.Value == e.Space.ID() && role == e.Role && until == e.Until
}

// check compiles the description with the guests, and sets aside those that cannot
// be; if some are left out, the others again, since what one of them took may be
// free by now.
func (in *guestImport) check(partial bool) {
	for len(in.guests) > 0 {
		_, diags := in.compile()
		rows := make(map[int]bool) // lines of the table
		line := func(r diag.Range) {
			if strings.HasPrefix(r.File, tableMark) {
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
			told = append(told, typed(d))
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

// compile compiles the description with the guests beside it.
func (in *guestImport) compile() (*schema.Description, diag.List) {
	return in.edit.Compile(schema.Document{File: tableMark + in.file, Guests: in.guests})
}

// write adds the guests to a file, and believes the text only if it says what the
// table says and all that the description said before.
func (in *guestImport) write(dryRun bool) error {
	want, diags := in.compile()
	if want == nil {
		return diags.Err()
	}
	if ok, _ := in.edit.Try(in.places(), func(got *schema.Description) bool { return len(rewrite.Compare(want, got, access.Known{})) == 0 }); !ok {
		return fmt.Errorf("no place was found for the guests (begin a file with guests:, one a line, and import again)")
	}
	if dryRun {
		in.app.showDiff(in.edit)
		return nil
	}
	if err := in.app.writeEdit(in.edit); err != nil {
		return err
	}
	n := render.Count(len(in.guests), "guest", "guests")
	fmt.Fprintf(in.app.Stdout, "%s added to %s; weir plan shows what they bring\n", n, strings.Join(in.app.editedFiles(in.edit), ", "))
	if in.known > 0 {
		fmt.Fprintf(in.app.Stdout, "%s described already\n", render.Count(in.known, "guest was", "guests were"))
	}
	return nil
}

// places gives the likeliest first: a file that lists guests one a line, then one
// of their own.
func (in *guestImport) places() []rewrite.Place {
	var out []rewrite.Place
	hcl := true
	for _, name := range slices.Sorted(maps.Keys(in.edit.Before)) {
		syntax, ok := schema.SyntaxOf(name)
		if !ok {
			continue
		}
		hcl = hcl && syntax == schema.HCL
		if text, ok := rewrite.Guests(in.edit.Before[name], syntax, in.guests); ok {
			out = append(out, rewrite.Place{File: name, Text: text})
		}
	}
	slices.SortStableFunc(out, func(a, b rewrite.Place) int { return ownFile(a.File) - ownFile(b.File) })
	syntax := schema.YAML
	if hcl {
		syntax = schema.HCL
	}
	own := "guests" + syntax.Ext()
	if _, ok := in.edit.Before[own]; !ok {
		out = append(out, rewrite.Place{File: own, Text: string(schema.Render(schema.Document{Guests: in.guests}, syntax))})
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
