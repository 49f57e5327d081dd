package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

func (a *app) seatsCommand() *cobra.Command {
	var q query
	var by string
	idle := days(90)
	cmd := &cobra.Command{
		Use:   "seats [DIR]",
		Short: "Count paid seats and guests, and say about what they cost",
		Long: `Count who takes a seat of the site, by kind: people who pay, guests, and of those
the ones whose accounts the organisation manages, which Atlassian Guard may bill. With
--by group, say which groups let people in, and how many of them no other group does;
with --by owner, who answers for those groups; with --by person, who takes a seat, those
who were not there for the longest first. Whoever was not there for --idle is idle.
Where the description has prices (seats), say about what that costs: an estimate,
never an invoice.

A person in several groups takes one seat, whoever is invited takes it before they
accept, and nobody takes one who may not enter. weir's own account, which is left out
of every other answer, takes one too.

The answer is about the live site that the description in DIR (default: this folder)
is for; with --snapshot about what weir snapshot wrote, without credentials and without
the site, and without prices unless DIR is named; with --planned about the site as it
will be when the description has been applied. Nothing is written to the site.

Exit codes: 0 answered · 1 error in the description · 7 the site cannot be read.`,
		Example: "  weir seats\n  weir seats --by group --all\n  weir seats --by person --idle 180d --format csv > idle.csv\n  weir seats --planned --format json\n  weir seats acme --snapshot acme.json --by group --format csv > seats.csv",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.folder(args); err != nil {
				return err
			}
			t, err := q.seats(cmd.Context(), by, idle)
			if err != nil {
				return err
			}
			return a.table(&q, t)
		},
	}
	cmd.Flags().StringVar(&by, "by", "kind", "count by `what`: kind, group, owner or person")
	cmd.Flags().Var(&idle, "idle", "how long without a visit makes somebody idle")
	q.register(a, cmd, "text", "json", "csv")
	q.registerAll(cmd)
	_ = cmd.Flags().MarkHidden("pages") // no page decides who takes a seat
	return cmd
}

// table shows the answer of a report in the format that was asked for.
func (a *app) table(q *query, t *render.Table) error {
	switch q.format {
	case "json":
		return render.JSON(a.Stdout, t)
	case "csv":
		return render.TableCSV(a.Stdout, t)
	}
	return render.TableText(a.Stdout, t, q.all, a.options())
}

func (q *query) seats(ctx context.Context, by string, idle days) (*render.Table, error) {
	if !slices.Contains([]string{"kind", "group", "owner", "person"}, by) {
		return nil, fmt.Errorf("seats cannot be counted by %q (kind, group, owner or person)", by)
	}
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	var terms reconcile.SeatTerms
	if k.d != nil {
		terms = k.d.seats()
	}
	// What is asked of is the one side of a plan that changes nothing.
	now := k.obs
	now.Facts = k.Facts()
	s := reconcile.CountSeats(now, now.Unknown, now.Facts, terms)
	t := &render.Table{Report: "seats", Source: k.from, Title: seatsTitle(s)}
	use := k.seatUse(q.app.Clock(), idle)
	switch by {
	case "group":
		k.seatSources(t, s.Licence, use)
	case "owner":
		use.byOwner(t)
	case "person":
		use.byPerson(t)
	default:
		seatKinds(t, s)
	}
	if by != "kind" {
		t.Notes = append(t.Notes, use.notes()...)
	}
	t.Notes = append(t.Notes, seatNotes(s, k.d != nil)...)
	return t, nil
}

// seatsTitle says what there is in one sentence.
func seatsTitle(s *reconcile.Seats) string {
	least := ""
	if s.After.AtLeast {
		least = "at least "
	}
	title := least + render.Count(s.After.Paid, "paid seat", "paid seats") + " and " + render.Count(s.After.Guests, "guest", "guests")
	if s.Licence {
		title = least + render.Count(s.After.Paid, "person counts", "people count") + " for the licence"
	}
	if c := s.Cost; c != nil && c.After != "" {
		title += fmt.Sprintf(", about %s%s %s a %s", least, c.Currency, render.Money(c.After), c.Per)
	}
	return title
}

// seatKinds fills in a row for each kind.
func seatKinds(t *render.Table, s *reconcile.Seats) {
	t.Columns = []string{"kind", "people", "most", "currency", "cost", "per"}
	row := func(kind string, n int, limit string) []string {
		out := []string{kind, fmt.Sprint(n), "", "", "", ""}
		if l, ok := s.Limit(limit); ok {
			out[2] = fmt.Sprint(l.Most)
		}
		return out
	}
	paid := row("paid", s.After.Paid, "paid")
	if c := s.Cost; c != nil && c.After != "" {
		paid[3], paid[4], paid[5] = c.Currency, c.After, c.Per
	}
	t.Rows = append(t.Rows, paid)
	if !s.Licence {
		t.Rows = append(t.Rows, row("guest", s.After.Guests, "guests"), row("managed guest", s.After.ManagedGuests, ""))
	}
	if _, ok := s.Limit("people"); ok {
		t.Rows = append(t.Rows, row("paid and guest", s.After.Paid+s.After.Guests, "people"))
	}
	if s.After.Unsure > 0 {
		t.Rows = append(t.Rows, row("unsure", s.After.Unsure, ""))
	}
}

// seatSources fills in a row for each group that lets people in, and one for those
// whom none does.
func (k *asked) seatSources(t *render.Table, licence bool, use seatUse) {
	t.Columns = []string{"group", "role", "managed by", "owner", "paid", "only by it", "idle", "idle only by it", "guests", "guests only by it", "currency", "saving", "per"}
	for _, source := range use.counted.Sources(k.Facts()) {
		name := source.Group.ID()
		if source.Group == "" {
			if source.Paid+source.Guests == 0 {
				continue
			}
			name = "(no group)"
		}
		idle, idleAlone := use.idleBy(source.Group)
		row := []string{
			name, strings.Join(source.Roles, "+"), use.managed(source.Group), use.owner(source.Group), fmt.Sprint(source.Paid), fmt.Sprint(source.Alone),
			use.count(idle), use.count(idleAlone), fmt.Sprint(source.Guests), fmt.Sprint(source.GuestsAlone),
		}
		if licence {
			row[8], row[9] = "", ""
		}
		row = append(row, use.money(idleAlone)...)
		t.Rows = append(t.Rows, row)
	}
	t.Notes = append(t.Notes, "whether somebody whom a group lets in also may enter by themselves cannot be seen: they may keep their seat without it")
}

// seatNotes say what the numbers hold and do not hold.
func seatNotes(s *reconcile.Seats, described bool) []string {
	var out []string
	if s.Own {
		out = append(out, "weir's own account takes one of the paid seats")
	}
	if n := s.After.ManagedGuests; n > 0 {
		out = append(out, render.ManagedGuests(n))
	}
	if n := s.After.Unsure; n > 0 {
		out = append(out, fmt.Sprintf("of %s it could not be seen whether they take a seat", render.Count(n, "person", "people")))
	}
	if !s.Licence {
		out = append(out, "who is invited and has not accepted yet is counted, and cannot be told from the others")
	}
	for _, l := range s.Limits {
		if l.Exceeded {
			out = append(out, fmt.Sprintf("there are more than there may be (%s): %s of %s", l.Reason, render.Number(l.After), render.Number(l.Most)))
		}
	}
	switch c := s.Cost; {
	case c == nil && described:
		out = append(out, "the description has no prices: seats: {currency: …, per: …, tiers: …}")
	case c == nil:
		out = append(out, "name the folder of the description to learn about what it costs")
	case c.After == "":
		out = append(out, "the tiers in the description do not go as far as these seats")
	default:
		out = append(out, "the cost is "+render.Estimate)
	}
	return out
}
