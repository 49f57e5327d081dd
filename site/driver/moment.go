package driver

import (
	"encoding/json"
	"time"
)

// Moment is a time in an answer, in UTC. What is absent, or is no time, is the zero
// time: records stand beside facts, and one that cannot be read is not told.
type Moment struct{ time.Time }

// moments are the forms in which sites write times.
var moments = []string{time.RFC3339, "2006-01-02T15:04:05-0700", time.DateOnly}

// UnmarshalJSON never fails on what is JSON.
func (m *Moment) UnmarshalJSON(text []byte) error {
	*m = Moment{}
	var s string
	if json.Unmarshal(text, &s) != nil {
		return nil
	}
	for _, form := range moments {
		if t, err := time.Parse(form, s); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	return nil
}
