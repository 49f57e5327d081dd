package datacenter_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// The driver's half of the contract with Atlassian: what it sends is valid by
// the published document. The emulator's half, what comes back, is the contract
// test of its package. Packages share no test code, so the loading and the search
// for undocumented keys are repeated from the Cloud driver's test.

// requestDeviations are the places where the published document is wrong or
// older than the API, with the evidence. The key is the operation and the
// trouble as the test words it.
var requestDeviations = map[string]string{
	"GET /rest/api/group/{groupName}/member: " + groupTrouble:      groupEvidence,
	"GET /rest/api/group/{groupName}/groupmember: " + groupTrouble: groupEvidence,
}

const (
	groupTrouble  = "path groupName: empty value is not allowed"
	groupEvidence = "published as the fields of its Java class, of which there are none; a group is known by its name (evidence B0)"
)

// contextPath is where the sites of these tests are, before the document's paths.
const contextPath = "/confluence"

// published gives the document that lies beside the checkout, or where
// WEIR_OPENAPI says; without it the test is skipped.
func published(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := publishedDocument()
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no published document (set WEIR_OPENAPI to the folder that holds it): %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// publishedDocument loads the document once.
var publishedDocument = sync.OnceValues(func() (*openapi3.T, error) {
	dir := os.Getenv("WEIR_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	text, err := os.ReadFile(filepath.Join(dir, "datacenter-10.0.3.json"))
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(text)
})

// checked holds every request of a test against the document, where it is at
// hand, whatever the test itself is about.
func checked(t *testing.T, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	doc, err := publishedDocument()
	if err != nil {
		return next // TestContract says so
	}
	c := newContract(doc)
	t.Cleanup(func() {
		for key, r := range c.troubles {
			if _, known := requestDeviations[key]; !known {
				t.Errorf("%s (first of %s %s)", key, r.Method, r.URL)
			}
		}
	})
	return c.before(next)
}

// contract checks requests on their way.
type contract struct {
	doc *openapi3.T

	mu        sync.Mutex
	requests  int
	published map[string]bool          // operations that a document has
	written   map[rest.Write]bool      // of the driver's writes, those that were sent
	troubles  map[string]*http.Request // the first request with each trouble
}

func newContract(doc *openapi3.T) *contract {
	return &contract{
		doc: doc, published: map[string]bool{},
		written: map[rest.Write]bool{}, troubles: map[string]*http.Request{},
	}
}

// before is a transport that checks each request and hands it on.
func (c *contract) before(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		var body []byte
		if r.Body != nil {
			var err error
			if body, err = io.ReadAll(r.Body); err != nil {
				return nil, err
			}
			r.Body.Close()
			r = r.Clone(r.Context())
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		c.check(r, body)
		return next.RoundTrip(r)
	})
}

func (c *contract) check(r *http.Request, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	path := strings.TrimPrefix(r.URL.EscapedPath(), contextPath)
	for _, w := range datacenter.Writes() {
		if _, fits := fitting(w.Path, path); fits && w.Method == r.Method {
			c.written[w] = true
		}
	}
	route, params := route(c.doc, r.Method, path)
	if route == nil {
		c.trouble(r, r.Method+" "+path+": is not in the published document")
		return
	}
	name := r.Method + " " + route.Path
	c.published[name] = true
	for _, trouble := range requestTroubles(route, params, r, body) {
		c.trouble(r, name+": "+trouble)
	}
}

func (c *contract) trouble(r *http.Request, key string) {
	if c.troubles[key] == nil {
		c.troubles[key] = r
	}
}

// route finds the published operation of a request, and the values of the
// variables in its path.
func route(doc *openapi3.T, method, path string) (*routers.Route, map[string]string) {
	var found *routers.Route
	var values map[string]string
	for template, item := range doc.Paths.Map() {
		op := item.GetOperation(method)
		params, fits := fitting(template, path)
		// The template with the fewest variables is the most specific one.
		if op != nil && fits && (found == nil || len(params) < len(values)) {
			found = &routers.Route{Spec: doc, Path: template, PathItem: item, Method: method, Operation: op}
			values = params
		}
	}
	return found, values
}

// fitting compares a path with a template, segment by segment.
func fitting(template, path string) (params map[string]string, fits bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params = map[string]string{}
	for i, w := range want {
		switch {
		case strings.HasPrefix(w, "{") && got[i] != "":
			params[strings.Trim(w, "{}")] = got[i]
		case w != got[i]:
			return nil, false
		}
	}
	return params, true
}

// requestTroubles compares one request with its published operation: the
// credential, the parameters of path, query and header, and the body.
func requestTroubles(route *routers.Route, params map[string]string, r *http.Request, body []byte) []string {
	sent := r.Clone(r.Context())
	sent.Body, sent.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	var out []string
	if err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: sent, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			MultiError: true, SkipSettingDefaults: true,
			RejectWhenRequestBodyNotSpecified: true,
			AuthenticationFunc:                credential,
		},
	}); err != nil {
		out = requestErrors("", err)
	}
	parameters := slices.Concat(route.PathItem.Parameters, route.Operation.Parameters)
	query := r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		p := parameters.GetByInAndName(openapi3.ParameterInQuery, name)
		switch {
		case p == nil:
			out = append(out, "query "+name+" is undocumented")
		case len(query[name]) > 1 && !repeatable(p):
			out = append(out, "query "+name+" is there more than once")
		}
	}
	if media := documentedBody(route.Operation); media != nil && len(body) > 0 {
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			return out // told by the validation above
		}
		for _, key := range undocumentedKeys(media.Schema.Value, value, "") {
			out = append(out, "body "+key+" is undocumented")
		}
	}
	return out
}

func repeatable(p *openapi3.Parameter) bool {
	how, err := p.SerializationMethod()
	return err == nil && how.Explode && p.Schema != nil && p.Schema.Value.Type.Is("array")
}

func documentedBody(op *openapi3.Operation) *openapi3.MediaType {
	if op.RequestBody == nil {
		return nil
	}
	if media := op.RequestBody.Value.Content.Get("application/json"); media != nil && media.Schema != nil {
		return media
	}
	return nil
}

// credential tells whether a request carries what a published scheme asks for.
func credential(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	r, scheme := in.RequestValidationInput.Request, in.SecurityScheme
	_, _, basic := r.BasicAuth()
	bearer := strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
	if scheme.Type == "oauth2" && bearer {
		return nil
	}
	if scheme.Type == "http" && (scheme.Scheme == "basic" && basic || scheme.Scheme == "bearer" && bearer) {
		return nil
	}
	return errors.New("no credential for " + in.SecuritySchemeName)
}

// listIndexes are those of lists in the path of a value.
var listIndexes = regexp.MustCompile(`/\d+`)

// requestErrors words what the validation found, one trouble an entry.
func requestErrors(place string, err error) []string {
	switch e := err.(type) {
	case openapi3.MultiError:
		var out []string
		for _, one := range e {
			out = append(out, requestErrors(place, one)...)
		}
		return out
	case *openapi3filter.RequestError:
		place = "body"
		if e.Parameter != nil {
			place = e.Parameter.In + " " + e.Parameter.Name
		}
		if e.Err == nil {
			return []string{place + ": " + e.Reason}
		}
		return requestErrors(place, e.Err)
	case *openapi3filter.SecurityRequirementsError:
		return []string{"the credential is none that is documented"}
	case *openapi3.SchemaError:
		if e.SchemaField == "allOf" && e.Origin != nil {
			return requestErrors(place, e.Origin)
		}
		path := strings.Join(e.JSONPointer(), "/")
		if path != "" {
			path = " " + listIndexes.ReplaceAllString("/"+path, "/*")
		}
		return []string{place + path + ": " + e.Reason}
	}
	return []string{place + ": " + err.Error()}
}

// undocumentedKeys finds the keys of objects that their schema does not name.
func undocumentedKeys(schema *openapi3.Schema, value any, path string) []string {
	var out []string
	switch v := value.(type) {
	case []any:
		if schema.Items == nil {
			return nil
		}
		for _, item := range v {
			out = append(out, undocumentedKeys(schema.Items.Value, item, path+"/*")...)
		}
	case map[string]any:
		properties, open := documentedKeys(schema)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if p, named := properties[k]; named {
				out = append(out, undocumentedKeys(p.Value, v[k], path+"/"+k)...)
			} else if !open {
				out = append(out, path+"/"+k)
			}
		}
	}
	return out
}

// documentedKeys gathers the keys of a schema and its parts; open says that it
// names none, or takes any.
func documentedKeys(schema *openapi3.Schema) (properties openapi3.Schemas, open bool) {
	properties = openapi3.Schemas{}
	maps.Copy(properties, schema.Properties)
	open = schema.AdditionalProperties.Schema != nil || schema.AdditionalProperties.Has != nil && *schema.AdditionalProperties.Has
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		more, partOpen := documentedKeys(part.Value)
		for k, p := range more {
			if first, there := properties[k]; there {
				p = openapi3.NewSchemaRef("", &openapi3.Schema{AllOf: openapi3.SchemaRefs{first, p}})
			}
			properties[k] = p
		}
		open = open || partOpen && len(more) > 0
	}
	return properties, open || len(properties) == 0
}

// TestContract walks the transitions of the conformance suite, reads many pages,
// and checks every request of theirs. (Those of the other tests are checked on
// their way: this one sees to it that nothing is left unchecked.)
func TestContract(t *testing.T) {
	c := newContract(published(t))
	site := func(e *emulator.Emulator, next http.RoundTripper) *datacenter.Site {
		s, err := datacenter.New(config(e, c.before(next)))
		must(t, err)
		return s
	}
	ours := sitetest.Case{Name: "people without a licence", Path: [][]string{
		{"global site use class:unlicensed", "global site view_profiles class:unlicensed"}, {"global site use class:unlicensed"}, nil,
	}}
	for _, one := range append(sitetest.Cases(), ours) {
		t.Run(one.Name, func(t *testing.T) {
			w := world.New(t, options())
			one.Walk(t, w.Subject(site(w.Emulator, w.Transport)))
		})
	}
	e := wide(t)
	_, err := site(e, e.Transport()).Observe(t.Context(), everything)
	must(t, err)
	for key, r := range c.troubles {
		if _, known := requestDeviations[key]; !known {
			t.Errorf("%s (first of %s %s)", key, r.Method, r.URL)
		}
	}
	for key := range requestDeviations {
		if c.troubles[key] == nil {
			t.Errorf("the deviation %q is not there any more", key)
		}
	}
	for _, w := range datacenter.Writes() {
		if !c.written[w] {
			t.Errorf("no request to %s was checked: %s %s", w.Effect, w.Method, w.Path)
		}
	}
	t.Logf("%d requests to %d published operations, with %d known deviations", c.requests, len(c.published), len(requestDeviations))
}
