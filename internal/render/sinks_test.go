package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/hostile"
	"github.com/weirhq/weir/reconcile"
)

var (
	hostileNames = flag.Int("names", 1000, "how many hostile names go through every sink")
	hostileSeed  = flag.Uint64("names-seed", 1, "which ones")
)

// hostilePlan is a plan that has a name in every field that comes from outside.
func hostilePlan(name string) *reconcile.Plan {
	place := func(line int) *reconcile.Origin {
		return &reconcile.Origin{File: "d/" + name + ".weir.yaml", Line: line, Column: 7}
	}
	ref := "space:" + name
	fact := access.Fact{Kind: access.Exists, Object: access.Ref(ref)}.String()
	p := &reconcile.Plan{
		Format: reconcile.Format, Site: reconcile.SiteName{Name: name, Product: "embedded"}, Home: place(2),
		Changes: []reconcile.Planned{{Op: access.Add, Fact: fact, Origin: place(3), Reason: name, Step: "s"}},
		Steps:   []reconcile.Step{{ID: "s"}},
		Manual:  []reconcile.Manual{{Fact: name, Origin: place(4), Steps: []string{name}, Authority: name, Verify: name}},
		Unknown: []reconcile.Unknown{{Kind: name, Object: ref, Reason: name}, {Kind: name, Object: ref + "2", Reason: name}},
		Kept:    []reconcile.KeptFact{{Fact: name, Reason: name}},
		Findings: []reconcile.Finding{
			{Code: "WR301", Rule: "p" + name, Level: access.Deny, Object: ref, Owner: name, Message: name, Hint: name, Origin: place(5)},
			{Code: "WR505", Level: access.Warn, Message: name, Hint: name, Origin: place(6)},
			{Code: "WR304", Rule: "assert", Level: access.Deny, Object: ref, Message: fmt.Sprintf("%q does not hold: %s", name, name), Origin: place(7)},
		},
		Budgets: []reconcile.Budget{
			{Rule: "deletes/" + name, Count: 1, Live: 1, Exceeded: true, Accept: "deletes/" + name + ":1@d"},
			{Rule: "removals." + name, Count: 9, Live: 9, Exceeded: true, Accepted: true},
		},
		Assertions: []reconcile.Claim{{Name: name, Objects: 1, Failed: 1, Origin: place(7), Obtainable: []reconcile.Obtainable{{Person: name, How: name, Object: ref, Objects: 2}}}},
		Gained:     []reconcile.Reach{{Object: ref, Permissions: []string{name}, People: []string{"user:" + name}}},
		Lost:       []reconcile.Reach{{Object: ref, Permissions: []string{name}, People: []string{"user:" + name}}},
		Names:      map[string]string{"user:" + name: name},
		Digest:     "d",
	}
	return p
}

// hostileDiagnostics are messages with a name in every field.
func hostileDiagnostics(name string) diag.List {
	file := "d/" + name + ".weir.yaml"
	return diag.List{
		{Code: "WR201", Summary: name, Detail: name, Hint: name, Range: diag.Range{File: file, Start: diag.Pos{Line: 3, Column: 4}, End: diag.Pos{Line: 3, Column: 9}},
			Related: []diag.Related{{Message: name, Range: diag.At(file, 1, 2)}}},
		{Code: "WR206", Severity: diag.Warning, Summary: name, Range: diag.Range{File: file, Start: diag.Pos{Line: 5, Column: 6}, End: diag.Pos{Line: 7, Column: 2}}},
	}
}

// TestSinks puts names that mean something to the readers of every sink into every
// field, and reads what comes out as those readers do: there is as much of it as was
// put in, each text is in its place, and it says what it should.
func TestSinks(t *testing.T) {
	schema := sarifSchema(t)
	r := rand.New(rand.NewPCG(*hostileSeed, 1))
	for i := range *hostileNames {
		name := hostile.Name(r)
		if i < len(hostile.Texts) {
			name = hostile.Texts[i]
		}
		throughSinks(t, name, schema)
		if t.Failed() {
			t.Fatalf("the name was %q", name)
		}
	}
	t.Logf("%d names, seed %d", *hostileNames, *hostileSeed)
}

func FuzzSinks(f *testing.F) {
	schema := sarifSchema(f)
	for _, name := range hostile.Texts {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) { throughSinks(t, name, schema) })
}

func throughSinks(t *testing.T, name string, schema *jsonschema.Schema) {
	t.Helper()
	p, list := hostilePlan(name), hostileDiagnostics(name)
	for _, of := range []struct {
		what    string
		results []result
		sarif   func(io.Writer) error
		host    func(io.Writer, string) error
		junit   func(io.Writer) error
		text    func(io.Writer) error
		cases   map[string]int
	}{
		{"plan", planResults(p),
			func(w io.Writer) error { return SARIF(w, p, "v1") },
			func(w io.Writer, host string) error { return Annotations(w, p, host) },
			func(w io.Writer) error { return JUnit(w, p) },
			func(w io.Writer) error { return Plan(w, p, Options{}) },
			map[string]int{"plan": 1, "policies": 1, "invariants": 1, "assertions": 1, "proofs": 0, "budgets": 2, "unknown": 2, "by hand": 1}},
		{"diagnostics", diagnosticResults(list),
			func(w io.Writer) error { return SARIFDiagnostics(w, list, "v1") },
			func(w io.Writer, host string) error { return AnnotationsDiagnostics(w, list, host) },
			func(w io.Writer) error { return JUnitDiagnostics(w, list) },
			func(w io.Writer) error {
				return Diagnostics(w, list, func(string) string { return strings.Repeat(name+"\n", 3) }, Options{})
			},
			map[string]int{"description": 2}},
	} {
		checkSARIF(t, written(t, of.sarif), of.results, schema)
		checkCommands(t, written(t, func(w io.Writer) error { return of.host(w, GitHub) }), of.results)
		checkQuality(t, written(t, func(w io.Writer) error { return of.host(w, GitLab) }), of.results)
		checkJUnit(t, written(t, of.junit), of.cases)
		checkPlain(t, of.what, written(t, of.text))
	}
}

func written(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// dangerous are the runes that no sink lets through: controls, and what is not seen
// or turns text around.
func dangerous(s string, allowed string) (rune, bool) {
	for _, r := range s {
		if !unicode.IsPrint(r) && !strings.ContainsRune(allowed, r) {
			return r, true
		}
	}
	return 0, false
}

func sarifSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("testdata/sarif/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// link is what a viewer of SARIF makes a link of, and argument what it replaces.
var (
	link     = regexp.MustCompile(`\]\(`)
	argument = regexp.MustCompile(`\{[0-9]+\}`)
	parted   = regexp.MustCompile(`\{ ([0-9]+\})`)
)

// checkSARIF validates a log and compares its results with what was to be told.
func checkSARIF(t *testing.T, text []byte, want []result, schema *jsonschema.Schema) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("no JSON: %v", err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("not SARIF: %v", err)
	}
	var log struct {
		Runs []struct {
			ColumnKind string
			Tool       struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
				PartialFingerprints map[string]string
				Properties          map[string]string
			}
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	if len(log.Runs) != 1 || len(log.Runs[0].Results) != len(want) || log.Runs[0].ColumnKind != "unicodeCodePoints" {
		t.Fatalf("%d results were to be told, and there are others:\n%s", len(want), text)
	}
	seen := make(map[string]bool)
	for i, got := range log.Runs[0].Results {
		r := want[i]
		rules := log.Runs[0].Tool.Driver.Rules
		if got.RuleID != r.code || got.Level != []string{"error", "warning", "note"}[r.level] || rules[got.RuleIndex].ID != r.code {
			t.Errorf("result %d is %s (%s), want %s", i, got.RuleID, got.Level, r.code)
		}
		for _, text := range append([]string{got.Message.Text}, got.Properties["object"], got.Properties["policy"]) {
			if c, bad := dangerous(text, "\n"); bad {
				t.Errorf("%U in %q", c, text)
			}
		}
		if link.MatchString(got.Message.Text) || argument.MatchString(got.Message.Text) {
			t.Errorf("a message does something: %q", got.Message.Text)
		}
		if joined(got.Message.Text) != joined(strings.Join(r.lines(), "\n")) {
			t.Errorf("the message is %q, want %q", got.Message.Text, r.lines())
		}
		if p := got.PartialFingerprints["weir/v1"]; len(p) != 32 || seen[p] {
			t.Errorf("the fingerprint %q is none of its own", p)
		} else {
			seen[p] = true
		}
		at := got.Locations[0].PhysicalLocation
		u, err := url.Parse(at.ArtifactLocation.URI)
		if err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || u.Path != r.at.File {
			t.Errorf("the URI %q is not of %q: %v", at.ArtifactLocation.URI, r.at.File, err)
		}
		if at.Region.StartLine != r.at.Start.Line || at.Region.StartColumn != r.at.Start.Column || at.Region.EndLine != r.at.End.Line || at.Region.EndColumn != r.at.End.Column {
			t.Errorf("the region is %v, want %v", at.Region, r.at)
		}
	}
}

// joined takes back what parts a link or a placeholder.
func joined(s string) string {
	return parted.ReplaceAllString(strings.ReplaceAll(s, "] (", "]("), "{$1")
}

// command is a workflow command as the runner reads it.
type command struct {
	name       string
	properties map[string]string
	data       string
}

// readCommand reads a line as actions/runner does (ActionCommand.TryParseV2), and
// refuses what that would pass over in silence.
func readCommand(line string) (command, error) {
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return command{}, errors.New("the line does not begin with ::")
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return command{}, errors.New("the command does not end")
	}
	c := command{properties: make(map[string]string)}
	var properties string
	c.name, properties, _ = strings.Cut(info, " ")
	for _, pair := range strings.Split(properties, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if _, twice := c.properties[name]; !ok || twice || !slices.Contains([]string{"file", "line", "endLine", "col", "endColumn", "title"}, name) {
			return command{}, fmt.Errorf("no property, or twice: %q", pair)
		}
		c.properties[name] = unescape(value, map[string]string{"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"})
	}
	c.data = unescape(data, map[string]string{"%0D": "\r", "%0A": "\n", "%25": "%"})
	return c, nil
}

// unescape reads from left to right, so that nothing is unescaped twice.
func unescape(s string, escapes map[string]string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+3 <= len(s) {
			if c, ok := escapes[s[i:i+3]]; ok {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// lineEnds are where a runner begins a new line.
var lineEnds = regexp.MustCompile("\r\n|\r|\n")

func checkCommands(t *testing.T, text []byte, want []result) {
	t.Helper()
	lines := lineEnds.Split(strings.TrimSuffix(string(text), "\n"), -1)
	if len(lines) != len(want) {
		t.Fatalf("%d commands, want %d:\n%s", len(lines), len(want), text)
	}
	for i, line := range lines {
		r := want[i]
		if c, bad := dangerous(line, ""); bad {
			t.Errorf("%U in %q", c, line)
		}
		got, err := readCommand(line)
		if err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		properties := map[string]string{"file": Safe(r.at.File), "line": fmt.Sprint(r.at.Start.Line), "title": r.title()}
		end := max(r.at.Start.Line, r.at.End.Line)
		properties["endLine"] = fmt.Sprint(end)
		if end == r.at.Start.Line {
			properties["col"] = fmt.Sprint(r.at.Start.Column)
			if r.at.End.Column > 0 {
				properties["endColumn"] = fmt.Sprint(r.at.End.Column)
			}
		}
		if fmt.Sprint(got.properties) != fmt.Sprint(properties) || got.data != strings.Join(r.lines(), "\n") || got.name != []string{"error", "warning", "notice"}[r.level] {
			t.Errorf("the command says %q\nwant %q %q", got, properties, r.lines())
		}
	}
}

func checkQuality(t *testing.T, text []byte, want []result) {
	t.Helper()
	var got []struct {
		Description string `json:"description"`
		CheckName   string `json:"check_name"`
		Fingerprint string `json:"fingerprint"`
		Severity    string `json:"severity"`
		Location    struct {
			Path      string `json:"path"`
			Lines     struct{ Begin, End int }
			Positions struct {
				Begin, End struct{ Line, Column int }
			}
		} `json:"location"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil || len(got) != len(want) {
		t.Fatalf("%d issues, want %d: %v\n%s", len(got), len(want), err, text)
	}
	seen := make(map[string]bool)
	for i, issue := range got {
		r := want[i]
		if issue.Description != r.title()+": "+strings.Join(r.lines(), "\n") || issue.CheckName != r.code || issue.Severity != []string{"blocker", "minor", "info"}[r.level] ||
			issue.Location.Path != Safe(r.at.File) || issue.Location.Lines.Begin != r.at.Start.Line || issue.Location.Positions.Begin.Line != r.at.Start.Line ||
			issue.Location.Positions.Begin.Column != r.at.Start.Column || issue.Location.Lines.End != r.at.End.Line || issue.Location.Positions.End.Column != r.at.End.Column {
			t.Errorf("the issue is %+v, want %+v", issue, r)
		}
		if c, bad := dangerous(issue.Description+issue.Location.Path, "\n"); bad {
			t.Errorf("%U in %q", c, issue.Description)
		}
		if seen[issue.Fingerprint] || len(issue.Fingerprint) != 32 {
			t.Errorf("the fingerprint %q is none of its own", issue.Fingerprint)
		}
		seen[issue.Fingerprint] = true
	}
}

// junitSchema is the structure of the schema that Jenkins's xUnit plugin publishes
// (junit-10.xsd): the elements that may stand in each, and its attributes, those that
// must be there marked.
var junitSchema = map[string]struct{ elements, attributes string }{
	"":           {"testsuites testsuite", ""},
	"testsuites": {"testsuite", "name time tests failures errors"},
	"testsuite":  {"testsuite properties testcase system-out system-err", "name! tests! failures! errors! group time skipped timestamp hostname id package file log url"},
	"testcase":   {"skipped error failure rerunFailure rerunError flakyFailure flakyError system-out system-err", "name! time classname group"},
	"failure":    {"", "type message"},
	"skipped":    {"", "type message"},
	"system-out": {"", ""},
}

// checkJUnit walks a report by the schema and counts the cases of each suite.
func checkJUnit(t *testing.T, text []byte, want map[string]int) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = true
	var stack []string
	counts, claimed := make(map[string]int), make(map[string]string)
	suite := ""
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("no XML: %v\n%s", err, text)
		}
		switch token := token.(type) {
		case xml.StartElement:
			parent := ""
			if len(stack) > 0 {
				parent = stack[len(stack)-1]
			}
			name := token.Name.Local
			if !slices.Contains(strings.Fields(junitSchema[parent].elements), name) || token.Name.Space != "" {
				t.Errorf("%s stands in %q", name, parent)
			}
			have := make(map[string]string)
			for _, a := range token.Attr {
				have[a.Name.Local] = a.Value
				if c, bad := dangerous(a.Value, ""); bad {
					t.Errorf("%U in %s of %s", c, a.Name.Local, name)
				}
			}
			for _, a := range strings.Fields(junitSchema[name].attributes) {
				bare := strings.TrimSuffix(a, "!")
				if _, ok := have[bare]; !ok && bare != a {
					t.Errorf("%s has no %s", name, bare)
				}
				if name != "testsuites" || bare != "time" {
					claimed[name+" "+bare] = have[bare]
				}
				if name == "testsuite" && bare == "name" {
					suite = have["name"]
					claimed["of "+suite] = have["tests"]
					counts[suite] = 0
				}
				delete(have, bare)
			}
			if len(have) > 0 {
				t.Errorf("%s has attributes that it cannot have: %v", name, have)
			}
			if name == "testcase" {
				counts[suite]++
			}
			stack = append(stack, name)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if c, bad := dangerous(string(token), "\n"); bad {
				t.Errorf("%U in the text of %v", c, stack)
			}
		case xml.Comment, xml.Directive:
			t.Errorf("there is %T", token)
		}
	}
	if fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("the suites have %v cases, want %v", counts, want)
	}
	for name, n := range counts {
		if claimed["of "+name] != fmt.Sprint(n) {
			t.Errorf("the suite %s says it has %s cases, and has %d", name, claimed["of "+name], n)
		}
	}
}

// checkPlain holds what the output for people must not do to whoever shows it: a
// terminal that obeys controls, a build server that obeys commands. GitHub's runner
// takes a line that begins with ::, white space apart, and ##[ anywhere in one.
func checkPlain(t *testing.T, what string, text []byte) {
	t.Helper()
	for _, line := range strings.Split(string(text), "\n") {
		if c, bad := dangerous(line, ""); bad {
			t.Errorf("%s: %U in %q", what, c, line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("%s: a command for a build server: %q", what, line)
		}
	}
}

// What the formats say does not change when lines move or numbers grow, and two
// that are alike are told apart.
func TestFingerprints(t *testing.T) {
	a := result{code: "WR303", rule: "r", message: "space:ENG has 1 admin", key: "space:ENG has 1 admin", at: diag.At("f", 1, 1)}
	b := a
	b.at, b.key, b.level = diag.At("f", 9, 2), "space:ENG has 20 admin", warned
	c := a
	c.key = "space:OPS has 1 admin"
	one, two := fingerprints([]result{a, c}), fingerprints([]result{b, c, a})
	if one[0] != two[0] || one[1] != two[1] {
		t.Errorf("%v is not as %v", one, two)
	}
	if two[2] == two[0] || one[0] == one[1] {
		t.Errorf("two have one fingerprint: %v %v", one, two)
	}
}

// A path is a URI from the root of the repository, and anything else is one of a file.
func TestFileURI(t *testing.T) {
	for in, want := range map[string]string{
		"a.weir.yaml": "a.weir.yaml", "access/a b.weir.yaml": "access/a%20b.weir.yaml", "a:b/c:d": "a%3Ab/c:d", "ü/%20": "%C3%BC/%2520", "../x": "../x",
		"a?b#c": "a%3Fb%23c", "/srv/x y": "file:///srv/x%20y", "//host/x": "file:///host/x", "a\nb": "a%0Ab", "": "./", ".": "./", "a//b": "a//b", `a\b`: "a%5Cb",
	} {
		if got := fileURI(in); got != want {
			t.Errorf("fileURI(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAnnotationsOfNobody(t *testing.T) {
	if err := Annotations(io.Discard, &reconcile.Plan{}, "nobody"); err == nil {
		t.Error("an unknown host is taken")
	}
}
