package emulator

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The user provisioning API (SCIM 2.0), by which an identity provider manages
// people and groups. Its directory and key are its own.

const (
	scimUserSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimGroupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	scimEnterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	scimAtlassianSchema  = "urn:scim:schemas:extension:atlassian-external:1.0"
	scimListSchema       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	scimErrorSchema      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// scimTypes are the published keywords of errors.
var scimTypes = []string{
	"invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax",
	"invalidPath", "noTarget", "invalidValue", "invalidVers", "sensitive",
}

func shapeScim(r *Refusal) any {
	if r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden {
		return object{"error": r.Detail}
	}
	out := object{"schemas": []string{scimErrorSchema}, "status": strconv.Itoa(r.Status), "detail": r.Detail}
	if slices.Contains(scimTypes, r.Code) {
		out["scimType"] = r.Code
	}
	return out
}

// scimBody reads the request's JSON. Unlike elsewhere, unknown attributes are
// passed over: identity providers send all that they know.
func (c *call) scimBody(into any) error {
	if err := json.Unmarshal(c.req.Body, into); err != nil {
		return refuse(http.StatusBadRequest, "invalidSyntax", "the body is not what is expected: %v", err)
	}
	return nil
}

func (c *call) scimLocation(kind, id string) string {
	return baseURL + "/scim/directory/" + c.site.SyncID + "/" + kind + "/" + id
}

var scimEquals = regexp.MustCompile(`^\s*(\w+)\s+(?i:eq)\s+("(?:[^"\\]|\\.)*")\s*$`)

// scimFilter reads the filter: one exact match of one of the attributes. An
// empty attribute means that there is no filter.
func (c *call) scimFilter(attributes ...string) (attribute, value string, err error) {
	text := c.query.Get("filter")
	if text == "" {
		return "", "", nil
	}
	m := scimEquals.FindStringSubmatch(text)
	if m != nil {
		for _, a := range attributes {
			if strings.EqualFold(a, m[1]) && json.Unmarshal([]byte(m[2]), &value) == nil {
				return a, value, nil
			}
		}
	}
	return "", "", refuse(http.StatusBadRequest, "invalidFilter", "a filter is %s eq \"…\"", strings.Join(attributes, " or "))
}

// scimMax is the largest page; the published document names none.
const scimMax = 100

// listScim answers with one page in SCIM's style: startIndex counts from 1.
func listScim[T any](c *call, items []T, row func(T) any) (answer, error) {
	start, err := c.number("startIndex", 1)
	if err != nil {
		return answer{}, err
	}
	count, err := c.number("count", scimMax)
	if err != nil {
		return answer{}, err
	}
	start = max(start, 1)
	from := min(start-1, len(items))
	rows := []any{}
	for _, item := range items[from:min(from+min(count, scimMax), len(items))] {
		rows = append(rows, row(item))
	}
	return ok(object{
		"schemas": []string{scimListSchema}, "totalResults": len(items), "startIndex": start, "itemsPerPage": len(rows), "Resources": rows,
	})
}

// scimPatch is the body of a PATCH.
type scimPatch struct {
	Operations []struct {
		Op    string          `json:"op"`
		Path  string          `json:"path"`
		Value json.RawMessage `json:"value"`
	} `json:"Operations"`
}

// each hands every change of a patch on: one path and one value each. An
// operation without a path has an object of them.
func (in scimPatch) each(change func(op, path string, value json.RawMessage) error) error {
	if len(in.Operations) == 0 {
		return refuse(http.StatusBadRequest, "invalidSyntax", "a patch has Operations")
	}
	for _, o := range in.Operations {
		op := fold(o.Op)
		if op != "add" && op != "replace" && op != "remove" {
			return refuse(http.StatusBadRequest, "invalidSyntax", "there is no operation %q", o.Op)
		}
		if o.Path != "" {
			if err := change(op, o.Path, o.Value); err != nil {
				return err
			}
			continue
		}
		var parts map[string]json.RawMessage
		if op == "remove" || json.Unmarshal(o.Value, &parts) != nil {
			return refuse(http.StatusBadRequest, "noTarget", "an operation without a path needs an object for a value, and cannot remove")
		}
		for _, path := range sortedKeys(parts) {
			err := change(op, path, parts[path])
			if r := (*Refusal)(nil); errors.As(err, &r) && r.Code == "invalidPath" {
				continue // one of the attributes that nobody asked for
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
