package render

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// Claims shows the assertions and proofs of a plan alone, with what does not hold.
func Claims(w io.Writer, plan *reconcile.Plan, o Options) error {
	var b strings.Builder // the sections of a plan begin with an empty line; here the first does not
	p := newPrinter(&b, o)
	p.provenance(plan)
	if len(plan.Assertions)+len(plan.Proofs) == 0 {
		p.line("nothing is asserted (write assert or prove in the description, or name a proof with --prove)")
	}
	p.claims(plan)
	p.findings(claimFindings(plan))
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return errors.Join(p.err, err)
}

// ClaimsJSON writes them as JSON.
func ClaimsJSON(w io.Writer, plan *reconcile.Plan) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		Snapshot   *reconcile.Snapshot `json:"snapshot,omitempty"`
		Assertions []reconcile.Claim   `json:"assertions"`
		Proofs     []reconcile.Claim   `json:"proofs"`
		Findings   []reconcile.Finding `json:"findings"`
	}{plan.Snapshot, orNone(plan.Assertions), orNone(plan.Proofs), orNone(claimFindings(plan))})
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// claimFindings are the findings that speak of assertions and proofs.
func claimFindings(plan *reconcile.Plan) []reconcile.Finding {
	return slices.DeleteFunc(slices.Clone(plan.Findings), func(f reconcile.Finding) bool {
		return f.Code != "WR304" && f.Code != "WR305"
	})
}

// OnlyClaims gives a plan of which nothing is left but what it says of assertions and
// proofs.
func OnlyClaims(plan *reconcile.Plan) *reconcile.Plan {
	return &reconcile.Plan{
		Format: plan.Format, Site: plan.Site, Home: plan.Home,
		Assertions: plan.Assertions, Proofs: plan.Proofs, Findings: claimFindings(plan),
	}
}
