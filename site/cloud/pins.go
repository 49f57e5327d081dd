package cloud

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/rest"
)

// mostAsked bounds how many missing things are asked for by their ids. Of more
// than that it is likelier that weir has lost a right than that all are gone.
const mostAsked = 50

// verify looks for what was there before and no list shows now. A group, a
// person or a space role is gone when asking for its id is answered with 404 as
// well; everything else that is missing is unknown. Of spaces a 404 proves
// nothing, since it also stands for what weir may not see (evidence A0). ids are
// what the lists show.
func (s *Site) verify(ctx context.Context, r *reading, pins map[access.Ref]string, ids map[access.Ref]string) ([]access.Unknown, error) {
	var missing []access.Ref
	for _, ref := range slices.Sorted(maps.Keys(pins)) {
		switch kindOf(ref) {
		case "group", "person", "space", "space_role":
		default:
			continue // content is found by whoever reads it
		}
		if _, listed := ids[ref]; listed {
			continue
		}
		if _, renamed := s.known.ref(kindOf(ref), pins[ref]); !renamed {
			missing = append(missing, ref)
		}
	}
	reasons := make([]string, len(missing))
	if len(missing) > mostAsked {
		for i := range missing {
			reasons[i] = fmt.Sprintf("it was there before (weir.lock) and cannot be seen now, like %d other things, which are too many to be looked for one by one; what is gone can be deleted from weir.lock", len(missing)-1)
		}
	} else {
		err := rest.Each(ctx, s.client.InFlight(), missing, func(ctx context.Context, i int, ref access.Ref) (err error) {
			reasons[i], err = s.lookFor(ctx, r, ref, pins[ref])
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var unknown []access.Unknown
	for i, ref := range missing {
		if reasons[i] != "" {
			unknown = append(unknown, access.Unknown{Object: ref, Reason: reasons[i]})
		}
	}
	return unknown, nil
}

// lookFor asks for one thing by its id. It gives the reason why nobody knows
// whether it is there, or nothing if it is gone.
func (s *Site) lookFor(ctx context.Context, r *reading, ref access.Ref, id string) (string, error) {
	const hidden = "it was there before (weir.lock) and cannot be seen now; if it is gone, delete its line from weir.lock"
	var what rest.Call
	var answer rest.Answer = new(single)
	switch kindOf(ref) {
	case "group":
		what = rest.Call{To: getGroup, Args: []string{r.at.org, r.at.directory, id}}
	case "person":
		what = rest.Call{To: getPerson, Args: []string{r.at.org, r.at.directory, id}}
	case "space_role":
		if r.mode == preRoles {
			return hidden, nil // such a site shows no roles to anybody
		}
		what, answer = rest.Call{To: getSpaceRole, Args: []string{id}}, new(spaceRole)
	default:
		return hidden, nil
	}
	err := s.client.Read(ctx, what, answer)
	switch {
	case err == nil:
		return "it was there before (weir.lock), no list shows it now, and it is there when asked for by its id", nil
	case site.Is(err, site.NotFound):
		return "", nil
	case site.Is(err, site.Transient), site.Is(err, site.RateLimited):
		return "", err
	}
	return hidden, nil
}
