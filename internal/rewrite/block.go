package rewrite

import (
	"regexp"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// Block is an entry in a file: its lines, and the syntax. What its methods give are
// texts of the file with something written at each place where it may belong, the
// likeliest first: they look at lines, and only whoever compiles them knows which of
// them is right (see [Edit.Try]).
type Block struct {
	file        string
	lines       []string
	first, last int // the last is not in it
	begin       int // where in the first line it begins: there may be others before it
	hcl         bool
}

// BlockAt gives the entry that stands at a place of a file's text; ok is false where
// the text has no such line.
func BlockAt(at diag.Range, text string) (b Block, ok bool) {
	lines := strings.SplitAfter(text, "\n")
	first := at.Start.Line - 1
	if first < 0 || first >= len(lines) {
		return Block{}, false
	}
	b = Block{file: at.File, lines: lines, first: first, last: blockEnd(lines, first), hcl: isHCL(at.File)}
	if runes := []rune(lines[first]); at.Start.Column > 0 && at.Start.Column <= len(runes) {
		b.begin = len(string(runes[:at.Start.Column-1]))
	}
	return b, true
}

// Members adds a person to the members of a group.
func (b Block) Members(who access.Ref) []Place {
	return b.InList("members", Membership{Who: who}.text(b.hcl))
}

// Requests adds a request to what is said of personal spaces, or gives one that is
// there another day.
func (b Block) Requests(m Membership) []Place {
	item := m.text(b.hcl)
	var out []Place
	asked := regexp.MustCompile(`\{[^{}]*\bwho\s*[:=]\s*"?(user:)?` + regexp.QuoteMeta(m.Who.ID()) + `"?[^{}]*\}`)
	for i := b.first; i < b.last; i++ {
		if m := asked.FindStringIndex(b.lines[i]); m != nil {
			out = append(out, b.with(i, i+1, b.lines[i][:m[0]]+item+b.lines[i][m[1]:]))
		}
	}
	return slices.Concat(out, b.InList("requests", item), b.NewList("requests", item))
}

// find finds a key in a line, if it stands in the entry; nil if not.
func (b Block) find(key *regexp.Regexp, line int) []int {
	if line != b.first {
		return key.FindStringIndex(b.lines[line])
	}
	m := key.FindStringIndex(b.lines[line][b.begin:])
	if m != nil {
		m[0], m[1] = m[0]+b.begin, m[1]+b.begin
	}
	return m
}

// blockEnd is the line after an entry: the next that is indented no deeper and is
// no closing bracket, which belongs to it.
func blockEnd(lines []string, first int) int {
	depth := len(indentOf(lines[first]))
	for i := first + 1; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		if text != "" && len(indentOf(lines[i])) <= depth {
			if strings.HasPrefix(text, "}") || strings.HasPrefix(text, "]") {
				return i + 1
			}
			return i
		}
	}
	return len(lines)
}

// with gives the file with lines from..to replaced.
func (b Block) with(from, to int, text ...string) Place {
	return Place{b.file, strings.Join(slices.Concat(b.lines[:from], text, b.lines[to:]), "")}
}

// InList adds an item to the list of a key, wherever in the entry it stands and
// however it is written, or adds the list to the entry.
func (b Block) InList(key, item string) []Place {
	var out []Place
	list := regexp.MustCompile(`(^|[\s{,])` + regexp.QuoteMeta(key) + `\s*[:=]\s*(\[|\r?\n?$)`)
	for i := b.first; i < b.last; i++ {
		m := b.find(list, i)
		if m == nil {
			continue
		}
		line := b.lines[i]
		if !strings.HasSuffix(line[:m[1]], "[") {
			out = append(out, b.inBlock(i, item)...)
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
			out = append(out, b.with(i, i+1, line[:m[1]]+inner+line[at:]))
		} else if strings.TrimSpace(line[m[1]:]) == "" {
			indent := indentOf(line) + "  "
			if i+1 < len(b.lines) {
				indent = indentOf(b.lines[i+1])
			}
			out = append(out, b.with(i+1, i+1, indent+item+",\n"))
		}
	}
	if key == "members" {
		out = append(out, b.NewList(key, item)...)
	}
	return out
}

// inBlock adds an item behind the last of a YAML list of which each item has a
// line.
func (b Block) inBlock(key int, item string) []Place {
	last, indent := -1, ""
	for i := key + 1; i < len(b.lines); i++ {
		text := strings.TrimSpace(b.lines[i])
		if strings.HasPrefix(text, "- ") && (last < 0 || indentOf(b.lines[i]) == indent) {
			last, indent = i, indentOf(b.lines[i])
		} else if text != "" && (last < 0 || len(indentOf(b.lines[i])) <= len(indent)) {
			break
		}
	}
	if last < 0 {
		return nil
	}
	return []Place{b.with(last+1, last+1, indent+"- "+item+"\n")}
}

// InMap adds a list with one item to a map of the entry, or adds the map.
func (b Block) InMap(name, key, item string) []Place {
	var out []Place
	list := pair(key, "["+item+"]", b.hcl)
	begin := regexp.MustCompile(`(^|[\s{,])` + name + `\s*[:=]\s*(\{|\r?\n?$)`)
	for i := b.first; i < b.last; i++ {
		m := b.find(begin, i)
		if m == nil {
			continue
		}
		line := b.lines[i]
		rest := line[m[1]:]
		switch braced := strings.HasSuffix(line[:m[1]], "{"); {
		case braced && strings.TrimSpace(rest) != "":
			if strings.HasPrefix(strings.TrimSpace(rest), "}") {
				out = append(out, b.with(i, i+1, line[:m[1]]+list+strings.TrimLeft(rest, " ")))
			} else {
				out = append(out, b.with(i, i+1, line[:m[1]]+list+", "+strings.TrimLeft(rest, " ")))
			}
		default:
			indent := indentOf(line) + "  "
			if i+1 < b.last && len(indentOf(b.lines[i+1])) > len(indentOf(line)) {
				indent = indentOf(b.lines[i+1])
			}
			out = append(out, b.with(i+1, i+1, indent+list+"\n"))
		}
	}
	value := "{" + list + "}"
	if b.hcl {
		value = "{ " + list + " }"
	}
	return append(out, b.newKey(pair(name, value, b.hcl))...)
}

// NewList adds a list with one item to the entry.
func (b Block) NewList(key, item string) []Place {
	return b.newKey(pair(key, "["+item+"]", b.hcl))
}

// newKey adds a key to the entry: on a line of its own below its head, or within
// the braces of an entry that is written on one line.
func (b Block) newKey(entry string) []Place {
	head := b.lines[b.first]
	text := strings.TrimSpace(head)
	indent := indentOf(head) + "  "
	if b.first+1 < b.last && len(indentOf(b.lines[b.first+1])) > len(indentOf(head)) {
		indent = indentOf(b.lines[b.first+1])
	}
	var out []Place
	if strings.HasSuffix(text, ":") || strings.HasSuffix(text, "{") {
		out = append(out, b.with(b.first+1, b.first+1, indent+entry+"\n"))
	}
	if i := strings.IndexByte(head[b.begin:], '{'); i >= 0 && !strings.HasSuffix(text, "{") {
		i += b.begin
		rest := strings.TrimLeft(head[i+1:], " ")
		between := ", "
		if strings.HasPrefix(rest, "}") {
			between = ""
		}
		if b.hcl {
			between = ""
			if !strings.HasPrefix(rest, "}") {
				return out // an HCL block on one line holds one key
			}
			entry = " " + entry + " "
		}
		out = append(out, b.with(b.first, b.first+1, head[:i+1]+entry+between+rest))
	}
	return out
}
