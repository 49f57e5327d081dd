// Package rewrite edits the text of a description: where an entry stands, so that
// comments and everything else stay as they are written.
//
//	e := rewrite.NewEdit(files, lock, now) // {"a.weir.yaml": "groups: {eng: {members: [bo@acme.example]}}\n"}
//	docs, _ := e.Parse()
//	w := rewrite.New(e.After)
//	w.Join(docs[0].Groups[0], []rewrite.Membership{{Who: "user:ana@acme.example"}})
//	e.After = w.Done() // {"a.weir.yaml": "groups: {eng: {members: [bo@acme.example, ana@acme.example]}}\n"}
//
// A [Rewriter] knows how things are written, in both syntaxes, and not whether they
// may be: an [Edit] compiles what was written, and [Compare] holds it against what was
// meant. It reads and writes no file.
package rewrite

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// Rewriter gathers edits to the text of a description: who is taken out of it, and
// what is written in. It is given places as schema.Parse told them of the same text.
// It believes nothing: whoever uses it compiles what it wrote.
type Rewriter struct {
	files map[string]string
	cuts  map[string][]cut
}

// cut is a stretch of a file, in bytes, with what stands there instead.
type cut struct {
	from, to int
	with     string
}

// New makes a rewriter of files, by name. It leaves the map as it is.
func New(files map[string]string) *Rewriter {
	return &Rewriter{files: files, cuts: make(map[string][]cut)}
}

// Done gives the files with every cut made.
func (w *Rewriter) Done() map[string]string {
	out := make(map[string]string, len(w.files))
	for name, text := range w.files {
		cuts := w.cuts[name]
		slices.SortStableFunc(cuts, func(a, b cut) int { return cmp.Or(cmp.Compare(b.from, a.from), cmp.Compare(b.to, a.to)) })
		end := len(text)
		for _, c := range cuts {
			if c.to > end {
				continue // within another
			}
			text = text[:c.from] + c.with + text[c.to:]
			end = c.from
		}
		out[name] = text
	}
	return out
}

func (w *Rewriter) cut(file string, from, to int, with string) {
	w.cuts[file] = append(w.cuts[file], cut{from, to, with})
}

// offset gives where a place is in a file's text, in bytes.
func (w *Rewriter) offset(file string, p diag.Pos) int {
	text, at := w.files[file], 0
	for range p.Line - 1 {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
	}
	for range p.Column - 1 {
		if at >= len(text) || text[at] == '\n' {
			break
		}
		_, n := firstRune(text[at:])
		at += n
	}
	return at
}

func firstRune(s string) (rune, int) {
	for i, r := range s {
		if i > 0 {
			return r, i
		}
	}
	return 0, len(s)
}

// span gives where a range begins and ends. A range of which only the start is
// known ends with its line.
func (w *Rewriter) span(r diag.Range) (from, to int) {
	from = w.offset(r.File, r.Start)
	if r.End.Line > 0 {
		return from, w.offset(r.File, r.End)
	}
	return from, w.lineEnd(r.File, from)
}

// lineStart gives where the line of a place begins, and lineEnd where its text
// ends, before the line break.
func (w *Rewriter) lineStart(file string, at int) int {
	return strings.LastIndexByte(w.files[file][:at], '\n') + 1
}

func (w *Rewriter) lineEnd(file string, at int) int {
	if i := strings.IndexByte(w.files[file][at:], '\n'); i >= 0 {
		return at + i
	}
	return len(w.files[file])
}

// Replace puts a text in the place of a name, in the quotes that it needs.
func (w *Rewriter) Replace(r diag.Range, text string) {
	from, to := w.span(r)
	if w.files[r.File][from] == '"' || isHCL(r.File) || !bareMember.MatchString(text) && !bareReference.MatchString(text) {
		text = strconv.Quote(text)
	}
	w.cut(r.File, from, to, text)
}

// bareReference is a reference that reads the same without quotes, outside the
// brackets of YAML too.
var bareReference = regexp.MustCompile(`^(user:[A-Za-z][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+|group:[A-Za-z][A-Za-z0-9._-]*|account:[A-Za-z0-9.-]+)$`)

// isHCL reports whether a file is written in HCL.
func isHCL(file string) bool { return path.Ext(file) == ".hcl" }

// restOfLine is what may stand behind an item that has lines of its own.
var restOfLine = regexp.MustCompile(`^[ \t]*,?[ \t]*((#|//).*)?\r?$`)

// Drop takes some items out of what they stand in: a list, in brackets or with a
// line for each, a map, or the blocks of a file. empty is what is written where
// nothing is left ("[]", "{}"; nothing for blocks).
func (w *Rewriter) Drop(items []diag.Range, gone func(diag.Range) bool, empty string) {
	if len(items) == 0 {
		return
	}
	file := items[0].File
	text := w.files[file]
	type item struct {
		from, to    int
		first, last int // of its lines, if they are its own
		own, gone   bool
	}
	list := make([]item, len(items))
	all, lines := true, true
	for i, r := range items {
		it := item{gone: gone(r)}
		it.from, it.to = w.span(r)
		it.first, it.last = w.lineStart(file, it.from), w.lineEnd(file, it.to)
		before := strings.TrimLeft(text[it.first:it.from], " \t")
		before = strings.TrimLeft(strings.TrimPrefix(before, "-"), " \t")
		it.own = before == "" && restOfLine.MatchString(text[it.to:it.last])
		all = all && it.gone
		lines = lines && (it.own || !it.gone)
		list[i] = it
	}
	switch {
	case lines:
		for _, it := range list {
			if it.gone {
				w.cut(file, it.first, min(it.last+1, len(text)), "")
			}
		}
		if all {
			w.hollow(file, list[0].first, empty)
		}
	case all:
		end := list[len(list)-1].to
		if rest := strings.TrimLeft(text[end:], " \t\r\n"); strings.HasPrefix(rest, ",") && !isHCL(file) {
			end = len(text) - len(rest) + 1
		}
		w.cut(file, list[0].from, end, "")
	default:
		for i := 0; i < len(list); i++ {
			if !list[i].gone {
				continue
			}
			j := i
			for j+1 < len(list) && list[j+1].gone {
				j++
			}
			if j+1 < len(list) {
				w.cut(file, list[i].from, list[j+1].from, "")
			} else {
				w.cut(file, list[i-1].to, list[j].to, "")
			}
			i = j
		}
	}
}

var yamlKey = regexp.MustCompile(`:[ \t]*(#.*)?\r?$`)

// hollow writes that nothing is left below the key that stands above a place, where
// YAML would read that as no value.
func (w *Rewriter) hollow(file string, at int, empty string) {
	if isHCL(file) || empty == "" {
		return
	}
	text := w.files[file]
	for at > 0 {
		from := w.lineStart(file, at-1)
		line := text[from : at-1]
		switch m := yamlKey.FindStringIndex(line); {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
		case m != nil:
			w.cut(file, from+m[0]+1, from+m[0]+1, " "+empty)
			return
		default:
			return // a bracket stands there
		}
		at = from
	}
}

// Person is how a description writes a person where only one can stand.
func Person(r access.Ref) string {
	if r.Type() == "user" {
		return r.ID()
	}
	return string(r)
}

// yaml writes a text in YAML: bare where that reads the same.
func yaml(s string) string {
	if bareMember.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

// pairs adds keys to a map of YAML, of which the key and the whole are given.
func (w *Rewriter) pairs(key, whole diag.Range, pairs []string) {
	file := key.File
	text := w.files[file]
	_, at := w.span(key)
	_, end := w.span(whole)
	line := text[at:w.lineEnd(file, at)]
	if end > at && text[end-1] == '}' && !yamlKey.MatchString(line) {
		inner := strings.TrimRight(text[at:end-1], " \t\r\n")
		with := strings.Join(pairs, ", ")
		if !strings.HasSuffix(inner, "{") && !strings.HasSuffix(inner, ",") {
			with = ", " + with
		}
		w.cut(file, at+len(inner), at+len(inner), with)
		return
	}
	below := w.lineEnd(file, at) + 1
	indent := indentOf(text[w.lineStart(file, at):]) + "  "
	if below < len(text) {
		if next := indentOf(text[below:]); len(next) > len(indent)-2 {
			indent = next
		}
	}
	w.cut(file, min(below, len(text)), min(below, len(text)), indent+strings.Join(pairs, "\n"+indent)+"\n")
}

// block adds attributes or blocks to a block of HCL, before its closing brace, and
// makes cuts within it.
func (w *Rewriter) block(whole diag.Range, pairs []string, within ...cut) {
	file := whole.File
	text := w.files[file]
	from, end := w.span(whole)
	brace := end - 1
	for brace > from && text[brace] != '}' {
		brace--
	}
	outer := indentOf(text[w.lineStart(file, from):])
	indent := outer + "  "
	head := strings.IndexByte(text[from:], '{') + from
	inner := text[head+1 : brace]
	if strings.Contains(inner, "\n") {
		w.cuts[file] = append(w.cuts[file], within...)
		at := w.lineStart(file, brace)
		w.cut(file, at, at, indent+strings.Join(pairs, "\n"+indent)+"\n")
		return
	}
	for _, c := range within {
		inner = inner[:c.from-head-1] + c.with + inner[c.to-head-1:]
	}
	if kept := strings.TrimSpace(inner); kept != "" {
		pairs = append([]string{kept}, pairs...)
	}
	w.cut(file, head+1, brace, "\n"+indent+strings.Join(pairs, "\n"+indent)+"\n"+outer)
}

// behind adds entries to a map of YAML behind its last, which is given.
func (w *Rewriter) behind(key, whole diag.Range, entries []string, text string) {
	file := key.File
	at, _ := w.span(key)
	_, end := w.span(whole)
	before := text[w.lineStart(file, at):at]
	if strings.TrimSpace(before) != "" {
		w.cut(file, end, end, ", "+strings.Join(entries, ", "))
		return
	}
	line := w.lineEnd(file, end)
	if rest := strings.TrimSpace(text[end:line]); strings.HasPrefix(rest, "}") {
		w.cut(file, end, end, ", "+strings.Join(entries, ", "))
		return
	}
	with := before + strings.Join(entries, "\n"+before) + "\n"
	if line == len(text) {
		w.cut(file, line, line, "\n"+with)
		return
	}
	w.cut(file, line+1, line+1, with)
}

// append writes behind everything in a file.
func (w *Rewriter) append(file, with string) {
	text := w.files[file]
	if text != "" && !strings.HasSuffix(text, "\n") {
		with = "\n" + with
	}
	w.cut(file, len(text), len(text), with)
}

// indentOf gives the spaces and tabs that a line begins with.
func indentOf(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

var bareMember = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+$`)
