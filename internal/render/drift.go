package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// Drift shows what changed on a site, who changed it as far as that is known, and
// what an unattended apply does about each.
func Drift(w io.Writer, d *reconcile.Drift, o Options) error {
	p := newPrinter(w, o)
	p.line("%s", p.paint(bold, Safe(DriftVerdict(d))))
	of := func(keep func(reconcile.DriftItem) bool) []reconcile.DriftItem {
		return slices.DeleteFunc(slices.Clone(d.Items), func(i reconcile.DriftItem) bool { return !keep(i) })
	}
	p.drifted("changed on the site since the last apply", of(func(i reconcile.DriftItem) bool { return i.Cause == reconcile.BySite }), 0)
	p.drifted("changed on the site, and otherwise in the description", of(func(i reconcile.DriftItem) bool { return i.Cause == reconcile.ByBoth }), 0)
	p.drifted("differs from the description", of(func(i reconcile.DriftItem) bool { return i.Cause == reconcile.ByUnknown }), 0)
	const few = 10
	p.drifted("changed by the description, which weir apply does", of(func(i reconcile.DriftItem) bool { return i.Cause == reconcile.ByDescription }), few)
	p.unattended(d)
	p.unknown(d.Unknown)
	return p.err
}

// DriftJSON writes everything about a drift.
func DriftJSON(w io.Writer, d *reconcile.Drift) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}

// timeLayout is how moments are told to people.
const timeLayout = "2006-01-02 15:04 UTC"

// DriftVerdict says in one line whether a site drifted.
func DriftVerdict(d *reconcile.Drift) string {
	c := d.Counts
	if d.Last == nil {
		if c.Drifted() == 0 {
			return fmt.Sprintf("no difference: %s is as described; nothing is known of a last apply (%s)", d.Site.Name, d.NoLast)
		}
		return fmt.Sprintf("%s differs from the description in %s; nothing is known of a last apply (%s)", d.Site.Name, Count(c.Drifted(), "fact", "facts"), d.NoLast)
	}
	since := " since the last apply (" + d.Last.Time.Format(timeLayout) + ")"
	if c.Drifted() == 0 {
		return fmt.Sprintf("no drift: nobody changed what is described of %s%s", d.Site.Name, since)
	}
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{
		{c.Site, Count(c.Site, "change", "changes") + " on the site"},
		{c.Both, Count(c.Both, "conflict", "conflicts") + " with the description"},
		{c.Unknown, Count(c.Unknown, "difference", "differences") + " of unknown origin"},
	} {
		if x.n > 0 {
			parts = append(parts, x.what)
		}
	}
	return fmt.Sprintf("%s drifted: %s%s", d.Site.Name, strings.Join(parts, ", "), since)
}

// drifted lists items; at most few of them, unless that is 0.
func (p *printer) drifted(title string, items []reconcile.DriftItem, few int) {
	if len(items) == 0 {
		return
	}
	p.line("")
	p.line("%s %s", p.paint(bold, title), p.paint(dim, "("+Number(len(items))+")"))
	shown := items
	if few > 0 {
		shown = items[:min(few, len(items))]
	}
	for _, i := range shown {
		colour := map[access.Op]string{access.Remove: red, access.Modify: yellow, access.Add: green}[i.Op]
		note := ""
		if told := toldOf(i); len(told) > 0 {
			note = "  " + p.paint(dim, "# "+Safe(strings.Join(told, ", ")))
		}
		p.line("  %s %s%s", p.paint(colour, string(i.Op)), Safe(happened(i)), note)
	}
	if more := len(items) - len(shown); more > 0 {
		p.line("  and %s more (--format json lists them)", Number(more))
	}
}

// happened is the fact of an item, with the value before where it has another.
func happened(i reconcile.DriftItem) string {
	if i.Op != access.Modify {
		return i.Fact
	}
	was := i.Last
	if i.Cause == reconcile.ByDescription || i.Cause == reconcile.ByUnknown {
		was = i.Live
	}
	return i.Fact + " (was " + value(was) + ")"
}

// value is the value of a fact's line.
func value(line string) string {
	f, err := access.ParseFact(line)
	if err != nil {
		return line
	}
	return f.Value
}

// toldOf says of an item who did it, or why that is not known, and where it is
// described.
func toldOf(i reconcile.DriftItem) []string {
	var out []string
	switch {
	case i.Who != "" && i.When != nil:
		out = append(out, "by "+Principal(access.Ref(i.Who))+" at "+i.When.Format(timeLayout))
	case i.Unnamed != "":
		out = append(out, "by whom is not known: "+i.Unnamed)
	}
	if i.Cause == reconcile.ByBoth {
		if i.Wanted == "" {
			out = append(out, "no longer described")
		} else {
			out = append(out, "described as "+i.Wanted)
		}
	}
	if i.Origin != nil {
		out = append(out, place(i.Origin))
	}
	return out
}

// unattended says what becomes of each item when nobody is there.
func (p *printer) unattended(d *reconcile.Drift) {
	if d.Counts.Drifted() == 0 && !d.Stopped() {
		return
	}
	p.line("")
	p.line("%s", p.paint(bold, "an apply with nobody there (weir apply --unattended)"))
	if d.Stopped() {
		p.line("  %s", p.paint(red, "is stopped whole: nothing of this is done"))
	}
	type group struct {
		verdict reconcile.Verdict
		reason  string
	}
	var order []group
	groups := make(map[group][]string)
	for _, i := range d.Items {
		if !i.Drifted() {
			continue
		}
		g := group{i.Verdict, i.Reason}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], string(i.Op)+" "+i.Fact)
	}
	words := map[reconcile.Verdict]string{reconcile.Undone: "undoes", reconcile.Held: "holds for a person", reconcile.Observes: "leaves"}
	for _, v := range []reconcile.Verdict{reconcile.Undone, reconcile.Held, reconcile.Observes} {
		for _, g := range order {
			if g.verdict != v {
				continue
			}
			p.line("  %s %s: %s", words[v], Number(len(groups[g])), Safe(g.reason))
			for _, line := range groups[g] {
				p.line("    %s", Safe(line))
			}
		}
	}
	p.line("  %s", allowance(d))
	p.findings(d.Findings)
	p.exceeded(d.Exceeded)
}

func allowance(d *reconcile.Drift) string {
	return fmt.Sprintf("allowance: %s of %s taken within 24 hours", Number(d.Allowance.Used), Number(d.Allowance.PerDay))
}
