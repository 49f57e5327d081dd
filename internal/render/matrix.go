package render

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
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

//go:embed matrix.html
var matrixPage string

var matrixTemplate = template.Must(template.New("matrix").Parse(matrixPage))

// heatPage is what the page is made of.
type heatPage struct {
	Title, Lead string
	Notes       []string
	Rows        string // what a row is
	Legend      []heatCell
	Spaces      []heatHead
	Lines       []heatLine
}

type heatHead struct{ Key, Title string }

type heatLine struct {
	Name, Title, Class string
	Cells              []heatCell
}

type heatCell struct{ Class, Text, Title string }

// MatrixHTML writes a heat map as one page that needs no other file and no script.
func MatrixHTML(w io.Writer, a *MatrixAnswer) error {
	spaces := a.Spaces[:a.ShowSpaces]
	page := heatPage{
		Title: "Who can do what on " + a.Source.Site,
		Lead: fmt.Sprintf("%s, %s. A cell shows the strongest of %s.", Count(len(a.People)-1, "person", "people"),
			Count(len(a.Spaces), "space", "spaces"), and(a.Operations)),
		Rows: "Person",
	}
	switch a.Source.Of {
	case OfSnapshot:
		page.Notes = append(page.Notes, "As of "+a.Source.Time+", from a snapshot.")
	case OfPlan:
		page.Notes = append(page.Notes, "As it will be when the description has been applied.")
	}
	if n := len(a.Source.Unseen); n > 0 {
		page.Notes = append(page.Notes, Count(n, "thing", "things")+" could not be seen, so there may be more.")
	}
	if len(a.Spaces) > len(spaces) {
		page.Notes = append(page.Notes, fmt.Sprintf("The first %s of %s spaces are shown: choose others with --spaces.", Number(len(spaces)), Number(len(a.Spaces))))
	}
	for _, op := range a.Operations {
		page.Legend = append(page.Legend, heatCell{Class: op + " p4", Text: letter(op), Title: op})
	}
	for _, s := range spaces {
		title := s.Name
		for _, op := range a.Operations {
			title += fmt.Sprintf("; %s %s", Number(s.Counts[op]), op)
		}
		page.Spaces = append(page.Spaces, heatHead{s.Space, strings.TrimPrefix(title, "; ")})
	}
	page.Lines = append(page.Lines, personLine(a.People[0], spaces, "public"))
	if a.Groups == nil {
		for _, r := range a.People[1:] {
			class := ""
			if r.Guest {
				class = "guest"
			}
			page.Lines = append(page.Lines, personLine(r, spaces, class))
		}
	} else {
		page.Rows = "Group"
		page.Lead += " Of groups it says how many of their people can, darker the larger their part."
		if len(a.Groups) < a.AllGroups {
			page.Notes = append(page.Notes, fmt.Sprintf("The %s largest of %s groups are shown: --format csv has everybody.", Number(len(a.Groups)), Number(a.AllGroups)))
		}
		for _, g := range a.Groups {
			page.Lines = append(page.Lines, groupLine(g, a.Operations, spaces))
		}
	}
	out := bufio.NewWriter(w)
	if err := matrixTemplate.Execute(out, page); err != nil {
		return err
	}
	return out.Flush()
}

func letter(op string) string { return strings.ToUpper(op[:1]) }

func personLine(r MatrixRow, spaces []MatrixSpace, class string) heatLine {
	l := heatLine{Name: personCell(r.Who), Title: r.Name, Class: class}
	if class == "public" {
		l.Name, l.Title = "the public", "whoever is not logged in"
	}
	for _, s := range spaces {
		var c heatCell
		if op := r.Can[s.Space]; op != "" {
			c = heatCell{Class: op + " p4", Text: letter(op), Title: fmt.Sprintf("%s: %s %s", l.Name, op, s.Space)}
		}
		l.Cells = append(l.Cells, c)
	}
	return l
}

func groupLine(g MatrixGroup, ops []string, spaces []MatrixSpace) heatLine {
	l := heatLine{Name: g.Group, Title: Count(g.People, "person", "people")}
	for _, s := range spaces {
		var c heatCell
		counts := g.Can[s.Space]
		var said []string
		for _, op := range ops {
			if n := counts[op]; n > 0 {
				said = append(said, fmt.Sprintf("%s of %s %s", Number(n), Number(g.People), op))
			}
		}
		for _, op := range slices.Backward(ops) {
			if n := counts[op]; n > 0 {
				c = heatCell{Class: fmt.Sprintf("%s p%d", op, (4*n+g.People-1)/g.People), Text: Number(n), Title: fmt.Sprintf("%s in %s: %s", g.Group, s.Space, and(said))}
				break
			}
		}
		l.Cells = append(l.Cells, c)
	}
	return l
}
