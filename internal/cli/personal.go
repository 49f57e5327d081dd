package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/lifecycle"
	"github.com/weirhq/weir/internal/render"
)

func (a *app) personalCommand() *cobra.Command {
	q := query{records: true}
	cmd := &cobra.Command{
		Use:   "personal-spaces [DIR]",
		Short: "List personal spaces, who else sees them, and what becomes of each",
		Long: `List every personal space of the site: whose it is, whether they left and since when,
when something in it was last changed, how many pages are in it, who may view it beside
its owner, and what the description (personal_spaces) does with it next, and on which
day. What happens first comes first.

Where the site does not say since when somebody is gone, it is the day on which weir
first saw it, which the journal remembers from one apply to the next. When somebody last
looked at a space, and how many bytes it takes, no public interface tells.

html is one file that needs nothing else, with a filter, sorted by the column that is
chosen.

The answer is about the live site that the description in DIR (default: this folder)
is for; with --snapshot about what weir snapshot wrote, without credentials and without
the site, and without a policy unless DIR is named; with --planned about the site as it
will be when the description has been applied. Nothing is written to the site.

Exit codes: 0 answered · 1 error in the description · 7 the site cannot be read ·
8 locked by another run.`,
		Example: "  weir personal-spaces\n  weir personal-spaces --format html > personal-spaces.html\n  weir personal-spaces acme --snapshot acme.json --format csv > personal-spaces.csv\n  weir personal-spaces request ana@acme.example",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.folder(args); err != nil {
				return err
			}
			t, err := q.personalSpaces(cmd.Context())
			if err != nil {
				return err
			}
			if q.format == "html" {
				return render.TableHTML(a.Stdout, t)
			}
			return a.table(&q, t)
		},
	}
	q.register(a, cmd, "text", "json", "csv", "html")
	q.registerAll(cmd)
	_ = cmd.Flags().MarkHidden("pages") // no page decides what becomes of a space
	cmd.AddCommand(a.personalRequestCommand())
	return cmd
}

func (q *query) personalSpaces(ctx context.Context) (*render.Table, error) {
	k, err := q.ask(ctx)
	if err != nil {
		return nil, err
	}
	known := k.obs.Known(k.memory)
	known.Facts = k.Facts()
	now := q.app.Clock()
	var spaces []lifecycle.Space
	if k.d != nil {
		spaces = k.d.PersonalSpaces(known, k.View)
	} else {
		spaces = lifecycle.Spaces(known, k.View, lifecycle.Policy{Today: time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())})
	}
	slices.SortFunc(spaces, lifecycle.Compare)
	t := &render.Table{
		Report: "personal spaces", Source: k.from, Title: personalTitle(spaces), Rows: [][]string{},
		Columns: []string{"space", "owner", "name", "state", "since", "known from", "created", "changed", "contents", "also seen by", "next", "on", "why"},
	}
	for _, s := range spaces {
		t.Rows = append(t.Rows, k.personalRow(s))
	}
	t.Notes = append(t.Notes, "contents are pages and blog posts; how many bytes they take, and when somebody last looked at them, no public interface tells")
	switch {
	case k.d == nil:
		t.Notes = append(t.Notes, "name the folder of the description to learn what becomes of them")
	case !k.d.GovernsPersonalSpaces():
		t.Notes = append(t.Notes, "the description says nothing of personal spaces: personal_spaces: {owner_left: {after: 30d, then: archive}}")
	}
	return t, nil
}

func (k *asked) personalRow(s lifecycle.Space) []string {
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.DateOnly)
	}
	owner := s.Owner.ID()
	if s.Owner == "" {
		owner = "(not told)"
	}
	contents := ""
	if s.Contents >= 0 {
		contents = fmt.Sprint(s.Contents)
	}
	from := map[lifecycle.Source]string{lifecycle.Told: "the site", lifecycle.Seen: "weir", lifecycle.Nobody: "today"}[s.SinceFrom]
	return []string{
		s.Space.ID(), owner, k.names[s.Owner], string(s.State), day(s.Since), from, day(s.Created), day(s.Changed), contents,
		s.Exposure.String(), stageWords[s.Stage], day(s.On), s.Reason,
	}
}

// stageWords say what happens to a space next.
var stageWords = map[lifecycle.Stage]string{
	lifecycle.Kept: "stays", lifecycle.Announced: "archive", lifecycle.Waits: "archive, in a later batch", lifecycle.Archive: "archive now",
	lifecycle.Archived: "stays archived", lifecycle.Doomed: "delete", lifecycle.Delete: "delete now, if accepted",
}

// personalTitle gives the sums.
func personalTitle(spaces []lifecycle.Space) string {
	var left, untold, public, everyone, archived int
	stages := make(map[lifecycle.Stage]int)
	for _, s := range spaces {
		stages[s.Stage]++
		switch {
		case s.State.Left():
			left++
		case s.State == lifecycle.Unknown:
			untold++
		}
		if s.Exposure.Public {
			public++
		} else if s.Exposure.Everyone {
			everyone++
		}
	}
	archived = stages[lifecycle.Archived] + stages[lifecycle.Doomed] + stages[lifecycle.Delete]
	parts := []string{fmt.Sprintf("%s of people who left", render.Number(left))}
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, render.Number(n)+" "+what)
		}
	}
	add(untold, "of whose owner nothing can be told")
	add(archived, "archived")
	add(public, "open to the public")
	add(everyone, "open to everyone")
	add(stages[lifecycle.Archive], "to be archived now")
	add(stages[lifecycle.Waits], "in later batches")
	add(stages[lifecycle.Delete], "to be deleted now, if accepted")
	return render.Count(len(spaces), "personal space", "personal spaces") + ": " + strings.Join(parts, ", ")
}

// principalOf reads a person as somebody writes them on the command line.
func principalOf(text string) access.Ref {
	if r := access.Ref(text); r.IsPerson() {
		return r
	}
	return access.NewRef("user", strings.ToLower(text))
}
