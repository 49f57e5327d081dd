package reconcile

import (
	"cmp"
	"slices"

	"github.com/weirhq/weir/access"
)

// Heat is how people come to stand to spaces, pages and the site: a table of
// people by object, of which only the largest rows and columns are kept. Who
// gains and loses what exactly is in the plan's Gained and Lost.
type Heat struct {
	Objects []string  `json:"objects"` // the columns: the site first, and then those where the most people move
	Rows    []HeatRow `json:"rows"`    // gravest first
	// What there is beyond is counted. Where people only gain is left out first.
	MoreObjects int `json:"more_objects,omitempty"` // columns left out
	MoreRows    int `json:"more_rows,omitempty"`    // rows left out
	MorePeople  int `json:"more_people,omitempty"`  // people of those rows
}

// HeatRow is people to whom the same happens everywhere.
type HeatRow struct {
	Class  string     `json:"class"`          // the gravest of what happens to them: see the classes of impacts; without a cause nothing is unlocked
	Also   []string   `json:"also,omitempty"` // the other classes
	People []string   `json:"people"`         // the first of them
	Count  int        `json:"count"`          // of all of them
	Cells  []HeatCell `json:"cells"`          // in the order of the columns
}

// HeatCell is how the people of a row stand to an object before and after, in the
// words of an [Impact].
type HeatCell struct {
	Object int    `json:"object"`          // which column, from 0
	Was    string `json:"was,omitempty"`   // before
	Is     string `json:"is,omitempty"`    // after
	Gains  bool   `json:"gains,omitempty"` // they gain something
	Loses  bool   `json:"loses,omitempty"` // they lose something; with both, one permission comes for another
}

// The bounds of a heat map: beyond them nobody sees anything.
const (
	mostHeatRows    = 60
	mostHeatObjects = 40
	mostHeatPeople  = 100 // who are named in a row
)

// heat makes the heat map of a plan; none where nothing happens to anybody.
func heat(d access.Delta, between *access.Comparison) *Heat {
	type row struct {
		HeatRow
		moves []access.Move
		size  int
	}
	var rows []row
	weight, grave := make(map[access.Ref]int), make(map[access.Ref]bool)
	add := func(gaining string, people []string, moves []access.Move) {
		r := row{HeatRow: HeatRow{People: people[:min(len(people), mostHeatPeople)], Count: len(people)}, moves: moves, size: len(people) * len(moves)}
		in := make(map[string]bool)
		for _, m := range moves {
			weight[m.Object] += len(people)
			class := gaining
			if gaining == Gains && m.Is == access.Administers && m.Was != access.Administers {
				class = ToAdmins
			}
			if m.Gains {
				in[class] = true
			}
			if m.Loses {
				in[Losses] = true
			}
			grave[m.Object] = grave[m.Object] || m.Loses || Exposes(class)
		}
		for _, c := range classes {
			switch {
			case !in[c]:
			case r.Class == "":
				r.Class = c
			default:
				r.Also = append(r.Also, c)
			}
		}
		rows = append(rows, r)
	}
	outside := outsider(d)
	for _, a := range between.Moves() {
		gains := slices.ContainsFunc(a.Moves, func(m access.Move) bool { return m.Gains })
		parts := make(map[string][]string)
		if a.Public() {
			parts[ToPublic] = []string{string(access.Anonymous)}
		}
		for who := range a.People() {
			class := Gains
			switch {
			case gains && d.After.Guest(who):
				class = ToGuests
			case gains && outside(who):
				class = ToExternal
			}
			parts[class] = append(parts[class], string(who))
		}
		for _, class := range classes {
			if people := parts[class]; people != nil {
				add(class, people, a.Moves)
			}
		}
	}

	var objects []access.Ref
	for o := range weight {
		objects = append(objects, o)
	}
	first := func(is bool) int {
		if is {
			return 0
		}
		return 1
	}
	largest := func(a, b access.Ref) int {
		return cmp.Or(cmp.Compare(first(a == access.Site), first(b == access.Site)), cmp.Compare(weight[b], weight[a]), cmp.Compare(a, b))
	}
	slices.SortFunc(objects, func(a, b access.Ref) int {
		return cmp.Or(cmp.Compare(first(grave[a]), first(grave[b])), largest(a, b))
	})
	if len(objects) == 0 {
		return nil
	}
	shown := objects[:min(len(objects), mostHeatObjects)]
	slices.SortFunc(shown, largest)
	out := &Heat{Objects: texts(shown), Rows: []HeatRow{}, MoreObjects: len(objects) - len(shown)}

	column := make(map[access.Ref]int)
	for n, o := range out.Objects {
		column[access.Ref(o)] = n
	}
	kept := func(r row) int { // the public is always there, and who only gains goes first
		switch {
		case r.People[0] == string(access.Anonymous):
			return 0
		case r.Class != Gains:
			return 1
		}
		return 2
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(kept(a), kept(b)), cmp.Compare(b.size, a.size), cmp.Compare(a.People[0], b.People[0]))
	})
	for _, r := range rows {
		for _, m := range r.moves {
			if n, ok := column[m.Object]; ok {
				r.Cells = append(r.Cells, HeatCell{Object: n, Was: m.Was.String(), Is: m.Is.String(), Gains: m.Gains, Loses: m.Loses})
			}
		}
		if len(r.Cells) == 0 || len(out.Rows) == mostHeatRows {
			out.MoreRows++
			out.MorePeople += r.Count
			continue
		}
		slices.SortFunc(r.Cells, func(a, b HeatCell) int { return cmp.Compare(a.Object, b.Object) })
		out.Rows = append(out.Rows, r.HeatRow)
	}
	slices.SortStableFunc(out.Rows, func(a, b HeatRow) int {
		return cmp.Compare(slices.Index(classes, a.Class), slices.Index(classes, b.Class))
	})
	return out
}
