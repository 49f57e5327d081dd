package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) redundantCommand() *cobra.Command {
	var q query
	cmd := &cobra.Command{
		Use:   "redundant",
		Short: "Find grants whose removal changes nobody's access",
		Long: `Find memberships, roles, permissions and names in restrictions that could go all at
once without changing what anybody can do, and prove it: who can do what is computed
again without them, and compared. What people hold who may not enter is left alone,
and so is what gives a product role. A membership may still be meant for what is not
there yet.

The proof holds for what was read: a group may be named in a restriction of a page that
was not (--pages reads them all).

` + sources + `

Exit codes: 0 answered · 1 error in the description · 7 the site cannot be read.`,
		Example: "  weir redundant --pages\n  weir redundant --snapshot acme.json --format json",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			answer, err := q.redundant(cmd.Context())
			switch {
			case err != nil:
				return err
			case q.format == "json":
				return render.JSON(a.Stdout, answer)
			}
			return render.Redundancy(a.Stdout, answer, q.all, a.options())
		},
	}
	q.register(a, cmd, "text", "json")
	q.registerAll(cmd)
	return cmd
}

func (q *query) redundant(ctx context.Context) (*render.RedundancyAnswer, error) {
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	r := k.Redundant()
	answer := &render.RedundancyAnswer{Source: k.from, Together: k.facts(r.Together), Alone: []render.Said{}, EveryPage: q.pages}
	together := make(map[access.Fact]bool, len(r.Together))
	for _, f := range r.Together {
		together[f] = true
		switch {
		case f.Kind == access.Member:
			answer.Memberships++
		case f.Kind == access.Restrict:
			answer.Names++
		case f.Subject.IsPerson():
			answer.Direct++
		default:
			answer.Grants++
		}
	}
	for _, f := range r.Alone {
		if !together[f] {
			answer.Alone = append(answer.Alone, k.fact(f))
		}
	}
	return answer, nil
}
