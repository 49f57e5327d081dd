package reconcile

import (
	"maps"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Notice brings up to date what a journal remembers of a site, after a reading of
// it. Everything that reads a site in order to write to it does so; plans only read
// what is remembered.
func Notice(j Journal, live site.Observation, now time.Time) error {
	was, err := j.Remembered(live.Site)
	if err != nil {
		return err
	}
	m := remember(was, live, now)
	if maps.Equal(m.Left, was.Left) && maps.Equal(m.Archived, was.Archived) {
		return nil
	}
	if err := j.Remember(live.Site, m); err != nil {
		return err
	}
	return j.Sync()
}

// remember adds to what is remembered what is seen for the first time, and forgets
// what is over: somebody who may enter again, a space that is current again or
// gone. What cannot be seen stays as it was.
//
// Whoever may not enter has left: those with a state, and those of whom something is
// told, be it that they hold something or own a space, and not that they may enter.
func remember(was access.Memory, live site.Observation, now time.Time) access.Memory {
	now = now.UTC().Truncate(time.Second)
	m := access.Memory{Left: make(map[access.Ref]time.Time), Archived: make(map[access.Ref]time.Time)}
	unknown := indexUnknown(live.Unknown)
	hidden := func(f access.Fact) bool { _, ok := unknown.covers(f); return ok }
	see := func(into, was map[access.Ref]time.Time, r access.Ref) {
		if first, ok := was[r]; ok {
			into[r] = first
		} else if _, ok := into[r]; !ok {
			into[r] = now
		}
	}

	people := make(map[access.Ref]bool)
	for r := range was.Left {
		people[r] = true
	}
	for r := range live.People {
		people[r] = true
	}
	for f := range live.Facts.All() {
		for _, r := range []access.Ref{f.Object, f.Subject} {
			if r.IsPerson() {
				people[r] = true
			}
		}
	}
	delete(people, live.Account)
	for r := range people {
		enters, state := access.Fact{Kind: access.Exists, Object: r}, access.Fact{Kind: access.State, Object: r}
		_, shut := live.Facts.Get(state)
		switch {
		case shut:
			see(m.Left, was.Left, r)
		case live.Facts.Has(enters):
		case hidden(enters) || hidden(state):
			if first, ok := was.Left[r]; ok {
				m.Left[r] = first
			}
		default:
			see(m.Left, was.Left, r)
		}
	}
	for f := range live.Facts.OfKind(access.Status) {
		if f.Value == "archived" {
			see(m.Archived, was.Archived, f.Object)
		}
	}
	for r, first := range was.Archived {
		if hidden(access.Fact{Kind: access.Status, Object: r}) || hidden(access.Fact{Kind: access.Exists, Object: r}) {
			m.Archived[r] = first
		}
	}
	return m
}
