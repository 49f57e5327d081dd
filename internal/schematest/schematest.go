// Package schematest keeps the JSON Schema of a serialised form in step with the Go
// type that it is made from. For tests alone.
//
//	form := schematest.Form{File: "docs/plan.schema.json", Package: "./reconcile", Update: *update}
//	form.Current(t, &Plan{}, func(s *jsonschema.Schema) { s.Title = "A plan of weir's" })
//	form.Fits(t, written, [2]string{`"format": 1`, `"format": 2`})
package schematest

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validate "github.com/santhosh-tekuri/jsonschema/v6"
)

// Form is a serialised form.
type Form struct {
	File    string // of its schema, from the top of the module
	Package string // of its type, likewise: "./reconcile"
	Update  bool   // write the schema anew
}

// Current makes the schema from the type, comments included, so that it cannot
// drift, and compares the file with it. change says what a type cannot. The package
// under test lies right below the top.
func (f Form) Current(t *testing.T, of any, change func(*jsonschema.Schema)) {
	t.Helper()
	t.Chdir("..")
	r := &jsonschema.Reflector{Anonymous: true, ExpandedStruct: true}
	if err := r.AddGoComments("github.com/weirhq/weir", f.Package, jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	s := r.Reflect(of)
	s.ID = jsonschema.ID("https://github.com/weirhq/weir/" + f.File)
	change(s)
	got, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if f.Update {
		if err := os.WriteFile(f.File, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(f.File)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not the schema of %T (go test %s -update writes it):\n%s", f.File, of, f.Package, diff)
	}
}

// Fits makes sure that a text is valid by the schema, and no longer is once one
// part of it is replaced by another.
func (f Form) Fits(t *testing.T, text string, bad ...[2]string) {
	t.Helper()
	check := f.compiled(t)
	if err := check(text); err != nil {
		t.Errorf("it does not fit its schema: %v", err)
	}
	for _, b := range bad {
		spoilt := strings.Replace(text, b[0], b[1], 1)
		if spoilt == text {
			t.Fatalf("%s is not in it", b[0])
		}
		if check(spoilt) == nil {
			t.Errorf("the schema takes %s", b[1])
		}
	}
}

func (f Form) compiled(t *testing.T) func(text string) error {
	t.Helper()
	read := func(text []byte) any {
		doc, err := validate.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	text, err := os.ReadFile("../" + f.File)
	if err != nil {
		t.Fatal(err)
	}
	name := path.Base(f.File)
	c := validate.NewCompiler()
	if err := c.AddResource(name, read(text)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error { return s.Validate(read([]byte(text))) }
}
