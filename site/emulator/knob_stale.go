package emulator

import (
	"bytes"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// replica is the site as it was: the records that are old enough, and the
// changes that are not.
type replica struct {
	behind *Memory
	recent []batch
	state  *state // of behind; nil: to be read
	traces bool   // looking at the state changed it, which the past does not know
}

// batch is what was stored at once.
type batch struct {
	request int // that it belongs to, or came after
	at      time.Time
	records []Record
}

func newReplica(store Store) (*replica, error) {
	behind := NewMemory()
	err := store.Load(func(r Record) error {
		r.Value = bytes.Clone(r.Value)
		return behind.Commit([]Record{r})
	})
	return &replica{behind: behind}, err
}

// at gives the site as it was before the batches that are still new; nil when
// none is, or when it was no site then.
func (r *replica) at(l limits, isNew func(batch) bool) (*state, error) {
	for len(r.recent) > 0 && !isNew(r.recent[0]) {
		if err := r.behind.Commit(r.recent[0].records); err != nil {
			return nil, err
		}
		r.recent, r.state = r.recent[1:], nil
	}
	if len(r.recent) == 0 {
		return nil, nil
	}
	if r.state != nil && !r.traces {
		return r.state, nil
	}
	var err error
	r.state, err = loadState(r.behind, l)
	r.traces = false
	return r.state, err
}

func (s Stale) check() error {
	if (s.Requests > 0) == (s.For > 0) || s.Requests < 0 {
		return errors.New("stale has either requests or for")
	}
	return nil
}

func (s Stale) act(x *exchange, next step) outcome {
	if !reads(x.req) || s.Index && !lists(x.req) {
		return next()
	}
	old, err := x.rule.replica.at(x.e.limits, func(b batch) bool {
		if s.Requests > 0 {
			return x.m.seen-b.request <= s.Requests
		}
		return x.now.Sub(b.at) < time.Duration(s.For)
	})
	if err != nil || old == nil {
		return next()
	}
	// Who calls is not a question of replicas: a new token holds at once.
	clear(old.tokens)
	for secret, t := range x.e.state.tokens {
		copied := *t
		old.tokens[secret] = &copied
	}
	x.old = x.rule.replica
	return next()
}

// answer answers from the past.
func (r *replica) answer(req Request, now time.Time) Response {
	res, changed := r.state.apply(req, now)
	r.traces = r.traces || len(changed) > 0
	return res
}

// lists reports whether the request is answered from an index: a search, or a
// list of everything of a kind.
func lists(req Request) bool {
	all := []string{"picker", "group", "groups", "Groups", "space", "spaces", "users", "Users", "list"}
	return req.Method == http.MethodPost || strings.Contains(req.Path, "/search") || slices.Contains(all, path.Base(req.Path))
}
