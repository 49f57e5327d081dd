package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/weirhq/weir/access"
)

// Doctor is what an examination of a site found, and what the description needs
// of it: the serialised form.
type Doctor struct {
	Site     string     `json:"site"`
	Product  string     `json:"product"`
	Address  string     `json:"address"`
	From     string     `json:"from"` // where the operator said so
	Checks   []Checked  `json:"checks"`
	Needs    []Needed   `json:"needs"`
	Requests []Endpoint `json:"requests,omitempty"`
}

// Checked is one check. Status is ok, warning, failed or unknown.
type Checked struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Said   string `json:"said"`
	Remedy string `json:"remedy,omitempty"`
}

// Needed is what one kind of fact takes, and whether this credential can do it.
type Needed struct {
	Kind  access.Kind `json:"kind"`
	Of    string      `json:"of,omitempty"`
	Read  string      `json:"read"`  // yes, no: why, or unknown
	Write string      `json:"write"` // likewise
	Note  string      `json:"note,omitempty"`
}

// Endpoint is one request that can be sent.
type Endpoint struct {
	Method  string `json:"method"`
	Address string `json:"address"`
	Purpose string `json:"purpose"`
	Writes  bool   `json:"writes"`
}

// Failed reports whether a check failed.
func (d Doctor) Failed() bool {
	for _, c := range d.Checks {
		if c.Status == "failed" {
			return true
		}
	}
	return false
}

// Examined shows an examination.
func Examined(w io.Writer, d Doctor, o Options) error {
	p := newPrinter(w, o)
	p.line("%s", p.paint(bold, fmt.Sprintf("%s (%s) at %s, as %s says", Safe(d.Site), Safe(d.Product), Safe(d.Address), Safe(d.From))))
	colours := map[string]string{"ok": green, "warning": yellow, "failed": red, "unknown": dim}
	name := 0
	for _, c := range d.Checks {
		name = max(name, len(c.Name))
	}
	for _, c := range d.Checks {
		p.line("  %s  %-*s  %s", p.paint(colours[c.Status], fmt.Sprintf("%-7s", c.Status)), name, Safe(c.Name), Safe(c.Said))
		if c.Remedy != "" {
			p.line("  %s  %s", strings.Repeat(" ", 7+2+name-2), p.paint(dim, "-> "+Safe(c.Remedy)))
		}
	}
	if len(d.Needs) > 0 {
		p.line("")
		p.line("what the description needs")
		width := 0
		for _, n := range d.Needs {
			width = max(width, len(label(n)))
		}
		for _, n := range d.Needs {
			p.line("  %-*s  read %s, write %s", width, label(n), Safe(n.Read), Safe(n.Write))
			if n.Note != "" {
				p.line("  %-*s  %s", width, "", p.paint(dim, Safe(n.Note)))
			}
		}
	}
	if len(d.Requests) > 0 {
		p.line("")
		p.line("every request that weir can send there")
		for _, writes := range []bool{false, true} {
			for _, r := range d.Requests {
				if r.Writes == writes {
					kind := "read "
					if writes {
						kind = "write"
					}
					p.line("  %s  %-6s %s  %s", kind, r.Method, Safe(r.Address), p.paint(dim, Safe(r.Purpose)))
				}
			}
		}
	}
	return p.err
}

func label(n Needed) string {
	if n.Of == "" {
		return string(n.Kind)
	}
	return string(n.Kind) + " (" + n.Of + ")"
}

// ExaminedJSON writes an examination as JSON.
func ExaminedJSON(w io.Writer, d Doctor) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}
