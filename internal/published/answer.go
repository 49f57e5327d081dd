package published

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Answer compares one answer with the operation: its status, its types, and its
// keys. It gives what is wrong, each with its place in the answer.
func (o *Operation) Answer(status int, text []byte) []string {
	response := o.route.Operation.Responses.Status(status)
	if response == nil {
		return []string{fmt.Sprintf("status %d is undocumented", status)}
	}
	content := response.Value.Content.Get("application/json")
	if content == nil || content.Schema == nil {
		if len(bytes.TrimSpace(text)) > 0 {
			return []string{"a body is undocumented"}
		}
		return nil
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return []string{fmt.Sprintf("%T", err) + err.Error()}
	}
	var out []string
	if err := content.Schema.Value.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		out = append(out, troubles("", err)...)
	}
	for _, key := range undocumented(content.Schema.Value, value, "") {
		out = append(out, key+" is undocumented")
	}
	return out
}
