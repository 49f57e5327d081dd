package render

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// kindOrder is the order in which a plan tells its kinds, objects first, with
// the noun for each.
var kindOrder = []struct{ key, noun string }{
	{"user", "people"}, {"state", "states"}, {"group", "groups"}, {"product", "product roles"}, {"member", "memberships"},
	{"space_role", "space roles"}, {"grants", "role permissions"},
	{"space", "spaces"}, {"personal", "personal spaces"}, {"name", "space names"}, {"status", "space states"},
	{"role", "role assignments"}, {"permission", "space permissions"},
	{"page", "pages"}, {"blogpost", "blog posts"}, {"restrict", "page restrictions"}, {"global", "global permissions"},
}

// Plan shows a plan whole: the verdict first, then people, changes, what stays,
// findings and budgets.
func Plan(w io.Writer, plan *reconcile.Plan, o Options) error {
	p := newPrinter(w, o)
	if nothing(plan) {
		p.line("%s", p.paint(bold, voice(Safe).unchanged(plan)))
		p.provenance(plan)
		p.findings(plan.Pressing())
		p.observed(plan.Observed)
		p.claims(plan)
		p.edits(plan.Edits)
		return p.err
	}
	p.line("%s", p.paint(bold, Safe(Verdict(plan))))
	p.line("%s", p.paint(dim, voice(Safe).effort(plan)))
	p.provenance(plan)
	p.impacts(plan)
	p.seats(plan.Seats)
	p.changes(plan)
	p.edits(plan.Edits)
	p.manual(plan.Manual)
	p.outside(plan)
	p.findings(plan.Findings)
	p.claims(plan)
	p.budgets(plan)
	if len(plan.Changes) > 0 {
		p.line("")
		p.line("plan: %s", Summary(plan))
		p.line("digest: %s", Safe(plan.Digest))
	}
	return p.err
}

// effort says what was read, what that took and could have taken, and what an
// apply takes.
func (v voice) effort(plan *reconcile.Plan) string {
	s := fmt.Sprintf("%s (%s), %s compared", v(plan.Site.Name), v(plan.Site.Product), Count(plan.Compared, "fact", "facts"))
	offline := plan.Snapshot != nil && plan.Requests == 0
	if !offline {
		s += ", " + Count(plan.Requests, "request", "requests")
	}
	if plan.Floor > 0 && !offline {
		s += fmt.Sprintf(" (at best %s)", Number(plan.Floor))
	}
	if plan.Apply.Requests > 0 {
		s += "; an apply takes about " + Count(plan.Apply.Requests, "request", "requests")
		if plan.Apply.Seconds > 0 {
			s += " and " + Duration(plan.Apply.Seconds)
		}
	}
	return s
}

// unchanged says that there is nothing to do, and what stands nevertheless.
func (v voice) unchanged(plan *reconcile.Plan) string {
	notes := []string{Count(plan.Compared, "fact", "facts") + " compared"}
	if n := len(plan.Findings); n > 0 {
		notes = append(notes, Count(n, "warning stands", "warnings stand"))
	}
	if n := len(plan.Unknown); n > 0 {
		notes = append(notes, Count(n, "thing", "things")+" not seen")
	}
	line := fmt.Sprintf("no changes: %s is as described (%s)", v(plan.Site.Name), strings.Join(notes, ", "))
	if len(notes) > 1 {
		line += jsonListsThem
	}
	return line
}

const jsonListsThem = "; --format json lists them"

// Verdict says in one line whether the plan may be applied and what it does to
// people.
func Verdict(plan *reconcile.Plan) string {
	return voice(func(s string) string { return s }).verdict(plan)
}

func (v voice) verdict(plan *reconcile.Plan) string {
	const few = 8
	var why []string
	for _, b := range plan.Budgets {
		if b.Stops() {
			why = append(why, v(fmt.Sprintf("%s:%d", b.Rule, b.Count))+fmt.Sprintf(" (%d allowed)", b.Bound()))
		}
	}
	denied := make(map[string]int)
	for _, f := range plan.Findings {
		if f.Level == access.Deny {
			denied[cmp.Or(f.Rule, f.Code)]++
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(denied)) {
		why = append(why, v(rule)+times(denied[rule]))
	}
	people := v.effect(plan)
	switch {
	case len(why) > few:
		return fmt.Sprintf("stopped by %s and %s more: %s", strings.Join(why[:few], ", "), Number(len(why)-few), people)
	case len(why) > 0:
		return fmt.Sprintf("stopped by %s: %s", strings.Join(why, ", "), people)
	case len(plan.Changes) == 0:
		return "nothing to apply: " + Count(len(plan.Manual), "step", "steps") + " to do by hand"
	case plan.Grade() == reconcile.Safe:
		return "safe to merge: " + people
	}
	return "please review: " + people
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", n)
}

func (v voice) effect(plan *reconcile.Plan) string {
	var parts []string
	left, entered, elsewhere := atTheDoor(plan)
	if left > 0 {
		parts = append(parts, Count(left, "person loses the right to enter", "people lose the right to enter"))
	}
	if n := plan.People.Losing; n == 0 && left+elsewhere == 0 && !public(plan.Lost) {
		parts = append(parts, "nobody loses anything")
	} else if n > 0 {
		lose := fmt.Sprintf("%d of %s with access lose something", n, Count(plan.People.WithAccess, "person", "people"))
		if here := plan.People.LosingHere; here < n {
			lose += fmt.Sprintf(" (%d on described spaces)", here)
		}
		parts = append(parts, lose)
	}
	if elsewhere > 0 {
		parts = append(parts, Count(elsewhere, "person loses", "people lose")+" a permission of the whole site")
	}
	if public(plan.Lost) {
		parts = append(parts, "the public loses access")
	}
	if public(plan.Gained) {
		parts = append(parts, "the public gains access")
	}
	gains := slices.DeleteFunc(slices.Clone(plan.Impacts), func(i reconcile.Impact) bool { return !i.Gains })
	switch n := distinct(gains); {
	case n > 0 && len(gains) == 1:
		s := v.impact(gains[0])
		parts = append(parts, fmt.Sprintf("%s %s %s", Count(n, "person", "people"), s.Verb, s.What))
	case n > 0 && n == entered && plan.People.Gaining == 0:
		parts = append(parts, Count(n, "person", "people")+" may enter")
	case n > 0:
		parts = append(parts, fmt.Sprintf("%s something", Count(n, "person gains", "people gain")))
	}
	return strings.Join(parts, ", ")
}

// atTheDoor counts the people who cease or begin to be able to enter, and those
// who lose something else of the whole site.
func atTheDoor(plan *reconcile.Plan) (left, entered, elsewhere int) {
	var out, in, other []reconcile.Impact
	for _, i := range plan.Impacts {
		switch {
		case i.Objects[0] != string(access.Site):
		case !i.Gains && i.Is == "":
			out = append(out, i)
		case !i.Gains:
			other = append(other, i)
		case i.Was == "":
			in = append(in, i)
		}
	}
	return distinct(out), distinct(in), distinct(other)
}

// public reports whether the public is among those who gain or lose.
func public(rows []reconcile.Reach) bool {
	return slices.ContainsFunc(rows, func(r reconcile.Reach) bool { return slices.Contains(r.People, string(access.Anonymous)) })
}

func (p *printer) manual(list []reconcile.Manual) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("%s %s", p.paint(bold, "to do by hand"), p.paint(dim, "("+Number(len(list))+")"))
	for _, m := range list {
		p.line("  [ ] %s", Safe(m.Text()))
		for i, s := range m.Steps {
			p.line("      %d. %s", i+1, Safe(s))
		}
		if m.Authority != "" {
			p.line("      who can: %s", Safe(m.Authority))
		}
		if m.Verify != "" {
			p.line("      afterwards: %s", Safe(m.Verify))
		}
	}
}

// outside tells in brief what was not seen and what stays: all of it is in the
// JSON form.
func (p *printer) outside(plan *reconcile.Plan) {
	p.unknown(plan.Unknown)
	p.observed(plan.Observed)
	if len(plan.Kept) == 0 || len(plan.Changes) == 0 {
		return
	}
	const few = 10
	p.line("")
	p.line("%s %s", p.paint(bold, "left as it is"), p.paint(dim, "("+Number(len(plan.Kept))+")"))
	for _, k := range plan.Kept[:min(few, len(plan.Kept))] {
		p.line("    %s  %s", Safe(k.Fact), p.paint(dim, "# "+Safe(k.Reason)))
	}
	if more := len(plan.Kept) - few; more > 0 {
		p.line("    and %s more (--format json lists them)", Number(more))
	}
}

// observed tells what differs in lists that are only observed.
func (p *printer) observed(list []reconcile.Observed) {
	if len(list) == 0 {
		return
	}
	const few = 20
	p.line("")
	p.line("%s %s", p.paint(bold, "only observed"), p.paint(dim, "("+Number(len(list))+")"))
	for _, o := range list[:min(few, len(list))] {
		p.line("    %s %s  %s", sign(o.Op), Safe(o.Fact), p.paint(dim, "# "+Safe(observation(o))))
	}
	if more := len(list) - few; more > 0 {
		p.line("    and %s more (--format json lists them)", Number(more))
	}
}

// observation says how what is observed differs.
func observation(o reconcile.Observed) string {
	note := map[access.Op]string{access.Add: "described, and not there", access.Remove: "there, and not described", access.Modify: "described otherwise"}[o.Op]
	if o.Op == access.Modify {
		note += ": there it is " + o.Was
	}
	if o.Origin != nil && o.Op != access.Remove {
		note += ", " + place(o.Origin)
	}
	return note
}

// claims tells how many assertions and proofs hold, and of those that do who could
// come to do what is denied them. What does not hold is among the findings.
func (p *printer) claims(plan *reconcile.Plan) {
	all := slices.Concat(plan.Assertions, plan.Proofs)
	if len(all) == 0 {
		return
	}
	hold := 0
	for _, c := range all {
		if c.Holds {
			hold++
		}
	}
	p.line("")
	p.line("%s %s", p.paint(bold, "assertions"), p.paint(dim, fmt.Sprintf("(%s of %s hold)", Number(hold), Number(len(all)))))
	const few = 5
	for _, c := range all {
		mark := "holds"
		if !c.Holds {
			mark = "does not hold"
		}
		p.line("    %s: %s", Safe(c.Name), mark)
		for _, o := range c.Obtainable[:min(few, len(c.Obtainable))] {
			p.line("      %s", p.paint(dim, Safe(obtains(o))))
		}
		if more := len(c.Obtainable) - few; more > 0 {
			p.line("      and %s more could (--format json lists them)", Number(more))
		}
	}
}

// obtains says how somebody could come to do what is denied them.
func obtains(o reconcile.Obtainable) string {
	where := o.Object
	if o.Objects > 1 {
		where += fmt.Sprintf(" and %s more", Number(o.Objects-1))
	}
	return fmt.Sprintf("%s could %s, of %s", o.Person, o.How, where)
}

func (p *printer) findings(list []reconcile.Finding) {
	if len(list) == 0 {
		return
	}
	const few = 10 // warnings of one code; what denies is never cut
	p.line("")
	p.line("%s", p.paint(bold, "findings"))
	told := make(map[string]int)
	for _, f := range list {
		if told[f.Code]++; f.Level != access.Deny && told[f.Code] > few {
			continue
		}
		colour := yellow
		if f.Level == access.Deny {
			colour = red
		}
		where := ""
		if f.Origin != nil {
			where = Safe(place(f.Origin)) + ": "
		}
		hint := ""
		if f.Owner != "" {
			hint = " (owner: " + Safe(f.Owner) + ")"
		}
		if f.Hint != "" {
			hint += " (" + Safe(f.Hint) + ")"
		}
		p.line("  %s %s %s%s%s", p.paint(colour, Safe(string(f.Level))), Safe(f.Code), where, Safe(f.Message), hint)
	}
	for _, code := range slices.Sorted(maps.Keys(told)) {
		if more := told[code] - few; more > 0 && !slices.ContainsFunc(list, func(f reconcile.Finding) bool { return f.Code == code && f.Level == access.Deny }) {
			p.line("  and %s more %s (--format json lists them)", Number(more), code)
		}
	}
}

func (p *printer) budgets(plan *reconcile.Plan) {
	p.exceeded(plan.Budgets)
	if list := plan.Acceptances(); len(list) > 0 {
		p.line("")
		p.line("to accept exactly this, once, after a review:")
		for _, a := range list {
			p.line("  --accept %s", shellWord(Safe(a)))
		}
	}
}

func (p *printer) exceeded(budgets []reconcile.Budget) {
	var shown bool
	for _, b := range budgets {
		if !b.Exceeded {
			continue
		}
		if !shown {
			p.line("")
			p.line("%s", p.paint(bold, "budgets exceeded"))
			shown = true
		}
		state := p.paint(red, "exceeded")
		if b.Accepted {
			state = p.paint(yellow, "accepted")
		}
		p.line("  %s %s: %s of %s, %s allowed: %s", b.Code(), Safe(b.Rule), Number(b.Count), Number(b.Live), Number(b.Bound()), state)
		if b.Admin > b.AllowedAdmin {
			p.line("    %s of administration of a space, for which %s may go", Count(b.Admin, "is a loss", "are losses"), Number(b.AllowedAdmin))
		}
	}
}

// Summary counts the changes in one line: "people +63 -739, groups +26 -15".
func Summary(plan *reconcile.Plan) string {
	var parts []string
	for _, kind := range kindOrder {
		if c := plan.Summary[kind.key]; c != (reconcile.Count{}) {
			parts = append(parts, kind.noun+" "+counts(c))
		}
	}
	return strings.Join(parts, ", ")
}

func counts(c reconcile.Count) string {
	var parts []string
	for _, x := range []struct {
		sign string
		n    int
	}{{"+", c.Add}, {"-", c.Remove}, {"~", c.Modify}} {
		if x.n > 0 {
			parts = append(parts, x.sign+Number(x.n))
		}
	}
	return strings.Join(parts, " ")
}

// shellWord quotes a word where a shell would read it otherwise.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@%+,=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
