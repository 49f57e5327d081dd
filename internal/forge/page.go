package forge

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/weirhq/weir/site/rest"
)

// perPage is the most that GitHub and GitLab give at once.
const perPage = 100

// list is an answer that is a list by itself.
type list[T any] struct{ items *[]T }

// UnmarshalJSON reads the list.
func (l *list[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &l.items) }

// Check refuses what is no list.
func (l *list[T]) Check() error {
	if l.items == nil {
		return errors.New("the answer is not a list")
	}
	return nil
}

// numbered reads a list whose pages are numbered, as GitHub's and GitLab's are,
// to the first page that is empty: a server may give fewer than were asked for.
func numbered[T any](ctx context.Context, a at, what rest.Call, id func(T) string) ([]T, error) {
	return rest.Walk(ctx, what, id, func(ctx context.Context, from string) (rest.Page[T], error) {
		page := 1
		if from != "" {
			page, _ = strconv.Atoi(from) // it is our own
		}
		what.Query = rest.With(what.Query, "per_page", strconv.Itoa(perPage), "page", strconv.Itoa(page))
		var l list[T]
		if err := a.Read(ctx, what, &l); err != nil {
			return rest.Page[T]{}, err
		}
		p := rest.Page[T]{Items: *l.items}
		if len(p.Items) > 0 {
			p.Next = strconv.Itoa(page + 1)
		}
		return p, nil
	})
}
