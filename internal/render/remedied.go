package render

import (
	"fmt"
	"io"
	"strings"
)

// RemediedAnswer says what would let somebody do what they cannot do.
type RemediedAnswer struct {
	Source    Source   `json:"source"`
	Person    Who      `json:"person"`
	Operation string   `json:"operation"`
	Object    string   `json:"object"`
	Name      string   `json:"name,omitempty"`
	Can       bool     `json:"can"` // they can already
	Remedies  []Remedy `json:"remedies"`
}

// Remedy is one edit.
type Remedy struct {
	Changes []RemedyChange `json:"changes"`
	Patch   string         `json:"patch,omitempty"` // of the description, as a unified diff
	Note    string         `json:"note,omitempty"`
}

// RemedyChange is one fact that would become true, cease to be, or change.
type RemedyChange struct {
	Change string `json:"change"`
	Words  string `json:"words"`
}

// Remedied shows the smallest edit, and how many others there are.
func Remedied(w io.Writer, a *RemediedAnswer, all bool, o Options) error {
	p := newPrinter(w, o)
	what := Ability(a.Operation, a.Object, a.Name)
	switch {
	case a.Can:
		p.line("%s can %s already (weir why says by what)", p.paint(bold, a.Person.String()), what)
	case len(a.Remedies) == 0:
		p.line("no edit of facts lets %s %s (weir why says what stands in the way)", a.Person, what)
	default:
		p.line("%s would let %s %s", p.paint(bold, Count(len(a.Remedies[0].Changes), "change", "changes")), a.Person, what)
		shown := a.Remedies[:min(len(a.Remedies), most(all, 1))]
		for i, r := range shown {
			if i > 0 {
				p.line("")
				p.line("or")
			}
			p.remedy(r)
		}
		if rest := len(a.Remedies) - len(shown); rest > 0 {
			p.line("")
			p.line("and %s would (--all shows them)", Count(rest, "other edit", "other edits"))
		}
	}
	p.source(a.Source)
	return p.err
}

func (p *printer) remedy(r Remedy) {
	for _, c := range r.Changes {
		colour := map[byte]string{'+': green, '-': red, '~': yellow}[c.Change[0]]
		p.line("  %s", p.paint(colour, Safe(c.Change)))
	}
	if r.Note != "" {
		p.line("  %s", Safe(r.Note))
	}
	if r.Patch == "" {
		return
	}
	p.line("")
	for line := range strings.Lines(r.Patch) {
		line = strings.TrimSuffix(line, "\n")
		// Tabs are part of a patch.
		parts := strings.Split(line, "\t")
		for i := range parts {
			parts[i] = Safe(parts[i])
		}
		line = strings.Join(parts, "\t")
		if p.err == nil {
			_, p.err = fmt.Fprintln(p.w, line)
		}
	}
}
