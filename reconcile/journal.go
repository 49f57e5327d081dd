package reconcile

import (
	"slices"
	"time"
)

// Journal is the durable memory of applies: what weir was about to do is in it
// before weir does it.
//
// Append may keep records in memory; Sync returns only when everything
// appended so far would survive a loss of power. No write goes to a site
// before its intent is synced. A journal belongs to one process at a time.
type Journal interface {
	Append(Record) error
	Sync() error
	// Replay gives every record in the order of appending.
	Replay(func(Record) error) error
}

// RecordKind says what a record tells.
type RecordKind string

// The kinds of record, in the order in which a run writes them.
const (
	Began    RecordKind = "began"    // an apply of the plan Plan starts
	Accepted RecordKind = "accepted" // Acceptance was used
	Intent   RecordKind = "intent"   // Step is about to be sent
	Outcome  RecordKind = "outcome"  // what came of Step
	Noted    RecordKind = "noted"    // Reason is what was done at the site beyond the steps: an admin key
	Ended    RecordKind = "ended"    // the apply came to its end
)

// Record is one line of a journal.
type Record struct {
	Run        int        `json:"run"` // counts from 1
	Kind       RecordKind `json:"kind"`
	Time       time.Time  `json:"time"`
	Site       string     `json:"site,omitempty"`
	Plan       string     `json:"plan,omitempty"` // digest
	Acceptance string     `json:"acceptance,omitempty"`
	Step       string     `json:"step,omitempty"`
	Changes    []string   `json:"changes,omitempty"` // of an intent: "op fact", as far as Present needs them
	Status     Status     `json:"status,omitempty"`  // of an outcome
	Reason     string     `json:"reason,omitempty"`  // likewise, and of a note
}

// History is what a journal tells about the past.
type History struct {
	LastRun int
	Sites   map[int]string  // the site of each run
	Used    map[string]bool // acceptances
	Open    []Record        // intents without an outcome, in order
	Ended   bool            // whether the last run came to its end
}

// ReadHistory replays a journal.
func ReadHistory(j Journal) (History, error) {
	h := History{Sites: make(map[int]string), Used: make(map[string]bool), Ended: true}
	err := j.Replay(func(r Record) error {
		h.LastRun = max(h.LastRun, r.Run)
		switch r.Kind {
		case Began:
			h.Ended = false
			h.Sites[r.Run] = r.Site
		case Ended:
			h.Ended = true
		case Accepted:
			h.Used[r.Acceptance] = true
		case Intent:
			h.Open = append(h.Open, r)
		case Outcome:
			h.Open = slices.DeleteFunc(h.Open, func(o Record) bool { return o.Run == r.Run && o.Step == r.Step })
		}
		return nil
	})
	return h, err
}

// MemoryJournal is a journal that forgets when the process ends: for tests and
// for sites that live no longer themselves.
type MemoryJournal struct {
	Records []Record
	Syncs   int
}

// Append keeps the record.
func (m *MemoryJournal) Append(r Record) error {
	m.Records = append(m.Records, r)
	return nil
}

// Sync counts.
func (m *MemoryJournal) Sync() error {
	m.Syncs++
	return nil
}

// Replay gives the records.
func (m *MemoryJournal) Replay(f func(Record) error) error {
	for _, r := range m.Records {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}
