// Package hostile makes names that mean something to whoever reads what weir writes:
// terminals, Markdown and the hosts that show it, browsers, spreadsheets, build servers,
// XML and JSON. It is for the tests of every sink: whatever a site or a description
// calls something, it stays in its place.
//
//	for range 1000 {
//		name := hostile.Name(r)
//		err := render.Plan(w, hostile.Plan(name), render.Options{})
//		...
//	}
package hostile

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// Texts are the parts that names are made of.
var Texts = []string{
	// Markdown.
	"`", "``", "```", "~~~", "\n```\n", "\n~~~\n", strings.Repeat("`", 79), strings.Repeat("`", 80), strings.Repeat("`", 81), `\`, "\\`", "\\\\`", `\|`, "|", "||", "| --- |", "\n| a | b |\n| --- | --- |\n",
	"*", "**", "_", "__", "~~", "# x", "\n# x\n", "\n===\n", "\n---\n", "> x", "\n> [!WARNING]\n> x", "- x", "\n- [ ] x\n", "- [x] y", "1. x", "\n    x", "\t", "[x](http://evil.example)", "](http://evil.example)",
	"![x](http://evil.example/x.png)", "<http://evil.example>", "[x]: http://evil.example", "\n[x]: http://evil.example\n", "[x][y]", "[^1]", "\n[^1]: x\n", "[[x]]", "$`x`$", "$$", "$x$", "{+ x +}", "{- x -}", ":tada:", "&#64;octocat", "&commat;", "&lt;b&gt;", "&#x60;", "&#0;", "&", ";",
	// What hosts make links, pings and actions of.
	"@octocat", "@everyone", "@org/team", "@{557058:0a1b2c}", "#1", "!1", "GH-1", "$1", "&1", "%1", "^alert#1", "~bug", "~\"a b\"", "%milestone", "octocat/hello#1", "octocat/hello@a5c3785ed8d6a35868bc169f07e40e889087fd2e",
	"a5c3785ed8d6a35868bc169f07e40e889087fd2e", "deadbeef", "JIRA-123", "ana@acme.example", "https://evil.example/", "http://evil.example/", "www.evil.example", "ftp://evil.example", "mailto:x@evil.example", "fixes #1", "/close", "\n/close\n", "\n/merge", "\n/weir accept x:1@y\n",
	// HTML and XML.
	"<", ">", "<b>", "</b>", "<!--", "-->", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</details>", "\n</details>\n", "<details open>", "<summary>", "<a href=http://evil.example>", "]]>", "<![CDATA[", "</testsuite>", "<?x", `"`, "'", "&amp;", "&#10;",
	// Build servers and files.
	"::error::", "\n::stop-commands::x\n", "\r::add-mask::x", "%0A::set-output name=a::b", "##[error]", "##[group]x", "##vso[task.setvariable]", "::", "%", "%25", "%3A", "%250A", ",title=x", ",line=1", "=", "file=", ":", ",",
	"{0}", "{12}", "{{0}}", "{", "}", "${x}", "$(x)", "..", "/", "//", "./", `\\host\x`, "file:///etc", "a?b", "a#b", "a b", "=1+1", "+1", "-1", "--accept",
	// Bytes and runes that do not show, or not where they stand.
	"\x00", "\x01", "\x08", "\x1b[31m", "\x1b]0;x\x07", "\x7f", "\u0085", "\u2028", "\u2029", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\ufffe", "\uffff", "\ufffd", "\xff", "\xed\xa0\x80", "\xc0\x80", "\U000e0041", "\ue000",
	" ", "  ", "\u00a0", "\u3000", "ü", "é", "e\u0301", "日本", "\U0001f600", "\U0001f468\u200d\U0001f469", "שלום", "group:okta", "name",
}

// Name makes a name of such texts; one in a hundred is 10 kB long.
func Name(r *rand.Rand) string {
	n := 1 + r.IntN(4)
	long := r.IntN(100) == 0
	var b strings.Builder
	for i := 0; i < n || long && b.Len() < 10_000; i++ {
		switch r.IntN(4) {
		case 0:
			b.WriteString("name")
		case 1: // any rune at all
			b.WriteRune(rune(r.IntN(0x3000)))
		default:
			b.WriteString(Texts[r.IntN(len(Texts))])
		}
	}
	return b.String()
}

// Plan is a plan that has a name in every field that comes from outside, or that
// somebody could have written into a file. Whatever the name, it has as many lines.
func Plan(name string) *reconcile.Plan {
	line := 1
	place := func() *reconcile.Origin {
		line++
		return &reconcile.Origin{File: "d/" + name + ".weir.yaml", Line: line, Column: 7}
	}
	space, user, group := "space:"+name, "user:"+name, "group:"+name
	fact := func(f access.Fact) string { return f.String() }
	many := func(prefix string, n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf("%s%s%d", prefix, name, i)
		}
		return out
	}
	p := &reconcile.Plan{
		Format: reconcile.Format, Site: reconcile.SiteName{Name: name, Product: name, Plan: name, ID: name}, Account: user, Digest: name, Checksum: name,
		Compared: 3, Requests: 4, Summary: map[string]reconcile.Count{"space": {Add: 1}, name + "?": {Add: 1}},
		People: reconcile.People{WithAccess: 9, Gaining: 2, Losing: 2, LosingHere: 1},
		Changes: []reconcile.Planned{
			{Op: access.Add, Fact: fact(access.Fact{Kind: access.Exists, Object: access.Ref(space)}), Origin: place(), Reason: name, Step: name},
			{Op: access.Modify, Fact: fact(access.Fact{Kind: access.Role, Object: access.Ref(space), Subject: access.Ref(group), Value: name}), Was: name, Origin: place(), Reason: name, Step: name},
			{Op: access.Remove, Fact: fact(access.Fact{Kind: access.Member, Object: access.Ref(group), Subject: access.Ref(user)}), Reason: name, Step: name},
			{Op: access.Remove, Fact: fact(access.Fact{Kind: access.Grants, Object: access.Ref("space_role:" + name), Verb: name}), ConsequenceOf: user, Reason: name, Step: name},
		},
		Steps:    []reconcile.Step{{ID: name, Finding: name}},
		Manual:   []reconcile.Manual{{Fact: name, Steps: []string{name, name}, Authority: name, Verify: name}},
		Unknown:  []reconcile.Unknown{{Kind: name, Object: space, Reason: name}, {Kind: name, Object: space + "2", Reason: name + "2"}, {Kind: name, Reason: name}},
		Kept:     []reconcile.KeptFact{{Fact: name, Reason: name}},
		Observed: []reconcile.Observed{{Op: access.Modify, Fact: name, Was: name, Origin: place()}, {Op: access.Add, Fact: name, Origin: place()}, {Op: access.Op(name + "?"), Fact: name}},
		Findings: []reconcile.Finding{
			{Code: "WR301", Rule: name, Level: access.Deny, Object: space, Owner: group, Message: name, Hint: name, Origin: place()},
			{Code: "WR505", Level: access.Warn, Message: name, Hint: name, Origin: place()},
			{Code: name, Rule: name, Level: access.Level(name + "?"), Message: name},
		},
		Budgets: []reconcile.Budget{
			{Rule: "removals." + name, Count: 1, Live: 1, Exceeded: true, Accept: "removals." + name + ":1@" + name},
			{Rule: "removals." + name, Count: 9, Live: 9, Exceeded: true, Accepted: true},
		},
		Assertions: []reconcile.Claim{{Name: name, Objects: 1, Failed: 1, Origin: place(), Obtainable: []reconcile.Obtainable{{Person: name, How: name, Object: space, Objects: 2}}}},
		Proofs:     []reconcile.Claim{{Name: name, Holds: true}},
		Gained:     []reconcile.Reach{{Object: space, Permissions: []string{name}, People: []string{user}}},
		Lost:       []reconcile.Reach{{Object: space, Permissions: []string{name}, People: []string{user}}},
		ReliesOn:   map[string]string{space: name},
		Names:      map[string]string{user: name},
		Owners:     map[string]string{space: group},
	}
	p.Snapshot = &reconcile.Snapshot{Key: name, Reread: name, Age: 5}
	p.Seats = &reconcile.Seats{
		Before: reconcile.SeatCount{Paid: 2, Guests: 1}, After: reconcile.SeatCount{Paid: 3, Guests: 1, ManagedGuests: 1, Unsure: 1}, Gaining: []string{user}, Invited: 1,
		Limits: []reconcile.SeatLimit{{Of: "paid", Most: 2, After: 3, Reason: name, Exceeded: true}, {Of: name + "?", Most: 2}},
		Cost:   &reconcile.SeatCost{Currency: name, Per: name, Before: name, After: name, Difference: name, Next: name, Tier: &reconcile.SeatTier{From: 1, Each: name}},
	}
	edited := []reconcile.EditedLine{{Line: 3, Spans: []reconcile.Span{{Text: name}, {Text: name, Changed: true}}, States: 1}}
	p.Edits = &reconcile.Edits{
		Base: name, Commit: name, Trouble: name, Unplaced: []string{name},
		Files: []reconcile.EditedFile{{Path: name + "/x", Was: name + "/y", Idle: 2, Hunks: []reconcile.Hunk{{
			Removed: edited, Added: edited, Changes: []string{name, name}, Unchanged: []reconcile.Changeless{{Op: access.Op(name + "?"), Fact: name, Reason: name}},
		}}}},
	}
	for _, class := range []string{reconcile.ToPublic, reconcile.ToGuests, reconcile.ToExternal, reconcile.ToAdmins, reconcile.Losses, reconcile.Gains} {
		gains := class != reconcile.Losses
		impact := func(kind access.Kind, was, is string, objects, people []string, others ...string) {
			p.Impacts = append(p.Impacts, reconcile.Impact{
				Class: class, Gains: gains, Was: was, Is: is, Cause: reconcile.Cause{Kind: string(kind), Subject: group, Others: others, Was: name, Is: name + "2"},
				Reason: name, Origin: place(), Objects: objects, Permissions: []string{name, name + "2"}, People: people,
			})
		}
		weak, strong := "view", "edit"
		if !gains {
			weak, strong = strong, weak
		}
		impact(access.Role, weak, strong, []string{space}, []string{user})
		impact(access.Exists, weak, strong, many("space:", 5), many("user:", 12), group)
		impact(access.Grants, name, name, []string{"page:" + name + "/" + name}, []string{user, string(access.Anonymous)})
		impact(access.Member, "", name, []string{string(access.Site)}, []string{user})
		impact(access.Kind(name), weak, strong, []string{group}, []string{user, user})
	}
	return p
}
