package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/recorded"
)

// snapshotFlags name a snapshot that is read instead of the site.
type snapshotFlags struct {
	file string
}

func (f *snapshotFlags) register(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&f.file, "snapshot", "", usage)
}

// given reports whether a snapshot is to be read. An empty name is one, too: a
// script whose variable is empty must not read the site in its place.
func given(cmd *cobra.Command) bool { return cmd.Flags().Changed("snapshot") }

// readSnapshot reads a snapshot, and says what a plan of it tells about it.
func (a *app) readSnapshot(f snapshotFlags) (site.Snapshot, *reconcile.Snapshot, error) {
	file, err := os.Open(f.file)
	if err != nil {
		return site.Snapshot{}, nil, fmt.Errorf("%s: the snapshot cannot be read: %s (weir snapshot writes one)", f.file, reason(err))
	}
	defer file.Close()
	s, err := site.ReadSnapshot(file)
	if err != nil {
		return site.Snapshot{}, nil, fmt.Errorf("%s: %w", f.file, err)
	}
	return s, &reconcile.Snapshot{Time: s.Time, Age: int(a.Clock().Sub(s.Time).Seconds())}, nil
}

// openSnapshot reads a snapshot as the site of a description. It needs no
// credentials and no network, and finds neither.
func (a *app) openSnapshot(d *description, f snapshotFlags) (*recorded.Site, *reconcile.Snapshot, error) {
	s, of, err := a.readSnapshot(f)
	if err != nil {
		return nil, nil, err
	}
	name := d.site()
	if s.Name != name.Name || s.Product != name.Product {
		return nil, nil, fmt.Errorf("%s is of %s (%s), and the description is for %s (%s): write a snapshot of that site", f.file, s.Name, s.Product, name.Name, name.Product)
	}
	terms, err := termsOf(name, s.Settings)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.file, err)
	}
	r, err := recorded.New(recorded.Config{Snapshot: s, Terms: terms, Plan: name.Plan})
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.file, err)
	}
	return r, of, nil
}

// termsOf gives the terms of a site's product, as the operator had set them when
// the snapshot was written.
func termsOf(name reconcile.SiteName, s site.SnapshotSettings) (site.Terms, error) {
	if name.Product == productDataCenter {
		return datacenter.NewTerms(s.Usernames, s.RestrictedPages)
	}
	return cloud.NewTerms(name.Plan, s.RestrictedPages)
}

// snapshotOf writes down an observation of an open site, with all that a plan of
// it takes.
func snapshotOf(name reconcile.SiteName, s *openSite, obs site.Observation, r reading) site.Snapshot {
	out := site.NewSnapshot(name.Name, name.Product, obs, r.began, r.full)
	out.Latency, out.Settings = s.Latency(), s.settings
	if e, ok := s.Site.(interface{ Edition() string }); ok {
		out.Settings.Edition = e.Edition()
	}
	return out
}
