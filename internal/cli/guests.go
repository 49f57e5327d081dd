package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
)

func (a *app) guestsCommand() *cobra.Command {
	var q query
	var spaces bool
	cmd := &cobra.Command{
		Use:   "guests [DIR]",
		Short: "List guests: whose space, until when, and what else they see",
		Long: `List the guests of the site and those whom the description in DIR (default: this
folder) has beside them: the one space of each, with which role and until when, in
which state they are, when they were last there where the site tells it, and how many
spaces they see beside their own because those are open to anybody. With --spaces,
list the spaces: whether each may have guests, how many, from where, and has.

` + sourcesOf("DIR") + `

Exit codes: 0 answered · 1 error in the description · 7 the site cannot be read.`,
		Example: "  weir guests\n  weir guests --spaces\n  weir guests --format csv > guests.csv\n  weir guests import partners.csv",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.folder(args); err != nil {
				return err
			}
			t, err := q.guests(cmd.Context(), spaces)
			if err != nil {
				return err
			}
			return a.table(&q, t)
		},
	}
	cmd.Flags().BoolVar(&spaces, "spaces", false, "list spaces, and whether they may have guests")
	q.register(a, cmd, "text", "json", "csv")
	q.registerAll(cmd)
	_ = cmd.Flags().MarkHidden("pages") // no page decides who is a guest
	cmd.AddCommand(a.guestsImportCommand())
	return cmd
}

// sourcesOf says where an answer comes from, without what concerns pages.
func sourcesOf(dir string) string {
	return `The answer is about the live site that the description in ` + dir + ` is for; with --snapshot
about what weir snapshot wrote, without credentials and without the site; with
--planned about the one or the other as it will be when the description has been
applied. Nothing is written to the site.`
}

func (q *query) guests(ctx context.Context, spaces bool) (*render.Table, error) {
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	g := k.guestList()
	t := &render.Table{Report: "guests", Source: k.from}
	if spaces {
		g.spaces(t)
	} else {
		g.people(t)
	}
	if t.Rows == nil {
		t.Rows = [][]string{}
	}
	return t, nil
}

// guestList is what is asked of, by guests.
type guestList struct {
	*asked
	guests    []access.Ref // on the site and described, in order
	described map[access.Ref]schema.GuestEntry
	policies  map[access.Ref]schema.GuestPolicy
	held      map[access.Ref][]access.Fact // one for each space that they hold something in
	states    map[access.Ref]string
	public    []access.Ref
}

func (k *asked) guestList() *guestList {
	g := &guestList{asked: k, described: make(map[access.Ref]schema.GuestEntry), held: make(map[access.Ref][]access.Fact), states: make(map[access.Ref]string)}
	guests := make(map[access.Ref]bool)
	if k.d != nil {
		g.policies = k.d.GuestPolicies()
		for _, e := range k.d.Guests() {
			if e.Who.IsPerson() && !e.Expired {
				g.described[e.Who], guests[e.Who] = e, true
			}
		}
	}
	for f := range k.Facts().OfKind(access.State) {
		g.states[f.Object] = f.Value
	}
	for f := range k.Facts().OfKind(access.Product) {
		// Whoever is suspended does not enter, and is a guest all the same.
		if f.Object.IsPerson() && g.states[f.Object] != "" && slices.Contains(access.ProductRoles(f.Value), access.GuestRole) {
			guests[f.Object] = true
		}
	}
	for _, p := range k.People() {
		if k.Guest(p) {
			guests[p] = true
		}
	}
	for _, kind := range []access.Kind{access.Role, access.Permission} {
		for f := range k.Facts().OfKind(kind) {
			in := func(h access.Fact) bool { return h.Object == f.Object }
			if guests[f.Subject] && !slices.ContainsFunc(g.held[f.Subject], in) {
				g.held[f.Subject] = append(g.held[f.Subject], f)
			}
		}
	}
	for _, s := range k.spaces() {
		if k.Rights(access.Anonymous, s).Has(access.CanView) {
			g.public = append(g.public, s)
		}
	}
	g.guests = slices.Sorted(maps.Keys(guests))
	return g
}

// people fills in a row for each guest.
func (g *guestList) people(t *render.Table) {
	t.Columns = []string{"email", "name", "space", "role", "until", "state", "last active", "open to them", "described at"}
	spaces := make(map[access.Ref]bool)
	without := 0
	for _, p := range g.guests {
		e, described := g.described[p]
		row := []string{rewrite.Person(p), g.called(p), "", "", e.Until, g.state(p), dayCell(g.obs.People[p].Active), fmt.Sprint(g.beside(p)), ""}
		if described {
			row[8] = g.here(e.At).String()
		} else if at, ok := g.byGroup(p); ok {
			row[8] = at
		}
		held := g.held[p]
		if len(held) == 0 {
			if g.state(p) == "no space" {
				without++
			}
			if described {
				row[2], row[3] = e.Space.ID(), e.Role
			}
			t.Rows = append(t.Rows, row)
			continue
		}
		for _, f := range held {
			r := slices.Clone(row)
			spaces[f.Object] = true
			if r[2], r[3] = f.Object.ID(), f.Value; f.Kind == access.Permission {
				r[3] = "custom"
				if described && e.Space == f.Object {
					r[3] = e.Role // the product has no roles, and so it is written out
				}
			}
			t.Rows = append(t.Rows, r)
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b []string) int { return strings.Compare(a[2], b[2]) })
	now := g.obs // what is asked of is the one side of a plan that changes nothing
	now.Facts = g.Facts()
	s := reconcile.CountSeats(now, now.Unknown, now.Facts, reconcile.SeatTerms{})
	t.Title = fmt.Sprintf("%s in %s, %s without one", render.Count(len(g.guests), "guest", "guests"), render.Count(len(spaces), "space", "spaces"), render.Number(without))
	if l, ok := s.Limit("guests"); ok {
		t.Title += fmt.Sprintf("; there may be %s", render.Number(l.Most))
	}
	if len(g.public) > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("open to anybody, and so to every guest: %s", ids(g.public)))
	}
	if without > 0 {
		t.Notes = append(t.Notes, "a guest without a space enters nothing but what is open to anybody")
	}
}

// state says how a guest stands.
func (g *guestList) state(p access.Ref) string {
	_, there := g.Facts().Get(access.Fact{Kind: access.Exists, Object: p})
	switch {
	case g.states[p] != "":
		return g.states[p]
	case !there:
		return "not invited yet"
	case !g.Guest(p):
		return "a licensed user"
	case len(g.held[p]) == 0:
		return "no space"
	}
	return "active"
}

// beside counts the spaces that are open to a guest beside their own.
func (g *guestList) beside(p access.Ref) int {
	n := 0
	for _, s := range g.public {
		if !slices.ContainsFunc(g.held[p], func(f access.Fact) bool { return f.Object == s }) {
			n++
		}
	}
	return n
}

// byGroup says where a guest is described by a group of theirs.
func (g *guestList) byGroup(p access.Ref) (string, bool) {
	if g.desired == nil {
		return "", false
	}
	at, ok := g.desired.Origins[access.Fact{Kind: access.Product, Object: p}]
	if !ok {
		return "", false
	}
	return g.here(at).String(), true
}

// spaces fills in a row for each space that may have guests, may not by its
// description, or has some.
func (g *guestList) spaces(t *render.Table) {
	t.Columns = []string{"space", "name", "guests", "may have guests", "from", "at most", "all described", "open to anybody"}
	there := make(map[access.Ref]int)
	for _, held := range g.held {
		for _, f := range held {
			there[f.Object]++
		}
	}
	personal := make(map[access.Ref]bool)
	for f := range g.Facts().OfKind(access.Personal) {
		personal[f.Object] = true
	}
	never, said := 0, 0
	for _, s := range g.asked.spaces() {
		p, described := g.policies[s]
		if personal[s] && there[s] == 0 && !described {
			continue
		}
		may := "not said"
		switch {
		case described && !p.Allow:
			may = "never"
			never++
		case p.Said:
			may = "yes"
			said++
		}
		row := []string{s.ID(), g.names[s], fmt.Sprint(there[s]), may, strings.Join(p.Domains, ", "), "", "", yes(slices.Contains(g.public, s))}
		if p.Max.Set {
			row[5] = fmt.Sprint(p.Max.Value)
		}
		row[6] = yes(described && p.Listed)
		t.Rows = append(t.Rows, row)
	}
	t.Title = fmt.Sprintf("%s: %s may never have guests, %s may, and of the others nothing is said", render.Count(len(t.Rows), "space", "spaces"), render.Number(never), render.Number(said))
	t.Notes = append(t.Notes, "where nothing is said a space may have guests: allow: false under guests of the space, or of its archetype, says that it may not")
}
