package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/recorded"
)

// snapshotFlags name a snapshot that is read instead of the site, and who has to
// vouch for it.
type snapshotFlags struct {
	file   string
	trust  []string
	asked  bool // whether keys were named on the command line
	exists bool // whether a snapshot was named
}

// varTrust is the operator's word about who signs snapshots.
const varTrust = "WEIR_SNAPSHOT_TRUST"

func (f *snapshotFlags) register(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&f.file, "snapshot", "", usage)
	cmd.Flags().StringArrayVar(&f.trust, "trust", nil, "the public `key` that must have signed the snapshot; may stand several times ("+varTrust+" says it too)")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		// An empty name is one, too: a script whose variable is empty must not read
		// the site in its place.
		f.exists, f.asked = cmd.Flags().Changed("snapshot"), cmd.Flags().Changed("trust")
		if f.asked && !f.exists {
			return errors.New("--trust is about a snapshot (name one with --snapshot)")
		}
		return run(cmd, args)
	}
}

// trusted gives the keys of which one must have signed a snapshot; none where
// nobody said. Where both the command line and the environment name keys, only
// those that both name are trusted, so that neither opens what the other closed.
// That nothing is left is an error, and so is a key that is none: a snapshot is
// never trusted by mistake.
func (f snapshotFlags) trusted(getenv func(string) string) ([]recorded.PublicKey, error) {
	read := func(from string, texts []string) ([]recorded.PublicKey, error) {
		var out []recorded.PublicKey
		for _, text := range texts {
			k, err := recorded.ParsePublicKey(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", from, err)
			}
			out = append(out, k)
		}
		return out, nil
	}
	said := getenv(varTrust)
	words := strings.FieldsFunc(said, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	if said != "" && len(words) == 0 {
		return nil, fmt.Errorf("%s is set and names no key (write one, or unset it)", varTrust)
	}
	set, err := read(varTrust, words)
	if err != nil {
		return nil, err
	}
	named, err := read("--trust", f.trust)
	switch {
	case err != nil:
		return nil, err
	case !f.asked:
		return set, nil
	case len(set) == 0:
		return named, nil
	}
	both := slices.DeleteFunc(named, func(k recorded.PublicKey) bool { return !slices.Contains(set, k) })
	if len(both) == 0 {
		return nil, fmt.Errorf("--trust names a key that %s does not (name one that both trust)", varTrust)
	}
	return both, nil
}

// readSnapshot reads a snapshot, and says what a plan of it tells about it.
func (a *app) readSnapshot(f snapshotFlags) (site.Snapshot, *reconcile.Snapshot, error) {
	file, err := os.Open(f.file)
	if err != nil {
		return site.Snapshot{}, nil, fmt.Errorf("%s: the snapshot cannot be read: %s (weir snapshot writes one)", f.file, reason(err))
	}
	defer file.Close()
	trust, err := f.trusted(a.Getenv)
	if err != nil {
		return site.Snapshot{}, nil, err
	}
	s, by, err := recorded.Read(file, trust)
	if err != nil {
		return site.Snapshot{}, nil, fmt.Errorf("%s: %w", f.file, err)
	}
	return s, &reconcile.Snapshot{Time: s.Time, Age: int(a.Clock().Sub(s.Time).Seconds()), Key: string(by), Redacted: s.Redaction != nil}, nil
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
	known := d.known()
	if r := s.Redaction; r != nil {
		// A pseudonym is covered by the patterns that covered the name, of those that
		// there were.
		for _, p := range known.Patterns {
			if !slices.Contains(r.Patterns, p) {
				return nil, nil, fmt.Errorf("%s is redacted for a description without the pattern %q: whether that covers what stands behind a pseudonym cannot be told (plan the site, or a snapshot that is not redacted)", f.file, p)
			}
		}
		for _, domain := range known.Domains {
			if !slices.Contains(r.Domains, domain) {
				return nil, nil, fmt.Errorf("%s is redacted for a description without the domain %q: who is of it cannot be told (plan the site, or a snapshot that is not redacted)", f.file, domain)
			}
		}
	}
	// What is remembered is what it was then, so that offline says what the site would.
	d.recall = func(string) (access.Memory, error) { return s.Memory, nil }
	r, err := recorded.New(recorded.Config{Snapshot: s, Terms: terms, Plan: name.Plan, Named: known.Refs})
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
