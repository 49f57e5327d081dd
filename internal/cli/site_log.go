package cli

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site/emulator"
)

func (a *app) siteLog(file *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "log [DIR]",
		Short: "Print who changed what about access, and when",
		Long: `Print the site's audit log, oldest first: who changed what about access, and
when. It is the log that Confluence itself keeps, and shows to administrators, so
it tells changes and not requests; weir site serve --requests shows those.`,
		Args: atMostOne,
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args)
			return a.log(*file, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each record as a line of JSON")
	return cmd
}

func (a *app) log(file string, asJSON bool) error {
	em, err := a.openEmulator(file, readOnly, "")
	if err != nil {
		return err
	}
	defer em.Close()
	people := make(map[string]string)
	for _, p := range em.Dump().People {
		people[p.ID] = p.Email
	}
	w := bufio.NewWriter(a.Stdout)
	out := json.NewEncoder(w)
	for _, r := range em.Audit() {
		// Edits have no author, and nor has what the organisation's key does.
		who := "an administrator"
		if r.Author != "" {
			who = cmp.Or(people[r.Author], r.Author)
		}
		if !asJSON {
			fmt.Fprintln(w, logLine(r, who))
		} else if err := out.Encode(struct {
			Who string
			emulator.AuditRecord
		}{who, r}); err != nil {
			return err
		}
	}
	return w.Flush()
}

// logLine is a record in one line.
func logLine(r emulator.AuditRecord, who string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  %s: %s", r.When.UTC().Format(time.RFC3339), render.Safe(who), render.Safe(r.Summary), render.Safe(r.Object.Name))
	for _, o := range r.With {
		fmt.Fprintf(&b, ", %s", render.Safe(o.Name))
	}
	for _, c := range r.Changes {
		switch {
		case c.Old == "":
			fmt.Fprintf(&b, " (%s: %s)", render.Safe(c.Name), render.Safe(c.New))
		case c.New == "":
			fmt.Fprintf(&b, " (%s: no more %s)", render.Safe(c.Name), render.Safe(c.Old))
		default:
			fmt.Fprintf(&b, " (%s: %s instead of %s)", render.Safe(c.Name), render.Safe(c.New), render.Safe(c.Old))
		}
	}
	return b.String()
}
