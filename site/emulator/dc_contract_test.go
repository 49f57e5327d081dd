package emulator_test

import (
	"io"
	"regexp"
	"slices"
	"testing"

	"github.com/weirhq/weir/internal/published"
	"github.com/weirhq/weir/site/emulator"
)

// deviation is a place where a published document is wrong or thin.
type deviation struct {
	pattern  *regexp.Regexp // of the operation and the trouble as the test words it
	evidence string
}

// dcDeviations are those of Data Center's document.
var dcDeviations = []deviation{
	{regexp.MustCompile(`/(user|users|group)(/.*)?: (/results/\*)?/(username|userKey|status) is undocumented$`),
		"Person lacks the names by which every operation takes people; live answers have them (evidence B0), and expand=status is published"},
	{regexp.MustCompile(`: .*/creator/(username|userKey) is undocumented$`), "a space's creator is a Person, as above"},
	{regexp.MustCompile(`/permissions.*: /\*/subject/(name|username|userKey|profilePicture) is undocumented$`),
		"Subject has a type and a name to show, which two people may share; live answers say more (evidence B0)"},
	{regexp.MustCompile(`: .*/(_links|_expandable) is undocumented$`),
		"left out of the schemas, or named get_links and get_expandable there, and _links and _expandable in the document's own examples"},
	{regexp.MustCompile(`: .*/_expandable/\w+ is undocumented$`), "the document has one key there, named attribute: it stands for any"},
	{regexp.MustCompile(`/user/memberof: /results/\*/name is undocumented$`), "the groups of a user are published as a page of Person"},
	{regexp.MustCompile(`^GET /rest/api/space/\{spaceKey\}: /homepage/\w+ is undocumented$`),
		"a reference is published as the fields of its Java class; shown on demand it is what it refers to"},
	{regexp.MustCompile(`^PUT /rest/api/admin/user/\{username\}: .*unexpected end of JSON input$`), "a schema is published for 204, which has no body"},
	{regexp.MustCompile(`/accessmode: a body is undocumented$`), "an example is published and no schema"},
	{regexp.MustCompile(`/relevantViewRestrictions: /viewContentRestrictions is undocumented$`),
		"published as a map of operations, which cannot hold the restrictions of several pages; the document's RelevantViewRestrictions can"},
}

// TestDataCenterContract validates every successful answer of the table of
// operations against the published document: its status, its types, its keys.
func TestDataCenterContract(t *testing.T) {
	docs := published.Need(t, published.DataCenter)
	covered := map[string]bool{}
	used := make([]bool, len(dcDeviations))
	for _, s := range dcSteps() {
		if s.status >= 300 {
			continue
		}
		d := openDC(t, emulator.Options{})
		dcSmall(d)
		r := s.request(d)
		res, err := d.em.Transport().RoundTrip(r)
		d.must(err)
		text, err := io.ReadAll(res.Body)
		d.must(err)
		op, _, ok := docs.Operation(s.method, r.URL.Path)
		if !ok {
			t.Errorf("%s: %s %s is not in the published document", s.name, s.method, r.URL.Path)
			continue
		}
		covered[op.Name] = true
		for _, trouble := range op.Answer(res.StatusCode, text) {
			key := op.Name + ": " + trouble
			i := slices.IndexFunc(dcDeviations, func(v deviation) bool { return v.pattern.MatchString(key) })
			if i < 0 {
				t.Errorf("%s: %s", s.name, key)
			} else {
				used[i] = true
			}
		}
	}
	for i, v := range dcDeviations {
		if !used[i] {
			t.Errorf("the deviation %s is not there any more", v.pattern)
		}
	}
	t.Logf("%d operations of Data Center agree with the published document", len(covered))
}
