package cli

import (
	"strings"
	"testing"

	"github.com/weirhq/weir/internal/forge"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// A comment that the host would refuse is refused before it is sent.
func TestCommentTooLong(t *testing.T) {
	plan := &reconcile.Plan{Site: reconcile.SiteName{Name: "acme", Product: "embedded"}}
	hidden := strings.Repeat("é", 64_000)
	for _, kind := range forge.Kinds {
		body, err := commentBody(kind, plan, nil, render.ReviewNotes{}, hidden)
		if kind == forge.Bitbucket {
			if err == nil {
				t.Errorf("%s took %d characters", kind, len([]rune(body)))
			}
			continue
		}
		if err != nil || !strings.Contains(body, hidden) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := commentBody(forge.GitHub, plan, nil, render.ReviewNotes{}, strings.Repeat("x", 65_500)); err == nil {
		t.Error("GitHub took more than it takes")
	}
}
