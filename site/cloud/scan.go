package cloud

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

var _ site.Scanner = (*Site)(nil)

// counted is a search of which only the number of its results matters
// (published: totalSize).
type counted struct {
	Total *int `json:"totalSize"`
}

// Check asks for the number.
func (c *counted) Check() error {
	if c.Total == nil {
		return errors.New("the answer lacks the number of results")
	}
	return nil
}

// mostNamed is how many spaces one query names.
const mostNamed = 50

// ScanPrice counts the pages and blog posts of the spaces, some dozens of spaces
// a request. A search counts what weir's account may view.
func (s *Site) ScanPrice(ctx context.Context, spaces []access.Ref) (site.ScanPrice, error) {
	price := site.ScanPrice{Requests: len(spaces)}
	for start := 0; start < len(spaces); start += mostNamed {
		var keys []string
		for _, r := range spaces[start:min(start+mostNamed, len(spaces))] {
			keys = append(keys, quoted(r.ID()))
		}
		what := rest.Call{To: searchAll, Query: rest.With(nil, "cql", fmt.Sprintf("space in (%s) and type in (page, blogpost)", strings.Join(keys, ", ")), "limit", "1")}
		var c counted
		if err := s.client.Read(ctx, what, &c); err != nil {
			return site.ScanPrice{}, err
		}
		price.Pages += *c.Total
	}
	// At least one a space, and one more for every full page beyond the first.
	price.Requests = max(price.Requests, pages(price.Pages, searchPage))
	return price, nil
}

// Scan reads the pages and blog posts of one space with whom they name.
func (s *Site) Scan(ctx context.Context, space access.Ref) (site.Scanned, error) {
	if _, err := s.ready(ctx); err != nil {
		return site.Scanned{}, err
	}
	id, ok := s.known.id(space)
	if !ok {
		return site.Scanned{}, rest.Fail(site.NotFound, rest.Call{To: searchContent}, fmt.Errorf("%s is not on the site, or weir's account cannot see it", space))
	}
	c, err := s.content(ctx, access.Extent{Watch: []access.Ref{space}}, map[access.Ref]string{space: id})
	if err != nil {
		return site.Scanned{}, err
	}
	if _, err := s.identify(ctx); err != nil {
		return site.Scanned{}, err
	}
	return site.Scanned{Facts: access.NewSet(c.facts...), Unknown: c.unknown}, nil
}
