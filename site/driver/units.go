// Package driver holds what the drivers for Confluence's products decide alike,
// in facts alone: which memberships belong to a person's coming and going, which
// restrictions would shut weir's own account out, what somebody else has to bring
// about, and what a reading has told. How a product is asked and written to, and
// what it can hold, is each driver's own.
package driver

import (
	"fmt"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Units joins changes with the same key, in the order of the first of each.
func Units(changes []access.Change, key func(access.Change) string) [][]access.Change {
	index := make(map[string]int)
	var units [][]access.Change
	for _, c := range changes {
		k := key(c)
		i, ok := index[k]
		if !ok {
			i = len(units)
			index[k] = i
			units = append(units, nil)
		}
		units[i] = append(units[i], c)
	}
	return units
}

// All reports which change of a unit does not pass, if any: op says what the unit
// is about. The error is [site.Invalid].
func All(op string, unit []access.Change, pass func(access.Change) bool) error {
	for _, c := range unit {
		if !pass(c) {
			return &site.Error{Kind: site.Invalid, Op: op, Err: fmt.Errorf("%s does not belong in one step with it", c)}
		}
	}
	return nil
}

// DeletesPersonal reports whether a unit is about deleting an archived personal
// space: the one deletion of a space that weir sends (decision 0027). That the space
// was archived is among what falls with it.
func DeletesPersonal(space access.Ref, unit []access.Change) bool {
	has := func(f access.Fact) bool {
		return slices.ContainsFunc(unit, func(c access.Change) bool {
			return c.Op == access.Remove && c.Fact.Kind == f.Kind && c.Fact.Object == f.Object && c.Fact.Value == f.Value
		})
	}
	return has(access.Fact{Kind: access.Exists, Object: space}) && has(access.Fact{Kind: access.Personal, Object: space}) &&
		has(access.Fact{Kind: access.Status, Object: space, Value: "archived"})
}

// Removed is the state of people whose accounts are gone from the directory.
const Removed = "removed"

// Turnover is what comes and goes with changes, and who comes and goes for it.
type Turnover struct {
	Created   map[access.Ref]bool       // objects that come to be, people included
	Gone      map[access.Ref]bool       // objects that go, people without a state included
	Expelled  map[access.Ref]bool       // people who are removed from the directory
	OpenWas   map[access.Ref]bool       // groups that let people in, before
	OpenWill  map[access.Ref]bool       // and after
	Opened    map[access.Ref]access.Ref // people who come, by the group that begins to let people in
	WithState map[access.Ref]bool       // people whose state changes
}

// NewTurnover reads changes to a live site; opens reports whether a product role
// lets people in.
func NewTurnover(changes []access.Change, live access.Set, opens func(product string) bool) Turnover {
	t := Turnover{
		Created: make(map[access.Ref]bool), Gone: make(map[access.Ref]bool), Expelled: make(map[access.Ref]bool),
		OpenWas: make(map[access.Ref]bool), OpenWill: make(map[access.Ref]bool),
		Opened: make(map[access.Ref]access.Ref), WithState: make(map[access.Ref]bool),
	}
	for f := range live.OfKind(access.Product) {
		t.OpenWas[f.Object] = opens(f.Value)
		t.OpenWill[f.Object] = t.OpenWas[f.Object]
	}
	for _, c := range changes {
		switch r := c.Fact.Object; c.Fact.Kind {
		case access.Exists:
			t.Created[r] = t.Created[r] || c.Op == access.Add
			t.Gone[r] = t.Gone[r] || c.Op == access.Remove
		case access.State:
			t.WithState[r] = true
			t.Expelled[r] = t.Expelled[r] || c.Op != access.Remove && c.Fact.Value == Removed
		case access.Product:
			t.OpenWill[r] = c.Op != access.Remove && opens(c.Fact.Value)
		}
	}
	// Who comes because a group of theirs begins to let people in.
	for f := range live.OfKind(access.Member) {
		g, p := f.Object, f.Subject
		if t.Created[p] && !t.WithState[p] && t.OpenWill[g] && !t.OpenWas[g] && !t.Gone[g] {
			if first, ok := t.Opened[p]; !ok || g < first {
				t.Opened[p] = g
			}
		}
	}
	return t
}

// Along gives the object that the change of a membership goes along with: the
// group that goes, or the person who comes or goes by it. ok is false for a
// membership by itself.
func (t Turnover) Along(c access.Change) (r access.Ref, ok bool) {
	f := c.Fact
	removes := c.Op == access.Remove
	switch {
	case removes && t.Gone[f.Object]:
		return f.Object, true
	case removes && t.Expelled[f.Subject],
		removes && t.Gone[f.Subject] && t.OpenWas[f.Object],
		!removes && t.Created[f.Subject] && t.OpenWill[f.Object] && t.Opened[f.Subject] == "":
		return f.Subject, true
	}
	return "", false
}
