package schema

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/text/unicode/norm"

	"github.com/weirhq/weir/internal/diag"
)

// node is one value of a description, before anyone asks what it means. Both
// syntaxes are lowered to nodes, one decoder reads them into a [Document], and
// [Render] goes the same way back.
type node struct {
	kind    kind
	form    form    // of a scalar
	text    string  // of a scalar, in Unicode normal form C
	parts   []Part  // of a scalar that is a template
	items   []*node // of a list
	entries []entry // of a dict
	block   bool    // a dict that stands as an HCL block
	rng     diag.Range
}

// entry is one key of a dict with its value.
type entry struct {
	key    *node   // a scalar
	labels []*node // of an HCL block
	value  *node
	rng    diag.Range // key and value together

	spec *spec // the row of the table that wrote the entry; only when rendering
}

// kind is the shape of a node.
type kind uint8

const (
	scalar kind = iota
	list
	dict
)

// form is the way a scalar was written, which decides what it may stand for.
type form uint8

const (
	quoted  form = iota // text: in quotes, an HCL label, or a bare HCL key
	plain               // text: a bare YAML word that no reader of YAML takes for anything else
	number              // a decimal number without quotes
	boolean             // true or false without quotes
	date                // YYYY-MM-DD without quotes (YAML only)
	null                // null, ~ or nothing at all
	misread             // a bare YAML word that some reader takes for something other than its text
)

// isText reports whether the form is one of text.
func (f form) isText() bool { return f == quoted || f == plain }

// describe says what a node is, for "…, not …".
func (n *node) describe() string {
	switch {
	case n.kind == list:
		return "a list"
	case n.kind == dict && n.block:
		return "a block"
	case n.kind == dict:
		return "a map"
	case n.form == number:
		return "the number " + clip(n.text)
	case n.form == boolean:
		return n.text
	case n.form == misread:
		return quoteYAML(clip(n.text))
	case n.form == date:
		return "the date " + n.text
	}
	return "text"
}

// textNode makes a scalar from parts: a template if one of them is a
// parameter, and text otherwise. Both syntaxes come through here, so that
// equal words are equal text.
func textNode(parts []Part, f form, rng diag.Range) *node {
	n := &node{kind: scalar, form: f, rng: rng}
	parts = joined(parts)
	for _, p := range parts {
		if p.Parameter != "" {
			n.parts = parts
			n.text = templateText(parts)
			return n
		}
		n.text = p.Literal
	}
	return n
}

// joined melts literal stretches that touch, drops empty ones, and brings them
// to normal form C: two names that look the same are the same.
func joined(parts []Part) []Part {
	var out []Part
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			out = append(out, Part{Literal: norm.NFC.String(literal.String())})
			literal.Reset()
		}
	}
	for _, p := range parts {
		if p.Parameter == "" {
			literal.WriteString(p.Literal)
			continue
		}
		flush()
		out = append(out, Part{Parameter: p.Parameter})
	}
	flush()
	return out
}

// templateText writes a template as its author would: "${name}" for a
// parameter, "$${" for a literal "${".
func templateText(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Parameter != "" {
			b.WriteString("${" + p.Parameter + "}")
			continue
		}
		b.WriteString(escapeTemplate(p.Literal))
	}
	return b.String()
}

// escapeTemplate doubles the dollar of every literal "${".
func escapeTemplate(s string) string { return strings.ReplaceAll(s, "${", "$${") }

// parseTemplate is the inverse of [templateText], for YAML; HCL has a parser
// of its own. The error says what is wrong with the template.
func parseTemplate(s string) ([]Part, error) {
	var parts []Part
	for {
		i := strings.Index(s, "${")
		switch {
		case i < 0:
			return append(parts, Part{Literal: s}), nil
		case i > 0 && s[i-1] == '$':
			parts = append(parts, Part{Literal: s[:i-1] + "${"})
			s = s[i+2:]
			continue
		}
		name, rest, ok := strings.Cut(s[i+2:], "}")
		if !ok {
			return nil, fmt.Errorf(`"${" has no closing "}"`)
		}
		name = strings.Trim(name, " \t")
		if !isParameter(name) {
			return nil, fmt.Errorf("%q is not the name of a parameter", clip(name))
		}
		parts = append(parts, Part{Literal: s[:i]}, Part{Parameter: name})
		s = rest
	}
}

// isParameter reports whether a parameter may have this name: an HCL
// identifier that HCL does not keep for itself.
func isParameter(name string) bool {
	switch name {
	case "true", "false", "null", "for":
		return false
	}
	return isIdentifier(name) && norm.NFC.IsNormalString(name)
}

// isIdentifier reports whether HCL takes a word for an identifier. HCL itself
// overlooks a byte order mark before one.
func isIdentifier(word string) bool {
	return hclsyntax.ValidIdentifier(word) && !strings.ContainsRune(word, '\ufeff')
}

// clip shortens text from the input for a message: the place says the rest.
func clip(s string) string {
	const most = 40
	if n := 0; len(s) > most {
		for i := range s {
			if n++; n > most {
				return s[:i] + "…"
			}
		}
	}
	return s
}
