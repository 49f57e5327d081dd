package cli

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/schema"
)

func (a *app) personalRequestCommand() *cobra.Command {
	var until string
	cmd := &cobra.Command{
		Use:   "request EMAIL [DIR]",
		Short: "Ask in the description for somebody's personal space",
		Long: `Add a request to the description in DIR (default: this folder), which must say that
personal spaces are made on request (personal_spaces: {create: on_request}). The file is
edited where it stands, comments and all, and nothing else in it changes; what changed is
printed, for a pull request.

Once that is applied, the product makes the space when the person next views a page, and
the next apply takes the permission away again: at the latest after --until, which is at
most seven days ahead. A request that is there already gets the new day.

Exit codes: 0 written · 1 error in the description, or nothing could be written.`,
		Example: "  weir personal-spaces request ana@acme.example\n  weir personal-spaces request ana@acme.example acme --until 2026-06-20",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return fmt.Errorf("it takes EMAIL and perhaps a folder, not %s", render.Count(len(args), "argument", "arguments"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			a.folder(args[1:])
			return a.requestPersonal(args[0], until)
		},
	}
	cmd.Flags().StringVar(&until, "until", "", "the last `day` on which the space may be made (default: seven days from today)")
	return cmd
}

// requestPersonal writes a request into the description.
func (a *app) requestPersonal(person, until string) error {
	d, err := a.load()
	if err != nil {
		return err
	}
	before, at, ok := d.Requests()
	if !ok {
		return errors.New("the description does not let people ask for personal spaces (write personal_spaces: {create: on_request, gate: NAME})")
	}
	if until == "" {
		until = d.Today().AddDate(0, 0, schema.RequestDays).Format(time.DateOnly)
	} else if _, err := time.Parse(time.DateOnly, until); err != nil {
		return fmt.Errorf("%q is not a day (write YYYY-MM-DD)", until)
	}
	who := principalOf(person)
	if before[who] == until {
		_, err := fmt.Fprintf(a.Stdout, "%s has asked already, until %s\n", render.Safe(who.ID()), until)
		return err
	}
	e := requestEdit{edit: a.openEdit(d), at: at, who: who, until: until, before: before}
	if err := e.write(d); err != nil {
		return err
	}
	if err := a.writeEdit(e.edit); err != nil {
		return err
	}
	fmt.Fprintf(a.Stdout, "%s may have a personal space made until %s, once this is applied:\n", render.Safe(who.ID()), until)
	a.showDiff(e.edit)
	return nil
}

// requestEdit adds a request to a description's text. It tries likely places and
// believes none: an edit counts only if the description that it leads to has the new
// request and all that was there before.
type requestEdit struct {
	edit   *rewrite.Edit
	at     diag.Range // of personal_spaces
	who    access.Ref
	until  string
	before map[access.Ref]string
}

// write writes the request into the file.
func (e requestEdit) write(was *description) error {
	ok, err := e.edit.Try(e.places(), func(is *schema.Description) bool { return e.right(was.Description, is) })
	switch {
	case ok:
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("no place for a request was found in %s (add to requests: %s)", render.Safe(e.at.File), e.request().In(e.at.File))
}

// right reports whether a description says what was to be said, and nothing else
// otherwise than before.
func (e requestEdit) right(was, is *schema.Description) bool {
	after, _, ok := is.Requests()
	want := maps.Clone(e.before)
	want[e.who] = e.until
	return ok && maps.Equal(after, want) && len(rewrite.Compare(was, is, access.Known{}, func(d rewrite.Difference) bool {
		return d.Fact.Fact.Subject == e.who || d.Said.Who == e.who && d.Said.Aspect == rewrite.Request
	})) == 0
}

func (e requestEdit) request() rewrite.Membership {
	return rewrite.Membership{Who: e.who, Until: e.until}
}

// places gives the file with the request at each place where it may stand.
func (e requestEdit) places() []rewrite.Place {
	text := e.edit.Before[e.at.File]
	lines := strings.Split(text, "\n")
	key := regexp.MustCompile(`^personal_spaces\b`)
	at := e.at
	at.Start = diag.Pos{Line: min(at.Start.Line, len(lines)), Column: 1}
	for at.Start.Line > 0 && !key.MatchString(lines[at.Start.Line-1]) {
		at.Start.Line--
	}
	b, ok := rewrite.BlockAt(at, text)
	if !ok {
		return nil
	}
	return b.Requests(e.request())
}
