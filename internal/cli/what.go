package cli

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) whatCommand() *cobra.Command {
	var q query
	cmd := &cobra.Command{
		Use:   "what PERSON",
		Short: "Say everything that a person reaches",
		Long: `Say what PERSON can do on the site, in every space, and on every page that was read:
the strongest of view, edit and admin, with totals. PERSON is an e-mail address,
account:ID, or anonymous for the public.

` + sources + `

Exit codes: 0 answered · 1 error in the description, or nobody has that name · 7 the
site cannot be read.`,
		Example: "  weir what ana@acme.example\n  weir what anonymous --all\n  weir what ana@acme.example --planned --format json",
		Args:    exactly("PERSON"),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := q.what(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if q.format == "json" {
				return render.JSON(a.Stdout, answer)
			}
			return render.Reached(a.Stdout, answer, q.all, a.options())
		},
	}
	q.register(a, cmd, "text", "json")
	q.registerAll(cmd)
	return cmd
}

func (q *query) what(ctx context.Context, text string) (*render.ReachedAnswer, error) {
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	p, err := k.person(text)
	if err != nil {
		return nil, err
	}
	answer := &render.ReachedAnswer{
		Source: k.from, Person: k.who(p), Enters: k.Person(p) || p == access.Anonymous && k.Can(p, access.GlobalUse, access.Site),
		Admin: k.ProductAdmin(p), Super: k.Super(p), Groups: []string{}, Spaces: []render.ReachedObject{}, Pages: []render.ReachedObject{}, Site: []string{},
	}
	for f := range k.Facts().Of(access.State, p) {
		answer.State = f.Value
	}
	for _, g := range k.Groups(p) {
		answer.Groups = append(answer.Groups, g.ID())
	}
	for object, permits := range k.What(p) {
		r := render.ReachedObject{Object: string(object), Name: k.names[object], Strongest: strongest(permits), Permissions: permits.IDs()}
		switch {
		case object == access.Site:
			answer.Site = permits.IDs()
		case object.IsPage():
			answer.Pages = append(answer.Pages, r)
		default:
			answer.Spaces = append(answer.Spaces, r)
			if permits.Has(access.ToView) {
				answer.Views++
			}
			if permits.Has(access.ToEdit) {
				answer.Edits++
			}
			if permits.Has(access.ToAdminister) {
				answer.Administers++
			}
		}
	}
	for _, o := range k.Objects() {
		switch {
		case o.Type() == "space":
			answer.AllSpaces++
		case o.IsPage():
			answer.AllPages++
		}
	}
	rank := func(r render.ReachedObject) int { return slices.Index(access.Summaries, r.Strongest) }
	for _, list := range [][]render.ReachedObject{answer.Spaces, answer.Pages} {
		slices.SortFunc(list, func(a, b render.ReachedObject) int {
			return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(a.Object, b.Object))
		})
	}
	return answer, nil
}

// strongest gives the strongest summary among rights, or nothing.
func strongest(p access.Permissions) string {
	for _, s := range slices.Backward(access.Summaries) {
		if p.Has(s) {
			return s
		}
	}
	return ""
}
