package policies

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

//go:embed input
var schemaFiles embed.FS

// documents are the kinds of input, by the name that a rule's schema
// annotation gives: what each holds of a delta, in order. An input is an
// object whose only key is that name, and its JSON schema, which rules are
// checked against, is input/<name>.schema.json.
var documents = map[string]func(access.Delta) []item{
	"grants": grantItems,
	"spaces": spaceItems,
}

// item is one fact that a rule may have something to say of, as Rego sees it.
type item struct {
	fact access.Fact
	term *ast.Term
}

// schemaOf gives a document's JSON schema in the form OPA takes it.
func schemaOf(document string) (any, error) {
	name := "input/" + document + ".schema.json"
	src, err := schemaFiles.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var schema any
	if err := json.Unmarshal(src, &schema); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return schema, nil
}

// inputOf joins items into an input, in OPA's own values: going through maps
// or JSON would cost several times as much.
func inputOf(document string, items []item) ast.Value {
	terms := make([]*ast.Term, len(items))
	for i, it := range items {
		terms[i] = it.term
	}
	return ast.NewObject(field(document, ast.ArrayTerm(terms...)))
}

// grantItems are the role assignments of the target.
func grantItems(d access.Delta) []item {
	after := d.After
	if after == nil { // without a site the description tells who is a guest
		after = access.NewView(d.Target)
	}
	var out []item
	for f := range d.Target.OfKind(access.Role) {
		_, stated := d.Desired.Facts.Get(f)
		out = append(out, item{f, ast.ObjectTerm(
			field("fact", ast.StringTerm(f.String())),
			field("space", ast.ObjectTerm(
				field("key", ast.StringTerm(f.Object.ID())),
				field("ref", ast.StringTerm(string(f.Object))),
			)),
			field("principal", ast.ObjectTerm(
				field("guest", ast.BooleanTerm(after.Guest(f.Subject))),
				field("id", ast.StringTerm(f.Subject.ID())),
				field("ref", ast.StringTerm(string(f.Subject))),
				field("type", ast.StringTerm(f.Subject.Type())),
			)),
			field("role", ast.StringTerm(f.Value)),
			field("owned", ast.BooleanTerm(owned(d.Desired, f, stated))),
			field("stated", ast.BooleanTerm(stated)),
		)})
	}
	return out
}

// spaceItems are the spaces of the target with the people who administer them.
// Counting people is the view's business: it knows groups and classes, and
// needs no second telling in Rego.
func spaceItems(d access.Delta) []item {
	var out []item
	for f := range d.Target.OfKind(access.Exists) {
		if f.Object.Type() != "space" {
			continue
		}
		var admins []*ast.Term
		for _, p := range d.After.Admins(f.Object) {
			admins = append(admins, ast.StringTerm(string(p)))
		}
		out = append(out, item{f, ast.ObjectTerm(
			field("fact", ast.StringTerm(f.String())),
			field("key", ast.StringTerm(f.Object.ID())),
			field("ref", ast.StringTerm(string(f.Object))),
			field("owned", ast.BooleanTerm(owned(d.Desired, f, false))),
			field("admins", ast.ArrayTerm(admins...)),
		)})
	}
	return out
}

// owned reports whether a description can put the fact right: its space is
// described, and the fact is stated there or at least in scope. What is
// protected, ignored or weir's own account's is none of a rule's business.
func owned(d access.Desired, f access.Fact, stated bool) bool {
	_, excluded := d.Scope.Excludes(f)
	return d.Described[f.Object] && (stated || !excluded)
}

// field makes one entry of a Rego object.
func field(name string, value *ast.Term) [2]*ast.Term {
	return [2]*ast.Term{ast.InternedTerm(name), value}
}

// origins gives the places of desired facts, by identity.
type origins map[access.Fact]diag.Range

// of gives the place of a fact, or of its space where the fact has none.
func (o origins) of(f access.Fact) diag.Range {
	if r, ok := o[f.Identity()]; ok {
		return r
	}
	return o[access.Fact{Kind: access.Exists, Object: f.Object}]
}
