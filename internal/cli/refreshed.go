package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

// refreshed is a site of which some was read just now, and the rest is of a
// snapshot. What would be made is looked for at the site itself.
type refreshed struct {
	site.Reader
	obs site.Observation
}

// Observe gives what was put together.
func (r refreshed) Observe(context.Context, access.Extent) (site.Observation, error) {
	return r.obs, nil
}

// planRefreshed makes a plan of a snapshot of which everything that the changes rest
// on is read again: plan, read what that touches, and plan again, until nothing is
// touched that was not read.
func (a *app) planRefreshed(ctx context.Context, f snapshotFlags, file string, accept []reconcile.Acceptance, base baseFlags) (*reconcile.Plan, error) {
	d, err := a.loadSince(ctx, base)
	if err != nil {
		return nil, err
	}
	last, of, err := a.openSnapshot(d, f)
	if err != nil {
		return nil, err
	}
	if last.Redacted() {
		return nil, errors.New("--refresh touched compares names with those of the site, and the snapshot is redacted (plan of it alone, or of one that is not)")
	}
	s, err := a.openSite(ctx, d.site(), file, readOnly)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	reader := site.ReadOnly(s.Site)
	sent := reader.Requests()
	obs, err := a.reread(ctx, d, last, last.Everything(), reader)
	if err != nil {
		return nil, a.forAudience(err)
	}
	of.Reread = reconcile.RereadTouched
	if obs.Reread != "" {
		of.Reread = reconcile.RereadAll
	}
	obs.Requests = reader.Requests() - sent
	draft, err := a.draftFor(ctx, d, refreshed{reader, obs}, accept)
	if err != nil {
		return nil, err
	}
	draft.Plan.Snapshot, draft.Plan.Requests = of, obs.Requests
	return draft.Plan, nil
}

// reread reads from the site until everything is read that a plan touches. offline
// is the snapshot as a site, and last all of it.
func (a *app) reread(ctx context.Context, d *description, offline site.Reader, last site.Observation, reader site.Reader) (site.Observation, error) {
	extent := d.Extent()
	extent.Pins = d.lock
	refresher, ok := reader.(site.Refresher)
	if !ok {
		fmt.Fprintln(a.Stderr, "everything is read: this product cannot be read in part")
		obs, err := reader.Observe(ctx, extent)
		obs.Reread = "this product cannot be read in part"
		return obs, err
	}
	draft, err := a.draftOnly(ctx, d, offline, nil)
	if err != nil {
		return site.Observation{}, err
	}
	touched := make(map[access.Ref]bool)
	touch := func(p *reconcile.Plan) (more bool) {
		for name := range p.ReliesOn {
			ref := access.Ref(name)
			if (ref.Type() == "space" || ref.IsPage()) && !touched[ref] {
				touched[ref], more = true, true
			}
		}
		return more
	}
	for touch(draft.Plan); ; {
		obs, err := refresher.Reread(ctx, last, slices.Sorted(maps.Keys(touched)), extent)
		if err != nil {
			return site.Observation{}, err
		}
		if obs.Reread != "" {
			why := obs.Reread
			if a.public {
				why = "the snapshot does not tell enough" // it may tell names
			}
			fmt.Fprintf(a.Stderr, "everything was read: %s\n", render.Safe(why))
			return obs, nil
		}
		if draft, err = a.draftOnly(ctx, d, refreshed{reader, obs}, nil); err != nil {
			return site.Observation{}, err
		}
		if !touch(draft.Plan) {
			fmt.Fprintf(a.Stderr, "read what is touched: %s\n", render.Count(len(touched), "space or page", "spaces and pages"))
			return obs, nil
		}
	}
}

// forAudience is an error as those may see it to whom the plan is addressed.
func (a *app) forAudience(err error) error {
	if a.public {
		return forPublic(err)
	}
	return err
}
