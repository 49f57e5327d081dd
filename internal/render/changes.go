package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// changes tells what is changed, object by object.
func (p *printer) changes(plan *reconcile.Plan) {
	groups := plan.Groups()
	if len(groups) == 0 {
		return
	}
	p.line("")
	about := legend(plan.Changes)
	if sources := Sources(plan.Edits); sources != "" {
		about += "; " + sources
	}
	p.line("%s %s", p.paint(bold, "changes"), p.paint(dim, "("+about+")"))
	for _, g := range groups {
		p.line("  %s", p.paint(bold, heading(g)))
		for _, l := range g.Lines {
			p.change(g, l)
		}
	}
}

// legend explains the signs that are used.
func legend(changes []reconcile.Planned) string {
	words := map[access.Op]string{access.Add: "+ added", access.Remove: "- removed", access.Modify: "~ changed"}
	var out []string
	for _, op := range []access.Op{access.Remove, access.Modify, access.Add} {
		if slices.ContainsFunc(changes, func(c reconcile.Planned) bool { return c.Op == op }) {
			out = append(out, words[op])
		}
	}
	return strings.Join(out, ", ")
}

// heading names a group of changes.
func heading(g reconcile.Group) string {
	switch {
	case g.Type == "user":
		return "people"
	case g.Object == "":
		return "many spaces alike"
	}
	return Safe(Thing(access.Ref(g.Object)))
}

func (p *printer) change(g reconcile.Group, l reconcile.Line) {
	colour := map[access.Op]string{access.Remove: red, access.Modify: yellow, access.Add: green}[l.Op]
	p.line("    %s %s  %s", p.paint(colour, string(l.Op)), p.lineOf(g, l), p.paint(dim, "# "+Safe(strings.Join(notes(l), ", "))))
}

// lineOf says a line of changes in words below the heading of its group.
func (p *printer) lineOf(g reconcile.Group, l reconcile.Line) string {
	few := most(p.All, 4)
	f := access.Fact{Kind: l.Kind, Verb: l.Verb, Value: l.Value}
	var parts []string
	parts = append(parts, string(l.Kind))
	if g.Object == "" && g.Type == "user" {
		parts = append(parts, refs(l.Objects, few))
	}
	if f.Verb != "" {
		parts = append(parts, Safe(f.Verb))
	}
	if l.Kind == access.Grants {
		var verbs []string
		for _, c := range l.Changes {
			if f, err := access.ParseFact(c.Fact); err == nil {
				verbs = append(verbs, f.Verb)
			}
		}
		parts = append(parts, listed(verbs, few))
	}
	if len(l.Subjects) > 0 {
		parts = append(parts, refs(l.Subjects, few))
	}
	if f.Value != "" {
		parts = append(parts, "= "+Safe(f.Value))
	}
	if l.Op == access.Modify {
		parts = append(parts, fmt.Sprintf("(was %s)", Safe(l.Was)))
	}
	if g.Object == "" && g.Type != "user" {
		parts = append(parts, "on "+listed(ids(l.Objects), few))
	}
	return strings.Join(parts, " ")
}

func ids(list []access.Ref) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.ID()
	}
	return out
}

// refs writes references of one line: as in facts, and of many only the first.
func refs(list []access.Ref, few int) string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = string(r)
	}
	return listed(out, few)
}

// listed writes a few of a list, and counts the rest.
func listed(list []string, few int) string {
	shown := make([]string, 0, min(few, len(list)))
	for _, s := range list[:min(few, len(list))] {
		shown = append(shown, Safe(s))
	}
	s := strings.Join(shown, ", ")
	if rest := len(list) - len(shown); rest > 0 {
		s += fmt.Sprintf(" and %s more", Number(rest))
	}
	return s
}

// notes say how far changes reach, why they are made, and where that is written.
func notes(l reconcile.Line) []string {
	var out []string
	person := l.Objects[0].IsPerson()
	switch {
	case l.Kind == access.State && l.Op != access.Remove:
		out = append(out, "in every product of the organisation")
	case l.Kind == access.Exists && person && l.Reason() == reconcile.StateEnds:
		return []string{reconcile.StateEnds}
	case l.Kind == access.Exists && person && l.Op == access.Remove:
		out = append(out, "loses access to Confluence here, nothing else")
	}
	at := l.Origin()
	switch {
	case l.Consequence() && len(l.Changes) > 1:
		out = append(out, "falls with what is removed")
	case l.Op == access.Remove || at == nil || l.Consequence() || l.Reason() != reconcile.Described:
		out = append(out, l.Reason())
	}
	if at != nil && !l.Consequence() {
		where := place(at)
		places := make(map[reconcile.Origin]bool)
		for _, c := range l.Changes {
			if c.Origin != nil {
				places[*c.Origin] = true
			}
		}
		if more := len(places) - 1; more > 0 {
			where += fmt.Sprintf(" and %s more", Number(more))
		}
		out = append(out, where)
	}
	switch l.Changes[0].Source {
	case reconcile.Drifted:
		out = append(out, "the site drifted")
	case reconcile.Both:
		out = append(out, "edited, and the site drifted")
	}
	return out
}

func place(o *reconcile.Origin) string {
	return fmt.Sprintf("%s:%d:%d", o.File, o.Line, o.Column)
}
