package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
)

// decoder reads one file's nodes into a Document by the tables of key.go.
type decoder struct {
	log
	syntax    Syntax
	templates bool // inside an archetype, where parameters may stand
}

// maxProblems bounds the diagnostics of one file: whoever has so many has one
// cause.
const maxProblems = 200

// log gathers the diagnostics of one file.
type log struct {
	diags diag.List
}

func (l *log) report(d diag.Diagnostic) {
	switch len(l.diags) {
	case maxProblems:
		d = diag.Diagnostic{
			Code: "WR107", Summary: fmt.Sprintf("more than %d problems in this file", maxProblems),
			Hint: "mend the first ones, then look again", Range: diag.Range{File: d.Range.File},
		}
	case maxProblems + 1:
		return
	}
	l.diags = append(l.diags, d)
}

func (l *log) errorf(code string, rng diag.Range, hint, format string, args ...any) {
	l.report(diag.Diagnostic{Code: code, Summary: fmt.Sprintf(format, args...), Hint: hint, Range: rng})
}

// codec reads and writes one type of value. Decode reports what is wrong and
// returns the zero V; encode returns nil for a value that is not there.
type codec[V any] struct {
	expect string // what must stand there: "a list of principals"
	decode func(d *decoder, at string, n *node) V
	encode func(v V) *node
	shape  func(s *shaper) shape // what may stand there, as JSON Schema says it
}

// key is one key of an object that is decoded into a T.
type key[T any] struct {
	spec
	decode func(d *decoder, into *T, e entry)
	encode func(from *T) *node
	shape  func(s *shaper) shape
}

// field ties a row of the table to a field of T.
func field[T, V any](s spec, c codec[V], at func(*T) *V) key[T] {
	s.expect = c.expect
	return key[T]{
		spec:   s,
		decode: func(d *decoder, into *T, e entry) { *at(into) = c.decode(d, s.name, e.value) },
		encode: func(from *T) *node { return c.encode(*at(from)) },
		shape:  c.shape,
	}
}

// decodeKeys reads the entries of n into the fields of an object. The noun
// names the object in messages: "a group".
func decodeKeys[T any](d *decoder, noun string, keys []key[T], n *node, into *T) {
	found := make([]*entry, len(keys))
	for _, e := range n.entries {
		i := slices.IndexFunc(keys, func(k key[T]) bool { return k.matches(e, d.syntax) })
		switch {
		case i < 0:
			unknownKey(d, noun, keys, e)
		case keys[i].later:
			d.notYet(keys[i].name, e.key.rng)
		case !d.spelled(&keys[i].spec, e):
		case found[i] == nil:
			found[i] = asValue(&keys[i].spec, e, d.syntax)
		case keys[i].style == labelled && d.syntax == HCL:
			found[i].value.entries = append(found[i].value.entries, asValue(&keys[i].spec, e, d.syntax).value.entries...)
		default:
			d.twice(keys[i].name, noun, e.key.rng, found[i].key.rng)
		}
	}
	for i, e := range found {
		switch {
		case e != nil:
			keys[i].decode(d, into, *e)
		case keys[i].required && !misspelt(n, &keys[i].spec):
			d.errorf("WR112", n.rng, "write "+keys[i].spelling(d.syntax), "%s has no %s", noun, keys[i].name)
		}
	}
}

// misspelt reports whether a key is there in a form that was reported already,
// so that it is not called missing as well.
func misspelt(n *node, s *spec) bool {
	return slices.ContainsFunc(n.entries, func(e entry) bool { return s.isWord(e.key.text) })
}

// matches reports whether an entry is written with this key, in the right
// form or not.
func (s *spec) matches(e entry, syntax Syntax) bool {
	if e.key.parts != nil {
		return false
	}
	return e.key.text == s.word(syntax) || s.later && s.isWord(e.key.text)
}

// spelled reports whether an HCL entry has the form of its key: an attribute,
// a block, or a block with one label.
func (d *decoder) spelled(s *spec, e entry) bool {
	if d.syntax == YAML {
		return true
	}
	want := "an attribute"
	switch {
	case s.style == attribute && !e.value.block,
		s.style == block && e.value.block && len(e.labels) == 0,
		s.style == labelled && e.value.block && len(e.labels) == 1:
		return true
	case s.style == block:
		want = "a block without a label"
	case s.style == labelled:
		want = "a block with one label"
	}
	d.errorf("WR103", e.key.rng, "write "+s.spelling(HCL), "%s must be %s", e.key.text, want)
	return false
}

// asValue turns a labelled HCL block into what YAML has at its place: a map
// with the label as its key.
func asValue(s *spec, e entry, syntax Syntax) *entry {
	if s.style == labelled && syntax == HCL {
		e.value = &node{kind: dict, rng: e.rng, entries: []entry{{key: e.labels[0], value: e.value, rng: e.rng}}}
	}
	return &e
}

// unknownKey says which key may have been meant.
func unknownKey[T any](d *decoder, noun string, keys []key[T], e entry) {
	var names []string
	for _, k := range keys {
		if k.isWord(e.key.text) {
			// The word of the other syntax.
			d.errorf("WR102", e.key.rng, "write "+k.spelling(d.syntax), "unknown key %q in %s", clip(e.key.text), noun)
			return
		}
		if !k.later {
			names = append(names, k.word(d.syntax))
		}
	}
	hint := "the keys are " + strings.Join(names, ", ")
	if name := nearest.To(e.key.text, names); name != "" {
		hint = fmt.Sprintf("did you mean %q?", name)
	}
	d.errorf("WR102", e.key.rng, hint, "unknown key %q in %s", clip(e.key.text), noun)
}

func (d *decoder) notYet(name string, rng diag.Range) {
	d.report(diag.Diagnostic{
		Code: "WR109", Summary: name + " is not available yet",
		Detail: "It is part of the language, but nothing in this version of weir serves it. To accept it in silence would promise what does not hold.",
		Hint:   "delete it", Range: rng,
	})
}

func (d *decoder) twice(name, where string, second, first diag.Range) {
	d.report(diag.Diagnostic{
		Code: "WR104", Summary: fmt.Sprintf("%s stands twice in %s", clip(name), where),
		Hint: "keep one of the two", Range: second,
		Related: []diag.Related{{Message: "the first one", Range: first}},
	})
}

// wrong reports a value that is not what its key asks for. An empty value has
// a message of its own.
func (d *decoder) wrong(at, expect string, n *node) {
	if n.kind == scalar && n.form == null {
		hint := "give it a value or delete it"
		switch {
		case strings.HasPrefix(expect, "a list"):
			hint = "write [] or delete the key"
		case strings.HasPrefix(expect, "a map"), strings.HasPrefix(expect, "a block"):
			hint = "write {} or delete the key"
		}
		d.errorf("WR108", n.rng, hint, "%s has no value", clip(at))
		return
	}
	hint := ""
	if n.kind == scalar && n.form.isText() && strings.HasPrefix(expect, "a list") {
		hint = "write it in [ ]"
	}
	d.errorf("WR103", n.rng, hint, "%s must be %s, not %s", clip(at), expect, n.describe())
}

// dict returns n if it is a dict and reports it otherwise.
func (d *decoder) dict(at, expect string, n *node) bool {
	if n.kind != dict {
		d.wrong(at, expect, n)
		return false
	}
	return true
}

// list returns the items of a list.
func (d *decoder) list(at, expect string, n *node) ([]*node, bool) {
	if n.kind != list {
		d.wrong(at, expect, n)
		return nil, false
	}
	return n.items, true
}

// names yields the entries of a map whose keys are names that the author
// chose, each name once.
func (d *decoder) names(at string, n *node) func(yield func(Str, entry) bool) {
	type identity struct {
		text     string
		template bool
	}
	return func(yield func(Str, entry) bool) {
		first := make(map[identity]diag.Range, len(n.entries))
		for _, e := range n.entries {
			name, ok := d.text("a name in "+at, e.key, oneLine)
			if !ok {
				continue
			}
			id := identity{name.Value, name.Parts != nil}
			if there, again := first[id]; again {
				d.twice(name.Value, at, e.key.rng, there)
				continue
			}
			first[id] = e.key.rng
			if !yield(name, e) {
				return
			}
		}
	}
}

// lines says whether text may have more than one line.
type lines bool

const (
	oneLine   lines = false // names and words
	manyLines lines = true  // prose
)

// text returns a scalar that must be text.
func (d *decoder) text(at string, n *node, l lines) (Str, bool) {
	switch {
	case n.kind != scalar || n.form == null:
		d.wrong(at, "text", n)
	case !n.form.isText() && d.syntax == YAML:
		d.report(diag.Diagnostic{
			Code: "WR105", Summary: clip(n.text) + " is not text to every reader of YAML",
			Detail: "Without quotes YAML takes such a word for a number, a date, true, false or nothing, and readers of YAML differ in which.",
			Hint:   "quote it: " + quoteYAML(clip(n.text)), Range: n.rng,
		})
	case !n.form.isText():
		d.errorf("WR103", n.rng, "write it in quotes: "+quoteHCL(clip(n.text)), "%s must be text, not %s", clip(at), n.describe())
	case n.text == "":
		d.errorf("WR108", n.rng, "give it a value or delete it", "%s is empty", clip(at))
	case n.parts != nil && !d.templates:
		d.report(diag.Diagnostic{
			Code: "WR111", Summary: "a parameter may stand only inside an archetype",
			Detail: "Elsewhere nothing gives it a value.", Hint: "write $${ for a literal ${", Range: n.rng,
		})
	default:
		if r, bad := control(n, l); bad {
			d.errorf("WR113", n.rng, "delete it", "control character %U in %s", r, clip(at))
			break
		}
		return Str{Value: n.text, Parts: n.parts, Range: n.rng}, true
	}
	return Str{}, false
}

// control finds a control character that may not stand in text. Escapes can
// bring any of them in.
func control(n *node, l lines) (rune, bool) {
	for _, r := range n.text {
		if unicode.IsControl(r) && !(bool(l) && (r == '\n' || r == '\t')) {
			return r, true
		}
	}
	return 0, false
}
