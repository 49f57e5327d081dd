package cli

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) matrixCommand() *cobra.Command {
	var q query
	var ops []string
	var pattern string
	cmd := &cobra.Command{
		Use:   "matrix",
		Short: "Write who can view, edit and administer every space as a table",
		Long: `Write people × spaces, with the strongest of --op that each person can do. The public
has a row of its own.

csv is for spreadsheets: no cell is taken for a formula. html is one file that needs
nothing else: a heat map of people × spaces where there are at most 200 people, of
groups × spaces otherwise, where a cell says how many of the group's people can.

` + sources + `

Exit codes: 0 written · 1 error in the description, or no space fits · 7 the site
cannot be read.`,
		Example: "  weir matrix > access.csv\n  weir matrix --format html --spaces 'TEAM*' > access.html\n  weir matrix --op admin --snapshot acme.json --format json",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer, err := q.matrix(cmd.Context(), ops, pattern)
			switch {
			case err != nil:
				return err
			case q.format == "json":
				return render.JSON(a.Stdout, answer)
			case q.format == "html":
				return render.MatrixHTML(a.Stdout, answer)
			}
			return render.MatrixCSV(a.Stdout, answer)
		},
	}
	cmd.Flags().StringSliceVar(&ops, "op", slices.Clone(access.Summaries), "the `operations`: some of view, edit, admin")
	cmd.Flags().StringVar(&pattern, "spaces", "*", "only spaces whose key fits the `pattern`, such as 'TEAM*'")
	q.register(a, cmd, "csv", "json", "html")
	return cmd
}

// The bounds of the heat map: beyond them no browser shows it well.
const (
	mostPeopleShown = 200
	mostGroupsShown = 300
	mostSpacesShown = 300
)

func (q *query) matrix(ctx context.Context, ops []string, pattern string) (*render.MatrixAnswer, error) {
	for _, op := range ops {
		if !slices.Contains(access.Summaries, op) {
			return nil, fmt.Errorf("unknown operation %q (%s)", op, nearest.Ask(nearest.To(op, access.Summaries), "view, edit or admin"))
		}
	}
	pattern = strings.TrimPrefix(pattern, "space:")
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("%q is no pattern (write a key, * for any letters and ? for one)", pattern)
	}
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	m := k.Matrix()
	answer := &render.MatrixAnswer{Source: k.from, Spaces: []render.MatrixSpace{}}
	for _, op := range access.Summaries { // weakest first, whatever the order they were asked in
		if slices.Contains(ops, op) {
			answer.Operations = append(answer.Operations, op)
		}
	}
	people := make(map[access.Ref]int)
	for _, p := range append([]access.Ref{access.Anonymous}, k.People()...) {
		people[p] = len(answer.People)
		answer.People = append(answer.People, render.MatrixRow{Who: k.who(p), Can: make(map[string]string)})
	}
	var spaces []access.Ref
	for _, s := range m.Spaces {
		if fits, _ := path.Match(pattern, s.ID()); !fits {
			continue
		}
		spaces = append(spaces, s)
		col := render.MatrixSpace{Space: s.ID(), Name: k.names[s], Counts: make(map[string]int)}
		for _, op := range answer.Operations {
			col.Counts[op] = m.Count(op, s)
			if m.Public(op, s) {
				answer.People[0].Can[s.ID()] = op
			}
			for p := range m.People(op, s) {
				answer.People[people[p]].Can[s.ID()] = op
			}
		}
		answer.Spaces = append(answer.Spaces, col)
	}
	if len(spaces) == 0 {
		return nil, fmt.Errorf("no space fits %q (weir matrix without --spaces shows all)", pattern)
	}
	if q.format == "html" {
		answer.ShowSpaces = min(len(spaces), mostSpacesShown)
		if len(answer.People) > mostPeopleShown+1 {
			k.groupRows(answer, m, spaces[:answer.ShowSpaces])
		}
	}
	return answer, nil
}

// groupRows adds a row for each group with people in it, the largest first.
func (k *asked) groupRows(answer *render.MatrixAnswer, m *access.Matrix, spaces []access.Ref) {
	type group struct {
		ref     access.Ref
		members []access.Ref
	}
	var groups []group
	for f := range k.Facts().OfKind(access.Exists) {
		if f.Object.Type() == "group" {
			if members := k.Members(f.Object); len(members) > 0 {
				groups = append(groups, group{f.Object, members})
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(len(b.members), len(a.members)), cmp.Compare(a.ref, b.ref))
	})
	answer.AllGroups = len(groups)
	for _, g := range groups[:min(len(groups), mostGroupsShown)] {
		row := render.MatrixGroup{Group: g.ref.ID(), People: len(g.members), Can: make(map[string]map[string]int)}
		for _, s := range spaces {
			counts := make(map[string]int)
			for _, op := range answer.Operations {
				for _, p := range g.members {
					if m.Can(p, op, s) {
						counts[op]++
					}
				}
			}
			if len(counts) > 0 {
				row.Can[s.ID()] = counts
			}
		}
		answer.Groups = append(answer.Groups, row)
	}
}
