package reconcile

import (
	"context"
	"fmt"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// confirm asks the site once more, by name, for everything that would be made:
// a list that was cut short without a trace must not end in a second object. What
// the site cannot tell is unknown; what it shows after all means that a list was
// not whole, and then nothing that was read can be trusted.
func confirm(ctx context.Context, s site.Reader, changes []access.Change) ([]access.Unknown, error) {
	var made []access.Fact
	for _, c := range changes {
		if c.Op == access.Add && c.Fact.Kind == access.Exists {
			made = append(made, c.Fact)
		}
	}
	if len(made) == 0 {
		return nil, nil
	}
	seen, err := s.Present(ctx, made)
	if err != nil {
		return nil, err
	}
	var unknown []access.Unknown
	for i, f := range made {
		switch seen[i] {
		case site.Seen:
			return nil, &site.Error{Kind: site.Invalid, Op: "read the site", Err: fmt.Errorf("%s is there, and the lists did not show it: a list was cut short (plan again)", f.Object)}
		case site.Unseen:
			unknown = append(unknown, access.Unknown{Object: f.Object, Reason: "whether it is there cannot be told"})
		}
	}
	return unknown, nil
}
