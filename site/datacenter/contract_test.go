package datacenter_test

import (
	"net/http"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/published"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/sitetest"
	"github.com/weirhq/weir/site/sitetest/world"
)

// The driver's half of the contract with Atlassian: what it sends is valid by
// the published document. The emulator's half, what comes back, is the contract
// test of its package. What is wrong with the document is known to each half by
// itself.

// known is what this test knows and the document does not.
var known = published.Known{Base: contextPath, Deviations: requestDeviations}

// requestDeviations are the places where the published document is wrong or
// older than the API, with the evidence. The key is the operation and the
// trouble as [published.Contract.Troubles] words them.
var requestDeviations = map[string]string{
	"GET /rest/api/group/{groupName}/member: " + groupTrouble:      groupEvidence,
	"GET /rest/api/group/{groupName}/groupmember: " + groupTrouble: groupEvidence,
}

const (
	groupTrouble  = "path groupName: empty value is not allowed"
	groupEvidence = "published as the fields of its Java class, of which there are none; a group is known by its name (evidence B0)"
)

// contextPath is where the sites of these tests are, before the document's paths.
const contextPath = "/confluence"

// checked holds every request of a test against the document, where it is at
// hand, whatever the test itself is about.
func checked(t *testing.T, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	return published.Checked(t, published.DataCenter, known, next)
}

// TestContract walks the transitions of the conformance suite, reads many pages,
// and checks every request of theirs. (Those of the other tests are checked on
// their way: this one sees to it that nothing is left unchecked.)
func TestContract(t *testing.T) {
	t.Parallel()
	c := published.Hold(published.Need(t, published.DataCenter), known)
	site := func(e *emulator.Emulator, next http.RoundTripper) *datacenter.Site {
		s, err := datacenter.New(config(e, c.Transport(next)))
		must(t, err)
		return s
	}
	ours := sitetest.Case{Name: "people without a licence", Path: [][]string{
		{"global site use class:unlicensed", "global site view_profiles class:unlicensed"}, {"global site use class:unlicensed"}, nil,
	}}
	for _, one := range append(sitetest.Cases(), ours) {
		t.Run(one.Name, func(t *testing.T) {
			w := world.New(t, options())
			one.Walk(t, w.Subject(site(w.Emulator, w.Transport)))
		})
	}
	sitetest.Deletions(t, func(t *testing.T) sitetest.Subject {
		w := world.New(t, options())
		return w.Subject(site(w.Emulator, w.Transport))
	})
	homed := homes(t)
	if _, err := site(homed, homed.Transport()).Observe(t.Context(), access.Extent{Personal: true, Labels: []string{"hold"}}); err != nil {
		t.Fatal(err)
	}
	e := wide(t)
	_, err := site(e, e.Transport()).Observe(t.Context(), everything)
	must(t, err)
	c.Complete(t)
	for _, w := range datacenter.Writes() {
		if !c.Sent(w.Method, w.Path) {
			t.Errorf("no request to %s was checked: %s %s", w.Effect, w.Method, w.Path)
		}
	}
}
