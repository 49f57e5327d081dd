package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) whyNotCommand() *cobra.Command {
	var q query
	cmd := &cobra.Command{
		Use:   "why-not PERSON OPERATION OBJECT",
		Short: "Say the smallest edit that would let somebody do something",
		Long: `Say the smallest edit that would let PERSON do OPERATION to OBJECT: as facts with +
and -, and as a patch of the description, where it adds a member to a described group
or a role to a described space. Of edits equally small one that the description can
say comes first. A patch is shown only after the patched description was read and found
to say the edit and all that it said before; no file is changed. --format patch prints
the patch alone, for "git apply" or "patch -p1" in the description's folder.

` + sources + `

Exit codes: 0 answered · 1 error in the description, nothing has that name, or (with
--format patch) there is no patch · 7 the site cannot be read.`,
		Example: "  weir why-not bo@acme.example edit ENG\n  weir why-not bo@acme.example edit ENG --format patch | git apply",
		Args:    exactly("PERSON", "OPERATION", "OBJECT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := q.whyNot(cmd.Context(), args[0], args[1], args[2])
			switch {
			case err != nil:
				return err
			case q.format == "json":
				return render.JSON(a.Stdout, answer)
			case q.format == "patch":
				for _, r := range answer.Remedies {
					if r.Patch != "" {
						_, err = fmt.Fprint(a.Stdout, r.Patch)
						return err
					}
				}
				return errors.New("there is no patch of the description that would let them (without --format patch this says what would)")
			}
			return render.Remedied(a.Stdout, answer, q.all, a.options())
		},
	}
	q.register(a, cmd, "text", "json", "patch")
	q.registerAll(cmd)
	return cmd
}

func (q *query) whyNot(ctx context.Context, person, op, object string) (*render.RemediedAnswer, error) {
	k, p, op, ref, err := q.about(ctx, person, op, object)
	if err != nil {
		return nil, err
	}
	answer := &render.RemediedAnswer{
		Source: k.from, Person: k.who(p), Operation: op, Object: string(ref), Name: k.names[ref], Can: k.Can(p, op, ref), Remedies: []render.Remedy{},
	}
	for _, r := range k.WhyNot(p, op, ref) {
		answer.Remedies = append(answer.Remedies, q.remedy(k, r))
	}
	slices.SortStableFunc(answer.Remedies, func(a, b render.Remedy) int {
		if len(a.Changes) == len(b.Changes) {
			return patched(b) - patched(a)
		}
		return len(a.Changes) - len(b.Changes)
	})
	return answer, nil
}

// patched is 1 where a description can say a remedy.
func patched(r render.Remedy) int {
	if r.Patch != "" {
		return 1
	}
	return 0
}

func (q *query) remedy(k *asked, r access.Remedy) render.Remedy {
	var out render.Remedy
	for _, c := range r.Changes {
		out.Changes = append(out.Changes, render.RemedyChange{Change: c.String(), Words: render.Words(c.Fact, k.names)})
	}
	if k.d != nil {
		out.Patch = newPatcher(q.app, k).patch(r.Changes)
	}
	if k.d != nil && out.Patch == "" {
		out.Note = "weir finds no line of the description to add for it"
	}
	for _, c := range r.Changes {
		if out.Patch == "" && c.Fact.Kind == access.Member {
			for f := range k.Facts().Of(access.Managed, c.Fact.Object) {
				out.Note = render.Words(f, nil) + ": weir does not write its members"
			}
		}
	}
	return out
}
