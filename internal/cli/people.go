package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/schema"
)

func (a *app) peopleCommand() *cobra.Command {
	var q query
	cmd := &cobra.Command{
		Use:   "people [DIR]",
		Short: "List people: who may enter and through what, who never came, who is shut out",
		Long: `List everybody whom the site or the description knows: whether they may enter, or what
shuts them out; when they came and were last there; which groups let them in; and the
next day on which something that the description gives them ends.

No interface tells who has accepted an invitation. What is known is when somebody came
to the organisation and when they last looked at this Confluence, which is told up to a
day late: whoever never did is listed as never active, with the days since they came.
An account on its way to deletion is listed with the days in which that can be stopped.

weir people export writes what the description says of people as CSV, and weir people
import takes such a file into the description.

The answer is about the live site that the description in DIR (default: this folder)
is for; with --snapshot about what weir snapshot wrote, without credentials and without
the site, and without what is described unless DIR is named; with --planned about the
site as it will be when the description has been applied. Nothing is written to the
site. weir's own account is left out.

Exit codes: 0 answered · 1 error in the description · 7 the site cannot be read.`,
		Example: "  weir people\n  weir people --all access\n  weir people --format csv > people.csv\n  weir people acme --snapshot acme.json --format json",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.folder(args); err != nil {
				return err
			}
			t, err := q.people(cmd.Context())
			if err != nil {
				return err
			}
			return a.table(&q, t)
		},
	}
	q.register(a, cmd, "text", "json", "csv")
	q.registerAll(cmd)
	_ = cmd.Flags().MarkHidden("pages") // no page decides who may enter
	cmd.AddCommand(a.peopleExport(), a.peopleImport())
	return cmd
}

// standing is what may be said of a person in one word, for counts and for order:
// what somebody may have to do something about comes first.
type standing uint8

const (
	toBeDeleted standing = iota
	neverActive
	suspended
	deactivated
	removed
	notThere
	noAccess
	active
)

// standings are the words for counts.
var standings = [...]string{"on the way to deletion", "never active", "suspended", "deactivated", "removed", "not there yet", "without access", "active"}

// listedPerson is one row of the list.
type listedPerson struct {
	who      access.Ref
	standing standing
	state    string // in words
	row      []string
}

func (q *query) people(ctx context.Context) (*render.Table, error) {
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	l := peopleList{asked: k, now: q.app.Clock(), doors: k.doors(), next: make(map[access.Ref]string)}
	if at, err := time.Parse(time.RFC3339, k.from.Time); err == nil {
		l.now = at // what a snapshot tells is as old as it is
	}
	l.prepare()
	var rows []listedPerson
	for who := range k.everybody() {
		if who != k.obs.Account {
			rows = append(rows, l.person(who))
		}
	}
	slices.SortFunc(rows, func(a, b listedPerson) int {
		if a.standing != b.standing {
			return int(a.standing) - int(b.standing)
		}
		return strings.Compare(string(a.who), string(b.who))
	})
	t := &render.Table{Report: "people", Source: k.from, Columns: []string{"person", "name", "kind", "state", "came", "last active", "managed", "let in by", "next end"}}
	count := make(map[standing]int)
	for _, r := range rows {
		count[r.standing]++
		t.Rows = append(t.Rows, r.row)
	}
	t.Title = render.Count(len(rows), "person", "people")
	var parts []string
	for s, word := range standings {
		if n := count[standing(s)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", render.Number(n), word))
		}
	}
	if len(parts) > 0 {
		t.Title += ": " + strings.Join(parts, ", ")
	}
	if len(k.obs.People) == 0 && len(rows) > 0 {
		t.Notes = append(t.Notes, "this site does not tell when people came and were last there")
	}
	if count[toBeDeleted] > 0 {
		t.Notes = append(t.Notes, "a deletion can be cancelled for 14 days after it was asked for: the days left are counted from the deactivation, and may be more")
	}
	if count[neverActive] > 0 {
		t.Notes = append(t.Notes, "who has accepted an invitation no interface tells; a visit is told up to a day late")
	}
	return t, nil
}

// peopleList is what rows are made of.
type peopleList struct {
	*asked
	now   time.Time
	doors map[access.Ref][]access.Ref // the groups that let each person in
	next  map[access.Ref]string       // the next day on which something of theirs ends
}

// prepare finds the next day on which something of each person's ends.
func (l *peopleList) prepare() {
	if l.d == nil {
		return
	}
	for _, e := range l.d.Endings() {
		if day, ok := l.next[e.Who]; !ok || e.Day < day {
			l.next[e.Who] = e.Day
		}
	}
}

// person makes the row of one person.
func (l *peopleList) person(who access.Ref) listedPerson {
	record := l.obs.People[who]
	r := listedPerson{who: who}
	r.standing, r.state = l.stands(who)
	kind, managed := "user", "yes"
	if l.Guest(who) {
		kind = "guest"
	}
	switch _, known := l.obs.IDs[who]; {
	case !known:
		managed = ""
	case l.obs.Unclaimed[who]:
		managed = "no"
	}
	r.row = []string{
		rewrite.Person(who), l.called(who), kind, r.state, dayCell(record.Added), dayCell(record.Active), managed, strings.Join(names(l.doors[who]), ";"), l.next[who],
	}
	return r
}

// stands says where a person stands.
func (l *peopleList) stands(who access.Ref) (standing, string) {
	record := l.obs.People[who]
	state, shut := l.Facts().Get(access.Fact{Kind: access.State, Object: who})
	_, enters := l.Facts().Get(access.Fact{Kind: access.Exists, Object: who})
	_, known := l.obs.IDs[who]
	switch {
	case record.Deleting:
		return toBeDeleted, l.grace(record)
	case shut && state.Value == "suspended":
		return suspended, state.Value
	case shut && state.Value == "deactivated":
		return deactivated, state.Value
	case shut:
		return removed, state.Value
	case !known && enters:
		return notThere, "to be invited"
	case !known:
		return notThere, "not there yet"
	case !enters:
		return noAccess, "no access"
	case record.Active.IsZero() && !record.Added.IsZero():
		return neverActive, fmt.Sprintf("never active, came %s ago", dayCount(l.days(record.Added)))
	}
	return active, "active"
}

// grace says how many days are left, at least. They count from the day on which the
// account was deactivated, which cannot be later than that on which its deletion was
// asked for.
func (l *peopleList) grace(record access.PersonRecord) string {
	if left := schema.GraceDays - l.days(record.Ended); !record.Ended.IsZero() && left >= 0 {
		return fmt.Sprintf("to be deleted, %d of %d days left", left, schema.GraceDays)
	}
	return "to be deleted"
}

// days counts the days since a time, by the calendar of the site where that is
// known.
func (l *peopleList) days(since time.Time) int {
	zone := time.UTC
	if l.d != nil {
		zone = l.d.Settings.Site.Timezone.Or(time.UTC)
	}
	day := func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return max(0, int(day(l.now).Sub(day(since)).Hours()/24))
}

func dayCount(n int) string { return render.Count(n, "day", "days") }

// names of the columns that import reads and export writes.
var peopleColumns = []column{
	{name: "email", also: []string{"mail", "mail address", "email address", "address", "person"}, required: true},
	{name: "name", also: []string{"full name", "display name"}},
	{name: "groups", also: []string{"group"}},
	{name: "state"},
	{name: "until", also: []string{"last day"}},
	{name: "product_role", also: []string{"role"}},
}

func (a *app) peopleExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export [DIR]",
		Short: "Write what a description says of people as CSV",
		Long: `Write the people of the description in DIR (default: this folder) as CSV, in the form
that weir people import reads: email, name, groups, state, until, product_role. Groups
are those whose members name the person; somebody whose memberships end on different
days has a row for each day. No site is read.

What a spreadsheet would take for a formula is made text with an apostrophe, which
import takes off again: importing what was exported changes nothing.

Exit codes: 0 written · 1 error in the description.`,
		Example: "  weir people export > people.csv\n  weir people export access > people.csv",
		Args:    atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args)
			p, err := a.readPeople()
			if err != nil {
				return err
			}
			return render.TableCSV(a.Stdout, p.export())
		},
	}
}

// export makes a table of the people of a description.
func (p *describedPeople) export() *render.Table {
	t := &render.Table{}
	for _, c := range peopleColumns {
		t.Columns = append(t.Columns, c.name)
	}
	for _, who := range slices.Sorted(maps.Keys(p.users)) {
		u := p.users[who].entry(p.docs)
		text := func(s string) []string { return []string{rewrite.Person(who), "", "", "", s, ""} }
		byDay := make(map[string][]string)
		for group, m := range p.members[who] {
			day := ""
			if g := m.grant(p.docs); g.Until != nil {
				day = g.Until.Value
			}
			byDay[day] = append(byDay[day], group)
		}
		days := slices.Sorted(maps.Keys(byDay))
		if len(days) == 0 {
			days = []string{""}
		}
		for _, day := range days {
			row := text(day)
			if u.Name != nil {
				row[1] = u.Name.Value
			}
			slices.Sort(byDay[day])
			row[2] = strings.Join(byDay[day], ";")
			if u.State != nil && u.State.Value != "active" {
				row[3] = u.State.Value
			}
			row[5] = p.roleOf(byDay[day], u.State == nil || u.State.Value == "active")
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// roleOf gives the product roles that groups give; whoever is described and active
// may enter without one.
func (p *describedPeople) roleOf(groups []string, enters bool) string {
	roles := make(map[string]bool)
	for _, name := range groups {
		if g, ok := p.groups[name]; ok {
			if role := g.entry(p.docs).ProductRole; role != nil && role.Value != "none" {
				for _, r := range access.ProductRoles(role.Value) {
					roles[r] = true
				}
			}
		}
	}
	if len(roles) == 0 && enters {
		return "user"
	}
	return strings.Join(slices.Sorted(maps.Keys(roles)), "+")
}
