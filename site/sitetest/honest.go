package sitetest

import (
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Honest checks the promise of an observation, whatever the product answered:
// what it lacks of the truth it says that it could not see, and it holds nothing
// untrue. An error promises nothing.
func Honest(t *testing.T, truth access.Set, obs site.Observation, err error) {
	t.Helper()
	if err != nil {
		return
	}
	for _, c := range access.Changes(truth, obs.Facts) {
		if c.Op != access.Remove {
			t.Errorf("observed what is not true: %s", c.Fact)
			return
		}
		if !Unseen(obs, c.Fact) {
			t.Errorf("taken for absent: %s (unknown is %v)", c.Fact, obs.Unknown)
			return
		}
	}
}

// Unseen reports whether an observation says of a fact that it could not see it.
func Unseen(obs site.Observation, f access.Fact) bool {
	for _, u := range obs.Unknown {
		if u.Covers(f) {
			return true
		}
	}
	return false
}
