package render

import (
	"fmt"
	"io"
	"slices"

	"github.com/weirhq/weir/reconcile"
)

// Report shows what an apply did: troubles first, one line of totals last.
func Report(w io.Writer, r *reconcile.Report, o Options) error {
	p := newPrinter(w, o)
	for _, s := range r.Steps {
		if s.Status == reconcile.Applied {
			continue
		}
		colour := yellow
		if s.Status != reconcile.Skipped {
			colour = red
		}
		for _, c := range s.Changes {
			if slices.Contains(s.Took, c) {
				continue // counted as applied
			}
			p.line("  %s %s", p.paint(colour, string(s.Status)), Safe(c))
		}
		p.line("    %s", Safe(s.Reason))
	}
	if r.ReadBack != "" {
		p.line("the site could not be read back: %s", Safe(r.ReadBack))
	}
	if n := len(r.Besides); n > 0 {
		p.line("%s that no step made, on what was changed: the product's own doing, or somebody else's (weir plan goes on from here)", Count(n, "change", "changes"))
		for i, c := range r.Besides {
			if i == besides {
				p.line("  and %s more", Number(n-i))
				break
			}
			p.line("  %s %s", p.paint(yellow, "besides"), Safe(c))
		}
	}
	p.line("%s sent", Count(r.Requests, "request", "requests"))
	p.line("%s", Totals(r))
	return p.err
}

// besides is how many changes are listed that no step made.
const besides = 20

// Totals is the last line of an apply.
func Totals(r *reconcile.Report) string {
	t := r.Count()
	return fmt.Sprintf("applied %s · failed %s · skipped %s · unknown %s",
		Number(t.Applied), Number(t.Failed), Number(t.Skipped), Number(t.Unknown))
}
