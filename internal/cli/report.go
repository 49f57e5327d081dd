package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/internal/render"
)

// report is one question that admins ask of a whole site.
type report struct {
	name, about string
	make        func(*asked) (*render.Table, error)
}

// reports are all of them, in the order in which they are listed.
var reports = []report{
	{"unattended", "spaces without an active admin, or with one only", (*asked).unattended},
	{"inactive", "what people hold who may not enter", (*asked).inactive},
	{"public", "what whoever is not logged in can do", (*asked).public},
	{"direct", "what people hold themselves, not through a group", (*asked).direct},
	{"guests", "guests by space, and guests without one", (*asked).guests},
	{"unused", "groups that nobody is in, or that give nothing", (*asked).unused},
	{"arrivals", "people on the site who are not described", (*asked).arrivals},
}

func (a *app) reportCommand() *cobra.Command {
	var q query
	var list strings.Builder
	for _, r := range reports {
		fmt.Fprintf(&list, "  %-12s%s\n", r.name, r.about)
	}
	cmd := &cobra.Command{
		ValidArgsFunction: words(reportNames),

		Use:   "report [NAME]",
		Short: "Answer what admins ask of a whole site",
		Long: `Answer one of the questions that admins ask of a whole site. Without NAME, list them:

` + list.String() + `
unattended counts active people, through groups, and not those who can do everything
anyway; of a personal space its owner is enough. guests leaves out what is public.
arrivals needs a description: whoever it names, in a group or a grant, is described.

` + sources + `

Exit codes: 0 answered · 1 error in the description, or there is no such report · 7 the
site cannot be read.`,
		Example: "  weir report\n  weir report unattended\n  weir report guests --format csv > guests.csv\n  weir report direct --snapshot acme.json --all",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprint(a.Stdout, list.String())
				return err
			}
			t, err := q.report(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.table(&q, t)
		},
	}
	q.register(a, cmd, "text", "json", "csv")
	q.registerAll(cmd)
	return cmd
}

func reportNames() []cobra.Completion {
	var out []cobra.Completion
	for _, r := range reports {
		out = append(out, cobra.CompletionWithDesc(r.name, r.about))
	}
	return out
}

func (q *query) report(ctx context.Context, name string) (*render.Table, error) {
	i := slices.IndexFunc(reports, func(r report) bool { return r.name == name })
	if i < 0 {
		var names []string
		for _, r := range reports {
			names = append(names, r.name)
		}
		return nil, fmt.Errorf("there is no report %q (%s)", name, nearest.Ask(nearest.To(name, names), "there are "+strings.Join(names, ", ")))
	}
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	t, err := reports[i].make(k)
	if err != nil {
		return nil, err
	}
	t.Report, t.Source = name, k.from
	if t.Rows == nil {
		t.Rows = [][]string{}
	}
	return t, nil
}

// spaces gives every space in order.
func (k *asked) spaces() []access.Ref {
	return slices.DeleteFunc(k.Objects(), func(r access.Ref) bool { return r.Type() != "space" })
}

func ids(refs []access.Ref) string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.ID()
	}
	return strings.Join(out, ", ")
}

func (k *asked) unattended() (*render.Table, error) {
	beside := k.Beside()
	beside.Super = ""
	view := beside.View(k.Facts())
	personal := make(map[access.Ref]bool)
	for f := range k.Facts().OfKind(access.Personal) {
		personal[f.Object] = true
	}
	archived := make(map[access.Ref]string)
	for f := range k.Facts().OfKind(access.Status) {
		archived[f.Object] = f.Value
	}
	t := &render.Table{Columns: []string{"space", "name", "admins", "who", "status"}}
	var none, one [][]string
	for _, s := range k.spaces() {
		admins := view.Admins(s)
		row := []string{s.ID(), k.names[s], fmt.Sprint(len(admins)), ids(admins), archived[s]}
		switch {
		case len(admins) == 0:
			none = append(none, row)
		case len(admins) == 1 && !personal[s]:
			one = append(one, row)
		}
	}
	t.Rows = append(none, one...)
	t.Title = fmt.Sprintf("%s without an active admin, %s with one only", render.Count(len(none), "space", "spaces"), render.Number(len(one)))
	return t, nil
}

// holdings gives what is granted to a person who is in the list: each fact but
// that permissions of one person in one space are told together.
func (k *asked) holdings(kinds []access.Kind, of func(access.Fact) bool) []access.Fact {
	var out []access.Fact
	for _, kind := range kinds {
		index := make(map[access.Fact]int)
		for f := range k.Facts().OfKind(kind) {
			if !f.Subject.IsPerson() || f.Subject == k.obs.Account || !of(f) {
				continue
			}
			key := access.Fact{Object: f.Object, Subject: f.Subject}
			if i, ok := index[key]; ok && kind == access.Permission {
				out[i].Verb += ", " + f.Verb
				continue
			}
			index[key] = len(out)
			out = append(out, f)
		}
	}
	return out
}

// holds says what a fact gives whom, without naming them.
func holds(f access.Fact) string {
	switch f.Kind {
	case access.Member:
		return "membership"
	case access.Role:
		return "role " + f.Value
	case access.Restrict:
		return "named for " + f.Verb
	}
	return f.Verb
}

// at is the place of a fact of which several may have been told together.
func (k *asked) at(f access.Fact) string {
	f.Verb, _, _ = strings.Cut(f.Verb, ", ")
	at, otherwise := k.origin(f)
	if otherwise {
		return "described otherwise at " + at
	}
	return at
}

func (k *asked) inactive() (*render.Table, error) {
	t := &render.Table{Columns: []string{"person", "name", "state", "holds", "on", "described at"}}
	state := make(map[access.Ref]string)
	for f := range k.Facts().OfKind(access.State) {
		state[f.Object] = f.Value
	}
	kinds := []access.Kind{access.Role, access.Permission, access.Global, access.Restrict, access.Member}
	list := k.holdings(kinds, func(f access.Fact) bool { return !k.Person(f.Subject) })
	slices.SortStableFunc(list, func(a, b access.Fact) int { return strings.Compare(string(a.Subject), string(b.Subject)) })
	people := make(map[access.Ref]bool)
	members := 0
	for _, f := range list {
		people[f.Subject] = true
		if f.Kind == access.Member {
			members++
		}
		s := state[f.Subject]
		if s == "" {
			s = "not let in"
		}
		t.Rows = append(t.Rows, []string{f.Subject.ID(), k.names[f.Subject], s, holds(f), render.Thing(f.Object), k.at(f)})
	}
	verb := "hold"
	if len(people) == 1 {
		verb = "holds"
	}
	t.Title = fmt.Sprintf("%s who may not enter %s %s and %s", render.Count(len(people), "person", "people"), verb,
		render.Count(len(list)-members, "grant", "grants"), render.Count(members, "membership", "memberships"))
	return t, nil
}

func (k *asked) public() (*render.Table, error) {
	t := &render.Table{Columns: []string{"space", "name", "can", "permissions"}}
	edits := 0
	for _, s := range k.spaces() {
		rights := k.Rights(access.Anonymous, s)
		if rights == "" {
			continue
		}
		can := "other"
		for _, op := range access.Summaries {
			if k.Can(access.Anonymous, op, s) {
				can = op
			}
		}
		if k.Can(access.Anonymous, access.ToEdit, s) {
			edits++
		}
		t.Rows = append(t.Rows, []string{s.ID(), k.names[s], can, strings.Join(rights.IDs(), ", ")})
	}
	t.Title = fmt.Sprintf("the public reaches %s of %s, and edits %s", render.Number(len(t.Rows)), render.Count(len(k.spaces()), "space", "spaces"), render.Number(edits))
	switch {
	case !k.Can(access.Anonymous, access.GlobalUse, access.Site):
		t.Notes = append(t.Notes, "the site does not let the public in")
	case !k.Beside().Globals:
		t.Notes = append(t.Notes, "whether the site lets the public in cannot be read: it is taken that it does")
	}
	return t, nil
}

func (k *asked) direct() (*render.Table, error) {
	t := &render.Table{Columns: []string{"person", "name", "guest", "holds", "on", "described at"}}
	owner := make(map[access.Fact]bool)
	for f := range k.Facts().OfKind(access.Personal) {
		owner[access.Fact{Object: f.Object, Subject: f.Subject}] = true
	}
	people := make(map[access.Ref]bool)
	kinds := []access.Kind{access.Role, access.Permission, access.Global, access.Restrict}
	for _, f := range k.holdings(kinds, func(f access.Fact) bool { return !owner[access.Fact{Object: f.Object, Subject: f.Subject}] }) {
		people[f.Subject] = true
		t.Rows = append(t.Rows, []string{f.Subject.ID(), k.names[f.Subject], yes(k.Guest(f.Subject)), holds(f), render.Thing(f.Object), k.at(f)})
	}
	t.Title = fmt.Sprintf("%s to %s, those in their own personal spaces left out", render.Count(len(t.Rows), "direct grant", "direct grants"), render.Count(len(people), "person", "people"))
	return t, nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func (k *asked) guests() (*render.Table, error) {
	t := &render.Table{Columns: []string{"space", "name", "guest", "guest's name", "can"}}
	guests, without, spaces := 0, 0, make(map[access.Ref]bool)
	var alone [][]string
	for _, p := range k.People() {
		if !k.Guest(p) {
			continue
		}
		guests++
		in := 0
		for _, s := range k.spaces() {
			if k.Rights(p, s).Within(k.Rights(access.Anonymous, s)) {
				continue
			}
			in++
			spaces[s] = true
			can := "other"
			for _, op := range access.Summaries {
				if k.Can(p, op, s) {
					can = op
				}
			}
			t.Rows = append(t.Rows, []string{s.ID(), k.names[s], p.ID(), k.names[p], can})
		}
		if in == 0 {
			without++
			alone = append(alone, []string{"", "", p.ID(), k.names[p], "only what is public"})
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	t.Rows = append(t.Rows, alone...)
	t.Title = fmt.Sprintf("%s in %s, %s without one", render.Count(guests, "guest", "guests"), render.Count(len(spaces), "space", "spaces"), render.Number(without))
	return t, nil
}

func (k *asked) unused() (*render.Table, error) {
	t := &render.Table{Columns: []string{"group", "people", "who may not enter", "gives", "managed by"}}
	all, active, gives, managed := make(map[access.Ref]int), make(map[access.Ref]int), make(map[access.Ref]bool), make(map[access.Ref]string)
	for f := range k.Facts().OfKind(access.Member) {
		if f.Subject != k.obs.Account {
			all[f.Object]++
			if k.Person(f.Subject) {
				active[f.Object]++
			}
		}
	}
	for _, kind := range []access.Kind{access.Role, access.Permission, access.Restrict, access.Global} {
		for f := range k.Facts().OfKind(kind) {
			gives[f.Subject] = true
		}
	}
	for f := range k.Facts().OfKind(access.Product) {
		gives[f.Object] = true
	}
	for g := range k.obs.Elsewhere {
		gives[g] = true
	}
	gives[k.Beside().Super] = true
	for f := range k.Facts().OfKind(access.Managed) {
		managed[f.Object] = f.Value
	}
	empty, idle := 0, 0
	for f := range k.Facts().OfKind(access.Exists) {
		g := f.Object
		if g.Type() != "group" || active[g] > 0 && gives[g] {
			continue
		}
		said := "something"
		if active[g] == 0 {
			empty++
		}
		if !gives[g] {
			idle++
			said = "nothing"
		}
		t.Rows = append(t.Rows, []string{g.ID(), fmt.Sprint(active[g]), fmt.Sprint(all[g] - active[g]), said, managed[g]})
	}
	t.Title = fmt.Sprintf("%s: %s without people, %s giving nothing", render.Count(len(t.Rows), "unused group", "unused groups"), render.Number(empty), render.Number(idle))
	t.Notes = append(t.Notes, "a group that gives nothing here may be named on pages that were not read, or by other products inside themselves")
	return t, nil
}

func (k *asked) arrivals() (*render.Table, error) {
	if k.desired == nil {
		return nil, fmt.Errorf("who is described takes a description (name its folder with --dir)")
	}
	described := maps.Clone(k.desired.Described)
	for f := range k.desired.Facts.All() {
		described[f.Subject] = true
	}
	t := &render.Table{Columns: []string{"person", "name", "domain", "guest", "groups", "spaces"}}
	domains := make(map[string]bool)
	for _, p := range k.People() {
		if described[p] {
			continue
		}
		spaces := 0
		for o := range k.What(p) {
			if o.Type() == "space" {
				spaces++
			}
		}
		_, domain, _ := strings.Cut(p.ID(), "@")
		if domain != "" {
			domains[domain] = true
		}
		t.Rows = append(t.Rows, []string{p.ID(), k.names[p], domain, yes(k.Guest(p)), ids(k.Groups(p)), fmt.Sprint(spaces)})
	}
	t.Title = fmt.Sprintf("%s on the site, of %s", render.Count(len(t.Rows), "undescribed person", "undescribed people"), render.Count(len(domains), "domain", "domains"))
	return t, nil
}
