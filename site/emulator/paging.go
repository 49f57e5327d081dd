package emulator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// number reads a whole number of the query. An empty one counts as absent:
// clients send "start=" (CONFLUENCE-API.md Part D).
func (c *call) number(name string, fallback int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, refuse(http.StatusBadRequest, "", "%s is a whole number, not %q", name, text)
	}
	return n, nil
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

// v1Max is the largest page of v1's lists (CONFLUENCE-API.md A0, "Paging").
const v1Max = 200

// listV1 answers with one page in v1's style: start and limit, and a next link
// exactly when more follows.
func listV1[T any](c *call, items []T, row func(T) any) (answer, error) {
	start, err := c.number("start", 0)
	if err != nil {
		return answer{}, err
	}
	limit, err := c.number("limit", v1Max)
	if err != nil {
		return answer{}, err
	}
	limit = min(limit, v1Max)
	page := items[min(start, len(items)):min(start+limit, len(items))]
	rows := make([]any, len(page))
	for i, item := range page {
		rows[i] = row(item)
	}
	self := strings.TrimPrefix(c.req.Path, "/wiki")
	links := object{"base": baseURL + "/wiki", "context": "/wiki", "self": baseURL + c.req.Path}
	if limit > 0 && start+limit < len(items) {
		q := cloneQuery(c.query)
		q.Set("start", strconv.Itoa(start+limit))
		q.Set("limit", strconv.Itoa(limit))
		links["next"] = self + "?" + q.Encode()
	}
	body := object{"results": rows, "start": start, "limit": limit, "size": len(rows), "_links": links}
	if total, err := c.truth("shouldReturnTotalSize"); err != nil {
		return answer{}, err
	} else if total {
		body["totalSize"] = len(items)
	}
	return ok(body)
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
}

// page returns the items after a key and whether more follow.
func (o ordered[T]) page(after string, limit int) (items []T, more bool) {
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
	to := min(from+limit, len(o.items))
	return o.items[from:to], to < len(o.items)
}

// listV2 answers with one page in v2's style: an opaque cursor in a relative
// next link and in the Link header; 25 items unless told, at most 250.
func listV2[T any](c *call, list ordered[T], row func(T) any) (answer, error) {
	limit, err := c.number("limit", 25)
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
	items, more := list.page(at.After, limit)
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
// bare token, not an address (CONFLUENCE-API.md A0, observed).
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

// listOrgGet is listOrg for GET requests, where a cursor makes all other
// parameters ignored: it carries them (CONFLUENCE-API.md A0, "Paging"). filter
// builds the list from the parameters that count.
func listOrgGet[T any](c *call, filter func() (ordered[T], error), row func(T) any) (answer, error) {
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
	limit, err := c.number("limit", 20)
	if err != nil {
		return answer{}, err
	}
	list, err := filter()
	if err != nil {
		return answer{}, err
	}
	return listOrg(c, list, &limit, token, c.query.Encode(), orgMax, row)
}
