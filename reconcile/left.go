package reconcile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/weirhq/weir/access"
)

// Left is how a whole apply of a description left a site: what its plan led to,
// whether weir owns it or not. What differs from it later was changed by somebody
// else.
type Left struct {
	Site string `json:"site"` // the site's id
	Run  int    `json:"run"`  // of the journal
	Plan string `json:"plan"` // digest
	// Time is before the reading began that the plan was made from: every later
	// change of the site is a change since then.
	Time    time.Time `json:"time"`
	Mode    string    `json:"mode"`  // how access to spaces was said (site.Traits)
	Facts   []string  `json:"facts"` // in order
	Unknown []Unknown `json:"unknown,omitempty"`
	// IDs and Labels are the vendor's ids and people's display names at that time:
	// a log that names somebody or something is believed only where both are the
	// same now.
	IDs    map[access.Ref]string `json:"ids,omitempty"`
	Labels map[access.Ref]string `json:"labels,omitempty"`
}

// Leaves gives what an apply of the whole draft leaves on the site. began is when
// the reading began that it was made from.
func (d *Draft) Leaves(began time.Time) Left {
	l := Left{
		Site: d.Observation.Site, Plan: d.Plan.Digest, Time: began.UTC(), Mode: d.Observation.Traits.Mode,
		Facts: []string{}, Unknown: d.Plan.Unknown, IDs: d.Observation.IDs, Labels: d.Observation.Labels,
	}
	for f := range d.Target.All() {
		l.Facts = append(l.Facts, f.String())
	}
	return l
}

// maxPacked bounds what is unpacked: a hundred million bytes are a site of a million
// facts.
const maxPacked = 256 << 20

// pack writes a value for a journal.
func pack(v any) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(v); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unpack reads what pack wrote.
func unpack(b []byte, into any) error {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxPacked+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxPacked:
		return fmt.Errorf("it is larger than %d MiB", maxPacked>>20)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// Last is what is known of how weir last left a site: what the last whole apply
// left, and on top of it what later runs are known to have changed.
type Last struct {
	Run    int
	Plan   string
	Time   time.Time
	Mode   string
	Facts  access.Set
	IDs    map[access.Ref]string
	Labels map[access.Ref]string

	unknown unknowns
	unsure  map[access.Fact]bool // identities of which a later run cannot tell what came
}

// ReadLast gives how weir last left a site; nil if no whole apply of it is known.
func ReadLast(j Journal, site string) (*Last, error) {
	left, err := j.Kept(site)
	if err != nil || left == nil {
		return nil, err
	}
	facts := make([]access.Fact, len(left.Facts))
	for i, line := range left.Facts {
		if facts[i], err = access.ParseFact(line); err != nil {
			return nil, fmt.Errorf("reading the journal: what the last apply left is damaged: %w", err)
		}
	}
	var unknown []access.Unknown
	for _, u := range left.Unknown {
		unknown = append(unknown, access.Unknown{Kind: access.Kind(u.Kind), Object: access.Ref(u.Object), Reason: u.Reason})
	}
	l := &Last{
		Run: left.Run, Plan: left.Plan, Time: left.Time, Mode: left.Mode, Facts: access.NewSet(facts...),
		IDs: left.IDs, Labels: left.Labels, unknown: indexUnknown(unknown), unsure: make(map[access.Fact]bool),
	}
	return l, l.follow(j, site)
}

// follow brings it up to what later runs did.
func (l *Last) follow(j Journal, site string) error {
	sites := make(map[int]string)
	open := make(map[stepKey][]string)
	now := make(map[access.Fact]*access.Fact) // by identity; nil: gone
	each := func(lines []string, do func(access.Change)) error {
		for _, line := range lines {
			c, err := parseChange(line)
			if err != nil {
				return fmt.Errorf("reading the journal: %w", err)
			}
			do(c)
		}
		return nil
	}
	doubt := func(c access.Change) { l.unsure[c.Fact.Identity()] = true }
	did := func(c access.Change) {
		id := c.Fact.Identity()
		delete(l.unsure, id)
		if now[id] = &c.Fact; c.Op == access.Remove {
			now[id] = nil
		}
	}
	err := j.Replay(func(r Record) error {
		key := stepKey{r.Run, r.Step}
		switch {
		case r.Kind == Began:
			sites[r.Run] = r.Site
		case r.Run <= l.Run || sites[r.Run] != site:
		case r.Kind == Intent:
			open[key] = r.Changes
		case r.Kind == Outcome:
			lines := open[key]
			delete(open, key)
			switch r.Status {
			case Applied:
				return each(lines, did)
			case Uncertain:
				return each(lines, doubt)
			}
			return each(r.Changes, did)
		}
		return nil
	})
	for _, lines := range open {
		if err == nil {
			err = each(lines, doubt)
		}
	}
	if err != nil || len(now) == 0 {
		return err
	}
	var there []access.Fact
	for _, f := range now {
		if f != nil {
			there = append(there, *f)
		}
	}
	l.Facts = l.Facts.Filter(func(f access.Fact) bool { _, changed := now[f.Identity()]; return !changed }).Union(access.NewSet(there...))
	return nil
}

// cannotTell says why it is not known whether a fact was true when weir last left
// the site; empty where it is known.
func (l *Last) cannotTell(f access.Fact) string {
	if l.unsure[f.Identity()] {
		return "it is not known what the last apply made of it"
	}
	if reason, hidden := l.unknown.covers(f); hidden {
		return "it could not be seen at the last apply: " + reason
	}
	if page := (access.Fact{Kind: access.Exists, Object: f.Object}); f.Object.IsPage() && !l.Facts.Has(page) {
		return "the page was not read for the last apply"
	}
	return ""
}
