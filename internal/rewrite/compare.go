package rewrite

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

// Aspect is what a statement is about.
type Aspect string

// What descriptions say beside facts.
const (
	Label   Aspect = "name"      // of a person, for readers
	Entered Aspect = "entry"     // of an object that is described
	Absent  Aspect = "absence"   // of an object that is to be removed
	Owner   Aspect = "owner"     // of a space or a group
	Left    Aspect = "departure" // of a person; Text is who succeeds them
	Ending  Aspect = "last day"  // of what somebody is given On an object
	Guest   Aspect = "guest"     // of the space On
	Request Aspect = "request"   // for a personal space; Text is its last day
)

// Statement is something that a description says beside facts.
type Statement struct {
	Aspect  Aspect
	Who, On access.Ref // On is of endings and guests
	Text    string
}

// Difference is one thing that two descriptions do not say alike: a change of a fact,
// or a statement that only one of them makes.
type Difference struct {
	Fact access.Change // zero if it is about a statement
	Said Statement
	Gone bool // whether the earlier description made the statement, not the later
}

func (d Difference) String() string {
	if d.Said == (Statement{}) {
		return d.Fact.String()
	}
	sign := "+"
	if d.Gone {
		sign = "-"
	}
	text := fmt.Sprintf("%s %s of %s", sign, d.Said.Aspect, d.Said.Who)
	if d.Said.On != "" {
		text += " on " + string(d.Said.On)
	}
	if d.Said.Text != "" {
		text += ": " + d.Said.Text
	}
	return text
}

// Compare gives what two descriptions of a site, as far as it is known, do not say
// alike, wherever they say it, but for what is allowed to differ: their facts, and
// what they say beside facts. Facts come first.
func Compare(was, is *schema.Description, known access.Known, allowed ...func(Difference) bool) []Difference {
	before, _ := was.Desired(known)
	after, _ := is.Desired(known)
	var out []Difference
	for _, c := range access.Changes(before.Facts, after.Facts) {
		out = append(out, Difference{Fact: c})
	}
	a, b := statements(was, before), statements(is, after)
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].compare(b[0]) < 0:
			out, a = append(out, Difference{Said: a[0], Gone: true}), a[1:]
		case len(a) == 0 || a[0].compare(b[0]) > 0:
			out, b = append(out, Difference{Said: b[0]}), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return slices.DeleteFunc(out, func(d Difference) bool {
		return slices.ContainsFunc(allowed, func(may func(Difference) bool) bool { return may(d) })
	})
}

func (s Statement) compare(o Statement) int {
	return cmp.Or(cmp.Compare(s.Aspect, o.Aspect), cmp.Compare(s.Who, o.Who), cmp.Compare(s.On, o.On), cmp.Compare(s.Text, o.Text))
}

// statements gives what a description says beside facts, sorted. What it says twice
// is in it twice.
func statements(d *schema.Description, desired access.Desired) []Statement {
	var out []Statement
	say := func(a Aspect, who, on access.Ref, text string) { out = append(out, Statement{a, who, on, text}) }
	for who, name := range desired.Labels {
		say(Label, who, "", name)
	}
	for ref, described := range desired.Described {
		if described {
			say(Entered, ref, "", "")
		}
	}
	for ref, absent := range desired.Scope.Absent {
		if absent {
			say(Absent, ref, "", "")
		}
	}
	for ref, owner := range desired.Owners {
		say(Owner, ref, "", string(owner))
	}
	for who, l := range desired.Left {
		say(Left, who, "", string(l.Successor))
	}
	for _, e := range d.Endings() {
		say(Ending, e.Who, e.On, e.Day)
	}
	for _, g := range d.Guests() {
		text := g.Role
		if g.Until != "" {
			text += " until " + g.Until
		}
		say(Guest, g.Who, g.Space, text)
	}
	requests, _, _ := d.Requests()
	for who, until := range requests {
		say(Request, who, "", until)
	}
	slices.SortFunc(out, Statement.compare)
	return out
}
