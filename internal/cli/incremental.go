package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site"
)

// reading is the latest observation of a site, as it is kept between plans that
// are made incrementally. It is never what an apply goes by.
type reading struct {
	Site    string                `json:"site"`
	Account access.Ref            `json:"account"`
	Mode    string                `json:"mode"`
	Time    time.Time             `json:"time"` // before the reading began
	Full    time.Time             `json:"full"` // when everything was read last
	IDs     map[access.Ref]string `json:"ids"`
	Facts   []string              `json:"facts"`
	Unknown []access.Unknown      `json:"unknown"`
}

// readingFile keeps it.
const readingFile = "reading.json"

func (a *app) readingPath() string { return a.file(".weir", readingFile) }

// lastReading gives the reading that is kept. None, or one that cannot be read,
// means that everything is read anew.
func (a *app) lastReading() (reading, bool) {
	b, err := os.ReadFile(a.readingPath())
	var r reading
	if err != nil || json.Unmarshal(b, &r) != nil {
		return reading{}, false
	}
	return r, true
}

// observation gives a kept reading back as far as a refresh needs it.
func (r reading) observation() (site.Observation, error) {
	facts := make([]access.Fact, 0, len(r.Facts))
	for _, line := range r.Facts {
		f, err := access.ParseFact(line)
		if err != nil {
			return site.Observation{}, err
		}
		facts = append(facts, f)
	}
	return site.Observation{
		Site: r.Site, Account: r.Account, Facts: access.NewSet(facts...), IDs: r.IDs, Unknown: r.Unknown, Traits: site.Traits{Mode: r.Mode},
	}, nil
}

// keepReading writes an observation down for the next plan.
func (a *app) keepReading(obs site.Observation, began, full time.Time) error {
	r := reading{Site: obs.Site, Account: obs.Account, Mode: obs.Traits.Mode, Time: began.UTC(), Full: full.UTC(), IDs: obs.IDs, Unknown: obs.Unknown}
	for f := range obs.Facts.All() {
		r.Facts = append(r.Facts, f.String())
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.file(".weir"), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.WriteFile(a.readingPath(), b, 0o600) // a half written one is none
}

// incremental reads a site by what the audit log says of it since the last
// reading, and remembers what it read.
type incremental struct {
	site.Reader
	app   *app
	every time.Duration // after how long everything is read
	seen  site.Observation
	began time.Time
	full  time.Time
}

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
	earlier, err := last.observation()
	if err != nil {
		return all("the earlier reading is damaged")
	}
	obs, err := refresher.Refresh(ctx, earlier, last.Time, extent)
	if err != nil {
		return obs, err
	}
	if i.full = last.Full; obs.Reread != "" {
		i.full = i.began
		fmt.Fprintf(i.app.Stderr, "everything was read: %s\n", render.Safe(obs.Reread))
	} else {
		fmt.Fprintf(i.app.Stderr, "read what changed since %s; everything was read at %s\n", last.Time.Format(time.RFC3339), last.Full.Format(time.RFC3339))
	}
	return obs, nil
}
