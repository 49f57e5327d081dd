package cli_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
)

// oneComment checks that the plan from 2024-01 to 2024-03, some 2,570 changes, fits one
// comment on every host; that its first ten lines tell who loses what; and that nobody
// who loses is left out.
func oneComment(t *testing.T, p *reconcile.Plan) {
	t.Helper()
	losing, door := make(map[string]bool), make(map[string]bool)
	rows := 0
	for _, i := range p.Impacts {
		if i.Gains {
			continue
		}
		rows++
		for _, who := range i.People {
			losing[who] = true
			if i.Objects[0] == string(access.Site) {
				door[who] = true
			}
		}
	}
	// Whoever loses something in a space loses it in an impact, and the dataset says how
	// many leave.
	for _, r := range p.Lost {
		for _, who := range r.People {
			if !losing[who] {
				t.Errorf("%s loses something, and no impact tells it", who)
			}
		}
	}
	if len(door) != 739 {
		t.Errorf("%d people lose the right to enter, want 739", len(door))
	}
	for flavour, limit := range map[string]int{render.FlavourGitHub: 65_536, render.FlavourGitLab: 65_536, render.FlavourBitbucket: 32_768} {
		var b strings.Builder
		if err := render.Markdown(&b, p, render.MarkdownOptions{Flavour: flavour}); err != nil {
			t.Fatal(err)
		}
		md := b.String()
		if n := utf8.RuneCountInString(md); n > limit {
			t.Errorf("%s: %d characters, and %d are taken", flavour, n, limit)
		}
		lines := strings.SplitN(md, "\n", 11)
		head := strings.Join(lines[:10], "\n")
		for _, want := range []string{
			"Stopped by `removals.member:1387` (200 allowed), `removals.user:739` (200 allowed), `people_losing_access:97` (26 allowed): 739 people lose the right to enter",
			"**Opens:** 45 people gain administration on 23 spaces", "**Loses:** 739 people lose the right to enter; 50 people lose all access to 48 spaces",
			"52 people lose all access to 35 spaces", "`p6eb5e93429@people.example` loses administration on `KUBERNETESSIGSBLIXT`, and keeps edit",
			"`p3cdaa73994@people.example` and `pc2be683479@people.example` lose all access to `KUBERNETESCLIENTPYTHON` and `KUBERNETESSIGSKUBEBUILDER`, up to comment",
			fmt.Sprintf("Digest `%s`", p.Digest),
		} {
			if !strings.Contains(head, want) {
				t.Errorf("%s: the first ten lines do not say %s:\n%s", flavour, want, head)
			}
		}
		// Every loss has its row, and each row its people: nothing is folded.
		_, table, _ := strings.Cut(md, fmt.Sprintf("#### Who loses (%d people)\n", len(losing)))
		table, _, _ = strings.Cut(table, "\n#### ")
		if got := strings.Count(table, "\n| ") - 2; got != rows {
			t.Errorf("%s: %d losses are told, and %d are", flavour, got, rows)
		}
		for _, i := range p.Impacts {
			if len(i.People) > 10 && !i.Gains && !strings.Contains(table, fmt.Sprintf("| %d people (`%s`", len(i.People), access.Ref(i.People[0]).ID())) {
				t.Errorf("%s: no row counts the %d people of a loss", flavour, len(i.People))
			} else if len(i.People) <= 10 && !i.Gains && slices.ContainsFunc(i.People, func(who string) bool { return !strings.Contains(table, "`"+access.Ref(who).ID()+"`") }) {
				t.Errorf("%s: no row names %v", flavour, i.People)
			}
		}
	}
}
