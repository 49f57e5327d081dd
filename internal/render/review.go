package render

import (
	"cmp"
	"io"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// ReviewNotes is what a comment says below a plan: what became of it in the review.
type ReviewNotes struct {
	Since   *Since // nil if this is the first push that is known
	Rulings []Ruled
}

// Since says how a plan differs from that of the push before.
type Since struct {
	Same    bool                // it is the same plan
	Was     int                 // changes then
	Counted bool                // Fresh and Gone are known: neither plan was too large
	Fresh   []reconcile.Planned // changes that the other had not
	Gone    int                 // changes of the other that this has not
}

// Ruled is what became of what somebody wrote in the review.
type Ruled struct {
	Text, Who string
	Refused   string // why it does not count; empty if it does
}

// Review writes the notes as Markdown that every host reads alike: what people
// wrote stands in code, where it cannot ping, link or break out. It is short
// whatever there is to say.
func Review(w io.Writer, n ReviewNotes) error {
	p := &printer{w: w}
	p.since(n.Since)
	p.rulings(n.Rulings)
	return p.err
}

func (p *printer) since(s *Since) {
	const few = 10
	switch {
	case s == nil:
		return
	case s.Same:
		p.line("")
		p.line("Since the last push: the same plan.")
		return
	case !s.Counted:
		p.line("")
		p.line("Since the last push: another plan, which had %s then.", Count(s.Was, "change", "changes"))
		return
	case len(s.Fresh)+s.Gone == 0:
		p.line("")
		p.line("Since the last push: the same changes, on a site that moved.")
		return
	}
	p.line("")
	p.line("Since the last push: %s, %s.", Count(len(s.Fresh), "change is new", "changes are new"), Count(s.Gone, "is gone", "are gone"))
	fresh := slices.Clone(s.Fresh)
	// Removals first: they are what a reviewer must not miss.
	rank := []access.Op{access.Remove, access.Modify, access.Add}
	slices.SortStableFunc(fresh, func(a, b reconcile.Planned) int {
		return cmp.Compare(slices.Index(rank, a.Op), slices.Index(rank, b.Op))
	})
	p.line("")
	for _, c := range fresh[:min(few, len(fresh))] {
		p.line("- new: %s", quote(string(c.Op)+" "+c.Fact))
	}
	if more := len(fresh) - few; more > 0 {
		p.line("- and %s more", Number(more))
	}
}

func (p *printer) rulings(list []Ruled) {
	const few = 10 // the latest: old pushes leave words behind, and anybody may write them
	if len(list) == 0 {
		return
	}
	p.line("")
	for _, r := range list {
		if r.Refused == "" {
			p.line("- accepted by %s: %s", quote(r.Who), quote(r.Text))
		}
	}
	refused := slices.DeleteFunc(slices.Clone(list), func(r Ruled) bool { return r.Refused == "" })
	more := max(0, len(refused)-few)
	for _, r := range refused[more:] {
		p.line("- not accepted: %s by %s: %s", quote(r.Text), quote(r.Who), quote(r.Refused))
	}
	if more > 0 {
		p.line("- and %s before", Count(more, "other that is not", "others that are not"))
	}
}

// quote writes what somebody wrote as code, and bounds it: a list of such lines has to
// fit a comment.
func quote(s string) string { return codeOf(s, 200) }
