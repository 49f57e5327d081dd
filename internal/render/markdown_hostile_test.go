package render_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/weirhq/weir/internal/hostile"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// commonMark reads Markdown as CommonMark with what GitHub adds, and footnotes: more
// than any host makes something of.
var commonMark = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser()

// reading is a document as somebody sees it.
type reading struct {
	bones []string // the kinds of its nodes, but for code and text
	words string   // text that is not in code
	whole string   // all text
	html  string
}

// read reads Markdown. The nodes that data could make and weir does not are errors.
func read(t testing.TB, markdown []byte) reading {
	t.Helper()
	var r reading
	var words, whole, raw strings.Builder
	lines := func(n ast.Node, b *strings.Builder) {
		for i := range n.Lines().Len() {
			s := n.Lines().At(i)
			b.Write(s.Value(markdown))
		}
	}
	err := ast.Walk(commonMark.Parse(text.NewReader(markdown)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				r.bones = append(r.bones, "/")
				whole.WriteByte('\n')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.RawHTML, *ast.Blockquote, *ast.ThematicBreak, *ast.CodeBlock, *extast.Strikethrough,
			*extast.FootnoteLink, *extast.Footnote, *extast.FootnoteList:
			t.Errorf("a %s", n.Kind())
		case *ast.Text:
			value := string(n.Segment.Value(markdown))
			if _, code := n.Parent().(*ast.CodeSpan); !code {
				value = entities.Replace(value)
				words.WriteString(value)
			}
			whole.WriteString(value)
			if n.SoftLineBreak() || n.HardLineBreak() {
				t.Error("a line is broken within a paragraph")
			}
			return ast.WalkContinue, nil
		case *ast.CodeSpan:
			return ast.WalkContinue, nil
		case *ast.FencedCodeBlock:
			lines(n, &whole)
		case *ast.HTMLBlock:
			lines(n, &raw)
			if n.HasClosure() {
				raw.Write(n.ClosureLine.Value(markdown))
			}
		}
		bone := n.Kind().String()
		if h, ok := n.(*ast.Heading); ok {
			bone = fmt.Sprint(bone, h.Level)
		}
		r.bones = append(r.bones, bone)
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.words, r.whole, r.html = words.String(), whole.String(), raw.String()
	return r
}

// entities are those that weir writes.
var entities = strings.NewReplacer("&#96;", "`", "&#124;", "|", "&#91;", "[")

// besides drops the characters that may stand outside code wherever they come from.
var besides = strings.NewReplacer("`", "", "|", "", "[", "", "…", "")

func markdownOf(t testing.TB, p *reconcile.Plan, o render.MarkdownOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.Markdown(&b, p, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func textOf(t testing.TB, p *reconcile.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := render.Plan(&b, p, render.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// whole is a plan as it was before, with something that is new since then in every
// way that there is.
func before(name string) *reconcile.Plan {
	p := hostile.Plan(name)
	p.Changes, p.Lost = append(p.Changes[1:], reconcile.Planned{Op: "-", Fact: "exists group:" + name, Step: name}), nil
	p.Budgets = nil
	return p
}

// A plan with any name in every place reads as one with a plain name: it has the same
// headings, lists, tables and folds, nothing of the name stands outside code, and all
// of it, as far as it is shown, is there to be read.
func TestMarkdownHoldsHostileNames(t *testing.T) {
	const plain, roomy = "name", 1 << 20 // nothing is cut for room
	tame := make(map[string]reading)
	for _, flavour := range render.Flavours {
		tame[flavour] = read(t, markdownOf(t, hostile.Plan(plain), render.MarkdownOptions{Flavour: flavour, Since: before(plain), Limit: roomy}))
		if n := strings.Count(tame[flavour].whole, plain); n < 100 {
			t.Fatalf("%s: the plan has the name %d times", flavour, n)
		}
		boxes := slices.Contains(tame[flavour].bones, "TaskCheckBox")
		if folds := tame[flavour].html != ""; folds != boxes || folds == (flavour == render.FlavourBitbucket) {
			t.Errorf("%s: folds away: %t, has boxes: %t; Bitbucket knows neither", flavour, folds, boxes)
		}
	}
	lines := strings.Count(string(textOf(t, hostile.Plan(plain))), "\n")

	r := rand.New(rand.NewPCG(*render.HostileSeed, 2))
	for i := range *render.HostileNames {
		name := hostile.Name(r)
		if i < len(hostile.Texts) {
			name = hostile.Texts[i]
		}
		for _, flavour := range render.Flavours {
			md := markdownOf(t, hostile.Plan(name), render.MarkdownOptions{Flavour: flavour, Since: before(name), Limit: roomy})
			got, want := read(t, md), tame[flavour]
			if fmt.Sprint(got.bones) != fmt.Sprint(want.bones) {
				t.Errorf("%s: the document is another:\n%s", flavour, cmp.Diff(want.bones, got.bones))
			}
			if besides.Replace(got.words) != besides.Replace(want.words) {
				t.Errorf("%s: outside code it says something else:\n%s", flavour, cmp.Diff(besides.Replace(want.words), besides.Replace(got.words)))
			}
			if got.html != want.html {
				t.Errorf("%s: the HTML is\n%s\nnot\n%s", flavour, got.html, want.html)
			}
			if shown := shown(render.Safe(name)); !strings.Contains(got.whole, shown) {
				t.Errorf("%s: the name is not there as %q", flavour, shown)
			}
			harmless(t, flavour, md)
			if t.Failed() {
				t.Fatalf("the name was %q", name)
			}
		}
		out := textOf(t, hostile.Plan(name))
		if n := strings.Count(string(out), "\n"); n != lines {
			t.Fatalf("a plan with the name %q has %d lines on a terminal, not %d", name, n, lines)
		}
		printable(t, out)
		if t.Failed() {
			t.Fatalf("the name was %q", name)
		}
	}
	t.Logf("%d names, seed %d", *render.HostileNames, *render.HostileSeed)
}

// shown gives as much of a name as is shown at least: what stands outside code takes
// more of the room.
func shown(name string) string {
	room := 99
	for i, c := range name {
		if room--; strings.ContainsRune("`|[", c) {
			room -= 5
		}
		if room < 0 {
			return name[:i]
		}
	}
	return name
}

// harmless checks that no line is a command to a host that shows it or to a runner
// that logs it.
func harmless(t *testing.T, flavour string, md []byte) {
	t.Helper()
	for line := range strings.SplitSeq(string(md), "\n") {
		bare := strings.TrimSpace(line)
		if strings.HasPrefix(bare, "::") || strings.HasPrefix(bare, "/") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("%s: a command: %q", flavour, line)
		}
	}
	printable(t, md)
}

func printable(t *testing.T, out []byte) {
	t.Helper()
	for _, c := range string(out) {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Errorf("%U is printed", c)
			return
		}
	}
}
