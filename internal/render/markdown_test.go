package render_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/hostile"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// randomPlan is a plan of any size. Every change is a line of its own.
func randomPlan(r *rand.Rand) *reconcile.Plan {
	name := func(i int) string { return "n" + strconv.Itoa(i) }
	if r.IntN(4) == 0 {
		name = func(i int) string { return hostile.Name(rand.New(rand.NewPCG(uint64(i), 3))) }
	}
	size := []int{3, 30, 300, 1500}[r.IntN(4)]
	count := func() int { return r.IntN(size) }
	p := &reconcile.Plan{Site: reconcile.SiteName{Name: name(0), ID: "1"}, Digest: "d", Summary: map[string]reconcile.Count{}, Names: map[string]string{}}
	for i := range count() {
		p.Changes = append(p.Changes, reconcile.Planned{Op: access.Add, Fact: fmt.Sprintf("exists space:S%d", i), Reason: "described"})
	}
	standings := []string{"", "part", "view", "comment", "edit", "administration"}
	person := func() string {
		if r.IntN(200) == 0 {
			return string(access.Anonymous)
		}
		who := "user:" + strconv.Itoa(r.IntN(size)) + "@acme.example"
		if r.IntN(3) == 0 {
			p.Names[who] = name(r.IntN(size))
		}
		return who
	}
	some := func(make func() string) []string {
		out := []string{make()}
		for range r.IntN(1 + r.IntN(20)) {
			out = append(out, make())
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	for range count() {
		a, b := r.IntN(len(standings)), r.IntN(len(standings))
		i := reconcile.Impact{
			Class: []string{reconcile.ToPublic, reconcile.ToGuests, reconcile.ToExternal, reconcile.ToAdmins, reconcile.Gains}[r.IntN(5)], Gains: true, Was: standings[min(a, b)], Is: standings[max(a, b)],
			Cause: reconcile.Cause{Kind: "role", Subject: "group:" + name(r.IntN(size)), Was: standings[a], Is: standings[b]}, Reason: "not described",
			Permissions: []string{"p"}, People: some(person), Objects: some(func() string { return "space:" + name(r.IntN(size)) }),
		}
		if r.IntN(2) == 0 {
			i.Class, i.Gains, i.Was, i.Is = reconcile.Losses, false, i.Is, i.Was
		}
		p.Impacts = append(p.Impacts, i)
	}
	for i := range count() {
		p.Findings = append(p.Findings, reconcile.Finding{Code: "WR303", Rule: "two_space_admins", Level: []access.Level{access.Warn, access.Deny}[r.IntN(2)], Message: name(i)})
		p.Unknown = append(p.Unknown, reconcile.Unknown{Object: "space:" + name(i), Reason: name(i)})
		p.Kept = append(p.Kept, reconcile.KeptFact{Fact: name(i), Reason: name(i)})
		p.Manual = append(p.Manual, reconcile.Manual{Fact: name(i), Steps: []string{name(i)}})
		p.Budgets = append(p.Budgets, reconcile.Budget{Rule: name(i), Count: i, Exceeded: true, Accept: name(i) + ":1@d"})
		p.Assertions = append(p.Assertions, reconcile.Claim{Name: name(i), Holds: r.IntN(2) == 0})
	}
	return p
}

var (
	title    = regexp.MustCompile(`(?m)^#### Who loses \((.*)\)$`)
	crowd    = regexp.MustCompile(`^(?:the public and )?([0-9,]+) (?:people|person)`)
	inLines  = regexp.MustCompile(` lose something, in ([0-9,]+) lines? that do not fit here`)
	cutLines = regexp.MustCompile(`(?m)^and .* in ([0-9,]+) lines? \(` + "`weir plan` shows them")
	cutRest  = regexp.MustCompile(`(?m)^and ([0-9,]+) other changes? \(`)
)

// section gives what stands below a heading.
func section(md, heading string) string {
	_, rest, ok := strings.Cut(md, "#### "+heading)
	if !ok {
		return ""
	}
	text, _, _ := strings.Cut(rest, "\n#### ")
	text, _, _ = strings.Cut(text, "\n<details>")
	return text
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// people counts those in lists, without the public.
func people(lists ...[]string) int {
	seen := make(map[string]bool)
	for _, list := range lists {
		for _, who := range list {
			seen[who] = who != string(access.Anonymous)
		}
	}
	n := 0
	for _, counts := range seen {
		if counts {
			n++
		}
	}
	return n
}

// folded counts the people of impacts that are alike in a key.
func folded(list []reconcile.Impact, key func(reconcile.Impact) string) []int {
	lists := make(map[string][]string)
	for _, i := range list {
		lists[key(i)] = append(lists[key(i)], i.People...)
	}
	var out []int
	for _, l := range lists {
		out = append(out, people(l))
	}
	slices.Sort(out)
	return out
}

// However large a plan is, it fits; who loses is counted whole, in lines that account
// for everybody; what is cut is counted; and it is the same text every time.
func TestMarkdownFits(t *testing.T) {
	r := rand.New(rand.NewPCG(*render.HostileSeed, 4))
	forms := make(map[string]int)
	for n := range max(60, *render.HostileNames/20) {
		p := randomPlan(r)
		const enough = 7_000
		o := render.MarkdownOptions{Flavour: render.Flavours[n%3], Limit: enough + r.IntN(58_000)}
		if n%4 == 0 {
			o.Limit = 1_000 + r.IntN(enough-1_000)
		}
		if r.IntN(3) == 0 {
			o.Since = randomPlan(r)
			o.Since.Site = p.Site
		}
		var b strings.Builder
		if err := render.Markdown(&b, p, o); err != nil {
			if o.Limit >= enough {
				t.Fatalf("plan %d: %v", n, err)
			}
			continue
		}
		md := b.String()
		if units := len(utf16.Encode([]rune(md))); units > o.Limit {
			t.Fatalf("plan %d has %d characters, and %d are allowed", n, units, o.Limit)
		}
		if again := string(markdownOf(t, p, o)); again != md {
			t.Fatalf("plan %d is written otherwise the second time", n)
		}
		harmless(t, o.Flavour, []byte(md))

		var losses, gains []reconcile.Impact
		var losing [][]string
		for _, i := range p.Impacts {
			switch {
			case !i.Gains:
				losses, losing = append(losses, i), append(losing, i.People)
			case i.Class == reconcile.Gains:
				gains = append(gains, i)
			}
		}
		if len(losses) > 0 {
			forms[accounts(t, md, losses, people(losing...))]++
		}
		if text := section(md, "Who gains"); len(gains) > 0 && !strings.Contains(text, "not shown here") {
			shown := strings.Count(text, "\n- ")
			if m := cutLines.FindStringSubmatch(text); m != nil {
				shown += number(t, m[1])
			}
			if want := len(reconcile.Fold(gains, 8)); shown != want {
				t.Errorf("plan %d tells and counts %d lines of gains, and has %d", n, shown, want)
			}
		}
		if _, text, ok := strings.Cut(md, "```diff\n"); ok && len(p.Changes) > 0 {
			text, rest, _ := strings.Cut(text, "\n```\n")
			shown := strings.Count("\n"+text, "\n+ ")
			if m := cutRest.FindStringSubmatch(rest); m != nil {
				shown += number(t, m[1])
			}
			if shown != len(p.Changes) {
				t.Errorf("plan %d tells and counts %d changes, and has %d", n, shown, len(p.Changes))
			}
		}
		if t.Failed() {
			t.Fatalf("plan %d", n)
		}
	}
	t.Logf("the losses were told as %v", forms)
	for _, form := range []string{"every line", "folded", "by standing", "counted"} {
		if forms[form] == 0 {
			t.Errorf("no plan told its losses %s", form)
		}
	}
}

// accounts checks that losses are told whole, and says how.
func accounts(t *testing.T, md string, losses []reconcile.Impact, losing int) string {
	t.Helper()
	m := title.FindStringSubmatch(md)
	if m == nil {
		t.Fatal("nobody is said to lose")
	}
	if got := crowd.FindStringSubmatch(m[1]); got == nil && losing > 0 || got != nil && number(t, got[1]) != losing {
		t.Errorf("%q are said to lose, and %d do", m[1], losing)
	}
	text := section(md, "Who loses")
	if m := inLines.FindStringSubmatch(text); m != nil {
		if number(t, m[1]) != len(losses) {
			t.Errorf("%s lines of losses are said to be, and %d are", m[1], len(losses))
		}
		return "counted"
	}
	var rows []int
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Who ") || strings.HasPrefix(line, "| --- ") {
			continue
		}
		who, _, _ := strings.Cut(line[2:], " | ")
		if m := crowd.FindStringSubmatch(who); m != nil {
			rows = append(rows, number(t, m[1]))
			continue
		}
		// Named, one by one: the names are joined by what stands outside code.
		words := read(t, []byte(who)).words
		n := 1 + strings.Count(words, ", ") + strings.Count(words, " and ")
		if strings.Contains(words, "the public") {
			n--
		}
		rows = append(rows, n)
	}
	slices.Sort(rows)
	n := 0
	for form, key := range map[string]func(reconcile.Impact) string{
		"every line": func(reconcile.Impact) string { n++; return strconv.Itoa(n) },
		"folded": func(i reconcile.Impact) string {
			return fmt.Sprint(i.Was, "/", i.Is, "/", i.Cause.Was, "/", i.Cause.Is)
		},
		"by standing": func(i reconcile.Impact) string {
			return fmt.Sprint(i.Was, "/", i.Is)
		},
	} {
		if slices.Equal(rows, folded(losses, key)) {
			return form
		}
	}
	t.Errorf("the rows count %v people, which is no sum of %d losses", rows, len(losses))
	return ""
}

// A comment for which there is no room at all is an error, not half a comment.
func TestMarkdownRefuses(t *testing.T) {
	var b bytes.Buffer
	err := render.Markdown(&b, hostile.Plan("name"), render.MarkdownOptions{Flavour: render.FlavourGitHub, Limit: 200})
	if err == nil || b.Len() > 0 || !strings.HasPrefix(err.Error(), "the plan does not fit into 200 characters (it takes ") {
		t.Errorf("%v, and %d bytes are written", err, b.Len())
	}
}
