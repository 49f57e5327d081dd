package rewrite

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

// Entry is what is written of a person. An empty name or state says nothing.
type Entry struct {
	Who         access.Ref
	Name, State string
}

// Enter writes entries for people who have none into a file: behind the last of the
// file, or behind everything in it.
func (w *Rewriter) Enter(docs []schema.Document, file string, list []Entry) {
	if len(list) == 0 {
		return
	}
	hcl := isHCL(file)
	var entries []string
	for _, p := range list {
		var pairs []string
		if p.Name != "" {
			pairs = append(pairs, pair("name", name(p.Name, hcl), hcl))
		}
		if p.State != "" && p.State != "active" {
			pairs = append(pairs, pair("state", word(p.State, hcl), hcl))
		}
		switch {
		case hcl && len(pairs) == 0:
			entries = append(entries, "user "+strconv.Quote(Person(p.Who))+" {}\n")
		case hcl:
			entries = append(entries, "user "+strconv.Quote(Person(p.Who))+" {\n  "+strings.Join(pairs, "\n  ")+"\n}\n")
		default:
			entries = append(entries, yaml(Person(p.Who))+": {"+strings.Join(pairs, ", ")+"}")
		}
	}
	var last *schema.User
	for _, d := range docs {
		if n := len(d.Users); d.File == file && n > 0 {
			last = &d.Users[n-1]
		}
	}
	text := w.files[file]
	switch {
	case hcl && text == "":
		w.append(file, strings.Join(entries, "\n"))
	case hcl:
		w.append(file, "\n"+strings.Join(entries, "\n"))
	case last == nil && strings.TrimSpace(text) != "":
		w.append(file, "\nusers:\n  "+strings.Join(entries, "\n  ")+"\n")
	case last == nil:
		w.append(file, "users:\n  "+strings.Join(entries, "\n  ")+"\n")
	default:
		w.behind(last.Email.Range, last.Range, entries, text)
	}
}

// Describe writes a name and a state into the entry of a person, where each says
// something else than what stands there.
func (w *Rewriter) Describe(u schema.User, to Entry) {
	hcl := isHCL(u.Email.Range.File)
	var pairs []string
	put := func(key string, there *schema.Str, value, text string) {
		switch {
		case value == "" || there != nil && there.Value == value:
		case there != nil:
			from, to := w.span(there.Range)
			w.cut(there.Range.File, from, to, text)
		default:
			pairs = append(pairs, pair(key, text, hcl))
		}
	}
	put("name", u.Name, to.Name, name(to.Name, hcl))
	if to.State != "active" || u.State != nil {
		put("state", u.State, to.State, word(to.State, hcl))
	}
	switch {
	case len(pairs) == 0:
	case hcl:
		w.block(u.Range, pairs)
	default:
		w.pairs(u.Email.Range, u.Range, pairs)
	}
}

// Membership is an entry of a group's members, or of another list of people.
type Membership struct {
	Who   access.Ref
	Until string // its last day, YYYY-MM-DD; empty: it has none
}

// In gives the entry as the syntax of a file writes it.
func (m Membership) In(file string) string { return m.text(isHCL(file)) }

func (m Membership) text(hcl bool) string {
	who := yaml(Person(m.Who))
	if hcl {
		who = strconv.Quote(Person(m.Who))
	}
	return member(who, m.Until, hcl)
}

// Join adds people to the members of a group, in the way in which those are listed.
func (w *Rewriter) Join(g schema.Group, joins []Membership) {
	file := g.Name.Range.File
	hcl := isHCL(file)
	var items []string
	for _, j := range joins {
		items = append(items, j.text(hcl))
	}
	text := w.files[file]
	if g.Members == nil {
		if list := "[" + strings.Join(items, ", ") + "]"; hcl {
			w.block(g.Range, []string{"members = " + list})
		} else {
			w.pairs(g.Name.Range, g.Range, []string{"members: " + list})
		}
		return
	}
	begin, _ := w.span(g.Members.Range)
	bracket := text[begin] == '['
	n := len(g.Members.Items)
	if n == 0 {
		w.cut(file, begin+1, begin+1, strings.Join(items, ", "))
		return
	}
	from, end := w.span(g.Members.Items[n-1].Range)
	line := w.lineEnd(file, end)
	before := text[w.lineStart(file, from):from]
	if !bracket {
		w.cut(file, line, line, "\n"+before+strings.Join(items, "\n"+before))
		return
	}
	if strings.TrimSpace(before) != "" || !restOfLine.MatchString(text[end:line]) {
		w.cut(file, end, end, ", "+strings.Join(items, ", "))
		return
	}
	// Each has a line of its own: so have the new ones, behind what is remarked of the
	// last.
	if !strings.HasPrefix(strings.TrimLeft(text[end:line], " \t"), ",") {
		w.cut(file, end, end, ",")
	}
	w.cut(file, line, line, "\n"+before+strings.Join(items, ",\n"+before)+",")
}

// Until gives a membership another last day.
func (w *Rewriter) Until(g schema.Grant, last string) {
	file := g.Who.Range.File
	hcl := isHCL(file)
	day := word(last, hcl)
	from, end := w.span(g.Range)
	text := w.files[file]
	whoFrom, whoEnd := w.span(g.Who.Range)
	switch {
	case g.Until != nil:
		from, to := w.span(g.Until.Range)
		if text[from] == '"' || text[from] == '\'' {
			day = strconv.Quote(last)
		}
		w.cut(file, from, to, day)
	case g.Reason == nil:
		w.cut(file, from, end, member(text[whoFrom:whoEnd], last, hcl))
	case text[from] == '{':
		w.cut(file, whoEnd, whoEnd, ", "+pair("until", day, hcl))
	default:
		indent := strings.Repeat(" ", whoFrom-w.lineStart(file, whoFrom)-len("who: "))
		w.cut(file, w.lineEnd(file, whoEnd), w.lineEnd(file, whoEnd), "\n"+indent+"until: "+day)
	}
}

// member writes an entry of a list of members; who is written already.
func member(who, until string, hcl bool) string {
	switch {
	case until == "":
		return who
	case hcl:
		return "{ who = " + who + ", until = " + strconv.Quote(until) + " }"
	}
	return "{who: " + who + ", until: " + until + "}"
}

func pair(key, value string, hcl bool) string {
	if hcl {
		return key + " = " + value
	}
	return key + ": " + value
}

// word writes a word of the language.
func word(s string, hcl bool) string {
	if hcl {
		return strconv.Quote(s)
	}
	return s
}

// bareName is a name of several words, which no reader of YAML takes for anything
// else.
var bareName = regexp.MustCompile(`^\p{L}[\p{L}.'-]*( \p{L}[\p{L}.'-]*)+$`)

// name writes a name; what looks like a parameter is doubled.
func name(s string, hcl bool) string {
	switch s = strings.ReplaceAll(s, "${", "$${"); {
	case hcl:
		s = strings.ReplaceAll(s, "%{", "%%{")
	case bareName.MatchString(s):
		return s
	}
	return strconv.Quote(s)
}
