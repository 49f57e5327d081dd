package emulator_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/site/emulator"
)

// TestSpaceDescription: other people's clients ask for descriptions, in a list
// and of one space; without a format there is none.
func TestSpaceDescription(t *testing.T) {
	f := open(t, emulator.Options{})
	made := f.want(201, "POST", "/wiki/api/v2/spaces", m{
		"name": "Lab", "key": "LAB", "description": m{"value": "a < b", "representation": "plain"},
	})
	one := "/wiki/api/v2/spaces/" + made["id"].(string)
	for query, want := range map[string]any{
		"":                          nil,
		"?description-format=plain": m{"plain": m{"representation": "plain", "value": "a < b"}},
		"?description-format=view":  m{"view": m{"representation": "view", "value": "a &lt; b"}},
	} {
		got := f.want(200, "GET", one+query, nil)["description"]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("space%s (-want +got):\n%s", query, diff)
		}
		listed := f.want(200, "GET", "/wiki/api/v2/spaces"+query, nil)["results"].([]any)[0].(m)["description"]
		if diff := cmp.Diff(want, listed); diff != "" {
			t.Errorf("spaces%s (-want +got):\n%s", query, diff)
		}
	}
}
