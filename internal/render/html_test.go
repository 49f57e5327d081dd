package render

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/hostile"
	"github.com/weirhq/weir/reconcile"
)

var updatePages = flag.Bool("update", false, "write the golden pages anew")

// pagePlan is a plan with something in every field, all of whose names are made of
// one text.
func pagePlan(name string) *reconcile.Plan {
	ref := func(typ string) string { return typ + ":" + name }
	fact := func(f access.Fact) string { return f.String() }
	at := &reconcile.Origin{File: name + ".weir.yaml", Line: 3, Column: 5}
	space, group, user := access.Ref(ref("space")), access.Ref(ref("group")), access.Ref(ref("user"))
	people := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf("user:%s%02d@acme.example", name, i)
		}
		return out
	}
	spaces := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf("space:%s%02d", name, i)
		}
		return out
	}
	holds := access.Fact{Kind: access.Role, Object: space, Subject: group, Value: name}
	p := &reconcile.Plan{
		Format: reconcile.Format, Site: reconcile.SiteName{Name: name, Product: name, Plan: name, ID: name}, Account: string(user), Digest: name,
		Compared: 1234, Requests: 12, Floor: 10, Apply: reconcile.Price{Requests: 5, Seconds: 100},
		Summary: map[string]reconcile.Count{"member": {Add: 1}, "role": {Modify: 1}, "group": {Remove: 1}},
		People:  reconcile.People{WithAccess: 40, Gaining: 3, Losing: 20, LosingHere: 3},
		Changes: []reconcile.Planned{
			{Op: access.Add, Fact: fact(access.Fact{Kind: access.Exists, Object: user}), Origin: at, Reason: reconcile.Described, Step: name},
			{Op: access.Remove, Fact: fact(access.Fact{Kind: access.Exists, Object: group}), Reason: name, Step: name},
			{Op: access.Remove, Fact: fact(access.Fact{Kind: access.Member, Object: group, Subject: user}), Reason: name, ConsequenceOf: string(group), Step: name},
			{Op: access.Modify, Fact: fact(holds), Was: name, Origin: at, Reason: reconcile.Described, Step: name, Source: reconcile.Drifted},
			{Op: access.Add, Fact: fact(access.Fact{Kind: access.Grants, Object: access.Ref(ref("space_role")), Verb: name}), Origin: at, Reason: reconcile.Described, Step: name},
			{Op: access.Add, Fact: fact(access.Fact{Kind: access.Global, Object: access.Site, Verb: name, Subject: group}), Origin: at, Reason: reconcile.Described, Step: name},
		},
		Manual:   []reconcile.Manual{{Fact: fact(holds), Steps: []string{name, name}, Authority: name, Verify: name}},
		Unknown:  []reconcile.Unknown{{Kind: name, Object: string(space), Reason: name}, {Object: ref("page") + "/1", Reason: name}, {Object: ref("page") + "/2", Reason: name}},
		Kept:     []reconcile.KeptFact{{Fact: fact(holds), Reason: name}},
		Observed: []reconcile.Observed{{Op: access.Modify, Fact: fact(holds), Was: name, Origin: at}},
		Findings: []reconcile.Finding{
			{Code: "WR301", Rule: name, Level: access.Deny, Object: string(space), Owner: string(group), Message: name, Hint: name, Origin: at},
			{Code: "WR405", Level: access.Warn, Message: name},
		},
		Assertions: []reconcile.Claim{{Name: name, Holds: true, Objects: 1, Origin: at, Obtainable: []reconcile.Obtainable{{Person: string(user), How: name, Object: string(space), Objects: 2}}}},
		Proofs:     []reconcile.Claim{{Name: name, Objects: 1, Failed: 1}},
		Budgets: []reconcile.Budget{
			{Rule: name, Count: 20, Live: 40, Allowed: 3, Exceeded: true, Admin: 4, AllowedAdmin: 1, Accept: name + ":20@" + name},
			{Rule: "removals.role", Count: 4, Live: 40, Allowed: 3, Exceeded: true, Accepted: true},
		},
		Impacts: []reconcile.Impact{
			{Class: reconcile.ToPublic, Gains: true, Is: "view", Cause: reconcile.Cause{Kind: "role", Subject: string(access.Anonymous), Is: name}, Reason: reconcile.Described, Origin: at,
				Objects: []string{string(space)}, Permissions: []string{"read/space"}, People: []string{string(access.Anonymous)}},
			{Class: reconcile.ToGuests, Gains: true, Was: "view", Is: "edit", Cause: reconcile.Cause{Kind: "role", Subject: string(group), Others: []string{string(group) + "2"}, Was: name, Is: name},
				Objects: spaces(2), Permissions: []string{"create/page"}, People: people(1)},
			{Class: reconcile.Losses, Was: "view", Cause: reconcile.Cause{Kind: "exists"}, Reason: name, Objects: []string{string(access.Site)}, Permissions: []string{"use"}, People: people(20)},
			{Class: reconcile.Losses, Was: "edit", Is: "view", Cause: reconcile.Cause{Kind: "member", Subject: string(group)}, Reason: name, Origin: at, Objects: spaces(12), Permissions: []string{name}, People: people(2)},
			{Class: reconcile.Gains, Gains: true, Was: "view", Is: "view", Cause: reconcile.Cause{Kind: "grants", Subject: ref("space_role")}, Objects: spaces(1), Permissions: []string{name, name}, People: people(3)},
		},
		Heat: &reconcile.Heat{Objects: append([]string{string(access.Site)}, spaces(3)...), MoreObjects: 9, MoreRows: 8, MorePeople: 70, Rows: []reconcile.HeatRow{
			{Class: reconcile.ToPublic, People: []string{string(access.Anonymous)}, Count: 1, Cells: []reconcile.HeatCell{{Object: 1, Is: "view", Gains: true}}},
			{Class: reconcile.ToGuests, Also: []string{reconcile.Losses}, People: people(1), Count: 1, Cells: []reconcile.HeatCell{{Object: 2, Was: "view", Is: "edit", Gains: true}, {Object: 3, Was: "edit", Is: "edit", Gains: true, Loses: true}}},
			{Class: reconcile.Losses, People: people(3), Count: 120, Cells: []reconcile.HeatCell{{Object: 0, Was: "view", Loses: true}, {Object: 3, Was: "administration", Is: "part", Loses: true}}},
		}},
		Edits: &reconcile.Edits{Base: name, Commit: name, Edited: 1, Drift: 1, Trouble: name, Unplaced: []string{name}, Files: []reconcile.EditedFile{{Path: name, Was: name, Idle: 2, Hunks: []reconcile.Hunk{{
			Removed: []reconcile.EditedLine{{Line: 1, Spans: []reconcile.Span{{Text: name}}}}, Added: []reconcile.EditedLine{{Line: 1, Spans: []reconcile.Span{{Text: name}, {Text: name, Changed: true}}, States: 1}},
			Cut: 1, Changes: []string{name}, Unchanged: []reconcile.Changeless{{Op: access.Remove, Fact: name, Reason: name}}}}}}},
		Seats: &reconcile.Seats{Before: reconcile.SeatCount{Paid: 9}, After: reconcile.SeatCount{Paid: 8, ManagedGuests: 2}, Losing: people(1), Invited: 1,
			Limits: []reconcile.SeatLimit{{Of: "guests", Before: 9, After: 80, Most: 45, Reason: name, Exceeded: true}},
			Cost:   &reconcile.SeatCost{Currency: name, Per: name, Before: "54.00", After: "48.00", Difference: "-6.00"}},
		Snapshot: &reconcile.Snapshot{Time: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC), Age: 4000, Key: name}, Audience: reconcile.Public,
		Names: map[string]string{people(1)[0]: name},
	}
	return p
}

// pageMatrix is a heat map of a site all of whose names are made of one text.
func pageMatrix(name string, groups bool) *MatrixAnswer {
	a := &MatrixAnswer{
		Source:     Source{Site: name, Of: OfSnapshot, Time: name, Unseen: make([]reconcile.Unknown, 1)},
		Operations: access.Summaries, ShowSpaces: 1,
		Spaces: []MatrixSpace{{Space: name, Name: name, Counts: map[string]int{"view": 1}}, {Space: name + "2"}},
		People: []MatrixRow{
			{Who: Who{Ref: string(access.Anonymous)}, Can: map[string]string{name: "view"}},
			{Who: Who{Ref: "user:" + name, Name: name, Guest: true}, Can: map[string]string{name: "admin"}},
		},
	}
	if groups {
		a.Groups, a.AllGroups = []MatrixGroup{{Group: name, People: 3, Can: map[string]map[string]int{name: {"view": 3, "edit": 1}}}}, 2
	}
	return a
}

func pageOf(t interface{ Fatal(...any) }, plan *reconcile.Plan) string {
	var b bytes.Buffer
	if err := HTML(&b, plan); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func matrixOf(t interface{ Fatal(...any) }, a *MatrixAnswer) string {
	var b bytes.Buffer
	if err := MatrixHTML(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pageTable is a table all of whose names are one text.
func pageTable(name string) *Table {
	return &Table{
		Report: "personal spaces", Title: "2 personal spaces: " + name, Columns: []string{"space", "owner", "contents"}, Notes: []string{name},
		Rows:   [][]string{{name, name, "12"}, {name, "", ""}},
		Source: Source{Site: name, Of: OfSnapshot, Time: name, Unseen: make([]reconcile.Unknown, 1)},
	}
}

func tableOf(t interface{ Fatal(...any) }, table *Table) string {
	var b bytes.Buffer
	if err := TableHTML(&b, table); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a page says stays what it is: the style and the script, which every page
// has, are left out.
func TestHTMLGolden(t *testing.T) {
	got := pageOf(t, pagePlan("name"))
	_, got, _ = strings.Cut(got, "</style>\n")
	got, _, _ = strings.Cut(got, "<script>")
	golden := filepath.Join("testdata", "plan.html")
	if *updatePages {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// A page is a sound document that a browser lets load nothing and run nothing but
// its own script, and that can be heard, and gone through with a keyboard.
func TestHTMLIsSound(t *testing.T) {
	nothing := &reconcile.Plan{Site: reconcile.SiteName{Name: "acme"}, Compared: 3}
	pages := map[string]string{
		"plan": pageOf(t, pagePlan("name")), "empty plan": pageOf(t, nothing),
		"matrix of people": matrixOf(t, pageMatrix("name", false)), "matrix of groups": matrixOf(t, pageMatrix("name", true)),
		"table": tableOf(t, pageTable("name")), "empty table": tableOf(t, &Table{Report: "personal spaces", Title: "0 personal spaces", Source: Source{Site: "acme", Of: OfPlan}}),
	}
	if loads := regexp.MustCompile(`(?i)url\(|@import|//|expression`).FindString(pageStyle); loads != "" {
		t.Errorf("the style has %s", loads)
	}
	if loads := regexp.MustCompile(`(?i)https?:|fetch\(|XMLHttp|import\(|innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(`).FindString(pageScript); loads != "" {
		t.Errorf("the script has %s", loads)
	}
	for name, text := range pages {
		t.Run(name, func(t *testing.T) {
			doc := parsed(t, text)
			if again := pages[name]; name == "plan" && again != pageOf(t, pagePlan("name")) {
				t.Error("two pages of one plan are not the same bytes")
			}
			if !strings.HasPrefix(text, "<!doctype html>\n<html lang=\"en\">") {
				t.Errorf("the page begins %.40q", text)
			}
			if bad := unsound(doc); len(bad) > 0 {
				t.Error(strings.Join(bad, "\n"))
			}
			policy := ""
			for n := range doc.Descendants() {
				if n.Data == "meta" && attribute(n, "http-equiv") == "Content-Security-Policy" {
					policy = attribute(n, "content")
				}
			}
			if want := fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; img-src data:; base-uri 'none'; form-action 'none'", fingerprint(textOf(doc, "style")), fingerprint(textOf(doc, "script"))); policy != want {
				t.Errorf("the policy is %s, and the page needs %s", policy, want)
			}
			for _, part := range []string{"main", "h1", "title"} {
				if textOf(doc, part) == "" {
					t.Errorf("there is no %s", part)
				}
			}
		})
	}
}

// The checks notice what they are for.
func TestHTMLChecksNotice(t *testing.T) {
	for _, bad := range []string{
		`<img src="https://evil.example/x.png">`, `<a href="http://evil.example">x</a>`, `<a href="#nowhere">x</a>`, `<p onclick="x()">x</p>`, `<p style="color:red">x</p>`,
		`<table><tr><th>x</th></tr></table>`, `<input id="x">`, `<select></select>`, `<p id="main">x</p>`, `<h5>x</h5>`, `<script>x()</script>`, `<style>x{}</style>`, `<iframe></iframe>`,
		`<div role="region" aria-labelledby="nothing"></div>`, `<form action="/x"></form>`, "<p>\u202eevil</p>", "<p>\x1b[31m</p>",
	} {
		text := strings.Replace(pageOf(t, pagePlan("name")), "</main>", bad+"</main>", 1)
		if len(unsound(parsed(t, text))) == 0 {
			t.Errorf("%s is not noticed", bad)
		}
	}
}

// pageTexts are texts that mean something to whoever reads a page, beside those that
// mean something to other readers.
var pageTexts = []string{
	"", "</script>", "</style>", "<img src=x onerror=alert(1)>", "</bdi></code></li></ul></main>", "<base href=//evil.example>", "<svg/onload=alert(1)>", "<meta http-equiv=refresh content=0>",
	"&lt;", "&#60;", "&quot;", `" onmouseover="alert(1)`, "javascript:alert(1)", "data:text/html,x", "{{.}}", `{{template "head"}}`, `\u003c`, "\u2067", "\u2068", "\u2069", "\u200f", "שלום", "مرحبا", "e\u0301", strings.Repeat("long ", 2000),
}

// Whatever anything is called, it lands on a page as text: every element and every
// attribute is one of those that a page of harmless names has, and every one of
// the names can be read there.
func TestHTMLNames(t *testing.T) {
	words := vocabulary(parsed(t, pageOf(t, everyField(pagePlan("name"), "name"))), parsed(t, pageOf(t, pagePlan("name"))),
		parsed(t, pageOf(t, hostile.Plan("name"))), parsed(t, matrixOf(t, pageMatrix("name", false))), parsed(t, matrixOf(t, pageMatrix("name", true))),
		parsed(t, tableOf(t, pageTable("name"))))
	r := rand.New(rand.NewPCG(*hostileSeed, 2))
	for i := range *hostileNames {
		name := hostile.Name(r)
		switch {
		case i < len(pageTexts):
			name = pageTexts[i]
		case i%2 == 0:
			name += pageTexts[r.IntN(len(pageTexts))]
		}
		for what, text := range map[string]string{
			"plan": pageOf(t, pagePlan(name)), "hostile plan": pageOf(t, hostile.Plan(name)), "altered plan": pageOf(t, everyField(pagePlan("name"), name)),
			"people": matrixOf(t, pageMatrix(name, false)), "groups": matrixOf(t, pageMatrix(name, true)),
			"table": tableOf(t, pageTable(name)),
		} {
			doc := parsed(t, text)
			if bad := unsound(doc); len(bad) > 0 {
				t.Fatalf("%s of %q:\n%s", what, name, strings.Join(bad, "\n"))
			}
			for w := range vocabulary(doc) {
				if !words[w] {
					t.Fatalf("%s of %q has %q", what, name, w)
				}
			}
			if said := textOf(doc, "main"); what == "plan" && !strings.Contains(said, display(name)) {
				t.Fatalf("%s does not say %q", what, display(name))
			}
		}
	}
	t.Logf("%d names, seed %d", *hostileNames, *hostileSeed)
}

// everyField writes a text into every field of a plan that holds text, as somebody
// could who alters a plan file.
func everyField(plan *reconcile.Plan, text string) *reconcile.Plan {
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			v.SetString(text)
		case reflect.Pointer:
			if !v.IsNil() {
				fill(v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		case reflect.Slice:
			for i := range v.Len() {
				fill(v.Index(i))
			}
		}
	}
	facts := make([]string, len(plan.Changes)) // one that is no fact is not told at all
	for i, c := range plan.Changes {
		facts[i] = c.Fact
	}
	fill(reflect.ValueOf(plan))
	for i := range facts {
		plan.Changes[i].Fact = facts[i]
	}
	return plan
}

func parsed(t interface{ Fatal(...any) }, text string) *html.Node {
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textOf gives the text in the elements of a name.
func textOf(doc *html.Node, name string) string {
	var b strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			for c := range n.Descendants() {
				if c.Type == html.TextNode {
					b.WriteString(c.Data)
				}
			}
		}
	}
	return b.String()
}

// word is an element of a page, or an attribute of one, or a word of its value.
type word struct{ element, attribute, value string }

// vocabulary is every element and every attribute of pages. The title of a cell
// holds a name, and is the only attribute that does.
func vocabulary(docs ...*html.Node) map[word]bool {
	out := make(map[word]bool)
	for _, doc := range docs {
		for n := range doc.Descendants() {
			switch n.Type {
			case html.TextNode, html.DoctypeNode:
			case html.ElementNode:
				out[word{element: n.Data}] = true
				for _, a := range n.Attr {
					if a.Key == "title" {
						a.Val = ""
					}
					out[word{n.Data, a.Key, ""}] = true
					for _, v := range strings.Fields(a.Val) {
						out[word{n.Data, a.Key, v}] = true
					}
				}
			default:
				out[word{element: fmt.Sprintf("no element: %.100q", n.Data)}] = true
			}
		}
	}
	return out
}

var headingTag = regexp.MustCompile(`^h[1-6]$`)

// unsound says what is wrong with a page.
func unsound(doc *html.Node) []string {
	var out []string
	wrong := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	ids, labels, count := make(map[string]int), make(map[string]bool), make(map[string]int)
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		if id := attribute(n, "id"); id != "" {
			ids[id]++
		}
		if n.Data == "label" {
			labels[attribute(n, "for")] = true
		}
	}
	for id, n := range ids {
		if n > 1 {
			wrong("the id %s is there %d times", id, n)
		}
	}
	for _, one := range []string{"html", "head", "title", "style", "script", "body", "main", "h1"} {
		if count[one] != 1 {
			wrong("there are %d of %s", count[one], one)
		}
	}
	level := 0
	for n := range doc.Descendants() {
		switch n.Type {
		case html.TextNode:
			if n.Parent.Data != "style" && n.Parent.Data != "script" {
				if at := strings.IndexFunc(n.Data, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); at >= 0 {
					wrong("a text has what does not print: %.40q", n.Data[at:])
				}
			}
			continue
		case html.CommentNode:
			wrong("there is a comment: %s", n.Data)
		case html.ElementNode:
		default:
			continue
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), slices.Contains([]string{"style", "src", "srcset", "action", "formaction", "poster", "background", "data", "ping", "srcdoc", "xlink:href"}, a.Key):
				wrong("<%s> has the attribute %s", n.Data, a.Key)
			case a.Key == "href" && n.Data == "link" && a.Val != "data:,", a.Key == "href" && n.Data == "a" && ids[strings.TrimPrefix(a.Val, "#")] == 0,
				a.Key == "href" && n.Data != "a" && n.Data != "link", strings.Contains(a.Val, "//") && a.Key != "title":
				wrong("<%s %s=%q> leads away, or nowhere", n.Data, a.Key, a.Val)
			case slices.Contains([]string{"aria-labelledby", "aria-describedby", "for"}, a.Key) && ids[a.Val] == 0:
				wrong("<%s %s=%q> names nothing", n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "th":
			if scope := attribute(n, "scope"); scope != "row" && scope != "col" {
				wrong("a th has the scope %q", scope)
			}
		case "input", "select", "textarea":
			if !labels[attribute(n, "id")] {
				wrong("<%s id=%q> has no label", n.Data, attribute(n, "id"))
			}
		case "iframe", "object", "embed", "form", "img", "video", "audio", "base", "template":
			wrong("there is a %s", n.Data)
		case "style":
			if n.FirstChild.Data != pageStyle {
				wrong("the style is not weir's")
			}
		case "script":
			if n.FirstChild.Data != pageScript || len(n.Attr) > 0 {
				wrong("the script is not weir's: %.80s", n.FirstChild.Data)
			}
		}
		if headingTag.MatchString(n.Data) {
			if now := int(n.Data[1] - '0'); now > level+1 {
				wrong("<%s> comes after h%d", n.Data, level)
			} else {
				level = now
			}
		}
	}
	return out
}

// However large a plan, its page is bounded; what is cut is counted, and no loss is
// cut for the sake of a gain.
func TestHTMLIsBounded(t *testing.T) {
	p := pagePlan("name")
	var gaining, losing, everywhere []string
	for i := range 60_000 {
		gaining = append(gaining, fmt.Sprintf("user:gains%05d@acme.example", i))
	}
	for i := range 12_000 {
		losing = append(losing, fmt.Sprintf("user:loses%05d@acme.example", i))
	}
	for i := range 3000 {
		everywhere = append(everywhere, fmt.Sprintf("space:S%04d", i))
	}
	p.Impacts = nil
	for i := range 400 {
		p.Impacts = append(p.Impacts,
			reconcile.Impact{Class: reconcile.Losses, Was: "view", Cause: reconcile.Cause{Kind: "member", Subject: fmt.Sprint("group:g", i)}, Objects: everywhere, People: losing[30*i : 30*(i+1)]},
			reconcile.Impact{Class: reconcile.Gains, Gains: true, Is: "view", Cause: reconcile.Cause{Kind: "member", Subject: fmt.Sprint("group:g", i)}, Objects: everywhere, People: gaining[150*i : 150*(i+1)]})
	}
	for i, who := range gaining {
		p.Changes = append(p.Changes, reconcile.Planned{Op: access.Add, Fact: fmt.Sprintf("member group:g%d %s", i%9000, who), Reason: reconcile.Described})
	}
	text := pageOf(t, p)
	if len(text) > 3_000_000 {
		t.Errorf("the page has %d bytes", len(text))
	}
	doc := parsed(t, text)
	if bad := unsound(doc); len(bad) > 0 {
		t.Error(strings.Join(bad[:min(5, len(bad))], "\n"))
	}
	said := textOf(doc, "main")
	for _, who := range []string{losing[0], losing[len(losing)-1]} {
		if !strings.Contains(said, access.Ref(who).ID()) {
			t.Errorf("%s loses, and is not on the page", who)
		}
	}
	if !strings.Contains(said, "more, which --format json lists") {
		t.Error("what is cut is not counted")
	}
}
