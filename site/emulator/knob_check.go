package emulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// check refuses knobs that make no sense.
func (k Knobs) check() error {
	for i, r := range k.Rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	for i, e := range k.Edits {
		if e.Before < 1 || len(e.Lines) == 0 {
			return fmt.Errorf("edit %d: it needs the number of a request, from 1, and lines", i+1)
		}
	}
	return nil
}

func (r Rule) check() error {
	if r.From < 0 || r.Count < 0 || r.Every < 0 || r.Chance < 0 || r.Chance > 1 {
		return errors.New("from, count and every are not negative, chance is between 0 and 1")
	}
	if i := strings.Index(r.Path, "**"); r.Path != "" && (r.Path[0] != '/' || i >= 0 && i != len(r.Path)-2) {
		return fmt.Errorf("the path %q does not begin with a slash, or has ** before its end", r.Path)
	}
	set := r.knobs()
	if len(set) != 1 {
		return fmt.Errorf("a rule turns exactly one knob, not %d", len(set))
	}
	return set[0].check()
}

// oneOf refuses a word that is none of those.
func oneOf(word string, words ...string) error {
	if slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%q is none of %s", word, strings.Join(words, ", "))
}

// knob is what a rule turns.
type knob interface {
	// check refuses values that make no sense.
	check() error
	// act answers a request; next asks the site itself, past this knob.
	act(x *exchange, next step) outcome
}

// knobs lists those that the rule sets.
func (r Rule) knobs() []knob {
	var out []knob
	if r.Latency != nil {
		out = append(out, *r.Latency)
	}
	if r.RateLimit != nil {
		out = append(out, *r.RateLimit)
	}
	if r.Fail != nil {
		out = append(out, *r.Fail)
	}
	if r.Timeout != nil {
		out = append(out, *r.Timeout)
	}
	if r.Reset != nil {
		out = append(out, *r.Reset)
	}
	if r.Twice {
		out = append(out, twice{})
	}
	if r.Body != "" {
		out = append(out, spoil(r.Body))
	}
	if r.Redirect != "" {
		out = append(out, redirect(r.Redirect))
	}
	if r.Refuse != 0 {
		out = append(out, refusal(r.Refuse))
	}
	if r.Caller != "" {
		out = append(out, caller(r.Caller))
	}
	if r.PageCap != 0 {
		out = append(out, pageCap(r.PageCap))
	}
	if r.Next != "" {
		out = append(out, nextLink(r.Next))
	}
	if r.Rows != "" {
		out = append(out, rows(r.Rows))
	}
	if len(r.Omit) > 0 {
		out = append(out, omit(r.Omit))
	}
	if len(r.Uninvited) > 0 {
		out = append(out, uninvited(r.Uninvited))
	}
	if r.Stale != nil {
		out = append(out, *r.Stale)
	}
	if r.Task != "" {
		out = append(out, taskAnswer(r.Task))
	}
	return out
}
