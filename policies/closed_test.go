package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirhq/weir/access"
)

// probe is a rule with the body given.
func probe(body string) fstest.MapFS {
	return ruleFile(`# METADATA
# title: probe
# description: A rule for tests.
# schemas:
#   - input: schema.grants
# custom:
#   code: WR301
#   level: warn
#   site: false
package weir.rules.probe
` + body)
}

func ruleFile(src string) fstest.MapFS {
	return fstest.MapFS{"rules/probe/probe.rego": {Data: []byte(src)}}
}

// prepare is New with another set of rules.
func prepare(files fstest.MapFS) (*Judge, error) {
	reg, err := load(files)
	if err != nil {
		return nil, err
	}
	return reg.judge(nil)
}

// TestBrokenRulesDoNotLoad: what can be seen to be wrong is refused before
// anything is judged.
func TestBrokenRulesDoNotLoad(t *testing.T) {
	const good = "\nfindings contains grant if some grant in input.grants\n"
	head, _, _ := strings.Cut(string(probe("")["rules/probe/probe.rego"].Data), "package")
	tests := []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"no rule at all", fstest.MapFS{}, "there is no rule"},
		{"misspelt key of the input", probe("\nfindings contains g if some g in input.grant\n"), "undefined ref: input.grant"},
		{"misspelt field of a grant", probe("\nfindings contains g if {\n\tsome g in input.grants\n\tg.ownd\n}\n"), "ownd"},
		{"misspelt field deep down", probe("\nfindings contains g if {\n\tsome g in input.grants\n\tg.space.kee == \"ENG\"\n}\n"), "kee"},
		{"another document's field", probe("\nfindings contains s if some s in input.spaces\n"), "undefined ref: input.spaces"},
		{"the wrong type", probe("\nfindings contains g if {\n\tsome g in input.grants\n\tg.owned == \"yes\"\n}\n"), "match error"},
		{"the network", probe("\nfindings contains r if r := http.send({\"method\": \"get\", \"url\": \"http://localhost\"})\n"), "undefined function http.send"},
		{"the network under another name", probe("\nfindings contains r if r := is_object({}) with is_object as http.send\n"), "http"},
		{"the clock", probe("\nfindings contains r if r := time.now_ns()\n"), "undefined function time.now_ns"},
		{"the environment", probe("\nfindings contains r if r := opa.runtime()\n"), "undefined function opa.runtime"},
		{"a file", probe("\nfindings contains r if r := json.match_schema({}, {\"$ref\": \"file:///etc/hostname\"})\n"), "undefined function json.match_schema"},
		{"a shift that never ends", probe("\nfindings contains r if r := bits.lsh(1, 4000000000)\n"), "undefined function bits.lsh"},
		{"no findings", probe("\nverdicts contains g if some g in input.grants\n"), "no rule findings"},
		{"syntax of old", probe("\nfindings[g] { g := input.grants[_] }\n"), "rego_parse_error"},
		{"another package", ruleFile(head + "package weir.rules.prob\n" + good), "the package is data.weir.rules.prob"},
		{"no metadata", ruleFile("package weir.rules.probe\n" + good), "no METADATA"},
		{"no title", ruleFile(strings.Replace(head, "# title: probe\n", "", 1) + "package weir.rules.probe\n" + good), "title"},
		{"no schema", ruleFile(strings.Replace(head, "# schemas:\n#   - input: schema.grants\n", "", 1) + "package weir.rules.probe\n" + good), "schemas"},
		{"unknown schema", ruleFile(strings.Replace(head, "schema.grants", "schema.pages", 1) + "package weir.rules.probe\n" + good), `no schema "pages"`},
		{"unknown code", ruleFile(strings.Replace(head, "WR301", "WR999", 1) + "package weir.rules.probe\n" + good), `"WR999" is not a diagnostic code`},
		{"off by default", ruleFile(strings.Replace(head, "level: warn", "level: off", 1) + "package weir.rules.probe\n" + good), "custom.level"},
		{"site not said", ruleFile(strings.Replace(head, "#   site: false\n", "", 1) + "package weir.rules.probe\n" + good), "custom.site"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := prepare(tt.files)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error: %v, want one about %s", err, tt.want)
			}
		})
	}
	if _, err := prepare(probe(good)); err != nil {
		t.Errorf("the rule that the others are variants of does not load: %v", err)
	}
}

// TestNoAnswerIsANo: whatever a rule gives but a set of well-formed findings
// denies, though the rule's own level is warn.
func TestNoAnswerIsANo(t *testing.T) {
	finding := func(fields string) string {
		return "\nfindings contains f if {\n\tsome g in input.grants\n\tf := {" + fields + "}\n}\n"
	}
	tests := []struct{ name, body, want string }{
		{"undefined", "\nfindings := 1 if count(input.grants) > 1000\n", "no answer"},
		{"a truth", "\nfindings if count(input.grants) > 0\n", "not a set"},
		{"an array", "\nfindings := [1]\n", "not a set"},
		{"an object", "\nfindings := {\"a\": 1}\n", "not a set"},
		{"a set of texts", "\nfindings contains \"no\"\n", "not an object"},
		{"an unknown field", finding(`"fact": g.fact, "message": "m", "hint": "h", "level": "off"`), "no field"},
		{"a number for a text", finding(`"fact": g.fact, "message": 1, "hint": "h"`), `"message" is not a text`},
		{"an empty message", finding(`"fact": g.fact, "message": "", "hint": "h"`), `"message" is not a text`},
		{"no message", finding(`"fact": g.fact, "hint": "h"`), "lacks its message"},
		{"no hint", finding(`"fact": g.fact, "message": "m"`), "lacks its message or its hint"},
		{"no fact", finding(`"message": "m", "hint": "h"`), "not asked about"},
		{"another fact", finding(`"fact": "exists space:NO", "message": "m", "hint": "h"`), "not asked about"},
		{"off", finding(`"fact": g.fact, "message": "m", "hint": "h", "at_most": "off"`), "at_most is not warn"},
		{"a failing built-in", finding(`"fact": g.fact, "message": substring(g.role, -1, 1), "hint": "h"`), "negative offset"},
		{"a division by nought", "\nfindings contains f if {\n\tsome g in input.grants\n\tf := 1 / (count(g.role) - count(g.role))\n}\n", "divide by zero"},
		{"two values", "\nfindings := g.role if some g in input.grants\n", "conflict"},
	}
	d := site(t, "ENG", "role space:ENG group:a = viewer", "role space:ENG group:b = admin")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j, err := prepare(probe(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := j.Judge(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Code != "WR390" || got[0].Level != access.Deny || got[0].Rule != "probe" ||
				!strings.Contains(got[0].Message, tt.want) {
				t.Errorf("findings %+v, want one WR390 that denies, about %q", got, tt.want)
			}
		})
	}
	j, err := prepare(probe(finding(`"fact": g.fact, "message": "m", "hint": "h", "at_most": "warn"`)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := j.Judge(t.Context(), d); err != nil || len(got) != 2 || got[0].Code != "WR301" || got[0].Level != access.Warn {
		t.Errorf("the rule that the others are variants of: %+v, %v", got, err)
	}
}

// TestDeadline: a rule that takes too long is a no, both when the time is up
// before it starts and when it ends while the rule runs.
func TestDeadline(t *testing.T) {
	slow := "\nfindings contains 1 if {\n"
	for i := range 12 {
		slow += fmt.Sprintf("\tsome g%d in input.grants\n\tg%d.role != \"never\"\n", i, i)
	}
	j, err := prepare(probe(slow + "\tfalse\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range batch {
		lines = append(lines, fmt.Sprintf("role space:ENG group:g%d = viewer", i))
	}
	d := site(t, "ENG", lines...)
	for name, limit := range map[string]time.Duration{"before": -time.Second, "during": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			got, err := j.Judge(ctx, d)
			if err != nil || len(got) != 1 || got[0].Code != "WR390" || got[0].Level != access.Deny ||
				got[0].Message != "rule probe could not be judged: it took too long" {
				t.Errorf("Judge: %+v, %v; want one WR390 that denies", got, err)
			}
		})
	}
}

// TestInputSchemas: what the code hands over is what the schemas say, so that
// a field that compiles is a field that is there.
func TestInputSchemas(t *testing.T) {
	d := company(t)
	for name, items := range documents {
		t.Run(name, func(t *testing.T) {
			raw, err := schemaOf(name)
			if err != nil {
				t.Fatal(err)
			}
			c := jsonschema.NewCompiler()
			if err := c.AddResource(name, raw); err != nil {
				t.Fatal(err)
			}
			schema, err := c.Compile(name)
			if err != nil {
				t.Fatal(err)
			}
			all := items(d)
			if len(all) == 0 {
				t.Fatal("the company has none of it")
			}
			got, err := ast.JSON(inputOf(name, all))
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Error(err)
			}
			// Every field that the schema has must be required: one that may be
			// missing would make a rule silent.
			required(t, name, raw)
		})
	}
}

// required reports properties that are not required, and objects that are
// open.
func required(t *testing.T, path string, schema any) {
	t.Helper()
	s, _ := schema.(map[string]any)
	if items, ok := s["items"]; ok {
		required(t, path+"[]", items)
	}
	props, ok := s["properties"].(map[string]any)
	if !ok {
		return
	}
	if s["additionalProperties"] != false {
		t.Errorf("%s allows fields that it does not name", path)
	}
	must, _ := s["required"].([]any)
	if len(must) != len(props) {
		t.Errorf("%s has %d fields and requires %d", path, len(props), len(must))
	}
	for name, prop := range props {
		required(t, path+"."+name, prop)
	}
}
