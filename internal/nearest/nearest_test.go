package nearest_test

import (
	"testing"

	"github.com/weirhq/weir/internal/nearest"
)

func TestTo(t *testing.T) {
	names := []string{"members", "members_of", "engineering", "größe", "ops"}
	for given, want := range map[string]string{
		"membrs": "members", "member_of": "members_of", "enginering": "engineering", "grösse": "größe",
		"opps": "ops", "xyz": "", "": "", "ENG": "", "a": "",
	} {
		if got := nearest.To(given, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", given, got, want)
		}
	}
	for _, order := range [][]string{{"bat", "cat"}, {"cat", "bat"}} {
		if got := nearest.To("rat", order); got != "bat" {
			t.Errorf("nearest depends on the order of names: %q", got)
		}
	}
}
