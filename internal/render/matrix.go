package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
)

// MatrixAnswer is who can do what in which space.
type MatrixAnswer struct {
	Source     Source        `json:"source"`
	Operations []string      `json:"operations"` // weakest first
	Spaces     []MatrixSpace `json:"spaces"`
	People     []MatrixRow   `json:"people"` // the public first
	// Groups are the rows of a heat map of groups; without them it is one of people.
	Groups     []MatrixGroup `json:"-"`
	AllGroups  int           `json:"-"`
	ShowSpaces int           `json:"-"` // how many of the spaces a heat map shows
}

// MatrixSpace is one column, with how many people can do each operation.
type MatrixSpace struct {
	Space  string         `json:"space"`
	Name   string         `json:"name,omitempty"`
	Counts map[string]int `json:"counts"`
}

// MatrixRow is one person with the strongest operation by space.
type MatrixRow struct {
	Who
	Can map[string]string `json:"can"`
}

// MatrixGroup is one group with how many of its people can do each operation, by
// space.
type MatrixGroup struct {
	Group  string
	People int
	Can    map[string]map[string]int
}

// MatrixCSV writes people × spaces.
func MatrixCSV(w io.Writer, a *MatrixAnswer) error {
	head := []string{"person", "name", "guest"}
	for _, s := range a.Spaces {
		head = append(head, s.Space)
	}
	rows := [][]string{head}
	for _, r := range a.People {
		guest := ""
		if r.Guest {
			guest = "guest"
		}
		row := []string{personCell(r.Who), r.Name, guest}
		for _, s := range a.Spaces {
			row = append(row, r.Can[s.Space])
		}
		rows = append(rows, row)
	}
	return table(w, rows)
}

func personCell(w Who) string {
	if access.Ref(w.Ref) == access.Anonymous {
		return "anonymous"
	}
	return access.Ref(w.Ref).ID()
}

// matrixPage is what the heat map of a site is made of.
type matrixPage struct {
	page
	Lead   string
	Notes  []string
	Rows   string // what a row is
	Legend []stand
	Spaces []matrixHead
	Lines  []matrixLine
}

type matrixHead struct{ Key, Title string }

type matrixLine struct {
	Name, Of, Mark string
	Cells          []matrixCell
}

// matrixCell is a cell; one without text is empty.
type matrixCell struct{ Class, Text, Title string }

// MatrixHTML writes a heat map as one page that needs no other file and, but for
// its filter, no script.
func MatrixHTML(w io.Writer, a *MatrixAnswer) error {
	spaces := a.Spaces[:a.ShowSpaces]
	m := matrixPage{
		page: newPage("matrix", "Who can do what on "+a.Source.Site, a.Source.Site),
		Lead: fmt.Sprintf("%s, %s. A cell shows the strongest of %s.", Count(len(a.People)-1, "person", "people"),
			Count(len(a.Spaces), "space", "spaces"), and(a.Operations)),
		Rows: "Person",
	}
	m.Notes = sourceNotes(a.Source)
	if len(a.Spaces) > len(spaces) {
		m.Notes = append(m.Notes, fmt.Sprintf("The first %s of %s spaces are shown: choose others with --spaces.", Number(len(spaces)), Number(len(a.Spaces))))
	}
	for _, op := range a.Operations {
		m.Legend = append(m.Legend, standFor(op))
	}
	for _, s := range spaces {
		title := Safe(s.Name)
		for _, op := range a.Operations {
			title += fmt.Sprintf("; %s %s", Number(s.Counts[op]), op)
		}
		m.Spaces = append(m.Spaces, matrixHead{display(s.Space), strings.TrimPrefix(title, "; ")})
	}
	m.Lines = append(m.Lines, personLine(a.People[0], spaces))
	if a.Groups == nil {
		for _, r := range a.People[1:] {
			m.Lines = append(m.Lines, personLine(r, spaces))
		}
	} else {
		m.Rows = "Group"
		m.Lead += " Of groups it says how many of their people can, the more colour the larger their part."
		if len(a.Groups) < a.AllGroups {
			m.Notes = append(m.Notes, fmt.Sprintf("The %s largest of %s groups are shown: --format csv has everybody.", Number(len(a.Groups)), Number(a.AllGroups)))
		}
		for _, g := range a.Groups {
			m.Lines = append(m.Lines, groupLine(g, a.Operations, spaces))
		}
	}
	return writePage(w, "matrix", m)
}

// standFor gives the standing that an operation makes.
func standFor(op string) stand {
	if op == "admin" {
		op = "administration"
	}
	_, s := standOf(op)
	return s
}

func personLine(r MatrixRow, spaces []MatrixSpace) matrixLine {
	l := matrixLine{Name: display(personCell(r.Who)), Of: display(r.Name)}
	switch {
	case access.Ref(r.Ref) == access.Anonymous:
		l.Name, l.Of = "the public", "whoever is not logged in"
	case r.Guest:
		l.Mark = "guest"
	}
	for _, s := range spaces {
		var c matrixCell
		if op := r.Can[s.Space]; op != "" {
			c.Class, c.Text = standFor(op).Class, standFor(op).Letter
		}
		l.Cells = append(l.Cells, c)
	}
	return l
}

func groupLine(g MatrixGroup, ops []string, spaces []MatrixSpace) matrixLine {
	l := matrixLine{Name: display(g.Group), Of: Count(g.People, "person", "people")}
	for _, s := range spaces {
		var c matrixCell
		counts := g.Can[s.Space]
		var said []string
		for _, op := range ops {
			if n := counts[op]; n > 0 {
				said = append(said, Number(n)+" "+op)
			}
		}
		for _, op := range slices.Backward(ops) {
			if n := counts[op]; n > 0 {
				c.Class, c.Text = fmt.Sprintf("part%d %s", (4*n+g.People-1)/g.People, standFor(op).Class), standFor(op).Letter+" "+Number(n)
				break
			}
		}
		if len(said) > 1 {
			c.Title = strings.Join(said, ", ")
		}
		l.Cells = append(l.Cells, c)
	}
	return l
}
