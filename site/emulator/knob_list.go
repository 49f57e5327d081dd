package emulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// jsonRow is a JSON object whose values are left as they are.
type jsonRow = map[string]json.RawMessage

// list is one page of any of the product's lists.
type list struct {
	body    jsonRow
	rowsKey string // results, data or Resources
	rows    []jsonRow
	linkKey string // _links or links; empty: the list has none
	links   jsonRow
	next    string // empty: the last page
}

// readList reads a page; nil for an answer that is none.
func readList(res Response) *list {
	l := &list{}
	if res.Status != http.StatusOK || json.Unmarshal(res.Body, &l.body) != nil {
		return nil
	}
	for _, key := range []string{"results", "data", "Resources"} {
		if text, there := l.body[key]; there && json.Unmarshal(text, &l.rows) == nil {
			l.rowsKey = key
		}
	}
	if l.rowsKey == "" {
		return nil
	}
	for _, key := range []string{"_links", "links"} {
		if text, there := l.body[key]; there && json.Unmarshal(text, &l.links) == nil {
			l.linkKey = key
		}
	}
	if text, there := l.links["next"]; there {
		_ = json.Unmarshal(text, &l.next) // a next that is no text is none
	}
	return l
}

func (l *list) dropNext() { l.next = "" }

// list changes the page that the outcome holds, if it holds one.
func (o *outcome) list(change func(*list)) {
	l := readList(o.Response)
	if l == nil || o.lost {
		return
	}
	had := l.next
	change(l)
	if l.rows == nil {
		l.rows = []jsonRow{}
	}
	l.body[l.rowsKey] = mustJSON(l.rows)
	if _, counted := l.body["size"]; counted {
		l.body["size"] = mustJSON(len(l.rows))
	}
	if l.linkKey != "" && l.next != had {
		delete(l.links, "next")
		if l.next != "" {
			l.links["next"] = mustJSON(l.next)
		}
		l.body[l.linkKey] = mustJSON(l.links)
		if o.Header.Get("Link") != "" {
			o.Header.Del("Link")
			if l.next != "" {
				o.Header.Set("Link", "<"+l.next+`>; rel="next"`)
			}
		}
	}
	o.Body = mustJSON(l.body)
}

// bare reports whether the product gives a bare cursor for a link, as the
// organisation does.
func bare(next string) bool { return !strings.Contains(next, "?") }

// follow is the request for the next page.
func (x *exchange) follow(next string) Request {
	req := x.req
	_, query, link := strings.Cut(next, "?")
	var body jsonRow
	switch {
	case link:
		req.Query = query
	case req.Method == http.MethodGet:
		req.Query = url.Values{"cursor": {next}}.Encode()
	case json.Unmarshal(req.Body, &body) == nil && body != nil:
		body["cursor"] = mustJSON(next)
		req.Body = mustJSON(body)
	}
	return req
}

// cursor is the cursor that the request carries, or "".
func (x *exchange) cursor() string {
	if q, err := url.ParseQuery(x.req.Query); err == nil && q.Get("cursor") != "" {
		return q.Get("cursor")
	}
	var body struct {
		Cursor string `json:"cursor"`
	}
	_ = json.Unmarshal(x.req.Body, &body) // a body without one has none
	return body.Cursor
}

// later reports whether the request asks for a page after the first.
func (x *exchange) later() bool {
	q, _ := url.ParseQuery(x.req.Query)
	start, _ := strconv.Atoi(q.Get("start"))
	return start > 0 || x.cursor() != ""
}

// own is the link that leads to the requested page itself, in the form of next;
// "" where there is none.
func (x *exchange) own(next string) string {
	if bare(next) {
		return x.cursor()
	}
	path, _, _ := strings.Cut(next, "?")
	return path + "?" + x.req.Query
}

// again is like own, but looks different each time: a cursor is opaque, and
// JSON may end in spaces.
func (x *exchange) again(next string) string {
	token := x.cursor()
	if token == "" {
		token = first(next)
	}
	plain, err := base64.RawURLEncoding.DecodeString(token)
	if token == "" || err != nil {
		return x.own(next) // v1 has numbers, and the same number leads on
	}
	token = base64.RawURLEncoding.EncodeToString(append(plain, ' '))
	if bare(next) {
		return token
	}
	path, query, _ := strings.Cut(next, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	q.Set("cursor", token)
	return path + "?" + q.Encode()
}

// first is the cursor of the first page, made from that of a later one.
func first(next string) string {
	token := next
	if !bare(next) {
		_, query, _ := strings.Cut(next, "?")
		q, err := url.ParseQuery(query)
		if err != nil {
			return ""
		}
		token = q.Get("cursor")
	}
	plain, err := base64.RawURLEncoding.DecodeString(token)
	var cu cursor
	if err != nil || decodeStrict(plain, &cu) != nil {
		return ""
	}
	cu.After = ""
	return cu.String()
}

type pageCap int

func (p pageCap) check() error {
	if p < 1 {
		return fmt.Errorf("page_cap is at least 1, not %d", p)
	}
	return nil
}

// act asks again for less when the page is too long.
func (p pageCap) act(x *exchange, next step) outcome {
	out := next()
	if l := readList(out.Response); l == nil || len(l.rows) <= int(p) || !reads(x.req) {
		return out
	}
	var body jsonRow
	if q, err := url.ParseQuery(x.req.Query); x.req.Method == http.MethodGet && err == nil {
		q.Set("limit", strconv.Itoa(int(p)))
		x.req.Query = q.Encode()
	} else if json.Unmarshal(x.req.Body, &body) == nil && body != nil {
		body["limit"] = mustJSON(p)
		x.req.Body = mustJSON(body)
	}
	return next()
}

type nextLink string

func (n nextLink) check() error {
	return oneOf(string(n), NextDropped, NextLooped, NextJumped, NextElsewhere)
}

func (n nextLink) act(x *exchange, next step) outcome {
	out := next()
	out.list(func(l *list) {
		if l.next == "" {
			return
		}
		switch n {
		case NextDropped:
			l.dropNext()
		case NextLooped:
			if own := x.own(l.next); own != "" {
				l.next = own
			}
		case NextJumped:
			x.req = x.follow(l.next)
			if after := next(); !after.lost {
				if page := readList(after.Response); page != nil {
					l.next = page.next
				}
			}
		case NextElsewhere:
			if bare(l.next) {
				l.next = "https://elsewhere.invalid/?cursor=" + url.QueryEscape(l.next)
			} else {
				l.next = "https://elsewhere.invalid" + l.next
			}
		}
	})
	return out
}

type rows string

func (r rows) check() error { return oneOf(string(r), RowsSkipped, RowsRepeated, RowsNone) }

func (r rows) act(x *exchange, next step) outcome {
	out := next()
	out.list(func(l *list) {
		switch last := x.rule.lastRow[x.req.Path]; {
		case r == RowsSkipped && x.later() && len(l.rows) > 0:
			l.rows = l.rows[1:]
		case r == RowsRepeated:
			if n := len(l.rows); n > 0 {
				x.rule.lastRow[x.req.Path] = l.rows[n-1]
			}
			if x.later() && last != nil {
				l.rows = slices.Insert(l.rows, 0, last)
			}
		case r == RowsNone && l.next != "":
			if again := x.again(l.next); again != "" {
				l.rows, l.next = nil, again
			}
		}
	})
	return out
}

type omit []string

func (omit) check() error { return nil }

// identifying are the keys by which a row is known.
var identifying = []string{"id", "key", "name", "email", "accountId", "displayName", "title"}

func (o omit) act(_ *exchange, next step) outcome {
	out := next()
	out.list(func(l *list) {
		l.rows = slices.DeleteFunc(l.rows, func(row jsonRow) bool {
			return slices.ContainsFunc(identifying, func(key string) bool {
				return slices.Contains(o, string(bytes.Trim(row[key], `"`)))
			})
		})
	})
	return out
}
