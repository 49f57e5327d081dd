package published

import (
	"fmt"
	"testing"
)

// TestFits: a path is one of a template segment by segment.
func TestFits(t *testing.T) {
	for _, tc := range []struct {
		template, path string
		want           bool
	}{
		{"/spaces", "/spaces", true},
		{"/spaces/{id}", "/spaces/7", true},
		{"/spaces/{}/x", "/spaces/7/x", true},
		{"/spaces/{id}", "/spaces/", false},
		{"/spaces/{id}", "/spaces", false},
		{"/spaces", "/spaces/7", false},
		{"/spaces/{id}", "/groups/7", false},
		{"/{a}/{b}", "/spaces/7", true},
	} {
		if got := Fits(tc.template, tc.path); got != tc.want {
			t.Errorf("%s, %s: %t", tc.template, tc.path, got)
		}
	}
	if got := fmt.Sprint(values("/spaces/{id}/roles/{role}", "/spaces/7/roles/9")); got != "map[id:7 role:9]" {
		t.Error(got)
	}
}
