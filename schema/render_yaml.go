package schema

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/weirhq/weir/access"
)

func renderYAML(root *node, comments Comments) []byte {
	w := &yamlWriter{writer{comments: comments}}
	w.comment(0, "")
	for i, e := range root.entries {
		if i > 0 {
			w.WriteByte('\n')
		}
		w.entry(e, 0, "")
	}
	return []byte(w.String())
}

type yamlWriter struct{ writer }

// growing are the keys whose values stand line by line however short they are:
// a change of one member is then a change of one line.
var growing = map[string]bool{"members": true, "roles": true}

// entry writes "key: value". The entries of collections at the top level are
// objects: typ is the type of their references, and empty for all others.
func (w *yamlWriter) entry(e entry, depth int, typ string) {
	w.indent(depth)
	w.keyValue(e, depth, typ)
}

func (w *yamlWriter) keyValue(e entry, depth int, typ string) {
	name := yamlScalar(e.key)
	w.WriteString(name + ":")
	v := e.value
	open := e.spec != nil && (e.spec.style != attribute || growing[e.spec.name]) || typ != "" && !allScalars(v)
	if line, ok := yamlInline(v, 2*depth+len(name)+2); v.kind == scalar || len(v.items)+len(v.entries) == 0 || ok && !open {
		w.WriteString(" " + line + "\n")
		return
	}
	w.WriteByte('\n')
	for _, item := range v.items {
		w.item(item, depth+1)
	}
	inner := ""
	if e.spec != nil && e.spec.style == labelled {
		inner = e.spec.block
	}
	for _, child := range v.entries {
		if inner != "" {
			w.comment(depth+1, access.NewRef(inner, child.key.text))
		}
		w.entry(child, depth+1, inner)
	}
}

// item writes "- value", a map that does not fit beside the dash key by key.
func (w *yamlWriter) item(v *node, depth int) {
	w.indent(depth)
	w.WriteString("- ")
	line, ok := yamlInline(v, 2*depth+2)
	if ok || v.kind != dict || len(v.entries) == 0 {
		w.WriteString(line + "\n")
		return
	}
	for i, e := range v.entries {
		if i > 0 {
			w.indent(depth + 1)
		}
		w.keyValue(e, depth+1, "")
	}
}

// allScalars reports whether a map holds nothing but single values, so that it
// reads well on one line.
func allScalars(n *node) bool {
	for _, e := range n.entries {
		if e.value.kind != scalar {
			return false
		}
	}
	return true
}

// yamlInline writes a value on one line, and reports whether the line fits
// behind start columns.
func yamlInline(n *node, start int) (string, bool) {
	var parts []string
	switch n.kind {
	case list:
		for _, item := range n.items {
			line, _ := yamlInline(item, 0)
			parts = append(parts, line)
		}
		return joinLines(start, "[", parts, "]")
	case dict:
		for _, e := range n.entries {
			line, _ := yamlInline(e.value, 0)
			parts = append(parts, yamlScalar(e.key)+": "+line)
		}
		return joinLines(start, "{", parts, "}")
	}
	return yamlScalar(n), true
}

// yamlScalar writes a scalar, in quotes where it needs them.
func yamlScalar(n *node) string {
	switch {
	case n.form == number || n.form == date || n.form == boolean:
		return n.text
	case n.parts != nil:
		return quoteYAML(n.text)
	}
	if text := escapeTemplate(n.text); yamlBare(text) {
		return text
	} else {
		return quoteYAML(text)
	}
}

// yamlBare reports whether text may stand without quotes wherever a value may,
// brackets included. It is stricter than YAML, as people are.
func yamlBare(s string) bool {
	for i, r := range s {
		switch {
		case unicode.IsLetter(r), '0' <= r && r <= '9', r == '_', r == '/':
		case i > 0 && strings.ContainsRune("-.+@~%()$", r):
		case i == 0 && r == '~' && len(s) > 1: // a personal space
		case i > 0 && i < len(s)-1 && (r == ' ' && s[i+1] != ' ' || r == ':' && s[i+1] != ' '):
		default:
			return false
		}
	}
	return s != "" && !strings.HasSuffix(s, " ") && !dayForm.MatchString(s) && !readOtherwise(s)
}

// quoteYAML writes text in double quotes. Whatever cannot be seen is escaped.
func quoteYAML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
