package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
)

// How much a page holds, so that it opens at once: the lists of names, in bytes,
// and the lines of changes. With what is bounded by itself it is under 3 MB.
const (
	mostOfNames   = 1_200_000
	mostOfChanges = 2500
)

// planPage is what the page of a plan shows, section by section. To add one is to
// add a field, a template in page/ and its place in page/plan.html and sections.
type planPage struct {
	page
	State   string // stopped, review, safe or nothing
	Verdict []run
	Facts   []run
	Of      [][]run // which snapshot it is of, and for whom it is
	Tiles   []tile
	Nav     []navLink
	Filters filters

	Opened, Losses, Gains *impactList
	Heat                  *heatMap
	Seats                 []string
	Changes               *changeList
	Edits                 *editList
	Manual                []manualItem
	Findings              *findingList
	Claims                *claimList
	Budgets               *budgetTable
	Unknown               []unseenItem
	Observed              *factList
	Kept                  *factList
	Summary, Digest       string
}

// tile is a number that tells much, with the section that tells the rest.
type tile struct{ Figure, Text, Tone, To string }

type navLink struct {
	ID, Title string
	Count     string
}

// HTML writes a plan as one page that needs no other file and, but for its
// filters, no script. It shows all of the plan that people read; of a very large
// one the lists of names are cut, those of losses last.
func HTML(w io.Writer, plan *reconcile.Plan) error {
	p := &planPage{page: newPage("plan", "Plan for "+plan.Site.Name, plan.Site.Name)}
	p.State, p.Verdict = outcome(plan), runs(marking.verdict(plan))
	if p.State == "nothing" {
		p.Verdict = runs(strings.TrimSuffix(marking.unchanged(plan), jsonListsThem)) // and so does the page
	}
	p.Facts = runs(marking.effort(plan))
	if plan.Snapshot != nil {
		p.Of = append(p.Of, runs(marking.snapshot(plan.Snapshot)))
	}
	if plan.Audience == reconcile.Public {
		p.Of = append(p.Of, runs(forThePublic))
	}
	room := &pageRoom{mostOfNames}
	b := pageBuilder{plan, room}
	// In the order of what must not be cut.
	p.Losses = b.impacts("Who loses", "losses", func(i reconcile.Impact) bool { return !i.Gains })
	p.Opened = b.impacts("What opens", "opened", func(i reconcile.Impact) bool { return reconcile.Exposes(i.Class) })
	p.Findings, p.Budgets, p.Manual = b.findings(), b.budgets(), b.manual()
	p.Changes = b.changes()
	p.Gains = b.impacts("Who gains", "gains", func(i reconcile.Impact) bool { return i.Gains && !reconcile.Exposes(i.Class) })
	p.Heat = b.heat()
	for _, line := range SeatLines(plan.Seats) {
		p.Seats = append(p.Seats, display(line))
	}
	p.Edits, p.Claims = b.edits(), b.claims()
	p.Unknown, p.Observed, p.Kept = b.unknown(), b.observed(), b.kept()
	if len(plan.Changes) > 0 {
		p.Summary, p.Digest = Summary(plan), Safe(plan.Digest)
	}
	p.Tiles, p.Nav, p.Filters = tiles(plan), p.sections(), filtersOf(plan)
	for n, t := range p.Tiles {
		if !slices.ContainsFunc(p.Nav, func(l navLink) bool { return l.ID == t.To }) {
			p.Tiles[n].To = "" // a plan file that somebody altered may count what it does not hold
		}
	}
	return writePage(w, "plan", p)
}

// outcome names what a plan comes to: the beginning of its [Verdict] in a word.
func outcome(plan *reconcile.Plan) string {
	switch {
	case nothing(plan):
		return "nothing"
	case plan.Stops().Any():
	case len(plan.Changes) == 0:
		return "review"
	}
	return string(plan.Grade())
}

// sections lists those that the page has, in its order.
func (p *planPage) sections() []navLink {
	var out []navLink
	add := func(has bool, id, title string, n int) {
		if has {
			out = append(out, navLink{id, title, Number(n)})
		}
	}
	for _, l := range []*impactList{p.Opened, p.Losses, p.Gains} {
		if l != nil {
			add(true, l.ID, l.Title, len(l.Lines)+l.Cut)
		}
	}
	if p.Heat != nil {
		out = append(out, navLink{ID: "heat", Title: "Heat map"})
	}
	if len(p.Seats) > 0 {
		out = append(out, navLink{ID: "seats", Title: "Seats"})
	}
	if p.Changes != nil {
		add(true, "changes", "Changes", p.Changes.Count)
	}
	if p.Edits != nil {
		out = append(out, navLink{ID: "edits", Title: "Edits"})
	}
	add(len(p.Manual) > 0, "manual", "To do by hand", len(p.Manual))
	if p.Findings != nil {
		add(true, "findings", "Findings", len(p.Findings.Lines)+p.Findings.Cut)
	}
	if p.Claims != nil {
		add(true, "claims", "Assertions", len(p.Claims.Lines))
	}
	if p.Budgets != nil {
		add(true, "budgets", "Budgets exceeded", len(p.Budgets.Lines))
	}
	add(len(p.Unknown) > 0, "unknown", "Not seen", len(p.Unknown))
	if p.Kept != nil {
		add(true, "kept", "Left as it is", p.Kept.Count)
	}
	if p.Observed != nil {
		add(true, "observed", "Only observed", p.Observed.Count)
	}
	return out
}

// tiles are the numbers that a plan comes to.
func tiles(plan *reconcile.Plan) []tile {
	var out []tile
	add := func(n int, tone, to, one, many string) {
		if n > 0 {
			text := many
			if n == 1 {
				text = one
			}
			out = append(out, tile{Number(n), text, tone, to})
		}
	}
	left, entered, _ := atTheDoor(plan)
	add(left, "loss", "losses", "person may no longer enter", "people may no longer enter")
	if n := plan.People.Losing; n > 0 {
		of := "of " + Count(plan.People.WithAccess, "person", "people") + " with access "
		add(n, "loss", "losses", of+"loses something", of+"lose something")
	}
	opened := slices.DeleteFunc(slices.Clone(plan.Impacts), func(i reconcile.Impact) bool { return !reconcile.Exposes(i.Class) })
	switch {
	case public(plan.Gained):
		out = append(out, tile{"Public", "gains access", "warn", "opened"})
	default:
		add(distinct(opened), "warn", "opened", "person to whom something opens", "people to whom something opens")
	}
	add(entered, "gain", "", "person may enter", "people may enter")
	if n := plan.People.Gaining; n > 0 {
		add(n, "gain", "", "person gains something on spaces", "people gain something on spaces")
	}
	exceeded := 0
	for _, b := range plan.Budgets {
		if b.Stops() {
			exceeded++
		}
	}
	add(exceeded, "loss", "budgets", "budget exceeded", "budgets exceeded")
	denied := 0
	for _, f := range plan.Findings {
		if f.Level == access.Deny {
			denied++
		}
	}
	add(denied, "loss", "findings", "finding denies it", "findings deny it")
	add(len(plan.Manual), "", "manual", "step to do by hand", "steps to do by hand")
	if n := len(plan.Changes); n > 0 {
		out = append(out, tile{Number(n), strings.TrimPrefix(Count(n, "change", "changes"), Number(n)+" ") + ": " + counts(operations(plan.Changes)), "", "changes"})
	}
	return out
}

// operations counts changes by what they do.
func operations(changes []reconcile.Planned) reconcile.Count {
	var c reconcile.Count
	for _, change := range changes {
		switch change.Op {
		case access.Add:
			c.Add++
		case access.Remove:
			c.Remove++
		default:
			c.Modify++
		}
	}
	return c
}

// filters are what the lines of a page can be filtered by.
type filters struct{ Classes, Ops, Types []choice }

type choice struct{ Value, Text string }

// classWords say the classes of impacts on a page.
var classWords = []choice{
	{reconcile.ToPublic, "opens to the public"}, {reconcile.ToGuests, "opens to guests"}, {reconcile.ToExternal, "opens to people from outside"},
	{reconcile.ToAdmins, "new administrators"}, {reconcile.Unlocked, "restrictions lifted"}, {reconcile.Losses, "losses"}, {reconcile.Gains, "other gains"},
}

// opWord is an operation on a page.
type opWord struct {
	Op               access.Op
	Sign, Word, Tone string
}

var opWords = []opWord{
	{access.Remove, "−", "removed", "loss"}, {access.Modify, "~", "changed", "warn"}, {access.Add, "+", "added", "gain"},
}

func wordOf(op access.Op) opWord {
	return opWords[max(0, slices.IndexFunc(opWords, func(w opWord) bool { return w.Op == op }))]
}

// filtersOf offers what there is.
func filtersOf(plan *reconcile.Plan) filters {
	var f filters
	for _, c := range classWords {
		if slices.ContainsFunc(plan.Impacts, func(i reconcile.Impact) bool { return i.Class == c.Value }) {
			f.Classes = append(f.Classes, c)
		}
	}
	for _, w := range opWords {
		if slices.ContainsFunc(plan.Changes, func(c reconcile.Planned) bool { return c.Op == w.Op }) {
			f.Ops = append(f.Ops, choice{w.Word, w.Word})
		}
	}
	seen := make(map[string]bool)
	for _, g := range plan.Groups() {
		seen[g.Type] = true
	}
	for _, i := range plan.Impacts {
		seen[objectType(i)] = true
	}
	for _, typ := range typeWords {
		if seen[typ.Value] {
			f.Types = append(f.Types, typ)
		}
	}
	return f
}

// typeWords say the types of objects on a page.
var typeWords = []choice{
	{"site", "the site"}, {"user", "people"}, {"group", "groups"}, {"space_role", "space roles"},
	{"space", "spaces"}, {"page", "pages"}, {"blogpost", "blog posts"},
}

// known gives a value that is one of the choices, and else nothing: it goes into an
// attribute.
func known(of []choice, value string) string {
	if slices.ContainsFunc(of, func(c choice) bool { return c.Value == value }) {
		return value
	}
	return ""
}

func typeWord(typ string) string {
	for _, c := range typeWords {
		if c.Value == typ {
			return c.Text
		}
	}
	return ""
}

func objectType(i reconcile.Impact) string {
	if len(i.Objects) == 0 {
		return ""
	}
	return access.Ref(i.Objects[0]).Type()
}

// pageBuilder turns a plan into what a page shows.
type pageBuilder struct {
	plan *reconcile.Plan
	room *pageRoom
}

// impactList is a section about people.
type impactList struct {
	ID, Title, Tone, Sign string
	Lines                 []impactLine
	Cut                   int // lines that the page has no room for
}

type impactLine struct {
	Class, Types string // what it is filtered by
	Mark, Count  string // Count is empty where all are named
	People       names
	Verb         string
	What, Why    []run
	Objects      names
	Reason       string
	Place        string
}

// impacts makes a section of those impacts that belong to it. Losses and what
// opens are never left out: of very many, those that are alike are folded.
func (b *pageBuilder) impacts(title, id string, belongs func(reconcile.Impact) bool) *impactList {
	const folded, lines = 12, 200
	list := slices.DeleteFunc(slices.Clone(reconcile.Fold(b.plan.Impacts, folded)), func(i reconcile.Impact) bool { return !belongs(i) || len(i.Objects) == 0 })
	if len(list) == 0 {
		return nil
	}
	out := &impactList{ID: id, Title: title, Tone: map[string]string{"opened": "warn", "losses": "loss", "gains": "gain"}[id], Sign: map[string]string{"opened": "!", "losses": "−", "gains": "+"}[id]}
	if id == "gains" && len(list) > lines {
		out.Cut = len(list) - lines
		list = list[:lines]
	}
	for _, i := range list {
		s := marking.impact(i)
		l := impactLine{Class: known(classWords, i.Class), Types: known(typeWords, objectType(i)), Mark: s.Mark, Verb: s.Verb, What: runs(s.What), Why: runs(s.Why)}
		if typ := access.Ref(i.Cause.Subject).Type(); typ == "group" && l.Types != typ {
			l.Types += " " + typ
		}
		l.People = b.room.few(b.people(i.People), 3)
		if l.People.More > 0 {
			l.Count = Count(len(i.People), "person", "people")
		}
		if len(i.Objects) > 3 {
			var all []nameText
			for _, o := range i.Objects {
				all = append(all, nameText{Text: display(Thing(access.Ref(o)))})
			}
			l.Objects = b.room.few(all, 0)
		}
		if i.Reason != reconcile.Described || i.Origin == nil {
			l.Reason = display(i.Reason)
		}
		if i.Origin != nil {
			l.Place = display(place(i.Origin))
		}
		out.Lines = append(out.Lines, l)
	}
	return out
}

// people names people by the names that the description gives them, with what
// they are known by.
func (b *pageBuilder) people(list []string) []nameText {
	out := make([]nameText, len(list))
	for n, who := range list {
		out[n].Text = shortened(voice(Safe).person(who, b.plan.Names))
		if b.plan.Names[who] != "" {
			out[n].Of = display(access.Ref(who).ID())
		}
	}
	return out
}

// changeList is the section of all changes, by type of object.
type changeList struct {
	Count int
	Parts []changePart
}

type changePart struct {
	Type, Title string
	Groups      []changeGroup
	Cut         int // lines that the page has no room for
}

type changeGroup struct {
	Title string // empty where that of the part says it
	Name  bool   // the title is a name
	Open  bool   // something is removed: it is never folded away
	Lines []changeLine
}

type changeLine struct {
	opWord
	Type  string
	What  []run
	Names names
	Notes []string
	Place string
}

// changes makes the section. Lines that remove something are given room first.
func (b *pageBuilder) changes() *changeList {
	groups := b.plan.Groups()
	if len(groups) == 0 {
		return nil
	}
	made := make(map[[2]int]changeLine)
	for _, removals := range []bool{true, false} {
		for n, g := range groups {
			for k, l := range g.Lines {
				if (l.Op == access.Remove) == removals && len(made) < mostOfChanges {
					made[[2]int{n, k}] = b.change(g, l)
				}
			}
		}
	}
	out := &changeList{Count: len(b.plan.Changes)}
	for n, g := range groups {
		if last := len(out.Parts) - 1; last < 0 || out.Parts[last].Type != g.Type {
			out.Parts = append(out.Parts, changePart{Type: g.Type, Title: typeWord(g.Type)})
		}
		part := &out.Parts[len(out.Parts)-1]
		shown := changeGroup{Title: display(heading(g)), Name: g.Object != ""}
		if g.Type == "user" {
			shown.Title = "" // the part's own says it
		}
		for k := range g.Lines {
			l, ok := made[[2]int{n, k}]
			if !ok {
				part.Cut++
				continue
			}
			shown.Open = shown.Open || l.Op == access.Remove
			shown.Lines = append(shown.Lines, l)
		}
		if len(shown.Lines) > 0 {
			part.Groups = append(part.Groups, shown)
		}
	}
	return out
}

// change says a line of changes below the title of its group.
func (b *pageBuilder) change(g reconcile.Group, l reconcile.Line) changeLine {
	out := changeLine{opWord: wordOf(l.Op), Type: g.Type, What: runs(whatOf(g, l))}
	var list []nameText
	switch {
	case l.Kind == access.Grants:
		for _, c := range l.Changes {
			if f, err := access.ParseFact(c.Fact); err == nil {
				list = append(list, nameText{Text: display(f.Verb)})
			}
		}
	case g.Object == "":
		for _, o := range l.Objects {
			list = append(list, nameText{Text: display(o.ID())})
		}
	default:
		for _, s := range l.Subjects {
			list = append(list, nameText{Text: display(Principal(s))})
		}
	}
	out.Names = b.room.few(list, 8)
	at := l.Origin()
	for _, note := range notes(l) {
		if at != nil && out.Place == "" && strings.HasPrefix(note, place(at)) {
			out.Place = display(note)
		} else {
			out.Notes = append(out.Notes, display(note))
		}
	}
	return out
}

// whatOf says what a line of changes is about, before the names, which are marked
// in it as well.
func whatOf(g reconcile.Group, l reconcile.Line) string {
	value := name(l.Value)
	if l.Op == access.Modify {
		value = name(l.Was) + " → " + value
	}
	of := " for" // the names that follow are those of who has it
	switch {
	case g.Object == "" && len(l.Subjects) > 0:
		of = " for " + name(Principal(l.Subjects[0])) + " on"
	case g.Object != "" && len(l.Subjects) == 0:
		of = ""
	}
	person := len(l.Objects) > 0 && l.Objects[0].IsPerson()
	switch l.Kind {
	case access.Exists:
		words := map[bool]map[access.Op]string{
			true:  {access.Add: "may enter:", access.Remove: "may no longer enter:"},
			false: {access.Add: "is created", access.Remove: "is removed"},
		}
		return words[person][l.Op]
	case access.Member:
		if len(l.Subjects) == 1 {
			return "member:"
		}
		return "members:"
	case access.State:
		return "state " + value + of
	case access.Status:
		return "state " + value
	case access.Product:
		return "product role " + value + of
	case access.Managed:
		return "kept by " + value
	case access.Name:
		return "name " + value
	case access.Grants:
		return "permits:"
	case access.Role:
		return "role " + value + of
	case access.Permission:
		return "permission " + name(l.Verb) + of
	case access.Restrict:
		return "may " + name(l.Verb) + ":"
	case access.Global:
		return "global permission " + name(l.Verb) + of
	}
	words := string(l.Kind)
	if l.Verb != "" {
		words += " " + name(l.Verb)
	}
	if l.Value != "" {
		words += " " + value
	}
	return words
}

// manualItem is a step of the checklist.
type manualItem struct {
	ID                      int
	Fact, Authority, Verify string
	Steps                   []string
}

func (b *pageBuilder) manual() []manualItem {
	var out []manualItem
	for n, m := range b.plan.Manual {
		item := manualItem{ID: n + 1, Fact: display(m.Text()), Authority: Safe(m.Authority), Verify: Safe(m.Verify)}
		for _, s := range m.Steps {
			item.Steps = append(item.Steps, Safe(s))
		}
		out = append(out, item)
	}
	return out
}

type findingList struct {
	Lines []findingLine
	Cut   int
}

type findingLine struct {
	Denies                                  bool
	Code, Rule, Message, Hint, Owner, Place string
}

// findings gives all that deny, and warnings as far as there is room.
func (b *pageBuilder) findings() *findingList {
	const warnings = 500
	if len(b.plan.Findings) == 0 {
		return nil
	}
	out := &findingList{}
	warned := 0
	for _, f := range b.plan.Findings {
		l := findingLine{Denies: f.Level == access.Deny, Code: Safe(f.Code), Rule: Safe(f.Rule), Message: display(f.Message), Hint: display(f.Hint), Owner: display(f.Owner)}
		if f.Origin != nil {
			l.Place = display(place(f.Origin))
		}
		if !l.Denies {
			if warned++; warned > warnings {
				out.Cut++
				continue
			}
		}
		out.Lines = append(out.Lines, l)
	}
	return out
}

type claimList struct {
	Hold  string
	Lines []claimLine
}

type claimLine struct {
	Holds      bool
	Name       string
	Place      string
	Obtainable names
}

func (b *pageBuilder) claims() *claimList {
	all := slices.Concat(b.plan.Assertions, b.plan.Proofs)
	if len(all) == 0 {
		return nil
	}
	out := &claimList{}
	hold := 0
	for _, c := range all {
		l := claimLine{Holds: c.Holds, Name: display(c.Name)}
		if c.Holds {
			hold++
		}
		if c.Origin != nil {
			l.Place = display(place(c.Origin))
		}
		var could []nameText
		for _, o := range c.Obtainable {
			could = append(could, nameText{Text: display(obtains(o))})
		}
		l.Obtainable = b.room.few(could, 5)
		out.Lines = append(out.Lines, l)
	}
	out.Hold = fmt.Sprintf("%s of %s hold", Number(hold), Number(len(all)))
	return out
}

type budgetTable struct {
	Lines  []budgetLine
	Accept []string
}

type budgetLine struct {
	Code, Rule, Count, Live, Allowed string
	Accepted                         bool
	Admin                            string // how much of it is administration of a space, where that is what exceeds it
}

func (b *pageBuilder) budgets() *budgetTable {
	out := &budgetTable{Accept: b.plan.Acceptances()}
	for n, a := range out.Accept {
		out.Accept[n] = Safe(a)
	}
	for _, budget := range b.plan.Budgets {
		if !budget.Exceeded {
			continue
		}
		l := budgetLine{
			Code: budget.Code(), Rule: Safe(budget.Rule), Count: Number(budget.Count), Live: Number(budget.Live),
			Allowed: Number(budget.Bound()), Accepted: budget.Accepted,
		}
		if budget.Admin > budget.AllowedAdmin {
			l.Admin = fmt.Sprintf("%s of administration of a space, for which %s may go", Count(budget.Admin, "is a loss", "are losses"), Number(budget.AllowedAdmin))
		}
		out.Lines = append(out.Lines, l)
	}
	if len(out.Lines) == 0 {
		return nil
	}
	return out
}

// unseenItem is what was not seen: things that are alike.
type unseenItem struct {
	What, Reason string
	Names        names
}

func (b *pageBuilder) unknown() []unseenItem {
	var out []unseenItem
	for _, g := range alike(b.plan.Unknown) {
		item := unseenItem{What: display(cmp.Or(g[0].Object, "the site")), Reason: display(g[0].Reason)}
		if len(g) > 1 {
			item.What = several(g)
			var list []nameText
			for _, u := range g {
				list = append(list, nameText{Text: display(u.Object)})
			}
			item.Names = b.room.few(list, 3)
		}
		out = append(out, item)
	}
	return out
}

// factList is a list of facts with a note to each.
type factList struct {
	Count int
	Lines []factLine
	Cut   int
}

type factLine struct {
	Sign, Word string // what is done to it, if anything
	Fact, Note string
}

func (b *pageBuilder) facts(lines []factLine) *factList {
	if len(lines) == 0 {
		return nil
	}
	texts := make([]string, len(lines))
	for n, l := range lines {
		texts[n] = l.Fact + l.Note
	}
	shown := b.room.take(texts)
	return &factList{Count: len(lines), Lines: lines[:shown], Cut: len(lines) - shown}
}

func (b *pageBuilder) observed() *factList {
	var lines []factLine
	for _, o := range b.plan.Observed {
		op := wordOf(o.Op)
		lines = append(lines, factLine{op.Sign, op.Word, display(o.Fact), display(observation(o))})
	}
	return b.facts(lines)
}

func (b *pageBuilder) kept() *factList {
	var lines []factLine
	for _, k := range b.plan.Kept {
		lines = append(lines, factLine{Fact: display(k.Fact), Note: display(k.Reason)})
	}
	return b.facts(lines)
}
