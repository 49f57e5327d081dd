package published

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// request compares one request with its operation: the credential, the
// parameters of path, query and header, and the body.
func (o *Operation) request(variables map[string]string, r *http.Request, body []byte) []string {
	sent := r.Clone(r.Context())
	sent.Body, sent.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	var out []string
	if err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: sent, PathParams: variables, Route: o.route,
		Options: &openapi3filter.Options{
			MultiError: true, SkipSettingDefaults: true,
			RejectWhenRequestBodyNotSpecified: true,
			AuthenticationFunc:                credential,
		},
	}); err != nil {
		out = troubles("", err)
	}
	parameters := slices.Concat(o.route.PathItem.Parameters, o.route.Operation.Parameters)
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
	if schema := bodySchema(o.route.Operation); schema != nil && len(body) > 0 {
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			return out // told by the validation above
		}
		for _, key := range undocumented(schema, value, "") {
			out = append(out, "body "+key+" is undocumented")
		}
	}
	return out
}

func repeatable(p *openapi3.Parameter) bool {
	how, err := p.SerializationMethod()
	return err == nil && how.Explode && p.Schema != nil && p.Schema.Value.Type.Is("array")
}

func bodySchema(op *openapi3.Operation) *openapi3.Schema {
	if op.RequestBody == nil {
		return nil
	}
	if media := op.RequestBody.Value.Content.Get("application/json"); media != nil && media.Schema != nil {
		return media.Schema.Value
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
