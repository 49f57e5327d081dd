package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// ReviewNotes is what a comment says below a plan: what became of it in the review.
type ReviewNotes struct {
	Since    *Since // nil if this is the first push that is known
	Rulings  []Ruled
	Commands []string // what a reviewer would write to accept the exceeded budgets
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
	if len(n.Commands) > 0 {
		p.line("")
		p.line("Somebody who may write here and did not make this request can accept exactly this, once, with a comment that says:")
		p.line("")
		p.commands(n.Commands)
	}
	return p.err
}

// commands shows what is to be written in code that is indented: a name cannot
// end it. A command cannot be cut, so those that take too much room are counted.
func (p *printer) commands(list []string) {
	const room = 4000
	used, left := 0, 0
	for _, c := range list {
		if used += len(c); used > room {
			left++
			continue
		}
		p.line("    /weir accept %s", Safe(c))
	}
	if left > 0 {
		p.line("")
		p.line("%s not shown here (weir plan prints all).", Count(left, "more is", "more are"))
	}
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
		p.line("- new: %s", span(short(string(c.Op)+" "+c.Fact)))
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
			p.line("- accepted by %s: %s", span(short(r.Who)), span(short(r.Text)))
		}
	}
	refused := slices.DeleteFunc(slices.Clone(list), func(r Ruled) bool { return r.Refused == "" })
	more := max(0, len(refused)-few)
	for _, r := range refused[more:] {
		p.line("- not accepted: %s by %s: %s", span(short(r.Text)), span(short(r.Who)), span(short(r.Refused)))
	}
	if more > 0 {
		p.line("- and %s before", Count(more, "other that is not", "others that are not"))
	}
}

// short bounds what others wrote: a list of such lines has to fit a comment.
func short(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// span writes text as code within a line, in which Markdown has no meaning.
func span(s string) string {
	s = Safe(s)
	if s == "" {
		return "` `"
	}
	ticks, run := 0, 0
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		ticks = max(ticks, run)
	}
	fence := strings.Repeat("`", ticks+1)
	if s[0] == '`' || s[len(s)-1] == '`' {
		s = " " + s + " "
	}
	return fmt.Sprint(fence, s, fence)
}
