package schema_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/docs"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

var fenced = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// TestPagesOfReferences holds the pages of the codes that Compile, Desired
// and ParseLock give: the first block of each causes the message in the second.
func TestPagesOfReferences(t *testing.T) {
	for code := range diag.Codes {
		if !strings.HasPrefix(code, "WR2") {
			continue
		}
		t.Run(code, func(t *testing.T) {
			page, err := docs.Codes.ReadFile("codes/" + code + ".md")
			if err != nil {
				t.Fatal(err)
			}
			if title := "# " + code + ": " + diag.Codes[code] + "\n"; !strings.HasPrefix(string(page), title) {
				t.Errorf("the page does not begin with %q", title)
			}
			blocks := fenced.FindAllStringSubmatch(string(page), -1)
			if len(blocks) < 2 {
				t.Fatal("the page has no example with its message")
			}
			var diags diag.List
			switch syntax, text := blocks[0][1], blocks[0][2]; syntax {
			case "lock":
				_, diags = schema.ParseLock("weir.lock", []byte(text))
			default:
				var d *schema.Description
				if d, diags = schema.Compile(parse(t, text), nil, noon); d != nil {
					desired, _ := d.Desired(access.Known{})
					diags = append(diags, desired.Warnings...)
				}
			}
			if diff := cmp.Diff(strings.TrimSpace(blocks[1][2]), diags.Error()); diff != "" {
				t.Errorf("message (-page +weir):\n%s", diff)
			}
			if len(diags) == 0 || diags[len(diags)-1].Code != code {
				t.Errorf("the example gives %v", lines(diags))
			}
		})
	}
}
