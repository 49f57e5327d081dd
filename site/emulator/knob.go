package emulator

import (
	"fmt"
	"time"
)

// Knobs make a site misbehave as real sites, their networks and their people
// do. They stand between the HTTP shell and the core, so that the core stays a
// pure function; what they decide follows from Seed and from the order of the
// requests alone. The zero value changes nothing.
//
// In a file they are JSON with the same names in snake_case:
//
//	{"seed": 7, "rules": [
//	  {"path": "/wiki/**", "every": 5, "rate_limit": {"retry_after": "2"}},
//	  {"methods": ["POST"], "chance": 0.1, "fail": {"status": 503, "effect": "done"}}
//	], "edits": [{"before": 40, "lines": ["- member group:staff user:ana@acme.example"]}]}
type Knobs struct {
	// Seed is where chance comes from: the same seed and requests give the
	// same faults.
	Seed uint64 `json:"seed,omitzero"`
	// Rules are asked for every request. The first one is the outermost: it
	// sees the answer that all later ones made.
	Rules []Rule `json:"rules,omitzero"`
	// Edits are done by people while requests come in.
	Edits []KnobEdit `json:"edits,omitzero"`
}

// KnobEdit models people, identity providers and other tools that change the
// site in the middle of a run: renamed groups, deactivated people, an account
// that loses its admin right, re-used names.
// Evidence: documented (admins, SCIM and automations work at the same time).
type KnobEdit struct {
	Before int      `json:"before"` // the number of the request that comes after it; the first request is 1
	Lines  []string `json:"lines"`  // done by [Options].Edit
}

// Rule turns one knob for some requests: those with Path and Methods are
// counted, and From, Count, Every and Chance pick among them. Exactly one of
// the knobs below is set.
type Rule struct {
	// Path is a pattern of the URL's path. "*" stands for one segment and a
	// last "**" for any rest. Empty: every path.
	Path    string   `json:"path,omitzero"`
	Methods []string `json:"methods,omitzero"` // empty: all
	From    int      `json:"from,omitzero"`    // the first request that it meets; 0 and 1 are the first of all
	Count   int      `json:"count,omitzero"`   // how many it may meet from there on; 0: all
	Every   int      `json:"every,omitzero"`   // of these, only each nth; 0 and 1: each
	Chance  float64  `json:"chance,omitzero"`  // and of these, by chance; 0 and 1: each

	// Latency delays the answer. What was asked is done by then: a client that
	// gives up meanwhile does not know.
	// Evidence: observed; Atlassian publishes no bound on response times.
	Latency *Latency `json:"latency,omitzero"`
	// RateLimit refuses with 429.
	RateLimit *RateLimit `json:"rate_limit,omitzero"`
	// Fail answers with a 5xx, from the product or from a proxy before it.
	Fail *Fail `json:"fail,omitzero"`
	// Timeout gives no answer.
	Timeout *Timeout `json:"timeout,omitzero"`
	// Reset breaks the connection in the middle of the answer's body, after
	// the effect.
	// Evidence: observed (any proxy or worker that is restarted).
	Reset *Reset `json:"reset,omitzero"`
	// Twice delivers a request two times, as a proxy does that tries again;
	// the second answer is given.
	// Evidence: chosen, after how HTTP proxies re-send on reused connections.
	Twice bool `json:"twice,omitzero"`
	// Body spoils the answer's body: one of the Body constants.
	Body string `json:"body,omitzero"`
	// Redirect answers 302 to this address and does nothing.
	// Evidence: documented (an expired session or a renamed site leads to a
	// login page, or to another host).
	Redirect string `json:"redirect,omitzero"`
	// Refuse answers 401, 403, 404, 405, 409, 413 or 423 in the surface's own
	// shape and does nothing: a right that shrank, a page that may not be seen,
	// an address-range rule.
	// Evidence: published (404 for what is not there or not allowed); 403:
	// published.
	Refuse int `json:"refuse,omitzero"`
	// Caller changes who the site takes the caller for: one of the Caller
	// constants.
	Caller string `json:"caller,omitzero"`
	// PageCap is the most rows that a list gives at once, whatever was asked.
	// Evidence: observed (lists silently cap limit).
	PageCap int `json:"page_cap,omitzero"`
	// Next spoils the link to the next page: one of the Next constants.
	Next string `json:"next,omitzero"`
	// Rows moves rows between pages: one of the Rows constants.
	Rows string `json:"rows,omitzero"`
	// Omit leaves out of lists the rows in which one of these is the id, key,
	// name, e-mail address or account id.
	// Evidence: published (lists hold only what the caller may see).
	Omit []string `json:"omit,omitzero"`
	// Uninvited are addresses that an invitation does not reach: it is answered
	// with 206, and the others are invited.
	// Evidence: published (206, with a status for each role and group of each
	// address); which reasons there are is not.
	Uninvited []string `json:"uninvited,omitzero"`
	// Stale answers reads from an older state of the site.
	Stale *Stale `json:"stale,omitzero"`
	// Task changes what is said of long-running tasks: one of the Task
	// constants. What the task does is done all the same.
	// Evidence: documented (tasks are asynchronous); observed: seconds.
	Task string `json:"task,omitzero"`
}

// Latency is a time and, on top of it, a random share of Spread.
type Latency struct {
	Time   Duration `json:"time,omitzero"`
	Spread Duration `json:"spread,omitzero"`
}

// RateLimit refuses requests with 429. With Limit, only those above Limit in
// each window of Per, and every other answer says how many are left;
// without, every request that the rule meets.
// Evidence: published (429, X-RateLimit-*, Retry-After, RateLimit-Reason; the
// near-limit header is true below a fifth); observed: Retry-After may be
// missing. The sizes of the buckets are not published.
type RateLimit struct {
	Limit int      `json:"limit,omitzero"`
	Per   Duration `json:"per,omitzero"`
	// RetryAfter is the header as it is sent: seconds, also senseless ones
	// ("-5", "86400"); "date" for an HTTP date at the end of the window. Empty:
	// the seconds to the end of the window, without a window no header; "none":
	// no header.
	RetryAfter string `json:"retry_after,omitzero"`
	// Reason is the header RateLimit-Reason. Empty: no header.
	Reason string `json:"reason,omitzero"`
}

// Fail answers with a 5xx.
// Evidence: published (500), documented (CONFCLOUD-83797: 500 although the
// space was made), observed (502, 503, 504 of the proxy).
type Fail struct {
	Status int      `json:"status"` // 500 to 599
	Effect string   `json:"effect,omitzero"`
	Late   Duration `json:"late,omitzero"` // with EffectLate: how long after the answer
	// RetryAfter is the header, as it is sent; empty: none.
	RetryAfter string `json:"retry_after,omitzero"`
}

// Timeout gives no answer: the connection breaks after a time.
// Evidence: observed (a proxy's time limit).
type Timeout struct {
	Effect string   `json:"effect,omitzero"`
	Late   Duration `json:"late,omitzero"`
	After  Duration `json:"after,omitzero"` // 0: a minute
}

// Reset breaks the connection after so many bytes of the body; 0: half.
type Reset struct {
	Bytes int `json:"bytes,omitzero"`
}

// Stale answers reads as if the latest changes were not made yet, until so
// many requests came after them, or so much time passed. Together with Chance,
// or with Every, reads are not even monotonic: a newer answer may be followed by
// an older one.
// Evidence: documented (role changes take up to 30 seconds; the search index
// lags), observed (a new group is found after one or two seconds).
type Stale struct {
	Requests int      `json:"requests,omitzero"`
	For      Duration `json:"for,omitzero"`
	// Index: only lists and searches are stale; what is asked for by its id is
	// not.
	Index bool `json:"index,omitzero"`
}

// When a failure happens: before the effect, after it, or so that the effect
// comes when the client has long been told that it failed.
const (
	EffectNone = "none" // the default
	EffectDone = "done"
	EffectLate = "late"
)

// How a body is spoilt.
const (
	// BodyHTML: 200 with a page for people.
	// Evidence: documented (login and maintenance pages).
	BodyHTML = "html"
	// BodyTruncated: the first half of the body, as if it were all.
	// Evidence: observed (a worker that dies behind a proxy that buffers).
	BodyTruncated = "truncated"
	// BodyInvalid: not JSON any more. Evidence: chosen.
	BodyInvalid = "invalid"
	// BodyDeep: JSON nested 100,000 deep. Evidence: chosen (a hostile server).
	BodyDeep = "deep"
	// BodyHuge: the same answer, 32 MB long. Evidence: chosen (observed: an
	// answer of 80 KB where hundreds of bytes are needed).
	BodyHuge = "huge"
	// BodyEmpty: no body. Evidence: published (error answers without content).
	BodyEmpty = "empty"
	// BodyNoRows: a list without rows, and without a next page.
	// Evidence: observed (an index that is being rebuilt).
	BodyNoRows = "no_rows"
	// BodyMore: keys and words that no document knows.
	// Evidence: observed (published enumerations are not closed).
	BodyMore = "unknown_fields"
	// BodyLess: each row of a list lacks one of its keys.
	// Evidence: observed (fields that the documents require are missing).
	BodyLess = "missing_fields"
)

// Whom the site takes the caller for.
const (
	// CallerExpired: somebody with a wrong token, 401. From is the request at
	// which the token runs out.
	// Evidence: documented (tokens live a year at most and expire silently).
	CallerExpired = "expired"
	// CallerAnonymous: the public, 200 with what the public may see.
	// Evidence: observed (a wrong token answered as if nobody had called).
	CallerAnonymous = "anonymous"
)

// How the link to the next page is spoilt. Only pages after which more
// follows are.
const (
	// NextDropped: it is not there. Evidence: observed.
	NextDropped = "dropped"
	// NextLooped: it leads to the page that it is on. A first page of the
	// organisation, which has no cursor of its own, is left alone.
	// Evidence: chosen.
	NextLooped = "looped"
	// NextJumped: it leads past the next page.
	// Evidence: observed (v1 adds the limit that was asked for, not the one
	// that was used).
	NextJumped = "jumped"
	// NextElsewhere: it names another host. Evidence: observed (links to
	// other bases than the one that was asked).
	NextElsewhere = "elsewhere"
)

// How rows move between pages while a client reads them.
// Evidence: published (v1 lists are offsets into a list that others change).
const (
	// RowsSkipped: what was first on a later page has moved to the page that
	// was read already.
	RowsSkipped = "skipped"
	// RowsRepeated: what was last on a page is on the next one again.
	RowsRepeated = "repeated"
	// RowsNone: a page without rows, and with a link that leads on to them.
	// Evidence: observed (rows are filtered after the page was cut).
	RowsNone = "none"
)

// What is said of a long-running task.
const (
	TaskStuck  = "stuck"  // for ever under way
	TaskFailed = "failed" // finished without success
)

// Duration is a time.Duration, in JSON a text such as "1.5s".
type Duration time.Duration

// UnmarshalText reads a duration that is not negative.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no duration (such as 250ms or 1m)", text)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes it as it is read.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// ParseKnobs reads knobs from JSON. Unknown keys, wrong types and values that
// make no sense are errors.
func ParseKnobs(text []byte) (Knobs, error) {
	var k Knobs
	if err := decodeStrict(text, &k); err != nil {
		return Knobs{}, err
	}
	return k, k.check()
}
