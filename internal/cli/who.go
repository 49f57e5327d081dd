package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) whoCommand() *cobra.Command {
	var q query
	var op string
	cmd := &cobra.Command{
		Use:   "who OBJECT",
		Short: "Say who can do something, and through what",
		Long: `Say which people can do an operation to OBJECT, each by the shortest of their paths,
like paths folded: "group staff as collaborator (31 people)". OBJECT is a space (ENG
or space:ENG), a page (page:ENG/Title), a blog post (blogpost:ENG/Title) or site.
The operation is view, edit, admin, or a permission by its id (create/page) or label.

` + sources + `

Exit codes: 0 answered · 1 error in the description, or nothing has that name · 7 the
site cannot be read.`,
		Example: "  weir who ENG --can edit\n  weir who \"page:HR/Pay bands\" --all\n  weir who site --can administer --snapshot acme.json",
		Args:    exactly("OBJECT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := q.who(cmd.Context(), args[0], op, cmd.Flags().Changed("can"))
			if err != nil {
				return err
			}
			if q.format == "json" {
				return render.JSON(a.Stdout, answer)
			}
			return render.Able(a.Stdout, answer, q.all, a.options())
		},
	}
	cmd.Flags().StringVar(&op, "can", "view", "the `operation`; of the site it is use unless it is said")
	q.register(a, cmd, "text", "json")
	q.registerAll(cmd)
	return cmd
}

func (q *query) who(ctx context.Context, object, op string, said bool) (*render.AbleAnswer, error) {
	ref, err := objectRef(object)
	if err != nil {
		return nil, err
	}
	k, err := q.ask(ctx, ref)
	if err != nil {
		return nil, err
	}
	if ref, err = k.object(ref); err != nil {
		return nil, err
	}
	if ref == access.Site && !said {
		op = access.GlobalUse
	}
	if op, err = k.operation(op, ref); err != nil {
		return nil, err
	}
	people := k.Who(op, ref)
	answer := &render.AbleAnswer{
		Source: k.from, Object: string(ref), Name: k.names[ref], Operation: op, People: len(people),
		Public: k.Can(access.Anonymous, op, ref), Through: []render.Through{}, Could: k.whoAll(k.CouldWho(op, ref)),
	}
	folded := make(map[string]*render.Through)
	for _, p := range people {
		if k.Guest(p) {
			answer.Guests++
		}
		facts := k.Why(p, op, ref).Paths[0].Facts
		label := through(p, facts)
		t := folded[label]
		if t == nil {
			t = &render.Through{Path: label}
			for _, f := range facts {
				if !f.About(p) {
					t.Facts = append(t.Facts, k.fact(f))
				}
			}
			folded[label] = t
		}
		t.People = append(t.People, k.who(p))
	}
	for _, t := range folded {
		answer.Through = append(answer.Through, *t)
	}
	slices.SortFunc(answer.Through, func(a, b render.Through) int {
		if n := len(b.People) - len(a.People); n != 0 {
			return n
		}
		return strings.Compare(a.Path, b.Path)
	})
	return answer, nil
}

// through says a path in a few words that do not name the person: by whom
// something is granted, and as what.
func through(p access.Ref, facts []access.Fact) string {
	var out []string
	add := func(text string) {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	by := func(r access.Ref) string {
		if r == p {
			return "themselves"
		}
		return render.Principal(r)
	}
	permits := make(map[access.Ref][]string)
	for _, f := range facts {
		switch f.Kind {
		case access.Role:
			add(by(f.Subject) + " as " + f.Value)
		case access.Permission:
			if permits[f.Subject] == nil {
				out = append(out, "\x00"+string(f.Subject))
			}
			permits[f.Subject] = append(permits[f.Subject], f.Verb)
		case access.Global:
			add(by(f.Subject) + " with " + f.Verb)
		case access.Restrict:
			add("named by " + by(f.Subject) + " in the restriction of " + render.Thing(f.Object))
		case access.Product:
			add(by(f.Object) + " with the product role " + strings.Join(access.ProductRoles(f.Value), " and "))
		}
	}
	for i, text := range out {
		if r, ok := strings.CutPrefix(text, "\x00"); ok {
			out[i] = by(access.Ref(r)) + " with " + strings.Join(permits[access.Ref(r)], " and ")
		}
	}
	for _, f := range facts {
		if f.Kind == access.Member && !slices.ContainsFunc(out, func(s string) bool { return strings.Contains(s, render.Principal(f.Object)) }) {
			add(render.Principal(f.Object) + ", which can do everything")
		}
	}
	if len(out) == 0 {
		return "being let in"
	}
	return strings.Join(out, "; ")
}
