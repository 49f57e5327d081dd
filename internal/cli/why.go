package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) whyCommand() *cobra.Command {
	var q query
	var coded bool
	cmd := &cobra.Command{
		Use:   "why PERSON OPERATION OBJECT",
		Short: "Explain why somebody can do something, or why not",
		Long: `Explain why PERSON can do OPERATION to OBJECT: every path, as the facts that
together give it, with the place in the description where one stands. Paths that
differ only in which permissions of a role they use are one, and one that needs all
that another needs is left out. Or why not: what stands in the way. Who could obtain
it, by a right to change access, is told apart. weir why-not says what would let them.
The three are written as in weir what and weir who.

` + sources + `

Exit codes: 0 answered, yes or no · 1 error in the description, or nothing has that
name · 2 the answer is no (with --exit-code) · 7 the site cannot be read.`,
		Example: "  weir why ana@acme.example edit ENG\n  weir why anonymous view \"page:HR/Pay bands\" --exit-code\n  weir why ana@acme.example create/page ENG --planned",
		Args:    exactly("PERSON", "OPERATION", "OBJECT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := q.why(cmd.Context(), args[0], args[1], args[2])
			if err != nil {
				return err
			}
			if q.format == "json" {
				err = render.JSON(a.Stdout, answer)
			} else {
				err = render.Explained(a.Stdout, answer, q.all, a.options())
			}
			if err == nil && coded && !answer.Can {
				return exit(exitChanges)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&coded, "exit-code", false, "exit with 2 when the answer is no")
	q.register(a, cmd, "text", "json")
	q.registerAll(cmd)
	return cmd
}

// about reads a question about one person, operation and object.
func (q *query) about(ctx context.Context, person, op, object string) (k *asked, p access.Ref, o string, ref access.Ref, err error) {
	if ref, err = objectRef(object); err != nil {
		return nil, "", "", "", err
	}
	if k, err = q.ask(ctx, ref); err != nil {
		return nil, "", "", "", err
	}
	if ref, err = k.object(ref); err != nil {
		return nil, "", "", "", err
	}
	if p, err = k.person(person); err != nil {
		return nil, "", "", "", err
	}
	o, err = k.operation(op, ref)
	return k, p, o, ref, err
}

func (q *query) why(ctx context.Context, person, op, object string) (*render.ExplainedAnswer, error) {
	k, p, op, ref, err := q.about(ctx, person, op, object)
	if err != nil {
		return nil, err
	}
	e := k.Why(p, op, ref)
	answer := &render.ExplainedAnswer{
		Source: k.from, Person: k.who(p), Operation: op, Object: string(ref), Name: k.names[ref], Can: e.Can, More: e.More,
		Paths: []render.ExplainedPath{}, Blocked: []render.ExplainedBlocker{}, Means: k.means(p, op, ref), Could: k.whoAll(slices.DeleteFunc(k.CouldWho(op, ref), func(r access.Ref) bool { return r == p })),
	}
	answer.Paths = k.paths(e.Paths)
	for _, b := range e.Blocked {
		answer.Blocked = append(answer.Blocked, render.ExplainedBlocker{
			Obstacle: string(b.Obstacle), Object: string(b.Object), Words: k.obstacle(b, p), Needs: b.Needs, Facts: k.facts(b.Facts),
		})
	}
	return answer, nil
}

// paths folds paths that are the same but for which permission they come by: every
// role that lets somebody add pages lets them add blog posts. What then holds all
// of another path tells nothing more, and is left out.
func (k *asked) paths(list []access.Path) []render.ExplainedPath {
	type fold struct {
		facts   []access.Fact
		permits map[access.Ref][]string // by role
		custom  map[[2]access.Ref][]string
	}
	var order []string
	folds := make(map[string]*fold)
	add := func(list []string, id string) []string {
		if slices.Contains(list, id) {
			return list
		}
		return append(list, id)
	}
	for _, path := range list {
		var key strings.Builder
		for _, f := range path.Facts {
			if f.Kind == access.Permission {
				f.Verb = ""
			}
			if f.Kind != access.Grants && !strings.HasSuffix(key.String(), fmt.Sprint(f)+"\n") {
				fmt.Fprintln(&key, f)
			}
		}
		fo := folds[key.String()]
		if fo == nil {
			fo = &fold{facts: path.Facts, permits: make(map[access.Ref][]string), custom: make(map[[2]access.Ref][]string)}
			folds[key.String()] = fo
			order = append(order, key.String())
		}
		for _, f := range path.Facts {
			switch f.Kind {
			case access.Grants:
				fo.permits[f.Object] = add(fo.permits[f.Object], f.Verb)
			case access.Permission:
				c := [2]access.Ref{f.Object, f.Subject}
				fo.custom[c] = add(fo.custom[c], f.Verb)
			}
		}
	}
	out := []render.ExplainedPath{}
	for _, key := range order {
		if slices.ContainsFunc(order, func(other string) bool { return other != key && linesWithin(other, key) }) {
			continue
		}
		fo := folds[key]
		p := render.ExplainedPath{}
		said := make(map[string]bool)
		for _, f := range inOrder(fo.facts) {
			s := k.fact(f)
			switch f.Kind {
			case access.Grants:
				s.Words = fmt.Sprintf("the role %s permits %s", f.Object.ID(), strings.Join(slices.Sorted(slices.Values(fo.permits[f.Object])), ", "))
			case access.Permission:
				wide := f
				wide.Verb = strings.Join(fo.custom[[2]access.Ref{f.Object, f.Subject}], ", ")
				s.Words = render.Words(wide, k.names)
			}
			if !said[s.Words] {
				said[s.Words] = true
				p.Facts = append(p.Facts, s)
			}
		}
		out = append(out, p)
	}
	return out
}

// linesWithin reports whether every line of a text is in another.
func linesWithin(a, b string) bool {
	in := strings.Split(b, "\n")
	for line := range strings.SplitSeq(a, "\n") {
		if !slices.Contains(in, line) {
			return false
		}
	}
	return true
}

// inOrder puts the facts of a path in the order in which it is walked: who they
// are, what they belong to, what that is given, what it permits, and which
// restrictions are passed.
func inOrder(facts []access.Fact) []access.Fact {
	order := []access.Kind{access.Exists, access.Product, access.Member, access.Global, access.Role, access.Permission, access.Grants, access.Restrict}
	out := slices.Clone(facts)
	slices.SortStableFunc(out, func(a, b access.Fact) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return out
}

// obstacle says what stands in the way of a person.
func (k *asked) obstacle(b access.Blocker, p access.Ref) string {
	who, on := render.Principal(p), render.Thing(b.Object)
	switch b.Obstacle {
	case access.NoObject:
		return on + " is not there"
	case access.NoEntry:
		if p == access.Anonymous {
			return "the public is not let in"
		}
		return who + " may not enter this Confluence"
	case access.Lacks:
		if b.Object == access.Site {
			return fmt.Sprintf("nothing gives %s the global permission %s", who, strings.Join(b.Needs, " or "))
		}
		return fmt.Sprintf("nothing gives %s %s in %s", who, strings.Join(b.Needs, " or "), on)
	case access.AsGuest:
		return fmt.Sprintf("%s is a guest, whom nothing reaches that groups and classes have in %s", who, on)
	case access.Restricted:
		return fmt.Sprintf("%s is restricted, and %s is not named", on, who)
	case access.Archived:
		return fmt.Sprintf("%s is archived: nobody edits there", on)
	}
	return b.String()
}

// ways says what somebody could do to obtain what they cannot do.
var ways = map[access.Way]string{
	access.GiveThemselves:  "give themselves access",
	access.Recover:         "recover the space's permissions",
	access.LiftRestriction: "lift the restriction",
	access.AdminKey:        "open an admin key (Premium and Enterprise)",
	access.JoinSuper:       "join the group that can do everything",
	access.Unarchive:       "bring the space back from the archive",
}

func (k *asked) means(p access.Ref, op string, object access.Ref) []render.ExplainedMeans {
	out := []render.ExplainedMeans{}
	for _, m := range k.CouldObtain(p, op, object) {
		e := render.ExplainedMeans{Facts: k.facts(inOrder(m.Facts))}
		for _, w := range m.Ways {
			e.Ways = append(e.Ways, string(w))
			e.Words = append(e.Words, ways[w])
		}
		out = append(out, e)
	}
	return out
}
