package reconcile

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/edits"
	"github.com/weirhq/weir/site"
)

// Base is the revision of a description that another is compared with.
type Base struct {
	Revision string // as it was asked for
	Commit   string // what its files were read from
	Exact    bool   // Commit is the revision itself, not where HEAD left its history
	// Description is nil where the revision holds none, and where there is Trouble.
	Description Description
	Pins        map[access.Ref]string // of its weir.lock
	// Trouble says why the revision's description cannot be compared with, if so. It
	// may be a diag.List.
	Trouble error
	// Before and After are the files of the two descriptions.
	Before, After []edits.Text
}

// Source says where a change comes from.
type Source string

// The sources of a change.
const (
	// Edited is what the revision would not have brought: it wants of the site
	// what the site is.
	Edited Source = "edited"
	// Drifted is what the revision would bring as well: somebody changed the site,
	// a day has passed, or the revision was never applied.
	Drifted Source = "drift"
	// Both is where the revision, the description and the site say three things.
	Both Source = "both"
)

// Edits are the edited lines of a description, and what they bring.
type Edits struct {
	Base   string `json:"base"`            // the revision, as it was asked for
	Commit string `json:"commit"`          // what was compared with: its commit, or the one at which HEAD left its history
	Exact  bool   `json:"exact,omitempty"` // it is the revision's own commit
	// Trouble says why the changes cannot be told apart by their source, if so.
	Trouble string       `json:"trouble,omitempty"`
	Edited  int          `json:"edited"` // changes, by source
	Drift   int          `json:"drift"`  // likewise
	Both    int          `json:"both"`   // likewise
	Files   []EditedFile `json:"files"`  // sorted by path
	// Unplaced are the changes, each as "op fact", that come from edits without any
	// run of lines that states them: a mode of ownership, say, reaches far.
	Unplaced []string `json:"unplaced,omitempty"`
}

// EditedFile is a file of the description that was edited.
type EditedFile struct {
	Path string `json:"path"`          // from the description's folder, with slashes
	Was  string `json:"was,omitempty"` // its former path, if it was renamed
	// Hunks are the edits that mean something to the site, in order.
	Hunks []Hunk `json:"hunks,omitempty"`
	// Idle counts the lines removed and added to which no change is traced: comments,
	// how things are laid out and where they stand, settings of weir's own, and what
	// Unplaced come from.
	Idle int `json:"idle,omitempty"`
}

// Hunk is a run of lines that were removed and of those that stand there instead.
type Hunk struct {
	Removed []EditedLine `json:"removed,omitempty"` // lines of the earlier revision
	Added   []EditedLine `json:"added,omitempty"`   // lines of this one
	// Cut counts the lines of a long run that are left out: those that state no
	// change.
	Cut int `json:"cut,omitempty"`
	// Changes are what the lines bring, each as "op fact".
	Changes []string `json:"changes,omitempty"`
	// Unchanged is what they say otherwise than before and what brings no change.
	Unchanged []Changeless `json:"unchanged,omitempty"`
}

// EditedLine is a line as it is or was, without its end.
type EditedLine struct {
	Line int `json:"line"` // its number: a removed line's in the earlier revision
	// Spans are its text, in order. Those that are marked changed inside a line
	// that otherwise stayed; none is where the whole line did.
	Spans []Span `json:"spans"`
	// States counts the changes that are written in this line.
	States int `json:"states,omitempty"`
}

// Span is a stretch of a line.
type Span struct {
	Text    string `json:"text"`              // as it stands in the file
	Changed bool   `json:"changed,omitempty"` // whether the edit touched it
}

// Changeless is a fact that is no longer wanted, or is wanted now, without any
// change of the site.
type Changeless struct {
	Op     access.Op `json:"op"`     // what the edit asks for
	Fact   string    `json:"fact"`   // as docs/facts.md has them
	Reason string    `json:"reason"` // why the plan does not do it
}

// compared is what a description wants, and what that makes of a site.
type compared struct {
	wanted
	Difference
}

// facts is everything that a description wants of a site, whether or not weir can
// bring it about.
func (c compared) facts() access.Set {
	var more []access.Fact
	for _, m := range c.canon.Manual {
		more = append(more, m.Fact)
	}
	for _, r := range c.canon.Refused {
		more = append(more, r.Fact)
	}
	return c.Facts.Union(access.NewSet(more...))
}

// addEdits fills in where changes come from: the description of the base is
// planned against the same observation.
func (p *Plan) addEdits(in Input, live site.Observation, head compared, unconfirmed []access.Unknown) {
	out := &Edits{Base: in.Base.Revision, Commit: in.Base.Commit, Exact: in.Base.Exact}
	base, err := in.Base.plan(in.Site, live, in.Memory, unconfirmed)
	if in.Base.Trouble != nil {
		err = in.Base.Trouble
	}
	if err != nil {
		out.Trouble = brief(err)
	}
	e := newEditor(in.Base, base, head)
	if out.Trouble != "" {
		// What the lines said before is not known, so they are told for what they
		// state now.
		for _, c := range head.Changes {
			e.bring(c, e.stated(c.Fact))
		}
		out.Files = e.told()
		for i := range out.Files {
			out.Files[i].Idle = 0
		}
		p.Edits = out
		return
	}
	for i, c := range head.Changes {
		source := sourceOf(c.Fact, live.Facts, base.Target, head.Target)
		p.Changes[i].Source = source
		switch source {
		case Drifted:
			out.Drift++
			continue
		case Both:
			out.Both++
		default:
			out.Edited++
		}
		if !e.bring(c, e.place(c)) {
			out.Unplaced = append(out.Unplaced, line(c))
		}
	}
	e.unchanged(live.Facts)
	out.Files = e.told()
	p.Edits = out
}

// line writes a change as a plan's facts are written.
func line(c access.Change) string { return string(c.Op) + " " + c.Fact.String() }

// brief says an error in a line: of many, the first.
func brief(err error) string {
	var list diag.List
	if errors.As(err, &list) && len(list) > 0 {
		text := list.Sort()[0].Error()
		if more := len(list) - 1; more > 0 {
			text += fmt.Sprintf(" (and %d more)", more)
		}
		return text
	}
	return err.Error()
}

// plan compares the base's description with the site. One that says nothing
// leaves the site as it is.
func (b *Base) plan(s site.Reader, live site.Observation, memory access.Memory, unconfirmed []access.Unknown) (compared, error) {
	if b.Description == nil {
		return compared{Difference: Difference{Target: live.Facts}}, nil
	}
	w, err := want(s, b.Description, b.Pins, live, memory)
	if err != nil {
		return compared{}, err
	}
	w, d := w.compare(s, live, slices.Concat(w.unknown, unconfirmed))
	return compared{w, d}, nil
}

// sourceOf says where a change comes from: what the site is, what the base would
// make of it, and what the description makes of it.
func sourceOf(f access.Fact, live, base, head access.Set) Source {
	same := func(a, b access.Set) bool {
		x, inA := a.Get(f)
		y, inB := b.Get(f)
		return inA == inB && x == y
	}
	switch {
	case same(base, head):
		return Drifted
	case same(base, live):
		return Edited
	}
	return Both
}

// editor finds the edited lines that changes come from.
type editor struct {
	base, head compared
	delta      []access.Change // what is wanted otherwise than at the base
	files      []EditedFile    // with every hunk
	// runs are the lines that hunks have on a side, in order, by the path there.
	runs [2]map[string][]lineRun
	// entries are the lines at which the entries of objects begin, sorted, by path.
	entries [2]map[string][]int
	// lists and joins are the hunks that state something of a list, and those that
	// put somebody into a group or take them out.
	lists map[access.Contents]hunks
	joins map[join]hunks
}

// join is that somebody is put into some group, or taken out.
type join struct {
	who access.Ref
	op  access.Op
}

var opposite = map[access.Op]access.Op{access.Add: access.Remove, access.Remove: access.Add}

// The two sides of a hunk.
const (
	atBase = iota
	atHead
)

// side gives a hunk's lines on one side.
func (h *Hunk) side(side int) []EditedLine {
	if side == atBase {
		return h.Removed
	}
	return h.Added
}

// lineRun is the lines of a hunk on one side, by the numbers of the first and the
// last.
type lineRun struct {
	first, last int
	hunk        *Hunk
}

// hunks is a set of hunks.
type hunks map[*Hunk]bool

// one gives the only hunk of a set.
func (h hunks) one() *Hunk {
	if len(h) == 1 {
		for hunk := range h {
			return hunk
		}
	}
	return nil
}

func include[K comparable](m map[K]hunks, key K, h *Hunk) {
	if m[key] == nil {
		m[key] = make(hunks)
	}
	m[key][h] = true
}

func newEditor(b *Base, base, head compared) *editor {
	e := &editor{
		base: base, head: head, delta: access.Changes(base.facts(), head.facts()),
		runs:    [2]map[string][]lineRun{make(map[string][]lineRun), make(map[string][]lineRun)},
		entries: [2]map[string][]int{entries(base.Origins), entries(head.Origins)},
		lists:   make(map[access.Contents]hunks), joins: make(map[join]hunks),
	}
	for _, f := range edits.Compare(b.Before, b.After) {
		file := EditedFile{Path: f.Path, Was: f.Was, Hunks: make([]Hunk, len(f.Hunks))}
		for i, h := range f.Hunks {
			hunk := &file.Hunks[i]
			hunk.Removed, hunk.Added = editedLines(h.Removed), editedLines(h.Added)
			for side, path := range []string{atBase: cmp.Or(f.Was, f.Path), atHead: f.Path} {
				if lines := hunk.side(side); len(lines) > 0 {
					e.runs[side][path] = append(e.runs[side][path], lineRun{lines[0].Line, lines[len(lines)-1].Line, hunk})
				}
			}
		}
		e.files = append(e.files, file)
	}
	for _, c := range e.delta {
		if h := e.stated(c.Fact).hunk; h != nil {
			include(e.lists, access.ContentsOf(c.Fact), h)
			if c.Fact.Kind == access.Member {
				include(e.joins, join{c.Fact.Subject, c.Op}, h)
			}
		}
	}
	return e
}

func editedLines(lines []edits.Line) []EditedLine {
	var out []EditedLine
	for _, l := range lines {
		spans := make([]Span, len(l.Spans))
		for i, s := range l.Spans {
			spans[i] = Span(s)
		}
		out = append(out, EditedLine{Line: l.Number, Spans: spans})
	}
	return out
}

// entries gives the lines at which the entries of objects begin, sorted, by path.
func entries(origins map[access.Fact]diag.Range) map[string][]int {
	out := make(map[string][]int)
	for f, at := range origins {
		if f.Kind == access.Exists && at.Known() {
			out[at.File] = append(out[at.File], at.Start.Line)
		}
	}
	for path, lines := range out {
		slices.Sort(lines)
		out[path] = slices.Compact(lines)
	}
	return out
}

// traced is a hunk, and the line in it that states something, if any does.
type traced struct {
	hunk *Hunk
	line *EditedLine
}

// stated finds the edited line that states a fact now, or did before.
func (e *editor) stated(f access.Fact) traced {
	id := f.Identity()
	for _, side := range []int{atHead, atBase} {
		at := e.origins(side)[id]
		runs := e.runs[side][at.File]
		i, _ := slices.BinarySearchFunc(runs, at.Start.Line, func(r lineRun, line int) int { return cmp.Compare(r.last, line) })
		if i < len(runs) && runs[i].first <= at.Start.Line {
			return traced{runs[i].hunk, &runs[i].hunk.side(side)[at.Start.Line-runs[i].first]}
		}
	}
	return traced{}
}

func (e *editor) origins(side int) map[access.Fact]diag.Range {
	if side == atBase {
		return e.base.Origins
	}
	return e.head.Origins
}

// place finds the hunk that a change comes from: the one that states it, or, of
// what no line states by itself, the only one that can have brought it.
func (e *editor) place(c access.Change) traced {
	f := c.Fact
	if at := e.stated(f); at.hunk != nil {
		return at
	}
	object := access.Fact{Kind: access.Exists, Object: f.Object}
	// What falls with something comes from wherever that was taken away.
	if cause, falls := e.head.Cause[f.Identity()]; falls && c.Op == access.Remove {
		for _, k := range []access.Kind{access.State, access.Exists} {
			if h := e.stated(access.Fact{Kind: k, Object: cause}).hunk; h != nil {
				return traced{hunk: h}
			}
		}
	}
	entry := []*Hunk{e.stated(object).hunk, e.within(object)}
	list := []*Hunk{e.lists[access.ContentsOf(f)].one()}
	if twin, ok := otherForm(f); ok {
		list = append(list, e.lists[access.ContentsOf(twin)].one())
	}
	var candidates []*Hunk
	if e.origins(atHead)[f.Identity()].Known() || e.origins(atBase)[f.Identity()].Known() {
		// It is written, in lines that stayed: its group is made of others, or its
		// entry fills in an archetype otherwise.
		if f.Kind == access.Member {
			same, other := e.joins[join{f.Subject, c.Op}], e.joins[join{f.Subject, opposite[c.Op]}]
			candidates = append(candidates, same.one())
			if len(same) == 0 {
				candidates = append(candidates, other.one())
			}
		}
		candidates = append(append(candidates, entry...), list...)
	} else {
		// Nobody wrote it: a list that was edited leaves it out, or is new.
		candidates = append(list, entry...)
	}
	for _, h := range candidates {
		if h != nil {
			return traced{hunk: h}
		}
	}
	return traced{}
}

// within finds the only hunk in an object's entry, which goes on to where the
// next one begins.
func (e *editor) within(object access.Fact) *Hunk {
	found := make(hunks)
	for side := range e.runs {
		at, ok := e.origins(side)[object]
		if !ok {
			continue
		}
		begins := e.entries[side][at.File]
		end := math.MaxInt
		if next, _ := slices.BinarySearch(begins, at.Start.Line+1); next < len(begins) {
			end = begins[next]
		}
		runs := e.runs[side][at.File]
		first, _ := slices.BinarySearchFunc(runs, at.Start.Line, func(r lineRun, line int) int { return cmp.Compare(r.last, line) })
		for _, r := range runs[first:min(first+2, len(runs))] {
			if r.first < end {
				found[r.hunk] = true
			}
		}
	}
	return found.one()
}

// bring notes that a hunk brings a change, and reports whether there is one.
func (e *editor) bring(c access.Change, at traced) bool {
	if at.hunk == nil {
		return false
	}
	at.hunk.Changes = append(at.hunk.Changes, line(c))
	if at.line != nil {
		at.line.States++
	}
	return true
}

// unchanged notes what the description wants otherwise and what brings no change,
// with the reason.
func (e *editor) unchanged(live access.Set) {
	changed := make(map[access.Fact]bool)
	for _, c := range e.head.Changes {
		changed[c.Fact.Identity()] = true
	}
	reasons := make(map[access.Fact]string)
	for _, k := range e.head.Kept {
		reasons[k.Fact.Identity()] = "it stays: " + k.Reason
	}
	for _, m := range e.head.Missing {
		reasons[m.Fact.Identity()] = "it is not planned: " + m.Reason
	}
	for _, c := range e.head.Observed {
		reasons[c.Fact.Identity()] = "it is only observed"
	}
	for _, m := range e.head.canon.Manual {
		reasons[m.Fact.Identity()] = "it is done by hand"
	}
	for _, r := range e.head.canon.Refused {
		reasons[r.Fact.Identity()] = "the site cannot hold it: " + r.Reason
	}
	for _, c := range e.delta {
		id := c.Fact.Identity()
		at := e.place(c)
		if changed[id] || at.hunk == nil {
			continue
		}
		reason := reasons[id]
		is, there := live.Get(c.Fact)
		switch {
		case reason != "":
		case c.Op == access.Remove && there:
			reason = "it stays: it is no longer described"
		case c.Op == access.Remove || is == c.Fact:
			reason = "the site is so already"
		default:
			reason = "it is not planned"
		}
		at.hunk.Unchanged = append(at.hunk.Unchanged, Changeless{Op: c.Op, Fact: c.Fact.String(), Reason: reason})
	}
}

// What is kept of the edited lines, so that a plan stays one that can be read.
const (
	longHunk  = 400    // lines of a hunk of which all are kept
	around    = 3      // lines kept around one that states a change, in a longer one
	maxEdited = 50_000 // lines of a plan
	maxText   = 4 << 20
)

// told gives the files with the hunks that mean something, and counts the rest.
func (e *editor) told() []EditedFile {
	out := []EditedFile{}
	lines, text := maxEdited, maxText
	for _, f := range e.files {
		told := EditedFile{Path: f.Path, Was: f.Was}
		for _, h := range f.Hunks {
			n := len(h.Removed) + len(h.Added)
			if len(h.Changes)+len(h.Unchanged) == 0 {
				told.Idle += n
				continue
			}
			for _, side := range []*[]EditedLine{&h.Removed, &h.Added} {
				if n > longHunk {
					*side = near(*side)
				}
				*side = room(*side, &lines, &text)
			}
			h.Cut = n - len(h.Removed) - len(h.Added)
			told.Hunks = append(told.Hunks, h)
		}
		out = append(out, told)
	}
	return out
}

// near keeps the lines that state a change, and those around them; where there is
// none, the first few.
func near(list []EditedLine) []EditedLine {
	if !slices.ContainsFunc(list, func(l EditedLine) bool { return l.States > 0 }) {
		return list[:min(around, len(list))]
	}
	var out []EditedLine
	next := 0 // the first that is not decided yet
	for i, l := range list {
		if l.States == 0 {
			continue
		}
		next = max(next, i-around)
		end := min(i+around+1, len(list))
		out = append(out, list[next:end]...)
		next = end
	}
	return out
}

// room keeps the lines for which there is room.
func room(list []EditedLine, lines, text *int) []EditedLine {
	for i, l := range list {
		for _, s := range l.Spans {
			*text -= len(s.Text)
		}
		if *lines--; *lines < 0 || *text < 0 {
			return list[:i]
		}
	}
	return list
}
