package schema

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weirhq/weir/internal/diag"
)

var update = flag.Bool("update", false, "rewrite golden files and generated tables")

// goldenDiags is the part of an archive that holds what Parse says about the
// other parts.
const goldenDiags = "diags"

// TestParseDiagnostics parses the files of each archive together and compares
// what is said about them. Every code of the reader must be met somewhere.
func TestParseDiagnostics(t *testing.T) {
	archives, err := filepath.Glob("testdata/parse/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	met := make(map[string]bool)
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var files []File
			var want string
			for _, f := range archive.Files {
				if f.Name == goldenDiags {
					want = string(f.Data)
					continue
				}
				files = append(files, File{Path: f.Name, Bytes: f.Data})
			}
			docs, diags := Parse(files)
			if len(docs) != len(files) {
				t.Fatalf("%d documents from %d files", len(docs), len(files))
			}
			for _, d := range diags {
				met[d.Code] = true
				checkVoice(t, d)
			}
			got := describeDiags(diags)
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == goldenDiags })
				archive.Files = append(archive.Files, txtar.File{Name: goldenDiags, Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("diagnostics differ (-want +got), run with -update if this is meant:\n%s", diff)
			}
		})
	}
	for code := range diag.Codes {
		if code < "WR110" && strings.HasPrefix(code, "WR1") && !met[code] {
			t.Errorf("no archive meets %s", code)
		}
	}
}

// describeDiags writes diagnostics one a line, with their other places below.
func describeDiags(diags diag.List) string {
	var b strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&b, "%s %s\n", d.Code, d.Error())
		for _, r := range d.Related {
			fmt.Fprintf(&b, "\t%s: %s\n", r.Range, r.Message)
		}
	}
	return b.String()
}

// checkVoice holds what every diagnostic promises.
func checkVoice(t *testing.T, d diag.Diagnostic) {
	t.Helper()
	if _, ok := diag.Codes[d.Code]; !ok {
		t.Errorf("unknown code: %v", d)
	}
	if !d.Range.Known() {
		t.Errorf("no place: %v", d)
	}
	if d.Summary == "" || strings.HasSuffix(d.Summary, ".") || len([]rune(d.Summary)) > 110 {
		t.Errorf("summary is empty, too long or ends in a full stop: %v", d)
	}
	if strings.ContainsAny(d.Summary+d.Hint, "\n\t") {
		t.Errorf("more than one line: %v", d)
	}
	if d.Detail != "" && !strings.ContainsAny(d.Detail[len(d.Detail)-1:], ".?") {
		t.Errorf("detail is no sentence: %q", d.Detail)
	}
}

// TestParseIsAsDeepAsItSays nests every bracket and operator of both syntaxes
// far deeper than any parser's stack, through the real lexers.
func TestParseIsAsDeepAsItSays(t *testing.T) {
	const deep = 100_000
	shapes := map[string]struct{ file, head, repeat, code string }{
		"hcl list":            {"a.weir.hcl", "external = ", "[", "WR107"},
		"hcl object":          {"a.weir.hcl", "site = ", "{a=", "WR107"},
		"hcl parentheses":     {"a.weir.hcl", "weir = ", "(", "WR107"},
		"hcl call":            {"a.weir.hcl", "weir = ", "f(", "WR107"},
		"hcl template":        {"a.weir.hcl", "weir = ", `"${`, "WR107"},
		"hcl directive":       {"a.weir.hcl", `weir = "`, `%{ if "`, "WR107"},
		"hcl heredoc":         {"a.weir.hcl", "weir = ", "<<A\n${", "WR107"},
		"hcl block":           {"a.weir.hcl", "", "a {\n", "WR107"},
		"hcl labelled block":  {"a.weir.hcl", "", `a "b" {` + "\n", "WR107"},
		"hcl for":             {"a.weir.hcl", "weir = ", "[for a in ", "WR107"},
		"hcl minus":           {"a.weir.hcl", "weir = ", "-", "WR111"},
		"hcl not":             {"a.weir.hcl", "weir = ", "!", "WR111"},
		"hcl sum":             {"a.weir.hcl", "weir = 1", "+1", "WR111"},
		"hcl difference":      {"a.weir.hcl", "weir = 1", "-1", "WR111"},
		"hcl condition":       {"a.weir.hcl", "weir = 1", "?1:1", "WR111"},
		"hcl nested choice":   {"a.weir.hcl", "weir = 1", "?1", "WR111"},
		"hcl and":             {"a.weir.hcl", "weir = 1", "&&1", "WR111"},
		"hcl splat":           {"a.weir.hcl", "weir = a", ".*", "WR111"},
		"hcl full splat":      {"a.weir.hcl", "weir = a", "[*]", "WR111"},
		"hcl index":           {"a.weir.hcl", "weir = a", "[b]", "WR111"},
		"hcl index by lines":  {"a.weir.hcl", "weir = [a", "\n[b]", "WR111"},
		"hcl attribute":       {"a.weir.hcl", "weir = a", ".b", "WR111"},
		"hcl many templates":  {"a.weir.hcl", `weir = "`, "${a}", "WR101"},
		"hcl unclosed braces": {"a.weir.hcl", "weir = ", "}", "WR101"},
		"hcl mixed":           {"a.weir.hcl", "weir = ", `[{a="${(`, "WR107"},
		"yaml flow list":      {"a.weir.yaml", "external: ", "[", "WR107"},
		"yaml flow map":       {"a.weir.yaml", "site: ", "{a: ", "WR107"},
		"yaml flow map, bare": {"a.weir.yaml", "site: ", "{", "WR107"},
		"yaml mixed":          {"a.weir.yaml", "site: ", "[{a: ", "WR107"},
		"yaml dashes":         {"a.weir.yaml", "", "- ", "WR107"},
		"yaml explicit keys":  {"a.weir.yaml", "", "? ", "WR107"},
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			text := shape.head + strings.Repeat(shape.repeat, min(deep, MaxFileSize/len(shape.repeat)-100))
			_, diags := Parse([]File{{Path: shape.file, Bytes: []byte(text)}})
			if !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == shape.code }) {
				t.Errorf("no %s in:\n%.500s", shape.code, diags.Error())
			}
		})
	}
}

// TestParseDepthIsExact finds the limit where the documentation has it, and
// the parser's own, higher limit out of the way.
func TestParseDepthIsExact(t *testing.T) {
	for _, tt := range []struct{ file, head, open, shut string }{
		{"a.weir.yaml", "absent: ", "[", "]"},
		{"a.weir.hcl", "absent = ", "[", "]"},
	} {
		for _, depth := range []int{MaxDepth - 2, MaxDepth + 1, 9_000, 11_000} {
			text := tt.head + strings.Repeat(tt.open, depth) + strings.Repeat(tt.shut, depth)
			_, diags := Parse([]File{{Path: tt.file, Bytes: []byte(text)}})
			got := slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == "WR107" })
			if want := depth > MaxDepth; got != want {
				t.Errorf("%s, depth %d: too deep is %v, want %v:\n%.300s", tt.file, depth, got, want, diags.Error())
			}
		}
	}
}

// TestParseLimits meets the limits on size and on the number of values and
// tokens, and sees that a file of garbage ends in a bounded report.
func TestParseLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		file, text, code string
	}{
		"large":       {"a.weir.yaml", "# " + strings.Repeat("x", MaxFileSize), "WR107"},
		"many values": {"a.weir.yaml", "external: [" + strings.Repeat("a,", MaxNodes+1) + "]", "WR107"},
		"many tokens": {"a.weir.hcl", "external = [" + strings.Repeat("1,", maxTokens/2+1) + "]", "WR107"},
		"many digits": {"a.weir.hcl", "protect { min_space_admins = " + strings.Repeat("1", 500_000) + " }", "WR103"},
		"many errors": {"a.weir.yaml", "external: [" + strings.Repeat("1,", 1000) + "]", "WR107"},
		"long line":   {"a.weir.hcl", "external = [" + strings.Repeat(`"é",`, 140_000) + "]", ""},
		"long flow":   {"a.weir.yaml", "external: [" + strings.Repeat(`é,`, 150_000) + "]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := Parse([]File{{Path: tt.file, Bytes: []byte(tt.text)}})
			if len(diags) > maxProblems+1 {
				t.Errorf("%d diagnostics", len(diags))
			}
			if tt.code == "" && diags != nil || tt.code != "" && !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == tt.code }) {
				t.Errorf("want %q, got:\n%.500s", tt.code, diags.Error())
			}
		})
	}
}

// TestParseRanges underlines every name and value of one description in both
// syntaxes: the text between start and end is what stands there.
func TestParseRanges(t *testing.T) {
	yaml := "# größe 日本\r\ngroups:\r\n  \"größe\": {members: [\"日本@acme.example\", {who: 'bo''s', until: 2026-12-31}]} # c\r\n  staff:\r\n    members_of: {any: [a, b, # x\r\n      c],}\r\n"
	hcl := "# größe 日本\ngroup \"größe\" {\n  members = [\"日本@acme.example\", { who = \"👩‍💻bo's\", until = \"2026-12-31\" }]\n}\ngroup \"staff\" {\n  members_of = {any=[\"a\", \"b\", # x\n  \"c\"]}\n}\n"
	cut := func(text string, r diag.Range) string {
		s := newSource("", []byte(text))
		return text[s.offset(r.Start):s.offset(r.End)]
	}
	check := func(t *testing.T, text string, r diag.Range, want string) {
		t.Helper()
		if got := cut(text, r); got != want {
			t.Errorf("%v underlines %q, want %q", r, got, want)
		}
	}
	y := parseOne(t, YAML, []byte(yaml))
	check(t, yaml, y.Groups[0].Name.Range, `"größe"`)
	check(t, yaml, y.Groups[0].Range, `"größe": {members: ["日本@acme.example", {who: 'bo''s', until: 2026-12-31}]}`)
	check(t, yaml, y.Groups[0].Members.Items[0].Range, `"日本@acme.example"`)
	check(t, yaml, y.Groups[0].Members.Items[1].Range, `{who: 'bo''s', until: 2026-12-31}`)
	check(t, yaml, y.Groups[0].Members.Items[1].Who.Range, `'bo''s'`)
	check(t, yaml, y.Groups[0].Members.Items[1].Until.Range, `2026-12-31`)
	check(t, yaml, y.Groups[1].MembersOf.Range, "{any: [a, b, # x\r\n      c],}")
	check(t, yaml, y.Groups[1].MembersOf.Any.Range, "[a, b, # x\r\n      c]")
	h := parseOne(t, HCL, []byte(hcl))
	check(t, hcl, h.Groups[0].Name.Range, `"größe"`)
	check(t, hcl, h.Groups[0].Members.Items[0].Range, `"日本@acme.example"`)
	check(t, hcl, h.Groups[0].Members.Items[1].Range, "{ who = \"👩‍💻bo's\", until = \"2026-12-31\" }")
	check(t, hcl, h.Groups[0].Members.Items[1].Who.Range, "\"👩‍💻bo's\"")
	check(t, hcl, h.Groups[0].Members.Items[1].Until.Range, `"2026-12-31"`)
	check(t, hcl, h.Groups[1].MembersOf.Any.Range, "[\"a\", \"b\", # x\n  \"c\"]")
	check(t, hcl, h.Groups[1].Range, "group \"staff\" {\n  members_of = {any=[\"a\", \"b\", # x\n  \"c\"]}\n}")
	// Columns count code points: the emoji is three of them.
	if got, want := h.Groups[0].Members.Items[1].Until.Range.String(), "test.weir.hcl:3:60"; got != want {
		t.Errorf("until stands at %s, want %s", got, want)
	}
}

// TestParseBothSyntaxes reads the same description from a file in each syntax.
func TestParseBothSyntaxes(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/parse/design.txtar")
	if err != nil {
		t.Fatal(err)
	}
	docs := make(map[Syntax]Document)
	for _, f := range archive.Files {
		if syntax, ok := SyntaxOf(f.Name); ok {
			docs[syntax] = parseOne(t, syntax, f.Data)
		}
	}
	if diff := cmp.Diff(docs[YAML], docs[HCL], samePlaces); diff != "" {
		t.Errorf("the syntaxes differ (-yaml +hcl):\n%s", diff)
	}
	if len(docs[YAML].Spaces) == 0 {
		t.Error("nothing was read")
	}
	sameWhenRendered(t, docs[YAML])
}

// TestParseEncodings accepts what editors on Windows write, and says what is
// wrong with other encodings.
func TestParseEncodings(t *testing.T) {
	const want = "WR101"
	plain := parseOne(t, YAML, []byte("groups:\n  a: {}\n"))
	windows := parseOne(t, YAML, []byte("\ufeffgroups:\r\n  a: {}\r\n"))
	if diff := cmp.Diff(plain, windows); diff != "" {
		t.Errorf("a byte order mark or CRLF changes the document:\n%s", diff)
	}
	if diff := cmp.Diff(parseOne(t, HCL, []byte("group \"a\" {\n}\n")), parseOne(t, HCL, []byte("\ufeffgroup \"a\" {\r\n}\r\n"))); diff != "" {
		t.Errorf("a byte order mark or CRLF changes the document:\n%s", diff)
	}
	for _, file := range []string{"a.weir.yaml", "a.weir.hcl"} {
		for name, text := range map[string]string{
			"UTF-16 LE": "\xff\xfew\x00", "UTF-16 BE": "\xfe\xff\x00w", "NUL": "weir\x00: v1", "Latin-1": "# caf\xe9",
			"line separator": "# a\u2028weir: v1", "next line": "# a\u0085weir: v1", "second mark": "# \ufeff", "lone CR": "# a\rweir: v1", "bell": "# \a", "delete": "# \x7f",
			"not a character": "# \ufffe",
		} {
			_, diags := Parse([]File{{Path: file, Bytes: []byte(text)}})
			if len(diags) != 1 || diags[0].Code != want {
				t.Errorf("%s, %s: got %v, want one %s", file, name, diags, want)
			}
		}
	}
}

// TestParseSameText: two spellings of one name are one name, in any place and
// either syntax.
func TestParseSameText(t *testing.T) {
	composed, decomposed := "caf\u00e9", "cafe\u0301"
	for _, text := range []string{
		"groups:\n  " + composed + ": {}\n", "groups:\n  " + decomposed + ": {}\n", "groups:\n  \"cafe\\u0301\": {}\n",
	} {
		if got := parseOne(t, YAML, []byte(text)).Groups[0].Name.Value; got != composed {
			t.Errorf("%q names %q", text, got)
		}
	}
	for _, text := range []string{
		"group \"" + composed + "\" {}\n", "group \"" + decomposed + "\" {}\n", "group \"cafe\\u0301\" {}\n",
	} {
		if got := parseOne(t, HCL, []byte(text)).Groups[0].Name.Value; got != composed {
			t.Errorf("%q names %q", text, got)
		}
	}
}

// TestParseReportsAreStable parses the files of the archives in both orders:
// documents follow the files, diagnostics the places.
func TestParseReportsAreStable(t *testing.T) {
	files := []File{{Path: "b.weir.yaml", Bytes: []byte("grups: {}\n")}, {Path: "a.weir.hcl", Bytes: []byte("grups {}\n")}}
	docs, diags := Parse(files)
	slices.Reverse(files)
	docs2, diags2 := Parse(files)
	if docs[0].File != "b.weir.yaml" || docs2[0].File != "a.weir.hcl" {
		t.Errorf("documents do not follow the files: %s, %s", docs[0].File, docs2[0].File)
	}
	if diff := cmp.Diff(diags, diags2); diff != "" || len(diags) != 2 {
		t.Errorf("diagnostics depend on the order of the files:\n%s%v", diff, diags)
	}
}

// FuzzParseYAML and FuzzParseHCL: no file makes the reader panic, and what it
// accepts, either syntax can say again.

func FuzzParseYAML(f *testing.F) { fuzzParse(f, YAML) }

func FuzzParseHCL(f *testing.F) { fuzzParse(f, HCL) }

func fuzzParse(f *testing.F, syntax Syntax) {
	archives, err := filepath.Glob("testdata/parse/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if s, ok := SyntaxOf(file.Name); ok && s == syntax {
				f.Add(file.Data)
				// Line by line too: a small input is easier to vary.
				for line := range bytes.Lines(file.Data) {
					f.Add(line)
				}
			}
		}
	}
	for _, s := range awkward {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, diags := parseFile(File{Path: "fuzz" + syntax.Ext(), Bytes: text})
		// A document that says nothing, such as `users: {}`, has no rendering.
		if diags == nil && !cmp.Equal(doc, Document{}, samePlaces) {
			sameWhenRendered(t, doc)
		}
		for _, d := range diags {
			checkVoice(t, d)
		}
	})
}

// BenchmarkParse reads the largest real description in both syntaxes.
func BenchmarkParse(b *testing.B) {
	for _, syntax := range []Syntax{YAML, HCL} {
		b.Run(syntax.String(), func(b *testing.B) {
			files, diags := Load(os.DirFS("../testdata/access/2024-06"))
			if diags != nil {
				b.Fatal(diags)
			}
			docs, diags := Parse(files)
			if diags != nil {
				b.Fatal(diags)
			}
			size := 0
			for i, doc := range docs {
				files[i] = File{Path: "bench" + syntax.Ext(), Bytes: Render(doc, syntax)}
				size += len(files[i].Bytes)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, diags := Parse(files); diags != nil {
					b.Fatal(diags)
				}
			}
		})
	}
}
