package cli

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

// rewriter takes people out of the text of a description, and writes in who takes
// their place. Everything else stays byte for byte: comments, order, layout. Like
// [patcher] it believes nothing: its caller compiles what it wrote.
type rewriter struct {
	files map[string]string
	cuts  map[string][]cut
}

// cut is a stretch of a file, in bytes, with what stands there instead.
type cut struct {
	from, to int
	with     string
}

func newRewriter(files map[string]string) *rewriter {
	return &rewriter{files: files, cuts: make(map[string][]cut)}
}

// done gives the files with every cut made.
func (w *rewriter) done() map[string]string {
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

func (w *rewriter) cut(file string, from, to int, with string) {
	w.cuts[file] = append(w.cuts[file], cut{from, to, with})
}

// offset gives where a place is in a file's text, in bytes.
func (w *rewriter) offset(file string, p diag.Pos) int {
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
func (w *rewriter) span(r diag.Range) (from, to int) {
	from = w.offset(r.File, r.Start)
	if r.End.Line > 0 {
		return from, w.offset(r.File, r.End)
	}
	return from, w.lineEnd(r.File, from)
}

// lineStart gives where the line of a place begins, and lineEnd where its text
// ends, before the line break.
func (w *rewriter) lineStart(file string, at int) int {
	return strings.LastIndexByte(w.files[file][:at], '\n') + 1
}

func (w *rewriter) lineEnd(file string, at int) int {
	if i := strings.IndexByte(w.files[file][at:], '\n'); i >= 0 {
		return at + i
	}
	return len(w.files[file])
}

// replace puts a text in the place of a name, in the quotes that it needs.
func (w *rewriter) replace(r diag.Range, text string) {
	from, to := w.span(r)
	if w.files[r.File][from] == '"' || isHCL(r.File) || !bareMember.MatchString(text) && !bareReference.MatchString(text) {
		text = strconv.Quote(text)
	}
	w.cut(r.File, from, to, text)
}

// bareReference is a reference that reads the same without quotes, outside the
// brackets of YAML too.
var bareReference = regexp.MustCompile(`^(user:[A-Za-z][A-Za-z0-9._+-]*@[A-Za-z0-9.-]+|group:[A-Za-z][A-Za-z0-9._-]*|account:[A-Za-z0-9.-]+)$`)

func isHCL(file string) bool { return path.Ext(file) == ".hcl" }

// restOfLine is what may stand behind an item that has lines of its own.
var restOfLine = regexp.MustCompile(`^[ \t]*,?[ \t]*((#|//).*)?\r?$`)

// drop takes some items out of what they stand in: a list, in brackets or with a
// line for each, a map, or the blocks of a file. empty is what is written where
// nothing is left ("[]", "{}"; nothing for blocks).
func (w *rewriter) drop(items []diag.Range, gone func(diag.Range) bool, empty string) {
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
func (w *rewriter) hollow(file string, at int, empty string) {
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

// departure is somebody who is written down as having left.
type departure struct {
	who, successor access.Ref // successor may be empty
	state          string
}

// left is the value of the key left.
func (d departure) left(hcl bool) string {
	switch {
	case d.successor == "" || d.successor.Type() == "group":
		return "{}"
	case hcl:
		return "{ successor = " + strconv.Quote(personText(d.successor)) + " }"
	}
	return "{successor: " + yamlText(personText(d.successor)) + "}"
}

// personText is how a description writes a person where only one can stand.
func personText(r access.Ref) string {
	if r.Type() == "user" {
		return r.ID()
	}
	return string(r)
}

// yamlText writes a text in YAML: bare where that reads the same.
func yamlText(s string) string {
	if bareMember.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}

// depart writes state and left into the entry of a person.
func (w *rewriter) depart(u schema.User, d departure) {
	file := u.Email.Range.File
	hcl := isHCL(file)
	var pairs []string
	var within []cut
	if u.State != nil {
		from, to := w.span(u.State.Range)
		state := d.state
		if hcl || w.files[file][from] == '"' {
			state = strconv.Quote(state)
		}
		within = append(within, cut{from, to, state})
	} else if hcl {
		pairs = append(pairs, "state = "+strconv.Quote(d.state))
	} else {
		pairs = append(pairs, "state: "+d.state)
	}
	if hcl {
		w.block(u.Range, append(pairs, "left = "+d.left(true)), within...)
		return
	}
	w.cuts[file] = append(w.cuts[file], within...)
	pairs = append(pairs, "left: "+d.left(false))
	w.pairs(u.Email.Range, u.Range, pairs)
}

// pairs adds keys to a map of YAML, of which the key and the whole are given.
func (w *rewriter) pairs(key, whole diag.Range, pairs []string) {
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
func (w *rewriter) block(whole diag.Range, pairs []string, within ...cut) {
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

// arrive writes an entry for people who have none: where entries of people stand
// already, else behind everything in a file.
func (w *rewriter) arrive(docs []schema.Document, home string, list []departure) {
	if len(list) == 0 {
		return
	}
	last, found := schema.User{}, false
	for _, d := range docs {
		if n := len(d.Users); n > 0 {
			last, found = d.Users[n-1], true
		}
	}
	var entries []string
	file := home
	if found {
		file = last.Email.Range.File
	}
	hcl := isHCL(file)
	for _, d := range list {
		if hcl {
			entries = append(entries, "user "+strconv.Quote(personText(d.who))+" {\n  state = "+strconv.Quote(d.state)+"\n  left = "+d.left(true)+"\n}\n")
		} else {
			entries = append(entries, yamlText(personText(d.who))+": {state: "+d.state+", left: "+d.left(false)+"}")
		}
	}
	text := w.files[file]
	switch {
	case hcl:
		w.append(file, "\n"+strings.Join(entries, "\n"))
	case !found:
		w.append(file, "users:\n  "+strings.Join(entries, "\n  ")+"\n")
	default:
		w.behind(last.Email.Range, last.Range, entries, text)
	}
}

// behind adds entries to a map of YAML behind its last, which is given.
func (w *rewriter) behind(key, whole diag.Range, entries []string, text string) {
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
func (w *rewriter) append(file, with string) {
	text := w.files[file]
	if text != "" && !strings.HasSuffix(text, "\n") {
		with = "\n" + with
	}
	w.cut(file, len(text), len(text), with)
}

// listed is a page that is to be described, with who alone may view and edit it.
type listed struct {
	page       access.Ref
	view, edit []access.Ref
}

// pages describes pages that have no entry.
func (w *rewriter) pages(docs []schema.Document, home string, list []listed) {
	bySpace := make(map[access.Ref][]listed)
	for _, l := range list {
		bySpace[l.page.PageSpace()] = append(bySpace[l.page.PageSpace()], l)
	}
	entries := make(map[access.Ref]schema.Space)
	var last *schema.Space
	for i := range docs {
		for j := range docs[i].Spaces {
			last = &docs[i].Spaces[j]
			entries[access.NewRef("space", last.Key.Value)] = *last
		}
	}
	file := home
	if last != nil {
		file = last.Key.Range.File
	}
	var fresh []string
	for _, space := range slices.Sorted(maps.Keys(bySpace)) {
		pages := bySpace[space]
		s, described := entries[space]
		switch {
		case described && isHCL(s.Key.Range.File):
			w.block(s.Range, pageBlocks(pages, "  "))
		case described:
			for _, typ := range []string{"page", "blogpost"} {
				w.pagesOf(s, typ, pages)
			}
		case isHCL(file):
			fresh = append(fresh, "space "+strconv.Quote(space.ID())+" {\n  "+strings.Join(pageBlocks(pages, "  "), "\n  ")+"\n}\n")
		default:
			var keys []string
			for _, typ := range []string{"page", "blogpost"} {
				if pairs := pagePairs(pages, typ); len(pairs) > 0 {
					keys = append(keys, pagesKey[typ]+": {"+strings.Join(pairs, ", ")+"}")
				}
			}
			fresh = append(fresh, strconv.Quote(space.ID())+": {"+strings.Join(keys, ", ")+"}")
		}
	}
	switch {
	case len(fresh) == 0:
	case isHCL(file):
		w.append(file, "\n"+strings.Join(fresh, "\n"))
	case last == nil:
		w.append(file, "spaces:\n  "+strings.Join(fresh, "\n  ")+"\n")
	default:
		w.behind(last.Key.Range, last.Range, fresh, w.files[file])
	}
}

// pagesKey is the key of a space under which pages and blog posts stand.
var pagesKey = map[string]string{"page": "pages", "blogpost": "blog_posts"}

// pagesOf adds pages, or blog posts, to a space's entry in YAML.
func (w *rewriter) pagesOf(s schema.Space, typ string, pages []listed) {
	pairs := pagePairs(pages, typ)
	if len(pairs) == 0 {
		return
	}
	there := s.Pages
	if typ == "blogpost" {
		there = s.BlogPosts
	}
	if n := len(there); n > 0 {
		w.behind(there[n-1].Title.Range, there[n-1].Range, pairs, w.files[s.Key.Range.File])
		return
	}
	w.pairs(s.Key.Range, s.Range, []string{pagesKey[typ] + ": {" + strings.Join(pairs, ", ") + "}"})
}

// pagePairs writes pages of a type as entries of a YAML map.
func pagePairs(pages []listed, typ string) []string {
	var out []string
	for _, l := range pages {
		if l.page.Type() != typ {
			continue
		}
		var lists []string
		if len(l.view) > 0 {
			lists = append(lists, "view: "+quotedList(l.view))
		}
		if len(l.edit) > 0 {
			lists = append(lists, "edit: "+quotedList(l.edit))
		}
		out = append(out, quotedTitle(l.page)+": {"+strings.Join(lists, ", ")+"}")
	}
	return out
}

// pageBlocks writes pages as blocks of HCL.
func pageBlocks(pages []listed, indent string) []string {
	var out []string
	for _, l := range pages {
		word := "page"
		if l.page.Type() == "blogpost" {
			word = "blog_post"
		}
		text := word + " " + quotedTitle(l.page) + " {\n"
		if len(l.view) > 0 {
			text += indent + "  view = " + quotedList(l.view) + "\n"
		}
		if len(l.edit) > 0 {
			text += indent + "  edit = " + quotedList(l.edit) + "\n"
		}
		out = append(out, text+indent+"}")
	}
	return out
}

// quotedTitle writes a title as a name: what looks like a parameter is doubled.
func quotedTitle(page access.Ref) string {
	return strconv.Quote(strings.ReplaceAll(page.PageTitle(), "${", "$${"))
}

func quotedList(list []access.Ref) string {
	var out []string
	for _, r := range list {
		out = append(out, strconv.Quote(string(r)))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
