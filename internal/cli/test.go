package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

func (a *app) testCommand() *cobra.Command {
	var file, format string
	var snapshot snapshotFlags
	var prove []string
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Check what must hold of people's access: assertions and proofs",
		Long: `Check the assertions and proofs of the description in DIR (default: this folder)
on the site as it will be when the description has been applied, and nothing else:
a plan checks them as well. What does not hold names a person and how they come by
it, at the line of the assertion. Nothing is written to the site. With --snapshot they
are checked of what weir snapshot wrote, without credentials and without a network.

--prove checks a built-in proof that the description does not ask for:

` + proofs() + `

Exit codes: 0 all hold · 1 error in the description · 3 one does not hold, or cannot
be shown to · 7 the site cannot be read.`,
		Example: "  weir test\n  weir test --prove no_public_access --prove no_new_access\n  weir test --snapshot acme.json",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			show, err := formatNamed(format, ofClaims)
			if err != nil {
				return err
			}
			if snapshot.exists && file != "" {
				return errors.New("--snapshot reads a file, and --site the site (leave out one of them)")
			}
			var of *snapshotFlags
			if snapshot.exists {
				of = &snapshot
			}
			plan, err := a.test(cmd.Context(), file, of, prove)
			if err != nil {
				return a.troubles(format, err)
			}
			if err := show(a, plan); err != nil {
				return err
			}
			if slices.ContainsFunc(slices.Concat(plan.Assertions, plan.Proofs), func(c reconcile.Claim) bool { return !c.Holds }) {
				return exit(exitPolicy)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	snapshot.register(cmd, "check what is in this `file` of weir snapshot instead of the site")
	formatFlag(cmd, &format, ofClaims)
	cmd.Flags().StringArrayVar(&prove, "prove", nil, "also check the proof of this `name`; may stand several times")
	complete(cmd, "prove", provable)
	return cmd
}

// proofs lists the built-in proofs for the help text.
func proofs() string {
	var lines []string
	for _, name := range access.ProofNames() {
		p, _ := access.ProofNamed(name)
		lines = append(lines, fmt.Sprintf("  %-28s %s", name, p.Meaning))
	}
	return strings.Join(lines, "\n")
}

// proving is a description that is asked for more proofs than it names.
type proving struct {
	*description
	more []access.Proof
}

// Proofs gives those of the description, and the others.
func (p proving) Proofs() []access.Proof { return slices.Concat(p.description.Proofs(), p.more) }

// test plans for the assertions and proofs alone. Without a snapshot it is the site
// that is read.
func (a *app) test(ctx context.Context, file string, snapshot *snapshotFlags, prove []string) (*reconcile.Plan, error) {
	d, err := a.load()
	if err != nil {
		return nil, err
	}
	asked := proving{description: d}
	for _, name := range prove {
		p, ok := access.ProofNamed(name)
		if !ok {
			return nil, fmt.Errorf("there is no proof %q (%s)", name, nearest.Ask(nearest.To(name, access.ProofNames()), "the proofs are "+strings.Join(access.ProofNames(), ", ")))
		}
		if slices.ContainsFunc(asked.Proofs(), func(other access.Proof) bool { return other.Name == name }) {
			continue
		}
		if p = d.Settings.Terms(p); p.NeedsDomains && len(p.Domains) == 0 {
			return nil, fmt.Errorf("the proof %s needs the domains of the site's own people (write domains under site)", name)
		}
		asked.more = append(asked.more, p)
	}
	var reader site.Reader
	var of *reconcile.Snapshot
	if snapshot != nil {
		if reader, of, err = a.openSnapshot(d, *snapshot); err != nil {
			return nil, err
		}
	} else {
		s, err := a.openSite(ctx, d.site(), file, readOnly)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		reader = site.ReadOnly(s.Site)
	}
	in := d.input(reader)
	in.Description = asked
	draft, err := reconcile.Make(ctx, in)
	if err != nil {
		return nil, err
	}
	draft.Plan.Snapshot = of
	return draft.Plan, nil
}
