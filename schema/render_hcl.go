package schema

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/weirhq/weir/access"
)

func renderHCL(root *node, comments Comments) []byte {
	w := &hclWriter{writer{comments: comments}}
	w.comment(0, "")
	for i, e := range root.entries {
		if i > 0 {
			w.WriteByte('\n')
		}
		w.entry(e, 0)
	}
	// Lines up the equals signs.
	return hclwrite.Format([]byte(w.String()))
}

type hclWriter struct{ writer }

// entry writes one key: an attribute, a block, or a block for each name.
func (w *hclWriter) entry(e entry, depth int) {
	switch e.spec.style {
	case attribute:
		w.indent(depth)
		w.WriteString(e.key.text + " = " + hclValue(e.value, depth, len(e.key.text)+3) + "\n")
	case block:
		w.block(e.spec.name, e.value, depth)
	case labelled:
		for _, child := range e.value.entries {
			w.comment(depth, access.NewRef(e.spec.block, child.key.text))
			w.block(e.spec.block+" "+hclScalar(child.key), child.value, depth)
		}
	}
}

// block writes a block. An empty one, and one with a single short attribute,
// stands on one line.
func (w *hclWriter) block(head string, v *node, depth int) {
	w.indent(depth)
	switch {
	case len(v.entries) == 0:
		w.WriteString(head + " {}\n")
		return
	case len(v.entries) == 1 && v.entries[0].spec.style == attribute && v.entries[0].value.kind == scalar:
		e := v.entries[0]
		line := head + " { " + e.key.text + " = " + hclScalar(e.value) + " }"
		if 2*depth+len(line) <= width {
			w.WriteString(line + "\n")
			return
		}
	}
	w.WriteString(head + " {\n")
	for _, e := range v.entries {
		w.entry(e, depth+1)
	}
	w.indent(depth)
	w.WriteString("}\n")
}

// hclValue writes a value that begins in a column, on one line where it fits.
func hclValue(n *node, depth, start int) string {
	if n.kind == scalar {
		return hclScalar(n)
	}
	line, ok := hclInline(n, 2*depth+start)
	if ok || len(n.items)+len(n.entries) == 0 {
		return line
	}
	var b strings.Builder
	inner := strings.Repeat("  ", depth+1)
	outer := inner[2:]
	if n.kind == list {
		b.WriteString("[\n")
		for _, item := range n.items {
			b.WriteString(inner + hclValue(item, depth+1, 0) + ",\n")
		}
		return b.String() + outer + "]"
	}
	b.WriteString("{\n")
	for _, e := range n.entries {
		k := hclKey(e.key)
		b.WriteString(inner + k + " = " + hclValue(e.value, depth+1, len(k)+3) + "\n")
	}
	return b.String() + outer + "}"
}

// hclInline writes a list or map on one line, and reports whether the line
// fits behind start columns.
func hclInline(n *node, start int) (string, bool) {
	var parts []string
	switch n.kind {
	case list:
		for _, item := range n.items {
			line, _ := hclInline(item, 0)
			parts = append(parts, line)
		}
		return joinLines(start, "[", parts, "]")
	case dict:
		if len(n.entries) == 0 {
			return "{}", true
		}
		for _, e := range n.entries {
			line, _ := hclInline(e.value, 0)
			parts = append(parts, hclKey(e.key)+" = "+line)
		}
		return joinLines(start, "{ ", parts, " }")
	}
	return hclScalar(n), true
}

// hclKey writes the key of an object, bare where it is a word.
func hclKey(n *node) string {
	if n.parts == nil && isParameter(n.text) {
		return n.text
	}
	return hclScalar(n)
}

func hclScalar(n *node) string {
	if n.form == number || n.form == boolean {
		return n.text
	}
	if n.parts == nil {
		return quoteHCL(n.text)
	}
	var b strings.Builder
	for _, p := range n.parts {
		if p.Parameter != "" {
			b.WriteString("${" + p.Parameter + "}")
			continue
		}
		q := quoteHCL(p.Literal)
		b.WriteString(q[1 : len(q)-1])
	}
	return `"` + b.String() + `"`
}

// quoteHCL writes text in quotes, with nothing in it that HCL would take for a
// template.
func quoteHCL(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
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
