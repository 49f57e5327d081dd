package render

import (
	"fmt"
	"io"

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
			p.line("  %s %s", p.paint(colour, string(s.Status)), Safe(c))
		}
		p.line("    %s", Safe(s.Reason))
	}
	if r.ReadBack != "" {
		p.line("the site could not be read back: %s", Safe(r.ReadBack))
	}
	p.line("%s sent", Count(r.Requests, "request", "requests"))
	p.line("%s", Totals(r))
	return p.err
}

// Totals is the last line of an apply.
func Totals(r *reconcile.Report) string {
	t := r.Count()
	return fmt.Sprintf("applied %s · failed %s · skipped %s · unknown %s",
		Number(t.Applied), Number(t.Failed), Number(t.Skipped), Number(t.Unknown))
}
