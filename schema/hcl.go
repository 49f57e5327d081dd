package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weirhq/weir/internal/diag"
)

// parseHCL reads a file into nodes, or returns nil where there is nothing to
// decode. The syntax tree is walked, never evaluated: evaluation has no bound.
func parseHCL(src *source, l *log) *node {
	r := hclReader{src: src, log: l}
	if !r.scan() {
		return nil
	}
	file, diags := hclsyntax.ParseConfig(src.text, src.file, hcl.InitialPos)
	body := file.Body.(*hclsyntax.Body)
	if diags.HasErrors() {
		for _, d := range diags {
			r.syntaxError(d, body)
		}
		return nil
	}
	return r.body(body)
}

// hclReader lowers HCL's syntax tree to nodes.
type hclReader struct {
	*log
	src *source
}

// span translates a range. HCL counts columns in grapheme clusters; bytes are
// what both sides mean alike.
func (r *hclReader) span(rng hcl.Range) diag.Range { return r.src.span(rng.Start.Byte, rng.End.Byte) }

// notData reports something that would have to be computed.
func (r *hclReader) notData(rng diag.Range, what, hint string) {
	r.report(diag.Diagnostic{
		Code: "WR111", Summary: what + " is not data",
		Detail: "A description is text, numbers, lists and maps, with ${parameter} inside an archetype. Nothing in it is computed, so that what a reviewer reads is what it says.",
		Hint:   hint, Range: rng,
	})
}

// syntaxError turns a diagnostic of the parser into ours.
func (r *hclReader) syntaxError(d *hcl.Diagnostic, body *hclsyntax.Body) {
	rng := diag.Range{File: r.src.file}
	if d.Subject != nil {
		rng = r.span(*d.Subject)
	}
	switch {
	case d.Summary == "Attribute redefined" && d.Subject != nil:
		name := string(d.Subject.SliceBytes(r.src.text))
		if first := attributeBefore(body, name, d.Subject.Start.Byte); first != nil {
			r.report(diag.Diagnostic{
				Code: "WR104", Summary: name + " stands twice here", Hint: "keep one of the two", Range: rng,
				Related: []diag.Related{{Message: "the first one", Range: r.span(first.NameRange)}},
			})
			return
		}
	case strings.HasPrefix(d.Detail, "Template sequences are not allowed"):
		r.report(diag.Diagnostic{
			Code: "WR111", Summary: "a template cannot be a label",
			Detail: "HCL has no templates in the label of a block.",
			Hint:   `inside an archetype write groups = { "${name}" = { … } }; elsewhere write $${ for a literal ${`, Range: rng,
		})
		return
	}
	summary := strings.ToLower(d.Summary[:min(1, len(d.Summary))]) + d.Summary[min(1, len(d.Summary)):]
	r.report(diag.Diagnostic{Code: "WR101", Summary: summary, Detail: d.Detail, Range: rng})
}

// attributeBefore finds the attribute that another one of the same name in the
// same body repeats.
func attributeBefore(body *hclsyntax.Body, name string, offset int) *hclsyntax.Attribute {
	for _, b := range body.Blocks {
		if rng := b.Body.SrcRange; rng.Start.Byte <= offset && offset < rng.End.Byte {
			return attributeBefore(b.Body, name, offset)
		}
	}
	return body.Attributes[name]
}

// body lowers the attributes and blocks of a body, in the order of the file.
func (r *hclReader) body(b *hclsyntax.Body) *node {
	out := &node{kind: dict, block: true, rng: r.span(b.SrcRange)}
	for _, a := range b.Attributes {
		name := textNode([]Part{{Literal: a.Name}}, quoted, r.span(a.NameRange))
		if v := r.expression(a.Expr); v != nil {
			out.entries = append(out.entries, entry{key: name, value: v, rng: r.span(a.SrcRange)})
		}
	}
	for _, inner := range b.Blocks {
		name := textNode([]Part{{Literal: inner.Type}}, quoted, r.span(inner.TypeRange))
		e := entry{key: name, value: r.body(inner.Body), rng: r.span(hcl.RangeBetween(inner.TypeRange, inner.CloseBraceRange))}
		e.value.rng = e.rng
		for i, label := range inner.Labels {
			e.labels = append(e.labels, textNode([]Part{{Literal: label}}, quoted, r.span(inner.LabelRanges[i])))
		}
		out.entries = append(out.entries, e)
	}
	slices.SortFunc(out.entries, func(a, b entry) int { return a.rng.Compare(b.rng) })
	return out
}

// expression lowers a value, or returns nil and reports why it is not one.
func (r *hclReader) expression(e hclsyntax.Expression) *node {
	rng := r.span(e.Range())
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr, *hclsyntax.TemplateWrapExpr:
		return r.template(e, rng)
	case *hclsyntax.LiteralValueExpr:
		return r.literal(e, rng)
	case *hclsyntax.UnaryOpExpr:
		// The scan lets a minus pass before a number only.
		if v := r.expression(e.Val); v != nil {
			return &node{kind: scalar, form: number, text: "-" + v.text, rng: rng}
		}
	case *hclsyntax.TupleConsExpr:
		out := &node{kind: list, rng: rng}
		for _, item := range e.Exprs {
			if v := r.expression(item); v != nil {
				out.items = append(out.items, v)
			}
		}
		return out
	case *hclsyntax.ObjectConsExpr:
		out := &node{kind: dict, rng: rng}
		for _, item := range e.Items {
			k, v := r.key(item.KeyExpr), r.expression(item.ValueExpr)
			if k != nil && v != nil {
				out.entries = append(out.entries, entry{key: k, value: v, rng: r.span(hcl.RangeBetween(item.KeyExpr.Range(), item.ValueExpr.Range()))})
			}
		}
		return out
	case *hclsyntax.ScopeTraversalExpr:
		name := string(e.Range().SliceBytes(r.src.text))
		r.notData(rng, "the reference "+clip(name), "write it in quotes: "+quoteHCL(clip(name)))
	case *hclsyntax.ForExpr:
		r.notData(rng, "a for expression", "write the values out")
	default:
		r.notData(rng, "an expression", "write the value out")
	}
	return nil
}

// literal lowers a number, true, false or null.
func (r *hclReader) literal(e *hclsyntax.LiteralValueExpr, rng diag.Range) *node {
	n := &node{kind: scalar, rng: rng}
	switch v := e.Val; {
	case v.IsNull():
		n.form = null
	case v.Type() == cty.Bool:
		n.form, n.text = boolean, fmt.Sprint(v.True())
	default:
		// The number as it stands there: 0.10 must not come back as 0.1.
		n.form, n.text = number, string(e.SrcRange.SliceBytes(r.src.text))
		if !numberForm.MatchString(n.text) {
			r.errorf("WR103", rng, "write plain decimal digits", "%s is no plain number", clip(n.text))
			return nil
		}
	}
	return n
}

// key lowers the key of an object: a bare word or a string.
func (r *hclReader) key(e hclsyntax.Expression) *node {
	rng := r.span(e.Range())
	if k, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if name := hcl.ExprAsKeyword(k.Wrapped); name != "" {
			return textNode([]Part{{Literal: name}}, quoted, rng)
		}
		e = k.Wrapped
	}
	switch e.(type) {
	case *hclsyntax.TemplateExpr, *hclsyntax.TemplateWrapExpr:
		return r.template(e, rng)
	}
	r.errorf("WR103", rng, "write it in quotes", "a key must be a word or text")
	return nil
}

// template lowers a string: literal text, and the names of parameters.
func (r *hclReader) template(e hclsyntax.Expression, rng diag.Range) *node {
	var inner []hclsyntax.Expression
	switch e := e.(type) {
	case *hclsyntax.TemplateWrapExpr:
		inner = []hclsyntax.Expression{e.Wrapped}
	case *hclsyntax.TemplateExpr:
		inner = e.Parts
	}
	var parts []Part
	for _, p := range inner {
		switch p := p.(type) {
		case *hclsyntax.LiteralValueExpr:
			if p.Val.Type() == cty.String && !p.Val.IsNull() {
				parts = append(parts, Part{Literal: p.Val.AsString()})
				continue
			}
		case *hclsyntax.ScopeTraversalExpr:
			if name := p.Traversal.RootName(); len(p.Traversal) == 1 && isParameter(name) {
				parts = append(parts, Part{Parameter: name})
				continue
			}
		}
		r.notData(r.span(p.Range()), "what stands between ${ and }", "write the name of a parameter alone")
		return nil
	}
	n := textNode(parts, quoted, rng)
	for i, p := range n.parts {
		if strings.HasSuffix(p.Literal, "$") && i+1 < len(n.parts) {
			// It could be written with an escape, and would read as $${ then.
			r.errorf("WR111", rng, "put something between them", "a dollar before a parameter")
			return nil
		}
	}
	return n
}
