package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// manyWarnings are more than are told one by one before anything is folded away.
const manyWarnings = 6

// findings tells what rules and invariants say, gravest first: many warnings in a
// line for each rule.
func (m *markdown) findings() part {
	list := m.plan.Findings
	if len(list) == 0 {
		return part{}
	}
	denied, warned := graded(list)
	var out []string
	var n []int // findings of each line
	for _, f := range denied {
		out, n = append(out, finding(f)), append(n, 1)
	}
	if len(warned) <= manyWarnings {
		for _, f := range warned {
			out, n = append(out, finding(f)), append(n, 1)
		}
	} else {
		type rule struct{ code, name string }
		count := make(map[rule]int)
		var rules []rule
		for _, f := range warned {
			r := rule{f.Code, f.Rule}
			if count[r]++; count[r] == 1 {
				rules = append(rules, r)
			}
		}
		for _, r := range rules {
			i := slices.IndexFunc(warned, func(f reconcile.Finding) bool { return f.Code == r.code && f.Rule == r.name })
			line := finding(warned[i])
			if count[r] > 1 {
				line = strings.TrimSuffix(line, "\n") + fmt.Sprintf("; and %s more like it\n", Number(count[r]-1))
			}
			out, n = append(out, line), append(n, count[r])
		}
	}
	title := headed("What rules say", len(list))
	if len(denied) > 0 {
		title = fmt.Sprintf("What rules say (%s of %s stop this)", Number(len(denied)), Number(len(list)))
	}
	return m.list(3, 0, title, out, func(from int) string {
		rest := 0
		for _, k := range n[from:] {
			rest += k
		}
		return Count(rest, "finding", "findings")
	})
}

// graded gives the findings that stop a plan, and the others.
func graded(list []reconcile.Finding) (denied, warned []reconcile.Finding) {
	for _, f := range list {
		if f.Level == access.Deny {
			denied = append(denied, f)
		} else {
			warned = append(warned, f)
		}
	}
	return denied, warned
}

// warnings lists all of many.
func (m *markdown) warnings() part {
	_, warned := graded(m.plan.Findings)
	if len(warned) <= manyWarnings {
		return part{}
	}
	var out []string
	for _, f := range warned {
		text := f.Code + " " + f.Message
		if f.Origin != nil {
			text += "  # " + place(f.Origin)
		}
		out = append(out, fenced("!", text))
	}
	return m.foldable(8, headed("Warnings", len(out)), "text", out, func(from int) string {
		return Count(len(out)-from, "other warning", "other warnings")
	})
}

func finding(f reconcile.Finding) string {
	level := map[access.Level]string{access.Deny: "**stops**", access.Warn: "warns"}[f.Level]
	line := fmt.Sprintf("- %s %s", cmp.Or(level, said(string(f.Level))), code(f.Code))
	if f.Rule != "" {
		line += " " + code(f.Rule)
	}
	line += ": " + said(f.Message)
	if f.Hint != "" {
		line += "; remedy: " + said(f.Hint)
	}
	if f.Owner != "" {
		line += "; ask " + code(f.Owner)
	}
	if f.Origin != nil {
		line += " (" + where(f.Origin) + ")"
	}
	return line + "\n"
}

// claims tells which assertions and proofs hold, and who could come to do what is
// denied them.
func (m *markdown) claims() part {
	all := slices.Concat(m.plan.Assertions, m.plan.Proofs)
	if len(all) == 0 {
		return part{}
	}
	// What does not hold comes first, where nothing cuts it off.
	slices.SortStableFunc(all, func(a, b reconcile.Claim) int { return cmp.Compare(rankOf(a), rankOf(b)) })
	hold := 0
	var out []string
	for _, c := range all {
		line := "- holds: " + said(c.Name)
		if c.Holds {
			hold++
		} else {
			line = "- **does not hold:** " + said(c.Name)
			if c.Failed > 0 {
				line += fmt.Sprintf(" (%s)", Count(c.Failed, "time", "times"))
			}
		}
		const few = 2
		for n, o := range c.Obtainable[:min(few, len(c.Obtainable))] {
			line += map[bool]string{true: "; ", false: ", but "}[n > 0] + code(o.Person) + " could " + said(o.How) + ", of " + code(o.Object)
		}
		if more := len(c.Obtainable) - few; more > 0 {
			line += fmt.Sprintf("; and %s more could", Number(more))
		}
		if c.Origin != nil {
			line += " (" + where(c.Origin) + ")"
		}
		out = append(out, line+"\n")
	}
	most := len(all) - hold + 10
	return m.list(6, most, fmt.Sprintf("What must hold (%s of %s hold)", Number(hold), Number(len(all))), out, func(from int) string {
		return Count(len(all)-from, "assertion", "assertions")
	})
}

func rankOf(c reconcile.Claim) int {
	if c.Holds {
		return 1
	}
	return 0
}

// budgets tells which are exceeded, and what a reviewer writes to accept that.
func (m *markdown) budgets() part {
	var out []string
	exceeded := 0
	for _, b := range m.plan.Budgets {
		if !b.Exceeded {
			continue
		}
		exceeded++
		line := fmt.Sprintf("- %s: %s of %s, %s allowed", code(b.Rule), Number(b.Count), Number(b.Live), Number(b.Bound()))
		if b.Admin > b.AllowedAdmin {
			line += fmt.Sprintf(" (%s of administration of a space, for which %s may go)", Count(b.Admin, "is a loss", "are losses"), Number(b.AllowedAdmin))
		}
		switch {
		case b.Accepted:
			line += "; accepted"
		case m.plan.Acceptable():
			line += "; to accept it: " + codeOf("/weir accept "+b.Accept, longText)
		}
		out = append(out, line+"\n")
	}
	if exceeded == 0 {
		return part{}
	}
	p := m.list(4, 0, headed("Budgets exceeded", exceeded), out, func(from int) string {
		return Count(exceeded-from, "budget", "budgets")
	})
	switch {
	case m.plan.Acceptable():
		p.tail = "Somebody who may write here and did not make this request accepts exactly this, once, after a review, with a comment of such lines; " +
			"or whoever applies the plan does, with `weir apply --accept` and what stands behind `/weir accept`.\n\n"
	case len(m.plan.Acceptances()) > 0:
		p.tail = "Nobody can accept that before what rules say below is solved.\n\n"
	}
	return p
}
