package reconcile

import (
	"slices"

	"github.com/weirhq/weir/access"
)

// Status is what came of a step.
type Status string

// The four outcomes. Every step of a plan has exactly one.
const (
	Applied   Status = "applied"
	Failed    Status = "failed"  // the site refused it; it had no effect
	Skipped   Status = "skipped" // not sent
	Uncertain Status = "unknown" // sent, and nobody can say what came of it
)

// Report is what an apply did.
type Report struct {
	Plan  string       `json:"plan"` // digest
	Site  SiteName     `json:"site"`
	Steps []StepReport `json:"steps"`
	// Requests is what the apply sent, its readings of the site included.
	Requests int `json:"requests"`
	// Interrupted is true when the apply was told to stop.
	Interrupted bool `json:"interrupted,omitempty"`
	// ReadBack says why the site could not be read back at the end, if so.
	ReadBack string `json:"read_back,omitempty"`
	// Besides are changes of the objects of applied steps that no step made, written
	// "op fact": what the product took along or brought by itself, or somebody else
	// did meanwhile. They are what the next plan begins with.
	Besides []string `json:"besides,omitempty"`
	// IDs are the vendor's ids after the apply, for weir.lock.
	IDs map[access.Ref]string `json:"-"`
}

// StepReport is what came of one step.
type StepReport struct {
	ID      string   `json:"id"`
	Status  Status   `json:"status"`
	Reason  string   `json:"reason,omitempty"`
	Changes []string `json:"changes"`
	// Took are the changes of a step that did not succeed which took effect all the
	// same: of an invitation of 25 people, those of whoever is in.
	Took []string `json:"took,omitempty"`
}

func (r StepReport) is(s Status, reason string) StepReport {
	r.Status, r.Reason = s, reason
	return r
}

// Tally counts changes by what came of them.
type Tally struct {
	Applied, Failed, Skipped, Unknown int
}

// Count counts the report's changes.
func (r *Report) Count() Tally {
	var t Tally
	for _, s := range r.Steps {
		n := len(s.Changes) - len(s.Took)
		t.Applied += len(s.Took)
		switch s.Status {
		case Applied:
			t.Applied += n
		case Failed:
			t.Failed += n
		case Skipped:
			t.Skipped += n
		default:
			t.Unknown += n
		}
	}
	return t
}

// Did reports whether a change, written "op fact", was applied.
func (r *Report) Did(change string) bool {
	return slices.ContainsFunc(r.Steps, func(s StepReport) bool {
		return s.Status == Applied && slices.Contains(s.Changes, change) || slices.Contains(s.Took, change)
	})
}

// Whole reports whether everything was applied and seen.
func (r *Report) Whole() bool {
	t := r.Count()
	return t.Failed+t.Skipped+t.Unknown == 0 && r.ReadBack == "" && !r.Interrupted
}
