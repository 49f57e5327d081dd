package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// editList is the section of the edited lines of a description, each run with what
// it brings.
type editList struct {
	Since, Sources, Trouble string
	Files                   []editedFile
	Idle                    string // how many edited lines state no change, and where
	Unplaced                names
	Cut                     int // runs that the page has no room for
}

type editedFile struct {
	Path, Was string
	Hunks     []editedHunk
}

type editedHunk struct {
	Removed, Added []editedLine
	Cut            int
	Brings         names
	Without        []withoutChange
}

type editedLine struct {
	Number int
	Spans  []reconcile.Span
}

// withoutChange is what edited lines say and what brings no change, and why.
type withoutChange struct {
	Reason string
	Facts  names
}

func (b *pageBuilder) edits() *editList {
	const hunks = 200
	e := b.plan.Edits
	if e == nil {
		return nil
	}
	out := &editList{Since: display(Compared(e)), Sources: Sources(e), Trouble: display(e.Trouble)}
	shown := 0
	var idle []string
	for _, f := range e.Files {
		file := editedFile{Path: display(f.Path), Was: display(f.Was)}
		if f.Idle > 0 {
			idle = append(idle, fmt.Sprintf("%s in %s", Count(f.Idle, "line", "lines"), display(f.Path)))
		}
		for _, h := range f.Hunks {
			if shown++; shown > hunks {
				out.Cut++
				continue
			}
			file.Hunks = append(file.Hunks, b.hunk(h))
		}
		if len(file.Hunks) > 0 || f.Was != "" {
			out.Files = append(out.Files, file)
		}
	}
	out.Idle = strings.Join(idle, ", ")
	out.Unplaced = b.listed(e.Unplaced)
	return out
}

func (b *pageBuilder) hunk(h reconcile.Hunk) editedHunk {
	const lines = 40
	out := editedHunk{Cut: h.Cut, Brings: b.listed(h.Changes)}
	show := func(list []reconcile.EditedLine) []editedLine {
		var shown []editedLine
		for _, l := range pick(list, lines, &out.Cut) {
			line := editedLine{Number: l.Line}
			for _, s := range l.Spans {
				line.Spans = append(line.Spans, reconcile.Span{Text: display(strings.ReplaceAll(s.Text, "\t", "    ")), Changed: s.Changed})
			}
			shown = append(shown, line)
		}
		return shown
	}
	out.Removed, out.Added = show(h.Removed), show(h.Added)
	facts := make(map[string][]string)
	var reasons []string
	for _, u := range h.Unchanged {
		if !slices.Contains(reasons, u.Reason) {
			reasons = append(reasons, u.Reason)
		}
		facts[u.Reason] = append(facts[u.Reason], string(u.Op)+" "+u.Fact)
	}
	for _, reason := range reasons {
		out.Without = append(out.Without, withoutChange{display(reason), b.listed(facts[reason])})
	}
	return out
}

// listed lists texts, the first in the line.
func (b *pageBuilder) listed(list []string) names {
	var all []nameText
	for _, s := range list {
		all = append(all, nameText{Text: display(s)})
	}
	return b.room.few(all, 5)
}
