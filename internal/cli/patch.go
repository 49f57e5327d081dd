package cli

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/rewrite"
	"github.com/weirhq/weir/schema"
)

// patcher writes an edit to a description as a patch. It tries likely places, and
// believes none: a patch counts only if the description that it leads to says what
// was to be added, and all that the description said before.
type patcher struct {
	k    *asked
	edit *rewrite.Edit
}

func newPatcher(a *app, k *asked) *patcher {
	return &patcher{k: k, edit: a.openEdit(k.d)}
}

// patch gives a unified diff, with paths in the description's folder, or nothing
// where the edit is none of memberships and roles to add, or no place was found.
func (p *patcher) patch(changes []access.Change) string {
	for _, c := range changes {
		if c.Op != access.Add || c.Fact.Kind != access.Member && c.Fact.Kind != access.Role || !p.add(c.Fact) {
			return ""
		}
	}
	return diffOf(p.edit)
}

// add adds one fact at the first place where that turns out right.
func (p *patcher) add(f access.Fact) bool {
	d, _ := p.edit.Compile()
	if d == nil {
		return false
	}
	was, _ := d.Desired(p.k.obs.Known(access.Memory{}))
	at, ok := was.Origins[access.Fact{Kind: access.Exists, Object: f.Object}]
	if !ok {
		return false
	}
	ok, _ = p.edit.Try(rewrite.In(at.File, p.places(f, at)), func(d *schema.Description) bool {
		is, _ := d.Desired(p.k.obs.Known(access.Memory{}))
		return is.Facts.Has(f) && keepsAll(was.Facts, is.Facts)
	})
	return ok
}

func keepsAll(was, is access.Set) bool {
	for f := range was.All() {
		if !is.Has(f) {
			return false
		}
	}
	return true
}

// places gives texts of the file in which an object's entry stands, each with the
// fact added at another place. The likeliest come first.
func (p *patcher) places(f access.Fact, at diag.Range) []string {
	lines := strings.SplitAfter(p.edit.After[at.File], "\n")
	first := at.Start.Line - 1
	if first < 0 || first >= len(lines) {
		return nil
	}
	e := entry{lines: lines, first: first, last: entryEnd(lines, first), hcl: path.Ext(at.File) == ".hcl"}
	if runes := []rune(lines[first]); at.Start.Column > 0 && at.Start.Column <= len(runes) {
		e.begin = len(string(runes[:at.Start.Column-1]))
	}
	if f.Kind == access.Member {
		return e.inList("members", e.member(f.Subject))
	}
	principal := e.quoted(principalText(f.Subject))
	if f.Kind == access.Restrict {
		return append(e.inList(f.Verb, principal), e.newKey(e.pair(f.Verb, "["+principal+"]"))...)
	}
	role := f.Value
	if !plainKey.MatchString(role) {
		role = strconv.Quote(role)
	}
	out := e.inList(role, principal)
	return append(out, e.inMap("roles", role, principal)...)
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// principalText is how a description writes a principal of a space.
func principalText(r access.Ref) string {
	if r.Type() == "class" {
		return r.ID()
	}
	return string(r)
}

// entry is an object's entry in a file: its lines, and the syntax.
type entry struct {
	lines       []string
	first, last int // the last is not in it
	begin       int // where in the first line it begins: there may be others before it
	hcl         bool
}

// find finds a key in a line, if it stands in the entry; nil if not.
func (e entry) find(key *regexp.Regexp, line int) []int {
	if line != e.first {
		return key.FindStringIndex(e.lines[line])
	}
	m := key.FindStringIndex(e.lines[line][e.begin:])
	if m != nil {
		m[0], m[1] = m[0]+e.begin, m[1]+e.begin
	}
	return m
}

// entryEnd is the line after an entry: the next that is indented no deeper and is
// no closing bracket, which belongs to it.
func entryEnd(lines []string, first int) int {
	depth := len(rewrite.Indent(lines[first]))
	for i := first + 1; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		if text != "" && len(rewrite.Indent(lines[i])) <= depth {
			if strings.HasPrefix(text, "}") || strings.HasPrefix(text, "]") {
				return i + 1
			}
			return i
		}
	}
	return len(lines)
}

func (e entry) quoted(s string) string {
	return strconv.Quote(s)
}

// member is how a list of members names a person: bare in YAML where that reads
// the same.
func (e entry) member(r access.Ref) string {
	if e.hcl {
		return e.quoted(rewrite.Person(r))
	}
	return rewrite.YAML(rewrite.Person(r))
}

// with gives the file's text with lines from..to replaced.
func (e entry) with(from, to int, text ...string) string {
	return strings.Join(slices.Concat(e.lines[:from], text, e.lines[to:]), "")
}

// inList adds an item to the list of a key, wherever in the entry it stands and
// however it is written, or adds the list to the entry.
func (e entry) inList(key, item string) []string {
	var out []string
	list := regexp.MustCompile(`(^|[\s{,])` + regexp.QuoteMeta(key) + `\s*[:=]\s*(\[|\r?\n?$)`)
	for i := e.first; i < e.last; i++ {
		m := e.find(list, i)
		if m == nil {
			continue
		}
		line := e.lines[i]
		if !strings.HasSuffix(line[:m[1]], "[") {
			out = append(out, e.inBlock(i, item)...)
			continue
		}
		if end := strings.IndexByte(line[m[1]:], ']'); end >= 0 {
			at := m[1] + end
			inner := strings.TrimRight(line[m[1]:at], " ")
			switch {
			case strings.TrimSpace(inner) == "":
				inner = item
			case strings.HasSuffix(inner, ","):
				inner += " " + item
			default:
				inner += ", " + item
			}
			out = append(out, e.with(i, i+1, line[:m[1]]+inner+line[at:]))
		} else if strings.TrimSpace(line[m[1]:]) == "" {
			indent := rewrite.Indent(line) + "  "
			if i+1 < len(e.lines) {
				indent = rewrite.Indent(e.lines[i+1])
			}
			out = append(out, e.with(i+1, i+1, indent+item+",\n"))
		}
	}
	if key == "members" {
		out = append(out, e.newKey(e.pair(key, "["+item+"]"))...)
	}
	return out
}

// inBlock adds an item behind the last of a YAML list of which each item has a
// line.
func (e entry) inBlock(key int, item string) []string {
	last, indent := -1, ""
	for i := key + 1; i < len(e.lines); i++ {
		text := strings.TrimSpace(e.lines[i])
		if strings.HasPrefix(text, "- ") && (last < 0 || rewrite.Indent(e.lines[i]) == indent) {
			last, indent = i, rewrite.Indent(e.lines[i])
		} else if text != "" && (last < 0 || len(rewrite.Indent(e.lines[i])) <= len(indent)) {
			break
		}
	}
	if last < 0 {
		return nil
	}
	return []string{e.with(last+1, last+1, indent+"- "+item+"\n")}
}

// inMap adds a list with one item to a map of the entry, or adds the map.
func (e entry) inMap(name, key, item string) []string {
	var out []string
	begin := regexp.MustCompile(`(^|[\s{,])` + name + `\s*[:=]\s*(\{|\r?\n?$)`)
	for i := e.first; i < e.last; i++ {
		m := e.find(begin, i)
		if m == nil {
			continue
		}
		line := e.lines[i]
		rest := line[m[1]:]
		pair := e.pair(key, "["+item+"]")
		switch braced := strings.HasSuffix(line[:m[1]], "{"); {
		case braced && strings.TrimSpace(rest) != "":
			if strings.HasPrefix(strings.TrimSpace(rest), "}") {
				out = append(out, e.with(i, i+1, line[:m[1]]+pair+strings.TrimLeft(rest, " ")))
			} else {
				out = append(out, e.with(i, i+1, line[:m[1]]+pair+", "+strings.TrimLeft(rest, " ")))
			}
		default:
			indent := rewrite.Indent(line) + "  "
			if i+1 < e.last && len(rewrite.Indent(e.lines[i+1])) > len(rewrite.Indent(line)) {
				indent = rewrite.Indent(e.lines[i+1])
			}
			out = append(out, e.with(i+1, i+1, indent+pair+"\n"))
		}
	}
	value := "{" + e.pair(key, "["+item+"]") + "}"
	if e.hcl {
		value = "{ " + e.pair(key, "["+item+"]") + " }"
	}
	return append(out, e.newKey(e.pair(name, value))...)
}

// pair writes a key with its value.
func (e entry) pair(key, value string) string {
	if e.hcl {
		return key + " = " + value
	}
	return key + ": " + value
}

// newKey adds a key to the entry: on a line of its own below its head, or within
// the braces of an entry that is written on one line.
func (e entry) newKey(pair string) []string {
	head := e.lines[e.first]
	text := strings.TrimSpace(head)
	indent := rewrite.Indent(head) + "  "
	if e.first+1 < e.last && len(rewrite.Indent(e.lines[e.first+1])) > len(rewrite.Indent(head)) {
		indent = rewrite.Indent(e.lines[e.first+1])
	}
	var out []string
	if strings.HasSuffix(text, ":") || strings.HasSuffix(text, "{") {
		out = append(out, e.with(e.first+1, e.first+1, indent+pair+"\n"))
	}
	if i := strings.IndexByte(head[e.begin:], '{'); i >= 0 && !strings.HasSuffix(text, "{") {
		i += e.begin
		rest := strings.TrimLeft(head[i+1:], " ")
		between := ", "
		if strings.HasPrefix(rest, "}") {
			between = ""
		}
		if e.hcl {
			between = ""
			if !strings.HasPrefix(rest, "}") {
				return out // an HCL block on one line holds one key
			}
			pair = " " + pair + " "
		}
		out = append(out, e.with(e.first, e.first+1, head[:i+1]+pair+between+rest))
	}
	return out
}
