package datacenter

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// maxMissing is how many missing things are asked for one by one. When more are
// missing, a list is likelier to be broken than all of them to be gone.
const maxMissing = 50

// missing looks for what weir.lock names, or somebody who holds something, and no
// list shows. A person or a group is gone only when asking for it says so too; that
// a space or a page cannot be seen proves nothing, since hidden ones answer the
// same.
func (s *Site) missing(ctx context.Context, extent access.Extent, obs site.Observation) ([]access.Unknown, error) {
	shown := make(map[string]bool) // by type and id: what has another name now is not missing
	for r, id := range obs.IDs {
		shown[r.Type()+" "+id] = true
	}
	unknown := make(map[access.Ref]bool)
	for _, u := range obs.Unknown {
		unknown[u.Object] = u.Kind == ""
	}
	var lost []access.Ref
	reads := reader(extent)
	for r, id := range extent.Pins {
		_, listed := obs.IDs[r]
		same := shown[r.Type()+" "+id] || r.IsPerson() && (shown["user "+id] || shown["account "+id])
		switch {
		case listed, same, unknown[r], r.IsPage() && !reads(r):
		case r.IsPerson(), r.IsPage(), r.Type() == "group", r.Type() == "space":
			lost = append(lost, r)
		}
	}
	named := make(map[access.Ref]bool)
	for f := range obs.Facts.All() {
		r := f.Subject
		_, listed := obs.IDs[r]
		_, pinned := extent.Pins[r]
		if (r.IsPerson() || r.Type() == "group") && !listed && !pinned && !unknown[r] && !named[r] {
			named[r] = true
			lost = append(lost, r)
		}
	}
	slices.Sort(lost)
	reasons := make([]string, len(lost))
	err := rest.Each(ctx, s.client.InFlight(), lost, func(ctx context.Context, i int, r access.Ref) (err error) {
		if len(lost) > maxMissing {
			reasons[i] = "it was there before (weir.lock), and so much is missing that the list is not believed"
			if named[r] {
				reasons[i] = "it holds something, and so much is missing that the list is not believed"
			}
			return nil
		}
		reasons[i], err = s.whereabouts(ctx, r, extent.Pins[r])
		return err
	})
	var out []access.Unknown
	for i, r := range lost {
		if reasons[i] != "" {
			out = append(out, access.Unknown{Object: r, Reason: reasons[i]})
		}
	}
	return out, err
}

// whereabouts asks for one thing by its id, and says why nobody knows whether it
// is gone; empty if it is.
func (s *Site) whereabouts(ctx context.Context, r access.Ref, id string) (string, error) {
	const (
		notListed = "the list does not show it, and it is there when asked for"
		notSeen   = "it was there before (weir.lock) and cannot be seen now; if it is gone, delete its line from weir.lock"
	)
	var err error
	switch {
	case r.IsPerson() && id == "":
		name, ok := s.names.name(r)
		if !ok {
			return notSeen, nil
		}
		err = s.client.Read(ctx, rest.Call{To: oneUser, Query: url.Values{"username": {name}}}, new(user))
	case r.IsPerson():
		err = s.client.Read(ctx, rest.Call{To: oneUser, Query: url.Values{"key": {id}}}, new(user))
	case r.Type() == "group":
		err = s.client.Read(ctx, rest.Call{To: oneGroup, Args: []string{cmp.Or(id, r.ID())}}, new(group))
	case r.Type() == "space":
		err = s.client.Read(ctx, rest.Call{To: oneSpace, Args: []string{r.ID()}}, new(space))
	default:
		err = s.client.Read(ctx, rest.Call{To: oneContent, Args: []string{id}}, new(content))
	}
	_, hidden := rest.Unseen(err)
	switch {
	case err == nil && r.IsPage():
		return "weir.lock knows it as content " + id + ", which has another title or place now", nil
	case err == nil:
		return notListed, nil
	case !hidden:
		return "", err
	case site.Is(err, site.NotFound) && (r.IsPerson() || r.Type() == "group"):
		return "", nil
	}
	return notSeen, nil
}
