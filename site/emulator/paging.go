package emulator

import (
	"encoding/base64"
	"encoding/json"
	"iter"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// number reads a whole number of the query. An empty one counts as absent:
// clients send "start=" (evidence D).
func (c *call) number(name string, fallback int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, refuse(http.StatusBadRequest, "", "%s is a whole number, not %q", name, text)
	}
	return min(n, math.MaxInt32), nil // no list is longer, and sums do not overflow
}

// required reads a parameter that must be there.
func (c *call) required(name string) (string, error) {
	v := c.query.Get(name)
	if v == "" {
		return "", refuse(http.StatusBadRequest, "", "%s is missing", name)
	}
	return v, nil
}

// truth reads a boolean of the query.
func (c *call) truth(name string) (bool, error) {
	switch v := c.query.Get(name); v {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, refuse(http.StatusBadRequest, "", "%s is true or false, not %q", name, v)
	}
}

// list reads a parameter that may be repeated or separated by commas.
func (c *call) list(name string) []string {
	var out []string
	for _, v := range c.query[name] {
		for part := range strings.SplitSeq(v, ",") {
			if part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// v1Max is the largest page of v1's lists (evidence A0, "Paging").
const v1Max = 200

// listV1 answers with one page in v1's style: start and limit, and a next link
// exactly when more follows.
func listV1[T any](c *call, items []T, row func(T) any) (answer, error) {
	return listV1Sized(c, slices.Values(items), v1Max, v1Max, row)
}

// listV1Sized is listV1 with other numbers of items: unless told, and at most.
// It looks no further than it has to.
func listV1Sized[T any](c *call, items iter.Seq[T], usual, largest int, row func(T) any) (answer, error) {
	start, err := c.number("start", 0)
	if err != nil {
		return answer{}, err
	}
	limit, err := c.number("limit", usual)
	if err != nil {
		return answer{}, err
	}
	counted, err := c.truth("shouldReturnTotalSize")
	if err != nil {
		return answer{}, err
	}
	limit = min(limit, largest)
	rows := []any{}
	total := 0
	for item := range items {
		if total >= start+limit && !counted {
			total++
			break
		}
		if total >= start && total < start+limit {
			rows = append(rows, row(item))
		}
		total++
	}
	links := object{"base": baseURL + "/wiki", "context": "/wiki", "self": baseURL + c.req.Path}
	if limit > 0 && start+limit < total {
		links["next"] = c.nextStart(start+limit, limit)
	}
	body := object{"results": rows, "start": start, "limit": limit, "size": len(rows), "_links": links}
	if counted {
		body["totalSize"] = total
	}
	return ok(body)
}

// nextStart is v1's link to the page that begins at start.
func (c *call) nextStart(start, limit int) string {
	q := cloneQuery(c.query)
	q.Set("start", strconv.Itoa(start))
	q.Set("limit", strconv.Itoa(limit))
	return strings.TrimPrefix(c.req.Path, "/wiki") + "?" + q.Encode()
}

func cloneQuery(q url.Values) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = slices.Clone(v)
	}
	return out
}

// cursor is what the opaque tokens hold: the listing they belong to, the key of
// the last item given, and, where the product keeps them, the parameters.
type cursor struct {
	List  string `json:"l"`
	After string `json:"a"`
	Query string `json:"q,omitempty"`
}

func (cu cursor) String() string {
	b, err := json.Marshal(cu)
	if err != nil {
		panic(err) // strings marshal
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor refuses tokens that this listing did not give out.
func (c *call) parseCursor(token string) (cursor, error) {
	var cu cursor
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || decodeStrict(b, &cu) != nil || cu.List != c.route.pattern {
		return cursor{}, refuse(http.StatusBadRequest, "ADMIN-400-1", "the cursor is not valid")
	}
	return cu, nil
}

// ordered is a list with the key of each item, in the order in which it is
// shown: ascending, or descending if reversed.
type ordered[T any] struct {
	items    []T
	key      func(T) string
	reversed bool
	// from yields the items behind a key, in place of items: for long lists, of
	// which a page needs a few.
	from func(after string) iter.Seq[T]
}

// page returns the items after a key and whether more follow.
func (o ordered[T]) page(after string, limit int) (items []T, more bool) {
	return o.pageWhere(after, limit, func(T) bool { return true })
}

// pageWhere is page without the items that are not kept.
func (o ordered[T]) pageWhere(after string, limit int, keep func(T) bool) (items []T, more bool) {
	for item := range o.behind(after) {
		if !keep(item) {
			continue
		}
		if len(items) == limit {
			return items, true
		}
		items = append(items, item)
	}
	return items, false
}

// behind yields the items behind a key.
func (o ordered[T]) behind(after string) iter.Seq[T] {
	if o.from != nil {
		return o.from(after)
	}
	from := 0
	if after != "" {
		from, _ = slices.BinarySearchFunc(o.items, after, func(item T, after string) int {
			c := strings.Compare(o.key(item), after)
			if o.reversed {
				c = -c
			}
			if c == 0 {
				return -1 // start behind the item itself
			}
			return c
		})
	}
	return slices.Values(o.items[from:])
}

// listV2 answers with one page in v2's style: an opaque cursor in a relative
// next link and in the Link header; 25 items unless told, at most 250.
func listV2[T any](c *call, list ordered[T], row func(T) any) (answer, error) {
	return listV2Where(c, list, 25, func(T) bool { return true }, row)
}

// listV2Where is listV2 with another number of items unless told, and leaves out
// items that are not kept; it looks at no more of them than it must.
func listV2Where[T any](c *call, list ordered[T], limit int, keep func(T) bool, row func(T) any) (answer, error) {
	limit, err := c.number("limit", limit)
	if err != nil {
		return answer{}, err
	}
	if limit < 1 || limit > 250 {
		return answer{}, refuse(http.StatusBadRequest, "", "limit is between 1 and 250")
	}
	var at cursor
	if token := c.query.Get("cursor"); token != "" {
		if at, err = c.parseCursor(token); err != nil {
			return answer{}, err
		}
	}
	items, more := list.pageWhere(at.After, limit, keep)
	rows := make([]any, len(items))
	for i, item := range items {
		rows[i] = row(item)
	}
	links := object{"base": baseURL + "/wiki"}
	a := answer{status: http.StatusOK, body: object{"results": rows, "_links": links}}
	if more {
		q := cloneQuery(c.query)
		q.Set("cursor", cursor{List: c.route.pattern, After: list.key(items[len(items)-1])}.String())
		next := c.req.Path + "?" + q.Encode()
		links["next"] = next
		a.link = "<" + next + `>; rel="next"`
	}
	return a, nil
}

// orgMax is the largest page of the organisation's lists.
const orgMax = 100

// listOrg answers with one page in the organisation's style: the next link is a
// bare token, not an address (evidence A0, observed).
func listOrg[T any](c *call, list ordered[T], limit *int, token, query string, largest int, row func(T) any) (answer, error) {
	n := 20
	if limit != nil {
		n = *limit
	}
	if n < 1 || n > largest {
		return answer{}, refuse(http.StatusBadRequest, "ADMIN-400-4", "limit is between 1 and %d", largest)
	}
	var at cursor
	var err error
	if token != "" {
		if at, err = c.parseCursor(token); err != nil {
			return answer{}, err
		}
	}
	items, more := list.page(at.After, n)
	rows := make([]any, len(items))
	for i, item := range items {
		rows[i] = row(item)
	}
	links := object{}
	if more {
		links["next"] = cursor{List: c.route.pattern, After: list.key(items[len(items)-1]), Query: query}.String()
	}
	return ok(object{"data": rows, "links": links})
}

// pageSize is how large a page is unless told, and at most.
type pageSize struct{ fallback, most int }

// listOrgGet is listOrg for GET requests, where a cursor makes all other
// parameters ignored: it carries them (evidence A0, "Paging"). filter
// builds the list from the parameters that count.
func listOrgGet[T any](c *call, filter func() (ordered[T], error), row func(T) any) (answer, error) {
	return listOrgGetOf(c, pageSize{20, orgMax}, filter, row)
}

// listOrgGetOf is listOrgGet with pages of another size.
func listOrgGetOf[T any](c *call, size pageSize, filter func() (ordered[T], error), row func(T) any) (answer, error) {
	token := c.query.Get("cursor")
	if token != "" {
		at, err := c.parseCursor(token)
		if err != nil {
			return answer{}, err
		}
		if c.query, err = url.ParseQuery(at.Query); err != nil {
			return answer{}, refuse(http.StatusBadRequest, "ADMIN-400-1", "the cursor is not valid")
		}
	}
	limit, err := c.number("limit", size.fallback)
	if err != nil {
		return answer{}, err
	}
	list, err := filter()
	if err != nil {
		return answer{}, err
	}
	return listOrg(c, list, &limit, token, c.query.Encode(), size.most, row)
}
