package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/driver"
	"github.com/weirhq/weir/site/rest"
)

// record is what a person's entry tells of when things were. When an account was
// deactivated only the entry of a single person tells (evidence A3): see
// [Site.endings]. ok is false where the entry tells nothing.
func (p directoryPerson) record(at place) (out access.PersonRecord, ok bool) {
	out.Added = p.AddedToOrg.Time
	out.Deleting = p.Status == "for_deletion"
	for _, seat := range *p.ProductAccess {
		if at.seat(seat) && seat.LastActive.After(out.Active) {
			out.Active = seat.LastActive.Time
		}
	}
	return out, out != access.PersonRecord{}
}

// manyGraces is beyond how many accounts on their way to deletion nobody is asked
// for by themselves.
const manyGraces = 100

// endings asks when accounts were deactivated: those on their way to deletion, which
// are few, and whose days are counted; and the owners of personal spaces that are not
// archived, where the extent asks for them. Where that is not told they stay without
// it. It gives how many requests that takes at least.
func (s *Site) endings(ctx context.Context, r *reading, extent access.Extent, personal []access.Fact, obs *site.Observation) (floor int, err error) {
	var going []access.Ref
	for ref, p := range obs.People {
		if p.Deleting {
			going = append(going, ref)
		}
	}
	if len(going) > manyGraces {
		going = nil
	}
	if extent.Left {
		current := make(map[access.Ref]bool)
		for _, sp := range r.spaces {
			current[sp.ref()] = sp.state() != "archived"
		}
		for _, f := range personal {
			state, _ := obs.Facts.Get(access.Fact{Kind: access.State, Object: f.Subject})
			if f.Kind == access.Personal && current[f.Object] && state.Value == deactivated {
				going = append(going, f.Subject)
			}
		}
	}
	slices.Sort(going)
	going = slices.Compact(going)
	ended := make([]time.Time, len(going))
	s.client.Announce(len(going))
	err = rest.Each(ctx, s.client.InFlight(), going, func(ctx context.Context, i int, ref access.Ref) error {
		var got lifecycle
		err := s.client.Read(ctx, rest.Call{To: getPerson, Args: []string{r.at.org, r.at.directory, obs.IDs[ref]}}, &got)
		switch {
		case err == nil:
			ended[i] = got.Data.DeactivatedOn.Time
		case site.Is(err, site.Transient), site.Is(err, site.RateLimited):
			return err
		}
		return nil
	})
	for i, ref := range going {
		p := obs.People[ref]
		p.Ended = ended[i]
		obs.People[ref] = p
	}
	return len(going), err
}

// spaceRecords are the records of spaces by id, and how few requests they took at
// least.
type spaceRecords struct {
	of    map[access.Ref]access.SpaceRecord
	floor int
}

// records reads what the extent asks for of the records of spaces: when the
// personal ones were made, which the list of spaces has told, when something in
// each was changed last, and which spaces have the labels. What r keeps of earlier
// is taken over.
//
// A space that hides itself is not told of; neither are archived ones, which no
// search shows (supposed: evidence, "Unknown" 5).
func (s *Site) records(ctx context.Context, r *reading, extent access.Extent) (spaceRecords, error) {
	out := spaceRecords{of: make(map[access.Ref]access.SpaceRecord)}
	records := make(map[string]*access.SpaceRecord, len(r.spaces))
	var ask []space
	for _, sp := range r.spaces {
		one := access.UntoldSpace()
		records[sp.ID] = &one
		if !sp.personal() {
			continue
		}
		one.Created = sp.CreatedAt.Time
		if !extent.Personal || sp.state() == "archived" {
			continue
		}
		out.floor++
		if was, kept := r.kept[sp.ref()]; kept {
			one.Changed, one.Contents = was.Changed, was.Contents
		} else {
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
			records[sp.ID].Changed, records[sp.ID].Contents = found.changed(), *found.Total
		}
		return err
	})
	if err != nil {
		return out, err
	}
	for _, label := range slices.Compact(slices.Sorted(slices.Values(extent.Labels))) {
		// A list that cannot be read is trouble, as it is without the filter: whoever
		// took it for empty would take for free what is on hold.
		list, err := s.spacesWhere(ctx, []url.Values{{"labels": {label}}})
		if err != nil {
			return out, err
		}
		out.floor++
		for _, sp := range list {
			if one := records[sp.ID]; one != nil {
				one.Labels = append(one.Labels, label)
			}
		}
	}
	for _, sp := range r.spaces {
		if one := *records[sp.ID]; one.Tells() {
			out.of[sp.ref()] = one
		}
	}
	return out, nil
}

// newest asks for what was changed last in a space.
func newest(key string) url.Values {
	return rest.With(nil, "cql", fmt.Sprintf(`space = %s and type in (page, blogpost) order by lastmodified desc`, quoted(key)), "limit", "1")
}

// quoted is a text in Confluence's query language.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// latest is a search of which the first result and their number matter
// (published).
type latest struct {
	counted
	Results *[]struct {
		Modified driver.Moment `json:"lastModified"`
	} `json:"results"`
}

// Check asks for both.
func (l *latest) Check() error {
	if l.Results == nil {
		return errors.New("the answer lacks its results")
	}
	return l.counted.Check()
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
