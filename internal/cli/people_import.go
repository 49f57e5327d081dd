package cli

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/unicode/norm"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/schema"
)

func (a *app) peopleImport() *cobra.Command {
	var file string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "import FILE.csv [DIR]",
		Short: "Take people from a CSV file into a description",
		Long: `Take the people of a CSV file into the description in DIR (default: this folder). The
first line names the columns; - reads standard input.

  email         who (required)
  name          their name, for readers
  groups        described groups that they are to be in, between semicolons
  state         active, no_access, suspended, deactivated or removed
  until         the last day of the memberships of this row, YYYY-MM-DD
  product_role  the role that they are to have: user, or one that a group of theirs gives

Whoever has no entry gets one in --file; entries and memberships that are there are
updated where they stand. An empty cell says nothing, and nothing is ever taken away:
who is not in the file stays as they are. Somebody may have several rows, for groups
that end on different days. Comments and layout are kept.

Every row is checked, as if it stood in the description, before anything is written;
with one that cannot be, nothing is. No site is read: weir plan shows what it brings.

Exit codes: 0 written, or nothing to write · 1 a row cannot be, or an error in the
description.`,
		Example: "  weir people import joiners.csv\n  weir people import --dry-run joiners.csv access\n  weir people import --file staff.weir.hcl joiners.csv",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return fmt.Errorf("%s takes a file, and a folder if it is not this one, not %d arguments (%[1]s --help)", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args[1:])
			return a.importPeople(args[0], file, dryRun)
		},
	}
	cmd.Flags().StringVar(&file, "file", "people.weir.yaml", "the `file` of the description, in DIR, that new people are written to")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what would be written as a diff, and write nothing")
	return cmd
}

// userPlace and groupPlace are where an entry stands: which of its kind, in which
// document.
type (
	userPlace  struct{ doc, i int }
	groupPlace struct{ doc, i int }
	// memberPlace is an entry of a group's members.
	memberPlace struct {
		group groupPlace
		i     int
	}
)

func (p userPlace) entry(docs []schema.Document) schema.User   { return docs[p.doc].Users[p.i] }
func (p groupPlace) entry(docs []schema.Document) schema.Group { return docs[p.doc].Groups[p.i] }
func (p memberPlace) grant(docs []schema.Document) schema.Grant {
	return p.group.entry(docs).Members.Items[p.i]
}

// describedPeople says where a description speaks of people by name.
type describedPeople struct {
	edit    *rewrite.Edit
	docs    []schema.Document
	users   map[access.Ref]userPlace
	groups  map[string]groupPlace // with an entry of their own
	members map[access.Ref]map[string]memberPlace
}

// readPeople loads the description and finds where it speaks of people.
func (a *app) readPeople() (*describedPeople, error) {
	desc, err := a.load()
	if err != nil {
		return nil, err
	}
	edit := a.openEdit(desc)
	docs, diags := edit.Parse()
	if err := diags.Err(); err != nil {
		return nil, err
	}
	p := &describedPeople{
		edit: edit, docs: docs, users: make(map[access.Ref]userPlace), groups: make(map[string]groupPlace), members: make(map[access.Ref]map[string]memberPlace),
	}
	for d := range docs {
		for i, u := range docs[d].Users {
			p.users[personRef(u.Email.Value)] = userPlace{d, i}
		}
		for i, g := range docs[d].Groups {
			at := groupPlace{d, i}
			p.groups[nameKey(g.Name.Value)] = at
			if g.Members == nil {
				continue
			}
			for m, item := range g.Members.Items {
				who := personRef(item.Who.Value)
				if p.members[who] == nil {
					p.members[who] = make(map[string]memberPlace)
				}
				p.members[who][nameKey(g.Name.Value)] = memberPlace{at, m}
			}
		}
	}
	return p, nil
}

// nameKey compares names as descriptions do.
func nameKey(s string) string { return norm.NFC.String(s) }

// personRef reads a person where only one can stand: an address, or account:ID.
func personRef(text string) access.Ref {
	text = strings.TrimPrefix(strings.TrimSpace(text), "user:")
	if strings.HasPrefix(text, "account:") {
		return access.Ref(text)
	}
	return access.NewRef("user", norm.NFC.String(strings.ToLower(text)))
}

// incoming is what a file says of one person.
type incoming struct {
	who                access.Ref
	email, name, state cell
	memberships        []incomingMembership
}

type incomingMembership struct {
	group string
	at    cell // of the group
	until cell
}

// peopleTable is a table of people on its way into a description.
type peopleTable struct {
	*describedPeople
	app    *app
	file   string // of the description, for whoever has no entry
	syntax schema.Syntax
	people []*incoming
	diags  diag.List

	fresh   []*incoming // have no entry
	renamed []*incoming // get a name or a state in the entry that they have
	joins   map[string][]incomingJoin
	moves   []incomingJoin // whose membership ends on another day
}

// incomingJoin is a person and a membership of theirs.
type incomingJoin struct {
	*incoming
	incomingMembership
}

func (a *app) importPeople(path, file string, dryRun bool) error {
	syntax, ok := schema.SyntaxOf(filepath.Base(file))
	if file = filepath.ToSlash(filepath.Clean(file)); !ok || !filepath.IsLocal(filepath.FromSlash(file)) {
		return fmt.Errorf("--file %s is no file of a description (write the name of one in DIR that ends in .weir.yaml or .weir.hcl)", file)
	}
	p, err := a.readPeople()
	if err != nil {
		return err
	}
	s, diags := a.readSheet(path, peopleColumns...)
	if s == nil {
		return diags
	}
	t := &peopleTable{describedPeople: p, app: a, file: file, syntax: syntax, joins: make(map[string][]incomingJoin)}
	t.read(s)
	t.sort()
	want := t.check()
	if t.diags.HasErrors() {
		a.tell(t.diags.Sort())
		fmt.Fprintln(a.Stdout, "nothing is written")
		return exit(exitInput)
	}
	if len(t.fresh)+len(t.renamed)+len(t.joins)+len(t.moves) == 0 {
		fmt.Fprintf(a.Stdout, "nothing to write: %s described so already\n", render.Count(len(t.people), "person is", "people are"))
		return nil
	}
	return t.write(want, dryRun)
}

func (t *peopleTable) add(code string, at diag.Range, summary, hint string) {
	t.diags = append(t.diags, diag.Diagnostic{Code: code, Summary: summary, Hint: hint, Range: at})
}

// read takes in the rows, those of one person together.
func (t *peopleTable) read(s *sheet) {
	byRef := make(map[access.Ref]*incoming)
	for _, row := range s.rows {
		email := row.cell("email")
		who := personRef(email.text)
		p := byRef[who]
		if p == nil {
			p = &incoming{who: who, email: email}
			byRef[who] = p
			t.people = append(t.people, p)
		}
		t.once(&p.name, row.cell("name"), "name", email)
		t.once(&p.state, row.cell("state"), "state", email)
		before := len(p.memberships)
		t.groups(p, row)
		t.role(p, row, p.memberships[before:])
	}
}

// once keeps what rows of one person say alike.
func (t *peopleTable) once(have *cell, now cell, what string, email cell) {
	switch {
	case now.text == "" || now.text == have.text:
	case have.text == "":
		*have = now
	default:
		t.diags = append(t.diags, diag.Diagnostic{
			Code: "WR104", Summary: fmt.Sprintf("%q has two values of %s", email.text, what), Hint: "write the same in each row, or only in one", Range: now.at,
			Related: []diag.Related{{Message: "the other one", Range: have.at}},
		})
	}
}

// groups reads which groups a row names. A name may hold what parts names.
func (t *peopleTable) groups(p *incoming, row sheetRow) {
	c, until := row.cell("groups"), row.cell("until")
	parts := c.list()
	if _, whole := t.describedPeople.groups[nameKey(c.text)]; whole {
		parts = []cell{c}
	}
	if len(parts) == 0 && until.text != "" {
		t.add("WR112", until.at, "there is a last day, and no group that it ends", "name the groups in the row, or delete the day")
	}
	for _, part := range parts {
		name := nameKey(strings.TrimPrefix(part.text, "group:"))
		g, ok := t.describedPeople.groups[name]
		switch {
		case !ok:
			t.add("WR201", part.at, fmt.Sprintf("group %q has no entry in the description", name), nearest.Ask(nearest.To(name, slices.Collect(maps.Keys(t.describedPeople.groups))), "describe it first"))
			continue
		case g.entry(t.docs).ManagedBy != nil:
			t.add("WR204", part.at, fmt.Sprintf("the members of group %q are somebody else's to write", name), "let them join where the group is managed, and take it out of the row")
			continue
		}
		if i := slices.IndexFunc(p.memberships, func(m incomingMembership) bool { return m.group == name }); i >= 0 {
			t.diags = append(t.diags, diag.Diagnostic{
				Code: "WR104", Summary: fmt.Sprintf("%q is put into group %q twice", p.email.text, name), Hint: "keep one of the two", Range: part.at,
				Related: []diag.Related{{Message: "also here", Range: p.memberships[i].at.at}},
			})
			continue
		}
		p.memberships = append(p.memberships, incomingMembership{name, part, until})
	}
}

// role holds the product role that a row names against those that come with its
// groups: nobody has one by themselves but user.
func (t *peopleTable) role(p *incoming, row sheetRow, joined []incomingMembership) {
	c := row.cell("product_role")
	if c.text == "" {
		return
	}
	var groups []string
	for _, m := range joined {
		groups = append(groups, m.group)
	}
	for group := range t.members[p.who] {
		groups = append(groups, group)
	}
	has := access.ProductRoles(t.roleOf(groups, false))
	for _, role := range access.ProductRoles(c.text) {
		switch {
		case role == "user" || slices.Contains(has, role):
		case role == access.GuestRole:
			t.add("WR202", c.at, fmt.Sprintf("%q is to be a guest", p.email.text), "describe guests under guests: they have one space, and no group")
		default:
			t.add("WR202", c.at, fmt.Sprintf("no group of %q gives the product role %q", p.email.text, role), "add a group whose product_role it is")
		}
	}
}

// sort finds what of it is new.
func (t *peopleTable) sort() {
	for _, p := range t.people {
		if at, ok := t.users[p.who]; !ok {
			t.fresh = append(t.fresh, p)
		} else if u := at.entry(t.docs); differs(p.name, u.Name) || differs(p.state, u.State) && (p.state.text != "active" || u.State != nil) {
			t.renamed = append(t.renamed, p)
		}
		for _, m := range p.memberships {
			at, ok := t.members[p.who][m.group]
			switch {
			case !ok:
				t.joins[m.group] = append(t.joins[m.group], incomingJoin{p, m})
			case differs(m.until, at.grant(t.docs).Until):
				t.moves = append(t.moves, incomingJoin{p, m})
			}
		}
	}
}

// differs reports whether a cell says something else than what is there. An empty
// one says nothing.
func differs(c cell, s *schema.Str) bool {
	return c.text != "" && (s == nil || s.Value != c.text)
}

// grantOf makes an entry of a membership.
func (j incomingJoin) grantOf() schema.Grant {
	who := *str(j.email)
	who.Value = rewrite.Person(j.who)
	return schema.Grant{Who: who, Until: str(j.until), Range: who.Range}
}

// check compiles the description with what the table says, and tells what cannot be
// at its place in the table. What it gives is what the text has to say in the end.
func (t *peopleTable) check() *schema.Description {
	docs := slices.Clone(t.docs)
	for i := range docs {
		docs[i].Users, docs[i].Groups = slices.Clone(docs[i].Users), slices.Clone(docs[i].Groups)
	}
	var fresh []schema.User
	for _, p := range t.fresh {
		email := *str(p.email)
		email.Value = rewrite.Person(p.who)
		fresh = append(fresh, schema.User{Email: email, Name: str(p.name), State: str(p.state), Range: email.Range})
	}
	for _, p := range t.renamed {
		u := &docs[t.users[p.who].doc].Users[t.users[p.who].i]
		u.Name, u.State = cmp.Or(str(p.name), u.Name), cmp.Or(str(p.state), u.State)
	}
	for group, joins := range t.joins {
		at := t.describedPeople.groups[group]
		g := &docs[at.doc].Groups[at.i]
		members := schema.Grants{Range: g.Name.Range}
		if g.Members != nil {
			members = schema.Grants{Items: slices.Clone(g.Members.Items), Range: g.Members.Range}
		}
		for _, j := range joins {
			members.Items = append(members.Items, j.grantOf())
		}
		g.Members = &members
	}
	for _, j := range t.moves {
		at := t.members[j.who][j.group]
		g := &docs[at.group.doc].Groups[at.group.i]
		g.Members = &schema.Grants{Items: slices.Clone(g.Members.Items), Range: g.Members.Range}
		g.Members.Items[at.i].Until = str(j.until)
	}
	if len(fresh) > 0 {
		docs = append(docs, schema.Document{File: tableMark, Users: fresh})
	}
	want, diags := t.edit.CompileDocs(docs)
	for _, d := range diags {
		ours := strings.HasPrefix(d.Range.File, tableMark)
		if d.Severity == diag.Warning && (!ours || d.Code != "WR206") {
			continue // the description has been told of, and the next plan tells of days
		}
		d = typed(d)
		d.Severity = diag.Error
		if d.Code == "WR206" {
			d.Summary, d.Hint = "the last day has passed", "write a later day, or delete the row"
		}
		t.diags = append(t.diags, d)
	}
	return want
}

// write edits the text, and believes it only if it says what the table says and all
// that the description said before.
func (t *peopleTable) write(want *schema.Description, dryRun bool) error {
	if _, there := t.edit.After[t.file]; !there && len(t.fresh) > 0 {
		t.edit.After[t.file] = ""
	}
	w := rewrite.New(t.edit.After)
	var entries []rewrite.Entry
	for _, p := range t.fresh {
		entries = append(entries, p.entry())
	}
	w.Enter(t.docs, t.file, entries)
	for _, p := range t.renamed {
		w.Describe(t.users[p.who].entry(t.docs), p.entry())
	}
	for _, group := range slices.Sorted(maps.Keys(t.joins)) {
		var joins []rewrite.Membership
		for _, j := range t.joins[group] {
			joins = append(joins, rewrite.Membership{Who: j.who, Until: j.until.text})
		}
		w.Join(t.describedPeople.groups[group].entry(t.docs), joins)
	}
	for _, j := range t.moves {
		w.Until(t.members[j.who][j.group].grant(t.docs), j.until.text)
	}
	t.edit.After = w.Done()
	if got, _ := t.edit.Compile(); got == nil || len(rewrite.Compare(want, got, access.Known{})) > 0 {
		return fmt.Errorf("%s cannot be edited by itself in the way that it is written (give it a shape such as weir init writes, or use --file for another one)", strings.Join(t.edit.Changed(), ", "))
	}
	if dryRun {
		t.app.showDiff(t.edit)
		return nil
	}
	if err := t.app.writeEdit(t.edit); err != nil {
		return err
	}
	fmt.Fprintln(t.app.Stdout, t.did())
	return nil
}

// entry is what is to be written of a person.
func (p *incoming) entry() rewrite.Entry {
	return rewrite.Entry{Who: p.who, Name: p.name.text, State: p.state.text}
}

// did says what was written.
func (t *peopleTable) did() string {
	joined := len(t.moves)
	for _, joins := range t.joins {
		joined += len(joins)
	}
	var parts []string
	for _, c := range []struct {
		n         int
		one, many string
	}{
		{len(t.fresh), "person added", "people added"}, {len(t.renamed), "entry updated", "entries updated"}, {joined, "membership written", "memberships written"},
	} {
		if c.n > 0 {
			parts = append(parts, render.Count(c.n, c.one, c.many))
		}
	}
	return strings.Join(parts, ", ") + " (" + strings.Join(t.app.editedFiles(t.edit), ", ") + "); weir plan shows what it brings"
}
