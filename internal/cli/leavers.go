package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
)

func (a *app) leaversCommand() *cobra.Command {
	var f offboardFlags
	var format string
	var write, suspended, all bool
	cmd := &cobra.Command{
		Use:   "leavers [DIR]",
		Short: "Find those who have gone since the last apply, and write them down",
		Long: `Find everybody who is suspended, deactivated or gone from the directory since weir last
left the site that the description in DIR (default: this folder) is for, and who is not
described as having left. What the last apply left is in its journal (.weir/journal.db).
Without one, everybody is found who is shut out and is still described as active, or
still holds something.

With --write all of them are written into the description at once, as weir offboard
does it for one: one change for others to review. Who is suspended may well come back,
from parental leave for instance: they are listed apart, and written down only with
--suspended. Nothing is written to the site.

Who takes over is --successor; without it the owner of each space, or of its archetype.

Exit codes: 0 nobody, or written · 1 nobody takes over, or an error in the description
· 2 there are some · 7 the site cannot be read.`,
		Example: "  weir leavers\n  weir leavers --format csv > leavers.csv\n  weir leavers --write --successor it@acme.example",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			if !slices.Contains([]string{"text", "json", "csv"}, format) {
				return fmt.Errorf("unknown format %q (text, json or csv)", format)
			}
			return a.leavers(cmd.Context(), f, format, write, suspended, all)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&write, "write", false, "write them into the description")
	cmd.Flags().BoolVar(&suspended, "suspended", false, "write down those who are suspended, too")
	cmd.Flags().StringVar(&format, "format", "text", "output `format` without --write: text, json or csv")
	complete(cmd, "format", func() []cobra.Completion { return []cobra.Completion{"text", "json", "csv"} })
	cmd.Flags().BoolVar(&all, "all", false, "show everybody in text")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "with --write: print the edits, and make none")
	return cmd
}

// gone is somebody who is found to have gone.
type gone struct {
	who   access.Ref
	state string    // as the site has it; removed where they are in no list
	since time.Time // as the site tells; zero where it does not
}

func (a *app) leavers(ctx context.Context, f offboardFlags, format string, write, suspended, all bool) error {
	w, open, err := a.openDepartures(ctx, f.file)
	if err != nil {
		return err
	}
	defer open.Close()
	journal, err := a.pastRuns()
	if err != nil {
		return err
	}
	var last *reconcile.Last
	if journal != nil {
		if last, err = reconcile.ReadLast(journal, w.obs.Site); err != nil {
			return err
		}
	}
	found := w.gone(last)
	if !write {
		t := w.goneTable(found, last)
		if err := a.showTable(t, format, all); err != nil {
			return err
		}
		if len(found) > 0 {
			return exit(exitChanges)
		}
		return nil
	}
	return a.writeLeavers(ctx, w, f, found, suspended)
}

// showTable shows a table in a format.
func (a *app) showTable(t *render.Table, format string, all bool) error {
	return a.table(&query{format: format, all: all}, t)
}

// gone finds those who are shut out, or in no list any more, and were not when
// weir last left the site; or, where that is not known, who are described as active
// or hold something. Who is described as having left is not among them, nor is weir's
// own account, nor who is protected: nothing of theirs may be changed.
func (w *departures) gone(last *reconcile.Last) []gone {
	described, _ := w.d.Desired(w.obs.Known(access.Memory{}))
	protected := make(map[access.Ref]bool)
	for _, p := range w.d.Settings.Protect.Admins {
		protected[p] = true
	}
	holds := make(map[access.Ref]bool)
	for f := range w.obs.Facts.All() {
		if f.Subject.IsPerson() && f.Kind != access.Personal {
			holds[f.Subject] = true
		}
	}
	known := func(f access.Fact) bool { return described.Facts.Has(f) }
	candidates := make(map[access.Ref]string)
	for f := range w.obs.Facts.OfKind(access.State) {
		candidates[f.Object] = f.Value
	}
	vanished := func(who access.Ref) {
		if _, listed := w.obs.IDs[who]; !listed && candidates[who] == "" {
			candidates[who] = "removed"
		}
	}
	if last != nil {
		for f := range last.Facts.OfKind(access.Exists) {
			if f.Object.IsPerson() {
				vanished(f.Object)
			}
		}
	} else {
		for f := range described.Facts.OfKind(access.Exists) {
			if _, pinned := w.d.lock.ID(f.Object); f.Object.IsPerson() && pinned {
				vanished(f.Object)
			}
		}
	}
	var out []gone
	for _, who := range slices.Sorted(maps.Keys(candidates)) {
		state := candidates[who]
		if _, left := described.Left[who]; left || who == w.obs.Account || protected[who] || w.unsure(who) {
			continue
		}
		enters := access.Fact{Kind: access.Exists, Object: who}
		active := known(enters)
		if last != nil {
			if was, out := last.Facts.Get(access.Fact{Kind: access.State, Object: who}); out && !active && was.Value == state {
				continue // weir left it so
			}
		}
		asDescribed := known(access.Fact{Kind: access.State, Object: who, Value: state})
		switch {
		case active:
		case asDescribed && state == "suspended":
			continue // the description wants it so, and they may come back
		case !holds[who] && (last == nil || !last.Facts.Has(enters)):
			continue
		}
		out = append(out, gone{who, state, w.obs.People[who].Ended})
	}
	return out
}

// unsure reports whether it could not be seen how a person stands.
func (w *departures) unsure(who access.Ref) bool {
	return slices.ContainsFunc(w.obs.Unknown, func(u access.Unknown) bool {
		return u.Covers(access.Fact{Kind: access.Exists, Object: who}) || u.Covers(access.Fact{Kind: access.State, Object: who})
	})
}

// goneTable says who is gone, and what they hold.
func (w *departures) goneTable(found []gone, last *reconcile.Last) *render.Table {
	t := &render.Table{Report: "leavers", Columns: []string{"person", "name", "state", "since", "groups", "grants", "alone in", "note"}}
	suspended := 0
	for _, g := range found {
		groups, grants := 0, 0
		for f := range w.obs.Facts.All() {
			switch {
			case f.Subject != g.who:
			case f.Kind == access.Member:
				groups++
			case f.Kind == access.Role, f.Kind == access.Permission, f.Kind == access.Global, f.Kind == access.Restrict:
				grants++
			}
		}
		spaces, _ := reconcile.Alone(w.obs, g.who)
		since := ""
		if !g.since.IsZero() {
			since = g.since.Format(time.DateOnly)
		}
		note := ""
		switch r := w.obs.People[g.who]; {
		case r.Deleting && !r.Ended.IsZero():
			note = "being deleted: final on " + r.Ended.AddDate(0, 0, schema.GraceDays).Format(time.DateOnly) + " at the earliest"
		case r.Deleting:
			note = "being deleted: final 14 days after that was asked for"
		case g.state == "suspended":
			note = "may come back"
			suspended++
		}
		t.Rows = append(t.Rows, []string{g.who.ID(), w.obs.Labels[g.who], g.state, since, strconv.Itoa(groups), strconv.Itoa(grants), strings.Join(names(spaces), ", "), note})
	}
	slices.SortStableFunc(t.Rows, func(a, b []string) int { return apart(a[2]) - apart(b[2]) })
	t.Title = "nobody has gone"
	if n := len(found) - suspended; len(found) > 0 {
		t.Title = render.Count(n, "person has", "people have") + " gone, and " + render.Count(suspended, "is", "are") + " suspended"
		t.Notes = append(t.Notes, "weir leavers --write writes them down as having left; those who are suspended only with --suspended")
	}
	if last == nil {
		t.Notes = append(t.Notes, "no whole apply of this site is known here: found is who is shut out and is described as active or holds something")
	} else {
		t.Notes = append(t.Notes, "compared with what the apply of "+last.Time.Format(time.DateOnly)+" left")
	}
	return t
}

// apart puts those who are suspended behind the others.
func apart(state string) int {
	if state == "suspended" {
		return 1
	}
	return 0
}

// writeLeavers writes everybody who is gone into the description.
func (a *app) writeLeavers(ctx context.Context, w *departures, f offboardFlags, found []gone, suspended bool) error {
	var leaving []access.Ref
	waiting := 0
	for _, g := range found {
		if g.state == "suspended" && !suspended {
			waiting++
			continue
		}
		if err := w.refuse(g.who); err != nil {
			return err
		}
		leaving = append(leaving, g.who)
		w.list = append(w.list, rewrite.Departure{Who: g.who, State: g.state})
	}
	var notes []string
	if waiting > 0 {
		notes = append(notes, render.Count(waiting, "person is", "people are")+" suspended, and may come back: --suspended writes them down too")
	}
	if len(w.list) == 0 {
		return render.Departures(a.Stdout, []render.Departure{{Title: "nobody to write down", Notes: notes}}, a.options())
	}
	heir, err := w.successor(f.successor, leaving...)
	if err != nil {
		return err
	}
	for i := range w.list {
		w.list[i].Successor = heir
	}
	if err := w.look(ctx, !f.noPages); err != nil {
		return err
	}
	if err := w.edit(ctx); err != nil {
		return err
	}
	told := render.Departure{Title: render.Count(len(w.list), "person is", "people are") + " written down as having left"}
	for _, d := range w.list {
		spaces, pages := reconcile.Alone(w.obs, d.Who)
		told.Lines = append(told.Lines, [2]string{render.Safe(d.Who.ID()), fmt.Sprintf("%s; alone in %s and on %s", d.State, render.Count(len(spaces), "space", "spaces"), render.Count(len(pages), "page", "pages"))})
	}
	for _, m := range w.draft.Plan.Manual {
		told.Lines = append(told.Lines, [2]string{"by hand", m.Text() + ": " + m.Authority})
	}
	told.Notes = append(notes, w.notes(!f.noPages)...)
	w.conclude(&told, f.dryRun)
	if !f.dryRun {
		if err := w.app.writeEdit(w.files); err != nil {
			return err
		}
	}
	return render.Departures(a.Stdout, []render.Departure{told}, a.options())
}
