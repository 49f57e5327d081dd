package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
)

// result is one thing that a format for machines tells of a plan or of a
// description: SARIF, annotations and a code quality report have a row for each.
type result struct {
	code    string // one of diag.Codes
	rule    string // the policy, if one speaks
	level   level
	object  string // what it is about, if it is about one thing
	message string // as it came: [result.text] makes it harmless
	hint    string
	detail  []string // lines that say more
	at      diag.Range
	related []diag.Related
	key     string // what stays the same when lines move and numbers change
}

// level is how grave a result is.
type level uint8

const (
	failed level = iota // stops the command; the zero value, so that a forgotten level is seen
	warned
	noted // stops nothing, and need not be mended
)

// text is the message with its remedy, harmless and on one line.
func (r result) text() string {
	s := Safe(r.message)
	if r.hint != "" {
		s += " (" + Safe(r.hint) + ")"
	}
	return s
}

// lines are the text, what more there is to say, and the related places.
func (r result) lines() []string {
	out := []string{r.text()}
	for _, d := range r.detail {
		out = append(out, Safe(d))
	}
	for _, o := range r.related {
		out = append(out, Safe(o.Range.String())+": "+Safe(o.Message))
	}
	return out
}

// title names the result for lists: its code, and the policy.
func (r result) title() string {
	return strings.TrimSpace(Safe(r.code) + " " + Safe(r.rule))
}

// planResults are everything that a reviewer's tools are told of a plan, in the
// plan's order: what stops it, warnings, what was accepted, what could not be seen,
// what is to be done by hand. Changes are not among them: they are no findings.
func planResults(p *reconcile.Plan) []result {
	home := at(p.Home, diag.Range{})
	var out []result
	for _, b := range p.Budgets {
		if b.Stops() {
			out = append(out, budgetResult(b, home))
		}
	}
	for _, f := range p.Findings {
		out = append(out, findingResult(f, home))
	}
	for _, b := range p.Budgets {
		if b.Exceeded && b.Accepted {
			out = append(out, budgetResult(b, home))
		}
	}
	for _, g := range alike(p.Unknown) {
		out = append(out, result{code: "WR503", level: noted, message: unseen(g), at: home, key: g[0].Kind + " " + g[0].Reason + " " + access.Ref(g[0].Object).Type()})
	}
	for _, m := range p.Manual {
		out = append(out, result{code: "WR506", level: noted, message: "to do by hand: " + m.Text(), detail: byHand(m), at: at(m.Origin, home), key: m.Fact})
	}
	return out
}

func at(o *reconcile.Origin, otherwise diag.Range) diag.Range {
	if o == nil {
		return otherwise
	}
	return diag.At(o.File, o.Line, o.Column)
}

func findingResult(f reconcile.Finding, home diag.Range) result {
	r := result{
		code: f.Code, rule: f.Rule, level: warned, object: f.Object, message: f.Message, hint: f.Hint,
		at: at(f.Origin, home), key: f.Object + " " + f.Message,
	}
	if f.Level == access.Deny {
		r.level = failed
	}
	if f.Owner != "" {
		r.message += " (owner: " + f.Owner + ")"
	}
	return r
}

func budgetResult(b reconcile.Budget, home diag.Range) result {
	r := result{code: b.Code(), level: noted, message: budgetSaid(b), at: home, key: b.Rule}
	if b.Stops() {
		r.level, r.hint = failed, "mend the description, or accept exactly this with --accept "+b.Accept
	}
	return r
}

// budgetSaid says in one line what an exceeded budget allowed and what the plan
// takes.
func budgetSaid(b reconcile.Budget) string {
	s := fmt.Sprintf("%s: %s of %s, %s allowed", b.Rule, Number(b.Count), Number(b.Live), Number(b.Bound()))
	if b.Admin > b.AllowedAdmin {
		s += fmt.Sprintf("; %s of administration of a space, for which %s may go", Count(b.Admin, "is a loss", "are losses"), Number(b.AllowedAdmin))
	}
	if b.Accepted {
		s += "; accepted"
	}
	return s
}

// byHand are the clicks of a step by hand, who can make them, and how weir will
// know.
func byHand(m reconcile.Manual) []string {
	var out []string
	for i, s := range m.Steps {
		out = append(out, fmt.Sprintf("%d. %s", i+1, s))
	}
	if m.Authority != "" {
		out = append(out, "who can: "+m.Authority)
	}
	if m.Verify != "" {
		out = append(out, "afterwards: "+m.Verify)
	}
	return out
}

// unseen says what of one kind was not seen, with a few names.
func unseen(g []reconcile.Unknown) string {
	const few = 3
	if len(g) == 1 {
		return "not seen: " + cmp.Or(g[0].Object, "the site") + ": " + g[0].Reason
	}
	var shown []string
	for _, u := range g[:min(few, len(g))] {
		shown = append(shown, u.Object)
	}
	if more := len(g) - few; more > 0 {
		shown = append(shown, Number(more)+" more")
	}
	return fmt.Sprintf("not seen: %s, each: %s (%s)", several(g), g[0].Reason, strings.Join(shown, ", "))
}

// diagnosticResults are what a check of a description told.
func diagnosticResults(list diag.List) []result {
	var out []result
	for _, d := range list.Sort() {
		r := result{
			code: d.Code, message: d.Summary, hint: d.Hint, at: d.Range, related: d.Related,
			key: d.Range.File + " " + d.Summary,
		}
		if d.Severity == diag.Warning {
			r.level = warned
		}
		if d.Detail != "" {
			r.detail = []string{d.Detail}
		}
		out = append(out, r)
	}
	return out
}

// counted are numbers that stand alone.
var counted = regexp.MustCompile(`\b[0-9][0-9,]*\b`)

// fingerprints gives each result what tells it from the others and stays the same
// from one run to the next: neither the place nor the level is in it, so that a line
// above it may move. The second of two that are alike is told apart by its number.
func fingerprints(list []result) []string {
	seen := make(map[string]int)
	out := make([]string, len(list))
	for i, r := range list {
		key := r.code + "\x00" + r.rule + "\x00" + counted.ReplaceAllString(r.key, "#")
		n := seen[key]
		seen[key]++
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, n))
		out[i] = hex.EncodeToString(sum[:16])
	}
	return out
}
