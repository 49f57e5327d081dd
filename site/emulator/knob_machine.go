package emulator

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// machine is the knobs at work on one site. It is used with the site's lock
// held.
type machine struct {
	rules []*rule
	edits []KnobEdit // that are still to be done, in order
	seen  int        // requests so far
	late  []lateRequest
}

// rule is a Rule with what it remembers.
type rule struct {
	Rule
	knob
	segments []string // of the pattern
	rest     bool     // the pattern ends in **
	random   *rand.Rand
	met      int // requests that Path and Methods fit

	window  window             // of a rate limit
	lastRow map[string]jsonRow // of the latest page of a list, for rows
	replica *replica           // for stale
}

// lateRequest is an effect that comes after its answer.
type lateRequest struct {
	req Request
	due time.Time
}

// exchange is one request on its way through the rules.
type exchange struct {
	e    *Emulator
	m    *machine
	rule *rule // whose turn it is
	req  Request
	now  time.Time
	old  *replica // that answers in place of the site
}

// step answers the exchange's request.
type step func() outcome

// SetKnobs turns the knobs anew, with fresh counts; a zero value turns them
// off. An error says which knob makes no sense.
func (e *Emulator) SetKnobs(k Knobs) error {
	if err := k.check(); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(k.Rules) == 0 && len(k.Edits) == 0 {
		e.knobs = nil
		return nil
	}
	m := &machine{edits: slices.Clone(k.Edits)}
	slices.SortStableFunc(m.edits, func(a, b KnobEdit) int { return a.Before - b.Before })
	for i, r := range k.Rules {
		pattern, rest := strings.CutSuffix(r.Path, "**")
		turned := &rule{
			Rule: r, knob: r.knobs()[0], rest: rest || r.Path == "",
			random:  rand.New(rand.NewPCG(k.Seed, uint64(i))),
			lastRow: map[string]jsonRow{},
		}
		turned.segments = strings.Split(strings.TrimSuffix(pattern, "/"), "/")
		if r.Stale != nil {
			var err error
			if turned.replica, err = newReplica(e.store); err != nil {
				return err
			}
		}
		m.rules = append(m.rules, turned)
	}
	if len(m.edits) > 0 && e.edit == nil {
		return errors.New("the knobs have edits, and nobody does them: set Options.Edit")
	}
	e.knobs = m
	return nil
}

// serve answers a request through the rules. Effects that are due and edits
// come first.
func (m *machine) serve(e *Emulator, req Request) outcome {
	now := e.clock()
	m.late = slices.DeleteFunc(m.late, func(l lateRequest) bool {
		due := !l.due.After(now)
		if due {
			e.answer(l.req)
		}
		return due
	})
	m.seen++
	for len(m.edits) > 0 && m.edits[0].Before <= m.seen {
		e.edit(Admin{e: e, locked: true}, m.edits[0].Lines)
		m.edits = m.edits[1:]
	}
	x := &exchange{e: e, m: m, req: req, now: now}
	// Every rule counts every request, also those that an outer rule answers.
	var met []*rule
	for _, r := range m.rules {
		if r.meets(req) {
			met = append(met, r)
		}
	}
	return x.through(met)
}

// through answers the request through these rules, the first of them outermost.
func (x *exchange) through(rules []*rule) outcome {
	switch {
	case len(rules) > 0:
	case x.old != nil:
		return outcome{Response: x.old.answer(x.req, x.now)}
	default:
		return outcome{Response: x.e.answer(x.req)}
	}
	mine := *x // what an inner rule changes is none of the outer ones' business
	mine.rule = rules[0]
	return rules[0].act(&mine, func() outcome { return mine.through(rules[1:]) })
}

// meets counts a request and says whether the knob is turned for it.
func (r *rule) meets(req Request) bool {
	if len(r.Methods) > 0 && !slices.Contains(r.Methods, req.Method) || !r.fits(req.Path) {
		return false
	}
	r.met++
	nth := r.met - max(r.From, 1)
	if nth < 0 || r.Count > 0 && nth >= r.Count || r.Every > 1 && (nth+1)%r.Every != 0 {
		return false
	}
	return r.Chance == 0 || r.random.Float64() < r.Chance
}

// fits compares a path with the pattern, segment by segment. A rule for a path
// holds however a client escapes it.
func (r *rule) fits(escaped string) bool {
	plain, err := url.PathUnescape(escaped)
	if err != nil {
		plain = escaped
	}
	segments := strings.Split(plain, "/")
	if len(segments) < len(r.segments) || len(segments) > len(r.segments) && !r.rest {
		return false
	}
	for i, want := range r.segments {
		if want != "*" && want != segments[i] {
			return false
		}
	}
	return true
}

// wrote tells the machine what has just been stored.
func (m *machine) wrote(e *Emulator, records []Record) {
	if m == nil {
		return
	}
	for _, r := range m.rules {
		if r.replica != nil {
			r.replica.recent = append(r.replica.recent, batch{m.seen, e.clock(), records})
		}
	}
}

// reads reports whether a request changes nothing: GET, and the searches that
// are POST.
func reads(req Request) bool {
	if req.Method == http.MethodGet {
		return true
	}
	last := path.Base(req.Path)
	return req.Method == http.MethodPost && slices.Contains([]string{"search", "workspaces", "users-bulk", "check"}, last)
}
