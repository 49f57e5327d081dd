package datacenter

import (
	"context"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

var _ site.Scanner = (*Site)(nil)

// ScanPrice says the least: a list of pages and one of blog posts for each space.
// How many there are no published interface tells beforehand.
func (s *Site) ScanPrice(_ context.Context, spaces []access.Ref) (site.ScanPrice, error) {
	return site.ScanPrice{Pages: -1, Requests: len(contentTypes) * len(spaces)}, nil
}

// Scan reads the pages and blog posts of one space with whom they name.
func (s *Site) Scan(ctx context.Context, of access.Ref) (site.Scanned, error) {
	if err := s.ready(ctx); err != nil {
		return site.Scanned{}, err
	}
	s.mu.Lock()
	seesAll := s.seesAll
	s.mu.Unlock()
	got, err := s.pages(ctx, access.Extent{Watch: []access.Ref{of}}, []space{{Key: of.ID()}}, seesAll)
	if err != nil {
		return site.Scanned{}, err
	}
	if _, err := s.identify(ctx); err != nil {
		return site.Scanned{}, err
	}
	return site.Scanned{Facts: access.NewSet(got.facts...), Unknown: got.unknown}, nil
}
