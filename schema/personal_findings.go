package schema

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/lifecycle"
)

// announced is how many days ahead a plan tells that a space is to be archived
// because nothing in it is changed: of all others that is told in the list only. Of
// somebody who left it is told as soon as they are seen to have left.
const announced = 30

// findings tells what is to become of personal spaces beyond this plan, and what
// goes round who may have one.
func (w *wishes) findings() {
	stage := func(stages ...lifecycle.Stage) []lifecycle.Space {
		return slices.DeleteFunc(slices.Clone(w.spaces), func(s lifecycle.Space) bool { return !slices.Contains(stages, s.Stage) })
	}
	const list = "weir personal-spaces lists them; a label under hold keeps a space as it is"
	soon := w.p.policy.Today.AddDate(0, 0, announced)
	coming := slices.DeleteFunc(stage(lifecycle.Announced), func(s lifecycle.Space) bool { return !s.State.Left() && s.On.After(soon) })
	if n := len(coming); n > 0 {
		w.tell("WR413", fmt.Sprintf("%s will be archived: %s", countSpaces(n), dated(coming)), list)
		w.due(coming)
	}
	if doomed := stage(lifecycle.Doomed); len(doomed) > 0 {
		w.tell("WR413", fmt.Sprintf("%s will be deleted for good: %s", countSpaces(len(doomed)), dated(doomed)), list)
		w.due(doomed)
	}
	if n := len(stage(lifecycle.Waits)); n > 0 {
		w.tell("WR414", fmt.Sprintf("%s more are to be archived: one apply archives %d, and the next goes on", strconv.Itoa(n), w.p.policy.Batch),
			"apply again until none is left, or raise batch")
	}
	untold := 0
	for _, s := range w.spaces {
		if s.State == lifecycle.Unknown && w.p.policy.Left != nil {
			untold++
		}
	}
	if untold > 0 {
		w.tell("WR503", fmt.Sprintf("of %s it cannot be told whether the owner left: nothing becomes of them", countSpaces(untold)), "see in the plan what could not be seen, and why")
	}
	w.trick()
	w.fullSpaces()
}

// tell warns, at the place of the whole.
func (w *wishes) tell(code, summary, hint string) { w.warn(code, w.p.at, summary, hint) }

// due says when what was told last begins by itself: with the first of the spaces.
func (w *wishes) due(spaces []lifecycle.Space) {
	first := slices.MinFunc(spaces, func(a, b lifecycle.Space) int { return a.On.Compare(b.On) })
	w.warnings[len(w.warnings)-1].Due = first.On.Format(time.DateOnly)
}

func countSpaces(n int) string {
	if n == 1 {
		return "1 personal space"
	}
	return strconv.Itoa(n) + " personal spaces"
}

// dated names the first few of some spaces with their days.
func dated(spaces []lifecycle.Space) string {
	slices.SortStableFunc(spaces, lifecycle.Compare)
	var out []string
	for _, s := range spaces[:min(3, len(spaces))] {
		out = append(out, fmt.Sprintf("%s on %s (%s)", s.Space.ID(), s.On.Format(time.DateOnly), s.Reason))
	}
	if more := len(spaces) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// many is which part of those who may enter is many, of those who may create
// spaces.
const many = 0.5

// trick finds the usual way round: Personal Space is taken from people, and Create
// Space given to them, so that they make full spaces in its place. What Create Space
// is given to is known where the site tells it (Data Center) or the description
// says it.
func (w *wishes) trick() {
	if w.p.create == "" || w.p.create == createAutomatic {
		return
	}
	given := access.Fact{Kind: access.Global, Object: access.Site, Verb: access.GlobalCreateSpace}
	people := make(map[access.Ref]bool)
	var through []string
	at := w.p.createAt
	everybody := len(w.view.People())
	for _, facts := range []access.Set{w.Description.facts, w.live} {
		for f := range facts.Of(access.Global, access.Site) {
			if f.Verb != given.Verb || w.scope.Expired[f.Identity()] || w.dropped(f) {
				continue
			}
			if place, ok := w.out.origins[f.Identity()]; ok {
				at = place
			}
			name := f.Subject.String()
			if !slices.Contains(through, name) {
				through = append(through, name)
			}
			switch {
			case f.Subject.IsPerson():
				people[f.Subject] = true
			case f.Subject.Type() == "group":
				for _, p := range w.view.Members(f.Subject) {
					people[p] = true
				}
			default:
				for _, p := range w.view.People() {
					people[p] = true
				}
			}
		}
	}
	maps.DeleteFunc(people, func(p access.Ref, _ bool) bool { return !w.view.Person(p) })
	if everybody == 0 || float64(len(people)) < many*float64(everybody) {
		return
	}
	w.warn("WR415", at, fmt.Sprintf("%d of %d people may create full spaces (through %s), and will where they may not have a personal one", len(people), everybody, strings.Join(through, ", ")),
		"give create_space to few, and let people ask for a personal space (create: on_request)")
}

// dropped reports whether a live fact is not to stay: its list is complete without
// it.
func (w *wishes) dropped(f access.Fact) bool {
	_, wanted := w.Description.facts.Get(f)
	return !wanted && w.Description.scope.Mode(f) == access.Exclusive
}

// fullSpaces finds full spaces that one person made for themselves: they alone hold
// anything there, and administer it. Who made a space no list tells.
func (w *wishes) fullSpaces() {
	personal := make(map[access.Ref]bool)
	for _, s := range w.spaces {
		personal[s.Space] = true
	}
	holders := make(map[access.Ref]map[access.Ref]bool)
	admins := make(map[access.Ref]bool)
	for _, kind := range []access.Kind{access.Role, access.Permission} {
		for f := range w.live.OfKind(kind) {
			if holders[f.Object] == nil {
				holders[f.Object] = make(map[access.Ref]bool)
			}
			holders[f.Object][f.Subject] = true
			if f.Subject.IsPerson() && w.administers(f) {
				admins[f.Object] = true
			}
		}
	}
	var found []access.Ref
	for space, who := range holders {
		key := access.Fact{Kind: access.Exists, Object: space}
		_, excluded := w.Description.scope.Excludes(key)
		// Of keys with ~ the product makes personal spaces only.
		if len(who) != 1 || !admins[space] || personal[space] || w.described[space] || excluded || strings.HasPrefix(space.ID(), "~") ||
			w.live.Has(access.Fact{Kind: access.Status, Object: space, Value: "archived"}) || w.hides(key) || w.hides(access.Fact{Kind: access.Role, Object: space}) {
			continue
		}
		found = append(found, space)
	}
	slices.Sort(found)
	const shown = 20
	for _, space := range found[:min(shown, len(found))] {
		who := slices.Collect(maps.Keys(holders[space]))[0]
		w.tell("WR416", fmt.Sprintf("full space %s is one person's own: nobody but %s holds anything there", space.ID(), who.ID()),
			"let them have a personal space and move the pages there, or describe the space and say who else needs it")
	}
	if more := len(found) - shown; more > 0 {
		w.tell("WR416", fmt.Sprintf("%d more full spaces are one person's own", more), "weir report direct shows what people hold themselves")
	}
}
