package docs_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/operator"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/rest"
)

var update = flag.Bool("update", false, "bring the tables of writes in docs/sites.md up to date")

func sites(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("sites.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// section is the text below a heading, up to the next of its level or above.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("docs/sites.md has no heading %q", heading)
	}
	level := strings.IndexByte(heading, ' ')
	end := regexp.MustCompile(fmt.Sprintf(`(?m)^#{1,%d} `, level)).FindStringIndex(rest)
	if end != nil {
		rest = rest[:end[0]]
	}
	return rest
}

// rows gives the cells of the rows of tables, headings included.
func rows(text string) (out [][]string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out = append(out, cells)
	}
	return out
}

var quoted = regexp.MustCompile("`([^`]+)`")

// Each product's table has every kind of fact; those of the live ones say of each
// type of object that a kind can have, where it has several, what is done.
func TestFactsOfSites(t *testing.T) {
	page := sites(t)
	for _, product := range []string{"### Confluence Cloud", "### Confluence Data Center", "### Embedded"} {
		told := make(map[access.Kind]string) // by kind, what its rows are of
		for _, cells := range rows(section(t, page, product)) {
			for _, m := range quoted.FindAllStringSubmatch(cells[0], -1) {
				kind := access.Kind(m[1])
				if access.Kinds[kind].Meaning == "" {
					continue // a row of another table
				}
				told[kind] += cells[1] + " "
				if product != "### Embedded" && (len(cells) != 7 || cells[2] == "" || cells[3] == "") {
					t.Errorf("%s: the row of %s does not say how it is read and written: %q", product, kind, cells)
				}
			}
		}
		for kind := range access.Kinds {
			if told[kind] == "" {
				t.Errorf("%s: no row of the kind %s", product, kind)
			}
		}
		if product == "### Embedded" {
			continue
		}
		for _, of := range []string{"people", "groups", "spaces", "space roles", "pages", "blog posts"} {
			if !strings.Contains(told[access.Exists], of) {
				t.Errorf("%s: no row of exists is of %s", product, of)
			}
		}
		for _, of := range []string{"people", "groups"} {
			if !strings.Contains(told[access.Product], of) {
				t.Errorf("%s: no row of product is of %s", product, of)
			}
		}
	}
}

// siteKeys are the keys of one site in the operator's file: those that show when
// an entry that says everything is written.
func siteKeys(t *testing.T) []string {
	t.Helper()
	entry := schema.SiteEntry{Name: schema.Str{Value: "x"}}
	fields := reflect.ValueOf(&entry).Elem()
	n := 0
	for i := range fields.NumField() {
		f := fields.Field(i)
		if f.Kind() != reflect.Pointer {
			continue
		}
		n++
		f.Set(reflect.New(f.Type().Elem()))
		if c, ok := f.Interface().(*schema.CredentialEntry); ok {
			c.Env = &schema.Str{Value: "X"}
		}
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^    (\w+):`).FindAllStringSubmatch(string(schema.RenderSites([]schema.SiteEntry{entry})), -1) {
		out = append(out, m[1])
	}
	if len(out) != n {
		t.Fatalf("an entry with %d fields is written with the keys %v", n, out)
	}
	return out
}

// The page names every key of the operator's file and every environment
// variable, and no key that there is not.
func TestOperatorsWord(t *testing.T) {
	page := sites(t)
	file := section(t, page, "### The operator's file")
	told := make(map[string]bool)
	for _, cells := range rows(file)[1:] {
		m := quoted.FindStringSubmatch(cells[0])
		if m == nil {
			t.Fatalf("a row names no key: %q", cells)
		}
		told[m[1]] = true
		// A key that is none is refused as such; any other mistake is of its value.
		_, diags := schema.ParseSites("sites.yaml", []byte("sites: {a: {"+m[1]+": []}}\n"))
		for _, d := range diags {
			if d.Code == "WR102" {
				t.Errorf("docs/sites.md has a key that the file does not know: %s", m[1])
			}
		}
	}
	for _, key := range siteKeys(t) {
		if !told[key] {
			t.Errorf("docs/sites.md does not tell of the key %s", key)
		}
	}

	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(file)
	if example == nil {
		t.Fatal("docs/sites.md has no example of the operator's file")
	}
	if entries, diags := schema.ParseSites("sites.yaml", []byte(example[1])); diags.Err() != nil || len(entries) != 2 {
		t.Errorf("the example of the operator's file has %d entries: %v", len(entries), diags.Err())
	}

	variables := make(map[string]bool)
	for _, cells := range rows(section(t, page, "### The environment")) {
		for _, m := range quoted.FindAllStringSubmatch(cells[0], -1) {
			variables[m[1]] = true
		}
	}
	for _, v := range operator.Variables {
		if !variables[v[0]] {
			t.Errorf("docs/sites.md does not tell of %s", v[0])
		}
	}
	for _, v := range []string{"WEIR_SITES", "WEIR_READ_ONLY"} {
		if !variables[v] {
			t.Errorf("docs/sites.md does not tell of %s", v)
		}
	}
}

// The tables of writes are the drivers' own lists.
func TestWritesOfSites(t *testing.T) {
	page := sites(t)
	for product, writes := range map[string][]rest.Write{"cloud": cloud.Writes(), "datacenter": datacenter.Writes()} {
		begin, end := "<!-- writes of "+product+" -->\n", "<!-- end of writes -->"
		before, after, ok := strings.Cut(page, begin)
		got, after, closed := strings.Cut(after, end)
		if !ok || !closed {
			t.Fatalf("docs/sites.md has no place for the writes of %s", product)
		}
		var want strings.Builder
		want.WriteString("| to | request | does |\n|---|---|---|\n")
		for _, w := range writes {
			fmt.Fprintf(&want, "| %s | `%s %s` | %s |\n", w.Surface, w.Method, w.Path, w.Effect)
		}
		switch {
		case got == want.String():
		case *update:
			page = before + begin + want.String() + end + after
		default:
			t.Errorf("the writes of %s are not those in docs/sites.md (go test ./docs -update): want\n%s", product, &want)
		}
	}
	if *update {
		if err := os.WriteFile("sites.md", []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
