package emulator_test

import (
	"fmt"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// titles checks the titles of a list of content.
func titles(want ...string) func(*dcFixture, any) {
	return func(d *dcFixture, body any) {
		d.Helper()
		d.same("titles", titlesIn(body.(m)["results"]), append([]string{}, want...))
	}
}

func titlesIn(rows any) []string {
	out := []string{}
	for _, row := range rows.([]any) {
		out = append(out, row.(m)["title"].(string))
	}
	return out
}

const dcEverything = "ancestors,restrictions.read.restrictions.user,restrictions.read.restrictions.group," +
	"restrictions.update.restrictions.user,restrictions.update.restrictions.group"

// dcContentSteps are the successes and failures of reading content.
func dcContentSteps() []dcStep {
	return []dcStep{
		{"content: a page by title", "ana", "GET", "/content?spaceKey=ENG&title=Pay%20bands&expand=ancestors,space,version", nil, 200, func(d *dcFixture, b any) {
			titles("Pay bands")(d, b)
			row := b.(m)["results"].([]any)[0].(m)
			d.same("above", titlesIn(row["ancestors"]), []string{"Engineering Home", "HR"})
			d.same("space", row["space"].(m)["key"], "ENG")
		}},
		{"content: whatever the case", "ana", "GET", "/content?spaceKey=eng&type=page&title=pay%20BANDS", nil, 200, titles("Pay bands")},
		{"content: no such page", "ana", "GET", "/content?spaceKey=ENG&title=Nope", nil, 200, titles()},
		{"content: a page without a title", "ana", "GET", "/content?spaceKey=ENG", nil, 400, nil},
		{"content: a blog post without a day", "ana", "GET", "/content?spaceKey=ENG&type=blogpost&title=x", nil, 400, nil},
		{"content: a blog post", "ana", "GET", "/content?spaceKey=ENG&type=blogpost&postingDay=2000-01-01", nil, 200, titles()},
		{"content: by id", "ana", "GET", "/content?ids={HR}", nil, 200, titles("HR")},
		{"content: another type", "ana", "GET", "/content?type=comment&title=x", nil, 400, nil},
		{"content: another status", "ana", "GET", "/content?status=trashed&title=x", nil, 400, nil},
		{"content: another part", "ana", "GET", "/content?title=HR&expand=nope", nil, 400, nil},
		{"content: in a space that is not there for the caller", "cy", "GET", "/content?spaceKey=OPS&title=x", nil, 404, nil},
		{"one page", "ana", "GET", "/content/{HR}?expand=" + dcEverything, nil, 200, func(d *dcFixture, b any) {
			d.same("title", b.(m)["title"], "HR")
			users := b.(m)["restrictions"].(m)["read"].(m)["restrictions"].(m)["user"].(m)
			d.same("nobody is named", users["size"], 0.0)
		}},
		{"one page: none", "ana", "GET", "/content/1", nil, 404, nil},
		{"pages of a space", "ana", "GET", "/space/ENG/content/page", nil, 200, titles("Engineering Home", "HR", "Pay bands")},
		{"pages of a space: a page", "ana", "GET", "/space/ENG/content/page?limit=1&start=1", nil, 200, func(d *dcFixture, b any) {
			titles("HR")(d, b)
			d.same("next", b.(m)["_links"].(m)["next"], "/rest/api/space/ENG/content/page?limit=1&start=2")
		}},
		{"pages of a space: at the top", "ana", "GET", "/space/ENG/content/page?depth=root", nil, 200, titles("Engineering Home")},
		{"blog posts of a space", "ana", "GET", "/space/ENG/content/blogpost", nil, 200, titles()},
		{"pages of a space: another type", "ana", "GET", "/space/ENG/content/comment", nil, 400, nil},
		{"pages of a space: not there for the caller", "cy", "GET", "/space/OPS/content/page", nil, 404, nil},
	}
}

// TestDataCenterContentIsHidden: what somebody may not view is in no list and
// has no id; and what a list shows of a restriction is cut where Cloud's is.
func TestDataCenterContentIsHidden(t *testing.T) {
	d := openDC(t, emulator.Options{})
	dcSmall(d)
	a := d.em.Admin()
	d.must(a.Restrict("ENG", "HR", "read", user("ana@acme.example")))
	ana, bo := d.as("ana"), d.as("bo")
	titles("Engineering Home", "HR", "Pay bands")(d, ana.call(200, "GET", "/space/ENG/content/page", nil))
	titles("Engineering Home")(d, bo.call(200, "GET", "/space/ENG/content/page", nil))
	titles()(d, bo.call(200, "GET", "/content?spaceKey=ENG&title=HR", nil))
	titles()(d, bo.call(200, "GET", d.fill("/content?ids={HR}"), nil))
	bo.call(404, "GET", d.fill("/content/{HR}"), nil)

	d.must(a.SetSpaceStatus("ENG", "archived"))
	titles("Engineering Home", "HR", "Pay bands")(d, ana.call(200, "GET", "/space/ENG/content/page", nil))

	d.must(a.SetSpaceStatus("ENG", "current"))
	for i := range 30 {
		name := fmt.Sprintf("g%02d", i)
		d.must(a.CreateGroup(name, ""))
		d.must(a.Restrict("ENG", "HR", "read", team(name)))
	}
	groups := ana.call(200, "GET", d.fill("/content/{HR}?expand="+dcEverything), nil).(m)["restrictions"].(m)["read"].(m)["restrictions"].(m)["group"].(m)
	d.same("size", groups["size"], 25.0)
	d.same("limit", groups["limit"], 25.0)
}
