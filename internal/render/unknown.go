package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// unknown tells what was not seen: things that are alike in one line, with a few
// of their names.
func (p *printer) unknown(list []reconcile.Unknown) {
	if len(list) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.paint(bold, "not seen, and so neither added nor removed"))
	p.unseen(list)
}

// unseen lists what was not seen.
func (p *printer) unseen(list []reconcile.Unknown) {
	const few, lines = 3, 10
	groups := alike(list)
	for _, g := range groups[:min(lines, len(groups))] {
		if len(g) <= few {
			for _, u := range g {
				p.line("  ? %s: %s", Safe(cmp.Or(u.Object, "the site")), Safe(u.Reason))
			}
			continue
		}
		var shown []string
		for _, u := range g[:few] {
			shown = append(shown, Safe(u.Object))
		}
		p.line("  ? %s, each: %s (%s and %s more)", several(g), Safe(g[0].Reason), strings.Join(shown, ", "), Number(len(g)-few))
	}
	rest := 0
	for _, g := range groups[min(lines, len(groups)):] {
		rest += len(g)
	}
	if rest > 0 {
		p.line("  and %s more (--format json lists them)", Number(rest))
	}
}

// alike puts together what differs in the object only, and there not in its type.
// The order is that in which the first of each comes.
func alike(list []reconcile.Unknown) [][]reconcile.Unknown {
	index := make(map[reconcile.Unknown]int)
	var out [][]reconcile.Unknown
	for _, u := range list {
		key := reconcile.Unknown{Kind: u.Kind, Object: access.Ref(u.Object).Type(), Reason: u.Reason}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], u)
	}
	return out
}

// several counts things of one type: "14 pages".
func several(g []reconcile.Unknown) string {
	noun := "things"
	typ := access.Ref(g[0].Object).Type()
	if typ == "account" {
		typ = "user"
	}
	for _, kind := range kindOrder {
		if kind.key == typ {
			noun = kind.noun
		}
	}
	return fmt.Sprintf("%s %s", Number(len(g)), noun)
}
