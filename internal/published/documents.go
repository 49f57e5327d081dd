// Package published reads the descriptions that Atlassian publishes of its
// interfaces, and holds requests and answers against them.
//
//	docs := published.Need(t, published.Cloud)
//	c := published.Hold(docs, published.Known{})
//	s := openADriver(c.Transport(next))
//	…
//	c.Report(t)
//
// Only tests import it: those of the drivers hold what they send against the
// documents, and the emulator's what it answers. It knows the documents and no
// shape of its own, so that a driver and the emulator that tests it can agree on
// nothing but what Atlassian has written. Where a document is wrong is known to
// each test, with the evidence.
package published

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

// Documents are published documents that are read together.
type Documents struct {
	operations map[bucket][]*Operation // those with the fewest variables first
}

// bucket is what the operations have in common that a request can be of.
type bucket struct {
	method   string
	segments int
}

// Operation is a published operation.
type Operation struct {
	// Name is its method and its path as the document has them, such as
	// "GET /spaces/{id}".
	Name string

	route     *routers.Route
	template  string // the path with the document's prefix
	variables int
}

// Cloud reads the documents of Confluence Cloud, its organisation and its
// directory once. The error is [fs.ErrNotExist] where they are not at hand.
var Cloud = sync.OnceValues(func() (*Documents, error) {
	return read(map[string]string{
		"cloud-v1.json": "", "cloud-v2.json": "/wiki/api/v2",
		"admin-organization-2022.json": "/admin/v1", "admin-user-management-2022.json": "",
		"admin-user-provisioning-scim-2022.json": "",
	})
})

// DataCenter is the same of Confluence Data Center.
var DataCenter = sync.OnceValues(func() (*Documents, error) {
	return read(map[string]string{"datacenter-10.0.3.json": ""})
})

// Need gives documents, and skips the test where they are not at hand.
func Need(t testing.TB, docs func() (*Documents, error)) *Documents {
	t.Helper()
	out, err := docs()
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no published documents (set WEIR_OPENAPI to the folder that holds them): %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// folder is where WEIR_OPENAPI says, or shared/openapi beside the checkout.
func folder() (string, error) {
	if dir := os.Getenv("WEIR_OPENAPI"); dir != "" {
		return dir, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(parent, "shared", "openapi"), nil
		}
		if parent == dir {
			return "", fmt.Errorf("no go.mod in any folder above: %w", fs.ErrNotExist)
		}
		dir = parent
	}
}

// read reads documents by file name; each value stands before the paths of the
// document.
func read(prefixes map[string]string) (*Documents, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	out := &Documents{operations: make(map[bucket][]*Operation)}
	for file, prefix := range prefixes {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return nil, err
		}
		// The document of user management refers to a response as if it were a
		// schema; without the reference it loads.
		text = bytes.ReplaceAll(text, []byte(`{"$ref":"#/components/responses/ApiTokenResponse"}`), []byte("{}"))
		doc, err := openapi3.NewLoader().LoadFromData(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		// The same one tells schemas apart by a boolean, which OpenAPI does not know.
		if doc.Components != nil {
			if rule := doc.Components.Schemas["Manageability.Rule.Simple"]; rule != nil {
				rule.Value.Discriminator = nil
			}
		}
		out.add(doc, prefix)
	}
	for _, list := range out.operations {
		slices.SortFunc(list, func(a, b *Operation) int {
			return cmp.Or(a.variables-b.variables, strings.Compare(a.template, b.template))
		})
	}
	return out, nil
}

func (d *Documents) add(doc *openapi3.T, prefix string) {
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			template := prefix + path
			in := bucket{method, strings.Count(template, "/")}
			d.operations[in] = append(d.operations[in], &Operation{
				Name:     method + " " + path,
				route:    &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op},
				template: template, variables: strings.Count(template, "{"),
			})
		}
	}
}

// Operation finds the published operation of a request and the values of the
// variables in its path. Of several that fit, the one with the fewest variables is
// meant.
func (d *Documents) Operation(method, path string) (op *Operation, variables map[string]string, ok bool) {
	for _, o := range d.operations[bucket{method, strings.Count(path, "/")}] {
		if Fits(o.template, path) {
			return o, values(o.template, path), true
		}
	}
	return nil, nil, false
}

// Fits reports whether a path is one of a template, in which a segment that begins
// with { stands for any that is not empty.
func Fits(template, path string) bool {
	for {
		want, moreWanted, inTemplate := strings.Cut(template, "/")
		got, more, inPath := strings.Cut(path, "/")
		if inTemplate != inPath || want != got && (!strings.HasPrefix(want, "{") || got == "") {
			return false
		}
		if !inPath {
			return true
		}
		template, path = moreWanted, more
	}
}

// values are those that the variables of a template have in a path that fits.
func values(template, path string) map[string]string {
	out := make(map[string]string)
	got := strings.Split(path, "/")
	for i, want := range strings.Split(template, "/") {
		if strings.HasPrefix(want, "{") {
			out[strings.Trim(want, "{}")] = got[i]
		}
	}
	return out
}
