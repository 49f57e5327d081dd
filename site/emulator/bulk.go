package emulator

import (
	"errors"
	"time"
)

// Together does many edits as one: all of them, or none when act returns an
// error. They are stored in one go, which is much faster than one by one. act
// must use the Admin that it is given and nothing else of the emulator.
func (a Admin) Together(act func(Admin) error) error {
	a.e.mu.Lock()
	defer a.e.mu.Unlock()
	inner := a
	inner.joined = true
	var refused error
	err := a.e.transact(func(s *state, now time.Time) []Record {
		s.at, s.by, s.unaudited = now, a.by, a.unaudited
		if refused = act(inner); refused != nil {
			return nil
		}
		return compact(s.drain())
	})
	if refused == nil {
		return err
	}
	// What was done before the refusal is in memory and nowhere else.
	return errors.Join(refused, a.e.reload())
}

// commit lets act change the site and stores what it changed. The lock is held.
func (a Admin) commit(act func(*state, time.Time) error) error {
	var refused error
	err := a.e.transact(func(s *state, now time.Time) []Record {
		s.at, s.by, s.unaudited = now, a.by, a.unaudited
		refused = act(s, now)
		return s.drain()
	})
	if err != nil {
		return err
	}
	return refused
}

// compact keeps the last of the records with one key, where the last one stands.
func compact(records []Record) []Record {
	last := make(map[recordKey]int, len(records))
	for i, r := range records {
		last[recordKey{r.Table, r.Key}] = i
	}
	out := make([]Record, 0, len(last))
	for i, r := range records {
		if last[recordKey{r.Table, r.Key}] == i {
			out = append(out, r)
		}
	}
	return out
}
