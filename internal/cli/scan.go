package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site"
)

func (a *app) scanCommand() *cobra.Command {
	var s scan
	cmd := &cobra.Command{
		Use:   "scan [DIR]",
		Short: "Find every restricted page: priced first, and taken up again where it stopped",
		Long: `Read the restrictions of every page and blog post of the site that the description
in DIR (default: this folder) is for, or of the spaces that --space names. A plan
reads them only for described pages and watched spaces, because a whole site takes
a request for every few dozen pages. So the price comes first, and the scan asks.

Spaces that were read are kept in .weir/scan.jsonl in DIR: a scan that stopped goes
on with the others. --restart begins anew. At the end the restrictions are printed
as facts, one a line, and what weir's account cannot see is summed up. Nothing is
written to the site.

Exit codes: 0 read · 1 error in the description, or nobody can be asked · 7 the
site cannot be read · 130 interrupted; run it again to go on.`,
		Example: "  weir scan --yes > restricted.facts\n  weir scan --space HR --space EXEC",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			return a.scan(cmd.Context(), s)
		},
	}
	cmd.Flags().StringVar(&s.file, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	cmd.Flags().StringArrayVar(&s.spaces, "space", nil, "scan only the space with this `key`; may stand several times")
	cmd.Flags().BoolVar(&s.yes, "yes", false, "do not ask whether the price is right")
	cmd.Flags().BoolVar(&s.restart, "restart", false, "forget what an earlier scan read")
	return cmd
}

type scan struct {
	file         string
	spaces       []string
	yes, restart bool
}

// scannedSpace is one line of the file of a scan.
type scannedSpace struct {
	Site    string     `json:"site"`
	Space   access.Ref `json:"space"`
	Time    time.Time  `json:"time"`
	Facts   []string   `json:"facts"`
	Unknown []string   `json:"unknown,omitempty"`
}

func (a *app) scan(ctx context.Context, s scan) error {
	d, err := a.load()
	if err != nil {
		return err
	}
	open, err := a.openSite(ctx, d.site(), s.file, readOnly)
	if err != nil {
		return err
	}
	defer open.Close()
	scanner, ok := open.Site.(site.Scanner)
	if !ok {
		return fmt.Errorf("%s cannot be scanned", d.site().Product)
	}
	obs, err := open.Observe(ctx, access.Extent{})
	if err != nil {
		return err
	}
	spaces, err := s.choose(obs)
	if err != nil {
		return err
	}
	path := a.file(".weir", "scan.jsonl")
	if s.restart {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	done, err := readScan(path, obs.Site)
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(spaces), func(r access.Ref) bool { _, ok := done[r]; return ok })
	if n := len(spaces) - len(left); n > 0 {
		fmt.Fprintf(a.Stderr, "%s read by an earlier scan (--restart forgets them)\n", render.Count(n, "space was", "spaces were"))
	}
	if len(left) > 0 {
		if err := a.agreeOnPrice(ctx, s, scanner, open, left); err != nil {
			return err
		}
		if err := a.scanSpaces(ctx, scanner, path, obs.Site, left, done); err != nil {
			return err
		}
	}
	return a.showScan(spaces, done)
}

// choose gives the spaces that are meant, in order.
func (s scan) choose(obs site.Observation) ([]access.Ref, error) {
	var all []access.Ref
	for f := range obs.Facts.OfKind(access.Exists) {
		if f.Object.Type() == "space" {
			all = append(all, f.Object)
		}
	}
	if len(s.spaces) == 0 {
		return all, nil
	}
	var out []access.Ref
	for _, key := range s.spaces {
		r := access.NewRef("space", key)
		if !slices.Contains(all, r) {
			return nil, fmt.Errorf("%s is not on the site, or weir's account cannot see it", r)
		}
		out = append(out, r)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// agreeOnPrice says what the scan takes, and asks.
func (a *app) agreeOnPrice(ctx context.Context, s scan, scanner site.Scanner, r site.Reader, spaces []access.Ref) error {
	price, err := scanner.ScanPrice(ctx, spaces)
	if err != nil {
		return err
	}
	what := render.Count(len(spaces), "space", "spaces")
	if price.Pages >= 0 {
		what = render.Count(price.Pages, "page", "pages") + " and blog posts in " + what
	}
	took := int(math.Ceil((time.Duration(price.Requests) * r.Latency()).Seconds()))
	fmt.Fprintf(a.Stderr, "to read: %s, at least %s and %s\n", what, render.Count(price.Requests, "request", "requests"), render.Duration(took))
	if s.yes {
		return nil
	}
	if !a.Terminal {
		return errors.New("nobody can be asked here (use --yes, or run it in a terminal)")
	}
	fmt.Fprint(a.Stderr, "read them? only \"yes\" is taken: ")
	text, err := bufio.NewReader(a.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if text != "yes\n" && text != "yes" {
		return &exitError{exitInput, "not scanned"}
	}
	return nil
}

// scanSpaces reads the spaces one by one, and keeps each before the next.
func (a *app) scanSpaces(ctx context.Context, scanner site.Scanner, path, siteID string, spaces []access.Ref, done map[access.Ref]scannedSpace) error {
	if err := os.MkdirAll(a.file(".weir"), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	progress := a.progress("scanning", "spaces")
	for i, space := range spaces {
		if ctx.Err() != nil {
			return &exitError{exitInterrupted, "interrupted; run weir scan again to go on"}
		}
		got, err := scanner.Scan(ctx, space)
		if err != nil {
			if ctx.Err() != nil {
				return &exitError{exitInterrupted, "interrupted; run weir scan again to go on"}
			}
			return err
		}
		line := scannedSpace{Site: siteID, Space: space, Time: a.Clock().UTC(), Facts: []string{}}
		for fact := range got.Facts.OfKind(access.Restrict) {
			line.Facts = append(line.Facts, fact.String())
		}
		for _, u := range got.Unknown {
			line.Unknown = append(line.Unknown, fmt.Sprintf("%s: %s", u.Object, u.Reason))
		}
		b, err := json.Marshal(line)
		if err != nil {
			return err
		}
		if _, err := f.Write(append(b, '\n')); err != nil {
			return err
		}
		done[space] = line
		progress(i+1, len(spaces))
	}
	return f.Sync()
}

// readScan reads what an earlier scan of the site kept. A last line that broke
// off is of a scan that was killed: it is cut off, and its space is read again.
func readScan(path, siteID string) (map[access.Ref]scannedSpace, error) {
	out := make(map[access.Ref]scannedSpace)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	read := 0
	for len(b) > 0 {
		line, rest, whole := cutLine(b)
		b = rest
		if !whole {
			return out, os.Truncate(path, int64(read))
		}
		read += len(line) + 1
		var s scannedSpace
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("%s is not what a scan wrote: %w (--restart begins anew)", path, err)
		}
		if s.Site == siteID {
			out[s.Space] = s
		}
	}
	return out, nil
}

func cutLine(b []byte) (line, rest []byte, whole bool) {
	i := slices.Index(b, '\n')
	if i < 0 {
		return b, nil, false
	}
	return b[:i], b[i+1:], true
}

// showScan prints the restrictions, and sums up what was not seen.
func (a *app) showScan(spaces []access.Ref, done map[access.Ref]scannedSpace) error {
	w := bufio.NewWriter(a.Stdout)
	pages := make(map[access.Ref]bool)
	unknown := 0
	for _, space := range spaces {
		for _, text := range done[space].Facts {
			f, err := access.ParseFact(text)
			if err != nil {
				return fmt.Errorf("the file of the scan: %w (--restart begins anew)", err)
			}
			pages[f.Object] = true
			fmt.Fprintln(w, f)
		}
		unknown += len(done[space].Unknown)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.Stderr, "%s in %s\n", render.Count(len(pages), "restricted page", "restricted pages"), render.Count(len(spaces), "space", "spaces"))
	if unknown > 0 {
		fmt.Fprintf(a.Stderr, "%s (those that weir's account may not view are in no list):\n", render.Count(unknown, "thing was not seen", "things were not seen"))
		shown := 0
		for _, space := range spaces {
			for _, u := range done[space].Unknown {
				if shown++; shown <= 5 {
					fmt.Fprintln(a.Stderr, "  "+render.Safe(u))
				}
			}
		}
		if unknown > 5 {
			fmt.Fprintf(a.Stderr, "  and %d more, in .weir/scan.jsonl\n", unknown-5)
		}
	}
	return nil
}
