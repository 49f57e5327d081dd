package render

import (
	"fmt"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// stand is a standing on a page: a word, the letter that stands for it in a cell,
// and the class that paints it. The heat map of a plan and that of a site share
// them.
type stand struct{ Word, Letter, Class string }

// stands are all of them, weakest first, by the words of an impact.
var stands = []struct {
	key string
	stand
}{
	{"", stand{"nothing", "–", "s0"}},
	{"part", stand{"some permissions", "P", "s1"}},
	{"view", stand{"view", "V", "s2"}},
	{"comment", stand{"comment", "C", "s3"}},
	{"edit", stand{"edit", "E", "s4"}},
	{"administration", stand{"administration", "A", "s5"}},
}

// standOf gives the place of a standing, and how it is shown.
func standOf(word string) (int, stand) {
	for n, s := range stands {
		if s.key == word {
			return n, s.stand
		}
	}
	return 0, stands[0].stand
}

// heatMap is the section of a plan's page that shows who stands how to what,
// before and after.
type heatMap struct {
	Notes   []string
	Legend  []stand
	Columns []string
	Rows    []heatRow
}

type heatRow struct {
	Classes string // what it is filtered by
	Mark    string
	Count   string // empty where all are named
	People  names
	Cells   []heatChange
}

// heatChange is a cell; one without words is empty.
type heatChange struct {
	Was, Is     stand
	Tone, Words string
}

func (b *pageBuilder) heat() *heatMap {
	h := b.plan.Heat
	if h == nil || len(h.Rows) == 0 {
		return nil
	}
	out := &heatMap{}
	for _, o := range h.Objects {
		out.Columns = append(out.Columns, display(Thing(access.Ref(o))))
	}
	used := make(map[string]bool)
	for _, r := range h.Rows {
		row := heatRow{Classes: known(classWords, r.Class), Mark: map[string]string{reconcile.ToGuests: "guest", reconcile.ToExternal: "external"}[r.Class], Cells: make([]heatChange, len(h.Objects))}
		for _, also := range r.Also {
			row.Classes += " " + known(classWords, also)
		}
		if r.Count > 1 {
			row.Count = Count(r.Count, "person", "people")
		}
		row.People = b.room.few(b.people(r.People), 1)
		row.People.Cut += r.Count - len(r.People)
		for _, c := range r.Cells {
			if c.Object < 0 || c.Object >= len(row.Cells) {
				continue
			}
			row.Cells[c.Object] = moved(c)
			used[c.Was], used[c.Is] = true, true
		}
		out.Rows = append(out.Rows, row)
	}
	for _, s := range stands {
		if used[s.key] {
			out.Legend = append(out.Legend, s.stand)
		}
	}
	if h.MoreObjects > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s columns are shown: first where something is lost or opens, and then where the most people move. %s more are not.", Number(len(h.Objects)), Number(h.MoreObjects)))
	}
	if h.MoreRows > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%s more with %s are not shown; the sections above tell of them.", Count(h.MoreRows, "row", "rows"), Count(h.MorePeople, "person", "people")))
	}
	return out
}

// moved shows a cell: darker the more standings are between before and after.
func moved(c reconcile.HeatCell) heatChange {
	from, was := standOf(c.Was)
	to, is := standOf(c.Is)
	cell := heatChange{Was: was, Is: is, Words: was.Word + " to " + is.Word}
	steps := from - to
	switch {
	case steps < 0:
		cell.Tone, steps = "up", -steps
	case steps > 0:
		cell.Tone = "down"
	case c.Gains && c.Loses:
		cell.Tone, cell.Words = "mixed", was.Word+", with other permissions"
	case c.Gains:
		cell.Tone, cell.Words = "up", was.Word+", with more permissions"
	default:
		cell.Tone, cell.Words = "down", was.Word+", with fewer permissions"
	}
	cell.Tone += fmt.Sprintf(" d%d", min(3, 1+steps/2))
	return cell
}
