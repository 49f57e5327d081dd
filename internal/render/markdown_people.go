package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// verdict says whether the plan may be applied and what it does to people; then,
// in one line, what it is a plan of.
func (m *markdown) verdict() part {
	plan := m.plan
	head := m.voice.unchanged(plan)
	if !nothing(plan) {
		head = m.voice.verdict(plan)
	}
	facts := m.voice.effort(plan)
	if s := Summary(plan); s != "" {
		facts += ". Changes: " + s
	}
	facts += ". Digest " + code(plan.Digest) + "."
	if m.Since != nil {
		facts += " Since the last push: " + brief(m.since) + "."
	}
	if s := plan.Snapshot; s != nil {
		facts += " A plan " + m.voice.snapshot(s) + "."
	}
	if plan.Audience == reconcile.Public {
		facts += " For the public: who and what the description does not name has a pseudonym."
	}
	return part{head: fmt.Sprintf("### %s\n\n%s\n\n", upper(head), facts)}
}

// nothing reports whether there is nothing to do.
func nothing(plan *reconcile.Plan) bool {
	return len(plan.Changes) == 0 && len(plan.Manual) == 0 && !plan.Stops().Any()
}

// glance tells in a line each what opens and who loses, where the sections that do
// are longer than that, and whom to ask.
func (m *markdown) glance() part {
	opens, losses, _ := divided(m.plan.Impacts)
	if len(opens)+len(losses) <= 2 {
		opens, losses = nil, nil
	}
	var b strings.Builder
	for _, l := range []struct{ title, text string }{
		{"Opens", m.inBrief(opens)}, {"Loses", m.inBrief(losses)}, {"Owners to ask", m.owners()},
	} {
		if l.text != "" {
			fmt.Fprintf(&b, "- **%s:** %s.\n", l.title, l.text)
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	return part{head: b.String()}
}

// owners names who answers for the spaces that a plan touches, those of most first.
func (m *markdown) owners() string {
	const few, spaces = 5, 3
	of := make(map[string][]string)
	for space, owner := range m.plan.Owners {
		of[owner] = append(of[owner], space)
	}
	all := slices.SortedFunc(maps.Keys(of), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(of[b]), len(of[a])), cmp.Compare(a, b))
	})
	var out []string
	for _, owner := range all[:min(few, len(all))] {
		slices.Sort(of[owner])
		out = append(out, m.voice.principal(access.Ref(owner))+" for "+m.voice.objects(of[owner], spaces))
	}
	if more := len(all) - few; more > 0 {
		out = append(out, Number(more)+" more")
	}
	return strings.Join(out, "; ")
}

// inBrief tells what happens to people by how they stood and will stand.
func (m *markdown) inBrief(list []reconcile.Impact) string {
	const few = 8
	list = reconcile.ByStanding(list)
	var out []string
	for _, i := range list[:min(few, len(list))] {
		s := m.voice.impact(i)
		line := fmt.Sprintf("%s%s %s %s", mark(s), m.who(i.People, 2, 0), s.Verb, s.What)
		if i.Cause.Kind == "" && len(i.People) > 1 && len(i.Objects) > 1 {
			line += ", each on some of them"
		}
		out = append(out, line)
	}
	if more := list[len(out):]; len(more) > 0 {
		out = append(out, fmt.Sprintf("%s in %s", persons(more), Count(len(more), "other way", "other ways")))
	}
	return strings.Join(out, "; ")
}

func mark(s Sentence) string {
	if s.Mark == "" {
		return ""
	}
	return "**" + s.Mark + "** "
}

// persons counts the people of impacts, and names the public.
func persons(list []reconcile.Impact) string {
	n := distinct(list)
	anybody := slices.ContainsFunc(list, func(i reconcile.Impact) bool { return slices.Contains(i.People, string(access.Anonymous)) })
	switch {
	case !anybody:
		return Count(n, "person", "people")
	case n == 0:
		return "the public"
	}
	return "the public and " + Count(n, "person", "people")
}

// who names people if they are so few, and otherwise counts them and names the
// first.
func (m *markdown) who(list []string, few, first int) string {
	if len(list) > few {
		few = first
	}
	return m.voice.people(list, m.plan.Names, few)
}

// impactLine tells of one impact.
func (m *markdown) impactLine(i reconcile.Impact) string {
	s := m.voice.impact(i)
	line := fmt.Sprintf("- %s%s %s %s: %s", mark(s), m.who(i.People, shownNames, firstNames), s.Verb, s.What, s.Why)
	if at := because(i.Reason, i.Origin); at != "" {
		line += " (" + at + ")"
	}
	return line + "\n"
}

// How many people a line names before it counts them, and then still names.
const (
	shownNames = 10
	firstNames = 3
)

// opened tells what opens something to the public, to guests, to people from
// outside, or to those who come to administer.
func (m *markdown) opened() part {
	const lines = 8
	opens, _, _ := divided(m.plan.Impacts)
	if len(opens) == 0 {
		return part{}
	}
	folded := reconcile.Fold(opens, lines)
	var out []string
	for _, i := range folded {
		out = append(out, m.impactLine(i))
	}
	return m.list(2, 0, fmt.Sprintf("What opens (to %s)", persons(opens)), out, func(from int) string {
		return persons(folded[from:]) + " more in " + Count(len(folded)-from, "line", "lines")
	})
}

// losses is the table of who loses what. It is never cut: what does not fit is told
// in fewer lines, with fewer names, until a count accounts for everybody.
func (m *markdown) losses() part {
	const lines = 40 // more are no table that anybody reads
	_, losses, _ := divided(m.plan.Impacts)
	if len(losses) == 0 {
		return part{}
	}
	title := fmt.Sprintf("#### Who loses (%s)\n\n", persons(losses))
	everything := " `weir plan --all` shows every line, and `--format json` who loses what where.\n\n"
	table := func(list []reconcile.Impact, names, first int, note string) func() string {
		return func() string {
			var b strings.Builder
			b.WriteString(title + "| Who | What | Why | Where |\n| --- | --- | --- | --- |\n")
			for _, i := range list {
				s := m.voice.impact(i)
				fmt.Fprintf(&b, "| %s | %s %s | %s | %s |\n", m.who(i.People, names, first), s.Verb, s.What, s.Why, because(i.Reason, i.Origin))
			}
			if note != "" {
				b.WriteString("\n" + note + everything)
			} else {
				b.WriteString("\n")
			}
			return b.String()
		}
	}
	p := part{priority: 1}
	if len(losses) <= lines {
		p.forms = append(p.forms, table(losses, shownNames, firstNames, ""), table(losses, firstNames, firstNames, ""))
	}
	folded := reconcile.Fold(losses, 8)
	if len(folded) <= lines {
		note := "Lines that differ only in the group, role or person behind them are put together."
		p.forms = append(p.forms, table(folded, shownNames, firstNames, note), table(folded, firstNames, firstNames, note))
	}
	all := reconcile.ByStanding(losses)
	note := fmt.Sprintf("This is %s in short, by how people stand before and after, whatever does it.", Count(len(losses), "line", "lines"))
	p.forms = append(p.forms, table(all, firstNames, firstNames, note), table(all, 0, 0, note), func() string {
		return title + upper(persons(losses)) + " lose something, in " + Count(len(losses), "line", "lines") + " that do not fit here." + everything
	})
	return p
}

// gains tells what else is gained.
func (m *markdown) gains() part {
	lines := 12
	if m.Flavour == FlavourBitbucket {
		lines = 5
	}
	_, _, gains := divided(m.plan.Impacts)
	if len(gains) == 0 {
		return part{}
	}
	folded := reconcile.Fold(gains, 8)
	var out []string
	for _, i := range folded {
		out = append(out, m.impactLine(i))
	}
	return m.list(7, lines, fmt.Sprintf("Who gains (%s)", persons(gains)), out, func(from int) string {
		return persons(folded[from:]) + " in " + Count(len(folded)-from, "line", "lines")
	})
}

// everybody names those whom lines only count, of what opens and what is lost.
func (m *markdown) everybody() part {
	const perLine = 3
	opens, losses, _ := divided(m.plan.Impacts)
	var out []string
	var named []int // people of each line
	for _, i := range slices.Concat(losses, opens) {
		if len(i.People) <= shownNames {
			continue
		}
		s := ImpactOf(i)
		out = append(out, fenced("@@", fmt.Sprintf("%s %s %s: %s", persons([]reconcile.Impact{i}), s.Verb, s.What, s.Why)))
		named = append(named, 0)
		for some := range slices.Chunk(i.People, perLine) {
			names := make([]string, len(some))
			for n, who := range some {
				names[n] = withName(who, m.plan.Names)
			}
			out = append(out, fenced("·", strings.Join(names, ", ")))
			named = append(named, len(some))
		}
	}
	if len(out) == 0 || m.Flavour == FlavourBitbucket {
		return part{} // the table says where all of it is
	}
	return m.foldable(8, "Everybody who is only counted above", "text", out, func(from int) string {
		n := 0
		for _, k := range named[from:] {
			n += k
		}
		return Count(n, "other name", "other names")
	})
}

// withName names a person by the reference, which is nobody else's, and the name.
func withName(who string, known map[string]string) string {
	const long = 60
	if access.Ref(who) == access.Anonymous {
		return "the public"
	}
	s := cut(access.Ref(who).ID(), long)
	if name := known[who]; name != "" && name != access.Ref(who).ID() {
		s += " (" + cut(name, long) + ")"
	}
	return s
}
