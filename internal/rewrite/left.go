package rewrite

import (
	"strconv"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/schema"
)

// Departure is somebody who is written down as having left.
type Departure struct {
	Who, Successor access.Ref // nobody need succeed
	State          string
}

// left is the value of the key left.
func (d Departure) left(hcl bool) string {
	switch {
	case d.Successor == "" || d.Successor.Type() == "group":
		return "{}"
	case hcl:
		return "{ successor = " + strconv.Quote(Person(d.Successor)) + " }"
	}
	return "{successor: " + yaml(Person(d.Successor)) + "}"
}

// Depart writes state and left into the entry of a person.
func (w *Rewriter) Depart(u schema.User, d Departure) {
	file := u.Email.Range.File
	hcl := isHCL(file)
	var pairs []string
	var within []cut
	if u.State != nil {
		from, to := w.span(u.State.Range)
		state := d.State
		if hcl || w.files[file][from] == '"' {
			state = strconv.Quote(state)
		}
		within = append(within, cut{from, to, state})
	} else if hcl {
		pairs = append(pairs, "state = "+strconv.Quote(d.State))
	} else {
		pairs = append(pairs, "state: "+d.State)
	}
	if hcl {
		w.block(u.Range, append(pairs, "left = "+d.left(true)), within...)
		return
	}
	w.cuts[file] = append(w.cuts[file], within...)
	pairs = append(pairs, "left: "+d.left(false))
	w.pairs(u.Email.Range, u.Range, pairs)
}

// Arrive writes an entry for people who have none: where entries of people stand
// already, else behind everything in a file.
func (w *Rewriter) Arrive(docs []schema.Document, home string, list []Departure) {
	if len(list) == 0 {
		return
	}
	last, found := schema.User{}, false
	for _, d := range docs {
		if n := len(d.Users); n > 0 {
			last, found = d.Users[n-1], true
		}
	}
	var entries []string
	file := home
	if found {
		file = last.Email.Range.File
	}
	hcl := isHCL(file)
	for _, d := range list {
		if hcl {
			entries = append(entries, "user "+strconv.Quote(Person(d.Who))+" {\n  state = "+strconv.Quote(d.State)+"\n  left = "+d.left(true)+"\n}\n")
		} else {
			entries = append(entries, yaml(Person(d.Who))+": {state: "+d.State+", left: "+d.left(false)+"}")
		}
	}
	text := w.files[file]
	switch {
	case hcl:
		w.append(file, "\n"+strings.Join(entries, "\n"))
	case !found:
		w.append(file, "users:\n  "+strings.Join(entries, "\n  ")+"\n")
	default:
		w.behind(last.Email.Range, last.Range, entries, text)
	}
}

// Owner writes somebody in the place of an owner, as references are written where one
// stands.
func (w *Rewriter) Owner(r diag.Range, who access.Ref) {
	from, to := w.span(r)
	text := Person(who) // of an ignored object: an e-mail address alone
	if strings.Contains(w.files[r.File][from:to], ":") {
		text = string(who)
	}
	w.Replace(r, text)
}
