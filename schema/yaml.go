package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"

	"github.com/weirhq/weir/internal/diag"
)

// parseYAML reads one document into nodes, or returns nil where there is
// nothing to decode. It reads the tree of go.yaml.in/yaml, which keeps
// positions, and takes every value from the text as it stands: what a word
// means depends on the key, not on what YAML resolves it to.
func parseYAML(src *source, l *log) *node {
	dec := yaml.NewDecoder(bytes.NewReader(src.text))
	var doc yaml.Node
	switch err := decodeYAML(dec, &doc); {
	case errors.Is(err, io.EOF):
		return &node{kind: dict, rng: src.span(0, 0)}
	case err != nil:
		l.report(syntaxErrorYAML(src, err))
		return nil
	}
	r := yamlReader{src: src, log: l}
	var next yaml.Node
	if err := decodeYAML(dec, &next); err == nil {
		l.report(diag.Diagnostic{
			Code: "WR101", Summary: "a second document in the file",
			Detail: "Each file holds one YAML document; what follows a line of --- would be easy to miss.",
			Hint:   "put it in a file of its own", Range: r.start(&next),
		})
		return nil
	} else if !errors.Is(err, io.EOF) {
		l.report(syntaxErrorYAML(src, err))
		return nil
	}
	root := r.node(doc.Content[0], 1)
	switch {
	case root == nil, r.full:
		return nil
	case root.kind == scalar && root.form == null:
		return &node{kind: dict, rng: root.rng}
	case root.kind != dict:
		l.errorf("WR103", root.rng, "begin with a key such as groups: …", "the file must be a map, not %s", root.describe())
		return nil
	}
	return root
}

// decodeYAML reads the next document. The parser reports errors of its input
// by panicking inside and catches those itself; a panic that escapes is a
// fault of the parser, and no file may stop the program.
func decodeYAML(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the parser failed: %v", r)
		}
	}()
	return dec.Decode(into)
}

var yamlError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

// oneShort finds the messages whose line the parser counts from 0: those of
// its grammar, not of its scanner.
var oneShort = regexp.MustCompile(`^did not find expected (node content|key|'-' indicator|',' or|<)`)

// syntaxErrorYAML turns an error of the parser, which knows the line only
// roughly, into a diagnostic.
func syntaxErrorYAML(src *source, err error) diag.Diagnostic {
	d := diag.Diagnostic{Code: "WR101", Summary: err.Error(), Range: diag.At(src.file, 1, 1)}
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil {
		return d
	}
	d.Summary = m[2]
	if strings.Contains(d.Summary, "exceeded max depth") {
		d.Code, d.Summary = "WR107", fmt.Sprintf("nested deeper than %d levels", MaxDepth)
		return d
	}
	line, _ := strconv.Atoi(m[1])
	if oneShort.MatchString(d.Summary) {
		line++
	}
	line = max(line, 1)
	text := string(src.line(line))
	d.Range = diag.At(src.file, line, len(text)-len(strings.TrimLeft(text, " \t"))+1)
	d.Detail = "The YAML parser could not go on near this line; the cause may stand just before it."
	// The parser may name the line on which a bracket opened or the next one.
	for _, near := range []int{line, line + 1, line - 1} {
		switch text := string(src.line(near)); {
		case bareTemplate.MatchString(text):
			d.Hint = `put text with ${ in quotes: inside [ ] and { } YAML takes its brace for a map`
		case strings.HasPrefix(strings.TrimLeft(text, " "), "\t"):
			d.Hint = "indent with spaces, not tabs"
		}
	}
	return d
}

// bareTemplate finds a template without quotes behind a bracket.
var bareTemplate = regexp.MustCompile(`[\[{,][^"'#]*\$\{`)

// yamlReader lowers the parser's nodes to ours.
type yamlReader struct {
	*log
	src   *source
	nodes int
	full  bool // a limit was reported; the rest is not looked at
}

// start is the place where a node begins.
func (r *yamlReader) start(n *yaml.Node) diag.Range { return diag.At(r.src.file, n.Line, n.Column) }

// node lowers n and what is in it. It returns nil for what has no meaning
// here, having reported it.
func (r *yamlReader) node(n *yaml.Node, depth int) *node {
	if r.nodes++; r.nodes > MaxNodes {
		r.tooMuch(n, fmt.Sprintf("more than %d values in the file", MaxNodes), "split it")
	}
	if depth > MaxDepth {
		r.tooMuch(n, fmt.Sprintf("nested deeper than %d levels", MaxDepth), "")
	}
	if r.full || r.special(n) {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return r.dict(n, depth)
	case yaml.SequenceNode:
		out := &node{kind: list, rng: r.start(n)}
		for _, item := range n.Content {
			if v := r.node(item, depth+1); v != nil {
				out.items = append(out.items, v)
				out.rng.End = v.rng.End
			}
		}
		out.rng.End = r.end(n, out.rng.End, ']')
		return out
	}
	return r.scalar(n)
}

func (r *yamlReader) tooMuch(n *yaml.Node, summary, hint string) {
	if !r.full {
		r.errorf("WR107", r.start(n), hint, "%s", summary)
	}
	r.full = true
}

// special reports what makes a YAML value mean something other than what
// stands there.
func (r *yamlReader) special(n *yaml.Node) bool {
	what, hint := "", "delete it"
	switch {
	case n.Kind == yaml.AliasNode:
		what, hint = "alias "+quote("*"+n.Value), "write the value out"
	case n.Anchor != "":
		what = "anchor " + quote("&"+n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		what = "tag " + quote(n.Tag)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!merge":
		what, hint = "merge key <<", "write the keys out"
	default:
		return false
	}
	r.report(diag.Diagnostic{
		Code: "WR106", Summary: what,
		Detail: "A description says what it means where it stands: a reviewer sees only the lines that change.",
		Hint:   hint, Range: r.start(n),
	})
	return true
}

func (r *yamlReader) dict(n *yaml.Node, depth int) *node {
	out := &node{kind: dict, rng: r.start(n)}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind == yaml.MappingNode || name.Kind == yaml.SequenceNode {
			r.errorf("WR103", r.start(name), "write a name", "a key must be text, not a list or a map")
			continue
		}
		k := r.node(name, depth+1)
		if k != nil && k.form == null && k.text != "" {
			k.form = misread // null and ~ may be meant as names
		}
		v := r.node(value, depth+1)
		if v != nil {
			out.rng.End = v.rng.End
		}
		if k != nil && v != nil {
			out.entries = append(out.entries, entry{key: k, value: v, rng: diag.Range{File: r.src.file, Start: k.rng.Start, End: v.rng.End}})
		}
	}
	out.rng.End = r.end(n, out.rng.End, '}')
	return out
}

// end finds the end of a list or map: behind the closing bracket if it has
// one, else where its last value ends. The parser keeps only starts.
func (r *yamlReader) end(n *yaml.Node, last diag.Pos, closing byte) diag.Pos {
	if n.Style&yaml.FlowStyle == 0 {
		return last
	}
	i := r.src.offset(diag.Pos{Line: n.Line, Column: n.Column}) + 1
	if len(n.Content) > 0 {
		if last == (diag.Pos{}) {
			return last
		}
		i = r.src.offset(last)
	}
	comment := false
	for ; i < len(r.src.text); i++ {
		switch c := r.src.text[i]; {
		case c == '\n':
			comment = false
		case comment, c == ' ', c == '\t', c == '\r', c == ',':
		case c == '#':
			comment = true
		case c == closing:
			return r.src.pos(i + 1)
		default:
			return diag.Pos{}
		}
	}
	return diag.Pos{}
}

func (r *yamlReader) scalar(n *yaml.Node) *node {
	rng := r.start(n)
	rng.End = r.scalarEnd(n)
	form := yamlForm(n)
	parts, err := parseTemplate(n.Value)
	if err != nil {
		r.errorf("WR111", rng, "write ${name} for a parameter, or $${ for a literal ${", "%s", err)
		return nil
	}
	return textNode(parts, form, rng)
}

// scalarEnd finds the end of a scalar on the text: of a quoted one behind its
// quote, of a bare one on a single line behind its text. Of others only the
// start is known.
func (r *yamlReader) scalarEnd(n *yaml.Node) diag.Pos {
	start := r.src.offset(diag.Pos{Line: n.Line, Column: n.Column})
	text := r.src.text[start:]
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return r.src.pos(start + i + 1)
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := 1; i < len(text); i++ {
			if text[i] != '\'' {
				continue
			}
			if i++; i == len(text) || text[i] != '\'' {
				return r.src.pos(start + i)
			}
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && bytes.HasPrefix(text, []byte(n.Value)):
		return r.src.pos(start + len(n.Value))
	}
	return diag.Pos{}
}

// yamlForm tells how a scalar was written.
func yamlForm(n *yaml.Node) form {
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return quoted
	case n.Tag == "!!null":
		return null
	case n.Value == "true", n.Value == "false":
		return boolean
	case dayForm.MatchString(n.Value):
		return date
	case numberForm.MatchString(n.Value):
		return number
	case readOtherwise(n.Value):
		return misread
	}
	return plain
}

// baseSixty is how YAML 1.1 writes a number of seconds: 12:30 is 750.
var baseSixty = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)

// anyNumber is how YAML 1.2 writes a number. Our libraries take one that is too large
// for text, and others for infinity.
var anyNumber = regexp.MustCompile(`^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+)$`)

// readOtherwise reports whether a bare word is anything but text to some
// reader of YAML. go.yaml.in/yaml/v3 answers for YAML 1.2, and sigs.k8s.io/yaml
// for 1.1 and so for every Kubernetes tool: there NO and on are false and true,
// and 0123 is 83.
func readOtherwise(word string) bool {
	switch {
	case word == "y", word == "Y", word == "n", word == "N":
		return true // to the YAML 1.1 specification, though not to every library
	case word[0] >= utf8.RuneSelf, isLetter(word[0]) && (len(word) > len("false") || !strings.ContainsRune("yntfo", rune(word[0]|0x20))):
		return false // not as yes, no, null, true, false, on and off begin, nor as a number does
	case baseSixty.MatchString(word), anyNumber.MatchString(word):
		return true
	case (&yaml.Node{Kind: yaml.ScalarNode, Value: word}).ShortTag() != "!!str":
		return true
	}
	var v any
	if err := kyaml.Unmarshal([]byte(word), &v); err != nil {
		return true
	}
	_, isText := v.(string)
	return !isText
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
