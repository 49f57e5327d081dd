package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

func (a *app) tokensCommand() *cobra.Command {
	q := query{tokens: true}
	within := days(30)
	cmd := &cobra.Command{
		Use:   "tokens [DIR]",
		Short: "List API tokens by the day on which they end",
		Long: `List the API tokens that the organisation's key can see, those that end first before
the others: whose they are, when they end and when they were last used. An API token of
Atlassian's lives for a year at most, nobody is told when it ends, and whatever runs by
it stops. The secret of a token is nowhere to be seen.

The organisation lists the tokens of the accounts that it manages and of no others. Data
Center shows nobody's tokens but one's own.

With tokens: {warn: 30d} in the description, plan, apply and drift tell of those that
end soon. weir doctor tells of the tokens of weir's own account.

Exit codes: 0 none ends soon · 1 error in the description · 2 some end within the time ·
7 the site cannot be read.`,
		Example: "  weir tokens\n  weir tokens --within 60d --all\n  weir tokens acme --format csv > tokens.csv",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.folder(args); err != nil {
				return err
			}
			return a.listTokens(cmd.Context(), &q, within, cmd.Flags().Changed("within"))
		},
	}
	q.register(a, cmd, "text", "json", "csv")
	q.registerAll(cmd)
	cmd.Flags().Var(&within, "within", "which end soon; the description's tokens: {warn: …} where it says so")
	for _, flag := range []string{"pages", "planned"} {
		_ = cmd.Flags().MarkHidden(flag) // neither has to do with tokens
	}
	return cmd
}

func (a *app) listTokens(ctx context.Context, q *query, within days, chosen bool) error {
	k, err := q.ask(ctx)
	if err != nil {
		return err
	}
	if k.d != nil && !chosen && k.d.Settings.Tokens.Set {
		within = days(k.d.Settings.Tokens.Value)
	}
	now := a.Clock()
	ending := reconcile.Ending(k.obs.Tokens, now, within.duration())
	verb := "end"
	if len(ending) == 1 || len(k.obs.Tokens) == 1 {
		verb = "ends"
	}
	t := &render.Table{
		Report: "tokens", Source: k.from,
		Title:   fmt.Sprintf("%d of %s %s within %s", len(ending), render.Count(len(k.obs.Tokens), "API token", "API tokens"), verb, render.Count(int(within), "day", "days")),
		Columns: []string{"owner", "token", "ends", "state", "last used", "made"},
	}
	soon := make(map[string]bool)
	for _, token := range ending {
		soon[token.ID] = true
	}
	var past []site.Token
	for _, token := range k.obs.Tokens {
		if !token.Expires.IsZero() && !token.Expires.After(now) {
			past = append(past, token)
			continue
		}
		t.Rows = append(t.Rows, tokenRow(token, tokenState(token, now, soon[token.ID])))
	}
	for _, token := range past { // nothing runs by them any more
		t.Rows = append(t.Rows, tokenRow(token, "ended"))
	}
	switch {
	case !k.obs.Extent.Tokens: // of the site they were asked for
		t.Notes = append(t.Notes, "the snapshot was written without them (weir snapshot, with tokens in the description)")
	case k.obs.UnseenTokens != "":
		t.Notes = append(t.Notes, k.obs.UnseenTokens)
	}
	if err := a.table(q, t); err != nil {
		return err
	}
	if len(ending) > 0 {
		return exit(exitChanges)
	}
	return nil
}

func tokenState(t site.Token, now time.Time, soon bool) string {
	switch {
	case t.Expires.IsZero():
		return "does not say when it ends"
	case soon:
		return "ends " + reconcile.InDays(now, t.Expires)
	}
	return ""
}

func tokenRow(t site.Token, state string) []string {
	return []string{t.Owner.ID(), t.Label, dayCell(t.Expires), state, dayCell(t.Used), dayCell(t.Created)}
}
