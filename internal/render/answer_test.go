package render_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
)

// TestCell: nothing that a site calls itself is a formula.
func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"Ana Lind":               "Ana Lind",
		"ana@acme.example":       "ana@acme.example",
		"=1+1":                   "'=1+1",
		"+1":                     "'+1",
		"-1":                     "'-1",
		"@SUM(A1)":               "'@SUM(A1)",
		"|cmd":                   "'|cmd",
		"  =1+1":                 "'  =1+1",
		"\t=1+1":                 "' =1+1",
		"\r\n=1+1":               "'  =1+1",
		"Ana\n=1+1":              "Ana =1+1",
		"\u00a0=1+1":             "'\u00a0=1+1",
		"\uff1d1+1":              "'\uff1d1+1",
		"a=b":                    "a=b",
		`"quoted", and a comma`:  `"quoted", and a comma`,
		"=HYPERLINK(\"http://\"": "'=HYPERLINK(\"http://\"",
	} {
		if got := render.Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}

func hostileMatrix() *render.MatrixAnswer {
	bad := `"><img src=x onerror=alert(1)>`
	return &render.MatrixAnswer{
		Source: render.Source{Site: bad, Of: render.OfLive}, Operations: access.Summaries, ShowSpaces: 1, AllGroups: 2,
		Spaces: []render.MatrixSpace{{Space: "ENG", Name: bad, Counts: map[string]int{"view": 1}}},
		People: []render.MatrixRow{
			{Who: render.Who{Ref: string(access.Anonymous)}},
			{Who: render.Who{Ref: "user:=1+1@acme.example", Name: bad, Guest: true}, Can: map[string]string{"ENG": "view"}},
		},
	}
}

// TestMatrixHTML: what people and spaces call themselves stays text, in rows of
// people and of groups, and the page asks for nothing from elsewhere.
func TestMatrixHTML(t *testing.T) {
	people, groups := hostileMatrix(), hostileMatrix()
	groups.Groups = []render.MatrixGroup{{Group: `<b onclick="x">`, People: 8, Can: map[string]map[string]int{"ENG": {"view": 8, "edit": 1}}}}
	for _, c := range []struct {
		answer *render.MatrixAnswer
		want   string
	}{
		{people, `<th scope="row"><span class="mark">guest</span> <bdi>=1&#43;1@acme.example</bdi> <bdi class="soft">&#34;&gt;&lt;img src=x onerror=alert(1)&gt;</bdi></th><td class="s2">V</td>`},
		{groups, `<th scope="row"><bdi>&lt;b onclick=&#34;x&#34;&gt;</bdi> <bdi class="soft">8 people</bdi></th><td class="part1 s4" title="8 view, 1 edit">E 1</td>`},
	} {
		var b bytes.Buffer
		if err := render.MatrixHTML(&b, c.answer); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		if !strings.Contains(page, c.want) {
			t.Errorf("the page lacks %s:\n%s", c.want, page)
		}
		for _, never := range []string{"<img", "<b ", "<script>alert", "http:", "https:", "src=\""} {
			if strings.Contains(page, never) {
				t.Errorf("the page holds %s:\n%s", never, page)
			}
		}
	}
}

func TestMatrixCSV(t *testing.T) {
	var b bytes.Buffer
	if err := render.MatrixCSV(&b, hostileMatrix()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	want := [][]string{{"person", "name", "guest", "ENG"}, {"anonymous", "", "", ""}, {"'=1+1@acme.example", `"><img src=x onerror=alert(1)>`, "guest", "view"}}
	if err != nil || fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("got %q, %v, want %q", rows, err, want)
	}
}

// TestWords: every kind of fact that an explanation can hold is said in words.
func TestWords(t *testing.T) {
	for line, want := range map[string]string{
		"exists user:ana@acme.example":                         "ana@acme.example (Ana) may enter",
		"exists user:bo@acme.example":                          "bo@acme.example may enter",
		"exists group:staff":                                   "group staff is there",
		"state user:bo@acme.example = suspended":               "bo@acme.example is suspended",
		"product group:staff = admin+user":                     "group staff gives the product role admin and user",
		"product user:bo@acme.example = guest":                 "bo@acme.example holds the product role guest",
		"member group:staff user:bo@acme.example":              "bo@acme.example is in group staff",
		"managed group:staff = idp":                            "group staff is kept by others (idp)",
		"status space:ENG = archived":                          "ENG is archived",
		"grants space_role:viewer read/space":                  "the role viewer permits read/space",
		"role space:ENG class:everyone = viewer":               "everyone with a licence has the role viewer in ENG",
		"role space:ENG class:product_admins = viewer":         "product admins have the role viewer in ENG",
		"permission space:ENG create/page class:anonymous":     "the public has create/page in ENG",
		`restrict page:"HR/Pay bands" view group:hr`:           `group hr may view page "Pay bands" in HR, which is restricted`,
		"restrict blogpost:HR/Hello edit user:bo@acme.example": `bo@acme.example may edit blog post "Hello" in HR, which is restricted`,
		"global site create_space class:jsm_admins":            "the class jsm_admins has create_space on the site",
		"personal space:~bo user:bo@acme.example":              "personal space:~bo user:bo@acme.example",
	} {
		f, err := access.ParseFact(line)
		if err != nil {
			t.Fatal(err)
		}
		if got := render.Words(f, map[access.Ref]string{"user:ana@acme.example": "Ana"}); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}
