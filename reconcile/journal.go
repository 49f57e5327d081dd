package reconcile

import (
	"slices"
	"time"

	"github.com/weirhq/weir/access"
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
	// Keep holds what an apply left on its site, in place of what an earlier one
	// left there. Sync makes it last together with the records.
	Keep(Left) error
	// Kept gives what is held of a site; nil if nothing is.
	Kept(site string) (*Left, error)
	// Remember holds what is remembered of a site, in place of what was before. Sync
	// makes it last.
	Remember(site string, m access.Memory) error
	// Remembered gives what is remembered of a site; the zero Memory if nothing is.
	Remembered(site string) (access.Memory, error)
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
	// Unattended marks the beginning of a run with nobody there.
	Unattended bool `json:"unattended,omitempty"`
	// Changes are those of an intent ("op fact", as far as Present needs them), and
	// of an outcome other than applied those that took effect all the same.
	Changes []string `json:"changes,omitempty"`
	Status  Status   `json:"status,omitempty"` // of an outcome
	Reason  string   `json:"reason,omitempty"` // likewise, and of a note
}

// History is what a journal tells about the past.
type History struct {
	LastRun int
	Sites   map[int]string  // the site of each run
	Used    map[string]bool // acceptances
	Open    []Record        // intents without an outcome, in order
	Ended   bool            // whether the last run came to its end

	taken map[stepKey]taken // by unattended runs
}

// stepKey names a step of a run.
type stepKey struct {
	run  int
	step string
}

// taken is how many changes a step of an unattended run was to make, and when.
type taken struct {
	time  time.Time
	count int
}

// Taken counts the changes that unattended runs made, or may have made, to a site
// after a moment.
func (h History) Taken(site string, after time.Time) int {
	n := 0
	for k, t := range h.taken {
		if h.Sites[k.run] == site && t.time.After(after) {
			n += t.count
		}
	}
	return n
}

// ReadHistory replays a journal.
func ReadHistory(j Journal) (History, error) {
	h := History{Sites: make(map[int]string), Used: make(map[string]bool), Ended: true, taken: make(map[stepKey]taken)}
	unattended := make(map[int]bool)
	err := j.Replay(func(r Record) error {
		h.LastRun = max(h.LastRun, r.Run)
		switch r.Kind {
		case Began:
			h.Ended = false
			h.Sites[r.Run] = r.Site
			unattended[r.Run] = r.Unattended
		case Ended:
			h.Ended = true
		case Accepted:
			h.Used[r.Acceptance] = true
		case Intent:
			h.Open = append(h.Open, r)
			if unattended[r.Run] {
				h.taken[stepKey{r.Run, r.Step}] = taken{r.Time, len(r.Changes)}
			}
		case Outcome:
			h.Open = slices.DeleteFunc(h.Open, func(o Record) bool { return o.Run == r.Run && o.Step == r.Step })
			// A refusal may come after a part was done; what was not sent did nothing.
			if r.Status == Skipped {
				delete(h.taken, stepKey{r.Run, r.Step})
			}
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
	left    map[string]Left
	seen    map[string]access.Memory
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

// Keep holds what was left on a site.
func (m *MemoryJournal) Keep(l Left) error {
	if m.left == nil {
		m.left = make(map[string]Left)
	}
	m.left[l.Site] = l
	return nil
}

// Kept gives what was left on a site.
func (m *MemoryJournal) Kept(site string) (*Left, error) {
	l, ok := m.left[site]
	if !ok {
		return nil, nil
	}
	return &l, nil
}

// Remember holds what is remembered of a site.
func (m *MemoryJournal) Remember(site string, what access.Memory) error {
	if m.seen == nil {
		m.seen = make(map[string]access.Memory)
	}
	m.seen[site] = what
	return nil
}

// Remembered gives what is remembered of a site.
func (m *MemoryJournal) Remembered(site string) (access.Memory, error) { return m.seen[site], nil }
