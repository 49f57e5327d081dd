package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

// readingFile keeps the latest reading between plans that are made incrementally.
// It is never what an apply goes by.
const readingFile = "reading.json"

func (a *app) readingPath() string { return a.file(".weir", readingFile) }

// lastReading gives the reading that is kept. None, or one that cannot be read,
// means that everything is read anew.
func (a *app) lastReading() (site.Snapshot, bool) {
	f, err := os.Open(a.readingPath())
	if err != nil {
		return site.Snapshot{}, false
	}
	defer f.Close()
	s, err := site.ReadSnapshot(f)
	return s, err == nil
}

// keepReading writes an observation down for the next plan.
func (a *app) keepReading(name reconcile.SiteName, s *openSite, i *incremental) error {
	if err := os.MkdirAll(a.file(".weir"), 0o755); err != nil {
		return err
	}
	return writeSnapshot(a.readingPath(), snapshotOf(name, s, i.seen, i.reading), nil)
}

// incremental reads a site by what the audit log says of it since the last
// reading, and remembers what it read.
type incremental struct {
	site.Reader
	app   *app
	every time.Duration // after how long everything is read
	seen  site.Observation
	reading
}

// reading says when a reading of a site began, and when everything was read last.
type reading struct{ began, full time.Time }

// Observe refreshes the kept reading, or reads everything where that is due or
// nothing is kept.
func (i *incremental) Observe(ctx context.Context, extent access.Extent) (site.Observation, error) {
	i.began = i.app.Clock()
	obs, err := i.observe(ctx, extent)
	i.seen = obs
	return obs, err
}

func (i *incremental) observe(ctx context.Context, extent access.Extent) (site.Observation, error) {
	all := func(why string) (site.Observation, error) {
		fmt.Fprintf(i.app.Stderr, "everything is read: %s\n", render.Safe(why))
		i.full = i.began
		return i.Reader.Observe(ctx, extent)
	}
	refresher, ok := i.Reader.(site.Refresher)
	if !ok {
		return all("this product has no log to go by")
	}
	last, ok := i.app.lastReading()
	switch {
	case !ok:
		return all("there is no earlier reading")
	case i.began.Sub(last.Full) >= i.every:
		return all("it is due (full_read_every)")
	}
	earlier, err := last.Observation()
	if err != nil {
		return all("the earlier reading is damaged")
	}
	obs, err := refresher.Refresh(ctx, earlier, last.Time, extent)
	if err != nil {
		return obs, err
	}
	if i.full = last.Full; obs.Reread != "" {
		i.full = i.began
		why := obs.Reread
		if i.app.public {
			why = "the audit log does not tell enough" // it may tell names
		}
		fmt.Fprintf(i.app.Stderr, "everything was read: %s\n", render.Safe(why))
	} else {
		fmt.Fprintf(i.app.Stderr, "read what changed since %s; everything was read at %s\n", last.Time.Format(time.RFC3339), last.Full.Format(time.RFC3339))
	}
	return obs, nil
}
