package cloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
	"github.com/weirhq/weir/site/sitetest"
)

// The driver's half of the contract with Atlassian: what it sends is valid by
// the published documents. The emulator's half, what comes back, is the
// contract test of its package, from which the loading of the documents and
// the search for undocumented keys are repeated here: packages share no test
// code, and the two halves shall not be wrong together.

// requestDeviations are the places where a published document is wrong or
// older than the API, with the evidence. The key is the operation and the
// trouble as the test words it.
var requestDeviations = map[string]string{
	"POST /users/{account_id}/manage/lifecycle/disable: " + accountTrouble:        accountEvidence,
	"POST /users/{account_id}/manage/lifecycle/enable: " + accountTrouble:         accountEvidence,
	"GET /space-roles/{id}: path id: value …: an invalid integer: invalid syntax": "the document types the id as an integer; it is opaque text (evidence D)",
}

const (
	accountTrouble  = "path account_id: string doesn't match the regular expression \"[a-zA-Z0-9_|:-]{1,128}\n\""
	accountEvidence = "the pattern ends in a line break by mistake, so that nothing matches it; account ids look like 712020:… (evidence A0, observed)"
)

// describedRequests are operations that Atlassian publishes, but not in a
// document that is at hand, with the section of docs/evidence.md that
// describes each: the organisation API's second version, and the product
// roles of people.
var describedRequests = map[string]string{
	"GET /admin/v2/orgs/{}/directories":                                       "A2",
	"POST /admin/v2/orgs/{}/workspaces":                                       "A4",
	"POST /admin/v2/orgs/{}/directories/{}/users/search":                      "A3",
	"POST /admin/v2/orgs/{}/directories/{}/groups/search":                     "A2",
	"GET /admin/v2/orgs/{}/directories/{}/users/{}":                           "A3",
	"GET /admin/v2/orgs/{}/directories/{}/groups/{}":                          "A2",
	"POST /admin/v2/orgs/{}/users/invite":                                     "A3",
	"POST /admin/v2/orgs/{}/directories/{}/users/{}/suspend":                  "A3",
	"POST /admin/v2/orgs/{}/directories/{}/users/{}/restore":                  "A3",
	"DELETE /admin/v2/orgs/{}/directories/{}/users/{}":                        "A3",
	"GET /admin/v2/orgs/{}/directories/{}/users/{}/role-assignments":          "A4",
	"GET /admin/v2/orgs/{}/directories/{}/groups/{}/role-assignments":         "A4",
	"POST /admin/v2/orgs/{}/directories/{}/groups/{}/role-assignments/assign": "A4",
	"POST /admin/v2/orgs/{}/directories/{}/groups/{}/role-assignments/revoke": "A4",
	"POST /admin/v1/orgs/{}/users/{}/roles/assign":                            "A4",
	"POST /admin/v1/orgs/{}/users/{}/roles/revoke":                            "A4",
}

// described gives the name of an operation that only the evidence describes.
func described(method, path string) (name string, ok bool) {
	for name := range describedRequests {
		verb, template, _ := strings.Cut(name, " ")
		if _, fits := fitting(template, path); fits && verb == method {
			return name, true
		}
	}
	return "", false
}

// contractDocument is a published OpenAPI document.
type contractDocument struct {
	*openapi3.T
	prefix string // of the paths sent, before those of the document
}

// contractDocuments gives the documents that lie beside the checkout, or where
// WEIR_OPENAPI says; without them the test is skipped.
func contractDocuments(t *testing.T) []contractDocument {
	t.Helper()
	docs, err := publishedDocuments()
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no published documents (set WEIR_OPENAPI to the folder that holds them): %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// publishedDocuments loads the documents once.
var publishedDocuments = sync.OnceValues(func() ([]contractDocument, error) {
	dir := os.Getenv("WEIR_OPENAPI")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "openapi")
	}
	var out []contractDocument
	for file, prefix := range map[string]string{
		"cloud-v1.json": "", "cloud-v2.json": "/wiki/api/v2",
		"admin-organization-2022.json": "/admin/v1", "admin-user-management-2022.json": "",
	} {
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
		out = append(out, contractDocument{doc, prefix})
	}
	return out, nil
})

// checked holds every request of a test against the documents, where they are
// at hand, whatever the test itself is about.
func checked(t *testing.T, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	docs, err := publishedDocuments()
	if err != nil {
		return next // TestContract says so
	}
	c := newContract(docs)
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
	docs []contractDocument

	mu        sync.Mutex
	requests  int
	published map[string]bool          // operations that a document has
	described map[string]bool          // those that only the evidence describes
	written   map[rest.Write]bool      // of the driver's writes, those that were sent
	troubles  map[string]*http.Request // the first request with each trouble
}

func newContract(docs []contractDocument) *contract {
	return &contract{
		docs: docs, published: map[string]bool{}, described: map[string]bool{},
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

// writeBases are the paths of the surfaces that [rest.Write] names.
var writeBases = map[string]string{"Confluence": "/wiki", "the organisation": "/admin", "user management": "/users"}

func (c *contract) check(r *http.Request, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	for _, w := range cloud.Writes() {
		if _, fits := fitting(writeBases[w.Surface]+w.Path, r.URL.Path); fits && w.Method == r.Method {
			c.written[w] = true
		}
	}
	route, params := route(c.docs, r.Method, r.URL.Path)
	if route == nil {
		if name, ok := described(r.Method, r.URL.Path); ok {
			c.described[name] = true
		} else {
			c.trouble(r, r.Method+" "+r.URL.Path+": is in no published document")
		}
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
func route(docs []contractDocument, method, path string) (*routers.Route, map[string]string) {
	var found *routers.Route
	var values map[string]string
	for _, d := range docs {
		rest, under := strings.CutPrefix(path, d.prefix)
		if !under {
			continue
		}
		for template, item := range d.Paths.Map() {
			op := item.GetOperation(method)
			params, fits := fitting(template, rest)
			// The template with the fewest variables is the most specific one.
			if op != nil && fits && (found == nil || len(params) < len(values)) {
				found = &routers.Route{Spec: d.T, Path: template, PathItem: item, Method: method, Operation: op}
				values = params
			}
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

// pathValue is the value of a variable of a path, in what the validation says.
var pathValue = regexp.MustCompile(`value \S+:`)

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
		out := requestErrors(place, e.Err)
		if strings.HasPrefix(place, "path ") {
			for i := range out {
				out[i] = pathValue.ReplaceAllString(out[i], "value …:") // an id is another one each time
			}
		}
		return out
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

// TestContract runs the conformance suite and a reading of many pages, and
// checks every request of theirs.
func TestContract(t *testing.T) {
	c := newContract(contractDocuments(t))
	sitetest.Run(t, func(t *testing.T) sitetest.Subject {
		l := &lossy{}
		e, s := embedded(t, emulator.Options{}, func(next http.RoundTripper) http.RoundTripper {
			l.RoundTripper = next
			return c.before(l)
		})
		return sitetest.Subject{
			Site: s,
			Elsewhere: func(t *testing.T, f access.Fact) {
				t.Helper()
				if err := e.Admin().SetManaged(f.Object.ID(), f.Value); err != nil {
					t.Fatal(err)
				}
			},
			LoseReply:   func() { l.reply.Store(true) },
			LoseRequest: func() { l.request.Store(true) },
		}
	})
	e := wide(t)
	missing := map[access.Ref]string{"group:gone": "g1", "user:gone@acme.example": "u1", "space_role:gone": "1"}
	if _, err := open(t, e, c.before(e.Transport())).Observe(t.Context(), access.Extent{Pins: missing}); err != nil {
		t.Fatal(err)
	}

	transitional(t, c)

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
	for name := range describedRequests {
		if !c.described[name] {
			t.Errorf("the described operation %q is not asked any more, or is published now", name)
		}
	}
	for _, w := range cloud.Writes() {
		if !c.written[w] {
			t.Errorf("no request to %s was checked: %s %s", w.Effect, w.Method, w.Path)
		}
	}
	t.Logf("%d requests: to %d published operations, with %d known deviations, and to %d that are only described",
		c.requests, len(c.published), len(requestDeviations), len(c.described))
}

// transitional sends what the conformance suite does not: permissions beside
// roles, restrictions, and an admin key.
func transitional(t *testing.T, c *contract) {
	t.Helper()
	e, err := emulator.New(emulator.Options{RoleMode: emulator.ModeTransition})
	must(t, err)
	t.Cleanup(func() { e.Close() })
	cfg := config(e, c.before(e.Transport()))
	cfg.RestrictedPages = "admin_key"
	s := newSite(t, cfg)
	a := e.Admin()
	must(t, a.CreateGroup("staff", ""), a.SetProductRole("staff", "user"), a.CreateSpace("HR", "People"), a.RecoverSpace("HR", self), a.CreatePage("HR", "Pay", ""), a.CreateBlogPost("HR", "News"))
	extent := access.Extent{Pages: []access.Ref{pay, "blogpost:HR/News"}, Watch: []access.Ref{"space:HR"}}
	bring(t, s, extent, []string{
		"exists space:A", "name space:A = A", "permission space:A read/space group:staff", "permission space:A create/comment group:staff",
		"permission space:A read/space class:anonymous", "restrict page:HR/Pay view group:staff", "restrict page:HR/Pay edit group:staff", "restrict blogpost:HR/News edit user:" + self,
	}, nil)
	bring(t, s, extent, nil, []string{"permission space:A create/comment", "restrict page:HR/Pay"})
	extent.Pins = map[access.Ref]string{"space_role:gone": "9c0966ba-72b0-411c-a00c-86e5f6c1d61b"}
	_, err = s.Observe(t.Context(), extent)
	must(t, err)
}

// TestContractCatches is the control: each request has one fault, which must
// be found, and the last one none.
func TestContractCatches(t *testing.T) {
	docs := contractDocuments(t)
	const (
		spaces = "/wiki/api/v2/spaces"
		roles  = "/wiki/api/v2/space-roles"
	)
	for _, tc := range []struct {
		name, method, target, body string
		change                     func(*http.Request)
		want                       string
	}{
		{name: "a parameter of a wrong type", method: "GET", target: spaces + "?limit=many",
			want: "GET /spaces: query limit: value many: an invalid integer: invalid syntax"},
		{name: "a limit above the largest", method: "GET", target: spaces + "?limit=251",
			want: "GET /spaces: query limit: number must be at most 250"},
		{name: "an unknown query parameter", method: "GET", target: spaces + "?offset=3",
			want: "GET /spaces: query offset is undocumented"},
		{name: "a parameter twice", method: "GET", target: spaces + "?limit=3&limit=4",
			want: "GET /spaces: query limit is there more than once"},
		{name: "a missing parameter", method: "DELETE", target: "/wiki/rest/api/group/by-id",
			want: "DELETE /wiki/rest/api/group/by-id: query id: value is required but missing"},
		{name: "a missing body", method: "POST", target: spaces,
			want: "POST /spaces: body: value is required but missing"},
		{name: "a missing key of the body", method: "POST", target: spaces, body: `{"key":"ENG"}`,
			want: `POST /spaces: body /name: property "name" is missing`},
		{name: "a key of a wrong type", method: "POST", target: spaces, body: `{"name":3,"key":"ENG"}`,
			want: "POST /spaces: body /name: value must be a string"},
		{name: "an unknown key, deep", method: "POST", target: spaces, body: `{"name":"E","roleAssignments":[{"principal":{"principalType":"USER","principalId":"u","email":"e"},"roleId":"r"}]}`,
			want: "POST /spaces: body /roleAssignments/*/principal/email is undocumented"},
		{name: "a body that is no JSON", method: "POST", target: roles, body: `{`,
			want: "POST /space-roles: body: unexpected EOF"},
		{name: "a body where none is documented", method: "DELETE", target: roles + "/7", body: `{}`,
			want: "DELETE /space-roles/{id}: body: request body not allowed for this request"},
		{name: "another content type", method: "POST", target: spaces, body: `{"name":"E"}`,
			change: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
			want:   `POST /spaces: body: header Content-Type has unexpected value "text/plain"`},
		{name: "another credential", method: "GET", target: spaces,
			change: func(r *http.Request) { r.Header.Set("Authorization", "Token key") },
			want:   "GET /spaces: the credential is none that is documented"},
		{name: "the wrong verb", method: "PATCH", target: spaces,
			want: "PATCH /wiki/api/v2/spaces: is in no published document"},
		{name: "nothing", method: "POST", target: spaces, body: `{"name":"E","key":"ENG"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newContract(docs)
			r, err := http.NewRequestWithContext(t.Context(), tc.method, "https://site.embedded.invalid"+tc.target, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			r.SetBasicAuth("weir@acme.example", "token")
			r.Header.Set("Content-Type", "application/json")
			if tc.change != nil {
				tc.change(r)
			}
			_, err = c.before(roundTripper(func(r *http.Request) (*http.Response, error) {
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != tc.body {
					t.Errorf("handed on %q (%v)", body, err)
				}
				return reply(r, 200, "application/json", "{}"), nil
			})).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if tc.want != "" {
				want = []string{tc.want}
			}
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(c.troubles))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
