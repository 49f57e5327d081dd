package render

import (
	"fmt"
	"io"

	"github.com/weirhq/weir/internal/diag"
)

// Check is what came of checking a description without a site.
type Check struct {
	Valid       bool
	Diagnostics diag.List // with paths as they are seen from here
	// What is described, if it is valid.
	People, Groups, Spaces, Roles, Facts int
}

// CheckText says in a line that a description is valid. What is not valid about it is
// shown by [Diagnostics].
func CheckText(w io.Writer, c Check) error {
	if !c.Valid {
		return nil
	}
	_, err := fmt.Fprintf(w, "valid: %s, %s, %s, %s (%s)\n",
		Count(c.People, "person", "people"), Count(c.Groups, "group", "groups"),
		Count(c.Spaces, "space", "spaces"), Count(c.Roles, "custom role", "custom roles"),
		Count(c.Facts, "fact", "facts"))
	return err
}

// CheckJSON writes a check for programs.
func CheckJSON(w io.Writer, c Check) error {
	type place struct {
		File string    `json:"file"`
		At   *diag.Pos `json:"at,omitempty"`
		End  *diag.Pos `json:"end,omitempty"` // exclusive
	}
	type related struct {
		Message string `json:"message"`
		Place   *place `json:"place,omitempty"`
	}
	type message struct {
		Code     string     `json:"code"`
		Severity string     `json:"severity"` // error or warning
		Summary  string     `json:"summary"`
		Detail   string     `json:"detail,omitempty"`
		Hint     string     `json:"hint,omitempty"`
		Place    *place     `json:"place,omitempty"`
		Related  []related  `json:"related,omitempty"`
		Ways     []diag.Way `json:"ways,omitempty"` // the ways out that the hint tells
	}
	type counts struct {
		People int `json:"people"`
		Groups int `json:"groups"`
		Spaces int `json:"spaces"`
		Roles  int `json:"space_roles"`
		Facts  int `json:"facts"`
	}
	where := func(r diag.Range) *place {
		if !r.Known() {
			return nil
		}
		p := &place{File: r.File}
		if r.Start.Line > 0 {
			p.At = &r.Start
		}
		if r.End.Line > 0 {
			p.End = &r.End
		}
		return p
	}
	out := struct {
		Valid       bool      `json:"valid"`
		Diagnostics []message `json:"diagnostics"`
		Described   *counts   `json:"described,omitempty"`
	}{Valid: c.Valid, Diagnostics: []message{}}
	if c.Valid {
		out.Described = &counts{c.People, c.Groups, c.Spaces, c.Roles, c.Facts}
	}
	for _, d := range c.Diagnostics.Sort() {
		m := message{Code: d.Code, Severity: d.Severity.String(), Summary: d.Summary, Detail: d.Detail, Hint: d.Hint, Place: where(d.Range), Ways: d.Ways}
		for _, r := range d.Related {
			m.Related = append(m.Related, related{r.Message, where(r.Range)})
		}
		out.Diagnostics = append(out.Diagnostics, m)
	}
	return JSON(w, out)
}
