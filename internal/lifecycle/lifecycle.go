// Package lifecycle says what becomes of personal spaces: whose each is, whether
// its owner left and when, whether anything in it is still changed, who else may
// see it, and what a policy does with it next, and when.
//
// In its words, a space is due when a policy says that it is to be archived by
// today; a batch is how many of those one apply archives; a space is held when a
// label keeps it as it is. What is not known is never taken for a reason: a space
// is kept where it cannot be told what its owner is, or when it was last changed.
//
//	for _, s := range lifecycle.Spaces(known, lifecycle.Policy{Today: today}) {
//		fmt.Println(s.Space, s.Owner, s.State, s.Stage)
//	}
//
// It is pure: it reads nothing and knows no clock. It decides what is to become of
// a space, and not how: that is for whoever makes facts of it.
package lifecycle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
)

// State is what the owner of a personal space is to the site.
type State string

// The states of an owner.
const (
	Active      State = "active"      // may enter, or is invited
	Suspended   State = "suspended"   // cannot enter, and may come back: on leave, say
	Deactivated State = "deactivated" // the account is switched off
	Removed     State = "removed"     // removed from the organisation
	Unlicensed  State = "unlicensed"  // in the organisation, and may not enter this Confluence
	Vanished    State = "vanished"    // no list of people shows the account any more
	Unknown     State = "unknown"     // it cannot be told
)

// Left reports whether somebody in this state may not enter.
func (s State) Left() bool { return s != Active && s != Unknown }

// Stage is how far a space has come on its way.
type Stage string

// The stages, in the order in which a space goes through them.
const (
	Kept      Stage = "kept"      // nothing becomes of it
	Announced Stage = "announced" // it will be archived on a day to come
	Waits     Stage = "waits"     // it is due, and the batch is full
	Archive   Stage = "archive"   // it is archived by the next apply
	Archived  Stage = "archived"  // it is archived, and stays so
	Doomed    Stage = "doomed"    // it is archived, and will be deleted on a day to come
	Delete    Stage = "delete"    // it is deleted by the next apply
)

// Source says how a moment is known.
type Source string

// How a moment is known.
const (
	Told   Source = "told"   // the site tells it
	Seen   Source = "seen"   // weir saw it then, and not before
	Nobody Source = "nobody" // weir sees it for the first time: it counts from today
)

// Policy is what is to become of personal spaces. The zero Policy keeps all of
// them.
type Policy struct {
	// Today is the day at the site: its first moment, in its time zone.
	Today time.Time
	// Left says what becomes of the space of somebody who left; nil: nothing.
	Left *Left
	// Unused is after how many days without a change a space is archived; 0: never.
	Unused int
	// Hold are labels that keep a space as it is.
	Hold []string
	// Batch is how many spaces one apply archives, and how many it deletes; 0:
	// however many.
	Batch int
	// Exempt says why a space is none of the policy's; empty: it is. It may be nil.
	Exempt func(space access.Ref) string
}

// Left is what becomes of the space of somebody who left.
type Left struct {
	// When are the states in which somebody has left. Whoever vanished was removed.
	When []State
	// After is how many days later the space is archived.
	After int
	// Delete is how many days after that it is deleted; 0: never.
	Delete int
}

// covers reports whether somebody in a state has left.
func (l *Left) covers(s State) bool {
	if s == Vanished {
		s = Removed
	}
	return l != nil && slices.Contains(l.When, s)
}

// Space is a personal space with what becomes of it.
type Space struct {
	Space access.Ref
	Name  string
	Owner access.Ref // empty where the site does not say
	State State
	// Since is when the owner came to be so, for one who left.
	Since     time.Time
	SinceFrom Source
	// Created and Changed are zero where nothing told. Contents is -1 then.
	Created, Changed time.Time
	Contents         int
	// Held are its labels that keep it as it is.
	Held     []string
	Exposure Exposure

	Stage Stage
	// On is the day of what happens next: of the archiving or the deletion; zero
	// where nothing will happen.
	On time.Time
	// Reason is why, in words without a full stop: of what happens, or of nothing.
	Reason string
}

// Exposure is who may view a space beside its owner.
type Exposure struct {
	Public   bool // whoever is not logged in
	Everyone bool // everybody who may enter
	Groups   int  // so many groups
	People   int  // so many people by name
}

// Alone reports whether nobody but the owner may view the space.
func (e Exposure) Alone() bool { return e == Exposure{} }

// String says it in words: "anonymous, everyone, 2 groups, 1 person"; "nobody
// else".
func (e Exposure) String() string {
	var out []string
	if e.Public {
		out = append(out, "anonymous")
	}
	if e.Everyone {
		out = append(out, "everyone")
	}
	count := func(n int, one, many string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, map[bool]string{true: one, false: many}[n == 1]))
		}
	}
	count(e.Groups, "group", "groups")
	count(e.People, "person", "people")
	if len(out) == 0 {
		return "nobody else"
	}
	return strings.Join(out, ", ")
}

// Spaces gives every personal space of a site, in the order of their keys, with
// what the policy does with each. view is of the facts that are known.
func Spaces(known access.Known, view *access.View, p Policy) []Space {
	k := knowledge{Known: known, view: view, unknown: make(map[access.Ref][]access.Unknown)}
	for _, u := range known.Unknown {
		k.unknown[u.Object] = append(k.unknown[u.Object], u)
	}
	// Of a space whose owner the site does not tell there is no fact.
	owners := make(map[access.Ref]access.Ref)
	for f := range known.Facts.OfKind(access.Personal) {
		owners[f.Object] = f.Subject
	}
	for _, u := range known.Unknown {
		if u.Kind == access.Personal && u.Object != "" && owners[u.Object] == "" && known.Facts.Has(access.Fact{Kind: access.Exists, Object: u.Object}) {
			owners[u.Object] = ""
		}
	}
	var out []Space
	for space, owner := range owners {
		out = append(out, k.space(space, owner, p))
	}
	slices.SortFunc(out, func(a, b Space) int { return strings.Compare(string(a.Space), string(b.Space)) })
	batch(out, p.Batch, Archive, Waits)
	batch(out, p.Batch, Delete, Doomed)
	return out
}

// batch leaves as many at a stage as one apply does, of those that have been due
// the longest.
func batch(spaces []Space, most int, now, later Stage) {
	if most == 0 {
		return
	}
	var due []*Space
	for i := range spaces {
		if spaces[i].Stage == now {
			due = append(due, &spaces[i])
		}
	}
	slices.SortStableFunc(due, func(a, b *Space) int { return a.On.Compare(b.On) })
	for _, s := range due[min(most, len(due)):] {
		s.Stage = later
	}
}

// knowledge is what is known, to be asked for many spaces.
type knowledge struct {
	access.Known
	view    *access.View
	unknown map[access.Ref][]access.Unknown // by object; the empty one stands for all
}

// hidden says why a fact may be true or false without anybody knowing; empty where
// it is known.
func (k knowledge) hidden(f access.Fact) string {
	for _, about := range []access.Ref{"", f.Object, f.Subject} {
		for _, u := range k.unknown[about] {
			if u.Covers(f) {
				return u.Reason
			}
		}
	}
	return ""
}

// OwnerState says what a person is to a site.
func OwnerState(known access.Known, person access.Ref) State {
	k := knowledge{Known: known, unknown: make(map[access.Ref][]access.Unknown)}
	for _, u := range known.Unknown {
		k.unknown[u.Object] = append(k.unknown[u.Object], u)
	}
	return k.state(person)
}

func (k knowledge) state(owner access.Ref) State {
	if owner == "" {
		return Unknown
	}
	enters, state := access.Fact{Kind: access.Exists, Object: owner}, access.Fact{Kind: access.State, Object: owner}
	if f, ok := k.Facts.Get(state); ok {
		switch s := State(f.Value); s {
		case Suspended, Deactivated, Removed:
			return s
		}
		return Unknown
	}
	switch {
	case k.hidden(state) != "":
		return Unknown
	case k.Facts.Has(enters):
		return Active
	case k.hidden(enters) != "":
		return Unknown
	}
	_, recorded := k.People[owner]
	_, listed := k.IDs[owner]
	if recorded || listed {
		return Unlicensed
	}
	return Vanished
}

// since is when somebody who is not active came to be so.
func (k knowledge) since(owner access.Ref, state State, today time.Time) (time.Time, Source) {
	if ended := k.People[owner].Ended; !ended.IsZero() && (state == Deactivated || state == Removed) {
		return ended, Told
	}
	if seen, ok := k.Memory.Left[owner]; ok {
		return seen, Seen
	}
	return today, Nobody
}

func (k knowledge) space(space, owner access.Ref, p Policy) Space {
	s := Space{Space: space, Owner: owner, State: k.state(owner), Contents: -1, Stage: Kept, Exposure: k.exposure(space, owner)}
	if f, ok := k.Facts.Get(access.Fact{Kind: access.Name, Object: space}); ok {
		s.Name = f.Value
	}
	record, recorded := k.Spaces[space]
	if recorded {
		s.Created, s.Changed, s.Contents = record.Created, record.Changed, record.Contents
	}
	if s.State.Left() {
		s.Since, s.SinceFrom = k.since(owner, s.State, p.Today)
		s.Since = s.Since.In(p.Today.Location())
	}
	for _, label := range record.Labels {
		if slices.Contains(p.Hold, label) {
			s.Held = append(s.Held, label)
		}
	}
	status := access.Fact{Kind: access.Status, Object: space, Value: "archived"}
	archived := k.Facts.Has(status)
	if archived {
		s.Stage = Archived
	}
	why := ""
	if p.Exempt != nil {
		why = p.Exempt(space)
	}
	switch {
	case why != "":
		s.Reason = why
	case len(s.Held) > 0:
		s.Reason = "held by its label " + strings.Join(s.Held, ", ")
	case len(p.Hold) > 0 && !recorded:
		s.Reason = "its labels could not be read"
	case k.hidden(status) != "":
		s.Reason = "whether it is archived cannot be seen: " + k.hidden(status)
	case archived:
		k.archived(&s, p)
	default:
		k.current(&s, p)
	}
	return s
}

// current says what becomes of a space that is not archived: of two reasons the
// earlier one.
func (k knowledge) current(s *Space, p Policy) {
	if p.Left.covers(s.State) {
		s.On, s.Reason = day(s.Since, p.Today).AddDate(0, 0, p.Left.After), gone(s)
		s.Stage = Announced
	}
	if p.Unused > 0 && !s.Changed.IsZero() {
		if on := day(s.Changed, p.Today).AddDate(0, 0, p.Unused); s.On.IsZero() || on.Before(s.On) {
			s.On, s.Reason, s.Stage = on, "nothing in it was changed since "+day(s.Changed, p.Today).Format(time.DateOnly), Announced
		}
	}
	switch {
	case s.Stage == Announced && !s.On.After(p.Today):
		s.Stage = Archive
	case s.Stage == Announced:
	case s.State == Unknown:
		s.Reason = "whose it is, or whether they left, cannot be told"
	case p.Unused > 0 && s.Changed.IsZero():
		s.Reason = "when it was last changed is not told"
	case s.State == Suspended:
		s.Reason = "its owner is suspended, which is not to have left"
	}
}

// archived says what becomes of a space that is archived.
func (k knowledge) archived(s *Space, p Policy) {
	since, seen := k.Memory.Archived[s.Space]
	if !seen {
		since = p.Today
	}
	if !p.Left.covers(s.State) || p.Left.Delete == 0 {
		return
	}
	// Somebody who leaves a space that was archived long ago leaves it for as long as
	// everybody else.
	s.On = later(day(since, p.Today).AddDate(0, 0, p.Left.Delete), day(s.Since, p.Today).AddDate(0, 0, p.Left.After))
	s.Stage, s.Reason = Doomed, fmt.Sprintf("%s, and it is archived since %s", gone(s), day(since, p.Today).Format(time.DateOnly))
	if seen && !s.On.After(p.Today) {
		s.Stage = Delete
	}
}

// gone says that the owner left, and since when that is known.
func gone(s *Space) string {
	when := s.Since.Format(time.DateOnly)
	switch s.SinceFrom {
	case Told:
		return fmt.Sprintf("its owner is %s since %s", s.State, when)
	case Seen:
		return fmt.Sprintf("its owner is %s, as weir first saw on %s", s.State, when)
	}
	return fmt.Sprintf("its owner is %s, as weir sees for the first time today", s.State)
}

// day gives the first moment of the day in which a moment is, in the time zone of
// today.
func day(t, today time.Time) time.Time {
	y, m, d := t.In(today.Location()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, today.Location())
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// exposure says who may view a space beside its owner.
func (k knowledge) exposure(space, owner access.Ref) Exposure {
	e := Exposure{Public: k.view.Can(access.Anonymous, access.CanView, space)}
	groups, people := make(map[access.Ref]bool), make(map[access.Ref]bool)
	see := func(who access.Ref) {
		switch {
		case who == access.Everyone || who == access.Authenticated:
			e.Everyone = true
		case who.Type() == "group":
			groups[who] = true
		case who.IsPerson() && who != owner:
			people[who] = true
		}
	}
	for f := range k.Facts.Of(access.Role, space) {
		if k.view.Grants(access.NewRef("space_role", f.Value)).Has(access.CanView) {
			see(f.Subject)
		}
	}
	for f := range k.Facts.Of(access.Permission, space) {
		if f.Verb == access.CanView {
			see(f.Subject)
		}
	}
	e.Groups, e.People = len(groups), len(people)
	return e
}

// Compare orders spaces by what happens to them next: what happens now first, then
// by day; what nothing happens to comes last.
func Compare(a, b Space) int {
	rank := map[Stage]int{Delete: 0, Archive: 1, Waits: 2, Announced: 3, Doomed: 4, Archived: 6, Kept: 7}
	return cmp.Or(cmp.Compare(rank[a.Stage], rank[b.Stage]), a.On.Compare(b.On), strings.Compare(string(a.Space), string(b.Space)))
}
