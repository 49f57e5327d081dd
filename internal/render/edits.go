package render

import (
	"fmt"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// Sources says how many changes come from edits and how many from drift: "you
// changed 12, the site drifted by 3". It is empty where the plan does not tell.
func Sources(e *reconcile.Edits) string {
	if e == nil || e.Trouble != "" {
		return ""
	}
	s := fmt.Sprintf("you changed %s, the site drifted by %s", Number(e.Edited), Number(e.Drift))
	if e.Both > 0 {
		s += fmt.Sprintf(", %s both", Number(e.Both))
	}
	return s
}

// Compared says with what a description was compared: "1a2b3c4d5e6f, where HEAD left
// origin/main".
func Compared(e *reconcile.Edits) string {
	commit := e.Commit[:min(12, len(e.Commit))]
	if e.Exact {
		return Safe(fmt.Sprintf("%s, %s", e.Base, commit))
	}
	return Safe(fmt.Sprintf("%s, where HEAD left %s", commit, e.Base))
}

// How much of the edits is told, unless all is asked for.
const (
	fewHunks   = 40
	fewEdited  = 12 // lines of a hunk
	fewRunes   = 200
	fewBrought = 5 // of what a hunk brings
)

// edits shows the edited lines of the description, each run with what it brings.
func (p *printer) edits(e *reconcile.Edits) {
	if e == nil {
		return
	}
	p.line("")
	p.line("%s %s", p.paint(bold, "edits"), p.paint(dim, "(since "+Compared(e)+")"))
	if e.Trouble != "" {
		p.line("  %s what you changed is not told from what drifted: that description cannot be compared with: %s", p.paint(yellow, "warn"), Safe(e.Trouble))
	}
	shown, hidden, idle := 0, 0, 0
	var where []string
	for _, f := range e.Files {
		name := Safe(f.Path)
		if f.Was != "" {
			name += " (was " + Safe(f.Was) + ")"
		}
		if f.Idle > 0 {
			idle += f.Idle
			where = append(where, fmt.Sprintf("%s %s", f.Path, Number(f.Idle)))
		}
		if f.Was != "" && f.Idle+len(f.Hunks) == 0 {
			p.line("  %s", name)
		}
		for i, h := range f.Hunks {
			if shown++; shown > most(p.All, fewHunks) {
				hidden++
				continue
			}
			if i == 0 {
				p.line("  %s", name)
			}
			p.hunk(h)
		}
	}
	if hidden > 0 {
		p.line("  and %s (--all lists them)", Count(hidden, "edit more", "edits more"))
	}
	if idle > 0 {
		p.line("  %s no change: %s", Count(idle, "edited line states", "edited lines state"), listed(where, most(p.All, fewBrought)))
	}
	if len(e.Unplaced) > 0 {
		p.line("  %s by no single line, as edits of ownership reach far: %s", Count(len(e.Unplaced), "change is stated", "changes are stated"), listed(e.Unplaced, most(p.All, fewBrought)))
	}
	if len(e.Files) == 0 {
		p.line("  no file of the description was edited")
	}
}

// hunk shows lines with their numbers, those that state a change before others
// where there are many.
func (p *printer) hunk(h reconcile.Hunk) {
	cut := h.Cut
	show := func(sign, colour string, list []reconcile.EditedLine) {
		for _, l := range pick(list, most(p.All, fewEdited/2), &cut) {
			text := p.spans(colour, l.Spans)
			if text != "" {
				text = " " + text
			}
			p.line("  %5d %s%s", l.Line, p.paint(colour, sign), text)
		}
	}
	show("-", red, h.Removed)
	show("+", green, h.Added)
	if cut > 0 {
		p.line("        and %s", Count(cut, "line more", "lines more"))
	}
	if len(h.Changes) > 0 {
		p.line("        brings %s: %s", Count(len(h.Changes), "change", "changes"), listed(h.Changes, most(p.All, fewBrought)))
	}
	reasons := make(map[string][]string)
	var order []string
	for _, u := range h.Unchanged {
		if reasons[u.Reason] == nil {
			order = append(order, u.Reason)
		}
		reasons[u.Reason] = append(reasons[u.Reason], string(u.Op)+" "+u.Fact)
	}
	for _, reason := range order {
		p.line("        without a change: %s %s", listed(reasons[reason], most(p.All, fewBrought)), p.paint(dim, "# "+Safe(reason)))
	}
}

// pick takes at most n lines, in their order: those that state something first.
// What is left out is added to cut.
func pick(list []reconcile.EditedLine, n int, cut *int) []reconcile.EditedLine {
	if len(list) <= n {
		return list
	}
	*cut += len(list) - n
	stating := 0
	for _, l := range list {
		if l.States > 0 {
			stating++
		}
	}
	others := n - min(stating, n)
	var out []reconcile.EditedLine
	for _, l := range list {
		switch {
		case len(out) == n:
			return out
		case l.States > 0:
			out = append(out, l)
		case others > 0:
			others--
			out = append(out, l)
		}
	}
	return out
}

// spans writes a line. What changed in it is bold in the colour of its side;
// without colours the line is plain.
func (p *printer) spans(colour string, list []reconcile.Span) string {
	whole := true
	for _, s := range list {
		whole = whole && !s.Changed
	}
	var b strings.Builder
	room := most(p.All, fewRunes)
	for _, s := range list {
		text := []rune(s.Text)
		if len(text) > room {
			text = append(text[:room:room], '…')
		}
		room -= len(text)
		// Tabs are how some lay things out.
		shown := Safe(strings.ReplaceAll(string(text), "\t", "    "))
		switch {
		case s.Changed:
			shown = p.paint(bold+";"+colour, shown)
		case whole:
			shown = p.paint(colour, shown)
		}
		b.WriteString(shown)
		if room <= 0 {
			break
		}
	}
	return b.String()
}
