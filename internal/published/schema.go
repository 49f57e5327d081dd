package published

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// indexes are those of lists in the path of a value.
var indexes = regexp.MustCompile(`/\d+`)

// pathValue is the value of a variable of a path, in what the validation says.
var pathValue = regexp.MustCompile(`value \S+:`)

// troubles words what a validation found, one trouble an entry: the place, which
// is part of a request or nothing, and below it the path of the value.
func troubles(place string, err error) []string {
	switch e := err.(type) { //nolint:errorlint // each layer of a validation error is taken off by itself
	case openapi3.MultiError:
		var out []string
		for _, one := range e {
			out = append(out, troubles(place, one)...)
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
		out := troubles(place, e.Err)
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
			return troubles(place, e.Origin)
		}
		path := indexes.ReplaceAllString("/"+strings.Join(e.JSONPointer(), "/"), "/*")
		switch {
		case place == "":
			place = path
		case path != "/":
			place += " " + path
		}
		return []string{place + ": " + e.Reason}
	}
	var many openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case errors.As(err, &many):
		return troubles(place, many)
	case errors.As(err, &one):
		return troubles(place, one)
	}
	return []string{strings.TrimPrefix(place+": "+err.Error(), ": ")}
}

// undocumented finds the keys of objects that their schema does not name.
func undocumented(schema *openapi3.Schema, value any, path string) []string {
	var out []string
	switch v := value.(type) {
	case []any:
		if schema.Items == nil {
			return nil
		}
		for _, item := range v {
			out = append(out, undocumented(schema.Items.Value, item, path+"/*")...)
		}
	case map[string]any:
		properties, open := propertiesOf(schema)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if p, named := properties[k]; named {
				out = append(out, undocumented(p.Value, v[k], path+"/"+k)...)
			} else if !open {
				out = append(out, path+"/"+k)
			}
		}
	}
	return out
}

// propertiesOf gathers the keys of a schema and its parts; open says that it
// names none, or takes any.
func propertiesOf(schema *openapi3.Schema) (properties openapi3.Schemas, open bool) {
	properties = openapi3.Schemas{}
	maps.Copy(properties, schema.Properties)
	open = schema.AdditionalProperties.Schema != nil || schema.AdditionalProperties.Has != nil && *schema.AdditionalProperties.Has
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		more, partOpen := propertiesOf(part.Value)
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
