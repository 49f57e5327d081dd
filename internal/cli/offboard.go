package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
)

// offboardFlags are what offboard and leavers share.
type offboardFlags struct {
	file, successor, state string
	dryRun, noPages        bool
}

func (f *offboardFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.file, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	cmd.Flags().StringVar(&f.successor, "successor", "", "who takes over what nobody else has, by `EMAIL`; where absent, the owner of each space")
	cmd.Flags().BoolVar(&f.noPages, "no-pages", false, "do not read pages: a page that only the leaver could view may be left with nobody")
}

func (a *app) offboardCommand() *cobra.Command {
	var f offboardFlags
	cmd := &cobra.Command{
		Use:   "offboard EMAIL [DIR]",
		Short: "Write down that somebody has left, and who takes over",
		Long: `Edit the description in DIR (default: this folder) so that a person has left: their
entry gets a state and left, no list names them any more, and whoever takes over is
written in: as the owner where they were, as an admin of spaces that nobody else
administers, and on pages that nobody else can view or edit. Comments and everything
else in the files stay as they are, and an edit that would mean more than that is not
made. Nothing is written to the site: the plan of the edited description is what others
review.

Who takes over is --successor; without it the owner of each space, or of its archetype.
To know which pages only the leaver can view, the pages of every space that they see are
read: a request for every few dozen pages. --no-pages leaves that out.

The state is deactivated, which reaches every product and can be undone. An account of
a domain that the organisation has not verified cannot be deactivated by it: such a
person is removed from the directory instead. --state says otherwise.

It prints what a reviewer will see: spaces, pages, groups, direct grants, API tokens, the
personal space, the seat, and what somebody has to do by hand. With --dry-run it prints
the edits as well, and makes none.

Exit codes: 0 edited, or with --dry-run shown · 1 nobody has that name, they have left
already or are protected, nobody takes over, or an error in the description · 7 the
site cannot be read.`,
		Example: "  weir offboard ana@acme.example --successor bo@acme.example --dry-run\n  weir offboard ana@acme.example --successor bo@acme.example && git commit -am 'Ana leaves'\n  weir offboard kim@partner.example --state no_access",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactly("EMAIL")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args[1:])
			return a.offboard(cmd.Context(), args[0], f)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.state, "state", "", "what becomes of the account: deactivated, suspended, removed or no_access (this Confluence alone)")
	complete(cmd, "state", func() []cobra.Completion { return leftStates })
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the edits, and make none")
	return cmd
}

// leftStates are the states that somebody may have who left.
var leftStates = []string{"deactivated", "suspended", "removed", "no_access"}

func (a *app) offboard(ctx context.Context, person string, f offboardFlags) error {
	if f.state != "" && !slices.Contains(leftStates, f.state) {
		return fmt.Errorf("somebody who left cannot be %q (%s)", f.state, strings.Join(leftStates, ", "))
	}
	w, open, err := a.openDepartures(ctx, f.file)
	if err != nil {
		return err
	}
	defer open.Close()
	who, err := w.find(person)
	if err != nil {
		return err
	}
	if err := w.refuse(who); err != nil {
		return err
	}
	heir, err := w.successor(f.successor, who)
	if err != nil {
		return err
	}
	d := rewrite.Departure{Who: who, Successor: heir, State: f.state}
	var notes []string
	if d.State == "" {
		d.State, notes = w.state(who)
	}
	w.list = []rewrite.Departure{d}
	if err := w.look(ctx, !f.noPages); err != nil {
		return err
	}
	if err := w.edit(ctx); err != nil {
		return err
	}
	told := w.tell(d, a.Clock())
	told.Notes = append(told.Notes, notes...)
	told.Notes = append(told.Notes, w.notes(!f.noPages)...)
	w.conclude(&told, f.dryRun)
	if !f.dryRun {
		if err := w.app.writeEdit(w.files); err != nil {
			return err
		}
	}
	return render.Departures(a.Stdout, []render.Departure{told}, a.options())
}

// state gives what becomes of an account where nobody says.
func (w *departures) state(who access.Ref) (string, []string) {
	if f, out := w.obs.Facts.Get(access.Fact{Kind: access.State, Object: who}); out {
		return f.Value, nil
	}
	if _, listed := w.obs.IDs[who]; !listed {
		return "removed", nil
	}
	if w.obs.Unclaimed[who] {
		return "removed", []string{
			"the organisation does not manage the account, so it cannot deactivate it: they are removed from the directory, and have to be invited again to come back",
			"only they themselves, or the organisation that manages the account, can close it",
		}
	}
	return "deactivated", nil
}

// tell says what somebody who leaves had.
func (w *departures) tell(d rewrite.Departure, now time.Time) render.Departure {
	out := render.Departure{Title: w.title(d)}
	line := func(what, text string) { out.Lines = append(out.Lines, [2]string{what, text}) }
	spaces, pages := reconcile.Alone(w.obs, d.Who)
	line("spaces", listing(names(spaces), "that nobody else administers", "none that nobody else administers"))
	var titles []string
	for _, p := range pages {
		title := p.Object.ID()
		if p.Verb != access.ViewPage {
			title += " (" + p.Verb + ")"
		}
		titles = append(titles, title)
	}
	line("pages", listing(titles, "that nobody else passes", "none that nobody else passes"))

	var groups, kept, others, direct []string
	grants := make(map[access.Ref]bool)
	for f := range w.obs.Facts.All() {
		if f.Subject != d.Who && (f.Kind != access.Product || f.Object != d.Who) {
			continue
		}
		switch f.Kind {
		case access.Member:
			if managed, owned := w.obs.Facts.Get(access.Fact{Kind: access.Managed, Object: f.Object}); owned {
				kept = append(kept, fmt.Sprintf("%s (%s)", f.Object.ID(), managed.Value))
			} else {
				groups = append(groups, f.Object.ID())
			}
		case access.Role, access.Permission:
			grants[f.Object] = true
		case access.Restrict:
			others = append(others, f.Object.ID())
		case access.Global:
			direct = append(direct, f.Verb+" on the site")
		case access.Product:
			direct = append(direct, "product role "+f.Value)
		}
	}
	line("groups", listing(groups, "to be left", "none to be left"))
	if len(kept) > 0 {
		line("", listing(kept, "that weir does not write", ""))
	}
	for _, space := range slices.Sorted(maps.Keys(grants)) {
		direct = append(direct, space.ID())
	}
	line("direct grants", listing(direct, "", "none"))
	if len(others) > 0 {
		slices.Sort(others)
		line("named on", listing(slices.Compact(others), "restricted pages", "")+"; their name goes from those that are described or watched, and lets them see no other without the space")
	}
	hidden := w.obs.UnseenTokens
	if !w.obs.Unclaimed[d.Who] && len(w.obs.Tokens) > 0 {
		hidden = "" // those of managed accounts are all shown
	}
	line("API tokens", tokenLine(d, w.obs.Tokens, hidden, now))
	line("personal space", w.personalLine(d))
	line("seat", w.seatLine(d.Who))
	for _, m := range w.draft.Plan.Manual {
		line("by hand", m.Text()+": "+m.Authority)
	}
	if r, ok := w.obs.People[d.Who]; ok && r.Deleting {
		line("deletion", "the account is being deleted: 14 days after that was asked for nobody can stop it")
	}
	return out
}

func (w *departures) title(d rewrite.Departure) string {
	name := d.Who.ID()
	if label := cmp.Or(w.draft.Desired.Labels[d.Who], w.obs.Labels[d.Who]); label != "" && label != name {
		name += " (" + label + ")"
	}
	heir := "the owner of each space takes over"
	if d.Successor != "" {
		heir = d.Successor.ID() + " takes over"
	}
	return fmt.Sprintf("%s leaves: %s; %s", name, strings.ReplaceAll(d.State, "_", " "), heir)
}

func names(refs []access.Ref) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.ID())
	}
	return out
}

// listing says how many of something there are, and names a few.
func listing(list []string, what, none string) string {
	if len(list) == 0 {
		return none
	}
	if what != "" {
		what = " " + what
	}
	return fmt.Sprintf("%s%s: %s", render.Number(len(list)), what, shortList(list))
}

// tokenLine says which tokens somebody has, and what becomes of them.
func tokenLine(d rewrite.Departure, tokens []site.Token, hidden string, now time.Time) string {
	var own []string
	for _, t := range tokens {
		if t.Owner != d.Who || !t.Expires.IsZero() && t.Expires.Before(now) {
			continue
		}
		text := t.Label
		if !t.Expires.IsZero() {
			text += " (ends " + t.Expires.Format(time.DateOnly) + ")"
		}
		own = append(own, text)
	}
	switch {
	case len(own) == 0 && hidden != "":
		return "none shown: " + hidden
	case len(own) == 0:
		return "none"
	case d.State == "deactivated":
		return listing(own, "", "") + "; deactivation revokes them, and stops what uses them"
	}
	return listing(own, "", "") + "; they are not revoked by " + strings.ReplaceAll(d.State, "_", " ") + ", and work again when the account does: revoke them by hand"
}

// personalLine says which personal space somebody has, and what becomes of it.
func (w *departures) personalLine(d rewrite.Departure) string {
	for f := range w.obs.Facts.OfKind(access.Personal) {
		if f.Subject == d.Who {
			return f.Object.ID() + ": " + w.personalPolicy(d.State)
		}
	}
	return "none"
}

// personalPolicy says what the description has become of the personal space of
// somebody whose account comes to a state.
func (w *departures) personalPolicy(state string) string {
	if state == "no_access" {
		state = "unlicensed" // as personal_spaces has it
	}
	for _, d := range w.docs {
		if d.Personal == nil || d.Personal.OwnerLeft == nil {
			continue
		}
		left := d.Personal.OwnerLeft
		when := state != "suspended"
		if left.When != nil {
			when = slices.ContainsFunc(left.When.Items, func(s schema.Str) bool { return s.Value == state })
		}
		if !when {
			return "it stays: owner_left of personal_spaces does not speak of " + state
		}
		text := "it is archived"
		if left.After != nil {
			text += " after " + render.Count(int(left.After.Value), "day", "days")
		}
		if left.DeleteAfter != nil {
			text += ", and " + render.Count(int(left.DeleteAfter.Value), "day", "days") + " later deleted, if somebody accepts that"
		}
		return text + " (owner_left of personal_spaces)"
	}
	return "nothing in the description says what becomes of it, so it stays"
}

// seatLine says which seat becomes free, and about what it costs.
func (w *departures) seatLine(who access.Ref) string {
	s := w.draft.Plan.Seats
	switch {
	case s == nil:
		return "not known"
	case slices.Contains(s.GuestsLosing, string(who)):
		return "1 guest fewer"
	case !slices.Contains(s.Losing, string(who)):
		return "none becomes free"
	}
	text := "1 paid seat becomes free"
	if c := s.Cost; c != nil && c.Before != "" && c.After != "" {
		text += fmt.Sprintf(": %s %s → %s a %s with this plan (%s)", c.Currency, render.Money(c.Before), render.Money(c.After), c.Per, render.Estimate)
	}
	return text
}

// notes are what was not seen or not done.
func (w *departures) notes(pages bool) []string {
	out := slices.Clone(w.unnamed)
	if !pages {
		out = append(out, "pages were not read: one that only they can view may be left with nobody")
	}
	unseen := 0
	for _, u := range w.obs.Unknown {
		if pages && (u.Kind == access.Restrict || u.Object.IsPage() || u.Kind == "" && u.Object.Type() == "space") {
			unseen++
		}
	}
	if unseen > 0 {
		out = append(out, fmt.Sprintf("of %s not every page could be read: a page that weir's account may not view is in no list (restricted_pages: admin_key or member lets it)", render.Count(unseen, "space", "spaces")))
	}
	for _, f := range w.draft.Plan.Findings {
		if f.Code == "WR421" && !slices.ContainsFunc(w.draft.Plan.Manual, func(m reconcile.Manual) bool {
			return strings.HasSuffix(f.Message, m.Fact) || strings.Contains(f.Message, m.Fact+" (")
		}) {
			out = append(out, f.Message)
		}
	}
	return out
}

// conclude says which files were edited, and what to run next.
func (w *departures) conclude(told *render.Departure, dry bool) {
	verb := "edited "
	if dry {
		verb, told.Diff = "would edit ", diffOf(w.files)
	}
	for _, name := range w.files.Changed() {
		told.Files = append(told.Files, verb+w.app.file(name))
	}
	if dry {
		told.Next = append(told.Next, "the same without --dry-run")
		return
	}
	told.Next = append(told.Next, "weir plan "+w.app.dir)
	for _, b := range w.draft.Plan.Budgets {
		if b.Stops() {
			told.Notes = append(told.Notes, fmt.Sprintf("the plan takes more than the budget %s allows: whoever reviews it accepts it by name (--accept)", b.Rule))
		}
	}
}
