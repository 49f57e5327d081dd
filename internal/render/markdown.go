package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/weirhq/weir/reconcile"
)

// The flavours of Markdown, by the hosts that read them.
const (
	FlavourGitHub    = "github"
	FlavourGitLab    = "gitlab"
	FlavourBitbucket = "bitbucket" // knows no HTML, and so nothing that is folded away; and no task lists
)

// Flavours are all of them.
var Flavours = []string{FlavourGitHub, FlavourGitLab, FlavourBitbucket}

// MarkdownOptions are what the place of a comment allows.
type MarkdownOptions struct {
	Flavour string          // of Flavours
	Since   *reconcile.Plan // the plan of the last push, nil if there was none
	// Limit is how many characters the comment may have, counted in UTF-16 code
	// units: no host counts more of them. 0: 65,000, and 32,000 for Bitbucket.
	Limit int
}

// defaultLimit leaves some of what the hosts take to others: GitHub and GitLab take
// 65,536 characters and more, Bitbucket 32,768.
func defaultLimit(flavour string) int {
	if flavour == FlavourBitbucket {
		return 32_000
	}
	return 65_000
}

// markdown is a plan as it is told in a comment. Each topic is a method that gives
// its part of the comment; what a plan comes to tell is one method more, and a place
// in the list of [Markdown].
type markdown struct {
	plan *reconcile.Plan
	MarkdownOptions
	voice voice
	since reconcile.Since // if there was a last push
}

// Markdown shows a plan as a comment on a request to merge: first the verdict, what
// opens and who loses, which is never cut nor folded away; then the rest, as far as
// there is room, with the count of what was cut. Whatever others wrote stands in
// code, where nothing is a mention, a link, markup or a command.
func Markdown(w io.Writer, plan *reconcile.Plan, o MarkdownOptions) error {
	m := &markdown{plan: plan, MarkdownOptions: o, voice: code}
	if m.Limit == 0 {
		m.Limit = defaultLimit(m.Flavour)
	}
	if o.Since != nil {
		m.since = plan.Since(o.Since)
	}
	// In the order in which they are read. The numbers say who takes room first.
	text, least := arranged(m.Limit, []part{
		m.verdict(),      // 0
		m.glance(),       // 0
		m.opened(),       // 2
		m.losses(),       // 1
		m.gains(),        // 7
		m.budgets(),      // 4
		m.findings(),     // 3
		m.claims(),       // 6
		m.seats(),        // 6
		m.manual(),       // 5
		m.unknown(),      // 6
		m.everybody(),    // 8
		m.warnings(),     // 8
		m.edits(),        // 8
		m.changes(),      // 9
		m.kept(),         // 10
		m.observed(),     // 10
		m.sinceTheLast(), // 6
	})
	if least > m.Limit {
		return fmt.Errorf("the plan does not fit into %s characters (it takes %s at least)", Number(m.Limit), Number(least))
	}
	_, err := io.WriteString(w, text)
	return err
}

// foldable puts lines of code under a heading, folded away where the host can do
// that; where it cannot, only a few of them.
func (m *markdown) foldable(priority int, title, language string, lines []string, rest func(from int) string) part {
	p := part{
		priority: priority, lines: lines, close: "```\n\n",
		head: fmt.Sprintf("<details><summary>%s</summary>\n\n```%s\n", title, language), tail: "</details>\n\n",
	}
	if m.Flavour == FlavourBitbucket {
		p.head, p.tail, p.most = fmt.Sprintf("#### %s\n\n```%s\n", title, language), "", 25
	}
	p.rest = func(from int) string {
		if from == 0 {
			return fmt.Sprintf("#### %s\n\nNot shown here (`weir plan` shows them).\n\n", title)
		}
		return fmt.Sprintf("and %s (`weir plan` shows them)\n\n", rest(from))
	}
	return p
}

// list puts an open list under a heading.
func (m *markdown) list(priority, most int, title string, lines []string, rest func(from int) string) part {
	return part{
		priority: priority, most: most, lines: lines, head: "#### " + title + "\n\n", close: "\n",
		rest: func(from int) string {
			if from == 0 {
				return fmt.Sprintf("#### %s\n\n%s not shown here (`weir plan` shows them).\n\n", title, upper(rest(0)))
			}
			return fmt.Sprintf("and %s (`weir plan` shows them)\n\n", rest(from))
		},
	}
}

// upper begins a sentence of weir's own.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
