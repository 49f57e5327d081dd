package render

import (
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// seats tells what becomes of seats, and about what that costs.
func (m *markdown) seats() part {
	lines := SeatLines(m.plan.Seats)
	if len(lines) == 0 {
		return part{}
	}
	var out []string
	for _, l := range lines {
		out = append(out, "- "+said(l)+"\n")
	}
	return m.list(6, 0, "Seats", out, func(from int) string {
		return Count(len(out)-from, "line", "lines")
	})
}

// manual lists what a person has to do by hand.
func (m *markdown) manual() part {
	list := m.plan.Manual
	if len(list) == 0 {
		return part{}
	}
	box := "- [ ] "
	if m.Flavour == FlavourBitbucket {
		box = "- "
	}
	var out []string
	for _, s := range list {
		var b strings.Builder
		b.WriteString(box + said(s.Text()) + "\n")
		for i, step := range s.Steps {
			fmt.Fprintf(&b, "    %d. %s\n", i+1, said(step))
		}
		var notes []string
		if s.Authority != "" {
			notes = append(notes, "who can: "+said(s.Authority))
		}
		if s.Verify != "" {
			notes = append(notes, "afterwards: "+said(s.Verify))
		}
		if len(notes) > 0 {
			b.WriteString("    - " + strings.Join(notes, "; ") + "\n")
		}
		out = append(out, b.String())
	}
	return m.list(5, 0, headed("To do by hand", len(list)), out, func(from int) string {
		return Count(len(list)-from, "thing to do", "things to do")
	})
}

// unknown tells what was not seen: things that are alike in one line.
func (m *markdown) unknown() part {
	const few, lines = 3, 10
	list := m.plan.Unknown
	if len(list) == 0 {
		return part{}
	}
	groups := alike(list)
	var out []string
	for _, g := range groups {
		var names []string
		for _, u := range g[:min(few, len(g))] {
			if u.Object == "" {
				names = append(names, "the site")
			} else {
				names = append(names, code(u.Object))
			}
		}
		line := "- " + and(names)
		if len(g) > few {
			line = fmt.Sprintf("- %s (%s …)", several(g), strings.Join(names, ", "))
		}
		out = append(out, line+": "+said(g[0].Reason)+"\n")
	}
	return m.list(6, lines, headed("Not seen, and so neither added nor removed", len(list)), out, func(from int) string {
		n := 0
		for _, g := range groups[from:] {
			n += len(g)
		}
		return Count(n, "other", "others")
	})
}

// changes tells what is changed, object by object, as a difference.
func (m *markdown) changes() part {
	p := &printer{}
	var out []string
	var n []int // changes of each line
	for _, g := range m.plan.Groups() {
		out, n = append(out, fenced("@@", heading(g))), append(n, 0)
		for _, l := range g.Lines {
			text := p.lineOf(g, l)
			if notes := strings.Join(notes(l), ", "); notes != "" {
				text += "  # " + notes
			}
			out, n = append(out, fenced(sign(l.Op), text)), append(n, len(l.Changes))
		}
	}
	if len(out) == 0 {
		return part{}
	}
	title := headed("Changes, object by object", len(m.plan.Changes))
	if sources := Sources(m.plan.Edits); sources != "" {
		title += ": " + sources
	}
	return m.foldable(9, title, "diff", out, func(from int) string {
		rest := 0
		for _, k := range n[from:] {
			rest += k
		}
		return Count(rest, "other change", "other changes")
	})
}

// edits shows the edited lines of the description, each run with what it brings.
func (m *markdown) edits() part {
	e := m.plan.Edits
	if e == nil {
		return part{}
	}
	p := &printer{}
	var out []string
	put := func(sign, text string) { out = append(out, fenced(sign, text)) }
	if e.Trouble != "" {
		put("!", "what you changed is not told from what drifted: that description cannot be compared with: "+e.Trouble)
	}
	for _, f := range e.Files {
		name := f.Path
		if f.Was != "" {
			name += " (was " + f.Was + ")"
		}
		if f.Idle > 0 {
			name += ": " + Count(f.Idle, "edited line states", "edited lines state") + " no change"
		}
		put("@@", name)
		for _, h := range f.Hunks {
			for _, side := range []struct {
				sign  string
				lines []reconcile.EditedLine
			}{{"-", h.Removed}, {"+", h.Added}} {
				for _, l := range side.lines {
					put(side.sign, fmt.Sprintf("%4d  %s", l.Line, p.spans("", l.Spans)))
				}
			}
			if len(h.Changes) > 0 {
				put("!", fmt.Sprintf("brings %s: %s", Count(len(h.Changes), "change", "changes"), listed(h.Changes, fewBrought)))
			}
			for _, u := range h.Unchanged {
				put("!", fmt.Sprintf("without a change: %s %s  # %s", sign(u.Op), u.Fact, u.Reason))
			}
		}
	}
	if len(e.Unplaced) > 0 {
		put("!", fmt.Sprintf("%s by no single line, as edits of ownership reach far: %s",
			Count(len(e.Unplaced), "change is stated", "changes are stated"), listed(e.Unplaced, fewBrought)))
	}
	if len(out) == 0 {
		put("=", "no file of the description was edited")
	}
	return m.foldable(8, headed("Edited lines of the description", len(out)), "diff", out, func(from int) string {
		return Count(len(out)-from, "other line", "other lines")
	})
}

// sign gives the sign of an operation.
func sign(op access.Op) string {
	switch op {
	case access.Add, access.Remove, access.Modify:
		return string(op)
	}
	return "?"
}

// kept lists what stays though nobody described it.
func (m *markdown) kept() part {
	if len(m.plan.Kept) == 0 || len(m.plan.Changes) == 0 {
		return part{}
	}
	var out []string
	for _, k := range m.plan.Kept {
		out = append(out, fenced("=", k.Fact+"  # "+k.Reason))
	}
	return m.foldable(10, headed("Left as it is", len(out)), "text", out, func(from int) string {
		return Number(len(out)-from) + " more"
	})
}

// observed tells what differs in lists that are only observed.
func (m *markdown) observed() part {
	if len(m.plan.Observed) == 0 {
		return part{}
	}
	var out []string
	for _, o := range m.plan.Observed {
		out = append(out, fenced(sign(o.Op), o.Fact+"  # "+observation(o)))
	}
	return m.foldable(10, headed("Only observed, and left so", len(out)), "diff", out, func(from int) string {
		return Number(len(out)-from) + " more"
	})
}

// brief says in a few words how a plan differs from that of the last push.
func brief(s reconcile.Since) string {
	switch {
	case s.OtherSite:
		return "that plan was for another site"
	case len(s.New)+len(s.Gone)+len(s.Losing)+len(s.Spared) == 0:
		return "the same changes"
	}
	parts := []string{Count(len(s.New), "change is new", "changes are new") + ", " + Number(len(s.Gone)) + " gone"}
	if n := len(s.Losing); n > 0 {
		parts = append(parts, "**"+Count(n, "person loses", "people lose")+" something more**")
	}
	if n := len(s.Spared); n > 0 {
		parts = append(parts, Count(n, "person is spared something", "people are spared something"))
	}
	return strings.Join(parts, ", ")
}

// sinceTheLast tells what changed since the last push of the same request.
func (m *markdown) sinceTheLast() part {
	if m.Since == nil {
		return part{}
	}
	s := m.since
	var out []string
	if was, is := m.voice.verdict(m.Since), m.voice.verdict(m.plan); !s.OtherSite && was != is {
		out = append(out, "- the verdict was: "+was+"\n")
	}
	for _, l := range []struct {
		what  string
		who   []string
		known map[string]string
	}{{"more is lost than by the last push by", s.Losing, m.plan.Names}, {"something that the last push took is left to", s.Spared, m.Since.Names}} {
		if len(l.who) > shownNames {
			out = append(out, fmt.Sprintf("- %s %s\n", l.what, m.voice.people(l.who, l.known, firstNames)))
		} else if len(l.who) > 0 {
			out = append(out, fmt.Sprintf("- %s %s\n", l.what, m.voice.people(l.who, l.known, shownNames)))
		}
	}
	told := len(out)
	for _, l := range []struct {
		what    string
		changes []reconcile.Planned
	}{{"new", s.New}, {"gone", s.Gone}} {
		for _, c := range l.changes {
			out = append(out, fmt.Sprintf("- %s: %s\n", l.what, said(sign(c.Op)+" "+c.Fact)))
		}
	}
	title := "Since the last push"
	if len(out) == 0 {
		return part{head: fmt.Sprintf("#### %s\n\n%s.\n\n", title, upper(brief(s)))}
	}
	p := m.list(6, told+20, title, out, func(from int) string {
		return Count(len(out)-max(from, told), "other change that is new or gone", "other changes that are new or gone")
	})
	p.tail = fmt.Sprintf("%s as before.\n\n", Count(s.Same, "change is", "changes are"))
	return p
}
