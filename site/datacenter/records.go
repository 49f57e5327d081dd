package datacenter

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// records reads what the extent asks for of the records of spaces: when the
// personal ones were made, which the list of spaces has told, when something in
// each was changed last, and which spaces have the labels. Of people nothing tells
// when they came or were last there. A space that hides itself is not told of, nor
// is an archived one, which no search shows unless it is asked to (published).
func (s *Site) records(ctx context.Context, spaces []space, extent access.Extent) (map[access.Ref]access.SpaceRecord, error) {
	records := make(map[access.Ref]*access.SpaceRecord, len(spaces))
	var ask []space
	for _, sp := range spaces {
		one := access.UntoldSpace()
		records[sp.ref()] = &one
		if !sp.personal() {
			continue
		}
		one.Created = sp.CreatedAt.Time
		if extent.Personal && !sp.archived() {
			ask = append(ask, sp)
		}
	}
	s.client.Announce(len(ask))
	err := rest.Each(ctx, s.client.InFlight(), ask, func(ctx context.Context, _ int, sp space) error {
		var found latest
		err := s.client.Read(ctx, rest.Call{To: searchAll, Query: newest(sp.Key)}, &found)
		if _, hidden := rest.Unseen(err); hidden {
			return nil
		}
		if err == nil {
			records[sp.ref()].Changed, records[sp.ref()].Contents = found.changed(), found.count()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, label := range slices.Compact(slices.Sorted(slices.Values(extent.Labels))) {
		// A list that cannot be read is trouble, as it is without the filter: whoever
		// took it for empty would take for free what is on hold.
		list, err := s.spacesWhere(ctx, url.Values{"label": {label}})
		if err != nil {
			return nil, err
		}
		for _, sp := range list {
			if one := records[sp.ref()]; one != nil {
				one.Labels = append(one.Labels, label)
			}
		}
	}
	out := make(map[access.Ref]access.SpaceRecord)
	for ref, one := range records {
		if one.Tells() {
			out[ref] = *one
		}
	}
	return out, nil
}

// newest asks for what was changed last in a space.
func newest(key string) url.Values {
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
	return rest.With(nil, "cql", fmt.Sprintf(`space = %s and type in (page, blogpost) order by lastmodified desc`, quoted), "limit", "1")
}

// latest is a search of which the first result and their number matter. The number
// is published as totalCount; others report totalSize.
type latest struct {
	Count   *int `json:"totalCount"`
	Size    *int `json:"totalSize"`
	Results *[]struct {
		Modified driver.Moment `json:"lastModified"`
	} `json:"results"`
}

// Check asks for the results.
func (l *latest) Check() error {
	if l.Results == nil {
		return errors.New("the answer lacks its results")
	}
	return nil
}

// count is how many results there are; -1 where that is not told.
func (l *latest) count() int {
	switch {
	case l.Count != nil:
		return *l.Count
	case l.Size != nil:
		return *l.Size
	}
	return -1
}

// changed is when the first result was changed; zero where there is none.
func (l *latest) changed() (out time.Time) {
	for _, r := range *l.Results {
		if r.Modified.After(out) {
			out = r.Modified.Time
		}
	}
	return out
}
