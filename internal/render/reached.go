package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/weirhq/weir/access"
)

// ReachedAnswer says what a person reaches.
type ReachedAnswer struct {
	Source      Source          `json:"source"`
	Person      Who             `json:"person"`
	Enters      bool            `json:"enters"`
	State       string          `json:"state,omitempty"`
	Admin       bool            `json:"product_admin,omitempty"`
	Super       bool            `json:"does_everything,omitempty"`
	Groups      []string        `json:"groups"`
	Site        []string        `json:"site"`
	Views       int             `json:"views"`
	Edits       int             `json:"edits"`
	Administers int             `json:"administers"`
	AllSpaces   int             `json:"all_spaces"`
	AllPages    int             `json:"all_pages"` // that were read
	Spaces      []ReachedObject `json:"spaces"`
	Pages       []ReachedObject `json:"pages"`
}

// ReachedObject is one space or page that a person reaches.
type ReachedObject struct {
	Object      string   `json:"object"`
	Name        string   `json:"name,omitempty"`
	Strongest   string   `json:"strongest,omitempty"` // admin, edit or view
	Permissions []string `json:"permissions"`
}

// Reached shows what a person reaches: totals first.
func Reached(w io.Writer, a *ReachedAnswer, all bool, o Options) error {
	p := newPrinter(w, o)
	who := a.Person.String()
	if a.Person.Name != "" && a.Person.Name != access.Ref(a.Person.Ref).ID() {
		who = fmt.Sprintf("%s (%s)", who, Safe(a.Person.Name))
	}
	if !a.Enters {
		why := "may not enter this Confluence"
		if a.State != "" {
			why += ": " + a.State
		}
		p.line("%s reaches nothing: %s", p.paint(bold, who), Safe(why))
		p.source(a.Source)
		return p.err
	}
	p.line("%s reaches %s of %s: views %s, edits %s, administers %s", p.paint(bold, who), Number(len(a.Spaces)),
		Count(a.AllSpaces, "space", "spaces"), Number(a.Views), Number(a.Edits), Number(a.Administers))
	if a.Super {
		p.line("  %s", p.paint(red, "can do everything, restricted pages included"))
	}
	if a.Admin {
		p.line("  %s", p.paint(yellow, "is a product admin"))
	}
	if len(a.Groups) > 0 {
		shown := a.Groups[:min(len(a.Groups), most(all, 8))]
		more := ""
		if rest := len(a.Groups) - len(shown); rest > 0 {
			more = fmt.Sprintf(" and %s more", Number(rest))
		}
		p.line("  in %s: %s%s", Count(len(a.Groups), "group", "groups"), Safe(strings.Join(shown, ", ")), more)
	}
	if len(a.Site) > 0 {
		p.line("  on the site: %s", Safe(strings.Join(a.Site, ", ")))
	}
	p.reached(a.Spaces, most(all, 14))
	if len(a.Pages) > 0 {
		p.line("")
		p.line("%s of %s:", Number(len(a.Pages)), Count(a.AllPages, "page and blog post that was read", "pages and blog posts that were read"))
		p.reached(a.Pages, most(all, 6))
	}
	p.source(a.Source)
	return p.err
}

func (p *printer) reached(list []ReachedObject, lines int) {
	for _, r := range list[:min(len(list), lines)] {
		strongest := r.Strongest
		if strongest == "" {
			strongest = "only " + strings.Join(r.Permissions, ", ")
		}
		p.line("  %-6s %s", strongest, named(r.Object, r.Name))
	}
	if rest := len(list) - lines; rest > 0 {
		byStrength := make(map[string]int)
		for _, r := range list[lines:] {
			byStrength[r.Strongest]++
		}
		var parts []string
		for _, s := range []string{access.ToAdminister, access.ToEdit, access.ToView, ""} {
			if n := byStrength[s]; n > 0 {
				parts = append(parts, Number(n)+" "+map[string]string{"": "otherwise"}[s]+s)
			}
		}
		p.line("  and %s more: %s (--all shows them)", Number(rest), and(parts))
	}
}
